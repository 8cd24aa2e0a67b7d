//! Archives that were changed on the way, by accident or on purpose.

use proptest::prelude::*;
use tar::EntryType;

use super::*;
use crate::bundle::header::{BLOCK, filling, header};
use crate::bundle::manifest::{FORMAT, File};

/// An archive as somebody could put it together who does not keep to the rules.
#[derive(Clone)]
struct Forged {
    manifest: Manifest,
    /// Path, kind, content.
    entries: Vec<(Vec<u8>, EntryType, Vec<u8>)>,
}

impl Forged {
    fn new() -> Self {
        let (bytes, _) = pack(items());
        let bundle = Bundle::open(&*bytes, None).unwrap();
        let manifest = bundle.manifest().clone();
        let mut entries = Vec::new();
        let mut archive = tar::Archive::new(&*bytes);
        for entry in archive.entries().unwrap().skip(2) {
            let mut entry = entry.unwrap();
            let path = entry.path_bytes().into_owned();
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            entries.push((path, EntryType::Regular, content));
        }
        Self { manifest, entries }
    }

    /// The archive, with a manifest and sums that fit each other.
    fn bytes(&self) -> Vec<u8> {
        let manifest = self.manifest.to_bytes().unwrap();
        let sums = self.manifest.sums(&of_bytes(&manifest));
        let mut bytes = Vec::new();
        let front = [
            (Manifest::NAME, manifest.as_slice()),
            (Manifest::SUMS, sums.as_bytes()),
        ];
        for (path, content) in front {
            add(&mut bytes, path.as_bytes(), EntryType::Regular, content);
        }
        for (path, kind, content) in &self.entries {
            add(&mut bytes, path, *kind, content);
        }
        bytes.extend([0; 2 * BLOCK]);
        bytes
    }

    fn error(&self) -> String {
        verify(&self.bytes()).unwrap_err().to_string()
    }
}

fn add(bytes: &mut Vec<u8>, path: &[u8], kind: EntryType, content: &[u8]) {
    let mode = if path == b"bin/presslate" {
        Mode::Executable
    } else {
        Mode::Plain
    };
    let mut header = header("x", content.len() as u64, mode, TIME).unwrap();
    let name = &mut header.as_old_mut().name;
    name.fill(0);
    name[..path.len()].copy_from_slice(path);
    if kind == EntryType::Symlink {
        header.set_link_name("/etc").unwrap();
    }
    header.set_entry_type(kind);
    header.set_cksum();
    bytes.extend(header.as_bytes());
    bytes.extend(content);
    bytes.extend(vec![0; filling(content.len() as u64)]);
}

#[test]
fn a_forged_archive_that_keeps_to_the_rules_is_a_bundle() {
    assert_eq!(Forged::new().bytes(), pack(items()).0);
}

#[test]
fn no_byte_can_be_changed() {
    let (whole, _) = pack(items());
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(verify(&changed).is_err(), "byte {at} of {}", whole.len());
    }
}

#[test]
fn an_archive_that_is_cut_off_anywhere_is_refused() {
    let (whole, _) = pack(items());
    for length in 0..whole.len() {
        let error = verify(&whole[..length]).unwrap_err();
        assert!(
            matches!(error, BundleError::CutOff { at, .. } if at == length as u64),
            "{length}: {error}"
        );
    }
    let mut longer = whole;
    longer.push(0);
    assert!(verify(&longer).is_err());
}

