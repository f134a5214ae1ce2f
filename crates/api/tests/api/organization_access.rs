//! Access reports over accounts of the organization: made after the call, by root or account.

use locum_api::keep_last_uses;
use locum_policy::catalogue;
use locum_store::{Change, Job, JobKind, Record, Unit, UnitWrite};
use locum_wire::iam::{
    AccessDetail, GenerateOrganizationsAccessReportRequest,
    GenerateOrganizationsAccessReportResponse, GetOrganizationsAccessReportRequest,
    GetOrganizationsAccessReportResponse,
};
use pollster::block_on;

use crate::authentication::who;
use crate::common::{Keys, Lab, REGION, Refused, START_S, check};

fn generate(lab: &Lab, by: &Keys, path: &str, policy: Option<&str>) -> Result<String, Refused> {
    let input = GenerateOrganizationsAccessReportRequest {
        entity_path: path.to_owned(),
        organizations_policy_id: policy.map(str::to_owned),
    };
    let output: GenerateOrganizationsAccessReportResponse =
        lab.iam(by, "GenerateOrganizationsAccessReport", &input)?;
    Ok(output.job_id.expect("a job"))
}

fn page(
    lab: &Lab,
    by: &Keys,
    job: &str,
    (key, marker, max_items): (Option<&str>, Option<String>, Option<i32>),
) -> Result<GetOrganizationsAccessReportResponse, Refused> {
    let input = GetOrganizationsAccessReportRequest {
        job_id: job.to_owned(),
        marker,
        max_items,
        sort_key: key.map(str::to_owned),
    };
    lab.iam(by, "GetOrganizationsAccessReport", &input)
}

fn report(lab: &Lab, job: &str, key: Option<&str>) -> Vec<AccessDetail> {
    let (mut all, mut marker) = (Vec::new(), None);
    loop {
        let output = page(lab, &lab.admin, job, (key, marker, Some(1_000))).expect("a page");
        assert_eq!(output.job_status, "COMPLETED");
        all.extend(output.access_details.expect("details"));
        marker = output.marker;
        if marker.is_none() {
            return all;
        }
    }
}

/// The path of the organization's root.
fn root(lab: &Lab) -> String {
    let loaded = locum_store::Engine::cached(&*lab.engine, locum_store::Unit::Installation);
    let held = loaded
        .and_then(locum_store::Loaded::installation)
        .expect("installation");
    let held = held.organization.as_ref().expect("organization");
    format!("{}/{}", held.id, held.root_id)
}

/// Service, path, time, region and total of those that were called.
type Called = (String, String, i64, String, i32);

fn called(details: &[AccessDetail]) -> Vec<Called> {
    let called = details.iter().filter_map(|held| {
        Some((
            held.service_namespace.clone(),
            held.entity_path.clone()?,
            held.last_authenticated_time?.0,
            held.region.clone()?,
            held.total_authenticated_entities?,
        ))
    });
    called.collect()
}

fn call(service: &str, path: &str, time_s: i64, region: &str, total: i32) -> Called {
    (
        service.to_owned(),
        path.to_owned(),
        time_s,
        region.to_owned(),
        total,
    )
}

#[test]
fn the_roots_report_sums_over_all_accounts_but_the_management_account() {
    let lab = Lab::new();
    let (one, two) = (lab.other("one"), lab.other("two"));
    lab.other("idle");
    who(&lab, &one.root).expect("one");
    lab.pass(60);
    let path = root(&lab);
    who(&lab, &two.root).expect("two");
    lab.form(&two.root, locum_wire::Service::Iam, "Action=ListUsers");
    lab.pass(60);
    who(&lab, &lab.admin).expect("the management account's own call");
    let job = generate(&lab, &lab.admin, &path, None).expect("a report");
    let pending = page(&lab, &lab.admin, &job, (None, None, None)).expect("a state");
    assert_eq!(
        (&*pending.job_status, pending.job_completion_date),
        ("IN_PROGRESS", None)
    );
    assert_eq!(pending.job_creation_date.0, START_S + 120);
    assert!(pending.access_details.is_none() && pending.number_of_services_accessible.is_none());
    lab.pass(3);
    block_on(keep_last_uses(&lab.world));
    let made = page(&lab, &lab.admin, &job, (None, None, None)).expect("a report");
    assert_eq!(
        made.job_completion_date.map(|time| time.0),
        Some(START_S + 123)
    );
    let every = i32::try_from(catalogue::services().count()).expect("a figure");
    assert_eq!(made.number_of_services_accessible, Some(every));
    assert_eq!(made.number_of_services_not_accessed, Some(every - 2));
    assert_eq!(
        (made.is_truncated, made.access_details.map(|all| all.len())),
        (Some(true), Some(100))
    );
    let all = report(&lab, &job, None);
    let names: Vec<_> = all.iter().map(|held| &*held.service_namespace).collect();
    assert_eq!(names, catalogue::services().collect::<Vec<_>>());
    let of_two = format!("{path}/{}", two.account);
    let expected = [
        call("iam", &of_two, START_S + 60, "us-east-1", 1),
        call("sts", &of_two, START_S + 60, REGION, 2),
    ];
    assert_eq!(called(&all), expected);
    assert_eq!(all[0].total_authenticated_entities, Some(0));
    // As it was when it was made.
    lab.pass(1_000);
    who(&lab, &one.root).expect("one");
    block_on(keep_last_uses(&lab.world));
    assert_eq!(called(&report(&lab, &job, None)), expected);
}

