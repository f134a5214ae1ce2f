//! Checks one condition under Allow and under Deny.

use super::{Fact, Facts, applies};

/// What a condition must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Holds,
    Fails,
    /// Cannot be evaluated: never allows, always denies.
    Trouble,
}
pub(crate) use Expected::{Fails, Holds, Trouble};

pub(crate) fn check(condition: &str, facts: &Facts, expected: Expected) {
    let (allow, deny) = match expected {
        Holds => (true, true),
        Fails => (false, false),
        Trouble => (false, true),
    };
    assert_eq!(
        applies("Allow", condition, facts),
        allow,
        "Allow {condition} {facts:?}"
    );
    assert_eq!(
        applies("Deny", condition, facts),
        deny,
        "Deny {condition} {facts:?}"
    );
}

/// Checks `{operator: {"k:v": values}}` where the request has `facts` under that key.
pub(crate) fn check_op(operator: &str, values: &str, fact: Option<Fact>, expected: Expected) {
    let facts = fact.map_or_else(Facts::default, |fact| Facts::default().with("k:v", fact));
    check(
        &format!(r#"{{"{operator}":{{"K:V":{values}}}}}"#),
        &facts,
        expected,
    );
}

pub(crate) fn s(text: &str) -> Option<Fact> {
    Some(Fact::Str(text.to_owned()))
}

pub(crate) fn many(values: &[&'static str]) -> Option<Fact> {
    Some(Fact::Many(values.to_vec()))
}
