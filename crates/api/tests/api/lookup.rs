//! LookupEvents: each attribute, time, pages, and that nobody sees what another account did.

use locum_wire::Service;
use serde_json::{Value, json};

use crate::common::{Keys, Lab, REGION, Refused, START_S, allow, assume_role, check, trust};
use crate::trails::call_in;

fn lookup(lab: &Lab, by: &Keys, body: &Value) -> Result<Value, Refused> {
    call_in(lab, (by, "us-east-1"), "LookupEvents", &body.to_string())
}

fn found(lab: &Lab, by: &Keys, key: &str, value: &str) -> Vec<Value> {
    let body = json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]});
    events(lookup(lab, by, &body).expect("LookupEvents"))
}

/// The same where STS was called.
fn found_there(lab: &Lab, key: &str, value: &str) -> Vec<Value> {
    let body = json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]});
    let answer = call_in(lab, (&lab.admin, REGION), "LookupEvents", &body.to_string());
    events(answer.expect("LookupEvents"))
}

fn events(answer: Value) -> Vec<Value> {
    answer["Events"].as_array().expect("Events").clone()
}

fn names(events: &[Value]) -> Vec<&str> {
    let names = events.iter().map(|event| event["EventName"].as_str());
    names.map(|name| name.expect("a name")).collect()
}

/// A user that made a user, a session that was refused, and what the root user of another account did.
fn stage() -> (Lab, Keys, Keys) {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("*", "*"));
    lab.pass(10);
    lab.user(&alice, "bob");
    lab.pass(10);
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    let role = format!("arn:aws:iam::{}:role/reader", lab.account);
    let session = lab.assume(&alice, &assume_role(&role, "audit"));
    lab.pass(10);
    let refused = lab.form(&session, Service::Iam, "Action=ListUsers");
    assert_eq!(refused.status, 403);
    (lab, alice, session)
}

#[test]
fn every_attribute_finds_its_records() {
    let (lab, alice, session) = stage();
    let by = &lab.admin;
    let created = found(&lab, by, "Username", "alice");
    assert_eq!(names(&created), ["CreateUser"]);
    let event = &created[0];
    assert_eq!(event["EventTime"], START_S + 10);
    assert_eq!(event["EventSource"], "iam.amazonaws.com");
    assert_eq!(event["ReadOnly"], "false");
    assert_eq!(event["Username"], "alice");
    assert_eq!(event["AccessKeyId"], alice.id.as_str());
    let bob = format!("arn:aws:iam::{}:user/bob", lab.account);
    assert_eq!(
        event["Resources"],
        json!([{"ResourceName": bob, "ResourceType": "AWS::IAM::User"}])
    );
    let record: Value =
        serde_json::from_str(event["CloudTrailEvent"].as_str().expect("a text")).expect("JSON");
    assert_eq!(record["eventID"], event["EventId"]);
    assert_eq!(record["requestParameters"]["userName"], "bob");
    let id = event["EventId"].as_str().expect("an id").to_owned();
    assert_eq!(names(&found(&lab, by, "EventId", &id)), ["CreateUser"]);
    assert_eq!(
        names(&found(&lab, by, "ResourceName", &bob)),
        ["CreateUser"]
    );
    assert_eq!(
        names(&found(&lab, by, "ResourceName", "bob")),
        ["CreateUser"]
    );
    assert_eq!(
        names(&found(&lab, by, "ResourceType", "AWS::IAM::Role")),
        ["CreateRole"]
    );
    assert_eq!(
        names(&found(&lab, by, "AccessKeyId", &alice.id)),
        ["CreateUser"]
    );
    for (key, value) in [
        ("EventName", "AssumeRole"),
        ("EventSource", "sts.amazonaws.com"),
        ("Username", "alice"),
        ("ResourceType", "AWS::IAM::Role"),
    ] {
        assert_eq!(
            names(&found_there(&lab, key, value)),
            ["AssumeRole"],
            "{key}"
        );
    }
    assert!(found_there(&lab, "EventName", "assumerole").is_empty());
    let sessions = found(&lab, by, "Username", "audit");
    assert_eq!(names(&sessions), ["ListUsers"]);
    assert_eq!(sessions[0]["AccessKeyId"], session.id.as_str());
    assert!(found(&lab, by, "ReadOnly", "true").len() > 1);
    assert!(names(&found(&lab, by, "ReadOnly", "false")).contains(&"CreateRole"));
    let issued = found_there(&lab, "EventName", "AssumeRole");
    let text = issued[0]["CloudTrailEvent"].as_str().expect("a text");
    assert!(!text.contains(&session.secret), "a secret");
}

#[test]
fn another_account_and_another_region_see_nothing_of_it() {
    let (lab, ..) = stage();
    let other = lab.other("other");
    assert!(found(&lab, &other.root, "Username", "alice").is_empty());
    let own = events(lookup(&lab, &other.root, &json!({})).expect("LookupEvents"));
    assert!(!own.is_empty());
    for event in own {
        let record = event["CloudTrailEvent"].as_str().expect("a text");
        let record: Value = serde_json::from_str(record).expect("JSON");
        assert_eq!(record["recipientAccountId"], other.account.as_str());
    }
    let away =
        call_in(&lab, (&lab.admin, "eu-west-1"), "LookupEvents", "{}").expect("LookupEvents");
    assert!(events(away).is_empty());
    let again =
        call_in(&lab, (&lab.admin, "eu-west-1"), "LookupEvents", "{}").expect("LookupEvents");
    assert_eq!(
        names(&events(again)),
        ["LookupEvents"],
        "its own look-up before"
    );
}

