//! Judging a line: is it the record that is due, and if not, what became of that?

mod end;

use super::finding::{Finding, FindingKind, Place};
use super::walk::Beginning;
use super::{FINDINGS_TOLD_MAX, Marker, TrailReport, VerifyOptions};
use crate::day::of_name;
use crate::disk::files::FileError;
use crate::trail::chain::{ChainPoint, Integrity, Linker};
use crate::trail::head::{HeadState, TrailHead};
use crate::trail::pruned::Pruned;
use crate::trail::reader::{TrailDay, TrailReader};
use std::collections::BTreeMap;
use std::time::Duration;

/// Gaps and misplaced records that are remembered; beyond it they are only counted.
const REMEMBERED_MAX: usize = 1_000;

/// How often, and after which pause, the head of a running server is looked at again.
const LOOKS_MAX: u32 = 5;
const LOOK_PAUSE: Duration = Duration::from_millis(20);

/// What is known of the hash before the record that is due.
#[derive(Clone, Copy)]
enum Previous {
    Known([u8; 32]),
    /// The record before was changed: what it says, and what it would have to say.
    Either([u8; 32], [u8; 32]),
    Unknown,
}

/// Whether a hash vouches for a record.
enum Verdict {
    Right,
    /// It does not; the hash that would.
    Wrong([u8; 32]),
    /// What was before is not known.
    Open,
}

/// Records that were due and are still to be seen.
struct Gap {
    first: u64,
    last: u64,
    finding: Option<usize>,
}

