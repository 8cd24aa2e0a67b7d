use super::*;

mod forms;

#[test]
fn names_are_found_by_capitals_and_context() {
    use Kind::{Organisation, Other, Person, Place};
    let cases: &[(&str, &[(&str, Kind)])] = &[
        (
            "President Maria Sandoval met Foreign Minister Erik Lund in Lisbon on Monday.",
            &[
                ("Maria Sandoval", Person),
                ("Erik Lund", Person),
                ("Lisbon", Place),
            ],
        ),
        (
            "The Defence Ministry said Marshal Pak Jong Chon and Kim Jong Un watched the launch.",
            &[
                ("Defence Ministry", Organisation),
                ("Pak Jong Chon", Person),
                ("Kim Jong Un", Person),
            ],
        ),
        (
            "South Korean President Moon Jae-in’s aide, Yang Moo-jin, told CNN that Seoul would wait.",
            &[
                ("Moon Jae-in", Person),
                ("Yang Moo-jin", Person),
                ("CNN", Organisation),
                ("Seoul", Place),
            ],
        ),
        (
            "Leif-Eric Hansen, 52, of the University of Tromso, wrote to U.S. Sen. J. R. Holloway.",
            &[
                ("Leif-Eric Hansen", Person),
                ("Tromso", Organisation),
                ("US", Place),
                ("J R Holloway", Person),
            ],
        ),
        (
            "Workers at Halvorsen Shipping Inc. and the Green Party’s Ludwig van der Meer agreed.",
            &[
                ("Halvorsen Shipping Inc", Organisation),
                ("Green Party", Organisation),
                ("Ludwig van der Meer", Other),
            ],
        ),
        (
            "Nobody came. Meanwhile it rained on Tuesday, as the Germans feared.",
            &[],
        ),
        ("But Peter Novak stayed.", &[("Peter Novak", Person)]),
        ("Striker Ivaylo Lund scored.", &[("Ivaylo Lund", Person)]),
        (
            "The chief conductor, Ilka Lund, left.",
            &[("Ilka Lund", Person)],
        ),
        (
            "The WHO sent nurses to the village of Tarnmoor.",
            &[("WHO", Organisation), ("Tarnmoor", Place)],
        ),
        (
            "“Tomorrow we vote,” the mayor, Anna Brandt, said.",
            &[("Anna Brandt", Person)],
        ),
        (
            "London-based traders and anti-Orlov protesters left.",
            &[("London", Place), ("Orlov", Other)],
        ),
    ];
    for (text, expected) in cases {
        let found: Vec<_> = find(text)
            .into_iter()
            .filter(|name| name.text() != "University")
            .map(|name| (name.text(), name.kind))
            .collect();
        let found: Vec<_> = found
            .iter()
            .map(|(text, kind)| (text.as_str(), *kind))
            .collect();
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn a_headline_has_the_names_that_the_article_has() {
    let headline = "Harbour Strike Ends After Holloway Talks in Rostock, Say Officials";
    let body = "Dock workers returned on Friday after the talks. Mary Holloway, the mayor, was in Rostock.";
    let known = Known::new([headline, body], []);
    let names: Vec<_> = known.find(headline).iter().map(Name::text).collect();
    assert_eq!(names, ["Holloway", "Rostock"]);
    assert!(
        find(headline)
            .iter()
            .all(|name| name.text() != "Strike Ends After Holloway Talks")
    );
}

#[test]
fn a_range_is_that_of_the_name_alone() {
    let text = "“Überraschend”, said Dr. Jürgen Weiß’s lawyer.";
    let names = find(text);
    let printed: Vec<_> = names
        .iter()
        .map(|name| text.get(name.range.clone()).unwrap())
        .collect();
    assert_eq!(printed, ["Jürgen Weiß"]);
}

/// An article of our own.
const ARTICLE: [&str; 4] = [
    "Ferry Talks Between Holloway and Brandvold Collapse",
    "Mary Holloway, the transport minister, met Kristian Brandvold in Stavanger on Monday.",
    "“We tried,” Holloway said. Brandvold, who owns two ferries in Stavanger, left early.",
    "The United States and NATO said nothing about Stavanger.",
];
const KOREAN: [&str; 4] = [
    "홀러웨이·브란드볼드 여객선 협상 결렬",
    "메리 홀러웨이 교통부 장관이 월요일 스타방에르에서 크리스티안 브란드볼드을 만났다.",
    "홀러웨이는 “우리는 노력했다”고 말했다. 스타방에르에 여객선 두 척을 가진 브란드볼드은 일찍 떠났다.",
    "미국과 나토는 스타방에르에 대해 말이 없었다.",
];
const RUSSIAN: [&str; 4] = [
    "Переговоры Холлоуэй и Брандволда о паромах провалились",
    "Министр транспорта Мэри Холлоуэй встретилась с Кристианом Брандволдом в Ставангере в понедельник.",
    "«Мы пытались», — сказала Холлоуэй. Брандволд, у которого в Ставангере два парома, ушёл рано.",
    "Соединённые Штаты и НАТО о Ставангере промолчали.",
];

fn known() -> Known {
    Known::new(ARTICLE, [])
}

fn notes(source: &str, target: &str, lang: Lang) -> Vec<String> {
    let found = check(source, target, lang, &known());
    assert!(
        found
            .iter()
            .all(|finding| finding.code == Code::Name && finding.source.is_some())
    );
    found.into_iter().map(|finding| finding.note).collect()
}

#[test]
fn a_good_translation_has_all_names() {
    for (source, target) in ARTICLE.iter().zip(KOREAN) {
        assert_eq!(notes(source, target, Lang::Ko), [""; 0], "{target}");
    }
    for (source, target) in ARTICLE.iter().zip(RUSSIAN) {
        assert_eq!(notes(source, target, Lang::Ru), [""; 0], "{target}");
    }
}

#[test]
fn another_name_in_its_place_is_found() {
    let cases: &[(usize, Lang, &str, &str, &str)] = &[
        (1, Lang::Ko, "홀러웨이", "맥도널드", "Mary Holloway"),
        (1, Lang::Ko, "브란드볼드", "얀센", "Kristian Brandvold"),
        (1, Lang::Ko, "스타방에르", "헬싱키", "Stavanger"),
        (
            1,
            Lang::Ko,
            "메리 홀러웨이",
            "Mary Holloway",
            "Mary Holloway",
        ),
        (2, Lang::Ko, "홀러웨이는", "그는", "Holloway"),
        (3, Lang::Ko, "미국", "영국", "United States"),
        (3, Lang::Ko, "나토", "유엔", "NATO"),
        (1, Lang::Ru, "Холлоуэй", "Макдональд", "Mary Holloway"),
        (1, Lang::Ru, "Брандволдом", "Янсеном", "Kristian Brandvold"),
        (1, Lang::Ru, "Ставангере", "Хельсинки", "Stavanger"),
        (
            1,
            Lang::Ru,
            "Мэри Холлоуэй",
            "Mary Holloway",
            "Mary Holloway",
        ),
        (2, Lang::Ru, "Брандволд", "Он", "Brandvold"),
        (
            3,
            Lang::Ru,
            "Соединённые Штаты",
            "Британия",
            "United States",
        ),
        (3, Lang::Ru, "НАТО", "ООН", "NATO"),
    ];
    for (row, lang, right, wrong, name) in cases {
        let good = if *lang == Lang::Ko { KOREAN } else { RUSSIAN }[*row];
        assert!(good.contains(right), "{right}");
        let bad = good.replace(right, wrong);
        let expected = format!("no form of “{name}” found");
        assert_eq!(notes(ARTICLE[*row], &bad, *lang), [expected], "{bad}");
    }
}

#[test]
fn a_surname_is_enough_and_a_given_name_is_not() {
    for (target, lang, count) in [
        ("브란드볼드이 떠났다.", Lang::Ko, 0),
        ("크리스티안이 떠났다.", Lang::Ko, 1),
        ("Брандволд ушёл.", Lang::Ru, 0),
        ("Кристиан ушёл.", Lang::Ru, 1),
    ] {
        let found = notes("Kristian Brandvold left.", target, lang);
        assert_eq!(found.len(), count, "{target}");
    }
}

#[test]
fn what_the_producer_names_is_checked() {
    let source = "Reporters asked Quillfeather twice.";
    let named = Known::new([source], [("Quillfeather", Kind::Person)]);
    for (target, lang) in [
        ("기자들이 두 번 물었다.", Lang::Ko),
        ("Журналисты спросили дважды.", Lang::Ru),
    ] {
        assert_eq!(check(source, target, lang, &named).len(), 1);
        assert_eq!(check(source, target, lang, &Known::default()), []);
    }
    for (target, lang) in [
        ("기자들이 퀼페더에게 물었다.", Lang::Ko),
        ("Журналисты спросили Квиллфезера.", Lang::Ru),
    ] {
        assert_eq!(check(source, target, lang, &named), []);
    }
}

#[test]
fn a_form_that_changes_is_found_where_it_is_rare() {
    for (lang, texts, right, wrong) in [
        (Lang::Ko, KOREAN, "홀러웨이", "할로웨이"),
        (Lang::Ru, RUSSIAN, "Холлоуэй", "Халлуэй"),
    ] {
        let pairs: Vec<_> = ARTICLE.into_iter().zip(texts).collect();
        assert_eq!(varying(&pairs, lang, &known()), [], "{lang:?}");
        let changed = texts[2].replace(right, wrong);
        let mut pairs = pairs;
        pairs[2].1 = &changed;
        let found = varying(&pairs, lang, &known());
        let [(row, finding)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((*row, finding.code), (2, Code::NameVaries));
        assert_eq!(finding.note, format!("“{wrong}” here, “{right}” elsewhere"));
        assert_eq!(changed.get(finding.target.clone().unwrap()).unwrap(), wrong);
        assert_eq!(
            ARTICLE[2].get(finding.source.clone().unwrap()).unwrap(),
            "Holloway"
        );
    }
}

#[test]
fn case_endings_and_particles_are_no_change() {
    let english = [
        "Pavel Sokolov came.",
        "They saw Sokolov.",
        "It was up to Sokolov.",
    ];
    let known = Known::new(english, []);
    for (lang, texts) in [
        (
            Lang::Ko,
            [
                "파벨 소콜로프가 왔다.",
                "소콜로프를 보았다.",
                "소콜로프에게 달렸다.",
            ],
        ),
        (
            Lang::Ru,
            [
                "Пришёл Павел Соколов.",
                "Видели Соколова.",
                "Всё зависело от Соколовых.",
            ],
        ),
    ] {
        let pairs: Vec<_> = english.into_iter().zip(texts).collect();
        assert_eq!(varying(&pairs, lang, &known), []);
    }
}

#[test]
fn nothing_is_said_of_an_empty_text() {
    assert_eq!(find(""), []);
    assert_eq!(appears("", "글", Lang::Ko), None);
    assert_eq!(appears("Stavanger", "", Lang::Ru), None);
    assert_eq!(check("", "", Lang::Ko, &Known::default()), []);
}

#[test]
fn a_short_form_is_found_only_as_a_word() {
    for (name, target, lang, is_there) in [
        ("U.S", "미 국무부가 밝혔다.", Lang::Ko, true),
        ("U.S", "미래는 밝다.", Lang::Ko, false),
        ("Vienna", "빈에서 열렸다.", Lang::Ko, true),
        ("Vienna", "빈곤이 늘었다.", Lang::Ko, false),
        ("UN", "в ООН решили", Lang::Ru, true),
        ("EU", "ЕСТЬ решение", Lang::Ru, false),
        ("Germany", "немецкий и германский", Lang::Ru, true),
        ("Vienna", "в венгерском городе", Lang::Ru, false),
    ] {
        assert_eq!(
            appears(name, target, lang).is_some(),
            is_there,
            "{name}: {target}"
        );
    }
}

#[test]
fn latin_letters_count_for_acronyms_and_brands_alone() {
    for (name, target, lang, is_there) in [
        ("BBC", "BBC에 말했다.", Lang::Ko, true),
        ("iPhone", "новый iPhone", Lang::Ru, true),
        ("iPhone", "새 아이폰을", Lang::Ko, true),
        ("McGregor", "McGregor는", Lang::Ko, false),
        ("McGregor", "Макгрегор", Lang::Ru, true),
        ("Holloway", "Holloway сказала", Lang::Ru, false),
        ("Holloway", "홀러웨이(Holloway)는", Lang::Ko, true),
        ("Holloway", "장관(Holloway)은", Lang::Ko, false),
    ] {
        assert_eq!(
            appears(name, target, lang).is_some(),
            is_there,
            "{name}: {target}"
        );
    }
}

#[test]
fn capitals_throughout_say_nothing() {
    assert_eq!(find("FERRY TALKS COLLAPSE IN STAVANGER"), []);
    assert_eq!(
        check(
            "FERRY TALKS COLLAPSE IN STAVANGER",
            "협상 결렬",
            Lang::Ko,
            &known()
        ),
        []
    );
}

#[test]
fn a_family_name_may_be_written_in_full() {
    let source = ["Kim Jong Un spoke.", "Officials said Kim was pleased."];
    let known = Known::new(source, []);
    for (target, lang, count) in [
        ("관리들은 김정은이 만족했다고 말했다.", Lang::Ko, 0),
        ("관리들은 김 위원장이 만족했다고 말했다.", Lang::Ko, 0),
        ("관리들은 박 위원장이 만족했다고 말했다.", Lang::Ko, 1),
        ("По словам чиновников, Ким Чен Ын доволен.", Lang::Ru, 0),
        ("По словам чиновников, Пак доволен.", Lang::Ru, 1),
    ] {
        let found = check(source[1], target, lang, &known);
        assert_eq!(found.len(), count, "{target} {found:?}");
    }
}

#[test]
fn a_country_may_stand_for_its_government_and_not_for_its_capital() {
    for (source, target, lang, count) in [
        ("Washington refused.", "미국은 거부했다.", Lang::Ko, 0),
        ("They met in Washington.", "미국에서 만났다.", Lang::Ko, 1),
        ("They met in Washington.", "워싱턴에서 만났다.", Lang::Ko, 0),
        ("Beijing refused.", "Китай отказался.", Lang::Ru, 0),
        (
            "They met in Beijing.",
            "Встреча прошла в Китае.",
            Lang::Ru,
            1,
        ),
        (
            "They met in Beijing.",
            "Встреча прошла в Пекине.",
            Lang::Ru,
            0,
        ),
    ] {
        let found = check(source, target, lang, &Known::default());
        assert_eq!(found.len(), count, "{source} {target}");
    }
}

#[test]
fn a_country_is_not_another() {
    for (source, target, lang, count) in [
        ("South Korea agreed.", "북한이 동의했다.", Lang::Ko, 1),
        ("South Korea agreed.", "우리는 한 번 동의했다.", Lang::Ko, 1),
        ("South Korea agreed.", "한국이 동의했다.", Lang::Ko, 0),
        (
            "South Korea agreed.",
            "Северная Корея согласилась.",
            Lang::Ru,
            1,
        ),
        (
            "North Korea agreed.",
            "Южная Корея согласилась.",
            Lang::Ru,
            1,
        ),
        (
            "North Korea agreed.",
            "Северокорейские власти согласились.",
            Lang::Ru,
            0,
        ),
        ("China agreed.", "회의 중 동의했다.", Lang::Ko, 1),
        ("China agreed.", "방중 대표단이 동의했다.", Lang::Ko, 0),
        ("Libya agreed.", "볼리비아가 동의했다.", Lang::Ko, 1),
        ("Cuba agreed.", "Обладатель Кубка согласился.", Lang::Ru, 1),
        ("Brexit began.", "Он выходит на улицу.", Lang::Ru, 1),
        ("Libya agreed.", "주리비아 대사가 동의했다.", Lang::Ko, 0),
    ] {
        let found = check(source, target, lang, &Known::default());
        assert_eq!(found.len(), count, "{source} {target}");
    }
}
