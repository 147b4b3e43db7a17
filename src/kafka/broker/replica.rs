//! One replica of a partition on a broker: follower or leader, and the leader's rules (`Partition.scala`).
//!
//! ```text
//!  leader   [0 1 2 3 4 5 6]   log end 7
//!  b2       [0 1 2 3 4 5 6]   caught up                          ┐ in sync
//!  b3       [0 1 2 3]         not caught up for 30 s: leaves     ┘
//!               ▲ high watermark = smallest log end offset of those who count
//! ```

use std::collections::BTreeMap;

use crate::engine::{Micros, NodeId};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{BrokerEpoch, ErrorCode, LeaderEpoch, Offset, PartitionEpoch, PartitionState};

/// What a broker knows of one partition that it holds. Volatile.
#[derive(Clone, Debug)]
pub struct Replica {
    /// Committed boundary as this replica knows it.
    pub high_watermark: Offset,
    /// Leadership that this broker has learned of.
    pub epoch: LeaderEpoch,
    /// Leader or follower.
    pub role: ReplicaRole,
    /// When a fetch for it was last answered (follower).
    pub last_fetch: Option<Micros>,
    /// Last stable offset, when it was last looked at.
    pub last_stable: Offset,
    /// A transaction held it below the high watermark then.
    pub held_back: bool,
}

/// Leader or follower.
#[derive(Clone, Debug)]
pub enum ReplicaRole {
    /// This broker leads.
    Leading(Leading),
    /// Another broker leads, or nobody.
    Following(Option<NodeId>),
}

/// What a leader keeps.
#[derive(Clone, Debug)]
pub struct Leading {
    /// Version of the controller's entry.
    pub partition_epoch: PartitionEpoch,
    /// Log end when this leadership began.
    pub epoch_start: Offset,
    /// Assignment, this broker included.
    pub replicas: Vec<NodeId>,
    /// In-sync replicas as the controller committed them.
    pub isr: Vec<NodeId>,
    /// A change that was proposed and not answered.
    pub pending: Option<Vec<NodeId>>,
    /// The other replicas.
    pub followers: BTreeMap<NodeId, Follower>,
}

/// What a leader knows of a follower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Follower {
    /// Its log end offset as of its last fetch; none until it has fetched from this leader.
    pub log_end: Option<Offset>,
    /// When it had everything there was.
    pub caught_up: Micros,
    /// The registration it fetched with.
    pub broker_epoch: BrokerEpoch,
    last_fetch: Micros,
    leader_end_at_last_fetch: Offset,
}

impl Follower {
    /// Takes in a fetch at `now` from `offset`, with the leader's log ending at `leader_end`.
    pub fn fetched(&mut self, now: Micros, offset: Offset, leader_end: Offset, epoch: BrokerEpoch) {
        if offset >= leader_end {
            self.caught_up = self.caught_up.max(now);
        } else if offset >= self.leader_end_at_last_fetch {
            self.caught_up = self.caught_up.max(self.last_fetch);
        }
        self.log_end = Some(if mutant::on(Mutant::CountsWhatItSends) { leader_end } else { offset });
        self.broker_epoch = epoch;
        self.leader_end_at_last_fetch = leader_end;
        self.last_fetch = now;
    }

    /// Whether it has everything, or had it within the lag time.
    #[must_use]
    pub fn is_caught_up(&self, now: Micros, leader_end: Offset, lag: Micros) -> bool {
        self.log_end == Some(leader_end) || now.since(self.caught_up) <= lag
    }
}

impl Leading {
    /// A new leadership by `me`.
    #[must_use]
    pub fn begin(me: NodeId, state: &PartitionState, log_end: Offset, now: Micros) -> Self {
        let follower = |id: NodeId| Follower {
            caught_up: if state.isr.contains(&id) { now } else { Micros::ZERO },
            last_fetch: Micros::ZERO,
            leader_end_at_last_fetch: Offset::NONE,
            ..Follower::default()
        };
        Self {
            partition_epoch: state.partition_epoch,
            epoch_start: log_end,
            replicas: state.replicas.clone(),
            isr: state.isr.clone(),
            pending: None,
            followers: state.replicas.iter().filter(|id| **id != me).map(|id| (*id, follower(*id))).collect(),
        }
    }

    /// The committed set, and whoever is about to join it; a proposed removal does not count yet.
    #[must_use]
    pub fn maximal_isr(&self) -> Vec<NodeId> {
        let mut all = self.isr.clone();
        if let Some(pending) = self.pending.as_ref().filter(|_| mutant::on(Mutant::ShrinksAlone)) {
            return pending.clone();
        }
        for id in self.pending.iter().flatten() {
            if !all.contains(id) {
                all.push(*id);
            }
        }
        all
    }

    /// `min.insync.replicas`, but no more than there are replicas.
    #[must_use]
    pub fn effective_min(&self, min_isr: usize) -> usize {
        min_isr.min(self.replicas.len())
    }

    /// Where the high watermark should stand: at the smallest log end of those who count, and never lower than before. It stands still
    /// while fewer replicas are in sync than the minimum (KIP-966).
    ///
    /// A follower outside the set counts too while it is caught up by time and `eligible`: so that it can come back.
    #[must_use]
    pub fn next_high_watermark(
        &self,
        before: Offset,
        log_end: Offset,
        min_isr: usize,
        now: Micros,
        lag: Micros,
        eligible: impl Fn(NodeId) -> bool,
    ) -> Offset {
        if self.isr.len() < self.effective_min(min_isr) && !mutant::on(Mutant::IgnoresMinimum) {
            return before;
        }
        let isr = self.maximal_isr();
        let counts = |id: NodeId, f: &Follower| {
            isr.contains(&id)
                || (f.is_caught_up(now, log_end, lag) && eligible(id))
                || mutant::on(Mutant::WaitsForEverybody)
        };
        let slowest = self
            .followers
            .iter()
            .filter(|(id, follower)| counts(**id, follower))
            .map(|(_, follower)| follower.log_end.unwrap_or(Offset::NONE))
            .fold(log_end, Ord::min);
        if mutant::on(Mutant::CountsLeaderOnly) {
            return before.max(log_end);
        }
        if mutant::on(Mutant::LowersHighWatermark) {
            return slowest.max(Offset(0));
        }
        before.max(slowest)
    }

    /// Whether a follower may be proposed for the in-sync set: it has reached the high watermark and this leadership's start.
    #[must_use]
    pub fn may_join(&self, id: NodeId, high_watermark: Offset) -> bool {
        let Some(end) = self.followers.get(&id).and_then(|f| f.log_end) else { return false };
        let far_enough = end >= high_watermark && end >= self.epoch_start;
        self.pending.is_none()
            && !self.isr.contains(&id)
            && (far_enough || mutant::on(Mutant::JoinsTooEarly))
            && !mutant::on(Mutant::NeverRejoins)
    }

    /// Members that have fallen behind for longer than the lag time.
    #[must_use]
    pub fn lagging(&self, now: Micros, log_end: Offset, lag: Micros) -> Vec<NodeId> {
        let behind = |id: &NodeId| self.followers.get(id).is_some_and(|f| !f.is_caught_up(now, log_end, lag));
        self.isr.iter().copied().filter(behind).collect()
    }

    /// Whether an acks=all write may be accepted.
    ///
    /// # Errors
    /// `NOT_ENOUGH_REPLICAS`: fewer replicas are in sync than the minimum.
    pub fn admit(&self, min_isr: usize) -> Result<(), ErrorCode> {
        if self.isr.len() < self.effective_min(min_isr) { Err(ErrorCode::NotEnoughReplicas) } else { Ok(()) }
    }
}
