//! To each broker one connection and one request at a time, in order (`ControllerChannelManager`, `ControllerBrokerRequestBatch`).
//! Between brokers there is no order: they learn at different times.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::{Acting, Hands, Partition};
use crate::engine::{Micros, NodeId};
use crate::kafka::broker::Pending;
use crate::kafka::client::CONTROL;
use crate::kafka::{
    Body, BrokerEpoch, Control, ErrorCode, LeaderEpoch, MetadataSnapshot, PartitionState, Picture, Stop,
    TopicId,
};

/// What waits to be said to one broker.
#[derive(Clone, Debug, Default)]
pub(super) struct Channel {
    queue: VecDeque<Body>,
    flying: bool,
}

impl Channel {
    pub fn is_busy(&self) -> bool {
        self.flying || !self.queue.is_empty()
    }
}

/// What is to be said once a step is over.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    lead: BTreeMap<NodeId, BTreeSet<Partition>>,
    stop: BTreeMap<NodeId, Vec<Stop>>,
    told: BTreeSet<NodeId>,
    partitions: BTreeSet<Partition>,
    /// It speaks of every partition there is.
    pub whole: bool,
}

impl Acting {
    /// LeaderAndIsr for these brokers about a partition, and UpdateMetadata about it for everybody.
    pub(super) fn tell_replicas(&mut self, to: impl IntoIterator<Item = NodeId>, p: Partition) {
        // Of a partition that was never made there is nothing to tell (`ReplicaStateMachine`: only where leadership is known).
        let made = self.image.partition(p).is_some_and(|state| !state.isr.is_empty());
        for broker in to.into_iter().filter(|_| made) {
            self.outbox.lead.entry(broker).or_default().insert(p);
        }
        self.tell_all(p);
    }

    /// UpdateMetadata about a partition for everybody.
    pub(super) fn tell_all(&mut self, p: Partition) {
        if self.outbox.told.len() != self.image.brokers.len() {
            self.outbox.told.extend(self.image.brokers.keys().copied());
        }
        self.outbox.partitions.insert(p);
    }

    /// StopReplica for a broker.
    pub(super) fn tell_to_stop(&mut self, broker: NodeId, partition: Partition, delete: bool) {
        let leader_epoch = self.image.partition(partition).map_or(LeaderEpoch(-1), |s| s.leader_epoch);
        self.say_stop(broker, Stop { partition, leader_epoch, delete });
    }

    pub(super) fn say_stop(&mut self, broker: NodeId, stop: Stop) {
        self.outbox.stop.entry(broker).or_default().push(stop);
    }

    /// UpdateMetadata with the live brokers alone, at once.
    pub(super) fn inform_of_brokers(&mut self, hands: &mut Hands<'_, '_>, to: &[NodeId]) {
        let same = || MetadataSnapshot(Arc::clone(&self.announced));
        let picture = Picture { before: Some(same()), after: same() };
        self.update(hands, to, &Arc::from([]), &picture);
    }

    /// UpdateMetadata with everything, at once: for brokers that know nothing yet.
    pub(super) fn inform_of_all(&mut self, hands: &mut Hands<'_, '_>, to: &[NodeId]) {
        let told = &self.announced;
        let states: Arc<[_]> =
            told.partitions().filter_map(|(p, _)| Some((p, Arc::clone(told.shared(p)?)))).collect();
        let picture = Picture { before: None, after: MetadataSnapshot(Arc::clone(&self.announced)) };
        self.update(hands, to, &states, &picture);
    }

    pub(super) fn update(
        &mut self,
        hands: &mut Hands<'_, '_>,
        to: &[NodeId],
        states: &Arc<[(Partition, Arc<PartitionState>)]>,
        picture: &Picture,
    ) {
        let brokers: Arc<[_]> = self.image.brokers.iter().map(|(id, state)| (*id, *state)).collect();
        for broker in to {
            let (states, brokers, picture) = (Arc::clone(states), Arc::clone(&brokers), picture.clone());
            self.say(hands, *broker, |by| Body::UpdateMetadata { by, brokers, states, picture });
        }
    }

