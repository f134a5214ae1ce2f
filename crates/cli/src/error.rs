//! What can go wrong in the command line, one variant per culprit, each with its exit code and its hint.

use std::path::PathBuf;

/// Exit codes, the AWS CLI's own.
pub mod exit {
    /// Done.
    pub const DONE: u8 = 0;
    /// What was looked at was found wanting.
    pub const FOUND: u8 = 1;
    /// The command was called wrongly.
    pub const USAGE: u8 = 252;
    /// The configuration is missing or wrong.
    pub const CONFIGURATION: u8 = 253;
    /// The service refused the call.
    pub const REFUSED: u8 = 254;
    /// Anything else.
    pub const OTHER: u8 = 255;
    /// Interrupted from the keyboard.
    pub const INTERRUPTED: u8 = 130;
}

/// A failed command.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The words on the command line do not make sense together.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to write instead.
        hint: String,
    },
    /// A file of the shared configuration cannot be understood.
    #[error("{}, line {line}: {message}", file.display())]
    ConfigSyntax {
        /// The file.
        file: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A profile that was asked for does not exist.
    #[error("the profile {name} does not exist{}", needed_by.as_ref().map(|by| format!(" (it is the source_profile of {by})")).unwrap_or_default())]
    ProfileMissing {
        /// The profile's name.
        name: String,
        /// The profile that names it as its source.
        needed_by: Option<String>,
    },
    /// Profiles name each other as source.
    #[error("the profiles {} are each other's source_profile", chain.join(" → "))]
    ProfileLoop {
        /// The profiles in the order visited; the last one closes the loop.
        chain: Vec<String>,
    },
    /// A profile cannot be used as it stands.
    #[error("profile {name}: {message}")]
    ProfileUnusable {
        /// The profile's name.
        name: String,
        /// Why not.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// No source of credentials is configured at all.
    #[error(
        "no credentials: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor a profile with credentials"
    )]
    NoCredentials,
    /// Another setting is wrong.
    #[error("{message}")]
    Configuration {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// A `credential_process` failed.
    #[error("profile {name}: credential_process {message}")]
    Process {
        /// The profile's name.
        name: String,
        /// What happened.
        message: String,
    },
    /// The service answered with an error.
    #[error("{operation} was refused: {code}: {message}")]
    Refused {
        /// The operation that was called.
        operation: String,
        /// The service's error code.
        code: String,
        /// The service's own sentence.
        message: String,
        /// The service's request id, empty when it sent none.
        request_id: String,
    },
    /// The service failed, which is its fault and not the caller's.
    #[error("{operation} failed at {endpoint}: {code}: {message}")]
    ServiceFault {
        /// The operation that was called.
        operation: String,
        /// The endpoint.
        endpoint: String,
        /// The error code or HTTP status.
        code: String,
        /// The service's own sentence.
        message: String,
    },
    /// The endpoint cannot be reached.
    #[error("cannot reach {endpoint}: {reason}")]
    Unreachable {
        /// The endpoint.
        endpoint: String,
        /// Why not.
        reason: String,
    },
    /// The answer of the endpoint makes no sense.
    #[error("the answer of {endpoint} to {operation} is not understood: {reason}")]
    BadAnswer {
        /// The endpoint.
        endpoint: String,
        /// The operation that was called.
        operation: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Secrets would have gone to a terminal.
    #[error("this would show secrets on the terminal")]
    SecretsOnTerminal {
        /// How to get what is wanted.
        hint: String,
    },
    /// A token is needed and nobody can be asked for it.
    #[error(
        "the role needs a code of the MFA device {serial}, and there is no terminal to ask for it"
    )]
    NoTerminal {
        /// The device.
        serial: String,
    },
    /// A program cannot be started.
    #[error("cannot run {program}: {reason}")]
    CannotRun {
        /// The program.
        program: String,
        /// Why not.
        reason: String,
    },
    /// The host's operator socket refused or failed.
    #[error("{message}")]
    Operator {
        /// What was said.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// The server could not start or stopped with an error.
    #[error("{message}")]
    Server {
        /// What happened.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// A file cannot be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was being done, with the path.
        what: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file does not hold a policy.
    #[error("{}, line {line}, column {column}: {message}", file.display())]
    NoPolicy {
        /// The file.
        file: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A question about policies stays open.
    #[error("{message}")]
    Undecided {
        /// Which, and why.
        message: String,
    },
    /// Policies were looked at and found wanting.
    #[error("{summary}")]
    Found {
        /// What was found, in one line.
        summary: String,
        /// What to do about it; may be empty.
        hint: String,
    },
    /// Denied, as the result says.
    #[error("denied")]
    Denied,
    /// Interrupted from the keyboard.
    #[error("interrupted")]
    Interrupted,
}

impl CliError {
    /// A file or stream error, told with what was being done.
    pub fn io(what: impl Into<String>, source: std::io::Error) -> CliError {
        CliError::Io {
            what: what.into(),
            source,
        }
    }

    /// A wrong use of the command line.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::Usage {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// A wrong setting.
    pub fn configuration(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::Configuration {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The code that the process ends with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            CliError::Usage { .. } | CliError::SecretsOnTerminal { .. } => exit::USAGE,
            CliError::ConfigSyntax { .. }
            | CliError::ProfileMissing { .. }
            | CliError::ProfileLoop { .. }
            | CliError::ProfileUnusable { .. }
            | CliError::NoCredentials
            | CliError::Configuration { .. }
            | CliError::NoTerminal { .. } => exit::CONFIGURATION,
            CliError::Found { .. } | CliError::Denied => exit::FOUND,
            CliError::Refused { .. } => exit::REFUSED,
            CliError::Interrupted => exit::INTERRUPTED,
            CliError::Process { .. }
            | CliError::ServiceFault { .. }
            | CliError::Unreachable { .. }
            | CliError::BadAnswer { .. }
            | CliError::CannotRun { .. }
            | CliError::Operator { .. }
            | CliError::Server { .. }
            | CliError::NoPolicy { .. }
            | CliError::Undecided { .. }
            | CliError::Io { .. } => exit::OTHER,
        }
    }

    /// What the user can do about it; empty when there is nothing useful to say.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            CliError::Usage { hint, .. }
            | CliError::ProfileUnusable { hint, .. }
            | CliError::Configuration { hint, .. }
            | CliError::SecretsOnTerminal { hint }
            | CliError::Operator { hint, .. }
            | CliError::Found { hint, .. }
            | CliError::Server { hint, .. } => hint.clone(),
            CliError::ProfileMissing { .. } => {
                "profiles are read from ~/.aws/config and ~/.aws/credentials, or from AWS_CONFIG_FILE and \
                 AWS_SHARED_CREDENTIALS_FILE"
                    .to_owned()
            }
            CliError::ProfileLoop { .. } => {
                "one of them must have keys of its own, a credential_process or a credential_source".to_owned()
            }
            CliError::NoCredentials => "set them, choose a profile with --profile or AWS_PROFILE, or try `locum dev`".to_owned(),
            CliError::Refused { code, request_id, .. } => refusal_hint(code, request_id),
            CliError::Unreachable { endpoint, reason } => unreachable_hint(endpoint, reason).to_owned(),
            CliError::NoTerminal { .. } => "give it with --token CODE".to_owned(),
            _ => String::new(),
        }
    }
}

