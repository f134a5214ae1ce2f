//! Reads from the database: a unit as a value, the log of changes, a copy of everything.

use super::files::{Access, private_file, sync_parent};
use super::schema::{
    FORMAT, LEASES, LOG, META, META_FORMAT, OUTBOX, RECORDS, SHARDS, ShardRow, UNITS, UnitRow,
    chain, read_log, read_log_body, read_record_key, record_range, unstamp,
};
use super::store::Store;
use crate::account;
use crate::change::{LoggedChange, LoggedWrite};
use crate::engine::{BackupError, LoadError, Loaded, RecordError, Unavailable};
use crate::id::{Revision, Unit};
use crate::installation;
use crate::limits::CHANGES_READ_MAX;
use crate::record::{Context, Kind, check_version, decode, key_at};
use crate::seal::unit_bytes;
use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Runs something on the database; a panic inside it is damage, not the end of the thread.
pub(crate) fn guarded<T>(
    run: impl FnOnce() -> Result<T, redb::Error>,
) -> Result<Result<T, redb::Error>, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "the database gave up".to_owned())
    })
}

fn damaged(unit: Unit, what: String) -> LoadError {
    RecordError::Database { unit, what }.into()
}

fn read_error(unit: Unit, error: redb::Error) -> LoadError {
    match error {
        redb::Error::Corrupted(what) => damaged(unit, what),
        other => Unavailable::Storage(other.to_string()).into(),
    }
}

/// The rows of a unit, gathered in one buffer.
#[derive(Default)]
struct Rows {
    unit: Option<UnitRow>,
    buffer: Vec<u8>,
    records: Vec<(Kind, String, Range<usize>)>,
}

/// Reads a unit and checks every byte of it; decodes next to nothing.
pub(crate) fn read_unit(store: &Store, unit: Unit) -> Result<Option<Loaded>, LoadError> {
    let database = store.database()?;
    let mut refusal = None;
    let rows = guarded(|| read_rows(store, &database, unit, &mut refusal));
    if let Some(error) = refusal {
        return Err(error.into());
    }
    let rows = rows
        .map_err(|what| damaged(unit, what))?
        .map_err(|error| read_error(unit, error))?;
    let Some(row) = rows.unit else {
        // Records without their unit: the row that counts them was lost.
        if !rows.records.is_empty() {
            return Err(RecordError::Incomplete { unit }.into());
        }
        return Ok(None);
    };
    let revision = Revision(row.revision);
    let context = Arc::new(Context::new(unit, store.sealer.clone()));
    let buffer = Bytes::from(rows.buffer);
    Ok(Some(match unit {
        Unit::Account(id) => {
            let mut builder = account::Builder::new(id, context);
            for (kind, name, range) in rows.records {
                builder.add(kind, &name, buffer.slice(range))?;
            }
            Loaded::Account(Arc::new(builder.finish(revision, row.bytes)?))
        }
        Unit::Installation => {
            let mut builder = installation::Builder::new(context);
            for (kind, name, range) in rows.records {
                builder.add(kind, &name, buffer.slice(range))?;
            }
            Loaded::Installation(Arc::new(builder.finish(revision, row.bytes)?))
        }
    }))
}

