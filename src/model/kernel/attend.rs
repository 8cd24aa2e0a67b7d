//! Attention of one token over the keys and values before it, which are kept in half precision.
//!
//! Keys lie sixteen positions beside each other, so that vectors of scores need no sum across their
//! lanes; values lie one position after the other. Written once, over `sixteen`, and compiled for each
//! instruction set.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for its caller's instruction set"
)]

use std::cell::RefCell;
use std::ops::Range;

use super::half::from_f32;
use super::isa::Isa;
use super::sixteen::{SIXTEEN, Sixteen, Work, across, run};
use super::vector::exp;

/// What the size of a head is a multiple of.
pub const SIZES: usize = BLOCK;

/// Positions of a page.
pub const PAGE: usize = 64;

/// Positions whose scores are summed beside each other, and numbers of a value that are: a vector of 512
/// bits, or two of 256, whose sums do not wait for one another.
const BLOCK: usize = SIXTEEN;

type Lanes = [f32; BLOCK];

/// Keys and values of [`PAGE`] positions of one head.
#[derive(Debug, Clone)]
pub struct Page {
    size: usize,
    keys: Box<[u16]>,
    values: Box<[u16]>,
}

impl Page {
    /// An empty page for a head of `size` numbers, which is a multiple of [`SIZES`].
    pub fn new(size: usize) -> Self {
        Self {
            size,
            keys: vec![0; PAGE * size].into(),
            values: vec![0; PAGE * size].into(),
        }
    }

    /// Puts a key and a value, each as long as a head, at a position of the page.
    pub fn put(&mut self, position: usize, key: &[f32], value: &[f32]) {
        let block = position / BLOCK * BLOCK * self.size;
        let keys = self.keys.iter_mut().skip(block + position % BLOCK);
        for (bits, key) in keys.step_by(BLOCK).zip(key) {
            *bits = from_f32(*key);
        }
        let values = self.values.iter_mut().skip(position * self.size);
        for (bits, value) in values.take(self.size).zip(value) {
            *bits = from_f32(*value);
        }
    }

    /// The blocks that hold these positions, with the first position of each, its keys by number
    /// and its values by position.
    #[inline(always)]
    fn blocks(&self, seen: &Range<usize>) -> impl Iterator<Item = (usize, &[u16], &[u16])> {
        let first = seen.start / BLOCK;
        let count = seen.end.div_ceil(BLOCK).saturating_sub(first);
        let keys = self.keys.chunks_exact(BLOCK * self.size);
        let values = self.values.chunks_exact(BLOCK * self.size);
        keys.zip(values)
            .enumerate()
            .skip(first)
            .take(count)
            .map(|(at, (keys, values))| (at * BLOCK, keys, values))
    }
}

/// The positions of a page that a token sees.
pub type Seen<'a> = (&'a Page, Range<usize>);

