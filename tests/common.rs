//! What tests share.

pub mod broker;
pub mod runner;
