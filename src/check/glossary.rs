//! Do a newsroom's own terms stand in the translation?

use crate::job::{Lang, Term};
use crate::text::join_words;

/// The terms of one job for one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glossary {
    lang: Option<Lang>,
    /// Each term as it is looked for in the source, and as it is looked for in the translation.
    terms: Vec<(String, String)>,
}

impl Glossary {
    /// The terms of a job that are for translations into `lang`.
    pub fn new(terms: &[Term], lang: Lang) -> Self {
        let terms = terms
            .iter()
            .filter(|term| term.is_for(lang))
            .map(|term| (folded(&term.source), folded(&term.target)))
            .collect();
        Self {
            lang: Some(lang),
            terms,
        }
    }

    /// What tells one from another.
    pub fn digest(&self) -> String {
        format!("{:?}", self.terms)
    }

    /// The terms that the source has and whose translations `text` lacks, as they are looked for.
    pub fn missing(&self, source: &str, text: &str) -> Vec<&str> {
        if self.terms.is_empty() {
            return Vec::new();
        }
        let (source, text) = (folded(source), folded(text));
        self.terms
            .iter()
            .filter(|(term, target)| {
                stands_in(&source, term)
                    && !match self.lang {
                        Some(Lang::Ru) => inflected_in(&text, target),
                        Some(Lang::Ko) => with_particle_in(&text, target),
                        _ => stands_in(&text, target),
                    }
            })
            .map(|(term, _)| term.as_str())
            .collect()
    }
}

/// In lower case, with plain apostrophes and single spaces, and with `ё` as it is mostly printed.
fn folded(text: &str) -> String {
    let fold = |c| match c {
        '’' | 'ʼ' | '‘' => '\'',
        'ё' => 'е',
        c => c,
    };
    join_words(&text.to_lowercase().chars().map(fold).collect::<String>())
}

/// Whether `term` stands in `text` with no letter or digit right before or after it.
fn stands_in(text: &str, term: &str) -> bool {
    !term.is_empty()
        && text.match_indices(term).any(|(at, found)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text
                .get(at + found.len()..)
                .and_then(|after| after.chars().next());
            !joins(before, found.chars().next()) && !joins(found.chars().next_back(), after)
        })
}

/// Whether two characters are of one word.
fn joins(left: Option<char>, right: Option<char>) -> bool {
    left.is_some_and(char::is_alphanumeric) && right.is_some_and(char::is_alphanumeric)
}

