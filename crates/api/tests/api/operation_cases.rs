//! The table behind `every_operation`: each operation with parameters, resource and further actions.

/// Operation, parameters (a form, or JSON for Organizations), the resource that policies are asked
/// about, and the actions needed besides the operation's own; `action@ARN` on another resource.
pub(crate) type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

pub(crate) const DOCUMENT: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
pub(crate) const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22{account}%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
pub(crate) const USER: &str = "arn:aws:iam::{account}:user/team/alice";
pub(crate) const ROLE: &str = "arn:aws:iam::{account}:role/team/reader";
pub(crate) const POLICY: &str = "arn:aws:iam::{account}:policy/team/Notes";
pub(crate) const GROUP: &str = "arn:aws:iam::{account}:group/team/staff";
pub(crate) const PROFILE: &str = "arn:aws:iam::{account}:instance-profile/team/web";
pub(crate) const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

pub(crate) const STS: &[Case] = &[
    (
        "AssumeRole",
        "RoleArn={role}&RoleSessionName=work",
        ROLE,
        &[],
    ),
    (
        "DecodeAuthorizationMessage",
        "EncodedMessage={message}",
        "*",
        &[],
    ),
    ("GetAccessKeyInfo", "AccessKeyId={key}", "*", &[]),
    ("GetCallerIdentity", "", "*", &[]),
    ("GetSessionToken", "", "*", &[]),
];

