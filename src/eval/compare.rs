//! Two systems on the same set.

use serde_json::{Value, json};

use crate::eval::bleu::Bleu;
use crate::eval::bootstrap::{self, Paired};
use crate::eval::chrf::Chrf;
use crate::eval::html;
use crate::eval::metric::Share;
use crate::eval::rates::{FIGURE_CODES, MISSING_CODES, NAME_CODES};
use crate::eval::report::{About, Evaluation, Measured, aligned};
use crate::eval::segment::Segment;
use crate::eval::tokens::Tokeniser;
use crate::job::Lang;
use crate::job::wire::SegmentStatus;

/// The name of the JSON form; it changes when a field is removed or changes its meaning.
pub const SCHEMA: &str = "presslate.eval-comparison/1";

/// A probability up to which a difference is said not to be chance.
pub const SIGNIFICANT: f64 = 0.05;

/// One system against another.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What the other is compared with.
    pub baseline: About,
    /// What is compared.
    pub system: About,
    /// The languages that both were measured in.
    pub languages: Vec<(Lang, Vec<Line>)>,
}

/// What one measure says.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is called in JSON.
    pub key: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// Whether more of it is better.
    pub more_is_better: bool,
    /// Scores, 0 to 100, and shares, in percent.
    pub paired: Paired,
}

impl Line {
    /// Whether the system is better than the baseline or worse; `None` where it may be chance: where
    /// the probability says so or where no difference is within the interval. The two need not agree.
    pub fn is_better(&self) -> Option<bool> {
        let Paired {
            interval: (low, high),
            p,
            ..
        } = self.paired;
        let is_one_way = low > 0.0 || high < 0.0;
        (is_one_way && p <= SIGNIFICANT).then_some((low > 0.0) == self.more_is_better)
    }

    /// The same in a word.
    pub(super) fn verdict(&self) -> &'static str {
        match self.is_better() {
            Some(true) => "better",
            Some(false) => "worse",
            None => "unclear",
        }
    }
}

/// Why two evaluations cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// No language is in both.
    #[error("the two have no language in common")]
    NoLanguage,
    /// One has more segments than the other, or none at all.
    #[error("{lang}: {baseline} segments against {system}: both must be of the same set")]
    Length {
        /// In which language.
        lang: Lang,
        /// How many one has.
        baseline: usize,
        /// How many the other has.
        system: usize,
    },
    /// The segments are not the same ones.
    #[error(
        "{lang}: segment {number} has another source or reference: both must be of the same set"
    )]
    Segment {
        /// In which language.
        lang: Lang,
        /// The first such, counted from 1.
        number: usize,
    },
}

impl Comparison {
    /// Compares by paired bootstrap resampling; the same for the same seed.
    ///
    /// # Errors
    /// [`CompareError`] where the two are not of the same segments.
    pub fn new(
        baseline: &Evaluation,
        system: &Evaluation,
        seed: u64,
    ) -> Result<Self, CompareError> {
        let mut languages = Vec::new();
        for one in &baseline.languages {
            let mut others = system.languages.iter();
            if let Some(other) = others.find(|other| other.lang() == one.lang()) {
                languages.push((one.lang(), lines(one, other, seed)?));
            }
        }
        if languages.is_empty() {
            return Err(CompareError::NoLanguage);
        }
        Ok(Self {
            baseline: baseline.about.clone(),
            system: system.about.clone(),
            languages,
        })
    }

    /// One object, with numbers as they are.
    pub fn to_json(&self) -> Value {
        let about = |about: &About| json!({"system": about.system, "set": about.set});
        let estimate = |estimate: bootstrap::Estimate| {
            json!({
                "score": estimate.score,
                "mean": estimate.mean,
                "half_width": estimate.half_width,
            })
        };
        let line = |line: &Line| {
            json!({
                "measure": line.key,
                "more_is_better": line.more_is_better,
                "baseline": estimate(line.paired.baseline),
                "system": estimate(line.paired.system),
                "difference": line.paired.difference(),
                "mean_difference": line.paired.mean_difference,
                "interval": [line.paired.interval.0, line.paired.interval.1],
                "p": line.paired.p,
            })
        };
        let languages = self.languages.iter().map(|(lang, lines)| {
            json!({
                "lang": lang.tag(),
                "measures": lines.iter().map(line).collect::<Vec<_>>(),
            })
        });
        json!({
            "schema": SCHEMA,
            "version": env!("CARGO_PKG_VERSION"),
            "baseline": about(&self.baseline),
            "system": about(&self.system),
            "samples": bootstrap::SAMPLES,
            "languages": languages.collect::<Vec<_>>(),
        })
    }

