//! Digests: which log files were delivered in a span, each signed and tied to the one before it.

use aws_lc_rs::digest::{SHA256, digest};
use locum_wire::Timestamp;
use serde::{Deserialize, Serialize};

use super::files::{Stamp, gzip, hex};
use super::key::Signer;
use super::state::{Chain, Previous};
use super::target::Target;

/// A digest as CloudTrail writes it, its members in CloudTrail's order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Digest {
    pub(super) aws_account_id: String,
    pub(super) digest_start_time: String,
    pub(super) digest_end_time: String,
    #[serde(rename = "digestS3Bucket")]
    pub(super) bucket: String,
    #[serde(rename = "digestS3Object")]
    pub(super) object: String,
    pub(super) digest_public_key_fingerprint: String,
    pub(super) digest_signature_algorithm: String,
    pub(super) newest_event_time: Option<String>,
    pub(super) oldest_event_time: Option<String>,
    #[serde(rename = "previousDigestS3Bucket")]
    pub(super) previous_bucket: Option<String>,
    #[serde(rename = "previousDigestS3Object")]
    pub(super) previous_object: Option<String>,
    pub(super) previous_digest_hash_value: Option<String>,
    pub(super) previous_digest_hash_algorithm: Option<String>,
    pub(super) previous_digest_signature: Option<String>,
    pub(super) log_files: Vec<LogFileEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogFileEntry {
    #[serde(rename = "s3Bucket")]
    pub(super) bucket: String,
    #[serde(rename = "s3Object")]
    pub(super) object: String,
    pub(super) hash_value: String,
    pub(super) hash_algorithm: String,
    pub(super) newest_event_time: String,
    pub(super) oldest_event_time: String,
}

/// A digest ready to be put, and what the next one will say of it.
pub(super) struct Signed {
    pub(super) body: Vec<u8>,
    pub(super) told: Previous,
}

pub(super) const ALGORITHM: &str = "SHA256withRSA";

/// What is signed (CloudTrail User Guide, "Custom implementations of log file integrity validation").
pub(super) fn signed_text(
    end: &str,
    bucket: &str,
    object: &str,
    hash: &str,
    previous: Option<&str>,
) -> String {
    format!(
        "{end}\n{bucket}/{object}\n{hash}\n{}",
        previous.unwrap_or("null")
    )
}

/// The digest of what a chain holds, for the span that ends at `end_s`.
pub(super) fn sign(
    chain: &Chain,
    target: &Target,
    bucket: &str,
    end_s: i64,
    signer: &Signer,
) -> std::io::Result<Signed> {
    let stamp = Stamp::of(end_s);
    let (account, region) = (&chain.account, &chain.region);
    let object = format!(
        "{}{account}/CloudTrail-Digest/{region}/{}/{account}_CloudTrail-Digest_{region}_{}_{}_{}T{}Z.json.gz",
        target.prefix(),
        stamp.folder,
        target.trail_name,
        target.home_region,
        stamp.date,
        stamp.time,
    );
    let entry = |file: &super::state::LogFile| LogFileEntry {
        bucket: bucket.to_owned(),
        object: file.object.clone(),
        hash_value: file.hash.clone(),
        hash_algorithm: "SHA-256".to_owned(),
        newest_event_time: file.newest.clone(),
        oldest_event_time: file.oldest.clone(),
    };
    let previous = chain.previous.as_ref();
    let digest_of = Digest {
        aws_account_id: account.clone(),
        digest_start_time: Timestamp(chain.start_s).to_string(),
        digest_end_time: Timestamp(end_s).to_string(),
        bucket: bucket.to_owned(),
        object: object.clone(),
        digest_public_key_fingerprint: signer.fingerprint.clone(),
        digest_signature_algorithm: ALGORITHM.to_owned(),
        newest_event_time: chain.files.iter().map(|file| file.newest.clone()).max(),
        oldest_event_time: chain.files.iter().map(|file| file.oldest.clone()).min(),
        previous_bucket: previous.map(|_| bucket.to_owned()),
        previous_object: previous.map(|told| told.object.clone()),
        previous_digest_hash_value: previous.map(|told| told.hash.clone()),
        previous_digest_hash_algorithm: previous.map(|_| "SHA-256".to_owned()),
        previous_digest_signature: previous.map(|told| told.signature.clone()),
        log_files: chain.files.iter().map(entry).collect(),
    };
    let json = serde_json::to_vec(&digest_of)?;
    let hash = hex(digest(&SHA256, &json).as_ref());
    let before = previous.map(|told| told.signature.as_str());
    let text = signed_text(&digest_of.digest_end_time, bucket, &object, &hash, before);
    let signature = signer
        .sign(text.as_bytes())
        .map_err(std::io::Error::other)?;
    Ok(Signed {
        body: gzip(&json)?,
        told: Previous {
            object,
            hash,
            signature: hex(&signature),
            in_bucket: false,
        },
    })
}
