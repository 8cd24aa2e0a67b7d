//! A model without weights: answers come from a script, tokens are words, and everything that was
//! asked is kept.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::string_slice,
    reason = "a helper that fails fails its test"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use presslate::job::Lang;
use presslate::model::catalog::{
    Architecture, Commercial, DecodeDefaults, Entry, Licence, PromptTemplate, Prompts, TaskName,
};
use presslate::model::{
    Card, CountTokens, Decode, Embedding, Generate, Generated, ModelError, ModelId, Part, Prompt,
    Request, Stop,
};
use presslate::pipeline::Plan;
use tokio::sync::{Notify, oneshot};

/// What a request asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Which task, by the prompt's prefix: `ko`, `ru`, `summarise` or `merge`.
    pub(crate) task: String,
    /// The article's text in the prompt: all its text parts.
    pub(crate) text: String,
    /// The whole prompt after the prefix.
    pub(crate) prompt: String,
    /// How it was to be written.
    pub(crate) decode: Decode,
    /// Requests with the same task and prompt before this one.
    pub(crate) attempt: usize,
    /// The request's own stop.
    pub(crate) cancel: tokio_util::sync::CancellationToken,
}

/// What the script answers.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) stop: Stop,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self {
            text,
            stop: Stop::EndOfText,
        }
    }
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

type Script = dyn Fn(&Asked) -> Answer + Send + Sync;
type Meaning = dyn Fn(&str) -> Vec<f32> + Send + Sync;

/// Answers by a script. Clones share their record.
#[derive(Clone)]
pub(crate) struct FakeModel(Arc<Shared>);

struct Shared {
    context_tokens: usize,
    script: Box<Script>,
    asked: Mutex<Vec<Asked>>,
    /// Answers wait until so many requests are open, and then go out last first.
    hold: Option<usize>,
    held: Mutex<Vec<oneshot::Sender<()>>>,
    /// What a text means; without it, the model does not say.
    meaning: Option<Box<Meaning>>,
    /// No request is ever answered.
    silent: bool,
    arrived: Notify,
}

impl FakeModel {
    /// A model of 4,096 tokens that answers by `script`.
    pub(crate) fn new(script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            context_tokens: 4096,
            script: Box::new(script),
            asked: Mutex::default(),
            hold: None,
            held: Mutex::default(),
            meaning: None,
            silent: false,
            arrived: Notify::new(),
        }))
    }

    /// The same with another context length.
    pub(crate) fn with_context(self, tokens: usize) -> Self {
        self.changed(|shared| shared.context_tokens = tokens)
    }

    /// The same, answering in reverse order as soon as `requests` are open.
    pub(crate) fn reversing(self, requests: usize) -> Self {
        self.changed(|shared| shared.hold = Some(requests))
    }

    /// The same, which says by `meaning` how alike texts are.
    pub(crate) fn comparing(
        self,
        meaning: impl Fn(&str) -> Vec<f32> + Send + Sync + 'static,
    ) -> Self {
        self.changed(|shared| shared.meaning = Some(Box::new(meaning)))
    }

    /// The same, but never answering.
    pub(crate) fn silent(self) -> Self {
        self.changed(|shared| shared.silent = true)
    }

    fn changed(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        change(Arc::get_mut(&mut self.0).expect("changed before it is shared"));
        self
    }

    /// Everything that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.0.asked.lock().unwrap().clone()
    }

    /// Waits for the next request.
    pub(crate) async fn arrival(&self) {
        self.0.arrived.notified().await;
    }
}

/// One token a word.
#[derive(Debug)]
pub(crate) struct Words;

