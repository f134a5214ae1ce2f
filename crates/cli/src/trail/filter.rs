//! Filters of `locum trail lookup` and `export`: what people write, and the question that it asks the index.

use locum_server::trail_index::{Attribute, Query, Term};

use crate::clock;
use crate::duration;
use crate::error::CliError;

/// Which records; all that are named must hold.
#[derive(Debug, Default, Clone, clap::Args)]
#[command(next_help_heading = "Filters")]
pub struct Filter {
    /// Who called: ARN, unique id, key id, user name, or a session's name or role
    #[arg(long, value_name = "WHO")]
    pub principal: Option<String>,
    /// The role whose session called: its ARN or name
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// A session, its calls and its beginning: ARN, name, or access key id
    #[arg(long, value_name = "SESSION")]
    pub session: Option<String>,
    /// The source identity of the caller, or that was set
    #[arg(long, value_name = "NAME")]
    pub source_identity: Option<String>,
    /// What was called: AssumeRole, or sts:AssumeRole
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// On what: an ARN, or the name at its end
    #[arg(long, value_name = "RESOURCE")]
    pub resource: Option<String>,
    /// How it failed: AccessDenied, which is AccessDeniedException too
    #[arg(long, value_name = "CODE")]
    pub error: Option<String>,
    /// Only calls that were refused or failed
    #[arg(long)]
    pub failed: bool,
    /// Only calls that change something
    #[arg(long)]
    pub writes: bool,
    /// The account that the record belongs to
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// The region
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// A request's or an event's id
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// From this time on: 2026-01-31, 2026-01-31T12:00:00Z, or 2h ago as 2h
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Up to this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

/// The end of a day or its beginning, when only a day is named.
#[derive(Clone, Copy)]
enum Edge {
    Beginning,
    End,
}

fn time(name: &str, text: Option<&str>, edge: Edge, now_s: i64) -> Result<Option<i64>, CliError> {
    let Some(text) = text else {
        return Ok(None);
    };
    let day = |clock: &str| clock::parse(&format!("{text}T{clock}Z"));
    let whole = match edge {
        Edge::Beginning => day("00:00:00"),
        Edge::End => day("23:59:59"),
    };
    let ago = || duration::parse(text).map(|seconds| now_s.saturating_sub(seconds));
    let read = whole.or_else(|| clock::parse(text)).or_else(ago);
    read.map(Some).ok_or_else(|| {
        CliError::usage(
            format!("--{name} {text} is no time"),
            "write 2026-01-31, 2026-01-31T12:00:00Z, or 2h for two hours ago",
        )
    })
}

/// `AssumeRole` or `sts:AssumeRole`.
fn action_terms(action: &str) -> Result<Vec<Term>, CliError> {
    let (service, name) = match action.split_once(':') {
        Some((service, name)) => (Some(service), name),
        None => (None, action),
    };
    if name.is_empty() || name.contains(['*', '?']) {
        return Err(CliError::usage(
            format!("--action {action} is not the name of one action"),
            "name one action, as AssumeRole or sts:AssumeRole",
        ));
    }
    let source = service.map(|service| format!("{service}.amazonaws.com"));
    let source = source.map(|source| Term::is(Attribute::EventSource, source));
    let name = Term::is(Attribute::EventName, name);
    Ok(source.into_iter().chain([name]).collect())
}

/// The query services and the JSON services name the same error `AccessDenied` and `AccessDeniedException`.
fn error_term(code: &str) -> Term {
    let bare = code.strip_suffix("Exception").unwrap_or(code);
    let names = [bare.to_owned(), format!("{bare}Exception")];
    let terms = names.into_iter().map(|name| (Attribute::ErrorCode, name));
    Term(terms.collect())
}

impl Filter {
    /// The question, as of now.
    pub fn query(&self, now_s: i64) -> Result<Query, CliError> {
        let mut terms = Vec::new();
        let mut any = |value: &Option<String>, attributes: &[Attribute]| {
            if let Some(value) = value {
                let values = attributes.iter().map(|held| (*held, value.clone()));
                terms.push(Term(values.collect()));
            }
        };
        any(
            &self.principal,
            &[
                Attribute::PrincipalArn,
                Attribute::PrincipalId,
                Attribute::AccessKeyId,
                Attribute::Username,
                Attribute::Role,
            ],
        );
        any(&self.role, &[Attribute::Role]);
        any(
            &self.session,
            &[
                Attribute::Session,
                Attribute::AccessKeyId,
                Attribute::Username,
            ],
        );
        any(&self.source_identity, &[Attribute::SourceIdentity]);
        any(&self.resource, &[Attribute::ResourceName]);
        any(&self.account, &[Attribute::Account]);
        any(&self.region, &[Attribute::Region]);
        any(&self.id, &[Attribute::RequestId, Attribute::EventId]);
        terms.extend(self.error.as_deref().map(error_term));
        if self.failed {
            terms.push(Term::is(Attribute::Failed, "true"));
        }
        if self.writes {
            terms.push(Term::is(Attribute::ReadOnly, "false"));
        }
        if let Some(action) = &self.action {
            terms.extend(action_terms(action)?);
        }
        let from_s = time("since", self.since.as_deref(), Edge::Beginning, now_s)?;
        let until_s = time("until", self.until.as_deref(), Edge::End, now_s)?;
        if from_s
            .zip(until_s)
            .is_some_and(|(from, until)| from > until)
        {
            return Err(CliError::usage(
                "--since is later than --until",
                "exchange them",
            ));
        }
        Ok(Query {
            terms,
            from_s: from_s.unwrap_or(i64::MIN),
            until_s: until_s.unwrap_or(i64::MAX),
            ..Query::default()
        })
    }
}
