//! A consumer of a share group (KIP-932, `ShareConsumerImpl`, `ShareConsumeRequestManager`): records are fetched from the leaders of its
//! partitions under a lock, and every one of them is acknowledged.
//!
//! | `share.acknowledgement.mode` | an acknowledgement is |
//! |---|---|
//! | `implicit` | accept, for everything that the last `poll()` returned, by the next `poll()` or `commitSync()` |
//! | `explicit` | what the application says of each record; `poll()` throws while it has not said so of all (here an automatic application accepts each record it has worked on, and commits) |
//!
//! Records are asked for only inside `poll()`, and only when none are left: a lock runs from the moment a leader hands a record out.
//! Acknowledgements ride on the next ShareFetch, or go alone (`commitSync()`, `close()`). There are no positions and no committed
//! offsets: where the group is, the leaders know.
//!
//! Not modelled: callbacks of acknowledgements (a refused one is a note), `max.poll.records` as a limit of what `poll()` returns (it
//! limits what is acquired, as `share.acquire.mode=batch_optimized` does).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::application::Polled;
use super::backoff::delay;
use super::{Ask, Consumer};
use crate::engine::{Micros, NodeId};
use crate::kafka::client::DATA;
use crate::kafka::share::{AckRange, AckType, FIRST_EPOCH, LAST_EPOCH, ShareRequest, SharedPartition};
use crate::kafka::{Body, Cx, ErrorCode, MemberId, Note, Offset, Partition, RecordId, Timer, Why};

/// Acknowledgements by partition.
pub(super) type Acks = BTreeMap<Partition, BTreeMap<Offset, AckType>>;

/// A session with a leader, as the client counts it.
#[derive(Clone, Debug, Default)]
struct Session {
    epoch: i32,
    known: BTreeSet<Partition>,
}

/// A record that this consumer has acquired.
#[derive(Clone, Copy, Debug)]
struct Held {
    record: RecordId,
    /// The leader that handed it out.
    from: NodeId,
    how: Option<AckType>,
}

/// What the client library holds for a share consumer.
#[derive(Clone, Debug, Default)]
pub(super) struct ShareClient {
    sessions: BTreeMap<NodeId, Session>,
    /// Acquired and not yet polled, in order of arrival.
    fetched: VecDeque<(Partition, Offset, Held)>,
    /// Polled, and not acknowledged.
    in_hand: BTreeMap<(Partition, Offset), Held>,
    /// Acknowledged, and not sent.
    outgoing: BTreeMap<NodeId, Acks>,
    /// Leaders that could not serve, until when they are left alone, and how often that was so in a row.
    resting: BTreeMap<NodeId, (Micros, u32)>,
    /// What commitSync() has heard so far that is wrong.
    commit_error: Option<ErrorCode>,
}

impl ShareClient {
    fn is_done(&mut self, key: (Partition, Offset), how: AckType) {
        if let Some(held) = self.in_hand.remove(&key) {
            self.outgoing.entry(held.from).or_default().entry(key.0).or_default().insert(key.1, how);
        }
    }
}

impl Consumer {
    /// Whether it is a member of a share group.
    #[must_use]
    pub const fn shares(&self) -> bool {
        self.spec.share
    }

    /// Records that it has acquired and not acknowledged: polled or not, in order.
    #[must_use]
    pub fn locked(&self) -> BTreeMap<(Partition, Offset), RecordId> {
        let share = &self.client.share;
        let polled = share.in_hand.iter().map(|(key, held)| (*key, held.record));
        polled.chain(share.fetched.iter().map(|(p, offset, held)| ((*p, *offset), held.record))).collect()
    }

    fn is_explicit(&self) -> bool {
        self.spec.configs.get("share.acknowledgement.mode") == "explicit"
    }

    // ---- the application's calls ----

    /// poll() or commitSync() begins: what the application is done with is acknowledged.
    pub(super) fn settle_shares(&mut self) {
        let implicit = !self.is_explicit();
        let share = &mut self.client.share;
        share.commit_error = None;
        let decided: Vec<((Partition, Offset), AckType)> = share
            .in_hand
            .iter()
            .filter_map(|(key, held)| Some((*key, held.how.or(implicit.then_some(AckType::Accept))?)))
            .collect();
        for (key, how) in decided {
            if how == AckType::Renew {
                // it stays in hand, and is acknowledged once more
                let Some(held) = share.in_hand.get_mut(&key) else { continue };
                held.how = None;
                let acks = share.outgoing.entry(held.from).or_default().entry(key.0).or_default();
                acks.insert(key.1, how);
            } else {
                share.is_done(key, how);
            }
        }
    }

