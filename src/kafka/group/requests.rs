//! JoinGroup, SyncGroup, Heartbeat and LeaveGroup as a group answers them.

use std::collections::BTreeMap;

use super::group::{Group, Member, Parked};
use super::state::{Desk, Wrote, join_refused, sync_refused};
use crate::engine::Micros;
use crate::kafka::{
    Body, ErrorCode, Generation, GroupState, Internal, LeaveWhy, MemberId, Note, Partition, Subscription,
};

/// How long a new member's JoinGroup may stay parked.
const NEW_MEMBER_JOIN_TIMEOUT: Micros = Micros::secs(300);

/// What a JoinGroup asks.
#[derive(Clone, Debug)]
pub(super) struct Join {
    pub member: Option<MemberId>,
    pub session: Micros,
    pub rebalance: Micros,
    pub assignors: Vec<&'static str>,
    pub subscription: Subscription,
}

impl Group {
    /// A JoinGroup from `client`, or the first half of it if it has no member id yet.
    pub(super) fn join(
        &mut self,
        desk: &mut Desk<'_>,
        parked: Parked,
        client: crate::engine::NodeId,
        join: Join,
    ) {
        if !self.has_room(join.member, desk.host.setting("group.max.size")) {
            if let Some(id) = join.member {
                self.pending.remove(&id);
                self.remove(desk, id, LeaveWhy::Left);
                self.after_leaving(desk);
            }
            return desk.reply(parked, join_refused(ErrorCode::GroupMaxSizeReached, None));
        }
        if !self.supports(&join.assignors) {
            return desk.reply(parked, join_refused(ErrorCode::InconsistentGroupProtocol, join.member));
        }
        match join.member {
            None => {
                let id = MemberId { client, serial: desk.host.next_serial() };
                self.pending.insert(id, desk.now() + join.session);
                desk.reply(parked, join_refused(ErrorCode::MemberIdRequired, Some(id)));
            }
            Some(id) if self.pending.contains_key(&id) => self.add(desk, parked, id, join),
            Some(id) => self.join_again(desk, parked, id, join),
        }
    }

    fn has_room(&self, member: Option<MemberId>, most: i64) -> bool {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let known = member.and_then(|id| self.member(id));
        match self.state {
            GroupState::Empty | GroupState::Dead => true,
            GroupState::PreparingRebalance => {
                known.is_some_and(Member::awaits_join)
                    || self.members.iter().filter(|m| m.awaits_join()).count() < most
            }
            GroupState::CompletingRebalance | GroupState::Stable => {
                known.is_some() || self.members.len() < most
            }
        }
    }

    fn add(&mut self, desk: &mut Desk<'_>, parked: Parked, id: MemberId, join: Join) {
        self.pending.remove(&id);
        self.leader.get_or_insert(id);
        self.members.push(Member {
            id,
            instance: None,
            session: join.session,
            rebalance: join.rebalance,
            assignors: join.assignors,
            subscription: join.subscription,
            assigned: Vec::new(),
            deadline: desk.now() + NEW_MEMBER_JOIN_TIMEOUT,
            join: Some(parked),
            sync: None,
            is_new: true,
        });
        desk.host.note(Note::MemberJoined { group: self.id, member: id });
        self.newcomer = true;
        self.rebalance(desk);
    }

    fn join_again(&mut self, desk: &mut Desk<'_>, parked: Parked, id: MemberId, join: Join) {
        let leads = self.is_leader(id);
        let Some(member) = self.member(id) else {
            return desk.reply(parked, join_refused(ErrorCode::UnknownMemberId, Some(id)));
        };
        let same = member.assignors == join.assignors && member.subscription == join.subscription;
        let repeat = match self.state {
            GroupState::Empty | GroupState::Dead => {
                return desk.reply(parked, join_refused(ErrorCode::UnknownMemberId, Some(id)));
            }
            GroupState::PreparingRebalance => false,
            GroupState::CompletingRebalance => same,
            // the leader comes back because it saw something change
            GroupState::Stable => same && !leads,
        };
        if repeat {
            let body = self.joined(id);
            return desk.reply(parked, body);
        }
        if let Some(member) = self.member_mut(id) {
            member.session = join.session;
            member.rebalance = join.rebalance;
            member.assignors = join.assignors;
            member.subscription = join.subscription;
            member.join = Some(parked);
        }
        self.rebalance(desk);
    }

    /// Begins a rebalance, or lets the one under way take note of one more member.
    fn rebalance(&mut self, desk: &mut Desk<'_>) {
        if self.state == GroupState::PreparingRebalance {
            self.try_complete_join(desk);
        } else {
            self.prepare_rebalance(desk);
        }
    }

