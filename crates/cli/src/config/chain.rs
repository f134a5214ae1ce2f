//! Profiles → a plan: where the first credentials come from and which roles are assumed with them, in order.

use super::{Profile, SharedConfig};
use crate::duration;
use crate::env::Environment;
use crate::error::CliError;
use crate::limits;
use crate::role::Role;

/// Where the first credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `AWS_ACCESS_KEY_ID` and the variables beside it.
    Environment,
    /// The keys of a profile.
    Keys {
        /// The profile.
        profile: String,
    },
    /// The `credential_process` of a profile.
    Process {
        /// The profile.
        profile: String,
        /// Its command line, split at white space outside quotes when it is run.
        command: String,
    },
}

/// The parameters of one AssumeRole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// ExternalId.
    pub external_id: Option<String>,
    /// RoleSessionName.
    pub session_name: Option<String>,
    /// DurationSeconds.
    pub duration_s: Option<i64>,
    /// SerialNumber of an MFA device; its code is asked for when needed.
    pub mfa_serial: Option<String>,
    /// SourceIdentity.
    pub source_identity: Option<String>,
    /// Session policy, JSON.
    pub policy: Option<String>,
    /// ARNs of managed session policies.
    pub policy_arns: Vec<String>,
    /// Session tags.
    pub tags: Vec<(String, String)>,
    /// Keys of the transitive tags.
    pub transitive_tag_keys: Vec<String>,
}

impl Parameters {
    /// These parameters where they are given, otherwise those of `below`.
    #[must_use]
    pub fn over(self, below: Parameters) -> Parameters {
        let list = |ours: Vec<String>, theirs| if ours.is_empty() { theirs } else { ours };
        Parameters {
            external_id: self.external_id.or(below.external_id),
            session_name: self.session_name.or(below.session_name),
            duration_s: self.duration_s.or(below.duration_s),
            mfa_serial: self.mfa_serial.or(below.mfa_serial),
            source_identity: self.source_identity.or(below.source_identity),
            policy: self.policy.or(below.policy),
            policy_arns: list(self.policy_arns, below.policy_arns),
            tags: if self.tags.is_empty() {
                below.tags
            } else {
                self.tags
            },
            transitive_tag_keys: list(self.transitive_tag_keys, below.transitive_tag_keys),
        }
    }
}

/// One AssumeRole of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which role; never `Role::Profile`.
    pub role: Role,
    /// With what.
    pub parameters: Parameters,
}

/// How a session comes about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The first credentials.
    pub source: Source,
    /// Roles assumed one with the other; empty when the first credentials are what was asked for.
    pub steps: Vec<Step>,
    /// The profile whose region and endpoint count.
    pub profile: Option<String>,
}

/// The plan for `role` (the source's own credentials when `None`), called by `profile` where one was chosen.
pub fn plan(
    role: Option<Role>,
    profile: Option<&str>,
    options: Parameters,
    environment: &Environment,
    shared: &SharedConfig,
) -> Result<Plan, CliError> {
    match (role, profile) {
        (Some(Role::Profile(name)), Some(_)) => Err(CliError::usage(
            format!(
                "{name} is a profile and names its own source, so --profile cannot be given too"
            ),
            format!("leave --profile out, or name the role {name} by its ARN or as ACCOUNT:{name}"),
        )),
        (Some(Role::Profile(name)), None) => {
            let plan = of_profile(&name, environment, shared)?;
            if plan.steps.is_empty() {
                return Err(CliError::ProfileUnusable {
                    message: "it has no role_arn, so there is no role to assume".to_owned(),
                    hint: format!(
                        "use its own credentials with --profile {name}, or name a role as ACCOUNT:{name}"
                    ),
                    name,
                });
            }
            Ok(with_options(plan, options))
        }
        (Some(role), profile) => {
            let mut plan = of_caller(profile, environment, shared)?;
            plan.steps.push(Step {
                role,
                parameters: options,
            });
            Ok(plan)
        }
        (None, profile) => {
            let plan = of_caller(profile, environment, shared)?;
            if plan.steps.is_empty() && options != Parameters::default() {
                return Err(CliError::usage(
                    "options for a role were given, but no role",
                    "name the ROLE first",
                ));
            }
            Ok(with_options(plan, options))
        }
    }
}

fn with_options(mut plan: Plan, options: Parameters) -> Plan {
    if let Some(last) = plan.steps.last_mut() {
        last.parameters = options.over(std::mem::take(&mut last.parameters));
    }
    plan
}

/// The profile that variables choose: `AWS_PROFILE`, else `AWS_DEFAULT_PROFILE`, else `default` if there is one.
#[must_use]
pub fn ambient_profile(environment: &Environment, shared: &SharedConfig) -> Option<String> {
    let named = environment
        .get("AWS_PROFILE")
        .or_else(|| environment.get("AWS_DEFAULT_PROFILE"));
    named
        .map(str::to_owned)
        .or_else(|| shared.profile("default").map(|_| "default".to_owned()))
}

/// The caller's own credentials: `--profile`, else the variables, else the profile that variables choose.
fn of_caller(
    profile: Option<&str>,
    environment: &Environment,
    shared: &SharedConfig,
) -> Result<Plan, CliError> {
    if let Some(name) = profile {
        return of_profile(name, environment, shared);
    }
    let ambient = ambient_profile(environment, shared);
    if environment.is_set("AWS_ACCESS_KEY_ID") || environment.is_set("AWS_SECRET_ACCESS_KEY") {
        // A profile chosen beside keys still says where calls go, as in the SDKs; one that does not exist is a mistake.
        if let Some(name) = ambient
            .as_deref()
            .filter(|name| shared.profile(name).is_none())
        {
            return Err(CliError::ProfileMissing {
                name: name.to_owned(),
                needed_by: None,
            });
        }
        return Ok(Plan {
            source: Source::Environment,
            steps: Vec::new(),
            profile: ambient,
        });
    }
    match ambient {
        Some(name) => of_profile(&name, environment, shared),
        None => Err(CliError::NoCredentials),
    }
}

