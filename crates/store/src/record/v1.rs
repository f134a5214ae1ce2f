//! Version 1 of the records' JSON: private structs, nothing of which is seen outside.

use super::{Context, EncodeError, Kind, Links, Stored, open};
use crate::change::Record;
use crate::engine::RecordError;
use crate::entity::{
    AccessKey, AccountMeta, AccountStatus, InlinePolicy, JoinedMethod, KeyOwner, KeyStatus,
    ManagedPolicy, PolicyVersion, Role, RootUser, Tag, User,
};
use crate::id::{AccountId, Unit};
use crate::installation::{
    AccountSummary, CreateAccountRequest, CreateAccountState, InstallationMeta, KeyState,
    Organization, SessionKeyEpoch,
};
use crate::policy_text::PolicyText;
use crate::seal::Sealer;
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

type Text<'a> = Cow<'a, str>;
/// Tags and inline policies are pairs, to keep records small.
type Pair<'a> = (Text<'a>, Text<'a>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserV1<'a> {
    name: Text<'a>,
    path: Text<'a>,
    created: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Pair<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inline: Vec<Pair<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_last_used: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleV1<'a> {
    name: Text<'a>,
    path: Text<'a>,
    created: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Text<'a>>,
    max_session_duration: u32,
    trust: Text<'a>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Pair<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inline: Vec<Pair<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service_linked: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyV1<'a> {
    name: Text<'a>,
    path: Text<'a>,
    created: i64,
    updated: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Pair<'a>>,
    versions: Vec<VersionV1<'a>>,
    default_version: u32,
    latest_version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionV1<'a> {
    number: u32,
    created: i64,
    text: Text<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessKeyV1<'a> {
    id: Text<'a>,
    /// The user's name; absent for root. The user's id is the record's unique id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Text<'a>>,
    /// Base64 of nonce, cipher text and tag.
    sealed_secret: Text<'a>,
    active: bool,
    created: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountMetaV1<'a> {
    name: Text<'a>,
    email: Text<'a>,
    created: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<Text<'a>>,
    status: StatusV1,
    joined: JoinedV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root_password_last_used: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusV1 {
    Active,
    Suspended,
    PendingClosure,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum JoinedV1 {
    Invited,
    Created,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstallationMetaV1<'a> {
    management_account: Text<'a>,
    created: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionKeyV1<'a> {
    epoch: u32,
    sealed_secret: Text<'a>,
    state: KeyStateV1,
    created: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeyStateV1 {
    Active,
    Retired,
    Revoked,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationV1<'a> {
    root_id: Text<'a>,
    feature_set: Text<'a>,
    created: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountSummaryV1<'a> {
    id: Text<'a>,
    name: Text<'a>,
    joined_at: i64,
    status: StatusV1,
    joined: JoinedV1,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateAccountV1<'a> {
    account_name: Text<'a>,
    requested: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed: Option<i64>,
    state: CreateStateV1<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum CreateStateV1<'a> {
    InProgress,
    Succeeded { account: Text<'a> },
    Failed { reason: Text<'a> },
}

/// Appends the record's JSON.
pub(super) fn write(
    record: &Record,
    unit: Unit,
    name: &str,
    sealer: &Sealer,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let seal = |kind, secret: &Secret| {
        sealer
            .seal(unit, kind, name, secret)
            .map(|bytes| STANDARD_NO_PAD.encode(bytes))
            .map_err(|_| EncodeError::Form("a secret that cannot be sealed"))
    };
    match record {
        Record::User(user) => json(&user_out(user), out),
        Record::Role(role) => json(&role_out(role), out),
        Record::Policy(policy) => json(&policy_out(policy), out),
        Record::AccessKey(key) => json(
            &AccessKeyV1 {
                id: text(&key.id),
                user: match &key.user {
                    KeyOwner::Root => None,
                    KeyOwner::User { name, .. } => Some(text(name)),
                },
                sealed_secret: seal(Kind::AccessKey, &key.secret)?.into(),
                active: key.status == KeyStatus::Active,
                created: key.created_s,
            },
            out,
        ),
        Record::AccountMeta(meta) => json(
            &AccountMetaV1 {
                name: text(&meta.name),
                email: text(&meta.email),
                created: meta.created_s,
                alias: meta.alias.as_deref().map(text),
                status: status_out(meta.status),
                joined: joined_out(meta.joined_method),
                root_password_last_used: meta.root.password_last_used_s,
            },
            out,
        ),
        Record::InstallationMeta(meta) => json(
            &InstallationMetaV1 {
                management_account: meta.management_account.to_string().into(),
                created: meta.created_s,
            },
            out,
        ),
        Record::SessionKey(key) => json(
            &SessionKeyV1 {
                epoch: key.epoch,
                sealed_secret: seal(Kind::SessionKey, &key.secret)?.into(),
                state: match key.state {
                    KeyState::Active => KeyStateV1::Active,
                    KeyState::Retired => KeyStateV1::Retired,
                    KeyState::Revoked => KeyStateV1::Revoked,
                },
                created: key.created_s,
            },
            out,
        ),
        Record::Organization(organization) => json(
            &OrganizationV1 {
                root_id: text(&organization.root_id),
                feature_set: text(&organization.feature_set),
                created: organization.created_s,
            },
            out,
        ),
        Record::AccountSummary(summary) => json(
            &AccountSummaryV1 {
                id: summary.id.to_string().into(),
                name: text(&summary.name),
                joined_at: summary.joined_s,
                status: status_out(summary.status),
                joined: joined_out(summary.joined_method),
            },
            out,
        ),
        Record::CreateAccountRequest(request) => json(&request_out(request), out),
    }
}

fn json<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    serde_json::to_writer(out, value).map_err(|_| EncodeError::Form("no JSON form"))
}

fn text(value: &str) -> Text<'_> {
    Cow::Borrowed(value)
}

fn tags_out(tags: &[Tag]) -> Vec<Pair<'_>> {
    tags.iter()
        .map(|tag| (text(&tag.key), text(&tag.value)))
        .collect()
}

fn inline_out(inline: &[InlinePolicy]) -> Vec<Pair<'_>> {
    inline
        .iter()
        .map(|policy| (text(&policy.name), text(policy.policy.text())))
        .collect()
}

fn user_out(user: &User) -> UserV1<'_> {
    UserV1 {
        name: text(&user.name),
        path: text(&user.path),
        created: user.created_s,
        tags: tags_out(&user.tags),
        inline: inline_out(&user.inline),
        password_last_used: user.password_last_used_s,
    }
}

fn role_out(role: &Role) -> RoleV1<'_> {
    RoleV1 {
        name: text(&role.name),
        path: text(&role.path),
        created: role.created_s,
        description: role.description.as_deref().map(text),
        max_session_duration: role.max_session_duration_s,
        trust: text(role.trust.text()),
        tags: tags_out(&role.tags),
        inline: inline_out(&role.inline),
        service_linked: role.service_linked.as_deref().map(text),
    }
}

