//! What a new controller does before anything else, in this order (`KafkaController.onControllerFailover`). Until it is done no change of
//! metadata is served: events wait.
//!
//! ```text
//!  brokers ─▶ topics ─▶ assignments ─▶ every state (one read each, ten under way) ─▶ UpdateMetadata(brokers)
//!    ─▶ LeaderAndIsr(every replica), UpdateMetadata(every partition) ─▶ replicas on dead brokers leave ─▶ elections
//! ```

use super::{Acting, Hands, Partition, Reply, Task};
use crate::engine::{Micros, NodeId};
use crate::kafka::PartitionState;
use crate::kafka::zookeeper::{Data, State};

impl Acting {
    /// The rest of the order comes with [`Task::Announce`], once everything is read.
    pub fn take_over(&mut self, hands: &mut Hands<'_, '_>) {
        self.next([Task::ListBrokers, Task::ListTopics, Task::ListDeletions, Task::Announce]);
        self.go_on(hands);
    }

    pub(super) fn on_states(&mut self, partitions: &[Partition], replies: &[Reply]) {
        for (&p, reply) in partitions.iter().zip(replies) {
            if let Reply::Data(Data::State(state), stat) = reply {
                self.learn(p, &State::clone(state), stat.version);
            }
        }
    }

    pub(super) fn announce(&mut self, hands: &mut Hands<'_, '_>) {
        let live = self.live();
        for broker in &live {
            self.channels.entry(*broker).or_default();
        }
        self.inform_of_brokers(hands, &live);
        let led = |s: &PartitionState| !s.isr.is_empty();
        let online: Vec<(Partition, Vec<NodeId>)> = self
            .image
            .partitions()
            .filter(|(_, state)| led(state))
            .map(|(p, s)| (p, s.replicas.iter().copied().filter(|id| self.is_live(*id)).collect()))
            .collect();
        for (p, replicas) in online {
            self.tell_replicas(replicas, p);
        }
        self.outbox.whole = true;
        self.flush(hands);
        let fresh: Vec<Partition> =
            self.image.partitions().filter(|(_, state)| !led(state)).map(|(p, _)| p).collect();
        let mut dead: Vec<NodeId> = self
            .image
            .partitions()
            .flat_map(|(_, state)| &state.replicas)
            .copied()
            .filter(|id| !self.is_live(*id))
            .collect();
        dead.sort_unstable();
        dead.dedup();
        let mut tasks = vec![Task::ReplicasDown(dead)];
        tasks.extend(self.creation(fresh));
        tasks.push(Task::ElectOffline);
        // The replicas may not have heard yet in which reassignment they take part.
        tasks.extend(self.moving(|_| true));
        tasks.push(Task::Ready);
        self.next(tasks);
    }

    pub(super) fn ready(&mut self, hands: &mut Hands<'_, '_>) {
        self.ready = true;
        super::arm_rebalance(hands, Some(Micros::secs(5)));
    }
}
