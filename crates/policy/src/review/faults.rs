//! What IAM refuses, in the words of the review.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Findings, finding};
use crate::code::Code;
use crate::document::{Document, Spanned, Statement};
use crate::fault::{Fault, null_code};
use crate::finding::{Finding, Kind, Severity};
use crate::limits::FINDINGS_MAX;
use crate::operator::Base;
use crate::read::Faults;
use crate::validate;

/// What came of reading a text.
pub(super) struct Reading {
    /// The document without the statements that IAM refuses, when it could be read as one.
    pub(super) document: Option<Document>,
    /// Those statements.
    pub(super) refused: Vec<Statement>,
    pub(super) findings: Findings,
}

/// Reads a text.
pub(super) fn read(text: &str, kind: Kind) -> Reading {
    let (mut document, mut faults) = validate::faults(text, kind);
    faults.sort_by_key(|(fault, span)| (fault.rank(kind), span.start));
    let told = faults.iter().filter(|fault| !follows(fault, &faults));
    let findings = told.take(FINDINGS_MAX).map(|(fault, span)| {
        let mut found = self::told(text, document.as_ref(), fault, span, kind);
        // Whatever the code says of policies that IAM takes, this one it does not.
        found.severity = Severity::Error;
        if found.help.is_empty() {
            found.help = refusal(fault, kind, &found.message);
        }
        found
    });
    let findings = findings.collect();
    let mut refused = Vec::new();
    if let Some(document) = &mut document {
        let statements = std::mem::take(&mut document.statements);
        let starts: BTreeSet<usize> = faults.iter().map(|(_, span)| span.start).collect();
        let is_refused = |statement: &Statement| {
            let mut inside = starts.range(statement.span.clone());
            inside.next().is_some()
        };
        (refused, document.statements) = statements.into_iter().partition(is_refused);
    }
    Reading {
        document,
        refused,
        findings,
    }
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether a fault is only what another one leads to: what is missing is there under a wrong name, a
/// version that does not exist is too old as well.
fn follows((fault, span): &(Fault, Range<usize>), faults: &Faults) -> bool {
    match fault {
        Fault::NoActions
        | Fault::NoResources
        | Fault::Missing(_)
        | Fault::PrincipalEmpty
        | Fault::StatementEmpty => faults
            .iter()
            .any(|(other, inner)| matches!(other, Fault::Syntax(_)) && within(inner, span)),
        Fault::VersionTooOld => faults.iter().any(|(other, _)| *other == Fault::BadVersion),
        _ => false,
    }
}

fn told(
    text: &str,
    document: Option<&Document>,
    fault: &Fault,
    span: &Range<usize>,
    kind: Kind,
) -> Finding {
    let written = text.get(span.clone()).unwrap_or_default();
    if let (Fault::Unreadable, Some(document)) = (fault, document) {
        return unreadable(document, span, written.trim_matches('"'));
    }
    if let (Fault::NotOfKind, Some(document)) = (fault, document) {
        return not_of_kind(document, fault, span, kind);
    }
    // A quota is about the whole, and shown at its beginning.
    let first = 0..1.min(text.len());
    let span = match fault {
        Fault::TooLong(_) => &first,
        _ => span,
    };
    let mut code = fault.code(kind);
    if code == Code::InvalidConditionOperator {
        code = null_code(written.trim_matches('"')).unwrap_or(code);
    }
    if let Fault::PrincipalInvalid { text, .. } = fault
        && text.contains('*')
    {
        code = Code::UnsupportedWildcardInPrincipal;
    }
    match fault.plain(written) {
        Some((message, help)) => finding(code, span, message, help),
        None => finding(code, span, fault.sentence(kind), ""),
    }
}

/// Something that only policies of other kinds can say.
fn not_of_kind(document: &Document, fault: &Fault, span: &Range<usize>, kind: Kind) -> Finding {
    let code = fault.code(kind);
    let statement = document
        .statements
        .iter()
        .find(|statement| within(span, &statement.span));
    let place = statement.map(|statement| {
        let principals = statement.principals.as_ref();
        (
            statement.span == *span,
            principals.is_some_and(|principals| principals.span == *span),
        )
    });
    let (message, help) = match place {
        Some((true, _)) => (
            "a resource control policy only denies: AWS's own RCPFullAWSAccess allows",
            "write \"Effect\": \"Deny\", with what must not be",
        ),
        Some((_, true)) => (
            "a resource control policy is for everyone",
            "write \"Principal\": \"*\", and say with conditions on aws:Principal… whom it spares",
        ),
        _ => (
            "a resource control policy names the services whose actions it denies",
            "write actions such as s3:* or sts:AssumeRole",
        ),
    };
    finding(code, span, message, help)
}

/// AWS's own sentence, for who meets it elsewhere.
fn refusal(fault: &Fault, kind: Kind, message: &str) -> String {
    let sentence = fault.sentence(kind);
    match sentence == message {
        true => String::new(),
        false => format!("IAM says: {sentence}"),
    }
}

/// A value that cannot be read: which one it is says why.
fn unreadable(document: &Document, span: &Range<usize>, written: &str) -> Finding {
    for statement in &document.statements {
        for entry in &statement.conditions {
            let here = |value: &&Spanned| value.span == *span;
            if entry.values.iter().find(here).is_some() || entry.key.span == *span {
                return operand(entry.operator.base, span, written);
            }
        }
        let mut actions = statement.actions.iter().flat_map(|list| &list.items);
        if actions.any(|item| item.span == *span) {
            return finding(
                Code::VariableUnsupportedInElement,
                span,
                "no variable is replaced in an action",
                "write the actions, with * and ? where several are meant",
            );
        }
    }
    let head = written.splitn(6, ':').take(5);
    match variable(written) {
        Some(found) => with_span(found, span),
        None if parts(written) == 6 && head.clone().any(|part| part.contains("${")) => finding(
            Code::VariableUnsupportedInElement,
            span,
            "no variable is replaced before the fifth colon of an ARN",
            "write the region and the account, or * and a condition on aws:ResourceAccount",
        ),
        None => finding(
            Code::MissingArnField,
            span,
            match parts(written) {
                6 => format!("{written} is no ARN: one begins with arn"),
                count => format!("{written} is no ARN: it has {count} of six parts"),
            },
            "write arn:partition:service:region:account:resource; empty parts keep their colon, and * does not reach across one",
        ),
    }
}

fn parts(written: &str) -> usize {
    written.splitn(6, ':').count()
}

fn with_span(
    (code, message, help): (Code, &'static str, &'static str),
    span: &Range<usize>,
) -> Finding {
    finding(code, span, message, help)
}

fn operand(base: Base, span: &Range<usize>, written: &str) -> Finding {
    let takes_variables = matches!(base, Base::String(..) | Base::Arn(_) | Base::Bool);
    if written.contains("${") {
        if !takes_variables {
            return finding(
                Code::InvalidVariableForOperator,
                span,
                "this operator takes no variables",
                "variables are replaced under String…, Arn… and Bool operators",
            );
        }
        if let Some(found) = variable(written) {
            return with_span(found, span);
        }
    }
    let (code, what, help) = match base {
        Base::Numeric(..) => (
            Code::TypeMismatchNumber,
            "number",
            "write digits, with a point where needed",
        ),
        Base::Date(..) => (
            Code::TypeMismatchDate,
            "date",
            "write YYYY-MM-DD, YYYY-MM-DDThh:mm:ssZ or seconds since 1970",
        ),
        Base::Bool | Base::Null => (
            Code::TypeMismatchBoolean,
            "truth value",
            "write \"true\" or \"false\"",
        ),
        Base::Binary => (
            Code::TypeMismatchString,
            "base64",
            "write padded base64 of the standard alphabet",
        ),
        Base::Ip(_) => (
            Code::TypeMismatchIpRange,
            "IP range",
            "write an address or a range such as 203.0.113.0/24 or 2001:db8::/32",
        ),
        Base::Arn(_) => (
            Code::TypeMismatchArn,
            "ARN",
            "write arn:partition:service:region:account:resource, with * within its parts, or use StringLike",
        ),
        Base::String(..) => {
            return variable(written).map_or_else(
                || {
                    finding(
                        Code::UnsupportedSymbolInVariable,
                        span,
                        format!("{written} cannot be read"),
                        "",
                    )
                },
                |found| with_span(found, span),
            );
        }
    };
    finding(code, span, format!("{written} is no {what}"), help)
}

/// What is wrong with the first `${…}` that is none.
fn variable(text: &str) -> Option<(Code, &'static str, &'static str)> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let Some((inside, next)) = after.split_once('}') else {
            return Some((
                Code::MissingBraceInVariable,
                "a variable is not closed",
                "add the }, or write ${$}{ for a literal ${",
            ));
        };
        rest = next;
        let name = inside.split(',').next().unwrap_or_default();
        let default = inside.split_once(',').map(|(_, default)| default.trim());
        if matches!(inside, "*" | "?" | "$") {
            continue;
        }
        if inside.trim().is_empty() {
            return Some((
                Code::EmptyVariable,
                "a variable without a name",
                "write ${key} with a condition key",
            ));
        }
        if name.contains(' ') {
            return Some((
                Code::UnsupportedSpaceInVariable,
                "a space in a variable",
                "write the key alone between ${ and }",
            ));
        }
        if name.contains(['$', '{', '\'', '"', '*', '?']) {
            return Some((
                Code::UnsupportedSymbolInVariable,
                "a character that no condition key holds",
                "write ${key}, and ${*}, ${?} or ${$} for these characters themselves",
            ));
        }
        let quoted = |text: &str| text.len() > 1 && text.starts_with('\'') && text.ends_with('\'');
        if default.is_some_and(|default| !quoted(default)) {
            return Some((
                Code::MissingQuoteInVariable,
                "the default of a variable has no quotes",
                "write ${key, 'default'}",
            ));
        }
    }
    None
}