/// What usually stands behind an error code.
fn refusal_hint(code: &str, request_id: &str) -> String {
    let advice = match code {
        "InvalidClientTokenId" => {
            "the key is unknown at this endpoint: was it made elsewhere, deleted or made inactive?"
        }
        "SignatureDoesNotMatch" => "the secret does not belong to this key",
        "ExpiredToken" | "ExpiredTokenException" => {
            "the session is over: get a new one, or clear it with `eval \"$(locum unset)\"`"
        }
        "RequestExpired" | "RequestTimeTooSkewed" => "the clock of this machine is off",
        "AccessDenied" | "AccessDeniedException" => {
            "both sides must agree: the caller's policies and the role's trust policy, with its conditions"
        }
        _ => "",
    };
    match (advice, request_id) {
        ("", "") => String::new(),
        ("", id) => format!("request id {id}"),
        (text, "") => text.to_owned(),
        (text, id) => format!("{text} (request id {id})"),
    }
}

/// What usually stands behind an endpoint that is not reached.
fn unreachable_hint(endpoint: &str, reason: &str) -> &'static str {
    let host = endpoint.trim_end_matches(".cn");
    if host.ends_with(".amazonaws.com") {
        "no endpoint is configured, so AWS itself is called; for another one set AWS_ENDPOINT_URL or use --endpoint-url"
    } else if reason.contains("certificate") {
        "certificates are checked with AWS_CA_BUNDLE, the profile's ca_bundle, or the system's roots"
    } else {
        "is it running? The endpoint is taken from --endpoint-url, AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL or the profile"
    }
}
