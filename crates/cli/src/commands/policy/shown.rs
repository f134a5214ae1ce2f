//! What comparisons print: requests, statements in their documents, and both as JSON.

use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use locum_policy::{Document, Held, PolicyType, Witness};
use serde::Serialize;

use crate::error::CliError;
use crate::limits::{POLICY_BYTES_MAX, POLICY_COLUMNS_MAX};
use crate::output::{Colour, Style, clean};
use crate::table::facts;

/// What the policies are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum KindArgument {
    /// Policies of users, groups and roles, without principals
    Identity,
    /// The trust policy of a role
    Trust,
    /// The policy of another resource
    Resource,
    /// Session policies
    Session,
    /// Permissions boundaries
    Boundary,
    /// Service control policies of one level
    Scp,
}

impl From<KindArgument> for PolicyType {
    fn from(kind: KindArgument) -> PolicyType {
        match kind {
            KindArgument::Identity => PolicyType::Identity,
            KindArgument::Trust => PolicyType::RoleTrust,
            KindArgument::Resource => PolicyType::Resource,
            KindArgument::Session => PolicyType::Session,
            KindArgument::Boundary => PolicyType::Boundary,
            KindArgument::Scp => PolicyType::Scp,
        }
    }
}

/// For whom the answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// A policy in a file.
#[derive(Debug)]
pub struct Policy {
    /// Its name for messages.
    pub name: String,
    /// What it says.
    pub document: Document,
}

impl Policy {
    /// Reads a file, or standard input for `-`.
    pub fn read(file: &Path) -> Result<Policy, CliError> {
        let name = if file == Path::new("-") {
            "standard input".to_owned()
        } else {
            file.display().to_string()
        };
        let text = text_of(file, &name)?;
        let document = Document::parse(&text).map_err(|findings| {
            let first = findings.first();
            let start = first.map_or(0, |finding| finding.span.start);
            let before = text.get(..start).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            CliError::NoPolicy {
                file: PathBuf::from(&name),
                line: before.matches('\n').count() + 1,
                column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
                message: first.map_or_else(String::new, |finding| finding.message.clone()),
            }
        })?;
        Ok(Policy { name, document })
    }

    /// `statement 2 (Sid) of FILE`
    pub fn place(&self, statement: usize) -> String {
        let sid = self.document.sid(statement).unwrap_or_default();
        let sid = if sid.is_empty() {
            String::new()
        } else {
            format!(" ({sid})")
        };
        format!("statement {}{sid} of {}", statement + 1, self.name)
    }

    /// The statement's lines, underlined or bracketed, with their numbers.
    pub fn excerpt(&self, statement: usize, colour: Colour) -> String {
        let span = self.document.statement_span(statement).unwrap_or(0..0);
        excerpt(self.document.text(), span, colour)
    }

    /// The numbers of the statement's first and last line.
    pub fn lines(&self, statement: usize) -> [usize; 2] {
        let span = self.document.statement_span(statement).unwrap_or(0..0);
        let text = self.document.text();
        let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        [line(span.start), line(span.end)]
    }
}

