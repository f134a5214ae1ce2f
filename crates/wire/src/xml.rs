//! XML: escaping for answers that we write, and a small bounded reader for answers that we get.

use crate::limits::{NESTING_MAX, XML_ELEMENTS_MAX};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Appends text content. Characters that XML 1.0 cannot carry become U+FFFD; a carriage return is
/// written as a reference, because parsers turn the bare one into a line feed.
pub(crate) fn push_text(out: &mut String, text: &str) {
    // No early exit: so the compiler looks at many bytes at once. 0xEF begins U+FFFE.
    let special = text.bytes().fold(false, |found, b| {
        found | (b < 0x20) | (b == b'&') | (b == b'<') | (b == b'>') | (b == b'"') | (b == 0xEF)
    });
    if !special {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' => out.push(c),
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
}

/// An element without its attributes.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

/// Why an answer is not read.
#[derive(Debug, thiserror::Error)]
pub enum XmlError {
    /// Not well formed.
    #[error("the answer is not well-formed XML: {0}")]
    Syntax(String),
    /// A document type declaration or an entity of its own.
    #[error("the answer declares entities, which AWS's answers never do")]
    Entity,
    /// Deeper or longer than any answer.
    #[error("the answer is nested too deeply or has too many elements")]
    TooLarge,
}

impl Element {
    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|c| c.name == name)
    }

    /// Reads one document; answers its root.
    pub(crate) fn parse(text: &str) -> Result<Element, XmlError> {
        let syntax = |e: &dyn std::fmt::Display| XmlError::Syntax(e.to_string());
        let mut reader = Reader::from_str(text);
        let mut open = vec![Element::default()];
        let mut count = 0;
        loop {
            let event = reader.read_event().map_err(|e| syntax(&e))?;
            count += usize::from(matches!(event, Event::Start(_) | Event::Empty(_)));
            if count > XML_ELEMENTS_MAX || open.len() > NESTING_MAX {
                return Err(XmlError::TooLarge);
            }
            match event {
                Event::Start(tag) => open.push(named(tag.local_name().as_ref())),
                Event::Empty(tag) => adopt(&mut open, named(tag.local_name().as_ref())),
                Event::End(_) => match open.pop() {
                    Some(done) => adopt(&mut open, done),
                    None => return Err(XmlError::Syntax("an end without a start".to_owned())),
                },
                Event::Text(piece) => append(&mut open, &piece.xml10_content()),
                Event::CData(piece) => append(&mut open, &piece.xml10_content()),
                Event::GeneralRef(name) => {
                    let character = match name.resolve_char_ref() {
                        Ok(Some(c)) => c,
                        _ => entity(&name)?,
                    };
                    append(&mut open, character.encode_utf8(&mut [0; 4]));
                }
                Event::DocType(_) => return Err(XmlError::Entity),
                Event::Eof => break,
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            }
        }
        match (open.pop(), open.len()) {
            (Some(mut document), 0) if document.children.len() == 1 => {
                document.children.pop().ok_or(XmlError::TooLarge)
            }
            _ => Err(XmlError::Syntax("not one closed root element".to_owned())),
        }
    }
}

fn named(name: &str) -> Element {
    Element {
        name: name.to_owned(),
        ..Element::default()
    }
}

fn adopt(open: &mut [Element], child: Element) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(child);
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// The five entities that every XML document has.
fn entity(name: &str) -> Result<char, XmlError> {
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(XmlError::Entity),
    }
}
