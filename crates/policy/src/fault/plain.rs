//! The same faults for an author: a code, what is wrong in plain words, and what helps.

use crate::code::Code;
use crate::fault::{Fault, Syntax};
use crate::finding::Kind;
use crate::json::JsonFault;
use crate::suggest::nearest;

/// The elements of documents and statements.
const ELEMENTS: &[&str] = &[
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

const PRINCIPAL_KEYS: &[&str] = &["AWS", "Federated", "Service", "CanonicalUser"];

/// The operators without qualifier and suffix.
const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

impl Fault {
    /// The code of its finding.
    pub(crate) fn code(&self, kind: Kind) -> Code {
        match self {
            Fault::NotOfKind if kind == Kind::Rcp => Code::RcpSyntax,
            // What a value should have been is told by where it stands, in the review.
            Fault::NotOfKind | Fault::Unreadable => Code::PolicyRefused,
            Fault::TooLong(_) if kind == Kind::Rcp => Code::SizeRcp,
            Fault::TooLong(_) => Code::SizeScp,
            Fault::Json(JsonFault::Size) => Code::DocumentTooLarge,
            Fault::Json(JsonFault::Character) => Code::UnsupportedCharacter,
            Fault::Json(_) => Code::JsonSyntaxError,
            Fault::Syntax(syntax) => syntax.code(),
            Fault::BadVersion => Code::InvalidVersion,
            Fault::VersionTooOld => Code::UnsupportedVersion,
            Fault::StatementEmpty => Code::MissingStatement,
            Fault::Missing("Effect") => Code::MissingEffect,
            Fault::Missing("Resource") => Code::MissingResource,
            Fault::Missing("Principal") | Fault::PrincipalEmpty => Code::MissingPrincipal,
            Fault::Missing(_) => Code::PolicyRefused,
            Fault::PrincipalNotObject | Fault::PrincipalInvalid { .. } => {
                Code::InvalidPrincipalFormat
            }
            Fault::BadEffect(_) | Fault::EffectCase(_) => Code::InvalidEffect,
            Fault::PrincipalGiven => Code::UnsupportedPrincipal,
            Fault::ProviderInvalid => Code::InvalidFederatedPrincipal,
            Fault::CognitoCondition => Code::CognitoConditionMissing,
            Fault::SharedIssuer { .. } => Code::OidcWithoutSub,
            Fault::NotPrincipalAllow => Code::AllowWithNotPrincipal,
            Fault::NotPrincipalGiven => Code::TrustNotPrincipal,
            Fault::ResourceGiven | Fault::NotResourceGiven => Code::TrustResource,
            Fault::SidTwice => Code::UniqueSidsRequired,
            Fault::SidSyntax => Code::UnsupportedSid,
            Fault::NoActions => Code::MissingAction,
            Fault::NoResources => Code::MissingResource,
            Fault::ActionVendor | Fault::ActionColons => Code::InvalidActionFormat,
            Fault::ActionVendorInvalid(_) => Code::InvalidServiceInAction,
            Fault::ActionNotSts => Code::UnsupportedActionInPolicy,
            Fault::ResourceNotArn(_) => Code::InvalidArnPrefix,
            Fault::ResourcePartition { .. } => Code::InvalidPartition,
            Fault::ResourceVendor => Code::InvalidService,
            Fault::ResourceRegionIam(_) | Fault::ResourceRegion(_) => Code::ArnRegionNotAllowed,
            Fault::ResourcePathIam => Code::InvalidArnResource,
        }
    }

    /// What is wrong and what helps, for an author who wrote `written`; `None` where AWS's sentence
    /// says it all.
    pub(crate) fn plain(&self, written: &str) -> Option<(String, String)> {
        let bare = written.trim_matches('"');
        let (message, help) = match self {
            Fault::Json(JsonFault::Unexpected) if written.is_empty() => (
                "the text ends where more is expected".to_owned(),
                "look for a quote or bracket that is not closed",
            ),
            Fault::Json(fault) => return Some(json(*fault)),
            Fault::Syntax(syntax) => return Some(syntax.plain(bare)),
            Fault::BadVersion => (
                format!("{written} is no version of the policy language"),
                "write \"2012-10-17\"",
            ),
            Fault::VersionTooOld => (
                "a managed policy needs the version 2012-10-17".to_owned(),
                "write \"Version\": \"2012-10-17\"",
            ),
            Fault::StatementEmpty => (
                "there is no statement".to_owned(),
                "write \"Statement\": [{…}] with at least one",
            ),
            Fault::TooLong(max) => (
                format!("the policy has more than {max} characters, white space counted"),
                "split it, or say with wildcards what is listed",
            ),
            Fault::Missing(element) => (format!("the statement has no {element}"), ""),
            Fault::BadEffect(effect) | Fault::EffectCase(effect) => (
                format!("{effect} is no effect"),
                "write \"Allow\" or \"Deny\", in this case",
            ),
            Fault::NoActions => (
                "the statement names no action".to_owned(),
                "add \"Action\": \"service:Name\"",
            ),
            Fault::NoResources => (
                "the statement names no resource".to_owned(),
                "add \"Resource\" with an ARN or \"*\"",
            ),
            Fault::ActionVendor => (
                format!("{bare} does not say of which service"),
                "write service:Name, for example s3:GetObject",
            ),
            Fault::PrincipalGiven => (
                "a policy of an identity names no principal: it is for whoever it is attached to"
                    .to_owned(),
                "leave it out; for a trust policy say --kind trust, for one of a resource --kind resource",
            ),
            Fault::NotPrincipalAllow => (
                "NotPrincipal with Allow lets everyone else in, even anonymous callers".to_owned(),
                "name with Principal who is meant",
            ),
            Fault::SidTwice => (
                format!("the Sid {bare} is used twice"),
                "give each statement its own",
            ),
            Fault::SharedIssuer { .. } => (
                "no subject is asked for: this issuer serves everyone".to_owned(),
                "",
            ),
            Fault::PrincipalInvalid { text, .. } => return principal(text),
            _ => return None,
        };
        Some((message, help.to_owned()))
    }
}

/// A principal that is none.
fn principal(text: &str) -> Option<(String, String)> {
    let (message, help) = if text.starts_with("AIDA") || text.starts_with("AROA") {
        (
            format!(
                "{text} is a unique id: its user or role is gone, and one of the same name is another"
            ),
            "name the ARN of the user or role that is meant",
        )
    } else if text.contains('*') {
        (
            format!("{text} has a wildcard in a part of a principal, where none is matched"),
            "name it whole, or \"*\" with a condition on aws:PrincipalArn",
        )
    } else {
        return None;
    };
    Some((message, help.to_owned()))
}

impl Syntax {
    fn code(self) -> Code {
        match self {
            Syntax::Type => Code::DataTypeMismatch,
            Syntax::Character => Code::UnsupportedCharacter,
            Syntax::Element => Code::InvalidPolicyElement,
            Syntax::BothForms => Code::UnsupportedElementCombination,
            Syntax::PrincipalKey => Code::InvalidPrincipalKey,
            Syntax::Operator => Code::InvalidConditionOperator,
            Syntax::Key => Code::InvalidConditionKeyFormat,
            Syntax::KeyTwice => Code::DuplicateKeysWithDifferentCase,
        }
    }

    fn plain(self, bare: &str) -> (String, String) {
        let of = |list: &[&str]| nearest(bare, list.iter().copied()).map(did_you_mean);
        match self {
            Syntax::Type => (
                "a value of the wrong type stands here".to_owned(),
                "elements are strings or lists of strings; Principal, Condition and statements are objects".to_owned(),
            ),
            Syntax::Character => (
                "a policy cannot hold this character".to_owned(),
                "tab, line breaks and U+0020 to U+00FF are allowed".to_owned(),
            ),
            Syntax::Element => (
                format!("there is no element {bare}"),
                of(ELEMENTS).unwrap_or_else(|| format!("the elements are {}", ELEMENTS.join(", "))),
            ),
            Syntax::BothForms => (
                format!("{bare} stands beside its other form"),
                "a statement has one of the two; write two statements".to_owned(),
            ),
            Syntax::PrincipalKey => (
                format!("{bare} is no type of principal"),
                of(PRINCIPAL_KEYS).unwrap_or_else(|| {
                    format!("the types are {}", PRINCIPAL_KEYS.join(", "))
                }),
            ),
            Syntax::Operator => operator(bare),
            Syntax::Key => (
                "a condition key is empty or has spaces around it".to_owned(),
                String::new(),
            ),
            Syntax::KeyTwice => (
                format!("the key {bare} stands twice under this operator; their case does not count"),
                "put the values into one list".to_owned(),
            ),
        }
    }
}

/// Whether a name that is no operator is a `Null` with something that `Null` does not take.
pub(crate) fn null_code(bare: &str) -> Option<Code> {
    let base = bare.trim_start_matches("ForAllValues:");
    let base = base.trim_start_matches("ForAnyValue:");
    match (base.len() == bare.len(), base) {
        (_, "NullIfExists") => Some(Code::NullWithIfExists),
        (false, "Null") => Some(Code::NullWithQualifier),
        _ => None,
    }
}

fn operator(bare: &str) -> (String, String) {
    match null_code(bare) {
        Some(Code::NullWithIfExists) => {
            return (
                "Null with IfExists asks of a missing key whether it is missing".to_owned(),
                "write \"Null\"".to_owned(),
            );
        }
        Some(_) => {
            return (
                "Null takes no qualifier".to_owned(),
                "write \"Null\"".to_owned(),
            );
        }
        None => {}
    }
    let (qualifier, rest) = match bare.split_once(':') {
        Some((qualifier, rest)) => (Some(qualifier), rest),
        None => (None, bare),
    };
    let (base, suffix) = match rest.strip_suffix("IfExists") {
        Some(base) => (base, "IfExists"),
        None => (rest, ""),
    };
    let qualifiers = ["ForAllValues", "ForAnyValue"];
    let prefix = match qualifier {
        None => Some(String::new()),
        Some(name) => nearest(name, qualifiers.into_iter()).map(|name| format!("{name}:")),
    };
    let help = prefix
        .zip(nearest(base, OPERATORS.iter().copied()))
        .map(|(prefix, base)| did_you_mean(&format!("{prefix}{base}{suffix}")));
    (
        format!("there is no condition operator {bare}"),
        help.unwrap_or_default(),
    )
}

fn json(fault: JsonFault) -> (String, String) {
    let (message, help) = match fault {
        JsonFault::Unexpected => (
            "this is no JSON: something else is expected here",
            "look for a comma, quote or bracket that is missing or too many",
        ),
        JsonFault::Trailing => ("there is more text after the policy", "one document a file"),
        JsonFault::DuplicateKey => (
            "this element stands twice in the same object",
            "readers disagree which one counts; leave one",
        ),
        JsonFault::Character => ("a policy cannot hold this character", ""),
        JsonFault::Escape => ("there is no such escape sequence", ""),
        JsonFault::Depth => ("objects and lists are nested too deeply", ""),
        JsonFault::Size => ("the document is larger than any policy may be", ""),
    };
    (message.to_owned(), help.to_owned())
}

/// The common sentence.
pub(crate) fn did_you_mean(name: &str) -> String {
    format!("did you mean {name}?")
}
