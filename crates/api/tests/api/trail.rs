//! The trail: one record per call, whatever came of it, with all that an auditor needs and no secret.

use bytes::Bytes;
use locum_wire::{ClientRequest, Empty, Service, write_input};
use serde_json::Value;

use crate::common::{
    Keys, Lab, PEER, REGION, allow, assume_role, document, keys_of, sign, statement, success,
    trust_if, unsigned,
};

const ALL: &str = r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#;

#[test]
fn aud_07_every_call_has_one_record_whatever_came_of_it() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let wrong = Keys {
        secret: "x".repeat(40),
        ..alice.clone()
    };
    let before = lab.engine.recorded_events().len();
    // Lab::send asserts one record per call; these are the kinds of outcome.
    lab.form(&lab.admin, Service::Iam, "Action=ListUsers");
    lab.form(&lab.admin, Service::Iam, "Action=CreateUser&UserName=bob");
    lab.form(&lab.admin, Service::Iam, "Action=CreateUser&UserName=bob");
    lab.form(&lab.admin, Service::Iam, "Action=CreateUser&UserName=%20");
    lab.form(&lab.admin, Service::Iam, "Action=CreateGroup&GroupName=g");
    lab.form(&lab.admin, Service::Iam, "Action=NoSuchAction");
    lab.form(&lab.admin, Service::Iam, "NoAction=1");
    lab.form(&alice, Service::Iam, "Action=ListUsers");
    lab.form(&wrong, Service::Iam, "Action=ListUsers");
    lab.send(unsigned(
        Service::Iam,
        write_input(Service::Iam, "ListUsers", &Empty {}),
    ));
    let garbage = http::Request::builder()
        .method("PATCH")
        .uri("/x?%zz")
        .body(Bytes::from_static(b"\xff\x00"));
    lab.send(garbage.expect("a request"));
    assert_eq!(lab.engine.recorded_events().len(), before + 11);
}

#[test]
fn aud_07_error_codes_and_sentences_are_in_the_record() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    for (keys, form, code, name) in [
        (&alice, "Action=ListUsers", "AccessDenied", "ListUsers"),
        (
            &lab.admin,
            "Action=GetUser&UserName=nobody",
            "NoSuchEntityException",
            "GetUser",
        ),
        (
            &lab.admin,
            "Action=CreateUser&UserName=alice",
            "EntityAlreadyExistsException",
            "CreateUser",
        ),
        (
            &lab.admin,
            "Action=CreateUser&UserName=%20",
            "ValidationError",
            "CreateUser",
        ),
    ] {
        let answer = lab.form(keys, Service::Iam, form);
        let refused = success(Service::Iam, &answer).expect_err(form);
        let event = answer.event.expect("a record");
        assert_eq!(event["errorCode"], code, "{form}");
        assert_eq!(event["errorMessage"], refused.message.as_str(), "{form}");
        assert_eq!(event["eventName"], name, "{form}");
        assert!(event["responseElements"].is_null(), "{form}");
    }
}

