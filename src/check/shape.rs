//! The outer shape of a translation: its length, and whether it has an end.

use crate::job::Lang;

/// Whether the source ends as a sentence does and the text does not.
pub fn lacks_end(source: &str, text: &str) -> bool {
    ends_as_sentence(source, ".!?…") && !ends_as_sentence(text, ".!?…:;。")
}

fn ends_as_sentence(text: &str, marks: &str) -> bool {
    let closing = |c: char| c.is_whitespace() || "\"'”’»)]』」".contains(c);
    text.trim_end_matches(closing)
        .ends_with(|c| marks.contains(c))
}

/// Whether the length of the text, in characters, is that of a translation of the source.
///
/// Of 957 professional translations, fewer than 1 % are outside these bounds; short texts vary more. Shortest
/// to longest ratio measured, for sources under 20, 40, 80, 150 characters and longer: Korean
/// 0.33–2.00, 0.35–1.47, 0.33–1.13, 0.34–1.11, 0.31–0.86; Russian 0.74–2.46, 0.67–1.95,
/// 0.48–2.14, 0.72–1.75, 0.66–1.68.
pub fn length_fits(source: &str, text: &str, lang: Lang) -> bool {
    let source = source.trim().chars().count();
    let text = text.trim().chars().count();
    // In hundredths of the source's length.
    let (least, most) = match (lang, source) {
        (_, 0) => return true,
        (Lang::Ko, ..20) => (20, 250),
        (Lang::Ko, 20..40) => (25, 150),
        (Lang::Ko, 40..80) => (30, 112),
        (Lang::Ko, 80..150) => (32, 104),
        (Lang::Ko, 150..) => (32, 84),
        (Lang::Ru, ..20) => (50, 300),
        (Lang::Ru, 20..40) => (60, 210),
        (Lang::Ru, 40..80) => (56, 212),
        (Lang::Ru, 80..150) => (72, 170),
        (Lang::Ru, 150..) => (75, 160),
        (Lang::En, _) => (20, 300),
    };
    (source * least..=source * most).contains(&(text * 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_needs_its_end_and_a_headline_does_not() {
        assert!(lacks_end("He left “at once.”", "Он ушёл «сразу"));
        assert!(!lacks_end("He left “at once.”", "Он ушёл «сразу»."));
        assert!(!lacks_end("Minister Leaves", "장관 사임"));
        assert!(!lacks_end("He left.", "“그는 떠났다.”"));
    }

    #[test]
    fn lengths_far_from_any_translation_are_seen() {
        let source = "The regional court postponed the hearing until the second week of March.";
        assert!(length_fits(
            source,
            "지방법원은 심리를 3월 둘째 주로 연기했다.",
            Lang::Ko
        ));
        assert!(!length_fits(source, "심리 연기.", Lang::Ko));
        assert!(!length_fits(
            source,
            &"심리를 연기했다. ".repeat(12),
            Lang::Ko
        ));
        assert!(!length_fits(source, "Суд отложил.", Lang::Ru));
    }
}
