//! GetAccountAuthorizationDetails: users, groups, roles and policies of an account, page by page.

use std::cell::Cell;

use locum_store::{Account, Change, Group, InlinePolicy, ManagedPolicy, Role, User};
use locum_wire::Timestamp;
use locum_wire::iam::{
    self, AttachedPolicy, GetAccountAuthorizationDetailsRequest,
    GetAccountAuthorizationDetailsResponse, GroupDetail, ManagedPolicyDetail, PolicyDetail,
    PolicyVersion, RoleDetail, UserDetail,
};

use super::attachment::path_and_name;
use super::{boundary, instance_profile, names, page, policy, role};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::documents;
use crate::entities;
use crate::error::ApiError;
use crate::limits;
use crate::managed::{self, ManagedEntry};
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// What a page is made of, in the order of the lists.
enum Item<'a> {
    User(&'a User),
    Group(&'a Group),
    Role(&'a Role),
    Policy(&'a ManagedPolicy),
    Aws(&'static ManagedEntry),
}

/// The same as the answer shows it.
enum Shown {
    User(UserDetail),
    Group(GroupDetail),
    Role(RoleDetail),
    Policy(ManagedPolicyDetail),
}

/// The types in the order in which pages go through them, by the name that filters use.
const TYPES: [&str; 5] = [
    "User",
    "Group",
    "Role",
    "LocalManagedPolicy",
    "AWSManagedPolicy",
];

/// An item and what a marker remembers of it: the number of its type, and its name.
type Keyed<'a> = (String, Item<'a>);

/// Where a page begins: the type, and the name after which.
struct Start {
    at: usize,
    name: String,
}

impl Start {
    fn read(after: &str) -> Start {
        let parts = after.split_once(' ');
        let parts = parts.and_then(|(at, name)| Some((at.parse().ok()?, name.to_owned())));
        let (at, name) = parts.unwrap_or_default();
        Start { at, name }
    }

    /// The name after which entities of this type begin; `None` when it is over.
    fn after(&self, kind: usize) -> Option<&str> {
        match kind.cmp(&self.at) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => Some(&self.name),
            std::cmp::Ordering::Greater => Some(""),
        }
    }
}

/// Everything from the start on that the filter lets through; nothing before it is looked at.
fn items<'a>(
    account: &'a Account,
    partition: &'a str,
    wanted: [bool; 5],
    start: &Start,
) -> impl Iterator<Item = Keyed<'a>> + use<'a> {
    let from = |kind: usize| {
        let asked = wanted.get(kind).copied().unwrap_or_default();
        start.after(kind).filter(|_| asked).map(str::to_owned)
    };
    let users = from(0).into_iter();
    let users = users.flat_map(move |after| account.users().after(&after));
    let users = users.map(|held| (format!("0 {}", held.name), Item::User(held)));
    let groups = from(1).into_iter();
    let groups = groups.flat_map(move |after| account.groups().after(&after));
    let groups = groups.map(|held| (format!("1 {}", held.name), Item::Group(held)));
    let roles = from(2).into_iter();
    let roles = roles.flat_map(move |after| account.roles().after(&after));
    let roles = roles.map(|held| (format!("2 {}", held.name), Item::Role(held)));
    let own = from(3).into_iter();
    let own = own.flat_map(move |after| account.policies().after(&after));
    let own = own.map(|held| (format!("3 {}", held.name), Item::Policy(held)));
    let aws = from(4).into_iter();
    let aws = aws.flat_map(move |after| in_use(account, partition, after.to_ascii_lowercase()));
    let aws = aws.map(|held| (format!("4 {}", held.name), Item::Aws(held)));
    users.chain(groups).chain(roles).chain(own).chain(aws)
}

/// AWS's policies that are attached to something or are somebody's boundary.
fn in_use<'a>(
    account: &'a Account,
    partition: &'a str,
    after: String,
) -> impl Iterator<Item = &'static ManagedEntry> + use<'a> {
    let rest = managed::all().iter();
    let rest = rest.skip_while(move |entry| entry.name.to_ascii_lowercase() <= after);
    rest.filter(move |entry| {
        let count = account.attachment_count(&entry.arn(partition));
        count.total() > 0 || count.boundaries > 0
    })
}

/// Shows items and counts the characters of their documents.
struct Shower<'a> {
    cx: &'a Cx<'a>,
    state: &'a Snapshot,
    account: &'a Account,
    characters: Cell<usize>,
}

