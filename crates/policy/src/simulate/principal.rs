//! The context keys that follow from who calls: a simulation need not be told them.

use crate::request::{Principal, PrincipalKind};
use crate::simulate::entries::{ContextEntry, ContextKeyType};

/// AWS's global condition keys about the principal, as far as `principal` tells them: `aws:PrincipalArn`,
/// `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:userid`, `aws:username`, and
/// `aws:PrincipalIsAWSService`. Nothing of a principal without a name.
pub fn principal_entries(principal: &Principal<'_>) -> Vec<ContextEntry> {
    let account = principal.account;
    let mut entries = Vec::new();
    let mut add = |key: &str, value: &str| {
        if !value.is_empty() {
            entries.push(ContextEntry {
                key: key.to_owned(),
                key_type: ContextKeyType::STRING,
                values: vec![value.to_owned()],
            });
        }
    };
    let (arn, kind, user_id) = match principal.kind {
        PrincipalKind::Root => {
            let arn = format!("arn:aws:iam::{account}:root");
            (arn, "Account", account.to_owned())
        }
        PrincipalKind::User { arn, id } => (arn.to_owned(), "User", id.to_owned()),
        PrincipalKind::RoleSession {
            role_arn,
            role_id,
            session_name,
            ..
        } => {
            let user_id = match role_id {
                "" => String::new(),
                id => format!("{id}:{session_name}"),
            };
            (role_arn.to_owned(), "AssumedRole", user_id)
        }
        PrincipalKind::FederatedUser { arn, .. } => {
            let name = arn.rsplit('/').next().unwrap_or_default();
            let user_id = format!("{account}:{name}");
            (arn.to_owned(), "FederatedUser", user_id)
        }
        PrincipalKind::Service { name } => {
            add("aws:PrincipalIsAWSService", "true");
            add("aws:PrincipalServiceName", name);
            return entries;
        }
        PrincipalKind::Federated { .. } => return entries,
        PrincipalKind::Anonymous => {
            add("aws:PrincipalType", "Anonymous");
            return entries;
        }
    };
    if arn.is_empty() {
        return entries;
    }
    add("aws:PrincipalArn", &arn);
    add("aws:PrincipalAccount", account);
    add("aws:PrincipalType", kind);
    add("aws:PrincipalIsAWSService", "false");
    add("aws:userid", &user_id);
    if let PrincipalKind::User { arn, .. } = principal.kind {
        add("aws:username", arn.rsplit('/').next().unwrap_or_default());
    }
    entries
}
