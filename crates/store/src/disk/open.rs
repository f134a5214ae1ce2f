//! Opening a data directory: files, master key, database, fence, trail, threads.

use super::fence::Fence;
use super::files::{Access, FileError, private_dir, private_file, replace};
use super::reader::{guarded, is_set_up};
use super::schema::{
    FORMAT, LEASES, LOG, META, META_CLUSTER, META_FORMAT, META_KEY_CHECK, META_SHARDS, OUTBOX,
    RECORDS, SHARDS, ShardRow, UNITS, read_log, read_outbox, read_shards, unstamp, write_shards,
};
use super::store::Store;
use super::writer::{Writer, begin};
use super::{RedbEngine, database_path, fence_path, master_key_path, open_database, trail_path};
use crate::change::Event;
use crate::day::day_of;
use crate::id::{Revision, Unit};
use crate::limits::{CACHE_BYTES_DEFAULT, SHARDS as SHARD_COUNT};
use crate::record::Kind;
use crate::seal::{MASTER_KEY_BYTES, RandomSource, Sealer};
use crate::trail::Disk;
use crate::trail::file::{TrailFiles, TrailRepair};
use redb::{Database, ReadableDatabase, ReadableTable};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use zeroize::Zeroizing;

/// Reader threads: units that are not in memory are read there.
const READERS: usize = 2;

/// How the embedded engine is opened.
#[derive(Clone)]
pub struct RedbOptions {
    /// Fills a buffer with random bytes: for the master key, the cluster id and nonces.
    pub random: RandomSource,
    /// Bytes of accounts kept in memory, as reckoned by the cache (four times their stored bytes).
    pub cache_bytes: u64,
    /// What to do with a database that is older than its fence.
    pub restore: Restore,
}

impl RedbOptions {
    /// The defaults, with this source of randomness.
    pub fn new(random: RandomSource) -> RedbOptions {
        RedbOptions {
            random,
            cache_bytes: CACHE_BYTES_DEFAULT,
            restore: Restore::Refuse,
        }
    }
}

impl std::fmt::Debug for RedbOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedbOptions")
            .field("cache_bytes", &self.cache_bytes)
            .field("restore", &self.restore)
            .finish_non_exhaustive()
    }
}

/// Whether a database that history has left behind is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restore {
    /// Not: what was revoked since would be valid again.
    #[default]
    Refuse,
    /// By the operator's word: its history goes on behind the fence. The caller must then revoke
    /// what may have come back; [`OpenReport::restored`] says so.
    Accept,
}

/// An older database was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How far its history had come.
    pub from: Revision,
    /// How far history had come when the fence was last moved.
    pub fence: Revision,
}

/// What opening found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// The store was made new.
    pub created: bool,
    /// The newest revision.
    pub revision: Revision,
    /// Torn ends of the trail that were cut off.
    pub repairs: Vec<TrailRepair>,
    /// Events of committed writes that a crash had kept from the trail and that are there now.
    pub redelivered: usize,
    /// An older database was accepted.
    pub restored: Option<Restored>,
}

/// Why a data directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder is not private, not what it should be, or not accessible.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process has it open.
    #[error("{0} is in use by another process")]
    Locked(PathBuf),
    /// There is a database but no master key: its secrets cannot be opened.
    #[error("{0} is missing; without it the secrets in the database cannot be opened")]
    MasterKeyMissing(PathBuf),
    /// The master key is not 32 bytes.
    #[error("{path} has {size} bytes instead of 32")]
    MasterKeySize {
        /// The key's file.
        path: PathBuf,
        /// Its size.
        size: usize,
    },
    /// The master key is not the one of this database.
    #[error("{0} is not the master key of this database")]
    MasterKeyWrong(PathBuf),
    /// The source of randomness gave nothing.
    #[error("the source of randomness gave no random bytes")]
    Random,
    /// Written by a newer program.
    #[error("the database has format {0}, which this program does not know")]
    Format(u8),
    /// The database has another number of shards.
    #[error("the database has {0} shards, this program has {SHARD_COUNT}")]
    Shards(u16),
    /// The database is older than its fence.
    #[error(
        "the database is at revision {found}, but history had come to {fence}: a restored copy? \
         Keys and sessions revoked since would be valid again"
    )]
    RolledBack {
        /// The database's newest revision.
        found: Revision,
        /// The fence's.
        fence: Revision,
    },
    /// The database has another history than its fence, or belongs to another installation.
    #[error("the database does not belong to {0}")]
    Diverged(PathBuf),
    /// The database is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(String),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

