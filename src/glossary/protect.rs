//! Placeholders for translators that take no prompt.

use std::ops::Range;

use super::index::Hit;
use super::{Glossary, particle, russian};
use crate::job::Lang;

/// What placeholders begin with: rare in any language, in capitals and without a vowel, so that a
/// translator takes it for a designation and copies it. Another is taken where a source has one.
const PREFIXES: [&str; 6] = ["XQ", "ZQ", "QZ", "QX", "XZ", "VX"];

/// A source text with placeholders for terms, and what stands for each in the translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// What goes to the translator.
    pub text: String,
    lang: Lang,
    prefix: &'static str,
    /// The forms, in the order of their numbers, which begin with 1.
    forms: Vec<String>,
}

impl Glossary {
    /// `source` with a placeholder such as `XQ1` for each term that `translation`, the source's
    /// first, lacks or has in a forbidden form, as [`Glossary::check`] sees it. What it has stays:
    /// each placeholder is one more that can get lost. Every place of such a term has a placeholder
    /// of its own.
    ///
    /// For Russian only terms whose preferred form stays the same in every case, and those that are
    /// not translated: a placeholder has no case, so any other form would come back in the wrong one.
    /// What is left out stands in the text as it was.
    pub fn protect(&self, source: &str, translation: &str, lang: Lang) -> Protected {
        let lower = source.to_lowercase();
        let prefix = PREFIXES
            .into_iter()
            .find(|prefix| !lower.contains(&prefix.to_lowercase()));
        let mut protected = Protected {
            text: String::with_capacity(source.len()),
            lang,
            prefix: prefix.unwrap_or_default(),
            forms: Vec::new(),
        };
        let lacking = prefix.map_or_else(Vec::new, |_| self.lacking(source, translation, lang));
        let mut from = 0;
        for hit in lacking {
            let Some(form) = hit
                .preferred(lang)
                .filter(|form| may_stand(&hit, form, lang))
            else {
                continue;
            };
            protected.forms.push(form.to_owned());
            let number = protected.forms.len();
            let before = source.get(from..hit.range.start).unwrap_or_default();
            protected.text.push_str(before);
            protected.text.push_str(protected.prefix);
            protected.text.push_str(&number.to_string());
            from = hit.range.end;
        }
        protected
            .text
            .push_str(source.get(from..).unwrap_or_default());
        protected
    }

    /// Every place of the terms that a translation lacks.
    fn lacking(&self, source: &str, translation: &str, lang: Lang) -> Vec<Hit<'_>> {
        let findings = self.check(source, translation, lang);
        let hits = self.hits(source, lang);
        let lacks = |hit: &Hit<'_>| {
            let at = Some(&hit.range);
            findings.iter().any(|finding| finding.source.as_ref() == at)
        };
        // Findings name the first place of a term.
        let entries: Vec<_> = hits
            .iter()
            .filter(|hit| lacks(hit))
            .map(|hit| hit.entry)
            .collect();
        hits.into_iter()
            .filter(|hit| entries.iter().any(|entry| std::ptr::eq(*entry, hit.entry)))
            .collect()
    }
}

/// Whether a form is right in any place of a sentence.
fn may_stand(hit: &Hit<'_>, form: &str, lang: Lang) -> bool {
    lang != Lang::Ru || hit.entry.indeclinable || russian::is_indeclinable(form)
}

impl Protected {
    /// Whether no term was replaced, so that there is nothing to restore.
    pub fn is_plain(&self) -> bool {
        self.forms.is_empty()
    }

    /// The translation with the terms in their places, and with Korean particles that agree with
    /// them. `None` unless every placeholder came back exactly once, whole, and without a Russian
    /// ending tied to it: then the source has to be translated without placeholders.
    pub fn restore(&self, output: &str) -> Option<String> {
        if self.forms.is_empty() {
            return Some(output.to_owned());
        }
        let mut places: Vec<Option<Range<usize>>> = vec![None; self.forms.len()];
        for range in self.placeholders(output) {
            let number: usize = output
                .get(range.start + self.prefix.len()..range.end)?
                .parse()
                .ok()?;
            let place = places.get_mut(number.checked_sub(1)?)?;
            if place.is_some() || self.is_tied(output, &range) {
                return None;
            }
            *place = Some(range);
        }
        let mut places: Vec<(Range<usize>, &String)> = places
            .into_iter()
            .zip(&self.forms)
            .map(|(place, form)| place.map(|range| (range, form)))
            .collect::<Option<_>>()?;
        // From the end, so that what is put in does not move what is still to come.
        places.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut text = output.to_owned();
        for (range, form) in places {
            let end = range.start + form.len();
            text.replace_range(range, form);
            if self.lang == Lang::Ko {
                text = particle::agree(&text, end);
            }
        }
        Some(text)
    }

    /// Where the prefix stands, with the digits after it; in any case of letters.
    fn placeholders(&self, output: &str) -> Vec<Range<usize>> {
        let lower = output.to_ascii_lowercase();
        lower
            .match_indices(&self.prefix.to_ascii_lowercase())
            .map(|(at, prefix)| {
                let rest = lower.get(at + prefix.len()..).unwrap_or_default();
                let digits =
                    rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                at..at + prefix.len() + digits
            })
            .collect()
    }

