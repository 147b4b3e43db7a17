//! The cluster's metadata as one immutable picture, built by applying records of the metadata log in order.
//!
//! A broker holds `(offset, Arc<Image>)` out of one history, so brokers differ by lag only, never in content.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BrokerEpoch, LeaderEpoch, Offset, Partition, PartitionEpoch, TopicId};
use crate::engine::NodeId;

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

/// A topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicState {
    /// Its partitions, by number.
    pub partitions: Vec<PartitionState>,
    /// Its own settings.
    pub configs: BTreeMap<&'static str, Arc<str>>,
}

/// Everything the metadata log says, up to one offset.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// Offset of the last record applied; none = -1.
    pub offset: Offset,
    /// Registered brokers.
    pub brokers: BTreeMap<NodeId, BrokerState>,
    /// Topics that exist.
    pub topics: BTreeMap<TopicId, Arc<TopicState>>,
    /// First free producer id.
    pub next_producer_id: i64,
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

    /// Number of partitions of a topic; 0 if it does not exist.
    #[must_use]
    pub fn partition_count(&self, topic: TopicId) -> u32 {
        self.topics.get(&topic).map_or(0, |t| u32::try_from(t.partitions.len()).unwrap_or(u32::MAX))
    }

    /// All partitions with their entries, in order.
    pub fn partitions(&self) -> impl Iterator<Item = (Partition, &PartitionState)> {
        self.topics.iter().flat_map(|(&topic, state)| {
            state
                .partitions
                .iter()
                .enumerate()
                .map(move |(ix, p)| (Partition { topic, index: u32::try_from(ix).unwrap_or(u32::MAX) }, p))
        })
    }

    /// Whether a broker is registered, not fenced and not shutting down.
    #[must_use]
    pub fn active(&self, broker: NodeId) -> bool {
        self.brokers.get(&broker).is_some_and(BrokerState::active)
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
                let state = TopicState { partitions: Vec::new(), configs: configs.iter().cloned().collect() };
                self.topics.insert(*topic, Arc::new(state));
            }
            MetadataRecord::TopicConfig { topic, key, value } => {
                if let Some(state) = self.topics.get_mut(topic) {
                    Arc::make_mut(state).configs.insert(key, Arc::clone(value));
                }
            }
            MetadataRecord::RemoveTopic(topic) => {
                self.topics.remove(topic);
            }
            MetadataRecord::Partition(p, state) => {
                if let Some(topic) = self.topics.get_mut(&p.topic) {
                    let partitions = &mut Arc::make_mut(topic).partitions;
                    match partitions.get_mut(p.index as usize) {
                        Some(slot) => *slot = state.clone(),
                        None => partitions.push(state.clone()),
                    }
                }
            }
            MetadataRecord::ProducerIds { next } => self.next_producer_id = *next,
            MetadataRecord::NoOp => {}
        }
    }
}
