//! The one integration test binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "clippy's own exception for tests ends at the functions that are marked as tests"
)]

mod bert;
mod broker;
mod catalog;
mod cli;
mod common;
mod deploy;
mod gpu;
mod jobs;
mod marian;
mod notices;
mod pipeline;
mod report;
mod shutdown;
mod supply;
mod t5;
mod text;
mod tidy;
mod weights;
mod worker;
