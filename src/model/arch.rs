//! The forward passes: one submodule for each architecture.

pub mod marian;
pub mod t5;
