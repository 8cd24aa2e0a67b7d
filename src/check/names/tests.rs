use super::*;

/// Names with the forms that newsrooms give them; the Russian ones in several cases.
const FORMS: &[(&str, &str, &str)] = &[
    (
        "Dmitry Peskov",
        "드미트리 페스코프 대변인은",
        "с Дмитрием Песковым",
    ),
    ("Peskov", "페스코프는", "Пескову"),
    ("Sergei Lavrov", "세르게이 라브로프", "Лавровым"),
    ("Vladimir Putin", "블라디미르 푸틴", "Путиным"),
    ("Volodymyr Zelenskyy", "볼로디미르 젤렌스키", "Зеленского"),
    ("Andrii Yermak", "안드리 예르마크", "Андрея Ермака"),
    ("Alexei Navalny", "알렉세이 나발니", "Навальному"),
    ("Kim Jong Un", "김정은", "Ким Чен Ына"),
    ("Kim Jong-un", "김정은이", "Ким Чен Ыном"),
    ("Kim Yo Jong", "김여정", "Ким Ё Чжон"),
    ("Pak Jong Chon", "박정천", "Пак Чон Чхон"),
    ("Choe Son Hui", "최선희", "Цой Сон Хи"),
    ("Ri Yong Ho", "리용호", "Ли Ён Хо"),
    ("Moon Jae-in", "문재인", "Мун Чжэ Ина"),
    ("Yoon Suk Yeol", "윤석열", "Юн Сок Ёль"),
    ("Lee Jae Myung", "이재명", "Ли Чжэ Мён"),
    ("Yang Moo-jin", "양무진", "Ян Му Чжин"),
    ("Cho Tae-yul", "조태열", "Чо Тхэ Ёль"),
    ("Han Duck-soo", "한덕수", "Хан Док Су"),
    ("Park Geun-hye", "박근혜", "Пак Кын Хе"),
    ("Xi Jinping", "시진핑", "Си Цзиньпина"),
    ("Wang Yi", "왕이", "Ван И"),
    ("Zhang Jun", "장쥔", "Чжан Цзюнь"),
    ("Li Qiang", "리창", "Ли Цян"),
    ("Shinzo Abe", "아베 신조", "Синдзо Абэ"),
    ("Fumio Kishida", "기시다 후미오", "Фумио Кисиды"),
    ("Shigeru Ishiba", "이시바 시게루", "Сигэру Исибе"),
    ("Leif-Eric Easley", "레이프에릭 이즐리", "Лейф-Эрик Исли"),
    ("Donald Trump", "도널드 트럼프", "Дональда Трампа"),
    ("Joe Biden", "조 바이든", "Джо Байдена"),
    ("Barack Obama", "버락 오바마", "Барака Обамы"),
    ("George W. Bush", "조지 W. 부시", "Джорджа Буша"),
    ("Antony Blinken", "토니 블링컨", "Энтони Блинкеном"),
    ("Lloyd Austin", "로이드 오스틴", "Ллойд Остин"),
    ("Marco Rubio", "마코 루비오", "Марко Рубио"),
    ("Pete Hegseth", "피트 헤그세스", "Пит Хегсет"),
    ("Keir Starmer", "키어 스타머", "Кира Стармера"),
    ("Rishi Sunak", "리시 수낵", "Риши Сунака"),
    ("David Cameron", "데이비드 캐머런", "Дэвида Кэмерона"),
    ("Emmanuel Macron", "에마뉘엘 마크롱", "Эммануэля Макрона"),
    ("François Hollande", "프랑수아 올랑드", "Франсуа Олланд"),
    ("Michel Barnier", "미셸 바르니에", "Мишеля Барнье"),
    ("Marine Le Pen", "마린 르펜", "Марин Ле Пен"),
    ("Olaf Scholz", "올라프 숄츠", "Олафом Шольцем"),
    ("Friedrich Merz", "프리드리히 메르츠", "Фридриха Мерца"),
    ("Angela Merkel", "앙겔라 메르켈", "Ангелы Меркель"),
    (
        "Ursula von der Leyen",
        "우르줄라 폰데어라이엔",
        "Урсулы фон дер Ляйен",
    ),
    (
        "Jens Stoltenberg",
        "옌스 스톨텐베르그",
        "Йенса Столтенберга",
    ),
    ("Mark Rutte", "마르크 뤼터", "Марк Рютте"),
    ("António Guterres", "안토니우 구테흐스", "Антониу Гутерриша"),
    (
        "Recep Tayyip Erdogan",
        "레제프 타이이프 에르도안",
        "Эрдогана",
    ),
    (
        "Benjamin Netanyahu",
        "베냐민 네타냐후",
        "Биньямина Нетаньяху",
    ),
    ("Ali Khamenei", "알리 하메네이", "Али Хаменеи"),
    ("Bashar al-Assad", "바샤르 알아사드", "Башара Асада"),
    (
        "Abdel Fattah el-Sisi",
        "압델 파타 엘시시",
        "Абдель Фаттах ас-Сиси",
    ),
    (
        "Mohammed bin Salman",
        "무함마드 빈 살만",
        "Мухаммед бен Сальман",
    ),
    ("Narendra Modi", "나렌드라 모디", "Нарендрой Моди"),
    ("Imran Khan", "임란 칸", "Имран Хан"),
    ("Viktor Orbán", "빅토르 오르반", "Виктора Орбана"),
    ("Donald Tusk", "도날트 투스크", "Дональда Туска"),
    ("Andrzej Duda", "안제이 두다", "Анджея Дуды"),
    ("Aleksandar Vučić", "알렉산다르 부치치", "Вучича"),
    ("Alexander Lukashenko", "알렉산드르 루카셴코", "Лукашенко"),
    (
        "Luiz Inácio Lula da Silva",
        "룰라 다시우바",
        "Лула да Силва",
    ),
    ("Javier Milei", "하비에르 밀레이", "Хавьера Милея"),
    ("Nicolás Maduro", "니콜라스 마두로", "Николаса Мадуро"),
    (
        "Claudia Sheinbaum",
        "클라우디아 셰인바움",
        "Клаудии Шейнбаум",
    ),
    ("Pedro Sánchez", "페드로 산체스", "Педро Санчеса"),
    ("Giorgia Meloni", "조르자 멜로니", "Джорджи Мелони"),
    ("Elon Musk", "일론 머스크", "Илона Маска"),
    ("Jeff Bezos", "제프 베이조스", "Джеффа Безоса"),
    ("Mark Zuckerberg", "마크 저커버그", "Марка Цукерберга"),
    ("William Wright", "윌리엄 라이트", "Уильям Райт"),
    ("Hugh Knight", "휴 나이트", "Хью Найт"),
    ("Stephen Thatcher", "스티븐 대처", "Тэтчер"),
    ("Charles Shaw", "찰스 쇼", "Чарльз Шоу"),
    ("Michael Chandler", "마이클 챈들러", "Майклом Чандлером"),
    ("Lansbury", "랜즈버리", "Лэнсбери"),
    ("Harlem", "할렘", "в гарлемских дворах"),
    ("Rotterdam", "로테르담", "роттердамский порт"),
    ("Liverpool", "리버풀", "ливерпульского"),
    (
        "Gothenburg",
        "예테보리 (Gothenburg)는 고텐부르크",
        "Гётеборг",
    ),
    ("Nairobi", "나이로비", "в Найроби"),
    ("Kharkiv", "하르키우", "под Харьковом"),
    ("Zaporizhzhia", "자포리자", "Запорожья"),
    ("Yongbyon", "영변", "в Йонбене"),
    ("Wonsan", "원산", "в Вонсане"),
    ("Hiroshima", "히로시마", "в Хиросиме"),
    ("Guangzhou", "광저우", "в Гуанчжоу"),
    ("Vienna", "빈에서", "в Вене"),
    ("Germany", "독일", "с Германией"),
    ("United States", "미국", "в Соединённых Штатах"),
    ("U.S", "미 국무부", "американские"),
    ("NATO", "나토", "НАТО"),
    ("UN", "유엔", "ООН"),
    ("New York", "뉴욕", "нью-йоркской"),
    ("Moscow", "모스크바", "московских"),
];

