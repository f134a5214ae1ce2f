//! One question to the engine, written as text.

use locum_policy::{
    Decision, Policies, Policy, PolicyType, Principal, Reason, Request, ResourceRule, decide,
};

use super::{
    ACCOUNT, Facts, OTHER, anonymous, compile, document, federated_user, provider, root, service,
    session, user,
};

/// The role that callers want to assume.
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/target";

/// One question, in text: statements of each policy.
pub(crate) struct Case<'a> {
    pub(crate) principal: Principal<'a>,
    pub(crate) identity: &'a str,
    /// "-" when no session policy was passed.
    pub(crate) session: &'a str,
    /// "-" when the resource has none.
    pub(crate) resource: &'a str,
    pub(crate) rule: ResourceRule,
}

impl Case<'_> {
    pub(crate) fn decide(&self) -> Decision {
        let compiled = |text: &str| (text != "-").then(|| compile(&document(text)));
        let identity = compiled(if self.identity.is_empty() {
            "-"
        } else {
            self.identity
        });
        let session = compiled(self.session);
        let resource = compiled(self.resource);
        let identity: Vec<&Policy> = identity.iter().collect();
        let session_list: Vec<&Policy> = session.iter().collect();
        let request = Request {
            action: "sts:AssumeRole",
            resource: ROLE,
            principal: &self.principal,
            context: &Facts::default(),
        };
        decide(
            &request,
            &Policies {
                identity: &identity,
                boundary: None,
                session: session.is_some().then_some(&session_list),
                resource: resource.as_ref(),
                resource_rule: self.rule,
                resource_account: ACCOUNT,
                scp: None,
                rcp: None,
            },
        )
    }
}

pub(crate) const ALLOW: &str = r#"{"Effect":"Allow","Action":"sts:*","Resource":"*"}"#;
pub(crate) const DENY: &str = r#"{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}"#;
pub(crate) const SILENT: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;

pub(crate) fn names(kind: &str, principal: &str) -> String {
    let principal = match kind {
        "" => format!("\"{principal}\""),
        kind => format!(r#"{{"{kind}":"{principal}"}}"#),
    };
    format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}"#)
}

/// A caller by the name that the tables use.
pub(crate) fn caller(name: &str) -> Principal<'static> {
    match name {
        "user" => user(ACCOUNT),
        "role" => session(ACCOUNT),
        "federated" => federated_user(),
        "root" => root(ACCOUNT),
        "user@other" => user(OTHER),
        "role@other" => session(OTHER),
        "root@other" => root(OTHER),
        "google" => provider("accounts.google.com"),
        "oidc" => provider("arn:aws:iam::111122223333:oidc-provider/idp.example.com"),
        "ec2" => service("ec2.amazonaws.com"),
        "anonymous" => anonymous(),
        other => panic!("no caller {other}"),
    }
}

/// The statements of the role's policy.
pub(crate) fn resource(named: &str) -> String {
    let (named, denies) = match named.strip_suffix("!deny") {
        Some(named) => (named, true),
        None => (named, false),
    };
    let allow = match named.split_once(':') {
        _ if named == "-" => return "-".to_owned(),
        Some((kind, principal)) => names(kind, principal),
        None => names("", named),
    };
    if denies {
        return format!(r#"{allow},{{"Effect":"Deny","Principal":"*","Action":"*"}}"#);
    }
    allow
}

pub(crate) fn word(reason: &Reason) -> &'static str {
    match reason {
        Reason::Allowed(_) => "allow",
        Reason::Root => "root",
        Reason::CrossAccount(_) => "cross",
        Reason::NoAllow(PolicyType::Identity) => "no-identity",
        Reason::NoAllow(PolicyType::Session) => "no-session",
        Reason::NoAllow(PolicyType::Boundary) => "no-boundary",
        Reason::NoAllow(PolicyType::Scp) => "no-scp",
        Reason::NoAllow(PolicyType::Rcp) => "no-rcp",
        Reason::NoAllow(PolicyType::Resource) => "no-resource",
        Reason::NoAllow(PolicyType::RoleTrust) => "no-trust",
        Reason::ExplicitDeny(found) => match found.policy_type {
            PolicyType::Identity => "deny-identity",
            PolicyType::Session => "deny-session",
            PolicyType::Boundary => "deny-boundary",
            PolicyType::Scp => "deny-scp",
            PolicyType::Rcp => "deny-rcp",
            PolicyType::Resource | PolicyType::RoleTrust => "deny-resource",
        },
    }
}
