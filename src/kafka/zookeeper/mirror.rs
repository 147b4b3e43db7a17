//! What the znodes say about the cluster, as an [`Image`]: kept up with every change, so that nobody has to read the tree again.

use std::sync::Arc;

use super::{Data, Path, State, Tree};
use crate::kafka::{
    BrokerEpoch, BrokerState, Cx, Election, Image, LeaderEpoch, MetadataRecord, Note, Offset, Partition,
    PartitionEpoch, PartitionState, TopicId,
};

/// The picture. Its offset is the zxid.
#[derive(Clone, Debug)]
pub(super) struct Mirror {
    image: Arc<Image>,
}

impl Default for Mirror {
    fn default() -> Self {
        Self { image: Arc::new(Image::empty()) }
    }
}

impl Mirror {
    pub const fn image(&self) -> &Arc<Image> {
        &self.image
    }

    /// A znode came, went or changed: takes it in, and states what that means.
    pub fn take_in(&mut self, cx: &mut Cx<'_>, path: Path, tree: &Tree) {
        let znode = tree.get(path);
        match (path, znode.map(|znode| &znode.data)) {
            (Path::BrokerId(broker), Some(Data::Broker { incarnation })) => {
                let epoch = BrokerEpoch(znode.map_or(-1, |znode| znode.stat.created));
                let (incarnation, fenced, shutting_down) = (*incarnation, false, false);
                let state = BrokerState { epoch, incarnation, fenced, shutting_down };
                Arc::make_mut(&mut self.image).brokers.insert(broker, state);
                cx.note(Note::BrokerRegistered { broker, epoch });
            }
            (Path::BrokerId(broker), _) => {
                Arc::make_mut(&mut self.image).brokers.remove(&broker);
            }
            (Path::Topic(topic), Some(Data::Topic(_))) => self.take_in_topic(cx, topic, tree),
            (Path::Topic(topic), None) => {
                self.apply(&MetadataRecord::RemoveTopic(topic));
                cx.note(Note::TopicDeleted { topic });
            }
            (Path::State(p), Some(Data::State(state))) => {
                let version = znode.map_or(0, |znode| znode.stat.version);
                self.take_in_state(cx, p, state, version, tree);
            }
            (Path::TopicConfig(topic), Some(Data::Configs(configs))) => {
                for (key, value) in &**configs {
                    self.apply(&MetadataRecord::TopicConfig { topic, key, value: Arc::clone(value) });
                }
            }
            (Path::ProducerIds, Some(Data::ProducerIds { last, .. })) => {
                self.apply(&MetadataRecord::ProducerIds { next: last + 1 });
            }
            _ => {}
        }
        Arc::make_mut(&mut self.image).offset = Offset(tree.zxid());
    }

    fn apply(&mut self, record: &MetadataRecord) {
        let image = Arc::make_mut(&mut self.image);
        let offset = image.offset;
        image.apply(offset, record);
    }

    /// A topic is new, or its assignment is another one.
    fn take_in_topic(&mut self, cx: &mut Cx<'_>, topic: TopicId, tree: &Tree) {
        let Some(Data::Topic(assigned)) = tree.get(Path::Topic(topic)).map(|znode| &znode.data) else {
            return;
        };
        if self.image.topics.contains_key(&topic) {
            for (index, row) in (0..).zip(assigned.iter()) {
                let p = Partition { topic, index };
                let Some(known) = self.image.partition(p) else { continue };
                if (&known.replicas, &known.adding, &known.removing)
                    != (&row.replicas, &row.adding, &row.removing)
                {
                    let next = PartitionState {
                        replicas: row.replicas.clone(),
                        adding: row.adding.clone(),
                        removing: row.removing.clone(),
                        ..known.clone()
                    };
                    self.apply(&MetadataRecord::Partition(p, next));
                }
            }
            return;
        }
        let configs = match tree.get(Path::TopicConfig(topic)).map(|znode| &znode.data) {
            Some(Data::Configs(configs)) => configs.iter().map(|(k, v)| (*k, Arc::clone(v))).collect(),
            _ => Vec::new(),
        };
        self.apply(&MetadataRecord::Topic { topic, configs });
        let id = tree.get(Path::Topic(topic)).map_or(-1, |znode| znode.stat.created);
        Arc::make_mut(&mut self.image).name_topic(topic, Offset(id));
        cx.note(Note::TopicCreated { topic });
    }

    fn take_in_state(&mut self, cx: &mut Cx<'_>, p: Partition, state: &State, version: i32, tree: &Tree) {
        let Some(Data::Topic(assigned)) = tree.get(Path::Topic(p.topic)).map(|znode| &znode.data) else {
            return;
        };
        let row = assigned.get(p.index as usize).cloned().unwrap_or_default();
        let next = PartitionState {
            replicas: row.replicas,
            adding: row.adding,
            removing: row.removing,
            isr: state.isr.clone(),
            leader: state.leader,
            leader_epoch: state.leader_epoch,
            partition_epoch: PartitionEpoch(version),
            ..PartitionState::default()
        };
        let before = self.image.partition(p).filter(|known| !known.isr.is_empty()).cloned();
        // State znodes are made in order; should one be missing, its place is kept.
        while self.image.partition_count(p.topic) < p.index {
            let gap = Partition { topic: p.topic, index: self.image.partition_count(p.topic) };
            let nobody = PartitionState { leader_epoch: LeaderEpoch(-1), ..PartitionState::default() };
            self.apply(&MetadataRecord::Partition(gap, nobody));
        }
        let next = Arc::new(next);
        Arc::make_mut(&mut self.image).put(p, Arc::clone(&next));
        match before {
            Some(before) => changed(cx, p, &before, &next),
            None => {
                if let Some(to) = next.leader {
                    let (from, epoch, how) = (None, next.leader_epoch, Election::Initial);
                    cx.note(Note::LeaderElected { partition: p, from, to, epoch, how });
                }
            }
        }
    }
}

/// States what changes from one entry of a partition to the next, in the order: who leaves, who joins, who leads. A higher epoch of the
/// same leader is no election.
fn changed(cx: &mut Cx<'_>, p: Partition, before: &PartitionState, next: &PartitionState) {
    for broker in before.isr.iter().filter(|id| !next.isr.contains(id)) {
        cx.note(Note::IsrShrunk { partition: p, broker: *broker });
    }
    for broker in next.isr.iter().filter(|id| !before.isr.contains(id)) {
        cx.note(Note::IsrExpanded { partition: p, broker: *broker });
    }
    match next.leader {
        Some(to) if before.leader != Some(to) => {
            let gives_way = before.leader.is_some_and(|from| next.isr.contains(&from));
            let how = match before.isr.contains(&to) {
                false => Election::Unclean,
                true if gives_way && next.replicas.first() == Some(&to) => Election::Preferred,
                true => Election::Clean,
            };
            let (from, epoch) = (before.leader, next.leader_epoch);
            cx.note(Note::LeaderElected { partition: p, from, to, epoch, how });
        }
        None if before.leader.is_some() => cx.note(Note::LeaderLost { partition: p }),
        _ => {}
    }
}
