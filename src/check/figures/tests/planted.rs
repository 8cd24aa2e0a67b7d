//! Errors that have to be found, each with its code and its places in both texts.

use crate::check::finding::Code::{self, FigureAdded, Figures, Time, Unit};

use super::{findings, rows};

/// Checks lines of a language, a code, a source, a translation, and the words in both that the one
/// finding is about.
fn assert_found(table: &str) {
    let wrong: Vec<_> = rows::<6>(table)
        .into_iter()
        .map(|[lang, code, source, target, from, to]| {
            let expected = vec![(code_named(code), from.to_owned(), to.to_owned())];
            (expected, findings(source, target, lang), target)
        })
        .filter(|(expected, found, _)| expected != found)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn code_named(name: &str) -> Code {
    match name {
        "Figures" => Figures,
        "FigureAdded" => FigureAdded,
        "Time" => Time,
        "Unit" => Unit,
        _ => panic!("no such code: {name}"),
    }
}

#[test]
fn powers_of_ten() {
    assert_found(
        "
        ko | Figures | 1.5 million voters | 유권자 1500만 명 | 1.5 million | 1500만
        ko | Figures | $1.5bn in loans | 대출 1억 5천만 달러 | $1.5bn | 1억 5천만 달러
        ko | Figures | 32,500 homes | 32만5000가구 | 32,500 | 32만5000
        ko | Figures | 100,000 trees | 나무 1만 그루 | 100,000 | 1만
        ko | Figures | fifty thousand trees | 나무 2만5천 그루 | fifty thousand | 2만5천
        ko | Figures | £125m | 12억 5000만 파운드 | £125m | 12억 5000만 파운드
        ko | Figures | 12.5 per cent | 125% | 12.5 per cent | 125%
        ru | Figures | 1.5 million voters | 15 млн избирателей | 1.5 million | 15 млн
        ru | Figures | $1.5bn in loans | 1,5 млн долларов | $1.5bn | 1,5 млн долларов
        ru | Figures | 32,500 homes | 3250 домов | 32,500 | 3250
        ru | Figures | 100,000 trees | сто деревьев | 100,000 | сто
        ru | Figures | 2 million trees | 2 тысячи деревьев | 2 million | 2 тысячи
        ru | Figures | 12.5 per cent | 125 % | 12.5 per cent | 125 %
        ru | Figures | 25,000 marchers | 250-тысячная колонна | 25,000 | 250-тысячная
        ",
    );
}

#[test]
fn changed_and_lost() {
    assert_found(
        "
        ko | Figures | 832 people died | 823명이 숨졌다 | 832 | 823
        ko | Figures | 832 people died | 사람들이 숨졌다 | 832 |
        ko | Figures | He is 42. | 그는 43세다. | 42 | 43세
        ko | Figures | won 3-1 | 3-2로 이겼다 | 1 | 2
        ko | Figures | the 1980s | 1970년대 | 1980s | 1970년대
        ko | Figures | Seven farms burned. | 농장 여섯 곳이 탔다. | Seven | 여섯
        ko | Figures | the 2018-19 season | 2018-20 시즌 | 19 | 20
        ko | Figures | the 5th round | 6번째 라운드 | 5th | 6
        ko | Figures | 45 miles (72 km) away | 46마일(72km) 떨어진 | 45 miles | 46마일
        ko | Figures | 2 people died | 사람들이 숨졌다 | 2 |
        ru | Figures | Two officers were wounded. | Ранены трое полицейских. | Two | трое
        ru | Figures | Three quarters fell. | Рухнули две трети. | Three quarters | две трети
        ru | Figures | 832 people died | Погибли 823 человека | 832 | 823
        ru | Figures | 832 people died | Погибли люди | 832 |
        ru | Figures | He is 42. | Ему 43 года. | 42 | 43 года
        ru | Figures | won 3-1 | выиграли 3:2 | 1 | 2
        ru | Figures | the 1980s | 1970-е годы | 1980s | 1970-е
        ru | Figures | Seven farms burned. | Сгорели шесть ферм. | Seven | шесть
        ru | Figures | with 11 to 18 boats | от 11 до 28 лодок | 18 | 28
        ru | Figures | a 25-year-old man | 35-летний мужчина | 25-year | 35-летний
        ru | Figures | 45 miles away | в 80 км | 45 miles | 80 км
        ru | Figures | 1,250 tonnes | 1 350 тонн | 1,250 tonnes | 1 350 тонн
        ",
    );
}

#[test]
fn added() {
    assert_found(
        "
        ko | FigureAdded | Many people came. | 500명이 왔다. |  | 500
        ko | FigureAdded | Ships came in 2018. | 2018년에 배 40척이 왔다. |  | 40
        ko | FigureAdded | He sold eggs. | 그는 달걀 다섯 개를 팔았다. |  | 다섯
        ru | FigureAdded | Many people came. | Пришли 500 человек. |  | 500
        ru | FigureAdded | Prices rose. | Цены выросли на 12 %. |  | 12 %
        ru | FigureAdded | He sold eggs. | Он продал пять яиц. |  | пять
        ",
    );
}

#[test]
fn units() {
    assert_found(
        "
        ko | Unit | $300 | 300유로 | $300 | 300유로
        ko | Unit | £5 million | 500만 달러 | £5 million | 500만 달러
        ko | Unit | €300 | 300의 비용 | €300 | 300
        ko | Unit | 45 miles away | 45킬로미터 떨어진 | 45 miles | 45킬로미터
        ko | Unit | 12 per cent agreed | 12명이 동의했다 | 12 per cent | 12
        ko | Unit | 2.5 percentage points | 2.5% 상승 | 2.5 percentage points | 2.5%
        ko | Unit | 5 days later | 5년 뒤 | 5 days | 5년
        ko | Unit | 86 degrees Fahrenheit | 섭씨 86도 | 86 degrees Fahrenheit | 86도
        ko | Unit | NT$5 billion | 50억 달러 | NT$5 billion | 50억 달러
        ko | Unit | 18 trillion rupiah | 18조 루피 | 18 trillion rupiah | 18조 루피
        ko | Unit | by 8 basis points | 8%포인트 | 8 basis points | 8%포인트
        ko | Unit | a quarter of a percentage point | 0.25% | quarter of a percentage point | 0.25%
        ru | Unit | 5 million Canadian dollars | 5 млн австралийских долларов | 5 million Canadian dollars | 5 млн австралийских долларов
        ru | Unit | 18 trillion rupiah | 18 трлн рублей | 18 trillion rupiah | 18 трлн рублей
        ru | Unit | $300 | 300 евро | $300 | 300 евро
        ru | Unit | £5 million | 5 млн долларов | £5 million | 5 млн долларов
        ru | Unit | €300 | 300 за билет | €300 | 300
        ru | Unit | 45 miles away | в 45 км | 45 miles | 45 км
        ru | Unit | 12 per cent agreed | согласились 12 человек | 12 per cent | 12
        ru | Unit | 2.5 percentage points | на 2,5 % | 2.5 percentage points | 2,5 %
        ru | Unit | 5 days later | 5 лет спустя | 5 days | 5 лет
        ru | Unit | 10 kg of rice | 10 тонн риса | 10 kg | 10 тонн
        ",
    );
}

#[test]
fn dates_and_times() {
    assert_found(
        "
        ko | Time | on Saturday | 일요일에 | Saturday | 일요일
        ko | Time | on Saturday | 어제 | Saturday |
        ko | Time | The court ruled on Tuesday. | 법원은 7일 판결했다. | Tuesday | 7일
        ko | Time | On Friday he spoke of the attack of May 3. | 그는 5월 3일 공격을 언급했다. | Friday |
        ko | Time | Friday’s storm and Saturday’s | 토요일 폭풍과 토요일 폭풍 | Friday | 토요일
        ko | Time | on March 5 | 4월 5일에 | March | 4월
        ko | Time | on March 5 | 3월 6일에 | 5 | 6일
        ko | Time | in May | 6월에 | May | 6월
        ko | Time | at 6:38 p.m. | 오후 7시 38분에 | 6:38 p.m. | 오후 7시 38분
        ko | Time | at 6 p.m. | 오전 6시에 | 6 p.m. | 오전 6시
        ko | Time | at 8 p.m. ET | 동부시간 오후 9시에 | 8 p.m. | 오후 9시
        ko | Time | at 0530 GMT | 오전 5시 30분에 | GMT |
        ko | Time | The ship sank. | 배는 화요일에 가라앉았다. |  | 화요일
        ru | Time | at 6 p.m. local time | в 06:00 по местному времени | 6 p.m. | 06:00
        ru | Time | on Saturday | в воскресенье | Saturday | воскресенье
        ru | Time | on Wednesday | в четверг | Wednesday | четверг
        ru | Time | on Saturday | вчера | Saturday |
        ru | Time | The court ruled on Tuesday. | Суд вынес решение 7 октября. | Tuesday | 7
        ru | Time | On Friday he spoke of the attack of May 3. | Он говорил о нападении 3 мая. | Friday |
        ru | Time | on March 5 | 5 мая | March | мая
        ru | Time | on March 5 | 6 марта | 5 | 6
        ru | Time | in May | в июне | May | июне
        ru | Time | at 6:38 p.m. | в 19:38 | 6:38 p.m. | 19:38
        ru | Time | at 6 p.m. | в 6 часов утра | 6 p.m. | 6 часов утра
        ru | Time | at 0530 GMT | в 05:30 | GMT |
        ru | Time | The ship sank. | Судно затонуло в среду. |  | среду
        ",
    );
}

#[test]
fn one_error_among_figures_that_agree_is_the_only_finding() {
    assert_found(
        "
        ko | Figures | On March 5, 2019, 1,200 people paid $3.5 million for 40 boats. | 2019년 3월 5일 1200명이 350만 달러를 내고 배 14척을 샀다. | 40 | 14
        ru | Figures | On March 5, 2019, 1,200 people paid $3.5 million for 40 boats. | 5 марта 2019 года 1200 человек заплатили 35 млн долларов за 40 лодок. | $3.5 million | 35 млн долларов
        ",
    );
}

/// A time in another zone has to be the same moment.
#[test]
fn a_zone_that_changes_needs_the_time_to_change_with_it() {
    assert_found(
        "
        ru | Time | at 10:00 GMT | в 10:00 мск | GMT | мск
        ko | Time | at 10:00 GMT | 한국시간 오전 10시에 | GMT | 한국시간
        ",
    );
    for (target, lang) in [("в 14:00 мск", "ru"), ("한국시간 오후 8시에", "ko")] {
        let found = findings("at 10:00 GMT", target, lang);
        assert!(found.iter().all(|(code, _, _)| *code == Time));
        assert!(
            found.iter().any(|(_, from, _)| from == "10:00"),
            "{found:?}"
        );
    }
}