#[test]
fn the_record_of_an_assume_role_is_cloudtrails() {
    let lab = Lab::new();
    let other = lab.other("other");
    let alice_arn = format!("arn:aws:iam::{}:user/alice", lab.account);
    let alice = lab.user_with(&lab.admin, "alice", &allow("sts:*", "*"));
    lab.role(
        &other.root,
        "reader",
        &trust_if(&format!("\"{alice_arn}\""), ALL, ""),
    );
    let role_arn = format!("arn:aws:iam::{}:role/reader", other.account);
    let form = format!(
        "Action=AssumeRole&RoleArn={role_arn}&RoleSessionName=work&ExternalId=x-1&DurationSeconds=900&SourceIdentity=ada&Tags.member.1.Key=team&Tags.member.1.Value=blue"
    );
    let answer = lab.form(&alice, Service::Sts, &form);
    let event = answer.event.expect("a record");
    the_owners_copy(
        &event,
        &answer.owners_event.expect("a copy"),
        &other.account,
    );
    let identity = &event["userIdentity"];
    assert_eq!(identity["type"], "IAMUser");
    assert_eq!(identity["arn"], alice_arn.as_str());
    assert_eq!(identity["accountId"], lab.account.as_str());
    assert_eq!(identity["accessKeyId"], alice.id.as_str());
    assert_eq!(identity["userName"], "alice");
    assert!(
        identity["principalId"]
            .as_str()
            .is_some_and(|id| id.starts_with("AIDA"))
    );
    assert_eq!(event["eventVersion"], "1.11");
    assert_eq!(event["eventTime"], "2026-03-01T12:00:00Z");
    assert_eq!(event["eventSource"], "sts.amazonaws.com");
    assert_eq!(event["eventName"], "AssumeRole");
    assert_eq!(event["awsRegion"], REGION);
    assert_eq!(event["sourceIPAddress"], PEER.to_string());
    assert_eq!(event["userAgent"], "tests/1");
    let parameters = serde_json::json!({
        "roleArn": role_arn, "roleSessionName": "work", "externalId": "x-1", "durationSeconds": 900,
        "sourceIdentity": "ada", "tags": [{"key": "team", "value": "blue"}],
    });
    assert_eq!(event["requestParameters"], parameters);
    let answered = &event["responseElements"];
    assert!(
        answered["credentials"]["accessKeyId"]
            .as_str()
            .is_some_and(|id| id.starts_with("ASIA"))
    );
    assert!(answered["credentials"]["secretAccessKey"].is_null());
    assert_eq!(answered["sourceIdentity"], "ada");
    let until = &answered["credentials"]["expiration"];
    assert_eq!(until, "Mar 1, 2026, 12:15:00 PM");
    let details = serde_json::json!({"RequestDetails": {"awsServingRegion": REGION, "endpointType": "regional"}});
    assert_eq!(event["additionalEventData"], details);
    let resources = serde_json::json!([{"ARN": role_arn, "accountId": other.account, "type": "AWS::IAM::Role"}]);
    assert_eq!(event["resources"], resources);
    assert_eq!(event["readOnly"], true);
    assert_eq!(event["eventType"], "AwsApiCall");
    assert_eq!(event["managementEvent"], true);
    assert_eq!(event["eventCategory"], "Management");
    assert_eq!(event["recipientAccountId"], lab.account.as_str());
}

/// What the owner of a role gets of a call from another account: everything but who stands behind it.
fn the_owners_copy(event: &Value, copy: &Value, owner: &str) {
    let called = &event["userIdentity"];
    let identity = serde_json::json!({
        "type": "AWSAccount", "principalId": called["principalId"], "accountId": called["accountId"],
    });
    assert_eq!(copy["userIdentity"], identity);
    assert_eq!(copy["recipientAccountId"], owner);
    assert_ne!(copy["eventID"], event["eventID"]);
    assert_eq!(copy["sharedEventID"].as_str().map(str::len), Some(36));
    for (name, value) in copy.as_object().expect("an object") {
        let is_own = ["userIdentity", "recipientAccountId", "eventID"].contains(&name.as_str());
        assert!(is_own || *value == event[name], "{name}: {value}");
    }
}

#[test]
fn aud_08_a_chain_is_told_with_its_source_identity() {
    let lab = Lab::new();
    let everybody = trust_if(&format!("\"{}\"", lab.account), ALL, "");
    let first_role = lab.role(&lab.admin, "first", &everybody);
    lab.role_policy(&lab.admin, "first", &allow("*", "*"));
    lab.role(&lab.admin, "second", &everybody);
    let mut input = assume_role(&first_role.arn, "work");
    input.source_identity = Some("ada".to_owned());
    let first = keys_of(&lab.try_assume(&lab.admin, &input).expect("AssumeRole"));
    let second = format!("arn:aws:iam::{}:role/second", lab.account);
    lab.pass(60);
    let form = format!("Action=AssumeRole&RoleArn={second}&RoleSessionName=deeper");
    let event = lab
        .form(&first, Service::Sts, &form)
        .event
        .expect("a record");
    let identity = &event["userIdentity"];
    assert_eq!(identity["type"], "AssumedRole");
    assert_eq!(
        identity["arn"],
        format!("arn:aws:sts::{}:assumed-role/first/work", lab.account)
    );
    assert_eq!(
        identity["principalId"],
        format!("{}:work", first_role.role_id)
    );
    let context = &identity["sessionContext"];
    assert_eq!(context["sourceIdentity"], "ada");
    assert_eq!(context["sessionIssuer"]["arn"], first_role.arn.as_str());
    assert_eq!(
        context["sessionIssuer"]["principalId"],
        first_role.role_id.as_str()
    );
    assert_eq!(context["sessionIssuer"]["userName"], "first");
    assert_eq!(
        context["attributes"]["creationDate"],
        "2026-03-01T12:00:00Z"
    );
    assert_eq!(context["attributes"]["mfaAuthenticated"], "false");
    assert_eq!(event["eventTime"], "2026-03-01T12:01:00Z");
    assert_eq!(event["responseElements"]["sourceIdentity"], "ada");
}

