//! What a failure means for the message that met it.

use crate::job::ErrorCode;
use crate::model::ModelError;
use crate::pipeline::JobError;
use crate::telemetry::events::Outcome;

/// What is to become of a job that has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// It can never succeed: answer with an error.
    Fail,
    /// It may succeed the next time.
    Retry,
    /// Nothing is wrong with it; it, or the engine, was stopped.
    Stop,
}

/// The disposition of each failure.
pub fn disposition(error: &JobError) -> Disposition {
    match error {
        JobError::Invalid(_)
        | JobError::Empty(_)
        | JobError::Language { .. }
        | JobError::NoModel { .. } => Disposition::Fail,
        JobError::Model(error) => match error {
            ModelError::Unknown(_) | ModelError::Unfit { .. } | ModelError::TooLong { .. } => {
                Disposition::Fail
            }
            ModelError::Weights(_)
            | ModelError::Load { .. }
            | ModelError::Forward(_)
            | ModelError::Panicked => Disposition::Retry,
            ModelError::Cancelled | ModelError::Stopped => Disposition::Stop,
        },
        JobError::Panicked => Disposition::Retry,
    }
}

/// How a failed delivery ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It comes again after a pause.
    Retry,
    /// It goes back as it came.
    Return,
    /// It is answered with an error.
    Fail,
}

/// How a failed delivery ends, by how many there were.
pub fn ending(disposition: Disposition, attempt: u32, max_attempts: u32) -> Ending {
    match disposition {
        Disposition::Stop => Ending::Return,
        Disposition::Retry if attempt < max_attempts => Ending::Retry,
        Disposition::Retry | Disposition::Fail => Ending::Fail,
    }
}

/// The ends that a delivery can come to for a reason, with the code of each.
pub fn ends() -> impl Iterator<Item = (Outcome, ErrorCode)> {
    ErrorCode::ALL
        .into_iter()
        .flat_map(|code| outcomes(code).iter().map(move |outcome| (*outcome, code)))
}

fn outcomes(code: ErrorCode) -> &'static [Outcome] {
    match code {
        ErrorCode::Cancelled | ErrorCode::Superseded | ErrorCode::Expired => &[Outcome::CalledOff],
        ErrorCode::ModelFailed | ErrorCode::Internal => &[Outcome::Retried, Outcome::Failed],
        ErrorCode::MalformedMessage
        | ErrorCode::InvalidField
        | ErrorCode::UnsupportedVersion
        | ErrorCode::UnsupportedEncoding
        | ErrorCode::TooLarge
        | ErrorCode::EmptyArticle
        | ErrorCode::UnsupportedLanguage
        | ErrorCode::UnknownGlossary
        | ErrorCode::NoModel
        | ErrorCode::Deadline
        | ErrorCode::Poison => &[Outcome::Failed],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    use crate::job::InvalidJob;

    fn failures() -> Vec<(JobError, Disposition)> {
        let invalid = InvalidJob {
            code: ErrorCode::InvalidField,
            message: "no".to_owned(),
            field: None,
            id: None,
        };
        vec![
            (JobError::Invalid(invalid), Disposition::Fail),
            (
                JobError::Language {
                    found: "French".to_owned(),
                },
                Disposition::Fail,
            ),
            (
                JobError::NoModel {
                    what: "translate en to ru".to_owned(),
                },
                Disposition::Fail,
            ),
            (
                JobError::Model(ModelError::Unknown("x".to_owned())),
                Disposition::Fail,
            ),
            (
                JobError::Model(ModelError::TooLong {
                    tokens: 9,
                    limit: 8,
                }),
                Disposition::Fail,
            ),
            (
                JobError::Model(ModelError::Forward(candle_core::Error::Msg(
                    "no".to_owned(),
                ))),
                Disposition::Retry,
            ),
            (JobError::Panicked, Disposition::Retry),
            (JobError::Model(ModelError::Cancelled), Disposition::Stop),
            (JobError::Model(ModelError::Stopped), Disposition::Stop),
        ]
    }

    #[test]
    fn each_failure_has_its_disposition() {
        for (error, expected) in failures() {
            assert_eq!(disposition(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn what_is_not_tried_again_is_not_called_retryable_in_its_answer_unless_its_code_is() {
        // `model_failed` covers a text that is too long for its model, too.
        for (error, disposition) in failures() {
            if disposition == Disposition::Retry {
                assert!(error.code().retryable(), "{error:?}");
            }
        }
    }

    #[test]
    fn the_ends_that_are_counted_are_those_that_failures_come_to() {
        for (error, disposition) in failures() {
            let outcomes = outcomes(error.code());
            match disposition {
                Disposition::Retry => assert!(outcomes.contains(&Outcome::Retried), "{error:?}"),
                Disposition::Fail => assert!(outcomes.contains(&Outcome::Failed), "{error:?}"),
                // Goes back without a reason.
                Disposition::Stop => {}
            }
        }
    }

    proptest! {
        #[test]
        fn a_job_is_put_back_only_while_attempts_are_left(
            which in 0_usize..9, attempt in 1_u32..50, max_attempts in 1_u32..20,
        ) {
            let (error, _) = failures().swap_remove(which);
            let disposition = disposition(&error);
            let ending = ending(disposition, attempt, max_attempts);
            prop_assert_eq!(ending == Ending::Return, disposition == Disposition::Stop);
            if ending == Ending::Retry {
                prop_assert!(attempt < max_attempts);
                prop_assert_eq!(disposition, Disposition::Retry);
            }
            if disposition == Disposition::Fail {
                prop_assert_eq!(ending, Ending::Fail);
            }
        }

        #[test]
        fn a_job_that_keeps_failing_ends_after_max_attempts_deliveries(max_attempts in 1_u32..20) {
            let deliveries = (1..1000).find(|attempt| {
                ending(Disposition::Retry, *attempt, max_attempts) == Ending::Fail
            });
            prop_assert_eq!(deliveries, Some(max_attempts));
        }
    }
}
