//! JoinGroup as a group answers it, static membership included (KIP-345).

use std::sync::Arc;

use super::group::{Group, Member, Parked};
use super::state::{Desk, Wrote, as_coordinator_error, join_refused};
use crate::engine::{Micros, NodeId};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Body, ErrorCode, GroupState, Internal, LeaveWhy, MemberId, Note, Subscription};

/// How long a new member's JoinGroup may stay parked.
const NEW_MEMBER_JOIN_TIMEOUT: Micros = Micros::secs(300);

/// From this version of JoinGroup on a new dynamic member is told its id first (KIP-394).
const REQUIRES_MEMBER_ID: i16 = 4;

/// From this version on a returning static leader may be told that there is nothing to assign (KIP-814).
const SKIPS_ASSIGNMENT: i16 = 9;

/// What a JoinGroup asks.
#[derive(Clone, Debug)]
pub(super) struct Join {
    pub member: Option<MemberId>,
    pub instance: Option<Arc<str>>,
    pub version: i16,
    pub protocol_type: &'static str,
    pub session: Micros,
    pub rebalance: Micros,
    pub assignors: Vec<&'static str>,
    pub subscription: Subscription,
}

impl Join {
    /// What a JoinGroup asks; none if it is another body.
    pub fn of(body: &Body) -> Option<Self> {
        let Body::JoinGroup {
            member,
            instance,
            version,
            protocol_type,
            session,
            rebalance,
            assignors,
            subscription,
            ..
        } = body
        else {
            return None;
        };
        Some(Self {
            member: *member,
            instance: instance.clone(),
            version: *version,
            protocol_type,
            session: *session,
            rebalance: *rebalance,
            assignors: assignors.clone(),
            subscription: subscription.clone(),
        })
    }
}

/// A static member that came back under a new id, until that is stored.
#[derive(Clone, Debug)]
pub(super) struct Replacement {
    /// The id that it has now.
    new: MemberId,
    /// As it was before.
    before: Member,
    /// It led.
    led: bool,
    /// Version of its JoinGroup.
    version: i16,
}

impl Group {
    /// A JoinGroup from `client`, or the first half of it if it is to have a member id first.
    pub(super) fn join(&mut self, desk: &mut Desk<'_>, parked: Parked, client: NodeId, join: Join) {
        if !self.has_room(join.member, desk.host.setting("group.max.size")) {
            if let Some(id) = join.member {
                self.pending.remove(&id);
                self.remove(desk, id, LeaveWhy::Left);
            }
            return desk.reply(parked, join_refused(ErrorCode::GroupMaxSizeReached, None));
        }
        if self.state == GroupState::Dead {
            return desk.reply(parked, join_refused(ErrorCode::CoordinatorNotAvailable, join.member));
        }
        if !self.supports(join.protocol_type, &join.assignors) {
            return desk.reply(parked, join_refused(ErrorCode::InconsistentGroupProtocol, join.member));
        }
        let mut new_id = || MemberId { client, serial: desk.host.next_serial() };
        match (join.member, join.instance.as_deref().map(|instance| self.static_member(instance))) {
            (None, Some(Some(old))) => {
                let new = new_id();
                self.replace(desk, parked, old, new, join);
            }
            (None, None) if join.version >= REQUIRES_MEMBER_ID => {
                let id = new_id();
                self.pending.insert(id, desk.now() + join.session);
                desk.reply(parked, join_refused(ErrorCode::MemberIdRequired, Some(id)));
            }
            (None, _) => {
                let id = new_id();
                self.add(desk, parked, id, join);
            }
            (Some(id), _) if self.pending.contains_key(&id) => self.add(desk, parked, id, join),
            (Some(id), _) => self.join_again(desk, parked, id, join),
        }
    }

