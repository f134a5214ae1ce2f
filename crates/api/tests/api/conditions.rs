//! Least privilege with conditions: the keys of each call, present and absent.

use locum_wire::Service;
use locum_wire::iam::{CreatePolicyRequest, CreatePolicyResponse};

use crate::common::{Keys, Lab, allow, allow_if, document, statement, success, trust};

/// A user `worker` with one policy after another.
pub(crate) struct Bench {
    pub(crate) lab: Lab,
    pub(crate) worker: Keys,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let lab = Lab::new();
        let worker = lab.user_with(&lab.admin, "worker", "");
        Bench { lab, worker }
    }

    pub(crate) fn admin(&self, form: &str) {
        success(
            Service::Iam,
            &self.lab.form(&self.lab.admin, Service::Iam, form),
        )
        .expect(form);
    }

    /// Is `form` allowed to the worker under `policy`?
    #[track_caller]
    pub(crate) fn check(&self, policy: &str, form: &str, allowed: bool) {
        self.lab.user_policy(&self.lab.admin, "worker", policy);
        let result = success(
            Service::Iam,
            &self.lab.form(&self.worker, Service::Iam, form),
        );
        match result {
            Ok(()) => assert!(allowed, "{form} was allowed by {policy}"),
            Err(refused) => {
                assert!(!allowed, "{form} was refused: {}", refused.message);
                assert_eq!(refused.code, "AccessDenied", "{form}: {}", refused.message);
            }
        }
    }
}

#[test]
fn attaching_is_limited_by_policy_arn() {
    let at = Bench::new();
    at.admin("Action=CreateUser&UserName=alice");
    let condition = r#"{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}"#;
    let policy = allow_if("iam:AttachUserPolicy", "*", condition);
    let form = |name: &str| {
        format!("Action=AttachUserPolicy&UserName=alice&PolicyArn=arn:aws:iam::aws:policy/{name}")
    };
    at.check(&policy, &form("ReadOnlyAccess"), true);
    at.check(&policy, &form("AdministratorAccess"), false);
    let condition =
        r#"{"StringEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/AdministratorAccess"}}"#;
    let deny = [
        statement("Allow", "iam:*", "*", ""),
        statement("Deny", "iam:AttachUserPolicy", "*", condition),
    ];
    let deny = document(&deny.join(","));
    at.check(&deny, &form("AdministratorAccess"), false);
    at.check(&deny, &form("SecurityAudit"), true);
}

#[test]
fn tags_of_the_request_are_conditions() {
    let at = Bench::new();
    let condition = r#"{"StringEquals":{"aws:RequestTag/team":"blue"},"ForAllValues:StringEquals":{"aws:TagKeys":["team","desk"]}}"#;
    let tag = |at: usize, key: &str, value: &str| {
        format!("&Tags.member.{at}.Key={key}&Tags.member.{at}.Value={value}")
    };
    let document = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    let policy = allow_if("iam:*", "*", condition);
    for (at_once, base) in [
        "Action=CreateUser&UserName=".to_owned(),
        format!("Action=CreatePolicy&PolicyDocument={document}&PolicyName="),
        format!("Action=CreateRole&AssumeRolePolicyDocument={trust}&RoleName="),
    ]
    .into_iter()
    .enumerate()
    {
        at.check(&policy, &format!("{base}a{at_once}"), false);
        at.check(
            &policy,
            &format!("{base}b{at_once}{}", tag(1, "team", "red")),
            false,
        );
        at.check(
            &policy,
            &format!(
                "{base}c{at_once}{}{}",
                tag(1, "team", "blue"),
                tag(2, "more", "x")
            ),
            false,
        );
        at.check(
            &policy,
            &format!(
                "{base}d{at_once}{}{}",
                tag(1, "team", "blue"),
                tag(2, "desk", "7")
            ),
            true,
        );
    }
    let keys =
        r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]},"Null":{"aws:TagKeys":"false"}}"#;
    let untag = allow_if("iam:UntagUser", "*", keys);
    at.admin(&format!(
        "Action=CreateUser&UserName=alice{}{}",
        tag(1, "team", "blue"),
        tag(2, "desk", "7")
    ));
    at.check(
        &untag,
        "Action=UntagUser&UserName=alice&TagKeys.member.1=desk",
        false,
    );
    at.check(
        &untag,
        "Action=UntagUser&UserName=alice&TagKeys.member.1=team&TagKeys.member.2=desk",
        false,
    );
    at.check(
        &untag,
        "Action=UntagUser&UserName=alice&TagKeys.member.1=team",
        true,
    );
}

