//! What happens to a group around its heartbeats: it is stored, its clocks run out, it is read back, it ends.

use super::heartbeat::{Ground, refused, refused_instead};
use super::records::{difference, of_group, tombstones};
use super::{ConsumerGroup, ConsumerMember, MemberState};
use crate::engine::Micros;
use crate::kafka::group::GroupHost;
use crate::kafka::group::group::{Group, Parked};
use crate::kafka::group::state::{Desk, Reply, Wrote, as_coordinator_error};
use crate::kafka::{
    Body, CONSUMER, ConsumerHeartbeat, ErrorCode, Generation, GroupId, GroupState, Internal, LeaveWhy,
    MemberId, Note,
};

/// When something that could not be written is tried again.
const AGAIN: Micros = Micros::ms(500);

/// A setting of consumer groups, and what it is called for share groups.
type Names = [&'static str; 2];

const SESSION: Names = ["group.consumer.session.timeout.ms", "group.share.session.timeout.ms"];
const INTERVAL: Names = ["group.consumer.heartbeat.interval.ms", "group.share.heartbeat.interval.ms"];
const SIZE: Names = ["group.consumer.max.size", "group.share.max.size"];

const fn setting(share: bool, names: Names) -> &'static str {
    names[share as usize]
}

fn ms(host: &dyn GroupHost, name: &str) -> Micros {
    Micros::ms(u64::try_from(host.setting(name)).unwrap_or(0))
}

impl ConsumerMember {
    /// It was told to give up partitions, or has: its clock starts, or stops.
    pub(super) fn await_revocation(&mut self, now: Micros) {
        let told = self.current.state == MemberState::UnrevokedPartitions;
        self.revoke_by = told.then(|| (now + self.metadata.rebalance, self.current.epoch));
    }

    /// Which clock has run out, if one has. A clock that was started in another epoch does not count.
    pub(super) fn due(&self, now: Micros) -> Option<LeaveWhy> {
        if self.deadline <= now {
            return Some(LeaveWhy::Expired);
        }
        let late = self.revoke_by.is_some_and(|(until, epoch)| until <= now && epoch == self.current.epoch);
        late.then_some(LeaveWhy::RebalanceTimeout)
    }
}

impl ConsumerGroup {
    /// When something happens by itself.
    pub(in crate::kafka::group) fn next_deadline(&self) -> Option<Micros> {
        let clocks =
            |m: &ConsumerMember| std::iter::once(m.deadline).chain(m.revoke_by.map(|(until, _)| until));
        self.members.iter().flat_map(clocks).min()
    }

    /// What is written when the group comes to its end.
    pub(in crate::kafka::group) fn ends(&self, id: GroupId) -> Vec<Internal> {
        of_group(id, self.share, tombstones(self))
    }

    /// The group was read back from its log: all clocks start now.
    pub(in crate::kafka::group) fn begin(&mut self, host: &dyn GroupHost) {
        let (now, session) = (host.now(), ms(host, setting(self.share, SESSION)));
        for member in &mut self.members {
            member.deadline = now + session;
            member.await_revocation(now);
        }
    }
}

impl Group {
    /// Whether a heartbeat of this type may speak to this group: it has the type, or it is new, or (consumer groups only) a classic one
    /// without members.
    fn admits(&self, asked: &ConsumerHeartbeat) -> bool {
        match &self.consumer {
            Some(group) => group.share == asked.share,
            None if asked.share => {
                asked.epoch == 0 && self.protocol_type.is_none() && self.offsets.is_empty()
            }
            None => asked.epoch == 0 && self.state == GroupState::Empty,
        }
    }

    /// A ConsumerGroupHeartbeat, or a ShareGroupHeartbeat.
    pub(in crate::kafka::group) fn consumer_heartbeat(
        &mut self,
        desk: &mut Desk<'_>,
        parked: Parked,
        quiet: bool,
        asked: &ConsumerHeartbeat,
    ) {
        let share = asked.share;
        if !self.admits(asked) {
            return desk.reply(parked, refused(ErrorCode::GroupIdNotFound, share));
        }
        let (now, image) = (desk.now(), desk.host.image());
        let ground = Ground {
            now,
            image: &image,
            session: ms(desk.host, setting(share, SESSION)),
            interval: ms(desk.host, setting(share, INTERVAL)),
            most: usize::try_from(desk.host.setting(setting(share, SIZE))).unwrap_or(usize::MAX),
        };
        let mut after = self.consumer.as_deref().cloned().unwrap_or_else(|| ConsumerGroup::of_type(share));
        let (body, why) = match after.hear(asked, &ground) {
            Ok(heard) => heard,
            Err(error) => return desk.reply(parked, refused(error, share)),
        };
        let news = matches!(&body, Body::ConsumerGroupHeartbeatAnswered { epoch, assigned, .. }
            if *epoch != asked.epoch || assigned.is_some());
        let reply = Reply { parked, quiet: quiet && !news, body };
        if let Err((error, reply)) = self.adopt(desk, after, why.unwrap_or(LeaveWhy::Left), Some(reply))
            && let Some(reply) = reply
        {
            desk.reply(reply.parked, refused_instead(&reply.body, error));
        }
    }

