//! Which crates are in the program, and the notices that come with them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::common::broker::setting;

/// What programs are built for: the name in the list, Cargo's name, and the features that make sense
/// there. `mkl` is left out: what it links to is under Intel's terms and is not to be passed on.
const TARGETS: [(&str, &str, &[&str]); 3] = [
    (
        "x86_64-linux",
        "x86_64-unknown-linux-gnu",
        &["otlp", "cuda"],
    ),
    (
        "aarch64-linux",
        "aarch64-unknown-linux-gnu",
        &["otlp", "cuda"],
    ),
    ("aarch64-macos", "aarch64-apple-darwin", &["otlp", "metal"]),
];

/// Begins the line above a text; `cli::licenses::record` looks for it.
const MARK: &str = "=====notice ";

/// The licence of presslate itself, and of the crates that come with no other text.
const APACHE: &str = include_str!("../../LICENSE");

/// For crates that are under the MIT licence and come without its text.
const MIT: &str = "Permission is hereby granted, free of charge, to any person obtaining a copy of this \
software and associated documentation files (the \"Software\"), to deal in the Software without \
restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, \
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished \
to do so, subject to the following conditions:\n\n\
The above copyright notice and this permission notice shall be included in all copies or substantial \
portions of the Software.\n\n\
THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT \
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN \
NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, \
WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE \
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.";

/// Name and version.
type Id = (String, String);

/// Everything for the two files.
pub(super) struct Gathered {
    rows: Vec<[String; 6]>,
    texts: Texts,
}

impl Gathered {
    /// Asks Cargo, and reads the files of the crates.
    pub(super) fn from_cargo() -> Result<Self, String> {
        let builds = builds()?;
        let packages = packages()?;
        let (mut texts, mut rows) = (Texts::default(), vec![]);
        let mozilla = builds.keys().find_map(|id| {
            let package = &packages[id];
            let own = own_texts(&package.folder);
            (package.licence == "MPL-2.0")
                .then(|| own.into_iter().next())
                .flatten()
        });
        for (id, builds) in &builds {
            let package = &packages[id];
            let mut own = own_texts(&package.folder);
            if own.is_empty() {
                own.push(package.stand_in(&id.0, mozilla.as_deref()));
            }
            let notices: BTreeSet<String> = own.iter().flat_map(|text| texts.add(text)).collect();
            rows.push([
                id.0.clone(),
                id.1.clone(),
                package.licence.clone(),
                package.repository.clone(),
                builds.clone(),
                notices.into_iter().collect::<Vec<_>>().join(","),
            ]);
        }
        let icu = own_texts(&packages_named(&packages, "icu_properties").folder);
        let std = [APACHE, include_str!("std.txt"), &icu[0]];
        let notices: BTreeSet<String> = std.iter().flat_map(|text| texts.add(text)).collect();
        rows.push([
            "std".to_owned(),
            toolchain(),
            "MIT OR Apache-2.0".to_owned(),
            "https://github.com/rust-lang/rust".to_owned(),
            "*".to_owned(),
            notices.into_iter().collect::<Vec<_>>().join(","),
        ]);
        rows.sort();
        Ok(Self { rows, texts })
    }

    /// A crate a line.
    pub(super) fn table(&self) -> String {
        let mut table = "name\tversion\tlicence\trepository\tbuilds\tnotices\n".to_owned();
        for row in &self.rows {
            assert!(row.iter().all(|field| !field.contains(['\t', '\n'])));
            table += &row.join("\t");
            table.push('\n');
        }
        table
    }

    /// Every text below its mark.
    pub(super) fn texts(&self) -> String {
        let mut all =
            "Licences and notices of the crates in the program, as they came with them. Made by \
                       tests/notices.rs, which says how to make it anew.\n"
                .to_owned();
        for (id, (_, text)) in &self.texts.0 {
            assert!(
                !text.contains(MARK),
                "a text that looks like a mark:\n{text}"
            );
            writeln!(all, "\n{MARK}{id}\n{text}").unwrap();
        }
        all
    }
}

/// The version of Rust that rust-toolchain.toml asks for.
pub(super) fn toolchain() -> String {
    let file = include_str!("../../rust-toolchain.toml");
    let line = file
        .lines()
        .find_map(|line| line.strip_prefix("channel = "));
    line.unwrap().trim_matches('"').to_owned()
}

