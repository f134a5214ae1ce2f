//! `cargo xtask pack-actions FILE.json`: the catalogue of actions as the packed file that the policy crate carries.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::managed::deflate;
use crate::project;

const USAGE: &str = "usage: cargo xtask pack-actions FILE.json";
/// Where the packed file stands in the workspace.
const TARGET: &str = "crates/policy/data/actions.bin";
/// The first bytes of the file; another layout gets others.
const MAGIC: &[u8; 4] = b"LAC1";

/// Types of condition keys and their letters.
const TYPES: [(&str, char); 9] = [
    ("String", 's'),
    ("ArrayOfString", 'S'),
    ("ARN", 'a'),
    ("ArrayOfARN", 'A'),
    ("Bool", 'b'),
    ("ArrayOfBool", 'B'),
    ("Numeric", 'n'),
    ("Date", 'd'),
    ("IPAddress", 'i'),
];

/// Access levels and their letters.
const LEVELS: [(&str, char); 5] = [
    ("Read", 'r'),
    ("List", 'l'),
    ("Write", 'w'),
    ("Tagging, Write", 't'),
    ("Permissions management, Write", 'p'),
];

/// Packs a JSON file: an object of service prefix → `keys` (name → type), `resources` (name → `arn`,
/// `keys`) and `actions` (name → `level`, `keys`, `resources` of `type`, `required`, `keys`). The same
/// input gives the same bytes.
pub fn run(args: &[String]) -> Result<(), String> {
    let [file] = args else {
        return Err(USAGE.to_owned());
    };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let services: Map<String, Value> =
        serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
    let text = write(&services)?;
    let length = u32::try_from(text.len()).map_err(|_| "too long".to_owned())?;
    let mut packed = MAGIC.to_vec();
    packed.extend_from_slice(&length.to_le_bytes());
    packed.extend_from_slice(&deflate(&text)?);
    let target = project::root()?.join(TARGET);
    std::fs::write(&target, packed).map_err(|error| format!("{}: {error}", target.display()))
}

/// The text: services in ascending order, each a line `=prefix` and then lines of tab-separated
/// fields. `k` name, type: a condition key. `r` name, ARN, keys: a type of resources. `a` name, level,
/// keys, resources: an action. Keys are numbers of the service's `k` lines, with commas between;
/// resources are numbers of its `r` lines, `!` behind those that are required, then `:` and the keys
/// that come with them, and `;` between.
fn write(services: &Map<String, Value>) -> Result<String, String> {
    let services: BTreeMap<&String, &Value> = services.iter().collect();
    let mut out = String::new();
    for (prefix, service) in services {
        writeln!(out, "={prefix}").map_err(|e| e.to_string())?;
        write_service(&mut out, service).map_err(|what| format!("{prefix}: {what}"))?;
    }
    Ok(out)
}

fn write_service(out: &mut String, service: &Value) -> Result<(), String> {
    let (keys, resources) = (table(service, "keys")?, table(service, "resources")?);
    let number = |names: &BTreeMap<&String, &Value>, name: &str| {
        let found = names.keys().position(|known| *known == name);
        found.ok_or_else(|| format!("{name} is not in the list"))
    };
    let numbers = |list: Option<&Value>| -> Result<String, String> {
        let names = list
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|name| number(&keys, name.as_str().unwrap_or_default()).map(|n| n.to_string()));
        Ok(names.collect::<Result<Vec<_>, _>>()?.join(","))
    };
    for (name, kind) in &keys {
        let letter = letter(&TYPES, kind.as_str())?;
        line(out, &["k", &templated(name), &letter.to_string()])?;
    }
    for (name, resource) in &resources {
        let arn = resource.get("arn").and_then(Value::as_str);
        let arn = arn.ok_or_else(|| format!("{name}: no arn"))?;
        line(out, &["r", name, arn, &numbers(resource.get("keys"))?])?;
    }
    for (name, action) in table(service, "actions")? {
        let letter = letter(&LEVELS, action.get("level").and_then(Value::as_str))?;
        let mut on = Vec::new();
        for resource in action
            .get("resources")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let kind = resource
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let required = resource.get("required").and_then(Value::as_bool) == Some(true);
            let mark = if required { "!" } else { "" };
            let mut text = format!("{}{mark}", number(&resources, kind)?);
            let keys = numbers(resource.get("keys"))?;
            if !keys.is_empty() {
                text = format!("{text}:{keys}");
            }
            on.push(text);
        }
        let keys = numbers(action.get("keys"))?;
        line(out, &["a", name, &letter.to_string(), &keys, &on.join(";")])?;
    }
    Ok(())
}

