//! The network: connections, messages on their way, delays, cuts, and what rules do to them.
//!
//! ```text
//!  p ──▶ #17 ──▶ #18 ─────────▶ b1      a connection keeps the order of each direction;
//!    ◀────────── #16 ◀────────          what is lost on it takes everything behind it along
//! ```

use std::sync::Arc;

use super::core::{Core, Event};
use super::fault::{ConnKey, RuleAction, RuleId};
use super::world::Process;
use super::{CloseWhy, Lane, LossWhy, Micros, MsgId, Node, NodeId, Note, Tier};

/// One connection, as a process names it. A connection that was closed and opened again is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Conn {
    /// Who opened it.
    pub client: NodeId,
    /// To whom.
    pub server: NodeId,
    /// Which of several between the two.
    pub lane: Lane,
    pub(super) generation: u32,
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
    /// A rule took it out of its connection's order: it arrives when released, even if its sender has closed the connection.
    pub stray: bool,
    /// It will be lost at this time (a rule decided when it left).
    pub dies_at: Option<Micros>,
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

impl<N: Node> Core<N> {
    pub(super) fn is_cut(&self, a: NodeId, b: NodeId) -> bool {
        let pair = if a <= b { (a, Some(b)) } else { (b, Some(a)) };
        a != b
            && !self.cuts.is_empty()
            && !self.joined.contains(&(a, b))
            && (self.cuts.contains(&pair) || self.cuts.contains(&(a, None)) || self.cuts.contains(&(b, None)))
    }

    pub(super) fn delay(&mut self, from: NodeId, to: NodeId) -> Micros {
        if from == to {
            return Micros::ZERO; // its own listener
        }
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

    fn direction(&mut self, conn: Conn, from: NodeId) -> Option<&mut Direction> {
        let key = ConnKey { client: conn.client, server: conn.server, lane: conn.lane };
        let state = self.conns.get_mut(&key)?;
        (state.open && state.generation == conn.generation)
            .then(|| if from == conn.client { &mut state.forth } else { &mut state.back })
    }

    pub(super) fn open(&mut self, client: NodeId, server: NodeId, lane: Lane) -> Conn {
        let state = self.conns.get_or_insert_with(ConnKey { client, server, lane }, ConnState::default);
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
        let (mut hold, mut stray) = (false, false);
        if let Some((at, rule)) = verdict.map(|at| (at, self.rules[at].clone())) {
            hold = matches!(rule.action, RuleAction::Hold | RuleAction::HoldOne);
            if rule.action != RuleAction::Hold {
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
                RuleAction::HoldOne => stray = true,
            }
        }
        let due = (self.now + delay).max(in_order);
        if let Some(direction) = self.direction(conn, from) {
            direction.last_due = due;
        }
        self.fly(envelope, due, None);
        if hold {
            self.msgs.hold(id);
        }
        if stray {
            self.msgs.mark_stray(id);
        }
        self.schedule(due, Event::Deliver(id), None);
        id
    }

    fn fly(&mut self, envelope: Arc<Envelope<N::Body>>, due: Micros, dies_at: Option<Micros>) {
        self.msgs.insert(Flight { envelope, due, held: false, stray: false, dies_at });
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
            let stray = self.msgs.get(msg).is_some_and(|f| f.stray && by == Some(f.envelope.from));
            if !stray {
                self.lose(msg, LossWhy::Closed, None);
            }
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
        if let Some(flight) = self.msgs.remove(msg) {
            let quiet = flight.envelope.quiet;
            self.note(Some(flight.envelope.to), Note::MessageLost { msg, why, rule, quiet });
        }
    }

    /// What becomes of a message that reaches the end of its link: handed over, held, kept for a paused process, or lost.
    pub(super) fn arrive(&mut self, msg: MsgId) -> Option<Arc<Envelope<N::Body>>> {
        let flight = self.msgs.get(msg)?;
        let (envelope, rule_holds) = (Arc::clone(&flight.envelope), flight.held);
        let (from, to, conn) = (envelope.from, envelope.to, envelope.conn);
        let cut = self.is_cut(from, to);
        let stray = flight.stray;
        let Some(direction) = self.direction(conn, from) else {
            if stray && rule_holds {
                self.note(Some(to), Note::MessageHeld { msg, rule: None });
                return None;
            }
            return match self.procs[to.0 as usize].state {
                Process::Running | Process::Paused { .. } if stray && !cut => {
                    Some(self.hand_over(msg, envelope))
                }
                _ => {
                    self.lose(msg, LossWhy::Closed, None);
                    None
                }
            };
        };
        if cut || rule_holds || !direction.held.is_empty() {
            direction.held.push(msg);
            self.msgs.hold(msg);
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
            Process::Running | Process::Paused { .. } => Some(self.hand_over(msg, envelope)),
        }
    }

    fn hand_over(&mut self, msg: MsgId, envelope: Arc<Envelope<N::Body>>) -> Arc<Envelope<N::Body>> {
        self.msgs.remove(msg);
        self.note(Some(envelope.to), Note::MessageArrived { msg, quiet: envelope.quiet });
        envelope
    }

    /// Sends what was held on connections that are closed by now on its way again.
    pub(super) fn release_strays(&mut self, only: Option<(NodeId, NodeId)>) {
        let strays: Vec<(MsgId, NodeId, NodeId)> = self
            .msgs
            .values()
            .filter(|f| f.stray && f.held && f.due <= self.now)
            .map(|f| (f.envelope.id, f.envelope.from, f.envelope.to))
            .filter(|(_, from, to)| only.is_none_or(|pair| pair == (*from, *to)))
            .collect();
        for (msg, from, to) in strays {
            let due = self.now + self.delay(from, to);
            if self.msgs.go_on(msg, Some(due)) {
                self.schedule(due, Event::Deliver(msg), None);
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
                    if self.msgs.go_on(msg, Some(due)) {
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
