//! How long articles take, and what a worker gains by having several in work.

use super::number;
use super::random::SplitMix;
use super::scenario::Impossible;

/// How long an article takes that a worker has alone, in seconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Articles {
    /// Around a mean, as lengths of texts are.
    Around {
        /// In seconds.
        mean: f64,
        /// Standard deviation as a share of the mean; with 0 all are the same.
        spread: f64,
    },
    /// One of these, each as likely as the others: what was measured.
    Measured(Vec<f64>),
}

impl Articles {
    /// The mean, in seconds.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Around { mean, .. } => *mean,
            Self::Measured(seconds) => seconds.iter().sum::<f64>() / number(seconds.len()),
        }
    }

    /// The next one, in seconds.
    pub(super) fn draw(&self, random: &mut SplitMix) -> f64 {
        match self {
            Self::Around { mean, spread } => random.log_normal(*mean, *spread),
            Self::Measured(seconds) => {
                let chosen = random.below(seconds.len());
                seconds.get(chosen).copied().unwrap_or_default()
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), Impossible> {
        let good = |seconds: f64| seconds.is_finite() && seconds > 0.0;
        match self {
            Self::Around { mean, spread } => {
                if !good(*mean) {
                    return Err(Impossible::Seconds(*mean));
                }
                if !(0.0..=Self::WIDEST).contains(spread) {
                    return Err(Impossible::Spread(*spread));
                }
            }
            Self::Measured(seconds) => {
                if seconds.is_empty() {
                    return Err(Impossible::NoArticles);
                }
                if let Some(wrong) = seconds.iter().find(|seconds| !good(**seconds)) {
                    return Err(Impossible::Seconds(*wrong));
                }
            }
        }
        Ok(())
    }

    /// The largest spread. Beyond it the mean of what is drawn hangs on a few giants.
    pub const WIDEST: f64 = 3.0;
}

/// How many articles a worker finishes, by how many it has in work. They share one engine, which has
/// fuller batches when there are more of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Jobs in work and articles a time, whatever the time; the first is of one job.
    points: Vec<(usize, f64)>,
}

impl Default for Curve {
    /// No more with several than with one.
    fn default() -> Self {
        Self {
            points: vec![(1, 1.0)],
        }
    }
}

impl Curve {
    /// From what was measured: jobs in work, and articles a minute (or a second) with them.
    ///
    /// # Errors
    /// Without a first point of one job, with a number of jobs twice, or with a rate that is none.
    pub fn new(mut points: Vec<(usize, f64)>) -> Result<Self, Impossible> {
        points.sort_by_key(|(jobs, _)| *jobs);
        if points.first().is_none_or(|(jobs, _)| *jobs != 1) {
            return Err(Impossible::NoSingle);
        }
        let twice = points
            .iter()
            .zip(points.iter().skip(1))
            .find(|((jobs, _), (next, _))| jobs == next);
        if let Some(((jobs, _), _)) = twice {
            return Err(Impossible::Twice(*jobs));
        }
        let wrong = points
            .iter()
            .find(|(_, rate)| !rate.is_finite() || *rate <= 0.0);
        match wrong {
            Some((_, rate)) => Err(Impossible::Rate(*rate)),
            None => Ok(Self { points }),
        }
    }

    /// With one job in work, as it was given.
    pub fn single(&self) -> f64 {
        self.points.first().map_or(1.0, |(_, rate)| *rate)
    }

    /// How many times as much a worker does with `jobs` in work as with one. Between points a
    /// straight line; beyond the last as there.
    pub fn speed_up(&self, jobs: usize) -> f64 {
        let above = self.points.iter().position(|(at, _)| *at >= jobs);
        let rate = match above {
            None => self.points.last().map(|(_, rate)| *rate),
            Some(above) => {
                let (right, high) = self.points.get(above).copied().unwrap_or((1, 1.0));
                let left = above.checked_sub(1).and_then(|left| self.points.get(left));
                Some(match left {
                    Some((left, low)) if right > jobs => {
                        let part = number(jobs - left) / number(right - left);
                        low + (high - low) * part
                    }
                    _ => high,
                })
            }
        };
        rate.unwrap_or(1.0) / self.single()
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_through_its_points_and_stays_flat_beyond_them() {
        let curve = Curve::new(vec![(4, 12.0), (1, 6.0), (2, 9.0)]).unwrap();
        let speeds: Vec<f64> = [1, 2, 3, 4, 9].map(|jobs| curve.speed_up(jobs)).to_vec();
        assert_eq!(speeds, [1.0, 1.5, 1.75, 2.0, 2.0]);
        assert_eq!(Curve::default().speed_up(8), 1.0);
    }

    #[test]
    fn a_curve_that_cannot_be_meant_is_refused() {
        for (points, error) in [
            (vec![], Impossible::NoSingle),
            (vec![(2, 1.0)], Impossible::NoSingle),
            (vec![(0, 1.0), (1, 1.0)], Impossible::NoSingle),
            (vec![(1, 1.0), (2, 1.0), (2, 3.0)], Impossible::Twice(2)),
            (vec![(1, 0.0)], Impossible::Rate(0.0)),
            (vec![(1, f64::INFINITY)], Impossible::Rate(f64::INFINITY)),
        ] {
            assert_eq!(Curve::new(points).unwrap_err(), error);
        }
    }

    #[test]
    fn measured_times_are_drawn_as_they_are() {
        let articles = Articles::Measured(vec![1.0, 5.0, 9.0]);
        assert_eq!(articles.mean(), 5.0);
        let mut random = SplitMix::new(1);
        let drawn: Vec<f64> = (0..100).map(|_| articles.draw(&mut random)).collect();
        assert!(
            drawn
                .iter()
                .all(|seconds| [1.0, 5.0, 9.0].contains(seconds))
        );
        assert!(
            [1.0, 5.0, 9.0]
                .iter()
                .all(|seconds| drawn.contains(seconds))
        );
    }
}
