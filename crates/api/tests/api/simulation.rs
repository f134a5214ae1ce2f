//! The simulator: it answers what a call would be answered, names what decided, and changes nothing.

use locum_wire::iam::{
    ContextEntry, EvaluationResult, GetContextKeysForPolicyResponse,
    GetContextKeysForPrincipalPolicyRequest, SimulateCustomPolicyRequest, SimulatePolicyResponse,
    SimulatePrincipalPolicyRequest,
};

use crate::common::{Lab, Refused, allow, allow_if, check, document, statement, success};

fn custom(
    lab: &Lab,
    policies: &[&str],
    input: SimulateCustomPolicyRequest,
) -> Result<Vec<EvaluationResult>, Refused> {
    let input = SimulateCustomPolicyRequest {
        policy_input_list: policies.iter().map(|text| (*text).to_owned()).collect(),
        ..input
    };
    let output: SimulatePolicyResponse = lab.iam(&lab.admin, "SimulateCustomPolicy", &input)?;
    Ok(output.evaluation_results.expect("results"))
}

fn asking(actions: &[&str], resources: &[&str]) -> SimulateCustomPolicyRequest {
    let owned = |list: &[&str]| {
        list.iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    SimulateCustomPolicyRequest {
        action_names: owned(actions),
        resource_arns: (!resources.is_empty()).then(|| owned(resources)),
        ..SimulateCustomPolicyRequest::default()
    }
}

fn entry(key: &str, kind: &str, value: &str) -> ContextEntry {
    ContextEntry {
        context_key_name: Some(key.to_owned()),
        context_key_type: Some(kind.to_owned()),
        context_key_values: Some(vec![value.to_owned()]),
    }
}

fn words(pairs: &Option<Vec<(String, String)>>) -> Option<Vec<(&str, &str)>> {
    let pairs = pairs.as_ref()?.iter();
    Some(pairs.map(|(key, word)| (&**key, &**word)).collect())
}

/// What a policy that allows reading `a` but for its secret comes to.
fn decided(lab: &Lab, resources: &[&str]) -> Vec<EvaluationResult> {
    let text = document(&format!(
        "{},{}",
        statement("Allow", "s3:Get*", "arn:aws:s3:::a/*", ""),
        statement("Deny", "s3:*", "arn:aws:s3:::a/secret", "")
    ));
    let input = asking(&["s3:GetObject", "s3:PutObject"], resources);
    custom(lab, &[&text], input).expect("results")
}

/// Action, resource and decision of a result.
fn told(found: &EvaluationResult) -> [String; 3] {
    [
        found.eval_action_name.clone(),
        found.eval_resource_name.clone().expect("a name"),
        found.eval_decision.clone(),
    ]
}

#[test]
fn an_action_has_one_result_for_all_resources_and_one_for_each() {
    let lab = Lab::new();
    let results = decided(
        &lab,
        &[
            "arn:aws:s3:::a/b",
            "arn:aws:s3:::b/c",
            "arn:aws:s3:::a/secret",
        ],
    );
    let got: Vec<_> = results.iter().map(told).collect();
    assert_eq!(
        got,
        [
            ["s3:GetObject", "*", "explicitDeny"],
            ["s3:PutObject", "*", "explicitDeny"],
        ]
    );
    let each: Vec<_> = results[0]
        .resource_specific_results
        .as_ref()
        .expect("each")
        .iter()
        .map(|one| {
            (
                &*one.eval_resource_name,
                &*one.eval_resource_decision,
                one.matched_statements.as_ref().map(Vec::len),
            )
        })
        .collect();
    assert_eq!(
        each,
        [
            ("arn:aws:s3:::a/b", "allowed", Some(1)),
            ("arn:aws:s3:::b/c", "implicitDeny", Some(0)),
            ("arn:aws:s3:::a/secret", "explicitDeny", Some(1)),
        ]
    );
    // The deny alone made the decision.
    let matched = results[0].matched_statements.as_ref().expect("matched");
    assert_eq!(matched.len(), 1);
    assert!(
        matched[0]
            .start_position
            .as_ref()
            .expect("a position")
            .column
            > Some(100)
    );
}

#[test]
fn a_result_names_the_one_resource_or_none() {
    let lab = Lab::new();
    let results = decided(&lab, &["arn:aws:s3:::a/b", "arn:aws:s3:::b/c"]);
    assert_eq!(results[0].eval_decision, "implicitDeny");
    // Nothing tells of accounts where there is one.
    assert_eq!(words(&results[0].eval_decision_details), Some(Vec::new()));
    let results = decided(&lab, &["arn:aws:s3:::a/b"]);
    assert_eq!(
        told(&results[0]),
        ["s3:GetObject", "arn:aws:s3:::a/b", "allowed"]
    );
    let matched = results[0].matched_statements.as_ref().expect("matched");
    let start = matched[0].start_position.as_ref().expect("a position");
    assert_eq!(
        matched[0].source_policy_id.as_deref(),
        Some("PolicyInputList.1")
    );
    assert_eq!(matched[0].source_policy_type.as_deref(), Some("IAM Policy"));
    assert_eq!((start.line, start.column), (Some(1), Some(38)));
    for input in [&[][..], &["*"]] {
        let results = decided(&lab, input);
        assert_eq!(told(&results[0]), ["s3:GetObject", "*", "implicitDeny"]);
        assert_eq!(results[0].eval_decision_details, None);
        assert_eq!(results[0].resource_specific_results, None);
    }
}

#[test]
fn both_accounts_are_told_of_where_there_are_two() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("s3:*", "*"));
    let policy = |resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"s3:GetObject","Resource":"{resource}"}}}}"#,
            lab.account
        )
    };
    let _ = alice;
    let asked = |identity: &str, resource: &str, owner: Option<&str>| {
        let input = SimulateCustomPolicyRequest {
            caller_arn: Some(format!("arn:aws:iam::{}:user/alice", lab.account)),
            resource_policy: Some(policy(resource)),
            resource_owner: owner.map(str::to_owned),
            ..asking(&["s3:GetObject"], &["arn:aws:s3:::a/b", "arn:aws:s3:::a/c"])
        };
        custom(&lab, &[identity], input).expect("results").remove(0)
    };
    let (both, mine) = (allow("s3:*", "*"), allow("s3:*", "arn:aws:s3:::a/b"));
    let there = Some("arn:aws:iam::444455556666:root");
    for (identity, resource, decision, sides) in [
        (&both, "arn:aws:s3:::a/*", "allowed", ["allowed", "allowed"]),
        (
            &both,
            "arn:aws:s3:::a/b",
            "implicitDeny",
            ["allowed", "implicitDeny"],
        ),
        (
            &mine,
            "arn:aws:s3:::a/*",
            "implicitDeny",
            ["implicitDeny", "allowed"],
        ),
    ] {
        let found = asked(identity, resource, there);
        assert_eq!(found.eval_decision, decision);
        let expected = vec![("IAM Policy", sides[0]), ("Resource Policy", sides[1])];
        assert_eq!(words(&found.eval_decision_details), Some(expected));
        let each = found.resource_specific_results.expect("each");
        let first = Some(vec![
            ("IAM Policy", "allowed"),
            ("Resource Policy", "allowed"),
        ]);
        assert_eq!(words(&each[0].eval_decision_details), first);
    }
    let within = asked(&both, "arn:aws:s3:::a/*", None);
    assert_eq!(words(&within.eval_decision_details), Some(Vec::new()));
    let each = within.resource_specific_results.expect("each");
    assert_eq!(each[0].eval_decision_details, None);
}

