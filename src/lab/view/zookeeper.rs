//! ZooKeeper, and what stands in it.

use super::ProcessView;

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
