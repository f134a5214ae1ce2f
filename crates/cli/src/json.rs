//! JSON as it is printed: indented by two, members in the order of their struct, a line break at the end.

use serde::Serialize;

/// A value as text.
#[must_use]
pub fn pretty<T: Serialize>(value: &T) -> String {
    // Structs with text keys always serialise.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// A value as one line.
#[must_use]
pub fn line<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}
