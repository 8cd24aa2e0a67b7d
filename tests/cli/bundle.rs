//! `presslate bundle` on a tiny model that the test makes: packed here, used elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use insta_cmd::assert_cmd_snapshot;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::run::with_tiny_model;
use super::{Desk, stderr, stdout};
use crate::common::skip::skip;

/// The flags that find the tiny model, and a small file in place of the program.
const CREATE: &str = "bundle create --model tiny --catalog-dir catalog --model-dir weights --out app.tar --binary program --target z80-unknown-linux-gnu";

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    output
}

fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(
        (output.status.code(), stdout(&output)),
        (Some(1), String::new()),
        "{}",
        stderr(&output)
    );
    stderr(&output)
}

/// A desk with a tiny model, a glossary, and a bundle of them; and the hash of its manifest.
fn packed() -> (Desk, String) {
    let desk = with_tiny_model(None);
    desk.write("program", "#!/bin/sh\necho presslate\n");
    fs::create_dir(desk.path("terms")).unwrap();
    desk.write("terms/home.csv", "source,ko,ru\nLeeds,리즈,Лидс\n");
    let manifest = create(&desk, &format!("{CREATE} --glossaries terms"));
    (desk, manifest)
}

/// Makes a bundle, and gives the hash of its manifest.
fn create(desk: &Desk, args: &str) -> String {
    let mut command = desk.presslate(args);
    let output = succeed(command.env("SOURCE_DATE_EPOCH", "1932876000"));
    hash_of("manifest", &stdout(&output))
}