pub(super) struct Judge<'a> {
    pub(super) report: TrailReport,
    reader: &'a TrailReader,
    head: HeadState,
    pruned: Option<&'a Pruned>,
    checkpoints: BTreeMap<u64, Vec<[u8; 32]>>,
    /// Until one of them differs.
    delivered: BTreeMap<u64, Vec<[u8; 32]>>,
    expected: u64,
    previous: Previous,
    gaps: Vec<Gap>,
    /// How many records of a gap were not seen, by its finding.
    unseen: BTreeMap<usize, u64>,
    /// Records seen before they were due.
    early: BTreeMap<u64, Option<usize>>,
    linker: Linker,
    /// How often the head may be looked at again.
    looks: u32,
    over: bool,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        reader: &'a TrailReader,
        options: &VerifyOptions<'a>,
        head: HeadState,
    ) -> Judge<'a> {
        let mut judge = Judge {
            report: TrailReport::default(),
            reader,
            head,
            pruned: options.marker.trusted(),
            checkpoints: by_number(options.checkpoints),
            delivered: by_number(options.delivered),
            expected: 1,
            previous: Previous::Known([0; 32]),
            gaps: Vec::new(),
            unseen: BTreeMap::new(),
            early: BTreeMap::new(),
            linker: Linker::default(),
            looks: LOOKS_MAX,
            over: false,
        };
        let marker = match options.marker {
            Marker::None | Marker::Trusted(_) => None,
            Marker::Damaged => Some(FindingKind::MarkerDamaged),
            Marker::Forged => Some(FindingKind::MarkerForged),
        };
        if let Some(kind) = marker {
            judge.find(kind, 1, 1, None);
        }
        for sequence in options.forged_checkpoints {
            judge.find(FindingKind::CheckpointForged, *sequence, *sequence, None);
        }
        judge
    }

    /// When no day is left to be read, as the pass begins behind the newest record: what is due is behind it.
    pub(super) fn begin_behind(&mut self, from: Option<TrailDay>) {
        if let Some(head) = self.head.known()
            && from.is_some_and(|from| from > head.day)
        {
            self.go_on(head.point.sequence, Previous::Known(head.point.hash));
        }
    }

    /// Lines of files that hold no record of the chain, in front of it. Nothing was ever written there.
    pub(super) fn old_lines(&mut self, places: &[Place], count: u64) {
        for place in places {
            self.find(
                FindingKind::Unchained,
                self.expected,
                self.expected,
                Some(*place),
            );
        }
        let told = places.len() as u64;
        self.report.findings_count += count - told;
        self.report.unchained += count;
    }

    /// Which record is due first. A trail begins with number 1, unless something trusted tells of the
    /// record before its first one.
    pub(super) fn begin(&mut self, first: Option<(u64, Beginning)>, before: Option<ChainPoint>) {
        let Some((first, beginning)) = first else {
            return;
        };
        let known = |point: &ChainPoint| point.sequence + 1 == first;
        let pruned = self.pruned.and_then(|pruned| pruned.covering(first - 1));
        let pruned = pruned.map(|gone| gone.last);
        let checkpoints = self.checkpoints.iter().flat_map(|(sequence, hashes)| {
            let point = |hash: &[u8; 32]| ChainPoint {
                sequence: *sequence,
                hash: *hash,
            };
            hashes.iter().map(point)
        });
        let trusted = pruned.into_iter().chain(checkpoints).find(known);
        match (trusted.or(before), beginning) {
            // Whoever is at the beginning of a pruned trail comes to it by way of the marker.
            (_, Beginning::OfTrail) if pruned.is_some() => {}
            (Some(point), _) => {
                self.expected = first;
                self.previous = Previous::Known(point.hash);
            }
            (None, Beginning::Later) => {
                self.expected = first;
                self.previous = Previous::Unknown;
            }
            (None, Beginning::OfTrail) => {}
        }
    }

    /// Passes over records that were removed on purpose, when the one that is due is one of them. Where a removal was
    /// cut short some of them are still there: `ahead` tells the first one of a range.
    pub(super) fn pass_gone(&mut self, ahead: impl Fn(u64, u64) -> Option<u64>) {
        while let Some(gone) = self
            .pruned
            .and_then(|pruned| pruned.covering(self.expected))
        {
            match ahead(self.expected, gone.last.sequence) {
                None => self.go_on(gone.last.sequence, Previous::Known(gone.last.hash)),
                Some(next) if next > self.expected => self.go_on(next - 1, Previous::Unknown),
                Some(_) => return,
            }
        }
    }

    pub(super) fn expected(&self) -> u64 {
        self.expected
    }

    /// What follows was written since the pass began.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn line(
        &mut self,
        place: Place,
        body: &[u8],
        integrity: Integrity,
        after: Option<u64>,
    ) -> Result<(), FileError> {
        let due = self.expected;
        match integrity {
            Integrity::At(point) if point.sequence == due => self.due(place, body, point),
            // Everything but its number is right.
            Integrity::At(point) if self.is_due_but_for_its_number(body, &point) => {
                self.find(FindingKind::Changed, due, due, Some(place));
                self.go_on(due, Previous::Known(point.hash));
            }
            Integrity::At(point) => return self.not_due(place, body, point, after),
            Integrity::Damaged | Integrity::None => {
                let kind = match integrity {
                    Integrity::None => FindingKind::Unchained,
                    _ => FindingKind::Changed,
                };
                self.report.unchained += u64::from(integrity == Integrity::None);
                self.find(kind, due, due, Some(place));
                // Put in before the record that is due, or in its place?
                if after != Some(due) {
                    self.go_on(due, Previous::Unknown);
                }
            }
        }
        Ok(())
    }

    pub(super) fn unfinished(&mut self, place: Place) {
        let due = self.expected;
        if self
            .head
            .known()
            .is_some_and(|head| due > head.point.sequence)
        {
            self.report.unfinished += 1;
            return;
        }
        self.find(FindingKind::CutTail, due, due, Some(place));
        self.go_on(due, Previous::Unknown);
    }

    /// The record that is due: is it the one that was written?
    fn due(&mut self, place: Place, body: &[u8], point: ChainPoint) {
        let sequence = point.sequence;
        match self.check(body, &point) {
            Verdict::Right => {
                self.report.proven += 1;
                self.go_on(sequence, Previous::Known(point.hash));
            }
            Verdict::Open => {
                self.report.unproven += 1;
                self.go_on(sequence, Previous::Known(point.hash));
            }
            Verdict::Wrong(hash) => {
                self.find(FindingKind::Changed, sequence, sequence, Some(place));
                self.go_on(sequence, Previous::Either(point.hash, hash));
            }
        }
        self.seen(place, body, &point);
    }

    /// What else is known of a record that stands in its place.
    fn seen(&mut self, place: Place, body: &[u8], point: &ChainPoint) {
        let sequence = point.sequence;
        let range = self.report.range.get_or_insert((*point, *point));
        range.1 = *point;
        if event_day(body).is_some_and(|day| day != place.day) {
            self.find(FindingKind::OutOfOrder, sequence, sequence, Some(place));
        }
        // The one that was seen before was a copy.
        if let Some(Some(finding)) = self.early.remove(&sequence)
            && let Some(finding) = self.report.findings.get_mut(finding)
        {
            finding.kind = FindingKind::Twice;
        }
        if let Some(head) = self.head.known()
            && head.point.sequence == sequence
            && head
                != (TrailHead {
                    point: *point,
                    day: place.day,
                    length: place.end,
                })
        {
            self.find(FindingKind::HeadDiffers, sequence, sequence, Some(place));
        }
        if self
            .gone_with(sequence)
            .is_some_and(|hash| hash != point.hash)
        {
            self.find(FindingKind::MarkerDiffers, sequence, sequence, Some(place));
        }
        let delivered = self.delivered.remove(&sequence).unwrap_or_default();
        if delivered.iter().any(|hash| *hash != point.hash) {
            self.delivered.clear();
            self.find(
                FindingKind::DeliveredDiffers,
                sequence,
                sequence,
                Some(place),
            );
        }
        for hash in self.checkpoints.remove(&sequence).into_iter().flatten() {
            if hash == point.hash {
                self.report.checkpoints_held += 1;
            } else {
                self.find(
                    FindingKind::CheckpointDiffers,
                    sequence,
                    sequence,
                    Some(place),
                );
            }
        }
    }

    /// The hash of a record as the marker of what was removed tells it.
    fn gone_with(&self, sequence: u64) -> Option<[u8; 32]> {
        let gone = self.pruned?.covering(sequence)?;
        (gone.last.sequence == sequence).then_some(gone.last.hash)
    }

    /// A record with another number than the one that is due.
    fn not_due(
        &mut self,
        place: Place,
        body: &[u8],
        point: ChainPoint,
        after: Option<u64>,
    ) -> Result<(), FileError> {
        let (due, sequence) = (self.expected, point.sequence);
        if sequence < due {
            let kind = match self.fill(sequence) {
                true => FindingKind::OutOfOrder,
                false => FindingKind::Twice,
            };
            self.find(kind, sequence, sequence, Some(place));
            return Ok(());
        }
        if self.is_newer_than_the_pass(sequence)? {
            self.over = true;
            return Ok(());
        }
        let holds_due = holds(body, due);
        match after {
            // Two records in one line: the line feed between them is gone.
            _ if holds_due && sequence == due + 1 => {
                self.find(FindingKind::Changed, due, due, Some(place));
                self.go_on(sequence, Previous::Known(point.hash));
            }
            // Put in before the record that is due.
            Some(after) if after == due => self.early(sequence, place),
            // Put in its place.
            Some(after) if after == due + 1 && sequence != after => {
                self.gap(due, due, place);
                self.early(sequence, place);
                self.go_on(due, Previous::Unknown);
            }
            _ => {
                self.gap(due, sequence - 1, place);
                self.report.unproven += 1;
                self.go_on(sequence, Previous::Known(point.hash));
                self.seen(place, body, &point);
            }
        }
        Ok(())
    }

    /// Beside a running server, records behind the head's may come from a moment at which one of the
    /// files had been looked at already.
    fn is_newer_than_the_pass(&mut self, sequence: u64) -> Result<bool, FileError> {
        let Some(head) = self.head.known() else {
            return Ok(false);
        };
        if self.expected <= head.point.sequence {
            return Ok(false);
        }
        for _ in 0..std::mem::take(&mut self.looks) {
            let now = self.reader.head()?.known();
            if now.is_some_and(|now| now.point.sequence >= sequence) {
                return Ok(true);
            }
            // The head follows its records at once.
            std::thread::sleep(LOOK_PAUSE);
        }
        Ok(false)
    }

    fn is_due_but_for_its_number(&mut self, body: &[u8], point: &ChainPoint) -> bool {
        let point = ChainPoint {
            sequence: self.expected,
            hash: point.hash,
        };
        matches!(self.check(body, &point), Verdict::Right)
    }

    fn check(&mut self, body: &[u8], point: &ChainPoint) -> Verdict {
        let (first, second) = match self.previous {
            Previous::Unknown => return Verdict::Open,
            Previous::Known(hash) => (hash, None),
            Previous::Either(hash, other) => (hash, Some(other)),
        };
        let hash = self.linker.hash(&first, point.sequence, body);
        if hash == point.hash {
            return Verdict::Right;
        }
        match second {
            Some(other) if self.linker.hash(&other, point.sequence, body) == point.hash => {
                Verdict::Right
            }
            _ => Verdict::Wrong(hash),
        }
    }

    fn go_on(&mut self, behind: u64, previous: Previous) {
        self.expected = behind + 1;
        self.previous = previous;
    }

    fn find(
        &mut self,
        kind: FindingKind,
        sequence: u64,
        through: u64,
        place: Option<Place>,
    ) -> Option<usize> {
        self.report.findings_count += 1;
        let at = self.report.findings.len();
        if at >= FINDINGS_TOLD_MAX {
            return None;
        }
        self.report.findings.push(Finding {
            kind,
            sequence,
            through,
            place,
        });
        Some(at)
    }

    /// A record stands before its place: moved or a copy, which is known when its place is reached.
    fn early(&mut self, sequence: u64, place: Place) {
        let finding = self.find(FindingKind::OutOfOrder, sequence, sequence, Some(place));
        if self.early.len() < REMEMBERED_MAX {
            self.early.insert(sequence, finding);
        }
    }

    /// Records are not where they should be: gone, or seen before, or to be seen later.
    fn gap(&mut self, first: u64, last: u64, place: Place) {
        let moved: Vec<u64> = self
            .early
            .range(first..=last)
            .map(|(key, _)| *key)
            .collect();
        let missing = last - first + 1 - moved.len() as u64;
        let mut next = first;
        let mut ranges = Vec::new();
        for sequence in moved {
            self.early.remove(&sequence);
            if sequence > next {
                ranges.push((next, sequence - 1));
            }
            next = sequence + 1;
        }
        if next <= last {
            ranges.push((next, last));
        }
        let (Some((first, _)), Some((_, last))) = (ranges.first(), ranges.last()) else {
            return;
        };
        let finding = self.find(FindingKind::Missing, *first, *last, Some(place));
        if let Some(finding) = finding {
            self.unseen.insert(finding, missing);
        }
        for (first, last) in ranges {
            if self.gaps.len() < REMEMBERED_MAX {
                self.gaps.push(Gap {
                    first,
                    last,
                    finding,
                });
            }
        }
    }

    /// Was this record missing so far? Then it is no longer.
    fn fill(&mut self, sequence: u64) -> bool {
        let holds = |gap: &Gap| gap.first <= sequence && sequence <= gap.last;
        let Some(at) = self.gaps.iter().position(holds) else {
            return false;
        };
        let gap = self.gaps.swap_remove(at);
        for (first, last) in [(gap.first, sequence - 1), (sequence + 1, gap.last)] {
            if first <= last && self.gaps.len() < REMEMBERED_MAX {
                self.gaps.push(Gap {
                    first,
                    last,
                    finding: gap.finding,
                });
            }
        }
        if let Some(at) = gap.finding
            && let Some(unseen) = self.unseen.get_mut(&at)
        {
            *unseen -= 1;
            if *unseen == 0
                && let Some(finding) = self.report.findings.get_mut(at)
            {
                finding.kind = FindingKind::OutOfOrder;
            }
        }
        true
    }
}

fn by_number(points: &[ChainPoint]) -> BTreeMap<u64, Vec<[u8; 32]>> {
    let mut all: BTreeMap<u64, Vec<[u8; 32]>> = BTreeMap::new();
    for point in points {
        all.entry(point.sequence).or_default().push(point.hash);
    }
    all
}

/// Does the text of a line hold the place of this record?
fn holds(body: &[u8], sequence: u64) -> bool {
    let text = String::from_utf8_lossy(body);
    text.contains(&format!("\"integrity\":{{\"sequence\":{sequence},"))
}

/// The day that a record says it is of, which is the day of its file.
fn event_day(body: &[u8]) -> Option<TrailDay> {
    const NAME: &str = "\"eventTime\":\"";
    let text = std::str::from_utf8(body).ok()?;
    let (_, time) = text.split_once(NAME)?;
    of_name(time.get(..10)?).map(TrailDay::of_number)
}
