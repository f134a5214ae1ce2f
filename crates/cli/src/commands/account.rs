//! `locum account`: a whole account out to a file, and in from one that AWS's own tools wrote.

use std::collections::BTreeMap;
use std::path::PathBuf;

use locum_server::operator::{self, OperatorError, OperatorRequest};
use locum_wire::Service;
use locum_wire::iam::{
    GetAccountAuthorizationDetailsRequest, GetAccountAuthorizationDetailsResponse,
};
use serde_json::Value;

use crate::account;
use crate::assume::{self, Wish};
use crate::commands::operator::told;
use crate::commands::options::CallerArguments;
use crate::commands::{self, Context};
use crate::error::CliError;
use crate::json;
use crate::limits;
use crate::output;

const OPERATION: &str = "GetAccountAuthorizationDetails";

/// Arguments of `locum account`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print the users, groups, roles and policies of the caller's account
    ///
    /// The JSON of `aws iam get-account-authorization-details`. Passwords, keys and MFA devices are not in it.
    Export {
        #[command(flatten)]
        caller: CallerArguments,
    },
    /// Make an account's users, groups, roles and policies from such a file
    ///
    /// Through the operator's socket, as unique ids are kept. Nothing is changed unless the whole file is good.
    Import {
        /// The JSON of `aws iam get-account-authorization-details`, or of `locum account export`
        file: PathBuf,
        /// An account of the file, and what it is here; may be repeated
        #[arg(long, value_name = "OLD=NEW", value_parser = mapping)]
        map_account: Vec<(String, String)>,
        /// Print the plan and change nothing
        #[arg(long)]
        dry_run: bool,
        /// The server's data directory [default: locum-data, else locum-dev]
        #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
        data: Option<PathBuf>,
        /// For people or for programs
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

fn mapping(text: &str) -> Result<(String, String), String> {
    let account = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('=') {
        Some((old, new)) if account(old) && account(new) => Ok((old.to_owned(), new.to_owned())),
        _ => Err("two account ids of twelve digits, as 111111111111=222222222222".to_owned()),
    }
}

/// Runs `locum account`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    match arguments.action {
        Action::Export { caller } => export(context, caller),
        Action::Import {
            file,
            map_account,
            dry_run,
            data,
            format,
        } => {
            // The server's working directory is not the caller's.
            let absolute = std::path::absolute(&file)
                .map_err(|e| CliError::io("cannot tell the current directory", e))?;
            let mut map_accounts = BTreeMap::new();
            for (old, new) in map_account {
                if map_accounts.insert(old.clone(), new).is_some() {
                    return Err(CliError::Usage {
                        message: format!("--map-account says twice what {old} becomes"),
                        hint: "name each account of the file once".to_owned(),
                    });
                }
            }
            let bytes = std::fs::metadata(&absolute).map_or(0, |held| held.len());
            output::say(&format!(
                "locum: {}, {} KiB: every entity is checked before anything is changed",
                file.display(),
                bytes.div_ceil(1_024)
            ));
            let request = OperatorRequest::ImportAccount {
                file: absolute,
                map_accounts,
                dry_run,
            };
            let socket = operator::socket_of(&commands::data_directory(data));
            let answer = operator::call(&socket, &request).map_err(refused)?;
            imported(&answer, format)
        }
    }
}

/// Everything that is wrong with a file, a line each, and then that it was refused.
fn refused(error: OperatorError) -> CliError {
    match error {
        OperatorError::Refused(mut refusal) => {
            if let Some((first, problems)) = refusal.message.split_once('\n') {
                for problem in problems.lines() {
                    output::say(&format!("locum: {}", output::clean(problem)));
                }
                refusal.message = first.trim_end_matches(':').to_owned();
            }
            told(OperatorError::Refused(refusal))
        }
        other => told(other),
    }
}

/// The plan is the result; what it comes to is talk.
fn imported(answer: &Value, format: Format) -> Result<(), CliError> {
    if format == Format::Json {
        return output::result(&json::line(answer));
    }
    let lines = |name: &str| -> Vec<String> {
        let lines = answer.get(name).and_then(Value::as_array);
        let lines = lines.into_iter().flatten().filter_map(Value::as_str);
        lines.map(output::clean).collect()
    };
    let mut plan = lines("Plan").join("\n");
    if !plan.is_empty() {
        plan.push('\n');
    }
    output::result(&plan)?;
    for line in lines("NotCarried") {
        output::say(&format!("locum: not carried: {line}"));
    }
    let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
    let verb = match answer.get("DryRun").and_then(Value::as_bool) {
        Some(false) => "made",
        _ => "to be made",
    };
    output::say(&format!(
        "locum: account {}: {} users, {} groups, {} roles, {} instance profiles, {} policies {verb}",
        answer
            .get("AccountId")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        count("Users"),
        count("Groups"),
        count("Roles"),
        count("InstanceProfiles"),
        count("Policies"),
    ));
    Ok(())
}

fn export(context: &Context, caller: CallerArguments) -> Result<(), CliError> {
    let CallerArguments {
        profile,
        region,
        endpoint_url,
    } = caller;
    let wish = Wish {
        profile,
        region,
        endpoint_url,
        ..Wish::default()
    };
    let outcome = assume::obtain(&wish, &context.environment)?;
    let credentials = &outcome.session.credentials;
    let mut gathered = GetAccountAuthorizationDetailsResponse::default();
    let mut marker = None;
    loop {
        let input = GetAccountAuthorizationDetailsRequest {
            filter: None,
            max_items: Some(limits::EXPORT_PAGE_ITEMS),
            marker,
        };
        let page: GetAccountAuthorizationDetailsResponse =
            outcome
                .client
                .call(Service::Iam, OPERATION, &input, credentials)?;
        marker = page.marker.clone();
        let told = account::gather(&mut gathered, page);
        output::say(&format!("locum: {told} entities read"));
        if marker.is_none() {
            break;
        }
    }
    output::result(&account::written(&gathered)?)
}
