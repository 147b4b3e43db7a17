//! The sender: which batches leave now, and when to look again (`Sender`, `RecordAccumulator.ready` and `drain`).

use std::collections::BTreeMap;

use super::{Draft, Pending, Producer};
use crate::engine::{Micros, NodeId};
use crate::kafka::client::DATA;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Batch, BatchWhy, Body, Cx, ErrorCode, Note, Offset, Partition, RecordId, Timer, Why};

impl Producer {
    /// Does everything that can be done now. Called after every event.
    pub(super) fn pump(&mut self, cx: &mut Cx<'_>) {
        self.expire(cx);
        self.settle_numbers(cx);
        self.ask_identity(cx);
        loop {
            self.run_calls(cx);
            self.ask_metadata(cx);
            let went_on = self.drive_transaction(cx);
            if !self.send_ready(cx) && !went_on {
                break;
            }
        }
        self.arm_sender(cx);
    }

    /// Batches whose time is over are given up: `delivery.timeout.ms` from their beginning. They may have been stored.
    pub(super) fn expire(&mut self, cx: &mut Cx<'_>) {
        let (now, limit) = (cx.now(), self.settings.delivery);
        let late = |draft: &Draft| draft.created + limit <= now;
        let mut given_up = Vec::new();
        for (p, queue) in &mut self.vol.queues {
            while queue.front().is_some_and(late) {
                given_up.extend(queue.pop_front().map(|draft| (*p, draft)));
            }
        }
        for pending in self.vol.requests.iter_mut() {
            if let Pending::Produce(drafts) = pending {
                given_up.extend(drafts.extract_if(.., |(_, draft)| late(draft)));
            }
        }
        let error = if self.settings.java { ErrorCode::Timeout } else { ErrorCode::LocalMsgTimedOut };
        for (p, draft) in given_up {
            self.number_unresolved(p, &draft);
            self.fail(cx, &draft.ids(), error);
        }
        let unassigned = &mut self.vol.unassigned;
        let old = unassigned.iter().take_while(|(_, _, since)| *since + limit <= now).count();
        let old: Vec<RecordId> = unassigned.drain(..old).map(|(_, record, _)| record).collect();
        self.fail(cx, &old, error);
    }

    /// Sends what may leave. True: something did.
    fn send_ready(&mut self, cx: &mut Cx<'_>) -> bool {
        let mut sent = false;
        while let Some((leader, partitions)) = self.next_request(cx.now()) {
            self.post(cx, leader, &partitions);
            sent = true;
        }
        sent
    }

    /// A leader that may get a request now, with the partitions whose first batch goes into it.
    fn next_request(&self, now: Micros) -> Option<(NodeId, Vec<Partition>)> {
        if self.idempotent() && self.vol.identity.is_none() {
            return None;
        }
        let mut leaders: BTreeMap<NodeId, (bool, Vec<Partition>)> = BTreeMap::new();
        for (p, queue) in &self.vol.queues {
            let (Some(leader), Some(front)) = (self.leader(*p), queue.front()) else { continue };
            if !self.may_send_to(*p) || self.backs_off(*p, front, now) || self.must_wait(*p, front) {
                continue;
            }
            let ready = self.is_ready(front, queue.len(), now);
            let (any, partitions) = leaders.entry(leader).or_default();
            if self.settings.java {
                // Once a request goes to a broker, every partition there sends along what it has.
                *any |= ready;
                partitions.push(*p);
            } else if ready && partitions.is_empty() {
                *any = true;
                partitions.push(*p);
            }
        }
        let open = |leader: &NodeId| {
            self.outstanding(*leader) < self.settings.max_in_flight || mutant::on(Mutant::SendsWithoutLimit)
        };
        let rests = |leader: &NodeId| self.vol.requests.until(now, *leader, DATA).is_some();
        let found = leaders.into_iter().find(|(leader, (any, _))| *any && open(leader) && !rests(leader));
        found.map(|(leader, (_, partitions))| (leader, self.fit(leader, partitions)))
    }

    /// Produce requests that wait for an answer of this broker.
    #[must_use]
    pub fn outstanding(&self, leader: NodeId) -> usize {
        let produce = |(_, to, pending): &(_, NodeId, &Pending)| {
            *to == leader && matches!(pending, Pending::Produce(_))
        };
        self.vol.requests.iter().filter(produce).count()
    }

    /// As many partitions as `max.request.size` allows, beginning after the one with which the last request ended.
    fn fit(&self, leader: NodeId, mut partitions: Vec<Partition>) -> Vec<Partition> {
        let last = self.vol.drained.get(&leader);
        let after = partitions.iter().position(|p| last.is_some_and(|last| p > last)).unwrap_or(0);
        partitions.rotate_left(after);
        let mut total = 0;
        let size = |p: &Partition| self.vol.queues.get(p).and_then(|q| q.front()).map_or(0, |d| d.bytes);
        let mut fits = |p: &Partition| {
            total += size(p);
            total <= self.settings.max_request
        };
        let most = partitions.iter().take_while(|p| fits(p)).count();
        partitions.truncate(most.max(1));
        partitions
    }