thread_local! {
    /// Room for queries and scores, kept because it is asked for at every token and layer.
    static ROOM: RefCell<(Vec<f32>, Vec<f32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Attends with the query heads that share one head of keys and values: `queries`, already scaled,
/// and `out` hold them one after the other, each of `size` numbers. `pages` has at least one
/// position.
pub fn attend(isa: Isa, queries: &[f32], size: usize, pages: &[Seen<'_>], out: &mut [f32]) {
    let most = 8 * size;
    for (queries, out) in queries.chunks(most).zip(out.chunks_mut(most)) {
        match queries.len() / size.max(1) {
            1 => group::<1>(isa, queries, size, pages, out),
            2 => group::<2>(isa, queries, size, pages, out),
            3 => group::<3>(isa, queries, size, pages, out),
            4 => group::<4>(isa, queries, size, pages, out),
            5 => group::<5>(isa, queries, size, pages, out),
            6 => group::<6>(isa, queries, size, pages, out),
            7 => group::<7>(isa, queries, size, pages, out),
            _ => group::<8>(isa, queries, size, pages, out),
        }
    }
}

fn group<const G: usize>(
    isa: Isa,
    queries: &[f32],
    size: usize,
    pages: &[Seen<'_>],
    out: &mut [f32],
) {
    ROOM.with_borrow_mut(|room| {
        run(
            isa,
            Group::<G> {
                queries,
                size,
                pages,
                out,
                room,
            },
        );
    });
}

/// `G` queries to one head of keys and values.
struct Group<'a, const G: usize> {
    queries: &'a [f32],
    size: usize,
    pages: &'a [Seen<'a>],
    out: &'a mut [f32],
    room: &'a mut (Vec<f32>, Vec<f32>),
}

impl<const G: usize> Work for Group<'_, G> {
    #[inline(always)]
    fn with<V: Sixteen>(self) {
        plain::<G, V>(self.queries, self.size, self.pages, self.out, self.room);
    }
}

/// In the vectors `V`, for whose instructions the caller is compiled.
#[inline(always)]
fn plain<const G: usize, V: Sixteen>(
    queries: &[f32],
    size: usize,
    pages: &[Seen<'_>],
    out: &mut [f32],
    (turned, scores): &mut (Vec<f32>, Vec<f32>),
) {
    turned.clear();
    turned.resize(size * G, 0.0);
    let (places, _) = turned.as_chunks_mut::<G>();
    for (head, query) in queries.chunks_exact(size).enumerate() {
        for (place, query) in places.iter_mut().zip(query) {
            if let Some(place) = place.get_mut(head) {
                *place = *query;
            }
        }
    }
    let (turned, _) = turned.as_chunks::<G>();
    let blocks: usize = pages
        .iter()
        .map(|(_, seen)| seen.end.div_ceil(BLOCK) - seen.start / BLOCK)
        .sum();
    scores.clear();
    scores.resize(blocks * G * BLOCK, 0.0);
    let (scores, _) = scores.as_chunks_mut::<BLOCK>();
    let (scores, _) = scores.as_chunks_mut::<G>();

    let mut places = scores.iter_mut();
    for (page, seen) in pages {
        for ((first, keys, _), place) in page.blocks(seen).zip(&mut places) {
            let mut sums = [V::load(&[0.0; BLOCK]); G];
            for (key, query) in keys.as_chunks::<BLOCK>().0.iter().zip(turned) {
                let key = V::widen(key);
                for (sum, query) in sums.iter_mut().zip(query) {
                    *sum = sum.add_times(*query, key);
                }
            }
            for (place, sum) in place.iter_mut().zip(sums) {
                sum.store(place);
            }
            if first < seen.start || first + BLOCK > seen.end {
                for place in place {
                    for (position, score) in (first..).zip(place) {
                        if !seen.contains(&position) {
                            *score = f32::NEG_INFINITY;
                        }
                    }
                }
            }
        }
    }

    let factors = softmax(scores);
    out.fill(0.0);
    let mut rest = &*scores;
    for (page, seen) in pages {
        let blocks = seen.end.div_ceil(BLOCK) - seen.start / BLOCK;
        let (here, after) = rest.split_at_checked(blocks).unwrap_or_default();
        rest = after;
        for at in 0..size / BLOCK {
            let mut sums = [V::load(&[0.0; BLOCK]); G];
            let places = out.as_chunks_mut::<BLOCK>().0;
            for (sum, place) in sums
                .iter_mut()
                .zip(places.iter().skip(at).step_by(size / BLOCK))
            {
                *sum = V::load(place);
            }
            for ((first, _, values), weights) in page.blocks(seen).zip(here) {
                // What lies beyond may be left of another text, and is nothing to multiply with.
                let count = BLOCK.min(seen.end - first);
                let values = values.as_chunks::<BLOCK>().0;
                let values = values.iter().skip(at).step_by(size / BLOCK);
                for (position, value) in values.enumerate().take(count) {
                    let value = V::widen(value);
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        let weight = weights.get(position).copied().unwrap_or_default();
                        *sum = sum.add_times(weight, value);
                    }
                }
            }
            for (sum, place) in sums
                .iter()
                .zip(places.iter_mut().skip(at).step_by(size / BLOCK))
            {
                sum.store(place);
            }
        }
    }
    for (out, factor) in out.chunks_exact_mut(size).zip(factors) {
        for out in out {
            *out *= factor;
        }
    }
}

/// Turns scores into weights, and gives what each head's are to be multiplied by to add up to 1.
#[inline(always)]
fn softmax<const G: usize>(scores: &mut [[Lanes; G]]) -> [f32; G] {
    let mut most = [[f32::NEG_INFINITY; BLOCK]; G];
    for block in &*scores {
        for (most, block) in most.iter_mut().zip(block) {
            for (most, score) in most.iter_mut().zip(block) {
                *most = if *score > *most { *score } else { *most };
            }
        }
    }
    let most = most.map(|lanes| across(lanes, |a, b| if b > a { b } else { a }));
    let mut sums = [[0f32; BLOCK]; G];
    for block in scores {
        for ((sum, block), most) in sums.iter_mut().zip(block).zip(most) {
            for (sum, score) in sum.iter_mut().zip(block) {
                *score = exp(*score - most);
                *sum += *score;
            }
        }
    }
    sums.map(|lanes| 1.0 / across(lanes, |a, b| a + b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(i: usize) -> f32 {
        let i = u16::try_from(i % 1009).unwrap();
        (f32::from(i) * 0.37).sin()
    }

    /// Keys and values of `count` positions, and pages that hold them from place `skip` on.
    fn pages(size: usize, count: usize, skip: usize) -> (Vec<Vec<f32>>, Vec<Vec<f32>>, Vec<Page>) {
        let keys: Vec<Vec<f32>> = (0..count)
            .map(|p| (0..size).map(|i| number(p * 31 + i * 7)).collect())
            .collect();
        let values: Vec<Vec<f32>> = (0..count)
            .map(|p| (0..size).map(|i| number(p * 17 + i * 3 + 5)).collect())
            .collect();
        let mut pages: Vec<Page> = (0..(count + skip).div_ceil(PAGE))
            .map(|_| Page::new(size))
            .collect();
        for (p, (key, value)) in keys.iter().zip(&values).enumerate() {
            let at = p + skip;
            pages[at / PAGE].put(at % PAGE, key, value);
        }
        (keys, values, pages)
    }

    fn seen(pages: &[Page], range: &Range<usize>) -> Vec<(Page, Range<usize>)> {
        pages
            .iter()
            .enumerate()
            .map(|(at, page)| {
                let start = range.start.clamp(at * PAGE, (at + 1) * PAGE) - at * PAGE;
                let end = range.end.clamp(at * PAGE, (at + 1) * PAGE) - at * PAGE;
                (page.clone(), start..end)
            })
            .filter(|(_, seen)| !seen.is_empty())
            .collect()
    }

    #[test]
    fn it_is_a_mean_of_values_weighted_by_scores() {
        let (size, count) = (16, 150);
        for heads in 1..=9 {
            let (keys, values, pages) = pages(size, count, 0);
            let queries: Vec<f32> = (0..heads * size).map(|i| number(i * 13)).collect();
            let range = 3..141;
            let seen = seen(&pages, &range);
            let seen: Vec<Seen<'_>> = seen.iter().map(|(page, at)| (page, at.clone())).collect();
            let mut first = None;
            for isa in Isa::all() {
                let mut out = vec![0f32; heads * size];
                attend(isa, &queries, size, &seen, &mut out);
                for (head, out) in out.chunks(size).enumerate() {
                    let query = &queries[head * size..(head + 1) * size];
                    let scores: Vec<f64> = keys[range.clone()]
                        .iter()
                        .map(|key| {
                            let score: f64 = key
                                .iter()
                                .zip(query)
                                .map(|(a, b)| f64::from(*a) * f64::from(*b))
                                .sum();
                            score.exp()
                        })
                        .collect();
                    let sum: f64 = scores.iter().sum();
                    for (i, out) in out.iter().enumerate() {
                        let mean: f64 = scores
                            .iter()
                            .zip(&values[range.clone()])
                            .map(|(score, value)| score * f64::from(value[i]) / sum)
                            .sum();
                        assert!((f64::from(*out) - mean).abs() < 2e-3, "{out} is not {mean}");
                    }
                }
                let bits: Vec<u32> = out.iter().map(|out| out.to_bits()).collect();
                assert_eq!(*first.get_or_insert_with(|| bits.clone()), bits, "{isa:?}");
            }
        }
    }
}
