//! The group's state machine: how a rebalance begins, what it waits for, how it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::GroupHost;
use super::group::{Committed, Group, Parked, Phase};
use super::join::Replacement;
use crate::engine::Micros;
pub(super) use crate::kafka::internal::as_coordinator_error;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, ErrorCode, Generation, GroupId, GroupState, Internal, LeaveWhy, MemberId, Note, Partition,
    ProducerId, Record, RecordId, Stamp,
};

/// What was appended and for whom, until the broker says that it is replicated.
#[derive(Clone, Debug)]
pub(super) enum Wrote {
    /// The assignment of a generation.
    Assignment(Generation, BTreeMap<MemberId, Vec<Partition>>),
    /// A group without members.
    EmptyGroup,
    /// A static member under its new id.
    Replacement(Box<Replacement>),
    /// Offsets that are no more, and perhaps the group with them.
    Tombstones { offsets: Vec<Partition>, group: bool },
    /// Committed offsets, and the partitions that were refused before; `reply` is absent for an admin's
    /// reset.
    Offsets {
        reply: Option<Parked>,
        offsets: Vec<(Partition, Committed)>,
        refused: Vec<(Partition, ErrorCode)>,
    },
    /// Facts about a group of the consumer protocol, and who is answered when they are there.
    Consumer(Vec<Reply>),
    /// Offsets that are part of a producer's transaction.
    InTransaction(Parked, ProducerId, Vec<(Partition, Committed)>),
}

/// An answer that waits for a write.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub parked: Parked,
    pub quiet: bool,
    pub body: Body,
}

/// An append that is not replicated yet.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub partition: u32,
    pub group: GroupId,
    pub what: Wrote,
}

/// Appends under way, by token.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes {
    next: u64,
    pub open: BTreeMap<u64, Write>,
}

/// What a group needs while it handles something: the broker around it and the list of its writes.
pub(super) struct Desk<'a> {
    pub host: &'a mut dyn GroupHost,
    pub writes: &'a mut Writes,
    /// Partition of `__consumer_offsets` that the group lives in.
    pub partition: u32,
}

impl Desk<'_> {
    pub fn now(&self) -> Micros {
        self.host.now()
    }

    /// Answers unless the connection is gone.
    pub fn reply(&mut self, parked: Parked, body: Body) {
        if let Some(conn) = parked.conn {
            self.host.answer(conn, parked.request, false, body);
        }
    }

    /// Answers after whatever of the group is being written now, since the answer may speak of it.
    pub fn reply_in_turn(&mut self, group: GroupId, reply: Option<Reply>) {
        let Some(reply) = reply else { return };
        let newest = self.writes.open.values_mut().rev().find_map(|write| match &mut write.what {
            Wrote::Consumer(replies) if write.group == group => Some(replies),
            _ => None,
        });
        match newest {
            Some(replies) => replies.push(reply),
            None => self.send(reply),
        }
    }

    /// Sends an answer unless the connection is gone.
    pub fn send(&mut self, Reply { parked, quiet, body }: Reply) {
        if let Some(conn) = parked.conn {
            self.host.answer(conn, parked.request, quiet, body);
        }
    }

    /// Appends what the group must not forget.
    pub fn append(&mut self, group: GroupId, says: Vec<Internal>, what: Wrote) -> Result<(), ErrorCode> {
        self.append_as(group, says, None, what)
    }

    /// As [`Desk::append`]; with a stamp, as part of that producer's transaction.
    pub fn append_as(
        &mut self,
        group: GroupId,
        says: Vec<Internal>,
        stamp: Option<Stamp>,
        what: Wrote,
    ) -> Result<(), ErrorCode> {
        let timestamp = self.now();
        let record = |internal| Record {
            id: RecordId(0),
            key: None,
            value: None,
            timestamp,
            internal: Some(internal),
        };
        let token = self.writes.next;
        self.host.append(self.partition, says.into_iter().map(record).collect(), stamp, token)?;
        self.writes.next += 1;
        self.writes.open.insert(token, Write { partition: self.partition, group, what });
        Ok(())
    }
}

pub(super) const fn join_refused(error: ErrorCode, member: Option<MemberId>) -> Body {
    let generation = Generation(-1);
    Body::GroupJoined {
        error,
        member,
        generation,
        assignor: "",
        leader: None,
        skip_assignment: false,
        members: Vec::new(),
    }
}

pub(super) const fn sync_refused(error: ErrorCode) -> Body {
    Body::GroupSynced { error, assigned: Vec::new() }
}

impl Group {
    pub(super) fn turn(&mut self, desk: &mut Desk<'_>, to: GroupState) {
        let from = std::mem::replace(&mut self.state, to);
        if from != to {
            self.since = desk.now();
            let (group, generation) = (self.id, self.generation);
            desk.host.note(Note::GroupStateChanged { group, from, to, generation });
        }
    }

