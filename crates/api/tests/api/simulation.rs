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

fn decisions(results: &[EvaluationResult]) -> Vec<(&str, &str, &str)> {
    let results = results.iter();
    results
        .map(|found| {
            (
                found.eval_action_name.as_str(),
                found.eval_resource_name.as_deref().unwrap_or_default(),
                found.eval_decision.as_str(),
            )
        })
        .collect()
}

#[test]
fn policies_that_come_along_are_simulated_for_every_pair() {
    let lab = Lab::new();
    let text = document(&format!(
        "{},{}",
        statement("Allow", "s3:Get*", "arn:aws:s3:::a/*", ""),
        statement("Deny", "s3:*", "arn:aws:s3:::a/secret", "")
    ));
    let input = asking(
        &["s3:GetObject", "s3:PutObject"],
        &["arn:aws:s3:::a/b", "arn:aws:s3:::a/secret"],
    );
    let results = custom(&lab, &[&text], input).expect("results");
    assert_eq!(
        decisions(&results),
        [
            ("s3:GetObject", "arn:aws:s3:::a/b", "allowed"),
            ("s3:GetObject", "arn:aws:s3:::a/secret", "explicitDeny"),
            ("s3:PutObject", "arn:aws:s3:::a/b", "implicitDeny"),
            ("s3:PutObject", "arn:aws:s3:::a/secret", "explicitDeny"),
        ]
    );
    let matched = results[0].matched_statements.as_ref().expect("matched");
    let start = matched[0].start_position.as_ref().expect("a position");
    assert_eq!(
        matched[0].source_policy_id.as_deref(),
        Some("PolicyInputList.1")
    );
    assert_eq!(matched[0].source_policy_type.as_deref(), Some("IAM Policy"));
    assert_eq!((start.line, start.column), (Some(1), Some(38)));
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
