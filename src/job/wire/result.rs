//! What goes back: a result, or an error that says what to change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::job::markup::{Embed, TargetMark};
use crate::job::ninjs::Item;
use crate::job::{ErrorCode, Lang, Metadata, Section, SectionKind};

/// The answer to a job that ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultMessage {
    /// `major.minor` of this format.
    pub version: String,
    /// Always `result`.
    #[schemars(extend("const" = "result"))]
    pub kind: String,
    /// The job's id.
    pub id: String,
    /// The job's revision; 0 when it stated none.
    pub revision: u64,
    /// Not to be published before, as the job said: RFC 3339, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embargoed_until: Option<String>,
    /// `needs_review` when any segment or summary sentence needs it, `ok` otherwise.
    pub status: SegmentStatus,
    /// The article as it was understood.
    pub source: SourceText,
    /// The summary in the source language; absent when it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// One entry per target language, in the order asked for.
    pub targets: Vec<TargetResult>,
    /// The models that took part.
    pub models: Vec<ModelUse>,
    /// The desk's glossary that was kept to; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glossary: Option<GlossaryUse>,
    /// Wall-clock time per stage, in the order in which they began. Stages may overlap.
    pub timings: Vec<StageTiming>,
    /// Tokens over all stages.
    pub tokens: TokenCounts,
    /// Segments in all target languages.
    #[serde(default)]
    pub segments: SegmentCounts,
    /// Version of the program that made this.
    pub worker: String,
    /// The job's `metadata`, untouched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// The article after cleaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceText {
    /// Its language.
    pub lang: Lang,
    /// Its sections in order; indices elsewhere in the result refer to this list.
    pub sections: Vec<Section>,
    /// What was left out as page chrome, so that an editor can check it.
    pub dropped: Vec<DroppedText>,
    /// Pictures, films, tables and posts between its sections, where it was HTML; they are not
    /// translated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub embeds: Vec<Embed>,
}

/// A piece of the page that is not part of the article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DroppedText {
    /// The text as it stood.
    pub text: String,
    /// Why it was left out, such as `navigation` or `related_links`.
    pub reason: String,
}

/// How far a piece of output can be trusted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SegmentStatus {
    /// Passed every check at the first decoding.
    Ok,
    /// Failed a check, was decoded again with other settings, and passed.
    Retried,
    /// Still fails a check: read it before publishing.
    NeedsReview,
}

/// A summary, sentence by sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The whole summary.
    pub text: String,
    /// Its sentences.
    pub segments: Vec<SegmentResult>,
}

/// One target language. Where the job's tasks are `summarise` alone, it has a summary, no title and
/// no sections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetResult {
    /// The language.
    pub lang: Lang,
    /// `needs_review` when any segment needs it.
    pub status: SegmentStatus,
    /// The headline; absent when the article has none or is not translated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The summary; absent when it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// As many sections as the source has, in the same order; none when the article is not
    /// translated.
    pub sections: Vec<TargetSection>,
    /// The article as HTML with the links, lists, pictures and so on of the source; where that was HTML
    /// and is translated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The article as a ninjs item of the version of the source, which it refers to; where the job had
    /// an item and it is translated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Item>,
}

/// A translated section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetSection {
    /// The role, as in the source.
    pub kind: SectionKind,
    /// The whole text.
    pub text: String,
    /// The segments it was made of, in order.
    pub segments: Vec<SegmentResult>,
    /// Each mark of the source section, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<TargetMark>,
}

/// One sentence or so of output, with where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentResult {
    /// Where the text it was made from stands; absent for a summary sentence in the source language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceSpan>,
    /// The text it was made from, as it was given to the model; for a summary sentence in a
    /// target language, the English summary sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_text: Option<String>,
    /// The output.
    pub text: String,
    /// How far it can be trusted.
    pub status: SegmentStatus,
    /// Codes of the checks that failed, such as `wrong_script`; those of the first decoding
    /// when `status` is `retried`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// What the checks have to say about the text as it stands here, and where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// For a sentence of a summary: the sentences of the article that say it, the closest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub support: Vec<Support>,
    /// Decodings it took.
    pub attempts: u32,
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What it is, such as `figures` or `name`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// Where in the segment's `source_text`; absent where it is not of one place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<TextSpan>,
    /// Where in the segment's `text`; absent where it is not of one place, or missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TextSpan>,
    /// What was expected and what was found, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// How bad a finding is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look, and no reason to hold the segment back.
    Notice,
    /// The segment needs review for it.
    Error,
}

