//! A request that shows a difference, and the engine's word on it.

use super::caller::{Known, Sort};
use super::statement::of_resource;
use crate::decide::decide;
use crate::decision::{Decision, PolicyType};
use crate::document::Document;
use crate::key::{ConditionKey, KnownKey};
use crate::policy::Policy;
use crate::principal::Grant;
use crate::request::{
    Context, Policies, Principal, PrincipalKind, RCP_FULL_AWS_ACCESS, Request, ResourceRule,
};
use crate::value::{Value, Values};

/// What a request holds under a condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// The key is not in the request.
    Absent,
    /// One value.
    One(String),
    /// Several values; never empty.
    Many(Vec<String>),
}

/// A request that one policy allows and another does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Such as `s3:GetObject`.
    pub action: String,
    /// An ARN, or `*`.
    pub resource: String,
    /// What the request holds under each key that a document mentions.
    pub context: Vec<(ConditionKey, Held)>,
    pub(super) kind: PolicyType,
    pub(super) caller: Known,
    pub(super) level: Grant,
}

/// A policy that leaves the decision to the others.
const ALLOW_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
/// An account that the caller is not of.
pub(super) const ELSEWHERE: &str = "000000000000";

impl Witness {
    /// Who asks, for policies that name principals: an ARN, a service, a provider, `anonymous`.
    /// `None` for the other policies, which are their caller's own.
    pub fn principal(&self) -> Option<String> {
        let caller = &self.caller;
        of_resource(self.kind).then(|| match caller.sort {
            Sort::Anonymous => "anonymous".to_owned(),
            Sort::RoleSession => caller.session_arn.clone(),
            _ => caller.arn.clone(),
        })
    }

