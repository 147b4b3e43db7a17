//! The leader's two decisions: where the high watermark stands, and who is in sync.

use std::sync::Arc;

use super::{Broker, Leading, Pending, ReplicaRole};
use crate::engine::{Micros, NodeId};
use crate::kafka::client::CONTROLLER;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, BrokerEpoch, Cx, ErrorCode, IsrChange, IsrResult, LeaderEpoch, Note, Offset, Partition,
    PartitionEpoch, Timer,
};

/// After a request that could not be judged.
const RETRY: Micros = Micros::ms(50);

/// A proposal that was sent: the entry it was made for.
pub(super) type Asked = (Partition, LeaderEpoch, PartitionEpoch);

impl Broker {
    /// Moves the leader's high watermark to where the rule says, and lets go what waited for it.
    pub(super) fn advance_high_watermark(&mut self, cx: &mut Cx<'_>, p: Partition) {
        let (min_isr, lag) = (self.min_insync_replicas(p), self.lag_limit());
        let (Some(replica), Some(log)) = (self.vol.replicas.get(p), self.disk.log(p)) else { return };
        let ReplicaRole::Leading(leading) = &replica.role else { return };
        let eligible = |id: NodeId| self.eligible(leading, id);
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
        let Some(from) = self.vol.replicas.get(p).map(|replica| replica.high_watermark) else { return };
        if from != to {
            self.wake_sessions(p);
            if let Some(replica) = self.vol.replicas.get_mut(p) {
                replica.high_watermark = to;
            }
            self.vol.watermarks.insert(p);
            cx.note(Note::HighWatermarkMoved { node: cx.me(), partition: p, from, to });
            if self.disk.log(p).is_some_and(|log| log.producers().has_replicated(to))
                && let Some(log) = self.disk.log_mut(p)
            {
                log.committed_up_to(to);
            }
        }
    }

    /// Whether the controller would take a follower into the in-sync set: alive, not leaving, and fetching in its present life.
    fn eligible(&self, leading: &Leading, id: NodeId) -> bool {
        if self.in_zookeeper_mode() {
            return self.vol.image.brokers.contains_key(&id);
        }
        let registered = self.vol.image.brokers.get(&id).filter(|b| b.active()).map(|b| b.epoch);
        registered.is_some() && leading.followers.get(&id).and_then(|f| f.broker_epoch) == registered
    }

    /// Proposes a follower that fetched, if it has caught up.
    pub(super) fn maybe_expand(&mut self, p: Partition, follower: NodeId) {
        let Some(replica) = self.vol.replicas.get(p) else { return };
        let ReplicaRole::Leading(leading) = &replica.role else { return };
        let eligible = self.eligible(leading, follower);
        if !leading.may_join(follower, replica.high_watermark, eligible) {
            return;
        }
        let isr = |id: &NodeId| leading.isr.contains(id) || *id == follower;
        let proposed = leading.replicas.iter().copied().filter(isr).collect();
        self.propose(&[(p, proposed)]);
    }

    /// Every half of the lag time: proposes to drop members that fell behind. All of one partition in one request.
    pub(super) fn check_isr(&mut self, cx: &mut Cx<'_>) {
        let lag = self.lag_limit();
        cx.set_clock(Timer::IsrCheck, Micros(lag.0 / 2));
        let mut changes = Vec::new();
        for p in std::mem::take(&mut self.vol.behind) {
            let (Some(leading), Some(log)) = (self.leads(p), self.disk.log(p)) else { continue };
            if leading.has_caught_up(log.end()) {
                continue;
            }
            let (leading, log) = (leading.clone(), Arc::clone(log));
            self.vol.behind.insert(p);
            if leading.pending.is_some() {
                continue;
            }
            let lagging = leading.lagging(cx.now(), log.end(), lag);
            if !lagging.is_empty() {
                let kept = leading.isr.iter().copied().filter(|id| !lagging.contains(id)).collect();
                changes.push((p, kept));
            }
        }
        if !changes.is_empty() {
            self.propose(&changes);
        }
    }

    fn propose(&mut self, proposals: &[(Partition, Vec<NodeId>)]) {
        for (p, isr) in proposals {
            self.wake_sessions(*p);
            if let Some(ReplicaRole::Leading(leading)) = self.vol.replicas.get_mut(*p).map(|r| &mut r.role) {
                leading.pending = Some(isr.clone());
            }
        }
        self.vol.to_propose.extend(proposals.iter().map(|(p, _)| *p));
    }

