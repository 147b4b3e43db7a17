//! The replicas of a broker, and how many of them it leads.

use std::sync::Arc;

use super::{Replica, ReplicaRole};
use crate::engine::Blocks;
use crate::kafka::Partition;

/// Replicas by partition. A copy shares what neither has touched.
#[derive(Clone, Debug, Default)]
pub(super) struct Replicas {
    all: Blocks<Partition, Arc<Replica>>,
    led: usize,
}

impl Replicas {
    pub fn get(&self, p: Partition) -> Option<&Replica> {
        self.all.get(&p).map(|replica| &**replica)
    }

    pub fn get_mut(&mut self, p: Partition) -> Option<&mut Replica> {
        self.all.get_mut(&p).map(Arc::make_mut)
    }

    pub fn contains(&self, p: Partition) -> bool {
        self.all.contains_key(&p)
    }

    /// Puts in a replica that follows.
    pub fn add(&mut self, p: Partition, replica: Replica) {
        self.remove(p);
        self.all.insert(p, Arc::new(replica));
    }

    pub fn remove(&mut self, p: Partition) -> Option<ReplicaRole> {
        let replica = self.all.remove(&p)?;
        self.led -= usize::from(matches!(replica.role, ReplicaRole::Leading(_)));
        Some(replica.role.clone())
    }

    /// Gives a replica another role. Gives the one it had.
    pub fn set_role(&mut self, p: Partition, role: ReplicaRole) -> Option<ReplicaRole> {
        let replica = self.all.get_mut(&p).map(Arc::make_mut)?;
        let leads = |role: &ReplicaRole| usize::from(matches!(role, ReplicaRole::Leading(_)));
        self.led = self.led + leads(&role) - leads(&replica.role);
        Some(std::mem::replace(&mut replica.role, role))
    }

    /// How many of them the broker leads.
    pub const fn led(&self) -> usize {
        self.led
    }

    /// Partitions of a topic that there is a replica of.
    pub fn of_topic(&self, topic: crate::kafka::TopicId) -> Vec<Partition> {
        let of_topic = self.all.from(&Partition { topic, index: 0 });
        of_topic.map(|(p, _)| *p).take_while(|p| p.topic == topic).collect()
    }
}
