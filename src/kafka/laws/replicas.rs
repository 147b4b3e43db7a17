//! Laws of replication: the high watermark, the in-sync set, what leaders must have.

use super::blocks::Blocks;
use super::look::{Held, Places, broker, committed, facts, leads_by_all_accounts, replica_name, zookeeper};
use super::witness::{Committed, Witness};
use crate::engine::{Micros, NodeId};
use crate::kafka::broker::{Broker, Leading};
use crate::kafka::log::Log;
use crate::kafka::{Election, LeaderEpoch, Offset, Partition, World};
use std::sync::Arc;

/// Whether a member of the in-sync set is one by name only. With ZooKeeper a reassignment first tells the leader of the assignment without
/// those who go, the in-sync set being as it was, and only then takes them out of the set (steps B3 and B4 of
/// `KafkaController.onPartitionReassignment`; in the same way a cancelled one, steps U1 to U3). In between the leader has no
/// replica of that name to wait for (`Partition.updateAssignmentAndIsr`, `maybeIncrementLeaderHW`).
fn is_dropped(world: &World, leading: &Leading, p: Partition, id: NodeId) -> bool {
    let state = committed(world).filter(|_| zookeeper(world).is_some()).and_then(|image| image.partition(p));
    let goes = state
        .is_some_and(|s| s.adding.contains(&id) || s.removing.contains(&id) || !s.replicas.contains(&id));
    goes && !leading.followers.contains_key(&id)
}

/// An offset as a place in a list.
pub(super) fn number(offset: Offset) -> u64 {
    u64::try_from(offset.0).unwrap_or(0)
}

impl Witness {
    pub(super) fn see_high_watermark(
        &mut self,
        world: &World,
        (node, p): (NodeId, Partition),
        (from, to): (Offset, Offset),
    ) {
        self.high_watermarks.insert((node, p), to);
        self.check_offsets(world, node, p);
        self.check_stable(world, node, p);
        let Some(broker) = broker(world, node) else { return };
        let (Some(leading), Some(log)) = (broker.leads(p), broker.log(p)) else { return };
        let name = || replica_name(world, node, p);
        if to < from {
            self.broken(world, "data.13", name(), format!("from {from} to {to}"));
        }
        let min = leading.effective_min(broker.min_insync_replicas(p));
        if leading.isr.len() < min {
            let seen = format!("moved to {to} with {} of {min} in sync", leading.isr.len());
            self.broken(world, "data.14", name(), seen);
        }
        self.check_isolation(world, (node, p), leading, to);
        for id in leading.maximal_isr() {
            let fetched = leading.followers.get(&id).map(|f| f.log_end.unwrap_or(Offset::NONE));
            if let Some(end) = fetched.filter(|end| *end < to) {
                let seen = format!("{to}, but {} has fetched up to {end}", world.shared().node(id));
                self.broken(world, "data.15", name(), seen);
            }
        }
        self.check_copies(world, (node, broker), p);
        self.commit(world, p, log, (from, to));
    }

    /// A leader that is cut off from a member of the in-sync set must not go on without it.
    fn check_isolation(
        &mut self,
        world: &World,
        (node, p): (NodeId, Partition),
        leading: &Leading,
        to: Offset,
    ) {
        // Who had fetched it before has lost it with its machine: the leader commits what it was told of.
        let lost = |id: &NodeId| {
            let told = leading.followers.get(id).and_then(|follower| follower.log_end);
            let had = self.tails.get(&(*id, p)).is_some_and(|(_, end)| *end >= to);
            (had || self.cut_short.contains_key(&(*id, p))) && told >= Some(to)
        };
        let counts = |id: &&NodeId| !is_dropped(world, leading, p, **id) && !lost(id);
        let cut: Vec<NodeId> =
            leading.isr.iter().filter(|id| world.is_cut(node, **id)).filter(counts).copied().collect();
        for id in cut {
            let end = broker(world, id).and_then(|b| b.log(p)).map_or(Offset(0), Log::end);
            if end < to {
                let seen =
                    format!("moved to {to}, cut off from {} which ends at {end}", world.shared().node(id));
                self.broken(world, "data.27", replica_name(world, node, p), seen);
            }
        }
    }

    /// Every in-sync replica has everything below the leader's high watermark.
    pub(super) fn check_copies(&mut self, world: &World, (leader, broker): (NodeId, &Broker), p: Partition) {
        let (Some(leading), Some(hw)) = (broker.leads(p), broker.high_watermark(p)) else { return };
        if !self.is_clean(p) || !leads_by_all_accounts(world, leader, p) {
            return;
        }
        for id in leading.isr.iter().filter(|id| **id != leader && !is_dropped(world, leading, p, **id)) {
            let Some(follower) = super::look::broker(world, *id) else { continue };
            let end = follower.log(p).map_or(Offset(0), Log::end);
            if end < hw && follower.leader_epoch(p) <= broker.leader_epoch(p) {
                let seen = format!("ends at {end}, high watermark {hw}");
                self.broken(world, "data.16", replica_name(world, *id, p), seen);
            }
        }
    }

