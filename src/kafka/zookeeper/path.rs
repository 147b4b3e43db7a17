//! The znodes that Kafka uses, by name (`ZkData`).

use crate::engine::NodeId;
use crate::kafka::{Names, Partition, TopicId};

/// A znode's place in the tree. In order, they are the tree as `ls -R` would show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Path {
    /// `/admin/delete_topics`
    DeleteTopics,
    /// `/admin/delete_topics/orders`: this topic is to go.
    DeleteTopic(TopicId),
    /// `/brokers/ids`
    BrokerIds,
    /// `/brokers/ids/1`, ephemeral: this broker is alive. When it was created is the broker epoch.
    BrokerId(NodeId),
    /// `/brokers/topics`
    Topics,
    /// `/brokers/topics/orders`: the assignment of every partition.
    Topic(TopicId),
    /// `/brokers/topics/orders/partitions`
    Partitions(TopicId),
    /// `/brokers/topics/orders/partitions/0`
    Partition(Partition),
    /// `/brokers/topics/orders/partitions/0/state`: leader and in-sync set.
    State(Partition),
    /// `/config/changes`
    ConfigChanges,
    /// `/config/changes/config_change_0000000003`, sequential: something has other settings.
    ConfigChange(u32),
    /// `/config/topics/orders`: the topic's own settings.
    TopicConfig(TopicId),
    /// `/controller`, ephemeral: who is the controller.
    Controller,
    /// `/controller_epoch`: how many there have been; its version fences those before.
    ControllerEpoch,
    /// `/latest_producer_id_block`
    ProducerIds,
}

impl Path {
    /// Which znode it lies in; none = one that is always there.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        Some(match self {
            Self::DeleteTopic(_) => Self::DeleteTopics,
            Self::BrokerId(_) => Self::BrokerIds,
            Self::Topic(_) => Self::Topics,
            Self::Partitions(topic) => Self::Topic(topic),
            Self::Partition(p) => Self::Partitions(p.topic),
            Self::State(p) => Self::Partition(p),
            Self::ConfigChange(_) => Self::ConfigChanges,
            _ => return None,
        })
    }

    /// Znodes that exist from the beginning (`KafkaZkClient.createTopLevelPaths`).
    pub const PERSISTENT: &[Self] = &[Self::DeleteTopics, Self::BrokerIds, Self::Topics, Self::ConfigChanges];

    /// As an operator types it.
    #[must_use]
    pub fn text(self, names: &Names) -> String {
        let topic = |id| names.topic(id).to_owned();
        match self {
            Self::DeleteTopics => "/admin/delete_topics".into(),
            Self::DeleteTopic(id) => format!("/admin/delete_topics/{}", topic(id)),
            Self::BrokerIds => "/brokers/ids".into(),
            Self::BrokerId(id) => format!("/brokers/ids/{}", number(names, id)),
            Self::Topics => "/brokers/topics".into(),
            Self::Topic(id) => format!("/brokers/topics/{}", topic(id)),
            Self::Partitions(id) => format!("/brokers/topics/{}/partitions", topic(id)),
            Self::Partition(p) => format!("/brokers/topics/{}/partitions/{}", topic(p.topic), p.index),
            Self::State(p) => format!("/brokers/topics/{}/partitions/{}/state", topic(p.topic), p.index),
            Self::ConfigChanges => "/config/changes".into(),
            Self::ConfigChange(n) => format!("/config/changes/config_change_{n:010}"),
            Self::TopicConfig(id) => format!("/config/topics/{}", topic(id)),
            Self::Controller => "/controller".into(),
            Self::ControllerEpoch => "/controller_epoch".into(),
            Self::ProducerIds => "/latest_producer_id_block".into(),
        }
    }

    /// The znode that a text names, if there can be one.
    #[must_use]
    pub fn parse(text: &str, names: &Names) -> Option<Self> {
        let words: Vec<&str> = text.strip_prefix('/')?.split('/').collect();
        let topic = |name| names.find_topic(name);
        Some(match *words.as_slice() {
            ["admin", "delete_topics"] => Self::DeleteTopics,
            ["admin", "delete_topics", name] => Self::DeleteTopic(topic(name)?),
            ["brokers", "ids"] => Self::BrokerIds,
            ["brokers", "ids", n] => Self::BrokerId(names.find_node(&format!("b{n}"))?),
            ["brokers", "topics"] => Self::Topics,
            ["brokers", "topics", name] => Self::Topic(topic(name)?),
            ["brokers", "topics", name, "partitions"] => Self::Partitions(topic(name)?),
            ["brokers", "topics", name, "partitions", index] => {
                Self::Partition(Partition { topic: topic(name)?, index: index.parse().ok()? })
            }
            ["brokers", "topics", name, "partitions", index, "state"] => {
                Self::State(Partition { topic: topic(name)?, index: index.parse().ok()? })
            }
            ["config", "changes"] => Self::ConfigChanges,
            ["config", "changes", name] => {
                Self::ConfigChange(name.strip_prefix("config_change_")?.parse().ok()?)
            }
            ["config", "topics", name] => Self::TopicConfig(topic(name)?),
            ["controller"] => Self::Controller,
            ["controller_epoch"] => Self::ControllerEpoch,
            ["latest_producer_id_block"] => Self::ProducerIds,
            _ => return None,
        })
    }

    /// What its first child would be called.
    pub(super) const fn first_child(self) -> Option<Self> {
        Some(match self {
            Self::DeleteTopics => Self::DeleteTopic(TopicId(0)),
            Self::BrokerIds => Self::BrokerId(NodeId(0)),
            Self::Topics => Self::Topic(TopicId(0)),
            Self::ConfigChanges => Self::ConfigChange(0),
            Self::Topic(topic) => Self::Partitions(topic),
            Self::Partitions(topic) => Self::Partition(Partition { topic, index: 0 }),
            Self::Partition(p) => Self::State(p),
            _ => return None,
        })
    }
}

/// A broker's number: 1 for `b1`.
#[must_use]
pub fn number(names: &Names, broker: NodeId) -> String {
    let name = names.node(broker);
    name.strip_prefix('b').unwrap_or(name).to_owned()
}
