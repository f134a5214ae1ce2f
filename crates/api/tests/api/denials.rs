//! Refusals explain themselves: the sealed message and who may read it, and what the record keeps.

use locum_api::operator::{self, Rotate};
use locum_store::{Engine, PolicyHash};
use locum_wire::Service;
use locum_wire::sts::{DecodeAuthorizationMessageRequest, DecodeAuthorizationMessageResponse};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::{
    Answer, Keys, Lab, OPERATOR, Refused, allow, assume_role, check, check_denied, document,
    no_identity_policy, statement, trust_if,
};

const ASSUME: &str = r#""sts:AssumeRole""#;

/// Characters of every message.
const SIZE: usize = 4_096;

fn message(answer: &Answer) -> String {
    assert_eq!(answer.status, 403);
    let message = answer.message.clone().expect("a message");
    assert_eq!(message.len(), SIZE);
    message
}

fn decode(lab: &Lab, keys: &Keys, message: &str) -> Result<Value, Refused> {
    let input = DecodeAuthorizationMessageRequest {
        encoded_message: message.to_owned(),
    };
    let output: DecodeAuthorizationMessageResponse =
        lab.sts(keys, "DecodeAuthorizationMessage", &input)?;
    let text = output.decoded_message.expect("a decoded message");
    Ok(serde_json::from_str(&text).expect("JSON"))
}

fn check_invalid(result: Result<Value, Refused>) {
    let code = "InvalidAuthorizationMessageException";
    check(result, 400, code, "Message is not valid");
}

fn condition<'a>(decoded: &'a Value, key: &str) -> Option<&'a Value> {
    let items = decoded["context"]["conditions"]["items"].as_array();
    let found = items?.iter().find(|item| item["key"] == key);
    found.map(|item| &item["values"]["items"])
}

fn authorization(answer: &Answer) -> Value {
    let event = answer.event.as_ref().expect("a record");
    event["additionalEventData"]["authorization"].clone()
}

#[test]
fn a_refusal_that_nothing_allows_decodes_to_its_context() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let answer = lab.form(&alice, Service::Iam, "Action=GetUser&UserName=bob");
    let decoded = decode(&lab, &lab.admin, &message(&answer)).expect("a message of the account");
    assert_eq!(decoded["allowed"], false);
    assert_eq!(decoded["explicitDeny"], false);
    assert_eq!(decoded["matchedStatements"], json!({"items": []}));
    assert_eq!(decoded["failures"], json!({"items": []}));
    let context = &decoded["context"];
    assert_eq!(context["action"], "iam:GetUser");
    let arn = |name: &str| format!("arn:aws:iam::{}:user/{name}", lab.account);
    assert_eq!(context["resource"], arn("bob"));
    assert_eq!(context["principal"]["arn"], arn("alice"));
    assert_eq!(context["principal"]["name"], "alice");
    let id = context["principal"]["id"].as_str().expect("an id");
    assert!(id.starts_with("AIDA"), "{id}");
    assert_eq!(
        condition(&decoded, "aws:SourceIp"),
        Some(&json!([{"value": "192.0.2.7"}]))
    );
    assert!(decoded.get("clipped").is_none());
}

#[test]
fn an_explicit_deny_names_its_statement() {
    let lab = Lab::new();
    let deny = r#"{"Sid":"NoUsers","Effect":"Deny","Action":["iam:Get*","iam:List*"],"Resource":"*",
        "Condition":{"StringEquals":{"aws:username":["alice","bob"]}}}"#;
    let policy = document(&format!("{},{deny}", statement("Allow", "*", "*", "")));
    let alice = lab.user_with(&lab.admin, "alice", &policy);
    let answer = lab.form(&alice, Service::Iam, "Action=GetUser&UserName=bob");
    let decoded = decode(&lab, &lab.admin, &message(&answer)).expect("a message of the account");
    assert_eq!(decoded["explicitDeny"], true);
    let id = decoded["context"]["principal"]["id"].clone();
    let matched = json!([{
        "statementId": "NoUsers", "effect": "DENY",
        "principals": {"items": [{"value": id}]}, "principalGroups": {"items": []},
        "actions": {"items": [{"value": "iam:Get*"}, {"value": "iam:List*"}]},
        "resources": {"items": [{"value": "*"}]},
        "conditions": {"items": [
            {"key": "aws:username", "values": {"items": [{"value": "alice"}, {"value": "bob"}]}}]},
    }]);
    assert_eq!(decoded["matchedStatements"]["items"], matched);
    let told = authorization(&answer);
    assert_eq!(told["decision"], "explicitDeny");
    assert_eq!(told["policyType"], "identity");
}

#[test]
fn decoding_takes_a_permission_of_its_own() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let answer = lab.form(&alice, Service::Iam, "Action=ListUsers");
    let arn = format!("arn:aws:iam::{}:user/alice", lab.account);
    let action = "sts:DecodeAuthorizationMessage";
    check_denied(
        decode(&lab, &alice, &message(&answer)),
        &arn,
        action,
        "*",
        &no_identity_policy(action),
    );
}

