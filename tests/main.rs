//! The one integration test binary.

mod common;
mod pipeline;
