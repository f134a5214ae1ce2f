//! Trails of accounts: stopped and started again, deleted and made anew, of the organization, and their state.

use std::collections::BTreeMap;

use locum_api::TrailDelivery;
use locum_store::{
    AccountId, EventSelector, Key, Loaded, ReadWriteType, Record, Trail, Unit, UnitWrite,
};

use super::*;
use crate::delivery::check::chain_of;
use crate::delivery::state::State;

pub(super) fn trail(name: &str) -> Trail {
    Trail {
        name: name.to_owned(),
        home_region: "us-east-1".to_owned(),
        created_s: NOON_S,
        s3_bucket_name: "locum-trail".to_owned(),
        is_multi_region: true,
        includes_global_service_events: true,
        log_file_validation: true,
        is_organization: false,
        selectors: vec![EventSelector {
            read_write: ReadWriteType::All,
            includes_management_events: true,
            excluded_sources: Vec::new(),
        }],
        is_logging: true,
        started_s: Some(NOON_S),
        stopped_s: None,
        tags: Vec::new(),
    }
}

impl Site {
    /// Writes to the management account.
    fn write(&self, puts: Vec<Record>, deletes: Vec<Key>) {
        let unit = Unit::Account(self.management.parse::<AccountId>().unwrap());
        let loaded = pollster::block_on(self.world.engine.load(unit)).unwrap();
        let account = loaded.and_then(Loaded::account).unwrap();
        let write = UnitWrite {
            unit,
            expects: account.revision,
            puts,
            deletes,
        };
        let change = Change {
            writes: vec![write],
            ..Change::default()
        };
        pollster::block_on(self.world.engine.commit(change)).unwrap();
    }

    pub(super) fn put(&self, trail: &Trail) {
        self.write(vec![Record::Trail(trail.clone())], vec![]);
    }

    pub(super) fn own(&self, time_s: i64, name: &str) {
        self.record(time_s, name, &self.management, "us-east-1", "IAMUser");
    }

    /// The digests of a trail, oldest first.
    fn digests(&self, name: &str) -> Vec<Value> {
        let files = self.files(&format!("CloudTrail-Digest_us-east-1_{name}_us-east-1_"));
        files.iter().map(|file| unpacked(file)).collect()
    }

    /// The names of the events in the files that a trail's digests name.
    fn named(&self, name: &str) -> Vec<String> {
        let mut names = Vec::new();
        for digest in self.digests(name) {
            for file in digest["logFiles"].as_array().unwrap() {
                let path = self
                    .data
                    .join("trail")
                    .join(file["s3Object"].as_str().unwrap());
                for record in unpacked(&path)["Records"].as_array().unwrap() {
                    names.push(record["eventName"].as_str().unwrap().to_owned());
                }
            }
        }
        names.retain(|name| name.starts_with("Call"));
        names.sort();
        names
    }

    fn state(&self) -> State {
        State::read(&self.data.join("trail/delivery")).unwrap()
    }

    pub(super) fn told(&self, trail: &Trail) -> Option<TrailDelivery> {
        let id = TrailDelivery::id(self.management.parse().unwrap(), trail);
        self.state().trails.get(&id).cloned()
    }
}

fn spans(digests: &[Value]) -> Vec<(String, bool)> {
    let span = |digest: &Value| {
        let start = digest["digestStartTime"].as_str().unwrap();
        let end = digest["digestEndTime"].as_str().unwrap();
        let is_first = digest["previousDigestS3Object"].is_null();
        let minute = |time: &str| time.chars().skip(11).take(5).collect::<String>();
        (format!("{}-{}", minute(start), minute(end)), is_first)
    };
    digests.iter().map(span).collect()
}

fn is(list: &[(String, bool)], expected: &[(&str, bool)]) -> bool {
    list.iter()
        .map(|(span, is_first)| (span.as_str(), *is_first))
        .eq(expected.iter().copied())
}

