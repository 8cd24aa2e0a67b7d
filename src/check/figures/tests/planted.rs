//! Errors that have to be found, each with its code and its places in both texts.

use crate::check::finding::Code::{self, FigureAdded, Figures, Time, Unit};
use crate::job::Lang::{self, Ko, Ru};

use super::findings;

type Case<'a> = (&'a str, &'a str, Lang, Code, &'a str, &'a str);

fn assert_found(cases: &[Case<'_>]) {
    let wrong: Vec<_> = cases
        .iter()
        .map(|&(source, target, lang, code, from, to)| {
            let expected = vec![(code, from.to_owned(), to.to_owned())];
            (expected, findings(source, target, lang), target)
        })
        .filter(|(expected, found, _)| expected != found)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn powers_of_ten() {
    assert_found(&[
        (
            "1.5 million voters",
            "유권자 1500만 명",
            Ko,
            Figures,
            "1.5 million",
            "1500만",
        ),
        (
            "$1.5bn in loans",
            "대출 1억 5천만 달러",
            Ko,
            Figures,
            "$1.5bn",
            "1억 5천만 달러",
        ),
        (
            "32,500 homes",
            "32만5000가구",
            Ko,
            Figures,
            "32,500",
            "32만5000",
        ),
        (
            "100,000 trees",
            "나무 1만 그루",
            Ko,
            Figures,
            "100,000",
            "1만",
        ),
        (
            "fifty thousand trees",
            "나무 2만5천 그루",
            Ko,
            Figures,
            "fifty thousand",
            "2만5천",
        ),
        (
            "£125m",
            "12억 5000만 파운드",
            Ko,
            Figures,
            "£125m",
            "12억 5000만 파운드",
        ),
        (
            "12.5 per cent",
            "125%",
            Ko,
            Figures,
            "12.5 per cent",
            "125%",
        ),
        (
            "1.5 million voters",
            "15 млн избирателей",
            Ru,
            Figures,
            "1.5 million",
            "15 млн",
        ),
        (
            "$1.5bn in loans",
            "1,5 млн долларов",
            Ru,
            Figures,
            "$1.5bn",
            "1,5 млн долларов",
        ),
        ("32,500 homes", "3250 домов", Ru, Figures, "32,500", "3250"),
        (
            "100,000 trees",
            "сто деревьев",
            Ru,
            Figures,
            "100,000",
            "сто",
        ),
        (
            "2 million trees",
            "2 тысячи деревьев",
            Ru,
            Figures,
            "2 million",
            "2 тысячи",
        ),
        (
            "12.5 per cent",
            "125 %",
            Ru,
            Figures,
            "12.5 per cent",
            "125 %",
        ),
        (
            "25,000 marchers",
            "250-тысячная колонна",
            Ru,
            Figures,
            "25,000",
            "250-тысячная",
        ),
    ]);
}

#[test]
fn changed_and_lost() {
    assert_found(&[
        (
            "832 people died",
            "823명이 숨졌다",
            Ko,
            Figures,
            "832",
            "823",
        ),
        ("832 people died", "사람들이 숨졌다", Ko, Figures, "832", ""),
        ("He is 42.", "그는 43세다.", Ko, Figures, "42", "43세"),
        ("won 3-1", "3-2로 이겼다", Ko, Figures, "1", "2"),
        ("the 1980s", "1970년대", Ko, Figures, "1980s", "1970년대"),
        (
            "Seven farms burned.",
            "농장 여섯 곳이 탔다.",
            Ko,
            Figures,
            "Seven",
            "여섯",
        ),
        (
            "the 2018-19 season",
            "2018-20 시즌",
            Ko,
            Figures,
            "19",
            "20",
        ),
        ("the 5th round", "6번째 라운드", Ko, Figures, "5th", "6"),
        (
            "45 miles (72 km) away",
            "46마일(72km) 떨어진",
            Ko,
            Figures,
            "45 miles",
            "46마일",
        ),
        ("2 people died", "사람들이 숨졌다", Ko, Figures, "2", ""),
        (
            "832 people died",
            "Погибли 823 человека",
            Ru,
            Figures,
            "832",
            "823",
        ),
        ("832 people died", "Погибли люди", Ru, Figures, "832", ""),
        ("He is 42.", "Ему 43 года.", Ru, Figures, "42", "43 года"),
        ("won 3-1", "выиграли 3:2", Ru, Figures, "1", "2"),
        ("the 1980s", "1970-е годы", Ru, Figures, "1980s", "1970-е"),
        (
            "Seven farms burned.",
            "Сгорели шесть ферм.",
            Ru,
            Figures,
            "Seven",
            "шесть",
        ),
        (
            "with 11 to 18 boats",
            "от 11 до 28 лодок",
            Ru,
            Figures,
            "18",
            "28",
        ),
        (
            "a 25-year-old man",
            "35-летний мужчина",
            Ru,
            Figures,
            "25-year",
            "35-летний",
        ),
        ("45 miles away", "в 80 км", Ru, Figures, "45 miles", "80 км"),
        (
            "1,250 tonnes",
            "1 350 тонн",
            Ru,
            Figures,
            "1,250 tonnes",
            "1 350 тонн",
        ),
    ]);
}

#[test]
fn added() {
    assert_found(&[
        (
            "Many people came.",
            "500명이 왔다.",
            Ko,
            FigureAdded,
            "",
            "500",
        ),
        (
            "Ships came in 2018.",
            "2018년에 배 40척이 왔다.",
            Ko,
            FigureAdded,
            "",
            "40",
        ),
        (
            "He sold eggs.",
            "그는 달걀 다섯 개를 팔았다.",
            Ko,
            FigureAdded,
            "",
            "다섯",
        ),
        (
            "Many people came.",
            "Пришли 500 человек.",
            Ru,
            FigureAdded,
            "",
            "500",
        ),
        (
            "Prices rose.",
            "Цены выросли на 12 %.",
            Ru,
            FigureAdded,
            "",
            "12 %",
        ),
        (
            "He sold eggs.",
            "Он продал пять яиц.",
            Ru,
            FigureAdded,
            "",
            "пять",
        ),
    ]);
}

#[test]
fn units() {
    assert_found(&[
        ("$300", "300유로", Ko, Unit, "$300", "300유로"),
        (
            "£5 million",
            "500만 달러",
            Ko,
            Unit,
            "£5 million",
            "500만 달러",
        ),
        ("€300", "300의 비용", Ko, Unit, "€300", "300"),
        (
            "45 miles away",
            "45킬로미터 떨어진",
            Ko,
            Unit,
            "45 miles",
            "45킬로미터",
        ),
        (
            "12 per cent agreed",
            "12명이 동의했다",
            Ko,
            Unit,
            "12 per cent",
            "12",
        ),
        (
            "2.5 percentage points",
            "2.5% 상승",
            Ko,
            Unit,
            "2.5 percentage points",
            "2.5%",
        ),
        ("5 days later", "5년 뒤", Ko, Unit, "5 days", "5년"),
        (
            "86 degrees Fahrenheit",
            "섭씨 86도",
            Ko,
            Unit,
            "86 degrees Fahrenheit",
            "86도",
        ),
        ("$300", "300 евро", Ru, Unit, "$300", "300 евро"),
        (
            "£5 million",
            "5 млн долларов",
            Ru,
            Unit,
            "£5 million",
            "5 млн долларов",
        ),
        ("€300", "300 за билет", Ru, Unit, "€300", "300"),
        ("45 miles away", "в 45 км", Ru, Unit, "45 miles", "45 км"),
        (
            "12 per cent agreed",
            "согласились 12 человек",
            Ru,
            Unit,
            "12 per cent",
            "12",
        ),
        (
            "2.5 percentage points",
            "на 2,5 %",
            Ru,
            Unit,
            "2.5 percentage points",
            "2,5 %",
        ),
        ("5 days later", "5 лет спустя", Ru, Unit, "5 days", "5 лет"),
        (
            "10 kg of rice",
            "10 тонн риса",
            Ru,
            Unit,
            "10 kg",
            "10 тонн",
        ),
    ]);
}

#[test]
fn dates_and_times() {
    assert_found(&[
        ("on Saturday", "일요일에", Ko, Time, "Saturday", "일요일"),
        ("on Saturday", "어제", Ko, Time, "Saturday", ""),
        (
            "Friday’s storm and Saturday’s",
            "토요일 폭풍과 토요일 폭풍",
            Ko,
            Time,
            "Friday",
            "토요일",
        ),
        ("on March 5", "4월 5일에", Ko, Time, "March", "4월"),
        ("on March 5", "3월 6일에", Ko, Time, "5", "6일"),
        ("in May", "6월에", Ko, Time, "May", "6월"),
        (
            "at 6:38 p.m.",
            "오후 7시 38분에",
            Ko,
            Time,
            "6:38 p.m.",
            "오후 7시 38분",
        ),
        ("at 6 p.m.", "오전 6시에", Ko, Time, "6 p.m.", "오전 6시"),
        (
            "at 8 p.m. ET",
            "동부시간 오후 9시에",
            Ko,
            Time,
            "8 p.m.",
            "오후 9시",
        ),
        ("at 0530 GMT", "오전 5시 30분에", Ko, Time, "GMT", ""),
        (
            "The ship sank.",
            "배는 화요일에 가라앉았다.",
            Ko,
            Time,
            "",
            "화요일",
        ),
        (
            "on Saturday",
            "в воскресенье",
            Ru,
            Time,
            "Saturday",
            "воскресенье",
        ),
        (
            "on Wednesday",
            "в четверг",
            Ru,
            Time,
            "Wednesday",
            "четверг",
        ),
        ("on Saturday", "вчера", Ru, Time, "Saturday", ""),
        ("on March 5", "5 мая", Ru, Time, "March", "мая"),
        ("on March 5", "6 марта", Ru, Time, "5", "6"),
        ("in May", "в июне", Ru, Time, "May", "июне"),
        ("at 6:38 p.m.", "в 19:38", Ru, Time, "6:38 p.m.", "19:38"),
        (
            "at 6 p.m.",
            "в 6 часов утра",
            Ru,
            Time,
            "6 p.m.",
            "6 часов утра",
        ),
        ("at 0530 GMT", "в 05:30", Ru, Time, "GMT", ""),
        (
            "The ship sank.",
            "Судно затонуло в среду.",
            Ru,
            Time,
            "",
            "среду",
        ),
    ]);
}

#[test]
fn one_error_among_figures_that_agree_is_the_only_finding() {
    assert_found(&[
        (
            "On March 5, 2019, 1,200 people paid $3.5 million for 40 boats.",
            "2019년 3월 5일 1200명이 350만 달러를 내고 배 14척을 샀다.",
            Ko,
            Figures,
            "40",
            "14",
        ),
        (
            "On March 5, 2019, 1,200 people paid $3.5 million for 40 boats.",
            "5 марта 2019 года 1200 человек заплатили 35 млн долларов за 40 лодок.",
            Ru,
            Figures,
            "$3.5 million",
            "35 млн долларов",
        ),
    ]);
}

/// A time in another zone has to be the same moment.
#[test]
fn a_zone_that_changes_needs_the_time_to_change_with_it() {
    assert_found(&[
        ("at 10:00 GMT", "в 10:00 мск", Ru, Time, "GMT", "мск"),
        (
            "at 10:00 GMT",
            "한국시간 오전 10시에",
            Ko,
            Time,
            "GMT",
            "한국시간",
        ),
    ]);
    for (target, lang) in [("в 14:00 мск", Ru), ("한국시간 오후 8시에", Ko)] {
        let found = findings("at 10:00 GMT", target, lang);
        assert!(found.iter().all(|(code, _, _)| *code == Time));
        assert!(
            found.iter().any(|(_, from, _)| from == "10:00"),
            "{found:?}"
        );
    }
}
