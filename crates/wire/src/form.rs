//! Forms and query strings of the query protocol: one decoded buffer, parameters sorted without regard
//! to case, so that repeated and differently cased names are neighbours and are refused.

use crate::limits::PARAMETERS_MAX;
use crate::percent::{PercentError, Plus, decode_into};
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
    /// More parameters than any call has.
    #[error("The request has more than {PARAMETERS_MAX} parameters")]
    TooMany,
}

/// Where a piece of text lies in the buffer.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: usize,
    to: usize,
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
        let mut bytes = Vec::with_capacity(query.len() + body.len() + 2);
        let mut pairs = Vec::with_capacity(16);
        for source in [query, body] {
            for pair in source.split(|b| *b == b'&').filter(|p| !p.is_empty()) {
                if pairs.len() == PARAMETERS_MAX {
                    return Err(FormError::TooMany);
                }
                let (name, value) = match memchr(b'=', pair) {
                    Some(at) => pair.split_at_checked(at).unwrap_or((pair, b"")),
                    None => (pair, &b""[..]),
                };
                let name = decoded(&mut bytes, name)?;
                let value = decoded(&mut bytes, value.get(1..).unwrap_or_default())?;
                pairs.push(Pair {
                    head: 0,
                    name,
                    value,
                });
            }
        }
        let text = String::from_utf8(bytes).map_err(|_| FormError::NotUtf8)?;
        for pair in &mut pairs {
            pair.head = head(slice(&text, pair.name).as_bytes());
        }
        let order = |a: &Pair, b: &Pair| {
            let names = || {
                fold_cmp(
                    slice(&text, a.name).as_bytes(),
                    slice(&text, b.name).as_bytes(),
                )
            };
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

    /// The value of a parameter without structure.
    pub(crate) fn value(&self, name: &str) -> Result<Option<&str>, FormError> {
        Ok(self.root().member(name)?.and_then(|node| node.value))
    }

    fn name(&self, pair: &Pair) -> &str {
        slice(&self.text, pair.name)
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
        self.form
            .name(pair)
            .as_bytes()
            .get(self.depth..)
            .unwrap_or_default()
    }

    /// The member of that name; an error when the request writes the name in another case.
    pub(crate) fn member(self, name: &str) -> Result<Option<FormNode<'n>>, FormError> {
        let wanted = name.as_bytes();
        let wanted_head = head(wanted);
        let first = self.children.partition_point(|pair| {
            let tail = self.tail(pair);
            let tail_head = if self.depth == 0 {
                pair.head
            } else {
                head(tail)
            };
            tail_head
                .cmp(&wanted_head)
                .then_with(|| fold_cmp(tail, wanted))
                .is_lt()
        });
        let rest = self.children.get(first..).unwrap_or_default();
        let Some(pair) = rest
            .first()
            .filter(|p| starts_with_fold(self.tail(p), wanted))
        else {
            return Ok(None);
        };
        let value = if self.tail(pair).len() == wanted.len() {
            self.same_case(pair, wanted)?;
            Some(slice(&self.form.text, pair.value))
        } else {
            None
        };
        let children = self.below(rest, wanted)?;
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

/// Decodes into the buffer, closed by an ASCII byte: UTF-8 is then checked once, and no sequence
/// can reach from one piece into the next.
fn decoded(bytes: &mut Vec<u8>, piece: &[u8]) -> Result<Span, FormError> {
    let from = bytes.len();
    decode_into(bytes, piece, Plus::Space)?;
    let to = bytes.len();
    bytes.push(b'&');
    Ok(Span { from, to })
}

fn slice(text: &str, span: Span) -> &str {
    text.get(span.from..span.to).unwrap_or_default()
}

fn memchr(needle: u8, haystack: &[u8]) -> Option<usize> {
    haystack.iter().position(|b| *b == needle)
}

/// The first eight bytes in lower case, as a number that sorts as they do.
fn head(bytes: &[u8]) -> u64 {
    let mut first = [0_u8; 8];
    for (slot, b) in first.iter_mut().zip(bytes) {
        *slot = b.to_ascii_lowercase();
    }
    u64::from_be_bytes(first)
}

fn fold_cmp(a: &[u8], b: &[u8]) -> Ordering {
    a.iter()
        .map(u8::to_ascii_lowercase)
        .cmp(b.iter().map(u8::to_ascii_lowercase))
}

fn starts_with_fold(text: &[u8], start: &[u8]) -> bool {
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
