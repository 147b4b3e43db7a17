//! Who leads, by the rules of the ZooKeeper days (`PartitionLeaderElectionAlgorithms`, `ReplicaStateMachine`).

use crate::engine::NodeId;
use crate::kafka::mutant::{self, Mutant};

/// Why a leader is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Nobody leads, or who leads is gone. `unclean`: anybody alive will do if no in-sync replica is.
    Offline {
        /// `unclean.leader.election.enable` of the topic.
        unclean: bool,
    },
    /// The partition moves: the assignment to elect from is the target.
    Reassign,
    /// The first replica is to lead again.
    Preferred,
    /// Brokers leave in an orderly way.
    ControlledShutdown,
}

/// The new leader and the new in-sync set; none = nobody may lead, and nothing changes.
#[must_use]
pub fn elect(
    strategy: Strategy,
    assignment: &[NodeId],
    isr: &[NodeId],
    live: impl Fn(NodeId) -> bool,
    shutting_down: impl Fn(NodeId) -> bool,
) -> Option<(NodeId, Vec<NodeId>)> {
    let in_sync = |id: &NodeId| live(*id) && isr.contains(id);
    let mut all = assignment.iter().copied();
    match strategy {
        Strategy::Offline { unclean } => {
            let clean =
                if mutant::on(Mutant::TakesLastInSync) { all.rfind(in_sync) } else { all.find(in_sync) };
            if let Some(leader) = clean {
                return Some((leader, isr.iter().copied().filter(|id| live(*id)).collect()));
            }
            let any = assignment.iter().copied().find(|id| unclean && live(*id))?;
            Some((any, vec![any]))
        }
        Strategy::Reassign => Some((all.find(in_sync)?, isr.to_vec())),
        Strategy::Preferred => Some((assignment.first().copied().filter(in_sync)?, isr.to_vec())),
        Strategy::ControlledShutdown => {
            let leader = all.find(|id| in_sync(id) && !shutting_down(*id))?;
            Some((leader, isr.iter().copied().filter(|id| !shutting_down(*id)).collect()))
        }
    }
}

/// What is left when a replica goes offline: it leads no longer and leaves the in-sync set, unless it is the last one in it.
#[must_use]
pub fn without_replica(
    leader: Option<NodeId>,
    isr: &[NodeId],
    gone: NodeId,
) -> (Option<NodeId>, Vec<NodeId>) {
    let leader = leader.filter(|id| *id != gone);
    let rest: Vec<NodeId> = isr.iter().copied().filter(|id| *id != gone).collect();
    (leader, if rest.is_empty() { isr.to_vec() } else { rest })
}
