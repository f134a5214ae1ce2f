//! What a call claims, before anybody is believed: its signature's words, and which operation it means.

use locum_sigv4::{Auth, AuthError, Header, RequestView, Rules};
use locum_wire::{Call, HttpRequest, Protocol, RouteError, Service};
use smallvec::SmallVec;

use crate::request::Request;
use crate::world::World;

/// The services that one URL serves, as signatures are scoped to them.
pub(crate) const SERVICES: &[&str] = &["sts", "iam", "organizations", "cloudtrail"];

/// What is known of a call before anybody is believed.
pub(super) struct Heard<'a> {
    pub(super) view: RequestView<'a>,
    pub(super) auth: Result<Auth<'a>, AuthError>,
    pub(super) call: Result<Call<'a>, RouteError>,
    pub(super) now_s: i64,
}

pub(super) fn headers(request: &Request) -> SmallVec<[Header<'_>; 24]> {
    let named = request.parts.headers.iter();
    named
        .map(|(name, value)| Header {
            name: name.as_str(),
            value: value.as_bytes(),
        })
        .collect()
}

pub(super) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request
        .parts
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok())
}

/// Everything that needs neither state nor secret: what is claimed, which operation is meant.
pub(super) fn hear<'a>(
    world: &World,
    request: &'a Request,
    headers: &'a [Header<'a>],
) -> Heard<'a> {
    let uri = &request.parts.uri;
    let now_s = world.clock.now_ms().div_euclid(1_000);
    let view = RequestView {
        method: request.parts.method.as_str(),
        path: uri.path(),
        query: uri.query().unwrap_or(""),
        headers,
        body: &request.body,
    };
    let rules = Rules {
        skew_s_max: world.settings.signature_skew_s_max,
        now: now_s,
        services: SERVICES,
        region: world.settings.region.as_deref(),
    };
    let auth = locum_sigv4::parse(&view, &rules);
    let scope_service = match &auth {
        Ok(Auth::Signed(claim)) => SERVICES
            .iter()
            .find(|known| **known == claim.service())
            .copied(),
        _ => None,
    };
    let http = HttpRequest {
        method: view.method,
        path: view.path,
        query: view.query,
        host: header(request, "host").or(uri.host()),
        content_type: header(request, "content-type"),
        target: header(request, "x-amz-target"),
        accept: header(request, "accept"),
        body: view.body,
        scope_service,
    };
    let call = locum_wire::route(&http);
    Heard {
        view,
        auth,
        call,
        now_s,
    }
}

/// The service that was called, if one was, and the protocol it is answered in.
pub(super) fn called(heard: &Heard<'_>) -> (Option<Service>, Protocol) {
    match &heard.call {
        Ok(call) => (Some(call.service), call.protocol),
        Err(error) => (error.service, error.protocol),
    }
}

/// IAM and Organizations are global; STS and CloudTrail answer in the region of the signature.
pub(super) fn region(service: Service, claimed: &str) -> &str {
    match service {
        Service::Sts | Service::CloudTrail => claimed,
        Service::Iam | Service::Organizations => "us-east-1",
    }
}
