//! The rules of `src/ARCHITECTURE.md`, checked on the text of `src`.
//!
//! Comments and unit tests are left out: documentation may link anywhere, and a test may build
//! what the code it tests must not know.

#![expect(
    clippy::string_slice,
    reason = "offsets come from searching the same text"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Each module, and what it may name of the rest of the crate. Itself is understood.
const MAY_USE: [(&str, &[&str]); 17] = [
    ("job", &[]),
    ("hash", &[]),
    ("text", &["job"]),
    ("check", &["job", "text"]),
    ("eval", &["job"]),
    ("report", &["job"]),
    ("glossary", &["job", "check", "hash"]),
    // Written as if it were a crate of its own.
    ("model", &["job::Lang", "job::lang", "hash"]),
    ("pipeline", &["check", "glossary", "job", "text", "model"]),
    // Simulates what `queue` and `worker` do: of them it takes the lanes and their order.
    ("capacity", &["queue::topology"]),
    ("queue", &["job", "telemetry"]),
    ("shutdown", &[]),
    ("telemetry", &[]),
    // Files, names and hashes; what they are for is `cli`'s to know.
    ("bundle", &["hash"]),
    // Of models it knows how they fail, and what a pipeline is generic over.
    (
        "worker",
        &[
            "hash",
            "job",
            "pipeline",
            "queue",
            "telemetry",
            "model::ModelError",
            "model::Generate",
        ],
    ),
    ("config", &["model::device"]),
    (
        "cli",
        &[
            "bundle",
            "capacity",
            "check",
            "config",
            "eval",
            "glossary",
            "hash",
            "job",
            "model",
            "pipeline",
            "queue",
            "report",
            "shutdown",
            "telemetry",
            "text",
            "worker",
        ],
    ),
];

/// What only some modules may name, and which: pattern, modules, reason.
const ONLY_IN: [(&str, &[&str], &str); 15] = [
    (
        "candle_",
        &[
            "model",
            "model::arch",
            "model::decode",
            "model::device",
            "model::engine",
            "model::load",
            "model::tokens",
        ],
        "tensors stay where models are computed (`model` itself only for the error type)",
    ),
    (
        "tokenizers::",
        &["model::tokens", "model::arch::t5", "model::arch::bert"],
        "tokenizers belong to the weights they were trained with",
    ),
    (
        "lapin",
        &["queue::amqp"],
        "everything else sees the traits of `queue`",
    ),
    (
        "rustls",
        &["queue::amqp"],
        "certificates are those of the broker; the hub's are its library's business",
    ),
    (
        "hf_hub",
        &["model::weights"],
        "the hub is one of several sources of weights",
    ),
    (
        "clap",
        &["cli", "config"],
        "settings are checked before they get anywhere else",
    ),
    ("indicatif", &["cli"], "a worker has no screen"),
    (
        "axum",
        &["telemetry::admin"],
        "the admin port is the only one that is listened to",
    ),
    (
        "prometheus_client",
        &["telemetry::metrics"],
        "what is counted is described in one place",
    ),
    (
        "ratatui",
        &["cli::top"],
        "the screen is drawn in one place; everything else prints",
    ),
    (
        "reqwest",
        &["cli::top"],
        "workers and broker are asked there; weights come by the hub's own library",
    ),
    ("std::env", &["cli", "config"], "settings are read once"),
    (
        "Serialize",
        &[
            "job",
            "model::catalog",
            "model::weights",
            "queue::topology",
            "bundle",
        ],
        "types that leave the process live there (`bundle` its manifest)",
    ),
    (
        "Deserialize",
        &[
            "job",
            "model::catalog",
            "model::weights",
            "model::arch",
            "glossary",
            "bundle",
        ],
        "types that come from outside live there (`model::arch` reads its models' own config.json)",
    ),
    (
        "tokio::",
        &[
            "cli",
            "model",
            "pipeline",
            "queue",
            "shutdown",
            "telemetry",
            "worker",
        ],
        "`job` and `text` are not async",
    ),
];

/// Lines of a file without its unit tests.
const WALL: usize = 500;

struct Source {
    /// Such as `src/job/wire/parse.rs`.
    path: String,
    /// Such as `job::wire::parse`.
    module: String,
    /// Without comments and unit tests; other lines keep their number.
    lines: Vec<String>,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&root.join("src"), &mut files);
    files.sort();
    assert!(
        files.len() > 40,
        "the sources are not where they are looked for"
    );
    files
        .into_iter()
        .filter(|file| !is_test(file))
        .map(|file| {
            let path = file
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            let module = path
                .trim_start_matches("src/")
                .trim_end_matches(".rs")
                .replace('/', "::");
            Source {
                path,
                module,
                lines: code(&std::fs::read_to_string(&file).unwrap()),
            }
        })
        .collect()
}

