//! Accounts of the organization: create, follow the request, list, describe.

use locum_store::{
    AccountId, AccountStatus, AccountSummary, Change, CreateAccountRequest as Request,
    CreateAccountState, JoinedMethod, Record, Unit, UnitWrite,
};
use locum_wire::Timestamp;
use locum_wire::organizations::{
    self, CreateAccountRequest, CreateAccountResponse, CreateAccountStatus, DescribeAccountRequest,
    DescribeAccountResponse, DescribeCreateAccountStatusRequest,
    DescribeCreateAccountStatusResponse, ListAccountsRequest, ListAccountsResponse,
    ListCreateAccountStatusRequest, ListCreateAccountStatusResponse,
};

use super::new_account::{self, NewAccount};
use super::organization::account_arn;
use super::{from_management, page};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::ids;
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

fn needs_create<'a>(
    _: &'a Cx<'a>,
    state: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateAccountRequest,
) -> Result<Needs<'a>, ApiError> {
    if input.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
        return Err(ApiError::Unsupported {
            parameter: "Tags",
            reason: "accounts bear no tags yet",
        });
    }
    if input.iam_user_access_to_billing.as_deref() == Some("DENY") {
        return Err(ApiError::Unsupported {
            parameter: "IamUserAccessToBilling",
            reason: "there is no billing to deny access to",
        });
    }
    from_management(state, caller, "*")
}

/// Every request is remembered, the failed ones too.
fn refuse_too_many_requests(state: &Snapshot) -> Result<(), ApiError> {
    let remembered = state.installation.create_account_requests().len();
    if remembered < limits::CREATE_ACCOUNT_REQUESTS_MAX {
        return Ok(());
    }
    Err(ApiError::Organizations {
        code: "ConstraintViolationException",
        message: "You have reached the limit on requests to create accounts.",
    })
}

/// The account and its request's outcome are one commit; the answer says `IN_PROGRESS`, as AWS's does.
fn create_account(
    cx: &Cx<'_>,
    state: &Snapshot,
    _: &Caller,
    _: &Grant,
    input: CreateAccountRequest,
) -> Result<(CreateAccountResponse, Change), ApiError> {
    let new = NewAccount {
        name: &input.account_name,
        email: &input.email,
        role_name: input
            .role_name
            .as_deref()
            .unwrap_or(new_account::ACCESS_ROLE),
        partition: &cx.settings.partition,
        now_s: cx.now_s,
    };
    refuse_too_many_requests(state)?;
    let planned = new_account::plan(&state.installation, &new, cx.random)?;
    let mut installation = UnitWrite {
        unit: Unit::Installation,
        expects: state.installation.revision,
        puts: Vec::new(),
        deletes: Vec::new(),
    };
    let mut writes = Vec::new();
    let outcome = match planned {
        Ok(made) => {
            installation.puts.push(Record::AccountSummary(made.summary));
            writes.push(made.unit);
            CreateAccountState::Succeeded { account: made.id }
        }
        Err(refused) => CreateAccountState::Failed {
            reason: refused.reason().to_owned(),
        },
    };
    let request = Request {
        id: ids::lower_id("car-", 32, cx.random),
        account_name: input.account_name,
        requested_s: cx.now_s,
        completed_s: Some(cx.now_s),
        state: outcome,
    };
    let status = CreateAccountStatus {
        account_id: None,
        completed_timestamp: None,
        failure_reason: None,
        state: Some("IN_PROGRESS".to_owned()),
        ..shown_request(&request)
    };
    installation
        .puts
        .push(Record::CreateAccountRequest(request));
    writes.push(installation);
    let change = Change {
        writes,
        ..Change::default()
    };
    Ok((
        CreateAccountResponse {
            create_account_status: Some(status),
        },
        change,
    ))
}

fn shown_request(request: &Request) -> CreateAccountStatus {
    let (state, account, reason) = match &request.state {
        CreateAccountState::InProgress => ("IN_PROGRESS", None, None),
        CreateAccountState::Succeeded { account } => ("SUCCEEDED", Some(account.to_string()), None),
        CreateAccountState::Failed { reason } => ("FAILED", None, Some(reason.clone())),
    };
    CreateAccountStatus {
        account_id: account,
        account_name: Some(request.account_name.clone()),
        completed_timestamp: request.completed_s.map(Timestamp),
        failure_reason: reason,
        gov_cloud_account_id: None,
        id: Some(request.id.clone()),
        requested_timestamp: Some(Timestamp(request.requested_s)),
        state: Some(state.to_owned()),
    }
}

