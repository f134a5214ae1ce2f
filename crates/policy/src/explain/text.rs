//! An explanation as text: the policy's own lines, underlined.

use std::fmt::Write;
use std::ops::Range;

use crate::decision::{PolicyType, Reason};
use crate::document::Effect;
use crate::explain::report::{
    ConditionReport, Outcome, PolicyReport, PolicyValue, RequestValues, StatementReport,
};
use crate::explain::view::View;
use crate::limits::{EXPLAINED_COLUMNS_MIN, EXPLAINED_LINE_CHARACTERS};

impl View<'_> {
    /// For people: the decision, then each statement that is about the action, with what matched
    /// and what did not below the lines that say it.
    pub fn text(&self) -> String {
        self.written(Room {
            line: EXPLAINED_LINE_CHARACTERS,
            message: usize::MAX,
        })
    }

    /// [`text`](View::text) that fits a terminal so many columns wide, as far as lines can be broken.
    pub fn text_within(&self, columns: usize) -> String {
        let columns = columns.max(EXPLAINED_COLUMNS_MIN);
        self.written(Room {
            line: EXPLAINED_LINE_CHARACTERS.min(columns - GUTTER_COLUMNS),
            message: columns,
        })
    }

    fn written(&self, room: Room) -> String {
        let mut out = self.headline();
        for report in self.policies() {
            policy(self, report, room, &mut out);
        }
        out
    }

    fn headline(&self) -> String {
        let word = if self.is_allowed() {
            "Allowed"
        } else {
            "Denied"
        };
        let because = match self.reason() {
            None if self.is_allowed() => String::new(),
            None => ", for a reason that is for the owner of the resource to know".to_owned(),
            Some(Reason::Root) => ": the root user of the account".to_owned(),
            Some(Reason::CrossAccount(lacking)) => {
                let side = match lacking.is_of_resource() {
                    true => "resource",
                    false => "caller",
                };
                format!(
                    ": caller and resource are of different accounts, both must allow, and no {} on the {side}'s side does",
                    lacking.name()
                )
            }
            Some(Reason::NoAllow(lacking)) => format!(": no {} allows it", lacking.name()),
            Some(Reason::Allowed(found) | Reason::ExplicitDeny(found)) => {
                let number = found.statement + 1;
                let name = self.name_of(found.policy_type, found.policy);
                let kind = found.policy_type.name();
                format!(": statement {number} of the {kind}{name}")
            }
        };
        format!(
            "{word}{because}.\n{} on {}\n",
            self.action(),
            self.resource()
        )
    }

    fn name_of(&self, policy_type: PolicyType, index: usize) -> String {
        let mut policies = self.policies().iter();
        let found =
            policies.find(|report| report.policy_type == policy_type && report.index == index);
        found.map_or(String::new(), |report| format!(" {:?}", report.name))
    }
}

/// How long lines may be.
#[derive(Clone, Copy)]
struct Room {
    /// Characters of a policy's line that are shown.
    line: usize,
    /// Columns of a line with a message.
    message: usize,
}

/// Columns before a policy's line, with a line number of three digits.
const GUTTER_COLUMNS: usize = 7;

fn policy(view: &View<'_>, report: &PolicyReport, room: Room, out: &mut String) {
    let title = format!("{} {:?}", report.policy_type.name(), report.name);
    if report.text.is_empty() {
        let _ = writeln!(
            out,
            "\n{title}: its text can no longer be read, so it denies everything"
        );
        return;
    }
    let (about, others): (Vec<_>, Vec<_>) = report
        .statements
        .iter()
        .partition(|statement| statement.action.0 != Outcome::No);
    for statement in about {
        let _ = write!(out, "\n{title}, statement {}", statement.index + 1);
        if let Some(sid) = &statement.sid {
            let _ = write!(out, " {sid:?}");
        }
        let effect = match statement.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        let outcome = match (statement.outcome, statement.effect) {
            (Outcome::Yes, _) => "applies",
            (Outcome::No, _) => "does not apply",
            (Outcome::Unknown, Effect::Allow) => "cannot be evaluated, so it allows nothing",
            (Outcome::Unknown, Effect::Deny) => "cannot be evaluated, so it denies",
        };
        let _ = writeln!(out, ", {effect}: {outcome}");
        snippet(&report.text, &labels(view, statement), room, out);
    }
    if !others.is_empty() {
        let count = others.len();
        let noun = if count == 1 {
            "statement is"
        } else {
            "statements are"
        };
        let _ = writeln!(out, "\n{title}: {count} {noun} about other actions");
    }
}

/// A stretch of the text, and what is to be said of it.
struct Label {
    span: Range<usize>,
    message: String,
}

