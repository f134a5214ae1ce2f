//! Version 1 read: from JSON to entities.

use super::{
    AccessKeyV1, AccountMetaV1, AccountSummaryV1, CreateAccountV1, CreateStateV1, GroupV1,
    InstallationMetaV1, InstanceProfileV1, JoinedV1, KeyStateV1, OrganizationV1, Pair, PolicyV1,
    RoleV1, SessionKeyV1, StatusV1, UserV1,
};
use crate::engine::RecordError;
use crate::entity::{
    AccessKey, AccountMeta, AccountStatus, Group, InlinePolicy, InstanceProfile, JoinedMethod,
    KeyOwner, KeyStatus, ManagedPolicy, PolicyVersion, Role, RootUser, Tag, User,
};
use crate::id::AccountId;
use crate::installation::{
    AccountSummary, CreateAccountRequest, CreateAccountState, InstallationMeta, KeyState,
    Organization, SessionKeyEpoch,
};
use crate::policy_text::PolicyText;
use crate::record::{Context, Kind, Links, Stored, link, open};
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use serde::Deserialize;
use std::borrow::Cow;

fn status_in(status: &StatusV1) -> AccountStatus {
    match status {
        StatusV1::Active => AccountStatus::Active,
        StatusV1::Suspended => AccountStatus::Suspended,
        StatusV1::PendingClosure => AccountStatus::PendingClosure,
    }
}

fn joined_in(joined: &JoinedV1) -> JoinedMethod {
    match joined {
        JoinedV1::Invited => JoinedMethod::Invited,
        JoinedV1::Created => JoinedMethod::Created,
    }
}

pub(super) fn tags_in(tags: Vec<Pair<'_>>) -> Vec<Tag> {
    tags.into_iter()
        .map(|(key, value)| Tag {
            key: key.into_owned(),
            value: value.into_owned(),
        })
        .collect()
}

fn inline_in(inline: Vec<Pair<'_>>) -> Vec<InlinePolicy> {
    inline
        .into_iter()
        .map(|(name, policy)| InlinePolicy {
            name: name.into_owned(),
            policy: PolicyText::new(policy.into_owned()),
        })
        .collect()
}

/// A record taken apart: the body's struct, its unique id and linked names.
pub(super) struct Parts<'a, B> {
    pub(super) body: B,
    pub(super) id: &'a str,
    pub(super) names: Vec<String>,
}

pub(super) fn parts<'a, B: Deserialize<'a>>(
    raw: &'a [u8],
    key: &str,
    context: &Context,
) -> Result<Parts<'a, B>, RecordError> {
    let (header, body) = open(raw, context.unit, key)?;
    let body = serde_json::from_slice(body).map_err(|error| form(key, context, &error))?;
    Ok(Parts {
        body,
        id: header.id,
        names: header.names().map(str::to_owned).collect(),
    })
}

pub(super) fn form(key: &str, context: &Context, what: &dyn std::fmt::Display) -> RecordError {
    RecordError::Form {
        unit: context.unit,
        key: key.to_owned(),
        what: what.to_string(),
    }
}

pub(super) fn unseal(
    kind: Kind,
    sealed: &str,
    key: &str,
    context: &Context,
) -> Result<Secret, RecordError> {
    let broken = || RecordError::Sealed {
        unit: context.unit,
        key: key.to_owned(),
    };
    let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| broken())?;
    context
        .sealer
        .open(context.unit, kind, key, &bytes)
        .map_err(|_| broken())
}

fn account_in(text: &str, key: &str, context: &Context) -> Result<AccountId, RecordError> {
    AccountId::parse(text).ok_or_else(|| form(key, context, &"not an account id"))
}

