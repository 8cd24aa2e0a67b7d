//! Element by element arithmetic on floats, and sums over them.
//!
//! Each function is written once, over groups of eight, and compiled for each instruction set: the
//! operations and their order are the same, so the bits are too.

#![allow(
    unsafe_code,
    reason = "code for instructions that the processor was asked about has to be called so"
)]
#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for its caller's instruction set"
)]

use super::half::to_f32;
use super::isa::Isa;

/// Numbers that are worked on together.
pub(super) const LANES: usize = 8;

type Lanes = [f32; LANES];

/// Makes a function for each instruction set of one that is written once.
macro_rules! for_each_isa {
    ($(
        $(#[$meta:meta])*
        pub fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $ret:ty)? $body:block
    )*) => {$(
        $(#[$meta])*
        pub fn $name(isa: Isa, $($arg: $type),*) $(-> $ret)? {
            #[inline(always)]
            fn plain($($arg: $type),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,f16c")]
            fn avx2($($arg: $type),*) $(-> $ret)? {
                plain($($arg),*)
            }

            match isa.min(Isa::best()) {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 | Isa::Avx512Vnni | Isa::AmxInt8 => {
                    // SAFETY: `Isa::best` has found these instructions.
                    unsafe { avx2($($arg),*) }
                }
                _ => plain($($arg),*),
            }
        }
    )*};
}

pub(super) use for_each_isa;

for_each_isa! {
    /// Rounds `x` to integers of 8 bits, as many, and gives their scale: the greatest magnitude
    /// becomes 127.
    pub fn round(x: &[f32], quants: &mut [i8]) -> f32 {
        let most = sum_like(x, 0.0, |most: f32, x| if x.abs() > most { x.abs() } else { most }, f32::max);
        if most == 0.0 {
            quants.fill(0);
            return 0.0;
        }
        let scale = 127.0 / most;
        for (quant, x) in quants.iter_mut().zip(x) {
            *quant = nearest(x * scale);
        }
        most / 127.0
    }

    /// Sums of 16 integers each.
    pub fn sum_by_sixteen(quants: &[i8], sums: &mut [i16]) {
        for (sum, quants) in sums.iter_mut().zip(quants.as_chunks::<16>().0) {
            *sum = quants.iter().map(|quant| i16::from(*quant)).sum();
        }
    }

    /// `x` divided by its root mean square and multiplied by `weight`, all of one length.
    pub fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
        let squares = sum_like(x, 0.0, |sum, x| x.mul_add(x, sum), |a, b| a + b);
        #[expect(clippy::cast_precision_loss, reason = "a width is far below 2^24")]
        let scale = 1.0 / (squares / x.len() as f32 + eps).sqrt();
        for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
            *out = x * scale * weight;
        }
    }

    /// Adds `y` to `x`.
    pub fn add(x: &mut [f32], y: &[f32]) {
        for (x, y) in x.iter_mut().zip(y) {
            *x += y;
        }
    }

    /// Multiplies `x` by `factor`.
    pub fn scale(x: &mut [f32], factor: f32) {
        for x in x {
            *x *= factor;
        }
    }

    /// `gate` becomes `gate * sigmoid(gate) * up`.
    pub fn silu_times(gate: &mut [f32], up: &[f32]) {
        for (gate, up) in gate.iter_mut().zip(up) {
            *gate = *gate / (1.0 + exp(-*gate)) * up;
        }
    }

    /// `gate` becomes `gelu(gate) * up`, with the form of GELU that is made of a hyperbolic
    /// tangent.
    pub fn gelu_times(gate: &mut [f32], up: &[f32]) {
        for (gate, up) in gate.iter_mut().zip(up) {
            let x = *gate;
            let inner = 0.797_884_6 * (0.044_715 * x * x).mul_add(x, x);
            // (1 + tanh(y)) / 2 is the logistic function of 2y.
            *gate = x / (1.0 + exp(-2.0 * inner)) * up;
        }
    }

    /// Rotates a head in place, whose pairs are its two halves. `cos` and `sin` have half as many
    /// numbers.
    pub fn rotate_halves(head: &mut [f32], cos: &[f32], sin: &[f32]) {
        let (left, right) = head.split_at_mut(head.len() / 2);
        for (((left, right), cos), sin) in left.iter_mut().zip(right).zip(cos).zip(sin) {
            let (a, b) = (*left, *right);
            *left = a * cos - b * sin;
            *right = b * cos + a * sin;
        }
    }

    /// Rotates a head in place, whose pairs are neighbours. `cos` and `sin` have half as many
    /// numbers.
    pub fn rotate_neighbours(head: &mut [f32], cos: &[f32], sin: &[f32]) {
        for ((pair, cos), sin) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
            if let [left, right] = pair {
                let (a, b) = (*left, *right);
                *left = a * cos - b * sin;
                *right = b * cos + a * sin;
            }
        }
    }

    /// The greatest number.
    pub fn greatest(x: &[f32]) -> f32 {
        greatest_of(x)
    }

    /// The product of weights in half precision, as bytes, with `x`.
    pub fn dot_half(weights: &[u8], x: &[f32]) -> f32 {
        let mut sums = [0f32; LANES];
        for (weights, x) in weights.chunks(2 * LANES).zip(x.chunks(LANES)) {
            for ((sum, weight), x) in sums.iter_mut().zip(weights.chunks_exact(2)).zip(x) {
                let bits = weight.try_into().map(u16::from_le_bytes).unwrap_or_default();
                *sum = to_f32(bits).mul_add(*x, *sum);
            }
        }
        fold(sums, |a, b| a + b)
    }

    /// The product of weights in single precision, as bytes, with `x`.
    pub fn dot_bytes(weights: &[u8], x: &[f32]) -> f32 {
        let mut sums = [0f32; LANES];
        for (weights, x) in weights.chunks(4 * LANES).zip(x.chunks(LANES)) {
            for ((sum, weight), x) in sums.iter_mut().zip(weights.chunks_exact(4)).zip(x) {
                let weight = weight.try_into().map(f32::from_le_bytes).unwrap_or_default();
                *sum = weight.mul_add(*x, *sum);
            }
        }
        fold(sums, |a, b| a + b)
    }
}

