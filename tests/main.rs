//! The one integration test binary.

mod catalog;
mod common;
mod weights;
