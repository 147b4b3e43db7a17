//! Share groups at the leader of a partition (`SharePartitionManager`, `DelayedShareFetch`): sessions of members, records acquired and
//! acknowledged, locks that run out, and what of it is sent to the share coordinator to be stored.
//!
//! A window is set up when the first member asks for it: its state is read from the share coordinator. Every change that must survive is
//! sent there; an acknowledgement counts, and is answered, once it is stored. A member's session ends with its connection.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::apply::leader_in;
use super::purgatory::Parked;
use super::{Broker, Pending};
use crate::engine::{Conn, Envelope, Micros, MsgId, NodeId};
use crate::kafka::client::SHARE_STATE;
use crate::kafka::config::{BY_DURATION, iso_duration};
use crate::kafka::internal::InternalTopic;
use crate::kafka::share::{
    AckRange, FIRST_EPOCH, LAST_EPOCH, ShareKey, SharePartition, ShareRequest, ShareState, SharedPartition,
    StateBatch, StateKey, Terms,
};
use crate::kafka::{
    Body, Cx, ErrorCode, Fetcher, GroupId, Isolation, LeaderEpoch, MemberId, Note, Offset, OffsetSpec,
    Partition, ShareWhy, Timer,
};

/// How long a share coordinator may take to answer.
const PATIENCE: Micros = Micros::secs(30);
/// The first wait before it is asked again; twice as long after each failure.
const RETRY: Micros = Micros::ms(100);
/// The longest wait.
const MOST: Micros = Micros::secs(1);
/// A write that failed so often is given up (`PersisterStateManager`).
const ATTEMPTS: u32 = 5;

/// A window, or the wait for its state.
#[derive(Clone, Debug)]
enum Held {
    /// The share coordinator is asked; with a time: it will be, then.
    Reading { again_at: Option<Micros>, failures: u32 },
    /// Set up.
    Ready(SharePartition),
}

/// A member's session.
#[derive(Clone, Debug)]
struct Session {
    conn: Conn,
    /// Epoch that its next request must have.
    epoch: i32,
    partitions: BTreeSet<Partition>,
}

/// A change that is on its way to the share coordinator.
#[derive(Clone, Debug)]
struct StateWrite {
    key: ShareKey,
    /// Which topic of that name it was when the write began.
    topic: Offset,
    update: ShareState,
    /// The request whose acknowledgements it stores; none for what the leader does by itself.
    asked: Option<MsgId>,
    /// Why the records leave Acquired.
    why: ShareWhy,
    attempts: u32,
    again_at: Option<Micros>,
}

/// What a leader keeps of share groups. All of it is in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Shares {
    held: BTreeMap<ShareKey, Held>,
    sessions: BTreeMap<(GroupId, MemberId), Session>,
    writes: BTreeMap<u64, StateWrite>,
    next: u64,
    /// Acknowledgements of requests that are not answered yet; none = it is being stored.
    acking: BTreeMap<MsgId, BTreeMap<Partition, Option<ErrorCode>>>,
    /// ShareAcknowledge requests that wait for that, and their connections.
    waiting: BTreeMap<MsgId, Conn>,
}

impl Shares {
    pub fn window(&self, key: ShareKey) -> Option<&SharePartition> {
        match self.held.get(&key) {
            Some(Held::Ready(shares)) => Some(shares),
            _ => None,
        }
    }

    fn window_mut(&mut self, key: ShareKey) -> Option<&mut SharePartition> {
        match self.held.get_mut(&key) {
            Some(Held::Ready(shares)) => Some(shares),
            _ => None,
        }
    }

    pub fn asks_for(&self, asked: &ShareRequest, p: Partition) -> bool {
        self.sessions.get(&(asked.group, asked.member)).is_some_and(|s| s.partitions.contains(&p))
    }

