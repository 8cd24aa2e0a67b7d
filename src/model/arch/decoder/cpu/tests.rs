//! Against candle-transformers on the same tiny weights, and against itself: alone and in a batch,
//! whole and in pieces, from the start and later.

use std::collections::VecDeque;

use candle_core::quantized::GgmlDType;

use super::*;
use crate::model::arch::decoder::config::Activation;
use crate::model::arch::decoder::tests::tiny_gguf::{FAMILIES, Family};
use crate::model::arch::decoder::tests::{
    Tiny, difference, generate, load, reference, request, some_ids, tiny,
};
use crate::model::arch::decoder::{DecoderModel, Network};
use crate::model::{Generated, Model, Pass, Request, Room, Strategy, Ticket};

pub(super) fn cpu(tiny: &mut Tiny) -> &mut Cpu {
    match &mut tiny.model.network {
        Network::Cpu(cpu) => cpu,
        Network::Reference(_) => panic!("the reference was not asked for"),
    }
}

/// Logits after the last of the tokens, which come after `prefix` and in so many passes.
fn logits(cpu: &mut Cpu, prefix: Option<&Kv>, ids: &[u32], passes: usize) -> Vec<f32> {
    let mut kv = Kv::new(&cpu.net.config);
    let mut logits = Vec::new();
    for ids in ids.chunks(ids.len().div_ceil(passes)) {
        let span = Span {
            kv: &mut kv,
            prefix,
            ids,
            wanted: 1,
        };
        logits = cpu
            .net
            .forward(&mut [span], &mut cpu.scratch)
            .next()
            .unwrap()
            .to_vec();
    }
    logits
}

/// Where weights are not rounded, nor is what they are multiplied with: then nothing but the order
/// of sums, and keys and values of half precision, sets the passes apart.
#[test]
fn logits_agree_with_candle_transformers() {
    for family in FAMILIES {
        let mut tiny = load(family, GgmlDType::F32, false);
        let mut ids = some_ids();
        if family == Family::Gemma3 {
            // As in the test of the pass on tensors.
            cpu(&mut tiny).net.config.activation = Activation::Silu;
            ids.truncate(20);
        }
        let ours = logits(cpu(&mut tiny), None, &ids, 1);
        let theirs = reference(family, &tiny.path, &ids);
        let off = difference(&ours, &theirs);
        assert!(off < 5e-3, "{family:?} is off by {off}");
        assert!(
            ours.iter().any(|logit| logit.abs() > 0.1),
            "{family:?} says nothing"
        );
    }
}

#[test]
fn weights_of_every_kind_give_nearly_the_same_logits() {
    let ids = some_ids();
    let square = |x: &f32| f64::from(*x).powi(2);
    for family in FAMILIES {
        let exact = logits(cpu(&mut load(family, GgmlDType::F32, false)), None, &ids, 1);
        let size: f64 = exact.iter().map(square).sum();
        // Q5_0 has no product of its own and is converted.
        for (matrices, most) in [
            (GgmlDType::F16, 0.01),
            (GgmlDType::Q8_0, 0.1),
            (GgmlDType::Q5_0, 0.35),
        ] {
            let rounded = logits(cpu(&mut load(family, matrices, false)), None, &ids, 1);
            let off: f64 = exact
                .iter()
                .zip(&rounded)
                .map(|(a, b)| square(&(a - b)))
                .sum();
            let off = (off / size).sqrt();
            assert!(off < most, "{family:?} {matrices:?} is off by {off}");
        }
    }
}

#[test]
fn a_prompt_in_pieces_gives_the_same_bits() {
    for family in FAMILIES {
        let mut tiny = tiny(family);
        let cpu = cpu(&mut tiny);
        let ids: Vec<u32> = (0..150).map(|i| (i * 37 + 11) % 250).collect();
        let whole = logits(cpu, None, &ids, 1);
        for passes in [2, 7, 150] {
            assert_eq!(
                logits(cpu, None, &ids, passes),
                whole,
                "{family:?} {passes}"
            );
        }
    }
}

#[test]
fn a_shared_beginning_gives_the_logits_of_the_whole() {
    for family in FAMILIES {
        let mut tiny = load(family, GgmlDType::F32, false);
        let cpu = cpu(&mut tiny);
        let ids = some_ids();
        let (head, tail) = ids.split_at(29);
        let mut prefix = Kv::new(&cpu.net.config);
        let span = Span {
            kv: &mut prefix,
            prefix: None,
            ids: head,
            wanted: 0,
        };
        assert_eq!(cpu.net.forward(&mut [span], &mut cpu.scratch).len(), 0);
        let shared = logits(cpu, Some(&prefix), tail, 2);
        let off = difference(&shared, &logits(cpu, None, &ids, 1));
        assert!(off < 1e-3, "{family:?} is off by {off}");
    }
}

/// Gives one request at a time, each after `step` more questions.
struct Drip {
    waiting: VecDeque<Request>,
    step: usize,
    asked: usize,
    next: usize,
    answers: Vec<(Ticket, Generated)>,
    /// Tokens of all passes.
    tokens: usize,
}

