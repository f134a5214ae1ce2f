//! Forms and query strings of the query protocol: one decoded buffer, parameters sorted without regard
//! to case, so that repeated and differently cased names are neighbours and are refused.

mod scan;

use crate::limits::{FORM_BYTES_MAX, PARAMETERS_MAX};
use crate::percent::PercentError;
use scan::Scan;
use std::cmp::Ordering;

/// Why a form or query string is refused. All are `MalformedQueryString`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A broken escape.
    #[error(transparent)]
    Percent(#[from] PercentError),
    /// What the escapes stand for is not UTF-8.
    #[error("The query string contains bytes that are not valid UTF-8")]
    NotUtf8,
    /// One name twice, or in two cases: components that disagree on which counts are a known attack.
    #[error("The parameter {0} is given more than once")]
    Repeated(String),
    /// A name of the model in another case.
    #[error("The parameter {0} is not written as the service writes it")]
    OtherCase(String),
    /// More bytes than any call has; servers refuse such bodies before.
    #[error("The request has more than {FORM_BYTES_MAX} bytes of parameters")]
    TooLong,
    /// More parameters than any call has.
    #[error("The request has more than {PARAMETERS_MAX} parameters")]
    TooMany,
}

/// Up to so many neighbours are looked at one by one.
const FEW: usize = 16;

/// Where a piece of text lies in the buffer.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: u32,
    to: u32,
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    /// The first eight bytes of the name, lower case: most comparisons end here.
    head: u64,
    name: Span,
    value: Span,
}

/// A decoded form: parameters sorted by name.
#[derive(Debug, Default)]
pub(crate) struct Form {
    text: String,
    pairs: Vec<Pair>,
}

impl Form {
    /// Decodes the query string and the body together; a name may stand in one of them only.
    pub(crate) fn parse(query: &[u8], body: &[u8]) -> Result<Form, FormError> {
        let size = query.len() + body.len();
        if size > FORM_BYTES_MAX {
            return Err(FormError::TooLong);
        }
        let mut scan = Scan {
            // One byte closes each piece; a pair without `=` needs one more than it has.
            bytes: Vec::with_capacity(size + size / 8 + 8),
            pairs: Vec::with_capacity(16),
        };
        scan.source(query)?;
        scan.source(body)?;
        let Scan { bytes, mut pairs } = scan;
        let text = String::from_utf8(bytes).map_err(|_| FormError::NotUtf8)?;
        let order = |a: &Pair, b: &Pair| {
            let names = || fold_cmp(bytes_of(&text, a.name), bytes_of(&text, b.name));
            a.head.cmp(&b.head).then_with(names)
        };
        pairs.sort_unstable_by(order);
        for (a, b) in pairs.iter().zip(pairs.iter().skip(1)) {
            if a.head == b.head && order(a, b).is_eq() {
                return Err(FormError::Repeated(slice(&text, b.name).to_owned()));
            }
        }
        Ok(Form { text, pairs })
    }

    /// The whole form as a structure.
    pub(crate) fn root(&self) -> FormNode<'_> {
        FormNode {
            form: self,
            value: None,
            children: &self.pairs,
            depth: 0,
        }
    }

    /// All names, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|pair| self.name(pair))
    }

    /// The value of a parameter without structure.
    pub(crate) fn value(&self, name: Name) -> Result<Option<&str>, FormError> {
        Ok(self.root().member(name)?.and_then(|node| node.value))
    }

    fn name(&self, pair: &Pair) -> &str {
        slice(&self.text, pair.name)
    }
}

/// A name that is looked up, with its head computed at compile time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    pub(crate) text: &'static str,
    head: u64,
    /// The bytes of a head that a name beginning with this one has in common with it.
    mask: u64,
}

impl Name {
    pub(crate) const fn new(text: &'static str) -> Name {
        let (head, length) = (head(text.as_bytes()), text.len());
        let mask = match length {
            0 => 0,
            1..8 => u64::MAX << (64 - 8 * length),
            _ => u64::MAX,
        };
        Name { text, head, mask }
    }
}

