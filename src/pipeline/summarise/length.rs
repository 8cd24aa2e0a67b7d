//! How long a summary is to be.

use crate::job::Job;

/// Words of a sentence in a news summary, about.
const WORDS_A_SENTENCE: usize = 22;

/// How long a summary is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) struct Length {
    /// In sentences.
    pub(super) sentences: usize,
    /// In words, at most; then the sentences are a guess at what makes so many.
    pub(super) words: Option<usize>,
}

impl Length {
    /// So many sentences.
    pub(super) fn of(sentences: usize) -> Self {
        Self {
            sentences,
            words: None,
        }
    }

    /// What a job asks for. Where it gives words alone, as many sentences as make them.
    pub(in crate::pipeline) fn asked(job: &Job) -> Self {
        let sentences = match (job.summary_sentences, job.summary_words) {
            (Some(sentences), _) => sentences,
            (None, Some(words)) => {
                let about = (words + WORDS_A_SENTENCE / 2) / WORDS_A_SENTENCE;
                about.clamp(1, Job::MAX_SUMMARY_SENTENCES)
            }
            (None, None) => Job::DEFAULT_SUMMARY_SENTENCES,
        };
        Self {
            sentences,
            words: job.summary_words,
        }
    }

    /// Whether sentences together have no more words than are wanted.
    pub(super) fn takes<'a>(self, sentences: impl Iterator<Item = &'a str>) -> bool {
        self.words.is_none_or(|most| words(sentences) <= most)
    }

    /// Whether there are too few sentences yet. Where words are counted, two thirds of them are
    /// enough.
    pub(super) fn wants_more(self, sentences: &[&str]) -> bool {
        let enough_words = |most| 3 * words(sentences.iter().copied()) >= 2 * most;
        sentences.len() < self.sentences && !self.words.is_some_and(enough_words)
    }
}

fn words<'a>(sentences: impl Iterator<Item = &'a str>) -> usize {
    sentences.map(|text| text.split_whitespace().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_limit_and_two_thirds_of_them_are_enough() {
        let length = Length {
            sentences: 3,
            words: Some(9),
        };
        let texts = ["One two three.", "Four five six.", "Seven eight nine ten."];
        assert!(length.takes(texts.iter().copied().take(2)));
        assert!(!length.takes(texts.iter().copied()));
        assert!(length.wants_more(&texts[..1]));
        assert!(!length.wants_more(&texts[..2]));
        assert!(Length::of(3).wants_more(&texts[..2]));
        assert!(!Length::of(3).wants_more(&texts));
    }
}
