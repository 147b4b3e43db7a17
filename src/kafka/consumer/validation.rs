//! Is my position still the place I think it is? After a change of leader the new leader is asked where the epoch of the last record
//! read ends in its log (KIP-320). If that is below the position, the log was cut: what was read there is no more.
//!
//! Java's consumer goes on where the logs part, or throws if auto.offset.reset is none; librdkafka does as auto.offset.reset says. A
//! position within the leader's own epoch needs no question: nobody but that leader wrote there.

use std::collections::BTreeMap;

use super::positions::Slot;
use super::{Ask, Consumer, Place};
use crate::engine::NodeId;
use crate::kafka::client::DATA;
use crate::kafka::{Body, Cx, ErrorCode, LeaderEpoch, MoveWhy, Note, Offset, Partition, Why};

impl Consumer {
    /// The epoch that the position must be checked against, if it must be.
    pub(super) fn unproven(&self, p: Partition, slot: &Slot) -> Option<LeaderEpoch> {
        slot.position()?;
        let now = self.client.metadata.epoch(p);
        (slot.epoch.0 >= 0 && now > slot.epoch.max(slot.proven)).then_some(now)
    }

    pub(super) fn prove_positions(&mut self, cx: &mut Cx<'_>) {
        let mut asked: BTreeMap<NodeId, Vec<(Partition, LeaderEpoch, LeaderEpoch)>> = BTreeMap::new();
        for (&p, slot) in &self.client.slots {
            let Some(now) = self.unproven(p, slot) else { continue };
            if let Some(leader) = self.client.metadata.leader(p) {
                asked.entry(leader).or_default().push((p, now, slot.epoch));
            }
        }
        if asked.is_empty() || !self.client.backoffs.lookup.ready(cx) {
            return;
        }
        let round = self.client.round;
        for (to, partitions) in asked {
            let waiting = |(_, node, ask): (_, NodeId, &Ask)| {
                node == to && matches!(ask, Ask::Prove { round: r, .. } if *r == round)
            };
            if !self.client.requests.iter().any(waiting) && self.client.requests.ready(cx, to, DATA) {
                let positions = partitions
                    .iter()
                    .filter_map(|(p, now, _)| Some((*p, self.client.slots.get(p)?.position()?, *now)));
                let asked = positions.collect();
                let body = Body::OffsetForLeaderEpoch { partitions };
                self.ask(cx, to, DATA, false, body, Ask::Prove { round, asked });
            }
        }
    }

    pub(super) fn on_proven(
        &mut self,
        cx: &mut Cx<'_>,
        round: u64,
        asked: &[(Partition, Offset, LeaderEpoch)],
        results: &[(Partition, ErrorCode, LeaderEpoch, Offset)],
    ) {
        let mut failed = false;
        for &(p, error, epoch, end) in results {
            if !self.still_held(p, round) {
                continue;
            }
            let Some(&(_, position, now)) = asked.iter().find(|(asked, ..)| *asked == p) else { continue };
            let Some(slot) = self.client.slots.get_mut(&p) else { continue };
            if slot.position() != Some(position) {
                continue; // it moved meanwhile, and is asked about again
            }
            if error != ErrorCode::None {
                failed = true;
                self.client.metadata.forget_leader(p);
            } else if end >= position {
                slot.proven = slot.proven.max(now);
            } else {
                slot.proven = slot.proven.max(now);
                self.truncated(cx, p, epoch, end);
            }
        }
        if failed {
            self.client.backoffs.lookup.fail(cx, &self.spec.configs);
            self.want_metadata(Why::Error);
        } else {
            self.client.backoffs.lookup.reset();
        }
    }

    /// The log parts from what was read at `end` of `epoch`; -1 = the leader knows nothing of that epoch.
    fn truncated(&mut self, cx: &mut Cx<'_>, partition: Partition, epoch: LeaderEpoch, end: Offset) {
        self.client.completed.retain(|fetched| fetched.partition != partition);
        let none = self.spec.configs.get("auto.offset.reset") == "none";
        if self.librdkafka() || (end == Offset::NONE && !none) {
            return self.reset(cx, partition);
        }
        let Some(slot) = self.client.slots.get_mut(&partition) else { return };
        if none {
            slot.place = Place::Truncated;
            return;
        }
        (slot.place, slot.epoch) = (Place::At(end), epoch);
        let why = MoveWhy::Truncated;
        cx.note(Note::PositionMoved { consumer: cx.me(), partition, to: end, why });
    }

    /// What poll() throws for a partition without a position.
    pub(super) fn misplaced(&self) -> Option<ErrorCode> {
        let librdkafka = self.librdkafka();
        self.client.slots.values().find_map(|slot| match slot.place {
            Place::Nowhere | Place::NeverCommitted if librdkafka => Some(ErrorCode::LocalAutoOffsetReset),
            Place::Nowhere => Some(ErrorCode::OffsetOutOfRange),
            Place::NeverCommitted => Some(ErrorCode::NoOffset),
            Place::Truncated => Some(ErrorCode::LogTruncation),
            Place::Unknown | Place::Lookup { .. } | Place::At(_) => None,
        })
    }
}
