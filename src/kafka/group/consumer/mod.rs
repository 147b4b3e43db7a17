//! Groups of the consumer protocol (`group.protocol=consumer`, KIP-848), the coordinator's side.
//!
//! There is one request, ConsumerGroupHeartbeat, and three epochs: that of the *group* (one more whenever members, subscriptions or
//! the subscribed topics change), that of the *target assignment* (the group epoch it was computed for), and one of *each member*
//! (how far it has come). Members converge one by one; nobody waits for all.
//!
//! ```text
//!   heartbeat ─▶ member joins, changes or leaves ─▶ group epoch + 1 ─▶ the assignor computes a target ─▶ target epoch
//!                                                                                                         │
//!   ┌───────────────────── towards the target, one member at a time (`reconcile`) ◀───────────────────────┘
//!   │  Stable ──something to revoke──▶ UnrevokedPartitions ──the member no longer lists it──▶ next epoch
//!   └▶ Stable ──something is still held by another member──▶ UnreleasedPartitions ──it is free──▶ Stable
//! ```
//!
//! What must not be forgotten is written to `__consumer_offsets` as the difference between before and after (`records`); answers wait
//! until it is replicated. Offsets lie in [`super::Group`], as with the classic protocol.
//!
//! A share group (KIP-932) is kept the same way, and its members say the same by ShareGroupHeartbeat. Only that partitions may have
//! several members, so nobody has to give up anything first: a member is where it should be as soon as it is told.
//!
//! Not modelled: groups of both protocols at once (online migration, `group.consumer.migration.policy`), subscriptions by regular
//! expression, racks, `group.consumer.assignors` (uniform and range are there), batching of assignments (4.3).

mod heartbeat;
mod reconcile;
mod records;
mod target;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(in crate::kafka) use heartbeat::refuse_heartbeat;
pub(super) use heartbeat::{refused, refused_instead};
pub use records::ConsumerRecord;
pub(super) use records::replay;

use crate::engine::Micros;
use crate::kafka::{CONSUMER, ErrorCode, Generation, GroupState, MemberId, Partition, SHARE, TopicId};

/// Member epoch of a member that has gone for good.
pub const LEAVES: i32 = -1;
/// Member epoch of a static member that will be back.
pub const LEAVES_FOR_NOW: i32 = -2;

/// How far a member has come (`MemberState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberState {
    /// It has what it should have.
    #[default]
    Stable,
    /// It was told to give up partitions and has not said yet that it did.
    UnrevokedPartitions,
    /// It waits for partitions that others still hold.
    UnreleasedPartitions,
}

impl MemberState {
    /// Kafka's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stable => "STABLE",
            Self::UnrevokedPartitions => "UNREVOKED_PARTITIONS",
            Self::UnreleasedPartitions => "UNRELEASED_PARTITIONS",
        }
    }
}

/// What a member says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MemberMetadata {
    /// `group.instance.id`, if static.
    pub instance: Option<Arc<str>>,
    /// Rebalance timeout (`max.poll.interval.ms`): how long it may take to give up partitions.
    pub rebalance: Micros,
    /// Topics it wants to read, in order of their ids.
    pub topics: Vec<TopicId>,
    /// `group.remote.assignor`, if it prefers one.
    pub assignor: Option<&'static str>,
}

/// Where a member stands on its way to the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Current {
    /// Its epoch; 0 = it has just joined, -2 = a static member that will be back.
    pub epoch: i32,
    /// The epoch before: a request with it is a repeated one.
    pub previous: i32,
    /// How far it has come.
    pub state: MemberState,
    /// Partitions that are its own.
    pub assigned: BTreeSet<Partition>,
    /// Partitions that it was told to give up; nobody else gets them before it has.
    pub pending: BTreeSet<Partition>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerMember {
    /// Its id, which the client chose.
    pub id: MemberId,
    /// What it says of itself.
    pub metadata: MemberMetadata,
    /// Where it stands.
    pub current: Current,
    /// When its session ends unless it shows itself.
    pub deadline: Micros,
    /// Until when it must have given up what it was told to, and in which epoch it was told.
    pub(super) revoke_by: Option<(Micros, i32)>,
}

