//! One request: what the edge refuses itself, the body, the call, the count.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HOST, HeaderValue, TRANSFER_ENCODING};
use http::request::Parts;
use http::{Method, Response, Version};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use locum_wire::Protocol;

use super::body::{BodyFault, collect};
use super::connection::{Entry, Phase};
use super::proxy::{self, ForwardedHttps};
use super::refusal::{Refusal, Shape};
use super::{Edge, health};
use crate::seam::{Answer, Handler, Request, TlsDetails};

/// What all requests of one connection share.
pub(crate) struct Connection<H> {
    pub(crate) edge: Arc<Edge<H>>,
    pub(crate) entry: Arc<Entry>,
    pub(crate) tls: Option<TlsDetails>,
    /// Wakes the connection from other threads by way of the inbox; `None` on HTTP/2.
    pub(crate) waker: Option<Waker>,
}

/// A proxy that ends TLS says that it did, not with which version.
const TLS_AT_PROXY: TlsDetails = TlsDetails {
    version: "",
    cipher_suite: "",
};

impl<H: Handler> Connection<H> {
    /// HTTP/1.1: one request at a time.
    pub(crate) async fn request(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let registry = &self.edge.registry;
        let phase = if request.body().is_end_stream() {
            Phase::Handle
        } else {
            Phase::Body
        };
        self.entry.enter(phase, registry.now_ms());
        let response = self.answer(request).await;
        self.entry.enter(Phase::Idle, registry.now_ms());
        Ok(response.map(Full::new))
    }

    /// HTTP/2: requests overlap.
    pub(crate) async fn stream(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let _open = OpenStream::new(&self);
        let body_timeout = std::time::Duration::from_secs(
            u64::from(self.edge.config.limits.body_timeout_s)
                + u64::from(crate::limits::HANDLE_TIMEOUT_S),
        );
        let shape = Shape {
            version: Version::HTTP_2,
            protocol: Protocol::Query,
        };
        let response = match tokio::time::timeout(body_timeout, self.answer(request)).await {
            Ok(response) => response,
            Err(_) => {
                let request = bare(self.entry.peer, self.tls.clone());
                self.refuse(Refusal::BodyBroken, shape, request).await
            }
        };
        Ok(response.map(Full::new))
    }

    async fn answer(&self, request: hyper::Request<Incoming>) -> Response<Bytes> {
        let began = Instant::now();
        let (mut parts, body) = request.into_parts();
        // Every AWS call of these services goes to `/`.
        if parts.uri.path() != "/"
            && let Some(response) = health::answer(&self.edge, &parts).await
        {
            return response;
        }
        let mut shape = Shape {
            version: parts.version,
            protocol: Protocol::Query,
        };
        let checked = check(&mut parts, &mut shape);
        let client = self.client(&parts);
        let refusal = checked.err().or(client.as_ref().err().copied());
        let (peer, tls) = client.unwrap_or_else(|_| (self.entry.peer, self.tls.clone()));
        let mut request = Request {
            parts,
            body: Bytes::new(),
            peer,
            tls,
        };
        if let Some(refusal) = refusal {
            return self.refuse(refusal, shape, request).await;
        }
        match collect(body, self.edge.config.limits.body_bytes_max).await {
            Ok(body) => request.body = body,
            Err(BodyFault::TooLarge) => {
                return self.refuse(Refusal::BodyTooLarge, shape, request).await;
            }
            Err(BodyFault::Broken) => {
                return self.refuse(Refusal::BodyBroken, shape, request).await;
            }
        }
        self.enter_handle(shape);
        let gone = (request.peer, request.tls.clone());
        let call = self.edge.handler.handle(request);
        match guarded(pin!(call), self.waker.as_ref()).await {
            Some(Answer {
                response,
                operation,
            }) => {
                let metrics = &self.edge.metrics;
                metrics.call(operation, response.status(), began.elapsed());
                response
            }
            None => {
                let request = bare(gone.0, gone.1);
                self.refuse(Refusal::Panic, shape, request).await
            }
        }
    }

    /// The client's address and whether it was reached over TLS.
    fn client(&self, parts: &Parts) -> Result<(IpAddr, Option<TlsDetails>), Refusal> {
        let trusted = &self.edge.config.trusted_proxies;
        if trusted.is_empty() {
            return Ok((self.entry.peer, self.tls.clone()));
        }
        let client = proxy::client(self.entry.peer, &parts.headers, trusted)
            .map_err(|_| Refusal::Forwarding)?;
        let tls = match (&self.tls, client.forwarded_https) {
            (None, ForwardedHttps::Yes) => Some(TLS_AT_PROXY),
            (tls, _) => tls.clone(),
        };
        Ok((client.address, tls))
    }

