//! Do the desk's terms stand in the translation, and nothing in their place that it forbids?

use std::ops::Range;

use super::find::Target;
use super::index::Hit;
use super::russian;
use super::{Entry, Glossary};
use crate::check::{Code, Finding};
use crate::job::Lang;

impl Glossary {
    /// What a translation of `source` makes of the glossary's terms.
    ///
    /// - [`Code::GlossaryTermMissing`], at the first place of the term in the source: none of its
    ///   forms stands in the target. Once is enough however often the source has it, as pronouns
    ///   may stand for the rest. A term inside a longer name that is kept as it is ("BBC Scotland")
    ///   is not missing.
    /// - [`Code::GlossaryTermForbidden`], at each place in the target, with that of the term in the
    ///   source: a form that is forbidden for a term of the source. For a term with such a finding
    ///   it is not said besides that it is missing. Forms forbidden for terms that the source does
    ///   not have are not looked for.
    ///
    /// Korean forms may be followed by particles and spaced in another way; Russian ones stand in
    /// any case (see [`russian::is_form`]), or as a word made of them:
    /// "кенийский" and "кенийка" for Кения.
    pub fn check(&self, source: &str, target: &str, lang: Lang) -> Vec<Finding> {
        let hits = distinct(self.hits(source, lang));
        if hits.is_empty() {
            return Vec::new();
        }
        let text = Target::new(target, lang);
        let mut findings = Vec::new();
        for hit in &hits {
            let preferred = hit.preferred(lang).unwrap_or_default();
            let forbidden = self.forbidden_in(&text, hit.entry, &hits, lang);
            if forbidden.is_empty()
                && self.accepted_in(&text, hit.entry, lang).is_empty()
                && !is_in_kept_name(source, &hit.range, target)
                && !(lang == Lang::Ru && is_derived_in(target, preferred))
            {
                let note = format!("{:?} is to be {preferred:?}", hit.term);
                findings.push(Finding::lost(
                    Code::GlossaryTermMissing,
                    hit.range.clone(),
                    note,
                ));
            }
            for range in forbidden {
                let form = target.get(range.clone()).unwrap_or_default();
                let note = format!(
                    "{form:?} is forbidden for {:?}: {preferred:?} is preferred",
                    hit.term
                );
                findings.push(Finding {
                    source: Some(hit.range.clone()),
                    ..Finding::stray(Code::GlossaryTermForbidden, range, note)
                });
            }
        }
        findings
    }

    /// Where the accepted forms of an entry stand, and are not the beginning of another entry's.
    pub(super) fn accepted_in(
        &self,
        text: &Target<'_>,
        entry: &Entry,
        lang: Lang,
    ) -> Vec<Range<usize>> {
        let forms = entry.accepted(lang).iter().enumerate();
        let mut ranges: Vec<_> = forms
            .flat_map(|(at, form)| {
                let mut ranges = text.find(form, at == 0 && entry.indeclinable);
                let longer = self.longer_in(text, form, entry, lang);
                ranges.retain(|range| !longer.iter().any(|long| long.start == range.start));
                ranges
            })
            .collect();
        ranges.sort_by_key(|range| range.start);
        ranges
    }

    /// Where forms stand that begin like `form` and are of other entries.
    fn longer_in(
        &self,
        text: &Target<'_>,
        form: &str,
        entry: &Entry,
        lang: Lang,
    ) -> Vec<Range<usize>> {
        let Some(forms) = self.forms.get(&lang).filter(|_| lang == Lang::Ko) else {
            // Russian words are compared whole.
            return Vec::new();
        };
        forms
            .longer(form)
            .filter(|(_, other)| {
                self.entries
                    .get(*other)
                    .is_some_and(|other| !std::ptr::eq(other, entry))
            })
            .flat_map(|(long, _)| text.find(long, false))
            .collect()
    }

    /// Where forms stand that are forbidden for an entry, and are no part of what is accepted for it
    /// or for another term of the source.
    pub(super) fn forbidden_in(
        &self,
        text: &Target<'_>,
        entry: &Entry,
        hits: &[Hit<'_>],
        lang: Lang,
    ) -> Vec<Range<usize>> {
        let mut ranges: Vec<_> = entry
            .forbidden(lang)
            .iter()
            .flat_map(|form| {
                let mut ranges = text.find(form, false);
                if !ranges.is_empty() {
                    let longer = self.longer_in(text, form, entry, lang);
                    ranges.retain(|range| !longer.iter().any(|long| long.start == range.start));
                }
                ranges
            })
            .collect();
        if ranges.is_empty() {
            return ranges;
        }
        let fine: Vec<_> = hits
            .iter()
            .flat_map(|hit| self.accepted_in(text, hit.entry, lang))
            .collect();
        ranges.retain(|range| {
            !fine
                .iter()
                .any(|fine| fine.start <= range.start && range.end <= fine.end)
        });
        // Of two that overlap the longer one says more.
        ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut end = 0;
        ranges.retain(|range| {
            let is_new = range.start >= end;
            end = end.max(range.end);
            is_new
        });
        ranges
    }
}

/// Whether a text has a word that is made of a form of one word.
fn is_derived_in(text: &str, form: &str) -> bool {
    let word = |c: char| c.is_alphanumeric();
    form.chars().all(word)
        && text
            .split(|c| !word(c))
            .any(|found| russian::may_derive(found, form))
}

/// Whether the term is a part of a longer name that stands in the target as in the source: London in
/// "London Evening Standard".
fn is_in_kept_name(source: &str, range: &Range<usize>, target: &str) -> bool {
    let is_name = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
    let before = source.get(..range.start).unwrap_or_default();
    let after = source.get(range.end..).unwrap_or_default();
    let end = after
        .strip_prefix(' ')
        .and_then(|rest| rest.split(|c: char| !c.is_alphanumeric()).next())
        .filter(is_name)
        .map(|word| range.end + 1 + word.len());
    let start = before
        .strip_suffix(' ')
        .and_then(|rest| rest.rsplit(|c: char| !c.is_alphanumeric()).next())
        .filter(is_name)
        .map(|word| range.start - 1 - word.len());
    let stands = |range: Range<usize>| source.get(range).is_some_and(|name| target.contains(name));
    end.is_some_and(|end| stands(range.start..end))
        || start.is_some_and(|start| stands(start..range.end))
}

/// The first hit of each entry.
pub(super) fn distinct(hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    let mut first: Vec<Hit<'_>> = Vec::with_capacity(hits.len());
    for hit in hits {
        if !first.iter().any(|seen| std::ptr::eq(seen.entry, hit.entry)) {
            first.push(hit);
        }
    }
    first
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "the ranges under test are sliced by, so that a bad one fails the test"
)]
#[path = "check_tests.rs"]
mod tests;
