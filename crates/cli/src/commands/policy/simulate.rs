//! `locum policy simulate`: what policies in files decide about actions, resources and contexts.

use std::path::{Path, PathBuf};

use locum_policy::{
    ContextEntries, ContextEntry, ContextKeyType, Document, Kind, Named, NamedPolicies, PolicyType,
    RCP_FULL_AWS_ACCESS, Reason, Request, ResourceRule, Simulated, SimulatedDecision,
    principal_entries, simulate,
};
use serde::Serialize;
use serde_json::Value;

use crate::commands::Context;
use crate::error::CliError;
use crate::output::{self, Colour, Style};
use crate::policy::source::{Level, Source, level};
use crate::policy::supposed::{Supposed, account};
use crate::table::{Cell, Column, Line, Shrink, Table};

/// What the options mean, for the help of the command.
pub const HELP: &str = "\
All policies are taken together as the engine of the server takes them: any Deny denies, and an Allow is needed from each \
kind that is given. --scp and --rcp name one level each, from the root of the organization downwards, with commas between the files of a level. A key that is given \
twice, or as KEY[]=VALUE, has a list of values. With the --resource-policy of a KMS key (arn:…:kms:…:key/…) nobody is \
allowed whom it neither names nor leaves to the account, the root user included.

  locum policy simulate --policy dev.json --action s3:GetObject --resource 'arn:aws:s3:::a/b' --context aws:SourceIp=192.0.2.1

Exit codes: 0 answered as --expect says (or without it), 1 answered otherwise, 252 wrong usage, 255 a file cannot be read.";

