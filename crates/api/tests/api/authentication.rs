//! Keys and tokens that must not work, whatever else is right (attack rows SIG-*, STS-*, CON-*).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use locum_api::operator::{self, Rotate};
use locum_store::{AccountStatus, Key};
use locum_wire::iam::{DeleteAccessKeyRequest, UpdateAccessKeyRequest};
use locum_wire::sts::GetCallerIdentityResponse;
use locum_wire::{Empty, Service, write_input};
use pollster::block_on;

use crate::common::{
    Answer, Keys, Lab, OPERATOR, Refused, START_S, allow, assume_role, check, document, sign,
    statement, success, trust, unsigned,
};

pub(crate) const INVALID: &str = "The security token included in the request is invalid";
const UNKNOWN: &str = "The security token included in the request is invalid.";
const EXPIRED: &str = "The security token included in the request is expired";

pub(crate) fn who(lab: &Lab, keys: &Keys) -> Result<GetCallerIdentityResponse, Refused> {
    lab.sts(keys, "GetCallerIdentity", &Empty {})
}

/// Keys of a session of a role that may do everything.
fn session(lab: &Lab) -> Keys {
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    lab.role_policy(&lab.admin, "reader", &allow("*", "*"));
    assumed(lab)
}

fn assumed(lab: &Lab) -> Keys {
    lab.assume(
        &lab.admin,
        &assume_role(&format!("arn:aws:iam::{}:role/reader", lab.account), "work"),
    )
}

#[test]
fn sig_21_keys_that_are_not_of_this_server_or_not_of_their_kind() {
    let lab = Lab::new();
    let session = session(&lab);
    let with = |id: &str, token: Option<&str>| Keys {
        id: id.to_owned(),
        secret: lab.admin.secret.clone(),
        token: token.map(str::to_owned),
    };
    let lower = lab.admin.id.to_ascii_lowercase();
    for id in [
        "AKIDEXAMPLE",
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAQ",
        "ASIAIOSFODNN7EXAMPLE",
        "AIDAIOSFODNN7EXAMPLE",
        lower.as_str(),
    ] {
        check(
            who(&lab, &with(id, None)),
            403,
            "InvalidClientTokenId",
            UNKNOWN,
        );
    }
    // A long-term key with a token, a temporary one without.
    let token = session.token.as_deref();
    check(
        who(&lab, &with(&lab.admin.id, token)),
        403,
        "InvalidClientTokenId",
        INVALID,
    );
    let bare = Keys {
        token: None,
        ..session.clone()
    };
    check(who(&lab, &bare), 403, "InvalidClientTokenId", UNKNOWN);
}

#[test]
fn sig_05_no_operation_answers_a_wrong_secret() {
    let lab = Lab::new();
    let wrong = Keys {
        secret: "x".repeat(40),
        ..lab.admin.clone()
    };
    let before = lab.engine.recorded_events().len();
    let mut operations = 0;
    for row in locum_api::operations() {
        operations += 1;
        let body = write_input(row.service, row.name, &Empty {});
        let answer = lab.send(lab.signed(&wrong, row.service, body));
        let refused = success(row.service, &answer).expect_err(row.name);
        let code = match row.service {
            Service::Organizations | Service::CloudTrail => "InvalidSignatureException",
            _ => "SignatureDoesNotMatch",
        };
        assert_eq!(refused.code, code, "{}", row.name);
        assert!(
            refused
                .message
                .starts_with("The request signature we calculated does not match")
        );
        let event = answer.event.expect("a record");
        assert_eq!(event["userIdentity"]["type"], "Unknown");
        assert_eq!(event["userIdentity"]["accessKeyId"], wrong.id.as_str());
        assert!(event["requestParameters"].is_null());
    }
    assert_eq!(lab.engine.recorded_events().len(), before + operations);
}

