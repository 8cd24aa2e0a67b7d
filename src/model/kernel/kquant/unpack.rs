//! Eight rows of weights at a time, turned so that a vector holds four neighbouring numbers of
//! each: then the lanes of a sum are outputs, and a scale for every output is one vector.

#![allow(
    unsafe_code,
    reason = "vector loads take pointers; `avx2::product` checks the lengths"
)]
#![allow(
    clippy::indexing_slicing,
    reason = "constant places in arrays, in loops that are unrolled"
)]

use std::arch::x86_64::{
    __m256, __m256i, _mm_loadu_si128, _mm_set_epi16, _mm256_abs_epi8, _mm256_and_si256,
    _mm256_blend_epi16, _mm256_castsi128_si256, _mm256_castsi256_si128, _mm256_cvtph_ps,
    _mm256_extracti128_si256, _mm256_inserti128_si256, _mm256_or_si256, _mm256_packus_epi32,
    _mm256_permute4x64_epi64, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setr_epi8,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16,
    _mm256_slli_epi32, _mm256_srai_epi16, _mm256_srli_epi16, _mm256_srli_epi32,
    _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
};

/// Eight rows, each at the block that is worked on.
pub(super) type Rows = [*const u8; 8];

/// The 16 bytes at `offset` of each row, turned: vector `i` has bytes `4 i` to `4 i + 3` of every
/// row.
///
/// # Safety
/// Each row has that many bytes, and the processor has the instructions.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn turn(rows: &Rows, offset: usize) -> [__m256i; 4] {
    let [r0, r1, r2, r3, r4, r5, r6, r7] = *rows;
    let pair = |low: *const u8, high: *const u8| {
        // SAFETY: as the caller promises.
        unsafe {
            let low = _mm_loadu_si128(low.add(offset).cast());
            let high = _mm_loadu_si128(high.add(offset).cast());
            _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high)
        }
    };
    let (p0, p1, p2, p3) = (pair(r0, r4), pair(r1, r5), pair(r2, r6), pair(r3, r7));
    let (a, b) = (_mm256_unpacklo_epi32(p0, p1), _mm256_unpackhi_epi32(p0, p1));
    let (c, d) = (_mm256_unpacklo_epi32(p2, p3), _mm256_unpackhi_epi32(p2, p3));
    [
        _mm256_unpacklo_epi64(a, c),
        _mm256_unpackhi_epi64(a, c),
        _mm256_unpacklo_epi64(b, d),
        _mm256_unpackhi_epi64(b, d),
    ]
}

/// A half-precision number of each row, which lies at `offset`.
///
/// # Safety
/// As for [`turn`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn halves(rows: &Rows, offset: usize) -> __m256 {
    let at = |row: *const u8| {
        // SAFETY: as the caller promises.
        unsafe { row.add(offset).cast::<i16>().read_unaligned() }
    };
    let [r0, r1, r2, r3, r4, r5, r6, r7] = *rows;
    _mm256_cvtph_ps(_mm_set_epi16(
        at(r7),
        at(r6),
        at(r5),
        at(r4),
        at(r3),
        at(r2),
        at(r1),
        at(r0),
    ))
}

/// Pairs of one byte of each lane of four, widened to 16 bits without sign.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn spread(first: i8, second: i8) -> __m256i {
    let z = -1;
    let at = |lane: i8, byte: i8| 4 * lane + byte;
    _mm256_setr_epi8(
        at(0, first),
        z,
        at(0, second),
        z,
        at(1, first),
        z,
        at(1, second),
        z,
        at(2, first),
        z,
        at(2, second),
        z,
        at(3, first),
        z,
        at(3, second),
        z,
        at(0, first),
        z,
        at(0, second),
        z,
        at(1, first),
        z,
        at(1, second),
        z,
        at(2, first),
        z,
        at(2, second),
        z,
        at(3, first),
        z,
        at(3, second),
        z,
    )
}

