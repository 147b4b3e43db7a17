//! A partition moves (KIP-455, `KafkaController.onPartitionReassignment`): who comes is added to the assignment; once all of them are in
//! sync, who goes leaves the in-sync set, forgets its copy, and leaves the assignment. A second reassignment takes the place of the first;
//! to take one back is to reassign to those who had it.

use std::sync::Arc;

use super::{Acting, Hands, Op, Partition, PartitionState, Reply, State, Task, Why, Writing};
use crate::engine::NodeId;
use crate::kafka::zookeeper::{Assigned, Data, Path};
use crate::kafka::{ErrorCode, LeaderEpoch, TopicId};

pub(super) fn questions(topic: TopicId, rows: &[Assigned]) -> Vec<Op> {
    vec![Op::Set { path: Path::Topic(topic), data: Data::Topic(Arc::new(rows.to_vec())), version: None }]
}

impl Acting {
    /// Only those who come have to be alive.
    pub(super) fn judge_reassignment(&self, p: Partition, target: &[NodeId]) -> Option<ErrorCode> {
        let Some(known) = self.image.partition(p) else { return Some(ErrorCode::UnknownTopicOrPartition) };
        let mut adding = without(target, &without(&known.replicas, &known.adding)).into_iter();
        (!adding.all(|id| self.may_lead(id)) || !self.fits(target))
            .then_some(ErrorCode::InvalidReplicaAssignment)
    }

    /// `ReplicaAssignment.reassignTo`: whoever was being added by a reassignment before this one is no replica of old.
    pub(super) fn reassign(&mut self, p: Partition, target: &[NodeId]) {
        let Some(known) = self.image.partition(p) else { return };
        let origin = without(&known.replicas, &known.adding);
        let replicas: Vec<NodeId> = target.iter().copied().chain(without(&origin, target)).collect();
        let (adding, removing) = (without(&replicas, &origin), without(&replicas, target));
        let rows = self.rows_with(p, Assigned { replicas, adding, removing });
        self.next([Task::BeginReassign(p, rows)]);
    }

    /// Back to those who had it before.
    pub(super) fn take_reassignment_back(&mut self, p: Partition) {
        let Some(known) = self.image.partition(p).filter(|known| is_moving(known)) else { return };
        self.reassign(p, &without(&known.replicas, &known.adding));
    }

    /// Whom the reassignment before this one was adding, and this one does not want, leaves first (`updateCurrentReassignment`).
    pub(super) fn on_reassign_begun(&mut self, p: Partition, rows: &[Assigned]) {
        let (Some(row), Some(known)) = (rows.get(p.index as usize), self.image.partition(p)) else { return };
        let unneeded = without(&known.replicas, &row.replicas);
        let Assigned { replicas, adding, removing } = row.clone();
        let next = PartitionState { replicas, adding, removing, ..known.clone() };
        self.know(p, next);
        let mut tasks = leaves(p, unneeded);
        tasks.push(Task::MoveOn { p, raise: true });
        self.next(tasks);
    }

    /// Partitions on the move whose target is wanted: a new controller and brokers that come take them up again
    /// (`maybeResumeReassignments`).
    pub(super) fn moving(&self, wanted: impl Fn(&[NodeId]) -> bool) -> Vec<Task> {
        let all = self.image.partitions().filter(|(_, state)| is_moving(state));
        let all = all.filter(|(_, state)| wanted(&without(&state.replicas, &state.removing)));
        all.map(|(p, _)| Task::MoveOn { p, raise: true }).collect()
    }

    /// Once everybody who comes is in sync, those who go can go. Until then everybody hears of the assignment in a higher leader epoch.
    pub(super) fn move_on(&mut self, p: Partition, raise: bool, replies: &[Reply]) {
        let (Some(Reply::Data(Data::State(state), _)), Some(known)) =
            (replies.first(), self.image.partition(p).cloned())
        else {
            return;
        };
        let target = without(&known.replicas, &known.removing);
        if !is_moving(&known) || target.iter().all(|id| state.isr.contains(id)) {
            self.end_reassignment(p, known, target);
        } else if raise {
            self.next([Task::Raise(p)]);
        }
    }

    /// The same leader and in-sync set, one leader epoch higher (`updateLeaderEpoch`).
    pub(super) fn raise(&mut self, p: Partition, replies: &[Reply]) {
        let Some(Reply::Data(Data::State(state), stat)) = replies.first() else { return };
        if state.controller_epoch > self.epoch {
            return self.depose();
        }
        let leader_epoch = LeaderEpoch(state.leader_epoch.0 + 1);
        let next = State { leader_epoch, controller_epoch: self.epoch, ..State::clone(state) };
        self.next([Task::Write(vec![(p, next, stat.version)], Writing::NewEpoch)]);
    }

    /// From now on `target` has it; those who go leave the in-sync set and forget their copies, and only then the assignment is written
    /// without them: should this controller die, the next one still knows of them.
    fn end_reassignment(&mut self, p: Partition, known: PartitionState, target: Vec<NodeId>) {
        let gone = known.removing.clone();
        let leads = known.leader.is_some_and(|id| target.contains(&id) && self.may_lead(id));
        let first = if leads { Task::Raise(p) } else { Task::Elect(vec![p], Why::Reassigned) };
        let replicas = target.clone();
        self.know(p, PartitionState { replicas, adding: Vec::new(), removing: Vec::new(), ..known });
        let rows = self.rows_with(p, Assigned { replicas: target, ..Assigned::default() });
        let mut tasks = vec![first];
        tasks.extend(leaves(p, gone));
        tasks.push(Task::EndReassign(p, rows));
        self.next(tasks);
    }

    pub(super) fn have_forgotten(&mut self, hands: &mut Hands<'_, '_>, p: Partition, gone: &[NodeId]) {
        for broker in gone {
            self.tell_to_stop(*broker, p, true);
        }
        self.flush(hands);
    }
}

/// Whether a reassignment is under way.
pub(super) const fn is_moving(state: &PartitionState) -> bool {
    !state.adding.is_empty() || !state.removing.is_empty()
}

fn without(all: &[NodeId], some: &[NodeId]) -> Vec<NodeId> {
    all.iter().copied().filter(|id| !some.contains(id)).collect()
}

/// Replicas that are wanted no longer: out of the in-sync set, one after the other, then out of the world.
fn leaves(p: Partition, gone: Vec<NodeId>) -> Vec<Task> {
    if gone.is_empty() {
        return Vec::new();
    }
    let mut tasks: Vec<Task> = gone.iter().map(|id| Task::Leave(vec![(p, *id)])).collect();
    tasks.push(Task::Forget(p, gone));
    tasks
}
