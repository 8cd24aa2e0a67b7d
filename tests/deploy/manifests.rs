//! The files of `deploy/` that run presslate in containers and on plain hosts: read by tools, tried
//! as far as a machine without a container engine goes, and compared with the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{deploy, readme};
use crate::cli::run::with_tiny_model;
use crate::cli::{Desk, stderr, stdout};
use crate::common::broker::setting;
use crate::common::skip::skip;

/// What a script says with when the machine lacks something.
const LACKS: i32 = 77;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/deploy")
        .join(name)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_presslate")
}

/// Runs a script that must not find anything wrong; what it could not look at is said aloud, and on
/// CI, which installs all it takes, nothing may be left out.
fn run(name: &str, arguments: &[&Path]) {
    let output = Command::new(script(name))
        .args(arguments)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let lacking: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("lacks "))
        .collect();
    assert!(
        lacking.is_empty() || setting("CI").is_none(),
        "CI has to have what {name} needs: {lacking:?}"
    );
    for line in &lacking {
        skip(&format!("tests/deploy/{name}: this machine {line}"));
    }
    match output.status.code() {
        Some(0) => {}
        Some(LACKS) => assert!(!lacking.is_empty(), "{name} does not say what it lacks"),
        status => panic!("{name} ended with {status:?}:\n{said}"),
    }
}

/// A Python with the checkers of `requirements.txt`; `None`, said aloud, where it cannot be had and
/// is not required. Kept between runs, by what it has.
fn checkers() -> Option<PathBuf> {
    let wanted = script("requirements.txt");
    let name = fs::read_to_string(&wanted).unwrap();
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(name.trim().replace("==", "-").replace('\n', "+"));
    let (python, done) = (home.join("bin/python"), home.join("complete"));
    if done.exists() {
        return Some(python);
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&home);
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(&wanted);
    for step in [&mut venv, &mut pip] {
        let why = match step.output() {
            Ok(output) if output.status.success() => continue,
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        assert!(
            setting("CI").is_none(),
            "CI needs python3 with venv, and pip to get what tests/deploy/requirements.txt names: {why}"
        );
        skip(&format!(
            "no Python to look at deploy/ with, see tests/deploy/requirements.txt ({why})"
        ));
        return None;
    }
    fs::write(done, "").unwrap();
    Some(python)
}

#[test]
fn tools_find_nothing_wrong_in_what_runs_presslate() {
    let Some(python) = checkers() else { return };
    run("check-containers.sh", &[&python]);
}

#[test]
fn the_images_build_step_by_step_and_the_program_runs_in_them() {
    run("image-steps.sh", &[Path::new(program())]);
}

#[test]
fn a_broker_makes_of_its_files_what_the_accounts_need() {
    run("broker.sh", &[Path::new(program())]);
}

#[test]
fn the_service_computes_inside_its_walls_and_ends_well() {
    let desk = with_tiny_model(None);
    desk.write("short.txt", "Rain closed two streets in Leeds.");
    run(
        "service.sh",
        &[
            Path::new(program()),
            &desk.path("catalog"),
            &desk.path("weights"),
            &desk.path("short.txt"),
        ],
    );
}

/// Every setting that the program knows, by what its help says.
fn known_settings() -> BTreeSet<String> {
    let desk = Desk::new();
    let mut known = BTreeSet::new();
    for command in ["work", "run", "topology apply", "models pull"] {
        let output = desk
            .presslate(&format!("{command} --help"))
            .output()
            .unwrap();
        let help = stdout(&output);
        let names = help.lines().filter_map(|line| {
            line.trim()
                .strip_prefix("[env: ")?
                .strip_suffix(']')
                .map(ToOwned::to_owned)
        });
        known.extend(names);
    }
    assert!(known.len() > 20, "{known:?}");
    known
}

/// The words of a text that are names of settings of ours.
fn settings_in(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("PRESSLATE_"))
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn every_setting_in_deploy_is_one_that_the_program_knows() {
    // What compose.yaml is asked with; its own list says what they mean.
    let of_compose = [
        "PRESSLATE_VERSION",
        "PRESSLATE_WORKERS",
        "PRESSLATE_CPUS",
        "PRESSLATE_MEMORY",
        "PRESSLATE_GPU_WORKERS",
        "PRESSLATE_CUDA",
        "PRESSLATE_WEIGHTS",
    ];
    let known = known_settings();
    for name in [
        "Dockerfile",
        "Dockerfile.cuda",
        "compose.yaml",
        "systemd/presslate.service",
        "systemd/presslate.env",
        "systemd/gpu.conf",
    ] {
        let text = fs::read_to_string(deploy(name)).unwrap();
        let used = settings_in(&text);
        assert!(!used.is_empty(), "{name}");
        for setting in used {
            let compose = name == "compose.yaml" && of_compose.contains(&setting.as_str());
            assert!(compose || known.contains(&setting), "{name}: {setting}");
        }
    }
    let listed = fs::read_to_string(deploy("compose.yaml")).unwrap();
    for setting in of_compose {
        assert!(listed.contains(&format!("#   {setting} ")), "{setting}");
    }
}

#[test]
fn the_images_are_built_with_the_compiler_of_the_repository() {
    let toolchain = fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let (_, after) = toolchain.split_once("channel = \"").unwrap();
    let version = after.split('"').next().unwrap();
    let package = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, after) = package.split_once("\nversion = \"").unwrap();
    let presslate = after.split('"').next().unwrap();
    for name in ["Dockerfile", "Dockerfile.cuda"] {
        let text = fs::read_to_string(deploy(name)).unwrap();
        let image = format!("ARG RUST_IMAGE=rust:{version}-bookworm\n");
        assert!(text.contains(&image), "{name} is not built with {version}");
        let label = format!("ARG VERSION={presslate}\n");
        assert!(text.contains(&label), "{name} is not of {presslate}");
    }
    let compose = fs::read_to_string(deploy("compose.yaml")).unwrap();
    assert!(compose.contains(&format!("${{PRESSLATE_VERSION:-{presslate}}}")));
}

