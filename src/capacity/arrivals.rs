//! When jobs come, and into which lane.

use super::number;
use super::random::SplitMix;
use super::scenario::Impossible;
use crate::queue::topology::Lane;

/// One job on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival {
    /// In seconds from the beginning.
    pub at: f64,
    /// Its lane; drawn where it is not known.
    pub lane: Option<Lane>,
    /// What its article takes a worker that has it alone, in seconds; drawn where it is not known.
    pub seconds: Option<f64>,
}

impl Arrival {
    /// Of which nothing else is known.
    pub fn at(at: f64) -> Self {
        Self {
            at,
            lane: None,
            seconds: None,
        }
    }
}

/// When jobs come.
#[derive(Debug, Clone, PartialEq)]
pub enum Arrivals {
    /// As they came once, in any order.
    Recorded(Vec<Arrival>),
    /// As somebody thinks that they will come.
    Expected(Expected),
}

/// A rate, and what it is at some times.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// Jobs a second, on average over the whole time and without bursts.
    pub per_second: f64,
    /// For how long they come, in seconds.
    pub seconds: f64,
    /// Whether their gaps are all the same; otherwise they come by chance, as from many who know
    /// nothing of each other.
    pub even: bool,
    /// The rate over the time, in parts of equal length, beside each other; none for a rate that
    /// stays.
    pub curve: Vec<f64>,
    /// More than usual.
    pub bursts: Vec<Burst>,
}

/// More jobs than usual, from a moment on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Burst {
    /// So many at once.
    Jobs {
        /// In seconds from the beginning.
        at: f64,
        /// How many, beside those that come anyway.
        count: usize,
    },
    /// A higher rate for a while.
    Rate {
        /// In seconds from the beginning.
        at: f64,
        /// For how long, in seconds.
        seconds: f64,
        /// How many times the rate of that moment.
        factor: f64,
    },
}

/// More would take minutes and gigabytes to simulate.
pub const MOST: usize = 20_000_000;

impl Arrivals {
    /// All of them, in order.
    pub(super) fn draw(&self, random: &mut SplitMix) -> Result<Vec<Arrival>, Impossible> {
        let mut arrivals = match self {
            Self::Recorded(arrivals) => arrivals.clone(),
            Self::Expected(expected) => expected.draw(random)?,
        };
        arrivals.sort_by(|a, b| a.at.total_cmp(&b.at));
        if arrivals.len() > MOST {
            return Err(Impossible::TooMany(number(arrivals.len())));
        }
        Ok(arrivals)
    }

    /// For how long jobs come, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        match self {
            Self::Recorded(arrivals) => arrivals.iter().map(|job| job.at).fold(0.0, f64::max),
            Self::Expected(expected) => expected.seconds,
        }
    }

    pub(super) fn check(&self) -> Result<(), Impossible> {
        match self {
            Self::Recorded(arrivals) => {
                for Arrival { at, seconds, .. } in arrivals {
                    if !at.is_finite() || *at < 0.0 {
                        return Err(Impossible::Time(*at));
                    }
                    if let Some(seconds) = seconds
                        && !(seconds.is_finite() && *seconds > 0.0)
                    {
                        return Err(Impossible::Seconds(*seconds));
                    }
                }
                Ok(())
            }
            Self::Expected(expected) => expected.check(),
        }
    }
}

/// A time in which the rate does not change.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    from: f64,
    to: f64,
    per_second: f64,
}

impl Expected {
    fn check(&self) -> Result<(), Impossible> {
        let Self {
            per_second,
            seconds,
            even: _,
            curve,
            bursts,
        } = self;
        let good = |value: f64| value.is_finite() && value >= 0.0;
        if !good(*per_second) {
            return Err(Impossible::Rate(*per_second));
        }
        if !good(*seconds) || *seconds <= 0.0 {
            return Err(Impossible::Time(*seconds));
        }
        if let Some(wrong) = curve.iter().find(|part| !good(**part)) {
            return Err(Impossible::Rate(*wrong));
        }
        if !curve.is_empty() && curve.iter().sum::<f64>() <= 0.0 {
            return Err(Impossible::Rate(0.0));
        }
        for burst in bursts {
            let (at, wrong) = match *burst {
                Burst::Jobs { at, .. } => (at, None),
                Burst::Rate {
                    at,
                    seconds,
                    factor,
                } => (
                    at,
                    [seconds, factor].into_iter().find(|value| !good(*value)),
                ),
            };
            if let Some(wrong) = wrong {
                return Err(Impossible::Rate(wrong));
            }
            if !good(at) || at >= *seconds {
                return Err(Impossible::Late {
                    at,
                    seconds: *seconds,
                });
            }
        }
        // Before they are drawn: a rate that was mistyped must not fill the memory.
        let expected = self.count();
        let most = number(MOST);
        if expected > most {
            return Err(Impossible::TooMany(expected));
        }
        Ok(())
    }

