//! Variables: do they have a value, and are they variables at all.

use super::{Findings, Subject, conditions, finding};
use crate::code::Code;
use crate::document::{Spanned, Statement};
use crate::operator::Base;
use crate::variable::{Token, Variables, Wildcards, tokens};

/// What people write in the place of `${`, from other languages.
const LOOKALIKES: &[&str] = &["{aws:", "(aws:", "$aws:", "{iam:", "{saml:", "{sts:"];

pub(super) fn check(subject: &Subject<'_>, statement: &Statement, out: &mut Findings) {
    if subject.document.variables() == Variables::Off {
        return;
    }
    let resources = statement.resources.iter().flat_map(|list| &list.items);
    let values = statement.conditions.iter().filter(|entry| {
        matches!(
            entry.operator.base,
            Base::String(..) | Base::Arn(_) | Base::Bool
        )
    });
    let values = values.flat_map(|entry| &entry.values);
    for item in resources.chain(values) {
        known(statement, item, out);
        lookalike(item, out);
    }
}

fn known(statement: &Statement, item: &Spanned, out: &mut Findings) {
    let Ok(tokens) = tokens(&item.text, Wildcards::On, Variables::On) else {
        return;
    };
    for token in tokens {
        if let Token::Variable(variable) = token
            && let Err(unknown) = conditions::resolve(statement, &variable.key().to_string())
        {
            out.push(unknown.at(item));
        }
    }
}

fn lookalike(item: &Spanned, out: &mut Findings) {
    let lower = item.text.to_ascii_lowercase();
    let found = LOOKALIKES.iter().find(|like| {
        lower
            .match_indices(**like)
            .any(|(at, _)| !lower.get(..at).unwrap_or_default().ends_with('$'))
    });
    if found.is_some() {
        out.push(finding(
            Code::SuspiciousVariable,
            &item.span,
            "this looks like a variable and is plain text",
            "write ${key}, for example ${aws:username}",
        ));
    }
}
