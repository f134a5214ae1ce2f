//! Small rules that every IAM resource shares: paths, tags, the unit that a change writes.

use locum_store::{
    Account, Change, CredentialStatus, InlinePolicy, Key, Record, Tag, Unit, UnitWrite,
};

use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::limits;
use crate::needs::Needs;
use crate::snapshot::Snapshot;

/// The root path.
pub(crate) const ROOT_PATH: &str = "/";

/// A path that begins and ends with `/` and holds no empty part.
///
/// # Errors
/// `ValidationError` with AWS's sentence.
pub(crate) fn path(given: Option<String>) -> Result<String, ApiError> {
    let Some(path) = given else {
        return Ok(ROOT_PATH.to_owned());
    };
    let good = path.starts_with('/') && path.ends_with('/') && !path.contains("//");
    if good {
        return Ok(path);
    }
    Err(ApiError::Validation(
        "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.".to_owned(),
    ))
}

/// Tags of a resource that is being created, or that are being added.
///
/// # Errors
/// `InvalidInput` for duplicate keys or the reserved prefix.
pub(crate) fn tags(given: Vec<locum_wire::iam::Tag>, keys: KeyCase) -> Result<Vec<Tag>, ApiError> {
    for (index, tag) in given.iter().enumerate() {
        if given
            .iter()
            .skip(index + 1)
            .any(|other| keys.same(&other.key, &tag.key))
        {
            return Err(ApiError::InvalidInput(match keys {
                KeyCase::Ignored => {
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive."
                        .into()
                }
                KeyCase::Counts => "Duplicate tag keys found.".into(),
            }));
        }
        if tag
            .key
            .get(..4)
            .is_some_and(|head| head.eq_ignore_ascii_case("aws:"))
        {
            return Err(ApiError::InvalidInput(
                "Tag keys with the prefix aws: are reserved and cannot be set.".into(),
            ));
        }
    }
    Ok(given
        .into_iter()
        .map(|tag| Tag {
            key: tag.key,
            value: tag.value,
        })
        .collect())
}

/// Whether tag keys of a resource differ by case: those of policies do, those of users and roles do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyCase {
    /// `Team` and `team` are one key.
    Ignored,
    /// They are two.
    Counts,
}

impl KeyCase {
    /// Do `a` and `b` name one tag?
    pub(crate) fn same(self, a: &str, b: &str) -> bool {
        match self {
            KeyCase::Ignored => a.eq_ignore_ascii_case(b),
            KeyCase::Counts => a == b,
        }
    }
}

/// `held` with `added` put over it.
///
/// # Errors
/// `LimitExceeded` past the quota.
pub(crate) fn merge_tags(
    held: &[Tag],
    added: Vec<Tag>,
    keys: KeyCase,
) -> Result<Vec<Tag>, ApiError> {
    let kept = held
        .iter()
        .filter(|tag| !added.iter().any(|new| keys.same(&new.key, &tag.key)));
    let mut merged: Vec<Tag> = kept.cloned().collect();
    merged.extend(added);
    if merged.len() > limits::TAGS_PER_RESOURCE_MAX {
        return Err(ApiError::LimitExceeded(
            "The number of tags has reached the maximum limit.".to_owned(),
        ));
    }
    Ok(merged)
}

/// Tags as answers carry them.
pub(crate) fn shown_tags(tags: &[Tag]) -> Vec<locum_wire::iam::Tag> {
    let tags = tags.iter();
    tags.map(|tag| locum_wire::iam::Tag {
        key: tag.key.clone(),
        value: tag.value.clone(),
    })
    .collect()
}

/// The same, absent when there are none (CreateUser and its kind).
pub(crate) fn tags_if_any(tags: &[Tag]) -> Option<Vec<locum_wire::iam::Tag>> {
    (!tags.is_empty()).then(|| shown_tags(tags))
}

/// A change of one account, expecting it as it was read.
pub(crate) fn change(account: &Account, puts: Vec<Record>, deletes: Vec<Key>) -> Change {
    let write = UnitWrite {
        unit: Unit::Account(account.id),
        expects: account.revision,
        puts,
        deletes,
    };
    Change {
        writes: vec![write],
        ..Change::default()
    }
}

/// Operations on no resource in particular: lists and accounts.
pub(crate) fn everywhere<'a, I>(
    _: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    _: &'a I,
) -> Result<Needs<'a>, ApiError> {
    Ok(Needs::on("*", caller.account.id))
}

/// A user, role or group that still holds policies cannot be deleted.
///
/// # Errors
/// `DeleteConflict` with AWS's sentence.
pub(crate) fn refuse_held_policies(
    inline: &[InlinePolicy],
    attached: &[String],
) -> Result<(), ApiError> {
    if !attached.is_empty() {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must detach all policies first.",
        ));
    }
    if !inline.is_empty() {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must delete policies first.",
        ));
    }
    Ok(())
}

/// The status that a request sets: AWS's third one, Expired, cannot be set.
///
/// # Errors
/// `InvalidInput`; the sentence is unconfirmed.
pub(crate) fn settable_status(given: &str) -> Result<CredentialStatus, ApiError> {
    match given {
        "Active" => Ok(CredentialStatus::Active),
        "Inactive" => Ok(CredentialStatus::Inactive),
        other => Err(ApiError::InvalidInput(
            format!("Value {other} of the parameter Status cannot be set.").into(),
        )),
    }
}

/// A status as answers spell it.
pub(crate) fn shown_status(status: CredentialStatus) -> String {
    let text = match status {
        CredentialStatus::Active => "Active",
        CredentialStatus::Inactive => "Inactive",
    };
    text.to_owned()
}

/// Past a quota?
///
/// # Errors
/// `LimitExceeded` `Cannot exceed quota for NAME: N`.
pub(crate) fn quota(count: usize, name: &str, max: usize) -> Result<(), ApiError> {
    if count < max {
        return Ok(());
    }
    Err(ApiError::LimitExceeded(format!(
        "Cannot exceed quota for {name}: {max}"
    )))
}
