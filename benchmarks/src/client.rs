//! A small client for setting things up: one call at a time, over HTTP or straight into `handle`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::requests::{Call, EXTERNAL_ID, Keys, bytes};

/// Sends one signed call, answers the body of a success.
pub trait Client {
    /// Sends `call` as `keys`.
    fn call(&self, call: &Call<'_>, keys: &Keys) -> String;
}

/// A server on this host.
pub struct Remote(pub SocketAddr);

impl Client for Remote {
    fn call(&self, call: &Call<'_>, keys: &Keys) -> String {
        let mut stream = TcpStream::connect(self.0).expect("a connection");
        let request = bytes(call, keys, &self.0.to_string(), 0);
        let request = String::from_utf8(request).expect("text");
        let request = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(
            answer.starts_with("HTTP/1.1 200"),
            "{} was answered:\n{answer}",
            call.body
        );
        answer
    }
}

/// The first user's keys, as the server wrote them.
pub fn admin(data: &Path) -> Keys {
    let text = std::fs::read_to_string(data.join("admin-credentials.json"))
        .expect("admin-credentials.json");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let text = |name: &str| json[name].as_str().expect("a field").to_owned();
    Keys {
        access_key_id: text("AccessKeyId"),
        secret: text("SecretAccessKey"),
        session_token: None,
    }
}

/// The text of the first element `tag`.
pub fn element(xml: &str, tag: &str) -> String {
    let start = xml.split_once(&format!("<{tag}>")).map(|(_, rest)| rest);
    let text = start
        .and_then(|rest| rest.split_once(&format!("</{tag}>")))
        .map(|(text, _)| text);
    text.unwrap_or_else(|| panic!("no <{tag}> in {xml}"))
        .to_owned()
}

/// What is measured: a user of one account and a role of another, with an external id between them.
pub struct Setup {
    /// The user's keys.
    pub user: Keys,
    /// The role it may assume.
    pub role_arn: String,
}

fn query(
    client: &impl Client,
    keys: &Keys,
    service: &str,
    version: &str,
    parameters: &[(&str, &str)],
) -> String {
    let mut body = format!("Version={version}");
    for (name, value) in parameters {
        body.push_str(&format!("&{name}="));
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                body.push(char::from(byte));
            } else {
                body.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    client.call(
        &Call {
            service,
            target: None,
            body: &body,
        },
        keys,
    )
}

fn iam(client: &impl Client, keys: &Keys, parameters: &[(&str, &str)]) -> String {
    query(client, keys, "iam", "2010-05-08", parameters)
}

/// Makes the second account, the user with its key and policy, the role with trust and policy; all
/// through the API.
pub fn set_up(client: &impl Client, admin: &Keys) -> Setup {
    let me = client.call(&crate::requests::WHO, admin);
    let home = element(&me, "Account");
    let other = create_account(client, admin);
    iam(
        client,
        admin,
        &[("Action", "CreateUser"), ("UserName", "bench")],
    );
    let key = iam(
        client,
        admin,
        &[("Action", "CreateAccessKey"), ("UserName", "bench")],
    );
    let user = Keys {
        access_key_id: element(&key, "AccessKeyId"),
        secret: element(&key, "SecretAccessKey"),
        session_token: None,
    };
    let role_arn = format!("arn:aws:iam::{other}:role/deploy");
    let may = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":"{role_arn}"}},{{"Effect":"Deny","Action":"iam:*","Resource":"*"}}]}}"#
    );
    iam(
        client,
        admin,
        &[
            ("Action", "PutUserPolicy"),
            ("UserName", "bench"),
            ("PolicyName", "assume"),
            ("PolicyDocument", &may),
        ],
    );
    let there = assume_access_role(client, admin, &other);
    let trust = trust(&format!("arn:aws:iam::{home}:user/bench"));
    iam(
        client,
        &there,
        &[
            ("Action", "CreateRole"),
            ("RoleName", "deploy"),
            ("AssumeRolePolicyDocument", &trust),
        ],
    );
    iam(
        client,
        &there,
        &[
            ("Action", "PutRolePolicy"),
            ("RoleName", "deploy"),
            ("PolicyName", "lake"),
            ("PolicyDocument", ROLE_POLICY),
        ],
    );
    Setup { user, role_arn }
}

/// What a role of the benchmarks may do.
pub const ROLE_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::lake","arn:aws:s3:::lake/*"]}]}"#;

/// A trust policy that asks for the external id.
pub fn trust(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"{EXTERNAL_ID}"}}}}}}]}}"#
    )
}

fn create_account(client: &impl Client, admin: &Keys) -> String {
    let organizations = |operation: &str, body: &str| {
        let target = format!("AWSOrganizationsV20161128.{operation}");
        let answer = client.call(
            &Call {
                service: "organizations",
                target: Some(&target),
                body,
            },
            admin,
        );
        let start = answer.find('{').expect("JSON");
        let json: serde_json::Value =
            serde_json::from_str(answer.get(start..).unwrap_or("")).expect("JSON");
        json["CreateAccountStatus"].clone()
    };
    let mut status = organizations(
        "CreateAccount",
        r#"{"AccountName":"bench","Email":"bench@example.com"}"#,
    );
    for _ in 0..50 {
        if let Some(account) = status["AccountId"].as_str() {
            return account.to_owned();
        }
        std::thread::sleep(Duration::from_millis(20));
        let body = format!(r#"{{"CreateAccountRequestId":{}}}"#, status["Id"]);
        status = organizations("DescribeCreateAccountStatus", &body);
    }
    panic!("the account was not created: {status}");
}

fn assume_access_role(client: &impl Client, admin: &Keys, account: &str) -> Keys {
    let arn = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    let answer = query(
        client,
        admin,
        "sts",
        "2011-06-15",
        &[
            ("Action", "AssumeRole"),
            ("RoleArn", &arn),
            ("RoleSessionName", "bench"),
        ],
    );
    Keys {
        access_key_id: element(&answer, "AccessKeyId"),
        secret: element(&answer, "SecretAccessKey"),
        session_token: Some(element(&answer, "SessionToken")),
    }
}
