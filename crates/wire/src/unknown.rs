//! Parameters that the model of an operation does not have, for those who refuse instead of ignore.

use crate::form::Form;
use crate::json::Json;
use crate::shape::{Kind, Shape};

/// Names in the form that lead nowhere in the model. Action, Version and the signature's own
/// parameters belong to every call.
pub(crate) fn in_form(form: &Form, shape: &Shape) -> Vec<String> {
    let every_call =
        |name: &str| matches!(name, "Action" | "Version") || name.starts_with("X-Amz-");
    form.names()
        .filter(|name| !every_call(name) && !leads_somewhere(shape, name))
        .map(str::to_owned)
        .collect()
}

/// Whether the dotted rest of a name goes down the model.
fn leads_somewhere(shape: &Shape, name: &str) -> bool {
    let (first, rest) = match name.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    };
    let below = |shape: &Shape, rest: Option<&str>| match rest {
        Some(rest) => leads_somewhere(shape, rest),
        None => true,
    };
    match shape.kind {
        Kind::Structure(members) => members
            .iter()
            .find(|m| m.name == first)
            .is_some_and(|m| below(m.shape, rest)),
        Kind::List(item) if first == "member" => {
            rest.is_some_and(|rest| below(item, after_number(rest)))
        }
        Kind::Map(key, value) if first == "entry" => match rest.and_then(after_number) {
            Some(rest) if rest == "key" || rest.starts_with("key.") => below(key, rest.get(4..)),
            Some(rest) if rest == "value" || rest.starts_with("value.") => {
                below(value, rest.get(6..))
            }
            _ => false,
        },
        _ => false,
    }
}

/// What follows the number of an item.
fn after_number(rest: &str) -> Option<&str> {
    rest.split_once('.').map(|(_, rest)| rest)
}

/// Members in the JSON document that the model does not have, as dotted names.
pub(crate) fn in_json(json: &Json<'_>, shape: &Shape) -> Vec<String> {
    let mut found = Vec::new();
    walk(json, shape, "", &mut found);
    found
}

fn walk(json: &Json<'_>, shape: &Shape, path: &str, found: &mut Vec<String>) {
    match (json, &shape.kind) {
        (Json::Object(members), Kind::Structure(known)) => {
            for (name, value) in members {
                let path = if path.is_empty() {
                    name.to_string()
                } else {
                    format!("{path}.{name}")
                };
                match known.iter().find(|m| m.name == name) {
                    Some(member) => walk(value, member.shape, &path, found),
                    None => found.push(path),
                }
            }
        }
        (Json::List(items), Kind::List(item)) => {
            items
                .iter()
                .for_each(|value| walk(value, item, path, found));
        }
        (Json::Object(members), Kind::Map(_, item)) => {
            members
                .iter()
                .for_each(|(_, value)| walk(value, item, path, found));
        }
        _ => {}
    }
}
