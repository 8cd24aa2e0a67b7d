use std::collections::VecDeque;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::model::{Decode, Meter, Prompt, Strategy};

/// A language as a table: row `i` holds the probabilities of what follows token `i`, or with
/// `memory`, of what follows a history whose tokens and their places add up to `i`. Histories are
/// kept here, as a network keeps them in its cache: they go wrong where `arrange` does.
struct Table {
    next: Vec<Vec<f32>>,
    histories: Vec<Vec<u32>>,
    memory: bool,
    /// Whether texts may enter while others are being written.
    open: bool,
    steps: usize,
}

const START: u32 = 0;
const EOS: u32 = 1;

impl Table {
    fn new(next: Vec<Vec<f32>>) -> Self {
        Self {
            next,
            histories: Vec::new(),
            memory: false,
            open: false,
            steps: 0,
        }
    }

    fn row(&self, history: &[u32]) -> &[f32] {
        let last = *history.last().unwrap() as usize;
        let all: usize = history
            .iter()
            .enumerate()
            .map(|(at, token)| (at + 1) * *token as usize)
            .sum();
        &self.next[if self.memory {
            all % self.next.len()
        } else {
            last
        }]
    }

    /// The best sum of log-probabilities of all texts of at most `limit` tokens: those that end,
    /// and those that are cut off.
    fn best_of_all(&self, history: &[u32], limit: usize) -> f32 {
        if history.len() > limit {
            return 0.0;
        }
        let row = self.row(history);
        let go_on = (2u32..).zip(&row[2..]).map(|(token, p)| {
            let longer: Vec<u32> = history.iter().copied().chain([token]).collect();
            p.ln() + self.best_of_all(&longer, limit)
        });
        go_on.fold(row[EOS as usize].ln(), f32::max)
    }
}

impl Steps for Table {
    fn admit(&mut self, sources: &[&[u32]]) -> candle_core::Result<()> {
        assert!(self.open || self.histories.is_empty());
        self.histories
            .resize(self.histories.len() + sources.len(), Vec::new());
        Ok(())
    }

    fn is_open(&self) -> bool {
        self.open
    }

    fn step(&mut self, tokens: &[u32]) -> candle_core::Result<Logits> {
        assert_eq!(tokens.len(), self.histories.len());
        self.steps += 1;
        let mut values = Vec::new();
        for (history, token) in self.histories.iter_mut().zip(tokens) {
            history.push(*token);
        }
        for history in &self.histories {
            values.extend(self.row(history).iter().map(|p| p.ln()));
        }
        Ok(Logits {
            values,
            vocab: self.next.len(),
        })
    }

    fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> candle_core::Result<()> {
        assert!(self.open || sentences.is_empty() || rows.len().is_multiple_of(sentences.len()));
        self.histories = rows
            .iter()
            .map(|row| self.histories[*row as usize].clone())
            .collect();
        Ok(())
    }
}

/// Greedy goes 2, 3, end (0.6 · 0.4 · 0.5 = 0.12); the best is 4, end (0.4 · 0.9 = 0.36).
fn garden_path() -> Vec<Vec<f32>> {
    vec![
        vec![0.0, 0.0, 0.6, 0.0, 0.4],
        vec![0.0, 1.0, 0.0, 0.0, 0.0],
        vec![0.0, 0.3, 0.0, 0.4, 0.3],
        vec![0.0, 0.5, 0.2, 0.2, 0.1],
        vec![0.0, 0.9, 0.0, 0.1, 0.0],
    ]
}

fn settings() -> Decode {
    Decode::plain(Strategy::Greedy, 10)
}

fn specials() -> Specials {
    Specials {
        start: START,
        eos: EOS,
        banned: vec![START],
    }
}

#[derive(Clone, Copy)]
enum Search {
    Rows,
    Beam(usize, f32),
}

impl Search {
    fn on(self, decode: &Decode) -> Decode {
        let mut decode = decode.clone();
        if let Self::Beam(width, length_penalty) = self {
            decode.strategy = Strategy::Beam {
                width,
                length_penalty,
            };
        }
        decode
    }
}

/// Gives tasks for so many places, and keeps what is finished.
struct Tray {
    waiting: VecDeque<Task>,
    places: usize,
    results: Vec<Option<Result<Written, ModelError>>>,
}

impl Tray {
    fn new(
        decodes: impl IntoIterator<Item = Decode>,
        cancel: &CancellationToken,
        meter: &Meter,
    ) -> Self {
        let task = |(index, decode): (usize, Decode)| Task {
            ticket: Ticket(index),
            limit: decode.max_new_tokens,
            source: vec![EOS],
            request: Request {
                prompt: Prompt::default(),
                decode,
                ahead: false,
                again: false,
                cancel: cancel.clone(),
                meter: meter.clone(),
            },
        };
        let waiting: VecDeque<Task> = decodes.into_iter().enumerate().map(task).collect();
        Self {
            results: waiting.iter().map(|_| None).collect(),
            places: waiting.len(),
            waiting,
        }
    }

