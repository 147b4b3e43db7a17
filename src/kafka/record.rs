//! Records and batches: the batch is the unit of append, replication and idempotence (record format v2).

use std::sync::Arc;

use super::{
    GroupId, LeaderEpoch, MemberId, Offset, Partition, ProducerEpoch, ProducerId, RecordId, Sequence,
};
use crate::engine::Micros;

/// Opaque bytes that the model stores and returns without reading.
pub type Bytes = Arc<[u8]>;

/// Size of a batch header on disk.
pub const BATCH_HEADER_BYTES: u64 = 61;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// The application send it comes from; 0 for what brokers write themselves.
    pub id: RecordId,
    /// Key; null is another thing than empty.
    pub key: Option<Bytes>,
    /// Value; null is a tombstone.
    pub value: Option<Bytes>,
    /// Create time, from the producer's clock.
    pub timestamp: Micros,
    /// What brokers write into their internal topics, typed.
    pub internal: Option<Internal>,
}

/// What a record of an internal topic says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Internal {
    /// A committed offset of a group (`__consumer_offsets`).
    Offset(OffsetRecord),
    /// A group's state after a completed rebalance (`__consumer_offsets`); none = the group is gone.
    Group(GroupId, Option<Arc<GroupRecord>>),
}

/// A committed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OffsetRecord {
    /// Whose.
    pub group: GroupId,
    /// Where.
    pub partition: Partition,
    /// Next offset to read; none = a tombstone (expired or deleted).
    pub offset: Option<Offset>,
    /// Leader epoch of the last record read.
    pub leader_epoch: LeaderEpoch,
}

/// A group as its coordinator persists it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupRecord {
    /// Generation that this assignment belongs to.
    pub generation: i32,
    /// Chosen assignor.
    pub assignor: &'static str,
    /// Leader of the group.
    pub leader: Option<MemberId>,
    /// Members with what they subscribed to and got.
    pub members: Vec<GroupRecordMember>,
}

/// One member in a [`GroupRecord`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupRecordMember {
    /// Its id.
    pub member: MemberId,
    /// `group.instance.id`, if static.
    pub instance: Option<Arc<str>>,
    /// Session timeout.
    pub session: Micros,
    /// Rebalance timeout (`max.poll.interval.ms`).
    pub rebalance: Micros,
    /// Topics it subscribed to.
    pub topics: Vec<super::TopicId>,
    /// Partitions it was assigned.
    pub assigned: Vec<Partition>,
}

/// Who wrote a batch, for idempotence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Producer id.
    pub id: ProducerId,
    /// Session of the id.
    pub epoch: ProducerEpoch,
    /// Sequence number of the first record.
    pub first: Sequence,
}

/// A batch of records as it lies in a log. Followers copy it as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Batch {
    /// Offset of the first record, given by the leader.
    pub base: Offset,
    /// Epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
    /// Producer id, epoch and sequence; none for a producer without idempotence.
    pub stamp: Option<Stamp>,
    /// The records; offsets are `base + index`.
    pub records: Arc<[Record]>,
}

impl Batch {
    /// A batch as a client sends it: base offset 0, no leader epoch.
    #[must_use]
    pub fn unplaced(stamp: Option<Stamp>, records: Vec<Record>) -> Self {
        Self { base: Offset(0), leader_epoch: LeaderEpoch(-1), stamp, records: records.into() }
    }

    /// Number of records.
    #[must_use]
    pub fn count(&self) -> i64 {
        i64::try_from(self.records.len()).unwrap_or(i64::MAX)
    }

    /// The offset after the last record.
    #[must_use]
    pub fn end(&self) -> Offset {
        self.base.plus(self.count())
    }

    /// Sequence number of the last record.
    #[must_use]
    pub fn last_sequence(&self) -> Option<Sequence> {
        self.stamp.map(|stamp| stamp.first.plus(i32::try_from(self.count() - 1).unwrap_or(0)))
    }

    /// Largest record timestamp.
    #[must_use]
    pub fn max_timestamp(&self) -> Micros {
        self.records.iter().map(|r| r.timestamp).max().unwrap_or_default()
    }

    /// Modelled size on disk: the header, and about seven bytes a record beside its key and value.
    #[must_use]
    pub fn size(&self) -> u64 {
        BATCH_HEADER_BYTES + self.records.iter().map(Record::size).sum::<u64>()
    }
}

impl Record {
    /// Modelled size in bytes within a batch.
    #[must_use]
    pub fn size(&self) -> u64 {
        let len = |part: &Option<Bytes>| part.as_ref().map_or(0, |bytes| bytes.len() as u64);
        7 + len(&self.key) + len(&self.value) + if self.internal.is_some() { 60 } else { 0 }
    }
}