    /// Finds the session of a request, or begins it.
    fn enter(&mut self, conn: Conn, asked: &ShareRequest) -> Result<(), ErrorCode> {
        let whose = (asked.group, asked.member);
        if asked.epoch == FIRST_EPOCH {
            if !asked.acknowledgements.is_empty() {
                return Err(ErrorCode::InvalidRequest);
            }
            self.sessions.insert(whose, Session { conn, epoch: FIRST_EPOCH, partitions: BTreeSet::new() });
        }
        let session = self.sessions.get_mut(&whose).ok_or(ErrorCode::ShareSessionNotFound)?;
        if asked.epoch == LAST_EPOCH {
            return Ok(());
        }
        if asked.epoch != session.epoch {
            return Err(ErrorCode::InvalidShareSessionEpoch);
        }
        session.epoch = session.epoch.checked_add(1).unwrap_or(1);
        session.partitions.extend(asked.partitions.iter().copied());
        session.partitions.retain(|p| !asked.forget.contains(p));
        Ok(())
    }

    fn is_acking(&self, request: MsgId) -> bool {
        self.acking.get(&request).is_some_and(|results| results.values().any(Option::is_none))
    }

    /// What became of a request's acknowledgements.
    fn take_results(&mut self, request: MsgId) -> BTreeMap<Partition, ErrorCode> {
        let results = self.acking.remove(&request).unwrap_or_default();
        results.into_iter().map(|(p, error)| (p, error.unwrap_or_default())).collect()
    }

    /// When something happens by itself.
    fn next_deadline(&self) -> Option<Micros> {
        let held = self.held.values().filter_map(|held| match held {
            Held::Reading { again_at, .. } => *again_at,
            Held::Ready(shares) => shares.next_deadline(),
        });
        held.chain(self.writes.values().filter_map(|write| write.again_at)).min()
    }
}

fn wait(failures: u32) -> Micros {
    Micros(RETRY.0.saturating_mul(1 << failures.min(10))).min(MOST)
}

impl Broker {
    fn share_terms(&self) -> Terms {
        let number = |name: &str| u64::try_from(self.configs.int(name)).unwrap_or(u64::MAX);
        Terms {
            lock: self.configs.ms("group.share.record.lock.duration.ms"),
            deliveries: u16::try_from(number("group.share.delivery.count.limit")).unwrap_or(u16::MAX),
            locks: number("group.share.partition.max.record.locks"),
        }
    }

    // ---- requests ----

    pub(super) fn share_fetch(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>, asked: &ShareRequest) {
        if let Err(error) = self.vol.shares.enter(message.conn, asked) {
            let body = Body::ShareFetched { error, partitions: Vec::new() };
            return self.answer(cx, message.conn, message.id, false, body);
        }
        self.take_acknowledgements(cx, message.id, asked);
        let message = Arc::new(message.clone());
        let deadline = cx.now() + asked.max_wait;
        self.vol.parked.insert(message.id, Parked::Fetch { message: Arc::clone(&message), deadline });
        self.retry_share_fetch(cx, &message, asked, false);
        self.arm_shares(cx);
    }

    /// Looks again at a ShareFetch that waits; `late` = its time is over, answer whatever there is.
    pub(super) fn retry_share_fetch(
        &mut self,
        cx: &mut Cx<'_>,
        message: &Arc<Envelope<Body>>,
        asked: &ShareRequest,
        late: bool,
    ) {
        if self.vol.shares.is_acking(message.id) {
            if late {
                // it is answered with the acknowledgements, then
                let (message, deadline) = (Arc::clone(message), Micros::NEVER);
                self.vol.parked.insert(message.id, Parked::Fetch { message, deadline });
            }
            return;
        }
        let whose = (asked.group, asked.member);
        let session = self.vol.shares.sessions.get(&whose);
        let wanted: Vec<Partition> =
            session.map_or_else(Vec::new, |s| s.partitions.iter().copied().collect());
        let mut found: Vec<SharedPartition> = Vec::new();
        let mut room = (asked.max_records, asked.max_bytes);
        for p in wanted {
            let one = self.acquire_shares(cx, asked, p, room);
            room.0 = room
                .0
                .saturating_sub(one.acquired.iter().map(|a| (a.last.0 - a.first.0 + 1).unsigned_abs()).sum());
            room.1 = room.1.saturating_sub(one.batches.iter().map(crate::kafka::Batch::size).sum());
            if one.error != ErrorCode::None || !one.acquired.is_empty() {
                found.push(one);
            }
        }
        if found.is_empty() && !late {
            return;
        }
        self.vol.parked.remove(&message.id);
        for (partition, ack_error) in self.vol.shares.take_results(message.id) {
            match found.iter_mut().find(|one| one.partition == partition) {
                Some(one) => one.ack_error = ack_error,
                None => found.push(SharedPartition { ack_error, ..nothing(partition) }),
            }
        }
        let quiet = found.is_empty();
        let body = Body::ShareFetched { error: ErrorCode::None, partitions: found };
        self.answer(cx, message.conn, message.id, quiet, body);
        self.arm_shares(cx);
    }