/// Gathers a unit's rows, verifying their stamps. A row that fails ends the reading; `refusal`
/// then says why.
fn read_rows(
    store: &Store,
    database: &Database,
    unit: Unit,
    refusal: &mut Option<RecordError>,
) -> Result<Rows, redb::Error> {
    let mut rows = Rows::default();
    let transaction = database.begin_read()?;
    let units = transaction.open_table(UNITS)?;
    let changed = |key: &str| RecordError::Changed {
        unit,
        key: key.to_owned(),
    };
    if let Some(guard) = units.get(unit_bytes(unit).as_slice())? {
        rows.unit = read_unit_row(store, unit, guard.value());
        if rows.unit.is_none() {
            *refusal = Some(changed("(the unit itself)"));
            return Ok(rows);
        }
    }
    let expected = rows.unit.unwrap_or_default();
    let bytes = usize::try_from(expected.bytes).unwrap_or(0);
    rows.buffer = Vec::with_capacity(bytes.min(1 << 30));
    let mut found = UnitRow {
        revision: expected.revision,
        ..UnitRow::default()
    };
    let records = transaction.open_table(RECORDS)?;
    let (first, last) = record_range(unit);
    for entry in records.range(first.as_slice()..last.as_slice())? {
        let (key, row) = entry?;
        let Some((kind, name)) = read_record_key(key.value()) else {
            *refusal = Some(changed("(a key)"));
            return Ok(rows);
        };
        let intact = unstamp(row.value())
            .filter(|(stamp, raw)| store.sealer.check(unit, kind, name, stamp, raw).is_ok());
        let Some((_, raw)) = intact else {
            *refusal = Some(changed(name));
            return Ok(rows);
        };
        if let Err(error) = check_version(raw, unit, name) {
            *refusal = Some(error);
            return Ok(rows);
        }
        found.add(row.value());
        let start = rows.buffer.len();
        rows.buffer.extend_from_slice(raw);
        rows.records
            .push((kind, name.to_owned(), start..rows.buffer.len()));
    }
    if rows.unit.is_some() && found != expected {
        *refusal = Some(RecordError::Incomplete { unit });
    }
    Ok(rows)
}

/// A unit's own row, if its stamp is right.
pub(crate) fn read_unit_row(store: &Store, unit: Unit, row: &[u8]) -> Option<UnitRow> {
    let (stamp, raw) = unstamp(row)?;
    store
        .sealer
        .check(unit, Kind::UnitRow, "", stamp, raw)
        .ok()?;
    UnitRow::read(raw)
}

/// The log after a revision, its chain verified.
pub(crate) fn read_changes(
    store: &Store,
    after: Revision,
    limit: usize,
) -> Result<Vec<LoggedChange>, LoadError> {
    let unit = Unit::Installation;
    let database = store.database()?;
    let rows = guarded(|| read_log_rows(&database, after, limit.min(CHANGES_READ_MAX)))
        .map_err(|what| damaged(unit, what))?
        .map_err(|error| read_error(unit, error))?;
    if after.0 < rows.shard.floor {
        return Err(LoadError::Trimmed {
            floor: Revision(rows.shard.floor),
        });
    }
    let broken = |revision: u64| {
        LoadError::Record(RecordError::Changed {
            unit,
            key: format!("change {revision}"),
        })
    };
    let mut changes = Vec::with_capacity(rows.rows.len());
    let mut last = rows.chain.ok_or_else(|| broken(after.0))?;
    for (index, (revision, row)) in rows.rows.iter().enumerate() {
        let (value, body) = read_log(row).ok_or_else(|| broken(*revision))?;
        let gap = *revision != after.0 + 1 + index as u64;
        if gap || value != chain(&last, 0, *revision, body) {
            return Err(broken(*revision));
        }
        last = value;
        changes.push(LoggedChange {
            shard: 0,
            revision: Revision(*revision),
            chain: value,
            writes: logged_writes(store, body).ok_or_else(|| broken(*revision))??,
        });
    }
    Ok(changes)
}

struct LogRows {
    shard: ShardRow,
    /// The chain value before the first row.
    chain: Option<[u8; 32]>,
    rows: Vec<(u64, Vec<u8>)>,
}

fn read_log_rows(
    database: &Database,
    after: Revision,
    limit: usize,
) -> Result<LogRows, redb::Error> {
    let transaction = database.begin_read()?;
    let shards = transaction.open_table(SHARDS)?;
    let shard = shards
        .get(0)?
        .and_then(|row| ShardRow::read(row.value()))
        .unwrap_or_default();
    let log = transaction.open_table(LOG)?;
    let start = if after.0 == shard.floor {
        Some(shard.floor_chain)
    } else if after.0 >= shard.revision {
        Some(shard.chain)
    } else {
        let row = log.get((0, after.0))?;
        row.and_then(|row| read_log(row.value()).map(|(value, _)| value))
    };
    let mut rows = Vec::new();
    if let Some(first) = after.0.checked_add(1) {
        for entry in log.range((0, first)..=(0, u64::MAX))?.take(limit) {
            let (key, row) = entry?;
            rows.push((key.value().1, row.value().to_vec()));
        }
    }
    Ok(LogRows {
        shard,
        chain: start,
        rows,
    })
}

