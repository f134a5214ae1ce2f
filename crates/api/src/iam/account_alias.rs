//! The account's alias: one at most, unique in the whole installation, kept with the account and in the index.

use locum_store::{AccountMeta, AccountSummary, Change, Record, Unit, UnitWrite};
use locum_wire::iam::{
    CreateAccountAliasRequest, DeleteAccountAliasRequest, ListAccountAliasesRequest,
    ListAccountAliasesResponse,
};

use super::{names, page};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// The account and its entry in the index, with this alias: both change or neither does.
fn put(state: &Snapshot, caller: &Caller, alias: Option<String>) -> Result<Change, ApiError> {
    let (account, installation) = (&caller.account, &state.installation);
    let summary = installation
        .account(account.id)
        .ok_or_else(|| ApiError::Internal(format!("account {} is not in the index", account.id)))?;
    let summary = AccountSummary {
        alias: alias.clone(),
        ..AccountSummary::clone(summary)
    };
    let meta = AccountMeta {
        alias,
        ..AccountMeta::clone(&account.meta)
    };
    let mut change = names::change(account, vec![Record::AccountMeta(meta)], vec![]);
    change.writes.push(UnitWrite {
        unit: Unit::Installation,
        expects: installation.revision,
        puts: vec![Record::AccountSummary(summary)],
        deletes: vec![],
    });
    Ok(change)
}

/// A new alias takes the place of the one before it.
fn create_account_alias(
    _: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateAccountAliasRequest,
) -> Result<Change, ApiError> {
    let alias = input.account_alias;
    if locum_store::AccountId::parse(&alias).is_some() {
        return Err(ApiError::Validation(
            "An account alias cannot be a 12-digit number, which would be taken for an account id."
                .to_owned(),
        ));
    }
    if state.installation.account_by_alias(&alias).is_some() {
        return Err(ApiError::EntityAlreadyExists(format!(
            "The account alias {alias} already exists."
        )));
    }
    put(state, caller, Some(alias))
}

fn delete_account_alias(
    _: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteAccountAliasRequest,
) -> Result<Change, ApiError> {
    let alias = input.account_alias;
    if caller.account.meta.alias.as_ref() != Some(&alias) {
        return Err(ApiError::NoSuchEntity(format!(
            "The account alias {alias} cannot be found."
        )));
    }
    put(state, caller, None)
}

fn list_account_aliases(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListAccountAliasesRequest,
) -> Result<(ListAccountAliasesResponse, Change), ApiError> {
    let account = &caller.account;
    let binding = format!("ListAccountAliases {}", account.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let rest = account.meta.alias.iter().filter(|alias| **alias > after);
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |alias| alias,
        |alias| Ok(alias.clone()),
    )?;
    let output = ListAccountAliasesResponse {
        account_aliases: page.items,
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    silent!(Iam "iam" "CreateAccountAlias" Write, names::everywhere, create_account_alias),
    silent!(Iam "iam" "DeleteAccountAlias" Write, names::everywhere, delete_account_alias),
    answering!(Iam "iam" "ListAccountAliases" Read, names::everywhere, list_account_aliases),
];