    /// Says what has gathered: LeaderAndIsr, then UpdateMetadata, then StopReplica.
    pub(super) fn flush(&mut self, hands: &mut Hands<'_, '_>) {
        let outbox = std::mem::take(&mut self.outbox);
        for (broker, partitions) in outbox.lead {
            let states: Arc<[_]> =
                partitions.into_iter().filter_map(|p| Some((p, Arc::clone(self.image.shared(p)?)))).collect();
            let mut topics: Vec<TopicId> = states.iter().map(|(p, _)| p.topic).collect();
            topics.dedup();
            let topics = topics.into_iter().map(|topic| (topic, self.image.topic_id(topic))).collect();
            self.say(hands, broker, |by| Body::LeaderAndIsr { by, states, topics });
        }
        if !outbox.told.is_empty() {
            let known =
                outbox.partitions.into_iter().filter_map(|p| Some((p, Arc::clone(self.image.shared(p)?))));
            let states: Arc<[_]> = known.filter(|(_, state)| !state.isr.is_empty()).collect();
            let before = MetadataSnapshot(Arc::clone(&self.announced));
            for (p, state) in states.iter() {
                super::put(&mut self.announced, *p, Arc::clone(state));
                super::name(&mut self.announced, p.topic, self.image.topic_id(p.topic));
            }
            let after = MetadataSnapshot(Arc::clone(&self.announced));
            let to: Vec<NodeId> = outbox.told.into_iter().collect();
            self.update(hands, &to, &states, &Picture { before: (!outbox.whole).then_some(before), after });
        }
        for (broker, stops) in outbox.stop {
            self.say(hands, broker, |by| Body::StopReplica { by, stops });
        }
    }

    fn say(&mut self, hands: &mut Hands<'_, '_>, broker: NodeId, body: impl FnOnce(Control) -> Body) {
        let Some(state) = self.image.brokers.get(&broker) else { return };
        let (controller, controller_epoch) = (hands.cx.me(), self.epoch);
        let by = Control { controller, controller_epoch, broker_epoch: state.epoch };
        self.channels.entry(broker).or_default().queue.push_back(body(by));
        self.send_next(hands, broker);
    }

    /// Sends the oldest of what waits, unless one is under way.
    pub fn send_next(&mut self, hands: &mut Hands<'_, '_>, broker: NodeId) {
        let Some(channel) = self.channels.get_mut(&broker).filter(|channel| !channel.flying) else { return };
        let Some(body) = channel.queue.front().cloned() else { return };
        channel.flying = true;
        let limit = Micros::secs(30);
        hands.requests.send(hands.cx, broker, CONTROL, false, body, limit, Pending::Control(broker));
    }

    /// A broker answered: the next one.
    pub fn on_controlled(&mut self, hands: &mut Hands<'_, '_>, broker: NodeId, _error: ErrorCode) {
        let Some(channel) = self.channels.get_mut(&broker) else { return };
        let done = if channel.flying { channel.queue.pop_front() } else { None };
        channel.flying = false;
        self.send_next(hands, broker);
        if let Some(done) = done {
            self.copies_are_gone(broker, &done);
            self.go_on(hands);
        }
    }

    /// No answer: the same again, after a while.
    pub fn on_control_lost(&mut self, broker: NodeId) {
        if let Some(channel) = self.channels.get_mut(&broker) {
            channel.flying = false;
        }
    }

    /// A broker is gone, or another life of it is there: what was to be said to it is not.
    pub(super) fn close_channel(&mut self, hands: &mut Hands<'_, '_>, broker: NodeId) {
        self.channels.remove(&broker);
        hands.requests.drop_lane(hands.cx, broker, CONTROL);
    }

    /// A broker's registration as it knows it.
    pub(super) fn registration(&self, broker: NodeId) -> Option<BrokerEpoch> {
        self.image.brokers.get(&broker).map(|state| state.epoch)
    }
}
