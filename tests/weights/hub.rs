//! Files from a hub: good, cut, silent, wrong.

use super::*;

#[test]
fn a_pulled_file_lands_with_its_hash_and_the_next_pull_asks_nobody() {
    let (cache, bytes) = (temp(), weights(300_000));
    let hub = Hub::start(plan(&bytes));
    let (store, entry, told) = (store(cache.path(), &hub), pinned(&bytes), Told::default());

    assert!(store.find(&entry).unwrap().is_none());
    let installed = store.pull(&entry, &told, &go()).unwrap();
    let file = installed.file(Role::Weights).unwrap();
    assert_eq!(std::fs::read(&file.path).unwrap(), bytes);
    assert_eq!(file.path, cache.path().join("some-model/model.gguf"));
    assert_eq!(
        (file.size, file.sha256.as_str()),
        (300_000, sha256(&bytes).as_str())
    );
    assert!(told.events().contains(&PullEvent::Bytes {
        done: 300_000,
        total: Some(300_000)
    }));
    assert_eq!(
        told.events().last(),
        Some(&PullEvent::Done {
            model: "some-model".to_owned(),
            bytes: 300_000
        })
    );
    assert_eq!(names(cache.path()), [".verified.json", "model.gguf"]);

    let asked = hub.requests().len();
    store.pull(&entry, &Quiet, &go()).unwrap();
    assert!(store.find(&entry).unwrap().is_some());
    assert_eq!(hub.requests().len(), asked);
}

#[test]
fn a_cut_download_goes_on_where_it_was_cut() {
    let (cache, bytes) = (temp(), weights(300_000));
    let hub = Hub::start(Plan {
        cuts: vec![50_000, 100_000],
        ..plan(&bytes)
    });
    let installed = store(cache.path(), &hub)
        .pull(&pinned(&bytes), &Quiet, &go())
        .unwrap();
    assert_eq!(std::fs::read(&installed.files[0].path).unwrap(), bytes);
    let downloads = hub.downloads();
    assert_eq!(downloads.len(), 3);
    assert!(!downloads[0].contains("bytes="));
    assert!(
        downloads[1].ends_with("bytes=100000-299999"),
        "{downloads:?}"
    );
    assert!(
        downloads[2].ends_with("bytes=150000-299999"),
        "{downloads:?}"
    );
}

#[test]
fn the_next_pull_goes_on_where_the_last_one_gave_up() {
    let (cache, bytes) = (temp(), weights(300_000));
    let hub = Hub::start(Plan {
        cuts: vec![0, 0, 200_000],
        ..plan(&bytes)
    });
    let (store, entry) = (store(cache.path(), &hub), pinned(&bytes));
    let error = store.pull(&entry, &Quiet, &go()).unwrap_err().to_string();
    assert!(
        error.contains("the download broke off after 200000 bytes"),
        "{error}"
    );

    hub.change(|plan| plan.cuts.clear());
    let told = Told::default();
    let installed = store.pull(&entry, &told, &go()).unwrap();
    assert_eq!(std::fs::read(&installed.files[0].path).unwrap(), bytes);
    assert_eq!(told.already(), [200_000]);
    assert!(
        hub.downloads()
            .last()
            .unwrap()
            .ends_with("bytes=200000-299999")
    );
}

#[test]
fn a_server_that_knows_no_ranges_sends_the_file_again() {
    let (cache, bytes) = (temp(), weights(300_000));
    let hub = Hub::start(Plan {
        cuts: vec![100_000],
        ignore_ranges: true,
        ..plan(&bytes)
    });
    let installed = store(cache.path(), &hub)
        .pull(&pinned(&bytes), &Quiet, &go())
        .unwrap();
    assert_eq!(std::fs::read(&installed.files[0].path).unwrap(), bytes);
}

#[test]
fn a_resumed_file_that_turns_out_wrong_is_fetched_from_the_start() {
    let (cache, bytes) = (temp(), weights(300_000));
    let hub = Hub::start(Plan {
        cuts: vec![0, 0, 200_000],
        ..plan(&bytes)
    });
    let (store, entry, told) = (store(cache.path(), &hub), pinned(&bytes), Told::default());
    store.pull(&entry, &Quiet, &go()).unwrap_err();
    // As after a crash that lost a page of the disk.
    let part = cache.path().join("some-model/model.gguf.part");
    let mut damaged = std::fs::read(&part).unwrap();
    damaged[1000] ^= 1;
    std::fs::write(&part, damaged).unwrap();

    hub.change(|plan| plan.cuts.clear());
    let installed = store.pull(&entry, &told, &go()).unwrap();
    assert_eq!(std::fs::read(&installed.files[0].path).unwrap(), bytes);
    assert!(
        told.events()
            .iter()
            .any(|event| matches!(event, PullEvent::Restarting { .. }))
    );
}

