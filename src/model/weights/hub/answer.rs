//! What the hub's answers mean for a person.

use hf_hub::HFError;

use super::HubConfig;

/// A web address without the user and password that a mirror may want, for messages.
pub fn without_login(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    // The last `@`, since an address with one in its password is a mistake that must not show it.
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{host}")
}

/// For a hub that takes connections and says nothing.
pub(super) fn no_answer(config: &HubConfig) -> String {
    format!(
        "{} did not answer within {} s",
        without_login(&config.endpoint),
        config.connect_timeout.as_secs_f32()
    )
}

/// Whether asking again is pointless.
pub(super) fn is_final(error: &HFError) -> bool {
    matches!(
        error,
        HFError::AuthRequired { .. }
            | HFError::Forbidden { .. }
            | HFError::RepoNotFound { .. }
            | HFError::RevisionNotFound { .. }
            | HFError::EntryNotFound { .. }
            | HFError::InvalidParameter(_)
            | HFError::Url(_)
    )
}

/// A hub error in one line, with what to do where that is known.
pub(super) fn describe(error: &HFError, config: &HubConfig) -> String {
    match error {
        HFError::AuthRequired { .. } => {
            "it asks for a login (401): accept the model's terms on its page, and set HF_TOKEN".to_owned()
        }
        HFError::Forbidden { .. } => {
            "it refuses this login (403): accept the model's terms on its page, or use another HF_TOKEN".to_owned()
        }
        HFError::RepoNotFound { repo_id, .. } => format!("it has no repository {repo_id} (404)"),
        HFError::RevisionNotFound { repo_id, revision, .. } => format!("it has no repository {repo_id} at revision {revision} (404)"),
        HFError::EntryNotFound { path, .. } => format!("the repository has no file {path} (404)"),
        HFError::RateLimited { .. } => "it says we ask too often (429): try again later, or set HF_TOKEN".to_owned(),
        HFError::Http { context } => format!("it answered {}", context.status),
        HFError::Request { source, .. } => {
            let mut cause: &dyn std::error::Error = source;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            let what = if source.is_connect() { "could not be reached" } else { "broke off" };
            format!("{} {what}: {cause}", without_login(&config.endpoint))
        }
        // It may name the address that was asked for.
        other => other
            .to_string()
            .replace('\n', " ")
            .replace(&config.endpoint, &without_login(&config.endpoint)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_of_a_mirror_is_not_shown() {
        for (url, shown) in [
            ("https://huggingface.co", "https://huggingface.co"),
            (
                "https://ed:geheim@mirror.example:8/hf",
                "https://mirror.example:8/hf",
            ),
            ("http://ed:ge/h@eim@mirror.example", "http://mirror.example"),
        ] {
            assert_eq!(without_login(url), shown);
        }
        let config = HubConfig {
            endpoint: "https://ed:geheim@mirror.example".to_owned(),
            ..HubConfig::default()
        };
        let invalid = HFError::InvalidParameter(format!("{}/x", config.endpoint));
        for said in [no_answer(&config), describe(&invalid, &config)] {
            assert!(said.contains("mirror.example"), "{said}");
            assert!(!said.contains("geheim"), "{said}");
        }
    }
}
