//! Records of the trail as CloudTrail's log files: by account and region, in its layout and names.

use std::collections::BTreeMap;
use std::io::Write;

use aws_lc_rs::digest::{SHA256, digest};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use locum_wire::Timestamp;
use serde::Deserialize;

use super::state::LogFile;
use super::target::Target;
use crate::limits;

/// What delivery looks at in a record.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Seen {
    pub(super) user_identity: Identity,
    pub(super) event_time: String,
    pub(super) event_source: String,
    pub(super) aws_region: String,
    pub(super) read_only: bool,
    pub(super) recipient_account_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Identity {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// Where a record is delivered to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    /// The number of its target.
    pub(super) target: usize,
    pub(super) account: String,
    pub(super) region: String,
}

/// The records of a group, ready to be packed.
#[derive(Debug, Default)]
pub(super) struct Pile {
    json: Vec<u8>,
    oldest: String,
    newest: String,
}

/// A file of records.
pub(super) struct Packed {
    pub(super) file: LogFile,
    pub(super) body: Vec<u8>,
}

/// The account and region that a record is filed under. What nobody vouches for (a call without a
/// caller claims a region at will) goes to the management account's home region.
pub(super) fn filed_under(seen: &Seen, management: &str) -> (String, String) {
    let is_account = |id: &&String| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
    let region = &seen.aws_region;
    let vouched = !matches!(seen.user_identity.kind.as_str(), "" | "Unknown");
    match seen.recipient_account_id.as_ref().filter(is_account) {
        Some(account) if vouched && is_region(region) => (account.clone(), region.clone()),
        Some(account) if vouched => (account.clone(), HOME_REGION.to_owned()),
        _ => (management.to_owned(), HOME_REGION.to_owned()),
    }
}

/// Where global services and whatever has no region are filed.
pub(super) const HOME_REGION: &str = "us-east-1";

/// Fit to stand in a file's name: it comes from the caller.
fn is_region(text: &str) -> bool {
    let letters = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=limits::REGION_BYTES_MAX).contains(&text.len()) && text.bytes().all(letters)
}

/// Records by group, for as long as they fit into memory.
#[derive(Debug, Default)]
pub(super) struct Piles {
    pub(super) groups: BTreeMap<Group, Pile>,
    pub(super) bytes: usize,
}

impl Piles {
    pub(super) fn add(&mut self, group: Group, line: &[u8], time: &str) {
        let pile = self.groups.entry(group).or_default();
        if pile.json.is_empty() {
            pile.json.extend_from_slice(b"{\"Records\":[");
            time.clone_into(&mut pile.oldest);
        } else {
            pile.json.push(b',');
        }
        pile.json.extend_from_slice(line);
        if time < pile.oldest.as_str() {
            time.clone_into(&mut pile.oldest);
        }
        if time > pile.newest.as_str() {
            time.clone_into(&mut pile.newest);
        }
        self.bytes += line.len() + 1;
    }
}

impl Pile {
    /// The file as it is delivered at `at_s`. The same records give the same file under the same name,
    /// so that a delivery that was cut short is done again without a second copy.
    pub(super) fn pack(
        mut self,
        group: &Group,
        target: &Target,
        at_s: i64,
    ) -> std::io::Result<Packed> {
        self.json.extend_from_slice(b"]}");
        let hash = hex(digest(&SHA256, &self.json).as_ref());
        let stamp = Stamp::of(at_s);
        let (account, region) = (&group.account, &group.region);
        let unique: String = hash
            .chars()
            .take(16)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let object = format!(
            "{}{account}/CloudTrail/{region}/{}/{account}_CloudTrail_{region}_{}T{}Z_{unique}.json.gz",
            target.prefix(),
            stamp.folder,
            stamp.date,
            stamp.time.get(..4).unwrap_or("0000"),
        );
        Ok(Packed {
            body: gzip(&self.json)?,
            file: LogFile {
                object,
                hash,
                oldest: self.oldest,
                newest: self.newest,
                in_bucket: false,
            },
        })
    }
}

/// A moment as names of folders and files have it.
pub(super) struct Stamp {
    /// `YYYY/MM/DD`
    pub(super) folder: String,
    /// `YYYYMMDD`
    pub(super) date: String,
    /// `hhmmss`
    pub(super) time: String,
}

impl Stamp {
    pub(super) fn of(unix_s: i64) -> Stamp {
        let iso = Timestamp(unix_s).to_string();
        let (date, time) = iso.split_once('T').unwrap_or((&iso, ""));
        Stamp {
            folder: date.replace('-', "/"),
            date: date.replace('-', ""),
            time: time.chars().filter(char::is_ascii_digit).collect(),
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Packed without a name or a time, so that the same bytes are always packed alike.
pub(super) fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let room = Vec::with_capacity(bytes.len() / 6);
    let mut packer: GzEncoder<Vec<u8>> = GzBuilder::new()
        .mtime(0)
        .write(room, Compression::default());
    packer.write_all(bytes)?;
    packer.finish()
}
