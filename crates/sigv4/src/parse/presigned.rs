//! Signatures in the query string: step 7 of the check order.

use std::borrow::Cow;

use super::known::{Deciding, Known};
use super::{DateText, Pieces};
use crate::canonical::ALGORITHM;
use crate::claim::Place;
use crate::encode;
use crate::error::AuthError;
use crate::query;

/// The query parameters that decide authentication, as on the wire.
#[derive(Default)]
pub(super) struct InQuery<'a> {
    /// Is there any of them, in any case, or one of Signature Version 2?
    pub(super) any: bool,
    /// In the order of `NAMES`.
    values: [Option<&'a str>; 7],
}

const NAMES: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
];

/// Signature Version 2's own: never verified here, so never beside a signature that is.
const OLD_NAMES: [&str; 2] = ["AWSAccessKeyId", "SignatureMethod"];

/// Collects them. Only the exact names count; another spelling of one (`x-amz-date`) beside it is a
/// second value, since someone downstream might read that one.
///
/// # Errors
/// [`AuthError::Duplicate`].
pub(super) fn find(query: &str) -> Result<InQuery<'_>, AuthError> {
    let mut found = InQuery::default();
    let mut seen = [false; NAMES.len()];
    for (name, value) in query::pairs(query) {
        found.any |= OLD_NAMES.iter().any(|old| query::name_is(name, old));
        let slots = NAMES.iter().zip(&mut found.values).zip(&mut seen);
        for ((known, slot), seen) in slots {
            if !query::name_is_ignoring_case(name, known) {
                continue;
            }
            if std::mem::replace(seen, true) {
                return Err(AuthError::Duplicate((*known).to_owned()));
            }
            found.any = true;
            if query::name_is(name, known) {
                *slot = Some(value);
            }
        }
    }
    Ok(found)
}

pub(super) fn pieces<'a>(known: &Known<'a>, found: InQuery<'a>) -> Result<Pieces<'a>, AuthError> {
    let [algorithm, rest @ ..] = found.values.map(|value| value.map(encode::decode));
    if algorithm.as_deref() != Some(ALGORITHM) {
        return Err(AuthError::MissingAuthenticationToken);
    }
    let [credential, signature, signed_headers, date, expires, token] = rest;
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (&credential, &signature, &signed_headers, &date)
    else {
        return Err(missing([&credential, &signature, &signed_headers, &date]));
    };
    if [credential, signature, signed_headers, date]
        .iter()
        .any(|text| text.is_empty())
    {
        let filled = |text: &Cow<'a, str>| Some(text.clone()).filter(|text| !text.is_empty());
        let filled = [credential, signature, signed_headers, date].map(filled);
        let [credential, signature, signed_headers, date] = &filled;
        return Err(missing([credential, signature, signed_headers, date]));
    }
    if known.only(Deciding::AmzDate)?.is_some() {
        return Err(AuthError::Duplicate("X-Amz-Date".to_owned()));
    }
    let header_token = known.only(Deciding::SecurityToken)?;
    if token.is_some() && header_token.is_some() {
        return Err(AuthError::Duplicate("X-Amz-Security-Token".to_owned()));
    }
    Ok(Pieces {
        credential: credential.clone(),
        signature: signature.clone(),
        signed_headers: signed_headers.clone(),
        date: DateText::Query(date.clone()),
        session_token: token.or(header_token.map(Cow::Borrowed)),
        expires,
        place: Place::Query,
    })
}

fn missing(found: [&Option<Cow<'_, str>>; 4]) -> AuthError {
    let names = [
        "X-Amz-Credential",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
        "X-Amz-Date",
    ];
    let mut sentences: Vec<String> = names
        .iter()
        .zip(found)
        .filter(|(_, text)| text.is_none())
        .map(|(name, _)| format!("AWS query-string parameters must include '{name}'."))
        .collect();
    sentences.push("Re-examine the query-string parameters.".to_owned());
    AuthError::MissingPieces(sentences.join(" "))
}