    fn written(self) -> Vec<Written> {
        let results = self.results.into_iter();
        results.map(|result| result.unwrap().unwrap()).collect()
    }
}

impl Desk for Tray {
    fn more(&mut self, running: usize) -> Vec<Task> {
        let count = (self.places - running).min(self.waiting.len());
        self.waiting.drain(..count).collect()
    }

    fn finish(&mut self, task: Task, result: Result<Written, ModelError>) {
        let place = &mut self.results[task.ticket.0];
        assert!(place.replace(result).is_none(), "finished twice");
    }
}

fn tray(decodes: &[Decode], search: Search) -> Tray {
    let decodes = decodes.iter().map(|decode| search.on(decode));
    Tray::new(decodes, &CancellationToken::new(), &Meter::default())
}

fn run(next: &[Vec<f32>], decodes: &[Decode], search: Search) -> (Vec<Written>, usize) {
    let mut table = Table::new(next.to_vec());
    let mut tray = tray(decodes, search);
    write(&mut table, &specials(), &mut tray).unwrap();
    (tray.written(), table.steps)
}

fn tokens(written: &[Written]) -> Vec<&[u32]> {
    written
        .iter()
        .map(|written| written.tokens.as_slice())
        .collect()
}

#[test]
fn greedy_takes_the_garden_path_and_a_beam_does_not() {
    let one = [settings()];
    assert_eq!(tokens(&run(&garden_path(), &one, Search::Rows).0), [[2, 3]]);
    let (narrow, _) = run(&garden_path(), &one, Search::Beam(1, 0.0));
    assert_eq!(tokens(&narrow), [[2, 3]]);
    let (wide, _) = run(&garden_path(), &one, Search::Beam(2, 0.0));
    assert_eq!(tokens(&wide), [[4]]);
    assert!((wide[0].score.unwrap() - 0.36f32.ln()).abs() < 1e-5);
    assert!((narrow[0].score.unwrap() - 0.12f32.ln()).abs() < 1e-5);
    assert_eq!(wide[0].stop, Stop::EndOfText);
}

#[test]
fn a_length_penalty_divides_by_the_length_with_the_end_token() {
    let (wide, _) = run(&garden_path(), &[settings()], Search::Beam(3, 1.0));
    let score = wide[0].score.unwrap();
    assert!((score - 0.36f32.ln() / 2.0).abs() < 1e-5, "{wide:?}");
}

#[test]
fn texts_end_at_their_own_limits_and_leave_the_batch() {
    let mut next = garden_path();
    next[2] = vec![0.0, 0.0, 1.0, 0.0, 0.0];
    for search in [Search::Rows, Search::Beam(1, 1.0)] {
        let decodes = [3, 0, 5, 1].map(|limit| Decode {
            max_new_tokens: limit,
            ..settings()
        });
        let (written, steps) = run(&next, &decodes, search);
        assert_eq!(
            tokens(&written),
            [&[2, 2, 2][..], &[], &[2, 2, 2, 2, 2], &[2]]
        );
        assert!(
            written
                .iter()
                .all(|written| written.stop == Stop::TokenLimit)
        );
        assert_eq!(steps, 5);
    }
}

#[test]
fn a_text_does_not_depend_on_its_neighbours() {
    let mut decodes = vec![
        settings(),
        Decode {
            no_repeat_ngram: 1,
            ..settings()
        },
    ];
    decodes.push(Decode {
        repetition_penalty: 9.0,
        max_new_tokens: 4,
        ..settings()
    });
    let sample = Strategy::Sample {
        temperature: 1.5,
        top_p: 0.95,
        seed: 11,
    };
    decodes.push(Decode {
        strategy: sample,
        ..settings()
    });
    let mut next = garden_path();
    next[3] = vec![0.0, 0.1, 0.3, 0.3, 0.3];
    for search in [
        Search::Rows,
        Search::Beam(1, 1.0),
        Search::Beam(2, 1.0),
        Search::Beam(4, 0.6),
    ] {
        let (together, _) = run(&next, &decodes, search);
        let alone: Vec<Written> = decodes
            .iter()
            .flat_map(|one| run(&next, std::slice::from_ref(one), search).0)
            .collect();
        assert_eq!(together, alone);
    }
}

#[test]
fn a_beam_wider_than_the_vocabulary_still_ends() {
    let (written, _) = run(
        &garden_path(),
        &[settings(), settings()],
        Search::Beam(16, 1.0),
    );
    assert_eq!(written[0], written[1]);
    assert_eq!(written[0].tokens, [4]);
}

