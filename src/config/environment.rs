//! The environment variables that are not settings of presslate itself.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

/// What the environment says, for settings that other programs define. Those of presslate
/// (`PRESSLATE_*`) are read by clap, next to the flag of the same meaning.
#[derive(Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a variable that is set or not, and none depends on another"
)]
pub struct Environment {
    /// `HF_HOME`: where Hugging Face programs keep their files.
    pub hf_home: Option<PathBuf>,
    /// `HF_HUB_CACHE`: where in particular they keep what they have fetched.
    pub hf_hub_cache: Option<PathBuf>,
    /// `HF_TOKEN`: for repositories that ask for one.
    pub hf_token: Option<SecretString>,
    /// `HF_ENDPOINT`: a mirror of the hub.
    pub hf_endpoint: Option<String>,
    /// `HF_HUB_OFFLINE`: the hub is not to be asked.
    pub hf_hub_offline: bool,
    /// `XDG_CACHE_HOME`.
    pub cache_home: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `HTTPS_PROXY` or `ALL_PROXY`: what stands between this machine and the hub.
    pub proxy: Option<String>,
    /// `NO_COLOR`, set to anything.
    pub no_color: bool,
    /// `SOURCE_DATE_EPOCH`: the time that builds which can be repeated are of.
    pub source_date_epoch: Option<String>,
    /// `TERM` is `dumb` or not set: nothing can be drawn.
    pub dumb_terminal: bool,
    /// The locale says that the terminal shows UTF-8 (`LC_ALL`, else `LC_CTYPE`, else `LANG`).
    pub utf8: bool,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn read() -> Self {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    /// Reads an environment from `lookup`. Empty variables count as absent.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let get = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let text = |name: &str| get(name).and_then(|value| value.into_string().ok());
        Self {
            hf_home: get("HF_HOME").map(PathBuf::from),
            hf_hub_cache: get("HF_HUB_CACHE").map(PathBuf::from),
            hf_token: text("HF_TOKEN").map(SecretString::from),
            hf_endpoint: text("HF_ENDPOINT"),
            hf_hub_offline: text("HF_HUB_OFFLINE").is_some_and(|value| is_true(&value)),
            cache_home: get("XDG_CACHE_HOME")
                .map(PathBuf::from)
                .filter(|path| path.is_absolute()),
            home: get("HOME").map(PathBuf::from),
            proxy: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
                .into_iter()
                .find_map(text),
            no_color: get("NO_COLOR").is_some(),
            source_date_epoch: text("SOURCE_DATE_EPOCH"),
            dumb_terminal: text("TERM").is_none_or(|term| term == "dumb"),
            utf8: ["LC_ALL", "LC_CTYPE", "LANG"]
                .into_iter()
                .find_map(text)
                .is_some_and(|locale| is_utf8(&locale)),
        }
    }

    /// Where caches go: `XDG_CACHE_HOME`, else `~/.cache`.
    pub fn cache_dir(&self) -> Option<PathBuf> {
        self.cache_home
            .clone()
            .or_else(|| self.home.as_ref().map(|home| home.join(".cache")))
    }
}

/// The address of a proxy or of a mirror may hold a password, so neither is shown.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("hf_home", &self.hf_home)
            .field("hf_hub_cache", &self.hf_hub_cache)
            .field("hf_token", &self.hf_token)
            .field("hf_endpoint", &self.hf_endpoint.as_ref().map(|_| "set"))
            .field("hf_hub_offline", &self.hf_hub_offline)
            .field("cache_home", &self.cache_home)
            .field("home", &self.home)
            .field("proxy", &self.proxy.as_ref().map(|_| "set"))
            .field("no_color", &self.no_color)
            .field("source_date_epoch", &self.source_date_epoch)
            .field("dumb_terminal", &self.dumb_terminal)
            .field("utf8", &self.utf8)
            .finish()
    }
}

/// Such as `ko_KR.UTF-8`, `C.utf8`, and `UTF-8` alone, as macOS writes it.
fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// As Hugging Face's own programs read their switches.
fn is_true(value: &str) -> bool {
    matches!(
        value.to_ascii_uppercase().as_str(),
        "1" | "ON" | "YES" | "TRUE"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        let pairs: Vec<(String, OsString)> = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), v.into()))
            .collect();
        Environment::from_lookup(|name| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        })
    }

    #[test]
    fn the_cache_is_where_xdg_says_and_under_home_otherwise() {
        assert_eq!(
            environment(&[("HOME", "/home/ed")]).cache_dir(),
            Some("/home/ed/.cache".into())
        );
        assert_eq!(
            environment(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")]).cache_dir(),
            Some("/c".into())
        );
        // The XDG specification: a relative path is to be ignored.
        assert_eq!(
            environment(&[("HOME", "/h"), ("XDG_CACHE_HOME", "c")]).cache_dir(),
            Some("/h/.cache".into())
        );
        assert_eq!(environment(&[]).cache_dir(), None);
    }

    #[test]
    fn offline_takes_the_spellings_of_hugging_face() {
        for (value, expected) in [
            ("1", true),
            ("true", true),
            ("YES", true),
            ("on", true),
            ("0", false),
            ("", false),
        ] {
            assert_eq!(
                environment(&[("HF_HUB_OFFLINE", value)]).hf_hub_offline,
                expected,
                "{value:?}"
            );
        }
    }

    #[test]
    fn the_first_of_three_variables_says_what_the_terminal_shows() {
        for (pairs, utf8) in [
            (&[("LANG", "ko_KR.UTF-8")][..], true),
            (&[("LANG", "C.utf8")], true),
            (&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "C")], false),
            (&[("LANG", "C"), ("LC_CTYPE", "UTF-8")], true),
            (&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "")], true),
            (&[], false),
        ] {
            assert_eq!(environment(pairs).utf8, utf8, "{pairs:?}");
        }
    }

    #[test]
    fn a_terminal_that_is_not_named_cannot_be_drawn_on() {
        assert!(environment(&[]).dumb_terminal);
        assert!(environment(&[("TERM", "dumb")]).dumb_terminal);
        assert!(!environment(&[("TERM", "xterm-256color")]).dumb_terminal);
    }

    #[test]
    fn secrets_are_not_in_the_debug_form() {
        let shown = format!(
            "{:?}",
            environment(&[
                ("HF_TOKEN", "hf_geheim"),
                ("HTTPS_PROXY", "http://u:geheim@p:1")
            ])
        );
        assert!(!shown.contains("geheim"), "{shown}");
    }
}
