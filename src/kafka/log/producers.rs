//! What a replica remembers of idempotent producers: the last five batches of each (`ProducerStateManager`).

use std::collections::{BTreeMap, VecDeque};

use crate::engine::Micros;
use crate::kafka::{Batch, ErrorCode, Offset, ProducerEpoch, ProducerId, Sequence};

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
}

/// One producer id.
#[derive(Clone, Debug)]
pub struct ProducerEntry {
    /// Its newest epoch.
    pub epoch: ProducerEpoch,
    /// Its last batches of that epoch, oldest first.
    pub batches: VecDeque<Known>,
    /// Timestamp of the newest.
    pub last_timestamp: Micros,
}

/// What becomes of a batch that a client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is new: append it.
    New,
    /// It is in the log already, from this offset: answer with that.
    Duplicate(Offset),
    /// It is refused.
    Refused(ErrorCode),
}

/// All producer ids of one replica.
#[derive(Clone, Debug, Default)]
pub struct ProducerStates(BTreeMap<ProducerId, ProducerEntry>);

impl ProducerStates {
    pub(super) fn of<'a>(batches: impl Iterator<Item = &'a Batch>) -> Self {
        let mut states = Self::default();
        for batch in batches {
            states.appended(batch);
        }
        states
    }

    /// Producer ids with what is remembered of them.
    pub fn iter(&self) -> impl Iterator<Item = (ProducerId, &ProducerEntry)> {
        self.0.iter().map(|(id, entry)| (*id, entry))
    }

    /// Judges a client's batch, in the order of the checks of `ProducerAppendInfo`.
    #[must_use]
    pub fn judge(&self, batch: &Batch) -> Verdict {
        let Some(stamp) = batch.stamp else { return Verdict::New };
        let Some(entry) = self.0.get(&stamp.id) else { return Verdict::New };
        let last = batch.last_sequence().unwrap_or(stamp.first);
        if stamp.epoch == entry.epoch
            && let Some(known) = entry.batches.iter().find(|k| k.first == stamp.first && k.last == last)
        {
            return Verdict::Duplicate(known.base);
        }
        if stamp.epoch < entry.epoch {
            return Verdict::Refused(ErrorCode::InvalidProducerEpoch);
        }
        let expected = if stamp.epoch == entry.epoch {
            entry.batches.back().map_or(Sequence(0), |known| known.last.plus(1))
        } else {
            Sequence(0)
        };
        if stamp.first == expected {
            Verdict::New
        } else {
            Verdict::Refused(ErrorCode::OutOfOrderSequenceNumber)
        }
    }

    pub(super) fn appended(&mut self, batch: &Batch) {
        let Some(stamp) = batch.stamp else { return };
        let fresh =
            || ProducerEntry { epoch: stamp.epoch, batches: VecDeque::new(), last_timestamp: Micros::ZERO };
        let entry = self.0.entry(stamp.id).or_insert_with(fresh);
        if entry.epoch != stamp.epoch {
            *entry = fresh();
        }
        if entry.batches.len() == REMEMBERED {
            entry.batches.pop_front();
        }
        let last = batch.last_sequence().unwrap_or(stamp.first);
        entry.batches.push_back(Known { first: stamp.first, last, base: batch.base });
        entry.last_timestamp = batch.max_timestamp();
    }

    /// Forgets producers that wrote nothing for this long (`producer.id.expiration.ms`).
    pub fn expire(&mut self, now: Micros, after: Micros) {
        self.0.retain(|_, entry| now.since(entry.last_timestamp) < after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{Record, RecordId, Stamp};

    fn batch(base: i64, epoch: i16, first: i32, count: usize) -> Batch {
        let record =
            Record { id: RecordId(0), key: None, value: None, timestamp: Micros::ZERO, internal: None };
        let stamp = Stamp { id: ProducerId(7), epoch: ProducerEpoch(epoch), first: Sequence(first) };
        Batch { base: Offset(base), ..Batch::unplaced(Some(stamp), vec![record; count]) }
    }

    #[test]
    fn five_batches_are_recognised_and_gaps_refused() {
        let mut states = ProducerStates::default();
        for n in 0..6 {
            states.appended(&batch(i64::from(n), 0, n, 1));
        }
        let gap = Verdict::Refused(ErrorCode::OutOfOrderSequenceNumber);
        assert_eq!(states.judge(&batch(0, 0, 1, 1)), Verdict::Duplicate(Offset(1)));
        assert_eq!(states.judge(&batch(0, 0, 0, 1)), gap, "the sixth newest is forgotten");
        assert_eq!(states.judge(&batch(0, 0, 6, 2)), Verdict::New);
        assert_eq!(states.judge(&batch(0, 0, 7, 1)), gap);
        assert_eq!(states.judge(&batch(0, 0, 5, 2)), gap, "an overlap is not a duplicate");
        assert_eq!(states.judge(&batch(0, 1, 0, 1)), Verdict::New);
        assert_eq!(states.judge(&batch(0, 1, 1, 1)), gap);
        states.appended(&batch(6, 1, 0, 1));
        assert_eq!(states.judge(&batch(0, 0, 6, 1)), Verdict::Refused(ErrorCode::InvalidProducerEpoch));
    }
}