#[test]
fn a_beam_wide_enough_finds_the_best_of_all_texts() {
    for shift in 0..5u16 {
        let cell = |i: u16, j: u16| {
            if j == 0 {
                0.0
            } else {
                f32::from(1 + (i * 7 + j * 3 + i * j + shift * j * j) % 11)
            }
        };
        let rows = (0..5).map(|i| (0..5).map(|j| cell(i, j)).collect::<Vec<f32>>());
        let next = rows
            .map(|row| row.iter().map(|p| p / row.iter().sum::<f32>()).collect())
            .collect();
        let mut table = Table {
            memory: true,
            ..Table::new(next)
        };
        let limits = [4, 3];
        let best = limits.map(|limit| table.best_of_all(&[START], limit));
        let decodes = limits.map(|limit| Decode {
            max_new_tokens: limit,
            ..settings()
        });
        let mut tray = tray(&decodes, Search::Beam(100, 0.0));
        write(&mut table, &specials(), &mut tray).unwrap();
        let scores: Vec<f32> = tray
            .written()
            .iter()
            .map(|written| written.score.unwrap())
            .collect();
        for (score, best) in scores.iter().zip(best) {
            assert!((score - best).abs() < 1e-4, "{scores:?} and {best}");
        }
    }
}

#[test]
fn equal_seeds_write_equal_texts_and_others_differ() {
    let with_seed = |seed| Decode {
        strategy: Strategy::Sample {
            temperature: 3.0,
            top_p: 1.0,
            seed,
        },
        max_new_tokens: 10,
        ..settings()
    };
    let seeds: Vec<Decode> = (0..20).map(with_seed).collect();
    let (first, _) = run(&garden_path(), &seeds, Search::Rows);
    let (again, _) = run(&garden_path(), &seeds, Search::Rows);
    assert_eq!(first, again);
    assert!(first.iter().any(|written| *written != first[0]));
}

/// Fires a token after so many steps.
struct CancelAfter<'a> {
    table: Table,
    left: usize,
    cancel: &'a CancellationToken,
}

impl Steps for CancelAfter<'_> {
    fn admit(&mut self, sources: &[&[u32]]) -> candle_core::Result<()> {
        self.table.admit(sources)
    }

    fn step(&mut self, tokens: &[u32]) -> candle_core::Result<Logits> {
        assert!(self.left > 0, "a step after the cancellation");
        self.left -= 1;
        if self.left == 0 {
            self.cancel.cancel();
        }
        self.table.step(tokens)
    }

    fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> candle_core::Result<()> {
        self.table.arrange(sentences, rows)
    }
}

#[test]
fn a_cancelled_text_ends_before_the_next_step() {
    let endless = vec![vec![0.0, 0.0, 1.0]; 3];
    for search in [Search::Rows, Search::Beam(1, 1.0), Search::Beam(3, 1.0)] {
        let (cancel, meter) = (CancellationToken::new(), Meter::default());
        let decode = Decode {
            max_new_tokens: 1000,
            ..search.on(&settings())
        };
        let mut tray = Tray::new([decode], &cancel, &meter);
        let mut steps = CancelAfter {
            table: Table::new(endless.clone()),
            left: 4,
            cancel: &cancel,
        };
        write(&mut steps, &specials(), &mut tray).unwrap();
        assert!(matches!(
            tray.results.as_slice(),
            [Some(Err(ModelError::Cancelled))]
        ));
        assert_eq!(meter.tokens(), 4);
    }
}

#[test]
fn texts_of_all_kinds_take_turns_in_an_open_batch_and_come_out_as_they_would_alone() {
    let mut next = garden_path();
    next[3] = vec![0.0, 0.1, 0.3, 0.3, 0.3];
    let sample = |seed| Strategy::Sample {
        temperature: 2.0,
        top_p: 1.0,
        seed,
    };
    let beam = |width| Strategy::Beam {
        width,
        length_penalty: 0.6,
    };
    let strategies = [
        sample(1),
        beam(3),
        Strategy::Greedy,
        beam(1),
        sample(2),
        beam(2),
    ];
    let decodes: Vec<Decode> = strategies
        .iter()
        .cycle()
        .zip(0..20)
        .map(|(strategy, index)| Decode {
            strategy: *strategy,
            max_new_tokens: index % 7,
            ..settings()
        })
        .collect();
    let alone: Vec<Written> = decodes
        .iter()
        .flat_map(|one| run(&next, std::slice::from_ref(one), Search::Rows).0)
        .collect();
    for places in [1, 3, 20] {
        let mut table = Table {
            open: true,
            ..Table::new(next.clone())
        };
        let mut tray = tray(&decodes, Search::Rows);
        tray.places = places;
        write(&mut table, &specials(), &mut tray).unwrap();
        assert_eq!(tray.written(), alone, "{places} places");
    }
}

#[test]
fn a_batch_that_fails_hands_its_tasks_back() {
    struct Broken;
    impl Steps for Broken {
        fn admit(&mut self, _: &[&[u32]]) -> candle_core::Result<()> {
            Ok(())
        }

        fn step(&mut self, _: &[u32]) -> candle_core::Result<Logits> {
            Err(candle_core::Error::msg("broken"))
        }

        fn arrange(&mut self, _: &[u32], _: &[u32]) -> candle_core::Result<()> {
            Ok(())
        }
    }
    let mut tray = tray(&[settings(), settings()], Search::Rows);
    let interrupted = write(&mut Broken, &specials(), &mut tray).unwrap_err();
    let tickets: Vec<usize> = interrupted.tasks.iter().map(|task| task.ticket.0).collect();
    assert_eq!(tickets, [0, 1]);
    assert!(tray.results.iter().all(Option::is_none));
}
