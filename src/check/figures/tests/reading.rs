//! What is read out of a text.

use crate::check::figures::{Currency, Decimal, Half, Kind, Unit, Zone, plain, quantities};
use crate::job::Lang::{self, En, Ko, Ru};

fn read(text: &str, lang: Lang) -> Vec<(Kind, String, &str)> {
    quantities(text, lang)
        .into_iter()
        .map(|found| {
            let words = text.get(found.range.clone()).unwrap();
            (found.kind, found.value.to_string(), words)
        })
        .collect()
}

#[test]
fn english() {
    assert_eq!(
        read(
            "On Monday, May 5, at 6:38 p.m. GMT, $1.5bn (12%) was lost 45 miles off, 3-1.",
            En
        ),
        [
            (Kind::Weekday, "1".to_owned(), "Monday"),
            (Kind::Month, "5".to_owned(), "May"),
            (Kind::Day, "5".to_owned(), "5"),
            (Kind::Clock(Half::Known), "1118".to_owned(), "6:38 p.m."),
            (Kind::Zone(Zone::Greenwich), "0".to_owned(), "GMT"),
            (
                Kind::Money(Currency::Dollar),
                "1500000000".to_owned(),
                "$1.5bn"
            ),
            (Kind::Percent, "12".to_owned(), "12%"),
            (Kind::Measure(Unit::Mile), "45".to_owned(), "45 miles"),
            (Kind::Score, "3".to_owned(), "3"),
            (Kind::Score, "1".to_owned(), "1"),
        ]
    );
}

#[test]
fn korean() {
    assert_eq!(
        read(
            "5월 5일 월요일 오후 6시 38분, 15억 달러(12%)를 45마일 밖에서 3대 1로.",
            Ko
        ),
        [
            (Kind::Month, "5".to_owned(), "5월"),
            (Kind::Day, "5".to_owned(), "5일"),
            (Kind::Weekday, "1".to_owned(), "월요일"),
            (Kind::Clock(Half::Known), "1118".to_owned(), "오후 6시 38분"),
            (
                Kind::Money(Currency::Dollar),
                "1500000000".to_owned(),
                "15억 달러"
            ),
            (Kind::Percent, "12".to_owned(), "12%"),
            (Kind::Measure(Unit::Mile), "45".to_owned(), "45마일"),
            (Kind::Score, "3".to_owned(), "3"),
            (Kind::Score, "1".to_owned(), "1"),
        ]
    );
}

#[test]
fn russian() {
    assert_eq!(
        read(
            "В понедельник, 5 мая, в 18:38 по Гринвичу 1,5 млрд долларов (12 %) в 45 милях, 3:1.",
            Ru
        ),
        [
            (Kind::Weekday, "1".to_owned(), "понедельник"),
            (Kind::Day, "5".to_owned(), "5"),
            (Kind::Month, "5".to_owned(), "мая"),
            (Kind::Clock(Half::Known), "1118".to_owned(), "18:38"),
            (Kind::Zone(Zone::Greenwich), "0".to_owned(), "Гринвичу"),
            (
                Kind::Money(Currency::Dollar),
                "1500000000".to_owned(),
                "1,5 млрд долларов"
            ),
            (Kind::Percent, "12".to_owned(), "12 %"),
            (Kind::Measure(Unit::Mile), "45".to_owned(), "45 милях"),
            (Kind::Score, "3".to_owned(), "3"),
            (Kind::Score, "1".to_owned(), "1"),
        ]
    );
}

#[test]
fn single_values() {
    for (text, lang, value) in [
        ("two hundred and five", En, "205"),
        ("twelve thousand three hundred", En, "12300"),
        ("a quarter of a million", En, "250000"),
        ("one and a half million", En, "1500000"),
        ("300-million", En, "300000000"),
        ("$5m", En, "5000000"),
        ("twenty-first", En, "21"),
        ("3만2천", Ko, "32000"),
        ("1억 5000만", Ko, "150000000"),
        ("2천5백만", Ko, "25000000"),
        ("5십만", Ko, "500000"),
        ("1조 2천억", Ko, "1200000000000"),
        ("30 만 명", Ko, "300000"),
        ("백이십만 명", Ko, "1200000"),
        ("이천이십삼 년", Ko, "2023"),
        ("서른두 명", Ko, "32"),
        ("열다섯", Ko, "15"),
        ("сто двадцать пять", Ru, "125"),
        ("двумя тысячами", Ru, "2000"),
        ("две тысячи восемнадцатого", Ru, "2018"),
        ("тысяча девятьсот восемьдесят", Ru, "1980"),
        ("двадцатипятилетнего", Ru, "25"),
        ("полтора миллиона", Ru, "1500000"),
        ("три с половиной тысячи", Ru, "3500"),
        ("девяноста", Ru, "90"),
    ] {
        let found = read(text, lang);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].1, value, "{text}");
    }
}

#[test]
fn words_that_only_look_like_figures_are_none() {
    for (text, lang) in [
        ("You may march on.", En),
        ("Theresa May’s plan", En),
        ("several hundred, millions and dozens", En),
        ("백인과 천재와 만약", Ko),
        ("수십 명과 수백만 명", Ko),
        ("이 사람은 사정이 있다", Ko),
        ("오만과 편견", Ko),
        ("пятно, стол и семинар", Ru),
    ] {
        let firm: Vec<_> = quantities(text, lang)
            .into_iter()
            .filter(|found| found.firm)
            .collect();
        assert_eq!(firm, [], "{text}");
    }
}

#[test]
fn anything_can_be_read() {
    let pieces = [
        "1",
        ",",
        ".",
        ":",
        "-",
        " ",
        "만",
        "억",
        "월",
        "일",
        "시",
        "분의",
        "반",
        "млн",
        "тыс.",
        "-й",
        "–",
        "%",
        "$",
        "May",
        "half",
        "a",
        "million",
        "and",
        "third",
        "пол",
        "часов",
        "오후",
        "\u{a0}",
        "½",
        "é",
        "İ",
        "’",
        "99999999999999999999999999999999999999999",
    ];
    // A small generator, so that the same texts come every time.
    let mut state: u64 = 7;
    for _ in 0..3_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let pick = usize::try_from(state >> 33).unwrap() % pieces.len();
            text.push_str(pieces[pick]);
        }
        for lang in [En, Ko, Ru] {
            let mut last = 0;
            for found in quantities(&text, lang) {
                assert!(text.get(found.range.clone()).is_some(), "{text}");
                assert!(found.range.start < found.range.end, "{text}");
                assert!(last <= found.range.start, "{text}");
                last = found.range.start;
            }
            super::super::check(&text, &text, lang);
        }
    }
}

#[test]
fn values_are_exact() {
    let found = quantities("0.1 + 0.2", En);
    let sum = found[0].value.plus(found[1].value);
    assert_eq!(sum, Decimal::parse("0.3"));
}

#[test]
fn plain_figures_are_as_they_stand() {
    assert_eq!(
        plain("In 2019, 1,200 ships at 18:38, 6.5% (F-35)."),
        ["2019", "1200", "18:38", "6.5", "35"]
    );
    assert!(plain("none").is_empty());
}
