//! Parts of requests about the cluster itself: who leads, what a controller tells, what metadata is.

use std::sync::Arc;

use crate::engine::NodeId;
use crate::kafka::image::Image;
use crate::kafka::{
    BrokerEpoch, ErrorCode, GroupId, LeaderEpoch, Offset, Partition, PartitionEpoch, TopicId,
};

/// Whose coordinator is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Coordinated {
    /// A consumer group.
    Group(GroupId),
    /// A `transactional.id`.
    Transaction(Arc<str>),
}

/// One topic of a metadata answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicMetadata {
    /// Which.
    pub topic: TopicId,
    /// Which topic of that name; -1 = none, or not told.
    pub id: Offset,
    /// Unknown, or no leader.
    pub error: ErrorCode,
    /// Its partitions: leader and leader epoch.
    pub partitions: Vec<(Option<NodeId>, LeaderEpoch)>,
}

/// Who leads a partition instead, and in which epoch: an answer that says NOT_LEADER_OR_FOLLOWER or FENCED_LEADER_EPOCH carries it, if
/// the broker knows (KIP-951).
pub type LeaderHint = (Partition, NodeId, LeaderEpoch);

/// Who sends a request to a broker as its controller, and for which life of that broker it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Control {
    /// The controller.
    pub controller: NodeId,
    /// Its epoch: a broker that knows a higher one refuses.
    pub controller_epoch: i32,
    /// The receiver's registration: a later life refuses.
    pub broker_epoch: BrokerEpoch,
}

/// What an UpdateMetadata leads to, for receivers that need not put it together themselves: they then share one picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Picture {
    /// What a receiver must have for `after` to be right; none = whatever it has, for all is said.
    pub before: Option<MetadataSnapshot>,
    /// What it has then.
    pub after: MetadataSnapshot,
}

/// A replica that is to stop fetching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stop {
    /// Of which partition.
    pub partition: Partition,
    /// As of which leadership.
    pub leader_epoch: LeaderEpoch,
    /// Its log goes, too.
    pub delete: bool,
}

/// A proposed in-sync set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IsrChange {
    /// Which partition.
    pub partition: Partition,
    /// Leadership in which it is proposed.
    pub leader_epoch: LeaderEpoch,
    /// Version of the entry that the leader knows.
    pub partition_epoch: PartitionEpoch,
    /// The new set, with the broker epochs that they fetched with; -1 = not known.
    pub isr: Vec<(NodeId, BrokerEpoch)>,
}

/// What became of a proposed in-sync set: with no error, the entry as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IsrResult {
    /// Which partition.
    pub partition: Partition,
    /// Why it was refused.
    pub error: ErrorCode,
    /// Leadership of the entry.
    pub leader_epoch: LeaderEpoch,
    /// Version of the entry.
    pub partition_epoch: PartitionEpoch,
    /// In-sync replicas of the entry.
    pub isr: Vec<NodeId>,
}

/// The image that the records of a metadata answer lead to. One history, shared: a receiver need not apply the records again.
#[derive(Clone, Debug)]
pub struct MetadataSnapshot(pub Arc<Image>);

impl PartialEq for MetadataSnapshot {
    fn eq(&self, other: &Self) -> bool {
        self.0.offset == other.0.offset
    }
}

impl Eq for MetadataSnapshot {}

impl std::hash::Hash for MetadataSnapshot {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.offset.hash(state);
    }
}
