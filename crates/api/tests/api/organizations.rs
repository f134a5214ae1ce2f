//! Organizations: accounts made and found again, over AWS JSON 1.1.

use locum_wire::organizations::{
    CreateAccountRequest, CreateAccountResponse, CreateAccountStatus, DescribeAccountRequest,
    DescribeAccountResponse, DescribeCreateAccountStatusRequest,
    DescribeCreateAccountStatusResponse, DescribeOrganizationResponse, ListAccountsRequest,
    ListAccountsResponse, ListCreateAccountStatusRequest, ListCreateAccountStatusResponse,
};
use locum_wire::sts::GetCallerIdentityResponse;
use locum_wire::{ClientRequest, Empty, Service, Structure, Timestamp};

use crate::common::{Keys, Lab, Refused, START_S, allow, assume_role, check, success};

fn org<I: Structure, O: Structure>(
    lab: &Lab,
    by: &Keys,
    operation: &str,
    input: &I,
) -> Result<O, Refused> {
    lab.call(by, (Service::Organizations, operation), input)
}

fn create(lab: &Lab, name: &str, email: &str) -> CreateAccountStatus {
    let input = CreateAccountRequest {
        account_name: name.to_owned(),
        email: email.to_owned(),
        ..CreateAccountRequest::default()
    };
    let output: CreateAccountResponse =
        org(lab, &lab.admin, "CreateAccount", &input).expect("CreateAccount");
    output.create_account_status.expect("a status")
}

fn status(lab: &Lab, id: &str) -> Result<CreateAccountStatus, Refused> {
    let input = DescribeCreateAccountStatusRequest {
        create_account_request_id: id.to_owned(),
    };
    let output: DescribeCreateAccountStatusResponse =
        org(lab, &lab.admin, "DescribeCreateAccountStatus", &input)?;
    Ok(output.create_account_status.expect("a status"))
}

#[test]
fn an_account_is_made_and_reached_through_its_access_role() {
    let lab = Lab::new();
    let asked = create(&lab, "second", "second@example.test");
    assert_eq!(
        (asked.state.as_deref(), asked.account_id.clone()),
        (Some("IN_PROGRESS"), None)
    );
    let id = asked.id.expect("a request id");
    assert!(id.starts_with("car-") && id.len() == 36, "{id}");
    let made = status(&lab, &id).expect("DescribeCreateAccountStatus");
    assert_eq!(
        (made.state.as_deref(), made.failure_reason),
        (Some("SUCCEEDED"), None)
    );
    assert_eq!(made.requested_timestamp, Some(Timestamp(START_S)));
    let account = made.account_id.expect("an account id");
    assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
    let role = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    let session = lab.assume(&lab.admin, &assume_role(&role, "setup"));
    let who: GetCallerIdentityResponse = lab
        .sts(&session, "GetCallerIdentity", &Empty {})
        .expect("GetCallerIdentity");
    assert_eq!(who.account, Some(account.clone()));
    success(
        Service::Iam,
        &lab.form(&session, Service::Iam, "Action=CreateUser&UserName=alice"),
    )
    .expect("an administrator");
    let input = DescribeAccountRequest {
        account_id: account.clone(),
    };
    let output: DescribeAccountResponse =
        org(&lab, &lab.admin, "DescribeAccount", &input).expect("DescribeAccount");
    let shown = output.account.expect("an account");
    assert_eq!(
        (shown.name.as_deref(), shown.email.as_deref()),
        (Some("second"), Some("second@example.test"))
    );
    assert_eq!(
        (shown.status.as_deref(), shown.joined_method.as_deref()),
        (Some("ACTIVE"), Some("CREATED"))
    );
    assert!(shown.arn.is_some_and(|arn| arn.starts_with(&format!(
        "arn:aws:organizations::{}:account/o-",
        lab.account
    )) && arn.ends_with(&format!("/{account}"))));
}

#[test]
fn a_role_of_another_name_is_made_when_asked() {
    let lab = Lab::new();
    let input = CreateAccountRequest {
        account_name: "second".to_owned(),
        email: "second@example.test".to_owned(),
        role_name: Some("Landing".to_owned()),
        ..CreateAccountRequest::default()
    };
    let output: CreateAccountResponse =
        org(&lab, &lab.admin, "CreateAccount", &input).expect("CreateAccount");
    let id = output
        .create_account_status
        .and_then(|status| status.id)
        .expect("a request id");
    let account = status(&lab, &id)
        .expect("a status")
        .account_id
        .expect("an account id");
    lab.assume(
        &lab.admin,
        &assume_role(&format!("arn:aws:iam::{account}:role/Landing"), "setup"),
    );
}

#[test]
fn an_address_is_used_once() {
    let lab = Lab::new();
    create(&lab, "second", "second@example.test");
    let again = create(&lab, "third", "SECOND@example.test");
    let told = status(&lab, &again.id.expect("a request id")).expect("a status");
    assert_eq!(
        (told.state.as_deref(), told.failure_reason.as_deref()),
        (Some("FAILED"), Some("EMAIL_ALREADY_EXISTS"))
    );
    assert_eq!(told.account_id, None);
    let input = ListAccountsRequest::default();
    let output: ListAccountsResponse =
        org(&lab, &lab.admin, "ListAccounts", &input).expect("ListAccounts");
    assert_eq!(output.accounts.map(|accounts| accounts.len()), Some(2));
}

