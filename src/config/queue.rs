//! How a worker takes jobs from the queue.

use std::num::NonZeroU16;
use std::time::Duration;

use super::{BrokerArgs, BrokerSettings, SettingError};

/// How a worker takes jobs from the queue, as it may be written.
#[derive(Debug, Clone, clap::Args)]
pub struct QueueArgs {
    /// The broker.
    #[command(flatten)]
    pub broker: BrokerArgs,
    /// Its patience, and ours.
    #[command(flatten)]
    pub deadline: DeadlineArgs,
    /// What is taken.
    #[command(flatten)]
    pub intake: IntakeArgs,
}

/// How long a job may take, as it may be written.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Queue")]
pub struct DeadlineArgs {
    /// Seconds that a job may take; one that takes longer is given up, and counts as failed
    #[arg(
        long,
        value_name = "SECONDS",
        env = "PRESSLATE_DEADLINE",
        hide_env_values = true,
        default_value = "840",
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub deadline: u64,

    /// Seconds after which the broker takes an unanswered job away. Write what `consumer_timeout`
    /// in its rabbitmq.conf says (there in milliseconds); where that is not set, 1800, or 3600 with
    /// RabbitMQ 3.12 and later and queues that presslate declared
    #[arg(
        long,
        value_name = "SECONDS",
        env = "PRESSLATE_CONSUMER_TIMEOUT",
        hide_env_values = true,
        default_value = "1800",
        value_parser = clap::value_parser!(u64).range(1..=604_800)
    )]
    pub consumer_timeout: u64,
}

/// What a worker takes, as it may be written.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Queue")]
pub struct IntakeArgs {
    /// Only check that exchanges and queues are there, as an account without the right to configure
    /// must; otherwise they are declared
    #[arg(
        long,
        env = "PRESSLATE_AMQP_NO_DECLARE",
        hide_env_values = true,
        value_parser = clap::builder::FalseyValueParser::new()
    )]
    pub no_declare: bool,

    /// Jobs in work at the same time; they share batches of the models
    #[arg(
        long,
        value_name = "N",
        env = "PRESSLATE_SLOTS",
        hide_env_values = true,
        default_value = "2"
    )]
    pub slots: NonZeroU16,

    /// Attempts at a job, the first included, before it goes to the dead letters (1 to 15)
    #[arg(
        long,
        value_name = "N",
        env = "PRESSLATE_MAX_ATTEMPTS",
        hide_env_values = true,
        default_value = "5",
        value_parser = clap::value_parser!(u32).range(1..=15)
    )]
    pub max_attempts: u32,

    /// The largest message that is looked into; a larger one goes to the dead letters
    #[arg(
        long,
        value_name = "BYTES",
        env = "PRESSLATE_MAX_MESSAGE_BYTES",
        hide_env_values = true,
        default_value = "4194304",
        value_parser = clap::value_parser!(u32).range(1..=536_870_912)
    )]
    pub max_message_bytes: u32,

    /// Memory for translations that may be taken over by a correction or another article, in MiB; 0
    /// keeps none
    #[arg(
        long,
        value_name = "MIB",
        env = "PRESSLATE_SEGMENT_CACHE_MIB",
        hide_env_values = true,
        default_value = "64"
    )]
    pub segment_cache_mib: u32,

    /// Seconds that running jobs are given to finish when the worker is told to stop
    #[arg(
        long,
        value_name = "SECONDS",
        env = "PRESSLATE_GRACE",
        hide_env_values = true,
        default_value = "20"
    )]
    pub grace: u64,
}

/// How a worker takes jobs from the queue, checked.
#[derive(Debug, Clone)]
pub struct QueueSettings {
    /// The broker.
    pub broker: BrokerSettings,
    /// Declare exchanges and queues; otherwise only check that they are there.
    pub declare: bool,
    /// Jobs in work at the same time; the broker sends as many ahead.
    pub slots: u16,
    /// How long running jobs may go on once the worker is told to stop.
    pub grace: Duration,
    /// How long a job may take.
    pub deadline: Duration,
    /// How long the broker waits for the answer to a delivery.
    pub consumer_timeout: Duration,
    /// Attempts at a job, the first included.
    pub max_attempts: u32,
    /// The largest message that is looked into.
    pub max_message_bytes: usize,
    /// Memory for translations that may be taken over.
    pub segment_cache_bytes: usize,
}

