//! What a picture of the tank is made from: one plain value for one moment, with names instead of ids.
//!
//! Scenes, inspectors and captions read this and nothing else of the world. Times are µs since t = 0 (things from the hidden prologue may
//! lie before it and are then 0). Lists are in the order in which things were declared.

mod broker;
mod client;
mod controller;
mod coordinator;
mod failover;
mod ownership;
mod zookeeper;

pub use crate::engine::LossWhy;
pub use crate::kafka::producer::{crc32, java_steps, librdkafka_partition};
pub use broker::{
    BrokerView, Fate, FollowerView, ProducerStateView, RecordKind, RecordView, ReplicaView, SegmentView,
};
pub use client::{
    BatchView, ClockView, ClosedBatch, ConsumerView, PositionView, ProducerView, QueuedBatch, SendView,
};
pub use controller::{ControllerView, MetadataRecordView, PartitionView, QuorumView, TopicView, VoterView};
pub use coordinator::{GroupMemberView, GroupView, HandedView, TransactionView};
pub use failover::{CostsView, FailoverView, LapView, TermsView};
pub use ownership::{GroupMark, GroupMarkView, OwnershipView, SpanView};
pub use zookeeper::{DifferenceView, ZkBrokerView, ZkSessionView, ZkWatchView, ZnodeView, ZooKeeperView};

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
