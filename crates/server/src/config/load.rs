//! Reads the file, lays variables and flags over it, and checks the whole.

use std::io::Read;
use std::ops::RangeInclusive;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::error::hint;
use super::{Config, ConfigError, Key, Kind, Origin, TrailConfig, keys::KEYS};
use crate::limits;

/// Variables that other parts of the program read.
const OTHER_VARIABLES: &[&str] = &["LOCUM_CONFIG"];

/// A key, its value, and what it may be.
type Ranged = (&'static str, u64, RangeInclusive<u64>);

impl Config {
    /// The configuration of `file`, with `env` over it and `overrides` over both.
    ///
    /// Of `env`, only names starting with `LOCUM_` are looked at; those that name no setting are
    /// refused, except what Kubernetes adds for a service called `locum…`. `overrides` are pairs of
    /// a dotted key and its text, as flags give them.
    ///
    /// # Errors
    /// The first fault found, naming its file and place, variable or flag.
    pub fn load(
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        overrides: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        let mut table = match file {
            Some(path) => read_file(path)?,
            None => Table::new(),
        };
        let mut variables: Vec<(String, String)> =
            env.filter(|(name, _)| name.starts_with("LOCUM_")).collect();
        // The environment has no order of its own; errors should.
        variables.sort();
        for (name, text) in variables {
            if OTHER_VARIABLES.contains(&name.as_str()) || is_kubernetes_link(&name) {
                continue;
            }
            let Some(key) = Key::by_variable(&name) else {
                let nearest = nearest(&name, KEYS.iter().map(|key| key.variable));
                return Err(ConfigError::Unknown {
                    origin: Origin::Variable(name),
                    nearest,
                });
            };
            lay(&mut table, key, &text, Origin::Variable(name))?;
        }
        for (name, text) in overrides {
            let Some(key) = Key::by_name(&name) else {
                let nearest = nearest(&name, KEYS.iter().map(|key| key.name));
                return Err(ConfigError::Unknown {
                    origin: Origin::Flag(name),
                    nearest,
                });
            };
            lay(&mut table, key, &text, Origin::Flag(key.flag.to_owned()))?;
        }
        let config =
            Config::deserialize(Value::Table(table)).map_err(|error| ConfigError::Together {
                key: "configuration",
                message: error.message().to_owned(),
            })?;
        config.check()?;
        Ok(config)
    }

    /// Do the settings go together and lie in their ranges? [`Config::load`] has asked already.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), ConfigError> {
        for (key, value, range) in self.ranges().into_iter().chain(self.trail_ranges()) {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                let message = format!("{value} is outside {low} to {high}");
                return Err(ConfigError::Together { key, message });
            }
        }
        match (&self.tls.certificate, &self.tls.key) {
            (Some(_), None) => return together("tls.key", "is needed beside tls.certificate"),
            (None, Some(_)) => return together("tls.certificate", "is needed beside tls.key"),
            _ => {}
        }
        if self.tls.certificate.is_none()
            && !self.listen.ip().to_canonical().is_loopback()
            && !self.insecure_plain_http
        {
            return together(
                "listen",
                "plain HTTP is served on loopback only: set tls.certificate and tls.key, or \
                 insecure_plain_http = true when something in front encrypts",
            );
        }
        if self
            .metrics_listen
            .is_some_and(|metrics| metrics == self.listen && metrics.port() != 0)
        {
            return together("metrics_listen", "must not be the address of listen");
        }
        if self.data.as_os_str().is_empty() {
            return together("data", "must not be empty");
        }
        self.trail.check()?;
        if !is_name(&self.partition) {
            return together(
                "partition",
                "must be lower-case letters, digits and hyphens, like aws",
            );
        }
        if self
            .region
            .as_deref()
            .is_some_and(|region| !is_name(region))
        {
            return together(
                "region",
                "must be lower-case letters, digits and hyphens, like eu-west-1",
            );
        }
        Ok(())
    }

    fn ranges(&self) -> [Ranged; 11] {
        let l = &self.limits;
        let bytes = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        [
            ("workers", bytes(self.workers), limits::WORKERS_RANGE),
            (
                "limits.connections_max",
                l.connections_max.into(),
                limits::CONNECTIONS_RANGE,
            ),
            (
                "limits.connections_per_source_max",
                l.connections_per_source_max.into(),
                limits::CONNECTIONS_RANGE,
            ),
            (
                "limits.body_bytes_max",
                bytes(l.body_bytes_max),
                limits::BODY_BYTES_RANGE,
            ),
            (
                "limits.header_bytes_max",
                bytes(l.header_bytes_max),
                limits::HEADER_BYTES_RANGE,
            ),
            (
                "limits.header_timeout_s",
                l.header_timeout_s.into(),
                limits::TIMEOUT_S_RANGE,
            ),
            (
                "limits.body_timeout_s",
                l.body_timeout_s.into(),
                limits::TIMEOUT_S_RANGE,
            ),
            (
                "limits.idle_timeout_s",
                l.idle_timeout_s.into(),
                limits::TIMEOUT_S_RANGE,
            ),
            (
                "limits.drain_timeout_s",
                l.drain_timeout_s.into(),
                limits::TIMEOUT_S_RANGE,
            ),
            (
                "limits.unauthenticated_records_max",
                l.unauthenticated_records_max.into(),
                limits::NOISE_ALONE_RANGE,
            ),
            (
                "limits.lookups_per_s_max",
                l.lookups_per_s_max.into(),
                limits::LOOKUPS_RANGE,
            ),
        ]
    }

    fn trail_ranges(&self) -> [Ranged; 3] {
        [
            (
                "trail.deliver_every_s",
                self.trail.deliver_every_s.into(),
                limits::DELIVERY_S_RANGE,
            ),
            (
                "trail.digest_every_s",
                self.trail.digest_every_s.into(),
                limits::DELIVERY_S_RANGE,
            ),
            (
                "trail.keep_days",
                self.trail.keep_days.map_or(1, u64::from),
                limits::KEEP_DAYS_RANGE,
            ),
        ]
    }
}

