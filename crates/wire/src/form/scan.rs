//! One pass over a query string or form body: escapes resolved, names and values told apart.

use super::{FormError, Pair, Span, head, piece};
use crate::limits::PARAMETERS_MAX;
use crate::percent::unescape;

/// Decodes into one buffer, each piece closed by an ASCII byte: UTF-8 is then checked once, and no
/// sequence can reach from one piece into the next.
pub(super) struct Scan {
    pub(super) bytes: Vec<u8>,
    pub(super) pairs: Vec<Pair>,
}

impl Scan {
    /// Decodes one query string or body.
    pub(super) fn source(&mut self, source: &[u8]) -> Result<(), FormError> {
        let special = |b: &u8| matches!(b, b'%' | b'+' | b'=' | b'&');
        let (mut rest, mut from, mut name) = (source, self.at(), None);
        loop {
            let plain = rest.iter().position(special).unwrap_or(rest.len());
            let (run, tail) = rest.split_at_checked(plain).unwrap_or((rest, b""));
            self.bytes.extend_from_slice(run);
            let Some((mark, mut tail)) = tail.split_first() else {
                return self.pair(name, from);
            };
            match mark {
                b'%' => self.bytes.push(unescape(&mut tail)?),
                b'+' => self.bytes.push(b' '),
                b'=' if name.is_none() => {
                    name = Some(self.close(from));
                    from = self.at();
                }
                b'=' => self.bytes.push(b'='),
                _ => {
                    self.pair(name.take(), from)?;
                    from = self.at();
                }
            }
            rest = tail;
        }
    }

    /// Ends a piece.
    fn close(&mut self, from: u32) -> Span {
        let to = self.at();
        self.bytes.push(b'&');
        Span { from, to }
    }

    /// Ends a parameter; one of no characters at all is none.
    fn pair(&mut self, name: Option<Span>, from: u32) -> Result<(), FormError> {
        if name.is_none() && self.at() == from {
            return Ok(());
        }
        if self.pairs.len() == PARAMETERS_MAX {
            return Err(FormError::TooMany);
        }
        let last = self.close(from);
        let (name, value) = match name {
            Some(name) => (name, last),
            None => (
                last,
                Span {
                    from: last.to,
                    to: last.to,
                },
            ),
        };
        let head = head(piece(&self.bytes, name));
        self.pairs.push(Pair { head, name, value });
        Ok(())
    }

    /// The end of the buffer. `Form::parse` has limited the sizes, so the number fits.
    fn at(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }
}
