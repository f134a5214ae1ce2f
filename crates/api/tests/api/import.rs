//! Import of an account: nothing is lost, nothing but a good file changes anything, nobody gains by it.

use locum_api::import::{Imported, Mapping, Mode, import};
use locum_api::operator::OperatorError;
use locum_store::{AccountId, Engine, Loaded, Unit};
use locum_wire::iam::GetAccountAuthorizationDetailsRequest;
use locum_wire::{CallInfo, Protocol, Service, write_output};
use pollster::block_on;
use serde_json::{Value, json};

use crate::authorization_details::{Details, stage};
use crate::common::{Keys, Lab, OPERATOR, Other, START_S, assume_role, success};

/// The answer of GetAccountAuthorizationDetails as JSON.
fn export(lab: &Lab, by: &Keys) -> Value {
    let input = GetAccountAuthorizationDetailsRequest {
        max_items: Some(1_000),
        ..GetAccountAuthorizationDetailsRequest::default()
    };
    let details: Details = lab
        .iam(by, "GetAccountAuthorizationDetails", &input)
        .expect("GetAccountAuthorizationDetails");
    let info = CallInfo {
        service: Service::Iam,
        operation: "GetAccountAuthorizationDetails",
        protocol: Protocol::Json11,
    };
    let reply = write_output(&info, &details, "id");
    serde_json::from_slice(&reply.body).expect("JSON")
}

fn id(account: &str) -> AccountId {
    AccountId::parse(account).expect("an account id")
}

/// A file of another installation, that installation, one to import it into, and its account for it.
struct Ground {
    file: Value,
    source: String,
    lab: Lab,
    tenant: Other,
}

impl Ground {
    fn new() -> Ground {
        let from = stage();
        let file = export(&from, &from.admin);
        let lab = Lab::seeded(7);
        let tenant = lab.other("tenant");
        Ground {
            file,
            source: from.account.clone(),
            lab,
            tenant,
        }
    }

    fn import(&self, file: &Value, mode: Mode) -> Result<Imported, OperatorError> {
        let mappings = [Mapping {
            from: id(&self.source),
            to: id(&self.tenant.account),
        }];
        let text = file.to_string();
        block_on(import(
            &self.lab.world,
            OPERATOR,
            "file.json",
            &text,
            &mappings,
            mode,
        ))
    }

    fn revision(&self) -> u64 {
        let unit = Unit::Account(id(&self.tenant.account));
        let held = self.lab.engine.cached(unit).and_then(Loaded::account);
        held.expect("the account").revision.0
    }

    /// What is wrong with the file; nothing may have changed.
    #[track_caller]
    fn problems(&self, file: &Value) -> Vec<String> {
        let before = self.revision();
        let refused = self.import(file, Mode::Write);
        assert_eq!(self.revision(), before, "something changed");
        match refused {
            Err(OperatorError::NotImported(problems)) => problems,
            other => panic!("not refused: {other:?}"),
        }
    }
}

/// The roles, users, groups and policies of an export, those left out that every account has.
fn told(mut file: Value) -> Value {
    let roles = file["RoleDetailList"].as_array_mut().expect("roles");
    roles.retain(|role| role["RoleName"] != "OrganizationAccountAccessRole");
    file
}

#[test]
fn a_round_trip_loses_nothing() {
    let ground = Ground::new();
    let before = ground.revision();
    let dry = ground.import(&ground.file, Mode::DryRun).expect("a plan");
    assert_eq!(ground.revision(), before, "a dry run changes nothing");
    let done = ground.import(&ground.file, Mode::Write).expect("imported");
    assert_eq!(dry, done);
    assert_eq!(done.account, id(&ground.tenant.account));
    assert_eq!(done.created, [3, 1, 2, 1, 2]);
    assert!(done.lines.contains(&"+ user /team/alice".to_owned()));
    assert!(done.lines.iter().all(|line| line.starts_with("+ ")));
    assert!(done.not_carried[0].starts_with("3 users: their passwords, access keys"));
    let back = told(export(&ground.lab, &ground.tenant.root));
    let expected = ground.file.to_string();
    let expected = expected.replace(&ground.source, &ground.tenant.account);
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    // Everything is the same, the unique ids and dates too, and the accounts are mapped in documents.
    for list in ["UserDetailList", "GroupDetailList", "RoleDetailList"] {
        assert_eq!(back[list], expected[list], "{list}");
    }
    let own = |file: &Value| -> Vec<Value> {
        let policies = file["Policies"].as_array().expect("policies").iter();
        let own = policies.filter(|held| !held["Arn"].as_str().expect("an ARN").contains("::aws:"));
        own.cloned().collect()
    };
    assert_eq!(own(&back), own(&expected));
    let again = ground.import(&ground.file, Mode::Write).expect("again");
    assert_eq!(again.created, [0; 5]);
    assert!(again.lines.iter().all(|line| line.starts_with("= ")));
}

