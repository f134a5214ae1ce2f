//! The catalogue of AWS actions: which there are, what they act on, and which condition keys they know.
//!
//! The facts are those of AWS's Service Authorization Reference, packed by `cargo xtask pack-actions`
//! (which documents the layout) and built in. Nothing is unpacked before the first question; then
//! the text is (about 1.5 MB, 10 ms), and a service's lines are read when that service is first asked for.
//!
//! ```
//! use locum_policy::catalogue::{self, AccessLevel};
//!
//! let action = catalogue::action("S3:getobject").ok_or("unknown")?;
//! assert_eq!(action.name, "GetObject");
//! assert_eq!(action.level, AccessLevel::Read);
//! assert!(action.resources.iter().any(|on| on.kind.name == "object"));
//! assert!(catalogue::actions_matching("s3:Frob*").next().is_none());
//! # Ok::<(), &str>(())
//! ```

use std::io::Read;
use std::sync::{LazyLock, OnceLock};

use flate2::read::DeflateDecoder;

use crate::limits::CATALOGUE_BYTES_MAX;
use crate::pattern::Pattern;

static PACKED: &[u8] = include_bytes!("../data/actions.bin");
const MAGIC: &[u8; 4] = b"LAC1";

static TEXT: LazyLock<String> = LazyLock::new(|| unpack(PACKED).unwrap_or_default());
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| entries(&TEXT));

/// A service whose lines are read when they are asked for.
struct Entry {
    prefix: &'static str,
    lines: &'static str,
    read: OnceLock<Service>,
}

/// A service, as its actions name it.
#[derive(Debug)]
pub struct Service {
    /// What stands before the colon of its actions, in lower case: `s3`.
    pub prefix: &'static str,
    /// Its actions in ascending order of their names.
    pub actions: Vec<Action>,
    /// The types of its resources.
    pub resources: Vec<ResourceType>,
    /// The condition keys that its actions or resources know, global ones among them.
    pub keys: Vec<Key>,
}

/// An action of a service.
#[derive(Debug)]
pub struct Action {
    /// The prefix of its service: `s3`.
    pub service: &'static str,
    /// Its name as AWS writes it: `GetObject`.
    pub name: &'static str,
    /// What it does to what it acts on.
    pub level: AccessLevel,
    /// The condition keys that it knows whatever it acts on.
    pub keys: Vec<Key>,
    /// What it acts on. An action without any is asked about with the resource `*`.
    pub resources: Vec<ActionResource>,
}

/// A type of resource that an action acts on.
#[derive(Debug)]
pub struct ActionResource {
    /// The type.
    pub kind: ResourceType,
    /// Whether a call names a resource of this type always.
    pub required: bool,
    /// The condition keys that come with it.
    pub keys: Vec<Key>,
}

/// A type of resource.
#[derive(Debug, Clone)]
pub struct ResourceType {
    /// Its name in AWS's tables: `object`.
    pub name: &'static str,
    /// Its ARN with `${…}` where the values stand.
    pub arn: &'static str,
    /// The condition keys that come with such a resource.
    pub keys: Vec<Key>,
}

/// A condition key. Where a part of the name is free, it reads `${…}`: `aws:RequestTag/${TagKey}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name as AWS writes it.
    pub name: &'static str,
    /// What its values are.
    pub value: ValueType,
    /// How many of them a request may hold.
    pub arity: Arity,
}

/// What the values of a condition key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// Text.
    String,
    /// Amazon Resource Names.
    Arn,
    /// `true` or `false`.
    Bool,
    /// Numbers.
    Numeric,
    /// Instants.
    Date,
    /// IP addresses.
    IpAddress,
}

/// How many values a condition key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arity {
    /// At most one.
    Single,
    /// Any number: made for `ForAllValues` and `ForAnyValue`.
    Multi,
}

/// AWS's access levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessLevel {
    /// Reads the content of resources.
    Read,
    /// Lists resources.
    List,
    /// Creates, changes or deletes.
    Write,
    /// Changes tags only.
    Tagging,
    /// Grants or takes permissions.
    PermissionsManagement,
}

/// The prefixes of all services, ascending.
pub fn services() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().map(|entry| entry.prefix)
}

/// A service by its prefix, ignoring case.
pub fn service(prefix: &str) -> Option<&'static Service> {
    entry(prefix).map(Entry::service)
}

/// An action by its full name, `service:Name`, ignoring case and without wildcards.
pub fn action(name: &str) -> Option<&'static Action> {
    let (prefix, name) = name.split_once(':')?;
    service(prefix)?.action(name)
}

/// The actions that an action pattern of a policy stands for: `s3:Get*`, `*`. For `*` every service is read.
pub fn actions_matching(pattern: &str) -> impl Iterator<Item = &'static Action> {
    let (prefix, name) = match pattern {
        "*" => ("*", "*"),
        pattern => pattern.split_once(':').unwrap_or_default(),
    };
    // Most are plain names, and need no search.
    let plain = !name.contains(['*', '?']);
    let named = service(prefix).filter(|_| plain);
    let named = named.and_then(|service| service.action(name));
    let searched = match prefix {
        _ if plain => &[],
        "*" => ENTRIES.as_slice(),
        prefix => entry(prefix).map_or(&[][..], std::slice::from_ref),
    };
    let pattern = Pattern::wild(&name.to_ascii_lowercase());
    let searched = searched
        .iter()
        .flat_map(|entry| &entry.service().actions)
        .filter(move |action| pattern.matches_plain(&action.name.to_ascii_lowercase()));
    named.into_iter().chain(searched)
}

impl Entry {
    fn service(&self) -> &Service {
        self.read.get_or_init(|| read(self.prefix, self.lines))
    }
}