/// A stretch of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextSpan {
    /// First byte (UTF-8).
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A stretch of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceSpan {
    /// Index into `source.sections`.
    pub section: usize,
    /// First byte within the section's text (UTF-8).
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A sentence of the article that one of its summary rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Support {
    /// Where it stands.
    #[serde(flatten)]
    pub span: SourceSpan,
    /// What showed it; absent where it was its words.
    #[serde(default, skip_serializing_if = "SupportBy::is_words")]
    pub by: SupportBy,
}

/// What shows that a sentence says what another does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SupportBy {
    /// They share rare words, a name or a figure.
    #[default]
    Words,
    /// A model finds them alike, though the words differ: weaker evidence, worth a look.
    Meaning,
}

impl SupportBy {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    fn is_words(&self) -> bool {
        *self == Self::Words
    }
}

/// A model that took part, exactly enough to find it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelUse {
    /// What it did, such as `summarise` or `translate:ko`.
    pub task: String,
    /// Its id in the catalogue.
    pub id: String,
    /// SHA-256 of the weights file, in hex.
    pub sha256: String,
    /// How its weights are stored, such as `Q4_K_M` or `f32`.
    pub quantization: String,
}

/// A glossary that was kept to, exactly enough to find it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GlossaryUse {
    /// Its id.
    pub id: String,
    /// SHA-256 over its content, in hex.
    pub sha256: String,
}

/// How long one stage took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageTiming {
    /// The stage, such as `clean` or `translate:ko`.
    pub stage: String,
    /// When it began, in seconds since the job's first stage did; absent from results of before
    /// 1.3, whose stages follow one another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<f64>,
    /// Wall-clock seconds.
    pub seconds: f64,
}

impl StageTiming {
    /// The time in which at least one of these stages ran, in seconds.
    pub fn spanned<'a>(timings: impl IntoIterator<Item = &'a Self>) -> f64 {
        let mut timings: Vec<&Self> = timings.into_iter().collect();
        timings.sort_by(|a, b| {
            a.began
                .unwrap_or_default()
                .total_cmp(&b.began.unwrap_or_default())
        });
        let (mut seconds, mut until) = (0.0, 0.0_f64);
        for timing in timings {
            match timing.began {
                None => seconds += timing.seconds,
                Some(began) => {
                    let ended = began + timing.seconds;
                    seconds += (ended - began.max(until)).max(0.0);
                    until = until.max(ended);
                }
            }
        }
        seconds
    }
}

/// Tokens read and written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenCounts {
    /// Tokens given to models; a prompt's shared beginning is counted once per model and language.
    pub prompt: u64,
    /// Tokens that models wrote, those of discarded attempts included.
    pub generated: u64,
}

/// Segments in target languages, those of summaries included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentCounts {
    /// All of them.
    pub translated: u64,
    /// Those of them that this worker had translated before, for an earlier revision or another
    /// article, and took over.
    pub reused: u64,
}

/// The answer to a job that could not run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorMessage {
    /// `major.minor` of this format.
    pub version: String,
    /// Always `error`.
    #[schemars(extend("const" = "error"))]
    pub kind: String,
    /// The job's id, when it could be read.
    pub id: Option<String>,
    /// The job's revision; 0 when it stated none or could not be read.
    pub revision: u64,
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// What went wrong, where, and what to do, for people.
    pub message: String,
    /// Path of the field at fault, such as `article.text` or `targets[1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Whether the same job may succeed if it is sent again.
    pub retryable: bool,
    /// Deliveries of the message so far, this one included.
    pub attempt: u32,
    /// Version of the program that answered.
    pub worker: String,
    /// The job's `metadata`, untouched, when they could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_which_two_stages_ran_counts_once() {
        let stage = |began: Option<f64>, seconds| StageTiming {
            stage: "translate:ko".to_owned(),
            began,
            seconds,
        };
        let spanned = |stages: &[StageTiming]| StageTiming::spanned(stages).to_string();
        let apart = [stage(Some(3.0), 0.5), stage(Some(0.0), 2.0)];
        assert_eq!(spanned(&apart), "2.5");
        let beside = [
            stage(Some(1.0), 4.0),
            stage(Some(2.0), 1.0),
            stage(Some(4.0), 3.0),
        ];
        assert_eq!(spanned(&beside), "6");
        // Results of before 1.3 do not say when a stage began.
        assert_eq!(spanned(&[stage(None, 4.0), stage(None, 3.0)]), "7");
        assert_eq!(spanned(&[]), "0");
    }
}
