//! Jobs of last-accessed reports: whose they are, how long and how many are kept, their pages.

use locum_api::keep_last_uses;
use locum_policy::catalogue;
use pollster::block_on;

use crate::authentication::who;
use crate::common::{Keys, Lab, START_S, allow, assume_role, check, trust};
use crate::last_accessed::{
    DAY_S, account, arn, entities, generate, page, report, services, some_services,
};

#[test]
fn a_job_is_for_who_asked_and_for_seven_days() {
    let lab = Lab::new();
    let rights = allow("iam:*", "*");
    let alice = lab.user_with(&lab.admin, "alice", &rights);
    let user = arn(&lab, "user/alice");
    let job = generate(&lab, &lab.admin, &user, "").expect("a report");
    let missing = |id: &str| format!("The job with id {id} cannot be found.");
    let read = |by: &Keys, id: &str| page(&lab, by, id, (None, None));
    check(read(&alice, &job), 404, "NoSuchEntity", &missing(&job));
    let unknown = "00000000-0000-4000-8000-000000000000";
    check(
        read(&lab.admin, unknown),
        404,
        "NoSuchEntity",
        &missing(unknown),
    );
    let refused = entities(&lab, unknown, "iam", (None, None));
    check(refused, 404, "NoSuchEntity", &missing(unknown));
    // A session's job is for sessions of that name.
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    lab.role_policy(&lab.admin, "reader", &rights);
    let role = arn(&lab, "role/reader");
    let session = |name: &str| lab.assume(&lab.admin, &assume_role(&role, name));
    let theirs = generate(&lab, &session("one"), &user, "").expect("a report");
    read(&session("one"), &theirs).expect("the same name");
    check(
        read(&session("two"), &theirs),
        404,
        "NoSuchEntity",
        &missing(&theirs),
    );
    lab.pass(7 * DAY_S - 1);
    let held = read(&lab.admin, &job).expect("still kept");
    assert_eq!(
        (held.job_creation_date.0, held.job_completion_date.0),
        (START_S, START_S)
    );
    lab.pass(1);
    check(read(&lab.admin, &job), 404, "NoSuchEntity", &missing(&job));
    generate(&lab, &lab.admin, &user, "").expect("a report");
    assert_eq!(account(&lab).jobs().len(), 1, "what is over goes");
}

#[test]
fn pages_hold_a_hundred_services_unless_asked() {
    let lab = Lab::new();
    let job = generate(&lab, &lab.admin, &arn(&lab, "user/admin"), "").expect("a report");
    let first = page(&lab, &lab.admin, &job, (None, None)).expect("a page");
    assert_eq!(first.services_last_accessed.len(), 100);
    let all = report(&lab, &job);
    let names: Vec<_> = all.iter().map(|held| &*held.service_namespace).collect();
    assert_eq!(names, catalogue::services().collect::<Vec<_>>());
    let two = page(&lab, &lab.admin, &job, (None, Some(2))).expect("a page");
    assert_eq!(two.services_last_accessed.len(), 2);
    let second = generate(&lab, &lab.admin, &arn(&lab, "user/admin"), "").expect("a report");
    let refused = page(&lab, &lab.admin, &second, (two.marker, None));
    check(refused, 400, "ValidationError", "Invalid Marker.");
}

#[test]
fn accesses_go_with_their_principal_and_fade_after_400_days() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &some_services());
    who(&lab, &alice).expect("GetCallerIdentity");
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    let session = lab.assume(&lab.admin, &assume_role(&arn(&lab, "role/reader"), "work"));
    who(&lab, &session).expect("GetCallerIdentity");
    block_on(keep_last_uses(&lab.world));
    // Alice, the role and the administrator.
    assert_eq!(account(&lab).last_accesses().len(), 3);
    lab.ask("Action=DeleteRole&RoleName=reader")
        .expect("DeleteRole");
    assert_eq!(account(&lab).last_accesses().len(), 2);
    let user = arn(&lab, "user/alice");
    let accessed = || {
        let told = services(&lab, &user, "");
        told.iter().any(|held| held.last_authenticated.is_some())
    };
    lab.pass(400 * DAY_S);
    assert!(accessed());
    lab.pass(1);
    assert!(!accessed());
}

#[test]
fn the_oldest_of_a_thousand_reports_goes() {
    let lab = Lab::new();
    lab.user(&lab.admin, "bare");
    let user = arn(&lab, "user/bare");
    let first = generate(&lab, &lab.admin, &user, "").expect("a report");
    lab.pass(1);
    for _ in 1..1_000 {
        generate(&lab, &lab.admin, &user, "").expect("a report");
    }
    page(&lab, &lab.admin, &first, (None, Some(1))).expect("still kept");
    generate(&lab, &lab.admin, &user, "").expect("one more");
    page(&lab, &lab.admin, &first, (None, Some(1))).expect_err("gone");
    assert_eq!(account(&lab).jobs().len(), 1_000);
}
