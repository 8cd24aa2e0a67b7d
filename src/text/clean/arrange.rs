//! Blocks into an article: where the story begins and ends, which line is the headline, and what
//! each of the rest is.

mod finish;

use std::collections::HashSet;

use super::measure::{is_headline, is_prose, is_sentence, key, terminal, word_count};
use super::picture::{self, Picture};
use super::{Block, Hint, Placeless, byline, rules};
use crate::job::SectionKind;
use crate::text::{Article, DropReason, EmptyArticle};

/// What the blocks were cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines: a block without a hint may be anything.
    Text,
    /// Markup: headings are marked as such.
    Html,
}

/// The blocks of a page, and what is no text behind the last of them.
#[derive(Debug)]
pub(super) struct Blocks {
    pub(super) blocks: Vec<Block>,
    pub(super) tail: Vec<Placeless>,
}

/// A subhead has no more words than this; a standfirst no fewer than [`STANDFIRST`].
const SUBHEAD: usize = 14;
const STANDFIRST: usize = 6;
/// Running text that says the same twice is a repetition from this many words on.
const REPEATED: usize = 4;

/// Sorts the blocks of a page into an article.
pub(super) fn arrange(
    Blocks { blocks, tail }: Blocks,
    title: Option<&str>,
    form: Form,
) -> Result<Article, EmptyArticle> {
    let total = blocks.len();
    let mut page = Page {
        blocks,
        kinds: vec![None; total],
        form,
    };
    page.drop_chrome();
    page.mark_pictures();
    let title = title
        .map(super::lines::one_line)
        .filter(|title| !title.is_empty());
    let headline = page.find_headline(title.as_deref());
    page.drop_around(headline);
    page.name_the_rest(headline);
    page.drop_duplicates(title.as_deref().filter(|_| headline.is_none()));
    page.mark_lead();
    page.finish(title.filter(|_| headline.is_none()), tail)
}

struct Page {
    blocks: Vec<Block>,
    /// What each block turned out to be; stays `None` for dropped ones.
    kinds: Vec<Option<SectionKind>>,
    form: Form,
}

impl Page {
    fn text(&self, at: usize) -> &str {
        self.blocks.get(at).map_or("", |block| &block.text)
    }

    fn hint(&self, at: usize) -> Hint {
        self.blocks.get(at).map_or(Hint::None, |block| block.hint)
    }

    fn reason(&self, at: usize) -> Option<DropReason> {
        self.blocks.get(at).and_then(|block| block.drop)
    }

    fn kind(&self, at: usize) -> Option<SectionKind> {
        self.kinds.get(at).copied().flatten()
    }

    /// Whether nothing is known of the block yet.
    fn is_open(&self, at: usize) -> bool {
        at < self.blocks.len() && self.reason(at).is_none() && self.kind(at).is_none()
    }

    fn drop_block(&mut self, at: usize, reason: DropReason) {
        if let Some(block) = self.blocks.get_mut(at) {
            block.drop = Some(reason);
        }
        if let Some(kind) = self.kinds.get_mut(at) {
            *kind = None;
        }
    }

    fn name(&mut self, at: usize, kind: SectionKind) {
        if let Some(slot) = self.kinds.get_mut(at) {
            *slot = Some(kind);
        }
    }

    /// Drops what is chrome wherever it stands, and the links under a heading of related stories.
    fn drop_chrome(&mut self) {
        for at in 0..self.blocks.len() {
            if self.reason(at).is_some() {
                continue;
            }
            let text = self.text(at);
            let reason = if word_count(text) == 0 {
                Some(DropReason::Furniture)
            } else if byline::is_stamp(text) || byline::is_credit_line(text) {
                Some(DropReason::Byline)
            } else if rules::is_related_heading(text) {
                Some(DropReason::RelatedLinks)
            } else if self.hint(at) == Hint::Title {
                rules::headline_chrome(text)
            } else {
                rules::chrome(text)
            };
            if let Some(reason) = reason {
                self.drop_block(at, reason);
            }
        }
        let mut at = 0;
        while at < self.blocks.len() {
            let heading = self.reason(at) == Some(DropReason::RelatedLinks)
                && rules::is_related_heading(self.text(at));
            at = if heading {
                self.drop_links_after(at)
            } else {
                at + 1
            };
        }
    }

    /// Drops headlines in a row after the heading at `at`. The last one before running text is kept
    /// when it may be a subhead. Returns where the row ends.
    fn drop_links_after(&mut self, at: usize) -> usize {
        let mut end = at + 1;
        while end < self.blocks.len() && (self.reason(end).is_some() || self.is_link_line(end)) {
            end += 1;
        }
        let links: Vec<usize> = (at + 1..end)
            .filter(|link| self.reason(*link).is_none())
            .collect();
        let subhead = links.last().copied().filter(|last| {
            let text = self.text(*last);
            let marked = self.hint(*last) == Hint::Heading;
            end < self.blocks.len() && *last + 1 == end && (marked || word_count(text) <= 5)
        });
        for link in links.into_iter().filter(|link| Some(*link) != subhead) {
            self.drop_block(link, DropReason::RelatedLinks);
        }
        end
    }

