//! Passwords: made, changed by others and by the user itself, never told, never guessed without limit.

use locum_wire::Service;
use locum_wire::iam::{GetLoginProfileRequest, GetLoginProfileResponse};

use crate::common::{
    Keys, Lab, Refused, START_S, allow, assume_role, check, check_denied, document,
    no_identity_policy, statement, success, trust,
};

const WRONG: &str = "The old password was incorrect.";
const FIRST: &str = "First-Horse-1";
const SECOND: &str = "Second-Horse-2";

fn create(lab: &Lab, user: &str, password: &str) -> Result<(), Refused> {
    lab.secret(password);
    lab.ask(&format!(
        "Action=CreateLoginProfile&UserName={user}&Password={password}"
    ))
}

fn change(lab: &Lab, keys: &Keys, old: &str, new: &str) -> Result<(), Refused> {
    lab.secret(old);
    lab.secret(new);
    let form = format!("Action=ChangePassword&OldPassword={old}&NewPassword={new}");
    success(Service::Iam, &lab.form(keys, Service::Iam, &form))
}

fn profile(lab: &Lab, user: &str) -> Result<(i64, Option<bool>), Refused> {
    let input = GetLoginProfileRequest {
        user_name: Some(user.to_owned()),
    };
    let output: GetLoginProfileResponse = lab.iam(&lab.admin, "GetLoginProfile", &input)?;
    assert_eq!(output.login_profile.user_name, user);
    Ok((
        output.login_profile.create_date.0,
        output.login_profile.password_reset_required,
    ))
}

#[test]
fn a_password_is_made_shown_as_there_and_deleted() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let absent = "Login Profile for User alice cannot be found.";
    for form in [
        "Action=GetLoginProfile&UserName=alice",
        "Action=UpdateLoginProfile&UserName=alice&PasswordResetRequired=true",
        "Action=DeleteLoginProfile&UserName=alice",
    ] {
        check(lab.ask(form), 404, "NoSuchEntity", absent);
    }
    create(&lab, "alice", FIRST).expect("CreateLoginProfile");
    assert_eq!(profile(&lab, "alice"), Ok((START_S, Some(false))));
    let again = create(&lab, "alice", SECOND);
    let exists = "Login Profile for user alice already exists.";
    check(again, 409, "EntityAlreadyExists", exists);
    lab.ask("Action=UpdateLoginProfile&UserName=alice&PasswordResetRequired=true")
        .expect("UpdateLoginProfile");
    assert_eq!(profile(&lab, "alice"), Ok((START_S, Some(true))));
    let held = lab.ask("Action=DeleteUser&UserName=alice");
    let conflict = "Cannot delete entity, must delete login profile first.";
    check(held, 409, "DeleteConflict", conflict);
    lab.ask("Action=UpdateUser&UserName=alice&NewUserName=alicia")
        .expect("rename");
    assert_eq!(profile(&lab, "alicia"), Ok((START_S, Some(true))));
    lab.user(&lab.admin, "alice");
    check(profile(&lab, "alice"), 404, "NoSuchEntity", absent);
    lab.ask("Action=DeleteLoginProfile&UserName=alicia")
        .expect("DeleteLoginProfile");
    lab.ask("Action=DeleteUser&UserName=alicia").expect("free");
    let none = lab.ask("Action=CreateLoginProfile&UserName=alice");
    assert_eq!(none.expect_err("no password").code, "ValidationError");
}

#[test]
fn a_user_changes_its_own_password_by_the_old_one() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("iam:ChangePassword", "*"));
    let absent = "Login Profile for User alice cannot be found.";
    check(
        change(&lab, &alice, FIRST, SECOND),
        404,
        "NoSuchEntity",
        absent,
    );
    create(&lab, "alice", FIRST).expect("CreateLoginProfile");
    lab.ask("Action=UpdateLoginProfile&UserName=alice&PasswordResetRequired=true")
        .expect("UpdateLoginProfile");
    check(
        change(&lab, &alice, SECOND, SECOND),
        403,
        "AccessDenied",
        WRONG,
    );
    change(&lab, &alice, FIRST, SECOND).expect("ChangePassword");
    assert_eq!(profile(&lab, "alice"), Ok((START_S, Some(false))));
    check(
        change(&lab, &alice, FIRST, "Third-Horse-3"),
        403,
        "AccessDenied",
        WRONG,
    );
    // An administrator's word replaces it, too.
    lab.secret("Third-Horse-3");
    lab.ask("Action=UpdateLoginProfile&UserName=alice&Password=Third-Horse-3")
        .expect("UpdateLoginProfile");
    check(
        change(&lab, &alice, SECOND, FIRST),
        403,
        "AccessDenied",
        WRONG,
    );
    change(&lab, &alice, "Third-Horse-3", FIRST).expect("ChangePassword");
}

