//! One decision about one partition: from its entry and what is wished to the next entry (`PartitionChangeBuilder`).
//!
//! ```text
//!  in sync {1, 2, 3} ── 3 leaves ──▶ {1, 2} ── 2 leaves ──▶ {1}, eligible {2} ── 1 leaves ──▶ {}, eligible {1, 2}
//!                                     minimum is 2                                             no leader; 2 may lead
//! ```
//!
//! Below the minimum the high watermark stands still, so whoever leaves then has every committed record: it stays *eligible* to lead
//! although it is no longer in sync (KIP-966).

use crate::engine::NodeId;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{LeaderEpoch, PartitionEpoch, PartitionState};

/// How a leader is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Keep the present leader if it may lead, else the first replica that may.
    Online,
    /// The first replica if it may lead, else as before.
    Preferred,
    /// As online, and if nobody may lead the first replica that is alive, whatever it has.
    Unclean,
}

/// What the cluster and the topic say about elections.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Eligible leader replicas are kept (`eligible.leader.replicas.version`).
    pub eligible_replicas: bool,
    /// `min.insync.replicas` of the topic.
    pub min_isr: usize,
    /// A member that leaves the in-sync set raises the leader epoch (`metadata.version` below 3.6).
    pub bump_on_shrink: bool,
}

/// A change that is wished for: the entry as it is and what it should become.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// The entry as it is.
    pub before: &'a PartitionState,
    /// What holds for its topic.
    pub rules: Rules,
    /// The in-sync set, before an election narrows it.
    pub isr: Vec<NodeId>,
    /// How a leader is looked for.
    pub search: Search,
    /// Who came back without what it had: in no set any longer.
    pub lost_its_log: Option<NodeId>,
    /// The leader has brought its log in order after an unclean election.
    pub recovered: bool,
    /// The assignment, and who of it is coming and going.
    pub replicas: Vec<NodeId>,
    /// Replicas that a reassignment adds.
    pub adding: Vec<NodeId>,
    /// Replicas that a reassignment removes.
    pub removing: Vec<NodeId>,
}

impl<'a> Change<'a> {
    /// No change, yet.
    #[must_use]
    pub fn of(before: &'a PartitionState, rules: Rules) -> Self {
        Self {
            before,
            rules,
            isr: before.isr.clone(),
            search: Search::Online,
            lost_its_log: None,
            recovered: false,
            replicas: before.replicas.clone(),
            adding: before.adding.clone(),
            removing: before.removing.clone(),
        }
    }

    /// Takes a broker out of the in-sync set.
    #[must_use]
    pub fn without(mut self, broker: NodeId) -> Self {
        self.isr.retain(|id| *id != broker);
        self
    }

    /// The next entry; none if nothing changes. `acceptable`: registered, not fenced, not leaving.
    #[must_use]
    pub fn decide(mut self, acceptable: impl Fn(NodeId) -> bool) -> Option<PartitionState> {
        self.complete_reassignment();
        let eligible = self.eligible();
        let (leader, clean) = self.elect(&eligible, acceptable);
        let moved = leader != self.before.leader;
        let mut next = PartitionState { leader, elr: eligible, ..self.before.clone() };
        next.recovering &= !self.recovered;
        next.isr.clone_from(&self.isr);
        if self.isr.is_empty() && !self.rules.eligible_replicas {
            next.isr.clone_from(&self.before.isr);
        }
        if let (true, Some(leader)) = (moved, leader) {
            if !clean {
                (next.isr, next.elr, next.recovering) = (vec![leader], Vec::new(), true);
            } else if next.elr.contains(&leader) {
                next.isr = vec![leader];
                if !mutant::on(Mutant::KeepsEligible) {
                    next.elr.retain(|id| *id != leader);
                }
            }
        }
        next.last_leader = self.last_leader(&next);
        (next.replicas, next.adding, next.removing) = (self.replicas, self.adding, self.removing);
        if next == *self.before {
            return None;
        }
        let dropped = self.before.replicas.iter().any(|id| !next.replicas.contains(id));
        let shrunk = self.rules.bump_on_shrink && self.before.isr.iter().any(|id| !next.isr.contains(id));
        if (moved || dropped || shrunk) && !mutant::on(Mutant::KeepsLeaderEpoch) {
            next.leader_epoch = LeaderEpoch(next.leader_epoch.0 + 1);
        }
        if moved || !mutant::on(Mutant::KeepsPartitionEpoch) {
            next.partition_epoch = PartitionEpoch(next.partition_epoch.0 + 1);
        }
        Some(next)
    }

    /// A reassignment is over when everybody who is to stay is in sync: those it removes go (KAFKA-15665; before 3.8 it was enough that
    /// those it adds are).
    fn complete_reassignment(&mut self) {
        if self.adding.is_empty() && self.removing.is_empty() {
            return;
        }
        let stays = |id: &&NodeId| !self.removing.contains(id);
        let replicas: Vec<NodeId> = self.replicas.iter().filter(stays).copied().collect();
        let isr: Vec<NodeId> = self.isr.iter().filter(stays).copied().collect();
        if replicas.is_empty() || !replicas.iter().all(|id| isr.contains(id)) {
            return;
        }
        (self.replicas, self.isr) = (replicas, isr);
        self.adding.clear();
        self.removing.clear();
    }

    /// Who is not in sync and yet has every committed record: members that left while the set was below the minimum.
    fn eligible(&self) -> Vec<NodeId> {
        let enough = self.isr.len() >= self.rules.min_isr.min(self.replicas.len());
        if !self.rules.eligible_replicas || enough {
            return Vec::new();
        }
        let before = self.before;
        let had_all = |id: &NodeId| before.isr.contains(id) || before.elr.contains(id);
        let stays = |id: &NodeId| !self.isr.contains(id) && self.lost_its_log != Some(*id);
        self.replicas.iter().copied().filter(|id| had_all(id) && stays(id)).collect()
    }

    /// The leader to be, and whether it has every committed record.
    fn elect(&self, eligible: &[NodeId], acceptable: impl Fn(NodeId) -> bool) -> (Option<NodeId>, bool) {
        let has_all = |id: NodeId| self.isr.contains(&id) || (self.isr.is_empty() && eligible.contains(&id));
        let may = |id: &NodeId| has_all(*id) && acceptable(*id);
        let preferred = self.replicas.first().filter(|_| self.search == Search::Preferred);
        let mut first = self.replicas.iter();
        let clean = if mutant::on(Mutant::TakesLastInSync) {
            first.rfind(|id| may(id)).copied()
        } else {
            let present = self.before.leader.as_ref();
            preferred
                .filter(|id| may(id))
                .or(present.filter(|id| may(id)))
                .or(first.find(|id| may(id)))
                .copied()
        };
        if clean.is_some() {
            return (clean, true);
        }
        let nobody = self.rules.eligible_replicas && self.isr.is_empty() && eligible.is_empty();
        let last = self.before.last_leader.filter(|id| nobody && acceptable(*id));
        let any = || self.replicas.iter().copied().find(|id| acceptable(*id));
        let unclean = last.or_else(|| (self.search == Search::Unclean).then(any).flatten());
        (unclean, false)
    }

    /// Who led last, remembered from when the in-sync set empties until somebody leads again.
    fn last_leader(&self, next: &PartitionState) -> Option<NodeId> {
        let emptied = next.isr.is_empty() && next.isr != self.before.isr;
        if next.leader.is_some() || !self.rules.eligible_replicas {
            None
        } else if emptied && self.before.leader.is_some() {
            self.before.leader
        } else {
            self.before.last_leader
        }
    }
}
