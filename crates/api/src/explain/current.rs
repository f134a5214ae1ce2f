//! A case as it would be decided now: the same request, the policies and tags of this moment.

use std::sync::Arc;

use locum_policy::Arn;
use locum_store::{Account, AccountId, EventPolicy, Loaded, Role, Tag, Unit};

use crate::caller::Identity;
use crate::case::{
    Asked, Case, ContextValue, Narrowed, Rule, Source, Who, WhoKind, sources_of, trust_of,
};
use crate::documents::{self, Principal};
use crate::entities;
use crate::operator::OperatorError;
use crate::world::World;

/// An account; none when there is none of that id.
pub(super) async fn account(
    world: &World,
    id: &str,
) -> Result<Option<Arc<Account>>, OperatorError> {
    let Some(id) = AccountId::parse(id) else {
        return Ok(None);
    };
    let loaded = world.engine.load(Unit::Account(id)).await;
    let loaded = loaded.map_err(|error| OperatorError::Store(error.to_string()))?;
    Ok(loaded.and_then(Loaded::account))
}

/// The entity behind a caller, by its unique id: a name may have changed hands.
fn entity(account: &Account, who: &Who) -> Option<Identity> {
    Some(match who.kind {
        WhoKind::Root => Identity::Root,
        WhoKind::User => Identity::User(account.user_by_id(&who.id)?.clone()),
        WhoKind::RoleSession => Identity::RoleSession(account.role_by_id(&who.id)?.clone()),
    })
}

/// The role that an ARN names, path and all.
pub(super) fn role_at<'a>(account: &'a Account, arn: &str) -> Option<&'a Arc<Role>> {
    let parsed = Arn::parse(arn)?;
    let (_, named) = documents::principal(parsed.partition, arn)?;
    let id = match named {
        Principal::Role(_) => documents::unique_id(account, named)?,
        _ => return None,
    };
    account.role_by_id(&id)
}

/// The tags of the user, role or policy that an ARN names; none when it names nothing of these.
fn tags_at<'a>(account: &'a Account, arn: &str) -> Option<&'a [Tag]> {
    let parsed = Arn::parse(arn)?;
    if let Some((_, named)) = documents::principal(parsed.partition, arn) {
        let id = documents::unique_id(account, named)?;
        let user = account.user_by_id(&id).map(|user| &*user.tags);
        return user.or_else(|| account.role_by_id(&id).map(|role| &*role.tags));
    }
    entities::policy_by_arn(account, arn).map(|policy| &*policy.tags)
}

/// The tags of whoever calls.
pub(super) fn own_tags(identity: &Identity) -> &[Tag] {
    match identity {
        Identity::Root => &[],
        Identity::User(user) => &user.tags,
        Identity::RoleSession(role) => &role.tags,
    }
}

/// Puts an entity's tags in the place of those that the context has under `prefix`, but for `kept`.
fn retag(context: &mut Vec<ContextValue>, prefix: &str, tags: &[Tag], kept: &[String]) {
    let is_kept = |name: &str| kept.iter().any(|kept| kept.eq_ignore_ascii_case(name));
    context.retain(|held| held.key.strip_prefix(prefix).is_none_or(is_kept));
    let own = tags.iter().filter(|tag| !is_kept(&tag.key));
    context.extend(own.map(|tag| ContextValue::one(&format!("{prefix}{}", tag.key), &tag.value)));
}

/// The case of today, or why there is none.
pub(super) type Today = Result<(Case, Vec<Source>), String>;

/// What `then` would come to now. Whatever came with the request is as it was then; the policies,
/// names and tags of caller and resource are those of now.
pub(super) async fn today(
    world: &World,
    then: &Case,
    narrowed: &[Source],
) -> Result<Today, OperatorError> {
    let who = &then.asked.principal;
    let Some(home) = account(world, &who.account).await? else {
        return Ok(Err(format!("Account {} is no more.", who.account)));
    };
    let Some(identity) = entity(&home, who) else {
        let gone = format!(
            "{} ({}) is no more; its credentials open nothing.",
            who.entity_arn(),
            who.id
        );
        return Ok(Err(gone));
    };
    if entities::is_suspended(&home) {
        return Ok(Err(format!(
            "Account {} is suspended; nobody of it calls.",
            who.account
        )));
    }
    let inline = narrowed
        .iter()
        .find(|source| !source.name.starts_with("arn:"));
    let inline = inline.and_then(|source| source.policy.as_ref());
    let arns = narrowed.iter().map(|source| source.name.clone());
    let arns: Vec<String> = arns.filter(|name| name.starts_with("arn:")).collect();
    let narrowed = Narrowed {
        policy: inline.map(|policy: &EventPolicy| &**policy.text()),
        policy_arns: &arns,
    };
    let mut sources = sources_of(&home, &identity, narrowed);
    let mut case = then.clone();
    rename(
        &mut case.asked.principal,
        &identity,
        &home,
        &world.settings.partition,
    );
    let kept = case.asked.principal.session_tags.clone();
    retag(
        &mut case.context,
        "aws:PrincipalTag/",
        own_tags(&identity),
        &kept,
    );
    resource_side(world, &mut case, &mut sources).await?;
    case.policies = sources.iter().map(Source::case).collect();
    Ok(Ok((case, sources)))
}

/// The policy and tags of the resource.
pub(super) async fn resource_side(
    world: &World,
    case: &mut Case,
    sources: &mut Vec<Source>,
) -> Result<(), OperatorError> {
    let Asked {
        resource,
        resource_account,
        resource_rule,
        ..
    } = &case.asked;
    let Some(owner) = account(world, resource_account).await? else {
        return Ok(());
    };
    if let Some(tags) = tags_at(&owner, resource) {
        retag(&mut case.context, "aws:ResourceTag/", tags, &[]);
    }
    if *resource_rule == Rule::Trust && !entities::is_suspended(&owner) {
        let role = role_at(&owner, resource);
        sources.extend(role.map(|role| trust_of(role, resource)));
    }
    Ok(())
}

/// Says that the role that is to be assumed is not there: no policy would let anybody.
pub(super) async fn missing_role(
    world: &World,
    asked: &Asked,
) -> Result<Option<String>, OperatorError> {
    if asked.resource_rule != Rule::Trust {
        return Ok(None);
    }
    let Some(owner) = account(world, &asked.resource_account).await? else {
        return Ok(Some(format!(
            "Account {} is not of this installation; no role of it can be assumed here.",
            asked.resource_account
        )));
    };
    let is_there = role_at(&owner, &asked.resource).is_some();
    Ok((!is_there).then(|| {
        format!(
            "There is no role {}; nobody can assume it, whatever policies say.",
            asked.resource
        )
    }))
}

/// The names that an entity has now.
fn rename(who: &mut Who, identity: &Identity, account: &Account, partition: &str) {
    let id = account.id;
    match identity {
        Identity::Root => {}
        Identity::User(user) => {
            who.arn = format!("arn:{partition}:iam::{id}:user{}{}", user.path, user.name);
        }
        Identity::RoleSession(role) => {
            who.role_arn = Some(format!(
                "arn:{partition}:iam::{id}:role{}{}",
                role.path, role.name
            ));
        }
    }
}
