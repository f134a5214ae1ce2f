//! Session tags: the rules for passing them, and what a chained session inherits (STS reference §6).

use locum_wire::sts::Tag;
use smallvec::SmallVec;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::limits;
use crate::session::Claims;

/// The prefix that is AWS's own, in keys and values.
const RESERVED_PREFIX: &str = "aws:";

/// Refuses tags that AWS would not take.
///
/// # Errors
/// `InvalidParameterValue` with AWS's sentence: duplicate keys (ignoring case), a transitive key that
/// is not among the tags, a key that the calling session handed on, a reserved prefix.
pub(super) fn check(caller: &Caller, tags: &[Tag], transitive: &[String]) -> Result<(), ApiError> {
    for (index, tag) in tags.iter().enumerate() {
        let twin = |other: &Tag| other.key.eq_ignore_ascii_case(&tag.key);
        if tags.iter().skip(index + 1).any(twin) {
            return Err(ApiError::InvalidParameterValue(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        if reserved(&tag.key) || reserved(&tag.value) {
            return Err(ApiError::InvalidParameterValue(
                "Tag keys and values with the prefix aws: are reserved and cannot be passed.",
            ));
        }
    }
    let passed = |key: &String| tags.iter().any(|tag| tag.key.eq_ignore_ascii_case(key));
    if !transitive.iter().all(passed) {
        return Err(ApiError::InvalidParameterValue(
            "The specified transitive tag key must be included in the requested tags.",
        ));
    }
    let inherited = |key: &str| {
        caller
            .session
            .as_ref()
            .is_some_and(|held| held.is_transitive(key))
    };
    if tags.iter().any(|tag| inherited(&tag.key)) {
        return Err(ApiError::InvalidParameterValue(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
        ));
    }
    let together = tags.len() + self::inherited(caller).len();
    if together > limits::SESSION_TAGS_MAX {
        return Err(ApiError::Validation(format!(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to {}",
            limits::SESSION_TAGS_MAX
        )));
    }
    Ok(())
}

fn reserved(text: &str) -> bool {
    text.get(..RESERVED_PREFIX.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(RESERVED_PREFIX))
}

/// The tags that the calling session hands on to the next one.
pub(super) fn inherited(caller: &Caller) -> SmallVec<[(&str, &str); 4]> {
    let Some(session) = &caller.session else {
        return SmallVec::new();
    };
    let tags = session
        .tags
        .iter()
        .filter(|(key, _)| session.is_transitive(key));
    tags.map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

/// Puts the tags of the new session into its claims: inherited ones first, then those passed.
pub(super) fn put(caller: &Caller, claims: &mut Claims, tags: Vec<Tag>, transitive: Vec<String>) {
    let handed_on = inherited(caller);
    claims.tags = handed_on
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    claims
        .tags
        .extend(tags.into_iter().map(|tag| (tag.key, tag.value)));
    claims.transitive_tag_keys = handed_on.iter().map(|(key, _)| key.to_string()).collect();
    claims.transitive_tag_keys.extend(transitive);
}
