//! SAML 2.0 metadata of an identity provider: read strictly, checked for what signing in will need.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, XmlVersion};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::limits;

/// The namespace of SAML metadata.
const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// The namespace of XML signatures.
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// What an identity provider of SAML 2.0 says it supports.
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";

/// What is known of an identity provider by its metadata.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// The provider's name for itself, which its assertions are issued under.
    pub(crate) entity_id: String,
    /// Unix seconds after which the metadata may not be used, when it says so.
    pub(crate) valid_until_s: Option<i64>,
    /// How many certificates it may sign with.
    pub(crate) signing_certificates: usize,
}

/// The elements that count; all others are read over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    EntityDescriptor,
    IdpSsoDescriptor,
    KeyDescriptor,
    SingleSignOnService,
    KeyInfo,
    X509Data,
    X509Certificate,
    Other,
}

const PROVIDER: [Step; 2] = [Step::EntityDescriptor, Step::IdpSsoDescriptor];
const KEY: [Step; 3] = [
    Step::EntityDescriptor,
    Step::IdpSsoDescriptor,
    Step::KeyDescriptor,
];
const SERVICE: [Step; 3] = [
    Step::EntityDescriptor,
    Step::IdpSsoDescriptor,
    Step::SingleSignOnService,
];
const CERTIFICATE: [Step; 6] = [
    Step::EntityDescriptor,
    Step::IdpSsoDescriptor,
    Step::KeyDescriptor,
    Step::KeyInfo,
    Step::X509Data,
    Step::X509Certificate,
];

/// Reads and checks a document. The error is the end of a sentence that begins `Could not parse
/// metadata: `.
///
/// Document types, and so entities of the document's own, are refused; nothing is ever fetched. That a
/// signing certificate expired does not matter (SAML V2.0 Metadata Interoperability Profile 1.0; IAM
/// does the same).
pub(crate) fn read(text: &str) -> Result<Metadata, &'static str> {
    let mut reader = NsReader::from_str(text);
    let mut found = Found::default();
    let mut path: Vec<Step> = Vec::new();
    let mut elements = 0usize;
    loop {
        let (namespace, event) = reader
            .read_resolved_event()
            .map_err(|_| "it is not well-formed XML")?;
        match event {
            Event::Start(tag) => {
                elements += 1;
                path.push(step(&namespace, &tag)?);
                found.enter(&path, &tag)?;
            }
            Event::Empty(tag) => {
                elements += 1;
                path.push(step(&namespace, &tag)?);
                found.enter(&path, &tag)?;
                found.leave(&path)?;
                path.pop();
            }
            Event::End(_) => {
                found.leave(&path)?;
                path.pop().ok_or("it is not well-formed XML")?;
            }
            Event::Text(piece) => found.text(&path, &piece.xml10_content())?,
            Event::CData(piece) => found.text(&path, &piece.xml10_content())?,
            Event::GeneralRef(name) => character(&name)?,
            Event::DocType(_) => return Err("it has a document type declaration"),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
        if path.len() > limits::SAML_METADATA_NESTING_MAX
            || elements > limits::SAML_METADATA_ELEMENTS_MAX
        {
            return Err("it is nested too deeply or has too many elements");
        }
    }
    if !path.is_empty() {
        return Err("it is not well-formed XML");
    }
    found.finish()
}

fn step(namespace: &ResolveResult<'_>, tag: &BytesStart<'_>) -> Result<Step, &'static str> {
    let namespace = match namespace {
        ResolveResult::Bound(Namespace(namespace)) => *namespace,
        ResolveResult::Unbound => "",
        ResolveResult::Unknown(_) => return Err("it uses a namespace prefix that is not declared"),
    };
    Ok(match (namespace, tag.local_name().as_ref()) {
        (METADATA, "EntityDescriptor") => Step::EntityDescriptor,
        (METADATA, "IDPSSODescriptor") => Step::IdpSsoDescriptor,
        (METADATA, "KeyDescriptor") => Step::KeyDescriptor,
        (METADATA, "SingleSignOnService") => Step::SingleSignOnService,
        (SIGNATURE, "KeyInfo") => Step::KeyInfo,
        (SIGNATURE, "X509Data") => Step::X509Data,
        (SIGNATURE, "X509Certificate") => Step::X509Certificate,
        _ => Step::Other,
    })
}

/// Only characters and the five entities that every document has.
fn character(name: &quick_xml::events::BytesRef<'_>) -> Result<(), &'static str> {
    let character = matches!(name.resolve_char_ref(), Ok(Some(_)));
    let known = matches!(&**name, "amp" | "lt" | "gt" | "quot" | "apos");
    (character || known)
        .then_some(())
        .ok_or("it refers to an entity")
}

/// An attribute without a namespace. All attributes are looked at, so that a name said twice is seen.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, &'static str> {
    let mut value = None;
    for held in tag.attributes() {
        let held = held.map_err(|_| "it has an attribute that is malformed or said twice")?;
        if held.key.as_ref() == name {
            let text = held.normalized_value(XmlVersion::Implicit1_0);
            value = Some(text.map_err(|_| "it refers to an entity")?.into_owned());
        }
    }
    Ok(value)
}