#[test]
fn times_bound_what_is_found() {
    let (lab, ..) = stage();
    let between = |from_s: i64, until_s: i64| {
        let body = json!({"StartTime": from_s, "EndTime": until_s});
        let all = events(lookup(&lab, &lab.admin, &body).expect("LookupEvents"));
        names(&all)
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(between(START_S + 10, START_S + 19), ["CreateUser"]);
    assert_eq!(between(START_S + 20, START_S + 20), ["CreateRole"]);
    check(
        lookup(
            &lab,
            &lab.admin,
            &json!({"StartTime": START_S + 1, "EndTime": START_S}),
        ),
        400,
        "InvalidTimeRangeException",
        "The start time must be before the end time.",
    );
    lab.pass(90 * 86_400 - 15);
    let newest = events(lookup(&lab, &lab.admin, &json!({})).expect("LookupEvents"));
    assert!(
        !names(&newest).contains(&"CreateUser"),
        "older than 90 days"
    );
    assert!(names(&newest).contains(&"CreateRole"));
    let asked = lookup(&lab, &lab.admin, &json!({"StartTime": START_S}));
    assert!(!names(&events(asked.expect("LookupEvents"))).contains(&"CreateUser"));
}

#[test]
fn pages_go_on_where_they_ended_and_tokens_fit_their_question_only() {
    let (lab, alice, _) = stage();
    for number in 0..7 {
        lab.user(&alice, &format!("made-{number}"));
    }
    let question = |token: Option<&Value>, max: i64| {
        let mut body = json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}], "MaxResults": max});
        if let Some(token) = token {
            body["NextToken"] = token.clone();
        }
        lookup(&lab, &lab.admin, &body)
    };
    let whole = events(question(None, 50).expect("LookupEvents"));
    let (mut paged, mut token) = (Vec::new(), None::<Value>);
    loop {
        let page = question(token.as_ref(), 2).expect("LookupEvents");
        // What happens meanwhile is newer and changes nothing.
        lab.user(&alice, &format!("later-{}", paged.len()));
        token = page.get("NextToken").cloned();
        paged.extend(events(page));
        if token.is_none() {
            break;
        }
    }
    assert_eq!(paged, whole);
    assert_eq!(whole.len(), 9);
    let token = question(None, 1).expect("LookupEvents")["NextToken"].clone();
    question(Some(&token), 1).expect("the same question");
    for (by, body) in [
        (&lab.admin, json!({"NextToken": token})),
        (&lab.admin, json!({"NextToken": "x"})),
        (
            &lab.admin,
            json!({"NextToken": "", "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]}),
        ),
        (
            &lab.admin,
            json!({"NextToken": token, "StartTime": START_S, "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]}),
        ),
        (
            &lab.admin,
            json!({"NextToken": token, "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateRole"}]}),
        ),
        (
            &lab.other("other").root,
            json!({"NextToken": token, "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]}),
        ),
    ] {
        let refused = lookup(&lab, by, &body).expect_err("a token of another question");
        assert_eq!(refused.code, "InvalidNextTokenException", "{body}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let lab = Lab::new();
    let attribute = |key: &str, value: &str| json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]});
    let two = json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "a"}, {"AttributeKey": "EventName", "AttributeValue": "b"}]});
    let long = "_".repeat(1_001);
    for (body, code) in [
        (two, "InvalidLookupAttributesException"),
        (
            attribute("Colour", "red"),
            "InvalidLookupAttributesException",
        ),
        (
            attribute("EventName", ""),
            "InvalidLookupAttributesException",
        ),
        (
            attribute("EventName", &long),
            "InvalidLookupAttributesException",
        ),
        (
            attribute("EventName", &"a".repeat(2_001)),
            "InvalidLookupAttributesException",
        ),
        (json!({"MaxResults": 0}), "InvalidMaxResultsException"),
        (json!({"MaxResults": 51}), "InvalidMaxResultsException"),
        (
            json!({"EventCategory": "insight"}),
            "InvalidEventCategoryException",
        ),
        (json!({"LookupAttribute": []}), "ValidationException"),
    ] {
        let refused = lookup(&lab, &lab.admin, &body).expect_err("not refused");
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, code),
            "{}",
            refused.message
        );
    }
    lookup(
        &lab,
        &lab.admin,
        &attribute("EventName", &"_".repeat(1_000)),
    )
    .expect("as long as may be");
    check(
        lookup(&lab, &lab.admin, &json!({"MaxResults": 51})),
        400,
        "InvalidMaxResultsException",
        "A max results value of 51 is invalid. Specify max results between 1 and 50.",
    );
}

#[test]
fn a_limit_on_look_ups_is_kept_when_it_is_set() {
    let mut lab = Lab::new();
    lab.world.settings.lookups_per_s_max = Some(2);
    let ask = |lab: &Lab| lookup(lab, &lab.admin, &json!({}));
    ask(&lab).expect("the first");
    ask(&lab).expect("the second");
    check(ask(&lab), 400, "ThrottlingException", "Rate exceeded");
    call_in(&lab, (&lab.admin, "eu-west-1"), "LookupEvents", "{}").expect("another region");
    lab.pass(1);
    ask(&lab).expect("a second later");
}
