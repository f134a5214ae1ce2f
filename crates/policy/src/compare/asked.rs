//! What can be asked about: actions and resources as policies write them.

use crate::arn::ArnPattern;
use crate::decision::PolicyType;
use crate::validate::is_action;
use crate::variable::Variables;

const NO_ACTION: &str = "an action is service:Name, with wildcards in the name alone, or *";
const NO_RESOURCE: &str = "a resource is *, or an ARN of six parts, with or without wildcards";
const ROLE_ALONE: &str = "a trust policy is about the role that has it: its resource is asked as *";

/// Why nobody can ask that, if nobody can.
pub(super) fn fault(kind: PolicyType, action: &str, resource: &str) -> Option<&'static str> {
    if !is_askable(action) {
        return Some(NO_ACTION);
    }
    let is_all = resource == "*";
    if kind == PolicyType::RoleTrust {
        return (!is_all).then_some(ROLE_ALONE);
    }
    let is_arn =
        || ArnPattern::compile(resource, Variables::Off).is_ok() && !resource.ends_with(':');
    (!is_all && !is_arn()).then_some(NO_RESOURCE)
}

fn is_askable(action: &str) -> bool {
    let of_names = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*' | '?');
    match action.split_once(':') {
        _ if matches!(action, "*" | "*:*") => true,
        Some((_, name)) => is_action(action) && !name.is_empty() && name.chars().all(of_names),
        None => false,
    }
}
