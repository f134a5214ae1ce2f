//! What a simulation is about: whose policies, with which names, and who is supposed to call.

use locum_policy::{
    Arn, ContextEntry, ContextKeyType, Document, Kind, Principal, PrincipalKind, principal_entries,
};
use locum_store::{Account, Group, InlinePolicy, Role, Tag, User};

use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::managed;

/// A policy by the name that a result gives it; no document when stored text no longer parses.
pub(super) type Held = (String, Option<Document>);

/// The entity whose policies are simulated, found by its ARN.
pub(super) struct Source {
    /// Its own policies, those of a user's groups among them.
    pub(super) identity: Vec<Held>,
    /// Its permissions boundary.
    pub(super) boundary: Option<Held>,
    /// Who it is when it calls.
    pub(super) caller: Supposed,
}

/// Somebody who is supposed to call.
pub(super) enum Supposed {
    /// Nobody in particular: policies without an entity.
    Somebody,
    User {
        arn: String,
        id: String,
        tags: Vec<Tag>,
    },
    Role {
        arn: String,
        id: String,
        session_arn: String,
        tags: Vec<Tag>,
    },
}

/// The name of the session of a role that is simulated.
const SESSION: &str = "simulation";

impl Supposed {
    /// The principal of the simulated request.
    pub(super) fn principal<'a>(&'a self, account: &'a str) -> Principal<'a> {
        let kind = match self {
            Supposed::Somebody => PrincipalKind::User { arn: "", id: "" },
            Supposed::User { arn, id, .. } => PrincipalKind::User { arn, id },
            Supposed::Role {
                arn,
                id,
                session_arn,
                ..
            } => PrincipalKind::RoleSession {
                role_arn: arn,
                role_id: id,
                session_arn,
                session_name: SESSION,
            },
        };
        Principal { kind, account }
    }

    /// The context keys that follow from who calls. What the caller of the simulation gives stands
    /// before them.
    pub(super) fn entries(&self, account: &str) -> Vec<ContextEntry> {
        let mut entries = principal_entries(&self.principal(account));
        let tags = match self {
            Supposed::Somebody => &[][..],
            Supposed::User { tags, .. } | Supposed::Role { tags, .. } => tags,
        };
        entries.extend(tags.iter().map(|tag| ContextEntry {
            key: format!("aws:PrincipalTag/{}", tag.key),
            key_type: ContextKeyType::STRING,
            values: vec![tag.value.clone()],
        }));
        entries
    }
}

/// Policies that came with the request, named `LIST.1` and so on.
///
/// # Errors
/// `InvalidInput` with the finding of the first that is no policy.
pub(super) fn given(texts: &[String], list: &str, kind: Kind) -> Result<Vec<Held>, ApiError> {
    let texts = texts.iter().enumerate();
    texts
        .map(|(index, text)| {
            let name = format!("{list}.{}", index + 1);
            match Document::check(text, kind) {
                Ok(document) => Ok((name, Some(document))),
                Err(findings) => {
                    let found = findings.into_iter().next();
                    let why = found.map(|found| found.message).unwrap_or_default();
                    Err(ApiError::InvalidInput(format!("{name}: {why}").into()))
                }
            }
        })
        .collect()
}

/// The user, group or role of the caller's account that `arn` names.
///
/// # Errors
/// `InvalidInput` for the ARN of anything else, `NoSuchEntity`.
pub(super) fn find(cx: &Cx<'_>, caller: &Caller, arn: &str) -> Result<Source, ApiError> {
    let account = &caller.account;
    let invalid = || ApiError::InvalidInput(format!("Invalid Entity Arn: {arn}").into());
    let parsed = Arn::parse(arn).ok_or_else(invalid)?;
    let ours = parsed.partition == cx.settings.partition
        && parsed.service == "iam"
        && parsed.region.is_empty()
        && parsed.account == account.id.text().as_str();
    let (kind, path_and_name) = parsed.resource.split_once('/').ok_or_else(invalid)?;
    let name = path_and_name.rsplit('/').next().unwrap_or_default();
    let (source, path, held) = match kind {
        _ if !ours => return Err(invalid()),
        "user" => {
            let user = entities::user(account, name)?;
            (of_user(cx, account, user), &user.path, &user.name)
        }
        "group" => {
            let group = entities::group(account, name)?;
            (of_group(account, group), &group.path, &group.name)
        }
        "role" => {
            let role = entities::role(account, name)?;
            (of_role(cx, account, role), &role.path, &role.name)
        }
        _ => return Err(invalid()),
    };
    // The whole ARN must be right, path included.
    if format!("/{path_and_name}") != format!("{path}{held}") {
        return Err(ApiError::NoSuchEntity(format!(
            "The {kind} with name {name} cannot be found."
        )));
    }
    Ok(source)
}

fn of_user(cx: &Cx<'_>, account: &Account, user: &User) -> Source {
    let mut identity = held_by("user", &user.name, &user.inline, &user.attached, account);
    for id in &user.groups {
        match account.group_by_id(id) {
            Some(group) => identity.extend(of_group(account, group).identity),
            // As for calls: a group whose record is damaged denies.
            None => identity.push((id.clone(), None)),
        }
    }
    let boundary = user.boundary.as_deref();
    Source {
        identity,
        boundary: boundary.map(|arn| managed_policy(account, arn)),
        caller: Supposed::User {
            arn: entities::user_arn(cx, account.id, user),
            id: user.id.clone(),
            tags: user.tags.clone(),
        },
    }
}

fn of_group(account: &Account, group: &Group) -> Source {
    let (name, inline, attached) = (&group.name, &group.inline, &group.attached);
    Source {
        identity: held_by("group", name, inline, attached, account),
        boundary: None,
        caller: Supposed::Somebody,
    }
}

fn of_role(cx: &Cx<'_>, account: &Account, role: &Role) -> Source {
    let partition = &cx.settings.partition;
    let session_arn = format!(
        "arn:{partition}:sts::{}:assumed-role/{}/{SESSION}",
        account.id, role.name
    );
    let boundary = role.boundary.as_deref();
    Source {
        identity: held_by("role", &role.name, &role.inline, &role.attached, account),
        boundary: boundary.map(|arn| managed_policy(account, arn)),
        caller: Supposed::Role {
            arn: entities::role_arn(cx, account.id, role),
            id: role.id.clone(),
            session_arn,
            tags: role.tags.clone(),
        },
    }
}

/// Inline policies as `user_NAME_POLICY`, managed ones by their name.
fn held_by(
    kind: &str,
    owner: &str,
    inline: &[InlinePolicy],
    attached: &[String],
    account: &Account,
) -> Vec<Held> {
    let inline = inline.iter().map(|held| {
        let name = format!("{kind}_{owner}_{}", held.name);
        (name, Document::parse(held.policy.text()).ok())
    });
    let attached = attached.iter().map(|arn| managed_policy(account, arn));
    inline.chain(attached).collect()
}

/// A managed policy by its ARN. One that is gone denies everything, as it does for calls.
fn managed_policy(account: &Account, arn: &str) -> Held {
    let name = arn.rsplit('/').next().unwrap_or(arn).to_owned();
    let own = entities::policy_by_arn(account, arn).and_then(|held| entities::default_text(held));
    let text = match (managed::find(arn), own) {
        (Some(entry), _) => Some(entry.text()),
        (None, own) => own.map(|text| text.text().to_owned()),
    };
    let document = text.and_then(|text| Document::parse(&text).ok());
    (name, document)
}
