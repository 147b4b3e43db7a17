//! The quorum of controllers: who leads, what is in the metadata log, what of it is committed (KRaft: KIP-595, KIP-996).
//!
//! ```text
//!  clock ──▶ poll ─┐                                  ┌─▶ requests to other voters
//!  Vote, BeginQuorumEpoch, Fetch … ─▶ [`Raft`] ───────┼─▶ answers
//!  records of the active controller ─▶ append ─┘      └─▶ high watermark, what happened
//! ```
//!
//! [`Raft`] is one voter as a state machine: it knows no network and no clock, it is told the time and hands out what it wants sent.
//! [`Observer`] is what a broker knows of the quorum. The set of voters is that of the formatting until a `VotersRecord` of the log names
//! another one (KIP-853, kraft.version 1); a controller that is no voter copies the log and asks the voters in turn who leads.
//!
//! Not modelled: the directory ids of voters and their endpoints (UpdateRaftVoter), a controller that adds itself
//! (`controller.quorum.auto.join.enable`), raising kraft.version from 0, the time that a disk or `controller.quorum.append.linger.ms`
//! takes, pieces of a snapshot, a voter without a leader that asks the others by Fetch (the leader tells it within a second).

mod dispatch;
mod election;
mod fetch;
mod follow;
mod lead;
mod log;
mod message;
mod observer;
mod state;
#[cfg(test)]
mod tests;
mod timeless;
mod voters;

use std::collections::{BTreeMap, BTreeSet};

pub use log::{Entry, Fit, Place, QuorumBatch, QuorumLog, Snapshot, VoterSet};
pub use message::{ClusterId, Head, QuorumFetch, QuorumFetched, Request, Response, Vote};
pub use observer::Observer;
pub use state::{Election, Leading, Progress, Standing, State, Tally, Watched};
pub use timeless::{PRESENT, Waits};
pub use voters::VoterChange;

use super::config::Configs;
use super::{ErrorCode, LeaderEpoch, Offset};
use crate::engine::{Micros, NodeId};

/// A request that could not be delivered is repeated after this long (the largest reconnect back-off of a controller).
const RECONNECT: Micros = Micros::ms(500);
/// Who is no voter asks another one after this long (`controller.quorum.retry.backoff.ms`).
const RETRY: Micros = Micros::ms(20);
/// Threads and disks of two machines are never in step: a fetch timer runs up to this much longer.
const UNEVEN: Micros = Micros::ms(50);

/// The moment, and chance.
pub struct Clock<'a> {
    /// Now.
    pub now: Micros,
    /// A number below its argument.
    pub draw: &'a mut dyn FnMut(u64) -> u64,
}

impl std::fmt::Debug for Clock<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clock").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Clock<'_> {
    fn uneven(&mut self, span: Micros, more: Micros) -> Micros {
        self.now + span + Micros((self.draw)(more.0.max(1)))
    }
}

/// How long things take (`controller.quorum.*`), and which release the voters run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// `controller.quorum.election.timeout.ms`; up to twice as long.
    pub election: Micros,
    /// `controller.quorum.fetch.timeout.ms`.
    pub fetch: Micros,
    /// `controller.quorum.election.backoff.max.ms`.
    pub backoff: Micros,
    /// Voters ask before they call an election (KIP-996).
    pub pre_vote: bool,
}

impl Timing {
    /// What the settings of a controller say. Pre-vote came with 4.0; here it follows `metadata.version`.
    #[must_use]
    pub fn of(configs: &Configs) -> Self {
        Self {
            election: configs.ms("controller.quorum.election.timeout.ms"),
            fetch: configs.ms("controller.quorum.fetch.timeout.ms"),
            backoff: configs.ms("controller.quorum.election.backoff.max.ms"),
            pre_vote: configs.get("metadata.version").starts_with('4'),
        }
    }
}

/// What happened inside, for those who tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Another state, or the same one in another epoch.
    Became {
        /// Before.
        from: Standing,
        /// Now.
        to: Standing,
        /// The epoch now.
        epoch: LeaderEpoch,
    },
    /// It gave a vote; with `pre`, it said that it would.
    Granted {
        /// To whom.
        candidate: NodeId,
        /// In which epoch.
        epoch: LeaderEpoch,
        /// Only a question.
        pre: bool,
    },
    /// A change of the set of voters was refused, or came to nothing in time.
    ChangeRefused {
        /// Kafka's error.
        error: ErrorCode,
    },
    /// It cut its log: what lay there had never been committed.
    Truncated {
        /// To where.
        to: Offset,
    },
}

/// One voter (`KafkaRaftClient`).
#[derive(Clone, Debug)]
pub struct Raft {
    me: NodeId,
    cluster: ClusterId,
    /// The voters that its log names, committed or not.
    voters: VoterSet,
    timing: Timing,
    // On disk.
    /// The voters when the cluster was formatted.
    first_voters: VoterSet,
    election: Election,
    log: QuorumLog,
    // In memory.
    state: State,
    high_watermark: Option<Offset>,
    /// A fetch is under way.
    fetching: bool,
    /// No voter, and its leader does not answer: it asks the voters in turn.
    lost: bool,
    turn: usize,
    /// Who could not be reached, and when to try again.
    again: BTreeMap<NodeId, Micros>,
    out: Vec<(NodeId, Request)>,
    happened: Vec<Happened>,
}

