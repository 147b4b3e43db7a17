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
    /// One fact about a group of the consumer protocol (`__consumer_offsets`).
    ConsumerGroup(GroupId, Arc<super::group::ConsumerRecord>),
    /// The state of a transactional id (`__transaction_state`); Dead = a tombstone.
    Transaction(Arc<super::txn::TransactionRecord>),
    /// One fact about a share group (`__consumer_offsets`).
    ShareGroup(GroupId, Arc<super::group::ConsumerRecord>),
    /// What was delivered to a share group in a partition (`__share_group_state`).
    Share(Arc<super::share::ShareRecord>),
}

/// What compaction takes for a record's key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Bytes.
    Bytes(Bytes),
    /// A group's offset in a partition.
    Offset(GroupId, Partition),
    /// A group.
    Group(GroupId),
    /// A fact about a group of the consumer protocol: which kind of fact, and about which member.
    ConsumerGroup(GroupId, u8, Option<MemberId>),
    /// A transactional id.
    Transaction(Arc<str>),
    /// A fact about a share group.
    ShareGroup(GroupId, u8, Option<MemberId>),
    /// A group in a partition: a snapshot of it, or an update.
    Share(super::share::StateKey, bool),
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
    /// Kind of group, `consumer`; none = nobody ever joined, it only holds offsets.
    pub protocol_type: Option<&'static str>,
    /// Members with what they subscribed to and got.
    pub members: Vec<GroupRecordMember>,
    /// Since when the group is in the state that this record speaks of.
    pub since: Micros,
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
    /// What it brought when it joined.
    pub subscription: super::Subscription,
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

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Its records count.
    Commit,
    /// Its records do not count.
    Abort,
}

impl Outcome {
    /// `commit` or `abort`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Abort => "abort",
        }
    }
}

/// What a control batch says: the transaction of its producer id ends here, in this partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Marker {
    /// How it ended.
    pub outcome: Outcome,
    /// Leader epoch of the coordinator's partition of `__transaction_state`.
    pub coordinator_epoch: i32,
}

/// What compaction left of a batch. Its first and last offset, and so its last sequence number, stay.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cleaned {
    /// How many records it had.
    pub count: u32,
    /// Which of them are left, as distances from the first offset.
    pub deltas: Vec<u32>,
    /// Largest timestamp; stays when nothing is left.
    pub max_timestamp: Micros,
    /// From when on its tombstones, or its marker, may go.
    pub delete_horizon: Option<Micros>,
}

/// A batch of records as it lies in a log. Followers copy it as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Batch {
    /// Offset of the first record, given by the leader.
    pub base: Offset,
    /// Epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
    /// Producer id, epoch and sequence; none for a producer without idempotence. A marker has no sequence (-1).
    pub stamp: Option<Stamp>,
    /// Whether it belongs to a transaction.
    pub transactional: bool,
    /// A control batch: one record, which consumers are never given.
    pub control: Option<Marker>,
    /// The records that are there; see [`Batch::entries`] for their offsets.
    pub records: Arc<[Record]>,
    /// Compaction has passed over it.
    pub cleaned: Option<Arc<Cleaned>>,
}

impl Batch {
    /// A batch as a client sends it: base offset 0, no leader epoch, no transaction.
    #[must_use]
    pub fn unplaced(stamp: Option<Stamp>, records: Vec<Record>) -> Self {
        Self {
            base: Offset(0),
            leader_epoch: LeaderEpoch(-1),
            stamp,
            transactional: false,
            control: None,
            records: records.into(),
            cleaned: None,
        }
    }

    /// A batch of a transaction, as a client sends it.
    #[must_use]
    pub fn in_transaction(stamp: Stamp, records: Vec<Record>) -> Self {
        Self { transactional: true, ..Self::unplaced(Some(stamp), records) }
    }

    /// The marker that ends a transaction, as its coordinator sends it. It takes one offset.
    #[must_use]
    pub fn marker(id: ProducerId, epoch: ProducerEpoch, marker: Marker, timestamp: Micros) -> Self {
        let kind = match marker.outcome {
            Outcome::Abort => 0,
            Outcome::Commit => 1,
        };
        let [a, b, c, d] = marker.coordinator_epoch.to_be_bytes();
        let record = Record {
            id: RecordId(0),
            key: Some(Arc::from([0, 0, 0, kind])),
            value: Some(Arc::from([0, 0, a, b, c, d])),
            timestamp,
            internal: None,
        };
        let stamp = Stamp { id, epoch, first: Sequence::NONE };
        Self { control: Some(marker), ..Self::in_transaction(stamp, vec![record]) }
    }

