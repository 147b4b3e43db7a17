//! Laws of metadata and groups.

use super::witness::{Witness, brokers, controller};
use crate::engine::NodeId;
use crate::kafka::{Generation, GroupId, GroupState, Offset, World};
use std::collections::BTreeSet;

impl Witness {
    pub(super) fn see_applied(&mut self, world: &World, node: NodeId, offset: Offset) {
        if let Some(before) = self.applied.insert(node, offset)
            && before > offset
        {
            let subject = world.shared().node(node).to_owned();
            self.broken(world, "control.28", subject, format!("offset {offset} after {before}"));
        }
    }

    /// The controller committed something: look at what changed.
    pub(super) fn see_metadata(&mut self, world: &World) {
        let Some(controller) = controller(world) else { return };
        let image = controller.image();
        let mut wrong = Vec::new();
        for (p, state) in image.partitions() {
            let before = self.epochs.insert(p, (state.leader_epoch, state.partition_epoch));
            if before == Some((state.leader_epoch, state.partition_epoch)) {
                continue;
            }
            let subject = world.shared().partition(p);
            if before.is_some_and(|(leader, partition)| {
                leader > state.leader_epoch || partition > state.partition_epoch
            }) {
                wrong.push(("control.32", subject.clone(), "an epoch went back".to_owned()));
            }
            let inside = state.isr.iter().all(|id| state.replicas.contains(id));
            let led = state.leader.is_none_or(|leader| state.isr.contains(&leader));
            let may_be_empty = state.leader.is_none() && controller.keeps_eligible_replicas();
            if (state.isr.is_empty() && !may_be_empty) || !inside || !led {
                wrong.push((
                    "data.12",
                    subject.clone(),
                    format!("in sync: {:?}, leader: {:?}", state.isr, state.leader),
                ));
            }
            if let Some(leader) =
                state.leader.filter(|leader| image.brokers.get(leader).is_none_or(|b| b.fenced))
            {
                // A broker is fenced in the batch in which its partitions move; ask only once the batch is complete.
                if controller.records().last().is_some_and(|(offset, _)| *offset == image.offset) {
                    wrong.push(("control.34", subject, format!("{} leads", world.shared().node(leader))));
                }
            }
        }
        for (law, subject, seen) in wrong {
            self.broken(world, law, subject, seen);
        }
    }

    pub(super) fn survey_metadata(&mut self, world: &World) {
        self.survey_in_sync(world);
        let owned: Vec<(String, String)> = brokers(world)
            .flat_map(|(_, broker)| broker.coordinator().groups())
            .filter_map(|group| {
                let mut seen = BTreeSet::new();
                let twice = group.owners().map(|(p, _)| p).find(|p| !seen.insert(*p))?;
                Some((world.shared().group(group.id).to_owned(), world.shared().partition(twice)))
            })
            .collect();
        for (group, partition) in owned {
            self.broken(world, "control.1", group, format!("{partition} has two owners"));
        }
    }

    /// Every in-sync replica that runs has everything below the leader's high watermark.
    fn survey_in_sync(&mut self, world: &World) {
        let mut wrong = Vec::new();
        for (leader, broker) in brokers(world) {
            for p in broker.partitions().filter(|p| self.is_clean(*p)) {
                let (Some(leading), Some(hw)) = (broker.leads(p), broker.high_watermark(p)) else { continue };
                for (id, follower) in
                    brokers(world).filter(|(id, _)| *id != leader && leading.isr.contains(id))
                {
                    let end = follower.log(p).map_or(Offset(0), |log| log.end());
                    let epoch = follower.leader_epoch(p);
                    if end < hw && epoch <= broker.leader_epoch(p) && controller_agrees(world, leader, p) {
                        let name = super::witness::replica_name(world, id, p);
                        wrong.push((name, format!("ends at {end}, high watermark {hw}")));
                    }
                }
            }
        }
        for (subject, seen) in wrong {
            self.broken(world, "data.16", subject, seen);
        }
    }

    pub(super) fn see_group(
        &mut self,
        world: &World,
        (coordinator, group): (NodeId, GroupId),
        (from, to): (GroupState, GroupState),
        generation: Generation,
    ) {
        let name = world.shared().group(group).to_owned();
        if let Some(before) = self.generations.insert((coordinator, group), generation)
            && before > generation
        {
            self.broken(world, "control.4", name.clone(), format!("{} after {}", generation.0, before.0));
        }
        if !allowed(from, to) {
            self.broken(world, "control.8", name.clone(), format!("{} to {}", from.name(), to.name()));
        }
    }
}

fn controller_agrees(world: &World, leader: NodeId, p: crate::kafka::Partition) -> bool {
    controller(world).and_then(|c| c.image().partition(p)).is_some_and(|state| state.leader == Some(leader))
}

/// The table of `GroupMetadata`.
const fn allowed(from: GroupState, to: GroupState) -> bool {
    use GroupState::{CompletingRebalance, Dead, Empty, PreparingRebalance, Stable};
    matches!(
        (from, to),
        (_, Dead)
            | (Stable | CompletingRebalance | Empty, PreparingRebalance)
            | (PreparingRebalance, CompletingRebalance | Empty)
            | (CompletingRebalance, Stable)
    )
}
