//! May this caller do this? The only maker of a `Grant`.

use std::cell::OnceCell;
use std::sync::LazyLock;

use locum_policy::{Decision, Policies, Policy, PolicyType, Request, ResourceRule, decide};
use locum_store::{AccountIdText, EventPolicy, Group, InlinePolicy, PolicyText};
use smallvec::SmallVec;

use crate::caller::{Caller, Identity};
use crate::case::{Asked, Narrowed, Source, Who, context_of, sources_of};
use crate::context::RequestContext;
use crate::cx::Cx;
use crate::denial::Denial;
use crate::entities;
use crate::error::ApiError;
use crate::managed;
use crate::needs::{Decided, Needs};
use crate::snapshot::Snapshot;

/// Proof that policies allow the call. Demanded by every operation.
pub struct Grant {
    _private: (),
}

/// The policies of a caller, ready to be asked.
struct CallerPolicies<'a> {
    identity: SmallVec<[&'a Policy; 8]>,
    boundary: Option<&'a Policy>,
    session: Option<SmallVec<[&'a Policy; 4]>>,
}

/// Decides every action of `needs`, explicit denies first, and makes the [`Grant`].
///
/// # Errors
/// [`ApiError::Denied`] with AWS's sentence for the first action refused;
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
    let asked = own.chain(also).map(|(action, on)| (needs, action, on));
    let further = needs.further.iter();
    let further = further.map(|(action, further)| (further, *action, &further.resource));
    for (needs, action, resource) in asked.chain(further) {
        let decision = ask(cx, state, caller, needs, &policies, (action, resource));
        if !decision.is_allowed() {
            let asked = (action, resource.as_ref());
            return Err(denied(cx, state, caller, needs, asked, decision));
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
    let texts = Texts::of(caller, needs);
    let context = texts.context(cx, state, caller, needs);
    let principal = caller.principal(&texts.account);
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
            boundary: policies.boundary,
            session: policies.session.as_deref(),
            resource: needs.resource_text.map(PolicyText::policy),
            resource_rule: needs.resource_rule,
            resource_account: &texts.resource_account,
            scp: None,
            rcp: None,
        },
    )
}

/// What a question's context borrows.
struct Texts<'n> {
    account: AccountIdText,
    resource_account: AccountIdText,
    /// `aws:TagKeys`.
    tag_keys: SmallVec<[&'n str; 8]>,
}

impl<'n> Texts<'n> {
    fn of(caller: &Caller, needs: &Needs<'n>) -> Texts<'n> {
        let requested = needs.request_tags.iter().map(|(key, _)| *key);
        Texts {
            account: caller.account.id.text(),
            resource_account: needs.resource_account.text(),
            tag_keys: requested.chain(needs.tag_keys.iter().copied()).collect(),
        }
    }

    fn context<'a>(
        &'a self,
        cx: &'a Cx<'a>,
        state: &'a Snapshot,
        caller: &'a Caller,
        needs: &'a Needs<'n>,
    ) -> RequestContext<'a, 'n> {
        RequestContext {
            cx,
            caller,
            needs,
            account: &self.account,
            resource_account: &self.resource_account,
            user_id: OnceCell::new(),
            tag_keys: &self.tag_keys,
            organization: state.installation.organization.as_ref(),
            organization_path: OnceCell::new(),
        }
    }
}

