//! Removing days of a real store's trail: which go, what is left is proven, and a crash between any two steps.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use locum_store::trail_index::{Attribute, Query, Term};
use locum_store::{Change, Event};

use super::*;
use crate::check_delivered;
use crate::scratch;
use crate::trail::Proof;

struct Site {
    world: Arc<World>,
    retention: Retention,
    now_s: i64,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.retention.data);
    }
}

/// A store with records of today and of as many whole days before it, all delivered.
fn site(days: i64) -> Site {
    let (data, world, _) = scratch::installation("retention");
    let site = Site {
        world: Arc::new(world),
        retention: Retention {
            data,
            passing: Passing::default(),
            keep_days: Some(1),
        },
        now_s: SystemClock.now_ms().div_euclid(1_000),
    };
    for day in (0..=days).rev() {
        site.record(day, 3);
    }
    site.deliver();
    site.settle();
    site
}

impl Site {
    fn record(&self, days_ago: i64, count: usize) {
        let time_s = self.now_s - days_ago * DAY_S;
        for _ in 0..count {
            let record = format!(
                r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser"}},"eventTime":"{}","eventSource":"sts.amazonaws.com","eventName":"Call{days_ago}","awsRegion":"us-east-1","readOnly":true,"recipientAccountId":"111122223333"}}"#,
                Timestamp(time_s)
            );
            let change = Change {
                events: vec![Event::new(time_s, record.into_bytes())],
                ..Change::default()
            };
            pollster::block_on(self.world.engine.commit(change)).unwrap();
        }
    }

    fn deliver(&self) {
        delivery::deliver_for_test(&self.world, &self.retention.data, self.now_s);
    }