    /// poll() throws if the application has not said of every record how it is done with it.
    pub(super) fn unacknowledged(&self) -> Option<ErrorCode> {
        let open = self.spec.share && self.is_explicit() && !self.client.share.in_hand.is_empty();
        open.then_some(ErrorCode::IllegalState)
    }

    /// acknowledge(): of one record, or of all that are in hand and not acknowledged.
    pub(super) fn acknowledge(&mut self, cx: &mut Cx<'_>, how: AckType, only: Option<RecordId>) {
        if !self.is_explicit() {
            return self.refuse_call(cx, ErrorCode::IllegalState);
        }
        let meant = |held: &Held| only.map_or(held.how.is_none(), |record| held.record == record);
        let mut any = false;
        for held in self.client.share.in_hand.values_mut().filter(|held| meant(held)) {
            held.how = Some(how);
            any = true;
        }
        if !any {
            self.refuse_call(cx, ErrorCode::IllegalState);
        }
    }

    /// An automatic application has worked on a record: if it has to say so, it accepts it.
    pub(super) fn accept_worked(&mut self, polled: &Polled) {
        if self.spec.share && self.is_explicit() && !self.spec.manual {
            let held = self.client.share.in_hand.get_mut(&(polled.partition, polled.offset));
            held.into_iter().for_each(|held| held.how = Some(AckType::Accept));
        }
    }

    /// Whether poll() has something to return.
    pub(super) fn has_shares(&self) -> bool {
        !self.client.share.fetched.is_empty()
    }

    /// poll() returns what was acquired.
    pub(super) fn deliver_shares(&mut self, cx: &mut Cx<'_>) -> Vec<Polled> {
        let (consumer, poll) = (cx.me(), self.app.polls + 1);
        let mut polled = Vec::new();
        for (partition, offset, held) in std::mem::take(&mut self.client.share.fetched) {
            let record = held.record;
            cx.note(Note::Delivered { consumer, record, partition, offset });
            self.client.share.in_hand.insert((partition, offset), held);
            polled.push(Polled { partition, offset, poll, record });
        }
        self.send_acknowledgements(cx);
        polled
    }

    /// commitSync(): returns once everything that is acknowledged is stored, or refused.
    pub(super) fn commit_shares(&mut self, cx: &mut Cx<'_>) {
        self.send_acknowledgements(cx);
        let waits = self.asking(|ask| matches!(ask, Ask::Share { acks, .. } if !acks.is_empty()));
        if waits || !self.client.share.outgoing.is_empty() {
            if self.app.commit_too_late(cx.now()) {
                self.commit_returned(cx, Some(ErrorCode::RequestTimedOut));
            }
            return;
        }
        let error = self.client.share.commit_error.take();
        self.commit_returned(cx, error);
    }

    /// close(): the sessions end, and with them all locks. Whether an answer is to be waited for.
    pub(super) fn close_shares(&mut self, cx: &mut Cx<'_>) -> bool {
        if !self.spec.share {
            return false;
        }
        let decided: Vec<_> =
            self.client.share.in_hand.iter().filter_map(|(key, held)| Some((*key, held.how?))).collect();
        for (key, how) in decided {
            self.client.share.is_done(key, how);
        }
        let sessions = std::mem::take(&mut self.client.share.sessions);
        let open: Vec<NodeId> =
            sessions.iter().filter(|(_, s)| s.epoch > FIRST_EPOCH).map(|(n, _)| *n).collect();
        for to in &open {
            let acks = self.client.share.outgoing.remove(to).unwrap_or_default();
            self.send_share_request(cx, *to, LAST_EPOCH, (Vec::new(), Vec::new()), acks, false);
        }
        !open.is_empty()
    }

    /// A session that was to end has ended, or is lost: when all have, the group is left.
    pub(super) fn share_session_closed(&mut self, cx: &mut Cx<'_>) {
        if !self.asking(|ask| matches!(ask, Ask::Share { fetches: false, .. })) {
            self.leave_and_exit(cx);
        }
    }

    // ---- requests ----

    fn is_busy_with(&self, node: NodeId) -> bool {
        self.client.requests.iter().any(|(_, to, ask)| to == node && matches!(ask, Ask::Share { .. }))
    }

