//! Does a name have the same form throughout an article?

use crate::check::finding::Finding;
use crate::job::Lang;

use super::Known;

/// Segments where a name has another form than in most of the article.
pub fn varying(_pairs: &[(&str, &str)], _lang: Lang, _known: &Known) -> Vec<(usize, Finding)> {
    Vec::new()
}
