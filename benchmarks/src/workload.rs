//! The questions W1 to W4 on which policy engines are compared, each with a twin that must be
//! answered the other way.

use std::net::IpAddr;

use locum_policy::{
    ConditionKey, Context, Document, KnownKey, Policies, Policy, Principal, PrincipalKind, Request,
    ResourceRule, Value, Values, decide,
};

pub const ACCOUNT: &str = "111122223333";
pub const USER_ARN: &str = "arn:aws:iam::111122223333:user/ada";
pub const USER_ID: &str = "AIDAEXAMPLEEXAMPLE12";
pub const USER_NAME: &str = "ada";
/// 2026-05-04T00:00:00Z
pub const NOW_S: i64 = 1_777_852_800;

/// What a request says of itself, as every engine is told it.
#[derive(Debug, Clone)]
pub struct Facts {
    pub team: &'static str,
    pub source_ip: IpAddr,
    pub external_id: &'static str,
    pub org_id: &'static str,
    pub mfa_age_s: i64,
    pub tag_keys: &'static [&'static str],
    pub user_agent: &'static str,
    pub session_name: &'static str,
}

impl Default for Facts {
    fn default() -> Facts {
        Facts {
            team: "platform",
            source_ip: IpAddr::from([10, 1, 2, 3]),
            external_id: "c0ffee-4711",
            org_id: "o-exampleorg1",
            mfa_age_s: 120,
            tag_keys: &["owner", "stage"],
            user_agent: "aws-cli/2.30",
            session_name: "ada-deploys",
        }
    }
}

impl Context for Facts {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        let value = match key {
            ConditionKey::PrincipalTag(tag) if **tag == *"team" => Value::Str(self.team),
            ConditionKey::Known(known) => match known {
                KnownKey::SourceIp => Value::Ip(self.source_ip),
                KnownKey::ExternalId => Value::Str(self.external_id),
                KnownKey::PrincipalOrgId => Value::Str(self.org_id),
                KnownKey::MultiFactorAuthPresent => Value::Bool(true),
                KnownKey::MultiFactorAuthAge => Value::Int(self.mfa_age_s),
                KnownKey::CurrentTime => Value::Date(NOW_S),
                KnownKey::UserAgent => Value::Str(self.user_agent),
                KnownKey::RoleSessionName => Value::Str(self.session_name),
                KnownKey::Username => Value::Str(USER_NAME),
                KnownKey::TagKeys => return Values::Many(self.tag_keys),
                _ => return Values::Absent,
            },
            _ => return Values::Absent,
        };
        Values::One(value)
    }
}

/// One question.
#[derive(Debug, Clone)]
pub struct Workload {
    pub name: &'static str,
    /// The caller's policies.
    pub identity: Vec<String>,
    /// The role's trust policy; then the action is `sts:AssumeRole`.
    pub trust: Option<String>,
    pub action: &'static str,
    pub resource: String,
    pub facts: Facts,
    pub is_allowed: bool,
}

fn document(statements: &[String]) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )
}

/// Documents of 500 statements each.
fn documents(statements: impl Iterator<Item = String>) -> Vec<String> {
    let statements: Vec<String> = statements.collect();
    statements.chunks(500).map(document).collect()
}

/// One policy of 5 statements, allowed through a variable in a resource.
pub fn w1() -> Workload {
    let statements = [
        r#"{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":["dynamodb:Query","dynamodb:GetItem"],"Resource":"arn:aws:dynamodb:*:111122223333:table/reports"}"#,
        r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"platform"}}}"#,
        r#"{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::reports/${aws:PrincipalTag/team}/*"}"#,
    ];
    Workload {
        name: "W1",
        identity: vec![document(&statements.map(str::to_owned))],
        trust: None,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::reports/platform/2026/may.csv".to_owned(),
        facts: Facts::default(),
        is_allowed: true,
    }
}

/// A statement that matches the action, and fails on its condition when it matches the resource.
fn failing(number: usize, matches: bool) -> String {
    let condition = match number / 2 % 4 {
        0 => format!(r#""StringLike":{{"aws:UserAgent":"console-{number}.*"}}"#),
        1 => format!(
            r#""IpAddress":{{"aws:SourceIp":"192.{}.{}.0/24"}}"#,
            number / 250 % 250,
            number % 250
        ),
        2 => format!(
            r#""DateLessThan":{{"aws:CurrentTime":"20{:02}-0{}-01T00:00:00Z"}}"#,
            number % 26,
            number % 9 + 1
        ),
        _ => format!(
            r#""ForAnyValue:StringEquals":{{"aws:TagKeys":["cost{number}","tier{number}"]}}"#
        ),
    };
    let action = ["s3:Get*", "s3:GetObject", "s3:*"][number % 3];
    let resource = if matches {
        "arn:aws:s3:::data/*".to_owned()
    } else {
        format!("arn:aws:s3:::other-{number}/*")
    };
    format!(
        r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}","Condition":{{{condition}}}}}"#
    )
}

