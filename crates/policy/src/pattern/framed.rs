//! Patterns with one variable and nothing else that needs a search: matched in place, piece by piece.

use super::{CaseMatch, Matched};
use crate::lookup::Lookup;
use crate::text::after;
use crate::variable::{Token, Variable};

/// One variable with text before and after it, either of which may be empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Framed {
    before: Box<str>,
    variable: Variable,
    after: Box<str>,
    end: End,
}

/// What comes after the last text of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// The end.
    Here,
    /// One `*`.
    Many,
}

impl Framed {
    /// Takes what it needs out of `tokens` when they are of this form.
    pub(super) fn new(tokens: &mut [Token]) -> Option<Framed> {
        let (end, tokens) = match tokens {
            [tokens @ .., Token::Many] => (End::Many, tokens),
            tokens => (End::Here, tokens),
        };
        let (before, variable, after) = match tokens {
            [Token::Variable(variable)] => (None, variable, None),
            [Token::Text(before), Token::Variable(variable)] => (Some(before), variable, None),
            [Token::Variable(variable), Token::Text(after)] => (None, variable, Some(after)),
            [
                Token::Text(before),
                Token::Variable(variable),
                Token::Text(after),
            ] => (Some(before), variable, Some(after)),
            _ => return None,
        };
        let take = |text: Option<&mut String>| text.map(std::mem::take).unwrap_or_default().into();
        Some(Framed {
            before: take(before),
            variable: variable.clone(),
            after: take(after),
            end,
        })
    }

    /// The variable, when there is nothing else.
    pub(super) fn sole_variable(&self) -> Option<&Variable> {
        let bare = self.before.is_empty() && self.after.is_empty() && self.end == End::Here;
        bare.then_some(&self.variable)
    }

    pub(super) fn literal(&self) -> &str {
        &self.before
    }

    /// Whether the whole `text` matches. One that does not begin as the pattern does is refused
    /// whatever the variable stands for: indexes go by that, too.
    #[inline(never)]
    pub(super) fn matches<'q>(&'q self, text: &str, lookup: &Lookup<'q>) -> Matched {
        let Some(rest) = after(text.as_bytes(), self.before.as_bytes()) else {
            return Matched::No;
        };
        let frames = |value: &str| {
            let rest = after(rest, value.as_bytes());
            let rest = rest.and_then(|rest| after(rest, self.after.as_bytes()));
            rest.is_some_and(|rest| self.end == End::Many || rest.is_empty())
        };
        let matched = self.variable.test(lookup, frames);
        matched.map_or_else(Matched::from, Matched::from)
    }

    /// The same ignoring case; there are no wildcards.
    pub(super) fn equals_ignoring_case<'q>(&'q self, text: &str, lookup: &Lookup<'q>) -> CaseMatch {
        match self.variable.resolve(lookup) {
            Ok(value) => {
                let texts = [&*self.before, value.as_str(), &*self.after];
                CaseMatch::of(texts.into_iter().flat_map(str::chars), text)
            }
            Err(unvalued) => unvalued.into(),
        }
    }
}
