//! Does a text go round in circles?

use std::collections::HashMap;
use std::ops::Range;

use crate::check::letters;

/// One character so often in a row is a loop (ellipses and rules are shorter).
const CHARACTER_RUN: usize = 8;
/// A stretch of characters that comes so often in a row is a loop, if it is long enough in all.
const STRETCH_TIMES: usize = 4;
const STRETCH_TOTAL: usize = 10;
const LONGEST_STRETCH: usize = 40;
/// A phrase of so many words, in a row so often, is a loop.
const PHRASE_TIMES: usize = 3;
const LONGEST_PHRASE: usize = 12;
/// A phrase of this many words is a loop when it comes so often anywhere.
const SCATTERED_WORDS: usize = 4;
const SCATTERED_TIMES: usize = 3;

/// Whether words or characters repeat as they do when a model is stuck.
pub fn loops(text: &str) -> bool {
    find(text).is_some()
}

/// The first stretch in which words or characters repeat as they do when a model is stuck, in
/// bytes.
pub fn find(text: &str) -> Option<Range<usize>> {
    let characters: Vec<(usize, char)> = text
        .char_indices()
        .filter(|(_, c)| !c.is_whitespace())
        .flat_map(|(at, c)| c.to_lowercase().map(move |lower| (at, lower)))
        .collect();
    let plain: Vec<char> = characters.iter().map(|(_, c)| *c).collect();
    if let Some(run) = characters_loop(&plain) {
        let at = |index: usize| characters.get(index).map(|(at, _)| *at);
        let last = at(run.end - 1)?;
        let length = text.get(last..)?.chars().next()?.len_utf8();
        return Some(at(run.start)?..last + length);
    }
    let words: Vec<&str> = letters::words(text).collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let run = phrases_loop(&lower).or_else(|| phrase_comes_back(&lower))?;
    let of = |index: usize| letters::place(text, words.get(index)?);
    Some(of(run.start)?.start..of(run.end - 1)?.end)
}

fn characters_loop(characters: &[char]) -> Option<Range<usize>> {
    (1..=LONGEST_STRETCH).find_map(|length| {
        let times = if length == 1 {
            CHARACTER_RUN
        } else {
            STRETCH_TIMES.max(STRETCH_TOTAL.div_ceil(length))
        };
        in_a_row(characters, length, times)
    })
}

fn phrases_loop(words: &[String]) -> Option<Range<usize>> {
    // One word three times is rhetoric ("never, never, never").
    in_a_row(words, 1, PHRASE_TIMES + 1)
        .or_else(|| (2..=LONGEST_PHRASE).find_map(|length| in_a_row(words, length, PHRASE_TIMES)))
}

/// Where some stretch of `length` items comes `times` in a row: the same as each item being equal
/// to the one `length` before it, for long enough.
fn in_a_row<T: PartialEq>(items: &[T], length: usize, times: usize) -> Option<Range<usize>> {
    let needed = length * (times - 1);
    let mut run = 0;
    for (at, (item, earlier)) in items.iter().skip(length).zip(items).enumerate() {
        run = if item == earlier { run + 1 } else { 0 };
        if run >= needed {
            let end = at + length + 1;
            return Some(end - run - length..end);
        }
    }
    None
}

/// From where a phrase first stands to where it has come too often.
fn phrase_comes_back(words: &[String]) -> Option<Range<usize>> {
    let mut seen: HashMap<&[String], (usize, usize)> = HashMap::new();
    words
        .windows(SCATTERED_WORDS)
        .enumerate()
        .find_map(|(at, phrase)| {
            let (first, times) = seen.entry(phrase).or_insert((at, 0));
            *times += 1;
            (*times >= SCATTERED_TIMES).then_some(*first..at + SCATTERED_WORDS)
        })
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a bad range fails the test")]
mod tests {
    use super::*;

    #[test]
    fn loops_are_seen() {
        for text in [
            "그는 말했다 그는 말했다 그는 말했다",
            "да да да да",
            "ㅋㅋㅋㅋㅋㅋㅋㅋㅋ",
            "가나가나가나가나가나가나가나가나",
            "Он сказал, что на встрече в городе будет, и что на встрече в городе был, и что на встрече в городе нет.",
        ] {
            assert!(loops(text), "{text}");
        }
    }

    #[test]
    fn the_place_of_a_loop_is_bytes_of_the_text() {
        let place = |text: &str| find(text).map(|range| text[range].to_owned());
        assert_eq!(
            place("그는 연행됐다됐다됐다됐다됐다.").as_deref(),
            Some("됐다됐다됐다됐다됐다")
        );
        assert_eq!(
            place("Он сказал: да, да, да, да!").as_deref(),
            Some("да, да, да, да")
        );
    }

    #[test]
    fn speech_and_lists_are_not_loops() {
        for text in [
            "Never, never, never give in.",
            "Ха-ха-ха!",
            "1000000",
            "He said yes, she said yes.",
            "…………",
        ] {
            assert!(!loops(text), "{text}");
        }
    }
}
