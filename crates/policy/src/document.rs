//! A policy document: its text and what it says, each part with its span.

use std::ops::Range;
use std::sync::Arc;

use crate::arn::Arn;
use crate::fault::Fault;
use crate::finding::{Finding, Kind};
use crate::json::write_string;
use crate::operator::Operator;
use crate::principal::{PrincipalPattern, aws};
use crate::services;
use crate::variable::Variables;
use crate::{read, validate};

/// A policy document that was read: its original text, and its statements with their spans.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) text: Arc<str>,
    pub(crate) version: Version,
    /// Where the version is written, if it is.
    pub(crate) version_span: Option<Range<usize>>,
    pub(crate) statements: Vec<Statement>,
}

/// The version of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 2008-10-17, also when none is given: no variables.
    V2008,
    /// 2012-10-17
    V2012,
}

/// Text and where it stands: bytes of the document, quotes included.
#[derive(Debug, Clone)]
pub(crate) struct Spanned {
    pub(crate) text: Box<str>,
    pub(crate) span: Range<usize>,
}

/// What a statement does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever allows.
    Deny,
}

/// Whether an element or its `Not…` form was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    Plain,
    Not,
}

/// `Action`, `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) form: Form,
    pub(crate) items: Vec<Spanned>,
    /// The element with its name.
    pub(crate) span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PrincipalType {
    /// `"Principal": "*"`
    Everyone,
    Aws,
    Federated,
    Service,
    CanonicalUser,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone)]
pub(crate) struct Principals {
    pub(crate) form: Form,
    pub(crate) entries: Vec<(PrincipalType, Spanned)>,
    /// The element with its name.
    pub(crate) span: Range<usize>,
}

/// One key under one operator.
#[derive(Debug, Clone)]
pub(crate) struct ConditionEntry {
    pub(crate) operator: Operator,
    pub(crate) key: Spanned,
    pub(crate) values: Vec<Spanned>,
}

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) span: Range<usize>,
    pub(crate) sid: Option<Spanned>,
    pub(crate) effect: Effect,
    pub(crate) principals: Option<Principals>,
    pub(crate) actions: Option<List>,
    pub(crate) resources: Option<List>,
    pub(crate) conditions: Vec<ConditionEntry>,
}

impl Principals {
    /// Whether anybody is meant, the anonymous included.
    pub(crate) fn is_everyone(&self) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|(kind, entry)| match kind {
            PrincipalType::Everyone => true,
            PrincipalType::Aws => &*entry.text == "*",
            _ => false,
        })
    }
}

impl Document {
    /// The save path: reads and validates as AWS does for that kind of document.
    ///
    /// # Errors
    /// All findings, the first being the one that AWS reports.
    pub fn check(text: &str, kind: Kind) -> Result<Document, Vec<Finding>> {
        validate::check(text, kind)
    }

    /// The load path, for text that was checked before, of any kind. What cannot be enforced is
    /// refused all the same, so that a damaged document denies instead of meaning something else.
    ///
    /// # Errors
    /// All findings.
    pub fn parse(text: &str) -> Result<Document, Vec<Finding>> {
        let mut faults = Vec::new();
        let document = read::document(text, &mut faults);
        if let Some(document) = &document {
            validate::enforceable(document, &mut faults);
            validate::readable_resources(document, &mut faults);
        }
        match document {
            Some(document) if faults.is_empty() => Ok(document),
            _ => Err(validate::findings(faults, Kind::Inline)),
        }
    }

    /// The original text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Characters that count against IAM's size quotas: white space is not counted.
    pub fn size(&self) -> usize {
        size_without_whitespace(&self.text)
    }

    /// Whether any statement allows: service control policies mostly deny alone.
    pub fn has_allow(&self) -> bool {
        let mut statements = self.statements.iter();
        statements.any(|statement| statement.effect == Effect::Allow)
    }

    /// The `Sid` of a statement, if it has one.
    pub fn sid(&self, statement: usize) -> Option<&str> {
        let sid = self.statements.get(statement)?.sid.as_ref()?;
        Some(&sid.text)
    }

    /// Where a statement stands: bytes of the text.
    pub fn statement_span(&self, statement: usize) -> Option<Range<usize>> {
        Some(self.statements.get(statement)?.span.clone())
    }

    /// AWS principals that must exist when the document is saved, in document order: ARNs of users,
    /// roles and role sessions. `*`, accounts, root users and federated users are not listed.
    pub fn principal_arns(&self) -> impl Iterator<Item = &str> {
        self.aws_principals()
            .filter(|entry| is_entity_arn(&entry.text))
            .map(|entry| &*entry.text)
    }

