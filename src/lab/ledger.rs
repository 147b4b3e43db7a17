//! Facts that no process keeps: what became of each record, when processes went up and down, what was lost. Built from notes, event
//! by event, and part of every checkpoint.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::failover::Failovers;
use super::ownership::{GroupEvent, GroupHistory, Ownership, SpanEnd};
use super::race::Race;
use crate::engine::{Blocks, Envelope, Flight, LossWhy, Micros, MsgId, NodeId, Note as EngineNote, Rec};
use crate::kafka::{
    Acks, BatchWhy, Body, Bytes, Chosen, Election, ErrorCode, GroupId, Note, Offset, Partition, Process,
    RecordId, Role, Send, World,
};

/// Closed batches that are kept of each producer.
const CLOSED: usize = 32;

/// Records that share one allocation, so that a checkpoint copies few.
const CHUNK: usize = 64;

/// Deliveries that are kept of each consumer.
const RECEIVED: usize = 64;

/// A record that poll() returned: from where, and which.
type Received = (Partition, Offset, RecordId);
/// A batch that was closed: where it goes, how many records, why.
type Closed = (Partition, u32, BatchWhy);

/// What became of one application send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// The record.
    pub id: RecordId,
    /// The name that `--id` gave it.
    pub name: Option<Arc<str>>,
    /// The business fact that `--tag` gave it.
    pub tag: Option<Arc<str>>,
    /// Who sent it.
    pub producer: NodeId,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value; none = a tombstone.
    pub value: Option<Bytes>,
    /// Where the partitioner put it.
    pub partition: Option<Partition>,
    /// How its partition was chosen.
    pub how: Option<Chosen>,
    /// When the application handed it over.
    pub sent_at: Micros,
    /// When the client learned that it is stored.
    pub acked_at: Option<Micros>,
    /// The offset it was told; -1 with acks=0 or before.
    pub offset: Offset,
    /// Why the client gave it up.
    pub error: Option<ErrorCode>,
    /// How often its callback ran: whether the application knows.
    pub callbacks: u32,
    /// What its client got for each attempt, in order; acks=0 asks for no answer.
    pub replies: Vec<Reply>,
    /// Lost messages that carried it.
    pub dropped: u32,
    /// How often poll() returned it, by consumer.
    pub delivered: BTreeMap<NodeId, u32>,
    /// How often its work was finished, by consumer.
    pub worked: BTreeMap<NodeId, u32>,
}

/// What became of one attempt to store a record, as its client saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Success, with the record's offset.
    Ok(Offset),
    /// No answer: the time was over or the connection broke.
    Lost,
    /// An error.
    Error(ErrorCode),
}

impl std::fmt::Display for Reply {
    /// `ok@6`, `lost` or the error's name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ok(offset) => write!(f, "ok@{offset}"),
            Self::Lost => f.write_str("lost"),
            Self::Error(error) => error.fmt(f),
        }
    }
}

/// Since when a process is what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessFacts {
    /// When it last started.
    pub up_at: Option<Micros>,
    /// When it last stopped or crashed.
    pub down_at: Option<Micros>,
    /// When it was last paused.
    pub paused_at: Option<Micros>,
}

/// All facts up to one event.
#[derive(Clone, Default)]
pub struct Ledger {
    chunks: Vec<Arc<Vec<RecordFacts>>>,
    names: BTreeMap<Arc<str>, usize>,
    processes: Blocks<NodeId, ProcessFacts>,
    elections: Blocks<Partition, Election>,
    refusals: Blocks<Partition, ErrorCode>,
    isr_refusals: Blocks<Partition, ErrorCode>,
    refused_admin: Option<ErrorCode>,
    received: BTreeMap<NodeId, Arc<VecDeque<Received>>>,
    closed: BTreeMap<NodeId, VecDeque<Closed>>,
    requests: BTreeMap<NodeId, u64>,
    verbs: BTreeMap<&'static str, u64>,
    /// The choice just stated; the note of the send follows it.
    chosen: Option<(RecordId, Chosen)>,
    flying: Blocks<MsgId, Flight<Body>>,
    /// Produce requests whose client waits for the answer.
    asked: BTreeMap<MsgId, Asked>,
    lost: Vec<(Flight<Body>, LossWhy)>,
    /// Who processed which partition of a group when.
    ownership: Ownership,
    race: Race,
    failovers: Failovers,
    /// What a broker last refused of a controller.
    refused_control: BTreeMap<NodeId, ErrorCode>,
}

impl Ledger {
    // ---- reading ----

