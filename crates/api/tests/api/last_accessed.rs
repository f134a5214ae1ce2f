//! Last-accessed reports: what counts, who is told, pages, whose job it is, how long it is kept.

use locum_api::keep_last_uses;
use locum_policy::catalogue;
use locum_wire::iam::{
    EntityDetails, GenerateServiceLastAccessedDetailsRequest,
    GenerateServiceLastAccessedDetailsResponse, GetServiceLastAccessedDetailsRequest,
    GetServiceLastAccessedDetailsResponse, GetServiceLastAccessedDetailsWithEntitiesRequest,
    GetServiceLastAccessedDetailsWithEntitiesResponse, ServiceLastAccessed,
    TrackedActionLastAccessed,
};
use pollster::block_on;

use crate::authentication::who;
use crate::common::{
    Keys, Lab, REGION, Refused, START_S, allow, allow_if, assume_role, check, document, statement,
    trust,
};

pub(crate) const DAY_S: i64 = 86_400;

pub(crate) fn generate(
    lab: &Lab,
    by: &Keys,
    arn: &str,
    granularity: &str,
) -> Result<String, Refused> {
    let input = GenerateServiceLastAccessedDetailsRequest {
        arn: arn.to_owned(),
        granularity: (!granularity.is_empty()).then(|| granularity.to_owned()),
    };
    let output: GenerateServiceLastAccessedDetailsResponse =
        lab.iam(by, "GenerateServiceLastAccessedDetails", &input)?;
    Ok(output.job_id.expect("a job"))
}

pub(crate) fn page(
    lab: &Lab,
    by: &Keys,
    job: &str,
    (marker, max_items): (Option<String>, Option<i32>),
) -> Result<GetServiceLastAccessedDetailsResponse, Refused> {
    let input = GetServiceLastAccessedDetailsRequest {
        job_id: job.to_owned(),
        marker,
        max_items,
    };
    lab.iam(by, "GetServiceLastAccessedDetails", &input)
}

/// All services of a report, through all its pages.
pub(crate) fn report(lab: &Lab, job: &str) -> Vec<ServiceLastAccessed> {
    let (mut all, mut marker) = (Vec::new(), None);
    loop {
        let output = page(lab, &lab.admin, job, (marker, None)).expect("a page");
        assert_eq!(output.job_status, "COMPLETED");
        assert_eq!(output.is_truncated, Some(output.marker.is_some()));
        all.extend(output.services_last_accessed);
        marker = output.marker;
        if marker.is_none() {
            return all;
        }
    }
}

/// The report on `arn` as the administrator reads it.
pub(crate) fn services(lab: &Lab, arn: &str, granularity: &str) -> Vec<ServiceLastAccessed> {
    let job = generate(lab, &lab.admin, arn, granularity).expect("a report");
    report(lab, &job)
}

pub(crate) fn entities(
    lab: &Lab,
    job: &str,
    service: &str,
    (marker, max_items): (Option<String>, Option<i32>),
) -> Result<GetServiceLastAccessedDetailsWithEntitiesResponse, Refused> {
    let input = GetServiceLastAccessedDetailsWithEntitiesRequest {
        job_id: job.to_owned(),
        marker,
        max_items,
        service_namespace: service.to_owned(),
    };
    lab.iam(
        &lab.admin,
        "GetServiceLastAccessedDetailsWithEntities",
        &input,
    )
}