impl From<redb::Error> for OpenError {
    fn from(error: redb::Error) -> OpenError {
        match error {
            redb::Error::Corrupted(what) => OpenError::Damaged(what),
            redb::Error::DatabaseAlreadyOpen => OpenError::Locked(PathBuf::from("the database")),
            other => OpenError::Database(other.to_string()),
        }
    }
}

/// Opens or makes a data directory: folders 0700, files 0600, wider ones refused.
///
/// Nothing account-sized is read. Many accounts or roles are created fastest by changes of about
/// 1,000 puts each: their size costs one sync, not one each.
///
/// # Errors
/// See [`OpenError`].
pub fn open_redb(dir: &Path, options: RedbOptions) -> Result<RedbEngine, OpenError> {
    let mut result = Err(OpenError::Damaged(String::new()));
    // A damaged file may make the database panic.
    match guarded(|| {
        result = open(dir, &options);
        Ok(())
    }) {
        Ok(_) => result,
        Err(panic) => Err(OpenError::Damaged(panic)),
    }
}

fn open(dir: &Path, options: &RedbOptions) -> Result<RedbEngine, OpenError> {
    private_dir(dir)?;
    let path = database_path(dir);
    let existing = path.exists();
    let key_path = master_key_path(dir);
    if existing && !key_path.exists() && path.metadata().is_ok_and(|found| found.len() > 0) {
        return Err(OpenError::MasterKeyMissing(key_path));
    }
    let database = open_database(&path, Access::ReadWrite).map_err(|error| match error {
        OpenError::Locked(_) => OpenError::Locked(path.clone()),
        other => other,
    })?;
    let set_up = is_set_up(&database)?.map_err(OpenError::Format)?;
    let master = master_key(&key_path, &options.random, set_up)?;
    let mut report = OpenReport {
        created: !set_up,
        ..OpenReport::default()
    };
    if !set_up {
        set_up_database(&database, &master, &options.random)?;
    }
    let sealer = Arc::new(check_meta(&database, &master, &options.random, &key_path)?);
    let mut shard = read_shard(&database)?;
    check_fence(
        dir,
        &database,
        &sealer,
        &mut shard,
        options.restore,
        &mut report,
    )?;
    report.revision = Revision(shard.revision);
    let (mut files, repairs) = TrailFiles::open(&trail_path(dir))?;
    report.repairs = repairs;
    let outbox = reconcile(&database, &mut files, &mut report)?;
    let fenced = if report.restored.is_some() {
        0
    } else {
        shard.revision
    };
    let store = Arc::new(Store::new(
        dir.to_path_buf(),
        sealer,
        options.cache_bytes,
        database,
        Revision(shard.revision),
    ));
    let rows = (outbox.delivered.len() + outbox.failed.len()) as u64;
    store.figures.outbox_rows.store(rows, Ordering::Relaxed);
    let writer = Writer {
        store: store.clone(),
        shard,
        next_row: outbox.next_row,
        delivered: outbox.delivered,
        failed: outbox.failed,
        fenced,
    };
    start(store, writer, files, report)
}

/// The master key; made when the store is new.
fn master_key(
    path: &Path,
    random: &RandomSource,
    set_up: bool,
) -> Result<Zeroizing<[u8; MASTER_KEY_BYTES]>, OpenError> {
    let mut key = Zeroizing::new([0; MASTER_KEY_BYTES]);
    if path.exists() {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MASTER_KEY_BYTES + 1));
        private_file(path, Access::Read)?
            .take(MASTER_KEY_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(FileError::io(path))?;
        if bytes.len() != MASTER_KEY_BYTES {
            return Err(OpenError::MasterKeySize {
                path: path.to_path_buf(),
                size: bytes.len(),
            });
        }
        key.copy_from_slice(&bytes);
        return Ok(key);
    }
    if set_up {
        return Err(OpenError::MasterKeyMissing(path.to_path_buf()));
    }
    random(key.as_mut());
    if key.iter().all(|byte| *byte == 0) {
        return Err(OpenError::Random);
    }
    replace(path, key.as_ref())?;
    Ok(key)
}

fn sealer(
    master: &[u8; MASTER_KEY_BYTES],
    cluster_id: &str,
    random: &RandomSource,
) -> Result<Sealer, OpenError> {
    Sealer::new(master, cluster_id, random.clone())
        .map_err(|error| OpenError::Database(error.to_string()))
}

