//! Settings of topics as this broker has read them (`DynamicConfigManager`): when it gets a partition of a topic, and when a change is
//! announced.

use std::sync::Arc;

use super::super::Broker;
use super::{Then, TopicConfigs};
use crate::engine::NodeId;
use crate::kafka::zookeeper::{Data, Op, Path, Reply};
use crate::kafka::{Body, Cx, TopicId};

impl Broker {
    /// A topic's own setting, if this broker has read one.
    pub(in crate::kafka::broker) fn own_setting(&self, topic: TopicId, name: &str) -> Option<&Arc<str>> {
        self.vol.zookeeper.configs.get(&topic)?.get(name)
    }

    /// Topics of which it is to keep a partition and has no settings.
    pub(super) fn topics_without_settings(&self, me: NodeId, body: &Body) -> Vec<TopicId> {
        let Body::LeaderAndIsr { states, .. } = body else { return Vec::new() };
        let known = &self.vol.zookeeper.configs;
        let mut unknown: Vec<TopicId> = states
            .iter()
            .filter(|(p, state)| state.replicas.contains(&me) && !known.contains_key(&p.topic))
            .map(|(p, _)| p.topic)
            .collect();
        unknown.dedup();
        unknown
    }

    pub(super) fn learn_settings(&mut self, topics: &[TopicId], replies: &[Reply]) {
        for (topic, reply) in topics.iter().zip(replies) {
            let configs = match reply {
                Reply::Data(Data::Configs(configs), _) => Arc::clone(configs),
                _ => Arc::new(TopicConfigs::new()),
            };
            self.vol.zookeeper.configs.insert(*topic, configs);
        }
    }

    pub(super) fn on_changes(&mut self, cx: &mut Cx<'_>, replies: &[Reply]) {
        let Some(Reply::Children(paths)) = replies.first() else { return };
        let next = self.vol.zookeeper.changes;
        let fresh = |path: &&Path| matches!(path, Path::ConfigChange(n) if *n >= next);
        let ops: Vec<Op> =
            paths.iter().filter(fresh).map(|path| Op::Get { path: *path, watch: false }).collect();
        for path in paths {
            if let Path::ConfigChange(n) = path {
                self.vol.zookeeper.changes = self.vol.zookeeper.changes.max(n + 1);
            }
        }
        if !ops.is_empty() {
            self.vol.zookeeper.client.ask(cx, ops, Then::ReadChanges);
        }
    }

    pub(super) fn on_changed(&mut self, cx: &mut Cx<'_>, replies: &[Reply]) {
        let mut topics: Vec<TopicId> = replies
            .iter()
            .filter_map(|reply| match reply {
                Reply::Data(Data::Changed(topic), _) => Some(*topic),
                _ => None,
            })
            .collect();
        topics.sort_unstable();
        topics.dedup();
        if !topics.is_empty() {
            let read = |topic: &TopicId| Op::Get { path: Path::TopicConfig(*topic), watch: false };
            self.vol.zookeeper.client.ask(cx, topics.iter().map(read).collect(), Then::Changed(topics));
        }
    }
}
