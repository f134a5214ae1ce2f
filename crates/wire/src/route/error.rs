//! Requests that are no calls: what is wrong with them, and how to say so.

use crate::form::FormError;
use crate::reply::{ErrorBody, Reply, write_error};
use crate::service::{Protocol, Service};
use crate::shape::Fault;

/// A request that is no call, and how to say so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct RouteError {
    /// How to answer.
    pub protocol: Protocol,
    /// The service, when that much is known.
    pub service: Option<Service>,
    /// What is wrong.
    pub problem: RouteProblem,
}

/// Why a request is no call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteProblem {
    /// No `Action`.
    #[error("The request is missing an action or a required parameter.")]
    MissingAction,
    /// The service has no such operation in that version.
    #[error("Could not find operation {operation} for version {version}")]
    InvalidAction {
        /// As asked, shortened.
        operation: String,
        /// As asked, shortened.
        version: String,
    },
    /// No service has the target.
    #[error("The action or operation requested is not recognized.")]
    UnknownOperation,
    /// A broken form or query string.
    #[error(transparent)]
    Query(#[from] FormError),
    /// Neither GET nor POST.
    #[error("The HTTP method is not supported; use GET or POST")]
    Method,
    /// The path is not `/`.
    #[error("The path is not supported; use /")]
    Path,
    /// A body of another type than the protocol's.
    #[error("The content type is not supported")]
    ContentType,
    /// Signed for another service than the one asked.
    #[error("Credential should be scoped to correct service: '{0}'.")]
    Scope(&'static str),
}

impl RouteError {
    /// The code on the wire.
    pub fn code(&self) -> &'static str {
        match (&self.problem, self.protocol) {
            (RouteProblem::MissingAction, _) => "MissingAction",
            (RouteProblem::InvalidAction { .. }, _) => "InvalidAction",
            (RouteProblem::UnknownOperation, _) => "UnknownOperationException",
            (RouteProblem::Query(_), _) => "MalformedQueryString",
            (RouteProblem::Method | RouteProblem::Path | RouteProblem::ContentType, _) => {
                "MalformedHttpRequestException"
            }
            (RouteProblem::Scope(_), Protocol::Json11) => "InvalidSignatureException",
            (RouteProblem::Scope(_), _) => "SignatureDoesNotMatch",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match (&self.problem, self.protocol) {
            (RouteProblem::Method, _) => 405,
            (RouteProblem::Path, _) => 404,
            (RouteProblem::ContentType, Protocol::Query | Protocol::QueryJson) => 403,
            (RouteProblem::Scope(_), Protocol::Query | Protocol::QueryJson) => 403,
            _ => 400,
        }
    }

    /// AWS's sentence.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The whole answer.
    pub fn reply(&self, request_id: &str) -> Reply {
        let (message, sender) = (self.message(), Fault::Sender);
        let error = ErrorBody {
            code: self.code(),
            message: &message,
            status: self.status(),
            sender,
        };
        write_error(self.protocol, self.service, &error, request_id)
    }
}
