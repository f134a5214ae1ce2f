//! Credentials as shells, programs and SDKs read them; the forms are those of `aws configure export-credentials`.

use serde::Serialize;

use crate::clock;
use crate::env::Environment;
use crate::error::CliError;
use crate::json;
use crate::session::Session;

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `export NAME=value` for sh, bash, zsh.
    Env,
    /// `NAME=value`, for `docker run --env-file` and the like.
    EnvNoExport,
    /// The JSON of `aws sts assume-role`.
    Json,
    /// The JSON that `credential_process` wants.
    Process,
    /// `set -gx NAME "value"` for fish.
    Fish,
    /// `$Env:NAME="value"` for PowerShell.
    Powershell,
    /// `set NAME=value` for cmd.exe.
    WindowsCmd,
}

/// Variables that name or point to other credentials; they are cleared where a session is set.
pub const RIVALS: &[&str] = &[
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_ACCOUNT_ID",
];

/// Variables that hold a session.
pub const CREDENTIAL_VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
];

/// What to do with one variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment {
    /// Give it this value.
    Set(String, String),
    /// Remove it.
    Clear(String),
}

/// Everything that a shell or a child process must set and clear to be the session, in a fixed order.
///
/// `settings` are variables beside the credentials (region, endpoint). Rivals are cleared only where `environment` has them.
#[must_use]
pub fn assignments(
    session: &Session,
    settings: &[(&str, String)],
    environment: &Environment,
) -> Vec<Assignment> {
    let set = |name: &str, value: &str| Assignment::Set(name.to_owned(), value.to_owned());
    let credentials = &session.credentials;
    let mut all = vec![
        set("AWS_ACCESS_KEY_ID", &credentials.access_key_id),
        set("AWS_SECRET_ACCESS_KEY", credentials.secret.expose()),
    ];
    let optional = [
        (
            "AWS_SESSION_TOKEN",
            credentials
                .session_token
                .as_ref()
                .map(|token| token.expose().to_owned()),
        ),
        (
            "AWS_CREDENTIAL_EXPIRATION",
            credentials.expires_s.map(clock::with_offset),
        ),
    ];
    for (name, value) in optional {
        match value {
            Some(value) => all.push(set(name, &value)),
            None if environment.is_set(name) => all.push(Assignment::Clear(name.to_owned())),
            None => {}
        }
    }
    all.extend(settings.iter().map(|(name, value)| set(name, value)));
    all.extend(
        RIVALS
            .iter()
            .filter(|name| environment.is_set(name))
            .map(|name| Assignment::Clear((*name).to_owned())),
    );
    all
}

/// A session in the form that was asked for, with a line break at its end.
pub fn session(
    format: Format,
    session: &Session,
    settings: &[(&str, String)],
    environment: &Environment,
) -> Result<String, CliError> {
    match format {
        Format::Json => Ok(session.to_json()),
        Format::Process => Ok(process(session)),
        shell => script(shell, &assignments(session, settings, environment)),
    }
}

/// Lines for a shell.
pub fn script(format: Format, assignments: &[Assignment]) -> Result<String, CliError> {
    let mut text = String::new();
    for assignment in assignments {
        let line = match assignment {
            Assignment::Set(name, value) => Some(set_line(format, name, value)?),
            Assignment::Clear(name) => clear_line(format, name),
        };
        if let Some(line) = line {
            text.push_str(&line);
            text.push('\n');
        }
    }
    Ok(text)
}

/// What a `credential_process` prints.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProcessOutput<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

fn process(session: &Session) -> String {
    let credentials = &session.credentials;
    json::pretty(&ProcessOutput {
        version: 1,
        access_key_id: &credentials.access_key_id,
        secret_access_key: credentials.secret.expose(),
        session_token: credentials
            .session_token
            .as_ref()
            .map(|token| token.expose()),
        expiration: credentials.expires_s.map(clock::with_offset),
    })
}

/// One assignment. Values come from a service and are run by a shell, so each is quoted for its shell or refused.
fn set_line(format: Format, name: &str, value: &str) -> Result<String, CliError> {
    let refuse = |what: &str| {
        let message =
            format!("the value of {name} holds {what}, which this format cannot carry safely");
        Err(CliError::configuration(message, "use --format json"))
    };
    if value.chars().any(char::is_control) {
        return refuse("a control character");
    }
    Ok(match format {
        Format::Env => format!("export {name}={}", quote_sh(value)),
        Format::Fish => format!(
            "set -gx {name} \"{}\"",
            escape(value, &['\\', '"', '$'], '\\')
        ),
        // PowerShell takes typographic quotes for quotes, so they are escaped too.
        Format::Powershell => {
            format!(
                "$Env:{name}=\"{}\"",
                escape(
                    value,
                    &['`', '"', '$', '\u{201c}', '\u{201d}', '\u{201e}'],
                    '`'
                )
            )
        }
        Format::WindowsCmd if value.contains(['%', '!', '^', '&', '|', '<', '>', '"']) => {
            return refuse("a special character");
        }
        Format::WindowsCmd => format!("set {name}={value}"),
        _ => format!("{name}={value}"),
    })
}

fn clear_line(format: Format, name: &str) -> Option<String> {
    match format {
        Format::Env => Some(format!("unset {name}")),
        Format::Fish => Some(format!("set -e {name}")),
        Format::Powershell => Some(format!(
            "Remove-Item -ErrorAction SilentlyContinue Env:{name}"
        )),
        Format::WindowsCmd => Some(format!("set {name}=")),
        _ => None,
    }
}

/// A word for a POSIX shell: as it is where nothing in it is special, otherwise in single quotes.
#[must_use]
pub fn quote_sh(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_./:=+@%,-".contains(&b);
    if !value.is_empty() && value.bytes().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}

fn escape(value: &str, special: &[char], with: char) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if special.contains(&c) {
            text.push(with);
        }
        text.push(c);
    }
    text
}

/// The form that the user's shell reads: the parent process tells it, else `SHELL`, else the platform.
#[must_use]
pub fn of_shell(environment: &Environment) -> Format {
    let parent = std::fs::read_to_string(format!(
        "/proc/{}/comm",
        std::os::unix::process::parent_id()
    ))
    .ok();
    let named = |name: &str| match name.trim().rsplit('/').next().unwrap_or_default() {
        "fish" => Some(Format::Fish),
        "pwsh" | "powershell" => Some(Format::Powershell),
        "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" => Some(Format::Env),
        _ => None,
    };
    parent
        .as_deref()
        .and_then(named)
        .or_else(|| environment.get("SHELL").and_then(named))
        .unwrap_or(Format::Env)
}
