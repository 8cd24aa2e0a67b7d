use super::*;

/// A term in the first column, what follows it in the second, and what should in the third.
const TABLE: &str = "\
평양|는 밝혔다|은 밝혔다
키이우|은 밝혔다|는 밝혔다
키이우|는 밝혔다|는 밝혔다
서울|는 밝혔다|은 밝혔다
평양|가 말했다|이 말했다
모스크바|이 말했다|가 말했다
서울|가 말했다|이 말했다
평양|를 떠났다|을 떠났다
도쿄|을 떠났다|를 떠났다
브뤼셀|를 떠났다|을 떠났다
평양|와 서울|과 서울
키이우|과 모스크바|와 모스크바
서울|와 도쿄|과 도쿄
평양|로 갔다|으로 갔다
서울|으로 갔다|로 갔다
브뤼셀|으로부터 왔다|로부터 왔다
파리|으로 갔다|로 갔다
베이징|로부터 왔다|으로부터 왔다
베이징|로의 수출|으로의 수출
의장|로서 말했다|으로서 말했다
사무총장|로서의 책임|으로서의 책임
유로|으로써 갚았다|로써 갚았다
평양|나 서울|이나 서울
키이우|이나 하르키우|나 하르키우
평양|란 도시|이란 도시
키이우|이란 도시|란 도시
평양|라고 불린다|이라고 불린다
키이우|이라고 불린다|라고 불린다
서울|라고 불린다|이라고 불린다
평양|라는 도시|이라는 도시
키이우|이라는 도시|라는 도시
평양|라도 좋다|이라도 좋다
키이우|이든 서울이든|든 서울이든
평양|야말로|이야말로
평양|과의 대화|과의 대화
키이우|과의 대화|와의 대화
평양|와의 대화|과의 대화
평양|와는 달리|과는 달리
키이우|과 함께|와 함께
평양|였다.|이었다.
키이우|이었다.|였다.
서울|였으며|이었으며
평양|다.|이다.
수도|이다.|다.
키이우|다.|다.
평양|야, 안녕|아, 안녕
키이우|아!|야!
1|는 첫째다|은 첫째다
2|은 둘째다|는 둘째다
3|를 곱했다|을 곱했다
4|을 곱했다|를 곱했다
5|이 크다|가 크다
6|가 크다|이 크다
7|으로 늘었다|로 늘었다
8|로 줄었다|로 줄었다
9|으로 줄었다|로 줄었다
10|로 늘었다|으로 늘었다
0|를 더했다|을 더했다
100|는|은
2026|와|과
20%|을 넘었다|를 넘었다
EU|은 밝혔다|는 밝혔다
UN|는 밝혔다|은 밝혔다
IMF|이 경고했다|가 경고했다
NATO|은 밝혔다|는 밝혔다
NATO|과 러시아|와 러시아
OPEC|가 감산했다|이 감산했다
ASEAN|와 한국|과 한국
INTERPOL|으로 보냈다|로 보냈다
UNHCR|는 밝혔다|은 밝혔다
FBI|을|를
U.N.|는|은
Reuters|이 보도했다|가 보도했다
Google|가 밝혔다|이 밝혔다
Google|으로 검색|로 검색
TikTok|를 막았다|을 막았다
키이우|(Kyiv)을 떠났다|(Kyiv)를 떠났다
평양|(Pyongyang)를 떠났다|(Pyongyang)을 떠났다
유엔|(UN)는 밝혔다|(UN)은 밝혔다
나토|’은 밝혔다|’는 밝혔다
평양|”가 아니다|”이 아니다
조선중앙통신|』를 인용|』을 인용
키이우|을(를) 떠났다|를 떠났다
평양|은(는) 밝혔다|은 밝혔다
서울|(으)로 갔다|로 갔다
평양|(으)로 갔다|으로 갔다
키이우|이(가) 밝혔다|가 밝혔다
평양|와(과) 서울|과 서울
키이우|를.|를.
키이우|을,|를,
키이우|은|는";

#[test]
fn particles_follow_the_last_sound() {
    let mut rows = 0;
    for row in TABLE.lines() {
        let [term, given, wanted] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let text = format!("어제 {term}{given}");
        let end = "어제 ".len() + term.len();
        let found = agree(&text, end);
        assert_eq!(found, format!("어제 {term}{wanted}"), "{row}");
        let again = agree(&found, end);
        assert_eq!(again, found, "what agrees is left: {row}");
        rows += 1;
    }
    assert!(rows > 80);
}

#[test]
fn what_is_no_particle_is_left() {
    for (term, rest) in [
        ("평양", " 이 도시"),
        ("평양", " 가게"),
        ("평양", "가게에서"),
        ("평양", "는개"),
        ("평양", "에서는"),
        ("평양", "에는"),
        ("평양", "의"),
        ("평양", "도"),
        ("평양", "까지"),
        ("키이우", "에서"),
        ("키이우", "이야기"),
        ("키이우", "은행이"),
        ("모스크바", "과학원은"),
        ("모스크바", "이라크"),
        ("모스크바", "을지로"),
        ("평양", "다리를 건넜다"),
        ("평양", "다 함께"),
        ("평양", "로켓을 쏘았다"),
        ("키이우", "이"),
        ("평양", ""),
        ("평양", "."),
        ("평양", "라디오"),
        ("평양", "나무가"),
        ("평양", "를3"),
        ("東京", "은 밝혔다"),
        ("Киев", "은 밝혔다"),
    ] {
        if (term, rest) == ("키이우", "이") {
            // The one of these that is a particle: at the end of the text.
            assert_eq!(agree("키이우이", "키이우".len()), "키이우가");
            continue;
        }
        let text = format!("{term}{rest}");
        assert_eq!(agree(&text, term.len()), text);
    }
}

#[test]
fn a_gloss_leaves_the_particle_to_the_word_before_it() {
    let text = "유엔(국제연합)은 밝혔다";
    assert_eq!(agree(text, "유엔(국제연합".len()), text);
    let text = "나토(북대서양조약기구)는 밝혔다";
    assert_eq!(agree(text, "나토(북대서양조약기구".len()), text);
    // Brackets of their own explain nothing.
    assert_eq!(agree("(평양)는 도시다", "(평양".len()), "(평양)은 도시다");
}

#[test]
fn a_place_that_is_none_changes_nothing() {
    assert_eq!(agree("평양는", 1), "평양는");
    assert_eq!(agree("평양는", 100), "평양는");
    assert_eq!(agree("", 0), "");
}
