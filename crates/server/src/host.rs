//! The life of a server: runtime, sockets, signals, ready, drain, end.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::LocalSet;

use crate::config::Config;
use crate::edge::{Edge, bind};
use crate::error::ServerError;
use crate::metrics::{self, Metrics};
use crate::seam::{Handler, Hosted, Operator};
use crate::tls::{Look, Reload, Tls};
use crate::{limits, log, operator, process};

/// What is known when calls are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// The endpoint for clients on this host, such as `http://127.0.0.1:7420`.
    pub url: String,
    /// The management account's id.
    pub account_id: String,
    /// Where `/metrics` is read, when it is served.
    pub metrics_url: Option<String>,
}

/// Runs a server for what `start` makes, until SIGTERM or SIGINT; `on_ready` is called once, when
/// calls are accepted. Takes over this process: its log, file mode mask, limits and signals.
///
/// # Errors
/// See [`ServerError`]. A clean end after a signal is `Ok`.
pub fn host<H: Handler, O: Operator, F>(
    mut config: Config,
    start: impl FnOnce(Config) -> F,
    on_ready: impl FnOnce(Ready),
) -> Result<(), ServerError>
where
    F: Future<Output = Result<Hosted<H, O>, ServerError>>,
{
    config.check()?;
    log::start(config.log);
    process::harden()?;
    let room = u32::try_from(process::descriptors()).unwrap_or(u32::MAX);
    if room < config.limits.connections_max {
        tracing::warn!(
            connections_max = room,
            "fewer connections, as the limit of open files is low"
        );
        config.limits.connections_max = room;
    }
    let runtime = process::runtime().map_err(|source| ServerError::Process {
        what: "the runtime",
        source,
    })?;
    let ended = runtime.block_on(LocalSet::new().run_until(live(config, start, on_ready)));
    // Whatever still runs is not waited for: calls had their time.
    runtime.shutdown_background();
    ended
}

async fn live<H: Handler, O: Operator, F>(
    config: Config,
    start: impl FnOnce(Config) -> F,
    on_ready: impl FnOnce(Ready),
) -> Result<(), ServerError>
where
    F: Future<Output = Result<Hosted<H, O>, ServerError>>,
{
    let mut terminate = on(SignalKind::terminate())?;
    let mut interrupt = on(SignalKind::interrupt())?;
    let (hangup, _too_large) = (on(SignalKind::hangup())?, on(too_large())?);
    let tls = match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => Some(Arc::new(Tls::load(certificate, key)?)),
        _ => None,
    };
    let listener = bind(config.listen)?;
    let metrics_listener = config.metrics_listen.map(bind).transpose()?;
    let hosted = start(config.clone()).await?;
    let operators = operator::bind(&operator::socket_of(&config.data))?;
    let metrics = Arc::new(Metrics::new(hosted.handler.operations(), hosted.figures));
    let scheme = if tls.is_some() { "https" } else { "http" };
    let local = |listener: &tokio::net::TcpListener, asked: SocketAddr| {
        listener.local_addr().map_err(|source| ServerError::Listen {
            address: asked,
            source,
        })
    };
    let ready = Ready {
        url: format!("{scheme}://{}", reachable(local(&listener, config.listen)?)),
        account_id: hosted.account_id,
        metrics_url: match (&metrics_listener, config.metrics_listen) {
            (Some(listener), Some(asked)) => Some(format!(
                "http://{}/metrics",
                reachable(local(listener, asked)?)
            )),
            _ => None,
        },
    };
    let socket = operator::socket_of(&config.data);
    tokio::task::spawn_local(operator::serve(operators, Arc::new(hosted.operator)));
    if let Some(listener) = metrics_listener {
        tokio::spawn(metrics::serve(Arc::clone(&metrics), listener));
    }
    tokio::spawn(renew(tls.clone(), hangup));
    if tls.is_some() {
        warm_up();
    }
    if config.tls.certificate.is_none() && !config.listen.ip().to_canonical().is_loopback() {
        tracing::warn!(
            alarm = "insecure_plain_http",
            "plain HTTP is served off loopback"
        );
    }
    let edge = Arc::new(Edge::new(config, hosted.handler, tls, metrics));
    tracing::info!(url = ready.url, account = ready.account_id, "ready");
    on_ready(ready);
    Arc::clone(&edge)
        .serve(listener, async {
            let signal = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(signal, "draining");
        })
        .await?;
    edge.handler.stopped().await;
    forget(&socket);
    tracing::info!("stopped");
    Ok(())
}

/// Sent where a limit on the size of files is reached. Listened to, that is answered like a full disk;
/// otherwise it would end the process.
fn too_large() -> SignalKind {
    SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())
}

fn on(kind: SignalKind) -> Result<Signal, ServerError> {
    signal(kind).map_err(|source| ServerError::Process {
        what: "signals",
        source,
    })
}

/// The address under which this host reaches a listener of every address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn forget(socket: &Path) {
    // The next start would remove it as well.
    let _ = std::fs::remove_file(socket);
}

/// Reads the certificate again on SIGHUP and when its files change. A bad one never replaces a good.
async fn renew(tls: Option<Arc<Tls>>, mut hangup: Signal) {
    let mut tick = tokio::time::interval(limits::CERTIFICATE_CHECK_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let look = tokio::select! {
            _ = hangup.recv() => Look::Anyway,
            _ = tick.tick(), if tls.is_some() => Look::IfChanged,
        };
        let Some(tls) = tls.clone() else { continue };
        let reloaded = tokio::task::spawn_blocking(move || tls.reload(look)).await;
        match reloaded {
            Ok(Ok(Reload::Unchanged)) | Err(_) => {}
            Ok(Ok(Reload::Done)) => tracing::info!("certificate read again"),
            Ok(Err(error)) => {
                tracing::warn!(alarm = "certificate", %error, "the certificate in use stays");
            }
        }
    }
}

/// The first random byte of the TLS library takes tens of milliseconds; the first client shall not.
fn warm_up() {
    let warm = || {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let _ = provider.secure_random.fill(&mut [0u8; 1]);
    };
    let _ = std::thread::Builder::new()
        .name("locum-warm-up".to_owned())
        .spawn(warm);
}