/// One place in the tree that dotted names spell: perhaps a value, perhaps what is below it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FormNode<'n> {
    form: &'n Form,
    /// The value of the parameter of exactly this name.
    pub(crate) value: Option<&'n str>,
    /// The parameters whose names go on after this one's dot.
    children: &'n [Pair],
    /// Bytes of the names up to and including that dot.
    depth: usize,
}

impl<'n> FormNode<'n> {
    /// Whether anything stands below this name.
    pub(crate) fn has_children(self) -> bool {
        !self.children.is_empty()
    }

    fn tail(self, pair: &Pair) -> &'n [u8] {
        let name = bytes_of(&self.form.text, pair.name);
        name.get(self.depth..).unwrap_or_default()
    }

    /// The member of that name; an error when the request writes the name in another case.
    pub(crate) fn member(self, name: Name) -> Result<Option<FormNode<'n>>, FormError> {
        let wanted = name.text.as_bytes();
        let first = if self.children.len() > FEW {
            Some(self.first_from(name))
        } else if self.depth == 0 {
            // Most names that are asked for are not there, and this is all that it takes to see it.
            let similar = |pair: &Pair| pair.head & name.mask == name.head;
            self.children.iter().position(similar)
        } else {
            Some(0)
        };
        let Some(rest) = first.and_then(|first| self.children.get(first..)) else {
            return Ok(None);
        };
        let Some(at) = rest
            .iter()
            .take(FEW)
            .position(|pair| self.begins(pair, name))
        else {
            return Ok(None);
        };
        let rest = rest.get(at..).unwrap_or_default();
        let Some(pair) = rest.first() else {
            return Ok(None);
        };
        let value = if self.tail(pair).len() == wanted.len() {
            self.same_case(pair, wanted)?;
            Some(slice(&self.form.text, pair.value))
        } else {
            None
        };
        let after = rest.get(usize::from(value.is_some())..).unwrap_or_default();
        let children = match after.first() {
            Some(next) if self.begins(next, name) => self.below(after, wanted)?,
            _ => &[],
        };
        if value.is_none() && children.is_empty() {
            return Ok(None);
        }
        Ok(Some(FormNode {
            form: self.form,
            value,
            children,
            depth: self.depth + wanted.len() + 1,
        }))
    }

    #[inline]
    fn head(self, pair: &Pair) -> u64 {
        if self.depth == 0 {
            pair.head
        } else {
            head(self.tail(pair))
        }
    }

    /// Whether the name goes on with `name`, in whatever case.
    #[inline]
    fn begins(self, pair: &Pair, name: Name) -> bool {
        self.head(pair) & name.mask == name.head
            && starts_with_fold(self.tail(pair), name.text.as_bytes())
    }

    /// The first of the children that does not sort before `name`.
    fn first_from(self, name: Name) -> usize {
        self.children
            .partition_point(|pair| match self.head(pair).cmp(&name.head) {
                Ordering::Equal => fold_cmp(self.tail(pair), name.text.as_bytes()).is_lt(),
                unequal => unequal.is_lt(),
            })
    }

    /// Of the sorted `rest`, the parameters named `wanted`, dot, something.
    fn below(self, rest: &'n [Pair], wanted: &[u8]) -> Result<&'n [Pair], FormError> {
        let dotted = |pair: &Pair| dotted_cmp(self.tail(pair), wanted);
        let from = rest.partition_point(|p| dotted(p).is_lt());
        let rest = rest.get(from..).unwrap_or_default();
        let children = rest
            .get(..rest.partition_point(|p| dotted(p).is_eq()))
            .unwrap_or_default();
        for pair in children {
            self.same_case(pair, wanted)?;
        }
        Ok(children)
    }

    fn same_case(self, pair: &Pair, wanted: &[u8]) -> Result<(), FormError> {
        if self.tail(pair).starts_with(wanted) {
            return Ok(());
        }
        Err(FormError::OtherCase(self.form.name(pair).to_owned()))
    }

    /// The numbered places below this one, by number, from 1 without leading zeros; gaps are closed.
    /// None when a name below is not a number.
    pub(crate) fn numbered(self) -> Option<Vec<FormNode<'n>>> {
        let mut found: Vec<(u32, FormNode<'n>)> = Vec::with_capacity(self.children.len());
        let mut rest = self.children;
        while let Some(first) = rest.first() {
            let tail = self.tail(first);
            let digits = tail.get(..memchr(b'.', tail).unwrap_or(tail.len()))?;
            let number = list_number(digits)?;
            let same = rest.iter().take_while(|p| {
                self.tail(p)
                    .strip_prefix(digits)
                    .is_some_and(|t| matches!(t, [] | [b'.', ..]))
            });
            let (group, after) = rest.split_at_checked(same.count())?;
            let is_value = tail.len() == digits.len();
            let value = is_value.then(|| slice(&self.form.text, first.value));
            let children = group.get(usize::from(is_value)..)?;
            let depth = self.depth + digits.len() + 1;
            found.push((
                number,
                FormNode {
                    form: self.form,
                    value,
                    children,
                    depth,
                },
            ));
            rest = after;
        }
        found.sort_by_key(|(number, _)| *number);
        let distinct = found
            .iter()
            .zip(found.iter().skip(1))
            .all(|(a, b)| a.0 != b.0);
        distinct.then(|| found.into_iter().map(|(_, node)| node).collect())
    }

    /// How many parameters stand below this name.
    pub(crate) fn count(self) -> usize {
        self.children.len()
    }
}

