//! What a tank holds before anything happens: the `[cluster]` and `[start]` tables of lessons, scenarios and `--spec` files.

mod check;
mod table;

use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;

pub use check::{SpecError, config_text, conflict_text, refused_config_text};
pub use table::ConfigTable;

use super::length::Length;
use crate::kafka::config::Family;

/// Brokers that a cluster may have, whether it begins with them or they are added.
pub(crate) const MOST_BROKERS: u32 = 1000;

/// A word of a file and where it stands in it (bytes).
pub type Word = Spanned<String>;

/// A cluster, its clients and what happens before t = 0.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Version of the file format; 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<u32>,
    /// Seed of all chance; 1 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Who is there.
    pub cluster: Cluster,
    /// What happens before t = 0.
    #[serde(default, skip_serializing_if = "Start::is_empty")]
    pub start: Start,
}

/// The `[cluster]` table.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Where metadata lives: `kraft`, or `zookeeper` (Kafka up to 3.9).
    #[serde(default = "kraft")]
    pub metadata: Word,
    /// Number of brokers, `b1` to `bN`.
    #[serde(default = "three")]
    pub brokers: Spanned<u32>,
    /// Number of controllers, `k1` to `kN`.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub controllers: Spanned<u32>,
    /// So many of the controllers, from `k1` on, vote at first; the others copy the metadata log until `add-voter` (KIP-853). All if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voters: Option<Spanned<u32>>,
    /// Broker `bN` and controller `kN` are one process (`process.roles=broker,controller`), as far as there are both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combined: Option<Spanned<bool>>,
    /// Settings of every broker and controller, by Kafka's names.
    #[serde(default, skip_serializing_if = "ConfigTable::is_empty")]
    pub config: ConfigTable,
    /// Topics that exist at t = 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topic: Vec<TopicSpec>,
    /// Producers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub producer: Vec<ProducerSpec>,
    /// Consumers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumer: Vec<ConsumerSpec>,
    /// Links that are not like the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub link: Vec<LinkSpec>,
}

/// A `[[cluster.topic]]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TopicSpec {
    /// Its name.
    pub name: Word,
    /// Number of partitions; if absent as many as `replicas` has rows, else 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitions: Option<Spanned<u32>>,
    /// Broker numbers of each partition's replicas, the preferred leader first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<Spanned<Vec<Vec<u32>>>>,
    /// Replicas a partition, placed by Kafka; if absent (and no `replicas`) 3, or as many as there are brokers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<Spanned<u32>>,
    /// Its own settings.
    #[serde(default, skip_serializing_if = "ConfigTable::is_empty")]
    pub config: ConfigTable,
}

/// Who moves a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Drive {
    /// It does nothing by itself.
    Manual,
    /// It works by itself.
    #[default]
    Auto,
}

/// What kind of consumer it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsumerKind {
    /// A member of a consumer group.
    #[default]
    Group,
    /// A member of a share group (KIP-932).
    Share,
}

/// Whether a client runs at t = 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It runs.
    #[default]
    Running,
    /// It waits for `start`.
    Stopped,
}

/// What an automatic producer sends.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadSpec {
    /// One record each.
    pub every: Spanned<Length>,
    /// Keys in turn; none = records without a key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// So many records; none = without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// A `[[cluster.producer]]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProducerSpec {
    /// Its id.
    pub id: Word,
    /// `java` (default) or `librdkafka`.
    #[serde(default = "java", skip_serializing_if = "is_java")]
    pub client: Word,
    /// Topics it sends to; the first is meant when none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Word>,
    /// `manual` (default) or `auto`.
    #[serde(default = "manual")]
    pub drive: Drive,
    /// What it sends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<WorkloadSpec>,
    /// Its settings.
    #[serde(default, skip_serializing_if = "ConfigTable::is_empty")]
    pub config: ConfigTable,
    /// Whether it runs at t = 0.
    #[serde(default)]
    pub state: State,
}

/// A `[[cluster.consumer]]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerSpec {
    /// Its id.
    pub id: Word,
    /// `java` (default) or `librdkafka`.
    #[serde(default = "java", skip_serializing_if = "is_java")]
    pub client: Word,
    /// `group` (default): a member of a consumer group. `share`: a member of a share group.
    #[serde(default, skip_serializing_if = "is_group")]
    pub kind: ConsumerKind,
    /// Its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Word>,
    /// Topics it subscribes to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Word>,
    /// Partitions it assigns to itself, instead of subscribing: `["orders-0"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<Word>,
    /// `auto` (default) or `manual`.
    #[serde(default)]
    pub drive: Drive,
    /// How long its application works on one record.
    #[serde(default = "short_work")]
    pub work: Length,
    /// Whether it runs at t = 0.
    #[serde(default)]
    pub state: State,
    /// Its settings.
    #[serde(default, skip_serializing_if = "ConfigTable::is_empty")]
    pub config: ConfigTable,
}

