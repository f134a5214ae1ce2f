//! Checks delivered files offline: every digest's signature, its tie to the one before, every file's hash.

mod records;

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use flate2::read::GzDecoder;

use super::digest::{ALGORITHM, Digest, signed_text};
use super::files::{Stamp, hex};
use super::key::is_signed;
use super::sink::signature_path;
use super::state::State;
use crate::limits;
use crate::trail::TrustedKeys;
pub use records::DeliveredSpan;
use records::Unnamed;
pub(crate) use records::points_of;

/// How often a check begins anew because something was delivered under it.
const TRIES_MAX: u32 = 3;

/// What was found in a folder of delivered files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Chains of digests: one for each trail, account and region.
    pub chains: usize,
    /// Digests that were checked.
    pub digests: usize,
    /// Log files that digests name.
    pub files: usize,
    /// What is wrong: the file, and why.
    pub faults: Vec<(PathBuf, String)>,
    /// Which records of the trail each log file holds that is what was delivered.
    pub spans: Vec<DeliveredSpan>,
}

impl Delivered {
    fn fault(&mut self, path: PathBuf, why: impl Into<String>) {
        self.faults.push((path, why.into()));
    }
}

/// Checks everything below `DIR/AWSLogs` with these public keys. `dir` is the trail's folder of a data directory or
/// a copy of it.
///
/// # Errors
/// When a folder cannot be read. What is wrong with files is in the answer.
pub fn check_delivered(dir: &Path, keys: &TrustedKeys) -> io::Result<Delivered> {
    let path = dir.join("delivery");
    let mut left = TRIES_MAX;
    loop {
        let before = std::fs::read(&path).ok();
        let found = check_once(dir, keys, before.as_deref())?;
        left -= 1;
        if found.faults.is_empty() || left == 0 || std::fs::read(&path).ok() == before {
            return Ok(found);
        }
    }
}

fn check_once(dir: &Path, keys: &TrustedKeys, state: Option<&[u8]>) -> io::Result<Delivered> {
    let Listed { chains, logs } = list(dir)?;
    let mut found = Delivered {
        chains: chains.len(),
        ..Delivered::default()
    };
    let state = match state.map(serde_json::from_slice::<State>) {
        Some(Ok(state)) => state,
        Some(Err(error)) => {
            found.fault(dir.join("delivery"), error.to_string());
            State::default()
        }
        None => {
            // The server keeps it before it delivers anything.
            let keys = digest_keys(dir).is_ok_and(|keys| keys.is_empty());
            if dir.join("AWSLogs").exists() || !keys {
                let why = "it is missing: nobody can tell whether delivered files are";
                found.fault(dir.join("delivery"), why);
            }
            State::default()
        }
    };
    let mut named = Named::default();
    for digests in chains.into_values() {
        check_chain(dir, keys, digests, &mut named, &mut found);
    }
    found.files = named.0.len();
    check_state(dir, &state, &mut named, &mut found);
    let unnamed = logs.into_iter().filter(|path| {
        let object = path.strip_prefix(dir).ok().and_then(Path::to_str);
        object.is_none_or(|object| !named.0.contains_key(object) && !is_begun(&state, path))
    });
    let mut unnamed = Unnamed::read(unnamed, &mut found);
    let not_here = state.moved.iter().filter(|file| file.in_bucket);
    let not_here: HashSet<&String> = not_here.map(|file| &file.object).collect();
    for (object, expected) in &named.0 {
        let file = dir.join(object);
        match unpacked(&file) {
            Ok(json) if hash(&json) == *expected => unnamed.look_into(file, &json, &mut found),
            Ok(_) => found.fault(file, "its content was changed"),
            Err(_) if not_here.contains(object) => {}
            Err(why) => found.fault(file, why),
        }
    }
    unnamed.end(&mut found);
    Ok(found)
}

/// Log files that digests or the state vouch for, with their hashes.
#[derive(Default)]
struct Named(BTreeMap<String, String>);

/// What is in the folder.
#[derive(Default)]
struct Listed {
    chains: BTreeMap<String, Vec<PathBuf>>,
    logs: Vec<PathBuf>,
}

fn list(dir: &Path) -> io::Result<Listed> {
    let mut listed = Listed::default();
    let mut folders = vec![dir.join("AWSLogs")];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if let Some(chain) = chain_of(&path) {
                listed.chains.entry(chain).or_default().push(path);
            } else if path.extension().is_some_and(|extension| extension == "gz") {
                listed.logs.push(path);
            }
        }
    }
    listed.logs.sort();
    Ok(listed)
}

/// Whether a file may be of a delivery that goes on, or that a crash ended: it is told when it is done.
fn is_begun(state: &State, path: &Path) -> bool {
    let Some(begun) = &state.begun else {
        return false;
    };
    let stamp = Stamp::of(begun.at_s);
    let time = stamp.time.get(..4).unwrap_or_default();
    let part = format!("_{}T{time}Z_", stamp.date);
    let name = path.file_name().and_then(std::ffi::OsStr::to_str);
    name.is_some_and(|name| name.contains(&part))
}

/// A public key that digests are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestKey {
    /// The first half of the SHA-256 of `der`, 32 hexadecimal digits: what digests name it by.
    pub fingerprint: String,
    /// PKCS #1.
    pub der: Vec<u8>,
}

