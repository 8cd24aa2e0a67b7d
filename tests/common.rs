//! Helpers of the integration tests.

pub(crate) mod tiny_marian;