impl Drip {
    fn new(requests: &[Request], step: usize) -> Self {
        Self {
            waiting: requests.to_vec().into(),
            step,
            asked: 0,
            next: 0,
            answers: Vec::new(),
            tokens: 0,
        }
    }

    fn texts(mut self) -> Vec<Generated> {
        self.answers.sort_by_key(|(ticket, _)| *ticket);
        self.answers.into_iter().map(|(_, text)| text).collect()
    }
}

impl Feed for Drip {
    fn more(&mut self, room: Room) -> Vec<(Ticket, Request)> {
        self.asked += 1;
        let due = room.idle || self.asked.is_multiple_of(self.step);
        let request = if due { self.waiting.pop_front() } else { None };
        let ticket = Ticket(self.next);
        self.next += usize::from(request.is_some());
        request
            .map(|request| (ticket, request))
            .into_iter()
            .collect()
    }

    fn done(&mut self, ticket: Ticket, result: std::result::Result<Generated, ModelError>) {
        self.answers.push((ticket, result.unwrap()));
    }

    fn passed(&mut self, pass: Pass) {
        self.tokens += pass.tokens;
    }
}

/// Texts of several lengths and beginnings.
fn requests() -> Vec<Request> {
    [
        ("Say: ", "the rain", 19),
        ("Say: ", "in the north of the island, on Monday", 24),
        ("Tell me: ", "a", 30),
        ("", "other things entirely; the end", 17),
        ("Say: ", "more", 1),
        ("Tell me: ", "the man on the other side", 25),
        ("Say: ", "the rain again", 22),
    ]
    .into_iter()
    .map(|(prefix, text, most)| request(prefix, text, most))
    .collect()
}

fn alone(model: &mut DecoderModel, requests: &[Request]) -> Vec<Generated> {
    requests
        .iter()
        .flat_map(|request| generate(model, std::slice::from_ref(request)))
        .map(std::result::Result::unwrap)
        .collect()
}

#[test]
fn a_text_that_joins_later_is_the_same_as_alone() {
    for family in FAMILIES {
        let mut tiny = tiny(family);
        let requests = requests();
        let alone = alone(&mut tiny.model, &requests);
        for step in [1, 3, 8] {
            let mut feed = Drip::new(&requests, step);
            tiny.model.generate(&mut feed);
            assert_eq!(feed.texts(), alone, "{family:?} {step}");
        }
    }
}

/// Written again with other settings, a text is what it would be alone, and its prompt is not read again.
#[test]
fn a_text_that_is_written_again_reads_its_prompt_once() {
    for family in FAMILIES {
        let again: Vec<Request> = requests()
            .into_iter()
            .map(|mut request| {
                request.again = true;
                request.decode.repetition_penalty = 1.3;
                request.decode.strategy = Strategy::Sample {
                    temperature: 0.9,
                    top_p: 0.95,
                    seed: 3,
                };
                request
            })
            .collect();
        // Nothing was written before, so there is nothing to go on from.
        let mut fresh = tiny(family);
        let mut feed = Drip::new(&again, 1);
        fresh.model.generate(&mut feed);
        let (tokens, alone) = (feed.tokens, feed.texts());
        let mut model = tiny(family).model;
        generate(&mut model, &requests());
        let mut feed = Drip::new(&again, 1);
        model.generate(&mut feed);
        let prompts: usize = alone.iter().map(|text| text.prompt_tokens).sum();
        let last = again.len();
        assert!(
            feed.tokens <= tokens - prompts + last,
            "{family:?} computed {} of {tokens}",
            feed.tokens
        );
        assert_eq!(feed.texts(), alone, "{family:?}");
    }
}

#[test]
fn texts_with_other_beginnings_share_a_batch() {
    let mut tiny = tiny(Family::Gemma3);
    let requests = requests();
    let alone = alone(&mut tiny.model, &requests);
    let together: Vec<Generated> = generate(&mut tiny.model, &requests)
        .into_iter()
        .map(std::result::Result::unwrap)
        .collect();
    assert_eq!(together, alone);
}

#[test]
fn guesses_change_nothing_in_what_is_written() {
    for family in FAMILIES {
        let mut tiny = tiny(family);
        let requests: Vec<Request> = ["the rain the rain the", "on and on and on", "a"]
            .into_iter()
            .zip([(1.0, 0), (1.3, 0), (1.0, 3)])
            .map(|(text, (penalty, ngram))| {
                let mut request = request("Say: ", text, 60);
                request.decode.repetition_penalty = penalty;
                request.decode.no_repeat_ngram = ngram;
                request
            })
            .collect();
        let with = alone(&mut tiny.model, &requests);
        let together = generate(&mut tiny.model, &requests[..2]);
        cpu(&mut tiny).guesses = false;
        assert_eq!(alone(&mut tiny.model, &requests), with, "{family:?}");
        for (text, with) in together.into_iter().zip(with) {
            assert_eq!(text.unwrap(), with, "{family:?}");
        }
    }
}
