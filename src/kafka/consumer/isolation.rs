//! What of a fetch is given to the application: no markers, and with read_committed nothing of aborted transactions
//! (`CompletedFetch`).

use crate::kafka::mutant::{self, Mutant};
use std::collections::BTreeSet;

use crate::kafka::{Batch, FetchedPartition, LeaderEpoch, Offset, Outcome, ProducerId, RecordId};

/// Records of a fetch that the application may see, from `position` on: offset, leader epoch of the batch, record. The first batch may
/// begin before the position. With read_uncommitted the list of aborted transactions is empty, so nothing of them is left out.
pub(super) fn visible(
    fetched: &FetchedPartition,
    position: Offset,
) -> impl Iterator<Item = (Offset, LeaderEpoch, RecordId)> {
    let mut aborted = Aborted::of(fetched);
    let shown = fetched.batches.iter().filter(move |batch| aborted.lets_pass(batch));
    shown
        .flat_map(|batch| batch.entries().map(|(offset, record)| (offset, batch.leader_epoch, record.id)))
        .filter(move |(offset, ..)| *offset >= position)
}

/// Which producers' transactions are known to be aborted at the point that reading has reached.
struct Aborted {
    /// By offset of the first record.
    coming: Vec<(Offset, ProducerId)>,
    now: BTreeSet<ProducerId>,
}

impl Aborted {
    fn of(fetched: &FetchedPartition) -> Self {
        let mut coming: Vec<(Offset, ProducerId)> =
            fetched.aborted.iter().map(|(pid, first)| (*first, *pid)).collect();
        coming.sort_unstable_by(|a, b| b.cmp(a)); // the next one is the last
        Self { coming, now: BTreeSet::new() }
    }

    /// Whether the records of the next batch are shown.
    fn lets_pass(&mut self, batch: &Batch) -> bool {
        let Some(stamp) = batch.stamp else { return true };
        while let Some((_, pid)) = self.coming.pop_if(|(first, _)| *first <= batch.last()) {
            self.now.insert(pid);
        }
        if let Some(outcome) = batch.outcome() {
            if outcome == Outcome::Abort {
                self.now.remove(&stamp.id);
            }
            return mutant::on(Mutant::DeliversMarkers);
        }
        !(batch.transactional && self.now.contains(&stamp.id)) || mutant::on(Mutant::DeliversAborted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Micros;
    use crate::kafka::{ErrorCode, Marker, Partition, ProducerEpoch, Record, Sequence, Stamp, TopicId};

    fn stamp(pid: i64) -> Stamp {
        Stamp { id: ProducerId(pid), epoch: ProducerEpoch(0), first: Sequence(0) }
    }

    fn data(base: i64, pid: Option<i64>) -> Batch {
        let id = RecordId(u64::try_from(base).unwrap() + 1);
        let record = Record { id, key: None, value: None, timestamp: Micros::ZERO, internal: None };
        let batch = Batch::unplaced(pid.map(stamp), vec![record]);
        Batch { base: Offset(base), transactional: pid.is_some(), ..batch }
    }

    fn marker(base: i64, pid: i64, outcome: Outcome) -> Batch {
        let marker = Marker { outcome, coordinator_epoch: 0 };
        Batch { base: Offset(base), ..Batch::marker(ProducerId(pid), ProducerEpoch(0), marker, Micros::ZERO) }
    }

    fn offsets(batches: Vec<Batch>, aborted: Vec<(ProducerId, Offset)>, position: i64) -> Vec<i64> {
        let fetched = FetchedPartition {
            partition: Partition { topic: TopicId(0), index: 0 },
            error: ErrorCode::None,
            high_watermark: Offset(6),
            last_stable: Offset(6),
            log_start: Offset(0),
            aborted,
            diverging: None,
            batches,
        };
        visible(&fetched, Offset(position)).map(|(offset, ..)| offset.0).collect()
    }

    /// T1 a@0, plain n@1, T2 b@2, commit(T2)@3, plain m@4, abort(T1)@5.
    fn interleaved() -> Vec<Batch> {
        vec![
            data(0, Some(1)),
            data(1, None),
            data(2, Some(2)),
            marker(3, 2, Outcome::Commit),
            data(4, None),
            marker(5, 1, Outcome::Abort),
        ]
    }

    #[test]
    fn aborted_records_and_markers_are_left_out() {
        assert_eq!(offsets(interleaved(), vec![(ProducerId(1), Offset(0))], 0), [1, 2, 4]);
        assert_eq!(offsets(interleaved(), Vec::new(), 0), [0, 1, 2, 4], "read_uncommitted gets no list");
        assert_eq!(offsets(interleaved(), vec![(ProducerId(1), Offset(0))], 4), [4]);
    }

    #[test]
    fn the_next_transaction_of_the_same_producer_counts() {
        let batches = vec![data(0, Some(1)), marker(1, 1, Outcome::Abort), data(2, Some(1))];
        assert_eq!(offsets(batches, vec![(ProducerId(1), Offset(0))], 0), [2]);
    }
}