    /// Whether letters stand right before or after a placeholder that are none of its own.
    fn is_tied(&self, output: &str, range: &Range<usize>) -> bool {
        let before = output
            .get(..range.start)
            .and_then(|before| before.chars().next_back());
        let mut after = output.get(range.end..).unwrap_or_default().chars();
        let next = after.next();
        let ties = |c: char| match self.lang {
            // Korean writes particles there.
            Lang::Ko => c.is_ascii_alphanumeric(),
            _ => c.is_alphanumeric(),
        };
        // "XQ1-а", "XQ1'ом": an ending.
        let ending = self.lang == Lang::Ru
            && next.is_some_and(|c| matches!(c, '-' | '\'' | '’'))
            && after.next().is_some_and(char::is_lowercase);
        before.is_some_and(ties) || next.is_some_and(ties) || ending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glossary::Format;

    fn desk() -> Glossary {
        Glossary::parse(
            "desk",
            "desk.csv",
            Format::Csv,
            "source,ko,ru,translate,indeclinable\n\
             Harbour Board,항만위원회,совет порта,,\n\
             NHB,항만청,НУП,,\n\
             Osaro,오사로,Осаро,,yes\n\
             Gullwing,,,no,\n"
                .as_bytes(),
        )
        .unwrap()
    }

    const SOURCE: &str = "The Harbour Board’s chief left Osaro for Gullwing; NHB and Osaro agreed.";

    #[test]
    fn korean_terms_come_back_with_their_particles() {
        let protected = desk().protect(SOURCE, "", Lang::Ko);
        assert_eq!(
            protected.text,
            "The XQ1’s chief left XQ2 for XQ3; XQ4 and XQ5 agreed."
        );
        let output = "XQ1의 책임자는 XQ2을 떠나 xq3로 갔으며, XQ4와 XQ5은 동의했다.";
        assert_eq!(
            protected.restore(output).unwrap(),
            "항만위원회의 책임자는 오사로를 떠나 Gullwing으로 갔으며, 항만청과 오사로는 동의했다."
        );
    }

    #[test]
    fn russian_gets_only_what_has_no_endings() {
        let protected = desk().protect(SOURCE, "", Lang::Ru);
        assert_eq!(
            protected.text,
            "The Harbour Board’s chief left XQ1 for XQ2; XQ3 and XQ4 agreed."
        );
        assert_eq!(
            protected
                .restore("Глава совета порта уехал из XQ1 в XQ2; XQ3 и XQ4 согласились.")
                .unwrap(),
            "Глава совета порта уехал из Осаро в Gullwing; НУП и Осаро согласились."
        );
    }

    #[test]
    fn only_terms_that_the_translation_lacks_have_placeholders() {
        let desk = desk();
        let source = "Osaro left NHB; Osaro, the Harbour Board said, had to.";
        for (lang, translation, expected) in [
            (
                Lang::Ko,
                "오사로는 항만청을 떠났다. 항만위원회는 오사로가 그래야 했다고 말했다.",
                source,
            ),
            (
                Lang::Ko,
                "오시로는 항만청을 떠났다. 항만위원회는 오시로가 그래야 했다고 말했다.",
                "XQ1 left NHB; XQ2, the Harbour Board said, had to.",
            ),
            (
                Lang::Ru,
                "Осаро уехал из порта; по словам совета порта, он был вынужден.",
                "Osaro left XQ1; Osaro, the Harbour Board said, had to.",
            ),
            // A form with endings is not put in.
            (
                Lang::Ru,
                "Осаро уехал из НУП; по словам руководства, он был вынужден.",
                source,
            ),
        ] {
            let protected = desk.protect(source, translation, lang);
            assert_eq!(protected.text, expected, "{translation}");
            assert_eq!(protected.is_plain(), expected == source);
        }
    }

    #[test]
    fn a_placeholder_that_is_lost_doubled_or_bent_spoils_the_output() {
        let protected = desk().protect("Osaro and Gullwing", "", Lang::Ru);
        assert!(protected.restore("XQ1 и XQ2").is_some());
        for output in [
            "XQ1",
            "XQ1 и XQ1",
            "XQ1, XQ1 и XQ2",
            "XQ1 и XQ3",
            "XQ1 и XQ22",
            "XQ1 и XQ",
            "XQ1 и XQ2-ом",
            "XQ1 и XQ2а",
            "AXQ1 и XQ2",
            "",
        ] {
            assert_eq!(protected.restore(output), None, "{output}");
        }
    }

    #[test]
    fn ten_placeholders_are_told_apart() {
        let source = ["Osaro"; 12].join(", ");
        let protected = desk().protect(&source, "", Lang::Ko);
        assert!(protected.text.ends_with("XQ12"));
        assert_eq!(
            protected.restore(&protected.text).unwrap(),
            ["오사로"; 12].join(", ")
        );
    }

    #[test]
    fn a_source_with_the_prefix_in_it_gets_another() {
        let protected = desk().protect("The XQ1 rover left Osaro", "", Lang::Ru);
        assert_eq!(protected.text, "The XQ1 rover left ZQ1");
        assert_eq!(
            protected.restore("Вездеход XQ1 покинул ZQ1").unwrap(),
            "Вездеход XQ1 покинул Осаро"
        );
        let full = "xq zq qz qx xz vx Osaro";
        let protected = desk().protect(full, "", Lang::Ru);
        assert!(protected.is_plain());
        assert_eq!(protected.text, full);
    }
}
