//! The version, and elements that say nothing.

use super::{Findings, Subject, finding};
use crate::code::Code;
use crate::document::Version;
use crate::json::{self, Json, Node};

pub(super) fn version(subject: &Subject<'_>, out: &mut Findings) {
    let document = subject.document;
    if document.version_span.is_none() {
        out.push(finding(
            Code::MissingVersion,
            &(0..1.min(document.text.len())),
            "no Version: the policy is read as one of 2008-10-17, without variables",
            "add \"Version\": \"2012-10-17\"",
        ));
    }
    if document.version == Version::V2012 {
        return;
    }
    for statement in &document.statements {
        let resources = statement.resources.iter().flat_map(|list| &list.items);
        let values = statement.conditions.iter().flat_map(|entry| &entry.values);
        for item in resources
            .chain(values)
            .filter(|item| item.text.contains("${"))
        {
            out.push(finding(
                Code::VariableUnsupportedInVersion,
                &item.span,
                "this version has no variables: ${…} is plain text here",
                "write \"Version\": \"2012-10-17\"",
            ));
        }
    }
}

/// Elements of statements that are there and empty.
pub(super) fn shape(subject: &Subject<'_>, out: &mut Findings) {
    let document = subject.document;
    for statement in &document.statements {
        if let Some(sid) = statement.sid.as_ref().filter(|sid| sid.text.is_empty()) {
            out.push(finding(
                Code::EmptySidValue,
                &sid.span,
                "an empty Sid",
                "leave it out",
            ));
        }
    }
    let Ok(root) = json::read(&document.text) else {
        return;
    };
    for statement in statements(&root) {
        let Json::Object(members) = &statement.value else {
            continue;
        };
        for member in members.iter().filter(|member| member.key == "Condition") {
            if matches!(&member.node.value, Json::Object(operators) if operators.is_empty()) {
                let span = member.key_span.start..member.node.span.end;
                out.push(finding(
                    Code::EmptyObjectCondition,
                    &span,
                    "a Condition without conditions says nothing",
                    "leave it out, or write the condition that is missing",
                ));
            }
        }
    }
}

fn statements<'a, 't>(root: &'a Node<'t>) -> &'a [Node<'t>] {
    let Json::Object(members) = &root.value else {
        return &[];
    };
    let statement = members.iter().find(|member| member.key == "Statement");
    match statement.map(|member| &member.node) {
        Some(Node {
            value: Json::Array(nodes),
            ..
        }) => nodes,
        Some(node) => std::slice::from_ref(node),
        None => &[],
    }
}
