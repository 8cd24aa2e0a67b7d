//! Bundles that are whole, and every way in which one is not.

mod changed;
mod installed;

use std::cell::Cell;
use std::path::Path;

use super::*;
use crate::hash::of_bytes;

/// 2031-04-02T06:00:00Z.
const TIME: u64 = 1_932_876_000;

fn item(role: Role, name: &str, text: &str) -> Item {
    Item {
        role,
        name: name.to_owned(),
        content: Content::Text(text.to_owned()),
    }
}

/// A file of each role, one of them empty and one of exactly a block.
fn items() -> Vec<Item> {
    vec![
        item(Role::Model, "tiny/model.gguf", &"GGUF ".repeat(300)),
        item(Role::Binary, "presslate", "#!/bin/sh\necho presslate\n"),
        item(Role::Lock, "presslate.lock.json", "{}"),
        item(Role::Catalogue, "tiny.toml", &"x".repeat(512)),
        item(Role::Glossary, "home.csv", "source,ko,ru\n"),
        item(Role::Licence, "presslate.txt", ""),
        item(Role::Document, "README.md", "# presslate\n"),
    ]
}

fn plan(items: Vec<Item>) -> Result<Plan, BundleError> {
    let models = vec![Model {
        id: "tiny".to_owned(),
        licence: "Apache-2.0".to_owned(),
    }];
    let about = ("0.1.0", "x86_64-unknown-linux-gnu", TIME);
    Plan::new(about, vec!["tiny".to_owned()], models, items, &Quiet)
}

fn pack(items: Vec<Item>) -> (Vec<u8>, Written) {
    let mut bytes = Vec::new();
    let written = plan(items).unwrap().write(&mut bytes, &Quiet).unwrap();
    (bytes, written)
}

fn verify(bytes: &[u8]) -> Result<(), BundleError> {
    Bundle::open(bytes, None)?.verify(&Quiet)
}

/// Stops after so many bytes.
struct StopAfter(Cell<u64>);

impl Observe for StopAfter {
    fn bytes(&self, more: u64) {
        self.0.set(self.0.get().saturating_sub(more));
    }

    fn stopped(&self) -> bool {
        self.0.get() == 0
    }
}

#[test]
fn what_was_packed_is_whole_and_says_what_it_is() {
    let (bytes, written) = pack(items());
    let bundle = Bundle::open(&*bytes, Some(&written.manifest.to_uppercase())).unwrap();
    let manifest = bundle.manifest();
    assert_eq!(manifest.created, "2031-04-02T06:00:00Z");
    assert_eq!(manifest.choice, ["tiny"]);
    let paths: Vec<&str> = manifest.files.iter().map(|file| &*file.path).collect();
    assert_eq!(
        paths,
        [
            "bin/presslate",
            "catalog/tiny.toml",
            "doc/README.md",
            "glossaries/home.csv",
            "licences/presslate.txt",
            "models/presslate.lock.json",
            "models/tiny/model.gguf",
        ]
    );
    assert_eq!(bundle.sha256(), written.manifest);
    bundle.verify(&Quiet).unwrap();
    assert_eq!(written.bytes, bytes.len() as u64);
    assert_eq!(written.archive, of_bytes(&bytes));
}

#[test]
fn the_same_files_give_the_same_bytes_in_whatever_order_and_place_they_were() {
    let (bytes, _) = pack(items());
    let mut other = items();
    other.reverse();
    let dir = tempfile::tempdir().unwrap();
    for (number, item) in other.iter_mut().enumerate() {
        let Content::Text(text) = &item.content else {
            continue;
        };
        let path = dir.path().join(number.to_string());
        std::fs::write(&path, text).unwrap();
        item.content = match number % 2 {
            0 => Content::File(path),
            _ => Content::Known {
                size: text.len() as u64,
                sha256: of_bytes(text.as_bytes()),
                path,
            },
        };
    }
    assert_eq!(pack(other).0, bytes);
}

