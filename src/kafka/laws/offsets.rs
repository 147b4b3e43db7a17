//! The law of committed offsets: a group's are what the log of `__consumer_offsets` says, those of a transaction once its marker is there.

use std::collections::BTreeMap;

use super::look::{broker, brokers};
use super::witness::Witness;
use crate::engine::NodeId;
use crate::kafka::log::Log;
use crate::kafka::{GroupId, Internal, OFFSETS_TOPIC, Offset, Outcome, Partition, ProducerId, World};

impl Witness {
    /// An offset counts now.
    pub(super) fn see_offset(&mut self, world: &World, node: NodeId, group: GroupId, p: Partition) {
        let Some(coordinator) = broker(world, node) else { return };
        let Some(known) = coordinator.coordinator().group(group) else { return };
        let own = known.offsets.get(&p).map(|committed| committed.offset);
        let logs = coordinator.partitions().filter(|q| world.shared().topic(q.topic) == OFFSETS_TOPIC);
        let logs = logs.filter_map(|q| Some((coordinator.log(q)?, coordinator.high_watermark(q)?)));
        let said: Option<Offset> = logs.filter_map(|(log, hw)| effective(log, hw, group, p)).next();
        if own != said {
            self.miscounted(world, group, p, (own, said));
        }
    }

    /// Every offset that the log says counts, counts.
    pub(super) fn survey_offsets(&mut self, world: &World) {
        let mut wrong = Vec::new();
        for (_, coordinator) in brokers(world) {
            for q in coordinator.partitions() {
                let internal = world.shared().topic(q.topic) == OFFSETS_TOPIC;
                if !internal
                    || !coordinator.coordinator().has_loaded(q.index)
                    || coordinator.leads(q).is_none()
                {
                    continue;
                }
                let Some((log, hw)) = coordinator.log(q).zip(coordinator.high_watermark(q)) else { continue };
                for group in coordinator.coordinator().groups() {
                    for p in named(log, group.id) {
                        let own = group.offsets.get(&p).map(|committed| committed.offset);
                        let said = effective(log, hw, group.id, p);
                        if said.is_some() && own != said {
                            wrong.push((group.id, p, (own, said)));
                        }
                    }
                }
            }
        }
        for (group, p, found) in wrong {
            self.miscounted(world, group, p, found);
        }
    }

    fn miscounted(
        &mut self,
        world: &World,
        group: GroupId,
        p: Partition,
        (own, said): (Option<Offset>, Option<Offset>),
    ) {
        let text = |offset: Option<Offset>| offset.map_or_else(|| "nothing".to_owned(), |o| o.to_string());
        let seen =
            format!("{}: {} counts, the log says {}", world.shared().partition(p), text(own), text(said));
        self.broken(world, "data.51", world.shared().group(group).to_owned(), seen);
    }
}

/// Partitions that a log has offsets of a group for.
fn named(log: &Log, group: GroupId) -> std::collections::BTreeSet<Partition> {
    let records = log.batches().flat_map(|batch| batch.records.iter());
    records
        .filter_map(|record| match &record.internal {
            Some(Internal::Offset(said)) if said.group == group => Some(said.partition),
            _ => None,
        })
        .collect()
}

/// The newest offset of a group that counts below the high watermark: not part of a transaction, or of one whose commit marker is there.
fn effective(log: &Log, hw: Offset, group: GroupId, p: Partition) -> Option<Offset> {
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
        let said = batch.records.iter().rev().find_map(|record| match &record.internal {
            Some(Internal::Offset(said)) if (said.group, said.partition) == (group, p) => Some(said.offset),
            _ => None,
        });
        if let Some(offset) = said {
            return offset;
        }
    }
    None
}
