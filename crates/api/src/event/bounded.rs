//! Request parameters and response elements within their bound: what is too large is told by length and hash.
//!
//! Nobody hides behind size: only the members that are too large are replaced, the largest first, and a
//! policy that fits without its white space stays. The rest tells what the call was about.

use std::borrow::Cow;
use std::fmt;

use locum_policy::{Document, without_whitespace};
use locum_wire::push_json_string;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::limits::RECORD_PARAMETERS_BYTES_MAX as BYTES_MAX;

/// `object`, or what can be told of it in the room that a record has.
pub(super) fn bounded(object: &str) -> Cow<'_, str> {
    if object.len() <= BYTES_MAX {
        return Cow::Borrowed(object);
    }
    let Ok(Members(mut members)) = serde_json::from_str::<Members<'_>>(object) else {
        return Cow::Owned(omitted(object));
    };
    let mut size = size(&members);
    for shorter in [compact, replaced] {
        let mut order: Vec<usize> = (0..members.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(members.get(*at).map_or(0, Member::len)));
        for at in order {
            if size <= BYTES_MAX {
                break;
            }
            if let Some(member) = members.get_mut(at)
                && let Some(told) = shorter(&member.value)
            {
                size -= member.value.len() - told.len();
                member.value = Cow::Owned(told);
            }
        }
    }
    let told = written(&members);
    Cow::Owned(if told.len() <= BYTES_MAX {
        told
    } else {
        omitted(object)
    })
}

/// A member as it stands in the text.
struct Member<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
}

impl Member<'_> {
    /// With quotes, colon and comma.
    fn len(&self) -> usize {
        self.name.len() + self.value.len() + 4
    }
}

fn size(members: &[Member<'_>]) -> usize {
    members.iter().map(Member::len).sum::<usize>() + 1
}

fn written(members: &[Member<'_>]) -> String {
    let mut out = String::with_capacity(size(members));
    for (at, member) in members.iter().enumerate() {
        out.push(if at == 0 { '{' } else { ',' });
        push_json_string(&mut out, &member.name);
        out.push(':');
        out.push_str(&member.value);
    }
    out.push('}');
    out
}

/// The text of a policy without white space, when that is shorter.
fn compact(value: &str) -> Option<String> {
    let text: String = serde_json::from_str(value).ok()?;
    Document::parse(&text).ok()?;
    let mut told = String::new();
    push_json_string(&mut told, &without_whitespace(&text));
    (told.len() < value.len()).then_some(told)
}

fn replaced(value: &str) -> Option<String> {
    let told = omitted(value);
    (told.len() < value.len()).then_some(told)
}

/// The hash is that of the JSON as it would stand in the record.
fn omitted(json: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, json.as_bytes());
    let hex: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!(
        "{{\"omitted\":true,\"bytes\":{},\"sha256\":\"{hex}\"}}",
        json.len()
    )
}

/// An object's members in their order.
struct Members<'a>(Vec<Member<'a>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'de>, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members<'de>, M::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push(Member {
                        name: Cow::Owned(name),
                        value: Cow::Borrowed(value.get()),
                    });
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, bounded};

    #[test]
    fn the_largest_members_go_first_and_only_as_many_as_must() {
        let (huge, large) = ("h".repeat(BYTES_MAX), "l".repeat(BYTES_MAX / 2));
        let object = format!(r#"{{"a":"x","large":"{large}","huge":["{huge}"],"z":1}}"#);
        let told: serde_json::Value = serde_json::from_str(&bounded(&object)).expect("JSON");
        assert_eq!((&told["a"], &told["z"]), (&"x".into(), &1.into()));
        assert_eq!(told["large"], large.as_str());
        assert_eq!(told["huge"]["omitted"], true);
        assert_eq!(told["huge"]["bytes"], BYTES_MAX + 4);
    }

    #[test]
    fn a_policy_stays_without_its_white_space_and_other_text_does_not() {
        let spaces = " ".repeat(BYTES_MAX);
        let policy = |sid: &str| {
            format!(
                r#"{{{spaces}\"Statement\":{{\"Sid\":\"{sid}\",\"Effect\":\"Allow\",\"Action\":\"s3:Get *\",\"Resource\":\"*\"}}}}"#
            )
        };
        let object = format!(r#"{{"policy":"{}","text":"{spaces}"}}"#, policy("x"));
        let told: serde_json::Value = serde_json::from_str(&bounded(&object)).expect("JSON");
        assert_eq!(
            told["policy"],
            r#"{"Statement":{"Sid":"x","Effect":"Allow","Action":"s3:Get *","Resource":"*"}}"#
        );
        assert_eq!(told["text"]["omitted"], true);
    }

    #[test]
    fn too_many_small_members_are_told_as_one() {
        let members: Vec<String> = (0..BYTES_MAX / 8)
            .map(|at| format!("\"m{at}\":1"))
            .collect();
        let object = format!("{{{}}}", members.join(","));
        let told: serde_json::Value = serde_json::from_str(&bounded(&object)).expect("JSON");
        assert_eq!(told["omitted"], true);
        assert_eq!(told["bytes"], object.len());
    }
}