#[test]
fn what_is_imported_works() {
    let ground = Ground::new();
    ground.import(&ground.file, Mode::Write).expect("imported");
    let lab = &ground.lab;
    let worker = lab.access_key(&ground.tenant.root, "alice");
    let form = "Action=ListUsers";
    success(Service::Iam, &lab.form(&worker, Service::Iam, form)).expect("ReadOnlyAccess");
    // The trust policy named the file's account, and names the account that it became.
    let role = format!("arn:aws:iam::{}:role/writer", ground.tenant.account);
    lab.user_policy(
        &ground.tenant.root,
        "Bob",
        &crate::common::allow("sts:*", "*"),
    );
    let bob = lab.access_key(&ground.tenant.root, "Bob");
    lab.assume(&bob, &assume_role(&role, "work"));
}

#[test]
fn the_record_tells_of_the_import() {
    let ground = Ground::new();
    ground.import(&ground.file, Mode::Write).expect("imported");
    let events = ground.lab.engine.recorded_events();
    let record: Value =
        serde_json::from_slice(&events.last().expect("a record").record).expect("JSON");
    assert_eq!(record["eventName"], "ImportAccount");
    assert_eq!(
        record["requestParameters"]["accountId"],
        ground.tenant.account.as_str()
    );
    assert_eq!(record["requestParameters"]["users"], "3");
    let mut bad = ground.file.clone();
    bad["UserDetailList"][0]["UserId"] = json!("root");
    ground.problems(&bad);
    let events = ground.lab.engine.recorded_events();
    let record: Value =
        serde_json::from_slice(&events.last().expect("a record").record).expect("JSON");
    assert_eq!(record["errorCode"], "InvalidInput");
}

/// The file with the value at `path` replaced.
fn with(file: &Value, path: &str, value: Value) -> Value {
    let mut file = file.clone();
    *file.pointer_mut(path).expect(path) = value;
    file
}