    fn is_link_line(&self, at: usize) -> bool {
        let text = self.text(at);
        !matches!(self.hint(at), Hint::Title | Hint::Quote | Hint::Caption)
            && is_headline(text)
            && !is_prose(text)
    }

    fn mark_pictures(&mut self) {
        for at in 0..self.blocks.len() {
            if !self.is_open(at) {
                continue;
            }
            match (picture::picture(self.text(at)), self.hint(at)) {
                (Some(Picture::Credit), _) => self.drop_block(at, DropReason::Byline),
                (Some(Picture::Caption), Hint::None | Hint::Paragraph | Hint::Caption)
                | (None, Hint::Caption) => {
                    self.name(at, SectionKind::Caption);
                }
                _ => {}
            }
        }
    }

    /// First and one past the last block that is surely part of the story's text.
    fn body(&self) -> Option<(usize, usize)> {
        let is_body = |at: &usize| {
            self.is_open(*at) && (is_prose(self.text(*at)) || is_sentence(self.text(*at)))
        };
        let mut found = (0..self.blocks.len()).filter(is_body);
        let first = found.next()?;
        Some((first, found.next_back().unwrap_or(first) + 1))
    }

    /// The block that is the headline. A `title` that is known is only looked for.
    fn find_headline(&mut self, title: Option<&str>) -> Option<usize> {
        let (start, _) = self
            .body()
            .unwrap_or((self.blocks.len(), self.blocks.len()));
        if let Some(title) = title {
            let wanted = key(title);
            let found =
                (0..start).find(|at| self.reason(*at).is_none() && key(self.text(*at)) == wanted);
            if let Some(at) = found {
                let block = self.blocks.get_mut(at)?;
                if block.text != title {
                    title.clone_into(&mut block.text);
                    block.marks.clear();
                }
                self.name(at, SectionKind::Title);
            }
            return found;
        }
        let marked =
            (0..self.blocks.len()).find(|at| self.is_open(*at) && self.hint(*at) == Hint::Title);
        let found = marked.or_else(|| {
            if self.form == Form::Html {
                // A fragment may open with its headline as a heading of any level.
                let first = (0..self.blocks.len()).find(|at| self.reason(*at).is_none())?;
                return (self.hint(first) == Hint::Heading && self.blocks.len() > 1)
                    .then_some(first);
            }
            self.headline_among(0..start)
        });
        if let Some(at) = found {
            self.name(at, SectionKind::Title);
        }
        found
    }

    /// The line above the story that is most like a headline: the first with four words or more that
    /// is not a menu or a byline; failing that, the first shorter one; failing that, the longest of all.
    fn headline_among(&self, head: std::ops::Range<usize>) -> Option<usize> {
        let shaped: Vec<usize> = head
            .filter(|at| {
                self.is_open(*at) && self.hint(*at) != Hint::ListItem && is_headline(self.text(*at))
            })
            .collect();
        let plain = |at: &&usize| {
            let text = self.text(**at);
            let chrome = rules::edge_chrome(text).is_some() || rules::is_glued_categories(text);
            !chrome && !byline::is_byline(text) && !byline::is_date(text)
        };
        let only_block = self.blocks.len() == 1;
        let long = shaped
            .iter()
            .filter(plain)
            .find(|at| word_count(self.text(**at)) >= 4);
        let short = || {
            shaped
                .iter()
                .filter(plain)
                .find(|at| word_count(self.text(**at)) >= 1)
        };
        let any = || {
            shaped
                .iter()
                .filter(|at| !byline::is_byline(self.text(**at)))
                .max_by_key(|at| word_count(self.text(**at)))
        };
        long.or_else(short)
            .or_else(any)
            .copied()
            .filter(|_| !only_block)
    }

    /// Drops menus, labels and bylines above and below the story.
    fn drop_around(&mut self, headline: Option<usize>) {
        let Some((start, end)) = self.body() else {
            return;
        };
        let start = start.max(headline.map_or(0, |at| at + 1));
        let edges = (0..start).chain(end.max(start)..self.blocks.len());
        let open: Vec<usize> = edges.filter(|at| self.is_open(*at)).collect();
        for at in open {
            let text = self.text(at);
            let above = headline.is_some_and(|headline| at < headline);
            let reason = if byline::is_byline(text) || byline::is_date(text) {
                Some(DropReason::Byline)
            } else if let Some(reason) = rules::edge_chrome(text) {
                Some(reason)
            } else if above && byline::is_story_slug(text) {
                Some(DropReason::Byline)
            } else if above && !is_sentence(text) {
                // Whatever stands above the headline and is no sentence is a label of some kind.
                Some(DropReason::Navigation)
            } else if at >= end && rules::is_glued_categories(text) {
                Some(DropReason::Navigation)
            } else {
                None
            };
            if let Some(reason) = reason {
                self.drop_block(at, reason);
            }
        }
        self.drop_names(headline, start);
        self.drop_tail(end);
    }

