//! Which call is this request? Service, operation and protocol, before anything is decoded further.

use crate::codec::{Checks, State, Structure, read_root};
use crate::form::{Form, FormError, Name};
use crate::input::InputError;
use crate::json::Json;
use crate::limits::ECHO_CHARS_MAX;
use crate::node::Node;
use crate::reply::{ErrorBody, Reply, write_error};
use crate::service::{Protocol, Service, operation};
use crate::shape::{Fault, OperationModel};
use std::borrow::Cow;

const ACTION: Name = Name::new("Action");
const VERSION: Name = Name::new("Version");
/// What SDKs send, compared first.
const FORM_TYPES: [&str; 2] = [
    "application/x-www-form-urlencoded; charset=utf-8",
    "application/x-www-form-urlencoded",
];

/// What this crate needs of an HTTP request.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpRequest<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path as received.
    pub path: &'a str,
    /// The query as received, without `?`.
    pub query: &'a str,
    /// The Host header.
    pub host: Option<&'a str>,
    /// The Content-Type header.
    pub content_type: Option<&'a str>,
    /// The X-Amz-Target header.
    pub target: Option<&'a str>,
    /// The Accept header.
    pub accept: Option<&'a str>,
    /// The body; its size was limited by the server.
    pub body: &'a [u8],
    /// The service of the credential scope, from a parsed signature.
    pub scope_service: Option<&'a str>,
}

/// What makes up a call's name; enough to write its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallInfo<'a> {
    /// The service.
    pub service: Service,
    /// The operation.
    pub operation: &'a str,
    /// How to answer.
    pub protocol: Protocol,
}

/// A request whose service and operation are known.
#[derive(Debug)]
pub struct Call<'a> {
    /// The service asked.
    pub service: Service,
    /// The operation asked; it is in the service's model.
    pub operation: Cow<'a, str>,
    /// How it came in and how to answer.
    pub protocol: Protocol,
    /// What the model says of the operation.
    pub model: &'static OperationModel,
    parameters: Parameters<'a>,
}

#[derive(Debug)]
enum Parameters<'a> {
    Form(Form),
    /// Parsed by [`Call::read`], so that nobody pays for it before the signature is checked.
    Json(&'a [u8]),
}

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

/// Which call is this? Service from scope, target, action or host; parameters from query and form.
///
/// # Errors
/// [`RouteError`], which knows its code, status and sentence, and the protocol to answer in.
pub fn route<'a>(request: &HttpRequest<'a>) -> Result<Call<'a>, RouteError> {
    let is_json = request.target.is_some()
        || request
            .content_type
            .is_some_and(|t| t.trim_start().starts_with("application/x-amz-json"));
    if is_json {
        route_json(request)
    } else {
        route_query(request)
    }
}

fn route_json<'a>(request: &HttpRequest<'a>) -> Result<Call<'a>, RouteError> {
    let protocol = Protocol::Json11;
    let scope = request.scope_service.and_then(Service::from_scope_name);
    let error = |service, problem| RouteError {
        protocol,
        service,
        problem,
    };
    if request.path != "/" && !request.path.is_empty() {
        return Err(error(scope, RouteProblem::Path));
    }
    let (prefix, name) = request
        .target
        .and_then(|t| t.split_once('.'))
        .unwrap_or_default();
    let service = Service::ALL
        .into_iter()
        .find(|s| s.target_prefix() == Some(prefix));
    let Some(service) = service else {
        return Err(error(scope, RouteProblem::UnknownOperation));
    };
    let error = |problem| RouteError {
        protocol,
        service: Some(service),
        problem,
    };
    if request
        .scope_service
        .is_some_and(|s| s != service.scope_name())
    {
        return Err(error(RouteProblem::Scope(service.scope_name())));
    }
    if request.method != "POST" {
        return Err(error(RouteProblem::Method));
    }
    if request
        .content_type
        .is_none_or(|t| media_type(t) != "application/x-amz-json-1.1")
    {
        return Err(error(RouteProblem::ContentType));
    }
    let model = operation(service, name).ok_or_else(|| error(RouteProblem::UnknownOperation))?;
    let parameters = Parameters::Json(request.body);
    Ok(Call {
        service,
        operation: Cow::Borrowed(model.name),
        protocol,
        model,
        parameters,
    })
}

