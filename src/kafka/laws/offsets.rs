//! The law of committed offsets: what counts for a group stands in the log of `__consumer_offsets`, that of a transaction with its commit marker.

use std::collections::BTreeMap;

use super::look::broker;
use super::witness::Witness;
use crate::engine::NodeId;
use crate::kafka::log::Log;
use crate::kafka::{GroupId, Internal, OFFSETS_TOPIC, Offset, Outcome, Partition, ProducerId, World};

impl Witness {
    /// An offset counts now. (The log may say something newer: a commit that was not replicated in time is refused and stays in the log.)
    pub(super) fn see_offset(&mut self, world: &World, node: NodeId, group: GroupId, p: Partition) {
        let Some(coordinator) = broker(world, node) else { return };
        let known = coordinator.coordinator().group(group).and_then(|known| known.offsets.get(&p));
        let Some(own) = known.map(|committed| committed.offset) else { return };
        let logs = coordinator.partitions().filter(|q| world.shared().topic(q.topic) == OFFSETS_TOPIC);
        let mut logs = logs.filter_map(|q| Some((coordinator.log(q)?, coordinator.high_watermark(q)?)));
        if !logs.any(|(log, hw)| counts(log, hw, (group, p), own)) {
            let seen = format!("{}: {own} counts, the log does not say so", world.shared().partition(p));
            self.broken(world, "data.51", world.shared().group(group).to_owned(), seen);
        }
    }
}

/// Whether this offset stands below the high watermark, not part of a transaction, or of one whose commit marker is there.
fn counts(log: &Log, hw: Offset, (group, p): (GroupId, Partition), own: Offset) -> bool {
    let mut outcomes: BTreeMap<ProducerId, Outcome> = BTreeMap::new();
    for batch in log.batches().rev().filter(|batch| batch.end() <= hw) {
        if let (Some(stamp), Some(outcome)) = (batch.stamp, batch.outcome()) {
            outcomes.insert(stamp.id, outcome);
            continue;
        }
        let outcome = batch.stamp.and_then(|stamp| outcomes.get(&stamp.id));
        if batch.transactional && outcome != Some(&Outcome::Commit) {
            continue;
        }
        let says = batch.records.iter().any(|record| {
            matches!(&record.internal, Some(Internal::Offset(said))
                if (said.group, said.partition, said.offset) == (group, p, Some(own)))
        });
        if says {
            return true;
        }
    }
    false
}
