//! A policy's text with its name, and places in it as people count them.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::CliError;
use crate::limits::POLICY_DOCUMENT_BYTES_MAX;

/// A text that was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// What it is called: the file as it was named, or `<stdin>`.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A place: line and column from 1, the column in characters, and the offset in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// Bytes from the beginning of the text.
    pub offset: usize,
}

/// The files of one level of an organization's policies.
#[derive(Debug, Clone)]
pub struct Level(pub Vec<PathBuf>);

/// A level as the command line names it: files with commas between them.
pub fn level(text: &str) -> Result<Level, String> {
    match text.split(',').any(str::is_empty) {
        true => Err("a level is the files of its policies, with commas between them".to_owned()),
        false => Ok(Level(text.split(',').map(PathBuf::from).collect())),
    }
}

/// What stands for standard input among the names of files.
pub const STDIN: &str = "-";

impl Source {
    /// Reads a file, or standard input for `-`.
    pub fn read(path: &Path) -> Result<Source, CliError> {
        let is_stdin = path.as_os_str() == STDIN;
        let name = match is_stdin {
            true => "<stdin>".to_owned(),
            false => path.display().to_string(),
        };
        let failed = |e| CliError::io(format!("cannot read {name}"), e);
        let mut text = String::new();
        let most = POLICY_DOCUMENT_BYTES_MAX + 1;
        let length = if is_stdin {
            std::io::stdin().take(most).read_to_string(&mut text)
        } else {
            std::fs::File::open(path).and_then(|file| file.take(most).read_to_string(&mut text))
        };
        if length.map_err(failed)? as u64 == most {
            return Err(CliError::usage(
                format!("{name} is larger than {POLICY_DOCUMENT_BYTES_MAX} bytes"),
                "no policy is",
            ));
        }
        Ok(Source { name, text })
    }

    /// Where a byte of the text is.
    #[must_use]
    pub fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let last = before.rsplit('\n').next().unwrap_or_default();
        Place {
            line,
            column: last.chars().count() + 1,
            offset,
        }
    }

    /// A line, from 1, without its line break.
    #[must_use]
    pub fn line(&self, number: usize) -> &str {
        let line = self.text.split('\n').nth(number.saturating_sub(1));
        line.unwrap_or_default().trim_end_matches('\r')
    }
}
