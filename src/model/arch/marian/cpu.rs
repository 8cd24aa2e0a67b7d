//! Marian on the CPU, on plain slices: no padding, no copies of what a hypothesis has seen, and
//! weights and activations as small integers (`kernel`).
//!
//! The rows of all sentences are computed together wherever they meet only weights; attention
//! goes sentence by sentence, so that sentences of any length, at any point of their text, share
//! a batch without costing each other anything.

mod decoding;
mod head;
mod layer;
mod net;
mod shortlist;

pub(super) use net::Network;
pub(super) use shortlist::Table;