fn list_number(digits: &[u8]) -> Option<u32> {
    let plain = digits.iter().all(u8::is_ascii_digit) && digits.first().is_some_and(|d| *d != b'0');
    if !plain {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn piece(bytes: &[u8], span: Span) -> &[u8] {
    bytes
        .get(span.from as usize..span.to as usize)
        .unwrap_or_default()
}

fn bytes_of(text: &str, span: Span) -> &[u8] {
    piece(text.as_bytes(), span)
}

fn slice(text: &str, span: Span) -> &str {
    text.get(span.from as usize..span.to as usize)
        .unwrap_or_default()
}

fn memchr(needle: u8, haystack: &[u8]) -> Option<usize> {
    haystack.iter().position(|b| *b == needle)
}

/// The first eight bytes in lower case, as a number that sorts as they do.
const fn head(bytes: &[u8]) -> u64 {
    if let Some(first) = bytes.first_chunk() {
        return lower(u64::from_be_bytes(*first));
    }
    let (mut word, mut places, mut rest) = (0, 8, bytes);
    while let Some((b, tail)) = rest.split_first() {
        (word, places, rest) = (word << 8 | *b as u64, places - 1, tail);
    }
    // Nothing to shift for the empty name.
    if places == 8 {
        0
    } else {
        lower(word << (8 * places))
    }
}

/// ASCII capitals to small letters, eight bytes at once: a byte from A to Z carries into its top bit
/// when 0x3F is added and not when 0x25 is.
const fn lower(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let low = word & (ONES * 0x7F);
    let from_a = low + ONES * 0x3F;
    let past_z = low + ONES * 0x25;
    let capitals = from_a & !past_z & !word & (ONES * 0x80);
    word | capitals >> 2
}

fn fold_cmp(a: &[u8], b: &[u8]) -> Ordering {
    a.iter()
        .map(u8::to_ascii_lowercase)
        .cmp(b.iter().map(u8::to_ascii_lowercase))
}

fn starts_with_fold(text: &[u8], start: &[u8]) -> bool {
    if text.starts_with(start) {
        return true;
    }
    text.get(..start.len())
        .is_some_and(|t| t.eq_ignore_ascii_case(start))
}

/// Where `tail` stands relative to the names that begin with `wanted` and a dot (which are equal).
fn dotted_cmp(tail: &[u8], wanted: &[u8]) -> Ordering {
    let (start, rest) = tail.split_at_checked(wanted.len()).unwrap_or((tail, b""));
    fold_cmp(start, wanted).then_with(|| match rest.first() {
        None => Ordering::Less,
        Some(b) => b.cmp(&b'.'),
    })
}
