//! The world without its processes: clock, queue, draws, notes. The network's part of it is in `wire`.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::Arc;

use super::digest::{Digest, mix};
use super::fault::{ConnKey, Rule, RuleId};
use super::flights::Flights;
use super::queue::Queue;
use super::wire::{Conn, ConnState};
use super::world::Process;
use super::{
    Blocks, Cause, CloseWhy, EventId, LossWhy, Micros, MsgId, Node, NodeId, Note, Rec, RecordSerial, Tier,
};

pub(super) enum Event<T> {
    Deliver(MsgId),
    Lose(MsgId, LossWhy, Option<RuleId>),
    Timer { node: NodeId, key: T },
    Closed { node: NodeId, conn: Conn, why: CloseWhy },
}

impl<T: Copy> Clone for Event<T> {
    fn clone(&self) -> Self {
        match *self {
            Self::Deliver(msg) => Self::Deliver(msg),
            Self::Lose(msg, why, rule) => Self::Lose(msg, why, rule),
            Self::Timer { node, key } => Self::Timer { node, key },
            Self::Closed { node, conn, why } => Self::Closed { node, conn, why },
        }
    }
}

#[derive(Clone)]
pub(super) struct Queued<T: Copy> {
    pub cause: Cause,
    pub event: Event<T>,
}

#[derive(Clone)]
pub(super) struct Proc<T: Ord + Copy> {
    pub tier: Tier,
    pub state: Process,
    pub incarnation: u32,
    pub timers: BTreeMap<T, u64>,
    pub backlog: Vec<(u64, Queued<T>)>,
}

/// The world without its processes: clock, queue, network, draws, trace.
pub struct Core<N: Node> {
    pub(super) now: Micros,
    pub(super) turn: EventId,
    pub(super) cause: Cause,
    pub(super) queue: Queue<Queued<N::Timer>>,
    pub(super) procs: Vec<Arc<Proc<N::Timer>>>,
    pub(super) msgs: Flights<N::Body>,
    pub(super) conns: Blocks<ConnKey, ConnState>,
    pub(super) rules: Vec<Rule>,
    pub(super) delays: BTreeMap<(NodeId, NodeId), Micros>,
    pub(super) slowed: BTreeMap<(NodeId, NodeId), Micros>,
    pub(super) jitters: BTreeMap<(NodeId, NodeId), Micros>,
    pub(super) cuts: BTreeSet<(NodeId, Option<NodeId>)>,
    /// Processes that are one: nothing parts them.
    pub(super) joined: Arc<BTreeSet<(NodeId, NodeId)>>,
    /// Of this turn. Copies share them.
    pub(super) notes: Arc<Vec<Rec<N::Note>>>,
    pub(super) exiting: Option<NodeId>,
    pub(super) shared: Arc<N::Shared>,
    pub(super) digest: Digest,
    draws: Blocks<(u64, u64), u64>,
    seed: u64,
    seq: u64,
    pub(super) next_msg: u64,
    next_rule: u32,
    pub(super) next_serial: RecordSerial,
}

impl<N: Node> Clone for Core<N> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            procs: self.procs.clone(),
            msgs: self.msgs.clone(),
            conns: self.conns.clone(),
            rules: self.rules.clone(),
            delays: self.delays.clone(),
            slowed: self.slowed.clone(),
            jitters: self.jitters.clone(),
            cuts: self.cuts.clone(),
            joined: Arc::clone(&self.joined),
            notes: Arc::clone(&self.notes),
            shared: Arc::clone(&self.shared),
            draws: self.draws.clone(),
            ..*self
        }
    }
}

impl<N: Node> Core<N> {
    pub(super) fn new(seed: u64, shared: N::Shared) -> Self {
        Self {
            now: Micros::ZERO,
            turn: EventId(0),
            cause: Cause::default(),
            queue: Queue::new(),
            procs: Vec::new(),
            msgs: Flights::default(),
            conns: Blocks::new(),
            rules: Vec::new(),
            delays: BTreeMap::new(),
            slowed: BTreeMap::new(),
            jitters: BTreeMap::new(),
            cuts: BTreeSet::new(),
            joined: Arc::default(),
            notes: Arc::default(),
            exiting: None,
            shared: Arc::new(shared),
            digest: Digest(seed),
            draws: Blocks::new(),
            seed,
            seq: 0,
            next_msg: 1,
            next_rule: 1,
            next_serial: 1,
        }
    }

    pub(super) fn proc_mut(&mut self, id: NodeId) -> &mut Proc<N::Timer> {
        Arc::make_mut(&mut self.procs[id.0 as usize])
    }

    pub(super) fn note(&mut self, node: Option<NodeId>, note: Note<N::Note>) {
        let rec = Rec { at: self.now, event: self.turn, cause: self.cause, node, note };
        rec.hash(&mut self.digest);
        Arc::make_mut(&mut self.notes).push(rec);
    }

    pub(super) fn schedule(&mut self, at: Micros, event: Event<N::Timer>, root: Option<EventId>) -> u64 {
        self.seq += 1;
        let cause = Cause { parent: self.turn, root: root.unwrap_or(self.cause.root) };
        self.queue.push(at.0, self.seq, Queued { cause, event });
        self.seq
    }

    pub(super) fn requeue(&mut self, queued: Queued<N::Timer>) -> u64 {
        self.seq += 1;
        self.queue.push(self.now.0, self.seq, queued);
        self.seq
    }

    pub(super) fn serial(&self) -> RecordSerial {
        self.next_serial
    }

    /// A number in `0..n`, from the stream of `(concern, key)`. Streams do not disturb each other.
    pub(super) fn draw(&mut self, concern: u64, key: u64, n: u64) -> u64 {
        let counter = self.draws.get_or_insert_with((concern, key), || 0);
        *counter += 1;
        let mixed = mix(self.seed ^ mix(concern ^ mix(key ^ mix(*counter))));
        u64::try_from((u128::from(mixed) * u128::from(n)) >> 64).unwrap_or(0)
    }

    pub(super) fn add_rule(&mut self, mut rule: Rule) -> RuleId {
        rule.id = RuleId(self.next_rule);
        self.next_rule += 1;
        let id = rule.id;
        self.rules.push(rule);
        self.note(None, Note::RuleAdded { rule: id });
        id
    }
}
