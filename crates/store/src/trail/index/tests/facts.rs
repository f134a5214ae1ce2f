//! The attributes of a record as a reader of all its JSON sees them, and hostile lines.

use crate::trail::index::attribute::{Attribute, facts};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What stands behind the last slash.
fn name(text: &str) -> Option<String> {
    text.rsplit_once('/').map(|(_, name)| name.to_owned())
}

fn expected_resources(record: &Value) -> Vec<(Attribute, String)> {
    let mut found = Vec::new();
    let resources = record.get("resources").and_then(Value::as_array);
    for resource in resources.into_iter().flatten() {
        let Some(arn) = resource.get("ARN").and_then(Value::as_str) else {
            continue;
        };
        found.push((Attribute::ResourceName, arn.to_owned()));
        found.extend(name(arn).map(|name| (Attribute::ResourceName, name)));
        let kind = resource.get("type").and_then(Value::as_str);
        found.extend(kind.map(|kind| (Attribute::ResourceType, kind.to_owned())));
    }
    found
}

/// What has an id and no ARN.
fn expected_keys(record: &Value) -> Vec<(Attribute, String)> {
    let mut found = Vec::new();
    let mut keys: Vec<&str> = Vec::new();
    let access_key = Some("AWS::IAM::AccessKey");
    for (path, kind) in [
        ("/requestParameters/accessKeyId", access_key),
        ("/requestParameters/certificateId", None),
        ("/responseElements/accessKey/accessKeyId", access_key),
        ("/responseElements/sSHPublicKey/sSHPublicKeyId", None),
    ] {
        let id = record.pointer(path).and_then(Value::as_str);
        let Some(id) = id.filter(|id| !id.is_empty() && !keys.contains(id)) else {
            continue;
        };
        keys.push(id);
        found.push((Attribute::ResourceName, id.to_owned()));
        found.extend(kind.map(|kind| (Attribute::ResourceType, kind.to_owned())));
    }
    found
}