#[test]
fn wrong_old_passwords_are_counted_and_past_the_limit_none_is_looked_at() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("iam:ChangePassword", "*"));
    create(&lab, "alice", FIRST).expect("CreateLoginProfile");
    for _ in 0..10 {
        check(
            change(&lab, &alice, SECOND, SECOND),
            403,
            "AccessDenied",
            WRONG,
        );
    }
    let locked = change(&lab, &alice, FIRST, SECOND);
    let sentence = "The old password was wrong too often. Try again later.";
    check(locked, 409, "EntityTemporarilyUnmodifiable", sentence);
    lab.pass(900);
    change(&lab, &alice, FIRST, SECOND).expect("after a quarter of an hour");
}

#[test]
fn only_users_change_passwords_and_only_as_policies_allow() {
    let lab = Lab::new();
    let other = lab.other("other");
    let sentence = "Only IAM Users can change their own password";
    check(
        change(&lab, &other.root, FIRST, SECOND),
        400,
        "InvalidUserType",
        sentence,
    );
    lab.role(
        &lab.admin,
        "reader",
        &trust(&format!("\"{}\"", lab.account)),
    );
    lab.role_policy(&lab.admin, "reader", &allow("*", "*"));
    let arn = format!("arn:aws:iam::{}:role/reader", lab.account);
    let role = lab.assume(&lab.admin, &assume_role(&arn, "work"));
    check(
        change(&lab, &role, FIRST, SECOND),
        400,
        "InvalidUserType",
        sentence,
    );
    let alice = lab.user_with(&lab.admin, "alice", "");
    create(&lab, "alice", FIRST).expect("CreateLoginProfile");
    let arn = format!("arn:aws:iam::{}:user/alice", lab.account);
    let refused = |because: &str| {
        let result = change(&lab, &alice, FIRST, SECOND);
        check_denied(result, &arn, "iam:ChangePassword", &arn, because);
    };
    refused(&no_identity_policy("iam:ChangePassword"));
    // The account's rules let everybody, and a deny stands above them.
    lab.ask("Action=UpdateAccountPasswordPolicy&MinimumPasswordLength=8&AllowUsersToChangePassword=true")
        .expect("UpdateAccountPasswordPolicy");
    let deny = document(&statement("Deny", "iam:ChangePassword", "*", ""));
    lab.user_policy(&lab.admin, "alice", &deny);
    refused(" with an explicit deny in an identity-based policy");
    lab.user_policy(&lab.admin, "alice", &allow("s3:*", "*"));
    change(&lab, &alice, FIRST, SECOND).expect("by the account's rules");
    // Nothing else comes with it: neither another's password nor anything beside it.
    for form in [
        "Action=UpdateLoginProfile&UserName=alice&Password=Third-Horse-3",
        "Action=GetLoginProfile&UserName=alice",
        "Action=DeleteAccountPasswordPolicy",
    ] {
        let answer = lab.form(&alice, Service::Iam, form);
        assert_eq!(answer.status, 403, "{form}");
    }
    let answer = lab.form(&alice, Service::Iam, "Action=GetAccountPasswordPolicy");
    assert_eq!(answer.status, 200);
}

#[test]
fn esc_16_a_boundary_ends_the_right_to_change_the_own_password() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    create(&lab, "alice", FIRST).expect("CreateLoginProfile");
    lab.ask("Action=UpdateAccountPasswordPolicy&AllowUsersToChangePassword=true")
        .expect("UpdateAccountPasswordPolicy");
    lab.ask("Action=PutUserPermissionsBoundary&UserName=alice&PermissionsBoundary=arn:aws:iam::aws:policy/AmazonS3FullAccess")
        .expect("PutUserPermissionsBoundary");
    let arn = format!("arn:aws:iam::{}:user/alice", lab.account);
    let because = " because no permissions boundary allows the iam:ChangePassword action";
    let result = change(&lab, &alice, FIRST, SECOND);
    check_denied(result, &arn, "iam:ChangePassword", &arn, because);
}

#[test]
fn esc_04_a_password_change_takes_nothing_else_along() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("iam:ChangePassword", "*"));
    create(&lab, "alice", FIRST).expect("CreateLoginProfile");
    for extra in [
        "UserName=admin",
        "PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess",
        "PasswordResetRequired=false",
    ] {
        let form =
            format!("Action=ChangePassword&OldPassword={FIRST}&NewPassword={SECOND}&{extra}");
        let answer = lab.form(&alice, Service::Iam, &form);
        let refused = success(Service::Iam, &answer).expect_err(extra);
        assert_eq!(refused.code, "ValidationError", "{extra}");
    }
    change(&lab, &alice, FIRST, SECOND).expect("nothing was changed");
}
