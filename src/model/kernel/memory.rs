//! Attention of translators: one query to keys and values that lie in rows of one slice.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for its caller's instruction set"
)]

use super::isa::Isa;
use super::rows::sum_of;
use super::sixteen::{SIXTEEN, Sixteen, Work, run};
use super::vector::{LANES, exp, greatest_of};

/// Rows of keys and values in one slice.
#[derive(Debug, Clone, Copy)]
pub struct Memory<'a> {
    /// The rows one after the other.
    pub data: &'a [f32],
    /// Length of a row.
    pub stride: usize,
    /// Where the keys of a row begin.
    pub keys: usize,
    /// Where its values begin.
    pub values: usize,
    /// The rows that are looked at.
    pub rows: Rows<'a>,
}

/// Some rows of a [`Memory`], in order.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    /// So many from this one on.
    Range(usize, usize),
    /// These.
    List(&'a [u32]),
}

impl Rows<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Range(_, count) => *count,
            Self::List(rows) => rows.len(),
        }
    }
}

impl Memory<'_> {
    /// So many numbers of a row, the first of them at `from`.
    #[inline(always)]
    fn part(&self, at: usize, from: usize, count: usize) -> &[f32] {
        let row = match self.rows {
            Rows::Range(first, _) => first + at,
            Rows::List(rows) => rows.get(at).map_or(usize::MAX, |row| *row as usize),
        };
        let start = row.saturating_mul(self.stride).saturating_add(from);
        self.data
            .get(start..start.saturating_add(count))
            .unwrap_or_default()
    }
}

/// Attention of one query (heads · size), already scaled, to the keys and values of some rows,
/// written to `into` (heads · size). `scores` is scratch space.
pub fn attend(
    isa: Isa,
    query: &[f32],
    memory: Memory<'_>,
    heads: usize,
    scores: &mut Vec<f32>,
    into: &mut [f32],
) {
    let work = Attention {
        query,
        memory,
        size: query.len() / heads.max(1),
        scores,
        into,
    };
    run(isa, work);
}

struct Attention<'a> {
    query: &'a [f32],
    memory: Memory<'a>,
    size: usize,
    scores: &'a mut Vec<f32>,
    into: &'a mut [f32],
}

impl Work for Attention<'_> {
    #[inline(always)]
    fn with<V: Sixteen>(self) {
        let Self {
            query,
            memory,
            size,
            scores,
            into,
        } = self;
        // Filled up to whole vectors with what has no weight.
        let stride = memory.rows.len().next_multiple_of(LANES).max(LANES);
        scores.clear();
        scores.resize(stride * (query.len() / size.max(1)), f32::NEG_INFINITY);
        match size {
            32 if V::MANY => some::<V, 2, 8>(query, memory, stride, scores, into),
            32 => some::<V, 2, 2>(query, memory, stride, scores, into),
            64 if V::MANY => some::<V, 4, 4>(query, memory, stride, scores, into),
            64 => some::<V, 4, 1>(query, memory, stride, scores, into),
            128 if V::MANY => some::<V, 8, 2>(query, memory, stride, scores, into),
            128 => some::<V, 8, 1>(query, memory, stride, scores, into),
            _ => any(query, memory, (size, stride), scores, into),
        }
    }
}

/// Heads of `N` times sixteen numbers, `H` at a time: as many as there are registers for their queries,
/// and later for their sums. What lies beside each other in a row is read together.
#[inline(always)]
fn some<V: Sixteen, const N: usize, const H: usize>(
    query: &[f32],
    memory: Memory<'_>,
    stride: usize,
    scores: &mut [f32],
    into: &mut [f32],
) {
    let query = query.as_chunks::<SIXTEEN>().0.as_chunks::<N>().0;
    let into = into.as_chunks_mut::<SIXTEEN>().0.as_chunks_mut::<N>().0;
    let groups = query.as_chunks::<H>().0.iter();
    let groups = groups.zip(into.as_chunks_mut::<H>().0);
    let groups = groups.zip(scores.chunks_exact_mut(H * stride));
    for (at, ((query, into), scores)) in groups.enumerate() {
        let from = at * H * N * SIXTEEN;
        together::<V, N, H>(query, memory, from, scores, into);
    }
    // Fewer than a group are left.
    let whole = query.len() / H * H;
    let rest = query.iter().zip(into).zip(scores.chunks_exact_mut(stride));
    for (at, ((query, into), scores)) in rest.enumerate().skip(whole) {
        let (query, into) = (std::slice::from_ref(query), std::slice::from_mut(into));
        if let (Some(query), Some(into)) = (query.as_array(), into.as_mut_array()) {
            together::<V, N, 1>(query, memory, at * N * SIXTEEN, scores, into);
        }
    }
}

