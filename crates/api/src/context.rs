//! The condition keys of a request, computed only when a condition asks.

use std::cell::OnceCell;

use locum_policy::{ConditionKey, Context, KnownKey, Value, Values};
use locum_store::Organization;

use crate::caller::{Caller, Identity};
use crate::cx::Cx;
use crate::needs::Needs;

/// One request as conditions see it. Keys and their presence rules: policy reference §6.
pub(crate) struct RequestContext<'a, 'n> {
    pub(crate) cx: &'a Cx<'a>,
    pub(crate) caller: &'a Caller,
    pub(crate) needs: &'a Needs<'n>,
    pub(crate) account: &'a str,
    pub(crate) resource_account: &'a str,
    /// Made when a condition asks for it.
    pub(crate) user_id: OnceCell<String>,
    pub(crate) tag_keys: &'a [&'a str],
    pub(crate) organization: Option<&'a Organization>,
    /// Made when a condition asks: see [`RequestContext::organization_path`].
    pub(crate) organization_path: OnceCell<String>,
}

fn one(text: &str) -> Values<'_> {
    Values::One(Value::Str(text))
}

fn maybe(text: Option<&str>) -> Values<'_> {
    text.map_or(Values::Absent, one)
}

fn truth(value: bool) -> Values<'static> {
    Values::One(Value::Bool(value))
}

impl Context for RequestContext<'_, '_> {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        match key {
            ConditionKey::Known(known) => self.known(*known),
            ConditionKey::PrincipalTag(name) => maybe(self.caller.principal_tag(name)),
            ConditionKey::RequestTag(name) => tag(&self.needs.request_tags, name),
            ConditionKey::ResourceTag(name) => tag(&self.needs.resource_tags, name),
            _ => Values::Absent,
        }
    }
}

/// The tag `name` in any case. Tags of policies may differ in case only; conditions cannot tell them
/// apart, and the caller must not choose which one counts.
fn tag<'a>(tags: &[(&'a str, &'a str)], name: &str) -> Values<'a> {
    let mut found = tags
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Values::Ambiguous,
        (first, _) => maybe(first.map(|(_, value)| *value)),
    }
}

impl RequestContext<'_, '_> {
    /// `o-…/r-…/`: there are no organizational units, so every account is in the root.
    fn organization_path(&self) -> Option<&str> {
        let held = self.organization?;
        let path = || format!("{}/{}/", held.id, held.root_id);
        Some(self.organization_path.get_or_init(path))
    }

    fn known(&self, key: KnownKey) -> Values<'_> {
        match key {
            KnownKey::PrincipalArn => one(&self.caller.principal_arn),
            KnownKey::PrincipalAccount => one(self.account),
            KnownKey::PrincipalOrgId | KnownKey::ResourceOrgId => {
                maybe(self.organization.map(|held| held.id.as_str()))
            }
            KnownKey::PrincipalOrgPaths | KnownKey::ResourceOrgPaths => {
                maybe(self.organization_path())
            }
            KnownKey::PrincipalIsAwsService | KnownKey::ViaAwsService => truth(false),
            KnownKey::PrincipalType => one(match self.caller.identity {
                Identity::Root => "Account",
                Identity::User(_) => "User",
                Identity::RoleSession(_) => "AssumedRole",
            }),
            KnownKey::UserId => one(self.user_id.get_or_init(|| self.caller.user_id())),
            KnownKey::Username => match &self.caller.identity {
                Identity::User(user) => one(&user.name),
                _ => Values::Absent,
            },
            KnownKey::SourceIp => Values::One(Value::Ip(self.cx.source_ip)),
            KnownKey::SecureTransport => truth(self.cx.tls.is_some()),
            KnownKey::UserAgent => maybe(self.cx.user_agent),
            KnownKey::Referer => maybe(self.cx.referer),
            KnownKey::CurrentTime | KnownKey::EpochTime => Values::One(Value::Date(self.cx.now_s)),
            KnownKey::RequestedRegion => one(self.cx.requested_region(self.caller)),
            KnownKey::ResourceAccount => one(self.resource_account),
            KnownKey::TagKeys => match self.tag_keys {
                [] => Values::Absent,
                keys => Values::Many(keys),
            },
            KnownKey::TransitiveTagKeys => match self.needs.transitive_tag_keys.as_slice() {
                [] => Values::Absent,
                keys => Values::Many(keys),
            },
            other => self.session_key(other),
        }
    }

    /// Keys of the caller's session, and those that the operation itself put forward.
    fn session_key(&self, key: KnownKey) -> Values<'_> {
        if let Some((_, value)) = self.needs.keys.iter().find(|(held, _)| *held == key) {
            return one(value);
        }
        match key {
            KnownKey::MultiFactorAuthPresent if self.needs.mfa_now => return truth(true),
            KnownKey::MultiFactorAuthAge if self.needs.mfa_now => {
                return Values::One(Value::Int(0));
            }
            _ => {}
        }
        let Some(session) = &self.caller.session else {
            return Values::Absent;
        };
        match key {
            KnownKey::TokenIssueTime => Values::One(Value::Date(session.issued_s)),
            KnownKey::MultiFactorAuthPresent => truth(session.mfa_s.is_some()),
            KnownKey::MultiFactorAuthAge => match session.mfa_s {
                Some(time) => Values::One(Value::Int(self.cx.now_s.saturating_sub(time))),
                None => Values::Absent,
            },
            KnownKey::SourceIdentity => maybe(session.source_identity.as_deref()),
            _ => Values::Absent,
        }
    }
}