    /// Over HTTP/1.1 the api's time begins.
    fn enter_handle(&self, shape: Shape) {
        if shape.version != Version::HTTP_2 {
            self.entry.enter(Phase::Handle, self.edge.registry.now_ms());
        }
    }

    /// The record first, as for every call; without it the answer is 503.
    async fn refuse(&self, refusal: Refusal, shape: Shape, request: Request) -> Response<Bytes> {
        self.edge.metrics.refused(refusal);
        let request_id = self.edge.request_id();
        if refusal == Refusal::Panic {
            tracing::error!(alarm = "panic", %request_id, "a call panicked and was answered 500");
        } else {
            tracing::debug!(reason = refusal.label(), %request_id, "request refused by the edge");
        }
        self.enter_handle(shape);
        let handler = &self.edge.handler;
        let recorded = handler.refused(request, refusal.wire(), request_id.clone());
        match guarded(pin!(recorded), self.waker.as_ref()).await {
            Some(true) => refusal.response(shape, &request_id),
            _ => {
                self.edge.metrics.refused(Refusal::Unrecorded);
                Refusal::Unrecorded.response(shape, &request_id)
            }
        }
    }
}

/// A request of which nothing is left but who sent it.
fn bare(peer: IpAddr, tls: Option<TlsDetails>) -> Request {
    Request {
        parts: http::Request::new(()).into_parts().0,
        body: Bytes::new(),
        peer,
        tls,
    }
}

/// Counts a stream in and, however it ends, out.
struct OpenStream<'a, H: Handler>(&'a Connection<H>);

impl<'a, H: Handler> OpenStream<'a, H> {
    fn new(connection: &'a Connection<H>) -> Self {
        connection
            .entry
            .stream_began(connection.edge.registry.now_ms());
        OpenStream(connection)
    }
}

impl<H: Handler> Drop for OpenStream<'_, H> {
    fn drop(&mut self) {
        self.0.entry.stream_ended(self.0.edge.registry.now_ms());
    }
}

/// What is refused by the head alone. One pass over the headers; HTTP/2 gets its Host.
fn check(parts: &mut Parts, shape: &mut Shape) -> Result<(), Refusal> {
    let mut hosts = 0;
    let mut refusal = None;
    for (name, value) in &parts.headers {
        if name == HOST {
            hosts += 1;
        } else if name == TRANSFER_ENCODING {
            // No AWS client sends it, and two ways to say a length are one too many (SIG-20).
            refusal = Some(Refusal::NoLength);
        } else if name == CONTENT_ENCODING && !value.as_bytes().eq_ignore_ascii_case(b"identity") {
            refusal = refusal.or(Some(Refusal::Compressed));
        } else if name.as_str() == "x-amz-target" {
            shape.protocol = Protocol::Json11;
        }
    }
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    if hosts > 1 || parts.method == Method::CONNECT {
        return Err(Refusal::Target);
    }
    match parts.version {
        Version::HTTP_2 => authority(parts, hosts),
        // A proxy's form of target would name a second host beside the signed one.
        _ if parts.uri.authority().is_some() || parts.uri.scheme().is_some() => {
            Err(Refusal::Target)
        }
        Version::HTTP_11 if hosts == 0 => Err(Refusal::Target),
        _ => Ok(()),
    }
}

/// HTTP/2 names the host as `:authority`, which clients sign as `host`.
fn authority(parts: &mut Parts, hosts: usize) -> Result<(), Refusal> {
    let Some(authority) = parts.uri.authority() else {
        return if hosts == 1 {
            Ok(())
        } else {
            Err(Refusal::Target)
        };
    };
    match parts.headers.get(HOST) {
        Some(host)
            if host
                .as_bytes()
                .eq_ignore_ascii_case(authority.as_str().as_bytes()) =>
        {
            Ok(())
        }
        Some(_) => Err(Refusal::Target),
        None => {
            let host = HeaderValue::from_str(authority.as_str()).map_err(|_| Refusal::Target)?;
            parts.headers.insert(HOST, host);
            Ok(())
        }
    }
}

/// Runs a call; `None` when it panicked, so that a defect costs one answer and not the connection.
async fn guarded<F: Future>(mut call: Pin<&mut F>, waker: Option<&Waker>) -> Option<F::Output> {
    let poll = |call: Pin<&mut F>, cx: &mut Context<'_>| {
        // A panicked call is never polled again, so nothing broken is looked at.
        match catch_unwind(AssertUnwindSafe(|| call.poll(cx))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(None),
        }
    };
    std::future::poll_fn(|cx| match waker {
        Some(waker) => poll(call.as_mut(), &mut Context::from_waker(waker)),
        None => poll(call.as_mut(), cx),
    })
    .await
}
