//! Helpers that several test modules share.

pub(crate) mod broker;
pub(crate) mod certificates;
pub(crate) mod fake_model;
pub(crate) mod hub;
pub(crate) mod node;
pub(crate) mod npm;
pub(crate) mod ports;
pub(crate) mod python;
pub(crate) mod runner;
pub(crate) mod running;
pub(crate) mod skip;
pub(crate) mod special_tokens;
pub(crate) mod stand_in;
pub(crate) mod tiny_bert;
pub(crate) mod tiny_gguf;
pub(crate) mod tiny_marian;
pub(crate) mod tiny_t5;
pub(crate) mod worker;
pub(crate) mod worker_metrics;
