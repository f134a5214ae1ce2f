//! A reader of JSON for those who want few members of an object: what is not wanted is passed over unread.
//!
//! What is well-formed is read as any reader would. What is passed over is not checked, so a text that is no JSON
//! may be read in part; it never makes the reader panic or go deeper than its caller does.

use memchr::memchr2;
use std::borrow::Cow;

/// A text that is being read. After `None` it stands anywhere: the text is no JSON, or not of the wanted shape.
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Json<'a> {
    pub(super) fn new(text: &'a str) -> Json<'a> {
        Json { text, at: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.byte() {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes the next byte when it is this one.
    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// The rest of a text behind its opening quote: what stands there, and whether it has escapes.
    fn quoted(&mut self) -> Option<(&'a str, bool)> {
        let (start, mut escapes) = (self.at, false);
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            let found = memchr2(b'"', b'\\', rest)?;
            if rest.get(found) == Some(&b'"') {
                let text = self.text.get(start..self.at + found)?;
                self.at += found + 1;
                return Some((text, escapes));
            }
            escapes = true;
            self.at += found + 2;
        }
    }

    /// The rest of a text behind its opening quote, borrowed unless it has escapes.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at;
        let (text, escapes) = self.quoted()?;
        if !escapes {
            return Some(Cow::Borrowed(text));
        }
        let quoted = self.text.get(start.checked_sub(1)?..self.at)?;
        serde_json::from_str(quoted).ok().map(Cow::Owned)
    }

    /// Whether `null` comes next; it is taken.
    fn null(&mut self) -> bool {
        self.peek();
        let found = self.text.as_bytes().get(self.at..);
        let is_null = found.is_some_and(|rest| rest.starts_with(b"null"));
        self.at += if is_null { 4 } else { 0 };
        is_null
    }

    /// A text or null.
    pub(super) fn text(&mut self) -> Option<Option<Cow<'a, str>>> {
        match self.take(b'"') {
            true => self.string().map(Some),
            false => self.null().then_some(None),
        }
    }

    /// A text; anything else is passed over.
    pub(super) fn text_if_any(&mut self) -> Option<Option<Cow<'a, str>>> {
        match self.take(b'"') {
            true => self.string().map(Some),
            false => self.skip().map(|()| None),
        }
    }

    /// A truth or null.
    pub(super) fn truth(&mut self) -> Option<Option<bool>> {
        self.peek();
        let rest = self.text.as_bytes().get(self.at..)?;
        let (value, len) = match rest {
            [b't', b'r', b'u', b'e', ..] => (Some(true), 4),
            [b'f', b'a', b'l', b's', b'e', ..] => (Some(false), 5),
            [b'n', b'u', b'l', b'l', ..] => (None, 4),
            _ => return None,
        };
        self.at += len;
        Some(value)
    }

    /// The members of an object, each value taken by `each`; null has none.
    pub(super) fn members(
        &mut self,
        each: impl FnMut(&mut Self, &str) -> Option<()>,
    ) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(each),
            _ => self.null().then_some(()),
        }
    }

    /// The members of an object, each value taken by `each`; anything else is passed over.
    pub(super) fn members_if_any(
        &mut self,
        each: impl FnMut(&mut Self, &str) -> Option<()>,
    ) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(each),
            _ => self.skip(),
        }
    }

    fn object(&mut self, mut each: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.take(b'{');
        if self.take(b'}') {
            return Some(());
        }
        loop {
            if !self.take(b'"') {
                return None;
            }
            let key = self.string()?;
            if !self.take(b':') {
                return None;
            }
            each(self, &key)?;
            if !self.take(b',') {
                return self.take(b'}').then_some(());
            }
        }
    }

    /// The elements of an array, each taken by `each`; null has none.
    pub(super) fn elements(&mut self, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if !self.take(b'[') {
            return self.null().then_some(());
        }
        if self.take(b']') {
            return Some(());
        }
        loop {
            each(self)?;
            if !self.take(b',') {
                return self.take(b']').then_some(());
            }
        }
    }

    /// Passes over a value, however deep.
    pub(super) fn skip(&mut self) -> Option<()> {
        let mut depth = 0u32;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    self.quoted()?;
                }
                b'{' | b'[' => {
                    self.at += 1;
                    depth += 1;
                    continue;
                }
                b'}' | b']' => {
                    self.at += 1;
                    depth = depth.checked_sub(1)?;
                }
                b',' | b':' => {
                    // At the beginning of a value there is none.
                    if depth == 0 {
                        return None;
                    }
                    self.at += 1;
                    continue;
                }
                _ => self.scalar(),
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Passes over a number, a truth or null.
    fn scalar(&mut self) {
        while let Some(byte) = self.byte() {
            if matches!(
                byte,
                b',' | b':' | b'"' | b'[' | b']' | b'{' | b'}' | b' ' | b'\t' | b'\n' | b'\r'
            ) {
                break;
            }
            self.at += 1;
        }
    }

    /// Nothing but white space is left.
    pub(super) fn end(&mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }
}
