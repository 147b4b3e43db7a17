//! Requests and answers: Kafka's, with the fields that the newest versions have and the model reads.

use std::sync::Arc;

use super::image::{BrokerState, Image, PartitionState};
use super::raft::{Request, Response};
use super::share::{ShareKey, ShareRequest, ShareState, Shared, SharedPartition};
use super::txn::Version;
use super::zookeeper::ZkMessage;
use super::{
    Batch, BrokerEpoch, Command, ErrorCode, Generation, GroupId, LeaderEpoch, LeaveWhy, Marker, MemberId,
    Offset, Outcome, Partition, PartitionEpoch, ProducerEpoch, ProducerId, TopicId,
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

/// Whose coordinator is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Coordinated {
    /// A consumer group.
    Group(GroupId),
    /// A `transactional.id`.
    Transaction(Arc<str>),
}

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

/// Who is to leave a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leaving {
    /// Its member id; none = whoever has the instance id (an admin's request).
    pub member: Option<MemberId>,
    /// `group.instance.id`, if it is static.
    pub instance: Option<Arc<str>>,
}

/// Version of JoinGroup that clients speak.
pub const JOIN_GROUP_VERSION: i16 = 9;

/// Version of OffsetCommit that clients speak.
pub const OFFSET_COMMIT_VERSION: i16 = 9;

/// What consumers call their kind of group, as against Connect's.
pub const CONSUMER: &str = "consumer";

/// What share groups are called.
pub const SHARE: &str = "share";

/// What a member brings when it joins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subscription {
    /// Topics it wants to read.
    pub topics: Vec<TopicId>,
    /// What it owns now (cooperative protocols).
    pub owned: Vec<Partition>,
    /// Generation in which it owned that.
    pub generation: Generation,
    /// User data of the `sticky` assignor: the last assignment, and the generation of that.
    pub user_data: Option<(Vec<Partition>, Generation)>,
}

/// What a member of a group of the consumer protocol says (KIP-848); what is none has not changed since it last said it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerHeartbeat {
    /// Its group.
    pub group: GroupId,
    /// Its member id, which it chose itself.
    pub member: MemberId,
    /// Its epoch; 0 = it joins, -1 = it leaves, -2 = a static member leaves and will be back.
    pub epoch: i32,
    /// `group.instance.id`, if static; always said.
    pub instance: Option<Arc<str>>,
    /// How long it may take to give up partitions (`max.poll.interval.ms`).
    pub rebalance: Option<Micros>,
    /// Topics it wants to read.
    pub topics: Option<Vec<TopicId>>,
    /// `group.remote.assignor`.
    pub assignor: Option<Arc<str>>,
    /// Partitions that it has.
    pub owned: Option<Vec<Partition>>,
    /// It is a member of a share group (ShareGroupHeartbeat): it says topics only.
    pub share: bool,
}