fn policy_out(policy: &ManagedPolicy) -> PolicyV1<'_> {
    PolicyV1 {
        name: text(&policy.name),
        path: text(&policy.path),
        created: policy.created_s,
        updated: policy.updated_s,
        description: policy.description.as_deref().map(text),
        tags: tags_out(&policy.tags),
        versions: policy
            .versions
            .iter()
            .map(|version| VersionV1 {
                number: version.number,
                created: version.created_s,
                text: text(version.text.text()),
            })
            .collect(),
        default_version: policy.default_version,
        latest_version: policy.latest_version,
    }
}

fn request_out(request: &CreateAccountRequest) -> CreateAccountV1<'_> {
    CreateAccountV1 {
        account_name: text(&request.account_name),
        requested: request.requested_s,
        completed: request.completed_s,
        state: match &request.state {
            CreateAccountState::InProgress => CreateStateV1::InProgress,
            CreateAccountState::Succeeded { account } => CreateStateV1::Succeeded {
                account: account.to_string().into(),
            },
            CreateAccountState::Failed { reason } => CreateStateV1::Failed {
                reason: text(reason),
            },
        },
    }
}

fn status_out(status: AccountStatus) -> StatusV1 {
    match status {
        AccountStatus::Active => StatusV1::Active,
        AccountStatus::Suspended => StatusV1::Suspended,
        AccountStatus::PendingClosure => StatusV1::PendingClosure,
    }
}

fn joined_out(joined: JoinedMethod) -> JoinedV1 {
    match joined {
        JoinedMethod::Invited => JoinedV1::Invited,
        JoinedMethod::Created => JoinedV1::Created,
    }
}

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

fn tags_in(tags: Vec<Pair<'_>>) -> Vec<Tag> {
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
struct Parts<'a, B> {
    body: B,
    id: &'a str,
    names: Vec<String>,
}

fn parts<'a, B: Deserialize<'a>>(
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

fn form(key: &str, context: &Context, what: &dyn std::fmt::Display) -> RecordError {
    RecordError::Form {
        unit: context.unit,
        key: key.to_owned(),
        what: what.to_string(),
    }
}

fn unseal(kind: Kind, sealed: &str, key: &str, context: &Context) -> Result<Secret, RecordError> {
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
            names: self.attached.iter().map(String::as_str).collect(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<User, RecordError> {
        let Parts { body, id, names } = parts::<UserV1<'_>>(raw, key, context)?;
        Ok(User {
            name: body.name.into_owned(),
            path: body.path.into_owned(),
            id: id.to_owned(),
            created_s: body.created,
            tags: tags_in(body.tags),
            inline: inline_in(body.inline),
            attached: names,
            password_last_used_s: body.password_last_used,
        })
    }
}

impl Stored for Role {
    fn links(&self) -> Links<'_> {
        Links {
            id: &self.id,
            names: self.attached.iter().map(String::as_str).collect(),
        }
    }
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<Role, RecordError> {
        let Parts { body, id, names } = parts::<RoleV1<'_>>(raw, key, context)?;
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
            attached: names,
            service_linked: body.service_linked.map(Cow::into_owned),
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
            names: self.alias.iter().map(String::as_str).collect(),
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
