//! What an entry must be for the rest of the program to rely on it. Every check says in one
//! sentence what is wrong, for whoever wrote the file.

use std::collections::BTreeSet;

use super::{Catalog, Entry, ModelFile, Profile, PromptTemplate, Role, Source, TaskName};
use crate::job::Lang;

/// How the loader of Marian can hold weights; names of [`crate::model::arch::marian::linear`], which
/// the catalogue does not depend on.
const MARIAN_QUANTIZATIONS: [&str; 4] = ["int8", "q8_0", "f16", "f32"];

/// Ends the check with a sentence unless a condition holds.
macro_rules! must {
    ($good:expr, $($what:tt)+) => {
        // A comparison with NaN must fail, which its negation would not make plain.
        let good: bool = $good;
        if !good {
            return Err(format!($($what)+));
        }
    };
}

/// Checks one entry, from the file of this name.
pub(super) fn entry(file: &str, entry: &Entry) -> Result<(), String> {
    must!(
        is_plain(&entry.id),
        "id {:?} must be of a-z, 0-9, '.', '_' and '-', and begin with a letter or digit",
        entry.id
    );
    must!(
        file == format!("{}.toml", entry.id),
        "the id is {:?}, so the file must be {}.toml",
        entry.id,
        entry.id
    );
    must!(
        !entry.description.trim().is_empty(),
        "the description is empty"
    );
    must!(!entry.tasks.is_empty(), "tasks is empty");
    must!(!entry.source_langs.is_empty(), "source_langs is empty");
    let compares = entry.architecture == super::Architecture::Bert;
    must!(
        compares == entry.target_langs.is_empty(),
        "target_langs are those that it writes: none for a model that compares, and some for others"
    );
    must!(!entry.quantization.is_empty(), "quantization is empty");
    let marian = entry.architecture == super::Architecture::Marian;
    let held = |name: &&str| entry.quantization.eq_ignore_ascii_case(name);
    must!(
        !marian || MARIAN_QUANTIZATIONS.iter().any(held),
        "quantization is {:?}; a Marian model is held as {}, whatever its file has",
        entry.quantization,
        MARIAN_QUANTIZATIONS.join(" or ")
    );
    must!(entry.context_tokens > 0, "context_tokens is 0");
    must!(entry.memory_mib > 0, "memory_mib is 0");
    must!(!entry.licence.name.is_empty(), "the licence has no name");
    must!(
        entry.licence.url.starts_with("https://"),
        "the licence's url must begin with https://"
    );
    let conditional = entry.licence.commercial == super::Commercial::Conditions;
    must!(
        !conditional || !entry.licence.note.is_empty(),
        "commercial use has conditions, so the licence needs a note"
    );
    decode(entry)?;
    files(entry)?;
    sources(entry)?;
    if entry.architecture.is_decoder_only() {
        must!(
            !entry.tasks.contains(&TaskName::Embed),
            "{:?} cannot embed",
            entry.architecture
        );
        prompts(entry)
    } else if compares {
        must!(
            entry.prompts.is_none() && entry.target_prefix.is_empty(),
            "{:?} takes no prompts and writes nothing",
            entry.architecture
        );
        must!(
            entry.tasks == [TaskName::Embed],
            "{:?} can only embed",
            entry.architecture
        );
        Ok(())
    } else {
        prefixes(entry)
    }
}

fn decode(entry: &Entry) -> Result<(), String> {
    let decode = &entry.decode;
    must!(
        decode.beam > 0 && decode.batch > 0 && decode.batch_on_gpu != Some(0),
        "beam and batches are at least 1"
    );
    must!(
        decode.repetition_penalty >= 1.0,
        "repetition_penalty is at least 1"
    );
    must!(
        decode.length_penalty.is_finite(),
        "length_penalty is not a number"
    );
    Ok(())
}

fn files(entry: &Entry) -> Result<(), String> {
    must!(
        entry
            .files
            .iter()
            .filter(|file| file.role == Role::Weights)
            .count()
            == 1,
        "exactly one file must have the role weights"
    );
    let mut names = BTreeSet::new();
    let mut roles = BTreeSet::new();
    for ModelFile {
        name,
        role,
        size,
        sha256,
    } in &entry.files
    {
        must!(is_plain(name), "file name {name:?} is not a plain name");
        must!(names.insert(name), "two files are named {name}");
        must!(roles.insert(*role), "two files have the role of {name}");
        must!(*size != Some(0), "{name} has size 0");
        must!(
            sha256.as_deref().is_none_or(|sha256| is_hex(sha256, 64)),
            "sha256 of {name} must be 64 digits of 0-9 and a-f, or \"unpinned\""
        );
    }
    let needed: &[Role] = match entry.architecture {
        super::Architecture::Marian => {
            &[Role::Config, Role::SourceSpm, Role::TargetSpm, Role::Vocab]
        }
        super::Architecture::T5 | super::Architecture::Bert => &[Role::Config, Role::Tokenizer],
        // Everything is inside a GGUF file.
        _ => &[],
    };
    match needed.iter().find(|role| !roles.contains(role)) {
        Some(role) => Err(format!(
            "{:?} needs a file with the role {role:?}",
            entry.architecture
        )),
        None => Ok(()),
    }
}