    /// How many jobs come, on average.
    pub fn count(&self) -> f64 {
        let stretches = self.stretches();
        let drawn = stretches
            .iter()
            .map(|part| (part.to - part.from) * part.per_second);
        let at_once = self.bursts.iter().map(|burst| match burst {
            Burst::Jobs { count, .. } => number(*count),
            Burst::Rate { .. } => 0.0,
        });
        drawn.sum::<f64>() + at_once.sum::<f64>()
    }

    /// The whole time, cut wherever the rate changes.
    fn stretches(&self) -> Vec<Stretch> {
        let parts = number(self.curve.len().max(1));
        let mut cuts: Vec<f64> = (0..=self.curve.len().max(1))
            .map(|part| self.seconds * number(part) / parts)
            .collect();
        for burst in &self.bursts {
            if let Burst::Rate { at, seconds, .. } = burst {
                cuts.extend([*at, (at + seconds).min(self.seconds)]);
            }
        }
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        let pairs = cuts.iter().zip(cuts.iter().skip(1));
        pairs
            .map(|(from, to)| Stretch {
                from: *from,
                to: *to,
                per_second: self.per_second_at(f64::midpoint(*from, *to)),
            })
            .collect()
    }

    fn per_second_at(&self, at: f64) -> f64 {
        let total: f64 = self.curve.iter().sum();
        let parts = number(self.curve.len());
        let within = |(part, _): &(usize, &f64)| at < self.seconds * number(part + 1) / parts;
        let share = self
            .curve
            .iter()
            .enumerate()
            .find(within)
            .map_or(1.0, |(_, share)| share * parts / total);
        let factors = self.bursts.iter().map(|burst| match burst {
            Burst::Rate {
                at: from,
                seconds,
                factor,
            } if (*from..from + seconds).contains(&at) => *factor,
            _ => 1.0,
        });
        self.per_second * share * factors.product::<f64>()
    }

