//! The canonical layout of a policy: one order of elements, one indentation, short lists on one line.

use std::ops::Range;

use crate::code::Code;
use crate::fault::Fault;
use crate::finding::{Finding, Kind};
use crate::json::{self, Json, Member, Node, write_plain_string};
use crate::limits::LAYOUT_LINE_CHARACTERS;

/// The elements in the order in which they are written; others follow as they stand.
const ORDER: &[&str] = &[
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
    "Condition",
];

/// What an object is: the order of its members follows from it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// A document or statement: [`ORDER`].
    Elements,
    /// Anything within a statement: as it stands.
    Inner,
}

/// Rewrites a policy in its canonical layout. The document stays the same: every element, value and
/// list is kept, only the order of elements, white space and the way characters are escaped change.
/// Writing the layout again changes nothing.
///
/// ```
/// use locum_policy::layout;
///
/// let text = layout(r#"{"Statement": [], "Version": "2012-10-17"}"#)?;
/// assert_eq!(text, "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}\n");
/// # Ok::<(), locum_policy::Finding>(())
/// ```
///
/// # Errors
/// What makes the text no JSON object, one that readers take differently (a key twice), or one without
/// `Statement`, which is no policy, with its span.
pub fn layout(text: &str) -> Result<String, Finding> {
    let refused = |fault: Fault, span: Range<usize>| {
        let written = text.get(span.clone()).unwrap_or_default();
        let (message, help) = fault.plain(written).unwrap_or_default();
        let code = fault.code(Kind::Managed);
        Finding {
            severity: code.severity(),
            code,
            message,
            help,
            span,
        }
    };
    let root = json::read(text).map_err(|(fault, span)| refused(Fault::Json(fault), span))?;
    let Json::Object(members) = &root.value else {
        return Err(Finding {
            severity: Code::DataTypeMismatch.severity(),
            code: Code::DataTypeMismatch,
            message: "a policy is an object".to_owned(),
            help: "write {\"Version\": \"2012-10-17\", \"Statement\": […]}".to_owned(),
            span: root.span,
        });
    };
    if !members.iter().any(|member| member.key == "Statement") {
        return Err(refused(Fault::StatementEmpty, root.span));
    }
    let mut out = String::with_capacity(text.len() * 2);
    write(&root, Level::Elements, 0, 0, &mut out);
    out.push('\n');
    Ok(out)
}

/// Writes a value at an indentation, behind `before` characters of its line.
fn write(node: &Node<'_>, level: Level, indent: usize, before: usize, out: &mut String) {
    match &node.value {
        Json::Object(members) if members.is_empty() => out.push_str("{}"),
        Json::Object(members) => object(members, level, indent, out),
        Json::Array(items) if items.is_empty() => out.push_str("[]"),
        Json::Array(items) => array(items, level, indent, before, out),
        _ => scalar(node, out),
    }
}

fn object(members: &[Member<'_>], level: Level, indent: usize, out: &mut String) {
    let mut members: Vec<&Member<'_>> = members.iter().collect();
    if level == Level::Elements {
        let rank = |name: &str| ORDER.iter().position(|known| *known == name);
        members.sort_by_key(|member| rank(&member.key).unwrap_or(ORDER.len()));
    }
    out.push('{');
    for (at, member) in members.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        line(indent + 1, out);
        let start = out.len();
        write_plain_string(&member.key, out);
        out.push_str(": ");
        let before = out.get(start..).map_or(0, |key| key.chars().count());
        let inner = match (level, &*member.key) {
            (Level::Elements, "Statement") => Level::Elements,
            _ => Level::Inner,
        };
        // The comma that may follow has its place as well.
        write(&member.node, inner, indent + 1, before + 1, out);
    }
    line(indent, out);
    out.push('}');
}

fn array(items: &[Node<'_>], level: Level, indent: usize, before: usize, out: &mut String) {
    let plain = |node: &Node<'_>| !matches!(node.value, Json::Object(_) | Json::Array(_));
    if items.iter().all(plain) {
        let mut short = String::from("[");
        for (at, item) in items.iter().enumerate() {
            short.push_str(if at == 0 { "" } else { ", " });
            scalar(item, &mut short);
        }
        short.push(']');
        if 2 * indent + before + short.chars().count() <= LAYOUT_LINE_CHARACTERS {
            out.push_str(&short);
            return;
        }
    }
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        line(indent + 1, out);
        write(item, level, indent + 1, 0, out);
    }
    line(indent, out);
    out.push(']');
}

fn scalar(node: &Node<'_>, out: &mut String) {
    match &node.value {
        Json::String(text) => write_plain_string(text, out),
        Json::Number(text) => out.push_str(text),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Null | Json::Object(_) | Json::Array(_) => out.push_str("null"),
    }
}

fn line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", indent));
}

#[cfg(test)]
mod tests;
