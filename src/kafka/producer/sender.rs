//! The sender: which batches leave now, and when to look again (`Sender`, `RecordAccumulator.ready`).

use std::collections::BTreeMap;

use super::{Draft, Pending, Producer};
use crate::engine::{Micros, NodeId};
use crate::kafka::client::DATA;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Acks, Batch, BatchWhy, Body, Cx, ErrorCode, Note, Offset, Partition, RecordId, Sequence, Stamp, Timer,
    Why,
};

impl Producer {
    /// Does everything that can be done now. Called after every event.
    pub(super) fn pump(&mut self, cx: &mut Cx<'_>) {
        self.expire(cx);
        self.resolve(cx);
        self.ask_metadata(cx);
        self.ask_identity(cx);
        while let Some((leader, partitions)) = self.next_request(cx) {
            self.post(cx, leader, &partitions);
        }
        let idle = self.vol.queues.values().all(std::collections::VecDeque::is_empty)
            && self.vol.homeless.is_empty();
        if idle {
            self.vol.flushing = false;
            if self.vol.stopping && self.in_flight().next().is_none() {
                cx.exit();
                return;
            }
        }
        self.arm_sender(cx);
    }

    /// Records whose time is over are given up: `delivery.timeout.ms` from the creation of their batch. They may have been stored.
    fn expire(&mut self, cx: &mut Cx<'_>) {
        let limit = self.configs.ms("delivery.timeout.ms");
        let late = |draft: &Draft| draft.created + limit <= cx.now();
        let mut given_up = Vec::new();
        for (p, queue) in &mut self.vol.queues {
            while queue.front().is_some_and(late) {
                if queue.front().is_some_and(|draft| draft.stamp.is_some()) {
                    self.vol.unresolved.insert(*p);
                }
                given_up.extend(queue.pop_front());
            }
        }
        for pending in self.vol.requests.iter_mut() {
            let Pending::Produce(drafts) = pending else { continue };
            for (p, draft) in drafts.extract_if(.., |(_, draft)| late(draft)) {
                self.vol.unresolved.insert(p);
                given_up.push(draft);
            }
        }
        for draft in given_up {
            self.give_up(cx, &ids(&draft), ErrorCode::RequestTimedOut);
        }
        let block = self.configs.ms("max.block.ms");
        while self.vol.homeless.front().is_some_and(|(_, _, since)| *since + block <= cx.now()) {
            if let Some((_, record, _)) = self.vol.homeless.pop_front() {
                self.give_up(cx, &[record], ErrorCode::RequestTimedOut);
            }
        }
    }

    /// A leader that may get a request now, with the partitions that have something for it.
    fn next_request(&self, cx: &Cx<'_>) -> Option<(NodeId, Vec<Partition>)> {
        if self.idempotent() && self.vol.identity.is_none() {
            return None;
        }
        let mut ready: BTreeMap<NodeId, Vec<Partition>> = BTreeMap::new();
        for (p, queue) in &self.vol.queues {
            let Some(leader) = self.leader(*p) else { continue };
            let Some(front) = queue.front() else { continue };
            if self.is_ready(front, queue.len(), cx.now()) && !self.must_wait(*p, front) {
                ready.entry(leader).or_default().push(*p);
            }
        }
        let most = self.max_in_flight();
        let outstanding = |leader: NodeId| {
            let produces = |(_, to, pending): &(_, NodeId, &Pending)| {
                *to == leader && matches!(pending, Pending::Produce(_))
            };
            self.vol.requests.iter().filter(produces).count()
        };
        ready
            .into_iter()
            .find(|(leader, _)| outstanding(*leader) < most || mutant::on(Mutant::SendsWithoutLimit))
    }

    fn is_ready(&self, draft: &Draft, queued: usize, now: Micros) -> bool {
        if draft.attempts > 0 {
            return draft.retry_at <= now;
        }
        let lingered = draft.created + self.configs.ms("linger.ms") <= now;
        draft.closed || queued > 1 || lingered || self.vol.flushing
    }

    /// Once nothing more of a partition is out, a batch that was given up leaves a hole: the epoch is bumped and numbering begins again.
    fn resolve(&mut self, cx: &mut Cx<'_>) {
        let free = |p: &Partition| self.in_flight().all(|(_, at, _)| at != *p);
        let settled: Vec<Partition> = self.vol.unresolved.iter().copied().filter(free).collect();
        for p in settled {
            self.vol.unresolved.remove(&p);
            if self.idempotent() {
                self.bump_epoch(cx, p);
            }
        }
    }

