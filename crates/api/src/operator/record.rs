//! The trail record of something that no API call did: by the operator, or by the server itself.

use locum_store::AccountId;
use locum_wire::Timestamp;

use super::OperatorError;
use crate::world::World;
use crate::{ids, json, limits};

/// Who it was. No AWS service has these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The server by itself.
    Server,
    /// Whoever used the operator's socket, as the kernel tells.
    Operator {
        /// User id.
        uid: u32,
        /// Process id; 0 when the kernel does not tell.
        pid: i32,
    },
}

impl Actor {
    fn source(self) -> &'static str {
        match self {
            Actor::Server => "server.locum.internal",
            Actor::Operator { .. } => "operator.locum.internal",
        }
    }

    fn identity(self) -> String {
        match self {
            Actor::Server => r#"{"type":"AWSService","invokedBy":"locum"}"#.to_owned(),
            Actor::Operator { uid, .. } => format!(
                r#"{{"type":"Unknown","principalId":"operator:{uid}","userName":"operator"}}"#
            ),
        }
    }

    /// The peer of the socket.
    fn additional(self) -> String {
        match self {
            Actor::Server => "null".to_owned(),
            Actor::Operator { uid, pid } => format!(r#"{{"uid":{uid},"pid":{pid}}}"#),
        }
    }
}

/// What is told besides who it was.
pub(crate) struct Told<'a> {
    pub(crate) event: &'a str,
    pub(crate) account: Option<AccountId>,
    pub(crate) parameters: &'a [(&'static str, String)],
    pub(crate) error: Option<&'a OperatorError>,
}

/// One record: a JSON object on one line.
pub(crate) fn record(world: &World, now_s: i64, actor: Actor, told: &Told<'_>) -> Vec<u8> {
    let source = actor.source();
    let mut out = String::with_capacity(640);
    out.push_str("{\"eventVersion\":\"1.11\"");
    json::raw(&mut out, "userIdentity", &actor.identity());
    json::plain(&mut out, "eventTime", &Timestamp(now_s));
    json::field(&mut out, "eventSource", source);
    json::field(&mut out, "eventName", told.event);
    json::field(&mut out, "awsRegion", "us-east-1");
    json::field(&mut out, "sourceIPAddress", source);
    if let Some(error) = told.error {
        json::field(&mut out, "errorCode", error.code());
        json::field(&mut out, "errorMessage", &error.to_string());
    }
    json::raw(&mut out, "requestParameters", &parameters(told.parameters));
    out.push_str(",\"responseElements\":null");
    json::raw(&mut out, "additionalEventData", &actor.additional());
    json::field(&mut out, "requestID", &ids::uuid_string(&*world.random));
    json::field(&mut out, "eventID", &ids::uuid_string(&*world.random));
    let reads = matches!(told.event, "GetStatus" | "ExplainRefusal" | "AskPolicies");
    json::raw(&mut out, "readOnly", if reads { "true" } else { "false" });
    out.push_str(",\"eventType\":\"AwsServiceEvent\",\"managementEvent\":true");
    if let Some(account) = told.account {
        json::field(&mut out, "recipientAccountId", &account.text());
    }
    out.push_str(",\"eventCategory\":\"Management\"}");
    out.into_bytes()
}

fn parameters(parameters: &[(&'static str, String)]) -> String {
    if parameters.is_empty() {
        return "null".to_owned();
    }
    let mut object = String::new();
    for (name, value) in parameters {
        json::field(
            &mut object,
            name,
            json::clip(value, limits::RECORD_TEXT_BYTES_MAX),
        );
    }
    format!("{{{}}}", object.trim_start_matches(','))
}
