//! What the settings of topics and of this broker say, in the types that use them.

use super::Broker;
use crate::engine::Micros;
use crate::kafka::log::{Compaction, Retention, Rolling, Rules};
use crate::kafka::{Partition, TopicId};

impl Broker {
    /// A topic's setting: its own, else this broker's default for it.
    pub(super) fn topic_setting<'a>(&'a self, topic: TopicId, name: &str) -> &'a str {
        let own = match self.mode {
            super::MetadataMode::KRaft => self.vol.image.topics.get(&topic).and_then(|t| t.configs.get(name)),
            super::MetadataMode::ZooKeeper => self.own_setting(topic, name),
        };
        own.map(|value| &**value).unwrap_or_else(|| self.configs.topic_default(name))
    }

    pub(super) fn topic_int(&self, topic: TopicId, name: &str) -> i64 {
        self.topic_setting(topic, name).parse().unwrap_or(0)
    }

    fn topic_ms(&self, topic: TopicId, name: &str) -> Micros {
        let ms = u64::try_from(self.topic_int(topic, name)).unwrap_or(u64::MAX);
        Micros(ms.saturating_mul(1000))
    }

    fn topic_size(&self, topic: TopicId, name: &str) -> u64 {
        u64::try_from(self.topic_int(topic, name)).unwrap_or(u64::MAX)
    }

    /// `min.insync.replicas` of a partition's topic.
    #[must_use]
    pub fn min_insync_replicas(&self, p: Partition) -> usize {
        usize::try_from(self.topic_int(p.topic, "min.insync.replicas")).unwrap_or(1)
    }

    /// Whether `cleanup.policy` contains this word.
    pub(super) fn has_policy(&self, p: Partition, word: &str) -> bool {
        self.topic_setting(p.topic, "cleanup.policy").split(',').any(|policy| policy == word)
    }

    pub(super) fn rolling(&self, p: Partition) -> Rolling {
        let age = self.topic_ms(p.topic, "segment.ms");
        let most = self.topic_ms(p.topic, "max.compaction.lag.ms");
        Rolling {
            bytes: self.topic_size(p.topic, "segment.bytes"),
            age: if self.has_policy(p, "compact") { age.min(most) } else { age },
        }
    }

    /// `retention.bytes` of a partition's topic, if that limits it.
    #[must_use]
    pub fn retention_bytes(&self, p: Partition) -> Option<u64> {
        self.retention(p).bytes
    }

    pub(super) fn retention(&self, p: Partition) -> Retention {
        let limit = |name| Some(self.topic_int(p.topic, name)).filter(|_| self.has_policy(p, "delete"));
        let positive = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
        Retention {
            age: positive(limit("retention.ms")).map(|ms| Micros(ms.saturating_mul(1000))),
            bytes: positive(limit("retention.bytes")),
            file_delay: self.topic_ms(p.topic, "file.delete.delay.ms"),
        }
    }

    pub(super) fn compaction(&self, p: Partition) -> Compaction {
        Compaction {
            min_dirty_ratio: self.topic_setting(p.topic, "min.cleanable.dirty.ratio").parse().unwrap_or(0.5),
            delete_retention: self.topic_ms(p.topic, "delete.retention.ms"),
            min_lag: self.topic_ms(p.topic, "min.compaction.lag.ms"),
            max_lag: self.topic_ms(p.topic, "max.compaction.lag.ms"),
            segment_bytes: self.topic_size(p.topic, "segment.bytes"),
            file_delay: self.topic_ms(p.topic, "file.delete.delay.ms"),
        }
    }

    /// What a client's batch must fulfil.
    pub(super) fn rules(&self, p: Partition) -> Rules {
        Rules {
            compacted: self.has_policy(p, "compact"),
            max_bytes: self.topic_size(p.topic, "max.message.bytes"),
            segment_bytes: self.topic_size(p.topic, "segment.bytes"),
            append_time: self.topic_setting(p.topic, "message.timestamp.type") == "LogAppendTime",
            before_max: self.topic_ms(p.topic, "message.timestamp.before.max.ms"),
            after_max: self.topic_ms(p.topic, "message.timestamp.after.max.ms"),
        }
    }

    pub(super) fn lag_limit(&self) -> Micros {
        self.configs.ms("replica.lag.time.max.ms")
    }
}