#[test]
fn contexts_boundaries_and_organization_policies_count() {
    let lab = Lab::new();
    let text = allow_if(
        "s3:GetObject",
        "*",
        r#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#,
    );
    let bare = custom(&lab, &[&text], asking(&["s3:GetObject"], &[])).expect("results");
    assert_eq!(bare[0].eval_decision, "implicitDeny");
    assert_eq!(
        bare[0].missing_context_values.as_deref(),
        Some(&["aws:SourceIp".to_owned()][..])
    );
    let from = || SimulateCustomPolicyRequest {
        context_entries: Some(vec![entry("aws:sourceip", "ip", "192.0.2.7")]),
        ..asking(&["s3:GetObject"], &[])
    };
    let inside = custom(&lab, &[&text], from()).expect("results");
    assert_eq!(inside[0].eval_decision, "allowed");
    let bounded = SimulateCustomPolicyRequest {
        permissions_boundary_policy_input_list: Some(vec![allow("iam:*", "*")]),
        ..from()
    };
    let bounded = custom(&lab, &[&text], bounded).expect("results");
    assert_eq!(bounded[0].eval_decision, "implicitDeny");
    let detail = bounded[0].permissions_boundary_decision_detail.as_ref();
    assert_eq!(
        detail.and_then(|told| told.allowed_by_permissions_boundary),
        Some(false)
    );
    let level = locum_wire::iam::OrderedOrganizationPolicyType {
        service_control_policy_input_list: Some(vec![allow("ec2:*", "*")]),
    };
    let guarded = SimulateCustomPolicyRequest {
        ordered_organization_policy_input_list: Some(vec![level]),
        ..from()
    };
    let guarded = custom(&lab, &[&text], guarded).expect("results");
    assert_eq!(guarded[0].eval_decision, "implicitDeny");
    let detail = guarded[0].organizations_decision_detail.as_ref();
    assert_eq!(
        detail.and_then(|told| told.allowed_by_organizations),
        Some(false)
    );
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let lab = Lab::new();
    let good = allow("s3:*", "*");
    let refused = |policies: &[&str], input, message: &str| {
        check(custom(&lab, policies, input), 400, "InvalidInput", message);
    };
    refused(
        &[&good],
        asking(&["s3:Get*"], &[]),
        "Invalid Action Name: s3:Get*",
    );
    refused(
        &[&good, "{}"],
        asking(&["s3:GetObject"], &[]),
        "PolicyInputList.2: Syntax errors in policy.",
    );
    for bad in ["foo", "arn:aws:s3", ""] {
        let message = format!("ResourceNames are not in a valid ARN format: {bad}.");
        let input = asking(&["s3:GetObject"], &["arn:aws:s3:::a/*", bad]);
        if bad.is_empty() {
            assert!(custom(&lab, &[&good], input).is_err());
        } else {
            refused(&[&good], input, &message);
        }
    }
    let many: Vec<String> = (0..1_001).map(|n| format!("arn:aws:s3:::a/{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let message = "A simulation takes at most 1000 resources.";
    refused(&[&good], asking(&["s3:GetObject"], &many), message);
    let typed = SimulateCustomPolicyRequest {
        context_entries: Some(vec![entry("aws:SourceIp", "ip", "here")]),
        ..asking(&["s3:GetObject"], &[])
    };
    let message = "The value here of the context key aws:SourceIp is not of its type.";
    refused(&[&good], typed, message);
    let nobody = SimulateCustomPolicyRequest {
        resource_policy: Some(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::a/*"}}"#.to_owned(),
        ),
        ..asking(&["s3:GetObject"], &[])
    };
    let message = "A ResourcePolicy needs a CallerArn: it has to be told who calls.";
    refused(&[&good], nobody, message);
    let scenario = SimulateCustomPolicyRequest {
        resource_handling_option: Some("EC2-VPC-InstanceStore".to_owned()),
        ..asking(&["ec2:RunInstances"], &[])
    };
    let refused = custom(&lab, &[&good], scenario).expect_err("not refused");
    assert_eq!(refused.code, "ValidationError");
}

/// Simulated for a user, the answers are those that the user's own calls get.
#[test]
fn pol_24_a_users_simulation_is_what_its_calls_are_answered() {
    let lab = Lab::new();
    let rights = [
        statement("Allow", "iam:List*", "*", ""),
        statement("Deny", "iam:ListRoles", "*", ""),
        statement(
            "Allow",
            "iam:GetAccountSummary",
            "*",
            r#"{"StringEquals":{"aws:username":"alice"}}"#,
        ),
    ];
    let alice = lab.user_with(&lab.admin, "alice", &document(&rights.join(",")));
    lab.ask("Action=CreateGroup&GroupName=staff")
        .expect("group");
    let policy = percent_encoding::utf8_percent_encode(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:ListGroups","Resource":"*"}}"#,
        percent_encoding::NON_ALPHANUMERIC,
    );
    lab.ask(&format!(
        "Action=PutGroupPolicy&GroupName=staff&PolicyName=no&PolicyDocument={policy}"
    ))
    .expect("put");
    lab.ask("Action=AddUserToGroup&GroupName=staff&UserName=alice")
        .expect("add");
    let names = ["ListUsers", "ListRoles", "ListGroups", "GetAccountSummary"];
    let input = SimulatePrincipalPolicyRequest {
        policy_source_arn: format!("arn:aws:iam::{}:user/alice", lab.account),
        action_names: names.iter().map(|name| format!("iam:{name}")).collect(),
        ..SimulatePrincipalPolicyRequest::default()
    };
    let output: SimulatePolicyResponse = lab
        .iam(&lab.admin, "SimulatePrincipalPolicy", &input)
        .expect("SimulatePrincipalPolicy");
    let results = output.evaluation_results.expect("results");
    for (name, result) in names.iter().zip(&results) {
        let answer = lab.form(&alice, locum_wire::Service::Iam, &format!("Action={name}"));
        let called = success(locum_wire::Service::Iam, &answer).is_ok();
        assert_eq!(result.eval_decision == "allowed", called, "{name}");
    }
    let decided: Vec<_> = results.iter().map(|found| &*found.eval_decision).collect();
    assert_eq!(
        decided,
        ["allowed", "explicitDeny", "explicitDeny", "allowed"]
    );
    let denied = results[2].matched_statements.as_ref().expect("matched");
    assert_eq!(
        denied[0].source_policy_id.as_deref(),
        Some("group_staff_no")
    );
    let absent = SimulatePrincipalPolicyRequest {
        policy_source_arn: format!("arn:aws:iam::{}:user/bob", lab.account),
        ..input
    };
    let absent: Result<SimulatePolicyResponse, _> =
        lab.iam(&lab.admin, "SimulatePrincipalPolicy", &absent);
    let message = "The user with name bob cannot be found.";
    check(absent, 404, "NoSuchEntity", message);
}

#[test]
fn results_come_in_pages_bound_to_their_simulation() {
    let lab = Lab::new();
    let actions: Vec<String> = (0..5).map(|number| format!("s3:Do{number}")).collect();
    let mut input = SimulateCustomPolicyRequest {
        policy_input_list: vec![allow("s3:*", "*")],
        action_names: actions.clone(),
        max_items: Some(2),
        ..SimulateCustomPolicyRequest::default()
    };
    let mut seen = Vec::new();
    loop {
        let output: SimulatePolicyResponse = lab
            .iam(&lab.admin, "SimulateCustomPolicy", &input)
            .expect("a page");
        let results = output.evaluation_results.expect("results");
        seen.extend(results.into_iter().map(|found| found.eval_action_name));
        if output.marker.is_none() {
            break;
        }
        input.marker = output.marker;
    }
    assert_eq!(seen, actions);
    // A page ends sooner when each of its results is about many resources.
    let wide = SimulateCustomPolicyRequest {
        max_items: None,
        marker: None,
        resource_arns: Some((0..400).map(|n| format!("arn:aws:s3:::a/{n}")).collect()),
        ..input.clone()
    };
    let output: SimulatePolicyResponse = lab
        .iam(&lab.admin, "SimulateCustomPolicy", &wide)
        .expect("a page");
    let results = output.evaluation_results.expect("results");
    assert_eq!((results.len(), output.is_truncated), (2, Some(true)));
    input.policy_input_list = vec![allow("ec2:*", "*")];
    let other: Result<SimulatePolicyResponse, _> =
        lab.iam(&lab.admin, "SimulateCustomPolicy", &input);
    check(other, 400, "ValidationError", "Invalid Marker.");
}

#[test]
fn the_keys_of_an_entitys_policies_are_told() {
    let lab = Lab::new();
    let condition = r#"{"Bool":{"aws:SecureTransport":"true"}}"#;
    lab.user_with(&lab.admin, "alice", &allow_if("s3:*", "*", condition));
    let input = GetContextKeysForPrincipalPolicyRequest {
        policy_source_arn: format!("arn:aws:iam::{}:user/alice", lab.account),
        policy_input_list: Some(vec![allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")]),
    };
    let output: GetContextKeysForPolicyResponse = lab
        .iam(&lab.admin, "GetContextKeysForPrincipalPolicy", &input)
        .expect("keys");
    assert_eq!(
        output.context_key_names.expect("names"),
        ["aws:SecureTransport", "aws:username"]
    );
}