impl CountTokens for Words {
    fn count(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

impl Generate for FakeModel {
    async fn card(
        &self,
        id: &ModelId,
        _cancel: &tokio_util::sync::CancellationToken,
    ) -> Result<Arc<Card>, ModelError> {
        Ok(Arc::new(Card {
            id: id.clone(),
            sha256: "00ff".repeat(16),
            quantization: "none".to_owned(),
            context_tokens: self.0.context_tokens,
            batch: 8,
            tokens: Arc::new(Words),
        }))
    }

    async fn generate(&self, _id: &ModelId, request: Request) -> Result<Generated, ModelError> {
        let tokens = prompt_tokens(&request.prompt) + Words.count(&request.prompt.prefix);
        let asked = self.record(&request);
        let answer = (self.0.script)(&asked);
        assert!(
            tokens <= self.0.context_tokens,
            "a prompt of {tokens} tokens does not fit: {asked:?}"
        );
        self.0.arrived.notify_one();
        if self.0.silent {
            request.cancel.cancelled().await;
            return Err(ModelError::Cancelled);
        }
        self.wait_for_turn().await;
        let written = Words.count(&answer.text);
        request.meter.add(written as u64);
        Ok(Generated {
            prompt_tokens: prompt_tokens(&request.prompt),
            tokens: written,
            text: answer.text,
            stop: answer.stop,
        })
    }

    async fn embed(
        &self,
        id: &ModelId,
        texts: Vec<Arc<str>>,
        _cancel: &tokio_util::sync::CancellationToken,
    ) -> Result<Vec<Embedding>, ModelError> {
        let Some(meaning) = &self.0.meaning else {
            let (id, what) = (id.clone(), "compare sentences");
            return Err(ModelError::Unfit { id, what });
        };
        let of = |text: &Arc<str>| Embedding::new(&meaning(text), Words.count(text));
        Ok(texts.iter().map(of).collect())
    }
}

impl FakeModel {
    fn record(&self, request: &Request) -> Asked {
        let Prompt { prefix, parts } = &request.prompt;
        let mut text = String::new();
        let mut prompt = String::new();
        for part in parts {
            match part {
                Part::Markup(markup) => prompt.push_str(markup),
                Part::Text(words) => {
                    prompt.push_str(words);
                    text.push_str(words);
                }
            }
        }
        let task = prefix.trim_matches(['<', '>', '\n']).to_owned();
        let mut all = self.0.asked.lock().unwrap();
        let attempt = all
            .iter()
            .filter(|earlier| earlier.task == task && earlier.prompt == prompt)
            .count();
        let text = text.trim().to_owned();
        let asked = Asked {
            task,
            text,
            prompt,
            decode: request.decode.clone(),
            attempt,
            cancel: request.cancel.clone(),
        };
        all.push(asked.clone());
        asked
    }

    async fn wait_for_turn(&self) {
        let Some(requests) = self.0.hold else { return };
        let turn = {
            let mut held = self.0.held.lock().unwrap();
            let (sender, turn) = oneshot::channel();
            held.push(sender);
            if held.len() == requests {
                while let Some(sender) = held.pop() {
                    sender.send(()).expect("its request waits");
                }
            }
            turn
        };
        turn.await
            .expect("the sender is sent to before it is dropped");
    }
}

fn prompt_tokens(prompt: &Prompt) -> usize {
    prompt
        .parts
        .iter()
        .map(|part| match part {
            Part::Markup(text) | Part::Text(text) => Words.count(text),
        })
        .sum()
}

/// What a check looks for by its meaning: names, days and numbers of the articles in the tests.
const WORDS: [(&str, &str, &str); 13] = [
    ("Rostock", "로스토크", "Росток"),
    ("Baltic", "발트해", "Балтика"),
    ("Greta Holm", "그레타 홀름", "Грета Хольм"),
    ("Gotland", "고틀란드", "Готланд"),
    ("Friday", "금요일", "пятница"),
    ("9 June", "6월 9일", "9 июня"),
    ("19 June", "6월 19일", "19 июня"),
    ("last year", "지난해", "в прошлом году"),
    ("Eleven", "열한 척", "одиннадцать"),
    ("two hours", "두 시간", "два часа"),
    ("Two-Week", "2주", "двухнедельный"),
    ("not", "않", "не"),
    ("No", "아니", "нет"),
];

/// A stand-in for translation that no check objects to: every letter becomes one of the wanted
/// script, figures and punctuation stay, and [`WORDS`] mean what they mean.
pub(crate) fn translated(source: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return source.to_owned();
    }
    let mut text = String::new();
    let mut rest = source;
    while !rest.is_empty() {
        let known = WORDS.iter().find(|(word, ..)| {
            let after = rest.strip_prefix(word);
            let ends = |after: &str| !after.starts_with(|c: char| c.is_alphanumeric());
            after.is_some_and(ends) && !text.ends_with(|c: char| c.is_ascii_digit())
        });
        if let Some((word, ko, ru)) = known {
            text.push_str(if lang == Lang::Ko { ko } else { ru });
            rest = &rest[word.len()..];
            continue;
        }
        // A word, and what follows it.
        let letters = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let others = rest[letters..]
            .find(|c: char| c.is_ascii_alphabetic() || c.is_ascii_digit())
            .map_or(rest.len(), |at| letters + at);
        let end = if others > 0 {
            others
        } else {
            rest.find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len())
        };
        text.push_str(&respelt(&rest[..end], lang));
        rest = &rest[end..];
    }
    text
}

