//! What coordinators keep: groups and transactions.

use super::{GroupMarkView, OwnershipView};

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
    /// Records of these windows, as the leaders of the partitions have them.
    pub handed: Vec<HandedView>,
    /// How long a member of a share group keeps a record, µs; 0 in other groups.
    pub lock: u64,
    /// How long the coordinator waits for a sign of life where it says so itself, µs; 0 in a classic group, whose members say it.
    pub session: u64,
    /// Assignment: partition, consumer.
    pub owners: Vec<(String, String)>,
    /// Who processed which partition when, by partition.
    pub ownership: Vec<OwnershipView>,
    /// What happened to the group, oldest first; the latest 128.
    pub marks: Vec<GroupMarkView>,
}

/// A record of a share group's window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedView {
    /// `orders-0`.
    pub partition: String,
    /// Its offset.
    pub offset: i64,
    /// Kafka's name of its state: `Available`, `Acquired`, `Acknowledged`, `Archived`.
    pub state: &'static str,
    /// How often it was delivered.
    pub deliveries: u16,
    /// The consumer that has it, and until when its lock holds.
    pub holder: Option<(String, u64)>,
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
