use super::*;
use crate::glossary::Format;

fn desk() -> Glossary {
    Glossary::parse(
        "desk",
        "desk.csv",
        Format::Csv,
        "source,ko,ru,forbidden_ko,forbidden_ru,indeclinable\n\
         Kyiv|Kiev,키이우,Киев,키예프|키에프,Кыив,\n\
         Brenning,브레닝,Бреннинг,브렌닝,Бренинг,\n\
         Osaro,오사로,Осаро,오자로,Озаро,yes\n\
         Gullwing Post,걸윙 포스트,Gullwing Post,갈윙 포스트,,\n\
         Sallow News,샐로뉴스,Сэллоу ньюс,,,\n"
            .as_bytes(),
    )
    .unwrap()
}

#[test]
fn korean_forms_are_replaced_and_particles_agree() {
    let desk = desk();
    for (source, target, wanted) in [
        ("Kyiv said", "키예프는 밝혔다.", "키이우는 밝혔다."),
        ("in Kiev", "키예프에서", "키이우에서"),
        ("Kyiv said", "Kyiv은 밝혔다.", "키이우는 밝혔다."),
        ("Brenning left", "Brenning가 떠났다.", "브레닝이 떠났다."),
        ("Brenning", "브렌닝을 만났다", "브레닝을 만났다"),
        (
            "Kyiv and Brenning met in Osaro",
            "Kyiv와 Brenning는 오자로에서 만났다",
            "키이우와 브레닝은 오사로에서 만났다",
        ),
        (
            "Gullwing Post wrote",
            "Gullwing Post은 썼다",
            "걸윙 포스트는 썼다",
        ),
        ("Kyiv", "키예프(Kyiv)를", "키이우(키이우)를"),
    ] {
        let found = desk.repair(source, target, Lang::Ko);
        if target.contains("(Kyiv)") {
            // Both are wrong alone; together no accepted form stands there yet.
            assert!(found.is_some());
            continue;
        }
        assert_eq!(found.as_deref(), Some(wanted), "{target}");
        assert_eq!(desk.check(source, wanted, Lang::Ko), []);
    }
}

#[test]
fn what_may_be_something_else_is_left() {
    let desk = desk();
    for (source, target) in [
        ("Kyiv said", "키이우는 밝혔다."),
        ("Kyiv said", "키이우(Kyiv)는 밝혔다."),
        ("Nothing of it", "키예프는 밝혔다."),
        ("Kyiv", "키이우, kyiv.example 참조"),
        ("Kyiv", "키이우 @Kyiv"),
        ("Kyiv", "키예프치킨"),
    ] {
        assert_eq!(desk.repair(source, target, Lang::Ko), None, "{target}");
    }
}

#[test]
fn russian_forms_are_replaced_only_where_their_case_is_sure() {
    let desk = desk();
    for (source, target, wanted) in [
        ("Osaro", "Он вернулся из Озаро.", "Он вернулся из Осаро."),
        ("Osaro", "Он вернулся из Osaro.", "Он вернулся из Осаро."),
        ("Kyiv said", "Kyiv заявил об этом.", "Киев заявил об этом."),
        (
            "Kyiv said",
            "Он ушёл. Kyiv молчит.",
            "Он ушёл. Киев молчит.",
        ),
        ("Brenning left", "Бренинг уехал.", "Бреннинг уехал."),
        (
            "Sallow News reported",
            "Об этом пишет агентство Sallow News.",
            "Об этом пишет агентство Сэллоу ньюс.",
        ),
        (
            "Sallow News reported",
            "По данным телеканала «Sallow News», да.",
            "По данным телеканала «Сэллоу ньюс», да.",
        ),
    ] {
        let found = desk.repair(source, target, Lang::Ru);
        assert_eq!(found.as_deref(), Some(wanted), "{target}");
    }
    for (source, target) in [
        ("Kyiv", "Он вернулся из Kyiv."),
        ("Kyiv", "В городе Kyiv спокойно."),
        ("Kyiv", "Kyiv Independent пишет"),
        ("Brenning", "Он видел Бренинга."),
        ("Brenning", "Бренинга видели."),
        ("Kyiv", "Киев молчит."),
        ("Gullwing Post", "Пишет Gullwing Post."),
        ("Osaro", "Из Осаро (Osaro)."),
    ] {
        assert_eq!(desk.repair(source, target, Lang::Ru), None, "{target}");
    }
}
