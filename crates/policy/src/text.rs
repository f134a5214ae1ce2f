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

/// A text of which the first bytes stand ready to be compared.
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

/// A name in any ASCII case, to be found among many in lower case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnyCase<'a> {
    /// In lower case.
    head: u64,
    text: &'a [u8],
}

impl<'a> AnyCase<'a> {
    /// What `source` begins with, up to `length`.
    #[inline]
    pub(crate) fn new(source: &'a [u8], length: usize) -> Option<AnyCase<'a>> {
        let text = source.get(..length)?;
        let head = match source.first_chunk::<8>() {
            Some(head) => u64::from_be_bytes(*head) & head_mask(length),
            None => head(text),
        };
        let head = lower_word(head);
        Some(AnyCase { head, text })
    }

    /// No name.
    pub(crate) fn none() -> AnyCase<'a> {
        AnyCase { head: 0, text: b"" }
    }

    /// Whether it begins with `prefix`, which is in lower case.
    #[inline]
    pub(crate) fn begins(&self, prefix: &[u8]) -> bool {
        let start = self.text.get(..prefix.len());
        start.is_some_and(|start| {
            self.head & head_mask(prefix.len()) == head(prefix)
                && (prefix.len() <= 8 || is_lower(start, prefix))
        })
    }

    /// All of it in lower case; `None` when it does not fit.
    pub(crate) fn write<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let buffer = buffer.get_mut(..self.text.len())?;
        buffer.copy_from_slice(self.text);
        buffer.make_ascii_lowercase();
        Some(buffer)
    }
}

/// Whether `lower` is `text` in lower case; of two that are equally long, of eight bytes or more.
#[inline(never)]
fn is_lower(text: &[u8], lower: &[u8]) -> bool {
    let is_word = |text: &[u8; 8], lower: &[u8; 8]| {
        lower_word(u64::from_le_bytes(*text)) == u64::from_le_bytes(*lower)
    };
    let last = text.last_chunk().zip(lower.last_chunk());
    last.is_some_and(|(text, lower)| is_word(text, lower))
        && (text.len() <= 16 || {
            let mut words = text.as_chunks().0.iter().zip(lower.as_chunks().0);
            words.all(|(text, lower)| is_word(text, lower))
        })
}

/// A name in lower case: compared by its first bytes, then by length, then as a whole.
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
    fn is(&self, name: &AnyCase<'_>) -> bool {
        let own = self.text.as_bytes();
        self.head == name.head
            && own.len() == name.text.len()
            // Up to 16 bytes, head and tail are the whole.
            && (own.len() <= 8 || is_lower(name.text, own))
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
        Prefix {
            head: head(text.as_bytes()),
            mask: head_mask(text.len()),
            text: text.as_bytes().into(),
        }
    }

    /// Whether `name` begins with it.
    #[inline]
    pub(crate) fn begins(&self, name: &Name<'_>) -> bool {
        let length = self.text.len();
        name.head & self.mask == self.head
            && length <= name.text.len()
            && (length <= 8 || begins(name.text, &self.text))
    }
}

/// Where `name` stands in a list sorted by its names.
#[inline(always)]
pub(crate) fn position<T>(
    sorted: &[T],
    name_of: impl Fn(&T) -> &OwnedName,
    name: &AnyCase<'_>,
) -> Option<usize> {
    if sorted.len() <= SEARCHED_ONE_BY_ONE {
        return sorted.iter().position(|item| name_of(item).is(name));
    }
    search(sorted, name_of, name)
}

/// The same for a long list.
#[inline(never)]
fn search<T>(
    sorted: &[T],
    name_of: impl Fn(&T) -> &OwnedName,
    name: &AnyCase<'_>,
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

/// The bits of a head that a text of that many bytes has.
#[inline]
fn head_mask(length: usize) -> u64 {
    let missing = 8_usize.saturating_sub(length);
    u64::MAX.checked_shl(8 * missing as u32).unwrap_or(0)
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

/// Where the only colon of `text` stands, if it has one and no more.
#[inline(never)]
pub(crate) fn only_colon(text: &[u8]) -> Option<usize> {
    let (mut first, mut last) = (usize::MAX, 0);
    let mut word = |start: usize, word: &[u8; 8]| {
        let colons = marks(u64::from_le_bytes(*word), b':');
        if colons != 0 {
            first = first.min(start + colons.trailing_zeros() as usize / 8);
            last = start + colons.ilog2() as usize / 8;
        }
    };
    let mut start = 0;
    for each in text.as_chunks::<8>().0 {
        word(start, each);
        start += 8;
    }
    match text.last_chunk::<8>() {
        // It reaches back over what is done.
        Some(rest) => word(text.len() - 8, rest),
        None => {
            first = text.iter().position(|byte| *byte == b':')?;
            last = text.iter().rposition(|byte| *byte == b':')?;
        }
    }
    (first == last).then_some(first)
}

#[cfg(test)]
mod tests;
