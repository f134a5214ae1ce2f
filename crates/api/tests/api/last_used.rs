//! Last uses of access keys and roles: noted by calls, a quarter of an hour fine, kept beside them.

use locum_api::keep_last_uses;
use locum_wire::iam::{
    GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse,
    GetAccountAuthorizationDetailsRequest, GetAccountAuthorizationDetailsResponse, GetRoleRequest,
    GetRoleResponse,
};
use pollster::block_on;

use crate::authentication::who;
use crate::common::{Keys, Lab, REGION, Refused, START_S, assume_role, check, trust};

/// User, time, service and region of a key's last use.
type Told = (String, Option<i64>, String, String);

fn last_used(lab: &Lab, by: &Keys, key: &str) -> Result<Told, Refused> {
    let input = GetAccessKeyLastUsedRequest {
        access_key_id: key.to_owned(),
    };
    let output: GetAccessKeyLastUsedResponse = lab.iam(by, "GetAccessKeyLastUsed", &input)?;
    let last = output.access_key_last_used.expect("a last use");
    let time = last.last_used_date.map(|date| date.0);
    let user = output.user_name.expect("a user");
    Ok((user, time, last.service_name, last.region))
}

fn told(time_s: i64, service: &str, region: &str) -> Told {
    (
        "alice".to_owned(),
        Some(time_s),
        service.to_owned(),
        region.to_owned(),
    )
}

#[test]
fn a_key_is_told_as_used_with_service_and_region_a_quarter_of_an_hour_fine() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let asked = || last_used(&lab, &lab.admin, &alice.id).expect("GetAccessKeyLastUsed");
    let never = ("alice".to_owned(), None, "N/A".to_owned(), "N/A".to_owned());
    assert_eq!(asked(), never);
    who(&lab, &alice).expect("GetCallerIdentity");
    assert_eq!(asked(), told(START_S, "sts", REGION));
    lab.pass(899);
    // Refused for want of a right, used all the same.
    last_used(&lab, &alice, &alice.id).expect_err("no right");
    assert_eq!(
        asked(),
        told(START_S, "sts", REGION),
        "too soon to be noted"
    );
    lab.pass(1);
    last_used(&lab, &alice, &alice.id).expect_err("no right");
    assert_eq!(asked(), told(START_S + 900, "iam", "us-east-1"));
    // A wrong signature is no use.
    lab.pass(900);
    let forged = Keys {
        secret: "wrong".to_owned(),
        ..alice.clone()
    };
    who(&lab, &forged).expect_err("a wrong signature");
    assert_eq!(asked(), told(START_S + 900, "iam", "us-east-1"));
}

#[test]
fn uses_are_kept_in_one_commit_and_not_by_the_calls() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let revision = lab.revision();
    who(&lab, &alice).expect("GetCallerIdentity");
    assert_eq!(lab.revision(), revision, "a call writes nothing");
    let events = lab.engine.recorded_events().len();
    block_on(keep_last_uses(&lab.world));
    assert_eq!(lab.engine.recorded_events().len(), events);
    let kept = lab.revision();
    assert!(kept > revision);
    block_on(keep_last_uses(&lab.world));
    assert_eq!(lab.revision(), kept, "nothing new, nothing written");
    let unit = locum_store::Unit::Account(locum_store::AccountId::parse(&lab.account).expect("id"));
    let held = locum_store::Engine::cached(&*lab.engine, unit);
    let held = held
        .and_then(locum_store::Loaded::account)
        .expect("account");
    let last = held.last_uses().get(&alice.id).expect("a last use");
    assert_eq!((last.time_s, &*last.service), (START_S, "sts"));
    // It goes with its key.
    lab.ask(&format!(
        "Action=DeleteAccessKey&UserName=alice&AccessKeyId={}",
        alice.id
    ))
    .expect("DeleteAccessKey");
    let held = locum_store::Engine::cached(&*lab.engine, unit);
    let held = held
        .and_then(locum_store::Loaded::account)
        .expect("account");
    assert!(held.last_uses().get(&alice.id).is_none());
}

#[test]
fn a_role_is_used_by_its_sessions() {
    let lab = Lab::new();
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    let shown = || {
        let input = GetRoleRequest {
            role_name: "reader".to_owned(),
        };
        let output: GetRoleResponse = lab.iam(&lab.admin, "GetRole", &input).expect("GetRole");
        let last = output.role.role_last_used;
        let input = GetAccountAuthorizationDetailsRequest {
            filter: Some(vec!["Role".to_owned()]),
            ..GetAccountAuthorizationDetailsRequest::default()
        };
        let output: GetAccountAuthorizationDetailsResponse = lab
            .iam(&lab.admin, "GetAccountAuthorizationDetails", &input)
            .expect("GetAccountAuthorizationDetails");
        let details = output.role_detail_list.expect("roles").remove(0);
        assert_eq!(details.role_last_used, last, "the same in both");
        let last = last.expect("an element, empty or not");
        (last.last_used_date.map(|date| date.0), last.region)
    };
    assert_eq!(shown(), (None, None));
    let arn = format!("arn:aws:iam::{}:role/reader", lab.account);
    let keys = lab.assume(&lab.admin, &assume_role(&arn, "work"));
    assert_eq!(shown(), (None, None), "assumed is not yet used");
    lab.pass(5);
    who(&lab, &keys).expect("GetCallerIdentity");
    let used = (Some(START_S + 5), Some(REGION.to_owned()));
    assert_eq!(shown(), used);
    block_on(keep_last_uses(&lab.world));
    assert_eq!(shown(), used);
    lab.pass(400 * 86_400);
    assert_eq!(shown(), used);
    lab.pass(1);
    assert_eq!(shown(), (None, None), "too long ago to be told");
}

#[test]
fn esc_18_the_use_of_another_accounts_key_is_not_told() {
    let lab = Lab::new();
    let other = lab.other("other");
    who(&lab, &other.root).expect("GetCallerIdentity");
    let admin = format!("arn:aws:iam::{}:user/admin", lab.account);
    for key in [&*other.root.id, "AKIAIOSFODNN7EXAMPLE"] {
        let sentence = format!(
            "User: {admin} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key {key}"
        );
        check(
            last_used(&lab, &lab.admin, key),
            403,
            "AccessDenied",
            &sentence,
        );
    }
}
