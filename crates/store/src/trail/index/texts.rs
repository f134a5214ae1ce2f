//! The few texts that are wanted of parameters and answers; whatever else they hold is passed over.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What is wanted: of the parameters the source identity, of the answer what was issued.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) source_identity: Option<String>,
    pub(super) access_key_id: Option<String>,
    pub(super) arn: Option<String>,
}

/// A member that is looked at.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Member {
    SourceIdentity,
    AccessKeyId,
    Arn,
    Credentials,
    AssumedRoleUser,
    FederatedUser,
    #[serde(other)]
    Other,
}

/// A text, or anything else.
struct Leaf(Option<String>);

macro_rules! pass_over {
    ($($visit:ident $type:ty),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        })*
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

struct LeafVisitor;

impl<'de> Visitor<'de> for LeafVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_str<E>(self, text: &str) -> Result<Option<String>, E> {
        Ok(Some(text.to_owned()))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<String>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    pass_over!(visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64);
}

impl<'de> Deserialize<'de> for Leaf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Leaf, D::Error> {
        deserializer.deserialize_any(LeafVisitor).map(Leaf)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_str<E>(self, _: &str) -> Result<Texts, E> {
        Ok(Texts::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
        let mut texts = Texts::default();
        while let Some(member) = map.next_key::<Member>()? {
            match member {
                Member::SourceIdentity => texts.source_identity = map.next_value::<Leaf>()?.0,
                Member::AccessKeyId => texts.access_key_id = map.next_value::<Leaf>()?.0,
                Member::Arn => texts.arn = map.next_value::<Leaf>()?.0,
                Member::Credentials => {
                    texts.access_key_id = map.next_value::<Texts>()?.access_key_id;
                }
                Member::AssumedRoleUser | Member::FederatedUser => {
                    texts.arn = map.next_value::<Texts>()?.arn;
                }
                Member::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(texts)
    }
    pass_over!(visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64);
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Texts, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}
