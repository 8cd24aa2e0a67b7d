//! The forward passes, one file an architecture.

pub mod decoder;
