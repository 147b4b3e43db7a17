//! Kinds that a person names on the command line: one list of variants with their names, read and printed by it.

/// A name that none of them has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown name")]
pub struct UnknownName;

/// An enum whose variants have names: `NAMED`, `FromStr` and `Display` follow from the list.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub enum $kind:ident { $($(#[$of:meta])* $variant:ident = $name:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind { $($(#[$of])* $variant,)* }

        impl $kind {
            /// Each with its name, in the order of the documentation.
            pub const NAMED: &'static [(&'static str, Self)] = &[$(($name, Self::$variant),)*];
        }

        impl std::str::FromStr for $kind {
            type Err = $crate::lab::named::UnknownName;

            fn from_str(given: &str) -> Result<Self, Self::Err> {
                let found = Self::NAMED.iter().find(|(name, _)| *name == given);
                found.map(|(_, it)| *it).ok_or($crate::lab::named::UnknownName)
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $name,)* })
            }
        }
    };
}

pub(crate) use named;
