//! Who leads and who is in sync: elections and changes of the in-sync set (`PartitionChangeBuilder`, `ReplicationControlManager`).

use super::Controller;
use crate::engine::NodeId;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, BrokerEpoch, Cx, Election, ErrorCode, IsrChange, IsrResult, LeaderEpoch, MetadataRecord, Note,
    Partition, PartitionEpoch, PartitionState,
};

/// The leader a partition should have: the present one if it may stay, else the first replica of the assignment that is in the target
/// in-sync set and alive.
#[must_use]
pub fn choose_leader(
    state: &PartitionState,
    target_isr: &[NodeId],
    acceptable: impl Fn(NodeId) -> bool,
) -> Option<NodeId> {
    let may = |id: NodeId| target_isr.contains(&id) && acceptable(id);
    if mutant::on(Mutant::TakesLastInSync) {
        return state.replicas.iter().copied().rfind(|id| may(*id));
    }
    state.leader.filter(|leader| may(*leader)).or_else(|| state.replicas.iter().copied().find(|id| may(*id)))
}

/// A changed entry: the leader epoch rises with every change of leader, the partition epoch with every change.
fn changed(state: &PartitionState, leader: Option<NodeId>, isr: Vec<NodeId>) -> PartitionState {
    let moved = leader != state.leader;
    PartitionState {
        replicas: state.replicas.clone(),
        isr,
        leader,
        leader_epoch: LeaderEpoch(
            state.leader_epoch.0 + i32::from(moved && !mutant::on(Mutant::KeepsLeaderEpoch)),
        ),
        partition_epoch: PartitionEpoch(
            state.partition_epoch.0 + i32::from(moved || !mutant::on(Mutant::KeepsPartitionEpoch)),
        ),
    }
}

impl Controller {
    /// What changes when a broker goes: it leaves every in-sync set (the last member never does) and leads nothing.
    pub(super) fn leave_records(&self, broker: NodeId) -> Vec<MetadataRecord> {
        let image = &self.disk.image;
        let mut records = Vec::new();
        for (p, state) in image.partitions() {
            if !state.isr.contains(&broker) && state.leader != Some(broker) {
                continue;
            }
            let others: Vec<NodeId> = state.isr.iter().copied().filter(|id| *id != broker).collect();
            let isr = if others.is_empty() { state.isr.clone() } else { others };
            let alive = |id: NodeId| id != broker && image.active(id);
            let leader = choose_leader(state, &isr, alive).or_else(|| self.unclean_leader(p, state, alive));
            let isr = match leader {
                Some(leader) if !isr.contains(&leader) => vec![leader],
                _ => isr,
            };
            if leader != state.leader || isr != state.isr {
                records.push(MetadataRecord::Partition(p, changed(state, leader, isr)));
            }
        }
        records
    }

    /// Where the topic allows it: the first live replica, in sync or not.
    fn unclean_leader(
        &self,
        p: Partition,
        state: &PartitionState,
        alive: impl Fn(NodeId) -> bool,
    ) -> Option<NodeId> {
        let topic = self.disk.image.topics.get(&p.topic)?;
        let name = "unclean.leader.election.enable";
        let own = topic.configs.get(name).map_or(self.configs.get(name), |value| value);
        (own == "true").then(|| state.replicas.iter().copied().find(|id| alive(*id))).flatten()
    }

    /// Partitions without a leader that a returning broker may lead.
    pub(super) fn offline_elections(&self, back: NodeId) -> Vec<MetadataRecord> {
        let image = &self.disk.image;
        let alive = |id: NodeId| id == back || image.active(id);
        let mut records = Vec::new();
        for (p, state) in image.partitions().filter(|(_, state)| state.leader.is_none()) {
            let clean = choose_leader(state, &state.isr, alive);
            if let Some(leader) = clean.or_else(|| self.unclean_leader(p, state, alive)) {
                let isr = if state.isr.contains(&leader) { state.isr.clone() } else { vec![leader] };
                records.push(MetadataRecord::Partition(p, changed(state, Some(leader), isr)));
            }
        }
        records
    }

    /// States what records will change, in the order: who leaves, who joins, who leads.
    pub(super) fn state_changes(&self, cx: &mut Cx<'_>, records: &[MetadataRecord]) {
        let image = self.disk.image.clone();
        for record in records {
            let MetadataRecord::Partition(p, next) = record else { continue };
            let Some(before) = image.partition(*p) else {
                if let Some(to) = next.leader {
                    let (from, epoch, how) = (None, next.leader_epoch, Election::Initial);
                    cx.note(Note::LeaderElected { partition: *p, from, to, epoch, how });
                }
                continue;
            };
            Self::state_change(cx, *p, before, next);
        }
    }

    fn state_change(cx: &mut Cx<'_>, p: Partition, before: &PartitionState, next: &PartitionState) {
        for broker in before.isr.iter().filter(|id| !next.isr.contains(id)) {
            cx.note(Note::IsrShrunk { partition: p, broker: *broker });
        }
        for broker in next.isr.iter().filter(|id| !before.isr.contains(id)) {
            cx.note(Note::IsrExpanded { partition: p, broker: *broker });
        }
        match next.leader {
            Some(to) if next.leader_epoch != before.leader_epoch => {
                let unclean = !before.isr.contains(&to);
                let preferred = before.leader.is_some_and(|from| next.isr.contains(&from));
                let how = match (unclean, preferred) {
                    (true, _) => Election::Unclean,
                    (false, true) if next.replicas.first() == Some(&to) => Election::Preferred,
                    _ => Election::Clean,
                };
                let (from, epoch) = (before.leader, next.leader_epoch);
                cx.note(Note::LeaderElected { partition: p, from, to, epoch, how });
            }
            None if before.leader.is_some() => cx.note(Note::LeaderLost { partition: p }),
            _ => {}
        }
    }

