//! Laws of metadata and groups.

use super::look::{broker, controller, zookeeper};
use super::witness::Witness;
use crate::engine::NodeId;
use crate::kafka::zookeeper::{Data, Path};
use crate::kafka::{Generation, GroupId, GroupState, Offset, PartitionState, World};
use std::sync::Arc;

impl Witness {
    pub(super) fn see_applied(&mut self, world: &World, node: NodeId, offset: Offset) {
        if let Some(before) = self.applied.insert(node, offset)
            && before >= offset
        {
            let subject = world.shared().node(node).to_owned();
            self.broken(world, "control.28", subject, format!("offset {offset} after {before}"));
        }
        if offset >= self.quorum.end() {
            let seen = format!("offset {offset} of {} that are committed", self.quorum.end());
            self.broken(world, "control.28", world.shared().node(node).to_owned(), seen);
        }
    }

    /// The controller committed something: look at what changed.
    pub(super) fn see_metadata(&mut self, world: &World) {
        let Some(controller) = controller(world) else { return };
        let image = Arc::clone(controller.image());
        let known = std::mem::replace(&mut self.image, Arc::clone(&image));
        let mut wrong = Vec::new();
        for (p, state) in image.changed_since(&known) {
            let before = known.partition(p);
            let subject = || world.shared().partition(p);
            if let Some(before) = before {
                wrong.extend(stuck(before, state).map(|(law, seen)| (law, subject(), seen)));
            }
            self.changed.insert(p, world.now());
            self.progress.see_partition(p, world.now());
            let inside = state.isr.iter().all(|id| state.replicas.contains(id));
            let led = state.leader.is_none_or(|leader| state.isr.contains(&leader));
            // The controller may have put down already that the topic is gone, with its settings.
            let own = image.topics.get(&p.topic).and_then(|topic| topic.configs.get("min.insync.replicas"));
            let least = own.and_then(|least| least.parse().ok());
            let least = least.unwrap_or_else(|| controller.min_insync_replicas(p));
            let below = state.isr.len() < least.min(state.replicas.len());
            if state.elr.iter().any(|id| state.isr.contains(id)) || !(state.elr.is_empty() || below) {
                let seen = format!("eligible: {:?}, in sync: {:?}", state.elr, state.isr);
                wrong.push(("data.24", subject(), seen));
            }
            let may_be_empty = state.leader.is_none() && controller.keeps_eligible_replicas();
            if (state.isr.is_empty() && !may_be_empty) || !inside || !led {
                wrong.push((
                    "data.12",
                    subject(),
                    format!("in sync: {:?}, leader: {:?}", state.isr, state.leader),
                ));
            }
        }
        let fenced = |id: &NodeId| image.brokers.get(id).is_none_or(|b| b.fenced);
        let leads = |id: &&NodeId| image.leaders_on(**id) > 0;
        for &id in image.brokers.keys().filter(|id| fenced(id)).filter(leads) {
            for (p, _) in image.partitions_on(id).filter(|(_, state)| state.leader == Some(id)) {
                let seen = format!("{} leads", world.shared().node(id));
                wrong.push(("control.34", world.shared().partition(p), seen));
            }
        }
        for (law, subject, seen) in wrong {
            self.broken(world, law, subject, seen);
        }
    }

    /// A znode changed: the state of a partition, or something that goes with a session.
    pub(super) fn see_znode(&mut self, world: &World, path: Path) {
        let Some(ensemble) = zookeeper(world) else { return };
        match (path, ensemble.tree().get(path).map(|znode| &znode.data)) {
            (Path::State(p), Some(Data::State(state))) => {
                let present = ensemble.controller_epoch();
                let subject = || world.shared().partition(p);
                if state.controller_epoch != present {
                    let seen =
                        format!("written by controller {}, now it is {present}", state.controller_epoch);
                    self.broken(world, "control.23", subject(), seen);
                }
                let Some(entry) = ensemble.image().shared(p).cloned() else { return };
                self.changed.insert(p, world.now());
                self.progress.see_partition(p, world.now());
                let before = self.entries.insert(p, Arc::clone(&entry));
                let wrong = before.as_ref().and_then(|before| stuck(before, &entry));
                if let Some((law, seen)) = wrong {
                    self.broken(world, law, subject(), seen);
                }
                // Whom a reassignment was adding when another took its place leaves the assignment first (steps U1 and U3 of
                // `KafkaController.onPartitionReassignment`), then, one after the other, the in-sync set: nobody else is outside.
                let leaves = |id: &NodeId| {
                    let was_adding = |b: &PartitionState| b.adding.contains(id) || !b.replicas.contains(id);
                    before.as_deref().is_some_and(|b| b.isr.contains(id) && was_adding(b))
                };
                let inside = entry.isr.iter().all(|id| entry.replicas.contains(id) || leaves(id));
                let led = entry.leader.is_none_or(|leader| entry.isr.contains(&leader));
                if entry.isr.is_empty() || !inside || !led {
                    let seen = format!("in sync: {:?}, leader: {:?}", entry.isr, entry.leader);
                    self.broken(world, "data.12", subject(), seen);
                }
            }
            (Path::Controller | Path::BrokerId(_), _) => self.see_sessions(world),
            _ => {}
        }
    }