    /// Aligned text.
    pub fn to_table(&self) -> String {
        let head = [
            "MEASURE",
            "LANGUAGE",
            "A",
            "B",
            "B - A",
            "95 % OF B - A",
            "P",
            "B IS",
        ];
        let languages = self.languages.iter();
        let rows = languages.flat_map(|(lang, lines)| {
            lines.iter().map(|line| {
                let [a, b, difference, interval, p, verdict] = line.cells();
                let name = line.name.to_owned();
                vec![
                    name,
                    lang.tag().to_owned(),
                    a,
                    b,
                    difference,
                    interval,
                    p,
                    verdict,
                ]
            })
        });
        format!(
            "A: {} on {}\nB: {} on {}\n\n{}",
            self.baseline.system,
            self.baseline.set,
            self.system.system,
            self.system.set,
            aligned(&head, rows)
        )
    }

    /// A page of HTML that needs nothing besides itself.
    pub fn to_html(&self) -> String {
        html::comparison(self)
    }
}

impl Line {
    /// Baseline, system, difference, interval, probability and verdict for people.
    pub(super) fn cells(&self) -> [String; 6] {
        let Paired {
            baseline,
            system,
            mean_difference: _,
            interval: (low, high),
            p,
        } = self.paired;
        let estimate = |estimate: bootstrap::Estimate| {
            format!("{:.1} ± {:.1}", estimate.score, estimate.half_width)
        };
        [
            estimate(baseline),
            estimate(system),
            format!("{:+.1}", self.paired.difference()),
            format!("{low:+.1} to {high:+.1}"),
            format!("{p:.3}"),
            self.verdict().to_owned(),
        ]
    }
}