/// What stands before the numbers of a `Q4K` block, for eight rows.
pub(super) struct HeadQ4K {
    /// For each 32 numbers: every row's factor, twice.
    pub(super) factors: [__m256i; 8],
    /// For each 64 numbers: every row's two offsets.
    pub(super) offsets: [__m256i; 4],
    pub(super) scale: __m256,
    pub(super) offset_scale: __m256,
}

/// Reads the beginning of eight `Q4K` blocks.
///
/// # Safety
/// Each row has 144 bytes, and the processor has the instructions.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn head_q4k(rows: &Rows) -> HeadQ4K {
    // SAFETY: as the caller promises.
    let [mains, a, b, c] = unsafe { turn(rows, 0) };
    let low = _mm256_and_si256(mains, _mm256_set1_epi32(0xffff));
    let packed = _mm256_packus_epi32(low, _mm256_srli_epi32::<16>(mains));
    let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(packed);
    let six = _mm256_set1_epi8(63);
    let four = _mm256_set1_epi8(15);
    let two = _mm256_set1_epi8(0x30);
    let factors = [
        _mm256_and_si256(a, six),
        _mm256_or_si256(
            _mm256_and_si256(c, four),
            _mm256_and_si256(_mm256_srli_epi32::<2>(a), two),
        ),
    ];
    let offsets = [
        _mm256_and_si256(b, six),
        _mm256_or_si256(
            _mm256_and_si256(_mm256_srli_epi32::<4>(c), four),
            _mm256_and_si256(_mm256_srli_epi32::<2>(b), two),
        ),
    ];
    let [f0, f1] = factors;
    let [o0, o1] = offsets;
    let twice = [spread(0, 0), spread(1, 1), spread(2, 2), spread(3, 3)];
    let pairs = [spread(0, 1), spread(2, 3)];
    HeadQ4K {
        factors: [
            _mm256_shuffle_epi8(f0, twice[0]),
            _mm256_shuffle_epi8(f0, twice[1]),
            _mm256_shuffle_epi8(f0, twice[2]),
            _mm256_shuffle_epi8(f0, twice[3]),
            _mm256_shuffle_epi8(f1, twice[0]),
            _mm256_shuffle_epi8(f1, twice[1]),
            _mm256_shuffle_epi8(f1, twice[2]),
            _mm256_shuffle_epi8(f1, twice[3]),
        ],
        offsets: [
            _mm256_shuffle_epi8(o0, pairs[0]),
            _mm256_shuffle_epi8(o0, pairs[1]),
            _mm256_shuffle_epi8(o1, pairs[0]),
            _mm256_shuffle_epi8(o1, pairs[1]),
        ],
        scale: _mm256_cvtph_ps(_mm256_castsi256_si128(packed)),
        offset_scale: _mm256_cvtph_ps(_mm256_extracti128_si256::<1>(packed)),
    }
}

/// The halves of bytes, turned: numbers of 4 bits.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn nibbles(bytes: __m256i) -> (__m256i, __m256i) {
    let mask = _mm256_set1_epi8(15);
    (
        _mm256_and_si256(bytes, mask),
        _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), mask),
    )
}

/// What stands after the numbers of a `Q6K` block, for eight rows.
pub(super) struct TailQ6K {
    /// For each 16 numbers: every row's factor, twice.
    pub(super) factors: [__m256i; 16],
    /// For each 32 numbers: every row's two factors.
    pub(super) pairs: [__m256i; 8],
    pub(super) scale: __m256,
}

