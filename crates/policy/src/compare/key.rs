//! What a request can hold under a condition key: the type of its values and how many there are
//! (reference: the list of global, STS and IAM condition keys).

use super::language::{Automaton, Reach, Token};
use super::words::{Language, Shape};
use crate::catalogue::{self, Arity};
use crate::key::{ConditionKey, KnownKey};
use crate::limits::ACTION_BYTES_MAX;

/// The type of a key's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Arn,
    /// Twelve digits.
    Account,
    Bool,
    /// A whole number that is not negative.
    Whole,
    /// An instant on the second.
    Date,
    /// An instant in Unix seconds, which is also a number.
    Epoch,
    Ip,
}

/// How many values a key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    One,
    /// A list, even of one.
    Many,
    /// One of a service that AWS documents as having one.
    Single,
    /// One or several.
    Any,
}

pub(crate) fn type_of(key: &ConditionKey) -> Type {
    use KnownKey as K;
    let ConditionKey::Known(key) = key else {
        return Type::Text;
    };
    match key {
        K::PrincipalArn
        | K::SourceArn
        | K::PermissionsBoundary
        | K::PolicyArn
        | K::AssociatedResourceArn
        | K::TaskPolicyArn
        | K::RoleTemplateArn
        | K::RequestContextProviders => Type::Arn,
        K::PrincipalAccount | K::SourceAccount => Type::Account,
        K::PrincipalIsAwsService
        | K::MultiFactorAuthPresent
        | K::AssumedRoot
        | K::SecureTransport
        | K::ViaAwsService
        | K::RoleAuthorizedByIdp => Type::Bool,
        K::MultiFactorAuthAge | K::DurationSeconds | K::ServiceSpecificCredentialAgeDays => {
            Type::Whole
        }
        K::CurrentTime | K::TokenIssueTime => Type::Date,
        K::EpochTime => Type::Epoch,
        K::SourceIp | K::VpcSourceIp => Type::Ip,
        _ => Type::Text,
    }
}

pub(super) fn count_of(key: &ConditionKey) -> Count {
    use KnownKey as K;
    match key {
        ConditionKey::Known(
            K::PrincipalOrgPaths
            | K::PrincipalServiceNamesList
            | K::TagKeys
            | K::ResourceOrgPaths
            | K::CalledVia
            | K::SourceOrgPaths
            | K::VpceOrgPaths
            | K::TransitiveTagKeys
            | K::RequestContextProviders
            | K::IdentityTokenAudience,
        ) => Count::Many,
        // Amazon Q lists it with several values, its own service with one.
        ConditionKey::Other(name) if &**name == "identitystore:userid" => Count::Any,
        ConditionKey::Other(name) => match listed(name) {
            Some(Arity::Single) => Count::Single,
            Some(Arity::Multi) | None => Count::Any,
        },
        _ => Count::One,
    }
}

/// What the catalogue says of a service's key; `None` of claims and of services that it does not have.
fn listed(name: &str) -> Option<Arity> {
    let (prefix, _) = name.split_once(':')?;
    let key = catalogue::service(prefix)?.key(name)?;
    Some(key.arity)
}

/// The shape of one value, for the types whose values are texts.
pub(super) fn shape(value_type: Type) -> Shape {
    let digit = |c: char| c.is_ascii_digit();
    match value_type {
        Type::Arn => Shape {
            language: Some(Language::plain(Automaton::of([arn()]))),
            permitted: |_| true,
            preferred: Vec::new(),
            length_max: usize::MAX,
        },
        Type::Account => Shape {
            language: Some(Language::plain(Automaton::of([vec![
                Token::One(
                    Reach::Across
                );
                12
            ]]))),
            permitted: digit,
            preferred: vec!["999988887777".to_owned()],
            length_max: usize::MAX,
        },
        _ => Shape {
            language: None,
            permitted: |_| true,
            preferred: Vec::new(),
            length_max: usize::MAX,
        },
    }
}

/// The language of all ARNs: six parts with a partition, a service and a resource.
pub(super) fn arn() -> Vec<Token> {
    let (one, many) = (Token::One(Reach::Within), Token::Many(Reach::Within));
    let mut tokens: Vec<Token> = "arn:".chars().map(Token::Char).collect();
    for part in [&[one, many][..], &[one, many], &[many], &[many]] {
        tokens.extend_from_slice(part);
        tokens.push(Token::Char(':'));
    }
    tokens.extend([Token::One(Reach::Across), Token::Many(Reach::Across)]);
    tokens
}

/// Actions that people know: a witness is one of them rather than something made up, if it can be.
pub(super) const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "iam:GetUser",
    "iam:CreateUser",
    "iam:DeleteUser",
    "iam:PassRole",
    "iam:AttachRolePolicy",
    "ec2:DescribeInstances",
    "ec2:RunInstances",
    "ec2:TerminateInstances",
    "kms:Decrypt",
    "lambda:InvokeFunction",
    "sqs:SendMessage",
    "sns:Publish",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "logs:PutLogEvents",
    "secretsmanager:GetSecretValue",
];

/// The shape of actions: a service and a name of letters, digits, `-`, `_` and `.`, in lower case.
pub(super) fn action_shape() -> Shape {
    let (one, many) = (Token::One(Reach::Within), Token::Many(Reach::Within));
    let tokens = vec![one, many, Token::Char(':'), one, many];
    Shape {
        language: Some(Language::plain(Automaton::of([tokens]))),
        permitted: |c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.' | ':'),
        preferred: ACTIONS
            .iter()
            .map(|name| name.to_ascii_lowercase())
            .collect(),
        length_max: ACTION_BYTES_MAX,
    }
}

/// The shape of resources: `*` for actions without one, or an ARN.
pub(super) fn resource_shape() -> Shape {
    let known = ["arn:aws:s3:::example/key", "*"];
    Shape {
        language: Some(Language::plain(Automaton::of([
            arn(),
            vec![Token::Char('*')],
        ]))),
        permitted: |_| true,
        preferred: known.map(str::to_owned).to_vec(),
        length_max: usize::MAX,
    }
}

/// Every text but the empty one.
pub(super) fn nonempty() -> Language {
    let across = Reach::Across;
    Language::plain(Automaton::of([vec![
        Token::One(across),
        Token::Many(across),
    ]]))
}
