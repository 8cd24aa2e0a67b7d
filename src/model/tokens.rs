//! Text to tokens and back, for each way that models keep their tokenizer.

pub mod marian;
pub mod spm;
