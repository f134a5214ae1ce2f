//! The AWS managed policies, built in: packed in the binary, nothing unpacked before its first use.
//!
//! `data/managed-policies.bin` is made by `cargo xtask pack-managed-policies`, which documents its
//! layout. The index is unpacked once (about 150 KB of names and dates). A document is unpacked with
//! its block of 64 KB, which is let go at once; what stays is the compiled policy of those that are
//! attached somewhere.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{LazyLock, OnceLock};

use aws_lc_rs::digest;
use flate2::read::DeflateDecoder;
use locum_policy::{Document, Policy};
use locum_store::EventPolicy;

use crate::entities::AWS_ACCOUNT;
use crate::ids;
use crate::limits;

static PACKED: &[u8] = include_bytes!("../data/managed-policies.bin");
const MAGIC: &[u8; 4] = b"LMP1";

static INDEX_TEXT: LazyLock<String> = LazyLock::new(|| FILE.index());
static INDEX: LazyLock<Index> = LazyLock::new(|| Index::read(&INDEX_TEXT));
static FILE: LazyLock<File> = LazyLock::new(|| File::read(PACKED).unwrap_or_default());

/// One AWS managed policy.
pub(crate) struct ManagedEntry {
    /// Its name, unique ignoring case.
    pub(crate) name: &'static str,
    /// Its path, `/`, `/service-role/`, ….
    pub(crate) path: &'static str,
    /// Unix seconds of its creation.
    pub(crate) created_s: i64,
    /// Unix seconds of its newest version.
    pub(crate) updated_s: i64,
    /// The number of the default version, the only one that is built in.
    pub(crate) version: u32,
    /// What AWS says it is for, where that is known.
    pub(crate) description: Option<&'static str>,
    block: usize,
    offset: usize,
    length: usize,
    policy: OnceLock<Box<Policy>>,
    /// Its text and hash, once a refusal referred to it.
    event_policy: OnceLock<EventPolicy>,
}

impl ManagedEntry {
    /// `arn:aws:iam::aws:policy/path/name`.
    pub(crate) fn arn(&self, partition: &str) -> String {
        format!(
            "arn:{partition}:iam::{AWS_ACCOUNT}:policy{}{}",
            self.path, self.name
        )
    }

    /// A stable `ANPA…` id made from the name; not the id that AWS gives the policy, and one that
    /// encodes no account.
    pub(crate) fn id(&self) -> String {
        ids::accountless_policy_id(digest::digest(&digest::SHA256, self.name.as_bytes()).as_ref())
    }

    /// The document of the default version, unpacked anew each time.
    pub(crate) fn text(&self) -> String {
        FILE.document(self.block, self.offset, self.length)
            .unwrap_or_default()
    }

    /// The document with its hash, as records of refusals refer to it.
    pub(crate) fn event_policy(&self) -> &EventPolicy {
        self.event_policy
            .get_or_init(|| EventPolicy::new(self.text()))
    }

    /// The default version, compiled on first use. A document that does not parse denies everything.
    pub(crate) fn policy(&self) -> &Policy {
        self.policy.get_or_init(|| {
            let document = Document::parse(&self.text());
            Box::new(document.map_or_else(|_| Policy::deny_all(), |found| Policy::compile(&found)))
        })
    }
}

/// The compiled default version of the AWS managed policy `arn`, path and all.
pub(crate) fn policy(arn: &str) -> Option<&'static Policy> {
    find(arn).map(ManagedEntry::policy)
}

/// The AWS managed policy that `arn` names in any partition, path and all, every letter in its case.
pub(crate) fn find(arn: &str) -> Option<&'static ManagedEntry> {
    let (_, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    let path_and_name = rest.strip_prefix("iam::aws:policy/")?;
    let name = path_and_name.rsplit('/').next()?;
    let index = &*INDEX;
    let entry = index
        .by_name
        .get(name)
        .and_then(|at| index.entries.get(usize::from(*at)))?;
    let path = path_and_name.strip_suffix(name)?;
    (entry.path.strip_prefix('/') == Some(path)).then_some(entry)
}

/// All of them, in ascending order of their lower-cased names.
pub(crate) fn all() -> &'static [ManagedEntry] {
    &INDEX.entries
}

struct Index {
    entries: Vec<ManagedEntry>,
    by_name: HashMap<&'static str, u16>,
}

impl Index {
    /// Lines that do not read are left out; a test proves that there are none.
    fn read(text: &'static str) -> Index {
        let entries: Vec<ManagedEntry> = text.lines().filter_map(entry).collect();
        let numbered = entries.iter().zip(0u16..);
        let by_name = numbered.map(|(entry, at)| (entry.name, at)).collect();
        Index { entries, by_name }
    }
}

fn entry(line: &'static str) -> Option<ManagedEntry> {
    let mut fields = line.split('\t');
    Some(ManagedEntry {
        name: fields.next()?,
        path: fields.next()?,
        created_s: fields.next()?.parse().ok()?,
        updated_s: fields.next()?.parse().ok()?,
        version: fields.next()?.parse().ok()?,
        block: fields.next()?.parse().ok()?,
        offset: fields.next()?.parse().ok()?,
        length: fields.next()?.parse().ok()?,
        description: fields.next().filter(|text| !text.is_empty()),
        policy: OnceLock::new(),
        event_policy: OnceLock::new(),
    })
}

/// The packed file, its parts still packed.
#[derive(Default)]
struct File {
    index: Part,
    blocks: Vec<Part>,
}

/// A deflated part and the length of what it holds.
#[derive(Default, Clone, Copy)]
struct Part {
    packed: &'static [u8],
    length: usize,
}

impl File {
    fn read(bytes: &'static [u8]) -> Option<File> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let (packed, length, count) = (number(&mut rest)?, number(&mut rest)?, number(&mut rest)?);
        let mut lengths = vec![(packed, length)];
        for _ in 0..count {
            lengths.push((number(&mut rest)?, number(&mut rest)?));
        }
        let mut parts = Vec::with_capacity(lengths.len());
        for (packed, length) in lengths {
            let (body, tail) = rest.split_at_checked(packed)?;
            parts.push(Part {
                packed: body,
                length,
            });
            rest = tail;
        }
        let (index, blocks) = parts.split_first()?;
        Some(File {
            index: *index,
            blocks: blocks.to_vec(),
        })
    }

    fn index(&self) -> String {
        self.index.unpack().unwrap_or_default()
    }

    fn document(&self, block: usize, offset: usize, length: usize) -> Option<String> {
        let block = self.blocks.get(block)?.unpack()?;
        block
            .get(offset..offset.checked_add(length)?)
            .map(str::to_owned)
    }
}

impl Part {
    fn unpack(&self) -> Option<String> {
        let length = self.length.min(limits::MANAGED_POLICY_BLOCK_BYTES_MAX);
        let mut text = String::with_capacity(length);
        let decoder = DeflateDecoder::new(self.packed);
        decoder
            .take(u64::try_from(length).ok()?)
            .read_to_string(&mut text)
            .ok()?;
        (text.len() == self.length).then_some(text)
    }
}

/// A 32-bit number, little endian.
fn number(rest: &mut &'static [u8]) -> Option<usize> {
    let (head, tail) = rest.split_first_chunk::<4>()?;
    *rest = tail;
    usize::try_from(u32::from_le_bytes(*head)).ok()
}

#[cfg(test)]
mod tests;
