//! Lengths of time as people write them: a number and a unit (`20ms`, `45s`, `10m`, `7d`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::engine::Micros;

/// A length of time that is written with its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(pub Micros);

/// Why a length of time was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no length of time: write a number with its unit, for example 20ms, 45s, 10m, 7d")]
pub struct LengthError(pub String);

/// Units from the largest, with their microseconds.
const UNITS: [(&str, u64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

impl FromStr for Length {
    type Err = LengthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || LengthError(text.to_owned());
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let (_, micros) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(error)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || (number.contains('.') && fraction.is_empty()) || fraction.len() > 6 {
            return Err(error());
        }
        let mut total = whole.parse::<u64>().ok().and_then(|n| n.checked_mul(micros)).ok_or_else(error)?;
        if !fraction.is_empty() {
            let scale = 10_u64.pow(u32::try_from(fraction.len()).unwrap_or(0));
            let part = fraction.parse::<u64>().ok().and_then(|n| n.checked_mul(micros)).ok_or_else(error)?;
            if part % scale != 0 {
                return Err(error());
            }
            total = total.checked_add(part / scale).ok_or_else(error)?;
        }
        Ok(Self(Micros(total)))
    }
}

impl fmt::Display for Length {
    /// The largest unit that needs no fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.0;
        if micros == 0 {
            return f.write_str("0s");
        }
        let (unit, size) =
            UNITS.into_iter().find(|(_, size)| micros.is_multiple_of(*size)).unwrap_or(("us", 1));
        write!(f, "{}{unit}", micros / size)
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_printed_in_the_largest_whole_unit() {
        let cases = [
            ("20ms", 20_000, "20ms"),
            ("45s", 45_000_000, "45s"),
            ("60s", 60_000_000, "1m"),
            ("1.5s", 1_500_000, "1500ms"),
            ("7d", 604_800_000_000, "7d"),
            ("0ms", 0, "0s"),
            ("0.25ms", 250, "250us"),
        ];
        for (text, micros, printed) in cases {
            let length: Length = text.parse().unwrap();
            assert_eq!((length.0.0, length.to_string().as_str()), (micros, printed));
            assert_eq!(length.to_string().parse(), Ok(length));
        }
    }

    #[test]
    fn a_length_without_a_unit_is_refused() {
        for text in
            ["", "5", "s", "5 s", "-5s", "5S", "1.s", ".5s", "0.0000001s", "99999999999999999999s", "5sec"]
        {
            assert_eq!(text.parse::<Length>(), Err(LengthError(text.into())));
        }
    }
}
