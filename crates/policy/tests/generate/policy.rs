//! Policies as values, so that they can be changed and shrunk, and their text.

use std::fmt::Write;

/// A policy document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Policy {
    pub(crate) version: Version,
    pub(crate) statements: Vec<Statement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Missing,
    Old,
    New,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) sid: Option<String>,
    pub(crate) allows: bool,
    pub(crate) principal: Option<Principals>,
    pub(crate) action: List,
    pub(crate) resource: Option<List>,
    pub(crate) conditions: Vec<Condition>,
}

/// `Action`, `Resource`, or their `Not…` form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct List {
    pub(crate) not: bool,
    pub(crate) items: Vec<String>,
}

/// `Principal` or `NotPrincipal`: types and names, the type `""` for the bare `"*"`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Principals {
    pub(crate) not: bool,
    pub(crate) entries: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub(crate) operator: String,
    pub(crate) key: String,
    pub(crate) operands: Vec<String>,
}

impl Policy {
    /// The document.
    pub(crate) fn text(&self) -> String {
        let mut out = String::from("{");
        match self.version {
            Version::Missing => {}
            Version::Old => out.push_str(r#""Version":"2008-10-17","#),
            Version::New => out.push_str(r#""Version":"2012-10-17","#),
        }
        out.push_str(r#""Statement":"#);
        separated(&mut out, '[', ']', &self.statements, |out, statement| {
            statement.write(out);
        });
        out.push('}');
        out
    }
}

impl Statement {
    fn write(&self, out: &mut String) {
        out.push('{');
        if let Some(sid) = &self.sid {
            let _ = write!(out, r#""Sid":"{sid}","#);
        }
        let effect = if self.allows { "Allow" } else { "Deny" };
        let _ = write!(out, r#""Effect":"{effect}","#);
        if let Some(principal) = &self.principal {
            principal.write(out);
            out.push(',');
        }
        list(out, "Action", &self.action);
        if let Some(resource) = &self.resource {
            out.push(',');
            list(out, "Resource", resource);
        }
        if !self.conditions.is_empty() {
            out.push_str(r#","Condition":"#);
            self.block(out);
        }
        out.push('}');
    }

    /// Conditions of one operator stand together.
    fn block(&self, out: &mut String) {
        let mut operators: Vec<&str> = Vec::new();
        for condition in &self.conditions {
            if !operators.contains(&condition.operator.as_str()) {
                operators.push(&condition.operator);
            }
        }
        separated(out, '{', '}', &operators, |out, operator| {
            string(out, operator);
            out.push(':');
            let conditions = self.conditions.iter();
            let keys: Vec<_> = conditions.filter(|c| c.operator == *operator).collect();
            separated(out, '{', '}', &keys, |out, condition| {
                string(out, &condition.key);
                out.push(':');
                operands(out, &condition.operands);
            });
        });
    }
}

impl Principals {
    fn write(&self, out: &mut String) {
        out.push_str(if self.not {
            r#""NotPrincipal":"#
        } else {
            r#""Principal":"#
        });
        if self
            .entries
            .first()
            .is_some_and(|(kind, _)| kind.is_empty())
        {
            out.push_str(r#""*""#);
            return;
        }
        let mut kinds: Vec<&str> = Vec::new();
        for (kind, _) in &self.entries {
            if !kinds.contains(kind) {
                kinds.push(kind);
            }
        }
        separated(out, '{', '}', &kinds, |out, kind| {
            string(out, kind);
            out.push(':');
            let entries = self.entries.iter();
            let names: Vec<_> = entries.filter(|(k, _)| k == kind).map(|(_, n)| n).collect();
            separated(out, '[', ']', &names, |out, name| string(out, name));
        });
    }
}

fn list(out: &mut String, name: &str, list: &List) {
    let not = if list.not { "Not" } else { "" };
    let _ = write!(out, r#""{not}{name}":"#);
    match &list.items[..] {
        [one] => string(out, one),
        items => separated(out, '[', ']', items, |out, item| string(out, item)),
    }
}

/// Plain integers and truth values stand without quotes when they are alone.
fn operands(out: &mut String, operands: &[String]) {
    match operands {
        [one] if is_bare(one) => out.push_str(one),
        [one] => string(out, one),
        many => separated(out, '[', ']', many, |out, one| string(out, one)),
    }
}

fn is_bare(text: &str) -> bool {
    let number = !text.is_empty() && text.len() < 16 && text.bytes().all(|b| b.is_ascii_digit());
    (number && (text == "0" || !text.starts_with('0'))) || text == "true" || text == "false"
}

fn separated<T>(
    out: &mut String,
    open: char,
    close: char,
    items: &[T],
    write: impl Fn(&mut String, &T),
) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(close);
}

/// A JSON string; letters that no document may hold as they are stand escaped.
pub(crate) fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' | '\u{a0}'..='\u{ff}' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}
