//! What voters say to each other (KIP-595, KIP-630, KIP-996).

use std::sync::Arc;

use super::log::{Entry, Place, QuorumBatch, Snapshot};
use crate::engine::NodeId;
use crate::kafka::{ErrorCode, LeaderEpoch, Offset};

/// Which cluster a message belongs to. All processes of a world have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClusterId(pub u32);

/// Vote: a candidate asks for a vote, or for what it would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vote {
    /// Of which cluster.
    pub cluster: ClusterId,
    /// The epoch of the election; with `pre`, the sender's present one.
    pub epoch: LeaderEpoch,
    /// Who wants to lead.
    pub candidate: NodeId,
    /// Whom it asks.
    pub voter: NodeId,
    /// Where the candidate's log ends.
    pub end: Place,
    /// Only a question (KIP-996).
    pub pre: bool,
}

/// What every answer says: an error, and the receiver's idea of epoch and leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    /// What went wrong.
    pub error: ErrorCode,
    /// The receiver's epoch.
    pub epoch: LeaderEpoch,
    /// Its leader, if it knows one.
    pub leader: Option<NodeId>,
}

/// A request for a stretch of the metadata log. A voter's or an observer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuorumFetch {
    /// Of which cluster.
    pub cluster: ClusterId,
    /// The sender's epoch.
    pub epoch: LeaderEpoch,
    /// Where the sender's log ends.
    pub end: Place,
    /// The sender's high watermark; -1 = not known (KIP-1166).
    pub high_watermark: Offset,
}

/// A stretch of the metadata log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QuorumFetched {
    /// Error, epoch and leader.
    pub head: Head,
    /// The leader's high watermark; -1 while it has none.
    pub high_watermark: Offset,
    /// The logs part here.
    pub diverging: Option<Place>,
    /// What comes next is only in this snapshot.
    pub snapshot: Option<Place>,
    /// Whole batches.
    pub batches: Vec<Arc<QuorumBatch>>,
}

impl QuorumFetched {
    /// An answer without records.
    #[must_use]
    pub const fn empty(head: Head) -> Self {
        let high_watermark = Offset::NONE;
        Self { head, high_watermark, diverging: None, snapshot: None, batches: Vec::new() }
    }

    /// Whether it brings only what says nothing.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.diverging.is_none() && self.snapshot.is_none() && self.batches.iter().all(|b| b.is_quiet())
    }

    /// Whether it brings only what says nothing to a broker.
    #[must_use]
    pub fn is_quiet_for_brokers(&self) -> bool {
        let idle = |entry: &Entry| entry.is_quiet() || !matches!(entry, Entry::Record(_));
        self.snapshot.is_none() && self.batches.iter().all(|batch| batch.entries.iter().all(idle))
    }
}

/// A request of one voter to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// A candidate asks.
    Vote(Vote),
    /// A leader announces itself.
    BeginQuorumEpoch {
        /// Its epoch.
        epoch: LeaderEpoch,
    },
    /// A leader says that it leads no longer, and who should.
    EndQuorumEpoch {
        /// Its epoch.
        epoch: LeaderEpoch,
        /// The other voters, the most caught-up first.
        successors: Vec<NodeId>,
    },
    /// A follower asks for what comes next.
    Fetch(QuorumFetch),
    /// A leader asks who is to become a voter whether it is there, and what it can do.
    ApiVersions,
    /// A follower asks for a snapshot.
    FetchSnapshot {
        /// Its epoch.
        epoch: LeaderEpoch,
        /// Which.
        at: Place,
    },
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Response {
    /// To a Vote.
    Vote {
        /// Error, epoch and leader.
        head: Head,
        /// Yes.
        granted: bool,
        /// It was only a question.
        pre: bool,
    },
    /// To a BeginQuorumEpoch.
    Begun(Head),
    /// To an EndQuorumEpoch.
    Ended(Head),
    /// To a Fetch.
    Fetched(QuorumFetched),
    /// To an ApiVersions: all processes run one release.
    ApiVersions(Head),
    /// To a FetchSnapshot. Whole: Kafka sends it in pieces.
    Snapshot(Head, Option<Snapshot>),
}

impl Request {
    /// Its name. A fetch of the metadata log is a Fetch in Kafka; here it is told apart from those of data.
    #[must_use]
    pub const fn api(&self) -> &'static str {
        match self {
            Self::Vote(_) => "Vote",
            Self::BeginQuorumEpoch { .. } => "BeginQuorumEpoch",
            Self::EndQuorumEpoch { .. } => "EndQuorumEpoch",
            Self::Fetch(_) => "FetchMetadata",
            Self::FetchSnapshot { .. } => "FetchSnapshot",
            Self::ApiVersions => "ApiVersions",
        }
    }
}

impl Response {
    /// The name of what it answers.
    #[must_use]
    pub const fn api(&self) -> &'static str {
        match self {
            Self::Vote { .. } => "Vote",
            Self::Begun(_) => "BeginQuorumEpoch",
            Self::Ended(_) => "EndQuorumEpoch",
            Self::Fetched(_) => "FetchMetadata",
            Self::Snapshot(..) => "FetchSnapshot",
            Self::ApiVersions(_) => "ApiVersions",
        }
    }

    /// Error, epoch and leader.
    #[must_use]
    pub const fn head(&self) -> Head {
        match self {
            Self::Vote { head, .. }
            | Self::Begun(head)
            | Self::Ended(head)
            | Self::ApiVersions(head)
            | Self::Snapshot(head, _) => *head,
            Self::Fetched(fetched) => fetched.head,
        }
    }
}
