//! How a text's next token is to be chosen, and what was chosen where the logits are.

use super::{Draw, Shape};

/// How the next token of a text, or of one of its hypotheses, is to be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// What is done to its logits first.
    pub shape: Shape<'a>,
    /// What is wanted of them then.
    pub wish: Wish,
}

/// What is wanted of a row of logits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wish {
    /// The likeliest token.
    Likeliest,
    /// A random one.
    Drawn(Draw),
    /// So many of the likeliest, to choose from among those of several hypotheses.
    Best(usize),
}

/// A token that a text may go on with, and the logarithm of its probability.
pub type Continuation = (u32, f32);

/// What came of a [`Choice`].
#[derive(Debug, Clone, PartialEq)]
pub enum Chosen {
    /// The likeliest token.
    Token(u32),
    /// The likeliest tokens, the likeliest first; for [`Wish::Drawn`] at its temperature, and enough
    /// of them to draw from.
    Best(Vec<Continuation>),
    /// All logits, as they were: the likeliest were not enough to draw from.
    Logits(Vec<f32>),
}
