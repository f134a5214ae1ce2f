//! Which call is this request? Service, operation and protocol, before anything is decoded further.

mod error;

pub use error::{RouteError, RouteProblem};

use crate::codec::{Checks, State, Structure, read_root};
use crate::form::{Form, Name};
use crate::input::InputError;
use crate::json::Json;
use crate::limits::ECHO_CHARS_MAX;
use crate::node::Node;
use crate::service::{Protocol, Service, operation};
use crate::shape::OperationModel;
use crate::unknown;
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
        .and_then(|t| t.rsplit_once('.'))
        .unwrap_or_default();
    let Some(service) = Service::from_target_prefix(prefix) else {
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
            Service::Sts | Service::Organizations | Service::CloudTrail => Checks::Quoting,
        });
        let input = match &self.parameters {
            Parameters::Form(form) => read_root(Node::Form(form.root()), &mut state),
            Parameters::Json(body) => {
                let json = parsed(body)?;
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

    /// The parameters that the model of `T` does not have, as written. AWS ignores them, and so does
    /// [`Call::read`]; an operation that must not be handed surprises refuses them.
    ///
    /// # Errors
    /// [`InputError::Serialization`] when a JSON body is none.
    pub fn unknown_parameters<T: Structure>(&self) -> Result<Vec<String>, InputError> {
        match &self.parameters {
            Parameters::Form(form) => Ok(unknown::in_form(form, T::SHAPE)),
            Parameters::Json(body) => Ok(unknown::in_json(&parsed(body)?, T::SHAPE)),
        }
    }
}

/// The JSON body; an empty one stands for no members.
fn parsed(body: &[u8]) -> Result<Json<'_>, InputError> {
    let body = if body.is_empty() { b"{}" } else { body };
    Json::parse(body).map_err(|e| InputError::Serialization(e.to_string()))
}
