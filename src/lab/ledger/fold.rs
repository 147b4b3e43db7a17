//! How notes become facts.

use std::sync::Arc;

use super::{CLOSED, Ledger, RECEIVED, RecordFacts, Reply, carried};
use crate::engine::{Envelope, Flight, Micros, MsgId, NodeId, Note as EngineNote, Rec};
use crate::kafka::{
    Acks, Body, Bytes, ErrorCode, GroupId, Note, Offset, Partition, Process, RecordId, World,
};
use crate::lab::ownership::{GroupEvent, SpanEnd};

impl Ledger {
    /// Takes in what the last turn stated.
    pub(in crate::lab) fn absorb(&mut self, world: &World) {
        self.lost.clear();
        for rec in world.notes() {
            self.race.take_in(world, rec.at, &rec.note);
            self.failovers.take_in(world, rec.at, &rec.note);
            match &rec.note {
                EngineNote::Domain(note) => self.domain(world, rec, note),
                note => self.engine(world, rec.at, note),
            }
        }
        if let Some(rec) = world.notes().last() {
            self.race.look(world, rec.at);
        }
        self.failovers.settle(world, world.now());
    }

    fn engine(&mut self, world: &World, at: Micros, note: &EngineNote<Note>) {
        match *note {
            EngineNote::MessageSent { msg, .. } | EngineNote::MessageDuplicated { copy: msg, .. } => {
                if let Some(flight) = world.flight(msg) {
                    let anew = matches!(note, EngineNote::MessageSent { .. });
                    if anew && matches!(flight.envelope.body, Body::Produce { .. }) {
                        *self.requests.entry(flight.envelope.from).or_default() += 1;
                    }
                    self.flying.insert(msg, flight.clone());
                    self.asked.extend(Asked::of(flight).map(|asked| (msg, asked)));
                }
            }
            EngineNote::MessageArrived { msg, .. } => {
                if let Some(flight) = self.flying.remove(&msg) {
                    self.answered(&flight.envelope);
                }
            }
            EngineNote::ConnectionClosed { client, server, .. } => {
                let on_it = |asked: &Asked| asked.client == client && asked.server == server;
                let lost: Vec<MsgId> = self.asked.iter().filter(|(_, a)| on_it(a)).map(|(m, _)| *m).collect();
                lost.into_iter().for_each(|msg| self.unanswered(msg));
            }
            EngineNote::MessageLost { msg, why, .. } => {
                if let Some(flight) = self.flying.remove(&msg) {
                    for id in carried(&flight.envelope.body) {
                        if let Some(record) = self.record(id) {
                            record.dropped += 1;
                        }
                    }
                    self.lost.push((flight, why));
                }
            }
            EngineNote::NodeStarted { node, .. } => {
                self.process_mut(node).up_at = Some(at);
                self.member(world, at, node, GroupEvent::Started);
            }
            EngineNote::NodeStopped { node } => {
                self.process_mut(node).down_at = Some(at);
                self.member(world, at, node, GroupEvent::Stopped);
            }
            EngineNote::NodeCrashed { node, .. } => {
                self.process_mut(node).down_at = Some(at);
                self.member(world, at, node, GroupEvent::Crashed);
            }
            EngineNote::NodePaused { node } => {
                self.process_mut(node).paused_at = Some(at);
                self.member(world, at, node, GroupEvent::Paused);
            }
            EngineNote::NodeResumed { node, .. } => self.member(world, at, node, GroupEvent::Resumed),
            _ => {}
        }
    }

    /// Something happened to a process: if it is a consumer, it is told of its group.
    fn member(&mut self, world: &World, at: Micros, node: NodeId, event: fn(NodeId) -> GroupEvent) {
        if let Some(group) = group_of(world, node) {
            self.ownership.happened(at, group, event(node));
        }
    }

    /// What notes say about groups.
    fn group(&mut self, world: &World, at: Micros, note: &Note) {
        match *note {
            Note::PartitionAssigned { consumer, partition } => {
                if let Some(group) = group_of(world, consumer) {
                    self.ownership.assigned(at, group, consumer, partition);
                }
            }
            Note::PartitionRevoked { consumer, partition } => {
                if let Some(group) = group_of(world, consumer) {
                    self.ownership.ended(at, group, (consumer, partition), SpanEnd::Revoked);
                }
            }
            Note::PartitionLost { consumer, partition } => {
                if let Some(group) = group_of(world, consumer) {
                    self.ownership.ended(at, group, (consumer, partition), SpanEnd::Lost);
                }
            }
            Note::MemberJoined { group, member } => {
                self.ownership.happened(at, group, GroupEvent::Joined(member.client));
            }
            Note::MemberLeft { group, member, why } => {
                self.ownership.happened(at, group, GroupEvent::Left(member.client, why));
            }
            Note::GroupStateChanged { group, to, generation, .. } => {
                self.ownership.happened(at, group, GroupEvent::State(to.name(), generation));
            }
            Note::CoordinatorMoved { group, to } => {
                self.ownership.happened(at, group, GroupEvent::Coordinator(to));
            }
            _ => {}
        }
    }

