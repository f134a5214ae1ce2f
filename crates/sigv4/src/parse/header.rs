//! The `Authorization` header: step 6 of the check order.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{DateText, Pieces, only};
use crate::canonical::{ALGORITHM, sha256};
use crate::claim::Place;
use crate::error::AuthError;
use crate::request::RequestView;

/// Longest unknown algorithm name that is echoed: what stands there may be a secret of another scheme.
const ALGORITHM_SHOWN_MAX: usize = 32;

/// The one `Authorization` header.
pub(super) fn find<'a>(request: &RequestView<'a>) -> Result<Option<&'a str>, AuthError> {
    only(request, "authorization", "Authorization")
}

pub(super) fn pieces<'a>(
    request: &RequestView<'a>,
    value: &'a str,
) -> Result<Pieces<'a>, AuthError> {
    let (algorithm, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
    if algorithm != ALGORITHM {
        let shown = algorithm.chars().take(ALGORITHM_SHOWN_MAX).collect();
        return Err(AuthError::UnsupportedAlgorithm(shown));
    }
    let found = parameters(value, rest)?;
    let date = match only(request, "x-amz-date", "X-Amz-Date")? {
        Some(text) => Some(DateText::AmzDate(text)),
        None => only(request, "date", "Date")?.map(DateText::Date),
    };
    let [Some(credential), Some(signature), Some(signed_headers)] = found else {
        return Err(missing(value, found, date.is_some()));
    };
    let Some(date) = date else {
        return Err(missing(value, found, false));
    };
    let session_token = only(request, "x-amz-security-token", "X-Amz-Security-Token")?;
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

/// Credential, Signature, SignedHeaders; separated by commas, white space or both.
fn parameters<'v>(value: &str, rest: &'v str) -> Result<[Option<&'v str>; 3], AuthError> {
    let mut found = [None; 3];
    let pieces = rest
        .split([',', ' ', '\t'])
        .filter(|piece| !piece.is_empty());
    for piece in pieces {
        let Some((name, text)) = piece.split_once('=') else {
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
