//! A table of settings as it stands in a file: names and values, each with its place.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Spanned;

use super::{NOWHERE, Word};

/// Settings by Kafka's names, in the order of the file. Values are text: `9000`, `all`, `true`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigTable(pub Vec<(Word, Word)>);

impl ConfigTable {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a setting that comes from no file.
    pub fn push(&mut self, name: &str, value: impl fmt::Display) {
        self.0.push((super::word(name), Spanned::new(NOWHERE, value.to_string())));
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.get_ref().as_str(), value.get_ref().as_str()))
    }
}

struct Value(String);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a whole number, or true or false")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value(text.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Value, E> {
                Ok(Value(n.to_string()))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Value, E> {
                Ok(Value(n.to_string()))
            }
            fn visit_f64<E: de::Error>(self, n: f64) -> Result<Value, E> {
                Ok(Value(n.to_string()))
            }
            fn visit_bool<E: de::Error>(self, on: bool) -> Result<Value, E> {
                Ok(Value(on.to_string()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let inner: Option<String> = map.next_key()?;
                Err(de::Error::custom(format!(
                    "the name of a setting has dots, so it must be quoted: \"….{}\" = …",
                    inner.unwrap_or_default()
                )))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for ConfigTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = ConfigTable;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of settings: { \"acks\" = \"all\" }")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ConfigTable, A::Error> {
                let mut settings = Vec::new();
                while let Some((name, value)) = map.next_entry::<Word, Spanned<Value>>()? {
                    let span = value.span();
                    settings.push((name, Spanned::new(span, value.into_inner().0)));
                }
                Ok(ConfigTable(settings))
            }
        }
        deserializer.deserialize_map(Table)
    }
}

impl Serialize for ConfigTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.iter() {
            match (value.parse::<i64>(), value) {
                (Ok(n), _) => map.serialize_entry(name, &n)?,
                (_, "true") => map.serialize_entry(name, &true)?,
                (_, "false") => map.serialize_entry(name, &false)?,
                _ => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}
