//! `locum trail keys`: the public keys that digests, checkpoints and removals are signed with.

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use locum_server::trail::TrustedKeys;
use locum_server::{DigestKey, digest_keys};
use serde::{Deserialize, Serialize};

use super::Format;
use crate::commands::data_directory;
use crate::error::CliError;
use crate::trail::lines::reader;
use crate::{json, limits, output};

/// What they are for.
pub(super) const HELP: &str = "\
A digest, a checkpoint and the file `pruned` name their key by fingerprint. Keep the keys where nobody who can change the trail can write: whoever \
can write all files could put in a key of their own and sign with it. `locum trail verify --keys FILE` trusts the kept ones alone.

Exit codes: 0 printed, 252 wrong usage, 253 there is no trail, or nothing was signed yet, 255 it cannot be read.";

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
        let message = format!("nothing of the trail in {} is signed yet", data.display());
        let hint = "the server signs the first digest after trail.digest_every_s; `locum trail checkpoint` has it sign at once";
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

/// The keys of a file that this command printed, in either format.
pub(super) fn kept(file: &Path) -> Result<TrustedKeys, CliError> {
    let cannot = |error| CliError::io(format!("cannot read {}", file.display()), error);
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|opened| {
            let mut part = opened.take(limits::KEYS_FILE_BYTES_MAX);
            part.read_to_string(&mut text)
        })
        .map_err(cannot)?;
    let ders = match text.trim_start().starts_with('[') {
        true => of_json(&text),
        false => of_pem(&text),
    };
    let ders = ders.filter(|ders| !ders.is_empty()).ok_or_else(|| {
        let message = format!("{} is no file of keys", file.display());
        CliError::configuration(message, "it is what `locum trail keys` prints")
    })?;
    Ok(TrustedKeys::of_ders(ders))
}

fn of_json(text: &str) -> Option<Vec<Vec<u8>>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Kept {
        value: String,
    }
    let keys: Vec<Kept> = serde_json::from_str(text).ok()?;
    let ders = keys.iter().map(|key| STANDARD.decode(&key.value).ok());
    ders.collect()
}

fn of_pem(text: &str) -> Option<Vec<Vec<u8>>> {
    let parts = text.split("-----BEGIN RSA PUBLIC KEY-----").skip(1);
    let ders = parts.map(|part| {
        let (letters, _) = part.split_once("-----END RSA PUBLIC KEY-----")?;
        let letters: String = letters.split_ascii_whitespace().collect();
        STANDARD.decode(letters).ok()
    });
    ders.collect()
}
