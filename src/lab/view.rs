//! What a picture of the tank is made from: one plain value for one moment, with names instead of ids.
//!
//! Scenes, inspectors and captions read this and nothing else of the world. Times are µs since t = 0 (things from the hidden prologue may
//! lie before it and are then 0). Lists are in the order in which things were declared.

mod failover;
mod ownership;

pub use crate::engine::LossWhy;
use crate::kafka::Election;
pub use crate::kafka::producer::{crc32, java_steps, librdkafka_partition};
pub use failover::{CostsView, FailoverView, LapView, TermsView};
pub use ownership::{GroupMark, GroupMarkView, OwnershipView, SpanView};

/// One moment of the tank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TankView {
    /// Virtual time since t = 0, µs.
    pub now: u64,
    /// Events since t = 0.
    pub event: u64,
    /// Brokers.
    pub brokers: Vec<BrokerView>,
    /// Controllers.
    pub controllers: Vec<ControllerView>,
    /// The quorum of controllers; none without controllers.
    pub quorum: Option<QuorumView>,
    /// ZooKeeper, if metadata lives there.
    pub zookeeper: Option<ZooKeeperView>,
    /// How a new controller came to be after the last one was lost.
    pub failover: Option<FailoverView>,
    /// Producers.
    pub producers: Vec<ProducerView>,
    /// Consumers.
    pub consumers: Vec<ConsumerView>,
    /// Consumer groups.
    pub groups: Vec<GroupView>,
    /// Transactional ids that a producer of the tank has, in order of their names.
    pub transactions: Vec<TransactionView>,
    /// What applications sent, in order of sending; the latest 64.
    pub sends: Vec<SendView>,
    /// The cluster in counts, if it is too large for details: then brokers and topics hold only some partitions, the worst among them.
    pub summary: Option<SummaryView>,
    /// Topics that people made (internal ones are left out).
    pub topics: Vec<TopicView>,
    /// Messages on their way, loud and quiet.
    pub messages: Vec<MessageView>,
    /// Cuts in force: between two processes, or between one and everybody.
    pub cuts: Vec<(String, Option<String>)>,
    /// Rules that wait for a message, each in words of the action that made it (`drop-next b1 p`).
    pub rules: Vec<String>,
}

/// A large cluster in counts, by the committed metadata; internal topics included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SummaryView {
    /// Partitions.
    pub partitions: u32,
    /// Of these: nobody leads.
    pub leaderless: u32,
    /// Of these: fewer copies in sync than assigned.
    pub under_replicated: u32,
    /// Of these: another than the preferred replica leads.
    pub displaced: u32,
    /// Brokers, in the order of the view.
    pub brokers: Vec<LoadView>,
}

/// What a broker holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadView {
    /// `b1`.
    pub id: String,
    /// Whether it runs.
    pub process: ProcessView,
    /// The controller counts it as gone.
    pub fenced: bool,
    /// Partitions that it leads.
    pub leaders: u32,
    /// Copies that do not lead.
    pub followers: u32,
    /// Copies that are not in sync.
    pub out_of_sync: u32,
    /// Copies of partitions that nobody leads.
    pub leaderless: u32,
    /// Partitions that it leads with fewer copies in sync than assigned.
    pub under_replicated: u32,
}

/// A page of a long list of partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Partitions of the whole list.
    pub total: usize,
    /// Those of this page.
    pub rows: Vec<ListedPartition>,
}

/// A line of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedPartition {
    /// `orders-0`.
    pub id: String,
    /// Leader.
    pub leader: Option<String>,
    /// Copies that are in sync.
    pub in_sync: u32,
    /// Copies that are assigned.
    pub replicas: u32,
    /// Leader epoch.
    pub leader_epoch: i32,
}

/// Whether a process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProcessView {
    /// It handles what comes.
    #[default]
    Running,
    /// It stands still since then.
    Paused(u64),
    /// It is not there since then.
    Down(u64),
}

