//! The `Authorization` header: step 6 of the check order.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::known::{Deciding, Known};
use super::{DateText, Pieces};
use crate::canonical::{ALGORITHM, sha256};
use crate::claim::Place;
use crate::error::AuthError;

/// Longest unknown algorithm name that is echoed: what stands there may be a secret of another scheme.
const ALGORITHM_SHOWN_MAX: usize = 32;

/// Step 6 for the value of the header.
pub(super) fn pieces<'a>(known: &Known<'a>, value: &'a str) -> Result<Pieces<'a>, AuthError> {
    let (algorithm, rest) = cut(value);
    if algorithm != ALGORITHM {
        let shown = algorithm.chars().take(ALGORITHM_SHOWN_MAX).collect();
        return Err(AuthError::UnsupportedAlgorithm(shown));
    }
    let found = parameters(value, rest)?;
    let date = match known.only(Deciding::AmzDate)? {
        Some(text) => Some(DateText::AmzDate(text)),
        None => known.only(Deciding::Date)?.map(DateText::Date),
    };
    let [Some(credential), Some(signature), Some(signed_headers)] = found else {
        return Err(missing(value, found, date.is_some()));
    };
    let Some(date) = date else {
        return Err(missing(value, found, false));
    };
    let session_token = known.only(Deciding::SecurityToken)?;
    Ok(Pieces {
        credential: Cow::Borrowed(credential),
        signature: Cow::Borrowed(signature),
        signed_headers: Cow::Borrowed(signed_headers),
        date,
        session_token: session_token.map(Cow::Borrowed),
        expires: None,
        place: Place::Header,
    })
}

/// `text` before and after the next comma or white space.
fn cut(text: &str) -> (&str, &str) {
    memchr::memchr3(b',', b' ', b'\t', text.as_bytes())
        .and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)))
        .unwrap_or((text, ""))
}

fn name_and_value(piece: &str) -> Option<(&str, &str)> {
    let at = memchr::memchr(b'=', piece.as_bytes())?;
    Some((piece.get(..at)?, piece.get(at + 1..)?))
}

/// Credential, Signature, SignedHeaders; separated by commas, white space or both.
fn parameters<'v>(value: &str, rest: &'v str) -> Result<[Option<&'v str>; 3], AuthError> {
    let mut found = [None; 3];
    let mut rest = rest;
    while !rest.is_empty() {
        let (piece, after) = cut(rest);
        rest = after;
        if piece.is_empty() {
            continue;
        }
        let Some((name, text)) = name_and_value(piece) else {
            let shown = piece.chars().take(ALGORITHM_SHOWN_MAX).collect();
            return Err(AuthError::NotKeyValue {
                piece: shown,
                header_hash: hash(value),
            });
        };
        let [credential, signature, signed_headers] = &mut found;
        let slot = match name {
            "Credential" => credential,
            "Signature" => signature,
            "SignedHeaders" => signed_headers,
            _ => continue,
        };
        if slot.replace(text).is_some() {
            return Err(AuthError::Duplicate(name.to_owned()));
        }
    }
    Ok(found.map(|text| text.filter(|text| !text.is_empty())))
}

fn missing(value: &str, found: [Option<&str>; 3], has_date: bool) -> AuthError {
    let names = ["Credential", "Signature", "SignedHeaders"];
    let mut sentences: Vec<String> = names
        .iter()
        .zip(found)
        .filter(|(_, text)| text.is_none())
        .map(|(name, _)| format!("Authorization header requires '{name}' parameter."))
        .collect();
    if !has_date {
        let sentence =
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
        sentences.push(sentence.to_owned());
    }
    sentences.push(format!(
        "(Hashed with SHA-256 and encoded with Base64) Authorization={}",
        hash(value)
    ));
    AuthError::MissingPieces(sentences.join(" "))
}

/// AWS shows a hash of the header, never the header.
fn hash(value: &str) -> String {
    STANDARD.encode(sha256(value.as_bytes()))
}
