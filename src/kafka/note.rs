//! What the model states about itself. Names are past participles; fields are ids, offsets, epochs, never text.

use super::group::MemberState;
use super::raft::Standing;
use super::share::DeliveryState;
use super::zookeeper::Path;
use super::{
    BrokerEpoch, ErrorCode, Generation, GroupId, LeaderEpoch, MemberId, Offset, Outcome, Partition,
    ProducerEpoch, ProducerId, RecordId, TopicId,
};
use crate::engine::{Micros, MsgId, NodeId};

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$vdoc])* $variant,)* }
        impl $type {
            /// Name in the trace.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

names! {
    /// How a partition was chosen for a record.
    Chosen {
        /// The application named it.
        Explicit = "explicit",
        /// Hash of the key.
        Key = "key",
        /// No key: the partition the client sticks to for now.
        Sticky = "sticky",
        /// No key: at random.
        Random = "random",
        /// RoundRobinPartitioner: the next one.
        RoundRobin = "round-robin",
    }
}

names! {
    /// Why a batch was closed.
    BatchWhy {
        /// No more room.
        Full = "full",
        /// linger.ms passed.
        Linger = "linger",
        /// flush() or close().
        Flush = "flush",
        /// A send() waited for memory.
        Memory = "memory",
        /// Another batch went to the same broker just then.
        Along = "along",
        /// It is a part of a batch that was too large.
        Split = "split",
    }
}

names! {
    /// Why something was sent or asked again.
    Why {
        /// No answer within request.timeout.ms.
        Timeout = "timeout",
        /// The connection broke.
        Disconnect = "disconnect",
        /// The answer was an error that may be retried.
        Error = "error",
        /// metadata.max.age.ms passed, or it is the first time.
        Age = "age",
        /// A partition or leader is not known.
        Unknown = "unknown",
    }
}

names! {
    /// Why a segment was deleted or the log start moved.
    DeleteWhy {
        /// retention.ms.
        Time = "time",
        /// retention.bytes.
        Size = "size",
        /// The log starts behind it: records were deleted, or the leader's log starts later.
        LogStart = "log-start",
    }
}

names! {
    /// How a leader was chosen.
    Election {
        /// First leader of a new partition.
        Initial = "initial",
        /// From the in-sync replicas.
        Clean = "clean",
        /// Back to the first replica of the assignment.
        Preferred = "preferred",
        /// From outside the in-sync replicas: committed records may be lost.
        Unclean = "unclean",
    }
}

names! {
    /// Why a position moved.
    MoveWhy {
        /// Records were delivered.
        Delivered = "delivered",
        /// The application asked.
        Seek = "seek",
        /// From the committed offset, after an assignment.
        Committed = "committed",
        /// auto.offset.reset decided.
        Reset = "reset",
        /// The new leader's log is shorter.
        Truncated = "truncated",
        /// Only markers and aborted records lay there.
        Skipped = "skipped",
    }
}

names! {
    /// Why a member is no longer in its group.
    LeaveWhy {
        /// It said so.
        Left = "left",
        /// No heartbeat within session.timeout.ms.
        Expired = "expired",
        /// It did not join in time.
        JoinTimeout = "join-timeout",
        /// It did not poll within max.poll.interval.ms.
        PollInterval = "poll-interval",
        /// Another process took its place (static membership).
        Replaced = "replaced",
        /// It did not give up in time what it was told to (consumer protocol).
        RebalanceTimeout = "rebalance-timeout",
    }
}

names! {
    /// State of a consumer group. Preparing and CompletingRebalance are the classic protocol's, Assigning and Reconciling the
    /// consumer protocol's.
    GroupState {
        /// No members.
        Empty = "Empty",
        /// Collecting JoinGroup requests.
        PreparingRebalance = "PreparingRebalance",
        /// Waiting for the leader's assignment.
        CompletingRebalance = "CompletingRebalance",
        /// The group epoch is ahead of the target assignment.
        Assigning = "Assigning",
        /// Members are on their way to the target.
        Reconciling = "Reconciling",
        /// Everybody has an assignment.
        Stable = "Stable",
        /// Gone.
        Dead = "Dead",
    }
}

names! {
    /// Why records of a share group are no longer acquired.
    ShareWhy {
        /// The member said so.
        Acknowledged = "acknowledged",
        /// The acquisition lock ran out.
        LockOver = "lock-over",
        /// The member's session ended, or its connection.
        SessionOver = "session-over",
    }
}

names! {
    /// State of a transactional id.
    TransactionState {
        /// No transaction.
        Empty = "Empty",
        /// Partitions are part of a transaction.
        Ongoing = "Ongoing",
        /// It will be committed: decided, not finished.
        PrepareCommit = "PrepareCommit",
        /// It will be aborted: decided, not finished.
        PrepareAbort = "PrepareAbort",
        /// It is committed everywhere.
        CompleteCommit = "CompleteCommit",
        /// It is aborted everywhere.
        CompleteAbort = "CompleteAbort",
        /// The id has expired.
        Dead = "Dead",
        /// Its producer is being fenced; never stored.
        PrepareEpochFence = "PrepareEpochFence",
    }
}

/// One statement. Kept small: the trace holds many.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the fields are what their names say
pub enum Note {
    /// A request will not be answered in time.
    RequestTimedOut { msg: MsgId, client: NodeId, api: &'static str },
    // ---- producer ----
    /// The application handed a record to its client.
    RecordSent { record: RecordId, client: NodeId, partition: Partition },
    /// The partitioner decided.
    PartitionChosen { record: RecordId, partition: Partition, how: Chosen },
    /// No more records go into this batch.
    BatchClosed { client: NodeId, partition: Partition, count: u32, why: BatchWhy },
    /// A batch was sent again.
    RequestRetried { client: NodeId, msg: MsgId, attempt: u32, why: Why },
    /// The client learned that a record is stored (offset -1 with acks=0: it only knows that it wrote it to the connection).
    RecordAcked { record: RecordId, offset: Offset },
    /// The client gave a record up, or refused it.
    RecordFailed { record: RecordId, error: ErrorCode },
    /// The application was told what became of a record: its callback ran, with the answer or (`waited`) in a later poll() or flush().
    CallbackRun { record: RecordId, client: NodeId, waited: bool },
    /// The cluster gave the producer an identity.
    ProducerIdAssigned { client: NodeId, pid: ProducerId, epoch: ProducerEpoch },
    /// A client asked for metadata.
    MetadataRefreshed { client: NodeId, why: Why },
    /// A client could reach none of the brokers it knew, and begins again with its bootstrap list (KIP-899).
    Rebootstrapped { client: NodeId },
    /// An answer that refused told the client who leads the partition now (KIP-951).
    LeaderLearned { client: NodeId, partition: Partition, leader: NodeId, epoch: LeaderEpoch },
    // ---- log ----
    /// A batch lies in a replica's log: records, or the marker that ends a transaction there.
    Appended { node: NodeId, partition: Partition, base: Offset, count: u32, control: Option<Outcome> },
    /// A batch was refused before it was written.
    AppendRefused { node: NodeId, partition: Partition, error: ErrorCode },
    /// A batch was recognised as one that is in the log.
    DuplicateAnswered { node: NodeId, partition: Partition, base: Offset },
    /// A replica cut its log back.
    Truncated { node: NodeId, partition: Partition, to: Offset, epoch: LeaderEpoch },
    /// A new active segment.
    SegmentRolled { node: NodeId, partition: Partition, base: Offset },
    /// A segment was deleted.
    SegmentDeleted { node: NodeId, partition: Partition, base: Offset, why: DeleteWhy },
    /// Compaction has cleaned up to here; so many records are gone.
    LogCompacted { node: NodeId, partition: Partition, upto: Offset, removed: u32 },
    /// The first readable offset moved.
    LogStartMoved { node: NodeId, partition: Partition, from: Offset, to: Offset },
    /// The committed boundary of a replica moved.
    HighWatermarkMoved { node: NodeId, partition: Partition, from: Offset, to: Offset },
    /// A leader began its epoch at this offset.
    EpochStarted { node: NodeId, partition: Partition, epoch: LeaderEpoch, offset: Offset },
    // ---- replication, metadata ----
    /// A replica left the in-sync set.
    IsrShrunk { partition: Partition, broker: NodeId },
    /// A replica joined the in-sync set.
    IsrExpanded { partition: Partition, broker: NodeId },
    /// The controller refused a change of the in-sync set.
    IsrChangeRefused { partition: Partition, error: ErrorCode },
    /// The controller chose a leader.
    LeaderElected {
        partition: Partition,
        from: Option<NodeId>,
        to: NodeId,
        epoch: LeaderEpoch,
        how: Election,
    },
    /// The partition has no leader.
    LeaderLost { partition: Partition },
    /// A broker told the controller that it exists.
    BrokerRegistered { broker: NodeId, epoch: BrokerEpoch },
    /// The controller counts the broker as gone.
    BrokerFenced { broker: NodeId },
    /// The controller counts the broker as alive.
    BrokerUnfenced { broker: NodeId },
    /// A record was appended to the metadata log.
    MetadataAppended { offset: Offset, kind: &'static str },
    /// A broker has applied the metadata log up to here.
    MetadataApplied { node: NodeId, offset: Offset },
    /// A controller became active.
    ControllerElected { node: NodeId, epoch: i32 },
    /// A controller is no longer the active one: it was deposed, or found no majority.
    ControllerResigned { node: NodeId, epoch: i32 },
    /// A voter of the quorum is in another state, or in another epoch.
    QuorumStateChanged { node: NodeId, from: Standing, to: Standing, epoch: i32 },
    /// A voter gave its vote; with `pre`, it said that it would.
    VoteGranted { node: NodeId, candidate: NodeId, epoch: i32, pre: bool },
    /// A controller votes from now on; that is committed.
    VoterAdded { voter: NodeId },
    /// A controller votes no longer; that is committed.
    VoterRemoved { voter: NodeId },
    /// A controller cut its metadata log back: what lay there was never committed.
    MetadataTruncated { node: NodeId, to: Offset },
    /// A controller keeps a snapshot instead of the records before it.
    SnapshotTaken { node: NodeId, offset: Offset },
    /// A znode came, went or has other contents.
    ZnodeChanged { path: Path },
    /// ZooKeeper heard nothing of a process for too long: its session and its ephemeral znodes are gone.
    ZkSessionExpired { node: NodeId },
    /// A broker has taken in what a controller sent, so many partitions.
    ControlApplied { node: NodeId, api: &'static str, epoch: i32, entries: u32 },
    /// A broker refused what a controller sent.
    ControlRefused { node: NodeId, api: &'static str, epoch: i32, error: ErrorCode },
    /// A broker could not register: ZooKeeper still knows its previous life.
    RegistrationRefused { broker: NodeId },
    /// A topic exists.
    TopicCreated { topic: TopicId },
    /// A topic is no more; that is committed.
    TopicDeleted { topic: TopicId },
    /// A topic has more partitions.
    PartitionsAdded { topic: TopicId, count: u32 },
    // ---- groups ----
    /// A group's coordinator is another broker now.
    CoordinatorMoved { group: GroupId, to: NodeId },
    /// A member joined.
    MemberJoined { group: GroupId, member: MemberId },
    /// A member is gone.
    MemberLeft { group: GroupId, member: MemberId, why: LeaveWhy },
    /// A group changed state.
    GroupStateChanged { group: GroupId, from: GroupState, to: GroupState, generation: Generation },
    /// A group of the consumer protocol needs a new target assignment: members, subscriptions or topics changed.
    GroupEpochRaised { group: GroupId, epoch: i32 },
    /// A member of a group of the consumer protocol came a step nearer to its target, or was told what to give up.
    MemberReconciled { group: GroupId, member: MemberId, epoch: i32, state: MemberState },
    /// A consumer may read a partition.
    PartitionAssigned { consumer: NodeId, partition: Partition },
    /// A consumer may no longer read a partition.
    PartitionRevoked { consumer: NodeId, partition: Partition },
    /// A consumer was counted out of its group: a partition it read may be somebody else's already (onPartitionsLost).
    PartitionLost { consumer: NodeId, partition: Partition },
    /// poll() returned a record to the application.
    Delivered { consumer: NodeId, record: RecordId, partition: Partition, offset: Offset },
    /// The application finished its work on a record.
    Worked { consumer: NodeId, record: RecordId },
    /// The next offset a consumer will fetch was set.
    PositionMoved { consumer: NodeId, partition: Partition, to: Offset, why: MoveWhy },
    /// auto.offset.reset chose a position.
    OffsetReset { consumer: NodeId, partition: Partition, policy: &'static str, to: Offset },
    /// A group's committed offset is stored and replicated.
    OffsetCommitted { group: GroupId, partition: Partition, offset: Offset },
    /// A group's committed offset is no more: it expired, or its topic or group was deleted.
    OffsetExpired { group: GroupId, partition: Partition },
    /// A commit failed.
    CommitRefused { consumer: NodeId, error: ErrorCode },
    /// A member's session timer ran out.
    SessionExpired { group: GroupId, member: MemberId },
    // ---- share groups ----
    /// A leader has what is stored of a share group in a partition: from here on it hands out records.
    SharesRestored { group: GroupId, partition: Partition, node: NodeId, start: Offset },
    /// A member of a share group has records now, and a lock on each.
    RecordsAcquired {
        group: GroupId,
        consumer: NodeId,
        partition: Partition,
        base: Offset,
        count: u32,
        deliveries: u16,
    },
    /// Records of a share group are no longer acquired: they are in another state now.
    RecordsReleased {
        group: GroupId,
        partition: Partition,
        base: Offset,
        count: u32,
        to: DeliveryState,
        why: ShareWhy,
    },
    /// The start offset of a share group moved: everything below is done.
    ShareStartMoved { group: GroupId, partition: Partition, from: Offset, to: Offset },
    /// What became of records of a share group could not be stored.
    ShareStoreFailed { group: GroupId, partition: Partition, error: ErrorCode },
    /// Acknowledgements of a member of a share group were not taken.
    AcknowledgeRefused { consumer: NodeId, partition: Partition, error: ErrorCode },
    // ---- transactions ----
    /// The application began a transaction; nobody but its client knows.
    TransactionBegun { client: NodeId },
    /// The coordinator registered a partition.
    PartitionAddedToTransaction { client: NodeId, partition: Partition },
    /// The coordinator's record of a transactional id says something new, and is replicated.
    TransactionStateChanged { client: NodeId, from: TransactionState, to: TransactionState },
    /// A partition's leader wrote the end of a transaction.
    MarkerWritten { node: NodeId, partition: Partition, offset: Offset, outcome: Outcome },
    /// A transaction was open for too long: its coordinator aborts it.
    TransactionTimedOut { client: NodeId },
    /// A producer learned that another one with its transactional id took over.
    ProducerFenced { client: NodeId, error: ErrorCode },
    /// The boundary of read_committed moved otherwise than with the high watermark.
    LastStableOffsetMoved { node: NodeId, partition: Partition, from: Offset, to: Offset },
    /// A request failed in a way its sender must act on.
    ClientError { client: NodeId, error: ErrorCode },
    /// An admin request was refused.
    AdminRefused { error: ErrorCode },
    /// A virtual moment that only a process knows about (an application went on after its work).
    Waited { node: NodeId, until: Micros },
}
