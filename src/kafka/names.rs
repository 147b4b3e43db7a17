//! Names of everything that has one. The only shared facts in the world; inputs add to them, processes read them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{GroupId, Partition, TopicId};
use crate::engine::NodeId;

/// What kind of process a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Stores partitions, serves clients.
    Broker,
    /// Decides about metadata.
    Controller,
    /// Keeps metadata, in the days before KRaft.
    ZooKeeper,
    /// Sends records.
    Producer,
    /// Reads records, as a member of a group.
    Consumer,
}

/// The topic that holds groups and their committed offsets.
pub const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// The topic that holds the states of transactional ids.
pub const TRANSACTIONS_TOPIC: &str = "__transaction_state";

/// The topic that holds what was delivered to share groups.
pub const SHARE_STATE_TOPIC: &str = "__share_group_state";

/// Names by id, in order of creation.
#[derive(Clone, Debug, Default)]
pub struct Names {
    nodes: Vec<(Arc<str>, Role)>,
    numbers: BTreeMap<Arc<str>, NodeId>,
    roles: BTreeMap<Role, Vec<NodeId>>,
    /// Broker `bN` and controller `kN` are one process.
    combined: bool,
    topics: Vec<Arc<str>>,
    groups: Vec<Arc<str>>,
}

impl Names {
    /// Adds a process; call in the order in which processes are added to the world.
    pub fn add_node(&mut self, name: &str, role: Role) -> NodeId {
        self.nodes.push((name.into(), role));
        let id = NodeId(last(self.nodes.len()));
        self.numbers.insert(name.into(), id);
        self.roles.entry(role).or_default().push(id);
        id
    }

    /// Broker `bN` and controller `kN` are one process (`process.roles=broker,controller`).
    pub const fn combine(&mut self) {
        self.combined = true;
    }

    /// The other role of a process that has two: `k1` for `b1`, `b1` for `k1`.
    #[must_use]
    pub fn other_role(&self, id: NodeId) -> Option<NodeId> {
        let number = |letter| self.node(id).strip_prefix(letter);
        let name = match self.role(id).filter(|_| self.combined)? {
            Role::Broker => format!("k{}", number('b')?),
            Role::Controller => format!("b{}", number('k')?),
            _ => return None,
        };
        self.find_node(&name)
    }

    /// Whether brokers and controllers of one number are one process.
    #[must_use]
    pub const fn is_combined(&self) -> bool {
        self.combined
    }

    /// The topic of that name, known from now on if it was not.
    pub fn intern_topic(&mut self, name: &str) -> TopicId {
        self.find_topic(name).unwrap_or_else(|| {
            self.topics.push(name.into());
            TopicId(last(self.topics.len()))
        })
    }

    /// The group of that name, known from now on if it was not.
    pub fn intern_group(&mut self, name: &str) -> GroupId {
        self.find_group(name).unwrap_or_else(|| {
            self.groups.push(name.into());
            GroupId(last(self.groups.len()))
        })
    }

    /// A process's name.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &str {
        self.nodes.get(id.0 as usize).map_or("?", |(name, _)| name)
    }

    /// A process's role.
    #[must_use]
    pub fn role(&self, id: NodeId) -> Option<Role> {
        self.nodes.get(id.0 as usize).map(|(_, role)| *role)
    }

    /// The process of that name.
    #[must_use]
    pub fn find_node(&self, name: &str) -> Option<NodeId> {
        self.numbers.get(name).copied()
    }

    /// Processes of one role, in order of creation.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = NodeId> + '_ {
        self.roles.get(&role).into_iter().flatten().copied()
    }

    /// A topic's name.
    #[must_use]
    pub fn topic(&self, id: TopicId) -> &str {
        self.topics.get(id.0 as usize).map_or("?", |name| name)
    }

    /// The topic of that name, if anybody ever spoke of it.
    #[must_use]
    pub fn find_topic(&self, name: &str) -> Option<TopicId> {
        self.topics.iter().position(|n| &**n == name).map(|ix| TopicId(last(ix + 1)))
    }

    /// A group's name.
    #[must_use]
    pub fn group(&self, id: GroupId) -> &str {
        self.groups.get(id.0 as usize).map_or("?", |name| name)
    }

    /// The group of that name.
    #[must_use]
    pub fn find_group(&self, name: &str) -> Option<GroupId> {
        self.groups.iter().position(|n| &**n == name).map(|ix| GroupId(last(ix + 1)))
    }

    /// All groups.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> + '_ {
        (0..self.groups.len()).map(|ix| GroupId(last(ix + 1)))
    }

    /// `orders-0`.
    #[must_use]
    pub fn partition(&self, p: Partition) -> String {
        format!("{}-{}", self.topic(p.topic), p.index)
    }

    /// The partition that `orders-0` names, if the topic is known.
    #[must_use]
    pub fn find_partition(&self, name: &str) -> Option<Partition> {
        let (topic, index) = name.rsplit_once('-')?;
        Some(Partition { topic: self.find_topic(topic)?, index: index.parse().ok()? })
    }

    /// Whether a topic is one of Kafka's own.
    #[must_use]
    pub fn is_internal(&self, topic: TopicId) -> bool {
        self.topic(topic).starts_with("__")
    }
}

fn last(len: usize) -> u32 {
    u32::try_from(len.saturating_sub(1)).unwrap_or(u32::MAX)
}