/// Each crate in the program, and in which builds.
fn builds() -> Result<BTreeMap<Id, String>, String> {
    // For each crate: targets that have it anyway, and targets that have it with a feature.
    let mut plain: BTreeMap<Id, BTreeSet<&str>> = BTreeMap::new();
    let mut featured: BTreeMap<Id, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for (target, triple, features) in TARGETS {
        let base = linked(triple, "")?;
        for feature in features {
            for id in linked(triple, feature)?.difference(&base) {
                let by_feature = featured.entry(id.clone()).or_default();
                by_feature.entry(feature).or_default().insert(target);
            }
        }
        for id in base {
            plain.entry(id).or_default().insert(target);
        }
    }
    let ids: BTreeSet<Id> = plain.keys().chain(featured.keys()).cloned().collect();
    let all = |feature: &str| {
        let with = |(name, _, features): (&'static str, &str, &[&str])| {
            features.contains(&feature).then_some(name)
        };
        TARGETS
            .into_iter()
            .filter_map(with)
            .collect::<BTreeSet<_>>()
    };
    let describe = |id: Id| {
        let mut builds = Vec::new();
        let targets = plain.get(&id).cloned().unwrap_or_default();
        if targets.len() == TARGETS.len() {
            builds.push("*".to_owned());
        } else {
            builds.extend(targets.into_iter().map(str::to_owned));
        }
        for (feature, targets) in featured.get(&id).into_iter().flatten() {
            if *targets == all(feature) {
                builds.push(format!("+{feature}"));
            } else {
                builds.extend(targets.iter().map(|target| format!("{target}+{feature}")));
            }
        }
        (id, builds.join(","))
    };
    Ok(ids.into_iter().map(describe).collect())
}

/// The crates whose code gets into a program: not those that run while it is built.
fn linked(triple: &str, features: &str) -> Result<BTreeSet<Id>, String> {
    let tree = cargo(&[
        "tree",
        "--edges",
        "normal,no-proc-macro",
        "--target",
        triple,
        "--features",
        features,
        "--prefix",
        "none",
        "--format",
        "{p}",
    ])?;
    let ids = tree.lines().filter(|line| !line.is_empty()).map(|line| {
        let mut words = line.split(' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap());
        (
            name.to_owned(),
            version.strip_prefix('v').unwrap().to_owned(),
        )
    });
    Ok(ids
        .filter(|(name, _)| name != env!("CARGO_PKG_NAME"))
        .collect())
}

/// A package as Cargo describes it.
struct Package {
    licence: String,
    repository: String,
    authors: Vec<String>,
    folder: PathBuf,
}

impl Package {
    /// The text for a crate that comes with none.
    fn stand_in(&self, name: &str, mozilla: Option<&str>) -> String {
        if self.licence.contains("Apache-2.0") {
            return APACHE.to_owned();
        }
        match self.licence.as_str() {
            "MPL-2.0" => mozilla.unwrap().to_owned(),
            "MIT" => {
                let makers = if self.authors.is_empty() {
                    format!("the makers of {name}")
                } else {
                    self.authors.join(", ")
                };
                format!("Copyright (c) {makers}\n\n{MIT}")
            }
            other => panic!("{name} is under {other} and comes without its text: find one for it"),
        }
    }
}

fn packages() -> Result<BTreeMap<Id, Package>, String> {
    let metadata = cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--features",
        "otlp,cuda,metal",
    ])?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let text = |package: &Value, field: &str| package[field].as_str().map(str::to_owned);
    let packages = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let name = text(package, "name").unwrap();
            let manifest = PathBuf::from(text(package, "manifest_path").unwrap());
            let authors = package["authors"].as_array().unwrap().iter();
            let described = Package {
                // The slash is how it was written before SPDX expressions.
                licence: text(package, "license")
                    .unwrap_or_default()
                    .replace(" / ", "/")
                    .replace('/', " OR "),
                repository: text(package, "repository")
                    .filter(|address| address.starts_with("https://"))
                    .unwrap_or_else(|| format!("https://crates.io/crates/{name}")),
                authors: authors
                    .map(|author| author.as_str().unwrap().to_owned())
                    .collect(),
                folder: manifest.parent().unwrap().to_owned(),
            };
            ((name, text(package, "version").unwrap()), described)
        });
    Ok(packages.collect())
}

fn packages_named<'a>(packages: &'a BTreeMap<Id, Package>, name: &str) -> &'a Package {
    packages
        .iter()
        .find(|((other, _), _)| other == name)
        .unwrap()
        .1
}

