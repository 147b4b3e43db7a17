//! Laws of one replica's log.

use super::look::{Held, Places, batch_at, broker, replica_name};
use super::witness::Witness;
use crate::engine::NodeId;
use crate::kafka::log::Log;
use crate::kafka::{Batch, DeleteWhy, LeaderEpoch, Note, Offset, Partition, TopicId, World};

impl Witness {
    pub(super) fn see_append(&mut self, world: &World, node: NodeId, p: Partition, base: Offset) {
        let Some(log) = broker(world, node).and_then(|b| b.log(p)) else { return };
        let (Some(batch), before) = batch_at(log, base) else { return };
        if let Some(before) = before {
            if before.end() > batch.base {
                let seen = format!("offset {} follows {}", batch.base, before.end());
                self.broken(world, "data.2", replica_name(world, node, p), seen);
            }
            if before.leader_epoch > batch.leader_epoch {
                let seen = format!("epoch {} follows {}", batch.leader_epoch.0, before.leader_epoch.0);
                self.broken(world, "data.3", replica_name(world, node, p), seen);
            }
        }
        self.tails.insert((node, p), (batch.leader_epoch, batch.end()));
        self.check_offsets(world, node, p);
        self.check_stable(world, node, p);
        self.see_records(world, (node, p), log, batch);
    }

    pub(super) fn check_offsets(&mut self, world: &World, node: NodeId, p: Partition) {
        if let Some(held) = Held::by(world, node, p) {
            self.check_offsets_of(world, &held, p);
        }
    }

    fn check_offsets_of(&mut self, world: &World, held: &Held<'_>, p: Partition) {
        let (node, log, Some(known)) = (held.node, held.log, held.replica) else { return };
        let (start, hw, end) = (log.start(), known.high_watermark, log.end());
        let stable = log.last_stable(hw);
        if !(start <= stable && stable <= hw && hw <= end) {
            let seen = format!("log start {start}, last stable {stable}, high watermark {hw}, log end {end}");
            self.broken(world, "data.1", replica_name(world, node, p), seen);
        }
    }

    /// A log was cut: on a follower, under a newer leadership, not below what it knew as committed.
    pub(super) fn see_cut(&mut self, world: &World, node: NodeId, p: Partition, to: Offset) {
        let Some(broker) = broker(world, node) else { return };
        let name = || replica_name(world, node, p);
        self.check_offsets(world, node, p);
        let lowered = world.notes().iter().find_map(|rec| match &rec.note {
            crate::engine::Note::Domain(Note::HighWatermarkMoved { node: n, partition, from, to })
                if *n == node && *partition == p && to < from =>
            {
                Some(*from)
            }
            _ => None,
        });
        let held_any = self.tails.contains_key(&(node, p));
        if let Some(hw) = lowered.filter(|hw| to < *hw)
            && self.is_clean(p)
            && held_any
        {
            self.broken(world, "data.19", name(), format!("cut to {to}, high watermark {hw}"));
        }
        let (tail, end) = self.tails.get(&(node, p)).copied().unwrap_or((LeaderEpoch(-1), Offset(0)));
        // Beyond its end: the leader's log starts later, and this one begins again there.
        if broker.leads(p).is_some() || (self.is_clean(p) && broker.leader_epoch(p) <= tail && to <= end) {
            let seen = format!("cut to {to} in epoch {}, its tail has {}", broker.leader_epoch(p).0, tail.0);
            self.broken(world, "data.20", name(), seen);
        }
        self.forget_log(world, node, p);
    }

    /// A broker did what a controller decided: copies that it was told to delete are gone, and should one come back, it is another.
    pub(super) fn see_copies(&mut self, world: &World, node: NodeId) {
        let first = (node, Partition { topic: TopicId(0), index: 0 });
        let own = self.starts.from(&first).map(|(key, _)| *key).take_while(|(n, _)| *n == node);
        let kept = |p: Partition| broker(world, node).is_some_and(|b| b.log(p).is_some());
        let gone: Vec<Partition> = own.map(|(_, p)| p).filter(|p| !kept(*p)).collect();
        for p in gone {
            self.starts.remove(&(node, p));
        }
    }

