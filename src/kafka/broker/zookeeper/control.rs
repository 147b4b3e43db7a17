//! What a controller sends: who leads and follows (LeaderAndIsr), what everybody is told (UpdateMetadata), who stops (StopReplica)
//! (`KafkaApis`, `ReplicaManager.becomeLeaderOrFollower`, `ZkMetadataCache`).
//!
//! Requests are worked off one at a time, each partition taking its time. A request of an older controller, or for an earlier life of this
//! broker, is refused.

use std::sync::Arc;

use super::super::{Broker, ReplicaRole};
use super::Then;
use super::acting::{is_deleted, name, put};
use crate::engine::{Blocks, Envelope, Micros, NodeId};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::zookeeper::{Op, Path};
use crate::kafka::{
    Body, BrokerState, Control, Cx, ErrorCode, Image, LeaderEpoch, MetadataRecord, MetadataSnapshot, Note,
    Offset, Partition, PartitionState, Picture, Stop, Timer, TopicId, cost,
};

/// Who sends it, and how many partitions it speaks of.
fn header(body: &Body) -> Option<(Control, usize)> {
    match body {
        Body::LeaderAndIsr { by, states, .. } => Some((*by, states.len())),
        Body::UpdateMetadata { by, states, .. } => Some((*by, states.len())),
        Body::StopReplica { by, stops } => Some((*by, stops.len())),
        _ => None,
    }
}

/// Topics that are being deleted.
fn gone(states: &[(Partition, Arc<PartitionState>)]) -> Vec<TopicId> {
    let mut gone: Vec<TopicId> =
        states.iter().filter(|(_, state)| is_deleted(state)).map(|(p, _)| p.topic).collect();
    gone.dedup();
    gone
}

impl Broker {
    /// A controller says something.
    pub(in crate::kafka::broker) fn on_control(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        self.vol.zookeeper.queue.push_back(Arc::new(message.clone()));
        self.work_off(cx);
    }

    /// Begins with the oldest request. A broker that is not registered yet lets them wait.
    pub(super) fn work_off(&mut self, cx: &mut Cx<'_>) {
        while !self.vol.zookeeper.working {
            let (Some(own), Some(message)) = (self.vol.epoch, self.vol.zookeeper.queue.front().cloned())
            else {
                return;
            };
            let Some((by, entries)) = header(&message.body) else {
                self.vol.zookeeper.queue.pop_front();
                continue;
            };
            let error = if by.broker_epoch < own && !mutant::on(Mutant::ObeysAnyController) {
                ErrorCode::StaleBrokerEpoch
            } else if by.controller_epoch < self.vol.zookeeper.epoch
                && !mutant::on(Mutant::ObeysAnyController)
            {
                ErrorCode::StaleControllerEpoch
            } else {
                ErrorCode::None
            };
            let api = crate::engine::Body::api(&message.body);
            if error != ErrorCode::None {
                let (node, epoch) = (cx.me(), by.controller_epoch);
                cx.note(Note::ControlRefused { node, api, epoch, error });
                self.vol.zookeeper.queue.pop_front();
                self.answer(cx, message.conn, message.id, message.quiet, Body::Controlled { api, error });
                continue;
            }
            self.vol.zookeeper.epoch = self.vol.zookeeper.epoch.max(by.controller_epoch);
            self.vol.zookeeper.working = true;
            let unknown = self.topics_without_settings(cx.me(), &message.body);
            if !unknown.is_empty() {
                let read = |topic: &TopicId| Op::Get { path: Path::TopicConfig(*topic), watch: false };
                let ops = unknown.iter().map(read).collect();
                return self.vol.zookeeper.client.ask(cx, ops, Then::Settings(unknown));
            }
            let takes = Micros(cost::APPLY_PARTITION.0 * u64::try_from(entries).unwrap_or(0));
            if takes > Micros::ZERO {
                return cx.set_timer(Timer::Apply, takes);
            }
            self.apply_control(cx);
        }
    }

