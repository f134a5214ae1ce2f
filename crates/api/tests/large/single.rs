//! Calls about one entity cost in a large account what they cost in a small one.

use locum_wire::Service;

use crate::common::{Lab, START_S, allow, trust};
use crate::{Cost, account, alone, call, crowd};

/// How much more a call may take of the allocator, hundredths.
const GROWTH_MAX: usize = 150;
/// Odd, so that one is in the middle.
const TIMES: usize = 15;

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The calls, in the order in which they can be made again and again.
fn calls(lab: &Lab) -> Vec<(Service, String)> {
    let (user, role) = (crowd::name("user", 3), crowd::name("role", 3));
    let (policy, other) = (crowd::policy_arn(lab, 3), crowd::policy_arn(lab, 4));
    let trust = encoded(&trust(&format!("\"{}\"", lab.account)));
    let document = encoded(&allow("s3:GetObject", "*"));
    let iam = [
        format!("GetRole&RoleName={role}"),
        format!("GetUser&UserName={user}"),
        format!("GetPolicy&PolicyArn={policy}"),
        format!("CreateRole&RoleName=new&AssumeRolePolicyDocument={trust}"),
        "DeleteRole&RoleName=new".to_owned(),
        "CreateUser&UserName=new".to_owned(),
        "CreateLoginProfile&UserName=new&Password=Correct-Horse-7".to_owned(),
        "DeleteLoginProfile&UserName=new".to_owned(),
        "DeleteUser&UserName=new".to_owned(),
        format!("CreatePolicy&PolicyName=new&PolicyDocument={document}"),
        format!(
            "DeletePolicy&PolicyArn=arn:aws:iam::{}:policy/new",
            lab.account
        ),
        format!("AttachRolePolicy&RoleName={role}&PolicyArn={policy}"),
        format!("ListAttachedRolePolicies&RoleName={role}"),
        format!("DetachRolePolicy&RoleName={role}&PolicyArn={policy}"),
        format!("PutRolePolicy&RoleName={role}&PolicyName=p&PolicyDocument={document}"),
        format!("GetRolePolicy&RoleName={role}&PolicyName=p"),
        format!("DeleteRolePolicy&RoleName={role}&PolicyName=p"),
        format!("UpdateAssumeRolePolicy&RoleName={role}&PolicyDocument={trust}"),
        format!("TagRole&RoleName={role}&Tags.member.1.Key=a&Tags.member.1.Value=b"),
        format!("UntagRole&RoleName={role}&TagKeys.member.1=a"),
        format!("PutUserPermissionsBoundary&UserName={user}&PermissionsBoundary={policy}"),
        format!("DeleteUserPermissionsBoundary&UserName={user}"),
        format!("UpdateUser&UserName={user}&NewUserName=renamed"),
        format!("UpdateUser&UserName=renamed&NewUserName={user}"),
        format!("AddUserToGroup&GroupName=staff&UserName={user}"),
        format!("ListGroupsForUser&UserName={user}"),
        format!("RemoveUserFromGroup&GroupName=staff&UserName={user}"),
        format!(
            "CreatePolicyVersion&PolicyArn={other}&PolicyDocument={document}&SetAsDefault=true"
        ),
        format!("ListAccessKeys&UserName={user}"),
        format!("ListInstanceProfilesForRole&RoleName={role}"),
        format!(
            "SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::{}:role/crowd/{role}&ActionNames.member.1=s3:GetObject",
            lab.account
        ),
        "ListUsers&MaxItems=10".to_owned(),
        "ListRoles&MaxItems=10".to_owned(),
        "ListPolicies&MaxItems=10".to_owned(),
        format!(
            "ListEntitiesForPolicy&MaxItems=10&PolicyArn={}",
            crowd::policy_arn(lab, 0)
        ),
        "GetAccountAuthorizationDetails&MaxItems=10".to_owned(),
        "GetAccountSummary".to_owned(),
    ];
    let mut calls: Vec<_> = iam
        .into_iter()
        .map(|call| (Service::Iam, format!("Action={call}")))
        .collect();
    let assume = format!(
        "Action=AssumeRole&RoleSessionName=work&RoleArn=arn:aws:iam::{}:role/crowd/{role}",
        lab.account
    );
    calls.push((Service::Sts, assume));
    calls
}

/// The middle cost of each call, made in turn again and again.
fn costs(lab: &Lab) -> Vec<(String, Cost)> {
    assert_eq!(lab.now_s(), START_S);
    call(lab, Service::Iam, "Action=CreateGroup&GroupName=staff");
    let calls = calls(lab);
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); calls.len()];
    for _ in 0..TIMES {
        for ((service, form), costs) in calls.iter().zip(&mut costs) {
            costs.push(call(lab, *service, form).1);
            // A policy has five versions at most.
            if form.contains("CreatePolicyVersion") {
                let arn = crowd::policy_arn(lab, 4);
                let listed = call(
                    lab,
                    Service::Iam,
                    &format!("Action=ListPolicyVersions&PolicyArn={arn}"),
                )
                .0;
                let oldest = listed
                    .rsplit("<VersionId>")
                    .next()
                    .and_then(|rest| rest.split('<').next());
                let oldest = oldest.expect("a version");
                call(
                    lab,
                    Service::Iam,
                    &format!("Action=DeletePolicyVersion&PolicyArn={arn}&VersionId={oldest}"),
                );
            }
        }
    }
    let middle = |mut costs: Vec<Cost>| {
        let mut pick = |of: fn(&Cost) -> usize| {
            costs.sort_by_key(of);
            of(&costs[TIMES / 2])
        };
        Cost {
            allocations: pick(|cost| cost.allocations),
            bytes: pick(|cost| cost.bytes),
        }
    };
    let names = calls.into_iter().map(|(_, form)| form);
    names.zip(costs.into_iter().map(middle)).collect()
}

#[test]
fn one_entity_costs_the_same_in_a_large_account() {
    let _alone = alone();
    // Small, and yet with a few nodes in each index: a change copies one node per level, of which an
    // account of 5,000 has one more.
    let small = costs(&account(100, 100));
    // One of each is made anew.
    let large = costs(&account(4_990, 1_490));
    let mut grown = Vec::new();
    for ((form, small), (_, large)) in small.iter().zip(&large) {
        let within = |small: usize, large: usize| large * 100 <= small * GROWTH_MAX;
        if !within(small.allocations, large.allocations) || !within(small.bytes, large.bytes) {
            grown.push(format!("{form}: {small:?} and {large:?}"));
        }
    }
    assert!(grown.is_empty(), "{}", grown.join("\n"));
}