/// Follows `source_profile` from `name` to where the keys are.
fn of_profile(
    name: &str,
    environment: &Environment,
    shared: &SharedConfig,
) -> Result<Plan, CliError> {
    let mut visited: Vec<String> = Vec::new();
    let mut steps: Vec<Step> = Vec::new();
    let mut at = name.to_owned();
    let source = loop {
        let profile = shared
            .profile(&at)
            .ok_or_else(|| CliError::ProfileMissing {
                name: at.clone(),
                needed_by: visited.last().cloned(),
            })?;
        let again = visited.contains(&at);
        // The keys of a source profile come before its role_arn; the profile that was asked for means its role.
        let keys_first = !visited.is_empty() && profile.has_keys();
        if again && !(keys_first && visited.last() == Some(&at)) {
            visited.push(at);
            return Err(CliError::ProfileLoop { chain: visited });
        }
        if keys_first || profile.get("role_arn").is_none() {
            break own_source(&at, profile)?;
        }
        steps.push(step(&at, profile)?);
        visited.push(at.clone());
        if visited.len() > limits::PROFILE_CHAIN_MAX {
            return Err(unusable(
                &at,
                format!(
                    "more than {} profiles are chained",
                    limits::PROFILE_CHAIN_MAX
                ),
                "shorten the chain",
            ));
        }
        match next(&at, profile, environment)? {
            Next::Profile(source) => at = source,
            Next::Source(source) => break source,
        }
    };
    steps.reverse();
    Ok(Plan {
        source,
        steps,
        profile: Some(name.to_owned()),
    })
}

enum Next {
    Profile(String),
    Source(Source),
}

/// Where a profile with a role takes its credentials from.
fn next(name: &str, profile: &Profile, environment: &Environment) -> Result<Next, CliError> {
    match (
        profile.get("source_profile"),
        profile.get("credential_source"),
    ) {
        (Some(_), Some(_)) => Err(unusable(
            name,
            "it has both source_profile and credential_source",
            "keep one of them",
        )),
        (Some(source), None) => Ok(Next::Profile(source.to_owned())),
        (None, Some("Environment")) if !environment.is_set("AWS_ACCESS_KEY_ID") => Err(unusable(
            name,
            "its credential_source is Environment, but AWS_ACCESS_KEY_ID is not set",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )),
        (None, Some("Environment")) => Ok(Next::Source(Source::Environment)),
        (None, Some(other @ ("Ec2InstanceMetadata" | "EcsContainer"))) => Err(unusable(
            name,
            format!("credential_source = {other} is not supported by locum"),
            "use source_profile or credential_source = Environment",
        )),
        (None, Some(other)) => Err(unusable(
            name,
            format!("{other:?} is no credential_source"),
            "Environment is one",
        )),
        (None, None) => Err(unusable(
            name,
            "it has a role_arn but neither source_profile nor credential_source",
            "add source_profile = NAME",
        )),
    }
}

/// The credentials that a profile without a role holds.
fn own_source(name: &str, profile: &Profile) -> Result<Source, CliError> {
    let unsupported = [
        ("sso_session", "IAM Identity Center (sso_session)"),
        ("sso_start_url", "IAM Identity Center (sso_start_url)"),
        ("login_session", "aws login (login_session)"),
        (
            "web_identity_token_file",
            "web identity (web_identity_token_file)",
        ),
    ];
    if profile.has_keys() {
        return Ok(Source::Keys {
            profile: name.to_owned(),
        });
    }
    if let Some(command) = profile.get("credential_process") {
        return Ok(Source::Process {
            profile: name.to_owned(),
            command: command.to_owned(),
        });
    }
    for (setting, what) in unsupported {
        if profile.get(setting).is_some() {
            return Err(unusable(
                name,
                format!("it takes its credentials from {what}, which locum does not support"),
                format!(
                    "use credential_process = aws configure export-credentials --profile {name}, in another profile"
                ),
            ));
        }
    }
    let hint = "it needs aws_access_key_id and aws_secret_access_key, a credential_process, or a role_arn with source_profile";
    Err(unusable(name, "it holds no credentials", hint))
}

/// The AssumeRole that a profile describes.
fn step(name: &str, profile: &Profile) -> Result<Step, CliError> {
    let arn = profile.get("role_arn").unwrap_or_default();
    if profile.get("web_identity_token_file").is_some() {
        let message =
            "it assumes its role with a web identity token, which locum does not support yet";
        return Err(unusable(
            name,
            message,
            "give it a source_profile instead of web_identity_token_file",
        ));
    }
    let duration_s = match profile.get("duration_seconds") {
        None => None,
        Some(text) => match duration::parse(text) {
            Some(seconds) => Some(seconds),
            None => {
                return Err(unusable(
                    name,
                    format!("{text:?} is no duration_seconds"),
                    "write a number such as 3600",
                ));
            }
        },
    };
    let text = |setting: &str| profile.get(setting).map(str::to_owned);
    let parameters = Parameters {
        external_id: text("external_id"),
        session_name: text("role_session_name"),
        duration_s,
        mfa_serial: text("mfa_serial"),
        ..Parameters::default()
    };
    Ok(Step {
        role: Role::Arn(arn.to_owned()),
        parameters,
    })
}

fn unusable(name: &str, message: impl Into<String>, hint: impl Into<String>) -> CliError {
    CliError::ProfileUnusable {
        name: name.to_owned(),
        message: message.into(),
        hint: hint.into(),
    }
}
