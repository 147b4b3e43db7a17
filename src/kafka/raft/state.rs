//! Where a voter stands in its epoch, and what of it survives a restart (`QuorumState`).
//!
//! ```text
//!             fetch timeout           majority of pre-votes         majority of votes
//!  Follower ───────────────▶ Prospective ───────────▶ Candidate ───────────▶ Leader ──▶ Resigned
//!     ▲                       │   ▲                       │                    │  (nobody fetches)
//!     └── refused, leader ────┘   └──── timeout ──────────┘                    │
//!  Unattached ◀────────────── any message of a higher epoch ───────────────────┘
//! ```
//!
//! Before KIP-996 there is no Prospective: timeouts lead to Candidate, in an epoch of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::voters::VoterChange;
use crate::engine::{Micros, NodeId};
use crate::kafka::{LeaderEpoch, Offset};

/// What a voter must never forget (the `quorum-state` file).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Election {
    /// Highest epoch it knows.
    pub epoch: LeaderEpoch,
    /// For whom it voted in this epoch.
    pub voted: Option<NodeId>,
    /// Who leads in this epoch, if known.
    pub leader: Option<NodeId>,
}

/// Answers that a candidate has so far. Its own vote is among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tally {
    /// Who said yes.
    pub granted: BTreeSet<NodeId>,
    /// Who said no.
    pub refused: BTreeSet<NodeId>,
}

/// What a leader knows of another voter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Progress {
    /// End of its log, as its last fetch said.
    pub end: Option<Offset>,
    /// When it last fetched.
    pub fetched: Option<Micros>,
}

/// What a leader knows of a controller that is no voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Watched {
    /// End of its log, as its last fetch said.
    pub end: Offset,
    /// When it last fetched.
    pub fetched: Micros,
    /// The leader's end at that time.
    pub leaders_end: Offset,
    /// It had everything at one time.
    pub caught_up: bool,
}

/// A leader's books.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leading {
    /// Offset of its first record: nothing is committed before a majority has that one.
    pub epoch_start: Offset,
    /// The other voters.
    pub others: BTreeMap<NodeId, Progress>,
    /// Controllers that are no voters and fetch.
    pub observers: BTreeMap<NodeId, Watched>,
    /// The change of the set of voters that is under way.
    pub change: Option<VoterChange>,
    /// The high watermark is known in this epoch.
    pub exposed: bool,
    /// When it resigns unless a majority fetches before.
    pub check_quorum: Micros,
    /// Who has fetched since that time was set.
    pub heard: BTreeSet<NodeId>,
    /// When it next announces itself to those that do not fetch.
    pub announce: Micros,
}

/// The state of a voter in its epoch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It knows the epoch and follows nobody. It may have voted.
    Unattached {
        /// When it looks for a majority itself.
        until: Micros,
    },
    /// It asks whether an election makes sense, without a new epoch (KIP-996).
    Prospective {
        /// When it gives up.
        until: Micros,
        /// What the others said.
        tally: Tally,
    },
    /// It asks for votes.
    Candidate {
        /// When it gives up.
        until: Micros,
        /// What the others said.
        tally: Tally,
        /// Before KIP-996: it cannot win and waits for this long.
        backing_off: bool,
        /// Elections it has tried in a row.
        tries: u32,
    },
    /// It leads.
    Leader(Box<Leading>),
    /// It copies a leader's log.
    Follower {
        /// When it gives its leader up.
        until: Micros,
        /// It has had an answer from this leader.
        fetched: bool,
    },
    /// It led in this epoch and does so no longer.
    Resigned {
        /// When it takes part again.
        until: Micros,
        /// The others, the most caught-up first.
        successors: Vec<NodeId>,
    },
}

/// Names of the states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Knows the epoch, follows nobody.
    Unattached,
    /// Asks whether an election makes sense.
    Prospective,
    /// Asks for votes.
    Candidate,
    /// Leads.
    Leader,
    /// Copies a leader's log.
    Follower,
    /// Led in this epoch.
    Resigned,
}

impl Standing {
    /// Kafka's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unattached => "Unattached",
            Self::Prospective => "Prospective",
            Self::Candidate => "Candidate",
            Self::Leader => "Leader",
            Self::Follower => "Follower",
            Self::Resigned => "Resigned",
        }
    }
}

impl State {
    /// Its name.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        match self {
            Self::Unattached { .. } => Standing::Unattached,
            Self::Prospective { .. } => Standing::Prospective,
            Self::Candidate { .. } => Standing::Candidate,
            Self::Leader(_) => Standing::Leader,
            Self::Follower { .. } => Standing::Follower,
            Self::Resigned { .. } => Standing::Resigned,
        }
    }

    /// When it changes if nothing comes.
    #[must_use]
    pub fn deadline(&self) -> Micros {
        match self {
            Self::Unattached { until }
            | Self::Prospective { until, .. }
            | Self::Candidate { until, .. }
            | Self::Follower { until, .. }
            | Self::Resigned { until, .. } => *until,
            Self::Leader(leading) => {
                let change = leading.change.map_or(Micros::NEVER, |change| change.until);
                leading.check_quorum.min(leading.announce).min(change)
            }
        }
    }
}