#[test]
fn a_wrong_file_is_refused_with_both_hashes_and_leaves_nothing_behind() {
    let (cache, bytes) = (temp(), weights(300_000));
    let mut other = bytes.clone();
    other[299_999] ^= 1;
    let hub = Hub::start(plan(&other));
    let store = store(cache.path(), &hub);
    let error = store.pull(&pinned(&bytes), &Quiet, &go()).unwrap_err();
    assert!(matches!(error, WeightsError::HashMismatch { .. }));
    let text = error.to_string();
    assert!(
        text.contains(&sha256(&bytes)) && text.contains(&sha256(&other)) && text.contains(REPO),
        "{text}"
    );
    assert_eq!(names(cache.path()), <[&str; 0]>::default());
    assert!(store.find(&pinned(&bytes)).unwrap().is_none());
}

#[test]
fn a_file_that_the_hub_announces_with_another_hash_is_not_downloaded() {
    let (cache, bytes) = (temp(), weights(1000));
    let hub = Hub::start(Plan {
        announce: Some(sha256(b"another")),
        ..plan(&bytes)
    });
    let error = store(cache.path(), &hub)
        .pull(&pinned(&bytes), &Quiet, &go())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&sha256(b"another")) && error.contains(&sha256(&bytes)),
        "{error}"
    );
    assert_eq!(hub.downloads().len(), 0);
}

#[test]
fn a_gated_model_without_a_token_names_the_setting_and_with_one_it_comes() {
    let (cache, bytes) = (temp(), weights(1000));
    let hub = Hub::start(Plan {
        token: Some("hf_right".to_owned()),
        ..plan(&bytes)
    });
    let mut store = store(cache.path(), &hub);
    store.hub.token = Some("hf_wrong".into());
    let error = store
        .pull(&pinned(&bytes), &Quiet, &go())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("401")
            && error.contains("HF_TOKEN")
            && error.contains("PRESSLATE_MODEL_DIR"),
        "{error}"
    );
    assert!(!error.contains("hf_wrong") && !format!("{store:?}").contains("hf_wrong"));
    store.hub.token = Some("hf_right".into());
    store.pull(&pinned(&bytes), &Quiet, &go()).unwrap();
}

#[test]
fn a_repository_or_a_file_that_is_not_there_is_named() {
    let (cache, bytes) = (temp(), weights(1000));
    let hub = Hub::start(plan(&bytes));
    let store = store(cache.path(), &hub);
    let elsewhere = entry(
        vec![file("model.gguf", Role::Weights, Some(&bytes))],
        vec![hub_source("no/such")],
    );
    let error = store
        .pull(&elsewhere, &Quiet, &go())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no/such") && error.contains("404"),
        "{error}"
    );

    let paths = BTreeMap::from([("model.gguf".to_owned(), "moved.gguf".to_owned())]);
    let source = Source::Hub {
        repo: REPO.to_owned(),
        revision: None,
        paths,
    };
    let moved = entry(
        vec![file("model.gguf", Role::Weights, Some(&bytes))],
        vec![source],
    );
    let error = store.pull(&moved, &Quiet, &go()).unwrap_err().to_string();
    assert!(error.contains("no file moved.gguf"), "{error}");
}

#[test]
fn a_source_that_does_not_serve_is_told_and_the_next_one_serves() {
    let (cache, bytes) = (temp(), weights(1000));
    let hub = Hub::start(plan(&bytes));
    let two = entry(
        vec![file("model.gguf", Role::Weights, Some(&bytes))],
        vec![hub_source("no/such"), hub_source(REPO)],
    );
    let told = Told::default();
    store(cache.path(), &hub).pull(&two, &told, &go()).unwrap();
    assert_eq!(told.skipped().len(), 1);
    assert!(
        told.skipped()[0].starts_with("hub no/such: "),
        "{:?}",
        told.skipped()
    );
}

#[test]
fn a_hub_that_is_silent_is_passed_over() {
    let (cache, bytes) = (temp(), weights(1000));
    let hub = Hub::start(Plan {
        mute: true,
        ..plan(&bytes)
    });
    let mut store = store(cache.path(), &hub);
    store.hub.connect_timeout = Duration::from_millis(200);
    let error = store
        .pull(&pinned(&bytes), &Quiet, &go())
        .unwrap_err()
        .to_string();
    assert!(error.contains("did not answer within 0.2 s"), "{error}");
}

