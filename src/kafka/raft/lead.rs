//! Leading: the first record, the others' progress, the high watermark, and giving up when nobody fetches (`LeaderState`).

use std::sync::Arc;

use super::{Clock, Entry, Leading, Progress, QuorumBatch, Raft, Request, State};
use crate::engine::{Micros, NodeId};
use crate::kafka::Offset;
use crate::kafka::mutant::{self, Mutant};

impl Raft {
    pub(super) fn become_leader(&mut self, clock: &mut Clock<'_>) {
        let epoch = self.election.epoch;
        self.election.leader = Some(self.me);
        let leading = Leading {
            epoch_start: self.log.end().offset,
            others: self.others().into_iter().map(|id| (id, Progress::default())).collect(),
            observers: Default::default(),
            change: None,
            exposed: false,
            check_quorum: self.check_quorum_deadline(clock.now),
            heard: Default::default(),
            announce: self.announce_deadline(clock.now),
        };
        self.again.clear();
        self.set_state(State::Leader(Box::new(leading)), epoch);
        self.append(vec![Entry::LeaderChange(self.me)]);
        for voter in self.others() {
            self.out.push((voter, Request::BeginQuorumEpoch { epoch }));
        }
    }

    /// One and a half fetch timeouts.
    pub(super) fn check_quorum_deadline(&self, now: Micros) -> Micros {
        if self.is_only_voter() { Micros::NEVER } else { now + Micros(self.timing.fetch.0 * 3 / 2) }
    }

    pub(super) fn announce_deadline(&self, now: Micros) -> Micros {
        if self.is_only_voter() { Micros::NEVER } else { now + self.announce_every() }
    }

    const fn announce_every(&self) -> Micros {
        Micros(self.timing.fetch.0 / 2)
    }

    /// Appends records as one batch, if it leads; gives the offset after them.
    pub fn append(&mut self, entries: Vec<Entry>) -> Option<Offset> {
        if !matches!(self.state, State::Leader(_)) || entries.is_empty() {
            return None;
        }
        let end = self.put(entries);
        self.advance_high_watermark();
        Some(end)
    }

    /// Puts records at the end of its log; gives the offset after them.
    pub(super) fn put(&mut self, entries: Vec<Entry>) -> Offset {
        let batch = QuorumBatch { base: self.log.end().offset, epoch: self.election.epoch, entries };
        let end = batch.end();
        self.log.append(Arc::new(batch));
        end
    }

    /// What a leader does by the clock: resign if no majority fetches, tell those that do not fetch who leads.
    pub(super) fn keep_leading(&mut self, clock: &mut Clock<'_>) {
        let (every, epoch, now) = (self.announce_every(), self.election.epoch, clock.now);
        self.expire_change(now);
        let State::Leader(leading) = &mut self.state else { return };
        if leading.check_quorum <= now {
            return self.resign(clock);
        }
        if leading.announce > now {
            return;
        }
        leading.announce = now + every;
        let silent = |(_, p): &(&NodeId, &Progress)| p.fetched.is_none_or(|at| at + every <= now);
        let silent: Vec<NodeId> = leading.others.iter().filter(silent).map(|(id, _)| *id).collect();
        for voter in silent {
            self.out.push((voter, Request::BeginQuorumEpoch { epoch }));
        }
    }

    /// Leads no longer, and says who should.
    pub fn resign(&mut self, clock: &mut Clock<'_>) {
        self.drop_change();
        let State::Leader(leading) = &self.state else { return };
        let mut by_end: Vec<(Offset, NodeId)> =
            leading.others.iter().map(|(id, p)| (p.end.unwrap_or(Offset::NONE), *id)).collect();
        by_end.sort_by_key(|(end, id)| (std::cmp::Reverse(*end), *id));
        let successors: Vec<NodeId> = by_end.into_iter().map(|(_, id)| id).collect();
        let epoch = self.election.epoch;
        for voter in self.others() {
            self.out.push((voter, Request::EndQuorumEpoch { epoch, successors: successors.clone() }));
        }
        let until = clock.uneven(self.timing.election, self.timing.election);
        self.set_state(State::Resigned { until, successors }, epoch);
    }

    /// A voter has fetched: this is how far its log goes.
    pub(super) fn note_progress(&mut self, from: NodeId, end: Offset, now: Micros) {
        // A leader that is to be a voter no longer does not count itself.
        let own = usize::from(self.voters.contains(&self.me));
        let (deadline, enough) = (self.check_quorum_deadline(now), self.majority() - own);
        let State::Leader(leading) = &mut self.state else { return };
        let Some(progress) = leading.others.get_mut(&from) else { return };
        *progress = Progress { end: Some(end), fetched: Some(now) };
        leading.heard.insert(from);
        if leading.heard.len() >= enough {
            leading.heard.clear();
            leading.check_quorum = deadline;
        }
        self.advance_high_watermark();
    }

    /// What a majority has is committed, once it contains a record of this leader.
    pub(super) fn advance_high_watermark(&mut self) {
        let majority = self.majority();
        let own = self.voters.contains(&self.me).then(|| self.log.end().offset);
        let State::Leader(leading) = &mut self.state else { return };
        let others = leading.others.values().map(|p| p.end.unwrap_or(Offset::NONE));
        let mut ends: Vec<Offset> = others.chain(own).collect();
        ends.sort_unstable_by_key(|end| std::cmp::Reverse(*end));
        let Some(&held) = ends.get(if mutant::on(Mutant::CommitsAlone) { 0 } else { majority - 1 }) else {
            return;
        };
        let own = held > leading.epoch_start || mutant::on(Mutant::CommitsOldEpochs);
        if own && self.high_watermark.is_none_or(|known| known <= held) {
            self.high_watermark = Some(held);
            leading.exposed = true;
            // A change of the voters whose record is committed is done.
            leading.change = leading.change.filter(|change| change.at.is_none_or(|at| at >= held));
        }
    }
}