#[test]
fn tags_of_the_resource_are_conditions() {
    let at = Bench::new();
    let lab = &at.lab;
    let input = CreatePolicyRequest {
        policy_name: "Notes".to_owned(),
        policy_document: allow("s3:*", "*"),
        tags: Some(vec![locum_wire::iam::Tag {
            key: "team".to_owned(),
            value: "blue".to_owned(),
        }]),
        ..CreatePolicyRequest::default()
    };
    let _: CreatePolicyResponse = lab
        .iam(&lab.admin, "CreatePolicy", &input)
        .expect("CreatePolicy");
    at.admin("Action=CreateUser&UserName=alice&Tags.member.1.Key=team&Tags.member.1.Value=blue");
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    at.admin("Action=TagRole&RoleName=reader&Tags.member.1.Key=team&Tags.member.1.Value=blue");
    let arn = format!("arn:aws:iam::{}:policy/Notes", lab.account);
    for key in [
        "aws:ResourceTag/team",
        "iam:ResourceTag/team",
        "iam:resourcetag/TEAM",
    ] {
        for (value, allowed) in [("blue", true), ("red", false), ("Blue", false)] {
            let policy = allow_if(
                "iam:*",
                "*",
                &format!(r#"{{"StringEquals":{{"{key}":"{value}"}}}}"#),
            );
            at.check(&policy, "Action=GetUser&UserName=alice", allowed);
            at.check(&policy, "Action=GetRole&RoleName=reader", allowed);
            at.check(
                &policy,
                &format!("Action=GetPolicy&PolicyArn={arn}"),
                allowed,
            );
            at.check(&policy, "Action=GetUser&UserName=worker", false);
            at.check(&policy, "Action=GetUser&UserName=nobody", false);
        }
    }
}

#[test]
fn paths_are_prefixes_of_resources_only_as_far_as_they_go() {
    let at = Bench::new();
    at.admin("Action=CreateUser&UserName=alice&Path=/a/");
    at.admin("Action=CreateUser&UserName=bob&Path=/ab/");
    let policy = allow(
        "iam:*",
        &format!("arn:aws:iam::{}:user/a/*", at.lab.account),
    );
    at.check(&policy, "Action=GetUser&UserName=alice", true);
    at.check(&policy, "Action=GetUser&UserName=bob", false);
    at.check(&policy, "Action=GetUser&UserName=nobody", false);
    at.check(&policy, "Action=CreateUser&UserName=carol&Path=/a/", true);
    at.check(&policy, "Action=CreateUser&UserName=dave&Path=/a/b/", true);
    at.check(&policy, "Action=CreateUser&UserName=eve&Path=/ab/", false);
    at.check(&policy, "Action=CreateUser&UserName=eve", false);
}

#[test]
fn facts_of_the_request_are_conditions() {
    let at = Bench::new();
    for (condition, allowed) in [
        (r#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#, true),
        (r#"{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}"#, false),
        (r#"{"Bool":{"aws:SecureTransport":"true"}}"#, false),
        (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, true),
        (
            r#"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#,
            true,
        ),
        (
            r#"{"StringEquals":{"aws:RequestedRegion":"eu-central-1"}}"#,
            false,
        ),
        (
            r#"{"DateLessThan":{"aws:CurrentTime":"2026-03-01T12:00:01Z"}}"#,
            true,
        ),
        (
            r#"{"DateLessThan":{"aws:CurrentTime":"2026-03-01T12:00:00Z"}}"#,
            false,
        ),
        (r#"{"StringEquals":{"aws:username":"worker"}}"#, true),
        (r#"{"StringEquals":{"aws:PrincipalType":"User"}}"#, true),
        (r#"{"StringLike":{"aws:userid":"AIDA*"}}"#, true),
        (r#"{"Null":{"aws:MultiFactorAuthPresent":"true"}}"#, true),
        (r#"{"Bool":{"aws:MultiFactorAuthPresent":"false"}}"#, false),
        (
            r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#,
            true,
        ),
        (r#"{"Null":{"aws:TokenIssueTime":"true"}}"#, true),
        (r#"{"Bool":{"aws:PrincipalIsAWSService":"false"}}"#, true),
        (r#"{"Bool":{"aws:ViaAWSService":"false"}}"#, true),
        (r#"{"StringLike":{"aws:UserAgent":"tests/*"}}"#, true),
        (r#"{"Null":{"aws:referer":"true"}}"#, true),
        (r#"{"Null":{"aws:SourceIdentity":"true"}}"#, true),
        (r#"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#, true),
    ] {
        at.check(
            &allow_if("iam:ListUsers", "*", condition),
            "Action=ListUsers",
            allowed,
        );
    }
    let own = format!(
        r#"{{"StringEquals":{{"aws:PrincipalAccount":"{0}","aws:ResourceAccount":"{0}"}},"ArnEquals":{{"aws:PrincipalArn":"arn:aws:iam::{0}:user/worker"}}}}"#,
        at.lab.account
    );
    at.check(
        &allow_if("iam:ListUsers", "*", &own),
        "Action=ListUsers",
        true,
    );
}

#[test]
fn pol_17_forwarding_headers_are_not_the_source() {
    let at = Bench::new();
    let policy = allow_if(
        "iam:ListUsers",
        "*",
        r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
    );
    at.lab.user_policy(&at.lab.admin, "worker", &policy);
    for header in [
        "x-forwarded-for",
        "x-real-ip",
        "forwarded",
        "x-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
    ] {
        let body = locum_wire::write_input(Service::Iam, "ListUsers", &locum_wire::Empty {});
        let mut request = crate::common::unsigned(Service::Iam, body);
        let value = if header == "forwarded" {
            "for=10.1.2.3"
        } else {
            "10.1.2.3"
        };
        request
            .headers_mut()
            .insert(header, value.parse().expect("a header value"));
        let answer = at.lab.send(crate::common::sign(
            &at.worker,
            "iam",
            at.lab.now_s(),
            request,
        ));
        assert_eq!(answer.status, 403, "{header}");
        assert_eq!(
            answer.event.expect("a record")["sourceIPAddress"],
            crate::common::PEER.to_string()
        );
    }
}

#[test]
fn pol_21_a_deny_wins_whatever_its_place_or_width() {
    let at = Bench::new();
    let (wide, narrow) = (
        statement("Allow", "iam:ListUsers", "*", ""),
        statement("Deny", "*", "*", ""),
    );
    let broad = statement("Deny", "iam:List*", "*", "");
    for order in [
        [&wide, &narrow],
        [&narrow, &wide],
        [&wide, &broad],
        [&broad, &wide],
    ] {
        let text = document(&order.map(String::as_str).join(","));
        at.check(&text, "Action=ListUsers", false);
    }
    at.check(&document(&wide), "Action=ListUsers", true);
}
