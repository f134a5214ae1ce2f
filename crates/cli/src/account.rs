//! Authorization details as the AWS CLI writes them: dates in ISO 8601, documents as objects.

use locum_wire::Timestamp;
use locum_wire::iam::{
    AttachedPermissionsBoundary, AttachedPolicy, GetAccountAuthorizationDetailsResponse,
    GroupDetail, InstanceProfile, ManagedPolicyDetail, PolicyDetail, PolicyVersion, Role,
    RoleDetail, Tag, UserDetail,
};
use percent_encoding::percent_decode_str;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::error::CliError;

type Details = GetAccountAuthorizationDetailsResponse;

/// Adds a page; answers how many entities there are then.
pub fn gather(all: &mut Details, page: Details) -> usize {
    fn extend<T>(all: &mut Option<Vec<T>>, page: Option<Vec<T>>) -> usize {
        let all = all.get_or_insert_default();
        all.extend(page.unwrap_or_default());
        all.len()
    }
    extend(&mut all.user_detail_list, page.user_detail_list)
        + extend(&mut all.group_detail_list, page.group_detail_list)
        + extend(&mut all.role_detail_list, page.role_detail_list)
        + extend(&mut all.policies, page.policies)
}

/// The whole as text. Documents stand in it character by character as they are kept.
///
/// # Errors
/// When a document is no JSON.
pub fn written(all: &Details) -> Result<String, CliError> {
    let mut documents = Documents::default();
    let whole = json!({
        "UserDetailList": list(&all.user_detail_list, |user| documents.user(user)),
        "GroupDetailList": list(&all.group_detail_list, |group| documents.group(group)),
        "RoleDetailList": list(&all.role_detail_list, |role| documents.role(role)),
        "Policies": list(&all.policies, |policy| documents.policy(policy)),
    });
    documents.filled_in(&whole)
}

fn list<T>(items: &Option<Vec<T>>, show: impl FnMut(&T) -> Value) -> Value {
    Value::Array(items.iter().flatten().map(show).collect())
}

fn date(date: Option<Timestamp>) -> Value {
    date.map_or(Value::Null, |date| Value::from(date.to_string()))
}

fn tags(tags: &Option<Vec<Tag>>) -> Value {
    list(tags, |tag| json!({ "Key": tag.key, "Value": tag.value }))
}

fn attached(policies: &Option<Vec<AttachedPolicy>>) -> Value {
    list(
        policies,
        |held| json!({ "PolicyName": held.policy_name, "PolicyArn": held.policy_arn }),
    )
}

fn boundary(boundary: &Option<AttachedPermissionsBoundary>) -> Value {
    boundary.as_ref().map_or(Value::Null, |held| {
        json!({
            "PermissionsBoundaryType": held.permissions_boundary_type,
            "PermissionsBoundaryArn": held.permissions_boundary_arn,
        })
    })
}

