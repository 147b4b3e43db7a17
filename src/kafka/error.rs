//! Kafka's error codes, by Kafka's names.

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $name:literal $retriable:literal,)*) => {
        /// What an answer says when it does not say yes. `None` is success.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// Every code, in this list's order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in Kafka's documentation, for example `NOT_LEADER_OR_FOLLOWER`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The number on the wire.
            #[must_use]
            pub const fn code(self) -> i16 {
                match self { $(Self::$variant => $code,)* }
            }

            /// Whether a client may try again.
            #[must_use]
            pub const fn retriable(self) -> bool {
                match self { $(Self::$variant => $retriable,)* }
            }
        }
    };
}

codes! {
    /// Success.
    #[default]
    None = 0 "NONE" false,
    /// The offset is outside what the replica has.
    OffsetOutOfRange = 1 "OFFSET_OUT_OF_RANGE" false,
    /// The batch's checksum does not match.
    CorruptMessage = 2 "CORRUPT_MESSAGE" true,
    /// This broker does not know the topic or partition.
    UnknownTopicOrPartition = 3 "UNKNOWN_TOPIC_OR_PARTITION" true,
    /// There is no leader right now.
    LeaderNotAvailable = 5 "LEADER_NOT_AVAILABLE" true,
    /// This broker does not lead (or follow) the partition.
    NotLeaderOrFollower = 6 "NOT_LEADER_OR_FOLLOWER" true,
    /// Not answered in time; the write may have happened.
    RequestTimedOut = 7 "REQUEST_TIMED_OUT" true,
    /// The record is larger than the broker takes.
    MessageTooLarge = 10 "MESSAGE_TOO_LARGE" false,
    /// The connection broke; the write may have happened.
    NetworkException = 13 "NETWORK_EXCEPTION" true,
    /// The coordinator is reading its log.
    CoordinatorLoadInProgress = 14 "COORDINATOR_LOAD_IN_PROGRESS" true,
    /// There is no coordinator right now.
    CoordinatorNotAvailable = 15 "COORDINATOR_NOT_AVAILABLE" true,
    /// Another broker coordinates this group.
    NotCoordinator = 16 "NOT_COORDINATOR" true,
    /// A topic may not be called that.
    InvalidTopic = 17 "INVALID_TOPIC_EXCEPTION" false,
    /// The batch is larger than a segment.
    RecordListTooLarge = 18 "RECORD_LIST_TOO_LARGE" false,
    /// Fewer replicas are in sync than min.insync.replicas: nothing was written.
    NotEnoughReplicas = 19 "NOT_ENOUGH_REPLICAS" true,
    /// As before, found after writing.
    NotEnoughReplicasAfterAppend = 20 "NOT_ENOUGH_REPLICAS_AFTER_APPEND" true,
    /// acks is none of 0, 1, all.
    InvalidRequiredAcks = 21 "INVALID_REQUIRED_ACKS" false,
    /// A newer controller is known.
    StaleControllerEpoch = 11 "STALE_CONTROLLER_EPOCH" false,
    /// The member's generation is over.
    IllegalGeneration = 22 "ILLEGAL_GENERATION" false,
    /// The members share no assignor.
    InconsistentGroupProtocol = 23 "INCONSISTENT_GROUP_PROTOCOL" false,
    /// The group id is empty.
    InvalidGroupId = 24 "INVALID_GROUP_ID" false,
    /// The coordinator does not know this member.
    UnknownMemberId = 25 "UNKNOWN_MEMBER_ID" false,
    /// The session timeout is outside the broker's bounds.
    InvalidSessionTimeout = 26 "INVALID_SESSION_TIMEOUT" false,
    /// The group is forming a new generation.
    RebalanceInProgress = 27 "REBALANCE_IN_PROGRESS" false,
    /// The record's timestamp is too far from the broker's clock.
    InvalidTimestamp = 32 "INVALID_TIMESTAMP" false,
    /// The topic exists already.
    TopicAlreadyExists = 36 "TOPIC_ALREADY_EXISTS" false,
    /// A topic cannot have that many partitions, or fewer than before.
    InvalidPartitions = 37 "INVALID_PARTITIONS" false,
    /// More replicas than brokers, or none.
    InvalidReplicationFactor = 38 "INVALID_REPLICATION_FACTOR" false,
    /// The assignment names unknown or repeated brokers.
    InvalidReplicaAssignment = 39 "INVALID_REPLICA_ASSIGNMENT" false,
    /// A configuration is unknown or out of range.
    InvalidConfig = 40 "INVALID_CONFIG" false,
    /// The request makes no sense.
    InvalidRequest = 42 "INVALID_REQUEST" false,
    /// The policy of the topic forbids it.
    PolicyViolation = 44 "POLICY_VIOLATION" false,
    /// A batch is missing before this one.
    OutOfOrderSequenceNumber = 45 "OUT_OF_ORDER_SEQUENCE_NUMBER" false,
    /// The batch is in the log already.
    DuplicateSequenceNumber = 46 "DUPLICATE_SEQUENCE_NUMBER" false,
    /// A newer session of this producer exists.
    InvalidProducerEpoch = 47 "INVALID_PRODUCER_EPOCH" false,
    /// The transaction is not in a state for this.
    InvalidTxnState = 48 "INVALID_TXN_STATE" false,
    /// A newer coordinator has written to this partition already.
    TransactionCoordinatorFenced = 52 "TRANSACTION_COORDINATOR_FENCED" false,
    /// The transactional id does not have this producer id.
    InvalidProducerIdMapping = 49 "INVALID_PRODUCER_ID_MAPPING" false,
    /// transaction.timeout.ms is above the broker's transaction.max.timeout.ms, or not above 0.
    InvalidTransactionTimeout = 50 "INVALID_TRANSACTION_TIMEOUT" false,
    /// Another change of this transactional id is under way.
    ConcurrentTransactions = 51 "CONCURRENT_TRANSACTIONS" true,
    /// The operation was not even tried.
    OperationNotAttempted = 55 "OPERATION_NOT_ATTEMPTED" false,
    /// The broker's disk failed.
    KafkaStorageError = 56 "KAFKA_STORAGE_ERROR" true,
    /// The group has members.
    NonEmptyGroup = 68 "NON_EMPTY_GROUP" false,
    /// The group is gone.
    GroupIdNotFound = 69 "GROUP_ID_NOT_FOUND" false,
    /// The fetch belongs to a session that has gone on, or is over.
    InvalidFetchSessionEpoch = 71 "INVALID_FETCH_SESSION_EPOCH" true,
    /// The client's leader epoch is old.
    FencedLeaderEpoch = 74 "FENCED_LEADER_EPOCH" true,
    /// The broker's leader epoch is old.
    UnknownLeaderEpoch = 75 "UNKNOWN_LEADER_EPOCH" true,
    /// The broker's registration is old.
    StaleBrokerEpoch = 77 "STALE_BROKER_EPOCH" false,
    /// A new leader does not know yet how far the partition is committed.
    OffsetNotAvailable = 78 "OFFSET_NOT_AVAILABLE" true,
    /// First join of a dynamic member: come back with this id.
    MemberIdRequired = 79 "MEMBER_ID_REQUIRED" false,
    /// The preferred replica cannot lead.
    PreferredLeaderNotAvailable = 80 "PREFERRED_LEADER_NOT_AVAILABLE" false,
    /// The group is full.
    GroupMaxSizeReached = 81 "GROUP_MAX_SIZE_REACHED" false,
    /// Another process has this group.instance.id.
    FencedInstanceId = 82 "FENCED_INSTANCE_ID" false,
    /// No replica can be elected.
    EligibleLeadersNotAvailable = 83 "ELIGIBLE_LEADERS_NOT_AVAILABLE" false,
    /// The partition already has the leader it should have.
    ElectionNotNeeded = 84 "ELECTION_NOT_NEEDED" false,
    /// The record breaks a rule (offset not 0, null key in a compacted topic).
    InvalidRecord = 87 "INVALID_RECORD" false,
    /// An open transaction may still change this committed offset.
    UnstableOffsetCommit = 88 "UNSTABLE_OFFSET_COMMIT" true,
    /// Another producer with the same transactional id took over.
    ProducerFenced = 90 "PRODUCER_FENCED" false,
    /// The transaction has to be aborted; the producer may go on after that.
    TransactionAbortable = 120 "TRANSACTION_ABORTABLE" false,
    /// The partition's registration has changed meanwhile.
    InvalidUpdateVersion = 95 "INVALID_UPDATE_VERSION" false,
    /// The change was made, and it brought another leader.
    NewLeaderElected = 108 "NEW_LEADER_ELECTED" false,
    /// The replica may not join the in-sync set now.
    IneligibleReplica = 107 "INELIGIBLE_REPLICA" false,
    /// The member's epoch is not the one that the coordinator knows: it has to give up everything and join anew.
    FencedMemberEpoch = 110 "FENCED_MEMBER_EPOCH" false,
    /// A living process has this group.instance.id.
    UnreleasedInstanceId = 111 "UNRELEASED_INSTANCE_ID" false,
    /// The server has no assignor of that name.
    UnsupportedAssignor = 112 "UNSUPPORTED_ASSIGNOR" false,
    /// The member's epoch is over; with the present one it may try again.
    StaleMemberEpoch = 113 "STALE_MEMBER_EPOCH" false,
    /// A process of this broker id is registered and alive.
    DuplicateBrokerRegistration = 101 "DUPLICATE_BROKER_REGISTRATION" false,
    /// This controller is not the active one.
    NotController = 41 "NOT_CONTROLLER" true,
    /// The record is not in a state for this: it is not this member's (any more).
    InvalidRecordState = 121 "INVALID_RECORD_STATE" false,
    /// There is no such share session: it is over.
    ShareSessionNotFound = 122 "SHARE_SESSION_NOT_FOUND" true,
    /// The request belongs to a share session that has gone on.
    InvalidShareSessionEpoch = 123 "INVALID_SHARE_SESSION_EPOCH" true,
    /// The software, or a feature level, does not have this.
    UnsupportedVersion = 35 "UNSUPPORTED_VERSION" false,
    /// The sender belongs to another cluster.
    InconsistentClusterId = 104 "INCONSISTENT_CLUSTER_ID" false,
    /// The request is meant for another voter.
    InvalidVoterKey = 125 "INVALID_VOTER_KEY" true,
    /// The controller is a voter already.
    DuplicateVoter = 126 "DUPLICATE_VOTER" false,
    /// The controller is no voter, or the only one.
    VoterNotFound = 127 "VOTER_NOT_FOUND" false,
    /// No reassignment of the partition is under way.
    NoReassignmentInProgress = 85 "NO_REASSIGNMENT_IN_PROGRESS" false,
    /// The topic id is of no topic that this broker knows.
    UnknownTopicId = 100 "UNKNOWN_TOPIC_ID" true,
    /// The topic of that name has another id.
    InconsistentTopicId = 103 "INCONSISTENT_TOPIC_ID" true,
    /// The cluster does not let topics be deleted (`delete.topic.enable`).
    TopicDeletionDisabled = 73 "TOPIC_DELETION_DISABLED" false,
    // ---- inside clients, never on the wire: Java's exceptions and librdkafka's local errors ----
    /// Java: the record's time is over, or send() waited too long.
    Timeout = -1 "TimeoutException" false,
    /// Java: send() waited too long for memory.
    BufferExhausted = -1 "BufferExhaustedException" false,
    /// Java: an argument makes no sense.
    IllegalArgument = -1 "IllegalArgumentException" false,
    /// Java: the client is closed.
    IllegalState = -1 "IllegalStateException" false,
    /// Java: the record was never sent, because its transaction is aborted.
    TransactionAborted = -1 "TransactionAbortedException" false,
    /// Java: the group has gone on without this member, so its commit is not taken.
    CommitFailed = -1 "CommitFailedException" false,
    /// Java: the group is sharing out anew; poll() first, then commit again.
    RebalanceUnderWay = -1 "RebalanceInProgressException" false,
    /// Java: what was read is no longer in the log, and auto.offset.reset is none.
    LogTruncation = -1 "LogTruncationException" false,
    /// Java: what was asked needs a group.id, and there is none.
    NoGroup = -1 "InvalidGroupIdException" false,
    /// Java: there is no committed offset, and auto.offset.reset is none.
    NoOffset = -1 "NoOffsetForPartitionException" false,
    /// librdkafka: there is no position, and auto.offset.reset is error.
    LocalAutoOffsetReset = -140 "_AUTO_OFFSET_RESET" false,
    /// librdkafka: an argument makes no sense.
    LocalInvalidArg = -186 "_INVALID_ARG" false,
    /// librdkafka: what was asked needs a group.id, and there is none.
    LocalUnknownGroup = -179 "_UNKNOWN_GROUP" false,
    /// librdkafka: a call waited too long.
    LocalTimedOut = -185 "_TIMED_OUT" false,
    /// librdkafka: the message was never sent, because its transaction is aborted.
    LocalPurgeQueue = -152 "_PURGE_QUEUE" false,
    /// librdkafka: the message's time is over.
    LocalMsgTimedOut = -192 "_MSG_TIMED_OUT" false,
    /// librdkafka: no such partition.
    LocalUnknownPartition = -190 "_UNKNOWN_PARTITION" false,
    /// librdkafka: no such topic.
    LocalUnknownTopic = -188 "_UNKNOWN_TOPIC" false,
    /// librdkafka: the local queue is full (Python: BufferError).
    LocalQueueFull = -184 "_QUEUE_FULL" false,
    /// librdkafka: not possible in this state.
    LocalState = -172 "_STATE" false,
}

impl ErrorCode {
    /// Whether only clients use it: no broker ever sends it.
    #[must_use]
    pub const fn is_local(self) -> bool {
        self.code() < 0
    }

    /// Every error that a broker may answer with.
    pub fn on_the_wire() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|code| !code.is_local() && *code != Self::None)
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
