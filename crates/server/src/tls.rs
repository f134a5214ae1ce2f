//! TLS 1.2 and 1.3 with rustls: the certificate from its files, again when they change, and what a session came to.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ServerConnection;
use rustls::{ProtocolVersion, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::ServerError;
use crate::seam::TlsDetails;

/// The certificate in use. Handshakes take the newest; open connections keep theirs.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: ArcSwap<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    stamp: Stamp,
}

/// When the two files were last changed.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Stamp([Option<(SystemTime, u64)>; 2]);

/// What a look at the files came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// The files are those in use.
    Unchanged,
    /// New handshakes use the new certificate.
    Done,
}

/// Shall files that look unchanged be read again?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Read them in any case (SIGHUP).
    Anyway,
    /// Only when their times or sizes differ.
    IfChanged,
}

impl Tls {
    /// Reads a chain and its key, PEM.
    ///
    /// # Errors
    /// [`ServerError::Certificate`] naming the file: unreadable, empty, of a form rustls does not
    /// know, or a key of another certificate.
    pub fn load(certificate: &Path, key: &Path) -> Result<Tls, ServerError> {
        let stamp = stamp(certificate, key);
        let config = Arc::new(read(certificate, key)?);
        let current = ArcSwap::from_pointee(Current { config, stamp });
        Ok(Tls {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            current,
        })
    }

    /// Reads the files again.
    ///
    /// # Errors
    /// As [`Tls::load`]; the certificate in use stays.
    pub fn reload(&self, look: Look) -> Result<Reload, ServerError> {
        let stamp = stamp(&self.certificate, &self.key);
        if look == Look::IfChanged && self.current.load().stamp == stamp {
            return Ok(Reload::Unchanged);
        }
        let config = Arc::new(read(&self.certificate, &self.key)?);
        self.current.store(Arc::new(Current { config, stamp }));
        Ok(Reload::Done)
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.current.load().config);
        TlsAcceptor::from(config).accept(stream).await
    }
}

fn stamp(certificate: &Path, key: &Path) -> Stamp {
    Stamp([certificate, key].map(|path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    }))
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, ServerError> {
    let fault = |path: &Path, message: String| ServerError::Certificate {
        path: path.to_owned(),
        message,
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| fault(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(fault(certificate, "no certificate in it".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| fault(key, format!("no private key in it ({error})")))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| fault(certificate, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| fault(key, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The session's version and cipher suite as CloudTrail writes them.
pub(crate) fn details(session: &ServerConnection) -> Option<TlsDetails> {
    let version = match session.protocol_version()? {
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        _ => return None,
    };
    let suite = session.negotiated_cipher_suite()?.suite().as_str()?;
    // rustls marks suites of 1.3 in their names, CloudTrail writes IANA's.
    let cipher_suite = match suite {
        "TLS13_AES_128_GCM_SHA256" => "TLS_AES_128_GCM_SHA256",
        "TLS13_AES_256_GCM_SHA384" => "TLS_AES_256_GCM_SHA384",
        "TLS13_CHACHA20_POLY1305_SHA256" => "TLS_CHACHA20_POLY1305_SHA256",
        other => other,
    };
    Some(TlsDetails {
        version,
        cipher_suite,
    })
}