fn lines(baseline: &Measured, system: &Measured, seed: u64) -> Result<Vec<Line>, CompareError> {
    let lang = baseline.lang();
    let (one, other) = (&baseline.translated.segments, &system.translated.segments);
    if one.len() != other.len() || one.is_empty() {
        return Err(CompareError::Length {
            lang,
            baseline: one.len(),
            system: other.len(),
        });
    }
    let differs = |(one, other): (&Segment, &Segment)| {
        one.source != other.source || one.reference != other.reference
    };
    if let Some(at) = one.iter().zip(other).position(differs) {
        return Err(CompareError::Segment {
            lang,
            number: at + 1,
        });
    }
    let bleu = Bleu(Tokeniser::of(lang));
    let (a, b) = (&baseline.counts, &system.counts);
    let shares = |is: &dyn Fn(&Segment) -> bool| {
        let counts = [one, other].map(|segments| {
            let counts = segments.iter().map(|segment| Share.counts(is(segment)));
            counts.collect::<Vec<_>>()
        });
        let [one, other] = &counts;
        bootstrap::paired(&Share, one, other, seed)
    };
    let review = shares(&|segment| segment.status == SegmentStatus::NeedsReview);
    let lines = [
        (
            "chrf",
            "chrF",
            true,
            bootstrap::paired(&Chrf::Chars, &a.chrf, &b.chrf, seed),
        ),
        (
            "chrf++",
            "chrF++",
            true,
            bootstrap::paired(&Chrf::CharsAndWords, &a.chrf_pp, &b.chrf_pp, seed),
        ),
        (
            "bleu",
            "BLEU",
            true,
            bootstrap::paired(&bleu, &a.bleu, &b.bleu, seed),
        ),
        ("needs_review_percent", "Needs review, %", false, review),
        (
            "name_errors_percent",
            "Name errors, %",
            false,
            shares(&|segment| segment.has_any(&NAME_CODES)),
        ),
        (
            "figure_errors_percent",
            "Figure errors, %",
            false,
            shares(&|segment| segment.has_any(&FIGURE_CODES)),
        ),
        (
            "covered_percent",
            "Covered, %",
            true,
            shares(&|segment| !segment.has_any(&MISSING_CODES)),
        ),
    ];
    // There are as many counts as segments, so that each is there.
    let lines = lines
        .into_iter()
        .filter_map(|(key, name, more_is_better, paired)| {
            Some(Line {
                key,
                name,
                more_is_better,
                paired: paired?,
            })
        });
    Ok(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::peer;
    use crate::eval::segment::tests::evaluation;

    fn comparison() -> Comparison {
        Comparison::new(&evaluation(0), &evaluation(1), bootstrap::SEED).unwrap()
    }

    #[test]
    fn measures_are_compared_in_each_language() {
        let comparison = comparison();
        assert_eq!(comparison.languages.len(), 2);
        for (lang, lines) in &comparison.languages {
            assert_eq!(lines.len(), 7);
            let expected = &peer::expected()[lang.tag()];
            peer::assert_near(
                lines[0].paired.baseline.score,
                &expected["first"]["chrf"],
                1e-9,
            );
            peer::assert_near(
                lines[0].paired.system.score,
                &expected["second"]["chrf"],
                1e-9,
            );
            peer::assert_near(
                lines[2].paired.system.score,
                &expected["second"]["bleu"],
                1e-9,
            );
            // The second system has no findings: fewer is better.
            let review = &lines[3];
            assert!((review.paired.difference() + 10.0).abs() < 1e-9);
            assert_ne!(review.is_better(), Some(false));
        }
    }

    #[test]
    fn better_and_worse_are_said_where_both_numbers_say_so() {
        // Two of the words of a sentence are worse than all of them.
        let mut short = evaluation(0).languages;
        for language in &mut short {
            for segment in &mut language.translated.segments {
                let words: Vec<&str> = segment.output.split(' ').take(2).collect();
                segment.output = words.join(" ");
                segment.status = SegmentStatus::NeedsReview;
            }
        }
        let translated = short.into_iter().map(|language| language.translated);
        let short = Evaluation::new(evaluation(0).about, translated.collect());
        let full = evaluation(0);
        let verdicts = |baseline, system| {
            let comparison = Comparison::new(baseline, system, bootstrap::SEED).unwrap();
            let languages = comparison.languages.into_iter();
            languages
                .map(|(_, lines)| lines[..4].iter().map(Line::verdict).collect::<Vec<_>>())
                .collect::<Vec<_>>()
        };
        assert_eq!(verdicts(&full, &short), [["worse"; 4]; 2]);
        assert_eq!(verdicts(&short, &full), [["better"; 4]; 2]);
        assert_eq!(verdicts(&full, &full), [["unclear"; 4]; 2]);
    }

    #[test]
    fn an_interval_around_0_leaves_it_open_whatever_the_probability() {
        let lines = &comparison().languages[1].1;
        let bleu = &lines[2];
        assert!(
            bleu.paired.p < SIGNIFICANT && bleu.paired.interval.1 > 0.0,
            "{bleu:?}"
        );
        assert_eq!(bleu.is_better(), None);
    }

    #[test]
    fn text_and_json_say_the_same() {
        let comparison = comparison();
        let text = comparison.to_table();
        assert!(text.starts_with("A: first on segments.tsv\nB: second on segments.tsv\n\n"));
        let bleu = text
            .lines()
            .find(|line| line.starts_with("BLEU") && line.contains("ru"));
        let bleu = bleu.unwrap();
        assert!(bleu.contains("42.1 ±") && bleu.contains("-12.9"), "{bleu}");
        assert!(bleu.ends_with("unclear"), "{bleu}");
        let json = comparison.to_json();
        let bleu = &json["languages"][1]["measures"][2];
        assert_eq!(bleu["measure"], "bleu");
        let difference = bleu["difference"].as_f64().unwrap();
        assert!((difference + 12.861).abs() < 0.001, "{difference}");
    }

    #[test]
    fn only_the_same_segments_are_compared() {
        let (one, mut other) = (evaluation(0), evaluation(1));
        other.languages[1].translated.segments[6]
            .reference
            .push('!');
        assert_eq!(
            Comparison::new(&one, &other, 1).unwrap_err().to_string(),
            "ru: segment 7 has another source or reference: both must be of the same set"
        );
        other.languages[0].translated.segments.pop();
        assert_eq!(
            Comparison::new(&one, &other, 1),
            Err(CompareError::Length {
                lang: Lang::Ko,
                baseline: 30,
                system: 29
            })
        );
        other.languages.clear();
        assert_eq!(
            Comparison::new(&one, &other, 1),
            Err(CompareError::NoLanguage)
        );
    }
}
