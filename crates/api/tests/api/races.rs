//! Calls at the same time: each runs on the state it is committed to, quotas and names hold.

use std::thread;

use locum_store::{AccountId, Engine, Loaded, Record, Revision, Unit, UnitWrite, User};
use locum_wire::{ClientRequest, Service};
use pollster::block_on;

use crate::common::{Keys, Lab, PEER, check, success, trust};
use crate::operation_cases::DOCUMENT;
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

fn granted(statuses: &[u16]) -> usize {
    statuses.iter().filter(|status| **status == 200).count()
}

/// The answer of a call of the admin's.
fn answer(lab: &Lab, form: &str) -> String {
    let answer = lab.form(&lab.admin, Service::Iam, form);
    success(Service::Iam, &answer).expect(form);
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn entities_with_policies(lab: &Lab) {
    lab.user(&lab.admin, "alice");
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    lab.ask("Action=CreateGroup&GroupName=staff")
        .expect("CreateGroup");
    for at in 0..12 {
        let form = format!("Action=CreatePolicy&PolicyName=p{at}&PolicyDocument={DOCUMENT}");
        lab.ask(&form).expect("CreatePolicy");
    }
}

#[test]
fn con_01_attachments_at_once_are_all_kept_up_to_the_quota() {
    let lab = Lab::new();
    entities_with_policies(&lab);
    for (kind, name) in [("User", "alice"), ("Role", "reader"), ("Group", "staff")] {
        let forms: Vec<String> = (0..12)
            .map(|at| {
                format!(
                    "Action=Attach{kind}Policy&{kind}Name={name}&PolicyArn=arn:aws:iam::{}:policy/p{at}",
                    lab.account
                )
            })
            .collect();
        let statuses = at_once(&lab, &lab.admin, &forms);
        assert_eq!(granted(&statuses), 10, "{kind}: {statuses:?}");
        let listed = answer(
            &lab,
            &format!("Action=ListAttached{kind}Policies&{kind}Name={name}"),
        );
        assert_eq!(listed.matches("<PolicyArn>").count(), 10, "{kind}");
    }
}

#[test]
fn con_01_tags_at_once_are_all_kept_up_to_the_quota() {
    let lab = Lab::new();
    entities_with_policies(&lab);
    for (kind, name) in [("User", "alice"), ("Role", "reader")] {
        let held: Vec<String> = (1..=45)
            .map(|at| format!("Tags.member.{at}.Key=held{at}&Tags.member.{at}.Value=x"))
            .collect();
        let on = format!("Action=Tag{kind}&{kind}Name={name}");
        lab.ask(&format!("{on}&{}", held.join("&"))).expect("tags");
        let forms: Vec<String> = (0..8)
            .map(|at| format!("{on}&Tags.member.1.Key=new{at}&Tags.member.1.Value=x"))
            .collect();
        let statuses = at_once(&lab, &lab.admin, &forms);
        assert_eq!(granted(&statuses), 5, "{kind}: {statuses:?}");
        let listed = answer(&lab, &format!("Action=List{kind}Tags&{kind}Name={name}"));
        assert_eq!(listed.matches("<Key>").count(), 50, "{kind}");
    }
}

#[test]
fn con_01_members_added_at_once_are_all_in_and_nobody_is_in_too_many_groups() {
    let lab = Lab::new();
    let users = (0..8).map(|at| format!("user-{at}"));
    let forms: Vec<String> = users
        .map(|name| {
            lab.user(&lab.admin, &name);
            format!("Action=AddUserToGroup&GroupName=g0&UserName={name}")
        })
        .collect();
    for at in 0..12 {
        lab.ask(&format!("Action=CreateGroup&GroupName=g{at}"))
            .expect("CreateGroup");
    }
    assert_eq!(at_once(&lab, &lab.admin, &forms), [200; 8]);
    let members = answer(&lab, "Action=GetGroup&GroupName=g0");
    assert_eq!(members.matches("<UserName>").count(), 8);
    let forms: Vec<String> = (1..12)
        .map(|at| format!("Action=AddUserToGroup&GroupName=g{at}&UserName=user-0"))
        .collect();
    let statuses = at_once(&lab, &lab.admin, &forms);
    assert_eq!(granted(&statuses), 9, "{statuses:?}");
    let groups = answer(&lab, "Action=ListGroupsForUser&UserName=user-0");
    assert_eq!(groups.matches("<GroupName>").count(), 10);
}

#[test]
fn con_01_versions_made_at_once_have_numbers_of_their_own_up_to_the_quota() {
    let lab = Lab::new();
    entities_with_policies(&lab);
    let on = format!("PolicyArn=arn:aws:iam::{}:policy/p0", lab.account);
    let forms = vec![format!("Action=CreatePolicyVersion&{on}&PolicyDocument={DOCUMENT}"); 8];
    let statuses = at_once(&lab, &lab.admin, &forms);
    assert_eq!(granted(&statuses), 4, "{statuses:?}");
    let listed = answer(&lab, &format!("Action=ListPolicyVersions&{on}"));
    for number in 1..=5 {
        let id = format!("<VersionId>v{number}</VersionId>");
        assert_eq!(listed.matches(&id).count(), 1, "{id}");
    }
}

#[test]
fn con_01_writers_of_one_role_lose_no_update() {
    let lab = Lab::new();
    entities_with_policies(&lab);
    let forms = [
        "Action=UpdateRole&RoleName=reader&Description=told&MaxSessionDuration=7200".to_owned(),
        format!("Action=PutRolePolicy&RoleName=reader&PolicyName=one&PolicyDocument={DOCUMENT}"),
        format!("Action=PutRolePolicy&RoleName=reader&PolicyName=two&PolicyDocument={DOCUMENT}"),
        format!(
            "Action=AttachRolePolicy&RoleName=reader&PolicyArn=arn:aws:iam::{}:policy/p1",
            lab.account
        ),
        "Action=TagRole&RoleName=reader&Tags.member.1.Key=team&Tags.member.1.Value=blue".to_owned(),
        format!(
            "Action=PutRolePermissionsBoundary&RoleName=reader&PermissionsBoundary=arn:aws:iam::{}:policy/p2",
            lab.account
        ),
    ];
    assert_eq!(at_once(&lab, &lab.admin, &forms), [200; 6]);
    let role = answer(&lab, "Action=GetRole&RoleName=reader");
    for part in ["told", "7200", "blue", "policy/p2"] {
        assert!(role.contains(part), "{part} is lost: {role}");
    }
    let inline = answer(&lab, "Action=ListRolePolicies&RoleName=reader");
    assert!(inline.contains("one") && inline.contains("two"), "{inline}");
    let attached = answer(&lab, "Action=ListAttachedRolePolicies&RoleName=reader");
    assert!(attached.contains("policy/p1"), "{attached}");
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
