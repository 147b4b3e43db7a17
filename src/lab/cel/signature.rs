//! What a function of the state model looks like: what it takes, what it gives, what it is for.

use crate::text::Text;

/// What an argument names; string literals are checked against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `orders-0`.
    Partition,
    /// `b1`.
    Broker,
    /// Any process.
    Process,
    /// A producer or consumer.
    Client,
    /// A consumer.
    Consumer,
    /// A group.
    Group,
    /// A group or a consumer.
    Reader,
    /// A topic.
    Topic,
    /// A process or a topic.
    Subject,
    /// A record.
    Record,
    /// The verb of an action.
    Verb,
    /// A setting.
    Setting,
    /// A record's key.
    Key,
    /// `/brokers/ids/1`.
    Path,
    /// A number.
    Number,
}

/// What a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A number; -1 if there is none.
    Int,
    /// Yes or no.
    Bool,
    /// An id, or null.
    Id(Kind),
    /// Ids in order.
    Ids(Kind),
    /// Text, or null.
    Text,
    /// One of Kafka's group states, or null.
    State,
    /// One of Kafka's error names, or null.
    Error,
    /// Words in order.
    Texts,
    /// `{…}` in order.
    Maps,
}

/// One function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: &'static [Kind],
    /// How many of these must be there.
    pub needs: usize,
    /// What it gives.
    pub gives: Gives,
    /// Korean, English.
    pub about: (&'static str, &'static str),
    /// An expression with it.
    pub example: &'static str,
    /// Whether this version's model can answer it.
    pub available: bool,
}

impl Function {
    /// What it is for.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.about.0, self.about.1)
    }

    /// `leader(partition) → broker or null`.
    #[must_use]
    pub fn signature(&self) -> String {
        let take = |(ix, kind): (usize, &Kind)| {
            if ix < self.needs { kind.word().to_owned() } else { format!("[{}]", kind.word()) }
        };
        let takes: Vec<String> = self.takes.iter().enumerate().map(take).collect();
        format!("{}({}) → {}", self.name, takes.join(", "), self.gives.word())
    }
}

impl Kind {
    /// The kind in a signature.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Partition => "partition",
            Self::Broker => "broker",
            Self::Process => "process",
            Self::Client => "client",
            Self::Consumer => "consumer",
            Self::Group => "group",
            Self::Reader => "group or consumer",
            Self::Topic => "topic",
            Self::Subject => "process or topic",
            Self::Record => "record",
            Self::Verb => "verb",
            Self::Setting => "setting",
            Self::Key => "key",
            Self::Path => "path",
            Self::Number => "number",
        }
    }
}

impl Gives {
    /// The result in a signature.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Int => "int".into(),
            Self::Bool => "bool".into(),
            Self::Id(kind) => format!("{} or null", kind.word()),
            Self::Ids(kind) if kind.word().ends_with('s') => format!("list of {}es", kind.word()),
            Self::Ids(kind) => format!("list of {}s", kind.word()),
            Self::Text => "string or null".into(),
            Self::State => "group state or null".into(),
            Self::Error => "error name or null".into(),
            Self::Texts => "list of strings".into(),
            Self::Maps => "list of maps".into(),
        }
    }
}

/// A function that the model answers.
pub(super) const fn f(
    name: &'static str,
    takes: &'static [Kind],
    needs: usize,
    gives: Gives,
    about: (&'static str, &'static str),
    example: &'static str,
) -> Function {
    Function { name, takes, needs, gives, about, example, available: true }
}

/// A function whose mechanism comes later.
pub(super) const fn later(
    name: &'static str,
    takes: &'static [Kind],
    about: (&'static str, &'static str),
    example: &'static str,
) -> Function {
    Function { name, takes, needs: takes.len(), gives: Gives::Maps, about, example, available: false }
}