impl Raft {
    /// A voter (or, if it is not in the set, an observer with a log) that has never run.
    #[must_use]
    pub fn new(me: NodeId, voters: BTreeSet<NodeId>, timing: Timing) -> Self {
        let voters = VoterSet::new(voters);
        Self {
            me,
            cluster: ClusterId::default(),
            voters: VoterSet::clone(&voters),
            timing,
            first_voters: voters,
            election: Election::default(),
            log: QuorumLog::default(),
            state: State::Unattached { until: Micros::NEVER },
            high_watermark: None,
            fetching: false,
            lost: false,
            turn: 0,
            again: BTreeMap::new(),
            out: Vec::new(),
            happened: Vec::new(),
        }
    }

    /// A voter in the middle of its life, for tests and tools.
    #[must_use]
    pub fn in_state(self, election: Election, log: QuorumLog, state: State) -> Self {
        Self { election, log, state, ..self }
    }

    /// Process start: the state that the disk allows (`QuorumState.initialize`). Who led may not simply go on, for it may have forgotten
    /// what it promised; who is the only voter leads at once.
    pub fn start(&mut self, timing: Timing, clock: &mut Clock<'_>) {
        self.timing = timing;
        (self.high_watermark, self.fetching) = (None, false);
        self.again.clear();
        let newest = self.log.end().epoch;
        if newest > self.election.epoch {
            self.election = Election { epoch: newest, ..Election::default() };
        }
        let until = clock.uneven(self.timing.election, self.timing.election);
        self.state = match (self.election.leader, self.election.voted) {
            (Some(leader), _) if leader == self.me => State::Resigned { until, successors: Vec::new() },
            (Some(_), _) => State::Follower { until: self.fetch_deadline(clock), fetched: false },
            (None, Some(voted)) if voted == self.me && self.voters.contains(&self.me) => {
                State::Candidate { until, tally: self.own_vote(), backing_off: false, tries: 0 }
            }
            _ => State::Unattached { until },
        };
        if self.is_only_voter() {
            self.become_candidate(clock);
        } else if matches!(self.state, State::Candidate { .. }) {
            self.ask_for_votes(false);
        }
    }

    /// Process end: only the disk stays.
    pub fn stop(&mut self) {
        self.state = State::Unattached { until: Micros::NEVER };
        (self.high_watermark, self.fetching) = (None, false);
        self.again.clear();
        self.out.clear();
        self.happened.clear();
    }

    // ---- what others may know ----

    /// Epoch, vote and leader, as on its disk.
    #[must_use]
    pub const fn election(&self) -> Election {
        self.election
    }

    /// Its copy of the metadata log.
    #[must_use]
    pub const fn log(&self) -> &QuorumLog {
        &self.log
    }

    /// Its state.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The highest offset that it knows to be committed, or the offset after it; none after a start until a leader tells.
    #[must_use]
    pub const fn high_watermark(&self) -> Option<Offset> {
        self.high_watermark
    }

    /// All voters, itself included.
    #[must_use]
    pub fn voters(&self) -> &BTreeSet<NodeId> {
        &self.voters
    }

    /// The voters before the record at this offset.
    #[must_use]
    pub fn voters_before(&self, offset: Offset) -> &BTreeSet<NodeId> {
        self.log.voters_before(offset).map_or(&self.first_voters, |(_, set)| set)
    }

    /// The leader's books.
    #[must_use]
    pub const fn leading(&self) -> Option<&Leading> {
        if let State::Leader(leading) = &self.state { Some(leading) } else { None }
    }

    /// Whether it leads and a majority has its first record: what it says is the state of the cluster.
    #[must_use]
    pub fn leads_for_sure(&self) -> bool {
        self.leading().is_some_and(|leading| leading.exposed)
    }

    /// Error, epoch and leader for an answer.
    #[must_use]
    pub const fn head(&self, error: ErrorCode) -> Head {
        Head { error, epoch: self.election.epoch, leader: self.election.leader }
    }

