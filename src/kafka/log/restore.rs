//! What a log remembers of producers: kept on disk as snapshots, learned again from the batches behind the newest one.

use crate::kafka::mutant::{self, Mutant};
use std::sync::Arc;

use super::{Epochs, Guard, Log, Offset, ProducerId, ProducerStates};
use crate::engine::Micros;
use crate::kafka::Stamp;

impl Log {
    /// A process begins to use this log. Its start is what was last written down (`checkpoint`), but not below the first segment. What
    /// was known of producers is what the newest snapshot and the batches behind it tell; those expired by then are not taken from it.
    pub fn reload(&mut self, now: Micros, checkpoint: Option<Offset>, expiration: Micros) {
        let first = self.first_base();
        let before = self.start;
        self.start = checkpoint.map_or(first, |start| start.max(first)).min(self.end());
        if self.start < before {
            self.relearn_epochs();
        }
        self.leaving.clear();
        if let Some((_, newest)) = self.snapshots.last_mut()
            && newest.has_expired(now, expiration)
        {
            Arc::make_mut(newest).expire(now, expiration);
        }
        self.relearn_producers();
    }

    /// A process ends in an orderly way: everything is on disk, with a snapshot at the log's end.
    pub fn close(&mut self) {
        self.flush();
        self.snapshot_producers();
    }

    pub(super) fn snapshot_producers(&mut self) {
        let end = self.end();
        self.snapshots.retain(|(upto, _)| *upto < end);
        self.snapshots.push((end, Arc::new(self.producers.snapshot())));
    }

    /// The log begins earlier than was thought: the epochs are those of its batches, and what this replica knows beyond them.
    fn relearn_epochs(&mut self) {
        let known = std::mem::take(&mut self.epochs);
        let mut epochs = Epochs::default();
        for batch in self.batches_from(self.start) {
            epochs.assign(batch.leader_epoch, batch.base.max(self.start));
        }
        let latest = epochs.latest();
        for (epoch, start) in known.entries().iter().filter(|(epoch, _)| Some(*epoch) > latest) {
            epochs.assign(*epoch, *start);
        }
        self.epochs = epochs;
    }

    pub(super) fn relearn_producers(&mut self) {
        let (from, mut producers) =
            self.snapshots.last().map_or((self.start, ProducerStates::default()), |(upto, states)| {
                (*upto, ProducerStates::clone(states))
            });
        for batch in self.batches_from(from.max(self.start)) {
            producers.appended(batch);
        }
        self.producers = producers;
    }

    /// Forgets producers that wrote nothing for this long (`producer.id.expiration.ms`) and have no open transaction.
    pub fn expire_producers(&mut self, now: Micros, after: Micros) {
        self.producers.expire(now, after);
    }

    /// Whether [`Log::expire_producers`] would change anything.
    #[must_use]
    pub fn has_expired_producers(&self, now: Micros, after: Micros) -> bool {
        self.producers.has_expired(now, after)
    }

    /// The high watermark has moved: transactions whose markers are below it count.
    pub fn committed_up_to(&mut self, high_watermark: Offset) {
        self.producers.forget_replicated(high_watermark);
    }

    /// Last stable offset: everything below belongs to no transaction, or to one whose outcome is known and replicated.
    #[must_use]
    pub fn last_stable(&self, high_watermark: Offset) -> Offset {
        if mutant::on(Mutant::OverlooksOpen) {
            return high_watermark;
        }
        if mutant::on(Mutant::LowersStableOffset) && self.producers.first_open().is_some() {
            return self.start;
        }
        let unstable = self.producers.first_unstable(high_watermark).map(|first| first.max(self.start));
        unstable.map_or(high_watermark, |first| first.min(high_watermark))
    }

    /// Aborted transactions that a reader of [`from`, `upto`) must know: producer id and offset of the first record, in the order of
    /// their markers.
    #[must_use]
    pub fn aborted(&self, from: Offset, upto: Offset) -> Vec<(ProducerId, Offset)> {
        let listed = self.segments().filter(|s| s.end() > from).flat_map(|s| s.aborted());
        listed.filter(|a| a.marker >= from && a.first < upto).map(|a| (a.id, a.first)).collect()
    }

    /// Begins, or joins, the verification of a producer's next transaction here (see [`ProducerStates::is_verified`]). `strict`: the
    /// client speaks transaction version 2.
    pub fn begin_verification(&mut self, stamp: Stamp, strict: bool) -> Guard {
        self.producers.verify(stamp, strict)
    }
}
