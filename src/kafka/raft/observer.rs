//! What a broker knows of the quorum: an epoch, its leader, and whom to ask when it knows none.

use crate::engine::NodeId;
use crate::kafka::{ErrorCode, LeaderEpoch};

use super::Head;

/// A broker's side of the quorum (an observer: it never votes and never counts).
#[derive(Clone, Debug, Default)]
pub struct Observer {
    epoch: LeaderEpoch,
    leader: Option<NodeId>,
    /// The leader could not be reached: others are asked in turn.
    lost: bool,
    turn: usize,
}

impl Observer {
    /// Highest epoch it has heard of.
    #[must_use]
    pub const fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// The controller that it believes to be active.
    #[must_use]
    pub const fn leader(&self) -> Option<NodeId> {
        self.leader
    }

    /// A process start: what it knew of epoch and leader is on its disk.
    pub const fn restart(&mut self) {
        self.lost = false;
    }

    /// Whom to fetch from: the leader, or the voters in turn while it is not known or not reached.
    pub fn whom(&mut self, voters: &[NodeId]) -> Option<NodeId> {
        if let ([only], _) | (_, Some(only)) = (voters, self.leader.as_ref().filter(|_| !self.lost)) {
            return Some(*only);
        }
        self.turn += 1;
        voters.get(self.turn % voters.len().max(1)).copied()
    }

    /// The node that was asked is not there.
    pub fn unreached(&mut self, node: NodeId) {
        self.lost |= self.leader == Some(node);
    }

    /// What an answer says. True: it names an epoch or a leader that was not known.
    pub fn heed(&mut self, from: NodeId, head: Head) -> bool {
        let named = head.epoch == self.epoch && self.leader.is_none() && head.leader.is_some();
        if head.epoch > self.epoch || named {
            (self.epoch, self.leader, self.lost) = (head.epoch, head.leader, false);
            return true;
        }
        if head.error == ErrorCode::None && self.leader == Some(from) {
            self.lost = false;
        }
        false
    }
}