    /// What the resource's policy makes of the request depends on the policies of the caller: what
    /// they are taken to be, in words. `None` where nothing depends on it.
    pub fn circumstances(&self) -> Option<&'static str> {
        let asks_others = of_resource(self.kind) && self.kind != PolicyType::Rcp;
        if !asks_others || !self.caller.sort.has_account() {
            return None;
        }
        Some(match (self.level, self.caller.sort) {
            (Grant::None, _) => "same account, and the caller's own policies allow it",
            (_, Sort::Root) | (Grant::Delegated, _) => {
                "another account, and the caller's own policies allow it"
            }
            (Grant::Limited, _) => "same account, and the caller's own policies say nothing of it",
            (Grant::Full, _) => {
                "same account, and neither the caller's own policies nor those of its session allow it"
            }
        })
    }

    /// Gives a user whose name the context says an ARN with that name; whether it had another.
    pub(super) fn with_name_of_user(&mut self) -> bool {
        let username = ConditionKey::Known(KnownKey::Username);
        let mut held = self.context.iter().filter(|(key, _)| *key == username);
        let (Sort::User, Some((_, Held::One(name)))) = (self.caller.sort, held.next()) else {
            return false;
        };
        let arn = &self.caller.arn;
        let Some((path, _)) = arn.rsplit_once('/').filter(|(_, own)| own != name) else {
            return false;
        };
        let renamed = format!("{path}/{name}");
        for (key, held) in &mut self.context {
            if *key == ConditionKey::Known(KnownKey::PrincipalArn) {
                *held = Held::One(renamed.clone());
            }
        }
        self.caller.arn = renamed;
        true
    }

    /// The engine's decision on this request under `documents`, which are of the witness's kind.
    pub fn decide(&self, documents: &[&Document]) -> Decision {
        let policies: Vec<Policy> = documents.iter().map(|d| Policy::compile(d)).collect();
        let policies: Vec<&Policy> = policies.iter().collect();
        match self.kind {
            PolicyType::Rcp => self.decide_level(&policies),
            kind if of_resource(kind) => self.decide_resource(policies.first().copied()),
            _ => self.decide_identity(&policies),
        }
    }

    fn decide_identity(&self, policies: &[&Policy]) -> Decision {
        let principal = Principal {
            kind: PrincipalKind::User {
                arn: "arn:aws:iam::111122223333:user/somebody",
                id: "AIDASOMEBODY00000000",
            },
            account: "111122223333",
        };
        self.ask(
            &principal,
            &self.resource,
            &Policies {
                identity: policies,
                boundary: None,
                session: None,
                resource: None,
                resource_rule: ResourceRule::Standard,
                resource_account: principal.account,
                scp: None,
                rcp: None,
            },
        )
    }

    /// One level of resource control policies, where all other policies allow.
    fn decide_level(&self, policies: &[&Policy]) -> Decision {
        let open = |text: &str| {
            let document = Document::parse(text);
            document.map_or(Policy::deny_all(), |document| Policy::compile(&document))
        };
        let (own, resource) = (open(ALLOW_ALL), open(RCP_FULL_AWS_ACCESS));
        let own: &[&Policy] = &[&own];
        let federated = self.caller.sort == Sort::FederatedUser;
        self.ask(
            &self.caller.principal(),
            &self.resource,
            &Policies {
                identity: own,
                boundary: None,
                session: federated.then_some(own),
                resource: Some(&resource),
                resource_rule: ResourceRule::Standard,
                resource_account: &self.caller.account,
                scp: None,
                rcp: Some(&[policies]),
            },
        )
    }

    /// A resource's policy, under the circumstances that show this level of grant.
    fn decide_resource(&self, policy: Option<&Policy>) -> Decision {
        let all = Document::parse(ALLOW_ALL).map_or(Policy::deny_all(), |d| Policy::compile(&d));
        let open: &[&Policy] = &[&all];
        let federated = self.caller.sort == Sort::FederatedUser;
        let passed = federated.then_some(open);
        let home = self.caller.account.as_str();
        let (identity, session, account) = match (self.level, self.caller.sort) {
            (Grant::None, _) => (open, passed, home),
            (_, Sort::Root) => (open, None, ELSEWHERE),
            (Grant::Delegated, _) => (open, passed, ELSEWHERE),
            (Grant::Limited, _) => (&[][..], passed, home),
            (Grant::Full, _) => (&[][..], Some(&[][..]), home),
        };
        let rule = match self.kind {
            PolicyType::RoleTrust => ResourceRule::Trust,
            _ => ResourceRule::of_resource(&self.resource),
        };
        self.ask(
            &self.caller.principal(),
            &self.resource,
            &Policies {
                identity,
                boundary: None,
                session,
                resource: policy,
                resource_rule: rule,
                resource_account: account,
                scp: None,
                rcp: None,
            },
        )
    }

    fn ask(&self, principal: &Principal<'_>, resource: &str, policies: &Policies<'_>) -> Decision {
        let many = |held: &'_ Held| match held {
            Held::Many(values) => values.clone(),
            _ => Vec::new(),
        };
        let owned: Vec<Vec<String>> = self.context.iter().map(|(_, held)| many(held)).collect();
        let many = owned
            .iter()
            .map(|values| values.iter().map(String::as_str).collect());
        let context = Given {
            held: &self.context,
            many: many.collect(),
        };
        let request = Request {
            action: &self.action,
            resource,
            principal,
            context: &context,
        };
        decide(&request, policies)
    }
}

/// The witness's context as the engine asks for it.
struct Given<'w> {
    held: &'w [(ConditionKey, Held)],
    /// The values of each key with several.
    many: Vec<Vec<&'w str>>,
}

impl Context for Given<'_> {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        let mut pairs = self.held.iter().zip(&self.many);
        match pairs.find(|((held, _), _)| held == key) {
            Some(((_, Held::One(text)), _)) => Values::One(Value::Str(text)),
            Some(((_, Held::Many(_)), many)) => Values::Many(many),
            Some(((_, Held::Absent), _)) | None => Values::Absent,
        }
    }
}
