//! The trail: both accounts of a call, every kind of caller and resource, and the names of errors.

use locum_store::{CommitError, Unavailable};
use locum_wire::sts::GetSessionTokenResponse;
use locum_wire::{Service, read_output};

use crate::common::{Keys, Lab, allow, assume_role, keys_of, trust_if};

const ALL: &str = r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#;

#[test]
fn a_call_within_one_account_and_a_refused_one_have_one_record() {
    let lab = Lab::new();
    let other = lab.other("other");
    let alice = lab.user_with(&lab.admin, "alice", &allow("sts:*", "*"));
    let own = lab.role(
        &lab.admin,
        "own",
        &trust_if(&format!("\"{}\"", lab.account), ALL, ""),
    );
    let closed = lab.role(
        &other.root,
        "closed",
        &trust_if(&format!("\"{}\"", other.account), ALL, ""),
    );
    for (role, status) in [(own, 200), (closed, 403)] {
        let form = format!(
            "Action=AssumeRole&RoleArn={}&RoleSessionName=work",
            role.arn
        );
        let answer = lab.form(&alice, Service::Sts, &form);
        assert_eq!(answer.status, status);
        assert!(answer.owners_event.is_none());
        let event = answer.event.expect("a record");
        assert!(event.get("sharedEventID").is_none());
        assert_eq!(event["recipientAccountId"], lab.account.as_str());
    }
}

#[test]
fn the_parties_of_one_commit_are_recorded_together_or_not_at_all() {
    let lab = Lab::new();
    let other = lab.other("other");
    let alice = lab.user_with(&lab.admin, "alice", &allow("sts:*", "*"));
    let trust = trust_if(&format!("\"{}\"", lab.account), ALL, "");
    let role = lab.role(&other.root, "reader", &trust);
    let form = format!(
        "Action=AssumeRole&RoleArn={}&RoleSessionName=work",
        role.arn
    );
    let lost = CommitError::Unavailable(Unavailable::TimedOut);
    lab.engine.fail_next_commits([lost]);
    let answer = lab.form(&alice, Service::Sts, &form);
    assert_eq!(answer.status, 503);
    assert!(answer.event.is_none());
    let answer = lab.form(&alice, Service::Sts, &form);
    assert!(answer.event.is_some() && answer.owners_event.is_some());
}

#[test]
fn tags_that_a_session_hands_on_are_told() {
    let lab = Lab::new();
    let everybody = trust_if(&format!("\"{}\"", lab.account), ALL, "");
    let first = lab.role(&lab.admin, "first", &everybody);
    lab.role_policy(&lab.admin, "first", &allow("*", "*"));
    let second = lab.role(&lab.admin, "second", &everybody);
    let form = format!(
        "Action=AssumeRole&RoleArn={}&RoleSessionName=work\
         &Tags.member.1.Key=team&Tags.member.1.Value=a%20b&Tags.member.2.Key=own&Tags.member.2.Value=x\
         &TransitiveTagKeys.member.1=team",
        first.arn
    );
    let answer = lab.form(&lab.admin, Service::Sts, &form);
    let event = answer.event.expect("a record");
    assert!(event["requestParameters"]["incomingTransitiveTags"].is_null());
    let output = read_output(Service::Sts, "AssumeRole", &answer.body);
    let session = keys_of(&output.expect("an answer"));
    lab.secret(&session.secret);
    let form = format!(
        "Action=AssumeRole&RoleArn={}&RoleSessionName=deeper",
        second.arn
    );
    let event = lab.form(&session, Service::Sts, &form).event;
    let parameters = serde_json::json!({
        "roleArn": second.arn, "roleSessionName": "deeper", "incomingTransitiveTags": {"team": "a b"},
    });
    assert_eq!(event.expect("a record")["requestParameters"], parameters);
}

#[test]
fn sessions_with_and_without_multi_factor_authentication_say_so() {
    let lab = Lab::new();
    let answer = lab.form(&lab.admin, Service::Sts, "Action=GetSessionToken");
    let output =
        read_output::<GetSessionTokenResponse>(Service::Sts, "GetSessionToken", &answer.body);
    let held = output.expect("an answer").credentials.expect("credentials");
    lab.secret(&held.secret_access_key);
    let session = Keys {
        id: held.access_key_id,
        secret: held.secret_access_key,
        token: Some(held.session_token),
    };
    let event = lab
        .form(&session, Service::Sts, "Action=GetCallerIdentity")
        .event;
    let identity = &event.expect("a record")["userIdentity"];
    assert_eq!(identity["type"], "IAMUser");
    assert_eq!(identity["accessKeyId"], session.id.as_str());
    let context = serde_json::json!({
        "attributes": {"creationDate": "2026-03-01T12:00:00Z", "mfaAuthenticated": "false"},
    });
    assert_eq!(identity["sessionContext"], context);
}