/// Kind, name and time of entities.
fn named(list: &[EntityDetails]) -> Vec<(String, String, Option<i64>)> {
    let told = list.iter().map(|entity| {
        let info = &entity.entity_info;
        let time = entity.last_authenticated.map(|time| time.0);
        (info.r#type.clone(), info.name.clone(), time)
    });
    told.collect()
}

/// Namespace, who called last, when and where, and how many did.
fn shown(held: &ServiceLastAccessed) -> (&str, Option<&str>, Option<i64>, Option<&str>, i32) {
    (
        &held.service_namespace,
        held.last_authenticated_entity.as_deref(),
        held.last_authenticated.map(|time| time.0),
        held.last_authenticated_region.as_deref(),
        held.total_authenticated_entities.expect("a total"),
    )
}

pub(crate) fn arn(lab: &Lab, resource: &str) -> String {
    format!("arn:aws:iam::{}:{resource}", lab.account)
}

/// May call three services, one of which is not here, and nothing of a fourth.
pub(crate) fn some_services() -> String {
    document(
        &[
            statement("Allow", "sts:*", "*", ""),
            statement("Allow", "IAM:getuser", "*", ""),
            statement("Allow", "s3:GetObject", "*", ""),
            statement("Allow", "nosuchservice:Get", "*", ""),
            statement("Deny", "s3:*", "*", ""),
        ]
        .join(","),
    )
}

#[test]
fn a_users_report_lists_what_its_policies_allow_with_its_last_attempts() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &some_services());
    let (user, bare) = (arn(&lab, "user/alice"), arn(&lab, "user/bare"));
    lab.user(&lab.admin, "bare");
    let never: Vec<_> = services(&lab, &user, "");
    let never: Vec<_> = never.iter().map(shown).collect();
    assert_eq!(
        never,
        ["iam", "s3", "sts"].map(|name| (name, None, None, None, 0))
    );
    assert!(
        services(&lab, &bare, "").is_empty(),
        "no policy, no service"
    );
    who(&lab, &alice).expect("GetCallerIdentity");
    lab.pass(10);
    // Refused for want of a right, attempted all the same, and of a service that is not allowed.
    let refused = lab.form(&alice, locum_wire::Service::Iam, "Action=ListUsers");
    assert_eq!(refused.status, 403);
    lab.form(
        &alice,
        locum_wire::Service::Organizations,
        "Action=ListRoots",
    );
    // A wrong signature is nobody's attempt.
    lab.pass(1_000);
    let forged = Keys {
        secret: "wrong".to_owned(),
        ..alice.clone()
    };
    who(&lab, &forged).expect_err("a wrong signature");
    for _ in 0..2 {
        let told = services(&lab, &user, "");
        let told: Vec<_> = told.iter().map(shown).collect();
        let by = Some(user.as_str());
        assert_eq!(
            told,
            [
                ("iam", by, Some(START_S + 10), Some("us-east-1"), 1),
                ("s3", None, None, None, 0),
                ("sts", by, Some(START_S), Some(REGION), 1),
            ]
        );
        block_on(keep_last_uses(&lab.world));
    }
    let told = services(&lab, &user, "SERVICE_LEVEL");
    assert_eq!(told[0].service_name, "AWS Identity and Access Management");
    assert_eq!(told[2].service_name, "AWS Security Token Service");
    assert!(
        told.iter()
            .all(|held| held.tracked_actions_last_accessed.is_none())
    );
}

#[test]
fn a_report_by_action_tells_each_that_is_allowed_where_one_was_called() {
    let lab = Lab::new();
    let policy = document(
        &[
            statement("Allow", "iam:Get*User", "*", ""),
            statement("Allow", "iam:ListUsers", "*", ""),
            statement("Allow", "iam:PassRole", "*", ""),
            statement("Allow", "sts:GetCallerIdentity", "*", ""),
            statement("Allow", "s3:*", "*", ""),
        ]
        .join(","),
    );
    let alice = lab.user_with(&lab.admin, "alice", &policy);
    let user = arn(&lab, "user/alice");
    lab.form(&alice, locum_wire::Service::Iam, "Action=ListUsers");
    lab.pass(5);
    // Not allowed, so not told among the actions; the service was called all the same.
    lab.form(&alice, locum_wire::Service::Iam, "Action=ListRoles");
    let job = generate(&lab, &lab.admin, &user, "ACTION_LEVEL").expect("a report");
    let first = page(&lab, &lab.admin, &job, (None, None)).expect("a page");
    assert_eq!(first.job_type.as_deref(), Some("ACTION_LEVEL"));
    let told = first.services_last_accessed;
    assert_eq!(
        told[0].last_authenticated.map(|time| time.0),
        Some(START_S + 5)
    );
    let action = |name: &str| TrackedActionLastAccessed {
        action_name: Some(name.to_owned()),
        ..TrackedActionLastAccessed::default()
    };
    let called = TrackedActionLastAccessed {
        last_accessed_entity: Some(user.clone()),
        last_accessed_region: Some("us-east-1".to_owned()),
        last_accessed_time: Some(locum_wire::Timestamp(START_S)),
        ..action("ListUsers")
    };
    let actions = told[0].tracked_actions_last_accessed.clone();
    assert_eq!(actions, Some(vec![action("GetUser"), called]));
    // Nothing of it was called, or nothing of it is tracked.
    assert_eq!(told[1].service_namespace, "s3");
    assert_eq!(told[2].service_namespace, "sts");
    assert!(
        told[1..]
            .iter()
            .all(|held| held.tracked_actions_last_accessed.is_none())
    );
}