const ALLOWING: &str = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::data/*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}"#;

/// 20 policies of 10 statements that all match the action and half of them the resource; the last
/// one allows.
pub fn w2() -> Workload {
    let policy = |policy: usize| {
        let statements = (0..10).map(|index| {
            let number = policy * 10 + index;
            match number {
                199 => ALLOWING.to_owned(),
                _ => failing(number, number % 2 == 0),
            }
        });
        document(&statements.collect::<Vec<_>>())
    };
    Workload {
        name: "W2",
        identity: (0..20).map(policy).collect(),
        trust: None,
        action: "s3:GetObject",
        resource: "arn:aws:s3:::data/2026/may.csv".to_owned(),
        facts: Facts::default(),
        is_allowed: true,
    }
}

/// The shape of W2 with `count` statements: 5 match the resource, whatever the count.
pub fn w2_of(count: usize) -> Workload {
    let statements = (0..count).map(|number| match count - number {
        1 => ALLOWING.to_owned(),
        left => failing(number, left < 10 && left % 2 == 0),
    });
    Workload {
        identity: documents(statements),
        ..w2()
    }
}

/// `count` statements over 40 services, the explicit Deny last.
pub fn w3_of(count: usize) -> Workload {
    let statements = (1..=count).map(|number| {
        if number == count {
            return r#"{"Effect":"Deny","Action":"service7:Put*","Resource":"arn:aws:service7:*:111122223333:thing/7/*"}"#.to_owned();
        }
        let service = number % 40;
        format!(
            r#"{{"Effect":"Allow","Action":["service{service}:Get*","service{service}:PutThing"],"Resource":"arn:aws:service{service}:*:111122223333:thing/{number}/*"}}"#
        )
    });
    Workload {
        name: "W3",
        identity: documents(statements),
        trust: None,
        action: "service7:PutThing",
        resource: "arn:aws:service7:eu-central-1:111122223333:thing/7/a".to_owned(),
        facts: Facts::default(),
        is_allowed: false,
    }
}

/// A trust policy with an external id, the organization, MFA present and young, and a Deny with a
/// variable.
pub fn w4() -> Workload {
    let trust = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"AWS":"AIDAEXAMPLEEXAMPLE12"},"Action":"sts:AssumeRole","Condition":{
            "StringEquals":{"sts:ExternalId":"c0ffee-4711","aws:PrincipalOrgID":"o-exampleorg1"},
            "Bool":{"aws:MultiFactorAuthPresent":"true"},
            "NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}},
        {"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{
            "StringNotLike":{"sts:RoleSessionName":"${aws:username}-*"}}}]}"#;
    Workload {
        name: "W4",
        identity: Vec::new(),
        trust: Some(trust.to_owned()),
        action: "sts:AssumeRole",
        resource: "arn:aws:iam::111122223333:role/deploy".to_owned(),
        facts: Facts::default(),
        is_allowed: true,
    }
}

/// The four, each followed by its twins.
pub fn all() -> Vec<(Workload, Vec<Workload>)> {
    let twin = |from: &Workload, change: &dyn Fn(&mut Workload)| {
        let mut twin = from.clone();
        twin.is_allowed = !from.is_allowed;
        change(&mut twin);
        twin
    };
    let (w1, w2, w3, w4) = (w1(), w2(), w3_of(1000), w4());
    let twins = [
        vec![twin(&w1, &|w| w.facts.team = "platforms")],
        vec![twin(&w2, &|w| {
            w.facts.source_ip = IpAddr::from([11, 1, 2, 3])
        })],
        vec![twin(&w3, &|w| {
            w.resource = "arn:aws:service7:eu-central-1:111122223333:thing/47/a".to_owned();
        })],
        vec![
            twin(&w4, &|w| w.facts.external_id = "c0ffee-4712"),
            twin(&w4, &|w| w.facts.org_id = "o-exampleorg2"),
            twin(&w4, &|w| w.facts.mfa_age_s = 3600),
            twin(&w4, &|w| w.facts.session_name = "eve-deploys"),
        ],
    ];
    [w1, w2, w3, w4].into_iter().zip(twins).collect()
}

/// A workload, ready for Locum.
pub struct Compiled {
    plan: Policy,
    trust: Option<Policy>,
}

pub fn read(text: &str) -> Document {
    Document::parse(text).unwrap_or_else(|findings| panic!("{findings:?}"))
}

impl Compiled {
    pub fn new(workload: &Workload) -> Compiled {
        let compile = |text: &String| Policy::compile(&read(text));
        let identity: Vec<Policy> = workload.identity.iter().map(compile).collect();
        Compiled {
            plan: Policy::join(&identity.iter().collect::<Vec<_>>()),
            trust: workload.trust.as_ref().map(compile),
        }
    }

    /// Asks the question of the workload with `facts`.
    pub fn is_allowed(&self, workload: &Workload) -> bool {
        let principal = Principal {
            kind: PrincipalKind::User {
                arn: USER_ARN,
                id: USER_ID,
            },
            account: ACCOUNT,
        };
        let request = Request {
            action: workload.action,
            resource: &workload.resource,
            principal: &principal,
            context: &workload.facts,
        };
        let policies = Policies {
            identity: &[&self.plan],
            boundary: None,
            session: None,
            resource: self.trust.as_ref(),
            resource_rule: match self.trust {
                Some(_) => ResourceRule::Trust,
                None => ResourceRule::Standard,
            },
            resource_account: ACCOUNT,
            scp: None,
            rcp: None,
        };
        decide(&request, &policies).is_allowed()
    }
}
