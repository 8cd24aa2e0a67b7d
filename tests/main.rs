//! The one integration test binary.

mod common;

mod broker;
mod worker;
