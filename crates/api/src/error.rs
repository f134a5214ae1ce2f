//! Every way a call can fail, and the one place that maps it to AWS's code, status and sentence.

use std::borrow::Cow;

use locum_policy::Finding;
use locum_sigv4::AuthError;
use locum_store::AccountId;
use locum_wire::{InputError, RouteError, Service};

use crate::session::OpenError;

/// A failed call: one variant per culprit. What the caller reads comes from [`ApiError::wire`], what
/// the log reads from `Display`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// Not a failure: a pure step needs this account; `handle` loads it.
    #[error("account {0} is not in the snapshot")]
    Missing(AccountId),
    /// The request's signature, or what it says of itself, is wrong.
    #[error("{}", .0.message())]
    Signature(AuthError),
    /// The request names no operation of ours.
    #[error("the request names no operation: {}", .0.message())]
    Route(RouteError),
    /// The parameters break the model's constraints.
    #[error("invalid parameters: {}", .0.message())]
    Input(InputError),
    /// The operation exists on AWS and not (yet) here.
    #[error("operation {0} is not offered")]
    NotOffered(String),
    /// The access key does not exist, is inactive, or its owner is gone.
    #[error("unknown, inactive or orphaned access key")]
    UnknownAccessKey,
    /// The session token does not open, or belongs to another key.
    #[error("invalid session token: {0}")]
    InvalidToken(TokenFault),
    /// The session is over.
    #[error("the session expired")]
    ExpiredToken,
    /// Policies refuse; the sentence is AWS's.
    #[error("{0}")]
    NotAuthorized(String),
    /// A refusal that no policy decides; the sentence is AWS's.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
    /// A parameter of the model that is not enforced here, so it is refused.
    #[error("parameter {parameter} is not supported: {reason}")]
    Unsupported {
        /// The parameter as the model spells it.
        parameter: &'static str,
        /// Why, as the end of a sentence.
        reason: &'static str,
    },
    /// A parameter that the model of the operation does not have.
    #[error("unknown parameter {0}")]
    UnknownParameter(String),
    /// `ValidationError` with a sentence of its own.
    #[error("{0}")]
    Validation(String),
    /// `InvalidInput` (IAM).
    #[error("{0}")]
    InvalidInput(Cow<'static, str>),
    /// `InvalidParameterValue` (STS).
    #[error("{0}")]
    InvalidParameterValue(&'static str),
    /// A policy document that AWS would not accept.
    #[error("malformed policy document: {}", .0.message)]
    MalformedPolicyDocument(Finding),
    /// The session token would be too large.
    #[error("packed policy too large: {0}")]
    PackedPolicyTooLarge(String),
    /// The entity is not there.
    #[error("{0}")]
    NoSuchEntity(String),
    /// The name is taken.
    #[error("{0}")]
    EntityAlreadyExists(String),
    /// A quota is used up.
    #[error("{0}")]
    LimitExceeded(String),
    /// Something still hangs on the entity.
    #[error("{0}")]
    DeleteConflict(&'static str),
    /// The policy cannot be attached here.
    #[error("{0}")]
    PolicyNotAttachable(String),
    /// The entity is not the caller's to change.
    #[error("{0}")]
    UnmodifiableEntity(String),
    /// Organizations errors, by their own code.
    #[error("{code}: {message}")]
    Organizations {
        /// The modelled exception.
        code: &'static str,
        /// Its sentence.
        message: &'static str,
    },
    /// The change kept losing races.
    #[error("the change lost every race")]
    ConcurrentModification,
    /// The store or the trail cannot take writes now; nothing was changed and nothing answered.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("internal: {0}")]
    Internal(String),
}

/// What was wrong with a session token; the caller never learns which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It did not open.
    #[error(transparent)]
    Open(OpenError),
    /// It belongs to another key id.
    #[error("the token belongs to another access key")]
    OtherKey,
    /// A long-term key came with a token.
    #[error("a long-term access key takes no session token")]
    LongTermKey,
    /// The role or user of the session is gone.
    #[error("the principal of the session no longer exists")]
    PrincipalGone,
    /// The service does not take this kind of session.
    #[error("a session without multi-factor authentication may not call this service")]
    ServiceForbidden,
}

/// What goes on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// AWS's error code.
    pub code: Cow<'static, str>,
    /// HTTP status.
    pub status: u16,
    /// AWS's sentence.
    pub message: String,
}

fn wire(code: &'static str, status: u16, message: impl Into<String>) -> WireError {
    WireError {
        code: Cow::Borrowed(code),
        status,
        message: message.into(),
    }
}

