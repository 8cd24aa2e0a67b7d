//! Links and emphasis whose place in a translation nobody is sure of.

use maud::{Markup, html};

use crate::job::markup::{Inline, Placed};
use crate::job::wire::TargetSection;
use crate::report::page::Page;
use crate::report::text::shortened;

/// How much of the marked words is shown, in characters.
const SHOWN: usize = 60;

/// The marks of a translated section that were put where they stood in the source, in proportion:
/// each with the words that it is on now, and those that it was on. Empty where there are none.
///
/// Those around whole sentences, and those whose words were found, are not spoken of.
pub(super) fn estimates(
    page: &Page<'_>,
    column: usize,
    index: usize,
    target: &TargetSection,
) -> Markup {
    let source = page.result.source.sections.get(index);
    let estimated: Vec<_> = target
        .marks
        .iter()
        .filter(|placed| placed.placed == Placed::Estimated)
        .filter_map(|placed| {
            let section = source?;
            let mark = section.marks.get(placed.mark)?;
            let from = section.text.get(mark.start..mark.end)?;
            let to = target.text.get(placed.start..placed.end)?;
            Some((name(mark.tag), from, to))
        })
        .collect();
    html! {
        @if !estimated.is_empty() {
            div.estimates lang="en" {
                p { "Place estimated" }
                ul {
                    @for (name, from, to) in estimated {
                        li {
                            (name) " on "
                            q lang=(page.lang(0)) { (shortened(from, SHOWN)) }
                            @if to.trim().is_empty() {
                                " has no words here"
                            } @else {
                                " is on "
                                q lang=(page.lang(column)) { (shortened(to, SHOWN)) }
                                " here"
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a mark is, for people.
fn name(tag: Inline) -> &'static str {
    match tag {
        Inline::A => "link",
        Inline::B | Inline::Strong => "bold",
        Inline::I | Inline::Em | Inline::Cite => "italics",
        other => other.name(),
    }
}
