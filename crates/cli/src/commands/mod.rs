//! The commands, one file each, and what several of them share.

pub mod account;
pub mod assume;
pub mod can;
pub mod completions;
pub mod credential_process;
pub mod dev;
pub mod env;
pub mod exec;
pub mod operator;
pub mod options;
pub mod policy;
pub mod serve;
pub mod trail;
pub mod unset;
pub mod version;
pub mod whoami;
pub mod why;

use std::path::{Path, PathBuf};

use crate::env::Environment;
use crate::format::quote_sh;

/// What every command gets.
#[derive(Debug)]
pub struct Context {
    /// The process environment.
    pub environment: Environment,
    /// The words of the command line, the program's name first.
    pub arguments: Vec<String>,
}

/// For whom a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A person.
    Text,
    /// A program.
    Json,
}

/// The data directory of `locum serve` when none is named.
pub const DATA_DEFAULT: &str = "locum-data";
/// The data directory of `locum dev` when none is named.
pub const DATA_DEV_DEFAULT: &str = "locum-dev";

/// The directory that was named, else the default of `serve` if it is there, else that of `dev` if it is there.
#[must_use]
pub fn data_directory(named: Option<PathBuf>) -> PathBuf {
    named.unwrap_or_else(|| {
        let found = [DATA_DEFAULT, DATA_DEV_DEFAULT]
            .into_iter()
            .find(|name| Path::new(name).is_dir());
        PathBuf::from(found.unwrap_or(DATA_DEFAULT))
    })
}

/// The words behind `command` as they were written, quoted for a shell, without those that only made this call: what
/// another command needs for the same session.
#[must_use]
pub fn words_of(context: &Context, command: &str) -> String {
    let mut words = Vec::new();
    let mut rest = context
        .arguments
        .iter()
        .skip_while(|word| *word != command)
        .skip(1);
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--refresh" => {}
            "--token" => drop(rest.next()),
            word if word.starts_with("--token=") => {}
            word => words.push(quote_sh(word)),
        }
    }
    words.join(" ")
}
