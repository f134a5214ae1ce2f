//! Names and ARNs of trails: what is a good one, and which trail it means.

use std::borrow::Cow;
use std::sync::Arc;

use locum_store::{AccountId, Trail};
use locum_wire::cloudtrail::errors;

use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::limits;
use crate::needs::Needs;

/// A trail as a caller names it.
pub(super) struct Named<'a> {
    given: &'a str,
    region: &'a str,
    account: AccountId,
    name: &'a str,
}

/// The ARN of a trail.
pub(super) fn arn(cx: &Cx<'_>, account: AccountId, region: &str, name: &str) -> String {
    let partition = &cx.settings.partition;
    format!("arn:{partition}:cloudtrail:{region}:{account}:trail/{name}")
}

/// The ARN of a trail that is there.
pub(super) fn arn_of(cx: &Cx<'_>, account: AccountId, trail: &Trail) -> String {
    arn(cx, account, &trail.home_region, &trail.name)
}

/// CloudTrail's rules for names (API reference, CreateTrail).
///
/// # Errors
/// `InvalidTrailNameException` with AWS's sentence.
pub(super) fn check(name: &str) -> Result<(), ApiError> {
    let refused = |sentence: Cow<'static, str>| {
        Err(ApiError::modelled(&errors::INVALID_TRAIL_NAME, sentence))
    };
    let length = name.chars().count();
    if length < limits::TRAIL_NAME_CHARACTERS_MIN {
        return refused(Cow::Owned(format!(
            "Trail name too short. Minimum allowed length: {} characters. Specified name length: {length} characters.",
            limits::TRAIL_NAME_CHARACTERS_MIN
        )));
    }
    if length > limits::TRAIL_NAME_CHARACTERS_MAX {
        return refused(Cow::Owned(format!(
            "Trail name too long. Maximum allowed length: {} characters. Specified name length: {length} characters.",
            limits::TRAIL_NAME_CHARACTERS_MAX
        )));
    }
    let mark = |byte: &u8| matches!(byte, b'.' | b'_' | b'-');
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || mark(&byte))
    {
        return refused(Cow::Borrowed(
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).",
        ));
    }
    if name.as_bytes().first().is_some_and(mark) {
        return refused(Cow::Borrowed(
            "Trail name must starts with a letter or number.",
        ));
    }
    if name.as_bytes().last().is_some_and(mark) {
        return refused(Cow::Borrowed(
            "Trail name must ends with a letter or number.",
        ));
    }
    let mut pairs = name.as_bytes().windows(2);
    if pairs.any(|pair| pair.iter().all(mark)) {
        // The sentence is unconfirmed.
        return refused(Cow::Borrowed(
            "Trail name cannot have adjacent periods (.), hyphens (-), or underscores (_).",
        ));
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        // The sentence is unconfirmed.
        return refused(Cow::Borrowed("Trail name cannot be in IP address format."));
    }
    Ok(())
}

/// Reads a name (of the caller's region) or an ARN.
///
/// # Errors
/// `InvalidTrailNameException`, `CloudTrailARNInvalidException`.
pub(super) fn read<'a>(
    cx: &Cx<'_>,
    caller: &'a Caller,
    given: &'a str,
) -> Result<Named<'a>, ApiError> {
    if !given.starts_with("arn:") {
        check(given)?;
        return Ok(Named {
            given,
            region: &caller.region,
            account: caller.account.id,
            name: given,
        });
    }
    let parts: Vec<&str> = given.splitn(6, ':').collect();
    let read = match parts.as_slice() {
        ["arn", partition, "cloudtrail", region, account, resource]
            if *partition == cx.settings.partition && !region.is_empty() =>
        {
            let name = resource.strip_prefix("trail/");
            AccountId::parse(account)
                .zip(name)
                .filter(|(_, name)| check(name).is_ok())
                .map(|(account, name)| (*region, account, name))
        }
        _ => None,
    };
    let (region, account, name) = read.ok_or_else(|| {
        // The sentence is unconfirmed.
        ApiError::modelled(
            &errors::CLOUD_TRAIL_ARN_INVALID,
            format!(
                "The specified ARN is not valid: {}",
                crate::json::clip(given, limits::PARAMETER_NAME_BYTES_SHOWN_MAX)
            ),
        )
    })?;
    Ok(Named {
        given,
        region,
        account,
        name,
    })
}

impl<'a> Named<'a> {
    /// The trail, if the caller's account has it. One of another region is seen when it is of all
    /// regions.
    pub(super) fn find(&self, caller: &'a Caller) -> Option<&'a Arc<Trail>> {
        if self.account != caller.account.id {
            return None;
        }
        let place = Trail::place(self.region, self.name);
        let found = caller.account.trails().get(&place);
        found.filter(|trail| trail.is_multi_region || trail.home_region == caller.region)
    }

    /// The trail, to be looked at.
    ///
    /// # Errors
    /// `TrailNotFoundException` with AWS's sentence.
    pub(super) fn existing(&self, caller: &'a Caller) -> Result<&'a Arc<Trail>, ApiError> {
        self.find(caller).ok_or_else(|| {
            ApiError::modelled(
                &errors::TRAIL_NOT_FOUND,
                format!(
                    "Unknown trail: {} for the user: {}",
                    crate::json::clip(self.given, limits::PARAMETER_NAME_BYTES_SHOWN_MAX),
                    caller.account.id
                ),
            )
        })
    }

    /// The trail, to be changed: that is done in its home region only.
    ///
    /// # Errors
    /// `TrailNotFoundException`, `InvalidHomeRegionException`.
    pub(super) fn at_home(&self, caller: &'a Caller) -> Result<&'a Arc<Trail>, ApiError> {
        let trail = self.existing(caller)?;
        if trail.home_region == caller.region {
            return Ok(trail);
        }
        // The sentence is unconfirmed.
        Err(ApiError::modelled(
            &errors::INVALID_HOME_REGION,
            format!("The home region of the trail is {}.", trail.home_region),
        ))
    }
}

/// What an operation on the trail `given` needs.
///
/// # Errors
/// As [`read`].
pub(super) fn on_trail<'a>(
    cx: &'a Cx<'a>,
    caller: &'a Caller,
    given: &'a str,
) -> Result<Needs<'a>, ApiError> {
    let named = read(cx, caller, given)?;
    let resource = arn(cx, named.account, named.region, named.name);
    let needs = Needs::on(resource, named.account);
    Ok(match named.find(caller) {
        Some(trail) => needs.resource_tagged(&trail.tags),
        None => needs,
    })
}
