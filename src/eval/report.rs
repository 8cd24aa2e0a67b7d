//! What an evaluation found: for people as text or as a page, for programs as JSON.

mod read;
mod text;

use serde_json::{Map, Value, json};

use crate::eval::bleu::{self, Bleu};
use crate::eval::chrf::{self, Chrf};
use crate::eval::html;
use crate::eval::metric::Metric;
use crate::eval::rates::Rates;
use crate::eval::segment::{Segment, Translated, status_name};
use crate::eval::tokens::Tokeniser;
use crate::job::Lang;

pub use read::ReadError;
pub(super) use text::{aligned, codes};

/// The name of the JSON form; it changes when a field is removed or changes its meaning.
pub const SCHEMA: &str = "presslate.eval/1";

/// How many of the worst segments of each language a page shows.
pub const WORST: usize = 20;

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The set's name, such as that of its file.
    pub set: String,
    /// The system's name, such as its models.
    pub system: String,
    /// Names and values of whatever else is worth knowing: device, options, date. In order.
    pub details: Vec<(String, String)>,
}

/// A system measured on a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// What was measured.
    pub about: About,
    /// One for each language.
    pub languages: Vec<Measured>,
}

/// What was measured in one language.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What the system wrote.
    pub translated: Translated,
    /// What references say of it.
    pub scores: Scores,
    /// What checks say of it.
    pub rates: Rates,
    /// chrF of each segment.
    pub chrf: Vec<f64>,
    /// What is kept of each segment, for comparisons.
    pub(super) counts: Counts,
}

/// Scores of all segments together, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// chrF.
    pub chrf: f64,
    /// chrF++.
    pub chrf_pp: f64,
    /// BLEU.
    pub bleu: f64,
}

/// What metrics count, for each segment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Counts {
    pub(super) chrf: Vec<chrf::Counts>,
    pub(super) chrf_pp: Vec<chrf::Counts>,
    pub(super) bleu: Vec<bleu::Counts>,
}

impl Measured {
    /// Scores what a system wrote.
    pub fn new(translated: Translated) -> Self {
        let pairs = || {
            let segments = translated.segments.iter();
            segments.map(|segment| (segment.output.as_str(), segment.reference.as_str()))
        };
        let bleu = Bleu(Tokeniser::of(translated.lang));
        let chrf = |metric: Chrf| pairs().map(move |(o, r)| metric.counts(o, r)).collect();
        let counts = Counts {
            chrf: chrf(Chrf::Chars),
            chrf_pp: chrf(Chrf::CharsAndWords),
            bleu: pairs().map(|(o, r)| bleu.counts(o, r)).collect(),
        };
        Self {
            scores: Scores {
                chrf: Chrf::Chars.corpus(&counts.chrf),
                chrf_pp: Chrf::CharsAndWords.corpus(&counts.chrf_pp),
                bleu: bleu.corpus(&counts.bleu),
            },
            rates: Rates::of(&translated),
            chrf: counts.chrf.iter().map(|c| Chrf::Chars.score(c)).collect(),
            translated,
            counts,
        }
    }

    /// The language.
    pub fn lang(&self) -> Lang {
        self.translated.lang
    }

    /// The `count` segments with the lowest chrF, the lowest first; of equal ones the first first.
    pub fn worst(&self, count: usize) -> Vec<(f64, &Segment)> {
        let scores = self.chrf.iter().copied();
        let mut segments: Vec<_> = scores.zip(&self.translated.segments).collect();
        segments.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        segments.truncate(count);
        segments
    }
}

impl Evaluation {
    /// Scores what a system wrote.
    pub fn new(about: About, languages: Vec<Translated>) -> Self {
        Self {
            about,
            languages: languages.into_iter().map(Measured::new).collect(),
        }
    }

    /// Reads what [`Evaluation::to_json`] made, and scores it anew.
    ///
    /// # Errors
    /// Where the first thing is that is not as it should be.
    pub fn from_json(value: &Value) -> Result<Self, ReadError> {
        let (about, languages) = read::evaluation(value)?;
        Ok(Self::new(about, languages))
    }