#[test]
fn a_hub_that_nobody_serves_is_passed_over() {
    let (cache, bytes) = (temp(), weights(1000));
    let mut store = Store::new(cache.path());
    // Dropped at once, so that the port is one that nobody listens on.
    store.hub.endpoint = Hub::start(plan(&bytes)).endpoint();
    let error = store
        .pull(&pinned(&bytes), &Quiet, &go())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("could not be reached") && error.contains("HF_ENDPOINT"),
        "{error}"
    );
}

#[test]
fn a_download_that_stalls_counts_as_cut() {
    let (cache, bytes) = (temp(), weights(300_000));
    let hub = Hub::start(Plan {
        stall_after: Some(0),
        cuts: vec![100_000],
        ..plan(&bytes)
    });
    let mut store = store(cache.path(), &hub);
    store.hub.stall_timeout = Duration::from_millis(200);
    let error = store
        .pull(&pinned(&bytes), &Quiet, &go())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("broke off after 100000 bytes") && error.contains("no byte came"),
        "{error}"
    );
}

#[test]
fn a_file_that_does_not_fit_is_not_begun() {
    let (cache, bytes) = (temp(), weights(1000));
    let hub = Hub::start(plan(&bytes));
    let huge = ModelFile {
        size: Some(1 << 60),
        ..file("model.gguf", Role::Weights, Some(&bytes))
    };
    let error = store(cache.path(), &hub)
        .pull(&entry(vec![huge], vec![hub_source(REPO)]), &Quiet, &go())
        .unwrap_err();
    assert!(
        matches!(error, WeightsError::DiskFull { needed, .. } if needed == 1 << 60),
        "{error}"
    );
    assert!(
        error.to_string().contains("1048576.0 TiB needed"),
        "{error}"
    );
    assert_eq!(hub.requests().len(), 0);
}

#[test]
fn two_pulls_at_once_download_once_and_both_get_the_file() {
    let (cache, bytes, gate) = (temp(), weights(300_000), Arc::<Gate>::default());
    let hub = Hub::start(Plan {
        gate: Some(Arc::clone(&gate)),
        ..plan(&bytes)
    });
    let (store, entry) = (store(cache.path(), &hub), pinned(&bytes));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| store.pull(&entry, &Quiet, &go()));
        gate.wait_for_somebody();
        // The first is in the middle of its download; the second must find that out.
        let told = Call(|event| {
            if matches!(event, PullEvent::Waiting { .. }) {
                gate.open();
            }
        });
        let second = store.pull(&entry, &told, &go()).unwrap();
        let first = first.join().unwrap().unwrap();
        assert_eq!(first.files[0].path, second.files[0].path);
        assert_eq!(std::fs::read(&second.files[0].path).unwrap(), bytes);
    });
    assert_eq!(hub.downloads().len(), 1);
}

#[test]
fn a_model_that_is_being_pulled_is_not_removed() {
    let (cache, bytes, gate) = (temp(), weights(1000), Arc::<Gate>::default());
    let hub = Hub::start(Plan {
        gate: Some(Arc::clone(&gate)),
        ..plan(&bytes)
    });
    let (store, entry) = (store(cache.path(), &hub), pinned(&bytes));
    std::thread::scope(|scope| {
        let pull = scope.spawn(|| store.pull(&entry, &Quiet, &go()));
        gate.wait_for_somebody();
        assert!(matches!(
            store.remove(&entry),
            Err(WeightsError::Locked { .. })
        ));
        gate.open();
        pull.join().unwrap().unwrap();
    });
    assert!(store.remove(&entry).unwrap() >= 1000);
    assert!(!store.path(&entry).exists());
    assert_eq!(store.remove(&entry).unwrap(), 0);
}

#[test]
fn a_cancelled_pull_keeps_what_came() {
    let (cache, bytes) = (temp(), weights(300_000));
    let hub = Hub::start(Plan {
        stall_after: Some(100_000),
        ..plan(&bytes)
    });
    let (store, entry, cancel) = (store(cache.path(), &hub), pinned(&bytes), go());
    let told = Call(|event| {
        if matches!(event, PullEvent::Bytes { done: 100_000, .. }) {
            cancel.cancel();
        }
    });
    assert!(matches!(
        store.pull(&entry, &told, &cancel),
        Err(WeightsError::Cancelled)
    ));
    assert_eq!(
        std::fs::metadata(cache.path().join("some-model/model.gguf.part"))
            .unwrap()
            .len(),
        100_000
    );
}

