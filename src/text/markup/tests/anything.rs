//! What must hold for any text.

use dom_query::{Document, NodeRef};
use proptest::prelude::*;

use super::super::safe;
use super::*;
use crate::job::markup::{Container, ContainerTag, Embed};
use crate::job::wire::TargetSection;

const PIECES: &str = "(<script>|</p>|</a>|<img src=x onerror=y>|&amp;|&|\"|'|<!--|]]>|javascript:|서울|Паром|NATO|1,200|[a-z]{1,4}|[.,»“ ]{1,2}| ){0,14}";

/// A section, the ranges of its sentences, and what each became.
type Translation = (Section, Vec<Range<usize>>, Vec<String>);

fn words() -> impl Strategy<Value = String> {
    (PIECES, "[a-zA-Z가-힣а-я<&]").prop_map(|(text, last)| text.trim().to_owned() + &last)
}

fn mark() -> impl Strategy<Value = (usize, usize, usize, String)> {
    let value = prop_oneof![
        Just("https://example.org/?a=b&c=\"d\"".to_owned()),
        Just("javascript:alert(1)".to_owned()),
        Just(" JAVA\nscript:x".to_owned()),
        PIECES.prop_map(|text| text),
    ];
    (
        any::<prop::sample::Index>(),
        0_usize..40,
        1_usize..40,
        value,
    )
        .prop_map(|(tag, start, length, value)| {
            (tag.index(Inline::ALL.len()), start, length, value)
        })
}

prop_compose! {
    /// Sentences, marks anywhere on them, and a translation of each.
    fn article()(
        sections in prop::collection::vec((
            prop::collection::vec((words(), PIECES), 1..4),
            prop::collection::vec(mark(), 0..8),
            0_usize..7,
            prop::collection::vec((0_usize..ContainerTag::ALL.len(), 0_u32..3), 0..4),
        ), 1..5),
    ) -> Vec<Translation> {
        let kinds = [
            SectionKind::Title, SectionKind::Lead, SectionKind::Heading, SectionKind::Paragraph,
            SectionKind::Quote, SectionKind::Caption, SectionKind::ListItem,
        ];
        sections.into_iter().map(|(sentences, marks, kind, within)| {
            let (mut text, mut ranges, mut target) = (String::new(), Vec::new(), Vec::new());
            for (sentence, translation) in sentences {
                if !text.is_empty() {
                    text.push(' ');
                }
                let start = text.len();
                text.push_str(&sentence);
                ranges.push(start..text.len());
                target.push(translation);
            }
            let chars: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let marks = marks.into_iter().map(|(tag, start, length, value)| {
                let at = |char: usize| chars[char.min(chars.len() - 1)];
                Mark::new(Inline::ALL[tag], at(start), at(start + length))
                    .attribute("href", &value)
                    .attribute("title", &value)
                    .attribute("onclick", &value)
                    .attribute("style", &value)
            }).collect();
            let within = within.into_iter().map(|(tag, id)| Container { tag: ContainerTag::ALL[tag], id }).collect();
            let marks = tidy(&text, marks);
            let section = Section::new(kinds[kind], text).with_marks(marks).with_containers(within);
            (section, ranges, target)
        }).collect()
    }
}

/// Every element under a node, in document order.
fn elements(document: &Document) -> Vec<NodeRef<'_>> {
    // A fragment's own root is an `html` element.
    document
        .root()
        .descendants_it()
        .filter(NodeRef::is_element)
        .filter(|node| node.node_name().is_some_and(|name| &*name != "html"))
        .collect()
}

/// Nothing but what is on the list, and no address that runs anything.
fn check_safe(document: &Document) {
    for node in document.root().descendants_it() {
        assert!(node.is_text() || node.is_element(), "{:?}", node.html());
    }
    for node in elements(document) {
        let name = node.node_name().unwrap().to_string();
        assert!(safe::is_element(&name), "{name}");
        for attribute in node.attrs() {
            let key = attribute.name.local.to_string();
            let value = attribute.value.to_string();
            assert_eq!(
                safe::attribute(&name, &key, &value).as_ref(),
                Some(&value),
                "{name} {key}"
            );
            assert!(!key.starts_with("on") && key != "style", "{name} {key}");
            let plain: String = value.chars().filter(|c| *c > ' ').collect();
            assert!(
                key != "href" || !plain.to_lowercase().starts_with("javascript:"),
                "{value:?}"
            );
        }
    }
}