    /// No ephemeral znode outlives its session.
    pub(super) fn see_sessions(&mut self, world: &World) {
        let Some(ensemble) = zookeeper(world) else { return };
        let alive = |owner| ensemble.sessions().any(|(id, _)| id == owner);
        let ephemeral = ensemble.tree().children(Path::BrokerIds);
        let controller = ensemble.tree().get(Path::Controller).map(|znode| (Path::Controller, znode));
        let stray: Vec<Path> = ephemeral
            .chain(controller)
            .filter(|(_, znode)| znode.stat.owner.is_some_and(|owner| !alive(owner)))
            .map(|(path, _)| path)
            .collect();
        for path in stray {
            let seen = "its session is over".to_owned();
            self.broken(world, "control.39", path.text(world.shared()), seen);
        }
    }

    /// A broker did what a controller says.
    pub(super) fn see_control(&mut self, world: &World, node: NodeId, epoch: i32) {
        let before = self.controls.insert(node, epoch);
        if let Some(before) = before.filter(|before| *before > epoch) {
            let subject = world.shared().node(node).to_owned();
            let seen = format!("did what controller {epoch} says, after {before}");
            self.broken(world, "control.22", subject, seen);
        }
    }

    pub(super) fn see_group(
        &mut self,
        world: &World,
        (coordinator, group): (NodeId, GroupId),
        (from, to): (GroupState, GroupState),
        generation: Generation,
    ) {
        use GroupState::{Empty, Stable};
        let name = world.shared().group(group).to_owned();
        if to == GroupState::Dead {
            self.generations.remove(&(coordinator, group));
            return;
        }
        let formed = from == GroupState::PreparingRebalance;
        if let Some(before) = self.generations.insert((coordinator, group), generation)
            && (before > generation || (formed && generation.0 != before.0 + 1))
        {
            self.broken(world, "control.4", name.clone(), format!("{} after {}", generation.0, before.0));
        }
        let consumers = broker(world, coordinator)
            .and_then(|b| b.coordinator().group(group))
            .is_some_and(|g| g.consumer.is_some());
        if !(allowed(from, to) || consumers && matches!((from, to), (Empty, Stable) | (Stable, Empty))) {
            self.broken(world, "control.8", name.clone(), format!("{} to {}", from.name(), to.name()));
        }
    }
}

/// What is wrong with the epochs of an entry that changed.
fn stuck(before: &PartitionState, after: &PartitionState) -> Option<(&'static str, String)> {
    let (old, new) = (before.leader_epoch, after.leader_epoch);
    if after.leader.is_some() && before.leader.is_some() && before.leader != after.leader && old == new {
        return Some(("data.11", format!("two leaders in epoch {}", new.0)));
    }
    if old > new || before.partition_epoch >= after.partition_epoch {
        let (was, is) = (before.partition_epoch.0, after.partition_epoch.0);
        return Some(("control.32", format!("changed with partition epoch {was}, then {is}")));
    }
    None
}

/// The table of `GroupMetadata`.
const fn allowed(from: GroupState, to: GroupState) -> bool {
    use GroupState::{Assigning, CompletingRebalance, Dead, Empty, PreparingRebalance, Reconciling, Stable};
    matches!(
        (from, to),
        (_, Dead)
            | (Stable | CompletingRebalance | Empty, PreparingRebalance)
            | (PreparingRebalance, CompletingRebalance | Empty)
            | (CompletingRebalance, Stable)
            // the consumer protocol's states follow from its epochs, in any order
            | (Empty | Assigning | Reconciling | Stable, Assigning | Reconciling)
            | (Assigning | Reconciling, Empty | Stable)
    )
}
