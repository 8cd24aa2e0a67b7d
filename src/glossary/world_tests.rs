use std::collections::HashSet;

use super::*;
use crate::check::Code;
use crate::check::letters::{Script, script};

fn codes(source: &str, target: &str, lang: Lang) -> Vec<Code> {
    let world = world().unwrap();
    let findings = world.check(source, target, lang);
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn the_starter_is_whole() {
    let world = world().unwrap();
    assert_eq!(world.name(), "world");
    assert!(world.entries().len() >= 300, "{}", world.entries().len());
    let lines = WORLD.lines().count() - 1;
    assert_eq!(
        lines,
        world.entries().len(),
        "no line says what another has said"
    );
    let mut names = HashSet::new();
    for entry in world.entries() {
        assert!(!entry.origin.is_empty(), "{entry:?}");
        for source in &entry.sources {
            assert!(names.insert(source.clone()), "{source} comes twice");
        }
    }
}

#[test]
fn its_forms_are_in_the_script_of_their_language() {
    // Names of media and designations that go by Latin letters in either language.
    let is_latin_name = |form: &str| {
        form.chars()
            .filter_map(script)
            .all(|script| script == Script::Latin)
            && form.chars().any(char::is_uppercase)
    };
    let world = world().unwrap();
    for entry in world.entries() {
        for (lang, own) in [(Lang::Ko, Script::Hangul), (Lang::Ru, Script::Cyrillic)] {
            assert!(entry.is_for(lang), "{entry:?}");
            let forms = entry.accepted(lang).iter().chain(entry.forbidden(lang));
            for form in forms {
                let scripts: Vec<_> = form.chars().filter_map(script).collect();
                assert!(
                    is_latin_name(form)
                        || scripts.contains(&own)
                            && scripts.iter().all(|s| *s == own || *s == Script::Latin),
                    "{form}"
                );
                // A Latin letter among Cyrillic ones cannot be seen, and breaks every comparison.
                for word in form.split(|c: char| !c.is_alphanumeric()) {
                    let mixed: Vec<_> = word.chars().filter_map(script).collect();
                    assert!(
                        lang == Lang::Ko || mixed.iter().all(|s| *s == mixed[0]),
                        "{form} mixes scripts in a word"
                    );
                }
            }
        }
    }
}

#[test]
fn good_sentences_pass() {
    for (source, korean, russian) in [
        (
            "Zelensky told the U.N. Security Council that Kyiv would not yield, Reuters reported.",
            "젤렌스키는 키이우가 굴복하지 않을 것이라고 유엔 안전보장이사회에서 말했다고 로이터가 보도했다.",
            "Зеленский заявил в Совете Безопасности ООН, что Киев не уступит, сообщает Reuters.",
        ),
        (
            "NATO’s Mark Rutte met Recep Tayyip Erdoğan in Ankara.",
            "마르크 뤼터 나토 사무총장이 앙카라에서 레제프 타이이프 에르도안 튀르키예 대통령을 만났다.",
            "Генсек НАТО Марк Рютте встретился с Реджепом Тайипом Эрдоганом в Анкаре.",
        ),
        (
            "The IAEA said North Korea had expanded its Yongbyon site.",
            "국제원자력기구(IAEA)는 북한이 영변 시설을 확장했다고 밝혔다.",
            "В МАГАТЭ заявили, что КНДР расширила объект в Йонбёне.",
        ),
        (
            "A brigadier general and two lieutenant colonels left for Tbilisi.",
            "준장 1명과 중령 2명이 트빌리시로 떠났다.",
            "Бригадный генерал и два подполковника уехали в Тбилиси.",
        ),
        (
            "WHO and who? The Kremlin’s Peskov would not say.",
            "WHO? 크렘린의 페스코프는 답하지 않았다.",
            "ВОЗ или кто? В Кремле у Пескова ответа не было.",
        ),
        (
            "The ruble and the yuan fell against the euro.",
            "루블화와 위안화는 유로화 대비 하락했다.",
            "Рубль и юань упали по отношению к евро.",
        ),
    ] {
        assert!(
            world().unwrap().hits(source, Lang::Ko).len() >= 3,
            "{source}"
        );
        assert_eq!(codes(source, korean, Lang::Ko), [], "{korean}");
        assert_eq!(codes(source, russian, Lang::Ru), [], "{russian}");
    }
}

#[test]
fn bad_sentences_fail() {
    use Code::{GlossaryTermForbidden as Forbidden, GlossaryTermMissing as Missing};
    for (source, target, lang, code) in [
        ("Talks in Kyiv", "키예프에서 회담", Lang::Ko, Forbidden),
        ("Talks in Kyiv", "하르키우에서 회담", Lang::Ko, Missing),
        ("Talks in Kyiv", "Переговоры в Харькове", Lang::Ru, Missing),
        ("Turkey voted", "터키가 투표했다", Lang::Ko, Forbidden),
        ("in Thailand", "в Тайланде", Lang::Ru, Forbidden),
        ("in Austria", "в Австралии", Lang::Ru, Missing),
        ("in India", "인도네시아에서", Lang::Ko, Missing),
        ("in Niger", "в Нигерии", Lang::Ru, Missing),
        ("Kim Jong Un said", "Ким Чен Ун заявил", Lang::Ru, Forbidden),
        ("Kim Yo Jong said", "김정은은 말했다", Lang::Ko, Missing),
        (
            "The IAEA said",
            "국제에너지기구는 밝혔다",
            Lang::Ko,
            Missing,
        ),
        ("The WTO said", "заявили в ВОЗ", Lang::Ru, Missing),
        ("a lieutenant general", "генерал-майор", Lang::Ru, Missing),
        ("Putin said", "Путинский режим", Lang::Ru, Missing),
    ] {
        assert_eq!(codes(source, target, lang), [code], "{source}: {target}");
    }
}

#[test]
fn it_repairs_what_is_sure() {
    let world = world().unwrap();
    let repaired = |source: &str, target: &str, lang| world.repair(source, target, lang);
    assert_eq!(
        repaired("Kyiv said", "키예프는 밝혔다", Lang::Ko).as_deref(),
        Some("키이우는 밝혔다")
    );
    assert_eq!(
        repaired("in Tokyo", "он был в Tokyo", Lang::Ru).as_deref(),
        Some("он был в Токио")
    );
    assert_eq!(repaired("in Kyiv", "он был в Kyiv", Lang::Ru), None);
}
