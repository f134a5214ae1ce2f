//! Ten thousand trails that somebody tampered with: each is found, and the right record is named.

use super::*;

/// Of each kind, for 10,000 together.
const TRIALS: usize = 2_000;
const RECORDS: usize = 240;

/// Reproducible randomness (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

/// A trail's days, each its lines with their line feeds.
type Days = Vec<Vec<Vec<u8>>>;

struct Trial {
    folder: Folder,
    whole: Days,
}

/// A line: its day, and its place there from 0.
type At = (usize, usize);

impl Trial {
    fn new(name: &str) -> Trial {
        let folder = three_days(name, RECORDS);
        let whole = (0..3)
            .map(|number| {
                let text = std::fs::read(folder.0.join(day(number).file_name())).unwrap();
                let lines = text.split_inclusive(|byte| *byte == b'\n');
                lines.map(<[u8]>::to_vec).collect()
            })
            .collect();
        Trial { folder, whole }
    }

    fn any(&self, dice: &mut Dice) -> At {
        let day = dice.below(self.whole.len());
        (day, dice.below(self.whole[day].len()))
    }

    fn sequence(&self, (day, line): At) -> u64 {
        let text = &self.whole[day][line];
        let line = TrailLine {
            offset: 0,
            end: 0,
            bytes: &text[..text.len() - 1],
        };
        line.point().unwrap().sequence
    }

    /// Is it written to an older day than the record before it? Then another file is being read where it
    /// should come, and what is missing is told there.
    fn is_straggler(&self, (day, line): At) -> bool {
        let last = line + 1 == self.whole[day].len();
        last && day < 2
    }

    /// Puts these days in place, judges them and puts the whole ones back.
    fn judge(&self, days: &[Vec<u8>], told: &str) -> Finding {
        for (number, text) in days.iter().enumerate() {
            let path = self.folder.0.join(day(number as i64).file_name());
            std::fs::write(&path, text).unwrap();
        }
        let report = verify(&self.folder.0, &VerifyOptions::default());
        assert!(!report.is_good(), "not found: {told}");
        report.findings[0].clone()
    }

    fn judge_lines(&self, days: &Days, told: &str) -> Finding {
        let days: Vec<Vec<u8>> = days.iter().map(|lines| lines.concat()).collect();
        self.judge(&days, told)
    }
}

use crate::TrailLine;

fn at(finding: &Finding) -> Option<At> {
    let place = finding.place?;
    Some((
        (place.day.number() - day(0).number()) as usize,
        place.line as usize - 1,
    ))
}

#[test]
fn aud_06_every_flipped_bit_is_found() {
    let trial = Trial::new("flips");
    let mut dice = Dice(0x5eed_0001);
    let whole: Vec<Vec<u8>> = trial.whole.iter().map(|lines| lines.concat()).collect();
    for number in 0..TRIALS {
        let place = trial.any(&mut dice);
        let (day, line) = place;
        let start: usize = trial.whole[day][..line].iter().map(Vec::len).sum();
        let byte = start + dice.below(trial.whole[day][line].len());
        let bit = dice.below(8);
        let mut days = whole.clone();
        days[day][byte] ^= 1 << bit;
        let told = format!("trial {number}: day {day} line {line} byte {byte} bit {bit}");
        let finding = trial.judge(&days, &told);
        assert_eq!(finding.sequence, trial.sequence(place), "{told}: {finding}");
        if !trial.is_straggler(place) {
            assert_eq!(at(&finding), Some(place), "{told}: {finding}");
        }
    }
}

#[test]
fn aud_06_every_removed_record_is_found() {
    let trial = Trial::new("removals");
    let mut dice = Dice(0x5eed_0002);
    for number in 0..TRIALS {
        let place = trial.any(&mut dice);
        let (day, line) = place;
        let mut days = trial.whole.clone();
        let many = match number % 4 {
            0 => 1 + dice.below(10).min(days[day].len() - line - 1),
            _ => 1,
        };
        // The smallest number is what is named first.
        let first = (line..line + many)
            .map(|line| trial.sequence((day, line)))
            .min()
            .unwrap();
        days[day].drain(line..line + many);
        let told = format!("trial {number}: day {day}, {many} from line {line}");
        let finding = trial.judge_lines(&days, &told);
        assert_eq!(finding.sequence, first, "{told}: {finding}");
        let kinds = [FindingKind::Missing, FindingKind::CutTail];
        assert!(kinds.contains(&finding.kind), "{told}: {finding}");
        let followed =
            line < days[day].len() && trial.sequence((day, line + many)) == first + many as u64;
        if followed {
            assert_eq!(at(&finding), Some(place), "{told}: {finding}");
        }
    }
}

