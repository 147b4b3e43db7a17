//! What everybody should have: the subscribed topics, the assignor, the target assignment.

use std::collections::{BTreeMap, BTreeSet};

use super::ConsumerGroup;
use crate::kafka::group::assign::{Candidate, SERVER_ASSIGNORS, server_assign, simple_assign};
use crate::kafka::{Generation, Image, MemberId, Partition, Subscription, TopicId};

impl ConsumerGroup {
    /// The topics that members want to read, as far as they exist.
    pub(super) fn subscribed(&self, image: &Image) -> BTreeMap<TopicId, u32> {
        let wanted = self.members.iter().flat_map(|m| m.metadata.topics.iter().copied());
        wanted.map(|topic| (topic, image.partition_count(topic))).filter(|(_, count)| *count > 0).collect()
    }

    /// The assignor that most members prefer; uniform if none says, and simple in a share group. Ties go to the order of [`SERVER_ASSIGNORS`].
    #[must_use]
    pub fn assignor(&self) -> &'static str {
        if self.share {
            return "simple";
        }
        let votes = |name: &str| self.members.iter().filter(|m| m.metadata.assignor == Some(name)).count();
        let most = SERVER_ASSIGNORS.iter().rev().copied().max_by_key(|name| votes(name));
        most.unwrap_or(SERVER_ASSIGNORS[0])
    }

    /// Computes who should have what, for the present group epoch.
    pub(super) fn retarget(&mut self) {
        let shares = share_out(self);
        self.target = shares;
        self.target_epoch = self.epoch;
    }
}

/// Runs the assignor. What everybody has as a target now is its input; members go in order of joining, topics in order of their ids
/// (Kafka visits both in hash order).
fn share_out(group: &ConsumerGroup) -> BTreeMap<MemberId, BTreeSet<Partition>> {
    let candidates: Vec<Candidate> = group
        .members
        .iter()
        .map(|m| Candidate {
            member: m.id,
            name: String::new(), // the server's assignors do not look at it
            instance: m.metadata.instance.clone(),
            subscription: Subscription {
                topics: m.metadata.topics.iter().filter(|t| group.topics.contains_key(t)).copied().collect(),
                owned: group.target_of(m.id).into_iter().collect(),
                generation: Generation(group.target_epoch),
                user_data: None,
            },
        })
        .collect();
    let topics: Vec<(TopicId, u32)> = group.topics.iter().map(|(topic, count)| (*topic, *count)).collect();
    let shares = if group.share {
        simple_assign(&candidates, &topics)
    } else {
        server_assign(group.assignor(), &candidates, &topics).unwrap_or_default()
    };
    shares.into_iter().map(|(member, partitions)| (member, partitions.into_iter().collect())).collect()
}
