//! Trust in identity providers: for which audience, and for whom of all they vouch for.

use super::{Findings, finding};
use crate::arn::Arn;
use crate::code::Code;
use crate::document::{ConditionEntry, PrincipalType, Principals, Spanned, Statement};
use crate::finding::Finding;
use crate::review::narrow::{Literal, says};
use crate::review::resources::pattern_for;

const COGNITO: &str = "cognito-identity.amazonaws.com";
const GITHUB: &str = "token.actions.githubusercontent.com";

/// Built-in providers, which IAM keeps no list of audiences for, and the claim that names the application.
const BUILT_IN: &[(&str, &str)] = &[
    (COGNITO, "aud"),
    ("accounts.google.com", "aud"),
    ("www.amazon.com", "app_id"),
    ("graph.facebook.com", "app_id"),
];

/// Issuers that vouch for the users of everyone, and what the subject of one's own must begin with: the
/// text before the owner's name, and what ends that name.
const SHARED: &[(&str, &str, char)] = &[
    (GITHUB, "repo:", '/'),
    ("gitlab.com", "project_path:", '/'),
    ("app.terraform.io", "organization:", ':'),
    ("agent.buildkite.com", "organization:", ':'),
    ("oidc.circleci.com", "org/", '/'),
    ("oidc.vercel.com", "owner:", ':'),
    ("vstoken.dev.azure.com", "sc://", '/'),
];

/// Claims that say for which application a token is, not for whom.
const AUDIENCES: &[&str] = &["aud", "azp", "oaud", "app_id", "iss", "amr", "at_hash"];

pub(super) fn check(statement: &Statement, principals: &Principals, out: &mut Findings) {
    for (kind, entry) in &principals.entries {
        if *kind != PrincipalType::Federated {
            continue;
        }
        if entry.text.contains(":saml-provider/") {
            if pattern_for(statement, "sts:AssumeRoleWithSAML").is_some()
                && !has(statement, "saml", "aud")
            {
                out.push(finding(
                    Code::SamlWithoutAud,
                    &entry.span,
                    "an assertion that was made for another application is taken as well",
                    "add a condition StringEquals on SAML:aud",
                ));
            }
            continue;
        }
        let issuer = match Arn::parse(&entry.text) {
            Some(arn) => arn
                .resource
                .strip_prefix("oidc-provider/")
                .unwrap_or_default(),
            None => &entry.text,
        };
        if pattern_for(statement, "sts:AssumeRoleWithWebIdentity").is_some() && issuer != "*" {
            oidc(statement, issuer, &entry.span, out);
        }
    }
}

fn oidc(statement: &Statement, issuer: &str, span: &std::ops::Range<usize>, out: &mut Findings) {
    let application = BUILT_IN.iter().find(|(name, _)| *name == issuer);
    if let Some((_, claim)) = application
        && !has(statement, issuer, claim)
    {
        out.push(finding(
            Code::OidcWithoutAud,
            span,
            "a token that was made for another application is taken as well",
            format!("add a condition StringEquals on {issuer}:{claim}"),
        ));
    }
    // An identity pool of Cognito is an application of one's own.
    if issuer == COGNITO {
        return;
    }
    let claims: Vec<(String, &ConditionEntry)> = statement
        .conditions
        .iter()
        .filter(|entry| says(entry))
        .filter_map(|entry| Some((claim(issuer, entry)?, entry)))
        .filter(|(claim, _)| !AUDIENCES.contains(&claim.as_str()))
        .collect();
    let issuer = Issuer::new(issuer);
    let owners: Vec<(Owner, &ConditionEntry)> = claims
        .iter()
        .filter_map(|(claim, entry)| Some((owner(claim)?, *entry)))
        .collect();
    if owners.is_empty() {
        let whom = match issuer.serves {
            Serves::Owners(..) => "this issuer serves everyone",
            _ => "every user of this issuer is trusted",
        };
        let unlimited = statement
            .conditions
            .iter()
            .find(|entry| claim(issuer.name, entry).is_some_and(|claim| claim == "sub"));
        let span = unlimited.map_or(span, |entry| &entry.key.span);
        out.push(finding(
            Code::OidcWithoutSub,
            span,
            format!("no subject is asked for: {whom}"),
            format!("add a condition on {}:sub", issuer.name),
        ));
        return;
    }
    let alone = claims.iter().all(|(claim, _)| claim == "sub");
    owned(&issuer, &owners, alone, out);
}

/// An issuer of tokens.
struct Issuer<'a> {
    name: &'a str,
    serves: Serves,
}