/// Whether the words of `target` stand in `text` one after the other, with whatever endings.
fn inflected_in(text: &str, target: &str) -> bool {
    let words = |text| -> Vec<String> {
        str::split(text, |c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let wanted = words(target);
    if wanted.is_empty() {
        return text.contains(target);
    }
    words(text).windows(wanted.len()).any(|found| {
        found
            .iter()
            .zip(&wanted)
            .all(|(found, wanted)| is_form_of(found, wanted))
    })
}

/// Whether a word may be a form of a Russian one: its stem, and not much more.
fn is_form_of(found: &str, word: &str) -> bool {
    let length = word.chars().count();
    // Endings have one to three letters; short words would be nothing without theirs.
    let ending = match length {
        _ if !word.chars().all(is_cyrillic) => return found == word,
        // Initials have none at all.
        ..=2 => return found == word,
        3 => 0,
        4 => 1,
        5..=7 => 2,
        8.. => 3,
    };
    let stem: String = word.chars().take(length - ending).collect();
    found.starts_with(&stem) && found.chars().count() <= length + 3
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, 'а'..='я' | 'ё')
}

/// Whether `target` begins a word of `text`; a Korean particle may follow it, and it may be spaced
/// in another way.
fn with_particle_in(text: &str, target: &str) -> bool {
    let wanted: Vec<char> = target.chars().filter(|c| !c.is_whitespace()).collect();
    let text: Vec<char> = text.chars().collect();
    let begins = |at: usize| {
        let before = at
            .checked_sub(1)
            .and_then(|before| text.get(before))
            .copied();
        !joins(before, wanted.first().copied())
    };
    !wanted.is_empty()
        && (0..text.len()).filter(|at| begins(*at)).any(|at| {
            let mut rest = text.iter().skip(at).copied().peekable();
            let all = wanted.iter().all(|wanted| {
                while rest.next_if(|c| c.is_whitespace()).is_some() {}
                rest.next_if_eq(wanted).is_some()
            });
            let after = rest.peek().copied();
            all && (after.is_some_and(is_hangul) || !joins(wanted.last().copied(), after))
        })
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(source: &str, target: &str, lang: Lang, segment: &str, text: &str) -> bool {
        let term = Term {
            source: source.to_owned(),
            target: target.to_owned(),
            lang: Some(lang),
        };
        !Glossary::new(&[term], lang)
            .missing(segment, text)
            .is_empty()
    }

    #[test]
    fn a_term_is_found_in_the_source_as_whole_words_in_any_case() {
        for (term, segment, is_there) in [
            ("Harbour Board", "The HARBOUR  BOARD met.", true),
            ("board", "The harbour board’s vote", true),
            ("board", "They boarded a ship on the starboard side.", false),
            ("mayor's office", "The mayor’s office said", true),
            ("C++", "It is in C++.", true),
            ("EU", "The euro fell.", false),
        ] {
            let found = missing(term, "порт", Lang::Ru, segment, "Ничего.");
            assert_eq!(found, is_there, "{term}: {segment}");
        }
    }

    #[test]
    fn a_russian_term_may_have_another_ending() {
        for (target, text, is_there) in [
            (
                "совет порта",
                "По решению Совета порта работы начнутся.",
                true,
            ),
            ("совет порта", "Портовый совет решил.", false),
            ("Балтийское море", "в Балтийском море", true),
            ("Балтийское море", "на Чёрном море", false),
            ("Королёв", "Королевым сказано", true),
            ("мир", "против мира", true),
            ("мир", "на мировом рынке", false),
            ("порт", "портативный", false),
            ("ЕС", "в ЕС решили", true),
            ("ЕС", "есть решение", false),
            ("BBC", "сообщает BBC.", true),
            ("BBC", "сообщает Би-би-си.", false),
            ("Санкт-Петербург", "в Санкт-Петербурге", true),
            ("№ 7", "дом № 7", true),
            ("№ 7", "дом № 77", false),
        ] {
            let lost = missing("x", target, Lang::Ru, "x", text);
            assert_eq!(!lost, is_there, "{target}: {text}");
        }
    }

    #[test]
    fn a_korean_term_may_have_a_particle_after_it_and_other_spaces_in_it() {
        for (target, text, is_there) in [
            ("항만 위원회", "항만위원회는 수요일에 표결했다.", true),
            ("항만위원회", "항만 위원회의 결정", true),
            ("항만위원회", "위원회의 결정", false),
            ("은행", "한국은행이 밝혔다", false),
            ("EU", "EU가 밝혔다", true),
            ("EU", "EUR 3", false),
            ("EU", "MEU는", false),
        ] {
            let lost = missing("x", target, Lang::Ko, "x", text);
            assert_eq!(!lost, is_there, "{target}: {text}");
        }
    }

    #[test]
    fn only_terms_of_the_language_count() {
        let term = |lang| Term {
            source: "harbour".to_owned(),
            target: "порт".to_owned(),
            lang,
        };
        let lost = |own, lang| {
            !Glossary::new(&[term(own)], lang)
                .missing("The harbour", "?")
                .is_empty()
        };
        assert!(lost(Some(Lang::Ru), Lang::Ru));
        assert!(!lost(Some(Lang::Ru), Lang::Ko));
        assert!(
            lost(None, Lang::Ko),
            "a job with one target need not say which"
        );
    }
}
