//! One producer id.

use std::collections::VecDeque;

use crate::engine::Micros;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Batch, Offset, ProducerEpoch, Sequence, Stamp};

/// Batches that are remembered of each producer id.
const REMEMBERED: usize = 5;

/// A remembered batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its first sequence number.
    pub first: Sequence,
    /// Its last sequence number.
    pub last: Sequence,
    /// Its first offset.
    pub base: Offset,
    /// Its last offset.
    pub last_offset: Offset,
    /// Its largest timestamp.
    pub timestamp: Micros,
}

/// One producer id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerEntry {
    /// Its newest epoch; -1 = none is known.
    pub epoch: ProducerEpoch,
    /// Its last batches of that epoch, oldest first.
    pub batches: VecDeque<Known>,
    /// Epoch of the coordinator that wrote its last marker; -1 = none.
    pub coordinator_epoch: i32,
    /// Timestamp of the newest batch or marker.
    pub last_timestamp: Micros,
    /// First offset of its open transaction.
    pub open: Option<Offset>,
}

impl Default for ProducerEntry {
    fn default() -> Self {
        Self {
            epoch: ProducerEpoch::NONE,
            batches: VecDeque::new(),
            coordinator_epoch: -1,
            last_timestamp: Micros::ZERO,
            open: None,
        }
    }
}

impl ProducerEntry {
    /// Sequence number of the newest record; -1 if only a marker is known.
    #[must_use]
    pub fn last_sequence(&self) -> Sequence {
        self.batches.back().map_or(Sequence::NONE, |known| known.last)
    }

    /// Offset of the newest record; none if only a marker is known.
    #[must_use]
    pub fn last_data_offset(&self) -> Option<Offset> {
        self.batches.back().map(|known| known.last_offset)
    }

    /// Another epoch clears what is remembered of the one before.
    fn enter(&mut self, epoch: ProducerEpoch) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.batches.clear();
        }
    }

    /// Remembers a batch of records.
    pub(super) fn add(&mut self, batch: &Batch, stamp: Stamp) {
        self.enter(stamp.epoch);
        if self.batches.len() == REMEMBERED + usize::from(mutant::on(Mutant::RemembersSix)) {
            self.batches.pop_front();
        }
        self.last_timestamp = batch.max_timestamp();
        self.batches.push_back(Known {
            first: stamp.first,
            last: batch.last_sequence().unwrap_or(stamp.first),
            base: batch.base,
            last_offset: batch.last(),
            timestamp: self.last_timestamp,
        });
    }

    /// Takes in a marker: whatever transaction was open has ended.
    pub(super) fn end(&mut self, epoch: ProducerEpoch, coordinator_epoch: i32, timestamp: Micros) {
        self.enter(epoch);
        self.coordinator_epoch = coordinator_epoch;
        self.last_timestamp = timestamp;
        self.open = None;
    }

    pub(super) fn is_expired(&self, now: Micros, after: Micros) -> bool {
        self.open.is_none() && now.since(self.last_timestamp) >= after
    }

    /// What a snapshot keeps of it.
    pub(super) fn newest(&self) -> Self {
        Self { batches: self.batches.back().copied().into_iter().collect(), ..self.clone() }
    }
}
