//! A name in Hangul: as the rules for foreign words write it, or a Korean name in its own form.

use std::sync::LazyLock;

use super::Hit;
use super::sound::{self, Rules};

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    Rules::new(
        include_str!("to_hangul.tsv"),
        "ㅏㅓㅔㅗㅜㅡㅣ",
        // Vowels that Hangul needs between consonants and after them.
        &[('ㅡ', 1), ('ㅣ', 2)],
    )
});

/// Initial consonants, vowels and final consonants in the order of Unicode; the tense ones as the
/// plain ones, and compound vowels taken apart, since names waver between them.
const INITIALS: [&str; 19] = [
    "ㄱ", "ㄱ", "ㄴ", "ㄷ", "ㄷ", "ㄹ", "ㅁ", "ㅂ", "ㅂ", "ㅅ", "ㅅ", "", "ㅈ", "ㅈ", "ㅊ", "ㅋ",
    "ㅌ", "ㅍ", "ㅎ",
];
const VOWELS: [&str; 21] = [
    "ㅏ", "ㅔ", "ㅣㅏ", "ㅣㅔ", "ㅓ", "ㅔ", "ㅣㅓ", "ㅣㅔ", "ㅗ", "ㅗㅏ", "ㅗㅔ", "ㅗㅣ", "ㅣㅗ",
    "ㅜ", "ㅜㅓ", "ㅜㅔ", "ㅜㅣ", "ㅣㅜ", "ㅡ", "ㅡㅣ", "ㅣ",
];
const FINALS: [&str; 28] = [
    "", "ㄱ", "ㄱ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ",
    "ㄹㅌ", "ㄹㅍ", "ㄹㅎ", "ㅁ", "ㅂ", "ㅂㅅ", "ㅅ", "ㅅ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ",
    "ㅎ",
];

/// What may follow a name without a space, and be followed by a particle: forms of address, and
/// what makes a place.
const SUFFIXES: &str = "\
    씨 시 주 군 구 섬 강 산 현 성 도 측 양 옹 님 호 발 행 역 인 해 국 어 계 식 제 총리 대통령 장관 의원 \
    공항 지역 지방 대학 정부 당국 감독 교수 판사 박사 후보 네 들 가문 부부 위원장 외무상 회장 사장 대표 총재 주석 목사 신부 경감 통신 신문 방송 일보 그룹 은행 항공 선수 팀 사";
/// Particles, and the forms of 이다.
const PARTICLES: &str = "\
    이 가 은 는 을 를 의 에 에서 에게 께 께서 와 과 도 로 으로 만 이나 나 이라 라 라고 이라고 이며 며 \
    까지 부터 보다 처럼 같은 뿐 랑 이랑 조차 마저 으로부터 로부터 에는 에도 에서는 에서의 와의 과의 \
    와는 과는 이다 다 였다 이었다 였던 이었던 였고 이었고 인 으로서 로서 에선 에겐 에게는 에게서 란 이란 \
    만이 만은 이자 자 야 이야";
/// A name that does not begin its word.
const INSIDE: u32 = 4;
/// A name that goes on in a way that no particle does.
const RUNS_ON: u32 = 3;

/// A syllable of a text: what it is made of, and where it stands.
#[derive(Debug)]
struct Syllable {
    signs: Vec<char>,
    start: usize,
    end: usize,
    /// Whether a letter or digit stands right before it.
    is_inside: bool,
}

/// Where `parts`, written as one or more words, stands in `text` in its best form.
pub(super) fn find(parts: &[&str], text: &str, tenths: usize) -> Option<Hit> {
    let latin: Vec<char> = parts.iter().flat_map(|part| sound::letters(part)).collect();
    if latin.len() < 2 {
        return None;
    }
    // Vowels cost little in Hangul, so that less has to be forgiven.
    let limit = sound::limit(latin.len(), tenths * 9 / 10);
    let syllables = syllables(text);
    (0..syllables.len())
        .filter_map(|start| at(&latin, parts.len(), syllables.get(start..)?, text, limit))
        .min_by_key(|hit| (hit.cost, hit.range.start))
}

/// The name at the beginning of `syllables`, if it is there.
fn at(latin: &[char], parts: usize, syllables: &[Syllable], text: &str, limit: u32) -> Option<Hit> {
    let first = syllables.first()?;
    let inside = if first.is_inside { INSIDE } else { 0 };
    let room = limit.checked_sub(inside)?;
    let mut signs = Vec::new();
    let mut ends = Vec::new();
    let mut words = 0;
    for syllable in syllables.iter().take(latin.len() * 2) {
        words += usize::from(!syllable.is_inside || ends.is_empty());
        if words > parts {
            break;
        }
        signs.extend(&syllable.signs);
        ends.push((signs.len(), syllable.end));
    }
    let costs = RULES.costs(latin, &signs, room);
    // A name of two syllables or more is never written with one.
    let least = sound::vowel_runs(latin).min(2);
    ends.iter()
        .skip(least.saturating_sub(1))
        .filter_map(|&(length, end)| {
            let cost = costs.get(length).copied().flatten()? + inside + after(text, end);
            (cost <= limit).then_some(Hit {
                cost,
                range: first.start..end,
                stem: first.start..end,
            })
        })
        .min_by_key(|hit| (hit.cost, hit.range.end))
}

/// What it costs that a name ends here.
fn after(text: &str, end: usize) -> u32 {
    let rest = text.get(end..).unwrap_or_default();
    let length = rest.find(|c| !is_syllable(c)).unwrap_or(rest.len());
    let rest = rest.get(..length).unwrap_or_default();
    if may_follow(rest) { 0 } else { RUNS_ON }
}

/// Whether a run of Hangul may follow a name in the same word.
pub(super) fn may_follow(rest: &str) -> bool {
    let is_particle =
        |rest: &str| rest.is_empty() || PARTICLES.split(' ').any(|known| known == rest);
    is_particle(rest)
        || SUFFIXES
            .split(' ')
            .filter_map(|suffix| rest.strip_prefix(suffix))
            .any(is_particle)
}

pub(super) fn is_syllable(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

fn syllables(text: &str) -> Vec<Syllable> {
    let mut syllables = Vec::new();
    let mut before = ' ';
    for (start, c) in text.char_indices() {
        if is_syllable(c) {
            syllables.push(Syllable {
                signs: signs(c),
                start,
                end: start + c.len_utf8(),
                is_inside: is_syllable(before),
            });
        }
        before = c;
    }
    syllables
}

fn signs(c: char) -> Vec<char> {
    let index = (c as usize).saturating_sub(0xac00);
    let part = |table: &[&'static str], at: usize| table.get(at).copied().unwrap_or_default();
    let (first, vowel, last) = (
        part(&INITIALS, index / 588),
        part(&VOWELS, index / 28 % 21),
        part(&FINALS, index % 28),
    );
    [first, vowel, last]
        .iter()
        .flat_map(|part| part.chars())
        .collect()
}
