//! Elections, replicas that leave, and the writes of both (`ZkPartitionStateMachine`, `ZkReplicaStateMachine`).
//!
//! Each write is a transaction of two: `/controller_epoch` has the version it had when this controller was elected, and the state has the
//! version that was just read.

use std::collections::BTreeMap;

use super::{Acting, Hands, Op, Partition, PartitionState, Reply, State, Task, Writing};
use crate::engine::NodeId;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::zookeeper::{Data, Path, Refusal, Strategy, elect, without_replica};
use crate::kafka::{ErrorCode, LeaderEpoch, Note, PartitionEpoch, TopicId};

/// Why a leader is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kafka::broker) enum Why {
    /// Nobody leads, or who leads is gone. `unclean`: the topics' settings have been read, should nobody in sync be alive.
    Offline {
        /// The settings are known.
        rules_read: bool,
    },
    /// The first replica is to lead again; `asked`: an admin wants to know what became of it.
    Preferred {
        /// An admin asked.
        asked: bool,
    },
    /// An admin wants anybody who is alive.
    Unclean,
    /// A broker leaves.
    Leaving,
    /// The leader is none of those that a reassignment keeps.
    Reassigned,
}

/// Reads states.
pub(super) fn reads(partitions: impl Iterator<Item = Partition>) -> Vec<Op> {
    partitions.map(|p| Op::Get { path: Path::State(p), watch: false }).collect()
}

/// Reads settings of topics.
pub(super) fn rules(topics: &[TopicId]) -> Vec<Op> {
    topics.iter().map(|topic| Op::Get { path: Path::TopicConfig(*topic), watch: false }).collect()
}

impl Acting {
    /// Nothing is written if another controller has been elected.
    pub(super) fn check(&self) -> Op {
        Op::Check { path: Path::ControllerEpoch, version: self.version }
    }

    pub(super) fn writes(&self, writes: &[(Partition, State, i32)]) -> Vec<Op> {
        let one = |(p, state, version): &(Partition, State, i32)| {
            let (path, data) = (Path::State(*p), Data::State(state.clone()));
            let set = Op::Set { path, data, version: Some(*version) };
            if mutant::on(Mutant::WritesUnfenced) {
                Op::Set { path: Path::State(*p), data: Data::State(state.clone()), version: None }
            } else {
                Op::Multi(vec![self.check(), set])
            }
        };
        writes.iter().map(one).collect()
    }

    fn unclean(&self, hands: &Hands<'_, '_>, p: Partition) -> bool {
        let own =
            self.image.topics.get(&p.topic).and_then(|t| t.configs.get("unclean.leader.election.enable"));
        own.map_or_else(|| hands.configs.get("unclean.leader.election.enable") == "true", |v| &**v == "true")
    }

    /// Looks for partitions whose leader is missing or not alive.
    pub(super) fn elect_offline(&mut self) {
        let leaderless = self.image.leaderless().keys().copied();
        let mut partitions: Vec<Partition> =
            leaderless.filter(|p| self.image.partition(*p).is_some_and(|s| !s.isr.is_empty())).collect();
        for broker in self.image.holders().filter(|id| !self.is_live(*id)) {
            let led = self.image.partitions_on(broker).filter(|(_, s)| s.leader == Some(broker));
            partitions.extend(led.map(|(p, _)| p));
        }
        if !partitions.is_empty() {
            self.next([Task::Elect(partitions, Why::Offline { rules_read: false })]);
        }
    }

