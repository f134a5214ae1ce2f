//! The global condition keys: which there are, and what their values are.

use crate::catalogue::{Arity, Key, ValueType};

macro_rules! keys {
    ($($name:literal $value:ident $arity:ident,)*) => {
        /// Source: AWS's list of global condition keys, and what its own managed policies use besides.
        pub(crate) const GLOBAL: &[Key] = &[$(Key {
            name: $name,
            value: ValueType::$value,
            arity: Arity::$arity,
        },)*];
    };
}

keys! {
    "aws:PrincipalArn" Arn Single,
    "aws:PrincipalAccount" String Single,
    "aws:PrincipalOrgID" String Single,
    "aws:PrincipalOrgMasterAccountId" String Single,
    "aws:PrincipalOrgPaths" String Multi,
    "aws:PrincipalTag/${TagKey}" String Single,
    "aws:PrincipalIsAWSService" Bool Single,
    "aws:PrincipalServiceName" String Single,
    "aws:PrincipalServiceNamesList" String Multi,
    "aws:PrincipalType" String Single,
    "aws:userid" String Single,
    "aws:username" String Single,
    "aws:AssumedRoot" Bool Single,
    "aws:FederatedProvider" String Single,
    "aws:TokenIssueTime" Date Single,
    "aws:MultiFactorAuthPresent" Bool Single,
    "aws:MultiFactorAuthAge" Numeric Single,
    "aws:SourceIdentity" String Single,
    "aws:ChatbotSourceArn" Arn Single,
    "aws:Ec2InstanceSourceVpc" String Single,
    "aws:Ec2InstanceSourcePrivateIPv4" IpAddress Single,
    "aws:SignInSessionArn" Arn Single,
    "aws:SourceIp" IpAddress Single,
    "aws:VpcSourceIp" IpAddress Single,
    "aws:SourceVpc" String Single,
    "aws:SourceVpcArn" Arn Single,
    "aws:SourceVpce" String Single,
    "aws:VpceAccount" String Single,
    "aws:VpceOrgID" String Single,
    "aws:VpceOrgPaths" String Multi,
    "aws:ResourceAccount" String Single,
    "aws:ResourceOrgID" String Single,
    "aws:ResourceOrgPaths" String Multi,
    "aws:ResourceTag/${TagKey}" String Single,
    "aws:RequestTag/${TagKey}" String Single,
    "aws:TagKeys" String Multi,
    "aws:CalledVia" String Multi,
    "aws:CalledViaFirst" String Single,
    "aws:CalledViaLast" String Single,
    "aws:ViaAWSService" Bool Single,
    "aws:CalledViaAWSMCP" String Single,
    "aws:ViaAWSMCPService" Bool Single,
    "aws:IsMcpServiceAction" Bool Single,
    "aws:CurrentTime" Date Single,
    "aws:EpochTime" Date Single,
    "aws:referer" String Single,
    "aws:UserAgent" String Single,
    "aws:RequestedRegion" String Single,
    "aws:SecureTransport" Bool Single,
    "aws:SourceArn" Arn Single,
    "aws:SourceAccount" String Single,
    "aws:SourceOwner" String Single,
    "aws:SourceOrgID" String Single,
    "aws:SourceOrgPaths" String Multi,
}

/// Keys with a newer name.
pub(crate) const DEPRECATED: &[(&str, &str)] = &[("aws:arn", "aws:PrincipalArn")];

/// The global key that `name` is.
pub(crate) fn global(name: &str) -> Option<Key> {
    GLOBAL.iter().find(|key| key.is(name)).copied()
}
