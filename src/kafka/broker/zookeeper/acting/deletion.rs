//! A topic goes (`TopicDeletionManager`): everybody hears that it is no more, its copies stop and are deleted, and when every broker that
//! has one has said so, its znodes go.
//!
//! ```text
//!  /admin/delete_topics/orders ─▶ UpdateMetadata(leader -2) ─▶ StopReplica ─▶ StopReplica(delete) ─▶ all answered ─▶ /brokers/topics/orders,
//!                                                                                                    /config/topics/orders and the wish go
//! ```
//!
//! A broker that is down answers nothing: until it is back the topic stays half deleted, and nobody can make another one of that name.
//!
//! Not modelled: a deletion waits for a reassignment of the topic; the controller writes in-sync sets that shrink while it deletes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Acting, Event, Hands, Op, Partition, PartitionState, Reply, Task};
use crate::engine::NodeId;
use crate::kafka::zookeeper::{Data, Mode, Path, Refusal};
use crate::kafka::{
    Body, ErrorCode, Image, LeaderEpoch, MetadataRecord, MetadataSnapshot, Picture, Stop, TopicId,
};

/// A topic on its way out.
#[derive(Clone, Debug, Default)]
pub(in crate::kafka::broker) struct Deletion {
    /// Its copies, with the leadership that they last heard of.
    copies: Vec<(Partition, NodeId, LeaderEpoch)>,
    /// Brokers that have not said yet that theirs are gone.
    left: BTreeSet<NodeId>,
    partitions: u32,
}

/// What brokers are told of a partition that is being deleted: nobody leads it, and nobody keeps it (`LeaderDuringDelete`).
fn deleted() -> PartitionState {
    PartitionState { leader_epoch: LeaderEpoch(-2), ..PartitionState::default() }
}

/// Whether this is what brokers are told of a partition that is being deleted.
pub(in crate::kafka::broker) fn is_deleted(state: &PartitionState) -> bool {
    state.leader_epoch == LeaderEpoch(-2)
}

fn remove(image: &mut Arc<Image>, topic: TopicId) {
    let image = Arc::make_mut(image);
    image.apply(image.offset, &MetadataRecord::RemoveTopic(topic));
}

impl Acting {
    /// An admin wants it gone: the wish is written down.
    pub(super) fn wish_deleted(&mut self, hands: &Hands<'_, '_>, topic: TopicId) -> Option<ErrorCode> {
        if !hands.configs.on("delete.topic.enable") {
            return Some(ErrorCode::TopicDeletionDisabled);
        }
        if !self.image.topics.contains_key(&topic) {
            let known = self.deleting.contains_key(&topic);
            return (!known).then_some(ErrorCode::UnknownTopicOrPartition);
        }
        self.tasks.push_back(Task::WishDeleted(topic));
        None
    }

    pub(super) fn deletion_questions(&self, task: &Task) -> Vec<Op> {
        match task {
            Task::WishDeleted(topic) => {
                let path = Path::DeleteTopic(*topic);
                vec![Op::Create { path, data: Data::Nothing, how: Mode::Persistent }]
            }
            Task::EraseTopic(topic) => self.erasure(*topic),
            _ => vec![Op::Children { path: Path::DeleteTopics, watch: true }],
        }
    }

    /// Children before their parents, the wish last; each with the check of the controller's epoch.
    fn erasure(&self, topic: TopicId) -> Vec<Op> {
        let partitions = self.deleting.get(&topic).map_or(0, |deletion| deletion.partitions);
        let below = (0..partitions).flat_map(|index| {
            let p = Partition { topic, index };
            [Path::State(p), Path::Partition(p)]
        });
        let above =
            [Path::Partitions(topic), Path::Topic(topic), Path::TopicConfig(topic), Path::DeleteTopic(topic)];
        below.chain(above).map(|path| Op::Multi(vec![self.check(), Op::Delete { path }])).collect()
    }

    /// Which topics are to go: from now on nobody is elected there. A new controller tells them once everything else is done.
    pub(super) fn on_wishes(&mut self, replies: &[Reply]) {
        let Some(Reply::Children(paths)) = replies.first() else { return };
        for path in paths {
            if let Path::DeleteTopic(topic) = path
                && !self.deleting.contains_key(topic)
            {
                self.queue_deletion(*topic);
                self.events.push_back(Event::Delete(*topic));
            }
        }
    }

    fn queue_deletion(&mut self, topic: TopicId) {
        let Some(state) = self.image.topics.get(&topic).cloned() else { return };
        let of = |(index, state): (u32, &PartitionState)| {
            let (p, epoch) = (Partition { topic, index }, state.leader_epoch);
            state.replicas.iter().map(|id| (p, *id, epoch)).collect::<Vec<_>>()
        };
        let copies: Vec<_> = state.partitions.numbered().flat_map(of).collect();
        let left = copies.iter().map(|(_, id, _)| *id).collect();
        let partitions = self.image.partition_count(topic);
        self.deleting.insert(topic, Deletion { copies, left, partitions });
        remove(&mut self.image, topic);
    }

    pub(super) fn begin_deletion(&mut self, hands: &mut Hands<'_, '_>, topic: TopicId) {
        let Some(partitions) = self.deleting.get(&topic).map(|deletion| deletion.partitions) else {
            // Nothing but the wish is there.
            return self.next([Task::EraseTopic(topic)]);
        };
        let before = MetadataSnapshot(Arc::clone(&self.announced));
        remove(&mut self.announced, topic);
        let picture = Picture { before: Some(before), after: MetadataSnapshot(Arc::clone(&self.announced)) };
        let gone = Arc::new(deleted());
        let states = (0..partitions).map(|index| (Partition { topic, index }, Arc::clone(&gone))).collect();
        let live = self.live();
        self.update(hands, &live, &states, &picture);
        for delete in [false, true] {
            self.stop_copies(topic, &live, delete);
            self.flush(hands);
        }
    }

    fn stop_copies(&mut self, topic: TopicId, brokers: &[NodeId], delete: bool) {
        let Some(deletion) = self.deleting.get(&topic) else { return };
        let meant = |broker: &NodeId| brokers.contains(broker) && deletion.left.contains(broker);
        let copies: Vec<_> = deletion.copies.iter().filter(|(_, broker, _)| meant(broker)).copied().collect();
        for (partition, broker, leader_epoch) in copies {
            self.say_stop(broker, Stop { partition, leader_epoch, delete });
        }
    }

    /// Brokers are back that still have copies of what is to go.
    pub(super) fn resume_deletions(&mut self, brokers: &[NodeId]) {
        let topics: Vec<TopicId> = self.deleting.keys().copied().collect();
        for topic in topics {
            self.stop_copies(topic, brokers, true);
        }
    }

    /// A broker has done what it was told.
    pub(super) fn copies_are_gone(&mut self, broker: NodeId, done: &Body) {
        let Body::StopReplica { stops, .. } = done else { return };
        let mut topics: Vec<TopicId> = stops.iter().filter(|s| s.delete).map(|s| s.partition.topic).collect();
        topics.dedup();
        for topic in topics {
            let Some(deletion) = self.deleting.get_mut(&topic) else { continue };
            if deletion.left.remove(&broker) && deletion.left.is_empty() {
                self.tasks.push_back(Task::EraseTopic(topic));
            }
        }
    }

    pub(super) fn on_erased(&mut self, topic: TopicId, replies: &[Reply]) {
        let replaced = |reply: &Reply| reply.refusal() == Some(Refusal::BadVersion);
        if replies.iter().any(replaced) {
            return self.depose();
        }
        self.deleting.remove(&topic);
    }
}
