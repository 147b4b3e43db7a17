//! One replica of a partition on a broker: follower or leader, and the leader's rules (`Partition.scala`).
//!
//! ```text
//!  leader   [0 1 2 3 4 5 6]   log end 7
//!  b2       [0 1 2 3 4 5 6]   caught up                          ┐ in sync
//!  b3       [0 1 2 3]         not caught up for 30 s: leaves     ┘
//!               ▲ high watermark = smallest log end offset of those who count
//! ```

use crate::engine::{Micros, NodeId};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Acks, BrokerEpoch, ErrorCode, LeaderEpoch, Offset, PartitionEpoch, PartitionState};

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
    pub followers: Followers,
}

/// What a leader knows of a follower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Follower {
    /// Its log end offset as of its last fetch; none until it has fetched from this leader.
    pub log_end: Option<Offset>,
    /// When it had everything there was; none = not since this leadership began.
    pub caught_up: Option<Micros>,
    /// The registration it fetched with; none until it has fetched.
    pub broker_epoch: Option<BrokerEpoch>,
    last_fetch: Option<(Micros, Offset)>,
}

/// What a leader knows of each follower, by broker. There are two or three of them in a hundred thousand partitions: a short list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followers(Vec<(NodeId, Follower)>);

impl Followers {
    /// What is known of a broker; none if it does not follow.
    #[must_use]
    pub fn get(&self, id: &NodeId) -> Option<&Follower> {
        self.0.iter().find(|(known, _)| known == id).map(|(_, follower)| follower)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: &NodeId) -> Option<&mut Follower> {
        self.0.iter_mut().find(|(known, _)| known == id).map(|(_, follower)| follower)
    }

    /// Whether a broker follows.
    #[must_use]
    pub fn contains_key(&self, id: &NodeId) -> bool {
        self.get(id).is_some()
    }

    /// All of them, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Follower)> {
        self.0.iter().map(|(id, follower)| (*id, follower))
    }

    /// Their ids, in order.
    pub fn keys(&self) -> impl Iterator<Item = &NodeId> {
        self.0.iter().map(|(id, _)| id)
    }

    /// What is known of each.
    pub fn values(&self) -> impl Iterator<Item = &Follower> {
        self.0.iter().map(|(_, follower)| follower)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = (NodeId, &mut Follower)> {
        self.0.iter_mut().map(|(id, follower)| (*id, follower))
    }

    /// These follow and nobody else. Of those who did already, what is known stays known.
    fn be(&mut self, ids: impl Iterator<Item = NodeId>) {
        let known = |id: NodeId| (id, self.get(&id).copied().unwrap_or_default());
        let mut all: Vec<(NodeId, Follower)> = ids.map(known).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        self.0 = all;
    }
}

/// How a produce stands for one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// acks=0: nobody is told.
    Untold,
    /// It can be answered: success, or what went wrong after the append.
    Settled(ErrorCode),
    /// It waits for copies.
    Waiting,
}

impl Follower {
    /// Takes in a fetch at `now` from `offset`, with the leader's log ending at `leader_end`.
    ///
    /// Whoever asks for what did not exist yet when it asked before had everything there was at that time.
    pub fn fetched(&mut self, now: Micros, offset: Offset, leader_end: Offset, epoch: BrokerEpoch) {
        let before = self.last_fetch.filter(|(_, end)| offset >= *end).map(|(at, _)| at);
        let caught_up = if offset >= leader_end { Some(now) } else { before };
        self.caught_up = self.caught_up.max(caught_up);
        self.log_end = Some(if mutant::on(Mutant::CountsWhatItSends) { leader_end } else { offset });
        self.broker_epoch = Some(epoch);
        self.last_fetch = Some((now, leader_end));
    }

    /// When it last fetched from this leader.
    #[must_use]
    pub fn fetched_at(&self) -> Option<Micros> {
        self.last_fetch.map(|(at, _)| at)
    }

    /// Whether it has everything, or had it within the lag time.
    #[must_use]
    pub fn is_caught_up(&self, now: Micros, leader_end: Offset, lag: Micros) -> bool {
        self.log_end == Some(leader_end) || self.caught_up.is_some_and(|at| now.since(at) <= lag)
    }
}

impl Leading {
    /// A new leadership by `me`. Who is in sync counts as caught up now; nobody has fetched yet.
    #[must_use]
    pub fn begin(me: NodeId, state: &PartitionState, log_end: Offset, now: Micros) -> Self {
        let mut leading = Self {
            partition_epoch: state.partition_epoch,
            epoch_start: log_end,
            replicas: Vec::new(),
            isr: Vec::new(),
            pending: None,
            followers: Followers::default(),
        };
        leading.learn(me, state);
        for (id, follower) in leading.followers.iter_mut() {
            follower.caught_up = state.isr.contains(&id).then_some(now);
        }
        leading
    }

    /// The same broker leads again, in a newer epoch: what followers have is still known.
    pub fn renew(&mut self, me: NodeId, state: &PartitionState, log_end: Offset, now: Micros) {
        self.epoch_start = log_end;
        self.learn(me, state);
        for (id, follower) in self.followers.iter_mut() {
            let in_sync = state.isr.contains(&id);
            follower.caught_up = in_sync.then_some(now);
            follower.last_fetch = in_sync.then_some((now, log_end));
        }
    }

