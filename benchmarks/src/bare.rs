//! The floors: bare hyper servers that answer a constant body, one stock and one tuned as Locum's edge is.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::runtime::{Builder, Handle};

/// Locum's own default for headers.
const HEADER_BYTES_MAX: usize = 64 * 1_024;

/// `bare-server BYTES KIND`: serves until it is killed, after a line `ready URL`. KIND is `tuned` for Locum's
/// way (a runtime per thread, a connection stays on its thread, Locum's settings) or `stock` for hyper's
/// defaults on tokio's default runtime, where tasks move between threads.
pub fn main(arguments: &[String]) -> ExitCode {
    let bytes = arguments
        .get(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let body = Bytes::from("x".repeat(bytes));
    let stock = arguments.get(2).is_some_and(|kind| kind == "stock");
    match if stock {
        serve_stock(body)
    } else {
        serve_tuned(body)
    } {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(255)
        }
    }
}

/// One thread per core, each with a runtime of its own; a connection stays on the thread it was given.
fn workers() -> std::io::Result<Vec<(Handle, Arc<AtomicU32>)>> {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    (0..count)
        .map(|_| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let handle = runtime.handle().clone();
            std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
            Ok((handle, Arc::default()))
        })
        .collect()
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.max_buf_size(HEADER_BYTES_MAX)
        .half_close(true)
        .header_read_timeout(None);
    http
}

async fn connection(http: http1::Builder, stream: tokio::net::TcpStream, body: Bytes) {
    let service = service_fn(move |request| answer(request, body.clone()));
    // A client that goes away is no fault.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

fn serve_stock(body: Bytes) -> std::io::Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("ready http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(connection(http1::Builder::new(), stream, body.clone()));
        }
    })
}

fn serve_tuned(body: Bytes) -> std::io::Result<()> {
    let workers = workers()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("ready http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let stream = stream.into_std()?;
            let idlest = workers
                .iter()
                .min_by_key(|(_, open)| open.load(Ordering::Relaxed));
            let Some((handle, open)) = idlest else {
                continue;
            };
            let (body, open) = (body.clone(), Arc::clone(open));
            open.fetch_add(1, Ordering::Relaxed);
            handle.spawn(async move {
                if let Ok(stream) = tokio::net::TcpStream::from_std(stream) {
                    connection(http(), stream, body).await;
                }
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    })
}

/// Reads the whole body, as every server must, and answers with the headers that Locum sends.
async fn answer(
    request: Request<Incoming>,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (_, incoming) = request.into_parts();
    let _ = incoming.collect().await;
    let response = Response::builder()
        .header("content-type", "text/xml")
        .header("x-amzn-requestid", "4f8b2566-5a34-49c9-9717-b79bef4a59ec")
        .body(Full::new(body.clone()))
        .unwrap_or_else(|_| Response::new(Full::new(body)));
    Ok(response)
}