    /// In poll() and without records: asks every leader for some; acknowledgements ride along.
    pub(super) fn send_share_fetches(&mut self, cx: &mut Cx<'_>) {
        if !self.may_read() || self.client.fatal.is_some() || !self.app.in_poll() || self.has_shares() {
            return self.send_acknowledgements(cx);
        }
        let mut wanted: BTreeMap<NodeId, BTreeSet<Partition>> = BTreeMap::new();
        let mut leaderless = false;
        for &partition in self.client.slots.keys() {
            match self.client.metadata.leader(partition) {
                Some(leader) => {
                    wanted.entry(leader).or_default().insert(partition);
                }
                None => leaderless = true,
            }
        }
        if leaderless {
            self.want_metadata(Why::Unknown);
        }
        let share = &self.client.share;
        let idle = share.sessions.iter().filter(|(_, session)| !session.known.is_empty()).map(|(n, _)| *n);
        let nodes: BTreeSet<NodeId> =
            wanted.keys().copied().chain(idle).chain(share.outgoing.keys().copied()).collect();
        for to in nodes {
            let rests = self.client.share.resting.get(&to).is_some_and(|(until, _)| cx.now() < *until);
            if !rests && !self.is_busy_with(to) {
                self.send_share_fetch(cx, to, &wanted.remove(&to).unwrap_or_default());
            }
        }
        let now = cx.now();
        let next = self.client.share.resting.values().map(|(until, _)| *until).filter(|until| now < *until);
        if let Some(until) = next.min() {
            cx.set_timer(Timer::Fetch, until.since(now));
        }
    }

    fn send_share_fetch(&mut self, cx: &mut Cx<'_>, to: NodeId, wanted: &BTreeSet<Partition>) {
        let session = self.client.share.sessions.entry(to).or_default();
        let epoch = session.epoch;
        let new: Vec<Partition> = wanted.difference(&session.known).copied().collect();
        let gone: Vec<Partition> = session.known.difference(wanted).copied().collect();
        session.known.clone_from(wanted);
        session.epoch = session.epoch.checked_add(1).unwrap_or(1);
        let acks = self.client.share.outgoing.remove(&to).unwrap_or_default();
        if epoch == FIRST_EPOCH && !acks.is_empty() {
            // a session that is new knows nothing of what an old one handed out
            self.acknowledgements_failed(cx, &acks, ErrorCode::InvalidShareSessionEpoch);
            return self.send_share_request(cx, to, epoch, (new, gone), Acks::new(), true);
        }
        self.send_share_request(cx, to, epoch, (new, gone), acks, true);
    }

    /// Sends acknowledgements that need not, or cannot, wait for a ShareFetch.
    fn send_acknowledgements(&mut self, cx: &mut Cx<'_>) {
        let nodes: Vec<NodeId> = self.client.share.outgoing.keys().copied().collect();
        for to in nodes.into_iter().filter(|to| !self.is_busy_with(*to)).collect::<Vec<_>>() {
            let acks = self.client.share.outgoing.remove(&to).unwrap_or_default();
            let session = self.client.share.sessions.entry(to).or_default();
            if session.epoch == FIRST_EPOCH {
                self.acknowledgements_failed(cx, &acks, ErrorCode::InvalidShareSessionEpoch);
                continue;
            }
            let epoch = session.epoch;
            session.epoch = session.epoch.checked_add(1).unwrap_or(1);
            self.send_share_request(cx, to, epoch, (Vec::new(), Vec::new()), acks, false);
        }
    }

    fn send_share_request(
        &mut self,
        cx: &mut Cx<'_>,
        to: NodeId,
        epoch: i32,
        (partitions, forget): (Vec<Partition>, Vec<Partition>),
        acks: Acks,
        fetches: bool,
    ) {
        let Some(member) = self.share_member() else { return };
        let number = |name| u64::try_from(self.spec.configs.int(name)).unwrap_or(0);
        let quiet =
            fetches && epoch > FIRST_EPOCH && partitions.is_empty() && forget.is_empty() && acks.is_empty();
        let asked = ShareRequest {
            group: self.spec.group,
            member,
            epoch,
            max_wait: self.spec.configs.ms("fetch.max.wait.ms"),
            max_bytes: number("fetch.max.bytes"),
            max_records: number("max.poll.records"),
            partitions,
            forget,
            acknowledgements: acks.iter().map(|(p, of)| (*p, in_ranges(of))).collect(),
        };
        let body = if fetches { Body::ShareFetch(asked) } else { Body::ShareAcknowledge(asked) };
        self.ask(cx, to, DATA, quiet, body, Ask::Share { fetches, acks });
    }

