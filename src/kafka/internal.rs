//! What the coordinators of groups, of transactions and of share groups have in common: the partition of an internal topic that a name lives in, the broker
//! around them, answers that wait for a write, and what a failed write means.
//!
//! A coordinator is the leader of one partition of its topic. What it must not forget is a record there, written with acks=all; what
//! it has in memory is rebuilt by reading that partition.

use std::sync::Arc;

use super::{
    Body, ErrorCode, Image, Names, Note, OFFSETS_TOPIC, SHARE_STATE_TOPIC, TRANSACTIONS_TOPIC, TopicId,
};
use crate::engine::{Conn, Micros, MsgId, NodeId};

/// How long a new coordinator reads its partition before it can be asked.
pub const LOADING: Micros = Micros::ms(10);

/// A topic of Kafka's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InternalTopic {
    /// `__consumer_offsets`: groups and their offsets.
    Offsets,
    /// `__transaction_state`: transactional ids.
    Transactions,
    /// `__share_group_state`: what was delivered to share groups.
    ShareState,
}

impl InternalTopic {
    /// The internal topic of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            OFFSETS_TOPIC => Some(Self::Offsets),
            TRANSACTIONS_TOPIC => Some(Self::Transactions),
            SHARE_STATE_TOPIC => Some(Self::ShareState),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offsets => OFFSETS_TOPIC,
            Self::Transactions => TRANSACTIONS_TOPIC,
            Self::ShareState => SHARE_STATE_TOPIC,
        }
    }

    /// Settings of a broker that say how it is created: number of partitions, copies of each.
    #[must_use]
    pub const fn sizes(self) -> [&'static str; 2] {
        match self {
            Self::Offsets => ["offsets.topic.num.partitions", "offsets.topic.replication.factor"],
            Self::Transactions => {
                ["transaction.state.log.num.partitions", "transaction.state.log.replication.factor"]
            }
            Self::ShareState => [
                "share.coordinator.state.topic.num.partitions",
                "share.coordinator.state.topic.replication.factor",
            ],
        }
    }

    /// The topic, if anybody ever spoke of it, and the partition that a name lives in (number of the partition, or none while the topic
    /// does not exist).
    #[must_use]
    pub fn home(self, names: &Names, image: &Image, name: &str) -> Option<(TopicId, u32)> {
        let topic = names.find_topic(self.name())?;
        let count = image.partition_count(topic);
        (count > 0).then(|| (topic, partition_for(name, count)))
    }
}

/// What a coordinator may ask of the broker it lives in.
pub trait CoordinatorHost {
    /// Virtual time.
    fn now(&self) -> Micros;
    /// This broker.
    fn me(&self) -> NodeId;
    /// Names.
    fn names(&self) -> Arc<Names>;
    /// The broker's picture of the cluster.
    fn image(&self) -> Arc<Image>;
    /// A broker setting.
    fn setting(&self, name: &str) -> i64;
    /// Answers a request.
    fn answer(&mut self, conn: Conn, request: MsgId, quiet: bool, body: Body);
    /// States something.
    fn note(&mut self, note: Note);
}

/// A request whose answer waits. The connection is gone once its client hung up; the request counts on, unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Where the answer goes.
    pub conn: Option<Conn>,
    /// What it answers.
    pub request: MsgId,
}

/// The partition of an internal topic (it has `partitions`) whose leader coordinates what has this name: Java's `String.hashCode` over
/// UTF-16 units, made positive, modulo.
#[must_use]
pub fn partition_for(name: &str, partitions: u32) -> u32 {
    let hash = name.encode_utf16().fold(0_i32, |h, unit| h.wrapping_mul(31).wrapping_add(unit.into()));
    let positive = if hash == i32::MIN { 0 } else { hash.unsigned_abs() };
    positive.checked_rem(partitions).unwrap_or(0)
}

/// What a client is told when the coordinator could not write.
#[must_use]
pub const fn as_coordinator_error(error: ErrorCode) -> ErrorCode {
    match error {
        ErrorCode::NotLeaderOrFollower | ErrorCode::KafkaStorageError => ErrorCode::NotCoordinator,
        ErrorCode::NotEnoughReplicas
        | ErrorCode::NotEnoughReplicasAfterAppend
        | ErrorCode::UnknownTopicOrPartition
        | ErrorCode::RequestTimedOut => ErrorCode::CoordinatorNotAvailable,
        other => other,
    }
}
