//! GetAccountSummary: how many of each there are, and the quotas in force here.

use locum_store::{Account, Change};
use locum_wire::Empty;
use locum_wire::iam::GetAccountSummaryResponse;

use super::names;
use super::policy::figure;
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::limits;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// AWS's default quotas of what does not exist here yet, and the counts that are therefore zero.
const NOT_YET: [(&str, i32); 4] = [
    // The root user has neither a device nor a password.
    ("AccountMFAEnabled", 0),
    ("AccountPasswordPresent", 0),
    // More than all policies with all their versions, so it is never what refuses.
    ("PolicyVersionsInUseQuota", 10_000),
    // Tokens are good in every region: the second version of AWS's global endpoint.
    ("GlobalEndpointTokenVersion", 2),
];

/// What users sign in and sign with.
fn credentials(account: &Account) -> [(&'static str, usize); 6] {
    let devices = account.mfa_devices();
    let root_signs = !account.signing_certificates_of(None).is_empty();
    let in_use = devices.iter().filter(|device| device.user_id.is_some());
    [
        ("AccountSigningCertificatesPresent", usize::from(root_signs)),
        ("MFADevices", devices.len()),
        ("MFADevicesInUse", in_use.count()),
        ("ServerCertificates", account.server_certificates().len()),
        (
            "ServerCertificatesQuota",
            limits::SERVER_CERTIFICATES_PER_ACCOUNT_MAX,
        ),
        (
            "SigningCertificatesPerUserQuota",
            limits::SIGNING_CERTIFICATES_PER_USER_MAX,
        ),
    ]
}

fn counted(account: &Account) -> [(&'static str, usize); 23] {
    let versions = account
        .policies()
        .iter()
        .map(|policy| policy.versions.len())
        .sum();
    [
        ("AccessKeysPerUserQuota", limits::ACCESS_KEYS_PER_USER_MAX),
        (
            "AccountAccessKeysPresent",
            usize::from(!account.root_access_keys().is_empty()),
        ),
        (
            "AssumeRolePolicySizeQuota",
            limits::TRUST_POLICY_CHARACTERS_MAX,
        ),
        (
            "AttachedPoliciesPerRoleQuota",
            limits::POLICIES_PER_ROLE_MAX,
        ),
        (
            "AttachedPoliciesPerUserQuota",
            limits::POLICIES_PER_USER_MAX,
        ),
        (
            "AttachedPoliciesPerGroupQuota",
            limits::POLICIES_PER_GROUP_MAX,
        ),
        ("GroupPolicySizeQuota", limits::INLINE_GROUP_CHARACTERS_MAX),
        ("Groups", account.groups().len()),
        ("GroupsPerUserQuota", limits::GROUPS_PER_USER_MAX),
        ("GroupsQuota", limits::GROUPS_PER_ACCOUNT_MAX),
        ("InstanceProfiles", account.instance_profiles().len()),
        (
            "InstanceProfilesQuota",
            limits::INSTANCE_PROFILES_PER_ACCOUNT_MAX,
        ),
        ("Policies", account.policies().len()),
        ("PoliciesQuota", limits::POLICIES_PER_ACCOUNT_MAX),
        ("PolicySizeQuota", limits::MANAGED_POLICY_CHARACTERS_MAX),
        ("PolicyVersionsInUse", versions),
        (
            "Providers",
            account.oidc_providers().len() + account.saml_providers().len(),
        ),
        ("RolePolicySizeQuota", limits::INLINE_ROLE_CHARACTERS_MAX),
        ("Roles", account.roles().len()),
        ("RolesQuota", limits::ROLES_PER_ACCOUNT_MAX),
        ("UserPolicySizeQuota", limits::INLINE_USER_CHARACTERS_MAX),
        ("Users", account.users().len()),
        ("UsersQuota", limits::USERS_PER_ACCOUNT_MAX),
    ]
}

fn get_account_summary(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<(GetAccountSummaryResponse, Change), ApiError> {
    let held = credentials(&caller.account).into_iter();
    let counted = counted(&caller.account).into_iter().chain(held);
    let counted = counted.map(|(key, count)| (key, figure(count)));
    let versions_quota = (
        "VersionsPerPolicyQuota",
        figure(limits::VERSIONS_PER_POLICY_MAX),
    );
    let mut map: Vec<(String, i32)> = counted
        .chain(NOT_YET)
        .chain([versions_quota])
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    map.sort();
    Ok((
        GetAccountSummaryResponse {
            summary_map: Some(map),
        },
        Change::default(),
    ))
}

pub(crate) const OPERATIONS: &[Operation] =
    &[answering!(Iam "iam" "GetAccountSummary" Read, names::everywhere, get_account_summary)];