/// A broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerView {
    /// `b1`.
    pub id: String,
    /// The controller that is in the same process.
    pub controller: Option<String>,
    /// Whether it runs.
    pub process: ProcessView,
    /// The controller counts it as gone.
    pub fenced: bool,
    /// Its machine lost power: what was not flushed is gone from its disk.
    pub lost_power: bool,
    /// Its registration.
    pub broker_epoch: i64,
    /// Offset of the metadata log that it has applied.
    pub metadata_offset: i64,
    /// Its replicas of people's topics.
    pub replicas: Vec<ReplicaView>,
    /// Settings that are not the default.
    pub configs: Vec<(String, String)>,
    /// Produce requests that wait for copies.
    pub waiting_produces: u32,
    /// Fetches that wait for data.
    pub waiting_fetches: u32,
    /// Groups it coordinates.
    pub coordinates: Vec<String>,
}

/// One broker's copy of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplicaView {
    /// `orders-0`.
    pub partition: String,
    /// This broker believes that it leads.
    pub is_leader: bool,
    /// The controller's in-sync set has it.
    pub in_sync: bool,
    /// Leader epoch that this broker knows.
    pub leader_epoch: i32,
    /// Log start, high watermark, log end.
    pub log_start: i64,
    /// High watermark as this replica knows it.
    pub high_watermark: i64,
    /// Last stable offset: read_committed sees what lies below. The high watermark while no transaction holds it back.
    pub last_stable: i64,
    /// Log end offset.
    pub log_end: i64,
    /// Records from log start to log end, in order.
    pub records: Vec<RecordView>,
    /// Segments, oldest first.
    pub segments: Vec<SegmentView>,
    /// Bytes of the whole log.
    pub bytes: u64,
    /// Leader only: what it knows of its followers.
    pub followers: Vec<FollowerView>,
    /// Follower only: when its last fetch was answered.
    pub last_fetch: Option<u64>,
    /// Idempotent producers it remembers.
    pub producers: Vec<ProducerStateView>,
}

/// A record in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordView {
    /// Offset.
    pub offset: i64,
    /// The application send, `r7` or its given name.
    pub record: String,
    /// Key as text; none = null.
    pub key: Option<String>,
    /// Value as text; none = a tombstone.
    pub value: Option<String>,
    /// A short label for a tile: the record's given name if short, else a letter a, b, c … in order of sending.
    pub label: String,
    /// Leader epoch of its batch.
    pub leader_epoch: i32,
    /// First offset of its batch.
    pub batch: i64,
    /// Create time.
    pub timestamp: u64,
    /// Producer id and sequence number of an idempotent batch.
    pub stamp: Option<(i64, i32)>,
    /// The same send is in this log once more, earlier.
    pub duplicate: bool,
    /// What it is: a record of an application, or the end of a transaction.
    pub kind: RecordKind,
    /// What became of the transaction it belongs to, as this log has it.
    pub fate: Fate,
}

/// What a record of a log is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordKind {
    /// A record of an application.
    #[default]
    Data,
    /// A marker: its producer's transaction is committed in this partition.
    Commit,
    /// A marker: its producer's transaction is aborted in this partition.
    Abort,
}

/// What became of the transaction that a record belongs to, as one log has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// It belongs to none.
    #[default]
    Plain,
    /// No marker follows yet.
    Open,
    /// A commit marker follows, or this is one.
    Committed,
    /// An abort marker follows, or this is one.
    Aborted,
}

/// A segment of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentView {
    /// Offset of its first record, and its name on disk.
    pub base: i64,
    /// Offset after its last record.
    pub end: i64,
    /// Size in bytes.
    pub bytes: u64,
    /// The one that is written to.
    pub active: bool,
    /// Largest timestamp in it; none if empty.
    pub newest: Option<u64>,
}

/// What a leader knows of a follower.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowerView {
    /// The broker.
    pub broker: String,
    /// Its log end offset as of its last fetch; -1 = not known yet.
    pub log_end: i64,
    /// When it was last caught up.
    pub caught_up: u64,
}