/// `H` heads, whose keys and values begin at `from` among a row's.
#[inline(always)]
fn together<V: Sixteen, const N: usize, const H: usize>(
    query: &[[[f32; SIXTEEN]; N]; H],
    memory: Memory<'_>,
    from: usize,
    scores: &mut [f32],
    into: &mut [[[f32; SIXTEEN]; N]; H],
) {
    let (count, width) = (memory.rows.len(), H * N * SIXTEEN);
    let stride = scores.len() / H;
    let zero = V::load(&[0.0; SIXTEEN]);
    let query = query.each_ref().map(|head| head.each_ref().map(V::load));
    for at in 0..count {
        let keys = memory.part(at, memory.keys + from, width);
        let keys = keys.as_chunks::<SIXTEEN>().0.as_chunks::<N>().0;
        let Some(keys) = keys.as_array::<H>() else {
            continue;
        };
        let mut sums = [0f32; H];
        for (place, (query, key)) in sums.iter_mut().zip(query.iter().zip(keys)) {
            let mut sum = zero;
            for (query, key) in query.iter().zip(key) {
                sum = sum.add_products(*query, V::load(key));
            }
            *place = sum.sum();
        }
        for (place, sum) in scores.iter_mut().skip(at).step_by(stride).zip(sums) {
            *place = sum;
        }
    }
    for scores in scores.chunks_exact_mut(stride) {
        softmax(scores);
    }
    let mut sums = [[zero; N]; H];
    for at in 0..count {
        let values = memory.part(at, memory.values + from, width);
        let values = values.as_chunks::<SIXTEEN>().0.as_chunks::<N>().0;
        let Some(values) = values.as_array::<H>() else {
            continue;
        };
        let mut weights = [0f32; H];
        for (weight, score) in weights
            .iter_mut()
            .zip(scores.iter().skip(at).step_by(stride))
        {
            *weight = *score;
        }
        for ((sums, value), weight) in sums.iter_mut().zip(values).zip(weights) {
            for (sum, value) in sums.iter_mut().zip(value) {
                *sum = sum.add_times(weight, V::load(value));
            }
        }
    }
    for (into, sums) in into.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
        sums.store(into);
    }
}

/// Heads of any size.
#[inline(always)]
fn any(
    query: &[f32],
    memory: Memory<'_>,
    (size, stride): (usize, usize),
    scores: &mut [f32],
    into: &mut [f32],
) {
    let heads = query.chunks_exact(size).zip(into.chunks_exact_mut(size));
    let heads = heads.zip(scores.chunks_exact_mut(stride));
    for (head, ((query, into), scores)) in heads.enumerate() {
        let count = memory.rows.len();
        for (at, score) in scores.iter_mut().take(count).enumerate() {
            let keys = memory.part(at, memory.keys + head * size, size);
            let pairs = query.iter().zip(keys);
            *score = pairs.fold(0.0, |sum, (query, key)| query.mul_add(*key, sum));
        }
        softmax(scores);
        into.fill(0.0);
        for (at, score) in scores.iter().take(count).enumerate() {
            let values = memory.part(at, memory.values + head * size, size);
            for (into, value) in into.iter_mut().zip(values) {
                *into = score.mul_add(*value, *into);
            }
        }
    }
}

#[inline(always)]
fn softmax(values: &mut [f32]) {
    let largest = greatest_of(values);
    for value in &mut *values {
        *value = exp(*value - largest);
    }
    let factor = 1.0 / sum_of(values, |value| value);
    for value in values {
        *value *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attention_mixes_the_rows_that_it_is_shown() {
        // Two heads of two: the first looks for the key (1, 0), the second sees equal keys.
        let data = [
            9.0, 0.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0, //
            0.0, 9.0, 1.0, 1.0, 5.0, 6.0, 7.0, 8.0, //
            0.0, 0.0, 9.0, 9.0, 99.0, 99.0, 99.0, 99.0,
        ];
        let mut into = [0.0; 4];
        for rows in [Rows::Range(0, 2), Rows::List(&[1, 0])] {
            let memory = Memory {
                data: &data,
                stride: 8,
                keys: 0,
                values: 4,
                rows,
            };
            attend(
                Isa::best(),
                &[9.0, 0.0, 1.0, 0.0],
                memory,
                2,
                &mut Vec::new(),
                &mut into,
            );
            for (value, expected) in into.iter().zip([1.0, 2.0, 5.0, 6.0]) {
                assert!((value - expected).abs() < 1e-5, "{into:?}");
            }
        }
    }

    #[test]
    fn every_form_gives_the_same_bits_and_the_mean_of_the_definition() {
        let number = |at: usize| (f32::from(u16::try_from(at % 1009).unwrap()) * 0.37).sin();
        for (heads, size, count) in [(2, 32, 1), (3, 64, 7), (1, 128, 30), (2, 24, 5)] {
            let width = heads * size;
            let data: Vec<f32> = (0..count * 2 * width).map(|at| number(at * 7)).collect();
            let query: Vec<f32> = (0..width).map(|at| number(at * 13)).collect();
            let memory = Memory {
                data: &data,
                stride: 2 * width,
                keys: 0,
                values: width,
                rows: Rows::Range(0, count),
            };
            let mut first = None;
            for isa in Isa::all() {
                let mut into = vec![f32::NAN; width];
                attend(isa, &query, memory, heads, &mut Vec::new(), &mut into);
                for (head, into) in into.chunks(size).enumerate() {
                    let rows = data.chunks(2 * width).map(|row| {
                        let part = |from: usize| &row[from + head * size..from + (head + 1) * size];
                        let key = part(0).iter().zip(&query[head * size..]);
                        let score: f64 = key.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                        (score.exp(), part(width))
                    });
                    let rows: Vec<(f64, &[f32])> = rows.collect();
                    let all: f64 = rows.iter().map(|(weight, _)| weight).sum();
                    for (at, into) in into.iter().enumerate() {
                        let mean = rows
                            .iter()
                            .map(|(weight, row)| weight * f64::from(row[at]) / all);
                        let mean: f64 = mean.sum();
                        assert!(
                            (f64::from(*into) - mean).abs() < 1e-5,
                            "{into} is not {mean}"
                        );
                    }
                }
                let bits: Vec<u32> = into.iter().map(|into| into.to_bits()).collect();
                assert_eq!(*first.get_or_insert_with(|| bits.clone()), bits, "{isa:?}");
            }
        }
    }
}
