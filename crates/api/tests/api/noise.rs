//! Calls without a valid caller: the first ones have a record each, the others one a source and minute.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use locum_api::{EdgeRefusal, Request, handle, keep_noise, refused_by_edge};
use locum_store::Unavailable;
use locum_wire::{Empty, Service, write_input};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::{Keys, Lab, START_S, unsigned};

fn lab() -> Lab {
    let mut lab = Lab::new();
    lab.world.settings.unauthenticated_records_max = 3;
    lab
}

/// Sends from an address; the answer's status.
fn send(lab: &Lab, peer: IpAddr, request: http::Request<Bytes>) -> u16 {
    let (parts, body) = request.into_parts();
    let request = Request {
        parts,
        body,
        peer,
        tls: None,
    };
    block_on(handle(&lab.world, request)).status().as_u16()
}

fn nobody() -> http::Request<Bytes> {
    unsigned(
        Service::Sts,
        write_input(Service::Sts, "GetCallerIdentity", &Empty {}),
    )
}

fn of(lab: &Lab, keys: &Keys) -> http::Request<Bytes> {
    lab.signed(
        keys,
        Service::Sts,
        write_input(Service::Sts, "GetCallerIdentity", &Empty {}),
    )
}

fn host(number: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, number).into()
}

/// The records of counts that are in the trail.
fn counts(lab: &Lab) -> Vec<Value> {
    let events = lab.engine.recorded_events();
    let records = events.iter().map(|event| {
        let record: Value = serde_json::from_slice(&event.record).expect("JSON");
        assert!(record["eventTime"].as_str().expect("a time").len() == 20);
        record
    });
    records
        .filter(|record| record["eventName"] == "UnauthenticatedCalls")
        .collect()
}

fn records(lab: &Lab) -> usize {
    lab.engine.recorded_events().len()
}

#[test]
fn dos_10_calls_without_a_caller_cannot_fill_the_trail() {
    let lab = lab();
    let before = records(&lab);
    let forged = Keys {
        secret: "wrong".to_owned(),
        ..lab.admin.clone()
    };
    for _ in 0..20 {
        assert_eq!(send(&lab, host(1), nobody()), 403);
        assert_eq!(send(&lab, host(1), of(&lab, &forged)), 403);
        lab.pass(1);
    }
    // Three of each error, and nothing more before it is time.
    assert_eq!(records(&lab) - before, 6);
    // Whoever is known is recorded as ever, and so is another host.
    for _ in 0..5 {
        assert_eq!(send(&lab, host(1), of(&lab, &lab.admin)), 200);
    }
    assert_eq!(send(&lab, host(2), nobody()), 403);
    assert_eq!(records(&lab) - before, 12);
    block_on(keep_noise(&lab.world));
    block_on(keep_noise(&lab.world));
    let told = counts(&lab);
    assert_eq!(told.len(), 1, "{told:?}");
    let told = &told[0];
    assert_eq!(told["sourceIPAddress"], "192.0.2.1");
    assert_eq!(told["eventType"], "AwsServiceEvent");
    assert_eq!(told["userIdentity"], json!({"type": "Unknown"}));
    let errors = json!({"MissingAuthenticationToken": 17, "SignatureDoesNotMatch": 17});
    let data = &told["additionalEventData"];
    assert_eq!((&data["count"], &data["errorCodes"]), (&json!(34), &errors));
    let (first, last) = (data["firstTime"].as_str(), data["lastTime"].as_str());
    assert!(first < last && last == told["eventTime"].as_str(), "{data}");
    assert_eq!(lab.world.unauthenticated_counted(), 34);
    // What was written gives nobody room for further records of his own; a new minute does.
    let before = records(&lab);
    send(&lab, host(1), nobody());
    assert_eq!(records(&lab), before);
    lab.pass(60);
    for _ in 0..5 {
        send(&lab, host(1), nobody());
    }
    assert_eq!(records(&lab) - before, 3);
}