#[test]
fn aud_06_every_moved_record_is_found() {
    let trial = Trial::new("moves");
    let mut dice = Dice(0x5eed_0003);
    for number in 0..TRIALS {
        let (from, to) = (trial.any(&mut dice), trial.any(&mut dice));
        let mut days = trial.whole.clone();
        let mut named = vec![trial.sequence(from), trial.sequence(to)];
        if number % 2 == 0 {
            // Two trade places.
            let (one, other) = (days[from.0][from.1].clone(), days[to.0][to.1].clone());
            days[from.0][from.1] = other;
            days[to.0][to.1] = one;
        } else {
            let line = days[from.0].remove(from.1);
            let place = to.1.min(days[to.0].len());
            // Moved by one place it may be either that moved.
            for near in [from.1.wrapping_sub(1), from.1 + 1] {
                if near < trial.whole[from.0].len() {
                    named.push(trial.sequence((from.0, near)));
                }
            }
            days[to.0].insert(place, line);
        }
        if days == trial.whole {
            continue;
        }
        let told = format!("trial {number}: from {from:?} to {to:?}");
        let finding = trial.judge_lines(&days, &told);
        assert!(named.contains(&finding.sequence), "{told}: {finding}");
        let kinds = [
            FindingKind::OutOfOrder,
            FindingKind::Missing,
            FindingKind::Twice,
        ];
        assert!(kinds.contains(&finding.kind), "{told}: {finding}");
    }
}

#[test]
fn aud_06_every_repeated_record_is_found() {
    let trial = Trial::new("copies");
    let mut dice = Dice(0x5eed_0004);
    for number in 0..TRIALS {
        let (from, to) = (trial.any(&mut dice), trial.any(&mut dice));
        let mut days = trial.whole.clone();
        let line = days[from.0][from.1].clone();
        let place = to.1 + dice.below(2);
        days[to.0].insert(place, line);
        let told = format!("trial {number}: from {from:?} to {to:?}");
        let finding = trial.judge_lines(&days, &told);
        // A copy in front of a record that is out of time hides that one.
        let behind = (to.0, place.min(trial.whole[to.0].len() - 1));
        let hidden = trial.is_straggler(behind) && finding.sequence == trial.sequence(behind);
        assert!(
            hidden || finding.sequence == trial.sequence(from),
            "{told}: {finding}"
        );
        let kinds = [FindingKind::Twice, FindingKind::OutOfOrder];
        assert!(kinds.contains(&finding.kind), "{told}: {finding}");
    }
}

#[test]
fn aud_06_every_cut_tail_is_found() {
    let trial = Trial::new("cuts");
    let mut dice = Dice(0x5eed_0005);
    for number in 0..TRIALS {
        // From some byte on, everything is gone; every other time a whole number of lines is left.
        let (day, line) = trial.any(&mut dice);
        let mut days: Vec<Vec<u8>> = trial.whole.iter().map(|lines| lines.concat()).collect();
        let start: usize = trial.whole[day][..line].iter().map(Vec::len).sum();
        let inner = match number % 2 {
            0 => 0,
            _ => dice.below(trial.whole[day][line].len()),
        };
        days[day].truncate(start + inner);
        days[day + 1..].iter_mut().for_each(Vec::clear);
        let gone = (line..trial.whole[day].len()).map(|line| (day, line));
        let later =
            (day + 1..3).flat_map(|day| (0..trial.whole[day].len()).map(move |line| (day, line)));
        let first = gone
            .chain(later)
            .map(|place| trial.sequence(place))
            .min()
            .unwrap();
        let told = format!("trial {number}: day {day} line {line}, {inner} bytes of it left");
        let finding = trial.judge(&days, &told);
        assert_eq!(finding.sequence, first, "{told}: {finding}");
        let kinds = [FindingKind::CutTail, FindingKind::Missing];
        assert!(kinds.contains(&finding.kind), "{told}: {finding}");
    }
}
