//! A group and its members as the coordinator has them in memory, and the questions it asks of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ConsumerGroup;
use crate::engine::{Micros, NodeId};
pub(super) use crate::kafka::internal::Parked;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Generation, GroupId, GroupRecord, GroupRecordMember, GroupState, LeaderEpoch, MemberId, Offset,
    Partition, ProducerId, Subscription,
};

/// A member of a group.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// `group.instance.id`, if static.
    pub instance: Option<Arc<str>>,
    /// Session timeout.
    pub session: Micros,
    /// Rebalance timeout (`max.poll.interval.ms`).
    pub rebalance: Micros,
    /// Assignors it supports, in its order of preference.
    pub assignors: Vec<&'static str>,
    /// What it wants to read.
    pub subscription: Subscription,
    /// What it was assigned in the present generation.
    pub assigned: Vec<Partition>,
    /// When its session ends unless it shows itself; does not count while a request of it is parked.
    pub deadline: Micros,
    pub(super) join: Option<Parked>,
    pub(super) sync: Option<Parked>,
    /// It has not been part of a generation yet.
    pub(super) is_new: bool,
}

impl Member {
    /// The consumer process.
    #[must_use]
    pub const fn client(&self) -> NodeId {
        self.id.client
    }

    /// Whether its JoinGroup waits for the others.
    #[must_use]
    pub const fn awaits_join(&self) -> bool {
        self.join.is_some()
    }

    /// Whether its SyncGroup waits for the leader's assignment.
    #[must_use]
    pub const fn awaits_sync(&self) -> bool {
        self.sync.is_some()
    }

    /// When its session ends unless it shows itself; none while a parked request shows that it lives.
    #[must_use]
    pub fn session_until(&self) -> Option<Micros> {
        if self.session_runs() { Some(self.deadline) } else { None }
    }

    /// A parked request shows that a member lives, except that a new member may not wait for ever.
    pub(super) fn session_runs(&self) -> bool {
        self.is_new || mutant::on(Mutant::ExpiresParked) || (self.join.is_none() && self.sync.is_none())
    }
}

/// A committed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Next offset to read.
    pub offset: Offset,
    /// Leader epoch of the last record read; -1 = unknown.
    pub leader_epoch: LeaderEpoch,
    /// When it was committed.
    pub at: Micros,
}

/// What a rebalance waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing.
    Quiet,
    /// The first members of an empty group: more may come.
    Gathering { until: Micros, delay: Micros, left: Micros },
    /// Members that have not joined again.
    Joining { until: Micros },
    /// Members that have not sent SyncGroup.
    Syncing { until: Micros },
}

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Which.
    pub id: GroupId,
    /// Its state.
    pub state: GroupState,
    /// Which assignment; one more whenever a join phase completes.
    pub generation: Generation,
    /// Kind of group, `consumer`; none = nobody ever joined, it only holds offsets.
    pub protocol_type: Option<&'static str>,
    /// Since when it is in its state.
    pub since: Micros,
    /// The member that assigns.
    pub leader: Option<MemberId>,
    /// The assignor of this generation.
    pub assignor: Option<&'static str>,
    /// Members in order of joining.
    pub members: Vec<Member>,
    /// Committed offsets.
    pub offsets: BTreeMap<Partition, Committed>,
    /// Offsets that are part of a transaction whose marker is not here yet, by its producer id.
    pub in_transactions: BTreeMap<ProducerId, BTreeMap<Partition, Committed>>,
    /// Its members and epochs, if it is a group of the consumer protocol; `members` is empty then, and `generation` the group epoch.
    pub consumer: Option<Box<ConsumerGroup>>,
    /// Ids handed out whose owner has not come back with them, and until when they are kept.
    pub(super) pending: BTreeMap<MemberId, Micros>,
    /// Members of this generation that have not sent SyncGroup.
    pub(super) pending_sync: BTreeSet<MemberId>,
    pub(super) phase: Phase,
    /// Somebody joined since the initial delay was last started.
    pub(super) newcomer: bool,
    /// A write of this generation's assignment is on its way.
    pub(super) storing: bool,
}

impl Group {
    /// A group that nobody has joined.
    pub(super) const fn new(id: GroupId) -> Self {
        Self {
            id,
            state: GroupState::Empty,
            generation: Generation(0),
            protocol_type: None,
            since: Micros::ZERO,
            leader: None,
            assignor: None,
            members: Vec::new(),
            offsets: BTreeMap::new(),
            in_transactions: BTreeMap::new(),
            consumer: None,
            pending: BTreeMap::new(),
            pending_sync: BTreeSet::new(),
            phase: Phase::Quiet,
            newcomer: false,
            storing: false,
        }
    }

