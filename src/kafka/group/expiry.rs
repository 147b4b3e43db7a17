//! Offsets and groups that come to their end: `offsets.retention.minutes`, deleted topics, DeleteGroups
//! (`OffsetMetadataManager`, `ClassicGroup.offsetExpirationCondition`).
//!
//! | group | an offset expires |
//! |---|---|
//! | Empty | when the group has been empty for the retention time |
//! | Stable | of a topic that nobody subscribes to any more, that long after its commit |
//! | only holds offsets, nobody ever joined | that long after its commit |
//! | in a rebalance | not now |
//! | of the consumer protocol, in any state | of a topic that nobody subscribes to, that long after its commit |
//!
//! What an open transaction may still change does not expire. Every `offsets.retention.check.interval.ms` it is looked for; an Empty
//! group without offsets goes then, too.

use super::coordinator::home;
use super::group::{Committed, Group};
use super::state::{Desk, Wrote, as_coordinator_error};
use super::{Coordinator, GroupHost};
use crate::engine::Micros;
use crate::kafka::{ErrorCode, GroupId, GroupState, Internal, Note, OffsetRecord, Partition, TopicId};

impl Group {
    /// When this offset expires, if it can as the group is now.
    fn expires_at(&self, p: Partition, committed: &Committed, retention: Micros) -> Option<Micros> {
        let subscribed = || match &self.consumer {
            Some(group) => group.members.iter().any(|m| m.metadata.topics.contains(&p.topic)),
            None => self.members.iter().any(|m| m.subscription.topics.contains(&p.topic)),
        };
        let from = match (self.protocol_type, self.state) {
            _ if self.consumer.is_some() && subscribed() => return None,
            _ if self.consumer.is_some() => committed.at,
            (None, _) => committed.at,
            (Some(_), GroupState::Empty) => self.since,
            (Some(_), GroupState::Stable) if !subscribed() => committed.at,
            _ => return None,
        };
        let pending = self.in_transactions.values().any(|offsets| offsets.contains_key(&p));
        (!pending).then_some(from + retention)
    }

    /// When something here comes to its end: an offset, or the whole group because nothing is left of it.
    fn next_end(&self, retention: Micros) -> Option<Micros> {
        if self.is_void() {
            return Some(self.since);
        }
        self.offsets.iter().filter_map(|(p, committed)| self.expires_at(*p, committed, retention)).min()
    }

    fn is_void(&self) -> bool {
        let share = self.consumer.as_ref().is_some_and(|group| group.share); // stays until somebody deletes it
        !share
            && self.state == GroupState::Empty
            && self.offsets.is_empty()
            && self.in_transactions.is_empty()
    }

    /// A tombstone for each of these, and one for the group itself if it goes, too.
    fn end(&self, desk: &mut Desk<'_>, offsets: Vec<Partition>, group: bool) -> Result<(), ErrorCode> {
        let tombstone = |p: &Partition| {
            let leader_epoch = crate::kafka::LeaderEpoch(-1);
            Internal::Offset(OffsetRecord { group: self.id, partition: *p, offset: None, leader_epoch })
        };
        let mut says: Vec<Internal> = offsets.iter().map(tombstone).collect();
        if group {
            match &self.consumer {
                Some(consumer) => says.extend(consumer.ends(self.id)),
                None => says.push(Internal::Group(self.id, None)),
            }
        }
        if says.is_empty() {
            Ok(())
        } else {
            desk.append(self.id, says, Wrote::Tombstones { offsets, group })
        }
    }

    /// The tombstones are replicated. True: the group is gone.
    pub(super) fn bury(&mut self, desk: &mut Desk<'_>, offsets: &[Partition], group: bool) -> bool {
        for p in offsets {
            self.forget_offset(*p);
            desk.host.note(Note::OffsetExpired { group: self.id, partition: *p });
        }
        let gone = group && self.is_void();
        if gone {
            self.turn(desk, GroupState::Dead);
        }
        gone
    }

    /// There is no committed offset of this partition any more.
    pub(super) fn forget_offset(&mut self, p: Partition) {
        self.offsets.remove(&p);
    }
}

impl Coordinator {
    /// When offsets or groups are to be looked through next: only if something will be found.
    pub(super) fn next_expiry(&self, host: &dyn GroupHost) -> Option<Micros> {
        let (retention, grid) = (retention(host), interval(host));
        let next = self.groups.values().filter_map(|group| group.next_end(retention)).min()?;
        let round = |at: Micros| Micros(at.0.div_ceil(grid.0.max(1)).saturating_mul(grid.0.max(1)));
        let next_look = Micros((host.now().0 / grid.0.max(1) + 1) * grid.0.max(1));
        Some(round(next).max(next_look))
    }

    /// Looks through everything if it is time to.
    pub(super) fn expire_offsets(&mut self, host: &mut dyn GroupHost) {
        let (now, grid) = (host.now(), interval(host));
        if now.0 % grid.0.max(1) != 0 {
            return;
        }
        let retention = retention(host);
        for (id, group) in &self.groups {
            let over = |(p, committed): (&Partition, &Committed)| {
                let at = group.expires_at(*p, committed, retention)?;
                (at <= now).then_some(*p)
            };
            let expired: Vec<Partition> = group.offsets.iter().filter_map(over).collect();
            let all = expired.len() == group.offsets.len() && group.in_transactions.is_empty();
            let whole = all && group.state == GroupState::Empty;
            let partition = home(host, *id);
            // what cannot be written now is found again next time
            let _ = group.end(&mut Desk { host, writes: &mut self.writes, partition }, expired, whole);
        }
    }

    /// Topics are gone, and with them what was committed for them.
    pub fn on_topics_deleted(&mut self, host: &mut dyn GroupHost, topics: &[TopicId]) {
        for (id, group) in &mut self.groups {
            for offsets in group.in_transactions.values_mut() {
                offsets.retain(|p, _| !topics.contains(&p.topic));
            }
            let gone = group.offsets.keys().copied().filter(|p| topics.contains(&p.topic)).collect();
            let partition = home(host, *id);
            let _ = group.end(&mut Desk { host, writes: &mut self.writes, partition }, gone, false);
        }
        self.wake(host);
    }

    /// An admin deletes a group with everything it has committed (DeleteGroups).
    ///
    /// # Errors
    /// `NOT_COORDINATOR`; `GROUP_ID_NOT_FOUND`; `NON_EMPTY_GROUP` if it has members; what keeps it from being written.
    pub fn delete_group(&mut self, host: &mut dyn GroupHost, id: GroupId) -> Result<(), ErrorCode> {
        let partition = home(host, id);
        if !self.has_loaded(partition) {
            return Err(ErrorCode::NotCoordinator);
        }
        let group = self.groups.get(&id).ok_or(ErrorCode::GroupIdNotFound)?;
        if group.state != GroupState::Empty {
            return Err(ErrorCode::NonEmptyGroup);
        }
        let offsets = group.offsets.keys().copied().collect();
        let mut desk = Desk { host, writes: &mut self.writes, partition };
        group.end(&mut desk, offsets, true).map_err(as_coordinator_error)
    }
}

fn retention(host: &dyn GroupHost) -> Micros {
    Micros::secs(u64::try_from(host.setting("offsets.retention.minutes")).unwrap_or(0) * 60)
}

fn interval(host: &dyn GroupHost) -> Micros {
    Micros::ms(u64::try_from(host.setting("offsets.retention.check.interval.ms")).unwrap_or(1))
}
