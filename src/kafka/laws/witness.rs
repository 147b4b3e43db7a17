//! Who watches: the ghost state that laws need, and the walk over the notes of each event.

use std::collections::{BTreeMap, BTreeSet};

use super::{Violation, find};
use crate::engine::{Loss, NodeId, Note as Engine};
use crate::kafka::broker::Broker;
use crate::kafka::controller::Controller;
use crate::kafka::{
    Election, ErrorCode, Generation, GroupId, LeaderEpoch, Note, OFFSETS_TOPIC, Offset, Partition,
    PartitionEpoch, Process, RecordId, World,
};

/// A record that some leader once counted as committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Committed {
    pub epoch: LeaderEpoch,
    pub record: RecordId,
}

/// What the laws need to remember. Clone it with the world.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    pub(super) committed: BTreeMap<Partition, BTreeMap<Offset, Committed>>,
    pub(super) leaders: BTreeMap<(Partition, LeaderEpoch), NodeId>,
    pub(super) epochs: BTreeMap<Partition, (LeaderEpoch, PartitionEpoch)>,
    pub(super) high_watermarks: BTreeMap<(NodeId, Partition), Offset>,
    pub(super) starts: BTreeMap<(NodeId, Partition), Offset>,
    pub(super) outcomes: BTreeSet<RecordId>,
    pub(super) delivered: BTreeMap<(NodeId, Partition), Offset>,
    /// By coordinator: another one, or the same after it was away, goes on from what was stored.
    pub(super) generations: BTreeMap<(NodeId, GroupId), Generation>,
    pub(super) applied: BTreeMap<NodeId, Offset>,
    pub(super) unclean: BTreeSet<Partition>,
    pub(super) machine_lost: bool,
    found: Vec<Violation>,
}

impl Witness {
    /// Looks at what the last turn stated. Gives the laws that it broke.
    pub fn observe(&mut self, world: &World) -> Vec<Violation> {
        for rec in world.notes() {
            match &rec.note {
                Engine::Domain(note) => self.see(world, rec.node.unwrap_or(NodeId(u32::MAX)), note),
                Engine::NodeCrashed { node, power } => self.see_crash(*node, Engine::<Note>::loss(*power)),
                Engine::NodeStarted { node, .. } => self.see_start(*node),
                _ => {}
            }
        }
        std::mem::take(&mut self.found)
    }

    /// Looks at everything. Costly; for checkpoints and ends.
    pub fn survey(&mut self, world: &World) -> Vec<Violation> {
        self.survey_logs(world);
        self.survey_metadata(world);
        std::mem::take(&mut self.found)
    }

    fn see_crash(&mut self, node: NodeId, loss: Loss) {
        self.machine_lost |= loss == Loss::Power;
        self.delivered.retain(|(consumer, _), _| *consumer != node);
        self.high_watermarks.retain(|(broker, _), _| *broker != node);
    }

    fn see_start(&mut self, node: NodeId) {
        self.generations.retain(|(coordinator, _), _| *coordinator != node);
        self.applied.remove(&node);
        self.delivered.retain(|(consumer, _), _| *consumer != node);
        self.high_watermarks.retain(|(broker, _), _| *broker != node);
    }

    fn see(&mut self, world: &World, by: NodeId, note: &Note) {
        match note {
            Note::Appended { node, partition, base, .. } => self.see_append(world, *node, *partition, *base),
            Note::Truncated { node, partition, to, .. } => self.see_cut(world, *node, *partition, *to),
            Note::HighWatermarkMoved { node, partition, from, to } => {
                self.see_high_watermark(world, *node, *partition, *from, *to);
            }
            Note::LogStartMoved { node, partition, from, to } => {
                self.see_log_start(world, *node, *partition, *from, *to);
            }
            Note::EpochStarted { node, partition, .. } => self.see_leadership(world, *node, *partition),
            Note::LeaderElected { partition, from, to, epoch, how } => {
                if world.shared().topic(partition.topic) == OFFSETS_TOPIC {
                    self.generations.clear();
                }
                if *how == Election::Unclean {
                    self.unclean.insert(*partition);
                }
                self.see_election(world, *partition, (*from, *to), *epoch, *how);
            }
            Note::RecordAcked { record, .. } => self.see_outcome(world, *record, None),
            Note::RecordFailed { record, error } => self.see_outcome(world, *record, Some(*error)),
            Note::Delivered { consumer, partition, offset, .. } => {
                self.see_delivery(world, *consumer, *partition, *offset);
            }
            Note::PositionMoved { consumer, partition, why, .. }
                if *why != crate::kafka::MoveWhy::Delivered =>
            {
                self.delivered.remove(&(*consumer, *partition));
            }
            Note::PartitionAssigned { consumer, partition }
            | Note::PartitionRevoked { consumer, partition } => {
                self.delivered.remove(&(*consumer, *partition));
            }
            Note::GroupStateChanged { group, from, to, generation } => {
                self.see_group(world, (by, *group), (*from, *to), *generation);
            }
            Note::MetadataApplied { node, offset } => self.see_applied(world, *node, *offset),
            Note::MetadataAppended { .. } => self.see_metadata(world),
            _ => {}
        }
    }

    // ---- for the laws ----

    pub(super) fn broken(&mut self, world: &World, law: &str, subject: String, seen: String) {
        if let Some(law) = find(law) {
            self.found.push(Violation { law, subject, seen, event: world.turn() });
        }
    }

    /// Whether laws for clean worlds apply to this partition.
    pub(super) fn is_clean(&self, p: Partition) -> bool {
        !self.machine_lost && !self.unclean.contains(&p)
    }

    fn see_outcome(&mut self, world: &World, record: RecordId, error: Option<ErrorCode>) {
        if !self.outcomes.insert(record) {
            let seen = format!("a second outcome ({})", error.unwrap_or_default());
            self.broken(world, "data.28", format!("r{}", record.0), seen);
        }
    }
}

/// `b1/orders-0`.
pub(super) fn replica_name(world: &World, node: NodeId, p: Partition) -> String {
    format!("{}/{}", world.shared().node(node), world.shared().partition(p))
}

/// The broker of that id.
pub(super) fn broker(world: &World, id: NodeId) -> Option<&Broker> {
    if let Process::Broker(broker) = world.node(id) { Some(broker) } else { None }
}

/// All brokers.
pub(super) fn brokers(world: &World) -> impl Iterator<Item = (NodeId, &Broker)> {
    world.nodes().filter_map(|(id, node)| if let Process::Broker(b) = node { Some((id, &**b)) } else { None })
}

/// The active controller.
pub(super) fn controller(world: &World) -> Option<&Controller> {
    world.nodes().find_map(|(_, node)| match node {
        Process::Controller(controller) if controller.is_active() => Some(&**controller),
        _ => None,
    })
}
