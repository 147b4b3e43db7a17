//! Pictures of clusters with more than a picture can show: counts for everything, details for what is worst.

use std::collections::{BTreeMap, BTreeSet};

use super::Looking;
use crate::engine::NodeId;
use crate::kafka::{Image, Partition, Partitions, Process, Role};
use crate::lab::view::{ListedPartition, Listing, LoadView, SummaryView};

/// More partitions of people's topics than this are summed up.
const MOST_PARTITIONS: usize = 192;
/// More brokers than this are.
const MOST_BROKERS: usize = 12;
/// Partitions of each kind that are shown one by one then: without leader, under-replicated, of each topic.
const SHOWN: usize = 12;

/// What is shown one by one where not everything is.
pub(in crate::lab) struct Shown {
    pub partitions: BTreeSet<Partition>,
    on: BTreeMap<NodeId, Vec<Partition>>,
}

impl Shown {
    /// What a broker's picture holds.
    pub fn on(&self, broker: NodeId) -> &[Partition] {
        self.on.get(&broker).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Looking<'_> {
    /// What to show one by one, `about` among it; none: everything.
    pub(super) fn choose(&self, about: Option<Partition>) -> Option<Shown> {
        let image = self.image()?;
        let people = |topic: &crate::kafka::TopicId| !self.names.is_internal(*topic);
        let topics = || image.topics.iter().filter(|(topic, _)| people(topic));
        let partitions: usize = topics().map(|(_, state)| state.partitions.len()).sum();
        if partitions <= MOST_PARTITIONS && self.names.of_role(Role::Broker).count() <= MOST_BROKERS {
            return None;
        }
        let some = |set: &Partitions| -> Vec<Partition> {
            set.keys().filter(|p| people(&p.topic)).take(SHOWN).copied().collect()
        };
        let mut shown: BTreeSet<Partition> = some(image.leaderless()).into_iter().collect();
        shown.extend(some(image.under_replicated()));
        for (&topic, state) in topics().take(SHOWN) {
            let first = u32::try_from(state.partitions.len().min(SHOWN / 2)).unwrap_or(0);
            shown.extend((0..first).map(|index| Partition { topic, index }));
        }
        shown.extend(about.filter(|p| image.partition(*p).is_some()));
        let mut on: BTreeMap<NodeId, Vec<Partition>> = BTreeMap::new();
        for &p in &shown {
            for broker in image.partition(p).map(|state| &state.replicas).into_iter().flatten() {
                on.entry(*broker).or_default().push(p);
            }
        }
        Some(Shown { partitions: shown, on })
    }

    /// Counts for everything.
    pub(super) fn summary(&self) -> Option<SummaryView> {
        let image = self.image()?;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some(SummaryView {
            partitions: count(image.topics.values().map(|state| state.partitions.len()).sum()),
            leaderless: count(image.leaderless().len()),
            under_replicated: count(image.under_replicated().len()),
            displaced: count(image.displaced().len()),
            brokers: self.names.of_role(Role::Broker).map(|id| self.load(image, id)).collect(),
        })
    }

    fn load(&self, image: &Image, id: NodeId) -> LoadView {
        let holding = image.holding(id).cloned().unwrap_or_default();
        let replicas = u32::try_from(holding.replicas.len()).unwrap_or(u32::MAX);
        LoadView {
            id: self.node(id),
            process: self.process(id),
            fenced: image.brokers.get(&id).is_none_or(|broker| broker.fenced),
            leaders: holding.leaders,
            followers: holding.followers(),
            out_of_sync: replicas - holding.in_sync,
            leaderless: holding.leaderless,
            under_replicated: holding.under_replicated,
        }
    }

    /// The partitions of a broker or a topic, worst first.
    pub(super) fn listing(&self, id: &str, skip: usize, most: usize) -> Option<Listing> {
        let image = self.image()?;
        let broker = self.names.find_node(id).filter(|id| matches!(self.world.node(*id), Process::Broker(_)));
        let mut all: Vec<Partition> = match broker {
            Some(broker) => image.holding(broker)?.replicas.keys().copied().collect(),
            None => {
                let topic = self.names.find_topic(id)?;
                let state = image.topics.get(&topic)?;
                state.partitions.numbered().map(|(index, _)| Partition { topic, index }).collect()
            }
        };
        let badness = |p: &Partition| {
            let fine = [image.leaderless(), image.under_replicated(), image.displaced()]
                .iter()
                .position(|set| set.contains_key(p));
            (fine.unwrap_or(3), *p)
        };
        all.sort_by_key(badness);
        let row = |p: Partition| {
            let state = image.partition(p)?;
            Some(ListedPartition {
                id: self.partition(p),
                leader: state.leader.map(|id| self.node(id)),
                in_sync: u32::try_from(state.isr.len()).unwrap_or(u32::MAX),
                replicas: u32::try_from(state.replicas.len()).unwrap_or(u32::MAX),
                leader_epoch: state.leader_epoch.0,
            })
        };
        let total = all.len();
        let rows = all.into_iter().skip(skip).take(most).filter_map(row).collect();
        Some(Listing { total, rows })
    }
}
