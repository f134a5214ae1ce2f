//! The tables of the database and the form of their rows.
//!
//! | table   | key                          | value                                          |
//! |---------|------------------------------|------------------------------------------------|
//! | meta    | name                         | format, cluster id, number of shards, key check |
//! | units   | unit                         | stamp, revision, record count, bytes, digest   |
//! | records | unit, kind, name             | stamp, record                                  |
//! | log     | shard, revision              | chain value, change                            |
//! | shards  | shard                        | revision, floor, chain values, bytes of the log |
//! | outbox  | number                       | time, trail hint, event                        |
//! | leases  | name                         | until, holder                                  |

use crate::change::Event;
use crate::id::{AccountId, Unit};
use crate::prepare::PreparedWrite;
use crate::record::Kind;
use crate::seal::{STAMP, unit_bytes};
use aws_lc_rs::digest;
use redb::TableDefinition;

pub(crate) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
pub(crate) const UNITS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("units");
pub(crate) const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
pub(crate) const LOG: TableDefinition<'_, (u16, u64), &[u8]> = TableDefinition::new("log");
pub(crate) const SHARDS: TableDefinition<'_, u16, &[u8]> = TableDefinition::new("shards");
pub(crate) const OUTBOX: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("outbox");
pub(crate) const LEASES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("leases");

/// The form of the database as a whole.
pub(crate) const FORMAT: u8 = 1;
pub(crate) const META_FORMAT: &str = "format";
pub(crate) const META_CLUSTER: &str = "cluster id";
pub(crate) const META_SHARDS: &str = "shards";
pub(crate) const META_KEY_CHECK: &str = "key check";

/// Bytes of a unit in front of every key.
const UNIT: usize = 9;
const TAG: usize = 16;

/// Reads fields from the front of a row.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(first)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// What a unit is as a whole. Its digest combines the tags of all its records, so that one that is
/// missing, or an older one put back, is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UnitRow {
    pub(crate) revision: u64,
    pub(crate) count: u64,
    pub(crate) bytes: u64,
    pub(crate) digest: [u8; TAG],
}

impl UnitRow {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(40);
        for number in [self.revision, self.count, self.bytes] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.digest);
        out
    }

    pub(crate) fn read(row: &[u8]) -> Option<UnitRow> {
        let mut fields = Fields(row);
        let value = UnitRow {
            revision: fields.u64()?,
            count: fields.u64()?,
            bytes: fields.u64()?,
            digest: fields.array()?,
        };
        fields.end().map(|()| value)
    }

    /// Counts a stamped record in.
    pub(crate) fn add(&mut self, stamped: &[u8]) {
        self.mix(stamped);
        self.count = self.count.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(record_bytes(stamped));
    }

    /// Counts a stamped record out.
    pub(crate) fn remove(&mut self, stamped: &[u8]) {
        self.mix(stamped);
        self.count = self.count.wrapping_sub(1);
        self.bytes = self.bytes.wrapping_sub(record_bytes(stamped));
    }

    fn mix(&mut self, stamped: &[u8]) {
        let tag = stamped.get(STAMP - TAG..STAMP).unwrap_or_default();
        self.digest
            .iter_mut()
            .zip(tag)
            .for_each(|(byte, other)| *byte ^= other);
    }
}

fn record_bytes(stamped: &[u8]) -> u64 {
    stamped.len().saturating_sub(STAMP) as u64
}

/// Splits a stamped row.
pub(crate) fn unstamp(row: &[u8]) -> Option<(&[u8; STAMP], &[u8])> {
    row.split_first_chunk()
}

/// The state of a shard's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShardRow {
    /// The newest revision.
    pub(crate) revision: u64,
    /// The newest revision that is no longer in the log.
    pub(crate) floor: u64,
    /// The chain value at `revision`.
    pub(crate) chain: [u8; 32],
    /// The chain value at `floor`.
    pub(crate) floor_chain: [u8; 32],
    /// Bytes of the rows in the log.
    pub(crate) log_bytes: u64,
}

impl ShardRow {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(88);
        out.extend_from_slice(&self.revision.to_be_bytes());
        out.extend_from_slice(&self.floor.to_be_bytes());
        out.extend_from_slice(&self.chain);
        out.extend_from_slice(&self.floor_chain);
        out.extend_from_slice(&self.log_bytes.to_be_bytes());
        out
    }

    pub(crate) fn read(row: &[u8]) -> Option<ShardRow> {
        let mut fields = Fields(row);
        let value = ShardRow {
            revision: fields.u64()?,
            floor: fields.u64()?,
            chain: fields.array()?,
            floor_chain: fields.array()?,
            log_bytes: fields.u64()?,
        };
        fields.end().map(|()| value)
    }
}

/// The key of a record.
pub(crate) fn record_key(unit: Unit, kind: Kind, name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(UNIT + 1 + name.len());
    key.extend_from_slice(&unit_bytes(unit));
    key.push(kind as u8);
    key.extend_from_slice(name.as_bytes());
    key
}

/// Kind and name of a record's key within its unit.
pub(crate) fn read_record_key(key: &[u8]) -> Option<(Kind, &str)> {
    let (kind, name) = key.get(UNIT..)?.split_first()?;
    Some((Kind::from_byte(*kind)?, std::str::from_utf8(name).ok()?))
}

