//! The options that the commands which assume roles have in common.

use std::path::Path;

use crate::assume::Wish;
use crate::cache::Mode;
use crate::config::chain::Parameters;
use crate::duration;
use crate::error::CliError;
use crate::limits;

/// What ROLE may be, for the help of every command that takes one.
pub const ROLE_HELP: &str = "\
ROLE is one of:
  arn:aws:iam::111122223333:role/NAME   a role ARN
  111122223333:NAME                     a role in that account
  PROFILE                               a profile of ~/.aws/config with a role_arn
  NAME                                  a role in the account of the caller
A name that is also a profile's means the profile.";

/// Who calls, and where.
#[derive(Debug, Default, clap::Args)]
pub struct CallerArguments {
    /// The profile to call with, instead of the variables or AWS_PROFILE
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// The region to sign for
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The endpoint, here and for what uses the session
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

/// The role and how to assume it.
#[derive(Debug, Default, clap::Args)]
pub struct RoleArguments {
    /// A role ARN, ACCOUNT:NAME, a profile, or NAME; without it the credentials of --profile
    #[arg(value_name = "ROLE", required_unless_present = "profile")]
    pub role: Option<String>,
    /// Who calls, and where
    #[command(flatten)]
    pub caller: CallerArguments,
    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// How long the session lasts: 3600, 45m, 1h, 1h30m
    #[arg(long, value_name = "TIME", value_parser = duration_s)]
    pub duration: Option<i64>,
    /// The session's name in ARNs and in the trail [default: AWS_ROLE_SESSION_NAME, else locum-USER]
    #[arg(long, value_name = "NAME")]
    pub session_name: Option<String>,
    /// A session tag; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub tag: Vec<(String, String)>,
    /// The key of a tag that stays when roles are chained; may be repeated
    #[arg(long, value_name = "KEY")]
    pub transitive: Vec<String>,
    /// A session policy, as JSON or as the name of a file
    #[arg(long, value_name = "FILE|JSON")]
    pub policy: Option<String>,
    /// The ARN of a managed session policy; may be repeated
    #[arg(long, value_name = "ARN")]
    pub policy_arn: Vec<String>,
    /// The source identity, which no later session can change
    #[arg(long, value_name = "NAME")]
    pub source_identity: Option<String>,
    /// The MFA device, when the role asks for one
    #[arg(long, value_name = "ARN")]
    pub serial: Option<String>,
    /// The current code of the MFA device; asked for at the terminal when it is left out
    #[arg(long, value_name = "CODE")]
    pub token: Option<String>,
    /// Get a new session even if a cached one still lasts
    #[arg(long, conflicts_with = "no_cache")]
    pub refresh: bool,
    /// Neither use nor keep a cached session
    #[arg(long)]
    pub no_cache: bool,
}

impl RoleArguments {
    /// The wish that they express.
    pub fn into_wish(self) -> Result<Wish, CliError> {
        let policy = self.policy.as_deref().map(policy_text).transpose()?;
        let cache = match (self.refresh, self.no_cache) {
            (true, _) => Mode::Refresh,
            (_, true) => Mode::Off,
            _ => Mode::Use,
        };
        Ok(Wish {
            role: self.role,
            profile: self.caller.profile,
            region: self.caller.region,
            endpoint_url: self.caller.endpoint_url,
            parameters: Parameters {
                external_id: self.external_id,
                session_name: self.session_name,
                duration_s: self.duration,
                mfa_serial: self.serial,
                source_identity: self.source_identity,
                policy,
                policy_arns: self.policy_arn,
                tags: self.tag,
                transitive_tag_keys: self.transitive,
            },
            token_code: self.token,
            cache: Some(cache),
        })
    }
}

fn duration_s(text: &str) -> Result<i64, String> {
    duration::parse(text)
        .ok_or_else(|| "write seconds (3600) or units from large to small (1h30m)".to_owned())
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

/// JSON as it stands, or the content of a file; `file://` in front is the AWS CLI's way of saying so.
fn policy_text(given: &str) -> Result<String, CliError> {
    if given.trim_start().starts_with('{') {
        return Ok(given.to_owned());
    }
    let path = Path::new(given.strip_prefix("file://").unwrap_or(given));
    let failed = |e| CliError::io(format!("cannot read the policy {}", path.display()), e);
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > limits::POLICY_FILE_BYTES_MAX {
        let message = format!(
            "{} is larger than {} bytes",
            path.display(),
            limits::POLICY_FILE_BYTES_MAX
        );
        return Err(CliError::usage(
            message,
            "a session policy has at most 2,048 characters",
        ));
    }
    std::fs::read_to_string(path).map_err(failed)
}
