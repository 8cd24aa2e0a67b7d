//! Mends what can be mended without a model.

use std::ops::Range;

use super::check::distinct;
use super::find::Target;
use super::index::Hit;
use super::tokens::folded;
use super::{Glossary, particle, russian};
use crate::job::Lang;

/// Russian nouns after which a name keeps its nominative, by their stems: "агентством Reuters".
/// Not "город" and its like: a town's name is declined with them.
const CLASSIFIERS: &str = "агентств компани газет журнал организаци группировк телеканал канал \
    издани портал корпораци фирм банк фонд станци парти движени авиакомпани концерн холдинг";

impl Glossary {
    /// The translation with forms put right where that is safe; `None` where nothing was.
    ///
    /// Two things are mended: a form that is forbidden for a term of the source, and the term itself
    /// standing untranslated. Either is replaced by the preferred form.
    ///
    /// - In Korean, the particle after it is made to agree. A forbidden form is left where letters
    ///   follow that are no particle, as it may be part of another word; a term in brackets is left
    ///   where its form stands in the text too (키이우(Kyiv)).
    /// - In Russian, only where the form's case is sure: it has none
    ///   ([`is_indeclinable`](super::russian::is_indeclinable), or the entry says so), or what it
    ///   replaces is in the basic form, and begins a sentence that goes on in lower case, or stands
    ///   after a noun such as "агентство". All else is left, and [`Glossary::check`] flags it: a
    ///   wrong ending in print is worse than a segment that somebody looks at.
    ///
    /// Parts of addresses (`reuters.com`, `@WHO`) are left.
    pub fn repair(&self, source: &str, target: &str, lang: Lang) -> Option<String> {
        let hits = distinct(self.hits(source, lang));
        if hits.is_empty() {
            return None;
        }
        let mut edits = self.edits(&hits, target, lang);
        edits.sort_by_key(|edit| (edit.range.start, std::cmp::Reverse(edit.range.end)));
        let mut end = 0;
        edits.retain(|edit| {
            let is_free = edit.range.start >= end;
            end = end.max(edit.range.end);
            is_free
        });
        let mut text = target.to_owned();
        // From the end, so that what is put in does not move what is still to come.
        for edit in edits.iter().rev() {
            let end = edit.range.start + edit.form.len();
            text.replace_range(edit.range.clone(), edit.form);
            if lang == Lang::Ko {
                text = particle::agree(&text, end);
            }
        }
        (text != target).then_some(text)
    }

    fn edits<'a>(&'a self, hits: &[Hit<'a>], target: &str, lang: Lang) -> Vec<Edit<'a>> {
        let text = Target::new(target, lang);
        let mut edits = Vec::new();
        for hit in hits {
            let Some(form) = hit.preferred(lang) else {
                continue;
            };
            for range in self.forbidden_in(&text, hit.entry, hits, lang) {
                edits.push(Edit {
                    range,
                    form,
                    hit: hit.clone(),
                });
            }
        }
        // The glossary's index reads Latin words in a Korean or Russian text as well as anywhere.
        for found in self.index.find(target) {
            let entry = self.entries.get(found.entry);
            let hit = hits
                .iter()
                .find(|hit| entry.is_some_and(|entry| std::ptr::eq(entry, hit.entry)));
            let Some((hit, form)) = hit.and_then(|hit| Some((hit, hit.preferred(lang)?))) else {
                continue;
            };
            let word = folded(target.get(found.range.clone()).unwrap_or_default());
            let accepted = hit.entry.accepted(lang);
            let is_accepted = accepted.iter().any(|form| folded(form).contains(&word));
            let is_gloss = in_brackets(target, &found.range)
                && !self.accepted_in(&text, hit.entry, lang).is_empty();
            if !is_accepted && !is_gloss && !in_address(target, &found.range) {
                edits.push(Edit {
                    range: found.range,
                    form,
                    hit: hit.clone(),
                });
            }
        }
        edits.retain(|edit| match lang {
            Lang::Ko => target.get(edit.range.end..).is_some_and(particle::follows),
            Lang::Ru => edit.is_safe_in_russian(target),
            Lang::En => true,
        });
        edits
    }
}

/// One replacement.
struct Edit<'a> {
    range: Range<usize>,
    form: &'a str,
    hit: Hit<'a>,
}

impl Edit<'_> {
    fn is_safe_in_russian(&self, target: &str) -> bool {
        if self.hit.entry.indeclinable || russian::is_indeclinable(self.form) {
            return true;
        }
        let is_basic = |text: &str| {
            let text = folded(text);
            let forms = self.hit.entry.forbidden(Lang::Ru);
            forms.iter().any(|form| folded(form) == text) || text.is_ascii()
        };
        target.get(self.range.clone()).is_some_and(is_basic)
            && (begins_sentence(target, &self.range) || follows_classifier(target, &self.range))
    }
}

/// Whether a sentence begins here and goes on in lower case: with what its subject does.
fn begins_sentence(target: &str, range: &Range<usize>) -> bool {
    let before = target.get(..range.start).unwrap_or_default();
    let after = target.get(range.end..).unwrap_or_default();
    let bare = before.trim_end();
    let begins = bare.is_empty()
        || bare.len() < before.len() && bare.ends_with(['.', '!', '?', '…', '\n'])
        || before.ends_with('\n');
    begins
        && after
            .strip_prefix(' ')
            .and_then(|rest| rest.chars().next())
            .is_some_and(|c| matches!(c, 'а'..='я' | 'ё'))
}

/// Whether a noun stands before, outside of quotes, that leaves names as they are.
fn follows_classifier(target: &str, range: &Range<usize>) -> bool {
    let before = target
        .get(..range.start)
        .unwrap_or_default()
        .trim_end_matches(['«', '"', '“', '„']);
    let Some(before) = before.strip_suffix(' ') else {
        return false;
    };
    let word = before
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .map(folded)
        .unwrap_or_default();
    CLASSIFIERS.split_ascii_whitespace().any(|stem| {
        word.strip_prefix(stem)
            .is_some_and(|ending| ending.chars().count() <= 3)
    })
}

fn in_brackets(text: &str, range: &Range<usize>) -> bool {
    let opens = |before: &str| before.rfind('(') > before.rfind(')');
    text.get(..range.start).is_some_and(opens)
        && text
            .get(range.end..)
            .is_some_and(|after| after.contains(')'))
}

/// Whether a word is a part of an address of mail or web.
fn in_address(text: &str, range: &Range<usize>) -> bool {
    let marks = ['@', '/', '.', '_', '#', '-', ':', '='];
    let before = text
        .get(..range.start)
        .and_then(|before| before.chars().next_back());
    let mut after = text.get(range.end..).unwrap_or_default().chars();
    let joined = after.next().is_some_and(|c| marks.contains(&c))
        && after.next().is_some_and(|c| c.is_ascii_alphanumeric());
    joined || before.is_some_and(|c| marks.contains(&c))
}

#[cfg(test)]
#[path = "repair_tests.rs"]
mod tests;
