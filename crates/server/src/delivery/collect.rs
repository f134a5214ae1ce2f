//! Which records are delivered next: those behind what is done, as piles by target, account and region.

use locum_store::{TrailDay, TrailReader};

use super::files::{Group, HOME_REGION, Piles, Seen, filed_under};
use super::regions::is_known;
use super::state::{Reached, State};
use super::target::Target;
use super::targets::Targets;
use super::{Fault, pass::Delivery};
use crate::limits;

impl Delivery {
    /// How far the day files go now. What stands behind the trail's head may still be taken back.
    pub(super) fn written(&self) -> Result<Reached, Fault> {
        let reader = TrailReader::open(&self.data)?;
        let mut written = Reached::new();
        // The files first: the head only moves on.
        for day in reader.days()? {
            written.insert(day.number(), reader.length(day)?);
        }
        if let Some(head) = reader.head()?.known()
            && let Some(length) = written.get_mut(&head.day.number())
        {
            *length = head.length.min(*length);
        }
        Ok(written)
    }

    /// The records behind what is done, up to `until` or as many as fit into memory.
    pub(super) fn collect(
        &self,
        state: &State,
        until: &Reached,
        targets: &mut Targets<'_>,
    ) -> Result<(Piles, Reached), Fault> {
        let reader = TrailReader::open(&self.data)?;
        let mut reached = state.done.clone();
        let mut piles = Piles::default();
        for day in reader.days()? {
            let from = reached.get(&day.number()).copied().unwrap_or(0);
            let end = until.get(&day.number()).copied().unwrap_or(0);
            if end <= from || piles.bytes >= limits::DELIVERY_BYTES_MAX {
                continue;
            }
            let at = collect_day(&reader, day, (from, end), state, targets, &mut piles)?;
            reached.insert(day.number(), at);
        }
        Ok((piles, reached))
    }
}

/// Takes a day's records within a span of its file; answers where it ended.
fn collect_day(
    reader: &TrailReader,
    day: TrailDay,
    (from, end): (u64, u64),
    state: &State,
    targets: &mut Targets<'_>,
    piles: &mut Piles,
) -> Result<u64, Fault> {
    let mut lines = reader.lines(day, from)?.until(end);
    let mut at = from;
    let configured = targets.configured_region();
    while piles.bytes < limits::DELIVERY_BYTES_MAX {
        let Some(line) = lines.next_line()? else {
            break;
        };
        at = line.end;
        // A line that is no record, or has no place in the chain, was damaged or put there: nothing signed may name it.
        // The trail's own check tells of it.
        if line.point().is_none() {
            continue;
        }
        let Ok(seen) = serde_json::from_slice::<Seen>(line.bytes) else {
            continue;
        };
        let management = targets.management.clone();
        let (account, region) = filed_under(&seen, &management);
        for number in targets.of(&account)? {
            let Some(target) = targets.all.get(number) else {
                continue;
            };
            if target.takes(&seen, &account, &region) {
                let mut group = Group {
                    target: number,
                    account: account.clone(),
                    region: region.clone(),
                };
                if is_made_up(state, configured.as_deref(), target, &group) {
                    HOME_REGION.clone_into(&mut group.region);
                }
                piles.add(group, line.bytes, &seen.event_time);
            }
        }
    }
    Ok(at)
}

/// Callers name regions at will: one that is made up has no files of its own, unless somebody who may make
/// trails has one there.
fn is_made_up(state: &State, configured: Option<&str>, target: &Target, group: &Group) -> bool {
    !is_known(&group.region, configured)
        && group.region != target.home_region
        && !state.chains.contains_key(&chain_name(target, group))
}

pub(super) fn chain_name(target: &Target, group: &Group) -> String {
    format!("{}|{}|{}", target.id, group.account, group.region)
}