#[test]
fn accounts_and_requests_are_listed_in_pages() {
    let lab = Lab::new();
    for at in 0..5 {
        create(
            &lab,
            &format!("account {at}"),
            &format!("a{at}@example.test"),
        );
    }
    let (mut token, mut ids) = (None, Vec::new());
    loop {
        let input = ListAccountsRequest {
            max_results: Some(2),
            next_token: token,
        };
        let page: ListAccountsResponse =
            org(&lab, &lab.admin, "ListAccounts", &input).expect("ListAccounts");
        ids.extend(
            page.accounts
                .into_iter()
                .flatten()
                .filter_map(|account| account.id),
        );
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(ids.len(), 6);
    ids.dedup();
    assert_eq!(ids.len(), 6);
    let requests = |states: &[&str]| -> usize {
        let states = states.iter().map(|state| (*state).to_owned()).collect();
        let input = ListCreateAccountStatusRequest {
            states: Some(states),
            ..ListCreateAccountStatusRequest::default()
        };
        let output: ListCreateAccountStatusResponse =
            org(&lab, &lab.admin, "ListCreateAccountStatus", &input)
                .expect("ListCreateAccountStatus");
        output.create_account_statuses.map_or(0, |held| held.len())
    };
    assert_eq!(
        (
            requests(&[]),
            requests(&["SUCCEEDED"]),
            requests(&["FAILED"])
        ),
        (5, 5, 0)
    );
}

#[test]
fn the_organization_is_there_from_the_start() {
    let lab = Lab::new();
    let output: DescribeOrganizationResponse =
        org(&lab, &lab.admin, "DescribeOrganization", &Empty {}).expect("DescribeOrganization");
    let held = output.organization.expect("an organization");
    assert_eq!(held.master_account_id, Some(lab.account.clone()));
    assert_eq!(held.feature_set.as_deref(), Some("ALL"));
    let result: Result<DescribeOrganizationResponse, _> =
        org(&lab, &lab.admin, "CreateOrganization", &Empty {});
    let message = "The AWS account is already a member of an organization.";
    check(result, 400, "AlreadyInOrganizationException", message);
}

#[test]
fn only_the_management_account_runs_the_organization() {
    let lab = Lab::new();
    let other = lab.other("other");
    let alice = lab.user_with(&other.root, "alice", &allow("*", "*"));
    for keys in [&other.root, &alice] {
        for (operation, body) in [
            (
                "CreateAccount",
                r#"{"AccountName":"x","Email":"x@example.test"}"#,
            ),
            ("ListAccounts", "{}"),
            ("ListCreateAccountStatus", "{}"),
            (
                "DescribeAccount",
                &format!(r#"{{"AccountId":"{}"}}"#, lab.account),
            ),
        ] {
            let request = ClientRequest {
                content_type: "application/x-amz-json-1.1",
                target: Some(format!("AWSOrganizationsV20161128.{operation}")),
                body: body.as_bytes().to_vec(),
            };
            let answer = lab.send(lab.signed(keys, Service::Organizations, request));
            let refused = success(Service::Organizations, &answer).expect_err(operation);
            assert_eq!(
                (refused.status, refused.code.as_str()),
                (400, "AccessDeniedException"),
                "{operation}"
            );
        }
    }
}

#[test]
fn what_is_not_there_and_what_is_not_valid() {
    let lab = Lab::new();
    let input = DescribeAccountRequest {
        account_id: "999999999999".to_owned(),
    };
    let result: Result<DescribeAccountResponse, _> =
        org(&lab, &lab.admin, "DescribeAccount", &input);
    check(
        result,
        400,
        "AccountNotFoundException",
        "You specified an account that doesn't exist.",
    );
    let message = "You specified a create account status request ID that doesn't exist.";
    check(
        status(&lab, &format!("car-{}", "a".repeat(32))),
        400,
        "CreateAccountStatusNotFoundException",
        message,
    );
    for (operation, body) in [
        ("DescribeAccount", r#"{"AccountId":"12"}"#),
        ("CreateAccount", r#"{"AccountName":"x"}"#),
        (
            "CreateAccount",
            r#"{"AccountName":"x","Email":"no address"}"#,
        ),
        (
            "CreateAccount",
            r#"{"AccountName":"x","Email":"x@example.test","Tags":[{"Key":"a","Value":"b"}]}"#,
        ),
        (
            "CreateAccount",
            r#"{"AccountName":7,"Email":"x@example.test"}"#,
        ),
        ("CreateAccount", "{"),
        ("CreateAccount", ""),
        ("ListAccounts", r#"{"NextToken":"x"}"#),
        ("NoSuchOperation", "{}"),
        ("MoveAccount", "{}"),
    ] {
        let request = ClientRequest {
            content_type: "application/x-amz-json-1.1",
            target: Some(format!("AWSOrganizationsV20161128.{operation}")),
            body: body.as_bytes().to_vec(),
        };
        let answer = lab.send(lab.signed(&lab.admin, Service::Organizations, request));
        assert_eq!(
            answer.status,
            400,
            "{operation} {body}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        assert_eq!(answer.content_type, "application/x-amz-json-1.1");
    }
    let input = ListAccountsRequest::default();
    let output: ListAccountsResponse =
        org(&lab, &lab.admin, "ListAccounts", &input).expect("ListAccounts");
    assert_eq!(output.accounts.map(|accounts| accounts.len()), Some(1));
}
