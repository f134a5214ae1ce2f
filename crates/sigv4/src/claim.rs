//! What a request says of itself before anything is proven.

use std::borrow::Cow;

use crate::canonical::PathRule;
use crate::time::Stamp;

/// What the endpoint accepts; all of it is data, so that tests can set the clock.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Largest distance between the request's time and `now`, in seconds; 900 for IAM and STS.
    pub skew_s_max: i64,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// Service names accepted in the credential scope.
    pub services: &'a [&'a str],
    /// The one region accepted in the scope; `None` accepts any.
    pub region: Option<&'a str>,
}

/// How a request authenticates.
#[derive(Debug)]
pub enum Auth<'a> {
    /// Neither header nor query: for the few unsigned operations.
    Unsigned,
    /// Carries a signature, not yet checked.
    Signed(Claim<'a>),
}

/// Where the signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Header,
    Query,
}

/// What the request says of itself; not yet proven.
pub struct Claim<'a> {
    pub(crate) access_key_id: Cow<'a, str>,
    pub(crate) date: Cow<'a, str>,
    pub(crate) region: Cow<'a, str>,
    pub(crate) service: Cow<'a, str>,
    pub(crate) stamp: Stamp,
    pub(crate) signed_headers: Cow<'a, str>,
    pub(crate) signature: Cow<'a, str>,
    pub(crate) session_token: Option<Cow<'a, str>>,
    pub(crate) place: Place,
}

impl Claim<'_> {
    /// The access key id named in the credential.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The region of the scope.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The service of the scope.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The date of the scope, `YYYYMMDD`.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The time of the request, in seconds since 1970.
    pub fn timestamp(&self) -> i64 {
        self.stamp.seconds()
    }

    /// The session token, from header or query.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// Does the signature stand in the query string?
    pub fn is_presigned(&self) -> bool {
        self.place == Place::Query
    }

    /// The names of the signed headers, lower case and sorted.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        names(&self.signed_headers)
    }

    /// The path rule of the scope's service.
    pub(crate) fn path_rule(&self) -> PathRule {
        PathRule::of_service(&self.service)
    }
}

/// The names of a list of signed headers.
pub(crate) fn names(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some(at) = memchr::memchr(b';', text.as_bytes()) else {
            return Some(text);
        };
        rest = text.get(at + 1..);
        text.get(..at)
    })
}

impl std::fmt::Debug for Claim<'_> {
    /// Without token and signature.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claim")
            .field("access_key_id", &self.access_key_id)
            .field("date", &self.date)
            .field("region", &self.region)
            .field("service", &self.service)
            .field("signed_headers", &self.signed_headers)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