/// Arguments of `locum policy simulate`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A policy of the caller; may be repeated; - for standard input
    #[arg(long = "policy", value_name = "FILE")]
    policies: Vec<PathBuf>,
    /// The caller's permissions boundary
    #[arg(long, value_name = "FILE")]
    boundary: Option<PathBuf>,
    /// A session policy; may be repeated
    #[arg(long = "session-policy", value_name = "FILE")]
    session: Vec<PathBuf>,
    /// The policy of the resource
    #[arg(long, value_name = "FILE", conflicts_with = "trust_policy")]
    resource_policy: Option<PathBuf>,
    /// The trust policy of the role that is the resource
    #[arg(long, value_name = "FILE")]
    trust_policy: Option<PathBuf>,
    /// A level of service control policies, from the root down; repeated for each level
    #[arg(long = "scp", value_name = "FILE,…", value_parser = level)]
    scp: Vec<Level>,
    /// A level of resource control policies
    #[arg(long = "rcp", value_name = "FILE,…", value_parser = level)]
    rcp: Vec<Level>,
    /// An action, such as s3:GetObject; may be repeated
    #[arg(long = "action", value_name = "ACTION", required = true, value_parser = action)]
    actions: Vec<String>,
    /// A resource's ARN; may be repeated
    #[arg(long = "resource", value_name = "ARN", default_value = "*", value_parser = resource)]
    resources: Vec<String>,
    /// The account that owns the resources [default: that of the resource's ARN, or the caller's]
    #[arg(long, value_name = "ID", value_parser = account)]
    resource_account: Option<String>,
    /// Who calls: the ARN of a user, role, session, root user or provider, a service, or anonymous
    /// [default: somebody of the resource's account]
    #[arg(long, value_name = "WHO", value_parser = Supposed::parse)]
    caller: Option<Supposed>,
    /// The user who asked for the session of the federated user that is the --caller
    #[arg(long, value_name = "ARN", requires = "caller")]
    parent: Option<String>,
    /// A condition key with its value, such as aws:SourceIp=192.0.2.1; may be repeated
    #[arg(long = "context", value_name = "KEY=VALUE", value_parser = pair)]
    context: Vec<(String, String)>,
    /// The whole story of each answer, the policies' lines underlined
    #[arg(long)]
    explain: bool,
    /// What every answer has to be
    #[arg(long, value_enum, value_name = "DECISION")]
    expect: Option<Expected>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Expected {
    Allowed,
    Denied,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// A file's policy, by its name.
type Held = (String, Document);

/// All policies of one simulation.
struct Policies {
    identity: Vec<Held>,
    boundary: Option<Held>,
    session: Vec<Held>,
    resource: Option<Held>,
    /// Whether `resource` is a role's trust policy.
    is_trust: bool,
    scp: Vec<Vec<Held>>,
    rcp: Vec<Vec<Held>>,
}

/// The account of those who have none, when nothing tells another.
const NOBODYS_ACCOUNT: &str = "000000000000";

/// Runs `locum policy simulate`.
pub fn run(context: &Context, arguments: &Arguments) -> Result<(), CliError> {
    let policies = Policies::read(arguments)?;
    let caller = caller(arguments)?;
    let entries = entries(arguments, caller.as_ref())?;
    let entries = ContextEntries::new(&entries)
        .map_err(|error| CliError::usage(error.to_string(), "see --context"))?;
    let mut answers = Vec::new();
    for action in &arguments.actions {
        for resource in &arguments.resources {
            let account = owner(arguments, caller.as_ref(), resource);
            // Nobody in particular is at home where the resource is.
            let somebody = Supposed::somebody(account);
            let request = Request {
                action,
                resource,
                principal: &caller.as_ref().unwrap_or(&somebody).principal(),
                context: &entries,
            };
            answers.push((action, resource, policies.ask(&request, account)));
        }
    }
    match arguments.format {
        Format::Json => output::result(&crate::json::pretty(&json(&answers)))?,
        Format::Text => output::result(&text(context, &answers, arguments.explain))?,
    }
    verdict(arguments.expect, &answers)
}

type Answer<'a> = (&'a String, &'a String, Simulated);

fn verdict(expected: Option<Expected>, answers: &[Answer<'_>]) -> Result<(), CliError> {
    let wanted = match expected {
        None => return Ok(()),
        Some(wanted) => wanted == Expected::Allowed,
    };
    let otherwise = answers
        .iter()
        .filter(|(_, _, found)| (found.decision == SimulatedDecision::Allowed) != wanted)
        .count();
    match otherwise {
        0 => Ok(()),
        count => Err(CliError::Found {
            summary: format!(
                "{count} of {} answers are not what was expected",
                answers.len()
            ),
            hint: "--explain tells why".to_owned(),
        }),
    }
}

/// Who calls, if somebody is named.
fn caller(arguments: &Arguments) -> Result<Option<Supposed>, CliError> {
    match (arguments.caller.clone(), &arguments.parent) {
        (Some(caller), Some(parent)) => match caller.with_parent(parent) {
            Ok(caller) => Ok(Some(caller)),
            Err(why) => Err(CliError::usage(
                format!("{parent} cannot be the parent"),
                why,
            )),
        },
        (caller, _) => Ok(caller),
    }
}

/// Whose the resource is.
fn owner<'a>(arguments: &'a Arguments, caller: Option<&'a Supposed>, resource: &'a str) -> &'a str {
    let named = locum_policy::Arn::parse(resource).map_or("", |arn| arn.account);
    let caller = caller.map_or("", Supposed::account);
    let given = arguments.resource_account.as_deref();
    let candidates = [given.unwrap_or_default(), named, caller];
    let mut candidates = candidates.into_iter().filter(|account| !account.is_empty());
    candidates.next().unwrap_or(NOBODYS_ACCOUNT)
}

/// The context: what was given, then what follows from the caller.
fn entries(
    arguments: &Arguments,
    caller: Option<&Supposed>,
) -> Result<Vec<ContextEntry>, CliError> {
    let mut entries: Vec<ContextEntry> = Vec::new();
    for (key, value) in &arguments.context {
        let (key, is_list) = match key.strip_suffix("[]") {
            Some(key) => (key, true),
            None => (key.as_str(), false),
        };
        let held = entries
            .iter_mut()
            .find(|held| held.key.eq_ignore_ascii_case(key));
        match held {
            Some(held) => {
                held.key_type.is_list = true;
                held.values.push(value.clone());
            }
            None => {
                let mut key_type = ContextKeyType::of_key(key);
                key_type.is_list = is_list;
                entries.push(ContextEntry {
                    key: key.to_owned(),
                    key_type,
                    values: vec![value.clone()],
                });
            }
        }
    }
    let derived = caller.map(|caller| principal_entries(&caller.principal()));
    for derived in derived.unwrap_or_default() {
        let is_given = |given: &ContextEntry| given.key.eq_ignore_ascii_case(&derived.key);
        if !entries.iter().any(is_given) {
            entries.push(derived);
        }
    }
    Ok(entries)
}

