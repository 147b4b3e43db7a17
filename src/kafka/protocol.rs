//! Requests and answers: Kafka's, with the fields that the newest versions have and the model reads.

mod cluster;
mod data;
mod groups;
mod transactions;

use std::sync::Arc;

use super::image::{BrokerState, PartitionState};
use super::raft::{Request, Response};
use super::share::{ShareRequest, ShareState, Shared, SharedPartition, StateKey};
use super::txn::Version;
use super::zookeeper::ZkMessage;
use super::{
    Batch, BrokerEpoch, Command, ErrorCode, Generation, GroupId, LeaderEpoch, LeaveWhy, MemberId, Offset,
    Outcome, Partition, ProducerEpoch, ProducerId, TopicId,
};
use crate::engine::{self, Micros, NodeId};
pub use cluster::{
    Control, Coordinated, IsrChange, IsrResult, LeaderHint, MetadataSnapshot, Picture, Stop, TopicMetadata,
};
pub use data::{Acks, FetchPartition, FetchedPartition, Fetcher, Isolation, OffsetSpec};
pub use groups::{
    CONSUMER, ConsumerHeartbeat, JOIN_GROUP_VERSION, Leaving, OFFSET_COMMIT_VERSION, SHARE, Subscription,
};
pub use transactions::{InTransaction, InitTransaction, TransactionMarker, TransactionOffsets};

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
        key: StateKey,
        leader_epoch: LeaderEpoch,
    },
    ShareGroupStateRead {
        error: ErrorCode,
        state: ShareState,
    },
    WriteShareGroupState {
        key: StateKey,
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
        states: Arc<[(Partition, Arc<PartitionState>)]>,
        /// Which topics they are of (KIP-516).
        topics: Arc<[(TopicId, Offset)]>,
    },
    UpdateMetadata {
        by: Control,
        brokers: Arc<[(NodeId, BrokerState)]>,
        states: Arc<[(Partition, Arc<PartitionState>)]>,
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
