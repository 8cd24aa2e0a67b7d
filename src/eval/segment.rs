//! What was translated, how, and what the checks say of it.

use crate::job::Lang;
use crate::job::wire::SegmentStatus;

/// One segment, with its reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The document it is from.
    pub doc: String,
    /// What was to be translated.
    pub source: String,
    /// What the system wrote; empty where it wrote nothing.
    pub output: String,
    /// What a professional wrote.
    pub reference: String,
    /// The worst of its parts, where it was translated in parts.
    pub status: SegmentStatus,
    /// What the checks found in the end.
    pub flags: Vec<Flag>,
}

impl Segment {
    /// Whether the checks found any of these.
    pub fn has_any(&self, codes: &[&str]) -> bool {
        let mut found = self.flags.iter();
        found.any(|flag| codes.contains(&flag.code.as_str()))
    }
}

/// A finding of a check as it is reported: without its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The finding's code in results, such as `figures`.
    pub code: String,
    /// For people; may be empty.
    pub note: String,
}

/// All that a system wrote in one language.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// The language.
    pub lang: Lang,
    /// In the order of the set.
    pub segments: Vec<Segment>,
    /// Tokens that models generated for this language.
    pub tokens: u64,
    /// Wall time that translation into this language took.
    pub seconds: f64,
}

/// The name of a status in results.
pub(super) fn status_name(status: SegmentStatus) -> &'static str {
    match status {
        SegmentStatus::Ok => "ok",
        SegmentStatus::Retried => "retried",
        SegmentStatus::NeedsReview => "needs_review",
    }
}

/// The status that is called so in results.
pub(super) fn status_named(name: &str) -> Option<SegmentStatus> {
    [
        SegmentStatus::Ok,
        SegmentStatus::Retried,
        SegmentStatus::NeedsReview,
    ]
    .into_iter()
    .find(|status| status_name(*status) == name)
}

/// Segments for tests of what is made of them.
#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::eval::peer;
    use crate::eval::report::About;

    pub(in crate::eval) fn flag(code: &str, note: &str) -> Flag {
        Flag {
            code: code.to_owned(),
            note: note.to_owned(),
        }
    }

    /// What the first or the second of the invented systems wrote, with invented findings.
    pub(in crate::eval) fn evaluation(system: usize) -> crate::eval::Evaluation {
        let set = crate::eval::table::parse(peer::SEGMENTS).unwrap();
        let rows = || {
            set.documents
                .iter()
                .flat_map(|doc| doc.rows.iter().map(|row| (doc.name.clone(), row)))
        };
        let languages = peer::systems().into_iter().skip(system).step_by(2);
        let languages = languages.map(|system| {
            let segments = rows()
                .zip(system.pairs())
                .map(|((doc, row), (output, reference))| {
                    let flags = match output {
                        "" => vec![flag("empty", "")],
                        output if output.contains("&amp;") => {
                            vec![
                                flag("name", "<b>Mayor</b> & \"co\""),
                                flag("figures", "4.2"),
                            ]
                        }
                        output if output.contains("Brno") => {
                            vec![flag("name", "Brno"), flag("name", "Poprad")]
                        }
                        _ => Vec::new(),
                    };
                    Segment {
                        doc,
                        source: row.source.clone(),
                        output: output.to_owned(),
                        reference: reference.to_owned(),
                        status: match flags.len() {
                            0 if output.contains('6') => SegmentStatus::Retried,
                            0 => SegmentStatus::Ok,
                            _ => SegmentStatus::NeedsReview,
                        },
                        flags,
                    }
                })
                .collect();
            Translated {
                lang: system.lang,
                segments,
                tokens: 600,
                seconds: 12.5,
            }
        });
        let about = About {
            set: "segments.tsv".to_owned(),
            system: ["first", "second"][system].to_owned(),
            details: vec![("device".to_owned(), "cpu, 2 threads".to_owned())],
        };
        crate::eval::Evaluation::new(about, languages.collect())
    }

    #[test]
    fn statuses_are_called_as_in_results() {
        for name in ["ok", "retried", "needs_review"] {
            let status = status_named(name).unwrap();
            assert_eq!(serde_json::to_value(status).unwrap(), name);
        }
        assert_eq!(status_named("good"), None);
    }
}