/// Runs Cargo, without network if that will do.
fn cargo(arguments: &[&str]) -> Result<String, String> {
    let mut why = String::new();
    for network in [&["--offline"][..], &[]] {
        let mut command = Command::new(setting("CARGO").unwrap_or_else(|| "cargo".to_owned()));
        command
            .args(arguments)
            .arg("--locked")
            .args(network)
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = command.output().map_err(|error| error.to_string())?;
        if output.status.success() {
            return String::from_utf8(output.stdout).map_err(|error| error.to_string());
        }
        why = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    Err(why)
}

/// The texts in a crate's folder that say what it is under and who made it, in order of their paths.
fn own_texts(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if is_notice(&path) {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(folder, &mut files);
    files.sort();
    let texts = files.iter().map(|file| {
        let bytes = fs::read(file).unwrap();
        tidy(&String::from_utf8_lossy(&bytes))
    });
    // Some hold no more than an expression, or the path that a link pointed to.
    texts
        .filter(|text| text.len() > 60 || text.to_lowercase().contains("copyright"))
        .collect()
}

fn is_notice(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_string_lossy().to_lowercase();
    let begins = [
        "license",
        "licence",
        "copying",
        "copyright",
        "notice",
        "unlicense",
        "authors",
        "patents",
    ]
    .iter()
    .any(|word| name.starts_with(word));
    let code = [
        ".rs", ".py", ".go", ".c", ".h", ".html", ".toml", ".json", ".yml",
    ];
    begins && !code.iter().any(|ending| name.ends_with(ending))
}

/// Without what differs from one system to the next: line ends, and blanks where nobody sees them.
fn tidy(text: &str) -> String {
    let text = text
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace(['\r', '\u{c}'], "\n");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let text = lines.join("\n");
    text.trim_matches('\n').to_owned()
}

/// A text on one line, to compare by.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Each text once, by its id: what it is without its blanks, and as it is shown.
#[derive(Default)]
struct Texts(BTreeMap<String, (String, String)>);

impl Texts {
    /// Takes a text in, and gives the ids it has: of the many copies of the Apache licence one is
    /// kept, and a name that was filled in becomes a text of its own.
    fn add(&mut self, text: &str) -> Vec<String> {
        match apache(text) {
            Some(names) => [APACHE.to_owned()]
                .iter()
                .chain(&names)
                .map(|text| self.put(text))
                .collect(),
            None => vec![self.put(text)],
        }
    }

    fn put(&mut self, text: &str) -> String {
        let (flat, text) = (flat(text), tidy(text));
        let digest = Sha256::digest(flat.as_bytes());
        let mut id = String::new();
        for byte in digest.iter().take(6) {
            write!(id, "{byte:02x}").unwrap();
        }
        let kept = &self.0.entry(id.clone()).or_insert((flat.clone(), text)).0;
        assert_eq!(*kept, flat, "two texts with the id {id}");
        id
    }
}

/// Whether a text is the Apache licence and no more; then, what was filled in at its end, if anything.
fn apache(text: &str) -> Option<Vec<String>> {
    const TERMS: &str = "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION";
    const END: &str = "END OF TERMS AND CONDITIONS";
    const TITLE: &str = "Apache License Version 2.0, January 2004 http://www.apache.org/licenses/";
    let parts = |text: &str| {
        let (title, rest) = text.split_once(TERMS)?;
        let (body, after) = rest.split_once(END)?;
        Some([title, body, after].map(|part| flat(part).replace("https://", "http://")))
    };
    let ([_, ours, our_end], [title, body, end]) = (parts(APACHE)?, parts(text)?);
    // Whoever wrote more than a name below it has something else to say.
    if title.trim_end_matches("LICENSE-2.0") != TITLE
        || body != ours
        || end.contains("LLVM")
        || end.len() > our_end.len() + 150
    {
        return None;
    }
    let (_, after) = text.split_once(END)?;
    let lines: Vec<&str> = after
        .lines()
        .map(str::trim)
        .skip_while(|line| !line.starts_with("Copyright "))
        .take_while(|line| !line.starts_with("Licensed under the Apache"))
        .filter(|line| !line.is_empty())
        .collect();
    let notice = lines.join("\n");
    if notice.is_empty() || notice.contains("yyyy") {
        return Some(vec![]);
    }
    Some(vec![format!(
        "{notice}\n\nLicensed under the Apache License, Version 2.0"
    )])
}

#[test]
fn of_the_apache_licence_one_copy_is_kept_with_the_names_that_were_filled_in() {
    let mut texts = Texts::default();
    let plain = texts.add(APACHE);
    let named = texts.add(&APACHE.replace("[yyyy] [name of copyright owner]", "2031 Ada Weber"));
    assert_eq!(plain.len(), 1);
    assert_eq!(named[0], plain[0]);
    assert!(
        texts.0[&named[1]]
            .1
            .starts_with("Copyright 2031 Ada Weber\n")
    );

    for other in [
        APACHE.replace("perpetual", "yearly"),
        format!("{APACHE}\n--- LLVM Exceptions ---\nAs an exception, …"),
        format!("This crate has two licences.\n{APACHE}"),
    ] {
        assert_eq!(apache(&other), None);
    }
}

#[test]
fn texts_that_differ_in_blanks_are_one() {
    let mut texts = Texts::default();
    let one = texts.add("Copyright A\r\n\r\n   Permission is granted  \r\n");
    assert_eq!(texts.add("Copyright A\n\nPermission is\ngranted"), one);
    assert_ne!(texts.add("Copyright B\n\nPermission is granted"), one);
    assert_eq!(
        texts.0[&one[0]].1,
        "Copyright A\n\n   Permission is granted"
    );
}
