//! How often the checks find something, and how fast the system is.

use std::collections::{BTreeMap, BTreeSet};

use crate::eval::segment::Translated;
use crate::eval::{count, ratio};
use crate::job::wire::SegmentStatus;

/// Codes of findings that say that a name is wrong.
pub const NAME_CODES: [&str; 5] = [
    "name",
    "name_varies",
    "glossary_term_missing",
    "glossary_term_forbidden",
    "unsupported_name",
];

/// Codes of findings that say that a figure is wrong, or what it counts.
pub const FIGURE_CODES: [&str; 5] = [
    "figures",
    "figure_added",
    "unit",
    "time",
    "unsupported_figure",
];

/// Codes of findings that say that a part of the source is not in the output.
pub const MISSING_CODES: [&str; 4] = ["empty", "copied_source", "truncated", "sentence_missing"];

/// How many segments there are of which kind. Findings of whatever severity count.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// All of them.
    pub segments: u32,
    /// That passed the checks when decoded again.
    pub retried: u32,
    /// That fail a check.
    pub needs_review: u32,
    /// With a finding of [`NAME_CODES`].
    pub names: u32,
    /// With a finding of [`FIGURE_CODES`].
    pub figures: u32,
    /// Without a finding of [`MISSING_CODES`].
    pub covered: u32,
    /// What was found, by code.
    pub codes: BTreeMap<String, Found>,
    /// Tokens that models generated.
    pub tokens: u64,
    /// Wall time.
    pub seconds: f64,
}

/// How often one code was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Segments in which it was.
    pub segments: u32,
    /// Findings, of which a segment may have several.
    pub findings: u32,
}

impl Rates {
    /// Counts what was found.
    pub fn of(translated: &Translated) -> Self {
        let segments = &translated.segments;
        let with = |codes: &[&str]| {
            let has = segments.iter().filter(|segment| segment.has_any(codes));
            count(has.count())
        };
        let status = |wanted: SegmentStatus| {
            let fits = segments.iter().filter(|segment| segment.status == wanted);
            count(fits.count())
        };
        let mut codes: BTreeMap<String, Found> = BTreeMap::new();
        for segment in segments {
            for flag in &segment.flags {
                codes.entry(flag.code.clone()).or_default().findings += 1;
            }
            let once: BTreeSet<&str> = segment.flags.iter().map(|flag| &*flag.code).collect();
            for code in once {
                codes.entry(code.to_owned()).or_default().segments += 1;
            }
        }
        Self {
            segments: count(segments.len()),
            retried: status(SegmentStatus::Retried),
            needs_review: status(SegmentStatus::NeedsReview),
            names: with(&NAME_CODES),
            figures: with(&FIGURE_CODES),
            covered: count(segments.len()).saturating_sub(with(&MISSING_CODES)),
            codes,
            tokens: translated.tokens,
            seconds: translated.seconds,
        }
    }

    /// A number of segments as a share of all, in percent; 0 where there are none.
    pub fn share(&self, segments: u32) -> f64 {
        100.0 * ratio(segments, self.segments)
    }

    /// How fast models wrote; 0 where no time went by.
    pub fn tokens_per_second(&self) -> f64 {
        if self.seconds > 0.0 {
            f64::from(u32::try_from(self.tokens).unwrap_or(u32::MAX)) / self.seconds
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::segment::tests::{evaluation, flag};
    use crate::job::Lang;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn segments_are_counted_by_what_was_found_in_them() {
        for lang in Lang::TARGETS {
            let evaluation = evaluation(0);
            let language = evaluation.languages.iter().find(|own| own.lang() == lang);
            let rates = &language.unwrap().rates;
            assert_eq!(rates.segments, 30);
            assert_eq!(rates.needs_review, 3);
            assert!(near(rates.share(rates.needs_review), 10.0));
            // Two findings in one segment and one in another.
            let name = rates.codes["name"];
            assert_eq!((name.segments, name.findings), (2, 3));
            assert_eq!((rates.names, rates.figures, rates.covered), (2, 1, 29));
            assert!(rates.retried > 0);
            assert!(near(rates.tokens_per_second(), 48.0));
        }
    }

    #[test]
    fn nothing_has_no_share() {
        let mut nothing = Translated {
            lang: Lang::Ko,
            segments: Vec::new(),
            tokens: 0,
            seconds: 0.0,
        };
        let rates = Rates::of(&nothing);
        assert!(near(rates.share(rates.needs_review), 0.0));
        assert!(near(rates.tokens_per_second(), 0.0));
        nothing.tokens = 9;
        assert!(near(Rates::of(&nothing).tokens_per_second(), 0.0));
    }

    #[test]
    fn the_kinds_of_codes_do_not_overlap() {
        let codes = [&NAME_CODES[..], &FIGURE_CODES, &MISSING_CODES].concat();
        let once: BTreeSet<&str> = codes.iter().copied().collect();
        assert_eq!(once.len(), codes.len());
        let mut translated = evaluation(1).languages.remove(1).translated;
        for (segment, code) in translated.segments.iter_mut().zip(&codes) {
            segment.flags = vec![flag(code, "")];
        }
        let rates = Rates::of(&translated);
        assert_eq!((rates.names, rates.figures), (5, 5));
    }
}
