//! Topics: the assignment is written first, by whoever creates the topic; the controller sees it and makes the partitions
//! (`AdminZkClient`, `KafkaController.processTopicChange`).

use std::sync::Arc;

use super::{Acting, Asker, Hands, Op, Partition, PartitionState, Reply, State, Task};
use crate::engine::NodeId;
use crate::kafka::zookeeper::{Assigned, Data, Mode, Path, Refusal};
use crate::kafka::{Body, ErrorCode, LeaderEpoch, Note, Offset, TopicId};

/// A topic that somebody wants.
#[derive(Clone, Debug)]
pub(in crate::kafka::broker) struct Wanted {
    pub topic: TopicId,
    pub rows: Vec<Assigned>,
    pub configs: Vec<(&'static str, Arc<str>)>,
    pub asker: Option<Asker>,
}

/// Who waits until every partition of a new topic has a leader, as far as this broker's own picture shows.
#[derive(Clone, Debug)]
pub(in crate::kafka::broker) struct Creator {
    topic: TopicId,
    partitions: u32,
    asker: Option<Asker>,
}

impl Acting {
    pub(super) fn topic_questions(&self, task: &Task) -> Vec<Op> {
        match task {
            Task::ReadTopics(topics) => {
                topics.iter().map(|topic| Op::Get { path: Path::Topic(*topic), watch: true }).collect()
            }
            Task::Create(partitions, states) => self.creates(partitions, states),
            _ => vec![Op::Children { path: Path::Topics, watch: true }],
        }
    }

    /// Directories first, then states, each with the check of the controller's epoch.
    fn creates(&self, partitions: &[Partition], states: &[State]) -> Vec<Op> {
        let make = |path, data| Op::Create { path, data, how: Mode::Persistent };
        let mut topics: Vec<TopicId> = partitions.iter().map(|p| p.topic).collect();
        topics.dedup();
        let inside = topics.into_iter().map(|topic| make(Path::Partitions(topic), Data::Nothing));
        let each = partitions.iter().map(|p| make(Path::Partition(*p), Data::Nothing));
        let leaders = partitions.iter().zip(states).map(|(p, state)| {
            Op::Multi(vec![self.check(), make(Path::State(*p), Data::State(state.clone()))])
        });
        inside.chain(each).chain(leaders).collect()
    }

    pub(super) fn on_topics(&mut self, replies: &[Reply]) {
        let Some(Reply::Children(paths)) = replies.first() else { return };
        let id = |path: &Path| if let Path::Topic(topic) = path { Some(*topic) } else { None };
        let new: Vec<TopicId> = paths
            .iter()
            .filter_map(id)
            .filter(|topic| !self.ready || !self.image.topics.contains_key(topic))
            .filter(|topic| !self.deleting.contains_key(topic))
            .collect();
        if !new.is_empty() {
            self.next([Task::ReadTopics(new)]);
        }
    }

    /// Assignments: a new controller goes on to read every state, another one makes what is not there yet.
    pub(super) fn on_assignments(&mut self, topics: &[TopicId], replies: &[Reply]) {
        let (mut all, mut new) = (Vec::new(), Vec::new());
        for (&topic, reply) in topics.iter().zip(replies) {
            let Reply::Data(Data::Topic(rows), stat) = reply else { continue };
            if self.deleting.contains_key(&topic) {
                continue;
            }
            for (index, row) in (0..).zip(rows.iter()) {
                let p = Partition { topic, index };
                let known = self.image.partition(p).cloned();
                if known.as_ref().is_none_or(|known| known.isr.is_empty()) {
                    new.push(p);
                }
                all.push(p);
                let Assigned { replicas, adding, removing } = row.clone();
                let next = PartitionState { replicas, adding, removing, ..known.unwrap_or_default() };
                self.know(p, next);
            }
            super::name(&mut self.image, topic, Offset(stat.created));
        }
        if self.ready {
            let create = self.creation(new);
            self.next(create);
        } else if !all.is_empty() {
            self.next([Task::ReadStates(all)]);
        }
    }

    /// The first leader is the first live replica; all live replicas are in sync.
    pub(super) fn creation(&self, partitions: Vec<Partition>) -> Option<Task> {
        let state = |p: Partition| {
            let known = self.image.partition(p)?;
            let isr: Vec<NodeId> = known.replicas.iter().copied().filter(|id| self.may_lead(*id)).collect();
            let (leader, leader_epoch) = (Some(*isr.first()?), LeaderEpoch(0));
            Some((p, State { leader, leader_epoch, isr, controller_epoch: self.epoch }))
        };
        let (partitions, states): (Vec<Partition>, Vec<State>) =
            partitions.into_iter().filter_map(state).unzip();
        (!partitions.is_empty()).then_some(Task::Create(partitions, states))
    }