    /// Decides about each state that was read.
    pub(super) fn on_election_states(
        &mut self,
        hands: &mut Hands<'_, '_>,
        partitions: &[Partition],
        why: Why,
        replies: &[Reply],
    ) {
        let (mut writes, mut unknown) = (Vec::new(), Vec::new());
        for (&p, reply) in partitions.iter().zip(replies) {
            let (Reply::Data(Data::State(state), stat), Some(known)) = (reply, self.image.partition(p))
            else {
                continue;
            };
            if state.controller_epoch > self.epoch {
                return self.depose();
            }
            let strategy = match why {
                Why::Offline { rules_read } => {
                    Strategy::Offline { unclean: rules_read && self.unclean(hands, p) }
                }
                Why::Unclean => Strategy::Offline { unclean: true },
                Why::Preferred { .. } => Strategy::Preferred,
                Why::Leaving => Strategy::ControlledShutdown,
                Why::Reassigned => Strategy::Reassign,
            };
            let needless = match why {
                Why::Offline { .. } | Why::Unclean => state.leader.is_some_and(|id| self.is_live(id)),
                Why::Preferred { .. } => state.leader.as_ref() == known.replicas.first(),
                Why::Leaving => state.leader.is_some_and(|id| self.may_lead(id)),
                Why::Reassigned => false,
            };
            let asked = matches!(why, Why::Preferred { asked: true } | Why::Unclean);
            if needless {
                if asked {
                    hands.cx.note(Note::AdminRefused { error: ErrorCode::ElectionNotNeeded });
                }
                continue;
            }
            let alive = |id| if why == Why::Leaving { self.is_live(id) } else { self.may_lead(id) };
            let leaving = |id| self.shutting_down.contains(&id);
            let stays: Vec<NodeId> =
                known.replicas.iter().copied().filter(|id| !known.removing.contains(id)).collect();
            let from = if why == Why::Reassigned { &stays } else { &known.replicas };
            let Some((leader, isr)) = elect(strategy, from, &state.isr, alive, leaving) else {
                let anybody = known.replicas.iter().any(|id| self.may_lead(*id));
                if why == (Why::Offline { rules_read: false }) && anybody {
                    unknown.push(p);
                }
                if asked {
                    let error = match why {
                        Why::Unclean => ErrorCode::EligibleLeadersNotAvailable,
                        _ => ErrorCode::PreferredLeaderNotAvailable,
                    };
                    hands.cx.note(Note::AdminRefused { error });
                }
                continue;
            };
            let raised = i32::from(!mutant::on(Mutant::KeepsLeaderEpoch));
            let leader_epoch = LeaderEpoch(state.leader_epoch.0 + raised);
            let next = State { leader: Some(leader), leader_epoch, isr, controller_epoch: self.epoch };
            writes.push((p, next, stat.version));
        }
        if !unknown.is_empty() {
            let mut topics: Vec<TopicId> = unknown.iter().map(|p| p.topic).collect();
            topics.dedup();
            self.next([Task::ReadRules(topics, unknown)]);
        }
        if !writes.is_empty() {
            self.next([Task::Write(writes, Writing::Election(why))]);
        }
    }

    pub(super) fn on_rules(&mut self, topics: &[TopicId], partitions: Vec<Partition>, replies: &[Reply]) {
        for (topic, reply) in topics.iter().zip(replies) {
            if let Reply::Data(Data::Configs(configs), _) = reply {
                self.learn_rules(*topic, configs);
            }
        }
        self.next([Task::Elect(partitions, Why::Offline { rules_read: true })]);
    }

    /// Replicas that leave: whoever led leads no longer, and the in-sync set is one less, but never empty.
    pub(super) fn on_departure_states(
        &mut self,
        hands: &mut Hands<'_, '_>,
        leaving: &[(Partition, NodeId)],
        replies: &[Reply],
    ) {
        let mut writes = Vec::new();
        let mut gone = BTreeMap::new();
        for (&(p, broker), reply) in leaving.iter().zip(replies) {
            let Reply::Data(Data::State(state), stat) = reply else { continue };
            if state.controller_epoch > self.epoch {
                return self.depose();
            }
            if !state.isr.contains(&broker) && state.leader != Some(broker) {
                // It was written before, and the answer got lost: nobody has been told (`doRemoveReplicasFromIsr` gives it back, too).
                let known = self.image.partition(p);
                let told = known.is_some_and(|k| k.leader == state.leader && k.isr == state.isr);
                let stay: Vec<NodeId> = known.into_iter().flat_map(|k| k.replicas.iter().copied()).collect();
                self.learn(p, &State::clone(state), stat.version);
                if !told {
                    self.tell_replicas(stay.into_iter().filter(|id| *id != broker), p);
                }
                continue;
            }
            let (leader, mut isr) = without_replica(state.leader, &state.isr, broker);
            if mutant::on(Mutant::DropsLeader) {
                isr.retain(|id| Some(*id) != leader);
            }
            let leader_epoch = LeaderEpoch(state.leader_epoch.0 + 1);
            let next = State { leader, leader_epoch, isr, controller_epoch: self.epoch };
            writes.push((p, next, stat.version));
            gone.insert(p, broker);
        }
        self.flush(hands);
        if !writes.is_empty() {
            self.next([Task::Write(writes, Writing::Departure(gone))]);
        }
    }

