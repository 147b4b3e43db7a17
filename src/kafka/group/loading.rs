//! Becoming and ceasing to be the coordinator of some groups: what is in memory is read from the log of their partition.

use std::collections::BTreeMap;

use super::coordinator::home;
use super::group::{Committed, Group};
use super::state::{Desk, Wrote};
use super::{ConsumerGroup, ConsumerRecord, Coordinator, GroupHost, consumer};
use crate::engine::Micros;
use crate::kafka::internal::LOADING;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Body, ErrorCode, Generation, GroupId, Internal, Note, Partition, ProducerId, Record};

impl Coordinator {
    /// This broker leads `__consumer_offsets`-`partition` now and begins to read it. Until that is done its groups cannot be asked.
    pub fn load(&mut self, host: &mut dyn GroupHost, partition: u32) {
        // a broker that goes on leading in a new epoch knows its groups
        let until = Some(host.now() + LOADING);
        self.shelves.entry(partition).or_insert(until);
        self.wake(host);
    }

    /// The log of a partition has been read, oldest batch first: its groups are known.
    pub(super) fn take_in(&mut self, host: &mut dyn GroupHost, partition: u32) {
        self.shelves.insert(partition, None);
        let (now, to) = (host.now(), host.me());
        let mut found: BTreeMap<GroupId, Group> = BTreeMap::new();
        for batch in host.read(partition) {
            if let (Some(stamp), Some(outcome)) = (batch.stamp, batch.outcome()) {
                for group in found.values_mut() {
                    group.end_transaction(stamp.id, outcome);
                }
                continue;
            }
            let transaction = batch.stamp.filter(|_| batch.transactional).map(|stamp| stamp.id);
            for record in batch.records.iter() {
                replay(&mut found, record, transaction, now);
            }
        }
        let most = usize::try_from(host.setting("group.max.size")).unwrap_or(usize::MAX);
        for (id, mut group) in found {
            if let Some(consumer) = group.consumer.as_deref_mut() {
                consumer.begin(host);
                (group.generation, group.state) = (Generation(consumer.epoch), consumer.state());
            }
            host.note(Note::CoordinatorMoved { group: id, to });
            if group.members.len() > most {
                group.prepare_rebalance(&mut Desk { host, writes: &mut self.writes, partition });
            }
            self.groups.insert(id, group);
        }
    }

    /// This broker does not lead `__consumer_offsets`-`partition` any more: forgets its groups, and sends
    /// away who waits.
    pub fn unload(&mut self, host: &mut dyn GroupHost, partition: u32) {
        if self.shelves.remove(&partition).is_none() {
            return;
        }
        let moved: Vec<GroupId> =
            self.groups.keys().copied().filter(|id| home(host, *id) == partition).collect();
        for id in moved {
            if let Some(mut group) = self.groups.remove(&id) {
                group.dissolve(&mut Desk { host, writes: &mut self.writes, partition });
            }
        }
        let orphans: Vec<u64> =
            self.writes.open.iter().filter(|(_, w)| w.partition == partition).map(|(t, _)| *t).collect();
        for token in orphans {
            let refused = |offsets: &[(Partition, Committed)]| -> Vec<(Partition, ErrorCode)> {
                offsets.iter().map(|(p, _)| (*p, ErrorCode::NotCoordinator)).collect()
            };
            let (parked, body) = match self.writes.open.remove(&token).map(|write| write.what) {
                Some(Wrote::Consumer(replies)) => {
                    let mut desk = Desk { host, writes: &mut self.writes, partition };
                    for reply in replies {
                        let body = consumer::refused_instead(&reply.body, ErrorCode::NotCoordinator);
                        desk.reply(reply.parked, body);
                    }
                    continue;
                }
                Some(Wrote::Offsets { reply: Some(parked), offsets, .. }) => {
                    (parked, Body::OffsetsCommitted { results: refused(&offsets) })
                }
                Some(Wrote::InTransaction(parked, _, offsets)) => {
                    (parked, Body::TxnOffsetsCommitted { results: refused(&offsets) })
                }
                _ => continue,
            };
            Desk { host, writes: &mut self.writes, partition }.reply(parked, body);
        }
        self.wake(host);
    }
}

/// What a record of `__consumer_offsets` says; `transaction` = the producer id of its transaction.
fn replay(
    found: &mut BTreeMap<GroupId, Group>,
    record: &Record,
    transaction: Option<ProducerId>,
    now: Micros,
) {
    match &record.internal {
        Some(Internal::Offset(_)) if mutant::on(Mutant::ForgetsOffsets) => {}
        Some(Internal::Offset(said)) => {
            let Some(offset) = said.offset else {
                if let Some(group) = found.get_mut(&said.group) {
                    group.forget_offset(said.partition);
                }
                return;
            };
            let group = found.entry(said.group).or_insert_with(|| Group::new(said.group));
            let offsets = match transaction {
                Some(pid) => group.in_transactions.entry(pid).or_default(),
                None => &mut group.offsets,
            };
            let (leader_epoch, at) = (said.leader_epoch, record.timestamp);
            offsets.insert(said.partition, Committed { offset, leader_epoch, at });
        }
        Some(Internal::Group(id, Some(said))) => {
            let before = found.remove(id).unwrap_or_else(|| Group::new(*id));
            let (offsets, in_transactions) = (before.offsets, before.in_transactions);
            found.insert(*id, Group { offsets, in_transactions, ..Group::restore(*id, said, now) });
        }
        Some(Internal::Group(id, None)) => {
            // its offsets have records of their own
            let before = found.remove(id).unwrap_or_else(|| Group::new(*id));
            let (offsets, in_transactions) = (before.offsets, before.in_transactions);
            if !offsets.is_empty() || !in_transactions.is_empty() {
                found.insert(*id, Group { offsets, in_transactions, ..Group::new(*id) });
            }
        }
        Some(Internal::ConsumerGroup(id, said)) => replay_modern(found, *id, false, said),
        Some(Internal::ShareGroup(id, said)) => replay_modern(found, *id, true, said),
        Some(Internal::Transaction(_) | Internal::Share(_)) | None => {}
    }
}

/// What a record of a group of the consumer protocol, or of a share group, says.
fn replay_modern(found: &mut BTreeMap<GroupId, Group>, id: GroupId, share: bool, said: &ConsumerRecord) {
    let group = found.entry(id).or_insert_with(|| Group::new(id));
    let consumer = group.consumer.get_or_insert_with(|| ConsumerGroup::of_type(share).into());
    group.protocol_type = Some(consumer.protocol_type());
    if !consumer::replay(consumer, said) {
        group.consumer = None;
    }
}
