//! The cluster's metadata as one immutable picture, built by applying records of the metadata log in order.
//!
//! A broker holds `(offset, Arc<Image>)` out of one history, so brokers differ by lag only, never in content. Entries lie in blocks of
//! 64 that pictures share: a record copies one block and the path to it, and what differs between two pictures is found without a look
//! at what they share. Counts are kept as records are applied, so that none of them needs a walk through all partitions.

mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BrokerEpoch, LeaderEpoch, Offset, Partition, PartitionEpoch, TopicId};
use crate::engine::{Blocks, NodeId};
use tally::Tally;
pub use tally::{Holding, Partitions};

/// A record of the metadata log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MetadataRecord {
    /// A broker process registered (`RegisterBrokerRecord`); it starts fenced. Its offset is the broker epoch.
    RegisterBroker {
        /// The broker.
        broker: NodeId,
        /// Which life of the process.
        incarnation: u32,
    },
    /// A broker was fenced or unfenced, or began its controlled shutdown (`BrokerRegistrationChangeRecord`).
    BrokerChange {
        /// The broker.
        broker: NodeId,
        /// Counted as gone.
        fenced: bool,
        /// On its way out in an orderly way.
        shutting_down: bool,
    },
    /// A topic exists (`TopicRecord` and its `ConfigRecord`s).
    Topic {
        /// The topic.
        topic: TopicId,
        /// Its own settings, by Kafka's names.
        configs: Vec<(&'static str, Arc<str>)>,
    },
    /// A setting of a topic changed (`ConfigRecord`).
    TopicConfig {
        /// The topic.
        topic: TopicId,
        /// Kafka's name of the setting.
        key: &'static str,
        /// Its new value.
        value: Arc<str>,
    },
    /// A topic is gone (`RemoveTopicRecord`).
    RemoveTopic(TopicId),
    /// A partition exists, or all of its registration changed (`PartitionRecord`, `PartitionChangeRecord`).
    Partition(Partition, PartitionState),
    /// A block of producer ids was handed out (`ProducerIdsRecord`).
    ProducerIds {
        /// First id that is still free.
        next: i64,
    },
    /// Nothing; shows observers that the controller is there (`NoOpRecord`).
    NoOp,
}

impl MetadataRecord {
    /// Kafka's name of the record.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RegisterBroker { .. } => "RegisterBroker",
            Self::BrokerChange { .. } => "BrokerRegistrationChange",
            Self::Topic { .. } => "Topic",
            Self::TopicConfig { .. } => "Config",
            Self::RemoveTopic(_) => "RemoveTopic",
            Self::Partition(_, state) if state.partition_epoch.0 == 0 => "Partition",
            Self::Partition(..) => "PartitionChange",
            Self::ProducerIds { .. } => "ProducerIds",
            Self::NoOp => "NoOp",
        }
    }
}

/// A partition as the controller has committed it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PartitionState {
    /// Assignment; the first is the preferred leader.
    pub replicas: Vec<NodeId>,
    /// In-sync replicas, in the order of the assignment; empty only without a leader.
    pub isr: Vec<NodeId>,
    /// Leader; none = offline.
    pub leader: Option<NodeId>,
    /// Which leadership.
    pub leader_epoch: LeaderEpoch,
    /// Which version of this entry.
    pub partition_epoch: PartitionEpoch,
    /// Eligible leader replicas: not in sync, but with every committed record (KIP-966).
    pub elr: Vec<NodeId>,
    /// Who led when the in-sync set became empty.
    pub last_leader: Option<NodeId>,
    /// The leader was elected uncleanly and has not told yet that its log is in order.
    pub recovering: bool,
    /// Replicas that a reassignment is adding.
    pub adding: Vec<NodeId>,
    /// Replicas that a reassignment will remove.
    pub removing: Vec<NodeId>,
}

/// A registered broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BrokerState {
    /// Which registration.
    pub epoch: BrokerEpoch,
    /// Which life of the process.
    pub incarnation: u32,
    /// Counted as gone: leads nothing, is in no in-sync set.
    pub fenced: bool,
    /// Leaving in an orderly way.
    pub shutting_down: bool,
}

impl BrokerState {
    /// Whether the broker may lead and be in sync.
    #[must_use]
    pub const fn active(&self) -> bool {
        !self.fenced && !self.shutting_down
    }
}

impl PartitionState {
    /// Nobody leads.
    #[must_use]
    pub const fn is_leaderless(&self) -> bool {
        self.leader.is_none()
    }

    /// Fewer copies are in sync than assigned.
    #[must_use]
    pub const fn is_under_replicated(&self) -> bool {
        self.isr.len() < self.replicas.len()
    }

    /// Another than the preferred replica leads.
    #[must_use]
    pub fn is_displaced(&self) -> bool {
        self.leader.is_some() && self.leader.as_ref() != self.replicas.first()
    }
}