#[test]
fn aud_07_what_was_recorded_before_stop_logging_still_comes() {
    let site = site();
    let mut audit = trail("audit");
    site.put(&audit);
    site.own(NOON_S + 10, "Call1");
    site.own(NOON_S + 20, "Call2");
    audit.is_logging = false;
    audit.stopped_s = Some(NOON_S + 20);
    site.put(&audit);
    site.own(NOON_S + 21, "Call3");
    site.pass(NOON_S + 60);
    // Started again before the next delivery: what came in between belongs to no trail.
    site.own(NOON_S + 70, "Call4");
    audit.is_logging = true;
    audit.started_s = Some(NOON_S + 80);
    site.put(&audit);
    site.own(NOON_S + 80, "Call5");
    site.pass(NOON_S + 120);
    site.pass(NOON_S + HOUR_S);
    assert_eq!(site.named("audit"), ["Call1", "Call2", "Call5"]);
    // The installation's own delivery has them all.
    assert_eq!(site.named("locum").len(), 5);
}

#[test]
fn a_stopped_trail_has_no_digests_and_a_started_one_begins_a_chain() {
    let site = site();
    let mut audit = trail("audit");
    site.put(&audit);
    site.own(NOON_S + 10, "Call1");
    site.pass(NOON_S + 60);
    site.pass(NOON_S + HOUR_S);
    // Stopped in the second hour, which has a digest though it has no file.
    audit.is_logging = false;
    audit.stopped_s = Some(NOON_S + HOUR_S + 600);
    site.put(&audit);
    for hour in 2..5 {
        site.pass(NOON_S + hour * HOUR_S);
    }
    let before = spans(&site.digests("audit"));
    assert!(
        is(&before, &[("12:00-13:00", true), ("13:00-14:00", false)]),
        "{before:?}"
    );
    assert_eq!(site.digests("locum").len(), 4, "that one never stops");

    audit.is_logging = true;
    audit.started_s = Some(NOON_S + 4 * HOUR_S + 1_800);
    site.put(&audit);
    site.own(NOON_S + 4 * HOUR_S + 1_860, "Call2");
    site.pass(NOON_S + 4 * HOUR_S + 1_900);
    site.pass(NOON_S + 5 * HOUR_S);
    site.pass(NOON_S + 6 * HOUR_S);
    let all = site.digests("audit");
    let expected = [
        ("12:00-13:00", true),
        ("13:00-14:00", false),
        ("16:30-17:00", true),
        ("17:00-18:00", false),
    ];
    assert!(is(&spans(&all), &expected), "{:?}", spans(&all));
    assert_eq!(site.named("audit"), ["Call1", "Call2"]);
    assert_eq!(site.faults(), Vec::<String>::new());

    // The last digest before the pause is looked for, though no digest is tied to it.
    let name = all[1]["digestS3Object"].as_str().unwrap();
    std::fs::remove_file(site.data.join("trail").join(name)).unwrap();
    let faults = site.faults();
    assert!(faults.len() == 1 && faults[0].contains(name), "{faults:?}");
}

#[test]
fn a_quiet_trail_that_is_started_again_has_digests_again() {
    let site = site();
    let mut audit = trail("audit");
    site.put(&audit);
    site.own(NOON_S + 10, "Call1");
    site.pass(NOON_S + 60);
    audit.is_logging = false;
    audit.stopped_s = Some(NOON_S + 600);
    site.put(&audit);
    for hour in 1..4 {
        site.pass(NOON_S + hour * HOUR_S);
    }
    audit.is_logging = true;
    audit.started_s = Some(NOON_S + 3 * HOUR_S + 60);
    site.put(&audit);
    for hour in 4..6 {
        site.pass(NOON_S + hour * HOUR_S);
    }
    let found = spans(&site.digests("audit"));
    let expected = [
        ("12:00-13:00", true),
        ("15:01-16:00", true),
        ("16:00-17:00", false),
    ];
    assert!(is(&found, &expected), "{found:?}");
}

