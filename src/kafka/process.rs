//! Every kind of process of the model behind one type, so that the whole dispatch is visible to the compiler.

use super::broker::Broker;
use super::consumer::Consumer;
use super::controller::Controller;
use super::producer::Producer;
use super::zookeeper::ZooKeeper;
use super::{Body, GroupId, Names, Note, Offset, Partition, RecordId, TopicId};
use crate::engine::{self, CloseWhy, Conn, Envelope, Loss, Micros, NodeId};
use std::sync::Arc;

/// A handler's hands, for processes of this model.
pub type Cx<'a> = engine::Cx<'a, Process>;

/// One process of the model.
#[derive(Clone, Debug)]
pub enum Process {
    /// A broker.
    Broker(Box<Broker>),
    /// A controller.
    Controller(Box<Controller>),
    /// The ZooKeeper ensemble.
    ZooKeeper(Box<ZooKeeper>),
    /// A producer and its application.
    Producer(Box<Producer>),
    /// A consumer and its application.
    Consumer(Box<Consumer>),
}

/// Names of timers. A process uses those of its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// A client's or broker's oldest outstanding request reaches its time limit.
    RequestTimeout,
    /// Time to try something again after a back-off; numbered by the process.
    Backoff(u32),
    /// A client may try a broken connection again.
    Reconnect,
    // ---- broker ----
    /// Metadata has been applied.
    ApplyMetadata,
    /// Next heartbeat to the controller.
    BrokerHeartbeat,
    /// Next fetch from this leader, after a back-off.
    FetchFrom(NodeId),
    /// The oldest waiting produce or fetch reaches its time limit.
    Purgatory,
    /// Look for followers that fell behind (half of replica.lag.time.max.ms).
    IsrCheck,
    /// Proposals of in-sync sets may go out again after a refusal.
    AlterPartition,
    /// Write high watermarks to disk.
    HighWatermarkCheckpoint,
    /// Delete what retention allows.
    RetentionCheck,
    /// Write log starts to disk.
    LogStartCheckpoint,
    /// The file of a deleted segment goes.
    FileDelete,
    /// Look for logs to compact.
    Cleaner,
    /// Forget producers that wrote nothing for long.
    ProducerExpiry,
    /// The group coordinator's next deadline.
    Coordinator,
    /// The transaction coordinator's next deadline.
    Transactions,
    /// The share coordinator's next deadline.
    ShareCoordinator,
    /// A lock of a share group runs out, or its state is asked for or sent again.
    Shares,
    /// A transaction coordinator was busy: ask it again about a partition.
    VerifyAgain,
    // ---- controller ----
    /// The voter has something to do: a time is over, or somebody is to be asked again.
    Quorum,
    /// The oldest broker session may have ended.
    BrokerSessions,
    /// Append a NoOp record.
    NoOp,
    /// A waiting metadata fetch reaches its time limit.
    MetadataWait,
    /// Move leadership back to preferred replicas.
    PreferredLeaders,
    /// Look again at leaderless partitions that may be led uncleanly.
    UncleanElections,
    // ---- ZooKeeper ----
    /// The oldest request has been served.
    ZooKeeperService,
    /// The session that was silent longest may end.
    ZooKeeperSessions,
    /// Broker: time for a sign of life, or for another attempt to reach ZooKeeper.
    ZooKeeper,
    /// Broker: register again.
    Register,
    /// Broker: a request of the controller has been worked off.
    Apply,
    /// Controller in a broker: send again to this broker what got no answer.
    ControlRetry(NodeId),
    /// Broker: hand an admin's request on again.
    Errands,
    /// Broker: ask again to be let go.
    ShutdownRetry,
    // ---- producer ----
    /// A batch may be sent, or gives up.
    Sender,
    /// The workload sends its next record.
    Workload,
    // ---- consumer ----
    /// Next group heartbeat.
    Heartbeat,
    /// The application goes on (work done, next poll).
    Application,
    /// enable.auto.commit's interval.
    AutoCommit,
    /// max.poll.interval.ms passes.
    PollInterval,
    /// A fetch may be sent.
    Fetch,
    /// Metadata gets old.
    MetadataAge,
}

/// A record as an application hands it over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Send {
    /// To which topic.
    pub topic: TopicId,
    /// Key.
    pub key: Option<super::Bytes>,
    /// Value; none = a tombstone.
    pub value: Option<super::Bytes>,
    /// A partition the application insists on. A negative one is no partition; librdkafka reads -1 as none in particular.
    pub partition: Option<i32>,
}

/// Where a position should go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeekTo {
    /// To an offset.
    Offset(Offset),
    /// To the first readable offset.
    Earliest,
    /// To the high watermark.
    Latest,
    /// To the first record with this timestamp or later.
    Timestamp(Micros),
}

