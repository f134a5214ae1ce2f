//! What a condition leaves open: any account, any organization, or nothing.

use super::conditions::{demands, is_negated};
use crate::arn::split;
use crate::document::{ConditionEntry, Spanned, Statement};
use crate::key::ConditionKey;
use crate::operator::{Base, StringTest};
use crate::principal::is_account;
use crate::variable::{Token, Variables, Wildcards, tokens};

/// The shortest masks that name a network: AWS takes wider ranges for the public (Amazon S3's meaning of
/// "public").
const IPV4_MASK_MIN: u8 = 8;
const IPV6_MASK_MIN: u8 = 32;

/// What the values of a key must be for a condition on it to mean somebody or something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fixes {
    /// One value, written out.
    Value,
    /// An ARN with its account; where such ARNs have none, with the name of the resource.
    Account,
    /// A path in an organization: the organization is written out.
    OrgPath,
    /// The id of a user or role; what follows the colon may be open.
    UserId,
    /// Addresses, not all there are.
    Network,
    /// `true`
    True,
    /// An ARN that names something, not only what kind it is.
    Named,
    /// Anything but wildcards, and but the key itself.
    Says,
}

/// Keys, and what their values must be; a key that ends with `/` is for any tag.
pub(super) type Keys = &'static [(&'static str, Fixes)];

/// Whether some condition is on one of the keys, with values that are what they must be.
pub(super) fn is_narrowed(statement: &Statement, keys: Keys) -> bool {
    let mut entries = statement.conditions.iter();
    entries.any(|entry| fixes(keys, entry).is_some_and(|fixes| fixes.holds(entry)))
}

/// What the values of the condition's key must be, if it is one of the keys.
pub(super) fn fixes(keys: Keys, entry: &ConditionEntry) -> Option<Fixes> {
    let name = entry.key.text.to_ascii_lowercase();
    let found = keys.iter().find(|(key, _)| match key.ends_with('/') {
        true => name.starts_with(key),
        false => name == *key,
    });
    found.map(|(_, fixes)| *fixes)
}

/// Whether a condition holds for the values that it lists alone, and lists some.
pub(super) fn binds(entry: &ConditionEntry) -> bool {
    let base = entry.operator.base;
    demands(entry) && !is_negated(base) && base != Base::Null && !entry.values.is_empty()
}

/// Whether it does so, and none of its values is everything.
pub(super) fn says(entry: &ConditionEntry) -> bool {
    Fixes::Says.holds(entry)
}

impl Fixes {
    pub(super) fn holds(self, entry: &ConditionEntry) -> bool {
        binds(entry) && entry.values.iter().all(|value| self.meets(entry, value))
    }

    fn meets(self, entry: &ConditionEntry, value: &Spanned) -> bool {
        match self {
            Fixes::Value => Literal::of(entry, value).whole || is_of_resource(&value.text),
            Fixes::Account => has_account(entry, value),
            Fixes::OrgPath => {
                let literal = Literal::of(entry, value);
                let organization = literal.text.split_once('/');
                literal.whole || organization.is_some_and(|(id, _)| !id.is_empty())
            }
            Fixes::UserId => {
                let literal = Literal::of(entry, value);
                let id = literal.text.split_once(':');
                literal.whole || id.is_some_and(|(id, _)| !id.is_empty())
            }
            Fixes::Network => is_network(entry, value),
            Fixes::True => value.text.eq_ignore_ascii_case("true"),
            Fixes::Named => is_named(value),
            Fixes::Says => !is_everything(entry, value),
        }
    }
}

/// A value up to its first wildcard or variable.
pub(super) struct Literal {
    pub(super) text: String,
    /// Whether that is all of it.
    pub(super) whole: bool,
}

