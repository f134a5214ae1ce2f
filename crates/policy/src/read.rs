//! From JSON to a document: element names, types and forms. Nothing unknown passes.

use std::ops::Range;

use crate::document::{
    ConditionEntry, Document, Effect, Form, List, PrincipalType, Principals, Spanned, Statement,
    Version,
};
use crate::fault::{Fault, Syntax};
use crate::json::{self, Json, Member, Node};
use crate::operator::Operator;

/// Faults and where they are.
pub(crate) type Faults = Vec<(Fault, Range<usize>)>;

/// Reads a document; `None` when too much is wrong to go on. Whatever is wrong is in `faults`.
pub(crate) fn document(text: &str, faults: &mut Faults) -> Option<Document> {
    let root = match json::read(text) {
        Ok(root) => root,
        Err((fault, span)) => {
            faults.push((Fault::Json(fault), span));
            return None;
        }
    };
    // The characters that AWS takes, without its control characters.
    let outside = |c: char| !json::is_plain(c);
    if let Some(at) = text.find(outside) {
        faults.push((Fault::Syntax(Syntax::Character), at..at));
        return None;
    }
    let Json::Object(members) = &root.value else {
        faults.push((Fault::Syntax(Syntax::Type), root.span));
        return None;
    };
    let mut document = Document {
        text: text.into(),
        version: Version::V2008,
        version_span: None,
        statements: Vec::new(),
    };
    let mut statements = None;
    for member in members {
        match &*member.key {
            "Version" => version(&member.node, &mut document, faults),
            "Id" => {
                string(&member.node, faults);
            }
            "Statement" => statements = Some(&member.node),
            _ => faults.push((Fault::Syntax(Syntax::Element), member.key_span.clone())),
        }
    }
    match statements.map(|node| (&node.value, &node.span)) {
        Some((Json::Array(nodes), _)) if !nodes.is_empty() => {
            let nodes = nodes.iter();
            document.statements = nodes.filter_map(|node| statement(node, faults)).collect();
        }
        Some((Json::Object(_), _)) => {
            let node = statements?;
            document.statements = statement(node, faults).into_iter().collect();
        }
        Some((Json::Array(_), span)) => faults.push((Fault::StatementEmpty, span.clone())),
        Some((_, span)) => faults.push((Fault::Syntax(Syntax::Type), span.clone())),
        None => faults.push((Fault::StatementEmpty, root.span.clone())),
    }
    Some(document)
}

fn version(node: &Node<'_>, document: &mut Document, faults: &mut Faults) {
    document.version_span = Some(node.span.clone());
    match &node.value {
        Json::String(text) if text == "2012-10-17" => document.version = Version::V2012,
        Json::String(text) if text == "2008-10-17" => document.version = Version::V2008,
        _ => faults.push((Fault::BadVersion, node.span.clone())),
    }
}

fn string(node: &Node<'_>, faults: &mut Faults) -> Option<Spanned> {
    match &node.value {
        Json::String(text) => Some(Spanned {
            text: text.as_ref().into(),
            span: node.span.clone(),
        }),
        _ => {
            faults.push((Fault::Syntax(Syntax::Type), node.span.clone()));
            None
        }
    }
}

fn statement(node: &Node<'_>, faults: &mut Faults) -> Option<Statement> {
    let Json::Object(members) = &node.value else {
        faults.push((Fault::Syntax(Syntax::Type), node.span.clone()));
        return None;
    };
    let mut statement = Statement {
        span: node.span.clone(),
        sid: None,
        effect: Effect::Deny,
        principals: None,
        actions: None,
        resources: None,
        conditions: Vec::new(),
    };
    let mut has_effect = false;
    for member in members {
        match &*member.key {
            "Sid" => statement.sid = string(&member.node, faults),
            "Effect" => {
                has_effect = true;
                effect(&member.node, &mut statement, faults);
            }
            "Principal" => set(
                &mut statement.principals,
                member,
                Form::Plain,
                principals,
                faults,
            ),
            "NotPrincipal" => set(
                &mut statement.principals,
                member,
                Form::Not,
                principals,
                faults,
            ),
            "Action" => set(&mut statement.actions, member, Form::Plain, list, faults),
            "NotAction" => set(&mut statement.actions, member, Form::Not, list, faults),
            "Resource" => set(&mut statement.resources, member, Form::Plain, list, faults),
            "NotResource" => set(&mut statement.resources, member, Form::Not, list, faults),
            "Condition" => statement.conditions = conditions(&member.node, faults),
            _ => faults.push((Fault::Syntax(Syntax::Element), member.key_span.clone())),
        }
    }
    if !has_effect {
        faults.push((Fault::Missing("Effect"), node.span.clone()));
    }
    Some(statement)
}

