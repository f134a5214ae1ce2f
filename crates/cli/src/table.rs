//! Tables for people: a header, two spaces between columns, no borders, cut to the terminal's width.

use crate::output::{Colour, Style};

/// One cell.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    style: Option<Style>,
}

impl Cell {
    /// Plain text.
    pub fn new(text: impl Into<String>) -> Cell {
        Cell {
            text: text.into(),
            style: None,
        }
    }

    /// Text in a style.
    pub fn styled(text: impl Into<String>, style: Style) -> Cell {
        Cell {
            text: text.into(),
            style: Some(style),
        }
    }
}

/// What belongs to one thing: its cells, and a note that stands below them.
#[derive(Debug, Clone)]
pub struct Line {
    /// One cell for each column.
    pub cells: Vec<Cell>,
    /// What is too long for a column.
    pub note: Option<String>,
}

/// A column: its header and how it behaves when the terminal is narrow.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The header.
    pub name: &'static str,
    /// Width to begin with, in characters, for values whose length is known.
    pub width_first: usize,
    /// How narrow it may become.
    pub shrink: Shrink,
}

/// What a column gives when room is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shrink {
    /// Nothing.
    Never,
    /// The ends of its values, down to this many characters.
    End(usize),
    /// The beginnings of its values, down to this many characters.
    Beginning(usize),
}

impl Shrink {
    fn width_min(self) -> usize {
        match self {
            Shrink::Never => usize::MAX,
            Shrink::End(width) | Shrink::Beginning(width) => width,
        }
    }
}

/// Keeps the widths of columns over several prints, so that rows that come later stand under the earlier ones.
#[derive(Debug)]
pub struct Table {
    columns: &'static [Column],
    widths: Vec<usize>,
    total_max: Option<usize>,
    colour: Colour,
    header: Header,
}

#[derive(Debug, PartialEq, Eq)]
enum Header {
    Due,
    Written,
}

const BETWEEN: &str = "  ";
/// A column stays that wide on the narrowest terminal.
const WIDTH_MIN: usize = 4;

impl Table {
    /// A table for a terminal of `total_max` characters, or without bound.
    #[must_use]
    pub fn new(columns: &'static [Column], total_max: Option<usize>, colour: Colour) -> Table {
        let widths = columns
            .iter()
            .map(|column| column.name.chars().count().max(column.width_first))
            .collect();
        Table {
            columns,
            widths,
            total_max,
            colour,
            header: Header::Due,
        }
    }

    /// Lays out some lines, the header before the first ones. Widths only grow.
    #[must_use]
    pub fn lines(&mut self, lines: &[Line]) -> String {
        for line in lines {
            for (width, cell) in self.widths.iter_mut().zip(&line.cells) {
                *width = (*width).max(cell.text.chars().count());
            }
        }
        let widths = self.fitted();
        let mut text = String::new();
        if self.header == Header::Due {
            self.header = Header::Written;
            let name = |column: &Column| Cell::styled(column.name, Style::Bold);
            let names: Vec<Cell> = self.columns.iter().map(name).collect();
            self.line(&names, &widths, &mut text);
        }
        for line in lines {
            self.line(&line.cells, &widths, &mut text);
            if let Some(note) = &line.note {
                let indent = self.widths.first().copied().unwrap_or_default() + BETWEEN.len();
                let room = self
                    .total_max
                    .map_or(usize::MAX, |max| max.saturating_sub(indent));
                let shown = cut(note, room, Shrink::End(0));
                let painted = self.colour.paint(Style::Dim, &shown);
                text.push_str(&format!("{}{painted}\n", " ".repeat(indent)));
            }
        }
        text
    }

    /// The widths, taken from the widest column that may shrink until all fit, then from any.
    fn fitted(&self) -> Vec<usize> {
        let mut widths = self.widths.clone();
        let Some(total_max) = self.total_max else {
            return widths;
        };
        let gaps = BETWEEN.len() * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > total_max {
            let shrinkable = widths
                .iter_mut()
                .zip(self.columns)
                .filter(|(width, column)| **width > column.shrink.width_min());
            match shrinkable.max_by_key(|(width, _)| **width) {
                Some((width, _)) => *width -= 1,
                None => break,
            }
        }
        // A line that is broken by the terminal is worse than a value that is cut.
        while widths.iter().sum::<usize>() + gaps > total_max {
            match widths.iter_mut().max().filter(|width| **width > WIDTH_MIN) {
                Some(width) => *width -= 1,
                None => break,
            }
        }
        widths
    }

    fn line(&self, cells: &[Cell], widths: &[usize], text: &mut String) {
        let mut padding = 0;
        for (at, ((cell, width), column)) in cells.iter().zip(widths).zip(self.columns).enumerate()
        {
            if at > 0 {
                text.push_str(&" ".repeat(padding));
                text.push_str(BETWEEN);
            }
            let shown = cut(&cell.text, *width, column.shrink);
            padding = width.saturating_sub(shown.chars().count());
            match cell.style {
                Some(style) => text.push_str(&self.colour.paint(style, &shown)),
                None => text.push_str(&shown),
            }
        }
        text.push('\n');
    }
}

/// At most `width` characters; what is cut is marked.
fn cut(text: &str, width: usize, shrink: Shrink) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    match shrink {
        Shrink::Beginning(_) => std::iter::once('…')
            .chain(text.chars().skip(length - kept))
            .collect(),
        _ => text
            .chars()
            .take(kept)
            .chain(std::iter::once('…'))
            .collect(),
    }
}

/// Name and value pairs, one a line, the values aligned.
#[must_use]
pub fn facts(facts: &[(&str, String)], colour: Colour) -> String {
    let width = facts
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    let line = |(name, value): &(&str, String)| {
        let padding = " ".repeat(width - name.chars().count());
        format!(
            "{}{padding}{BETWEEN}{}\n",
            colour.paint(Style::Dim, name),
            crate::output::clean(value)
        )
    };
    facts.iter().map(line).collect()
}
