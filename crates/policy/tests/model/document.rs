//! The grammar of section 1: from JSON to statements, or nothing when the grammar is broken.

use super::json::{self, Json};

/// A policy.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Version 2012-10-17: `${…}` is a variable, else it is text.
    pub(crate) variables: bool,
    pub(crate) statements: Vec<Statement>,
}

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) allows: bool,
    /// The type (`AWS`, `Service`, …, or `""` for the bare `"*"`) and the name.
    pub(crate) principal: Option<Element<(String, String)>>,
    pub(crate) action: Element<String>,
    pub(crate) resource: Option<Element<String>>,
    pub(crate) conditions: Vec<Condition>,
}

/// An element or its `Not…` form.
#[derive(Debug, Clone)]
pub(crate) struct Element<T> {
    pub(crate) not: bool,
    pub(crate) items: Vec<T>,
}

/// One key under one operator.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) operator: String,
    pub(crate) key: String,
    pub(crate) operands: Vec<String>,
}

impl Document {
    pub(crate) fn read(text: &str) -> Option<Document> {
        let Json::Object(members) = json::read(text)? else {
            return None;
        };
        let mut variables = false;
        let mut statements = None;
        for (name, value) in members {
            match (name.as_str(), value) {
                ("Version", Json::Text(version)) => match version.as_str() {
                    "2012-10-17" => variables = true,
                    "2008-10-17" => {}
                    _ => return None,
                },
                ("Id", Json::Text(_)) => {}
                ("Statement", Json::List(found)) => {
                    statements = Some(found.into_iter().map(statement).collect::<Option<_>>()?);
                }
                ("Statement", found) => statements = Some(vec![statement(found)?]),
                _ => return None,
            }
        }
        let statements: Vec<Statement> = statements?;
        (!statements.is_empty()).then_some(Document {
            variables,
            statements,
        })
    }
}

fn statement(json: Json) -> Option<Statement> {
    let Json::Object(members) = json else {
        return None;
    };
    let mut allows = None;
    let (mut principals, mut actions, mut resources) = (Vec::new(), Vec::new(), Vec::new());
    let mut conditions = Vec::new();
    for (name, value) in members {
        match name.as_str() {
            "Sid" => text(value).map(drop)?,
            "Effect" => match text(value)?.as_str() {
                "Allow" => allows = Some(true),
                "Deny" => allows = Some(false),
                _ => return None,
            },
            "Principal" => principals.push(principal(value, false)?),
            "NotPrincipal" => principals.push(principal(value, true)?),
            "Action" => actions.push(element(value, false)?),
            "NotAction" => actions.push(element(value, true)?),
            "Resource" => resources.push(element(value, false)?),
            "NotResource" => resources.push(element(value, true)?),
            "Condition" => conditions = block(value)?,
            _ => return None,
        }
    }
    // One of each pair at most; an action there must be.
    if principals.len() > 1 || actions.len() != 1 || resources.len() > 1 {
        return None;
    }
    let statement = Statement {
        allows: allows?,
        principal: principals.pop(),
        action: actions.pop()?,
        resource: resources.pop(),
        conditions,
    };
    let not_principal = statement.principal.as_ref().is_some_and(|p| p.not);
    (!(statement.allows && not_principal)).then_some(statement)
}

fn text(json: Json) -> Option<String> {
    match json {
        Json::Text(text) => Some(text),
        _ => None,
    }
}

fn texts(json: Json) -> Option<Vec<String>> {
    match json {
        Json::List(items) => items.into_iter().map(text).collect(),
        one => Some(vec![text(one)?]),
    }
}

fn element(json: Json, not: bool) -> Option<Element<String>> {
    let items = texts(json)?;
    (!items.is_empty()).then_some(Element { not, items })
}

fn principal(json: Json, not: bool) -> Option<Element<(String, String)>> {
    let mut items = Vec::new();
    match json {
        Json::Text(text) if text == "*" => items.push((String::new(), text)),
        Json::Object(members) => {
            for (kind, names) in members {
                if !["AWS", "Federated", "Service", "CanonicalUser"].contains(&kind.as_str()) {
                    return None;
                }
                items.extend(texts(names)?.into_iter().map(|name| (kind.clone(), name)));
            }
        }
        _ => return None,
    }
    (!items.is_empty()).then_some(Element { not, items })
}

fn block(json: Json) -> Option<Vec<Condition>> {
    let Json::Object(operators) = json else {
        return None;
    };
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let Json::Object(keys) = keys else {
            return None;
        };
        for (key, operands) in keys {
            let operands = match operands {
                Json::List(items) => items.into_iter().map(operand).collect::<Option<_>>()?,
                one => vec![operand(one)?],
            };
            conditions.push(Condition {
                operator: operator.clone(),
                key,
                operands,
            });
        }
    }
    Some(conditions)
}

fn operand(json: Json) -> Option<String> {
    match json {
        Json::Text(text) | Json::Number(text) => Some(text),
        Json::Truth(truth) => Some(truth.to_string()),
        _ => None,
    }
}