#[test]
fn inactive_and_deleted_keys_are_unknown_at_once() {
    let lab = Lab::new();
    let by = &lab.admin;
    let keys = lab.user_with(by, "alice", &allow("*", "*"));
    who(&lab, &keys).expect("an active key");
    for (status, works) in [("Inactive", false), ("Active", true), ("Inactive", false)] {
        let input = UpdateAccessKeyRequest {
            user_name: Some("alice".to_owned()),
            access_key_id: keys.id.clone(),
            status: status.to_owned(),
        };
        lab.tell(by, "UpdateAccessKey", &input)
            .expect("UpdateAccessKey");
        match works {
            true => assert!(who(&lab, &keys).is_ok()),
            false => check(who(&lab, &keys), 403, "InvalidClientTokenId", UNKNOWN),
        }
    }
    let input = DeleteAccessKeyRequest {
        user_name: Some("alice".to_owned()),
        access_key_id: keys.id.clone(),
    };
    lab.tell(by, "DeleteAccessKey", &input)
        .expect("DeleteAccessKey");
    check(who(&lab, &keys), 403, "InvalidClientTokenId", UNKNOWN);
}

#[test]
fn sig_21_a_key_whose_user_is_gone_is_unknown() {
    let lab = Lab::new();
    let keys = lab.user_with(&lab.admin, "alice", &allow("*", "*"));
    // No operation deletes a user that has a key; a record that was lost would look like this.
    lab.forget(&lab.account, Key::User("alice".to_owned()));
    check(who(&lab, &keys), 403, "InvalidClientTokenId", UNKNOWN);
    lab.user(&lab.admin, "alice");
    check(who(&lab, &keys), 403, "InvalidClientTokenId", UNKNOWN);
}

#[test]
fn con_01_a_deleted_key_makes_no_new_key() {
    let lab = Lab::new();
    let keys = lab.user_with(&lab.admin, "alice", &allow("*", "*"));
    let input = DeleteAccessKeyRequest {
        user_name: None,
        access_key_id: keys.id.clone(),
    };
    lab.tell(&keys, "DeleteAccessKey", &input)
        .expect("deletes itself");
    for _ in 0..100 {
        let answer = lab.form(&keys, Service::Iam, "Action=CreateAccessKey");
        check(
            success(Service::Iam, &answer),
            403,
            "InvalidClientTokenId",
            UNKNOWN,
        );
    }
}

#[test]
fn sts_10_a_session_is_dead_at_the_second_it_expires() {
    let lab = Lab::new();
    let keys = session(&lab);
    for (at_s, alive) in [
        (3_598, true),
        (3_599, true),
        (3_600, false),
        (3_601, false),
        (90_000, false),
    ] {
        lab.clock.set((START_S + at_s) * 1_000);
        match alive {
            true => assert!(who(&lab, &keys).is_ok(), "{at_s}"),
            false => check(who(&lab, &keys), 403, "ExpiredToken", EXPIRED),
        }
    }
}

#[test]
fn sts_01_a_token_with_any_byte_changed_opens_nothing() {
    let lab = Lab::new();
    let keys = session(&lab);
    let token = keys.token.clone().expect("a token");
    let bytes = STANDARD.decode(&token).expect("base 64");
    for at in 0..bytes.len() {
        for bit in [1u8, 0x80] {
            let mut other = bytes.clone();
            other[at] ^= bit;
            let changed = Keys {
                token: Some(STANDARD.encode(&other)),
                ..keys.clone()
            };
            check(who(&lab, &changed), 403, "InvalidClientTokenId", INVALID);
        }
    }
    let half = token.len() / 2;
    for other in [
        token[..half].to_owned(),
        token[4..].to_owned(),
        format!("{token}AAAA"),
        format!("{token}="),
        format!("{token}{token}"),
        token.to_ascii_lowercase(),
        "x".to_owned(),
        "x".repeat(8_192),
    ] {
        let changed = Keys {
            token: Some(other),
            ..keys.clone()
        };
        check(who(&lab, &changed), 403, "InvalidClientTokenId", INVALID);
    }
}

#[test]
fn sts_08_a_token_belongs_to_its_key_its_account_and_its_installation() {
    let lab = Lab::new();
    let (first, second) = (session(&lab), assumed(&lab));
    assert_ne!(first.id, second.id);
    let crossed = Keys {
        token: second.token.clone(),
        ..first.clone()
    };
    check(who(&lab, &crossed), 403, "InvalidClientTokenId", INVALID);
    let crossed = Keys {
        id: second.id.clone(),
        secret: second.secret.clone(),
        token: first.token.clone(),
    };
    check(who(&lab, &crossed), 403, "InvalidClientTokenId", INVALID);
    // The secret of another session under the right token.
    let crossed = Keys {
        secret: second.secret.clone(),
        ..first.clone()
    };
    assert_eq!(
        who(&lab, &crossed).expect_err("another secret").code,
        "SignatureDoesNotMatch"
    );
    // Pieces of two tokens.
    let bytes = |keys: &Keys| {
        STANDARD
            .decode(keys.token.as_deref().expect("a token"))
            .expect("base 64")
    };
    let (a, b) = (bytes(&first), bytes(&second));
    for cut in [1, 5, 17, 33, a.len() / 2, a.len() - 16] {
        let spliced = [&a[..cut], &b[cut.min(b.len())..]].concat();
        let keys = Keys {
            token: Some(STANDARD.encode(spliced)),
            ..first.clone()
        };
        check(who(&lab, &keys), 403, "InvalidClientTokenId", INVALID);
    }
}

