//! Parts of requests for records: who fetches, what, and how many copies must exist.

use crate::engine::Micros;
use crate::kafka::{Batch, BrokerEpoch, ErrorCode, LeaderEpoch, Offset, Partition, ProducerId};

/// How many copies must exist before a produce is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Acks {
    /// No answer at all.
    Zero,
    /// The leader's own.
    One,
    /// Those of every in-sync replica.
    All,
    /// A number that means nothing; brokers refuse it.
    Other(i16),
}

/// Which offset a ListOffsets asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OffsetSpec {
    /// The first readable one.
    Earliest,
    /// The high watermark.
    Latest,
    /// The first record with this timestamp or a later one.
    Timestamp(Micros),
}

/// One partition of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FetchPartition {
    /// Which.
    pub partition: Partition,
    /// From where; a follower's own log end offset.
    pub offset: Offset,
    /// Epoch that the sender believes in; -1 = does not say.
    pub leader_epoch: LeaderEpoch,
    /// Newest epoch that the follower's log knows; -1 = none, or a consumer.
    pub last_fetched_epoch: LeaderEpoch,
    /// Bytes that the answer may bring of this partition (its first batch may be larger).
    pub max_bytes: u64,
    /// Which topic of that name; -1 = does not say.
    pub topic_id: Offset,
}

/// One partition of a fetch's answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FetchedPartition {
    /// Which.
    pub partition: Partition,
    /// What went wrong.
    pub error: ErrorCode,
    /// High watermark of the leader, from before this fetch was counted; -1 with an error.
    pub high_watermark: Offset,
    /// Last stable offset, from before this fetch was counted.
    pub last_stable: Offset,
    /// First offset of the leader's log; -1 with an error.
    pub log_start: Offset,
    /// read_committed only: aborted transactions that touch these batches, by producer id and first offset.
    pub aborted: Vec<(ProducerId, Offset)>,
    /// The follower's log parted from the leader's: (epoch, end offset) to truncate to.
    pub diverging: Option<(LeaderEpoch, Offset)>,
    /// Whole batches; the first may begin before the offset asked for.
    pub batches: Vec<Batch>,
}

/// Who fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fetcher {
    /// A follower, with its broker epoch.
    Replica(BrokerEpoch),
    /// A consumer.
    Consumer(Isolation),
}

/// Which records a consumer wants to see (`isolation.level`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isolation {
    /// All that is replicated.
    #[default]
    ReadUncommitted,
    /// All below the last stable offset, without aborted transactions.
    ReadCommitted,
}

impl Isolation {
    /// `read_uncommitted` or `read_committed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "read_uncommitted",
            Self::ReadCommitted => "read_committed",
        }
    }
}
