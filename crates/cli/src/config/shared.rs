//! The profiles and services of the user's configuration, both files merged as the SDKs merge them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::file::{self, Section};
use crate::env::Environment;
use crate::error::CliError;
use crate::limits;

/// One profile: its settings from the config file, overlaid by those of the credentials file.
#[derive(Clone, Default)]
pub struct Profile {
    section: Section,
}

impl std::fmt::Debug for Profile {
    /// Names only: a value may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.section.values.keys()).finish()
    }
}

impl Profile {
    /// A setting; an empty one counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.section
            .values
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether a setting says yes.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether the profile holds an access key of its own.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.get("aws_access_key_id").is_some() || self.get("aws_secret_access_key").is_some()
    }
}

/// The whole shared configuration.
#[derive(Debug, Clone, Default)]
pub struct SharedConfig {
    profiles: BTreeMap<String, Profile>,
    services: BTreeMap<String, Section>,
}

impl SharedConfig {
    /// Reads both files. A file that is not there counts as empty.
    pub fn load(environment: &Environment) -> Result<SharedConfig, CliError> {
        let config = read(&path(environment, "AWS_CONFIG_FILE", "config"))?;
        let credentials = read(&path(
            environment,
            "AWS_SHARED_CREDENTIALS_FILE",
            "credentials",
        ))?;
        Ok(SharedConfig::merge(config, credentials))
    }

    /// The configuration that two file texts make, for tests and for `locum dev`.
    pub fn from_texts(config: &str, credentials: &str) -> Result<SharedConfig, CliError> {
        let parsed = |text, name: &str| parse(text, Path::new(name));
        Ok(SharedConfig::merge(
            parsed(config, "config")?,
            parsed(credentials, "credentials")?,
        ))
    }

    fn merge(
        config: BTreeMap<String, Section>,
        credentials: BTreeMap<String, Section>,
    ) -> SharedConfig {
        let mut shared = SharedConfig::default();
        // `[profile default]` wins over `[default]`, so the bare form goes in first.
        if let Some(section) = config.get("default") {
            shared.profiles.insert(
                "default".to_owned(),
                Profile {
                    section: section.clone(),
                },
            );
        }
        for (name, section) in config {
            match name.split_once(' ') {
                Some(("profile", profile)) => {
                    shared
                        .profiles
                        .insert(profile.to_owned(), Profile { section });
                }
                Some(("services", services)) => {
                    shared.services.insert(services.to_owned(), section);
                }
                _ => {}
            }
        }
        for (name, section) in credentials {
            let profile = shared.profiles.entry(name).or_default();
            profile.section.values.extend(section.values);
        }
        shared
    }

    /// A profile by name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    /// The names of all profiles, sorted.
    pub fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// The `endpoint_url` that `[services NAME]` gives for a service id such as `sts`.
    #[must_use]
    pub fn service_endpoint(&self, services: &str, service: &str) -> Option<&str> {
        let value = self
            .services
            .get(services)?
            .nested
            .get(service)?
            .get("endpoint_url")?;
        Some(value.as_str()).filter(|url| !url.is_empty())
    }
}

fn path(environment: &Environment, variable: &str, name: &str) -> PathBuf {
    match environment.get(variable) {
        Some(path) => environment.expand(path),
        None => environment
            .home()
            .unwrap_or_default()
            .join(".aws")
            .join(name),
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, Section>, CliError> {
    let opened = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(e) => return Err(CliError::io(format!("cannot read {}", path.display()), e)),
    };
    let mut text = String::new();
    let mut bounded = opened.take(limits::CONFIG_FILE_BYTES_MAX + 1);
    bounded
        .read_to_string(&mut text)
        .map_err(|e| CliError::io(format!("cannot read {}", path.display()), e))?;
    if text.len() as u64 > limits::CONFIG_FILE_BYTES_MAX {
        let message = format!(
            "{} is larger than {} bytes",
            path.display(),
            limits::CONFIG_FILE_BYTES_MAX
        );
        return Err(CliError::configuration(
            message,
            "it should be a small text file",
        ));
    }
    parse(&text, path)
}

fn parse(text: &str, path: &Path) -> Result<BTreeMap<String, Section>, CliError> {
    file::parse(text).map_err(|e| CliError::ConfigSyntax {
        file: path.to_path_buf(),
        line: e.line,
        message: e.message,
    })
}
