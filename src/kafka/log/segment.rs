//! A stretch of the log that is rolled and deleted as a whole.

use super::Rolling;
use crate::engine::Micros;
use crate::kafka::{Batch, Offset, ProducerId};

/// An aborted transaction, as the index of the segment that holds its marker lists it (`.txnindex`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aborted {
    /// Whose.
    pub id: ProducerId,
    /// Offset of its first record.
    pub first: Offset,
    /// Offset of its marker.
    pub marker: Offset,
}

/// A segment. Its base offset is its name on disk.
#[derive(Clone, Debug)]
pub struct Segment {
    base: Offset,
    created: Micros,
    batches: Vec<Batch>,
    size: u64,
    aborted: Vec<Aborted>,
}

impl Segment {
    pub(super) const fn new(base: Offset, created: Micros) -> Self {
        Self { base, created, batches: Vec::new(), size: 0, aborted: Vec::new() }
    }

    /// Offset of its first record, present or to come.
    #[must_use]
    pub const fn base(&self) -> Offset {
        self.base
    }

    /// Offset after its last record.
    #[must_use]
    pub fn end(&self) -> Offset {
        self.batches.last().map_or(self.base, Batch::end)
    }

    /// Its batches.
    #[must_use]
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// Bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// When it was begun.
    #[must_use]
    pub const fn created(&self) -> Micros {
        self.created
    }

    /// Largest timestamp of its records; none if it is empty.
    #[must_use]
    pub fn max_timestamp(&self) -> Option<Micros> {
        self.batches.iter().map(Batch::max_timestamp).max()
    }

    /// Whether this batch must go into a new segment (`LogSegment.shouldRoll`): no room, or the first batch is too old.
    pub(super) fn must_roll(&self, batch: &Batch, rolling: Rolling) -> bool {
        let Some(first) = self.batches.first() else { return false };
        let age = batch.max_timestamp().since(first.max_timestamp());
        self.size + batch.size() > rolling.bytes || age > rolling.age
    }

    pub(super) fn push(&mut self, batch: Batch) {
        self.size += batch.size();
        self.batches.push(batch);
    }

    /// Transactions that an abort marker in this segment ended, in the order of the markers.
    #[must_use]
    pub fn aborted(&self) -> &[Aborted] {
        &self.aborted
    }

    pub(super) fn index_aborted(&mut self, aborted: Aborted) {
        self.aborted.push(aborted);
    }

    pub(super) fn truncate(&mut self, to: Offset) {
        self.batches.retain(|batch| batch.end() <= to);
        self.aborted.retain(|aborted| aborted.marker < to);
        self.size = self.batches.iter().map(Batch::size).sum();
    }
}