fn logged_writes(store: &Store, body: &[u8]) -> Option<Result<Vec<LoggedWrite>, RecordError>> {
    let mut writes = Vec::new();
    for write in read_log_body(body)? {
        let context = Context::new(write.unit, store.sealer.clone());
        let mut puts = Vec::with_capacity(write.puts.len());
        for (kind, name, raw) in write.puts {
            match decode(kind, name, &Bytes::copy_from_slice(raw), &context) {
                Ok(record) => puts.push(record),
                Err(error) => return Some(Err(error)),
            }
        }
        let mut deletes = Vec::with_capacity(write.deletes.len());
        for (kind, name) in write.deletes {
            deletes.push(key_at(kind, name)?);
        }
        writes.push(LoggedWrite {
            unit: write.unit,
            puts,
            deletes,
        });
    }
    Some(Ok(writes))
}

/// Rows per transaction of a copy.
const COPY_ROWS: usize = 20_000;

/// Copies a consistent state of the database into a new file. Stamps and sealed secrets are copied
/// as they are; neither opens without the master key.
pub(crate) fn copy(store: &Store, to: &Path) -> Result<(), BackupError> {
    let database = store
        .database()
        .map_err(|reason| BackupError::Database(reason.to_string()))?;
    let io = |source: std::io::Error| BackupError::Io {
        path: to.to_path_buf(),
        source,
    };
    let file = match private_file(to, Access::New) {
        Ok(_) => private_file(to, Access::ReadWrite),
        Err(super::files::FileError::Io { source, .. })
            if source.kind() == std::io::ErrorKind::AlreadyExists =>
        {
            return Err(BackupError::Exists(to.to_path_buf()));
        }
        Err(error) => Err(error),
    };
    let file = file.map_err(|error| io(std::io::Error::other(error.to_string())))?;
    let copied = guarded(|| {
        let target = super::database_of(file)?;
        let transaction = database.begin_read()?;
        copy_table(&transaction, &target, UNITS)?;
        copy_table(&transaction, &target, RECORDS)?;
        copy_table(&transaction, &target, LOG)?;
        copy_table(&transaction, &target, SHARDS)?;
        copy_table(&transaction, &target, OUTBOX)?;
        copy_table(&transaction, &target, LEASES)?;
        // Last: a copy that was broken off has no form and is not opened.
        copy_table(&transaction, &target, META)?;
        target.close()?;
        Ok(())
    });
    let result = match copied {
        Ok(Ok(())) => sync_parent(to).map_err(|error| io(std::io::Error::other(error.to_string()))),
        Ok(Err(error)) => Err(BackupError::Database(error.to_string())),
        Err(what) => Err(BackupError::Database(what)),
    };
    if result.is_err() {
        let _ = std::fs::remove_file(to);
    }
    result
}

fn copy_table<K: redb::Key + 'static, V: redb::Value + 'static>(
    from: &redb::ReadTransaction,
    to: &Database,
    table: TableDefinition<'_, K, V>,
) -> Result<(), redb::Error> {
    let source = from.open_table(table)?;
    let mut rows = source.iter()?;
    let mut more = true;
    while more {
        let transaction = super::transact::begin(to)?;
        {
            let mut target = transaction.open_table(table)?;
            more = false;
            for entry in rows.by_ref().take(COPY_ROWS) {
                let (key, value) = entry?;
                target.insert(key.value(), value.value())?;
                more = true;
            }
        }
        transaction.commit()?;
    }
    Ok(())
}

/// Whether the database was set up, and in a form that this program knows.
pub(crate) fn is_set_up(database: &Database) -> Result<Result<bool, u8>, redb::Error> {
    let transaction = database.begin_read()?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Ok(false)),
        Err(error) => return Err(error.into()),
    };
    Ok(match meta.get(META_FORMAT)? {
        None => Ok(false),
        Some(row) if row.value() == [FORMAT] => Ok(true),
        Some(row) => Err(row.value().first().copied().unwrap_or(0)),
    })
}