/// Goes through `x` with eight running values and joins them: always in the same order.
#[inline(always)]
pub(super) fn sum_like(
    x: &[f32],
    start: f32,
    step: impl Fn(f32, f32) -> f32,
    join: impl Fn(f32, f32) -> f32,
) -> f32 {
    let mut lanes = [start; LANES];
    let (groups, rest) = x.as_chunks::<LANES>();
    for group in groups {
        for (lane, x) in lanes.iter_mut().zip(group) {
            *lane = step(*lane, *x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, *x);
    }
    fold(lanes, join)
}

/// Puts as many of the numbers there as there is place for.
#[inline(always)]
pub(super) fn put<const N: usize>(numbers: &[f32; N], to: &mut [f32]) {
    match to.first_chunk_mut() {
        // Of known size, it is stores and not a call.
        Some(to) => *to = *numbers,
        None => {
            for (to, number) in to.iter_mut().zip(numbers) {
                *to = *number;
            }
        }
    }
}

#[inline(always)]
pub(super) fn greatest_of(x: &[f32]) -> f32 {
    // Comparing, not `f32::max`: one instruction, and NaN loses.
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    sum_like(x, f32::NEG_INFINITY, greater, greater)
}

#[inline(always)]
pub(super) fn fold(lanes: Lanes, join: impl Fn(f32, f32) -> f32) -> f32 {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = lanes;
    join(
        join(join(first, fifth), join(third, seventh)),
        join(join(second, sixth), join(fourth, eighth)),
    )
}

/// The nearest integer, of two as near the even one, for magnitudes up to 127.
#[inline(always)]
fn nearest(x: f32) -> i8 {
    // In a float of this size the last bit is worth one: adding it rounds.
    const MAGIC: f32 = 12_582_912.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low byte is the integer"
    )]
    let integer = (x + MAGIC).to_bits() as i8;
    integer
}