fn set_up_database(
    database: &Database,
    master: &[u8; MASTER_KEY_BYTES],
    random: &RandomSource,
) -> Result<(), OpenError> {
    let mut bytes = [0u8; 16];
    random(&mut bytes);
    let cluster_id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let check = sealer(master, &cluster_id, random)?
        .stamp(Unit::Installation, Kind::KeyCheck, "", b"")
        .map_err(|error| OpenError::Database(error.to_string()))?;
    let write = || -> Result<(), redb::Error> {
        let transaction = begin(database)?;
        {
            transaction.open_table(UNITS)?;
            transaction.open_table(RECORDS)?;
            transaction.open_table(LOG)?;
            transaction.open_table(SHARDS)?;
            transaction.open_table(OUTBOX)?;
            transaction.open_table(LEASES)?;
            let mut meta = transaction.open_table(META)?;
            meta.insert(META_CLUSTER, cluster_id.as_bytes())?;
            meta.insert(META_SHARDS, write_shards(SHARD_COUNT).as_slice())?;
            meta.insert(META_KEY_CHECK, check.as_slice())?;
            meta.insert(META_FORMAT, [FORMAT].as_slice())?;
        }
        transaction.commit()?;
        Ok(())
    };
    write().map_err(OpenError::from)
}

/// Reads what the store says of itself and proves that the master key is its own.
fn check_meta(
    database: &Database,
    master: &[u8; MASTER_KEY_BYTES],
    random: &RandomSource,
    key_path: &Path,
) -> Result<Sealer, OpenError> {
    let read = || -> Result<_, redb::Error> {
        let meta = database.begin_read()?.open_table(META)?;
        let row = |name| -> Result<Option<Vec<u8>>, redb::Error> {
            Ok(meta.get(name)?.map(|row| row.value().to_vec()))
        };
        Ok((row(META_CLUSTER)?, row(META_SHARDS)?, row(META_KEY_CHECK)?))
    };
    let (cluster, shards, check) = read()?;
    let damaged = || OpenError::Damaged("its own description is not readable".to_owned());
    let cluster = cluster
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(damaged)?;
    let shards = shards
        .and_then(|row| read_shards(&row))
        .ok_or_else(damaged)?;
    if shards != SHARD_COUNT {
        return Err(OpenError::Shards(shards));
    }
    let sealer = sealer(master, &cluster, random)?;
    let check = check.ok_or_else(damaged)?;
    let (stamp, rest) = unstamp(&check).ok_or_else(damaged)?;
    sealer
        .check(Unit::Installation, Kind::KeyCheck, "", stamp, rest)
        .map_err(|_| OpenError::MasterKeyWrong(key_path.to_path_buf()))?;
    Ok(sealer)
}

fn read_shard(database: &Database) -> Result<ShardRow, OpenError> {
    let read = || -> Result<Option<Option<ShardRow>>, redb::Error> {
        let shards = database.begin_read()?.open_table(SHARDS)?;
        Ok(shards.get(0)?.map(|row| ShardRow::read(row.value())))
    };
    match read()? {
        None => Ok(ShardRow::default()),
        Some(Some(shard)) => Ok(shard),
        Some(None) => Err(OpenError::Damaged("the state of its log".to_owned())),
    }
}

/// Compares the database with the fence beside it.
fn check_fence(
    dir: &Path,
    database: &Database,
    sealer: &Sealer,
    shard: &mut ShardRow,
    restore: Restore,
    report: &mut OpenReport,
) -> Result<(), OpenError> {
    let path = fence_path(dir);
    let Some(fence) = Fence::read(&path)? else {
        return Ok(());
    };
    if fence.cluster_id != sealer.cluster_id() {
        return Err(OpenError::Diverged(path));
    }
    if fence.revision <= shard.revision {
        let value = if fence.revision == shard.revision {
            Some(shard.chain)
        } else {
            logged_chain(database, fence.revision)?
        };
        // Beyond the log's floor nothing can be compared.
        return match value {
            Some(value) if value != fence.chain => Err(OpenError::Diverged(path)),
            _ => Ok(()),
        };
    }
    let (found, fenced) = (Revision(shard.revision), Revision(fence.revision));
    if restore == Restore::Refuse {
        return Err(OpenError::RolledBack {
            found,
            fence: fenced,
        });
    }
    // No revision is given twice: history goes on behind the fence, with an empty log.
    *shard = ShardRow {
        revision: fence.revision,
        floor: fence.revision,
        chain: fence.chain,
        floor_chain: fence.chain,
        log_bytes: 0,
    };
    let write = || -> Result<(), redb::Error> {
        let transaction = begin(database)?;
        {
            transaction.open_table(LOG)?.retain(|_, _| false)?;
            transaction
                .open_table(SHARDS)?
                .insert(0, shard.write().as_slice())?;
        }
        transaction.commit()?;
        Ok(())
    };
    write()?;
    report.restored = Some(Restored {
        from: found,
        fence: fenced,
    });
    Ok(())
}