impl Policies {
    fn read(arguments: &Arguments) -> Result<Policies, CliError> {
        let list = |files: &[PathBuf], kind| -> Result<Vec<Held>, CliError> {
            files.iter().map(|file| document(file, kind)).collect()
        };
        let levels = |levels: &[Level], kind| -> Result<Vec<Vec<Held>>, CliError> {
            levels.iter().map(|level| list(&level.0, kind)).collect()
        };
        let (resource, kind) = match (&arguments.resource_policy, &arguments.trust_policy) {
            (_, Some(trust)) => (Some(trust), Kind::Trust),
            (resource, None) => (resource.as_ref(), Kind::Resource),
        };
        let boundary = arguments.boundary.as_ref();
        Ok(Policies {
            identity: list(&arguments.policies, Kind::Inline)?,
            boundary: boundary
                .map(|file| document(file, Kind::Boundary))
                .transpose()?,
            session: list(&arguments.session, Kind::Session)?,
            resource: resource.map(|file| document(file, kind)).transpose()?,
            is_trust: arguments.trust_policy.is_some(),
            scp: levels(&arguments.scp, Kind::Scp)?,
            rcp: levels(&arguments.rcp, Kind::Rcp)?
                .into_iter()
                .map(with_full_access)
                .collect(),
        })
    }

    /// How the resource's policy counts. Without one it is not asked, whatever the resource.
    fn rule(&self, resource: &str) -> ResourceRule {
        match self.resource {
            _ if self.is_trust => ResourceRule::Trust,
            Some(_) => ResourceRule::of_resource(resource),
            None => ResourceRule::Standard,
        }
    }

    fn ask(&self, request: &Request<'_>, resource_account: &str) -> Simulated {
        let lend = |held| -> Vec<Named<'_>> { lent(held) };
        let (identity, session) = (lend(&self.identity), lend(&self.session));
        let (scp, rcp) = (lent_levels(&self.scp), lent_levels(&self.rcp));
        let scp: Vec<&[Named<'_>]> = scp.iter().map(Vec::as_slice).collect();
        let rcp: Vec<&[Named<'_>]> = rcp.iter().map(Vec::as_slice).collect();
        simulate(
            request,
            &NamedPolicies {
                identity: &identity,
                boundary: self.boundary.as_ref().map(named),
                session: (!session.is_empty()).then_some(session.as_slice()),
                resource: self.resource.as_ref().map(named),
                resource_rule: self.rule(request.resource),
                resource_account,
                scp: (!scp.is_empty()).then_some(scp.as_slice()),
                rcp: (!rcp.is_empty()).then_some(rcp.as_slice()),
            },
        )
    }
}

fn named((name, document): &Held) -> Named<'_> {
    Named {
        name,
        document: Some(document),
    }
}

fn lent(held: &[Held]) -> Vec<Named<'_>> {
    held.iter().map(named).collect()
}

/// A level of resource control policies as it is on AWS, where customers' own only deny.
fn with_full_access(mut level: Vec<Held>) -> Vec<Held> {
    if let Ok(document) = Document::parse(RCP_FULL_AWS_ACCESS) {
        level.insert(0, ("RCPFullAWSAccess".to_owned(), document));
    }
    level
}

fn lent_levels(levels: &[Vec<Held>]) -> Vec<Vec<Named<'_>>> {
    levels.iter().map(|level| lent(level)).collect()
}

/// Reads and checks one policy: what a server would refuse to keep is no basis for an answer.
fn document(file: &Path, kind: Kind) -> Result<Held, CliError> {
    let source = Source::read(file)?;
    match Document::check(&source.text, kind) {
        Ok(document) => Ok((source.name, document)),
        Err(findings) => {
            let found = findings.first();
            let place = source.place(found.map_or(0, |found| found.span.start));
            let why = found.map_or("", |found| found.message.as_str());
            Err(CliError::usage(
                format!("{}:{}:{}: {why}", source.name, place.line, place.column),
                "locum policy check tells more",
            ))
        }
    }
}

