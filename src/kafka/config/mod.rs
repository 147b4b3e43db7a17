//! Settings by Kafka's names. A process holds only what differs from the default; the rest is looked up in the table.

mod duration;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use crate::engine::Micros;
pub use duration::iso_duration;
pub use table::{ALIASES, SETTINGS, SYNONYMS};

/// Where a setting belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// A broker or controller.
    Broker,
    /// A topic; on a broker the same name is the default for its topics.
    Topic,
    /// A producer.
    Producer,
    /// A consumer.
    Consumer,
}

/// Which family of clients; decides defaults, partitioner and wording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// The Java clients.
    #[default]
    Java,
    /// librdkafka and what is built on it (confluent-kafka for Python).
    Librdkafka,
}

/// What values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number from the first to the second, both included.
    Int(i64, i64),
    /// `true` or `false`.
    Bool,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Some of these words, each once, in any order, with commas between them.
    List(&'static [&'static str]),
    /// A number from 0 to 1, both included.
    Ratio,
    /// Where to begin without a committed offset: `earliest`, `latest`, `none`, or `by_duration:` and a length of time (KIP-1106).
    Reset,
    /// As `Reset`, without `none`: where a share group begins.
    ShareReset,
    /// Anything.
    Text,
}

/// What comes before the length of time in `by_duration:PT1H`.
pub const BY_DURATION: &str = "by_duration:";

impl Kind {
    /// Whether a value fits, and what would, for people.
    fn takes(self, value: &str) -> (bool, String) {
        match self {
            Self::Int(low, high) => {
                let inside = value.parse::<i64>().is_ok_and(|n| (low..=high).contains(&n));
                (inside, format!("a whole number from {low} to {high}"))
            }
            Self::Bool => (matches!(value, "true" | "false"), "true or false".to_owned()),
            Self::Choice(words) => {
                let shown: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
                (words.contains(&value), format!("one of {}", shown.join(", ")))
            }
            Self::List(words) => {
                let listed: Vec<&str> = value.split(',').map(str::trim).collect();
                let once = |(n, word)| words.contains(word) && !listed[..n].contains(word);
                let fits = listed.iter().enumerate().all(once);
                (fits, format!("some of {}, with commas between them", words.join(", ")))
            }
            Self::Ratio => {
                let inside = value.parse::<f64>().is_ok_and(|n| (0.0..=1.0).contains(&n));
                (inside, "a number from 0 to 1".to_owned())
            }
            Self::Reset => {
                let ago = value.strip_prefix(BY_DURATION).is_some_and(|span| iso_duration(span).is_some());
                let fits = ago || matches!(value, "earliest" | "latest" | "none");
                (
                    fits,
                    "one of earliest, latest, none, or by_duration: and a length of time like PT1H"
                        .to_owned(),
                )
            }
            Self::ShareReset => {
                let ago = value.strip_prefix(BY_DURATION).is_some_and(|span| iso_duration(span).is_some());
                let fits = ago || matches!(value, "earliest" | "latest");
                (fits, "one of earliest, latest, or by_duration: and a length of time like PT1H".to_owned())
            }
            Self::Text => (true, String::new()),
        }
    }
}

/// One setting of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Kafka's name.
    pub name: &'static str,
    /// Where it belongs.
    pub scope: Scope,
    /// What it takes.
    pub kind: Kind,
    /// Default in Kafka and its Java clients.
    pub java: &'static str,
    /// Default in librdkafka.
    pub librdkafka: &'static str,
    /// Whether the model acts upon it. The others may be set, as in Kafka, and change nothing here.
    pub acts: bool,
    /// The only family that has it.
    pub only: Option<Family>,
}

/// Another name of a setting, by which librdkafka knows it.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// Where it belongs.
    pub scope: Scope,
    /// The other name.
    pub name: &'static str,
    /// Its name in the table.
    pub of: &'static str,
}

/// Why a setting was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// There is no such name for this kind of process.
    #[error("unknown config `{name}`{}", near.map(|n| format!(", did you mean `{n}`?")).unwrap_or_default())]
    Unknown {
        /// What was written.
        name: String,
        /// The most similar name that exists.
        near: Option<&'static str>,
    },
    /// The value does not fit.
    #[error("`{name}` takes {takes}, not `{value}`")]
    BadValue {
        /// The setting.
        name: &'static str,
        /// What was written.
        value: String,
        /// What would fit, for people.
        takes: String,
    },
}

