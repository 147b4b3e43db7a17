//! Elections: asking for votes, giving them, counting them (`KafkaRaftClient.handleVoteRequest`, KIP-996).

use super::state::Tally;
use super::{Clock, Election, Happened, Head, Raft, Request, Response, State, Vote};
use crate::engine::{Micros, NodeId};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{ErrorCode, LeaderEpoch};

impl Raft {
    // ---- asking ----

    pub(super) fn own_vote(&self) -> Tally {
        Tally { granted: [self.me].into(), ..Tally::default() }
    }

    /// The leader is gone, or there was none: look for a majority.
    pub(super) fn campaign(&mut self, clock: &mut Clock<'_>) {
        if mutant::on(Mutant::NeverStands)
            && let State::Unattached { until } | State::Follower { until, .. } = &mut self.state
        {
            *until = clock.now + self.timing.election;
            return;
        }
        if !self.timing.pre_vote {
            return self.become_candidate(clock);
        }
        let until = clock.uneven(self.timing.election, self.timing.election);
        self.again.clear();
        let epoch = self.election.epoch;
        self.set_state(State::Prospective { until, tally: self.own_vote() }, epoch);
        if self.is_only_voter() {
            self.become_candidate(clock); // the others were taken out: there is nobody to ask (`transitionToProspective`)
        } else {
            self.ask_for_votes(true);
        }
    }

    /// Calls an election: the next epoch, and a vote for itself.
    pub(super) fn become_candidate(&mut self, clock: &mut Clock<'_>) {
        let tries = match &self.state {
            State::Candidate { tries, .. } => tries + 1,
            _ => 1,
        };
        let before = self.election.epoch;
        self.election = Election { epoch: LeaderEpoch(before.0 + 1), voted: Some(self.me), leader: None };
        let until = clock.uneven(self.timing.election, self.timing.election);
        self.again.clear();
        let tally = self.own_vote();
        self.set_state(State::Candidate { until, tally, backing_off: false, tries }, before);
        if self.is_only_voter() {
            self.become_leader(clock);
        } else {
            self.ask_for_votes(false);
        }
    }

    pub(super) fn ask_for_votes(&mut self, pre: bool) {
        for voter in self.others() {
            let vote = self.vote_for_me(voter, pre);
            self.out.push((voter, Request::Vote(vote)));
        }
    }

    pub(super) fn vote_for_me(&self, voter: NodeId, pre: bool) -> Vote {
        let (cluster, epoch, end) = (self.cluster, self.election.epoch, self.log.end());
        Vote { cluster, epoch, candidate: self.me, voter, end, pre }
    }

    /// Nobody can be asked any longer: back to the leader it knew, or to none.
    pub(super) fn give_up_asking(&mut self, clock: &mut Clock<'_>) {
        let epoch = self.election.epoch;
        match self.election.leader {
            Some(leader) => self.become_follower(epoch, leader, clock),
            None => self.become_unattached(epoch, clock),
        }
    }

    /// The time of a candidate is over.
    pub(super) fn candidacy_over(&mut self, clock: &mut Clock<'_>) {
        match &self.state {
            State::Candidate { backing_off: false, .. } if self.timing.pre_vote => self.campaign(clock),
            State::Candidate { backing_off: false, .. } => self.back_off(clock),
            _ => self.become_candidate(clock),
        }
    }

    /// Before KIP-996: waits at random, up to 100 ms × 2^tries, before the next election.
    fn back_off(&mut self, clock: &mut Clock<'_>) {
        let State::Candidate { until, backing_off, tries, .. } = &mut self.state else { return };
        let most = Micros::ms(100 << (*tries).min(10)).min(self.timing.backoff);
        *until = clock.uneven(Micros::ZERO, most);
        *backing_off = true;
    }

    /// Whether a majority can no longer be had.
    pub(super) fn cannot_win(&self, tally: &Tally) -> bool {
        self.voters.len() - tally.refused.len() < self.majority()
    }

    pub(super) fn on_vote_answer(
        &mut self,
        from: NodeId,
        head: Head,
        granted: bool,
        pre: bool,
        clock: &mut Clock<'_>,
    ) {
        if self.heed(head, clock) || !self.voters.contains(&from) {
            return;
        }
        let majority = self.majority();
        let (asks, tally) = match &mut self.state {
            State::Prospective { tally, .. } => (true, tally),
            State::Candidate { tally, .. } => (false, tally),
            _ => return,
        };
        if asks != pre {
            return; // an answer to an earlier question
        }
        if granted {
            tally.granted.insert(from)
        } else {
            tally.refused.insert(from)
        };
        let tally = tally.clone();
        if tally.granted.len() >= majority {
            if asks { self.become_candidate(clock) } else { self.become_leader(clock) }
        } else if self.cannot_win(&tally) {
            if asks {
                self.give_up_asking(clock);
            } else if !self.timing.pre_vote {
                self.back_off(clock);
            }
        }
    }

    // ---- giving ----

    /// A candidate asks.
    pub fn on_vote(&mut self, vote: &Vote, clock: &mut Clock<'_>) -> Response {
        let answer =
            |raft: &Self, error, granted| Response::Vote { head: raft.head(error), granted, pre: vote.pre };
        if vote.cluster != self.cluster {
            return answer(self, ErrorCode::InconsistentClusterId, false);
        }
        let last = vote.end.epoch;
        let ahead = if vote.pre { last > vote.epoch } else { last >= vote.epoch };
        if last.0 < 0 || vote.end.offset.0 < 0 || ahead {
            return answer(self, ErrorCode::InvalidRequest, false);
        }
        if vote.epoch < self.election.epoch {
            return answer(self, ErrorCode::FencedLeaderEpoch, false);
        }
        if vote.epoch > self.election.epoch {
            self.become_unattached(vote.epoch, clock);
        }
        if vote.voter != self.me {
            return answer(self, ErrorCode::InvalidVoterKey, false);
        }
        let granted = self.would_grant(vote);
        if granted {
            let (candidate, epoch, pre) = (vote.candidate, vote.epoch, vote.pre);
            if !pre {
                self.election.voted = Some(candidate);
                self.wait_for_the_winner(clock);
            }
            self.happened.push(Happened::Granted { candidate, epoch, pre });
        }
        answer(self, ErrorCode::None, granted)
    }

    /// Who has voted gives the winner an election timeout to announce itself.
    fn wait_for_the_winner(&mut self, clock: &mut Clock<'_>) {
        if let State::Unattached { until } | State::Prospective { until, .. } = &mut self.state {
            *until = clock.uneven(self.timing.election, self.timing.election);
        }
    }

    fn would_grant(&self, vote: &Vote) -> bool {
        let complete = vote.end >= self.log.end() || mutant::on(Mutant::VotesForAnyone);
        if vote.pre {
            return match &self.state {
                State::Leader(_) | State::Follower { fetched: true, .. } => false,
                _ => complete,
            };
        }
        let free = matches!(self.state, State::Unattached { .. } | State::Prospective { .. });
        if mutant::on(Mutant::VotesTwice) {
            return complete;
        }
        match (self.election.voted, self.election.leader) {
            (Some(voted), _) => free && voted == vote.candidate,
            (None, Some(_)) => false,
            (None, None) => free && complete,
        }
    }
}
