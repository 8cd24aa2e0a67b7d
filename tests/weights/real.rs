//! The starter model from where it really is: a gigabyte, so only on request.

use std::path::PathBuf;
use std::time::Instant;

use super::*;
use presslate::model::catalog::Catalog;

#[test]
fn the_starter_comes_from_where_the_catalogue_says() {
    let Some(cache) = std::env::var_os("TEST_REAL_PULL").map(PathBuf::from) else {
        crate::common::skip::skip(
            "set TEST_REAL_PULL=<cache folder> to pull the starter model (1.1 GB) from the network",
        );
        return;
    };
    let entry = Arc::clone(
        Catalog::builtin()
            .unwrap()
            .get("qwen2.5-coder-1.5b-instruct-q4_k_m")
            .unwrap(),
    );
    let started = Instant::now();
    let pieces = Mutex::new(0);
    let told = Call(|event| {
        if let PullEvent::Bytes { done, .. } = event {
            let piece = done / (50 << 20);
            if std::mem::replace(&mut *pieces.lock().unwrap(), piece) == piece {
                return;
            }
        }
        eprintln!("{:6.1} s  {event:?}", started.elapsed().as_secs_f32());
    });
    let store = Store::new(cache);
    let installed = store.pull(&entry, &told, &go()).unwrap();
    assert_eq!(installed.file(Role::Weights).unwrap().size, 1_117_320_768);
    eprintln!("{:6.1} s  done", started.elapsed().as_secs_f32());
}
