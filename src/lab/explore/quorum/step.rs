//! What can happen next.

use std::fmt;

use super::state::Lane;
use crate::engine::NodeId;
use crate::kafka::raft::Waits;

/// A request's way: who asks, who is asked, over which connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Path {
    pub from: NodeId,
    pub to: NodeId,
    pub lane: Lane,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A request arrives.
    Arrives(Path),
    /// An answer arrives.
    Answered(Path),
    /// A request or an answer is lost.
    Lost(Path),
    /// A voter has waited long enough.
    TimeIsUp(NodeId, Waits),
    /// A leader appends a record.
    Appends(NodeId),
    /// A voter dies.
    Dies(NodeId),
    /// A voter comes back.
    Starts(NodeId),
}

/// `k1`, `k2`, …
pub(super) fn name(voter: NodeId) -> String {
    format!("k{}", voter.0 + 1)
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.lane == Lane::Log { "fetch" } else { "question" };
        write!(f, "{what} of {} to {}", name(self.from), name(self.to))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arrives(path) => write!(f, "the {path} arrives"),
            Self::Answered(path) => write!(f, "the answer to the {path} arrives"),
            Self::Lost(path) => write!(f, "the {path}, or its answer, is lost"),
            Self::TimeIsUp(voter, Waits::State) => write!(f, "{}: its time is up", name(*voter)),
            Self::TimeIsUp(voter, Waits::Announce) => write!(f, "{} announces itself again", name(*voter)),
            Self::TimeIsUp(voter, Waits::Again(to)) => {
                write!(f, "{} asks {} again", name(*voter), name(*to))
            }
            Self::Appends(voter) => write!(f, "{} appends a record", name(*voter)),
            Self::Dies(voter) => write!(f, "{} dies", name(*voter)),
            Self::Starts(voter) => write!(f, "{} starts", name(*voter)),
        }
    }
}
