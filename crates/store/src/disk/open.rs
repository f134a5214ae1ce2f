//! Opening a data directory: files, master key, database, fence, trail, threads.

use super::fence::Fence;
use super::files::{Access, FileError, private_dir, private_file, replace, sync_parent};
use super::options::{OpenError, OpenReport, RedbOptions, Restore, Restored};
use super::outbox::reconcile;
use super::reader::{guarded, is_set_up};
use super::schema::{
    FORMAT, LEASES, LOG, META, META_CLUSTER, META_FORMAT, META_KEY_CHECK, META_SHARDS, OUTBOX,
    RECORDS, SHARDS, ShardRow, UNITS, read_log, read_shards, unstamp, write_shards,
};
use super::store::Store;
use super::transact::begin;
use super::writer::Writer;
use super::{RedbEngine, database_path, fence_path, master_key_path, open_database, trail_path};
use crate::id::{Revision, Unit};
use crate::limits::SHARDS as SHARD_COUNT;
use crate::record::Kind;
use crate::seal::{MASTER_KEY_BYTES, RandomSource, Sealer};
use crate::trail::file::{TrailAlarm, TrailFiles};
use crate::trail::index;
use redb::{Database, ReadableDatabase};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use zeroize::Zeroizing;

/// Reader threads: units that are not in memory are read there.
const READERS: usize = 2;

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
    // A database without its key is refused below, once it is known to hold anything: a first start
    // that was killed between the two files starts over.
    let key_path = master_key_path(dir);
    // A new database gets its name once it is whole: redb does not open what a crash left half made.
    let is_new = !path.metadata().is_ok_and(|found| found.len() > 0);
    let database = match is_new {
        true => open_draft(&path),
        false => open_database(&path, Access::ReadWrite),
    };
    let database = database.map_err(|error| match error {
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
    if is_new {
        std::fs::rename(draft_path(&path), &path).map_err(FileError::io(&path))?;
        sync_parent(&path)?;
    }
    let sealer = Arc::new(check_meta(&database, &master, &options.random, &key_path)?);
    let mut shard = read_shard(&database)?;
    let restore = options.restore;
    check_fence(dir, &database, &sealer, &mut shard, restore, &mut report)?;
    report.revision = Revision(shard.revision);
    let (mut files, opened) = TrailFiles::open(&trail_path(dir))?;
    report.repairs = opened.repairs;
    report.trail_alarm = opened.alarm;
    let is_empty = files.last().sequence == 0;
    let outbox = reconcile(&database, &mut files, &mut report)?;
    // Of a first start that a crash ended, the record still stands in the outbox.
    if is_empty && shard.revision > 0 && (opened.is_new || outbox.next_row == 0) {
        report.trail_alarm = Some(TrailAlarm::Gone);
    }
    let fenced = if report.restored.is_some() {
        0
    } else {
        shard.revision
    };
    let store = Arc::new(Store::new(
        dir.to_path_buf(),
        sealer,
        (options.cache_bytes, options.log_bytes),
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

/// Where a new database is made before it gets its name.
fn draft_path(path: &Path) -> PathBuf {
    path.with_extension("redb.new")
}

/// The draft of a new database; one that a crash left half made is replaced.
fn open_draft(path: &Path) -> Result<Database, OpenError> {
    let draft = draft_path(path);
    match open_database(&draft, Access::ReadWrite) {
        Err(OpenError::Locked(draft)) => Err(OpenError::Locked(draft)),
        Err(OpenError::File(error)) => Err(OpenError::File(error)),
        Err(_) => {
            std::fs::remove_file(&draft).map_err(FileError::io(&draft))?;
            open_database(&draft, Access::ReadWrite)
        }
        opened => opened,
    }
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
    let (stop_index, stop_building) = mpsc::channel();
    let dir = trail_path(&store.dir);
    let shared = store.clone();
    let (index, questions) = index::build::open(&dir, move |day| shared.trail.durable(day))
        .map_err(FileError::io(&dir))?;
    let index = Arc::new(index);
    let mut engine = RedbEngine {
        store: store.clone(),
        report,
        writer: None,
        trail: None,
        others: Vec::new(),
        stop_watch: Some(stop_watch),
        index: index.clone(),
        stop_index: Some(stop_index),
    };
    let shared = store.clone();
    engine.trail = Some(thread("locum-trail", move || shared.trail.run(&mut files))?);
    engine.writer = Some(thread("locum-writer", move || writer.run())?);
    for number in 0..READERS {
        let shared = store.clone();
        let reader = thread(&format!("locum-read-{number}"), move || shared.run_reader())?;
        engine.others.push(reader);
    }
    let builder = index.clone();
    let indexer = thread("locum-index", move || builder.build(&stop_building))?;
    engine.others.push(indexer);
    let closed = store.clone();
    let searcher = thread("locum-search", move || {
        index.answer(&questions, || closed.is_closed());
    })?;
    engine.others.push(searcher);
    let shared = store;
    let watch = thread("locum-watch", move || super::watch(&shared, &stop))?;
    engine.others.push(watch);
    Ok(engine)
}