/// What the sources compile in from outside of `src`, unit tests left out, by path from the top.
fn compiled_in() -> BTreeSet<String> {
    let mut folders = vec![root().join("src")];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            for macro_name in ["include_str!(", "include_bytes!(", "include!("] {
                for (_, after) in text
                    .match_indices(macro_name)
                    .map(|(at, _)| text.split_at(at))
                {
                    let Some(named) = after.split('"').nth(1) else {
                        continue;
                    };
                    let Some((_, outside)) = named.rsplit_once("../") else {
                        continue;
                    };
                    // Those of unit tests are not part of an image.
                    if !outside.starts_with("tests/") {
                        found.insert(outside.to_owned());
                    }
                }
            }
        }
    }
    // `../` from a folder deep in `src` may stay in it.
    found.retain(|path| root().join(path).exists());
    found
}

#[test]
fn what_is_compiled_in_gets_into_the_images() {
    let compiled_in = compiled_in();
    assert!(
        compiled_in
            .iter()
            .any(|path| path == "models/profiles.toml"),
        "{compiled_in:?}"
    );
    let ignore = fs::read_to_string(deploy("Dockerfile.dockerignore")).unwrap();
    let cuda = fs::read_to_string(deploy("Dockerfile.cuda.dockerignore")).unwrap();
    assert_eq!(ignore, cuda);
    let mut rules = ignore
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    assert_eq!(rules.next(), Some("*"), "all is left out but what is named");
    let let_in: Vec<&str> = rules.map(|rule| rule.strip_prefix('!').unwrap()).collect();
    let files = ["Cargo.toml", "Cargo.lock", "LICENSE", "src"].map(ToOwned::to_owned);
    for path in compiled_in.iter().chain(&files) {
        let gets_in = let_in.iter().any(|rule| match rule.split_once('*') {
            Some((folder, ending)) => path
                .strip_prefix(folder)
                .is_some_and(|name| !name.contains('/') && name.ends_with(ending)),
            None => path == rule || path.starts_with(&format!("{rule}/")),
        });
        assert!(gets_in, "{path} does not get into the images: {let_in:?}");
    }
    // Nothing that the stages copy is left out, and the other way round.
    for name in ["Dockerfile", "Dockerfile.cuda"] {
        let text = fs::read_to_string(deploy(name)).unwrap();
        let copied: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("COPY "))
            .filter(|line| !line.starts_with("--from"))
            .flat_map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                words[..words.len() - 1].to_vec()
            })
            .collect();
        let wanted = BTreeSet::from([
            "Cargo.toml",
            "Cargo.lock",
            "LICENSE",
            "deploy",
            "models",
            "src",
        ]);
        assert_eq!(copied, wanted, "{name}");
    }
}