/// The refusal with everything that explains it. Off the path of calls that are allowed.
#[cold]
fn denied(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    needs: &Needs<'_>,
    (action, resource): (&str, &str),
    decision: Decision,
) -> ApiError {
    let texts = Texts::of(caller, needs);
    let context = texts.context(cx, state, caller, needs);
    let session = caller.session.as_ref();
    let session = session.filter(|session| session.has_session_policy());
    let narrowed = session.map(|session| Narrowed {
        policy: session.policy.as_deref(),
        policy_arns: &session.policy_arns,
    });
    let mut sources = sources_of(
        &caller.account,
        &caller.identity,
        narrowed.unwrap_or_default(),
    );
    sources.extend(needs.resource_text.map(|text| Source {
        kind: match needs.resource_rule {
            ResourceRule::Trust => PolicyType::RoleTrust,
            ResourceRule::Standard | ResourceRule::KeyPolicy => PolicyType::Resource,
        },
        name: needs.resource.clone().into_owned(),
        policy: Some(EventPolicy::new(text.text())),
    }));
    ApiError::Denied(Box::new(Denial {
        sentence: decision.sentence(&caller.arn, action, resource),
        asked: Asked {
            principal: Who::of(caller),
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: needs.resource_account.to_string(),
            resource_rule: needs.resource_rule.into(),
        },
        decision,
        context: context_of(&context, caller, needs),
        sources,
        accounts: (caller.account.id, needs.resource_account),
        user_id: caller.user_id(),
        ring: cx.ring.clone(),
    }))
}

/// The inline session policy, compiled for this call.
fn session_policy(caller: &Caller) -> Option<PolicyText> {
    caller
        .session
        .as_ref()
        .and_then(|session| session.policy.as_deref())
        .map(PolicyText::new)
}

/// One by one, not joined into a plan that is kept: of ten policies about different things that would
/// save 40 ns a decision, and only of several whose statements are all about the same resource a
/// microsecond or two. Against that stand memory for every principal and the proof, each time, that no
/// policy, group or attachment changed since.
fn caller_policies<'a>(caller: &'a Caller, inline: Option<&'a PolicyText>) -> CallerPolicies<'a> {
    let mut identity = SmallVec::new();
    let boundary = match &caller.identity {
        Identity::Root => None,
        Identity::User(user) => {
            gather(caller, &user.inline, &user.attached, &mut identity);
            let rules = caller.account.meta.password_policy;
            if rules.is_some_and(|rules| rules.allow_users_to_change) {
                identity.push(OWN_PASSWORD.policy());
            }
            for id in &user.groups {
                match caller.account.group_by_id(id) {
                    Some(group) => gather_group(caller, group, &mut identity),
                    // Groups are emptied before they go, so this one's record is damaged: its
                    // denies must not vanish with it.
                    None => identity.push(&GONE),
                }
            }
            user.boundary.as_deref()
        }
        Identity::RoleSession(role) => {
            gather(caller, &role.inline, &role.attached, &mut identity);
            role.boundary.as_deref()
        }
    };
    let boundary = boundary.map(|arn| managed_policy(caller, arn));
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
    CallerPolicies {
        identity,
        boundary,
        session,
    }
}

fn gather_group<'a>(caller: &'a Caller, group: &'a Group, out: &mut SmallVec<[&'a Policy; 8]>) {
    gather(caller, &group.inline, &group.attached, out);
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

/// What stands for a policy that is gone or damaged.
static GONE: LazyLock<Policy> = LazyLock::new(Policy::deny_all);

/// What AllowUsersToChangePassword gives every user of the account: ChangePassword is about nobody but
/// the caller. Like any identity policy it ends at denies, boundaries and session policies.
pub(crate) static OWN_PASSWORD: LazyLock<PolicyText> = LazyLock::new(|| {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ChangePassword","iam:GetAccountPasswordPolicy"],"Resource":"*"}]}"#;
    PolicyText::new(text)
});

/// The default version of the managed policy `arn`, AWS's or the caller's account's. One that is gone
/// denies everything: its explicit denies must not vanish with it.
fn managed_policy<'a>(caller: &'a Caller, arn: &str) -> &'a Policy {
    managed::policy(arn)
        .or_else(|| own_policy(caller, arn))
        .unwrap_or(&GONE)
}

fn own_policy<'a>(caller: &'a Caller, arn: &str) -> Option<&'a Policy> {
    let held = entities::policy_by_arn(&caller.account, arn)?;
    entities::default_text(held).map(PolicyText::policy)
}
