//! ListPolicies, ListEntitiesForPolicy and GetAccountSummary: filters, pages, markers, counts.

use locum_wire::iam::{
    CreatePolicyRequest, GetAccountSummaryResponse, ListEntitiesForPolicyRequest,
    ListEntitiesForPolicyResponse, ListPoliciesRequest, ListPoliciesResponse,
};
use locum_wire::{Empty, Service};

use crate::common::{Lab, check, success, trust};

use crate::policies::{AWS_POLICY, arn_of, create, named};
use crate::policy_versions::version;

fn list(lab: &Lab, input: ListPoliciesRequest) -> ListPoliciesResponse {
    lab.iam(&lab.admin, "ListPolicies", &input)
        .expect("ListPolicies")
}

fn all(lab: &Lab, input: &ListPoliciesRequest) -> Vec<String> {
    let mut arns = Vec::new();
    let mut marker = None;
    loop {
        let page = list(
            lab,
            ListPoliciesRequest {
                marker,
                ..input.clone()
            },
        );
        let policies = page.policies.expect("policies");
        assert!(policies.len() <= input.max_items.unwrap_or(100) as usize);
        arns.extend(
            policies
                .into_iter()
                .map(|policy| policy.arn.expect("an ARN")),
        );
        assert_eq!(page.is_truncated, Some(page.marker.is_some()));
        marker = page.marker;
        if marker.is_none() {
            return arns;
        }
    }
}