#[test]
fn the_size_is_known_before_it_is_written() {
    let (bytes, _) = pack(items());
    assert_eq!(plan(items()).unwrap().size(), bytes.len() as u64);
}

#[test]
fn an_ordinary_reader_of_archives_finds_the_files_and_their_hashes() {
    let (bytes, _) = pack(items());
    let dir = tempfile::tempdir().unwrap();
    let mut archive = tar::Archive::new(&*bytes);
    let mut sums = String::new();
    let mut found = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        assert_eq!(entry.header().mtime().unwrap(), TIME);
        let mode = entry.header().mode().unwrap();
        assert_eq!(mode & 0o111 != 0, path == "bin/presslate", "{path}");
        assert!(entry.unpack_in(dir.path()).unwrap());
        let sha256 = hash::of_file(&dir.path().join(&path), &Quiet)
            .unwrap()
            .sha256;
        found.push(format!("{sha256}  {path}"));
        if path == Manifest::SUMS {
            sums = std::fs::read_to_string(dir.path().join(&path)).unwrap();
        }
    }
    // Of all but the list itself.
    found.remove(1);
    assert_eq!(sums.lines().collect::<Vec<_>>(), found);
}

#[test]
fn a_bundle_of_nothing_is_one() {
    verify(&pack(Vec::new()).0).unwrap();
}

#[test]
fn a_file_that_changes_while_it_is_packed_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.gguf");
    for now in ["longer than it was", "short", "as long!"] {
        std::fs::write(&path, "as long?").unwrap();
        let item = Item {
            role: Role::Model,
            name: "tiny/model.gguf".to_owned(),
            content: Content::File(path.clone()),
        };
        let plan = plan(vec![item]).unwrap();
        std::fs::write(&path, now).unwrap();
        let error = plan.write(std::io::sink(), &Quiet).unwrap_err();
        assert!(
            matches!(&error, BundleError::Unsteady { path: named } if *named == path),
            "{error}"
        );
    }
}

#[test]
fn names_that_could_lead_elsewhere_cannot_be_packed() {
    let long = "a".repeat(90);
    for name in [
        "..",
        "../evil",
        "a/b",
        "",
        ".hidden",
        "/etc/passwd",
        "a\\b",
        "c:evil",
        "two\nlines",
        "bell\u{7}",
        &long,
    ] {
        let error = plan(vec![item(Role::Glossary, name, "")]).unwrap_err();
        assert!(matches!(error, BundleError::Unpackable { .. }), "{error}");
    }
    for name in ["model.gguf", "a/b/c", "tiny/..", "../tiny", "tiny/"] {
        assert!(plan(vec![item(Role::Model, name, "")]).is_err(), "{name}");
    }
    let twice = || item(Role::Glossary, "home.csv", "");
    let error = plan(vec![twice(), twice()]).unwrap_err().to_string();
    assert!(error.contains("twice"), "{error}");
}

#[test]
fn a_stop_is_heeded_within_a_file_and_while_hashing() {
    let (bytes, _) = pack(items());
    let stop = StopAfter(Cell::new(30));
    let stopped = Bundle::open(&*bytes, None).unwrap().verify(&stop);
    assert!(matches!(stopped, Err(BundleError::Stopped)));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), "text").unwrap();
    let hashed = hash::of_file(&dir.path().join("a"), &StopAfter(Cell::new(0)));
    assert!(matches!(hashed, Err(BundleError::Stopped)));
}

#[test]
fn times_are_written_in_one_way() {
    for (text, seconds) in [
        ("2031-04-02T06:00:00Z", Some(TIME)),
        ("1970-01-01T00:00:00Z", Some(0)),
        ("2031-04-02T06:00:00+00:00", None),
        ("2031-04-02T06:00:00.5Z", None),
        ("1969-12-31T23:59:59Z", None),
        ("3031-04-02T06:00:00Z", None),
        ("yesterday", None),
    ] {
        assert_eq!(manifest::seconds(text), seconds, "{text}");
    }
}

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
