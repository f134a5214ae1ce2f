//! The accounts and partitions that conditions on the caller name, and whether one can tell.

use super::atom::Source;
use super::statement::Sources;
use crate::arn::split;
use crate::key::{ConditionKey, KnownKey};
use crate::variable::Variables;

/// What conditions on `aws:PrincipalArn` and `aws:PrincipalAccount` say.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) texts: Vec<String>,
    /// Some name a part of an account's number, so that accounts are not alike.
    pub(super) partly: bool,
}

pub(super) fn named(sources: &Sources) -> Named {
    let mut named = Named::default();
    for (_, source) in &sources.tests {
        let Source::Condition { key, values, .. } = source else {
            continue;
        };
        let whole = match key {
            ConditionKey::Known(KnownKey::PrincipalAccount) => is_plain_account,
            ConditionKey::Known(KnownKey::PrincipalArn) => is_plain_arn,
            _ => continue,
        };
        for value in values {
            named.partly |= !whole(value);
            named.texts.push(value.clone());
        }
    }
    named
}

fn is_open(text: &str) -> bool {
    text == "*" || (text.starts_with("${") && text.find('}') == Some(text.len() - 1))
}

fn is_plain_account(text: &str) -> bool {
    is_open(text) || !text.contains(['*', '?', '$'])
}

/// Whether the pattern's partition and account are each named or left open as a whole.
fn is_plain_arn(text: &str) -> bool {
    let Some([_, partition, service, region, account, _]) = split(text, Variables::On) else {
        return is_open(text) || !text.contains(['*', '?', '$']);
    };
    let wild = |part: &str| part.contains(['*', '?', '$']);
    let named = |part: &str| is_open(part) || !wild(part);
    named(partition) && named(account) && !wild(service) && (region.is_empty() || region == "*")
}
