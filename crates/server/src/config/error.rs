//! Why a configuration is refused, each naming the file, variable or flag at fault.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The configuration file.
    File(PathBuf),
    /// An environment variable, by name.
    Variable(String),
    /// A flag, by name.
    Flag(String),
    /// Several settings that do not go together, or a default.
    Together,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Variable(name) | Origin::Flag(name) => f.write_str(name),
            Origin::Together => f.write_str("configuration"),
        }
    }
}

/// A configuration that is not taken. The program does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no configuration.
    #[error("{}:{line}:{column}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Its text, for showing the place.
        text: String,
        /// The bytes at fault.
        span: Range<usize>,
        /// Line of the first of them, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong, naming the key.
        message: String,
    },
    /// A variable or flag that means nothing to Locum.
    #[error("{origin} is not a setting of Locum{}", hint(.nearest.as_deref()))]
    Unknown {
        /// The variable or flag.
        origin: Origin,
        /// One that looks like it.
        nearest: Option<String>,
    },
    /// A value that its setting cannot have.
    #[error("{origin}: {message}")]
    Value {
        /// Where it was given.
        origin: Origin,
        /// The setting's dotted key.
        key: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// Settings that are each fine but not together.
    #[error("{key}: {message}")]
    Together {
        /// The setting to change.
        key: &'static str,
        /// Why, and to what.
        message: String,
    },
}

impl ConfigError {
    /// The text of the file and the bytes at fault, where the fault is in a file.
    pub fn place(&self) -> Option<(&str, Range<usize>)> {
        match self {
            ConfigError::File { text, span, .. } => Some((text, span.clone())),
            _ => None,
        }
    }
}

pub(super) fn hint(nearest: Option<&str>) -> String {
    nearest
        .map(|name| format!("; did you mean {name}?"))
        .unwrap_or_default()
}