/// What a replica remembers of an idempotent producer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProducerStateView {
    /// Producer id.
    pub pid: i64,
    /// Producer epoch.
    pub epoch: i16,
    /// Remembered batches: first sequence, last sequence, first offset.
    pub batches: Vec<(i32, i32, i64)>,
}

/// A controller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControllerView {
    /// `k1`.
    pub id: String,
    /// Whether it runs.
    pub process: ProcessView,
    /// It is the active one.
    pub active: bool,
    /// Its epoch.
    pub epoch: i32,
    /// End of its metadata log.
    pub log_end: i64,
    /// The last records: offset and kind.
    pub tail: Vec<(i64, String)>,
}

/// The quorum of controllers and those that read its log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuorumView {
    /// Voters, `k1` first.
    pub voters: Vec<VoterView>,
    /// Brokers: name, and the offset up to which each has applied the metadata log (-1 = nothing).
    pub observers: Vec<(String, i64)>,
    /// The active controller: of several that believe to be it, that of the highest epoch.
    pub active: Option<String>,
}

/// A voter of the quorum. What is down shows what its disk holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoterView {
    /// `k1`.
    pub id: String,
    /// Whether it runs.
    pub process: ProcessView,
    /// `Unattached`, `Prospective`, `Candidate`, `Leader`, `Follower` or `Resigned`.
    pub state: &'static str,
    /// Its log says that it votes; otherwise it only copies.
    pub votes: bool,
    /// It acts as the controller.
    pub active: bool,
    /// Highest epoch that it knows.
    pub epoch: i32,
    /// For whom it voted in this epoch.
    pub voted: Option<String>,
    /// Who leads in this epoch, as far as it knows.
    pub leader: Option<String>,
    /// First offset of its log.
    pub log_start: i64,
    /// End of its log.
    pub log_end: i64,
    /// Its high watermark; -1 = not known since it started.
    pub high_watermark: i64,
    /// The offset up to which a snapshot stands for the log; none = it has no snapshot.
    pub snapshot: Option<i64>,
    /// The latest 32 records that say something (no NoOp), oldest first.
    pub records: Vec<MetadataRecordView>,
}

/// A record of the metadata log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataRecordView {
    /// Its offset.
    pub offset: i64,
    /// Epoch of the leader that wrote it.
    pub epoch: i32,
    /// Kafka's name of its kind, without `Record`.
    pub kind: &'static str,
    /// What it is about: a topic, a partition, a broker; empty for a NoOp.
    pub about: String,
}

/// A producer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProducerView {
    /// `p`.
    pub id: String,
    /// Whether it runs.
    pub process: ProcessView,
    /// `java` or `librdkafka`.
    pub client: String,
    /// Topics of its spec.
    pub topics: Vec<String>,
    /// Records that wait to be sent: label and partition.
    pub buffered: Vec<(String, String)>,
    /// Batches that wait in the client, by partition, front first; a batch that waits for a retry is here and in `in_flight`.
    pub queue: Vec<QueuedBatch>,
    /// Batches on their way or waiting for a retry.
    pub in_flight: Vec<BatchView>,
    /// The call that the application stands in because it cannot return yet: `send`, `flush`, `close`.
    pub blocked_in: Option<String>,
    /// Outcomes that the client knows and the application does not: their callbacks run in the next `poll()` or `flush()`. Always 0 for
    /// Java, whose callbacks run as soon as the answer is handled.
    pub callbacks_pending: u32,
    /// Batches that were closed, oldest first; the latest 32.
    pub closed: Vec<ClosedBatch>,
    /// Produce requests sent so far, those sent again included.
    pub requests: u64,
    /// Idempotent: the sequence number that the next new record of each partition gets.
    pub sequences: Vec<(String, i32)>,
    /// Records acknowledged so far.
    pub acked: u64,
    /// Records given up so far.
    pub failed: u64,
    /// Producer id and epoch, if idempotent.
    pub producer_id: Option<(i64, i16)>,
    /// The last error an application call got.
    pub error: Option<String>,
    /// Settings that are not the default, and a few that matter anyway (acks).
    pub configs: Vec<(String, String)>,
}

