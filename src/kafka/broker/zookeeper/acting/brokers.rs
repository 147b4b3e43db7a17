//! Brokers that come, go, or went and came back between two looks ("bounced") (`KafkaController.processBrokerChange`).

use super::{Acting, Asker, Hands, Op, Reply, Task, Why};
use crate::engine::NodeId;
use crate::kafka::zookeeper::{Data, Path};
use crate::kafka::{Body, BrokerEpoch, BrokerState, ErrorCode, Note, Partition, PartitionState};

pub(super) fn questions(task: &Task) -> Vec<Op> {
    match task {
        Task::ReadBrokers(ids) => {
            ids.iter().map(|id| Op::Get { path: Path::BrokerId(*id), watch: false }).collect()
        }
        _ => vec![Op::Children { path: Path::BrokerIds, watch: true }],
    }
}

impl Acting {
    pub(super) fn on_brokers(&mut self, replies: &[Reply]) {
        let Some(Reply::Children(paths)) = replies.first() else { return };
        let id = |path: &Path| if let Path::BrokerId(id) = path { Some(*id) } else { None };
        self.next([Task::ReadBrokers(paths.iter().filter_map(id).collect())]);
    }

    /// Who is there now, against who was there at the last look.
    pub(super) fn on_registrations(&mut self, hands: &mut Hands<'_, '_>, ids: &[NodeId], replies: &[Reply]) {
        let found = |(id, reply): (&NodeId, &Reply)| match reply {
            Reply::Data(Data::Broker { incarnation }, stat) => {
                let (epoch, incarnation) = (BrokerEpoch(stat.created), *incarnation);
                Some((*id, BrokerState { epoch, incarnation, fenced: false, shutting_down: false }))
            }
            _ => None,
        };
        let now: Vec<(NodeId, BrokerState)> = ids.iter().zip(replies).filter_map(found).collect();
        if !self.ready && self.channels.is_empty() {
            self.know_brokers(|brokers| {
                for (id, state) in now {
                    brokers.insert(id, state);
                }
            });
            return;
        }
        let there = |id: &NodeId| now.iter().any(|(known, _)| known == id);
        let dead: Vec<NodeId> = self.live().into_iter().filter(|id| !there(id)).collect();
        let fresh: Vec<NodeId> = now.iter().filter(|(id, _)| !self.is_live(*id)).map(|(id, _)| *id).collect();
        let bounced: Vec<NodeId> = now
            .iter()
            .filter(|(id, state)| self.registration(*id).is_some_and(|known| known < state.epoch))
            .map(|(id, _)| *id)
            .collect();
        for broker in dead.iter().chain(&bounced) {
            self.close_channel(hands, *broker);
            self.shutting_down.remove(broker);
        }
        self.know_brokers(|brokers| {
            for id in &dead {
                brokers.remove(id);
            }
            for (id, state) in now.iter().filter(|(id, _)| fresh.contains(id)) {
                brokers.insert(*id, *state);
            }
        });
        let mut tasks = Vec::new();
        if !fresh.is_empty() {
            tasks.push(Task::BrokersUp(fresh));
        }
        if !bounced.is_empty() {
            // Gone first, so that nobody takes the old life for alive; then back.
            let back: Vec<_> = now.iter().filter(|(id, _)| bounced.contains(id)).copied().collect();
            self.know_brokers(|brokers| {
                for id in &bounced {
                    brokers.remove(id);
                }
            });
            tasks.push(Task::BrokersDown(bounced));
            tasks.push(Task::BrokersBack(back));
        }
        if !dead.is_empty() {
            tasks.push(Task::BrokersDown(dead));
        }
        self.next(tasks);
    }

    pub(super) fn brokers_back(&mut self, back: Vec<(NodeId, BrokerState)>) {
        let ids = back.iter().map(|(id, _)| *id).collect();
        self.know_brokers(|brokers| {
            for (id, state) in back {
                brokers.insert(id, state);
            }
        });
        self.next([Task::BrokersUp(ids)]);
    }

