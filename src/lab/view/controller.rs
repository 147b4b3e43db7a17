//! Who decides under KRaft, and what is decided: controllers, the quorum, topics and partitions.

use super::ProcessView;
use crate::kafka::Election;

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
