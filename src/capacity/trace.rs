//! What there is of everything, over time.

use super::number;

/// How much there is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Levels {
    pub(super) ready: usize,
    pub(super) unacked: usize,
    pub(super) in_work: usize,
    /// Workers that take jobs.
    pub(super) up: usize,
    /// Workers that run, those included that load models or finish.
    pub(super) running: usize,
    /// Workers with a job in work.
    pub(super) busy: usize,
}

/// Levels times seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Areas {
    pub(super) seconds: f64,
    pub(super) ready: f64,
    pub(super) unacked: f64,
    pub(super) in_work: f64,
    pub(super) up: f64,
    pub(super) running: f64,
    pub(super) busy: f64,
}

/// A piece of the time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Bin {
    pub(super) areas: Areas,
    pub(super) most: Levels,
    pub(super) arrived: usize,
}

/// Everything so far, in pieces of equal length.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) whole: Bin,
    pub(super) bins: Vec<Bin>,
    /// The length of a piece, in seconds.
    pub(super) width: f64,
    now: f64,
}

/// Pieces of the time in which jobs come. What takes longer has up to twice as many.
const PIECES: usize = 240;

impl Areas {
    fn add(&mut self, levels: &Levels, seconds: f64) {
        self.seconds += seconds;
        self.ready += number(levels.ready) * seconds;
        self.unacked += number(levels.unacked) * seconds;
        self.in_work += number(levels.in_work) * seconds;
        self.up += number(levels.up) * seconds;
        self.running += number(levels.running) * seconds;
        self.busy += number(levels.busy) * seconds;
    }
}

impl Levels {
    fn most(self, other: Self) -> Self {
        Self {
            ready: self.ready.max(other.ready),
            unacked: self.unacked.max(other.unacked),
            in_work: self.in_work.max(other.in_work),
            up: self.up.max(other.up),
            running: self.running.max(other.running),
            busy: self.busy.max(other.busy),
        }
    }
}

impl Bin {
    fn joined(self, later: Self) -> Self {
        let (a, b) = (self.areas, later.areas);
        Self {
            areas: Areas {
                seconds: a.seconds + b.seconds,
                ready: a.ready + b.ready,
                unacked: a.unacked + b.unacked,
                in_work: a.in_work + b.in_work,
                up: a.up + b.up,
                running: a.running + b.running,
                busy: a.busy + b.busy,
            },
            most: self.most.most(later.most),
            arrived: self.arrived + later.arrived,
        }
    }
}

impl Trace {
    /// For so many seconds, or longer.
    pub(super) fn new(seconds: f64) -> Self {
        Self {
            whole: Bin::default(),
            bins: vec![Bin::default()],
            width: seconds.max(1e-6) / number(PIECES),
            now: 0.0,
        }
    }

    /// Says that nothing has changed up to now.
    pub(super) fn advance(&mut self, now: f64, levels: &Levels) {
        self.whole.areas.add(levels, now - self.now);
        while self.now < now {
            let end = number(self.bins.len()) * self.width;
            let until = end.min(now);
            if let Some(bin) = self.bins.last_mut() {
                bin.areas.add(levels, until - self.now);
                bin.most = bin.most.most(*levels);
            }
            self.now = until;
            if until >= end {
                self.bins.push(Bin::default());
                self.halve();
            }
        }
    }

    /// Says how it is now.
    pub(super) fn note(&mut self, levels: &Levels) {
        self.whole.most = self.whole.most.most(*levels);
        if let Some(bin) = self.bins.last_mut() {
            bin.most = bin.most.most(*levels);
        }
    }

    /// Says that a job has come.
    pub(super) fn arrived(&mut self) {
        self.whole.arrived += 1;
        if let Some(bin) = self.bins.last_mut() {
            bin.arrived += 1;
        }
    }

    /// Makes one of every two pieces, once there are too many. The last, which is not full, stays
    /// the one that is filled.
    fn halve(&mut self) {
        if self.bins.len() <= 2 * PIECES {
            return;
        }
        let unfinished = self.bins.pop();
        let pairs = self.bins.chunks(2);
        self.bins = pairs
            .map(|pair| pair.iter().copied().reduce(Bin::joined).unwrap_or_default())
            .collect();
        self.bins.extend(unfinished);
        self.width *= 2.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(ready: usize) -> Levels {
        Levels {
            ready,
            up: 1,
            ..Levels::default()
        }
    }

    #[test]
    fn pieces_hold_what_was_there_in_their_time() {
        let mut trace = Trace::new(240.0);
        trace.arrived();
        trace.note(&levels(1));
        trace.advance(1.5, &levels(1));
        trace.note(&levels(4));
        trace.advance(3.0, &levels(4));
        let ready: Vec<f64> = trace.bins.iter().map(|bin| bin.areas.ready).collect();
        assert_eq!(ready, [1.0, 2.5, 4.0, 0.0]);
        let most: Vec<usize> = trace.bins.iter().map(|bin| bin.most.ready).collect();
        assert_eq!(most, [1, 4, 4, 0]);
        assert!((trace.whole.areas.ready - 7.5).abs() < 1e-12);
    }

    #[test]
    fn a_long_time_has_longer_pieces_and_loses_nothing() {
        let mut trace = Trace::new(240.0);
        for second in 0..10_000usize {
            trace.arrived();
            trace.advance(number(second + 1), &levels(second % 7));
        }
        assert!(trace.bins.len() <= 2 * PIECES, "{}", trace.bins.len());
        assert!((trace.width - 32.0).abs() < 1e-9, "{}", trace.width);
        let sum = |of: fn(&Bin) -> f64| trace.bins.iter().map(of).sum::<f64>();
        assert!((sum(|bin| bin.areas.ready) - trace.whole.areas.ready).abs() < 1e-6);
        assert!((sum(|bin| bin.areas.seconds) - 10_000.0).abs() < 1e-6);
        assert!((sum(|bin| number(bin.arrived)) - 10_000.0).abs() < 1e-9);
        let full = trace.bins.iter().rev().skip(1);
        for bin in full {
            assert!((bin.areas.seconds - trace.width).abs() < 1e-6, "{bin:?}");
        }
    }
}