    pub(super) fn on_created(
        &mut self,
        hands: &mut Hands<'_, '_>,
        partitions: &[Partition],
        states: &[State],
        replies: &[Reply],
    ) {
        let answers = &replies[replies.len().saturating_sub(partitions.len())..];
        for ((&p, state), reply) in partitions.iter().zip(states).zip(answers) {
            let Reply::Multi(parts) = reply else { continue };
            match parts.as_slice() {
                [Reply::Refused(Refusal::BadVersion | Refusal::NoNode), _] => return self.depose(),
                // There already: the answer to the first attempt got lost.
                [_, Reply::Done(..) | Reply::Refused(Refusal::NodeExists)] => {}
                _ => continue,
            }
            self.learn(p, state, 0);
            let replicas = self.image.partition(p).map(|known| known.replicas.clone()).unwrap_or_default();
            self.tell_replicas(replicas, p);
        }
        self.flush(hands);
    }

    // ---- somebody wants a topic ----

    pub(super) fn create_topic(
        &mut self,
        hands: &mut Hands<'_, '_>,
        topic: TopicId,
        replicas: Option<Vec<Vec<NodeId>>>,
        (partitions, replication): (u32, u32),
        configs: Vec<(&'static str, Arc<str>)>,
        asker: Option<Asker>,
    ) {
        let known = self.image.topics.contains_key(&topic) || self.deleting.contains_key(&topic);
        let rows = match replicas.map_or_else(|| self.place(0, partitions, replication), Ok) {
            _ if known => Err(ErrorCode::TopicAlreadyExists),
            Ok(rows) if rows.is_empty() => Err(ErrorCode::InvalidPartitions),
            Ok(rows) if !rows.iter().all(|row| self.fits(row)) => Err(ErrorCode::InvalidReplicaAssignment),
            other => other,
        };
        match rows {
            Ok(rows) => {
                let row = |replicas| Assigned { replicas, ..Assigned::default() };
                let rows = rows.into_iter().map(row).collect();
                self.tasks.push_back(Task::CreateTopic(Wanted { topic, rows, configs, asker }));
            }
            Err(error) => Self::refuse(hands, asker, error),
        }
    }

    fn refuse(hands: &mut Hands<'_, '_>, asker: Option<Asker>, error: ErrorCode) {
        match asker {
            Some(asker) => {
                hands.answers.push((asker.conn, asker.request, Body::TopicsCreated { error }));
            }
            None => hands.cx.note(Note::AdminRefused { error }),
        }
    }

    /// Different brokers, one of them alive.
    pub(super) fn fits(&self, row: &[NodeId]) -> bool {
        let repeated = (1..row.len()).any(|n| row[n..].contains(&row[n - 1]));
        !row.is_empty() && !repeated && row.iter().any(|id| self.may_lead(*id))
    }

    /// Round about, from the first broker that is alive (Kafka starts at a random one).
    pub(super) fn place(
        &self,
        first: u32,
        count: u32,
        replication: u32,
    ) -> Result<Vec<Vec<NodeId>>, ErrorCode> {
        let brokers: Vec<NodeId> = self.live().into_iter().filter(|id| self.may_lead(*id)).collect();
        let replication = replication as usize;
        if replication == 0 || replication > brokers.len() {
            return Err(ErrorCode::InvalidReplicationFactor);
        }
        let at = |n: usize| brokers[n % brokers.len()];
        Ok((first..first + count).map(|p| (0..replication).map(|r| at(p as usize + r)).collect()).collect())
    }

    pub(super) fn on_topic_written(&mut self, hands: &mut Hands<'_, '_>, wanted: Wanted, replies: &[Reply]) {
        match replies.last() {
            Some(Reply::Done(..)) => {
                let partitions = u32::try_from(wanted.rows.len()).unwrap_or(u32::MAX);
                self.creators.push(Creator { topic: wanted.topic, partitions, asker: wanted.asker });
            }
            _ => Self::refuse(hands, wanted.asker, ErrorCode::TopicAlreadyExists),
        }
    }

    /// This broker's own picture has changed: perhaps every partition of a new topic has a leader in it.
    pub fn look_for_leaders(&mut self, hands: &mut Hands<'_, '_>) {
        let cache = Arc::clone(&hands.cache);
        let led = |creator: &Creator| {
            cache.topics.contains_key(&creator.topic)
                && (0..creator.partitions).all(|index| {
                    let p = Partition { topic: creator.topic, index };
                    cache.partition(p).is_some_and(|state| state.leader.is_some())
                })
        };
        for creator in self.creators.extract_if(.., |creator| led(creator)) {
            if let Some(asker) = creator.asker {
                let body = Body::TopicsCreated { error: ErrorCode::None };
                hands.answers.push((asker.conn, asker.request, body));
            }
        }
    }
}
