//! A client's picture of the cluster: which broker leads what, as of its last Metadata answer or of a refusal that named the leader.
//!
//! Not modelled: a bootstrap list that leaves brokers out, `metadata.max.idle.ms` (a producer asks for every topic that it ever used),
//! connections that are closed when a client begins again. A client that begins again still knows how many partitions a topic has.

use std::collections::BTreeMap;

use super::{DATA, Requests};
use crate::engine::{Micros, NodeId};
use crate::kafka::config::{Configs, Family};
use crate::kafka::{
    Body, Cx, ErrorCode, LeaderEpoch, LeaderHint, Note, Offset, Partition, Role, TopicId, TopicMetadata,
};

/// What a client believes. A lower leader epoch than the highest seen never replaces it, unless it is that of another topic of the same
/// name (`Metadata.java`).
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    brokers: Vec<NodeId>,
    topics: BTreeMap<TopicId, Known>,
    /// After how long without an answer it begins again; none = never (`metadata.recovery.strategy=none`).
    trigger: Option<Micros>,
    /// Since when it asks without an answer.
    asking_since: Option<Micros>,
}

/// A topic that the client has heard of.
#[derive(Clone, Debug, Default)]
struct Known {
    id: Offset,
    /// The last answer that spoke of it knew no such topic.
    gone: bool,
    partitions: Vec<(Option<NodeId>, LeaderEpoch)>,
}

impl Metadata {
    /// Takes in an answer. True: something about a partition changed.
    pub fn update(&mut self, brokers: &[NodeId], topics: &[TopicMetadata]) -> bool {
        if !brokers.is_empty() {
            self.brokers = brokers.to_vec();
            self.asking_since = None;
        }
        let mut changed = false;
        for topic in topics.iter().filter(|t| t.partitions.is_empty()) {
            // A broker that knows of nobody has not read its metadata yet.
            let unknown = topic.error == ErrorCode::UnknownTopicOrPartition && !brokers.is_empty();
            if let Some(known) = self.topics.get_mut(&topic.topic).filter(|known| unknown && !known.gone) {
                (known.gone, changed) = (true, true);
            }
        }
        for topic in topics.iter().filter(|t| !t.partitions.is_empty()) {
            let known = self.topics.entry(topic.topic).or_default();
            if known.id != topic.id {
                *known = Known { id: topic.id, ..Known::default() };
            }
            changed |= std::mem::take(&mut known.gone);
            let known = &mut known.partitions;
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

    fn known(&self, topic: TopicId) -> Option<&Known> {
        self.topics.get(&topic).filter(|known| !known.gone)
    }

    /// The leader that the client believes in.
    #[must_use]
    pub fn leader(&self, p: Partition) -> Option<NodeId> {
        self.known(p.topic)?.partitions.get(p.index as usize)?.0
    }

    /// The leader epoch that goes with it; -1 if unknown.
    #[must_use]
    pub fn epoch(&self, p: Partition) -> LeaderEpoch {
        let known = self.topics.get(&p.topic).and_then(|t| t.partitions.get(p.index as usize));
        known.map_or(LeaderEpoch(-1), |(_, epoch)| *epoch)
    }

    /// Which topic of that name it knows; -1 = none, or not told.
    #[must_use]
    pub fn topic_id(&self, topic: TopicId) -> Offset {
        self.topics.get(&topic).map_or(Offset::NONE, |known| known.id)
    }

    /// Number of partitions; 0 while the topic is unknown.
    #[must_use]
    pub fn partition_count(&self, topic: TopicId) -> u32 {
        self.known(topic).map_or(0, |t| u32::try_from(t.partitions.len()).unwrap_or(u32::MAX))
    }

    /// How it finds back when no broker that it knows can be reached, or none has answered for long.
    pub fn recover_as(&mut self, configs: &Configs) {
        let rebootstrap = configs.get("metadata.recovery.strategy") == "rebootstrap";
        self.trigger = rebootstrap.then(|| configs.ms("metadata.recovery.rebootstrap.trigger.ms"));
    }

    /// The brokers of the last answer; before the first one the bootstrap list (all brokers of the spec).
    fn nodes(&self, cx: &Cx<'_>) -> Vec<NodeId> {
        if self.brokers.is_empty() {
            cx.shared().of_role(Role::Broker).collect()
        } else {
            self.brokers.clone()
        }
    }

    /// A broker for a question that any broker can answer; none = no broker can be asked now. `most`: requests that a connection may have
    /// out.
    pub fn anyone<T>(&self, cx: &mut Cx<'_>, requests: &Requests<T>, most: usize) -> Option<NodeId> {
        let nodes = self.nodes(cx);
        requests.least_loaded(cx, &nodes, DATA, most).node
    }

    /// A broker to ask for metadata. If none can be reached, or none has answered for too long, the client begins again with its bootstrap
    /// list (KIP-899, KIP-1102).
    pub fn teacher<T>(&mut self, cx: &mut Cx<'_>, requests: &Requests<T>, most: usize) -> Option<NodeId> {
        let (nodes, now) = (self.nodes(cx), cx.now());
        let since = *self.asking_since.get_or_insert(now);
        let found = requests.least_loaded(cx, &nodes, DATA, most);
        let overdue = |trigger: Micros| !found.reachable || now.since(since) > trigger;
        if self.brokers.is_empty() || !self.trigger.is_some_and(overdue) {
            return found.node;
        }
        self.rebootstrap(cx);
        let nodes = self.nodes(cx);
        requests.least_loaded(cx, &nodes, DATA, most).node
    }

    /// Forgets who is there and who leads what, but not the epochs.
    fn rebootstrap(&mut self, cx: &mut Cx<'_>) {
        cx.note(Note::Rebootstrapped { client: cx.me() });
        self.brokers.clear();
        self.asking_since = Some(cx.now());
        for (leader, _) in self.topics.values_mut().flat_map(|topic| &mut topic.partitions) {
            *leader = None;
        }
    }

    /// Takes in what a broker that does not lead says of who does (KIP-951). Only a higher epoch than the one known counts.
    pub fn learn_leaders(&mut self, cx: &mut Cx<'_>, hints: &[LeaderHint]) {
        for &(partition, leader, epoch) in hints {
            let known = self.topics.get_mut(&partition.topic);
            let known = known.and_then(|topic| topic.partitions.get_mut(partition.index as usize));
            if let Some(slot) = known.filter(|slot| epoch > slot.1) {
                *slot = (Some(leader), epoch);
                cx.note(Note::LeaderLearned { client: cx.me(), partition, leader, epoch });
            }
        }
    }

    /// Forgets a partition's leader until the next answer.
    pub fn forget_leader(&mut self, p: Partition) {
        let known = self.topics.get_mut(&p.topic);
        if let Some(slot) = known.and_then(|t| t.partitions.get_mut(p.index as usize)) {
            slot.0 = None;
        }
    }
}

/// Asks about these topics. `create`: those that do not exist may come into being (`allow.auto.create.topics`).
#[must_use]
pub fn metadata_request(topics: impl IntoIterator<Item = TopicId>, create: bool) -> Body {
    Body::Metadata { topics: topics.into_iter().collect(), create }
}

/// How often a client asks for metadata when nothing else makes it ask.
#[must_use]
pub fn refresh_interval(configs: &Configs) -> Micros {
    configs.ms(match configs.family() {
        Family::Java => "metadata.max.age.ms",
        Family::Librdkafka => "topic.metadata.refresh.interval.ms",
    })
}
