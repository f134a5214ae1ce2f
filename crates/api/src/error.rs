//! Every way a call can fail, and the one place that maps it to AWS's code, status and sentence.

use std::borrow::Cow;

use locum_policy::Finding;
use locum_sigv4::AuthError;
use locum_store::{AccountId, Change};
use locum_wire::{ErrorModel, InputError, RouteError, Service};

use crate::denial::Denial;
use crate::handle::EdgeRefusal;
use crate::session::OpenError;

/// A failed call: one variant per culprit. What the caller reads comes from [`ApiError::wire`], what
/// the log reads from `Display`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// Not a failure: a pure step needs this account; `handle` loads it.
    #[error("account {0} is not in the snapshot")]
    Missing(AccountId),
    /// Not a failure: a pure step needs records of the trail; `handle` looks them up.
    #[error("the trail was not asked")]
    MissingRecords,
    /// The call would touch more accounts than one call may.
    #[error(
        "The call touches more than {} accounts.",
        crate::limits::ACCOUNTS_PER_CALL_MAX
    )]
    TooManyAccounts,
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
    /// Policies refuse, with all that explains it.
    #[error("{}", .0.sentence)]
    Denied(Box<Denial>),
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
    /// What is asked about is not switched on.
    #[error("{0}")]
    FeatureDisabled(&'static str),
    /// Organizations errors, by their own code.
    #[error("{code}: {message}")]
    Organizations {
        /// The modelled exception.
        code: &'static str,
        /// Its sentence.
        message: &'static str,
    },
    /// An error of one service's model that few operations have, with its sentence.
    #[error("{}: {message}", .model.code)]
    Modelled {
        /// Code, status and name.
        model: &'static ErrorModel,
        /// The sentence.
        message: Cow<'static, str>,
    },
    /// A refusal that is counted: `handle` commits the change together with the refusal's record.
    #[error("{error}")]
    Counted {
        /// What the caller reads.
        error: Box<ApiError>,
        /// What the refusal writes.
        change: Box<Change>,
    },
    /// What the edge refused by itself.
    #[error("{}", .0.message)]
    Edge(EdgeRefusal),
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

impl ApiError {
    /// An error of a service's model.
    pub(crate) fn modelled(
        model: &'static ErrorModel,
        message: impl Into<Cow<'static, str>>,
    ) -> ApiError {
        let message = message.into();
        ApiError::Modelled { model, message }
    }

    /// Code, status and sentence as AWS sends them for `service` (the JSON services have names of
    /// their own for the common errors).
    pub fn wire(&self, service: Option<Service>) -> WireError {
        let (query, json) = self.codes();
        let (code, status) = match service {
            Some(Service::Organizations | Service::CloudTrail) => json,
            _ => query,
        };
        WireError {
            code: Cow::Borrowed(code),
            status,
            message: self.sentence(),
        }
    }

    /// Code and status of the query services and of the JSON services.
    fn codes(&self) -> ((&'static str, u16), (&'static str, u16)) {
        let both = |code, status| ((code, status), (code, status));
        match self {
            ApiError::Signature(e) => ((e.code(), e.status()), (e.json_code(), e.status())),
            ApiError::Route(e) => both(e.code(), e.status()),
            ApiError::Input(e) => both(e.code(), e.status()),
            ApiError::NotOffered(_) => (("InvalidAction", 400), ("UnknownOperationException", 400)),
            ApiError::UnknownAccessKey | ApiError::InvalidToken(_) => (
                ("InvalidClientTokenId", 403),
                ("UnrecognizedClientException", 400),
            ),
            ApiError::ExpiredToken => (("ExpiredToken", 403), ("ExpiredTokenException", 400)),
            ApiError::Denied(_) | ApiError::NotAuthorized(_) | ApiError::Forbidden(_) => {
                (("AccessDenied", 403), ("AccessDeniedException", 400))
            }
            ApiError::Unsupported { .. }
            | ApiError::UnknownParameter(_)
            | ApiError::Validation(_) => (("ValidationError", 400), ("ValidationException", 400)),
            ApiError::InvalidInput(_) => (("InvalidInput", 400), ("InvalidInputException", 400)),
            ApiError::InvalidParameterValue(_) => both("InvalidParameterValue", 400),
            ApiError::MalformedPolicyDocument(_) => both("MalformedPolicyDocument", 400),
            ApiError::PackedPolicyTooLarge(_) => both("PackedPolicyTooLarge", 400),
            ApiError::NoSuchEntity(_) => both("NoSuchEntity", 404),
            ApiError::EntityAlreadyExists(_) => both("EntityAlreadyExists", 409),
            ApiError::LimitExceeded(_) | ApiError::TooManyAccounts => both("LimitExceeded", 409),
            ApiError::DeleteConflict(_) => both("DeleteConflict", 409),
            ApiError::PolicyNotAttachable(_) => both("PolicyNotAttachable", 400),
            ApiError::UnmodifiableEntity(_) => both("UnmodifiableEntity", 400),
            ApiError::FeatureDisabled(_) => both("FeatureDisabled", 404),
            ApiError::Organizations { code, .. } => both(code, 400),
            ApiError::Modelled { model, .. } => both(model.code, model.status),
            ApiError::Counted { error, .. } => error.codes(),
            ApiError::Edge(refusal) => both(refusal.code, refusal.status),
            ApiError::ConcurrentModification => (
                ("ConcurrentModification", 409),
                ("ConcurrentModificationException", 400),
            ),
            ApiError::Unavailable(_) => (
                ("ServiceUnavailable", 503),
                ("ServiceUnavailableException", 503),
            ),
            ApiError::Missing(_) | ApiError::MissingRecords | ApiError::Internal(_) => {
                (("InternalFailure", 500), ("InternalFailureException", 500))
            }
        }
    }

    /// What the caller reads.
    fn sentence(&self) -> String {
        let fixed = match self {
            ApiError::UnknownAccessKey => "The security token included in the request is invalid.",
            // AWS leaves out the period when it is the token that is wrong.
            ApiError::InvalidToken(_) => "The security token included in the request is invalid",
            ApiError::ExpiredToken => "The security token included in the request is expired",
            ApiError::ConcurrentModification => {
                "The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again."
            }
            ApiError::Unavailable(_) => {
                "The request has failed due to a temporary failure of the server."
            }
            ApiError::Missing(_) | ApiError::MissingRecords | ApiError::Internal(_) => {
                "The request processing has failed because of an unknown error, exception or failure."
            }
            ApiError::Organizations { message, .. } => message,
            ApiError::Counted { error, .. } => return error.sentence(),
            ApiError::Modelled { message, .. } => message,
            ApiError::Route(error) => return error.message(),
            ApiError::Input(error) => return error.message(),
            ApiError::MalformedPolicyDocument(finding) => return finding.message.clone(),
            ApiError::PackedPolicyTooLarge(sentence) => return sentence.clone(),
            ApiError::NotOffered(name) => {
                return format!(
                    "The operation {name} is not offered by this server; docs/operations.md lists those that are."
                );
            }
            ApiError::Unsupported { parameter, reason } => {
                return format!("The parameter {parameter} is not supported: {reason}.");
            }
            ApiError::UnknownParameter(name) => {
                return format!(
                    "The operation has no parameter {name}; what is not enforced is refused."
                );
            }
            // The rest say to the log what they say to the caller.
            other => return other.to_string(),
        };
        fixed.to_owned()
    }

    /// The name that a trail record gives the error: modelled errors by their shape, the common ones
    /// by their code.
    pub fn trail_code(&self, service: Option<Service>) -> String {
        let code = self.wire(service).code;
        match self {
            ApiError::Modelled { model, .. } => model.shape.to_owned(),
            ApiError::Counted { error, .. } => error.trail_code(service),
            // A modelled error of STS, which has a shape; to the other services it is a common one.
            ApiError::ExpiredToken if service == Some(Service::Sts) => {
                "ExpiredTokenException".to_owned()
            }
            ApiError::NoSuchEntity(_)
            | ApiError::EntityAlreadyExists(_)
            | ApiError::LimitExceeded(_)
            | ApiError::TooManyAccounts
            | ApiError::DeleteConflict(_)
            | ApiError::InvalidInput(_)
            | ApiError::MalformedPolicyDocument(_)
            | ApiError::PackedPolicyTooLarge(_)
            | ApiError::PolicyNotAttachable(_)
            | ApiError::UnmodifiableEntity(_)
            | ApiError::FeatureDisabled(_)
            | ApiError::ConcurrentModification
                if !code.ends_with("Exception") =>
            {
                format!("{code}Exception")
            }
            _ => code.into_owned(),
        }
    }
}