#[test]
fn switching_validation_off_and_on_breaks_the_chain_and_loses_no_file_of_it() {
    let site = site();
    let mut audit = trail("audit");
    site.put(&audit);
    site.own(NOON_S + 10, "Call1");
    site.pass(NOON_S + 60);
    audit.log_file_validation = false;
    site.put(&audit);
    site.own(NOON_S + 70, "Call2");
    for hour in 1..4 {
        site.pass(NOON_S + hour * HOUR_S);
    }
    audit.log_file_validation = true;
    site.put(&audit);
    site.own(NOON_S + 3 * HOUR_S + 10, "Call3");
    site.pass(NOON_S + 3 * HOUR_S + 60);
    site.pass(NOON_S + 4 * HOUR_S);
    let found = spans(&site.digests("audit"));
    assert!(
        is(&found, &[("12:00-13:00", true), ("15:00-16:00", true)]),
        "{found:?}"
    );
    assert_eq!(site.named("audit"), ["Call1", "Call3"]);
    assert_eq!(site.names(), ["Call1", "Call2", "Call3"]);
}

#[test]
fn a_deleted_trail_leaves_nothing_and_its_name_begins_anew() {
    let site = site();
    let audit = trail("audit");
    site.put(&audit);
    site.own(NOON_S + 10, "Call1");
    site.pass(NOON_S + 60);
    site.pass(NOON_S + HOUR_S);
    assert!(site.told(&audit).is_some());
    let place = Trail::place("us-east-1", "audit");
    site.write(vec![], vec![Key::Trail(place.clone())]);
    // Within one span, so that nothing was cleared in between.
    let anew = Trail {
        created_s: NOON_S + HOUR_S + 60,
        started_s: Some(NOON_S + HOUR_S + 60),
        ..audit.clone()
    };
    site.put(&anew);
    site.own(NOON_S + HOUR_S + 70, "Call2");
    site.pass(NOON_S + HOUR_S + 80);
    site.pass(NOON_S + 2 * HOUR_S);
    let found = spans(&site.digests("audit"));
    assert!(
        is(&found, &[("12:00-13:00", true), ("13:01-14:00", true)]),
        "{found:?}"
    );
    assert_eq!(site.told(&audit), None);
    assert!(site.told(&anew).is_some());

    site.write(vec![], vec![Key::Trail(place)]);
    site.pass(NOON_S + 3 * HOUR_S);
    let state = site.state();
    assert!(state.chains.keys().all(|name| name.starts_with("locum|")));
    assert_eq!(state.trails, BTreeMap::new());
    assert_eq!(site.digests("audit").len(), 2);
    assert_eq!(site.faults(), Vec::<String>::new());
}

#[test]
fn a_trail_of_the_organization_has_every_accounts_records_in_its_folder() {
    let site = site();
    let everyone = Trail {
        is_organization: true,
        ..trail("everyone")
    };
    site.put(&everyone);
    for account in [ACCOUNT, "444455556666", &site.management] {
        site.record(NOON_S + 10, "Call1", account, "us-east-1", "IAMUser");
        site.record(NOON_S + 10, "Call2", account, "eu-west-1", "IAMUser");
    }
    site.pass(NOON_S + 60);
    for hour in 1..3 {
        site.pass(NOON_S + hour * HOUR_S);
    }
    let unit = pollster::block_on(site.world.engine.load(Unit::Installation)).unwrap();
    let installation = unit.and_then(Loaded::installation).unwrap();
    let organization = installation.organization.as_ref().unwrap().id.clone();
    for account in [ACCOUNT, "444455556666", &site.management] {
        for region in ["us-east-1", "eu-west-1"] {
            let folder = format!("AWSLogs/{organization}/{account}");
            let files = site.files(&format!(
                "{folder}/CloudTrail/{region}/2026/11/25/{account}_"
            ));
            assert!(!files.is_empty(), "{account} {region}");
            let digests = site.files(&format!(
                "{folder}/CloudTrail-Digest/{region}/2026/11/25/{account}_CloudTrail-Digest_{region}_everyone_us-east-1_"
            ));
            assert_eq!(digests.len(), 2, "{account} {region}");
            let first = unpacked(&digests[0]);
            assert_eq!(first["awsAccountId"], *account);
            let named = first["logFiles"][0]["s3Object"].as_str().unwrap();
            assert!(files[0].ends_with(named), "{named}");
        }
    }
    assert_eq!(site.faults(), Vec::<String>::new());

    // It becomes one of the account alone: other folders, so chains of their own under the same name.
    site.put(&trail("everyone"));
    site.own(NOON_S + 2 * HOUR_S + 10, "Call3");
    site.record(
        NOON_S + 2 * HOUR_S + 10,
        "Call3",
        ACCOUNT,
        "us-east-1",
        "IAMUser",
    );
    site.pass(NOON_S + 2 * HOUR_S + 60);
    for hour in 3..5 {
        site.pass(NOON_S + hour * HOUR_S);
    }
    let own = site.files(&format!(
        "AWSLogs/{}/CloudTrail-Digest/us-east-1/",
        site.management
    ));
    assert!(
        own.iter()
            .any(|file| file.to_string_lossy().contains("_everyone_"))
    );
    let others = site.files(&format!("AWSLogs/{ACCOUNT}/CloudTrail-Digest/us-east-1/"));
    assert!(
        !others
            .iter()
            .any(|file| file.to_string_lossy().contains("_everyone_"))
    );
    assert_eq!(site.faults(), Vec::<String>::new());
}

