//! Applying metadata: what the controller committed becomes leading, following, or nothing (`BrokerMetadataPublisher`).

use std::sync::Arc;

use super::{Broker, Leading, Replica, ReplicaRole};
use crate::engine::{Conn, Micros, NodeId};
use crate::kafka::internal::InternalTopic;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::raft::Place;
use crate::kafka::{
    Cx, ErrorCode, Image, LeaderEpoch, Note, Offset, Partition, PartitionState, Timer, TopicId, TopicState,
};

impl Broker {
    /// The next stretch of the metadata log.
    pub(super) fn on_metadata(&mut self, cx: &mut Cx<'_>, image: &Arc<Image>, epoch: LeaderEpoch) {
        // What was true of an earlier life of this broker is not acted upon, for it may have led then: it asks again once registered,
        // and again if this answer was under way while it registered.
        let Some(registered) = self.vol.epoch else { return };
        if image.offset < Offset(registered.0) {
            self.vol.metadata_read = Some(Place { epoch, offset: image.offset.plus(1) });
            return self.poll_metadata(cx);
        }
        self.vol.metadata_read = None;
        if image.offset > self.vol.image.offset {
            let before = std::mem::replace(&mut self.vol.image, Arc::clone(image));
            self.vol.metadata_epoch = epoch;
            let forgets = mutant::on(Mutant::AppliesTwice).then(|| Arc::clone(&before));
            self.forget_strays(cx.me());
            let renewed = self.forget_topics(cx, &before);
            for (p, state) in image.changed_on(cx.me(), &before) {
                self.apply_partition(cx, p, state);
            }
            for p in renewed {
                if let Some(state) = image.partition(p).filter(|_| !self.vol.replicas.contains(p)) {
                    self.apply_partition(cx, p, state);
                }
            }
            self.wake_returned(&before);
            self.vol.fenced = image.brokers.get(&cx.me()).is_none_or(|b| b.fenced);
            if image.has_other_partitions_than(&before) || before.brokers != image.brokers {
                cx.note(Note::MetadataApplied { node: cx.me(), offset: image.offset });
                self.after_metadata(cx);
            }
            if let Some(before) = forgets {
                self.vol.image = before;
            }
        }
        self.poll_metadata(cx);
    }

    /// Topics that are gone, or whose name is that of another one now: their copies go, and what was committed for them. Gives the
    /// partitions of those others that this broker keeps.
    fn forget_topics(&mut self, cx: &mut Cx<'_>, before: &Image) -> Vec<Partition> {
        let image = Arc::clone(&self.vol.image);
        if image.topics.is_shared_with(&before.topics) {
            return Vec::new();
        }
        let gone = |(topic, state): &(&TopicId, &Arc<TopicState>)| image.topic_id(**topic) != state.id;
        let gone: Vec<TopicId> = before.topics.iter().filter(gone).map(|(topic, _)| *topic).collect();
        if gone.is_empty() {
            return Vec::new();
        }
        self.delete_topics(cx, &gone);
        let me = cx.me();
        image.partitions_on(me).map(|(p, _)| p).filter(|p| gone.contains(&p.topic)).collect()
    }

    /// Copies of these topics go, and what groups have committed for them.
    pub(super) fn delete_topics(&mut self, cx: &mut Cx<'_>, gone: &[TopicId]) {
        let held: Vec<Partition> = gone.iter().flat_map(|topic| self.vol.replicas.of_topic(*topic)).collect();
        for p in held {
            self.delete_replica(cx, p);
        }
        self.with_coordinator(cx, |groups, host| groups.on_topics_deleted(host, gone));
    }

    /// A copy goes, with all that waits for it.
    fn delete_replica(&mut self, cx: &mut Cx<'_>, p: Partition) {
        if self.drop_replica(p) {
            self.stop_leading(cx, p);
            self.disk.remove(p);
        }
    }

    /// A process that starts finds copies on its disk that are nobody's any more: their topic was deleted meanwhile, or they were
    /// reassigned (`LogManager.deleteStrayKRaftReplicas`).
    fn forget_strays(&mut self, me: NodeId) {
        if std::mem::replace(&mut self.vol.knows_strays, true) || self.in_zookeeper_mode() {
            return;
        }
        let image = Arc::clone(&self.vol.image);
        let assigned = |p: Partition| image.partition(p).is_some_and(|state| state.replicas.contains(&me));
        let known = |p: Partition| self.disk.topic_id(p) == image.topic_id(p.topic);
        let strays: Vec<Partition> =
            self.disk.partitions().filter(|p| !(assigned(*p) && known(*p))).collect();
        for p in strays {
            self.disk.remove(p);
        }
    }

    fn after_metadata(&mut self, cx: &mut Cx<'_>) {
        self.follow_leaders(cx);
        if self.vol.epoch.is_some_and(|epoch| Offset(epoch.0) <= self.vol.image.offset) && self.vol.fenced {
            self.beat(cx);
        }
    }

