//! AssumeRole: who may, who may not, and with which sentence (STS reference §4, attack rows STS-*).

use locum_wire::Empty;
use locum_wire::Service;
use locum_wire::iam::{
    CreateUserRequest, CreateUserResponse, DeleteRoleRequest, DeleteUserPolicyRequest,
    UpdateAssumeRolePolicyRequest,
};
use locum_wire::sts::{AssumeRoleRequest, GetCallerIdentityResponse};

use crate::common::{
    Keys, Lab, Other, START_S, allow, assume_role, check, check_denied, document, keys_of,
    no_identity_policy, statement, success, trust, trust_if,
};

/// A role of another account that trusts alice of the management account, with an external id.
struct Crossing {
    lab: Lab,
    other: Other,
    alice: Keys,
    alice_arn: String,
    role_arn: String,
}

const EXTERNAL_ID: &str = "Example-1225";
const EXTERNAL: &str = r#"{"StringEquals":{"sts:ExternalId":"Example-1225"}}"#;

impl Crossing {
    fn new() -> Crossing {
        let lab = Lab::new();
        let other = lab.other("other");
        let alice_arn = format!("arn:aws:iam::{}:user/alice", lab.account);
        let role_arn = format!("arn:aws:iam::{}:role/reader", other.account);
        let alice = lab.user_with(&lab.admin, "alice", &allow("sts:AssumeRole", &role_arn));
        let trust = trust_if(&format!("\"{alice_arn}\""), r#""sts:AssumeRole""#, EXTERNAL);
        lab.role(&other.root, "reader", &trust);
        Crossing {
            lab,
            other,
            alice,
            alice_arn,
            role_arn,
        }
    }

    fn asked(&self) -> AssumeRoleRequest {
        let external_id = Some(EXTERNAL_ID.to_owned());
        AssumeRoleRequest {
            external_id,
            ..assume_role(&self.role_arn, "work")
        }
    }

    /// Refused as everything is that the two accounts do not agree on: without a reason.
    #[track_caller]
    fn refused(&self, input: &AssumeRoleRequest) {
        self.refused_with(input, "");
    }

    #[track_caller]
    fn refused_with(&self, input: &AssumeRoleRequest, because: &str) {
        let result = self.lab.try_assume(&self.alice, input);
        check_denied(
            result,
            &self.alice_arn,
            "sts:AssumeRole",
            &input.role_arn,
            because,
        );
    }
}

#[test]
fn a_role_of_another_account_is_assumed_with_its_external_id() {
    let at = Crossing::new();
    let output = at
        .lab
        .try_assume(&at.alice, &at.asked())
        .expect("AssumeRole");
    let user = output
        .assumed_role_user
        .clone()
        .expect("an assumed role user");
    let session_arn = format!("arn:aws:sts::{}:assumed-role/reader/work", at.other.account);
    assert_eq!(user.arn, session_arn);
    assert!(user.assumed_role_id.starts_with("AROA") && user.assumed_role_id.ends_with(":work"));
    let credentials = output.credentials.clone().expect("credentials");
    assert!(credentials.access_key_id.starts_with("ASIA") && credentials.access_key_id.len() == 20);
    assert_eq!(credentials.secret_access_key.len(), 40);
    assert_eq!(credentials.expiration.0, START_S + 3_600);
    assert_eq!(
        output.session_token_size,
        i32::try_from(credentials.session_token.len()).ok()
    );
    assert_eq!(output.packed_policy_size, None);
    assert_eq!(output.source_identity, None);
    let who: GetCallerIdentityResponse = at
        .lab
        .sts(&keys_of(&output), "GetCallerIdentity", &Empty {})
        .expect("GetCallerIdentity");
    assert_eq!(who.arn, Some(session_arn));
    assert_eq!(who.account, Some(at.other.account.clone()));
    assert_eq!(who.user_id, Some(user.assumed_role_id));
}

#[test]
fn the_session_does_what_its_role_may_in_its_account_and_nothing_else() {
    let at = Crossing::new();
    let arn = format!("arn:aws:iam::{}:user/new", at.other.account);
    at.lab
        .role_policy(&at.other.root, "reader", &allow("iam:CreateUser", &arn));
    let session = at.lab.assume(&at.alice, &at.asked());
    let create = |name: &str| -> Result<CreateUserResponse, _> {
        let input = CreateUserRequest {
            user_name: name.to_owned(),
            ..CreateUserRequest::default()
        };
        at.lab.iam(&session, "CreateUser", &input)
    };
    let made = create("new").expect("CreateUser").user.expect("a user");
    assert_eq!(made.arn, arn);
    let session_arn = format!("arn:aws:sts::{}:assumed-role/reader/work", at.other.account);
    let because = no_identity_policy("iam:CreateUser");
    let resource = format!("arn:aws:iam::{}:user/newer", at.other.account);
    check_denied(
        create("newer"),
        &session_arn,
        "iam:CreateUser",
        &resource,
        &because,
    );
}

#[test]
fn sts_18_external_ids_are_compared_exactly_and_refused_alike() {
    let at = Crossing::new();
    let longest = "x".repeat(1_224);
    let given = [
        None,
        Some("example-1225"),
        Some("Example-122"),
        Some("Example-12255"),
        Some("Example.1225"),
        Some("Example-1226"),
        Some(longest.as_str()),
    ];
    for external_id in given {
        let external_id = external_id.map(str::to_owned);
        at.refused(&AssumeRoleRequest {
            external_id,
            ..at.asked()
        });
    }
    for (external_id, fault) in [
        ("x".to_owned(), "have length greater than or equal to 2"),
        ("x".repeat(1_225), "have length less than or equal to 1224"),
        (
            "a b".to_owned(),
            r"satisfy regular expression pattern: [\w+=,.@:\/-]*",
        ),
    ] {
        let message = format!(
            "1 validation error detected: Value '{external_id}' at 'externalId' failed to satisfy constraint: Member must {fault}"
        );
        let input = AssumeRoleRequest {
            external_id: Some(external_id),
            ..at.asked()
        };
        check(
            at.lab.try_assume(&at.alice, &input),
            400,
            "ValidationError",
            &message,
        );
    }
}

#[test]
fn a_missing_role_answers_like_one_that_does_not_trust() {
    let at = Crossing::new();
    at.lab
        .user_policy(&at.lab.admin, "alice", &allow("sts:AssumeRole", "*"));
    let account = &at.other.account;
    at.lab
        .role(&at.other.root, "closed", &trust(&format!("\"{account}\"")));
    for arn in [
        format!("arn:aws:iam::{account}:role/closed"),
        format!("arn:aws:iam::{account}:role/nobody"),
        format!("arn:aws:iam::{account}:role/path/reader"),
        format!("arn:aws:iam::{account}:role/READER"),
        format!("arn:aws:iam::{account}:user/reader"),
        "arn:aws:iam::999999999999:role/reader".to_owned(),
        format!("arn:aws-cn:iam::{account}:role/reader"),
        format!("arn:aws:s3::{account}:role/reader"),
    ] {
        at.refused(&AssumeRoleRequest {
            role_arn: arn,
            ..at.asked()
        });
    }
}

#[test]
fn what_is_no_arn_is_invalid() {
    let at = Crossing::new();
    for arn in [
        "nothing-valid-in-here",
        "arn::b:::something/test-role",
        "arn:a::::something/test-role",
        "arn:a:::something/test-role",
        "arn:a:a::aaaaaaaaaa:",
    ] {
        let input = AssumeRoleRequest {
            role_arn: arn.to_owned(),
            ..at.asked()
        };
        check(
            at.lab.try_assume(&at.alice, &input),
            400,
            "ValidationError",
            &format!("{arn} is invalid"),
        );
    }
}

#[test]
fn sts_06_both_accounts_must_agree_and_a_deny_of_either_decides() {
    let at = Crossing::new();
    let by = &at.lab.admin;
    // Trust without an identity permission.
    let name = DeleteUserPolicyRequest {
        user_name: "alice".to_owned(),
        policy_name: "inline".to_owned(),
    };
    at.lab
        .tell(by, "DeleteUserPolicy", &name)
        .expect("DeleteUserPolicy");
    at.refused(&at.asked());
    // Permission for another role only.
    at.lab.user_policy(
        by,
        "alice",
        &allow("sts:AssumeRole", &format!("{}er", at.role_arn)),
    );
    at.refused(&at.asked());
    // Trust allows, identity allows and denies.
    let both = [
        statement("Allow", "sts:AssumeRole", "*", ""),
        statement("Deny", "sts:AssumeRole", &at.role_arn, ""),
    ];
    at.lab.user_policy(by, "alice", &document(&both.join(",")));
    at.refused_with(
        &at.asked(),
        " with an explicit deny in an identity-based policy",
    );
    // Identity allows, trust denies.
    at.lab
        .user_policy(by, "alice", &allow("sts:AssumeRole", "*"));
    let principal = format!(
        r#""Principal":{{"AWS":"{}"}},"Action":"sts:AssumeRole""#,
        at.alice_arn
    );
    let denying = document(&format!(
        r#"{{"Effect":"Allow",{principal}}},{{"Effect":"Deny",{principal}}}"#
    ));
    set_trust(&at.lab, &at.other.root, "reader", &denying);
    at.refused(&at.asked());
    // And with the deny gone.
    set_trust(
        &at.lab,
        &at.other.root,
        "reader",
        &trust(&format!("\"{}\"", at.alice_arn)),
    );
    at.lab.assume(&at.alice, &at.asked());
}

fn set_trust(lab: &Lab, by: &Keys, role: &str, text: &str) {
    let input = UpdateAssumeRolePolicyRequest {
        role_name: role.to_owned(),
        policy_document: text.to_owned(),
    };
    lab.tell(by, "UpdateAssumeRolePolicy", &input)
        .expect("UpdateAssumeRolePolicy");
}

#[test]
fn sts_06_in_one_account_the_trust_policy_must_name_the_user_or_delegate() {
    let lab = Lab::new();
    let by = &lab.admin;
    let role_arn = format!("arn:aws:iam::{}:role/reader", lab.account);
    let alice = lab.user_with(by, "alice", "");
    let mallory = lab.user_with(by, "mallory", &allow("sts:AssumeRole", "*"));
    let arn = |name: &str| format!("arn:aws:iam::{}:user/{name}", lab.account);
    // Named: no identity policy needed; and an identity policy alone is not enough.
    lab.role(by, "reader", &trust(&format!("\"{}\"", arn("alice"))));
    let input = assume_role(&role_arn, "work");
    lab.assume(&alice, &input);
    let because = " because no role trust policy allows the sts:AssumeRole action";
    check_denied(
        lab.try_assume(&mallory, &input),
        &arn("mallory"),
        "sts:AssumeRole",
        &role_arn,
        because,
    );
    // A role that is not there answers alike.
    let nobody = format!("arn:aws:iam::{}:role/nobody", lab.account);
    let result = lab.try_assume(&mallory, &assume_role(&nobody, "work"));
    check_denied(result, &arn("mallory"), "sts:AssumeRole", &nobody, because);
    // Delegated to the account: the identity policy decides.
    for principal in [
        lab.account.clone(),
        format!("arn:aws:iam::{}:root", lab.account),
    ] {
        set_trust(&lab, by, "reader", &trust(&format!("\"{principal}\"")));
        lab.assume(&mallory, &input);
        let because = no_identity_policy("sts:AssumeRole");
        check_denied(
            lab.try_assume(&alice, &input),
            &arn("alice"),
            "sts:AssumeRole",
            &role_arn,
            &because,
        );
    }
    // Named, and denied by its own policy.
    set_trust(&lab, by, "reader", &trust(&format!("\"{}\"", arn("alice"))));
    lab.user_policy(by, "alice", &document(&statement("Deny", "sts:*", "*", "")));
    let because = " with an explicit deny in an identity-based policy";
    check_denied(
        lab.try_assume(&alice, &input),
        &arn("alice"),
        "sts:AssumeRole",
        &role_arn,
        because,
    );
}

#[test]
fn sts_07_principals_match_whole_or_not_at_all() {
    let at = Crossing::new();
    at.lab
        .user_policy(&at.lab.admin, "alice", &allow("sts:AssumeRole", "*"));
    let account = &at.lab.account;
    at.lab.user(&at.lab.admin, "alice2");
    for (principal, trusted) in [
        (r#""*""#.to_owned(), true),
        (format!("\"{}\"", at.alice_arn), true),
        (format!("\"{account}\""), true),
        (format!("\"arn:aws:iam::{account}:root\""), true),
        (
            format!(r#"["arn:aws:iam::{}:root","{account}"]"#, at.other.account),
            true,
        ),
        (format!("\"{}2\"", at.alice_arn), false),
        (format!("\"{}\"", at.other.account), false),
        (r#""999999999999""#.to_owned(), false),
    ] {
        set_trust(&at.lab, &at.other.root, "reader", &trust(&principal));
        let result = at.lab.try_assume(&at.alice, &at.asked());
        assert_eq!(result.is_ok(), trusted, "{principal}: {result:?}");
    }
    for principal in [
        format!("arn:aws:iam::{account}:user/*"),
        format!("arn:aws:iam::{account}:user/ali?e"),
        format!("arn:aws:iam::{account}:*"),
        "arn:aws:iam::*:root".to_owned(),
        format!("arn:aws:iam::{account}:user/nobody"),
        format!("arn:aws:iam::{account}:user/ALICE"),
        format!("arn:aws:iam::{account}:role/alice"),
        format!("arn:aws:iam::{account}:group/alice"),
        format!("arn:aws-cn:iam::{account}:user/alice"),
        format!("arn:aws:iam:us-east-1:{account}:user/alice"),
        format!("arn:aws:sts::{account}:user/alice"),
    ] {
        let result = at
            .lab
            .try_role(&at.other.root, "new", &trust(&format!("\"{principal}\"")));
        let message = format!(r#"Invalid principal in policy: "AWS":"{principal}""#);
        check(result, 400, "MalformedPolicyDocument", &message);
    }
}

#[test]
fn sts_07_a_federated_or_service_principal_lets_no_user_in() {
    let at = Crossing::new();
    at.lab
        .user_policy(&at.lab.admin, "alice", &allow("sts:AssumeRole", "*"));
    for principal in [
        r#"{"Service":"ec2.amazonaws.com"}"#,
        r#"{"Federated":"www.amazon.com"}"#,
    ] {
        let text = document(&format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}"#
        ));
        set_trust(&at.lab, &at.other.root, "reader", &text);
        at.refused(&at.asked());
    }
}

#[test]
fn the_root_user_assumes_no_role() {
    let at = Crossing::new();
    let root = &at.other.root;
    set_trust(&at.lab, root, "reader", &trust(r#""*""#));
    let message = "Roles may not be assumed by root accounts.";
    check(
        at.lab.try_assume(root, &at.asked()),
        403,
        "AccessDenied",
        message,
    );
}

#[test]
fn sts_16_recreated_principal_does_not_inherit_trust() {
    let at = Crossing::new();
    at.lab.assume(&at.alice, &at.asked());
    for (operation, form) in [
        (
            "the user's key",
            format!(
                "Action=DeleteAccessKey&UserName=alice&AccessKeyId={}",
                at.alice.id
            ),
        ),
        (
            "its policy",
            "Action=DeleteUserPolicy&UserName=alice&PolicyName=inline".to_owned(),
        ),
        ("the user", "Action=DeleteUser&UserName=alice".to_owned()),
    ] {
        let answer = at.lab.form(&at.lab.admin, Service::Iam, &form);
        success(Service::Iam, &answer).expect(operation);
    }
    let again = at
        .lab
        .user_with(&at.lab.admin, "alice", &allow("sts:AssumeRole", "*"));
    let result = at.lab.try_assume(&again, &at.asked());
    check_denied(result, &at.alice_arn, "sts:AssumeRole", &at.role_arn, "");
    // The stored id is shown where the ARN was.
    let answer = at.lab.form(
        &at.other.root,
        Service::Iam,
        "Action=GetRole&RoleName=reader",
    );
    let shown = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(shown.contains("%22AWS%22%3A%22AIDA"), "{shown}");
    assert!(!shown.contains("alice"), "{shown}");
}

#[test]
fn sts_16_a_recreated_role_ends_the_sessions_of_the_old_one() {
    let at = Crossing::new();
    let session = at.lab.assume(&at.alice, &at.asked());
    let delete = DeleteRoleRequest {
        role_name: "reader".to_owned(),
    };
    at.lab
        .tell(&at.other.root, "DeleteRole", &delete)
        .expect("DeleteRole");
    let gone = "The security token included in the request is invalid";
    let who = |keys: &Keys| -> Result<GetCallerIdentityResponse, _> {
        at.lab.sts(keys, "GetCallerIdentity", &Empty {})
    };
    check(who(&session), 403, "InvalidClientTokenId", gone);
    at.lab.role(
        &at.other.root,
        "reader",
        &trust(&format!("\"{}\"", at.alice_arn)),
    );
    check(who(&session), 403, "InvalidClientTokenId", gone);
    who(&at.lab.assume(&at.alice, &at.asked())).expect("a session of the new role");
}
