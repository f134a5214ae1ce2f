//! When all was read: does the trail go as far as it should, and does it hold what else is known of it?

use super::super::finding::FindingKind;
use super::super::walk::Walk;
use super::{HeadState, Judge, TrailReport};

impl Judge<'_> {
    /// Of what was delivered, the first that is not there: neither removed on purpose, nor older than what was read,
    /// nor found to be missing already.
    fn end_delivered(&mut self, first: u64, last: u64) {
        if self.report.findings_count > 0 {
            return;
        }
        let delivered = std::mem::take(&mut self.delivered);
        let gone = |sequence: &u64| {
            let pruned = self.pruned.and_then(|pruned| pruned.covering(*sequence));
            *sequence < first.min(last + 1) || pruned.is_some()
        };
        let Some(sequence) = delivered.into_keys().find(|sequence| !gone(sequence)) else {
            return;
        };
        let kind = match sequence > last {
            true => FindingKind::DeliveredMissing,
            false => FindingKind::DeliveredDiffers,
        };
        self.find(kind, sequence, sequence, None);
    }

    /// When as much was read as was asked for, which is not all.
    pub(in crate::trail::verify) fn end_early(self) -> TrailReport {
        self.report
    }

    /// When everything was read: does the trail go as far as it should?
    pub(in crate::trail::verify) fn end(mut self, walk: &Walk<'_>) -> TrailReport {
        self.pass_gone(|_, _| None);
        let last = self.expected - 1;
        let read = self.report.range.is_some();
        match self.head {
            HeadState::Known(head) if head.point.sequence > last => {
                let place = walk.end_of(head.day);
                self.find(FindingKind::CutTail, last + 1, head.point.sequence, place);
            }
            _ if !read && last == 0 && self.reader.is_beside_store() => {
                self.find(FindingKind::Gone, 1, 1, None);
            }
            HeadState::Missing if read || self.report.unchained > 0 || walk.begins_later() => {
                self.find(FindingKind::HeadMissing, last, last, None);
            }
            HeadState::Damaged => {
                self.find(FindingKind::HeadDamaged, last, last, None);
            }
            HeadState::Known(_) | HeadState::Missing => {}
        }
        let first = self
            .report
            .range
            .map_or(u64::MAX, |(first, _)| first.sequence);
        self.end_delivered(first, last);
        for (sequence, hashes) in std::mem::take(&mut self.checkpoints) {
            if sequence > last {
                self.find(FindingKind::RolledBack, sequence, sequence, None);
            } else if let Some(hash) = self.gone_with(sequence) {
                let same = hashes.iter().filter(|held| **held == hash).count();
                self.report.checkpoints_older += same as u64;
                for _ in same..hashes.len() {
                    self.find(FindingKind::CheckpointDiffers, sequence, sequence, None);
                }
            } else if sequence < first
                || self
                    .pruned
                    .is_some_and(|pruned| pruned.covering(sequence).is_some())
            {
                self.report.checkpoints_older += hashes.len() as u64;
            } else {
                self.find(FindingKind::CheckpointDiffers, sequence, sequence, None);
            }
        }
        self.report
    }
}
