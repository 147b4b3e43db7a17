//! SyncGroup, Heartbeat, LeaveGroup and the right to commit, as a group answers them.

use std::collections::BTreeMap;

use super::group::{Group, Parked};
use super::state::{Desk, Wrote, sync_refused};
use crate::engine::Micros;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, ErrorCode, Generation, GroupState, Internal, LeaveWhy, Leaving, MemberId, Partition,
};

impl Group {
    /// Whether there is a member with this id, and with this group.instance.id if it names one. An id that another process has taken
    /// over is fenced.
    pub(super) fn known_as(&self, id: MemberId, instance: Option<&str>) -> Result<(), ErrorCode> {
        match instance.map(|instance| self.static_member(instance)) {
            Some(None) => Err(ErrorCode::UnknownMemberId),
            Some(Some(known)) if known != id => Err(ErrorCode::FencedInstanceId),
            _ if self.member(id).is_none() => Err(ErrorCode::UnknownMemberId),
            _ => Ok(()),
        }
    }

    /// Whether this member speaks for the present generation.
    pub(super) fn identify(
        &self,
        id: MemberId,
        instance: Option<&str>,
        generation: Generation,
    ) -> Result<(), ErrorCode> {
        if self.state == GroupState::Dead {
            return Err(ErrorCode::CoordinatorNotAvailable);
        }
        self.known_as(id, instance)?;
        if self.generation == generation { Ok(()) } else { Err(ErrorCode::IllegalGeneration) }
    }

    /// A SyncGroup that `checked` found in order, or not; the leader's brings the assignment.
    pub(super) fn sync(
        &mut self,
        desk: &mut Desk<'_>,
        parked: Parked,
        id: MemberId,
        checked: Result<(), ErrorCode>,
        assignment: &[(MemberId, Vec<Partition>)],
    ) {
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
        if mutant::on(Mutant::TellsUnstored)
            && let Some(parked) = self.member_mut(id).and_then(|member| member.sync.take())
        {
            desk.reply(parked, Body::GroupSynced { error: ErrorCode::None, assigned: Vec::new() });
        }
    }

    /// Whether a SyncGroup may be answered with an assignment, or wait for one.
    pub(super) fn check_sync(
        &self,
        id: MemberId,
        instance: Option<&str>,
        generation: Generation,
        assignor: &str,
    ) -> Result<(), ErrorCode> {
        self.identify(id, instance, generation)?;
        match self.state {
            _ if self.assignor.is_some_and(|chosen| chosen != assignor) => {
                Err(ErrorCode::InconsistentGroupProtocol)
            }
            GroupState::Empty | GroupState::Dead | GroupState::Assigning | GroupState::Reconciling => {
                Err(ErrorCode::UnknownMemberId)
            }
            GroupState::PreparingRebalance => Err(ErrorCode::RebalanceInProgress),
            GroupState::CompletingRebalance | GroupState::Stable => Ok(()),
        }
    }

    /// Appends the generation with its assignment; everybody is answered when it is replicated.
    fn store(&mut self, desk: &mut Desk<'_>, assignment: &[(MemberId, Vec<Partition>)]) {
        let assignment: BTreeMap<MemberId, Vec<Partition>> = assignment.iter().cloned().collect();
        let record = self.record(|m| assignment.get(&m.id).cloned().unwrap_or_default());
        let generation = self.generation;
        self.storing = true;
        if mutant::on(Mutant::StableTooEarly) {
            self.turn(desk, GroupState::Stable);
        }
        let says = vec![Internal::Group(self.id, Some(record.into()))];
        if let Err(error) = desk.append(self.id, says, Wrote::Assignment(generation, assignment)) {
            self.assignment_failed(desk, generation, error);
        }
    }

    /// A Heartbeat: what the member should know. It lives, whatever the group does.
    pub(super) fn heartbeat(
        &mut self,
        now: Micros,
        id: MemberId,
        instance: Option<&str>,
        generation: Generation,
    ) -> ErrorCode {
        if let Err(error) = self.identify(id, instance, generation) {
            return error;
        }
        if !mutant::on(Mutant::ForgetsHeartbeats) {
            self.touch(now, id);
        }
        match self.state {
            GroupState::Empty | GroupState::Dead | GroupState::Assigning | GroupState::Reconciling => {
                ErrorCode::UnknownMemberId
            }
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

    /// A LeaveGroup: what became of each. Whoever is gone leaves work to the others, at once.
    pub(super) fn leave(
        &mut self,
        desk: &mut Desk<'_>,
        leaving: &[Leaving],
        why: LeaveWhy,
    ) -> Vec<(Leaving, ErrorCode)> {
        let results: Vec<(Leaving, ErrorCode)> =
            leaving.iter().map(|who| (who.clone(), self.leave_one(desk, who, why))).collect();
        if results.iter().any(|(_, error)| *error == ErrorCode::None) {
            self.after_leaving(desk);
        }
        results
    }

    /// Without a member id an admin takes out whoever has the group.instance.id.
    fn leave_one(&mut self, desk: &mut Desk<'_>, who: &Leaving, why: LeaveWhy) -> ErrorCode {
        let instance = who.instance.as_deref();
        let Some(id) = who.member.or_else(|| self.static_member(instance?)) else {
            return ErrorCode::UnknownMemberId;
        };
        if self.pending.remove(&id).is_some() {
            return ErrorCode::None;
        }
        if let Err(error) = self.known_as(id, instance) {
            return error;
        }
        self.remove(desk, id, why);
        ErrorCode::None
    }

    /// Whether a commit is taken: by a member of the present generation, or from outside while the group is empty. One that is part of a
    /// transaction may come from nobody in particular, and while the group waits for an assignment (KIP-447).
    pub(super) fn check_commit(
        &self,
        (member, instance): (Option<MemberId>, Option<&str>),
        generation: Generation,
        transactional: bool,
    ) -> Result<(), ErrorCode> {
        if mutant::on(Mutant::TakesAnyCommit) {
            return Ok(());
        }
        let empty = self.state == GroupState::Empty;
        if self.state == GroupState::Dead {
            return Err(ErrorCode::CoordinatorNotAvailable);
        }
        if generation.0 < 0 && empty {
            return Ok(());
        }
        if let Some(group) = &self.consumer {
            return match group.check_epoch(member, generation) {
                _ if member.is_none() && generation.0 < 0 && transactional => Ok(()),
                ErrorCode::None => Ok(()),
                ErrorCode::StaleMemberEpoch if transactional => Err(ErrorCode::IllegalGeneration),
                error => Err(error),
            };
        }
        match member {
            Some(id) => self.identify(id, instance, generation)?,
            None if instance.and_then(|instance| self.static_member(instance)).is_some() => {
                return Err(ErrorCode::FencedInstanceId);
            }
            None if generation.0 < 0 && instance.is_none() && transactional => {}
            None => return Err(ErrorCode::UnknownMemberId),
        }
        match self.state {
            GroupState::CompletingRebalance if !transactional => Err(ErrorCode::RebalanceInProgress),
            _ => Ok(()),
        }
    }
}
