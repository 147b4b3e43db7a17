//! ConsumerGroupHeartbeat: joining, staying, leaving (`GroupMetadataManager.consumerGroupHeartbeat`).

use std::collections::BTreeSet;

use super::reconcile::{Goal, at_once, reconcile};
use super::{ConsumerGroup, ConsumerMember, Current, LEAVES, LEAVES_FOR_NOW, MemberMetadata};
use crate::engine::Micros;
use crate::kafka::group::assign::SERVER_ASSIGNORS;
use crate::kafka::{Body, ConsumerHeartbeat, ErrorCode, Image, LeaveWhy, MemberId, Partition};

/// What a group must know of its surroundings to answer a heartbeat.
pub(super) struct Ground<'a> {
    pub now: Micros,
    pub image: &'a Image,
    /// `group.consumer.session.timeout.ms`.
    pub session: Micros,
    /// `group.consumer.heartbeat.interval.ms`.
    pub interval: Micros,
    /// `group.consumer.max.size`.
    pub most: usize,
}

/// The answer that says only what is wrong.
pub(in crate::kafka::group) const fn refused(error: ErrorCode, share: bool) -> Body {
    Body::ConsumerGroupHeartbeatAnswered { error, epoch: 0, interval: Micros::ZERO, assigned: None, share }
}

/// A heartbeat refused by a broker that knows no such groups.
pub(in crate::kafka) const fn refuse_heartbeat(asked: &ConsumerHeartbeat, error: ErrorCode) -> Body {
    refused(error, asked.share)
}

/// As [`refused`], instead of this answer.
pub(in crate::kafka::group) const fn refused_instead(answer: &Body, error: ErrorCode) -> Body {
    refused(error, matches!(answer, Body::ConsumerGroupHeartbeatAnswered { share: true, .. }))
}

/// Whether the request makes sense by itself.
fn check(asked: &ConsumerHeartbeat) -> Result<(), ErrorCode> {
    let topics = asked.topics.as_ref().is_some_and(|topics| !topics.is_empty());
    let alone = asked.rebalance.is_some() && asked.owned.as_ref().is_some_and(Vec::is_empty);
    let complete = topics && (alone || asked.share);
    let sound = match asked.epoch {
        LEAVES_FOR_NOW => asked.instance.is_some(),
        LEAVES | 1.. => true,
        0 => complete,
        _ => false,
    };
    if !sound {
        return Err(ErrorCode::InvalidRequest);
    }
    let known = |name: &str| SERVER_ASSIGNORS.contains(&name);
    if asked.assignor.as_ref().is_some_and(|name| !known(name)) {
        return Err(ErrorCode::UnsupportedAssignor);
    }
    Ok(())
}

impl ConsumerGroup {
    /// Does what a heartbeat asks for, and gives the answer; and, if somebody left by it, why. After an error the group is worthless.
    pub(super) fn hear(
        &mut self,
        asked: &ConsumerHeartbeat,
        ground: &Ground<'_>,
    ) -> Result<(Body, Option<LeaveWhy>), ErrorCode> {
        check(asked)?;
        if asked.epoch < 0 {
            let why = self.leave(asked, ground)?;
            let (epoch, interval) = (asked.epoch, ground.interval);
            let (error, share) = (ErrorCode::None, self.share);
            return Ok((
                Body::ConsumerGroupHeartbeatAnswered { error, epoch, interval, assigned: None, share },
                why,
            ));
        }
        let replaced = self.admit(asked, ground)?;
        self.update(asked, ground);
        Ok((self.advance(asked, ground)?, replaced.map(|_| LeaveWhy::Replaced)))
    }

    /// Lets the member in, or finds that it is in. Gives the member id that it takes the place of, if it is a static member that is
    /// back.
    fn admit(
        &mut self,
        asked: &ConsumerHeartbeat,
        ground: &Ground<'_>,
    ) -> Result<Option<MemberId>, ErrorCode> {
        let joins = asked.epoch == 0;
        if joins && self.members.len() >= ground.most && self.member(asked.member).is_none() {
            return Err(ErrorCode::GroupMaxSizeReached);
        }
        let known = match &asked.instance {
            None => self.member(asked.member),
            Some(instance) => {
                let known = self.instance(instance);
                match known {
                    Some(known) if joins && known.current.epoch == LEAVES_FOR_NOW => {
                        let before = known.id;
                        self.replace(before, asked.member);
                        return Ok(Some(before));
                    }
                    Some(_) if joins => return Err(ErrorCode::UnreleasedInstanceId),
                    Some(known) if known.id != asked.member => return Err(ErrorCode::FencedInstanceId),
                    _ => known,
                }
            }
        };
        match known {
            Some(member) => check_epoch(&member.current, asked)?,
            None if joins => self.members.push(ConsumerMember::new(asked.member)),
            None => return Err(ErrorCode::UnknownMemberId),
        }
        Ok(None)
    }