/// The public keys in `DIR/keys`, by fingerprint; none when no digest was signed yet.
///
/// # Errors
/// When they cannot be read, or a key is not the one that its file is named after.
pub fn digest_keys(dir: &Path) -> io::Result<Vec<DigestKey>> {
    let entries = match std::fs::read_dir(dir.join("keys")) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut keys = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "der") {
            continue;
        }
        let der = std::fs::read(&path)?;
        let fingerprint = locum_api::fingerprint(&der);
        if path.file_stem().is_none_or(|name| *name != *fingerprint) {
            let message = format!("{}: it is another key than its name says", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        keys.push(DigestKey { fingerprint, der });
    }
    keys.sort_by(|left, right| left.fingerprint.cmp(&right.fingerprint));
    Ok(keys)
}

/// What delivery itself remembers: the last digest of each span, files that no digest names yet, and those whose
/// digest went elsewhere.
fn check_state(dir: &Path, state: &State, named: &mut Named, found: &mut Delivered) {
    for chain in state.chains.values() {
        for (object, expected) in chain.digests_expected() {
            let file = dir.join(object);
            match unpacked(&file) {
                Ok(json) if hash(&json) == *expected => {}
                Ok(_) => found.fault(file, "its content was changed"),
                Err(why) => found.fault(file, why),
            }
        }
    }
    let pending = state.chains.values().flat_map(|chain| &chain.files);
    for file in pending.chain(&state.moved).filter(|file| !file.in_bucket) {
        let hash = file.hash.clone();
        named.0.entry(file.object.clone()).or_insert(hash);
    }
}

/// What the name of a digest says without its time, and the organization of its folder: a trail of the
/// organization and one of an account may have the same name. `None` for other files.
pub(super) fn chain_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(".json.gz")?;
    let (chain, _) = name.rsplit_once('_')?;
    // …/ACCOUNT/CloudTrail-Digest/REGION/YYYY/MM/DD/NAME
    let above = path.ancestors().nth(7).and_then(Path::file_name);
    chain
        .contains("_CloudTrail-Digest_")
        .then(|| format!("{}/{chain}", above.unwrap_or_default().display()))
}

/// Digests of one chain, oldest first by their names.
fn check_chain(
    dir: &Path,
    keys: &TrustedKeys,
    mut digests: Vec<PathBuf>,
    named: &mut Named,
    found: &mut Delivered,
) {
    digests.sort_by_key(|path| path.file_name().map(std::ffi::OsStr::to_owned));
    let mut before: Option<Told> = None;
    for path in digests {
        found.digests += 1;
        match check_digest(dir, keys, &path, before.as_ref()) {
            Ok((told, digest)) => {
                let files = digest.log_files.into_iter();
                named
                    .0
                    .extend(files.map(|entry| (entry.object, entry.hash_value)));
                before = Some(told);
            }
            Err(why) => found.fault(path, why),
        }
    }
}

/// What the next digest must say of this one.
struct Told {
    object: String,
    hash: String,
    signature: String,
}

fn check_digest(
    dir: &Path,
    keys: &TrustedKeys,
    path: &Path,
    before: Option<&Told>,
) -> Result<(Told, Digest), String> {
    let json = unpacked(path)?;
    let digest: Digest =
        serde_json::from_slice(&json).map_err(|error| format!("it is no digest: {error}"))?;
    if dir.join(&digest.object) != path {
        return Err(format!("it says that it is {}", digest.object));
    }
    if digest.digest_signature_algorithm != ALGORITHM {
        return Err(format!(
            "its signature is {}",
            digest.digest_signature_algorithm
        ));
    }
    let signature = std::fs::read_to_string(signature_path(path))
        .map_err(|error| format!("its signature: {error}"))?;
    let fingerprint = &digest.digest_public_key_fingerprint;
    let key = keys.get(fingerprint);
    let key = key.ok_or_else(|| format!("the public key {fingerprint} is not known"))?;
    let hash = hash(&json);
    let previous = digest.previous_digest_signature.as_deref();
    let text = signed_text(
        &digest.digest_end_time,
        &digest.bucket,
        &digest.object,
        &hash,
        previous,
    );
    let is_signed = unhex(&signature).is_some_and(|bytes| is_signed(key, text.as_bytes(), &bytes));
    if !is_signed {
        return Err("it or its signature was changed".to_owned());
    }
    let is_tied = match before {
        // The first, or the first since logging was started again.
        _ if digest.previous_object.is_none() && previous.is_none() => true,
        None => false,
        Some(before) => {
            digest.previous_object.as_deref() == Some(&before.object)
                && digest.previous_digest_hash_value.as_deref() == Some(&before.hash)
                && previous == Some(&before.signature)
        }
    };
    if !is_tied {
        return Err("the digest before it is missing or broken".to_owned());
    }
    let told = Told {
        object: digest.object.clone(),
        hash,
        signature,
    };
    Ok((told, digest))
}

fn hash(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?, 16).ok()
        })
        .collect()
}

fn unpacked(path: &Path) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut json = Vec::new();
    GzDecoder::new(file)
        .take(limits::DELIVERED_BYTES_MAX)
        .read_to_end(&mut json)
        .map_err(|error| format!("it cannot be unpacked: {error}"))?;
    Ok(json)
}
