//! Does a text go round in circles?

use std::collections::HashMap;

use crate::check::letters;

/// One character so often in a row is a loop (ellipses and rules are shorter).
const CHARACTER_RUN: usize = 8;
/// A stretch of characters that comes so often in a row is a loop, if it is long enough in all.
const STRETCH_TIMES: usize = 4;
const STRETCH_TOTAL: usize = 16;
const LONGEST_STRETCH: usize = 40;
/// A phrase of so many words, in a row so often, is a loop.
const PHRASE_TIMES: usize = 3;
const LONGEST_PHRASE: usize = 12;
/// A phrase of this many words is a loop when it comes so often anywhere.
const SCATTERED_WORDS: usize = 4;
const SCATTERED_TIMES: usize = 3;

/// Whether words or characters repeat as they do when a model is stuck.
pub fn loops(text: &str) -> bool {
    let characters: Vec<char> = text
        .to_lowercase()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let words: Vec<String> = letters::words(text).map(str::to_lowercase).collect();
    characters_loop(&characters) || phrases_loop(&words) || phrase_comes_back(&words)
}

fn characters_loop(characters: &[char]) -> bool {
    (1..=LONGEST_STRETCH).any(|length| {
        let times = if length == 1 {
            CHARACTER_RUN
        } else {
            STRETCH_TIMES.max(STRETCH_TOTAL.div_ceil(length))
        };
        in_a_row(characters, length, times)
    })
}

fn phrases_loop(words: &[String]) -> bool {
    // One word three times is rhetoric ("never, never, never").
    in_a_row(words, 1, PHRASE_TIMES + 1)
        || (2..=LONGEST_PHRASE).any(|length| in_a_row(words, length, PHRASE_TIMES))
}

/// Whether some stretch of `length` items comes `times` in a row: the same as each item being
/// equal to the one `length` before it, for long enough.
fn in_a_row<T: PartialEq>(items: &[T], length: usize, times: usize) -> bool {
    let needed = length * (times - 1);
    let mut run = 0;
    for (item, earlier) in items.iter().skip(length).zip(items) {
        run = if item == earlier { run + 1 } else { 0 };
        if run >= needed {
            return true;
        }
    }
    false
}

fn phrase_comes_back(words: &[String]) -> bool {
    let mut seen: HashMap<&[String], usize> = HashMap::new();
    words.windows(SCATTERED_WORDS).any(|phrase| {
        let times = seen.entry(phrase).or_default();
        *times += 1;
        *times >= SCATTERED_TIMES
    })
}

#[cfg(test)]
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
