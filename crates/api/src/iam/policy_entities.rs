//! ListEntitiesForPolicy: the users and roles that a managed policy is attached to.

use locum_store::{Account, Change};
use locum_wire::iam::{
    ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse, PolicyRole, PolicyUser,
};

use super::page;
use super::policy::{Named, named, on_policy};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// What tells users from roles in a marker; no name holds a slash.
const USER: &str = "user/";
const ROLE: &str = "role/";

/// An entity that the policy is attached to.
enum Entity {
    User(PolicyUser),
    Role(PolicyRole),
}

/// Which entities are asked for.
struct Filter<'a> {
    arn: &'a str,
    prefix: &'a str,
    kind: Option<&'a str>,
}

impl Filter<'_> {
    fn wants(&self, kind: &str) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
    }

    fn keeps(&self, path: &str, attached: &[String]) -> bool {
        path.starts_with(self.prefix) && attached.iter().any(|held| held == self.arn)
    }
}

/// The entities after the marker: users by name, then roles by name. There are no groups here.
fn entities<'a>(
    account: &'a Account,
    filter: &'a Filter<'a>,
    after: &str,
) -> impl Iterator<Item = (String, Entity)> + use<'a> {
    let counts = account.attachment_count(filter.arn);
    let in_roles = after.strip_prefix(ROLE);
    let from = after.strip_prefix(USER).unwrap_or_default();
    let users = (filter.wants("User") && counts.users > 0 && in_roles.is_none())
        .then(|| account.users().after(from));
    let roles = (filter.wants("Role") && counts.roles > 0)
        .then(|| account.roles().after(in_roles.unwrap_or_default()));
    let users = users
        .into_iter()
        .flatten()
        .filter(|user| filter.keeps(&user.path, &user.attached));
    let roles = roles
        .into_iter()
        .flatten()
        .filter(|role| filter.keeps(&role.path, &role.attached));
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
    users.chain(roles)
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
    };
    // No entity has a permissions boundary, so no policy is used as one.
    let rest = entities(account, &filter, &after).filter(|_| usage != "PermissionsBoundary");
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |(key, _)| key,
        |(_, entity)| Ok(entity),
    )?;
    let (mut users, mut roles) = (Vec::new(), Vec::new());
    for entity in page.items {
        match entity {
            Entity::User(user) => users.push(user),
            Entity::Role(role) => roles.push(role),
        }
    }
    let output = ListEntitiesForPolicyResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        policy_groups: Some(Vec::new()),
        policy_roles: Some(roles),
        policy_users: Some(users),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[answering!(Iam "iam" "ListEntitiesForPolicy" Read,
        |cx, _, caller, input| on_policy(cx, caller, &input.policy_arn), list_entities_for_policy)];
