//! One CloudTrail record → one row: when, who, what, on what, how it ended, from where.

use serde_json::Value;

use crate::output::{Style, clean};
use crate::table::{Cell, Column, Line, Shrink};

/// How much of a record is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One line for each record, the reason in a column: for a file or a pipe.
    Wide,
    /// A reason stands below its record: for a terminal.
    Medium,
    /// The same without date, account and source: for a terminal of less than 104 characters.
    Narrow,
}

const TIME: Column = Column {
    name: "TIME (UTC)",
    width_first: 19,
    shrink: Shrink::Never,
};
const CLOCK: Column = Column {
    name: "UTC",
    width_first: 8,
    shrink: Shrink::Never,
};
const ACCOUNT: Column = Column {
    name: "ACCOUNT",
    width_first: 12,
    shrink: Shrink::Never,
};
const WHO: Column = Column {
    name: "WHO",
    width_first: 12,
    shrink: Shrink::End(10),
};
const WHAT: Column = Column {
    name: "WHAT",
    width_first: 20,
    shrink: Shrink::End(16),
};
const ON: Column = Column {
    name: "ON",
    width_first: 20,
    shrink: Shrink::Beginning(12),
};
const OUTCOME: Column = Column {
    name: "OUTCOME",
    width_first: 12,
    shrink: Shrink::End(12),
};
const FROM: Column = Column {
    name: "FROM",
    width_first: 9,
    shrink: Shrink::End(9),
};
const WHY: Column = Column {
    name: "WHY",
    width_first: 0,
    shrink: Shrink::End(10),
};

impl Layout {
    /// What fits a terminal; `None` is no terminal.
    #[must_use]
    pub fn for_width(width: Option<usize>) -> Layout {
        match width {
            Some(width) if width < 104 => Layout::Narrow,
            Some(_) => Layout::Medium,
            None => Layout::Wide,
        }
    }

    /// Its columns.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Layout::Wide => &[TIME, ACCOUNT, WHO, WHAT, ON, OUTCOME, FROM, WHY],
            Layout::Medium => &[TIME, ACCOUNT, WHO, WHAT, ON, OUTCOME, FROM],
            Layout::Narrow => &[CLOCK, WHO, WHAT, ON, OUTCOME],
        }
    }
}

/// A record as a person reads it. Every text is free of control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `2026-01-31 23:59:59`.
    pub time: String,
    /// Account of the caller.
    pub account: String,
    /// User, `role/session`, `root`, service or `anonymous`.
    pub who: String,
    /// `sts:AssumeRole`.
    pub what: String,
    /// The resource, shortened where it is in the caller's account.
    pub on: String,
    /// `None` when the call was done; otherwise the error code.
    pub error: Option<String>,
    /// Source address.
    pub from: String,
    /// Why it was refused; empty otherwise.
    pub why: String,
}

impl Row {
    /// Reads a line of the trail. `None` when it is no record.
    #[must_use]
    pub fn of(line: &[u8]) -> Option<Row> {
        let record: Value = serde_json::from_slice(line).ok()?;
        record.as_object()?;
        let account = text(&record, "/userIdentity/accountId")
            .or_else(|| text(&record, "/recipientAccountId"));
        let account = account.unwrap_or("-");
        let error = text(&record, "/errorCode");
        let message = text(&record, "/errorMessage").unwrap_or_default();
        let service = text(&record, "/eventSource").unwrap_or("?");
        let service = service.split('.').next().unwrap_or(service);
        Some(Row {
            time: clean(
                &text(&record, "/eventTime")
                    .unwrap_or("-")
                    .replacen('T', " ", 1)
                    .replace('Z', ""),
            ),
            account: clean(account),
            who: clean(&who(&record)),
            what: clean(&format!(
                "{service}:{}",
                text(&record, "/eventName").unwrap_or("?")
            )),
            on: clean(&short(resource(&record, message), account)),
            error: error.map(clean),
            from: clean(source(&record)),
            why: if error.is_some() {
                clean(reason(message))
            } else {
                String::new()
            },
        })
    }

