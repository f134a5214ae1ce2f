//! Lines that are no part of the chain, a trail without any record, and a pass that has none to read.

use super::*;

/// What a line that is no part of the chain is found as: kind, day, line.
fn strangers(report: &TrailReport) -> Vec<(FindingKind, TrailDay, u64)> {
    let findings = report.findings.iter();
    findings
        .map(|finding| {
            let place = finding.place.unwrap();
            (finding.kind, place.day, place.line)
        })
        .collect()
}

#[test]
fn aud_06_a_line_without_a_place_in_the_chain_is_named_wherever_it_stands() {
    let line = record(1_000, FIRST_DAY_S) + "\n";
    let unchained = |folder: &Folder, options: &VerifyOptions<'_>| {
        let report = verify(&folder.0, options);
        assert_eq!(
            (report.proven, report.unchained),
            (30, report.findings_count)
        );
        strangers(&report)
    };
    // A file of its own, in front of all or between.
    for (number, text) in [(-3, line.clone()), (-3, line.repeat(3)), (5, line.clone())] {
        let folder = three_days("stranger", 30);
        std::fs::write(folder.0.join(day(number).file_name()), &text).unwrap();
        let wanted: Vec<_> = (1..=text.lines().count() as u64)
            .map(|line| (FindingKind::Unchained, day(number), line))
            .collect();
        assert_eq!(unchained(&folder, &VerifyOptions::default()), wanted);
    }
    // In front of the first record, and of one of a later day at which the pass begins.
    for number in [0, 1, 2] {
        let folder = three_days("stranger-first", 30);
        let path = folder.0.join(day(number).file_name());
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{line}{text}")).unwrap();
        let wanted = [(FindingKind::Unchained, day(number), 1)];
        let head = folder.0.join("head");
        if number == 2 {
            // The length of the newest day is another one.
            std::fs::remove_file(&head).unwrap();
            let report = verify(&folder.0, &VerifyOptions::default());
            assert_eq!(report.findings[0].place.unwrap().line, 1);
            continue;
        }
        assert_eq!(unchained(&folder, &VerifyOptions::default()), wanted);
        let options = VerifyOptions {
            from: Some(day(number)),
            ..VerifyOptions::default()
        };
        let report = verify(&folder.0, &options);
        assert_eq!((strangers(&report), report.unproven), (wanted.to_vec(), 0));
    }
    // More than are told are counted.
    let folder = three_days("strangers", 30);
    let many = line.repeat(250);
    std::fs::write(folder.0.join(day(-1).file_name()), many).unwrap();
    let report = verify(&folder.0, &VerifyOptions::default());
    assert_eq!(
        (
            report.findings.len(),
            report.findings_count,
            report.unchained
        ),
        (100, 250, 250)
    );
}

#[test]
fn aud_06_a_trail_that_is_gone_is_found_beside_its_store() {
    let data = folder("gone");
    std::fs::create_dir_all(&data.0).unwrap();
    let trail = data.0.join("trail");
    append(&trail, 0..0, |_| 0);
    assert!(
        verify(&trail, &VerifyOptions::default()).is_good(),
        "no store, no record"
    );
    std::fs::write(data.0.join("locum.redb"), "").unwrap();
    append(&trail, 0..5, |_| FIRST_DAY_S);
    assert!(verify(&trail, &VerifyOptions::default()).is_good());
    std::fs::remove_file(trail.join(day(0).file_name())).unwrap();
    let report = verify(&trail, &VerifyOptions::default());
    assert_eq!(found(&report), [(FindingKind::CutTail, 1, 5)]);
    std::fs::remove_file(trail.join("head")).unwrap();
    let report = verify(&trail, &VerifyOptions::default());
    assert_eq!(found(&report), [(FindingKind::Gone, 1, 1)]);
    // And as the next start leaves it, should it come no further.
    append(&trail, 0..0, |_| 0);
    let report = verify(&trail, &VerifyOptions::default());
    assert_eq!(found(&report), [(FindingKind::Gone, 1, 1)]);
}

#[test]
fn a_pass_that_begins_behind_the_newest_record_has_nothing_to_read() {
    let folder = three_days("behind", 30);
    let points = points(&folder.0);
    let later = ChainPoint {
        sequence: 40,
        ..points[29]
    };
    let options = VerifyOptions {
        from: Some(day(3)),
        checkpoints: &[points[29]],
        ..VerifyOptions::default()
    };
    let report = verify(&folder.0, &options);
    assert_eq!(
        (found(&report), report.range, report.days),
        (vec![], None, 0)
    );
    let checkpoints = &[later];
    let report = verify(
        &folder.0,
        &VerifyOptions {
            checkpoints,
            ..options
        },
    );
    assert_eq!(found(&report), [(FindingKind::RolledBack, 40, 40)]);
    // The day of the newest record is gone: it was due.
    std::fs::remove_file(folder.0.join(day(2).file_name())).unwrap();
    let options = VerifyOptions {
        from: Some(day(2)),
        ..VerifyOptions::default()
    };
    let report = verify(&folder.0, &options);
    assert_eq!(report.findings[0].kind, FindingKind::CutTail);
    std::fs::remove_file(folder.0.join("head")).unwrap();
    let report = verify(&folder.0, &options);
    assert_eq!(report.findings[0].kind, FindingKind::HeadMissing);
}
