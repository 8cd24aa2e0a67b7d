//! The forward passes: one submodule for each architecture.

pub mod decoder;
pub mod marian;
pub mod t5;