fn entry(prefix: &str) -> Option<&'static Entry> {
    let prefix = prefix.to_ascii_lowercase();
    let found = ENTRIES.binary_search_by(|entry| entry.prefix.cmp(&prefix));
    ENTRIES.get(found.ok()?)
}

impl Service {
    /// An action by its name, ignoring case.
    pub fn action(&self, name: &str) -> Option<&Action> {
        let mut actions = self.actions.iter();
        actions.find(|action| action.name.eq_ignore_ascii_case(name))
    }

    /// The condition key that `name` is one of, ignoring case: `aws:RequestTag/team` is
    /// `aws:RequestTag/${TagKey}`.
    pub fn key(&self, name: &str) -> Option<Key> {
        self.keys.iter().find(|key| key.is(name)).copied()
    }
}

impl Action {
    /// The full name: `s3:GetObject`.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }

    /// Every condition key that a request for this action may hold, those of its resources included,
    /// the global ones that every request holds not. A key can come twice.
    pub fn all_keys(&self) -> impl Iterator<Item = Key> + '_ {
        let on = self.resources.iter();
        let on = on.flat_map(|on| on.keys.iter().chain(&on.kind.keys));
        self.keys.iter().chain(on).copied()
    }
}

impl Key {
    /// Whether `name` is this key, or one of those that it stands for, ignoring case.
    pub fn is(&self, name: &str) -> bool {
        is_named(self.name, name)
    }
}

/// Whether `name` is the key of that name or template, ignoring case.
pub(crate) fn is_named(known: &str, name: &str) -> bool {
    let Some((before, _)) = known.split_once("${") else {
        return known.eq_ignore_ascii_case(name);
    };
    let begins = name.get(..before.len());
    begins.is_some_and(|begins| begins.eq_ignore_ascii_case(before))
        && Pattern::wild(&template(known).to_ascii_lowercase())
            .matches_plain(&name.to_ascii_lowercase())
}

/// A template with `*` for each of its `${…}`.
pub(crate) fn template(text: &str) -> String {
    filled(text, |_| '*')
}

/// A template with a character for each of its `${…}`, whose name is given.
pub(crate) fn filled(text: &str, with: impl Fn(&str) -> char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push(with(name));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn unpack(bytes: &[u8]) -> Option<String> {
    let (length, packed) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    let expected = usize::try_from(length).ok()?;
    let most = expected.min(CATALOGUE_BYTES_MAX);
    let mut text = String::with_capacity(most);
    let mut decoder = DeflateDecoder::new(packed).take(u64::try_from(most).ok()?);
    decoder.read_to_string(&mut text).ok()?;
    (text.len() == expected).then_some(text)
}

fn entries(text: &'static str) -> Vec<Entry> {
    let sections = text.split('=').filter(|section| !section.is_empty());
    let entries = sections.filter_map(|section| {
        let (prefix, lines) = section.split_once('\n')?;
        Some(Entry {
            prefix,
            lines,
            read: OnceLock::new(),
        })
    });
    entries.collect()
}

/// Reads the lines of one service. One that does not read is left out; a test proves that there are none.
fn read(prefix: &'static str, lines: &'static str) -> Service {
    let mut service = Service {
        prefix,
        actions: Vec::new(),
        resources: Vec::new(),
        keys: Vec::new(),
    };
    for line in lines.lines() {
        let mut fields = line.split('\t');
        let (kind, name) = (fields.next(), fields.next().unwrap_or_default());
        let rest = [(); 3].map(|()| fields.next().unwrap_or_default());
        match kind {
            Some("k") => service.keys.extend(key(name, rest)),
            Some("r") => {
                let [arn, keys, _] = rest;
                let keys = numbered(&service.keys, keys);
                service.resources.push(ResourceType { name, arn, keys });
            }
            Some("a") => {
                let action = read_action(&service, name, rest);
                service.actions.extend(action);
            }
            _ => {}
        }
    }
    service
}

fn key(name: &'static str, [letter, ..]: [&str; 3]) -> Option<Key> {
    let value = match letter.to_ascii_lowercase().as_str() {
        "s" => ValueType::String,
        "a" => ValueType::Arn,
        "b" => ValueType::Bool,
        "n" => ValueType::Numeric,
        "d" => ValueType::Date,
        "i" => ValueType::IpAddress,
        _ => return None,
    };
    let arity = match letter.bytes().all(|byte| byte.is_ascii_uppercase()) {
        true => Arity::Multi,
        false => Arity::Single,
    };
    Some(Key { name, value, arity })
}

fn read_action(
    service: &Service,
    name: &'static str,
    [level, keys, on]: [&'static str; 3],
) -> Option<Action> {
    let on = on.split(';').filter(|text| !text.is_empty());
    let resources = on.filter_map(|text| {
        let (number, keys) = text.split_once(':').unwrap_or((text, ""));
        let required = number.ends_with('!');
        let number: usize = number.trim_end_matches('!').parse().ok()?;
        Some(ActionResource {
            kind: service.resources.get(number)?.clone(),
            required,
            keys: numbered(&service.keys, keys),
        })
    });
    Some(Action {
        service: service.prefix,
        name,
        level: match level {
            "r" => AccessLevel::Read,
            "l" => AccessLevel::List,
            "w" => AccessLevel::Write,
            "t" => AccessLevel::Tagging,
            "p" => AccessLevel::PermissionsManagement,
            _ => return None,
        },
        keys: numbered(&service.keys, keys),
        resources: resources.collect(),
    })
}

/// The keys with these numbers.
fn numbered(keys: &[Key], numbers: &str) -> Vec<Key> {
    let numbers = numbers.split(',').filter_map(|number| number.parse().ok());
    numbers
        .filter_map(|number: usize| keys.get(number).copied())
        .collect()
}