/// Whom an issuer vouches for.
#[derive(Clone, Copy)]
enum Serves {
    /// Whoever its owner, who writes the policy, lets in.
    Own,
    /// Everyone in the world, each with a subject of its own.
    Everyone,
    /// Everyone in the world: subjects begin with the text and the owner's name, up to the character.
    Owners(&'static str, char),
}

impl Issuer<'_> {
    fn new(name: &str) -> Issuer<'_> {
        let shared = SHARED.iter().find(|(known, ..)| owns(known, name));
        let serves = match shared {
            Some((_, before, end)) => Serves::Owners(before, *end),
            None if BUILT_IN.iter().any(|(known, _)| *known == name) => Serves::Everyone,
            None => Serves::Own,
        };
        Issuer { name, serves }
    }

    /// Whether a value leaves open whose tokens are taken.
    fn is_wide(&self, owner: Owner, entry: &ConditionEntry, value: &Spanned) -> bool {
        let literal = Literal::of(entry, value);
        if literal.whole {
            return false;
        }
        let named = |rest: &str, end| {
            rest.split_once(end)
                .is_some_and(|(name, _)| !name.is_empty())
        };
        match (self.serves, owner) {
            (Serves::Everyone, _) | (Serves::Owners(..), Owner::Whole) => true,
            (Serves::Owners(..), Owner::Path) => !named(&literal.text, '/'),
            (Serves::Owners(before, end), Owner::Subject) => {
                let fixed = literal.text.as_str();
                match fixed.strip_prefix(before) {
                    Some(rest) => !named(rest, end),
                    // A subject of another form, such as GitHub's customised ones: a claim and its value.
                    None => {
                        let value = fixed.split_once(':').map_or("", |(_, value)| value);
                        !named(value, '/') && !named(value, ':')
                    }
                }
            }
            // Open at both ends: whatever has these letters somewhere.
            (Serves::Own, _) => literal.text.is_empty() && value.text.ends_with(['*', '?', '}']),
        }
    }
}

/// How a claim says whose token it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// `sub`
    Subject,
    /// A path that begins with the owner's name.
    Path,
    /// A name or an id that is the owner's, or of something that one owner has.
    Whole,
}

/// How the claim says whose token it is; of what happened in a workflow, or who set it off, it says nothing.
fn owner(claim: &str) -> Option<Owner> {
    match claim {
        "sub" => Some(Owner::Subject),
        "repository" | "job_workflow_ref" | "workflow_ref" | "namespace_path" | "project_path" => {
            Some(Owner::Path)
        }
        // Whoever sets something off in a project of others.
        "actor_id" | "user_id" | "run_id" | "job_id" => None,
        "repository_owner" | "enterprise" | "owner" | "organization_slug" | "email" => {
            Some(Owner::Whole)
        }
        "terraform_organization_name" | "project" => Some(Owner::Whole),
        other if other.ends_with("_id") || other.ends_with("-id") => Some(Owner::Whole),
        _ => None,
    }
}

/// Claims about the owner that leave it open, all of them: one that does not is enough.
fn owned(
    issuer: &Issuer<'_>,
    owners: &[(Owner, &ConditionEntry)],
    alone: bool,
    out: &mut Findings,
) {
    let wide = |owner, entry, value| issuer.is_wide(owner, entry, value);
    let narrow = owners.iter().any(|(owner, entry)| {
        let mut values = entry.values.iter();
        values.all(|value| !wide(*owner, entry, value))
    });
    for (owner, entry) in owners {
        for value in &entry.values {
            if wide(*owner, entry, value) {
                if !narrow {
                    out.push(wide_claim(issuer, *owner, value));
                }
            } else if alone && owns(GITHUB, issuer.name) && several_repositories(entry, value) {
                out.push(finding(
                    Code::SpecificGithubRepo,
                    &value.span,
                    format!(
                        "{} includes every branch and pull request of several repositories",
                        value.text
                    ),
                    "name the repository, and the branch or environment",
                ));
            }
        }
    }
}

fn wide_claim(issuer: &Issuer<'_>, owner: Owner, value: &Spanned) -> Finding {
    let whom = match issuer.serves {
        Serves::Own => "of nearly all its users".to_owned(),
        _ => format!("of others: {} serves everyone", issuer.name),
    };
    let help = match (issuer.serves, owner) {
        (Serves::Owners(before, end), Owner::Subject) => {
            format!("name the owner whole before the first wildcard: {before}OWNER{end}…")
        }
        (Serves::Owners(..), Owner::Path) => {
            "name the owner whole before the first wildcard: OWNER/…".to_owned()
        }
        _ => "write out whose tokens are meant".to_owned(),
    };
    let what = match owner {
        Owner::Subject => "subjects",
        _ => "tokens",
    };
    let message = format!("{} includes {what} {whom}", value.text);
    finding(Code::OidcWideSub, &value.span, message, help)
}

/// Whether a subject of GitHub leaves the repository open.
fn several_repositories(entry: &ConditionEntry, value: &Spanned) -> bool {
    let literal = Literal::of(entry, value);
    let repository = literal
        .text
        .strip_prefix("repo:")
        .and_then(|rest| rest.split_once('/'));
    !literal.whole && repository.is_some_and(|(_, rest)| !rest.contains(':'))
}

/// Whether an issuer is that one, or one of its paths.
fn owns(name: &str, issuer: &str) -> bool {
    issuer
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The claim of the issuer that a condition is about, in lower case.
fn claim(issuer: &str, entry: &ConditionEntry) -> Option<String> {
    let (prefix, claim) = entry.key.text.rsplit_once(':')?;
    prefix
        .eq_ignore_ascii_case(issuer)
        .then(|| claim.to_ascii_lowercase())
}

fn has(statement: &Statement, issuer: &str, wanted: &str) -> bool {
    let mut entries = statement.conditions.iter();
    entries.any(|entry| says(entry) && claim(issuer, entry).is_some_and(|claim| claim == wanted))
}
