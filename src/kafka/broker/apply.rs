//! Applying metadata: what the controller committed becomes leading, following, or nothing (`BrokerMetadataPublisher`).

use std::sync::Arc;

use super::isr::controller;
use super::{Broker, Leading, Pending, Replica, ReplicaRole};
use crate::engine::{Micros, NodeId};
use crate::kafka::client::METADATA_LOG;
use crate::kafka::internal::InternalTopic;
use crate::kafka::log::Log;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, Cx, ErrorCode, Image, LeaderEpoch, Note, Offset, Partition, PartitionState, Timer, TopicId,
};

impl Broker {
    /// Asks for the metadata log from where this broker stands; the controller answers when there is more, or after a while.
    pub(super) fn poll_metadata(&mut self, cx: &mut Cx<'_>) {
        let Some(controller) = controller(cx) else { return };
        if self.vol.requests.busy(controller, METADATA_LOG) {
            return;
        }
        let from = self.vol.image.offset.plus(1);
        // An observer's question tells the controller nothing that anything depends on.
        let quiet = true;
        let body = Body::MetadataFetch { from };
        self.vol.requests.send(
            cx,
            controller,
            METADATA_LOG,
            quiet,
            body,
            Micros::secs(2),
            Pending::MetadataLog,
        );
    }

    /// The next stretch of the metadata log.
    pub(super) fn on_metadata(&mut self, cx: &mut Cx<'_>, image: &Arc<Image>) {
        // What was true of an earlier life of this broker is not acted upon, for it may have led then: it asks again once registered.
        if self.vol.epoch.is_none_or(|epoch| image.offset < Offset(epoch.0)) {
            return;
        }
        if image.offset > self.vol.image.offset {
            let before = std::mem::replace(&mut self.vol.image, Arc::clone(image));
            let forgets = mutant::on(Mutant::AppliesTwice).then(|| Arc::clone(&before));
            let changes = image.changed_since(&before);
            for (p, state) in &changes {
                self.apply_partition(cx, *p, state);
            }
            let gone = |topic: &&TopicId| !image.topics.contains_key(*topic);
            let gone: Vec<TopicId> = before.topics.keys().filter(gone).copied().collect();
            if !gone.is_empty() {
                self.vol.replicas.retain(|p, _| !gone.contains(&p.topic));
                self.disk.logs.retain(|p, _| !gone.contains(&p.topic));
                self.with_coordinator(cx, |groups, host| groups.on_topics_deleted(host, &gone));
            }
            self.vol.fenced = image.brokers.get(&cx.me()).is_none_or(|b| b.fenced);
            if !changes.is_empty() || before.brokers != image.brokers {
                cx.note(Note::MetadataApplied { node: cx.me(), offset: image.offset });
                self.after_metadata(cx);
            }
            if let Some(before) = forgets {
                self.vol.image = before;
            }
        }
        self.poll_metadata(cx);
    }

    fn after_metadata(&mut self, cx: &mut Cx<'_>) {
        self.follow_leaders(cx);
        if self.vol.epoch.is_some_and(|epoch| Offset(epoch.0) <= self.vol.image.offset) && self.vol.fenced {
            self.beat(cx);
        }
    }

    fn apply_partition(&mut self, cx: &mut Cx<'_>, p: Partition, state: &PartitionState) {
        let me = cx.me();
        if !state.replicas.contains(&me) {
            if self.vol.replicas.remove(&p).is_some() {
                self.stop_leading(cx, p);
                self.disk.logs.remove(&p);
            }
            return;
        }
        self.disk.logs.entry(p).or_insert_with(|| Arc::new(Log::starting_at(Offset(0), cx.now())));
        if !self.vol.replicas.contains_key(&p) {
            let high_watermark = self.high_watermark(p).unwrap_or_default();
            let role = ReplicaRole::Following(None);
            let last_stable = self.last_stable(p).unwrap_or(high_watermark);
            let held_back = last_stable < high_watermark;
            let epoch = LeaderEpoch(-1);
            let fresh = Replica { high_watermark, epoch, role, last_fetch: None, last_stable, held_back };
            self.vol.replicas.insert(p, fresh);
        }
        if state.leader == Some(me) {
            self.lead(cx, p, state);
        } else {
            self.follow(cx, p, state);
        }
    }