    /// A static member is back with a new member id: it gets what the old one had.
    fn replace(&mut self, before: MemberId, after: MemberId) {
        if let Some(member) = self.member_mut(before) {
            member.id = after;
            member.current.epoch = 0;
            member.current.previous = 0;
            member.current.pending = BTreeSet::new();
        }
        if let Some(target) = self.target.remove(&before) {
            self.target.insert(after, target);
        }
    }

    /// Takes over what the member says of itself, and what has become of the topics; raises the group epoch if that calls for a new
    /// target.
    fn update(&mut self, asked: &ConsumerHeartbeat, ground: &Ground<'_>) {
        let mut raise = false;
        if let Some(member) = self.member_mut(asked.member) {
            let said = merged(&member.metadata, asked);
            raise = said.topics != member.metadata.topics;
            member.metadata = said;
            member.deadline = ground.now + ground.session;
        }
        let topics = self.subscribed(ground.image);
        raise |= topics != self.topics;
        self.topics = topics;
        self.epoch += i32::from(raise);
        if self.epoch > self.target_epoch {
            self.retarget();
        }
    }

    /// One step of the member towards its target, and the answer that tells it.
    fn advance(&mut self, asked: &ConsumerHeartbeat, ground: &Ground<'_>) -> Result<Body, ErrorCode> {
        let target = self.target_of(asked.member);
        let held: BTreeSet<Partition> = self.holders().map(|(p, _)| p).collect();
        let reported: Option<BTreeSet<Partition>> =
            asked.owned.as_ref().map(|owned| owned.iter().copied().collect());
        let goal =
            Goal { epoch: self.target_epoch, target: &target, held: &held, reported: reported.as_ref() };
        let share = self.share;
        let member = self.member_mut(asked.member).ok_or(ErrorCode::UnknownMemberId)?;
        let after = if share { at_once(&member.current, &goal) } else { reconcile(&member.current, &goal) };
        let tell = asked.is_full() || after.assigned != member.current.assigned;
        if after != member.current {
            member.current = after;
            member.await_revocation(ground.now);
        }
        Ok(Body::ConsumerGroupHeartbeatAnswered {
            error: ErrorCode::None,
            epoch: member.current.epoch,
            interval: ground.interval,
            assigned: tell.then(|| member.current.assigned.iter().copied().collect()),
            share,
        })
    }

    /// A member leaves: for good, or (static, -2) for now, and then its partitions stay reserved until its session ends.
    fn leave(
        &mut self,
        asked: &ConsumerHeartbeat,
        ground: &Ground<'_>,
    ) -> Result<Option<LeaveWhy>, ErrorCode> {
        let member = match &asked.instance {
            None => self.member(asked.member),
            Some(instance) => self.instance(instance),
        };
        let id = member.ok_or(ErrorCode::UnknownMemberId)?.id;
        if id != asked.member {
            return Err(ErrorCode::FencedInstanceId);
        }
        if asked.epoch == LEAVES {
            self.remove(id, ground.image);
            return Ok(Some(LeaveWhy::Left));
        }
        if let Some(member) = self.member_mut(id) {
            let current = &mut member.current;
            (current.previous, current.epoch) = (current.epoch, LEAVES_FOR_NOW);
            current.pending = BTreeSet::new();
            member.revoke_by = None;
        }
        Ok(None)
    }

    /// A member is out: what it had is free at once, and the others are to share it.
    pub(super) fn remove(&mut self, id: MemberId, image: &Image) {
        self.members.retain(|m| m.id != id);
        self.target.remove(&id);
        self.topics = self.subscribed(image);
        self.epoch += 1;
    }
}

/// A heartbeat speaks for the present epoch; or it is a repeated one, because the answer to it was lost: then it has the epoch before
/// and owns nothing that it was not given.
fn check_epoch(member: &Current, asked: &ConsumerHeartbeat) -> Result<(), ErrorCode> {
    let given =
        || asked.owned.as_ref().is_some_and(|owned| owned.iter().all(|p| member.assigned.contains(p)));
    let repeated = asked.epoch < member.epoch && asked.epoch == member.previous && given();
    if asked.epoch == member.epoch || repeated { Ok(()) } else { Err(ErrorCode::FencedMemberEpoch) }
}

/// What the member says now, and of the rest what it said before.
fn merged(before: &MemberMetadata, asked: &ConsumerHeartbeat) -> MemberMetadata {
    let sorted = |topics: &Vec<_>| topics.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let named = |name: &std::sync::Arc<str>| SERVER_ASSIGNORS.iter().copied().find(|known| *known == &**name);
    MemberMetadata {
        instance: asked.instance.clone().or_else(|| before.instance.clone()),
        rebalance: asked.rebalance.unwrap_or(before.rebalance),
        topics: asked.topics.as_ref().map_or_else(|| before.topics.clone(), sorted),
        assignor: asked.assignor.as_ref().map_or(before.assignor, named),
    }
}
