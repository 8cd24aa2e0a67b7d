//! Korean particles that follow the last sound of the word before them.
//!
//! Where a term was put in place of another, the particle after it has to be the one that the new
//! word takes: 키예프는 becomes 평양은. [`agree`] does this for one place of a text. It touches
//! nothing that might be more than a particle.

use super::sound::{Sound, is_silent, last_sound};
use super::tokens::is_hangul;

/// Pairs that differ: after a consonant, after a vowel, and particles that may follow.
const PAIRS: [(&str, &str, &str); 22] = [
    ("으로부터", "로부터", "도 는 의 만"),
    ("으로서", "로서", "의 는 도 만"),
    ("으로써", "로써", "도 만 는"),
    ("으로", "로", "의 도 는 만 까지 나"),
    ("이라고", "라고", "는 도 만"),
    ("이라는", "라는", ""),
    ("이라도", "라도", ""),
    ("이라면", "라면", ""),
    ("이라서", "라서", ""),
    ("이라며", "라며", ""),
    ("이란", "란", ""),
    ("이라", "라", ""),
    ("이나마", "나마", ""),
    ("이나", "나", ""),
    ("이든지", "든지", ""),
    ("이든", "든", ""),
    ("이랑", "랑", "은 도 만"),
    ("이야말로", "야말로", ""),
    ("과", "와", "의 는 도 만 함께 같은 같이 달리"),
    ("은", "는", "커녕"),
    ("이", "가", ""),
    ("을", "를", ""),
];
/// Forms of the verb 이다 that lose their 이 after a vowel.
const WAS: [(&str, &str); 2] = [("이었", "였"), ("이에요", "예요")];
/// Pairs that are particles only before a mark, as elsewhere they begin or end too many words.
const BEFORE_MARKS: [(&str, &str); 2] = [("이다", "다"), ("아", "야")];
/// Particles that are the same after every sound, and endings of nouns that may stand before others.
const SAME: &str = "의 에 에서 에게 에게서 에는 에서는 에서도 에도 에만 에선 엔 도 만 만이 만은 만을 부터 \
    까지 까지는 까지도 처럼 보다 보다는 마다 께 께서 조차 마저 밖에 뿐 인 이며 이고 이지만 입니다 발 측 측은 측이 \
    측의 시 시는 시의 시에 군 군은 군이 군의 군을 산 인은 인이 인들 식 식의 행 내 쪽 씨 씨는 씨가 씨의 씨를 씨도";
/// What a model writes that does not choose: both forms, one in brackets.
const BOTH: [(&str, &str, &str); 14] = [
    ("을(를)", "을", "를"),
    ("를(을)", "을", "를"),
    ("은(는)", "은", "는"),
    ("는(은)", "은", "는"),
    ("이(가)", "이", "가"),
    ("가(이)", "이", "가"),
    ("과(와)", "과", "와"),
    ("와(과)", "과", "와"),
    ("(으)로", "으로", "로"),
    ("(이)나", "이나", "나"),
    ("(이)라고", "이라고", "라고"),
    ("(이)라는", "이라는", "라는"),
    ("(이)란", "이란", "란"),
    ("(이)다", "이다", "다"),
];

/// The text with the particle right after byte `end` in the form that the word before `end` takes.
/// The text as it is where no particle follows, where it agrees already, where how the word is read
/// cannot be told, or where `end` is no border of characters.
///
/// Closing quotes may stand between word and particle, and so may a gloss in brackets, 키이우(Kyiv)를:
/// the particle goes by the word before the brackets. Where the term is itself such a gloss nothing
/// is changed.
///
/// ```
/// use presslate::glossary::particle::agree;
///
/// assert_eq!(agree("평양는 밝혔다", "평양".len()), "평양은 밝혔다");
/// assert_eq!(agree("서울으로 갔다", "서울".len()), "서울로 갔다");
/// assert_eq!(agree("평양가게에서", "평양".len()), "평양가게에서");
/// ```
pub fn agree(text: &str, end: usize) -> String {
    fixed(text, end).unwrap_or_else(|| text.to_owned())
}

