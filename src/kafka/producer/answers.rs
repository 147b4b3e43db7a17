//! What becomes of a batch when its answer comes: acknowledged, sent again, or given up.

use super::sender::ids;
use super::{Draft, Producer};
use crate::engine::Micros;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Cx, ErrorCode, Note, Offset, Partition, ProducerEpoch, Sequence, Why};

/// Draws of a client that have to do with back-off.
const JITTER: u64 = 2;

impl Producer {
    pub(super) fn on_produced(
        &mut self,
        cx: &mut Cx<'_>,
        drafts: Vec<(Partition, Draft)>,
        results: &[(Partition, ErrorCode, Offset)],
    ) {
        for (p, draft) in drafts {
            let found = results.iter().find(|(at, ..)| *at == p);
            let (error, base) =
                found.map_or((ErrorCode::NetworkException, Offset::NONE), |(_, e, o)| (*e, *o));
            match error {
                ErrorCode::None | ErrorCode::DuplicateSequenceNumber => {
                    if let (Some(stamp), true) = (draft.stamp, error == ErrorCode::None) {
                        let last = stamp.first.plus(i32::try_from(draft.records.len()).unwrap_or(1) - 1);
                        self.vol.settled.insert(p, last);
                    }
                    self.acked_all(cx, &draft, base);
                }
                ErrorCode::OutOfOrderSequenceNumber if draft.stamp.is_some() => {
                    self.out_of_order(cx, p, draft)
                }
                error if error.retriable() => {
                    if stale_metadata(error) {
                        self.vol.metadata.forget_leader(p);
                        self.want_metadata(cx, Why::Error);
                    }
                    self.again(cx, p, draft, Why::Error, error);
                }
                error => self.give_up(cx, &ids(&draft), error),
            }
        }
    }

    pub(super) fn acked_all(&mut self, cx: &mut Cx<'_>, draft: &Draft, base: Offset) {
        for (ix, record) in (0..).zip(&draft.records) {
            let offset = if base == Offset::NONE { base } else { base.plus(ix) };
            cx.note(Note::RecordAcked { record: record.id, offset });
            if mutant::on(Mutant::TellsTwice) {
                cx.note(Note::RecordAcked { record: record.id, offset });
            }
        }
        self.vol.acked += draft.records.len() as u64;
    }

    /// Puts a batch back: in order of sequence if it has one, else at the front. Back-off: 100 ms, doubling to 1 s, 20 % more or less.
    pub(super) fn again(
        &mut self,
        cx: &mut Cx<'_>,
        p: Partition,
        mut draft: Draft,
        why: Why,
        error: ErrorCode,
    ) {
        let spent = draft.created + self.configs.ms("delivery.timeout.ms") <= cx.now();
        if spent || i64::from(draft.attempts) > self.configs.int("retries") {
            self.give_up(cx, &ids(&draft), error);
            return;
        }
        let (first, most) = (self.configs.ms("retry.backoff.ms"), self.configs.ms("retry.backoff.max.ms"));
        let doubled = Micros(first.0 << draft.attempts.saturating_sub(1).min(20)).min(most);
        let back_off = Micros(doubled.0 * (80_000 + cx.draw(JITTER, 40_001)) / 100_000);
        draft.retry_at = cx.now() + back_off;
        draft.retry_why = Some(why);
        self.requeue(p, draft);
    }

    fn requeue(&mut self, p: Partition, draft: Draft) {
        let queue = self.vol.queues.entry(p).or_default();
        let after = |other: &Draft| match (other.stamp, draft.stamp) {
            (Some(theirs), Some(mine)) => theirs.first < mine.first,
            _ => false,
        };
        let place = queue.iter().take_while(|other| after(other)).count();
        queue.insert(place, draft);
    }

    /// A batch is missing before this one. If an earlier one is unsettled, it will come: try again. If this is the next one there is a
    /// real gap: bump the epoch locally, number what is out from 0, and go on (KIP-360).
    fn out_of_order(&mut self, cx: &mut Cx<'_>, p: Partition, draft: Draft) {
        let expected = self.vol.settled.get(&p).map_or(Sequence(0), |last| last.plus(1));
        let is_next = draft.stamp.is_some_and(|stamp| stamp.first == expected);
        let alone = self.in_flight().all(|(_, at, _)| at != p);
        self.again(cx, p, draft, Why::Error, ErrorCode::OutOfOrderSequenceNumber);
        if is_next && alone {
            self.bump_epoch(cx, p);
        }
    }

    /// Bumps the epoch locally and numbers what waits for this partition from 0 (KIP-360). Other partitions follow when they are free.
    pub(super) fn bump_epoch(&mut self, cx: &mut Cx<'_>, p: Partition) {
        let Some((id, epoch)) = self.vol.identity else { return };
        let epoch = ProducerEpoch(epoch.0.saturating_add(1));
        self.vol.identity = Some((id, epoch));
        self.vol.settled.remove(&p);
        cx.note(Note::ProducerIdAssigned { client: cx.me(), pid: id, epoch });
        let mut next = Sequence(0);
        for draft in self.vol.queues.get_mut(&p).into_iter().flatten() {
            if let Some(stamp) = &mut draft.stamp {
                stamp.epoch = epoch;
                stamp.first = next;
                next = next.plus(i32::try_from(draft.records.len()).unwrap_or(0));
            }
        }
        self.vol.sequences.insert(p, (epoch, next));
    }
}

/// Errors that say: ask who leads.
const fn stale_metadata(error: ErrorCode) -> bool {
    matches!(
        error,
        ErrorCode::NotLeaderOrFollower
            | ErrorCode::LeaderNotAvailable
            | ErrorCode::UnknownTopicOrPartition
            | ErrorCode::FencedLeaderEpoch
            | ErrorCode::UnknownLeaderEpoch
            | ErrorCode::NetworkException
    )
}
