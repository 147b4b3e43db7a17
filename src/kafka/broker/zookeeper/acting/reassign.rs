//! A partition moves (KIP-455, in its simple form): who comes is added to the assignment; once all of them are in sync, who goes leaves
//! the in-sync set, then the assignment, and then forgets its copy.

use std::sync::Arc;

use super::{Acting, Event, Hands, Op, Partition, PartitionState, State, Task, Why, Writing};
use crate::engine::NodeId;
use crate::kafka::zookeeper::{Assigned, Data, Path};
use crate::kafka::{ErrorCode, LeaderEpoch, TopicId};

pub(super) fn questions(topic: TopicId, rows: &[Assigned]) -> Vec<Op> {
    vec![Op::Set { path: Path::Topic(topic), data: Data::Topic(Arc::new(rows.to_vec())), version: None }]
}

impl Acting {
    pub(super) fn judge_reassignment(&self, p: Partition, target: &[NodeId]) -> Option<ErrorCode> {
        if self.image.partition(p).is_none() {
            return Some(ErrorCode::UnknownTopicOrPartition);
        }
        let alive = target.iter().all(|id| self.is_live(*id));
        (!alive || !self.fits(target)).then_some(ErrorCode::InvalidReplicaAssignment)
    }

    pub(super) fn reassign(&mut self, p: Partition, target: &[NodeId]) {
        let Some(known) = self.image.partition(p) else { return };
        let adding: Vec<NodeId> = target.iter().copied().filter(|id| !known.replicas.contains(id)).collect();
        let removing: Vec<NodeId> =
            known.replicas.iter().copied().filter(|id| !target.contains(id)).collect();
        let replicas = target.iter().chain(&removing).copied().collect();
        let rows = self.rows_with(p, Assigned { replicas, adding, removing });
        self.next([Task::BeginReassign(p, rows)]);
    }

    /// Everybody hears of the new assignment in a higher leader epoch.
    pub(super) fn on_reassign_begun(&mut self, p: Partition, rows: &[Assigned]) {
        let (Some(row), Some(known)) = (rows.get(p.index as usize), self.image.partition(p)) else { return };
        let Assigned { replicas, adding, removing } = row.clone();
        let next = PartitionState { replicas, adding, removing, ..known.clone() };
        let write = self.raised(p, &next);
        self.know(p, next);
        self.next([write]);
        self.events.push_back(Event::ReassignGoesOn(p));
    }

    /// The same leader and in-sync set, one leader epoch higher.
    fn raised(&self, p: Partition, known: &PartitionState) -> Task {
        let leader_epoch = LeaderEpoch(known.leader_epoch.0 + 1);
        let state = State { leader_epoch, ..self.state_of(known) };
        Task::Write(vec![(p, state, known.partition_epoch.0)], Writing::NewEpoch)
    }

    /// Whether everybody who comes is in sync: then those who go can go.
    pub(super) fn go_on_reassigning(&mut self, p: Partition) {
        let Some(known) = self.image.partition(p).cloned() else { return };
        if known.adding.is_empty() && known.removing.is_empty() {
            return;
        }
        let gone = known.removing.clone();
        let target: Vec<NodeId> = known.replicas.iter().copied().filter(|id| !gone.contains(id)).collect();
        if target.iter().all(|id| known.isr.contains(id)) {
            self.end_reassignment(p, &known, target, gone);
        }
    }

    /// Who was being added goes, who was to go stays.
    pub(super) fn take_reassignment_back(&mut self, p: Partition) {
        let Some(known) = self.image.partition(p).cloned() else { return };
        let gone = known.adding.clone();
        let origin: Vec<NodeId> = known.replicas.iter().copied().filter(|id| !gone.contains(id)).collect();
        if !(gone.is_empty() && known.removing.is_empty()) {
            self.end_reassignment(p, &known, origin, gone);
        }
    }

    /// From now on `target` has it; then `gone` leave the in-sync set, and then they forget their copies.
    fn end_reassignment(
        &mut self,
        p: Partition,
        known: &PartitionState,
        target: Vec<NodeId>,
        gone: Vec<NodeId>,
    ) {
        let next = PartitionState {
            replicas: target.clone(),
            adding: Vec::new(),
            removing: Vec::new(),
            ..known.clone()
        };
        let leads = known.leader.is_some_and(|id| target.contains(&id) && self.may_lead(id));
        let first = if leads { self.raised(p, &next) } else { Task::Elect(vec![p], Why::Reassigned) };
        let row = Assigned { replicas: target, ..Assigned::default() };
        self.know(p, next);
        let rows = self.rows_with(p, row);
        let mut tasks = vec![first];
        tasks.extend(gone.iter().filter(|id| known.isr.contains(id)).map(|id| Task::Leave(vec![(p, *id)])));
        tasks.push(Task::EndReassign(p, gone, rows));
        self.next(tasks);
    }

    pub(super) fn on_reassign_ended(&mut self, hands: &mut Hands<'_, '_>, p: Partition, gone: &[NodeId]) {
        for broker in gone {
            self.tell_to_stop(*broker, p, true);
        }
        self.tell_all(p);
        self.flush(hands);
    }
}