    /// A leader counts these records as committed: remember them, and that no other leader ever counted others there.
    fn commit(&mut self, world: &World, p: Partition, log: &Log, (from, to): (Offset, Offset)) {
        let clean = self.is_clean(p);
        let truth: &mut Blocks<Committed> = Arc::make_mut(self.committed.get_or_insert_with(p, Arc::default));
        let mut other = None;
        for batch in log.batches_from(from).take_while(|batch| batch.base < to) {
            for (offset, record) in batch.entries().filter(|(o, _)| *o >= from && *o < to) {
                let now = Committed { epoch: batch.leader_epoch, record: record.id };
                let slot = truth.slot(number(offset));
                if clean && slot.is_some_and(|before| before != now) {
                    other = Some(offset);
                }
                *slot = Some(now);
            }
        }
        if let Some(offset) = other {
            let seen = format!("another record was committed at offset {offset} before");
            self.broken(world, "data.17", world.shared().partition(p), seen);
        }
    }

    /// A broker begins to lead: it must have everything that was ever committed and is still kept.
    pub(super) fn see_leadership(&mut self, world: &World, node: NodeId, p: Partition, epoch: LeaderEpoch) {
        if let Some(before) = self.leaders.insert((p, epoch), node)
            && before != node
        {
            let seen = format!("two leaders in epoch {}", epoch.0);
            self.broken(world, "data.11", world.shared().partition(p), seen);
        }
        if self.is_superseded(p, epoch) {
            return; // it has slept through its own end
        }
        let Some(log) = broker(world, node).and_then(|b| b.log(p)) else { return };
        // A new controller with ZooKeeper takes a leader that has registered again for one that never went, and leaves it its epoch
        // (`ZkPartitionStateMachine.initializePartitionState`). What its machine had not written is written anew, under the same numbers.
        if zookeeper(world).is_some() && self.cut_short.remove(&(node, p)) == Some(epoch) {
            self.rewritten.insert(p);
        }
        let Some(truth) = self.committed.get(&p).filter(|_| self.is_clean(p)) else { return };
        // Below this compaction has let superseded records go.
        let from = log.sparse_upto();
        let mut own = facts(log, from).peekable();
        let mut missing = None;
        for (at, committed) in truth.from(number(from)) {
            let offset = Offset(i64::try_from(at).unwrap_or(i64::MAX));
            while own.next_if(|(o, ..)| *o < offset).is_some() {}
            let wanted = (offset, committed.epoch, committed.record.0);
            if own.next_if(|got| *got == wanted).is_none() {
                missing = Some(offset);
                break;
            }
        }
        if let Some(offset) = missing {
            let seen = format!("leads without the committed record at offset {offset}");
            self.broken(world, "data.17", replica_name(world, node, p), seen);
        }
    }

    pub(super) fn see_election(
        &mut self,
        world: &World,
        p: Partition,
        to: NodeId,
        epoch: LeaderEpoch,
        how: Election,
    ) {
        let name = world.shared().partition(p);
        if let Some(before) = self.leaders.insert((p, epoch), to)
            && before != to
        {
            self.broken(world, "data.11", name.clone(), format!("two leaders in epoch {}", epoch.0));
        }
        let Some((image, state)) = committed(world).and_then(|image| Some((image, image.partition(p)?)))
        else {
            return;
        };
        // A controller in ZooKeeper mode keeps those in sync whom it takes for alive; the znodes may know more by now.
        let alive = |id: NodeId| zookeeper(world).is_some() || image.active(id);
        let first = state.replicas.iter().find(|id| state.isr.contains(id) && alive(**id));
        // A reassignment that drops replicas begins a new epoch, too, with the same leader.
        let kept = self.leaders.get(&(p, LeaderEpoch(epoch.0 - 1))) == Some(&to);
        if how == Election::Clean && !kept && state.leader == Some(to) && first != Some(&to) {
            let seen = format!("{} was taken", world.shared().node(to));
            self.broken(world, "data.25", name, seen);
        }
    }

