//! Counters of all workers as one: what they have grown by since the first look, and over a window.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::scrape::{Labels, Metrics, is_counter};

/// Sums of what counters grew by. Only numbers are kept of the past, for there may be a thousand
/// series.
#[derive(Debug, Default)]
pub(super) struct Odometer {
    places: BTreeMap<(String, Labels), usize>,
    sums: Vec<f64>,
    /// The sums at earlier looks, oldest first; series that came later are missing at the end.
    past: VecDeque<(Duration, Vec<f64>)>,
}

impl Odometer {
    /// Adds what a worker's counters grew by.
    pub(super) fn add(&mut self, growth: &Metrics) {
        for (name, labels, value) in growth.iter() {
            let next = self.sums.len();
            let place = *self
                .places
                .entry((name.to_owned(), labels.clone()))
                .or_insert(next);
            match self.sums.get_mut(place) {
                Some(sum) => *sum += value,
                None => self.sums.push(value),
            }
        }
    }

    /// Ends a look at the time `now`, and forgets what no window of this length needs.
    pub(super) fn tick(&mut self, now: Duration, window: Duration) {
        self.past.push_back((now, self.sums.clone()));
        forget(&mut self.past, now.saturating_sub(window));
    }

    /// What counters grew by over a window, from the look before it began, and how long ago that
    /// was; `None` before the second look.
    pub(super) fn over(&self, window: Duration) -> Option<(Duration, Metrics)> {
        let (now, _) = self.past.back()?;
        let begin = now.saturating_sub(window);
        let before = self.past.iter().rev().find(|(at, _)| *at <= begin);
        let (at, then) = before.or(self.past.front())?;
        let span = now.saturating_sub(*at);
        if span.is_zero() {
            return None;
        }
        Some((span, self.since(then)))
    }

    fn since(&self, then: &[f64]) -> Metrics {
        let mut growth = Metrics::default();
        for ((name, labels), place) in &self.places {
            let before = then.get(*place).copied().unwrap_or(0.0);
            let sum = self.sums.get(*place).copied().unwrap_or(0.0);
            growth.set(name, labels.clone(), sum - before);
        }
        growth
    }
}

/// Drops what is older than the last look at or before `begin`.
pub(super) fn forget<T>(past: &mut VecDeque<(Duration, T)>, begin: Duration) {
    while past.get(1).is_some_and(|(at, _)| *at <= begin) {
        past.pop_front();
    }
}

/// What a worker's counters grew by from one look to the next. A worker that was started again
/// counts from 0, and so does a series that was not there before.
pub(super) fn growth(before: &Metrics, now: &Metrics) -> Metrics {
    const STARTED: &str = "process_start_time_seconds";
    let restarted = match (before.first(STARTED), now.first(STARTED)) {
        (Some(before), Some(now)) => (before - now).abs() > 1.0,
        _ => false,
    };
    let mut growth = Metrics::default();
    for (name, labels, value) in now.iter() {
        if !name.starts_with("presslate_") || !is_counter(name) || !value.is_finite() {
            continue;
        }
        let before = before
            .value(name, labels)
            .filter(|before| !restarted && *before <= value)
            .unwrap_or(0.0);
        growth.set(name, labels.clone(), value - before);
    }
    growth
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "whole numbers are exact")]

    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn metrics(text: &str) -> Metrics {
        Metrics::parse(text).unwrap()
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn jobs(metrics: &Metrics) -> f64 {
        metrics.sum("presslate_jobs_total", |_| true)
    }

    #[test]
    fn growth_is_the_difference_of_counters_and_of_nothing_else() {
        let grown = growth(
            &metrics("presslate_jobs_total 3\npresslate_slots 2\nother_total 1"),
            &metrics("presslate_jobs_total 5\npresslate_slots 4\nother_total 9"),
        );
        assert_eq!(grown, metrics("presslate_jobs_total 2"));
    }

    #[test]
    fn a_counter_that_fell_was_started_again_and_counts_from_0() {
        let before = metrics("presslate_jobs_total 30");
        assert_eq!(
            jobs(&growth(&before, &metrics("presslate_jobs_total 4"))),
            4.0
        );
    }

    #[test]
    fn a_worker_that_started_again_counts_from_0_also_where_it_has_come_further_since() {
        let before = metrics("presslate_jobs_total 3\nprocess_start_time_seconds 100");
        let now = metrics("presslate_jobs_total 5\nprocess_start_time_seconds 200");
        assert_eq!(jobs(&growth(&before, &now)), 5.0);
    }

    #[test]
    fn a_series_that_was_not_there_counts_whole() {
        let now = metrics("presslate_jobs_total{outcome=\"failed\"} 2\npresslate_slots 1");
        assert_eq!(jobs(&growth(&metrics("presslate_slots 1"), &now)), 2.0);
    }

    #[test]
    fn the_window_moves_on_and_begins_with_the_look_before_it() {
        let mut odometer = Odometer::default();
        odometer.tick(at(0), WINDOW);
        assert!(odometer.over(WINDOW).is_none());
        let mut seen = Vec::new();
        for second in [4, 8, 12, 16] {
            odometer.add(&metrics("presslate_jobs_total 1"));
            odometer.tick(at(second), WINDOW);
            let (span, grown) = odometer.over(WINDOW).unwrap();
            seen.push((span.as_secs(), jobs(&grown)));
        }
        assert_eq!(seen, [(4, 1.0), (8, 2.0), (12, 3.0), (12, 3.0)]);
        let (span, grown) = odometer.over(at(4)).unwrap();
        assert_eq!((span.as_secs(), jobs(&grown)), (4, 1.0));
        let (span, grown) = odometer.over(at(5)).unwrap();
        assert_eq!((span.as_secs(), jobs(&grown)), (8, 2.0));
    }

    #[test]
    fn workers_are_added_up() {
        let mut odometer = Odometer::default();
        odometer.tick(at(0), WINDOW);
        for _ in 0..3 {
            odometer.add(&metrics("presslate_jobs_total 2"));
        }
        odometer.tick(at(1), WINDOW);
        assert_eq!(jobs(&odometer.over(WINDOW).unwrap().1), 6.0);
    }
}