fn logged_chain(database: &Database, revision: u64) -> Result<Option<[u8; 32]>, OpenError> {
    let read = || -> Result<_, redb::Error> {
        let log = database.begin_read()?.open_table(LOG)?;
        let row = log.get((0, revision))?;
        Ok(row.and_then(|row| read_log(row.value()).map(|(value, _)| value)))
    };
    Ok(read()?)
}

struct Outbox {
    next_row: u64,
    delivered: Vec<u64>,
    failed: Vec<u64>,
}

/// Brings events of committed writes into the trail that a crash kept from it: nothing is lost, and
/// what is there already is recognised and not written twice.
fn reconcile(
    database: &Database,
    files: &mut TrailFiles,
    report: &mut OpenReport,
) -> Result<Outbox, OpenError> {
    let rows = read_outbox_rows(database)?;
    let mut outbox = Outbox {
        next_row: rows.last().map_or(0, |(row, _, _)| row + 1),
        delivered: Vec::new(),
        failed: Vec::new(),
    };
    let mut days: BTreeMap<i64, (u64, Vec<(u64, &Event)>)> = BTreeMap::new();
    for (row, event, hint) in &rows {
        let (from, events) = days
            .entry(day_of(event.time_s))
            .or_insert((u64::MAX, Vec::new()));
        *from = (*from).min(*hint);
        events.push((*row, event));
    }
    for (day, (from, events)) in days {
        let lines: Vec<&[u8]> = events
            .iter()
            .map(|(_, event)| event.record.as_slice())
            .collect();
        let missing = files.missing(day, from, &lines)?;
        let mut bytes = Vec::new();
        for line in &missing {
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        let numbers = events.iter().map(|(row, _)| *row);
        if bytes.is_empty() || files.append(&[(day, &bytes)]).is_ok() {
            report.redelivered += missing.len();
            outbox.delivered.extend(numbers);
        } else {
            // The disk is full, say: the writer goes on trying.
            outbox.failed.extend(numbers);
        }
    }
    Ok(outbox)
}

fn read_outbox_rows(database: &Database) -> Result<Vec<(u64, Event, u64)>, OpenError> {
    let read = || -> Result<_, redb::Error> {
        let outbox = database.begin_read()?.open_table(OUTBOX)?;
        let mut rows = Vec::new();
        for entry in outbox.iter()? {
            let (number, row) = entry?;
            rows.push((number.value(), read_outbox(row.value())));
        }
        Ok(rows)
    };
    read()?
        .into_iter()
        .map(|(number, row)| {
            let (event, hint) =
                row.ok_or_else(|| OpenError::Damaged("an event in its outbox".to_owned()))?;
            Ok((number, event, hint))
        })
        .collect()
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(OpenError::Thread)
}

fn start(
    store: Arc<Store>,
    writer: Writer,
    mut files: TrailFiles,
    report: OpenReport,
) -> Result<RedbEngine, OpenError> {
    let (stop_watch, stop) = mpsc::channel();
    let mut engine = RedbEngine {
        store: store.clone(),
        report,
        writer: None,
        trail: None,
        others: Vec::new(),
        stop_watch: Some(stop_watch),
    };
    let shared = store.clone();
    engine.trail = Some(thread("locum-trail", move || shared.trail.run(&mut files))?);
    engine.writer = Some(thread("locum-writer", move || writer.run())?);
    for number in 0..READERS {
        let shared = store.clone();
        let reader = thread(&format!("locum-read-{number}"), move || shared.run_reader())?;
        engine.others.push(reader);
    }
    let shared = store;
    let watch = thread("locum-watch", move || super::watch(&shared, &stop))?;
    engine.others.push(watch);
    Ok(engine)
}
