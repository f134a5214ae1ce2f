//! A JSON reader that keeps the span of every value and refuses what others read differently.
//!
//! Stricter than RFC 8259 where readers disagree, because a policy must mean the same to everyone:
//! duplicate keys, byte order marks, comments, trailing bytes, lone surrogates and control
//! characters are refused. Time is linear in the text but for the sorting of an object's keys.

use std::borrow::Cow;
use std::ops::Range;

use crate::limits::{DOCUMENT_BYTES_MAX, JSON_DEPTH_MAX, JSON_VALUES_MAX};

/// One JSON value.
#[derive(Debug)]
pub(crate) enum Json<'t> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'t str),
    String(Cow<'t, str>),
    Array(Vec<Node<'t>>),
    Object(Vec<Member<'t>>),
}

/// A value and where it stands.
#[derive(Debug)]
pub(crate) struct Node<'t> {
    pub(crate) value: Json<'t>,
    pub(crate) span: Range<usize>,
}

/// A member of an object.
#[derive(Debug)]
pub(crate) struct Member<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_span: Range<usize>,
    pub(crate) node: Node<'t>,
}

/// Why a text is not JSON as we read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonFault {
    /// Neither value nor punctuation that may stand here, or the text ends too early.
    Unexpected,
    /// More text after the value.
    Trailing,
    /// The same key twice in one object.
    DuplicateKey,
    /// A character that no policy may hold, raw or escaped.
    Character,
    /// An escape sequence that does not exist, or half of a surrogate pair.
    Escape,
    /// Objects and lists nested too deeply.
    Depth,
    /// More bytes or values than a document may have.
    Size,
}

/// A fault and where it is.
pub(crate) type Refusal = (JsonFault, Range<usize>);

/// Reads a whole text as one JSON value.
pub(crate) fn read(text: &str) -> Result<Node<'_>, Refusal> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err((JsonFault::Size, 0..text.len()));
    }
    // A fault may have stopped the reader inside a character; spans are cut at characters.
    whole(text).map_err(|(fault, span)| {
        let start = text.floor_char_boundary(span.start);
        (fault, start..text.ceil_char_boundary(span.end))
    })
}

