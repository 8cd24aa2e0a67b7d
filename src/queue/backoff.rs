//! How long to wait before trying again: longer each time up to a limit, never twice the same.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// A growing pause. The n-th is drawn evenly from the upper half of `min` × 2ⁿ, capped at `max`,
/// so that workers which failed together do not come back together.
#[derive(Debug, Clone)]
pub struct Backoff {
    min: Duration,
    max: Duration,
    step: u32,
}

impl Backoff {
    /// Pauses from about `min` to `max`.
    pub fn new(min: Duration, max: Duration) -> Self {
        Self {
            min,
            max: max.max(min),
            step: 0,
        }
    }

    /// The longest pause.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The next pause.
    pub fn next_delay(&mut self) -> Duration {
        let pause = self.pause(self.step);
        self.step = self.step.saturating_add(1);
        pause
    }

    /// Pause number `step`, from 0, for those who count elsewhere.
    pub fn pause(&self, step: u32) -> Duration {
        // A fresh `RandomState` is a random number without a dependency on a generator.
        jittered(
            self.ceiling(step),
            RandomState::new().build_hasher().finish(),
        )
    }

    /// Starts over with short pauses.
    pub fn reset(&mut self) {
        self.step = 0;
    }

    /// The longest that pause number `step` can be.
    pub fn ceiling(&self, step: u32) -> Duration {
        self.min
            .saturating_mul(1_u32.checked_shl(step.min(31)).unwrap_or(u32::MAX))
            .min(self.max)
    }
}

fn jittered(ceiling: Duration, random: u64) -> Duration {
    let half = ceiling / 2;
    let parts = u32::try_from(random % 1024).unwrap_or(0);
    half + half * parts / 1023
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_pause_lies_between_half_its_ceiling_and_the_ceiling(
            min in 1_u64..5_000, factor in 1_u64..100, step in 0_u32..200, random: u64,
        ) {
            let backoff = Backoff::new(Duration::from_millis(min), Duration::from_millis(min * factor));
            let ceiling = backoff.ceiling(step);
            prop_assert!(ceiling <= backoff.max());
            prop_assert!(ceiling >= Duration::from_millis(min));
            let pause = jittered(ceiling, random);
            prop_assert!(pause >= ceiling / 2 && pause <= ceiling, "{pause:?} of {ceiling:?}");
        }
    }

    #[test]
    fn ceilings_double_until_the_limit() {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
        let ceilings: Vec<u128> = (0..7)
            .map(|step| backoff.ceiling(step).as_millis())
            .collect();
        assert_eq!(ceilings, [100, 200, 400, 800, 1600, 2000, 2000]);
    }

    #[test]
    fn a_reset_starts_over_with_short_pauses() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
        for _ in 0..10 {
            backoff.next_delay();
        }
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_millis(100));
    }
}
