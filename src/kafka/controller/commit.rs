//! From records to what is committed: appending, waiting for the high watermark, answering, and saying what has changed.

use std::sync::Arc;

use super::Controller;
use crate::engine::{Conn, Micros, MsgId};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::raft::{Entry, QuorumBatch, State};
use crate::kafka::{Body, BrokerEpoch, Cx, ErrorCode, Image, MetadataRecord, Note, Offset, Timer, TopicId};

/// What is due once everything up to an offset is committed.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// An answer to a request.
    Answer { conn: Conn, request: MsgId, quiet: bool, body: Box<Body> },
    /// An admin waits.
    Admin,
}

/// The answer of a controller that is not the active one.
pub(super) fn not_controller(request: &Body) -> Option<Body> {
    let error = ErrorCode::NotController;
    Some(match request {
        Body::BrokerRegistration { .. } | Body::BrokerRegistered { .. } => {
            Body::BrokerRegistered { error, epoch: BrokerEpoch(-1) }
        }
        Body::BrokerHeartbeat { .. } | Body::BrokerHeartbeatAnswered { .. } => {
            Body::BrokerHeartbeatAnswered { error, fenced: true, should_shutdown: false }
        }
        Body::AlterPartition { .. } | Body::PartitionAltered { .. } => {
            Body::PartitionAltered { error, results: Vec::new() }
        }
        Body::AllocateProducerIds { .. } | Body::ProducerIdsAllocated { .. } => {
            Body::ProducerIdsAllocated { error, first: -1, count: 0 }
        }
        Body::Forward { .. } | Body::Forwarded { .. } => Body::Forwarded { error },
        Body::CreateTopics { .. } | Body::TopicsCreated { .. } => Body::TopicsCreated { error },
        _ => return None,
    })
}

impl Controller {
    // ---- appending ----

    /// Appends records as one batch: all of them are committed, or none is.
    pub(super) fn commit(&mut self, cx: &mut Cx<'_>, records: Vec<MetadataRecord>) {
        let kinds: Vec<&'static str> = records.iter().map(MetadataRecord::kind).collect();
        let base = self.raft.log().end().offset;
        self.append(records);
        for (n, kind) in (0..).zip(kinds) {
            cx.note(Note::MetadataAppended { offset: base.plus(n), kind });
        }
    }

    pub(super) fn append(&mut self, records: Vec<MetadataRecord>) {
        let base = self.raft.log().end().offset;
        let latest = Arc::make_mut(&mut self.latest);
        for (n, record) in (0..).zip(&records) {
            latest.apply(base.plus(n), record);
        }
        if let Some(end) = self.raft.append(records.into_iter().map(Entry::Record).collect()) {
            self.vol.ahead.push_back((end, Arc::clone(&self.latest)));
        }
    }

    /// Answers once everything that is in the log now is committed: the answer may rest on any of it.
    pub(super) fn reply(&mut self, reply: Reply) {
        self.vol.replies.push_back((self.raft.log().end().offset, reply));
    }

    pub(super) fn send_replies(&mut self, cx: &mut Cx<'_>) {
        let mut committed = self.raft.high_watermark().unwrap_or(Offset::NONE);
        if mutant::on(Mutant::AnswersBeforeCommit) {
            committed = self.raft.log().end().offset;
        }
        while self.vol.replies.front().is_some_and(|(end, _)| *end <= committed) {
            if let Some((_, Reply::Answer { conn, request, quiet, body })) = self.vol.replies.pop_front() {
                cx.answer(conn, request, quiet, *body);
            }
        }
    }

    /// What waited when this controller stopped being the active one.
    pub(super) fn refuse_replies(&mut self, cx: &mut Cx<'_>) {
        for (_, reply) in std::mem::take(&mut self.vol.replies) {
            match reply {
                Reply::Answer { conn, request, quiet, body } => {
                    let body = not_controller(&body).unwrap_or(*body);
                    cx.answer(conn, request, quiet, body);
                }
                Reply::Admin => cx.note(Note::AdminRefused { error: ErrorCode::NotController }),
            }
        }
    }