/// What was met so far.
#[derive(Default)]
struct Found {
    roots: usize,
    entity_id: String,
    valid_until_s: Option<i64>,
    providers: usize,
    services: usize,
    /// Whether the key descriptor that is open is one for signing.
    signing: bool,
    certificate: String,
    certificates: usize,
}

impl Found {
    fn enter(&mut self, path: &[Step], tag: &BytesStart<'_>) -> Result<(), &'static str> {
        if path.len() == 1 {
            self.roots += 1;
            if path != [Step::EntityDescriptor] || self.roots > 1 {
                return Err("its root is not one EntityDescriptor of SAML 2.0");
            }
            self.entity_id = attribute(tag, "entityID")?.unwrap_or_default();
            let until = attribute(tag, "validUntil")?;
            self.valid_until_s = until.as_deref().map(instant).transpose()?;
        } else if path == PROVIDER {
            let protocols = attribute(tag, "protocolSupportEnumeration")?.unwrap_or_default();
            if protocols
                .split_ascii_whitespace()
                .any(|held| held == PROTOCOL)
            {
                self.providers += 1;
            }
        } else if path == KEY {
            // A key without a use is for both.
            self.signing = attribute(tag, "use")?.is_none_or(|held| held == "signing");
        } else if path == SERVICE {
            let binding = attribute(tag, "Binding")?.unwrap_or_default();
            let location = attribute(tag, "Location")?.unwrap_or_default();
            self.services += usize::from(!binding.is_empty() && !location.is_empty());
        } else if path == CERTIFICATE {
            self.certificate.clear();
        } else {
            attribute(tag, "")?;
        }
        Ok(())
    }

    fn text(&mut self, path: &[Step], piece: &str) -> Result<(), &'static str> {
        if path.is_empty() && !piece.trim().trim_start_matches('\u{feff}').is_empty() {
            return Err("it is not well-formed XML");
        }
        if path == CERTIFICATE {
            let characters = piece.chars().filter(|held| !held.is_ascii_whitespace());
            self.certificate.extend(characters);
        }
        Ok(())
    }

    fn leave(&mut self, path: &[Step]) -> Result<(), &'static str> {
        if path == CERTIFICATE && self.signing {
            check_certificate(&self.certificate)?;
            self.certificates += 1;
        }
        Ok(())
    }

    fn finish(self) -> Result<Metadata, &'static str> {
        let characters = self.entity_id.chars().count();
        if !(1..=limits::SAML_ENTITY_ID_CHARACTERS_MAX).contains(&characters) {
            return Err("its EntityDescriptor has no entityID of 1 to 1,024 characters");
        }
        if self.providers == 0 {
            return Err("it has no IDPSSODescriptor that supports SAML 2.0");
        }
        if self.services == 0 {
            return Err("it has no SingleSignOnService with a binding and a location");
        }
        if self.certificates == 0 {
            return Err("it has no X.509 certificate to check signatures with");
        }
        Ok(Metadata {
            entity_id: self.entity_id,
            valid_until_s: self.valid_until_s,
            signing_certificates: self.certificates,
        })
    }
}

/// Unix seconds of an `xs:dateTime`; SAML means UTC when it has no zone.
fn instant(text: &str) -> Result<i64, &'static str> {
    let text = text.trim();
    let zoned = text.parse::<jiff::Timestamp>();
    let zoned = zoned.or_else(|_| format!("{text}Z").parse());
    zoned
        .map(jiff::Timestamp::as_second)
        .map_err(|_| "its validUntil is no date and time")
}

/// IAM User Guide, "Create a SAML identity provider": keys of 1,024 bits or more, and no extension of
/// a certificate twice.
fn check_certificate(base64: &str) -> Result<(), &'static str> {
    const MALFORMED: &str = "one of its signing certificates is malformed";
    let der = STANDARD.decode(base64).map_err(|_| MALFORMED)?;
    let (rest, certificate) = X509Certificate::from_der(&der).map_err(|_| MALFORMED)?;
    if !rest.is_empty() {
        return Err(MALFORMED);
    }
    certificate
        .extensions_map()
        .map_err(|_| "one of its signing certificates has an extension twice")?;
    match certificate.public_key().parsed().map_err(|_| MALFORMED)? {
        PublicKey::RSA(key) if key.key_size() < limits::SAML_RSA_BITS_MIN => {
            Err("one of its signing certificates has a key of less than 1,024 bits")
        }
        PublicKey::RSA(_) | PublicKey::EC(_) => Ok(()),
        _ => Err("one of its signing certificates has neither an RSA nor an EC key"),
    }
}
