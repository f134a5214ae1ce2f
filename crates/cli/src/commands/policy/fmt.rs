//! `locum policy fmt`: policies in one layout; the document stays the same.

use std::path::{Path, PathBuf};

use locum_policy::layout;

use super::check::told;
use crate::commands::Context;
use crate::error::CliError;
use crate::limits::SOURCE_WIDTH_DEFAULT;
use crate::output::{self, Colour};
use crate::policy::source::{STDIN, Source};
use crate::policy::text;

/// Arguments of `locum policy fmt`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files to rewrite in place; - reads standard input and writes standard output
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Rewrite nothing; name the files that are laid out otherwise, and fail if there are any
    #[arg(long)]
    check: bool,
}

/// Runs `locum policy fmt`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let (mut odd, mut refused) = (0_usize, 0_usize);
    let mut unread: Vec<CliError> = Vec::new();
    for file in &arguments.files {
        let source = match Source::open(file) {
            Ok(source) => source,
            Err(error) => {
                unread.push(error);
                continue;
            }
        };
        let laid_out = match &source.fault {
            Some(fault) => Err(fault.clone()),
            None => layout(&source.text),
        };
        let laid_out = match laid_out {
            Ok(laid_out) => laid_out,
            Err(finding) => {
                let colour = Colour::stderr(&context.environment);
                let shown = text::shown(&source, &finding, colour, SOURCE_WIDTH_DEFAULT);
                output::say(shown.trim_end());
                refused += 1;
                continue;
            }
        };
        let is_stdin = file.as_os_str() == STDIN;
        if is_stdin && !arguments.check {
            output::result(&laid_out)?;
        } else if laid_out != source.text {
            odd += 1;
            output::result(&format!("{}\n", output::clean(&source.name)))?;
            if !arguments.check {
                replace(file, &laid_out)?;
            }
        }
    }
    if let Some(unread) = told(unread) {
        return Err(unread);
    }
    if refused > 0 {
        let summary = format!("{} cannot be read as a policy", files(refused));
        return Err(CliError::Found {
            summary,
            hint: String::new(),
        });
    }
    if arguments.check && odd > 0 {
        return Err(CliError::Found {
            summary: format!("{} not laid out as `locum policy fmt` does", files(odd)),
            hint: "without --check it rewrites them".to_owned(),
        });
    }
    Ok(())
}

fn files(count: usize) -> String {
    match count {
        1 => "1 file".to_owned(),
        more => format!("{more} files"),
    }
}

/// Writes beside the file and renames, so that no reader sees half of it.
fn replace(file: &Path, text: &str) -> Result<(), CliError> {
    let failed = |e| CliError::io(format!("cannot write {}", file.display()), e);
    // A link is kept; what it leads to is rewritten.
    let file = std::fs::canonicalize(file).map_err(failed)?;
    let mut beside = file.clone().into_os_string();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = PathBuf::from(beside);
    let permissions = std::fs::metadata(&file).map_err(failed)?.permissions();
    let written = std::fs::write(&beside, text)
        .and_then(|()| std::fs::set_permissions(&beside, permissions))
        .and_then(|()| std::fs::rename(&beside, &file));
    written.map_err(|e| {
        // Nobody needs the half that was written.
        let _ = std::fs::remove_file(&beside);
        failed(e)
    })
}