    /// ShareAcknowledge: only acknowledgements; with the last epoch the session ends, too.
    pub(super) fn share_acknowledge(
        &mut self,
        cx: &mut Cx<'_>,
        message: &Envelope<Body>,
        asked: &ShareRequest,
    ) {
        let entered = match asked.epoch {
            FIRST_EPOCH => Err(ErrorCode::InvalidShareSessionEpoch),
            _ => self.vol.shares.enter(message.conn, asked),
        };
        if let Err(error) = entered {
            let body = Body::ShareAcknowledged { error, results: Vec::new() };
            return self.answer(cx, message.conn, message.id, false, body);
        }
        self.take_acknowledgements(cx, message.id, asked);
        if asked.epoch == LAST_EPOCH {
            self.vol.shares.sessions.remove(&(asked.group, asked.member));
            self.release_shares(cx, asked.group, asked.member);
        }
        self.vol.shares.waiting.insert(message.id, message.conn);
        self.answer_acknowledged(cx, message.id);
        self.arm_shares(cx);
    }

    fn answer_acknowledged(&mut self, cx: &mut Cx<'_>, request: MsgId) {
        if self.vol.shares.is_acking(request) {
            return;
        }
        let Some(conn) = self.vol.shares.waiting.remove(&request) else { return };
        let results = self.vol.shares.take_results(request).into_iter().collect();
        self.answer(cx, conn, request, false, Body::ShareAcknowledged { error: ErrorCode::None, results });
    }

    fn take_acknowledgements(&mut self, cx: &mut Cx<'_>, request: MsgId, asked: &ShareRequest) {
        for (p, ranges) in &asked.acknowledgements {
            let key = ShareKey { group: asked.group, partition: *p };
            let error = self.acknowledge_shares(cx, request, key, asked.member, ranges);
            self.vol.shares.acking.entry(request).or_default().insert(*p, error);
        }
    }

    /// Gives the error, or none if the answer has to wait.
    fn acknowledge_shares(
        &mut self,
        cx: &mut Cx<'_>,
        request: MsgId,
        key: ShareKey,
        member: MemberId,
        ranges: &[AckRange],
    ) -> Option<ErrorCode> {
        let (terms, token, now) = (self.share_terms(), self.vol.shares.next, cx.now());
        let wrong = self.check_epoch(key.partition, LeaderEpoch(-1));
        if wrong != ErrorCode::None {
            return Some(wrong);
        }
        let Some(shares) = self.vol.shares.window_mut(key) else {
            return Some(ErrorCode::InvalidRecordState);
        };
        match shares.acknowledge(member, ranges, token, now, terms) {
            Err(error) => Some(error),
            Ok(batches) if batches.is_empty() => Some(ErrorCode::None),
            Ok(batches) => {
                self.store_shares(cx, key, batches, Some(request), ShareWhy::Acknowledged);
                None
            }
        }
    }

    // ---- acquiring ----

