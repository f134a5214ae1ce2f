//! The operator's socket: one JSON line in, one out, for what no API may do. The client's side is here.

mod socket;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use socket::Peer;
pub(crate) use socket::{bind, serve};

use crate::limits;

/// The socket's name in the data directory.
pub const SOCKET_NAME: &str = "operator.sock";

/// What an operator may ask. On the wire: one line such as
/// `{"command":"create-account","name":"tenant","root_key":true}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum OperatorRequest {
    /// How is it?
    Status {},
    /// A new account.
    CreateAccount {
        /// Its name.
        name: String,
        /// The address of its root user; made up from the name when missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
        /// Give its root user an access key and answer it.
        #[serde(default)]
        root_key: bool,
    },
    /// An access key for the root user of an account (break-glass).
    RootKey {
        /// The account's id.
        account: String,
    },
    /// A new session key; at most one older one may end with it.
    RotateKeys {
        /// This epoch seals nothing more; its sessions live on to their end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retire: Option<u32>,
        /// This epoch's sessions end now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revoke: Option<u32>,
    },
    /// A consistent copy of the database.
    Backup {
        /// A file that does not exist yet; absolute, as the server's directory is not the caller's.
        file: PathBuf,
    },
    /// Remove the oldest days of the trail.
    PruneTrail {
        /// Days before this one (`YYYY-MM-DD`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        /// Or all but so many whole days and today.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep_days: Option<u32>,
        /// Also days that LookupEvents still answers for.
        #[serde(default)]
        recent: bool,
        /// Answer what would be removed, and remove nothing.
        #[serde(default)]
        dry_run: bool,
    },
    /// A signed checkpoint of the newest record of the trail.
    SignCheckpoint {},
    /// Why a call was refused.
    Why {
        /// The id of the request, or the encoded authorization message of its answer.
        call: String,
        /// How wide texts may be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        columns: Option<u16>,
    },
    /// Whether a call would be allowed.
    Can {
        /// The ARN of a user, a role, a session of a role, or a root user.
        principal: String,
        /// Such as `iam:GetUser`.
        action: String,
        /// An ARN, or `*`.
        resource: String,
        /// Context of the call.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        context: Vec<ContextArgument>,
        /// The text of a session policy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_policy: Option<String>,
        /// Service control policies, level by level from the root of the organization.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scp: Vec<Vec<PolicyArgument>>,
        /// Resource control policies, likewise.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rcp: Vec<Vec<PolicyArgument>>,
        /// How wide texts may be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        columns: Option<u16>,
    },
    /// An account from the JSON of `aws iam get-account-authorization-details`: all of it or nothing.
    ImportAccount {
        /// The file; absolute, as the server's directory is not the caller's.
        file: PathBuf,
        /// Account ids of the file, and what they are here.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        map_accounts: BTreeMap<String, String>,
        /// Answer the plan and change nothing.
        #[serde(default)]
        dry_run: bool,
    },
}

/// One context key of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextArgument {
    /// The key as policies write it.
    pub key: String,
    /// Its values.
    pub values: Vec<String>,
    /// Whether it is a key that may have several values.
    #[serde(default)]
    pub list: bool,
}

/// A policy of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyArgument {
    /// What explanations call it.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl OperatorRequest {
    /// The command as it is on the wire.
    pub fn command(&self) -> &'static str {
        match self {
            OperatorRequest::Status {} => "status",
            OperatorRequest::CreateAccount { .. } => "create-account",
            OperatorRequest::RootKey { .. } => "root-key",
            OperatorRequest::RotateKeys { .. } => "rotate-keys",
            OperatorRequest::Backup { .. } => "backup",
            OperatorRequest::PruneTrail { .. } => "prune-trail",
            OperatorRequest::SignCheckpoint {} => "sign-checkpoint",
            OperatorRequest::Why { .. } => "why",
            OperatorRequest::Can { .. } => "can",
            OperatorRequest::ImportAccount { .. } => "import-account",
        }
    }
}

/// A refusal as it goes over the socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorRefusal {
    /// A code in the manner of AWS's, such as `NoSuchEntity`.
    pub code: String,
    /// One sentence.
    pub message: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OperatorAnswer {
    Result(Value),
    Error(OperatorRefusal),
}

/// Why an operator's request has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// Nobody listens there.
    #[error("no server answers on {}: is it running with this data directory?", path.display())]
    NotRunning {
        /// The socket.
        path: PathBuf,
    },
    /// The socket is another user's.
    #[error("{} may be used by its owner and root only", path.display())]
    Permission {
        /// The socket.
        path: PathBuf,
    },
    /// The connection broke.
    #[error("the operator's socket failed: {0}")]
    Socket(#[source] std::io::Error),
    /// The answer is not of this protocol.
    #[error("the server's answer cannot be read: {0}")]
    Answer(String),
    /// The server says no.
    #[error("{}: {}", .0.code, .0.message)]
    Refused(OperatorRefusal),
}

/// The socket of a data directory.
pub fn socket_of(data: &Path) -> PathBuf {
    data.join(SOCKET_NAME)
}

/// Sends one request to the server behind `socket` and waits for its result.
///
/// # Errors
/// See [`OperatorError`]; [`OperatorError::Refused`] carries the server's own words.
pub fn call(socket: &Path, request: &OperatorRequest) -> Result<Value, OperatorError> {
    let path = socket.to_owned();
    let stream = connect(socket).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => {
            OperatorError::NotRunning { path }
        }
        std::io::ErrorKind::PermissionDenied => OperatorError::Permission { path },
        _ => OperatorError::Socket(error),
    })?;
    let mut line =
        serde_json::to_vec(request).map_err(|error| OperatorError::Answer(error.to_string()))?;
    line.push(b'\n');
    stream
        .set_read_timeout(Some(limits::OPERATOR_CALL_TIMEOUT))
        .and_then(|()| (&stream).write_all(&line))
        .map_err(OperatorError::Socket)?;
    let mut answer = String::new();
    BufReader::new((&stream).take(limits::OPERATOR_ANSWER_BYTES_MAX as u64))
        .read_line(&mut answer)
        .map_err(OperatorError::Socket)?;
    match serde_json::from_str(&answer) {
        Ok(OperatorAnswer::Result(value)) => Ok(value),
        Ok(OperatorAnswer::Error(refusal)) => Err(OperatorError::Refused(refusal)),
        Err(error) => Err(OperatorError::Answer(error.to_string())),
    }
}

fn connect(socket: &Path) -> std::io::Result<UnixStream> {
    socket::with_short_path(socket, |path| UnixStream::connect(path))
}