fn sources(entry: &Entry) -> Result<(), String> {
    must!(!entry.sources.is_empty(), "there is no source");
    for file in &entry.files {
        must!(
            entry.sources.iter().any(|source| source.serves(&file.name)),
            "no source has {}",
            file.name
        );
    }
    let known = |name: &str| entry.files.iter().any(|file| file.name == name);
    for source in &entry.sources {
        match source {
            Source::Hub {
                repo,
                revision,
                paths,
            } => {
                let parts: Vec<_> = repo.split('/').collect();
                must!(
                    parts.len() == 2 && parts.iter().all(|part| !part.is_empty()),
                    "repo {repo:?} is not owner/name"
                );
                let pinned = revision.as_deref();
                must!(
                    pinned.is_none_or(|revision| is_hex(revision, 40)),
                    "revision of {repo} must be a commit of 40 digits, or \"unpinned\""
                );
                for name in paths.keys() {
                    must!(
                        known(name),
                        "{repo} has a path for {name}, which is not among the files"
                    );
                }
            }
            Source::Pip {
                file,
                package,
                version,
                member,
                pieces,
            } => {
                must!(
                    known(file),
                    "{package} makes {file}, which is not among the files"
                );
                must!(
                    (1..=999).contains(pieces),
                    "{package} has {pieces} pieces; 1 to 999 are possible"
                );
                must!(!version.is_empty(), "{package} has no version");
                must!(
                    *pieces == 1 || package.contains("{n"),
                    "package {package:?} has no {{n}} for the number of the piece"
                );
                let begins = package.starts_with(|first: char| first.is_ascii_alphanumeric());
                // It goes onto a command line.
                must!(
                    begins && !package.contains(char::is_whitespace),
                    "package {package:?} is not a package name"
                );
                must!(
                    !member.starts_with('/') && !member.contains(".."),
                    "member {member:?} is not a path inside a wheel"
                );
            }
        }
    }
    Ok(())
}

/// A language model needs to be asked in words.
fn prompts(entry: &Entry) -> Result<(), String> {
    let Some(prompts) = &entry.prompts else {
        return Err("a language model needs [prompts]".to_owned());
    };
    for lang in prompts.translate.keys() {
        must!(
            entry.target_langs.contains(lang),
            "there is a prompt for {lang}, which is not among target_langs"
        );
    }
    if entry.tasks.contains(&TaskName::Translate) {
        for lang in entry
            .target_langs
            .iter()
            .filter(|lang| Lang::TARGETS.contains(lang))
        {
            let Some(template) = prompts.translate.get(lang) else {
                return Err(format!("there is no prompt to translate into {lang}"));
            };
            placeholders(template, &format!("translate.{lang}"))?;
        }
        must!(
            !prompts.translate.is_empty(),
            "it translates, but into no language that presslate writes"
        );
    }
    if entry.tasks.contains(&TaskName::Summarise) {
        for (template, name) in [(&prompts.summarise, "summarise"), (&prompts.merge, "merge")] {
            let Some(template) = template else {
                return Err(format!("it summarises, so it needs [prompts.{name}]"));
            };
            placeholders(template, name)?;
        }
    }
    Ok(())
}

fn placeholders(template: &PromptTemplate, name: &str) -> Result<(), String> {
    must!(
        template.item.matches("{text}").count() == 1,
        "prompts.{name}.item must have {{text}} once"
    );
    must!(
        !template.prefix.contains("{text}"),
        "prompts.{name}.prefix is the same for every text, so it cannot have {{text}}"
    );
    must!(
        template.stop.iter().all(|stop| !stop.is_empty()),
        "prompts.{name} has an empty stop string"
    );
    Ok(())
}

/// A sequence-to-sequence model is not asked in words, and one of many languages needs to be told
/// which.
fn prefixes(entry: &Entry) -> Result<(), String> {
    must!(
        entry.prompts.is_none(),
        "{:?} takes no prompts",
        entry.architecture
    );
    must!(
        entry.tasks == [TaskName::Translate],
        "{:?} can only translate",
        entry.architecture
    );
    let needed = entry.architecture == super::Architecture::T5 || entry.target_langs.len() > 1;
    for lang in &entry.target_langs {
        must!(
            !needed || entry.target_prefix.contains_key(lang),
            "target_prefix lacks {lang}"
        );
    }
    for (lang, prefix) in &entry.target_prefix {
        must!(
            entry.target_langs.contains(lang),
            "target_prefix has {lang}, which is not among target_langs"
        );
        let token = prefix.starts_with(">>") && prefix.ends_with("<<")
            || prefix.starts_with("<2") && prefix.ends_with('>');
        must!(
            token,
            "target_prefix {prefix:?} is neither like >>rus<< nor like <2ru>"
        );
    }
    Ok(())
}

/// Checks a profile against the catalogue.
pub(super) fn profile(profile: &Profile, catalog: &Catalog) -> Result<(), String> {
    let Profile {
        name,
        description,
        summarise,
        translate,
    } = profile;
    must!(
        is_plain(name),
        "profile name {name:?} must be of a-z, 0-9, '.', '_' and '-'"
    );
    must!(
        catalog.get(name).is_none(),
        "{name} is the name of a profile and of a model"
    );
    must!(!description.is_empty(), "profile {name} has no description");
    let entry = |id: &str| {
        catalog
            .get(id)
            .ok_or_else(|| format!("profile {name} names {id}, which is not in the catalogue"))
    };
    must!(
        entry(summarise)?.tasks.contains(&TaskName::Summarise),
        "profile {name} summarises with {summarise}, which cannot"
    );
    for lang in Lang::TARGETS {
        let Some(id) = translate.get(&lang) else {
            return Err(format!("profile {name} has no model for {lang}"));
        };
        let entry = entry(id)?;
        let can = entry.tasks.contains(&TaskName::Translate) && entry.target_langs.contains(&lang);
        must!(
            can,
            "profile {name} translates into {lang} with {id}, which cannot"
        );
    }
    Ok(())
}

/// A name that is safe as a file name everywhere, and on a command line.
fn is_plain(name: &str) -> bool {
    let allowed =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.chars().all(allowed)
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
