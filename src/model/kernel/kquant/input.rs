//! Activations, rounded to 8 bits for products with rounded weights.

#![allow(
    unsafe_code,
    reason = "lines of the cache are seen as the numbers that they are"
)]

use std::ops::BitOr;

use crate::model::kernel::isa::Isa;
use crate::model::kernel::vector;

/// The forms of an input that products need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Need(u8);

impl Need {
    /// 8 bits, with one scale for 256 numbers.
    pub const COARSE: Self = Self(1);
    /// 8 bits, with one scale for 32 numbers.
    pub const FINE: Self = Self(2);
    /// As it is.
    pub const PLAIN: Self = Self(4);

    fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Need {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Numbers that share a scale in the coarse form.
pub(super) const COARSE: usize = 256;
/// Rows of the coarse form that are read at once, at most.
const TILE: usize = 32;
/// Numbers that share a scale in the fine form.
pub(super) const FINE: usize = 32;

/// Numbers that begin with a line of the cache, and so do rows of a multiple of as many: tiles are
/// loaded several times as fast from there.
#[derive(Debug, Clone, Default)]
struct Lines(Vec<Line>);

#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "read and written as part of all lines")] [i8; 64]);

impl Lines {
    fn resize(&mut self, numbers: usize) {
        let lines = numbers.div_ceil(64);
        self.0.truncate(lines);
        self.0.resize(lines, Line([0; 64]));
    }

    fn numbers(&self) -> &[i8] {
        // SAFETY: a line is 64 numbers and nothing else.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), 64 * self.0.len()) }
    }

    fn numbers_mut(&mut self) -> &mut [i8] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), 64 * self.0.len()) }
    }
}

/// A form of 8 bits: numbers and their scales.
#[derive(Debug, Clone, Default)]
struct Rounded {
    quants: Lines,
    scales: Vec<f32>,
}

/// The rows of activations that a product reads, in the forms that it needs. Reused from one
/// product to the next, so that its memory is.
#[derive(Debug, Clone, Default)]
pub struct Input {
    rows: usize,
    columns: usize,
    has: Need,
    coarse: Rounded,
    /// Of the coarse form: sums of 16 numbers each.
    sums: Vec<i16>,
    /// Of the coarse form: sums of 32 numbers each.
    wide_sums: Vec<i16>,
    fine: Rounded,
    plain: Vec<f32>,
}

/// A row with one scale for 256 numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coarse<'a> {
    pub(super) quants: &'a [i8],
    pub(super) scales: &'a [f32],
    /// Of 16 numbers each.
    pub(super) sums: &'a [i16],
    /// Of 32 numbers each.
    pub(super) wide_sums: &'a [i16],
}

/// A row with one scale for 32 numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fine<'a> {
    pub(super) quants: &'a [i8],
    pub(super) scales: &'a [f32],
}

/// Where one row of an input is put.
#[derive(Debug)]
pub struct Slot<'a> {
    coarse: Option<(&'a mut [i8], &'a mut [f32])>,
    sums: Option<(&'a mut [i16], &'a mut [i16])>,
    fine: Option<(&'a mut [i8], &'a mut [f32])>,
    plain: Option<&'a mut [f32]>,
}

impl Slot<'_> {
    /// Rounds a row of activations into its place.
    pub fn fill(&mut self, isa: Isa, x: &[f32]) {
        if let Some((quants, scales)) = &mut self.coarse {
            round(isa, x, COARSE, quants, scales);
            if let Some((sums, wide_sums)) = &mut self.sums {
                vector::sum_by_sixteen(isa, quants, sums);
                for (wide, pair) in wide_sums.iter_mut().zip(sums.chunks_exact(2)) {
                    *wide = pair.iter().sum();
                }
            }
        }
        if let Some((quants, scales)) = &mut self.fine {
            round(isa, x, FINE, quants, scales);
        }
        if let Some(plain) = &mut self.plain {
            plain.copy_from_slice(x);
        }
    }
}

