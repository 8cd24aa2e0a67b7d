//! Why a message is not a job, and everything else that can end one without a result.

/// Why a message is not a job. `code` and `field` go into the error result as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidJob {
    /// Stable, machine readable.
    pub code: ErrorCode,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// Path of the offending field, such as `targets[1]`.
    pub field: Option<String>,
    /// The job's id, when that much could be read.
    pub id: Option<String>,
}

/// Stable codes of everything that can end a job without a result.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not UTF-8, not JSON, nested too deep, or not what its encoding says.
    MalformedMessage,
    /// A field is missing, unknown where that matters, or has a wrong value.
    InvalidField,
    /// The message's major version is not one this worker speaks.
    UnsupportedVersion,
    /// The message is compressed in a way this worker does not read.
    UnsupportedEncoding,
    /// The message or the article is over the size limit.
    TooLarge,
    /// Nothing is left of the article once chrome is dropped, or it was empty.
    EmptyArticle,
    /// The article is not in a language this worker reads.
    UnsupportedLanguage,
    /// The job names a glossary that this worker does not have.
    UnknownGlossary,
    /// No configured model serves the wanted pair or task.
    NoModel,
    /// A model could not be loaded or failed while running.
    ModelFailed,
    /// Took longer than the job may.
    Deadline,
    /// The job's own `expires` had passed before it was done.
    Expired,
    /// Stopped on request.
    Cancelled,
    /// A newer revision of the same job was seen.
    Superseded,
    /// The worker died of the job, or hung on it, each time it tried.
    Poison,
    /// A fault in the worker itself.
    Internal,
}

impl ErrorCode {
    /// Every code, in the order of their declaration.
    pub const ALL: [Self; 16] = [
        Self::MalformedMessage,
        Self::InvalidField,
        Self::UnsupportedVersion,
        Self::UnsupportedEncoding,
        Self::TooLarge,
        Self::EmptyArticle,
        Self::UnsupportedLanguage,
        Self::UnknownGlossary,
        Self::NoModel,
        Self::ModelFailed,
        Self::Deadline,
        Self::Expired,
        Self::Cancelled,
        Self::Superseded,
        Self::Poison,
        Self::Internal,
    ];

    /// Whether the same message may succeed later or elsewhere.
    pub fn retryable(self) -> bool {
        match self {
            Self::MalformedMessage
            | Self::InvalidField
            | Self::UnsupportedVersion
            | Self::UnsupportedEncoding
            | Self::TooLarge
            | Self::EmptyArticle
            | Self::UnsupportedLanguage
            | Self::UnknownGlossary
            | Self::NoModel
            | Self::Expired
            | Self::Cancelled
            | Self::Superseded
            | Self::Poison => false,
            Self::ModelFailed | Self::Deadline | Self::Internal => true,
        }
    }

    /// The code as it stands in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::MalformedMessage => "malformed_message",
            Self::InvalidField => "invalid_field",
            Self::UnsupportedVersion => "unsupported_version",
            Self::UnsupportedEncoding => "unsupported_encoding",
            Self::TooLarge => "too_large",
            Self::EmptyArticle => "empty_article",
            Self::UnsupportedLanguage => "unsupported_language",
            Self::UnknownGlossary => "unknown_glossary",
            Self::NoModel => "no_model",
            Self::ModelFailed => "model_failed",
            Self::Deadline => "deadline",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Superseded => "superseded",
            Self::Poison => "poison",
            Self::Internal => "internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_codes_are_those_of_the_schema() {
        let schema = schemars::schema_for!(ErrorCode).to_value();
        let named: Vec<&str> = schema["oneOf"]
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code["const"].as_str().unwrap())
            .collect();
        let all = ErrorCode::ALL.map(ErrorCode::name);
        assert_eq!(all.as_slice(), named);
    }
}
