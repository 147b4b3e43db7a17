//! Fields that are a string or a table, read by hand so that the place of every string stays exact.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::format::Str;

/// An assertion as written: a question that is true now, or a table that says when.
#[derive(Debug, Clone)]
pub(super) enum AssertionFile {
    /// The string itself; its place is that of the assertion.
    Now(String),
    /// One of the temporal forms.
    Table(Box<AssertionTable>),
}

/// The fields of an assertion written as a table. Which of them belong together is judged by the loader.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AssertionTable {
    pub now: Option<Str>,
    pub ever: Option<Str>,
    pub hold: Option<Str>,
    #[serde(rename = "for")]
    pub lasts: Option<Str>,
    pub first: Option<Str>,
    pub then: Option<Str>,
    pub same: Option<Str>,
    pub lab: Option<Str>,
}

impl<'de> Deserialize<'de> for AssertionFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrTable;
        impl<'de> Visitor<'de> for StringOrTable {
            type Value = AssertionFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an assertion: a string, or a table with ever, hold and for, first and then, or same",
                )
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(AssertionFile::Now(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let table = AssertionTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(AssertionFile::Table(Box::new(table)))
            }
        }
        deserializer.deserialize_any(StringOrTable)
    }
}

#[cfg(test)]
mod tests {
    use toml::Spanned;

    use super::*;

    #[derive(Deserialize)]
    struct File {
        expect: Vec<Spanned<AssertionFile>>,
    }

    #[test]
    fn places_are_exact_in_both_forms() {
        let text = "expect = [\n  \"a\",\n  { hold = \"다\", for = '10s' },\n]";
        let file: File = toml::from_str(text).unwrap();
        assert_eq!(&text[file.expect[0].span()], "\"a\"");
        let AssertionFile::Table(table) = file.expect[1].get_ref() else { panic!("not a table") };
        let (hold, lasts) = (table.hold.as_ref().unwrap(), table.lasts.as_ref().unwrap());
        assert_eq!((&text[hold.span()], &text[lasts.span()]), ("\"다\"", "'10s'"));
        assert!(toml::from_str::<File>("expect = [{ eber = 'a' }]").is_err());
        assert!(toml::from_str::<File>("expect = [3]").is_err());
    }
}