/// Fills an element that has two forms, of which a statement may hold one.
fn set<T>(
    slot: &mut Option<T>,
    member: &Member<'_>,
    form: Form,
    read: impl Fn(&Member<'_>, Form, &mut Faults) -> T,
    faults: &mut Faults,
) {
    if slot.is_some() {
        faults.push((Fault::Syntax(Syntax::BothForms), member.key_span.clone()));
    }
    *slot = Some(read(member, form, faults));
}

fn effect(node: &Node<'_>, statement: &mut Statement, faults: &mut Faults) {
    let Some(text) = string(node, faults) else {
        return;
    };
    let named = |name: &str| text.text.eq_ignore_ascii_case(name);
    match &*text.text {
        "Allow" => statement.effect = Effect::Allow,
        "Deny" => statement.effect = Effect::Deny,
        other if named("Allow") || named("Deny") => {
            faults.push((Fault::EffectCase(other.to_owned()), text.span));
        }
        other => faults.push((Fault::BadEffect(other.to_owned()), text.span)),
    }
}

fn element_span(member: &Member<'_>) -> Range<usize> {
    member.key_span.start..member.node.span.end
}

fn list(member: &Member<'_>, form: Form, faults: &mut Faults) -> List {
    List {
        form,
        items: strings(&member.node, faults),
        span: element_span(member),
    }
}

/// A string, or a list of strings.
fn strings(node: &Node<'_>, faults: &mut Faults) -> Vec<Spanned> {
    match &node.value {
        Json::Array(nodes) => {
            let nodes = nodes.iter();
            nodes.filter_map(|node| string(node, faults)).collect()
        }
        _ => string(node, faults).into_iter().collect(),
    }
}

fn principals(member: &Member<'_>, form: Form, faults: &mut Faults) -> Principals {
    let mut entries = Vec::new();
    let node = &member.node;
    match &node.value {
        Json::String(text) if text == "*" => {
            let entry = string(node, faults);
            entries.extend(entry.map(|entry| (PrincipalType::Everyone, entry)));
        }
        Json::Object(members) => {
            for member in members {
                let kind = match &*member.key {
                    "AWS" => PrincipalType::Aws,
                    "Federated" => PrincipalType::Federated,
                    "Service" => PrincipalType::Service,
                    "CanonicalUser" => PrincipalType::CanonicalUser,
                    _ => {
                        faults.push((Fault::Syntax(Syntax::PrincipalKey), member.key_span.clone()));
                        continue;
                    }
                };
                let found = strings(&member.node, faults).into_iter();
                entries.extend(found.map(|entry| (kind, entry)));
            }
        }
        Json::String(_) => faults.push((Fault::PrincipalNotObject, node.span.clone())),
        _ => faults.push((Fault::Syntax(Syntax::Type), node.span.clone())),
    }
    Principals {
        form,
        entries,
        span: element_span(member),
    }
}

fn conditions(node: &Node<'_>, faults: &mut Faults) -> Vec<ConditionEntry> {
    let mut entries = Vec::new();
    let Json::Object(operators) = &node.value else {
        faults.push((Fault::Syntax(Syntax::Type), node.span.clone()));
        return entries;
    };
    for member in operators {
        let Json::Object(keys) = &member.node.value else {
            faults.push((Fault::Syntax(Syntax::Type), member.node.span.clone()));
            continue;
        };
        let Some(operator) = Operator::parse(&member.key) else {
            faults.push((Fault::Syntax(Syntax::Operator), member.key_span.clone()));
            continue;
        };
        same_key(keys, faults);
        for key in keys {
            if key.key.trim() != key.key || key.key.is_empty() {
                faults.push((Fault::Syntax(Syntax::Key), key.key_span.clone()));
            }
            entries.push(ConditionEntry {
                operator,
                key: Spanned {
                    text: key.key.as_ref().into(),
                    span: key.key_span.clone(),
                },
                values: operands(&key.node, faults),
            });
        }
    }
    entries
}

/// Keys compare ignoring case, so `aws:SourceIp` beside `aws:sourceip` is a duplicate.
fn same_key(keys: &[Member<'_>], faults: &mut Faults) {
    let lower = |key: &Member<'_>| (key.key.to_ascii_lowercase(), key.key_span.clone());
    let mut names: Vec<_> = keys.iter().map(lower).collect();
    names.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.start.cmp(&b.1.start)));
    for (one, other) in names.iter().zip(names.iter().skip(1)) {
        if one.0 == other.0 {
            faults.push((Fault::Syntax(Syntax::KeyTwice), other.1.clone()));
        }
    }
}

/// A string, number or truth value, or a list of them.
fn operands(node: &Node<'_>, faults: &mut Faults) -> Vec<Spanned> {
    match &node.value {
        Json::Array(nodes) => {
            let nodes = nodes.iter();
            nodes.filter_map(|node| operand(node, faults)).collect()
        }
        _ => operand(node, faults).into_iter().collect(),
    }
}

fn operand(node: &Node<'_>, faults: &mut Faults) -> Option<Spanned> {
    let text = match &node.value {
        Json::String(text) => text.as_ref(),
        Json::Number(text) => text,
        Json::Bool(true) => "true",
        Json::Bool(false) => "false",
        Json::Null | Json::Array(_) | Json::Object(_) => {
            faults.push((Fault::Syntax(Syntax::Type), node.span.clone()));
            return None;
        }
    };
    Some(Spanned {
        text: text.into(),
        span: node.span.clone(),
    })
}
