//! The ensemble as one process: sessions, watches, and a service time for each request.
//!
//! ```text
//!  b1 ──request──▶ 1 ms ──▶ tree ──▶ answer
//!                            │
//!                            └─▶ watches of that znode: one message each, then the watch is gone
//! ```
//!
//! A long run of requests comes as one message. It takes as long as its requests would, some of them under way at once, and all of it
//! happens when the last would be done.
//!
//! A session lives as long as something is heard from its client at least every session timeout, by the ensemble's clock; a broken
//! connection does not end it. While the ensemble is down nothing expires, and when it is back every session gets its full time anew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::{Data, Mirror, Op, Path, Reply, SessionId, Touched, Tree, WatchKind, ZkMessage};
use crate::engine::{CloseWhy, Conn, Envelope, Loss, Micros, NodeId};
use crate::kafka::config::Configs;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Body, Command, Cx, Image, Note, Timer, cost};

/// A client's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub node: NodeId,
    /// How long it lives without a sign of life.
    pub timeout: Micros,
    /// The last sign of life.
    pub heard: Micros,
}

/// The ensemble.
#[derive(Clone, Debug)]
pub struct ZooKeeper {
    configs: Configs,
    disk: Disk,
    vol: Volatile,
}

#[derive(Clone, Debug, Default)]
struct Disk {
    tree: Tree,
    sessions: BTreeMap<SessionId, Session>,
    last_session: u64,
    mirror: Mirror,
}

#[derive(Clone, Debug, Default)]
struct Volatile {
    conns: BTreeMap<SessionId, Conn>,
    watches: BTreeMap<(Path, WatchKind), BTreeSet<SessionId>>,
    /// Requests in service, and when each is done; the first to be done comes first.
    service: VecDeque<(Micros, Arc<Envelope<Body>>)>,
}

impl ZooKeeper {
    /// An ensemble that has never run.
    #[must_use]
    pub fn new(configs: Configs) -> Self {
        Self { configs, disk: Disk::default(), vol: Volatile::default() }
    }

    /// Its settings (none has an effect).
    #[must_use]
    pub const fn configs(&self) -> &Configs {
        &self.configs
    }

    /// Its settings, to be changed while it is down.
    pub const fn configs_mut(&mut self) -> &mut Configs {
        &mut self.configs
    }

