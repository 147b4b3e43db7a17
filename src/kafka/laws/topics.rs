//! Topics that come and go: what was seen of one says nothing about another of the same name.

use super::look::{broker, topic_now, topic_of_log};
use super::witness::Witness;
use crate::engine::NodeId;
use crate::kafka::{Note, Partition, RecordId, TopicId, World};

impl Witness {
    /// The topic is gone, or another one of that name is there: what is remembered of its partitions is not of this one.
    pub(super) fn forget_topic(&mut self, topic: TopicId) {
        self.committed.retain(|p, _| p.topic != topic);
        self.leaders.retain(|(p, _), _| p.topic != topic);
        self.entries.retain(|p, _| p.topic != topic);
        self.changed.retain(|p, _| p.topic != topic);
        self.high_watermarks.retain(|(_, p), _| p.topic != topic);
        self.starts.retain(|(_, p), _| p.topic != topic);
        self.cut_short.retain(|(_, p), _| p.topic != topic);
        self.rewritten.retain(|p| p.topic != topic);
        self.tails.retain(|(_, p), _| p.topic != topic);
        self.stable.retain(|(_, p), _| p.topic != topic);
        self.half_known.retain(|(p, _)| p.topic != topic);
        self.acked.retain(|(_, p), _| p.topic != topic);
        self.delivered.retain(|(_, p), _| p.topic != topic);
        self.unclean.retain(|p| p.topic != topic);
        self.groups.forget_topic(topic);
        self.shares.retain(|key, _| key.partition.topic != topic);
    }

    /// Something happened to a log of a topic that is deleted already. Its records may still be acknowledged and read.
    pub(super) fn see_bygone(&mut self, world: &World, node: NodeId, p: Partition, note: &Note) {
        let Note::Appended { base, .. } = note else { return };
        let topic = topic_of_log(world, node, p);
        let log = broker(world, node).and_then(|b| b.log(p));
        let batches = log.into_iter().flat_map(|log| log.batches_from(*base));
        for (offset, record) in batches.flat_map(|batch| batch.entries()) {
            if let Some(fate) = self.fates.get_mut(record.id.0) {
                fate.topic = fate.topic.or(topic);
                fate.places.push(offset);
            }
        }
    }

    /// Whether the topic that a record lay in first is deleted.
    pub(super) fn lay_in_bygone(&self, world: &World, record: RecordId) -> bool {
        let lay = self.fates.get(record.0).filter(|fate| !fate.places.is_empty());
        lay.is_some_and(|fate| fate.topic.is_none() || fate.topic != topic_now(world, fate.partition.topic))
    }
}
