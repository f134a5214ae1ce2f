//! The client's direction: requests from typed inputs, typed outputs and errors from answers.

use crate::codec::{Checks, Format, State, Structure, Writer, read_root};
use crate::json::Json;
use crate::node::{Node, NodeError};
use crate::service::Service;
use crate::xml::{Element, XmlError};

/// A request's body and the headers that go with it. The method is POST, the path `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRequest {
    /// The Content-Type header.
    pub content_type: &'static str,
    /// The X-Amz-Target header, for JSON services.
    pub target: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why an answer cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not UTF-8.
    #[error("the answer is not UTF-8")]
    NotUtf8,
    /// No XML, or XML with entities, or too much of it.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// No JSON.
    #[error("the answer is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The result's element or member is not there.
    #[error("the answer holds no {0}")]
    Missing(String),
    /// A member is not of the model's type.
    #[error("the answer is not of the model's types: {0}")]
    Type(String),
}

/// An error that a service answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteError {
    /// The HTTP status.
    pub status: u16,
    /// For example `AccessDenied`; empty when the answer names none.
    pub code: String,
    /// The service's sentence; empty when the answer has none.
    pub message: String,
    /// The request id in the body, if there is one.
    pub request_id: Option<String>,
}

/// Writes a request.
pub fn write_input<T: Structure>(service: Service, operation: &str, input: &T) -> ClientRequest {
    let mut body = String::with_capacity(512);
    if let Some(prefix) = service.target_prefix() {
        Writer::new(&mut body, Format::Json).structure(|w| input.write(w));
        return ClientRequest {
            content_type: "application/x-amz-json-1.1",
            target: Some(format!("{prefix}.{operation}")),
            body: body.into_bytes(),
        };
    }
    body.push_str("Action=");
    body.push_str(operation);
    body.push_str("&Version=");
    body.push_str(service.api_version());
    input.write(&mut Writer::new(&mut body, Format::Form));
    ClientRequest {
        content_type: "application/x-www-form-urlencoded; charset=utf-8",
        target: None,
        body: body.into_bytes(),
    }
}

/// Reads the result out of a successful answer.
///
/// # Errors
/// [`ReadError`] when the body is not what the model says.
pub fn read_output<T: Structure>(
    service: Service,
    operation: &str,
    body: &[u8],
) -> Result<T, ReadError> {
    let mut state = State::new(Checks::Off);
    let output = if service.target_prefix().is_some() {
        let json = Json::parse(if body.is_empty() { b"{}" } else { body })?;
        read_root(Node::Json(&json), &mut state)
    } else {
        let text = std::str::from_utf8(body).map_err(|_| ReadError::NotUtf8)?;
        let root = Element::parse(text)?;
        let name = format!("{operation}Result");
        let result = root.child(&name).ok_or(ReadError::Missing(name))?;
        read_root(Node::Xml(result), &mut state)
    };
    match state.failure {
        None => Ok(output),
        Some(NodeError::Name(error)) => Err(ReadError::Type(error.to_string())),
        Some(NodeError::Structure(text)) => Err(ReadError::Type(text.to_owned())),
        Some(NodeError::Type { found, wanted }) => Err(ReadError::Type(format!(
            "{found} can not be converted to {wanted}"
        ))),
    }
}

/// Reads an error, as far as it is one: whatever the body is, the status remains.
pub fn read_error(service: Service, status: u16, body: &[u8]) -> RemoteError {
    let text = String::from_utf8_lossy(body);
    let start = text.trim_start();
    let error = if service.target_prefix().is_some() || start.starts_with('{') {
        json_error(start)
    } else {
        xml_error(start)
    };
    RemoteError {
        status,
        ..error.unwrap_or_default()
    }
}

fn json_error(text: &str) -> Option<RemoteError> {
    let json = Json::parse(text.as_bytes()).ok()?;
    let request_id = json.text_of("RequestId").map(str::to_owned);
    if let Some((_, error)) = json.member("Error") {
        return Some(RemoteError {
            status: 0,
            code: error.text_of("Code").unwrap_or_default().to_owned(),
            message: error.text_of("Message").unwrap_or_default().to_owned(),
            request_id,
        });
    }
    // `com.amazonaws.service#Code:http://…` in its longest form.
    let kind = json.text_of("__type").unwrap_or_default();
    let code = kind.split_once('#').map_or(kind, |(_, code)| code);
    let code = code.split_once(':').map_or(code, |(code, _)| code);
    let message = json.text_of("message").unwrap_or_default().to_owned();
    Some(RemoteError {
        status: 0,
        code: code.to_owned(),
        message,
        request_id,
    })
}

fn xml_error(text: &str) -> Option<RemoteError> {
    let root = Element::parse(text).ok()?;
    let error = root.child("Error").unwrap_or(&root);
    let text_of = |element: &Element, name| element.child(name).map(|c| c.text.clone());
    Some(RemoteError {
        status: 0,
        code: text_of(error, "Code").unwrap_or_default(),
        message: text_of(error, "Message").unwrap_or_default(),
        request_id: text_of(&root, "RequestId").or_else(|| text_of(error, "RequestId")),
    })
}
