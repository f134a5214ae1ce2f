//! Calls at the same time: each runs on the state it is committed to, quotas and names hold.

use std::thread;

use locum_store::{AccountId, Engine, Loaded, Record, Revision, Unit, UnitWrite, User};
use locum_wire::{ClientRequest, Service};
use pollster::block_on;

use crate::common::{Keys, Lab, PEER, check};
use crate::totp::Device;

/// Sends forms at once while the store holds its commits back, then lets them go. Answers the statuses.
fn at_once(lab: &Lab, keys: &Keys, forms: &[String]) -> Vec<u16> {
    at_once_to(Service::Iam, lab, keys, forms)
}

fn at_once_to(service: Service, lab: &Lab, keys: &Keys, forms: &[String]) -> Vec<u16> {
    lab.engine.stall();
    let requests: Vec<_> = forms
        .iter()
        .map(|form| {
            let body = ClientRequest {
                content_type: "application/x-www-form-urlencoded",
                target: None,
                body: format!("{form}&Version={}", service.api_version()).into_bytes(),
            };
            lab.signed(keys, service, body)
        })
        .collect();
    let world = &lab.world;
    thread::scope(|scope| {
        let calls: Vec<_> = requests
            .into_iter()
            .map(|request| {
                let (parts, body) = request.into_parts();
                let request = locum_api::Request {
                    parts,
                    body,
                    peer: PEER,
                    tls: None,
                };
                scope.spawn(move || {
                    block_on(locum_api::handle(world, request))
                        .status()
                        .as_u16()
                })
            })
            .collect();
        // All of them have planned on one revision by then; if not, the test is merely easier.
        thread::sleep(std::time::Duration::from_millis(100));
        lab.engine.resume();
        calls
            .into_iter()
            .map(|call| call.join().expect("a call"))
            .collect()
    })
}

#[test]
fn one_of_many_gets_the_name() {
    let lab = Lab::new();
    let forms = vec!["Action=CreateUser&UserName=alice".to_owned(); 8];
    let mut statuses = at_once(&lab, &lab.admin, &forms);
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
}

#[test]
fn con_01_quotas_hold_however_many_ask_at_once() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let forms = vec!["Action=CreateAccessKey&UserName=alice".to_owned(); 8];
    let statuses = at_once(&lab, &lab.admin, &forms);
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        2,
        "{statuses:?}"
    );
}

#[test]
fn writes_of_different_users_all_succeed() {
    let lab = Lab::new();
    let forms: Vec<String> = (0..8)
        .map(|at| format!("Action=CreateUser&UserName=user-{at}"))
        .collect();
    assert_eq!(at_once(&lab, &lab.admin, &forms), [200; 8]);
}

#[test]
fn con_01_a_key_deleted_meanwhile_makes_nothing() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &crate::common::allow("*", "*"));
    let forms = vec![
        format!("Action=DeleteAccessKey&AccessKeyId={}", alice.id),
        "Action=CreateUser&UserName=late".to_owned(),
        "Action=CreateAccessKey".to_owned(),
    ];
    let statuses = at_once(&lab, &alice, &forms);
    assert!(statuses.contains(&200), "{statuses:?}");
    // Whatever the order was, the deleted key does nothing now.
    let answer = lab.form(&alice, Service::Iam, "Action=ListUsers");
    assert_eq!(answer.status, 403);
}

#[test]
fn con_01_one_of_many_calls_at_once_uses_a_code() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let device = Device::of(&lab, "alice");
    let form = format!(
        "Action=GetSessionToken&SerialNumber={}&TokenCode={}",
        device.serial,
        device.code(&lab, 0)
    );
    let mut statuses = at_once_to(Service::Sts, &lab, &alice, &vec![form; 8]);
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403, 403, 403, 403, 403, 403, 403]);
}

#[test]
fn con_01_wrong_codes_at_once_are_all_counted() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let device = Device::of(&lab, "alice");
    let form = |code: &str| {
        format!(
            "Action=GetSessionToken&SerialNumber={}&TokenCode={code}",
            device.serial
        )
    };
    let wrong = form(&device.wrong(&lab));
    let statuses = at_once_to(Service::Sts, &lab, &alice, &vec![wrong; 10]);
    assert_eq!(statuses, [403; 10]);
    let right = form(&device.code(&lab, 0));
    let answer = lab.form(&alice, Service::Sts, &right);
    assert_eq!(answer.status, 403, "ten in a row were wrong");
}

#[test]
fn con_01_one_of_many_gets_the_alias() {
    let lab = Lab::new();
    let forms = vec!["Action=CreateAccountAlias&AccountAlias=ours".to_owned(); 4];
    let mut statuses = at_once(&lab, &lab.admin, &forms);
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
}

fn user(lab: &Lab, at: usize) -> User {
    User {
        name: format!("user-{at:04}"),
        path: "/".to_owned(),
        id: format!("AIDA{at:017}"),
        created_s: lab.now_s(),
        tags: Vec::new(),
        inline: Vec::new(),
        attached: Vec::new(),
        groups: Vec::new(),
        boundary: None,
        password_last_used_s: None,
    }
}

fn revision(lab: &Lab, unit: Unit) -> Revision {
    lab.engine
        .cached(unit)
        .as_ref()
        .map_or(Revision::NONE, Loaded::revision)
}

#[test]
fn an_account_holds_five_thousand_users() {
    let lab = Lab::new();
    let unit = Unit::Account(AccountId::parse(&lab.account).expect("an account id"));
    // One is there already.
    for chunk in (0..4_998).collect::<Vec<usize>>().chunks(500) {
        let write = UnitWrite {
            unit,
            expects: revision(&lab, unit),
            puts: chunk
                .iter()
                .map(|at| Record::User(user(&lab, *at)))
                .collect(),
            deletes: Vec::new(),
        };
        let change = locum_store::Change {
            writes: vec![write],
            ..locum_store::Change::default()
        };
        block_on(lab.engine.commit(change)).expect("commit");
    }
    lab.ask("Action=CreateUser&UserName=last")
        .expect("the last one");
    let message = "Cannot exceed quota for UsersPerAccount: 5000";
    check(
        lab.ask("Action=CreateUser&UserName=more"),
        409,
        "LimitExceeded",
        message,
    );
    lab.ask("Action=DeleteUser&UserName=last")
        .expect("one fewer");
    lab.ask("Action=CreateUser&UserName=more")
        .expect("and one more");
}
