//! `locum serve`: the server, until it is told to stop.

use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};
use locum_server::config::{Key, Kind};
use locum_server::{Config, Ready, ServerError};

use crate::commands::Context;
use crate::env::Environment;
use crate::error::CliError;
use crate::output;
use crate::process;

const CONFIG: &str = "config";
const CONFIG_VARIABLE: &str = "LOCUM_CONFIG";

/// Arguments of `locum serve`: the file, and every setting of the server that was given as a flag.
#[derive(Debug, Default)]
pub struct Arguments {
    config: Option<PathBuf>,
    overrides: Vec<(String, String)>,
}

impl clap::Args for Arguments {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new(CONFIG)
            .long("config")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help(format!(
                "The TOML file of settings [env: {CONFIG_VARIABLE}]"
            ));
        Config::reference()
            .iter()
            .fold(command.arg(file), |command, key| command.arg(flag(key)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Arguments::augment_args(command)
    }
}

/// The flag of a setting. Its text is checked by the server's configuration, which knows where it came from.
fn flag(key: &'static Key) -> Arg {
    let (meaning, default) = (key.meaning.trim_end_matches('.'), key.default);
    let default = if default.is_empty() {
        String::new()
    } else {
        format!(" [default: {default}]")
    };
    let arg = Arg::new(key.name)
        .long(key.flag.trim_start_matches('-'))
        .action(ArgAction::Set)
        .help(format!("{meaning}{default} [env: {}]", key.variable));
    match key.kind {
        Kind::Switch => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("true|false"),
        Kind::Path => arg.value_name("PATH"),
        Kind::Address => arg.value_name("ADDRESS"),
        Kind::Whole => arg.value_name("NUMBER"),
        Kind::List => arg.value_name("A,B,…"),
        Kind::Text => arg.value_name("TEXT"),
    }
}

impl FromArgMatches for Arguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Arguments, clap::Error> {
        let mut arguments = Arguments::default();
        arguments.update_from_arg_matches(matches)?;
        Ok(arguments)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.config = matches.get_one::<PathBuf>(CONFIG).cloned();
        let given = |key: &&Key| matches.value_source(key.name) == Some(ValueSource::CommandLine);
        let text = |key: &Key| {
            Some((
                key.name.to_owned(),
                matches.get_one::<String>(key.name)?.clone(),
            ))
        };
        self.overrides = Config::reference()
            .iter()
            .filter(given)
            .filter_map(text)
            .collect();
        Ok(())
    }
}

/// Runs `locum serve`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let variable = context.environment.get(CONFIG_VARIABLE).map(PathBuf::from);
    let file = arguments.config.or(variable);
    let config = configuration(file.as_deref(), arguments.overrides)?;
    server(config, |ready| {
        // Nobody reads it: then nobody waits for it either.
        let _ = output::result(&ready_line(&ready));
    })
}

/// What a program that started the server waits for.
pub(crate) fn ready_line(ready: &Ready) -> String {
    format!("ready {} account {}\n", ready.url, ready.account_id)
}

/// The file's settings, `LOCUM_…` variables over them, flags over both.
pub(crate) fn configuration(
    file: Option<&Path>,
    overrides: Vec<(String, String)>,
) -> Result<Config, CliError> {
    // A variable of ours is none of the server's settings.
    let variables = Environment::of_process()
        .into_pairs()
        .filter(|(name, _)| name != process::VISITED);
    Config::load(file, variables, overrides).map_err(|e| {
        CliError::configuration(
            e.to_string(),
            "`locum serve --help` lists every setting with its flag and variable",
        )
    })
}

/// Runs the server until it is told to stop.
pub(crate) fn server(config: Config, on_ready: impl FnOnce(Ready)) -> Result<(), CliError> {
    locum_server::run(config, on_ready).map_err(|e| match &e {
        ServerError::Config(_) => CliError::configuration(e.to_string(), "`locum serve --help` lists every setting"),
        ServerError::Listen { .. } => CliError::Server {
            message: e.to_string(),
            hint: "another program may be listening there; choose another address with --listen, such as 127.0.0.1:0".to_owned(),
        },
        ServerError::Store(reason) if reason.contains("in use") => CliError::Server {
            message: e.to_string(),
            hint: "a server runs with this directory already; name another with --data".to_owned(),
        },
        _ => CliError::Server { message: e.to_string(), hint: String::new() },
    })
}
