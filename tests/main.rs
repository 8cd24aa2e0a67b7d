//! The one integration test binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail loudly, too; clippy excuses only test functions"
)]

mod common;

mod broker;
mod shutdown;
mod worker;