#[test]
fn exceptions_leave_out_actions_and_whole_services_only() {
    let lab = Lab::new();
    let but = |actions: &str| {
        document(&format!(
            r#"{{"Effect":"Allow","NotAction":[{actions}],"Resource":"*"}}"#
        ))
    };
    let alice = lab.user_with(
        &lab.admin,
        "alice",
        &but(r#""s3:*","iam:Create*","sts:GetSessionToken""#),
    );
    let user = arn(&lab, "user/alice");
    lab.form(&alice, locum_wire::Service::Iam, "Action=ListUsers");
    let told = services(&lab, &user, "ACTION_LEVEL");
    let every = catalogue::services().count();
    assert_eq!(told.len(), every - 1);
    assert!(told.iter().all(|held| held.service_namespace != "s3"));
    let iam = told
        .iter()
        .find(|held| held.service_namespace == "iam")
        .expect("iam");
    let actions = iam.tracked_actions_last_accessed.clone().expect("actions");
    let names: Vec<_> = actions
        .into_iter()
        .filter_map(|held| held.action_name)
        .collect();
    assert!(names.contains(&"ListUsers".to_owned()));
    assert!(
        !names
            .iter()
            .any(|name| name.starts_with("Create") || name == "PassRole")
    );
    lab.user_policy(&lab.admin, "alice", &allow("*", "*"));
    assert_eq!(services(&lab, &user, "").len(), every);
}

/// Alice and Bob are in a group that has a policy attached, a role has it too, Carol is not concerned.
fn staged() -> (Lab, String, [Keys; 3]) {
    let lab = Lab::new();
    let keys = ["alice", "bob", "carol"].map(|name| lab.user_with(&lab.admin, name, ""));
    let policy = arn(&lab, "policy/Tokens");
    let text = document(&statement("Allow", "sts:*", "*", ""));
    let text: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    for form in [
        format!("CreatePolicy&PolicyName=Tokens&PolicyDocument={text}"),
        "CreateGroup&GroupName=staff".to_owned(),
        format!("AttachGroupPolicy&GroupName=staff&PolicyArn={policy}"),
        format!("AttachRolePolicy&RoleName=reader&PolicyArn={policy}"),
        "AddUserToGroup&GroupName=staff&UserName=alice".to_owned(),
        "AddUserToGroup&GroupName=staff&UserName=bob".to_owned(),
    ] {
        lab.ask(&format!("Action={form}")).expect(&form);
    }
    (lab, policy, keys)
}

#[test]
fn groups_and_policies_sum_over_those_who_could_use_them() {
    let (lab, policy, [alice, bob, carol]) = staged();
    who(&lab, &alice).expect("Alice");
    lab.pass(60);
    who(&lab, &bob).expect("Bob");
    lab.pass(60);
    who(&lab, &carol).expect("Carol");
    let by_bob = arn(&lab, "user/bob");
    let told = services(&lab, &arn(&lab, "group/staff"), "");
    let told: Vec<_> = told.iter().map(shown).collect();
    assert_eq!(
        told,
        [("sts", Some(&*by_bob), Some(START_S + 60), Some(REGION), 2)]
    );
    let role = arn(&lab, "role/reader");
    let session = lab.assume(&lab.admin, &assume_role(&role, "work"));
    lab.pass(60);
    who(&lab, &session).expect("the role");
    let job = generate(&lab, &lab.admin, &policy, "").expect("a report");
    let summed = report(&lab, &job);
    let summed: Vec<_> = summed.iter().map(shown).collect();
    assert_eq!(
        summed,
        [("sts", Some(&*role), Some(START_S + 180), Some(REGION), 3)]
    );
    let all = entities(&lab, &job, "sts", (None, None)).expect("entities");
    assert_eq!(all.job_status, "COMPLETED");
    let entry = |kind: &str, name: &str, time| (kind.to_owned(), name.to_owned(), time);
    let expected = [
        entry("ROLE", "reader", Some(START_S + 180)),
        entry("USER", "bob", Some(START_S + 60)),
        entry("USER", "alice", Some(START_S)),
    ];
    assert_eq!(named(&all.entity_details_list), expected);
    let info = &all.entity_details_list[1].entity_info;
    assert_eq!((&*info.arn, info.path.as_deref()), (&*by_bob, Some("/")));
    assert!(info.id.starts_with("AIDA"));
    // The same in pages; markers are good for their own report and service.
    let first = entities(&lab, &job, "sts", (None, Some(2))).expect("a page");
    assert_eq!(
        (first.is_truncated, named(&first.entity_details_list)),
        (Some(true), expected[..2].to_vec())
    );
    let rest = entities(&lab, &job, "STS", (first.marker.clone(), Some(2))).expect("a page");
    assert_eq!(
        (rest.marker, named(&rest.entity_details_list)),
        (None, expected[2..].to_vec())
    );
    let refused = entities(&lab, &job, "iam", (first.marker, None));
    check(refused, 400, "ValidationError", "Invalid Marker.");
    // What the policy does not allow nobody could have used it for.
    assert!(
        entities(&lab, &job, "iam", (None, None))
            .expect("none")
            .entity_details_list
            .is_empty()
    );
    let refused = entities(&lab, &job, "nosuchservice", (None, None));
    check(
        refused,
        400,
        "InvalidInput",
        "The service namespace nosuchservice is not valid.",
    );
}

#[test]
fn a_report_is_of_the_moment_it_was_made() {
    let (lab, policy, [alice, ..]) = staged();
    let job = generate(&lab, &lab.admin, &policy, "").expect("a report");
    who(&lab, &alice).expect("Alice");
    let detached = format!("Action=DetachGroupPolicy&GroupName=staff&PolicyArn={policy}");
    lab.ask(&detached).expect("detached");
    let summed = report(&lab, &job);
    assert_eq!(
        summed.iter().map(shown).collect::<Vec<_>>(),
        [("sts", None, None, None, 0)]
    );
    let all = entities(&lab, &job, "sts", (None, None)).expect("entities");
    assert_eq!(all.entity_details_list.len(), 3);
    assert_eq!(services(&lab, &policy, "").len(), 1);
    // Whoever is gone cannot be shown.
    lab.ask("Action=RemoveUserFromGroup&GroupName=staff&UserName=bob")
        .expect("removed");
    for key in lab_keys(&lab, "bob") {
        lab.ask(&format!(
            "Action=DeleteAccessKey&UserName=bob&AccessKeyId={key}"
        ))
        .expect("deleted");
    }
    lab.ask("Action=DeleteUser&UserName=bob").expect("deleted");
    let all = entities(&lab, &job, "sts", (None, None)).expect("entities");
    assert_eq!(all.entity_details_list.len(), 2);
}

fn lab_keys(lab: &Lab, user: &str) -> Vec<String> {
    let account = account(lab);
    let user = account.users().get(user).expect("a user");
    let keys = account.access_keys_of(&user.id).into_iter();
    keys.map(|key| key.id.clone()).collect()
}

pub(crate) fn account(lab: &Lab) -> std::sync::Arc<locum_store::Account> {
    let unit = locum_store::Unit::Account(locum_store::AccountId::parse(&lab.account).expect("id"));
    let held = locum_store::Engine::cached(&*lab.engine, unit);
    held.and_then(locum_store::Loaded::account)
        .expect("account")
}

#[test]
fn aws_policies_can_be_asked_about_and_unattached_ones_were_not_used() {
    let lab = Lab::new();
    let told = services(
        &lab,
        "arn:aws:iam::aws:policy/IAMReadOnlyAccess",
        "ACTION_LEVEL",
    );
    let told: Vec<_> = told.iter().map(shown).collect();
    assert!(told.contains(&("iam", None, None, None, 0)), "{told:?}");
    let told = services(&lab, "arn:aws:iam::aws:policy/AdministratorAccess", "");
    assert_eq!(told.len(), catalogue::services().count());
    let iam = told
        .iter()
        .find(|held| held.service_namespace == "iam")
        .expect("iam");
    assert_eq!(iam.last_authenticated_entity, Some(arn(&lab, "user/admin")));
}

#[test]
fn what_cannot_be_reported_on_is_refused() {
    let lab = Lab::new();
    let other = lab.other("other");
    lab.user(&lab.admin, "alice");
    for wrong in [
        "arn:aws:iam::123456789012:mfa/x".to_owned(),
        arn(&lab, "root"),
        "arn:aws:s3:::a-bucket-with-a-name".to_owned(),
        "arn:aws:iam::aws:user/somebody".to_owned(),
        arn(&lab, "user/alice").replace("arn:aws:", "arn:aws-cn:"),
        "no arn but long enough".to_owned(),
    ] {
        let message = format!("ARN {wrong} is not valid.");
        check(
            generate(&lab, &lab.admin, &wrong, ""),
            400,
            "InvalidInput",
            &message,
        );
    }
    for (resource, kind, name) in [
        ("user/nobody", "user", "nobody"),
        ("user/path/alice", "user", "alice"),
        ("role/nobody", "role", "nobody"),
        ("group/nobody", "group", "nobody"),
    ] {
        let message = format!("The {kind} with name {name} cannot be found.");
        check(
            generate(&lab, &lab.admin, &arn(&lab, resource), ""),
            404,
            "NoSuchEntity",
            &message,
        );
    }
    let policy = arn(&lab, "policy/Nothing");
    let message = format!("Policy {policy} was not found.");
    check(
        generate(&lab, &lab.admin, &policy, ""),
        404,
        "NoSuchEntity",
        &message,
    );
    // Another account's entities are nobody else's to ask about.
    let theirs = format!("arn:aws:iam::{}:user/admin", other.account);
    let refused = generate(&lab, &lab.admin, &theirs, "").expect_err("another account");
    assert_eq!(refused.code, "AccessDenied");
    let refused = generate(&lab, &lab.admin, &arn(&lab, "user/alice"), "DAILY");
    assert_eq!(
        refused.expect_err("no such granularity").code,
        "ValidationError"
    );
}

#[test]
fn esc_17_tags_of_the_entity_are_those_of_the_resource() {
    let lab = Lab::new();
    let condition = r#"{"StringEquals":{"aws:ResourceTag/team":"blue"}}"#;
    let rights = allow_if("iam:GenerateServiceLastAccessedDetails", "*", condition);
    let alice = lab.user_with(&lab.admin, "alice", &rights);
    let role = trust(&format!("\"{}\"", lab.account));
    lab.role(&lab.admin, "reader", &role);
    let text = document(&statement("Allow", "sts:*", "*", ""));
    let text: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    lab.ask(&format!(
        "Action=CreatePolicy&PolicyName=Own&PolicyDocument={text}"
    ))
    .expect("a policy");
    let policy = arn(&lab, "policy/Own");
    let tag = "Tags.member.1.Key=team&Tags.member.1.Value=blue";
    for (resource, form) in [
        ("user/alice", format!("TagUser&UserName=alice&{tag}")),
        ("role/reader", format!("TagRole&RoleName=reader&{tag}")),
        ("policy/Own", format!("TagPolicy&PolicyArn={policy}&{tag}")),
    ] {
        let refused = generate(&lab, &alice, &arn(&lab, resource), "");
        assert_eq!(refused.expect_err("not tagged").code, "AccessDenied");
        lab.ask(&format!("Action={form}")).expect(&form);
        generate(&lab, &alice, &arn(&lab, resource), "").expect("tagged");
    }
}
