//! Steps 8 to 13, the same for both mechanisms.

use std::borrow::Cow;

use super::Pieces;
use crate::canonical::PathRule;
use crate::claim::names;
use crate::claim::{Place, Rules};
use crate::error::AuthError;
use crate::limits::{
    ACCESS_KEY_ID_MAX, EXPIRES_S_MAX, SCOPE_PART_MAX, SIGNED_HEADERS_INLINE, SIGNED_HEADERS_MAX,
};
use crate::request::RequestView;
use crate::time::Stamp;

/// What ends every scope.
const TERMINATOR: &str = "aws4_request";

/// The five parts of a credential.
pub(super) struct Credential<'a> {
    pub(super) access_key_id: Cow<'a, str>,
    pub(super) date: Cow<'a, str>,
    pub(super) region: Cow<'a, str>,
    pub(super) service: Cow<'a, str>,
    terminator: Cow<'a, str>,
}

/// Step 8: `host` and every `x-amz-*` header that is there are signed; the list is as a signer writes
/// it, so that it has one reading only.
pub(super) fn signed_headers(request: &RequestView<'_>, list: &str) -> Result<(), AuthError> {
    let mut inline = [""; SIGNED_HEADERS_INLINE];
    let mut count = 0;
    let mut last = "";
    let mut well_formed = true;
    for name in names(list) {
        if let Some(slot) = inline.get_mut(count) {
            *slot = name;
        }
        count += 1;
        // Sorted and each once: the empty name is greater than none, so it is refused here too.
        let lower = !name
            .bytes()
            .any(|byte| byte.is_ascii_uppercase() || byte <= b' ');
        well_formed &= lower && name > last;
        last = name;
    }
    let is_signed = |name: &str| match inline.get(..count) {
        Some(signed) => signed
            .iter()
            .any(|signed| signed.eq_ignore_ascii_case(name)),
        None => names(list).any(|signed| signed.eq_ignore_ascii_case(name)),
    };
    if !is_signed("host") {
        return Err(AuthError::HostNotSigned);
    }
    for header in request.headers {
        let prefix = header.name.as_bytes().get(..6).unwrap_or_default();
        if prefix.eq_ignore_ascii_case(b"x-amz-") && !is_signed(header.name) {
            return Err(AuthError::HeaderNotSigned(header.name.to_ascii_lowercase()));
        }
    }
    if !well_formed || count > SIGNED_HEADERS_MAX {
        return Err(AuthError::SignedHeadersMalformed);
    }
    Ok(())
}

/// How long a presigned S3 request lives; `None` for everything else, where the window alone counts
/// (STS accepts its own URLs for 15 minutes whatever `X-Amz-Expires` says; EKS relies on it).
pub(super) fn lifetime_s(pieces: &Pieces<'_>, rule: PathRule) -> Result<Option<i64>, AuthError> {
    if pieces.place == Place::Header {
        return Ok(None);
    }
    let Some(text) = pieces.expires.as_deref() else {
        return match rule {
            PathRule::Normalised => Ok(None),
            PathRule::AsSent => Err(AuthError::BadExpires(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
            )),
        };
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AuthError::BadExpires("X-Amz-Expires should be a number"));
    }
    if text.starts_with('-') {
        return Err(AuthError::BadExpires("X-Amz-Expires must be non-negative"));
    }
    match digits.parse().unwrap_or(i64::MAX) {
        0 => Err(AuthError::BadExpires(
            "X-Amz-Expires must be greater than zero",
        )),
        EXPIRES_ABOVE.. => Err(AuthError::BadExpires(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
        )),
        seconds => Ok((rule == PathRule::AsSent).then_some(seconds)),
    }
}

/// The first value that is too long.
const EXPIRES_ABOVE: i64 = EXPIRES_S_MAX + 1;

/// Steps 10 and 11.
pub(super) fn window(
    stamp: &Stamp,
    rules: &Rules<'_>,
    lifetime_s: Option<i64>,
) -> Result<(), AuthError> {
    let text = |seconds: i64| Stamp::from_seconds(seconds).text().to_owned();
    let minutes = rules.skew_s_max / 60;
    let earliest = rules.now.saturating_sub(rules.skew_s_max);
    let latest = rules.now.saturating_add(rules.skew_s_max);
    if stamp.seconds() > latest {
        return Err(AuthError::NotYetCurrent {
            stamp: stamp.text().to_owned(),
            latest: text(latest),
            now: text(rules.now),
            minutes,
        });
    }
    match lifetime_s {
        Some(lifetime_s) if stamp.seconds().saturating_add(lifetime_s) < rules.now => {
            Err(AuthError::UrlExpired)
        }
        None if stamp.seconds() < earliest => Err(AuthError::Expired {
            stamp: stamp.text().to_owned(),
            earliest: text(earliest),
            now: text(rules.now),
            minutes,
        }),
        _ => Ok(()),
    }
}

/// Step 12: exactly five parts.
pub(super) fn split<'a>(credential: &Cow<'a, str>) -> Option<Credential<'a>> {
    fn five(text: &str) -> Option<[&str; 5]> {
        let mut rest = text;
        let mut before_slash = || {
            let at = memchr::memchr(b'/', rest.as_bytes())?;
            let part = rest.get(..at)?;
            rest = rest.get(at + 1..)?;
            Some(part)
        };
        let [id, date, region, service] = [
            before_slash()?,
            before_slash()?,
            before_slash()?,
            before_slash()?,
        ];
        let whole = !id.is_empty() && !rest.contains('/');
        whole.then_some([id, date, region, service, rest])
    }
    let parts: [Cow<'a, str>; 5] = match credential {
        Cow::Borrowed(text) => five(text)?.map(Cow::Borrowed),
        Cow::Owned(text) => five(text)?.map(|part| Cow::Owned(part.to_owned())),
    };
    let [access_key_id, date, region, service, terminator] = parts;
    let short = access_key_id.len() <= ACCESS_KEY_ID_MAX;
    short.then_some(Credential {
        access_key_id,
        date,
        region,
        service,
        terminator,
    })
}

/// Step 13: every fault of the scope at once, as AWS tells them.
pub(super) fn scope(
    credential: &Credential<'_>,
    stamp: &Stamp,
    rules: &Rules<'_>,
) -> Result<(), AuthError> {
    let Credential {
        region,
        service,
        terminator,
        date,
        ..
    } = credential;
    let region_ok = rules
        .region
        .map_or_else(|| plausible(region), |only| only == region);
    let service_ok = rules.services.contains(&service.as_ref()) && service.len() <= SCOPE_PART_MAX;
    let terminator_ok = terminator == TERMINATOR;
    let date_ok = date == stamp.date();
    if region_ok && service_ok && terminator_ok && date_ok {
        return Ok(());
    }
    let mut sentences = Vec::new();
    if !region_ok {
        sentences.push(format!(
            "Credential should be scoped to a valid region, not '{region}'."
        ));
    }
    if !service_ok {
        let accepted = rules.services.join("', '");
        sentences.push(format!(
            "Credential should be scoped to correct service: '{accepted}'."
        ));
    }
    if !terminator_ok {
        sentences.push(format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'."
        ));
    }
    if !date_ok {
        sentences.push(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{}', from '{}'.",
            stamp.date(),
            stamp.text()
        ));
    }
    Err(AuthError::BadScope(sentences.join(" ")))
}

/// Any region may be one, but it must look like one.
fn plausible(region: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=SCOPE_PART_MAX).contains(&region.len()) && region.bytes().all(allowed)
}
