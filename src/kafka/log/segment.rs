//! A stretch of the log that is rolled and deleted as a whole.
//!
//! Its batches lie in sealed chunks, which copies of the segment share, and a short tail: a world is copied at every checkpoint, and the
//! first append after that must not copy the log.

use std::sync::Arc;

use super::Rolling;
use crate::engine::Micros;
use crate::kafka::{Batch, Offset, ProducerId};

/// Batches in a sealed chunk.
const CHUNK: usize = 64;

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
    sealed: Vec<Arc<[Batch]>>,
    tail: Vec<Batch>,
    size: u64,
    max_timestamp: Option<Micros>,
    aborted: Vec<Aborted>,
}

impl Segment {
    pub(super) const fn new(base: Offset, created: Micros) -> Self {
        Self {
            base,
            created,
            sealed: Vec::new(),
            tail: Vec::new(),
            size: 0,
            max_timestamp: None,
            aborted: Vec::new(),
        }
    }

    /// Offset of its first record, present or to come.
    #[must_use]
    pub const fn base(&self) -> Offset {
        self.base
    }

    /// Offset after its last record.
    #[must_use]
    pub fn end(&self) -> Offset {
        self.last().map_or(self.base, Batch::end)
    }

    /// Its batches, oldest first.
    pub fn batches(&self) -> impl DoubleEndedIterator<Item = &Batch> {
        self.sealed.iter().flat_map(|chunk| chunk.iter()).chain(&self.tail)
    }

    /// Its batches from the first that ends after `from` on.
    pub fn batches_from(&self, from: Offset) -> impl Iterator<Item = &Batch> {
        let before = |batches: &[Batch]| batches.partition_point(|batch| batch.end() <= from);
        let chunk = self.sealed.partition_point(|chunk| before(chunk) == chunk.len());
        let skipped = before(self.sealed.get(chunk).map_or(&self.tail, |chunk| chunk));
        self.sealed[chunk..].iter().flat_map(|chunk| chunk.iter()).chain(&self.tail).skip(skipped)
    }

    fn first(&self) -> Option<&Batch> {
        self.sealed.first().map_or(self.tail.first(), |chunk| chunk.first())
    }

    fn last(&self) -> Option<&Batch> {
        self.tail.last().or_else(|| self.sealed.last().and_then(|chunk| chunk.last()))
    }

    /// Whether it has no batch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first().is_none()
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
    pub const fn max_timestamp(&self) -> Option<Micros> {
        self.max_timestamp
    }

    /// Largest timestamp of its first batch; none if it is empty.
    #[must_use]
    pub fn first_timestamp(&self) -> Option<Micros> {
        self.first().map(Batch::max_timestamp)
    }

    /// Whether this batch must go into a new segment (`LogSegment.shouldRoll`): no room, or the first batch is too old.
    pub(super) fn must_roll(&self, batch: &Batch, rolling: Rolling) -> bool {
        let Some(first) = self.first_timestamp() else { return false };
        self.size + batch.size() > rolling.bytes || batch.max_timestamp().since(first) > rolling.age
    }

    pub(super) fn push(&mut self, batch: Batch) {
        self.size += batch.size();
        self.max_timestamp = self.max_timestamp.max(Some(batch.max_timestamp()));
        self.tail.push(batch);
        if self.tail.len() == CHUNK {
            self.sealed.push(std::mem::take(&mut self.tail).into());
        }
    }

    /// Transactions that an abort marker in this segment ended, in the order of the markers.
    #[must_use]
    pub fn aborted(&self) -> &[Aborted] {
        &self.aborted
    }

    pub(super) fn index_aborted(&mut self, aborted: Aborted) {
        self.aborted.push(aborted);
    }

    /// Cuts away every batch whose last offset is `to` or higher.
    pub(super) fn truncate(&mut self, to: Offset) {
        while let Some(chunk) = self.sealed.pop_if(|chunk| chunk.last().is_some_and(|b| b.end() > to)) {
            self.tail = chunk.to_vec();
        }
        self.tail.truncate(self.tail.partition_point(|batch| batch.end() <= to));
        self.aborted.retain(|aborted| aborted.marker < to);
        self.size = self.batches().map(Batch::size).sum();
        self.max_timestamp = self.batches().map(Batch::max_timestamp).max();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{Record, RecordId};

    fn segment(count: i64) -> Segment {
        let mut segment = Segment::new(Offset(10), Micros::ZERO);
        for n in 0..count {
            let timestamp = Micros::secs(u64::try_from(n).unwrap());
            let record = Record { id: RecordId(0), key: None, value: None, timestamp, internal: None };
            segment.push(Batch {
                base: Offset(10 + 2 * n),
                ..Batch::unplaced(None, vec![record.clone(), record])
            });
        }
        segment
    }

    #[test]
    fn an_offset_is_found_in_chunks_and_tail() {
        let segment = segment(200);
        for from in [0, 10, 11, 137, 138, 139, 266, 300, 408, 409] {
            let found = segment.batches_from(Offset(from)).next().map(|b| b.base);
            let scanned = segment.batches().find(|b| b.end() > Offset(from)).map(|b| b.base);
            assert_eq!(found, scanned, "offset {from}");
        }
        assert_eq!(segment.batches_from(Offset(410)).next(), None);
        assert_eq!(segment.batches_from(Offset(0)).count(), 200);
    }

    #[test]
    fn truncation_opens_the_chunk_that_it_cuts() {
        for to in [10, 11, 12, 137, 138, 139, 300, 409, 410] {
            let mut cut = segment(200);
            cut.truncate(Offset(to));
            let kept = segment(200).batches().filter(|b| b.end() <= Offset(to)).count();
            let same = segment(i64::try_from(kept).unwrap());
            assert_eq!(
                (cut.end(), cut.size(), cut.max_timestamp()),
                (same.end(), same.size(), same.max_timestamp())
            );
            assert_eq!(cut.batches().count(), kept, "to {to}");
            cut.push(Batch { base: cut.end(), ..Batch::unplaced(None, Vec::new()) });
        }
    }
}