#[test]
fn an_accounts_report_is_of_that_account_alone() {
    let lab = Lab::new();
    let one = lab.other("one");
    who(&lab, &one.root).expect("one");
    lab.pass(60);
    who(&lab, &lab.admin).expect("the management account's own call");
    let (path, other) = (
        format!("{}/{}", root(&lab), lab.account),
        format!("{}/{}", root(&lab), one.account),
    );
    // No policy limits the management account, so a policy's id is of no account.
    let job = generate(&lab, &lab.admin, &path, Some("p-FullAWSAccess")).expect("a report");
    let theirs = generate(&lab, &lab.admin, &other, None).expect("a report");
    block_on(keep_last_uses(&lab.world));
    let own = called(&report(&lab, &job, None));
    assert!(
        own.contains(&call("sts", &path, START_S + 60, REGION, 1)),
        "{own:?}"
    );
    assert!(own.iter().any(|held| held.0 == "iam"));
    assert_eq!(
        called(&report(&lab, &theirs, None)),
        [call("sts", &other, START_S, REGION, 1)]
    );
}

#[test]
fn reports_are_sorted_as_asked_page_by_page() {
    let lab = Lab::new();
    let one = lab.other("one");
    lab.form(&one.root, locum_wire::Service::Iam, "Action=ListUsers");
    lab.pass(60);
    who(&lab, &one.root).expect("one");
    let job = generate(&lab, &lab.admin, &root(&lab), None).expect("a report");
    block_on(keep_last_uses(&lab.world));
    let names = |key: &str| {
        let all = report(&lab, &job, Some(key)).into_iter();
        all.map(|held| held.service_namespace).collect::<Vec<_>>()
    };
    let ascending: Vec<String> = catalogue::services().map(str::to_owned).collect();
    assert_eq!(names("SERVICE_NAMESPACE_ASCENDING"), ascending);
    let descending: Vec<String> = ascending.iter().rev().cloned().collect();
    assert_eq!(names("SERVICE_NAMESPACE_DESCENDING"), descending);
    assert_eq!(
        names("LAST_AUTHENTICATED_TIME_DESCENDING")[..2],
        ["sts", "iam"]
    );
    let oldest = names("LAST_AUTHENTICATED_TIME_ASCENDING");
    assert_eq!(oldest[oldest.len() - 2..], ["iam", "sts"]);
    let key = Some("LAST_AUTHENTICATED_TIME_DESCENDING");
    let first = page(&lab, &lab.admin, &job, (key, None, Some(1))).expect("a page");
    let second = page(&lab, &lab.admin, &job, (key, first.marker.clone(), Some(1)));
    let second = second.expect("a page").access_details.expect("details");
    assert_eq!(second[0].service_namespace, "iam");
    let refused = page(&lab, &lab.admin, &job, (None, first.marker, None));
    check(refused, 400, "ValidationError", "Invalid Marker.");
}

