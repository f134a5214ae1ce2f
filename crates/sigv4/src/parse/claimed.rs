//! The access key id that a request names, right or wrong: for the record of a request that is refused.

use std::borrow::Cow;

use crate::encode;
use crate::limits::{ACCESS_KEY_ID_MAX, ACCESS_KEY_ID_MIN};
use crate::query;
use crate::request::RequestView;

/// The access key id in the first credential of the request, whatever else is wrong with it. Only what has
/// the form of one is answered: where an id should be, a secret may stand by mistake.
pub fn claimed_key<'a>(request: &RequestView<'a>) -> Option<Cow<'a, str>> {
    let credential = in_header(request).or_else(|| in_query(request))?;
    let id = match credential {
        Cow::Borrowed(text) => Cow::Borrowed(text.split('/').next()?),
        Cow::Owned(text) => Cow::Owned(text.split('/').next()?.to_owned()),
    };
    is_key_id(&id).then_some(id)
}

fn in_header<'a>(request: &RequestView<'a>) -> Option<Cow<'a, str>> {
    let mut headers = request.headers.iter();
    let header = headers.find(|header| header.name.eq_ignore_ascii_case("authorization"))?;
    let text = std::str::from_utf8(header.value).ok()?;
    let mut pieces = text.split([',', ' ', '\t']);
    let credential = pieces.find_map(|piece| piece.strip_prefix("Credential="));
    credential.map(Cow::Borrowed)
}

fn in_query<'a>(request: &RequestView<'a>) -> Option<Cow<'a, str>> {
    let mut pairs = query::pairs(request.query);
    let found = pairs.find(|(name, _)| query::name_is_ignoring_case(name, "X-Amz-Credential"));
    found.map(|(_, value)| encode::decode(value))
}

/// `AKIA…` or `ASIA…`, capital letters and digits.
fn is_key_id(id: &str) -> bool {
    (ACCESS_KEY_ID_MIN..=ACCESS_KEY_ID_MAX).contains(&id.len())
        && (id.starts_with("AKIA") || id.starts_with("ASIA"))
        && id
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
