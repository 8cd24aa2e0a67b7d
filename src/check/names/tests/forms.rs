//! Names as newsrooms write them.

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
