//! The one integration test binary.

mod broker;
mod cli;
mod common;
mod jobs;
mod marian;
mod pipeline;
mod shutdown;
mod text;
mod tidy;
mod worker;