type Wrong = (String, Value, &'static str);

/// Entities that cannot be: where in the file, what stands there, and what is said of it.
fn wrong_entities() -> Vec<Wrong> {
    let long = "x".repeat(65);
    let user = "/UserDetailList/1";
    let tag = json!([{"Key": "aws:x", "Value": "y"}]);
    let twice = json!([{"Key": "a", "Value": "y"}, {"Key": "A", "Value": "y"}]);
    vec![
        (format!("{user}/UserName"), json!(long), "its ARN is"),
        (format!("{user}/Path"), json!("/elsewhere/"), "its ARN is"),
        (
            format!("{user}/Arn"),
            json!("arn:aws:iam::111111111111:user/team/alice"),
            "its ARN is",
        ),
        (format!("{user}/UserId"), json!("AIDA"), "is no unique id"),
        (
            format!("{user}/UserId"),
            json!("AROAIIIIIIIIIIIIIIIII"),
            "is no unique id",
        ),
        (
            format!("{user}/CreateDate"),
            json!("yesterday"),
            "is no date",
        ),
        (format!("{user}/Tags"), tag, "Tag keys with the prefix aws:"),
        (format!("{user}/Tags"), twice, "Duplicate tag keys found."),
        (
            format!("{user}/GroupList"),
            json!(["nobody"]),
            "The group with name nobody cannot be found.",
        ),
        (
            format!("{user}/AttachedManagedPolicies/0/PolicyArn"),
            json!("arn:aws:iam::aws:policy/Nothing"),
            "does not exist or is not attachable.",
        ),
    ]
}

/// Documents, and what hangs on them, that cannot be.
fn wrong_documents() -> Vec<Wrong> {
    let user = "/UserDetailList/1";
    let admin_policy =
        json!(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"nothing"}]}"#);
    vec![
        (
            format!("{user}/UserPolicyList/0/PolicyDocument"),
            admin_policy.clone(),
            "Actions/Conditions must be prefaced by a vendor",
        ),
        (
            format!("{user}/UserPolicyList/0/PolicyDocument"),
            json!("{"),
            "inline policy u: ",
        ),
        (
            "/Policies/1/PolicyVersionList/0/Document".to_owned(),
            admin_policy,
            "Actions/Conditions must be prefaced by a vendor",
        ),
        (
            "/Policies/1/DefaultVersionId".to_owned(),
            json!("v2"),
            "it has not one default version",
        ),
        (
            "/Policies/1/PolicyVersionList/0/VersionId".to_owned(),
            json!("v1"),
            "is there twice",
        ),
        (
            "/Policies/1/PolicyVersionList/0/VersionId".to_owned(),
            json!("v01"),
            "is no version",
        ),
        (
            "/GroupDetailList/0/GroupName".to_owned(),
            json!("a b"),
            "its ARN is",
        ),
        (
            "/RoleDetailList/0/AssumeRolePolicyDocument".to_owned(),
            json!(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/x"},"Action":"sts:AssumeRole"}]}"#
            ),
            "neither in the file nor in this installation",
        ),
        (
            "/RoleDetailList/1/PermissionsBoundary/PermissionsBoundaryArn".to_owned(),
            json!("arn:aws:iam::aws:policy/Nothing"),
            "does not exist or is not attachable.",
        ),
        (
            "/RoleDetailList/0/InstanceProfileList/0/InstanceProfileId".to_owned(),
            json!("AIPA"),
            "is no unique id",
        ),
    ]
}

#[test]
fn every_entity_is_checked_as_at_the_api() {
    let ground = Ground::new();
    for (path, value, problem) in wrong_entities().into_iter().chain(wrong_documents()) {
        let problems = ground.problems(&with(&ground.file, &path, value));
        let told = problems.iter().any(|told| told.contains(problem));
        assert!(told, "{path}: {problems:?}");
    }
    ground
        .import(&ground.file, Mode::Write)
        .expect("the good one");
}

#[test]
fn all_problems_are_told_at_once() {
    let ground = Ground::new();
    let file = with(&ground.file, "/UserDetailList/1/UserId", json!("x"));
    let file = with(&file, "/RoleDetailList/1/RoleId", json!("y"));
    let problems = ground.problems(&file);
    assert!(
        problems
            .iter()
            .any(|told| told.starts_with("user /team/alice: ")),
        "{problems:?}"
    );
    assert!(
        problems
            .iter()
            .any(|told| told.starts_with("role /writer: ")),
        "{problems:?}"
    );
}

#[test]
fn what_is_no_such_file_is_refused() {
    let ground = Ground::new();
    let mut unknown = ground.file.clone();
    unknown["UserDetailList"][0]["PasswordHash"] = json!("x");
    let mut page = ground.file.clone();
    page["IsTruncated"] = json!(true);
    for (file, problem) in [
        (
            json!([]),
            "this is not the JSON of aws iam get-account-authorization-details",
        ),
        (
            json!({"Users": []}),
            "this is not the JSON of aws iam get-account-authorization-details",
        ),
        (unknown, "unknown field `PasswordHash`"),
        (page, "this is one page of several"),
        (
            json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}),
            "the file names no account",
        ),
    ] {
        let problems = ground.problems(&file);
        assert!(problems[0].contains(problem), "{problems:?}");
    }
    let nowhere = block_on(import(
        &ground.lab.world,
        OPERATOR,
        "file.json",
        &ground.file.to_string(),
        &[],
        Mode::Write,
    ));
    let Err(OperatorError::NoSuchAccount(account)) = nowhere else {
        panic!("imported without an account: {nowhere:?}");
    };
    assert_eq!(account, id(&ground.source));
}

