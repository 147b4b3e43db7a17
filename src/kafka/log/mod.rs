//! One replica's log: segments of batches, the leader epochs in it, and what it remembers of idempotent producers.
//!
//! ```text
//!  segment 0            segment 4          active segment 7
//!  [0 1][2 3]           [4][5 6]           [7][8 9]·
//!  ^ start                                          ^ end
//! ```
//!
//! Offsets are given once by a leader and never change. Truncation cuts whole batches from the end; retention cuts whole segments
//! from the front. Producer state and epochs are functions of the batches (`UnifiedLog`, `ProducerStateManager`,
//! `LeaderEpochFileCache`).
//!
//! Not modelled: index files (and so the rule that a full one rolls a segment), flushes of single files.

mod compact;
mod epochs;
mod producers;
mod restore;
mod retention;
mod segment;
mod validate;

use std::sync::Arc;

pub use compact::{Compacted, Compaction, Dirt};
pub use epochs::Epochs;
pub use producers::{Ended, Guard, Known, Origin, ProducerEntry, ProducerStates, Verdict};
pub use retention::{Deleted, Leaving, Retention};
pub use segment::{Aborted, Segment};
pub use validate::Rules;

use super::mutant::{self, Mutant};
use super::{Batch, LeaderEpoch, Offset, Outcome, ProducerId, Record};
use crate::engine::Micros;

/// When a new segment begins.
#[derive(Clone, Copy, Debug)]
pub struct Rolling {
    /// `segment.bytes`.
    pub bytes: u64,
    /// `segment.ms`.
    pub age: Micros,
}

/// A replica's log.
#[derive(Clone, Debug)]
pub struct Log {
    segments: Vec<Arc<Segment>>,
    start: Offset,
    flushed: Offset,
    epochs: Epochs,
    producers: ProducerStates,
    /// Producer snapshots on disk, by the offset up to which they count; oldest first.
    snapshots: Vec<(Offset, Arc<ProducerStates>)>,
    /// The cleaner's checkpoint.
    cleaned: Offset,
    /// Below this compaction may have left holes, here or at the leader that this was copied from.
    sparse: Offset,
    leaving: Vec<Leaving>,
}

impl Default for Log {
    fn default() -> Self {
        Self::starting_at(Offset(0), Micros::ZERO)
    }
}

impl Log {
    /// An empty log that begins at an offset.
    #[must_use]
    pub fn starting_at(offset: Offset, now: Micros) -> Self {
        Self {
            segments: vec![Arc::new(Segment::new(offset, now))],
            start: offset,
            flushed: offset,
            epochs: Epochs::default(),
            producers: ProducerStates::default(),
            snapshots: Vec::new(),
            cleaned: offset,
            sparse: offset,
            leaving: Vec::new(),
        }
    }

    /// First readable offset.
    #[must_use]
    pub const fn start(&self) -> Offset {
        self.start
    }

    /// Log end offset: the next one to be written.
    #[must_use]
    pub fn end(&self) -> Offset {
        self.segments.last().map_or(self.start, |s| s.end())
    }