/// How long a job may take, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadlineSettings {
    /// How long a job may take.
    pub deadline: Duration,
    /// How long the broker waits for the answer to a delivery.
    pub consumer_timeout: Duration,
}

impl TryFrom<QueueArgs> for QueueSettings {
    type Error = SettingError;

    fn try_from(args: QueueArgs) -> Result<Self, SettingError> {
        let QueueArgs {
            broker,
            deadline,
            intake,
        } = args;
        let DeadlineSettings {
            deadline,
            consumer_timeout,
        } = deadline.try_into()?;
        Ok(Self {
            broker: broker.try_into()?,
            declare: !intake.no_declare,
            slots: intake.slots.get(),
            grace: Duration::from_secs(intake.grace),
            deadline,
            consumer_timeout,
            max_attempts: intake.max_attempts,
            max_message_bytes: usize::try_from(intake.max_message_bytes).unwrap_or(usize::MAX),
            segment_cache_bytes: usize::try_from(u64::from(intake.segment_cache_mib) << 20)
                .unwrap_or(usize::MAX),
        })
    }
}

impl TryFrom<DeadlineArgs> for DeadlineSettings {
    type Error = SettingError;

    /// The broker counts from the moment at which it sends a delivery. One that was sent ahead waits
    /// for a whole job before its own turn; the minute is for publishing the answer.
    fn try_from(args: DeadlineArgs) -> Result<Self, SettingError> {
        const PUBLISHING: u64 = 60;
        let DeadlineArgs {
            deadline,
            consumer_timeout,
        } = args;
        let needed = deadline * 2 + PUBLISHING;
        if needed >= consumer_timeout {
            let longest = consumer_timeout.saturating_sub(PUBLISHING + 1) / 2;
            let shorter = match longest {
                0 => String::new(),
                longest => format!("write at most {longest}, or "),
            };
            return Err(SettingError::new(
                "PRESSLATE_DEADLINE",
                format!(
                    "is {deadline} s, and a job that was sent ahead may need twice that and a minute, {needed} s; the \
                     broker takes it away after {consumer_timeout} s (PRESSLATE_CONSUMER_TIMEOUT): {shorter}raise \
                     consumer_timeout in rabbitmq.conf above {needed}000 ms and PRESSLATE_CONSUMER_TIMEOUT with it"
                ),
            ));
        }
        Ok(Self {
            deadline: Duration::from_secs(deadline),
            consumer_timeout: Duration::from_secs(consumer_timeout),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct OnlyQueue {
        #[command(flatten)]
        queue: QueueArgs,
    }

    fn settings(args: &[&str]) -> Result<QueueSettings, SettingError> {
        OnlyQueue::parse_from(std::iter::once("test").chain(args.iter().copied()))
            .queue
            .try_into()
    }

    #[test]
    fn exchanges_and_queues_are_declared_unless_that_is_turned_off() {
        assert!(settings(&[]).unwrap().declare);
        assert!(!settings(&["--no-declare"]).unwrap().declare);
    }

    #[test]
    fn a_deadline_that_the_broker_has_no_patience_for_is_refused_with_both_numbers() {
        let error = settings(&["--deadline", "900"]).unwrap_err();
        assert_eq!(error.setting, "PRESSLATE_DEADLINE");
        for says in ["is 900 s", "1860 s", "1800 s", "at most 869", "1860000 ms"] {
            assert!(error.message.contains(says), "{says}: {error}");
        }
        assert!(settings(&["--deadline", "869"]).is_ok());
        assert!(settings(&["--deadline", "870"]).is_err());
        assert!(settings(&["--deadline", "900", "--consumer-timeout", "3600"]).is_ok());
        let never = settings(&["--consumer-timeout", "30"]).unwrap_err();
        assert!(!never.message.contains("at most"), "{never}");
    }

    #[test]
    fn attempts_end_before_the_broker_gives_up_by_itself() {
        assert_eq!(settings(&[]).unwrap().max_attempts, 5);
        for wrong in ["0", "16"] {
            let args = ["test", "--max-attempts", wrong];
            assert!(OnlyQueue::try_parse_from(args).is_err(), "{wrong}");
        }
    }
}