/// What somebody outside asks of a process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Producer: send these records, in order.
    Produce(Vec<Send>),
    /// Producer: send what is buffered now.
    Flush,
    /// Producer: beginTransaction().
    BeginTransaction,
    /// Producer: sendOffsetsToTransaction().
    SendOffsets(super::producer::SentOffsets),
    /// Producer: commitTransaction(), abortTransaction().
    EndTransaction(super::Outcome),
    /// Producer: begin the workload of its spec (t = 0).
    BeginWorkload,
    /// Consumer (manual): one poll(). Producer (librdkafka): poll(0), which runs the callbacks that wait.
    Poll,
    /// Consumer (manual): work on what was polled.
    Work,
    /// Consumer (manual): commitSync().
    Commit,
    /// Consumer (manual): poll, work, commit.
    Cycle,
    /// Share consumer (manual, explicit): acknowledge() one record, or all that are in hand and not acknowledged.
    Acknowledge(super::share::AckType, Option<RecordId>),
    /// Consumer (manual): do nothing more, not even polling in time, until the next command.
    Hang,
    /// Consumer: seek().
    Seek(Partition, SeekTo),
    /// Client: close() in an orderly way.
    Stop,
    /// Broker: controlled shutdown.
    Shutdown,
    /// Broker that coordinates the group: set committed offsets of a group without members.
    ResetOffsets(GroupId, TopicId, SeekTo),
    /// Broker that leads the partition: records below this offset go; none = up to the high watermark.
    DeleteRecords(Partition, Option<Offset>),
    /// Broker that leads the partition (or any, for the next append): refuse the next append with this error.
    FailNextAppend(Option<Partition>, super::ErrorCode),
    /// Controller: create a topic.
    CreateTopic {
        /// Its name's id.
        topic: TopicId,
        /// Assignment per partition, or none: placed by the controller.
        replicas: Option<Vec<Vec<NodeId>>>,
        /// Number of partitions.
        partitions: u32,
        /// Replicas a partition.
        replication: u32,
        /// Settings of its own.
        configs: Vec<(&'static str, Arc<str>)>,
    },
    /// Controller: grow a topic to this many partitions.
    AddPartitions(TopicId, u32),
    /// Controller: change a topic's setting.
    SetTopicConfig(TopicId, &'static str, Arc<str>),
    /// Controller: give leadership back to the first replica.
    ElectPreferred(Partition),
    /// Broker that leads the partition: write an abort marker for its oldest open transaction (`kafka-transactions --abort`).
    AbortHanging(Partition),
    /// Controller: let a replica lead that is not in sync.
    ElectUnclean(Partition),
    /// Controller: move a partition to these brokers.
    Reassign(Partition, Vec<NodeId>),
    /// Controller: end a reassignment as if it had never begun (`AlterPartitionReassignments` without replicas).
    CancelReassign(Partition),
    /// Controller: delete a topic.
    DeleteTopic(TopicId),
    /// Controller: let another controller vote (`kafka-metadata-quorum.sh add-controller`).
    AddVoter(NodeId),
    /// Controller: let a voter vote no longer (`kafka-metadata-quorum.sh remove-controller`).
    RemoveVoter(NodeId),
}

/// A record id of the application, for those who name records.
#[must_use]
pub const fn record_id(serial: engine::RecordSerial) -> RecordId {
    RecordId(serial)
}

macro_rules! each {
    ($self:expr, $process:ident => $call:expr) => {
        match $self {
            Process::Broker($process) => $call,
            Process::Controller($process) => $call,
            Process::ZooKeeper($process) => $call,
            Process::Producer($process) => $call,
            Process::Consumer($process) => $call,
        }
    };
}

impl engine::Node for Process {
    type Body = Body;
    type Timer = Timer;
    type Note = Note;
    type Command = Command;
    type Shared = Names;

    fn start(&mut self, cx: &mut Cx<'_>) {
        each!(self, process => process.start(cx));
    }

    fn crash(&mut self, loss: Loss) {
        each!(self, process => process.crash(loss));
    }

    fn on_message(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        each!(self, process => process.on_message(cx, message));
    }

    fn on_timer(&mut self, cx: &mut Cx<'_>, key: Timer) {
        each!(self, process => process.on_timer(cx, key));
    }

    fn on_closed(&mut self, cx: &mut Cx<'_>, conn: Conn, why: CloseWhy) {
        each!(self, process => process.on_closed(cx, conn, why));
    }

    fn on_command(&mut self, cx: &mut Cx<'_>, command: Command) {
        each!(self, process => process.on_command(cx, command));
    }
}