/// One record that an application handed to a producer, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendView {
    /// `r7` or its given name.
    pub record: String,
    /// Its label on a tile.
    pub label: String,
    /// What `--tag` called it.
    pub tag: Option<String>,
    /// Who sent it.
    pub producer: String,
    /// Key as text; none = null.
    pub key: Option<String>,
    /// Where the partitioner put it; none before.
    pub partition: Option<String>,
    /// How its partition was chosen: `explicit`, `key`, `sticky`, `random`.
    pub how: Option<&'static str>,
    /// When it was handed over, µs since t = 0.
    pub sent_at: u64,
    /// The application was told that it is stored.
    pub acked: bool,
    /// Why the client gave it up.
    pub error: Option<String>,
    /// Lost messages that carried it.
    pub dropped: u32,
    /// Attempts to store it that were not answered.
    pub unanswered: u32,
    /// How often poll() returned it, by consumer.
    pub delivered: Vec<(String, u32)>,
    /// How often its work was finished, by consumer.
    pub worked: Vec<(String, u32)>,
}

/// A batch that takes no more records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedBatch {
    /// Where it goes.
    pub partition: String,
    /// Number of its records.
    pub count: u32,
    /// Why it was closed: `full`, `linger`, `flush`.
    pub why: &'static str,
}

/// A batch in a producer's memory, not on its way now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueuedBatch {
    /// Where it goes.
    pub partition: String,
    /// Labels of its records.
    pub labels: Vec<String>,
    /// Its size so far, with its header.
    pub bytes: u64,
    /// How long ago it was begun, µs.
    pub waiting_us: u64,
    /// How long a new batch waits for more records, µs (`linger.ms`).
    pub linger_us: u64,
    /// It was sent before.
    pub in_retry: bool,
}

/// A batch that a producer has sent and not seen the end of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchView {
    /// The request that carries it now; none while it waits for a retry.
    pub msg: Option<u64>,
    /// Where it goes.
    pub partition: String,
    /// Labels of its records.
    pub records: Vec<String>,
    /// First sequence number.
    pub sequence: Option<i32>,
    /// How often it was sent, from 1.
    pub attempt: u32,
    /// When the present attempt reaches its time limit.
    pub deadline: u64,
}

/// A consumer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumerView {
    /// `c1`.
    pub id: String,
    /// Whether it runs.
    pub process: ProcessView,
    /// `java` or `librdkafka`.
    pub client: String,
    /// Its group.
    pub group: String,
    /// Topics that it subscribes to.
    pub topics: Vec<String>,
    /// Its member id, if it has one.
    pub member: Option<String>,
    /// Generation; -1 outside a group.
    pub generation: i32,
    /// It leads the group.
    pub is_leader: bool,
    /// Partitions it may read, with position and committed offset (as far as it knows; -1 = none).
    pub assigned: Vec<PositionView>,
    /// Records polled and not worked.
    pub buffered: u32,
    /// The record the application works on.
    pub working: Option<String>,
    /// What its application does: `poll`, `work`, `commit`, `close`, `hung`, `failed`; empty between calls.
    pub doing: &'static str,
    /// Records polled and not worked: partition, offset, label; the one it works on first.
    pub in_hand: Vec<(String, i64, String)>,
    /// Records fetched and not polled.
    pub prefetched: Vec<(String, i64, String)>,
    /// session.timeout.ms, in µs.
    pub session: u64,
    /// Clocks that run in its client.
    pub clocks: Vec<ClockView>,
    /// Number of polls that returned.
    pub polls: u64,
    /// The last error an application call got.
    pub error: Option<String>,
    /// Settings that are not the default, and a few that matter anyway (auto.offset.reset, enable.auto.commit).
    pub configs: Vec<(String, String)>,
    /// `read_committed` or `read_uncommitted`.
    pub isolation: &'static str,
    /// What poll() has returned since t = 0 and before: partition, offset, label; the latest 64, oldest first.
    pub received: Vec<(String, i64, String)>,
}