    /// Sends what is proposed, all in one request; one request at a time (`AlterPartitionManager`).
    pub(super) fn send_proposals(&mut self, cx: &mut Cx<'_>) {
        let asking = |pending: &Pending| matches!(pending, Pending::AlterPartition(_));
        if self.vol.to_propose.is_empty()
            || cx.timer_armed(Timer::AlterPartition)
            || self.vol.requests.iter().any(|(_, _, pending)| asking(pending))
        {
            return;
        }
        let (Some(epoch), Some(controller)) = (self.vol.epoch, self.controller(cx)) else { return };
        let me = cx.me();
        let partitions = std::mem::take(&mut self.vol.to_propose);
        let mut changes = Vec::new();
        for p in partitions {
            let leader_epoch = self.leader_epoch(p);
            let Some((leading, proposed)) = self.leads(p).and_then(|l| Some((l, l.pending.as_ref()?))) else {
                continue;
            };
            let life = |id: &NodeId| {
                if *id == me { Some(epoch) } else { leading.followers.get(id).and_then(|f| f.broker_epoch) }
            };
            let isr = proposed.iter().map(|id| (*id, life(id).unwrap_or(BrokerEpoch(-1)))).collect();
            let partition_epoch = leading.partition_epoch;
            changes.push(IsrChange { partition: p, leader_epoch, partition_epoch, isr });
        }
        if changes.is_empty() {
            return;
        }
        let asked = changes.iter().map(|c| (c.partition, c.leader_epoch, c.partition_epoch)).collect();
        let body = Body::AlterPartition { epoch, changes };
        let limit = Micros::secs(30);
        self.vol.requests.send(
            cx,
            controller,
            CONTROLLER,
            false,
            body,
            limit,
            Pending::AlterPartition(asked),
        );
    }

    /// The books, if they still hold the proposal that was asked about: nothing newer has come from the controller since.
    fn proposed(&mut self, (p, leader_epoch, partition_epoch): Asked) -> Option<&mut Leading> {
        let replica = self.vol.replicas.get_mut(p).filter(|r| r.epoch == leader_epoch)?;
        let ReplicaRole::Leading(leading) = &mut replica.role else { return None };
        (leading.partition_epoch == partition_epoch && leading.pending.is_some()).then_some(leading)
    }

    /// The request got lost or could not be judged: propose again after a while what still stands.
    pub(super) fn propose_again(&mut self, cx: &mut Cx<'_>, asked: &[Asked]) {
        for &one in asked {
            if self.proposed(one).is_some() {
                self.vol.to_propose.insert(one.0);
            }
        }
        cx.set_timer(Timer::AlterPartition, RETRY);
    }

    /// The controller answered. What it accepted also comes as metadata; whichever is first takes effect.
    pub(super) fn on_altered(
        &mut self,
        cx: &mut Cx<'_>,
        asked: &[Asked],
        error: ErrorCode,
        results: &[IsrResult],
    ) {
        if error != ErrorCode::None {
            return self.propose_again(cx, asked);
        }
        for &one in asked {
            let Some(result) = results.iter().find(|result| result.partition == one.0) else { continue };
            let Some(leading) = self.proposed(one) else { continue };
            if result.error != ErrorCode::None {
                cx.note(Note::IsrChangeRefused { partition: one.0, error: result.error });
            }
            match result.error {
                ErrorCode::None if result.leader_epoch == one.1 && result.partition_epoch >= one.2 => {
                    leading.isr.clone_from(&result.isr);
                    leading.partition_epoch = result.partition_epoch;
                    leading.pending = None;
                    self.advance_high_watermark(cx, one.0);
                    self.wake_produces(cx, one.0);
                }
                // The controller says that the entry is as this leader knows it and stays so.
                ErrorCode::IneligibleReplica | ErrorCode::OperationNotAttempted => leading.pending = None,
                // The entry has changed meanwhile, or is gone: the proposal counts until the new metadata is here.
                ErrorCode::None
                | ErrorCode::FencedLeaderEpoch
                | ErrorCode::InvalidUpdateVersion
                | ErrorCode::InvalidRequest
                | ErrorCode::NewLeaderElected
                | ErrorCode::UnknownTopicOrPartition => {}
                _ => self.propose_again(cx, &[one]),
            }
        }
    }
}