impl Shower<'_> {
    fn counted(&self, text: String) -> String {
        self.characters
            .set(self.characters.get().saturating_add(text.len()));
        text
    }

    fn inline(&self, policies: &[InlinePolicy]) -> Option<Vec<PolicyDetail>> {
        let policies = policies.iter().map(|held| PolicyDetail {
            policy_document: Some(self.counted(documents::encoded(held.policy.text()))),
            policy_name: Some(held.name.clone()),
        });
        Some(policies.collect())
    }

    fn show(&self, item: Item<'_>) -> Result<Shown, ApiError> {
        Ok(match item {
            Item::User(user) => Shown::User(self.user(user)),
            Item::Group(group) => Shown::Group(GroupDetail {
                arn: Some(self.arn("group", &group.path, &group.name)),
                attached_managed_policies: attached(&group.attached),
                create_date: Some(Timestamp(group.created_s)),
                group_id: Some(group.id.clone()),
                group_name: Some(group.name.clone()),
                group_policy_list: self.inline(&group.inline),
                path: Some(group.path.clone()),
            }),
            Item::Role(role) => Shown::Role(self.role(role)?),
            Item::Policy(policy) => Shown::Policy(self.policy(policy)),
            Item::Aws(entry) => Shown::Policy(self.aws(entry)),
        })
    }

    fn arn(&self, kind: &str, path: &str, name: &str) -> String {
        entities::arn(self.cx, self.account.id, kind, path, name)
    }

    fn user(&self, user: &User) -> UserDetail {
        let groups = user.groups.iter();
        let groups = groups.filter_map(|id| self.account.group_by_id(id));
        UserDetail {
            arn: Some(self.arn("user", &user.path, &user.name)),
            attached_managed_policies: attached(&user.attached),
            create_date: Some(Timestamp(user.created_s)),
            group_list: Some(groups.map(|group| group.name.clone()).collect()),
            path: Some(user.path.clone()),
            permissions_boundary: boundary::shown(user.boundary.as_deref()),
            tags: Some(names::shown_tags(&user.tags)),
            user_id: Some(user.id.clone()),
            user_name: Some(user.name.clone()),
            user_policy_list: self.inline(&user.inline),
        }
    }

    fn role(&self, role: &Role) -> Result<RoleDetail, ApiError> {
        let (cx, state, account) = (self.cx, self.state, self.account);
        let trust = documents::shown_trust(cx, state, &role.trust)?;
        let profiles = account.instance_profiles_of(&role.id).into_iter();
        let profiles =
            profiles.map(|profile| instance_profile::listed(cx, state, account, profile));
        Ok(RoleDetail {
            arn: Some(self.arn("role", &role.path, &role.name)),
            assume_role_policy_document: Some(self.counted(trust)),
            attached_managed_policies: attached(&role.attached),
            create_date: Some(Timestamp(role.created_s)),
            instance_profile_list: Some(profiles.collect::<Result<_, _>>()?),
            path: Some(role.path.clone()),
            permissions_boundary: boundary::shown(role.boundary.as_deref()),
            role_id: Some(role.id.clone()),
            role_last_used: Some(role::last_used(cx, account, role)),
            role_name: Some(role.name.clone()),
            role_policy_list: self.inline(&role.inline),
            tags: Some(names::shown_tags(&role.tags)),
        })
    }

    fn policy(&self, policy: &ManagedPolicy) -> ManagedPolicyDetail {
        let versions = policy.versions.iter().rev().map(|version| PolicyVersion {
            create_date: Some(Timestamp(version.created_s)),
            document: Some(self.counted(documents::encoded(version.text.text()))),
            is_default_version: Some(version.number == policy.default_version),
            version_id: Some(format!("v{}", version.number)),
        });
        let versions = versions.collect();
        let listed = policy::listed(self.cx, self.account, policy);
        detail(listed, policy.description.clone(), versions)
    }

    /// Of AWS's policies only the version in force is built in.
    fn aws(&self, entry: &ManagedEntry) -> ManagedPolicyDetail {
        let version = PolicyVersion {
            create_date: Some(Timestamp(entry.updated_s)),
            document: Some(self.counted(documents::encoded(&entry.text()))),
            is_default_version: Some(true),
            version_id: Some(format!("v{}", entry.version)),
        };
        let listed = policy::listed_aws(self.cx, self.account, entry);
        detail(listed, entry.description.map(str::to_owned), vec![version])
    }
}

fn attached(arns: &[String]) -> Option<Vec<AttachedPolicy>> {
    let arns = arns.iter().map(|arn| AttachedPolicy {
        policy_arn: Some(arn.clone()),
        policy_name: Some(path_and_name(arn).1.to_owned()),
    });
    Some(arns.collect())
}

fn detail(
    policy: iam::Policy,
    description: Option<String>,
    versions: Vec<PolicyVersion>,
) -> ManagedPolicyDetail {
    ManagedPolicyDetail {
        arn: policy.arn,
        attachment_count: policy.attachment_count,
        create_date: policy.create_date,
        default_version_id: policy.default_version_id,
        description,
        is_attachable: policy.is_attachable,
        path: policy.path,
        permissions_boundary_usage_count: policy.permissions_boundary_usage_count,
        policy_id: policy.policy_id,
        policy_name: policy.policy_name,
        policy_version_list: Some(versions),
        update_date: policy.update_date,
    }
}

fn get_account_authorization_details(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetAccountAuthorizationDetailsRequest,
) -> Result<(GetAccountAuthorizationDetailsResponse, Change), ApiError> {
    let account = &*caller.account;
    let filter = input.filter.unwrap_or_default();
    let wanted = TYPES.map(|kind| filter.is_empty() || filter.iter().any(|asked| asked == kind));
    let binding = format!("GetAccountAuthorizationDetails {} {wanted:?}", account.id);
    let start = Start::read(&page::after(&binding, input.marker.as_deref())?);
    let shower = Shower {
        cx,
        state,
        account,
        characters: Cell::new(0),
    };
    let page = page::take_until(
        &binding,
        items(account, &cx.settings.partition, wanted, &start),
        input.max_items,
        |(key, _): &Keyed<'_>| key,
        |(_, item)| shower.show(item),
        || shower.characters.get() >= limits::DETAILS_PAGE_CHARACTERS_MAX,
    )?;
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    let (mut roles, mut policies) = (Vec::new(), Vec::new());
    for shown in page.items {
        match shown {
            Shown::User(user) => users.push(user),
            Shown::Group(group) => groups.push(group),
            Shown::Role(role) => roles.push(role),
            Shown::Policy(policy) => policies.push(policy),
        }
    }
    let output = GetAccountAuthorizationDetailsResponse {
        group_detail_list: Some(groups),
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        policies: Some(policies),
        role_detail_list: Some(roles),
        user_detail_list: Some(users),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "GetAccountAuthorizationDetails" Read, names::everywhere,
        get_account_authorization_details),
];
