//! What a translator may write without a finding.

use super::{findings, rows};

/// Checks lines of a language, a source and a translation.
fn assert_clean(table: &str) {
    let wrong: Vec<_> = rows::<3>(table)
        .into_iter()
        .map(|[lang, source, target]| (target, findings(source, target, lang)))
        .filter(|(_, findings)| !findings.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn scales() {
    assert_clean(
        "
        ko | 1.5 million voters | 유권자 150만 명
        ko | $1.5bn in loans | 15억 달러의 대출
        ko | $1.05 billion | 10억 5000만 달러
        ko | 32,500 homes | 3만2500가구
        ko | 32,500 homes | 3만2천5백 가구
        ko | 25 million litres | 2천5백만 리터
        ko | £2.8 trillion | 2조 8000억 파운드
        ko | 10,000 tents | 텐트 1만 개
        ko | 10,000 tents | 텐트 만 개
        ko | a million people | 백만 명
        ko | half a million people | 50만 명
        ko | two and a half million birds | 새 250만 마리
        ko | twelve thousand ducks | 오리 1만2000마리
        ko | 100 million won | 1억 원
        ko | about 3,000 sheep | 양 약 3천 마리
        ru | 1.5 million voters | 1,5 млн избирателей
        ru | 1.5 million voters | полтора миллиона избирателей
        ru | $1.5bn in loans | кредиты на 1,5 миллиарда долларов
        ru | $2.35 million | 2 млн 350 тыс. долларов
        ru | 32,500 homes | 32 500 домов
        ru | 32,500 homes | 32,5 тыс. домов
        ru | 32,500 homes | 32.500 домов
        ru | 25,000 marchers | 25-тысячная колонна
        ru | half a million people | полмиллиона человек
        ru | half a million people | 500 тысяч человек
        ru | two and a half million birds | два с половиной миллиона птиц
        ru | twelve thousand ducks | двенадцать тысяч уток
        ru | £2.8 trillion | 2,8 трлн фунтов
        ru | a thousand tents | тысяча палаток
        ru | 1,250 tonnes | 1\u{a0}250 тонн
        ru | 1,250,000 trees | 1\u{202f}250\u{202f}000 деревьев
        ",
    );
}

#[test]
fn number_words() {
    assert_clean(
        "
        ko | Five ministers resigned. | 장관 다섯 명이 사임했다.
        ko | Five ministers resigned. | 장관 5명이 사임했다.
        ko | Twenty-one ships sailed. | 배 스물한 척이 출항했다.
        ko | 12 ships sailed. | 배 열두 척이 출항했다.
        ko | Both of them lost two games. | 둘 다 두 경기를 졌다.
        ko | One of the divers surfaced first. | 잠수부 중 한 명이 먼저 올라왔다.
        ko | One in three farmers agreed. | 농부 세 명 중 한 명이 동의했다.
        ko | One in three farmers agreed. | 농부 3명 중 1명이 동의했다.
        ko | two dozen boats | 배 24척
        ko | two dozen boats | 배 스물네 척
        ko | the past two decades | 지난 20년
        ko | three centuries ago | 3세기 전
        ko | hundreds of tents | 텐트 수백 개
        ko | a teenage driver | 10대 운전자
        ko | Ten nurses came. | 간호사 열 명이 왔다.
        ko | seven days later | 이레 뒤
        ru | Five ministers resigned. | Пятеро министров ушли.
        ru | Five ministers resigned. | Ушли 5 министров.
        ru | with seven crews | с семью экипажами
        ru | Twenty-one ships sailed. | Вышло двадцать одно судно.
        ru | 12 ships sailed. | Вышли двенадцать судов.
        ru | Both of them lost two games. | Оба проиграли дважды.
        ru | for the first time | впервые
        ru | two dozen boats | две дюжины лодок
        ru | two dozen boats | 24 лодки
        ru | the past two decades | последние двадцать лет
        ru | the past two decades | последние два десятилетия
        ru | a five-storey house | пятиэтажный дом
        ru | a 25-year-old man | двадцатипятилетний мужчина
        ru | a 25-year-old man | 25-летний мужчина
        ru | hundreds of tents | сотни палаток
        ru | about forty farms | около сорока ферм
        ru | two hundred and fifty farms | двести пятьдесят ферм
        ru | the G20 summit | саммит «Большой двадцатки»
        ru | prices doubled | цены выросли в 2 раза
        ",
    );
}

#[test]
fn ordinals_and_fractions() {
    assert_clean(
        "
        ko | the 3rd round | 3차전
        ko | the third round | 세 번째 라운드
        ko | the third round | 제3라운드
        ko | on 125th Street | 125번가에서
        ko | the fifth suspect | 다섯 번째 용의자
        ko | World War II | 제2차 세계대전
        ko | two-thirds of farms | 농장의 3분의 2
        ko | a quarter of farms | 농장의 4분의 1
        ko | half of the farms | 농장의 50%
        ko | half of the farms | 농장 절반
        ko | the second quarter of 2021 | 2021년 2분기
        ru | the 3rd round | 3-й раунд
        ru | the 3rd round | третий раунд
        ru | on the 21st floor | на двадцать первом этаже
        ru | the 20th century | XX век
        ru | the 20th century | двадцатый век
        ru | World War II | Вторая мировая война
        ru | two-thirds of farms | две трети ферм
        ru | two-thirds of farms | 2/3 ферм
        ru | a quarter of farms | 25 % ферм
        ru | half of the farms | половина ферм
        ru | the fifth suspect | пятый подозреваемый
        ",
    );
}

#[test]
fn dates() {
    assert_clean(
        "
        ko | on March 5, 2019 | 2019년 3월 5일
        ko | on 5 March 2019 | 2019. 3. 5.
        ko | on Monday, May 12 | 5월 12일 월요일
        ko | in May | 5월에
        ko | the 1980s | 1980년대
        ko | the 1980s | 80년대
        ko | the ’80s | 80년대
        ko | the 2018-19 season | 2018-2019 시즌
        ko | the 2018-19 season | 2018~19시즌
        ko | Theresa May may march on. | 테리사 메이가 계속 나아갈 수도 있다.
        ko | between March 5 and 7 | 3월 5일에서 7일 사이
        ko | The Sunday Times said so. | 선데이타임스가 그렇게 전했다.
        ko | since 1994 | 1994년 이후
        ko | in the fall of ’96 | 1996년 가을
        ru | on March 5, 2019 | 5 марта 2019 года
        ru | on March 5, 2019 | 05.03.2019
        ru | on the 5th of March | пятого марта
        ru | on Monday, May 12 | в понедельник, 12 мая
        ru | on Wednesday | в среду
        ru | a clean environment | чистая среда
        ru | to protect the environment | защитить среду обитания
        ru | the 1980s | 1980-е годы
        ru | the 1980s | 80-е
        ru | in the 1980s | в восьмидесятых
        ru | the 2018-19 season | сезон 2018/19
        ru | the 2018-19 season | сезон 2018–2019 годов
        ru | the family left in 2016 | семья уехала в 2016 году, и её семью ждали
        ",
    );
}

#[test]
fn times() {
    assert_clean(
        "
        ko | at 6:38 p.m. | 오후 6시 38분에
        ko | at 18:38 | 오후 6시 38분에
        ko | at 6:38pm | 18시 38분에
        ko | at 7:30 a.m. | 오전 7시 반에
        ko | at noon | 정오에
        ko | at noon | 낮 12시에
        ko | at midnight | 자정에
        ko | at 12 a.m. | 밤 12시에
        ko | at 2 a.m. | 새벽 2시에
        ko | at six in the morning | 아침 6시에
        ko | at 0530 GMT | 그리니치표준시 오전 5시 30분에
        ko | at 10:00 GMT | 한국시간 오후 7시에
        ko | at 8 p.m. ET | 동부시간 오후 8시에
        ko | for 5 hours | 5시간 동안
        ko | He ran it in 3:45. | 그는 3분 45초에 달렸다.
        ru | at 6:38 p.m. | в 18:38
        ru | at 6:38 p.m. | в 18.38
        ru | at 6:38 p.m. | в 18 часов 38 минут
        ru | at 6 p.m. | в 6 часов вечера
        ru | at 6 p.m. | в шесть вечера
        ru | at 2 p.m. | в 2 часа дня
        ru | at 7 o'clock | в 7 часов
        ru | at noon | в полдень
        ru | at midnight | в полночь
        ru | at 0530 GMT | в 05:30 по Гринвичу
        ru | at 10:00 GMT | в 13:00 мск
        ru | at 10:00 GMT | в 13:00 по московскому времени
        ru | at 8 p.m. ET | в 20:00 по восточному времени
        ru | at 19:30 BST | в 19:30 по местному времени
        ru | three days later | три дня спустя
        ru | 3 days later | 3 дня спустя
        ru | for 5 hours | 5 часов подряд
        ",
    );
}

#[test]
fn money_and_shares() {
    assert_clean(
        "
        ko | $26,750 was stolen | 2만6750달러를 도난당했다
        ko | US$5 million | 500만 달러
        ko | $10-15 million | 1000만~1500만 달러
        ko | between $5 and $7 | 5달러에서 7달러 사이
        ko | €300 | 300유로
        ko | 5,000 yen | 5천 엔
        ko | 100 roubles | 100루블
        ko | 10 or 15 percent | 10% 또는 15%
        ko | 12.5 per cent | 12.5%
        ko | 2.5 percentage points | 2.5%포인트
        ko | 2.5 percentage points | 2.5%p
        ko | In 2013, 75 per cent agreed. | 2013년에는 75%가 동의했다.
        ru | $26,750 was stolen | похищено 26 750 долларов
        ru | US$5 million | 5 млн долларов США
        ru | $10-15 million | 10–15 млн долларов
        ru | from $5 to $7 | от 5 до 7 долларов
        ru | 5 million Australian dollars | 5 миллионов австралийских долларов
        ru | €300 | 300 евро
        ru | ¥5,000 | 5000 иен
        ru | 12.5 per cent | 12,5 %
        ru | 12.5 per cent | 12,5 процента
        ru | a 10 percent rise | 10-процентный рост
        ru | 2.5 percentage points | 2,5 процентного пункта
        ru | 2.5 percentage points | 2,5 п.п.
        ru | They won 3 games in 2018. | В 2018 году они выиграли 3 матча.
        ",
    );
}

#[test]
fn measures_and_scores() {
    assert_clean(
        "
        ko | 45 miles away | 45마일 떨어진
        ko | 45 miles away | 72킬로미터 떨어진
        ko | 45 miles (72 km) away | 45마일(72㎞) 떨어진
        ko | 20 feet high | 약 6미터 높이
        ko | He is 6ft 2in tall. | 그의 키는 188cm이다.
        ko | 86 degrees Fahrenheit | 섭씨 30도
        ko | a 7,000-ton ship | 7000t급 함선
        ko | at 60 mph | 시속 97킬로미터로
        ko | 25 square miles | 65제곱킬로미터
        ko | the 100m race | 100m 경주
        ko | won 3-1 | 3-1로 이겼다
        ko | won 3-1 | 3대 1로 이겼다
        ko | 10 to 15 boats | 배 10~15척
        ko | 10-15 boats | 배 10에서 15척
        ko | two weeks | 14일
        ko | a quarter of an hour | 15분
        ru | 45 miles away | в 45 милях
        ru | 45 miles away | в 72 км
        ru | 45 miles (72 km) away | в 72 км
        ru | 20 feet high | высотой 6 метров
        ru | He is 6ft 2in tall. | Его рост 188 см.
        ru | 86 degrees Fahrenheit | 30 градусов Цельсия
        ru | 150 pounds of rice | 68 кг риса
        ru | 100 acres of wheat | 40 гектаров пшеницы
        ru | at 60 mph | со скоростью 97 км/ч
        ru | 25 square miles | 65 квадратных километров
        ru | the 100m race | забег на 100 метров
        ru | won 3-1 | выиграли 3:1
        ru | 10-15 boats | от 10 до 15 лодок
        ru | an 18-month term | срок полтора года
        ru | Call 0800 555 111. | Звоните: 0800 555 111.
        ",
    );
}

#[test]
fn what_is_said_twice_may_be_said_once() {
    assert_clean(
        "
        ko | He saw 40 cows; 40 cows saw him. | 그와 소 40마리는 서로 보았다.
        ru | He saw 40 cows; 40 cows saw him. | Он и 40 коров видели друг друга.
        ko | He saw 40 cows. | 그는 소 40마리를 보았다. 소가 40마리였다.
        ko | No figure here. | 여기에는 숫자가 없다.
        ",
    );
}

#[test]
fn sentences_of_news() {
    assert_clean(
        "
        ko | The ferry, built in 1987, was carrying 213 passengers and 14 crew when it ran aground shortly after 3 a.m. on Thursday. | 1987년에 건조된 이 여객선은 목요일 오전 3시 직후 좌초됐을 당시 승객 213명과 승무원 14명을 태우고 있었다.
        ru | The ferry, built in 1987, was carrying 213 passengers and 14 crew when it ran aground shortly after 3 a.m. on Thursday. | На борту парома, построенного в 1987 году, находились 213 пассажиров и 14 членов экипажа, когда в четверг вскоре после трёх часов ночи он сел на мель.
        ko | Inflation slowed to 3.2% in October from 3.7% a month earlier, the first decline in four months. | 10월 물가상승률은 전달의 3.7%에서 3.2%로 둔화해 4개월 만에 처음으로 하락했다.
        ru | Inflation slowed to 3.2% in October from 3.7% a month earlier, the first decline in four months. | Инфляция замедлилась до 3,2 % в октябре с 3,7 % месяцем ранее, это первое снижение за четыре месяца.
        ko | Brent crude rose 85 cents, or 1.1%, to $78.25 a barrel by 0915 GMT. | 브렌트유는 그리니치표준시 오전 9시 15분 현재 85센트(1.1%) 오른 배럴당 78.25달러를 기록했다.
        ru | Brent crude rose 85 cents, or 1.1%, to $78.25 a barrel by 0915 GMT. | К 09:15 по Гринвичу нефть Brent подорожала на 85 центов, или 1,1%, до 78,25 доллара за баррель.
        ko | The company cut 1,100 jobs, about 9% of its workforce, and booked a €2.4 billion charge. | 이 회사는 전체 인력의 약 9%인 1100명을 감원하고 24억 유로의 비용을 반영했다.
        ru | The company cut 1,100 jobs, about 9% of its workforce, and booked a €2.4 billion charge. | Компания сократила 1100 рабочих мест, около 9% штата, и списала 2,4 млрд евро.
        ko | Kim, 54, was sentenced to seven years and six months in prison. | 김 씨(54)는 징역 7년 6개월을 선고받았다.
        ru | Kim, 54, was sentenced to seven years and six months in prison. | 54-летний Ким приговорён к семи с половиной годам тюрьмы.
        ko | A 6.4-magnitude quake struck 12 miles north of the city at a depth of 6 miles. | 규모 6.4의 지진이 도시에서 북쪽으로 19km 떨어진 깊이 10km 지점에서 발생했다.
        ru | A 6.4-magnitude quake struck 12 miles north of the city at a depth of 6 miles. | Землетрясение магнитудой 6,4 произошло в 19 км к северу от города на глубине 10 км.
        ko | He scored twice in the 23rd and 67th minutes as they won 4-0 away. | 그는 전반 23분과 후반 22분 두 골을 넣어 원정에서 4-0으로 이겼다.
        ru | He scored twice in the 23rd and 67th minutes as they won 4-0 away. | Он забил дважды, на 23-й и 67-й минутах, и его команда победила в гостях 4:0.
        ko | The vote was 52-48, with three Republicans joining 49 Democrats. | 표결은 52 대 48이었으며 공화당 의원 3명이 민주당 의원 49명에 합류했다.
        ru | The vote was 52-48, with three Republicans joining 49 Democrats. | Голоса разделились 52 на 48: трое республиканцев присоединились к 49 демократам.
        ko | Since July 1, 2015, the minimum wage has risen from $9 to $15 an hour. | 2015년 7월 1일 이후 최저임금은 시간당 9달러에서 15달러로 올랐다.
        ru | Since July 1, 2015, the minimum wage has risen from $9 to $15 an hour. | С 1 июля 2015 года минимальная зарплата выросла с 9 до 15 долларов в час.
        ko | Temperatures could hit 41C (106F) by the weekend, with nights above 25C. | 주말까지 기온이 섭씨 41도(화씨 106도)까지 오르고 밤에도 25도를 넘을 수 있다.
        ru | Temperatures could hit 41C (106F) by the weekend, with nights above 25C. | К выходным температура может достичь 41 градуса, а ночью не опустится ниже 25.
        ko | Roughly 1 in 8 of the country's 83 million people live below the poverty line. | 이 나라 인구 8300만 명 중 약 8명 중 1명이 빈곤선 아래에서 살고 있다.
        ru | Roughly 1 in 8 of the country's 83 million people live below the poverty line. | Примерно каждый восьмой из 83 миллионов жителей страны живёт за чертой бедности.
        ko | The talks, scheduled for Nov. 17-18, were moved from 10 a.m. to 2:30 p.m. local time. | 11월 17~18일로 예정된 회담은 현지시간 오전 10시에서 오후 2시 30분으로 옮겨졌다.
        ru | The talks, scheduled for Nov. 17-18, were moved from 10 a.m. to 2:30 p.m. local time. | Переговоры, намеченные на 17–18 ноября, перенесены с 10:00 на 14:30 по местному времени.
        ko | Police seized 2.5 tonnes of cocaine worth £200m, hidden in 40 containers. | 경찰은 컨테이너 40개에 숨겨진 2억 파운드 상당의 코카인 2.5톤을 압수했다.
        ru | Police seized 2.5 tonnes of cocaine worth £200m, hidden in 40 containers. | Полиция изъяла 2,5 тонны кокаина стоимостью 200 млн фунтов стерлингов, спрятанных в 40 контейнерах.
        ko | More than two-thirds of the 1,200 respondents, or 68 percent, said they had cut spending. | 응답자 1200명 중 3분의 2가 넘는 68%가 지출을 줄였다고 답했다.
        ru | More than two-thirds of the 1,200 respondents, or 68 percent, said they had cut spending. | Более двух третей из 1200 опрошенных, или 68 процентов, сообщили, что сократили расходы.
        ko | The fund lost as much as $40 billion to $50 billion in the first half of the year. | 이 펀드는 올 상반기에 400억~500억 달러를 잃었다.
        ru | The fund lost as much as $40 billion to $50 billion in the first half of the year. | За первое полугодие фонд потерял 40–50 млрд долларов.
        ko | He was born on April 9, 1948, the third of nine children. | 그는 1948년 4월 9일 아홉 남매 중 셋째로 태어났다.
        ru | He was born on April 9, 1948, the third of nine children. | Он родился 9 апреля 1948 года и был третьим из девяти детей.
        ko | Ten people, including four children under 5, died and at least 30 others were hurt. | 5세 미만 어린이 4명을 포함해 10명이 숨지고 최소 30명이 다쳤다.
        ru | Ten people, including four children under 5, died and at least 30 others were hurt. | Погибли десять человек, в том числе четверо детей младше пяти лет, ещё не менее 30 пострадали.
        ko | Shares fell 4.5 points to 1,832.17, their lowest since Aug 2009. | 주가는 4.5포인트 내린 1832.17로 2009년 8월 이후 최저치를 기록했다.
        ru | Shares fell 4.5 points to 1,832.17, their lowest since Aug 2009. | Индекс упал на 4,5 пункта до 1832,17 — минимума с августа 2009 года.
        ko | Apple's iPhone 15 costs $799, and the 256GB model $899. | 애플의 아이폰 15는 799달러, 256GB 모델은 899달러다.
        ru | Apple's iPhone 15 costs $799, and the 256GB model $899. | iPhone 15 от Apple стоит 799 долларов, а модель на 256 ГБ — 899 долларов.
        ko | The 27-nation EU pledged 50 billion euros over four years. | 27개 회원국으로 구성된 EU는 4년간 500억 유로를 약속했다.
        ru | The 27-nation EU pledged 50 billion euros over four years. | ЕС, объединяющий 27 стран, пообещал 50 млрд евро за четыре года.
        ko | She finished second in 10.82 seconds behind the 22-year-old champion. | 그는 22세 챔피언에 이어 10초82로 2위를 차지했다.
        ru | She finished second in 10.82 seconds behind the 22-year-old champion. | Она финишировала второй за 10,82 секунды, уступив 22-летней чемпионке.
        ko | Some 300 firefighters battled the blaze across 5,000 acres until 9 p.m. PT Sunday. | 소방관 약 300명이 일요일 태평양시간 오후 9시까지 약 20㎢에 번진 불과 싸웠다.
        ru | Some 300 firefighters battled the blaze across 5,000 acres until 9 p.m. PT Sunday. | Около 300 пожарных боролись с огнём на площади 2 тыс. га до 21:00 воскресенья по тихоокеанскому времени.
        ko | The budget rose by 500 billion won, or 0.8 percent, to 63.1 trillion won. | 예산은 5000억 원(0.8%) 늘어난 63조1000억 원이었다.
        ru | The budget rose by 500 billion won, or 0.8 percent, to 63.1 trillion won. | Бюджет вырос на 500 млрд вон (0,8%) до 63,1 трлн вон.
        ko | It's 50 years since the Six-Day War and 30 since the accord. | 6일 전쟁이 일어난 지 50년, 협정을 맺은 지 30년이 됐다.
        ru | It's 50 years since the Six-Day War and 30 since the accord. | Прошло 50 лет после Шестидневной войны и 30 — после соглашения.
        ko | U.N. Resolution 2231 expires on Oct. 18. | 유엔 결의 2231호는 10월 18일 만료된다.
        ru | U.N. Resolution 2231 expires on Oct. 18. | Действие резолюции ООН 2231 истекает 18 октября.
        ko | “We need 60 votes by Friday's deadline,” he said at a 1 p.m. briefing. | 그는 오후 1시 브리핑에서 “금요일 마감까지 60표가 필요하다”고 말했다.
        ru | “We need 60 votes by Friday's deadline,” he said at a 1 p.m. briefing. | «Нам нужно 60 голосов к пятнице», — сказал он на брифинге в час дня.
        ko | A quarter of a million visitors came in the three months to June 30. | 6월 30일까지 석 달간 25만 명이 방문했다.
        ru | A quarter of a million visitors came in the three months to June 30. | За три месяца до 30 июня пришли 250 тысяч посетителей.
        ko | Prices tripled to 1,500 roubles from 500 in just over a decade. | 가격은 10여 년 만에 500루블에서 1500루블로 세 배가 됐다.
        ru | Prices tripled to 1,500 roubles from 500 in just over a decade. | За десять с небольшим лет цены выросли втрое — с 500 до 1500 рублей.
        ",
    );
}

#[test]
fn turns_of_phrase() {
    assert_clean(
        "
        ko | Open from 6 to 8 p.m. | 오후 6시부터 8시까지
        ru | Open from 6 to 8 p.m. | С 18 до 20 часов
        ru | Open from 6 a.m. to 8 a.m. | с 6 до 8 утра
        ru | 5G networks | сети 5G
        ko | 5G networks | 5G를
        ru | 500 grams of rice | 500 г риса
        ru | in 2018 | в 2018 г.
        ru | 3.5 million people | 3 с половиной миллиона человек
        ru | more than 10 people | 10 с лишним человек
        ko | $5 million | 500만 US달러
        ko | the Five Eyes alliance | 파이브 아이즈 동맹
        ko | May was hot. | 5월은 더웠다.
        ko | a 4K television | 4K 텔레비전
        ko | a 5k run | 5km 달리기
        ko | the 9/11 attacks | 9·11 테러
        ru | the 9/11 attacks | теракты 11 сентября
        ko | a 50-50 chance | 50 대 50의 확률
        ru | Boeing 737 MAX 8 | Боинг-737 MAX 8
        ru | 1,000 years | тысяча лет
        ko | 1,000 years | 천 년
        ko | in her 20s | 20대
        ru | in her 20s | лет двадцати
        ko | the G7 | 주요 7개국(G7)
        ko | 10th-placed | 10위
        ru | the 10th place | 10-е место
        ko | one-third | 33%
        ko | 80 percent | 80퍼센트
        ko | a 2-1 win | 2-1 승리
        ko | three times a day | 하루 세 번
        ko | the 44-year-old | 44살의
        ko | $3.5 trillion | 3조5000억달러
        ru | $3.5 trillion | 3,5 триллиона долларов
        ko | 2.3 percent in the third quarter | 3분기 2.3%
        ru | 120 million roubles ($1.5m) | 120 млн рублей (1,5 млн долларов)
        ko | 5-year-old twins | 다섯 살 쌍둥이
        ru | a two-hour meeting | двухчасовая встреча
        ru | a 90-minute meeting | полуторачасовая встреча
        ko | an hour and a half | 1시간 30분
        ko | 90 minutes | 1시간 30분
        ko | 24 hours | 하루
        ru | 24 hours | сутки
        ko | 48 hours | 이틀
        ru | 12 months | год
        ko | six months | 반년
        ru | six months | полгода
        ru | six months | шесть месяцев
        ko | 18 months | 1년 반
        ko | 1 in 5 adults | 성인 5명 중 1명
        ru | 1 in 5 adults | каждый пятый взрослый
        ko | one in 10 | 10명 중 1명
        ru | 20 percent | пятая часть
        ko | 3 million | 300만여 명
        ru | 8,000 feet | 2,4 км
        ko | -5 degrees Celsius | 영하 5도
        ru | 100F | 38 градусов
        ko | 100°F (38°C) | 38도
        ru | two and a half years | два с половиной года
        ko | two and a half years | 2년 반
        ko | nineteen people | 열아홉 명
        ru | in the mid-1990s | в середине 1990-х годов
        ko | a dozen people | 십여 명
        ru | a couple of hundred | пара сотен
        ko | thousands | 수천 명
        ko | 10,000-strong | 만 명 규모의
        ko | 1.2 billion people | 12억 명
        ru | one million | миллион
        ru | 1 million | миллион человек
        ko | 1 million | 백만
        ru | 7:30 in the evening | 19:30
        ko | between 2 and 4 a.m. | 오전 2시에서 4시 사이
        ru | Nov. 5-7 | 5–7 ноября
        ko | Nov. 5-7 | 11월 5~7일
        ru | Monday to Friday | с понедельника по пятницу
        ru | the 1st of May | 1 Мая
        ko | the 19th-century house | 19세기 주택
        ru | the 19th-century house | дом XIX века
        ru | the 70th anniversary | семидесятилетие
        ru | the 70th anniversary | 70-летие
        ko | the 70th anniversary | 70주년
        ru | Article 5 | статья 5
        ru | Chapter Five | Глава пятая
        ru | page 1,024 | страница 1024
        ko | Resolution 1701 | 결의안 1701호
        ko | 40 mph winds | 시속 64km의 바람
        ko | 40 mph winds | 시속 40마일의 바람
        ko | 7 out of 10 | 10 중 7
        ru | a 30,000-seat stadium | стадион на 30 тысяч мест
        ko | $1,000 a month | 월 1000달러
        ko | 15 minutes into the game | 전반 15분
        ru | the 15th minute | 15-я минута
        ru | eleven goals | одиннадцать голов
        ru | Three people and 2 dogs | Три человека и две собаки
        ko | Three people and 2 dogs | 사람 셋과 개 두 마리
        ",
    );
}

#[test]
fn house_style() {
    assert_clean(
        "
        ko | The court ruled on Tuesday, October 7. | 법원은 10월 7일 판결했다.
        ko | The court ruled on Tuesday (Oct. 7) that four farms were to close. | 법원은 10월 7일(현지시간) 농장 4곳의 폐쇄를 판결했다.
        ko | about 100 miles from the port | 항구에서 약 100마일(160㎞) 떨어진
        ko | 300 millimeters of rain | 300㎜의 비
        ko | winds of 180 kilometers per hour | 시속 180㎞의 강풍
        ko | NT$839 billion | 8천390억 대만달러
        ko | 1.28 million Canadian dollars | 128만 캐나다달러
        ko | A$49.5 million | 4천950만 호주달러
        ko | cut rates by a quarter of a percentage point | 금리를 0.25%포인트 내렸다
        ko | by 8 basis points | 0.08%포인트
        ko | the lowest in a quarter of a century | 25년 만에 최저
        ko | a year and a half later | 1년 반 뒤
        ko | Almost a third was lost. | 거의 3분의 1이 사라졌다.
        ko | Wolves rose sixfold. | 늑대가 여섯 배 늘었다.
        ko | A dozen houses fell. | 가옥 10여 채가 무너졌다.
        ko | at 2 p.m. CET | 중부유럽시간 오후 2시에
        ko | 18 trillion rupiah | 18조 루피아
        ru | The court ruled on Tuesday, October 7. | Суд вынес решение 7 октября.
        ru | Ivo Lund, 31, and his wife Ada, also 31, moved in. | 31-летний Иво Лунд и его жена и ровесница Ада въехали в дом.
        ko | Ivo Lund, 31, and his wife Ada, also 31, moved in. | 이보 룬드(31)와 동갑인 아내 아다가 이사했다.
        ru | about 100 miles from the port | примерно в 100 милях (160 км) от порта
        ru | NT$839 billion | 839 млрд тайваньских долларов
        ru | 350 million rand | 350 млн рэндов
        ru | cut rates by a quarter of a percentage point | снизил ставку на 0,25 процентного пункта
        ru | by 8 basis points | на 8 базисных пунктов
        ru | She ran it in two hours, 19 minutes and 11 seconds. | Её результат — 2 часа 19 минут 11 секунд.
        ru | Wolves rose sixfold. | Волков стало в шесть раз больше.
        ru | 18 trillion rupiah | 18 трлн рупий
        ",
    );
}
