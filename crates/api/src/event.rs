//! The trail record of a call, in CloudTrail's format (event version 1.11), secrets never in it.

mod bounded;

use locum_policy::Arn;
use locum_sigv4::AuthError;
use locum_store::AccountId;
use locum_wire::{Service, Timestamp, push_json_string};

use crate::caller::{Caller, Identity};
use crate::error::ApiError;
use crate::ids;
use crate::json;
use crate::limits;
use crate::operation::{Access, Draft};
use crate::session::SessionKind;
use crate::world::Random;
use bounded::bounded;

/// Everything a record tells that is not in the [`Draft`].
pub(crate) struct Facts<'a> {
    pub(crate) now_s: i64,
    pub(crate) service: Option<Service>,
    pub(crate) operation: Option<&'a str>,
    pub(crate) access: Access,
    pub(crate) caller: Option<&'a Caller>,
    /// The key id that the request claims, when nobody was authenticated.
    pub(crate) claimed_key: Option<&'a str>,
    pub(crate) region: &'a str,
    pub(crate) request: &'a crate::request::Request,
    pub(crate) request_id: &'a str,
    pub(crate) error: Option<&'a ApiError>,
    /// The accounts that get a record of the call, when there are two.
    pub(crate) shared: Option<Shared<'a>>,
    /// What explains a refusal by policies: a JSON object.
    pub(crate) authorization: Option<&'a str>,
}

/// A call that stands in the trail twice: for its caller and for the owner of the resource.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a> {
    /// `sharedEventID`, the same in both.
    pub(crate) event_id: &'a str,
    /// For whom the record is.
    pub(crate) copy: Copy,
}

/// Whose record it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copy {
    /// The caller's account: all that is known of the caller.
    Callers,
    /// The account that owns the resource: only which principal of which account called.
    Owners(AccountId),
}

/// One record: a JSON object on one line.
pub(crate) fn record(facts: &Facts<'_>, draft: &Draft, random: &dyn Random) -> Vec<u8> {
    let mut out = String::with_capacity(1_664 + draft.request_parameters.len());
    out.push_str("{\"eventVersion\":\"1.11\",\"userIdentity\":");
    let copy = facts.shared.map_or(Copy::Callers, |shared| shared.copy);
    match (copy, facts.caller) {
        (Copy::Owners(_), Some(caller)) => foreign_identity(&mut out, caller),
        _ => user_identity(&mut out, facts),
    }
    json::plain(&mut out, "eventTime", &Timestamp(facts.now_s));
    let source = facts.service.map_or("unknown", Service::event_source);
    json::field(&mut out, "eventSource", source);
    json::field(
        &mut out,
        "eventName",
        json::clip(facts.operation.unwrap_or("Unknown"), 128),
    );
    json::field(&mut out, "awsRegion", json::clip(facts.region, 128));
    json::plain(&mut out, "sourceIPAddress", &facts.request.peer);
    user_agent(&mut out, facts);
    if let Some(error) = facts.error {
        json::field(&mut out, "errorCode", &error.trail_code(facts.service));
        let message = message(error, facts.service);
        json::field(
            &mut out,
            "errorMessage",
            json::clip(&message, limits::RECORD_TEXT_BYTES_MAX),
        );
    }
    parameters(&mut out, "requestParameters", &draft.request_parameters);
    let answered = facts.error.is_none() && facts.access != Access::Read;
    parameters(
        &mut out,
        "responseElements",
        if answered {
            &draft.response_elements
        } else {
            ""
        },
    );
    additional(&mut out, facts);
    json::field(&mut out, "requestID", facts.request_id);
    json::plain(&mut out, "eventID", &ids::uuid_string(random));
    json::raw(
        &mut out,
        "readOnly",
        if facts.access == Access::Write {
            "false"
        } else {
            "true"
        },
    );
    resources(&mut out, draft);
    out.push_str(",\"eventType\":\"AwsApiCall\",\"managementEvent\":true");
    if let Some(caller) = facts.caller {
        let recipient = match copy {
            Copy::Callers => caller.account.id,
            Copy::Owners(owner) => owner,
        };
        json::field(&mut out, "recipientAccountId", &recipient.text());
    }
    if let Some(shared) = &facts.shared {
        json::field(&mut out, "sharedEventID", shared.event_id);
    }
    out.push_str(",\"eventCategory\":\"Management\"");
    tls_details(&mut out, facts);
    out.push('}');
    out.into_bytes()
}

