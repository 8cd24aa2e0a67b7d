//! What a translator may write without a finding.

use crate::job::Lang::{self, Ko, Ru};

use super::findings;

fn assert_clean(cases: &[(&str, &str, Lang)]) {
    let wrong: Vec<_> = cases
        .iter()
        .map(|&(source, target, lang)| (source, target, findings(source, target, lang)))
        .filter(|(_, _, findings)| !findings.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn scales() {
    assert_clean(&[
        ("1.5 million voters", "유권자 150만 명", Ko),
        ("$1.5bn in loans", "15억 달러의 대출", Ko),
        ("$1.05 billion", "10억 5000만 달러", Ko),
        ("32,500 homes", "3만2500가구", Ko),
        ("32,500 homes", "3만2천5백 가구", Ko),
        ("25 million litres", "2천5백만 리터", Ko),
        ("£2.8 trillion", "2조 8000억 파운드", Ko),
        ("10,000 tents", "텐트 1만 개", Ko),
        ("10,000 tents", "텐트 만 개", Ko),
        ("a million people", "백만 명", Ko),
        ("half a million people", "50만 명", Ko),
        ("two and a half million birds", "새 250만 마리", Ko),
        ("twelve thousand ducks", "오리 1만2000마리", Ko),
        ("100 million won", "1억 원", Ko),
        ("about 3,000 sheep", "양 약 3천 마리", Ko),
        ("1.5 million voters", "1,5 млн избирателей", Ru),
        ("1.5 million voters", "полтора миллиона избирателей", Ru),
        ("$1.5bn in loans", "кредиты на 1,5 миллиарда долларов", Ru),
        ("$2.35 million", "2 млн 350 тыс. долларов", Ru),
        ("32,500 homes", "32 500 домов", Ru),
        ("32,500 homes", "32,5 тыс. домов", Ru),
        ("32,500 homes", "32.500 домов", Ru),
        ("25,000 marchers", "25-тысячная колонна", Ru),
        ("half a million people", "полмиллиона человек", Ru),
        ("half a million people", "500 тысяч человек", Ru),
        (
            "two and a half million birds",
            "два с половиной миллиона птиц",
            Ru,
        ),
        ("twelve thousand ducks", "двенадцать тысяч уток", Ru),
        ("£2.8 trillion", "2,8 трлн фунтов", Ru),
        ("a thousand tents", "тысяча палаток", Ru),
        ("1,250 tonnes", "1\u{a0}250 тонн", Ru),
        ("1,250,000 trees", "1\u{202f}250\u{202f}000 деревьев", Ru),
    ]);
}

#[test]
fn number_words() {
    assert_clean(&[
        ("Five ministers resigned.", "장관 다섯 명이 사임했다.", Ko),
        ("Five ministers resigned.", "장관 5명이 사임했다.", Ko),
        ("Twenty-one ships sailed.", "배 스물한 척이 출항했다.", Ko),
        ("12 ships sailed.", "배 열두 척이 출항했다.", Ko),
        ("Both of them lost two games.", "둘 다 두 경기를 졌다.", Ko),
        (
            "One of the divers surfaced first.",
            "잠수부 중 한 명이 먼저 올라왔다.",
            Ko,
        ),
        (
            "One in three farmers agreed.",
            "농부 세 명 중 한 명이 동의했다.",
            Ko,
        ),
        (
            "One in three farmers agreed.",
            "농부 3명 중 1명이 동의했다.",
            Ko,
        ),
        ("two dozen boats", "배 24척", Ko),
        ("two dozen boats", "배 스물네 척", Ko),
        ("the past two decades", "지난 20년", Ko),
        ("three centuries ago", "3세기 전", Ko),
        ("hundreds of tents", "텐트 수백 개", Ko),
        ("a teenage driver", "10대 운전자", Ko),
        ("Ten nurses came.", "간호사 열 명이 왔다.", Ko),
        ("seven days later", "이레 뒤", Ko),
        ("Five ministers resigned.", "Пятеро министров ушли.", Ru),
        ("Five ministers resigned.", "Ушли 5 министров.", Ru),
        ("with seven crews", "с семью экипажами", Ru),
        ("Twenty-one ships sailed.", "Вышло двадцать одно судно.", Ru),
        ("12 ships sailed.", "Вышли двенадцать судов.", Ru),
        ("Both of them lost two games.", "Оба проиграли дважды.", Ru),
        ("for the first time", "впервые", Ru),
        ("two dozen boats", "две дюжины лодок", Ru),
        ("two dozen boats", "24 лодки", Ru),
        ("the past two decades", "последние двадцать лет", Ru),
        ("the past two decades", "последние два десятилетия", Ru),
        ("a five-storey house", "пятиэтажный дом", Ru),
        ("a 25-year-old man", "двадцатипятилетний мужчина", Ru),
        ("a 25-year-old man", "25-летний мужчина", Ru),
        ("hundreds of tents", "сотни палаток", Ru),
        ("about forty farms", "около сорока ферм", Ru),
        ("two hundred and fifty farms", "двести пятьдесят ферм", Ru),
        ("the G20 summit", "саммит «Большой двадцатки»", Ru),
        ("prices doubled", "цены выросли в 2 раза", Ru),
    ]);
}

#[test]
fn ordinals_and_fractions() {
    assert_clean(&[
        ("the 3rd round", "3차전", Ko),
        ("the third round", "세 번째 라운드", Ko),
        ("the third round", "제3라운드", Ko),
        ("on 125th Street", "125번가에서", Ko),
        ("the fifth suspect", "다섯 번째 용의자", Ko),
        ("World War II", "제2차 세계대전", Ko),
        ("two-thirds of farms", "농장의 3분의 2", Ko),
        ("a quarter of farms", "농장의 4분의 1", Ko),
        ("half of the farms", "농장의 50%", Ko),
        ("half of the farms", "농장 절반", Ko),
        ("the second quarter of 2021", "2021년 2분기", Ko),
        ("the 3rd round", "3-й раунд", Ru),
        ("the 3rd round", "третий раунд", Ru),
        ("on the 21st floor", "на двадцать первом этаже", Ru),
        ("the 20th century", "XX век", Ru),
        ("the 20th century", "двадцатый век", Ru),
        ("World War II", "Вторая мировая война", Ru),
        ("two-thirds of farms", "две трети ферм", Ru),
        ("two-thirds of farms", "2/3 ферм", Ru),
        ("a quarter of farms", "25 % ферм", Ru),
        ("half of the farms", "половина ферм", Ru),
        ("the fifth suspect", "пятый подозреваемый", Ru),
    ]);
}

#[test]
fn dates() {
    assert_clean(&[
        ("on March 5, 2019", "2019년 3월 5일", Ko),
        ("on 5 March 2019", "2019. 3. 5.", Ko),
        ("on Monday, May 12", "5월 12일 월요일", Ko),
        ("in May", "5월에", Ko),
        ("the 1980s", "1980년대", Ko),
        ("the 1980s", "80년대", Ko),
        ("the ’80s", "80년대", Ko),
        ("the 2018-19 season", "2018-2019 시즌", Ko),
        ("the 2018-19 season", "2018~19시즌", Ko),
        (
            "Theresa May may march on.",
            "테리사 메이가 계속 나아갈 수도 있다.",
            Ko,
        ),
        ("between March 5 and 7", "3월 5일에서 7일 사이", Ko),
        (
            "The Sunday Times said so.",
            "선데이타임스가 그렇게 전했다.",
            Ko,
        ),
        ("since 1994", "1994년 이후", Ko),
        ("in the fall of ’96", "1996년 가을", Ko),
        ("on March 5, 2019", "5 марта 2019 года", Ru),
        ("on March 5, 2019", "05.03.2019", Ru),
        ("on the 5th of March", "пятого марта", Ru),
        ("on Monday, May 12", "в понедельник, 12 мая", Ru),
        ("on Wednesday", "в среду", Ru),
        ("a clean environment", "чистая среда", Ru),
        ("to protect the environment", "защитить среду обитания", Ru),
        ("the 1980s", "1980-е годы", Ru),
        ("the 1980s", "80-е", Ru),
        ("in the 1980s", "в восьмидесятых", Ru),
        ("the 2018-19 season", "сезон 2018/19", Ru),
        ("the 2018-19 season", "сезон 2018–2019 годов", Ru),
        (
            "the family left in 2016",
            "семья уехала в 2016 году, и её семью ждали",
            Ru,
        ),
    ]);
}

#[test]
fn times() {
    assert_clean(&[
        ("at 6:38 p.m.", "오후 6시 38분에", Ko),
        ("at 18:38", "오후 6시 38분에", Ko),
        ("at 6:38pm", "18시 38분에", Ko),
        ("at 7:30 a.m.", "오전 7시 반에", Ko),
        ("at noon", "정오에", Ko),
        ("at noon", "낮 12시에", Ko),
        ("at midnight", "자정에", Ko),
        ("at 12 a.m.", "밤 12시에", Ko),
        ("at 2 a.m.", "새벽 2시에", Ko),
        ("at six in the morning", "아침 6시에", Ko),
        ("at 0530 GMT", "그리니치표준시 오전 5시 30분에", Ko),
        ("at 10:00 GMT", "한국시간 오후 7시에", Ko),
        ("at 8 p.m. ET", "동부시간 오후 8시에", Ko),
        ("for 5 hours", "5시간 동안", Ko),
        ("He ran it in 3:45.", "그는 3분 45초에 달렸다.", Ko),
        ("at 6:38 p.m.", "в 18:38", Ru),
        ("at 6:38 p.m.", "в 18.38", Ru),
        ("at 6:38 p.m.", "в 18 часов 38 минут", Ru),
        ("at 6 p.m.", "в 6 часов вечера", Ru),
        ("at 6 p.m.", "в шесть вечера", Ru),
        ("at 2 p.m.", "в 2 часа дня", Ru),
        ("at 7 o'clock", "в 7 часов", Ru),
        ("at noon", "в полдень", Ru),
        ("at midnight", "в полночь", Ru),
        ("at 0530 GMT", "в 05:30 по Гринвичу", Ru),
        ("at 10:00 GMT", "в 13:00 мск", Ru),
        ("at 10:00 GMT", "в 13:00 по московскому времени", Ru),
        ("at 8 p.m. ET", "в 20:00 по восточному времени", Ru),
        ("at 19:30 BST", "в 19:30 по местному времени", Ru),
        ("three days later", "три дня спустя", Ru),
        ("3 days later", "3 дня спустя", Ru),
        ("for 5 hours", "5 часов подряд", Ru),
    ]);
}

#[test]
fn money_and_shares() {
    assert_clean(&[
        ("$26,750 was stolen", "2만6750달러를 도난당했다", Ko),
        ("US$5 million", "500만 달러", Ko),
        ("$10-15 million", "1000만~1500만 달러", Ko),
        ("between $5 and $7", "5달러에서 7달러 사이", Ko),
        ("€300", "300유로", Ko),
        ("5,000 yen", "5천 엔", Ko),
        ("100 roubles", "100루블", Ko),
        ("10 or 15 percent", "10% 또는 15%", Ko),
        ("12.5 per cent", "12.5%", Ko),
        ("2.5 percentage points", "2.5%포인트", Ko),
        ("2.5 percentage points", "2.5%p", Ko),
        (
            "In 2013, 75 per cent agreed.",
            "2013년에는 75%가 동의했다.",
            Ko,
        ),
        ("$26,750 was stolen", "похищено 26 750 долларов", Ru),
        ("US$5 million", "5 млн долларов США", Ru),
        ("$10-15 million", "10–15 млн долларов", Ru),
        ("from $5 to $7", "от 5 до 7 долларов", Ru),
        (
            "5 million Australian dollars",
            "5 миллионов австралийских долларов",
            Ru,
        ),
        ("€300", "300 евро", Ru),
        ("¥5,000", "5000 иен", Ru),
        ("12.5 per cent", "12,5 %", Ru),
        ("12.5 per cent", "12,5 процента", Ru),
        ("a 10 percent rise", "10-процентный рост", Ru),
        ("2.5 percentage points", "2,5 процентного пункта", Ru),
        ("2.5 percentage points", "2,5 п.п.", Ru),
        (
            "They won 3 games in 2018.",
            "В 2018 году они выиграли 3 матча.",
            Ru,
        ),
    ]);
}

#[test]
fn measures_and_scores() {
    assert_clean(&[
        ("45 miles away", "45마일 떨어진", Ko),
        ("45 miles away", "72킬로미터 떨어진", Ko),
        ("45 miles (72 km) away", "45마일(72㎞) 떨어진", Ko),
        ("20 feet high", "약 6미터 높이", Ko),
        ("He is 6ft 2in tall.", "그의 키는 188cm이다.", Ko),
        ("86 degrees Fahrenheit", "섭씨 30도", Ko),
        ("a 7,000-ton ship", "7000t급 함선", Ko),
        ("at 60 mph", "시속 97킬로미터로", Ko),
        ("25 square miles", "65제곱킬로미터", Ko),
        ("the 100m race", "100m 경주", Ko),
        ("won 3-1", "3-1로 이겼다", Ko),
        ("won 3-1", "3대 1로 이겼다", Ko),
        ("10 to 15 boats", "배 10~15척", Ko),
        ("10-15 boats", "배 10에서 15척", Ko),
        ("two weeks", "14일", Ko),
        ("a quarter of an hour", "15분", Ko),
        ("45 miles away", "в 45 милях", Ru),
        ("45 miles away", "в 72 км", Ru),
        ("45 miles (72 km) away", "в 72 км", Ru),
        ("20 feet high", "высотой 6 метров", Ru),
        ("He is 6ft 2in tall.", "Его рост 188 см.", Ru),
        ("86 degrees Fahrenheit", "30 градусов Цельсия", Ru),
        ("150 pounds of rice", "68 кг риса", Ru),
        ("100 acres of wheat", "40 гектаров пшеницы", Ru),
        ("at 60 mph", "со скоростью 97 км/ч", Ru),
        ("25 square miles", "65 квадратных километров", Ru),
        ("the 100m race", "забег на 100 метров", Ru),
        ("won 3-1", "выиграли 3:1", Ru),
        ("10-15 boats", "от 10 до 15 лодок", Ru),
        ("an 18-month term", "срок полтора года", Ru),
        ("Call 0800 555 111.", "Звоните: 0800 555 111.", Ru),
    ]);
}

#[test]
fn what_is_said_twice_may_be_said_once() {
    assert_clean(&[
        (
            "He saw 40 cows; 40 cows saw him.",
            "그와 소 40마리는 서로 보았다.",
            Ko,
        ),
        (
            "He saw 40 cows; 40 cows saw him.",
            "Он и 40 коров видели друг друга.",
            Ru,
        ),
        (
            "He saw 40 cows.",
            "그는 소 40마리를 보았다. 소가 40마리였다.",
            Ko,
        ),
        ("No figure here.", "여기에는 숫자가 없다.", Ko),
        ("", "", Ru),
    ]);
}
