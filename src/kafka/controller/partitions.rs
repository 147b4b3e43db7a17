//! Who leads and who is in sync: elections and changes of the in-sync set (`PartitionChangeBuilder`, `ReplicationControlManager`).

use super::Controller;
use super::change::{Change, Rules, Search};
use crate::engine::NodeId;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, BrokerEpoch, Cx, Election, ErrorCode, Image, IsrChange, IsrResult, LeaderEpoch, MetadataRecord,
    Note, Partition, PartitionEpoch, PartitionState, Partitions, TopicId,
};

impl Controller {
    fn rules(&self, p: Partition) -> Rules {
        Rules {
            eligible_replicas: self.keeps_eligible_replicas(),
            min_isr: self.min_insync_replicas(p),
            bump_on_shrink: self.configs.get("metadata.version") == "3.5",
        }
    }

    /// `min.insync.replicas` of a partition's topic.
    #[must_use]
    pub fn min_insync_replicas(&self, p: Partition) -> usize {
        self.topic_setting(p, "min.insync.replicas").parse().unwrap_or(1)
    }

    /// Whether eligible leader replicas are kept; then an in-sync set may become empty.
    #[must_use]
    pub fn keeps_eligible_replicas(&self) -> bool {
        self.configs.int("eligible.leader.replicas.version") > 0
    }

    /// A topic's setting: its own, else the cluster's.
    fn topic_setting(&self, p: Partition, name: &str) -> &str {
        let own = self.latest.topics.get(&p.topic).and_then(|topic| topic.configs.get(name));
        own.map_or(self.configs.get(name), |value| value)
    }

    /// How a leader is looked for when one is needed.
    fn search(&self, p: Partition) -> Search {
        let unclean = self.topic_setting(p, "unclean.leader.election.enable") == "true";
        if unclean { Search::Unclean } else { Search::Online }
    }