#[test]
fn lists_are_sorted_complete_and_without_repeats_whatever_the_page_size() {
    let lab = Lab::new();
    for name in [
        "Zebra",
        "adminAccess",
        "AdministratorAccess",
        "a",
        "A-b",
        "a_b",
        "a=b",
    ] {
        create(&lab, named(name)).expect("CreatePolicy");
    }
    let whole = all(
        &lab,
        &ListPoliciesRequest {
            max_items: Some(1_000),
            ..ListPoliciesRequest::default()
        },
    );
    assert_eq!(whole.len(), 1_582 + 7);
    for size in [1, 2, 3, 99] {
        let scope = Some(if size == 99 { "All" } else { "Local" }.to_owned());
        let input = ListPoliciesRequest {
            scope,
            max_items: Some(size),
            ..ListPoliciesRequest::default()
        };
        let expected: Vec<&String> = whole
            .iter()
            .filter(|arn| size == 99 || arn.contains(&lab.account))
            .collect();
        assert_eq!(
            all(&lab, &input).iter().collect::<Vec<_>>(),
            expected,
            "{size}"
        );
    }
    let name = |arn: &str| {
        arn.rsplit('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    assert!(whole.iter().map(|arn| name(arn)).is_sorted());
    let twin = arn_of(&lab, "/AdministratorAccess");
    let at = whole
        .iter()
        .position(|arn| *arn == twin)
        .expect("the account's own");
    assert_eq!(whole[at + 1], "arn:aws:iam::aws:policy/AdministratorAccess");
    // The page may end between the two.
    let input = ListPoliciesRequest {
        max_items: Some(i32::try_from(at + 1).expect("small")),
        ..ListPoliciesRequest::default()
    };
    assert_eq!(all(&lab, &input), whole);
}

#[test]
fn lists_are_filtered_as_asked() {
    let lab = Lab::new();
    create(&lab, named("Own")).expect("CreatePolicy");
    create(
        &lab,
        CreatePolicyRequest {
            path: Some("/team/".to_owned()),
            ..named("Team")
        },
    )
    .expect("CreatePolicy");
    lab.user(&lab.admin, "alice");
    for arn in [arn_of(&lab, "/team/Team"), AWS_POLICY.to_owned()] {
        lab.ask(&format!(
            "Action=AttachUserPolicy&UserName=alice&PolicyArn={arn}"
        ))
        .expect("attach");
    }
    let scope = |scope: &str| ListPoliciesRequest {
        scope: Some(scope.to_owned()),
        ..ListPoliciesRequest::default()
    };
    let (team, admin) = (
        arn_of(&lab, "/team/Team"),
        "arn:aws:iam::aws:policy/AdministratorAccess".to_owned(),
    );
    assert_eq!(
        all(&lab, &scope("Local")),
        [arn_of(&lab, "/Own"), team.clone()]
    );
    assert_eq!(all(&lab, &scope("AWS")).len(), 1_582);
    let attached = ListPoliciesRequest {
        only_attached: Some(true),
        ..ListPoliciesRequest::default()
    };
    assert_eq!(
        all(&lab, &attached),
        [admin, team.clone(), AWS_POLICY.to_owned()]
    );
    let attached = ListPoliciesRequest {
        only_attached: Some(true),
        ..scope("Local")
    };
    assert_eq!(all(&lab, &attached), std::slice::from_ref(&team));
    let prefix = ListPoliciesRequest {
        path_prefix: Some("/team/".to_owned()),
        ..ListPoliciesRequest::default()
    };
    assert_eq!(all(&lab, &prefix), [team]);
    let boundaries = ListPoliciesRequest {
        policy_usage_filter: Some("PermissionsBoundary".to_owned()),
        ..scope("All")
    };
    assert!(all(&lab, &boundaries).is_empty());
    check(
        lab.ask("Action=ListPolicies&Scope=Everything"),
        400,
        "ValidationError",
        "1 validation error detected: Value at 'scope' failed to satisfy constraint: Member must satisfy enum value set",
    );
}

#[test]
fn a_marker_is_good_for_its_own_list_only() {
    let lab = Lab::new();
    let first = list(
        &lab,
        ListPoliciesRequest {
            max_items: Some(1),
            ..ListPoliciesRequest::default()
        },
    );
    let marker = first.marker.expect("a marker");
    for form in [
        format!("Action=ListPolicies&Scope=AWS&Marker={marker}"),
        format!("Action=ListPolicies&PathPrefix=/team/&Marker={marker}"),
        format!("Action=ListUsers&Marker={marker}"),
        "Action=ListPolicies&Marker=abc".to_owned(),
        format!("Action=ListPolicies&Marker=A{marker}"),
    ] {
        check(lab.ask(&form), 400, "ValidationError", "Invalid Marker.");
    }
    let other = lab.other("other");
    let answer = lab.form(
        &other.root,
        Service::Iam,
        &format!("Action=ListPolicies&Marker={marker}"),
    );
    check(
        success(Service::Iam, &answer),
        400,
        "ValidationError",
        "Invalid Marker.",
    );
}

fn entities(lab: &Lab, input: ListEntitiesForPolicyRequest) -> ListEntitiesForPolicyResponse {
    lab.iam(&lab.admin, "ListEntitiesForPolicy", &input)
        .expect("ListEntitiesForPolicy")
}

/// A policy attached to two of three users and two of three roles: the request that lists them.
fn attached(lab: &Lab) -> ListEntitiesForPolicyRequest {
    let made = create(lab, named("Notes")).expect("CreatePolicy");
    let arn = made.arn.expect("an ARN");
    let everybody = trust(&format!("\"{}\"", lab.account));
    for name in ["one", "two", "three"] {
        lab.user(&lab.admin, name);
        lab.role(&lab.admin, name, &everybody);
        for kind in ["User", "Role"] {
            let form = format!("Action=Attach{kind}Policy&{kind}Name={name}&PolicyArn={arn}");
            if name != "three" {
                lab.ask(&form).expect("attach");
            }
        }
    }
    ListEntitiesForPolicyRequest {
        policy_arn: arn,
        ..ListEntitiesForPolicyRequest::default()
    }
}

/// What [`attached`] attaches to.
const HOLDERS: [&str; 4] = ["user one", "user two", "role one", "role two"];

fn names(output: &ListEntitiesForPolicyResponse) -> Vec<String> {
    assert_eq!(output.policy_groups, Some(vec![]));
    let users = output.policy_users.iter().flatten().map(|user| {
        let id = user.user_id.as_deref().unwrap_or_default();
        assert!(id.starts_with("AIDA"), "{id}");
        format!("user {}", user.user_name.as_deref().unwrap_or_default())
    });
    let roles = output.policy_roles.iter().flatten().map(|role| {
        let id = role.role_id.as_deref().unwrap_or_default();
        assert!(id.starts_with("AROA"), "{id}");
        format!("role {}", role.role_name.as_deref().unwrap_or_default())
    });
    users.chain(roles).collect()
}

#[test]
fn entities_of_a_policy_are_filtered() {
    let lab = Lab::new();
    let asked = attached(&lab);
    let filtered = |filter: &str| ListEntitiesForPolicyRequest {
        entity_filter: Some(filter.to_owned()),
        ..asked.clone()
    };
    assert_eq!(names(&entities(&lab, asked.clone())), HOLDERS);
    assert_eq!(names(&entities(&lab, filtered("User"))), HOLDERS[..2]);
    assert_eq!(names(&entities(&lab, filtered("Role"))), HOLDERS[2..]);
    for filter in ["Group", "LocalManagedPolicy", "AWSManagedPolicy"] {
        let found = names(&entities(&lab, filtered(filter)));
        assert!(found.is_empty(), "{filter}");
    }
    let boundaries = ListEntitiesForPolicyRequest {
        policy_usage_filter: Some("PermissionsBoundary".to_owned()),
        ..asked.clone()
    };
    assert!(names(&entities(&lab, boundaries)).is_empty());
    let elsewhere = ListEntitiesForPolicyRequest {
        path_prefix: Some("/team/".to_owned()),
        ..asked.clone()
    };
    assert!(names(&entities(&lab, elsewhere)).is_empty());
}

#[test]
fn entities_of_a_policy_come_in_pages() {
    let lab = Lab::new();
    let asked = attached(&lab);
    for size in 1..5 {
        let (mut marker, mut seen) = (None, Vec::new());
        loop {
            let input = ListEntitiesForPolicyRequest {
                marker,
                max_items: Some(size),
                ..asked.clone()
            };
            let page = entities(&lab, input);
            seen.extend(names(&page));
            assert_eq!(page.is_truncated, Some(page.marker.is_some()));
            marker = page.marker;
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(seen, HOLDERS, "{size}");
    }
}

#[test]
fn the_account_summary_counts_what_is_there() {
    let lab = Lab::new();
    let summary = || -> Vec<(String, i32)> {
        let output: GetAccountSummaryResponse = lab
            .iam(&lab.admin, "GetAccountSummary", &Empty {})
            .expect("GetAccountSummary");
        output.summary_map.expect("a map")
    };
    let value = |key: &str| {
        summary()
            .into_iter()
            .find(|(held, _)| held == key)
            .map(|(_, value)| value)
    };
    assert_eq!(summary().len(), 34);
    for (key, count) in [
        ("Users", 1),
        ("Roles", 0),
        ("Policies", 0),
        ("PolicyVersionsInUse", 0),
        ("AccountAccessKeysPresent", 0),
        ("Groups", 0),
    ] {
        assert_eq!(value(key), Some(count), "{key}");
    }
    let arn = create(&lab, named("Notes"))
        .expect("CreatePolicy")
        .arn
        .expect("an ARN");
    version(&lab, &arn, None).expect("v2");
    lab.user(&lab.admin, "alice");
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    for (key, count) in [
        ("Users", 2),
        ("Roles", 1),
        ("Policies", 1),
        ("PolicyVersionsInUse", 2),
        ("VersionsPerPolicyQuota", 5),
        ("PolicySizeQuota", 6_144),
        ("AccessKeysPerUserQuota", 2),
    ] {
        assert_eq!(value(key), Some(count), "{key}");
    }
    let other = lab.other("other");
    let output: GetAccountSummaryResponse = lab
        .iam(&other.root, "GetAccountSummary", &Empty {})
        .expect("GetAccountSummary");
    let map = output.summary_map.expect("a map");
    for expected in [("AccountAccessKeysPresent", 1), ("Users", 0), ("Roles", 1)] {
        assert!(
            map.contains(&(expected.0.to_owned(), expected.1)),
            "{expected:?}"
        );
    }
}
