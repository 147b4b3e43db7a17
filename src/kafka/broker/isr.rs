//! The leader's two decisions: where the high watermark stands, and who is in sync.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Broker, Pending, ReplicaRole};
use crate::engine::{Micros, NodeId};
use crate::kafka::client::CONTROLLER;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, BrokerEpoch, Cx, ErrorCode, IsrChange, Note, Offset, Partition, PartitionEpoch, Role, Timer,
};

impl Broker {
    /// Moves the leader's high watermark to where the rule says, and lets go what waited for it.
    pub(super) fn advance_high_watermark(&mut self, cx: &mut Cx<'_>, p: Partition) {
        let (min_isr, lag) = (self.min_insync_replicas(p), self.lag_limit());
        let (Some(replica), Some(log)) = (self.vol.replicas.get(&p), self.disk.logs.get(&p)) else { return };
        let ReplicaRole::Leading(leading) = &replica.role else { return };
        let image = &self.vol.image;
        let eligible = |id: NodeId| image.active(id);
        let before = replica.high_watermark;
        let next = leading.next_high_watermark(before, log.end(), min_isr, cx.now(), lag, eligible);
        if next > before || (next != before && mutant::on(Mutant::LowersHighWatermark)) {
            self.set_high_watermark(cx, p, next);
            self.watch_last_stable(cx, p);
            self.finish_writes(p, Ok(next));
            self.wake_produces(cx, p);
            self.wake_fetches(cx, p);
        }
    }

    pub(super) fn set_high_watermark(&mut self, cx: &mut Cx<'_>, p: Partition, to: Offset) {
        let Some(replica) = self.vol.replicas.get_mut(&p) else { return };
        let from = replica.high_watermark;
        if from != to {
            replica.high_watermark = to;
            cx.note(Note::HighWatermarkMoved { node: cx.me(), partition: p, from, to });
            if let Some(log) = self.disk.logs.get_mut(&p)
                && log.producers().has_replicated(to)
            {
                Arc::make_mut(log).committed_up_to(to);
            }
        }
    }

    /// Proposes a follower that has caught up.
    pub(super) fn maybe_expand(&mut self, p: Partition) {
        let Some(replica) = self.vol.replicas.get(&p) else { return };
        let ReplicaRole::Leading(leading) = &replica.role else { return };
        let joins = |id: &NodeId| {
            let fetched_as = leading.followers.get(id).map(|f| f.broker_epoch);
            let registered = self.vol.image.brokers.get(id).filter(|b| b.active()).map(|b| b.epoch);
            fetched_as == registered && leading.may_join(*id, replica.high_watermark)
        };
        let Some(joining) = leading.replicas.iter().copied().find(joins) else { return };
        let isr = |id: &NodeId| leading.isr.contains(id) || *id == joining;
        let proposed = leading.replicas.iter().copied().filter(isr).collect();
        self.propose(&[(p, proposed)]);
    }

    /// Every half of the lag time: proposes to drop members that fell behind. All of one partition in one request.
    pub(super) fn check_isr(&mut self, cx: &mut Cx<'_>) {
        let lag = self.lag_limit();
        cx.set_clock(Timer::IsrCheck, Micros(lag.0 / 2));
        let mut changes = Vec::new();
        for (p, replica) in &self.vol.replicas {
            let (ReplicaRole::Leading(leading), Some(log)) = (&replica.role, self.disk.logs.get(p)) else {
                continue;
            };
            if leading.pending.is_some() {
                continue;
            }
            let lagging = leading.lagging(cx.now(), log.end(), lag);
            if !lagging.is_empty() {
                let kept = leading.isr.iter().copied().filter(|id| !lagging.contains(id)).collect();
                changes.push((*p, kept));
            }
        }
        if !changes.is_empty() {
            self.propose(&changes);
        }
    }

    fn propose(&mut self, proposals: &[(Partition, Vec<NodeId>)]) {
        for (p, isr) in proposals {
            if let Some(ReplicaRole::Leading(leading)) = self.vol.replicas.get_mut(p).map(|r| &mut r.role) {
                leading.pending = Some(isr.clone());
            }
        }
        self.vol.to_propose.extend(proposals.iter().map(|(p, _)| *p));
    }

