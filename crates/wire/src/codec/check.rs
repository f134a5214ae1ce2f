//! The models' constraints: what is wrong with a value, in AWS's words.

use super::reader::{Path, Step};
use crate::input::{Shown, Violation};
use crate::limits::VIOLATIONS_SHOWN_MAX;
use crate::node::NodeError;
use crate::shape::{ItemsNull, Kind, Privacy, Shape};
use std::fmt::Write;

/// What a reader checks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checks {
    /// Nothing: an answer read by the client.
    Off,
    /// Everything; violations quote the value (STS, Organizations).
    Quoting,
    /// Everything; violations do not quote the value (IAM).
    Hiding,
}

/// The scalars of a list or map, whose violations AWS reports once for all of them.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Items(&'static Shape),
    Keys(&'static Shape),
    Values(&'static Shape),
}

/// What reading has found so far.
pub(crate) struct State {
    checks: Checks,
    /// While a list's items are probed: whether one of them violates something.
    probe: Option<bool>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) total: usize,
    pub(crate) failure: Option<NodeError>,
}

impl State {
    pub(crate) fn new(checks: Checks) -> State {
        State {
            checks,
            probe: None,
            violations: Vec::new(),
            total: 0,
            failure: None,
        }
    }

    /// The message cannot be read; the first reason counts.
    pub(crate) fn fail(&mut self, error: NodeError) {
        self.failure.get_or_insert(error);
    }

    /// A required member is not there.
    pub(super) fn missing(&mut self, path: &Path<'_>) {
        match self.checks {
            Checks::Off => {}
            Checks::Quoting => self.add(Shown::Null, path, "Member must not be null".to_owned()),
            Checks::Hiding => self.add(Shown::Hidden, path, "Member must not be null".to_owned()),
        }
    }

    pub(super) fn text(&mut self, shape: &'static Shape, path: &Path<'_>, text: &str) {
        if self.checks == Checks::Off {
            return;
        }
        let value = || text.to_owned();
        if shape.pattern.is_some_and(|pattern| !pattern.matches(text)) {
            self.violation(shape, path, &value, Constraint::Pattern);
        }
        if shape.min.is_some() || shape.max.is_some() {
            self.length(shape, path, characters(text), &value);
        }
        if !shape.values.is_empty() && !shape.values.contains(&text) {
            self.violation(shape, path, &value, Constraint::Values);
        }
    }

    /// Length of a text, a list, a map or bytes.
    pub(super) fn length(
        &mut self,
        shape: &'static Shape,
        path: &Path<'_>,
        length: usize,
        value: &dyn Fn() -> String,
    ) {
        self.size(
            shape,
            path,
            i64::try_from(length).unwrap_or(i64::MAX),
            value,
        );
    }

    /// A number between the shape's bounds.
    pub(super) fn size(
        &mut self,
        shape: &'static Shape,
        path: &Path<'_>,
        size: i64,
        value: &dyn Fn() -> String,
    ) {
        if self.checks == Checks::Off {
            return;
        }
        if shape.max.is_some_and(|max| size > max) {
            self.violation(shape, path, value, Constraint::Max);
        }
        if shape.min.is_some_and(|min| size < min) {
            self.violation(shape, path, value, Constraint::Min);
        }
    }

    /// Reads the scalars of a list or map; answers whether one of them violates its constraints, which
    /// AWS reports once, at the list or map, with all constraints of the scalar.
    pub(super) fn probe<T>(&mut self, read: impl FnOnce(&mut State) -> T) -> (T, bool) {
        let outer = self.probe.replace(false);
        let out = read(self);
        let violated = self.probe == Some(true);
        self.probe = outer;
        (out, violated)
    }

    /// Reports what a probe found.
    pub(super) fn parts(
        &mut self,
        whole: &'static Shape,
        part: Part,
        path: &Path<'_>,
        value: &dyn Fn() -> String,
    ) {
        let (words, shape) = match part {
            Part::Items(shape) => ("Member", shape),
            Part::Keys(shape) => ("Map keys", shape),
            Part::Values(shape) => ("Map value", shape),
        };
        let order = [
            Constraint::Max,
            Constraint::Min,
            Constraint::Pattern,
            Constraint::Values,
        ];
        let mut parts: Vec<String> = order
            .iter()
            .filter_map(|c| c.sentence(shape, self.checks))
            .collect();
        if whole.items_null == ItemsNull::Mentioned {
            parts.push("Member must not be null".to_owned());
        }
        let constraint = format!("{words} must satisfy constraint: [{}]", parts.join(", "));
        self.report(whole, path, value, constraint);
    }

    fn violation(
        &mut self,
        shape: &'static Shape,
        path: &Path<'_>,
        value: &dyn Fn() -> String,
        constraint: Constraint,
    ) {
        if let Some(probe) = &mut self.probe {
            *probe = true;
            return;
        }
        if let Some(sentence) = constraint.sentence(shape, self.checks) {
            self.report(shape, path, value, sentence);
        }
    }

    fn report(
        &mut self,
        shape: &'static Shape,
        path: &Path<'_>,
        value: &dyn Fn() -> String,
        constraint: String,
    ) {
        let quoted = self.checks == Checks::Quoting && is_quotable(shape);
        let shown = if quoted {
            Shown::Text(value())
        } else {
            Shown::Hidden
        };
        self.add(shown, path, constraint);
    }

    fn add(&mut self, value: Shown, path: &Path<'_>, constraint: String) {
        self.total += 1;
        if self.violations.len() < VIOLATIONS_SHOWN_MAX {
            let mut text = String::new();
            push_path(&mut text, path);
            self.violations.push(Violation {
                value,
                path: text,
                constraint,
            });
        }
    }
}

/// Whether AWS's sentence shows the value: scalars and lists of scalars that are no secret.
fn is_quotable(shape: &Shape) -> bool {
    let has_text = match shape.kind {
        Kind::List(item) => item.is_scalar(),
        Kind::Blob => false,
        _ => shape.is_scalar(),
    };
    has_text && shape.privacy == Privacy::Open
}

/// Characters as the models count them.
fn characters(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    }
}

/// A constraint of a shape.
#[derive(Clone, Copy)]
enum Constraint {
    Max,
    Min,
    Pattern,
    Values,
}

impl Constraint {
    /// AWS's sentence; none when the shape has no such constraint.
    fn sentence(self, shape: &Shape, checks: Checks) -> Option<String> {
        let what = match shape.kind {
            Kind::Integer | Kind::Long => "value",
            _ => "length",
        };
        match self {
            Constraint::Max => Some(format!(
                "Member must have {what} less than or equal to {}",
                shape.max?
            )),
            Constraint::Min => Some(format!(
                "Member must have {what} greater than or equal to {}",
                shape.min?
            )),
            Constraint::Pattern => {
                let source = shape.pattern?.source;
                Some(format!(
                    "Member must satisfy regular expression pattern: {source}"
                ))
            }
            Constraint::Values if shape.values.is_empty() => None,
            // IAM says no more than this.
            Constraint::Values if checks == Checks::Hiding => {
                Some("Member must satisfy enum value set".to_owned())
            }
            Constraint::Values => Some(format!(
                "Member must satisfy enum value set: [{}]",
                shape.values.join(", ")
            )),
        }
    }
}

fn push_path(out: &mut String, path: &Path<'_>) {
    if let Some(parent) = path.parent {
        push_path(out, parent);
        out.push('.');
    }
    let _ = match path.step {
        Step::Member(name) => out.write_str(name),
        Step::Item(number) => write!(out, "{number}.member"),
        Step::Key(key) => write!(out, "{key}.member"),
    };
}
