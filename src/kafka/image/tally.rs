//! What is counted as partitions change, so that nobody has to look through all of them: who stands without a leader or with too few
//! copies, and what each broker holds (the controller's `BrokersToIsrs`).

use super::PartitionState;
use crate::engine::{Blocks, NodeId};
use crate::kafka::Partition;

/// Partitions, in order.
pub type Partitions = Blocks<Partition, ()>;

/// What one broker holds, by the committed metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Partitions that it has a copy of.
    pub replicas: Partitions,
    /// Of these: it leads.
    pub leaders: u32,
    /// Of these: it is in sync, as the leader or a follower.
    pub in_sync: u32,
    /// Of these: nobody leads.
    pub leaderless: u32,
    /// Partitions that it leads with fewer copies in sync than assigned (Kafka's `UnderReplicatedPartitions` of this broker).
    pub under_replicated: u32,
}

impl Holding {
    /// Copies that follow another broker.
    #[must_use]
    pub fn followers(&self) -> u32 {
        u32::try_from(self.replicas.len()).unwrap_or(u32::MAX) - self.leaders
    }

    fn count(&mut self, broker: NodeId, state: &PartitionState, up: bool) {
        let leads = state.leader == Some(broker);
        for (count, holds) in [
            (&mut self.leaders, leads),
            (&mut self.in_sync, state.isr.contains(&broker)),
            (&mut self.leaderless, state.leader.is_none()),
            (&mut self.under_replicated, leads && state.is_under_replicated()),
        ] {
            match up {
                true => *count += u32::from(holds),
                false => *count -= u32::from(holds),
            }
        }
    }
}

/// Everything that is counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub leaderless: Partitions,
    pub under_replicated: Partitions,
    /// Led by another than the preferred replica.
    pub displaced: Partitions,
    pub holdings: Blocks<NodeId, Holding>,
}

impl Tally {
    /// A partition's entry changes; none = it does not exist.
    pub fn change(&mut self, p: Partition, before: Option<&PartitionState>, after: Option<&PartitionState>) {
        let is = |state: Option<&PartitionState>, what: fn(&PartitionState) -> bool| state.is_some_and(what);
        for (set, what) in [
            (&mut self.leaderless, PartitionState::is_leaderless as fn(&PartitionState) -> bool),
            (&mut self.under_replicated, PartitionState::is_under_replicated),
            (&mut self.displaced, PartitionState::is_displaced),
        ] {
            match (is(before, what), is(after, what)) {
                (false, true) => {
                    set.insert(p, ());
                }
                (true, false) => {
                    set.remove(&p);
                }
                _ => {}
            }
        }
        let assigned =
            |state: Option<&PartitionState>, id: &NodeId| state.is_some_and(|s| s.replicas.contains(id));
        if let Some(before) = before {
            for broker in &before.replicas {
                let Some(holding) = self.holdings.get_mut(broker) else { continue };
                holding.count(*broker, before, false);
                if !assigned(after, broker) {
                    holding.replicas.remove(&p);
                }
            }
        }
        if let Some(after) = after {
            for broker in &after.replicas {
                let holding = self.holdings.get_or_insert_with(*broker, Holding::default);
                holding.count(*broker, after, true);
                if !assigned(before, broker) {
                    holding.replicas.insert(p, ());
                }
            }
        }
    }
}
