//! `locum trail checkpoint`: the newest record of the trail, to be kept elsewhere.

use std::path::PathBuf;

use locum_server::trail::Checkpoint;

use super::Format;
use crate::commands::data_directory;
use crate::error::CliError;
use crate::output;
use crate::trail::lines::{failed, reader};

/// What it is for.
pub(super) const HELP: &str = "\
Keep what it prints where nobody who can change the trail can write, such as in another host's log:

  locum trail checkpoint | logger --server logs.example.com

`locum trail verify --checkpoint FILE` then proves that the trail still holds that record and, with it, all \
before it: also a trail that was put back to an older copy is found.

Exit codes: 0 printed, 252 wrong usage, 253 there is no trail, or no record in it yet, 255 it cannot be read.";

/// Arguments of `locum trail checkpoint`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    /// A line of words (number, hash, time), or a JSON object on one line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Runs `locum trail checkpoint`.
pub(super) fn run(arguments: Arguments) -> Result<(), CliError> {
    let data = data_directory(arguments.data);
    let newest = Checkpoint::newest(&reader(&data)?).map_err(failed)?;
    let Some(checkpoint) = newest else {
        let message = format!("the trail in {} has no chained record yet", data.display());
        return Err(CliError::configuration(message, "start the server once"));
    };
    let text = match arguments.format {
        Format::Text => checkpoint.to_string(),
        Format::Json => checkpoint.to_json(),
    };
    output::result(&(text + "\n"))
}
