//! Requests and answers: Kafka's, with the fields that the newest versions have and the model reads.

use std::sync::Arc;

use super::image::{Image, MetadataRecord};
use super::{
    Batch, BrokerEpoch, ErrorCode, Generation, GroupId, LeaderEpoch, LeaveWhy, MemberId, Offset, Partition,
    PartitionEpoch, ProducerEpoch, ProducerId, TopicId,
};
use crate::engine::{self, Micros, NodeId};

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
    /// Epoch of the follower's last batch; -1 = none, or a consumer.
    pub last_fetched_epoch: LeaderEpoch,
}

/// One partition of a fetch's answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FetchedPartition {
    /// Which.
    pub partition: Partition,
    /// What went wrong.
    pub error: ErrorCode,
    /// High watermark of the leader, from before this fetch was counted.
    pub high_watermark: Offset,
    /// First offset of the leader's log.
    pub log_start: Offset,
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
    Consumer,
}

/// One topic of a metadata answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicMetadata {
    /// Which.
    pub topic: TopicId,
    /// Unknown, or no leader.
    pub error: ErrorCode,
    /// Its partitions: leader and leader epoch.
    pub partitions: Vec<(Option<NodeId>, LeaderEpoch)>,
}

/// What a member brings when it joins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subscription {
    /// Topics it wants to read.
    pub topics: Vec<TopicId>,
    /// What it owns now (cooperative protocols).
    pub owned: Vec<Partition>,
    /// Generation in which it owned that.
    pub generation: Generation,
}

