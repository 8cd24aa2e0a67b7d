//! Sixteen floats beside each other, in the registers that a processor has for them.
//!
//! Compilers turn loops over arrays into vector instructions, or not: how depends on what else is in
//! the crate. Where most of the time goes is therefore written with the instructions themselves, once,
//! over this trait.

#![allow(
    unsafe_code,
    reason = "vector instructions; references to sixteen numbers are all that they are given"
)]
#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for its caller's instruction set"
)]

use super::half::to_f32;
use super::isa::Isa;
use super::vector::fold;

/// How many.
pub(super) const SIXTEEN: usize = 16;

/// Sixteen floats. Every form does the same operations in the same order, so the bits are the same.
///
/// Forms with instructions of their own have no name outside of this module: whoever is given one, is by
/// [`run`], which has asked the processor.
pub(super) trait Sixteen: Copy {
    /// Whether there are registers for two dozen at a time.
    const MANY: bool;
    /// These numbers.
    fn load(numbers: &[f32; SIXTEEN]) -> Self;
    /// These numbers, which are in half precision.
    fn widen(bits: &[u16; SIXTEEN]) -> Self;
    /// Itself and `factor` times `by`, rounded once.
    fn add_times(self, factor: f32, by: Self) -> Self;
    /// Itself and each of `factors` times the same of `by`, rounded once.
    fn add_products(self, factors: Self, by: Self) -> Self;
    /// All of them together: halves are added up until one is left.
    fn sum(self) -> f32;
    /// Puts the numbers there.
    fn store(self, numbers: &mut [f32; SIXTEEN]);
}

/// Whatever the compiler makes of it.
#[derive(Clone, Copy)]
struct Plain([f32; SIXTEEN]);

impl Sixteen for Plain {
    const MANY: bool = false;

    #[inline(always)]
    fn load(numbers: &[f32; SIXTEEN]) -> Self {
        Self(*numbers)
    }

    #[inline(always)]
    fn widen(bits: &[u16; SIXTEEN]) -> Self {
        Self(bits.map(to_f32))
    }

    #[inline(always)]
    fn add_times(mut self, factor: f32, by: Self) -> Self {
        for (sum, by) in self.0.iter_mut().zip(by.0) {
            *sum = factor.mul_add(by, *sum);
        }
        self
    }

    #[inline(always)]
    fn add_products(mut self, factors: Self, by: Self) -> Self {
        for (sum, (factor, by)) in self.0.iter_mut().zip(factors.0.iter().zip(by.0)) {
            *sum = factor.mul_add(by, *sum);
        }
        self
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        across(self.0, |a, b| a + b)
    }

    #[inline(always)]
    fn store(self, numbers: &mut [f32; SIXTEEN]) {
        *numbers = self.0;
    }
}

/// All of sixteen numbers in one, as [`Sixteen::sum`] has them: the first half with the second, and so
/// on.
#[inline(always)]
pub(super) fn across(numbers: [f32; SIXTEEN], join: impl Fn(f32, f32) -> f32) -> f32 {
    let (halves, _) = numbers.as_chunks::<{ SIXTEEN / 2 }>();
    let mut both = [0f32; SIXTEEN / 2];
    if let [low, high] = halves {
        for (both, (low, high)) in both.iter_mut().zip(low.iter().zip(high)) {
            *both = join(*low, *high);
        }
    }
    fold(both, join)
}

/// Something to do with vectors of any form.
pub(super) trait Work {
    /// Does it. Inlined always, so that it is compiled for the instructions of `V`.
    fn with<V: Sixteen>(self);
}

