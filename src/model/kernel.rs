//! Arithmetic on plain slices: what the forward passes spend their time on, where candle's own
//! operations are slower than they could be.
//!
//! A leaf: it knows no models, tensors, requests or threads' owners. Every product has a portable
//! form, and forms for the instruction sets in [`isa`]; all forms of a product give the same bits
//! wherever they do the same arithmetic, so that a text does not depend on the machine.

pub mod activations;
pub mod attend;
pub mod half;
pub mod isa;
pub mod kquant;
pub mod memory;
pub mod panels;
pub mod product;
pub mod rows;
mod sixteen;
#[cfg(target_arch = "x86_64")]
mod tiles;
pub mod vector;
