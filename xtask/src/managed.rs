//! `cargo xtask pack-managed-policies FILE.json`: the AWS managed policies as the packed file that the api carries.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Map, Value};

const USAGE: &str = "usage: cargo xtask pack-managed-policies FILE.json";
/// Where the packed file stands in the workspace.
const TARGET: &str = "crates/api/data/managed-policies.bin";
/// The first bytes of the file; another layout gets others.
const MAGIC: &[u8; 4] = b"LMP1";
/// Documents are put together until a block is this large, bytes.
const BLOCK_BYTES: usize = 64 * 1024;

/// The order in which AWS writes the members of documents and statements; others follow by name.
const MEMBERS: [&str; 11] = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
];

/// Packs the policies of a JSON file: an object of name → path, created, updated, version, document
/// and, if known, description. The same input gives the same bytes.
pub fn run(args: &[String]) -> Result<(), String> {
    let [file] = args else {
        return Err(USAGE.to_owned());
    };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let policies: Map<String, Value> =
        serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
    let packed = pack(&policies)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("xtask has no parent folder")?;
    let target = root.join(TARGET);
    std::fs::write(&target, packed).map_err(|error| format!("{}: {error}", target.display()))
}

/// The file: magic, three lengths (index packed, index plain, number of blocks), two lengths per
/// block (packed, plain), the index, the blocks. Numbers are 32 bits, little endian. A line of the
/// index has tab-separated fields: name, path, created, updated (Unix seconds), number of the
/// default version, block, offset, length, description. Lines are sorted by lower-cased name.
fn pack(policies: &Map<String, Value>) -> Result<Vec<u8>, String> {
    let mut names: Vec<&String> = policies.keys().collect();
    names.sort_by_key(|name| (name.to_ascii_lowercase(), (*name).clone()));
    let mut index = String::new();
    let mut blocks = vec![String::new()];
    for name in names {
        let policy = policies.get(name).ok_or("a name without a policy")?;
        let document = policy
            .get("document")
            .ok_or_else(|| format!("{name}: no document"))?;
        let mut text = String::new();
        write_json(&mut text, document);
        if blocks
            .last()
            .is_some_and(|block| !block.is_empty() && block.len() + text.len() > BLOCK_BYTES)
        {
            blocks.push(String::new());
        }
        let number = blocks.len() - 1;
        let block = blocks.last_mut().ok_or("no block")?;
        let line = line(name, policy).map_err(|what| format!("{name}: {what}"))?;
        let place = format!("{number}\t{}\t{}", block.len(), text.len());
        writeln!(index, "{}\t{place}\t{}", line.head, line.description)
            .map_err(|e| e.to_string())?;
        block.push_str(&text);
    }
    let packed_index = deflate(&index)?;
    let mut file = MAGIC.to_vec();
    for length in [packed_index.len(), index.len(), blocks.len()] {
        file.extend_from_slice(&number(length)?);
    }
    let mut bodies = Vec::new();
    for block in &blocks {
        let body = deflate(block)?;
        file.extend_from_slice(&number(body.len())?);
        file.extend_from_slice(&number(block.len())?);
        bodies.extend_from_slice(&body);
    }
    file.extend_from_slice(&packed_index);
    file.extend_from_slice(&bodies);
    Ok(file)
}

/// A line of the index, around the place of its document.
struct Line {
    head: String,
    description: String,
}

fn line(name: &str, policy: &Value) -> Result<Line, String> {
    let field = |key: &str| {
        let text = policy.get(key).and_then(Value::as_str);
        text.ok_or_else(|| format!("no {key}"))
    };
    let version = field("version")?;
    let version = version
        .strip_prefix('v')
        .and_then(|number| number.parse::<u32>().ok());
    let version = version.ok_or("a version that is not v1, v2, …")?;
    let (created, updated) = (unix_s(field("created")?)?, unix_s(field("updated")?)?);
    let description = policy
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let path = field("path")?;
    if [name, path, description]
        .iter()
        .any(|text| text.contains(['\t', '\n']))
    {
        return Err("a tab or line feed in a field".to_owned());
    }
    let head = format!("{name}\t{path}\t{created}\t{updated}\t{version}");
    Ok(Line {
        head,
        description: description.to_owned(),
    })
}

/// Seconds since 1970 of `YYYY-MM-DDThh:mm:ss+00:00`.
fn unix_s(text: &str) -> Result<i64, String> {
    let invalid = || format!("not a UTC time: {text}");
    let plain = text
        .strip_suffix("+00:00")
        .or(text.strip_suffix('Z'))
        .ok_or_else(invalid)?;
    let numbers: Vec<i64> = plain
        .split(['-', 'T', ':'])
        .map_while(|part| part.parse().ok())
        .collect();
    let [year, month, day, hour, minute, second] = numbers[..] else {
        return Err(invalid());
    };
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return Err(invalid());
    }
    // Years are counted from March, so that the leap day is the last of its year.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Ok((days + day_of_year - 719_468) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// JSON without white space, members in AWS's order, lists as they are.
fn write_json(out: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| {
                let rank = MEMBERS.iter().position(|known| known == name);
                (rank.unwrap_or(MEMBERS.len()), name.as_str())
            });
            out.push('{');
            for (at, (name, value)) in members.into_iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write_json(out, value);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                write_json(out, item);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// Deflated text, as small as it gets.
pub fn deflate(text: &str) -> Result<Vec<u8>, String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(text.as_bytes())
        .map_err(|error| error.to_string())?;
    encoder.finish().map_err(|error| error.to_string())
}

fn number(value: usize) -> Result<[u8; 4], String> {
    u32::try_from(value)
        .map(u32::to_le_bytes)
        .map_err(|_| format!("{value} is too large"))
}

#[cfg(test)]
mod tests {
    use super::{unix_s, write_json};

    #[test]
    fn times_are_read() {
        for (text, unix) in [
            ("1970-01-01T00:00:00+00:00", 0),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2015-08-30T12:36:00+00:00", 1_440_938_160),
        ] {
            assert_eq!(unix_s(text), Ok(unix), "{text}");
        }
        for text in [
            "2015-08-30",
            "2015-13-30T12:36:00Z",
            "2015-08-30T12:36:00+01:00",
        ] {
            assert!(unix_s(text).is_err(), "{text}");
        }
    }

    #[test]
    fn documents_are_written_in_awss_order() {
        let value = serde_json::json!({
            "Statement": [{"Resource": "*", "Condition": {"Bool": {"a": "true"}}, "Action": ["b", "a"], "Effect": "Allow", "Sid": "S"}],
            "Version": "2012-10-17",
        });
        let mut text = String::new();
        write_json(&mut text, &value);
        assert_eq!(
            text,
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Allow","Action":["b","a"],"Resource":"*","Condition":{"Bool":{"a":"true"}}}]}"#
        );
    }
}
