//! Groups: names, members, and what their policies allow and deny.

use locum_wire::iam::{
    GetGroupRequest, GetGroupResponse, ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse,
    ListGroupsForUserRequest, ListGroupsForUserResponse,
};

use crate::common::{
    Keys, Lab, allow, check, check_denied, document, no_identity_policy, statement, trust,
};
use crate::holdings::READ_ONLY;

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn group_policy(lab: &Lab, group: &str, policy: &str) {
    let policy = encoded(policy);
    lab.ask(&format!(
        "Action=PutGroupPolicy&GroupName={group}&PolicyName=rights&PolicyDocument={policy}"
    ))
    .expect("PutGroupPolicy");
}

fn list_users(lab: &Lab, keys: &Keys) -> Result<(), crate::common::Refused> {
    let answer = lab.form(keys, locum_wire::Service::Iam, "Action=ListUsers");
    crate::common::success(locum_wire::Service::Iam, &answer)
}

#[test]
fn esc_07_a_groups_policies_hold_for_its_members_while_they_are_in() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let alice = lab.access_key(&lab.admin, "alice");
    let arn = format!("arn:aws:iam::{}:user/alice", lab.account);
    let refused = |because: &str| {
        let result = list_users(&lab, &alice);
        check_denied(result, &arn, "iam:ListUsers", "*", because);
    };
    lab.ask("Action=CreateGroup&GroupName=Staff")
        .expect("group");
    group_policy(&lab, "staff", &allow("iam:ListUsers", "*"));
    refused(&no_identity_policy("iam:ListUsers"));
    lab.ask("Action=AddUserToGroup&GroupName=STAFF&UserName=ALICE")
        .expect("add");
    lab.ask("Action=AddUserToGroup&GroupName=Staff&UserName=alice")
        .expect("twice is once");
    list_users(&lab, &alice).expect("by the group's policy");
    // Renamed, it is the same group.
    lab.ask("Action=UpdateGroup&GroupName=staff&NewGroupName=Crew&NewPath=/ship/")
        .expect("rename");
    list_users(&lab, &alice).expect("under the new name");
    let denying = [
        statement("Allow", "iam:*", "*", ""),
        statement("Deny", "iam:ListUsers", "*", ""),
    ];
    lab.user_policy(&lab.admin, "alice", &allow("*", "*"));
    group_policy(&lab, "crew", &document(&denying.join(",")));
    refused(" with an explicit deny in an identity-based policy");
    lab.ask("Action=RemoveUserFromGroup&GroupName=crew&UserName=alice")
        .expect("remove");
    list_users(&lab, &alice).expect("the deny goes with the membership");
}

#[test]
fn a_groups_attached_policies_count_and_its_members_are_listed_in_pages() {
    let lab = Lab::new();
    lab.ask("Action=CreateGroup&GroupName=staff")
        .expect("group");
    for name in ["Carol", "alice", "Bob"] {
        lab.user(&lab.admin, name);
        lab.ask(&format!(
            "Action=AddUserToGroup&GroupName=staff&UserName={name}"
        ))
        .expect("add");
    }
    lab.ask(&format!(
        "Action=AttachGroupPolicy&GroupName=staff&PolicyArn={READ_ONLY}"
    ))
    .expect("attach");
    let alice = lab.access_key(&lab.admin, "alice");
    list_users(&lab, &alice).expect("ReadOnlyAccess by way of the group");
    let mut names = Vec::new();
    let mut marker = None;
    loop {
        let input = GetGroupRequest {
            group_name: "STAFF".to_owned(),
            marker,
            max_items: Some(2),
        };
        let page: GetGroupResponse = lab.iam(&lab.admin, "GetGroup", &input).expect("GetGroup");
        assert_eq!(page.group.group_name, "staff");
        assert!(page.group.group_id.starts_with("AGPA") && page.group.group_id.len() == 21);
        names.extend(page.users.into_iter().map(|user| user.user_name));
        marker = page.marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(names, ["alice", "Bob", "Carol"]);
    let input = ListEntitiesForPolicyRequest {
        policy_arn: READ_ONLY.to_owned(),
        ..ListEntitiesForPolicyRequest::default()
    };
    let users: ListEntitiesForPolicyResponse = lab
        .iam(&lab.admin, "ListEntitiesForPolicy", &input)
        .expect("ListEntitiesForPolicy");
    let groups = users.policy_groups.expect("groups");
    assert_eq!(groups[0].group_name.as_deref(), Some("staff"));
}

#[test]
fn what_groups_refuse() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    lab.ask("Action=CreateGroup&GroupName=staff")
        .expect("group");
    let exists = "Group with name STAFF already exists.";
    let taken = lab.ask("Action=CreateGroup&GroupName=STAFF");
    check(taken, 409, "EntityAlreadyExists", exists);
    let absent = "The group with name ghosts cannot be found.";
    for form in [
        "Action=GetGroup&GroupName=ghosts",
        "Action=AddUserToGroup&GroupName=ghosts&UserName=alice",
        "Action=RemoveUserFromGroup&GroupName=ghosts&UserName=alice",
        "Action=UpdateGroup&GroupName=ghosts&NewPath=/x/",
        "Action=DeleteGroup&GroupName=ghosts",
        "Action=ListGroupPolicies&GroupName=ghosts",
    ] {
        check(lab.ask(form), 404, "NoSuchEntity", absent);
    }
    let nobody = "The user with name nobody cannot be found.";
    let form = "Action=AddUserToGroup&GroupName=staff&UserName=nobody";
    check(lab.ask(form), 404, "NoSuchEntity", nobody);
    lab.ask("Action=AddUserToGroup&GroupName=staff&UserName=alice")
        .expect("add");
    let conflict = "Cannot delete entity, must remove users from group first.";
    for form in [
        "Action=DeleteGroup&GroupName=staff",
        "Action=DeleteUser&UserName=alice",
    ] {
        check(lab.ask(form), 409, "DeleteConflict", conflict);
    }
    for number in 1..10 {
        lab.ask(&format!("Action=CreateGroup&GroupName=g{number}"))
            .expect("group");
        lab.ask(&format!(
            "Action=AddUserToGroup&GroupName=g{number}&UserName=alice"
        ))
        .expect("add");
    }
    lab.ask("Action=CreateGroup&GroupName=eleventh")
        .expect("group");
    let quota = "Cannot exceed quota for GroupsPerUser: 10";
    let form = "Action=AddUserToGroup&GroupName=eleventh&UserName=alice";
    check(lab.ask(form), 409, "LimitExceeded", quota);
    let input = ListGroupsForUserRequest {
        user_name: "alice".to_owned(),
        ..ListGroupsForUserRequest::default()
    };
    let groups: ListGroupsForUserResponse = lab
        .iam(&lab.admin, "ListGroupsForUser", &input)
        .expect("ListGroupsForUser");
    let names: Vec<_> = groups
        .groups
        .iter()
        .map(|group| &*group.group_name)
        .collect();
    assert_eq!(
        names,
        [
            "g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "g9", "staff"
        ]
    );
}

#[test]
fn a_group_is_no_principal() {
    let lab = Lab::new();
    lab.ask("Action=CreateGroup&GroupName=staff")
        .expect("group");
    let group = format!("arn:aws:iam::{}:group/staff", lab.account);
    let trust = trust(&format!("\"{group}\""));
    let refused = lab.try_role(&lab.admin, "reader", &trust);
    let refused = refused.expect_err("not refused");
    assert_eq!(refused.code, "MalformedPolicyDocument");
}
