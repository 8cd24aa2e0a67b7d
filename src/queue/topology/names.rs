//! What things are called on the broker, and the lanes that jobs come in by.

use super::URGENT_IN_A_ROW;

/// Names on the broker. Each but the delays is the name of an exchange and of the queue behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Jobs to do.
    pub jobs: String,
    /// The queue of jobs that go before others; its exchange is that of the jobs.
    pub urgent: String,
    /// The queue of jobs that came back without an answer, and run alone; its exchanges are those
    /// of the jobs and of the delays.
    pub suspects: String,
    /// Answers.
    pub results: String,
    /// Jobs that could not be done.
    pub dead: String,
    /// The exchange of jobs that wait; the queues behind it have the delay for a suffix.
    pub retry: String,
    /// Orders to all workers.
    pub control: String,
    /// What the names of queues for replies begin with.
    pub replies: String,
}

impl Names {
    /// Names that begin with `prefix` and a dot.
    pub fn prefixed(prefix: &str) -> Self {
        let name = |what: &str| format!("{prefix}.{what}");
        Self {
            jobs: name("jobs"),
            urgent: name("jobs.urgent"),
            suspects: name("suspects"),
            results: name("results"),
            dead: name("dead"),
            retry: name("retry"),
            control: name("control"),
            replies: name("reply."),
        }
    }

    /// The queue of one lane.
    pub fn lane(&self, lane: Lane) -> &str {
        match lane {
            Lane::Normal => &self.jobs,
            Lane::Urgent => &self.urgent,
            Lane::Suspect => &self.suspects,
        }
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::prefixed("presslate")
    }
}

/// The queues that jobs come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Jobs as they come.
    Normal,
    /// Taken before the others.
    Urgent,
    /// Came back without an answer, and may have killed their worker: one at a time, alone.
    Suspect,
}

impl Lane {
    /// Every lane, in the order in which they are served. Suspects go before normal jobs: there are
    /// few of them, and on a busy queue they would otherwise never be served.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Suspect, Self::Normal];

    /// The lanes in the order in which they are served after so many urgent jobs in a row: enough of
    /// those, and the last goes before the others.
    pub fn order(urgent: u32) -> [Self; 3] {
        let mut order = Self::ALL;
        if urgent >= URGENT_IN_A_ROW {
            order.reverse();
        }
        order
    }

    /// The name in logs and labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Urgent => "urgent",
            Self::Suspect => "suspect",
        }
    }

    /// Its routing key, in the exchange of jobs and after the delay.
    pub fn key(self) -> &'static str {
        match self {
            Self::Normal => "job",
            Self::Urgent => "urgent",
            Self::Suspect => "suspect",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lane_goes_before_the_others_after_enough_urgent_jobs() {
        assert_eq!(Lane::order(0), Lane::ALL);
        assert_eq!(Lane::order(URGENT_IN_A_ROW - 1), Lane::ALL);
        let [.., last] = Lane::ALL;
        assert_eq!(Lane::order(URGENT_IN_A_ROW)[0], last);
    }
}