    /// A follower was let into the in-sync set: it had reached the high watermark and the start of this leadership.
    pub(super) fn see_expansion(&mut self, world: &World, p: Partition, member: NodeId) {
        let state = committed(world).and_then(|image| image.partition(p));
        let Some((leader, epoch)) = state.and_then(|s| Some((s.leader?, s.leader_epoch))) else { return };
        let Some(broker) = broker(world, leader).filter(|b| leader != member && b.leader_epoch(p) == epoch)
        else {
            return;
        };
        let (Some(leading), Some(hw)) = (broker.leads(p), broker.high_watermark(p)) else { return };
        let end = leading.followers.get(&member).and_then(|f| f.log_end).unwrap_or(Offset::NONE);
        if end < hw || end < leading.epoch_start {
            let seen =
                format!("joined at {end}, high watermark {hw}, leadership from {}", leading.epoch_start);
            self.broken(world, "data.22", replica_name(world, member, p), seen);
        }
    }

    /// Copies of all in-sync replicas, and nobody outside the set holding up the high watermark.
    pub(super) fn survey_in_sync(&mut self, world: &World, places: &Places<'_>) {
        for (p, here) in places {
            for held in here.iter().filter(|held| held.leading().is_some()) {
                self.check_copies(world, (held.node, held.broker), *p);
                self.check_progress(world, held, *p);
            }
        }
    }

    /// A follower that has been behind for long and is not in sync does not hold the high watermark.
    fn check_progress(&mut self, world: &World, held: &Held<'_>, p: Partition) {
        let (leader, broker, log) = (held.node, held.broker, held.log);
        let (Some(leading), Some(hw)) = (held.leading(), held.high_watermark(p)) else { return };
        let (now, lag) = (world.now(), broker.configs().ms("replica.lag.time.max.ms"));
        let enough = leading.isr.len() >= leading.effective_min(broker.min_insync_replicas(p));
        let members = leading.maximal_isr();
        // The leader looks when an in-sync follower fetches: one must have come by lately.
        let recent = |id: &NodeId| {
            broker.follower(p, *id).is_some_and(|f| f.fetched_at().is_some_and(|at| now.since(at) < lag))
        };
        if !enough || !members.iter().any(recent) || !leads_by_all_accounts(world, leader, p) {
            return;
        }
        let long = Micros(lag.0.saturating_mul(3));
        let counts = |id: &NodeId, f: &crate::kafka::broker::Follower| {
            members.contains(id) || f.is_caught_up(now, log.end(), long)
        };
        let slowest = leading.followers.iter().filter(|(id, f)| counts(id, f));
        let slowest = slowest.map(|(_, f)| f.log_end.unwrap_or(Offset::NONE)).fold(log.end(), Ord::min);
        if hw < slowest {
            let seen = format!("high watermark {hw}, every replica that counts has {slowest}");
            self.broken(world, "data.23", replica_name(world, leader, p), seen);
        }
    }

    /// A follower that fetches from this leader holds a prefix of the leader's log.
    pub(super) fn check_prefix(
        &mut self,
        world: &World,
        follower: &Held<'_>,
        p: Partition,
        here: &[Held<'_>],
    ) {
        let (node, own) = (follower.node, follower.log);
        let found = here.iter().find(|held| {
            let known = held.leading().and_then(|leading| leading.followers.get(&node));
            held.node != node
                && known.is_some_and(|known| known.log_end.is_some())
                && held.leader_epoch() == follower.leader_epoch()
        });
        let Some(theirs) = found.map(|leader| leader.log) else { return };
        let from = own.sparse_upto().max(theirs.sparse_upto());
        let shape = |log| facts(log, from).map(|(offset, epoch, _)| (offset, epoch));
        let parts = shape(own).zip(shape(theirs)).find(|(mine, theirs)| mine != theirs);
        let longer = own.end() > theirs.end();
        if let Some(((offset, epoch), _)) = parts {
            let seen = format!("differs from its leader at offset {offset} of epoch {}", epoch.0);
            self.broken(world, "data.21", replica_name(world, node, p), seen);
        } else if longer {
            let seen = format!("ends at {}, its leader at {}", own.end(), theirs.end());
            self.broken(world, "data.21", replica_name(world, node, p), seen);
        }
    }

    /// Same offset and epoch on two replicas: the same record, and equal logs below.
    pub(super) fn check_matching(&mut self, world: &World, (a, b): (&Held<'_>, &Held<'_>), p: Partition) {
        let (left, right) = (a.log, b.log);
        if self.rewritten.contains(&p) {
            return;
        }
        let from = left.sparse_upto().max(right.sparse_upto());
        let mut rest = facts(left, from).zip(facts(right, from)).skip_while(|(l, r)| l == r);
        if let Some((l, _)) = rest.find(|(l, r)| l.0 == r.0 && l.1 == r.1) {
            let other = world.shared().node(b.node);
            let seen = format!("differs from {other} at offset {} of epoch {}", l.0, l.1.0);
            self.broken(world, "data.4", replica_name(world, a.node, p), seen);
        }
    }
}
