//! Makes the example: two accounts, a user in one, a role with an external id in the other. What is there stays as it is.

use std::path::Path;
use std::time::Duration;

use locum_wire::{Service, iam, organizations, sts};
use serde::Deserialize;

use crate::client::Client;
use crate::config::SharedConfig;
use crate::credentials::{Credentials, Secret};
use crate::error::CliError;

/// The account that alice belongs to.
pub const TEAM: &str = "team";
/// The account that the role belongs to.
pub const DATA: &str = "data";
/// The user.
pub const ALICE: &str = "alice";
/// The role in the other account.
pub const ROLE: &str = "reader";
/// What the role's trust policy asks for.
pub const EXTERNAL_ID: &str = "locum-tour";

/// Role by which the management account acts in its members, as on AWS.
const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";
/// How often and how long an account's creation is waited for.
const ACCOUNT_POLLS_MAX: u32 = 100;
const ACCOUNT_POLL: Duration = Duration::from_millis(20);

/// What was made.
#[derive(Debug)]
pub struct Example {
    /// The management account's administrator.
    pub admin: Credentials,
    /// The management account.
    pub management_account: String,
    /// Alice's account.
    pub team_account: String,
    /// The role's account.
    pub data_account: String,
    /// Alice's key.
    pub alice: Credentials,
    /// The role's ARN.
    pub role_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AdminFile {
    access_key_id: String,
    secret_access_key: String,
    account_id: String,
}

/// Makes what is missing of the example. `known` are the profiles of an earlier run, for alice's key.
pub fn make(client: &Client, admin_file: &Path, known: &SharedConfig) -> Result<Example, CliError> {
    let text = std::fs::read(admin_file)
        .map_err(|e| CliError::io(format!("cannot read {}", admin_file.display()), e))?;
    let file: AdminFile = serde_json::from_slice(&text).map_err(|e| {
        let message = format!("{} is not as it was written: {e}", admin_file.display());
        CliError::configuration(message, "start anew with another --data DIR")
    })?;
    let admin = Credentials {
        access_key_id: file.access_key_id,
        secret: Secret::new(file.secret_access_key),
        session_token: None,
        expires_s: None,
    };
    let maker = Maker { client, admin };
    let accounts = maker.accounts()?;
    let team_account = maker.account(&accounts, TEAM)?;
    let data_account = maker.account(&accounts, DATA)?;
    let role_arn = crate::role::arn("aws", &data_account, ROLE);
    let in_team = maker.inside(&team_account)?;
    let made = maker.user(&in_team, &role_arn)?;
    let alice = maker.key(&in_team, known)?;
    let in_data = maker.inside(&data_account)?;
    maker.role(&in_data, &team_account, made)?;
    let Maker { admin, .. } = maker;
    Ok(Example {
        admin,
        management_account: file.account_id,
        team_account,
        data_account,
        alice,
        role_arn,
    })
}

/// Whether something was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Now,
    Before,
}

struct Maker<'a> {
    client: &'a Client,
    admin: Credentials,
}

