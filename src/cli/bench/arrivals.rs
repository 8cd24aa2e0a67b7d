//! Times at which texts come when nobody waits for anybody: the same at every run.

use super::stats::number;
use crate::capacity::random::SplitMix;

/// `count` times in seconds from the first on, at `per_second` on average: exponential gaps, as of
/// independent senders, stretched so that the average is met exactly.
pub(super) fn arrivals(count: usize, per_second: f64) -> Vec<f64> {
    let mut random = SplitMix::new(0x5EED);
    let gaps: Vec<f64> = (1..count).map(|_| -random.uniform().ln()).collect();
    let total: f64 = gaps.iter().sum();
    let scale = if total > 0.0 {
        number(gaps.len()) / (total * per_second)
    } else {
        0.0
    };
    let mut at = 0.0;
    let rest = gaps.iter().map(|gap| {
        at += gap * scale;
        at
    });
    std::iter::once(0.0).chain(rest).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_are_the_same_every_time_and_meet_their_rate() {
        let times = arrivals(101, 4.0);
        assert_eq!(times, arrivals(101, 4.0));
        assert_eq!(times.len(), 101);
        assert!((times[100] - 25.0).abs() < 1e-9, "{}", times[100]);
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn gaps_are_uneven_as_those_of_chance_are() {
        let times = arrivals(2001, 1.0);
        let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let short = gaps.iter().filter(|gap| **gap < 0.5).count();
        // 1 - exp(-0.5) of them.
        assert!((720..860).contains(&short), "{short}");
        assert!(gaps.iter().any(|gap| *gap > 4.0));
    }

    #[test]
    fn one_text_comes_at_once_and_none_never() {
        assert_eq!(arrivals(1, 2.0), [0.0]);
        assert!(arrivals(0, 2.0).is_empty());
    }
}