impl ConsumerHeartbeat {
    /// Whether it says everything; then the answer does, too.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.rebalance.is_some() && self.topics.is_some() && self.owned.is_some()
    }
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
        transaction: Option<InTransaction>,
    },
    Produced {
        results: Vec<(Partition, ErrorCode, Offset)>,
        leaders: Vec<LeaderHint>,
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
        leaders: Vec<LeaderHint>,
    },
    ListOffsets {
        who: Fetcher,
        partitions: Vec<(Partition, LeaderEpoch, OffsetSpec)>,
    },
    OffsetForLeaderEpoch {
        /// Leadership that the sender believes in, and the epoch that it asks about.
        partitions: Vec<(Partition, LeaderEpoch, LeaderEpoch)>,
    },
    LeaderEpochsEnded {
        /// The largest epoch up to the one asked about, and where it ends; -1 = not known.
        results: Vec<(Partition, ErrorCode, LeaderEpoch, Offset)>,
    },
    OffsetsListed {
        results: Vec<(Partition, ErrorCode, Offset)>,
    },
    Metadata {
        topics: Vec<TopicId>,
        /// `allow.auto.create.topics`.
        create: bool,
    },
    MetadataGiven {
        brokers: Vec<NodeId>,
        topics: Vec<TopicMetadata>,
    },
    InitProducerId {
        transaction: Option<InitTransaction>,
    },
    ProducerIdGiven {
        error: ErrorCode,
        pid: ProducerId,
        epoch: ProducerEpoch,
        /// What the cluster speaks. Kafka's clients learn it from ApiVersions, which is not modelled.
        version: Version,
    },
    // ---- transactions ----
    AddPartitionsToTxn {
        id: Arc<str>,
        pid: ProducerId,
        epoch: ProducerEpoch,
        partitions: Vec<Partition>,
        /// Only asks whether they are part of the transaction; partition leaders do.
        verify_only: bool,
        version: Version,
    },
    PartitionsAddedToTxn {
        results: Vec<(Partition, ErrorCode)>,
    },
    AddOffsetsToTxn {
        id: Arc<str>,
        pid: ProducerId,
        epoch: ProducerEpoch,
        group: GroupId,
    },
    OffsetsAddedToTxn {
        error: ErrorCode,
    },
    TxnOffsetCommit(TransactionOffsets),
    TxnOffsetsCommitted {
        results: Vec<(Partition, ErrorCode)>,
    },
    EndTxn {
        id: Arc<str>,
        pid: ProducerId,
        epoch: ProducerEpoch,
        outcome: Outcome,
        version: Version,
    },
    TxnEnded {
        error: ErrorCode,
        pid: ProducerId,
        epoch: ProducerEpoch,
    },
    WriteTxnMarkers {
        markers: Vec<TransactionMarker>,
    },
    TxnMarkersWritten {
        results: Vec<(ProducerId, Partition, ErrorCode)>,
    },
    // ---- groups ----
    FindCoordinator {
        of: Coordinated,
    },
    CoordinatorFound {
        error: ErrorCode,
        node: Option<NodeId>,
    },
    JoinGroup {
        group: GroupId,
        member: Option<MemberId>,
        instance: Option<Arc<str>>,
        /// Version of the request; decides what the client can be told.
        version: i16,
        protocol_type: &'static str,
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
        /// It leads, and what it had assigned stays.
        skip_assignment: bool,
        members: Vec<(MemberId, Option<Arc<str>>, Subscription)>,
    },
    SyncGroup {
        group: GroupId,
        member: MemberId,
        instance: Option<Arc<str>>,
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
        instance: Option<Arc<str>>,
        generation: Generation,
    },
    HeartbeatAnswered {
        error: ErrorCode,
    },
    LeaveGroup {
        group: GroupId,
        members: Vec<Leaving>,
        why: LeaveWhy,
    },
    GroupLeft {
        error: ErrorCode,
        members: Vec<(Leaving, ErrorCode)>,
    },
    ConsumerGroupHeartbeat(ConsumerHeartbeat),
    ConsumerGroupHeartbeatAnswered {
        error: ErrorCode,
        epoch: i32,
        /// When the next heartbeat is due.
        interval: Micros,
        /// What the member has from now on; none = nothing new.
        assigned: Option<Vec<Partition>>,
        /// It answers a ShareGroupHeartbeat.
        share: bool,
    },
    OffsetCommit {
        group: GroupId,
        /// Version of the request; decides what the client can be told.
        version: i16,
        member: Option<MemberId>,
        instance: Option<Arc<str>>,
        generation: Generation,
        offsets: Vec<(Partition, Offset, LeaderEpoch)>,
    },
    OffsetsCommitted {
        results: Vec<(Partition, ErrorCode)>,
    },
    OffsetFetch {
        group: GroupId,
        /// Consumer protocol: who asks, and its member epoch.
        member: Option<(MemberId, Generation)>,
        partitions: Vec<Partition>,
        /// Rather an error than an offset that an open transaction may change.
        require_stable: bool,
    },
    OffsetsFetched {
        error: ErrorCode,
        offsets: Vec<(Partition, Option<Offset>, LeaderEpoch)>,
    },
    // ---- share groups ----
    ShareFetch(ShareRequest),
    ShareFetched {
        error: ErrorCode,
        partitions: Vec<SharedPartition>,
    },
    ShareAcknowledge(ShareRequest),
    ShareAcknowledged {
        error: ErrorCode,
        results: Shared,
    },
    ReadShareGroupState {
        key: ShareKey,
        leader_epoch: LeaderEpoch,
    },
    ShareGroupStateRead {
        error: ErrorCode,
        state: ShareState,
    },
    WriteShareGroupState {
        key: ShareKey,
        update: ShareState,
    },
    ShareGroupStateWritten {
        error: ErrorCode,
    },
    // ---- brokers and controller ----
    BrokerRegistration {
        incarnation: u32,
        /// The disk holds all that the broker had written when it stopped.
        whole: bool,
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
        results: Vec<IsrResult>,
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
    /// An admin's request in an Envelope, from a broker that is not the controller (KIP-590).
    Forward {
        command: Command,
    },
    Forwarded {
        error: ErrorCode,
    },
    // ---- ZooKeeper, and a controller that lives in a broker ----
    ZooKeeper(ZkMessage),
    LeaderAndIsr {
        by: Control,
        states: Arc<[(Partition, PartitionState)]>,
    },
    UpdateMetadata {
        by: Control,
        brokers: Arc<[(NodeId, BrokerState)]>,
        states: Arc<[(Partition, PartitionState)]>,
        picture: Picture,
    },
    StopReplica {
        by: Control,
        stops: Vec<Stop>,
    },
    Controlled {
        api: &'static str,
        error: ErrorCode,
    },
    ControlledShutdown {
        epoch: BrokerEpoch,
    },
    ShutdownControlled {
        error: ErrorCode,
        remaining: Vec<Partition>,
    },
    // ---- the quorum ----
    Quorum(Request),
    QuorumAnswered {
        response: Response,
        /// To a broker that fetched: what is committed up to the end of the records.
        image: Option<MetadataSnapshot>,
    },
}

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

