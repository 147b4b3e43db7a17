//! A broker's client of ZooKeeper: one session, a few requests in flight at once, watches, reconnection.
//!
//! Requests come in batches; a batch is handed back when all of its answers are there (`KafkaZkClient`'s pipelines). After a broken
//! connection the client goes on with its session and asks again what was not answered. Once the session has expired everything that
//! was asked is void, and a new session begins when the owner says so.
//!
//! A batch of more than 1,000 requests leaves in runs of 500, each one message that takes the time of its requests: a controller that
//! reads 100,000 states would drown everything else in messages.
//!
//! Not modelled: what becomes of a run is all or nothing where its client or its connection ends in the middle of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Op, Path, Refusal, Reply, SessionId, WatchKind, ZkMessage};
use crate::engine::{Conn, Envelope, Micros, MsgId, NodeId};
use crate::kafka::client::ZOOKEEPER;
use crate::kafka::{Body, Cx, Timer};

/// Requests of a batch that leave one by one, at most.
const LONG: usize = 1_000;
/// Requests of a run.
const RUN: usize = 500;

/// Before the next attempt to connect.
const RECONNECT: Micros = Micros::secs(1);

/// What the client's owner should know.
#[derive(Clone, Debug)]
pub enum Heard<T> {
    /// There is a session; `fresh`: a new one.
    Connected {
        /// It is another session than before.
        fresh: bool,
    },
    /// The session is over, with everything that was asked in it.
    Expired(Vec<T>),
    /// A watched znode, or its children, changed; or may have, while the connection was broken.
    Watched(Path, WatchKind),
    /// A batch is complete: answers in the order of its requests.
    Done(T, Vec<Reply>),
    /// The session was closed.
    Closed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Link {
    /// Not asked for.
    #[default]
    Idle,
    /// Asked for since then.
    Connecting,
    /// It stands.
    Up,
    /// The next attempt comes with the timer.
    Down,
}

/// A request, or a run of them.
#[derive(Clone, Debug)]
struct Item {
    batch: u64,
    ops: Arc<[Op]>,
    quiet: bool,
}

#[derive(Clone, Debug)]
struct Batch<T> {
    left: usize,
    /// By the item that they answer.
    replies: BTreeMap<u64, Arc<[Reply]>>,
    then: Arc<T>,
}

/// The client. `T` says what a batch was for.
#[derive(Clone, Debug)]
pub struct Client<T> {
    ensemble: Option<NodeId>,
    timeout: Micros,
    /// `zookeeper.max.in.flight.requests`.
    most: usize,
    session: Option<SessionId>,
    link: Link,
    heard: Micros,
    next: u64,
    /// Everything that is asked and not answered, in order; from `unsent` on it has not left.
    items: BTreeMap<u64, Item>,
    unsent: u64,
    in_flight: BTreeMap<MsgId, u64>,
    batches: BTreeMap<u64, Batch<T>>,
    watches: BTreeSet<(Path, WatchKind)>,
    seen: i64,
}

impl<T> Default for Client<T> {
    fn default() -> Self {
        Self {
            ensemble: None,
            timeout: Micros::ZERO,
            most: 1,
            session: None,
            link: Link::Idle,
            heard: Micros::ZERO,
            next: 0,
            items: BTreeMap::new(),
            unsent: 0,
            in_flight: BTreeMap::new(),
            batches: BTreeMap::new(),
            watches: BTreeSet::new(),
            seen: 0,
        }
    }
}

impl<T: Clone> Client<T> {
    /// Its session, as far as it knows.
    #[must_use]
    pub const fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// Whether it can talk to the ensemble now, as far as it knows.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.link == Link::Up
    }

