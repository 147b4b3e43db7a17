//! What the client asks the cluster for itself: who leads what, and an identity.

use super::{Pending, Producer};
use crate::engine::{Micros, NodeId};
use crate::kafka::client::{DATA, metadata_request};
use crate::kafka::{Body, Cx, ErrorCode, LeaderEpoch, Note, Partition, Timer, TopicMetadata, Why};

/// Draws of a client that have to do with back-off.
const JITTER: u64 = 2;

impl Producer {
    /// An exponential back-off: doubling from `retry.backoff.ms`, 20 % more or less, never above `retry.backoff.max.ms` (KIP-580).
    pub(super) fn back_off(&self, cx: &mut Cx<'_>, tries: u32) -> Micros {
        let most = self.settings.backoff_max;
        let doubled = Micros(self.settings.backoff.0.saturating_mul(1 << tries.min(20))).min(most);
        Micros(doubled.0 * (80_000 + cx.draw(JITTER, 40_001)) / 100_000).min(most)
    }

    /// Asks for metadata: at once if it did not just ask, else after a pause that grows while nothing new comes.
    pub(super) fn want_metadata(&mut self, cx: &mut Cx<'_>, why: Why) {
        if self.vol.metadata_wanted.is_none() {
            self.vol.metadata_wanted = Some(why);
            let pause = self.back_off(cx, self.vol.metadata_tries.saturating_sub(1));
            let due = self.vol.metadata_asked.map_or(Micros::ZERO, |asked| asked + pause);
            if due > cx.now() {
                self.vol.metadata_at = Some(due);
                cx.set_timer(Timer::Backoff(0), due.since(cx.now()));
            }
        }
    }

    /// A topic is needed that nothing is known of: ask at once, if nobody asks already.
    pub(super) fn need_topic(&mut self) {
        if !self.asks_metadata() {
            self.vol.metadata_wanted.get_or_insert(Why::Unknown);
        }
    }

    fn asks_metadata(&self) -> bool {
        self.vol.requests.iter().any(|(_, _, pending)| matches!(pending, Pending::Metadata))
    }

    pub(super) fn on_metadata(&mut self, cx: &mut Cx<'_>, brokers: &[NodeId], topics: &[TopicMetadata]) {
        let news = self.vol.metadata.update(brokers, topics);
        self.vol.metadata_tries = if news { 0 } else { self.vol.metadata_tries.saturating_add(1) };
        if topics.iter().any(|t| t.error != ErrorCode::None) || self.waits_for_partitions() {
            self.want_metadata(cx, Why::Unknown);
        }
        self.house(cx, topics);
    }

    pub(super) fn ask_metadata(&mut self, cx: &mut Cx<'_>) {
        let due = self.vol.metadata_at.is_none_or(|at| at <= cx.now());
        if !due || self.asks_metadata() {
            return;
        }
        let Some(why) = self.vol.metadata_wanted else { return };
        let most = self.settings.max_in_flight;
        let Some(broker) = self.vol.metadata.teacher(cx, &self.vol.requests, most) else {
            return self.vol.requests.wake(cx);
        };
        self.vol.metadata_wanted = None;
        (self.vol.metadata_at, self.vol.metadata_asked) = (None, Some(cx.now()));
        cx.note(Note::MetadataRefreshed { client: cx.me(), why });
        let body = metadata_request(self.vol.topics.iter().copied(), true);
        let quiet = why == Why::Age && self.vol.identity.is_some();
        let limit = self.settings.answer_limit;
        self.vol.requests.send(cx, broker, DATA, quiet, body, limit, Pending::Metadata);
        cx.set_clock(Timer::MetadataAge, self.settings.metadata_age);
    }

    pub(super) fn ask_identity(&mut self, cx: &mut Cx<'_>) {
        let asked = self.vol.requests.iter().any(|(_, _, pending)| matches!(pending, Pending::ProducerId));
        if !self.idempotent()
            || self.transactional_id().is_some()
            || self.vol.identity.is_some()
            || asked
            || cx.timer_armed(Timer::Backoff(1))
        {
            return;
        }
        let most = self.settings.max_in_flight;
        let Some(broker) = self.vol.metadata.anyone(cx, &self.vol.requests, most) else {
            return self.vol.requests.wake(cx);
        };
        let limit = self.settings.answer_limit;
        self.vol.requests.send(
            cx,
            broker,
            DATA,
            false,
            Body::InitProducerId { transaction: None },
            limit,
            Pending::ProducerId,
        );
    }

    pub(super) fn identity_later(&self, cx: &mut Cx<'_>) {
        cx.set_timer(Timer::Backoff(1), self.settings.backoff);
    }

    pub(super) fn leader(&self, p: Partition) -> Option<NodeId> {
        self.vol.metadata.leader(p)
    }

    pub(super) fn leader_epoch(&self, p: Partition) -> LeaderEpoch {
        self.vol.metadata.epoch(p)
    }
}
