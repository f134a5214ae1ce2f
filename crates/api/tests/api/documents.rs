//! Policy documents and requests, written short.

use locum_wire::sts::AssumeRoleRequest;

pub(crate) fn document(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

/// One Allow or Deny, with a condition block when it is not empty.
pub(crate) fn statement(effect: &str, action: &str, resource: &str, condition: &str) -> String {
    let condition = if condition.is_empty() {
        String::new()
    } else {
        format!(r#","Condition":{condition}"#)
    };
    format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"{condition}}}"#)
}

pub(crate) fn allow(action: &str, resource: &str) -> String {
    document(&statement("Allow", action, resource, ""))
}

pub(crate) fn allow_if(action: &str, resource: &str, condition: &str) -> String {
    document(&statement("Allow", action, resource, condition))
}

/// A trust policy: `principal` is the JSON of its AWS principal.
pub(crate) fn trust(principal: &str) -> String {
    trust_if(principal, r#""sts:AssumeRole""#, "")
}

pub(crate) fn trust_if(principal: &str, actions: &str, condition: &str) -> String {
    let condition = if condition.is_empty() {
        String::new()
    } else {
        format!(r#","Condition":{condition}"#)
    };
    document(&format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":{principal}}},"Action":{actions}{condition}}}"#
    ))
}

/// AssumeRole with nothing but what it must have.
pub(crate) fn assume_role(role_arn: &str, session: &str) -> AssumeRoleRequest {
    AssumeRoleRequest {
        role_arn: role_arn.to_owned(),
        role_session_name: session.to_owned(),
        ..AssumeRoleRequest::default()
    }
}