    /// What is remembered of a log that is not what it was.
    pub(super) fn forget_log(&mut self, world: &World, node: NodeId, p: Partition) {
        self.starts.remove(&(node, p));
        self.producer_epochs.retain(|(n, q, _), _| (*n, *q) != (node, p));
        if let Some(log) = broker(world, node).and_then(|b| b.log(p)) {
            self.see_memory(log, p);
        }
        let last = broker(world, node).and_then(|b| b.log(p)).and_then(|log| log.batches().next_back());
        match last {
            Some(batch) => self.tails.insert((node, p), (batch.leader_epoch, batch.end())),
            None => self.tails.remove(&(node, p)),
        };
    }

    pub(super) fn see_log_start(
        &mut self,
        world: &World,
        node: NodeId,
        p: Partition,
        (from, to): (Offset, Offset),
    ) {
        // A copy that begins again begins where it must.
        let again = world.notes().iter().any(|rec| {
            matches!(&rec.note, crate::engine::Note::Domain(Note::Truncated { node: n, partition, to: cut, .. })
                if (*n, *partition, *cut) == (node, p, to))
        });
        if to < from && !again {
            self.broken(world, "data.6", replica_name(world, node, p), format!("from {from} to {to}"));
        }
        self.starts.insert((node, p), to);
        self.shortened.insert(p, world.now());
    }

    pub(super) fn see_deletion(&mut self, world: &World, node: NodeId, p: Partition, why: DeleteWhy) {
        let Some(broker) = broker(world, node) else { return };
        let Some(log) = broker.log(p) else { return };
        let name = || replica_name(world, node, p);
        if why == DeleteWhy::LogStart {
            return;
        }
        if let Some(hw) = broker.replica(p).map(|r| r.high_watermark)
            && log.start() > self.high_watermarks.get(&(node, p)).copied().unwrap_or(hw)
        {
            self.broken(world, "data.8", name(), format!("log start {}, high watermark {hw}", log.start()));
        }
        let by_time = |note: &crate::engine::Note<Note>| {
            matches!(note,
            crate::engine::Note::Domain(Note::SegmentDeleted { node: n, partition, why: DeleteWhy::Time, .. })
                if *n == node && *partition == p)
        };
        if why == DeleteWhy::Size
            && let Some(limit) = broker.retention_bytes(p)
            && log.size() < limit
            && !world.notes().iter().any(|rec| by_time(&rec.note))
        {
            self.broken(world, "data.7", name(), format!("{} bytes are left of {limit}", log.size()));
        }
    }

    pub(super) fn survey_logs(&mut self, world: &World, places: &Places<'_>) {
        for (p, held) in places.iter().flat_map(|(p, here)| here.iter().map(|held| (*p, held))) {
            let (node, log) = (held.node, held.log);
            self.check_offsets_of(world, held, p);
            let name = || replica_name(world, node, p);
            if let Some(seen) = crooked_segments(log) {
                self.broken(world, "data.5", name(), seen);
            }
            if let Some(seen) = crooked_epochs(log) {
                self.broken(world, "data.3", name(), seen);
            }
            if let Some(before) = self.starts.get(&(node, p)).filter(|before| log.start() < **before) {
                let seen = format!("from {before} to {}", log.start());
                self.broken(world, "data.6", name(), seen);
            }
            self.survey_producers(world, (node, p), log);
        }
        for (p, here) in places {
            for (at, a) in here.iter().enumerate() {
                self.check_prefix(world, a, *p, here);
                for b in &here[at + 1..] {
                    self.check_matching(world, (a, b), *p);
                }
            }
        }
    }
}

/// Segments must touch, in order.
fn crooked_segments(log: &Log) -> Option<String> {
    let mut end = None;
    for segment in log.segments() {
        // Compaction may leave a hole at the end of a segment.
        let cleaned = segment.base() <= log.sparse_upto();
        if end.is_some_and(|end| end > segment.base() || (end < segment.base() && !cleaned)) {
            return Some(format!("a segment begins at {}", segment.base()));
        }
        end = Some(segment.end());
    }
    None
}

/// The entry of the epoch cache that an offset falls into must be the epoch of its batch.
fn crooked_epochs(log: &Log) -> Option<String> {
    let entries = log.epochs().entries();
    let governs = |batch: &Batch| {
        let at = batch.base.max(log.start());
        let ix = entries.partition_point(|(_, start)| *start <= at);
        ix.checked_sub(1).and_then(|ix| entries.get(ix)).map(|(epoch, _)| *epoch)
    };
    let wrong = log
        .batches()
        .find(|batch| batch.end() > log.start() && governs(batch) != Some(batch.leader_epoch))?;
    Some(format!(
        "the batch at {} has epoch {}, the epoch cache says otherwise",
        wrong.base, wrong.leader_epoch.0
    ))
}
