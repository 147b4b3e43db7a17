//! ZooKeeper, and what each broker believes of what it says.

use super::Looking;
use crate::engine::NodeId;
use crate::kafka::broker::Broker;
use crate::kafka::zookeeper::{Path, SessionId, WatchKind, ZooKeeper};
use crate::kafka::{Partition, Process};
use crate::lab::view::{DifferenceView, ZkBrokerView, ZkSessionView, ZkWatchView, ZnodeView, ZooKeeperView};

/// Znodes that a picture shows at most.
const MOST_ZNODES: usize = 256;
/// Partitions up to which beliefs are compared one by one.
const MOST_PARTITIONS: usize = 1_000;

impl Looking<'_> {
    pub(super) fn zookeeper(&self) -> Option<ZooKeeperView> {
        let (id, ensemble) = self.world.nodes().find_map(|(id, process)| match process {
            Process::ZooKeeper(ensemble) => Some((id, &**ensemble)),
            _ => None,
        })?;
        let telling = |path: &Path| !self.is_internal(*path);
        let all = ensemble.tree().iter().filter(|(path, _)| telling(path));
        let owner = |session: SessionId| {
            ensemble.sessions().find(|(id, _)| *id == session).map(|(_, session)| self.node(session.node))
        };
        let znodes = all.take(MOST_ZNODES).map(|(path, znode)| ZnodeView {
            path: path.text(self.names),
            data: znode.data.text(self.names),
            owner: znode.stat.owner.and_then(owner),
            version: znode.stat.version,
        });
        Some(ZooKeeperView {
            id: self.node(id),
            process: self.process(id),
            zxid: ensemble.tree().zxid(),
            znodes: znodes.collect(),
            sessions: ensemble
                .sessions()
                .map(|(id, session)| ZkSessionView {
                    node: self.node(session.node),
                    id: id.0,
                    heard: self.time(session.heard),
                    timeout: session.timeout.0,
                })
                .collect(),
            watches: ensemble
                .watches()
                .filter(|(path, ..)| telling(path))
                .filter_map(|(path, kind, session)| {
                    let (node, path) = (owner(session)?, path.text(self.names));
                    Some(ZkWatchView { node, path, children: kind == WatchKind::Children })
                })
                .collect(),
            controller: ensemble.controller().map(|node| self.node(node)),
            controller_epoch: ensemble.controller_epoch(),
            brokers: self
                .world
                .nodes()
                .filter_map(|(id, process)| match process {
                    Process::Broker(broker) => Some(self.believer(id, broker, ensemble)),
                    _ => None,
                })
                .collect(),
        })
    }

    fn is_internal(&self, path: Path) -> bool {
        match path {
            Path::Topic(topic)
            | Path::Partitions(topic)
            | Path::TopicConfig(topic)
            | Path::DeleteTopic(topic)
            | Path::Partition(Partition { topic, .. })
            | Path::State(Partition { topic, .. }) => self.names.is_internal(topic),
            _ => false,
        }
    }

    fn believer(&self, id: NodeId, broker: &Broker, ensemble: &ZooKeeper) -> ZkBrokerView {
        let image = ensemble.image();
        let people = || image.topics.iter().filter(|(topic, _)| !self.names.is_internal(**topic));
        let few = people().map(|(_, state)| state.partitions.len()).sum::<usize>() <= MOST_PARTITIONS;
        let topics = people().filter(|_| few);
        let all = topics.flat_map(|(&topic, state)| {
            state.partitions.numbered().map(move |(index, state)| (Partition { topic, index }, state.leader))
        });
        let differing = all.filter_map(|(p, leader)| {
            let believed = broker.image().partition(p).and_then(|state| state.leader);
            let name = |node: Option<NodeId>| node.map(|node| self.node(node));
            (believed != leader).then(|| DifferenceView {
                partition: self.partition(p),
                believed: name(believed),
                leader: name(leader),
            })
        });
        ZkBrokerView {
            id: self.node(id),
            connected: broker.has_zookeeper(),
            seen_epoch: broker.seen_controller_epoch(),
            acts: broker.acts_as_controller(),
            differing: differing.collect(),
        }
    }
}
