//! Changing who votes, one controller at a time (KIP-853: `AddVoterHandler`, `RemoveVoterHandler`, `VoterSet`).
//!
//! ```text
//!  AddRaftVoter k4 ─▶ leader ─ ApiVersions ─▶ k4 ─▶ has it ever caught up? ─▶ Voters{k1 k2 k3 k4} appended: counts from here
//!  RemoveRaftVoter k1 ─▶ leader k1 ──────────────────────────────────────▶ Voters{k2 k3}: k1 leads on, does not count itself,
//!                                                                          and resigns when that is committed
//! ```
//!
//! Two sets that differ by one voter have no two majorities without a common member; that is why only one change is under way at a time.
//! A set counts from the moment it is in the log; if its record is cut off again, the set before it counts.

use std::collections::BTreeSet;

use super::{Entry, Fit, Progress, QuorumFetch, Raft, Request, State, VoterSet, Watched};
use crate::engine::{Micros, NodeId};
use crate::kafka::{ErrorCode, Offset};

/// Who has not fetched for so long is not caught up (`LeaderState.isReplicaCaughtUp`).
const CAUGHT_UP: Micros = Micros::secs(3600);

/// A change of the set of voters that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VoterChange {
    /// Who comes or goes.
    pub voter: NodeId,
    /// When it is given up: `controller.quorum.request.timeout.ms` after it began.
    pub until: Micros,
    /// Where its record is; none while the leader waits for an answer of the voter to be.
    pub at: Option<Offset>,
}

impl Raft {
    // ---- the wishes of an admin ----

    /// AddRaftVoter: a controller that has caught up is to vote. NONE: it is under way; what becomes of it is told later.
    pub fn add_voter(&mut self, voter: NodeId, until: Micros) -> ErrorCode {
        let error = self.may_change();
        if error != ErrorCode::None {
            return error;
        }
        if self.voters.contains(&voter) {
            return ErrorCode::DuplicateVoter;
        }
        if let State::Leader(leading) = &mut self.state {
            leading.change = Some(VoterChange { voter, until, at: None });
            self.out.push((voter, Request::ApiVersions));
        }
        ErrorCode::None
    }

    /// RemoveRaftVoter: a voter is to vote no longer. The last one cannot be removed: Kafka answers as if it were none.
    pub fn remove_voter(&mut self, voter: NodeId, now: Micros, until: Micros) -> ErrorCode {
        let error = self.may_change();
        if error != ErrorCode::None {
            return error;
        }
        if !self.voters.contains(&voter) || self.voters.len() == 1 {
            return ErrorCode::VoterNotFound;
        }
        let rest = self.voters.iter().copied().filter(|id| *id != voter).collect();
        self.append_voters(rest, VoterChange { voter, until, at: None }, now);
        ErrorCode::None
    }

    /// Whether a change may begin: this leader has committed something of its own, and every earlier change.
    fn may_change(&self) -> ErrorCode {
        let State::Leader(leading) = &self.state else { return ErrorCode::NotLeaderOrFollower };
        let committed = self.high_watermark.filter(|_| leading.exposed).unwrap_or(Offset::NONE);
        let newest = self.log.voters_before(self.log.end().offset).map(|(at, _)| *at);
        if leading.change.is_some() || !leading.exposed || newest.is_some_and(|at| at >= committed) {
            return ErrorCode::RequestTimedOut;
        }
        ErrorCode::None
    }

    /// Who is to be added has answered: it is there.
    pub(super) fn admit(&mut self, from: NodeId, now: Micros) {
        let State::Leader(leading) = &self.state else { return };
        let Some(change) = leading.change.filter(|c| c.voter == from && c.at.is_none()) else { return };
        let recent = |seen: &&Watched| seen.caught_up && seen.fetched + CAUGHT_UP > now;
        if leading.observers.get(&from).filter(recent).is_none() {
            return self.abort_change(from, ErrorCode::RequestTimedOut);
        }
        let all = self.voters.iter().copied().chain([from]).collect();
        self.append_voters(all, change, now);
    }

