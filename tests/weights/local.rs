//! Files that are here already: a site's folder, the hub's cache, and our own.

use super::*;
use presslate::model::weights::Presence;

#[test]
fn a_sites_folder_is_used_in_place_and_asked_first() {
    let (cache, site, bytes) = (temp(), temp(), weights(1000));
    std::fs::create_dir(site.path().join("some-model")).unwrap();
    std::fs::write(site.path().join("some-model/model.gguf"), &bytes).unwrap();
    let mut store = Store::new(cache.path());
    store.local = Some(site.path().to_owned());
    for entry in [pinned(&bytes), unpinned()] {
        let installed = store.pull(&entry, &Quiet, &go()).unwrap();
        assert_eq!(
            installed.files[0].path,
            site.path().join("some-model/model.gguf")
        );
        assert!(store.find(&entry).unwrap().is_some());
    }
    assert!(!cache.path().join("some-model/model.gguf").exists());
    store.remove(&unpinned()).unwrap();
    assert!(site.path().join("some-model/model.gguf").exists());

    std::fs::write(site.path().join("some-model/model.gguf"), weights(1001)).unwrap();
    for entry in [pinned(&bytes), unpinned()] {
        let error = store.pull(&entry, &Quiet, &go()).unwrap_err().to_string();
        assert!(
            error.contains(&sha256(&bytes)) && error.contains(&sha256(&weights(1001))),
            "{error}"
        );
    }
}

#[test]
fn what_a_sites_folder_lacks_comes_from_the_next_source() {
    let (cache, site, bytes) = (temp(), temp(), weights(1000));
    let hub = Hub::start(plan(&bytes));
    let mut store = store(cache.path(), &hub);
    store.local = Some(site.path().to_owned());
    let told = Told::default();
    let installed = store.pull(&pinned(&bytes), &told, &go()).unwrap();
    assert_eq!(
        installed.files[0].path,
        cache.path().join("some-model/model.gguf")
    );
    assert!(
        told.skipped()[0].contains("no model.gguf"),
        "{:?}",
        told.skipped()
    );
}

#[test]
fn offline_the_hubs_cache_serves_and_nothing_else() {
    let (cache, hf, bytes) = (temp(), temp(), weights(1000));
    let hub = Hub::start(plan(&bytes));
    let mut store = store(cache.path(), &hub);
    store.hub.offline = true;
    store.hub.cache = Some(hf.path().to_owned());
    let error = store
        .pull(&pinned(&bytes), &Quiet, &go())
        .unwrap_err()
        .to_string();
    assert!(error.contains("offline"), "{error}");

    let repo = hf.path().join("models--somebody--some-model");
    std::fs::create_dir_all(repo.join("snapshots").join(COMMIT)).unwrap();
    std::fs::create_dir_all(repo.join("refs")).unwrap();
    std::fs::write(
        repo.join("snapshots").join(COMMIT).join("model.gguf"),
        &bytes,
    )
    .unwrap();
    std::fs::write(repo.join("refs/main"), COMMIT).unwrap();
    let installed = store.pull(&pinned(&bytes), &Quiet, &go()).unwrap();
    assert_eq!(std::fs::read(&installed.files[0].path).unwrap(), bytes);
    assert_eq!(
        installed.files[0].path,
        cache.path().join("some-model/model.gguf")
    );
    assert_eq!(hub.requests().len(), 0);
}

#[test]
fn a_file_in_the_hubs_cache_that_is_another_is_passed_over() {
    let (cache, hf, bytes) = (temp(), temp(), weights(1000));
    let hub = Hub::start(plan(&bytes));
    let snapshot = hf
        .path()
        .join("models--somebody--some-model/snapshots")
        .join(COMMIT);
    std::fs::create_dir_all(&snapshot).unwrap();
    std::fs::create_dir_all(hf.path().join("models--somebody--some-model/refs")).unwrap();
    std::fs::write(
        hf.path().join("models--somebody--some-model/refs/main"),
        COMMIT,
    )
    .unwrap();
    std::fs::write(snapshot.join("model.gguf"), weights(999)).unwrap();
    let mut store = store(cache.path(), &hub);
    store.hub.cache = Some(hf.path().to_owned());
    let installed = store.pull(&pinned(&bytes), &Quiet, &go()).unwrap();
    assert_eq!(std::fs::read(&installed.files[0].path).unwrap(), bytes);
    assert_eq!(hub.downloads().len(), 1);
}

#[test]
fn a_file_that_changed_since_it_came_is_refused_and_pulled_anew() {
    let (cache, bytes) = (temp(), weights(1000));
    let hub = Hub::start(plan(&bytes));
    let (store, entry, told) = (store(cache.path(), &hub), pinned(&bytes), Told::default());
    store.pull(&entry, &Quiet, &go()).unwrap();
    std::fs::write(cache.path().join("some-model/model.gguf"), weights(999)).unwrap();
    let error = store.find(&entry).unwrap_err().to_string();
    assert!(
        error.contains(&sha256(&bytes)) && error.contains(&sha256(&weights(999))),
        "{error}"
    );
    store.pull(&entry, &told, &go()).unwrap();
    assert!(
        told.skipped()[0].starts_with("cache: model.gguf has changed"),
        "{:?}",
        told.skipped()
    );
    assert_eq!(
        std::fs::read(cache.path().join("some-model/model.gguf")).unwrap(),
        bytes
    );
}

#[test]
fn verifying_reads_what_a_start_takes_on_trust() {
    let (cache, bytes) = (temp(), weights(1000));
    let hub = Hub::start(plan(&bytes));
    let (store, entry) = (store(cache.path(), &hub), pinned(&bytes));
    assert!(matches!(
        store.verify(&entry, &Quiet, &go()),
        Err(WeightsError::NotInstalled { missing, .. }) if missing == ["model.gguf"]
    ));
    store.pull(&entry, &Quiet, &go()).unwrap();
    store.verify(&entry, &Quiet, &go()).unwrap();

    // A disk that rots: same size, same time.
    let path = cache.path().join("some-model/model.gguf");
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut rotten = bytes.clone();
    rotten[500] ^= 1;
    std::fs::write(&path, &rotten).unwrap();
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(modified)
        .unwrap();
    assert!(store.find(&entry).unwrap().is_some());
    let error = store.verify(&entry, &Quiet, &go()).unwrap_err().to_string();
    assert!(error.contains(&sha256(&rotten)), "{error}");
}

#[test]
fn listing_tells_complete_from_partial_from_absent() {
    let (cache, bytes) = (temp(), weights(300_000));
    let hub = Hub::start(Plan {
        cuts: vec![0, 0, 1000],
        ..plan(&bytes)
    });
    let (store, entry) = (store(cache.path(), &hub), pinned(&bytes));
    let presence = || store.list([&entry])[0].1;
    assert_eq!(presence(), Presence::Absent);
    store.pull(&entry, &Quiet, &go()).unwrap_err();
    assert_eq!(presence(), Presence::Partial { bytes: 1000 });
    hub.change(|plan| plan.cuts.clear());
    store.pull(&entry, &Quiet, &go()).unwrap();
    assert_eq!(presence(), Presence::Complete { bytes: 300_000 });
}
