//! The part of presslate that reads what strangers send: `job` and `text`, by links to their own
//! files.
//!
//! Not the crate as a dependency: that would build the models' libraries with the fuzzer's
//! instruments as well, which takes long and finds nothing. It works because the two use nothing
//! else of the crate, which `tests/tidy.rs` keeps so. Links, because `#[path]` would have their
//! submodules looked for in the wrong folder.

pub mod job;
pub mod text;