fn hash_of(what: &str, text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with(what));
    let hash = line.and_then(|line| line.split_once("sha256 "));
    hash.unwrap_or_else(|| panic!("{text}")).1.to_owned()
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// The settings that an install printed.
fn settings(output: &Output) -> BTreeMap<String, String> {
    let text = stdout(output);
    let pairs = text.lines().map(|line| line.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// A program on a machine that has nothing but these settings.
fn elsewhere(program: &Path, args: &str, settings: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(program);
    command
        .args(args.split_whitespace())
        .current_dir(program.ancestors().nth(3).unwrap())
        .env_clear()
        .env("HOME", ".")
        .envs(settings)
        .stdin(Stdio::null());
    command
}

#[test]
fn what_was_packed_on_one_machine_works_on_another_without_network() {
    let desk = with_tiny_model(None);
    fs::create_dir(desk.path("terms")).unwrap();
    desk.write("terms/home.csv", "source,ko,ru\nLeeds,리즈,Лидс\n");
    let manifest = create(
        &desk,
        "bundle create --model tiny --catalog-dir catalog --model-dir weights --glossaries terms --out app.tar",
    );
    let verify = desk
        .presslate(&format!("bundle verify app.tar --expect {manifest}"))
        .output()
        .unwrap();
    assert_eq!(stderr(&verify), "", "it is the one that was asked for");
    assert!(
        stdout(&verify).starts_with("app.tar is whole\n"),
        "{}",
        stdout(&verify)
    );

    fs::create_dir(desk.path("other")).unwrap();
    let install = succeed(&mut desk.presslate(&format!(
        "bundle install app.tar --to other/app --expect {manifest}"
    )));
    assert!(!stderr(&install).contains("note:"), "{}", stderr(&install));
    // Nothing but what was installed.
    for gone in ["weights", "catalog", "terms", ".cache"] {
        if desk.path(gone).exists() {
            fs::remove_dir_all(desk.path(gone)).unwrap();
        }
    }
    fs::remove_file(desk.path("app.tar")).unwrap();
    fs::rename(desk.path("story.txt"), desk.path("other/story.txt")).unwrap();
    let settings = settings(&install);
    let program = desk.path("other/app/bin/presslate");
    let checked = succeed(&mut elsewhere(&program, "models verify tiny", &settings));
    assert!(
        stderr(&checked).contains("tiny: every file has the right hash"),
        "{}",
        stderr(&checked)
    );
    let run = succeed(&mut elsewhere(
        &program,
        "run story.txt --format json --task translate --to ru --device cpu --glossary home",
        &settings,
    ));
    let result: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(result["models"][0]["id"], "tiny");
    assert_eq!(result["targets"][0]["lang"], "ru");
    assert!(
        !desk.path("other/.cache").exists(),
        "nothing is written outside of the place that was set"
    );
}

#[test]
fn the_same_files_give_the_same_archive_to_the_byte() {
    let (desk, manifest) = packed();
    let first = fs::read(desk.path("app.tar")).unwrap();
    // Read from the cache this time, where there is a record of the weights already.
    let cache = desk.path(".cache/presslate/tiny");
    fs::create_dir_all(&cache).unwrap();
    fs::rename(
        desk.path("weights/tiny/model.gguf"),
        cache.join("model.gguf"),
    )
    .unwrap();
    let again = format!("{CREATE} --glossaries terms");
    assert_eq!(create(&desk, &again), manifest);
    assert!(fs::read(desk.path("app.tar")).unwrap() == first);
    // Another time is another bundle.
    let mut later = desk.presslate(&again);
    let said = stdout(&succeed(later.env("SOURCE_DATE_EPOCH", "1932876001")));
    assert_ne!(hash_of("manifest", &said), manifest);
    assert_eq!(
        hash_of("archive", &said),
        sha256(&fs::read(desk.path("app.tar")).unwrap())
    );
}

#[test]
fn a_changed_byte_is_refused_with_its_place_and_nothing_is_installed() {
    let (desk, _) = packed();
    let whole = fs::read(desk.path("app.tar")).unwrap();
    let weights = whole
        .windows(4)
        .rposition(|bytes| bytes == b"GGUF")
        .unwrap();
    for (at, said) in [
        (
            weights + 9,
            format!(
                "app.tar: models/tiny/model.gguf (from byte {weights} of the archive) is not what the manifest says"
            ),
        ),
        (
            weights - 400,
            format!(
                "app.tar: at byte {} of the archive: a damaged header where the header of models/tiny/model.gguf belongs",
                weights - 512
            ),
        ),
        (600, "app.tar: manifest.json: ".to_owned()),
        (
            whole.len() - 1,
            "where the end of the archive belongs".to_owned(),
        ),
    ] {
        let mut changed = whole.clone();
        changed[at] ^= 0x80;
        desk.write("app.tar", changed);
        for command in ["verify app.tar", "install app.tar --to app"] {
            let error = refused(&mut desk.presslate(&format!("bundle {command}")));
            assert!(error.contains(&said), "{at} {command}: {error}");
        }
        desk.write("app.tar", &whole[..at]);
        let error = refused(&mut desk.presslate("bundle install app.tar --to app"));
        assert!(
            error.contains(&format!("the archive ends at byte {at}, within ")),
            "{error}"
        );
    }
    assert!(!desk.path("app").exists() && !desk.path(".app.installing").exists());
}

#[test]
fn a_whole_archive_of_somebody_else_is_told_by_its_hash_alone() {
    let (desk, manifest) = packed();
    desk.write("program", "#!/bin/sh\nrm -rf /\n");
    create(&desk, CREATE);
    let verify = succeed(&mut desk.presslate("bundle verify app.tar"));
    assert!(
        stderr(&verify).contains("does not say who made it"),
        "{}",
        stderr(&verify)
    );
    let error = refused(&mut desk.presslate(&format!("bundle verify app.tar --expect {manifest}")));
    assert!(
        error.contains(&format!("expected manifest sha256 {manifest}")),
        "{error}"
    );
}

#[test]
fn installing_again_changes_nothing_and_another_bundle_needs_force() {
    let (desk, _) = packed();
    let install = |more: &str| {
        let args = format!("bundle install app.tar --to app {more}");
        desk.presslate(&args)
    };
    let first = succeed(&mut install(""));
    assert!(
        stderr(&first).contains("for z80-unknown-linux-gnu, and this machine is"),
        "{}",
        stderr(&first)
    );
    let stamps = || fs::read(desk.path("app/models/tiny/.verified.json")).unwrap();
    let before = stamps();
    let again = succeed(&mut install(""));
    assert_eq!(stdout(&first), stdout(&again));
    assert!(
        stderr(&again).contains("nothing was written"),
        "{}",
        stderr(&again)
    );
    assert_eq!(
        stamps(),
        before,
        "its weights need not be hashed at a start"
    );

    desk.write("program", "#!/bin/sh\necho later\n");
    create(&desk, CREATE);
    let error = refused(&mut install(""));
    assert!(
        error.contains("differing: bin/presslate, glossaries/home.csv): --force replaces it"),
        "{error}"
    );
    assert!(desk.path("app/glossaries/home.csv").exists());
    let replaced = succeed(&mut install("--force"));
    assert!(!desk.path("app/glossaries").exists());
    assert!(!settings(&replaced).contains_key("PRESSLATE_GLOSSARIES"));

    desk.write("app/models/notes.txt", "ours");
    desk.write("program", "#!/bin/sh\necho last\n");
    create(&desk, CREATE);
    let error = refused(&mut install("--force"));
    assert!(
        error.contains("holds models/notes.txt, which did not come"),
        "{error}"
    );
}

#[test]
fn hashes_that_the_catalogue_leaves_open_travel_with_the_weights() {
    let desk = with_tiny_model(Some("unpinned"));
    desk.write("program", "#!/bin/sh\n");
    create(&desk, CREATE);
    let install = succeed(&mut desk.presslate("bundle install app.tar --to app"));
    let settings = settings(&install);
    let program = PathBuf::from(env!("CARGO_BIN_EXE_presslate"));
    let verify = || {
        let mut command = elsewhere(&program, "models verify tiny", &settings);
        command.current_dir(desk.path(".")).output().unwrap()
    };
    let output = verify();
    assert!(output.status.success(), "{}", stderr(&output));
    let weights = desk.path("app/models/tiny/model.gguf");
    let mut bytes = fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&weights, bytes).unwrap();
    let output = verify();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("expected sha256"),
        "{}",
        stderr(&output)
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_the_program_is_put_where_the_shell_looks() {
    let (desk, _) = packed();
    fs::create_dir(desk.path("bin")).unwrap();
    let install = "bundle install app.tar --to app --bin bin";
    succeed(&mut desk.presslate(install));
    succeed(&mut desk.presslate(install));
    let said = succeed(&mut Command::new(desk.path("bin/presslate")));
    assert_eq!(stdout(&said), "presslate\n");

    // What is in the way is noticed before anything is written.
    fs::remove_dir_all(desk.path("app")).unwrap();
    fs::remove_file(desk.path("bin/presslate")).unwrap();
    desk.write("bin/presslate", "another");
    let error = refused(&mut desk.presslate(install));
    assert!(
        error.contains("--bin bin: another presslate is there already"),
        "{error}"
    );
    assert!(!desk.path("app").exists());
    succeed(&mut desk.presslate(&format!("{install} --force")));
    assert!(desk.path("bin/presslate").is_symlink());
}

#[test]
fn an_archive_can_come_through_a_pipe() {
    let (desk, manifest) = packed();
    for command in ["verify -", "install - --to app"] {
        let archive = fs::File::open(desk.path("app.tar")).unwrap();
        let mut command = desk.presslate(&format!("bundle {command} --expect {manifest}"));
        succeed(command.stdin(archive));
    }
    assert!(desk.path("app/models/tiny/model.gguf").exists());
}

#[test]
fn other_tools_can_check_and_unpack_it() {
    let (desk, manifest) = packed();
    let script = "mkdir out && cd out && tar -xf ../app.tar && sha256sum --check --strict --quiet SHA256SUMS && sha256sum manifest.json";
    let mut shell = Command::new("sh");
    shell.args(["-euc", script]).current_dir(desk.path("."));
    for tool in ["tar", "sha256sum"] {
        if Command::new(tool).arg("--version").output().is_err() {
            skip(&format!("no {tool} to unpack a bundle with"));
            return;
        }
    }
    let said = stdout(&succeed(&mut shell));
    assert_eq!(said, format!("{manifest}  manifest.json\n"));
    let licences = fs::read_to_string(desk.path("out/licences/models.txt")).unwrap();
    assert!(
        licences.contains("tiny\n  licence         Apache-2.0\n"),
        "{licences}"
    );
    let others = fs::read_to_string(desk.path("out/licences/third-party.txt")).unwrap();
    assert!(
        others.contains("\nTEXTS of licences and notices"),
        "{others}"
    );
    let manifest: Value =
        serde_json::from_slice(&fs::read(desk.path("out/manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["created"], "2031-04-02T06:00:00Z");
    assert_eq!(manifest["choice"], serde_json::json!(["tiny"]));
    assert_eq!(manifest["target"], "z80-unknown-linux-gnu");
    assert_eq!(manifest["presslate"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn licences_and_documents_of_the_site_are_passed_on() {
    let (desk, _) = packed();
    fs::create_dir_all(desk.path("units/old")).unwrap();
    desk.write("units/newsroom.service", "[Unit]\n")
        .write("units/.hidden", "")
        .write("GEMMA.txt", "terms");
    create(
        &desk,
        &format!("{CREATE} --licences GEMMA.txt --documents units"),
    );
    succeed(&mut desk.presslate("bundle install app.tar --to app"));
    assert_eq!(
        fs::read_to_string(desk.path("app/licences/GEMMA.txt")).unwrap(),
        "terms"
    );
    assert!(desk.path("app/doc/newsroom.service").exists());
    assert!(!desk.path("app/doc/.hidden").exists() && !desk.path("app/doc/old").exists());
}

#[test]
fn mistakes_are_told_before_anything_is_packed() {
    let desk = with_tiny_model(None);
    desk.write("program", "#!/bin/sh\n")
        .write("terms.csv", "nothing,of,that\n");
    desk.write("presslate.txt", "a licence of that name is there");
    fs::create_dir(desk.path("folder")).unwrap();
    assert_cmd_snapshot!("create_without_out", desk.presslate("bundle create"));
    assert_cmd_snapshot!(
        "create_without_binary",
        desk.presslate(&CREATE.replace("--binary program", "--binary nowhere"))
    );
    assert_cmd_snapshot!(
        "create_for_a_target_that_nothing_is_for",
        desk.presslate("bundle create --out app.tar --target z80-unknown-none")
    );
    assert_cmd_snapshot!(
        "create_with_a_bad_glossary",
        desk.presslate(&format!("{CREATE} --glossaries terms.csv"))
    );
    assert_cmd_snapshot!(
        "create_without_licences",
        desk.presslate(&format!("{CREATE} --licences nowhere"))
    );
    assert_cmd_snapshot!(
        "create_with_one_name_twice",
        desk.presslate(&format!("{CREATE} --licences presslate.txt"))
    );
    assert_cmd_snapshot!(
        "create_into_a_folder",
        desk.presslate(&CREATE.replace("app.tar", "folder"))
    );
    assert_cmd_snapshot!(
        "create_at_no_time",
        desk.presslate(CREATE).env("SOURCE_DATE_EPOCH", "yesterday")
    );
    assert!(!desk.path("app.tar").exists());
}

#[test]
fn archives_and_places_that_cannot_be_used_are_told_apart() {
    let (desk, _) = packed();
    desk.write("story.tar", "Rain fell on Leeds. ".repeat(100))
        .write("empty.tar", "")
        .write("taken", "mine");
    fs::create_dir(desk.path("full")).unwrap();
    desk.write("full/letter.txt", "mine");
    assert_cmd_snapshot!(
        "archive_missing",
        desk.presslate("bundle verify nowhere.tar")
    );
    assert_cmd_snapshot!(
        "archive_of_nothing",
        desk.presslate("bundle verify empty.tar")
    );
    assert_cmd_snapshot!(
        "archive_that_is_none",
        desk.presslate("bundle install story.tar")
    );
    assert_cmd_snapshot!(
        "expect_that_is_no_hash",
        desk.presslate("bundle verify app.tar --expect 1234")
    );
    // With the path of this test's folder taken out.
    let told = |place: &str| {
        let error = refused(&mut desk.presslate(&format!("bundle install app.tar --to {place}")));
        let folder = desk.path("").canonicalize().unwrap();
        let error = error.replace(folder.to_str().unwrap(), "[desk]");
        let (_, error) = error.split_once("error: ").unwrap();
        error.to_owned()
    };
    insta::assert_snapshot!("place_taken_by_a_file", told("taken"));
    insta::assert_snapshot!("place_with_other_files", told("full --force"));
    insta::assert_snapshot!("place_without_a_folder_around_it", told("none/app"));
    assert_eq!(fs::read_to_string(desk.path("taken")).unwrap(), "mine");
}
