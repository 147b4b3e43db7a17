//! A broker: its replicas, their logs, what they say of followers and producers.

use super::ProcessView;

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