/// A clock that runs down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockView {
    /// The setting that winds it: `heartbeat.interval.ms`.
    pub name: &'static str,
    /// When it has run down, µs since t = 0.
    pub until: u64,
    /// How long it runs from the beginning, µs.
    pub whole: u64,
}

/// Where a consumer stands in a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PositionView {
    /// `orders-0`.
    pub partition: String,
    /// Next offset to deliver; -1 = not known yet.
    pub position: i64,
}

/// A consumer group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupView {
    /// `pay`.
    pub id: String,
    /// `classic`, `consumer` or `share`.
    pub protocol: &'static str,
    /// Its coordinator.
    pub coordinator: Option<String>,
    /// Kafka's name of its state.
    pub state: String,
    /// Generation, or group epoch.
    pub generation: i32,
    /// Group epoch for which the assignment was computed; the generation in a classic group.
    pub target_epoch: i32,
    /// Member id of the leader; none in a group that the coordinator assigns.
    pub leader: Option<String>,
    /// The chosen assignor; none before the first vote.
    pub assignor: Option<String>,
    /// Its members in order of joining.
    pub members: Vec<GroupMemberView>,
    /// Member ids handed out whose clients have not come back with them.
    pub pending: Vec<String>,
    /// Until when the present phase of a rebalance waits at most; none if it waits for nobody.
    pub waits_until: Option<u64>,
    /// Committed offsets: partition, next offset to read, lag behind the high watermark.
    pub committed: Vec<(String, i64, i64)>,
    /// Where a share group stands: partition, start and end offset of its window (SPSO, SPEO), records from there to the high watermark that
    /// are not done.
    pub windows: Vec<(String, i64, i64, i64)>,
    /// Assignment: partition, consumer.
    pub owners: Vec<(String, String)>,
    /// Who processed which partition when, by partition.
    pub ownership: Vec<OwnershipView>,
    /// What happened to the group, oldest first; the latest 128.
    pub marks: Vec<GroupMarkView>,
}

/// A member of a group, as its coordinator has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupMemberView {
    /// Member id, `c1-17`.
    pub id: String,
    /// The consumer, `c1`.
    pub client: String,
    /// `group.instance.id` of a static member.
    pub instance: Option<String>,
    /// Member epoch; the generation in a classic group.
    pub epoch: i32,
    /// `awaiting-join`, `awaiting-sync`, `not-joined` (a rebalance waits for it) or `stable`; Kafka's name of the member's state in a
    /// group that the coordinator assigns.
    pub state: String,
    /// Partitions it was assigned.
    pub owned: Vec<String>,
    /// Partitions that it is to have.
    pub target: Vec<String>,
    /// Partitions that it was told to give up and has not given up yet.
    pub pending_revocation: Vec<String>,
    /// When its session ends unless it shows itself; none while a parked request shows that it lives.
    pub session_until: Option<u64>,
}

/// A transactional id as its coordinator has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionView {
    /// `transactional.id`.
    pub id: String,
    /// The producer that has it; of several with the same id, the one that initialised last.
    pub client: String,
    /// The broker that coordinates it, if there is one.
    pub coordinator: Option<String>,
    /// Kafka's name of its state; `Empty` before the coordinator knows it.
    pub state: String,
    /// Producer id; -1 = none yet.
    pub pid: i64,
    /// Producer epoch; -1 = none yet.
    pub epoch: i16,
    /// Partitions that the present transaction wrote to, internal ones left out.
    pub partitions: Vec<String>,
    /// Groups whose offsets it carries.
    pub groups: Vec<String>,
    /// When it began.
    pub started: Option<u64>,
    /// transaction.timeout.ms, in µs.
    pub timeout: u64,
    /// transaction.version: 1, or 2 (KIP-890).
    pub version: u8,
}

