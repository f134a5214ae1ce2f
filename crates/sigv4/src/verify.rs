//! The comparison: the only maker of `Verified`.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::canonical::{self, Hashing, PathRule, Tokens, UNSIGNED_PAYLOAD};
use crate::claim::{Claim, Place};
use crate::encode;
use crate::error::AuthError;
use crate::key::SigningKey;
use crate::request::RequestView;

/// Proof that the signature of a request is right for the key that was given.
#[derive(Debug)]
pub struct Verified {
    _private: (),
}

/// Step 15: does the claim's signature belong to this request and this key? Compares in constant
/// time and, when the answer is yes, allocates nothing.
///
/// # Errors
/// [`AuthError::SignatureDoesNotMatch`] with the texts that would have been right; for S3 also
/// [`AuthError::MissingContentSha256`], [`AuthError::BadContentSha256`],
/// [`AuthError::ContentSha256Mismatch`].
pub fn verify(
    request: &RequestView<'_>,
    claim: &Claim<'_>,
    key: &SigningKey,
) -> Result<Verified, AuthError> {
    let rule = claim.path_rule();
    let payload = match rule {
        PathRule::Normalised => Payload::Hash(canonical::body_hash(request.body)),
        PathRule::AsSent => declared(request, claim)?,
    };
    let mut hashing = Hashing::new();
    let absent = canonical::write(
        request,
        &claim.signed_headers,
        payload.text(),
        rule,
        Tokens::Kept,
        &mut hashing,
    );
    let canonical_hash = hashing.finish();
    let expected = key.mac(canonical::claim_text(claim, &canonical_hash).as_bytes());
    let given = encode::unhex(claim.signature.as_bytes());
    let equal = given.is_some_and(|given| verify_slices_are_equal(&given, &expected).is_ok());
    // A signed header that is not there, and outside S3 a declared hash that is not the body's: what
    // the signature alone cannot tell.
    let declared_right = rule == PathRule::AsSent
        || request
            .values("x-amz-content-sha256")
            .all(|value| value == payload.text());
    if !equal || absent > 0 || !declared_right {
        return Err(canonical::mismatch(
            request,
            claim,
            payload.text(),
            &canonical_hash,
        ));
    }
    if rule == PathRule::AsSent
        && let Payload::Hash(hash) = payload
        && hash != canonical::body_hash(request.body)
    {
        return Err(AuthError::ContentSha256Mismatch);
    }
    Ok(Verified { _private: () })
}

/// The last line of the canonical request.
enum Payload {
    Hash([u8; 64]),
    Unsigned,
}

impl Payload {
    fn text(&self) -> &[u8] {
        match self {
            Payload::Hash(hash) => hash,
            Payload::Unsigned => UNSIGNED_PAYLOAD,
        }
    }
}

/// S3: the header says what was signed. Streaming payloads are refused until they are verified.
fn declared(request: &RequestView<'_>, claim: &Claim<'_>) -> Result<Payload, AuthError> {
    match request.values("x-amz-content-sha256").next() {
        Some(UNSIGNED_PAYLOAD) => Ok(Payload::Unsigned),
        Some(value) => match (value.try_into(), encode::unhex(value)) {
            (Ok(text), Some(_)) => Ok(Payload::Hash(text)),
            _ => Err(AuthError::BadContentSha256),
        },
        None if claim.place == Place::Query => Ok(Payload::Unsigned),
        None => Err(AuthError::MissingContentSha256),
    }
}