/// A `[[cluster.link]]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSpec {
    /// The two processes.
    pub between: Spanned<[String; 2]>,
    /// One way.
    pub delay: Length,
    /// At most so much longer, at random.
    #[serde(default)]
    pub jitter: Length,
}

/// The `[start]` table.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Actions before t = 0.
    #[serde(default, rename = "do")]
    pub actions: Vec<Word>,
}

impl Start {
    /// Whether nothing happens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }
}

/// A word that comes from no file.
#[must_use]
pub fn word(text: impl Into<String>) -> Word {
    Spanned::new(NOWHERE, text.into())
}

/// The place of what comes from no file.
pub const NOWHERE: Range<usize> = 0..0;

fn kraft() -> Word {
    word("kraft")
}
fn java() -> Word {
    word("java")
}
fn is_group(kind: &ConsumerKind) -> bool {
    *kind == ConsumerKind::Group
}
fn is_java(client: &Word) -> bool {
    client.get_ref() == "java"
}
fn three() -> Spanned<u32> {
    Spanned::new(NOWHERE, 3)
}
/// One controller, as if nothing were written.
pub(crate) fn one() -> Spanned<u32> {
    Spanned::new(NOWHERE, 1)
}
fn is_one(n: &Spanned<u32>) -> bool {
    *n.get_ref() == 1
}
fn manual() -> Drive {
    Drive::Manual
}
fn short_work() -> Length {
    Length(crate::engine::Micros::ms(20))
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            metadata: kraft(),
            brokers: three(),
            controllers: one(),
            voters: None,
            combined: None,
            config: ConfigTable::default(),
            topic: Vec::new(),
            producer: Vec::new(),
            consumer: Vec::new(),
            link: Vec::new(),
        }
    }
}

/// Which family of clients a word names; Java if none.
#[must_use]
pub fn family(client: &str) -> Family {
    if client == "librdkafka" { Family::Librdkafka } else { Family::Java }
}

impl TopicSpec {
    /// Number of partitions that it asks for.
    #[must_use]
    pub fn partition_count(&self) -> u32 {
        let rows = self.replicas.as_ref().map(|r| u32::try_from(r.get_ref().len()).unwrap_or(u32::MAX));
        self.partitions.as_ref().map(|n| *n.get_ref()).or(rows).unwrap_or(1)
    }

    /// Replicas a partition.
    #[must_use]
    pub fn replication_factor(&self, brokers: u32) -> u32 {
        let row = self
            .replicas
            .as_ref()
            .and_then(|r| r.get_ref().first())
            .map(|row| u32::try_from(row.len()).unwrap_or(1));
        self.replication.as_ref().map(|n| *n.get_ref()).or(row).unwrap_or_else(|| brokers.min(3))
    }
}

impl Spec {
    /// Reads a spec from TOML and checks its form; [`Spec::validate`] checks what it says.
    ///
    /// # Errors
    /// It is not TOML, a table has an unknown field, or a value has the wrong type.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// A spec from the tables of a file that holds more than that.
    #[must_use]
    pub const fn new(cluster: Cluster, start: Start) -> Self {
        Self { format: None, seed: None, cluster, start }
    }

    /// The sandbox: three brokers, a topic with three partitions on all of them, a producer and a consumer.
    #[must_use]
    pub fn default_tank() -> Self {
        let orders = TopicSpec {
            name: word("orders"),
            partitions: Some(Spanned::new(NOWHERE, 3)),
            replicas: None,
            replication: Some(Spanned::new(NOWHERE, 3)),
            config: ConfigTable::default(),
        };
        let producer = ProducerSpec {
            id: word("p"),
            client: java(),
            topics: vec![word("orders")],
            drive: Drive::Manual,
            workload: None,
            config: ConfigTable::default(),
            state: State::Running,
        };
        let consumer = ConsumerSpec {
            id: word("c1"),
            client: java(),
            kind: ConsumerKind::Group,
            group: Some(word("pay")),
            topics: vec![word("orders")],
            partitions: Vec::new(),
            drive: Drive::Auto,
            work: short_work(),
            state: State::Running,
            config: ConfigTable::default(),
        };
        let cluster = Cluster {
            topic: vec![orders],
            producer: vec![producer],
            consumer: vec![consumer],
            ..Cluster::default()
        };
        Self::new(cluster, Start::default())
    }

    /// Number of brokers.
    #[must_use]
    pub fn brokers(&self) -> u32 {
        *self.cluster.brokers.get_ref()
    }

    /// Number of controllers that are processes of their own.
    #[must_use]
    pub fn controllers(&self) -> u32 {
        if self.in_zookeeper_mode() { 0 } else { *self.cluster.controllers.get_ref() }
    }

    /// Whether metadata lives in ZooKeeper: one process `z1`, and the controller is a broker.
    #[must_use]
    pub fn in_zookeeper_mode(&self) -> bool {
        self.cluster.metadata.get_ref() == "zookeeper"
    }
}