    fn share_member(&self) -> Option<MemberId> {
        self.client.modern.id()
    }

    // ---- answers ----

    /// The answer to a ShareFetch.
    pub(super) fn on_share_fetched(
        &mut self,
        cx: &mut Cx<'_>,
        from: NodeId,
        acks: &Acks,
        error: ErrorCode,
        partitions: &[SharedPartition],
    ) {
        if error != ErrorCode::None {
            return self.share_session_lost(cx, from, acks, error);
        }
        let mut trouble = false;
        for shared in partitions {
            if shared.ack_error != ErrorCode::None {
                self.acknowledgements_refused(cx, shared.partition, shared.ack_error);
            }
            if shared.error != ErrorCode::None {
                trouble = true;
                self.client.metadata.forget_leader(shared.partition);
                self.want_metadata(Why::Error);
            }
            self.keep_shared(from, shared);
        }
        if trouble {
            self.spare(cx, from);
        } else {
            self.client.share.resting.remove(&from);
        }
    }

    /// Puts what was acquired into the buffer. Where there is no record to see, that is said to the leader.
    fn keep_shared(&mut self, from: NodeId, shared: &SharedPartition) {
        let partition = shared.partition;
        let data = shared.batches.iter().filter(|batch| batch.control.is_none());
        let records: BTreeMap<Offset, RecordId> =
            data.flat_map(|batch| batch.entries().map(|(offset, record)| (offset, record.id))).collect();
        let offsets = shared.acquired.iter().flat_map(|range| (range.first.0..=range.last.0).map(Offset));
        for offset in offsets {
            match records.get(&offset) {
                Some(&record) => {
                    let held = Held { record, from, how: None };
                    self.client.share.fetched.push_back((partition, offset, held));
                }
                None => {
                    let acks = self.client.share.outgoing.entry(from).or_default();
                    acks.entry(partition).or_default().insert(offset, AckType::Gap);
                }
            }
        }
    }

    /// The answer to a ShareAcknowledge.
    pub(super) fn on_share_acknowledged(
        &mut self,
        cx: &mut Cx<'_>,
        from: NodeId,
        acks: &Acks,
        error: ErrorCode,
        results: &[(Partition, ErrorCode)],
    ) {
        if error != ErrorCode::None {
            return self.share_session_lost(cx, from, acks, error);
        }
        for (partition, error) in results.iter().filter(|(_, error)| *error != ErrorCode::None) {
            self.acknowledgements_refused(cx, *partition, *error);
        }
    }

    /// A request is lost, or its session is over.
    pub(super) fn share_session_lost(
        &mut self,
        cx: &mut Cx<'_>,
        node: NodeId,
        acks: &Acks,
        error: ErrorCode,
    ) {
        self.client.share.sessions.remove(&node);
        self.acknowledgements_failed(cx, acks, error);
        self.spare(cx, node);
        self.want_metadata(if error == ErrorCode::NetworkException { Why::Disconnect } else { Why::Error });
    }

    /// A leader that could not serve is left alone for a while.
    fn spare(&mut self, cx: &Cx<'_>, node: NodeId) {
        let (until, failures) = self.client.share.resting.entry(node).or_default();
        *until = cx.now() + delay(&self.spec.configs, *failures);
        *failures += 1;
    }

    fn acknowledgements_failed(&mut self, cx: &mut Cx<'_>, acks: &Acks, error: ErrorCode) {
        for partition in acks.keys() {
            self.acknowledgements_refused(cx, *partition, error);
        }
    }

    fn acknowledgements_refused(&mut self, cx: &mut Cx<'_>, partition: Partition, error: ErrorCode) {
        self.client.share.commit_error.get_or_insert(error);
        cx.note(Note::AcknowledgeRefused { consumer: cx.me(), partition, error });
    }
}

/// Acknowledgements of the same kind in a row, put together.
fn in_ranges(acks: &BTreeMap<Offset, AckType>) -> Vec<AckRange> {
    let mut ranges: Vec<AckRange> = Vec::new();
    for (&offset, &how) in acks {
        match ranges.last_mut() {
            Some(last) if last.how == how && last.last.plus(1) == offset => last.last = offset,
            _ => ranges.push(AckRange { first: offset, last: offset, how }),
        }
    }
    ranges
}