/// The partitions of a topic, by number. Copies share what neither has touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries(Blocks<u32, Arc<PartitionState>>);

impl Entries {
    /// Number of partitions.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The partition of that number.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&PartitionState> {
        self.shared(index).map(|state| &**state)
    }

    fn shared(&self, index: usize) -> Option<&Arc<PartitionState>> {
        self.0.get(&u32::try_from(index).ok()?)
    }

    /// Partition 0.
    #[must_use]
    pub fn first(&self) -> Option<&PartitionState> {
        self.get(0)
    }

    /// Entries in order.
    pub fn iter(&self) -> impl Iterator<Item = &PartitionState> {
        self.0.values().map(|state| &**state)
    }

    /// Entries with their numbers, in order.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, &PartitionState)> {
        self.0.iter().map(|(index, state)| (*index, &**state))
    }

    /// Blocks that are not shared with `before`.
    #[must_use]
    pub fn copied_since(&self, before: &Self) -> usize {
        self.0.copied_since(&before.0)
    }
}

/// A topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicState {
    /// Which topic of this name: where its record is (with ZooKeeper, the zxid that made its znode). Kafka draws a UUID. -1 = not told.
    pub id: Offset,
    /// Its partitions.
    pub partitions: Entries,
    /// Its own settings.
    pub configs: BTreeMap<&'static str, Arc<str>>,
}

/// Everything the metadata log says, up to one offset.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// Offset of the last record applied; none = -1.
    pub offset: Offset,
    /// Registered brokers.
    pub brokers: Blocks<NodeId, BrokerState>,
    /// Topics that exist.
    pub topics: Blocks<TopicId, Arc<TopicState>>,
    /// First free producer id.
    pub next_producer_id: i64,
    tally: Tally,
}

impl Image {
    /// The picture before the first record.
    #[must_use]
    pub fn empty() -> Self {
        Self { offset: Offset::NONE, ..Self::default() }
    }

    /// A partition's entry.
    #[must_use]
    pub fn partition(&self, p: Partition) -> Option<&PartitionState> {
        self.topics.get(&p.topic)?.partitions.get(p.index as usize)
    }

    /// The same, for who keeps it: pictures and messages share it.
    #[must_use]
    pub fn shared(&self, p: Partition) -> Option<&Arc<PartitionState>> {
        self.topics.get(&p.topic)?.partitions.shared(p.index as usize)
    }

    /// Number of partitions of a topic; 0 if it does not exist.
    #[must_use]
    pub fn partition_count(&self, topic: TopicId) -> u32 {
        self.topics.get(&topic).map_or(0, |t| u32::try_from(t.partitions.len()).unwrap_or(u32::MAX))
    }

    /// All partitions with their entries, in order. A walk through everything: not for what happens often.
    pub fn partitions(&self) -> impl Iterator<Item = (Partition, &PartitionState)> {
        self.topics.iter().flat_map(|(&topic, state)| {
            state.partitions.numbered().map(move |(index, p)| (Partition { topic, index }, p))
        })
    }

    /// Whether a broker is registered, not fenced and not shutting down.
    #[must_use]
    pub fn active(&self, broker: NodeId) -> bool {
        self.brokers.get(&broker).is_some_and(BrokerState::active)
    }

    // ---- counted as records are applied ----

    /// Partitions without a leader.
    #[must_use]
    pub const fn leaderless(&self) -> &Partitions {
        &self.tally.leaderless
    }

    /// Partitions with fewer copies in sync than assigned.
    #[must_use]
    pub const fn under_replicated(&self) -> &Partitions {
        &self.tally.under_replicated
    }

    /// Partitions that another than the preferred replica leads.
    #[must_use]
    pub const fn displaced(&self) -> &Partitions {
        &self.tally.displaced
    }

    /// What a broker holds; none = never anything.
    #[must_use]
    pub fn holding(&self, broker: NodeId) -> Option<&Holding> {
        self.tally.holdings.get(&broker)
    }

    /// Brokers that hold something, or ever did.
    pub fn holders(&self) -> impl Iterator<Item = NodeId> {
        self.tally.holdings.keys().copied()
    }

    /// Number of partitions that a broker leads.
    #[must_use]
    pub fn leaders_on(&self, broker: NodeId) -> usize {
        self.holding(broker).map_or(0, |holding| holding.leaders as usize)
    }

    /// Partitions that a broker has a copy of, with their entries, in order.
    pub fn partitions_on(&self, broker: NodeId) -> impl Iterator<Item = (Partition, &PartitionState)> {
        let all = self.holding(broker).into_iter().flat_map(|holding| holding.replicas.keys());
        all.filter_map(|&p| Some((p, self.partition(p)?)))
    }

