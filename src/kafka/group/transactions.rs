//! Offsets as part of a transaction: taken, kept apart, and counted or dropped when its marker comes.

use std::collections::BTreeMap;

use super::coordinator::home;
use super::group::{Committed, Group, Parked};
use super::state::{Desk, Wrote, as_coordinator_error};
use super::{Coordinator, GroupHost};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, ErrorCode, Internal, Note, OffsetRecord, Outcome, Partition, ProducerId, Sequence, Stamp,
    TransactionOffsets,
};

/// The same answer for every partition.
pub(in crate::kafka) fn refused(asked: &TransactionOffsets, error: ErrorCode) -> Body {
    Body::TxnOffsetsCommitted { results: asked.offsets.iter().map(|(p, _, _)| (*p, error)).collect() }
}

impl Group {
    /// A TxnOffsetCommit: refused at once, or answered when it is replicated.
    pub(super) fn commit_in_transaction(
        &mut self,
        desk: &mut Desk<'_>,
        parked: Parked,
        asked: &TransactionOffsets,
    ) {
        let who = (asked.member, asked.instance.as_deref());
        if let Err(error) = self.check_commit(who, asked.generation, true) {
            return desk.reply(parked, refused(asked, error));
        }
        let at = desk.now();
        if let Some(id) = asked.member {
            self.touch(at, id);
        }
        let offsets: Vec<(Partition, Committed)> = asked
            .offsets
            .iter()
            .map(|&(p, offset, leader_epoch)| (p, Committed { offset, leader_epoch, at }))
            .collect();
        let say = |&(partition, committed): &(Partition, Committed)| {
            Internal::Offset(OffsetRecord {
                group: self.id,
                partition,
                offset: Some(committed.offset),
                leader_epoch: committed.leader_epoch,
            })
        };
        let says = offsets.iter().map(say).collect();
        let stamp = Stamp { id: asked.pid, epoch: asked.epoch, first: Sequence::NONE };
        let what = Wrote::InTransaction(parked, asked.pid, offsets);
        if let Err(error) = desk.append_as(self.id, says, Some(stamp), what) {
            desk.reply(parked, refused(asked, as_coordinator_error(error)));
        }
    }

    /// The offsets are replicated (or not).
    pub(super) fn transaction_offsets_written(
        &mut self,
        desk: &mut Desk<'_>,
        parked: Parked,
        pid: ProducerId,
        offsets: &[(Partition, Committed)],
        written: Result<(), ErrorCode>,
    ) {
        let error = written.err().map_or(ErrorCode::None, as_coordinator_error);
        if written.is_ok() {
            self.in_transactions.entry(pid).or_default().extend(offsets.iter().copied());
        }
        let results = offsets.iter().map(|(p, _)| (*p, error)).collect();
        desk.reply(parked, Body::TxnOffsetsCommitted { results });
    }

    /// The transaction of a producer has ended here: its offsets count, or are dropped. Gives those that count.
    pub(super) fn end_transaction(
        &mut self,
        pid: ProducerId,
        outcome: Outcome,
    ) -> BTreeMap<Partition, Committed> {
        let ended = self.in_transactions.remove(&pid).unwrap_or_default();
        match outcome {
            Outcome::Abort if !mutant::on(Mutant::CountsAborted) => BTreeMap::new(),
            Outcome::Commit | Outcome::Abort => {
                // What was committed later, without a transaction, is newer.
                let newer = |p: &Partition, mine: &Committed| {
                    self.offsets.get(p).is_some_and(|other| other.at > mine.at)
                };
                let counted: BTreeMap<Partition, Committed> =
                    ended.into_iter().filter(|(p, committed)| !newer(p, committed)).collect();
                self.offsets.extend(counted.iter().map(|(p, committed)| (*p, *committed)));
                counted
            }
        }
    }

    /// Whether an open transaction may still change the committed offset of one of these.
    pub(super) fn is_unstable(&self, partitions: &[Partition]) -> bool {
        let touched =
            |offsets: &BTreeMap<Partition, Committed>| partitions.iter().any(|p| offsets.contains_key(p));
        self.in_transactions.values().any(touched)
    }
}

impl Coordinator {
    /// A marker in `__consumer_offsets`-`partition` is replicated.
    pub fn on_transaction_ended(
        &mut self,
        host: &mut dyn GroupHost,
        partition: u32,
        pid: ProducerId,
        outcome: Outcome,
    ) {
        for (id, group) in &mut self.groups {
            if home(host, *id) != partition {
                continue;
            }
            for (p, committed) in group.end_transaction(pid, outcome) {
                host.note(Note::OffsetCommitted { group: *id, partition: p, offset: committed.offset });
            }
        }
        self.wake(host); // what it held back may expire now
    }
}
