//! The part of presslate that reads what strangers send: `job` and `text`, from their own files.
//!
//! Not the crate as a dependency: that would build the models' libraries with the fuzzer's
//! instruments as well, which takes long and finds nothing. It works because the two use nothing
//! else of the crate, which `tests/tidy.rs` keeps so.

#[path = "../../../src"]
mod source {
    pub mod job;
    pub mod text;
}

pub use source::{job, text};