    // ---- committed ----

    /// Applies what has been committed since.
    pub(super) fn apply_committed(&mut self, cx: &mut Cx<'_>) {
        let Some(upto) = self.raft.high_watermark() else { return };
        if let Some(snapshot) = self.raft.log().snapshot()
            && snapshot.at.offset > self.committed.offset.plus(1)
        {
            self.committed = Arc::clone(&snapshot.image);
        }
        let from = self.committed.offset.plus(1);
        if upto <= from {
            return;
        }
        let leads = self.raft.leading().is_some();
        let batches: Vec<Arc<QuorumBatch>> = self.raft.log().between(from, upto).to_vec();
        for batch in batches {
            let next = match self.vol.ahead.front() {
                Some((end, image)) if *end == batch.end() => Arc::clone(image),
                _ => after(&self.committed, &batch),
            };
            while self.vol.ahead.front().is_some_and(|(end, _)| *end <= batch.end()) {
                self.vol.ahead.pop_front();
            }
            let before = std::mem::replace(&mut self.committed, next);
            if leads {
                tell(cx, &before, &batch);
                self.tell_voters(cx, &batch);
            }
            self.count_for_snapshot(cx.now(), &batch);
        }
        if !self.vol.active {
            self.latest = Arc::clone(&self.committed);
        }
        self.snapshot_if_due(cx);
    }

    /// States who votes from now on, and who does no longer.
    fn tell_voters(&self, cx: &mut Cx<'_>, batch: &QuorumBatch) {
        for (offset, entry) in batch.iter() {
            let Entry::Voters(now) = entry else { continue };
            let before = self.raft.voters_before(offset);
            for voter in now.difference(before) {
                cx.note(Note::VoterAdded { voter: *voter });
            }
            for voter in before.difference(now) {
                cx.note(Note::VoterRemoved { voter: *voter });
            }
        }
    }

    fn count_for_snapshot(&mut self, now: Micros, batch: &QuorumBatch) {
        let (bytes, since) = &mut self.vol.since_snapshot;
        *bytes += batch.entries.iter().map(Entry::size).sum::<u64>();
        since.get_or_insert(now);
    }

    /// Every controller keeps a snapshot of its own when enough was committed, or after an hour.
    fn snapshot_if_due(&mut self, cx: &mut Cx<'_>) {
        let (bytes, since) = self.vol.since_snapshot;
        let number = |name: &str| u64::try_from(self.configs.int(name)).unwrap_or(0);
        let most = number("metadata.log.max.record.bytes.between.snapshots");
        let interval = self.configs.ms("metadata.log.max.snapshot.interval.ms");
        let late = since.is_some_and(|since| interval > Micros::ZERO && cx.now().since(since) >= interval);
        if bytes >= most || late {
            self.raft.take_snapshot(Arc::clone(&self.committed));
            self.vol.since_snapshot = (0, None);
            cx.note(Note::SnapshotTaken { node: cx.me(), offset: self.raft.log().start() });
        }
    }

    // ---- role ----

    /// Becomes the active controller, or stops being it, as the quorum has decided.
    pub(super) fn follow_role(&mut self, cx: &mut Cx<'_>) {
        let follows = matches!(self.raft.state(), State::Follower { fetched: true, .. });
        let sure = self.raft.leads_for_sure() || (follows && mutant::on(Mutant::FollowersAct));
        if self.vol.active && !sure {
            self.resign(cx);
        } else if !self.vol.active && sure {
            self.claim(cx);
        }
    }