#[test]
fn sig_14_a_token_must_be_signed() {
    let lab = Lab::new();
    let keys = session(&lab);
    let body = write_input(Service::Sts, "GetCallerIdentity", &Empty {});
    let bare = Keys {
        token: None,
        ..keys.clone()
    };
    let mut request = sign(&bare, "sts", lab.now_s(), unsigned(Service::Sts, body));
    let token = keys
        .token
        .as_deref()
        .expect("a token")
        .parse()
        .expect("a header value");
    request.headers_mut().insert("x-amz-security-token", token);
    let refused = success(Service::Sts, &lab.send(request)).expect_err("an unsigned token");
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (403, "SignatureDoesNotMatch")
    );
}

#[test]
fn sig_10_the_clock_may_be_off_by_fifteen_minutes() {
    let lab = Lab::new();
    for (off_s, begins) in [
        (-901, Some("Signature expired: ")),
        (-900, None),
        (900, None),
        (901, Some("Signature not yet current: ")),
        (-86_400, Some("Signature expired: ")),
        (86_400, Some("Signature not yet current: ")),
    ] {
        let body = write_input(Service::Sts, "GetCallerIdentity", &Empty {});
        let request = unsigned(Service::Sts, body);
        let answer = lab.send(sign(&lab.admin, "sts", lab.now_s() + off_s, request));
        let Some(begins) = begins else {
            assert_eq!(answer.status, 200, "{off_s}");
            continue;
        };
        let refused = success(Service::Sts, &answer).expect_err("a clock that is off");
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (403, "SignatureDoesNotMatch")
        );
        assert!(refused.message.starts_with(begins), "{}", refused.message);
    }
}

#[test]
fn a_request_without_signature_is_refused_whatever_it_asks() {
    let lab = Lab::new();
    for row in locum_api::operations() {
        let answer = lab.send(unsigned(
            row.service,
            write_input(row.service, row.name, &Empty {}),
        ));
        let refused = success(row.service, &answer).expect_err(row.name);
        let code = match row.service {
            Service::Organizations | Service::CloudTrail => "MissingAuthenticationTokenException",
            _ => "MissingAuthenticationToken",
        };
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (403, code),
            "{}",
            row.name
        );
        assert_eq!(refused.message, "Request is missing Authentication Token");
    }
}

#[test]
fn sig_12_a_signature_for_one_service_does_nothing_at_another() {
    let lab = Lab::new();
    for (scope, service, operation) in [
        ("sts", Service::Iam, "ListUsers"),
        ("iam", Service::Sts, "GetCallerIdentity"),
        ("s3", Service::Sts, "GetCallerIdentity"),
        ("organizations", Service::Iam, "ListUsers"),
        ("iam", Service::Organizations, "ListAccounts"),
        ("STS", Service::Sts, "GetCallerIdentity"),
    ] {
        let request = unsigned(service, write_input(service, operation, &Empty {}));
        let answer = lab.send(sign(&lab.admin, scope, lab.now_s(), request));
        assert!(
            (400..500).contains(&answer.status),
            "{operation} signed for {scope}: {}",
            answer.status
        );
    }
}

#[test]
fn sts_17_an_epoch_rotated_lives_out_and_an_epoch_revoked_is_dead() {
    let lab = Lab::new();
    let old = session(&lab);
    block_on(operator::rotate_keys(&lab.world, OPERATOR, Rotate::New)).expect("rotate");
    let new = assumed(&lab);
    who(&lab, &old).expect("a session of the epoch before");
    who(&lab, &new).expect("a session of the new epoch");
    block_on(operator::rotate_keys(
        &lab.world,
        OPERATOR,
        Rotate::Revoke(1),
    ))
    .expect("revoke");
    check(who(&lab, &old), 403, "InvalidClientTokenId", INVALID);
    who(&lab, &new).expect("the new epoch is not touched");
    block_on(operator::rotate_keys(
        &lab.world,
        OPERATOR,
        Rotate::Revoke(2),
    ))
    .expect("revoke");
    check(who(&lab, &new), 403, "InvalidClientTokenId", INVALID);
    who(&lab, &assumed(&lab)).expect("there is always an epoch that seals");
}

