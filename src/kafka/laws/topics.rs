//! Topics that come and go: what was seen of one says nothing about another of the same name.

use super::witness::Witness;
use crate::kafka::TopicId;

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
    }
}