#[test]
fn an_issuer_with_a_path_is_told_with_it() {
    let lab = Lab::new();
    let trust = trust_if(&format!("\"{}\"", lab.account), ALL, "");
    let trust = percent_encoding::utf8_percent_encode(&trust, percent_encoding::NON_ALPHANUMERIC);
    lab.ask(&format!(
        "Action=CreateRole&RoleName=deep&Path=/a/b/&AssumeRolePolicyDocument={trust}"
    ))
    .expect("CreateRole");
    let arn = format!("arn:aws:iam::{}:role/a/b/deep", lab.account);
    let session = lab.assume(&lab.admin, &assume_role(&arn, "work"));
    let event = lab
        .form(&session, Service::Sts, "Action=GetCallerIdentity")
        .event;
    let identity = event.expect("a record")["userIdentity"].clone();
    assert_eq!(
        identity["sessionContext"]["sessionIssuer"]["arn"],
        arn.as_str()
    );
    let shown = format!("arn:aws:sts::{}:assumed-role/deep/work", lab.account);
    assert_eq!(identity["arn"], shown.as_str());
}

#[test]
fn every_kind_of_resource_has_its_type() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    lab.ask("Action=CreateGroup&GroupName=staff")
        .expect("CreateGroup");
    let iam = |rest: &str| format!("arn:aws:iam::{}:{rest}", lab.account);
    for (form, arn, kind) in [
        (
            "Action=GetUser&UserName=alice",
            iam("user/alice"),
            "AWS::IAM::User",
        ),
        (
            "Action=GetGroup&GroupName=staff",
            iam("group/staff"),
            "AWS::IAM::Group",
        ),
        (
            "Action=CreateInstanceProfile&InstanceProfileName=p&Path=/x/",
            iam("instance-profile/x/p"),
            "AWS::IAM::InstanceProfile",
        ),
        (
            "Action=CreateVirtualMFADevice&VirtualMFADeviceName=d",
            iam("mfa/d"),
            "AWS::IAM::VirtualMFADevice",
        ),
        (
            "Action=GetServerCertificate&ServerCertificateName=c",
            iam("server-certificate/c"),
            "AWS::IAM::ServerCertificate",
        ),
        (
            "Action=GetPolicy&PolicyArn=arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned(),
            "AWS::IAM::Policy",
        ),
        (
            &format!(
                "Action=GetSAMLProvider&SAMLProviderArn={}",
                iam("saml-provider/s")
            ),
            iam("saml-provider/s"),
            "AWS::IAM::SAMLProvider",
        ),
        (
            &format!(
                "Action=GetOpenIDConnectProvider&OpenIDConnectProviderArn={}",
                iam("oidc-provider/i.example")
            ),
            iam("oidc-provider/i.example"),
            "AWS::IAM::OIDCProvider",
        ),
    ] {
        let event = lab.form(&lab.admin, Service::Iam, form).event.expect(form);
        assert_eq!(event["resources"][0]["ARN"], arn.as_str(), "{form}");
        assert_eq!(event["resources"][0]["type"], kind, "{form}");
    }
}

#[test]
fn everything_that_a_call_touches_is_told() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let event = lab
        .form(
            &lab.admin,
            Service::Iam,
            "Action=UpdateUser&UserName=alice&NewUserName=alina",
        )
        .event;
    let arn = |name: &str| format!("arn:aws:iam::{}:user/{name}", lab.account);
    let resources = event.expect("a record")["resources"].clone();
    assert_eq!(resources[0]["ARN"], arn("alice"));
    assert_eq!(resources[1]["ARN"], arn("alina"));
}

#[test]
fn sts_errors_have_the_names_of_their_exceptions() {
    let lab = Lab::new();
    let trust = trust_if(&format!("\"{}\"", lab.account), ALL, "");
    let role = lab.role(&lab.admin, "reader", &trust);
    let session = lab.assume(&lab.admin, &assume_role(&role.arn, "work"));
    let form = format!(
        "Action=AssumeRole&RoleArn={}&RoleSessionName=work&Policy=x",
        role.arn
    );
    let event = lab.form(&lab.admin, Service::Sts, &form).event;
    assert_eq!(
        event.expect("a record")["errorCode"],
        "MalformedPolicyDocumentException"
    );
    lab.pass(7_200);
    let event = lab
        .form(&session, Service::Sts, "Action=GetCallerIdentity")
        .event;
    assert_eq!(
        event.expect("a record")["errorCode"],
        "ExpiredTokenException"
    );
}
