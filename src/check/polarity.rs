//! Does the output deny what the source denies, and nothing else?
//!
//! Only hints: languages deny in different places ("until" is "not before", "only" is "not but").
//! So a denial of the source counts as lost only where the output has no sign of any, and one of the
//! output as added only where the source has nothing that could have become one.

use std::ops::Range;

use crate::check::{Code, Finding, letters};
use crate::job::Lang;
use crate::text::among;

/// Russian words after "не" that together with it deny nothing: "не только", "не раз", "не перестаёт".
const RUSSIAN_IDLE: &str = "только просто раз однажды перест скрыва сомнева исключ менее";

/// English words that deny, by themselves.
const DENY: &str = "not never no nobody nothing neither nor none nowhere cannot";
/// Verbs that deny, as far as they go by themselves.
const DENY_VERBS: &str = "denied denies refused refuses rejected rejects declined";
/// Words that may well become a denial, or make one of another word.
const MAY_DENY: &str = "without only just until unless unlike unlikely hardly barely scarcely rarely seldom few little deny \
    denies denied denying denial refuse refuses refused refusing refusal reject rejects rejected rejecting fail fails \
    failed failing failure lack lacks lacked lacking ban bans banned banning prevent prevents prevented prohibit \
    prohibited forbid forbidden avoid avoids avoided avoiding stop stops stopped cancel cancelled canceled impossible \
    unable less least fewer but although though despite however instead rather else otherwise except besides more than \
    least doubt doubts against deny opposed oppose absent absence missing miss missed lost lose ignore ignored exclude \
    excluded remain remains remained still yet if whether even any anything anyone ever far away anti non bar barred \
    decline declined declines withdraw withdrew scrap scrapped reluctant shy hate wrong free careful beyond over \
    limit limited short fall alone mere merely simply alike different another other stay unknown unclear must should \
    need needs avert averts averted averting escape escapes escaped spare spared evade evaded dodge dodged overlook \
    overlooks overlooked overshoot overshot too inevitable apart both either end ended ends half within under continue continues continued keep \
    keeps kept unprecedented landlocked ignorant ease easy easily";
/// How an English word begins that denies itself, and how long it is at the least.
const BEGIN: [&str; 7] = ["un", "in", "im", "ir", "il", "dis", "non"];
const LEAST_LETTERS: usize = 6;

/// Signs of denial in Korean, anywhere in a word.
const KOREAN: &str = "않|못|없|아니|아닌|아닐|아님|아닙|안돼|안된|안 된|안 돼|안 되|안 하|안 했|안 할|마세|지 마|말라|말았|말아|말고|말자|부인|거부|거절\
    |반박|금지|불가|불허|불참|불발|불만|불신|불법|불안|무산|무관|무죄|무효|미정|미확인|미해결|모르|모른|몰라|외면|중단|취소|실패|제외|부정|부재|부족\
    |드물|어렵|어려|힘들|일축|기각|부결|포기|철회|반대|피하|피했|막았|막아|막는|막을|잃었|무응답|비공개|전무|그만|커녕|비판|미흡|미달|탈피|고사";
/// The Korean word that denies by itself.
const KOREAN_WORD: &str = "안";
/// Of these, signs that are nothing but denial.
const KOREAN_STRONG: [&str; 8] = [
    "지 않",
    "지 못",
    "지는 않",
    "지도 않",
    "지 말",
    "이 아니",
    "가 아니",
    "도 없",
];

/// Russian words that deny, whole.
const RUSSIAN: &str = "не ни нет нельзя без никогда никто никого никому никем ничто ничего ничему ничем никак нигде никуда \
    нисколько некого нечего некому вряд едва лишь кроме вместо";
/// How Russian words begin that deny.
const RUSSIAN_BEGIN: &str = "не ни без бес отри опров отказ отверг отверж запре исключ невозм лиш отсут отмен прекра \
    провал избе анти против воздерж отклон недо перест редк плох";