#[test]
fn a_name_is_found_in_its_form() {
    let mut missed = Vec::new();
    for &(name, korean, russian) in FORMS {
        for (target, lang) in [(korean, Lang::Ko), (russian, Lang::Ru)] {
            if appears(name, target, lang).is_none() {
                missed.push((name, target));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn a_name_is_not_found_in_that_of_another() {
    for lang in [Lang::Ko, Lang::Ru] {
        let (mut all, mut found) = (0, Vec::new());
        for (row, (name, ..)) in FORMS.iter().enumerate() {
            for (other, &(_, korean, russian)) in FORMS.iter().enumerate() {
                let target = if lang == Lang::Ko { korean } else { russian };
                if row != other {
                    all += 1;
                    if appears(name, target, lang).is_some() {
                        found.push((*name, target));
                    }
                }
            }
        }
        // Some do sound alike.
        assert!(found.len() * 200 < all, "{lang:?}: {found:?}");
    }
}

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
                ("US", Organisation),
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
    let printed: Vec<_> = names.iter().map(|name| &text[name.range.clone()]).collect();
    assert_eq!(printed.last(), Some(&"Jürgen Weiß"));
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
        assert_eq!(&changed[finding.target.clone().unwrap()], wrong);
        assert_eq!(&ARTICLE[2][finding.source.clone().unwrap()], "Holloway");
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
