//! MFA in STS: the caller's own device, each code good once, wrong ones counted, and what conditions see of it.

use locum_wire::sts::{
    AssumeRoleRequest, AssumeRoleResponse, GetSessionTokenRequest, GetSessionTokenResponse,
};

use crate::common::{
    Keys, Lab, Refused, allow, assume_role, check, check_denied, keys_of, no_identity_policy,
    statement, trust, trust_if,
};
use crate::documents::{allow_if, document};
use crate::totp::Device;

const CODE: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
const SERIAL: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";
const PRESENT: &str = r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;

/// Alice with a device, and a role that trusts the account where multi-factor authentication took place.
struct Stage {
    lab: Lab,
    alice: Keys,
    device: Device,
}

impl Stage {
    fn new() -> Stage {
        let lab = Lab::new();
        let alice = lab.user_with(&lab.admin, "alice", &allow("*", "*"));
        let device = Device::of(&lab, "alice");
        let principal = format!("\"{}\"", lab.account);
        let guarded = trust_if(&principal, r#""sts:AssumeRole""#, PRESENT);
        lab.role(&lab.admin, "guarded", &guarded);
        Stage { lab, alice, device }
    }

    fn role(&self, name: &str) -> AssumeRoleRequest {
        let arn = format!("arn:aws:iam::{}:role/{name}", self.lab.account);
        assume_role(&arn, "work")
    }

    fn assume(&self, keys: &Keys, code: Option<String>) -> Result<AssumeRoleResponse, Refused> {
        let input = AssumeRoleRequest {
            serial_number: code.is_some().then(|| self.device.serial.clone()),
            token_code: code,
            ..self.role("guarded")
        };
        self.lab.try_assume(keys, &input)
    }

    fn session(&self, code: Option<String>) -> Result<Keys, Refused> {
        let input = GetSessionTokenRequest {
            serial_number: code.is_some().then(|| self.device.serial.clone()),
            token_code: code,
            ..GetSessionTokenRequest::default()
        };
        let output: GetSessionTokenResponse =
            self.lab.sts(&self.alice, "GetSessionToken", &input)?;
        let held = output.credentials.expect("credentials");
        Ok(Keys {
            id: held.access_key_id,
            secret: held.secret_access_key,
            token: Some(held.session_token),
        })
    }
}

#[test]
fn a_code_opens_a_role_that_asks_for_it_and_none_does_not() {
    let at = Stage::new();
    let lab = &at.lab;
    let alice = format!("arn:aws:iam::{}:user/alice", lab.account);
    let role = format!("arn:aws:iam::{}:role/guarded", lab.account);
    let because = " because no role trust policy allows the sts:AssumeRole action";
    check_denied(
        at.assume(&at.alice, None),
        &alice,
        "sts:AssumeRole",
        &role,
        because,
    );
    let wrong = at.assume(&at.alice, Some(at.device.wrong(lab)));
    check(wrong, 403, "AccessDenied", CODE);
    at.assume(&at.alice, Some(at.device.code(lab, 0)))
        .expect("by the code of now");
}

#[test]
fn a_code_is_good_once_and_none_before_it_afterwards() {
    let at = Stage::new();
    let lab = &at.lab;
    lab.pass(300);
    let codes = [-1, 0, 1].map(|steps| at.device.code(lab, steps));
    at.assume(&at.alice, Some(codes[1].clone())).expect("once");
    for code in [&codes[1], &codes[0]] {
        let again = at.assume(&at.alice, Some(code.clone()));
        check(again, 403, "AccessDenied", CODE);
        let elsewhere = at.session(Some(code.clone()));
        check(elsewhere, 403, "AccessDenied", CODE);
    }
    at.session(Some(codes[2].clone())).expect("the next one");
    // Far off in either direction is wrong.
    lab.pass(300);
    for steps in [-2, 2] {
        let far = at.session(Some(at.device.code(lab, steps)));
        check(far, 403, "AccessDenied", CODE);
    }
    at.session(Some(at.device.code(lab, -1)))
        .expect("a step late");
}

#[test]
fn a_code_used_by_a_call_that_policies_refuse_is_still_good() {
    let at = Stage::new();
    let lab = &at.lab;
    let code = at.device.code(lab, 0);
    let input = AssumeRoleRequest {
        serial_number: Some(at.device.serial.clone()),
        token_code: Some(code.clone()),
        ..at.role("ghost")
    };
    lab.try_assume(&at.alice, &input).expect_err("no such role");
    at.assume(&at.alice, Some(code))
        .expect("the session comes first");
}

#[test]
fn wrong_codes_are_counted_and_past_the_limit_none_is_looked_at() {
    let at = Stage::new();
    let lab = &at.lab;
    for _ in 0..9 {
        let wrong = at.session(Some(at.device.wrong(lab)));
        check(wrong, 403, "AccessDenied", CODE);
    }
    at.session(Some(at.device.code(lab, 0)))
        .expect("a right one ends the row");
    lab.pass(60);
    for _ in 0..10 {
        let wrong = at.assume(&at.alice, Some(at.device.wrong(lab)));
        check(wrong, 403, "AccessDenied", CODE);
    }
    let revision = lab.revision();
    for _ in 0..3 {
        let locked = at.session(Some(at.device.code(lab, 0)));
        check(locked, 403, "AccessDenied", CODE);
    }
    assert_eq!(lab.revision(), revision, "nothing is written while locked");
    // One try more, then it is locked again.
    lab.pass(900);
    let wrong = at.session(Some(at.device.wrong(lab)));
    check(wrong, 403, "AccessDenied", CODE);
    let locked = at.session(Some(at.device.code(lab, 0)));
    check(locked, 403, "AccessDenied", CODE);
    lab.pass(900);
    at.session(Some(at.device.code(lab, 0)))
        .expect("free again");
}

#[test]
fn esc_20_only_the_callers_own_device_counts() {
    let at = Stage::new();
    let lab = &at.lab;
    let bob = lab.user_with(&lab.admin, "bob", &allow("*", "*"));
    let bobs = Device::of(lab, "bob");
    let spare = Device::new(lab, &lab.admin, "spare");
    let other = lab.other("other");
    let root = other.root.clone();
    lab.role(&lab.admin, "open", &trust(&format!("\"{}\"", lab.account)));
    let role = keys_of(
        &lab.try_assume(&at.alice, &at.role("open"))
            .expect("AssumeRole"),
    );
    for (keys, device) in [
        (&bob, &at.device),
        (&at.alice, &bobs),
        (&at.alice, &spare),
        (&role, &at.device),
    ] {
        let input = AssumeRoleRequest {
            serial_number: Some(device.serial.clone()),
            token_code: Some(device.code(lab, 0)),
            ..at.role("guarded")
        };
        check(lab.try_assume(keys, &input), 403, "AccessDenied", SERIAL);
    }
    let input = GetSessionTokenRequest {
        serial_number: Some(at.device.serial.clone()),
        token_code: Some(at.device.code(lab, 0)),
        ..GetSessionTokenRequest::default()
    };
    let foreign: Result<GetSessionTokenResponse, _> = lab.sts(&root, "GetSessionToken", &input);
    check(foreign, 403, "AccessDenied", SERIAL);
    // A device that was taken from alice is no longer hers.
    lab.ask(&format!(
        "Action=DeactivateMFADevice&UserName=alice&SerialNumber={}",
        at.device.serial
    ))
    .expect("deactivate");
    let gone = at.session(Some(at.device.code(lab, 0)));
    check(gone, 403, "AccessDenied", SERIAL);
}

#[test]
fn sts_13_a_session_with_mfa_may_call_iam_and_one_without_may_not() {
    let at = Stage::new();
    let lab = &at.lab;
    let policy = [
        statement("Allow", "sts:*", "*", ""),
        statement("Allow", "iam:ListUsers", "*", PRESENT),
    ];
    lab.user_policy(&lab.admin, "alice", &document(&policy.join(",")));
    let list = |keys: &Keys| {
        let answer = lab.form(keys, locum_wire::Service::Iam, "Action=ListUsers");
        crate::common::success(locum_wire::Service::Iam, &answer)
    };
    let alice = format!("arn:aws:iam::{}:user/alice", lab.account);
    let because = no_identity_policy("iam:ListUsers");
    check_denied(list(&at.alice), &alice, "iam:ListUsers", "*", &because);
    let plain = at.session(None).expect("GetSessionToken");
    let invalid = "The security token included in the request is invalid";
    check(list(&plain), 403, "InvalidClientTokenId", invalid);
    let strong = at
        .session(Some(at.device.code(lab, 0)))
        .expect("GetSessionToken");
    list(&strong).expect("by the MFA of the session");
    // Its age is counted from the code on.
    let young = r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"60"}}"#;
    lab.user_policy(&lab.admin, "alice", &allow_if("iam:ListUsers", "*", young));
    list(&strong).expect("young");
    lab.pass(60);
    check_denied(list(&strong), &alice, "iam:ListUsers", "*", &because);
}

