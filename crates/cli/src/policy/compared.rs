//! What comparisons print: requests, statements in their documents, and both as JSON.

use locum_policy::{
    Document, Finding, Held, Kind, PolicyType, RCP_FULL_AWS_ACCESS, Witness, guess_kind,
};
use serde::Serialize;

use crate::error::CliError;
use crate::limits::SOURCE_WIDTH_DEFAULT;
use crate::output::{self, Colour};
use crate::policy::source::Source;
use crate::policy::text;
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
    /// Resource control policies of one level
    Rcp,
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
            KindArgument::Rcp => PolicyType::Rcp,
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
    /// Its text and name.
    source: Source,
    /// What it says.
    pub document: Document,
}

/// The policies of one side of a question.
#[derive(Debug)]
pub struct Side {
    /// As they were named, and what is beside them last.
    pub policies: Vec<Policy>,
    /// AWS's own policy that is taken to be beside them.
    pub beside: Option<&'static str>,
}

impl Side {
    /// Texts as policies of that type. An organization's policies that only deny are beside AWS's own,
    /// which allows everything: a level of resource control policies always is, and one of service
    /// control policies without any Allow would be of no use otherwise.
    pub fn of(sources: Vec<Source>, kind: PolicyType) -> Result<Side, CliError> {
        let of_resource = matches!(kind, PolicyType::Resource | PolicyType::RoleTrust);
        if let ([_, second, ..], true) = (sources.as_slice(), of_resource) {
            return Err(CliError::usage(
                format!("{} is one policy too many", second.name),
                "a resource or a role has one policy",
            ));
        }
        let policies = sources.into_iter().map(|source| Policy::of(source, kind));
        let mut policies: Vec<Policy> = policies.collect::<Result<_, _>>()?;
        let allows = policies.iter().any(|policy| policy.document.has_allow());
        let beside = match kind {
            PolicyType::Scp if !allows => Some(("FullAWSAccess", SCP_FULL_AWS_ACCESS)),
            PolicyType::Rcp => Some(("RCPFullAWSAccess", RCP_FULL_AWS_ACCESS)),
            _ => None,
        };
        if let Some((name, text)) = beside {
            let (name, text) = (name.to_owned(), text.to_owned());
            let fault = None;
            let source = Source { name, text, fault };
            policies.push(Policy::parsed(source, Document::parse)?);
        }
        Ok(Side {
            policies,
            beside: beside.map(|(name, _)| name),
        })
    }

    /// The names of its files.
    pub fn name(&self) -> String {
        let count = self.policies.len() - usize::from(self.beside.is_some());
        let names = self.policies.iter().take(count).map(Policy::name);
        names.collect::<Vec<_>>().join(",")
    }

    /// What they say.
    pub fn documents(&self) -> Vec<&Document> {
        self.policies
            .iter()
            .map(|policy| &policy.document)
            .collect()
    }

    /// A statement with its policy, by index.
    pub fn at(&self, (policy, statement): (usize, usize)) -> Option<(&Policy, usize)> {
        Some((self.policies.get(policy)?, statement))
    }

    /// What is taken to be beside it, as a sentence.
    pub fn assumption(&self) -> Option<String> {
        let beside = self.beside?;
        Some(format!("{} is taken to be beside {beside}.", self.name()))
    }
}

/// The text of AWS's own service control policy `FullAWSAccess`, attached to everything at first.
const SCP_FULL_AWS_ACCESS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"#;

/// As what a server would check policies of that type.
fn checked_as(kind: PolicyType) -> Kind {
    match kind {
        PolicyType::Identity => Kind::Inline,
        PolicyType::RoleTrust => Kind::Trust,
        PolicyType::Resource => Kind::Resource,
        PolicyType::Session => Kind::Session,
        PolicyType::Boundary => Kind::Boundary,
        PolicyType::Scp => Kind::Scp,
        PolicyType::Rcp => Kind::Rcp,
    }
}

impl Policy {
    /// A text as a policy of that type: what a server would refuse to keep is no basis for an answer.
    fn of(source: Source, kind: PolicyType) -> Result<Policy, CliError> {
        Policy::parsed(source, |text| Document::check(text, checked_as(kind)))
    }

    fn parsed(
        source: Source,
        read: impl Fn(&str) -> Result<Document, Vec<Finding>>,
    ) -> Result<Policy, CliError> {
        match read(&source.text) {
            Ok(document) => Ok(Policy { source, document }),
            Err(findings) => {
                let first = findings.first().map(|finding| source.no_policy(finding));
                Err(first.unwrap_or_else(|| CliError::usage(&source.name, "it is no policy")))
            }
        }
    }

    /// Its name for messages.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// `statement 2 (Sid) of FILE`
    pub fn place(&self, statement: usize) -> String {
        let sid = self.document.sid(statement).unwrap_or_default();
        let sid = if sid.is_empty() {
            String::new()
        } else {
            format!(" ({sid})")
        };
        format!("statement {}{sid} of {}", statement + 1, self.name())
    }

    /// The statement's lines, underlined or bracketed, with their numbers.
    pub fn excerpt(&self, statement: usize, colour: Colour) -> String {
        let span = self.document.statement_span(statement).unwrap_or(0..0);
        let width = output::terminal_width().unwrap_or(SOURCE_WIDTH_DEFAULT);
        indented(&text::excerpt(&self.source, span, colour, width))
    }

    /// The numbers of the statement's first and last line.
    pub fn lines(&self, statement: usize) -> [usize; 2] {
        let span = self.document.statement_span(statement).unwrap_or(0..0);
        [span.start, span.end].map(|at| self.source.place(at).line)
    }
}

/// What the policies are, unless it was named: with principals and no resources trust policies, with
/// both a resource's, any other ones an identity's. They must be of one kind.
pub fn kind_of(named: Option<KindArgument>, sources: &[&Source]) -> Result<PolicyType, CliError> {
    if let Some(kind) = named {
        return Ok(kind.into());
    }
    let mut kinds = sources.iter().map(|source| (source, guessed(source)));
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

fn guessed(source: &Source) -> PolicyType {
    match guess_kind(&source.text) {
        Kind::Trust => PolicyType::RoleTrust,
        Kind::Resource => PolicyType::Resource,
        _ => PolicyType::Identity,
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
            file: policy.name().to_owned(),
            statement: statement + 1,
            sid: policy.document.sid(statement).map(str::to_owned),
            lines: policy.lines(statement),
            not_matched,
        }
    }
}
