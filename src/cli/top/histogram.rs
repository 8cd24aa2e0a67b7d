//! Quantiles out of buckets.

/// A histogram: bounds, and how many observations are at most that large.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Histogram(Vec<(f64, f64)>);

/// A value below which a share of the observations lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quantile {
    /// The value, in the unit of the histogram.
    pub(super) value: f64,
    /// The true one is larger: it lies beyond the last bound, which is what `value` says.
    pub(super) beyond: bool,
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

    /// The value below which the share `q` lies, as Prometheus' `histogram_quantile` has it: in a
    /// bucket, observations are taken to be spread evenly. `None` without observations.
    pub(super) fn quantile(&self, q: f64) -> Option<Quantile> {
        let total = self.count();
        if total <= 0.0 {
            return None;
        }
        let rank = q * total;
        let (mut low, mut below) = (0.0, 0.0);
        for &(bound, count) in &self.0 {
            if count < rank {
                (low, below) = (bound, count);
                continue;
            }
            if bound.is_infinite() {
                return Some(Quantile {
                    value: low,
                    beyond: true,
                });
            }
            let inside = count - below;
            let share = if inside > 0.0 {
                (rank - below) / inside
            } else {
                1.0
            };
            return Some(Quantile {
                value: (bound - low).mul_add(share, low),
                beyond: false,
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
    fn a_quantile_lies_in_its_bucket_in_proportion() {
        // In any order, as labels are sorted as text: "+Inf" before "1.0" before "10.0".
        let histogram = histogram(&[
            (f64::INFINITY, 100.0),
            (1.0, 20.0),
            (10.0, 90.0),
            (2.0, 60.0),
        ]);
        let quantile = |q| histogram.quantile(q).unwrap().value;
        assert!((quantile(0.1) - 0.5).abs() < 1e-9);
        assert!((quantile(0.5) - 1.75).abs() < 1e-9);
        assert!((quantile(0.9) - 10.0).abs() < 1e-9);
        assert!((histogram.count() - 100.0).abs() < 1e-9);
    }

    #[test]
    fn what_lies_beyond_the_last_bound_says_so() {
        let histogram = histogram(&[(1.0, 1.0), (f64::INFINITY, 10.0)]);
        let p95 = histogram.quantile(0.95).unwrap();
        assert!(p95.beyond && (p95.value - 1.0).abs() < 1e-9);
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