fn count(document: &Document, tag: Inline) -> usize {
    elements(document)
        .iter()
        .filter(|node| node.node_name().as_deref() == Some(tag.name()))
        .count()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn target_of(sections: &[Translation], lang: Lang) -> Vec<TargetSection> {
    sections
        .iter()
        .map(|(section, ranges, texts)| {
            let done = translated(section, ranges, texts, lang, &nowhere);
            check_nesting(section, &done);
            TargetSection {
                kind: section.kind,
                text: done.text,
                segments: Vec::new(),
                marks: done.marks,
            }
        })
        .collect()
}

fn check(html: &str, texts: &[&str], source: &[Section]) {
    let document = Document::fragment(html);
    check_safe(&document);
    // No element is within one that a parser would end for it: it is written again as it was.
    check_well_formed(html);
    assert_eq!(
        squeezed(&document.root().text()),
        squeezed(&texts.concat()),
        "{html}"
    );
    for tag in Inline::ALL {
        let marks = source
            .iter()
            .flat_map(|section| &section.marks)
            .filter(|mark| mark.tag == *tag)
            .count();
        assert_eq!(count(&document, *tag), marks, "{tag:?} in {html}");
    }
}

/// Tags that open and close in order, as XML has it.
fn check_well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let end = rest[at..]
            .find('>')
            .map(|end| at + end)
            .expect("a tag ends");
        let tag = &rest[at + 1..end];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?} in {html}");
}

proptest! {
    #[test]
    fn html_is_read_back_as_the_same_text_with_every_mark_once_and_nothing_else(
        sections in article(), ko in any::<bool>(),
    ) {
        let lang = if ko { Lang::Ko } else { Lang::Ru };
        let source: Vec<Section> = sections.iter().map(|(section, ..)| section.clone()).collect();
        let texts: Vec<&str> = source.iter().map(|section| section.text.as_str()).collect();
        check(&source_html(&source, &[]), &texts, &source);
        let target = target_of(&sections, lang);
        let texts: Vec<&str> = target.iter().map(|section| section.text.as_str()).collect();
        check(&target_html(&source, &target, &[]), &texts, &source);
    }

    #[test]
    fn a_result_from_anywhere_makes_nothing_unsafe(
        sections in article(),
        marks in prop::collection::vec((0_usize..9, 0_usize..60, 0_usize..60), 0..9),
        html in "(<script>|</script>|<img src=|<iframe srcdoc=|<a href=javascript:x|<svg onload=x|<table>|<td|<p |onerror=a|src=b|style=c|>|[a-z<>&\"= ]{1,6}){0,12}",
        before in 0_usize..6,
    ) {
        let source: Vec<Section> = sections.iter().map(|(section, ..)| section.clone()).collect();
        let marks: Vec<_> = marks.into_iter().map(|(mark, start, end)| {
            crate::job::markup::TargetMark { mark, start, end, placed: Placed::Exact }
        }).collect();
        let target: Vec<TargetSection> = sections.iter().map(|(section, _, texts)| TargetSection {
            kind: section.kind, text: texts.concat(), segments: Vec::new(), marks: marks.clone(),
        }).collect();
        let embeds = [Embed { before, html, within: Vec::new() }];
        let html = target_html(&source, &target, &embeds);
        check_well_formed(&html);
        check_safe(&Document::fragment(html));
    }

    #[test]
    fn any_caller_s_answers_leave_the_marks_nested(
        sections in article(), from in 0_usize..30, length in 0_usize..30,
    ) {
        let find = |_: &str, _: &str| Some(from..from + length);
        for (section, ranges, texts) in &sections {
            let done = translated(section, ranges, texts, Lang::Ko, &find);
            check_nesting(section, &done);
        }
    }
}