#[test]
fn the_error_says_what_was_changed_and_where() {
    let (whole, _) = pack(items());
    let position = |needle: &[u8]| {
        let found = whole.windows(needle.len()).position(|at| at == needle);
        found.unwrap()
    };
    let said = |at: usize| {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        verify(&changed).unwrap_err().to_string()
    };
    let weights = position(b"GGUF GGUF");
    let error = said(weights + 700);
    assert!(
        error.starts_with(&format!(
            "models/tiny/model.gguf (from byte {weights} of the archive) is not what the manifest says"
        )),
        "{error}"
    );
    let error = said(weights + 1500);
    assert!(
        error.starts_with(&format!(
            "at byte {} of the archive: something where nothing (after models/tiny/model.gguf) belongs",
            weights + 1500
        )),
        "{error}"
    );
    let error = said(weights - BLOCK);
    assert!(
        error.starts_with(&format!(
            "at byte {} of the archive: a damaged header where the header of models/tiny/model.gguf belongs",
            weights - BLOCK
        )),
        "{error}"
    );
    let error = said(position(b"SHA256SUMS") + BLOCK);
    assert!(error.contains("a list of other hashes"), "{error}");
    let error = said(position(b"T06:00:00Z"));
    assert!(error.starts_with("manifest.json: created is"), "{error}");
    let error = said(whole.len() - 1);
    assert!(
        error.contains("where the end of the archive belongs"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_missing_twice_there_misplaced_or_too_much_is_named() {
    let forged = Forged::new();
    let mut missing = forged.clone();
    missing.entries.remove(2);
    let error = missing.error();
    assert!(
        error.contains(
            "\"glossaries/home.csv\", which belongs further back, where the header of doc/README.md belongs"
        ),
        "{error}"
    );

    let mut last = forged.clone();
    last.entries.pop();
    let error = last.error();
    assert!(
        error.contains("the end where the header of models/tiny/model.gguf belongs"),
        "{error}"
    );

    let mut twice = forged.clone();
    twice.entries.insert(1, twice.entries[0].clone());
    let error = twice.error();
    assert!(
        error.contains("\"bin/presslate\" a second time where the header of catalog/tiny.toml"),
        "{error}"
    );

    let mut swapped = forged.clone();
    swapped.entries.swap(3, 4);
    let error = swapped.error();
    assert!(error.contains("belongs further back"), "{error}");

    let mut more = forged.clone();
    let extra = (b"doc/\x1b[31mmore".to_vec(), EntryType::Regular, vec![1]);
    more.entries.push(extra);
    let error = more.error();
    assert!(
        error.contains("\"doc/\\u{1b}[31mmore\", which the manifest does not name, where the end"),
        "{error}"
    );
}

#[test]
fn links_folders_devices_and_longer_headers_are_refused() {
    for (kind, named) in [
        (EntryType::Symlink, "a link \"bin/presslate\""),
        (EntryType::Link, "a link \"bin/presslate\""),
        (EntryType::Directory, "a folder \"bin/presslate\""),
        (EntryType::Fifo, "a device \"bin/presslate\""),
        (EntryType::GNULongName, "an extended header"),
        (EntryType::XHeader, "an extended header"),
        (EntryType::GNUSparse, "an extended header"),
        (EntryType::Continuous, "an extended header"),
    ] {
        let mut forged = Forged::new();
        forged.entries[0].1 = kind;
        let error = forged.error();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn paths_that_lead_out_are_refused_in_the_manifest_and_in_headers() {
    for path in [
        "../evil",
        "doc/../../evil",
        "/etc/cron.d/evil",
        "doc/..",
        "doc/.",
        "doc//evil",
        "doc/.evil",
        "doc",
        "doc/a/b",
        "evil/README.md",
        "models/README.md/x",
        "doc\\..\\evil",
        "doc/c:evil",
        "doc/a\u{0}b",
        "doc/a\u{202}\u{1b}[2J",
        "",
    ] {
        let mut forged = Forged::new();
        forged.manifest.files[2].path = path.to_owned();
        forged.entries[2].0 = path.as_bytes().to_vec();
        let error = forged.error();
        assert!(error.starts_with("manifest.json: "), "{path:?}: {error}");
        assert!(!error.contains('\u{1b}'), "{error:?}");

        let mut forged = Forged::new();
        forged.entries[2].0 = path.as_bytes().to_vec();
        let error = forged.error();
        assert!(
            error.contains("where the header of doc/README.md belongs"),
            "{path:?}: {error}"
        );
    }
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused() {
    type Change = fn(&mut Manifest);
    let changes: [(&str, Change); 10] = [
        ("twice", |it| it.files[1] = it.files[0].clone()),
        ("stands before", |it| it.files.swap(0, 1)),
        ("at most 1099511627776", |it| it.files[0].size = 1 << 41),
        ("at most 1099511627776", |it| it.files[0].size = u64::MAX),
        ("sha256", |it| it.files[0].sha256 = "0".repeat(63)),
        ("sha256", |it| it.files[0].sha256 = "A".repeat(64)),
        ("mode", |it| it.files[0].mode = Mode::Plain),
        ("created", |it| it.created = "2031".to_owned()),
        ("no line", |it| it.choice[0] = "a\u{1b}[2J".to_owned()),
        ("at most 10000", |it| {
            let one = it.files[0].clone();
            it.files = vec![one; 10_001];
        }),
    ];
    for (what, change) in changes {
        let mut forged = Forged::new();
        change(&mut forged.manifest);
        let error = forged.error();
        assert!(
            error.starts_with("manifest.json: ") && error.contains(what),
            "{error}"
        );
    }
}

#[test]
fn a_bundle_of_a_later_format_is_left_to_a_later_presslate() {
    let mut forged = Forged::new();
    forged.manifest.format = FORMAT + 1;
    let error = forged.error();
    assert!(
        error.starts_with("the bundle has format 2, and this presslate reads format 1"),
        "{error}"
    );
    // Whatever else is in such a manifest.
    let error = Manifest::parse(br#"{"format": 7, "layers": [], "files": 3}"#).unwrap_err();
    assert!(matches!(error, BundleError::Newer { format: 7 }), "{error}");
    let error = Manifest::parse(br#"{"format": 0}"#).unwrap_err();
    assert!(matches!(error, BundleError::Manifest { .. }), "{error}");
}

#[test]
fn what_is_no_bundle_is_told_from_one_that_is_damaged() {
    let other = |bytes: &[u8]| verify(bytes).unwrap_err().to_string();
    let picture = [b"\x89PNG".as_slice(), &[7; 2 * BLOCK]].concat();
    let error = other(&picture);
    assert!(
        error.starts_with("this is no bundle of presslate"),
        "{error}"
    );
    let mut backup = Vec::new();
    add(&mut backup, b"etc/hosts", EntryType::Regular, b"::1");
    let error = other(&backup);
    assert!(
        error.contains("it begins with \"etc/hosts\" and not with manifest.json"),
        "{error}"
    );
    let mut huge = header(Manifest::NAME, 5 << 20, Mode::Plain, TIME).unwrap();
    huge.set_cksum();
    let error = other(huge.as_bytes());
    assert!(error.contains("4194304 bytes"), "{error}");
}

#[test]
fn a_bundle_that_is_whole_but_not_the_one_asked_for_is_refused() {
    let (bytes, ours) = pack(items());
    let mut forged = Forged::new();
    let content = b"#!/bin/sh\nrm -rf /\n".to_vec();
    forged.manifest.files[0].size = content.len() as u64;
    forged.manifest.files[0].sha256 = of_bytes(&content);
    forged.entries[0].2 = content;
    // Hashes in an archive say nothing about who made it.
    verify(&forged.bytes()).unwrap();
    assert!(Bundle::open(&*bytes, Some(&ours.manifest)).is_ok());
    let error = Bundle::open(&*forged.bytes(), Some(&ours.manifest)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&format!("expected manifest sha256 {}", ours.manifest)),
        "{error}"
    );
}

proptest! {
    #[test]
    fn bytes_written_over_a_bundle_are_noticed(
        at in any::<prop::sample::Index>(),
        new in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let (whole, _) = pack(items());
        let mut changed = whole.clone();
        let at = at.index(whole.len());
        for (place, byte) in changed.iter_mut().skip(at).zip(new) {
            *place = byte;
        }
        prop_assert_eq!(verify(&changed).is_ok(), changed == whole);
    }

    #[test]
    fn bytes_put_in_or_taken_out_are_noticed(
        at in any::<prop::sample::Index>(),
        blocks in 0usize..3,
        bytes in 0usize..3,
        puts in any::<bool>(),
    ) {
        let (whole, _) = pack(items());
        let length = blocks * BLOCK + bytes;
        let at = at.index(whole.len());
        let mut changed = whole.clone();
        if puts {
            drop(changed.splice(at..at, vec![0; length]));
        } else {
            drop(changed.drain(at..(at + length).min(whole.len())));
        }
        prop_assert_eq!(verify(&changed).is_ok(), changed == whole);
    }

    #[test]
    fn no_bytes_make_the_reader_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert!(verify(&bytes).is_err());
        let mut behind = header(Manifest::NAME, bytes.len() as u64, Mode::Plain, TIME)
            .unwrap()
            .as_bytes()
            .to_vec();
        behind.extend(bytes);
        prop_assert!(verify(&behind).is_err());
    }

    #[test]
    fn a_path_that_passes_leads_into_its_folder_and_nowhere_else(
        path in prop_oneof![any::<String>(), "(doc|bin|models|\\.\\.|\\.)(/(\\.{0,2}[a-z\\\\:]{0,3}|\\.\\.)){0,4}"],
    ) {
        let mut manifest = Forged::new().manifest;
        let file = File { path: path.clone(), role: Role::Document, mode: Mode::Plain, ..manifest.files[0].clone() };
        manifest.files = vec![file];
        if manifest.check().is_ok() {
            let parts: Vec<_> = Path::new(&path).components().collect();
            prop_assert_eq!(parts.len(), 2);
            prop_assert!(parts.iter().all(|part| matches!(part, std::path::Component::Normal(_))));
            prop_assert!(path.starts_with("doc/"));
        }
    }
}
