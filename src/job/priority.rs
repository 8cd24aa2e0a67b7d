//! How urgent a job is.

/// How urgent a job is, as RabbitMQ counts: 0 to 9, higher is more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Priority(u8);

impl Priority {
    /// The most urgent.
    pub const MAX: u8 = 9;

    /// Checks a priority; `None` above [`Priority::MAX`].
    pub fn new(priority: u8) -> Option<Self> {
        (priority <= Self::MAX).then_some(Self(priority))
    }

    /// From the `urgency` of a ninjs item, which counts the other way: 1 is the most urgent, 9 the
    /// least. `None` for anything else.
    pub fn from_urgency(urgency: u8) -> Option<Self> {
        match urgency {
            1..=9 => Some(Self(10 - urgency)),
            _ => None,
        }
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }

    /// Whether the job is to be taken before ordinary ones.
    pub fn is_urgent(self) -> bool {
        self.0 >= 7
    }
}

impl Default for Priority {
    /// RabbitMQ's quorum queues treat everything up to 4 as ordinary.
    fn default() -> Self {
        Self(4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgency_counts_down_and_priority_up() {
        let priorities: Vec<Option<u8>> = (0..=10)
            .map(|urgency| Priority::from_urgency(urgency).map(Priority::get))
            .collect();
        let expected = [None, Some(9), Some(8), Some(7), Some(6), Some(5)]
            .into_iter()
            .chain([Some(4), Some(3), Some(2), Some(1), None]);
        assert_eq!(priorities, expected.collect::<Vec<_>>());
    }

    #[test]
    fn seven_and_more_is_urgent_and_the_default_is_not() {
        let urgent: Vec<u8> = (0..=u8::MAX)
            .filter_map(Priority::new)
            .filter(|priority| priority.is_urgent())
            .map(Priority::get)
            .collect();
        assert_eq!(urgent, [7, 8, 9]);
        assert_eq!(Priority::default().get(), 4);
    }
}
