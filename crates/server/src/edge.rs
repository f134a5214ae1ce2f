//! The listener: takes connections in, speaks TLS and HTTP with each, and lets them go at the end.

mod body;
mod connection;
mod health;
mod inbox;
mod io;
mod proxy;
mod refusal;
mod service;
mod workers;

use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use self::connection::{Entry, Exempt, Full, Order, Phase, Registry};
use self::io::Watched;
pub(crate) use self::refusal::Refusal;
use self::service::Connection;
use self::workers::{Place, Workers};
use crate::config::Config;
use crate::error::ServerError;
use crate::limits;
use crate::metrics::Metrics;
use crate::random::PooledRandom;
use crate::seam::{Handler, TlsDetails};
use crate::tls::Tls;

/// What all connections share.
pub struct Edge<H> {
    pub(crate) handler: H,
    pub(crate) config: Config,
    pub(crate) metrics: Arc<Metrics>,
    registry: Arc<Registry>,
    tls: Option<Arc<Tls>>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl<H: Handler> Edge<H> {
    /// An edge for `handler`. `tls` is the certificate when TLS is spoken.
    pub fn new(
        config: Config,
        handler: H,
        tls: Option<Arc<Tls>>,
        metrics: Arc<Metrics>,
    ) -> Edge<H> {
        let registry = Arc::new(Registry::new(config.limits.clone()));
        let mut http1 = http1::Builder::new();
        http1
            .max_buf_size(config.limits.header_bytes_max)
            .max_header_size(config.limits.header_bytes_max)
            // A client that shuts down its sending side still gets its answer, and no read is
            // spent on looking for its end while a call is under way.
            .half_close(true)
            // The registry's sweep ends what is overdue.
            .header_read_timeout(None);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits::H2_STREAMS_MAX)
            .max_pending_accept_reset_streams(limits::H2_PENDING_RESETS_MAX)
            .max_local_error_reset_streams(limits::H2_LOCAL_RESETS_MAX)
            .max_header_list_size(u32::try_from(config.limits.header_bytes_max).unwrap_or(u32::MAX))
            .initial_stream_window_size(limits::H2_STREAM_WINDOW_BYTES)
            .initial_connection_window_size(limits::H2_CONNECTION_WINDOW_BYTES)
            .max_send_buf_size(limits::H2_SEND_BUFFER_BYTES)
            .keep_alive_interval(limits::H2_PING_EVERY)
            .keep_alive_timeout(limits::H2_PING_TIMEOUT);
        Edge {
            handler,
            config,
            metrics,
            registry,
            tls,
            http1,
            http2,
        }
    }

    /// Opens the socket of `config.listen`.
    ///
    /// # Errors
    /// [`ServerError::Listen`] when the address is taken or not this host's.
    pub fn listen(&self) -> Result<TcpListener, ServerError> {
        bind(self.config.listen)
    }

    /// Connections open now.
    pub fn connections(&self) -> u32 {
        self.registry.open()
    }

    fn request_id(&self) -> String {
        PooledRandom.uuid()
    }

