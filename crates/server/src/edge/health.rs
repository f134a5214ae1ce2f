//! `/healthz` and `/readyz`: is it running, does the store accept commits. Unsigned, and they tell no more.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use super::Edge;
use crate::seam::Handler;

/// The answer when `parts` ask for one of the two; every other path is the api's.
pub(super) async fn answer<H: Handler>(edge: &Edge<H>, parts: &Parts) -> Option<Response<Bytes>> {
    let is_ready = match parts.uri.path() {
        "/healthz" => true,
        "/readyz" => edge.handler.ready().await,
        _ => return None,
    };
    let (status, text) = match (&parts.method, is_ready) {
        (&Method::GET | &Method::HEAD, true) => (StatusCode::OK, "ok\n"),
        (&Method::GET | &Method::HEAD, false) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store accepts no commits\n",
        ),
        _ => (StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD\n"),
    };
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}