fn together(key: &'static str, message: &str) -> Result<(), ConfigError> {
    Err(ConfigError::Together {
        key,
        message: message.to_owned(),
    })
}

impl TrailConfig {
    fn check(&self) -> Result<(), ConfigError> {
        if !is_bucket(&self.bucket) {
            return together(
                "trail.bucket",
                "must be a bucket's name: 3 to 63 lower-case letters, digits, hyphens and dots",
            );
        }
        if self.endpoint.is_some() != self.credentials.is_some() {
            return together(
                "trail.credentials",
                "and trail.endpoint are set together or not at all",
            );
        }
        if self.endpoint.is_none() && self.region != TrailConfig::default().region {
            return together("trail.region", "is for a trail.endpoint");
        }
        let is_over_tls = |endpoint: &String| endpoint.starts_with("https://");
        if self.ca_bundle.is_some() && !self.endpoint.as_ref().is_some_and(is_over_tls) {
            return together(
                "trail.ca_bundle",
                "is for a trail.endpoint that begins with https://",
            );
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn is_bucket(text: &str) -> bool {
    (3..=63).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

fn read_file(path: &Path) -> Result<Table, ConfigError> {
    let read = |source| ConfigError::Read {
        path: path.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(read)?;
    let mut text = String::new();
    file.take(limits::CONFIG_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(read)?;
    if text.len() as u64 > limits::CONFIG_BYTES_MAX {
        return Err(read(std::io::Error::other("longer than 1 MiB")));
    }
    match toml::from_str::<Config>(&text) {
        // Read once more as a table, so that variables can be laid over it.
        Ok(_) => text
            .parse::<Table>()
            .map_err(|error| file_error(path, &text, &error)),
        Err(error) => Err(file_error(path, &text, &error)),
    }
}

fn file_error(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let span = error.span().unwrap_or(0..0);
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |last| last.chars().count())
        + 1;
    let message = unknown_key(text).unwrap_or_else(|| error.message().replace('\n', " "));
    let (path, text) = (path.to_owned(), text.to_owned());
    ConfigError::File {
        path,
        text,
        span,
        line,
        column,
        message,
    }
}

/// A sentence about the first key of the file that is none of ours.
fn unknown_key(text: &str) -> Option<String> {
    let table = text.parse::<Table>().ok()?;
    for (name, value) in &table {
        let section = KEYS.iter().any(|key| {
            key.name
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        });
        let full = match value {
            Value::Table(inner) if section => inner
                .keys()
                .map(|inner| format!("{name}.{inner}"))
                .find(|full| Key::by_name(full).is_none()),
            _ if section => None,
            _ => Some(name.clone()).filter(|name| Key::by_name(name).is_none()),
        };
        if let Some(full) = full {
            let nearest = nearest(&full, KEYS.iter().map(|key| key.name));
            return Some(format!(
                "`{full}` is not a setting of Locum{}",
                hint(nearest.as_deref())
            ));
        }
    }
    None
}

/// Puts one text in its place, after checking that it alone is a fit value.
fn lay(
    table: &mut Table,
    key: &'static Key,
    text: &str,
    origin: Origin,
) -> Result<(), ConfigError> {
    let fault = |origin: &Origin, message: String| ConfigError::Value {
        origin: origin.clone(),
        key: key.name,
        message,
    };
    let value = read_value(key, text).map_err(|message| fault(&origin, message))?;
    let mut alone = Table::new();
    put(&mut alone, key.name, value.clone());
    Config::deserialize(Value::Table(alone))
        .map_err(|error| fault(&origin, format!("{text:?}: {}", error.message())))?;
    put(table, key.name, value);
    Ok(())
}

fn read_value(key: &Key, text: &str) -> Result<Value, String> {
    match key.kind {
        Kind::Text | Kind::Path | Kind::Address => Ok(Value::String(text.to_owned())),
        Kind::Whole => text
            .parse::<u32>()
            .map(|number| Value::Integer(number.into()))
            .map_err(|_| format!("{text:?} is not a whole number")),
        Kind::Switch => match text {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => Err(format!("{text:?} is neither true nor false")),
        },
        Kind::List => Ok(text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| Value::String(item.to_owned()))
            .collect::<Vec<Value>>()
            .into()),
    }
}

fn put(table: &mut Table, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            table.insert(name.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = table
                .entry(section.to_owned())
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Kubernetes gives every pod `NAME_SERVICE_HOST`, `NAME_PORT_80_TCP_ADDR`, … for each service of
/// its namespace, so a service called `locum` would otherwise stop Locum from starting.
fn is_kubernetes_link(name: &str) -> bool {
    if Key::by_variable(name).is_some() {
        return false;
    }
    if name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.ends_with("_PORT")
    {
        return true;
    }
    let Some((_, rest)) = name.split_once("_PORT_") else {
        return false;
    };
    let mut parts = rest.split('_');
    let digits = parts.next().unwrap_or_default();
    let protocol = parts.next().unwrap_or_default();
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(protocol, "TCP" | "UDP" | "SCTP")
}

/// The known name closest to `name`, if any is close.
fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<String> {
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 3.max(candidate.len() / 4))
        .map(|(_, candidate)| candidate.to_owned())
}

/// Edits (insert, delete, replace) from one text to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().take(128).enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (slot, other) in row.iter_mut().skip(1).zip(&to) {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = *slot;
            left = replaced.min(*slot + 1).min(left + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}