    pub(super) fn apply_partition(&mut self, cx: &mut Cx<'_>, p: Partition, state: &PartitionState) {
        let me = cx.me();
        if !state.replicas.contains(&me) {
            return self.delete_replica(cx, p);
        }
        if self.disk.log(p).is_none() {
            let id = self.topic_id(p);
            self.disk.create(p, id, cx.now());
        }
        if !self.vol.replicas.contains(p) {
            let high_watermark = self.high_watermark(p).unwrap_or_default();
            let role = ReplicaRole::Following(None);
            let last_stable = self.last_stable(p).unwrap_or(high_watermark);
            let held_back = last_stable < high_watermark;
            let epoch = LeaderEpoch(-1);
            let fresh = Replica { high_watermark, epoch, role, last_fetch: None, last_stable, held_back };
            self.vol.replicas.add(p, fresh);
            self.vol.watermarks.insert(p);
        }
        if state.leader == Some(me) {
            self.lead(cx, p, state);
        } else {
            self.follow(cx, p, state);
        }
    }

    fn lead(&mut self, cx: &mut Cx<'_>, p: Partition, state: &PartitionState) {
        let me = cx.me();
        self.wake_sessions(p);
        let Some(replica) = self.vol.replicas.get_mut(p) else { return };
        self.vol.behind.insert(p);
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
        let log = self.disk.open(p, Micros::ZERO);
        log.begin_epoch(state.leader_epoch);
        let (epoch, offset) = (state.leader_epoch, log.end());
        replica.epoch = epoch;
        match &mut replica.role {
            ReplicaRole::Leading(leading) => leading.renew(me, state, offset, cx.now()),
            ReplicaRole::Following(_) => {
                let leading = Leading::begin(me, state, offset, cx.now());
                self.change_role(p, ReplicaRole::Leading(leading));
            }
        }
        cx.note(Note::EpochStarted { node: cx.me(), partition: p, epoch, offset });
        self.coordinate(cx, p);
        self.advance_high_watermark(cx, p);
    }

    fn follow(&mut self, cx: &mut Cx<'_>, p: Partition, state: &PartitionState) {
        let Some(replica) = self.vol.replicas.get(p) else { return };
        let led = matches!(replica.role, ReplicaRole::Leading(_));
        let same = matches!(replica.role, ReplicaRole::Following(leader) if leader == state.leader);
        if same && replica.epoch == state.leader_epoch {
            return;
        }
        let high_watermark = replica.high_watermark;
        self.wake_sessions(p);
        if let Some(replica) = self.vol.replicas.get_mut(p) {
            replica.epoch = state.leader_epoch;
        }
        self.change_role(p, ReplicaRole::Following(state.leader));
        if mutant::on(Mutant::CutsToHighWatermark)
            && let Some(log) = self.disk.log_mut(p)
        {
            log.truncate(high_watermark);
            let (to, epoch) = (log.end(), state.leader_epoch);
            cx.note(Note::Truncated { node: cx.me(), partition: p, to, epoch });
        }
        if led {
            self.stop_leading(cx, p);
        }
    }

    /// Gives a replica another role: a fetcher gains or loses it.
    pub(super) fn change_role(&mut self, p: Partition, role: ReplicaRole) {
        let follows = if let ReplicaRole::Following(leader) = role { leader } else { None };
        let last_fetch = self.last_fetch(p);
        let Some(before) = self.vol.replicas.set_role(p, role) else { return };
        if let Some(replica) = self.vol.replicas.get_mut(p) {
            replica.last_fetch = last_fetch;
        }
        self.leave_fetcher(&before, p);
        if let Some(leader) = follows {
            self.vol.fetchers.entry(leader).or_default().follow(p);
        }
    }

    /// Forgets a replica. Whether there was one.
    pub(super) fn drop_replica(&mut self, p: Partition) -> bool {
        self.wake_sessions(p);
        let Some(role) = self.vol.replicas.remove(p) else { return false };
        self.leave_fetcher(&role, p);
        self.vol.watermarks.remove(&p);
        true
    }

    fn leave_fetcher(&mut self, role: &ReplicaRole, p: Partition) {
        if let ReplicaRole::Following(Some(leader)) = role
            && let Some(fetcher) = self.vol.fetchers.get_mut(leader)
        {
            fetcher.leave(p);
        }
    }

    /// Brokers that registered anew: what their fetches of an earlier life asked for is not served any more.
    pub(super) fn wake_returned(&mut self, before: &Image) {
        let epoch = |image: &Image, id| image.brokers.get(&id).map(|broker| broker.epoch);
        let image = Arc::clone(&self.vol.image);
        if image.brokers.is_shared_with(&before.brokers) {
            return;
        }
        let returned: Vec<Conn> = self
            .vol
            .sessions
            .keys()
            .filter(|conn| epoch(&image, conn.client) != epoch(before, conn.client))
            .copied()
            .collect();
        returned.into_iter().for_each(|conn| self.wake_session(conn));
    }

    /// What waited for this leader is answered: the write may have happened, its fate is unknown.
    pub(super) fn stop_leading(&mut self, cx: &mut Cx<'_>, p: Partition) {
        self.finish_writes(p, Err(ErrorCode::NotLeaderOrFollower));
        self.wake_produces(cx, p);
        self.drop_shares(cx, p);
        self.wake_fetches(cx, p);
        match InternalTopic::named(cx.shared().topic(p.topic)) {
            Some(InternalTopic::Offsets) => {
                self.with_coordinator(cx, |groups, host| groups.unload(host, p.index));
            }
            Some(InternalTopic::Transactions) => {
                self.with_transactions(cx, |transactions, host| transactions.unload(host, p.index));
            }
            Some(InternalTopic::ShareState) => {
                self.with_share_coordinator(cx, |states, host| states.unload(host, p.index));
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
            Some(InternalTopic::ShareState) => {
                self.with_share_coordinator(cx, |states, host| states.load(host, p.index));
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
