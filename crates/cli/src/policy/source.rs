//! A policy's text with its name, and places in it as people count them.

use std::io::Read;
use std::path::{Path, PathBuf};

use locum_policy::{Code, Finding, Severity};

use crate::error::CliError;
use crate::limits::POLICY_DOCUMENT_BYTES_MAX;

/// A text that was read.
#[derive(Debug, Clone)]
pub struct Source {
    /// What it is called: the file as it was named, or `<stdin>`.
    pub name: String,
    /// The text; of what is none, as much as can be read.
    pub text: String,
    /// Why it is no text.
    pub fault: Option<Finding>,
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

/// Files whose policies count together, such as those of one level of an organization.
#[derive(Debug, Clone)]
pub struct Level(pub Vec<PathBuf>);

impl Level {
    /// Reads its files.
    pub fn read(&self) -> Result<Vec<Source>, CliError> {
        self.0.iter().map(|file| Source::read(file)).collect()
    }
}

/// A level as the command line names it: files with commas between them.
pub fn level(text: &str) -> Result<Level, String> {
    match text.split(',').any(str::is_empty) {
        true => Err("a level is the files of its policies, with commas between them".to_owned()),
        false => Ok(Level(text.split(',').map(PathBuf::from).collect())),
    }
}

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes as a text, and what is wrong with them.
fn decoded(bytes: Vec<u8>) -> (String, Option<Finding>) {
    let wide = matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let marked = bytes.starts_with(UTF8_MARK);
    let (text, at, message) = match String::from_utf8(bytes) {
        Ok(text) if !marked => return (text, None),
        Ok(text) => (text, 0, "the text begins with a byte order mark".to_owned()),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let byte = bytes.get(at).copied().unwrap_or_default();
            let message = match wide {
                true => "the text begins with a byte order mark of UTF-16".to_owned(),
                false => format!("byte {at} ({byte:#04x}) is not UTF-8"),
            };
            (String::from_utf8_lossy(bytes).into_owned(), at, message)
        }
    };
    let fault = Finding {
        severity: Severity::Error,
        code: Code::JsonSyntaxError,
        message,
        help: "policies are UTF-8 without a byte order mark".to_owned(),
        // The mark, or what stands for the byte.
        span: at..at + char::REPLACEMENT_CHARACTER.len_utf8(),
    };
    (text, Some(fault))
}

/// What stands for standard input among the names of files.
pub const STDIN: &str = "-";

impl Source {
    /// Reads a file, or standard input for `-`, as a policy.
    ///
    /// # Errors
    /// When it cannot be read, and when it is no text.
    pub fn read(path: &Path) -> Result<Source, CliError> {
        let source = Source::open(path)?;
        match &source.fault {
            None => Ok(source),
            Some(fault) => Err(source.no_policy(fault)),
        }
    }

    /// Reads a file, or standard input for `-`, whatever it holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path) -> Result<Source, CliError> {
        let is_stdin = path.as_os_str() == STDIN;
        let name = match is_stdin {
            true => "<stdin>".to_owned(),
            false => path.display().to_string(),
        };
        let failed = |e| CliError::io(format!("cannot read {name}"), e);
        let mut bytes = Vec::new();
        let most = POLICY_DOCUMENT_BYTES_MAX + 1;
        let length = if is_stdin {
            std::io::stdin().take(most).read_to_end(&mut bytes)
        } else {
            std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
        };
        if length.map_err(failed)? as u64 == most {
            return Err(CliError::usage(
                format!("{name} is larger than {POLICY_DOCUMENT_BYTES_MAX} bytes"),
                "no policy is",
            ));
        }
        let (text, fault) = decoded(bytes);
        Ok(Source { name, text, fault })
    }

    /// The error that a finding is, for commands that need a policy.
    #[must_use]
    pub fn no_policy(&self, finding: &Finding) -> CliError {
        let place = self.place(finding.span.start);
        CliError::NoPolicy {
            file: PathBuf::from(&self.name),
            line: place.line,
            column: place.column,
            message: finding.message.clone(),
        }
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
