//! Laws of logs, replication, clients.

use super::witness::{Committed, Witness, broker, brokers, controller, replica_name};
use crate::engine::NodeId;
use crate::kafka::log::Log;
use crate::kafka::{Election, LeaderEpoch, Offset, Partition, RecordId, Sequence, World};

impl Witness {
    pub(super) fn see_append(&mut self, world: &World, node: NodeId, p: Partition, base: Offset) {
        let Some(log) = broker(world, node).and_then(|b| b.log(p)) else { return };
        let mut newest = log.batches().rev();
        let (Some(last), before) = (newest.next(), newest.next()) else { return };
        if let Some(before) = before {
            if before.end() > last.base && base == last.base {
                let seen = format!("offset {} follows {}", last.base, before.end());
                self.broken(world, "data.2", replica_name(world, node, p), seen);
            }
            if before.leader_epoch > last.leader_epoch {
                let seen = format!("epoch {} follows {}", last.leader_epoch.0, before.leader_epoch.0);
                self.broken(world, "data.3", replica_name(world, node, p), seen);
            }
        }
        if let Some(stamp) = last.stamp.filter(|stamp| stamp.first != Sequence::NONE)
            // What is forgotten (expired, or gone with a log) may be written again.
            && log.producers().get(stamp.id).is_some_and(|entry| entry.batches.len() > 1)
            && log.batches().filter(|b| b.stamp == Some(stamp)).count() > 1
        {
            let seen = format!("producer id {} wrote sequence {} twice", stamp.id.0, stamp.first.0);
            self.broken(world, "data.33", replica_name(world, node, p), seen);
        }
        if log.producers().iter().any(|(_, entry)| entry.batches.len() > 5) {
            self.broken(world, "data.35", replica_name(world, node, p), "more than five batches".into());
        }
        self.check_offsets(world, node, p);
    }

    fn check_offsets(&mut self, world: &World, node: NodeId, p: Partition) {
        let Some(broker) = broker(world, node) else { return };
        let (Some(log), Some(known)) = (broker.log(p), broker.replica(p)) else { return };
        let (start, hw, end) = (log.start(), known.high_watermark, log.end());
        if !(start <= hw && hw <= end) {
            let seen = format!("log start {start}, high watermark {hw}, log end {end}");
            self.broken(world, "data.1", replica_name(world, node, p), seen);
        }
    }

    pub(super) fn see_cut(&mut self, world: &World, node: NodeId, p: Partition, to: Offset) {
        self.starts.remove(&(node, p));
        let known = self.high_watermarks.get(&(node, p)).copied();
        if let Some(hw) = known.filter(|hw| to < *hw)
            && self.is_clean(p)
        {
            let seen = format!("cut to {to}, high watermark {hw}");
            self.broken(world, "data.19", replica_name(world, node, p), seen);
        }
        self.high_watermarks.remove(&(node, p));
    }

    pub(super) fn see_high_watermark(
        &mut self,
        world: &World,
        node: NodeId,
        p: Partition,
        from: Offset,
        to: Offset,
    ) {
        self.high_watermarks.insert((node, p), to);
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
        for id in leading.maximal_isr() {
            let fetched = leading.followers.get(&id).map(|f| f.log_end.unwrap_or(Offset::NONE));
            if let Some(end) = fetched.filter(|end| *end < to) {
                let seen = format!("{to}, but {} has fetched up to {end}", world.shared().node(id));
                self.broken(world, "data.15", name(), seen);
            }
        }
        self.commit(world, p, log, from, to);
    }

    /// A leader counts these records as committed: remember them, and that no other leader ever counted others there.
    fn commit(&mut self, world: &World, p: Partition, log: &Log, from: Offset, to: Offset) {
        let clean = self.is_clean(p);
        let truth = self.committed.entry(p).or_default();
        let mut other = None;
        for (offset, record, batch) in log.records().filter(|(o, ..)| *o >= from && *o < to) {
            let now = Committed { epoch: batch.leader_epoch, record: record.id };
            match truth.insert(offset, now) {
                Some(before) if before != now && clean => other = Some(offset),
                _ => {}
            }
        }
        if let Some(offset) = other {
            let seen = format!("another record was committed at offset {offset} before");
            self.broken(world, "data.17", world.shared().partition(p), seen);
        }
    }

    pub(super) fn see_log_start(
        &mut self,
        world: &World,
        node: NodeId,
        p: Partition,
        from: Offset,
        to: Offset,
    ) {
        let hw = broker(world, node).and_then(|b| b.high_watermark(p)).unwrap_or(to);
        if to < from {
            self.broken(world, "data.6", replica_name(world, node, p), format!("from {from} to {to}"));
        }
        if to > hw.max(from) && broker(world, node).is_some_and(|b| b.leads(p).is_some()) {
            let seen = format!("log start {to}, high watermark {hw}");
            self.broken(world, "data.8", replica_name(world, node, p), seen);
        }
        self.starts.insert((node, p), to);
    }

