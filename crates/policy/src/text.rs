//! Comparing short texts without a call: names, parts of ARNs and tags are mostly below 16 bytes.

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
pub(crate) fn begins(text: &str, prefix: &str) -> bool {
    let head = text.as_bytes().get(..prefix.len());
    head.is_some_and(|head| same(head, prefix.as_bytes()))
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
    text: &'a str,
}

impl<'a> Name<'a> {
    #[inline]
    pub(crate) fn new(text: &'a str) -> Name<'a> {
        Name {
            head: head(text),
            text,
        }
    }

    pub(crate) fn as_str(&self) -> &'a str {
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
            head: head(&text),
            text,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    #[inline]
    fn is(&self, name: Name<'_>) -> bool {
        self.head == name.head && same(self.text.as_bytes(), name.text.as_bytes())
    }
}

/// Where `name` stands in a list sorted by its names.
#[inline]
pub(crate) fn position<T>(
    sorted: &[T],
    name_of: impl Fn(&T) -> &OwnedName,
    name: Name<'_>,
) -> Option<usize> {
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
fn head(text: &str) -> u64 {
    let bytes = text.as_bytes();
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
