//! One HTTP exchange with an endpoint: TLS by rustls and aws-lc-rs, the system's roots, proxies from the environment.

use std::io::Read;

use locum_server::roots::{RootsError, client_tls};

use crate::env::Environment;
use crate::error::CliError;
use crate::limits;

/// A client for one endpoint.
#[derive(Debug)]
pub struct Http {
    agent: ureq::Agent,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug)]
pub enum Failure {
    /// The endpoint was not reached, so nothing happened there.
    Unreachable(String),
    /// The exchange broke off; it may have happened.
    Broken(String),
}

impl Http {
    /// A client for `url`. Roots are `AWS_CA_BUNDLE`, else `ca_bundle` (of the profile), else those of the system.
    pub fn new(
        url: &str,
        ca_bundle: Option<&str>,
        environment: &Environment,
    ) -> Result<Http, CliError> {
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(limits::CALL_TIME_MAX))
            .timeout_connect(Some(limits::CONNECT_TIME_MAX))
            .user_agent(concat!("locum/", env!("CARGO_PKG_VERSION")))
            .accept("");
        if is_loopback(url) {
            // A proxy's loopback is not this machine's, and credentials for this machine do not leave it.
            config = config.proxy(None);
        }
        if url.starts_with("https://") {
            let bundle = environment.get("AWS_CA_BUNDLE").or(ca_bundle);
            config = config.tls_config(tls(bundle, environment)?);
        }
        Ok(Http {
            agent: config.build().new_agent(),
        })
    }

    /// POSTs `body` with exactly these headers and the automatic ones (`Content-Length`, `User-Agent`).
    pub fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Answer, Failure> {
        let mut request = self.agent.post(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send(body).map_err(|e| failure(&e))?;
        let status = answer.status().as_u16();
        let mut text = Vec::new();
        let mut reader = answer
            .into_body()
            .into_reader()
            .take(limits::ANSWER_BYTES_MAX + 1);
        reader
            .read_to_end(&mut text)
            .map_err(|e| Failure::Broken(e.to_string()))?;
        if text.len() as u64 > limits::ANSWER_BYTES_MAX {
            return Err(Failure::Broken(format!(
                "the answer is larger than {} bytes",
                limits::ANSWER_BYTES_MAX
            )));
        }
        Ok(Answer { status, body: text })
    }
}

/// Host and port as they stand in a URL.
#[must_use]
pub fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// The path of a URL; `/` when it has none.
#[must_use]
pub fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}

/// The `Host` header of a URL: the port is left out when it is the scheme's own.
#[must_use]
pub fn host_header(url: &str) -> &str {
    let authority = authority(url);
    let standard = if url.starts_with("https://") {
        ":443"
    } else {
        ":80"
    };
    authority.strip_suffix(standard).unwrap_or(authority)
}

fn is_loopback(url: &str) -> bool {
    let authority = authority(url);
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    };
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

fn tls(bundle: Option<&str>, environment: &Environment) -> Result<ureq::tls::TlsConfig, CliError> {
    let path = bundle.map(|path| environment.expand(path));
    client_tls(path.as_deref()).map_err(|error| {
        let hint = match error {
            RootsError::Bundle { .. } => {
                "AWS_CA_BUNDLE or ca_bundle names a file of PEM certificates"
            }
            RootsError::None => {
                "install the system's CA certificates, or name a file with AWS_CA_BUNDLE"
            }
        };
        CliError::configuration(error.to_string(), hint)
    })
}

/// Which failures are certain to have left the endpoint untouched.
fn failure(error: &ureq::Error) -> Failure {
    match error {
        ureq::Error::HostNotFound => Failure::Unreachable("the host name is not known".to_owned()),
        ureq::Error::ConnectionFailed => Failure::Unreachable("the connection failed".to_owned()),
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Failure::Unreachable(format!(
                "no answer within {} s",
                limits::CONNECT_TIME_MAX.as_secs()
            ))
        }
        ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
            Failure::Unreachable("connection refused".to_owned())
        }
        ureq::Error::Rustls(e) => Failure::Unreachable(format!("TLS: {e}")),
        ureq::Error::Tls(e) => Failure::Unreachable(format!("TLS: {e}")),
        ureq::Error::Io(e) if e.to_string().contains("certificate") => {
            Failure::Unreachable(e.to_string())
        }
        ureq::Error::Io(e) => Failure::Broken(e.to_string()),
        other => Failure::Broken(other.to_string()),
    }
}
