//! What members of a share group and leaders of partitions say to each other.

use super::super::{Batch, ErrorCode, GroupId, MemberId, Offset, Partition};
use crate::engine::Micros;

/// How a member is done with a record (`AcknowledgeType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AckType {
    /// There was no record at this offset that an application could see; clients say so by themselves.
    Gap,
    /// Done.
    Accept,
    /// Not done: another delivery may be better.
    Release,
    /// Never to be delivered again.
    Reject,
    /// Still at it: the lock begins anew (Kafka 4.2).
    Renew,
}

impl AckType {
    /// What an application may choose.
    pub const CHOICES: &[Self] = &[Self::Accept, Self::Release, Self::Reject, Self::Renew];

    /// Kafka's name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Accept => "accept",
            Self::Release => "release",
            Self::Reject => "reject",
            Self::Renew => "renew",
        }
    }
}

/// An acknowledgement of some records in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AckRange {
    /// The first.
    pub first: Offset,
    /// The last; it belongs to the range.
    pub last: Offset,
    /// How.
    pub how: AckType,
}

/// Records in a row that a member has acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Acquired {
    /// The first.
    pub first: Offset,
    /// The last; it belongs to the range.
    pub last: Offset,
    /// How often they were delivered, this time included.
    pub deliveries: u16,
}

/// What a member asks of a partition's leader: ShareFetch, and ShareAcknowledge, which fetches nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShareRequest {
    /// Its group.
    pub group: GroupId,
    /// Its member id.
    pub member: MemberId,
    /// Epoch of its session with this broker: 0 = it begins, -1 = it ends.
    pub epoch: i32,
    /// How long the leader may wait for records.
    pub max_wait: Micros,
    /// Bytes that the answer may bring.
    pub max_bytes: u64,
    /// Records that may be acquired; whole batches are, so it may be more.
    pub max_records: u64,
    /// Partitions that come to the session.
    pub partitions: Vec<Partition>,
    /// Partitions that leave it.
    pub forget: Vec<Partition>,
    /// What it is done with.
    pub acknowledgements: Vec<(Partition, Vec<AckRange>)>,
}

/// One partition of the answer to a ShareFetch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SharedPartition {
    /// Which.
    pub partition: Partition,
    /// What went wrong with fetching.
    pub error: ErrorCode,
    /// What went wrong with its acknowledgements.
    pub ack_error: ErrorCode,
    /// Whole batches; not all of their records are acquired.
    pub batches: Vec<Batch>,
    /// The records that this member has now.
    pub acquired: Vec<Acquired>,
}

/// What became of acknowledgements, by partition.
pub type Shared = Vec<(Partition, ErrorCode)>;
