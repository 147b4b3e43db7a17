//! The way from a controller that was lost to the next one, as a picture shows it.

/// The latest failover of the controller. Times are µs since t = 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailoverView {
    /// The controller that was lost: `b1` with ZooKeeper, `k1` with KRaft.
    pub lost: String,
    /// It runs again.
    pub back: bool,
    /// Since when no controller could act.
    pub since: u64,
    /// When one could again: change metadata and answer for it.
    pub acts: Option<u64>,
    /// Who that is, or will be once it has loaded what it needs.
    pub next: Option<String>,
    /// The four steps in order, see [`crate::lab::failover::Step`].
    pub laps: [LapView; 4],
    /// What it has cost since a server was last lost.
    pub costs: CostsView,
    /// What the times rest on.
    pub terms: TermsView,
}

/// A step of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LapView {
    /// When it began; none = not yet.
    pub began: Option<u64>,
    /// When it was done; none = not yet.
    pub ended: Option<u64>,
}

/// Messages and state that went over the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CostsView {
    /// Requests of any kind.
    pub requests: u64,
    /// Partitions or records that brokers took in, each time one did.
    pub entries: u64,
    /// Znodes that were read.
    pub znodes: u64,
    /// Records that were written to the metadata log.
    pub records: u64,
}

/// Settings of this cluster and assumptions of the model that decide how long it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermsView {
    /// ZooKeeper.
    ZooKeeper {
        /// `zookeeper.session.timeout.ms`, µs.
        session: u64,
        /// A request, µs.
        request: u64,
        /// `zookeeper.max.in.flight.requests`.
        in_flight: i64,
        /// A broker takes in a partition, µs.
        apply: u64,
    },
    /// KRaft.
    Quorum {
        /// `controller.quorum.fetch.timeout.ms`, µs.
        fetch: u64,
        /// A broker takes in a record, µs.
        apply: u64,
    },
}

impl Default for TermsView {
    fn default() -> Self {
        Self::Quorum { fetch: 0, apply: 0 }
    }
}
