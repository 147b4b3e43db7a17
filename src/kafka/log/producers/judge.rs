//! Whether a batch may be appended: duplicate, verification, epoch, sequence, transaction, in this order (`ProducerAppendInfo`).

use super::ProducerStates;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Batch, ErrorCode, Offset, ProducerEpoch, ProducerId, Sequence, Stamp};

use super::Known;

/// Who appends; decides what is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A producer: everything.
    Client,
    /// A coordinator (offsets in a transaction, markers): epochs, but no sequence numbers.
    Coordinator,
    /// The leader, by way of a fetch: nothing is refused.
    Replication,
}

/// What becomes of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is new: append it.
    New,
    /// It is in the log already, from this offset: answer with that.
    Duplicate(Offset),
    /// It is refused.
    Refused(ErrorCode),
}

/// Ties a batch to the verification that was asked for it. A marker or a first batch in between makes it void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Guard(u64);

/// A verification with the coordinator that is under way or done, while no batch of the transaction is in the log yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verification {
    guard: Guard,
    epoch: ProducerEpoch,
    lowest: Sequence,
    /// The client speaks transaction version 2: a sequence that does not begin at 0 needs a state to continue.
    strict: bool,
}

impl ProducerStates {
    /// The remembered batch that this one repeats exactly: same epoch, same first and last sequence.
    #[must_use]
    pub fn duplicate_of(&self, batch: &Batch) -> Option<Known> {
        let stamp = batch.stamp.filter(|stamp| batch.control.is_none() && stamp.first != Sequence::NONE)?;
        let last = batch.last_sequence()?;
        let entry = self.entries.get(&stamp.id).filter(|entry| entry.epoch == stamp.epoch)?;
        entry.batches.iter().find(|known| known.first == stamp.first && known.last == last).copied()
    }

    /// Judges a batch before it is appended. A transaction's first batch must have been verified before (see
    /// [`ProducerStates::is_verified`]).
    #[must_use]
    pub fn judge(&self, batch: &Batch, origin: Origin) -> Verdict {
        if origin == Origin::Client
            && let Some(known) = self.duplicate_of(batch)
            && !mutant::on(Mutant::AcceptsTwice)
        {
            let other = i64::from(mutant::on(Mutant::AnswersOtherOffset));
            return Verdict::Duplicate(known.base.plus(other));
        }
        match self.admit(batch, origin) {
            Ok(()) => Verdict::New,
            Err(error) => Verdict::Refused(error),
        }
    }

    fn admit(&self, batch: &Batch, origin: Origin) -> Result<(), ErrorCode> {
        let Some(stamp) = batch.stamp.filter(|_| origin != Origin::Replication) else { return Ok(()) };
        let known = self.entries.get(&stamp.id);
        if stamp.epoch < self.epoch(stamp.id) && !mutant::on(Mutant::AcceptsOldEpoch) {
            return Err(ErrorCode::InvalidProducerEpoch);
        }
        if let Some(marker) = batch.control {
            let newest = known.map_or(-1, |entry| entry.coordinator_epoch);
            let fenced = marker.coordinator_epoch < newest;
            return if fenced { Err(ErrorCode::TransactionCoordinatorFenced) } else { Ok(()) };
        }
        if origin == Origin::Client && !self.in_sequence(stamp) {
            return Err(ErrorCode::OutOfOrderSequenceNumber);
        }
        if !batch.transactional && known.is_some_and(|entry| entry.open.is_some()) {
            return Err(ErrorCode::InvalidTxnState);
        }
        Ok(())
    }

    fn in_sequence(&self, stamp: Stamp) -> bool {
        let entry = self.entries.get(&stamp.id);
        if let Some(verification) = self.verifying.get(&stamp.id) {
            let nothing_known = entry.is_none_or(|entry| entry.batches.is_empty());
            if stamp.first > verification.lowest
                || (verification.strict && nothing_known && stamp.first != Sequence(0))
            {
                return false;
            }
        }
        match entry {
            None => true,
            Some(entry) if stamp.epoch < entry.epoch && mutant::on(Mutant::AcceptsOldEpoch) => true,
            Some(entry) if entry.epoch != stamp.epoch => {
                stamp.first == Sequence(0) || entry.epoch == ProducerEpoch::NONE
            }
            Some(_) if mutant::on(Mutant::AcceptsTwice) => true,
            Some(entry) if mutant::on(Mutant::AcceptsGaps) => stamp.first > entry.last_sequence(),
            Some(entry) => stamp.first == entry.last_sequence().plus(1),
        }
    }

    // ---- verification ----

    /// Whether a transactional batch of this producer must be verified first: it has no open transaction here.
    #[must_use]
    pub fn needs_verification(&self, id: ProducerId) -> bool {
        self.entries.get(&id).is_none_or(|entry| entry.open.is_none())
    }

    /// Begins, or joins, the verification of a producer's next transaction here. `strict`: transaction version 2.
    pub(in crate::kafka::log) fn verify(&mut self, stamp: Stamp, strict: bool) -> Guard {
        let fresh =
            Verification { guard: Guard(self.guards), epoch: stamp.epoch, lowest: stamp.first, strict };
        let known = self.verifying.entry(stamp.id).or_insert_with(|| {
            self.guards += 1;
            fresh
        });
        if stamp.epoch > known.epoch {
            (known.epoch, known.lowest) = (stamp.epoch, stamp.first);
        } else if stamp.epoch == known.epoch {
            known.lowest = known.lowest.min(stamp.first);
        }
        known.strict |= strict;
        known.guard
    }

    /// Whether a transactional batch may go on to [`ProducerStates::judge`]: its transaction is open here, or it was verified and nothing
    /// has ended the transaction since.
    #[must_use]
    pub fn is_verified(&self, id: ProducerId, guard: Option<Guard>) -> bool {
        !self.needs_verification(id)
            || guard.is_some_and(|guard| self.verifying.get(&id).is_some_and(|v| v.guard == guard))
    }
}