    /// Begins a rebalance. The first one of an empty group gives others some time to join, too.
    pub(super) fn prepare_rebalance(&mut self, desk: &mut Desk<'_>) {
        if self.state == GroupState::CompletingRebalance {
            self.fail_syncs(desk, ErrorCode::RebalanceInProgress);
        }
        self.pending_sync.clear();
        self.storing = false;
        let (now, longest) = (desk.now(), self.rebalance_timeout());
        if self.state == GroupState::Empty {
            let delay = initial_delay(desk.host);
            self.newcomer = false;
            self.phase = Phase::Gathering { until: now + delay, delay, left: longest.since(delay) };
            self.turn(desk, GroupState::PreparingRebalance);
        } else {
            self.phase = Phase::Joining { until: now + longest };
            self.turn(desk, GroupState::PreparingRebalance);
            self.try_complete_join(desk);
        }
    }

    /// Ends the join phase if everybody is there. An initial rebalance waits for its delay all the same.
    pub(super) fn try_complete_join(&mut self, desk: &mut Desk<'_>) {
        if matches!(self.phase, Phase::Joining { .. }) && self.all_joined() {
            self.complete_join(desk);
        }
    }

    /// The initial delay is over: once more if somebody came meanwhile, else the join phase ends.
    fn gathered(&mut self, desk: &mut Desk<'_>, delay: Micros, left: Micros) {
        if self.newcomer && left > Micros::ZERO {
            self.newcomer = false;
            let next = initial_delay(desk.host).min(left);
            self.phase = Phase::Gathering { until: desk.now() + next, delay: next, left: left.since(delay) };
        } else {
            self.complete_join(desk);
        }
    }

    /// Ends the join phase: whoever has not joined is out, the others get a new generation.
    fn complete_join(&mut self, desk: &mut Desk<'_>) {
        let absent = |m: &&super::Member| !m.awaits_join() && m.instance.is_none();
        let gone: Vec<MemberId> = self.members.iter().filter(absent).map(|m| m.id).collect();
        for id in gone {
            self.remove(desk, id, LeaveWhy::JoinTimeout);
        }
        let joined = self.members.iter().find(|m| m.awaits_join()).map(|m| m.id);
        let now = desk.now();
        if joined.is_none() && !self.members.is_empty() {
            self.phase = Phase::Joining { until: now + self.rebalance_timeout() };
            return;
        }
        if !self.leader.and_then(|id| self.member(id)).is_some_and(super::Member::awaits_join) {
            self.leader = joined;
        }
        let step = if mutant::on(Mutant::CountsDown) { -1 } else { 1 };
        self.generation = Generation(self.generation.0 + step);
        self.assignor = self.vote();
        if self.members.is_empty() {
            self.phase = Phase::Quiet;
            self.turn(desk, GroupState::Empty);
            let record = Arc::new(self.record(|_| Vec::new()));
            // an append that fails costs nothing: the group is as empty without the record
            let _ = desk.append(self.id, vec![Internal::Group(self.id, Some(record))], Wrote::EmptyGroup);
            return;
        }
        self.phase = Phase::Syncing { until: now + self.rebalance_timeout() };
        self.pending_sync = self.members.iter().map(|m| m.id).collect();
        let skips = mutant::on(Mutant::SkipsSync);
        self.turn(desk, if skips { GroupState::Stable } else { GroupState::CompletingRebalance });
        for ix in 0..self.members.len() {
            let member = &mut self.members[ix];
            member.assigned.clear();
            member.is_new = false;
            member.deadline = now + member.session;
            if mutant::on(Mutant::TellsSome) && ix > 0 {
                continue;
            }
            let (id, parked) = (member.id, member.join.take());
            if let Some(parked) = parked {
                let body = self.joined(id);
                desk.reply(parked, body);
            }
        }
    }

    /// The answer to a JoinGroup: the leader learns of everybody, the others only who leads.
    pub(super) fn joined(&self, to: MemberId) -> Body {
        let completing = self.state == GroupState::CompletingRebalance;
        Body::GroupJoined {
            error: ErrorCode::None,
            member: Some(to),
            generation: self.generation,
            assignor: self.assignor.unwrap_or(""),
            leader: self.leader,
            skip_assignment: false,
            members: if completing && self.is_leader(to) { self.introductions() } else { Vec::new() },
        }
    }

    /// The assignment is stored: everybody gets its part.
    pub(super) fn assignment_stored(
        &mut self,
        desk: &mut Desk<'_>,
        generation: Generation,
        mut assignment: BTreeMap<MemberId, Vec<Partition>>,
    ) {
        if self.state != GroupState::CompletingRebalance || self.generation != generation {
            return; // another rebalance began meanwhile
        }
        self.storing = false;
        self.turn(desk, GroupState::Stable);
        let now = desk.now();
        for member in &mut self.members {
            member.assigned = assignment.remove(&member.id).unwrap_or_default();
            if let Some(parked) = member.sync.take() {
                member.deadline = now + member.session;
                let body = Body::GroupSynced { error: ErrorCode::None, assigned: member.assigned.clone() };
                desk.reply(parked, body);
            }
        }
    }