#[test]
fn what_differs_from_what_is_there_is_in_the_way() {
    let ground = Ground::new();
    ground.lab.user(&ground.tenant.root, "ALICE");
    let problems = ground.problems(&ground.file);
    let told = "user /team/alice: there is another of that name, and it differs";
    assert_eq!(problems, [told]);
}

/// Unique ids are what trust policies and sessions hold: an import must not come by somebody's.
#[test]
fn esc_05_an_import_takes_nobody_s_unique_id() {
    let ground = Ground::new();
    let lab = &ground.lab;
    let victim = lab.user(&lab.admin, "victim");
    let root = ground.tenant.account.clone();
    let foreign = "AIDA5BBBBBBBBBBBBBBBB".replace('5', "Q");
    for (value, problem) in [
        (victim.user_id.clone(), "is one of account"),
        (root, "is no unique id"),
        ("AROAIIIIIIIIIIIIIIIII".to_owned(), "is no unique id"),
        (foreign, "is one of account"),
    ] {
        let file = with(&ground.file, "/UserDetailList/1/UserId", json!(value));
        let problems = ground.problems(&file);
        assert!(problems[0].contains(problem), "{value}: {problems:?}");
    }
    // The same file cannot go to two accounts: their entities would be one principal.
    ground.import(&ground.file, Mode::Write).expect("the first");
    let second = lab.other("second");
    let mappings = [Mapping {
        from: id(&ground.source),
        to: id(&second.account),
    }];
    let text = ground.file.to_string();
    let refused = block_on(import(
        &lab.world,
        OPERATOR,
        "f",
        &text,
        &mappings,
        Mode::Write,
    ));
    let Err(OperatorError::NotImported(problems)) = refused else {
        panic!("two accounts with the same unique ids");
    };
    assert!(problems[0].contains("is taken in account"), "{problems:?}");
}

#[test]
fn esc_05_no_role_poses_as_a_service_linked_one() {
    let ground = Ground::new();
    let arn = format!(
        "arn:aws:iam::{}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        ground.source
    );
    let role = |trust: &str| {
        let mut file = ground.file.clone();
        let mut role = file["RoleDetailList"][1].clone();
        role["Path"] = json!("/aws-service-role/ecs.amazonaws.com/");
        role["RoleName"] = json!("AWSServiceRoleForECS");
        role["RoleId"] = json!("AROAIIIIIIIIIIIIIIIII");
        role["Arn"] = json!(arn);
        role["AssumeRolePolicyDocument"] = json!(trust);
        role["PermissionsBoundary"] = Value::Null;
        let roles = file["RoleDetailList"].as_array_mut().expect("roles");
        roles.push(role);
        file
    };
    let trust = |principal: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}]}}"#
        )
    };
    for principal in [
        r#"{"AWS":"*"}"#,
        r#""*""#,
        r#"{"Service":"ecs.amazonaws.com","\u0041WS":"*"}"#,
        r#"{"Service":["ecs.amazonaws.com","lambda.amazonaws.com"]}"#,
        r#"{"Service":"lambda.amazonaws.com"}"#,
    ] {
        let problems = ground.problems(&role(&trust(principal)));
        let told =
            "it is at the path /aws-service-role/ and is no service-linked role of one service";
        assert!(problems[0].contains(told), "{principal}: {problems:?}");
    }
    let good = role(&trust(r#"{"Service":"ecs.amazonaws.com"}"#));
    ground.import(&good, Mode::Write).expect("a true one");
    let form = "Action=DeleteRole&RoleName=AWSServiceRoleForECS";
    let answer = ground.lab.form(&ground.tenant.root, Service::Iam, form);
    let refused = success(Service::Iam, &answer).expect_err("not by this operation");
    assert_eq!(refused.code, "UnmodifiableEntity");
}

/// AWS took the policy; it may know more services than this catalogue.
#[test]
fn a_service_newer_than_the_catalogue_comes_along() {
    let ground = Ground::new();
    let trust = json!(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"newest.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#
    );
    let path = "/RoleDetailList/1/AssumeRolePolicyDocument";
    let file = with(&ground.file, path, trust);
    ground.import(&file, Mode::Write).expect("imported");
}

#[test]
fn a_principal_that_is_gone_stays_gone() {
    let ground = Ground::new();
    let gone = "AIDAIIIIIIIIIIIIIIIII";
    let trust = |id: &str| {
        json!(format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{id}"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"aws:userid":"{id}"}}}}}}]}}"#
        ))
    };
    let path = "/RoleDetailList/1/AssumeRolePolicyDocument";
    // The living are named by their ARNs.
    let alive = ground.file["UserDetailList"][1]["UserId"]
        .as_str()
        .expect("an id");
    let problems = ground.problems(&with(&ground.file, path, trust(alive)));
    assert!(
        problems[0].contains("Invalid principal in policy"),
        "{problems:?}"
    );
    let file = with(&ground.file, path, trust(gone));
    ground.import(&file, Mode::Write).expect("imported");
    let back = told(export(&ground.lab, &ground.tenant.root));
    let shown = back["RoleDetailList"][1]["AssumeRolePolicyDocument"].as_str();
    let shown = shown.expect("a document");
    assert_eq!(shown.matches(gone).count(), 2, "{shown}");
    assert!(!shown.contains("gone"), "{shown}");
}