    /// A client got an answer to its produce request.
    fn answered(&mut self, answer: &Envelope<Body>) {
        let Body::Produced { results, .. } = &answer.body else { return };
        let Some(asked) = answer.answers.and_then(|msg| self.asked.remove(&msg)) else { return };
        for (p, records) in asked.batches {
            let Some((_, error, base)) = results.iter().find(|(at, ..)| *at == p) else { continue };
            for (ix, id) in (0..).zip(records) {
                let ok = || Reply::Ok(if *base == Offset::NONE { *base } else { base.plus(ix) });
                let reply = if *error == ErrorCode::None { ok() } else { Reply::Error(*error) };
                self.reply(id, reply);
            }
        }
    }

    /// A client waits no longer for the answer to a produce request.
    fn unanswered(&mut self, msg: MsgId) {
        let Some(asked) = self.asked.remove(&msg) else { return };
        for id in asked.batches.into_iter().flat_map(|(_, records)| records) {
            self.reply(id, Reply::Lost);
        }
    }

    fn reply(&mut self, id: RecordId, reply: Reply) {
        if let Some(record) = self.record(id) {
            record.replies.push(reply);
        }
    }

    fn domain(&mut self, world: &World, rec: &Rec<Note>, note: &Note) {
        match *note {
            Note::ControlRefused { node, error, .. } => {
                self.refused_control.insert(node, error);
            }
            Note::RecordSent { record, client, partition } => {
                self.sent(world, rec.at, record, client, partition)
            }
            Note::PartitionChosen { record, how, .. } => self.chosen = Some((record, how)),
            Note::BatchClosed { client, partition, count, why } => {
                let all = self.closed.entry(client).or_default();
                if all.len() == CLOSED {
                    all.pop_front();
                }
                all.push_back((partition, count, why));
            }
            Note::RecordAcked { record, offset } => {
                if let Some(facts) = self.record(record) {
                    facts.acked_at.get_or_insert(rec.at);
                    facts.offset = offset;
                }
            }
            Note::RecordFailed { record, error } => {
                if let Some(facts) = self.record(record) {
                    facts.error = Some(error);
                }
            }
            Note::RequestTimedOut { msg, .. } => self.unanswered(msg),
            Note::CallbackRun { record, .. } => {
                if let Some(facts) = self.record(record) {
                    facts.callbacks += 1;
                }
            }
            Note::Delivered { consumer, record, partition, offset } => {
                let all = Arc::make_mut(self.received.entry(consumer).or_default());
                if all.len() == RECEIVED {
                    all.pop_front();
                }
                all.push_back((partition, offset, record));
                if let Some(facts) = self.record(record) {
                    *facts.delivered.entry(consumer).or_default() += 1;
                }
            }
            Note::Worked { consumer, record } => {
                if let Some(facts) = self.record(record) {
                    *facts.worked.entry(consumer).or_default() += 1;
                }
            }
            Note::LeaderElected { partition, how, .. } => {
                self.elections.insert(partition, how);
            }
            Note::IsrChangeRefused { partition, error } => {
                self.isr_refusals.insert(partition, error);
            }
            Note::AdminRefused { error } => self.refuse_admin(error),
            Note::AppendRefused { partition, error, .. } => {
                self.refusals.insert(partition, error);
            }
            _ => self.group(world, rec.at, note),
        }
    }

    fn sent(&mut self, world: &World, at: Micros, id: RecordId, client: NodeId, partition: Partition) {
        let how = self.chosen.take().filter(|(chosen, _)| *chosen == id).map(|(_, how)| how);
        if self.place(id).is_none() {
            let mut facts = RecordFacts::blank(id, client, at);
            if let Some((key, value)) = contents(world, client, id) {
                (facts.key, facts.value) = (key, value);
            }
            self.push(facts);
        }
        if let Some(facts) = self.record(id) {
            facts.partition = Some(partition);
            facts.how = how;
        }
    }
}

/// Key and value of a record that its producer's own workload has just sent.
fn contents(world: &World, client: NodeId, id: RecordId) -> Option<(Option<Bytes>, Option<Bytes>)> {
    let Process::Producer(producer) = world.node(client) else { return None };
    let drafts = producer.buffered().map(|(_, d)| d).chain(producer.in_flight().map(|(_, _, d)| d));
    let here = drafts.flat_map(|draft| draft.records.iter()).find(|r| r.id == id);
    let found = |r: &crate::kafka::Record| (r.key.clone(), r.value.clone());
    if let Some(record) = here {
        return Some(found(record));
    }
    let mut flights = world.flights().filter(|f| f.envelope.from == client);
    flights.find_map(|flight| match &flight.envelope.body {
        Body::Produce { batches, .. } => {
            batches.iter().flat_map(|(_, batch)| batch.records.iter()).find(|r| r.id == id).map(found)
        }
        _ => None,
    })
}

/// The group of a consumer; none of another process.
fn group_of(world: &World, node: NodeId) -> Option<GroupId> {
    match world.node(node) {
        Process::Consumer(consumer) => Some(consumer.group()),
        _ => None,
    }
}

/// Who waits for what.
#[derive(Clone)]
pub(super) struct Asked {
    client: NodeId,
    server: NodeId,
    batches: Vec<(Partition, Vec<RecordId>)>,
}

impl Asked {
    fn of(flight: &Flight<Body>) -> Option<Self> {
        let Body::Produce { acks, batches, .. } = &flight.envelope.body else { return None };
        let ids = |batch: &crate::kafka::Batch| batch.records.iter().map(|record| record.id).collect();
        let batches = batches.iter().map(|(p, batch)| (*p, ids(batch))).collect();
        let (client, server) = (flight.envelope.from, flight.envelope.to);
        (*acks != Acks::Zero).then_some(Self { client, server, batches })
    }
}