pub(crate) const IAM: &[Case] = &[
    (
        "GenerateServiceLastAccessedDetails",
        "Arn={user}",
        USER,
        &[],
    ),
    (
        "GenerateServiceLastAccessedDetails",
        "Arn={group}",
        GROUP,
        &[],
    ),
    (
        "GenerateServiceLastAccessedDetails",
        "Arn={role}",
        ROLE,
        &[],
    ),
    (
        "GenerateServiceLastAccessedDetails",
        "Arn={policy}&Granularity=ACTION_LEVEL",
        POLICY,
        &[],
    ),
    ("GetServiceLastAccessedDetails", "JobId={job}", "*", &[]),
    (
        "GetServiceLastAccessedDetailsWithEntities",
        "JobId={job}&ServiceNamespace=iam",
        "*",
        &[],
    ),
    (
        "GenerateOrganizationsAccessReport",
        "EntityPath={organization}",
        "arn:aws:iam::{account}:access-report/{organization}",
        &[],
    ),
    (
        "GetOrganizationsAccessReport",
        "JobId={organization-job}",
        "*",
        &[],
    ),
    (
        "SimulateCustomPolicy",
        "PolicyInputList.member.1={document}&ActionNames.member.1=s3:GetObject",
        "*",
        &[],
    ),
    (
        "SimulatePrincipalPolicy",
        "PolicySourceArn=arn:aws:iam::{account}:user/team/alice&ActionNames.member.1=s3:GetObject",
        USER,
        &[],
    ),
    (
        "GetContextKeysForCustomPolicy",
        "PolicyInputList.member.1={document}",
        "*",
        &[],
    ),
    (
        "GetContextKeysForPrincipalPolicy",
        "PolicySourceArn=arn:aws:iam::{account}:role/team/reader",
        ROLE,
        &[],
    ),
    (
        "AddUserToGroup",
        "GroupName=staff&UserName=idle",
        GROUP,
        &[],
    ),
    (
        "AttachGroupPolicy",
        "GroupName=staff&PolicyArn={policy}",
        GROUP,
        &[],
    ),
    (
        "CreateGroup",
        "GroupName=new&Path=/deep/",
        "arn:aws:iam::{account}:group/deep/new",
        &[],
    ),
    (
        "DeleteGroup",
        "GroupName=idle",
        "arn:aws:iam::{account}:group/idle",
        &[],
    ),
    (
        "DeleteGroupPolicy",
        "GroupName=staff&PolicyName=notes",
        GROUP,
        &[],
    ),
    (
        "DetachGroupPolicy",
        "GroupName=staff&PolicyArn={read-only}",
        GROUP,
        &[],
    ),
    ("GetGroup", "GroupName=staff", GROUP, &[]),
    (
        "GetGroupPolicy",
        "GroupName=staff&PolicyName=notes",
        GROUP,
        &[],
    ),
    ("ListAttachedGroupPolicies", "GroupName=staff", GROUP, &[]),
    ("ListGroupPolicies", "GroupName=staff", GROUP, &[]),
    ("ListGroups", "", "*", &[]),
    ("ListGroupsForUser", "UserName=alice", USER, &[]),
    (
        "PutGroupPolicy",
        "GroupName=staff&PolicyName=other&PolicyDocument={document}",
        GROUP,
        &[],
    ),
    (
        "RemoveUserFromGroup",
        "GroupName=staff&UserName=alice",
        GROUP,
        &[],
    ),
    ("UpdateGroup", "GroupName=staff", GROUP, &[]),
    (
        "PutUserPermissionsBoundary",
        "UserName=alice&PermissionsBoundary={policy}",
        USER,
        &[],
    ),
    ("DeleteUserPermissionsBoundary", "UserName=alice", USER, &[]),
    (
        "PutRolePermissionsBoundary",
        "RoleName=reader&PermissionsBoundary={policy}",
        ROLE,
        &[],
    ),
    (
        "DeleteRolePermissionsBoundary",
        "RoleName=reader",
        ROLE,
        &[],
    ),
    (
        "AddRoleToInstanceProfile",
        "InstanceProfileName=web&RoleName=reader",
        PROFILE,
        &["iam:PassRole@arn:aws:iam::{account}:role/team/reader"],
    ),
    (
        "CreateInstanceProfile",
        "InstanceProfileName=new&Tags.member.1.Key=a&Tags.member.1.Value=b",
        "arn:aws:iam::{account}:instance-profile/new",
        &["iam:TagInstanceProfile"],
    ),
    (
        "DeleteInstanceProfile",
        "InstanceProfileName=web",
        PROFILE,
        &[],
    ),
    (
        "GetInstanceProfile",
        "InstanceProfileName=web",
        PROFILE,
        &[],
    ),
    (
        "ListInstanceProfileTags",
        "InstanceProfileName=web",
        PROFILE,
        &[],
    ),
    ("ListInstanceProfiles", "", "*", &[]),
    ("ListInstanceProfilesForRole", "RoleName=reader", ROLE, &[]),
    (
        "RemoveRoleFromInstanceProfile",
        "InstanceProfileName=full&RoleName=reader",
        "arn:aws:iam::{account}:instance-profile/full",
        &[],
    ),
    (
        "TagInstanceProfile",
        "InstanceProfileName=web&Tags.member.1.Key=a&Tags.member.1.Value=b",
        PROFILE,
        &[],
    ),
    (
        "UntagInstanceProfile",
        "InstanceProfileName=web&TagKeys.member.1=team",
        PROFILE,
        &[],
    ),
    (
        "AttachRolePolicy",
        "RoleName=reader&PolicyArn={policy}",
        ROLE,
        &[],
    ),
    (
        "AttachUserPolicy",
        "UserName=alice&PolicyArn={policy}",
        USER,
        &[],
    ),
    ("CreateAccessKey", "UserName=alice", USER, &[]),
    (
        "CreatePolicy",
        "PolicyName=New&PolicyDocument={document}",
        "arn:aws:iam::{account}:policy/New",
        &[],
    ),
    (
        "CreatePolicy",
        "PolicyName=New&PolicyDocument={document}&Tags.member.1.Key=a&Tags.member.1.Value=b",
        "arn:aws:iam::{account}:policy/New",
        &["iam:TagPolicy"],
    ),
    (
        "CreatePolicyVersion",
        "PolicyArn={policy}&PolicyDocument={document}",
        POLICY,
        &[],
    ),
    (
        "CreateRole",
        "RoleName=new&Path=/deep/er/&AssumeRolePolicyDocument={trust}",
        "arn:aws:iam::{account}:role/deep/er/new",
        &[],
    ),
    (
        "CreateRole",
        "RoleName=new&AssumeRolePolicyDocument={trust}&Tags.member.1.Key=a&Tags.member.1.Value=b",
        "arn:aws:iam::{account}:role/new",
        &["iam:TagRole"],
    ),
    (
        "CreateUser",
        "UserName=new&Path=/deep/",
        "arn:aws:iam::{account}:user/deep/new",
        &[],
    ),
    (
        "CreateUser",
        "UserName=new&Tags.member.1.Key=a&Tags.member.1.Value=b",
        "arn:aws:iam::{account}:user/new",
        &["iam:TagUser"],
    ),
    (
        "DeleteAccessKey",
        "UserName=alice&AccessKeyId={key}",
        USER,
        &[],
    ),
    (
        "DeletePolicy",
        "PolicyArn={idle-policy}",
        "arn:aws:iam::{account}:policy/Idle",
        &[],
    ),
    (
        "DeletePolicyVersion",
        "PolicyArn={policy}&VersionId=v2",
        POLICY,
        &[],
    ),
    (
        "DeleteRole",
        "RoleName=idle",
        "arn:aws:iam::{account}:role/idle",
        &[],
    ),
    (
        "DeleteRolePolicy",
        "RoleName=reader&PolicyName=notes",
        ROLE,
        &[],
    ),
    (
        "DeleteUser",
        "UserName=idle",
        "arn:aws:iam::{account}:user/idle",
        &[],
    ),
    (
        "DeleteUserPolicy",
        "UserName=alice&PolicyName=notes",
        USER,
        &[],
    ),
    (
        "DetachRolePolicy",
        "RoleName=reader&PolicyArn={read-only}",
        ROLE,
        &[],
    ),
    (
        "DetachUserPolicy",
        "UserName=alice&PolicyArn={read-only}",
        USER,
        &[],
    ),
    ("GetAccountSummary", "", "*", &[]),
    ("GetPolicy", "PolicyArn={policy}", POLICY, &[]),
    ("GetPolicy", "PolicyArn={read-only}", READ_ONLY, &[]),
    (
        "GetPolicyVersion",
        "PolicyArn={policy}&VersionId=v1",
        POLICY,
        &[],
    ),
    ("GetRole", "RoleName=reader", ROLE, &[]),
    (
        "GetRolePolicy",
        "RoleName=reader&PolicyName=notes",
        ROLE,
        &[],
    ),
    ("GetUser", "UserName=alice", USER, &[]),
    ("GetUser", "", "arn:aws:iam::{account}:user/worker", &[]),
    (
        "GetUserPolicy",
        "UserName=alice&PolicyName=notes",
        USER,
        &[],
    ),
    ("ListAccessKeys", "UserName=alice", USER, &[]),
    (
        "ListAccessKeys",
        "",
        "arn:aws:iam::{account}:user/worker",
        &[],
    ),
    ("ListAttachedRolePolicies", "RoleName=reader", ROLE, &[]),
    ("ListAttachedUserPolicies", "UserName=alice", USER, &[]),
    ("ListEntitiesForPolicy", "PolicyArn={policy}", POLICY, &[]),
    ("ListPolicies", "", "*", &[]),
    ("ListPolicyTags", "PolicyArn={policy}", POLICY, &[]),
    ("ListPolicyVersions", "PolicyArn={policy}", POLICY, &[]),
    ("ListRolePolicies", "RoleName=reader", ROLE, &[]),
    ("ListRoleTags", "RoleName=reader", ROLE, &[]),
    ("ListRoles", "", "*", &[]),
    ("ListUserPolicies", "UserName=alice", USER, &[]),
    ("ListUserTags", "UserName=alice", USER, &[]),
    ("ListUsers", "", "*", &[]),
    (
        "PutRolePolicy",
        "RoleName=reader&PolicyName=p&PolicyDocument={document}",
        ROLE,
        &[],
    ),
    (
        "PutUserPolicy",
        "UserName=alice&PolicyName=p&PolicyDocument={document}",
        USER,
        &[],
    ),
    (
        "SetDefaultPolicyVersion",
        "PolicyArn={policy}&VersionId=v2",
        POLICY,
        &[],
    ),
    (
        "TagPolicy",
        "PolicyArn={policy}&Tags.member.1.Key=a&Tags.member.1.Value=b",
        POLICY,
        &[],
    ),
    (
        "TagRole",
        "RoleName=reader&Tags.member.1.Key=a&Tags.member.1.Value=b",
        ROLE,
        &[],
    ),
    (
        "TagUser",
        "UserName=alice&Tags.member.1.Key=a&Tags.member.1.Value=b",
        USER,
        &[],
    ),
    (
        "UntagPolicy",
        "PolicyArn={policy}&TagKeys.member.1=team",
        POLICY,
        &[],
    ),
    (
        "UntagRole",
        "RoleName=reader&TagKeys.member.1=team",
        ROLE,
        &[],
    ),
    (
        "UntagUser",
        "UserName=alice&TagKeys.member.1=team",
        USER,
        &[],
    ),
    (
        "UpdateAccessKey",
        "UserName=alice&AccessKeyId={key}&Status=Inactive",
        USER,
        &[],
    ),
    (
        "UpdateAssumeRolePolicy",
        "RoleName=reader&PolicyDocument={trust}",
        ROLE,
        &[],
    ),
    (
        "UpdateRole",
        "RoleName=reader&MaxSessionDuration=7200",
        ROLE,
        &[],
    ),
    (
        "UpdateRoleDescription",
        "RoleName=reader&Description=text",
        ROLE,
        &[],
    ),
    ("UpdateUser", "UserName=alice&NewPath=/team/", USER, &[]),
];