    /// Segments, oldest first; the last is the active one.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &Segment> {
        self.segments.iter().map(|s| &**s)
    }

    /// Batches, oldest first. The first may begin before the log start.
    pub fn batches(&self) -> impl DoubleEndedIterator<Item = &Batch> {
        self.segments().flat_map(Segment::batches)
    }

    /// Batches from the first that ends after `from` on; found without a walk through the log.
    pub fn batches_from(&self, from: Offset) -> impl Iterator<Item = &Batch> {
        let first = self.segments.partition_point(|s| s.end() <= from);
        self.segments[first..].iter().flat_map(move |s| s.batches_from(from))
    }

    /// Readable records with their offsets and batches.
    pub fn records(&self) -> impl Iterator<Item = (Offset, &Record, &Batch)> {
        self.records_from(self.start)
    }

    /// Readable records from an offset on, with their offsets and batches.
    pub fn records_from(&self, from: Offset) -> impl Iterator<Item = (Offset, &Record, &Batch)> {
        let from = from.max(self.start);
        self.batches_from(from)
            .flat_map(|batch| batch.entries().map(move |(offset, record)| (offset, record, batch)))
            .filter(move |(offset, ..)| *offset >= from)
    }

    /// Bytes in all segments.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.segments().map(Segment::size).sum()
    }

    /// The leader epochs in this log.
    #[must_use]
    pub const fn epochs(&self) -> &Epochs {
        &self.epochs
    }

    /// What this log remembers of idempotent producers.
    #[must_use]
    pub const fn producers(&self) -> &ProducerStates {
        &self.producers
    }

    /// The epoch and offset where the log of a leader of `epoch` ends, as far as this log knows.
    #[must_use]
    pub fn end_of_epoch(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, Offset)> {
        self.epochs.end_of(epoch, self.end())
    }

    /// Below this there may be holes: compaction has passed here, or at the leader that this was copied from.
    #[must_use]
    pub fn sparse_upto(&self) -> Offset {
        self.sparse.clamp(self.start, self.end())
    }

    /// Notes that a leader of this epoch begins here, even before it writes.
    pub fn begin_epoch(&mut self, epoch: LeaderEpoch) {
        self.epochs.assign(epoch, self.end());
    }

    /// Appends a batch as the leader: gives it offsets and the leader's epoch. The second value is the base of a new segment, if one began.
    pub fn append(
        &mut self,
        mut batch: Batch,
        epoch: LeaderEpoch,
        now: Micros,
        rolling: Rolling,
    ) -> (Offset, Option<Offset>) {
        batch.base = self.end();
        batch.leader_epoch = epoch;
        if mutant::on(Mutant::ReusesOffset) && self.end() > self.start {
            batch.base = self.end().plus(-1);
        }
        if mutant::on(Mutant::StampsOldEpoch) {
            batch.leader_epoch = LeaderEpoch(0);
        }
        let base = batch.base;
        (base, self.push(batch, now, rolling, false))
    }

    /// Appends a leader's batch as a follower, as it is. Batches that are here already are passed over.
    pub fn copy(&mut self, batch: Batch, now: Micros, rolling: Rolling) -> Option<Offset> {
        if batch.base < self.end() {
            return None;
        }
        if batch.cleaned.is_some() || batch.base > self.end() {
            self.sparse = batch.end();
        }
        self.push(batch, now, rolling, true)
    }

    fn push(&mut self, batch: Batch, now: Micros, rolling: Rolling, copied: bool) -> Option<Offset> {
        let base = batch.base;
        let rolled = self.segments.last().is_some_and(|s| s.must_roll(&batch, rolling));
        if rolled {
            self.roll_at(base.plus(i64::from(mutant::on(Mutant::MisnamesSegment))), now);
        }
        self.epochs.assign(batch.leader_epoch, base);
        let forgets = copied && mutant::on(Mutant::ForgetsProducers);
        let ended = if forgets { None } else { self.producers.appended(&batch) };
        if let Some(active) = self.segments.last_mut().map(Arc::make_mut) {
            active.push(batch);
            if let Some(ended) = ended.filter(|ended| ended.outcome == Outcome::Abort) {
                let (id, first, marker) = (ended.id, ended.first, ended.marker);
                active.index_aborted(Aborted { id, first, marker });
            }
        }
        rolled.then_some(base)
    }

    /// Whole batches from the one that holds `from`, below `bound`, at least one if there is one, up to about `max_bytes`.
    #[must_use]
    pub fn read(&self, from: Offset, bound: Offset, max_bytes: u64) -> Vec<Batch> {
        let mut bytes = 0;
        let mut found = Vec::new();
        for batch in self.batches_from(from) {
            if batch.end() > bound || (!found.is_empty() && bytes + batch.size() > max_bytes) {
                break;
            }
            bytes += batch.size();
            found.push(batch.clone());
        }
        found
    }

    /// The first readable record with this timestamp or a later one.
    #[must_use]
    pub fn find_time(&self, at: Micros) -> Option<Offset> {
        let segment = self.segments().find(|s| s.end() > self.start && s.max_timestamp() >= Some(at))?;
        let mut records = self.records_from(segment.base());
        records.find(|(_, record, _)| record.timestamp >= at).map(|(offset, ..)| offset)
    }

    /// Cuts away every batch whose last offset is `to` or higher, and the epochs that began there.
    pub fn truncate(&mut self, to: Offset) {
        if let Some(first) = self.segments.first().filter(|first| to < first.base()) {
            *self = Self::starting_at(to, first.created()); // nothing of it is left (`truncateFullyAndStartAt`)
            return;
        }
        self.epochs.truncate(to);
        if to < self.end() {
            while self.segments.len() > 1 && self.segments.last().is_some_and(|s| s.base() >= to) {
                self.segments.pop();
            }
            if let Some(active) = self.segments.last_mut() {
                Arc::make_mut(active).truncate(to);
            }
            self.flushed = self.flushed.min(self.end());
            self.cleaned = self.cleaned.min(to);
            self.sparse = self.sparse.min(to);
            self.start = self.start.min(self.end());
            let end = self.end();
            self.snapshots.retain(|(upto, _)| *upto <= end);
            self.relearn_producers();
        }
    }

    /// Drops everything and begins again at an offset (the leader's log starts later than this one ends).
    pub fn restart_at(&mut self, offset: Offset, now: Micros) {
        *self = Self::starting_at(offset, now);
    }

    /// Raises the log start. Segments below it stay until the next pass of retention.
    pub fn raise_start(&mut self, to: Offset) {
        self.start = if mutant::on(Mutant::LowersLogStart) { to } else { self.start.max(to) };
        self.drop_front();
    }

    /// Everything written so far is on disk.
    pub fn flush(&mut self) {
        self.flushed = self.end();
    }

    /// Whether everything written so far is on disk.
    #[must_use]
    pub fn is_flushed(&self) -> bool {
        self.flushed == self.end()
    }

    /// The power failed: what was not flushed is gone.
    pub fn lose_unflushed(&mut self) {
        self.truncate(self.flushed);
    }

    fn roll(&mut self, now: Micros) -> Offset {
        let base = self.end();
        self.roll_at(base, now);
        base
    }

    fn roll_at(&mut self, base: Offset, now: Micros) {
        self.snapshot_producers();
        self.segments.push(Arc::new(Segment::new(base, now)));
    }

    fn first_base(&self) -> Offset {
        self.segments.first().map_or(self.start, |s| s.base())
    }

    /// The log begins later than before: epochs, and snapshots of segments that are gone, go.
    fn drop_front(&mut self) {
        self.epochs.raise_start(self.start);
        let first = self.first_base();
        self.snapshots.retain(|(upto, _)| *upto >= first);
    }
}