    /// The row for a table of the layout's columns.
    #[must_use]
    pub fn line(&self, layout: Layout) -> Line {
        let outcome = match &self.error {
            None => Cell::styled("ok", Style::Good),
            Some(code) => Cell::styled(code, Style::Bad),
        };
        let time = match layout {
            Layout::Narrow => self.time.split(' ').next_back().unwrap_or_default(),
            _ => &self.time,
        };
        let mut cells = vec![Cell::styled(time, Style::Dim)];
        if layout != Layout::Narrow {
            cells.push(Cell::new(&self.account));
        }
        cells.extend([&self.who, &self.what, &self.on].map(Cell::new));
        cells.push(outcome);
        if layout != Layout::Narrow {
            cells.push(Cell::styled(&self.from, Style::Dim));
        }
        let why = (!self.why.is_empty()).then(|| self.why.clone());
        match layout {
            Layout::Wide => {
                cells.push(Cell::new(&self.why));
                Line { cells, note: None }
            }
            _ => Line { cells, note: why },
        }
    }
}

fn text<'a>(record: &'a Value, pointer: &str) -> Option<&'a str> {
    record
        .pointer(pointer)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// The address; the operator's socket and the server itself have none.
fn source(record: &Value) -> &str {
    match text(record, "/sourceIPAddress") {
        Some("server.locum.internal") => "server",
        Some(source) if source.ends_with(".locum.internal") => "socket",
        Some(source) => source,
        None => "-",
    }
}

fn who(record: &Value) -> String {
    let field = |name: &str| text(record, &format!("/userIdentity/{name}"));
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
    let arn = field("arn").unwrap_or_default();
    match field("type") {
        Some("Root") => "root".to_owned(),
        Some("IAMUser") => field("userName").map_or_else(|| last(arn), str::to_owned),
        Some("AssumedRole") => {
            let role = text(
                record,
                "/userIdentity/sessionContext/sessionIssuer/userName",
            );
            let role = role.or_else(|| arn.split('/').nth(1)).unwrap_or("?");
            format!("{role}/{}", last(arn))
        }
        Some("FederatedUser") => format!("federated/{}", last(arn)),
        Some("AWSService") => field("invokedBy").unwrap_or("service").to_owned(),
        _ => {
            let known = field("userName")
                .or_else(|| field("arn"))
                .or_else(|| field("principalId"));
            // A key that belongs to nobody here is all there is to say of a caller who was not recognised.
            let claimed = field("accessKeyId").map(|key| format!("unknown ({key})"));
            known
                .map(str::to_owned)
                .or(claimed)
                .unwrap_or_else(|| "anonymous".to_owned())
        }
    }
}

/// What the call was about: the record's resource, else the one named by its refusal, else a telling parameter.
fn resource<'a>(record: &'a Value, message: &'a str) -> &'a str {
    if let Some(arn) = text(record, "/resources/0/ARN") {
        return arn;
    }
    if let Some((_, rest)) = message.split_once("on resource: ") {
        return rest.split(' ').next().unwrap_or(rest);
    }
    const TELLING: &[&str] = &[
        "roleArn",
        "policyArn",
        "roleName",
        "userName",
        "policyName",
        "accountName",
        "accountId",
    ];
    TELLING
        .iter()
        .find_map(|name| text(record, &format!("/requestParameters/{name}")))
        .unwrap_or("-")
}

/// An ARN without what its column does not need: `role/name` in the caller's account, `ACCOUNT:role/name` elsewhere.
fn short(resource: &str, account: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, _, _, owner, rest] if *owner == account || owner.is_empty() => {
            (*rest).to_owned()
        }
        ["arn", _, _, _, owner, rest] => format!("{owner}:{rest}"),
        _ => resource.to_owned(),
    }
}

/// The part of a refusal that the other columns do not tell.
fn reason(message: &str) -> &str {
    if let Some((_, because)) = message.split_once(" because ") {
        return because;
    }
    if let Some((_, with)) = message.split_once(" with an explicit deny") {
        return message
            .get(message.len() - with.len() - "an explicit deny".len()..)
            .unwrap_or(message);
    }
    if message.contains(" is not authorized to perform: ") {
        return "";
    }
    // A wrong signature comes with what should have been signed, over many lines.
    message.lines().next().unwrap_or_default().trim_end()
}
