//! What a replica remembers of idempotent and transactional producers (`ProducerStateManager`).
//!
//! ```text
//!  PID 7 · epoch 2   [5..6]@10  [7]@12  [8..9]@13  [10]@15  [11]@16     the five newest batches
//!                    open transaction since offset 12
//! ```
//!
//! It is a function of the log as appended: leaders and followers keep it alike, so a new leader still knows a retry when it sees one.
//! A snapshot holds only the newest batch of each producer; after a restart the rest is learned from the log behind it.

mod entry;
mod judge;

use std::collections::BTreeMap;

pub use entry::{Known, ProducerEntry};
use judge::Verification;
pub use judge::{Guard, Origin, Verdict};

use crate::engine::Micros;
use crate::kafka::{Batch, Offset, Outcome, ProducerEpoch, ProducerId};

/// A transaction that has ended in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Whose.
    pub id: ProducerId,
    /// Offset of its first record.
    pub first: Offset,
    /// Offset of its marker.
    pub marker: Offset,
    /// How it ended.
    pub outcome: Outcome,
}

/// All producer ids of one replica.
#[derive(Clone, Debug, Default)]
pub struct ProducerStates {
    entries: BTreeMap<ProducerId, ProducerEntry>,
    /// Open transactions by the offset of their first record.
    open: BTreeMap<Offset, ProducerId>,
    /// Ended ones whose marker was, when last asked, not below the high watermark; by first offset.
    ended: BTreeMap<Offset, Ended>,
    verifying: BTreeMap<ProducerId, Verification>,
    guards: u64,
}

impl ProducerStates {
    /// Producer ids with what is remembered of them.
    pub fn iter(&self) -> impl Iterator<Item = (ProducerId, &ProducerEntry)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }

    /// What is remembered of one producer id.
    #[must_use]
    pub fn get(&self, id: ProducerId) -> Option<&ProducerEntry> {
        self.entries.get(&id)
    }

    /// Offset of the first record of the oldest open transaction.
    #[must_use]
    pub fn first_open(&self) -> Option<Offset> {
        self.open.keys().next().copied()
    }

    /// Open transactions: offset of the first record, and whose; oldest first.
    pub fn open(&self) -> impl Iterator<Item = (Offset, ProducerId)> {
        self.open.iter().map(|(first, id)| (*first, *id))
    }

    /// Transactions that have ended with a marker at or above this high watermark: their records do not count yet.
    pub fn ended(&self, high_watermark: Offset) -> impl Iterator<Item = Ended> {
        self.ended.values().copied().filter(move |ended| ended.marker >= high_watermark)
    }

    /// First offset that belongs to a transaction of unknown outcome: an open one, or one whose marker is not replicated.
    #[must_use]
    pub fn first_unstable(&self, high_watermark: Offset) -> Option<Offset> {
        self.first_open().into_iter().chain(self.ended(high_watermark).map(|ended| ended.first)).min()
    }

    /// Whether [`ProducerStates::forget_replicated`] would change anything.
    #[must_use]
    pub(in crate::kafka) fn has_replicated(&self, high_watermark: Offset) -> bool {
        self.ended.values().any(|ended| ended.marker < high_watermark)
    }

    /// The markers below this high watermark are replicated.
    pub(in crate::kafka::log) fn forget_replicated(&mut self, high_watermark: Offset) {
        self.ended.retain(|_, ended| ended.marker >= high_watermark);
    }

    /// Takes in a batch of the log, whoever sent it. Gives the transaction that it ends, if it had any records here.
    pub(in crate::kafka::log) fn appended(&mut self, batch: &Batch) -> Option<Ended> {
        let stamp = batch.stamp?;
        if batch.control.is_some() && batch.records.is_empty() {
            return None; // compaction has removed the whole transaction
        }
        let entry = self.entries.entry(stamp.id).or_default();
        if batch.transactional {
            self.verifying.remove(&stamp.id);
        }
        let open = entry.open;
        if let Some(marker) = batch.control {
            entry.end(stamp.epoch, marker.coordinator_epoch, batch.max_timestamp());
            let first = open?;
            let ended = Ended { id: stamp.id, first, marker: batch.base, outcome: marker.outcome };
            self.open.remove(&first);
            self.ended.insert(first, ended);
            return Some(ended);
        }
        entry.add(batch, stamp);
        if batch.transactional && open.is_none() {
            entry.open = Some(batch.base);
            self.open.insert(batch.base, stamp.id);
        }
        None
    }

    /// Forgets producers that wrote nothing for this long (`producer.id.expiration.ms`) and have no open transaction.
    pub(in crate::kafka::log) fn expire(&mut self, now: Micros, after: Micros) {
        self.entries.retain(|_, entry| !entry.is_expired(now, after));
    }

    /// Whether [`ProducerStates::expire`] would change anything.
    pub(in crate::kafka::log) fn has_expired(&self, now: Micros, after: Micros) -> bool {
        self.entries.values().any(|entry| entry.is_expired(now, after))
    }

    /// What a snapshot file holds: of each producer only its newest batch; nothing of pending verifications.
    pub(in crate::kafka::log) fn snapshot(&self) -> Self {
        let entries = self.entries.iter().map(|(id, entry)| (*id, entry.newest())).collect();
        Self { entries, open: self.open.clone(), ..Self::default() }
    }

    fn epoch(&self, id: ProducerId) -> ProducerEpoch {
        self.entries.get(&id).map_or(ProducerEpoch::NONE, |entry| entry.epoch)
    }
}

#[cfg(test)]
mod tests;