/// The bounds between which a unit's records stand.
pub(crate) fn record_range(unit: Unit) -> ([u8; UNIT], Vec<u8>) {
    let first = unit_bytes(unit);
    let mut last = first.to_vec();
    last.push(u8::MAX);
    (first, last)
}

/// An event on its way: when it happened, where in its day's file it can stand at the earliest.
pub(crate) fn write_outbox(event: &Event, hint: u64) -> Vec<u8> {
    let mut row = Vec::with_capacity(16 + event.record.len());
    row.extend_from_slice(&event.time_s.to_be_bytes());
    row.extend_from_slice(&hint.to_be_bytes());
    row.extend_from_slice(&event.record);
    row
}

/// The event of an outbox row and its hint.
pub(crate) fn read_outbox(row: &[u8]) -> Option<(Event, u64)> {
    let mut fields = Fields(row);
    let (time_s, hint) = (fields.i64()?, fields.u64()?);
    let record = fields.0.to_vec();
    Some((Event::new(time_s, record), hint))
}

pub(crate) fn write_lease(until_s: i64, holder: &str) -> Vec<u8> {
    let mut row = until_s.to_be_bytes().to_vec();
    row.extend_from_slice(holder.as_bytes());
    row
}

pub(crate) fn read_lease(row: &[u8]) -> Option<(String, i64)> {
    let mut fields = Fields(row);
    let until_s = fields.i64()?;
    let holder = std::str::from_utf8(fields.0).ok()?.to_owned();
    Some((holder, until_s))
}

/// What the log keeps of a change.
#[derive(Debug, Default)]
pub(crate) struct LogBody(pub(crate) Vec<u8>);

impl LogBody {
    pub(crate) fn of(writes: &[PreparedWrite]) -> LogBody {
        let mut out = Vec::new();
        put_count(&mut out, writes.len());
        for write in writes {
            out.extend_from_slice(&unit_bytes(write.unit));
            put_count(&mut out, write.encoded.len());
            for put in &write.encoded {
                out.push(put.kind as u8);
                put_bytes(&mut out, put.name.as_bytes());
                put_bytes(&mut out, &put.raw);
            }
            put_count(&mut out, write.deletes.len());
            for (kind, name) in &write.deletes {
                out.push(*kind as u8);
                put_bytes(&mut out, name.as_bytes());
            }
        }
        LogBody(out)
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// One unit's part of a logged change, still encoded.
#[derive(Debug)]
pub(crate) struct LogWrite<'a> {
    pub(crate) unit: Unit,
    pub(crate) puts: Vec<(Kind, &'a str, &'a [u8])>,
    pub(crate) deletes: Vec<(Kind, &'a str)>,
}

/// Reads a log row: its chain value and what was written.
pub(crate) fn read_log(row: &[u8]) -> Option<([u8; 32], &[u8])> {
    let mut fields = Fields(row);
    Some((fields.array()?, fields.0))
}

pub(crate) fn read_log_body(body: &[u8]) -> Option<Vec<LogWrite<'_>>> {
    let mut fields = Fields(body);
    let mut writes = Vec::new();
    for _ in 0..fields.u32()? {
        let unit = read_unit(fields.bytes(UNIT)?)?;
        let mut puts = Vec::new();
        for _ in 0..fields.u32()? {
            let kind = kind(&mut fields)?;
            let name = text(&mut fields)?;
            let length = fields.u32()?;
            puts.push((kind, name, fields.bytes(usize::try_from(length).ok()?)?));
        }
        let mut deletes = Vec::new();
        for _ in 0..fields.u32()? {
            deletes.push((kind(&mut fields)?, text(&mut fields)?));
        }
        writes.push(LogWrite {
            unit,
            puts,
            deletes,
        });
    }
    fields.end().map(|()| writes)
}

fn kind(fields: &mut Fields<'_>) -> Option<Kind> {
    let [byte] = fields.array()?;
    Kind::from_byte(byte)
}

fn text<'a>(fields: &mut Fields<'a>) -> Option<&'a str> {
    let length = usize::try_from(fields.u32()?).ok()?;
    std::str::from_utf8(fields.bytes(length)?).ok()
}

fn read_unit(bytes: &[u8]) -> Option<Unit> {
    let mut fields = Fields(bytes);
    let [first] = fields.array()?;
    let number = fields.u64()?;
    match first {
        0 if number == 0 => Some(Unit::Installation),
        1 => AccountId::from_number(number).map(Unit::Account),
        _ => None,
    }
}

/// The next value of the hash chain.
pub(crate) fn chain(last: &[u8; 32], shard: u16, revision: u64, body: &[u8]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(last);
    context.update(&shard.to_be_bytes());
    context.update(&revision.to_be_bytes());
    context.update(body);
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The number of shards, as stored.
pub(crate) fn write_shards(shards: u16) -> [u8; 2] {
    shards.to_be_bytes()
}

pub(crate) fn read_shards(row: &[u8]) -> Option<u16> {
    let mut fields = Fields(row);
    let shards = fields.u16()?;
    fields.end().map(|()| shards)
}