impl Stored for User {
    fn links(&self) -> Links<'_> {
        Links {
            id: &self.id,
            names: link::write(&self.attached, &self.groups, self.boundary.as_deref()),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<User, RecordError> {
        let Parts { body, id, names } = parts::<UserV1<'_>>(raw, key, context)?;
        let held = link::held(&names);
        Ok(User {
            name: body.name.into_owned(),
            path: body.path.into_owned(),
            id: id.to_owned(),
            created_s: body.created,
            tags: tags_in(body.tags),
            inline: inline_in(body.inline),
            attached: held.attached,
            groups: held.groups,
            boundary: held.boundary,
            password_last_used_s: body.password_last_used,
        })
    }
}

impl Stored for Role {
    fn links(&self) -> Links<'_> {
        Links {
            id: &self.id,
            names: link::write(&self.attached, &[], self.boundary.as_deref()),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<Role, RecordError> {
        let Parts { body, id, names } = parts::<RoleV1<'_>>(raw, key, context)?;
        let held = link::held(&names);
        Ok(Role {
            name: body.name.into_owned(),
            path: body.path.into_owned(),
            id: id.to_owned(),
            created_s: body.created,
            description: body.description.map(Cow::into_owned),
            max_session_duration_s: body.max_session_duration,
            trust: PolicyText::new(body.trust.into_owned()),
            tags: tags_in(body.tags),
            inline: inline_in(body.inline),
            attached: held.attached,
            boundary: held.boundary,
            service_linked: body.service_linked.map(Cow::into_owned),
        })
    }
}

impl Stored for Group {
    fn links(&self) -> Links<'_> {
        Links {
            id: &self.id,
            names: link::write(&self.attached, &[], None),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<Group, RecordError> {
        let Parts { body, id, names } = parts::<GroupV1<'_>>(raw, key, context)?;
        Ok(Group {
            name: body.name.into_owned(),
            path: body.path.into_owned(),
            id: id.to_owned(),
            created_s: body.created,
            inline: inline_in(body.inline),
            attached: link::held(&names).attached,
        })
    }
}

impl Stored for InstanceProfile {
    fn links(&self) -> Links<'_> {
        Links {
            id: &self.id,
            names: self.role.iter().map(|id| id.as_str().into()).collect(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<InstanceProfile, RecordError> {
        let Parts { body, id, names } = parts::<InstanceProfileV1<'_>>(raw, key, context)?;
        Ok(InstanceProfile {
            name: body.name.into_owned(),
            path: body.path.into_owned(),
            id: id.to_owned(),
            created_s: body.created,
            tags: tags_in(body.tags),
            role: names.into_iter().next(),
        })
    }
}

impl Stored for ManagedPolicy {
    fn links(&self) -> Links<'_> {
        Links {
            id: &self.id,
            names: Vec::new(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<ManagedPolicy, RecordError> {
        let Parts { body, id, .. } = parts::<PolicyV1<'_>>(raw, key, context)?;
        Ok(ManagedPolicy {
            name: body.name.into_owned(),
            path: body.path.into_owned(),
            id: id.to_owned(),
            created_s: body.created,
            updated_s: body.updated,
            description: body.description.map(Cow::into_owned),
            tags: tags_in(body.tags),
            versions: body
                .versions
                .into_iter()
                .map(|version| PolicyVersion {
                    number: version.number,
                    created_s: version.created,
                    text: PolicyText::new(version.text.into_owned()),
                })
                .collect(),
            default_version: body.default_version,
            latest_version: body.latest_version,
        })
    }
}

impl Stored for AccessKey {
    fn links(&self) -> Links<'_> {
        Links {
            id: self.user.user_id().unwrap_or_default(),
            names: Vec::new(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<AccessKey, RecordError> {
        let Parts { body, id, .. } = parts::<AccessKeyV1<'_>>(raw, key, context)?;
        Ok(AccessKey {
            secret: unseal(Kind::AccessKey, &body.sealed_secret, key, context)?,
            id: body.id.into_owned(),
            user: match body.user {
                Some(name) => KeyOwner::User {
                    id: id.to_owned(),
                    name: name.into_owned(),
                },
                None if id.is_empty() => KeyOwner::Root,
                None => return Err(form(key, context, &"a user's key without its user")),
            },
            status: if body.active {
                KeyStatus::Active
            } else {
                KeyStatus::Inactive
            },
            created_s: body.created,
        })
    }
}

impl Stored for AccountMeta {
    fn links(&self) -> Links<'_> {
        Links {
            id: "",
            names: Vec::new(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<AccountMeta, RecordError> {
        let body = parts::<AccountMetaV1<'_>>(raw, key, context)?.body;
        Ok(AccountMeta {
            name: body.name.into_owned(),
            email: body.email.into_owned(),
            created_s: body.created,
            alias: body.alias.map(Cow::into_owned),
            status: status_in(&body.status),
            joined_method: joined_in(&body.joined),
            root: RootUser {
                password_last_used_s: body.root_password_last_used,
            },
            password_policy: body.password_policy.map(Into::into),
            outbound_issuer: body.outbound_issuer.map(Cow::into_owned),
        })
    }
}

impl Stored for InstallationMeta {
    fn links(&self) -> Links<'_> {
        Links {
            id: "",
            names: Vec::new(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<InstallationMeta, RecordError> {
        let body = parts::<InstallationMetaV1<'_>>(raw, key, context)?.body;
        Ok(InstallationMeta {
            management_account: account_in(&body.management_account, key, context)?,
            created_s: body.created,
        })
    }
}

impl Stored for SessionKeyEpoch {
    fn links(&self) -> Links<'_> {
        Links {
            id: "",
            names: Vec::new(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<SessionKeyEpoch, RecordError> {
        let body = parts::<SessionKeyV1<'_>>(raw, key, context)?.body;
        Ok(SessionKeyEpoch {
            epoch: body.epoch,
            secret: unseal(Kind::SessionKey, &body.sealed_secret, key, context)?,
            state: match body.state {
                KeyStateV1::Active => KeyState::Active,
                KeyStateV1::Retired => KeyState::Retired,
                KeyStateV1::Revoked => KeyState::Revoked,
            },
            created_s: body.created,
        })
    }
}

impl Stored for Organization {
    fn links(&self) -> Links<'_> {
        Links {
            id: &self.id,
            names: Vec::new(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<Organization, RecordError> {
        let Parts { body, id, .. } = parts::<OrganizationV1<'_>>(raw, key, context)?;
        Ok(Organization {
            id: id.to_owned(),
            root_id: body.root_id.into_owned(),
            feature_set: body.feature_set.into_owned(),
            created_s: body.created,
        })
    }
}

impl Stored for AccountSummary {
    fn links(&self) -> Links<'_> {
        Links {
            id: &self.email,
            names: self.alias.iter().map(|name| name.as_str().into()).collect(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<AccountSummary, RecordError> {
        let Parts { body, id, names } = parts::<AccountSummaryV1<'_>>(raw, key, context)?;
        Ok(AccountSummary {
            id: account_in(&body.id, key, context)?,
            name: body.name.into_owned(),
            email: id.to_owned(),
            alias: names.into_iter().next(),
            joined_s: body.joined_at,
            status: status_in(&body.status),
            joined_method: joined_in(&body.joined),
        })
    }
}

impl Stored for CreateAccountRequest {
    fn links(&self) -> Links<'_> {
        Links {
            id: &self.id,
            names: Vec::new(),
        }
    }
    fn decode(
        raw: &Bytes,
        key: &str,
        context: &Context,
    ) -> Result<CreateAccountRequest, RecordError> {
        let Parts { body, id, .. } = parts::<CreateAccountV1<'_>>(raw, key, context)?;
        Ok(CreateAccountRequest {
            id: id.to_owned(),
            account_name: body.account_name.into_owned(),
            requested_s: body.requested,
            completed_s: body.completed,
            state: match body.state {
                CreateStateV1::InProgress => CreateAccountState::InProgress,
                CreateStateV1::Succeeded { account } => CreateAccountState::Succeeded {
                    account: account_in(&account, key, context)?,
                },
                CreateStateV1::Failed { reason } => CreateAccountState::Failed {
                    reason: reason.into_owned(),
                },
            },
        })
    }
}