    /// Serves `listener` until `stop` completes, then lets calls under way finish for as long as the
    /// configuration allows. Every connection is closed when this returns.
    ///
    /// # Errors
    /// [`ServerError::Process`] when the worker threads cannot be started.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ServerError> {
        let workers =
            Workers::start(self.config.workers).map_err(|source| ServerError::Process {
                what: "worker threads",
                source,
            })?;
        let sweeper = tokio::spawn(sweep(Arc::clone(&self.registry), Arc::clone(&self.metrics)));
        let mut stop = pin!(stop);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut stop => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    if let Some(place) = workers.place() {
                        self.take(stream, peer.ip().to_canonical(), place);
                    }
                }
                Err(error) => {
                    // Out of descriptors, or the client was gone already.
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(limits::ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        self.drain().await;
        sweeper.abort();
        Ok(())
    }

    async fn drain(&self) {
        self.registry.order_all(Order::Drain);
        let drain_for = Duration::from_secs(self.config.limits.drain_timeout_s.into());
        let deadline = tokio::time::Instant::now() + drain_for;
        while self.registry.open() > 0 {
            if tokio::time::Instant::now() >= deadline {
                tracing::warn!(
                    connections = self.registry.open(),
                    "calls cut off at the end of the drain"
                );
                self.registry.order_all(Order::Kill);
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn take(self: &Arc<Self>, stream: TcpStream, peer: IpAddr, place: Place) {
        let exempt = if proxy::is_trusted(peer, &self.config.trusted_proxies) {
            Exempt::Yes
        } else {
            Exempt::No
        };
        let entry = match self.registry.admit(peer, exempt, place.inbox()) {
            Ok(entry) => entry,
            Err(full) => {
                self.metrics.connection_refused();
                turn_away(&stream, full, self.tls.is_some());
                return;
            }
        };
        self.metrics.connection_opened();
        // Answers are one write; waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let worker = place.handle();
        let held = Held {
            edge: Arc::clone(self),
            entry,
            _place: place,
        };
        // Off this thread's poller, onto the worker's.
        if let Ok(stream) = stream.into_std() {
            worker.spawn(async move {
                if let Ok(stream) = TcpStream::from_std(stream) {
                    held.run(stream).await;
                }
            });
        }
    }
}

/// Tells a client that there is no room, as far as that costs nothing.
fn turn_away(stream: &TcpStream, full: Full, tls: bool) {
    tracing::debug!(?full, "connection turned away");
    if !tls {
        let _ = stream.try_write(
            b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        );
    }
}

async fn sweep(registry: Arc<Registry>, metrics: Arc<Metrics>) {
    let mut tick = tokio::time::interval(limits::SWEEP_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        metrics.connections_overdue(registry.sweep());
    }
}

/// A connection's place in the registry, given back however its task ends.
struct Held<H> {
    edge: Arc<Edge<H>>,
    entry: Arc<Entry>,
    _place: Place,
}

impl<H> Drop for Held<H> {
    fn drop(&mut self) {
        self.edge.registry.release(&self.entry);
        self.edge.metrics.connection_closed();
    }
}

/// A protocol's connection, as far as its end is concerned.
trait Drain {
    fn drain(self: Pin<&mut Self>);
}

impl<H: Handler> Held<H> {
    async fn run(&self, stream: TcpStream) {
        let Some(tls) = &self.edge.tls else {
            return self.serve_http1(stream, None).await;
        };
        let Some(Ok(stream)) = obey(&self.entry, tls.accept(stream)).await else {
            self.edge.metrics.handshake_failed();
            return;
        };
        let (_, session) = stream.get_ref();
        let details = crate::tls::details(session);
        if session.alpn_protocol() == Some(b"h2") {
            self.serve_http2(stream, details).await;
        } else {
            self.serve_http1(stream, details).await;
        }
    }

    fn connection(&self, tls: Option<TlsDetails>, waker: Option<Waker>) -> Arc<Connection<H>> {
        let (edge, entry) = (Arc::clone(&self.edge), Arc::clone(&self.entry));
        Arc::new(Connection {
            edge,
            entry,
            tls,
            waker,
        })
    }

    fn watched<T>(&self, stream: T) -> Watched<T> {
        Watched::new(
            stream,
            Arc::clone(&self.entry),
            Arc::clone(&self.edge.registry),
        )
    }

    async fn serve_http1<T>(&self, stream: T, tls: Option<TlsDetails>)
    where
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        self.entry.enter(Phase::Idle, self.edge.registry.now_ms());
        let waker = Some(Waker::from(Arc::clone(&self.entry)));
        let connection = self.connection(tls, waker);
        let service = service_fn(move |request| Arc::clone(&connection).request(request));
        let serving = self
            .edge
            .http1
            .serve_connection(self.watched(stream), service);
        self.conduct(serving).await;
    }

    async fn serve_http2<T>(&self, stream: T, tls: Option<TlsDetails>)
    where
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        self.entry
            .enter(Phase::Streams, self.edge.registry.now_ms());
        // Streams are tasks of their own.
        let connection = self.connection(tls, None);
        let service = service_fn(move |request| Arc::clone(&connection).stream(request));
        let serving = self
            .edge
            .http2
            .serve_connection(self.watched(stream), service);
        self.conduct(serving).await;
    }

    /// Drives a connection to its end, or to the end it is ordered to.
    async fn conduct<C>(&self, serving: C)
    where
        C: Future<Output = hyper::Result<()>> + Drain,
    {
        let mut serving = pin!(serving);
        let mut draining = false;
        let ended = poll_fn(|cx| {
            match self.entry.order(cx.waker()) {
                Order::Run => {}
                Order::Drain if draining => {}
                Order::Drain => {
                    draining = true;
                    serving.as_mut().drain();
                }
                Order::Kill => return Poll::Ready(None),
            }
            serving.as_mut().poll(cx).map(Some)
        })
        .await;
        if let Some(Err(error)) = ended {
            self.edge.metrics.connection_broken();
            tracing::debug!(%error, "connection ended");
        }
    }
}

/// Runs `future` unless the connection is ordered to end.
async fn obey<F: Future>(entry: &Entry, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match entry.order(cx.waker()) {
        Order::Kill => Poll::Ready(None),
        _ => future.as_mut().poll(cx).map(Some),
    })
    .await
}

impl<I, S> Drain for http1::Connection<I, S>
where
    S: hyper::service::HttpService<hyper::body::Incoming>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::ResBody: 'static,
    <S::ResBody as hyper::body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: Read + Write + Unpin,
{
    fn drain(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S, E> Drain for http2::Connection<I, S, E>
where
    S: hyper::service::HttpService<hyper::body::Incoming>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::ResBody: 'static,
    <S::ResBody as hyper::body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: Read + Write + Unpin,
    E: hyper::rt::bounds::Http2ServerConnExec<S::Future, S::ResBody>,
{
    fn drain(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// A listening socket on `address`.
pub(crate) fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    let listen = || {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(limits::LISTEN_BACKLOG)
    };
    listen().map_err(|source| ServerError::Listen { address, source })
}