/// The settings of one process or topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configs {
    scope: Scope,
    family: Family,
    set: BTreeMap<&'static str, Arc<str>>,
}

impl Configs {
    /// All defaults.
    #[must_use]
    pub const fn new(scope: Scope, family: Family) -> Self {
        Self { scope, family, set: BTreeMap::new() }
    }

    /// Where these settings belong.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Which family's defaults apply.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// Settings of this kind of process; a broker also takes those of topics, as defaults for its topics.
    fn known(&self) -> impl Iterator<Item = &'static Setting> {
        let scope = self.scope;
        SETTINGS
            .iter()
            .filter(move |s| s.scope == scope || (scope == Scope::Broker && s.scope == Scope::Topic))
    }

    fn find(&self, name: &str) -> Option<&'static Setting> {
        self.known().find(|s| s.name == name)
    }

    /// The setting that a client of this family means by a name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&'static Setting> {
        let own = |s: &&Setting| s.only.is_none_or(|only| only == self.family);
        let alias = ALIASES.iter().find(|a| a.scope == self.scope && a.name == name);
        let alias = alias.filter(|_| self.family == Family::Librdkafka);
        self.find(alias.map_or(name, |alias| alias.of)).filter(own)
    }

    /// Checks a name and value and gives both in the form they are stored in.
    ///
    /// # Errors
    /// The name is unknown in this scope and family, or the value is none that it takes.
    pub fn check(&self, name: &str, value: &str) -> Result<(&'static str, Arc<str>), ConfigError> {
        let Some(setting) = self.setting(name) else {
            return Err(ConfigError::Unknown { name: name.to_owned(), near: self.nearest(name) });
        };
        let value = match (setting.name, value) {
            ("acks", "-1") => "all",
            ("auto.offset.reset", "smallest" | "beginning") if self.family == Family::Librdkafka => {
                "earliest"
            }
            ("auto.offset.reset", "largest" | "end") if self.family == Family::Librdkafka => "latest",
            ("auto.offset.reset", "error") if self.family == Family::Librdkafka => "none",
            (_, value) => value,
        };
        let (fits, takes) = if setting.name == "acks" && self.family == Family::Librdkafka {
            // librdkafka checks less here: the broker refuses what means nothing.
            let number = value.parse::<i16>().is_ok_and(|n| (-1..=1000).contains(&n));
            (number || value == "all", "all, or a whole number from -1 to 1000".to_owned())
        } else if setting.kind == Kind::Reset && self.family == Family::Librdkafka {
            Kind::Choice(&["earliest", "latest", "none"]).takes(value)
        } else {
            setting.kind.takes(value)
        };
        if fits {
            Ok((setting.name, value.into()))
        } else {
            Err(ConfigError::BadValue { name: setting.name, value: value.to_owned(), takes })
        }
    }

    /// Sets a value.
    ///
    /// # Errors
    /// As [`Configs::check`].
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        let (name, value) = self.check(name, value)?;
        self.set.insert(name, value);
        Ok(())
    }

    fn nearest(&self, name: &str) -> Option<&'static str> {
        self.known()
            .filter(|s| s.only.is_none_or(|only| only == self.family))
            .map(|s| (strsim::damerau_levenshtein(name, s.name), s.name))
            .min()
            .filter(|(distance, found)| *distance <= found.len() / 2)
            .map(|(_, found)| found)
    }

    /// A value as text; empty for a name that does not exist.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        if let Some(value) = self.set.get(name) {
            return value;
        }
        match (self.find(name), self.family) {
            (Some(setting), Family::Java) => setting.java,
            (Some(setting), Family::Librdkafka) => setting.librdkafka,
            (None, _) => "",
        }
    }

    /// A broker's default for a topic's setting. Kafka calls a few of them otherwise there.
    #[must_use]
    pub fn topic_default(&self, name: &str) -> &str {
        let own = SYNONYMS.iter().find(|(topic, broker)| *topic == name && self.set.contains_key(broker));
        self.get(own.map_or(name, |(_, broker)| broker))
    }

    /// Whether a setting was given and is not the default.
    #[must_use]
    pub fn differs(&self, name: &str) -> bool {
        self.set.contains_key(name)
    }

    /// A value as a number; 0 if it is none.
    #[must_use]
    pub fn int(&self, name: &str) -> i64 {
        self.get(name).parse().unwrap_or(0)
    }

    /// A value in milliseconds as a span.
    #[must_use]
    pub fn ms(&self, name: &str) -> Micros {
        Micros(u64::try_from(self.int(name)).unwrap_or(u64::MAX).saturating_mul(1000))
    }

    /// A value as yes or no.
    #[must_use]
    pub fn on(&self, name: &str) -> bool {
        self.get(name) == "true"
    }

    /// What was set, by name.
    pub fn overrides(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.set.iter().map(|(name, value)| (*name, &**value))
    }

    /// Every setting of this scope with its value and whether it was set, in the table's order.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str, bool)> {
        SETTINGS
            .iter()
            .filter(|s| s.scope == self.scope)
            .map(|s| (s.name, self.get(s.name), self.differs(s.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_its_setting_takes() {
        for setting in SETTINGS {
            let families = [(Family::Java, setting.java), (Family::Librdkafka, setting.librdkafka)];
            let has = |family: Family| setting.only.is_none_or(|only| only == family);
            for (family, value) in families.into_iter().filter(|(family, _)| has(*family)) {
                let configs = Configs::new(setting.scope, family);
                assert_eq!(configs.check(setting.name, value).map(|(n, _)| n), Ok(setting.name), "{value}");
            }
        }
    }

    #[test]
    fn librdkafka_has_names_of_its_own_and_lacks_others() {
        let mut python = Configs::new(Scope::Producer, Family::Librdkafka);
        assert_eq!(python.set("message.timeout.ms", "1000"), Ok(()));
        assert_eq!(python.int("delivery.timeout.ms"), 1000);
        assert!(matches!(python.set("max.block.ms", "1"), Err(ConfigError::Unknown { .. })));
        let java = Configs::new(Scope::Producer, Family::Java);
        assert!(matches!(java.check("message.timeout.ms", "1"), Err(ConfigError::Unknown { .. })));
        let mut reader = Configs::new(Scope::Consumer, Family::Librdkafka);
        assert_eq!(reader.set("auto.offset.reset", "smallest"), Ok(()));
        assert_eq!(reader.get("auto.offset.reset"), "earliest");
        assert!(reader.set("auto.offset.reset", "by_duration:PT1H").is_err());
        let java = Configs::new(Scope::Consumer, Family::Java);
        assert!(java.check("auto.offset.reset", "by_duration:PT1H").is_ok());
        assert!(java.check("auto.offset.reset", "by_duration:1h").is_err());
    }

    #[test]
    fn a_broker_sets_the_default_of_its_topics() {
        let mut broker = Configs::new(Scope::Broker, Family::Java);
        assert_eq!(broker.topic_default("max.message.bytes"), "1048588");
        assert_eq!(broker.set("message.max.bytes", "500"), Ok(()));
        assert_eq!(broker.topic_default("max.message.bytes"), "500");
        assert!(broker.set("min.cleanable.dirty.ratio", "1.5").is_err());
        assert_eq!(broker.set("min.cleanable.dirty.ratio", "0.25"), Ok(()));
    }

    #[test]
    fn the_manual_names_what_has_no_effect() {
        let manual = include_str!("../../../lessons/README.md");
        for setting in SETTINGS.iter().filter(|s| !s.acts) {
            assert!(manual.contains(&format!("`{}`", setting.name)), "{}", setting.name);
        }
    }

    #[test]
    fn a_wrong_name_gets_the_nearest_one() {
        let mut configs = Configs::new(Scope::Producer, Family::Java);
        let error = configs.set("linger.mss", "5");
        assert_eq!(error, Err(ConfigError::Unknown { name: "linger.mss".into(), near: Some("linger.ms") }));
        assert!(configs.set("acks", "7").is_err());
        assert_eq!(configs.set("acks", "-1"), Ok(()));
        assert_eq!(configs.get("acks"), "all");
    }
}
