//! Strings with wildcards and variables, split when compiled and matched in linear time.

mod framed;
mod general;

use self::framed::Framed;
use self::general::General;
use crate::lookup::Lookup;
use crate::text::{begins, same};
use crate::truth::Truth;
use crate::variable::{BadVariable, Token, Unvalued, Variable, Variables, Wildcards, tokens};

/// A compiled pattern. All but the last are the common forms, which need no tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pattern {
    /// `*`
    Any,
    /// No wildcard and no variable.
    Exact(Box<str>),
    /// Text and one `*` at the end.
    Prefix(Box<str>),
    Framed(Box<Framed>),
    General(Box<General>),
}

/// What came of matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matched {
    No,
    Yes,
    /// A variable has neither value nor default.
    Unresolved,
    /// A variable stands for one of two values: it cannot be told.
    Ambiguous,
}

impl Matched {
    /// Whether the text matches; what has no value matches nothing.
    #[inline]
    pub(crate) fn truth(self) -> Truth {
        match self {
            Matched::Yes => Truth::Yes,
            Matched::No | Matched::Unresolved => Truth::No,
            Matched::Ambiguous => Truth::Unknown,
        }
    }
}

impl From<Unvalued> for Matched {
    fn from(unvalued: Unvalued) -> Self {
        match unvalued {
            Unvalued::Null => Matched::Unresolved,
            Unvalued::Ambiguous => Matched::Ambiguous,
        }
    }
}

impl From<bool> for Matched {
    fn from(matched: bool) -> Self {
        if matched { Matched::Yes } else { Matched::No }
    }
}

impl Pattern {
    /// Compiles the text of a pattern.
    pub(crate) fn compile(
        text: &str,
        wildcards: Wildcards,
        variables: Variables,
    ) -> Result<Pattern, BadVariable> {
        let special = |byte: &u8| match byte {
            b'*' | b'?' => wildcards == Wildcards::On,
            b'$' => variables == Variables::On,
            _ => false,
        };
        // Most have nothing special, or one `*` at the end.
        match text.bytes().position(|byte| special(&byte)) {
            None => return Ok(Pattern::Exact(text.into())),
            Some(0) if text == "*" => return Ok(Pattern::Any),
            Some(at) => {
                if let Some((plain, "*")) = text.split_at_checked(at) {
                    return Ok(Pattern::Prefix(plain.into()));
                }
            }
        }
        let mut tokens = tokens(text, wildcards, variables)?;
        if let Some(framed) = Framed::new(&mut tokens) {
            return Ok(Pattern::Framed(Box::new(framed)));
        }
        Ok(match tokens.as_mut_slice() {
            [] => Pattern::Exact("".into()),
            [Token::Many] => Pattern::Any,
            [Token::Text(text)] => Pattern::Exact(std::mem::take(text).into()),
            [Token::Text(text), Token::Many] => Pattern::Prefix(std::mem::take(text).into()),
            _ => Pattern::General(Box::new(General::new(tokens))),
        })
    }

    /// A pattern with wildcards and without variables, which cannot be wrong.
    pub(crate) fn wild(text: &str) -> Pattern {
        Pattern::compile(text, Wildcards::On, Variables::Off)
            .unwrap_or_else(|BadVariable| Pattern::Exact(text.into()))
    }

    /// Whether the whole `text` matches.
    #[inline(always)]
    pub(crate) fn matches<'q>(&'q self, text: &str, lookup: &Lookup<'q>) -> Matched {
        match self {
            Pattern::Framed(framed) => framed.matches(text, lookup),
            Pattern::General(general) => general.matches_variables(text, lookup),
            _ => self.matches_plain(text).into(),
        }
    }

    /// The same for a pattern without variables; one with variables matches nothing.
    #[inline(always)]
    pub(crate) fn matches_plain(&self, text: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Exact(exact) => same(exact.as_bytes(), text.as_bytes()),
            Pattern::Prefix(prefix) => begins(text.as_bytes(), prefix.as_bytes()),
            Pattern::Framed(_) => false,
            Pattern::General(general) => general.matches_plain(text),
        }
    }

    /// The same for bytes that are text if it comes to that.
    #[inline]
    pub(crate) fn matches_bytes(&self, text: &[u8]) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Exact(exact) => same(exact.as_bytes(), text),
            Pattern::Prefix(prefix) => begins(text, prefix.as_bytes()),
            Pattern::Framed(_) => false,
            Pattern::General(general) => {
                std::str::from_utf8(text).is_ok_and(|text| general.matches_plain(text))
            }
        }
    }

    /// Whether `text` equals the pattern ignoring case; for patterns without wildcards.
    pub(crate) fn equals_ignoring_case<'q>(&'q self, text: &str, lookup: &Lookup<'q>) -> CaseMatch {
        match self {
            Pattern::Exact(exact) => CaseMatch::of(exact.chars(), text),
            Pattern::Framed(framed) => framed.equals_ignoring_case(text, lookup),
            Pattern::General(general) => general.equals_ignoring_case(text, lookup),
            Pattern::Any | Pattern::Prefix(_) => CaseMatch::No,
        }
    }

    /// The literal text that whatever matches begins with, as far as it can be told beforehand.
    pub(crate) fn literal(&self) -> &str {
        match self {
            Pattern::Any => "",
            Pattern::Exact(text) | Pattern::Prefix(text) => text,
            Pattern::Framed(framed) => framed.literal(),
            Pattern::General(general) => general.literal(),
        }
    }

    /// The text of a pattern that is one variable and nothing else.
    pub(crate) fn sole_variable(&self) -> Option<&Variable> {
        match self {
            Pattern::Framed(framed) => framed.sole_variable(),
            _ => None,
        }
    }
}

/// What came of a comparison ignoring case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CaseMatch {
    No,
    /// Equal when the case of ASCII letters is ignored.
    Ascii,
    /// Equal only when the case of other letters is ignored as well, of which readers disagree; or
    /// a variable stands for one of two values.
    Unclear,
}

impl CaseMatch {
    fn of(pattern: impl Iterator<Item = char>, text: &str) -> CaseMatch {
        let mut found = CaseMatch::Ascii;
        let mut text = text.chars();
        for expected in pattern {
            match text.next() {
                Some(c) if c.eq_ignore_ascii_case(&expected) => {}
                Some(c) if folded(c).eq(folded(expected)) => found = CaseMatch::Unclear,
                _ => return CaseMatch::No,
            }
        }
        if text.next().is_some() {
            return CaseMatch::No;
        }
        found
    }
}

impl From<Unvalued> for CaseMatch {
    fn from(unvalued: Unvalued) -> Self {
        match unvalued {
            Unvalued::Null => CaseMatch::No,
            Unvalued::Ambiguous => CaseMatch::Unclear,
        }
    }
}

fn folded(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

/// Whether `text` matches `pattern`, where `*` stands for any number of characters and `?` for
/// exactly one. Everything else stands for itself; case counts. Takes linear time.
///
/// ```
/// assert!(locum_policy::wildcard_match("Get*Role?", "GetMyRole2"));
/// assert!(!locum_policy::wildcard_match("Get?", "Get"));
/// ```
pub fn wildcard_match(pattern: &str, text: &str) -> bool {
    Pattern::wild(pattern).matches_plain(text)
}
