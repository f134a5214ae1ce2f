//! Delivery over a real store: nothing lost, nothing twice, every change found.

mod sink;
mod taken;
mod trails;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::GzDecoder;
use locum_api::World;
use locum_store::{Change, Event};
use serde_json::Value;

use super::Figures;
use super::check::check_delivered;
use super::pass::Delivery;
use super::sink::{Sink, signature_path};
use crate::scratch;
use crate::trail::TrustedKeys;

/// 2026-11-25T12:00:00Z
const NOON_S: i64 = 1_795_608_000;
const HOUR_S: i64 = 3_600;

struct Site {
    data: PathBuf,
    world: World,
    delivery: Delivery,
    management: String,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

fn site() -> Site {
    let (data, world, management) = scratch::installation("delivery");
    let delivery = Delivery {
        bucket: "locum-trail".to_owned(),
        digest_every_s: HOUR_S,
        sink: Sink::Folder(data.join("trail")),
        figures: Arc::new(Figures::default()),
        data: data.clone(),
    };
    Site {
        data,
        world,
        delivery,
        management: management.to_string(),
    }
}

impl Site {
    fn record(&self, time_s: i64, name: &str, account: &str, region: &str, kind: &str) {
        let record = format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"{kind}"}},"eventTime":"{}","eventSource":"sts.amazonaws.com","eventName":"{name}","awsRegion":"{region}","readOnly":true,"recipientAccountId":"{account}"}}"#,
            locum_wire::Timestamp(time_s)
        );
        let change = Change {
            events: vec![Event::new(time_s, record.into_bytes())],
            ..Change::default()
        };
        pollster::block_on(self.world.engine.commit(change)).unwrap();
    }

    fn pass(&self, now_s: i64) {
        self.delivery.pass(&self.world, now_s).unwrap();
    }

    fn files(&self, part: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.data.join("trail/AWSLogs")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.to_string_lossy().contains(part) && path.extension().unwrap() == "gz"
                {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// The names of all delivered events, in files' order.
    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for file in self.files("/CloudTrail/") {
            for record in unpacked(&file)["Records"].as_array().unwrap() {
                names.push(record["eventName"].as_str().unwrap().to_owned());
            }
        }
        names.retain(|name| name.starts_with("Call"));
        names.sort();
        names
    }

    fn keys(&self) -> TrustedKeys {
        TrustedKeys::of_folder(&self.data.join("trail")).unwrap()
    }

    fn faults(&self) -> Vec<String> {
        let found = check_delivered(&self.data.join("trail"), &self.keys()).unwrap();
        found
            .faults
            .into_iter()
            .map(|(path, why)| format!("{}: {why}", path.display()))
            .collect()
    }
}

fn unpacked(file: &Path) -> Value {
    let mut text = String::new();
    let mut packed = GzDecoder::new(std::fs::File::open(file).unwrap());
    packed.read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn content(packed: &[u8]) -> Option<Vec<u8>> {
    let mut held = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut held).ok()?;
    Some(held)
}

const ACCOUNT: &str = "111122223333";

#[test]
fn records_land_in_cloudtrails_layout_by_account_and_region() {
    let site = site();
    site.record(NOON_S, "CallOne", ACCOUNT, "eu-west-1", "IAMUser");
    site.record(NOON_S, "CallTwo", ACCOUNT, "us-east-1", "IAMUser");
    site.pass(NOON_S + 61);
    let day = format!("AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/11/25/");
    let files = site.files(&day);
    assert_eq!(files.len(), 1, "{files:?}");
    let name = files[0].file_name().unwrap().to_str().unwrap();
    let start = format!("{ACCOUNT}_CloudTrail_eu-west-1_20261125T1201Z_");
    assert!(
        name.starts_with(&start) && name.len() == start.len() + 16 + ".json.gz".len(),
        "{name}"
    );
    assert_eq!(unpacked(&files[0])["Records"].as_array().unwrap().len(), 1);
    assert_eq!(site.names(), ["CallOne", "CallTwo"]);
}