    /// `onBrokerStartup`: the others hear of them; they hear everything, and what they lead and follow.
    pub(super) fn brokers_up(&mut self, hands: &mut Hands<'_, '_>, ids: &[NodeId]) {
        for broker in ids {
            hands.cx.note(Note::BrokerUnfenced { broker: *broker });
        }
        let others: Vec<NodeId> = self.live().into_iter().filter(|id| !ids.contains(id)).collect();
        self.inform_of_brokers(hands, &others);
        self.inform_of_all(hands, ids);
        for broker in ids {
            let theirs: Vec<Partition> = self.image.partitions_on(*broker).map(|(p, _)| p).collect();
            for p in theirs {
                self.tell_replicas([*broker], p);
            }
        }
        self.resume_deletions(ids);
        self.flush(hands);
        // New partitions that none of their replicas was there for, too (`triggerOnlinePartitionStateChange`).
        let new = |(p, state): &(Partition, &PartitionState)| {
            state.isr.is_empty() && !self.deleting.contains_key(&p.topic)
        };
        let new: Vec<Partition> = self.image.partitions().filter(new).map(|(p, _)| p).collect();
        let mut tasks: Vec<Task> = self.creation(new).into_iter().collect();
        tasks.push(Task::ElectOffline);
        tasks.extend(self.moving(|target| ids.iter().any(|id| target.contains(id))));
        self.next(tasks);
    }

    /// `onBrokerFailure`: first others lead what these led, then these leave the in-sync sets.
    pub(super) fn brokers_down(&mut self, hands: &mut Hands<'_, '_>, ids: &[NodeId]) {
        for broker in ids {
            hands.cx.note(Note::BrokerFenced { broker: *broker });
        }
        if ids.iter().all(|broker| self.image.leaders_on(*broker) == 0) {
            let live = self.live();
            self.inform_of_brokers(hands, &live);
        }
        self.next([Task::ElectOffline, Task::ReplicasDown(ids.to_vec())]);
    }

    /// Broker by broker: a partition may have lost several.
    pub(super) fn replicas_down(&mut self, ids: &[NodeId]) {
        if ids.len() > 1 {
            return self.next(ids.iter().map(|id| Task::ReplicasDown(vec![*id])).collect::<Vec<_>>());
        }
        let in_it = |state: &PartitionState, id| state.isr.contains(&id) || state.leader == Some(id);
        let of = |&id: &NodeId| {
            let all = self.image.partitions_on(id).filter(move |(_, state)| in_it(state, id));
            all.map(move |(p, _)| (p, id))
        };
        let leaving: Vec<(Partition, NodeId)> = ids.iter().flat_map(of).collect();
        if !leaving.is_empty() {
            self.next([Task::Leave(leaving)]);
        }
    }

    /// Controlled shutdown: leadership moves where it can, and what the broker follows stops.
    pub(super) fn shut_down(
        &mut self,
        hands: &mut Hands<'_, '_>,
        asker: Asker,
        broker: NodeId,
        epoch: BrokerEpoch,
    ) {
        if self.registration(broker).is_none_or(|known| epoch < known) {
            let body = Body::ShutdownControlled { error: ErrorCode::StaleBrokerEpoch, remaining: Vec::new() };
            hands.answers.push((asker.conn, asker.request, body));
            return;
        }
        self.shutting_down.insert(broker);
        let mut led = Vec::new();
        let mut followed = Vec::new();
        for (p, state) in self.image.partitions_on(broker).filter(|(_, s)| s.replicas.len() > 1) {
            if state.leader == Some(broker) {
                led.push(p);
            } else {
                followed.push((p, state.isr.contains(&broker)));
            }
        }
        for (p, _) in &followed {
            self.tell_to_stop(broker, *p, false);
        }
        let leaving: Vec<_> =
            followed.iter().filter(|(_, in_sync)| *in_sync).map(|(p, _)| (*p, broker)).collect();
        let mut tasks = Vec::new();
        if !led.is_empty() {
            tasks.push(Task::Elect(led, Why::Leaving));
        }
        if leaving.is_empty() {
            self.flush(hands);
        } else {
            tasks.push(Task::Leave(leaving));
        }
        tasks.push(Task::LetGo(asker, broker));
        self.next(tasks);
    }

    pub(super) fn let_go(&mut self, hands: &mut Hands<'_, '_>, asker: Asker, broker: NodeId) {
        let still = |(_, s): &(Partition, &PartitionState)| s.leader == Some(broker) && s.replicas.len() > 1;
        let remaining = self.image.partitions_on(broker).filter(still).map(|(p, _)| p).collect();
        let body = Body::ShutdownControlled { error: ErrorCode::None, remaining };
        hands.answers.push((asker.conn, asker.request, body));
    }
}