/// Every letter in another script.
fn respelt(word: &str, lang: Lang) -> String {
    if lang == Lang::Ru {
        let letter = |c| {
            alphabet_place(c)
                .and_then(|n| char::from_u32(0x430 + n))
                .unwrap_or(c)
        };
        return word.chars().map(letter).collect();
    }
    // Two letters make a syllable, as they do in real Korean, more or less.
    let mut text = String::new();
    let mut open = None;
    for c in word.chars() {
        match (alphabet_place(c), open.take()) {
            (Some(n), None) => open = Some(n),
            (Some(n), Some(first)) => text.extend(syllable(first, n)),
            (None, Some(first)) => {
                text.extend(syllable(first, 0));
                text.push(c);
            }
            (None, None) => text.push(c),
        }
    }
    text.extend(open.and_then(|first| syllable(first, 0)));
    text
}

fn alphabet_place(c: char) -> Option<u32> {
    c.is_ascii_alphabetic()
        .then(|| u32::from(c.to_ascii_lowercase()) - u32::from('a'))
}

fn syllable(first: u32, second: u32) -> Option<char> {
    char::from_u32(0xAC00 + (first * 26 + second) * 16)
}

/// A language model with a prompt for every task, whose prefixes name the task.
pub(crate) fn entry() -> Entry {
    let template = |name: &str, item: &str, stop: &str| PromptTemplate {
        prefix: format!("<{name}>\n"),
        item: item.to_owned(),
        terms: None,
        stop: vec![stop.to_owned()],
    };
    let translate = |name: &str| template(name, "English: {text}\nOther:", "\n");
    Entry {
        id: "fake".to_owned(),
        description: "for tests".to_owned(),
        tasks: vec![TaskName::Summarise, TaskName::Translate],
        source_langs: vec![Lang::En],
        target_langs: vec![Lang::En, Lang::Ko, Lang::Ru],
        architecture: Architecture::Qwen2,
        quantization: "none".to_owned(),
        context_tokens: 4096,
        memory_mib: 1,
        licence: Licence {
            name: "Apache-2.0".to_owned(),
            url: "https://example.org".to_owned(),
            commercial: Commercial::Yes,
            note: String::new(),
        },
        files: Vec::new(),
        sources: Vec::new(),
        prompts: Some(Prompts {
            translate: BTreeMap::from([(Lang::Ko, translate("ko")), (Lang::Ru, translate("ru"))]),
            summarise: Some(template(
                "summarise",
                "{text}\nSentences: {sentences}",
                "<end>",
            )),
            merge: Some(template("merge", "{text}\nSentences: {sentences}", "<end>")),
        }),
        target_prefix: BTreeMap::new(),
        decode: DecodeDefaults {
            beam: 1,
            length_penalty: 1.0,
            repetition_penalty: 1.0,
            no_repeat_ngram: 0,
            batch: 8,
            batch_on_gpu: None,
        },
    }
}

/// A plan in which one model does everything.
pub(crate) fn plan() -> Plan {
    let entry = Arc::new(entry());
    Plan {
        summarise: Some(entry.clone()),
        translate: BTreeMap::from([(Lang::Ko, entry.clone()), (Lang::Ru, entry)]),
        embed: None,
    }
}

/// The same, with a model that compares sentences.
pub(crate) fn comparing_plan() -> Plan {
    let mut entry = entry();
    "comparing".clone_into(&mut entry.id);
    entry.architecture = Architecture::Bert;
    entry.tasks = vec![TaskName::Embed];
    entry.prompts = None;
    Plan {
        embed: Some(Arc::new(entry)),
        ..plan()
    }
}

/// A plan with one model that reads a source and writes a target, searching `beam` ways at once.
pub(crate) fn seq2seq_plan(beam: usize) -> Plan {
    let mut entry = entry();
    entry.architecture = Architecture::Marian;
    entry.tasks = vec![TaskName::Translate];
    entry.prompts = None;
    entry.target_prefix =
        BTreeMap::from([Lang::Ko, Lang::Ru].map(|lang| (lang, format!("<{}>", lang.tag()))));
    entry.decode.beam = beam;
    let entry = Arc::new(entry);
    Plan {
        translate: BTreeMap::from([(Lang::Ko, entry.clone()), (Lang::Ru, entry)]),
        ..plan()
    }
}