fn text_of(file: &Path, name: &str) -> Result<String, CliError> {
    let cannot = |e: std::io::Error| CliError::io(format!("cannot read {name}"), e);
    let mut text = String::new();
    if file == Path::new("-") {
        let stdin = std::io::stdin().lock();
        stdin
            .take(POLICY_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(cannot)?;
    } else {
        let file = std::fs::File::open(file).map_err(cannot)?;
        file.take(POLICY_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(cannot)?;
    }
    Ok(text)
}

/// What the policies are, unless it was named: with principals and no resources trust policies, with
/// both a resource's, any other ones an identity's. They must be of one kind.
pub fn kind_of(named: Option<KindArgument>, policies: &[&Policy]) -> Result<PolicyType, CliError> {
    if let Some(kind) = named {
        return Ok(kind.into());
    }
    let mut kinds = policies.iter().map(|policy| (policy, guessed(policy)));
    let Some((first, kind)) = kinds.next() else {
        return Ok(PolicyType::Identity);
    };
    match kinds.find(|(_, other)| *other != kind) {
        None => Ok(kind),
        Some((other, _)) => Err(CliError::usage(
            format!(
                "{} and {} are not policies of one kind",
                first.name, other.name
            ),
            "say what they are with --kind",
        )),
    }
}

fn guessed(policy: &Policy) -> PolicyType {
    let value = serde_json::from_str::<serde_json::Value>(policy.document.text());
    let value = value.unwrap_or_default();
    let statements = match value.get("Statement") {
        Some(serde_json::Value::Array(list)) => list.iter().collect(),
        one => one.into_iter().collect::<Vec<_>>(),
    };
    let any = |names: [&str; 2]| {
        let mut statements = statements.iter();
        statements.any(|statement| names.iter().any(|name| statement.get(name).is_some()))
    };
    let (principals, resources) = (
        any(["Principal", "NotPrincipal"]),
        any(["Resource", "NotResource"]),
    );
    match (principals, resources) {
        (true, false) => PolicyType::RoleTrust,
        (true, true) => PolicyType::Resource,
        (false, _) => PolicyType::Identity,
    }
}

/// A request as names and values.
pub fn request(witness: &Witness, colour: Colour) -> String {
    let mut rows = vec![
        ("action", witness.action.clone()),
        ("resource", witness.resource.clone()),
    ];
    rows.extend(
        witness
            .principal()
            .map(|principal| ("principal", principal)),
    );
    rows.extend(
        witness
            .circumstances()
            .map(|words| ("in the", words.to_owned())),
    );
    let mut label = "context";
    for (key, held) in &witness.context {
        let value = match held {
            Held::Absent => format!("{key} absent"),
            Held::One(value) => format!("{key} = {value:?}"),
            Held::Many(values) => format!("{key} = {values:?}"),
        };
        rows.push((label, value));
        label = "";
    }
    indented(&facts(&rows, colour))
}

/// Every line moved in by two.
pub fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn excerpt(text: &str, span: Range<usize>, colour: Colour) -> String {
    let before = text.get(..span.start).unwrap_or_default();
    let first = before.matches('\n').count();
    let inside = text.get(span.clone()).unwrap_or_default();
    let last = first + inside.matches('\n').count();
    let width = (last + 1).to_string().len();
    let gutter = |number: &str| colour.paint(Style::Dim, &format!("{number:>width$} │"));
    if first == last {
        // Beside other statements of the line only its own text is shown.
        let indent = before.rsplit('\n').next().unwrap_or_default();
        let indent = if indent.trim().is_empty() { indent } else { "" };
        let shown = cut(inside);
        let marks = colour.paint(Style::Bad, &"^".repeat(shown.chars().count().max(1)));
        let (number, blank) = (gutter(&(first + 1).to_string()), gutter(""));
        return format!("  {number} {indent}{shown}\n  {blank} {indent}{marks}\n");
    }
    let mut out = String::new();
    let lines = text.lines().enumerate().skip(first).take(last - first + 1);
    for (index, line) in lines {
        let bracket = match index {
            _ if index == first => "╭",
            _ if index == last => "╰",
            _ => "│",
        };
        let bracket = colour.paint(Style::Bad, bracket);
        let number = gutter(&(index + 1).to_string());
        out.push_str(&format!("  {number} {bracket} {}\n", cut(line)));
    }
    out
}

/// A line of a document, made harmless and not too long.
fn cut(line: &str) -> String {
    let line = clean(&line.replace('\t', " "));
    if line.chars().count() <= POLICY_COLUMNS_MAX {
        return line;
    }
    line.chars()
        .take(POLICY_COLUMNS_MAX - 1)
        .chain(['…'])
        .collect()
}

/// A request, for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonRequest {
    action: String,
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    circumstances: Option<&'static str>,
    context: serde_json::Map<String, serde_json::Value>,
}

impl JsonRequest {
    /// An absent key is `null`, several values are a list.
    pub fn of(witness: &Witness) -> JsonRequest {
        let value = |held: &Held| match held {
            Held::Absent => serde_json::Value::Null,
            Held::One(value) => value.as_str().into(),
            Held::Many(values) => values.clone().into(),
        };
        let context = witness.context.iter();
        JsonRequest {
            action: witness.action.clone(),
            resource: witness.resource.clone(),
            principal: witness.principal(),
            circumstances: witness.circumstances(),
            context: context
                .map(|(key, held)| (key.to_string(), value(held)))
                .collect(),
        }
    }
}

/// A statement, for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonStatement {
    file: String,
    /// From 1.
    statement: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    lines: [usize; 2],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_matched: Vec<String>,
}

impl JsonStatement {
    /// A statement, and what of it does not match.
    pub fn of(policy: &Policy, statement: usize, not_matched: Vec<String>) -> JsonStatement {
        JsonStatement {
            file: policy.name.clone(),
            statement: statement + 1,
            sid: policy.document.sid(statement).map(str::to_owned),
            lines: policy.lines(statement),
            not_matched,
        }
    }
}