    /// A leader proposes in-sync sets (`AlterPartition`).
    pub(super) fn alter_partitions(
        &mut self,
        cx: &mut Cx<'_>,
        broker: NodeId,
        epoch: BrokerEpoch,
        changes: &[IsrChange],
    ) -> Body {
        if self.disk.image.brokers.get(&broker).is_none_or(|b| b.epoch != epoch) {
            return Body::PartitionAltered { error: ErrorCode::StaleBrokerEpoch, results: Vec::new() };
        }
        let mut records = Vec::new();
        let mut verdicts = Vec::new();
        for change in changes {
            let verdict = self.judge_isr(broker, change);
            if verdict == ErrorCode::None
                && let Some(state) = self.disk.image.partition(change.partition)
            {
                let proposed = |id: &NodeId| change.isr.iter().any(|(member, _)| member == id);
                let dropped = state.leader.filter(|_| mutant::on(Mutant::DropsLeader));
                let in_sync = |id: &NodeId| proposed(id) && Some(*id) != dropped;
                let isr: Vec<NodeId> = state.replicas.iter().copied().filter(in_sync).collect();
                if isr != state.isr {
                    let next = changed(state, state.leader, isr);
                    records.push(MetadataRecord::Partition(change.partition, next));
                }
            }
            verdicts.push((change.partition, verdict));
        }
        self.state_changes(cx, &records);
        self.commit(cx, records);
        let results = verdicts.into_iter().map(|(p, error)| self.isr_result(p, error)).collect();
        Body::PartitionAltered { error: ErrorCode::None, results }
    }

    fn isr_result(&self, partition: Partition, error: ErrorCode) -> IsrResult {
        let state = self.disk.image.partition(partition).filter(|_| error == ErrorCode::None);
        IsrResult {
            partition,
            error,
            leader_epoch: state.map_or(LeaderEpoch(-1), |s| s.leader_epoch),
            partition_epoch: state.map_or(PartitionEpoch(-1), |s| s.partition_epoch),
            isr: state.map(|s| s.isr.clone()).unwrap_or_default(),
        }
    }

    fn judge_isr(&self, broker: NodeId, change: &IsrChange) -> ErrorCode {
        let image = &self.disk.image;
        let Some(state) = image.partition(change.partition) else {
            return ErrorCode::UnknownTopicOrPartition;
        };
        if change.leader_epoch > state.leader_epoch || change.partition_epoch > state.partition_epoch {
            return ErrorCode::NotController;
        }
        if change.leader_epoch < state.leader_epoch {
            return ErrorCode::FencedLeaderEpoch;
        }
        if state.leader != Some(broker) {
            return ErrorCode::InvalidRequest;
        }
        if change.partition_epoch < state.partition_epoch {
            return ErrorCode::InvalidUpdateVersion;
        }
        let inside = change.isr.iter().all(|(id, _)| state.replicas.contains(id));
        if !inside || !change.isr.iter().any(|(id, _)| *id == broker) {
            return ErrorCode::InvalidRequest;
        }
        let eligible = |(id, epoch): &(NodeId, BrokerEpoch)| {
            let known = image.brokers.get(id).filter(|b| b.active());
            known.is_some_and(|b| epoch.0 == -1 || b.epoch == *epoch)
        };
        if change.isr.iter().all(eligible) { ErrorCode::None } else { ErrorCode::IneligibleReplica }
    }

    /// Gives leadership back to the first replica where it is in sync and alive.
    pub(super) fn rebalance_leaders(&mut self, cx: &mut Cx<'_>) {
        let image = &self.disk.image;
        let records: Vec<MetadataRecord> = image
            .partitions()
            .filter_map(|(p, state)| {
                let first = *state.replicas.first()?;
                let better = state.leader != Some(first) && state.isr.contains(&first) && image.active(first);
                better.then(|| MetadataRecord::Partition(p, changed(state, Some(first), state.isr.clone())))
            })
            .collect();
        if !records.is_empty() {
            self.state_changes(cx, &records);
            self.commit(cx, records);
        }
    }

    pub(super) fn elect_preferred(&mut self, cx: &mut Cx<'_>, p: Partition) -> ErrorCode {
        let image = &self.disk.image;
        let Some(state) = image.partition(p) else { return ErrorCode::UnknownTopicOrPartition };
        let Some(&first) = state.replicas.first() else { return ErrorCode::PreferredLeaderNotAvailable };
        if state.leader == Some(first) {
            return ErrorCode::ElectionNotNeeded;
        }
        if !state.isr.contains(&first) || !image.active(first) {
            return ErrorCode::PreferredLeaderNotAvailable;
        }
        let records = vec![MetadataRecord::Partition(p, changed(state, Some(first), state.isr.clone()))];
        self.state_changes(cx, &records);
        self.commit(cx, records);
        ErrorCode::None
    }

    /// Lets the first live replica lead although it is not in sync: what only the others have is lost.
    pub(super) fn elect_unclean(&mut self, cx: &mut Cx<'_>, p: Partition) -> ErrorCode {
        let image = &self.disk.image;
        let Some(state) = image.partition(p) else { return ErrorCode::UnknownTopicOrPartition };
        if state.leader.is_some() {
            return ErrorCode::ElectionNotNeeded;
        }
        let Some(leader) = state.replicas.iter().copied().find(|id| image.active(*id)) else {
            return ErrorCode::EligibleLeadersNotAvailable;
        };
        let isr = if state.isr.contains(&leader) { state.isr.clone() } else { vec![leader] };
        let records = vec![MetadataRecord::Partition(p, changed(state, Some(leader), isr))];
        self.state_changes(cx, &records);
        self.commit(cx, records);
        ErrorCode::None
    }
}
