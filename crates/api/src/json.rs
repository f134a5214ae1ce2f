//! Writing JSON straight into a buffer, always on one line and always valid.

use std::fmt::Write as _;

use locum_wire::push_json_string;

/// `,"name":"value"`.
pub(crate) fn field(out: &mut String, name: &str, value: &str) {
    key(out, name);
    push_json_string(out, value);
}

/// `,"name":` with a name of ours (nothing to escape).
pub(crate) fn key(out: &mut String, name: &str) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
}

/// `,"name":value` with JSON that stands already.
pub(crate) fn raw(out: &mut String, name: &str, value: &str) {
    key(out, name);
    out.push_str(value);
}

/// `,"name":"value"` of something whose text needs no escaping (addresses, ids, times).
pub(crate) fn plain(out: &mut String, name: &str, value: &dyn std::fmt::Display) {
    key(out, name);
    let _ = write!(out, "\"{value}\"");
}

/// At most `bytes_max` bytes of `text`, cut at a character.
pub(crate) fn clip(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}
