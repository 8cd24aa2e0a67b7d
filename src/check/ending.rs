//! Does a translation have an end?

/// Whether the source ends as a sentence does and the text does not.
pub fn lacks_end(source: &str, text: &str) -> bool {
    ends_as_sentence(source, ".!?…") && !ends_as_sentence(text, ".!?…:;。")
}

fn ends_as_sentence(text: &str, marks: &str) -> bool {
    let closing = |c: char| c.is_whitespace() || "\"'”’»)]』」".contains(c);
    text.trim_end_matches(closing)
        .ends_with(|c| marks.contains(c))
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
}
