//! Every operation of the table: allowed by exactly its action on its resource, refused otherwise.

use locum_api::{Access, Operation, operations};
use locum_wire::organizations::{CreateAccountRequest, CreateAccountResponse};
use locum_wire::{ClientRequest, Service};

use crate::common::{
    Answer, Keys, Lab, Other, REGION, allow, check_denied, document, no_identity_policy, statement,
    success,
};

use crate::credential_cases::CREDENTIALS;
use crate::material::{OTHER_SSH, SSH, encoded, server};
use crate::totp::Device;

use crate::operation_cases::{
    ALWAYS, CLOUDTRAIL, Case, DOCUMENT, GROUP, IAM, NEVER_200, ORGANIZATIONS, POLICY, READ_ONLY,
    ROLE, STS, TRUST, USER,
};
use crate::provider_cases::{self, PROVIDERS};
use crate::{service_linked_roles, trails};

fn cases() -> impl Iterator<Item = (Service, &'static Case)> {
    [
        (Service::Sts, STS),
        (Service::Iam, IAM),
        (Service::Iam, CREDENTIALS),
        (Service::Iam, PROVIDERS),
        (Service::Organizations, ORGANIZATIONS),
        (Service::CloudTrail, CLOUDTRAIL),
    ]
    .into_iter()
    .flat_map(|(service, cases)| cases.iter().map(move |case| (service, case)))
}

fn row(service: Service, name: &str) -> &'static Operation {
    let mut rows = operations().filter(|row| row.service == service && row.name == name);
    rows.next()
        .unwrap_or_else(|| panic!("{name} is not in the table"))
}

#[test]
fn every_operation_has_a_case() {
    for row in operations() {
        let known = cases().any(|(service, case)| service == row.service && case.0 == row.name);
        assert!(known, "{} has no case", row.name);
    }
}

#[test]
fn names_and_actions_are_those_of_the_models() {
    for row in operations() {
        assert!(
            locum_wire::operation(row.service, row.name).is_some(),
            "{}",
            row.name
        );
        assert_eq!(
            row.action,
            format!("{}:{}", row.service.scope_name(), row.name)
        );
        let twins = operations().filter(|other| other.action == row.action);
        assert_eq!(twins.count(), 1, "{}", row.action);
    }
}

/// A group with a member and a policy, and profiles with a role and without.
fn groups_and_profiles(send: &dyn Fn(&str)) {
    send("Action=CreateGroup&GroupName=staff&Path=/team/");
    send("Action=CreateGroup&GroupName=idle");
    send("Action=AddUserToGroup&GroupName=staff&UserName=alice");
    send(&format!(
        "Action=PutGroupPolicy&GroupName=staff&PolicyName=notes&PolicyDocument={DOCUMENT}"
    ));
    send(&format!(
        "Action=AttachGroupPolicy&GroupName=staff&PolicyArn={READ_ONLY}"
    ));
    send(
        "Action=CreateInstanceProfile&InstanceProfileName=web&Path=/team/&Tags.member.1.Key=team&Tags.member.1.Value=blue",
    );
    send("Action=CreateInstanceProfile&InstanceProfileName=full");
    send("Action=AddRoleToInstanceProfile&InstanceProfileName=full&RoleName=reader");
}

/// The text of one element of an answer.
pub(crate) fn element(answer: &Answer, name: &str) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    let (_, rest) = body.split_once(&format!("<{name}>")).expect(name);
    rest.split('<').next().expect(name).to_owned()
}

/// Alice's key, certificate and service credential, and a server's certificate.
fn uploads(lab: &Lab) -> Vec<(&'static str, String)> {
    let send = |form: &str| {
        let answer = lab.form(&lab.admin, Service::Iam, form);
        success(Service::Iam, &answer).expect(form);
        answer
    };
    let (held, new) = (server("held.example.test"), server("new.example.test"));
    let ssh = send(&format!(
        "Action=UploadSSHPublicKey&UserName=alice&SSHPublicKeyBody={}",
        encoded(SSH)
    ));
    let signing = send(&format!(
        "Action=UploadSigningCertificate&UserName=alice&CertificateBody={}",
        encoded(&held.certificate)
    ));
    send(&format!(
        "Action=UploadServerCertificate&ServerCertificateName=web&Path=/team/&CertificateBody={}&PrivateKey={}",
        encoded(&held.certificate),
        encoded(&held.key)
    ));
    let service = send(
        "Action=CreateServiceSpecificCredential&UserName=alice&ServiceName=codecommit.amazonaws.com",
    );
    vec![
        ("other-ssh", encoded(OTHER_SSH)),
        ("ssh-key", element(&ssh, "SSHPublicKeyId")),
        ("signing-certificate", element(&signing, "CertificateId")),
        (
            "service-credential",
            element(&service, "ServiceSpecificCredentialId"),
        ),
        ("certificate", encoded(&new.certificate)),
        ("held-certificate", encoded(&held.certificate)),
        ("private-key", encoded(&new.key)),
    ]
}