    fn has_room(&self, member: Option<MemberId>, most: i64) -> bool {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let known = member.and_then(|id| self.member(id));
        match self.state {
            GroupState::Empty | GroupState::Dead | GroupState::Assigning | GroupState::Reconciling => true,
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
        if !mutant::on(Mutant::KeepsPending) {
            self.pending.remove(&id);
        }
        self.leader.get_or_insert(id);
        self.protocol_type.get_or_insert(join.protocol_type);
        self.members.push(Member {
            id,
            instance: join.instance,
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
        let refuse = |error| join_refused(error, Some(id));
        if let Err(error) = self.known_as(id, join.instance.as_deref()) {
            return desk.reply(parked, refuse(error));
        }
        let same = |m: &Member| m.assignors == join.assignors && m.subscription == join.subscription;
        let same = self.member(id).is_some_and(same);
        let repeat = match self.state {
            GroupState::Empty | GroupState::Dead | GroupState::Assigning | GroupState::Reconciling => {
                return desk.reply(parked, refuse(ErrorCode::UnknownMemberId));
            }
            GroupState::PreparingRebalance => false,
            GroupState::CompletingRebalance => same,
            // the leader comes back because it saw something change
            GroupState::Stable => same && !self.is_leader(id),
        };
        if repeat {
            let body = self.joined(id);
            return desk.reply(parked, body);
        }
        if let Some(member) = self.member_mut(id) {
            member.update(parked, join);
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

    // ---- static members ----

    /// A new process with the group.instance.id of a member takes its place, assignment included. In a Stable group that goes without a
    /// rebalance as long as the chosen assignor stays the same.
    fn replace(&mut self, desk: &mut Desk<'_>, parked: Parked, old: MemberId, new: MemberId, join: Join) {
        let (led, version) = (self.is_leader(old), join.version);
        let Some(member) = self.member_mut(old) else { return };
        let before = member.clone();
        let waiting = [
            member.join.take().map(|parked| (parked, join_refused(ErrorCode::FencedInstanceId, Some(old)))),
            member
                .sync
                .take()
                .map(|parked| (parked, super::state::sync_refused(ErrorCode::FencedInstanceId))),
        ];
        member.id = new;
        member.deadline = desk.now() + join.session;
        member.update(parked, join);
        if mutant::on(Mutant::KeepsReplaced) {
            self.members.push(Member { join: None, sync: None, ..before.clone() });
        }
        if led {
            self.leader = Some(new);
        }
        if self.pending_sync.remove(&old) {
            self.pending_sync.insert(new);
        }
        waiting.into_iter().flatten().for_each(|(parked, body)| desk.reply(parked, body));
        desk.host.note(Note::MemberLeft { group: self.id, member: old, why: LeaveWhy::Replaced });
        desk.host.note(Note::MemberJoined { group: self.id, member: new });
        if self.state == GroupState::Stable && self.vote() == self.assignor {
            let replacement = Replacement { new, before, led, version };
            self.store_replacement(desk, replacement);
        } else {
            // an assignment under way may name the old id
            self.rebalance(desk);
        }
    }

    fn store_replacement(&mut self, desk: &mut Desk<'_>, replacement: Replacement) {
        let record = Arc::new(self.record(|m| m.assigned.clone()));
        let says = vec![Internal::Group(self.id, Some(record))];
        if let Err(error) = desk.append(self.id, says, Wrote::Replacement(Box::new(replacement.clone()))) {
            self.replacement_stored(desk, replacement, Err(error));
        }
    }

    /// The new id of a static member is stored, or could not be: then everything is as before.
    pub(super) fn replacement_stored(
        &mut self,
        desk: &mut Desk<'_>,
        replacement: Replacement,
        written: Result<(), ErrorCode>,
    ) {
        let Replacement { new, before, led, version } = replacement;
        let Some(member) = self.member_mut(new) else { return };
        let Some(parked) = member.join.take() else { return };
        member.deadline = desk.now() + member.session;
        let body = match written {
            Ok(()) => self.joined_again(new, before.id, version),
            Err(error) => {
                let old = before.id;
                desk.host.note(Note::MemberLeft { group: self.id, member: new, why: LeaveWhy::Replaced });
                desk.host.note(Note::MemberJoined { group: self.id, member: old });
                let Some(member) = self.member_mut(new) else { return };
                *member = Member { join: None, sync: None, deadline: member.deadline, ..before };
                if led && self.is_leader(new) {
                    self.leader = Some(old);
                }
                join_refused(as_coordinator_error(error), None)
            }
        };
        desk.reply(parked, body);
    }

    /// The answer to a static member that took over from `old`: nothing changes for the group. A leader has nothing to assign; clients
    /// that cannot be told so are told that `old` leads.
    fn joined_again(&self, to: MemberId, old: MemberId, version: i16) -> Body {
        let (leads, knows) = (self.is_leader(to), version >= SKIPS_ASSIGNMENT);
        Body::GroupJoined {
            error: ErrorCode::None,
            member: Some(to),
            generation: self.generation,
            assignor: self.assignor.unwrap_or(""),
            leader: if leads && !knows { Some(old) } else { self.leader },
            skip_assignment: leads && knows,
            members: if leads && knows { self.introductions() } else { Vec::new() },
        }
    }
}

impl Member {
    fn update(&mut self, parked: Parked, join: Join) {
        self.session = join.session;
        self.rebalance = join.rebalance;
        self.assignors = join.assignors;
        self.subscription = join.subscription;
        self.join = Some(parked);
    }
}
