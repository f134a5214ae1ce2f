//! May this caller do this? The only maker of a `Grant`.

use std::borrow::Cow;
use std::sync::LazyLock;

use locum_policy::{Decision, KnownKey, Policies, Policy, Request, ResourceRule, decide};
use locum_store::{AccountId, InlinePolicy, PolicyText};
use smallvec::SmallVec;

use crate::caller::{Caller, Identity};
use crate::context::RequestContext;
use crate::entities;
use crate::error::ApiError;
use crate::managed;
use crate::operation::Cx;
use crate::snapshot::Snapshot;

/// Who decides about an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decided {
    /// Policies do.
    ByPolicies,
    /// AWS lets every authenticated caller do it, even under an explicit deny.
    Always,
}

/// What a call needs to be allowed: its actions, the resource, and the condition keys that only the
/// operation knows (the appendix of the IAM reference, row by row).
pub struct Needs<'a> {
    /// Who decides about the operation's own action.
    pub(crate) decided: Decided,
    /// Further actions that must be allowed on the resource, besides the operation's own.
    pub(crate) also: SmallVec<[&'static str; 2]>,
    /// The ARN that policies are asked about, or `*`.
    pub(crate) resource: Cow<'a, str>,
    /// Further resources on which the operation's own action must be allowed: what a renamed entity
    /// becomes.
    pub(crate) also_on: SmallVec<[Cow<'a, str>; 1]>,
    /// Whose resource it is.
    pub(crate) resource_account: AccountId,
    /// `aws:ResourceTag/…`.
    pub(crate) resource_tags: SmallVec<[(&'a str, &'a str); 4]>,
    /// `aws:RequestTag/…` and, by their keys, `aws:TagKeys`.
    pub(crate) request_tags: SmallVec<[(&'a str, &'a str); 4]>,
    /// `aws:TagKeys` when keys come without values (untagging).
    pub(crate) tag_keys: SmallVec<[&'a str; 4]>,
    /// `sts:TransitiveTagKeys`.
    pub(crate) transitive_tag_keys: SmallVec<[&'a str; 4]>,
    /// Further single-valued keys.
    pub(crate) keys: SmallVec<[(KnownKey, Cow<'a, str>); 2]>,
    /// The resource's own policy.
    pub(crate) resource_policy: Option<&'a Policy>,
    /// How the resource's own policy combines with the caller's.
    pub(crate) resource_rule: ResourceRule,
}

impl<'a> Needs<'a> {
    /// The operation's own action on `resource` of `account`, nothing more.
    pub(crate) fn on(resource: impl Into<Cow<'a, str>>, account: AccountId) -> Needs<'a> {
        Needs {
            decided: Decided::ByPolicies,
            also: SmallVec::new(),
            resource: resource.into(),
            also_on: SmallVec::new(),
            resource_account: account,
            resource_tags: SmallVec::new(),
            request_tags: SmallVec::new(),
            tag_keys: SmallVec::new(),
            transitive_tag_keys: SmallVec::new(),
            keys: SmallVec::new(),
            resource_policy: None,
            resource_rule: ResourceRule::Standard,
        }
    }

    /// Adds the tags that the resource bears.
    pub(crate) fn resource_tagged(mut self, tags: &'a [locum_store::Tag]) -> Needs<'a> {
        self.resource_tags.extend(
            tags.iter()
                .map(|tag| (tag.key.as_str(), tag.value.as_str())),
        );
        self
    }

    /// Nothing at all: AWS lets every authenticated caller do it.
    pub(crate) fn nothing(account: AccountId) -> Needs<'a> {
        Needs {
            decided: Decided::Always,
            ..Needs::on("*", account)
        }
    }

    /// Adds the tags that the request asks to set, and `also` the action of setting them when there
    /// are any (creating with tags takes the right to tag).
    pub(crate) fn tagging(
        mut self,
        tags: &'a [locum_wire::iam::Tag],
        also: Option<&'static str>,
    ) -> Needs<'a> {
        self.request_tags.extend(
            tags.iter()
                .map(|tag| (tag.key.as_str(), tag.value.as_str())),
        );
        self.also.extend(also.filter(|_| !tags.is_empty()));
        self
    }

    /// Adds the keys of the tags that the request asks to remove.
    pub(crate) fn untagging(mut self, keys: &'a [String]) -> Needs<'a> {
        self.tag_keys.extend(keys.iter().map(String::as_str));
        self
    }

    /// Adds a condition key.
    pub(crate) fn key(mut self, key: KnownKey, value: impl Into<Cow<'a, str>>) -> Needs<'a> {
        self.keys.push((key, value.into()));
        self
    }
}

/// Proof that policies allow the call. Demanded by every operation.
pub struct Grant {
    _private: (),
}

/// The policies of a caller, ready to be asked.
struct CallerPolicies<'a> {
    identity: SmallVec<[&'a Policy; 8]>,
    session: Option<SmallVec<[&'a Policy; 4]>>,
}

/// Decides every action of `needs`, explicit denies first, and makes the [`Grant`].
///
/// # Errors
/// [`ApiError::NotAuthorized`] with AWS's sentence for the first action refused;
/// [`ApiError::Missing`] never, all policies of a caller are in its own account.
pub(crate) fn authorize(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    action: &'static str,
    needs: &Needs<'_>,
) -> Result<Grant, ApiError> {
    if needs.decided == Decided::Always {
        return Ok(Grant { _private: () });
    }
    let session_inline = session_policy(caller);
    let policies = caller_policies(caller, session_inline.as_ref());
    let own = std::iter::once(&needs.resource)
        .chain(&needs.also_on)
        .map(|resource| (action, resource));
    let also = needs.also.iter().map(|action| (*action, &needs.resource));
    for (action, resource) in own.chain(also) {
        let decision = ask(cx, state, caller, needs, &policies, (action, resource));
        if !decision.is_allowed() {
            return Err(ApiError::NotAuthorized(decision.sentence(
                &caller.arn,
                action,
                resource,
            )));
        }
    }
    Ok(Grant { _private: () })
}

fn ask(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    needs: &Needs<'_>,
    policies: &CallerPolicies<'_>,
    (action, resource): (&str, &str),
) -> Decision {
    let account = caller.account.id.text();
    let resource_account = needs.resource_account.text();
    let user_id = caller.user_id();
    let requested = needs.request_tags.iter().map(|(key, _)| *key);
    let tag_keys: SmallVec<[&str; 8]> = requested.chain(needs.tag_keys.iter().copied()).collect();
    let context = RequestContext {
        cx,
        caller,
        needs,
        account: &account,
        resource_account: &resource_account,
        user_id: &user_id,
        tag_keys: &tag_keys,
        organization_id: state
            .installation
            .organization
            .as_ref()
            .map(|held| held.id.as_str()),
    };
    let principal = caller.principal(&account);
    let request = Request {
        action,
        resource,
        principal: &principal,
        context: &context,
    };
    decide(
        &request,
        &Policies {
            identity: &policies.identity,
            session: policies.session.as_deref(),
            resource: needs.resource_policy,
            resource_rule: needs.resource_rule,
            resource_account: &resource_account,
        },
    )
}

/// The inline session policy, compiled for this call.
fn session_policy(caller: &Caller) -> Option<PolicyText> {
    caller
        .session
        .as_ref()
        .and_then(|session| session.policy.as_deref())
        .map(PolicyText::new)
}

fn caller_policies<'a>(caller: &'a Caller, inline: Option<&'a PolicyText>) -> CallerPolicies<'a> {
    let mut identity = SmallVec::new();
    match &caller.identity {
        Identity::Root => {}
        Identity::User(user) => gather(caller, &user.inline, &user.attached, &mut identity),
        Identity::RoleSession(role) => gather(caller, &role.inline, &role.attached, &mut identity),
    }
    let session = caller
        .session
        .as_ref()
        .filter(|session| session.has_session_policy());
    let session = session.map(|session| {
        let mut policies: SmallVec<[&'a Policy; 4]> = SmallVec::new();
        policies.extend(inline.map(PolicyText::policy));
        policies.extend(
            session
                .policy_arns
                .iter()
                .map(|arn| managed_policy(caller, arn)),
        );
        policies
    });
    CallerPolicies { identity, session }
}

fn gather<'a>(
    caller: &'a Caller,
    inline: &'a [InlinePolicy],
    attached: &'a [String],
    out: &mut SmallVec<[&'a Policy; 8]>,
) {
    out.extend(inline.iter().map(|held| held.policy.policy()));
    out.extend(attached.iter().map(|arn| managed_policy(caller, arn)));
}

/// The default version of the managed policy `arn`, AWS's or the caller's account's. One that is gone
/// denies everything: its explicit denies must not vanish with it.
fn managed_policy<'a>(caller: &'a Caller, arn: &str) -> &'a Policy {
    static GONE: LazyLock<Policy> = LazyLock::new(Policy::deny_all);
    managed::policy(arn)
        .or_else(|| own_policy(caller, arn))
        .unwrap_or(&GONE)
}

fn own_policy<'a>(caller: &'a Caller, arn: &str) -> Option<&'a Policy> {
    let held = entities::policy_by_arn(&caller.account, arn)?;
    entities::default_text(held).map(PolicyText::policy)
}