#[test]
fn what_does_not_open_is_answered_with_one_sentence() {
    let lab = Lab::new();
    let stranger = Lab::seeded(7);
    let other = lab.other("other");
    let alice = lab.user_with(&lab.admin, "alice", "");
    let answer = lab.form(&alice, Service::Iam, "Action=ListUsers");
    let whole = message(&answer);
    // Another account, another installation, not a message at all.
    check_invalid(decode(&lab, &other.root, &whole));
    check_invalid(decode(&stranger, &stranger.admin, &whole));
    for bad in [
        "x",
        "%%%",
        &whole[1..],
        &format!("{whole}A"),
        &"A".repeat(SIZE),
    ] {
        check_invalid(decode(&lab, &lab.admin, bad));
    }
    let recorded = authorization(&answer);
    assert!(recorded.get("owners").is_none());
    // A session token is sealed by the same ring and is no message.
    let session = lab.form(&lab.admin, Service::Sts, "Action=GetSessionToken");
    let body = String::from_utf8_lossy(&session.body).into_owned();
    let token = body
        .split("<SessionToken>")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    check_invalid(decode(&lab, &lab.admin, token.expect("a token")));
    for at in (0..SIZE).step_by(41) {
        let flipped = if whole.as_bytes()[at] == b'A' {
            'B'
        } else {
            'A'
        };
        let mut broken = whole.clone();
        broken.replace_range(at..=at, &flipped.to_string());
        check_invalid(decode(&lab, &lab.admin, &broken));
    }
    decode(&lab, &lab.admin, &whole).expect("the whole message");
    block_on(operator::rotate_keys(&lab.world, OPERATOR, Rotate::New)).expect("a new key");
    decode(&lab, &lab.admin, &whole).expect("an older key");
    block_on(operator::rotate_keys(
        &lab.world,
        OPERATOR,
        Rotate::Revoke(1),
    ))
    .expect("revoked");
    check_invalid(decode(&lab, &lab.admin, &whole));
}

