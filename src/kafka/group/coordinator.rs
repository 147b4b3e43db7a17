//! The coordinator of a broker: the groups whose partition of `__consumer_offsets` it leads, and their
//! requests.

use std::collections::BTreeMap;

use super::group::{Group, Parked};
use super::join::Join;
use super::offsets::commit_refused;
use super::state::{Desk, Reply, Write, Writes, Wrote, as_coordinator_error, join_refused, sync_refused};
use super::{GroupHost, consumer};
use crate::engine::{Conn, Envelope, Micros};
use crate::kafka::internal::InternalTopic;
use crate::kafka::{Body, ErrorCode, GroupId, GroupState, Offset, Partition};

/// The group coordinator inside a broker. All of it is in memory: a restarted broker begins with an empty
/// one and loads.
#[derive(Clone, Debug, Default)]
pub struct Coordinator {
    /// Partitions of `__consumer_offsets` that this broker leads; with a time: until then their log is being read.
    pub(super) shelves: BTreeMap<u32, Option<Micros>>,
    pub(super) groups: BTreeMap<GroupId, Group>,
    pub(super) writes: Writes,
}

impl Coordinator {
    /// A JoinGroup, SyncGroup, Heartbeat, LeaveGroup, ConsumerGroupHeartbeat, OffsetCommit, TxnOffsetCommit or OffsetFetch arrived;
    /// other bodies are ignored.
    pub fn on_request(&mut self, host: &mut dyn GroupHost, envelope: &Envelope<Body>) {
        let Some(id) = group_of(&envelope.body) else { return };
        let partition = home(host, id);
        let parked = Parked { conn: Some(envelope.conn), request: envelope.id };
        let admitted = self.find_wrong(host, id, partition, &envelope.body);
        if let Err(error) = admitted.and_then(|()| self.admit(id, &envelope.body)) {
            let blind = error == ErrorCode::CoordinatorLoadInProgress;
            let body = match envelope.body {
                // nobody knows yet who is in the group
                Body::Heartbeat { .. } if blind => Body::HeartbeatAnswered { error: ErrorCode::None },
                _ => refusal(&envelope.body, error),
            };
            return Desk { host, writes: &mut self.writes, partition }.reply(parked, body);
        }
        let mut desk = Desk { host, writes: &mut self.writes, partition };
        match self.groups.get_mut(&id) {
            Some(group) => handle(group, &mut desk, parked, envelope),
            // OffsetFetch of a group that never was
            None => handle(&mut Group::new(id), &mut desk, parked, envelope),
        }
        self.wake(host);
    }

    /// What is wrong with a request whatever its group, and whether this broker can ask the group at all.
    fn find_wrong(
        &self,
        host: &dyn GroupHost,
        id: GroupId,
        partition: u32,
        body: &Body,
    ) -> Result<(), ErrorCode> {
        let of_member = matches!(
            body,
            Body::JoinGroup { .. }
                | Body::SyncGroup { .. }
                | Body::Heartbeat { .. }
                | Body::LeaveGroup { .. }
                | Body::ConsumerGroupHeartbeat(_)
        );
        if of_member && host.names().group(id).is_empty() {
            return Err(ErrorCode::InvalidGroupId);
        }
        if let Body::JoinGroup { session, .. } = body {
            let session = i64::try_from(session.as_ms()).unwrap_or(i64::MAX);
            let least = host.setting("group.min.session.timeout.ms");
            if session < least || session > host.setting("group.max.session.timeout.ms") {
                return Err(ErrorCode::InvalidSessionTimeout);
            }
        }
        match self.shelves.get(&partition) {
            None => Err(ErrorCode::NotCoordinator),
            Some(Some(_)) => Err(ErrorCode::CoordinatorLoadInProgress),
            Some(None) => Ok(()),
        }
    }

    /// Whether a group that is not there may be asked. A group begins with the first JoinGroup or the first commit from outside.
    fn admit(&mut self, id: GroupId, body: &Body) -> Result<(), ErrorCode> {
        if self.groups.contains_key(&id) {
            return Ok(());
        }
        match body {
            Body::JoinGroup { member: None, .. } | Body::OffsetFetch { .. } => {}
            Body::ConsumerGroupHeartbeat(asked) if asked.epoch == 0 => {}
            Body::ConsumerGroupHeartbeat(_) => return Err(ErrorCode::GroupIdNotFound),
            Body::OffsetCommit { generation, .. } if generation.0 < 0 => {}
            Body::TxnOffsetCommit(asked) if asked.generation.0 < 0 => {}
            Body::TxnOffsetCommit(_) => return Err(ErrorCode::IllegalGeneration),
            Body::OffsetCommit { version, .. } if *version < KNOWS_NO_GROUP => {
                return Err(ErrorCode::IllegalGeneration);
            }
            Body::OffsetCommit { .. } => return Err(ErrorCode::GroupIdNotFound),
            _ => return Err(ErrorCode::UnknownMemberId),
        }
        if !matches!(body, Body::OffsetFetch { .. }) {
            self.groups.insert(id, Group::new(id));
        }
        Ok(())
    }

