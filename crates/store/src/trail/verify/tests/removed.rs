//! Days that were removed on purpose: the marker, and what it explains.

use super::*;

/// The marker for these first days, as it is before it is signed.
fn marker(dir: &Path, before: Option<&Pruned>, days: &[i64]) -> Pruned {
    let reader = TrailReader::in_folder(dir).unwrap();
    let days: Vec<_> = days
        .iter()
        .map(|number| (day(*number), reader.length(day(*number)).unwrap()))
        .collect();
    Pruned::with_days(before, &reader, &days, "2026-02-01T00:00:00Z")
        .unwrap()
        .unwrap()
}

fn trusting(marker: &Pruned) -> VerifyOptions<'_> {
    VerifyOptions {
        marker: Marker::Trusted(marker),
        ..VerifyOptions::default()
    }
}

#[test]
fn aud_06_a_beginning_that_was_taken_away_is_found_unless_something_trusted_covers_it() {
    let folder = three_days("pruned", 60);
    let points = points(&folder.0);
    let reader = TrailReader::in_folder(&folder.0).unwrap();
    let marker = marker(&folder.0, None, &[0]);
    // The last record before midnight came behind two of the next day.
    let ranges: Vec<_> = marker
        .gone
        .iter()
        .map(|gone| (gone.first, gone.last))
        .collect();
    assert_eq!(ranges, [(1, points[19]), (23, points[22])]);
    assert_eq!((marker.records(), marker.days_count), (21, 1));
    marker.write(&reader).unwrap();
    assert_eq!(Pruned::read(&reader).unwrap(), Some(marker.clone()));
    // Before the day is removed the trail is as good with the marker as without.
    let report = verify(&folder.0, &trusting(&marker));
    assert_eq!(
        (found(&report), report.proven, report.unproven),
        (vec![], 60, 0)
    );
    std::fs::remove_file(reader.path(day(0))).unwrap();
    let report = verify(&folder.0, &VerifyOptions::default());
    let missing = [
        (FindingKind::Missing, 1, 20),
        (FindingKind::Missing, 23, 23),
    ];
    assert_eq!(found(&report), missing);
    let place = report.findings[0].place.unwrap();
    assert_eq!((place.day, place.line, place.offset), (day(1), 1, 0));
    let report = verify(&folder.0, &trusting(&marker));
    assert_eq!(
        (found(&report), report.proven, report.unproven),
        (vec![], 39, 0)
    );
    for (state, kind) in [
        (Marker::Damaged, FindingKind::MarkerDamaged),
        (Marker::Forged, FindingKind::MarkerForged),
    ] {
        let options = VerifyOptions {
            marker: state,
            ..VerifyOptions::default()
        };
        assert_eq!(found(&verify(&folder.0, &options))[0], (kind, 1, 1));
        assert_eq!(found(&verify(&folder.0, &options))[1..], missing);
    }
}

#[test]
fn aud_06_checkpoints_and_the_marker_must_agree() {
    let folder = three_days("pruned-points", 60);
    let points = points(&folder.0);
    let reader = TrailReader::in_folder(&folder.0).unwrap();
    let marker = marker(&folder.0, None, &[0]);
    std::fs::remove_file(reader.path(day(0))).unwrap();
    // A checkpoint tells the same of the beginning, not of the straggler.
    let options = VerifyOptions {
        checkpoints: &points[19..20],
        ..VerifyOptions::default()
    };
    assert_eq!(
        found(&verify(&folder.0, &options)),
        [(FindingKind::Missing, 23, 23)]
    );
    // Checkpoints of removed records are older than what is there, unless the marker knows better.
    let options = VerifyOptions {
        checkpoints: &[points[3], points[19], points[22], points[30]],
        ..trusting(&marker)
    };
    let report = verify(&folder.0, &options);
    assert_eq!(
        (
            found(&report),
            report.checkpoints_held,
            report.checkpoints_older
        ),
        (vec![], 1, 3)
    );
    let mut lie = points[19];
    lie.hash[0] ^= 1;
    let options = VerifyOptions {
        checkpoints: &[lie],
        ..trusting(&marker)
    };
    assert_eq!(
        found(&verify(&folder.0, &options)),
        [(FindingKind::CheckpointDiffers, 20, 20)]
    );
    // A marker of another trail covers nothing.
    let mut other = marker.clone();
    other.gone[0].last.hash[0] ^= 1;
    assert_ne!(other.statement(), marker.statement());
    assert_eq!(
        found(&verify(&folder.0, &trusting(&other))),
        [(FindingKind::Changed, 21, 21)]
    );
}