#[test]
fn a_suspended_account_calls_nothing_and_its_roles_are_nobodys() {
    let lab = Lab::new();
    let other = lab.other("other");
    let alice = lab.user_with(&other.root, "alice", &allow("*", "*"));
    let arn = format!(
        "arn:aws:iam::{}:role/OrganizationAccountAccessRole",
        other.account
    );
    let input = assume_role(&arn, "work");
    let role = lab.assume(&lab.admin, &input);
    for keys in [&other.root, &alice, &role] {
        who(&lab, keys).expect("active");
    }
    lab.set_status(&other.account, AccountStatus::Suspended);
    for keys in [&other.root, &alice, &role] {
        check(who(&lab, keys), 403, "InvalidClientTokenId", UNKNOWN);
    }
    let refused = lab.try_assume(&lab.admin, &input).expect_err("suspended");
    assert_eq!(refused.code, "AccessDenied");
    lab.set_status(&other.account, AccountStatus::Active);
    who(&lab, &alice).expect("active again");
}

#[test]
fn sts_15_a_sessions_rights_follow_its_role_at_once() {
    let lab = Lab::new();
    let keys = session(&lab);
    let list = |keys: &Keys| {
        success(
            Service::Iam,
            &lab.form(keys, Service::Iam, "Action=ListUsers"),
        )
    };
    list(&keys).expect("allowed");
    let revoking = document(
        &[
            statement("Allow", "*", "*", ""),
            statement(
                "Deny",
                "*",
                "*",
                r#"{"DateLessThan":{"aws:TokenIssueTime":"2026-03-01T12:00:01Z"}}"#,
            ),
        ]
        .join(","),
    );
    lab.role_policy(&lab.admin, "reader", &revoking);
    assert_eq!(list(&keys).expect_err("revoked").code, "AccessDenied");
    lab.pass(1);
    list(&assumed(&lab)).expect("a session issued later");
    lab.role_policy(&lab.admin, "reader", &allow("s3:*", "*"));
    assert_eq!(
        list(&keys).expect_err("no longer allowed").code,
        "AccessDenied"
    );
}

#[test]
fn sts_19_a_refused_call_leaves_nothing_that_works() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    lab.role(&lab.admin, "closed", &trust("\"999999999999\""));
    let arn = format!("arn:aws:iam::{}:role/closed", lab.account);
    let answer: Answer = lab.form(
        &alice,
        Service::Sts,
        &format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=work"),
    );
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    assert_eq!(answer.status, 403);
    assert!(
        !body.contains("ASIA") && !body.contains("SecretAccessKey"),
        "{body}"
    );
    let event = answer.event.expect("a record");
    assert!(event["responseElements"].is_null());
    assert_eq!(event["errorCode"], "AccessDenied");
}

#[test]
fn sts_02_tokens_of_another_making_are_refused() {
    let lab = Lab::new();
    let keys = session(&lab);
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJyb290In0.c2lnbmF0dXJl";
    let mut old_version = STANDARD
        .decode(keys.token.as_deref().expect("a token"))
        .expect("base 64");
    old_version[0] = 0;
    let mut other_epoch = STANDARD
        .decode(keys.token.as_deref().expect("a token"))
        .expect("base 64");
    other_epoch[4] = 9;
    for token in [
        jwt.to_owned(),
        STANDARD.encode([1u8; 64]),
        STANDARD.encode(old_version),
        STANDARD.encode(other_epoch),
    ] {
        let changed = Keys {
            token: Some(token),
            ..keys.clone()
        };
        check(who(&lab, &changed), 403, "InvalidClientTokenId", INVALID);
    }
}

#[test]
fn sts_03_another_installation_opens_no_token_of_this_one() {
    let (lab, other) = (Lab::new(), Lab::seeded(1));
    let keys = session(&lab);
    // Even with the same account and the same role, the ring is another.
    assert!(who(&other, &keys).is_err());
}