#[test]
fn only_the_management_account_asks_and_only_for_what_is_there() {
    let lab = Lab::new();
    let one = lab.other("one");
    let path = root(&lab);
    let message = "This operation can be called only from the organization's management account.";
    check(
        generate(&lab, &one.root, &path, None),
        403,
        "AccessDenied",
        message,
    );
    let job = generate(&lab, &lab.admin, &path, None).expect("a report");
    let refused = page(&lab, &one.root, &job, (None, None, None));
    check(refused, 403, "AccessDenied", message);
    for absent in [
        format!("{path}0"),
        format!("o-0000000000/{}", path.split('/').nth(1).expect("a root")),
        format!("{path}/123456789012"),
        format!("{path}/ou-1234-12345678"),
        format!("{path}/ou-1234-12345678/{}", one.account),
    ] {
        let message = format!("The entity path {absent} cannot be found.");
        check(
            generate(&lab, &lab.admin, &absent, None),
            404,
            "NoSuchEntity",
            &message,
        );
    }
    let wrong = format!("{path}/");
    let message = format!("The entity path {wrong} is not valid.");
    check(
        generate(&lab, &lab.admin, &wrong, None),
        400,
        "InvalidInput",
        &message,
    );
    let message =
        "The policy p-FullAWSAccess cannot be found: this server has no service control policies.";
    let refused = generate(&lab, &lab.admin, &path, Some("p-FullAWSAccess"));
    check(refused, 404, "NoSuchEntity", message);
    let unknown = "00000000-0000-4000-8000-000000000000";
    let message = format!("The job with id {unknown} cannot be found.");
    let refused = page(&lab, &lab.admin, unknown, (None, None, None));
    check(refused, 404, "NoSuchEntity", &message);
}

#[test]
fn five_reports_are_made_at_once_and_none_waits_for_ever() {
    let lab = Lab::new();
    let path = root(&lab);
    let jobs: Vec<_> = (0..5)
        .map(|_| generate(&lab, &lab.admin, &path, None).expect("a report"))
        .collect();
    let message = "Maximum number of concurrent jobs exceeded";
    let refused = generate(&lab, &lab.admin, &path, None);
    check(refused, 409, "ReportGenerationLimitExceeded", message);
    block_on(keep_last_uses(&lab.world));
    for job in jobs {
        report(&lab, &job, None);
    }
    generate(&lab, &lab.admin, &path, None).expect("there is room again");
    let revision = lab.revision();
    block_on(keep_last_uses(&lab.world));
    assert!(lab.revision() > revision);
    let revision = lab.revision();
    block_on(keep_last_uses(&lab.world));
    assert_eq!(lab.revision(), revision, "nothing is left to do");
}

#[test]
fn esc_17_the_policys_id_is_a_condition_key() {
    let lab = Lab::new();
    let condition = r#"{"StringEquals":{"iam:OrganizationsPolicyId":"p-12345678"}}"#;
    let rights = crate::common::document(&crate::common::statement(
        "Allow",
        "iam:GenerateOrganizationsAccessReport",
        "*",
        condition,
    ));
    let alice = lab.user_with(&lab.admin, "alice", &rights);
    let path = format!("{}/{}", root(&lab), lab.account);
    generate(&lab, &alice, &path, Some("p-12345678")).expect("the policy that is allowed");
    for policy in [None, Some("p-87654321")] {
        let refused = generate(&lab, &alice, &path, policy).expect_err("another policy");
        assert_eq!(refused.code, "AccessDenied");
    }
}

#[test]
fn a_report_that_cannot_be_made_says_why() {
    let lab = Lab::new();
    let path = format!("{}/123456789012", root(&lab));
    let id = "01234567-89ab-4def-8123-456789abcdef";
    let held = crate::last_accessed::account(&lab);
    // As if the account had gone since it was asked about.
    let job = Job {
        id: id.to_owned(),
        kind: JobKind::Organization,
        subject: path.clone(),
        owner: "AIDAEXAMPLE".to_owned(),
        created_s: START_S,
        completed_s: None,
        failure: None,
        allowed: vec!["*".to_owned()],
        accessed: Vec::new(),
        entities: Vec::new(),
    };
    let write = UnitWrite {
        unit: Unit::Account(held.id),
        expects: held.revision,
        puts: vec![Record::Job(job)],
        deletes: Vec::new(),
    };
    let change = Change {
        writes: vec![write],
        ..Change::default()
    };
    block_on(locum_store::Engine::commit(&*lab.engine, change)).expect("commit");
    block_on(keep_last_uses(&lab.world));
    let told = page(&lab, &lab.admin, id, (None, None, None)).expect("a state");
    assert_eq!((&*told.job_status, told.access_details), ("FAILED", None));
    let why = told.error_details.expect("why");
    let message = format!("The entity path {path} cannot be found.");
    assert_eq!((&*why.code, why.message), ("ServiceFailure", message));
}