/// Without the members that have no value, as the AWS CLI leaves them out.
fn present(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// Documents set aside while the rest is put together: a tree of values would reorder them.
#[derive(Default)]
struct Documents {
    texts: Vec<String>,
}

/// Stands for a document until it is filled in; control characters are in no value of IAM's.
const PLACE: &str = "\u{1}";

impl Documents {
    fn place(&mut self, encoded: Option<&String>) -> Value {
        let Some(encoded) = encoded else {
            return Value::Null;
        };
        let text = percent_decode_str(encoded).decode_utf8_lossy();
        self.texts.push(text.into_owned());
        Value::from(format!("{PLACE}{}", self.texts.len() - 1))
    }

    fn inline(&mut self, policies: &Option<Vec<PolicyDetail>>) -> Value {
        list(policies, |held| {
            json!({
                "PolicyName": held.policy_name,
                "PolicyDocument": self.place(held.policy_document.as_ref()),
            })
        })
    }

    fn user(&mut self, user: &UserDetail) -> Value {
        present(json!({
            "Path": user.path,
            "UserName": user.user_name,
            "UserId": user.user_id,
            "Arn": user.arn,
            "CreateDate": date(user.create_date),
            "UserPolicyList": self.inline(&user.user_policy_list),
            "GroupList": user.group_list,
            "AttachedManagedPolicies": attached(&user.attached_managed_policies),
            "PermissionsBoundary": boundary(&user.permissions_boundary),
            "Tags": tags(&user.tags),
        }))
    }

    fn group(&mut self, group: &GroupDetail) -> Value {
        present(json!({
            "Path": group.path,
            "GroupName": group.group_name,
            "GroupId": group.group_id,
            "Arn": group.arn,
            "CreateDate": date(group.create_date),
            "GroupPolicyList": self.inline(&group.group_policy_list),
            "AttachedManagedPolicies": attached(&group.attached_managed_policies),
        }))
    }

    fn role(&mut self, role: &RoleDetail) -> Value {
        let used = role.role_last_used.as_ref();
        let used = used.map(|used| {
            present(json!({ "LastUsedDate": date(used.last_used_date), "Region": used.region }))
        });
        let trust = role.assume_role_policy_document.as_ref();
        present(json!({
            "Path": role.path,
            "RoleName": role.role_name,
            "RoleId": role.role_id,
            "Arn": role.arn,
            "CreateDate": date(role.create_date),
            "AssumeRolePolicyDocument": self.place(trust),
            "InstanceProfileList": list(&role.instance_profile_list, |held| self.profile(held)),
            "RolePolicyList": self.inline(&role.role_policy_list),
            "AttachedManagedPolicies": attached(&role.attached_managed_policies),
            "PermissionsBoundary": boundary(&role.permissions_boundary),
            "Tags": tags(&role.tags),
            "RoleLastUsed": used,
        }))
    }

    fn profile(&mut self, profile: &InstanceProfile) -> Value {
        let roles: Vec<Value> = profile.roles.iter().map(|role| self.held(role)).collect();
        json!({
            "Path": profile.path,
            "InstanceProfileName": profile.instance_profile_name,
            "InstanceProfileId": profile.instance_profile_id,
            "Arn": profile.arn,
            "CreateDate": date(Some(profile.create_date)),
            "Roles": roles,
        })
    }

    fn held(&mut self, role: &Role) -> Value {
        json!({
            "Path": role.path,
            "RoleName": role.role_name,
            "RoleId": role.role_id,
            "Arn": role.arn,
            "CreateDate": date(Some(role.create_date)),
            "AssumeRolePolicyDocument": self.place(role.assume_role_policy_document.as_ref()),
        })
    }

    fn policy(&mut self, policy: &ManagedPolicyDetail) -> Value {
        present(json!({
            "PolicyName": policy.policy_name,
            "PolicyId": policy.policy_id,
            "Arn": policy.arn,
            "Path": policy.path,
            "DefaultVersionId": policy.default_version_id,
            "AttachmentCount": policy.attachment_count,
            "PermissionsBoundaryUsageCount": policy.permissions_boundary_usage_count,
            "IsAttachable": policy.is_attachable,
            "Description": policy.description,
            "CreateDate": date(policy.create_date),
            "UpdateDate": date(policy.update_date),
            "PolicyVersionList": list(&policy.policy_version_list, |held| self.version(held)),
        }))
    }

    fn version(&mut self, version: &PolicyVersion) -> Value {
        json!({
            "Document": self.place(version.document.as_ref()),
            "VersionId": version.version_id,
            "IsDefaultVersion": version.is_default_version,
            "CreateDate": date(version.create_date),
        })
    }

    /// The text with every document in its place, on the lines that it has.
    fn filled_in(&self, whole: &Value) -> Result<String, CliError> {
        let text = crate::json::pretty(whole);
        let mut out = String::with_capacity(text.len());
        let mut pieces = text.split("\"\\u0001");
        out.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (at, rest) = piece.split_once('"').unwrap_or((piece, ""));
            let document = at.parse().ok().and_then(|at: usize| self.texts.get(at));
            let document = document.map(String::as_str).unwrap_or_default();
            serde_json::from_str::<&RawValue>(document).map_err(|_| CliError::BadAnswer {
                endpoint: String::new(),
                operation: "GetAccountAuthorizationDetails".to_owned(),
                reason: "a policy document is no JSON".to_owned(),
            })?;
            out.push_str(document);
            out.push_str(rest);
        }
        Ok(out)
    }
}
