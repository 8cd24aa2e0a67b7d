//! The one integration test binary.

mod common;
mod marian;
mod t5;
