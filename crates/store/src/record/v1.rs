//! Version 1 of the records' JSON: private structs, nothing of which is seen outside.

mod access;
mod credential;
mod provider;
mod read;
mod trail;

use super::{EncodeError, Kind};
use crate::change::Record;
use crate::entity::{
    AccountStatus, Group, InlinePolicy, InstanceProfile, JoinedMethod, KeyOwner, KeyStatus,
    ManagedPolicy, Role, Tag, User,
};
use crate::id::Unit;
use crate::installation::{CreateAccountRequest, CreateAccountState, KeyState};
use crate::seal::Sealer;
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
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
struct GroupV1<'a> {
    name: Text<'a>,
    path: Text<'a>,
    created: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inline: Vec<Pair<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstanceProfileV1<'a> {
    name: Text<'a>,
    path: Text<'a>,
    created: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Pair<'a>>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_policy: Option<credential::PasswordPolicyV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outbound_issuer: Option<Text<'a>>,
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
        Record::Group(group) => json(&group_out(group), out),
        Record::InstanceProfile(profile) => json(&profile_out(profile), out),
        Record::OidcProvider(held) => provider::write_oidc(held, out),
        Record::SamlProvider(held) => provider::write_saml(held, out),
        Record::DeletionTask(task) => provider::write_task(task, out),
        Record::AccountMeta(meta) => json(&meta_out(meta), out),
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
        Record::Organization(held) => json(&organization_out(held), out),
        Record::AccountSummary(summary) => json(&summary_out(summary), out),
        Record::CreateAccountRequest(request) => json(&request_out(request), out),
        Record::Trail(held) => trail::write_trail(held, out),
        Record::TrailKey(key) => trail::write_key(key, seal, out),
        other => credential::write(other, &seal, out)
            .unwrap_or(Err(EncodeError::Form("a kind that has no form"))),
    }
}

fn organization_out(organization: &crate::Organization) -> OrganizationV1<'_> {
    OrganizationV1 {
        root_id: text(&organization.root_id),
        feature_set: text(&organization.feature_set),
        created: organization.created_s,
    }
}

fn meta_out(meta: &crate::AccountMeta) -> AccountMetaV1<'_> {
    AccountMetaV1 {
        name: text(&meta.name),
        email: text(&meta.email),
        created: meta.created_s,
        alias: meta.alias.as_deref().map(text),
        status: status_out(meta.status),
        joined: joined_out(meta.joined_method),
        root_password_last_used: meta.root.password_last_used_s,
        password_policy: meta.password_policy.as_ref().map(Into::into),
        outbound_issuer: meta.outbound_issuer.as_deref().map(text),
    }
}

fn summary_out(summary: &crate::AccountSummary) -> AccountSummaryV1<'_> {
    AccountSummaryV1 {
        id: summary.id.to_string().into(),
        name: text(&summary.name),
        joined_at: summary.joined_s,
        status: status_out(summary.status),
        joined: joined_out(summary.joined_method),
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

fn group_out(group: &Group) -> GroupV1<'_> {
    GroupV1 {
        name: text(&group.name),
        path: text(&group.path),
        created: group.created_s,
        inline: inline_out(&group.inline),
    }
}

fn profile_out(profile: &InstanceProfile) -> InstanceProfileV1<'_> {
    InstanceProfileV1 {
        name: text(&profile.name),
        path: text(&profile.path),
        created: profile.created_s,
        tags: tags_out(&profile.tags),
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
