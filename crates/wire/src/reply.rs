//! Answers: results and errors in the envelope of each protocol.

use crate::codec::{Format, Structure, Writer};
use crate::json::push_string;
use crate::route::CallInfo;
use crate::service::{Protocol, Service};
use crate::shape::Fault;
use crate::xml::push_text;
use bytes::Bytes;

/// The namespace of faults that belong to no service, `InvalidAction` above all.
const FAULT_NAMESPACE: &str = "http://webservices.amazon.com/AWSFault/2005-15-09";

/// An answer, without headers but its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The Content-Type header.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

/// An error as the caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorBody<'a> {
    /// For example `AccessDenied`.
    pub code: &'a str,
    /// AWS's sentence.
    pub message: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// Whose fault it is.
    pub sender: Fault,
}

fn reply(status: u16, protocol: Protocol, body: String) -> Reply {
    let content_type = match protocol {
        Protocol::Query => "text/xml",
        Protocol::QueryJson => "application/json",
        Protocol::Json11 => "application/x-amz-json-1.1",
    };
    Reply {
        status,
        content_type,
        body: Bytes::from(body),
    }
}

fn push_all(out: &mut String, pieces: &[&str]) {
    for piece in pieces {
        out.push_str(piece);
    }
}

/// The answer of an operation with a result.
pub fn write_output<T: Structure>(call: &CallInfo<'_>, output: &T, request_id: &str) -> Reply {
    let name = call.operation;
    let mut out = String::with_capacity(2_048);
    match call.protocol {
        Protocol::Query => {
            open_response(&mut out, call);
            push_all(&mut out, &["<", name, "Result>"]);
            output.write(&mut Writer::new(&mut out, Format::Xml));
            push_all(&mut out, &["</", name, "Result>"]);
            close_response(&mut out, name, request_id);
        }
        Protocol::QueryJson => {
            push_all(
                &mut out,
                &["{\"", name, "Response\":{\"", name, "Result\":"],
            );
            let mut writer = Writer::new(&mut out, Format::Json);
            writer.structure(|w| output.write(w));
            out.push(',');
            close_json(&mut out, request_id);
        }
        Protocol::Json11 => {
            let mut writer = Writer::new(&mut out, Format::Json);
            writer.structure(|w| output.write(w));
        }
    }
    reply(200, call.protocol, out)
}

/// The answer of an operation without a result.
pub fn write_empty(call: &CallInfo<'_>, request_id: &str) -> Reply {
    let name = call.operation;
    let mut out = String::with_capacity(256);
    match call.protocol {
        Protocol::Query => {
            open_response(&mut out, call);
            close_response(&mut out, name, request_id);
        }
        Protocol::QueryJson => {
            push_all(&mut out, &["{\"", name, "Response\":{"]);
            close_json(&mut out, request_id);
        }
        Protocol::Json11 => out.push_str("{}"),
    }
    reply(200, call.protocol, out)
}

fn open_response(out: &mut String, call: &CallInfo<'_>) {
    let namespace = call.service.xml_namespace().unwrap_or(FAULT_NAMESPACE);
    push_all(
        out,
        &["<", call.operation, "Response xmlns=\"", namespace, "\">"],
    );
}

fn close_response(out: &mut String, name: &str, request_id: &str) {
    out.push_str("<ResponseMetadata><RequestId>");
    push_text(out, request_id);
    push_all(
        out,
        &["</RequestId></ResponseMetadata></", name, "Response>"],
    );
}

fn close_json(out: &mut String, request_id: &str) {
    out.push_str("\"ResponseMetadata\":{\"RequestId\":");
    push_string(out, request_id);
    out.push_str("}}}");
}

/// The answer of a call that failed, or of a request that is no call.
pub fn write_error(
    protocol: Protocol,
    service: Option<Service>,
    error: &ErrorBody<'_>,
    request_id: &str,
) -> Reply {
    write_error_with(protocol, service, error, &[], request_id)
}

/// The same with further members of the error's shape, such as `Reason` in Organizations.
pub fn write_error_with(
    protocol: Protocol,
    service: Option<Service>,
    error: &ErrorBody<'_>,
    members: &[(&str, &str)],
    request_id: &str,
) -> Reply {
    let mut out = String::with_capacity(512);
    match protocol {
        Protocol::Query => xml_error(&mut out, service, error, members, request_id),
        Protocol::QueryJson => {
            out.push_str("{\"Error\":{\"Code\":");
            push_string(&mut out, error.code);
            out.push_str(",\"Message\":");
            push_string(&mut out, error.message);
            push_members(&mut out, members);
            push_all(
                &mut out,
                &[",\"Type\":\"", error.sender.as_str(), "\"},\"RequestId\":"],
            );
            push_string(&mut out, request_id);
            out.push('}');
        }
        Protocol::Json11 => {
            out.push_str("{\"__type\":");
            push_string(&mut out, error.code);
            out.push_str(",\"Message\":");
            push_string(&mut out, error.message);
            push_members(&mut out, members);
            out.push('}');
        }
    }
    reply(error.status, protocol, out)
}

fn push_members(out: &mut String, members: &[(&str, &str)]) {
    for (name, value) in members {
        out.push(',');
        push_string(out, name);
        out.push(':');
        push_string(out, value);
    }
}

fn xml_error(
    out: &mut String,
    service: Option<Service>,
    error: &ErrorBody<'_>,
    members: &[(&str, &str)],
    request_id: &str,
) {
    // The operation was not found, so the fault is not the service's own (recorded from AWS).
    let own = service.filter(|_| error.code != "InvalidAction");
    let namespace = own
        .and_then(Service::xml_namespace)
        .unwrap_or(FAULT_NAMESPACE);
    push_all(
        out,
        &["<ErrorResponse xmlns=\"", namespace, "\"><Error><Type>"],
    );
    push_all(out, &[error.sender.as_str(), "</Type><Code>"]);
    push_text(out, error.code);
    out.push_str("</Code><Message>");
    push_text(out, error.message);
    out.push_str("</Message>");
    for (name, value) in members {
        push_all(out, &["<", name, ">"]);
        push_text(out, value);
        push_all(out, &["</", name, ">"]);
    }
    out.push_str("</Error><RequestId>");
    push_text(out, request_id);
    out.push_str("</RequestId></ErrorResponse>");
}
