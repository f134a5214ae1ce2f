//! One question to the engine, written as text.

use locum_policy::{Decision, Policies, Policy, Principal, Request, ResourceRule, decide};

use super::{ACCOUNT, Facts, compile, document};

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
