//! Facts that no process keeps: what became of each record, when processes went up and down, what was lost. Built from notes, event
//! by event, and part of every checkpoint.

mod facts;
mod fold;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::failover::Failovers;
use super::ownership::{GroupHistory, Ownership};
use super::race::Race;
use crate::engine::{Blocks, Flight, LossWhy, Micros, MsgId, NodeId};
use crate::kafka::{
    BatchWhy, Body, Chosen, Election, ErrorCode, GroupId, Offset, Partition, Process, RecordId, Role, Send,
    World,
};
pub use facts::{ProcessFacts, RecordFacts, Reply};
use fold::Asked;

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
                ..RecordFacts::blank(id, client, at)
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
}

/// What an action calls the records it sends.
#[derive(Clone, Copy)]
pub(super) struct RecordNames<'a> {
    pub id: Option<&'a str>,
    pub tag: Option<&'a str>,
    pub count: u32,
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