    /// One batch a partition at a time with max.in.flight=1; and a retry waits until it is the lowest sequence that is out.
    fn must_wait(&self, p: Partition, front: &Draft) -> bool {
        if self.vol.unresolved.contains(&p) {
            return true;
        }
        let mut out = self.in_flight().filter(|(_, at, _)| *at == p).map(|(_, _, draft)| draft);
        if self.max_in_flight() == 1 {
            return out.next().is_some();
        }
        let lower = |draft: &Draft| match (draft.stamp, front.stamp) {
            (Some(out), Some(mine)) => out.first < mine.first,
            _ => false,
        };
        front.attempts > 0 && out.any(lower)
    }

    /// One request with the first batch of each of these partitions.
    fn post(&mut self, cx: &mut Cx<'_>, leader: NodeId, partitions: &[Partition]) {
        let mut drafts = Vec::new();
        for p in partitions {
            let Some(mut draft) = self.vol.queues.get_mut(p).and_then(std::collections::VecDeque::pop_front)
            else {
                continue;
            };
            if draft.attempts == 0 || mutant::on(Mutant::NumbersAgain) {
                self.stamp(*p, &mut draft);
                if !draft.closed {
                    let why = if self.vol.flushing { BatchWhy::Flush } else { BatchWhy::Linger };
                    let count = u32::try_from(draft.records.len()).unwrap_or(u32::MAX);
                    cx.note(Note::BatchClosed { client: cx.me(), partition: *p, count, why });
                }
                draft.closed = true;
            }
            draft.attempts += 1;
            drafts.push((*p, draft));
        }
        let acks = self.acks();
        let batches = drafts
            .iter()
            .map(|(p, draft)| (*p, Batch::unplaced(draft.stamp, draft.records.clone())))
            .collect();
        let body = Body::Produce {
            acks,
            timeout: self.configs.ms("request.timeout.ms"),
            batches,
            transaction: None,
        };
        if acks == Acks::Zero {
            cx.send(leader, DATA, false, body);
            for (_, draft) in drafts {
                self.acked_all(cx, &draft, Offset::NONE);
            }
            return;
        }
        let retries: Vec<(u32, Why)> =
            drafts.iter().filter_map(|(_, d)| d.retry_why.map(|why| (d.attempts, why))).collect();
        let limit = self.request_limit();
        let msg = self.vol.requests.send(cx, leader, DATA, false, body, limit, Pending::Produce(drafts));
        for (attempt, why) in retries {
            cx.note(Note::RequestRetried { client: cx.me(), msg, attempt, why });
        }
    }

    fn stamp(&mut self, p: Partition, draft: &mut Draft) {
        if !self.idempotent() {
            return;
        }
        let Some((id, newest)) = self.vol.identity else { return };
        let numbered = |other: &Draft| other.stamp.is_some();
        let out = self.in_flight().any(|(_, at, _)| at == p)
            || self.vol.queues.get(&p).is_some_and(|queue| queue.iter().any(numbered));
        let (epoch, next) = self.vol.sequences.entry(p).or_insert((newest, Sequence(0)));
        if *epoch != newest && !out {
            (*epoch, *next) = (newest, Sequence(0));
            self.vol.settled.remove(&p);
        }
        draft.stamp = Some(Stamp { id, epoch: *epoch, first: *next });
        *next = next.plus(i32::try_from(draft.records.len()).unwrap_or(0));
    }

    /// One timer: the next linger, back-off or time limit.
    fn arm_sender(&self, cx: &mut Cx<'_>) {
        let (now, limit, linger) =
            (cx.now(), self.configs.ms("delivery.timeout.ms"), self.configs.ms("linger.ms"));
        let mut next: Option<Micros> = None;
        let mut at = |time: Micros| {
            if time > now {
                next = Some(next.map_or(time, |n| n.min(time)));
            }
        };
        for draft in self.vol.queues.values().flatten() {
            at(draft.created + limit);
            at(if draft.attempts > 0 { draft.retry_at } else { draft.created + linger });
        }
        for (_, _, draft) in self.in_flight() {
            at(draft.created + limit);
        }
        if let Some((_, _, since)) = self.vol.homeless.front() {
            at(*since + self.configs.ms("max.block.ms"));
        }
        match next {
            Some(time) => cx.set_timer(Timer::Sender, time.since(now)),
            None => cx.cancel_timer(Timer::Sender),
        }
    }
}

/// The records of a batch.
pub(super) fn ids(draft: &Draft) -> Vec<RecordId> {
    draft.records.iter().map(|record| record.id).collect()
}