#[test]
fn aud_08_the_clients_clock_is_never_used() {
    let lab = Lab::new();
    let request = unsigned(
        Service::Sts,
        write_input(Service::Sts, "GetCallerIdentity", &Empty {}),
    );
    let answer = lab.send(sign(&lab.admin, "sts", lab.now_s() - 600, request));
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.event.expect("a record")["eventTime"],
        "2026-03-01T12:00:00Z"
    );
}

#[test]
fn aud_02_no_secret_reaches_the_trail() {
    // Lab::send looks for every secret that was ever answered; here are the calls that answer one.
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("*", "*"));
    let answer = lab.form(&alice, Service::Iam, "Action=CreateAccessKey");
    let event = answer.event.expect("a record");
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let secret = body
        .split("<SecretAccessKey>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("a secret");
    assert_eq!(secret.len(), 40);
    assert!(!event.to_string().contains(secret));
    let key = &event["responseElements"]["accessKey"];
    assert_eq!(key["userName"], "alice");
    assert!(
        key["accessKeyId"]
            .as_str()
            .is_some_and(|id| id.starts_with("AKIA"))
    );
    assert!(key["secretAccessKey"].is_null());
    let answer = lab.form(&alice, Service::Sts, "Action=GetSessionToken");
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let secret = body
        .split("<SecretAccessKey>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("a secret");
    assert!(!answer.event.expect("a record").to_string().contains(secret));
}

#[test]
fn aud_04_nothing_a_client_sends_breaks_a_record() {
    let lab = Lab::new();
    // Lab::send parses each record and looks for line feeds in it.
    for text in [
        "a\u{2028}b",
        "\u{1b}[31mred\u{1b}[0m",
        "quote\"and\\slash",
        "\u{202e}evil",
        "tab\there",
    ] {
        let mut request = unsigned(
            Service::Iam,
            write_input(Service::Iam, "ListUsers", &Empty {}),
        );
        let value = http::HeaderValue::from_bytes(text.as_bytes());
        if let Ok(value) = value {
            request.headers_mut().insert("user-agent", value);
        }
        let raw = lab.send(sign(&lab.admin, "iam", lab.now_s(), request));
        raw.event.expect("a record");
        let description: String =
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        let form = format!("Action=CreateUser&UserName={description}&Path=/{description}/");
        lab.form(&lab.admin, Service::Iam, &form)
            .event
            .expect("a record");
    }
}

#[test]
fn aud_04_control_characters_are_escaped() {
    let lab = Lab::new();
    let mut request = unsigned(
        Service::Iam,
        write_input(Service::Iam, "ListUsers", &Empty {}),
    );
    let agent = "x\u{9b}31m\u{2028}\u{202e}y";
    let value = http::HeaderValue::from_bytes(agent.as_bytes()).expect("a header value");
    request.headers_mut().insert("user-agent", value);
    let before = lab.engine.recorded_events().len();
    lab.send(sign(&lab.admin, "iam", lab.now_s(), request));
    let events = lab.engine.recorded_events();
    let text = String::from_utf8(events[before].record.clone()).expect("UTF-8");
    for forbidden in ['\u{9b}', '\u{2028}', '\u{202e}'] {
        assert!(!text.contains(forbidden), "{text}");
    }
}

#[test]
fn aud_05_a_large_document_cannot_push_its_call_out_of_the_trail() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let policy = format!(
        "{}{}",
        " ".repeat(120_000),
        document(&statement("Allow", "s3:*", "*", ""))
    );
    let encoded: String =
        percent_encoding::utf8_percent_encode(&policy, percent_encoding::NON_ALPHANUMERIC)
            .to_string();
    let form = format!("Action=PutUserPolicy&UserName=alice&PolicyName=p&PolicyDocument={encoded}");
    let answer = lab.form(&lab.admin, Service::Iam, &form);
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    let event = answer.event.expect("a record");
    assert_eq!(event["eventName"], "PutUserPolicy");
    // The policy without its white space, and what it was put on.
    let told = &event["requestParameters"];
    assert_eq!(told["userName"], "alice", "{event}");
    assert_eq!(told["policyName"], "p");
    let recorded = told["policyDocument"].as_str().expect("a policy");
    let without: String = policy.split_whitespace().collect();
    assert_eq!(recorded, without);
    assert_eq!(
        event["resources"][0]["ARN"],
        format!("arn:aws:iam::{}:user/alice", lab.account)
    );
}

