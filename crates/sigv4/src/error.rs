//! Every way a signature can be refused, with AWS's codes, statuses and sentences.

use thiserror::Error;

/// What would have been right: both texts are shown to the caller as AWS does. They hold no secret;
/// a session token in them is replaced by `***`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The canonical request that was computed.
    pub canonical_request: String,
    /// The string-to-sign that was computed.
    pub string_to_sign: String,
}

/// Why a request's authentication was refused. `Display` is the sentence for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthError {
    /// Step 1: broken escape in the path, not absolute, or climbing above the root. AWS answers a bare
    /// 400 without a body.
    #[error("")]
    MalformedPath,
    /// Step 2: the query ends in the middle of an escape.
    #[error("Incomplete trailing escape % sequence")]
    IncompleteEscape,
    /// Step 2: an escape with digits that are not hexadecimal.
    #[error("Illegal hex character in escape % pattern: {0}")]
    IllegalEscape(String),
    /// Step 2: more than [`crate::limits::QUERY_PARAMETERS_MAX`] parameters.
    #[error("Too many query parameters")]
    TooManyParameters,
    /// More than [`crate::limits::HEADERS_MAX`] header lines.
    #[error("Too many headers")]
    TooManyHeaders,
    /// Step 4: a signature is needed and there is none.
    #[error("Request is missing Authentication Token")]
    MissingAuthenticationToken,
    /// Step 5: a signature in the header and another in the query.
    #[error("")]
    TwoMechanisms,
    /// An element that decides authentication is given more than once.
    #[error("'{0}' must be given exactly once.")]
    Duplicate(String),
    /// A header that decides authentication is not UTF-8.
    #[error("'{0}' must be plain text.")]
    NotText(String),
    /// Step 6a.
    #[error("Unsupported AWS 'algorithm': '{0}'.")]
    UnsupportedAlgorithm(String),
    /// Step 6b. AWS shows a hash of the header (SHA-256 in Base64), never the header.
    #[error(
        "'{piece}' not a valid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '{header_hash}'."
    )]
    NotKeyValue {
        /// The piece without an equal sign, cut short.
        piece: String,
        /// Base64 of the header's SHA-256.
        header_hash: String,
    },
    /// Steps 6c and 7: every missing piece, concatenated as AWS does.
    #[error("{0}")]
    MissingPieces(String),
    /// Step 8.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    /// Step 8: an `x-amz-*` header that is not signed (attack row SIG-01).
    #[error("'{0}' must be a 'SignedHeader' in the AWS Authorization.")]
    HeaderNotSigned(String),
    /// The list is not lower case, not sorted, has an empty or a repeated name, or is too long.
    #[error("'SignedHeaders' must be lower-case header names in sorted order, each once.")]
    SignedHeadersMalformed,
    /// Step 9.
    #[error(
        "Date must be in ISO-8601 'basic format'. Got '{0}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )]
    BadDate(String),
    /// Step 10. Times in basic format; the last is the window in minutes.
    #[error("Signature expired: {stamp} is now earlier than {earliest} ({now} - {minutes} min.)")]
    Expired {
        /// The request's time.
        stamp: String,
        /// The earliest time accepted.
        earliest: String,
        /// The server's time.
        now: String,
        /// The window.
        minutes: i64,
    },
    /// Step 11.
    #[error(
        "Signature not yet current: {stamp} is still later than {latest} ({now} + {minutes} min.)"
    )]
    NotYetCurrent {
        /// The request's time.
        stamp: String,
        /// The latest time accepted.
        latest: String,
        /// The server's time.
        now: String,
        /// The window.
        minutes: i64,
    },
    /// A presigned URL past its `X-Amz-Expires` (S3).
    #[error("Request has expired")]
    UrlExpired,
    /// `X-Amz-Expires` missing (S3) or not acceptable.
    #[error("{0}")]
    BadExpires(&'static str),
    /// Step 12.
    #[error(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{0}'"
    )]
    BadCredential(String),
    /// Step 13: every fault of the scope, concatenated.
    #[error("{0}")]
    BadScope(String),
    /// S3: the payload's hash is mandatory.
    #[error("Missing required header for this request: x-amz-content-sha256")]
    MissingContentSha256,
    /// S3: `x-amz-content-sha256` is neither a hash nor a form that is supported here.
    #[error("x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value.")]
    BadContentSha256,
    /// S3: the signature is right but the body is another.
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    ContentSha256Mismatch,
    /// Step 15.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'{}'\n\nThe String-to-Sign should have been\n'{}'\n",
        .0.canonical_request, .0.string_to_sign
    )]
    SignatureDoesNotMatch(Box<Mismatch>),
}

impl AuthError {
    /// The error code of the query protocol (STS, IAM).
    pub fn code(&self) -> &'static str {
        use AuthError as E;
        match self {
            E::MalformedPath | E::TooManyHeaders => "BadRequest",
            E::IncompleteEscape | E::IllegalEscape(_) | E::TooManyParameters => {
                "MalformedQueryString"
            }
            E::MissingAuthenticationToken => "MissingAuthenticationToken",
            E::Duplicate(_)
            | E::NotText(_)
            | E::UnsupportedAlgorithm(_)
            | E::NotKeyValue { .. }
            | E::MissingPieces(_)
            | E::BadDate(_)
            | E::BadCredential(_) => "IncompleteSignature",
            E::UrlExpired => "AccessDenied",
            E::BadExpires(_) => "AuthorizationQueryParametersError",
            E::MissingContentSha256 => "InvalidRequest",
            E::BadContentSha256 => "InvalidArgument",
            E::ContentSha256Mismatch => "XAmzContentSHA256Mismatch",
            E::TwoMechanisms
            | E::HostNotSigned
            | E::HeaderNotSigned(_)
            | E::SignedHeadersMalformed
            | E::Expired { .. }
            | E::NotYetCurrent { .. }
            | E::BadScope(_)
            | E::SignatureDoesNotMatch(_) => "SignatureDoesNotMatch",
        }
    }

    /// The error code of the JSON protocols (Organizations).
    pub fn json_code(&self) -> &'static str {
        match self.code() {
            "SignatureDoesNotMatch" => "InvalidSignatureException",
            "IncompleteSignature" => "IncompleteSignatureException",
            "MissingAuthenticationToken" => "MissingAuthenticationTokenException",
            "AccessDenied" => "AccessDeniedException",
            other => other,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self.code() {
            "SignatureDoesNotMatch" | "MissingAuthenticationToken" | "AccessDenied" => 403,
            _ => 400,
        }
    }

    /// AWS's sentence for the caller; empty where AWS sends none.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// Does AWS answer this with the status alone, without a body?
    pub fn is_bare(&self) -> bool {
        matches!(self, AuthError::MalformedPath)
    }
}