    /// Acquires for a member what there is in a partition.
    fn acquire_shares(
        &mut self,
        cx: &mut Cx<'_>,
        asked: &ShareRequest,
        p: Partition,
        (records, bytes): (u64, u64),
    ) -> SharedPartition {
        let mut found = nothing(p);
        found.error = self.check_epoch(p, LeaderEpoch(-1));
        if found.error != ErrorCode::None {
            return found;
        }
        let key = ShareKey { group: asked.group, partition: p };
        if let Entry::Vacant(unknown) = self.vol.shares.held.entry(key) {
            unknown.insert(Held::Reading { again_at: None, failures: 0 });
            self.ask_share_state(cx, key);
        }
        let (terms, now) = (self.share_terms(), cx.now());
        let bound = self.bound(Fetcher::Consumer(Isolation::ReadUncommitted), p);
        let (Some(log), Some(shares)) = (self.disk.log(p), self.vol.shares.window_mut(key)) else {
            return found;
        };
        let before = shares.start();
        shares.raise_start(log.start());
        let from = shares.next_fetch();
        if from < bound && records > 0 && bytes > 0 && shares.can_acquire(terms) {
            let batches = log.read(from, bound, bytes);
            found.acquired = shares.acquire(asked.member, &batches, records, now, terms);
            let last = found.acquired.last().map(|range| range.last);
            found.batches = batches.into_iter().filter(|batch| Some(batch.base) <= last).collect();
        }
        let to = shares.start();
        if to != before {
            cx.note(Note::ShareStartMoved { group: key.group, partition: p, from: before, to });
        }
        for range in &found.acquired {
            cx.note(Note::RecordsAcquired {
                group: asked.group,
                consumer: asked.member.client,
                partition: p,
                base: range.first,
                count: u32::try_from(range.last.0 - range.first.0 + 1).unwrap_or(u32::MAX),
                deliveries: range.deliveries,
            });
        }
        found
    }

    /// Members whose connection is gone have no session any more: what they had is free again.
    pub(super) fn end_share_sessions(&mut self, cx: &mut Cx<'_>, conn: Conn) {
        let sessions = &mut self.vol.shares.sessions;
        let over: Vec<(GroupId, MemberId)> =
            sessions.iter().filter(|(_, session)| session.conn == conn).map(|(who, _)| *who).collect();
        sessions.retain(|_, session| session.conn != conn);
        self.vol.shares.waiting.retain(|_, of| *of != conn);
        for (group, member) in over {
            self.release_shares(cx, group, member);
        }
        self.arm_shares(cx);
    }

    fn release_shares(&mut self, cx: &mut Cx<'_>, group: GroupId, member: MemberId) {
        let terms = self.share_terms();
        let keys: Vec<ShareKey> =
            self.vol.shares.held.keys().filter(|key| key.group == group).copied().collect();
        for key in keys {
            let token = self.vol.shares.next;
            let Some(shares) = self.vol.shares.window_mut(key) else { continue };
            let batches = shares.release(member, token, terms);
            if !batches.is_empty() {
                self.store_shares(cx, key, batches, None, ShareWhy::SessionOver);
            }
        }
    }

    // ---- clocks ----

    /// Locks that ran out, and questions to the share coordinator that are to be asked again.
    pub(super) fn tend_shares(&mut self, cx: &mut Cx<'_>) {
        let (now, terms) = (cx.now(), self.share_terms());
        let due = |at: Option<Micros>| at.is_some_and(|at| at <= now);
        let keys: Vec<ShareKey> = self.vol.shares.held.keys().copied().collect();
        for key in keys {
            match self.vol.shares.held.get_mut(&key) {
                Some(Held::Reading { again_at, .. }) if due(*again_at) => self.ask_share_state(cx, key),
                Some(Held::Ready(shares)) => {
                    let batches = shares.expire(now, terms);
                    if !batches.is_empty() {
                        self.tell_shares(cx, key, &batches, ShareWhy::LockOver);
                        self.store_shares(cx, key, batches, None, ShareWhy::LockOver);
                        self.wake_fetches(cx, key.partition);
                    }
                }
                _ => {}
            }
        }
        let again: Vec<u64> =
            self.vol.shares.writes.iter().filter(|(_, w)| due(w.again_at)).map(|(t, _)| *t).collect();
        for token in again {
            self.send_share_write(cx, token);
        }
        self.arm_shares(cx);
    }

    fn arm_shares(&self, cx: &mut Cx<'_>) {
        match self.vol.shares.next_deadline() {
            Some(at) => cx.set_timer(Timer::Shares, at.since(cx.now())),
            None => cx.cancel_timer(Timer::Shares),
        }
    }

    fn tell_shares(&self, cx: &mut Cx<'_>, key: ShareKey, batches: &[StateBatch], why: ShareWhy) {
        for batch in batches {
            cx.note(Note::RecordsReleased {
                group: key.group,
                partition: key.partition,
                base: batch.first,
                count: u32::try_from(batch.count()).unwrap_or(u32::MAX),
                to: batch.state,
                why,
            });
        }
    }

    // ---- the share coordinator ----

