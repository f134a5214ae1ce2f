//! The canonical query string: decoded, encoded once, sorted.

use std::cmp::Ordering;

use crate::canonical::Sink;
use crate::encode::{self, Plus};
use crate::limits::QUERY_PARAMETERS_INLINE;

/// One parameter as on the wire.
pub(crate) type Pair<'a> = (&'a str, &'a str);

/// The parameters in wire order. Empty ones (`a=b&&c=d`) do not count.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = Pair<'_>> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// Is `encoded` the escaped form of `name`?
pub(crate) fn name_is(encoded: &str, name: &str) -> bool {
    encoded == name
        || (encoded.contains('%') && encode::decoded(encoded, Plus::Space).eq(name.bytes()))
}

/// Like [`name_is`], in any case.
pub(crate) fn name_is_ignoring_case(encoded: &str, name: &str) -> bool {
    if !encoded.contains('%') {
        return encoded.eq_ignore_ascii_case(name);
    }
    let lower = |byte: u8| byte.to_ascii_lowercase();
    encode::decoded(encoded, Plus::Space)
        .map(lower)
        .eq(name.bytes().map(lower))
}

/// Writes the canonical query. `X-Amz-Signature` is left out; the value of `hidden` is shown as `***`.
pub(crate) fn write(query: &str, hidden: Option<&str>, sink: &mut impl Sink) {
    if query.is_empty() {
        return;
    }
    let mut inline: [Pair<'_>; QUERY_PARAMETERS_INLINE] = [("", ""); QUERY_PARAMETERS_INLINE];
    let kept = || pairs(query).filter(|(name, _)| !name_is(name, "X-Amz-Signature"));
    let count = kept().count();
    match inline.get_mut(..count) {
        Some(slots) => {
            slots
                .iter_mut()
                .zip(kept())
                .for_each(|(slot, pair)| *slot = pair);
            write_sorted(slots, hidden, sink);
        }
        None => write_sorted(&mut kept().collect::<Vec<_>>(), hidden, sink),
    }
}

fn write_sorted(pairs: &mut [Pair<'_>], hidden: Option<&str>, sink: &mut impl Sink) {
    pairs.sort_unstable_by(|left, right| {
        compare(left.0, right.0).then_with(|| compare(left.1, right.1))
    });
    for (position, (name, value)) in pairs.iter().enumerate() {
        if position > 0 {
            sink.byte(b'&');
        }
        write_encoded(name, sink);
        sink.byte(b'=');
        if hidden.is_some_and(|hidden| name_is(name, hidden)) {
            sink.put(b"***");
        } else {
            write_encoded(value, sink);
        }
    }
}

/// Orders by the encoded bytes.
fn compare(left: &str, right: &str) -> Ordering {
    encoded(left).cmp(encoded(right))
}

fn encoded(text: &str) -> impl Iterator<Item = u8> {
    encode::decoded(text, Plus::Space).flat_map(|byte| {
        let (shown, length) = if encode::is_unreserved(byte) {
            ([byte, 0, 0], 1)
        } else {
            (encode::escape(byte), 3)
        };
        shown.into_iter().take(length)
    })
}

fn write_encoded(text: &str, sink: &mut impl Sink) {
    if text.bytes().all(encode::is_unreserved) {
        return sink.put(text.as_bytes());
    }
    for byte in encode::decoded(text, Plus::Space) {
        if encode::is_unreserved(byte) {
            sink.byte(byte);
        } else {
            sink.put(&encode::escape(byte));
        }
    }
}
