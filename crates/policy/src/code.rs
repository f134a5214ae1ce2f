//! What a finding is called: stable codes, each with its severity and one sentence.

use std::fmt;

use crate::finding::Severity;

macro_rules! codes {
    ($($severity:ident { $($variant:ident $name:literal $summary:literal,)* })*) => {
        /// The code of a finding. Names are those of IAM Access Analyzer's policy checks where it has
        /// the same check; they never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $summary] $variant,)*)*
        }

        impl Code {
            /// All of them, the severe ones first.
            pub const ALL: &'static [Code] = &[$($(Code::$variant,)*)*];

            /// The name: `INVALID_ACTION`.
            pub fn name(self) -> &'static str {
                match self { $($(Code::$variant => $name,)*)* }
            }

            /// What it says, in one sentence.
            pub fn summary(self) -> &'static str {
                match self { $($(Code::$variant => $summary,)*)* }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $($(Code::$variant => Severity::$severity,)*)* }
            }
        }
    };
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

codes! {
    Error {
        JsonSyntaxError "JSON_SYNTAX_ERROR" "The text is not JSON, or JSON that readers take differently.",
        DocumentTooLarge "DOCUMENT_TOO_LARGE" "The document is larger than any policy may be.",
        UnsupportedCharacter "UNSUPPORTED_CHARACTER" "A character that policies cannot hold.",
        PolicyRefused "POLICY_REFUSED" "IAM refuses the document.",
        DataTypeMismatch "DATA_TYPE_MISMATCH" "A value of the wrong JSON type.",
        InvalidPolicyElement "INVALID_POLICY_ELEMENT" "An element that policies do not have.",
        UnsupportedElementCombination "UNSUPPORTED_ELEMENT_COMBINATION" "An element beside its Not… form.",
        InvalidVersion "INVALID_VERSION" "A version of the language that there is not.",
        UnsupportedVersion "UNSUPPORTED_VERSION" "A version that this kind of policy cannot have.",
        MissingStatement "MISSING_STATEMENT" "No statement.",
        MissingEffect "MISSING_EFFECT" "A statement without Effect.",
        InvalidEffect "INVALID_EFFECT" "An Effect that is neither Allow nor Deny.",
        MissingPrincipal "MISSING_PRINCIPAL" "A statement without Principal, or with an empty one.",
        UnsupportedPrincipal "UNSUPPORTED_PRINCIPAL" "A principal in a policy that cannot name one.",
        InvalidPrincipalKey "INVALID_PRINCIPAL_KEY" "A type of principal that there is not.",
        InvalidPrincipalFormat "INVALID_PRINCIPAL_FORMAT" "A principal that cannot be one.",
        UnsupportedWildcardInPrincipal "UNSUPPORTED_WILDCARD_IN_PRINCIPAL" "A wildcard in a part of a principal.",
        InvalidFederatedPrincipal "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY" "A federated principal that cannot be one.",
        AllowWithNotPrincipal "ALLOW_WITH_NOT_PRINCIPAL" "NotPrincipal with Allow: everyone else, even anonymous callers.",
        TrustNotPrincipal "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL" "NotPrincipal in a trust policy.",
        TrustResource "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE" "Resource or NotResource in a trust policy.",
        RcpSyntax "RCP_SYNTAX_ERROR" "What a resource control policy of a customer cannot say.",
        MismatchedActionForPrincipal "MISMATCHED_ACTION_FOR_PRINCIPAL" "An action that none of the principals can call.",
        MissingAction "MISSING_ACTION" "A statement without actions.",
        InvalidActionFormat "INVALID_ACTION_FORMAT" "An action that is not service:Name.",
        InvalidServiceInAction "INVALID_SERVICE_IN_ACTION" "An action of a service that there is not.",
        InvalidAction "INVALID_ACTION" "An action that there is not.",
        UnsupportedActionInPolicy "UNSUPPORTED_ACTION_IN_POLICY" "An action that this kind of policy cannot name.",
        MissingResource "MISSING_RESOURCE" "A statement without resources.",
        InvalidArnPrefix "INVALID_ARN_PREFIX" "A resource that is neither an ARN nor *.",
        InvalidPartition "INVALID_PARTITION" "An ARN in a partition that there is not.",
        InvalidService "INVALID_SERVICE" "An ARN whose service is missing or has a wildcard.",
        MissingArnField "MISSING_ARN_FIELD" "An ARN with fewer than six parts.",
        ArnRegionNotAllowed "ARN_REGION_NOT_ALLOWED" "An ARN with a region where its service has none.",
        InvalidArnResource "INVALID_ARN_RESOURCE" "An ARN of a resource that its service does not have.",
        UniqueSidsRequired "UNIQUE_SIDS_REQUIRED" "Two statements with the same Sid.",
        UnsupportedSid "UNSUPPORTED_SID" "A Sid with other characters than letters and digits.",
        InvalidConditionOperator "INVALID_CONDITION_OPERATOR" "A condition operator that there is not.",
        NullWithIfExists "NULL_WITH_IF_EXISTS" "Null with IfExists: it asks whether the key exists.",
        NullWithQualifier "NULL_WITH_QUALIFIER" "Null with ForAllValues or ForAnyValue.",
        DuplicateKeysWithDifferentCase "DUPLICATE_KEYS_WITH_DIFFERENT_CASE" "A condition key twice under one operator.",
        InvalidConditionKeyFormat "INVALID_CONDITION_KEY_FORMAT" "A condition key that cannot be one.",
        InvalidGlobalConditionKey "INVALID_GLOBAL_CONDITION_KEY" "An aws: condition key that there is not.",
        InvalidServiceConditionKey "INVALID_SERVICE_CONDITION_KEY" "A condition key that its service does not have.",
        MissingTagKeyInCondition "MISSING_TAG_KEY_IN_CONDITION" "A tag condition that does not say which tag.",
        CognitoConditionMissing "MISSING_CONDITION_FOR_COGNITO" "Trust in Cognito without any condition.",
        TypeMismatch "TYPE_MISMATCH" "An operator that can never match the values of its key.",
        TypeMismatchBoolean "TYPE_MISMATCH_BOOLEAN" "A value that is neither true nor false.",
        TypeMismatchDate "TYPE_MISMATCH_DATE" "A value that is no date.",
        TypeMismatchNumber "TYPE_MISMATCH_NUMBER" "A value that is no number.",
        TypeMismatchIpRange "TYPE_MISMATCH_IP_RANGE" "A value that is no IP range.",
        TypeMismatchString "TYPE_MISMATCH_STRING" "A value that is not base64.",
        TypeMismatchArn "TYPE_MISMATCH_ARN" "A value that is no ARN.",
        MissingBraceInVariable "MISSING_BRACE_IN_VARIABLE" "A variable that is not closed.",
        EmptyVariable "EMPTY_VARIABLE" "A variable without a name.",
        UnsupportedSpaceInVariable "UNSUPPORTED_SPACE_IN_VARIABLE" "A space in a variable.",
        MissingQuoteInVariable "MISSING_QUOTE_IN_VARIABLE" "A variable's default without its quotes.",
        UnsupportedSymbolInVariable "UNSUPPORTED_SYMBOL_IN_VARIABLE" "A character that no variable's name holds.",
        InvalidVariableForOperator "INVALID_VARIABLE_FOR_OPERATOR" "A variable under an operator that takes none.",
        VariableUnsupportedInElement "VARIABLE_UNSUPPORTED_IN_ELEMENT" "A variable where none is replaced.",
        VariableUnsupportedInVersion "VARIABLE_UNSUPPORTED_IN_VERSION" "A variable in a policy whose version has none.",
        SizeIdentity "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA" "Larger than any identity policy of its kind may be.",
        SizeSession "POLICY_SIZE_EXCEEDS_SESSION_POLICY_QUOTA" "Larger than a session policy may be.",
        SizeTrust "POLICY_SIZE_EXCEEDS_TRUST_POLICY_QUOTA" "Larger than a trust policy may ever be.",
        SizeResource "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA" "Larger than a policy of a resource may be.",
        SizeScp "POLICY_SIZE_EXCEEDS_SCP_QUOTA" "Larger than a service control policy may be.",
        SizeRcp "POLICY_SIZE_EXCEEDS_RCP_QUOTA" "Larger than a resource control policy may be.",
    }
    SecurityWarning {
        AdminAccess "ADMIN_ACCESS" "Every action on every resource, under no condition that limits it.",
        AdminEquivalent "ADMIN_EQUIVALENT" "Actions with which the holder can give itself every right.",
        PassRoleStarResource "PASS_ROLE_WITH_STAR_IN_RESOURCE" "iam:PassRole for every role.",
        PassRoleStarActionStarResource "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE" "A wildcard action that includes iam:PassRole for every role.",
        PassRoleNotActionStarResource "PASS_ROLE_WITH_NOT_ACTION_AND_STAR_IN_RESOURCE" "A NotAction that leaves iam:PassRole for every role.",
        PassRoleNotResource "PASS_ROLE_WITH_NOT_RESOURCE" "iam:PassRole for every role but a few.",
        PassRoleStarActionNotResource "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE" "A wildcard action that includes iam:PassRole for every role but a few.",
        PassRoleNotActionNotResource "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE" "A NotAction that leaves iam:PassRole for every role but a few.",
        PublicAccess "PUBLIC_ACCESS" "Principal * and no condition that says who.",
        CrossAccountWithoutExternalId "CROSS_ACCOUNT_TRUST_WITHOUT_EXTERNAL_ID" "Another account is trusted without sts:ExternalId or another narrowing condition.",
        RestrictAccessToServicePrincipal "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL" "A service may act for anyone: no aws:SourceArn, aws:SourceAccount or their like.",
        OidcWithoutSub "OIDC_TRUST_WITHOUT_SUB" "An OIDC provider is trusted for every subject.",
        OidcWithoutAud "OIDC_TRUST_WITHOUT_AUD" "An OIDC provider is trusted for every audience.",
        OidcWideSub "OIDC_TRUST_WITH_WIDE_SUB" "A shared OIDC provider is trusted for subjects of others.",
        SamlWithoutAud "SAML_TRUST_WITHOUT_AUD" "A SAML provider is trusted for every audience.",
        ForAllValuesSingleValued "FOR_ALL_VALUES_WITH_SINGLE_VALUED_KEY" "ForAllValues on a key with one value allows when the key is absent.",
        MfaDenyMissesAbsent "MFA_DENY_MISSES_ABSENT_KEY" "A Deny without MFA that long-term keys escape.",
        MfaAllowHoldsAbsent "MFA_ALLOW_HOLDS_WITHOUT_KEY" "An Allow with MFA that long-term keys meet without.",
        DenyMissesAbsent "DENY_MISSES_ABSENT_KEY" "A Deny with ForAnyValue that requests without the key escape.",
        SessionArnNeverMatches "SESSION_ARN_NEVER_MATCHES" "The ARN of a session as aws:PrincipalArn, which is the role's for sessions.",
        MissingPairedConditionKeys "MISSING_PAIRED_CONDITION_KEYS" "A condition key that says little without another.",
    }
    Warning {
        MissingVersion "MISSING_VERSION" "No Version: variables are plain text.",
        ActionMatchesNoResource "ACTION_MATCHES_NO_RESOURCE" "An action that acts on none of the statement's resources.",
        InvalidArnAccount "INVALID_ARN_ACCOUNT" "An account in an ARN that is not twelve digits.",
        InvalidArnRegion "INVALID_ARN_REGION" "A region in an ARN that cannot be one.",
        UnsupportedActionForConditionKey "UNSUPPORTED_ACTION_FOR_CONDITION_KEY" "A condition key that none of the statement's actions knows.",
        DeprecatedGlobalConditionKey "DEPRECATED_GLOBAL_CONDITION_KEY" "A condition key with a newer name.",
        ForAllValuesWithoutNull "FOR_ALL_VALUES_WITHOUT_NULL_CHECK" "ForAllValues allows when the key is absent.",
        MissingQualifier "MISSING_QUALIFIER" "A key with several values without ForAllValues or ForAnyValue.",
        TypeMismatchOfText "TYPE_MISMATCH_OF_TEXT" "An operator that reads the text of its key as a number, date, address or the like.",
        InvalidConditionMultipleBoolean "INVALID_CONDITION_MULTIPLE_BOOLEAN" "true and false for the same key.",
        WildcardWithoutLike "WILDCARD_WITHOUT_LIKE_OPERATOR" "A * that this operator takes literally.",
        SuspiciousDate "SUSPICIOUS_DATE" "Digits that are read as seconds since 1970 and look like something else.",
        SuspiciousVariable "SUSPICIOUS_VARIABLE" "Text that looks like a variable and is none.",
        AllowWithNotAction "ALLOW_WITH_NOT_ACTION" "Allow with NotAction: whatever comes is allowed as well.",
        AllowWithNotResource "ALLOW_WITH_NOT_RESOURCE" "Allow with NotResource: whatever comes is allowed as well.",
        DenyWithNotPrincipal "DENY_WITH_NOT_PRINCIPAL" "Deny with NotPrincipal: account, role and session must all be listed.",
        UnknownService "UNKNOWN_SERVICE_PRINCIPAL" "A service principal that names no service known to the catalogue.",
        UnreachableStatement "UNREACHABLE_STATEMENT" "A statement that never applies: an Allow that a Deny takes back whole, or conditions that exclude each other.",
        SpecificGithubRepo "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED" "Every repository of a GitHub organization is trusted.",
        SizeTrustDefault "POLICY_SIZE_EXCEEDS_DEFAULT_TRUST_POLICY_QUOTA" "Larger than a trust policy may be by default.",
    }
    Suggestion {
        CrossAccountUnknown "TRUSTED_ACCOUNT_WITHOUT_EXTERNAL_ID" "An account is trusted whole; if it is another's, ask for sts:ExternalId.",
        RecommendedConditionKeyForServicePrincipal "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL" "A service that tells for which resource it acts is not asked.",
        ResourceMatchesNoAction "RESOURCE_MATCHES_NO_ACTION" "A resource on which none of the statement's actions acts.",
        TagKeysWithoutNull "TAG_KEYS_WITHOUT_NULL_CHECK" "ForAllValues on the keys of tags lets requests without tags pass.",
        RedundantAction "REDUNDANT_ACTION" "An action that another one includes.",
        RedundantResource "REDUNDANT_RESOURCE" "A resource that another one includes.",
        RedundantStatement "REDUNDANT_STATEMENT" "A statement that another one includes.",
        RedundantConditionValue "REDUNDANT_CONDITION_VALUE" "A value that stands there twice.",
        EmptyArrayCondition "EMPTY_ARRAY_CONDITION" "A condition without values.",
        EmptyObjectCondition "EMPTY_OBJECT_CONDITION" "A condition element without conditions.",
        EmptySidValue "EMPTY_SID_VALUE" "An empty Sid.",
        ImproveIpRange "IMPROVE_IP_RANGE" "An IP range with bits behind its mask.",
        ConditionKeyCase "CONDITION_KEY_CASE" "A condition key in another case than AWS writes it.",
    }
}
