//! GetAccountAuthorizationDetails: everything once, whatever the pages, and only what is filtered for.

use locum_wire::iam::{
    GetAccountAuthorizationDetailsRequest, GetAccountAuthorizationDetailsResponse,
};

use crate::common::{Lab, Refused, check};
use crate::operation_cases::{DOCUMENT, TRUST};

pub(crate) type Details = GetAccountAuthorizationDetailsResponse;

/// A world with two users, a group, two roles, an instance profile and two policies.
pub(crate) fn stage() -> Lab {
    let lab = Lab::new();
    let trust = TRUST.replace("{account}", &lab.account);
    let own = format!("arn:aws:iam::{}:policy/team/Notes", lab.account);
    for form in [
        "CreateUser&UserName=alice&Path=/team/&Tags.member.1.Key=a&Tags.member.1.Value=b".to_owned(),
        "CreateUser&UserName=Bob".to_owned(),
        "CreateGroup&GroupName=staff".to_owned(),
        "AddUserToGroup&GroupName=staff&UserName=alice".to_owned(),
        format!("PutGroupPolicy&GroupName=staff&PolicyName=g&PolicyDocument={DOCUMENT}"),
        format!("PutUserPolicy&UserName=alice&PolicyName=u&PolicyDocument={DOCUMENT}"),
        format!("CreateRole&RoleName=reader&AssumeRolePolicyDocument={trust}"),
        format!("CreateRole&RoleName=writer&AssumeRolePolicyDocument={trust}"),
        format!("PutRolePolicy&RoleName=reader&PolicyName=r&PolicyDocument={DOCUMENT}"),
        "CreateInstanceProfile&InstanceProfileName=web".to_owned(),
        "AddRoleToInstanceProfile&InstanceProfileName=web&RoleName=reader".to_owned(),
        format!("CreatePolicy&PolicyName=Notes&Path=/team/&Description=text&PolicyDocument={DOCUMENT}"),
        format!("CreatePolicyVersion&PolicyArn={own}&PolicyDocument={DOCUMENT}"),
        format!("CreatePolicy&PolicyName=Idle&PolicyDocument={DOCUMENT}"),
        format!("AttachRolePolicy&RoleName=reader&PolicyArn={own}"),
        "AttachUserPolicy&UserName=alice&PolicyArn=arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned(),
        "PutRolePermissionsBoundary&RoleName=writer&PermissionsBoundary=arn:aws:iam::aws:policy/PowerUserAccess".to_owned(),
    ] {
        lab.ask(&format!("Action={form}")).expect(&form);
    }
    lab
}

pub(crate) fn ask(
    lab: &Lab,
    filter: &[&str],
    max_items: Option<i32>,
    marker: Option<String>,
) -> Result<Details, Refused> {
    let filter: Vec<String> = filter.iter().map(|kind| (*kind).to_owned()).collect();
    let input = GetAccountAuthorizationDetailsRequest {
        filter: (!filter.is_empty()).then_some(filter),
        max_items,
        marker,
    };
    lab.iam(&lab.admin, "GetAccountAuthorizationDetails", &input)
}

/// The names on a page: users, groups, roles, policies.
fn names(page: &Details) -> [Vec<String>; 4] {
    let users = page.user_detail_list.iter().flatten();
    let groups = page.group_detail_list.iter().flatten();
    let roles = page.role_detail_list.iter().flatten();
    let policies = page.policies.iter().flatten();
    [
        users.filter_map(|held| held.user_name.clone()).collect(),
        groups.filter_map(|held| held.group_name.clone()).collect(),
        roles.filter_map(|held| held.role_name.clone()).collect(),
        policies
            .filter_map(|held| held.policy_name.clone())
            .collect(),
    ]
}