fn fixed(text: &str, end: usize) -> Option<String> {
    let (before, after) = text.split_at_checked(end)?;
    let sound = last_sound(before)?;
    if is_gloss(before, after) {
        return None;
    }
    let gap = gap(after);
    let (between, rest) = after.split_at_checked(gap)?;
    let (old, new) = particle(rest, sound)?;
    let rest = rest.get(old..)?;
    Some(format!("{before}{between}{new}{rest}"))
}

/// The bytes between a word and its particle: closing quotes, and a gloss in brackets.
fn gap(after: &str) -> usize {
    let quotes = after.len() - after.trim_start_matches(is_silent).len();
    let rest = after.get(quotes..).unwrap_or_default();
    if BOTH.iter().any(|(both, ..)| rest.starts_with(both)) {
        return quotes;
    }
    let gloss = rest
        .strip_prefix('(')
        .and_then(|inner| inner.split_once(')'))
        .filter(|(inner, _)| inner.chars().count() <= 60 && !inner.contains(['(', '\n']))
        .map_or(0, |(inner, _)| inner.len() + 2);
    quotes + gloss
}

/// Whether the word before is the end of a bracket that explains another word.
fn is_gloss(before: &str, after: &str) -> bool {
    let closes = after
        .trim_start_matches(['"', '\'', '”', '’'])
        .starts_with(')');
    let opened = before.rfind('(').filter(|open| {
        before
            .get(*open..)
            .is_some_and(|inner| !inner.contains(')'))
    });
    closes
        && opened.is_some_and(|open| {
            before
                .get(..open)
                .and_then(|word| word.chars().next_back())
                .is_some_and(|c| !c.is_whitespace())
        })
}

/// Whether what stands right after a word can be a particle or an ending, or is no Hangul at all: so
/// that the word before it is a word of its own.
pub(super) fn follows(rest: &str) -> bool {
    let run = rest.trim_start_matches(is_hangul);
    let word = rest.get(..rest.len() - run.len()).unwrap_or_default();
    word.is_empty()
        || SAME.split_ascii_whitespace().any(|known| known == word)
        || particle(rest, Sound::Vowel).is_some()
}

/// The particle at the beginning of `rest`: its bytes, and what should stand for them. `None`
/// where there is none, or none that may be touched.
fn particle(rest: &str, sound: Sound) -> Option<(usize, &'static str)> {
    if let Some((both, closed, open)) = BOTH.iter().find(|(both, ..)| rest.starts_with(both)) {
        return Some((both.len(), choose(closed, open, sound)));
    }
    let run = rest.trim_start_matches(is_hangul);
    let word = rest.get(..rest.len() - run.len())?;
    let next = run.chars().next();
    if next.is_some_and(char::is_alphanumeric) {
        return None;
    }
    for (closed, open, tails) in PAIRS {
        for form in [closed, open] {
            let is_it = word
                .strip_prefix(form)
                .is_some_and(|tail| tail.is_empty() || tails.split(' ').any(|known| known == tail));
            if is_it {
                return Some((form.len(), choose(closed, open, sound)));
            }
        }
    }
    // "평양였다": the rest of the verb does not change.
    for (closed, open) in WAS {
        if let Some(form) = [closed, open]
            .into_iter()
            .find(|form| word.starts_with(form))
        {
            return Some((form.len(), choose(closed, open, sound)));
        }
    }
    let ends = next.is_none_or(|c| !c.is_whitespace());
    BEFORE_MARKS
        .iter()
        .find(|(closed, open)| ends && (word == *closed || word == *open))
        .map(|(closed, open)| (word.len(), choose(closed, open, sound)))
}

fn choose(closed: &'static str, open: &'static str, sound: Sound) -> &'static str {
    match sound {
        Sound::Vowel => open,
        Sound::Rieul if open.starts_with('로') => open,
        Sound::Rieul | Sound::Consonant => closed,
    }
}

#[cfg(test)]
#[path = "particle_tests.rs"]
mod tests;