#[test]
fn documents_may_be_objects_and_dates_iso_as_the_cli_shows_them() {
    let ground = Ground::new();
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    let path = "/UserDetailList/1/UserPolicyList/0/PolicyDocument";
    let file = with(&ground.file, path, document.clone());
    let date = json!("2026-03-01T12:00:00+00:00");
    let file = with(&file, "/UserDetailList/1/CreateDate", date);
    ground.import(&file, Mode::Write).expect("imported");
    let back = export(&ground.lab, &ground.tenant.root);
    let shown = back.pointer("/UserDetailList/1/UserPolicyList/0/PolicyDocument");
    let shown = shown.and_then(Value::as_str).expect("a document");
    assert!(shown.starts_with("%7B%22Statement%22"), "{shown}");
    assert_eq!(
        back["UserDetailList"][1]["CreateDate"].as_i64(),
        Some(START_S)
    );
}

#[test]
fn an_account_of_full_size_is_one_change() {
    let ground = Ground::new();
    let mut file = ground.file.clone();
    let mut grow = |list: &str, name: &str, id: &str, prefix: &str, count: usize| {
        let entities = file[list].as_array_mut().expect("a list");
        let sample = entities.iter().find(|held| held["Path"] == "/");
        let sample = sample.expect("an entity at the root path").clone();
        let old = sample[name].as_str().expect("a name").to_owned();
        while entities.len() < count {
            let number = entities.len();
            let mut next = sample.clone();
            let arn = next["Arn"].as_str().expect("an ARN").to_owned();
            let stem = arn.strip_suffix(&old).expect("the name at the end");
            next["Arn"] = json!(format!("{stem}n{number}"));
            next[name] = json!(format!("n{number}"));
            next[id] = json!(format!("{prefix}IIIIIIIIIIII{number:05}"));
            next["InstanceProfileList"] = json!([]);
            if list != "RoleDetailList" {
                next.as_object_mut()
                    .expect("an object")
                    .remove("InstanceProfileList");
            }
            entities.push(next);
        }
    };
    grow("UserDetailList", "UserName", "UserId", "AIDA", 5_000);
    grow("RoleDetailList", "RoleName", "RoleId", "AROA", 4_999);
    // Three of the list are AWS's.
    grow("Policies", "PolicyName", "PolicyId", "ANPA", 1_503);
    let done = ground.import(&file, Mode::Write).expect("imported");
    assert_eq!(done.created, [5_000, 1, 4_999, 1, 1_500]);
    let one_more = &mut file["RoleDetailList"];
    let mut role = one_more[4_998].clone();
    let arn = role["Arn"].as_str().expect("an ARN").to_owned();
    role["Arn"] = json!(format!("{arn}x"));
    role["RoleName"] = json!("n4998x");
    role["RoleId"] = json!("AROAIIIIIIIIIIII99999");
    one_more.as_array_mut().expect("roles").push(role);
    let problems = ground.problems(&file);
    assert_eq!(problems, ["Cannot exceed quota for RolesPerAccount: 5000"]);
}