    /// The time for it has passed: the oldest request takes effect.
    pub(super) fn apply_control(&mut self, cx: &mut Cx<'_>) {
        self.vol.zookeeper.working = false;
        let Some(message) = self.vol.zookeeper.queue.pop_front() else { return };
        let Some((by, entries)) = header(&message.body) else { return };
        match &message.body {
            Body::LeaderAndIsr { states, topics, .. } => self.lead_and_follow(cx, states, topics),
            Body::UpdateMetadata { brokers, states, picture, .. } => {
                self.take_in_metadata(by, brokers, states, picture);
                let gone = gone(states);
                if !gone.is_empty() {
                    self.with_coordinator(cx, |groups, host| groups.on_topics_deleted(host, &gone));
                }
            }
            Body::StopReplica { stops, .. } => self.stop_replicas(cx, stops),
            _ => {}
        }
        let (api, node, epoch) = (crate::engine::Body::api(&message.body), cx.me(), by.controller_epoch);
        let entries = u32::try_from(entries).unwrap_or(u32::MAX);
        cx.note(Note::ControlApplied { node, api, epoch, entries });
        let body = Body::Controlled { api, error: ErrorCode::None };
        self.answer(cx, message.conn, message.id, message.quiet, body);
        self.act(cx, |acting, hands| acting.look_for_leaders(hands));
        self.work_off(cx);
    }

    /// Only a newer leadership than the known one takes effect. Changes of the in-sync set within one come as answers to the leader. A log that
    /// is left of a deleted topic is not taken for that of a later one of its name (INCONSISTENT_TOPIC_ID).
    fn lead_and_follow(
        &mut self,
        cx: &mut Cx<'_>,
        states: &[(Partition, Arc<PartitionState>)],
        topics: &[(TopicId, Offset)],
    ) {
        for (p, state) in states {
            let named = topics.binary_search_by_key(&p.topic, |(topic, _)| *topic);
            let id = named.ok().and_then(|ix| topics.get(ix)).map_or(Offset::NONE, |(_, id)| *id);
            let own = self.disk.topic_id(*p);
            let known = self.vol.replicas.get(*p).map_or(LeaderEpoch(-1), |replica| replica.epoch);
            if state.leader_epoch > known && (own == Offset::NONE || own == id) {
                self.apply_partition(cx, *p, state);
                self.disk.name_topic(*p, id);
            }
        }
        self.follow_leaders(cx);
    }

    /// What this broker tells clients, and whom it takes for alive. Where its own picture is the one that the controller started from, it
    /// shares the controller's next one.
    fn take_in_metadata(
        &mut self,
        by: Control,
        brokers: &[(NodeId, BrokerState)],
        states: &[(Partition, Arc<PartitionState>)],
        picture: &Picture,
    ) {
        self.vol.zookeeper.told = Some(by.controller);
        let earlier = Arc::clone(&self.vol.image);
        let shared = |before: &MetadataSnapshot| before.0.topics.is_shared_with(&self.vol.image.topics);
        if picture.before.as_ref().is_none_or(shared) {
            let live = self.vol.image.brokers.clone();
            self.vol.image = Arc::clone(&picture.after.0);
            if live != self.vol.image.brokers {
                Arc::make_mut(&mut self.vol.image).brokers = live;
            }
        } else {
            for (p, state) in states.iter().filter(|(_, state)| !is_deleted(state)) {
                put(&mut self.vol.image, *p, Arc::clone(state));
                name(&mut self.vol.image, p.topic, picture.after.0.topic_id(p.topic));
            }
            for topic in gone(states) {
                let image = Arc::make_mut(&mut self.vol.image);
                image.apply(image.offset, &MetadataRecord::RemoveTopic(topic));
            }
        }
        if !self.vol.image.brokers.iter().map(|(id, state)| (*id, *state)).eq(brokers.iter().copied()) {
            let image: &mut Image = Arc::make_mut(&mut self.vol.image);
            image.brokers = Blocks::default();
            for (id, state) in brokers {
                image.brokers.insert(*id, *state);
            }
        }
        self.wake_returned(&earlier);
    }

    fn stop_replicas(&mut self, cx: &mut Cx<'_>, stops: &[Stop]) {
        for stop in stops {
            let p = stop.partition;
            let Some(replica) = self.vol.replicas.get(p) else {
                // A process that has just started was not told to keep it, and still has it on its disk.
                if stop.delete {
                    self.disk.remove(p);
                }
                continue;
            };
            if stop.leader_epoch < replica.epoch {
                continue;
            }
            let led = matches!(replica.role, ReplicaRole::Leading(_));
            self.wake_sessions(p);
            self.change_role(p, ReplicaRole::Following(None));
            if led {
                self.stop_leading(cx, p);
            }
            if stop.delete {
                self.drop_replica(p);
                self.disk.remove(p);
            }
        }
    }
}
