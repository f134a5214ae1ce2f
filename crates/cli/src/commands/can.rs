//! `locum can`: whether a principal may do something, asked of the engine of the running server.

use std::path::PathBuf;

use locum_server::operator::{self, ContextArgument, OperatorRequest, PolicyArgument};

use crate::commands::{self, Context};
use crate::error::CliError;
use crate::explained::{Page, at};
use crate::output;
use crate::policy::source::{Level, Source, level};

/// What the options mean, for the help of the command.
pub const HELP: &str = "\
Asked are the policies that the server keeps: those of the user or role and of its groups, the permissions boundary, and for \
sts:AssumeRole the trust policy of the role. What follows from the principal and the resource is in the context; what a caller \
would bring is given with --context. A key that is given twice, or as KEY[]=VALUE, has a list of values. The server keeps a \
record of the question. An organization's policies are no part of the server yet: --scp and --rcp ask as if they were attached, \
one option for each level from the root down to the account, policies of one level with commas between them.

  locum can arn:aws:iam::111122223333:user/ada iam:GetUser arn:aws:iam::111122223333:user/ada --context aws:SourceIp=192.0.2.1

Exit codes: 0 allowed, 1 denied, 252 wrong usage, 254 refused by the server, 255 anything else.";

/// Arguments of `locum can`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The ARN of a user, a role, a session of a role, or a root user
    principal: String,
    /// An action, such as iam:GetUser
    action: String,
    /// The ARN of the resource, or * for an action that has none
    resource: String,
    /// A condition key with its value, such as aws:SourceIp=192.0.2.1; may be repeated
    #[arg(long = "context", value_name = "KEY=VALUE", value_parser = pair)]
    context: Vec<(String, String)>,
    /// A session policy
    #[arg(long, value_name = "FILE")]
    session_policy: Option<PathBuf>,
    /// A level of the organization's service control policies, from the root down; repeated for each level
    #[arg(long = "scp", value_name = "FILE,…", value_parser = level)]
    scp: Vec<Level>,
    /// A level of its resource control policies
    #[arg(long = "rcp", value_name = "FILE,…", value_parser = level)]
    rcp: Vec<Level>,
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = commands::Format::Text)]
    format: commands::Format,
}

/// Runs `locum can`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let session_policy = match &arguments.session_policy {
        None => None,
        Some(file) => Some(Source::read(file)?.text),
    };
    let request = OperatorRequest::Can {
        principal: arguments.principal,
        action: arguments.action,
        resource: arguments.resource,
        context: given(arguments.context),
        session_policy,
        scp: read(&arguments.scp)?,
        rcp: read(&arguments.rcp)?,
        columns: output::columns(),
    };
    let socket = operator::socket_of(&commands::data_directory(arguments.data));
    let answer = operator::call(&socket, &request).map_err(commands::operator::told)?;
    let is_allowed = at(&answer, "Decision") == "allow";
    if arguments.format == commands::Format::Json {
        output::result(&crate::json::pretty(&answer))?;
    } else {
        let mut page = Page::new(context);
        let text = |name: &str| at(&answer, name).as_str().unwrap_or_default();
        let word = if is_allowed { "may" } else { "may not" };
        page.title(&format!(
            "{} {word} {} on {}",
            text("Principal"),
            text("Action"),
            text("Resource")
        ));
        page.view("The policies", at(&answer, "View"));
        page.suggestions("What would allow it", at(&answer, "Suggestions"));
        page.foot(&answer);
        output::result(&page.finish())?;
    }
    match is_allowed {
        true => Ok(()),
        false => Err(CliError::Denied),
    }
}

/// The policies of each level.
fn read(levels: &[Level]) -> Result<Vec<Vec<PolicyArgument>>, CliError> {
    let policy = |file: &PathBuf| -> Result<PolicyArgument, CliError> {
        let Source { name, text, .. } = Source::read(file)?;
        Ok(PolicyArgument { name, text })
    };
    let level = |level: &Level| level.0.iter().map(policy).collect();
    levels.iter().map(level).collect()
}

/// Values by their keys.
fn given(pairs: Vec<(String, String)>) -> Vec<ContextArgument> {
    let mut found: Vec<ContextArgument> = Vec::new();
    for (key, value) in pairs {
        let (key, list) = match key.strip_suffix("[]") {
            Some(key) => (key.to_owned(), true),
            None => (key, false),
        };
        let held = found
            .iter_mut()
            .find(|held| held.key.eq_ignore_ascii_case(&key));
        match held {
            Some(held) => {
                held.list = true;
                held.values.push(value);
            }
            None => found.push(ContextArgument {
                key,
                values: vec![value],
                list,
            }),
        }
    }
    found
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a condition key is given as KEY=VALUE".to_owned()),
    }
}