    fn append_voters(&mut self, voters: BTreeSet<NodeId>, change: VoterChange, now: Micros) {
        let at = Some(self.log.end().offset);
        if let State::Leader(leading) = &mut self.state {
            leading.change = Some(VoterChange { at, ..change });
        }
        self.put(vec![Entry::Voters(VoterSet::new(voters))]);
        self.renew_voters(now);
        self.advance_high_watermark();
    }

    // ---- the set ----

    /// The log has changed: takes over the set that it names. A leader's books follow.
    pub(super) fn renew_voters(&mut self, now: Micros) {
        let named = self.log.voters_before(self.log.end().offset).map(|(_, set)| set);
        let named = VoterSet::clone(named.unwrap_or(&self.first_voters));
        if named == self.voters {
            return;
        }
        self.voters = named;
        let (check, announce) = (self.check_quorum_deadline(now), self.announce_deadline(now));
        let others = self.others();
        let State::Leader(leading) = &mut self.state else { return };
        let known = std::mem::take(&mut leading.others);
        let progress = |id: NodeId| {
            let seen = leading.observers.get(&id);
            let watched = seen.map(|seen| Progress { end: Some(seen.end), fetched: Some(seen.fetched) });
            known.get(&id).copied().or(watched).unwrap_or_default()
        };
        leading.others = others.iter().map(|id| (*id, progress(*id))).collect();
        leading.observers.retain(|id, _| !others.contains(id));
        leading.heard.retain(|id| others.contains(id));
        for (deadline, now) in [(&mut leading.check_quorum, check), (&mut leading.announce, announce)] {
            if *deadline == Micros::NEVER || now == Micros::NEVER {
                *deadline = now;
            }
        }
    }

    /// A controller that is no voter has fetched. What its log holds beyond a fork is no progress.
    pub fn watch(&mut self, from: NodeId, fetch: &QuorumFetch, now: Micros) {
        let (end, leaders_end) = (fetch.end.offset, self.log.end().offset);
        let fits = self.log.fit(fetch.end) == Fit::Valid;
        let same = fits && fetch.epoch == self.election.epoch && !self.voters.contains(&from);
        let State::Leader(leading) = &mut self.state else { return };
        if !same {
            return;
        }
        let before = leading.observers.get(&from);
        let then = before.is_some_and(|seen| seen.caught_up || end >= seen.leaders_end);
        let caught_up = then || end >= leaders_end;
        leading.observers.insert(from, Watched { end, fetched: now, leaders_end, caught_up });
    }

    /// It is no voter, and runs as one that only copies.
    pub(super) fn observes(&self) -> bool {
        let copies = matches!(self.state, State::Unattached { .. } | State::Follower { .. });
        copies && !self.voters.contains(&self.me) && !self.voters.is_empty()
    }

    // ---- what becomes of a change ----

    /// Whether it leads without being a voter, and that is committed: it has to resign.
    #[must_use]
    pub fn must_resign(&self) -> bool {
        let committed = self.high_watermark.unwrap_or(Offset::NONE);
        let known = self.log.voters_before(committed);
        self.leads_for_sure() && known.is_some_and(|(_, set)| !set.contains(&self.me))
    }

    /// The time of a change is over. Its record, if there is one, stays and may still be committed.
    pub(super) fn expire_change(&mut self, now: Micros) {
        if let State::Leader(leading) = &self.state
            && let Some(change) = leading.change.filter(|change| change.until <= now)
        {
            self.abort_change(change.voter, ErrorCode::RequestTimedOut);
        }
    }

    pub(super) fn abort_change(&mut self, voter: NodeId, error: ErrorCode) {
        let State::Leader(leading) = &mut self.state else { return };
        if leading.change.take_if(|change| change.voter == voter).is_some() {
            self.happened.push(super::Happened::ChangeRefused { error });
        }
    }

    /// It leads no longer: what was under way is for the next leader to commit or to cut off.
    pub(super) fn drop_change(&mut self) {
        if let State::Leader(leading) = &self.state
            && let Some(change) = leading.change
        {
            self.abort_change(change.voter, ErrorCode::NotLeaderOrFollower);
        }
    }
}