fn whole(text: &str) -> Result<Node<'_>, Refusal> {
    let mut reader = Reader {
        text,
        at: 0,
        values: 0,
    };
    reader.skip_space();
    let node = reader.value(0)?;
    reader.skip_space();
    if reader.at < text.len() {
        return Err((JsonFault::Trailing, reader.at..text.len()));
    }
    Ok(node)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    values: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    /// The fault at the present position, spanning the character that stands there.
    fn refuse<T>(&self, fault: JsonFault) -> Result<T, Refusal> {
        let width = self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8);
        Err((fault, self.at..self.at + width))
    }

    fn value(&mut self, depth: usize) -> Result<Node<'t>, Refusal> {
        if depth > JSON_DEPTH_MAX {
            return self.refuse(JsonFault::Depth);
        }
        self.values += 1;
        if self.values > JSON_VALUES_MAX {
            return self.refuse(JsonFault::Size);
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => Json::Object(self.object(depth)?),
            Some(b'[') => Json::Array(self.array(depth)?),
            Some(b'"') => Json::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Json::Number(self.number()?),
            Some(b't') => self.word("true", Json::Bool(true))?,
            Some(b'f') => self.word("false", Json::Bool(false))?,
            Some(b'n') => self.word("null", Json::Null)?,
            _ => return self.refuse(JsonFault::Unexpected),
        };
        let span = start..self.at;
        Ok(Node { value, span })
    }

    fn word(&mut self, word: &str, value: Json<'t>) -> Result<Json<'t>, Refusal> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return self.refuse(JsonFault::Unexpected);
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<&'t str, Refusal> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading = self.peek();
        let whole = self.digits();
        if whole == 0 || (whole > 1 && leading == Some(b'0')) {
            return self.refuse(JsonFault::Unexpected);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return self.refuse(JsonFault::Unexpected);
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return self.refuse(JsonFault::Unexpected);
            }
        }
        Ok(self.slice(start..self.at))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<Cow<'t, str>, Refusal> {
        self.at += 1;
        let mut start = self.at;
        let mut owned = String::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    let run = self.slice(start..self.at);
                    self.at += 1;
                    if owned.is_empty() {
                        return Ok(Cow::Borrowed(run));
                    }
                    owned.push_str(run);
                    return Ok(Cow::Owned(owned));
                }
                Some(b'\\') => {
                    owned.push_str(self.slice(start..self.at));
                    owned.push(self.escape()?);
                    start = self.at;
                }
                Some(0..=0x1f | 0x7f) => return self.refuse(JsonFault::Character),
                Some(_) => self.at += 1,
                None => return self.refuse(JsonFault::Unexpected),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Refusal> {
        let start = self.at;
        self.at += 1;
        let letter = self.peek();
        self.at += 1;
        let decoded = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.unicode(start)?,
            _ => return Err((JsonFault::Escape, start..self.at.min(self.text.len()))),
        };
        if decoded.is_control() && !matches!(decoded, '\n' | '\r' | '\t') {
            return Err((JsonFault::Character, start..self.at));
        }
        Ok(decoded)
    }

    /// What follows `\u`, and the second half of a surrogate pair.
    fn unicode(&mut self, start: usize) -> Result<char, Refusal> {
        let end = self.text.len();
        let refusal = |at: usize| (JsonFault::Escape, start..at.min(end));
        let first = self.hex4().ok_or_else(|| refusal(self.at + 4))?;
        let code = if (0xd800..0xdc00).contains(&first) {
            if self.text.as_bytes().get(self.at..self.at + 2) != Some(b"\\u".as_slice()) {
                return Err(refusal(self.at));
            }
            self.at += 2;
            let second = self.hex4().ok_or_else(|| refusal(self.at + 4))?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(refusal(self.at));
            }
            0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| refusal(self.at))
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
        let mut code = 0;
        for digit in digits {
            code = code * 16 + char::from(*digit).to_digit(16)?;
        }
        self.at += 4;
        Some(code)
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Node<'t>>, Refusal> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items);
        }
        loop {
            self.skip_space();
            items.push(self.value(depth + 1)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(items);
                }
                _ => return self.refuse(JsonFault::Unexpected),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Vec<Member<'t>>, Refusal> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(members);
        }
        loop {
            self.skip_space();
            members.push(self.member(depth)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return refuse_duplicates(members);
                }
                _ => return self.refuse(JsonFault::Unexpected),
            }
        }
    }

    fn member(&mut self, depth: usize) -> Result<Member<'t>, Refusal> {
        if self.peek() != Some(b'"') {
            return self.refuse(JsonFault::Unexpected);
        }
        let start = self.at;
        let key = self.string()?;
        let key_span = start..self.at;
        self.skip_space();
        if self.peek() != Some(b':') {
            return self.refuse(JsonFault::Unexpected);
        }
        self.at += 1;
        self.skip_space();
        let node = self.value(depth + 1)?;
        Ok(Member {
            key,
            key_span,
            node,
        })
    }
}

fn refuse_duplicates<'t>(members: Vec<Member<'t>>) -> Result<Vec<Member<'t>>, Refusal> {
    let mut keys: Vec<(&str, &Range<usize>)> = members
        .iter()
        .map(|member| (&*member.key, &member.key_span))
        .collect();
    keys.sort_by(|a, b| a.0.cmp(b.0).then(a.1.start.cmp(&b.1.start)));
    let twice = keys
        .iter()
        .zip(keys.iter().skip(1))
        .find(|(one, other)| one.0 == other.0)
        .map(|(_, other)| other.1.clone());
    match twice {
        Some(span) => Err((JsonFault::DuplicateKey, span)),
        None => Ok(members),
    }
}

/// Whether a policy may hold the character as it is.
pub(crate) fn is_plain(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a0}'..='\u{ff}')
}

/// Appends `text` as a JSON string that a policy may hold: characters that it may not hold as they are
/// stand escaped.
pub(crate) fn write_plain_string(text: &str, out: &mut String) {
    let mut written = String::with_capacity(text.len() + 2);
    write_string(text, &mut written);
    let mut units = [0; 2];
    for c in written.chars() {
        if is_plain(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut units) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