    /// The group coordinator of a share group sees to it that there is a place for what is delivered: it asks share coordinators to begin a
    /// state for every partition (InitializeShareGroupState), of which only the creation of their topic is modelled.
    pub(super) fn prepare_share_state(&mut self, cx: &mut Cx<'_>) {
        let names = cx.shared();
        if InternalTopic::ShareState.home(&names, &self.vol.image, "").is_none() {
            self.create_internal_topic(cx, InternalTopic::ShareState);
        }
    }

    /// The broker that coordinates a share-partition. If the topic is not there, it is created.
    fn share_coordinator_of(&mut self, cx: &mut Cx<'_>, key: ShareKey) -> Option<NodeId> {
        let names = cx.shared();
        let home = InternalTopic::ShareState.home(&names, &self.vol.image, &key.text(&names));
        if home.is_none() {
            self.create_internal_topic(cx, InternalTopic::ShareState);
        }
        home.and_then(|(topic, index)| leader_in(&self.vol.image, Partition { topic, index }))
    }

    fn ask_share_state(&mut self, cx: &mut Cx<'_>, key: ShareKey) {
        let coordinator = self.share_coordinator_of(cx, key);
        let Some(Held::Reading { again_at, failures }) = self.vol.shares.held.get_mut(&key) else { return };
        *failures += 1;
        let Some(to) = coordinator else {
            *again_at = Some(cx.now() + wait(*failures - 1));
            return self.arm_shares(cx);
        };
        *again_at = None;
        let stored = StateKey { of: key, topic: self.topic_id(key.partition) };
        let body = Body::ReadShareGroupState { key: stored, leader_epoch: self.leader_epoch(key.partition) };
        let quiet = to == cx.me();
        self.vol.requests.send(cx, to, SHARE_STATE, quiet, body, PATIENCE, Pending::ShareState(key));
    }

    /// The state of a share-partition came, or will not: it is asked for again.
    pub(super) fn on_share_state(
        &mut self,
        cx: &mut Cx<'_>,
        key: ShareKey,
        error: ErrorCode,
        stored: &ShareState,
    ) {
        let p = key.partition;
        if !matches!(self.vol.shares.held.get(&key), Some(Held::Reading { .. })) {
            return;
        }
        let start = self.first_share(cx, p).filter(|_| error == ErrorCode::None);
        let Some(start) = start else {
            if let Some(Held::Reading { again_at, failures }) = self.vol.shares.held.get_mut(&key) {
                *again_at = Some(cx.now() + wait(failures.saturating_sub(1)));
            }
            return self.arm_shares(cx);
        };
        let shares = SharePartition::restore(stored, start, self.leader_epoch(p));
        let (node, start) = (cx.me(), shares.start());
        self.vol.shares.held.insert(key, Held::Ready(shares));
        cx.note(Note::SharesRestored { group: key.group, partition: p, node, start });
        self.wake_fetches(cx, p);
    }

    /// Where a share group begins of which nothing is stored (`share.auto.offset.reset`); none = this leader cannot tell yet.
    fn first_share(&self, cx: &Cx<'_>, p: Partition) -> Option<Offset> {
        let policy = self.configs.get("share.auto.offset.reset");
        let spec = match policy.strip_prefix(BY_DURATION).and_then(iso_duration) {
            Some(ago) => OffsetSpec::Timestamp(Micros(cx.now().0.saturating_sub(ago.0))),
            None if policy == "earliest" => OffsetSpec::Earliest,
            None => OffsetSpec::Latest,
        };
        let who = Fetcher::Consumer(Isolation::ReadUncommitted);
        let found = self.find_offset(p, who, spec).ok()?;
        if found.0 >= 0 { Some(found) } else { self.find_offset(p, who, OffsetSpec::Latest).ok() }
    }

    /// Sends a change to be stored. Its number is the one that the window knows it by.
    fn store_shares(
        &mut self,
        cx: &mut Cx<'_>,
        key: ShareKey,
        batches: Vec<StateBatch>,
        asked: Option<MsgId>,
        why: ShareWhy,
    ) {
        let Some(shares) = self.vol.shares.window(key) else { return };
        let (leader_epoch, start) = (shares.leader_epoch, shares.start());
        let update = ShareState { leader_epoch, start, batches };
        let token = self.vol.shares.next;
        self.vol.shares.next += 1;
        let topic = self.topic_id(key.partition);
        let write = StateWrite { key, topic, update, asked, why, attempts: 0, again_at: None };
        self.vol.shares.writes.insert(token, write);
        self.send_share_write(cx, token);
    }

