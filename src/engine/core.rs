//! What a handler can reach: sending, answering, timers, notes and draws. Everything that is not the processes themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::fault::{ConnKey, Rule, RuleAction, RuleId};
use super::queue::Queue;
use super::world::Process;
use super::{
    Cause, CloseWhy, EventId, Lane, LossWhy, Micros, MsgId, Node, NodeId, Note, Rec, RecordSerial, Tier,
};

/// One connection, as a process names it. A connection that was closed and opened again is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Conn {
    /// Who opened it.
    pub client: NodeId,
    /// To whom.
    pub server: NodeId,
    /// Which of several between the two.
    pub lane: Lane,
    generation: u32,
}

#[cfg(test)]
impl Conn {
    /// A connection that no world knows, for tests of what a process does with requests.
    pub(crate) const fn unreal(client: NodeId, server: NodeId, lane: Lane) -> Self {
        Self { client, server, lane, generation: 0 }
    }
}

/// A message and what the network knows of it.
#[derive(Clone, Debug)]
pub struct Envelope<B> {
    /// Its number.
    pub id: MsgId,
    /// Sender.
    pub from: NodeId,
    /// Receiver.
    pub to: NodeId,
    /// The request this message answers.
    pub answers: Option<MsgId>,
    /// Tells the receiver nothing new: not drawn, not a hop.
    pub quiet: bool,
    /// When it left.
    pub sent_at: Micros,
    /// The connection it travels on.
    pub conn: Conn,
    /// What it says.
    pub body: B,
}

/// A message on its way, for those who draw it.
#[derive(Clone, Debug)]
pub struct Flight<B> {
    /// The message.
    pub envelope: Arc<Envelope<B>>,
    /// When it arrives if nothing happens.
    pub due: Micros,
    /// It waits at a cut or for a release.
    pub held: bool,
    /// It will be lost at this time (a rule decided when it left).
    pub dies_at: Option<Micros>,
}

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

#[derive(Clone, Default)]
pub(super) struct Direction {
    pub last_due: Micros,
    pub broken: bool,
    pub held: Vec<MsgId>,
}

