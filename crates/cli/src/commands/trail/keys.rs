//! `locum trail keys`: the public keys that the digests of delivered files are signed with.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use locum_server::{DigestKey, digest_keys};
use serde::Serialize;

use super::Format;
use crate::commands::data_directory;
use crate::error::CliError;
use crate::trail::lines::reader;
use crate::{json, limits, output};

/// What they are for.
pub(super) const HELP: &str = "\
A digest names its key by fingerprint. Keep the keys where nobody who can change the trail can write: whoever \
can write all files could put in a key of their own and sign with it.

Exit codes: 0 printed, 252 wrong usage, 253 there is no trail, or no digest was signed yet, 255 it cannot be read.";

/// Arguments of `locum trail keys`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    /// PEM with the fingerprint above each key, or a JSON array of fingerprints and keys (base64 of DER)
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A key as ListPublicKeys names its parts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Key<'a> {
    fingerprint: &'a str,
    /// PKCS #1 DER, base64.
    value: String,
}

/// Runs `locum trail keys`.
pub(super) fn run(arguments: Arguments) -> Result<(), CliError> {
    let data = data_directory(arguments.data);
    reader(&data)?;
    let keys = digest_keys(&data.join("trail"));
    let keys = keys.map_err(|error| CliError::io("cannot read the keys".to_owned(), error))?;
    if keys.is_empty() {
        let message = format!("no digest of the trail in {} is signed yet", data.display());
        let hint = "the server signs the first one after trail.digest_every_s";
        return Err(CliError::configuration(message, hint));
    }
    let told: Vec<Key<'_>> = keys.iter().map(told).collect();
    let text = match arguments.format {
        Format::Json => json::pretty(&told),
        Format::Text => told.iter().map(pem).collect(),
    };
    output::result(&text)
}

fn told(key: &DigestKey) -> Key<'_> {
    Key {
        fingerprint: &key.fingerprint,
        value: STANDARD.encode(&key.der),
    }
}

fn pem(key: &Key<'_>) -> String {
    let mut text = format!("{}\n-----BEGIN RSA PUBLIC KEY-----\n", key.fingerprint);
    for (at, letter) in key.value.chars().enumerate() {
        if at > 0 && at.is_multiple_of(limits::PEM_LINE_CHARS) {
            text.push('\n');
        }
        text.push(letter);
    }
    text + "\n-----END RSA PUBLIC KEY-----\n"
}