#[test]
fn aud_06_what_may_still_be_taken_back_is_not_delivered() {
    let site = site();
    site.record(NOON_S, "CallOne", ACCOUNT, "us-east-1", "IAMUser");
    // As a write that fails leaves it behind for a moment.
    let path = site.data.join("trail/2026-11-25.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let torn = text.lines().last().unwrap().replace("CallOne", "CallTwo");
    std::fs::write(&path, format!("{text}{torn}\n")).unwrap();
    site.pass(NOON_S + 61);
    assert_eq!(site.names(), ["CallOne"]);
}

#[test]
fn a_region_that_nobody_vouches_for_makes_no_folder() {
    let site = site();
    for (region, kind) in [
        ("../../etc", "IAMUser"),
        ("EU-WEST-1", "IAMUser"),
        ("", "IAMUser"),
        ("made-up-1", "Unknown"),
    ] {
        site.record(NOON_S, "CallX", ACCOUNT, region, kind);
    }
    site.pass(NOON_S);
    assert_eq!(site.names().len(), 4);
    assert!(site.files("made-up").is_empty());
    assert_eq!(
        site.files(&format!("AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/"))
            .len(),
        1
    );
    assert!(
        !site
            .files(&format!(
                "AWSLogs/{}/CloudTrail/us-east-1/",
                site.management
            ))
            .is_empty()
    );
}

#[test]
fn a_caller_cannot_make_chains_nor_push_real_regions_out() {
    let site = site();
    for number in 0..100 {
        let region = format!("zz-r{number}");
        site.record(NOON_S, "CallX", ACCOUNT, &region, "IAMUser");
    }
    site.pass(NOON_S);
    let files = site.files(&format!("AWSLogs/{ACCOUNT}/CloudTrail/"));
    assert_eq!(files.len(), 1, "all with the home region: {files:?}");
    assert_eq!(site.names().len(), 100);
    for region in ["eu-central-1", "ap-southeast-2", "us-west-2"] {
        site.record(NOON_S, "CallX", ACCOUNT, region, "IAMUser");
        site.pass(NOON_S + 300);
        let files = site.files(&format!("AWSLogs/{ACCOUNT}/CloudTrail/{region}/"));
        assert_eq!(files.len(), 1, "{region}");
    }
}

#[test]
fn the_configured_region_has_files_of_its_own() {
    let mut site = site();
    site.world.settings.region = Some("home-1".to_owned());
    site.record(NOON_S, "CallX", ACCOUNT, "home-1", "IAMUser");
    site.pass(NOON_S);
    let files = site.files(&format!("AWSLogs/{ACCOUNT}/CloudTrail/home-1/"));
    assert_eq!(files.len(), 1);
}

#[test]
fn nothing_is_delivered_twice_and_late_records_of_an_older_day_are_not_forgotten() {
    let site = site();
    site.record(NOON_S, "Call1", ACCOUNT, "us-east-1", "IAMUser");
    site.pass(NOON_S);
    site.record(NOON_S - 86_400, "Call2", ACCOUNT, "us-east-1", "IAMUser");
    site.record(NOON_S, "Call3", ACCOUNT, "us-east-1", "IAMUser");
    site.pass(NOON_S + 300);
    site.pass(NOON_S + 600);
    assert_eq!(site.names(), ["Call1", "Call2", "Call3"]);
}

#[test]
fn aud_01_a_sink_that_fails_loses_nothing() {
    let mut site = site();
    site.record(NOON_S, "Call1", ACCOUNT, "us-east-1", "IAMUser");
    let blocked = site.data.join("blocked");
    std::fs::write(&blocked, "").unwrap();
    let right = std::mem::replace(&mut site.delivery.sink, Sink::Folder(blocked));
    assert!(site.delivery.pass(&site.world, NOON_S).is_err());
    site.record(NOON_S, "Call2", ACCOUNT, "us-east-1", "IAMUser");
    assert!(
        site.delivery
            .pass(&site.world, NOON_S + 2 * HOUR_S)
            .is_err()
    );
    site.delivery.sink = right;
    site.pass(NOON_S + 3 * HOUR_S);
    assert_eq!(site.names(), ["Call1", "Call2"]);
    // The first delivery was done again as it was begun.
    let files = site.files(&format!("{ACCOUNT}_CloudTrail_us-east-1_20261125T1200Z"));
    assert_eq!(files.len(), 1);
    site.pass(NOON_S + 4 * HOUR_S);
    assert_eq!(site.faults(), Vec::<String>::new());
}

#[test]
fn digests_are_signed_tied_together_and_name_every_file() {
    let site = site();
    for hour in 0..4 {
        let now_s = NOON_S + hour * HOUR_S;
        if hour != 2 {
            site.record(now_s, "CallX", ACCOUNT, "us-east-1", "IAMUser");
        }
        site.pass(now_s + 60);
    }
    site.pass(NOON_S + 4 * HOUR_S);
    let digests = site.files(&format!("{ACCOUNT}/CloudTrail-Digest/us-east-1/"));
    assert_eq!(digests.len(), 4, "{digests:?}");
    let name = digests[0].file_name().unwrap().to_str().unwrap();
    let expected =
        format!("{ACCOUNT}_CloudTrail-Digest_us-east-1_locum_us-east-1_20261125T130000Z.json.gz");
    assert_eq!(name, expected);
    let first = unpacked(&digests[0]);
    assert_eq!(first["previousDigestS3Object"], Value::Null);
    assert_eq!(first["digestSignatureAlgorithm"], "SHA256withRSA");
    assert_eq!(first["logFiles"].as_array().unwrap().len(), 1);
    let empty = unpacked(&digests[2]);
    assert_eq!(
        (
            &empty["newestEventTime"],
            empty["logFiles"].as_array().unwrap().len()
        ),
        (&Value::Null, 0)
    );
    assert_eq!(site.faults(), Vec::<String>::new());
    let found = check_delivered(&site.data.join("trail"), &site.keys()).unwrap();
    assert_eq!(found.files, site.files("/CloudTrail/").len());
}

#[test]
fn aud_06_what_was_done_to_delivered_files_is_found() {
    let site = site();
    for hour in 0..3 {
        site.record(
            NOON_S + hour * HOUR_S,
            "CallX",
            ACCOUNT,
            "us-east-1",
            "IAMUser",
        );
        site.pass(NOON_S + hour * HOUR_S + 60);
    }
    site.pass(NOON_S + 3 * HOUR_S);
    assert_eq!(site.faults(), Vec::<String>::new());
    let digests = site.files(&format!("{ACCOUNT}/CloudTrail-Digest/"));
    let logs = site.files(&format!("{ACCOUNT}/CloudTrail/"));
    for file in digests.iter().chain(&logs) {
        let whole = std::fs::read(file).unwrap();
        std::fs::remove_file(file).unwrap();
        assert!(!site.faults().is_empty(), "removed {}", file.display());
        // Each bit of the packed content; the gzip header has bytes that mean nothing.
        for at in (10..whole.len()).step_by(7) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(file, &changed).unwrap();
            // Some bits of a packed file mean nothing: digests are about what it holds.
            if content(&changed).is_some_and(|held| Some(held) == content(&whole)) {
                continue;
            }
            assert!(!site.faults().is_empty(), "byte {at} of {}", file.display());
        }
        std::fs::write(file, whole).unwrap();
    }
    let signature = signature_path(&digests[1]);
    let text = std::fs::read_to_string(&signature).unwrap();
    let (first, rest) = text.split_at(1);
    let other = if first == "0" { "1" } else { "0" };
    std::fs::write(&signature, format!("{other}{rest}")).unwrap();
    assert!(!site.faults().is_empty());
}