impl Literal {
    pub(super) fn of(entry: &ConditionEntry, value: &Spanned) -> Literal {
        let like = matches!(
            entry.operator.base,
            Base::String(StringTest::Like, _) | Base::Arn(_)
        );
        let wildcards = match like || is_wild(&value.text) {
            true => Wildcards::On,
            false => Wildcards::Off,
        };
        Literal::read(&value.text, wildcards)
    }

    fn read(text: &str, wildcards: Wildcards) -> Literal {
        let tokens = tokens(text, wildcards, Variables::On).unwrap_or_default();
        match tokens.as_slice() {
            [] => Literal {
                text: String::new(),
                whole: false,
            },
            [Token::Text(text), rest @ ..] => Literal {
                text: text.clone(),
                whole: rest.is_empty(),
            },
            _ => Literal {
                text: String::new(),
                whole: false,
            },
        }
    }
}

/// Wildcards and nothing else: what nobody means literally.
fn is_wild(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'*' | b'?'))
}

/// Whether every value of the key is this value: wildcards alone, or the key's own variable.
fn is_everything(entry: &ConditionEntry, value: &Spanned) -> bool {
    if matches!(entry.operator.base, Base::Ip(_)) {
        return value.text.ends_with("/0");
    }
    let Ok(tokens) = tokens(&value.text, Wildcards::On, Variables::On) else {
        return false;
    };
    let own = ConditionKey::parse(&entry.key.text);
    tokens.iter().all(|token| match token {
        Token::Many | Token::One => true,
        Token::Variable(variable) => *variable.key() == own,
        Token::Text(_) => false,
    })
}

/// Variables whose value the resource fixes, whoever calls.
fn is_of_resource(text: &str) -> bool {
    let names = ["${aws:ResourceAccount}", "${aws:ResourceOrgID}"];
    names.iter().any(|name| text.eq_ignore_ascii_case(name))
}

/// Whether an ARN says in which account, or, where such ARNs have no account, what it names.
fn has_account(entry: &ConditionEntry, value: &Spanned) -> bool {
    let Some([_, partition, service, _, account, resource]) = split(&value.text, Variables::On)
    else {
        return false;
    };
    let open = |part: &str| part.contains(['*', '?', '$']);
    // Under a String operator a `*` reaches across colons, and paths of roles may hold some.
    let text = !matches!(entry.operator.base, Base::Arn(_));
    if open(service) || (text && open(partition)) {
        return false;
    }
    if !account.is_empty() {
        return is_account(account) || is_of_resource(account);
    }
    let wildcards = match entry.operator.base {
        Base::String(StringTest::Equals | StringTest::EqualsIgnoreCase, _) => Wildcards::Off,
        _ => Wildcards::On,
    };
    let literal = Literal::read(resource, wildcards);
    // `bucket/…`, `hostedzone/Z1`, `/restapis/a1/…`: what ends before the first wildcard is a name.
    let ended = literal.text.trim_start_matches('/').matches('/').count();
    let names = if service == "s3" { 1 } else { 2 };
    literal.whole || ended >= names
}

fn is_network(entry: &ConditionEntry, value: &Spanned) -> bool {
    if !matches!(entry.operator.base, Base::Ip(_)) {
        return Literal::of(entry, value).whole;
    }
    let Some((address, mask)) = value.text.split_once('/') else {
        return true;
    };
    let least = match address.contains(':') {
        true => IPV6_MASK_MIN,
        false => IPV4_MASK_MIN,
    };
    mask.parse::<u8>().is_ok_and(|mask| mask >= least)
}

/// `arn:aws:iam::111122223333:role/admin-*`, and not `arn:aws:iam::111122223333:role/*`.
fn is_named(value: &Spanned) -> bool {
    let Some([.., resource]) = split(&value.text, Variables::On) else {
        return value.text.bytes().any(|byte| byte.is_ascii_alphanumeric());
    };
    let name = resource.split_once('/').map_or(resource, |(_, name)| name);
    name.bytes().any(|byte| byte.is_ascii_alphanumeric())
}
