//! A result for people: the article, its summary, and each translation, laid out like Markdown.
//! What needs review is marked where it stands.

use std::fmt::Write;
use std::time::Duration;

use super::text::{Palette, count, printable, shorten};
use crate::job::wire::{
    ResultMessage, SegmentResult, SegmentStatus, StageTiming, Summary, TargetResult,
};
use crate::job::{Lang, Section, SectionKind};

/// Width of the rule above each language.
const RULE: usize = 72;
/// Most pieces of page chrome that the report lists.
const LISTED: usize = 12;

/// The whole result as text.
pub(super) fn story(result: &ResultMessage, palette: Palette) -> String {
    let mut page = Page {
        text: String::new(),
        palette,
    };
    if let Some(time) = &result.embargoed_until {
        let notice = format!("Not to be published before {}", printable(time));
        page.line(&page.palette.strong(&notice));
    }
    page.rule(result.source.lang);
    for Section { kind, text, .. } in &result.source.sections {
        page.block(*kind, text, &[]);
    }
    if let Some(summary) = &result.summary {
        page.summary(summary);
    }
    for target in &result.targets {
        page.target(target);
    }
    page.text
}

struct Page {
    text: String,
    palette: Palette,
}

impl Page {
    fn rule(&mut self, lang: Lang) {
        let name = format!("── {} ({}) ", lang.name(), lang.tag());
        let rest = "─".repeat(RULE.saturating_sub(name.chars().count()));
        let before = if self.text.is_empty() { "" } else { "\n" };
        self.line(&format!(
            "{before}{}",
            self.palette.faint(&format!("{name}{rest}"))
        ));
    }

    fn target(&mut self, target: &TargetResult) {
        self.rule(target.lang);
        // Only a title that stands first is the headline: any other section stays where it is.
        let (title, story) = match target.sections.split_first() {
            Some((first, rest)) if first.kind == SectionKind::Title => (Some(first), rest),
            _ => (None, target.sections.as_slice()),
        };
        match (title, &target.title) {
            (Some(title), _) => self.block(SectionKind::Title, &title.text, &title.segments),
            (None, Some(title)) => self.block(SectionKind::Title, title, &[]),
            (None, None) => {}
        }
        if let Some(summary) = &target.summary {
            self.summary(summary);
        }
        for section in story {
            self.block(section.kind, &section.text, &section.segments);
        }
    }

    fn summary(&mut self, summary: &Summary) {
        let text = self.marked(&summary.text, &summary.segments);
        let label = self.palette.strong("Summary:");
        self.line(&format!("\n{label} {text}"));
    }

    fn block(&mut self, kind: SectionKind, text: &str, segments: &[SegmentResult]) {
        let text = self.marked(text, segments);
        let block = match kind {
            SectionKind::Title => self.palette.strong(&format!("# {text}")),
            SectionKind::Heading => self.palette.strong(&format!("## {text}")),
            SectionKind::Lead | SectionKind::Paragraph => text,
            SectionKind::Quote => format!("> {text}"),
            SectionKind::Caption => format!("[{text}]"),
            SectionKind::ListItem => format!("- {text}"),
        };
        // The entries of a list stand together.
        let in_list = kind == SectionKind::ListItem
            && self
                .text
                .lines()
                .last()
                .is_some_and(|line| line.starts_with("- "));
        self.line(&format!("{}{block}", if in_list { "" } else { "\n" }));
    }