    /// Records of changes are in the trail.
    fn settle(&self) {
        while self.world.engine.counters().outbox_rows > 0 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    fn reader(&self) -> TrailReader {
        TrailReader::open(&self.retention.data).unwrap()
    }

    fn day(&self, days_ago: i64) -> TrailDay {
        TrailDay::of_time(self.now_s - days_ago * DAY_S)
    }

    /// How many days ago each day of the trail is, the oldest first.
    fn days(&self) -> Vec<i64> {
        let today = self.day(0).number();
        let days = self.reader().days().unwrap();
        days.iter().map(|day| today - day.number()).collect()
    }

    fn plan(&self, wish: Wish) -> Result<Plan, PruneError> {
        let keys = own_keys(&self.world).unwrap();
        self.retention.plan(wish, &keys, self.now_s)
    }

    fn wish(&self, days: u32) -> Wish {
        Wish::keeping(days, self.now_s, true)
    }

    fn prune(&self, days: u32) -> TrailRemoved {
        let plan = self.plan(self.wish(days)).unwrap();
        self.retention
            .carry_out(&self.world, Actor::Server, plan)
            .unwrap()
    }

    fn prove_with(&self, keys: &TrustedKeys) -> Proof {
        prove(&self.reader(), keys, ProofOptions::default(), &mut |_| {}).unwrap()
    }

    fn folder_keys(&self) -> TrustedKeys {
        TrustedKeys::of_folder(self.reader().dir()).unwrap()
    }

    fn assert_proven(&self, what: &str) {
        for keys in [self.folder_keys(), own_keys(&self.world).unwrap()] {
            let proof = self.prove_with(&keys);
            assert_eq!(proof.report.findings, [], "{what}");
            assert_eq!(proof.report.unproven, 0, "{what}");
            let found = check_delivered(self.reader().dir(), &keys).unwrap();
            assert_eq!(found.faults, [], "{what}");
        }
    }

    fn found(&self, name: &str) -> usize {
        let query = Query {
            terms: vec![Term::is(Attribute::EventName, name)],
            ..Query::default()
        };
        pollster::block_on(self.world.engine.search(query))
            .unwrap()
            .hits
            .len()
    }
}

#[test]
fn aud_06_whole_old_days_go_and_the_rest_is_proven() {
    let site = site(5);
    assert_eq!(site.days(), [5, 4, 3, 2, 1, 0]);
    assert_eq!(site.prune(3).days, 2);
    assert_eq!(site.days(), [3, 2, 1, 0]);
    site.assert_proven("after the first run");
    let MarkerFound::Trusted(first) = site.prove_with(&site.folder_keys()).marker else {
        panic!("no marker");
    };
    assert_eq!((first.days_count, first.records()), (2, 6));
    site.deliver();
    assert_eq!(site.prune(1).days, 2);
    assert_eq!(site.days(), [1, 0]);
    site.assert_proven("after the second run");
    let MarkerFound::Trusted(second) = site.prove_with(&site.folder_keys()).marker else {
        panic!("no marker");
    };
    assert_eq!((second.days_count, second.records()), (4, 12));
    assert_eq!(second.days, (site.day(5), site.day(2)));
    // Look-ups go on, and the removals are found among the records.
    assert_eq!(
        (
            site.found("Call5"),
            site.found("Call2"),
            site.found("Call1")
        ),
        (0, 0, 3)
    );
    assert_eq!(site.found("TrailPruned"), 2);
    assert!(site.plan(site.wish(1)).unwrap().days.is_empty());
    // What comes for a removed day is kept, found, delivered and proven.
    site.record(4, 2);
    site.record(0, 1);
    assert_eq!((site.found("Call4"), site.days()), (2, vec![4, 1, 0]));
    site.deliver();
    let delivered = delivery::reached(&site.retention.data).unwrap();
    let length = site.reader().length(site.day(4)).unwrap();
    assert_eq!(delivered.get(&site.day(4).number()), Some(&length));
    site.assert_proven("with a late record");
    assert_eq!(site.prune(1).days, 1);
    site.assert_proven("after the third run");
    // The marker is needed, and an older one is not enough.
    first.write(&site.reader()).unwrap();
    assert!(!site.prove_with(&site.folder_keys()).report.is_good());
    std::fs::remove_file(site.reader().dir().join("pruned")).unwrap();
    assert!(!site.prove_with(&site.folder_keys()).report.is_good());
}

#[test]
fn today_what_is_not_delivered_and_what_is_recent_stay() {
    let site = site(3);
    assert!(matches!(
        site.plan(Wish {
            before: site.day(-1),
            recent: true
        }),
        Err(PruneError::NotOver(_))
    ));
    assert!(matches!(
        site.plan(Wish {
            before: site.day(2),
            recent: false
        }),
        Err(PruneError::Recent(_))
    ));
    site.record(2, 1);
    site.record(0, 1);
    let plan = site
        .plan(Wish {
            before: site.day(0),
            recent: true,
        })
        .unwrap();
    let days: Vec<_> = plan.days.iter().map(|(day, _)| *day).collect();
    assert_eq!(days, [site.day(3)], "nothing behind a day that stays");
    assert_eq!(
        plan.held,
        Some((site.day(2), "not all of it is delivered yet"))
    );
    site.deliver();
    let plan = site
        .plan(Wish {
            before: site.day(0),
            recent: true,
        })
        .unwrap();
    assert_eq!((plan.days.len(), plan.held), (3, None));
    // The day of the newest record stays, whatever the clock says.
    site.record(1, 1);
    site.deliver();
    let plan = site
        .plan(Wish {
            before: site.day(0),
            recent: true,
        })
        .unwrap();
    assert_eq!(plan.held, Some((site.day(1), "the newest record is in it")));
}

#[test]
fn aud_06_a_crash_between_any_two_steps_leaves_a_provable_trail() {
    let site = site(4);
    let plan = site.plan(site.wish(2)).unwrap();
    site.assert_proven("before");
    site.retention
        .tell(&site.world, Actor::Server, &plan)
        .unwrap();
    site.assert_proven("the record is there");
    site.retention.mark(&site.world, &plan).unwrap();
    site.assert_proven("the marker is there");
    assert_eq!(site.days().len(), 5);
    // Any of the files may be the first that is gone.
    for (day, _) in &plan.days {
        let path = site.reader().path(*day);
        let text = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let proof = site.prove_with(&site.folder_keys());
        assert_eq!(proof.report.findings, [], "without {day}");
        std::fs::write(&path, text).unwrap();
    }
    let removed = pollster::block_on(site.world.engine.remove_trail_days(plan.days.clone()));
    assert_eq!(removed.unwrap().days, 2);
    site.assert_proven("the days are gone, and delivery was not told");
    site.deliver();
    assert_eq!(site.prune(1).days, 1);
    site.assert_proven("the next run");
}

#[test]
fn aud_06_a_removal_that_was_cut_short_is_finished_by_the_next() {
    let site = site(4);
    let plan = site.plan(site.wish(2)).unwrap();
    site.retention
        .tell(&site.world, Actor::Server, &plan)
        .unwrap();
    site.retention.mark(&site.world, &plan).unwrap();
    let first = vec![plan.days[0]];
    pollster::block_on(site.world.engine.remove_trail_days(first)).unwrap();
    assert_eq!(site.days(), [3, 2, 1, 0]);
    assert_eq!(site.prove_with(&site.folder_keys()).report.findings, []);
    assert_eq!(site.prune(2).days, 1);
    site.assert_proven("finished");
}

#[test]
fn aud_01_a_marker_that_cannot_be_written_removes_nothing() {
    let site = site(3);
    let blocked = site.reader().dir().join("pruned.new");
    std::fs::create_dir(&blocked).unwrap();
    let plan = site.plan(site.wish(1)).unwrap();
    assert!(
        site.retention
            .carry_out(&site.world, Actor::Server, plan)
            .is_err()
    );
    assert_eq!(site.days(), [3, 2, 1, 0]);
    site.assert_proven("nothing removed");
    std::fs::remove_dir(&blocked).unwrap();
    // A day that grew since it was looked at stays, and all of it is proven.
    let plan = site.plan(site.wish(1)).unwrap();
    site.record(3, 1);
    site.record(0, 1);
    assert!(
        site.retention
            .carry_out(&site.world, Actor::Server, plan)
            .is_err()
    );
    assert_eq!(site.days(), [3, 2, 1, 0]);
    site.deliver();
    site.assert_proven("it grew");
    assert_eq!(site.prune(1).days, 2);
    site.assert_proven("then removed");
}

#[test]
fn aud_06_what_is_broken_is_not_removed() {
    let site = site(3);
    let path = site.reader().path(site.day(2));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("us-east-1", "us-west-1", 1)).unwrap();
    let refused = site.plan(site.wish(1)).unwrap_err().to_string();
    assert!(refused.contains("was changed"), "{refused}");
    std::fs::write(&path, text).unwrap();
    // Nor is anything added to a marker that is not the installation's.
    let marker = site.reader().dir().join("pruned");
    for bad in ["{}", "no marker"] {
        std::fs::write(&marker, bad).unwrap();
        assert!(
            matches!(site.plan(site.wish(1)), Err(PruneError::Marker)),
            "{bad}"
        );
    }
}