impl engine::Body for Body {
    fn api(&self) -> &'static str {
        match self {
            Self::Produce { .. } | Self::Produced { .. } => "Produce",
            Self::Fetch { .. } | Self::Fetched { .. } => "Fetch",
            Self::Quorum(request) => request.api(),
            Self::QuorumAnswered { response, .. } => response.api(),
            Self::ListOffsets { .. } | Self::OffsetsListed { .. } => "ListOffsets",
            Self::OffsetForLeaderEpoch { .. } | Self::LeaderEpochsEnded { .. } => "OffsetForLeaderEpoch",
            Self::Metadata { .. } | Self::MetadataGiven { .. } => "Metadata",
            Self::InitProducerId { .. } | Self::ProducerIdGiven { .. } => "InitProducerId",
            Self::AddPartitionsToTxn { .. } | Self::PartitionsAddedToTxn { .. } => "AddPartitionsToTxn",
            Self::AddOffsetsToTxn { .. } | Self::OffsetsAddedToTxn { .. } => "AddOffsetsToTxn",
            Self::TxnOffsetCommit(_) | Self::TxnOffsetsCommitted { .. } => "TxnOffsetCommit",
            Self::EndTxn { .. } | Self::TxnEnded { .. } => "EndTxn",
            Self::WriteTxnMarkers { .. } | Self::TxnMarkersWritten { .. } => "WriteTxnMarkers",
            Self::FindCoordinator { .. } | Self::CoordinatorFound { .. } => "FindCoordinator",
            Self::JoinGroup { .. } | Self::GroupJoined { .. } => "JoinGroup",
            Self::SyncGroup { .. } | Self::GroupSynced { .. } => "SyncGroup",
            Self::Heartbeat { .. } | Self::HeartbeatAnswered { .. } => "Heartbeat",
            Self::LeaveGroup { .. } | Self::GroupLeft { .. } => "LeaveGroup",
            Self::ConsumerGroupHeartbeat(ConsumerHeartbeat { share: true, .. })
            | Self::ConsumerGroupHeartbeatAnswered { share: true, .. } => "ShareGroupHeartbeat",
            Self::ConsumerGroupHeartbeat(_) | Self::ConsumerGroupHeartbeatAnswered { .. } => {
                "ConsumerGroupHeartbeat"
            }
            Self::ShareFetch(_) | Self::ShareFetched { .. } => "ShareFetch",
            Self::ShareAcknowledge(_) | Self::ShareAcknowledged { .. } => "ShareAcknowledge",
            Self::ReadShareGroupState { .. } | Self::ShareGroupStateRead { .. } => "ReadShareGroupState",
            Self::WriteShareGroupState { .. } | Self::ShareGroupStateWritten { .. } => "WriteShareGroupState",
            Self::OffsetCommit { .. } | Self::OffsetsCommitted { .. } => "OffsetCommit",
            Self::OffsetFetch { .. } | Self::OffsetsFetched { .. } => "OffsetFetch",
            Self::ZooKeeper(message) => message.api(),
            Self::LeaderAndIsr { .. } => "LeaderAndIsr",
            Self::UpdateMetadata { .. } => "UpdateMetadata",
            Self::StopReplica { .. } => "StopReplica",
            Self::Controlled { api, .. } => api,
            Self::ControlledShutdown { .. } | Self::ShutdownControlled { .. } => "ControlledShutdown",
            Self::BrokerRegistration { .. } | Self::BrokerRegistered { .. } => "BrokerRegistration",
            Self::BrokerHeartbeat { .. } | Self::BrokerHeartbeatAnswered { .. } => "BrokerHeartbeat",
            Self::AlterPartition { .. } | Self::PartitionAltered { .. } => "AlterPartition",
            Self::AllocateProducerIds { .. } | Self::ProducerIdsAllocated { .. } => "AllocateProducerIds",
            Self::CreateTopics { .. } | Self::TopicsCreated { .. } => "CreateTopics",
            Self::Forward { .. } | Self::Forwarded { .. } => "Envelope",
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
        "OffsetForLeaderEpoch",
        "Metadata",
        "InitProducerId",
        "AddPartitionsToTxn",
        "AddOffsetsToTxn",
        "TxnOffsetCommit",
        "EndTxn",
        "WriteTxnMarkers",
        "FindCoordinator",
        "JoinGroup",
        "SyncGroup",
        "Heartbeat",
        "LeaveGroup",
        "ConsumerGroupHeartbeat",
        "ShareGroupHeartbeat",
        "ShareFetch",
        "ShareAcknowledge",
        "ReadShareGroupState",
        "WriteShareGroupState",
        "OffsetCommit",
        "OffsetFetch",
        "BrokerRegistration",
        "BrokerHeartbeat",
        "AlterPartition",
        "AllocateProducerIds",
        "CreateTopics",
        "Envelope",
        "Vote",
        "BeginQuorumEpoch",
        "EndQuorumEpoch",
        "ApiVersions",
        "FetchSnapshot",
        "LeaderAndIsr",
        "UpdateMetadata",
        "StopReplica",
        "ControlledShutdown",
        "ZkConnect",
        "ZkPing",
        "ZkClose",
        "ZkCreate",
        "ZkSet",
        "ZkDelete",
        "ZkGet",
        "ZkExists",
        "ZkChildren",
        "ZkMulti",
        "ZkWatch",
    ];
}
