//! Results of expressions.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing: an absent name.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A fraction.
    Real(f64),
    /// Text, an id for example.
    Text(String),
    /// Values in order.
    List(Vec<Value>),
    /// Named values.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// Text, or null.
    pub fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    /// A list of texts.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::Text(text.into())).collect())
    }

    /// Whether it is `true`.
    #[must_use]
    pub const fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    pub(super) fn into_cel(self) -> cel::Value {
        match self {
            Self::Null => cel::Value::Null,
            Self::Bool(on) => cel::Value::Bool(on),
            Self::Int(n) => cel::Value::Int(n),
            Self::Real(x) => cel::Value::Float(x),
            Self::Text(text) => cel::Value::String(Arc::new(text)),
            Self::List(list) => cel::Value::List(Arc::new(list.into_iter().map(Self::into_cel).collect())),
            Self::Map(map) => {
                let entry = |(name, value): (String, Self)| {
                    (cel::objects::Key::String(Arc::new(name)), value.into_cel())
                };
                cel::Value::Map(cel::objects::Map { map: Arc::new(map.into_iter().map(entry).collect()) })
            }
        }
    }

    pub(super) fn from_cel(value: &cel::Value) -> Self {
        match value {
            cel::Value::Bool(on) => Self::Bool(*on),
            cel::Value::Int(n) => Self::Int(*n),
            cel::Value::UInt(n) => Self::Int(i64::try_from(*n).unwrap_or(i64::MAX)),
            cel::Value::Float(x) => Self::Real(*x),
            cel::Value::String(text) => Self::Text(text.to_string()),
            cel::Value::List(list) => Self::List(list.iter().map(Self::from_cel).collect()),
            cel::Value::Map(map) => Self::Map(
                map.map.iter().map(|(key, value)| (key.to_string(), Self::from_cel(value))).collect(),
            ),
            _ => Self::Null,
        }
    }
}

impl fmt::Display for Value {
    /// As lessons print it: `b2`, `7`, `b1, b2`; null is a dot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("·"),
            Self::Bool(on) => write!(f, "{on}"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Real(x) => write!(f, "{x}"),
            Self::Text(text) => f.write_str(text),
            Self::List(list) => {
                for (ix, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if ix == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::Map(map) => {
                f.write_str("{")?;
                for (ix, (name, value)) in map.iter().enumerate() {
                    write!(f, "{}{name}: {value}", if ix == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}
