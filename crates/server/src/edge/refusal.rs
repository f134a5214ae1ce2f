//! What the edge refuses by itself, before a request is anybody's: code, sentence and status.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode, Version};
use locum_api::EdgeRefusal;
use locum_wire::{ErrorBody, Fault, Protocol};

/// Why a request is not handed to the api. It has a record all the same, or is counted with others of its
/// kind; all are in `locum_http_refused_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Refusal {
    /// The target is not a path, or the host is missing, doubled or contradicted.
    Target = 0,
    /// `Transfer-Encoding`: the length must be said up front.
    NoLength = 1,
    /// The body is longer than allowed.
    BodyTooLarge = 2,
    /// `Content-Encoding`: bodies are not unpacked.
    Compressed = 3,
    /// The body broke off.
    BodyBroken = 4,
    /// A trusted proxy's address list is unreadable.
    Forwarding = 5,
    /// The handler panicked.
    Panic = 6,
    /// One of the others could not be recorded.
    Unrecorded = 7,
}

impl Refusal {
    /// Every reason, in the order of its number.
    pub(crate) const ALL: [Refusal; 8] = [
        Refusal::Target,
        Refusal::NoLength,
        Refusal::BodyTooLarge,
        Refusal::Compressed,
        Refusal::BodyBroken,
        Refusal::Forwarding,
        Refusal::Panic,
        Refusal::Unrecorded,
    ];

    /// The value of the metric's label.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Refusal::Target => "target",
            Refusal::NoLength => "no_length",
            Refusal::BodyTooLarge => "body_too_large",
            Refusal::Compressed => "compressed",
            Refusal::BodyBroken => "body_broken",
            Refusal::Forwarding => "forwarding",
            Refusal::Panic => "panic",
            Refusal::Unrecorded => "unrecorded",
        }
    }

    pub(crate) fn wire(self) -> EdgeRefusal {
        let (status, code, message) = match self {
            Refusal::Target => (
                400,
                "InvalidRequest",
                "The request target or Host is not valid.",
            ),
            Refusal::NoLength => (
                411,
                "MissingContentLength",
                "You must provide the Content-Length HTTP header.",
            ),
            Refusal::BodyTooLarge => (
                413,
                "RequestEntityTooLarge",
                "The request body is longer than this endpoint accepts.",
            ),
            Refusal::Compressed => (
                415,
                "UnsupportedMediaType",
                "Content-Encoding is not supported; send the request body as it is.",
            ),
            Refusal::BodyBroken => (
                400,
                "IncompleteBody",
                "The request body did not arrive as announced.",
            ),
            Refusal::Forwarding => (
                400,
                "InvalidRequest",
                "The proxy sent an X-Forwarded-For header that is not valid.",
            ),
            Refusal::Panic => (
                500,
                "InternalFailure",
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
            Refusal::Unrecorded => (
                503,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
            ),
        };
        EdgeRefusal {
            code,
            message,
            status,
        }
    }

    /// The answer in the protocol that the request speaks. The connection does not outlive it, as
    /// what follows on it may not be a request.
    pub(crate) fn response(self, shape: Shape, request_id: &str) -> Response<Bytes> {
        let EdgeRefusal {
            code,
            message,
            status,
        } = self.wire();
        let sender = if status < 500 {
            Fault::Sender
        } else {
            Fault::Receiver
        };
        let error = ErrorBody {
            code,
            message,
            status,
            sender,
        };
        let reply = locum_wire::write_error(shape.protocol, None, &error, request_id);
        let mut response = Response::new(reply.body);
        *response.status_mut() =
            StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
        if let Ok(value) = HeaderValue::from_str(request_id) {
            headers.insert(HeaderName::from_static("x-amzn-requestid"), value);
        }
        if shape.version != Version::HTTP_2 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// What is known of a request whose parts have been handed on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) version: Version,
    pub(crate) protocol: Protocol,
}
