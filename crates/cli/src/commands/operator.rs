//! `locum operator`: what only the host's operator may do, through the socket in the server's data directory.

use std::path::PathBuf;

use locum_server::operator::{self, OperatorError, OperatorRequest};
use serde::Serialize;
use serde_json::Value;

use crate::commands::{self, Context};
use crate::error::CliError;
use crate::json;
use crate::output::{self, Colour, Stream};
use crate::table;

/// Arguments of `locum operator`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA", global = true)]
    data: Option<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
    /// Print a secret even to a terminal
    #[arg(long, global = true)]
    show: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// The installation at a glance
    Status,
    /// Make an account
    CreateAccount {
        /// The account's name
        name: String,
        /// The address of its root user; made up when left out
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// Give its root user an access key and print it
        #[arg(long)]
        root_key: bool,
    },
    /// Break glass: an access key for the root user of an account
    RootKey {
        /// The account's id
        account: String,
    },
    /// Seal new sessions with a new key
    RotateKeys {
        /// End all sessions of this epoch now
        #[arg(long, value_name = "EPOCH")]
        revoke: Option<u32>,
        /// Seal nothing more with this epoch; its sessions live on
        #[arg(long, value_name = "EPOCH", conflicts_with = "revoke")]
        retire: Option<u32>,
    },
    /// Copy the database to a new file, while the server runs
    Backup {
        /// A file that does not exist yet
        file: PathBuf,
    },
}

/// A root user's key, in this order and with nothing else: other programs read it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RootKey<'a> {
    account_id: &'a str,
    access_key_id: &'a str,
    secret_access_key: &'a str,
}

/// Runs `locum operator`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let request = request(arguments.action)?;
    let secret = matches!(
        request,
        OperatorRequest::CreateAccount { root_key: true, .. } | OperatorRequest::RootKey { .. }
    );
    if secret
        && arguments.format == Format::Text
        && !arguments.show
        && output::is_terminal(Stream::Out)
    {
        let hint = "the key is shown this once: add --format json > FILE, or --show";
        return Err(CliError::SecretsOnTerminal {
            hint: hint.to_owned(),
        });
    }
    let socket = operator::socket_of(&commands::data_directory(arguments.data));
    let answer = operator::call(&socket, &request).map_err(told)?;
    if arguments.format == Format::Json {
        return output::result(&machine(&answer));
    }
    let mut facts = Vec::new();
    flatten("", &answer, &mut facts);
    let facts: Vec<(&str, String)> = facts
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    output::result(&table::facts(&facts, Colour::stdout(&context.environment)))
}

fn request(action: Action) -> Result<OperatorRequest, CliError> {
    Ok(match action {
        Action::Status => OperatorRequest::Status {},
        Action::CreateAccount {
            name,
            email,
            root_key,
        } => OperatorRequest::CreateAccount {
            name,
            email,
            root_key,
        },
        Action::RootKey { account } => OperatorRequest::RootKey { account },
        Action::RotateKeys { revoke, retire } => OperatorRequest::RotateKeys { retire, revoke },
        Action::Backup { file } => {
            // The server's working directory is not the caller's.
            let file = std::path::absolute(&file)
                .map_err(|e| CliError::io("cannot tell the current directory", e))?;
            OperatorRequest::Backup { file }
        }
    })
}

/// One line of JSON. A root key has a fixed shape; everything else is as the server says it.
fn machine(answer: &Value) -> String {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    match (
        text("AccountId"),
        text("AccessKeyId"),
        text("SecretAccessKey"),
    ) {
        (Some(account_id), Some(access_key_id), Some(secret_access_key)) => json::line(&RootKey {
            account_id,
            access_key_id,
            secret_access_key,
        }),
        _ => json::line(answer),
    }
}

/// `Keys[0].State` and its like, so that every answer can be read without a table of its own.
fn flatten(name: &str, value: &Value, facts: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() {
                    member.clone()
                } else {
                    format!("{name}.{member}")
                };
                flatten(&name, value, facts);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                flatten(&format!("{name}[{at}]"), value, facts);
            }
        }
        Value::String(text) => facts.push((name.to_owned(), text.clone())),
        Value::Null => {}
        other => facts.push((name.to_owned(), other.to_string())),
    }
}

/// The operator's refusals as errors of this program.
pub(crate) fn told(error: OperatorError) -> CliError {
    match error {
        OperatorError::Refused(refusal) => CliError::Refused {
            operation: "the request".to_owned(),
            code: refusal.code,
            message: refusal.message,
            request_id: String::new(),
        },
        OperatorError::NotRunning { .. } => {
            let hint = "name the data directory of a running server with --data DIR or LOCUM_DATA";
            CliError::Operator {
                message: error.to_string(),
                hint: hint.to_owned(),
            }
        }
        OperatorError::Permission { .. } => {
            let hint = "run this as the user that runs the server, or as root";
            CliError::Operator {
                message: error.to_string(),
                hint: hint.to_owned(),
            }
        }
        other => CliError::Operator {
            message: other.to_string(),
            hint: String::new(),
        },
    }
}
