//! A change checked and encoded, ready for an engine: the same for all of them.

use crate::change::{Change, Event, Key, Record};
use crate::engine::CommitError;
use crate::id::{Revision, Unit};
use crate::limits::{
    CHANGE_BYTES_MAX, CHANGE_EVENTS_MAX, CHANGE_RECORDS_MAX, EVENT_BYTES_MAX, EVENT_POLICIES_MAX,
    EVENT_POLICY_BYTES_MAX, KEY_BYTES_MAX,
};
use crate::record::{EncodeError, Encoded, Kind, encode, place};
use crate::seal::Sealer;

/// A change whose records are encoded and whose limits were checked.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) writes: Vec<PreparedWrite>,
    pub(crate) events: Vec<Event>,
    pub(crate) bytes: usize,
}

/// A unit's part of it. `puts` and `encoded` are the same records in the same order.
#[derive(Debug)]
pub(crate) struct PreparedWrite {
    pub(crate) unit: Unit,
    pub(crate) expects: Revision,
    pub(crate) puts: Vec<Record>,
    pub(crate) encoded: Vec<Encoded>,
    pub(crate) deletes: Vec<(Kind, String)>,
}

/// Checks the events alone; a change without writes needs no more.
pub(crate) fn check_events(events: &[Event]) -> Result<usize, CommitError> {
    limit("events", events.len(), CHANGE_EVENTS_MAX)?;
    let mut bytes = 0;
    for event in events {
        limit("event", event.record.len(), EVENT_BYTES_MAX)?;
        if event.record.is_empty() {
            return Err(CommitError::Malformed("an empty event"));
        }
        if event.record.contains(&b'\n') {
            return Err(CommitError::Malformed("an event with a line feed"));
        }
        // The chain's member is written into the object, behind another one.
        let inner = event.record.strip_prefix(b"{");
        if inner
            .and_then(|rest| rest.strip_suffix(b"}"))
            .is_none_or(<[u8]>::is_empty)
        {
            return Err(CommitError::Malformed("an event that is no JSON object"));
        }
        limit("policies", event.policies.len(), EVENT_POLICIES_MAX)?;
        for policy in &event.policies {
            limit("policy", policy.text().len(), EVENT_POLICY_BYTES_MAX)?;
        }
        bytes += event.record.len() + 1;
    }
    Ok(bytes)
}

/// Checks and encodes a change.
pub(crate) fn prepare(change: Change, sealer: &Sealer) -> Result<Prepared, CommitError> {
    let mut bytes = check_events(&change.events)?;
    // Between the commit and the trail an event rests in the outbox, which holds its record alone.
    if !change.writes.is_empty() && change.events.iter().any(|event| !event.policies.is_empty()) {
        return Err(CommitError::Malformed("policies beside writes"));
    }
    let records = change
        .writes
        .iter()
        .map(|write| write.puts.len() + write.deletes.len())
        .sum();
    limit("records", records, CHANGE_RECORDS_MAX)?;
    let mut writes: Vec<PreparedWrite> = Vec::with_capacity(change.writes.len());
    for write in change.writes {
        if writes.iter().any(|other| other.unit == write.unit) {
            return Err(CommitError::Malformed("two writes to one unit"));
        }
        let mut deletes = Vec::with_capacity(write.deletes.len());
        for key in &write.deletes {
            deletes.push(check_delete(key, write.unit)?);
        }
        let mut encoded = Vec::with_capacity(write.puts.len());
        for record in &write.puts {
            let put = encode(record, write.unit, sealer).map_err(|error| match error {
                EncodeError::TooLarge { size, size_max } => CommitError::TooLarge {
                    what: "record",
                    size,
                    size_max,
                },
                EncodeError::Form(what) => CommitError::Malformed(what),
            })?;
            if !put.kind.fits(write.unit) {
                return Err(CommitError::Malformed("a record of another kind of unit"));
            }
            limit("key", put.name.len(), KEY_BYTES_MAX)?;
            bytes += put.raw.len() + put.name.len();
            encoded.push(put);
        }
        check_duplicates(&encoded)?;
        check_new(write.unit, write.expects, &encoded)?;
        writes.push(PreparedWrite {
            unit: write.unit,
            expects: write.expects,
            puts: write.puts,
            encoded,
            deletes,
        });
    }
    limit("change", bytes, CHANGE_BYTES_MAX)?;
    Ok(Prepared {
        writes,
        events: change.events,
        bytes,
    })
}

fn limit(what: &'static str, size: usize, size_max: usize) -> Result<(), CommitError> {
    if size > size_max {
        return Err(CommitError::TooLarge {
            what,
            size,
            size_max,
        });
    }
    Ok(())
}

fn check_delete(key: &Key, unit: Unit) -> Result<(Kind, String), CommitError> {
    let (kind, name) = place(key);
    if matches!(kind, Kind::AccountMeta | Kind::InstallationMeta) {
        return Err(CommitError::Malformed("a unit's own record deleted"));
    }
    if !kind.fits(unit) {
        return Err(CommitError::Malformed("a key of another kind of unit"));
    }
    limit("key", name.len(), KEY_BYTES_MAX)?;
    Ok((kind, name))
}

fn check_duplicates(encoded: &[Encoded]) -> Result<(), CommitError> {
    let mut places: Vec<_> = encoded.iter().map(|put| (put.kind, &put.name)).collect();
    places.sort_unstable();
    if places.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(CommitError::Malformed("two records under one key"));
    }
    Ok(())
}

/// A new unit brings its own record, so that no unit without one can come to be.
fn check_new(unit: Unit, expects: Revision, encoded: &[Encoded]) -> Result<(), CommitError> {
    let own = match unit {
        Unit::Account(_) => Kind::AccountMeta,
        Unit::Installation => Kind::InstallationMeta,
    };
    if expects == Revision::NONE && !encoded.iter().any(|put| put.kind == own) {
        return Err(CommitError::Malformed("a new unit without its own record"));
    }
    Ok(())
}
