//! Blocks that are known to be something, as sections with what stands between them.

use super::Page;
use crate::job::markup::Embed;
use crate::job::{Section, SectionKind};
use crate::text::clean::Placeless;
use crate::text::{Article, DropReason, Dropped, EmptyArticle};

impl Page {
    /// The article. `title` is put first; `tail` is what stands behind the last block.
    pub(super) fn finish(
        self,
        title: Option<String>,
        tail: Vec<Placeless>,
    ) -> Result<Article, EmptyArticle> {
        let total = self.blocks.len();
        let mut article = Article {
            sections: Vec::new(),
            dropped: Vec::new(),
            embeds: Vec::new(),
        };
        for (mut block, kind) in self.blocks.into_iter().zip(self.kinds) {
            let embeds = std::mem::take(&mut block.embeds);
            place(&mut article, embeds, block.drop);
            if let Some(reason) = block.drop {
                article.dropped.push(Dropped {
                    text: block.text,
                    reason,
                });
            } else {
                let kind = kind.unwrap_or(SectionKind::Paragraph);
                let mut section = Section::new(kind, block.text)
                    .with_marks(block.marks)
                    .with_containers(block.within);
                section.level = block.level.filter(|_| kind == SectionKind::Heading);
                article.sections.push(section);
            }
        }
        place(&mut article, tail, Some(DropReason::Furniture));
        if article.sections.is_empty() {
            return Err(EmptyArticle {
                why: nothing_left(total, &article.dropped),
            });
        }
        let at = match title {
            Some(title) => {
                article
                    .sections
                    .insert(0, Section::new(SectionKind::Title, title));
                Some(usize::MAX)
            }
            // A caption or a standfirst may stand above the headline on the page.
            None => article
                .sections
                .iter()
                .position(|section| section.kind == SectionKind::Title)
                .inspect(|at| {
                    let head = article.sections.get_mut(..=*at);
                    if let Some(head) = head {
                        head.rotate_right(1);
                    }
                }),
        };
        if let Some(at) = at {
            // What stood above it stands behind it now.
            for embed in article.embeds.iter_mut().filter(|embed| embed.before <= at) {
                embed.before += 1;
            }
        }
        Ok(article)
    }
}

/// Keeps what stands before a block that is dropped for `next`, or is not. A picture beside a credit or a
/// repeated headline is the story's, one beside a link to another story is that one's.
fn place(article: &mut Article, embeds: Vec<Placeless>, next: Option<DropReason>) {
    let before = article.sections.len();
    let beside = matches!(
        next,
        None | Some(DropReason::Byline | DropReason::Duplicate)
    );
    let kept = embeds.into_iter().filter(|embed| embed.sure || beside).map(
        |Placeless { html, within, .. }| Embed {
            before,
            html,
            within,
        },
    );
    article.embeds.extend(kept);
}

fn nothing_left(total: usize, dropped: &[Dropped]) -> String {
    if total == 0 {
        return "there is no text in it".to_owned();
    }
    let mut names: Vec<&str> = dropped
        .iter()
        .map(|dropped| dropped.reason.name())
        .collect();
    names.sort_unstable();
    names.dedup();
    format!(
        "all {total} pieces of text in it are page chrome ({})",
        names.join(", ")
    )
}
