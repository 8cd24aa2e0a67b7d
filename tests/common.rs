//! What tests share.

pub(crate) mod broker;
pub(crate) mod runner;