    /// An append is replicated, or failed.
    pub fn on_written(&mut self, host: &mut dyn GroupHost, token: u64, written: Result<(), ErrorCode>) {
        let Some(Write { partition, group, what }) = self.writes.open.remove(&token) else { return };
        let Some(group) = self.groups.get_mut(&group) else { return };
        let mut desk = Desk { host, writes: &mut self.writes, partition };
        match (what, written) {
            (Wrote::Assignment(generation, assignment), Ok(())) => {
                group.assignment_stored(&mut desk, generation, assignment);
            }
            (Wrote::Assignment(generation, _), Err(error)) => {
                group.assignment_failed(&mut desk, generation, error);
            }
            (Wrote::EmptyGroup, _) | (Wrote::Tombstones { .. }, Err(_)) => {}
            (Wrote::Consumer(replies), written) => {
                for reply in replies {
                    desk.send(match written {
                        Ok(()) => reply,
                        Err(error) => {
                            let body = consumer::refused_instead(&reply.body, as_coordinator_error(error));
                            Reply { body, ..reply }
                        }
                    });
                }
            }
            (Wrote::Replacement(replacement), written) => {
                group.replacement_stored(&mut desk, *replacement, written);
            }
            (Wrote::Tombstones { offsets, group: whole }, Ok(())) => {
                if group.bury(&mut desk, &offsets, whole) {
                    let id = group.id;
                    self.groups.remove(&id);
                }
            }
            (Wrote::InTransaction(parked, pid, offsets), written) => {
                group.transaction_offsets_written(&mut desk, parked, pid, &offsets, written);
            }
            (Wrote::Offsets { reply, offsets, refused }, written) => {
                group.offsets_written(&mut desk, reply, &offsets, refused, written);
            }
        }
        self.wake(host);
    }

    /// The time asked for with [`GroupHost::wake_at`] has come.
    pub fn on_timer(&mut self, host: &mut dyn GroupHost) {
        let now = host.now();
        let read: Vec<u32> =
            self.loading().filter(|(_, at)| *at <= now).map(|(partition, _)| partition).collect();
        for partition in read {
            self.take_in(host, partition);
        }
        for (id, group) in &mut self.groups {
            if group.next_deadline().is_some_and(|at| at <= now) {
                let partition = home(host, *id);
                let mut desk = Desk { host, writes: &mut self.writes, partition };
                group.expire(&mut desk);
                group.expire_consumers(&mut desk);
            }
        }
        self.expire_offsets(host);
        self.wake(host);
    }

    /// A client hung up. It stays what it was in its group (only time limits and LeaveGroup end a member);
    /// answers that waited for it are not sent.
    pub fn on_disconnect(&mut self, _host: &mut dyn GroupHost, conn: Conn) {
        let gone = |parked: &mut Parked| {
            if parked.conn == Some(conn) {
                parked.conn = None;
            }
        };
        for member in self.groups.values_mut().flat_map(|group| &mut group.members) {
            member.join.iter_mut().chain(&mut member.sync).for_each(gone);
        }
        for write in self.writes.open.values_mut() {
            match &mut write.what {
                Wrote::Offsets { reply: Some(parked), .. } | Wrote::InTransaction(parked, ..) => gone(parked),
                Wrote::Consumer(replies) => replies.iter_mut().for_each(|reply| gone(&mut reply.parked)),
                _ => {}
            }
        }
    }

    /// Sets committed offsets of a group without members, as an admin does. `OffsetCommitted` is stated
    /// once they are replicated.
    ///
    /// # Errors
    /// `NOT_COORDINATOR`; `UNKNOWN_MEMBER_ID` if the group has members (what Kafka answers to a commit from
    /// outside);
    /// `COORDINATOR_NOT_AVAILABLE` if nothing can be written now.
    pub fn reset_offsets(
        &mut self,
        host: &mut dyn GroupHost,
        group: GroupId,
        offsets: &[(Partition, Offset)],
    ) -> Result<(), ErrorCode> {
        let partition = home(host, group);
        if !self.has_loaded(partition) {
            return Err(ErrorCode::NotCoordinator);
        }
        let group = self.groups.entry(group).or_insert_with(|| Group::new(group));
        group.reset(&mut Desk { host, writes: &mut self.writes, partition }, offsets)
    }

    fn loading(&self) -> impl Iterator<Item = (u32, Micros)> + '_ {
        self.shelves.iter().filter_map(|(partition, until)| Some((*partition, (*until)?)))
    }

    pub(super) fn wake(&self, host: &mut dyn GroupHost) {
        let deadlines = self.groups.values().filter_map(Group::next_deadline);
        let next = deadlines.chain(self.loading().map(|(_, at)| at)).chain(self.next_expiry(host)).min();
        host.wake_at(next);
    }

    /// Groups of this coordinator, by id.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// One group.
    #[must_use]
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// Whether this broker coordinates the groups of that partition of `__consumer_offsets`.
    #[must_use]
    pub fn has_loaded(&self, partition: u32) -> bool {
        self.shelves.get(&partition) == Some(&None)
    }
}