/// What [`facts`] is to find, read from the parsed record.
fn expected(record: &[u8]) -> Option<Vec<(Attribute, String)>> {
    let record: Value = serde_json::from_slice(record).ok()?;
    let mut found = Vec::new();
    let at = |path: &str| {
        record
            .pointer(path)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    at("/eventTime").and_then(|text| crate::day::time_of(&text))?;
    for (attribute, path) in [
        (Attribute::EventId, "/eventID"),
        (Attribute::RequestId, "/requestID"),
        (Attribute::SharedEventId, "/sharedEventID"),
        (Attribute::EventName, "/eventName"),
        (Attribute::EventSource, "/eventSource"),
        (Attribute::ErrorCode, "/errorCode"),
        (Attribute::Account, "/recipientAccountId"),
        (Attribute::Region, "/awsRegion"),
        (Attribute::AccessKeyId, "/userIdentity/accessKeyId"),
        (Attribute::PrincipalId, "/userIdentity/principalId"),
        (Attribute::PrincipalArn, "/userIdentity/arn"),
        (
            Attribute::Role,
            "/userIdentity/sessionContext/sessionIssuer/arn",
        ),
        (
            Attribute::Role,
            "/userIdentity/sessionContext/sessionIssuer/userName",
        ),
        (
            Attribute::SourceIdentity,
            "/userIdentity/sessionContext/sourceIdentity",
        ),
        (
            Attribute::Session,
            "/responseElements/credentials/accessKeyId",
        ),
        (Attribute::Session, "/responseElements/assumedRoleUser/arn"),
    ] {
        found.extend(at(path).map(|value| (attribute, value)));
    }
    let set = at("/requestParameters/sourceIdentity");
    if set != at("/userIdentity/sessionContext/sourceIdentity") {
        found.extend(set.map(|value| (Attribute::SourceIdentity, value)));
    }
    if let Some(read_only) = record.get("readOnly").and_then(Value::as_bool) {
        found.push((Attribute::ReadOnly, read_only.to_string()));
    }
    found.push((Attribute::Failed, at("/errorCode").is_some().to_string()));
    let arn = at("/userIdentity/arn");
    let username = match at("/userIdentity/type").as_deref() {
        Some("Root") => Some("root".to_owned()),
        Some("AssumedRole") => arn.as_deref().and_then(name),
        Some("AWSService") => at("/userIdentity/invokedBy"),
        _ => at("/userIdentity/userName"),
    };
    found.extend(username.map(|value| (Attribute::Username, value)));
    if at("/userIdentity/type").as_deref() == Some("AssumedRole") {
        found.extend(arn.map(|value| (Attribute::Session, value)));
    }
    found.extend(expected_resources(&record));
    found.extend(expected_keys(&record));
    found.retain(|(_, value)| !value.is_empty());
    found.sort();
    Some(found)
}

fn found(record: &[u8]) -> Option<Vec<(Attribute, String)>> {
    let facts = facts(record)?;
    let mut found: Vec<_> = facts
        .values()
        .map(|(attribute, value)| (attribute, value.to_owned()))
        .collect();
    found.sort();
    Some(found)
}

/// Texts that a careless reader trips over.
fn text() -> impl Strategy<Value = Value> {
    let nasty = prop::sample::select(vec![
        "",
        "\"",
        "\\",
        "\\\"",
        "a/b",
        "/",
        "}",
        "{\"eventName\":\"x\"}",
        "],",
        "\u{0}",
        "\u{2028}",
        "ä/ö",
        "\u{1f600}",
    ]);
    prop_oneof![
        nasty.prop_map(Value::from),
        "[a-z:/\"\\\\{},]{0,12}".prop_map(Value::from)
    ]
}

/// Anything, of some depth.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text(),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(-1.5e300)),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let members = prop::sample::select(vec![
            "arn",
            "accessKeyId",
            "sourceIdentity",
            "eventName",
            "requestID",
            "x",
            "",
            "\"",
            "ARN",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((members, inner), 0..3).prop_map(|pairs| pairs
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

/// Values at the places that are read, of the kind that stands there or null; anything elsewhere.
fn records() -> impl Strategy<Value = Value> {
    let texts = prop::collection::vec(prop_oneof![3 => text(), 1 => Just(Value::Null)], 24);
    let others = prop::collection::vec(anything(), 6);
    let kind = prop::sample::select(vec!["Root", "AssumedRole", "AWSService", "IAMUser"]);
    let read_only = prop_oneof![Just(json!(true)), Just(json!(false)), Just(Value::Null)];
    (texts, others, kind, read_only).prop_map(|(t, o, kind, read_only)| {
        json!({
            "eventVersion": o[0], "eventTime": "2026-01-01T00:00:00Z", "eventID": t[0], "requestID": t[1],
            "sharedEventID": t[2], "eventName": t[3], "eventSource": t[4], "errorCode": t[5], "recipientAccountId": t[6],
            "awsRegion": t[7], "readOnly": read_only, "additionalEventData": o[1],
            "userIdentity": {
                "type": kind, "accessKeyId": t[8], "principalId": t[9], "arn": t[10], "invokedBy": t[11], "userName": t[12],
                "x": o[2],
                "sessionContext": {
                    "sessionIssuer": {"arn": t[13], "userName": t[14], "type": o[3]}, "sourceIdentity": t[15], "x": o[3],
                },
            },
            "requestParameters": {"accessKeyId": t[20], "certificateId": t[21], "sourceIdentity": t[16], "x": o[4]},
            "responseElements": {
                "accessKey": {"accessKeyId": t[22], "x": o[5]}, "sSHPublicKey": {"sSHPublicKeyId": t[23]},
                "credentials": {"accessKeyId": t[17], "x": o[4]}, "assumedRoleUser": {"arn": t[18], "x": o[5]}, "y": o[5],
            },
            "resources": [{"ARN": t[19], "type": t[18], "x": o[0]}, {}, {"ARN": t[0]}],
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 2_000 }, ..ProptestConfig::default() })]

    #[test]
    fn facts_are_those_of_a_reader_of_all_json(record in records(), pretty in any::<bool>()) {
        let line = if pretty { serde_json::to_vec_pretty(&record) } else { serde_json::to_vec(&record) }.unwrap();
        prop_assert_eq!(found(&line), expected(&line));
    }

    #[test]
    fn a_damaged_line_is_read_without_a_panic(record in records(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut line = serde_json::to_vec(&record).unwrap();
        let at = at.index(line.len());
        if cut { line.truncate(at) } else { line[at] = byte }
        let _ = facts(&line);
    }
}

#[test]
fn a_line_that_is_no_object_of_the_right_kinds_has_no_facts() {
    let whole = r#"{"eventTime":"2026-01-01T00:00:00Z","eventName":"A"}"#;
    assert!(facts(whole.as_bytes()).is_some());
    for line in [
        "",
        " ",
        "null",
        "[]",
        "{",
        "{}",
        "{}x",
        r#"{"eventTime":"2026-01-01T00:00:00Z"}}"#,
        r#"{"eventTime":5}"#,
        r#"{"eventTime":"2026-01-01T00:00:00Z","eventName":5}"#,
        r#"{"eventTime":"2026-01-01T00:00:00Z",}"#,
        r#"{"eventTime":"2026-01-01T00:00:00Z" "eventName":"A"}"#,
        r#"{"eventTime""2026-01-01T00:00:00Z"}"#,
        r#"{"eventTime":"2026-01-01T00:00:00Z","eventName":"\ud800"}"#,
        r#"{"eventTime":"2026-01-01T00:00:00Z","x":,"eventName":"A"}"#,
        r#"{"eventTime":"2026-01-01T00:00:00Z","resources":{}}"#,
        r#"{"eventTime":"2026-01-01T00:00:00Z","readOnly":"true"}"#,
        r#"{"eventTime":"2026-01-01T00:00:00Z","x":]}"#,
        r#"{"eventTime":"2026-01-01T00:00:00Z","x":"#,
    ] {
        assert!(facts(line.as_bytes()).is_none(), "{line}");
    }
    assert!(facts(b"{\"eventTime\":\"2026-01-01T00:00:00Z\",\"x\":\"\xff\"}").is_none());
}

#[test]
fn a_line_as_deep_as_it_is_long_is_passed_over() {
    for (open, close) in [
        ("[", "]"),
        (r#"{"credentials":"#, "}"),
        (r#"{"userIdentity":"#, "}"),
    ] {
        let deep = format!("{}null{}", open.repeat(100_000), close.repeat(100_000));
        for member in ["responseElements", "x", "requestParameters"] {
            let line = format!(
                r#"{{"eventTime":"2026-01-01T00:00:00Z","{member}":{deep},"eventName":"A"}}"#
            );
            assert!(
                facts(line.as_bytes()).is_some_and(|facts| facts.has(Attribute::EventName, "A")),
                "{open} {member}"
            );
        }
    }
}