fn describe_create_account_status(
    _: &Cx<'_>,
    state: &Snapshot,
    _: &Caller,
    _: &Grant,
    input: DescribeCreateAccountStatusRequest,
) -> Result<(DescribeCreateAccountStatusResponse, Change), ApiError> {
    let requests = state.installation.create_account_requests();
    let request =
        requests
            .get(&input.create_account_request_id)
            .ok_or(ApiError::Organizations {
                code: "CreateAccountStatusNotFoundException",
                message: "You specified a create account status request ID that doesn't exist.",
            })?;
    let create_account_status = Some(shown_request(request));
    Ok((
        DescribeCreateAccountStatusResponse {
            create_account_status,
        },
        Change::default(),
    ))
}

fn list_create_account_status(
    _: &Cx<'_>,
    state: &Snapshot,
    _: &Caller,
    _: &Grant,
    input: ListCreateAccountStatusRequest,
) -> Result<(ListCreateAccountStatusResponse, Change), ApiError> {
    let states = input.states.unwrap_or_default();
    let wanted = |request: &Request| {
        states.is_empty()
            || shown_request(request)
                .state
                .is_some_and(|state| states.contains(&state))
    };
    let binding = format!("ListCreateAccountStatus {}", states.join(","));
    let page = page::take(
        &binding,
        input.next_token.as_deref(),
        input.max_results,
        |after| {
            let after = state.installation.create_account_requests().after(after);
            after.filter(|request| wanted(request))
        },
        |request| &request.id,
        |request| shown_request(request),
    )?;
    let output = ListCreateAccountStatusResponse {
        create_account_statuses: Some(page.items),
        next_token: page.marker,
    };
    Ok((output, Change::default()))
}

fn shown(cx: &Cx<'_>, state: &Snapshot, summary: &AccountSummary) -> organizations::Account {
    let status = match summary.status {
        AccountStatus::Active => "ACTIVE",
        AccountStatus::Suspended => "SUSPENDED",
        AccountStatus::PendingClosure => "PENDING_CLOSURE",
    };
    let joined = match summary.joined_method {
        JoinedMethod::Invited => "INVITED",
        JoinedMethod::Created => "CREATED",
    };
    organizations::Account {
        arn: account_arn(cx, state, summary.id),
        email: Some(summary.email.clone()),
        id: Some(summary.id.to_string()),
        joined_method: Some(joined.to_owned()),
        joined_timestamp: Some(Timestamp(summary.joined_s)),
        name: Some(summary.name.clone()),
        paths: None,
        state: Some(status.to_owned()),
        status: Some(status.to_owned()),
    }
}

fn list_accounts(
    cx: &Cx<'_>,
    state: &Snapshot,
    _: &Caller,
    _: &Grant,
    input: ListAccountsRequest,
) -> Result<(ListAccountsResponse, Change), ApiError> {
    let named = |after: &str| {
        let rest = state.installation.accounts().after(after);
        rest.map(|summary| (summary.id.to_string(), summary))
    };
    let page = page::take(
        "ListAccounts",
        input.next_token.as_deref(),
        input.max_results,
        named,
        |(id, _)| id,
        |(_, summary)| shown(cx, state, summary),
    )?;
    let output = ListAccountsResponse {
        accounts: Some(page.items),
        next_token: page.marker,
    };
    Ok((output, Change::default()))
}

fn needs_describe<'a>(
    cx: &'a Cx<'a>,
    state: &'a Snapshot,
    caller: &'a Caller,
    input: &'a DescribeAccountRequest,
) -> Result<Needs<'a>, ApiError> {
    let account = AccountId::parse(&input.account_id);
    let arn = account.and_then(|account| account_arn(cx, state, account));
    from_management(state, caller, arn.unwrap_or_else(|| "*".to_owned()))
}

fn describe_account(
    cx: &Cx<'_>,
    state: &Snapshot,
    _: &Caller,
    _: &Grant,
    input: DescribeAccountRequest,
) -> Result<(DescribeAccountResponse, Change), ApiError> {
    let account = AccountId::parse(&input.account_id);
    let summary = account.and_then(|account| state.installation.account(account));
    let summary = summary.ok_or(ApiError::Organizations {
        code: "AccountNotFoundException",
        message: "You specified an account that doesn't exist.",
    })?;
    Ok((
        DescribeAccountResponse {
            account: Some(shown(cx, state, summary)),
        },
        Change::default(),
    ))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Organizations "organizations" "CreateAccount" Write, needs_create, create_account),
    answering!(Organizations "organizations" "DescribeCreateAccountStatus" Read,
        |_, state, caller, _| from_management(state, caller, "*"), describe_create_account_status),
    answering!(Organizations "organizations" "ListCreateAccountStatus" Read,
        |_, state, caller, _| from_management(state, caller, "*"), list_create_account_status),
    answering!(Organizations "organizations" "ListAccounts" Read,
        |_, state, caller, _| from_management(state, caller, "*"), list_accounts),
    answering!(Organizations "organizations" "DescribeAccount" Read, needs_describe, describe_account),
];