#[derive(Clone, Default)]
pub(super) struct ConnState {
    pub generation: u32,
    pub open: bool,
    pub forth: Direction,
    pub back: Direction,
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
    pub(super) procs: Vec<Proc<N::Timer>>,
    pub(super) msgs: BTreeMap<MsgId, Flight<N::Body>>,
    pub(super) conns: BTreeMap<ConnKey, ConnState>,
    pub(super) rules: Vec<Rule>,
    pub(super) delays: BTreeMap<(NodeId, NodeId), Micros>,
    pub(super) slowed: BTreeMap<(NodeId, NodeId), Micros>,
    pub(super) jitters: BTreeMap<(NodeId, NodeId), Micros>,
    pub(super) cuts: BTreeSet<(NodeId, Option<NodeId>)>,
    pub(super) notes: Vec<Rec<N::Note>>,
    pub(super) exiting: Option<NodeId>,
    pub(super) shared: Arc<N::Shared>,
    pub(super) digest: Digest,
    draws: BTreeMap<(u64, u64), u64>,
    seed: u64,
    seq: u64,
    next_msg: u64,
    next_rule: u32,
    next_serial: RecordSerial,
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
            notes: Vec::new(),
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
            msgs: BTreeMap::new(),
            conns: BTreeMap::new(),
            rules: Vec::new(),
            delays: BTreeMap::new(),
            slowed: BTreeMap::new(),
            jitters: BTreeMap::new(),
            cuts: BTreeSet::new(),
            notes: Vec::new(),
            exiting: None,
            shared: Arc::new(shared),
            digest: Digest(seed),
            draws: BTreeMap::new(),
            seed,
            seq: 0,
            next_msg: 1,
            next_rule: 1,
            next_serial: 1,
        }
    }

    pub(super) fn note(&mut self, node: Option<NodeId>, note: Note<N::Note>) {
        let rec = Rec { at: self.now, event: self.turn, cause: self.cause, node, note };
        rec.hash(&mut self.digest);
        self.notes.push(rec);
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

    pub(super) fn is_cut(&self, a: NodeId, b: NodeId) -> bool {
        let pair = if a <= b { (a, Some(b)) } else { (b, Some(a)) };
        !self.cuts.is_empty()
            && (self.cuts.contains(&pair) || self.cuts.contains(&(a, None)) || self.cuts.contains(&(b, None)))
    }

    pub(super) fn delay(&mut self, from: NodeId, to: NodeId) -> Micros {
        let base = match self.slowed.get(&(from, to)).or_else(|| self.delays.get(&(from, to))) {
            Some(delay) => *delay,
            None => {
                let server = |n: NodeId| self.procs[n.0 as usize].tier == Tier::Server;
                if server(from) && server(to) { Micros::ms(2) } else { Micros::ms(5) }
            }
        };
        match self.jitters.get(&(from, to)).copied() {
            Some(jitter) if jitter.0 > 0 => {
                base + Micros(self.draw(1, (u64::from(from.0) << 32) | u64::from(to.0), jitter.0 + 1))
            }
            _ => base,
        }
    }

    /// A number in `0..n`, from the stream of `(concern, key)`. Streams do not disturb each other.
    pub(super) fn draw(&mut self, concern: u64, key: u64, n: u64) -> u64 {
        let counter = self.draws.entry((concern, key)).or_insert(0);
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

    fn direction(&mut self, conn: Conn, from: NodeId) -> Option<&mut Direction> {
        let key = ConnKey { client: conn.client, server: conn.server, lane: conn.lane };
        let state = self.conns.get_mut(&key)?;
        (state.open && state.generation == conn.generation)
            .then(|| if from == conn.client { &mut state.forth } else { &mut state.back })
    }

    pub(super) fn open(&mut self, client: NodeId, server: NodeId, lane: Lane) -> Conn {
        let state = self.conns.entry(ConnKey { client, server, lane }).or_default();
        let fresh = !state.open;
        if fresh {
            *state = ConnState { generation: state.generation + 1, open: true, ..ConnState::default() };
        }
        let conn = Conn { client, server, lane, generation: state.generation };
        if fresh {
            self.note(Some(client), Note::ConnectionOpened { client, server });
        }
        conn
    }

    /// Puts a message on its connection; returns its number.
    pub(super) fn post(
        &mut self,
        conn: Conn,
        from: NodeId,
        answers: Option<MsgId>,
        quiet: bool,
        body: N::Body,
    ) -> MsgId {
        let to = if from == conn.client { conn.server } else { conn.client };
        let id = MsgId(self.next_msg);
        self.next_msg += 1;
        let api = super::Body::api(&body);
        self.note(Some(from), Note::MessageSent { msg: id, from, to, api, answer: answers, quiet });
        let mut delay = self.delay(from, to);
        let envelope = Arc::new(Envelope { id, from, to, answers, quiet, sent_at: self.now, conn, body });
        let Some(direction) = self.direction(conn, from) else {
            self.fly(envelope, self.now, None);
            self.schedule(self.now, Event::Lose(id, LossWhy::Closed, None), None);
            return id;
        };
        let (broken, in_order) = (direction.broken, direction.last_due);
        let half_way = self.now + Micros(delay.0 * 55 / 100);
        if broken {
            self.fly(envelope, self.now + delay, Some(half_way));
            self.schedule(half_way, Event::Lose(id, LossWhy::Broken, None), None);
            return id;
        }
        let verdict = self.rules.iter().position(|r| r.fits(from, to, api, answers.is_some(), quiet));
        let mut hold = false;
        if let Some((at, rule)) = verdict.map(|at| (at, self.rules[at].clone())) {
            if rule.action == RuleAction::Hold {
                hold = true;
            } else {
                self.rules.remove(at);
                self.note(None, Note::RuleUsed { rule: rule.id, msg: id });
            }
            match rule.action {
                RuleAction::Drop => {
                    if let Some(direction) = self.direction(conn, from) {
                        direction.broken = true;
                    }
                    self.fly(envelope, self.now + delay, Some(half_way));
                    self.schedule(half_way, Event::Lose(id, LossWhy::Rule, Some(rule.id)), None);
                    return id;
                }
                RuleAction::Reset => {
                    self.fly(envelope, self.now + delay, Some(half_way));
                    self.schedule(half_way, Event::Lose(id, LossWhy::Rule, Some(rule.id)), None);
                    self.close_conn(conn, None, CloseWhy::Reset);
                    return id;
                }
                RuleAction::Delay(more) => delay += more,
                RuleAction::Duplicate => self.duplicate(&envelope, delay, in_order),
                RuleAction::Hold => {}
            }
        }
        let due = (self.now + delay).max(in_order);
        if let Some(direction) = self.direction(conn, from) {
            direction.last_due = due;
        }
        self.fly(envelope, due, None);
        if hold && let Some(flight) = self.msgs.get_mut(&id) {
            flight.held = true;
        }
        self.schedule(due, Event::Deliver(id), None);
        id
    }

    fn fly(&mut self, envelope: Arc<Envelope<N::Body>>, due: Micros, dies_at: Option<Micros>) {
        self.msgs.insert(envelope.id, Flight { envelope, due, held: false, dies_at });
    }

    fn duplicate(&mut self, original: &Arc<Envelope<N::Body>>, delay: Micros, in_order: Micros) {
        let copy = MsgId(self.next_msg);
        self.next_msg += 1;
        self.note(None, Note::MessageDuplicated { msg: original.id, copy });
        let due = (self.now + delay).max(in_order);
        let envelope = Arc::new(Envelope { id: copy, ..(**original).clone() });
        self.fly(envelope, due, None);
        self.schedule(due, Event::Deliver(copy), None);
    }

    /// Closes a connection; the side other than `by` is told one delay later.
    pub(super) fn close_conn(&mut self, conn: Conn, by: Option<NodeId>, why: CloseWhy) {
        let key = ConnKey { client: conn.client, server: conn.server, lane: conn.lane };
        let Some(state) = self.conns.get_mut(&key) else { return };
        if !state.open || state.generation != conn.generation {
            return;
        }
        state.open = false;
        let held: Vec<MsgId> = state.forth.held.drain(..).chain(state.back.held.drain(..)).collect();
        self.note(by, Note::ConnectionClosed { client: conn.client, server: conn.server, why });
        for msg in held {
            self.lose(msg, LossWhy::Closed, None);
        }
        for node in [conn.client, conn.server] {
            if by != Some(node) {
                let other = if node == conn.client { conn.server } else { conn.client };
                let at = self.now + self.delay(other, node);
                self.schedule(at, Event::Closed { node, conn, why }, None);
            }
        }
    }

    pub(super) fn lose(&mut self, msg: MsgId, why: LossWhy, rule: Option<RuleId>) {
        if let Some(flight) = self.msgs.remove(&msg) {
            let quiet = flight.envelope.quiet;
            self.note(Some(flight.envelope.to), Note::MessageLost { msg, why, rule, quiet });
        }
    }

    /// What becomes of a message that reaches the end of its link: handed over, held, kept for a paused process, or lost.
    pub(super) fn arrive(&mut self, msg: MsgId) -> Option<Arc<Envelope<N::Body>>> {
        let flight = self.msgs.get(&msg)?;
        let (envelope, rule_holds) = (Arc::clone(&flight.envelope), flight.held);
        let (from, to, conn) = (envelope.from, envelope.to, envelope.conn);
        let cut = self.is_cut(from, to);
        let Some(direction) = self.direction(conn, from) else {
            self.lose(msg, LossWhy::Closed, None);
            return None;
        };
        if cut || rule_holds || !direction.held.is_empty() {
            direction.held.push(msg);
            if let Some(flight) = self.msgs.get_mut(&msg) {
                flight.held = true;
            }
            self.note(Some(to), Note::MessageHeld { msg, rule: None });
            return None;
        }
        match self.procs[to.0 as usize].state {
            Process::Down { silent } => {
                self.lose(msg, LossWhy::Down, None);
                if !silent {
                    self.close_conn(conn, Some(to), CloseWhy::Refused);
                }
                None
            }
            Process::Running | Process::Paused { .. } => {
                self.msgs.remove(&msg);
                self.note(Some(to), Note::MessageArrived { msg, quiet: envelope.quiet });
                Some(envelope)
            }
        }
    }

    /// Sends what was held between these processes on its way again (`None` = wherever no cut remains).
    pub(super) fn release(&mut self, only: Option<(NodeId, NodeId)>) {
        let keys: Vec<ConnKey> = self.conns.keys().copied().collect();
        for key in keys {
            for (from, to) in [(key.client, key.server), (key.server, key.client)] {
                if only.is_some_and(|pair| pair != (from, to)) || self.is_cut(from, to) {
                    continue;
                }
                if self.rules.iter().any(|r| r.action == RuleAction::Hold && r.fits_link(from, to)) {
                    continue;
                }
                let Some(state) = self.conns.get_mut(&key) else { continue };
                let direction = if from == key.client { &mut state.forth } else { &mut state.back };
                let held = std::mem::take(&mut direction.held);
                if held.is_empty() {
                    continue;
                }
                let due = self.now + self.delay(from, to);
                for msg in held {
                    if let Some(flight) = self.msgs.get_mut(&msg) {
                        flight.held = false;
                        flight.due = due;
                        self.schedule(due, Event::Deliver(msg), None);
                    }
                }
            }
        }
    }

    pub(super) fn conns_of(&self, node: NodeId) -> Vec<Conn> {
        self.conns
            .iter()
            .filter(|(key, state)| state.open && (key.client == node || key.server == node))
            .map(|(key, state)| Conn {
                client: key.client,
                server: key.server,
                lane: key.lane,
                generation: state.generation,
            })
            .collect()
    }
}

/// A handler's hands: the only way a process acts on the world.
pub struct Cx<'a, N: Node> {
    pub(super) core: &'a mut Core<N>,
    pub(super) me: NodeId,
}

