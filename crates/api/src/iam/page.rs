//! Pages of lists: sorted by name, markers that are bound to their call and reveal nothing.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::ApiError;
use crate::limits;

/// One page and the marker of the next, `None` at the end.
pub(crate) struct Page<T> {
    /// What is on it.
    pub(crate) items: Vec<T>,
    /// What to ask the next page with.
    pub(crate) marker: Option<String>,
}

const TAG_BYTES: usize = 9;

/// `binding` is what the marker may be used for: operation, account and filters.
fn tag(binding: &str, last: &str) -> Vec<u8> {
    // Not a secret: the marker is opaque and refuses other calls, it protects nothing.
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"locum page marker v1");
    let mut text = Vec::with_capacity(binding.len() + last.len() + 1);
    text.extend_from_slice(binding.as_bytes());
    text.push(0);
    text.extend_from_slice(last.as_bytes());
    hmac::sign(&key, &text)
        .as_ref()
        .iter()
        .take(TAG_BYTES)
        .copied()
        .collect()
}

/// The marker of the page after `last`.
pub(crate) fn marker_of(binding: &str, last: &str) -> String {
    let mut bytes = tag(binding, last);
    bytes.extend_from_slice(last.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The name after which the page begins; empty for the first page.
///
/// # Errors
/// `ValidationError` `Invalid Marker.` for one that was not made for this call.
pub(crate) fn after(binding: &str, marker: Option<&str>) -> Result<String, ApiError> {
    let Some(marker) = marker else {
        return Ok(String::new());
    };
    let invalid = || ApiError::Validation("Invalid Marker.".to_owned());
    let bytes = URL_SAFE_NO_PAD.decode(marker).map_err(|_| invalid())?;
    let (given, last) = bytes.split_at_checked(TAG_BYTES).ok_or_else(invalid)?;
    let last = std::str::from_utf8(last).map_err(|_| invalid())?;
    if given != tag(binding, last).as_slice() {
        return Err(invalid());
    }
    Ok(last.to_owned())
}

/// Takes one page from `rest`, which begins after the marker; `name` is what a marker remembers.
/// A page ends early when showing one more item would touch too many accounts.
pub(crate) fn take<S, T>(
    binding: &str,
    rest: impl Iterator<Item = S>,
    max_items: Option<i32>,
    name: impl Fn(&S) -> &str,
    show: impl Fn(S) -> Result<T, ApiError>,
) -> Result<Page<T>, ApiError> {
    take_until(binding, rest, max_items, name, show, || false)
}

/// The same; a page that has items also ends as soon as it is `full`.
pub(crate) fn take_until<S, T>(
    binding: &str,
    mut rest: impl Iterator<Item = S>,
    max_items: Option<i32>,
    name: impl Fn(&S) -> &str,
    show: impl Fn(S) -> Result<T, ApiError>,
    full: impl Fn() -> bool,
) -> Result<Page<T>, ApiError> {
    let limit = max_items
        .and_then(|max| usize::try_from(max).ok())
        .unwrap_or(limits::PAGE_ITEMS_DEFAULT);
    let mut items = Vec::new();
    let mut last = String::new();
    // An account that an item lacks: the items after it are looked at all the same, so that all that
    // the page needs is loaded at once.
    let mut missing = None;
    for _ in 0..limit {
        let Some(item) = rest.next() else {
            return match missing {
                Some(account) => Err(ApiError::Missing(account)),
                None => Ok(Page {
                    items,
                    marker: None,
                }),
            };
        };
        let key = name(&item).to_owned();
        match show(item) {
            Ok(shown) => items.push(shown),
            Err(ApiError::Missing(account)) => missing = Some(account),
            Err(ApiError::TooManyAccounts) if missing.is_some() => break,
            Err(ApiError::TooManyAccounts) if !items.is_empty() => {
                let marker = Some(marker_of(binding, &last));
                return Ok(Page { items, marker });
            }
            Err(error) => return Err(error),
        }
        last = key;
        if full() {
            break;
        }
    }
    if let Some(account) = missing {
        return Err(ApiError::Missing(account));
    }
    let marker = rest.next().map(|_| marker_of(binding, &last));
    Ok(Page { items, marker })
}
