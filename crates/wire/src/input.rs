//! What is wrong with a call's input, in AWS's words.

use crate::form::FormError;
use crate::node::NodeError;
use crate::service::Protocol;
use std::fmt;

/// The value that a violation speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A required member is missing.
    Null,
    /// Quoted.
    Text(String),
    /// Not shown: IAM never does, and no service shows secrets.
    Hidden,
}

/// One constraint of the model that one value does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub(crate) value: Shown,
    /// For example `tags.1.member.key`.
    pub path: String,
    /// For example `Member must not be null`.
    pub constraint: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Shown::Null => f.write_str("Value null")?,
            Shown::Text(text) => write!(f, "Value '{text}'")?,
            Shown::Hidden => f.write_str("Value")?,
        }
        write!(
            f,
            " at '{}' failed to satisfy constraint: {}",
            self.path, self.constraint
        )
    }
}

/// Why an input is refused. Every one is status 400 and the caller's fault.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InputError {
    /// Values that break the model's constraints, all of them.
    #[error("{}", sentence(.shown, *.total))]
    Violations {
        /// Where the call came in; it decides the code.
        protocol: Protocol,
        /// In the model's order, at most [`crate::limits::VIOLATIONS_SHOWN_MAX`].
        shown: Vec<Violation>,
        /// How many there are.
        total: usize,
    },
    /// A list, structure or number where the model has another thing, in a form.
    #[error("{0}")]
    MalformedInput(String),
    /// A parameter written twice or in another case.
    #[error(transparent)]
    MalformedQuery(FormError),
    /// A JSON body that is no JSON, or not of the model's types.
    #[error("{0}")]
    Serialization(String),
}

impl InputError {
    /// The code on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            InputError::Violations {
                protocol: Protocol::Json11,
                ..
            } => "ValidationException",
            InputError::Violations { .. } => "ValidationError",
            InputError::MalformedInput(_) => "MalformedInput",
            InputError::MalformedQuery(_) => "MalformedQueryString",
            InputError::Serialization(_) => "SerializationException",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        400
    }

    /// AWS's sentence.
    pub fn message(&self) -> String {
        self.to_string()
    }

    pub(crate) fn from_node(error: NodeError, protocol: Protocol) -> InputError {
        let json = protocol == Protocol::Json11;
        match error {
            NodeError::Name(error) if json => InputError::Serialization(error.to_string()),
            NodeError::Name(error) => InputError::MalformedQuery(error),
            NodeError::Structure(text) if json => InputError::Serialization(text.to_owned()),
            NodeError::Structure(text) => InputError::MalformedInput(text.to_owned()),
            NodeError::Type { found, wanted } if json => {
                InputError::Serialization(format!("{found} can not be converted to {wanted}"))
            }
            NodeError::Type { found, wanted } => {
                InputError::MalformedInput(format!("{found} can not be converted to {wanted}"))
            }
        }
    }
}

fn sentence(shown: &[Violation], total: usize) -> String {
    let errors = if total == 1 { "error" } else { "errors" };
    let all: Vec<String> = shown.iter().map(Violation::to_string).collect();
    format!("{total} validation {errors} detected: {}", all.join("; "))
}