impl ApiError {
    /// Code, status and sentence as AWS sends them for `service` (the JSON services have names of
    /// their own for the common errors).
    pub fn wire(&self, service: Option<Service>) -> WireError {
        let json = service == Some(Service::Organizations);
        match self {
            ApiError::Signature(error) => WireError {
                code: if json {
                    error.json_code()
                } else {
                    error.code()
                }
                .into(),
                status: error.status(),
                message: error.message(),
            },
            ApiError::Route(error) => wire(error.code(), error.status(), error.message()),
            ApiError::Input(error) => wire(error.code(), error.status(), error.message()),
            ApiError::NotOffered(name) => not_offered(name, json),
            ApiError::UnknownAccessKey => invalid_token(
                json,
                "The security token included in the request is invalid.",
            ),
            ApiError::InvalidToken(_) => invalid_token(
                json,
                "The security token included in the request is invalid",
            ),
            ApiError::ExpiredToken => expired(json),
            ApiError::NotAuthorized(sentence) => denied(json, sentence),
            ApiError::Forbidden(sentence) => denied(json, sentence),
            ApiError::Unsupported { parameter, reason } => wire(
                if json {
                    "ValidationException"
                } else {
                    "ValidationError"
                },
                400,
                format!("The parameter {parameter} is not supported: {reason}."),
            ),
            ApiError::UnknownParameter(name) => wire(
                if json {
                    "ValidationException"
                } else {
                    "ValidationError"
                },
                400,
                format!("The operation has no parameter {name}; what is not enforced is refused."),
            ),
            ApiError::Validation(sentence) => wire(
                if json {
                    "ValidationException"
                } else {
                    "ValidationError"
                },
                400,
                sentence,
            ),
            ApiError::InvalidInput(sentence) => wire(
                if json {
                    "InvalidInputException"
                } else {
                    "InvalidInput"
                },
                400,
                sentence.as_ref(),
            ),
            ApiError::InvalidParameterValue(sentence) => {
                wire("InvalidParameterValue", 400, *sentence)
            }
            ApiError::MalformedPolicyDocument(finding) => {
                wire("MalformedPolicyDocument", 400, finding.message.as_str())
            }
            ApiError::PackedPolicyTooLarge(sentence) => wire("PackedPolicyTooLarge", 400, sentence),
            ApiError::NoSuchEntity(sentence) => wire("NoSuchEntity", 404, sentence),
            ApiError::EntityAlreadyExists(sentence) => wire("EntityAlreadyExists", 409, sentence),
            ApiError::LimitExceeded(sentence) => wire("LimitExceeded", 409, sentence),
            ApiError::DeleteConflict(sentence) => wire("DeleteConflict", 409, *sentence),
            ApiError::PolicyNotAttachable(sentence) => wire("PolicyNotAttachable", 400, sentence),
            ApiError::UnmodifiableEntity(sentence) => wire("UnmodifiableEntity", 400, sentence),
            ApiError::Organizations { code, message } => wire(code, 400, *message),
            ApiError::ConcurrentModification => concurrent(json),
            ApiError::Unavailable(_) => wire(
                if json {
                    "ServiceUnavailableException"
                } else {
                    "ServiceUnavailable"
                },
                503,
                "The request has failed due to a temporary failure of the server.",
            ),
            ApiError::Missing(_) | ApiError::Internal(_) => wire(
                if json {
                    "InternalFailureException"
                } else {
                    "InternalFailure"
                },
                500,
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
        }
    }

    /// The name that a trail record gives the error: modelled errors by their shape, the common ones
    /// by their code.
    pub fn trail_code(&self, service: Option<Service>) -> String {
        let code = self.wire(service).code;
        match self {
            ApiError::NoSuchEntity(_)
            | ApiError::EntityAlreadyExists(_)
            | ApiError::LimitExceeded(_)
            | ApiError::DeleteConflict(_)
            | ApiError::InvalidInput(_)
            | ApiError::MalformedPolicyDocument(_)
            | ApiError::PackedPolicyTooLarge(_)
            | ApiError::PolicyNotAttachable(_)
            | ApiError::UnmodifiableEntity(_)
            | ApiError::ConcurrentModification
                if !code.ends_with("Exception") =>
            {
                format!("{code}Exception")
            }
            _ => code.into_owned(),
        }
    }
}

fn not_offered(name: &str, json: bool) -> WireError {
    let message = format!(
        "The operation {name} is not offered by this server; docs/operations.md lists those that are."
    );
    wire(
        if json {
            "UnknownOperationException"
        } else {
            "InvalidAction"
        },
        400,
        message,
    )
}

fn invalid_token(json: bool, message: &str) -> WireError {
    if json {
        wire("UnrecognizedClientException", 400, message)
    } else {
        wire("InvalidClientTokenId", 403, message)
    }
}

fn expired(json: bool) -> WireError {
    let message = "The security token included in the request is expired";
    if json {
        wire("ExpiredTokenException", 400, message)
    } else {
        wire("ExpiredToken", 403, message)
    }
}

fn denied(json: bool, sentence: &str) -> WireError {
    if json {
        wire("AccessDeniedException", 400, sentence)
    } else {
        wire("AccessDenied", 403, sentence)
    }
}

fn concurrent(json: bool) -> WireError {
    let message = "The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again.";
    if json {
        wire("ConcurrentModificationException", 400, message)
    } else {
        wire("ConcurrentModification", 409, message)
    }
}
