use super::*;

/// A language as a table: row `i` holds the probabilities of what follows token `i`, or with
/// `memory`, of what follows a history whose tokens and their places add up to `i`. Histories are
/// kept here, as a network keeps them in its cache: they go wrong where `arrange` does.
struct Table {
    next: Vec<Vec<f32>>,
    histories: Vec<Vec<u32>>,
    memory: bool,
    steps: usize,
}

const START: u32 = 0;
const EOS: u32 = 1;

impl Table {
    fn new(sentences: usize, next: Vec<Vec<f32>>) -> Self {
        Self {
            next,
            histories: vec![Vec::new(); sentences],
            memory: false,
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
        assert_eq!(rows.len() % sentences.len(), 0);
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
    Decode {
        max_new_tokens: 10,
        strategy: Strategy::Greedy,
        repetition_penalty: 1.0,
        no_repeat_ngram: 0,
        stop: Vec::new(),
    }
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

fn run(next: &[Vec<f32>], decodes: &[Decode], search: Search) -> (Vec<Written>, usize) {
    let (cancel, meter) = (CancellationToken::new(), Meter::default());
    let tasks: Vec<Task<'_>> = decodes
        .iter()
        .enumerate()
        .map(|(index, decode)| Task {
            index,
            decode,
            limit: decode.max_new_tokens,
            cancel: &cancel,
            meter: &meter,
        })
        .collect();
    let mut table = Table::new(tasks.len(), next.to_vec());
    let mut results = vec![None; tasks.len()];
    let mut finish = |index: usize, result: Result<Written, ModelError>| {
        assert!(
            results[index].replace(result.unwrap()).is_none(),
            "finished twice"
        );
    };
    match search {
        Search::Rows => row_by_row(&mut table, &tasks, &specials(), &mut finish),
        Search::Beam(width, penalty) => beam(
            &mut table,
            &tasks,
            (width, penalty),
            &specials(),
            &mut finish,
        ),
    }
    (
        results.into_iter().map(Option::unwrap).collect(),
        table.steps,
    )
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
    let (cancel, meter, decode) = (CancellationToken::new(), Meter::default(), settings());
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
            ..Table::new(2, next)
        };
        let limits = [4, 3];
        let best = limits.map(|limit| table.best_of_all(&[START], limit));
        let tasks: Vec<Task<'_>> = (0..2)
            .map(|index| Task {
                index,
                decode: &decode,
                limit: limits[index],
                cancel: &cancel,
                meter: &meter,
            })
            .collect();
        let mut scores = [0.0; 2];
        let mut finish = |index: usize, result: Result<Written, ModelError>| {
            scores[index] = result.unwrap().score.unwrap();
        };
        beam(&mut table, &tasks, (100, 0.0), &specials(), &mut finish);
        for (score, best) in scores.into_iter().zip(best) {
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
    for width in [0, 1, 3] {
        let (cancel, meter, decode) = (CancellationToken::new(), Meter::default(), settings());
        let task = Task {
            index: 0,
            decode: &decode,
            limit: 1000,
            cancel: &cancel,
            meter: &meter,
        };
        let mut steps = CancelAfter {
            table: Table::new(1, endless.clone()),
            left: 4,
            cancel: &cancel,
        };
        let mut results = Vec::new();
        let mut finish = |_: usize, result| results.push(result);
        match width {
            0 => row_by_row(&mut steps, &[task], &specials(), &mut finish),
            width => beam(&mut steps, &[task], (width, 1.0), &specials(), &mut finish),
        }
        assert!(matches!(results.as_slice(), [Err(ModelError::Cancelled)]));
        assert_eq!(meter.tokens(), 4);
    }
}
