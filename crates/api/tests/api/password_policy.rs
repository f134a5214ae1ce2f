//! The account's rules for passwords: each of them is enforced on every way to a new password.

use locum_wire::Empty;
use locum_wire::iam::{GetAccountPasswordPolicyResponse, PasswordPolicy};

use crate::common::{Lab, Refused, check};

fn rules(lab: &Lab, parameters: &str) {
    lab.ask(&format!("Action=UpdateAccountPasswordPolicy&{parameters}"))
        .expect(parameters);
}

fn shown(lab: &Lab) -> PasswordPolicy {
    let output: GetAccountPasswordPolicyResponse = lab
        .iam(&lab.admin, "GetAccountPasswordPolicy", &Empty {})
        .expect("GetAccountPasswordPolicy");
    output.password_policy
}

fn update(lab: &Lab, password: &str) -> Result<(), Refused> {
    let password =
        percent_encoding::utf8_percent_encode(password, percent_encoding::NON_ALPHANUMERIC);
    lab.ask(&format!(
        "Action=UpdateLoginProfile&UserName=alice&Password={password}"
    ))
}

#[test]
fn rules_are_set_as_a_whole_read_and_taken_away() {
    let lab = Lab::new();
    let absent = format!(
        "The Password Policy with domain name {} cannot be found.",
        lab.account
    );
    let get = lab.ask("Action=GetAccountPasswordPolicy");
    check(get, 404, "NoSuchEntity", &absent);
    let absent = "The account policy with name PasswordPolicy cannot be found.";
    let delete = lab.ask("Action=DeleteAccountPasswordPolicy");
    check(delete, 404, "NoSuchEntity", absent);
    rules(
        &lab,
        "MinimumPasswordLength=14&RequireSymbols=true&RequireNumbers=true&RequireUppercaseCharacters=true&RequireLowercaseCharacters=true&AllowUsersToChangePassword=true&MaxPasswordAge=90&PasswordReusePrevention=5&HardExpiry=true",
    );
    let all = PasswordPolicy {
        allow_users_to_change_password: Some(true),
        expire_passwords: Some(true),
        hard_expiry: Some(true),
        max_password_age: Some(90),
        minimum_password_length: Some(14),
        password_reuse_prevention: Some(5),
        require_lowercase_characters: Some(true),
        require_numbers: Some(true),
        require_symbols: Some(true),
        require_uppercase_characters: Some(true),
    };
    assert_eq!(shown(&lab), all);
    // What is not named goes back to its default.
    rules(&lab, "RequireNumbers=true");
    let rest = PasswordPolicy {
        allow_users_to_change_password: Some(false),
        expire_passwords: Some(false),
        minimum_password_length: Some(6),
        require_lowercase_characters: Some(false),
        require_numbers: Some(true),
        require_symbols: Some(false),
        require_uppercase_characters: Some(false),
        ..PasswordPolicy::default()
    };
    assert_eq!(shown(&lab), rest);
    lab.ask("Action=DeleteAccountPasswordPolicy")
        .expect("delete");
    let sentence = "3 validation errors detected: Value at 'minimumPasswordLength' failed to satisfy constraint: Member must have value less than or equal to 128; Value at 'passwordReusePrevention' failed to satisfy constraint: Member must have value less than or equal to 24; Value at 'maxPasswordAge' failed to satisfy constraint: Member must have value less than or equal to 1095";
    let beyond = lab.ask("Action=UpdateAccountPasswordPolicy&MinimumPasswordLength=129&MaxPasswordAge=1096&PasswordReusePrevention=25");
    check(beyond, 400, "ValidationError", sentence);
}

#[test]
fn every_rule_is_enforced() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    lab.ask("Action=CreateLoginProfile&UserName=alice&Password=First-Horse-1")
        .expect("CreateLoginProfile");
    let unlike = "Password does not conform to the account password policy.";
    for (parameters, bad, sentence, good) in [
        (
            "MinimumPasswordLength=9",
            "12345678",
            "Password should have a minimum length of 9",
            "123456789",
        ),
        (
            "MinimumPasswordLength=6",
            "12345",
            "Password should have a minimum length of 6",
            "123456",
        ),
        (
            "RequireUppercaseCharacters=true",
            "abcdef1!",
            "Password should have at least one uppercase letter",
            "Abcdef",
        ),
        (
            "RequireLowercaseCharacters=true",
            "ABCDEF1!",
            "Password should have at least one lowercase letter",
            "ABCDEf",
        ),
        (
            "RequireNumbers=true",
            "Abcdef!",
            "Password should have at least one number",
            "Abcdef1",
        ),
        (
            "RequireSymbols=true",
            "Abcdef1 ;",
            "Password should have at least one symbol",
            "Abcdef'",
        ),
    ] {
        rules(&lab, parameters);
        check(update(&lab, bad), 400, "PasswordPolicyViolation", sentence);
        update(&lab, good).expect(good);
    }
    // Without rules of the account's own, IAM's: eight characters of three kinds, not the account itself.
    lab.ask("Action=DeleteAccountPasswordPolicy")
        .expect("delete");
    for bad in ["Abcde1!", "abcdefgh1", "ABCDEFGH!"] {
        check(update(&lab, bad), 400, "PasswordPolicyViolation", unlike);
    }
    update(&lab, "Abcdefg1").expect("three kinds");
    let create = lab.ask("Action=CreateLoginProfile&UserName=admin&Password=weak");
    check(create, 400, "PasswordPolicyViolation", unlike);
}

#[test]
fn earlier_passwords_do_not_come_again_as_far_as_the_account_asks() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let passwords: Vec<String> = (0..5)
        .map(|number| format!("Horse-Number-{number}"))
        .collect();
    lab.ask("Action=CreateLoginProfile&UserName=alice&Password=Horse-Number-0")
        .expect("CreateLoginProfile");
    for password in &passwords[1..] {
        update(&lab, password).expect(password);
    }
    rules(&lab, "PasswordReusePrevention=3");
    let used = "Password does not conform to the account password policy: it was used before.";
    for password in &passwords[2..] {
        check(update(&lab, password), 400, "PasswordPolicyViolation", used);
    }
    update(&lab, &passwords[1]).expect("the fourth before");
    check(
        update(&lab, &passwords[4]),
        400,
        "PasswordPolicyViolation",
        used,
    );
    update(&lab, &passwords[2]).expect("the fourth before");
    // A stricter rule reaches back to what was remembered before it.
    rules(&lab, "PasswordReusePrevention=24");
    for password in &passwords {
        check(update(&lab, password), 400, "PasswordPolicyViolation", used);
    }
}
