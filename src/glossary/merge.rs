//! A job's own terms over a desk's.

use super::Glossary;
use super::entry::{Case, Entry};
use super::tokens::folded;
use crate::hash::of_bytes;
use crate::job::{Lang, Term};

impl Glossary {
    /// This glossary with the terms of a job that are for `lang` laid over it. Where both have a
    /// term, the job's form holds alone: what the desk accepts or forbids for it does not count. Where
    /// the job has two forms for one term, either is accepted and the first is preferred. A form
    /// equal to its term means that the term is not translated.
    ///
    /// The result is for translations into `lang` and no other. Its hash is over both; without terms
    /// it is the glossary itself, hash and all.
    #[must_use]
    pub fn with_terms(&self, terms: &[Term], lang: Lang) -> Self {
        let terms: Vec<&Term> = terms.iter().filter(|term| term.is_for(lang)).collect();
        if terms.is_empty() {
            return self.clone();
        }
        let mut entries: Vec<Entry> = Vec::new();
        let mut digested = self.hash.clone();
        for term in terms {
            // No term and no form has a line break: a job's are single lines.
            digested.extend([
                "\n",
                lang.tag(),
                "\t",
                term.source.as_str(),
                "\t",
                term.target.as_str(),
            ]);
            let known = entries
                .iter_mut()
                .find(|entry| entry.sources.contains(&term.source));
            if let Some(entry) = known {
                let forms = entry.targets.entry(lang).or_default();
                if !forms.contains(&term.target) {
                    forms.push(term.target.clone());
                }
            } else {
                entries.push(Entry {
                    sources: vec![term.source.clone()],
                    case: Case::Auto,
                    targets: [(lang, vec![term.target.clone()])].into(),
                    origin: "job".to_owned(),
                    ..Entry::default()
                });
            }
        }
        let own: std::collections::HashSet<String> = entries
            .iter()
            .flat_map(|entry| &entry.sources)
            .map(|source| folded(source))
            .collect();
        entries.extend(self.entries.iter().filter_map(|entry| {
            let mut entry = entry.clone();
            entry
                .sources
                .retain(|source| !own.contains(&folded(source)));
            (!entry.sources.is_empty()).then_some(entry)
        }));
        Self::assemble(self.name.clone(), of_bytes(digested.as_bytes()), entries)
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
            "source,ko,ru,forbidden_ko\n\
             Harbour Board|Port Board,항만위원회,совет порта,항구위원회\n\
             Mill Bay,밀만,Милл-Бей,\n"
                .as_bytes(),
        )
        .unwrap()
    }

    fn term(source: &str, target: &str, lang: Option<Lang>) -> Term {
        Term {
            source: source.to_owned(),
            target: target.to_owned(),
            lang,
        }
    }

    #[test]
    fn the_job_has_the_last_word() {
        let desk = desk();
        let job = [
            term("harbour board", "항구위원회", Some(Lang::Ko)),
            term("Mill Bay", "бухта Милл", Some(Lang::Ru)),
            term("Mill Bay", "бухта Милл-Бей", Some(Lang::Ru)),
        ];
        let source = "The Harbour Board met at Mill Bay.";
        let korean = desk.with_terms(&job, Lang::Ko);
        let target = "항구위원회가 밀만에서 모였다.";
        assert_eq!(desk.check(source, target, Lang::Ko).len(), 1);
        assert_eq!(korean.check(source, target, Lang::Ko), []);
        assert_eq!(
            korean
                .check(source, "항만위원회가 밀만에서", Lang::Ko)
                .len(),
            1
        );
        // The alias that the job does not name stays the desk's.
        assert_eq!(
            korean.check("The Port Board", "항구위원회", Lang::Ko).len(),
            1
        );

        let russian = desk.with_terms(&job, Lang::Ru);
        for target in [
            "Совет порта собрался в бухте Милл",
            "Совет порта, бухта Милл-Бей",
        ] {
            assert_eq!(russian.check(source, target, Lang::Ru), [], "{target}");
        }
        assert_eq!(
            russian
                .check(source, "Совет порта, Милл-Бей", Lang::Ru)
                .len(),
            1
        );
    }

    #[test]
    fn the_hash_is_of_both() {
        let desk = desk();
        let one = desk.with_terms(&[term("a", "나", None)], Lang::Ko);
        let two = desk.with_terms(&[term("a", "다", None)], Lang::Ko);
        assert_eq!(desk.with_terms(&[], Lang::Ko).hash(), desk.hash());
        assert_ne!(one.hash(), desk.hash());
        assert_ne!(one.hash(), two.hash());
        assert_eq!(one.name(), "desk");
        let other = [term("a", "б", Some(Lang::Ru))];
        assert_eq!(desk.with_terms(&other, Lang::Ko).hash(), desk.hash());
    }
}
