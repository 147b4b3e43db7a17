//! Newtypes of the model. Absent numbers are -1, as in Kafka.

use std::cmp::Ordering;
use std::fmt;

/// Position of a record in a partition's log; in `log end offset`, `high watermark` and the like: the position after the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub i64);

impl Offset {
    /// Not known, or not there.
    pub const NONE: Self = Self(-1);

    /// The offset `n` further on.
    #[must_use]
    pub const fn plus(self, n: i64) -> Self {
        Self(self.0 + n)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which leadership of a partition; one more with every change of leader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaderEpoch(pub i32);

/// Version of a partition's registration; one more with every change by the controller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionEpoch(pub i32);

/// Which registration of a broker: the offset of its record in the metadata log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BrokerEpoch(pub i64);

/// Which round of assignments of a consumer group (classic protocol); -1 outside a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub i32);

/// Who produces, for idempotence; handed out by the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProducerId(pub i64);

/// Which session of a producer id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProducerEpoch(pub i16);

impl ProducerEpoch {
    /// None is known.
    pub const NONE: Self = Self(-1);
}

/// Number of a record within (producer id, epoch, partition), from 0, wrapping from 2147483647 to 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub i32);

impl Sequence {
    /// Not numbered: markers, and what coordinators write.
    pub const NONE: Self = Self(-1);

    /// The number `n` further on, wrapping past the largest 32-bit integer to 0.
    #[must_use]
    pub fn plus(self, n: i32) -> Self {
        let sum = i64::from(self.0) + i64::from(n);
        Self(i32::try_from(sum % (i64::from(i32::MAX) + 1)).unwrap_or(0))
    }
}

/// A topic, by its place in [`super::Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(pub u32);

/// A consumer group, by its place in [`super::Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u32);

/// One partition of a topic. In order: topic by topic, then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Partition {
    /// The topic.
    pub topic: TopicId,
    /// Its number within the topic, from 0.
    pub index: u32,
}

impl Partition {
    /// Its place among all: one number to compare, for partitions are looked up oftener than anything else.
    fn place(self) -> u64 {
        (u64::from(self.topic.0) << 32) | u64::from(self.index)
    }
}

impl Ord for Partition {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for Partition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    fn lt(&self, other: &Self) -> bool {
        self.place() < other.place()
    }

    fn le(&self, other: &Self) -> bool {
        self.place() <= other.place()
    }

    fn gt(&self, other: &Self) -> bool {
        self.place() > other.place()
    }

    fn ge(&self, other: &Self) -> bool {
        self.place() >= other.place()
    }
}

/// One application send, from 1 in order of sending in the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u64);

/// A group member's identity: the process and its incarnation-unique suffix, written `c1-2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId {
    /// The consumer process.
    pub client: crate::engine::NodeId,
    /// What the coordinator appended to tell one life from the next (Kafka: a UUID).
    pub serial: u64,
}
