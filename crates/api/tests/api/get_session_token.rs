//! GetSessionToken: what its sessions may call, how long they live, when they end.

use locum_wire::sts::{GetSessionTokenRequest, GetSessionTokenResponse};
use locum_wire::{Empty, Service, write_input};

use crate::common::{Keys, Lab, Refused, START_S, allow, assume_role, check, success, trust};

use crate::authentication::{INVALID, who};

fn get_session_token(
    lab: &Lab,
    keys: &Keys,
    seconds: Option<i32>,
) -> Result<GetSessionTokenResponse, Refused> {
    let input = GetSessionTokenRequest {
        duration_seconds: seconds,
        ..GetSessionTokenRequest::default()
    };
    lab.sts(keys, "GetSessionToken", &input)
}

fn keys_of(output: GetSessionTokenResponse) -> (Keys, i64) {
    let held = output.credentials.expect("credentials");
    let keys = Keys {
        id: held.access_key_id,
        secret: held.secret_access_key,
        token: Some(held.session_token),
    };
    (keys, held.expiration.0)
}

#[test]
fn sts_13_sessions_of_get_session_token_may_not_call_iam_nor_most_of_sts() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("*", "*"));
    let (keys, expires_s) =
        keys_of(get_session_token(&lab, &alice, None).expect("GetSessionToken"));
    assert_eq!(expires_s, START_S + 43_200);
    let identity = who(&lab, &keys).expect("GetCallerIdentity");
    assert_eq!(
        identity.arn,
        Some(format!("arn:aws:iam::{}:user/alice", lab.account))
    );
    for row in locum_api::operations().filter(|row| row.service == Service::Iam) {
        let answer = lab.send(lab.signed(
            &keys,
            row.service,
            write_input(row.service, row.name, &Empty {}),
        ));
        check(
            success(Service::Iam, &answer),
            403,
            "InvalidClientTokenId",
            INVALID,
        );
    }
    let again = get_session_token(&lab, &keys, None);
    check(
        again,
        403,
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    );
    let form = format!("Action=GetAccessKeyInfo&AccessKeyId={}", keys.id);
    let answer = lab.form(&keys, Service::Sts, &form);
    let message = "Cannot call GetAccessKeyInfo with session credentials";
    check(success(Service::Sts, &answer), 403, "AccessDenied", message);
    // AssumeRole it may, for an hour.
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    let mut input = assume_role(&format!("arn:aws:iam::{}:role/reader", lab.account), "work");
    let role = lab.assume(&keys, &input);
    let again = get_session_token(&lab, &role, None);
    check(
        again,
        403,
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    );
    input.duration_seconds = Some(3_601);
    let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    check(
        lab.try_assume(&keys, &input),
        400,
        "ValidationError",
        message,
    );
}

#[test]
fn sts_15_a_session_ends_with_its_user() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let (keys, _) = keys_of(get_session_token(&lab, &alice, Some(900)).expect("GetSessionToken"));
    who(&lab, &keys).expect("alive");
    for form in [
        format!(
            "Action=DeleteAccessKey&UserName=alice&AccessKeyId={}",
            alice.id
        ),
        "Action=DeleteUser&UserName=alice".to_owned(),
    ] {
        let answer = lab.form(&lab.admin, Service::Iam, &form);
        success(Service::Iam, &answer).expect(&form);
    }
    check(who(&lab, &keys), 403, "InvalidClientTokenId", INVALID);
    lab.user(&lab.admin, "alice");
    check(who(&lab, &keys), 403, "InvalidClientTokenId", INVALID);
}

#[test]
fn root_sessions_last_an_hour_at_most() {
    let lab = Lab::new();
    let other = lab.other("other");
    for (asked, granted) in [
        (None, 3_600),
        (Some(900), 900),
        (Some(3_600), 3_600),
        (Some(129_600), 3_600),
    ] {
        let (keys, expires_s) =
            keys_of(get_session_token(&lab, &other.root, asked).expect("GetSessionToken"));
        assert_eq!(expires_s, START_S + granted, "{asked:?}");
        let identity = who(&lab, &keys).expect("GetCallerIdentity");
        assert_eq!(
            identity.arn,
            Some(format!("arn:aws:iam::{}:root", other.account))
        );
    }
}
