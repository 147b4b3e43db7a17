//! A client's picture of the cluster: which broker leads what, as of its last Metadata answer.

use std::collections::BTreeMap;

use crate::engine::NodeId;
use crate::kafka::{Body, Cx, LeaderEpoch, LeaderHint, Note, Partition, Role, TopicId, TopicMetadata};

/// What a client believes. A lower leader epoch than the highest seen never replaces it (`Metadata.java`).
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    brokers: Vec<NodeId>,
    topics: BTreeMap<TopicId, Vec<(Option<NodeId>, LeaderEpoch)>>,
    next_broker: usize,
}

impl Metadata {
    /// Takes in an answer. True: something about a partition changed.
    pub fn update(&mut self, brokers: &[NodeId], topics: &[TopicMetadata]) -> bool {
        if !brokers.is_empty() {
            self.brokers = brokers.to_vec();
        }
        let mut changed = false;
        for topic in topics.iter().filter(|t| !t.partitions.is_empty()) {
            let known = self.topics.entry(topic.topic).or_default();
            for (ix, &(leader, epoch)) in topic.partitions.iter().enumerate() {
                match known.get_mut(ix) {
                    Some(slot) if epoch < slot.1 => {}
                    Some(slot) => {
                        changed |= *slot != (leader, epoch);
                        *slot = (leader, epoch);
                    }
                    None => {
                        known.push((leader, epoch));
                        changed = true;
                    }
                }
            }
        }
        changed
    }

    /// The leader that the client believes in.
    #[must_use]
    pub fn leader(&self, p: Partition) -> Option<NodeId> {
        self.topics.get(&p.topic)?.get(p.index as usize)?.0
    }

    /// The leader epoch that goes with it; -1 if unknown.
    #[must_use]
    pub fn epoch(&self, p: Partition) -> LeaderEpoch {
        let known = self.topics.get(&p.topic).and_then(|t| t.get(p.index as usize));
        known.map_or(LeaderEpoch(-1), |(_, epoch)| *epoch)
    }

    /// Number of partitions; 0 while the topic is unknown.
    #[must_use]
    pub fn partition_count(&self, topic: TopicId) -> u32 {
        self.topics.get(&topic).map_or(0, |t| u32::try_from(t.len()).unwrap_or(u32::MAX))
    }

    /// A broker to ask next: those of the last answer in turn, else the bootstrap list (all brokers of the spec).
    pub fn next_broker(&mut self, cx: &Cx<'_>) -> Option<NodeId> {
        if self.brokers.is_empty() {
            self.brokers = cx.shared().of_role(Role::Broker).collect();
        }
        let broker = self.brokers.get(self.next_broker % self.brokers.len().max(1)).copied();
        self.next_broker += 1;
        broker
    }

    /// Forgets who is there, so that the next question goes to the bootstrap list.
    pub fn forget_brokers(&mut self) {
        self.brokers.clear();
    }

    /// Takes in what a broker that does not lead says of who does (KIP-951). Only a higher epoch than the one known counts.
    pub fn learn_leaders(&mut self, cx: &mut Cx<'_>, hints: &[LeaderHint]) {
        for &(partition, leader, epoch) in hints {
            let known = self.topics.get_mut(&partition.topic);
            let known = known.and_then(|topic| topic.get_mut(partition.index as usize));
            if let Some(slot) = known.filter(|slot| epoch > slot.1) {
                *slot = (Some(leader), epoch);
                cx.note(Note::LeaderLearned { client: cx.me(), partition, leader, epoch });
            }
        }
    }

    /// Forgets a partition's leader until the next answer.
    pub fn forget_leader(&mut self, p: Partition) {
        if let Some(slot) = self.topics.get_mut(&p.topic).and_then(|t| t.get_mut(p.index as usize)) {
            slot.0 = None;
        }
    }
}

/// Asks about these topics.
#[must_use]
pub fn metadata_request(topics: impl IntoIterator<Item = TopicId>) -> Body {
    Body::Metadata { topics: topics.into_iter().collect() }
}