    /// When [`Self::poll`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Micros {
        let again = self.again.values().copied().min().unwrap_or(Micros::NEVER);
        let fetch = if self.wants_to_fetch() { Micros::ZERO } else { Micros::NEVER };
        self.state.deadline().min(again).min(fetch)
    }

    /// Requests that it wants sent, in order.
    pub fn take_requests(&mut self) -> Vec<(NodeId, Request)> {
        std::mem::take(&mut self.out)
    }

    /// What happened since the last time.
    pub fn take_happened(&mut self) -> Vec<Happened> {
        std::mem::take(&mut self.happened)
    }

    // ---- time ----

    /// Does what is due: at most one change of state, and what has to be asked again.
    pub fn poll(&mut self, clock: &mut Clock<'_>) {
        if self.state.deadline() <= clock.now {
            self.expire(clock);
        }
        let due: Vec<NodeId> =
            self.again.iter().filter(|(_, at)| **at <= clock.now).map(|(node, _)| *node).collect();
        for node in due {
            self.again.remove(&node);
            self.ask_again(node);
        }
        if self.wants_to_fetch() {
            self.send_fetch();
        }
    }

    fn expire(&mut self, clock: &mut Clock<'_>) {
        let observer = !self.voters.contains(&self.me);
        match &mut self.state {
            State::Unattached { until } | State::Follower { until, .. } if observer => {
                *until = clock.now + self.timing.fetch;
                self.lost = true;
            }
            State::Unattached { .. } | State::Follower { .. } => self.campaign(clock),
            State::Prospective { .. } => self.give_up_asking(clock),
            State::Candidate { .. } => self.candidacy_over(clock),
            State::Leader(_) => self.keep_leading(clock),
            State::Resigned { .. } if self.timing.pre_vote || observer => {
                let next = LeaderEpoch(self.election.epoch.0 + 1);
                self.become_unattached(next, clock);
            }
            State::Resigned { .. } => self.become_candidate(clock),
        }
    }

    /// A request to this voter got lost, or nobody took it.
    pub fn on_unreached(&mut self, to: NodeId, request: &Request, now: Micros) {
        match request {
            Request::Fetch(_) | Request::FetchSnapshot { .. } => {
                self.fetching = false;
                self.lost |= self.observes();
                self.again.insert(to, now + RECONNECT);
            }
            Request::ApiVersions => self.abort_change(to, ErrorCode::RequestTimedOut),
            Request::Vote(vote) if vote.epoch == self.election.epoch => {
                self.again.insert(to, now + RECONNECT);
            }
            _ => {}
        }
    }

    fn ask_again(&mut self, node: NodeId) {
        let (tally, pre) = match &self.state {
            State::Prospective { tally, .. } => (tally, true),
            State::Candidate { tally, backing_off: false, .. } => (tally, false),
            _ => return,
        };
        if !tally.granted.contains(&node) && !tally.refused.contains(&node) {
            let vote = self.vote_for_me(node, pre);
            self.out.push((node, Request::Vote(vote)));
        }
    }

    // ---- changes of state ----

    fn set_state(&mut self, state: State, before: LeaderEpoch) {
        let (from, to, epoch) = (self.state.standing(), state.standing(), self.election.epoch);
        self.state = state;
        if from != to || before != epoch {
            self.happened.push(Happened::Became { from, to, epoch });
        }
    }

    /// Takes the epoch over and follows nobody.
    fn become_unattached(&mut self, epoch: LeaderEpoch, clock: &mut Clock<'_>) {
        let before = self.election.epoch;
        let voted = self.election.voted.filter(|_| epoch == before);
        let refused = match &self.state {
            State::Prospective { tally, .. } => self.cannot_win(tally),
            _ => false,
        };
        self.election = Election { epoch, voted, leader: None };
        self.drop_change();
        let until = match &self.state {
            State::Unattached { until }
            | State::Candidate { until, .. }
            | State::Prospective { until, .. }
            | State::Resigned { until, .. }
                if !refused =>
            {
                *until
            }
            _ => clock.uneven(self.timing.election, self.timing.election),
        };
        self.again.clear();
        self.set_state(State::Unattached { until }, before);
    }

    /// Follows a leader of this epoch or a later one.
    fn become_follower(&mut self, epoch: LeaderEpoch, leader: NodeId, clock: &mut Clock<'_>) {
        let before = self.election.epoch;
        let voted = self.election.voted.filter(|_| epoch == before);
        self.election = Election { epoch, voted, leader: Some(leader) };
        let until = self.fetch_deadline(clock);
        (self.fetching, self.lost) = (false, false);
        self.drop_change();
        self.again.clear();
        self.set_state(State::Follower { until, fetched: false }, before);
    }

    fn fetch_deadline(&self, clock: &mut Clock<'_>) -> Micros {
        clock.uneven(self.timing.fetch, UNEVEN)
    }

    /// What any answer says about epochs and leaders (`maybeHandleCommonResponse`). True: there is nothing more to read in it.
    fn heed(&mut self, head: Head, clock: &mut Clock<'_>) -> bool {
        let known = self.election.epoch;
        if head.epoch < known || head.error == ErrorCode::UnknownLeaderEpoch {
            return true;
        }
        let elsewhere = head.leader.filter(|leader| *leader != self.me);
        if head.epoch > known {
            match elsewhere {
                Some(leader) => self.become_follower(head.epoch, leader, clock),
                None => self.become_unattached(head.epoch, clock),
            }
            return true;
        }
        if let (Some(leader), None) = (elsewhere, self.election.leader) {
            self.become_follower(head.epoch, leader, clock);
            return true;
        }
        head.error != ErrorCode::None
    }

    fn is_only_voter(&self) -> bool {
        self.voters.len() == 1 && self.voters.contains(&self.me)
    }

    fn majority(&self) -> usize {
        self.voters.len() / 2 + 1
    }

    fn others(&self) -> Vec<NodeId> {
        self.voters.iter().copied().filter(|id| *id != self.me).collect()
    }
}
