//! What the tests of this crate share: a context made of a table, callers, and short-cuts.
#![allow(
    dead_code,
    unused_imports,
    clippy::panic,
    reason = "each test file uses its part of it"
)]

pub(crate) mod case;
pub(crate) mod condition;

use locum_policy::{
    ConditionKey, Context, Decision, Document, Kind, Policies, Policy, Principal, PrincipalKind,
    Request, ResourceRule, Value, Values, decide,
};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const OTHER: &str = "444455556666";

/// A value in a context.
#[derive(Debug, Clone)]
pub(crate) enum Fact {
    Str(String),
    Int(i64),
    Bool(bool),
    Date(i64),
    Ip(std::net::IpAddr),
    Many(Vec<&'static str>),
    Ambiguous,
}

/// A context as a table of keys; names compare ignoring case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts(pub(crate) Vec<(String, Fact)>);

impl Facts {
    pub(crate) fn with(mut self, key: &str, fact: Fact) -> Facts {
        self.0.push((key.to_ascii_lowercase(), fact));
        self
    }

    pub(crate) fn str(self, key: &str, value: &str) -> Facts {
        self.with(key, Fact::Str(value.to_owned()))
    }

    pub(crate) fn many(self, key: &str, values: &[&'static str]) -> Facts {
        self.with(key, Fact::Many(values.to_vec()))
    }
}

impl Context for Facts {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        let name = key.to_string();
        let found = self.0.iter().find(|(k, _)| k.eq_ignore_ascii_case(&name));
        match found.map(|(_, fact)| fact) {
            None => Values::Absent,
            Some(Fact::Str(text)) => Values::One(Value::Str(text)),
            Some(Fact::Int(number)) => Values::One(Value::Int(*number)),
            Some(Fact::Bool(truth)) => Values::One(Value::Bool(*truth)),
            Some(Fact::Date(seconds)) => Values::One(Value::Date(*seconds)),
            Some(Fact::Ip(address)) => Values::One(Value::Ip(*address)),
            Some(Fact::Many(values)) => Values::Many(values),
            Some(Fact::Ambiguous) => Values::Ambiguous,
        }
    }
}

pub(crate) fn user(account: &'static str) -> Principal<'static> {
    let arn = match account {
        ACCOUNT => "arn:aws:iam::111122223333:user/team/ada",
        _ => "arn:aws:iam::444455556666:user/team/ada",
    };
    Principal {
        kind: PrincipalKind::User {
            arn,
            id: "AIDAIOSFODNN7EXAMPLE",
        },
        account,
    }
}

pub(crate) fn session(account: &'static str) -> Principal<'static> {
    let (role_arn, session_arn) = match account {
        ACCOUNT => (
            "arn:aws:iam::111122223333:role/app/Deploy",
            "arn:aws:sts::111122223333:assumed-role/Deploy/run-7",
        ),
        _ => (
            "arn:aws:iam::444455556666:role/app/Deploy",
            "arn:aws:sts::444455556666:assumed-role/Deploy/run-7",
        ),
    };
    Principal {
        kind: PrincipalKind::RoleSession {
            role_arn,
            role_id: "AROAIOSFODNN7EXAMPLE",
            session_arn,
            session_name: "run-7",
        },
        account,
    }
}

pub(crate) fn federated_user() -> Principal<'static> {
    Principal {
        kind: PrincipalKind::FederatedUser {
            arn: "arn:aws:sts::111122223333:federated-user/bob",
            user_arn: "arn:aws:iam::111122223333:user/team/ada",
            user_id: "AIDAIOSFODNN7EXAMPLE",
        },
        account: ACCOUNT,
    }
}

pub(crate) fn root(account: &'static str) -> Principal<'static> {
    Principal {
        kind: PrincipalKind::Root,
        account,
    }
}

pub(crate) fn service(name: &'static str) -> Principal<'static> {
    Principal {
        kind: PrincipalKind::Service { name },
        account: "",
    }
}

pub(crate) fn provider(provider: &'static str) -> Principal<'static> {
    Principal {
        kind: PrincipalKind::Federated { provider },
        account: "",
    }
}

pub(crate) fn anonymous() -> Principal<'static> {
    Principal {
        kind: PrincipalKind::Anonymous,
        account: "",
    }
}

/// Compiles a document that must be readable.
pub(crate) fn compile(text: &str) -> Policy {
    match Document::parse(text) {
        Ok(document) => Policy::compile(&document),
        Err(findings) => panic!("{text}: {findings:?}"),
    }
}

/// A document of one or more statements, written without the wrapping.
pub(crate) fn document(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

/// Whether an identity policy of these statements lets `principal` do `action` on `resource`.
pub(crate) fn identity(statements: &str, action: &str, resource: &str, facts: &Facts) -> Decision {
    let policy = compile(&document(statements));
    ask(&[&policy], action, resource, facts)
}

/// The same for compiled policies.
pub(crate) fn ask(policies: &[&Policy], action: &str, resource: &str, facts: &Facts) -> Decision {
    let principal = user(ACCOUNT);
    let request = Request {
        action,
        resource,
        principal: &principal,
        context: facts,
    };
    let policies = Policies {
        identity: policies,
        boundary: None,
        session: None,
        resource: None,
        resource_rule: ResourceRule::Standard,
        resource_account: ACCOUNT,
        scp: None,
        rcp: None,
    };
    decide(&request, &policies)
}

/// Whether a condition makes a statement of that effect apply.
pub(crate) fn applies(effect: &str, condition: &str, facts: &Facts) -> bool {
    let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let tested =
        format!(r#"{{"Effect":"{effect}","Action":"*","Resource":"*","Condition":{condition}}}"#);
    match effect {
        "Allow" => identity(&tested, "s3:GetObject", "*", facts).is_allowed(),
        _ => {
            let statements = format!("{allow},{tested}");
            !identity(&statements, "s3:GetObject", "*", facts).is_allowed()
        }
    }
}

/// The first sentence that saving gives, or "" when the document is accepted.
pub(crate) fn sentence(text: &str, kind: Kind) -> String {
    match Document::check(text, kind) {
        Ok(_) => String::new(),
        Err(findings) => findings
            .first()
            .map_or("nothing", |f| &f.message)
            .to_owned(),
    }
}
