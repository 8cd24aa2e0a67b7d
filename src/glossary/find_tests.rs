use super::*;

fn found<'a>(text: &'a str, form: &str, lang: Lang) -> Vec<&'a str> {
    Target::new(text, lang)
        .find(form, false)
        .into_iter()
        .map(|range| &text[range])
        .collect()
}

#[test]
fn a_russian_form_is_found_in_every_case() {
    for (form, text, wanted) in [
        (
            "совет порта",
            "По решению Совета порта работы начнутся.",
            "Совета порта",
        ),
        ("Балтийское море", "в Балтийском море", "Балтийском море"),
        ("Королёв", "Королевым сказано", "Королевым"),
        ("мир", "против мира", "мира"),
        ("ЕС", "в ЕС решили", "ЕС"),
        ("BBC", "сообщает BBC.", "BBC"),
        ("Санкт-Петербург", "в Санкт‑Петербурге", "Санкт‑Петербурге"),
        ("№ 7", "дом № 7", "№ 7"),
        (
            "Министерство обороны",
            "«министерством  обороны»",
            "министерством  обороны",
        ),
    ] {
        assert_eq!(found(text, form, Lang::Ru), [wanted], "{form}: {text}");
    }
    for (form, text) in [
        ("совет порта", "Портовый совет решил."),
        ("совет порта", "совет, порта"),
        ("Балтийское море", "на Чёрном море"),
        ("мир", "на мировом рынке"),
        ("порт", "портативный"),
        ("ЕС", "есть решение"),
        ("BBC", "сообщает Би-би-си."),
        ("№ 7", "дом № 77"),
    ] {
        assert!(found(text, form, Lang::Ru).is_empty(), "{form}: {text}");
    }
}

#[test]
fn a_form_that_never_changes_has_no_other() {
    let text = Target::new("из Токио в Токия", Lang::Ru);
    assert_eq!(text.find("Токио", true).len(), 1);
    assert_eq!(text.find("Токио", false).len(), 2);
}

#[test]
fn a_korean_form_may_have_particles_and_other_spaces() {
    for (form, text, wanted) in [
        (
            "항만 위원회",
            "항만위원회는 수요일에 표결했다.",
            "항만위원회",
        ),
        ("항만위원회", "항만 위원회의 결정", "항만 위원회"),
        ("EU", "EU가 밝혔다", "EU"),
        ("EU", "유럽연합(EU)은", "EU"),
        ("러시아", "친러시아 세력", "러시아"),
        ("러시아", "러시아군이", "러시아"),
        ("달러", "100달러를", "달러"),
        ("달러", "3백만달러", "달러"),
        ("미", "미 국무부", "미"),
        ("원", "3만원을", "원"),
        ("미", "한·미 양국", "미"),
        ("미", "미중 무역전쟁", "미"),
        ("중", "미중 무역전쟁", "중"),
        ("일", "한미일은", "일"),
        ("미국", "“미국은", "미국"),
    ] {
        assert_eq!(found(text, form, Lang::Ko), [wanted], "{form}: {text}");
    }
    for (form, text) in [
        ("항만위원회", "위원회의 결정"),
        ("은행", "한국은행이 밝혔다"),
        ("EU", "EUR 3"),
        ("EU", "MEU는"),
        ("미", "미술관에서"),
        ("미", "의미는"),
        ("일", "주일은"),
        ("이란", "이 란제리"),
        ("수단", "남수단에서"),
    ] {
        assert!(found(text, form, Lang::Ko).is_empty(), "{form}: {text}");
    }
}

#[test]
fn longer_forms_are_known_by_their_beginning() {
    let entry = |form: &str| Entry {
        sources: vec![form.to_owned()],
        do_not_translate: true,
        ..Entry::default()
    };
    let entries = ["인도네시아", "인도", "이란", "인도양"].map(entry);
    let forms = Forms::new(&entries, Lang::Ko);
    let longer: Vec<_> = forms.longer("인도").collect();
    assert_eq!(longer, [("인도네시아", 0), ("인도양", 3)]);
    assert_eq!(forms.longer("이란").count(), 0);
}
