//! Which kind of policy a text probably is.

use crate::document::Version;
use crate::finding::Kind;
use crate::read;

/// The kind that a text most probably is: a trust policy when it names principals and no resources,
/// one of a resource when it names both, else an identity policy, [`Kind::Inline`] when only that may have its version. A text that cannot be
/// read counts as [`Kind::Managed`].
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
        (true, false) => return Kind::Trust,
        _ => {}
    }
    match document.version {
        Version::V2012 => Kind::Managed,
        Version::V2008 => Kind::Inline,
    }
}
