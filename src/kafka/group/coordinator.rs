//! The coordinator of a broker: the groups whose partition of `__consumer_offsets` it leads, and their
//! requests.

use std::collections::{BTreeMap, BTreeSet};

use super::GroupHost;
use super::group::{Committed, Group, Parked};
use super::offsets::commit_refused;
use super::requests::Join;
use super::state::{Desk, Write, Writes, Wrote, join_refused, sync_refused};
use crate::engine::{Conn, Envelope, Micros};
use crate::kafka::internal::InternalTopic;
use crate::kafka::{Batch, Body, ErrorCode, GroupId, Internal, Note, Offset, Partition, ProducerId, Record};

/// The group coordinator inside a broker. All of it is in memory: a restarted broker begins with an empty
/// one and loads.
#[derive(Clone, Debug, Default)]
pub struct Coordinator {
    loaded: BTreeSet<u32>,
    pub(super) groups: BTreeMap<GroupId, Group>,
    writes: Writes,
}

impl Coordinator {
    /// This broker leads `__consumer_offsets`-`partition` now: rebuilds its groups from all batches of that
    /// log, oldest first.
    pub fn load<'a>(
        &mut self,
        host: &mut dyn GroupHost,
        partition: u32,
        batches: impl Iterator<Item = &'a Batch>,
    ) {
        self.loaded.insert(partition);
        let (now, to) = (host.now(), host.me());
        let mut found: BTreeMap<GroupId, Group> = BTreeMap::new();
        for batch in batches {
            if let (Some(stamp), Some(outcome)) = (batch.stamp, batch.outcome()) {
                for group in found.values_mut() {
                    group.end_transaction(stamp.id, outcome);
                }
                continue;
            }
            let transaction = batch.stamp.filter(|_| batch.transactional).map(|stamp| stamp.id);
            for record in batch.records.iter() {
                replay(&mut found, record, transaction, now);
            }
        }
        for (id, group) in found {
            host.note(Note::CoordinatorMoved { group: id, to });
            self.groups.insert(id, group);
        }
        self.wake(host);
    }

    /// This broker does not lead `__consumer_offsets`-`partition` any more: forgets its groups, and sends
    /// away who waits.
    pub fn unload(&mut self, host: &mut dyn GroupHost, partition: u32) {
        if !self.loaded.remove(&partition) {
            return;
        }
        let moved: Vec<GroupId> =
            self.groups.keys().copied().filter(|id| home(host, *id) == partition).collect();
        for id in moved {
            if let Some(mut group) = self.groups.remove(&id) {
                group.dissolve(&mut Desk { host, writes: &mut self.writes, partition });
            }
        }
        let orphans: Vec<u64> =
            self.writes.open.iter().filter(|(_, w)| w.partition == partition).map(|(t, _)| *t).collect();
        for token in orphans {
            let refused = |offsets: &[(Partition, Committed)]| -> Vec<(Partition, ErrorCode)> {
                offsets.iter().map(|(p, _)| (*p, ErrorCode::NotCoordinator)).collect()
            };
            let (parked, body) = match self.writes.open.remove(&token).map(|write| write.what) {
                Some(Wrote::Offsets { reply: Some(parked), offsets, .. }) => {
                    (parked, Body::OffsetsCommitted { results: refused(&offsets) })
                }
                Some(Wrote::InTransaction(parked, _, offsets)) => {
                    (parked, Body::TxnOffsetsCommitted { results: refused(&offsets) })
                }
                _ => continue,
            };
            Desk { host, writes: &mut self.writes, partition }.reply(parked, body);
        }
        self.wake(host);
    }

    /// A JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit, TxnOffsetCommit or OffsetFetch arrived; other bodies are
    /// ignored.
    pub fn on_request(&mut self, host: &mut dyn GroupHost, envelope: &Envelope<Body>) {
        let Some(id) = group_of(&envelope.body) else { return };
        let partition = home(host, id);
        let parked = Parked { conn: Some(envelope.conn), request: envelope.id };
        if !self.loaded.contains(&partition) {
            let body = refusal(&envelope.body, ErrorCode::NotCoordinator);
            return Desk { host, writes: &mut self.writes, partition }.reply(parked, body);
        }
        if let Err(error) = self.admit(host, id, &envelope.body) {
            let body = refusal(&envelope.body, error);
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

    /// What is wrong with a request before its group is asked. A group begins with the first JoinGroup or
    /// the first commit from outside.
    fn admit(&mut self, host: &dyn GroupHost, id: GroupId, body: &Body) -> Result<(), ErrorCode> {
        if let Body::JoinGroup { session, .. } = body {
            let session = i64::try_from(session.as_ms()).unwrap_or(i64::MAX);
            let least = host.setting("group.min.session.timeout.ms");
            if host.names().group(id).is_empty() {
                return Err(ErrorCode::InvalidGroupId);
            }
            if session < least || session > host.setting("group.max.session.timeout.ms") {
                return Err(ErrorCode::InvalidSessionTimeout);
            }
        }
        if self.groups.contains_key(&id) {
            return Ok(());
        }
        match body {
            Body::JoinGroup { member: None, .. } | Body::OffsetFetch { .. } => {}
            Body::OffsetCommit { generation, .. } if generation.0 < 0 => {}
            Body::TxnOffsetCommit(asked) if asked.generation.0 < 0 => {}
            Body::TxnOffsetCommit(_) => return Err(ErrorCode::IllegalGeneration),
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
            (Wrote::EmptyGroup, _) => {}
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
        for (id, group) in &mut self.groups {
            if group.next_deadline().is_some_and(|at| at <= now) {
                let partition = home(host, *id);
                group.expire(&mut Desk { host, writes: &mut self.writes, partition });
            }
        }
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
        if !self.loaded.contains(&partition) {
            return Err(ErrorCode::NotCoordinator);
        }
        let group = self.groups.entry(group).or_insert_with(|| Group::new(group));
        group.reset(&mut Desk { host, writes: &mut self.writes, partition }, offsets)
    }

    fn wake(&self, host: &mut dyn GroupHost) {
        let next: Option<Micros> = self.groups.values().filter_map(Group::next_deadline).min();
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
        self.loaded.contains(&partition)
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

/// What a record of `__consumer_offsets` says; `transaction` = the producer id of its transaction.
fn replay(
    found: &mut BTreeMap<GroupId, Group>,
    record: &Record,
    transaction: Option<ProducerId>,
    now: Micros,
) {
    match &record.internal {
        Some(Internal::Offset(said)) => {
            let group = found.entry(said.group).or_insert_with(|| Group::new(said.group));
            let offsets = match transaction {
                Some(pid) => group.in_transactions.entry(pid).or_default(),
                None => &mut group.offsets,
            };
            match said.offset {
                Some(offset) => {
                    let (leader_epoch, at) = (said.leader_epoch, record.timestamp);
                    offsets.insert(said.partition, Committed { offset, leader_epoch, at });
                }
                None => {
                    offsets.remove(&said.partition);
                }
            }
        }
        Some(Internal::Group(id, Some(said))) => {
            let before = found.remove(id).unwrap_or_else(|| Group::new(*id));
            let (offsets, in_transactions) = (before.offsets, before.in_transactions);
            found.insert(*id, Group { offsets, in_transactions, ..Group::restore(*id, said, now) });
        }
        Some(Internal::Group(id, None)) => {
            found.remove(id);
        }
        Some(Internal::Transaction(_)) | None => {}
    }
}

/// The partition of `__consumer_offsets` that a group lives in, as this broker sees the cluster.
pub(super) fn home(host: &dyn GroupHost, group: GroupId) -> u32 {
    let names = host.names();
    InternalTopic::Offsets.home(&names, &host.image(), names.group(group)).map_or(0, |(_, index)| index)
}

const fn group_of(body: &Body) -> Option<GroupId> {
    match body {
        Body::JoinGroup { group, .. }
        | Body::SyncGroup { group, .. }
        | Body::Heartbeat { group, .. }
        | Body::LeaveGroup { group, .. }
        | Body::OffsetCommit { group, .. }
        | Body::OffsetFetch { group, .. } => Some(*group),
        Body::TxnOffsetCommit(asked) => Some(asked.group),
        _ => None,
    }
}

/// The answer that says only what is wrong.
fn refusal(body: &Body, error: ErrorCode) -> Body {
    match body {
        Body::JoinGroup { member, .. } => join_refused(error, *member),
        Body::SyncGroup { .. } => sync_refused(error),
        Body::Heartbeat { .. } => Body::HeartbeatAnswered { error },
        Body::OffsetCommit { offsets, .. } => commit_refused(offsets.iter().map(|(p, _, _)| *p), error),
        Body::OffsetFetch { .. } => Body::OffsetsFetched { error, offsets: Vec::new() },
        Body::TxnOffsetCommit(asked) => super::transactions::refused(asked, error),
        _ => Body::GroupLeft { error },
    }
}

fn handle(group: &mut Group, desk: &mut Desk<'_>, parked: Parked, envelope: &Envelope<Body>) {
    match &envelope.body {
        Body::JoinGroup { member, session, rebalance, assignors, subscription, .. } => {
            let join = Join {
                member: *member,
                session: *session,
                rebalance: *rebalance,
                assignors: assignors.clone(),
                subscription: subscription.clone(),
            };
            group.join(desk, parked, envelope.from, join);
        }
        Body::SyncGroup { member, generation, assignor, assignments, .. } => {
            group.sync(desk, parked, *member, *generation, assignor, assignments);
        }
        Body::Heartbeat { member, generation, .. } => {
            let error = group.heartbeat(desk.now(), *member, *generation);
            let quiet = envelope.quiet && error == ErrorCode::None;
            desk.host.answer(envelope.conn, envelope.id, quiet, Body::HeartbeatAnswered { error });
        }
        Body::LeaveGroup { member, why, .. } => {
            let error = group.leave(desk, *member, *why);
            desk.reply(parked, Body::GroupLeft { error });
        }
        Body::OffsetCommit { member, generation, offsets, .. } => {
            group.commit(desk, parked, *member, *generation, offsets);
        }
        Body::TxnOffsetCommit(asked) => group.commit_in_transaction(desk, parked, asked),
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