    fn lead(&mut self, cx: &mut Cx<'_>, p: Partition, state: &PartitionState) {
        let Some(replica) = self.vol.replicas.get_mut(&p) else { return };
        let me = cx.me();
        if let ReplicaRole::Leading(leading) = &mut replica.role
            && replica.epoch == state.leader_epoch
        {
            if state.partition_epoch > leading.partition_epoch {
                leading.learn(me, state);
                self.advance_high_watermark(cx, p);
                self.wake_produces(cx, p);
            }
            return;
        }
        let log = Arc::make_mut(self.disk.logs.entry(p).or_default());
        log.begin_epoch(state.leader_epoch);
        replica.epoch = state.leader_epoch;
        match &mut replica.role {
            ReplicaRole::Leading(leading) => leading.renew(me, state, log.end(), cx.now()),
            role @ ReplicaRole::Following(_) => {
                *role = ReplicaRole::Leading(Leading::begin(me, state, log.end(), cx.now()));
            }
        }
        let (epoch, offset) = (state.leader_epoch, log.end());
        cx.note(Note::EpochStarted { node: cx.me(), partition: p, epoch, offset });
        self.coordinate(cx, p);
        self.advance_high_watermark(cx, p);
    }

    fn follow(&mut self, cx: &mut Cx<'_>, p: Partition, state: &PartitionState) {
        let Some(replica) = self.vol.replicas.get_mut(&p) else { return };
        let led = matches!(replica.role, ReplicaRole::Leading(_));
        let same = matches!(replica.role, ReplicaRole::Following(leader) if leader == state.leader);
        if same && replica.epoch == state.leader_epoch {
            return;
        }
        replica.epoch = state.leader_epoch;
        replica.role = ReplicaRole::Following(state.leader);
        if mutant::on(Mutant::CutsToHighWatermark)
            && let Some(log) = self.disk.logs.get_mut(&p)
        {
            Arc::make_mut(log).truncate(replica.high_watermark);
            let (to, epoch) = (log.end(), replica.epoch);
            cx.note(Note::Truncated { node: cx.me(), partition: p, to, epoch });
        }
        self.forget_delay(p);
        if led {
            self.stop_leading(cx, p);
        }
    }

    /// What waited for this leader is answered: the write may have happened, its fate is unknown.
    fn stop_leading(&mut self, cx: &mut Cx<'_>, p: Partition) {
        self.finish_writes(p, Err(ErrorCode::NotLeaderOrFollower));
        self.wake_produces(cx, p);
        self.wake_fetches(cx, p);
        match InternalTopic::named(cx.shared().topic(p.topic)) {
            Some(InternalTopic::Offsets) => {
                self.with_coordinator(cx, |groups, host| groups.unload(host, p.index));
            }
            Some(InternalTopic::Transactions) => {
                self.with_transactions(cx, |transactions, host| transactions.unload(host, p.index));
            }
            None => {}
        }
    }

    /// Who leads a partition of an internal topic coordinates what lives in it.
    fn coordinate(&mut self, cx: &mut Cx<'_>, p: Partition) {
        match InternalTopic::named(cx.shared().topic(p.topic)) {
            Some(InternalTopic::Offsets) => {
                self.with_coordinator(cx, |groups, host| groups.load(host, p.index));
            }
            Some(InternalTopic::Transactions) => {
                let epoch = self.leader_epoch(p);
                self.with_transactions(cx, |transactions, host| transactions.load(host, p.index, epoch));
            }
            None => {}
        }
    }

    /// A broker that has just been told its registration, or whose fetcher went idle, looks whom to follow.
    pub(super) fn resume_following(&mut self, cx: &mut Cx<'_>) {
        self.follow_leaders(cx);
        cx.cancel_timer(Timer::MetadataWait);
        self.poll_metadata(cx);
    }
}

/// The broker that leads a partition according to a picture.
pub(super) fn leader_in(image: &Image, p: Partition) -> Option<NodeId> {
    image.partition(p).and_then(|state| state.leader)
}
