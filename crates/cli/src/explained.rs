//! Explanations of the server as a page for people, with colour where there may be some.

use serde_json::Value;

use crate::commands::Context;
use crate::output::{self, Colour, Style};

/// A page that grows from top to bottom.
pub struct Page {
    text: String,
    colour: Colour,
    columns: usize,
}

/// Columns of a page that is no terminal's.
const COLUMNS_DEFAULT: usize = 120;

impl Page {
    /// An empty page.
    #[must_use]
    pub fn new(context: &Context) -> Page {
        Page {
            text: String::new(),
            colour: Colour::stdout(&context.environment),
            columns: output::terminal_width().unwrap_or(COLUMNS_DEFAULT),
        }
    }

    /// The page.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// What it is about.
    pub fn title(&mut self, text: &str) {
        let (text, colour) = (output::clean(text), self.colour);
        for line in wrapped(&text, self.columns) {
            self.line(&colour.paint(Style::Bold, &line));
        }
    }

    /// Names and values.
    pub fn facts(&mut self, facts: &[(&str, &str)]) {
        let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in facts {
            let name = self.colour.paint(Style::Dim, &format!("{name:width$}"));
            self.line(&format!("  {name}  {}", output::clean(value)));
        }
    }

    fn heading(&mut self, text: &str) {
        let text = self.colour.paint(Style::Heading, text);
        self.line(&format!("\n{text}"));
    }

    /// A sentence.
    pub fn paragraph(&mut self, text: &str) {
        self.line("");
        for line in wrapped(&output::clean(text), self.columns) {
            self.line(&line);
        }
    }

    /// The texts of a list.
    #[must_use]
    pub fn texts(&self, list: &Value) -> Vec<String> {
        let items = list.as_array().into_iter().flatten();
        items
            .filter_map(|item| item.as_str().map(output::clean))
            .collect()
    }

    /// A list under a heading; nothing when it is empty.
    pub fn list(&mut self, heading: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.heading(heading);
        for item in items {
            self.item("- ", item);
        }
    }

    fn item(&mut self, mark: &str, text: &str) {
        let indent = " ".repeat(mark.chars().count());
        for (at, line) in wrapped(text, self.columns.saturating_sub(indent.len()))
            .iter()
            .enumerate()
        {
            let before = if at == 0 { mark } else { &indent };
            self.line(&format!("{before}{line}"));
        }
    }

    /// A decision and the statements that make it; the lines of the policies underlined.
    pub fn view(&mut self, heading: &str, view: &Value) {
        let Some(text) = view["Text"].as_str() else {
            return;
        };
        self.heading(heading);
        let is_allowed = view["Decision"] == "allow";
        for (at, line) in text.lines().enumerate() {
            let line = output::clean(line);
            if at == 0 {
                let style = if is_allowed { Style::Good } else { Style::Bad };
                for part in wrapped(&line, self.columns) {
                    self.line(&self.colour.paint(style, &part));
                }
            } else {
                self.line(&self.shaded(&line));
            }
        }
        let missing = self.texts(&view["Missing"]);
        if !missing.is_empty() {
            self.paragraph(&format!(
                "Missing from the request: {}.",
                missing.join(", ")
            ));
        }
    }

    /// A line of an explanation: what is said of a policy stands out from the policy's own words.
    fn shaded(&self, line: &str) -> String {
        let Some((gutter, rest)) = line.split_once(" | ") else {
            return match line.starts_with(' ') || line.is_empty() {
                true => line.to_owned(),
                false => self.colour.paint(Style::Bold, line),
            };
        };
        if !gutter.trim().is_empty() {
            return format!(
                "{} {rest}",
                self.colour.paint(Style::Dim, &format!("{gutter} |"))
            );
        }
        let said = rest.trim_start_matches([' ', '^']);
        let style = match said {
            text if text.starts_with("matches") || text.starts_with("means") => Style::Good,
            text if text.starts_with("holds") => Style::Good,
            _ => Style::Warn,
        };
        let gutter = self.colour.paint(Style::Dim, &format!("{gutter} |"));
        format!("{gutter} {}", self.colour.paint(style, rest))
    }

    /// What would allow the request: one or several changes each.
    pub fn suggestions(&mut self, heading: &str, found: &Value) {
        let Some(sets) = found.as_array().filter(|sets| !sets.is_empty()) else {
            return;
        };
        self.heading(&format!("{heading} (a suggestion, tried with the engine)"));
        for (at, set) in sets.iter().enumerate() {
            let changes = set.as_array().into_iter().flatten();
            for (part, change) in changes.enumerate() {
                let mark = match part {
                    0 => format!("{}. ", at + 1),
                    _ => "   and ".to_owned(),
                };
                let sentence = change["Sentence"].as_str().unwrap_or_default();
                let has_statement = change.get("Statement").is_some();
                let ending = if has_statement { ":" } else { "" };
                self.item(&mark, &format!("{}{ending}", output::clean(sentence)));
                if let Some(statement) = change.get("Statement") {
                    self.statement(statement);
                }
            }
        }
        let note = "Whether it should be allowed is another question: it was refused for want of exactly this.";
        self.paragraph(note);
    }

    fn statement(&mut self, statement: &Value) {
        let one = ordered(statement);
        let indent = "     ";
        if indent.len() + one.chars().count() <= self.columns {
            let one = self.colour.paint(Style::Bold, &one);
            self.line(&format!("{indent}{one}"));
            return;
        }
        for line in one
            .replace("{\"Effect\"", "{\n  \"Effect\"")
            .split(", \"")
            .enumerate()
            .map(|(at, part)| {
                if at == 0 {
                    part.to_owned()
                } else {
                    format!("  \"{part}")
                }
            })
        {
            for line in line.lines() {
                let line = self.colour.paint(Style::Bold, line);
                self.line(&format!("{indent}{line}"));
            }
        }
    }

    /// Who ids are, and what else is to be said.
    pub fn foot(&mut self, answer: &Value) {
        let (legend, notes) = (self.texts(&answer["Legend"]), self.texts(&answer["Notes"]));
        self.list("Who is who", &legend);
        self.list("Notes", &notes);
    }
}

/// A statement on one line, its elements in the order that people write them in.
fn ordered(statement: &Value) -> String {
    let elements = ["Effect", "Principal", "Action", "Resource"]
        .iter()
        .filter_map(|name| {
            let value = statement.get(*name)?;
            let value = value.to_string().replace("\":", "\": ");
            Some(format!("\"{name}\": {value}"))
        });
    format!("{{{}}}", elements.collect::<Vec<_>>().join(", "))
}

/// Lines of at most `columns` characters, broken at spaces where there are some.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let length = word.chars().count();
        let held = lines.last().map_or(0, |line| line.chars().count());
        match lines.last_mut() {
            Some(line) if held > 0 && held + 1 + length <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) if held == 0 => line.push_str(word),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