    /// What was written is known, and told to the replicas and then to everybody. What met another version is looked at again.
    pub(super) fn on_written(
        &mut self,
        hands: &mut Hands<'_, '_>,
        writes: Vec<(Partition, State, i32)>,
        writing: Writing,
        replies: &[Reply],
    ) {
        let mut again = Vec::new();
        for ((p, state, _), reply) in writes.into_iter().zip(replies) {
            let version = match reply {
                Reply::Done(_, stat) => stat.version,
                Reply::Multi(parts) => match parts.as_slice() {
                    [Reply::Done(..), Reply::Done(_, stat)] => stat.version,
                    [Reply::Refused(Refusal::BadVersion | Refusal::NoNode), _] => return self.depose(),
                    _ => {
                        again.push(p);
                        continue;
                    }
                },
                _ => continue,
            };
            self.learn(p, &state, version);
            let Some(known) = self.image.partition(p) else { continue };
            let stays = |id: &NodeId| match &writing {
                Writing::Departure(gone) => gone.get(&p) != Some(id),
                _ => true,
            };
            let to: Vec<NodeId> = known.replicas.iter().copied().filter(stays).collect();
            self.tell_replicas(to, p);
        }
        self.flush(hands);
        if !again.is_empty() {
            let task = match writing {
                Writing::Election(why) => Task::Elect(again, why),
                Writing::Departure(gone) => {
                    Task::Leave(again.into_iter().filter_map(|p| Some((p, *gone.get(&p)?))).collect())
                }
                Writing::NewEpoch => {
                    return self.next(again.into_iter().map(Task::Raise).collect::<Vec<_>>());
                }
            };
            self.next([task]);
        }
    }

    /// A state as it is now in ZooKeeper.
    pub(super) fn learn(&mut self, p: Partition, state: &State, version: i32) {
        let known = self.image.partition(p).cloned().unwrap_or_default();
        let next = PartitionState {
            leader: state.leader,
            leader_epoch: state.leader_epoch,
            isr: state.isr.clone(),
            partition_epoch: PartitionEpoch(version),
            ..known
        };
        self.know(p, next);
    }

    /// Every 300 s: where more than 10 % of what a broker should lead is led by others, it gets it back
    /// (`checkAndTriggerAutoLeaderRebalance`).
    pub(super) fn rebalance(&mut self, hands: &mut Hands<'_, '_>) {
        super::arm_rebalance(hands, None);
        let limit = hands.configs.int("leader.imbalance.per.broker.percentage");
        let mut by_preferred: BTreeMap<NodeId, (i64, Vec<Partition>)> = BTreeMap::new();
        for (p, state) in self.image.partitions() {
            let Some(&preferred) = state.replicas.first() else { continue };
            let (all, elsewhere) = by_preferred.entry(preferred).or_default();
            *all += 1;
            if state.leader != Some(preferred) {
                elsewhere.push(p);
            }
        }
        let mut wanted = Vec::new();
        for (preferred, (all, elsewhere)) in by_preferred {
            let unequal =
                i64::try_from(elsewhere.len()).unwrap_or(i64::MAX).saturating_mul(100) > limit * all;
            if unequal && self.may_lead(preferred) {
                let in_sync =
                    |p: &Partition| self.image.partition(*p).is_some_and(|s| s.isr.contains(&preferred));
                wanted.extend(elsewhere.into_iter().filter(in_sync));
            }
        }
        if !wanted.is_empty() {
            self.next([Task::Elect(wanted, Why::Preferred { asked: false })]);
        }
    }
}
