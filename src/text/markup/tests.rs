//! Marks through a translation, and HTML that is read back.

mod anything;
mod pages;

use std::ops::Range;

use super::*;
use crate::job::markup::{Inline, Mark, Placed};
use crate::job::{Lang, Section, SectionKind};
use crate::text::chunk::rejoin_placed;

fn nowhere(_: &str, _: &str) -> Option<Range<usize>> {
    None
}

/// A section of sentences; `*` stands around the words that are marked, with `[` and `]` inside of those.
fn section(sentences: &[&str]) -> (Section, Vec<Range<usize>>) {
    let (mut text, mut ranges, mut marks) = (String::new(), Vec::new(), Vec::new());
    let (mut star, mut bracket) = (None, None);
    for sentence in sentences {
        if !text.is_empty() {
            text.push(' ');
        }
        let start = text.len();
        for c in sentence.chars() {
            let mut close = |open: &mut Option<usize>, tag| match open.take() {
                Some(from) => marks.push(Mark::new(tag, from, text.len())),
                None => *open = Some(text.len()),
            };
            match c {
                '*' => close(&mut star, Inline::A),
                '[' | ']' => close(&mut bracket, Inline::B),
                _ => text.push(c),
            }
        }
        ranges.push(start..text.len());
    }
    let marks = tidy(&text, marks);
    (
        Section::new(SectionKind::Paragraph, text).with_marks(marks),
        ranges,
    )
}

/// The words of the target that each mark is around, and how it was placed.
fn placed(source: &[&str], target: &[&str], lang: Lang, find: Find<'_>) -> Vec<(String, Placed)> {
    let (section, ranges) = section(source);
    let texts: Vec<String> = target.iter().map(|&text| text.to_owned()).collect();
    let done = translated(&section, &ranges, &texts, lang, find);
    assert_eq!(
        done.text,
        rejoin_placed(&section.text, &ranges, &texts).text
    );
    assert_eq!(done.marks.len(), section.marks.len());
    done.marks
        .iter()
        .map(|mark| (done.text[mark.start..mark.end].to_owned(), mark.placed))
        .collect()
}