    /// How the transaction ended, if this is a marker.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.control.map(|marker| marker.outcome)
    }

    /// `data`, `commit` or `abort`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.outcome().map_or("data", Outcome::name)
    }

    /// Number of offsets that it takes: its records, those that compaction removed included.
    #[must_use]
    pub fn count(&self) -> i64 {
        let there = || i64::try_from(self.records.len()).unwrap_or(i64::MAX);
        self.cleaned.as_ref().map_or_else(there, |cleaned| i64::from(cleaned.count))
    }

    /// The records that are there, with their distance from the first offset.
    fn placed(&self) -> impl DoubleEndedIterator<Item = (u32, &Record)> {
        let delta = |ix: usize| match &self.cleaned {
            Some(cleaned) => cleaned.deltas.get(ix).copied().unwrap_or_default(),
            None => u32::try_from(ix).unwrap_or(u32::MAX),
        };
        self.records.iter().enumerate().map(move |(ix, record)| (delta(ix), record))
    }

    /// The records that are there, with their offsets.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (Offset, &Record)> {
        self.placed().map(|(delta, record)| (self.base.plus(i64::from(delta)), record))
    }

    /// The offset after the last record.
    #[must_use]
    pub fn end(&self) -> Offset {
        self.base.plus(self.count())
    }

    /// The last offset that it takes.
    #[must_use]
    pub fn last(&self) -> Offset {
        self.base.plus(self.count() - 1)
    }

    /// Sequence number of the last record; -1 if it has none.
    #[must_use]
    pub fn last_sequence(&self) -> Option<Sequence> {
        self.stamp.map(|stamp| match stamp.first {
            Sequence::NONE => Sequence::NONE,
            first => first.plus(i32::try_from(self.count() - 1).unwrap_or(0)),
        })
    }

    /// Sequence number of the record at an offset of this batch; none without idempotence and for markers.
    #[must_use]
    pub fn sequence_at(&self, offset: Offset) -> Option<Sequence> {
        let first = self.stamp.map(|stamp| stamp.first).filter(|first| *first != Sequence::NONE)?;
        Some(first.plus(i32::try_from(offset.0 - self.base.0).unwrap_or(0)))
    }

    /// Largest record timestamp.
    #[must_use]
    pub fn max_timestamp(&self) -> Micros {
        let there = || self.records.iter().map(|r| r.timestamp).max().unwrap_or_default();
        self.cleaned.as_ref().map_or_else(there, |cleaned| cleaned.max_timestamp)
    }

    /// From when on compaction may remove its tombstones, or the marker that it is.
    #[must_use]
    pub fn delete_horizon(&self) -> Option<Micros> {
        self.cleaned.as_ref().and_then(|cleaned| cleaned.delete_horizon)
    }

    /// What compaction leaves: the records for which `keep` says yes, and a horizon for the deletions among them.
    #[must_use]
    pub fn clean(&self, keep: impl Fn(Offset, &Record) -> bool, delete_horizon: Option<Micros>) -> Self {
        let kept = |(delta, record): &(u32, &Record)| keep(self.base.plus(i64::from(*delta)), record);
        let (deltas, records): (Vec<u32>, Vec<Record>) =
            self.placed().filter(kept).map(|(delta, record)| (delta, record.clone())).unzip();
        let newest = records.iter().map(|r| r.timestamp).max();
        let cleaned = Cleaned {
            count: u32::try_from(self.count()).unwrap_or(u32::MAX),
            deltas,
            max_timestamp: newest.unwrap_or_else(|| self.max_timestamp()),
            delete_horizon,
        };
        Self { records: records.into(), cleaned: Some(Arc::new(cleaned)), ..self.clone() }
    }

    /// Modelled size on disk: the header, and about seven bytes a record beside its key and value.
    #[must_use]
    pub fn size(&self) -> u64 {
        BATCH_HEADER_BYTES + self.records.iter().map(Record::size).sum::<u64>()
    }
}

impl Record {
    /// What compaction takes for its key; none = it has no key.
    #[must_use]
    pub fn identity(&self) -> Option<Key> {
        match &self.internal {
            Some(Internal::Offset(offset)) => Some(Key::Offset(offset.group, offset.partition)),
            Some(Internal::Group(group, _)) => Some(Key::Group(*group)),
            Some(Internal::ConsumerGroup(group, record)) => {
                let (kind, member) = record.key();
                Some(Key::ConsumerGroup(*group, kind, member))
            }
            Some(Internal::Transaction(state)) => Some(Key::Transaction(Arc::clone(&state.id))),
            Some(Internal::ShareGroup(group, record)) => {
                let (kind, member) = record.key();
                Some(Key::ShareGroup(*group, kind, member))
            }
            Some(Internal::Share(record)) => Some(Key::Share(record.key, record.snapshot)),
            None => self.key.clone().map(Key::Bytes),
        }
    }

    /// Whether it deletes its key: a null value.
    #[must_use]
    pub fn is_tombstone(&self) -> bool {
        match &self.internal {
            Some(Internal::Offset(offset)) => offset.offset.is_none(),
            Some(Internal::Group(_, state)) => state.is_none(),
            Some(Internal::ConsumerGroup(_, record) | Internal::ShareGroup(_, record)) => {
                record.is_tombstone()
            }
            Some(Internal::Share(_)) => false,
            Some(Internal::Transaction(state)) => state.state == super::TransactionState::Dead,
            None => self.value.is_none(),
        }
    }

    /// Modelled size in bytes within a batch.
    #[must_use]
    pub fn size(&self) -> u64 {
        let len = |part: &Option<Bytes>| part.as_ref().map_or(0, |bytes| bytes.len() as u64);
        7 + len(&self.key) + len(&self.value) + if self.internal.is_some() { 60 } else { 0 }
    }
}