/// A request or an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the fields are Kafka's
pub enum Body {
    // ---- data ----
    Produce {
        acks: Acks,
        timeout: Micros,
        batches: Vec<(Partition, Batch)>,
    },
    Produced {
        results: Vec<(Partition, ErrorCode, Offset)>,
    },
    Fetch {
        who: Fetcher,
        max_wait: Micros,
        min_bytes: u64,
        max_bytes: u64,
        partitions: Vec<FetchPartition>,
        forget: Vec<Partition>,
    },
    Fetched {
        error: ErrorCode,
        partitions: Vec<FetchedPartition>,
    },
    ListOffsets {
        who: Fetcher,
        partitions: Vec<(Partition, LeaderEpoch, OffsetSpec)>,
    },
    OffsetsListed {
        results: Vec<(Partition, ErrorCode, Offset)>,
    },
    Metadata {
        topics: Vec<TopicId>,
    },
    MetadataGiven {
        brokers: Vec<NodeId>,
        topics: Vec<TopicMetadata>,
    },
    InitProducerId,
    ProducerIdGiven {
        error: ErrorCode,
        pid: ProducerId,
        epoch: ProducerEpoch,
    },
    // ---- groups ----
    FindCoordinator {
        group: GroupId,
    },
    CoordinatorFound {
        error: ErrorCode,
        node: Option<NodeId>,
    },
    JoinGroup {
        group: GroupId,
        member: Option<MemberId>,
        instance: Option<Arc<str>>,
        session: Micros,
        rebalance: Micros,
        assignors: Vec<&'static str>,
        subscription: Subscription,
    },
    GroupJoined {
        error: ErrorCode,
        member: Option<MemberId>,
        generation: Generation,
        assignor: &'static str,
        leader: Option<MemberId>,
        members: Vec<(MemberId, Option<Arc<str>>, Subscription)>,
    },
    SyncGroup {
        group: GroupId,
        member: MemberId,
        generation: Generation,
        assignor: &'static str,
        assignments: Vec<(MemberId, Vec<Partition>)>,
    },
    GroupSynced {
        error: ErrorCode,
        assigned: Vec<Partition>,
    },
    Heartbeat {
        group: GroupId,
        member: MemberId,
        generation: Generation,
    },
    HeartbeatAnswered {
        error: ErrorCode,
    },
    LeaveGroup {
        group: GroupId,
        member: MemberId,
        why: LeaveWhy,
    },
    GroupLeft {
        error: ErrorCode,
    },
    OffsetCommit {
        group: GroupId,
        member: Option<MemberId>,
        generation: Generation,
        offsets: Vec<(Partition, Offset, LeaderEpoch)>,
    },
    OffsetsCommitted {
        results: Vec<(Partition, ErrorCode)>,
    },
    OffsetFetch {
        group: GroupId,
        partitions: Vec<Partition>,
    },
    OffsetsFetched {
        error: ErrorCode,
        offsets: Vec<(Partition, Option<Offset>, LeaderEpoch)>,
    },
    // ---- brokers and controller ----
    BrokerRegistration {
        incarnation: u32,
    },
    BrokerRegistered {
        error: ErrorCode,
        epoch: BrokerEpoch,
    },
    BrokerHeartbeat {
        epoch: BrokerEpoch,
        metadata_offset: Offset,
        want_fence: bool,
        want_shutdown: bool,
    },
    BrokerHeartbeatAnswered {
        error: ErrorCode,
        fenced: bool,
        should_shutdown: bool,
    },
    AlterPartition {
        epoch: BrokerEpoch,
        changes: Vec<IsrChange>,
    },
    PartitionAltered {
        error: ErrorCode,
        results: Vec<(Partition, ErrorCode)>,
    },
    AllocateProducerIds {
        epoch: BrokerEpoch,
    },
    ProducerIdsAllocated {
        error: ErrorCode,
        first: i64,
        count: i64,
    },
    CreateTopics {
        topic: TopicId,
        partitions: u32,
        replication: u32,
        configs: Vec<(&'static str, Arc<str>)>,
    },
    TopicsCreated {
        error: ErrorCode,
    },
    MetadataFetch {
        from: Offset,
    },
    MetadataFetched {
        error: ErrorCode,
        records: Arc<[(Offset, MetadataRecord)]>,
        image: MetadataSnapshot,
    },
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
    /// The new set, with the broker epochs that the leader knows.
    pub isr: Vec<(NodeId, BrokerEpoch)>,
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

impl engine::Body for Body {
    fn api(&self) -> &'static str {
        match self {
            Self::Produce { .. } | Self::Produced { .. } => "Produce",
            Self::Fetch { .. } | Self::Fetched { .. } => "Fetch",
            Self::MetadataFetch { .. } | Self::MetadataFetched { .. } => "FetchMetadata",
            Self::ListOffsets { .. } | Self::OffsetsListed { .. } => "ListOffsets",
            Self::Metadata { .. } | Self::MetadataGiven { .. } => "Metadata",
            Self::InitProducerId | Self::ProducerIdGiven { .. } => "InitProducerId",
            Self::FindCoordinator { .. } | Self::CoordinatorFound { .. } => "FindCoordinator",
            Self::JoinGroup { .. } | Self::GroupJoined { .. } => "JoinGroup",
            Self::SyncGroup { .. } | Self::GroupSynced { .. } => "SyncGroup",
            Self::Heartbeat { .. } | Self::HeartbeatAnswered { .. } => "Heartbeat",
            Self::LeaveGroup { .. } | Self::GroupLeft { .. } => "LeaveGroup",
            Self::OffsetCommit { .. } | Self::OffsetsCommitted { .. } => "OffsetCommit",
            Self::OffsetFetch { .. } | Self::OffsetsFetched { .. } => "OffsetFetch",
            Self::BrokerRegistration { .. } | Self::BrokerRegistered { .. } => "BrokerRegistration",
            Self::BrokerHeartbeat { .. } | Self::BrokerHeartbeatAnswered { .. } => "BrokerHeartbeat",
            Self::AlterPartition { .. } | Self::PartitionAltered { .. } => "AlterPartition",
            Self::AllocateProducerIds { .. } | Self::ProducerIdsAllocated { .. } => "AllocateProducerIds",
            Self::CreateTopics { .. } | Self::TopicsCreated { .. } => "CreateTopics",
        }
    }
}

impl Body {
    /// Every api that a rule may name.
    pub const APIS: &[&str] = &[
        "Produce",
        "Fetch",
        "FetchMetadata",
        "ListOffsets",
        "Metadata",
        "InitProducerId",
        "FindCoordinator",
        "JoinGroup",
        "SyncGroup",
        "Heartbeat",
        "LeaveGroup",
        "OffsetCommit",
        "OffsetFetch",
        "BrokerRegistration",
        "BrokerHeartbeat",
        "AlterPartition",
        "AllocateProducerIds",
        "CreateTopics",
    ];
}
