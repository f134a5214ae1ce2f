//! Everything that the program prints goes by these rules, and through these few functions.
//!
//! 1. Standard output carries the result and nothing else: what another program reads, secrets included.
//! 2. Standard error carries all talk: progress, prompts, warnings, errors, hints.
//! 3. A secret reaches a terminal only when it was asked for, with `--format` or `--show`.
//! 4. Colour only on a terminal, with `NO_COLOR` unset and `TERM` not `dumb`; it never says what the words do not.
//! 5. An error is one line, `locum: sentence`, and where something can be done, a second one, `hint: …`.
//! 6. Text that others wrote (answers, trail records) loses its control characters before it is shown.
//! 7. A table has a header, two spaces between columns and no borders; it is cut to a terminal's width and never when piped.
//! 8. Times are UTC and say so. Output for programs is asked for with `--format`.
//! 9. A reader that went away (`| head`) is not an error.

use std::io::{IsTerminal, Write};

use crate::env::Environment;
use crate::error::CliError;

/// Whether colour may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Escape sequences are written.
    On,
    /// Plain text.
    Off,
}

/// The few styles that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Column headers and things to copy.
    Bold,
    /// What matters less.
    Dim,
    /// Went well.
    Good,
    /// Refused.
    Bad,
    /// Attention.
    Warn,
    /// Headings of the tour.
    Heading,
}

impl Colour {
    /// Colour for standard output.
    #[must_use]
    pub fn stdout(environment: &Environment) -> Colour {
        Colour::of(environment, Stream::Out)
    }

    /// Colour for standard error.
    #[must_use]
    pub fn stderr(environment: &Environment) -> Colour {
        Colour::of(environment, Stream::Err)
    }

    fn of(environment: &Environment, stream: Stream) -> Colour {
        let plain = environment.is_set("NO_COLOR") || environment.get("TERM") == Some("dumb");
        if plain || !is_terminal(stream) {
            Colour::Off
        } else {
            Colour::On
        }
    }

    /// `text` in `style`, or as it is without colour.
    #[must_use]
    pub fn paint(self, style: Style, text: &str) -> String {
        let code = match (self, style) {
            (Colour::Off, _) => return text.to_owned(),
            (_, Style::Bold) => "1",
            (_, Style::Dim) => "2",
            (_, Style::Good) => "32",
            (_, Style::Bad) => "31",
            (_, Style::Warn) => "33",
            (_, Style::Heading) => "1;36",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// One of the two output streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Whether a stream is a terminal.
#[must_use]
pub fn is_terminal(stream: Stream) -> bool {
    match stream {
        Stream::Out => std::io::stdout().is_terminal(),
        Stream::Err => std::io::stderr().is_terminal(),
    }
}

/// Width of the terminal that standard output is, or `None` when it is none.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    if !is_terminal(Stream::Out) {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// [`terminal_width`] as the operator's socket takes it.
#[must_use]
pub fn columns() -> Option<u16> {
    terminal_width().and_then(|width| u16::try_from(width).ok())
}

/// Writes a result to standard output. A reader that went away ends the program quietly.
pub fn result(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(e) => Err(CliError::io("cannot write to standard output", e)),
    }
}

/// Says something to the person at the terminal, on standard error.
pub fn say(text: &str) {
    // Nobody is left to tell when standard error itself fails.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Warns, on standard error.
pub fn warn(environment: &Environment, text: &str) {
    let colour = Colour::stderr(environment);
    say(&format!(
        "locum: {} {}",
        colour.paint(Style::Warn, "warning:"),
        clean(text)
    ));
}

/// Tells of a failed command: one line, and a hint where there is one.
pub fn error(environment: &Environment, error: &CliError) {
    let colour = Colour::stderr(environment);
    say(&format!(
        "{} {}",
        colour.paint(Style::Bad, "locum:"),
        clean(&error.to_string())
    ));
    let hint = error.hint();
    if !hint.is_empty() {
        say(&format!(
            "{} {}",
            colour.paint(Style::Dim, "hint:"),
            clean(&hint)
        ));
    }
}

/// `text` with everything replaced that could move a cursor, start an escape sequence or turn the reading direction.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || is_steering(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// Bidirectional controls, zero-width characters and line separators: invisible, and they change what is seen.
fn is_steering(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
