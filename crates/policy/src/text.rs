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
            && (a.len() <= 16 || same_words(a, b));
    }
    if let (Some(a_head), Some(b_head)) = (a.first_chunk::<4>(), b.first_chunk::<4>()) {
        return a_head == b_head && a.last_chunk::<4>() == b.last_chunk::<4>();
    }
    // Of up to three bytes these are all.
    let middle = a.len() / 2;
    a.first() == b.first() && a.get(middle) == b.get(middle) && a.last() == b.last()
}

/// The same for all but the last bytes, eight at a time.
#[inline]
fn same_words(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    a.iter().zip(b).all(|(a, b)| a == b)
}

/// Whether `text` begins with `prefix`.
#[inline]
pub(crate) fn begins(text: &[u8], prefix: &[u8]) -> bool {
    let head = text.get(..prefix.len());
    head.is_some_and(|head| same(head, prefix))
}

/// What follows `prefix` in `text`, if `text` begins with it.
#[inline]
pub(crate) fn after<'t>(text: &'t [u8], prefix: &[u8]) -> Option<&'t [u8]> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    same(head, prefix).then_some(rest)
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

    #[inline(always)]
    fn is(&self, name: Name<'_>) -> bool {
        let (own, other) = (self.text.as_bytes(), name.text);
        self.head == name.head
            && own.len() == other.len()
            && (own.len() <= 8
                || own.last_chunk::<8>() == other.last_chunk::<8>()
                    && (own.len() <= 16 || same_words(own, other)))
    }
}

/// A text that others may begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix {
    head: u64,
    /// The bits of a head that count.
    mask: u64,
    text: Box<[u8]>,
}

impl Prefix {
    pub(crate) fn new(text: &str) -> Prefix {
        let missing = 8_usize.saturating_sub(text.len());
        Prefix {
            head: head(text.as_bytes()),
            mask: u64::MAX.checked_shl(8 * missing as u32).unwrap_or(0),
            text: text.as_bytes().into(),
        }
    }

    /// Whether `name` begins with it.
    #[inline]
    pub(crate) fn begins(&self, name: Name<'_>) -> bool {
        let length = self.text.len();
        name.head & self.mask == self.head
            && length <= name.text.len()
            && (length <= 8 || begins(name.text, &self.text))
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
    search(sorted, name_of, name)
}

/// The same for a long list.
#[inline(never)]
fn search<T>(sorted: &[T], name_of: impl Fn(&T) -> &OwnedName, name: Name<'_>) -> Option<usize> {
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
    if let Some(head) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*head);
    }
    let padding = 64 - 8 * bytes.len();
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (head, tail) = (u32::from_be_bytes(*head), u32::from_be_bytes(*tail));
        return (u64::from(head) << 32) | (u64::from(tail) << padding);
    }
    let read = |head, byte: &u8| (head << 8) | u64::from(*byte);
    bytes.iter().fold(0, read) << padding.min(63)
}

const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte of `word` that is `wanted`.
#[inline]
fn marks(word: u64, wanted: u8) -> u64 {
    // A byte is zero where `wanted` was, and then alone it has no bit to show.
    let zeros = word ^ u64::from_le_bytes([wanted; 8]);
    !(((zeros & !HIGH) + !HIGH) | zeros) & HIGH
}

/// Which of eight bytes are `wanted`, one bit each.
#[inline]
pub(crate) fn bytes_of(word: &[u8; 8], wanted: u8) -> u64 {
    // Each factor of two to the power of 56 - 7i moves the mark of byte i to bit 56 + i.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    (marks(u64::from_le_bytes(*word), wanted) >> 7).wrapping_mul(GATHER) >> 56
}

/// Eight bytes in ASCII lower case.
#[inline]
fn lower_word(word: u64) -> u64 {
    let each = |byte: u8| u64::from_le_bytes([byte; 8]);
    let low = word & !HIGH;
    let from_a = low + each(0x80 - b'A');
    let beyond_z = low + each(0x7f - b'Z');
    word | ((from_a & !beyond_z & !word & HIGH) >> 2)
}

/// Writes `text` in ASCII lower case, eight bytes at a time, and says where its first colon stands;
/// `into` is as long.
#[inline]
pub(crate) fn lower(text: &[u8], into: &mut [u8]) -> Option<usize> {
    let mut colon = None;
    let word = |start: usize, from: &[u8; 8], to: &mut [u8; 8]| {
        let word = u64::from_le_bytes(*from);
        *to = lower_word(word).to_le_bytes();
        let found = marks(word, b':');
        (found != 0).then(|| start + found.trailing_zeros() as usize / 8)
    };
    let words = text.as_chunks::<8>().0.iter();
    for (index, (from, to)) in words.zip(into.as_chunks_mut::<8>().0).enumerate() {
        colon = colon.or(word(8 * index, from, to));
    }
    match (text.last_chunk::<8>(), into.last_chunk_mut::<8>()) {
        // The last word reaches back over what is done.
        (Some(from), Some(to)) => colon.or(word(text.len() - 8, from, to)),
        _ => {
            into.copy_from_slice(text);
            into.make_ascii_lowercase();
            text.iter().position(|byte| *byte == b':')
        }
    }
}

#[cfg(test)]
mod tests;