#[test]
fn across_accounts_each_side_reads_its_own() {
    let lab = Lab::new();
    let other = lab.other("other");
    let alice = lab.user_with(&lab.admin, "alice", &allow("sts:*", "*"));
    let deny = format!(r#"{{"Sid":"NotYou","Effect":"Deny","Principal":"*","Action":{ASSUME}}}"#);
    let trust = format!(r#"{{"Version":"2012-10-17","Statement":[{deny}]}}"#);
    let role = lab.role(&other.root, "closed", &trust);
    lab.form(
        &other.root,
        Service::Iam,
        "Action=TagRole&RoleName=closed&Tags.member.1.Key=colour&Tags.member.1.Value=ultramarine",
    );
    let ask = |arn: &str| {
        let form = format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=work");
        lab.form(&alice, Service::Sts, &form)
    };
    let answer = ask(&role.arn);
    let missing = ask(&role.arn.replace("closed", "nobody"));
    let (mine, owners) = (
        decode(&lab, &lab.admin, &message(&answer)).expect("the caller's view"),
        decode(&lab, &other.root, &message(&answer)).expect("the owner's view"),
    );
    assert_eq!(mine["explicitDeny"], false);
    assert_eq!(mine["matchedStatements"]["items"], json!([]));
    assert_eq!(condition(&mine, "aws:ResourceTag/colour"), None);
    assert_eq!(owners["explicitDeny"], true);
    assert_eq!(
        owners["matchedStatements"]["items"][0]["statementId"],
        "NotYou"
    );
    let tag = json!([{"value": "ultramarine"}]);
    assert_eq!(condition(&owners, "aws:ResourceTag/colour"), Some(&tag));
    // Neither view nor record of the caller's account tells whether the role is there.
    let nobody = decode(&lab, &lab.admin, &message(&missing)).expect("the caller's view");
    let alike = |text: &Value| text.to_string().replace("nobody", "closed");
    assert_eq!(alike(&mine), alike(&nobody));
    let (told, nothing) = (authorization(&answer), authorization(&missing));
    assert!(!told.to_string().contains("ultramarine"));
    for (name, value) in told.as_object().expect("an object") {
        match name.as_str() {
            "owners" => assert_eq!(
                value.as_str().map(str::len),
                nothing[name].as_str().map(str::len)
            ),
            _ => assert_eq!(alike(value), alike(&nothing[name]), "{name}"),
        }
    }
    let record = |answer: &Answer| answer.event.as_ref().map(|event| event.to_string().len());
    assert_eq!(record(&answer), record(&missing));
}

#[test]
fn a_sealed_part_of_a_record_is_no_message() {
    let lab = Lab::new();
    let other = lab.other("other");
    let alice = lab.user_with(&lab.admin, "alice", &allow("sts:*", "*"));
    let trust = trust_if(&format!("\"{}\"", other.account), ASSUME, "");
    let role = lab.role(&other.root, "closed", &trust);
    let form = format!(
        "Action=AssumeRole&RoleArn={}&RoleSessionName=work",
        role.arn
    );
    let told = authorization(&lab.form(&alice, Service::Sts, &form));
    let sealed = told["owners"].as_str().expect("a sealed part");
    assert_eq!(sealed.len(), SIZE);
    check_invalid(decode(&lab, &other.root, sealed));
    check_invalid(decode(&lab, &lab.admin, sealed));
}

#[test]
fn the_record_names_policies_whose_texts_are_kept() {
    let lab = Lab::new();
    let policy = allow("s3:*", "*");
    let alice = lab.user_with(&lab.admin, "alice", &policy);
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    lab.ask(&format!(
        "Action=PutUserPermissionsBoundary&UserName=alice&PermissionsBoundary={arn}"
    ))
    .expect("a boundary");
    let answer = lab.form(&alice, Service::Iam, "Action=CreateUser&UserName=bob");
    let told = authorization(&answer);
    assert_eq!(told["action"], "iam:CreateUser");
    assert_eq!(told["principal"]["kind"], "user");
    let policies = told["policies"].as_array().expect("policies");
    let names: Vec<_> = policies
        .iter()
        .map(|held| (&held["type"], &held["name"]))
        .collect();
    let expected = [
        (json!("identity"), json!("user/alice/inline")),
        (json!("boundary"), json!(arn)),
    ];
    let expected: Vec<_> = expected.iter().map(|(kind, name)| (kind, name)).collect();
    assert_eq!(names, expected);
    for (held, begins) in policies.iter().zip([policy.as_str(), "{"]) {
        let hash = PolicyHash::parse(held["sha256"].as_str().expect("a hash")).expect("a hash");
        let text = block_on(lab.engine.event_policy(hash))
            .expect("an answer")
            .expect("a text");
        assert!(text.starts_with(begins), "{text}");
        assert_eq!(PolicyHash::of(&text), hash);
    }
}

#[test]
fn what_no_policy_refused_and_what_is_allowed_carry_no_message() {
    let lab = Lab::new();
    for form in [
        "Action=ListUsers",
        "Action=GetUser&UserName=nobody",
        "Action=NoSuch",
    ] {
        let answer = lab.form(&lab.admin, Service::Iam, form);
        assert!(answer.message.is_none(), "{form}");
        assert!(authorization(&answer).is_null(), "{form}");
        assert!(
            lab.engine
                .take_events()
                .iter()
                .all(|event| event.policies.is_empty())
        );
    }
}

#[test]
fn a_message_that_holds_too_much_says_that_it_was_cut() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("iam:Tag*", "*"));
    let values = "0123456789abcdefghijklmnopqrstuvwxyz";
    let mut form = "Action=CreateUser&UserName=bob".to_owned();
    for number in 1..=50_usize {
        // Text that does not pack well.
        let text: String = (0..200_usize)
            .map(|at| {
                let mixed = (number * 7_919 + at * 104_729) ^ (at * at * number * 31);
                char::from(values.as_bytes()[mixed % values.len()])
            })
            .collect();
        form += &format!("&Tags.member.{number}.Key=k{number}&Tags.member.{number}.Value={text}");
    }
    let answer = lab.form(&alice, Service::Iam, &form);
    let decoded = decode(&lab, &lab.admin, &message(&answer)).expect("a message");
    assert_eq!(decoded["clipped"], true);
    assert_eq!(decoded["context"]["action"], "iam:CreateUser");
    let told = authorization(&answer);
    assert!(told.to_string().len() <= 25_000);
}

#[test]
fn sessions_are_told_with_the_policies_that_narrow_them() {
    let lab = Lab::new();
    let everybody = trust_if(&format!("\"{}\"", lab.account), ASSUME, "");
    let role = lab.role(&lab.admin, "reader", &everybody);
    lab.role_policy(&lab.admin, "reader", &allow("*", "*"));
    let mut input = assume_role(&role.arn, "work");
    let narrow = allow("s3:*", "*");
    input.policy = Some(narrow.clone());
    let session = lab.assume(&lab.admin, &input);
    let answer = lab.form(&session, Service::Iam, "Action=ListUsers");
    message(&answer);
    let told = authorization(&answer);
    assert_eq!(told["policyType"], "session");
    assert_eq!(told["principal"]["kind"], "roleSession");
    assert_eq!(told["principal"]["roleArn"], role.arn.as_str());
    let hash = PolicyHash::of(&narrow).to_string();
    let policies = told["policies"].as_array().expect("policies");
    assert!(
        policies
            .iter()
            .any(|held| held["type"] == "session" && held["sha256"] == hash.as_str())
    );
}
