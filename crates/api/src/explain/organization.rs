//! Policies of the organization that are given with a question: those that would apply.

use locum_policy::{Document, Kind, PolicyType, RCP_FULL_AWS_ACCESS};

use crate::caller::Identity;
use crate::case::{Case, CasePolicy};
use crate::operator::{self, OperatorError};
use crate::world::World;

/// The policies of an organization by their levels, from the root down to the account; those of one level
/// stand beside each other.
#[derive(Debug, Clone, Default)]
pub struct OrganizationPolicies {
    /// Service control policies on the way to the caller's account.
    pub scp: Vec<Vec<QuestionPolicy>>,
    /// Resource control policies on the way to the resource's account.
    pub rcp: Vec<Vec<QuestionPolicy>>,
}

/// A policy that the server does not keep.
#[derive(Debug, Clone)]
pub struct QuestionPolicy {
    /// What explanations call it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The policies that apply to a case. What does not is told in `notes`.
pub(super) async fn in_force(
    world: &World,
    given: &OrganizationPolicies,
    (case, identity): (&Case, &Identity),
    notes: &mut Vec<String>,
) -> Result<Vec<CasePolicy>, OperatorError> {
    if given.scp.is_empty() && given.rcp.is_empty() {
        let sentence = "Service and resource control policies are not kept by this server; none took part. \
                        Those that are meant can be given with the question.";
        notes.push(sentence.to_owned());
        return Ok(Vec::new());
    }
    let management = operator::installation(world).await?.management_account;
    let management = management.to_string();
    let linked = match identity {
        Identity::RoleSession(role) if role.service_linked.is_some() => {
            Some("service-linked roles")
        }
        Identity::RoleSession(_) | Identity::Root | Identity::User(_) => None,
    };
    let callers =
        (case.asked.principal.account == management).then_some("callers of the management account");
    let resources = (case.asked.resource_account == management)
        .then_some("resources of the management account");
    let mut found = Vec::new();
    for (kind, levels, exempt) in [
        (PolicyType::Scp, &given.scp, callers),
        (PolicyType::Rcp, &given.rcp, resources),
    ] {
        let policies = checked(kind, levels)?;
        match exempt.or(linked) {
            Some(exempt) if !policies.is_empty() => {
                let kind = plural(kind);
                notes.push(format!("{kind} do not restrict {exempt}; none took part."));
            }
            _ => found.extend(policies),
        }
    }
    Ok(found)
}

fn plural(kind: PolicyType) -> &'static str {
    match kind {
        PolicyType::Rcp => "Resource control policies",
        _ => "Service control policies",
    }
}

/// Checked as when they are made: what an organization would not keep is no basis for an answer.
fn checked(
    kind: PolicyType,
    levels: &[Vec<QuestionPolicy>],
) -> Result<Vec<CasePolicy>, OperatorError> {
    let rules = match kind {
        PolicyType::Rcp => Kind::Rcp,
        _ => Kind::Scp,
    };
    let mut found = Vec::new();
    for (level, policies) in levels.iter().enumerate() {
        if policies.is_empty() {
            return Err(OperatorError::BadQuestion(format!(
                "level {level} of the organization has no policy"
            )));
        }
        if kind == PolicyType::Rcp {
            found.push(CasePolicy {
                kind,
                name: "RCPFullAWSAccess".to_owned(),
                text: Some(RCP_FULL_AWS_ACCESS.into()),
                level,
            });
        }
        for policy in policies {
            Document::check(&policy.text, rules).map_err(|findings| {
                let why = findings.first().map(|found| found.message.clone());
                OperatorError::BadQuestion(format!("{}: {}", policy.name, why.unwrap_or_default()))
            })?;
            found.push(CasePolicy {
                kind,
                name: policy.name.clone(),
                text: Some(policy.text.as_str().into()),
                level,
            });
        }
    }
    Ok(found)
}
