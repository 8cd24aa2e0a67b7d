//! The page as a whole.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::job::wire::ResultMessage;
use crate::report::remarks::Remarks;
use crate::report::sentences::Sentences;
use crate::report::spot::{Column, Part, Spot, columns};
use crate::report::{article, findings, foot, head};

/// Everything that does not depend on the result.
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// From so many rows on, a browser lays out only what is in view.
const MANY_ROWS: usize = 150;

/// What the parts of the page are made from.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// The result.
    pub(super) result: &'a ResultMessage,
    /// Its columns: the source, then the targets.
    pub(super) columns: &'a [Column],
    /// The source's sentences.
    pub(super) sentences: &'a Sentences,
    /// What is to be said about it.
    pub(super) remarks: &'a Remarks<'a>,
}

impl<'a> Page<'a> {
    /// A place in a column.
    pub(super) fn spot(&self, column: usize, part: Part, index: usize) -> Spot<'a> {
        Spot {
            column,
            part,
            index,
            name: self.name(column),
        }
    }

    /// A column's name.
    pub(super) fn name(&self, column: usize) -> &'a str {
        self.columns
            .get(column)
            .map_or("", |column| column.name.as_str())
    }

    /// The tag of a column's language.
    pub(super) fn lang(&self, column: usize) -> &'static str {
        self.columns
            .get(column)
            .map_or("", |column| column.lang.tag())
    }

    /// The class of a cell: those of a target go when another is chosen.
    pub(super) fn cell(&self, column: usize) -> String {
        match column {
            0 => "cell source".to_owned(),
            _ => format!("cell of-{}", self.name(column)),
        }
    }
}

/// The page of a result.
pub(super) fn html(result: &ResultMessage) -> String {
    let columns = columns(result);
    let sentences = Sentences::of(result);
    let remarks = Remarks::of(result, &columns, &sentences);
    let page = Page {
        result,
        columns: &columns,
        sentences: &sentences,
        remarks: &remarks,
    };
    let style = format!("{STYLE}{}", choices(&columns));
    let long = result.source.sections.len() > MANY_ROWS;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                // What is under embargo belongs into no index.
                meta name="robots" content="noindex, nofollow";
                title { (head::title(result)) }
                style { (PreEscaped(&style)) }
            }
            body {
                a.skip href="#article" { "Skip to the article" }
                (head::header(&page))
                main {
                    (findings::list(&page))
                    div.parallel.long[long] {
                        (head::switch(&page))
                        (head::heads(&page))
                        (article::summary(&page))
                        (article::sections(&page))
                    }
                    (foot::dropped(&page))
                }
                (foot::provenance(&page))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// Allows what is in the page, by its hash, and nothing besides.
fn policy(style: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(SCRIPT)
    )
}

/// Styles that hide every other target while one is chosen, and in the source what was said of
/// them.
fn choices(columns: &[Column]) -> String {
    let mut style = String::new();
    let (source, targets) = columns
        .split_first()
        .map_or(("", columns), |(source, targets)| {
            (source.name.as_str(), targets)
        });
    for Column { name: chosen, .. } in targets {
        for Column { name: other, .. } in targets.iter().filter(|other| other.name != *chosen) {
            let _infallible = writeln!(
                style,
                ":root:has(#show-{chosen}:checked) .of-{other}{{display:none}}"
            );
        }
        let _infallible = writeln!(
            style,
            ":root:has(#show-{chosen}:checked) mark:not(.by-{chosen},.by-{source}){{background:none;text-decoration:none}}"
        );
    }
    style
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_script_nor_style_can_end_its_element_or_load_anything() {
        for text in [STYLE, SCRIPT] {
            assert!(text.len() > 500);
            for bad in [
                "</", "<!--", "http:", "https:", "url(", "@import", "//", "fetch(",
            ] {
                assert!(!text.contains(bad), "{bad}");
            }
        }
    }

    #[test]
    fn the_policy_names_the_hashes_of_what_is_there() {
        let policy = policy("");
        // The hash of nothing.
        assert!(policy.contains("style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"));
        assert!(!policy.contains("unsafe"));
    }
}
