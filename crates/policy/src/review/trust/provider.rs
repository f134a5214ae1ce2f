//! Trust in identity providers: for which audience, and for whom of all they vouch for.

use super::{Findings, finding, narrows};
use crate::arn::Arn;
use crate::code::Code;
use crate::cover::Shape;
use crate::document::{ConditionEntry, PrincipalType, Principals, Statement};
use crate::operator::{Base, StringTest};
use crate::review::resources::pattern_for;
use crate::variable::Variables;

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
        .filter(|entry| narrows(entry))
        .filter_map(|entry| Some((claim(issuer, entry)?, entry)))
        .filter(|(claim, _)| !AUDIENCES.contains(&claim.as_str()))
        .collect();
    let shared = SHARED.iter().find(|(name, ..)| owns(name, issuer));
    if claims.is_empty() {
        let whom = match shared {
            Some(_) => "this issuer serves everyone",
            None => "every user of this issuer is trusted",
        };
        let unlimited = statement
            .conditions
            .iter()
            .find(|entry| claim(issuer, entry).is_some_and(|claim| claim == "sub"));
        let span = unlimited.map_or(span, |entry| &entry.key.span);
        out.push(finding(
            Code::OidcWithoutSub,
            span,
            format!("no subject is asked for: {whom}"),
            format!("add a condition on {issuer}:sub"),
        ));
        return;
    }
    let others = claims.iter().any(|(claim, _)| claim != "sub");
    if let (Some((_, before, end)), false) = (shared, others) {
        for (_, entry) in &claims {
            subjects(entry, issuer, before, *end, out);
        }
    }
}

/// Whether an issuer is that one, or one of its paths.
fn owns(name: &str, issuer: &str) -> bool {
    issuer
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Subjects of a shared issuer that leave the owner open.
fn subjects(entry: &ConditionEntry, issuer: &str, before: &str, end: char, out: &mut Findings) {
    let like = matches!(
        entry.operator.base,
        Base::String(StringTest::Like, _) | Base::Arn(_)
    );
    for value in entry.values.iter().filter(|_| like) {
        let Some(shape) = Shape::new(&value.text, Variables::On) else {
            continue;
        };
        let fixed = shape.literal_prefix();
        let whole = fixed.len() == value.text.len();
        let owner = fixed
            .strip_prefix(before)
            .and_then(|rest| rest.split_once(end));
        let named = owner.is_some_and(|(owner, _)| !owner.is_empty());
        // A subject of another form, such as GitHub's customised ones, begins with something else.
        let other_form = !before.starts_with(&fixed) && !fixed.starts_with(before);
        if !whole && !named && !other_form {
            out.push(finding(
                Code::OidcWideSub,
                &value.span,
                format!(
                    "{} includes subjects of others: {issuer} serves everyone",
                    value.text
                ),
                format!("name the owner whole before the first wildcard: {before}OWNER{end}…"),
            ));
        } else if owns(GITHUB, issuer)
            && owner.is_some_and(|(_, rest)| !rest.contains(':'))
            && !whole
        {
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

/// The claim of the issuer that a condition is about, in lower case.
fn claim(issuer: &str, entry: &ConditionEntry) -> Option<String> {
    let (prefix, claim) = entry.key.text.rsplit_once(':')?;
    prefix
        .eq_ignore_ascii_case(issuer)
        .then(|| claim.to_ascii_lowercase())
}

fn has(statement: &Statement, issuer: &str, wanted: &str) -> bool {
    let mut entries = statement.conditions.iter();
    entries.any(|entry| narrows(entry) && claim(issuer, entry).is_some_and(|claim| claim == wanted))
}
