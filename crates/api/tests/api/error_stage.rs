//! The stage of all operations with what every declared error needs: full entities, entangled ones.

use locum_wire::Service;

use crate::common::{Lab, allow};
use crate::crowd;
use crate::every_operation::{Stage, element};
use crate::material::{SHORT_SSH, SSH, encoded, server};
use crate::operation_cases::{DOCUMENT, READ_ONLY, TRUST};
use crate::totp::Device;

/// A form of the admin's that must succeed.
fn asked(lab: &Lab, form: &str) {
    let form = form.replace("{account}", &lab.account);
    lab.ask(&form)
        .unwrap_or_else(|refused| panic!("{form}: {refused:?}"));
}

/// A user, a role, a group, a policy and a provider with as much as each may have.
fn fill_up(lab: &Lab) {
    let ask = |form: &str| asked(lab, form);
    let user = lab.user(&lab.admin, "full");
    crowd::put(lab, crowd::ssh_keys(&user.user_id, 5));
    ask(&format!(
        "Action=CreateRole&RoleName=full&AssumeRolePolicyDocument={TRUST}"
    ));
    ask("Action=CreateGroup&GroupName=full");
    for at in 0..10 {
        ask(&format!("Action=CreateGroup&GroupName=of-{at}"));
        ask(&format!(
            "Action=AddUserToGroup&GroupName=of-{at}&UserName=full"
        ));
        ask(&format!(
            "Action=CreatePolicy&PolicyName=of-{at}&PolicyDocument={DOCUMENT}"
        ));
        for kind in ["User", "Role", "Group"] {
            ask(&format!(
                "Action=Attach{kind}Policy&{kind}Name=full&PolicyArn=arn:aws:iam::{{account}}:policy/of-{at}"
            ));
        }
    }
    for _ in 0..4 {
        ask(&format!(
            "Action=CreatePolicyVersion&PolicyArn=arn:aws:iam::{{account}}:policy/of-0&PolicyDocument={DOCUMENT}"
        ));
    }
    for _ in 0..2 {
        ask("Action=CreateAccessKey&UserName=full");
        ask(
            "Action=CreateServiceSpecificCredential&UserName=full&ServiceName=codecommit.amazonaws.com",
        );
        let made = encoded(&server("full.example.test").certificate);
        ask(&format!(
            "Action=UploadSigningCertificate&UserName=full&CertificateBody={made}"
        ));
    }
    let clients: Vec<String> = (1..=100)
        .map(|at| format!("ClientIDList.member.{at}=c{at}"))
        .collect();
    ask(&format!(
        "Action=CreateOpenIDConnectProvider&Url=https://full.example.test&{}",
        clients.join("&")
    ));
    for at in 0..8 {
        let device = Device::new(lab, &lab.admin, &format!("full-{at}"));
        device.enable(lab, "full", 0).expect("EnableMFADevice");
    }
}