    /// The assignment could not be stored: everybody hears why and joins again.
    pub(super) fn assignment_failed(
        &mut self,
        desk: &mut Desk<'_>,
        generation: Generation,
        error: ErrorCode,
    ) {
        if self.state == GroupState::CompletingRebalance && self.generation == generation {
            self.fail_syncs(desk, as_coordinator_error(error));
            self.prepare_rebalance(desk);
        }
    }

    /// Whoever waits for an assignment is refused. Its session starts anew, for a heartbeat sent meanwhile waits behind the SyncGroup
    /// on its connection (`GroupMetadataManager.propagateAssignment`).
    fn fail_syncs(&mut self, desk: &mut Desk<'_>, error: ErrorCode) {
        let now = desk.now();
        for member in &mut self.members {
            member.assigned.clear();
            if let Some(parked) = member.sync.take() {
                member.deadline = now + member.session;
                desk.reply(parked, sync_refused(error));
            }
        }
    }

    /// A member's SyncGroup came: the phase need not wait for it any longer.
    pub(super) fn sync_came(&mut self, id: MemberId) {
        self.pending_sync.remove(&id);
        if self.pending_sync.is_empty() && matches!(self.phase, Phase::Syncing { .. }) {
            self.phase = Phase::Quiet;
        }
    }

    /// Takes a member out. What it still waits for is refused.
    pub(super) fn remove(&mut self, desk: &mut Desk<'_>, id: MemberId, why: LeaveWhy) {
        let Some(ix) = self.members.iter().position(|m| m.id == id) else { return };
        let member = self.members.remove(ix);
        if let Some(parked) = member.join {
            desk.reply(parked, join_refused(ErrorCode::UnknownMemberId, None));
        }
        if let Some(parked) = member.sync {
            desk.reply(parked, sync_refused(ErrorCode::UnknownMemberId));
        }
        self.pending_sync.remove(&id);
        if self.is_leader(id) && !mutant::on(Mutant::LeavesNoLeader) {
            self.leader = self.members.first().map(|m| m.id);
        }
        desk.host.note(Note::MemberLeft { group: self.id, member: id, why });
    }

    /// A member left: the others share what it had.
    pub(super) fn after_leaving(&mut self, desk: &mut Desk<'_>) {
        match self.state {
            GroupState::Stable | GroupState::CompletingRebalance => self.prepare_rebalance(desk),
            GroupState::PreparingRebalance => self.try_complete_join(desk),
            GroupState::Empty | GroupState::Dead | GroupState::Assigning | GroupState::Reconciling => {}
        }
    }

    /// Does what is due: phases that are over, then sessions that ended (a new member's longest wait is as
    /// long as the default join phase; whoever waited to its end is in).
    pub(super) fn expire(&mut self, desk: &mut Desk<'_>) {
        let now = desk.now();
        match self.phase {
            Phase::Gathering { until, delay, left } if until <= now => self.gathered(desk, delay, left),
            Phase::Joining { until } if until <= now => self.complete_join(desk),
            Phase::Syncing { until } if until <= now => self.sync_timed_out(desk),
            _ => {}
        }
        let late: Vec<MemberId> =
            self.pending.iter().filter(|(_, until)| **until <= now).map(|(id, _)| *id).collect();
        for id in late {
            self.pending.remove(&id);
            self.after_expiry(desk);
        }
        if mutant::on(Mutant::KeepsTheDead) {
            self.members.iter_mut().for_each(|m| m.deadline = m.deadline.max(now + m.session));
        }
        while let Some(id) = self.members.iter().find(|m| m.session_runs() && m.deadline <= now).map(|m| m.id)
        {
            desk.host.note(Note::SessionExpired { group: self.id, member: id });
            self.remove(desk, id, LeaveWhy::Expired);
            self.after_expiry(desk);
        }
    }

    /// As after leaving, except that an initial rebalance does not wait any longer if everybody else is
    /// there.
    fn after_expiry(&mut self, desk: &mut Desk<'_>) {
        if matches!(self.phase, Phase::Gathering { .. }) {
            if self.all_joined() {
                self.complete_join(desk);
            }
        } else {
            self.after_leaving(desk);
        }
    }

    fn sync_timed_out(&mut self, desk: &mut Desk<'_>) {
        self.phase = Phase::Quiet;
        for id in std::mem::take(&mut self.pending_sync) {
            self.remove(desk, id, LeaveWhy::JoinTimeout);
        }
        self.after_leaving(desk);
    }

    /// The coordinator moved away: whatever waits is sent elsewhere.
    pub(super) fn dissolve(&mut self, desk: &mut Desk<'_>) {
        for member in &mut self.members {
            if let Some(parked) = member.join.take() {
                desk.reply(parked, join_refused(ErrorCode::NotCoordinator, None));
            }
            if let Some(parked) = member.sync.take() {
                desk.reply(parked, sync_refused(ErrorCode::NotCoordinator));
            }
        }
        self.state = GroupState::Dead;
    }
}

fn initial_delay(host: &dyn GroupHost) -> Micros {
    Micros::ms(u64::try_from(host.setting("group.initial.rebalance.delay.ms")).unwrap_or(0))
}
