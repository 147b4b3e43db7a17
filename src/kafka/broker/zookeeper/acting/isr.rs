//! What leaders and coordinators ask the controller: in-sync sets (AlterPartition) and producer ids.

use super::reassign::is_moving;
use super::{Acting, Asker, Hands, IsrChange, Op, Partition, PartitionState, Reply, State, Task};
use crate::engine::NodeId;
use crate::kafka::zookeeper::{Data, Mode, Path, Refusal};
use crate::kafka::{Body, BrokerEpoch, ErrorCode, IsrResult, LeaderEpoch, PartitionEpoch};

/// Ids in a block.
const BLOCK: i64 = 1000;

/// A request's changes: those that are refused, and those that are to be written.
#[derive(Clone, Debug)]
pub(in crate::kafka::broker) struct Proposal {
    asker: Asker,
    results: Vec<IsrResult>,
    writes: Vec<(Partition, State, i32)>,
}

impl Acting {
    pub(super) fn alter_partitions(
        &mut self,
        hands: &mut Hands<'_, '_>,
        asker: Asker,
        broker: NodeId,
        epoch: BrokerEpoch,
        changes: &[IsrChange],
    ) {
        if self.registration(broker) != Some(epoch) {
            let body = Body::PartitionAltered { error: ErrorCode::StaleBrokerEpoch, results: Vec::new() };
            hands.answers.push((asker.conn, asker.request, body));
            return;
        }
        let (mut results, mut writes) = (Vec::new(), Vec::new());
        for change in changes {
            let p = change.partition;
            match (self.judge(broker, change), self.image.partition(p)) {
                (Ok(true), Some(known)) => {
                    let proposed = |id: &NodeId| change.isr.iter().any(|(member, _)| member == id);
                    let isr = known.replicas.iter().copied().filter(proposed).collect();
                    // The leader asked for it: its leadership goes on in the same epoch.
                    let state = State { isr, ..self.state_of(known) };
                    writes.push((p, state, known.partition_epoch.0));
                }
                (Ok(_), known) => results.push(result(p, ErrorCode::None, known)),
                (Err(error), _) => results.push(result(p, error, None)),
            }
        }
        self.next([Task::AlterIsr(Proposal { asker, results, writes })]);
    }

    /// Whether a proposal is to be written; false = it is so already.
    fn judge(&self, broker: NodeId, change: &IsrChange) -> Result<bool, ErrorCode> {
        let Some(known) = self.image.partition(change.partition) else {
            return Err(ErrorCode::UnknownTopicOrPartition);
        };
        if change.leader_epoch > known.leader_epoch || change.partition_epoch > known.partition_epoch {
            return Err(ErrorCode::NotController);
        }
        if change.leader_epoch < known.leader_epoch {
            return Err(ErrorCode::FencedLeaderEpoch);
        }
        let same =
            change.isr.len() == known.isr.len() && change.isr.iter().all(|(id, _)| known.isr.contains(id));
        if same {
            return Ok(false);
        }
        if change.partition_epoch < known.partition_epoch {
            return Err(ErrorCode::InvalidUpdateVersion);
        }
        let leads = change.isr.iter().any(|(id, _)| *id == broker) && known.leader == Some(broker);
        if !leads || !change.isr.iter().all(|(id, _)| known.replicas.contains(id)) {
            return Err(ErrorCode::InvalidRequest);
        }
        if change.isr.iter().all(|(id, _)| self.may_lead(*id)) {
            Ok(true)
        } else {
            Err(ErrorCode::IneligibleReplica)
        }
    }

    pub(super) fn isr_questions(&self, proposal: &Proposal) -> Vec<Op> {
        self.writes(&proposal.writes)
    }

    pub(super) fn on_isr_written(
        &mut self,
        hands: &mut Hands<'_, '_>,
        mut proposal: Proposal,
        replies: &[Reply],
    ) {
        let mut changed = Vec::new();
        for ((p, state, _), reply) in proposal.writes.into_iter().zip(replies) {
            let version = match reply {
                Reply::Done(_, stat) => Some(stat.version),
                Reply::Multi(parts) => match parts.as_slice() {
                    [Reply::Done(..), Reply::Done(_, stat)] => Some(stat.version),
                    [Reply::Refused(Refusal::BadVersion | Refusal::NoNode), _] => return self.depose(),
                    _ => None,
                },
                _ => None,
            };
            match version {
                Some(version) => {
                    self.learn(p, &state, version);
                    self.tell_all(p);
                    changed.push(p);
                    proposal.results.push(result(p, ErrorCode::None, self.image.partition(p)));
                }
                None => proposal.results.push(result(p, ErrorCode::InvalidUpdateVersion, None)),
            }
        }
        let body = Body::PartitionAltered { error: ErrorCode::None, results: proposal.results };
        hands.answers.push((proposal.asker.conn, proposal.asker.request, body));
        self.flush(hands);
        let moves = |p: &Partition| self.image.partition(*p).is_some_and(is_moving);
        let moving: Vec<Task> =
            changed.into_iter().filter(moves).map(|p| Task::MoveOn { p, raise: false }).collect();
        self.next(moving);
    }

    // ---- producer ids ----

    pub(super) fn allocate_ids(
        &mut self,
        hands: &mut Hands<'_, '_>,
        asker: Asker,
        broker: NodeId,
        epoch: BrokerEpoch,
    ) {
        if self.registration(broker) == Some(epoch) {
            self.next([Task::ReadProducerIds(asker, broker)]);
        } else {
            let error = ErrorCode::StaleBrokerEpoch;
            let body = Body::ProducerIdsAllocated { error, first: -1, count: 0 };
            hands.answers.push((asker.conn, asker.request, body));
        }
    }

    pub(super) fn on_producer_ids_read(&mut self, asker: Asker, broker: NodeId, replies: &[Reply]) {
        let (first, version) = match replies.first() {
            Some(Reply::Data(Data::ProducerIds { last, .. }, stat)) => (last + 1, Some(stat.version)),
            _ => (0, None),
        };
        self.next([Task::WriteProducerIds { asker, broker, first, version }]);
    }

    pub(super) fn on_producer_ids_written(
        &mut self,
        hands: &mut Hands<'_, '_>,
        asker: Asker,
        broker: NodeId,
        first: i64,
        replies: &[Reply],
    ) {
        match replies.first() {
            Some(Reply::Done(..)) => {
                let body = Body::ProducerIdsAllocated { error: ErrorCode::None, first, count: BLOCK };
                hands.answers.push((asker.conn, asker.request, body));
            }
            _ => self.next([Task::ReadProducerIds(asker, broker)]),
        }
    }
}

/// Reading the last block, or writing the next.
pub(super) fn id_questions(task: &Task) -> Vec<Op> {
    let path = Path::ProducerIds;
    match task {
        Task::WriteProducerIds { broker, first, version, .. } => {
            let data = Data::ProducerIds { broker: *broker, first: *first, last: first + BLOCK - 1 };
            vec![match version {
                Some(version) => Op::Set { path, data, version: Some(*version) },
                None => Op::Create { path, data, how: Mode::Persistent },
            }]
        }
        _ => vec![Op::Get { path, watch: false }],
    }
}

fn result(partition: Partition, error: ErrorCode, known: Option<&PartitionState>) -> IsrResult {
    IsrResult {
        partition,
        error,
        leader_epoch: known.map_or(LeaderEpoch(-1), |s| s.leader_epoch),
        partition_epoch: known.map_or(PartitionEpoch(-1), |s| s.partition_epoch),
        isr: known.map(|s| s.isr.clone()).unwrap_or_default(),
    }
}
