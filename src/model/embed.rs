//! What a sentence means, as a vector: the answer of a model that compares.

use std::sync::Arc;

/// A text's vector, of length one. Two of the same model are alike as far as they point the same way.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// As many numbers as the model has, the sum of their squares being one.
    vector: Arc<[f32]>,
    /// Tokens that were read for it.
    tokens: usize,
}

impl Embedding {
    /// The vector of a text of so many tokens, brought to length one. A vector of nothing but zeros, or
    /// with anything that is no number, stays as it is and is like no other.
    pub fn new(vector: &[f32], tokens: usize) -> Self {
        let length = dot(vector, vector).sqrt();
        let vector = if length > 0.0 && length.is_finite() {
            #[expect(clippy::cast_possible_truncation, reason = "back to what it was")]
            let scaled = |value: &f32| (f64::from(*value) / length) as f32;
            vector.iter().map(scaled).collect()
        } else {
            vector.into()
        };
        Self { vector, tokens }
    }

    /// The vector.
    pub fn vector(&self) -> &[f32] {
        &self.vector
    }

    /// Tokens that were read for it.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// How alike two texts are: the cosine of the angle between their vectors, from -1 to 1; 0 where
    /// they are of different models or not of numbers.
    pub fn likeness(&self, other: &Self) -> f32 {
        if self.vector.len() != other.vector.len() {
            return 0.0;
        }
        let cosine = dot(&self.vector, &other.vector);
        #[expect(clippy::cast_possible_truncation, reason = "between -1 and 1")]
        let cosine = cosine.clamp(-1.0, 1.0) as f32;
        if cosine.is_finite() { cosine } else { 0.0 }
    }
}

fn dot(left: &[f32], right: &[f32]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_is_the_cosine_whatever_the_lengths() {
        let of = |vector: &[f32]| Embedding::new(vector, 1);
        let close = |a: f32, b: f32| (a - b).abs() < 1e-6;
        assert!(close(of(&[3.0, 4.0]).likeness(&of(&[30.0, 40.0])), 1.0));
        assert!(close(of(&[1.0, 0.0]).likeness(&of(&[0.0, 2.0])), 0.0));
        assert!(close(of(&[1.0, 0.0]).likeness(&of(&[-5.0, 0.0])), -1.0));
        assert!(close(of(&[3.0, 4.0]).likeness(&of(&[1.0, 0.0])), 0.6));
        let of_one = of(&[3.0, 4.0]);
        assert!((dot(of_one.vector(), &[0.6, 0.8]) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_cannot_be_compared_is_not_alike() {
        let good = Embedding::new(&[1.0, 0.0], 1);
        for bad in [&[0.0, 0.0][..], &[f32::NAN, 1.0], &[1.0], &[]] {
            let likeness = good.likeness(&Embedding::new(bad, 1));
            assert!(likeness.abs() < f32::EPSILON, "{bad:?}: {likeness}");
        }
    }
}
