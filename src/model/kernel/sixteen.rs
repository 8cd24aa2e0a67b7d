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

/// How many.
pub(super) const SIXTEEN: usize = 16;

/// Sixteen floats. Every form does the same operations in the same order, so the bits are the same.
///
/// # Safety
/// Methods of a form are called only from functions that are compiled for its instructions, and only where
/// [`Isa::best`](super::isa::Isa::best) has found them.
pub(super) unsafe trait Sixteen: Copy {
    /// These numbers.
    fn load(numbers: &[f32; SIXTEEN]) -> Self;
    /// These numbers, which are in half precision.
    fn widen(bits: &[u16; SIXTEEN]) -> Self;
    /// Itself and `factor` times `by`, rounded once.
    fn add_times(self, factor: f32, by: Self) -> Self;
    /// Puts the numbers there.
    fn store(self, numbers: &mut [f32; SIXTEEN]);
}

/// Whatever the compiler makes of it.
#[derive(Clone, Copy)]
pub(super) struct Plain([f32; SIXTEEN]);

// SAFETY: it needs no instructions of its own.
unsafe impl Sixteen for Plain {
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
    fn store(self, numbers: &mut [f32; SIXTEEN]) {
        *numbers = self.0;
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256, __m512, _mm_loadu_si128, _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
        _mm256_loadu_si256, _mm256_set1_ps, _mm256_storeu_ps, _mm512_cvtph_ps, _mm512_fmadd_ps,
        _mm512_loadu_ps, _mm512_set1_ps, _mm512_storeu_ps,
    };

    use super::{SIXTEEN, Sixteen};

    /// Two vectors of 256 bits: AVX2, FMA and F16C.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m256, __m256);

    // SAFETY: callers have the instructions, as the trait wants it.
    unsafe impl Sixteen for Avx2 {
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
            // SAFETY: nothing is read or written.
            unsafe {
                let factor = _mm256_set1_ps(factor);
                Self(
                    _mm256_fmadd_ps(factor, by.0, self.0),
                    _mm256_fmadd_ps(factor, by.1, self.1),
                )
            }
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

    /// A vector of 512 bits: AVX-512F.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(__m512);

    // SAFETY: callers have the instructions, as the trait wants it.
    unsafe impl Sixteen for Avx512 {
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
            // SAFETY: nothing is read or written.
            unsafe { Self(_mm512_fmadd_ps(_mm512_set1_ps(factor), by.0, self.0)) }
        }

        #[inline(always)]
        fn store(self, numbers: &mut [f32; SIXTEEN]) {
            // SAFETY: sixteen numbers are written.
            unsafe { _mm512_storeu_ps(numbers.as_mut_ptr(), self.0) }
        }
    }
}