    /// A majority has its first record: everything committed is applied, and every broker gets a new session.
    fn claim(&mut self, cx: &mut Cx<'_>) {
        (self.vol.active, self.vol.epoch) = (true, self.epoch());
        self.latest = Arc::clone(&self.committed);
        self.vol.ahead.clear();
        cx.note(Note::ControllerElected { node: cx.me(), epoch: self.epoch() });
        for (broker, state) in &self.committed.brokers {
            if !state.fenced {
                self.vol.sessions.insert(*broker, cx.now());
            }
            if state.shutting_down {
                self.vol.leaving.insert(*broker, self.committed.offset);
            }
        }
        self.arm_sessions(cx);
        let idle = self.configs.ms("metadata.max.idle.interval.ms");
        if idle > Micros::ZERO {
            cx.set_clock(Timer::NoOp, idle);
        }
        if self.configs.on("auto.leader.rebalance.enable") {
            cx.set_clock(Timer::PreferredLeaders, self.rebalance_interval());
        }
        cx.set_clock(Timer::UncleanElections, self.configs.ms("unclean.leader.election.interval.ms"));
    }

    /// Leads no longer: what was not committed is forgotten, and what waited for it is refused.
    pub(super) fn resign(&mut self, cx: &mut Cx<'_>) {
        self.vol.active = false;
        self.latest = Arc::clone(&self.committed);
        self.vol.ahead.clear();
        self.vol.sessions.clear();
        self.vol.applied.clear();
        self.vol.leaving.clear();
        for timer in [Timer::BrokerSessions, Timer::NoOp, Timer::PreferredLeaders, Timer::UncleanElections] {
            cx.cancel_timer(timer);
        }
        cx.note(Note::ControllerResigned { node: cx.me(), epoch: self.vol.epoch });
        self.refuse_replies(cx);
    }
}

/// The state after one more batch.
fn after(before: &Arc<Image>, batch: &QuorumBatch) -> Arc<Image> {
    let mut image = Arc::clone(before);
    let next = Arc::make_mut(&mut image);
    for (offset, entry) in batch.iter() {
        match entry {
            Entry::Record(record) => next.apply(offset, record),
            Entry::LeaderChange(_) | Entry::Voters(_) => next.offset = offset,
        }
    }
    image
}

/// States what a committed batch has changed: who is gone or back and what is new, then partition by partition, then registrations.
fn tell(cx: &mut Cx<'_>, before: &Image, batch: &QuorumBatch) {
    let mut grown: Vec<TopicId> = Vec::new();
    for (_, entry) in batch.iter() {
        match entry {
            Entry::Record(MetadataRecord::BrokerChange { broker, fenced, .. }) => {
                let was = before.brokers.get(broker).is_none_or(|state| state.fenced);
                match (was, *fenced) {
                    (false, true) => cx.note(Note::BrokerFenced { broker: *broker }),
                    (true, false) => cx.note(Note::BrokerUnfenced { broker: *broker }),
                    _ => {}
                }
            }
            Entry::Record(MetadataRecord::Topic { topic, .. }) => {
                cx.note(Note::TopicCreated { topic: *topic });
            }
            Entry::Record(MetadataRecord::RemoveTopic(topic)) => {
                cx.note(Note::TopicDeleted { topic: *topic });
            }
            Entry::Record(MetadataRecord::Partition(p, _)) => {
                let known = before.topics.contains_key(&p.topic) && before.partition(*p).is_none();
                if known && !grown.contains(&p.topic) {
                    grown.push(p.topic);
                }
            }
            _ => {}
        }
    }
    for topic in grown {
        let more = batch.entries.iter().filter(
            |entry| matches!(entry, Entry::Record(MetadataRecord::Partition(p, _)) if p.topic == topic),
        );
        let count = before.partition_count(topic) + u32::try_from(more.count()).unwrap_or(0);
        cx.note(Note::PartitionsAdded { topic, count });
    }
    for (_, entry) in batch.iter() {
        if let Entry::Record(MetadataRecord::Partition(p, next)) = entry {
            Controller::tell_partition(cx, *p, before.partition(*p), next);
        }
    }
    for (offset, entry) in batch.iter() {
        if let Entry::Record(MetadataRecord::RegisterBroker { broker, .. }) = entry {
            cx.note(Note::BrokerRegistered { broker: *broker, epoch: BrokerEpoch(offset.0) });
        }
    }
}