    /// Whether this member speaks for the present generation.
    pub(super) fn identify(&self, id: MemberId, generation: Generation) -> Result<(), ErrorCode> {
        match self.state {
            GroupState::Dead => Err(ErrorCode::CoordinatorNotAvailable),
            _ if self.member(id).is_none() => Err(ErrorCode::UnknownMemberId),
            _ if self.generation != generation => Err(ErrorCode::IllegalGeneration),
            _ => Ok(()),
        }
    }

    /// A SyncGroup; the leader's brings the assignment.
    pub(super) fn sync(
        &mut self,
        desk: &mut Desk<'_>,
        parked: Parked,
        id: MemberId,
        generation: Generation,
        assignor: &str,
        assignment: &[(MemberId, Vec<Partition>)],
    ) {
        let checked = self.identify(id, generation).and(match self.state {
            _ if self.assignor.is_some_and(|chosen| chosen != assignor) => {
                Err(ErrorCode::InconsistentGroupProtocol)
            }
            GroupState::Empty | GroupState::Dead => Err(ErrorCode::UnknownMemberId),
            GroupState::PreparingRebalance => Err(ErrorCode::RebalanceInProgress),
            GroupState::CompletingRebalance | GroupState::Stable => Ok(()),
        });
        if let Err(error) = checked {
            return desk.reply(parked, sync_refused(error));
        }
        self.sync_came(id);
        let (stable, now) = (self.state == GroupState::Stable, desk.now());
        let Some(member) = self.member_mut(id) else { return };
        if stable {
            member.deadline = now + member.session;
            let body = Body::GroupSynced { error: ErrorCode::None, assigned: member.assigned.clone() };
            return desk.reply(parked, body);
        }
        member.sync = Some(parked);
        if self.is_leader(id) && !self.storing {
            self.store(desk, assignment);
        }
    }

    /// Appends the generation with its assignment; everybody is answered when it is replicated.
    fn store(&mut self, desk: &mut Desk<'_>, assignment: &[(MemberId, Vec<Partition>)]) {
        let assignment: BTreeMap<MemberId, Vec<Partition>> = assignment.iter().cloned().collect();
        let record = self.record(|m| assignment.get(&m.id).cloned().unwrap_or_default());
        let generation = self.generation;
        self.storing = true;
        let says = vec![Internal::Group(self.id, Some(record.into()))];
        if let Err(error) = desk.append(self.id, says, Wrote::Assignment(generation, assignment)) {
            self.assignment_failed(desk, generation, error);
        }
    }

    /// A Heartbeat: what the member should know. It lives, whatever the group does.
    pub(super) fn heartbeat(&mut self, now: Micros, id: MemberId, generation: Generation) -> ErrorCode {
        if let Err(error) = self.identify(id, generation) {
            return error;
        }
        self.touch(now, id);
        match self.state {
            GroupState::Empty | GroupState::Dead => ErrorCode::UnknownMemberId,
            GroupState::PreparingRebalance => ErrorCode::RebalanceInProgress,
            GroupState::CompletingRebalance | GroupState::Stable => ErrorCode::None,
        }
    }

    /// The member showed itself: its session starts anew.
    pub(super) fn touch(&mut self, now: Micros, id: MemberId) {
        if let Some(member) = self.member_mut(id) {
            member.deadline = now + member.session;
        }
    }

    /// A LeaveGroup.
    pub(super) fn leave(&mut self, desk: &mut Desk<'_>, id: MemberId, why: LeaveWhy) -> ErrorCode {
        if self.state == GroupState::Dead {
            return ErrorCode::CoordinatorNotAvailable;
        }
        if self.pending.remove(&id).is_some() {
            self.try_complete_join(desk);
            return ErrorCode::None;
        }
        if self.member(id).is_none() {
            return ErrorCode::UnknownMemberId;
        }
        self.remove(desk, id, why);
        self.after_leaving(desk);
        ErrorCode::None
    }

    /// Whether a commit is taken: by a member of the present generation, or from outside while the group is
    /// empty.
    pub(super) fn check_commit(&self, member: Option<MemberId>, generation: Generation) -> ErrorCode {
        match (self.state, member) {
            (GroupState::Dead, _) => ErrorCode::CoordinatorNotAvailable,
            (GroupState::Empty, _) if generation.0 < 0 => ErrorCode::None,
            (_, None) => ErrorCode::UnknownMemberId,
            (state, Some(id)) => match self.identify(id, generation) {
                Err(error) => error,
                Ok(()) if state == GroupState::CompletingRebalance => ErrorCode::RebalanceInProgress,
                Ok(()) => ErrorCode::None,
            },
        }
    }
}