impl Maker<'_> {
    fn accounts(&self) -> Result<Vec<organizations::Account>, CliError> {
        let mut all = Vec::new();
        let mut input = organizations::ListAccountsRequest::default();
        loop {
            let answer: organizations::ListAccountsResponse =
                self.client
                    .call(Service::Organizations, "ListAccounts", &input, &self.admin)?;
            all.extend(answer.accounts.unwrap_or_default());
            match answer.next_token {
                Some(token) => input.next_token = Some(token),
                None => return Ok(all),
            }
        }
    }

    /// The id of the account of this name, which is created if it is missing.
    fn account(&self, accounts: &[organizations::Account], name: &str) -> Result<String, CliError> {
        let found = accounts
            .iter()
            .find(|account| account.name.as_deref() == Some(name));
        if let Some(id) = found.and_then(|account| account.id.clone()) {
            return Ok(id);
        }
        let input = organizations::CreateAccountRequest {
            account_name: name.to_owned(),
            email: format!("{name}@example.com"),
            ..organizations::CreateAccountRequest::default()
        };
        let answer: organizations::CreateAccountResponse =
            self.client
                .call(Service::Organizations, "CreateAccount", &input, &self.admin)?;
        let mut status = answer.create_account_status.unwrap_or_default();
        for _ in 0..ACCOUNT_POLLS_MAX {
            match (status.state.as_deref(), &status.account_id) {
                (Some("SUCCEEDED"), Some(id)) => return Ok(id.clone()),
                (Some("FAILED"), _) => break,
                _ => std::thread::sleep(ACCOUNT_POLL),
            }
            let input = organizations::DescribeCreateAccountStatusRequest {
                create_account_request_id: status.id.clone().unwrap_or_default(),
            };
            let answer: organizations::DescribeCreateAccountStatusResponse = self.client.call(
                Service::Organizations,
                "DescribeCreateAccountStatus",
                &input,
                &self.admin,
            )?;
            status = answer.create_account_status.unwrap_or_default();
        }
        let reason = status
            .failure_reason
            .unwrap_or_else(|| "it takes too long".to_owned());
        Err(CliError::Server {
            message: format!("the account {name} was not created: {reason}"),
            hint: String::new(),
        })
    }

    /// Administrator in a member account, by the role that every new account has.
    fn inside(&self, account: &str) -> Result<Credentials, CliError> {
        let input = sts::AssumeRoleRequest {
            role_arn: crate::role::arn("aws", account, ACCESS_ROLE),
            role_session_name: "locum-dev".to_owned(),
            ..sts::AssumeRoleRequest::default()
        };
        let answer: sts::AssumeRoleResponse =
            self.client
                .call(Service::Sts, "AssumeRole", &input, &self.admin)?;
        let credentials = answer.credentials.ok_or_else(|| CliError::BadAnswer {
            endpoint: self.client.endpoint().to_owned(),
            operation: "AssumeRole".to_owned(),
            reason: "it holds no credentials".to_owned(),
        })?;
        Ok(Credentials {
            access_key_id: credentials.access_key_id,
            secret: Secret::new(credentials.secret_access_key),
            session_token: Some(Secret::new(credentials.session_token)),
            expires_s: Some(credentials.expiration.0),
        })
    }

    fn user(&self, caller: &Credentials, role_arn: &str) -> Result<Made, CliError> {
        let input = iam::GetUserRequest {
            user_name: Some(ALICE.to_owned()),
        };
        let found: Option<iam::GetUserResponse> =
            missing_is_none(self.client.call(Service::Iam, "GetUser", &input, caller))?;
        if found.is_some() {
            return Ok(Made::Before);
        }
        let input = iam::CreateUserRequest {
            user_name: ALICE.to_owned(),
            ..iam::CreateUserRequest::default()
        };
        let _: iam::CreateUserResponse =
            self.client
                .call(Service::Iam, "CreateUser", &input, caller)?;
        let input = iam::PutUserPolicyRequest {
            user_name: ALICE.to_owned(),
            policy_name: "assume-reader".to_owned(),
            policy_document: format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"{role_arn}"}}]}}"#
            ),
        };
        self.client
            .call_without_output(Service::Iam, "PutUserPolicy", &input, caller)?;
        Ok(Made::Now)
    }

    /// Alice's key of an earlier run if it still is hers, otherwise a new one.
    fn key(&self, caller: &Credentials, known: &SharedConfig) -> Result<Credentials, CliError> {
        let profile = known.profile(ALICE);
        let kept = profile
            .and_then(|p| Some((p.get("aws_access_key_id")?, p.get("aws_secret_access_key")?)));
        if let Some((id, secret)) = kept {
            let input = iam::ListAccessKeysRequest {
                user_name: Some(ALICE.to_owned()),
                ..Default::default()
            };
            let answer: iam::ListAccessKeysResponse =
                self.client
                    .call(Service::Iam, "ListAccessKeys", &input, caller)?;
            let mine = |key: &iam::AccessKeyMetadata| key.access_key_id.as_deref() == Some(id);
            if answer.access_key_metadata.iter().any(mine) {
                return Ok(key(id, secret));
            }
        }
        let input = iam::CreateAccessKeyRequest {
            user_name: Some(ALICE.to_owned()),
        };
        let answer: iam::CreateAccessKeyResponse =
            self.client
                .call(Service::Iam, "CreateAccessKey", &input, caller)?;
        Ok(key(
            &answer.access_key.access_key_id,
            &answer.access_key.secret_access_key,
        ))
    }

    fn role(&self, caller: &Credentials, team_account: &str, alice: Made) -> Result<(), CliError> {
        let trust = trust_policy(team_account);
        let input = iam::GetRoleRequest {
            role_name: ROLE.to_owned(),
        };
        let found: Option<iam::GetRoleResponse> =
            missing_is_none(self.client.call(Service::Iam, "GetRole", &input, caller))?;
        match (found.is_some(), alice) {
            (true, Made::Before) => Ok(()),
            // The trust is bound to the alice who was, not to her name.
            (true, Made::Now) => {
                let input = iam::UpdateAssumeRolePolicyRequest {
                    role_name: ROLE.to_owned(),
                    policy_document: trust,
                };
                self.client.call_without_output(
                    Service::Iam,
                    "UpdateAssumeRolePolicy",
                    &input,
                    caller,
                )
            }
            (false, _) => {
                let input = iam::CreateRoleRequest {
                    role_name: ROLE.to_owned(),
                    assume_role_policy_document: trust,
                    description: Some(
                        "Reads the data; for alice, who has to say the external id".to_owned(),
                    ),
                    max_session_duration: Some(4 * 3600),
                    ..iam::CreateRoleRequest::default()
                };
                let _: iam::CreateRoleResponse =
                    self.client
                        .call(Service::Iam, "CreateRole", &input, caller)?;
                let input = iam::PutRolePolicyRequest {
                    role_name: ROLE.to_owned(),
                    policy_name: "read-data".to_owned(),
                    policy_document: READ_DATA.to_owned(),
                };
                self.client
                    .call_without_output(Service::Iam, "PutRolePolicy", &input, caller)
            }
        }
    }
}

/// What the role may do: read a bucket, and look at roles, which the tour shows.
const READ_DATA: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::data"},
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"},
    {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "*"}
  ]
}"#;

fn trust_policy(team_account: &str) -> String {
    format!(
        r#"{{
  "Version": "2012-10-17",
  "Statement": [{{
    "Effect": "Allow",
    "Principal": {{"AWS": "arn:aws:iam::{team_account}:user/{ALICE}"}},
    "Action": "sts:AssumeRole",
    "Condition": {{"StringEquals": {{"sts:ExternalId": "{EXTERNAL_ID}"}}}}
  }}]
}}"#
    )
}

fn key(id: &str, secret: &str) -> Credentials {
    Credentials {
        access_key_id: id.to_owned(),
        secret: Secret::new(secret),
        session_token: None,
        expires_s: None,
    }
}

fn missing_is_none<T>(result: Result<T, CliError>) -> Result<Option<T>, CliError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(CliError::Refused { code, .. }) if code == "NoSuchEntity" => Ok(None),
        Err(e) => Err(e),
    }
}
