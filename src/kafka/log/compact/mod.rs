//! Compaction: of each key the newest record stays (`LogCleaner`, `LogCleanerManager`).
//!
//! ```text
//!  clean            dirty               not yet
//!  [0 · · 3][5 ·]   [7 8 9][10 11 12]   [13 14]  active
//!                   ^ from              ^ upto
//! ```
//!
//! First the dirty part is read: which is the newest offset of each key. Then everything below `upto` is copied, without what is
//! superseded. Offsets stay; there are holes now. A deletion (null value) stays until its horizon, which its first cleaning sets.
//!
//! Not modelled: the size of the offset map (a pass always reads the whole dirty part), throttling, several cleaner threads.

mod transactions;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Aborted, Leaving, Log, Offset, Segment};
use crate::engine::Micros;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::record::Key;
use crate::kafka::{Batch, Record};
use transactions::Transactions;

/// What a topic's settings say about compaction.
#[derive(Clone, Copy, Debug)]
pub struct Compaction {
    /// `min.cleanable.dirty.ratio`.
    pub min_dirty_ratio: f64,
    /// `delete.retention.ms`.
    pub delete_retention: Micros,
    /// `min.compaction.lag.ms`.
    pub min_lag: Micros,
    /// `max.compaction.lag.ms`.
    pub max_lag: Micros,
    /// `segment.bytes`: small segments are joined up to this size.
    pub segment_bytes: u64,
    /// `file.delete.delay.ms`: how long the files of replaced segments stay on disk.
    pub file_delay: Micros,
}

/// What there is to clean in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dirt {
    /// Where the dirty part begins: the cleaner's checkpoint.
    pub from: Offset,
    /// Where what may be cleaned now ends.
    pub upto: Offset,
    /// Bytes below `from`.
    pub clean_bytes: u64,
    /// Bytes from `from` to `upto`.
    pub dirty_bytes: u64,
    /// Something waits for longer than `max.compaction.lag.ms`.
    pub overdue: bool,
}

impl Dirt {
    /// The dirty part of what would be read.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let total = self.clean_bytes + self.dirty_bytes;
        if total == 0 { 0.0 } else { self.dirty_bytes as f64 / total as f64 }
    }

    /// Whether it is worth a pass now.
    #[must_use]
    pub fn is_due(&self, compaction: Compaction) -> bool {
        self.dirty_bytes > 0 && (self.overdue || self.ratio() > compaction.min_dirty_ratio)
    }
}

/// What a pass did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Up to where the log is clean now.
    pub upto: Offset,
    /// Records that are gone.
    pub removed: usize,
}

/// What one pass knows.
struct Pass {
    /// Newest offset of each key in the dirty part.
    newest: BTreeMap<Key, Offset>,
    /// Records from here on were not read: they stay.
    upto: Offset,
    transactions: Transactions,
    now: Micros,
    delete_retention: Micros,
}

impl Log {
    /// Up to where compaction has cleaned.
    #[must_use]
    pub fn cleaned_upto(&self) -> Offset {
        self.cleaned.clamp(self.start, self.end())
    }

    /// What there is to clean: whole segments, never the active one, nothing at or above the last stable offset, nothing that is younger
    /// than `min.compaction.lag.ms`.
    #[must_use]
    pub fn dirt(&self, now: Micros, high_watermark: Offset, compaction: Compaction) -> Dirt {
        let from = self.cleaned_upto();
        let (active, older) = self.segments.split_last().map_or((from, &[][..]), |(a, o)| (a.base(), o));
        let first_dirty = older.partition_point(|s| s.base() <= from).saturating_sub(1);
        let dirty = || older.get(first_dirty..).unwrap_or_default().iter();
        let young = |s: &&Arc<Segment>| {
            compaction.min_lag > Micros::ZERO
                && s.max_timestamp().is_some_and(|newest| newest + compaction.min_lag > now)
        };
        let stable = self.last_stable(high_watermark);
        let mut limit = if mutant::on(Mutant::CleansUnstable) { active } else { stable.min(active) };
        if let Some(young) = dirty().find(young) {
            limit = limit.min(young.base());
        }
        // The segment that holds the limit is not cleaned.
        let whole = self.segments.partition_point(|s| s.base() <= limit.max(from)).saturating_sub(1);
        let upto = self.segments.get(whole).map_or(from, |s| s.base()).max(from);
        let bytes = |from: Offset, to: Offset| {
            older.iter().filter(|s| s.base() >= from && s.base() < to).map(|s| s.size()).sum::<u64>()
        };
        let oldest = dirty().filter_map(|s| s.first_timestamp()).min();
        let begin = older.get(first_dirty).map_or(from, |s| if s.end() > from { s.base() } else { from });
        Dirt {
            from,
            upto,
            clean_bytes: bytes(Offset(0), begin),
            dirty_bytes: if upto > from { bytes(begin, upto) } else { 0 },
            overdue: oldest.is_some_and(|oldest| now.since(oldest) > compaction.max_lag),
        }
    }

