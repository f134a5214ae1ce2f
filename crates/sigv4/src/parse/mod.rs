//! Everything that needs no secret, in AWS's order of checks.

mod checks;
mod header;
mod presigned;

use std::borrow::Cow;

use crate::canonical::PathRule;
use crate::claim::{Auth, Claim, Place, Rules};
use crate::encode;
use crate::error::AuthError;
use crate::limits::{HEADERS_MAX, QUERY_PARAMETERS_MAX};
use crate::path;
use crate::query;
use crate::request::RequestView;
use crate::time::Stamp;

/// The pieces of either mechanism, as texts.
struct Pieces<'a> {
    credential: Cow<'a, str>,
    signed_headers: Cow<'a, str>,
    signature: Cow<'a, str>,
    date: DateText<'a>,
    session_token: Option<Cow<'a, str>>,
    /// `X-Amz-Expires` of a presigned request.
    expires: Option<Cow<'a, str>>,
    place: Place,
}

/// The request's time as sent, by where it stood.
enum DateText<'a> {
    AmzDate(&'a str),
    Date(&'a str),
    Query(Cow<'a, str>),
}

/// Steps 1 to 13 of AWS's check order: everything that needs no secret.
///
/// Where AWS picks one of several contradicting values (two `Authorization` headers, a repeated
/// parameter), this refuses the request.
///
/// # Errors
/// The first fault in AWS's order; see [`AuthError`].
pub fn parse<'a>(request: &RequestView<'a>, rules: &Rules<'_>) -> Result<Auth<'a>, AuthError> {
    path::check(request.path)?;
    if request.headers.len() > HEADERS_MAX {
        return Err(AuthError::TooManyHeaders);
    }
    encode::check_escapes(request.query)?;
    if query::pairs(request.query)
        .take(QUERY_PARAMETERS_MAX + 1)
        .count()
        > QUERY_PARAMETERS_MAX
    {
        return Err(AuthError::TooManyParameters);
    }
    let in_query = presigned::find(request.query)?;
    let pieces = match header::find(request)? {
        Some(_) if in_query.any => return Err(AuthError::TwoMechanisms),
        Some(value) => header::pieces(request, value)?,
        None if !in_query.any => return Ok(Auth::Unsigned),
        None => presigned::pieces(request, in_query)?,
    };
    claim(request, rules, pieces).map(Auth::Signed)
}

/// Steps 8 to 13.
fn claim<'a>(
    request: &RequestView<'a>,
    rules: &Rules<'_>,
    pieces: Pieces<'a>,
) -> Result<Claim<'a>, AuthError> {
    checks::signed_headers(request, &pieces.signed_headers)?;
    // Which service is meant decides how dates are read, but its own faults are told later.
    let credential = checks::split(&pieces.credential);
    let rule = credential.as_ref().map_or(PathRule::Normalised, |parts| {
        PathRule::of_service(&parts.service)
    });
    let bad_date = || AuthError::BadDate(pieces.date.text().to_owned());
    let stamp = pieces.date.read(rule).ok_or_else(bad_date)?;
    let lifetime_s = checks::lifetime_s(&pieces, rule)?;
    checks::window(&stamp, rules, lifetime_s)?;
    let bad_credential = || AuthError::BadCredential(pieces.credential.clone().into_owned());
    let credential = credential.ok_or_else(bad_credential)?;
    checks::scope(&credential, &stamp, rules)?;
    Ok(Claim {
        access_key_id: credential.access_key_id,
        date: credential.date,
        region: credential.region,
        service: credential.service,
        stamp,
        signed_headers: pieces.signed_headers,
        signature: pieces.signature,
        session_token: pieces.session_token,
        place: pieces.place,
    })
}

/// The one value of header `name` (lower case) as text.
///
/// # Errors
/// [`AuthError::Duplicate`] when it is given more than once, [`AuthError::NotText`] when it is not
/// UTF-8.
fn only<'a>(
    request: &RequestView<'a>,
    name: &str,
    shown: &str,
) -> Result<Option<&'a str>, AuthError> {
    let mut values = request.values(name);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(AuthError::Duplicate(shown.to_owned()));
    }
    let text = std::str::from_utf8(value).map_err(|_| AuthError::NotText(shown.to_owned()))?;
    Ok(Some(text.trim_ascii()))
}

impl DateText<'_> {
    fn text(&self) -> &str {
        match self {
            DateText::AmzDate(text) | DateText::Date(text) => text,
            DateText::Query(text) => text,
        }
    }

    /// S3 alone takes the form of RFC 1123, and only in `Date`.
    fn read(&self, rule: PathRule) -> Option<Stamp> {
        match (self, rule) {
            (DateText::Date(text), PathRule::AsSent) => {
                Stamp::parse_header(text).or_else(|| Stamp::parse_rfc1123(text))
            }
            (DateText::AmzDate(text) | DateText::Date(text), _) => Stamp::parse_header(text),
            (DateText::Query(text), _) => Stamp::parse_basic(text),
        }
    }
}
