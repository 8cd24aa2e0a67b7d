//! Is all of the source there, and nothing else?
//!
//! What a translation leaves out or adds shows in its length. Lengths of translations follow a power
//! of the source's; the constants here were fitted to 957 professional translations, counting letters
//! and digits. A length that would be odd alone is flagged; where sentences are fewer or more than in
//! the source, the length decides whether they were joined and split, or lost and added.

use std::ops::Range;

use crate::check::{Code, Finding, letters};
use crate::job::Lang;
use crate::text::among;
use crate::text::sentences::sentences;

/// Joined sentences lose a few words ("and", "he said"): so much in the logarithm of the length is no
/// sentence lost, however short one is.
const LEAST_LOSS: f64 = 0.14;
/// The same for what splitting a sentence adds. Korean says again what the sentence is about.
const fn least_gain(lang: Lang) -> f64 {
    match lang {
        Lang::Ko => 0.42,
        Lang::Ru | Lang::En => 0.24,
    }
}

/// So much shorter than the average, in the logarithm, that something may be missing.
const SHORT: f64 = -0.15;

/// Whether a text is shorter than most translations are.
pub(super) fn is_short(source: &str, text: &str, lang: Lang) -> bool {
    oddness(length(source), length(text), lang) < SHORT
}

/// By how much a length is off the average, in the logarithm.
fn oddness(wanted: f64, written: f64, lang: Lang) -> f64 {
    (written.max(0.5) / expected(wanted, lang)).ln()
}

/// What is missing from `text`, or should not be there, by its length. At most one finding.
pub fn check(source: &str, text: &str, lang: Lang) -> Option<Finding> {
    let (wanted, written) = (length(source), length(text));
    if wanted == 0.0 || lang == Lang::En {
        return None;
    }
    let odd = oddness(wanted, written, lang);
    let of_source = parts(source, Lang::En);
    let of_text = parts(text, lang);
    let note = format!("{} sentences for {}", of_text.len(), of_source.len());
    if of_text.len() < of_source.len() {
        let (part, loss) = nearest(source, &of_source, wanted, -odd)?;
        if -odd > (loss / 2.0).max(LEAST_LOSS) {
            return Some(Finding::lost(Code::SentenceMissing, part, note));
        }
    }
    if of_text.len() > of_source.len() && !is_chained(source) {
        // Without its last sentence, would it still be as long as translations are? What a model makes
        // up comes last.
        if let Some(last) = of_text.last()
            && odd > (weight(text, last, written) - slack(lang)).max(least_odd(lang))
            && !is_anchored(source, text, last)
        {
            return Some(Finding::stray(Code::SentenceAdded, last.clone(), note));
        }
        let (part, gain) = nearest(text, &of_text, written, odd)?;
        if odd > (gain / 2.0).max(least_gain(lang)) {
            return Some(Finding::stray(Code::SentenceAdded, part, note));
        }
    }
    let (least, most) = bounds(wanted, lang);
    let note = if odd < least {
        "shorter than translations are"
    } else if odd > most {
        "longer than translations are"
    } else {
        return None;
    };
    Some(Finding {
        note: note.to_owned(),
        ..Finding::whole(Code::LengthRatio)
    })
}