/// Alice's credentials, and a device that nobody has.
fn credentials(lab: &Lab) -> Vec<(&'static str, String)> {
    let device = Device::of(lab, "alice");
    let spare = Device::new(lab, &lab.admin, "spare");
    for form in [
        "Action=CreateLoginProfile&UserName=alice&Password=Alice-Horse-7",
        "Action=CreateLoginProfile&UserName=worker&Password=Worker-Horse-7",
        "Action=UpdateAccountPasswordPolicy&MinimumPasswordLength=8",
        "Action=CreateAccountAlias&AccountAlias=our-name",
        "Action=GenerateCredentialReport",
    ] {
        lab.ask(form).expect(form);
    }
    let mut known = uploads(lab);
    let poor = lab.user_with(&lab.admin, "poor", "");
    let refused = lab.form(&poor, Service::Iam, "Action=ListUsers");
    known.push(("message", refused.message.expect("a message")));
    known.extend([
        ("alice-code-1", device.code(lab, 0)),
        ("alice-code-2", device.code(lab, 1)),
        ("alice-wrong", device.wrong(lab)),
        ("spare-wrong", spare.wrong(lab)),
        ("spare-code-1", spare.code(lab, 0)),
        ("spare-code-2", spare.code(lab, 1)),
    ]);
    known
}

/// The worker's report, and one over the organization.
fn reports(lab: &Lab, worker: &Keys) -> Vec<(&'static str, String)> {
    let loaded = locum_store::Engine::cached(&*lab.engine, locum_store::Unit::Installation);
    let loaded = loaded.and_then(locum_store::Loaded::installation);
    let held = loaded
        .and_then(|held| held.organization.clone())
        .expect("organization");
    let path = format!("{}/{}", held.id, held.root_id);
    lab.user_policy(&lab.admin, "worker", &allow("iam:Generate*", "*"));
    let job = |form: &str| {
        let answer = lab.form(worker, Service::Iam, &format!("Action=Generate{form}"));
        element(&answer, "JobId")
    };
    let arn = format!("arn:aws:iam::{}:group/team/staff", lab.account);
    vec![
        ("job", job(&format!("ServiceLastAccessedDetails&Arn={arn}"))),
        (
            "organization-job",
            job(&format!("OrganizationsAccessReport&EntityPath={path}")),
        ),
        ("organization", path),
    ]
}

