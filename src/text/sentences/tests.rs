use crate::job::Lang;
use crate::text::sentences::sentences;

/// Sentences are separated by ` | `, which stands for the space between them.
const ENGLISH: &[&str] = &[
    "N. Korea’s Kim left for Russia on Sunday. | He arrived on Tuesday.",
    "The U.S. and N. Korea do not talk. | S. Korea does.",
    "He moved to the U.S. | He never went back.",
    "The U.S. President spoke to the U.N. Security Council.",
    "Talks with the U.S. broke down. | The U.N. was told.",
    "Gen. Mark Reed met Lt. Col. Ines Farah and Sgt. Li.",
    "Sen. Ann Brown and Rep. Joe Wu voted no. | Gov. Hale did not vote.",
    "He arrived at 9 a.m. | The train was late.",
    "The shop opens at 9 a.m. on Mondays and closes at 5 p.m. sharp.",
    "It began at 9 a.m. Tuesday and ended at 3 p.m. GMT.",
    "It ended at 5 p.m. | Police said nobody was hurt.",
    "The vote is at 6 p.m. Jan. 5 in the old hall.",
    "She is No. 5 in the world. | No. 1 lost.",
    "He said no. | Then he left.",
    "It was Jones vs. Smith, and Smith vs. the world.",
    "The trial opens on Jan. 5. | It will be short.",
    "It was sold in Feb. 2019 for $3.5 million. | The buyer paid in cash.",
    "Prices rose 3.5% in May. | Wages did not.",
    "It cost $1.2 million. | $3 million was planned.",
    "“We lost it.” | He said nothing more.",
    "“We will remind both countries of it,” he added. | Nobody answered.",
    "“Why?” he asked. | Nobody knew.",
    "“Why now?” Ms. Kim asked. | Nobody knew.",
    "“Never!” the crowd shouted.",
    "“Is it over?” | Kim did not answer.",
    "He called it “a bad day.” | She called it worse.",
    "\"We lost it.\" | He left.",
    "\"Why?\" he asked.",
    "They left at 18:38 (09:38 GMT). | The train was slow.",
    "The last stamp was 09:38 GMT. | After that there was silence.",
    "J. K. Rowling wrote it. | George W. Bush read it.",
    "J.K. Rowling and J. R. R. Tolkien did not meet.",
    "Acme Inc. said so. | Acme Inc. Chief Executive Tim Hale did not.",
    "She works for Acme Inc. | She likes it.",
    "Martin Luther King Jr. was born in Atlanta. | He died in Memphis.",
    "It was built by Adams Bros. and Sons Ltd. in 1904.",
    "St. Martin’s Church burned down. | St. Mary’s did not.",
    "It stands on Main St. | The bridge is near.",
    "Dr. Aiko Tanaka and Mr. Dahl agreed. | Mrs. Dahl did not.",
    "He waited... and waited. | Nobody came.",
    "He waited… | Then he left.",
    "See https://example.org/a.b?c=d.e for more. | It is free.",
    "Write to j.doe@example.org. | She answers.",
    "Version 2.0.1 is out. | Use it.",
    "It fell by 0.5 points to 1,234.56. | Shares fell too.",
    "What now? | Nobody knows! | Wait.",
    "(It was raining.) | He stayed.",
    "He chose Plan B. | The rest chose Plan A.",
    "“It is over,” he said. | “We won.”",
    "Kim (pictured) waved. | Putin did not.",
    "The firm, e.g. its board, i.e. its owners, agreed.",
    "Washington, D.C. Mayor Ann Lee spoke. | In D.C. she is known.",
    "In 2019 he left. | In 2020 he came back.",
    "It happened in 2019. | 40 people saw it.",
    "Prof. Yang Moo-jin, of the University in Seoul, told AFP. | He is 60.",
    "The aircraft, a Boeing 737-800, landed at St. Louis. | It was Flight No. 12.",
    "‘We are ready,’ she said. | ‘Are you?’",
    "The road to Mt. Etna is closed. | Ft. Worth is far.",
    "He is Sen. Brown’s aide. | She was Adm. Lee’s.",
    "The U.S.-led talks failed. | The U.K.’s did not.",
    "1. First of all.",
    "Yes. | No. | Maybe.",
    "The price was £2.3bn. | “Too much,” Penn said.",
];

#[test]
fn the_traps_of_news_english_are_stepped_over() {
    let mut wrong = Vec::new();
    for row in ENGLISH {
        let text = row.replace(" | ", " ");
        let found: Vec<&str> = sentences(&text, Lang::En)
            .into_iter()
            .map(|range| text[range].trim_end())
            .collect();
        let expected: Vec<&str> = row.split(" | ").collect();
        if found != expected {
            wrong.push(format!("expected {expected:?}\n   found {found:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} rows\n{}",
        wrong.len(),
        ENGLISH.len(),
        wrong.join("\n")
    );
}

#[test]
fn korean_and_russian_sentences_are_told_apart() {
    for (row, lang) in [
        (
            "김 위원장이 러시아에 도착했다. | 회담은 이번 주에 열린다.",
            Lang::Ko,
        ),
        ("“모른다.”라고 그가 말했다. | 회의는 끝났다.", Lang::Ko),
        (
            "Ким прибыл в Россию. | Переговоры пройдут на этой неделе.",
            Lang::Ru,
        ),
        ("Это было в 2019 г. в Москве. | Потом он уехал.", Lang::Ru),
    ] {
        let text = row.replace(" | ", " ");
        let found: Vec<&str> = sentences(&text, lang)
            .into_iter()
            .map(|range| text[range].trim_end())
            .collect();
        assert_eq!(found, row.split(" | ").collect::<Vec<_>>());
    }
}

#[test]
fn a_paragraph_break_ends_a_sentence_and_a_quotation() {
    let text = "“It was the first\r\n\r\n“It was the second. And the last\n\nThird";
    let found: Vec<&str> = sentences(text, Lang::En)
        .into_iter()
        .map(|range| &text[range])
        .collect();
    assert_eq!(
        found,
        [
            "“It was the first\r\n\r\n",
            "“It was the second. ",
            "And the last\n\n",
            "Third"
        ]
    );
}

proptest::proptest! {
    #[test]
    fn sentences_tile_any_text_byte_for_byte(
        words in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::string::string_regex("(?s).{0,6}").unwrap(),
                proptest::sample::select(vec![
                    "U.S.", " ", "\r\n", "\n\n", "Gen.", "“", "”", "\"", ". ", "? ", "… ", "한국어.", " 👩‍👩‍👧 ", "He", "a.m.", "(", ")", "1.", "é", "\u{feff}", "\0",
                ]).prop_map(str::to_owned),
            ],
            0..40,
        ),
    ) {
        let text = words.concat();
        for lang in [Lang::En, Lang::Ko, Lang::Ru] {
            let ranges = sentences(&text, lang);
            let joined: String = ranges.iter().map(|range| &text[range.clone()]).collect();
            proptest::prop_assert_eq!(&joined, &text);
            proptest::prop_assert!(ranges.iter().all(|range| !range.is_empty()));
        }
    }
}

use proptest::strategy::Strategy as _;
