//! What a handler can do: send, answer, set timers, note and draw.

use std::sync::Arc;

use super::core::{Core, Event};
use super::fault::ConnKey;
use super::wire::Conn;
use super::{CloseWhy, EventId, Lane, Micros, MsgId, Node, NodeId, Note, RecordSerial};

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

    /// Says something on a connection that another process opened to this one, unasked.
    pub fn push(&mut self, conn: Conn, quiet: bool, body: N::Body) -> MsgId {
        self.core.post(conn, self.me, None, quiet, body)
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
        self.core.proc_mut(self.me).timers.insert(key, seq);
    }

    /// Disarms a timer.
    pub fn cancel_timer(&mut self, key: N::Timer) {
        if self.timer_armed(key) {
            self.core.proc_mut(self.me).timers.remove(&key);
        }
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