/// What is said of one statement, from top to bottom.
fn labels(view: &View<'_>, statement: &StatementReport) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut add = |span: &Range<usize>, message: String| {
        let span = span.clone();
        labels.push(Label { span, message });
    };
    let (_, span) = &statement.action;
    add(span, format!("matches {}", view.action()));
    if let Some((outcome, span)) = &statement.principal {
        let message = match outcome {
            Outcome::Yes => "means the caller",
            Outcome::No => "does not mean the caller",
            Outcome::Unknown => "cannot be told: the statement does not fit its place",
        };
        add(span, message.to_owned());
    }
    if let Some((outcome, span)) = &statement.resource {
        let said = match outcome {
            Outcome::Yes => format!("matches {}", view.resource()),
            Outcome::No => format!("does not match {}", view.resource()),
            Outcome::Unknown => "cannot be told: a variable has no value".to_owned(),
        };
        let resolved = statement
            .resources
            .iter()
            .filter_map(|value| value.resolved.as_ref());
        let resolved: Vec<String> = resolved.map(|text| format!("{text:?}")).collect();
        let resolved = match &*resolved {
            [] => String::new(),
            texts => format!(" (resolved: {})", texts.join(", ")),
        };
        add(span, format!("{said}{resolved}"));
    }
    for report in &statement.conditions {
        add(&report.span, condition(report));
    }
    labels.sort_by_key(|label| label.span.start);
    labels
}

fn condition(report: &ConditionReport) -> String {
    let outcome = match report.outcome {
        Outcome::Yes => "holds",
        Outcome::No => "does not hold",
        Outcome::Unknown => "cannot be told",
    };
    let wanted = |value: &PolicyValue| {
        let text = value.resolved.as_ref().unwrap_or(&value.written);
        format!("{text:?}")
    };
    let wanted: Vec<String> = report.policy_values.iter().map(wanted).collect();
    let has = match &report.request_values {
        RequestValues::Missing => format!("the request has no {}", report.key),
        RequestValues::Ambiguous => format!("the request has {} more than once", report.key),
        RequestValues::Hidden => "what the resource has is for its owner to know".to_owned(),
        RequestValues::Are(values) if values.is_empty() => {
            format!("the request has an empty {}", report.key)
        }
        RequestValues::Are(values) => {
            let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
            format!("the request has {}", values.join(", "))
        }
    };
    format!(
        "{outcome}: {has}; {} {}",
        report.operator,
        wanted.join(" or ")
    )
}

/// The lines of the labels, each underlined, with line numbers.
fn snippet(text: &str, labels: &[Label], room: Room, out: &mut String) {
    let lines: Vec<Line> = labels
        .iter()
        .map(|label| Line::of(text, &label.span, room.line))
        .collect();
    let width = lines.iter().map(|line| line.number.to_string().len()).max();
    let width = width.unwrap_or(1);
    let mut last = None;
    for (line, label) in lines.iter().zip(labels) {
        if last != Some((line.number, &line.shown)) {
            let _ = writeln!(out, " {:>width$} | {}", line.number, line.shown);
        }
        let (indent, carets) = (" ".repeat(line.indent), "^".repeat(line.length));
        let gutter = format!(" {:>width$} | ", "");
        let taken = gutter.len() + line.indent + line.length + 1;
        if taken + label.message.chars().count() <= room.message {
            let _ = writeln!(out, "{gutter}{indent}{carets} {}", label.message);
        } else {
            let _ = writeln!(out, "{gutter}{indent}{carets}");
            // Below the mark, or further left when it stands far right.
            let indent = line.indent.min(room.message / 4);
            for part in in_lines(&label.message, room.message - gutter.len() - indent) {
                let _ = writeln!(out, "{gutter}{}{part}", " ".repeat(indent));
            }
        }
        last = Some((line.number, &line.shown));
    }
}

/// A message in lines of at most `columns` characters, broken at spaces where there are some.
pub fn in_lines(message: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in message.split(' ') {
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

/// The first line of a span, cut to what fits, and where the span lies in it.
struct Line {
    number: usize,
    shown: String,
    indent: usize,
    length: usize,
}

impl Line {
    fn of(text: &str, span: &Range<usize>, most: usize) -> Line {
        let before = text.get(..span.start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = text.get(start..).unwrap_or_default();
        let line = line.split('\n').next().unwrap_or_default();
        let indent = text
            .get(start..span.start)
            .map_or(0, |head| head.chars().count());
        let spanned = text.get(span.clone()).unwrap_or_default();
        let spanned = spanned.split('\n').next().unwrap_or_default();
        // A policy on one line is longer than a screen is wide.
        let characters: Vec<char> = line
            .chars()
            .map(|c| if c == '\t' { ' ' } else { c })
            .collect();
        let length = spanned.trim_end().chars().count().max(1);
        let skipped = match characters.len() > most {
            true => indent.saturating_sub(most / 4),
            false => 0,
        };
        let shown = characters.iter().skip(skipped).take(most);
        let shown: String = shown.collect();
        let room = most.saturating_sub(indent - skipped);
        Line {
            number: before.matches('\n').count() + 1,
            shown: shown.trim_end().to_owned(),
            indent: indent - skipped,
            length: length.min(room.max(1)),
        }
    }
}
