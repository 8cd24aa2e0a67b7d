//! What `presslate licenses` says of crates, compared with what Cargo and the crates' own files say.
//! `PRESSLATE_WRITE_NOTICES=1 cargo test --test it notices` writes it anew.

mod gather;

use std::path::Path;

use crate::common::broker::setting;
use crate::common::skip::skip;
use gather::Gathered;

#[test]
fn the_program_carries_the_notices_of_the_crates_in_cargo_lock() {
    let gathered = match Gathered::from_cargo() {
        Ok(gathered) => gathered,
        Err(why) => {
            assert!(
                setting("CI").is_none(),
                "CI needs every crate of Cargo.lock (`cargo fetch --locked`): {why}"
            );
            skip(&format!(
                "the sources of some crates are not here and cannot be had ({why})"
            ));
            return;
        }
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/licenses");
    for (name, made) in [
        ("crates.tsv", gathered.table()),
        ("notices.txt", gathered.texts()),
    ] {
        let path = folder.join(name);
        if setting("PRESSLATE_WRITE_NOTICES").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        let differs = there.lines().zip(made.lines()).find(|(a, b)| a != b);
        assert!(
            there == made,
            "src/cli/licenses/{name} is not what Cargo.lock asks for (the first line that differs: \
             {differs:?}); look at what has changed, and write it with \
             `PRESSLATE_WRITE_NOTICES=1 cargo test --test it notices`"
        );
    }
}

#[test]
fn the_standard_library_is_that_of_the_pinned_toolchain() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("src/cli/licenses/crates.tsv")).unwrap();
    let version = gather::toolchain();
    assert!(
        table.contains(&format!("\nstd\t{version}\t")),
        "std {version} is not in the list"
    );
}