#[test]
fn everything_is_told_once_whatever_the_pages() {
    let lab = stage();
    let whole = ask(&lab, &[], None, None).expect("one page");
    assert_eq!(whole.is_truncated, Some(false));
    let expected = [
        vec!["admin", "alice", "Bob"],
        vec!["staff"],
        vec!["reader", "writer"],
        vec![
            "Idle",
            "Notes",
            "AdministratorAccess",
            "PowerUserAccess",
            "ReadOnlyAccess",
        ],
    ];
    assert_eq!(names(&whole), expected);
    for size in [1, 2, 3, 10] {
        let mut gathered: [Vec<String>; 4] = Default::default();
        let mut marker = None;
        loop {
            let page = ask(&lab, &[], Some(size), marker).expect("a page");
            let told = names(&page);
            let count: usize = told.iter().map(Vec::len).sum();
            assert!(count <= size as usize, "{told:?}");
            for (all, some) in gathered.iter_mut().zip(told) {
                all.extend(some);
            }
            assert_eq!(page.is_truncated, Some(page.marker.is_some()));
            marker = page.marker;
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(gathered, expected, "pages of {size}");
    }
}

#[test]
fn filters_choose_types_and_bind_markers() {
    let lab = stage();
    let none = Vec::<String>::new();
    for (filter, expected) in [
        (
            "User",
            [vec!["admin", "alice", "Bob"], vec![], vec![], vec![]],
        ),
        ("Group", [vec![], vec!["staff"], vec![], vec![]]),
        ("Role", [vec![], vec![], vec!["reader", "writer"], vec![]]),
        (
            "LocalManagedPolicy",
            [vec![], vec![], vec![], vec!["Idle", "Notes"]],
        ),
        (
            "AWSManagedPolicy",
            [
                vec![],
                vec![],
                vec![],
                vec!["AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess"],
            ],
        ),
    ] {
        let page = ask(&lab, &[filter], None, None).expect(filter);
        assert_eq!(names(&page), expected, "{filter}");
    }
    let both = ask(&lab, &["Role", "Group"], Some(1), None).expect("two types");
    assert_eq!(
        names(&both),
        [none.clone(), vec!["staff".to_owned()], none.clone(), none]
    );
    let other = ask(&lab, &["Role"], Some(1), both.marker);
    check(other, 400, "ValidationError", "Invalid Marker.");
    let refused = ask(&lab, &["Everything"], None, None).expect_err("no type");
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (400, "ValidationError")
    );
}

#[test]
fn entities_come_with_all_that_belongs_to_them() {
    let lab = stage();
    let whole = ask(&lab, &[], None, None).expect("one page");
    let users = whole.user_detail_list.expect("users");
    let alice = &users[1];
    assert_eq!(alice.group_list, Some(vec!["staff".to_owned()]));
    assert_eq!(alice.tags.as_ref().map(Vec::len), Some(1));
    let inline = alice.user_policy_list.as_ref().expect("policies");
    assert_eq!(inline[0].policy_name.as_deref(), Some("u"));
    assert_eq!(inline[0].policy_document.as_deref(), Some(DOCUMENT));
    let attached = alice.attached_managed_policies.as_ref().expect("attached");
    assert_eq!(attached[0].policy_name.as_deref(), Some("ReadOnlyAccess"));
    assert_eq!(users[2].user_policy_list.as_ref().map(Vec::len), Some(0));
    let roles = whole.role_detail_list.expect("roles");
    let profiles = roles[0].instance_profile_list.as_ref().expect("profiles");
    assert_eq!(profiles[0].instance_profile_name, "web");
    let trust = roles[0].assume_role_policy_document.as_deref();
    assert!(trust.expect("trust").contains("sts%3AAssumeRole"));
    let boundary = roles[1].permissions_boundary.as_ref().expect("a boundary");
    let arn = "arn:aws:iam::aws:policy/PowerUserAccess";
    assert_eq!(boundary.permissions_boundary_arn.as_deref(), Some(arn));
    let policies = whole.policies.expect("policies");
    let notes = &policies[1];
    assert_eq!(notes.description.as_deref(), Some("text"));
    assert_eq!(
        (
            notes.attachment_count,
            notes.permissions_boundary_usage_count
        ),
        (Some(1), Some(0))
    );
    let versions = notes.policy_version_list.as_ref().expect("versions");
    let told: Vec<_> = versions
        .iter()
        .map(|version| (version.version_id.as_deref(), version.is_default_version))
        .collect();
    assert_eq!(told, [(Some("v2"), Some(false)), (Some("v1"), Some(true))]);
    assert_eq!(versions[1].document.as_deref(), Some(DOCUMENT));
    let limit = &policies[3];
    assert_eq!(
        (
            limit.attachment_count,
            limit.permissions_boundary_usage_count
        ),
        (Some(0), Some(1))
    );
}

#[test]
fn a_page_ends_when_its_documents_are_long() {
    let lab = Lab::new();
    let long = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"*"}}]{}}}"#,
        " ".repeat(120_000)
    );
    let long: String = long.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for number in 0..20 {
        let form = format!("Action=CreatePolicy&PolicyName=p{number:02}&PolicyDocument={long}");
        lab.ask(&form).expect("a long policy");
    }
    let page = ask(&lab, &["LocalManagedPolicy"], Some(1_000), None).expect("a page");
    let first = page.policies.expect("policies").len();
    // 120,000 spaces are 360,000 characters when they are encoded.
    assert_eq!((first, page.is_truncated), (3, Some(true)));
    let page = ask(&lab, &["LocalManagedPolicy"], Some(1_000), page.marker).expect("the next page");
    let rest = page.policies.expect("policies").len();
    assert_eq!((rest, page.is_truncated), (3, Some(true)));
}
