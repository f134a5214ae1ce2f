//! Explanations of the server as a page for people, with colour where there may be some.

use locum_policy::in_lines;
use serde_json::Value;

use crate::commands::Context;
use crate::output::{self, Colour, Style};

static NULL: Value = Value::Null;

/// A member of an answer, `null` when it has none of that name.
#[must_use]
pub fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&NULL)
}

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
        for line in in_lines(&text, self.columns) {
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
        for line in in_lines(&output::clean(text), self.columns) {
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
        for (at, line) in in_lines(text, self.columns.saturating_sub(indent.len()))
            .iter()
            .enumerate()
        {
            let before = if at == 0 { mark } else { &indent };
            self.line(&format!("{before}{line}"));
        }
    }

    /// A decision and the statements that make it; the lines of the policies underlined.
    pub fn view(&mut self, heading: &str, view: &Value) {
        let Some(text) = at(view, "Text").as_str() else {
            return;
        };
        self.heading(heading);
        let is_allowed = at(view, "Decision") == "allow";
        let lines: Vec<String> = text.lines().map(output::clean).collect();
        let mut style = Style::Warn;
        for (at, line) in lines.iter().enumerate() {
            let Some((gutter, rest)) = line.split_once(" | ") else {
                let style = match (at, is_allowed) {
                    (0, true) => Style::Good,
                    (0, false) => Style::Bad,
                    _ => Style::Bold,
                };
                for part in in_lines(line, self.columns) {
                    let part = if part.is_empty() {
                        part
                    } else {
                        self.colour.paint(style, &part)
                    };
                    self.line(&part);
                }
                continue;
            };
            let next = lines.get(at + 1).and_then(|next| next.split_once(" | "));
            let is_said = gutter.trim().is_empty();
            if is_said && rest.contains('^') {
                style = style_of(rest, next.map_or("", |(_, rest)| rest));
            }
            let gutter = self.colour.paint(Style::Dim, &format!("{gutter} |"));
            let rest = match is_said {
                true => self.colour.paint(style, rest),
                false => rest.to_owned(),
            };
            self.line(&format!("{gutter} {rest}"));
        }
        let missing = self.texts(at(view, "Missing"));
        if !missing.is_empty() {
            self.paragraph(&format!(
                "Missing from the request: {}.",
                missing.join(", ")
            ));
        }
    }

    /// What would allow the request: one or several changes each.
    pub fn suggestions(&mut self, heading: &str, found: &Value) {
        let Some(sets) = found.as_array().filter(|sets| !sets.is_empty()) else {
            return;
        };
        self.heading(&format!("{heading} (a suggestion, tried with the engine)"));
        for (number, set) in sets.iter().enumerate() {
            let changes = set.as_array().into_iter().flatten();
            for (part, change) in changes.enumerate() {
                let mark = match part {
                    0 => format!("{}. ", number + 1),
                    _ => "   and ".to_owned(),
                };
                let sentence = at(change, "Sentence").as_str().unwrap_or_default();
                let has_statement = change.get("Statement").is_some();
                let ending = if has_statement { ":" } else { "" };
                let sentence = match part {
                    0 => output::clean(sentence),
                    _ => lowered(&output::clean(sentence)),
                };
                self.item(&mark, &format!("{sentence}{ending}"));
                if let Some(statement) = change.get("Statement") {
                    self.statement(statement);
                }
            }
        }
        let note = "Whether it should be allowed is another question: it was refused for want of exactly this.";
        self.paragraph(note);
    }

    /// A statement to copy: on one line where it fits.
    fn statement(&mut self, statement: &Value) {
        let indent = "     ";
        let elements = ordered(statement);
        let one = format!("{{{}}}", elements.join(", "));
        let lines = if indent.len() + one.chars().count() <= self.columns {
            vec![one]
        } else {
            let inner = elements.join(",\n  ");
            let all = format!("{{\n  {inner}\n}}");
            all.lines().map(str::to_owned).collect()
        };
        for line in lines {
            let line = self.colour.paint(Style::Bold, &output::clean(&line));
            self.line(&format!("{indent}{line}"));
        }
    }

    /// Who ids are, and what else is to be said.
    pub fn foot(&mut self, answer: &Value) {
        let (legend, notes) = (
            self.texts(at(answer, "Legend")),
            self.texts(at(answer, "Notes")),
        );
        self.list("Who is who", &legend);
        self.list("Notes", &notes);
    }
}

/// The elements of a statement in the order that people write them in.
fn ordered(statement: &Value) -> Vec<String> {
    let names = ["Effect", "Principal", "Action", "Resource"];
    let element = |name: &&str| {
        let value = statement.get(*name)?;
        let text = value.to_string();
        let text = match value.is_object() {
            true => text.replacen("\":", "\": ", 1),
            false => text,
        };
        Some(format!("\"{name}\": {text}"))
    };
    names.iter().filter_map(element).collect()
}

/// How a message below a policy's line is shown; it may begin on the next line.
fn style_of(marked: &str, next: &str) -> Style {
    let said = marked.trim_start_matches([' ', '^']);
    let said = if said.is_empty() {
        next.trim_start()
    } else {
        said
    };
    let good = ["matches", "means", "holds"];
    match good.iter().any(|word| said.starts_with(word)) {
        true => Style::Good,
        false => Style::Warn,
    }
}

/// The first letter small, as within a sentence.
fn lowered(sentence: &str) -> String {
    let mut characters = sentence.chars();
    let first = characters
        .next()
        .map(|first| first.to_lowercase().to_string());
    format!("{}{}", first.unwrap_or_default(), characters.as_str())
}