/// The ZooKeeper ensemble.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZooKeeperView {
    /// `z1`.
    pub id: String,
    /// Whether it runs, which is: has a quorum.
    pub process: ProcessView,
    /// Its last transaction.
    pub zxid: i64,
    /// Znodes in the order of the tree, those of internal topics left out; the first 256.
    pub znodes: Vec<ZnodeView>,
    /// Sessions that have not ended, oldest first.
    pub sessions: Vec<ZkSessionView>,
    /// What is watched, and by whom.
    pub watches: Vec<ZkWatchView>,
    /// The broker that `/controller` names.
    pub controller: Option<String>,
    /// `/controller_epoch`.
    pub controller_epoch: i32,
    /// What each broker believes.
    pub brokers: Vec<ZkBrokerView>,
}

/// A znode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZnodeView {
    /// `/brokers/ids/1`.
    pub path: String,
    /// Contents, as Kafka's JSON in short; empty if there are none.
    pub data: String,
    /// Ephemeral: the broker with whose session it goes.
    pub owner: Option<String>,
    /// How often its contents were replaced.
    pub version: i32,
}

/// A session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZkSessionView {
    /// Whose.
    pub node: String,
    /// Its number.
    pub id: u64,
    /// The last sign of life.
    pub heard: u64,
    /// How long it lasts without one, in µs.
    pub timeout: u64,
}

/// A watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZkWatchView {
    /// Who is told.
    pub node: String,
    /// Of what.
    pub path: String,
    /// When a child comes or goes (else: when the znode comes, goes or changes).
    pub children: bool,
}

/// A broker in ZooKeeper mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZkBrokerView {
    /// `b1`.
    pub id: String,
    /// It has a session and a connection, as far as it knows.
    pub connected: bool,
    /// The highest controller epoch that it has heard from a controller; 0 = none.
    pub seen_epoch: i32,
    /// It acts as the controller; it may not know yet that another one does.
    pub acts: bool,
    /// Where its picture of the cluster names another leader than the znodes do.
    pub differing: Vec<DifferenceView>,
}

/// A leader in which a broker believes and which is not the leader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DifferenceView {
    /// `orders-0`.
    pub partition: String,
    /// As the broker tells clients.
    pub believed: Option<String>,
    /// As the znodes say.
    pub leader: Option<String>,
}

/// A topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicView {
    /// `orders`.
    pub id: String,
    /// Its partitions.
    pub partitions: Vec<PartitionView>,
    /// Settings that are not the default.
    pub configs: Vec<(String, String)>,
}

/// A partition as the controller has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionView {
    /// `orders-0`.
    pub id: String,
    /// Leader.
    pub leader: Option<String>,
    /// Leader epoch.
    pub leader_epoch: i32,
    /// Assignment.
    pub replicas: Vec<String>,
    /// In-sync replicas.
    pub isr: Vec<String>,
    /// Eligible leader replicas.
    pub elr: Vec<String>,
    /// min.insync.replicas.
    pub min_isr: u32,
    /// How the present leader was chosen, if that was seen.
    pub elected: Option<Election>,
    /// A reassignment of it is under way.
    pub moving: bool,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// Its number, `#17`.
    pub id: u64,
    /// Sender.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// Request name.
    pub api: &'static str,
    /// It answers that message.
    pub answers: Option<u64>,
    /// Tells nothing new.
    pub quiet: bool,
    /// When it left, µs since t = 0.
    pub sent_at: u64,
    /// When it arrives if nothing happens.
    pub due: u64,
    /// It will be lost then.
    pub dies_at: Option<u64>,
    /// It waits at a cut or for a release.
    pub held: bool,
    /// What it carries, short: `a → orders-0`, `@5`, an error's name.
    pub label: String,
    /// Every field, for the inspector.
    pub fields: Vec<(String, String)>,
}

/// A message that was lost in the last turn: where its cross is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostView {
    /// The message as it was.
    pub message: MessageView,
    /// Why.
    pub why: LossWhy,
}
