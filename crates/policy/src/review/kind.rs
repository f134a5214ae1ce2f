//! Which kind of policy a text probably is.

use crate::document::{Statement, Version};
use crate::finding::Kind;
use crate::read;

/// The kind that a text most probably is: a trust policy when it names principals and no resources, and not
/// only actions of other services than STS; one of a resource when it names principals otherwise; else an
/// identity policy, [`Kind::Inline`] when only that may have its version. A text that cannot be read counts as
/// [`Kind::Managed`].
pub fn guess_kind(text: &str) -> Kind {
    let mut faults = Vec::new();
    let Some(document) = read::document(text, &mut faults) else {
        return Kind::Managed;
    };
    let statements = &document.statements;
    let principals = statements.iter().any(|s| s.principals.is_some());
    let resources = statements.iter().any(|s| s.resources.is_some());
    match (principals, resources) {
        (true, true) => return Kind::Resource,
        // What only other services do is no trust: the resource was forgotten.
        (true, false) if !statements.is_empty() && statements.iter().all(is_of_others) => {
            return Kind::Resource;
        }
        (true, false) => return Kind::Trust,
        _ => {}
    }
    match document.version {
        Version::V2012 => Kind::Managed,
        Version::V2008 => Kind::Inline,
    }
}

/// Whether a statement names actions, all of other services than STS.
fn is_of_others(statement: &Statement) -> bool {
    let mut items = statement.actions.iter().flat_map(|list| &list.items);
    let named = items.clone().next().is_some();
    named
        && items.all(|item| {
            let service = item.text.split_once(':').map(|(service, _)| service);
            service.is_some_and(|service| {
                !service.eq_ignore_ascii_case("sts") && !service.contains(['*', '?'])
            })
        })
}
