use super::*;

const ONE: &str = "source,ko\nOsaro,오사로\n";
const TWO: &str = "source,ko\nOsaro,오자로\n";
const BAD: &str = "source,ko\nOsaro,\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(path, Duration::ZERO)
}

fn korean(store: &Store, id: &str) -> String {
    let glossary = store.get(id).unwrap();
    glossary.entries()[0].accepted(crate::job::Lang::Ko)[0].clone()
}

#[test]
fn a_folder_has_a_glossary_a_file() {
    let folder = folder(&[
        ("sport.csv", ONE),
        ("politics.toml", "[[term]]\nsource = \"a\"\nko = \"나\"\n"),
        ("README.md", "no glossary"),
        (".draft.csv", BAD),
    ]);
    let store = open(folder.path()).unwrap();
    assert_eq!(store.ids(), ["politics", "sport", "world"]);
    assert_eq!(store.get("sport").unwrap().name(), "sport");
    let error = store.get("sports").unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no glossary \"sports\"; there is politics, sport, world"
    );
    assert!(store.changes().is_empty());
}

#[test]
fn one_file_does_too_and_a_file_named_world_replaces_the_starter() {
    let folder = folder(&[("world.csv", ONE), ("other.csv", BAD)]);
    let store = open(&folder.path().join("world.csv")).unwrap();
    assert_eq!(store.ids(), ["world"]);
    assert_eq!(korean(&store, "world"), "오사로");
    let starter = Store::starter().unwrap();
    assert!(starter.get("world").unwrap().entries().len() >= 300);
    assert!(starter.get("sport").is_err());
}

#[test]
fn a_change_is_seen_also_when_length_and_time_are_the_same() {
    let folder = folder(&[("desk.csv", ONE)]);
    let path = folder.path().join("desk.csv");
    let store = open(folder.path()).unwrap();
    let old = store.get("desk").unwrap();
    assert!(Arc::ptr_eq(&old, &store.get("desk").unwrap()));
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, TWO).unwrap();
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(time)
        .unwrap();
    assert_eq!(ONE.len(), TWO.len());
    assert_eq!(korean(&store, "desk"), "오자로");
    assert_ne!(old.hash(), store.get("desk").unwrap().hash());
    assert!(matches!(store.changes()[..], [Change::Loaded(_)]));
    assert!(store.changes().is_empty());
}

#[test]
fn a_file_that_breaks_keeps_its_last_good_version_and_is_told_once() {
    let folder = folder(&[("desk.csv", ONE)]);
    let path = folder.path().join("desk.csv");
    let store = open(folder.path()).unwrap();
    fs::write(&path, BAD).unwrap();
    assert_eq!(korean(&store, "desk"), "오사로");
    let changes = store.changes();
    let [Change::Failed { id, error }] = &changes[..] else {
        panic!("{changes:?}");
    };
    assert_eq!(id, "desk");
    assert!(
        error
            .to_string()
            .starts_with("desk.csv: line 2: column ko is empty")
    );
    assert_eq!(korean(&store, "desk"), "오사로");
    assert!(store.changes().is_empty());
    fs::write(&path, TWO).unwrap();
    assert_eq!(korean(&store, "desk"), "오자로");
    assert!(matches!(store.changes()[..], [Change::Loaded(_)]));
}

#[test]
fn files_come_and_go() {
    let folder = folder(&[("desk.csv", ONE)]);
    let store = open(folder.path()).unwrap();
    fs::write(folder.path().join("new.csv"), TWO).unwrap();
    fs::remove_file(folder.path().join("desk.csv")).unwrap();
    assert_eq!(store.ids(), ["new", "world"]);
    let changes = store.changes();
    assert!(
        matches!(&changes[..], [Change::Removed { id }, Change::Loaded(new)] if id == "desk" && new.name() == "new"),
        "{changes:?}"
    );
    // A folder that is away takes nothing with it.
    let path = folder.path().to_owned();
    drop(folder);
    assert!(!path.exists());
    assert_eq!(korean(&store, "new"), "오자로");
    assert!(matches!(store.changes()[..], [Change::Failed { .. }]));
    assert!(store.changes().is_empty());
}

#[test]
fn files_are_not_looked_at_before_their_time() {
    let folder = folder(&[("desk.csv", ONE)]);
    let store = Store::open(folder.path(), Duration::from_hours(1)).unwrap();
    fs::write(folder.path().join("desk.csv"), TWO).unwrap();
    assert_eq!(korean(&store, "desk"), "오사로");
}

#[test]
fn a_start_with_a_bad_file_fails() {
    let bad = folder(&[("desk.csv", BAD)]);
    assert!(matches!(open(bad.path()), Err(StoreError::Invalid(_))));
    let twice = folder(&[("desk.csv", ONE), ("desk.toml", "")]);
    assert!(matches!(open(twice.path()), Err(StoreError::SameId { .. })));
    let other = folder(&[("desk.txt", ONE)]);
    let path = other.path().join("desk.txt");
    assert!(matches!(open(&path), Err(StoreError::UnknownFormat { .. })));
    assert!(matches!(open(&path.join("no")), Err(StoreError::Io { .. })));
}
