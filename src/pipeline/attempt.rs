//! Asking a model, and asking again with other settings.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::check::names::Known;
use crate::check::{self, Finding, Severity};
use crate::glossary::Glossary;
use crate::job::wire::{SegmentCounts, SegmentStatus, Support, TokenCounts};
use crate::model::catalog::{Architecture, Entry};
use crate::model::{
    Card, Decode, Generate, Generated, Meter, ModelError, ModelId, Prompt, Request, Strategy,
};
use crate::pipeline::SegmentCache;
use crate::pipeline::cache::Key;

/// Decodings after the first.
pub(super) const MAX_RETRIES: u32 = 2;

/// Tokens and segments of one job, over all its requests.
#[derive(Debug, Default)]
pub(super) struct Tally {
    prompt: AtomicU64,
    generated: AtomicU64,
    translated: AtomicU64,
    reused: AtomicU64,
}

impl Tally {
    pub(super) fn add(&self, prompt: usize, generated: usize) {
        self.prompt.fetch_add(prompt as u64, Ordering::Relaxed);
        self.generated
            .fetch_add(generated as u64, Ordering::Relaxed);
    }

    /// Tokens written so far.
    pub(super) fn generated(&self) -> u64 {
        self.generated.load(Ordering::Relaxed)
    }

    /// One more segment in a target language, `reused` from an earlier job or not.
    pub(super) fn segment(&self, reused: bool) {
        self.translated.fetch_add(1, Ordering::Relaxed);
        self.reused.fetch_add(reused.into(), Ordering::Relaxed);
    }

    /// Segments so far.
    pub(super) fn segments(&self) -> SegmentCounts {
        SegmentCounts {
            translated: self.translated.load(Ordering::Relaxed),
            reused: self.reused.load(Ordering::Relaxed),
        }
    }

    /// Tokens so far.
    pub(super) fn counts(&self) -> TokenCounts {
        TokenCounts {
            prompt: self.prompt.load(Ordering::Relaxed),
            generated: self.generated(),
        }
    }
}

/// A model, set up for one stage of one job.
#[derive(Debug)]
pub(super) struct Call<'a, G> {
    pub(super) engine: &'a G,
    pub(super) entry: &'a Entry,
    pub(super) card: Arc<Card>,
    pub(super) cancel: CancellationToken,
    pub(super) meter: Meter,
    pub(super) tally: &'a Tally,
    /// Where translations are kept that were made before.
    pub(super) cache: Option<&'a SegmentCache>,
    pub(super) seed: u64,
    /// How the job wants terms translated.
    pub(super) glossary: Arc<Glossary>,
    /// The names of the article.
    pub(super) known: Arc<Known>,
    /// Prefixes that have been counted: each is computed once.
    pub(super) prefixes: Mutex<Vec<Arc<str>>>,
    /// Texts that have been asked for: what stands there twice is written once.
    pub(super) texts: Mutex<HashMap<Key, Arc<OnceCell<Output>>>>,
}

/// What a model is asked once.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) prompt: Prompt,
    /// The text ends before the first of these.
    pub(super) stop: &'a [String],
    /// Most tokens to write.
    pub(super) cap: usize,
    /// Which of its decodings this is, from 0.
    pub(super) attempt: u32,
    /// Whether more follows from it, or it follows from something itself: see [`Request::ahead`].
    /// What is asked again always does.
    pub(super) ahead: bool,
}