    /// No change of a partition yet, with the rules of its topic.
    fn change<'a>(&self, p: Partition, state: &'a PartitionState) -> Change<'a> {
        Change { search: self.search(p), ..Change::of(state, self.rules(p)) }
    }

    /// What changes when a broker goes: it leaves every in-sync set and leads nothing.
    pub(super) fn leave_records(&self, broker: NodeId) -> Vec<MetadataRecord> {
        let image = &self.latest;
        let alive = |id: NodeId| id != broker && image.active(id);
        let concerned =
            image.partitions_on(broker).filter(|(_, s)| s.isr.contains(&broker) || s.leader == Some(broker));
        concerned
            .filter_map(|(p, state)| {
                let next = self.change(p, state).without(broker).decide(alive)?;
                Some(MetadataRecord::Partition(p, next))
            })
            .collect()
    }

    /// What changes when a broker comes back without its log: it has nothing of what made it in sync or eligible.
    pub(super) fn lost_log_records(&self, broker: NodeId) -> Vec<MetadataRecord> {
        if !self.keeps_eligible_replicas() {
            return self.leave_records(broker);
        }
        let image = &self.latest;
        let alive = |id: NodeId| id != broker && image.active(id);
        let concerned =
            image.partitions_on(broker).filter(|(_, s)| s.isr.contains(&broker) || s.elr.contains(&broker));
        concerned
            .filter_map(|(p, state)| {
                let change = Change { lost_its_log: Some(broker), ..self.change(p, state).without(broker) };
                Some(MetadataRecord::Partition(p, change.decide(alive)?))
            })
            .collect()
    }

    /// Partitions without a leader that a returning broker may lead.
    pub(super) fn offline_elections(&self, back: NodeId) -> Vec<MetadataRecord> {
        let image = &self.latest;
        let alive = |id: NodeId| id == back || image.active(id);
        if mutant::on(Mutant::LeavesLeaderless) {
            return Vec::new();
        }
        entries(image, image.leaderless())
            .filter_map(|(p, state)| Some(MetadataRecord::Partition(p, self.change(p, state).decide(alive)?)))
            .collect()
    }

    /// Looks again at partitions without a leader whose topics allow an unclean election.
    pub(super) fn elect_where_allowed(&mut self, cx: &mut Cx<'_>) {
        let image = &self.latest;
        let allowed = entries(image, image.leaderless()).filter(|(p, _)| self.search(*p) == Search::Unclean);
        let records: Vec<MetadataRecord> = allowed
            .filter_map(|(p, state)| {
                let next = self.change(p, state).decide(|id| image.active(id))?;
                Some(MetadataRecord::Partition(p, next))
            })
            .collect();
        if !records.is_empty() {
            self.commit(cx, records);
        }
    }

    /// Another minimum: who was eligible under the old one is so no longer.
    pub(super) fn forget_eligible(&self, topic: TopicId) -> Vec<MetadataRecord> {
        let of_topic = self
            .latest
            .partitions()
            .filter(|(p, state)| p.topic == topic && (!state.elr.is_empty() || state.last_leader.is_some()));
        of_topic
            .map(|(p, state)| {
                let partition_epoch = PartitionEpoch(state.partition_epoch.0 + 1);
                let bare = PartitionState { elr: Vec::new(), last_leader: None, ..state.clone() };
                MetadataRecord::Partition(p, PartitionState { partition_epoch, ..bare })
            })
            .collect()
    }

    /// States what a committed entry has changed: who left, who joined, who leads.
    pub(super) fn tell_partition(
        cx: &mut Cx<'_>,
        p: Partition,
        before: Option<&PartitionState>,
        next: &PartitionState,
    ) {
        match (before, next.leader) {
            (Some(before), _) => Self::state_change(cx, p, before, next),
            (None, Some(to)) => {
                let (from, epoch, how) = (None, next.leader_epoch, Election::Initial);
                cx.note(Note::LeaderElected { partition: p, from, to, epoch, how });
            }
            (None, None) => {}
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
                // The last step of a reassignment may elect who has just joined the in-sync set: that is clean.
                let unclean = next.recovering && !before.isr.contains(&to) && !before.elr.contains(&to);
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
        if self.latest.brokers.get(&broker).is_none_or(|b| b.epoch != epoch) {
            return Body::PartitionAltered { error: ErrorCode::StaleBrokerEpoch, results: Vec::new() };
        }
        let mut records = Vec::new();
        let mut verdicts = Vec::new();
        let image = &self.latest;
        for change in changes {
            let mut verdict = self.judge_isr(broker, change);
            if verdict == ErrorCode::None
                && let Some(state) = image.partition(change.partition)
            {
                let proposed = |id: &NodeId| change.isr.iter().any(|(member, _)| member == id);
                let isr = state.replicas.iter().copied().filter(proposed).collect();
                let wished =
                    Change { isr, recovered: true, ..Change::of(state, self.rules(change.partition)) };
                if let Some(mut next) = wished.decide(|id| image.active(id)) {
                    if mutant::on(Mutant::DropsLeader) {
                        next.isr.retain(|id| Some(*id) != state.leader);
                    }
                    if next.leader != state.leader {
                        verdict = ErrorCode::NewLeaderElected;
                    }
                    records.push(MetadataRecord::Partition(change.partition, next));
                }
            }
            verdicts.push((change.partition, verdict));
        }
        self.commit(cx, records);
        let results = verdicts.into_iter().map(|(p, error)| self.isr_result(p, error)).collect();
        Body::PartitionAltered { error: ErrorCode::None, results }
    }

    fn isr_result(&self, partition: Partition, error: ErrorCode) -> IsrResult {
        let state = self.latest.partition(partition).filter(|_| error == ErrorCode::None);
        IsrResult {
            partition,
            error,
            leader_epoch: state.map_or(LeaderEpoch(-1), |s| s.leader_epoch),
            partition_epoch: state.map_or(PartitionEpoch(-1), |s| s.partition_epoch),
            isr: state.map(|s| s.isr.clone()).unwrap_or_default(),
        }
    }

    fn judge_isr(&self, broker: NodeId, change: &IsrChange) -> ErrorCode {
        let image = &self.latest;
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
        let image = &self.latest;
        let records: Vec<MetadataRecord> = entries(image, image.displaced())
            .filter_map(|(p, state)| {
                let next = self.towards(p, state, Search::Preferred)?;
                Some(MetadataRecord::Partition(p, next))
            })
            .collect();
        if !records.is_empty() {
            self.commit(cx, records);
        }
    }

    fn towards(&self, p: Partition, state: &PartitionState, search: Search) -> Option<PartitionState> {
        Change { search, ..self.change(p, state) }.decide(|id| self.latest.active(id))
    }

    /// An admin asks for an election (`ElectLeaders`): of the preferred replica, or of anybody alive where nobody leads.
    pub(super) fn elect(&mut self, cx: &mut Cx<'_>, p: Partition, search: Search) -> ErrorCode {
        let Some(state) = self.latest.partition(p) else { return ErrorCode::UnknownTopicOrPartition };
        let preferred = search == Search::Preferred;
        let needless = match preferred {
            true => state.leader.is_some() && state.leader.as_ref() == state.replicas.first(),
            false => state.leader.is_some(),
        };
        if needless {
            return ErrorCode::ElectionNotNeeded;
        }
        let Some(next) = self.towards(p, state, search) else {
            let none = ErrorCode::EligibleLeadersNotAvailable;
            return if preferred { ErrorCode::PreferredLeaderNotAvailable } else { none };
        };
        let records = vec![MetadataRecord::Partition(p, next)];
        self.commit(cx, records);
        ErrorCode::None
    }

    /// An admin moves a partition to other brokers (`AlterPartitionReassignments`): new replicas are added first; once they are in sync
    /// the old ones go.
    pub(super) fn reassign(&mut self, cx: &mut Cx<'_>, p: Partition, target: &[NodeId]) -> ErrorCode {
        let image = &self.latest;
        let Some(state) = image.partition(p) else { return ErrorCode::UnknownTopicOrPartition };
        let repeated = (1..target.len()).any(|n| target[n..].contains(&target[n - 1]));
        if target.is_empty() || repeated || !target.iter().all(|id| image.brokers.contains_key(id)) {
            return ErrorCode::InvalidReplicaAssignment;
        }
        let mut adding = without(target, &state.replicas);
        let mut removing = without(&state.replicas, target);
        let replicas = target.iter().chain(&removing).copied().collect();
        // What is empty is not set anew: then what an earlier reassignment wanted still stands (`changePartitionReassignment`).
        if adding.is_empty() {
            adding.clone_from(&state.adding);
        }
        if removing.is_empty() {
            removing.clone_from(&state.removing);
        }
        let change = Change { replicas, adding, removing, ..self.change(p, state) };
        if let Some(next) = change.decide(|id| image.active(id)) {
            let records = vec![MetadataRecord::Partition(p, next)];
            self.commit(cx, records);
        }
        ErrorCode::None
    }

    /// An admin takes a reassignment back (`PartitionReassignmentRevert`): who was being added goes, who was to go stays. Where nobody
    /// is in sync but those being added, that loses records: only an unclean election allows it.
    pub(super) fn cancel_reassignment(&mut self, cx: &mut Cx<'_>, p: Partition) -> ErrorCode {
        let image = &self.latest;
        let Some(state) = image.partition(p) else { return ErrorCode::UnknownTopicOrPartition };
        if state.adding.is_empty() && state.removing.is_empty() {
            return ErrorCode::NoReassignmentInProgress;
        }
        let stays = |id: &&NodeId| !state.adding.contains(id);
        let replicas: Vec<NodeId> = state.replicas.iter().filter(stays).copied().collect();
        let isr: Vec<NodeId> = state.isr.iter().filter(stays).copied().collect();
        let mut change =
            Change { replicas, isr, adding: Vec::new(), removing: Vec::new(), ..self.change(p, state) };
        if !change.isr.is_empty() {
            change.search = Search::Online;
        } else if change.search == Search::Unclean {
            // the first that stays counts as in sync (`PartitionReassignmentRevert`)
            change.isr.extend(change.replicas.first());
        } else {
            return ErrorCode::InvalidReplicaAssignment;
        }
        if let Some(next) = change.decide(|id| image.active(id)) {
            self.commit(cx, vec![MetadataRecord::Partition(p, next)]);
        }
        ErrorCode::None
    }
}

/// Those of `some` that are not among `others`, by their ids (`PartitionReassignmentReplicas`: a sorted set).
fn without(some: &[NodeId], others: &[NodeId]) -> Vec<NodeId> {
    let mut rest: Vec<NodeId> = some.iter().filter(|id| !others.contains(id)).copied().collect();
    rest.sort_unstable();
    rest
}

/// Some partitions with their entries.
fn entries<'a>(
    image: &'a Image,
    some: &'a Partitions,
) -> impl Iterator<Item = (Partition, &'a PartitionState)> {
    some.keys().filter_map(|&p| Some((p, image.partition(p)?)))
}