    /// Drops a bare name beside a date or a byline under the headline, and a name with a place between two.
    fn drop_names(&mut self, headline: Option<usize>, start: usize) {
        for at in headline.map_or(0, |at| at + 1)..start {
            let beside = [at.wrapping_sub(1), at + 1]
                .iter()
                .filter(|at| self.reason(**at) == Some(DropReason::Byline))
                .count();
            let text = self.text(at);
            let named = (beside > 0 && byline::may_be_name(text))
                || (beside > 1 && byline::names_only(text));
            if self.is_open(at) && named {
                self.drop_block(at, DropReason::Byline);
            }
        }
    }

    /// Drops short lines under the first piece of chrome below the story.
    fn drop_tail(&mut self, end: usize) {
        let Some(chrome) = (end..self.blocks.len()).find(|at| self.reason(*at).is_some()) else {
            return;
        };
        for at in chrome + 1..self.blocks.len() {
            let text = self.text(at);
            let loose = matches!(self.hint(at), Hint::None | Hint::Heading | Hint::ListItem)
                && is_headline(text);
            let label = !text.contains(|c: char| c.is_ascii_digit())
                && word_count(text) <= 6
                && terminal(text).is_none();
            if self.is_open(at) && loose && label {
                self.drop_block(at, DropReason::Navigation);
            }
        }
    }

    fn name_the_rest(&mut self, headline: Option<usize>) {
        let last = (0..self.blocks.len()).rfind(|at| self.is_open(*at));
        let under_headline = headline.and_then(|headline| {
            let shown = |at: &usize| {
                self.reason(*at).is_none() && self.kind(*at) != Some(SectionKind::Caption)
            };
            (headline + 1..self.blocks.len()).find(shown)
        });
        for at in 0..self.blocks.len() {
            if !self.is_open(at) {
                continue;
            }
            let kind = match self.hint(at) {
                Hint::Title | Hint::Heading => SectionKind::Heading,
                Hint::Paragraph => SectionKind::Paragraph,
                Hint::Quote => SectionKind::Quote,
                Hint::Caption => SectionKind::Caption,
                Hint::ListItem => SectionKind::ListItem,
                Hint::None => {
                    let standfirst =
                        under_headline == Some(at) && word_count(self.text(at)) >= STANDFIRST;
                    // Markup says what is a heading; only lines have to be judged by their looks.
                    let lines = self.form == Form::Text;
                    let heads = lines && last.is_some_and(|last| at < last) && self.is_subhead(at);
                    if heads && !standfirst && !self.in_a_run(at) {
                        SectionKind::Heading
                    } else {
                        SectionKind::Paragraph
                    }
                }
            };
            self.name(at, kind);
        }
    }

    fn is_subhead(&self, at: usize) -> bool {
        let text = self.text(at);
        is_headline(text) && word_count(text) <= SUBHEAD
    }

    /// Three short lines in a row are a table or a list that lost its marks, not three subheads; but the
    /// first of them may be its heading.
    fn in_a_run(&self, at: usize) -> bool {
        let short = |at: usize| {
            self.reason(at).is_none() && self.hint(at) == Hint::None && self.is_subhead(at)
        };
        let before = (0..at)
            .rev()
            .take_while(|at| short(*at) && self.kind(*at) != Some(SectionKind::Title))
            .take(2)
            .count();
        let after = (at + 1..self.blocks.len())
            .take_while(|at| short(*at))
            .take(2)
            .count();
        let heads_table = before == 0
            && word_count(self.text(at)) <= 5
            && !self.text(at).contains(|c: char| c.is_ascii_digit());
        before + after >= 2 && !heads_table
    }

    fn drop_duplicates(&mut self, title: Option<&str>) {
        let headline = (0..self.blocks.len()).find(|at| self.kind(*at) == Some(SectionKind::Title));
        let title = title.or(headline.map(|at| self.text(at))).map(key);
        let mut seen: HashSet<String> = HashSet::new();
        for at in (0..self.blocks.len()).filter(|at| Some(*at) != headline) {
            if self.kind(at).is_none() {
                continue;
            }
            let key = key(self.text(at));
            let again = title.as_ref() == Some(&key);
            if again || (word_count(self.text(at)) >= REPEATED && !seen.insert(key)) {
                self.drop_block(at, DropReason::Duplicate);
            }
        }
    }

    /// The first running text is the lead, unless a list, a quotation or a subhead comes before it.
    fn mark_lead(&mut self) {
        let skipped = [SectionKind::Title, SectionKind::Caption];
        let first = (0..self.blocks.len())
            .find(|at| self.kind(*at).is_some_and(|kind| !skipped.contains(&kind)));
        let texts = self
            .kinds
            .iter()
            .flatten()
            .filter(|kind| !skipped.contains(kind))
            .count();
        let titled = self.kinds.contains(&Some(SectionKind::Title));
        if let Some(first) = first
            .filter(|at| self.kind(*at) == Some(SectionKind::Paragraph) && (titled || texts > 1))
        {
            self.name(first, SectionKind::Lead);
        }
    }
}