#[test]
fn trails_of_one_name_in_different_folders_have_chains_of_their_own() {
    let of = |folder: &str| {
        let name = "CloudTrail-Digest/us-east-1/2026/11/25/111122223333_CloudTrail-Digest_us-east-1_audit_us-east-1_20261125T130000Z.json.gz";
        chain_of(&Path::new("/data/trail/AWSLogs").join(folder).join(name)).unwrap()
    };
    assert_ne!(of("111122223333"), of("o-exampleorgid/111122223333"));
}

#[test]
fn how_a_trails_delivery_goes_is_told_and_kept() {
    let mut site = site();
    let audit = trail("audit");
    site.put(&audit);
    site.own(NOON_S + 10, "Call1");
    let blocked = site.data.join("blocked");
    std::fs::write(&blocked, "").unwrap();
    let right = std::mem::replace(&mut site.delivery.sink, Sink::Folder(blocked));
    assert!(site.delivery.pass(&site.world, NOON_S + 60).is_err());
    // A pass takes its time, which is told.
    let soon = |time_s: Option<i64>, from_s: i64| {
        time_s.is_some_and(|time_s| (from_s..from_s + 30).contains(&time_s))
    };
    let failed = site.told(&audit).unwrap();
    assert!(soon(failed.attempted_s, NOON_S + 60), "{failed:?}");
    assert_eq!(failed.error.as_deref(), Some("NoSuchBucket"));
    assert_eq!(failed.delivered_s, None);
    // One whose first record waits behind those that failed is told of as well.
    let mut second = Trail {
        created_s: NOON_S + 65,
        started_s: Some(NOON_S + 65),
        ..trail("second")
    };
    // Without what the first start recorded.
    second.selectors[0].read_write = ReadWriteType::ReadOnly;
    site.put(&second);
    site.own(NOON_S + 70, "Call2");
    assert!(site.delivery.pass(&site.world, NOON_S + 90).is_err());
    let waiting = site.told(&second).unwrap();
    assert_eq!(waiting.error.as_deref(), Some("NoSuchBucket"));
    site.write(
        vec![],
        vec![Key::Trail(Trail::place("us-east-1", "second"))],
    );
    let bad = std::mem::replace(&mut site.delivery.sink, right);
    site.pass(NOON_S + 120);
    assert_eq!(site.told(&audit).unwrap().error, None);
    let right_again = std::mem::replace(&mut site.delivery.sink, bad);
    assert!(site.delivery.pass(&site.world, NOON_S + HOUR_S).is_err());
    let told = site.told(&audit).unwrap();
    assert!(soon(told.delivered_s, NOON_S + 120), "{told:?}");
    assert_eq!(
        (told.digest_delivered_s, told.digest_error.as_deref()),
        (None, Some("NoSuchBucket"))
    );
    site.delivery.sink = right_again;
    site.pass(NOON_S + HOUR_S + 60);
    let told = site.told(&audit).unwrap();
    assert!(
        soon(told.digest_delivered_s, NOON_S + HOUR_S + 60),
        "{told:?}"
    );
    assert_eq!((told.error, told.digest_error), (None, None));
}