pub(crate) const ORGANIZATIONS: &[Case] = &[
    (
        "CreateAccount",
        r#"{"AccountName":"new","Email":"new@example.test"}"#,
        "*",
        &[],
    ),
    ("CreateOrganization", "{}", "*", &[]),
    (
        "DescribeAccount",
        r#"{"AccountId":"{other}"}"#,
        "{other-arn}",
        &[],
    ),
    (
        "DescribeCreateAccountStatus",
        r#"{"CreateAccountRequestId":"{request}"}"#,
        "*",
        &[],
    ),
    ("DescribeOrganization", "{}", "*", &[]),
    ("ListAccounts", "{}", "*", &[]),
    ("ListCreateAccountStatus", "{}", "*", &[]),
];

/// Operations that no policy decides about.
const TRAIL: &str = "arn:aws:cloudtrail:eu-central-1:{account}:trail/audit";
pub(crate) const CLOUDTRAIL: &[Case] = &[
    (
        "CreateTrail",
        r#"{"Name":"new","S3BucketName":"local","TagsList":[{"Key":"team"}]}"#,
        "arn:aws:cloudtrail:eu-central-1:{account}:trail/new",
        &["cloudtrail:AddTags"],
    ),
    ("UpdateTrail", r#"{"Name":"audit"}"#, TRAIL, &[]),
    ("GetTrail", r#"{"Name":"audit"}"#, TRAIL, &[]),
    ("DescribeTrails", "{}", "*", &[]),
    ("DeleteTrail", r#"{"Name":"audit"}"#, TRAIL, &[]),
    ("ListTrails", "{}", "*", &[]),
    ("StartLogging", r#"{"Name":"audit"}"#, TRAIL, &[]),
    ("StopLogging", r#"{"Name":"audit"}"#, TRAIL, &[]),
    ("GetTrailStatus", r#"{"Name":"audit"}"#, TRAIL, &[]),
    (
        "PutEventSelectors",
        r#"{"TrailName":"audit","EventSelectors":[{"ReadWriteType":"All"}]}"#,
        TRAIL,
        &[],
    ),
    ("GetEventSelectors", r#"{"TrailName":"audit"}"#, TRAIL, &[]),
    (
        "AddTags",
        r#"{"ResourceId":"arn:aws:cloudtrail:eu-central-1:{account}:trail/audit","TagsList":[{"Key":"k","Value":"v"}]}"#,
        TRAIL,
        &[],
    ),
    (
        "RemoveTags",
        r#"{"ResourceId":"arn:aws:cloudtrail:eu-central-1:{account}:trail/audit","TagsList":[{"Key":"team"}]}"#,
        TRAIL,
        &[],
    ),
    (
        "ListTags",
        r#"{"ResourceIdList":["arn:aws:cloudtrail:eu-central-1:{account}:trail/audit"]}"#,
        TRAIL,
        &[],
    ),
    ("ListPublicKeys", "{}", "*", &[]),
    ("LookupEvents", "{}", "*", &[]),
];

pub(crate) const ALWAYS: [&str; 2] = ["GetCallerIdentity", "GetSessionToken"];
/// The right to call it is checked; what it does is refused to everybody.
pub(crate) const NEVER_200: [&str; 5] = [
    "CreateOrganization",
    "EnableOrganizationsRootCredentialsManagement",
    "EnableOrganizationsRootSessions",
    "GetOutboundWebIdentityFederationInfo",
    "DisableOutboundWebIdentityFederation",
];