/// Does some work with the widest vectors that `isa` and the processor have.
pub(super) fn run(isa: Isa, work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn avx2(work: impl Work) {
        work.with::<Avx2>();
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
    fn avx512(work: impl Work) {
        work.with::<Avx512>();
    }

    match isa.min(Isa::best()) {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni | Isa::AmxInt8 => {
            // SAFETY: `Isa::best` has found these instructions.
            unsafe { avx512(work) }
        }
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => {
            // SAFETY: as above.
            unsafe { avx2(work) }
        }
        _ => work.with::<Plain>(),
    }
}

#[cfg(target_arch = "x86_64")]
use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256, __m512, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_loadu_si128, _mm_movehdup_ps,
        _mm_movehl_ps, _mm256_add_ps, _mm256_castps256_ps128, _mm256_cvtph_ps,
        _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256,
        _mm256_set1_ps, _mm256_storeu_ps, _mm512_castps512_ps256, _mm512_cvtph_ps,
        _mm512_extractf32x8_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_storeu_ps,
    };

    use super::{SIXTEEN, Sixteen};

    /// Two vectors of 256 bits: AVX2, FMA and F16C.
    #[derive(Clone, Copy)]
    pub(super) struct Avx2(__m256, __m256);

    impl Sixteen for Avx2 {
        const MANY: bool = false;

        #[inline(always)]
        fn load(numbers: &[f32; SIXTEEN]) -> Self {
            let from = numbers.as_ptr();
            // SAFETY: sixteen numbers are read.
            unsafe { Self(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
        }

        #[inline(always)]
        fn widen(bits: &[u16; SIXTEEN]) -> Self {
            let from = bits.as_ptr();
            // SAFETY: sixteen numbers are read.
            unsafe {
                Self(
                    _mm256_cvtph_ps(_mm_loadu_si128(from.cast())),
                    _mm256_cvtph_ps(_mm_loadu_si128(from.add(8).cast())),
                )
            }
        }

        #[inline(always)]
        fn add_times(self, factor: f32, by: Self) -> Self {
            // SAFETY: nothing is read or written, and the processor was asked.
            unsafe {
                let factor = _mm256_set1_ps(factor);
                Self(
                    _mm256_fmadd_ps(factor, by.0, self.0),
                    _mm256_fmadd_ps(factor, by.1, self.1),
                )
            }
        }

        #[inline(always)]
        fn add_products(self, factors: Self, by: Self) -> Self {
            // SAFETY: nothing is read or written, and the processor was asked.
            unsafe {
                Self(
                    _mm256_fmadd_ps(factors.0, by.0, self.0),
                    _mm256_fmadd_ps(factors.1, by.1, self.1),
                )
            }
        }

        #[inline(always)]
        fn sum(self) -> f32 {
            // SAFETY: nothing is read or written, and the processor was asked.
            unsafe { eight(_mm256_add_ps(self.0, self.1)) }
        }

        #[inline(always)]
        fn store(self, numbers: &mut [f32; SIXTEEN]) {
            let to = numbers.as_mut_ptr();
            // SAFETY: sixteen numbers are written.
            unsafe {
                _mm256_storeu_ps(to, self.0);
                _mm256_storeu_ps(to.add(8), self.1);
            }
        }
    }

    /// The sum of eight numbers.
    ///
    /// # Safety
    /// The processor has AVX.
    #[inline(always)]
    unsafe fn eight(numbers: __m256) -> f32 {
        // SAFETY: as the caller promises.
        unsafe {
            let (low, high) = (
                _mm256_castps256_ps128(numbers),
                _mm256_extractf128_ps::<1>(numbers),
            );
            let four = _mm_add_ps(low, high);
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }

    /// A vector of 512 bits: AVX-512F and DQ.
    #[derive(Clone, Copy)]
    pub(super) struct Avx512(__m512);

    impl Sixteen for Avx512 {
        const MANY: bool = true;

        #[inline(always)]
        fn load(numbers: &[f32; SIXTEEN]) -> Self {
            // SAFETY: sixteen numbers are read.
            unsafe { Self(_mm512_loadu_ps(numbers.as_ptr())) }
        }

        #[inline(always)]
        fn widen(bits: &[u16; SIXTEEN]) -> Self {
            // SAFETY: sixteen numbers are read.
            unsafe { Self(_mm512_cvtph_ps(_mm256_loadu_si256(bits.as_ptr().cast()))) }
        }

        #[inline(always)]
        fn add_times(self, factor: f32, by: Self) -> Self {
            // SAFETY: nothing is read or written, and the processor was asked.
            unsafe { Self(_mm512_fmadd_ps(_mm512_set1_ps(factor), by.0, self.0)) }
        }

        #[inline(always)]
        fn add_products(self, factors: Self, by: Self) -> Self {
            // SAFETY: nothing is read or written, and the processor was asked.
            unsafe { Self(_mm512_fmadd_ps(factors.0, by.0, self.0)) }
        }

        #[inline(always)]
        fn sum(self) -> f32 {
            // SAFETY: nothing is read or written, and the processor was asked.
            unsafe {
                let (low, high) = (
                    _mm512_castps512_ps256(self.0),
                    _mm512_extractf32x8_ps::<1>(self.0),
                );
                eight(_mm256_add_ps(low, high))
            }
        }

        #[inline(always)]
        fn store(self, numbers: &mut [f32; SIXTEEN]) {
            // SAFETY: sixteen numbers are written.
            unsafe { _mm512_storeu_ps(numbers.as_mut_ptr(), self.0) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sum<'a>(&'a [f32; SIXTEEN], &'a mut f32);

    impl Work for Sum<'_> {
        #[inline(always)]
        fn with<V: Sixteen>(self) {
            let numbers = V::load(self.0);
            *self.1 = numbers.add_products(numbers, numbers).sum();
        }
    }

    #[test]
    fn every_form_adds_up_in_the_same_order() {
        let numbers: [f32; SIXTEEN] =
            std::array::from_fn(|at| (u8::try_from(at).map(f32::from).unwrap() * 0.7).sin() * 1e3);
        let exact: f64 = numbers
            .map(f64::from)
            .iter()
            .map(|x| x.mul_add(*x, *x))
            .sum();
        let sums: Vec<f32> = Isa::all()
            .into_iter()
            .map(|isa| {
                let mut sum = 0.0;
                run(isa, Sum(&numbers, &mut sum));
                sum
            })
            .collect();
        assert!(
            (f64::from(sums[0]) - exact).abs() < 1e-6 * exact,
            "{sums:?}"
        );
        for sum in &sums {
            assert_eq!(sum.to_bits(), sums[0].to_bits(), "{sums:?}");
        }
    }
}
