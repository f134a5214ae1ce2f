//! `locum dev`: a server on loopback with a worked example and a tour to copy and paste; for trying.

use std::path::{Path, PathBuf};

use locum_server::{CREDENTIALS_NAME, Ready};

use crate::client::Client;
use crate::commands::{Context, DATA_DEV_DEFAULT, serve};
use crate::config::endpoint::{Endpoint, Origin, REGION_DEFAULT};
use crate::dev::example;
use crate::dev::profiles::Files;
use crate::dev::tour::{After, Tour};
use crate::env::Environment;
use crate::error::CliError;
use crate::output::{self, Colour};

/// Arguments of `locum dev`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = DATA_DEV_DEFAULT, env = "LOCUM_DATA")]
    data: PathBuf,
    /// Where calls are accepted; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:7420",
        env = "LOCUM_LISTEN"
    )]
    listen: String,
    /// Use a fresh directory and remove it at the end
    #[arg(long)]
    ephemeral: bool,
}

/// Runs `locum dev`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let (data, after) = if arguments.ephemeral {
        (fresh_directory()?, After::Removed)
    } else {
        (arguments.data, After::Kept)
    };
    let result = serve_example(context, &data, arguments.listen, after);
    if after == After::Removed {
        remove(&data, &context.environment);
    }
    result
}

fn serve_example(
    context: &Context,
    data: &Path,
    listen: String,
    after: After,
) -> Result<(), CliError> {
    let mut overrides = vec![
        ("data".to_owned(), data.to_string_lossy().into_owned()),
        ("listen".to_owned(), listen),
    ];
    if !context.environment.is_set("LOCUM_LOG_LEVEL") {
        // The terminal belongs to the tour.
        overrides.push(("log.level".to_owned(), "warn".to_owned()));
    }
    let config = serve::configuration(None, overrides)?;
    if !config.listen.ip().is_loopback() {
        let message = format!(
            "locum dev listens on loopback only, and {} is not",
            config.listen
        );
        return Err(CliError::usage(
            message,
            "for anything else there is locum serve",
        ));
    }
    let environment = context.environment.clone();
    let directory = data.to_owned();
    serve::server(config, move |ready| {
        // The example is made by calls to the server, so not on the thread that is about to serve them.
        std::thread::spawn(move || {
            if let Err(e) = show(&ready, &directory, after, &environment) {
                output::error(&environment, &e);
                if after == After::Removed {
                    remove(&directory, &environment);
                }
                // What is committed is durable; there is nothing to wait for.
                std::process::exit(i32::from(e.exit_code()));
            }
        });
    })
}

/// Makes the example and prints the tour. `ready` comes last of the preparations, so that a script can wait for it.
fn show(
    ready: &Ready,
    data: &Path,
    after: After,
    environment: &Environment,
) -> Result<(), CliError> {
    let endpoint = Endpoint {
        url: ready.url.clone(),
        origin: Origin::Option,
    };
    let client = Client::new(endpoint, REGION_DEFAULT, None, environment)?;
    let files = Files::of(data)?;
    let example = example::make(&client, &data.join(CREDENTIALS_NAME), &files.read()?)?;
    files.write(&example, &ready.url)?;
    let tour = Tour {
        url: &ready.url,
        data,
        files: &files,
        example: &example,
        after,
    };
    let text = tour.text(Colour::stdout(environment), environment);
    output::result(&format!("{}{text}", serve::ready_line(ready)))
}

/// A directory of this process's own, which nobody else may enter.
fn fresh_directory() -> Result<PathBuf, CliError> {
    use std::os::unix::fs::DirBuilderExt;
    let path = std::env::temp_dir().join(format!(
        "locum-dev-{}-{}",
        std::process::id(),
        crate::clock::now_s()
    ));
    let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
    made.map_err(|e| CliError::io(format!("cannot make {}", path.display()), e))?;
    Ok(path)
}

fn remove(directory: &Path, environment: &Environment) {
    if let Err(e) = std::fs::remove_dir_all(directory) {
        output::warn(
            environment,
            &format!("cannot remove {}: {e}", directory.display()),
        );
    }
}
