//! `locum trail checkpoint`: the newest record of the trail, to be kept elsewhere.

use std::path::PathBuf;

use locum_server::operator::{self, OperatorError, OperatorRequest};
use locum_server::trail::Checkpoint;
use serde_json::Value;

use super::Format;
use crate::commands::{Context, data_directory, operator as socket};
use crate::error::CliError;
use crate::output;
use crate::trail::lines::{failed, reader};

/// What it is for.
pub(super) const HELP: &str = "\
Keep what it prints where nobody who can change the trail can write, such as in another host's log:

  locum trail checkpoint | logger --server logs.example.com

`locum trail verify --checkpoint FILE` then proves that the trail still holds that record and, with it, all \
before it: also a trail that was put back to an older copy is found.

The running server signs it, with the key that `locum trail keys` tells. Without a server the line is not signed, \
and is worth as much as the place where it is kept.

Exit codes: 0 printed, 252 wrong usage, 253 there is no trail, or no record in it yet, 254 the server says no, \
255 it cannot be read.";

/// Arguments of `locum trail checkpoint`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    /// A line of words (number, hash, time; v1, key, signature), or a JSON object on one line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Runs `locum trail checkpoint`.
pub(super) fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let data = data_directory(arguments.data);
    let reader = reader(&data)?;
    let path = operator::socket_of(&data);
    let text = match operator::call(&path, &OperatorRequest::SignCheckpoint {}) {
        Ok(answer) => {
            let member = match arguments.format {
                Format::Text => "Text",
                Format::Json => "Json",
            };
            let text = answer.get(member).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        }
        Err(OperatorError::NotRunning { .. }) => {
            let newest = Checkpoint::newest(&reader).map_err(failed)?;
            let Some(checkpoint) = newest else {
                let message = format!("the trail in {} has no chained record yet", data.display());
                return Err(CliError::configuration(message, "start the server once"));
            };
            let unsigned = "no server runs on it, so this checkpoint is not signed";
            output::warn(&context.environment, unsigned);
            match arguments.format {
                Format::Text => checkpoint.to_string(),
                Format::Json => checkpoint.to_json(),
            }
        }
        Err(error) => return Err(socket::told(error)),
    };
    output::result(&(text + "\n"))
}