/// The name with `${TagKey}` where AWS writes the place of a tag's key in another way, or leaves it out.
fn templated(name: &str) -> String {
    let tag = ["/<key>", "/tag-key"]
        .iter()
        .find_map(|end| name.strip_suffix(end));
    let open = name.strip_suffix('/');
    match tag.or(open) {
        Some(before) => format!("{before}/${{TagKey}}"),
        None => name.to_owned(),
    }
}

fn table<'a>(service: &'a Value, member: &str) -> Result<BTreeMap<&'a String, &'a Value>, String> {
    let members = service.get(member).and_then(Value::as_object);
    let members = members.ok_or_else(|| format!("no {member}"))?;
    Ok(members.iter().collect())
}

fn letter(list: &[(&str, char)], name: Option<&str>) -> Result<char, String> {
    let found = list.iter().find(|(known, _)| Some(*known) == name);
    found
        .map(|(_, letter)| *letter)
        .ok_or_else(|| format!("{name:?} is not known"))
}

/// One line, without empty fields at its end.
fn line(out: &mut String, fields: &[&str]) -> Result<(), String> {
    if fields.iter().any(|field| field.contains(['\t', '\n'])) {
        return Err("a tab or line feed in a field".to_owned());
    }
    let text = fields.join("\t");
    writeln!(out, "{}", text.trim_end_matches('\t')).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::{templated, write};

    #[test]
    fn the_text_is_small_and_stable() {
        let services = serde_json::json!({
            "b": {"actions": {}, "keys": {}, "resources": {}},
            "a": {
                "keys": {"a:K": "ArrayOfString", "aws:TagKeys": "String"},
                "resources": {"thing": {"arn": "arn:${Partition}:a:::${Thing}", "keys": ["a:K"]}},
                "actions": {
                    "Get": {"level": "Read"},
                    "Put": {"level": "Write", "keys": ["a:K", "aws:TagKeys"],
                        "resources": [{"type": "thing", "required": true, "keys": ["a:K"]}]},
                },
            },
        });
        let text = write(services.as_object().unwrap()).unwrap();
        let expected = "=a\nk\ta:K\tS\nk\taws:TagKeys\ts\nr\tthing\tarn:${Partition}:a:::${Thing}\t0\n\
                        a\tGet\tr\na\tPut\tw\t0,1\t0!:0\n=b\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn every_tag_key_is_a_template() {
        for name in [
            "s3:Tag/<key>",
            "s3:Tag/tag-key",
            "s3:Tag/",
            "s3:Tag/${TagKey}",
        ] {
            assert_eq!(templated(name), "s3:Tag/${TagKey}");
        }
        assert_eq!(templated("s3:prefix"), "s3:prefix");
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for service in [
            serde_json::json!({"actions": {"Get": {"level": "Sometimes"}}, "keys": {}, "resources": {}}),
            serde_json::json!({"actions": {}, "keys": {"k": "Colour"}, "resources": {}}),
            serde_json::json!({"actions": {"Get": {"level": "Read", "keys": ["k"]}}, "keys": {}, "resources": {}}),
        ] {
            let services = serde_json::json!({"a": service});
            assert!(write(services.as_object().unwrap()).is_err(), "{services}");
        }
    }
}
