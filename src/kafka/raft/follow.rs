//! Following: a leader announces itself or leaves, its log is copied.

use super::{Clock, Fit, Head, Place, QuorumFetch, QuorumFetched, Raft, Request, Response, Snapshot, State};
use crate::engine::{Micros, NodeId};
use crate::kafka::{ErrorCode, LeaderEpoch, Offset};

impl Raft {
    /// A leader announces itself.
    pub fn on_begin(&mut self, from: NodeId, epoch: LeaderEpoch, clock: &mut Clock<'_>) -> Response {
        if epoch < self.election.epoch {
            return Response::Begun(self.head(ErrorCode::FencedLeaderEpoch));
        }
        if epoch > self.election.epoch || !self.follows(from) {
            self.become_follower(epoch, from, clock);
        }
        Response::Begun(self.head(ErrorCode::None))
    }

    fn follows(&self, leader: NodeId) -> bool {
        self.election.leader == Some(leader) && matches!(self.state, State::Follower { .. })
    }

    /// A leader leaves: the first of its list campaigns at once, the others a little later.
    pub fn on_end(
        &mut self,
        from: NodeId,
        epoch: LeaderEpoch,
        successors: &[NodeId],
        clock: &mut Clock<'_>,
    ) -> Response {
        if epoch < self.election.epoch {
            return Response::Ended(self.head(ErrorCode::FencedLeaderEpoch));
        }
        if epoch > self.election.epoch {
            self.become_follower(epoch, from, clock);
        }
        let delay = self.turn(successors);
        if self.election.leader == Some(from)
            && let State::Follower { until, .. } = &mut self.state
        {
            *until = clock.now + delay;
        }
        Response::Ended(self.head(ErrorCode::None))
    }

    /// How long to wait for those that come first.
    fn turn(&self, successors: &[NodeId]) -> Micros {
        let most = self.timing.backoff.0;
        let n = u32::try_from(successors.len()).unwrap_or(u32::MAX).min(63);
        let at = successors.iter().position(|id| *id == self.me).and_then(|at| u32::try_from(at).ok());
        Micros(match at {
            Some(0) => 0,
            Some(at) => (most >> (n - 1)).checked_shl(at - 1).unwrap_or(most).min(most),
            None => most,
        })
    }

    // ---- copying ----

    pub(super) fn wants_to_fetch(&self) -> bool {
        if self.observes() {
            return !self.fetching && self.again.is_empty();
        }
        let leader = self.election.leader;
        let waits = leader.is_some_and(|leader| self.again.contains_key(&leader));
        matches!(self.state, State::Follower { .. }) && !self.fetching && !waits
    }

    pub(super) fn send_fetch(&mut self) {
        let Some(to) = self.whom_to_fetch_from() else { return };
        let fetch = QuorumFetch {
            cluster: self.cluster,
            epoch: self.election.epoch,
            end: self.log.end(),
            high_watermark: self.high_watermark.unwrap_or(Offset::NONE),
        };
        self.fetching = true;
        self.out.push((to, Request::Fetch(fetch)));
    }

    /// The leader; who is no voter and knows none, or has lost it, asks the voters in turn.
    fn whom_to_fetch_from(&mut self) -> Option<NodeId> {
        let leader = self.election.leader.filter(|leader| *leader != self.me && !self.lost);
        if leader.is_some() || !self.observes() {
            return leader;
        }
        let others = self.others();
        self.turn += 1;
        others.get(self.turn % others.len().max(1)).copied()
    }

    pub(super) fn on_fetched(&mut self, from: NodeId, fetched: QuorumFetched, clock: &mut Clock<'_>) {
        let before = self.election;
        if before.leader == Some(from) || self.observes() {
            self.fetching = false;
        }
        if self.heed(fetched.head, clock) || !self.follows(from) {
            let no_help = self.observes() && self.election == before;
            if no_help {
                self.again.insert(from, clock.now + super::RETRY);
            } else if self.election.leader == Some(from) {
                self.again.insert(from, clock.now + super::RECONNECT);
            }
            return;
        }
        if let Some(place) = fetched.diverging {
            self.truncate_to(place, clock.now);
        } else if let Some(at) = fetched.snapshot {
            self.fetching = true;
            let epoch = self.election.epoch;
            self.out.push((from, Request::FetchSnapshot { epoch, at }));
        } else {
            for batch in fetched.batches {
                if batch.base == self.log.end().offset {
                    self.log.append(batch);
                }
            }
            self.renew_voters(clock.now);
            self.learn_high_watermark(fetched.high_watermark);
        }
        self.heard_from_leader(clock);
    }

    fn heard_from_leader(&mut self, clock: &mut Clock<'_>) {
        self.lost = false;
        let deadline = self.fetch_deadline(clock);
        if let State::Follower { until, fetched } = &mut self.state {
            (*until, *fetched) = (deadline, true);
        }
    }

    fn learn_high_watermark(&mut self, told: Offset) {
        let known = self.high_watermark.unwrap_or(Offset::NONE);
        let next = told.min(self.log.end().offset);
        if next > known {
            self.high_watermark = Some(next);
        }
    }

    /// Cuts off what the leader does not have. What is committed stays: Kafka stops the process rather than cut that.
    fn truncate_to(&mut self, leaders: Place, now: Micros) {
        let own = self.log.end_of_epoch(leaders.epoch);
        let same = own.epoch == leaders.epoch;
        let to = if same { own.offset.min(leaders.offset) } else { own.offset };
        if self.high_watermark.is_none_or(|committed| committed <= to) {
            self.log.truncate(to);
            self.renew_voters(now);
            self.happened.push(super::Happened::Truncated { to });
        }
    }

    /// A whole snapshot came.
    pub(super) fn on_snapshot(
        &mut self,
        from: NodeId,
        head: Head,
        snapshot: Option<Snapshot>,
        clock: &mut Clock<'_>,
    ) {
        if self.election.leader == Some(from) {
            self.fetching = false;
        }
        if self.heed(head, clock) || !self.follows(from) {
            return;
        }
        if let Some(snapshot) = snapshot
            && snapshot.at.offset >= self.log.start()
        {
            let committed = snapshot.at.offset;
            self.log.replace(snapshot);
            self.renew_voters(clock.now);
            self.learn_high_watermark(committed);
        }
        self.heard_from_leader(clock);
    }

    /// Keeps a snapshot of what is committed instead of the records before it.
    pub fn take_snapshot(&mut self, image: std::sync::Arc<crate::kafka::Image>) {
        let Some(offset) = self.high_watermark else { return };
        if offset > self.log.start() {
            let epoch = self.log.epoch_before(offset);
            let voters = self.log.voters_before(offset).cloned();
            self.log.keep(Snapshot { at: Place { epoch, offset }, image, voters });
        }
    }

    /// Whether a follower's place is in this log; for laws and tests.
    #[must_use]
    pub fn fits(&self, place: Place) -> bool {
        self.log.fit(place) == Fit::Valid
    }
}
