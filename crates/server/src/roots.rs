//! Which certificates Locum trusts where it is a client: a bundle of the operator's, or the system's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Why no endpoint could be trusted.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The bundle is no file of PEM certificates.
    #[error("cannot use the CA bundle {}: {reason}", path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system has none.
    #[error("there is no CA certificate to check the endpoint with")]
    None,
}

/// TLS by rustls and aws-lc-rs for a client that trusts `bundle`, or the system's certificates without one.
///
/// # Errors
/// When there is nothing that could be trusted.
pub fn client_tls(bundle: Option<&Path>) -> Result<ureq::tls::TlsConfig, RootsError> {
    let roots = match bundle {
        Some(path) => of_bundle(path)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    if roots.is_empty() {
        return Err(RootsError::None);
    }
    let roots: Vec<_> = roots
        .iter()
        .map(|root| ureq::tls::Certificate::from_der(root.as_ref()).to_owned())
        .collect();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ureq::tls::TlsConfig::builder()
        .root_certs(ureq::tls::RootCerts::from(roots))
        .unversioned_rustls_crypto_provider(provider)
        .build())
}

fn of_bundle(path: &Path) -> Result<Vec<CertificateDer<'static>>, RootsError> {
    let wrong = |reason: String| RootsError::Bundle {
        path: path.to_owned(),
        reason,
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(error.to_string()))?;
    match certificates.is_empty() {
        true => Err(wrong("it has no certificate".to_owned())),
        false => Ok(certificates),
    }
}
