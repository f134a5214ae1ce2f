//! Condition keys: the names of request context values, resolved when a policy is compiled.

use std::fmt;

/// A condition key. Names compare ignoring ASCII case; all text in here is lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionKey {
    /// A key that the product knows by name.
    Known(KnownKey),
    /// `aws:PrincipalTag/…`: the tag's name in lower case.
    PrincipalTag(Box<str>),
    /// `aws:RequestTag/…`: the tag's name in lower case.
    RequestTag(Box<str>),
    /// `aws:ResourceTag/…` and `iam:ResourceTag/…`: the tag's name in lower case.
    ResourceTag(Box<str>),
    /// Any other key: its full name in lower case, such as `saml:aud`.
    Other(Box<str>),
}

impl ConditionKey {
    /// Resolves a name as it stands in a policy, such as `aws:SourceIp` or `aws:PrincipalTag/team`.
    pub fn parse(name: &str) -> ConditionKey {
        if let Some(known) = KnownKey::named(name) {
            return ConditionKey::Known(known);
        }
        let name = name.to_ascii_lowercase();
        let tag = |prefix: &str| {
            name.strip_prefix(prefix)
                .filter(|tag| !tag.is_empty())
                .map(Box::from)
        };
        if let Some(tag) = tag("aws:principaltag/") {
            return ConditionKey::PrincipalTag(tag);
        }
        if let Some(tag) = tag("aws:requesttag/") {
            return ConditionKey::RequestTag(tag);
        }
        if let Some(tag) = tag("aws:resourcetag/").or_else(|| tag("iam:resourcetag/")) {
            return ConditionKey::ResourceTag(tag);
        }
        ConditionKey::Other(name.into())
    }
}

/// The known keys by the length of their names: few are equally long.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which has no `get` there"
)]
static BY_LENGTH: [(&str, KnownKey); KNOWN.len()] = {
    let mut sorted = *KNOWN;
    let mut end = 1;
    while end < sorted.len() {
        let mut at = end;
        while at > 0 && sorted[at].0.len() < sorted[at - 1].0.len() {
            sorted.swap(at, at - 1);
            at -= 1;
        }
        end += 1;
    }
    sorted
};

impl KnownKey {
    /// The key of that name, ignoring ASCII case.
    fn named(name: &str) -> Option<KnownKey> {
        let start = BY_LENGTH.partition_point(|(known, _)| known.len() < name.len());
        let from = BY_LENGTH.get(start..)?;
        let mut as_long = from
            .iter()
            .take_while(|(known, _)| known.len() == name.len());
        let found = as_long.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, key)| *key)
    }
}

impl fmt::Display for ConditionKey {
    /// The full name; of keys that nobody knows, in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConditionKey::Known(known) => f.write_str(known.name()),
            ConditionKey::PrincipalTag(tag) => write!(f, "aws:PrincipalTag/{tag}"),
            ConditionKey::RequestTag(tag) => write!(f, "aws:RequestTag/{tag}"),
            ConditionKey::ResourceTag(tag) => write!(f, "aws:ResourceTag/{tag}"),
            ConditionKey::Other(name) => f.write_str(name),
        }
    }
}

macro_rules! known_keys {
    ($($variant:ident $name:literal,)*) => {
        /// A condition key that the product knows; the source of the names is AWS's list of
        /// global, STS and IAM condition keys.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum KnownKey {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl KnownKey {
            /// The name as AWS writes it.
            pub fn name(self) -> &'static str {
                match self { $(KnownKey::$variant => $name,)* }
            }

            /// All of them.
            pub const ALL: &'static [KnownKey] = &[$(KnownKey::$variant,)*];
        }

        const KNOWN: &[(&str, KnownKey); KnownKey::ALL.len()] = &[$(($name, KnownKey::$variant),)*];
    };
}

known_keys! {
    PrincipalArn "aws:PrincipalArn",
    PrincipalAccount "aws:PrincipalAccount",
    PrincipalOrgId "aws:PrincipalOrgID",
    PrincipalOrgPaths "aws:PrincipalOrgPaths",
    PrincipalIsAwsService "aws:PrincipalIsAWSService",
    PrincipalServiceName "aws:PrincipalServiceName",
    PrincipalServiceNamesList "aws:PrincipalServiceNamesList",
    PrincipalType "aws:PrincipalType",
    UserId "aws:userid",
    Username "aws:username",
    FederatedProvider "aws:FederatedProvider",
    TokenIssueTime "aws:TokenIssueTime",
    MultiFactorAuthPresent "aws:MultiFactorAuthPresent",
    MultiFactorAuthAge "aws:MultiFactorAuthAge",
    SourceIdentity "aws:SourceIdentity",
    AssumedRoot "aws:AssumedRoot",
    SourceIp "aws:SourceIp",
    SecureTransport "aws:SecureTransport",
    UserAgent "aws:UserAgent",
    Referer "aws:referer",
    CurrentTime "aws:CurrentTime",
    EpochTime "aws:EpochTime",
    RequestedRegion "aws:RequestedRegion",
    TagKeys "aws:TagKeys",
    ResourceAccount "aws:ResourceAccount",
    ResourceOrgId "aws:ResourceOrgID",
    ResourceOrgPaths "aws:ResourceOrgPaths",
    CalledVia "aws:CalledVia",
    CalledViaFirst "aws:CalledViaFirst",
    CalledViaLast "aws:CalledViaLast",
    ViaAwsService "aws:ViaAWSService",
    SourceArn "aws:SourceArn",
    SourceAccount "aws:SourceAccount",
    SourceOwner "aws:SourceOwner",
    SourceOrgId "aws:SourceOrgID",
    SourceOrgPaths "aws:SourceOrgPaths",
    SourceVpc "aws:SourceVpc",
    SourceVpcArn "aws:SourceVpcArn",
    SourceVpce "aws:SourceVpce",
    VpcSourceIp "aws:VpcSourceIp",
    VpceAccount "aws:VpceAccount",
    VpceOrgId "aws:VpceOrgID",
    VpceOrgPaths "aws:VpceOrgPaths",
    ExternalId "sts:ExternalId",
    RoleSessionName "sts:RoleSessionName",
    StsSourceIdentity "sts:SourceIdentity",
    TransitiveTagKeys "sts:TransitiveTagKeys",
    StsAwsServiceName "sts:AWSServiceName",
    DurationSeconds "sts:DurationSeconds",
    RequestContextProviders "sts:RequestContextProviders",
    TaskPolicyArn "sts:TaskPolicyArn",
    IdentityTokenAudience "sts:IdentityTokenAudience",
    SigningAlgorithm "sts:SigningAlgorithm",
    RoleAuthorizedByIdp "sts:RoleAuthorizedByIdp",
    PolicyArn "iam:PolicyARN",
    PermissionsBoundary "iam:PermissionsBoundary",
    PassedToService "iam:PassedToService",
    AssociatedResourceArn "iam:AssociatedResourceArn",
    AwsServiceName "iam:AWSServiceName",
    OrganizationsPolicyId "iam:OrganizationsPolicyId",
    RoleTemplateArn "iam:RoleTemplateARN",
    ServiceSpecificCredentialServiceName "iam:ServiceSpecificCredentialServiceName",
    ServiceSpecificCredentialAgeDays "iam:ServiceSpecificCredentialAgeDays",
}
