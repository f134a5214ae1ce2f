//! The headers that decide authentication, found in one pass.

use crate::error::AuthError;
use crate::request::RequestView;

/// A header that decides authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deciding {
    Authorization,
    AmzDate,
    Date,
    SecurityToken,
    ContentSha256,
    Host,
}

/// Their values, and how often each is there.
pub(super) struct Known<'a>([Slot<'a>; 6]);

#[derive(Clone, Copy)]
struct Slot<'a> {
    shown: &'static str,
    value: Option<&'a [u8]>,
    count: u32,
}

impl<'a> Known<'a> {
    pub(super) fn find(request: &RequestView<'a>) -> Known<'a> {
        let names = [
            "Authorization",
            "X-Amz-Date",
            "Date",
            "X-Amz-Security-Token",
            "x-amz-content-sha256",
            "Host",
        ];
        let mut known = Known(names.map(|shown| Slot {
            shown,
            value: None,
            count: 0,
        }));
        for header in request.headers {
            if let Some(deciding) = which(header.name)
                && let Some(slot) = known.0.get_mut(deciding as usize)
            {
                slot.count += 1;
                slot.value.get_or_insert(header.value);
            }
        }
        known
    }

    /// The one value as text, without white space around it.
    ///
    /// # Errors
    /// [`AuthError::Duplicate`] when it is given more than once, [`AuthError::NotText`] when it is
    /// not UTF-8.
    pub(super) fn only(&self, deciding: Deciding) -> Result<Option<&'a str>, AuthError> {
        self.once(deciding)?;
        let Some(Slot { shown, value, .. }) = self.0.get(deciding as usize) else {
            return Ok(None);
        };
        let Some(value) = value else { return Ok(None) };
        match std::str::from_utf8(value) {
            Ok(text) => Ok(Some(text.trim_ascii())),
            Err(_) => Err(AuthError::NotText((*shown).to_owned())),
        }
    }

    /// Given once or not at all: two have two readings, and which of them was meant?
    ///
    /// # Errors
    /// [`AuthError::Duplicate`].
    pub(super) fn once(&self, deciding: Deciding) -> Result<(), AuthError> {
        match self.0.get(deciding as usize) {
            Some(slot) if slot.count > 1 => Err(AuthError::Duplicate(slot.shown.to_owned())),
            _ => Ok(()),
        }
    }
}

/// Length first: it rules nearly everything out.
fn which(name: &str) -> Option<Deciding> {
    let candidates: &[(&str, Deciding)] = match name.len() {
        4 => &[("host", Deciding::Host), ("date", Deciding::Date)],
        10 => &[
            ("x-amz-date", Deciding::AmzDate),
            (":authority", Deciding::Host),
        ],
        13 => &[("authorization", Deciding::Authorization)],
        20 => &[
            ("x-amz-security-token", Deciding::SecurityToken),
            ("x-amz-content-sha256", Deciding::ContentSha256),
        ],
        _ => &[],
    };
    let found = candidates
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    found.map(|(_, deciding)| *deciding)
}
