//! Credentials as the command line holds them, and where the first ones come from.

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::clock;
use crate::config::SharedConfig;
use crate::config::chain::Source;
use crate::env::Environment;
use crate::error::CliError;
use crate::process;

/// A secret text. It is shown by [`Secret::expose`] alone and wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret in.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The secret itself, for signing or for output that was asked for.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// An access key, of a user or of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// The secret of the key.
    pub secret: Secret,
    /// The token that goes with a session's key.
    pub session_token: Option<Secret>,
    /// When a session ends, Unix seconds.
    pub expires_s: Option<i64>,
}

/// Gets the first credentials of a plan.
pub fn of_source(
    source: &Source,
    environment: &Environment,
    shared: &SharedConfig,
) -> Result<Credentials, CliError> {
    match source {
        Source::Environment => of_environment(environment),
        Source::Keys { profile } => of_profile(profile, shared),
        Source::Process { profile, command } => {
            let output = process::run(profile, command, environment)?;
            of_process_output(profile, &output)
        }
    }
}

fn of_environment(environment: &Environment) -> Result<Credentials, CliError> {
    let (Some(id), Some(secret)) = (
        environment.get("AWS_ACCESS_KEY_ID"),
        environment.get("AWS_SECRET_ACCESS_KEY"),
    ) else {
        let message = "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set";
        return Err(CliError::configuration(
            message,
            "set both, or clear them with `eval \"$(locum unset)\"`",
        ));
    };
    let token = environment
        .get("AWS_SESSION_TOKEN")
        .or_else(|| environment.get("AWS_SECURITY_TOKEN"));
    let expires_s = environment
        .get("AWS_CREDENTIAL_EXPIRATION")
        .and_then(clock::parse);
    // The expiry is only known to belong to these keys when they are a session's.
    let expires_s = token.and(expires_s);
    Ok(Credentials {
        access_key_id: id.to_owned(),
        secret: Secret::new(secret),
        session_token: token.map(Secret::new),
        expires_s,
    })
}

fn of_profile(name: &str, shared: &SharedConfig) -> Result<Credentials, CliError> {
    let unusable = |message: &str| CliError::ProfileUnusable {
        name: name.to_owned(),
        message: message.to_owned(),
        hint: "it needs both aws_access_key_id and aws_secret_access_key".to_owned(),
    };
    let profile = shared.profile(name).ok_or_else(|| unusable("it is gone"))?;
    let id = profile
        .get("aws_access_key_id")
        .ok_or_else(|| unusable("it has no aws_access_key_id"))?;
    let secret = profile
        .get("aws_secret_access_key")
        .ok_or_else(|| unusable("it has no aws_secret_access_key"))?;
    Ok(Credentials {
        access_key_id: id.to_owned(),
        secret: Secret::new(secret),
        session_token: profile.get("aws_session_token").map(Secret::new),
        expires_s: None,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProcessOutput {
    version: i64,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
    expiration: Option<String>,
}

/// Understands what a `credential_process` printed. Its text is never repeated in an error: it holds secrets.
pub fn of_process_output(profile: &str, output: &[u8]) -> Result<Credentials, CliError> {
    let wrong = |message: &str| CliError::Process {
        name: profile.to_owned(),
        message: message.to_owned(),
    };
    let parsed: ProcessOutput = serde_json::from_slice(output)
        .map_err(|_| wrong("printed something else than the JSON that is expected"))?;
    if parsed.version != 1 {
        return Err(wrong(&format!(
            "printed Version {}, and only 1 is known",
            parsed.version
        )));
    }
    let (Some(id), Some(secret)) = (parsed.access_key_id, parsed.secret_access_key) else {
        return Err(wrong("printed no AccessKeyId or no SecretAccessKey"));
    };
    let expires_s = match parsed.expiration {
        None => None,
        Some(text) => Some(
            clock::parse(&text).ok_or_else(|| wrong("printed an Expiration that is no time"))?,
        ),
    };
    if expires_s.is_some_and(|end| end <= clock::now_s()) {
        return Err(wrong("printed credentials that have expired"));
    }
    Ok(Credentials {
        access_key_id: id,
        secret: Secret::new(secret),
        session_token: parsed.session_token.map(Secret::new),
        expires_s,
    })
}