#[test]
fn a_roles_session_has_the_mfa_of_its_own_assume_role_and_of_none_before() {
    let at = Stage::new();
    let lab = &at.lab;
    lab.role_policy(
        &lab.admin,
        "guarded",
        &allow_if("iam:ListUsers", "*", PRESENT),
    );
    let principal = format!("\"{}\"", lab.account);
    lab.role(&lab.admin, "next", &trust(&principal));
    lab.role_policy(&lab.admin, "next", &allow_if("iam:ListUsers", "*", PRESENT));
    let list = |keys: &Keys| {
        lab.form(keys, locum_wire::Service::Iam, "Action=ListUsers")
            .status
    };
    let direct = at
        .assume(&at.alice, Some(at.device.code(lab, 0)))
        .expect("AssumeRole");
    assert_eq!(list(&keys_of(&direct)), 200);
    lab.pass(60);
    let strong = at
        .session(Some(at.device.code(lab, 0)))
        .expect("GetSessionToken");
    // The session of GetSessionToken satisfies the trust policy, but does not hand its MFA on.
    let chained = at.assume(&strong, None).expect("AssumeRole");
    assert_eq!(list(&keys_of(&chained)), 403);
    let next = lab.assume(&at.alice, &at.role("next"));
    assert_eq!(list(&next), 403);
}

