//! JSON, just enough for documents that were accepted: a second reader, so that the first is not believed.

/// A value. Numbers stay as they are written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Truth(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The whole text as one value.
pub(crate) fn read(text: &str) -> Option<Json> {
    let mut rest = text;
    let value = value(&mut rest)?;
    space(&mut rest);
    rest.is_empty().then_some(value)
}

fn space(rest: &mut &str) {
    *rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
}

fn take(rest: &mut &str, word: &str) -> Option<()> {
    *rest = rest.strip_prefix(word)?;
    Some(())
}

fn value(rest: &mut &str) -> Option<Json> {
    space(rest);
    match rest.chars().next()? {
        '{' => object(rest),
        '[' => list(rest),
        '"' => Some(Json::Text(string(rest)?)),
        't' => take(rest, "true").map(|()| Json::Truth(true)),
        'f' => take(rest, "false").map(|()| Json::Truth(false)),
        'n' => take(rest, "null").map(|()| Json::Null),
        _ => {
            let end = rest
                .find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)))
                .unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            *rest = after;
            (!number.is_empty()).then(|| Json::Number(number.to_owned()))
        }
    }
}

fn list(rest: &mut &str) -> Option<Json> {
    take(rest, "[")?;
    let mut items = Vec::new();
    space(rest);
    if take(rest, "]").is_some() {
        return Some(Json::List(items));
    }
    loop {
        items.push(value(rest)?);
        space(rest);
        if take(rest, "]").is_some() {
            return Some(Json::List(items));
        }
        take(rest, ",")?;
    }
}

fn object(rest: &mut &str) -> Option<Json> {
    take(rest, "{")?;
    let mut members: Vec<(String, Json)> = Vec::new();
    space(rest);
    if take(rest, "}").is_some() {
        return Some(Json::Object(members));
    }
    loop {
        space(rest);
        let key = string(rest)?;
        space(rest);
        take(rest, ":")?;
        let found = value(rest)?;
        // Duplicate keys in one object are invalid.
        if members.iter().any(|(known, _)| *known == key) {
            return None;
        }
        members.push((key, found));
        space(rest);
        if take(rest, "}").is_some() {
            return Some(Json::Object(members));
        }
        take(rest, ",")?;
    }
}

fn string(rest: &mut &str) -> Option<String> {
    take(rest, "\"")?;
    let mut out = Vec::new();
    loop {
        let c = rest.chars().next()?;
        *rest = rest.split_at(c.len_utf8()).1;
        match c {
            '"' => return String::from_utf16(&out).ok(),
            '\\' => escape(rest, &mut out)?,
            c => out.extend(c.encode_utf16(&mut [0; 2]).iter()),
        }
    }
}

/// An escape, as UTF-16: a pair of surrogates comes together by itself.
fn escape(rest: &mut &str, out: &mut Vec<u16>) -> Option<()> {
    let letter = rest.chars().next()?;
    *rest = rest.split_at(letter.len_utf8()).1;
    let plain = match letter {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let (digits, after) = rest.split_at_checked(4)?;
            out.push(u16::from_str_radix(digits, 16).ok()?);
            *rest = after;
            return Some(());
        }
        '"' | '\\' | '/' => letter,
        _ => return None,
    };
    out.push(u16::try_from(u32::from(plain)).ok()?);
    Some(())
}
