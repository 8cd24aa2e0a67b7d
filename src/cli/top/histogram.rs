//! Quantiles out of buckets, and no more of them than buckets know.

/// A histogram: bounds, and how many observations are at most that large.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Histogram(Vec<(f64, f64)>);

/// What a histogram knows of the value below which a share of the observations lies: the bucket that it
/// is in. All in the unit of the histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quantile {
    /// It is more than this.
    pub(super) over: f64,
    /// It is this at most; `None` beyond the last bound, where nothing is known but that.
    pub(super) at_most: Option<f64>,
    /// A guess in between, as Prometheus' `histogram_quantile` makes it: as if the observations in a
    /// bucket were spread evenly.
    pub(super) interpolated: Option<f64>,
}

impl Histogram {
    /// Adds `count` observations of at most `bound`, those of smaller bounds included.
    pub(super) fn add(&mut self, bound: f64, count: f64) {
        match self
            .0
            .binary_search_by(|(other, _)| other.total_cmp(&bound))
        {
            Ok(at) => {
                if let Some((_, sum)) = self.0.get_mut(at) {
                    *sum += count;
                }
            }
            Err(at) => self.0.insert(at, (bound, count)),
        }
    }

    /// How many observations there are.
    pub(super) fn count(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, count)| *count)
    }

    /// Where the value is below which the share `q` lies. `None` without observations.
    pub(super) fn quantile(&self, q: f64) -> Option<Quantile> {
        let total = self.count();
        if total <= 0.0 {
            return None;
        }
        let rank = q * total;
        let (mut over, mut below) = (0.0, 0.0);
        for &(bound, count) in &self.0 {
            if count < rank {
                (over, below) = (bound, count);
                continue;
            }
            let at_most = Some(bound).filter(|bound| bound.is_finite());
            let inside = count - below;
            let share = if inside > 0.0 {
                (rank - below) / inside
            } else {
                1.0
            };
            return Some(Quantile {
                over,
                at_most,
                interpolated: at_most.map(|at_most| (at_most - over).mul_add(share, over)),
            });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(buckets: &[(f64, f64)]) -> Histogram {
        let mut histogram = Histogram::default();
        for (bound, count) in buckets {
            histogram.add(*bound, *count);
        }
        histogram
    }

    #[test]
    fn a_quantile_is_known_by_its_bucket_and_guessed_in_proportion() {
        // In any order, as labels are sorted as text: "+Inf" before "1.0" before "10.0".
        let histogram = histogram(&[
            (f64::INFINITY, 100.0),
            (1.0, 20.0),
            (10.0, 90.0),
            (2.0, 60.0),
        ]);
        for (q, over, at_most, interpolated) in [
            (0.1, 0.0, 1.0, 0.5),
            (0.5, 1.0, 2.0, 1.75),
            (0.9, 2.0, 10.0, 10.0),
        ] {
            let quantile = histogram.quantile(q).unwrap();
            assert_eq!((quantile.over, quantile.at_most), (over, Some(at_most)));
            assert!((quantile.interpolated.unwrap() - interpolated).abs() < 1e-9);
        }
        assert!((histogram.count() - 100.0).abs() < 1e-9);
    }

    #[test]
    fn beyond_the_last_bound_nothing_is_guessed() {
        let histogram = histogram(&[(1.0, 1.0), (f64::INFINITY, 10.0)]);
        let p95 = histogram.quantile(0.95).unwrap();
        let beyond = Quantile {
            over: 1.0,
            at_most: None,
            interpolated: None,
        };
        assert_eq!(p95, beyond);
    }

    #[test]
    fn without_observations_there_is_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert_eq!(
            histogram(&[(1.0, 0.0), (f64::INFINITY, 0.0)]).quantile(0.5),
            None
        );
    }

    #[test]
    fn histograms_of_two_workers_are_added_bucket_by_bucket() {
        let both = histogram(&[
            (1.0, 1.0),
            (f64::INFINITY, 2.0),
            (1.0, 3.0),
            (f64::INFINITY, 3.0),
        ]);
        assert_eq!(both, histogram(&[(1.0, 4.0), (f64::INFINITY, 5.0)]));
    }
}