#[test]
fn aud_05_a_refused_call_with_a_large_text_still_says_what_it_was_about() {
    let lab = Lab::new();
    let text = "x".repeat(120_000);
    let form = format!(
        "Action=AssumeRole&RoleArn=arn:aws:iam::{}:role/r&RoleSessionName=work&Policy={text}",
        lab.account
    );
    let answer = lab.form(&lab.admin, Service::Sts, &form);
    assert_ne!(answer.status, 200);
    let event = answer.event.expect("a record");
    let told = &event["requestParameters"];
    assert!(told.is_object(), "{event}");
    assert_eq!(
        told["roleArn"],
        format!("arn:aws:iam::{}:role/r", lab.account)
    );
    assert_eq!(told["roleSessionName"], "work");
    assert_eq!(told["policy"]["omitted"], true, "{event}");
    assert_eq!(told["policy"]["bytes"], 120_002);
    assert_eq!(told["policy"]["sha256"].as_str().map(str::len), Some(64));
}

#[test]
fn calls_of_two_accounts_say_whose_they_are() {
    let lab = Lab::new();
    let other = lab.other("other");
    for (keys, account) in [(&lab.admin, &lab.account), (&other.root, &other.account)] {
        let event = lab
            .form(keys, Service::Iam, "Action=ListUsers")
            .event
            .expect("a record");
        assert_eq!(event["recipientAccountId"], account.as_str());
        assert_eq!(event["userIdentity"]["accountId"], account.as_str());
        assert_eq!(event["awsRegion"], "us-east-1");
    }
    let event = lab
        .form(&other.root, Service::Iam, "Action=ListUsers")
        .event
        .expect("a record");
    assert_eq!(event["userIdentity"]["type"], "Root");
    assert_eq!(event["userIdentity"]["principalId"], other.account.as_str());
}

#[test]
fn tls_is_told_when_there_is_tls() {
    let lab = Lab::new();
    let body = ClientRequest {
        content_type: "application/x-www-form-urlencoded",
        target: None,
        body: b"Action=GetCallerIdentity&Version=2011-06-15".to_vec(),
    };
    let (parts, body) = lab.signed(&lab.admin, Service::Sts, body).into_parts();
    let tls = locum_api::TlsDetails {
        version: "TLSv1.3",
        cipher_suite: "TLS_AES_128_GCM_SHA256",
    };
    let request = locum_api::Request {
        parts,
        body,
        peer: PEER,
        tls: Some(tls),
    };
    pollster::block_on(locum_api::handle(&lab.world, request));
    let events = lab.engine.recorded_events();
    let event: serde_json::Value =
        serde_json::from_slice(&events.last().expect("a record").record).expect("JSON");
    let told = serde_json::json!({
        "tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": "sts.example.test",
    });
    assert_eq!(event["tlsDetails"], told);
}