    /// AWS's finding for the first service principal that names no service which AWS had when the catalogue
    /// was made; AWS refuses those when a trust policy is saved. [`check`](Document::check) does not: what
    /// another installation or AWS took already may name a newer service.
    pub fn unknown_service(&self) -> Option<Finding> {
        let principals = self.statements.iter().filter_map(|s| s.principals.as_ref());
        let mut entries = principals.flat_map(|principals| &principals.entries);
        let (kind, entry) = entries.find(|(kind, entry)| {
            *kind == PrincipalType::Service && !services::is_known(&entry.text)
        })?;
        let fault = validate::principal_fault(*kind, &entry.text);
        Some(validate::finding(&fault, entry.span.clone(), Kind::Trust))
    }

    /// The text with every user and role principal replaced by its unique id. `id_of` is asked for
    /// each of [`principal_arns`](Document::principal_arns), as written, and gives `AIDA…` or
    /// `AROA…`, for the ARN of a session its role's. A session stays itself: `AROA…:session`.
    ///
    /// # Errors
    /// The first principal that `id_of` does not know, or a unique id in the place of a name.
    pub fn bind(&self, id_of: &dyn Fn(&str) -> Option<String>) -> Result<String, Finding> {
        let mut out = String::with_capacity(self.text.len());
        let mut from = 0;
        for entry in self.aws_principals() {
            let bound = match aws(&entry.text) {
                Some(
                    PrincipalPattern::Everyone
                    | PrincipalPattern::Account { .. }
                    | PrincipalPattern::FederatedUser(_),
                ) => continue,
                Some(PrincipalPattern::User(arn) | PrincipalPattern::Role(arn)) => id_of(&arn),
                Some(PrincipalPattern::AssumedRole(arn)) => id_of(&arn).and_then(|id| {
                    let (_, session) = arn.rsplit_once('/')?;
                    Some(format!("{id}:{session}"))
                }),
                _ => None,
            };
            let Some(bound) = bound else {
                return Err(validate::finding(
                    &Fault::PrincipalInvalid {
                        label: "AWS",
                        text: entry.text.to_string(),
                    },
                    entry.span.clone(),
                    Kind::Trust,
                ));
            };
            self.replace(entry, &bound, &mut from, &mut out);
        }
        out.push_str(self.text.get(from..).unwrap_or_default());
        Ok(out)
    }

    /// The text with every unique id that still names an entity replaced by its ARN; the others
    /// stay as the bare id. `arn_of` is asked for `AIDA…` and `AROA…` ids alone.
    pub fn unbind(&self, arn_of: &dyn Fn(&str) -> Option<String>) -> String {
        let mut out = String::with_capacity(self.text.len() + 64);
        let mut from = 0;
        for entry in self.aws_principals() {
            let arn = match aws(&entry.text) {
                Some(PrincipalPattern::UserId(id) | PrincipalPattern::RoleId(id)) => arn_of(&id),
                Some(PrincipalPattern::RoleSession { role_id, session }) => {
                    arn_of(&role_id).and_then(|arn| session_arn(&arn, &session))
                }
                _ => None,
            };
            if let Some(arn) = arn {
                self.replace(entry, &arn, &mut from, &mut out);
            }
        }
        out.push_str(self.text.get(from..).unwrap_or_default());
        out
    }

    pub(crate) fn variables(&self) -> Variables {
        match self.version {
            Version::V2008 => Variables::Off,
            Version::V2012 => Variables::On,
        }
    }

    fn aws_principals(&self) -> impl Iterator<Item = &Spanned> {
        let principals = self.statements.iter().filter_map(|s| s.principals.as_ref());
        principals
            .flat_map(|principals| &principals.entries)
            .filter(|(kind, _)| *kind == PrincipalType::Aws)
            .map(|(_, entry)| entry)
    }

    /// Copies the text up to `entry`, then `with` in its place.
    fn replace(&self, entry: &Spanned, with: &str, from: &mut usize, out: &mut String) {
        let before = self.text.get(*from..entry.span.start);
        out.push_str(before.unwrap_or_default());
        write_string(with, out);
        *from = entry.span.end;
    }
}

fn is_entity_arn(text: &str) -> bool {
    matches!(
        aws(text),
        Some(
            PrincipalPattern::User(_)
                | PrincipalPattern::Role(_)
                | PrincipalPattern::AssumedRole(_)
        )
    )
}

/// The ARN of a session of the role with this ARN; the role's path is left out.
fn session_arn(role_arn: &str, session: &str) -> Option<String> {
    let arn = Arn::parse(role_arn)?;
    let (_, name) = arn.resource.rsplit_once('/')?;
    Some(format!(
        "arn:{}:sts::{}:assumed-role/{name}/{session}",
        arn.partition, arn.account
    ))
}

/// Characters of `text` that IAM counts against its size quotas: all but white space.
pub fn size_without_whitespace(text: &str) -> usize {
    let space = |c: &char| matches!(c, ' ' | '\t' | '\n' | '\r');
    text.chars().filter(|c| !space(c)).count()
}

/// `text`, which is JSON, without the white space between its parts.
pub fn without_whitespace(text: &str) -> String {
    let mut out = String::with_capacity(size_without_whitespace(text));
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
            continue;
        } else {
            quoted = c == '"';
        }
        out.push(c);
    }
    out
}