#[test]
fn aud_06_a_marker_of_another_key_proves_nothing_to_who_kept_the_keys() {
    let site = site(3);
    site.deliver();
    Signer::kept(&site.world, &site.retention.data).unwrap();
    let kept = site.folder_keys();
    // Somebody who can write all files removes a day, and signs that with a key of his own.
    let days = vec![(site.day(3), site.reader().length(site.day(3)).unwrap())];
    let marker = Pruned::with_days(None, &site.reader(), &days, "2026-01-01T00:00:00Z");
    let mut marker = marker.unwrap().unwrap();
    std::fs::remove_file(site.reader().path(site.day(3))).unwrap();
    marker.write(&site.reader()).unwrap();
    assert_eq!(
        site.prove_with(&kept).marker,
        MarkerFound::Forged,
        "not signed"
    );
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let other = Signer::open_for_test(der.as_ref());
    marker.signature = Some(other.vouch(&marker.statement()).unwrap());
    marker.write(&site.reader()).unwrap();
    let name = site
        .reader()
        .dir()
        .join("keys")
        .join(format!("{}.der", other.fingerprint()));
    std::fs::write(name, other.public_key()).unwrap();
    // The folder's own keys are as good as the folder; those kept elsewhere and the store's are not fooled.
    assert!(site.prove_with(&site.folder_keys()).report.is_good());
    for keys in [kept, own_keys(&site.world).unwrap()] {
        let proof = site.prove_with(&keys);
        assert_eq!(proof.marker, MarkerFound::Forged);
        assert!(!proof.report.is_good());
    }
}

#[test]
fn the_setting_removes_by_itself() {
    let site = site(3);
    let held = site.retention.lock().unwrap();
    site.retention.try_keep(&Arc::downgrade(&site.world));
    drop(held);
    assert_eq!(site.days(), [1, 0]);
    site.assert_proven("kept");
    let all = Retention {
        keep_days: None,
        ..site.retention.clone()
    };
    all.try_keep(&Arc::downgrade(&site.world));
    assert_eq!(site.days(), [1, 0]);
}

#[test]
fn aud_06_a_signed_checkpoint_is_checked() {
    let site = site(1);
    let reader = site.reader();
    let signer = Signer::kept(&site.world, &site.retention.data).unwrap();
    let mut signed = locum_store::Checkpoint::durable(&reader).unwrap().unwrap();
    signed.signature = Some(signer.vouch(&signed.statement()).unwrap());
    let signed: locum_store::Checkpoint = signed.to_string().parse().unwrap();
    let with = |checkpoint: &locum_store::Checkpoint, keys: &TrustedKeys| {
        let options = ProofOptions {
            checkpoints: std::slice::from_ref(checkpoint),
            ..ProofOptions::default()
        };
        let proof = prove(&reader, keys, options, &mut |_| {}).unwrap();
        let kinds: Vec<_> = proof
            .report
            .findings
            .iter()
            .map(|found| found.kind.code())
            .collect();
        (
            proof.report.checkpoints_held,
            proof.checkpoints_signed,
            kinds,
        )
    };
    assert_eq!(with(&signed, &site.folder_keys()), (1, 1, vec![]));
    assert_eq!(
        with(&signed, &TrustedKeys::default()),
        (0, 0, vec!["checkpoint-forged"])
    );
    let mut forged = signed.clone();
    forged.point.sequence -= 1;
    assert_eq!(
        with(&forged, &site.folder_keys()),
        (0, 0, vec!["checkpoint-forged"])
    );
    let mut moved = signed.clone();
    moved.time = "2020-01-01T00:00:00Z".to_owned();
    assert_eq!(
        with(&moved, &site.folder_keys()),
        (0, 0, vec!["checkpoint-forged"])
    );
    let mut plain = signed;
    plain.signature = None;
    assert_eq!(with(&plain, &TrustedKeys::default()), (1, 0, vec![]));
}
