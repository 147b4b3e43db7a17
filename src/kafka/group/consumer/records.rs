//! What is written of a group (of a share group in records of the same contents under other names): the difference between before and after, one record a fact, and how a log is read back.

use std::collections::{BTreeMap, BTreeSet};

use super::{ConsumerGroup, ConsumerMember, Current, MemberMetadata};
use crate::kafka::{GroupId, Internal, MemberId, Partition, TopicId};

/// A record of a group of the consumer protocol in `__consumer_offsets`; none = a tombstone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConsumerRecord {
    /// A member and what it says of itself (ConsumerGroupMemberMetadata).
    Member(MemberId, Option<MemberMetadata>),
    /// The subscribed topics that exist (ConsumerGroupPartitionMetadata).
    Topics(Option<Vec<(TopicId, u32)>>),
    /// The group epoch (ConsumerGroupMetadata).
    Epoch(Option<i32>),
    /// What a member should have (ConsumerGroupTargetAssignmentMember).
    Target(MemberId, Option<Vec<Partition>>),
    /// The epoch of the target assignment (ConsumerGroupTargetAssignmentMetadata).
    TargetEpoch(Option<i32>),
    /// Where a member stands (ConsumerGroupCurrentMemberAssignment).
    Current(MemberId, Option<Current>),
}

impl ConsumerRecord {
    /// What makes two records of a group the same key: the kind and, if it is about one, the member.
    #[must_use]
    pub const fn key(&self) -> (u8, Option<MemberId>) {
        match self {
            Self::Epoch(_) => (3, None),
            Self::Topics(_) => (4, None),
            Self::Member(member, _) => (5, Some(*member)),
            Self::TargetEpoch(_) => (6, None),
            Self::Target(member, _) => (7, Some(*member)),
            Self::Current(member, _) => (8, Some(*member)),
        }
    }

    /// Whether it deletes its key.
    #[must_use]
    pub const fn is_tombstone(&self) -> bool {
        match self {
            Self::Member(_, says) => says.is_none(),
            Self::Topics(says) => says.is_none(),
            Self::Epoch(says) | Self::TargetEpoch(says) => says.is_none(),
            Self::Target(_, says) => says.is_none(),
            Self::Current(_, says) => says.is_none(),
        }
    }
}

/// What must be written so that `before` becomes `after`, in Kafka's order.
pub(super) fn difference(before: &ConsumerGroup, after: &ConsumerGroup) -> Vec<ConsumerRecord> {
    let mut records = Vec::new();
    for gone in before.members.iter().filter(|m| after.member(m.id).is_none()) {
        records.push(ConsumerRecord::Current(gone.id, None));
        if before.target.contains_key(&gone.id) {
            records.push(ConsumerRecord::Target(gone.id, None));
        }
        records.push(ConsumerRecord::Member(gone.id, None));
    }
    for member in &after.members {
        if before.member(member.id).map(|m| &m.metadata) != Some(&member.metadata) {
            records.push(ConsumerRecord::Member(member.id, Some(member.metadata.clone())));
        }
    }
    if before.topics != after.topics {
        let topics = after.topics.iter().map(|(topic, count)| (*topic, *count)).collect();
        records.push(ConsumerRecord::Topics(Some(topics)));
    }
    if before.epoch != after.epoch {
        records.push(ConsumerRecord::Epoch(Some(after.epoch)));
    }
    for (id, target) in &after.target {
        if before.target.get(id) != Some(target) {
            records.push(ConsumerRecord::Target(*id, Some(target.iter().copied().collect())));
        }
    }
    if before.target_epoch != after.target_epoch {
        records.push(ConsumerRecord::TargetEpoch(Some(after.target_epoch)));
    }
    for member in &after.members {
        if before.member(member.id).map(|m| &m.current) != Some(&member.current) {
            records.push(ConsumerRecord::Current(member.id, Some(member.current.clone())));
        }
    }
    records
}

/// What must be written so that nothing of the group is left; its offsets stay.
pub(super) fn tombstones(group: &ConsumerGroup) -> Vec<ConsumerRecord> {
    let (share, epoch, target_epoch) = (group.share, group.epoch, group.target_epoch);
    let nobody = ConsumerGroup { share, epoch, target_epoch, ..ConsumerGroup::default() };
    let mut records = difference(group, &nobody);
    records.retain(ConsumerRecord::is_tombstone);
    records.extend([
        ConsumerRecord::TargetEpoch(None),
        ConsumerRecord::Topics(None),
        ConsumerRecord::Epoch(None),
    ]);
    records
}

/// Records as they are written.
pub(super) fn of_group(group: GroupId, share: bool, records: Vec<ConsumerRecord>) -> Vec<Internal> {
    let typed = |record: ConsumerRecord| match share {
        true => Internal::ShareGroup(group, record.into()),
        false => Internal::ConsumerGroup(group, record.into()),
    };
    records.into_iter().map(typed).collect()
}

/// Reads one record back. False: the group is gone.
pub(in crate::kafka::group) fn replay(group: &mut ConsumerGroup, record: &ConsumerRecord) -> bool {
    match record {
        ConsumerRecord::Epoch(None) => return false,
        ConsumerRecord::Epoch(Some(epoch)) => group.epoch = *epoch,
        ConsumerRecord::TargetEpoch(epoch) => group.target_epoch = epoch.unwrap_or(0),
        ConsumerRecord::Topics(topics) => {
            group.topics = topics.iter().flatten().copied().collect::<BTreeMap<TopicId, u32>>();
        }
        ConsumerRecord::Target(id, target) => {
            match target {
                Some(target) => group.target.insert(*id, target.iter().copied().collect::<BTreeSet<_>>()),
                None => group.target.remove(id),
            };
        }
        ConsumerRecord::Member(id, Some(metadata)) => member(group, *id).metadata = metadata.clone(),
        ConsumerRecord::Member(id, None) => group.members.retain(|m| m.id != *id),
        ConsumerRecord::Current(id, Some(current)) => {
            member(group, *id).current = current.clone();
        }
        ConsumerRecord::Current(id, None) => {
            if let Some(member) = group.member_mut(*id) {
                member.current = Current::default();
            }
        }
    }
    true
}

fn member(group: &mut ConsumerGroup, id: MemberId) -> &mut ConsumerMember {
    let at = group.members.iter().position(|m| m.id == id).unwrap_or_else(|| {
        group.members.push(ConsumerMember::new(id));
        group.members.len() - 1
    });
    &mut group.members[at]
}
