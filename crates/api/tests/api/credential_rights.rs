//! Who may make credentials: not a session beyond its policy, not a user beyond its one right or its boundary.

use locum_wire::Service;

use crate::common::{Keys, Lab, allow, assume_role, success, trust};
use crate::material::{SSH, encoded, server};
use crate::totp::Device;

/// A call for each way to something new to sign in or sign with as `user`.
fn ways(lab: &Lab, user: &str) -> Vec<String> {
    let spare = Device::new(lab, &lab.admin, &format!("for-{user}"));
    vec![
        format!("Action=CreateAccessKey&UserName={user}"),
        format!("Action=CreateLoginProfile&UserName={user}&Password=First-Horse-1"),
        format!("Action=UpdateLoginProfile&UserName={user}&Password=Second-Horse-2"),
        format!(
            "Action=CreateServiceSpecificCredential&UserName={user}&ServiceName=codecommit.amazonaws.com"
        ),
        format!(
            "Action=UploadSSHPublicKey&UserName={user}&SSHPublicKeyBody={}",
            encoded(SSH)
        ),
        format!(
            "Action=UploadSigningCertificate&UserName={user}&CertificateBody={}",
            encoded(&server(user).certificate)
        ),
        format!(
            "Action=EnableMFADevice&UserName={user}&SerialNumber={}&AuthenticationCode1={}&AuthenticationCode2={}",
            spare.serial,
            spare.code(lab, 0),
            spare.code(lab, 1)
        ),
    ]
}

fn action(form: &str) -> String {
    let name = form.split(['=', '&']).nth(1).expect("an action");
    format!("iam:{name}")
}

fn status(lab: &Lab, keys: &Keys, form: &str) -> u16 {
    lab.form(keys, Service::Iam, form).status
}

#[test]
fn esc_01_a_narrow_session_makes_no_credential_of_any_kind() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    lab.role(&lab.admin, "wide", &trust(&format!("\"{}\"", lab.account)));
    lab.role_policy(&lab.admin, "wide", &allow("*", "*"));
    let mut input = assume_role(&format!("arn:aws:iam::{}:role/wide", lab.account), "work");
    input.policy = Some(allow("iam:Get*", "*"));
    let narrow = lab.assume(&lab.admin, &input);
    for form in ways(&lab, "alice") {
        assert_eq!(status(&lab, &narrow, &form), 403, "{form}");
    }
    for form in ways(&lab, "admin") {
        assert_eq!(status(&lab, &narrow, &form), 403, "{form}");
    }
}

#[test]
fn esc_14_the_right_to_one_users_credentials_is_no_right_to_anothers() {
    let lab = Lab::new();
    for name in ["alice", "bob"] {
        lab.user(&lab.admin, name);
    }
    let worker = lab.user_with(&lab.admin, "worker", "");
    let on_alice = format!("arn:aws:iam::{}:user/alice", lab.account);
    for form in ways(&lab, "alice") {
        lab.user_policy(&lab.admin, "worker", &allow(&action(&form), &on_alice));
        let bobs = form.replace("UserName=alice", "UserName=bob");
        assert_eq!(status(&lab, &worker, &bobs), 403, "{bobs}");
        let answer = lab.form(&worker, Service::Iam, &form);
        success(Service::Iam, &answer).expect(&form);
    }
}

#[test]
fn esc_14_a_boundary_ends_the_right_to_credentials() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let worker = lab.user_with(&lab.admin, "worker", &allow("iam:*", "*"));
    lab.ask("Action=PutUserPermissionsBoundary&UserName=worker&PermissionsBoundary=arn:aws:iam::aws:policy/AmazonS3FullAccess")
        .expect("PutUserPermissionsBoundary");
    for form in ways(&lab, "alice") {
        assert_eq!(status(&lab, &worker, &form), 403, "{form}");
    }
}