    /// Takes in what the controller committed. A proposal that was under way is over.
    pub fn learn(&mut self, me: NodeId, state: &PartitionState) {
        self.partition_epoch = state.partition_epoch;
        self.replicas.clone_from(&state.replicas);
        self.isr.clone_from(&state.isr);
        self.pending = None;
        self.followers.be(state.replicas.iter().copied().filter(|id| *id != me));
    }

    /// The committed set, and whoever is about to join it; a proposed removal does not count yet.
    #[must_use]
    pub fn maximal_isr(&self) -> Vec<NodeId> {
        if let Some(pending) = self.pending.as_ref().filter(|_| mutant::on(Mutant::ShrinksAlone)) {
            return pending.clone();
        }
        let mut all = self.isr.clone();
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
            .filter(|(id, follower)| counts(*id, follower))
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

    /// Whether a follower that just fetched may be proposed for the in-sync set: no other change is under way, it is `eligible`, and it
    /// has reached the high watermark and this leadership's start. It need not have reached the log end.
    #[must_use]
    pub fn may_join(&self, id: NodeId, high_watermark: Offset, eligible: bool) -> bool {
        let Some(end) = self.followers.get(&id).and_then(|f| f.log_end) else { return false };
        let free = self.pending.is_none() && !self.isr.contains(&id);
        let far_enough = end >= high_watermark && end >= self.epoch_start;
        free && eligible
            && (far_enough || mutant::on(Mutant::JoinsTooEarly))
            && !mutant::on(Mutant::NeverRejoins)
    }

    /// Whether every member of the in-sync set has everything.
    #[must_use]
    pub fn has_caught_up(&self, log_end: Offset) -> bool {
        let behind = |id: &NodeId| self.followers.get(id).is_some_and(|f| f.log_end != Some(log_end));
        !self.isr.iter().any(behind)
    }

    /// Members that have fallen behind for longer than the lag time.
    #[must_use]
    pub fn lagging(&self, now: Micros, log_end: Offset, lag: Micros) -> Vec<NodeId> {
        let behind = |id: &NodeId| self.followers.get(id).is_some_and(|f| !f.is_caught_up(now, log_end, lag));
        self.isr.iter().copied().filter(behind).collect()
    }

    /// Whether a write with these acks may be appended.
    ///
    /// # Errors
    /// `NOT_ENOUGH_REPLICAS`: acks=all, and fewer replicas are in sync than the minimum.
    pub fn admit(&self, acks: Acks, min_isr: usize) -> Result<(), ErrorCode> {
        let enough = self.isr.len() >= self.effective_min(min_isr);
        if acks != Acks::All || enough { Ok(()) } else { Err(ErrorCode::NotEnoughReplicas) }
    }

    /// How an appended write stands, if the high watermark must reach `required`. `late`: its time limit has passed.
    ///
    /// Whoever is about to join the in-sync set counts as a copy; so this asks less than [`Leading::admit`].
    #[must_use]
    pub fn standing(
        &self,
        acks: Acks,
        required: Offset,
        high_watermark: Offset,
        min_isr: usize,
        late: bool,
    ) -> Standing {
        match acks {
            Acks::Zero => Standing::Untold,
            Acks::One => Standing::Settled(ErrorCode::None),
            Acks::Other(_) => Standing::Settled(ErrorCode::InvalidRequiredAcks),
            Acks::All if high_watermark >= required => {
                let enough = self.maximal_isr().len() >= self.effective_min(min_isr);
                let short = ErrorCode::NotEnoughReplicasAfterAppend;
                Standing::Settled(if enough { ErrorCode::None } else { short })
            }
            Acks::All if late => Standing::Settled(ErrorCode::RequestTimedOut),
            Acks::All => Standing::Waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: Micros = Micros::secs(30);

    fn leading(isr: &[u32]) -> Leading {
        let ids = |list: &[u32]| list.iter().map(|id| NodeId(*id)).collect();
        let state = PartitionState { replicas: ids(&[1, 2, 3]), isr: ids(isr), ..PartitionState::default() };
        Leading::begin(NodeId(1), &state, Offset(10), Micros::secs(1))
    }

    #[test]
    fn who_never_caught_up_does_not_count_in_the_first_seconds_of_the_world() {
        let mut leading = leading(&[1, 2]);
        let now = Micros::secs(2);
        leading.followers.get_mut(&NodeId(2)).unwrap().fetched(now, Offset(10), Offset(10), BrokerEpoch(5));
        leading.followers.get_mut(&NodeId(3)).unwrap().fetched(now, Offset(4), Offset(10), BrokerEpoch(6));
        assert_eq!(leading.next_high_watermark(Offset(4), Offset(10), 1, now, LAG, |_| true), Offset(10));
    }

    #[test]
    fn a_leader_elected_again_still_knows_what_its_followers_have() {
        let mut leading = leading(&[1, 2, 3]);
        for id in [2, 3] {
            let follower = leading.followers.get_mut(&NodeId(id)).unwrap();
            follower.fetched(Micros::secs(2), Offset(12), Offset(12), BrokerEpoch(5));
        }
        let state = PartitionState {
            replicas: vec![NodeId(1), NodeId(2)],
            isr: vec![NodeId(1), NodeId(2)],
            ..PartitionState::default()
        };
        leading.renew(NodeId(1), &state, Offset(12), Micros::secs(50));
        let end = |id| leading.followers.get(&NodeId(id)).and_then(|f| f.log_end);
        assert_eq!((end(2), end(3)), (Some(Offset(12)), None), "b3 is no replica any more");
        assert!(leading.lagging(Micros::secs(80), Offset(13), LAG).is_empty(), "the lag time begins anew");
    }
}
