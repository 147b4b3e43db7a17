//! Requests that wait for an answer, with their time limits.

use std::collections::BTreeMap;

use super::links::{LeastLoaded, Links};
use crate::engine::{Conn, Envelope, Lane, Micros, MsgId, NodeId};
use crate::kafka::config::Configs;
use crate::kafka::{Body, Cx, Note, Timer};

/// Outstanding requests of one process. `T` is what the process wants to remember with each.
///
/// Kafka's `NetworkClient`: a request that is not answered within its time limit closes its connection, and every request on
/// that connection fails with it.
#[derive(Clone, Debug)]
pub struct Requests<T> {
    waiting: BTreeMap<MsgId, Waiting<T>>,
    links: Links,
}

#[derive(Clone, Debug)]
struct Waiting<T> {
    to: NodeId,
    lane: Lane,
    api: &'static str,
    deadline: Micros,
    what: T,
}

/// A request that will get no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost<T> {
    /// The request.
    pub msg: MsgId,
    /// To whom it went.
    pub to: NodeId,
    /// Its time limit passed (otherwise: the connection broke).
    pub timed_out: bool,
    /// What the process wanted to remember.
    pub what: T,
}

impl<T> Default for Requests<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), links: Links::default() }
    }
}

impl<T> Requests<T> {
    /// From now on broken connections rest before they are tried again (`reconnect.backoff.ms`).
    pub fn keep_links(&mut self, configs: &Configs) {
        self.links.keep(configs);
    }

    /// Until when a node is left alone because its connection broke; none = it may be asked now.
    #[must_use]
    pub fn until(&self, now: Micros, to: NodeId, lane: Lane) -> Option<Micros> {
        self.links.until(now, to, lane)
    }

    /// Whether a node may be asked now. If not, [`Timer::Reconnect`] fires when it may.
    pub fn ready(&self, cx: &mut Cx<'_>, to: NodeId, lane: Lane) -> bool {
        let ready = self.links.until(cx.now(), to, lane).is_none();
        if !ready {
            self.wake(cx);
        }
        ready
    }

    /// [`Timer::Reconnect`] fires when the next broken connection may be tried.
    pub fn wake(&self, cx: &mut Cx<'_>) {
        if let Some(until) = self.links.next(cx.now()) {
            cx.set_timer(Timer::Reconnect, until.since(cx.now()));
        }
    }

    /// Which of these nodes is best asked now; `most` = requests that a connection may have out.
    pub fn least_loaded(&self, cx: &mut Cx<'_>, nodes: &[NodeId], lane: Lane, most: usize) -> LeastLoaded {
        let load = |node| self.waiting.values().filter(|w| w.to == node && w.lane == lane).count();
        self.links.least_loaded(cx, nodes, lane, most, load)
    }

    /// A request without an answer left on this connection.
    pub fn sent_blindly(&mut self, now: Micros, to: NodeId, lane: Lane) {
        self.links.asked(now, to, lane);
    }

    /// Sends a request and waits at most `limit` for its answer.
    #[expect(clippy::too_many_arguments, reason = "to whom, how, what, until when: each call names them all")]
    pub fn send(
        &mut self,
        cx: &mut Cx<'_>,
        to: NodeId,
        lane: Lane,
        quiet: bool,
        body: Body,
        limit: Micros,
        what: T,
    ) -> MsgId {
        let api = crate::engine::Body::api(&body);
        let msg = cx.send(to, lane, quiet, body);
        self.links.asked(cx.now(), to, lane);
        self.waiting.insert(msg, Waiting { to, lane, api, deadline: cx.now() + limit, what });
        self.arm(cx);
        msg
    }

    /// The request that this message answers, if it still waits.
    pub fn answered(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) -> Option<T> {
        let waiting = self.waiting.remove(&message.answers?)?;
        self.links.answered(waiting.to, waiting.lane);
        self.arm(cx);
        Some(waiting.what)
    }

    /// Call on [`Timer::RequestTimeout`]: closes the connections whose oldest request is late, and gives back all that fails with them.
    pub fn expired(&mut self, cx: &mut Cx<'_>) -> Vec<Lost<T>> {
        let now = cx.now();
        let late: Vec<(MsgId, NodeId, Lane, &'static str)> = self
            .waiting
            .iter()
            .filter(|(_, w)| w.deadline <= now)
            .map(|(msg, w)| (*msg, w.to, w.lane, w.api))
            .collect();
        let mut lost = Vec::new();
        for (msg, to, lane, api) in late {
            if self.waiting.contains_key(&msg) {
                cx.note(Note::RequestTimedOut { msg, client: cx.me(), api });
                cx.close(to, lane);
                self.links.closed(cx, to, lane);
                lost.extend(self.fail(to, lane, now));
            }
        }
        self.arm(cx);
        lost
    }

    /// Call when a connection of this process is gone: gives back all that fails with it.
    pub fn closed(&mut self, cx: &mut Cx<'_>, conn: Conn) -> Vec<Lost<T>> {
        if conn.client != cx.me() {
            return Vec::new();
        }
        self.links.closed(cx, conn.server, conn.lane);
        let lost = self.fail(conn.server, conn.lane, Micros::ZERO);
        self.arm(cx);
        lost
    }

    fn fail(&mut self, to: NodeId, lane: Lane, now: Micros) -> Vec<Lost<T>> {
        let ids: Vec<MsgId> =
            self.waiting.iter().filter(|(_, w)| w.to == to && w.lane == lane).map(|(msg, _)| *msg).collect();
        ids.into_iter()
            .filter_map(|msg| {
                let w = self.waiting.remove(&msg)?;
                Some(Lost { msg, to, timed_out: w.deadline <= now, what: w.what })
            })
            .collect()
    }

    /// Closes a connection and forgets what waited on it.
    pub fn drop_lane(&mut self, cx: &mut Cx<'_>, to: NodeId, lane: Lane) {
        cx.close(to, lane);
        self.fail(to, lane, Micros::ZERO);
        self.arm(cx);
    }

    /// Whether anything waits on this connection.
    #[must_use]
    pub fn busy(&self, to: NodeId, lane: Lane) -> bool {
        self.waiting.values().any(|w| w.to == to && w.lane == lane)
    }

    /// What waits, in order of sending.
    pub fn iter(&self) -> impl Iterator<Item = (MsgId, NodeId, &T)> {
        self.waiting.iter().map(|(msg, w)| (*msg, w.to, &w.what))
    }

    /// What waits, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.waiting.values_mut().map(|w| &mut w.what)
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn arm(&self, cx: &mut Cx<'_>) {
        match self.waiting.values().map(|w| w.deadline).min() {
            Some(deadline) => cx.set_timer(Timer::RequestTimeout, deadline.since(cx.now())),
            None => cx.cancel_timer(Timer::RequestTimeout),
        }
    }
}
