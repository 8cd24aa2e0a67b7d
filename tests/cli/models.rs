//! `presslate models` on a tiny model that the test makes.

use super::run::with_tiny_model;
use super::{Desk, stderr, stdout};

fn models(desk: &Desk, args: &str) -> (Option<i32>, String, String) {
    let output = desk
        .presslate(&format!(
            "models {args} --catalog-dir catalog --model-dir weights"
        ))
        .output()
        .unwrap();
    (output.status.code(), stdout(&output), stderr(&output))
}

#[test]
fn list_says_which_models_are_here() {
    let desk = with_tiny_model(None);
    let (_, text, _) = models(&desk, "list");
    let line = |id: &str| {
        text.lines()
            .find(|line| line.starts_with(id))
            .unwrap()
            .trim_end()
            .to_owned()
    };
    assert!(line("tiny ").ends_with("yes"), "{text}");
    assert!(line("opus-mt-en-ru ").ends_with("no"), "{text}");
}

#[test]
fn path_prints_each_file_and_verify_reads_it() {
    let desk = with_tiny_model(None);
    assert_eq!(
        models(&desk, "path tiny"),
        (
            Some(0),
            "weights/tiny/model.gguf\n".to_owned(),
            String::new()
        )
    );
    let (status, out, said) = models(&desk, "verify tiny");
    assert_eq!((status, out.as_str()), (Some(0), ""), "{said}");
    assert!(
        said.contains("tiny: every file has the right hash"),
        "{said}"
    );
}

#[test]
fn verify_fails_for_a_file_that_was_changed() {
    let desk = with_tiny_model(None);
    let mut bytes = std::fs::read(desk.path("weights/tiny/model.gguf")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    desk.write("weights/tiny/model.gguf", bytes);
    let (status, _, said) = models(&desk, "verify tiny");
    assert_eq!(status, Some(1));
    assert!(
        said.contains("expected sha256")
            && said.contains("1 model of those checked cannot be used"),
        "{said}"
    );
}

#[test]
fn path_of_a_model_that_is_not_here_says_how_to_have_it() {
    let (status, out, said) = models(&with_tiny_model(None), "path opus-mt-en-ru");
    assert_eq!((status, out.as_str()), (Some(1), ""));
    assert!(
        said.contains("`presslate models pull opus-mt-en-ru` fetches it"),
        "{said}"
    );
}

#[test]
fn remove_frees_the_cache_and_leaves_the_sites_own_folder() {
    let desk = with_tiny_model(None);
    std::fs::create_dir_all(desk.path(".cache/presslate/tiny")).unwrap();
    desk.write(".cache/presslate/tiny/model.gguf", [0; 2048]);
    let (status, _, said) = models(&desk, "remove tiny");
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("tiny: 2.00 KiB freed"), "{said}");
    assert!(
        !desk.path(".cache/presslate/tiny").exists()
            && desk.path("weights/tiny/model.gguf").exists()
    );
}

#[test]
fn a_model_that_the_disk_has_no_room_for_is_not_begun() {
    let desk = with_tiny_model(None);
    let toml = std::fs::read_to_string(desk.path("catalog/tiny.toml")).unwrap();
    let (before, size) = toml.split_once("size = ").unwrap();
    let (_, after) = size.split_once(',').unwrap();
    // 1 EiB: no disk has it.
    let huge = format!("{before}size = {},{after}", 1_u64 << 60).replace("\"tiny\"", "\"huge\"");
    desk.write("catalog/huge.toml", huge);
    let (status, out, said) = models(&desk, "pull huge");
    assert_eq!((status, out.as_str()), (Some(1), ""));
    // What is free differs from machine to machine.
    let (before, rest) = said.split_once(" needed, ").unwrap();
    let (_, rest) = rest.split_once(" free (").unwrap();
    let (needed, rest) = rest.split_once(" and ").unwrap();
    let (_, rest) = rest.split_once(" bytes)").unwrap();
    insta::assert_snapshot!(
        format!("{before} needed, [free] free ({needed} and [free] bytes){rest}"),
        @r"
    folder weights/huge: no model.gguf; passed over
    error: not enough room in ./.cache/presslate/huge: 1048576.0 TiB needed, [free] free (1152921504606846976 and [free] bytes); free some, or put the cache elsewhere with PRESSLATE_CACHE_DIR
    "
    );
    assert!(!desk.path(".cache/presslate/huge/model.gguf.part").exists());
}