/// Users, groups, roles and policies that something hangs on.
fn entangle(lab: &Lab) {
    let ask = |form: &str| asked(lab, form);
    for name in ["member", "signs-in", "inline", "attached"] {
        ask(&format!("Action=CreateUser&UserName={name}"));
    }
    ask("Action=AddUserToGroup&GroupName=staff&UserName=member");
    ask("Action=CreateLoginProfile&UserName=signs-in&Password=Correct-Horse-7");
    ask(&format!(
        "Action=PutUserPolicy&UserName=inline&PolicyName=p&PolicyDocument={DOCUMENT}"
    ));
    ask(&format!(
        "Action=AttachUserPolicy&UserName=attached&PolicyArn={READ_ONLY}"
    ));
    ask("Action=CreateGroup&GroupName=inline");
    ask(&format!(
        "Action=PutGroupPolicy&GroupName=inline&PolicyName=p&PolicyDocument={DOCUMENT}"
    ));
    ask(&format!(
        "Action=CreateRole&RoleName=profiled&AssumeRolePolicyDocument={TRUST}"
    ));
    ask(&format!(
        "Action=CreateRole&RoleName=inline&AssumeRolePolicyDocument={TRUST}"
    ));
    ask(&format!(
        "Action=PutRolePolicy&RoleName=inline&PolicyName=p&PolicyDocument={DOCUMENT}"
    ));
    ask("Action=CreateInstanceProfile&InstanceProfileName=profiled");
    ask("Action=AddRoleToInstanceProfile&InstanceProfileName=profiled&RoleName=profiled");
    let spare = server("other.example.test");
    ask(&format!(
        "Action=UploadServerCertificate&ServerCertificateName=other&CertificateBody={}&PrivateKey={}",
        encoded(&spare.certificate),
        encoded(&spare.key)
    ));
    for form in [
        format!(
            "Action=TagMFADevice&SerialNumber=arn:aws:iam::{{account}}:mfa/alice&{}",
            tagged(["a"])
        ),
        format!(
            "Action=TagServerCertificate&ServerCertificateName=web&{}",
            tagged(["a"])
        ),
    ] {
        ask(&form);
    }
}

fn tagged<const N: usize>(keys: [&str; N]) -> String {
    let keys = keys.iter().enumerate();
    let tags = keys.map(|(at, key)| {
        let at = at + 1;
        format!("Tags.member.{at}.Key={key}&Tags.member.{at}.Value=x")
    });
    tags.collect::<Vec<_>>().join("&")
}

/// The stage of all operations, and on it what every error needs.
pub(crate) fn stage() -> Stage {
    let mut stage = Stage::new();
    fill_up(&stage.lab);
    entangle(&stage.lab);
    let account = stage.lab.account.clone();
    let arn = |rest: &str| format!("arn:aws:iam::{account}:{rest}");
    let many: Vec<String> = (1..=51).map(|at| format!(r#"{{"Key":"k{at}"}}"#)).collect();
    let fifty: Vec<String> = (1..=50)
        .map(|at| format!("Tags.member.{at}.Key=k{at}&Tags.member.{at}.Value=x"))
        .collect();
    let statement = format!(
        r#"{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::{}"}}"#,
        "x".repeat(11_000)
    );
    let trusted =
        r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"},"#.repeat(80);
    let job = stage.lab.form(
        &stage.lab.admin,
        Service::Iam,
        &format!(
            "Action=GenerateServiceLastAccessedDetails&Arn={}",
            arn("user/worker")
        ),
    );
    let document = |statements: &str| {
        encoded(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#
        ))
    };
    stage.known.extend([
        ("own-job", element(&job, "JobId")),
        ("worker", arn("user/worker")),
        ("no-policy", arn("policy/nothing")),
        ("full-policy", arn("policy/of-0")),
        ("attached-policy", arn("policy/of-1")),
        (
            "service-policy",
            "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy".to_owned(),
        ),
        ("no-device", arn("mfa/nothing")),
        ("alices-device", arn("mfa/alice")),
        ("spare-device", arn("mfa/spare")),
        ("no-oidc", arn("oidc-provider/nothing.example.test")),
        ("full-oidc", arn("oidc-provider/full.example.test")),
        ("no-saml", arn("saml-provider/Nothing")),
        ("tag", tagged(["a"])),
        ("twin-tags", tagged(["a", "A"])),
        ("same-tags", tagged(["a", "a"])),
        ("fifty-tags", fifty.join("&")),
        ("many-tags", format!("[{}]", many.join(","))),
        ("large", document(&statement)),
        ("large-trust", document(trusted.trim_end_matches(','))),
        (
            "large-metadata",
            encoded(&format!("<a>{}</a>", "x".repeat(262_144))),
        ),
        ("own-password", encoded(&allow("iam:ChangePassword", "*"))),
        ("ssh", encoded(SSH)),
        ("short-ssh", encoded(SHORT_SSH)),
    ]);
    stage
}