/// What `topology print` says: the words after a command for the virtual host.
fn printed<const WORDS: usize>(command: &str) -> BTreeSet<[String; WORDS]> {
    let desk = Desk::new();
    let mut print = desk.presslate("topology print --format permissions");
    let output = print
        .env("PRESSLATE_AMQP_URL", "amqp://presslate-admin@broker/news")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let beginning = format!("rabbitmqctl {command} -p 'news' ");
    stdout(&output)
        .lines()
        .filter_map(|line| line.strip_prefix(&beginning))
        .map(|line| {
            let mut words = line.split(' ');
            [(); WORDS].map(|()| words.next().unwrap().trim_matches('\'').to_owned())
        })
        .collect()
}

/// What a file of definitions gives the accounts of presslate.
fn given<const WORDS: usize>(
    definitions: &Value,
    keys: [&str; WORDS],
) -> BTreeSet<[String; WORDS]> {
    definitions
        .as_array()
        .unwrap()
        .iter()
        .filter(|permission| permission["user"] != "operator")
        .map(|permission| keys.map(|key| permission[key].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn the_accounts_of_the_composed_broker_may_do_what_topology_print_says() {
    let text = fs::read_to_string(deploy("rabbitmq/accounts.json")).unwrap();
    let accounts: Value = serde_json::from_str(&text).unwrap();
    let permissions = printed("set_permissions");
    assert_eq!(permissions.len(), 4, "{permissions:?}");
    let keys = ["user", "configure", "write", "read"];
    assert_eq!(given(&accounts["permissions"], keys), permissions);
    let topics = printed("set_topic_permissions");
    assert_eq!(topics.len(), 1, "{topics:?}");
    let keys = ["user", "exchange", "write", "read"];
    assert_eq!(given(&accounts["topic_permissions"], keys), topics);
    for user in accounts["users"].as_array().unwrap() {
        let name = user["name"].as_str().unwrap();
        let name = name.strip_prefix("presslate-").unwrap_or(name);
        assert_eq!(user["password_hash"], format!("@{name}@"));
    }
}

#[test]
fn a_worker_has_more_time_to_stop_than_its_jobs() {
    let number = |text: &str, before: &str| -> u64 {
        let (_, after) = text.split_once(before).unwrap();
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    let unit = fs::read_to_string(deploy("systemd/presslate.service")).unwrap();
    let settings = fs::read_to_string(deploy("systemd/presslate.env")).unwrap();
    let (stop, grace) = (
        number(&unit, "\nTimeoutStopSec="),
        number(&settings, "\nPRESSLATE_GRACE="),
    );
    assert!(stop >= grace + 10, "{stop} s to stop, {grace} s for jobs");
}

#[test]
fn the_readme_names_the_files_that_it_tells_to_use() {
    let readme = readme();
    for name in [
        "Dockerfile",
        "Dockerfile.cuda",
        "compose.yaml",
        "compose-secrets.sh",
        "systemd/presslate.service",
        "systemd/presslate.env",
        "systemd/gpu.conf",
    ] {
        assert!(deploy(name).is_file(), "{name}");
        assert!(readme.contains(&format!("deploy/{name}")), "{name}");
    }
}