impl<G: Generate> Call<'_, G> {
    /// Generates one text.
    pub(super) async fn generate(&self, ask: Ask<'_>) -> Result<Generated, ModelError> {
        let prefix = self.first_use(&ask.prompt.prefix);
        let request = Request {
            decode: self.decode(ask.stop, ask.cap, ask.attempt),
            prompt: ask.prompt,
            ahead: ask.ahead || ask.attempt > 0,
            again: ask.attempt > 0,
            cancel: self.cancel.child_token(),
            meter: self.meter.clone(),
        };
        let generated = self
            .engine
            .generate(&ModelId::new(&self.entry.id), request)
            .await?;
        self.tally
            .add(prefix + generated.prompt_tokens, generated.tokens);
        Ok(generated)
    }

    /// Where the text of this key is written or will be, and whether nobody asked for it before.
    pub(super) fn place(&self, key: Key) -> (Arc<OnceCell<Output>>, bool) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let new = !texts.contains_key(&key);
        (Arc::clone(texts.entry(key).or_default()), new)
    }

    /// Tokens of a prefix at its first use, and none after that.
    fn first_use(&self, prefix: &Arc<str>) -> usize {
        if prefix.is_empty() {
            return 0;
        }
        let mut seen = self.prefixes.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(prefix) {
            return 0;
        }
        seen.push(prefix.clone());
        self.card.tokens.count(prefix)
    }

    /// The settings of one attempt. The first is the catalogue's. The second leaves the beaten
    /// path a little, which is what gets a model out of a loop, an echo or an empty answer. The
    /// third is another roll of the dice, or a beam twice as wide where the model can.
    fn decode(&self, stop: &[String], cap: usize, attempt: u32) -> Decode {
        let defaults = &self.entry.decode;
        let sample = Strategy::Sample {
            temperature: 0.4,
            top_p: 0.95,
            seed: self.seed.wrapping_add(attempt.into()),
        };
        let first = if defaults.beam > 1 {
            Strategy::Beam {
                width: defaults.beam,
                length_penalty: defaults.length_penalty,
            }
        } else {
            Strategy::Greedy
        };
        let last = if is_seq2seq(self.entry.architecture) {
            Strategy::Beam {
                width: defaults.beam.saturating_mul(2).max(4),
                length_penalty: defaults.length_penalty,
            }
        } else {
            sample
        };
        let strategy = match attempt {
            0 => first,
            1 => sample,
            _ => last,
        };
        Decode {
            max_new_tokens: cap,
            strategy,
            repetition_penalty: if attempt == 0 {
                defaults.repetition_penalty
            } else {
                defaults.repetition_penalty.max(1.1)
            },
            no_repeat_ngram: defaults.no_repeat_ngram,
            stop: stop.to_vec(),
        }
    }
}

/// Whether a model reads a source and writes a target, without a prompt around them.
pub(super) fn is_seq2seq(architecture: Architecture) -> bool {
    match architecture {
        Architecture::Marian | Architecture::T5 => true,
        Architecture::Qwen2
        | Architecture::Qwen3
        | Architecture::Gemma3
        | Architecture::Llama
        | Architecture::Bert => false,
    }
}

/// An output with what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) text: String,
    pub(super) status: SegmentStatus,
    pub(super) reasons: Vec<String>,
    pub(super) findings: Vec<Finding>,
    /// For a sentence of a summary: what supports it.
    pub(super) support: Vec<Support>,
    pub(super) attempts: u32,
}

impl Output {
    /// Text that no model was needed for.
    pub(super) fn verbatim(text: String) -> Self {
        Self {
            text,
            status: SegmentStatus::Ok,
            reasons: Vec::new(),
            findings: Vec::new(),
            support: Vec::new(),
            attempts: 0,
        }
    }

    /// Text kept after `attempts` decodings, with what is wrong with it and what was wrong with
    /// the first.
    pub(super) fn judged(
        text: String,
        findings: Vec<Finding>,
        first: &[Finding],
        attempts: u32,
    ) -> Self {
        let (status, reasons) = if check::fails(&findings) {
            (SegmentStatus::NeedsReview, codes(&findings))
        } else if check::fails(first) {
            (SegmentStatus::Retried, codes(first))
        } else {
            (SegmentStatus::Ok, Vec::new())
        };
        Self {
            text,
            status,
            reasons,
            findings,
            support: Vec::new(),
            attempts,
        }
    }

    /// The pieces of one text together, with a space between them: as good as the worst of them.
    /// Each comes with where its source begins in the whole.
    pub(super) fn joined(pieces: Vec<(usize, Self)>) -> Self {
        let worst = pieces.iter().map(|(_, piece)| piece.status).max();
        let mut whole = Self::verbatim(String::new());
        whole.status = worst.unwrap_or(whole.status);
        for (begins, piece) in pieces {
            if !(whole.text.is_empty() || piece.text.is_empty()) {
                whole.text.push(' ');
            }
            let shifted = |range: Range<usize>, by| range.start + by..range.end + by;
            let written = whole.text.len();
            whole.text.push_str(&piece.text);
            whole
                .findings
                .extend(piece.findings.into_iter().map(|finding| Finding {
                    source: finding.source.map(|range| shifted(range, begins)),
                    target: finding.target.map(|range| shifted(range, written)),
                    ..finding
                }));
            whole.attempts = whole.attempts.max(piece.attempts);
            if piece.status == whole.status {
                for reason in piece.reasons {
                    if !whole.reasons.contains(&reason) {
                        whole.reasons.push(reason);
                    }
                }
            }
        }
        whole
    }
}

/// The codes of what fails, each once.
fn codes(findings: &[Finding]) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for finding in findings {
        let code = finding.code.name();
        if finding.code.severity() == Severity::Error && !codes.iter().any(|seen| seen == code) {
            codes.push(code.to_owned());
        }
    }
    codes
}
