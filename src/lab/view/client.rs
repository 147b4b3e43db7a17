//! Producers and consumers.

use super::ProcessView;

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