/// Reads the end of eight `Q6K` blocks.
///
/// # Safety
/// Each row has 210 bytes, and the processor has the instructions.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn tail_q6k(rows: &Rows) -> TailQ6K {
    // SAFETY: as the caller promises.
    let (bytes, scale) = unsafe { (turn(rows, 192), halves(rows, 208)) };
    let mut factors = [_mm256_setzero_si256(); 16];
    let mut pairs = [_mm256_setzero_si256(); 8];
    let places = factors.chunks_exact_mut(4).zip(pairs.chunks_exact_mut(2));
    for (bytes, (factors, pairs)) in bytes.into_iter().zip(places) {
        // Bytes 0 and 2 of each lane, and 1 and 3, widened with their sign.
        let even = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(bytes));
        let odd = _mm256_srai_epi16::<8>(bytes);
        let even_low = _mm256_srli_epi32::<16>(even);
        let odd_high = _mm256_slli_epi32::<16>(odd);
        let odd_low = _mm256_srli_epi32::<16>(odd);
        let even_high = _mm256_slli_epi32::<16>(even);
        if let ([f0, f1, f2, f3], [p0, p1]) = (factors, pairs) {
            *f0 = _mm256_blend_epi16::<0b1010_1010>(even, even_high);
            *f1 = _mm256_blend_epi16::<0b1010_1010>(odd, odd_high);
            *f2 = _mm256_blend_epi16::<0b1010_1010>(even_low, even);
            *f3 = _mm256_blend_epi16::<0b1010_1010>(odd_low, odd);
            *p0 = _mm256_blend_epi16::<0b1010_1010>(even, odd_high);
            *p1 = _mm256_blend_epi16::<0b1010_1010>(even_low, odd);
        }
    }
    TailQ6K {
        factors,
        pairs,
        scale,
    }
}

/// 64 numbers of a `Q6K` block, from 0 to 63, for eight rows: four times 16, with 4 of every row in
/// a vector. They are those from `128 * half + 16 * part`, and those 32, 64 and 96 further on.
///
/// # Safety
/// As for [`tail_q6k`].
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn quants_q6k(rows: &Rows, half: usize, part: usize) -> [[__m256i; 4]; 4] {
    let two = _mm256_set1_epi8(0x30);
    // SAFETY: as the caller promises.
    let (a, b, high) = unsafe {
        (
            turn(rows, 64 * half + 16 * part),
            turn(rows, 64 * half + 32 + 16 * part),
            turn(rows, 128 + 32 * half + 16 * part),
        )
    };
    let mut quants = [[_mm256_setzero_si256(); 4]; 4];
    let [first, second, third, fourth] = &mut quants;
    for i in 0..4 {
        let ((a_low, a_high), (b_low, b_high)) = (nibbles(a[i]), nibbles(b[i]));
        let high = high[i];
        let bits = [
            _mm256_slli_epi16::<4>(high),
            _mm256_slli_epi16::<2>(high),
            high,
            _mm256_srli_epi16::<2>(high),
        ];
        first[i] = _mm256_or_si256(a_low, _mm256_and_si256(bits[0], two));
        second[i] = _mm256_or_si256(b_low, _mm256_and_si256(bits[1], two));
        third[i] = _mm256_or_si256(a_high, _mm256_and_si256(bits[2], two));
        fourth[i] = _mm256_or_si256(b_high, _mm256_and_si256(bits[3], two));
    }
    quants
}

/// A `Q8` block of eight rows.
pub(super) struct BlockQ8 {
    pub(super) quants: [__m256i; 8],
    pub(super) magnitudes: [__m256i; 8],
    pub(super) scale: __m256,
}

impl BlockQ8 {
    /// A block of zeroes.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) fn new() -> Self {
        Self {
            quants: [_mm256_setzero_si256(); 8],
            magnitudes: [_mm256_setzero_si256(); 8],
            scale: _mm256_setzero_ps(),
        }
    }

    /// Reads eight `Q8` blocks.
    ///
    /// # Safety
    /// Each row has 34 bytes, and the processor has the instructions.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) unsafe fn read(&mut self, rows: &Rows) {
        // SAFETY: as the caller promises.
        let (first, second, scale) = unsafe { (turn(rows, 2), turn(rows, 18), halves(rows, 0)) };
        for i in 0..4 {
            self.quants[i] = first[i];
            self.quants[4 + i] = second[i];
            self.magnitudes[i] = _mm256_abs_epi8(first[i]);
            self.magnitudes[4 + i] = _mm256_abs_epi8(second[i]);
        }
        self.scale = scale;
    }
}
