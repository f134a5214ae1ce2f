//! Comparing short texts without a call: names, parts of ARNs and tags are mostly below 16 bytes.

use crate::limits::SEARCHED_ONE_BY_ONE;

/// Whether two texts are equal.
#[inline]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if let (Some(a_head), Some(b_head)) = (a.first_chunk::<8>(), b.first_chunk::<8>()) {
        // Up to 16 bytes, head and tail are the whole.
        return a_head == b_head
            && a.last_chunk::<8>() == b.last_chunk::<8>()
            && (a.len() <= 16 || a == b);
    }
    if let (Some(a_head), Some(b_head)) = (a.first_chunk::<4>(), b.first_chunk::<4>()) {
        return a_head == b_head && a.last_chunk::<4>() == b.last_chunk::<4>();
    }
    a.iter().eq(b)
}

/// Whether `text` begins with `prefix`.
#[inline]
pub(crate) fn begins(text: &[u8], prefix: &[u8]) -> bool {
    let head = text.get(..prefix.len());
    head.is_some_and(|head| same(head, prefix))
}

/// What follows `prefix` in `text`, if `text` begins with it.
#[inline]
pub(crate) fn after<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.as_bytes().get(..prefix.len())?;
    if same(head, prefix.as_bytes()) {
        text.get(prefix.len()..)
    } else {
        None
    }
}

/// A name to be found among many: compared by its first bytes, then by length, then as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name<'a> {
    head: u64,
    text: &'a [u8],
}

impl<'a> Name<'a> {
    #[inline]
    pub(crate) fn new(text: &'a [u8]) -> Name<'a> {
        Name {
            head: head(text),
            text,
        }
    }

    pub(crate) fn as_bytes(&self) -> &'a [u8] {
        self.text
    }
}

/// The same, owned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OwnedName {
    head: u64,
    text: Box<str>,
}

impl OwnedName {
    pub(crate) fn new(text: Box<str>) -> OwnedName {
        OwnedName {
            head: head(text.as_bytes()),
            text,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    #[inline]
    fn is(&self, name: Name<'_>) -> bool {
        self.head == name.head && same(self.text.as_bytes(), name.text)
    }
}

/// Where `name` stands in a list sorted by its names.
#[inline]
pub(crate) fn position<T>(
    sorted: &[T],
    name_of: impl Fn(&T) -> &OwnedName,
    name: Name<'_>,
) -> Option<usize> {
    if sorted.len() <= SEARCHED_ONE_BY_ONE {
        return sorted.iter().position(|item| name_of(item).is(name));
    }
    let start = sorted.partition_point(|item| name_of(item).head < name.head);
    let from = sorted.get(start..)?;
    let same_head = from
        .iter()
        .take_while(|item| name_of(item).head == name.head);
    let mut found = same_head
        .enumerate()
        .filter(|(_, item)| name_of(item).is(name));
    found.next().map(|(index, _)| start + index)
}

/// The first eight bytes as a number that sorts as they do.
#[inline]
fn head(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(head) => u64::from_be_bytes(*head),
        None => {
            let read = bytes
                .iter()
                .fold(0, |head, byte| (head << 8) | u64::from(*byte));
            read << (64 - 8 * bytes.len()).min(63)
        }
    }
}

#[cfg(test)]
mod tests;