/// Letters and digits of a text, but for Latin letters in brackets: some desks repeat names so.
fn length(text: &str) -> f64 {
    let mut in_brackets = false;
    let mut counts = |c: char| {
        match c {
            '(' => in_brackets = true,
            ')' => in_brackets = false,
            _ => {}
        }
        c.is_alphanumeric() && !(in_brackets && c.is_ascii_alphabetic())
    };
    let count = text.chars().filter(|c| counts(*c)).count();
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// So much longer than the average, in the logarithm, an output is at the least before its last
/// sentence is doubted. Korean agencies split sentences that others write as one.
fn least_odd(lang: Lang) -> f64 {
    match lang {
        Lang::Ko => 0.1,
        Lang::Ru | Lang::En => 0.03,
    }
}

/// By how much, in the logarithm, a complete translation may be shorter than the average.
fn slack(lang: Lang) -> f64 {
    match lang {
        Lang::Ko => 0.36,
        Lang::Ru | Lang::En => 0.29,
    }
}

/// Words with which a translator goes on with the same sentence of the source.
const GOES_ON: &str = "하지만 그러나 그리고 또 또한 그래서 따라서 그것 그것은 그것이 이것은 이는 이를 그는 그녀는 그가 그들은 당시 \
    а но и при это он она оно они однако также поэтому его её ее их тогда там";

/// Whether a sentence of the output goes on with what stands before it, or has a figure, a word in
/// Latin letters or quotation marks as the source does: then it is of the source.
fn is_anchored(source: &str, text: &str, part: &Range<usize>) -> bool {
    let part = text.get(part.clone()).unwrap_or_default();
    let first = letters::words(part)
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let quotes = |text: &str| text.contains(|c| "“”\"«»‘’".contains(c));
    among(GOES_ON, &first)
        || (quotes(part) && quotes(source))
        || letters::words(part).any(|word| {
            word.chars().any(|c| c.is_ascii_alphanumeric())
                && word
                    .split(|c: char| !c.is_ascii_alphanumeric())
                    .any(|run| !run.is_empty() && source.contains(run))
        })
}

/// Words that join clauses which translators like to make sentences of.
const JOINS: &str = "which while because whereas but saying";
/// Words that begin a clause after a comma alone: "you see it, you hear it".
const SUBJECTS: &str = "i you we they he she it";
/// What follows such a word where it only says who speaks.
const SPEECH: &str = "said says added told wrote noted explained continued argued";

/// Whether a source is a chain of clauses: joined in two places or more, or with nothing but a dash, a
/// semicolon or a comma. Such are written as several sentences, so that only the length counts.
fn is_chained(source: &str) -> bool {
    let joins = letters::words(source)
        .filter(|word| among(JOINS, &word.to_lowercase()))
        .count();
    let spliced = source.split(", ").skip(1).any(|clause| {
        let mut words = letters::words(clause).map(str::to_lowercase);
        let begins = clause.starts_with(char::is_alphabetic);
        begins
            && words.next().is_some_and(|word| among(SUBJECTS, &word))
            && words.next().is_some_and(|word| !among(SPEECH, &word))
    });
    joins > 1 || spliced || ["--", "—", ";"].iter().any(|mark| source.contains(mark))
}

/// Letters and digits of a translation, on the average.
fn expected(wanted: f64, lang: Lang) -> f64 {
    match lang {
        Lang::Ko => 0.920 * wanted.powf(0.865),
        Lang::Ru => 1.507 * wanted.powf(0.939),
        Lang::En => wanted,
    }
}

/// The logarithms of the least and the most that translations were off by, but for one in two
/// hundred.
fn bounds(wanted: f64, lang: Lang) -> (f64, f64) {
    match (lang, wanted) {
        (Lang::Ko, ..30.0) => (-0.95, 1.10),
        (Lang::Ko, ..60.0) => (-0.64, 0.64),
        (Lang::Ko, ..100.0) => (-0.56, 0.64),
        (Lang::Ko, ..150.0) => (-0.52, 0.58),
        (Lang::Ko, _) => (-0.44, 0.58),
        (Lang::Ru, ..30.0) => (-0.75, 0.80),
        (Lang::Ru, ..60.0) => (-0.70, 0.62),
        (Lang::Ru, ..100.0) => (-0.44, 0.48),
        (Lang::Ru, ..150.0) => (-0.41, 0.42),
        (Lang::Ru, _) => (-0.34, 0.42),
        (Lang::En, _) => (-1.6, 1.1),
    }
}

/// The sentences of a text that have letters.
fn parts(text: &str, lang: Lang) -> Vec<Range<usize>> {
    let mut parts = sentences(text, lang);
    parts.retain(|part| {
        text.get(part.clone())
            .is_some_and(|part| length(part) > 0.0)
    });
    parts
}

/// What a sentence makes of the logarithm of a text's length.
fn weight(text: &str, part: &Range<usize>, all: f64) -> f64 {
    let share = length(text.get(part.clone()).unwrap_or_default()) / all.max(1.0);
    -(1.0 - share).max(0.05).ln()
}

/// The sentence that makes a difference nearest to `odd`, and that difference.
fn nearest(text: &str, parts: &[Range<usize>], all: f64, odd: f64) -> Option<(Range<usize>, f64)> {
    parts
        .iter()
        .map(|part| (part.clone(), weight(text, part, all)))
        .min_by(|(_, a), (_, b)| (a - odd).abs().total_cmp(&(b - odd).abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "The ferry sank within an hour in heavy seas off Tromso. All nineteen people on board were \
                          rescued by fishermen from the village.";

    fn code(source: &str, text: &str, lang: Lang) -> Option<Code> {
        check(source, text, lang).map(|finding| finding.code)
    }

    #[test]
    fn a_complete_translation_may_join_and_split_sentences() {
        for (text, lang) in [
            (
                "여객선은 트롬쇠 앞바다의 거센 파도 속에서 한 시간 만에 침몰했다. 탑승자 19명은 모두 마을 어민들에게 구조됐다.",
                Lang::Ko,
            ),
            (
                "여객선은 트롬쇠 앞바다의 거센 파도 속에서 한 시간 만에 침몰했으나 탑승자 19명은 모두 마을 어민들에게 구조됐다.",
                Lang::Ko,
            ),
            (
                "Паром затонул в течение часа в штормовом море близ Тромсё. Всех находившихся на борту девятнадцать человек спасли рыбаки из этой деревни.",
                Lang::Ru,
            ),
            (
                "Паром затонул в течение часа в штормовом море близ Тромсё, а всех находившихся на борту девятнадцать человек спасли рыбаки из этой деревни.",
                Lang::Ru,
            ),
        ] {
            assert_eq!(code(SOURCE, text, lang), None, "{text}");
        }
    }

    #[test]
    fn a_lost_sentence_is_named() {
        for (text, lang) in [
            (
                "여객선은 트롬쇠 앞바다의 거센 파도 속에서 한 시간 만에 침몰했다.",
                Lang::Ko,
            ),
            (
                "Паром затонул в течение часа в штормовом море у Тромсё.",
                Lang::Ru,
            ),
        ] {
            let finding = check(SOURCE, text, lang).expect(text);
            assert_eq!(finding.code, Code::SentenceMissing, "{text}");
            assert!(finding.source.is_some(), "{text}");
        }
    }

    #[test]
    fn an_invented_sentence_is_shown() {
        let source = "The ferry sank within an hour in heavy seas off Tromso.";
        for (text, lang, added) in [
            (
                "여객선은 트롬쇠 앞바다 거센 파도 속에서 한 시간 만에 침몰했다. 유족들은 정부에 배상을 요구하고 있다.",
                Lang::Ko,
                "유족들은",
            ),
            (
                "Паром затонул в течение часа в штормовом море у Тромсё. Родственники требуют от властей компенсаций.",
                Lang::Ru,
                "Родственники",
            ),
        ] {
            let finding = check(source, text, lang).expect(text);
            assert_eq!(finding.code, Code::SentenceAdded, "{text}");
            assert_eq!(
                text.find(added),
                finding.target.map(|range| range.start),
                "{text}"
            );
        }
    }

    #[test]
    fn a_chain_of_clauses_may_become_sentences() {
        for (source, text, lang) in [
            (
                "You see the ships, you see the cranes, and it all stops.",
                "여러분은 배들을 보고 계십니다. 여러분은 크레인들을 보고 계십니다. 그 모든 것이 멈춥니다.",
                Lang::Ko,
            ),
            (
                "The harbour, which has been losing ships for years while its rivals grow, will get a new quay.",
                "Порт уже много лет подряд теряет суда, тогда как его соперники только растут. Теперь в нём появится ещё один новый причал.",
                Lang::Ru,
            ),
        ] {
            assert_eq!(code(source, text, lang), None, "{text}");
        }
        // Too long is too long.
        let source = "The quay, which is old, is closed, but it will be repaired.";
        for (text, lang) in [
            (
                "오래된 부두는 폐쇄됐다. 그러나 수리될 예정이다. 주민들은 이번 조치를 크게 반겼다. 시장은 내년 봄까지 공사를 마치겠다고 거듭 약속했다.",
                Lang::Ko,
            ),
            (
                "Старый причал закрыт. Но его починят. Жители города с большой радостью встретили это решение. Мэр снова пообещал завершить работы к весне.",
                Lang::Ru,
            ),
        ] {
            assert_eq!(code(source, text, lang), Some(Code::LengthRatio), "{text}");
        }
    }

    #[test]
    fn half_of_a_sentence_is_too_short_and_the_same_twice_too_long() {
        let source = "The regional court postponed the hearing of the former mayor until the second week of March.";
        for (text, lang, expected) in [
            (
                "지방법원은 전 시장에 대한 심리를 3월 둘째 주로 연기했다.",
                Lang::Ko,
                None,
            ),
            ("법원 심리 연기.", Lang::Ko, Some(Code::LengthRatio)),
            (
                "Региональный суд отложил слушание по делу бывшего мэра до второй недели марта.",
                Lang::Ru,
                None,
            ),
            (
                "Суд отложил слушание по делу.",
                Lang::Ru,
                Some(Code::LengthRatio),
            ),
        ] {
            assert_eq!(code(source, text, lang), expected, "{text}");
        }
        let long = "지방법원은 전 시장에 대한 심리를 3월 둘째 주로 연기하기로 했고 지방법원은 전직 시장에 대한 심리를 3월의 둘째 주로 연기했다고 했으며 심리는 앞으로 3월의 둘째 주에 열릴 것이라고 지방법원 대변인은 이날 기자들에게 밝혔다";
        assert_eq!(code(source, long, Lang::Ko), Some(Code::LengthRatio));
    }
}