/// The sentence of the answer; a credential that cannot be read may hold a secret, and is not repeated.
fn message(error: &ApiError, service: Option<Service>) -> String {
    match error {
        ApiError::Signature(AuthError::BadCredential(_)) => {
            AuthError::BadCredential("***".to_owned()).message()
        }
        error => error.wire(service).message,
    }
}

/// The User-Agent header, `null` without one.
fn user_agent(out: &mut String, facts: &Facts<'_>) {
    match facts.request.parts.headers.get(http::header::USER_AGENT) {
        Some(value) => {
            let text = String::from_utf8_lossy(value.as_bytes());
            json::field(
                out,
                "userAgent",
                json::clip(&text, limits::RECORD_TEXT_BYTES_MAX),
            );
        }
        None => json::raw(out, "userAgent", "null"),
    }
}

/// A JSON object, `null` when there is none.
fn parameters(out: &mut String, name: &str, object: &str) {
    match object {
        "" | "{}" => json::raw(out, name, "null"),
        object => json::raw(out, name, &bounded(object)),
    }
}

/// What AWS says of a call besides. `explicitTrustGrant` is for roles that AWS lets assume themselves
/// without a word in their trust policy; here no role may, so it is never there.
fn additional(out: &mut String, facts: &Facts<'_>) {
    let is_sts = facts.service == Some(Service::Sts);
    if !is_sts && facts.authorization.is_none() {
        return;
    }
    json::key(out, "additionalEventData");
    out.push('{');
    if is_sts {
        out.push_str("\"RequestDetails\":{\"awsServingRegion\":");
        push_json_string(out, json::clip(facts.region, 128));
        out.push_str(",\"endpointType\":\"regional\"}");
    }
    if let Some(authorization) = facts.authorization {
        out.push_str(if is_sts {
            ",\"authorization\":"
        } else {
            "\"authorization\":"
        });
        out.push_str(authorization);
    }
    out.push('}');
}

fn resources(out: &mut String, draft: &Draft) {
    let own = draft.resources.iter();
    let own = own.map(|(arn, account)| (arn, Some(*account)));
    let also = draft.also_about.iter();
    let also = also.map(|arn| (arn, account_in(arn)));
    for (at, (arn, account)) in own.chain(also).enumerate() {
        if at == 0 {
            json::key(out, "resources");
        }
        out.push_str(if at == 0 { "[{\"ARN\":" } else { ",{\"ARN\":" });
        push_json_string(out, json::clip(arn, limits::RECORD_TEXT_BYTES_MAX * 2));
        if let Some(account) = account {
            json::field(out, "accountId", &account.text());
        }
        if let Some(kind) = resource_type(arn) {
            json::field(out, "type", kind);
        }
        out.push('}');
    }
    if !(draft.resources.is_empty() && draft.also_about.is_empty()) {
        out.push(']');
    }
}

/// The account in an ARN; AWS's own policies have none.
fn account_in(arn: &str) -> Option<AccountId> {
    AccountId::parse(Arn::parse(arn)?.account)
}