    fn is_ready(&self, front: &Draft, queued: usize, now: Micros) -> bool {
        let lingered = front.created + self.settings.linger <= now;
        front.closed || queued > 1 || lingered || self.is_flushing() || self.is_exhausted()
    }

    /// A retry waits for its back-off; Java's not if somebody else leads now (KAFKA-15415).
    fn backs_off(&self, p: Partition, front: &Draft, now: Micros) -> bool {
        let moved = self.settings.java && self.leader_epoch(p) > front.sent_epoch;
        front.attempts > 0 && now < front.retry_at && !moved
    }

    /// With one request in flight a partition is mute while a batch of it is out; sequence numbers have rules of their own.
    fn must_wait(&self, p: Partition, front: &Draft) -> bool {
        let mute = self.settings.max_in_flight == 1 && self.in_flight().any(|(_, at, _)| at == p);
        mute || self.idempotent() && self.must_wait_for_numbers(p, front)
    }

    /// One request with the first batch of each of these partitions.
    fn post(&mut self, cx: &mut Cx<'_>, leader: NodeId, partitions: &[Partition]) {
        let mut drafts = Vec::new();
        for p in partitions {
            let Some(mut draft) = self.vol.queues.get_mut(p).and_then(std::collections::VecDeque::pop_front)
            else {
                continue;
            };
            let lingered = draft.created + self.settings.linger <= cx.now();
            let why = match (self.is_flushing(), self.is_exhausted(), lingered) {
                (true, ..) => BatchWhy::Flush,
                (_, true, _) => BatchWhy::Memory,
                (.., true) => BatchWhy::Linger,
                (.., false) => BatchWhy::Along,
            };
            draft.close(cx, *p, why);
            if mutant::on(Mutant::NumbersAgain) {
                draft.stamp = None;
            }
            self.stamp(*p, &mut draft);
            draft.attempts += 1;
            draft.renumbered = false;
            draft.sent_epoch = self.leader_epoch(*p);
            self.vol.drained.insert(leader, *p);
            drafts.push((*p, draft));
        }
        let transaction = self.in_transaction();
        let batch = |(p, draft): &(Partition, Draft)| {
            let batch = Batch::unplaced(draft.stamp, draft.records.clone());
            (*p, Batch { transactional: transaction.is_some(), ..batch })
        };
        let batches = drafts.iter().map(batch).collect();
        let body = Body::Produce {
            acks: self.settings.acks,
            timeout: self.settings.request_timeout,
            batches,
            transaction,
        };
        if self.needs_no_answer() {
            cx.send(leader, DATA, false, body);
            self.vol.requests.sent_blindly(cx.now(), leader, DATA);
            for (_, draft) in drafts {
                self.succeed(cx, &draft, Offset::NONE);
            }
            return;
        }
        let retries: Vec<(u32, Why)> =
            drafts.iter().filter_map(|(_, d)| d.retry_why.map(|why| (d.attempts, why))).collect();
        let limit = self.settings.answer_limit;
        let msg = self.vol.requests.send(cx, leader, DATA, false, body, limit, Pending::Produce(drafts));
        for (attempt, why) in retries {
            cx.note(Note::RequestRetried { client: cx.me(), msg, attempt, why });
        }
    }

    /// One timer: the next linger, back-off, new attempt to connect or time limit.
    fn arm_sender(&self, cx: &mut Cx<'_>) {
        let (now, limit) = (cx.now(), self.settings.delivery);
        let mut next: Option<Micros> = None;
        let mut at = |time: Micros| {
            if time > now {
                next = Some(next.map_or(time, |n| n.min(time)));
            }
        };
        for (p, queue) in self.vol.queues.iter().filter(|(_, queue)| !queue.is_empty()) {
            for draft in queue {
                at(draft.created + limit);
                at(if draft.attempts > 0 { draft.retry_at } else { draft.created + self.settings.linger });
            }
            at(self.leader(*p).and_then(|node| self.vol.requests.until(now, node, DATA)).unwrap_or_default());
        }
        for (_, _, draft) in self.in_flight() {
            at(draft.created + limit);
        }
        if let Some((_, _, since)) = self.vol.unassigned.front() {
            at(*since + limit);
        }
        if let Some(since) = self.vol.blocked {
            at(since + self.settings.max_block);
        }
        match next {
            Some(time) => cx.set_timer(Timer::Sender, time.since(now)),
            None => cx.cancel_timer(Timer::Sender),
        }
    }
}