/// A world with something for every operation, and a user without rights.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) other: Other,
    pub(crate) worker: Keys,
    key: String,
    request: String,
    /// Values of placeholders that only the stage knows.
    pub(crate) known: Vec<(&'static str, String)>,
    task: String,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let lab = Lab::new();
        let by = &lab.admin.clone();
        let send = |form: &str| {
            let answer = lab.form(by, Service::Iam, &fill(form, &[("account", &lab.account)]));
            success(Service::Iam, &answer).expect(form);
        };
        send(
            "Action=CreateUser&UserName=alice&Path=/team/&Tags.member.1.Key=team&Tags.member.1.Value=blue",
        );
        send("Action=CreateUser&UserName=idle");
        send("Action=CreateUser&UserName=worker");
        send(&format!(
            "Action=CreateRole&RoleName=reader&Path=/team/&AssumeRolePolicyDocument={TRUST}&Tags.member.1.Key=team&Tags.member.1.Value=blue"
        ));
        send(&format!(
            "Action=CreateRole&RoleName=idle&AssumeRolePolicyDocument={TRUST}"
        ));
        send(&format!(
            "Action=CreatePolicy&PolicyName=Notes&Path=/team/&PolicyDocument={DOCUMENT}&Tags.member.1.Key=team&Tags.member.1.Value=blue"
        ));
        send(&format!(
            "Action=CreatePolicy&PolicyName=Idle&PolicyDocument={DOCUMENT}"
        ));
        send(&format!(
            "Action=CreatePolicyVersion&PolicyArn={POLICY}&PolicyDocument={DOCUMENT}"
        ));
        send(&format!(
            "Action=PutUserPolicy&UserName=alice&PolicyName=notes&PolicyDocument={DOCUMENT}"
        ));
        send(&format!(
            "Action=PutRolePolicy&RoleName=reader&PolicyName=notes&PolicyDocument={DOCUMENT}"
        ));
        send(&format!(
            "Action=AttachUserPolicy&UserName=alice&PolicyArn={READ_ONLY}"
        ));
        send(&format!(
            "Action=AttachRolePolicy&RoleName=reader&PolicyArn={READ_ONLY}"
        ));
        groups_and_profiles(&send);
        provider_cases::prepare(&send);
        let (key, worker) = (lab.access_key(by, "alice").id, lab.access_key(by, "worker"));
        let input = CreateAccountRequest {
            account_name: "made".to_owned(),
            email: "made@example.test".to_owned(),
            ..CreateAccountRequest::default()
        };
        let made: CreateAccountResponse = lab
            .call(by, (Service::Organizations, "CreateAccount"), &input)
            .expect("CreateAccount");
        let request = made
            .create_account_status
            .and_then(|status| status.id)
            .expect("a request id");
        let trail = r#"{"Name":"audit","S3BucketName":"local"}"#;
        trails::call_in(&lab, (by, REGION), "CreateTrail", trail).expect("CreateTrail");
        let other = lab.other("other");
        let mut known = credentials(&lab);
        known.extend(reports(&lab, &worker));
        let task = service_linked_roles::delete(&lab, "AWSServiceRoleForBackup").expect("a task");
        Stage {
            known,
            lab,
            other,
            worker,
            key,
            request,
            task,
        }
    }

    pub(crate) fn fill(&self, text: &str) -> String {
        let account = self.lab.account.as_str();
        let text = fill(
            text,
            &[
                ("document", DOCUMENT),
                ("trust", TRUST),
                ("role", ROLE),
                ("policy", POLICY),
                ("user", USER),
                ("group", GROUP),
            ],
        );
        let known: Vec<(&str, &str)> = self
            .known
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let text = fill(&text, &known);
        let text = fill(&text, &provider_cases::NAMES);
        let text = fill(
            &text,
            &[
                ("metadata", &provider_cases::metadata()),
                ("task", &self.task),
            ],
        );
        let organization = self.organization();
        let other_arn = format!(
            "arn:aws:organizations::{account}:account/{organization}/{}",
            self.other.account
        );
        fill(
            &text,
            &[
                ("account", account),
                ("key", &self.key),
                (
                    "idle-policy",
                    &format!("arn:aws:iam::{account}:policy/Idle"),
                ),
                ("read-only", READ_ONLY),
                ("request", &self.request),
                ("other-arn", &other_arn),
                ("other", &self.other.account),
            ],
        )
    }

    fn organization(&self) -> String {
        let loaded =
            locum_store::Engine::cached(&*self.lab.engine, locum_store::Unit::Installation);
        let installation = loaded
            .and_then(locum_store::Loaded::installation)
            .expect("installation");
        installation
            .organization
            .as_ref()
            .expect("organization")
            .id
            .clone()
    }

    /// The worker, with this as its only policy, makes the call.
    fn call(&self, policy: &str, service: Service, case: &Case) -> Answer {
        self.lab.user_policy(&self.lab.admin, "worker", policy);
        let (name, parameters, ..) = case;
        let body = self.fill(parameters);
        let Some(target) = service.target_prefix() else {
            return self
                .lab
                .form(&self.worker, service, &format!("Action={name}&{body}"));
        };
        let request = ClientRequest {
            content_type: "application/x-amz-json-1.1",
            target: Some(format!("{target}.{name}")),
            body: body.into_bytes(),
        };
        self.lab
            .send(self.lab.signed(&self.worker, service, request))
    }
}

fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

/// An action that a case needs besides its own, and the resource on which.
fn also<'a>(stage: &Stage, needed: &'a str, resource: &str) -> (&'a str, String) {
    match needed.split_once('@') {
        Some((action, other)) => (action, stage.fill(other)),
        None => (needed, resource.to_owned()),
    }
}

/// The policy that allows `case` and nothing else.
fn least(stage: &Stage, service: Service, case: &Case, resource: &str) -> String {
    let own = statement("Allow", row(service, case.0).action, resource, "");
    let others = case.3.iter().map(|needed| {
        let (action, resource) = also(stage, needed, resource);
        statement("Allow", action, &resource, "")
    });
    let statements: Vec<String> = [own].into_iter().chain(others).collect();
    document(&statements.join(","))
}

fn denied(
    service: Service,
    answer: &Answer,
    worker: &str,
    action: &str,
    resource: &str,
    because: &str,
) {
    let result = success(service, answer);
    if service.target_prefix().is_some() {
        let refused = result.expect_err(action);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "AccessDeniedException")
        );
        assert!(refused.message.ends_with(because), "{}", refused.message);
        return;
    }
    check_denied(result, worker, action, resource, because);
}

#[test]
fn esc_17_every_operation_needs_exactly_its_action_on_its_resource() {
    for (service, case) in cases() {
        let stage = Stage::new();
        let row = row(service, case.0);
        let (action, resource) = (row.action, stage.fill(&stage.fill(case.2)));
        if ALWAYS.contains(&case.0) {
            let deny = document(&statement("Deny", "*", "*", ""));
            let answer = stage.call(&deny, service, case);
            assert_eq!(answer.status, 200, "{action} under a deny");
            continue;
        }
        refused_otherwise(&stage, service, case, action, &resource);
        let answer = stage.call(&least(&stage, service, case, &resource), service, case);
        let body = String::from_utf8_lossy(&answer.body);
        let never = NEVER_200.contains(&case.0);
        let right = match never {
            true => [400, 404].contains(&answer.status),
            false => answer.status == 200,
        };
        assert!(right, "{action}: {} {body}", answer.status);
        told(&answer, row, &resource);
    }
}

/// Refused without a right, with the right to another resource, with every right but one that is
/// needed, and with one of those denied.
fn refused_otherwise(stage: &Stage, service: Service, case: &Case, action: &str, resource: &str) {
    let worker = format!("arn:aws:iam::{}:user/worker", stage.lab.account);
    let check = |policy: &str, (action, resource): (&str, &str), because: &str| {
        let answer = stage.call(policy, service, case);
        denied(service, &answer, &worker, action, resource, because);
    };
    let own = (action, resource);
    check(&allow("s3:*", "*"), own, &no_identity_policy(action));
    let neighbour = match resource {
        "*" => "arn:aws:iam::*:user/x".to_owned(),
        arn => format!("{arn}x"),
    };
    let beside = least(stage, service, case, &neighbour);
    check(&beside, own, &no_identity_policy(action));
    for needed in [action].iter().chain(case.3) {
        let (needed, resource) = also(stage, needed, resource);
        let on = (needed, resource.as_str());
        let others = document(&format!(
            r#"{{"Effect":"Allow","NotAction":"{needed}","Resource":"*"}}"#
        ));
        check(&others, on, &no_identity_policy(needed));
        let both = [
            statement("Allow", "*", "*", ""),
            statement("Deny", needed, &resource, ""),
        ];
        let because = " with an explicit deny in an identity-based policy";
        check(&document(&both.join(",")), on, because);
    }
}

/// What the record of an allowed call says of the operation and its resource.
fn told(answer: &Answer, row: &Operation, resource: &str) {
    let event = answer.event.as_ref().expect("a record");
    assert_eq!(event["eventName"], row.name);
    assert_eq!(event["eventSource"], row.service.event_source());
    assert_eq!(
        event["readOnly"],
        row.access != Access::Write,
        "{}",
        row.name
    );
    let told = event["resources"][0]["ARN"].as_str();
    assert_eq!(told.unwrap_or("*"), resource, "{}", row.name);
    if row.access == Access::Read {
        assert!(event["responseElements"].is_null(), "{}: {event}", row.name);
    }
}
