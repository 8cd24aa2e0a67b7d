//! Terms for the prompts of language models.

use super::Glossary;
use super::check::distinct;
use crate::job::Lang;

impl Glossary {
    /// The terms that stand in `source`, each as it stands there and with its preferred form in
    /// `lang`: once each, in the order of the text, at most `most` of them. A term that is not to be
    /// translated is paired with itself.
    pub fn prompt_terms(&self, source: &str, lang: Lang, most: usize) -> Vec<(String, String)> {
        distinct(self.hits(source, lang))
            .iter()
            .filter_map(|hit| {
                let term = source.get(hit.range.clone())?;
                Some((term.to_owned(), hit.preferred(lang)?.to_owned()))
            })
            .take(most)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glossary::Format;

    #[test]
    fn only_what_the_segment_has_is_shown_once_and_in_order() {
        let glossary = Glossary::parse(
            "desk",
            "desk.csv",
            Format::Csv,
            "source,ko,ru,translate\n\
             Harbour Board,항만위원회,совет порта,\n\
             Tallow Street|Tallow St.,탤로가,Таллоу-стрит,\n\
             Gullwing,,,no\n\
             Elsewhere,딴곳,другое место,\n"
                .as_bytes(),
        )
        .unwrap();
        let source = "On Tallow St., Gullwing sued the HARBOUR BOARD; Tallow Street cheered.";
        let terms = |lang, most| glossary.prompt_terms(source, lang, most);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            terms(Lang::Ko, 9),
            [
                pair("Tallow St.", "탤로가"),
                pair("Gullwing", "Gullwing"),
                pair("HARBOUR BOARD", "항만위원회"),
            ]
        );
        assert_eq!(terms(Lang::Ru, 1), [pair("Tallow St.", "Таллоу-стрит")]);
        assert!(terms(Lang::Ru, 0).is_empty());
    }
}
