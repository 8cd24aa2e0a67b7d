use super::*;
use crate::glossary::Format;

fn desk() -> Glossary {
    Glossary::parse(
        "desk",
        "desk.csv",
        Format::Csv,
        "source,ko,ru,translate,forbidden_ko,forbidden_ru\n\
         Harbour Board,항만위원회|항만위,совет порта|портовый совет,,항구위원회,правление порта\n\
         India,인도,Индия,,,\n\
         Indonesia,인도네시아,Индонезия,,,\n\
         Türkiye|Turkey,튀르키예,Турция,,터키,\n\
         Turkish delight,터키시 딜라이트,рахат-лукум,,,\n\
         Gullwing,,,no,걸윙,Галлвинг\n\
         EU,유럽연합|EU,ЕС|Евросоюз,,,\n"
            .as_bytes(),
    )
    .unwrap()
}

fn codes(source: &str, target: &str, lang: Lang) -> Vec<Code> {
    let findings = desk().check(source, target, lang);
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_term_that_is_there_is_fine_in_any_case_and_with_any_particle() {
    for (source, target, lang) in [
        ("The HARBOUR BOARD’s vote", "항만 위원회의 표결", Lang::Ko),
        ("The Harbour Board voted", "항만위는 표결했다", Lang::Ko),
        (
            "The Harbour Board voted",
            "Решение портового совета",
            Lang::Ru,
        ),
        ("by the harbour board", "советом порта", Lang::Ru),
        ("Gullwing lost", "Gullwing은 졌다", Lang::Ko),
        ("Gullwing lost", "проиграла Gullwing.", Lang::Ru),
        ("the EU", "EU가", Lang::Ko),
        ("the EU", "в Евросоюзе", Lang::Ru),
        ("The euro fell.", "Курс упал.", Lang::Ru),
        (
            "They boarded a ship in the harbour.",
            "Они сели на судно.",
            Lang::Ru,
        ),
        ("India and Indonesia", "인도와 인도네시아", Lang::Ko),
        ("Quill India’s editor", "редактор Quill India", Lang::Ru),
        ("India Gazette wrote", "India Gazette는 썼다", Lang::Ko),
    ] {
        assert_eq!(codes(source, target, lang), [], "{source}: {target}");
    }
}

#[test]
fn a_term_that_is_not_there_is_missing_at_its_place_in_the_source() {
    for (source, target, lang, place) in [
        (
            "The harbour board voted",
            "위원회는 표결했다",
            Lang::Ko,
            "harbour board",
        ),
        (
            "The harbour board voted",
            "Правление проголосовало",
            Lang::Ru,
            "harbour board",
        ),
        (
            "“Gullwing” lost",
            "«Гулвинг» проиграла",
            Lang::Ru,
            "Gullwing",
        ),
        ("the EU said", "есть решение", Lang::Ru, "EU"),
        ("India said", "인도네시아는 밝혔다", Lang::Ko, "India"),
        ("India said", "Индонезия заявила", Lang::Ru, "India"),
        ("India Gazette wrote", "Так пишет газета", Lang::Ru, "India"),
    ] {
        let findings = desk().check(source, target, lang);
        assert_eq!(findings.len(), 1, "{target}: {findings:?}");
        assert_eq!(findings[0].code, Code::GlossaryTermMissing);
        let range = findings[0].source.clone().unwrap();
        assert_eq!(&source[range], place);
        assert_eq!(findings[0].target, None);
        assert!(!findings[0].note.is_empty());
    }
}

#[test]
fn a_forbidden_form_is_found_at_its_place_in_the_target() {
    for (source, target, lang, place) in [
        ("Harbour Board", "항구위원회의 결정", Lang::Ko, "항구위원회"),
        (
            "Harbour Board",
            "항만위, 곧 항구 위원회는",
            Lang::Ko,
            "항구 위원회",
        ),
        (
            "Harbour Board",
            "решением Правления порта",
            Lang::Ru,
            "Правления порта",
        ),
        ("Turkey voted", "터키가 투표했다", Lang::Ko, "터키"),
        (
            "Gullwing lost",
            "Галлвингу не повезло",
            Lang::Ru,
            "Галлвингу",
        ),
    ] {
        let findings = desk().check(source, target, lang);
        assert_eq!(findings.len(), 1, "{target}: {findings:?}");
        assert_eq!(findings[0].code, Code::GlossaryTermForbidden);
        let range = findings[0].target.clone().unwrap();
        assert_eq!(&target[range], place);
        assert!(findings[0].source.is_some());
    }
}

#[test]
fn a_forbidden_form_inside_an_accepted_one_is_none() {
    let source = "Turkish delight from Turkey";
    assert_eq!(codes(source, "튀르키예의 터키시 딜라이트", Lang::Ko), []);
    assert_eq!(
        codes(source, "터키의 터키시 딜라이트", Lang::Ko),
        [Code::GlossaryTermForbidden]
    );
    // Not a word of the source: what is forbidden for it may mean something else.
    assert_eq!(codes("A bird", "터키", Lang::Ko), []);
}

#[test]
fn a_term_is_missed_once_however_often_it_is_named() {
    assert_eq!(
        codes("India, India and India", "Другая страна", Lang::Ru),
        [Code::GlossaryTermMissing]
    );
}
