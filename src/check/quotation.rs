//! Is what the source quotes still a quotation, and does it still have a speaker?

use std::ops::Range;

use crate::check::{Code, Finding, letters};
use crate::job::Lang;

/// Quoted words, at the least: fewer are titles, nicknames and doubt ("so-called").
const LEAST_WORDS: usize = 2;
/// Letters outside of quotation marks that can name a speaker.
const LEAST_SPEAKER: usize = 3;
/// Opening marks with their closing ones. A straight mark opens and closes.
const MARKS: [(char, &str); 9] = [
    ('“', "”"),
    ('"', "\"”“"),
    ('«', "»"),
    ('„', "“”"),
    ('‘', "’"),
    ('「', "」"),
    ('『', "』"),
    ('《', "》"),
    ('\'', "'"),
];
/// English verbs that give a quotation its speaker.
const SAYING: &str = "said says say told tells added adds wrote writes asked asks replied tweeted posted \
    explained argued insisted warned joked recalled noted continued stated declared announced testified";

/// What of the source's quotations is lost: the marks, or the speaker.
pub fn check(source: &str, text: &str, lang: Lang) -> Option<Finding> {
    let quoted = quotations(source, &['“', '"', '«'], false);
    let first = quoted.iter().find(|range| {
        let words = source.get((*range).clone()).map(str::split_whitespace);
        words.is_some_and(|words| words.count() >= LEAST_WORDS)
    })?;
    if !has_marks(text, lang) {
        return Some(Finding::lost(
            Code::Quotation,
            first.clone(),
            "no longer a quotation",
        ));
    }
    let said = letters::words(&outside(source, &quoted)).any(|word| {
        SAYING
            .split_whitespace()
            .any(|verb| word.eq_ignore_ascii_case(verb))
    });
    let kept = quotations(text, &['“', '"', '«', '„', '‘', '「', '『', '\''], true);
    let rest = outside(text, &kept);
    // Russian sets the speaker between dashes within the marks: «…, — сказал он, — …».
    let within = kept.iter().filter_map(|range| text.get(range.clone()));
    let speaks = rest.chars().filter(|c| c.is_alphabetic()).count() >= LEAST_SPEAKER
        || within
            .into_iter()
            .any(|kept| kept.contains(", — ") || kept.contains(", – "));
    (said && !kept.is_empty() && !speaks).then(|| {
        Finding::lost(
            Code::Quotation,
            first.clone(),
            "nobody is named who says it",
        )
    })
}

/// Whether a text has any mark of a quotation. Russian also begins direct speech with a dash.
fn has_marks(text: &str, lang: Lang) -> bool {
    let marks = text.contains(|c| "“”\"«»„‘’「」『』".contains(c));
    let straight = text.matches('\'').count() >= 2;
    let dash = lang == Lang::Ru && text.trim_start().starts_with(['—', '–', '-']);
    marks || straight || dash
}

/// Stretches in quotation marks that begin with one of `openers`, marks not included. A quotation
/// may be open at either end, because segments are cut from longer ones; `open` says whether to
/// count those.
fn quotations(text: &str, openers: &[char], open: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut inside: Option<(usize, &str)> = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match inside {
            Some((start, closing)) if closing.contains(c) => {
                // An apostrophe in a word closes nothing.
                let after = text
                    .get(at + c.len_utf8()..)
                    .and_then(|rest| rest.chars().next());
                let in_word = matches!(c, '\'' | '’')
                    && before.is_alphanumeric()
                    && after.is_some_and(|after| after.is_ascii_alphanumeric());
                if !in_word {
                    found.push(start..at);
                    inside = None;
                }
            }
            Some(_) => {}
            None => {
                let mark = MARKS
                    .iter()
                    .find(|(mark, _)| *mark == c && openers.contains(mark));
                if let Some((_, closing)) = mark
                    && !(matches!(c, '\'' | '"') && before.is_alphanumeric())
                {
                    inside = Some((at + c.len_utf8(), closing));
                } else if open && found.is_empty() && "”»」』".contains(c) {
                    found.push(0..at);
                }
            }
        }
        before = c;
    }
    if let Some((start, _)) = inside {
        found.push(start..text.len());
    }
    found
}

/// What stands outside of all ranges.
fn outside(text: &str, ranges: &[Range<usize>]) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut end = 0;
    for range in ranges {
        rest.push_str(text.get(end..range.start).unwrap_or_default());
        rest.push(' ');
        end = range.end;
    }
    rest.push_str(text.get(end..).unwrap_or_default());
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "“We will not close the school this year,” Mayor Ida Brandt said.";

    #[test]
    fn a_quotation_keeps_its_marks_and_its_speaker() {
        for (text, lang) in [
            (
                "“올해는 학교를 폐쇄하지 않겠다”고 이다 브란트 시장이 말했다.",
                Lang::Ko,
            ),
            (
                "이다 브란트 시장은 '올해는 학교를 닫지 않겠다'고 말했다.",
                Lang::Ko,
            ),
            (
                "«В этом году мы школу не закроем», — сказала мэр Ида Брандт.",
                Lang::Ru,
            ),
            (
                "— В этом году мы школу не закроем, — сказала мэр Ида Брандт.",
                Lang::Ru,
            ),
            (
                "«В этом году, — сказала мэр Ида Брандт, — мы школу не закроем».",
                Lang::Ru,
            ),
        ] {
            assert_eq!(check(SOURCE, text, lang), None, "{text}");
        }
    }

    #[test]
    fn marks_and_speakers_that_are_lost_are_seen() {
        for (text, lang) in [
            (
                "올해는 학교를 폐쇄하지 않겠다고 이다 브란트 시장이 말했다.",
                Lang::Ko,
            ),
            ("“올해는 학교를 폐쇄하지 않겠다.”", Lang::Ko),
            (
                "Мэр Ида Брандт сказала, что школу в этом году не закроют.",
                Lang::Ru,
            ),
            ("«В этом году мы школу не закроем».", Lang::Ru),
        ] {
            let finding = check(SOURCE, text, lang).expect(text);
            assert_eq!(
                (finding.code, finding.source),
                (Code::Quotation, Some(3..42)),
                "{text}"
            );
        }
    }

    #[test]
    fn single_words_in_quotation_marks_are_no_quotations() {
        let source = "The school “closure” is off, Mayor Ida Brandt said.";
        assert_eq!(
            check(
                source,
                "Закрытия школы не будет, сказала мэр Ида Брандт.",
                Lang::Ru
            ),
            None
        );
    }

    #[test]
    fn a_quotation_may_go_on_in_the_next_segment() {
        let source = "“We have talked about this for years.";
        assert_eq!(
            check(source, "“우리는 이 문제를 몇 년째 논의해 왔다.", Lang::Ko),
            None
        );
        assert_eq!(check(source, "«Мы говорим об этом годами.", Lang::Ru), None);
    }
}
