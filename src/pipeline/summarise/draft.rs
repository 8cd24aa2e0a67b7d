//! A summary as a model wrote it.

use crate::check::support::{Evidence, Grounding, Support};
use crate::check::{self, Code, Finding, ending, repeats, script, tidy};
use crate::job::Lang;
use crate::model::{Generate, Generated, ModelError, Stop};
use crate::pipeline::summarise::{Length, Meaning};
use crate::text::join_words;
use crate::text::sentences::sentences;

/// A sentence of a summary, with what is wrong with it and what it rests on.
#[derive(Debug)]
pub(super) struct Drafted {
    pub(super) text: String,
    pub(super) findings: Vec<Finding>,
    pub(super) support: Vec<Support>,
}

/// A summary as the model wrote it, cut into sentences.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) sentences: Vec<Drafted>,
    /// Whether it has fewer sentences, or words, than were asked for.
    is_short: bool,
}

impl Draft {
    /// Cuts an answer into sentences, at most as many as `length` takes, and judges each.
    pub(super) async fn new<G: Generate>(
        answer: &Generated,
        length: Length,
        evidence: &Evidence,
        meaning: &Meaning<'_, G>,
    ) -> Result<Self, ModelError> {
        let found = cut(&answer.text, answer.stop, length);
        let likeness = meaning.likeness(&found).await?;
        let texts: Vec<&str> = found.iter().map(String::as_str).collect();
        let is_short = length.wants_more(&texts);
        let mut likeness = likeness.into_iter();
        let sentences = found
            .into_iter()
            .map(|sentence| judged(sentence, evidence, &likeness.next().unwrap_or_default()))
            .collect();
        Ok(Self {
            sentences,
            is_short,
        })
    }

    pub(super) fn text(&self) -> String {
        self.sentences
            .iter()
            .map(|sentence| sentence.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// What is wrong with it, each once.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut codes: Vec<Code> = self
            .sentences
            .iter()
            .flat_map(|sentence| &sentence.findings)
            .map(|finding| finding.code)
            .collect();
        codes.extend(self.is_short.then_some(Code::TooFewSentences));
        codes.extend(self.sentences.is_empty().then_some(Code::Empty));
        codes.sort_unstable();
        codes.dedup();
        codes.into_iter().map(Finding::whole).collect()
    }

    /// Whether it is about the article at all, right or wrong.
    pub(super) fn is_usable(&self) -> bool {
        let useless = [Code::Empty, Code::WrongScript, Code::Loop, Code::Preamble];
        !self
            .findings()
            .iter()
            .any(|finding| useless.contains(&finding.code))
    }

    /// How bad it is beside others; 0 when nothing is wrong.
    pub(super) fn weight(&self) -> u32 {
        if self.sentences.is_empty() {
            return u32::MAX;
        }
        let short = if self.is_short {
            Code::TooFewSentences.weight()
        } else {
            0
        };
        self.sentences
            .iter()
            .map(|sentence| check::weight(&sentence.findings))
            .sum::<u32>()
            + short
    }
}

/// The sentences of an answer, each once, at most as many as `length` takes.
fn cut(answer: &str, stop: Stop, length: Length) -> Vec<String> {
    let plain: Vec<&str> = answer.lines().map(without_marker).collect();
    let text = tidy::tidy("", &plain.join("\n"));
    let mut found: Vec<String> = Vec::new();
    for range in sentences(&text, Lang::En) {
        let sentence = join_words(text.get(range).unwrap_or_default());
        if !sentence.is_empty() && !found.contains(&sentence) {
            found.push(sentence);
        }
    }
    if stop == Stop::TokenLimit && found.len() > 1 && found.last().is_some_and(|last| is_cut(last))
    {
        found.pop();
    }
    found.truncate(length.sentences);
    found
}

fn judged(text: String, evidence: &Evidence, likeness: &[f32]) -> Drafted {
    let Grounding { support, findings } = evidence.ground(&text, likeness);
    let mut all = Vec::new();
    let mut check = |wrong: bool, code: Code| all.extend(wrong.then(|| Finding::whole(code)));
    check(repeats::loops(&text), Code::Loop);
    check(tidy::is_chatter("", &text), Code::Preamble);
    check(is_cut(&text), Code::Truncated);
    all.extend(script::check("", &text, Lang::En));
    all.extend(findings);
    Drafted {
        text,
        findings: all,
        support,
    }
}

fn is_cut(sentence: &str) -> bool {
    ending::lacks_end(".", sentence, Lang::En)
}

/// A line without its list marker.
fn without_marker(line: &str) -> &str {
    let line = line.trim();
    let number = line.chars().take_while(char::is_ascii_digit).count();
    let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = [". ", ") "]
        .iter()
        .find_map(|mark| after_number.strip_prefix(mark));
    let bulleted = || {
        ["- ", "* ", "• "]
            .iter()
            .find_map(|mark| line.strip_prefix(mark))
    };
    let rest = numbered
        .filter(|_| (1..=2).contains(&number))
        .or_else(bulleted);
    rest.unwrap_or(line).trim_start()
}