    /// A broker begins to lead: it must have everything that was ever committed and is still kept.
    pub(super) fn see_leadership(&mut self, world: &World, node: NodeId, p: Partition) {
        let Some(log) = broker(world, node).and_then(|b| b.log(p)) else { return };
        if !self.is_clean(p) {
            return;
        }
        let Some(truth) = self.committed.get(&p) else { return };
        let mut own =
            log.records().map(|(offset, record, batch)| (offset, (batch.leader_epoch, record.id))).peekable();
        let mut missing = None;
        // Below this compaction has let superseded records go.
        for (offset, committed) in truth.range(log.sparse_upto()..) {
            while own.next_if(|(o, _)| o < offset).is_some() {}
            if own.next_if(|(o, got)| o == offset && *got == (committed.epoch, committed.record)).is_none() {
                missing = Some(*offset);
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
        (_from, to): (Option<NodeId>, NodeId),
        epoch: LeaderEpoch,
        how: Election,
    ) {
        let name = world.shared().partition(p);
        if let Some(before) = self.leaders.insert((p, epoch), to)
            && before != to
        {
            self.broken(world, "data.11", name.clone(), format!("two leaders in epoch {}", epoch.0));
        }
        let Some(controller) = controller(world) else { return };
        let image = controller.image();
        let Some(state) = image.partition(p) else { return };
        let first = state.replicas.iter().find(|id| state.isr.contains(id) && image.active(**id));
        if how == Election::Clean && state.leader == Some(to) && first != Some(&to) {
            let seen = format!("{} was taken", world.shared().node(to));
            self.broken(world, "data.25", name, seen);
        }
    }

    pub(super) fn see_delivery(&mut self, world: &World, consumer: NodeId, p: Partition, offset: Offset) {
        let committed = self.committed.get(&p).and_then(|truth| truth.keys().next_back().copied());
        if committed.is_none_or(|last| offset > last) {
            let subject = world.shared().node(consumer).to_owned();
            self.broken(world, "data.47", subject, format!("offset {offset} was never committed"));
        }
        if let Some(before) = self.delivered.insert((consumer, p), offset)
            && before >= offset
        {
            let subject = world.shared().node(consumer).to_owned();
            self.broken(world, "data.50", subject, format!("offset {offset} after {before}"));
        }
    }

    pub(super) fn survey_logs(&mut self, world: &World) {
        let all: Vec<(NodeId, Partition)> =
            brokers(world).flat_map(|(id, b)| b.partitions().map(move |p| (id, p))).collect();
        for &(node, p) in &all {
            self.check_offsets(world, node, p);
            let Some(log) = broker(world, node).and_then(|b| b.log(p)) else { continue };
            let mut end = None;
            for segment in log.segments() {
                // Compaction may leave a hole at the end of a segment.
                let cleaned = segment.base() <= log.sparse_upto();
                if end.is_some_and(|end| end > segment.base() || (end < segment.base() && !cleaned)) {
                    let seen = format!("a segment begins at {}", segment.base());
                    self.broken(world, "data.5", replica_name(world, node, p), seen);
                }
                end = Some(segment.end());
            }
        }
        for (at, &(a, p)) in all.iter().enumerate() {
            for &(b, _) in all[at + 1..].iter().filter(|(_, q)| *q == p) {
                self.check_matching(world, (a, b), p);
            }
        }
    }

    /// Same offset and epoch on two replicas: the same record, and equal logs below.
    fn check_matching(&mut self, world: &World, (a, b): (NodeId, NodeId), p: Partition) {
        let log = |id| broker(world, id).and_then(|b| b.log(p));
        let (Some(left), Some(right)) = (log(a), log(b)) else { return };
        let from = left.sparse_upto().max(right.sparse_upto());
        let facts = |log: &Log| -> Vec<(Offset, LeaderEpoch, RecordId)> {
            log.records()
                .filter(|(o, ..)| *o >= from)
                .map(|(o, r, batch)| (o, batch.leader_epoch, r.id))
                .collect()
        };
        let (left, right) = (facts(left), facts(right));
        let agree = left.iter().zip(&right).take_while(|(l, r)| l == r).count();
        let rest = left[agree.min(left.len())..].iter().zip(&right[agree.min(right.len())..]);
        let same = |(l, r): &(&(Offset, LeaderEpoch, RecordId), &(Offset, LeaderEpoch, RecordId))| {
            l.0 == r.0 && l.1 == r.1
        };
        if let Some((l, _)) = rest.clone().find(same) {
            let seen =
                format!("differs from {} at offset {} of epoch {}", world.shared().node(b), l.0, l.1.0);
            self.broken(world, "data.4", replica_name(world, a, p), seen);
        }
    }
}