    /// A section's text with a note behind each segment that needs review.
    fn marked(&self, text: &str, segments: &[SegmentResult]) -> String {
        let mut marked = String::new();
        let mut rest = text;
        for segment in segments {
            // A segment is always found unless its section was joined in some other way; its note
            // then stands where the text before it ends.
            if let Some((before, after)) = rest
                .split_once(segment.text.as_str())
                .filter(|_| !segment.text.is_empty())
            {
                marked.push_str(&printable(before));
                marked.push_str(&printable(&segment.text));
                rest = after;
            }
            if let Some(note) = note(segment) {
                if !marked.is_empty() && !marked.ends_with(' ') {
                    marked.push(' ');
                }
                marked.push_str(&self.palette.warn(&note));
            }
        }
        marked.push_str(&printable(rest));
        marked
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

/// `[check: wrong script]` for what needs review.
fn note(segment: &SegmentResult) -> Option<String> {
    let reasons = || {
        segment
            .reasons
            .iter()
            .map(|reason| printable(&reason.replace('_', " ")))
            .collect::<Vec<_>>()
    };
    match segment.status {
        SegmentStatus::NeedsReview if segment.reasons.is_empty() => Some("[check]".to_owned()),
        SegmentStatus::NeedsReview => Some(format!("[check: {}]", reasons().join(", "))),
        SegmentStatus::Ok | SegmentStatus::Retried => None,
    }
}

/// How the segments of a result came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Good at the first decoding.
    pub(super) ok: usize,
    /// Good at a later decoding.
    pub(super) retried: usize,
    /// To be read before publishing.
    pub(super) needs_review: usize,
}

impl Tally {
    /// Counts every segment of a result.
    pub(super) fn of(result: &ResultMessage) -> Self {
        let targets = result.targets.iter().flat_map(|target| {
            let summary = target.summary.iter().flat_map(|summary| &summary.segments);
            summary.chain(target.sections.iter().flat_map(|section| &section.segments))
        });
        let mut tally = Self::default();
        for segment in result
            .summary
            .iter()
            .flat_map(|summary| &summary.segments)
            .chain(targets)
        {
            match segment.status {
                SegmentStatus::Ok => tally.ok += 1,
                SegmentStatus::Retried => tally.retried += 1,
                SegmentStatus::NeedsReview => tally.needs_review += 1,
            }
        }
        tally
    }
}

/// What an editor should know about a result beside the result: what was left out, what needs
/// review, which models made it and how fast.
pub(super) fn report(result: &ResultMessage, palette: Palette, took: Duration) -> String {
    let mut report = String::new();
    let mut line = |label: &str, text: &str| {
        let _infallible = writeln!(report, "{} {text}", palette.faint(&format!("{label:<10}")));
    };
    let dropped = &result.source.dropped;
    if !dropped.is_empty() {
        line(
            "left out",
            &format!(
                "{} of the page, as no part of the article:",
                count(dropped.len(), "piece")
            ),
        );
        for piece in dropped.iter().take(LISTED) {
            let reason = piece.reason.replace('_', " ");
            line(
                "",
                &format!(
                    "- {} ({})",
                    printable(&shorten(&piece.text, 56)),
                    printable(&reason)
                ),
            );
        }
        if dropped.len() > LISTED {
            line(
                "",
                &format!(
                    "- and {} more (see `source.dropped` with --format json)",
                    dropped.len() - LISTED
                ),
            );
        }
    }
    let tally = Tally::of(result);
    let checked = format!(
        "{} fine, {} decoded again and fine",
        count(tally.ok, "segment"),
        tally.retried
    );
    match tally.needs_review {
        0 => line("checks", &checked),
        number => line(
            "checks",
            &format!(
                "{checked}, {}",
                palette.warn(&format!("{number} to review, marked [check]"))
            ),
        ),
    }
    let mut models: Vec<(String, Vec<&str>)> = Vec::new();
    for model in &result.models {
        let name = format!(
            "{} ({}, sha256 {}…)",
            model.id,
            model.quantization,
            model.sha256.get(..12).unwrap_or(&model.sha256)
        );
        match models.iter_mut().find(|(known, _)| *known == name) {
            Some((_, tasks)) => tasks.push(&model.task),
            None => models.push((name, vec![&model.task])),
        }
    }
    for (name, tasks) in models {
        line("model", &format!("{name}: {}", tasks.join(", ")));
    }
    line("time", &times(result, took));
    report
}

/// `42.0 s in all, 310 tokens written at 9.8 a second`. The rate leaves out cleaning and loading.
fn times(result: &ResultMessage, took: Duration) -> String {
    let all = took.as_secs_f64();
    let writes = |stage: &str| stage.starts_with("summarise") || stage.starts_with("translate");
    let stages = result.timings.iter();
    let writing = StageTiming::spanned(stages.filter(|timing| writes(&timing.stage)));
    let generated = result.tokens.generated;
    let mut text = format!("{all:.1} s in all, {generated} tokens written");
    if writing > 0.0 {
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = generated as f64 / writing;
        let _infallible = write!(text, " at {rate:.1} a second");
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result() -> ResultMessage {
        let segment = |text: &str, status: &str, reasons: &[&str]| {
            json!({ "source": { "section": 0, "start": 0, "end": 1 }, "text": text, "status": status,
                    "reasons": reasons, "attempts": 1 })
        };
        serde_json::from_value(json!({
            "version": "1.0", "kind": "result", "id": "a-1", "revision": 0, "status": "needs_review",
            "source": {
                "lang": "en",
                "sections": [
                    { "kind": "title", "text": "Rain in Leeds" },
                    { "kind": "paragraph", "text": "It rained.\u{1b}[2J It stopped." },
                    { "kind": "heading", "text": "Volunteers" },
                    { "kind": "list_item", "text": "Mill Lane" },
                    { "kind": "list_item", "text": "Bridge Street" },
                    { "kind": "quote", "text": "We were lucky." }
                ],
                "dropped": [{ "text": "Share this\nstory", "reason": "sharing" }]
            },
            "summary": { "text": "It rained.", "segments": [segment("It rained.", "ok", &[])] },
            "targets": [{
                "lang": "ko", "status": "needs_review", "title": "리즈의 비",
                "summary": { "text": "비가 왔다.", "segments": [segment("비가 왔다.", "retried", &["copied"])] },
                "sections": [
                    { "kind": "title", "text": "리즈의 비", "segments": [segment("리즈의 비", "ok", &[])] },
                    { "kind": "paragraph", "text": "비가 왔다. It stopped.",
                      "segments": [segment("비가 왔다.", "needs_review", &["figures", "too_short"]),
                                   segment("It stopped.", "needs_review", &["wrong_script"])] }
                ]
            }],
            "models": [
                { "task": "summarise", "id": "m", "sha256": "0123456789abcdef", "quantization": "Q4_K_M" },
                { "task": "translate:ko", "id": "m", "sha256": "0123456789abcdef", "quantization": "Q4_K_M" }
            ],
            "timings": [{ "stage": "load:m", "seconds": 30.0 }, { "stage": "translate:ko", "seconds": 4.0 }],
            "tokens": { "prompt": 10, "generated": 50 },
            "worker": "0.1.0"
        }))
        .unwrap()
    }

    #[test]
    fn an_embargo_stands_above_the_story() {
        let mut result = result();
        result.embargoed_until = Some("2031-04-02T06:00:00Z".to_owned());
        let text = story(&result, Palette::new(false));
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some("Not to be published before 2031-04-02T06:00:00Z")
        );
        assert_eq!(lines.next(), Some(""));
    }

    #[test]
    fn a_story_is_laid_out_with_marks_where_it_needs_review() {
        insta::assert_snapshot!(story(&result(), Palette::new(false)), @r"
        ── English (en) ────────────────────────────────────────────────────────

        # Rain in Leeds

        It rained. [2J It stopped.

        ## Volunteers

        - Mill Lane
        - Bridge Street

        > We were lucky.

        Summary: It rained.

        ── Korean (ko) ─────────────────────────────────────────────────────────

        # 리즈의 비

        Summary: 비가 왔다.

        비가 왔다. [check: figures, too short] It stopped. [check: wrong script]
        ");
    }

    #[test]
    fn a_report_says_what_was_left_out_what_to_check_and_how_fast_it_was() {
        insta::assert_snapshot!(report(&result(), Palette::new(false), Duration::from_secs(36)), @r"
        left out   1 piece of the page, as no part of the article:
                   - Share this story (sharing)
        checks     2 segments fine, 1 decoded again and fine, 2 to review, marked [check]
        model      m (Q4_K_M, sha256 0123456789ab…): summarise, translate:ko
        time       36.0 s in all, 50 tokens written at 12.5 a second
        ");
    }

    #[test]
    fn a_note_whose_segment_is_not_in_the_text_is_not_lost() {
        let mut result = result();
        let section = &mut result.targets[0].sections[1];
        section.text = "Joined in some other way.".to_owned();
        let text = story(&result, Palette::new(false));
        assert!(
            text.contains("[check: figures, too short] [check: wrong script]"),
            "{text}"
        );
        assert!(text.contains("Joined in some other way."), "{text}");
    }

    #[test]
    fn every_section_is_shown_in_its_place_whatever_its_kind() {
        let mut result = result();
        let sections = &mut result.targets[0].sections;
        let mut second = sections[0].clone();
        second.text = "또 다른 제목".to_owned();
        second.segments.clear();
        sections.push(second);
        let text = story(&result, Palette::new(false));
        let (before, _) = text.split_once("또 다른 제목").unwrap();
        assert!(
            before.contains("It stopped. [check: wrong script]"),
            "{text}"
        );

        // The first section is no title: it comes after nothing but the headline of its own.
        let sections = &mut result.targets[0].sections;
        sections.swap(0, 1);
        let text = story(&result, Palette::new(false));
        let korean = text.split_once("Korean").unwrap().1;
        let (before, _) = korean.split_once("또 다른 제목").unwrap();
        assert!(before.contains("It stopped."), "{text}");
        assert_eq!(korean.matches("# 리즈의 비").count(), 2, "{text}");
    }

    #[test]
    fn every_segment_is_counted_once() {
        let expected = Tally {
            ok: 2,
            retried: 1,
            needs_review: 2,
        };
        assert_eq!(Tally::of(&result()), expected);
    }
}