const COLUMNS: &[Column] = &[
    Column {
        name: "DECISION",
        width_first: 8,
        shrink: Shrink::Never,
    },
    Column {
        name: "ACTION",
        width_first: 6,
        shrink: Shrink::End(16),
    },
    Column {
        name: "RESOURCE",
        width_first: 8,
        shrink: Shrink::Beginning(16),
    },
    Column {
        name: "WHY",
        width_first: 3,
        shrink: Shrink::End(24),
    },
];

fn text(context: &Context, answers: &[Answer<'_>], explain: bool) -> String {
    let colour = Colour::stdout(&context.environment);
    if explain {
        let told = answers.iter();
        let told = told.map(|(_, _, found)| found.explanation.for_owner().text());
        return told.collect::<Vec<_>>().join("\n");
    }
    let lines: Vec<Line> = answers.iter().map(line).collect();
    Table::new(COLUMNS, output::terminal_width(), colour).lines(&lines)
}

fn line((action, resource, found): &Answer<'_>) -> Line {
    let (word, style) = match found.decision {
        SimulatedDecision::Allowed => ("allowed", Style::Good),
        SimulatedDecision::ExplicitDeny => ("denied", Style::Bad),
        SimulatedDecision::ImplicitDeny => ("denied", Style::Warn),
    };
    let missing = match found.missing.as_slice() {
        [] => None,
        keys => Some(format!("not given: {}", keys.join(", "))),
    };
    Line {
        cells: vec![
            Cell::styled(word, style),
            Cell::new(action.as_str()),
            Cell::new(resource.as_str()),
            Cell::new(why(found)),
        ],
        note: missing,
    }
}

fn why(found: &Simulated) -> String {
    // The organization's policies let pass what others allow.
    let is_guard_rail = |kind| matches!(kind, PolicyType::Scp | PolicyType::Rcp);
    let mut granting = found.matched.iter();
    let granting = granting.find(|statement| !is_guard_rail(statement.policy_type));
    let first = granting.or_else(|| found.matched.first());
    match (found.explanation.decision().reason(), first) {
        (Reason::Root, _) => "the root user of the account".to_owned(),
        (Reason::NoAllow(lacking), _) => format!("no {} allows it", lacking.name()),
        (Reason::CrossAccount(lacking), _) => {
            let side = match lacking.is_of_resource() {
                true => "resource",
                false => "caller",
            };
            let name = lacking.name();
            format!("both accounts must allow, and no {name} on the {side}'s side does")
        }
        (_, Some(statement)) => format!(
            "statement {} of {}:{}:{}",
            statement.statement + 1,
            statement.policy,
            statement.start.line,
            statement.start.column
        ),
        (_, None) => String::new(),
    }
}

/// One answer for programs. The names of the fields are stable.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    action: &'a str,
    resource: &'a str,
    decision: &'static str,
    matched_statements: Vec<Value>,
    missing_context_values: &'a [String],
    allowed_by_permissions_boundary: Option<bool>,
    allowed_by_organizations: Option<bool>,
    explanation: Value,
}

fn json<'a>(answers: &'a [Answer<'a>]) -> Vec<Told<'a>> {
    let told = answers.iter().map(|(action, resource, found)| Told {
        action,
        resource,
        decision: found.decision.word(),
        matched_statements: found
            .matched
            .iter()
            .map(|statement| {
                serde_json::json!({
                    "policy": statement.policy,
                    "policyType": statement.policy_type.name(),
                    "statement": statement.statement + 1,
                    "start": { "line": statement.start.line, "column": statement.start.column },
                    "end": { "line": statement.end.line, "column": statement.end.column },
                })
            })
            .collect(),
        missing_context_values: &found.missing,
        allowed_by_permissions_boundary: found.allowed_by_boundary,
        allowed_by_organizations: found.allowed_by_organizations,
        explanation: serde_json::from_str(&found.explanation.for_owner().json())
            .unwrap_or_default(),
    });
    told.collect()
}

fn action(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some((service, name))
            if !service.is_empty() && !name.is_empty() && !text.contains(['*', '?']) =>
        {
            Ok(text.to_owned())
        }
        _ => Err("an action is SERVICE:NAME, without wildcards".to_owned()),
    }
}

fn resource(text: &str) -> Result<String, String> {
    match text == "*" || locum_policy::Arn::parse(text).is_some() {
        true => Ok(text.to_owned()),
        false => Err("a resource is an ARN of six parts, or *".to_owned()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a condition key is given as KEY=VALUE".to_owned()),
    }
}
