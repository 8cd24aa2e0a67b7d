//! Helpers of the integration tests.

pub(crate) mod tiny_marian;
pub(crate) mod tiny_t5;