    /// Whether anything was asked that is not answered.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !self.items.is_empty()
    }

    /// Begins a session: with so long a time-out, and at most so many requests in flight.
    pub fn start(&mut self, cx: &mut Cx<'_>, ensemble: NodeId, timeout: Micros, most: usize) {
        (self.ensemble, self.timeout, self.most) = (Some(ensemble), timeout, most);
        self.session = None;
        self.connect(cx);
    }

    fn connect(&mut self, cx: &mut Cx<'_>) {
        let Some(ensemble) = self.ensemble else { return };
        self.link = Link::Connecting;
        self.heard = cx.now();
        let watches = self.watches.iter().copied().collect();
        let (session, timeout_ms, seen) = (self.session, self.timeout.0 / 1000, self.seen);
        let body = ZkMessage::Connect { session, timeout_ms, watches, seen };
        cx.send(ensemble, ZOOKEEPER, false, Body::ZooKeeper(body));
        // With three servers a third of the session is the time for each attempt.
        cx.set_clock(Timer::ZooKeeper, Micros(self.timeout.0 / 3));
    }

    /// Asks for a batch. All but the first of its requests say nothing new to those who look on.
    pub fn ask(&mut self, cx: &mut Cx<'_>, ops: Vec<Op>, then: T) {
        let batch = self.next;
        self.next += 1;
        let most = if ops.len() > LONG { RUN } else { 1 };
        let mut left = 0;
        for alike in ops.chunk_by(|a, b| a.api() == b.api()) {
            for run in alike.chunks(most) {
                self.items.insert(self.next, Item { batch, ops: run.into(), quiet: left > 0 });
                self.next += 1;
                left += 1;
            }
        }
        self.batches.insert(batch, Batch { left, replies: BTreeMap::new(), then: Arc::new(then) });
        self.send(cx);
    }

    /// Whether what comes next may leave: at most so many requests are under way; a run is as many.
    fn has_room(&self, next: &Item) -> bool {
        let runs = |at: &u64| self.items.get(at).is_some_and(|item| item.ops.len() > 1);
        let full = next.ops.len() > 1 || self.in_flight.values().any(runs);
        self.in_flight.len() < if full { 1 } else { self.most }
    }

    fn send(&mut self, cx: &mut Cx<'_>) {
        let Some((ensemble, session)) = self.ensemble.zip(self.session) else { return };
        while self.link == Link::Up {
            let Some((&at, item)) = self.items.range(self.unsent..).next() else { return };
            if !self.has_room(item) {
                return;
            }
            let (ops, quiet, at_once) = (Arc::clone(&item.ops), item.quiet, self.most);
            for op in &*ops {
                match op {
                    Op::Get { path, watch: true } | Op::Exists { path, watch: true } => {
                        self.watches.insert((*path, WatchKind::Node));
                    }
                    Op::Children { path, watch: true } => {
                        self.watches.insert((*path, WatchKind::Children));
                    }
                    _ => {}
                }
            }
            let api = ops.first().map_or("ZkMulti", Op::api);
            let body = ZkMessage::Request { session, api, ops, at_once };
            let msg = cx.send(ensemble, ZOOKEEPER, quiet, Body::ZooKeeper(body));
            self.in_flight.insert(msg, at);
            self.unsent = at + 1;
        }
    }

    /// Forgets what was asked for these purposes: nobody waits for the answers.
    pub fn forget(&mut self, is_void: impl Fn(&T) -> bool) {
        self.batches.retain(|_, batch| !is_void(&batch.then));
        let batches = &self.batches;
        // What has left stays in the count of requests in flight until it is answered.
        let (unsent, flying) = (self.unsent, &self.in_flight);
        self.items.retain(|at, item| {
            batches.contains_key(&item.batch) || (*at < unsent && flying.values().any(|sent| sent == at))
        });
    }

    /// Ends the session; its ephemeral znodes go at once. False: there is none to end.
    pub fn close(&mut self, cx: &mut Cx<'_>) -> bool {
        let (Some(ensemble), Some(session), Link::Up) = (self.ensemble, self.session, self.link) else {
            return false;
        };
        cx.send(ensemble, ZOOKEEPER, false, Body::ZooKeeper(ZkMessage::Close { session }));
        true
    }

    /// Something came from the ensemble.
    pub fn on_message(
        &mut self,
        cx: &mut Cx<'_>,
        message: &Envelope<Body>,
        body: &ZkMessage,
    ) -> Option<Heard<T>> {
        self.heard = cx.now();
        match body {
            ZkMessage::Connected { session: Some(session), zxid } => {
                let fresh = self.session != Some(*session);
                (self.session, self.link) = (Some(*session), Link::Up);
                self.seen = self.seen.max(*zxid);
                cx.set_clock(Timer::ZooKeeper, Micros(self.timeout.0 / 3));
                self.send(cx);
                Some(Heard::Connected { fresh })
            }
            ZkMessage::Connected { session: None, .. } => Some(self.expire(cx)),
            ZkMessage::Replied { replies, .. }
                if matches!(replies.first(), Some(Reply::Refused(Refusal::SessionExpired))) =>
            {
                Some(self.expire(cx))
            }
            ZkMessage::Replied { replies, zxid, .. } => {
                self.seen = self.seen.max(*zxid);
                let done = message.answers.and_then(|request| self.answered(request, replies));
                self.send(cx);
                done
            }
            ZkMessage::Watched { path, kind, zxid } => {
                self.seen = self.seen.max(*zxid);
                self.watches.remove(&(*path, *kind)).then_some(Heard::Watched(*path, *kind))
            }
            ZkMessage::Closed => Some(Heard::Closed),
            _ => None,
        }
    }

    fn answered(&mut self, request: MsgId, replies: &Arc<[Reply]>) -> Option<Heard<T>> {
        let at = self.in_flight.remove(&request)?;
        let item = self.items.remove(&at)?;
        for (op, reply) in item.ops.iter().zip(&**replies) {
            if let (Op::Get { path, watch: true }, Some(Refusal::NoNode)) = (op, reply.refusal()) {
                self.watches.remove(&(*path, WatchKind::Node));
            }
        }
        let batch = self.batches.get_mut(&item.batch)?;
        batch.replies.insert(at, Arc::clone(replies));
        batch.left -= 1;
        if batch.left > 0 {
            return None;
        }
        let batch = self.batches.remove(&item.batch)?;
        let replies = batch.replies.values().flat_map(|run| run.iter().cloned()).collect();
        Some(Heard::Done(Arc::unwrap_or_clone(batch.then), replies))
    }

    fn expire(&mut self, cx: &mut Cx<'_>) -> Heard<T> {
        let batches = std::mem::take(&mut self.batches);
        if let Some(ensemble) = self.ensemble {
            cx.close(ensemble, ZOOKEEPER);
        }
        cx.cancel_timer(Timer::ZooKeeper);
        let (ensemble, timeout, next) = (self.ensemble, self.timeout, self.next);
        *self = Self { ensemble, timeout, next, unsent: next, ..Self::default() };
        Heard::Expired(batches.into_values().map(|batch| Arc::unwrap_or_clone(batch.then)).collect())
    }

    /// The connection is gone. The session may go on.
    pub fn on_closed(&mut self, cx: &mut Cx<'_>, conn: Conn) {
        let (Some(ensemble), true) = (self.ensemble, conn.client == cx.me()) else { return };
        if conn.server == ensemble && conn.lane == ZOOKEEPER && self.link != Link::Idle {
            self.hang_up(cx);
        }
    }

    fn hang_up(&mut self, cx: &mut Cx<'_>) {
        self.link = Link::Down;
        self.in_flight.clear();
        self.unsent = self.items.keys().next().copied().unwrap_or(self.next);
        cx.set_clock(Timer::ZooKeeper, RECONNECT);
    }

    /// [`Timer::ZooKeeper`]: a sign of life, a silence that lasts too long, or another attempt.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>) {
        let Some(ensemble) = self.ensemble else { return };
        let third = Micros(self.timeout.0 / 3);
        match self.link {
            Link::Idle => {}
            Link::Down => self.connect(cx),
            Link::Connecting => {
                cx.close(ensemble, ZOOKEEPER);
                self.hang_up(cx);
            }
            Link::Up if cx.now().since(self.heard) >= third + third => {
                cx.close(ensemble, ZOOKEEPER);
                self.hang_up(cx);
            }
            Link::Up => {
                cx.send(ensemble, ZOOKEEPER, true, Body::ZooKeeper(ZkMessage::Ping));
                cx.set_clock(Timer::ZooKeeper, third);
            }
        }
    }
}