    /// One pass over what [`Log::dirt`] found.
    pub fn compact(&mut self, now: Micros, dirt: Dirt, compaction: Compaction) -> Compacted {
        let mut pass = Pass {
            newest: self.newest_offsets(dirt),
            upto: dirt.upto,
            transactions: Transactions::new(self.aborted_between(Offset(0), dirt.upto)),
            now,
            delete_retention: compaction.delete_retention,
        };
        let count = self.segments.partition_point(|s| s.base() < dirt.upto);
        let old: Vec<Arc<Segment>> = self.segments.drain(..count).collect();
        let records = |segments: &[Arc<Segment>]| -> usize {
            segments.iter().flat_map(|s| s.batches()).map(|batch| batch.records.len()).sum()
        };
        let before = records(&old);
        let mut cleaned: Vec<Arc<Segment>> = Vec::new();
        let mut rest = &old[..];
        while let Some(length) = group_length(rest, compaction.segment_bytes) {
            let (group, after) = rest.split_at(length);
            cleaned.push(Arc::new(self.rewrite(&mut pass, group)));
            rest = after;
        }
        let removed = before - records(&cleaned);
        let at = now + compaction.file_delay;
        self.leaving.extend(old.into_iter().map(|segment| Leaving { segment, since: now, at }));
        self.segments.splice(0..0, cleaned);
        self.cleaned = dirt.upto;
        self.sparse = self.sparse.max(dirt.upto);
        Compacted { upto: dirt.upto, removed }
    }

    /// Reads the dirty part: the newest offset of each key, not counting aborted records.
    fn newest_offsets(&self, dirt: Dirt) -> BTreeMap<Key, Offset> {
        let mut transactions = Transactions::new(self.aborted_between(dirt.from, dirt.upto));
        let mut newest = BTreeMap::new();
        for batch in self.batches_from(dirt.from).take_while(|batch| batch.base < dirt.upto) {
            if batch.control.is_some() {
                transactions.marker(batch);
            } else if !transactions.is_aborted(batch) {
                let keyed = batch.entries().filter_map(|(offset, record)| Some((record.identity()?, offset)));
                newest.extend(keyed.filter(|(_, offset)| *offset >= dirt.from));
            }
        }
        newest
    }

    /// Copies a group of segments into one.
    fn rewrite(&self, pass: &mut Pass, group: &[Arc<Segment>]) -> Segment {
        let first = group.first().map_or((self.start, Micros::ZERO), |s| (s.base(), s.created()));
        let mut fresh = Segment::new(first.0, first.1);
        for batch in group.iter().flat_map(|segment| segment.batches()) {
            let (kept, aborted) = self.filter(pass, batch);
            if let Some(kept) = kept {
                fresh.push(kept);
            }
            if let Some(aborted) = aborted {
                fresh.index_aborted(aborted);
            }
        }
        fresh
    }

    /// What is left of a batch; and what the index of aborted transactions goes on to say, if it is an abort marker.
    fn filter(&self, pass: &mut Pass, batch: &Batch) -> (Option<Batch>, Option<Aborted>) {
        let (mut discard, mut spent, mut index) = (false, false, None);
        if batch.control.is_some() {
            (spent, index) = pass.transactions.marker(batch);
            discard = spent && batch.delete_horizon().is_some_and(|horizon| horizon <= pass.now);
        } else {
            discard |= pass.transactions.is_aborted(batch);
        }
        let keep = |offset: Offset, record: &Record| {
            !discard && (batch.control.is_some() || pass.keeps(batch, offset, record))
        };
        let mut kept = batch.entries().filter(|(offset, record)| keep(*offset, record)).peekable();
        if kept.peek().is_none() {
            let holds_place = batch.end() == pass.upto || self.is_last_of_producer(batch);
            return (holds_place.then(|| batch.clean(|_, _| false, batch.delete_horizon())), index);
        }
        let (mut count, mut deletions) = (0, spent);
        for (_, record) in kept {
            count += 1;
            deletions |= record.is_tombstone();
        }
        let horizon = match batch.delete_horizon() {
            None if deletions => Some(pass.now + pass.delete_retention),
            horizon => horizon,
        };
        if count == batch.records.len() && horizon == batch.delete_horizon() {
            return (Some(batch.clone()), index);
        }
        (Some(batch.clean(keep, horizon)), index)
    }

    /// Whether a batch is the last trace of a producer that is remembered: its newest records, or its marker if there are none.
    fn is_last_of_producer(&self, batch: &Batch) -> bool {
        let entry = batch.stamp.and_then(|stamp| Some((stamp, self.producers.get(stamp.id)?)));
        entry.is_some_and(|(stamp, entry)| match entry.last_data_offset() {
            Some(offset) => batch.last() == offset,
            None => batch.control.is_some() && stamp.epoch == entry.epoch,
        })
    }

    fn aborted_between(&self, from: Offset, upto: Offset) -> Vec<Aborted> {
        let all = self.segments().flat_map(|s| s.aborted());
        all.filter(|a| a.marker >= from && a.first < upto).copied().collect()
    }
}

impl Pass {
    fn keeps(&self, batch: &Batch, offset: Offset, record: &Record) -> bool {
        if offset >= self.upto {
            return true;
        }
        let Some(key) = record.identity() else { return false };
        let is_newest = self.newest.get(&key).is_none_or(|newest| {
            if mutant::on(Mutant::RemovesNewest) { offset < *newest } else { offset >= *newest }
        });
        let gone = record.is_tombstone() && batch.delete_horizon().is_some_and(|horizon| self.now >= horizon);
        is_newest && !gone
    }
}

/// How many segments are joined into one.
fn group_length(segments: &[Arc<Segment>], most_bytes: u64) -> Option<usize> {
    let mut size = segments.first()?.size();
    let more = segments[1..].iter().take_while(|segment| {
        size += segment.size();
        size <= most_bytes
    });
    Some(1 + more.count())
}

#[cfg(test)]
mod tests;
