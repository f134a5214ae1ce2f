//! Reconciles the outbox with the trail when the store is opened.

use super::options::{OpenError, OpenReport};
use super::schema::{OUTBOX, read_outbox};
use crate::change::Event;
use crate::day::day_of;
use crate::trail::Disk;
use crate::trail::file::TrailFiles;
use redb::{Database, ReadableDatabase, ReadableTable};
use std::collections::{BTreeMap, BTreeSet};

/// What is left to do for events of committed writes.
pub(crate) struct Outbox {
    pub(crate) next_row: u64,
    pub(crate) delivered: Vec<u64>,
    pub(crate) failed: Vec<u64>,
}

type Rows<'a> = Vec<(u64, &'a Event)>;

/// Brings events of committed writes into the trail that a crash kept from it: nothing is lost, and
/// what is there already is recognised and not written twice.
pub(crate) fn reconcile(
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
    // By day: where to look from, and the rows.
    let mut days: BTreeMap<i64, (u64, Rows<'_>)> = BTreeMap::new();
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

/// The days of events that are not yet out of the outbox.
pub(crate) fn days_waiting(database: &Database) -> Result<BTreeSet<i64>, OpenError> {
    let rows = read_outbox_rows(database)?;
    let days = rows.iter().map(|(_, event, _)| day_of(event.time_s));
    Ok(days.collect())
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