impl ConsumerMember {
    /// A member that has nothing yet.
    const fn new(id: MemberId) -> Self {
        let metadata =
            MemberMetadata { instance: None, rebalance: Micros::ZERO, topics: Vec::new(), assignor: None };
        let current = Current {
            epoch: 0,
            previous: 0,
            state: MemberState::Stable,
            assigned: BTreeSet::new(),
            pending: BTreeSet::new(),
        };
        Self { id, metadata, current, deadline: Micros::ZERO, revoke_by: None }
    }
}

/// The part of a group that only this protocol has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumerGroup {
    /// It is a share group.
    pub share: bool,
    /// Group epoch.
    pub epoch: i32,
    /// Group epoch that the target assignment was computed for.
    pub target_epoch: i32,
    /// Members in order of joining.
    pub members: Vec<ConsumerMember>,
    /// What each member should have.
    pub target: BTreeMap<MemberId, BTreeSet<Partition>>,
    /// Subscribed topics that exist, with their number of partitions.
    pub topics: BTreeMap<TopicId, u32>,
}

impl ConsumerGroup {
    /// A group without members.
    pub(super) fn of_type(share: bool) -> Self {
        Self { share, ..Self::default() }
    }

    /// What kind of group it is.
    pub(super) const fn protocol_type(&self) -> &'static str {
        if self.share { SHARE } else { CONSUMER }
    }

    /// A member by its id.
    #[must_use]
    pub fn member(&self, id: MemberId) -> Option<&ConsumerMember> {
        self.members.iter().find(|m| m.id == id)
    }

    fn member_mut(&mut self, id: MemberId) -> Option<&mut ConsumerMember> {
        self.members.iter_mut().find(|m| m.id == id)
    }

    /// The static member with this `group.instance.id`.
    fn instance(&self, instance: &str) -> Option<&ConsumerMember> {
        self.members.iter().find(|m| m.metadata.instance.as_deref() == Some(instance))
    }

    /// What a member should have.
    #[must_use]
    pub fn target_of(&self, id: MemberId) -> BTreeSet<Partition> {
        self.target.get(&id).cloned().unwrap_or_default()
    }

    /// Who has which partition, or was told to give it up and has not yet.
    pub fn holders(&self) -> impl Iterator<Item = (Partition, MemberId)> + '_ {
        self.members
            .iter()
            .flat_map(|m| m.current.assigned.iter().chain(&m.current.pending).map(move |p| (*p, m.id)))
    }

    /// The state of the group.
    #[must_use]
    pub fn state(&self) -> GroupState {
        let behind = |m: &ConsumerMember| {
            m.current.state != MemberState::Stable || m.current.epoch != self.target_epoch
        };
        if self.members.is_empty() {
            GroupState::Empty
        } else if self.share {
            GroupState::Stable // it has no other
        } else if self.epoch > self.target_epoch {
            GroupState::Assigning
        } else if self.members.iter().any(behind) {
            GroupState::Reconciling
        } else {
            GroupState::Stable
        }
    }

    /// Whether a member (or somebody outside: none) may commit offsets, or fetch them.
    pub(super) fn check_epoch(&self, member: Option<MemberId>, epoch: Generation) -> ErrorCode {
        match member.map(|id| self.member(id)) {
            _ if self.share => ErrorCode::GroupIdNotFound,
            None if epoch.0 < 0 && self.members.is_empty() => ErrorCode::None,
            Some(None) if epoch.0 < 0 && self.members.is_empty() => ErrorCode::None,
            None | Some(None) => ErrorCode::UnknownMemberId,
            Some(Some(member)) if member.current.epoch != epoch.0 => ErrorCode::StaleMemberEpoch,
            Some(Some(_)) => ErrorCode::None,
        }
    }
}
