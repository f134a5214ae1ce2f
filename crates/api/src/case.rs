//! A decision that can be taken again: who asked for what, with which context, under which policies.
//!
//! The record of a refused call holds one with the hashes of its policies; `why` and `can` ask the
//! engine with it. All of this is for people and off the path of allowed calls.

mod context;
mod sources;
pub(crate) mod suggest;

pub(crate) use context::{ContextValue, Held, Recorded, context_of, is_owners};
pub(crate) use sources::{Narrowed, Source, sources_of, trust_of};

use std::sync::Arc;

use locum_policy::{
    Context, Document, Named, NamedPolicies, PolicyType, Principal, PrincipalKind, Request,
    ResourceRule, Simulated, simulate,
};
use serde::{Deserialize, Serialize};

use crate::caller::{Caller, Identity};

/// Who asked, in words that a record keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Who {
    pub(crate) kind: WhoKind,
    pub(crate) account: String,
    /// Root, user, or role session.
    pub(crate) arn: String,
    /// The unique id of the user or role; the account of root.
    pub(crate) id: String,
    /// The role of a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role_arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session_name: Option<String>,
    /// The names of tags that the session has and its entity need not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) session_tags: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum WhoKind {
    Root,
    User,
    RoleSession,
}

impl Who {
    pub(crate) fn of(caller: &Caller) -> Who {
        let (kind, id) = match &caller.identity {
            Identity::Root => (WhoKind::Root, caller.account.id.to_string()),
            Identity::User(user) => (WhoKind::User, user.id.clone()),
            Identity::RoleSession(role) => (WhoKind::RoleSession, role.id.clone()),
        };
        let is_session = kind == WhoKind::RoleSession;
        let session = caller.session.iter().flat_map(|session| &session.tags);
        Who {
            kind,
            account: caller.account.id.to_string(),
            arn: caller.arn.clone(),
            id,
            role_arn: is_session.then(|| caller.principal_arn.clone()),
            session_name: is_session.then(|| caller.session_name().to_owned()),
            session_tags: session.map(|(name, _)| name.clone()).collect(),
        }
    }

    /// As the engine sees it.
    pub(crate) fn principal(&self) -> Principal<'_> {
        let kind = match self.kind {
            WhoKind::Root => PrincipalKind::Root,
            WhoKind::User => PrincipalKind::User {
                arn: &self.arn,
                id: &self.id,
            },
            WhoKind::RoleSession => PrincipalKind::RoleSession {
                role_arn: self.role_arn.as_deref().unwrap_or_default(),
                role_id: &self.id,
                session_arn: &self.arn,
                session_name: self.session_name.as_deref().unwrap_or_default(),
            },
        };
        Principal {
            kind,
            account: &self.account,
        }
    }

    /// As a stored trust policy names it.
    pub(crate) fn bound(&self) -> &str {
        match self.kind {
            WhoKind::Root => &self.arn,
            WhoKind::User | WhoKind::RoleSession => &self.id,
        }
    }

    /// The ARN that policies name: of a session its role's.
    pub(crate) fn entity_arn(&self) -> &str {
        self.role_arn.as_deref().unwrap_or(&self.arn)
    }
}

/// How the resource's policy counts, in words that a record keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Rule {
    Standard,
    Trust,
    KeyPolicy,
}

impl From<ResourceRule> for Rule {
    fn from(rule: ResourceRule) -> Rule {
        match rule {
            ResourceRule::Standard => Rule::Standard,
            ResourceRule::Trust => Rule::Trust,
            ResourceRule::KeyPolicy => Rule::KeyPolicy,
        }
    }
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    pub(crate) principal: Who,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) resource_account: String,
    pub(crate) resource_rule: Rule,
}

/// One policy of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CasePolicy {
    pub(crate) kind: PolicyType,
    /// An ARN, or for an inline policy its place such as `user/alice/reports`.
    pub(crate) name: String,
    /// `None` for one that is gone or damaged: it denies everything.
    pub(crate) text: Option<Arc<str>>,
    /// Of an organization's policies the level, the root being 0; of all others 0.
    pub(crate) level: usize,
}

/// A decision that can be taken again.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) asked: Asked,
    pub(crate) context: Vec<ContextValue>,
    pub(crate) policies: Vec<CasePolicy>,
}