fn round(isa: Isa, x: &[f32], block: usize, quants: &mut [i8], scales: &mut [f32]) {
    let blocks = x.chunks_exact(block).zip(quants.chunks_exact_mut(block));
    for ((x, quants), scale) in blocks.zip(scales) {
        *scale = vector::round(isa, x, quants);
    }
}

impl Input {
    /// Makes room for `rows` rows of `columns` numbers in the forms that are needed, and gives
    /// each row's place. The coarse form takes multiples of 256, the fine one of 32.
    pub fn slots(&mut self, rows: usize, columns: usize, need: Need) -> Vec<Slot<'_>> {
        self.rows = rows;
        self.columns = columns;
        self.has = need;
        let wants = |form: Need| if need.includes(form) { rows } else { 0 };
        let (coarse, fine, plain) = (wants(Need::COARSE), wants(Need::FINE), wants(Need::PLAIN));
        // Tiles read whole, whatever is in the rows that are not there.
        self.coarse
            .quants
            .resize(coarse.next_multiple_of(TILE) * columns);
        resize(&mut self.coarse.scales, coarse * (columns / COARSE));
        resize(&mut self.sums, coarse * (columns / 16));
        resize(&mut self.wide_sums, coarse * (columns / 32));
        self.fine.quants.resize(fine * columns);
        resize(&mut self.fine.scales, fine * (columns / FINE));
        resize(&mut self.plain, plain * columns);
        let mut coarse = self
            .coarse
            .quants
            .numbers_mut()
            .chunks_exact_mut(columns.max(1))
            .zip(
                self.coarse
                    .scales
                    .chunks_exact_mut((columns / COARSE).max(1)),
            );
        let mut sums = self
            .sums
            .chunks_exact_mut((columns / 16).max(1))
            .zip(self.wide_sums.chunks_exact_mut((columns / 32).max(1)));
        let mut fine = self
            .fine
            .quants
            .numbers_mut()
            .chunks_exact_mut(columns.max(1))
            .zip(self.fine.scales.chunks_exact_mut((columns / FINE).max(1)));
        let mut plain = self.plain.chunks_exact_mut(columns.max(1));
        (0..rows)
            .map(|_| Slot {
                coarse: coarse.next(),
                sums: sums.next(),
                fine: fine.next(),
                plain: plain.next(),
            })
            .collect()
    }

    /// Takes `x`, which holds rows of `columns` numbers, in the forms that are needed.
    pub fn set(&mut self, isa: Isa, x: &[f32], columns: usize, need: Need) {
        let rows = x.chunks_exact(columns.max(1));
        for (mut slot, x) in self.slots(rows.len(), columns, need).into_iter().zip(rows) {
            slot.fill(isa, x);
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many numbers a row has.
    pub fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn has(&self, need: Need) -> bool {
        self.has.includes(need)
    }

    /// A row in the coarse form.
    pub(super) fn coarse(&self, row: usize) -> Coarse<'_> {
        Coarse {
            quants: part(self.coarse.quants.numbers(), row, self.columns),
            scales: part(&self.coarse.scales, row, self.columns / COARSE),
            sums: part(&self.sums, row, self.columns / 16),
            wide_sums: part(&self.wide_sums, row, self.columns / 32),
        }
    }

    /// A row in the fine form.
    pub(super) fn fine(&self, row: usize) -> Fine<'_> {
        Fine {
            quants: part(self.fine.quants.numbers(), row, self.columns),
            scales: part(&self.fine.scales, row, self.columns / FINE),
        }
    }

    /// A row as it is.
    pub(super) fn plain(&self, row: usize) -> &[f32] {
        part(&self.plain, row, self.columns)
    }
}

fn resize<T: Default + Clone>(values: &mut Vec<T>, len: usize) {
    values.truncate(len);
    values.resize(len, T::default());
}

fn part<T>(values: &[T], row: usize, width: usize) -> &[T] {
    values
        .get(row * width..(row + 1) * width)
        .unwrap_or_default()
}
