//! A translation in the form that its article came in: HTML for HTML, an item for an item.

use crate::job::markup::Embed;
use crate::job::ninjs::{Item, Translation};
use crate::job::wire::{SegmentStatus, TargetResult, TargetSection};
use crate::job::{Body, Job, SectionKind};
use crate::text::Article;
use crate::text::markup::target_html;

/// The translation as HTML, its headline included; nothing unless the job's article was HTML and was
/// translated.
pub fn html(job: &Job, article: &Article, target: &TargetResult) -> Option<String> {
    is_html(job, target).then(|| target_html(&article.sections, &target.sections, &article.embeds))
}

/// The translation as an item; nothing unless the job's article was an item and was translated. The
/// headline stands in a field of its own there, so it is no part of the story; the summary is the
/// description, and what needs review is withheld. `version` is that of the new item, such as `1`, and
/// `created` when it was made, as RFC 3339.
pub fn item(
    job: &Job,
    article: &Article,
    target: &TargetResult,
    version: &str,
    created: &str,
) -> Option<Item> {
    let original = job.item.as_deref()?;
    let titled = target
        .sections
        .first()
        .is_some_and(|first| first.kind == SectionKind::Title);
    let skipped = usize::from(titled);
    let sections = target.sections.get(skipped..).unwrap_or_default();
    if sections.is_empty() {
        return None;
    }
    let html = is_html(job, target).then(|| {
        let embeds: Vec<Embed> = article
            .embeds
            .iter()
            .map(|embed| Embed {
                before: embed.before.saturating_sub(skipped),
                ..embed.clone()
            })
            .collect();
        let source = article.sections.get(skipped..).unwrap_or_default();
        target_html(source, sections, &embeds)
    });
    Some(
        original.translated(&Translation {
            lang: target.lang,
            title: target.title.as_deref(),
            summary: target
                .summary
                .as_ref()
                .map(|summary| summary.text.as_str())
                .filter(|text| !text.is_empty()),
            text: &plain(sections),
            html: html.as_deref(),
            version,
            created,
            needs_review: target.status == SegmentStatus::NeedsReview,
        }),
    )
}

fn is_html(job: &Job, target: &TargetResult) -> bool {
    matches!(job.article.body, Body::Html(_)) && !target.sections.is_empty()
}

/// Sections as plain text: a blank line between them, and none between entries of a list.
fn plain(sections: &[TargetSection]) -> String {
    let mut text = String::new();
    let mut before = None;
    for section in sections {
        let in_list =
            before == Some(SectionKind::ListItem) && section.kind == SectionKind::ListItem;
        text.push_str(match before {
            None => "",
            Some(_) if in_list => "\n",
            Some(_) => "\n\n",
        });
        text.push_str(&section.text);
        before = Some(section.kind);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Lang;
    use crate::job::ninjs::parse_item;
    use crate::text::clean::clean;
    use crate::text::markup::translated;

    /// An item through the cleaner, each section translated as `words`.
    fn through(json: &str, lang: Lang, words: &[&str]) -> (Job, Article, TargetResult) {
        let mut message = parse_item(json).unwrap().into_message("a").unwrap();
        message.targets = vec![lang.tag().to_owned()];
        let job = Job::try_from(message).unwrap();
        let article = clean(&job.article).unwrap();
        assert_eq!(
            article.sections.len(),
            words.len(),
            "{:?}",
            article.sections
        );
        let sections: Vec<TargetSection> = article
            .sections
            .iter()
            .zip(words)
            .map(|(section, words)| {
                let whole = 0..section.text.len();
                let texts = [(*words).to_owned()];
                let done = translated(
                    section,
                    std::slice::from_ref(&whole),
                    &texts,
                    lang,
                    &|_, _| None,
                );
                TargetSection {
                    kind: section.kind,
                    text: done.text,
                    segments: Vec::new(),
                    marks: done.marks,
                }
            })
            .collect();
        let target = TargetResult {
            lang,
            status: SegmentStatus::Ok,
            title: Some(words[0].to_owned()),
            summary: None,
            sections,
            html: None,
            item: None,
        };
        (job, article, target)
    }

    const STORY: &str = "<p>The ferry left the dock on Monday with <b>NATO</b> officers aboard.</p>\
        <img src='/a.jpg'><ul><li>Adults pay four crowns each way.</li><li>Children pay two crowns.</li></ul>";

    #[test]
    fn an_item_of_html_comes_back_as_html_and_as_an_item() {
        for (lang, words) in [
            (
                Lang::Ko,
                [
                    "여객선 출항",
                    "월요일 여객선이 NATO 장교들을 태우고 떠났다.",
                    "성인은 4크로나.",
                    "어린이는 2크로나.",
                ],
            ),
            (
                Lang::Ru,
                [
                    "Паром ушёл",
                    "В понедельник паром отошёл с офицерами NATO.",
                    "Взрослые: 4 кроны.",
                    "Дети: 2 кроны.",
                ],
            ),
        ] {
            let json = serde_json::json!({
                "uri": "urn:x:1", "language": "en", "headline": "Ferry Sails at Last", "body_html": STORY, "body_text": "x",
            });
            let (job, article, target) = through(&json.to_string(), lang, &words);
            let [title, first, second, third] = words;
            let story = format!(
                "<p>{}</p>\n<img src=\"/a.jpg\"/>\n<ul><li>{second}</li><li>{third}</li></ul>\n",
                first.replace("NATO", "<b>NATO</b>")
            );
            let page = html(&job, &article, &target);
            assert_eq!(page, Some(format!("<h1>{title}</h1>\n{story}")));
            let item = item(&job, &article, &target, "3", "2031-04-02T06:00:00Z").unwrap();
            let field = |name: &str| item.get(name).and_then(|value| value.as_str());
            assert_eq!(field("headline"), Some(title));
            assert_eq!(field("body_html"), Some(story.as_str()));
            let text = format!("{first}\n\n{second}\n{third}");
            assert_eq!(field("body_text"), Some(text.as_str()));
            assert_eq!(field("version"), Some("3"));
            assert_eq!(
                field("uri"),
                Some(format!("urn:x:1:{}", lang.tag()).as_str())
            );
        }
    }

    #[test]
    fn plain_text_is_no_html_and_a_summary_alone_is_no_item() {
        let json = r#"{"uri":"urn:x:1","headline":"Ferry Sails at Last","body_text":"The ferry left the dock on Monday."}"#;
        let (job, article, mut target) = through(
            json,
            Lang::Ru,
            &["Паром ушёл", "Паром отошёл в понедельник."],
        );
        assert_eq!(html(&job, &article, &target), None);
        let now = "2031-04-02T06:00:00Z";
        let written = item(&job, &article, &target, "1", now).unwrap();
        assert_eq!(
            written.get("body_text").unwrap(),
            "Паром отошёл в понедельник."
        );
        target.sections.clear();
        assert_eq!(item(&job, &article, &target, "1", now), None);
    }
}
