//! Parts of requests of transactions.

use std::sync::Arc;

use crate::engine::Micros;
use crate::kafka::txn::Version;
use crate::kafka::{
    Generation, GroupId, LeaderEpoch, Marker, MemberId, Offset, Partition, ProducerEpoch, ProducerId,
};

/// What a transactional producer says when it asks for its identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InitTransaction {
    /// `transactional.id`.
    pub id: Arc<str>,
    /// `transaction.timeout.ms`.
    pub timeout: Micros,
    /// The identity it has and wants a new epoch of (KIP-360).
    pub current: Option<(ProducerId, ProducerEpoch)>,
}

/// The transaction that a produce request belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InTransaction {
    /// `transactional.id`.
    pub id: Arc<str>,
    /// What the client speaks.
    pub version: Version,
}

/// A marker, and the partitions it goes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TransactionMarker {
    /// Whose transaction.
    pub pid: ProducerId,
    /// Its epoch; with version 2, or after a fence, one above that of its records.
    pub epoch: ProducerEpoch,
    /// How it ended, and which coordinator says so.
    pub marker: Marker,
    /// Where.
    pub partitions: Vec<Partition>,
}

/// Offsets of a group as part of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TransactionOffsets {
    /// `transactional.id`, and what its client speaks.
    pub transaction: InTransaction,
    /// Producer id.
    pub pid: ProducerId,
    /// Producer epoch.
    pub epoch: ProducerEpoch,
    /// Whose offsets.
    pub group: GroupId,
    /// The member that read them; none = the producer does not say.
    pub member: Option<MemberId>,
    /// `group.instance.id` of that member, if it is static.
    pub instance: Option<Arc<str>>,
    /// Its generation; -1 = it does not say.
    pub generation: Generation,
    /// Next offset to read of each partition.
    pub offsets: Vec<(Partition, Offset, LeaderEpoch)>,
}
