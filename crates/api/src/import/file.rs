//! The file of an import: the JSON of `aws iam get-account-authorization-details`, read strictly.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The whole file. A field that is not here is an error: it would be lost without a word.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct File<'a> {
    #[serde(borrow)]
    pub(super) user_detail_list: Vec<UserDetail<'a>>,
    #[serde(borrow)]
    pub(super) group_detail_list: Vec<GroupDetail<'a>>,
    #[serde(borrow)]
    pub(super) role_detail_list: Vec<RoleDetail<'a>>,
    #[serde(borrow)]
    pub(super) policies: Vec<ManagedPolicyDetail<'a>>,
    #[serde(default)]
    pub(super) is_truncated: bool,
    #[serde(default)]
    pub(super) marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct UserDetail<'a> {
    pub(super) path: String,
    pub(super) user_name: String,
    pub(super) user_id: String,
    pub(super) arn: String,
    #[serde(borrow)]
    pub(super) create_date: Date<'a>,
    #[serde(default, borrow)]
    pub(super) user_policy_list: Vec<PolicyDetail<'a>>,
    #[serde(default)]
    pub(super) group_list: Vec<String>,
    #[serde(default)]
    pub(super) attached_managed_policies: Vec<AttachedPolicy>,
    pub(super) permissions_boundary: Option<Boundary>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GroupDetail<'a> {
    pub(super) path: String,
    pub(super) group_name: String,
    pub(super) group_id: String,
    pub(super) arn: String,
    #[serde(borrow)]
    pub(super) create_date: Date<'a>,
    #[serde(default, borrow)]
    pub(super) group_policy_list: Vec<PolicyDetail<'a>>,
    #[serde(default)]
    pub(super) attached_managed_policies: Vec<AttachedPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct RoleDetail<'a> {
    pub(super) path: String,
    pub(super) role_name: String,
    pub(super) role_id: String,
    pub(super) arn: String,
    #[serde(borrow)]
    pub(super) create_date: Date<'a>,
    #[serde(borrow)]
    pub(super) assume_role_policy_document: Text<'a>,
    #[serde(default, borrow)]
    pub(super) instance_profile_list: Vec<InstanceProfile<'a>>,
    #[serde(default, borrow)]
    pub(super) role_policy_list: Vec<PolicyDetail<'a>>,
    #[serde(default)]
    pub(super) attached_managed_policies: Vec<AttachedPolicy>,
    pub(super) permissions_boundary: Option<Boundary>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
    #[serde(default, borrow)]
    pub(super) role_last_used: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct InstanceProfile<'a> {
    pub(super) path: String,
    pub(super) instance_profile_name: String,
    pub(super) instance_profile_id: String,
    pub(super) arn: String,
    #[serde(borrow)]
    pub(super) create_date: Date<'a>,
    /// The role again, which stands around it.
    #[serde(rename = "Roles", default, borrow)]
    pub(super) _roles: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ManagedPolicyDetail<'a> {
    pub(super) policy_name: String,
    pub(super) policy_id: String,
    pub(super) arn: String,
    pub(super) path: String,
    pub(super) default_version_id: String,
    pub(super) description: Option<String>,
    #[serde(borrow)]
    pub(super) create_date: Date<'a>,
    #[serde(borrow)]
    pub(super) update_date: Date<'a>,
    #[serde(borrow)]
    pub(super) policy_version_list: Vec<PolicyVersion<'a>>,
    /// Figures that follow from the rest.
    #[serde(rename = "AttachmentCount", default)]
    pub(super) _attachment_count: i64,
    #[serde(rename = "PermissionsBoundaryUsageCount", default)]
    pub(super) _boundary_count: i64,
    #[serde(rename = "IsAttachable", default)]
    pub(super) _is_attachable: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PolicyVersion<'a> {
    #[serde(borrow)]
    pub(super) document: Text<'a>,
    pub(super) version_id: String,
    pub(super) is_default_version: bool,
    #[serde(borrow)]
    pub(super) create_date: Date<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PolicyDetail<'a> {
    pub(super) policy_name: String,
    #[serde(borrow)]
    pub(super) policy_document: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AttachedPolicy {
    #[serde(rename = "PolicyName", default)]
    pub(super) _policy_name: String,
    pub(super) policy_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Boundary {
    #[serde(rename = "PermissionsBoundaryType", default)]
    pub(super) _boundary_type: String,
    pub(super) permissions_boundary_arn: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// A document: an object as the AWS CLI and the SDKs show it, or a string as the API sends it.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] &'a RawValue);

impl Text<'_> {
    /// The document, of an object every character as it stands in the file.
    ///
    /// # Errors
    /// When it is neither an object nor a percent-encoded string.
    pub(super) fn text(&self) -> Result<Cow<'_, str>, String> {
        let raw = self.0.get();
        if raw.starts_with('{') {
            return Ok(Cow::Borrowed(raw));
        }
        let string: String = serde_json::from_str(raw)
            .map_err(|_| "a document is neither an object nor a string".to_owned())?;
        if string.trim_start().starts_with('{') {
            return Ok(Cow::Owned(string));
        }
        let decoded = percent_encoding::percent_decode_str(&string).decode_utf8();
        decoded
            .map(|text| Cow::Owned(text.into_owned()))
            .map_err(|_| "a document is not UTF-8 when it is decoded".to_owned())
    }
}

/// A moment: ISO 8601 as the AWS CLI writes it, or seconds since 1970.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Date<'a>(#[serde(borrow)] &'a RawValue);

impl Date<'_> {
    /// Unix seconds.
    ///
    /// # Errors
    /// When it is no moment.
    pub(super) fn seconds(&self) -> Result<i64, String> {
        let raw = self.0.get();
        let known = match serde_json::from_str::<String>(raw) {
            Ok(text) => text.parse().ok().map(jiff::Timestamp::as_second),
            Err(_) => raw.split('.').next().and_then(|whole| whole.parse().ok()),
        };
        known.ok_or_else(|| format!("{raw} is no date"))
    }
}