    fn draw(&self, random: &mut SplitMix) -> Result<Vec<Arrival>, Impossible> {
        let mut arrivals = Vec::new();
        // In units of what is expected: a gap of 1 is that of one job, however high the rate.
        let gap = |random: &mut SplitMix| {
            if self.even {
                1.0
            } else {
                random.exponential(1.0)
            }
        };
        // Half a gap before the first, so that even ones stand in the middle of theirs.
        let mut until_next = if self.even { 0.5 } else { gap(random) };
        for stretch in self.stretches() {
            let mut from = stretch.from;
            loop {
                let left = (stretch.to - from) * stretch.per_second;
                if until_next >= left || stretch.per_second <= 0.0 {
                    until_next -= left;
                    break;
                }
                from += until_next / stretch.per_second;
                arrivals.push(Arrival::at(from));
                until_next = gap(random);
                if arrivals.len() > MOST {
                    return Err(Impossible::TooMany(number(arrivals.len())));
                }
            }
        }
        for burst in &self.bursts {
            if let Burst::Jobs { at, count } = burst {
                arrivals.extend((0..*count).map(|_| Arrival::at(*at)));
            }
        }
        Ok(arrivals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(per_second: f64) -> Expected {
        Expected {
            per_second,
            seconds: 3600.0,
            even: false,
            curve: Vec::new(),
            bursts: Vec::new(),
        }
    }

    fn times(expected: &Expected, seed: u64) -> Vec<f64> {
        let arrivals = Arrivals::Expected(expected.clone());
        arrivals.check().unwrap();
        let drawn = arrivals.draw(&mut SplitMix::new(seed)).unwrap();
        drawn.into_iter().map(|job| job.at).collect()
    }

    fn within(times: &[f64], from: f64, to: f64) -> usize {
        times.iter().filter(|at| (from..to).contains(*at)).count()
    }

    #[test]
    fn by_chance_as_many_come_as_chance_has_it_and_gaps_are_uneven() {
        let times = times(&hour(2.0), 5);
        // 7200, with a standard deviation of 85.
        assert!((6860..7540).contains(&times.len()), "{}", times.len());
        assert!(times.is_sorted() && times.iter().all(|at| (0.0..3600.0).contains(at)));
        let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let short = gaps.iter().filter(|gap| **gap < 0.5).count();
        // 1 - exp(-1) of them.
        let share = number(short) / number(gaps.len());
        assert!((share - 0.632).abs() < 0.02, "{share}");
    }

    #[test]
    fn even_ones_have_even_gaps() {
        let even = Expected {
            even: true,
            ..hour(0.01)
        };
        let times = times(&even, 1);
        assert_eq!(times.len(), 36);
        assert!((times[0] - 50.0).abs() < 1e-9, "{}", times[0]);
        assert!(
            times
                .windows(2)
                .all(|pair| (pair[1] - pair[0] - 100.0).abs() < 1e-6)
        );
    }

    #[test]
    fn a_curve_moves_jobs_and_adds_none() {
        let curved = Expected {
            curve: vec![1.0, 0.0, 3.0],
            ..hour(3.0)
        };
        assert!((curved.count() - 10_800.0).abs() < 1e-6);
        let times = times(&curved, 2);
        assert_eq!(within(&times, 1200.0, 2400.0), 0);
        let (first, last) = (within(&times, 0.0, 1200.0), within(&times, 2400.0, 3600.0));
        assert!(
            (2500..2900).contains(&first) && (7800..8400).contains(&last),
            "{first} {last}"
        );
    }

    #[test]
    fn bursts_add_jobs_at_once_or_for_a_while() {
        let bursty = Expected {
            bursts: vec![
                Burst::Jobs {
                    at: 100.0,
                    count: 500,
                },
                Burst::Rate {
                    at: 1000.0,
                    seconds: 100.0,
                    factor: 10.0,
                },
            ],
            ..hour(1.0)
        };
        assert!((bursty.count() - (3600.0 + 500.0 + 900.0)).abs() < 1e-6);
        let times = times(&bursty, 3);
        assert!(within(&times, 100.0, 100.001) >= 500);
        let burst = within(&times, 1000.0, 1100.0);
        assert!((870..1130).contains(&burst), "{burst}");
        let after = within(&times, 1100.0, 1200.0);
        assert!((60..140).contains(&after), "{after}");
    }

    #[test]
    fn a_burst_that_lasts_beyond_the_end_ends_there() {
        let late = Expected {
            bursts: vec![Burst::Rate {
                at: 3500.0,
                seconds: 1000.0,
                factor: 5.0,
            }],
            ..hour(1.0)
        };
        assert!((late.count() - 4000.0).abs() < 1e-6);
        assert!(times(&late, 1).iter().all(|at| *at < 3600.0));
    }

    #[test]
    fn recorded_times_are_put_in_order() {
        let recorded = [3.0, 1.0, 2.0].map(Arrival::at).to_vec();
        let arrivals = Arrivals::Recorded(recorded);
        let drawn = arrivals.draw(&mut SplitMix::new(1)).unwrap();
        let times: Vec<f64> = drawn.iter().map(|job| job.at).collect();
        assert_eq!(times, [1.0, 2.0, 3.0]);
        assert!((arrivals.seconds() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_before_anything_is_drawn() {
        let check = |expected: Expected| Arrivals::Expected(expected).check().unwrap_err();
        assert_eq!(check(hour(-1.0)), Impossible::Rate(-1.0));
        assert_eq!(check(hour(1e9)), Impossible::TooMany(3.6e12));
        assert_eq!(
            check(Expected {
                seconds: 0.0,
                ..hour(1.0)
            }),
            Impossible::Time(0.0)
        );
        assert_eq!(
            check(Expected {
                curve: vec![0.0, 0.0],
                ..hour(1.0)
            }),
            Impossible::Rate(0.0)
        );
        let late = vec![Burst::Jobs {
            at: 3600.0,
            count: 1,
        }];
        assert_eq!(
            check(Expected {
                bursts: late,
                ..hour(1.0)
            }),
            Impossible::Late {
                at: 3600.0,
                seconds: 3600.0
            }
        );
        let before = Arrivals::Recorded(vec![Arrival::at(-1.0)]);
        assert_eq!(before.check().unwrap_err(), Impossible::Time(-1.0));
    }
}