    /// Partitions whose entry is not the same in an earlier picture. What the two share is not looked at.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> Vec<(Partition, &PartitionState)> {
        let none = TopicState::default();
        let mut changed = Vec::new();
        for (&topic, state) in self.topics.changed_since(&before.topics) {
            let old = before.topics.get(&topic).map_or(&none.partitions, |old| &old.partitions);
            let entries = state.partitions.0.changed_since(&old.0);
            changed.extend(entries.into_iter().map(|(&index, p)| (Partition { topic, index }, &**p)));
        }
        changed
    }

    /// Those of the changed partitions that concern a broker: it has a copy now, or had one. Looks at what changed or at what the broker
    /// holds, whichever is less.
    #[must_use]
    pub fn changed_on(&self, broker: NodeId, before: &Self) -> Vec<(Partition, &PartitionState)> {
        let concerns = |p: Partition, state: &PartitionState| {
            state.replicas.contains(&broker)
                || before.partition(p).is_some_and(|s| s.replicas.contains(&broker))
        };
        let held =
            |image: &Self| image.holding(broker).map(|holding| holding.replicas.clone()).unwrap_or_default();
        let (now, then) = (held(self), held(before));
        if self.copied_since(before) * 64 <= now.len() + then.len() {
            let all = self.changed_since(before).into_iter();
            return all.filter(|(p, state)| concerns(*p, state)).collect();
        }
        let mut mine = now;
        mine.extend(then.changed_since(&mine.clone()).into_iter().map(|(p, ())| (*p, ())));
        let entries = mine.keys().filter_map(|&p| Some((p, self.partition(p)?)));
        entries.filter(|(p, state)| before.partition(*p) != Some(state)).collect()
    }

    /// Whether some partition's entry is another than in an earlier picture.
    #[must_use]
    pub fn has_other_partitions_than(&self, before: &Self) -> bool {
        self.copied_since(before) > 0
    }

    /// Blocks of entries that are not shared with an earlier picture.
    fn copied_since(&self, before: &Self) -> usize {
        let none = Entries::default();
        let topics = self.topics.changed_since(&before.topics).into_iter();
        let old = |topic| before.topics.get(topic).map_or(&none, |old| &old.partitions);
        topics.map(|(topic, state)| state.partitions.copied_since(old(topic))).sum()
    }

    /// Which topic of that name there is; -1 = none, or not told.
    #[must_use]
    pub fn topic_id(&self, topic: TopicId) -> Offset {
        self.topics.get(&topic).map_or(Offset::NONE, |state| state.id)
    }

    // ---- writing ----

    /// With ZooKeeper: which topic of that name it is.
    pub fn name_topic(&mut self, topic: TopicId, id: Offset) {
        if let Some(state) = self.topics.get_mut(&topic)
            && state.id != id
        {
            Arc::make_mut(state).id = id;
        }
    }

    /// Applies the record at `offset`.
    pub fn apply(&mut self, offset: Offset, record: &MetadataRecord) {
        self.offset = offset;
        match record {
            MetadataRecord::RegisterBroker { broker, incarnation } => {
                let state = BrokerState {
                    epoch: BrokerEpoch(offset.0),
                    incarnation: *incarnation,
                    fenced: true,
                    shutting_down: false,
                };
                self.brokers.insert(*broker, state);
            }
            MetadataRecord::BrokerChange { broker, fenced, shutting_down } => {
                if let Some(state) = self.brokers.get_mut(broker) {
                    state.fenced = *fenced;
                    state.shutting_down = *shutting_down;
                }
            }
            MetadataRecord::Topic { topic, configs } => {
                let configs = configs.iter().cloned().collect();
                let state = TopicState { id: offset, partitions: Entries::default(), configs };
                self.topics.insert(*topic, Arc::new(state));
            }
            MetadataRecord::TopicConfig { topic, key, value } => {
                if let Some(state) = self.topics.get_mut(topic) {
                    Arc::make_mut(state).configs.insert(key, Arc::clone(value));
                }
            }
            MetadataRecord::RemoveTopic(topic) => {
                if let Some(state) = self.topics.remove(topic) {
                    for (&index, p) in &state.partitions.0 {
                        self.tally.change(Partition { topic: *topic, index }, Some(p), None);
                    }
                }
            }
            MetadataRecord::Partition(p, state) => self.put(*p, Arc::new(state.clone())),
            MetadataRecord::ProducerIds { next } => self.next_producer_id = *next,
            MetadataRecord::NoOp => {}
        }
    }

    /// Puts in an entry, as its record would. A number beyond the end is the next free one: partitions have no gaps.
    pub fn put(&mut self, p: Partition, state: Arc<PartitionState>) {
        let Some(topic) = self.topics.get_mut(&p.topic) else { return };
        let entries = &mut Arc::make_mut(topic).partitions.0;
        let index = p.index.min(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        let before = entries.insert(index, Arc::clone(&state));
        self.tally.change(Partition { index, ..p }, before.as_deref(), Some(&state));
    }
}