fn route_query<'a>(request: &HttpRequest<'a>) -> Result<Call<'a>, RouteError> {
    let hint = hinted_service(request);
    let protocol = query_protocol(hint, request.accept);
    let error = |problem| RouteError {
        protocol,
        service: hint,
        problem,
    };
    if request.path != "/" && !request.path.is_empty() {
        return Err(error(RouteProblem::Path));
    }
    let body = match (request.method, request.content_type) {
        ("GET", _) if !request.body.is_empty() => return Err(error(RouteProblem::ContentType)),
        ("GET", _) => &b""[..],
        ("POST", None) => request.body,
        ("POST", Some(t)) if is_form(t) => request.body,
        ("POST", Some(_)) => return Err(error(RouteProblem::ContentType)),
        _ => return Err(error(RouteProblem::Method)),
    };
    let form = Form::parse(request.query.as_bytes(), body).map_err(|e| error(e.into()))?;
    let parameter = |name| form.value(name).map_err(|e| error(e.into()));
    let (action, version) = (parameter(ACTION)?, parameter(VERSION)?);
    let Some(action) = action.filter(|a| !a.is_empty()) else {
        return Err(error(RouteProblem::MissingAction));
    };
    let (service, model) =
        query_operation(request, hint, action, version).map_err(|(service, problem)| {
            RouteError {
                protocol,
                service,
                problem,
            }
        })?;
    let protocol = query_protocol(Some(service), request.accept);
    let parameters = Parameters::Form(form);
    Ok(Call {
        service,
        operation: Cow::Borrowed(model.name),
        protocol,
        model,
        parameters,
    })
}

/// The service and model of an action. The scope decides; without one the action does.
fn query_operation(
    request: &HttpRequest<'_>,
    hint: Option<Service>,
    action: &str,
    version: Option<&str>,
) -> Result<(Service, &'static OperationModel), (Option<Service>, RouteProblem)> {
    let of = |service| operation(service, action).map(|model| (service, model));
    let by_action = || of(Service::Sts).or_else(|| of(Service::Iam));
    let (service, found) = match request.scope_service.map(Service::from_scope_name) {
        Some(Some(service @ (Service::Sts | Service::Iam))) => (Some(service), of(service)),
        Some(_) => match by_action() {
            Some((service, _)) => {
                return Err((Some(service), RouteProblem::Scope(service.scope_name())));
            }
            None => (None, None),
        },
        None => {
            let found = by_action();
            (found.map_or(hint, |(service, _)| Some(service)), found)
        }
    };
    let found = found.filter(|(s, _)| version == Some(s.api_version()));
    found.ok_or_else(|| {
        let operation = shortened(action);
        let version = version.map_or_else(|| "NO_VERSION_SPECIFIED".to_owned(), shortened);
        (service, RouteProblem::InvalidAction { operation, version })
    })
}

/// The service that scope or host name, before any parameter is read.
fn hinted_service(request: &HttpRequest<'_>) -> Option<Service> {
    if let Some(scope) = request.scope_service {
        return Service::from_scope_name(scope);
    }
    let (label, _) = request.host?.split_once('.')?;
    let label = label.to_ascii_lowercase();
    let label = label.strip_suffix("-fips").unwrap_or(&label);
    [Service::Sts, Service::Iam]
        .into_iter()
        .find(|s| s.scope_name() == label)
}

/// STS answers in JSON when asked to.
fn query_protocol(service: Option<Service>, accept: Option<&str>) -> Protocol {
    let wants_json = accept.is_some_and(|accept| {
        accept
            .split(',')
            .any(|t| media_type(t).eq_ignore_ascii_case("application/json"))
    });
    if wants_json && service == Some(Service::Sts) {
        Protocol::QueryJson
    } else {
        Protocol::Query
    }
}

/// A media type without its parameters.
fn media_type(header: &str) -> &str {
    header.split(';').next().unwrap_or_default().trim()
}

/// A form in UTF-8.
fn is_form(header: &str) -> bool {
    if FORM_TYPES.contains(&header) {
        return true;
    }
    let charset = |parameter: &str| match parameter.trim().split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    media_type(header).eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && header.split(';').skip(1).all(charset)
}

fn shortened(text: &str) -> String {
    text.chars().take(ECHO_CHARS_MAX).collect()
}

impl Call<'_> {
    /// What is needed to write the answer.
    pub fn info(&self) -> CallInfo<'_> {
        CallInfo {
            service: self.service,
            operation: &self.operation,
            protocol: self.protocol,
        }
    }

    /// Decodes the input and checks every constraint of the model.
    ///
    /// # Errors
    /// [`InputError`] with all violations, or why the input cannot be decoded.
    pub fn read<T: Structure>(&self) -> Result<T, InputError> {
        let mut state = State::new(match self.service {
            Service::Iam => Checks::Hiding,
            Service::Sts | Service::Organizations => Checks::Quoting,
        });
        let input = match &self.parameters {
            Parameters::Form(form) => read_root(Node::Form(form.root()), &mut state),
            Parameters::Json(body) => {
                let body = if body.is_empty() { &b"{}"[..] } else { body };
                let json =
                    Json::parse(body).map_err(|e| InputError::Serialization(e.to_string()))?;
                read_root(Node::Json(&json), &mut state)
            }
        };
        if let Some(error) = state.failure {
            return Err(InputError::from_node(error, self.protocol));
        }
        if state.total > 0 {
            let (shown, total) = (state.violations, state.total);
            return Err(InputError::Violations {
                protocol: self.protocol,
                shown,
                total,
            });
        }
        Ok(input)
    }
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