fn one(source: &[&str], target: &[&str], lang: Lang) -> (String, Placed) {
    let mut found = placed(source, target, lang, &nowhere);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn what_is_around_whole_sentences_stays_around_them() {
    use Placed::Exact;
    let source = [
        "The ferry sailed.",
        "*Forty people were aboard.*",
        "It rained.",
    ];
    for (lang, target, words) in [
        (
            Lang::Ko,
            ["여객선이 출항했다.", "40명이 타고 있었다.", "비가 내렸다."],
            "40명이 타고 있었다.",
        ),
        (
            Lang::Ru,
            [
                "Паром отплыл.",
                "На борту было сорок человек.",
                "Шёл дождь.",
            ],
            "На борту было сорок человек.",
        ),
    ] {
        assert_eq!(one(&source, &target, lang), (words.to_owned(), Exact));
        let without_stop = [
            "The ferry sailed.",
            "*Forty people were aboard*.",
            "It rained.",
        ];
        let bare = words.trim_end_matches('.').to_owned();
        assert_eq!(one(&without_stop, &target, lang), (bare, Exact));
        let two = [
            "The ferry sailed.",
            "*Forty people were aboard.",
            "It rained.*",
        ];
        let both = format!("{words} {}", target[2]);
        assert_eq!(one(&two, &target, lang), (both, Exact));
        let all = [
            "*The ferry sailed.",
            "Forty people were aboard.",
            "It rained.*",
        ];
        assert_eq!(one(&all, &target, lang), (target.join(" "), Exact));
    }
}

#[test]
fn names_and_figures_that_stand_in_the_output_are_anchors() {
    use Placed::Anchored;
    for (source, target, lang, words) in [
        (
            "The head of *NATO* spoke in Oslo.",
            "NATO는 아니지만 NATO의 수장이 오슬로에서 연설했다.",
            Lang::Ko,
            "NATO",
        ),
        (
            "It cost *1,200* crowns, not 200.",
            "200이 아니라 1,200크로나였다.",
            Lang::Ko,
            "1,200",
        ),
        (
            "He wrote on *Telegram* on Monday.",
            "В понедельник он написал в Telegram.",
            Lang::Ru,
            "Telegram",
        ),
        (
            "NATO said *NATO* would wait.",
            "В NATO заявили, что NATO подождёт.",
            Lang::Ru,
            "NATO",
        ),
        (
            "He called it “*a quiet disaster*” on Monday.",
            "Он назвал это в понедельник «тихой катастрофой».",
            Lang::Ru,
            "тихой катастрофой",
        ),
        (
            "He called it *“a quiet disaster”* on Monday.",
            "그는 월요일 이를 “조용한 재앙”이라고 불렀다.",
            Lang::Ko,
            "“조용한 재앙”",
        ),
    ] {
        let found = one(&[source], &[target], lang);
        assert_eq!(found, (words.to_owned(), Anchored), "{source}");
    }
    let second = placed(
        &["*NATO* said *NATO* would wait."],
        &["NATO는 NATO가 기다릴 것이라고 밝혔다."],
        Lang::Ko,
        &nowhere,
    );
    assert_eq!(second[0], ("NATO".to_owned(), Anchored));
    assert_eq!(second[1], ("NATO".to_owned(), Anchored));
}

#[test]
fn a_caller_can_say_where_a_name_stands() {
    let table = |words: &str, target: &str| {
        let form = match words {
            "Ada Quay" => "에이다 키",
            "Harbour Board" => "Портового совета",
            _ => return None,
        };
        target.find(form).map(|at| at..at + form.len())
    };
    let found = placed(
        &["Yesterday *Ada Quay* left."],
        &["에이다 키는 어제 떠났다."],
        Lang::Ko,
        &table,
    );
    assert_eq!(found, [("에이다 키".to_owned(), Placed::Anchored)]);
    let found = placed(
        &["A member of *the Harbour Board* left."],
        &["Ушёл член Портового совета."],
        Lang::Ru,
        &table,
    );
    assert_eq!(found, [("Портового совета".to_owned(), Placed::Anchored)]);
    // What a caller says is looked at before it is believed.
    let wrong = |_: &str, _: &str| Some(1..500);
    let found = placed(
        &["It *rained* all day."],
        &["종일 비가 내렸다."],
        Lang::Ko,
        &wrong,
    );
    assert_eq!(found[0].1, Placed::Estimated);
}

#[test]
fn the_rest_is_put_where_it_stood_around_whole_words() {
    use Placed::Estimated;
    for (source, target, lang, words) in [
        (
            "*The harbour master* opened the old dock again.",
            "항만장은 오래된 부두를 다시 열었다.",
            Lang::Ko,
            "항만장은 오래된",
        ),
        (
            "In 2031 *the harbour master* opened a dock.",
            "마침내 2031년 항만장은 부두를 열었다.",
            Lang::Ko,
            "항만장은 부두",
        ),
        (
            "In 2031 *harbour officials* opened a dock.",
            "Но зато уже в 2031 портовые чиновники открыли причал.",
            Lang::Ru,
            "портовые чиновники",
        ),
        (
            "The master *quickly* opened the dock.",
            "Начальник быстро открыл причал.",
            Lang::Ru,
            "быстро",
        ),
        (
            "It was *closed, again*.",
            "Он был, снова, закрыт.",
            Lang::Ru,
            "снова, закрыт",
        ),
    ] {
        let (section, ranges) = section(&[source]);
        let done = translated(&section, &ranges, &[target.to_owned()], lang, &nowhere);
        let mark = done.marks[0];
        assert_eq!(mark.placed, Estimated, "{source}");
        assert_eq!(&done.text[mark.start..mark.end], words, "{source}");
    }
}

#[test]
fn a_link_leaves_the_particle_outside_where_it_can_be_told() {
    for (target, words) in [
        ("그는 여객선을 탔다.", "여객선"),
        ("그는 박물관에서 일했다.", "박물관"),
        ("그는 가을 갔다.", "가을"),
    ] {
        let three = ["He *boarded* it."];
        assert_eq!(one(&three, &[target], Lang::Ko).0, words, "{target}");
    }
}

#[test]
fn an_estimate_is_drawn_to_a_name_among_its_words() {
    let source = ["The report names *the old yard of Northgate Marine* as the cause of all of it."];
    let target = ["Причиной всего этого в отчёте названа старая верфь Northgate Marine."];
    let (words, placed) = one(&source, &target, Lang::Ru);
    assert!(words.contains("Northgate"), "{words}");
    assert_eq!(placed, Placed::Estimated);
}

#[test]
fn marks_keep_their_order_within_one_another_and_share_no_words() {
    let source = ["*The [harbour] master* and *the [mayor] of the town* met *today*."];
    for (target, lang) in [
        ("항만장과 시장이 오늘 만났다.", Lang::Ko),
        ("Сегодня начальник порта встретился с мэром.", Lang::Ru),
        ("끝.", Lang::Ko),
        ("", Lang::Ru),
    ] {
        let (section, ranges) = section(&source);
        let done = translated(&section, &ranges, &[target.to_owned()], lang, &nowhere);
        check_nesting(&section, &done);
    }
}

/// Marks within one another in the source are so in the target, and others have no byte in common.
fn check_nesting(section: &Section, done: &Translated) {
    assert_eq!(done.marks.len(), section.marks.len());
    for (at, mark) in done.marks.iter().enumerate() {
        assert_eq!(mark.mark, at);
        assert!(done.text.get(mark.start..mark.end).is_some(), "{mark:?}");
        for (inner_at, inner) in done.marks.iter().enumerate().skip(at + 1) {
            let (one, other) = (&section.marks[at], &section.marks[inner_at]);
            if other.end <= one.end {
                let within = mark.start <= inner.start && inner.end <= mark.end;
                assert!(within, "{mark:?} {inner:?} {:?}", done.text);
            } else {
                let apart = mark.end <= inner.start || inner.end <= mark.start;
                assert!(apart, "{mark:?} {inner:?} {:?}", done.text);
            }
        }
    }
}
