//! What translators compute on rows: norms, probabilities and activations. Written once
//! and compiled for each instruction set, like [`vector`](super::vector).

#![allow(
    unsafe_code,
    reason = "code for instructions that the processor was asked about has to be called so"
)]
#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for its caller's instruction set"
)]

use super::isa::Isa;
use super::vector::{exp, for_each_isa, greatest, greatest_of, sum_like};

for_each_isa! {
    /// Makes each row of `rows` the layer norm of itself plus the same row of `other`: mean 0 and
    /// variance 1, times `weight`, plus `bias` (each as long as a row).
    pub fn add_and_norm(rows: &mut [f32], other: &[f32], weight: &[f32], bias: &[f32], eps: f32) {
        let width = weight.len().max(1);
        for (row, other) in rows.chunks_exact_mut(width).zip(other.chunks_exact(width)) {
            for (value, other) in row.iter_mut().zip(other) {
                *value += other;
            }
            #[expect(clippy::cast_precision_loss, reason = "a row is short")]
            let share = 1.0 / width as f32;
            let mean = sum_of(row, |value| value) * share;
            let variance = sum_of(row, |value| (value - mean) * (value - mean)) * share;
            let factor = 1.0 / (variance + eps).sqrt();
            for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
                *value = ((*value - mean) * factor).mul_add(*weight, *bias);
            }
        }
    }

    /// `log(sum(exp(values)))`.
    pub fn log_sum_exp(values: &[f32]) -> f32 {
        let largest = greatest_of(values);
        if !largest.is_finite() {
            return largest;
        }
        largest + sum_of(values, |value| exp(value - largest)).ln()
    }

    /// `x · sigmoid(x)` of each value.
    pub fn silu(values: &mut [f32]) {
        for value in values {
            *value /= 1.0 + exp(-*value);
        }
    }

    /// `x · Φ(x)` of each value, Φ the normal distribution's, to seven digits (Abramowitz and
    /// Stegun 7.1.26).
    pub fn gelu(values: &mut [f32]) {
        for value in values {
            let x = value.abs() * std::f32::consts::FRAC_1_SQRT_2;
            let t = 1.0 / x.mul_add(0.327_591_1, 1.0);
            let poly = t.mul_add(1.061_405_4, -1.453_152_1);
            let poly = poly.mul_add(t, 1.421_413_8).mul_add(t, -0.284_496_72);
            let poly = poly.mul_add(t, 0.254_829_6) * t;
            let tail = 0.5 * poly * exp(-x * x);
            *value *= if *value < 0.0 { tail } else { 1.0 - tail };
        }
    }

    /// The larger of each value and 0.
    pub fn relu(values: &mut [f32]) {
        for value in values {
            *value = value.max(0.0);
        }
    }
}

/// The first of the largest values, and where it is; `None` where nothing is above -inf.
pub fn argmax(isa: Isa, values: &[f32]) -> Option<(usize, f32)> {
    // The place is looked for only in the stretch that has the largest value.
    const STRETCH: usize = 512;
    let mut best = (0, f32::NEG_INFINITY);
    for (at, stretch) in values.chunks(STRETCH).enumerate() {
        let largest = greatest(isa, stretch);
        if largest > best.1 {
            best = (at * STRETCH, largest);
        }
    }
    let (start, largest) = best;
    #[expect(clippy::float_cmp, reason = "it is one of them")]
    let inside = values
        .get(start..)?
        .iter()
        .position(|value| *value == largest)?;
    (largest > f32::NEG_INFINITY).then_some((start + inside, largest))
}

#[inline(always)]
pub(super) fn sum_of(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    sum_like(values, 0.0, |sum, value| sum + of(value), |a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize) -> Vec<f32> {
        let value = |i: u16| (f32::from(i) * 0.7).sin() * 3.0;
        (0u16..).map(value).take(count).collect()
    }

    #[test]
    fn activations_are_those_of_their_definitions() {
        let values: Vec<f32> = (-80i16..80).map(|i| f32::from(i) / 10.0).collect();
        let (mut silu_of, mut gelu_of, mut relu_of) =
            (values.clone(), values.clone(), values.clone());
        silu(Isa::best(), &mut silu_of);
        gelu(Isa::best(), &mut gelu_of);
        relu(Isa::best(), &mut relu_of);
        let theirs = candle_core::Tensor::new(&*values, &candle_core::Device::Cpu).unwrap();
        let exact = theirs.gelu_erf().unwrap().to_vec1::<f32>().unwrap();
        for (at, x) in values.iter().enumerate() {
            assert!(
                (silu_of[at] - x / (1.0 + (-x).exp())).abs() < 2e-6,
                "silu({x})"
            );
            assert!((gelu_of[at] - exact[at]).abs() < 2e-6, "gelu({x})");
            assert!((relu_of[at] - x.max(0.0)).abs() < f32::EPSILON, "relu({x})");
        }
    }

    #[test]
    fn the_largest_is_found_where_it_comes_first() {
        assert_eq!(argmax(Isa::best(), &[0.0, 2.0, 2.0]), Some((1, 2.0)));
        assert_eq!(argmax(Isa::best(), &[f32::NEG_INFINITY, f32::NAN]), None);
        assert_eq!(argmax(Isa::best(), &[]), None);
        let mut long = wave(2000);
        long[1500] = 9.0;
        long[1501] = 9.0;
        assert_eq!(argmax(Isa::best(), &long), Some((1500, 9.0)));
    }

    #[test]
    fn the_log_of_the_sum_is_that_of_the_definition() {
        let row = [1.0f32, -3.0, 0.5, -60.0];
        let exact = row.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
        assert!((f64::from(log_sum_exp(Isa::best(), &row)) - exact).abs() < 1e-6);
        let nothing = log_sum_exp(Isa::best(), &[f32::NEG_INFINITY]);
        assert!(nothing.is_infinite() && nothing < 0.0);
    }

    #[test]
    fn a_norm_has_mean_zero_and_variance_one() {
        let mut rows = wave(48);
        let (weight, bias) = (vec![2.0; 24], vec![1.0; 24]);
        add_and_norm(Isa::best(), &mut rows, &wave(48), &weight, &bias, 1e-5);
        for row in rows.chunks(24) {
            let mean = row.iter().sum::<f32>() / 24.0;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 24.0;
            assert!((mean - 1.0).abs() < 1e-5 && (variance - 4.0).abs() < 1e-3);
        }
    }
}