    /// The group as it is from now on: written, if anything of it must not be forgotten. `why`: whoever is no longer in it is out for
    /// this reason. The answer waits for the write.
    #[allow(clippy::result_large_err)] // the answer goes back to be given with the error
    fn adopt(
        &mut self,
        desk: &mut Desk<'_>,
        after: ConsumerGroup,
        why: LeaveWhy,
        reply: Option<Reply>,
    ) -> Result<(), (ErrorCode, Option<Reply>)> {
        let before = self.consumer.as_deref().cloned().unwrap_or_default();
        let mut says = of_group(self.id, after.share, difference(&before, &after));
        if self.consumer.is_none() && self.generation.0 > 0 {
            says.insert(0, Internal::Group(self.id, None));
        }
        if says.is_empty() {
            desk.reply_in_turn(self.id, reply);
        } else {
            let what = Wrote::Consumer(reply.clone().into_iter().collect());
            if let Err(error) = desk.append(self.id, says, what) {
                return Err((as_coordinator_error(error), reply));
            }
        }
        if self.consumer.is_none() {
            self.change_protocol(desk, after.protocol_type());
        }
        self.tell(desk, &before, &after, why);
        self.generation = Generation(after.epoch);
        self.assignor = (!after.members.is_empty()).then(|| after.assignor());
        let state = after.state();
        self.consumer = Some(Box::new(after));
        self.turn(desk, state);
        Ok(())
    }

    /// States what changed.
    fn tell(&self, desk: &mut Desk<'_>, before: &ConsumerGroup, after: &ConsumerGroup, why: LeaveWhy) {
        let group = self.id;
        for gone in before.members.iter().filter(|m| after.member(m.id).is_none()) {
            if why == LeaveWhy::Expired {
                desk.host.note(Note::SessionExpired { group, member: gone.id });
            }
            desk.host.note(Note::MemberLeft { group, member: gone.id, why });
        }
        for come in after.members.iter().filter(|m| before.member(m.id).is_none()) {
            desk.host.note(Note::MemberJoined { group, member: come.id });
        }
        if before.epoch != after.epoch {
            desk.host.note(Note::GroupEpochRaised { group, epoch: after.epoch });
        }
        for member in &after.members {
            let (id, now) = (member.id, &member.current);
            if before.member(id).map(|m| &m.current) != Some(now) {
                desk.host.note(Note::MemberReconciled {
                    group,
                    member: id,
                    epoch: now.epoch,
                    state: now.state,
                });
            }
        }
    }

    /// An empty group passes from one protocol to the other: as a group of its old protocol it is gone.
    fn change_protocol(&mut self, desk: &mut Desk<'_>, to: &'static str) {
        if self.generation.0 > 0 {
            self.turn(desk, GroupState::Dead);
        }
        self.state = GroupState::Empty;
        self.protocol_type = Some(to);
        self.generation = Generation(0);
        self.leader = None;
        self.assignor = None;
    }

    /// A JoinGroup came to an empty group of the consumer protocol: from now on it is a classic one.
    ///
    /// # Errors
    /// It is not empty, or nothing can be written now.
    pub(in crate::kafka::group) fn become_classic(&mut self, desk: &mut Desk<'_>) -> Result<(), ErrorCode> {
        let Some(consumer) = self.consumer.as_deref() else { return Ok(()) };
        if consumer.share || !consumer.members.is_empty() {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        let says = consumer.ends(self.id);
        desk.append(self.id, says, Wrote::Consumer(Vec::new())).map_err(as_coordinator_error)?;
        self.consumer = None;
        self.change_protocol(desk, CONSUMER);
        Ok(())
    }

    /// Does what is due: sessions that ended, and members that did not give up what they were told to.
    pub(in crate::kafka::group) fn expire_consumers(&mut self, desk: &mut Desk<'_>) {
        let now = desk.now();
        while let Some((id, why)) = self.first_due(now) {
            let Some(mut after) = self.consumer.as_deref().cloned() else { return };
            after.remove(id, &desk.host.image());
            if self.adopt(desk, after, why, None).is_err() {
                self.postpone(now);
                return;
            }
        }
        self.forget_old_clocks(now);
    }

    fn first_due(&self, now: Micros) -> Option<(MemberId, LeaveWhy)> {
        self.consumer.as_deref()?.members.iter().find_map(|m| Some((m.id, m.due(now)?)))
    }

    /// Nothing could be written: whatever is due is due a little later.
    fn postpone(&mut self, now: Micros) {
        for member in self.consumer.iter_mut().flat_map(|group| &mut group.members) {
            if member.deadline <= now {
                member.deadline = now + AGAIN;
            }
            if let Some((until, _)) = member.revoke_by.as_mut().filter(|(until, _)| *until <= now) {
                *until = now + AGAIN;
            }
        }
    }

    fn forget_old_clocks(&mut self, now: Micros) {
        for member in self.consumer.iter_mut().flat_map(|group| &mut group.members) {
            member.revoke_by = member.revoke_by.filter(|(until, _)| now < *until);
        }
    }
}
