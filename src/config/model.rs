//! Which models, and where their files are kept and come from.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::{Environment, SettingError};

/// The hub when `HF_ENDPOINT` does not name a mirror.
const HUB: &str = "https://huggingface.co";

/// Which models do the work.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Models")]
pub struct ModelArgs {
    /// A model or a profile of the catalogue (see `presslate models list`). Several, separated by
    /// commas: each task goes to the first that can do it
    #[arg(
        long = "model",
        value_name = "ID|PROFILE",
        env = "PRESSLATE_MODEL",
        hide_env_values = true
    )]
    #[arg(value_delimiter = ',', default_value = "starter")]
    pub models: Vec<String>,

    /// Where their files are.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Where models' files are kept and come from.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Models")]
pub struct StoreArgs {
    /// A folder that holds weights already, for machines without a network: DIR/MODEL/FILE.
    /// It is looked at first, and nothing is written to it
    #[arg(
        long,
        value_name = "DIR",
        env = "PRESSLATE_MODEL_DIR",
        hide_env_values = true
    )]
    pub model_dir: Option<PathBuf>,

    /// A folder of TOML files that add models and profiles to the catalogue, or replace those of the
    /// same name (models/README.md says what is in them)
    #[arg(
        long,
        value_name = "DIR",
        env = "PRESSLATE_CATALOG_DIR",
        hide_env_values = true
    )]
    pub catalog_dir: Option<PathBuf>,

    /// Where pulled weights are kept [default: `$XDG_CACHE_HOME/presslate`, else
    /// `~/.cache/presslate`]
    #[arg(
        long,
        value_name = "DIR",
        env = "PRESSLATE_CACHE_DIR",
        hide_env_values = true
    )]
    pub cache_dir: Option<PathBuf>,
}

/// Where models' files are kept and come from, checked.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// A folder that adds to the catalogue.
    pub catalog: Option<PathBuf>,
    /// A folder of weights that is read and never written.
    pub local: Option<PathBuf>,
    /// Where pulled weights go.
    pub cache: PathBuf,
    /// The Hugging Face hub.
    pub hub: HubSettings,
}

/// How the Hugging Face hub is reached.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// Its address, without a slash at the end.
    pub endpoint: String,
    /// For repositories that ask for one.
    pub token: Option<SecretString>,
    /// It is not to be asked.
    pub offline: bool,
    /// Where other Hugging Face programs keep what they have fetched.
    pub cache: Option<PathBuf>,
}

impl StoreSettings {
    /// Checks what flags and environment say.
    ///
    /// # Errors
    /// When a folder that must exist does not, or no place for the cache is known.
    pub fn new(args: StoreArgs, environment: &Environment) -> Result<Self, SettingError> {
        if let Some(local) = &args.model_dir
            && !local.is_dir()
        {
            return Err(SettingError::new(
                "PRESSLATE_MODEL_DIR",
                format!(
                    "there is no folder {}: name the folder that holds the weights",
                    local.display()
                ),
            ));
        }
        let cache = args
            .cache_dir
            .or_else(|| environment.cache_dir().map(|dir| dir.join("presslate")));
        let cache = cache.ok_or_else(|| {
            SettingError::new(
                "PRESSLATE_CACHE_DIR",
                "HOME is not set, so there is no place for weights: name a folder",
            )
        })?;
        if cache.is_file() {
            return Err(SettingError::new(
                "PRESSLATE_CACHE_DIR",
                format!("{} is a file: name a folder", cache.display()),
            ));
        }
        Ok(Self {
            catalog: args.catalog_dir,
            local: args.model_dir,
            cache,
            hub: HubSettings::new(environment)?,
        })
    }
}

impl HubSettings {
    fn new(environment: &Environment) -> Result<Self, SettingError> {
        let endpoint = environment
            .hf_endpoint
            .as_deref()
            .unwrap_or(HUB)
            .trim_end_matches('/')
            .to_owned();
        if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
            return Err(SettingError::new(
                "HF_ENDPOINT",
                // Not shown: it may hold a password.
                "is no http or https address: write https://host",
            ));
        }
        let home = environment
            .hf_home
            .clone()
            .or_else(|| environment.cache_dir().map(|dir| dir.join("huggingface")))
            .filter(|home| home.is_dir());
        // Written by `hf auth login`; a file that cannot be read is as good as none.
        let saved_token = || std::fs::read_to_string(home.as_ref()?.join("token")).ok();
        let token = environment
            .hf_token
            .clone()
            .or_else(|| saved_token().map(SecretString::from));
        let token = token
            .map(|token| token.expose_secret().trim().to_owned())
            .filter(|token| !token.is_empty());
        let cache = environment
            .hf_hub_cache
            .clone()
            .or_else(|| home.map(|home| home.join("hub")));
        Ok(Self {
            endpoint,
            token: token.map(SecretString::from),
            offline: environment.hf_hub_offline,
            cache,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(path: &std::path::Path) -> Environment {
        Environment {
            home: Some(path.to_owned()),
            ..Environment::default()
        }
    }

    #[test]
    fn the_cache_is_under_home_unless_told_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let settings = StoreSettings::new(StoreArgs::default(), &home(dir.path())).unwrap();
        assert_eq!(settings.cache, dir.path().join(".cache/presslate"));

        let args = StoreArgs {
            cache_dir: Some("elsewhere".into()),
            ..StoreArgs::default()
        };
        assert_eq!(
            StoreSettings::new(args, &home(dir.path())).unwrap().cache,
            PathBuf::from("elsewhere")
        );
    }

    #[test]
    fn without_a_home_the_cache_must_be_named() {
        let error = StoreSettings::new(StoreArgs::default(), &Environment::default()).unwrap_err();
        assert_eq!(error.setting, "PRESSLATE_CACHE_DIR");
    }

    #[test]
    fn a_model_folder_that_is_not_there_is_refused() {
        let args = StoreArgs {
            model_dir: Some("/nonexistent/weights".into()),
            ..StoreArgs::default()
        };
        let error = StoreSettings::new(args, &home("/tmp".as_ref())).unwrap_err();
        assert!(
            error.to_string().contains("/nonexistent/weights"),
            "{error}"
        );
    }

    #[test]
    fn a_saved_token_is_used_when_the_environment_has_none() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("token"), "hf_saved\n").unwrap();
        let mut environment = Environment {
            hf_home: Some(dir.path().to_owned()),
            ..home(dir.path())
        };
        let token = |environment: &Environment| {
            let settings = StoreSettings::new(StoreArgs::default(), environment).unwrap();
            settings.hub.token.unwrap().expose_secret().to_owned()
        };
        assert_eq!(token(&environment), "hf_saved");
        environment.hf_token = Some("hf_given".to_owned().into());
        assert_eq!(token(&environment), "hf_given");
    }

    #[test]
    fn a_mirror_must_be_a_web_address() {
        let environment = Environment {
            hf_endpoint: Some("mirror.example".to_owned()),
            ..home("/tmp".as_ref())
        };
        assert_eq!(
            StoreSettings::new(StoreArgs::default(), &environment)
                .unwrap_err()
                .setting,
            "HF_ENDPOINT"
        );
    }
}
