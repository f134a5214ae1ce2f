//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`, `${?}`, `${$}`.

use crate::key::ConditionKey;
use crate::lookup::{Key, Lookup};
use crate::value::{Text, Value, Values};

/// A variable, resolved to its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Variable {
    key: Key,
    default: Option<Box<str>>,
}

impl Variable {
    /// The key whose value it stands for.
    pub(crate) fn key(&self) -> &ConditionKey {
        self.key.name()
    }

    /// What stands in for a value that is not there.
    pub(crate) fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// The value in this request, or the default. Only keys with a single value can be used in a
    /// variable.
    pub(crate) fn resolve<'q>(&'q self, lookup: &Lookup<'q>) -> Result<Text<'q>, Unvalued> {
        self.text(lookup.values(&self.key))
    }

    /// What `test` says of the value in this request, or of the default. A value that is text needs
    /// no place to be written to.
    #[inline]
    pub(crate) fn test<'q, T>(
        &'q self,
        lookup: &Lookup<'q>,
        test: impl FnOnce(&str) -> T,
    ) -> Result<T, Unvalued> {
        let written;
        let text = match lookup.values(&self.key) {
            Values::One(Value::Str(text)) => text,
            values => {
                written = self.text(values)?;
                written.as_str()
            }
        };
        Ok(test(text))
    }

    #[inline(never)]
    fn text<'q>(&'q self, values: Values<'q>) -> Result<Text<'q>, Unvalued> {
        match values {
            Values::One(value) => Ok(Text::of(value)),
            Values::Absent | Values::Many(_) => {
                let default = self.default.as_deref();
                default.map(Text::Borrowed).ok_or(Unvalued::Null)
            }
            Values::Ambiguous => Err(Unvalued::Ambiguous),
        }
    }
}

/// Why a variable stands for no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unvalued {
    /// Neither value nor default: it equals nothing.
    Null,
    /// One of two values, and nobody can tell which.
    Ambiguous,
}

/// A stretch of a string that may hold wildcards and variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// Literal text, never empty.
    Text(String),
    /// `*`
    Many,
    /// `?`
    One,
    Variable(Variable),
}

/// Whether `*` and `?` are wildcards in a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    On,
    Off,
}

/// Whether `${…}` is a variable (version 2012-10-17) or literal text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variables {
    On,
    Off,
}

/// A `${` that is not closed, is empty, or holds no name that a key can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadVariable;

/// Splits a string into its tokens.
pub(crate) fn tokens(
    text: &str,
    wildcards: Wildcards,
    variables: Variables,
) -> Result<Vec<Token>, BadVariable> {
    let special = |c: char| match c {
        '*' | '?' => wildcards == Wildcards::On,
        '$' => variables == Variables::On,
        _ => false,
    };
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (plain, after) = rest.split_at(rest.find(special).unwrap_or(rest.len()));
        if !plain.is_empty() {
            push(&mut tokens, Token::Text(plain.to_owned()));
        }
        let Some(c) = after.chars().next() else {
            break;
        };
        rest = after.get(c.len_utf8()..).unwrap_or_default();
        let token = match (c, rest.strip_prefix('{')) {
            ('*', _) => Token::Many,
            ('?', _) => Token::One,
            (_, Some(inside)) => {
                let (token, after) = variable(inside).ok_or(BadVariable)?;
                rest = after;
                token
            }
            (_, None) => Token::Text("$".to_owned()),
        };
        push(&mut tokens, token);
    }
    Ok(tokens)
}

/// Joins neighbouring text, and `**` into `*`.
fn push(tokens: &mut Vec<Token>, token: Token) {
    match (tokens.last_mut(), &token) {
        (Some(Token::Text(last)), Token::Text(more)) => last.push_str(more),
        (Some(Token::Many), Token::Many) => {}
        _ => tokens.push(token),
    }
}

/// Reads what follows `${` up to and with its `}`; gives what follows that.
fn variable(inside: &str) -> Option<(Token, &str)> {
    for special in ["*", "?", "$"] {
        if let Some(rest) = inside
            .strip_prefix(special)
            .and_then(|rest| rest.strip_prefix('}'))
        {
            return Some((Token::Text(special.to_owned()), rest));
        }
    }
    let end = inside.find([',', '}'])?;
    let name = inside.get(..end)?;
    let refused = |c: char| matches!(c, '$' | '{' | '\'' | '"' | '*' | '?');
    if name.is_empty() || name.trim() != name || name.contains(refused) {
        return None;
    }
    let key = Key::parse(name);
    let rest = inside.get(end..)?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((Token::Variable(Variable { key, default: None }), rest));
    }
    // As AWS writes it, and no other way: a comma, one space, the default in single quotes.
    let (default, rest) = rest.strip_prefix(", '")?.split_once('\'')?;
    let rest = rest.strip_prefix('}')?;
    // Where the variable ends must not depend on who reads it.
    if default.contains('}') {
        return None;
    }
    let default = Some(default.into());
    Some((Token::Variable(Variable { key, default }), rest))
}
