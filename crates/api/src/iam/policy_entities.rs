//! ListEntitiesForPolicy: who has a managed policy attached, or as its permissions boundary.

use locum_store::{Account, Change};
use locum_wire::iam::{
    ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse, PolicyGroup, PolicyRole,
    PolicyUser,
};

use super::page;
use super::policy::{Named, named, on_policy};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// What tells the kinds apart in a marker; no name holds a slash. Groups come first, then users, then
/// roles.
const GROUP: &str = "group/";
const USER: &str = "user/";
const ROLE: &str = "role/";

/// An entity that uses the policy.
enum Entity {
    Group(PolicyGroup),
    User(PolicyUser),
    Role(PolicyRole),
}

/// Which entities are asked for.
struct Filter<'a> {
    arn: &'a str,
    prefix: &'a str,
    kind: Option<&'a str>,
    /// `PermissionsPolicy`, `PermissionsBoundary`, or both when empty.
    usage: &'a str,
}

impl Filter<'_> {
    fn wants(&self, kind: &str) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
    }

    fn keeps(&self, path: &str, attached: &[String], boundary: Option<&str>) -> bool {
        let attached =
            self.usage != "PermissionsBoundary" && attached.iter().any(|held| held == self.arn);
        let bounds = self.usage != "PermissionsPolicy" && boundary == Some(self.arn);
        path.starts_with(self.prefix) && (attached || bounds)
    }
}

/// The entities after the marker, each kind by name.
fn entities<'a>(
    account: &'a Account,
    filter: &'a Filter<'a>,
    after: &str,
) -> impl Iterator<Item = (String, Entity)> + use<'a> {
    let counts = account.attachment_count(filter.arn);
    let in_roles = after.strip_prefix(ROLE);
    let in_users = after.strip_prefix(USER);
    let in_groups = after.strip_prefix(GROUP).unwrap_or_default();
    let bounds = counts.boundaries > 0;
    let groups = (filter.wants("Group") && counts.groups > 0 && in_users.or(in_roles).is_none())
        .then(|| account.groups().after(in_groups));
    let users = (filter.wants("User") && (counts.users > 0 || bounds) && in_roles.is_none())
        .then(|| account.users().after(in_users.unwrap_or_default()));
    let roles = (filter.wants("Role") && (counts.roles > 0 || bounds))
        .then(|| account.roles().after(in_roles.unwrap_or_default()));
    let groups = groups
        .into_iter()
        .flatten()
        .filter(|group| filter.keeps(&group.path, &group.attached, None));
    let users = users
        .into_iter()
        .flatten()
        .filter(|user| filter.keeps(&user.path, &user.attached, user.boundary.as_deref()));
    let roles = roles
        .into_iter()
        .flatten()
        .filter(|role| filter.keeps(&role.path, &role.attached, role.boundary.as_deref()));
    let groups = groups.map(|group| {
        let shown = PolicyGroup {
            group_id: Some(group.id.clone()),
            group_name: Some(group.name.clone()),
        };
        (format!("{GROUP}{}", group.name), Entity::Group(shown))
    });
    let users = users.map(|user| {
        let shown = PolicyUser {
            user_id: Some(user.id.clone()),
            user_name: Some(user.name.clone()),
        };
        (format!("{USER}{}", user.name), Entity::User(shown))
    });
    let roles = roles.map(|role| {
        let shown = PolicyRole {
            role_id: Some(role.id.clone()),
            role_name: Some(role.name.clone()),
        };
        (format!("{ROLE}{}", role.name), Entity::Role(shown))
    });
    groups.chain(users).chain(roles)
}

fn list_entities_for_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListEntitiesForPolicyRequest,
) -> Result<(ListEntitiesForPolicyResponse, Change), ApiError> {
    let (account, arn) = (&caller.account, input.policy_arn.as_str());
    if matches!(named(caller, arn), Named::Nothing) {
        return Err(ApiError::NoSuchEntity(format!(
            "Policy {arn} does not exist or is not attachable."
        )));
    }
    let prefix = input.path_prefix.unwrap_or_default();
    let usage = input.policy_usage_filter.unwrap_or_default();
    let kind = input.entity_filter.as_deref();
    let asked = kind.unwrap_or_default();
    let binding = format!(
        "ListEntitiesForPolicy {} {arn} {prefix} {usage} {asked}",
        account.id
    );
    let after = page::after(&binding, input.marker.as_deref())?;
    let filter = Filter {
        arn,
        prefix: &prefix,
        kind,
        usage: &usage,
    };
    let page = page::take(
        &binding,
        entities(account, &filter, &after),
        input.max_items,
        |(key, _)| key,
        |(_, entity)| Ok(entity),
    )?;
    let (mut groups, mut users, mut roles) = (Vec::new(), Vec::new(), Vec::new());
    for entity in page.items {
        match entity {
            Entity::Group(group) => groups.push(group),
            Entity::User(user) => users.push(user),
            Entity::Role(role) => roles.push(role),
        }
    }
    let output = ListEntitiesForPolicyResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        policy_groups: Some(groups),
        policy_roles: Some(roles),
        policy_users: Some(users),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[answering!(Iam "iam" "ListEntitiesForPolicy" Read,
        |cx, _, caller, input| on_policy(cx, caller, &input.policy_arn), list_entities_for_policy)];
