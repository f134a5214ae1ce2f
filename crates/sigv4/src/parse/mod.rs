//! Everything that needs no secret, in AWS's order of checks.

mod checks;
mod claimed;
mod header;
mod known;
mod presigned;

use std::borrow::Cow;

pub use self::claimed::claimed_key;
use self::known::{Deciding, Known};
use self::presigned::InQuery;
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
    let known = Known::find(request);
    let in_query = in_query(request.query)?;
    let pieces = match (known.only(Deciding::Authorization)?, in_query) {
        (Some(_), Some(_)) => return Err(AuthError::TwoMechanisms),
        (Some(value), None) => header::pieces(&known, value)?,
        (None, Some(in_query)) => presigned::pieces(&known, in_query)?,
        (None, None) => return Ok(Auth::Unsigned),
    };
    claim(request, rules, &known, pieces).map(Auth::Signed)
}

/// Step 2, and what of the query decides authentication, if anything.
fn in_query(query: &str) -> Result<Option<InQuery<'_>>, AuthError> {
    if query.is_empty() {
        return Ok(None);
    }
    encode::check_escapes(query)?;
    let parameters = query::pairs(query).take(QUERY_PARAMETERS_MAX + 1);
    if parameters.count() > QUERY_PARAMETERS_MAX {
        return Err(AuthError::TooManyParameters);
    }
    let found = presigned::find(query)?;
    Ok(Some(found).filter(|found| found.any))
}

/// Steps 8 to 13.
fn claim<'a>(
    request: &RequestView<'a>,
    rules: &Rules<'_>,
    known: &Known<'a>,
    pieces: Pieces<'a>,
) -> Result<Claim<'a>, AuthError> {
    checks::signed_headers(request, &pieces.signed_headers)?;
    known.once(Deciding::Host)?;
    known.once(Deciding::ContentSha256)?;
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