/// What is denied on one side only.
pub fn check(source: &str, text: &str, lang: Lang) -> Option<Finding> {
    let words: Vec<&str> = letters::words(source).collect();
    // "Why not?" asks for what it denies.
    let asks = source.contains('?');
    let denies = denials(source, &words).filter(|_| !asks);
    if let Some(word) = denies {
        let lost = match lang {
            Lang::Ko => !korean(text),
            Lang::Ru => !russian(text),
            Lang::En => false,
        };
        return lost.then(|| Finding {
            source: letters::place(source, word),
            note: format!("nothing here denies as “{word}” does"),
            ..Finding::whole(Code::Polarity)
        });
    }
    if asks
        || words
            .iter()
            .any(|word| may_deny(word) || is_compound(source, word))
    {
        return None;
    }
    let added = match lang {
        Lang::Ko => KOREAN_STRONG
            .iter()
            .find_map(|sign| text.find(sign).map(|at| at..at + sign.len())),
        Lang::Ru => russian_denial(text),
        Lang::En => None,
    }?;
    Some(Finding::stray(
        Code::Polarity,
        added,
        "the source denies nothing",
    ))
}

/// Whether an English sentence denies something.
pub(super) fn denies(text: &str) -> bool {
    let words: Vec<&str> = letters::words(text).collect();
    denials(text, &words).is_some()
}

/// The first word that denies.
fn denials<'a>(source: &str, words: &[&'a str]) -> Option<&'a str> {
    words
        .iter()
        .enumerate()
        .find(|(at, word)| {
            let lower = word.to_lowercase().replace('’', "'");
            let next = words.get(at + 1).map(|word| word.to_lowercase());
            let next = next.as_deref();
            let idle = match lower.as_str() {
                // "Not only" adds; who does not fail succeeds; "no. 3" is a number; "no longer" ends; "no doubt" affirms.
                "not" => matches!(
                    next,
                    Some("only" | "just" | "least" | "to" | "fail" | "forget" | "hesitate")
                ),
                "no" => {
                    matches!(next, Some("doubt" | "matter" | "less" | "more"))
                        || next.is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()))
                        || is_compound(source, word)
                }
                // Strikers are denied by keepers, and sources decline to be named.
                "denied" => next == Some("by"),
                "declined" => next == Some("to") && words.get(at + 2) == Some(&"be"),
                _ => false,
            };
            !idle
                && ([DENY, DENY_VERBS].iter().any(|words| among(words, &lower))
                    || lower.ends_with("n't"))
        })
        .map(|(_, word)| *word)
}

/// "No-fault", "no-fly": part of a word that languages have one without a denial for (무과실); but
/// "no-one" is nobody.
fn is_compound(source: &str, word: &str) -> bool {
    let rest = letters::place(source, word).and_then(|place| source.get(place.end..));
    let tail = rest.and_then(|rest| rest.strip_prefix(['-', '‑']));
    word.eq_ignore_ascii_case("no")
        && tail.is_some_and(|tail| {
            let part = tail.split(|c: char| !c.is_alphanumeric()).next();
            part.is_some_and(|part| !part.is_empty() && !part.eq_ignore_ascii_case("one"))
        })
}

/// Where "не" stands and denies.
fn russian_denial(text: &str) -> Option<Range<usize>> {
    let words: Vec<&str> = letters::words(text).collect();
    let denies = |at: usize| {
        let next = words.get(at + 1).map(|word| word.to_lowercase());
        let idle = |next: &str| RUSSIAN_IDLE.split(' ').any(|known| next.starts_with(known));
        !next.as_deref().is_some_and(idle)
    };
    words
        .iter()
        .enumerate()
        .find(|(at, word)| word.to_lowercase() == "не" && denies(*at))
        .and_then(|(_, word)| letters::place(text, word))
}

fn may_deny(word: &str) -> bool {
    let lower = word.to_lowercase();
    among(MAY_DENY, &lower)
        || (lower.chars().count() >= LEAST_LETTERS
            && BEGIN.iter().any(|begin| lower.starts_with(begin)))
        || lower.ends_with("less")
}

fn korean(text: &str) -> bool {
    KOREAN.split('|').any(|sign| text.contains(sign))
        || letters::words(text).any(|word| word == KOREAN_WORD)
}