#[test]
fn what_is_unpinned_is_recorded_at_the_first_pull_and_held_to_afterwards() {
    let (cache, bytes) = (temp(), weights(1000));
    let hub = Hub::start(plan(&bytes));
    let (store, entry) = (store(cache.path(), &hub), unpinned());
    store.pull(&entry, &Quiet, &go()).unwrap();
    let lock = std::fs::read_to_string(cache.path().join("presslate.lock.json")).unwrap();
    assert!(
        lock.contains(&sha256(&bytes)) && lock.contains(COMMIT),
        "{lock}"
    );
    store.remove(&entry).unwrap();

    let other = weights(1001);
    hub.change(|plan| plan.files = BTreeMap::from([("model.gguf".to_owned(), other.clone())]));
    let error = store.pull(&entry, &Quiet, &go()).unwrap_err().to_string();
    assert!(
        error.contains(&sha256(&bytes)) && error.contains(&sha256(&other)),
        "{error}"
    );
    assert!(
        hub.requests()
            .contains(&format!("GET /api/models/{REPO}/revision/{COMMIT}")),
        "{:?}",
        hub.requests()
    );
}

#[test]
fn a_damaged_lock_file_is_not_ignored() {
    let cache = temp();
    std::fs::write(cache.path().join("presslate.lock.json"), "{").unwrap();
    let error = Store::new(cache.path()).find(&unpinned()).unwrap_err();
    assert!(matches!(error, WeightsError::Record { .. }));
    assert!(error.to_string().contains("presslate.lock.json"), "{error}");
}

#[test]
fn files_that_could_run_code_or_are_no_weights_are_refused() {
    let cases: [(&[u8], &str); 3] = [
        (b"<!doctype html><p>Please log in", "web page"),
        (b"\x80\x02}q\x00(X\x05\x00\x00\x00model", "bare pickle"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "Git LFS pointer",
        ),
    ];
    for (bytes, what) in cases {
        let cache = temp();
        let hub = Hub::start(plan(bytes));
        let error = store(cache.path(), &hub)
            .pull(&unpinned(), &Quiet, &go())
            .unwrap_err();
        assert!(matches!(error, WeightsError::Format { .. }));
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(names(cache.path()), <[&str; 0]>::default());
    }
}

#[test]
fn a_model_of_several_files_comes_whole_and_each_file_is_checked_for_its_role() {
    let safetensors = [&2_u64.to_le_bytes()[..], b"{}", &[0; 100]].concat();
    let good: [(&str, Role, &[u8]); 5] = [
        ("model.safetensors", Role::Weights, &safetensors),
        ("config.json", Role::Config, b"{}\n"),
        ("source.spm", Role::SourceSpm, b"\x0a\x0e\x0a\x05<unk>"),
        ("target.spm", Role::TargetSpm, b"\x0a\x0e\x0a\x05<unk>"),
        ("vocab.json", Role::Vocab, b"{\"</s>\": 0}"),
    ];
    let files = good.map(|(name, role, _)| file(name, role, None));
    let mut marian = Arc::unwrap_or_clone(entry(files.to_vec(), vec![hub_source(REPO)]));
    marian.architecture = Architecture::Marian;
    let marian = Arc::new(marian);
    let served = BTreeMap::from(good.map(|(name, _, bytes)| (name.to_owned(), bytes.to_vec())));

    let cache = temp();
    let hub = Hub::start(Plan {
        files: served.clone(),
        ..plan(b"")
    });
    let installed = store(cache.path(), &hub)
        .pull(&marian, &Quiet, &go())
        .unwrap();
    for (name, role, bytes) in good {
        assert_eq!(
            std::fs::read(&installed.file(role).unwrap().path).unwrap(),
            bytes,
            "{name}"
        );
    }

    let oversized = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    let bad: [(&str, &[u8], &str); 4] = [
        (
            "model.safetensors",
            &oversized,
            "is not safetensors or a PyTorch checkpoint",
        ),
        ("model.safetensors", b"GGUF\x03\0\0\0\0\0\0\0", "it is GGUF"),
        ("vocab.json", b"", "it is empty"),
        ("source.spm", b"{}", "is not a SentencePiece model"),
    ];
    for (name, bytes, says) in bad {
        let cache = temp();
        hub.change(|plan| {
            plan.files.clone_from(&served);
            plan.files.insert(name.to_owned(), bytes.to_vec());
        });
        let error = store(cache.path(), &hub)
            .pull(&marian, &Quiet, &go())
            .unwrap_err()
            .to_string();
        assert!(error.contains(name) && error.contains(says), "{error}");
    }
}
