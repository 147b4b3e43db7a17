//! What becomes of a batch when its answer comes: acknowledged, sent again, split, or given up.

use super::{Draft, Producer};
use crate::kafka::{BATCH_HEADER_BYTES, BatchWhy, Cx, ErrorCode, Offset, Partition, Sequence, Stamp, Why};

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
            if stale_metadata(error) {
                self.vol.metadata.forget_leader(p);
                self.want_metadata(cx, Why::Error);
            }
            match error {
                ErrorCode::None | ErrorCode::DuplicateSequenceNumber => {
                    self.number_acked(p, &draft);
                    self.succeed(cx, &draft, base);
                }
                ErrorCode::MessageTooLarge if self.settings.java && draft.records.len() > 1 => {
                    self.split(cx, p, &draft);
                }
                error => self.again(cx, p, draft, Why::Error, error),
            }
        }
    }

    /// Batches that met a closed door: this was no attempt. They wait until the connection may be tried again.
    pub(super) fn not_sent(&mut self, drafts: Vec<(Partition, Draft)>) {
        for (p, mut draft) in drafts.into_iter().rev() {
            draft.attempts = draft.attempts.saturating_sub(1);
            self.requeue(p, draft);
        }
    }

    /// Sends a batch again after a back-off if it may, else gives it up.
    pub(super) fn again(
        &mut self,
        cx: &mut Cx<'_>,
        p: Partition,
        mut draft: Draft,
        why: Why,
        error: ErrorCode,
    ) {
        let spent = draft.created + self.settings.delivery <= cx.now();
        let tries_left = i64::from(draft.attempts) <= self.settings.retries;
        let out_of_order = error == ErrorCode::OutOfOrderSequenceNumber && draft.stamp.is_some();
        if spent || !tries_left || !(error.retriable() || out_of_order) {
            if tries_left || out_of_order {
                self.number_missing(p, &draft);
            }
            self.fail(cx, &draft.ids(), error);
            return;
        }
        if out_of_order {
            self.number_out_of_order(p, &draft);
        }
        draft.retry_at = cx.now() + self.back_off(cx, draft.attempts.saturating_sub(1));
        draft.retry_why = Some(why);
        self.requeue(p, draft);
    }

    /// Puts a batch back: in order of its numbers if it has some; else Java puts it in front, librdkafka where its messages were.
    fn requeue(&mut self, p: Partition, draft: Draft) {
        let java = self.settings.java;
        let first = |draft: &Draft| draft.records.first().map(|record| record.id);
        let queue = self.vol.queues.entry(p).or_default();
        let before = |other: &&Draft| match (other.stamp, draft.stamp) {
            (Some(theirs), Some(mine)) => theirs.first < mine.first,
            (None, None) if !java => first(other) < first(&draft),
            _ => false,
        };
        let place = queue.iter().take_while(before).count();
        queue.insert(place, draft);
    }

    /// A batch that is too large for the broker becomes several, at the front and in order; that is no retry (`splitAndReenqueue`).
    fn split(&mut self, cx: &mut Cx<'_>, p: Partition, large: &Draft) {
        let longest =
            large.records.iter().map(|record| BATCH_HEADER_BYTES + record.size()).max().unwrap_or(0);
        // A part that is still too large is halved.
        let most = if large.split { longest.max(large.bytes / 2) } else { self.settings.batch_size };
        let mut parts: Vec<Draft> = Vec::new();
        for record in &large.records {
            let fits = parts.last().is_some_and(|part| part.bytes + record.size() <= most);
            if !fits {
                let open = Draft { split: true, sent_epoch: large.sent_epoch, ..Draft::open(large.created) };
                parts.push(open);
            }
            if let Some(part) = parts.last_mut() {
                part.bytes += record.size();
                part.records.push(record.clone());
            }
        }
        let mut next = large.stamp.map(|stamp| stamp.first);
        for part in &mut parts {
            part.close(cx, p, BatchWhy::Split);
            part.stamp = large.stamp.zip(next).map(|(stamp, first)| Stamp { first, ..stamp });
            next = next.map(|first: Sequence| first.plus(part.count()));
        }
        for part in parts.into_iter().rev() {
            self.vol.queues.entry(p).or_default().push_front(part);
        }
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
