//! Laws of compaction. What a pass replaced is still on disk for a while: it is compared with what the pass left.

use std::collections::BTreeMap;

use super::look::{broker, replica_name};
use super::witness::Witness;
use crate::engine::{Micros, NodeId};
use crate::kafka::log::{Aborted, Log};
use crate::kafka::{Batch, Offset, Partition, Record, World};

/// A record as it was before a pass, and the batch it was in.
type Before<'a> = BTreeMap<Offset, (&'a Record, &'a Batch)>;

impl Witness {
    pub(super) fn see_compaction(&mut self, world: &World, node: NodeId, p: Partition, upto: Offset) {
        let Some(broker) = broker(world, node) else { return };
        let (Some(log), Some(high_watermark)) = (broker.log(p), broker.high_watermark(p)) else { return };
        let active = log.segments().next_back().map_or(log.start(), |s| s.base());
        let limit = log.last_stable(high_watermark).min(active);
        if upto > limit {
            let seen = format!("cleaned up to {upto}, but only what is below {limit} is stable and sealed");
            self.broken(world, "data.10", replica_name(world, node, p), seen);
        }
        if let Some(seen) = lost(log, upto, world.now()).or_else(|| invented(log, upto, world.now())) {
            self.broken(world, "data.9", replica_name(world, node, p), seen);
        }
    }
}

fn before(log: &Log, upto: Offset, now: Micros) -> Before<'_> {
    let mut before = Before::new();
    let replaced = log.leaving().iter().filter(|file| file.since == now);
    for batch in replaced.flat_map(|file| file.segment.batches()).filter(|batch| batch.base < upto) {
        for (offset, record) in batch.entries() {
            before.entry(offset).or_insert((record, batch));
        }
    }
    before
}

fn is_aborted(batch: &Batch, aborted: &[Aborted]) -> bool {
    let own = |a: &&Aborted| batch.stamp.is_some_and(|stamp| stamp.id == a.id);
    batch.transactional && aborted.iter().filter(own).any(|a| a.first <= batch.base && batch.base < a.marker)
}

/// The newest record of a key that is not there any more although nothing allows it.
fn lost(log: &Log, upto: Offset, now: Micros) -> Option<String> {
    let before = before(log, upto, now);
    let indexes = log.leaving().iter().flat_map(|file| file.segment.aborted());
    let aborted: Vec<Aborted> = indexes.chain(log.segments().flat_map(|s| s.aborted())).copied().collect();
    let mut newest = BTreeMap::new();
    for (offset, (record, batch)) in &before {
        if batch.control.is_none() && !is_aborted(batch, &aborted) {
            newest.extend(record.identity().map(|key| (key, *offset)));
        }
    }
    let kept = |offset: Offset| log.records_from(offset).next().is_some_and(|(found, ..)| found == offset);
    let deleted = |offset: &Offset| {
        before.get(offset).is_some_and(|(record, batch)| {
            record.is_tombstone() && batch.delete_horizon().is_some_and(|horizon| horizon <= now)
        })
    };
    let gone = newest.into_values().find(|at| *at >= log.start() && !kept(*at) && !deleted(at))?;
    Some(format!("the newest record of its key, at offset {gone}, is gone"))
}

/// A record that was not there before, or was another one.
fn invented(log: &Log, upto: Offset, now: Micros) -> Option<String> {
    let before = before(log, upto, now);
    let mut after = log.records_from(log.start()).take_while(|(offset, ..)| *offset < upto);
    let same = |offset: &Offset, record: &Record| before.get(offset).is_some_and(|(old, _)| *old == record);
    let (offset, ..) = after.find(|(offset, record, _)| !same(offset, record))?;
    Some(format!("the record at offset {offset} is another one than before"))
}
