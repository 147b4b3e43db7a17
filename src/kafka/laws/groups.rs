//! Laws of groups of the consumer protocol (KIP-848), looked at whenever a coordinator changed one.

use std::collections::BTreeSet;

use super::look::broker;
use super::witness::Witness;
use crate::engine::NodeId;
use crate::kafka::group::{ConsumerGroup, ConsumerMember, Current, MemberState};
use crate::kafka::{GroupId, MemberId, Partition, Process, World};

impl Witness {
    /// Somebody joined: it has nothing yet.
    pub(super) fn see_member(&mut self, coordinator: NodeId, group: GroupId, member: MemberId) {
        self.members.insert((coordinator, group, member), Current::default());
    }

    /// A coordinator changed a group.
    pub(super) fn see_reconciled(&mut self, world: &World, coordinator: NodeId, id: GroupId) {
        let found = broker(world, coordinator).and_then(|b| b.coordinator().group(id));
        let Some(group) = found.and_then(|g| g.consumer.as_deref()) else { return };
        let mut wrong: Vec<(&str, String)> = Vec::new();
        let mut seen = BTreeSet::new();
        // members of a share group read from the same partitions
        let twice = group.holders().map(|(p, _)| p).find(|p| !group.share && !seen.insert(*p));
        wrong.extend(
            twice.map(|p| ("control.16", format!("two members have {}", world.shared().partition(p)))),
        );
        for member in &group.members {
            wrong.extend(ahead(group, member).map(|seen| ("control.17", seen)));
            let now = &member.current;
            if let Some(before) = self.members.insert((coordinator, id, member.id), now.clone()) {
                wrong.extend(hasty(world, member, &before).map(|seen| ("control.18", seen)));
                wrong.extend(stray(world, group, member, &before).map(|seen| ("control.19", seen)));
            }
        }
        for (law, seen) in wrong {
            self.broken(world, law, world.shared().group(id).to_owned(), seen);
        }
    }
}

/// A member, the target, the group: each epoch is at most the next one.
fn ahead(group: &ConsumerGroup, member: &ConsumerMember) -> Option<String> {
    let (epoch, target, of_group) = (member.current.epoch, group.target_epoch, group.epoch);
    let ahead = (epoch > 0 && epoch > target) || target > of_group;
    ahead.then(|| format!("member epoch {epoch}, target epoch {target}, group epoch {of_group}"))
}

/// A member that was told to give up partitions got a new epoch, and still has them.
fn hasty(world: &World, member: &ConsumerMember, before: &Current) -> Option<String> {
    let told = before.state == MemberState::UnrevokedPartitions;
    if !told || member.current.epoch <= before.epoch {
        return None;
    }
    let Process::Consumer(consumer) = world.node(member.id.client) else { return None };
    let mut has = consumer.assigned().map(|(p, _)| p).filter(|_| consumer.member() == Some(member.id));
    let kept = has.find(|p| before.pending.contains(p))?;
    Some(format!("epoch {} with {} in hand", member.current.epoch, world.shared().partition(kept)))
}

/// A member has a partition that it neither had before nor should have.
fn stray(world: &World, group: &ConsumerGroup, member: &ConsumerMember, before: &Current) -> Option<String> {
    let target = group.target_of(member.id);
    let known = |p: &&Partition| before.assigned.contains(p) || target.contains(p);
    let stray = member.current.assigned.iter().find(|p| !known(p))?;
    Some(format!(
        "{} was not meant for {}",
        world.shared().partition(*stray),
        world.shared().node(member.id.client)
    ))
}