/// Whether a file holds nothing but unit tests.
fn is_test(file: &Path) -> bool {
    file.file_stem()
        .is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests"))
        || file.components().any(|part| part.as_os_str() == "tests")
}

/// The lines of a file up to its unit tests, without comments.
fn code(text: &str) -> Vec<String> {
    let tests = text.find("\n#[cfg(test)]\n").filter(|at| {
        // Only what ends the file: a single import or helper for tests may stand anywhere.
        text[at + 1..]
            .lines()
            .skip(1)
            .find(|line| !line.starts_with("#["))
            .is_some_and(|line| line.ends_with('{'))
    });
    let text = tests.map_or(text, |at| &text[..=at]);
    text.lines()
        .map(|line| uncommented(line).to_owned())
        .collect()
}

fn uncommented(line: &str) -> &str {
    // `//` in a string is nearly always a web address.
    let comment = line
        .match_indices("//")
        .find(|(at, _)| !line[..*at].ends_with(':'))
        .map(|(at, _)| at);
    comment.map_or(line, |at| &line[..at])
}

/// The paths below `crate::` that a text names: `crate::{a, b::C}` gives `a` and `b::C`.
fn crate_paths(text: &str) -> Vec<(usize, String)> {
    let mut paths = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let line = text[..at].matches('\n').count() + 1;
        paths.extend(
            expand(&text[at + "crate::".len()..])
                .into_iter()
                .map(|path| (line, path)),
        );
    }
    paths
}

/// The paths that a use tree begins with, two segments deep.
fn expand(tree: &str) -> Vec<String> {
    let name_end = tree
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(tree.len());
    let (name, rest) = tree.split_at(name_end);
    if name.is_empty() {
        return group(rest)
            .iter()
            .flat_map(|branch| expand(branch))
            .collect();
    }
    let Some(below) = rest.strip_prefix("::") else {
        return vec![name.to_owned()];
    };
    let second = match below.strip_prefix('{') {
        Some(_) => group(below)
            .into_iter()
            .map(|branch| first_name(&branch))
            .collect(),
        None => vec![first_name(below)],
    };
    second
        .into_iter()
        .map(|second| format!("{name}::{second}"))
        .collect()
}

fn first_name(tree: &str) -> String {
    tree.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The branches of `{…}`, nested groups kept whole.
fn group(text: &str) -> Vec<String> {
    let Some(text) = text.strip_prefix('{') else {
        return Vec::new();
    };
    let (mut depth, mut branches, mut branch) = (0, Vec::new(), String::new());
    for c in text.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => branches.push(std::mem::take(&mut branch)),
            c => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                branch.push(c);
            }
        }
    }
    branches.push(branch);
    branches
        .into_iter()
        .map(|branch| branch.trim().to_owned())
        .filter(|branch| !branch.is_empty())
        .collect()
}

fn top(module: &str) -> &str {
    module.split("::").next().unwrap()
}

