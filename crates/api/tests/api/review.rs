//! What a reviewer with fresh eyes tried: tags of two spellings, tags that are not the role's, paths
//! of the organization, and lists that touch many accounts.

use locum_api::operator::{self, Rotate, WithRootKey};
use locum_store::AccountId;
use locum_wire::Service;
use locum_wire::iam::{
    CreatePolicyRequest, DeletePolicyRequest, ListRolesRequest, ListRolesResponse,
};
use locum_wire::organizations::{DescribeOrganizationResponse, ListAccountsRequest};
use locum_wire::sts::{AssumeRoleRequest, GetCallerIdentityRequest, Tag};
use locum_wire::write_input;
use pollster::block_on;
use serde_json::Value;

use crate::common::{
    Lab, OPERATOR, Refused, allow, allow_if, assume_role, document, keys_of, statement, trust,
    trust_if,
};

fn tagged(key: &str, value: &str) -> locum_wire::iam::Tag {
    locum_wire::iam::Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

#[track_caller]
fn denied<T: std::fmt::Debug>(result: Result<T, Refused>) {
    let refused = result.expect_err("denied");
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (403, "AccessDenied")
    );
}

/// The pattern of AWS's tutorial on attributes: a role may be assumed by whoever bears its tag.
#[test]
fn a_session_tag_does_not_stand_for_the_tag_of_the_role_to_be_assumed() {
    let lab = Lab::new();
    let everyone = trust_if("\"*\"", r#"["sts:AssumeRole","sts:TagSession"]"#, "");
    let alice = lab.user_with(&lab.admin, "alice", &allow("sts:*", "*"));
    lab.role(&lab.admin, "stage", &everyone);
    let own = trust_if(
        &format!("\"{}\"", lab.account),
        r#"["sts:AssumeRole","sts:TagSession"]"#,
        "",
    );
    for (name, team) in [("red", "red"), ("blue", "blue"), ("untagged", "")] {
        lab.role(&lab.admin, name, &own);
        if !team.is_empty() {
            lab.ask(&format!(
                "Action=TagRole&RoleName={name}&Tags.member.1.Key=team&Tags.member.1.Value={team}"
            ))
            .expect("TagRole");
        }
    }
    let same_team = r#"{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}"#;
    lab.role_policy(&lab.admin, "stage", &allow_if("sts:*", "*", same_team));
    let arn = |name: &str| format!("arn:aws:iam::{}:role/{name}", lab.account);
    let input = AssumeRoleRequest {
        tags: Some(vec![Tag {
            key: "team".to_owned(),
            value: "blue".to_owned(),
        }]),
        transitive_tag_keys: Some(vec!["team".to_owned()]),
        ..assume_role(&arn("stage"), "one")
    };
    let blue = keys_of(&lab.try_assume(&alice, &input).expect("AssumeRole"));
    for (name, may) in [("blue", true), ("red", false), ("untagged", false)] {
        let result = lab.try_assume(&blue, &assume_role(&arn(name), "two"));
        assert_eq!(result.is_ok(), may, "{name}: {result:?}");
    }
}

/// Keys of policies' tags differ by case, keys of conditions do not: of two spellings neither may
/// help the caller.
#[test]
fn a_tag_in_two_spellings_allows_nothing_and_denies() {
    let lab = Lab::new();
    let create = |name: &str, tags: &[(&str, &str)]| CreatePolicyRequest {
        policy_name: name.to_owned(),
        policy_document: allow("s3:Get*", "*"),
        tags: Some(tags.iter().map(|(key, value)| tagged(key, value)).collect()),
        ..CreatePolicyRequest::default()
    };
    let made =
        |by, input| lab.iam::<_, locum_wire::iam::CreatePolicyResponse>(by, "CreatePolicy", &input);
    let delete = |by, name: &str| {
        let policy_arn = format!("arn:aws:iam::{}:policy/{name}", lab.account);
        lab.tell(by, "DeletePolicy", &DeletePolicyRequest { policy_arn })
    };
    let dev = r#"{"StringEquals":{"aws:RequestTag/env":"dev"}}"#;
    let maker = lab.user_with(&lab.admin, "maker", &allow_if("iam:*", "*", dev));
    made(&maker, create("one", &[("env", "dev")])).expect("one spelling");
    let two = [("env", "dev"), ("Env", "prod")];
    for tags in [two, [two[1], two[0]]] {
        denied(made(&maker, create("two", &tags)));
    }
    let kept = [
        statement("Allow", "iam:*", "*", ""),
        statement(
            "Deny",
            "iam:DeletePolicy",
            "*",
            r#"{"StringEquals":{"aws:ResourceTag/keep":"yes"}}"#,
        ),
    ];
    let bob = lab.user_with(&lab.admin, "bob", &document(&kept.join(",")));
    for (name, tags) in [
        ("a", [("Keep", "no"), ("keep", "yes")]),
        ("b", [("keep", "yes"), ("Keep", "no")]),
    ] {
        made(&lab.admin, create(name, &tags)).expect("CreatePolicy");
        denied(delete(&bob, name));
        delete(&lab.admin, name).expect("DeletePolicy");
    }
}

/// Every account is in the root of the organization, and a Deny by path reaches it.
#[test]
fn paths_of_the_organization_are_known() {
    let lab = Lab::new();
    let organization: DescribeOrganizationResponse = lab
        .call(
            &lab.admin,
            (Service::Organizations, "DescribeOrganization"),
            &locum_wire::Empty {},
        )
        .expect("DescribeOrganization");
    let id = organization
        .organization
        .and_then(|held| held.id)
        .expect("an id");
    for key in ["aws:PrincipalOrgPaths", "aws:ResourceOrgPaths"] {
        for (path, may) in [(format!("{id}/*"), false), ("o-other/*".to_owned(), true)] {
            let condition = format!(r#"{{"ForAnyValue:StringLike":{{"{key}":"{path}"}}}}"#);
            let policy = [
                statement("Allow", "organizations:*", "*", ""),
                statement("Deny", "*", "*", &condition),
            ];
            let name = format!("user{}{may}", key.len());
            let keys = lab.user_with(&lab.admin, &name, &document(&policy.join(",")));
            let result: Result<locum_wire::organizations::ListAccountsResponse, _> = lab.call(
                &keys,
                (Service::Organizations, "ListAccounts"),
                &ListAccountsRequest::default(),
            );
            assert_eq!(result.is_ok(), may, "{key} {path}");
        }
    }
}

/// A list and a trust policy that touch many accounts load them together: run again once for each,
/// this test takes ten times as long.
#[test]
fn a_call_that_touches_many_accounts_is_whole() {
    let lab = Lab::new();
    let accounts: Vec<String> = (0..60)
        .map(|number| lab.other(&format!("n{number}")).account)
        .collect();
    let access_role =
        |account: &String| format!("\"arn:aws:iam::{account}:role/OrganizationAccountAccessRole\"");
    let all: Vec<String> = accounts.iter().map(access_role).collect();
    for number in 0..240 {
        lab.role(&lab.admin, &format!("a{number:03}"), &trust("\"*\""));
    }
    for (number, one) in all.iter().enumerate() {
        lab.role(&lab.admin, &format!("b{number:03}"), &trust(one));
    }
    lab.role(
        &lab.admin,
        "c",
        &trust(&format!("[{}]", all[..40].join(","))),
    );
    let input = ListRolesRequest {
        max_items: Some(1_000),
        ..ListRolesRequest::default()
    };
    let output: ListRolesResponse = lab.iam(&lab.admin, "ListRoles", &input).expect("ListRoles");
    assert_eq!((output.roles.len(), output.marker), (301, None));
    for role in output.roles {
        let shown = role.assume_role_policy_document.expect("a trust policy");
        assert!(!shown.contains("AROA"), "{}: {shown}", role.role_name);
    }
}

/// What the operator asked for and did not get is in the trail too.
#[test]
fn what_the_operator_is_refused_is_recorded() {
    let lab = Lab::new();
    let nobody = AccountId::parse("111111111111").expect("an id");
    let before = lab.engine.recorded_events().len();
    let world = &lab.world;
    assert!(block_on(operator::root_key(world, OPERATOR, nobody)).is_err());
    assert!(block_on(operator::rotate_keys(world, OPERATOR, Rotate::Revoke(9))).is_err());
    let long = "x".repeat(51);
    let made = operator::create_account(world, OPERATOR, &long, None, WithRootKey::Yes);
    assert!(block_on(made).is_err());
    let events = lab.engine.recorded_events().split_off(before);
    let told: Vec<(String, String, String)> = events
        .iter()
        .map(|event| {
            let record: Value = serde_json::from_slice(&event.record).expect("JSON");
            let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
            let asked = record["requestParameters"].to_string();
            (text("eventName"), text("errorCode"), asked)
        })
        .collect();
    let row =
        |name: &str, code: &str, asked: &str| (name.to_owned(), code.to_owned(), asked.to_owned());
    let name = format!(r#"{{"accountName":"{long}"}}"#);
    let expected = [
        row(
            "CreateRootAccessKey",
            "NoSuchEntity",
            r#"{"accountId":"111111111111"}"#,
        ),
        row("RotateSessionKeys", "NoSuchEntity", r#"{"revoke":"9"}"#),
        row("CreateAccount", "InvalidInput", &name),
    ];
    assert_eq!(told, expected);
}

/// A clock that is far off refuses; it does not break the program.
#[test]
fn a_clock_that_is_far_off_refuses() {
    let lab = Lab::new();
    let input = || {
        write_input(
            Service::Sts,
            "GetCallerIdentity",
            &GetCallerIdentityRequest::default(),
        )
    };
    let request = || lab.signed(&lab.admin, Service::Sts, input());
    let signed_now = [request(), request(), request(), request()];
    for (request, now_ms) in
        signed_now
            .into_iter()
            .zip([i64::MIN, -1, 253_402_300_800_000, i64::MAX])
    {
        lab.clock.set(now_ms);
        let (parts, body) = request.into_parts();
        let request = locum_api::Request {
            parts,
            body,
            peer: crate::common::PEER,
            tls: None,
        };
        let response = block_on(locum_api::handle(&lab.world, request));
        assert_eq!(response.status(), 403, "{now_ms}");
        let event = lab.engine.recorded_events().pop().expect("a record");
        serde_json::from_slice::<Value>(&event.record).expect("JSON");
    }
}