fn russian(text: &str) -> bool {
    letters::words(text).any(|word| {
        let lower = word.to_lowercase();
        among(RUSSIAN, &lower)
            || RUSSIAN_BEGIN.split_whitespace().any(|begin| {
                lower.starts_with(begin)
                    && lower.chars().count() >= (begin.chars().count() + 1).max(5)
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flipped(source: &str, text: &str, lang: Lang) -> bool {
        check(source, text, lang).is_some()
    }

    #[test]
    fn a_denial_that_stays_one_is_right() {
        for (source, text, lang) in [
            (
                "The mayor will not resign.",
                "시장은 사퇴하지 않을 것이다.",
                Lang::Ko,
            ),
            (
                "The mayor will not resign.",
                "Мэр не уйдет в отставку.",
                Lang::Ru,
            ),
            ("Nobody was hurt.", "다친 사람은 없었다.", Lang::Ko),
            ("Nobody was hurt.", "Никто не пострадал.", Lang::Ru),
            ("She denied the charge.", "그는 혐의를 부인했다.", Lang::Ko),
            (
                "She denied the charge.",
                "Она отвергла обвинение.",
                Lang::Ru,
            ),
            ("They can't pay.", "그들은 돈을 낼 수 없다.", Lang::Ko),
            ("They can’t pay.", "Они неспособны платить.", Lang::Ru),
        ] {
            assert!(!flipped(source, text, lang), "{text}");
        }
    }

    #[test]
    fn a_denial_that_is_gone_is_seen_and_shown() {
        for (source, text, lang) in [
            (
                "The mayor will not resign.",
                "시장은 사퇴할 것이다.",
                Lang::Ko,
            ),
            (
                "The mayor will not resign.",
                "Мэр уйдет в отставку.",
                Lang::Ru,
            ),
            ("She denied the charge.", "그는 혐의를 인정했다.", Lang::Ko),
            ("She denied the charge.", "Она признала вину.", Lang::Ru),
        ] {
            let finding = check(source, text, lang).expect(text);
            let word = finding.source.and_then(|range| source.get(range));
            assert!(matches!(word, Some("not" | "denied")), "{text}: {word:?}");
        }
    }

    #[test]
    fn a_denial_that_the_source_does_not_make_is_seen() {
        for (text, lang) in [
            ("시장은 사퇴하지 않을 것이다.", Lang::Ko),
            ("Мэр не уйдет в отставку.", Lang::Ru),
        ] {
            assert!(flipped("The mayor will resign.", text, lang), "{text}");
        }
    }

    #[test]
    fn no_one_is_nobody_and_a_compound_hides_no_other_denial() {
        for (source, text, lang) in [
            ("No-one was hurt.", "사람들이 다쳤다.", Lang::Ko),
            ("No-one was hurt.", "Люди пострадали.", Lang::Ru),
            (
                "The no-fly zone was not lifted.",
                "비행구역이 해제됐다.",
                Lang::Ko,
            ),
            (
                "The no-fly zone was not lifted.",
                "Закрытую зону сняли.",
                Lang::Ru,
            ),
        ] {
            assert!(flipped(source, text, lang), "{text}");
        }
    }

    #[test]
    fn languages_may_deny_in_different_places() {
        for (source, text, lang) in [
            (
                "Only two ships came.",
                "배는 두 척밖에 오지 않았다.",
                Lang::Ko,
            ),
            (
                "Talks will start only in May.",
                "Переговоры начнутся не раньше мая.",
                Lang::Ru,
            ),
            (
                "Not only Oslo but also Bergen is cut off.",
                "Отрезан и Осло, и Берген.",
                Lang::Ru,
            ),
            (
                "The bridge is unsafe.",
                "이 다리는 안전하지 않다.",
                Lang::Ko,
            ),
            (
                "She promised an end to no-fault evictions.",
                "그는 무과실 퇴거를 끝내겠다고 약속했다.",
                Lang::Ko,
            ),
            (
                "She promised an end to no-fault evictions.",
                "Она пообещала покончить с выселениями без вины жильцов.",
                Lang::Ru,
            ),
            (
                "The deal averted an attack on the town.",
                "합의 덕분에 도시는 공격을 받지 않았다.",
                Lang::Ko,
            ),
            (
                "The pilot overlooked a warning light.",
                "Пилот не заметил предупреждающего сигнала.",
                Lang::Ru,
            ),
            (
                "We will not fail, the mayor said.",
                "우리는 해낼 것이라고 시장은 말했다.",
                Lang::Ko,
            ),
            (
                "We will not fail, the mayor said.",
                "Мы справимся, сказал мэр.",
                Lang::Ru,
            ),
            (
                "The mayor is always worried.",
                "Мэр не перестает волноваться.",
                Lang::Ru,
            ),
            (
                "They did not run but filmed the wave.",
                "Они снимали волну вместо того, чтобы бежать.",
                Lang::Ru,
            ),
            (
                "Why shouldn't we try?",
                "Почему бы нам и попробовать?",
                Lang::Ru,
            ),
        ] {
            assert!(!flipped(source, text, lang), "{text}");
        }
    }
}
