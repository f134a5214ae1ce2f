//! Certificates made on the spot and TLS clients that trust them.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::{Running, Scratch, start_with};
use locum_server::Config;
use locum_server::tls::Tls;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

pub struct Files {
    pub scratch: Scratch,
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub der: CertificateDer<'static>,
}

pub fn certificate() -> (String, String, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    (
        made.cert.pem(),
        made.signing_key.serialize_pem(),
        made.cert.der().clone(),
    )
}

pub fn files() -> Files {
    let scratch = Scratch::new("tls");
    let (chain, key, der) = certificate();
    let certificate = scratch.write("chain.pem", &chain);
    let key = scratch.write("key.pem", &key);
    Files {
        scratch,
        certificate,
        key,
        der,
    }
}

pub fn start(files: &Files, config: Config) -> (Running, Arc<Tls>) {
    let tls = Arc::new(Tls::load(&files.certificate, &files.key).unwrap());
    (start_with(config, Some(Arc::clone(&tls))), tls)
}

pub fn client_config(
    trusted: &CertificateDer<'static>,
    versions: &[&'static rustls::SupportedProtocolVersion],
    alpn: &[&str],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

pub type TlsStream = StreamOwned<ClientConnection, std::net::TcpStream>;

pub fn connect(server: &Running, config: Arc<ClientConfig>) -> TlsStream {
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(
        ClientConnection::new(config, name).unwrap(),
        server.connect(),
    )
}

pub fn ask(stream: &mut TlsStream) -> Result<String, std::io::Error> {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
