//! Findings as people read them: the place, the line, what is wrong underlined, and what helps.

use locum_policy::{Finding, Severity};

use super::source::{Place, Source};
use crate::output::{Colour, Style, clean};

/// Characters of a cut line that are kept in front of what is underlined.
const CONTEXT_CHARACTERS: usize = 24;
/// Lines that are shown of many, before the last one.
const LINES_BEFORE: usize = 4;
/// What stands where a line was cut.
const CUT: &str = "…";

/// A finding with the line or lines it is about, cut to `width` characters.
#[must_use]
pub fn shown(source: &Source, finding: &Finding, colour: Colour, width: usize) -> String {
    let (start, end) = (
        source.place(finding.span.start),
        source.place(finding.span.end),
    );
    let several = end.line > start.line;
    let style = style(finding.severity);
    let margin = end.line.to_string().len();
    let page = Page {
        source,
        colour,
        style,
        margin,
        room: width.saturating_sub(margin + 4).max(2 * CONTEXT_CHARACTERS),
    };
    let dim = |text: &str| colour.paint(Style::Dim, text);
    let blank = " ".repeat(margin);
    let head = format!("{}[{}]", word(finding.severity), finding.code);
    let until = match several {
        true => format!(" to {}:{}", end.line, end.column),
        false => String::new(),
    };
    let mut lines = vec![
        format!(
            "{}: {}",
            colour.paint(style, &head),
            colour.paint(Style::Bold, &clean(&finding.message))
        ),
        format!(
            "{blank}{} {}:{}:{}{until}",
            dim("-->"),
            clean(&source.name),
            start.line,
            start.column
        ),
        format!("{blank} {}", dim("|")),
    ];
    match several {
        true => page.several(start.line, end, &mut lines),
        false => page.one(start, end, &mut lines),
    }
    if !finding.help.is_empty() {
        lines.push(format!(
            "{blank} {} help: {}",
            dim("="),
            clean(&finding.help)
        ));
    }
    lines
        .iter()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// Where and how source lines are shown.
struct Page<'a> {
    source: &'a Source,
    colour: Colour,
    style: Style,
    /// Digits of the largest line number.
    margin: usize,
    /// Characters for a source line.
    room: usize,
}

impl Page<'_> {
    /// A line behind its number, or behind none.
    fn row(&self, number: Option<usize>, text: &str) -> String {
        let number = number.map_or_else(String::new, |number| number.to_string());
        let number = format!("{number:>width$} |", width = self.margin);
        format!("{} {text}", self.colour.paint(Style::Dim, &number))
    }

    /// One line, with carets under what is meant.
    fn one(&self, start: Place, end: Place, lines: &mut Vec<String>) {
        let length = (end.column - start.column).max(1);
        let line = self.source.line(start.line);
        let cut = cut(line, start.column - 1, length, self.room);
        lines.push(self.row(Some(start.line), &cut.text));
        let carets = self.colour.paint(self.style, &"^".repeat(cut.length));
        lines.push(self.row(None, &format!("{}{carets}", " ".repeat(cut.column))));
    }

    /// Several lines, with a bar beside them; of many, the first and the last ones.
    fn several(&self, first: usize, end: Place, lines: &mut Vec<String>) {
        let bar = |text: &str| self.colour.paint(self.style, text);
        let skipped = (first + LINES_BEFORE)..end.line;
        for number in first..=end.line {
            if skipped.len() > 1 && skipped.contains(&number) {
                if number == skipped.start {
                    lines.push(self.row(None, &format!("{} {CUT}", bar("|"))));
                }
                continue;
            }
            let mark = if number == first { "/" } else { "|" };
            let cut = cut(self.source.line(number), 0, 1, self.room.saturating_sub(2));
            lines.push(self.row(Some(number), &format!("{} {}", bar(mark), cut.text)));
        }
        let under = format!(
            "|{}^",
            "_".repeat(end.column.saturating_sub(1).min(self.room))
        );
        lines.push(self.row(None, &bar(&under)));
    }
}

/// The word that a finding begins with.
#[must_use]
pub fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::SecurityWarning => "security warning",
        Severity::Warning => "warning",
        Severity::Suggestion => "suggestion",
    }
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => Style::Bad,
        Severity::SecurityWarning | Severity::Warning => Style::Warn,
        Severity::Suggestion => Style::Good,
    }
}

/// A part of a line, and where in it something is underlined, in characters.
struct Cut {
    text: String,
    column: usize,
    length: usize,
}

/// The part of a line around what is underlined. Every character is one wide: tabs become spaces.
fn cut(line: &str, column: usize, length: usize, room: usize) -> Cut {
    let characters: Vec<char> = clean(&line.replace('\t', " ")).chars().collect();
    if characters.len() <= room {
        return Cut {
            text: characters.iter().collect(),
            column,
            length,
        };
    }
    let from = match column + length <= room {
        true => 0,
        false => column.saturating_sub(CONTEXT_CHARACTERS),
    };
    let kept = characters.iter().skip(from).take(room.saturating_sub(2));
    let mut text: String = kept.collect();
    let end = from + room.saturating_sub(2);
    let length = length.min(end.saturating_sub(column)).max(1);
    if end < characters.len() {
        text.push_str(CUT);
    }
    if from == 0 {
        return Cut {
            text,
            column,
            length,
        };
    }
    Cut {
        text: format!("{CUT}{text}"),
        column: column - from + 1,
        length,
    }
}