    /// All znodes.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.disk.tree
    }

    /// Sessions that have not ended, by number.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.disk.sessions.iter().map(|(id, session)| (*id, session))
    }

    /// The session of a process.
    #[must_use]
    pub fn session_of(&self, node: NodeId) -> Option<SessionId> {
        self.disk.sessions.iter().rev().find(|(_, session)| session.node == node).map(|(id, _)| *id)
    }

    /// What is watched, and by which sessions.
    pub fn watches(&self) -> impl Iterator<Item = (Path, WatchKind, SessionId)> + '_ {
        let all = self.vol.watches.iter();
        all.flat_map(|((path, kind), who)| who.iter().map(move |session| (*path, *kind, *session)))
    }

    /// What the znodes say about the cluster.
    #[must_use]
    pub const fn image(&self) -> &Arc<Image> {
        self.disk.mirror.image()
    }

    /// Who is the controller, and since which change of it.
    #[must_use]
    pub fn controller(&self) -> Option<NodeId> {
        match self.disk.tree.get(Path::Controller).map(|znode| &znode.data) {
            Some(Data::Controller(node)) => Some(*node),
            _ => None,
        }
    }

    /// `/controller_epoch`; 0 before the first controller.
    #[must_use]
    pub fn controller_epoch(&self) -> i32 {
        match self.disk.tree.get(Path::ControllerEpoch).map(|znode| &znode.data) {
            Some(Data::ControllerEpoch(epoch)) => *epoch,
            _ => 0,
        }
    }

    /// Whether it has requests in service.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !self.vol.service.is_empty()
    }

    // ---- engine ----

    /// There is a quorum (again): every session gets its full time.
    pub fn start(&mut self, cx: &mut Cx<'_>) {
        self.vol = Volatile::default();
        for session in self.disk.sessions.values_mut() {
            session.heard = cx.now();
        }
        self.arm_sessions(cx);
    }

    /// The quorum is lost. What was agreed stays.
    pub fn crash(&mut self, _loss: Loss) {
        self.vol = Volatile::default();
    }

    /// A message from a client: it takes its time, in the order of arrival.
    pub fn on_message(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let Body::ZooKeeper(body) = &message.body else { return };
        match body {
            ZkMessage::Ping => {
                self.hear(cx, message.conn);
                cx.answer(message.conn, message.id, true, Body::ZooKeeper(ZkMessage::Pinged));
            }
            _ => {
                self.hear(cx, message.conn);
                let done = cx.now() + service_time(message, cx.now());
                let place = self.vol.service.partition_point(|(earlier, _)| *earlier <= done);
                self.vol.service.insert(place, (done, Arc::new(message.clone())));
                if place == 0 {
                    cx.set_timer(Timer::ZooKeeperService, done.since(cx.now()));
                }
            }
        }
    }

    /// A timer fired.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>, key: Timer) {
        match key {
            Timer::ZooKeeperService => {
                while self.vol.service.front().is_some_and(|(done, _)| *done <= cx.now()) {
                    if let Some((_, message)) = self.vol.service.pop_front() {
                        self.serve(cx, &message);
                    }
                }
                if let Some((done, _)) = self.vol.service.front() {
                    cx.set_timer(Timer::ZooKeeperService, done.since(cx.now()));
                }
            }
            Timer::ZooKeeperSessions => self.expire_sessions(cx),
            _ => {}
        }
    }

    /// A connection is gone. Its session goes on, without watches: the client brings them again.
    pub fn on_closed(&mut self, _cx: &mut Cx<'_>, conn: Conn, _why: CloseWhy) {
        let gone: Vec<SessionId> =
            self.vol.conns.iter().filter(|(_, of)| **of == conn).map(|(session, _)| *session).collect();
        for session in gone {
            self.vol.conns.remove(&session);
            self.forget_watches(session);
        }
        self.vol.service.retain(|(_, message)| message.conn != conn);
    }

    /// Nobody asks anything of it from outside.
    pub fn on_command(&mut self, _cx: &mut Cx<'_>, _command: Command) {}

    // ---- sessions ----

    fn hear(&mut self, cx: &Cx<'_>, conn: Conn) {
        let session = self.vol.conns.iter().find(|(_, of)| **of == conn).map(|(session, _)| *session);
        if let Some(session) = session.and_then(|id| self.disk.sessions.get_mut(&id)) {
            session.heard = cx.now();
        }
    }

    fn arm_sessions(&self, cx: &mut Cx<'_>) {
        match self.disk.sessions.values().map(|session| session.heard + session.timeout).min() {
            Some(at) => cx.set_clock(Timer::ZooKeeperSessions, at.since(cx.now())),
            None => cx.cancel_timer(Timer::ZooKeeperSessions),
        }
    }

    fn expire_sessions(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        let over: Vec<SessionId> = self
            .disk
            .sessions
            .iter()
            .filter(|(_, session)| session.heard + session.timeout <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in over {
            if let Some(session) = self.disk.sessions.get(&id) {
                cx.note(Note::ZkSessionExpired { node: session.node });
            }
            let conn = self.vol.conns.get(&id).copied();
            self.end_session(cx, id);
            if let Some(conn) = conn {
                cx.drop_conn(conn);
            }
        }
        self.arm_sessions(cx);
    }

    /// Its ephemeral znodes go.
    fn end_session(&mut self, cx: &mut Cx<'_>, id: SessionId) {
        self.vol.conns.remove(&id);
        self.forget_watches(id);
        self.disk.sessions.remove(&id);
        let owned = self.disk.tree.owned_by(id);
        for path in owned.into_iter().filter(|_| !mutant::on(Mutant::KeepsEphemerals)) {
            self.perform(cx, id, &Op::Delete { path });
        }
    }

    fn forget_watches(&mut self, session: SessionId) {
        for who in self.vol.watches.values_mut() {
            who.remove(&session);
        }
        self.vol.watches.retain(|_, who| !who.is_empty());
    }

    fn connect(
        &mut self,
        cx: &mut Cx<'_>,
        message: &Envelope<Body>,
        session: Option<SessionId>,
        timeout: Micros,
        watches: &[(Path, WatchKind)],
        seen: i64,
    ) {
        let zxid = self.disk.tree.zxid();
        let answer = |session| Body::ZooKeeper(ZkMessage::Connected { session, zxid });
        let id = match session {
            Some(id) if !self.disk.sessions.contains_key(&id) => {
                cx.answer(message.conn, message.id, false, answer(None));
                return;
            }
            Some(id) => id,
            None => {
                self.disk.last_session += 1;
                SessionId(self.disk.last_session)
            }
        };
        let (node, heard) = (message.from, cx.now());
        self.disk.sessions.insert(id, Session { node, timeout, heard });
        self.vol.conns.insert(id, message.conn);
        self.arm_sessions(cx);
        cx.answer(message.conn, message.id, false, answer(Some(id)));
        for &(path, kind) in watches {
            self.watch(path, kind, id);
            if self.changed_since(path, kind, seen) {
                self.fire(cx, (path, kind), Some(id));
            }
        }
    }

    // ---- requests ----

    fn serve(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let Body::ZooKeeper(body) = &message.body else { return };
        match body {
            ZkMessage::Connect { session, timeout_ms, watches, seen } => {
                self.connect(cx, message, *session, Micros::ms(*timeout_ms), watches, *seen);
            }
            ZkMessage::Close { session } => {
                self.end_session(cx, *session);
                cx.answer(message.conn, message.id, false, Body::ZooKeeper(ZkMessage::Closed));
            }
            ZkMessage::Request { session, ops, .. } => {
                let alive = self.disk.sessions.contains_key(session);
                let mut serve = |op| {
                    if !alive {
                        return Reply::Refused(super::Refusal::SessionExpired);
                    }
                    self.set_watch(*session, op);
                    self.perform(cx, *session, op)
                };
                let replies = ops.iter().map(&mut serve).collect();
                let (api, zxid) = (body.api(), self.disk.tree.zxid());
                let body = Body::ZooKeeper(ZkMessage::Replied { api, replies, zxid });
                cx.answer(message.conn, message.id, message.quiet, body);
            }
            _ => {}
        }
    }

    fn perform(&mut self, cx: &mut Cx<'_>, session: SessionId, op: &Op) -> Reply {
        let mut touched: Vec<Touched> = Vec::new();
        let reply = self.disk.tree.perform(session, op, &mut touched);
        for (path, kind) in touched {
            if kind == WatchKind::Node {
                cx.note(Note::ZnodeChanged { path });
                self.disk.mirror.take_in(cx, path, &self.disk.tree);
            }
            self.fire(cx, (path, kind), None);
        }
        reply
    }

    /// A read with a watch. One on contents that are not there is not set; one on existence is.
    fn set_watch(&mut self, session: SessionId, op: &Op) {
        match *op {
            Op::Get { path, watch: true } if self.disk.tree.get(path).is_some() => {
                self.watch(path, WatchKind::Node, session);
            }
            Op::Exists { path, watch: true } => self.watch(path, WatchKind::Node, session),
            Op::Children { path, watch: true } => self.watch(path, WatchKind::Children, session),
            _ => {}
        }
    }

    fn watch(&mut self, path: Path, kind: WatchKind, session: SessionId) {
        self.vol.watches.entry((path, kind)).or_default().insert(session);
    }

    /// Whether a client that knows the history up to `seen` has missed something.
    fn changed_since(&self, path: Path, kind: WatchKind, seen: i64) -> bool {
        match (self.disk.tree.get(path), kind) {
            (Some(znode), WatchKind::Node) => znode.modified > seen,
            (Some(znode), WatchKind::Children) => znode.children_changed > seen,
            // It went, or it was never there; the client looks for itself.
            (None, _) => true,
        }
    }

    /// Tells those who watch, once.
    fn fire(&mut self, cx: &mut Cx<'_>, touched: Touched, only: Option<SessionId>) {
        let Some(who) = self.vol.watches.get_mut(&touched) else { return };
        let told: Vec<SessionId> = match only {
            Some(session) => who.take(&session).into_iter().collect(),
            None => std::mem::take(who).into_iter().collect(),
        };
        if who.is_empty() {
            self.vol.watches.remove(&touched);
        }
        let ((path, kind), zxid) = (touched, self.disk.tree.zxid());
        for session in told {
            if let Some(conn) = self.vol.conns.get(&session) {
                cx.push(*conn, false, Body::ZooKeeper(ZkMessage::Watched { path, kind, zxid }));
            }
        }
    }
}

/// How long a message is in service. A run of requests makes rounds, each of as many as may be under way at once; between two rounds lie
/// the way back of an answer and the way here of the next request.
fn service_time(message: &Envelope<Body>, now: Micros) -> Micros {
    let rounds = match &message.body {
        Body::ZooKeeper(ZkMessage::Request { ops, at_once, .. }) => ops.len().div_ceil((*at_once).max(1)),
        _ => 1,
    };
    let rounds = u64::try_from(rounds).unwrap_or(u64::MAX).max(1);
    let ways = 2 * now.since(message.sent_at).0;
    Micros(rounds * cost::ZOOKEEPER_REQUEST.0 + (rounds - 1) * ways)
}
