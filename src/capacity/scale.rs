//! How many workers a queue asks for.

use std::collections::VecDeque;

use super::scenario::Scale;

/// Kubernetes looks at a number this often, in seconds, and each time goes up by no more than to the
/// double, or by four.
const STEP_SECONDS: f64 = 15.0;
const STEP_WORKERS: usize = 4;

/// What was asked for lately.
#[derive(Debug, Default)]
pub(super) struct Scaler {
    /// When, and how many workers.
    asked: VecDeque<(f64, usize)>,
}

impl Scaler {
    /// How many workers there have to be, where there are `workers` and so many `jobs` wait or are in
    /// work.
    pub(super) fn ask(&mut self, scale: &Scale, now: f64, workers: usize, jobs: usize) -> usize {
        let wanted = jobs.div_ceil(scale.value).clamp(scale.min, scale.max);
        self.asked.push_back((now, wanted));
        while self
            .asked
            .front()
            .is_some_and(|(at, _)| *at < now - scale.cooldown_seconds)
        {
            self.asked.pop_front();
        }
        if wanted >= workers {
            return wanted.min(highest(workers, scale.poll_seconds));
        }
        // Down only to what nobody has asked for more than in all that time.
        let lately = self.asked.iter().map(|(_, wanted)| *wanted).max();
        lately.unwrap_or(wanted).min(workers)
    }
}

/// The most that a number of workers can become in so many seconds.
fn highest(workers: usize, seconds: f64) -> usize {
    let (mut most, mut left) = (workers, seconds);
    while left > 0.0 && most < usize::MAX / 2 {
        most = (most * 2).max(most + STEP_WORKERS);
        left -= STEP_SECONDS;
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale = Scale {
        value: 20,
        min: 0,
        max: 50,
        poll_seconds: 30.0,
        cooldown_seconds: 300.0,
    };

    #[test]
    fn a_worker_is_asked_for_each_so_many_jobs() {
        for (jobs, workers) in [(0, 0), (1, 1), (20, 1), (21, 2), (160, 8), (10_000, 50)] {
            let most = Scale {
                poll_seconds: 300.0,
                ..SCALE
            };
            assert_eq!(
                Scaler::default().ask(&most, 0.0, 0, jobs),
                workers,
                "{jobs}"
            );
        }
        let least = Scale { min: 3, ..SCALE };
        assert_eq!(Scaler::default().ask(&least, 0.0, 3, 0), 3);
    }

    #[test]
    fn their_number_goes_up_by_doubling_and_not_at_once() {
        let mut scaler = Scaler::default();
        assert_eq!(scaler.ask(&SCALE, 0.0, 0, 10_000), 8, "0, 4, 8");
        assert_eq!(scaler.ask(&SCALE, 30.0, 8, 10_000), 32);
        assert_eq!(scaler.ask(&SCALE, 60.0, 32, 10_000), 50);
    }

    #[test]
    fn it_goes_down_once_the_cooldown_is_over() {
        let mut scaler = Scaler::default();
        assert_eq!(scaler.ask(&SCALE, 0.0, 5, 100), 5);
        assert_eq!(scaler.ask(&SCALE, 30.0, 5, 60), 5);
        assert_eq!(
            scaler.ask(&SCALE, 300.0, 5, 10),
            5,
            "five were wanted 300 s ago"
        );
        assert_eq!(scaler.ask(&SCALE, 301.0, 5, 0), 3);
        assert_eq!(scaler.ask(&SCALE, 331.0, 3, 0), 1);
        assert_eq!(scaler.ask(&SCALE, 602.0, 1, 0), 0);
    }

    #[test]
    fn a_longer_time_doubles_more_often() {
        assert_eq!(highest(100, 15.0), 200);
        assert_eq!(highest(100, 30.0), 400);
        assert_eq!(highest(1, 15.0), 5);
    }
}