/// e to the power of `x`, to within a few units in the last place; 0 below -87 and the greatest
/// it knows above 88.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0;
    let clamped = if x > 88.0 { 88.0 } else { x };
    let clamped = if clamped > -88.0 { clamped } else { -88.0 };
    let shifted = clamped.mul_add(std::f32::consts::LOG2_E, MAGIC);
    let power = shifted - MAGIC;
    // The logarithm of 2 in two parts, so that their product with a small integer is exact.
    let rest = power.mul_add(-0.693_359_4, clamped);
    let rest = power.mul_add(2.121_944_4e-4, rest);
    let poly = 1.987_569_1e-4_f32
        .mul_add(rest, 1.398_2e-3)
        .mul_add(rest, 8.333_452e-3)
        .mul_add(rest, 4.166_579_6e-2)
        .mul_add(rest, 1.666_666_5e-1)
        .mul_add(rest, 0.5);
    let value = (poly * rest).mul_add(rest, rest) + 1.0;
    let result = f32::from_bits(value.to_bits().wrapping_add(shifted.to_bits() << 23));
    if x < -87.0 { 0.0 } else { result }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> Vec<f32> {
        (0..1003u16)
            .map(|i| (f32::from(i) * 0.7).sin() * 9.0)
            .collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let (x, y) = (numbers(), vec![1.5f32; 1003]);
        let all = |isa: Isa| {
            let mut bits: Vec<u32> = Vec::new();
            let mut out = vec![0f32; x.len()];
            rms_norm(isa, &x, &y, 1e-6, &mut out);
            bits.extend(out.iter().map(|out| out.to_bits()));
            for function in [silu_times, gelu_times] {
                let mut gate = x.clone();
                function(isa, &mut gate, &y);
                bits.extend(gate.iter().map(|gate| gate.to_bits()));
            }
            let mut quants = vec![0i8; x.len()];
            bits.push(round(isa, &x, &mut quants).to_bits());
            bits.extend(quants.iter().map(|quant| u32::from(quant.cast_unsigned())));
            bits.push(greatest(isa, &x).to_bits());
            bits
        };
        for isa in Isa::all() {
            assert_eq!(all(isa), all(Isa::Portable), "{isa:?}");
        }
    }

    #[test]
    fn the_exponential_is_near_that_of_the_library() {
        for i in -8000..8800i16 {
            let x = f32::from(i) / 100.0;
            let (ours, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!(
                (ours - exact).abs() <= 4e-7 * exact,
                "{x}: {ours} is not {exact}"
            );
        }
        assert!(exp(f32::NEG_INFINITY).abs() < f32::MIN_POSITIVE);
        assert!(exp(1000.0).is_finite());
    }

    #[test]
    fn rounding_takes_the_nearest_of_255_steps() {
        let x = numbers();
        let mut quants = vec![0i8; x.len()];
        let scale = round(Isa::best(), &x, &mut quants);
        for (x, quant) in x.iter().zip(&quants) {
            assert!((f32::from(*quant) * scale - x).abs() <= scale * 0.501);
        }
        let mut quants = [1i8; 8];
        assert!(round(Isa::best(), &[0.0; 8], &mut quants).abs() < f32::MIN_POSITIVE);
        assert_eq!(quants, [0; 8]);
    }

    #[test]
    fn gates_are_what_their_names_say() {
        let x = numbers();
        let ones = vec![1f32; x.len()];
        let (mut silu, mut gelu) = (x.clone(), x.clone());
        silu_times(Isa::best(), &mut silu, &ones);
        gelu_times(Isa::best(), &mut gelu, &ones);
        for ((x, silu), gelu) in x.iter().map(|x| f64::from(*x)).zip(&silu).zip(&gelu) {
            assert!((f64::from(*silu) - x / (1.0 + (-x).exp())).abs() < 1e-5);
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            assert!((f64::from(*gelu) - 0.5 * x * (1.0 + inner.tanh())).abs() < 1e-5);
        }
    }
}