/// CloudTrail's type name of an ARN's resource; those it has no name for here have CloudFormation's.
fn resource_type(arn: &str) -> Option<&'static str> {
    let mut parts = arn.splitn(6, ':');
    let (service, resource) = (parts.nth(2)?, parts.nth(2)?);
    let (kind, _) = resource.split_once('/')?;
    Some(match (service, kind) {
        ("iam", "role") => "AWS::IAM::Role",
        ("iam", "user") => "AWS::IAM::User",
        ("iam", "group") => "AWS::IAM::Group",
        ("iam", "policy") => "AWS::IAM::Policy",
        ("iam", "instance-profile") => "AWS::IAM::InstanceProfile",
        ("iam", "mfa") => "AWS::IAM::VirtualMFADevice",
        ("iam", "oidc-provider") => "AWS::IAM::OIDCProvider",
        ("iam", "saml-provider") => "AWS::IAM::SAMLProvider",
        ("iam", "server-certificate") => "AWS::IAM::ServerCertificate",
        ("cloudtrail", "trail") => "AWS::CloudTrail::Trail",
        ("organizations", "account") => "AWS::Organizations::Account",
        _ => return None,
    })
}

fn tls_details(out: &mut String, facts: &Facts<'_>) {
    let Some(tls) = &facts.request.tls else {
        return;
    };
    json::key(out, "tlsDetails");
    out.push_str("{\"tlsVersion\":");
    push_json_string(out, tls.version);
    json::field(out, "cipherSuite", tls.cipher_suite);
    if let Some(host) = facts.request.parts.headers.get(http::header::HOST) {
        let host = String::from_utf8_lossy(host.as_bytes());
        json::field(out, "clientProvidedHostHeader", json::clip(&host, 256));
    }
    out.push('}');
}

/// A caller as the owner of a resource in another account gets to know it.
fn foreign_identity(out: &mut String, caller: &Caller) {
    out.push_str("{\"type\":\"AWSAccount\"");
    json::field(out, "principalId", &caller.user_id());
    json::field(out, "accountId", &caller.account.id.text());
    out.push('}');
}

fn user_identity(out: &mut String, facts: &Facts<'_>) {
    let Some(caller) = facts.caller else {
        out.push_str("{\"type\":\"Unknown\"");
        if let Some(key) = facts.claimed_key {
            json::field(out, "accessKeyId", json::clip(key, 128));
        }
        out.push('}');
        return;
    };
    let account = caller.account.id.text();
    out.push_str(match caller.identity {
        Identity::Root => "{\"type\":\"Root\"",
        Identity::User(_) => "{\"type\":\"IAMUser\"",
        Identity::RoleSession(_) => "{\"type\":\"AssumedRole\"",
    });
    json::field(out, "principalId", &caller.user_id());
    json::field(out, "arn", &caller.arn);
    json::field(out, "accountId", &account);
    json::field(out, "accessKeyId", &caller.access_key_id);
    match &caller.identity {
        Identity::User(user) => json::field(out, "userName", &user.name),
        Identity::Root => {
            if let Some(alias) = &caller.account.meta.alias {
                json::field(out, "userName", alias);
            }
        }
        Identity::RoleSession(_) => {}
    }
    session_context(out, caller, &account);
    out.push('}');
}

fn session_context(out: &mut String, caller: &Caller, account: &str) {
    let Some(session) = &caller.session else {
        return;
    };
    json::key(out, "sessionContext");
    out.push('{');
    if let (SessionKind::Role, Identity::RoleSession(role)) = (session.kind, &caller.identity) {
        out.push_str("\"sessionIssuer\":{\"type\":\"Role\"");
        json::field(out, "principalId", &role.id);
        json::field(out, "arn", &caller.principal_arn);
        json::field(out, "accountId", account);
        json::field(out, "userName", &role.name);
        out.push_str("},");
    }
    out.push_str("\"attributes\":{\"creationDate\":");
    push_json_string(out, &Timestamp(session.issued_s).to_string());
    json::field(
        out,
        "mfaAuthenticated",
        if session.mfa_s.is_some() {
            "true"
        } else {
            "false"
        },
    );
    out.push('}');
    if let Some(identity) = &session.source_identity {
        json::field(out, "sourceIdentity", identity);
    }
    out.push('}');
}