impl<N: Node> Cx<'_, N> {
    /// This process.
    #[must_use]
    pub const fn me(&self) -> NodeId {
        self.me
    }

    /// Virtual time now.
    #[must_use]
    pub const fn now(&self) -> Micros {
        self.core.now
    }

    /// The number of this turn: unique in the world.
    #[must_use]
    pub const fn event(&self) -> EventId {
        self.core.turn
    }

    /// How often this process has started.
    #[must_use]
    pub fn incarnation(&self) -> u32 {
        self.core.procs[self.me.0 as usize].incarnation
    }

    /// Facts that every process may read.
    #[must_use]
    pub fn shared(&self) -> Arc<N::Shared> {
        Arc::clone(&self.core.shared)
    }

    /// Sends a request on the connection `lane` to `to`, opening it if need be.
    pub fn send(&mut self, to: NodeId, lane: Lane, quiet: bool, body: N::Body) -> MsgId {
        let conn = self.core.open(self.me, to, lane);
        self.core.post(conn, self.me, None, quiet, body)
    }

    /// Answers a request on the connection it came on. If that is closed the answer goes nowhere.
    pub fn answer(&mut self, conn: Conn, request: MsgId, quiet: bool, body: N::Body) -> MsgId {
        self.core.post(conn, self.me, Some(request), quiet, body)
    }

    /// Closes this process's connection `lane` to `to`, if open. The other side learns it one delay later.
    pub fn close(&mut self, to: NodeId, lane: Lane) {
        let key = ConnKey { client: self.me, server: to, lane };
        if let Some(state) = self.core.conns.get(&key) {
            let conn = Conn { client: self.me, server: to, lane, generation: state.generation };
            self.core.close_conn(conn, Some(self.me), CloseWhy::Closed);
        }
    }

    /// Closes a connection that another process opened to this one. It learns so one delay later.
    pub fn drop_conn(&mut self, conn: Conn) {
        self.core.close_conn(conn, Some(self.me), CloseWhy::Closed);
    }

    /// Arms a timer whose event belongs to the present chain of causes; a timer of the same name is replaced.
    pub fn set_timer(&mut self, key: N::Timer, after: Micros) {
        self.arm(key, after, None);
    }

    /// Arms a timer that begins a chain of its own: the tick of a clock.
    pub fn set_clock(&mut self, key: N::Timer, after: Micros) {
        self.arm(key, after, Some(EventId(0)));
    }

    fn arm(&mut self, key: N::Timer, after: Micros, root: Option<EventId>) {
        let at = self.core.now + after;
        let seq = self.core.schedule(at, Event::Timer { node: self.me, key }, root);
        self.core.procs[self.me.0 as usize].timers.insert(key, seq);
    }

    /// Disarms a timer.
    pub fn cancel_timer(&mut self, key: N::Timer) {
        self.core.procs[self.me.0 as usize].timers.remove(&key);
    }

    /// Whether a timer is armed.
    #[must_use]
    pub fn timer_armed(&self, key: N::Timer) -> bool {
        self.core.procs[self.me.0 as usize].timers.contains_key(&key)
    }

    /// States something for the trace.
    pub fn note(&mut self, note: N::Note) {
        self.core.note(Some(self.me), Note::Domain(note));
    }

    /// A number in `0..n` from this process's stream for `concern`.
    pub fn draw(&mut self, concern: u64, n: u64) -> u64 {
        self.core.draw(concern.wrapping_add(16), u64::from(self.me.0), n)
    }

    /// A number that nothing else in this world gets.
    pub fn next_serial(&mut self) -> RecordSerial {
        self.core.next_serial += 1;
        self.core.next_serial - 1
    }

    /// Ends this process in an orderly way once the handler returns.
    pub fn exit(&mut self) {
        self.core.exiting = Some(self.me);
    }
}

/// SplitMix64's finaliser.
const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A rolling hash that is the same on every machine (integers are fed in as 64-bit numbers).
#[derive(Clone, Copy)]
pub(super) struct Digest(pub u64);

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n));
    }
    fn write_u16(&mut self, n: u16) {
        self.write_u64(u64::from(n));
    }
    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x517C_C1B7_2722_0A95);
    }
    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
    fn write_isize(&mut self, n: isize) {
        self.write_u64(n as u64);
    }
}