    /// One object, with numbers as they are and every segment.
    pub fn to_json(&self) -> Value {
        let details = self.about.details.iter();
        let details: Map<String, Value> = details
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        json!({
            "schema": SCHEMA,
            "version": env!("CARGO_PKG_VERSION"),
            "set": self.about.set,
            "system": self.about.system,
            "details": details,
            "languages": self.languages.iter().map(language_json).collect::<Vec<_>>(),
        })
    }

    /// Scores, rates and findings as aligned text.
    pub fn to_table(&self) -> String {
        text::evaluation(self)
    }

    /// A page of HTML that needs nothing besides itself.
    pub fn to_html(&self) -> String {
        html::evaluation(self)
    }
}

fn language_json(measured: &Measured) -> Value {
    let Measured {
        translated,
        scores,
        rates,
        chrf,
        counts: _,
    } = measured;
    let bleu = Bleu(Tokeniser::of(translated.lang));
    let findings: Map<String, Value> = rates
        .codes
        .iter()
        .map(|(code, found)| {
            let found = json!({"segments": found.segments, "findings": found.findings});
            (code.clone(), found)
        })
        .collect();
    let segments = translated.segments.iter().zip(chrf).map(|(segment, chrf)| {
        let findings = segment.flags.iter();
        let findings = findings.map(|flag| json!({"code": flag.code, "note": flag.note}));
        json!({
            "doc": segment.doc,
            "source": segment.source,
            "output": segment.output,
            "reference": segment.reference,
            "status": status_name(segment.status),
            "findings": findings.collect::<Vec<_>>(),
            "chrf": chrf,
        })
    });
    json!({
        "lang": translated.lang.tag(),
        "scores": {
            "chrf": {"score": scores.chrf, "signature": Chrf::Chars.signature()},
            "chrf++": {"score": scores.chrf_pp, "signature": Chrf::CharsAndWords.signature()},
            "bleu": {"score": scores.bleu, "signature": bleu.signature()},
        },
        "rates": {
            "segments": rates.segments,
            "retried": rates.retried,
            "retried_percent": rates.share(rates.retried),
            "needs_review": rates.needs_review,
            "needs_review_percent": rates.share(rates.needs_review),
            "name_errors": rates.names,
            "name_errors_percent": rates.share(rates.names),
            "figure_errors": rates.figures,
            "figure_errors_percent": rates.share(rates.figures),
            "covered": rates.covered,
            "covered_percent": rates.share(rates.covered),
        },
        "findings": findings,
        "tokens": rates.tokens,
        "seconds": rates.seconds,
        "tokens_per_second": rates.tokens_per_second(),
        "segments": segments.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::peer;
    use crate::eval::segment::tests::evaluation;

    #[test]
    fn json_has_the_scores_and_comes_back_as_it_went() {
        let evaluation = evaluation(0);
        let json = evaluation.to_json();
        assert_eq!(json["schema"], "presslate.eval/1");
        let russian = &json["languages"][1];
        assert_eq!(russian["lang"], "ru");
        let expected = &peer::expected()["ru"]["first"];
        for (name, expected) in [
            ("chrf", &expected["chrf"]),
            ("chrf++", &expected["chrf_pp"]),
            ("bleu", &expected["bleu"]),
        ] {
            let score = russian["scores"][name]["score"].as_f64().unwrap();
            peer::assert_near(score, expected, 1e-9);
        }
        assert_eq!(
            russian["scores"]["bleu"]["signature"],
            "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"
        );
        assert_eq!(russian["rates"]["needs_review_percent"], 10.0);
        assert_eq!(russian["findings"]["name"]["findings"], 3);
        assert_eq!(russian["segments"].as_array().unwrap().len(), 30);
        let text = json.to_string();
        let again = Evaluation::from_json(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(again, evaluation);
    }

    #[test]
    fn the_worst_come_first() {
        let evaluation = evaluation(1);
        for language in &evaluation.languages {
            let worst = language.worst(5);
            assert_eq!(worst.len(), 5);
            assert!(worst.windows(2).all(|pair| pair[0].0 <= pair[1].0));
            let least = language.chrf.iter().copied().fold(100.0, f64::min);
            assert!((worst[0].0 - least).abs() < 1e-9);
            assert_eq!(language.worst(99).len(), 30);
        }
        let korean = &evaluation.languages[0];
        assert_eq!(korean.worst(1)[0].1.output, "기상");
    }
}
