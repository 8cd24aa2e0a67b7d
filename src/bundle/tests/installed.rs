//! Bundles put into folders, and folders that are left alone.

use std::fs;

use super::*;

const NAMES: [&str; 8] = [
    "SHA256SUMS",
    "bin",
    "catalog",
    "doc",
    "glossaries",
    "licences",
    "manifest.json",
    "models",
];

struct Host(tempfile::TempDir);

impl Host {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn install(&self, bytes: &[u8], force: bool) -> Result<Outcome, BundleError> {
        self.observed(bytes, force, &Quiet)
    }

    fn observed(
        &self,
        bytes: &[u8],
        force: bool,
        observe: &dyn Observe,
    ) -> Result<Outcome, BundleError> {
        install(
            Bundle::open(bytes, None)?,
            &self.path("app"),
            force,
            observe,
        )
    }

    fn refused(&self, bytes: &[u8], force: bool) -> String {
        self.install(bytes, force).unwrap_err().to_string()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

/// A bundle with another glossary and no document.
fn later() -> Vec<u8> {
    let mut items = items();
    items.pop();
    items.retain(|item| item.role != Role::Glossary);
    items.push(item(
        Role::Glossary,
        "home.csv",
        "source,ko,ru\nKyiv,키이우,Киев\n",
    ));
    pack(items).0
}

#[test]
fn everything_is_there_after_an_install_and_nothing_else() {
    let host = Host::new();
    let (bytes, _) = pack(items());
    assert_eq!(host.install(&bytes, false).unwrap(), Outcome::Installed);
    assert_eq!(entries(host.0.path()), ["app"]);
    assert_eq!(entries(&host.path("app")), NAMES);
    assert_eq!(host.read("app/models/tiny/model.gguf"), "GGUF ".repeat(300));
    assert_eq!(host.read("app/licences/presslate.txt"), "");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| host.path(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode("app/bin/presslate") & 0o100, 0o100);
        assert_eq!(mode("app/doc/README.md") & 0o111, 0);
    }
}

#[test]
fn an_empty_folder_is_as_good_as_none() {
    let host = Host::new();
    fs::create_dir(host.path("app")).unwrap();
    assert_eq!(
        host.install(&pack(items()).0, false).unwrap(),
        Outcome::Installed
    );
    assert_eq!(entries(host.0.path()), ["app"]);
}

#[test]
fn installing_the_same_again_writes_nothing() {
    let host = Host::new();
    let (bytes, _) = pack(items());
    host.install(&bytes, false).unwrap();
    let time = || {
        let about = host.path("app/bin/presslate").metadata().unwrap();
        about.modified().unwrap()
    };
    let before = time();
    for force in [false, true] {
        assert_eq!(host.install(&bytes, force).unwrap(), Outcome::Unchanged);
    }
    assert_eq!(time(), before);
    // Even then the archive that was given is looked at.
    let mut changed = bytes;
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert!(
        host.refused(&changed, false)
            .contains("the end of the archive")
    );
}

#[test]
fn notes_of_presslate_beside_its_models_change_nothing() {
    let host = Host::new();
    let (bytes, _) = pack(items());
    host.install(&bytes, false).unwrap();
    for name in [".tiny.lock", ".presslate.lock", "tiny/.verified.json"] {
        fs::write(host.path("app/models").join(name), "{}").unwrap();
    }
    assert_eq!(host.install(&bytes, false).unwrap(), Outcome::Unchanged);
    assert_eq!(host.install(&later(), true).unwrap(), Outcome::Replaced);
}

#[test]
fn another_bundle_is_replaced_only_by_force() {
    let host = Host::new();
    host.install(&pack(items()).0, false).unwrap();
    let error = host.refused(&later(), false);
    assert!(
        error.ends_with(
            "app is there already with other content (a bundle of 2031-04-02T06:00:00Z; differing: \
             glossaries/home.csv, doc/README.md): --force replaces it"
        ),
        "{error}"
    );
    assert_eq!(host.read("app/glossaries/home.csv"), "source,ko,ru\n");
    assert_eq!(host.install(&later(), true).unwrap(), Outcome::Replaced);
    assert!(host.read("app/glossaries/home.csv").contains("키이우"));
    assert!(!host.path("app/doc").exists());
    assert_eq!(entries(host.0.path()), ["app"]);
}

#[test]
fn an_installed_file_that_was_changed_is_named_and_mended_by_force() {
    let host = Host::new();
    let (bytes, _) = pack(items());
    host.install(&bytes, false).unwrap();
    fs::write(host.path("app/catalog/tiny.toml"), "y".repeat(512)).unwrap();
    fs::remove_file(host.path("app/doc/README.md")).unwrap();
    let error = host.refused(&bytes, false);
    assert!(
        error.contains("(changed since it was installed: catalog/tiny.toml, doc/README.md)"),
        "{error}"
    );
    assert_eq!(host.install(&bytes, true).unwrap(), Outcome::Replaced);
    assert_eq!(host.read("app/catalog/tiny.toml"), "x".repeat(512));
    assert_eq!(host.read("app/doc/README.md"), "# presslate\n");
}

#[test]
fn what_came_with_no_bundle_is_never_taken_away() {
    let host = Host::new();
    let (bytes, _) = pack(items());
    fs::create_dir(host.path("app")).unwrap();
    fs::write(host.path("app/letter.txt"), "mine").unwrap();
    for force in [false, true] {
        let error = host.refused(&bytes, force);
        assert!(error.contains("that no bundle has put there"), "{error}");
    }
    assert_eq!(host.read("app/letter.txt"), "mine");
    fs::remove_file(host.path("app/letter.txt")).unwrap();

    host.install(&bytes, false).unwrap();
    for name in [
        "letter.txt",
        "models/other/model.gguf",
        ".profile",
        "bin/.x.lock",
    ] {
        let path = host.path("app").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let error = host.refused(&later(), true);
        assert!(error.contains(&format!("holds {name}, which")), "{error}");
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(host.install(&later(), true).unwrap(), Outcome::Replaced);
}

#[test]
fn a_file_in_the_place_of_the_folder_stays() {
    let host = Host::new();
    fs::write(host.path("app"), "mine").unwrap();
    let error = host.refused(&pack(items()).0, true);
    assert!(error.contains("name another place"), "{error}");
    assert_eq!(host.read("app"), "mine");
}

#[test]
fn a_bundle_that_is_not_whole_leaves_nothing() {
    let (whole, _) = pack(items());
    for at in [whole.len() / 2, whole.len() - 3 * 512, whole.len() - 1] {
        let host = Host::new();
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        assert!(host.install(&changed, false).is_err());
        assert!(host.install(&whole[..at], false).is_err());
        assert_eq!(entries(host.0.path()), [""; 0]);

        host.install(&later(), false).unwrap();
        assert!(host.install(&changed, true).is_err());
        assert_eq!(entries(host.0.path()), ["app"]);
        assert!(host.read("app/glossaries/home.csv").contains("키이우"));
    }
}

#[test]
fn an_install_that_is_stopped_leaves_nothing() {
    let (bytes, _) = pack(items());
    let all: u64 = Bundle::open(&*bytes, None).unwrap().manifest().total();
    for after in [1, 600, all] {
        let host = Host::new();
        let stop = StopAfter(Cell::new(after));
        let error = host.observed(&bytes, false, &stop).unwrap_err();
        assert!(matches!(error, BundleError::Stopped), "{error}");
        assert_eq!(entries(host.0.path()), [""; 0]);
    }
}

#[test]
fn what_a_killed_install_left_is_cleared_away() {
    let host = Host::new();
    fs::create_dir_all(host.path(".app.installing/new/bin")).unwrap();
    fs::write(host.path(".app.installing/new/bin/presslate"), "half").unwrap();
    fs::write(host.path(".app.installing/lock"), "").unwrap();
    host.install(&pack(items()).0, false).unwrap();
    assert_eq!(entries(host.0.path()), ["app"]);
    assert!(host.read("app/bin/presslate").ends_with("echo presslate\n"));
}

#[test]
fn two_installs_into_one_place_do_not_mix() {
    let host = Host::new();
    fs::create_dir(host.path(".app.installing")).unwrap();
    let other = fs::File::create(host.path(".app.installing/lock")).unwrap();
    other.lock().unwrap();
    let error = host.refused(&pack(items()).0, false);
    assert!(error.contains("another process is installing"), "{error}");
    assert!(host.path(".app.installing/lock").exists());
    drop(other);
    host.install(&pack(items()).0, false).unwrap();
}

#[test]
fn the_folder_around_the_place_has_to_be_there() {
    let host = Host::new();
    let (bytes, _) = pack(items());
    let bundle = Bundle::open(&*bytes, None).unwrap();
    let error = install(bundle, &host.path("opt/app"), false, &Quiet).unwrap_err();
    assert!(
        matches!(&error, BundleError::NoFolder { path } if *path == host.path("opt")),
        "{error}"
    );
}

#[test]
fn a_disk_without_room_is_noticed_before_anything_is_written() {
    let host = Host::new();
    // 5 PiB by the manifest.
    let absurd = (0..5000)
        .map(|number| Item {
            role: Role::Document,
            name: format!("{number:04}.txt"),
            content: Content::Known {
                path: host.path("nowhere"),
                size: 1 << 40,
                sha256: "0".repeat(64),
            },
        })
        .collect();
    let mut bytes = Vec::new();
    // The front is written before the first file is missed.
    let error = plan(absurd).unwrap().write(&mut bytes, &Quiet).unwrap_err();
    assert!(matches!(error, BundleError::Io { .. }), "{error}");
    let error = host.refused(&bytes, false);
    assert!(
        error.contains("not enough room in") && error.contains("5497558138880000 bytes needed"),
        "{error}"
    );
    assert_eq!(entries(host.0.path()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_link_to_the_folder_is_followed_and_stays() {
    let host = Host::new();
    fs::create_dir(host.path("real")).unwrap();
    std::os::unix::fs::symlink("real", host.path("app")).unwrap();
    let (bytes, _) = pack(items());
    assert_eq!(host.install(&bytes, false).unwrap(), Outcome::Installed);
    assert_eq!(host.install(&later(), true).unwrap(), Outcome::Replaced);
    assert!(host.path("app").is_symlink());
    assert!(host.path("real/bin/presslate").exists());
}
