//! ARNs of identity providers: checked, and turned into what a call on them needs.

use locum_policy::Arn;
use locum_store::{AccountId, Tag};

use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::needs::Needs;

/// The URL or name in the ARN of a provider of the caller's account; `kind` is `oidc-provider` or
/// `saml-provider`. An ARN of another account names nothing here: `None`.
///
/// # Errors
/// `ValidationError` for what is no ARN, `InvalidInput` for the ARN of something else.
pub(super) fn named<'a>(
    cx: &Cx<'_>,
    caller: &Caller,
    kind: &str,
    arn: &'a str,
) -> Result<Option<&'a str>, ApiError> {
    let parsed =
        Arn::parse(arn).ok_or_else(|| ApiError::Validation(format!("ARN {arn} is not valid.")))?;
    let ours = parsed.partition == cx.settings.partition && parsed.region.is_empty();
    let name = parsed.resource.strip_prefix(kind);
    let name = name.and_then(|rest| rest.strip_prefix('/'));
    match name.filter(|name| ours && parsed.service == "iam" && !name.is_empty()) {
        Some(name) => {
            let own = parsed.account == caller.account.id.text().as_str();
            Ok(own.then_some(name))
        }
        None => Err(ApiError::InvalidInput(
            format!("ARN {arn} is not valid.").into(),
        )),
    }
}

/// What a call on the provider with this ARN is asked about. One of another account belongs to that
/// account, which refuses.
pub(super) fn on<'a>(caller: &Caller, arn: &'a str, tags: Option<&'a [Tag]>) -> Needs<'a> {
    let owner = Arn::parse(arn).and_then(|parsed| AccountId::parse(parsed.account));
    Needs::on(arn, owner.unwrap_or(caller.account.id)).resource_tagged(tags.unwrap_or_default())
}