    /// A member by its id.
    #[must_use]
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.iter().find(|m| m.id == id)
    }

    pub(super) fn member_mut(&mut self, id: MemberId) -> Option<&mut Member> {
        self.members.iter_mut().find(|m| m.id == id)
    }

    /// The member with that `group.instance.id`.
    #[must_use]
    pub fn static_member(&self, instance: &str) -> Option<MemberId> {
        self.members.iter().find(|m| m.instance.as_deref() == Some(instance)).map(|m| m.id)
    }

    /// All members with what they brought, as the leader is told.
    pub(super) fn introductions(&self) -> Vec<(MemberId, Option<Arc<str>>, Subscription)> {
        self.members.iter().map(|m| (m.id, m.instance.clone(), m.subscription.clone())).collect()
    }

    /// Whether this member assigns.
    #[must_use]
    pub fn is_leader(&self, id: MemberId) -> bool {
        self.leader == Some(id)
    }

    /// Ids handed out with MEMBER_ID_REQUIRED that have not come back.
    pub fn pending(&self) -> impl Iterator<Item = MemberId> + '_ {
        self.pending.keys().copied()
    }

    /// Who owns which partition now, in order of joining; with the consumer protocol also who was told to give one up and has not yet.
    pub fn owners(&self) -> impl Iterator<Item = (Partition, MemberId)> + '_ {
        let classic = self.members.iter().flat_map(|m| m.assigned.iter().map(move |p| (*p, m.id)));
        classic.chain(self.consumer.iter().flat_map(|group| group.holders()))
    }

    /// Its members, whatever the protocol, in order of joining.
    pub fn member_ids(&self) -> impl Iterator<Item = MemberId> + '_ {
        let modern = self.consumer.iter().flat_map(|group| group.members.iter().map(|m| m.id));
        self.members.iter().map(|m| m.id).chain(modern)
    }

    /// Until when the present phase of a rebalance waits at most.
    #[must_use]
    pub const fn waits_until(&self) -> Option<Micros> {
        match self.phase {
            Phase::Quiet => None,
            Phase::Gathering { until, .. } | Phase::Joining { until } | Phase::Syncing { until } => {
                Some(until)
            }
        }
    }

    pub(super) fn all_joined(&self) -> bool {
        self.pending.is_empty() && self.members.iter().all(Member::awaits_join)
    }

    /// The longest of the members' rebalance timeouts.
    pub(super) fn rebalance_timeout(&self) -> Micros {
        self.members.iter().map(|m| m.rebalance).max().unwrap_or_default()
    }

    /// Whether a member of this kind with these assignors shares one with everybody.
    pub(super) fn supports(&self, protocol_type: &str, assignors: &[&'static str]) -> bool {
        if self.members.is_empty() {
            return !protocol_type.is_empty() && !assignors.is_empty();
        }
        let same = self.protocol_type.is_none_or(|known| known == protocol_type);
        same && assignors.iter().any(|name| self.members.iter().all(|m| m.assignors.contains(name)))
    }

    /// Every member votes for its first assignor that all support; ties go to the name that comes first in
    /// the first member's list.
    pub(super) fn vote(&self) -> Option<&'static str> {
        let common = |name: &&'static str| self.members.iter().all(|m| m.assignors.contains(name));
        let candidates: Vec<&'static str> =
            self.members.first()?.assignors.iter().copied().filter(|name| common(name)).collect();
        let votes = |name: &'static str| {
            let voted = |m: &&Member| m.assignors.iter().find(|n| candidates.contains(n)) == Some(&name);
            self.members.iter().filter(voted).count()
        };
        // `max_by_key` takes the last of equals, so the list is walked backwards
        candidates.iter().rev().copied().max_by_key(|name| votes(name))
    }

    /// The process of each member, and until when its session lasts unless it shows itself.
    pub fn sessions(&self) -> impl Iterator<Item = (NodeId, Micros)> + '_ {
        let classic = self.members.iter().filter_map(|m| Some((m.client(), m.session_until()?)));
        let consumers = self.consumer.iter().flat_map(|group| group.members.iter());
        classic.chain(consumers.map(|member| (member.id.client, member.deadline)))
    }

    /// When something happens by itself.
    pub(super) fn next_deadline(&self) -> Option<Micros> {
        let sessions = self.members.iter().filter_map(Member::session_until);
        let consumers = self.consumer.as_deref().and_then(ConsumerGroup::next_deadline);
        sessions.chain(self.pending.values().copied()).chain(self.waits_until()).chain(consumers).min()
    }

    /// What is stored of the group.
    pub(super) fn record(&self, assigned: impl Fn(&Member) -> Vec<Partition>) -> GroupRecord {
        let members = self.members.iter().map(|m| GroupRecordMember {
            member: m.id,
            instance: m.instance.clone(),
            session: m.session,
            rebalance: m.rebalance,
            subscription: m.subscription.clone(),
            assigned: assigned(m),
        });
        GroupRecord {
            generation: self.generation.0,
            assignor: self.assignor.unwrap_or(""),
            leader: self.leader,
            protocol_type: self.protocol_type,
            since: self.since,
            members: members.collect(),
        }
    }

    /// The group as a record left it. Sessions start now.
    pub(super) fn restore(id: GroupId, record: &GroupRecord, now: Micros) -> Self {
        let members = record.members.iter().map(|m| Member {
            id: m.member,
            instance: m.instance.clone(),
            session: m.session,
            rebalance: m.rebalance,
            assignors: vec![record.assignor],
            subscription: m.subscription.clone(),
            assigned: m.assigned.clone(),
            deadline: now + m.session,
            join: None,
            sync: None,
            is_new: false,
        });
        let members: Vec<Member> = members.collect();
        Self {
            state: if members.is_empty() { GroupState::Empty } else { GroupState::Stable },
            generation: Generation(record.generation),
            protocol_type: record.protocol_type,
            since: record.since,
            leader: record.leader,
            assignor: (!members.is_empty()).then_some(record.assignor),
            members,
            ..Self::new(id)
        }
    }
}