    /// Sends what is proposed, all in one request; one request at a time (`AlterPartitionManager`).
    pub(super) fn send_proposals(&mut self, cx: &mut Cx<'_>) {
        let asked = |pending: &Pending| matches!(pending, Pending::AlterPartition(_));
        if self.vol.to_propose.is_empty() || self.vol.requests.iter().any(|(_, _, pending)| asked(pending)) {
            return;
        }
        let (Some(epoch), Some(controller)) = (self.vol.epoch, controller(cx)) else { return };
        let partitions = std::mem::take(&mut self.vol.to_propose);
        let brokers: BTreeMap<NodeId, BrokerEpoch> =
            self.vol.image.brokers.iter().map(|(id, state)| (*id, state.epoch)).collect();
        let mut changes = Vec::new();
        for p in partitions {
            let leader_epoch = self.leader_epoch(p);
            let Some((partition_epoch, isr)) =
                self.leads(p).and_then(|l| Some((l.partition_epoch, l.pending.clone()?)))
            else {
                continue;
            };
            let isr =
                isr.iter().map(|id| (*id, brokers.get(id).copied().unwrap_or(BrokerEpoch(-1)))).collect();
            changes.push(IsrChange { partition: p, leader_epoch, partition_epoch, isr });
        }
        if changes.is_empty() {
            return;
        }
        let asked = changes.iter().map(|c| (c.partition, c.partition_epoch)).collect();
        let body = Body::AlterPartition { epoch, changes };
        self.vol.requests.send(
            cx,
            controller,
            CONTROLLER,
            false,
            body,
            Micros::secs(30),
            Pending::AlterPartition(asked),
        );
    }

    /// The request got lost: propose again (each partition that still waits for this answer).
    pub(super) fn retry_alter(&mut self, asked: &[(Partition, PartitionEpoch)]) {
        let again: Vec<Partition> =
            asked.iter().filter(|(p, epoch)| self.still_proposed(*p, *epoch)).map(|(p, _)| *p).collect();
        self.vol.to_propose.extend(again);
    }

    /// Whether what is pending is what was asked at this partition epoch. Metadata that overtook the answer has settled it, and may
    /// have made room for the next proposal, which nobody has seen yet.
    fn still_proposed(&self, p: Partition, asked_at: PartitionEpoch) -> bool {
        self.leads(p).is_some_and(|l| l.partition_epoch == asked_at && l.pending.is_some())
    }

    /// The controller answered. What it accepted also comes as metadata; here it takes effect at once.
    pub(super) fn on_altered(
        &mut self,
        cx: &mut Cx<'_>,
        asked: &[(Partition, PartitionEpoch)],
        error: ErrorCode,
        results: &[(Partition, ErrorCode)],
    ) {
        let asked: BTreeMap<Partition, PartitionEpoch> =
            asked.iter().copied().filter(|(p, epoch)| self.still_proposed(*p, *epoch)).collect();
        if error != ErrorCode::None {
            for p in asked.keys() {
                self.drop_proposal(cx, *p, error);
            }
            return;
        }
        for (p, error) in results.iter().filter(|(p, _)| asked.contains_key(p)) {
            match error {
                ErrorCode::None => self.commit_isr(cx, *p),
                // The entry has changed meanwhile: the proposal counts until the new metadata is here.
                ErrorCode::FencedLeaderEpoch | ErrorCode::InvalidUpdateVersion => {}
                _ => self.drop_proposal(cx, *p, *error),
            }
        }
    }

    fn commit_isr(&mut self, cx: &mut Cx<'_>, p: Partition) {
        if let Some(ReplicaRole::Leading(leading)) = self.vol.replicas.get_mut(&p).map(|r| &mut r.role)
            && let Some(isr) = leading.pending.take()
        {
            leading.isr = isr;
            leading.partition_epoch = PartitionEpoch(leading.partition_epoch.0 + 1);
        }
        self.advance_high_watermark(cx, p);
        self.maybe_expand(p);
    }

    fn drop_proposal(&mut self, cx: &mut Cx<'_>, p: Partition, error: ErrorCode) {
        cx.note(Note::IsrChangeRefused { partition: p, error });
        if let Some(ReplicaRole::Leading(leading)) = self.vol.replicas.get_mut(&p).map(|r| &mut r.role) {
            leading.pending = None;
        }
    }
}

/// The controller to talk to: the only one there is. (Several, and finding the active one, come with the quorum.)
pub(super) fn controller(cx: &Cx<'_>) -> Option<NodeId> {
    cx.shared().of_role(Role::Controller).next()
}