    fn send_share_write(&mut self, cx: &mut Cx<'_>, token: u64) {
        let Some(key) = self.vol.shares.writes.get(&token).map(|write| write.key) else { return };
        let coordinator = self.share_coordinator_of(cx, key);
        let Some(write) = self.vol.shares.writes.get_mut(&token) else { return };
        write.again_at = None;
        let Some(to) = coordinator else {
            return self.on_share_stored(cx, token, ErrorCode::CoordinatorNotAvailable);
        };
        let key = StateKey { of: key, topic: write.topic };
        let body = Body::WriteShareGroupState { key, update: write.update.clone() };
        let quiet = to == cx.me();
        self.vol.requests.send(cx, to, SHARE_STATE, quiet, body, PATIENCE, Pending::ShareWrite(token));
    }

    /// A change is stored, or could not be. Locks that ran out have done so all the same.
    pub(super) fn on_share_stored(&mut self, cx: &mut Cx<'_>, token: u64, error: ErrorCode) {
        let Some(write) = self.vol.shares.writes.get_mut(&token) else { return };
        write.attempts += 1;
        if error.retriable() && error != ErrorCode::FencedLeaderEpoch && write.attempts < ATTEMPTS {
            write.again_at = Some(cx.now() + wait(write.attempts - 1));
            return self.arm_shares(cx);
        }
        let Some(StateWrite { key, asked, why, .. }) = self.vol.shares.writes.remove(&token) else { return };
        let (group, partition) = (key.group, key.partition);
        if error != ErrorCode::None {
            cx.note(Note::ShareStoreFailed { group, partition, error });
        }
        if let Some(shares) = self.vol.shares.window_mut(key) {
            let from = shares.start();
            let changed = shares.stored(token, error == ErrorCode::None);
            shares.advance();
            let to = shares.start();
            self.tell_shares(cx, key, &changed, why);
            if from != to {
                cx.note(Note::ShareStartMoved { group, partition, from, to });
            }
        }
        if let Some(request) = asked {
            self.settle_acknowledgement(cx, request, partition, as_seen_by_member(error));
        }
        self.wake_fetches(cx, partition);
        self.arm_shares(cx);
    }

    fn settle_acknowledgement(&mut self, cx: &mut Cx<'_>, request: MsgId, p: Partition, error: ErrorCode) {
        if let Some(result) = self.vol.shares.acking.get_mut(&request).and_then(|of| of.get_mut(&p)) {
            *result = Some(error);
        }
        self.answer_acknowledged(cx, request);
        if let Some(Parked::Fetch { deadline, .. }) = self.vol.parked.get(&request) {
            let late = *deadline == Micros::NEVER;
            self.retry_fetch(cx, request, late);
        }
    }

    /// This broker does not lead the partition any more: its windows are gone.
    pub(super) fn drop_shares(&mut self, cx: &mut Cx<'_>, p: Partition) {
        self.vol.shares.held.retain(|key, _| key.partition != p);
        let (lost, kept): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.vol.shares.writes).into_iter().partition(|(_, w)| w.key.partition == p);
        self.vol.shares.writes = kept;
        for request in lost.into_values().filter_map(|write| write.asked) {
            self.settle_acknowledgement(cx, request, p, ErrorCode::NotLeaderOrFollower);
        }
    }
}

const fn nothing(partition: Partition) -> SharedPartition {
    let (error, ack_error) = (ErrorCode::None, ErrorCode::None);
    SharedPartition { partition, error, ack_error, batches: Vec::new(), acquired: Vec::new() }
}

/// What a member is told when its acknowledgement could not be stored.
const fn as_seen_by_member(error: ErrorCode) -> ErrorCode {
    match error {
        ErrorCode::NotCoordinator | ErrorCode::CoordinatorLoadInProgress | ErrorCode::NetworkException => {
            ErrorCode::CoordinatorNotAvailable
        }
        ErrorCode::FencedLeaderEpoch => ErrorCode::NotLeaderOrFollower,
        other => other,
    }
}