    /// Number of records so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Whether nothing was sent yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Records in order of sending.
    pub fn records(&self) -> impl Iterator<Item = &RecordFacts> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// The record at a place in the order of sending, from 0.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&RecordFacts> {
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)
    }

    /// The place of a record in the order of sending, from 0.
    #[must_use]
    pub fn place(&self, id: RecordId) -> Option<usize> {
        let chunk = self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| last.id < id));
        let within = self.chunks.get(chunk)?.binary_search_by_key(&id, |facts| facts.id).ok()?;
        Some(chunk * CHUNK + within)
    }

    /// The record of that name: its given one, or `r1`, `r2`, ….
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&RecordFacts> {
        if let Some(place) = self.names.get(name) {
            return self.at(*place);
        }
        let number: usize = name.strip_prefix('r')?.parse().ok()?;
        self.at(number.checked_sub(1)?)
    }

    /// The name of a record: the one given, else `r` and its place from 1; `-` for what brokers write themselves.
    #[must_use]
    pub fn name(&self, id: RecordId) -> String {
        let Some(place) = self.place(id) else { return "-".to_owned() };
        match self.at(place).and_then(|facts| facts.name.as_ref()) {
            Some(name) => name.to_string(),
            None => format!("r{}", place + 1),
        }
    }

    /// A short label: a given name of up to three characters, else letters a, b, …, z, aa, … in order of sending.
    #[must_use]
    pub fn label(&self, id: RecordId) -> String {
        let Some(place) = self.place(id) else { return "·".to_owned() };
        match self.at(place).and_then(|facts| facts.name.as_ref()).filter(|name| name.len() <= 3) {
            Some(name) => name.to_string(),
            None => letters(place),
        }
    }

    /// Since when a process is what it is.
    #[must_use]
    pub fn process(&self, id: NodeId) -> ProcessFacts {
        self.processes.get(&id).copied().unwrap_or_default()
    }

    /// How the present leader was chosen.
    #[must_use]
    pub fn election(&self, p: Partition) -> Option<Election> {
        self.elections.get(&p).copied()
    }

    /// Why a leader last refused a batch for a partition.
    #[must_use]
    pub fn refusal(&self, p: Partition) -> Option<ErrorCode> {
        self.refusals.get(&p).copied()
    }

    /// Why the controller last refused a change of a partition's in-sync set.
    #[must_use]
    pub fn isr_refusal(&self, p: Partition) -> Option<ErrorCode> {
        self.isr_refusals.get(&p).copied()
    }

    /// What poll() has returned to a consumer's application: the latest 64, oldest first.
    pub fn received(&self, consumer: NodeId) -> impl Iterator<Item = (Partition, Offset, RecordId)> + '_ {
        self.received.get(&consumer).into_iter().flat_map(|all| all.iter().copied())
    }

    /// Batches that a producer closed: the latest, oldest first.
    pub fn closed(&self, producer: NodeId) -> impl Iterator<Item = (Partition, u32, BatchWhy)> + '_ {
        self.closed.get(&producer).into_iter().flatten().copied()
    }

    /// Who processed which partition of a group when, and what happened to it; none before anything did.
    #[must_use]
    pub fn ownership(&self, group: GroupId) -> Option<&GroupHistory> {
        self.ownership.of(group)
    }

    /// Produce requests that a client has sent.
    #[must_use]
    pub fn requests(&self, client: NodeId) -> u64 {
        self.requests.get(&client).copied().unwrap_or(0)
    }

    /// How often an action was done since t = 0.
    #[must_use]
    pub fn count(&self, verb: &str) -> u64 {
        self.verbs.get(verb).copied().unwrap_or(0)
    }

    /// Messages that were lost in the last turn.
    #[must_use]
    pub fn lost(&self) -> &[(Flight<Body>, LossWhy)] {
        &self.lost
    }

    // ---- writing ----

    /// Actions are counted from here on.
    pub(super) fn begin_counting(&mut self, now: Micros) {
        self.verbs.clear();
        self.race.begin(now);
        self.failovers.begin();
    }

    /// What the failover since the last server went down has cost so far.
    #[must_use]
    pub const fn race(&self) -> &Race {
        &self.race
    }

    /// How a new controller came to be after the last one was lost.
    #[must_use]
    pub const fn failovers(&self) -> &Failovers {
        &self.failovers
    }

    /// Why a broker last refused what a controller told it.
    #[must_use]
    pub fn refused_control(&self, broker: NodeId) -> Option<ErrorCode> {
        self.refused_control.get(&broker).copied()
    }

    /// Why the last request of an admin that was refused was refused.
    #[must_use]
    pub const fn refused_admin(&self) -> Option<ErrorCode> {
        self.refused_admin
    }

    /// An admin's request is refused before anybody is asked.
    pub(super) const fn refuse_admin(&mut self, error: ErrorCode) {
        self.refused_admin = Some(error);
    }

    /// Counts an action.
    pub(super) fn counted(&mut self, verb: &'static str) {
        *self.verbs.entry(verb).or_default() += 1;
    }

    /// An action hands records to a client; call before the world does, with the serial of the first.
    pub(super) fn sending(
        &mut self,
        first: RecordId,
        client: NodeId,
        send: &Send,
        names: RecordNames<'_>,
        at: Micros,
    ) {
        for n in 0..names.count {
            let place = self.len();
            let name: Option<Arc<str>> = names.id.map(Into::into);
            if let Some(name) = &name {
                self.names.insert(Arc::clone(name), place);
            }
            let tag = names.tag.map(Into::into);
            let id = RecordId(first.0 + u64::from(n));
            self.push(RecordFacts {
                name,
                tag,
                key: send.key.clone(),
                value: send.value.clone(),
                ..blank(id, client, at)
            });
        }
    }

    fn push(&mut self, facts: RecordFacts) {
        match self.chunks.last_mut().filter(|chunk| chunk.len() < CHUNK) {
            Some(chunk) => Arc::make_mut(chunk).push(facts),
            None => self.chunks.push(Arc::new(vec![facts])),
        }
    }

    fn process_mut(&mut self, id: NodeId) -> &mut ProcessFacts {
        self.processes.get_or_insert_with(id, ProcessFacts::default)
    }

    fn record(&mut self, id: RecordId) -> Option<&mut RecordFacts> {
        let place = self.place(id)?;
        Arc::make_mut(self.chunks.get_mut(place / CHUNK)?).get_mut(place % CHUNK)
    }

    /// Takes in what the last turn stated.
    pub(super) fn absorb(&mut self, world: &World) {
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
            let mut facts = blank(id, client, at);
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

/// The group of a consumer; none of another process.
fn group_of(world: &World, node: NodeId) -> Option<GroupId> {
    match world.node(node) {
        Process::Consumer(consumer) => Some(consumer.group()),
        _ => None,
    }
}

/// Who waits for what.
#[derive(Clone)]
struct Asked {
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

/// What an action calls the records it sends.
#[derive(Clone, Copy)]
pub(super) struct RecordNames<'a> {
    pub id: Option<&'a str>,
    pub tag: Option<&'a str>,
    pub count: u32,
}

const fn blank(id: RecordId, producer: NodeId, sent_at: Micros) -> RecordFacts {
    RecordFacts {
        id,
        name: None,
        tag: None,
        producer,
        key: None,
        value: None,
        partition: None,
        how: None,
        sent_at,
        acked_at: None,
        offset: Offset::NONE,
        error: None,
        callbacks: 0,
        replies: Vec::new(),
        dropped: 0,
        delivered: BTreeMap::new(),
        worked: BTreeMap::new(),
    }
}

/// `a`, `b`, …, `z`, `aa`, `ab`, ….
fn letters(place: usize) -> String {
    let mut text = String::new();
    let mut rest = place + 1;
    while rest > 0 {
        rest -= 1;
        text.insert(0, char::from(b'a' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    text
}

/// Records that a message carries.
pub(super) fn carried(body: &Body) -> Vec<RecordId> {
    let batches: Vec<&crate::kafka::Batch> = match body {
        Body::Produce { batches, .. } => batches.iter().map(|(_, batch)| batch).collect(),
        Body::Fetched { partitions, .. } => partitions.iter().flat_map(|p| &p.batches).collect(),
        _ => Vec::new(),
    };
    batches.iter().flat_map(|batch| batch.records.iter()).map(|r| r.id).filter(|id| id.0 != 0).collect()
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

/// The consumers that a name of a group or consumer stands for.
pub(super) fn readers(world: &World, name: &str) -> Vec<NodeId> {
    let names = world.shared();
    if let Some(group) = names.find_group(name) {
        let in_group = |node: &NodeId| match world.node(*node) {
            Process::Consumer(consumer) => consumer.group() == group,
            _ => false,
        };
        return names.of_role(Role::Consumer).filter(in_group).collect();
    }
    names.find_node(name).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_go_on_after_z() {
        let found: Vec<String> = [0, 1, 25, 26, 27, 51, 52, 701, 702].into_iter().map(letters).collect();
        assert_eq!(found, ["a", "b", "z", "aa", "ab", "az", "ba", "zz", "aaa"]);
    }

    #[test]
    fn records_are_found_by_place_id_and_name() {
        let mut ledger = Ledger::default();
        let send = Send { topic: crate::kafka::TopicId(0), key: None, value: None, partition: None };
        for n in 0..200_u64 {
            let id = (n == 150).then_some("paid");
            let names = RecordNames { id, tag: None, count: 1 };
            ledger.sending(RecordId(10 + 2 * n), NodeId(1), &send, names, Micros(n));
        }
        assert_eq!(ledger.len(), 200);
        assert_eq!(ledger.place(RecordId(10 + 2 * 77)), Some(77));
        assert_eq!(ledger.place(RecordId(11)), None);
        assert_eq!((ledger.name(RecordId(10)), ledger.name(RecordId(310))), ("r1".into(), "paid".into()));
        assert_eq!(ledger.find("paid").map(|f| f.id), Some(RecordId(310)));
        assert_eq!(ledger.find("r151").map(|f| f.id), Some(RecordId(310)));
        assert_eq!((ledger.find("r0"), ledger.find("r201"), ledger.find("x")), (None, None, None));
        assert_eq!((ledger.label(RecordId(10)), ledger.label(RecordId(310))), ("a".into(), "eu".into()));
    }
}