fn is_within(module: &str, outer: &str) -> bool {
    module
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Fails with every fault at once, one a line.
fn check(faults: &str) {
    assert!(
        faults.is_empty(),
        "\n{faults}\nsrc/ARCHITECTURE.md has the rules and their reasons; tests/tidy.rs the tables\n"
    );
}

#[test]
fn modules_use_only_what_is_below_them() {
    let mut faults = String::new();
    for source in sources() {
        let module = top(&source.module);
        if module == "lib" || module == "main" {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            writeln!(
                faults,
                "{}: module `{module}` has no line in the table of tests/tidy.rs",
                source.path
            )
            .unwrap();
            continue;
        };
        for (line, path) in crate_paths(&source.lines.join("\n")) {
            if is_within(&path, module) || allowed.iter().any(|allowed| is_within(&path, allowed)) {
                continue;
            }
            let may = if allowed.is_empty() {
                "nothing of the crate".to_owned()
            } else {
                allowed.join(", ")
            };
            writeln!(
                faults,
                "{}:{line}: `{module}` uses crate::{path}; it may use {may}",
                source.path
            )
            .unwrap();
        }
    }
    check(&faults);
}

#[test]
fn no_path_climbs_out_of_its_top_module_by_super() {
    let mut faults = String::new();
    for source in sources() {
        let depth = source.module.split("::").count();
        for (index, line) in source.lines.iter().enumerate() {
            if line.contains(&"super::".repeat(depth))
                && !["lib", "main"].contains(&source.module.as_str())
            {
                writeln!(
                    faults,
                    "{}:{}: climbs to the crate's root: write crate::",
                    source.path,
                    index + 1
                )
                .unwrap();
            }
        }
    }
    check(&faults);
}

#[test]
fn what_belongs_to_one_module_is_named_in_no_other() {
    let mut faults = String::new();
    for source in sources() {
        for (pattern, modules, reason) in ONLY_IN {
            // `model` alone means the file, not all that is below it, where others are listed too.
            let fits = |outer: &str| {
                let exact =
                    outer == "model" && modules.iter().any(|other| other.starts_with("model::"));
                if exact {
                    source.module == "model"
                } else {
                    is_within(&source.module, outer)
                }
            };
            if modules.iter().any(|outer| fits(outer)) {
                continue;
            }
            for (index, line) in source.lines.iter().enumerate() {
                if names(line, pattern) {
                    let place = format!("{}:{}", source.path, index + 1);
                    writeln!(
                        faults,
                        "{place}: names {pattern}, which is for {}: {reason}",
                        modules.join(", ")
                    )
                    .unwrap();
                }
            }
        }
    }
    check(&faults);
}

/// Whether a line of code names `pattern` as a word or path, and not only inside a string.
fn names(line: &str, pattern: &str) -> bool {
    let outside: String = line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
    outside.match_indices(pattern).any(|(at, _)| {
        let before = !outside[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let after = &outside[at + pattern.len()..];
        let whole = pattern.ends_with([':', '_'])
            || !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        before && whole
    })
}

#[test]
fn files_end_at_the_wall() {
    let mut faults = String::new();
    for Source { path, lines, .. } in sources() {
        if lines.len() > WALL {
            writeln!(
                faults,
                "{path}: {} lines before its unit tests; at most {WALL}: split it by nouns",
                lines.len()
            )
            .unwrap();
        }
    }
    check(&faults);
}

#[test]
fn modules_are_named_by_their_own_file() {
    let named_mod: Vec<_> = sources()
        .into_iter()
        .map(|source| source.path)
        .filter(|path| path.ends_with("/mod.rs"))
        .collect();
    assert!(
        named_mod.is_empty(),
        "write foo.rs and foo/, not foo/mod.rs: {named_mod:?}"
    );
}

#[test]
fn the_program_itself_is_short() {
    let main = sources()
        .into_iter()
        .find(|source| source.path == "src/main.rs")
        .unwrap();
    assert!(
        main.lines.len() < 60,
        "src/main.rs has {} lines: what it does belongs into the library",
        main.lines.len()
    );
}

#[test]
fn every_thread_has_a_name() {
    let mut faults = String::new();
    for source in sources() {
        for (index, line) in source.lines.iter().enumerate() {
            if names(line, "thread::spawn") {
                writeln!(
                    faults,
                    "{}:{}: use std::thread::Builder and name it",
                    source.path,
                    index + 1
                )
                .unwrap();
            }
        }
    }
    check(&faults);
}

#[test]
fn the_map_names_every_module() {
    let map =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ARCHITECTURE.md"))
            .unwrap();
    for (module, _) in MAY_USE {
        assert!(
            map.contains(&format!("`{module}`")),
            "src/ARCHITECTURE.md does not say what `{module}` is for"
        );
    }
}

#[test]
fn the_reader_of_sources_sees_groups_comments_and_strings() {
    let paths = |text: &str| {
        crate_paths(text)
            .into_iter()
            .map(|(_, path)| path)
            .collect::<Vec<_>>()
    };
    assert_eq!(paths("use crate::job::wire::parse_job;"), ["job::wire"]);
    assert_eq!(
        paths("use crate::{shutdown, model::{Engine, load::X}};"),
        ["shutdown", "model::Engine", "model::load"]
    );
    assert_eq!(
        paths("pub(in crate::model::arch) fn f(x: crate::text::Article) {}"),
        ["model::arch", "text::Article"]
    );
    assert_eq!(
        code("a // crate::x\n/// crate::y\nb\n\n#[cfg(test)]\nmod tests {\n    use crate::z;\n}\n"),
        ["a ", "", "b", ""]
    );
    assert!(names("use lapin::Channel;", "lapin") && names("Error::from(lapin)", "lapin"));
    assert!(!names(r#"warn("lapin=warn")"#, "lapin") && !names("my_lapin_x", "lapin"));
}