#[test]
fn aud_06_a_removal_that_was_cut_short_leaves_a_provable_trail() {
    let folder = three_days("cut-short", 60);
    let reader = TrailReader::in_folder(&folder.0).unwrap();
    let first = marker(&folder.0, None, &[0]);
    let both = marker(&folder.0, None, &[0, 1]);
    assert_eq!(
        both.gone.len(),
        2,
        "a record of the second day's midnight is with the second day"
    );
    let texts: Vec<Vec<u8>> = (0..2)
        .map(|n| std::fs::read(reader.path(day(n))).unwrap())
        .collect();
    // No step of a file system is sure to come before another: any of the files may still be there.
    for there in 0..4 {
        for (number, text) in texts.iter().enumerate() {
            let path = reader.path(day(number as i64));
            match there >> number & 1 {
                1 => std::fs::write(path, text).unwrap(),
                _ => drop(std::fs::remove_file(path)),
            }
        }
        let report = verify(&folder.0, &trusting(&both));
        assert_eq!(found(&report), [], "{there:02b}");
        let proven = [19, 40, 39, 60][there];
        assert!(
            report.proven + report.unproven >= proven - 1,
            "{there:02b}: {report:?}"
        );
        assert!(report.unproven <= 2, "{there:02b}: {report:?}");
    }
    // Removed in two runs: one marker tells of both, and an older one put back does not.
    std::fs::remove_file(reader.path(day(0))).unwrap();
    let second = marker(&folder.0, Some(&first), &[1]);
    assert_eq!(second.gone, both.gone);
    assert_eq!((second.days, second.days_count), ((day(0), day(1)), 2));
    std::fs::remove_file(reader.path(day(1))).unwrap();
    assert!(verify(&folder.0, &trusting(&second)).is_good());
    let kinds: Vec<_> = found(&verify(&folder.0, &trusting(&first)));
    assert_eq!(kinds[0], (FindingKind::Missing, 21, 40), "{kinds:?}");
    // A record of a removed day that is there and is not the marker's was rewritten.
    std::fs::write(reader.path(day(1)), &texts[1]).unwrap();
    let mut other = second.clone();
    other.gone[0].last.hash[0] ^= 1;
    let kinds = found(&verify(&folder.0, &trusting(&other)));
    assert!(
        kinds.contains(&(FindingKind::MarkerDiffers, 40, 40)),
        "{kinds:?}"
    );
}

#[test]
fn aud_06_every_bit_of_the_marker_counts() {
    let folder = three_days("marker", 30);
    let reader = TrailReader::in_folder(&folder.0).unwrap();
    let mut marker = marker(&folder.0, None, &[0]);
    marker.signature = Some(crate::Signature::of_bytes("0f".repeat(16), &[7; 256]));
    marker.write(&reader).unwrap();
    let path = folder.0.join("pruned");
    let whole = std::fs::read(&path).unwrap();
    for bit in 0..whole.len() * 8 - 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, &bytes).unwrap();
        let Ok(read) = Pruned::read(&reader) else {
            continue;
        };
        let read = read.unwrap();
        // What can still be read says something else, or is signed otherwise.
        let same = (read.statement() == marker.statement())
            && read
                .signature
                .as_ref()
                .map(|held| (&held.key, held.bytes()))
                == marker
                    .signature
                    .as_ref()
                    .map(|held| (&held.key, held.bytes()));
        assert!(!same, "bit {bit}");
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(Pruned::read(&reader).unwrap(), None);
}