#[test]
fn the_age_of_a_code_that_comes_with_assume_role_is_nothing() {
    let at = Stage::new();
    let lab = &at.lab;
    let principal = format!("\"{}\"", lab.account);
    let fresh = r#"{"NumericLessThanEquals":{"aws:MultiFactorAuthAge":"0"}}"#;
    let fresh = trust_if(&principal, r#""sts:AssumeRole""#, fresh);
    lab.role(&lab.admin, "fresh", &fresh);
    let mut input = at.role("fresh");
    lab.try_assume(&at.alice, &input)
        .expect_err("no age without MFA");
    input.serial_number = Some(at.device.serial.clone());
    input.token_code = Some(at.device.code(lab, 0));
    lab.try_assume(&at.alice, &input).expect("just now");
    lab.pass(60);
    let strong = at
        .session(Some(at.device.code(lab, 0)))
        .expect("GetSessionToken");
    lab.pass(1);
    lab.try_assume(&strong, &at.role("fresh"))
        .expect_err("a second old");
}

#[test]
fn a_wrong_code_is_recorded_without_the_code() {
    let at = Stage::new();
    let lab = &at.lab;
    let wrong = at.device.wrong(lab);
    let form = format!(
        "Action=GetSessionToken&SerialNumber={}&TokenCode={wrong}",
        at.device.serial
    );
    let answer = lab.form(&at.alice, locum_wire::Service::Sts, &form);
    assert_eq!(answer.status, 403);
    let event = answer.event.expect("a record");
    assert_eq!(event["errorCode"], "AccessDenied");
    let parameters = &event["requestParameters"];
    assert_eq!(parameters["serialNumber"], at.device.serial.as_str());
    assert!(parameters.get("tokenCode").is_none(), "{event}");
}
