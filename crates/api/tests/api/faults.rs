//! What happens when the store fails: a lost race is run again, anything else is 503 and changes nothing.

use locum_store::{CommitError, Engine, Loaded, Revision, Unavailable, Unit};
use locum_wire::Service;

use crate::common::{Lab, allow, check, success};

fn conflict() -> CommitError {
    CommitError::Conflict {
        unit: Unit::Installation,
        expected: Revision(1),
        found: Revision(2),
    }
}

fn users(lab: &Lab) -> usize {
    let account = locum_store::AccountId::parse(&lab.account).expect("an account id");
    let loaded = lab
        .engine
        .cached(Unit::Account(account))
        .and_then(Loaded::account);
    loaded.expect("the account").users().len()
}

#[test]
fn a_change_that_loses_a_race_is_made_on_the_new_state() {
    let lab = Lab::new();
    lab.engine
        .fail_next_commits([conflict(), conflict(), conflict()]);
    let answer = lab.form(&lab.admin, Service::Iam, "Action=CreateUser&UserName=alice");
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    assert_eq!(users(&lab), 2);
}

#[test]
fn a_change_that_loses_every_race_is_refused_and_told() {
    let lab = Lab::new();
    lab.engine
        .fail_next_commits((0..locum_api::limits::COMMIT_ATTEMPTS_MAX).map(|_| conflict()));
    let answer = lab.form(&lab.admin, Service::Iam, "Action=CreateUser&UserName=alice");
    let refused = success(Service::Iam, &answer).expect_err("every race lost");
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (409, "ConcurrentModification")
    );
    assert_eq!(users(&lab), 1);
}

#[test]
fn aud_01_no_answer_without_a_record() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("sts:*", "*"));
    for reason in [
        Unavailable::Overloaded,
        Unavailable::TimedOut,
        Unavailable::Storage("disk full".to_owned()),
        Unavailable::Closed,
    ] {
        for (keys, service, form) in [
            (&lab.admin, Service::Iam, "Action=CreateUser&UserName=bob"),
            (&lab.admin, Service::Iam, "Action=ListUsers"),
            (&lab.admin, Service::Sts, "Action=GetCallerIdentity"),
            (&alice, Service::Sts, "Action=GetSessionToken"),
            (&alice, Service::Iam, "Action=ListUsers"),
        ] {
            lab.engine.fail_next_commits([reason.clone().into()]);
            let answer = lab.form(keys, service, form);
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.status, 503, "{form}: {body}");
            for told in ["bob", "alice", "ASIA", "disk full", &lab.account] {
                assert!(!body.contains(told), "{form}: {body}");
            }
        }
        assert_eq!(users(&lab), 2);
    }
    let answer = lab.form(&lab.admin, Service::Iam, "Action=CreateUser&UserName=bob");
    assert_eq!(answer.status, 200, "it recovers by itself");
}

#[test]
fn con_06_a_change_that_is_too_large_is_not_acknowledged() {
    let lab = Lab::new();
    lab.engine.fail_next_commits([CommitError::TooLarge {
        what: "a record",
        size: 2,
        size_max: 1,
    }]);
    let answer = lab.form(&lab.admin, Service::Iam, "Action=CreateUser&UserName=bob");
    assert_eq!(
        answer.status, 409,
        "trying again cannot help, so it is no 503"
    );
    assert_eq!(users(&lab), 1);
}

#[test]
fn a_store_without_an_installation_answers_503() {
    let lab = Lab::new();
    let empty = Lab::empty();
    let request = lab.signed(
        &lab.admin,
        Service::Sts,
        locum_wire::write_input(Service::Sts, "GetCallerIdentity", &locum_wire::Empty {}),
    );
    assert_eq!(empty.send(request).status, 503);
}

#[test]
fn what_a_client_sees_of_a_fault_is_the_services_own_error() {
    let lab = Lab::new();
    lab.engine
        .fail_next_commits([Unavailable::Overloaded.into()]);
    let answer = lab.form(&lab.admin, Service::Iam, "Action=ListUsers");
    let refused = success(Service::Iam, &answer).expect_err("unavailable");
    check::<()>(
        Err(refused.clone()),
        503,
        "ServiceUnavailable",
        &refused.message,
    );
}