impl Case {
    /// The policies of one kind, in their order.
    pub(crate) fn of_kind(&self, kind: PolicyType) -> impl Iterator<Item = &CasePolicy> {
        self.policies.iter().filter(move |held| held.kind == kind)
    }

    /// How many levels of an organization have policies of this kind; `None` when they do not apply.
    pub(crate) fn levels(&self, kind: PolicyType) -> Option<usize> {
        self.of_kind(kind).map(|held| held.level + 1).max()
    }

    /// What the engine says of every statement, and which keys were missed.
    pub(crate) fn simulate(&self) -> Simulated {
        let document = |text: &Arc<str>| Document::parse(text).ok();
        let held: Vec<(&CasePolicy, Option<Document>)> = (self.policies.iter())
            .map(|held| (held, held.text.as_ref().and_then(document)))
            .collect();
        let at = |wanted: PolicyType, level: usize| -> Vec<Named<'_>> {
            let held = held.iter();
            held.filter(|(held, _)| held.kind == wanted && held.level == level)
                .map(|(held, document)| Named {
                    name: &held.name,
                    document: document.as_ref(),
                })
                .collect()
        };
        let named = |wanted: PolicyType| at(wanted, 0);
        let levels = |wanted: PolicyType| -> Option<Vec<Vec<Named<'_>>>> {
            let levels = self.levels(wanted)?;
            Some((0..levels).map(|level| at(wanted, level)).collect())
        };
        let (scp, rcp) = (levels(PolicyType::Scp), levels(PolicyType::Rcp));
        let (scp, rcp) = (slices(scp.as_deref()), slices(rcp.as_deref()));
        let (identity, session) = (named(PolicyType::Identity), named(PolicyType::Session));
        let resource = named(self.resource_type());
        let recorded = Recorded::new(&self.context);
        let principal = self.asked.principal.principal();
        simulate(
            &self.request(&principal, &recorded),
            &NamedPolicies {
                identity: &identity,
                boundary: named(PolicyType::Boundary).into_iter().next(),
                session: (!session.is_empty()).then_some(&session),
                resource: resource.into_iter().next(),
                resource_rule: self.rule(),
                resource_account: &self.asked.resource_account,
                scp: scp.as_deref(),
                rcp: rcp.as_deref(),
            },
        )
    }

    /// The kind that the policy of the resource has.
    pub(crate) fn resource_type(&self) -> PolicyType {
        match self.asked.resource_rule {
            Rule::Standard | Rule::KeyPolicy => PolicyType::Resource,
            Rule::Trust => PolicyType::RoleTrust,
        }
    }

    /// Whether caller and resource are of different accounts.
    pub(crate) fn is_cross_account(&self) -> bool {
        self.asked.principal.account != self.asked.resource_account
    }

    fn rule(&self) -> ResourceRule {
        match self.asked.resource_rule {
            Rule::Standard => ResourceRule::Standard,
            Rule::Trust => ResourceRule::Trust,
            Rule::KeyPolicy => ResourceRule::KeyPolicy,
        }
    }

    fn request<'a>(
        &'a self,
        principal: &'a Principal<'a>,
        context: &'a dyn Context,
    ) -> Request<'a> {
        Request {
            action: &self.asked.action,
            resource: &self.asked.resource,
            principal,
            context,
        }
    }
}

/// Levels as the engine takes them.
pub(crate) fn slices<T>(levels: Option<&[Vec<T>]>) -> Option<Vec<&[T]>> {
    levels.map(|levels| levels.iter().map(Vec::as_slice).collect())
}

/// The kinds of policies and their names in records and answers.
const KINDS: &[(PolicyType, &str)] = &[
    (PolicyType::Identity, "identity"),
    (PolicyType::Resource, "resource"),
    (PolicyType::RoleTrust, "roleTrust"),
    (PolicyType::Session, "session"),
    (PolicyType::Boundary, "boundary"),
    (PolicyType::Scp, "scp"),
    (PolicyType::Rcp, "rcp"),
];

/// The name of a kind in records and answers.
pub(crate) fn kind_name(kind: PolicyType) -> &'static str {
    let found = KINDS.iter().find(|(known, _)| *known == kind);
    found.map_or("", |(_, name)| name)
}

/// The kind that a record names.
pub(crate) fn kind_named(name: &str) -> Option<PolicyType> {
    let found = KINDS.iter().find(|(_, known)| *known == name);
    found.map(|(kind, _)| *kind)
}