#[test]
fn dos_10_many_sources_are_counted_together_and_a_network_is_one() {
    let lab = lab();
    let before = records(&lab);
    for number in 0..2_000_u128 {
        // One host with a network of its own.
        let address = 0x2001_0db8_u128 << 96 | number;
        assert_eq!(
            send(&lab, std::net::Ipv6Addr::from(address).into(), nobody()),
            403
        );
    }
    assert_eq!(records(&lab) - before, 3);
    for number in 0..2_000_u32 {
        assert_eq!(
            send(&lab, Ipv4Addr::from(0x0a00_0000 + number).into(), nobody()),
            403
        );
    }
    let alone = records(&lab) - before;
    assert!((100..=300).contains(&alone), "{alone}");
    block_on(keep_noise(&lab.world));
    let told = counts(&lab);
    assert!(told.len() <= 257, "{}", told.len());
    let count = |record: &Value| {
        record["additionalEventData"]["count"]
            .as_u64()
            .expect("a count")
    };
    let sum: u64 = told.iter().map(count).sum();
    assert_eq!(sum as usize + alone, 4_000, "nothing is lost");
    let network = told
        .iter()
        .find(|told| told["additionalEventData"]["network"] == "2001:db8::/64");
    assert_eq!(network.map(count), Some(1_997));
    let others = told.iter().find(|told| told["sourceIPAddress"] == "others");
    assert!(others.map(count) > Some(1_000), "{others:?}");
}

#[test]
fn dos_10_counts_are_kept_until_they_can_be_written() {
    let lab = lab();
    for _ in 0..10 {
        send(&lab, host(1), nobody());
    }
    lab.engine.fail_next_commits([Unavailable::TimedOut.into()]);
    block_on(keep_noise(&lab.world));
    assert!(counts(&lab).is_empty());
    // The clock may be set back meanwhile.
    lab.clock.set((START_S - 3_600) * 1_000);
    for _ in 0..10 {
        send(&lab, host(1), nobody());
    }
    block_on(keep_noise(&lab.world));
    let told = counts(&lab);
    let count = |record: &Value| record["additionalEventData"]["count"].clone();
    assert_eq!(
        told.iter().map(count).collect::<Vec<_>>(),
        [json!(7), json!(7)]
    );
}

#[test]
fn aud_01_a_refusal_that_is_not_counted_still_needs_its_record() {
    let lab = lab();
    lab.engine.fail_next_commits([Unavailable::TimedOut.into()]);
    assert_eq!(send(&lab, host(1), nobody()), 503);
}

/// What the edge refuses of a request with this header.
fn refused(lab: &Lab, peer: IpAddr, authorization: &str) -> bool {
    let request = http::Request::post("/").header("authorization", authorization);
    let request = request.header("user-agent", "probe").body(());
    let request = Request {
        parts: request.expect("a request").into_parts().0,
        body: Bytes::new(),
        peer,
        tls: None,
    };
    let refusal = EdgeRefusal {
        code: "RequestEntityTooLarge",
        message: "Too long.",
        status: 413,
    };
    block_on(refused_by_edge(&lab.world, &request, refusal, "the-id"))
}

#[test]
fn aud_07_what_the_edge_refuses_has_a_record_and_is_counted_with_the_others() {
    let lab = lab();
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential={}/20260301/us-east-1/sts/aws4_request",
        lab.admin.id
    );
    for _ in 0..10 {
        assert!(refused(&lab, host(1), &credential));
    }
    let events = lab.engine.recorded_events();
    let record = events.last().expect("a record");
    let record: Value = serde_json::from_slice(&record.record).expect("JSON");
    assert_eq!(record["eventName"], "Unknown");
    assert_eq!(record["errorCode"], "RequestEntityTooLarge");
    assert_eq!(record["errorMessage"], "Too long.");
    assert_eq!(record["requestID"], "the-id");
    assert_eq!(record["sourceIPAddress"], "192.0.2.1");
    assert_eq!(record["userAgent"], "probe");
    let identity = json!({"type": "Unknown", "accessKeyId": lab.admin.id});
    assert_eq!(record["userIdentity"], identity);
    block_on(keep_noise(&lab.world));
    let told = counts(&lab);
    assert_eq!(told[0]["additionalEventData"]["count"], 7);
    // The trail cannot be written: whoever asks is told so.
    lab.engine.fail_next_commits([Unavailable::TimedOut.into()]);
    assert!(!refused(&lab, host(2), ""));
}