#[cfg(test)]
impl Coordinator {
    /// Puts a group here as it is.
    pub(super) fn place(&mut self, group: Group) {
        self.groups.insert(group.id, group);
    }

    /// A group, to change it.
    pub(super) fn place_mut(&mut self, id: GroupId) -> Option<&mut Group> {
        self.groups.get_mut(&id)
    }
}

/// The partition of `__consumer_offsets` that a group lives in, as this broker sees the cluster.
pub(super) fn home(host: &dyn GroupHost, group: GroupId) -> u32 {
    let names = host.names();
    InternalTopic::Offsets.home(&names, &host.image(), names.group(group)).map_or(0, |(_, index)| index)
}

/// From this version of OffsetCommit on a client is told that there is no such group.
const KNOWS_NO_GROUP: i16 = 9;

const fn group_of(body: &Body) -> Option<GroupId> {
    match body {
        Body::JoinGroup { group, .. }
        | Body::SyncGroup { group, .. }
        | Body::Heartbeat { group, .. }
        | Body::LeaveGroup { group, .. }
        | Body::OffsetCommit { group, .. }
        | Body::OffsetFetch { group, .. } => Some(*group),
        Body::TxnOffsetCommit(asked) => Some(asked.group),
        Body::ConsumerGroupHeartbeat(asked) => Some(asked.group),
        _ => None,
    }
}

/// The answer that says only what is wrong.
fn refusal(body: &Body, error: ErrorCode) -> Body {
    match body {
        Body::JoinGroup { member, .. } => join_refused(error, *member),
        Body::SyncGroup { .. } => sync_refused(error),
        Body::Heartbeat { .. } => Body::HeartbeatAnswered { error },
        Body::ConsumerGroupHeartbeat(asked) => consumer::refused(error, asked.share),
        Body::OffsetCommit { offsets, .. } => commit_refused(offsets.iter().map(|(p, _, _)| *p), error),
        Body::OffsetFetch { .. } => Body::OffsetsFetched { error, offsets: Vec::new() },
        Body::TxnOffsetCommit(asked) => super::transactions::refused(asked, error),
        _ => Body::GroupLeft { error, members: Vec::new() },
    }
}

fn handle(group: &mut Group, desk: &mut Desk<'_>, parked: Parked, envelope: &Envelope<Body>) {
    match &envelope.body {
        Body::JoinGroup { .. } => {
            if let Some(join) = Join::of(&envelope.body) {
                match group.become_classic(desk) {
                    Ok(()) => group.join(desk, parked, envelope.from, join),
                    Err(error) => desk.reply(parked, join_refused(error, join.member)),
                }
            }
        }
        Body::SyncGroup { member, instance, generation, assignor, assignments, .. } => {
            let checked = group.check_sync(*member, instance.as_deref(), *generation, assignor);
            group.sync(desk, parked, *member, checked, assignments);
        }
        Body::Heartbeat { member, instance, generation, .. } => {
            let error = group.heartbeat(desk.now(), *member, instance.as_deref(), *generation);
            let quiet = envelope.quiet && error == ErrorCode::None;
            desk.host.answer(envelope.conn, envelope.id, quiet, Body::HeartbeatAnswered { error });
        }
        Body::LeaveGroup { members, why, .. } => {
            let body = match group.state {
                GroupState::Dead => refusal(&envelope.body, ErrorCode::CoordinatorNotAvailable),
                _ => Body::GroupLeft { error: ErrorCode::None, members: group.leave(desk, members, *why) },
            };
            desk.reply(parked, body);
        }
        Body::OffsetCommit { member, instance, generation, offsets, .. } => {
            let who = (*member, instance.as_deref());
            group.commit(desk, parked, who, *generation, offsets);
        }
        Body::TxnOffsetCommit(asked) => group.commit_in_transaction(desk, parked, asked),
        Body::ConsumerGroupHeartbeat(asked) => group.consumer_heartbeat(desk, parked, envelope.quiet, asked),
        Body::OffsetFetch { member, .. } if group.check_fetch(*member) != ErrorCode::None => {
            let error = group.check_fetch(*member);
            desk.reply(parked, Body::OffsetsFetched { error, offsets: Vec::new() });
        }
        Body::OffsetFetch { partitions, require_stable: true, .. } if group.is_unstable(partitions) => {
            let error = ErrorCode::UnstableOffsetCommit;
            desk.reply(parked, Body::OffsetsFetched { error, offsets: Vec::new() });
        }
        Body::OffsetFetch { partitions, .. } => {
            let body = Body::OffsetsFetched { error: ErrorCode::None, offsets: group.committed(partitions) };
            desk.reply(parked, body);
        }
        _ => {}
    }
}
