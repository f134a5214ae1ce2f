//! Service-linked roles of an import: known by their path, and trusted by nobody but their service.

use serde_json::Value;

use crate::iam::service_linked_role::PATH;

/// The service of a role at the path of service-linked roles; `None` for every other role.
///
/// # Errors
/// When the role is there without being such a role.
pub(super) fn service(path: &str, name: &str, trust: &str) -> Result<Option<String>, String> {
    let Some(rest) = path.strip_prefix(PATH) else {
        return Ok(None);
    };
    let service = rest.strip_suffix('/').unwrap_or_default();
    let good = !service.is_empty()
        && !service.contains('/')
        && name.starts_with("AWSServiceRoleFor")
        && trusts_only(trust, service);
    if good {
        return Ok(Some(service.to_owned()));
    }
    Err(format!(
        "it is at the path {PATH} and is no service-linked role of one service"
    ))
}

/// Does every statement allow `sts:AssumeRole` to this service and to nobody else?
fn trusts_only(trust: &str, service: &str) -> bool {
    let Ok(Value::Object(document)) = serde_json::from_str(trust) else {
        return false;
    };
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => return false,
    };
    let only = |value: Option<&Value>, text: &str| match value {
        Some(Value::String(held)) => held == text,
        Some(Value::Array(held)) => held.len() == 1 && held.first() == Some(&Value::from(text)),
        _ => false,
    };
    let principal = |statement: &Value| {
        let principal = statement.get("Principal").and_then(Value::as_object);
        principal.is_some_and(|held| held.len() == 1 && only(held.get("Service"), service))
    };
    !statements.is_empty()
        && statements.iter().all(|statement| {
            only(statement.get("Action"), "sts:AssumeRole") && principal(statement)
        })
}
