//! Connections as a client knows them: which are up, and when it may try a broken one again (`ClusterConnectionStates`,
//! `NetworkClient.leastLoadedNode`).
//!
//! ```text
//!           send                answer
//!  idle ──────────▶ connecting ────────▶ up        closed: idle, and not tried again before
//!   ▲                   │               │          reconnect.backoff.ms, twice as long after each
//!   └──────closed───────┴───────closed──┘          failure in a row, at most reconnect.backoff.max.ms
//! ```
//!
//! A connection has no handshake here: the first request is the attempt, and its answer says that the connection is up.
//!
//! Not modelled: `socket.connection.setup.timeout.ms` (an attempt at a silent host takes as long as a request may),
//! `connections.max.idle.ms`, several addresses of a name.

use std::collections::BTreeMap;

use crate::engine::{Lane, Micros, NodeId};
use crate::kafka::Cx;
use crate::kafka::config::{Configs, Family};

/// Draws of a client that have to do with the time between two attempts to connect.
const RECONNECT: u64 = 3;
/// Draws of a client that choose among nodes.
const CHOICE: u64 = 4;

/// The connections of one client. By default it keeps no account of them, and all may be used at any time.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    wait: Option<Wait>,
    links: BTreeMap<(NodeId, Lane), Link>,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    first: Micros,
    most: Micros,
    family: Family,
}

#[derive(Clone, Copy, Debug, Default)]
struct Link {
    state: State,
    /// Attempts in a row that failed.
    failures: u32,
    /// The last attempt, or the end of the connection.
    last: Micros,
    /// No new attempt before this time.
    until: Micros,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Connecting,
    Up,
}

/// Whom a client would ask next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeastLoaded {
    /// The node; none = no node can take a request now.
    pub node: Option<NodeId>,
    /// There is a node to ask, or at least a connection that is up.
    pub reachable: bool,
}

impl Links {
    pub fn keep(&mut self, configs: &Configs) {
        let (first, most) = (configs.ms("reconnect.backoff.ms"), configs.ms("reconnect.backoff.max.ms"));
        self.wait = Some(Wait { first, most: most.max(first), family: configs.family() });
    }

    pub fn asked(&mut self, now: Micros, node: NodeId, lane: Lane) {
        if self.wait.is_some() {
            let link = self.links.entry((node, lane)).or_default();
            if link.state == State::Idle {
                (link.state, link.last) = (State::Connecting, now);
            }
        }
    }

    pub fn answered(&mut self, node: NodeId, lane: Lane) {
        if let Some(link) = self.links.get_mut(&(node, lane)) {
            *link = Link { state: State::Up, failures: 0, until: Micros::ZERO, ..*link };
        }
    }

    pub fn closed(&mut self, cx: &mut Cx<'_>, node: NodeId, lane: Lane) {
        let Some(wait) = self.wait else { return };
        let link = self.links.entry((node, lane)).or_default();
        let pause = wait.after(cx, link.failures);
        let (last, until) = (cx.now(), cx.now() + pause);
        *link = Link { state: State::Idle, failures: link.failures + 1, last, until };
    }

    /// Until when a node is left alone; none = it may be asked now.
    pub fn until(&self, now: Micros, node: NodeId, lane: Lane) -> Option<Micros> {
        let link = self.links.get(&(node, lane))?;
        (link.state == State::Idle && now < link.until).then_some(link.until)
    }

    /// When the next connection may be tried that rests now.
    pub fn next(&self, now: Micros) -> Option<Micros> {
        let rests = |link: &&Link| link.state == State::Idle && now < link.until;
        self.links.values().filter(rests).map(|link| link.until).min()
    }

    /// A node that is connected and has the fewest requests out; else one to which a connection is being made; else, of those that may be
    /// tried, the one that was not for longest. The first to be looked at is drawn. `most`: requests that a connection may have out.
    pub fn least_loaded(
        &self,
        cx: &mut Cx<'_>,
        nodes: &[NodeId],
        lane: Lane,
        most: usize,
        load: impl Fn(NodeId) -> usize,
    ) -> LeastLoaded {
        let (count, now) = (nodes.len(), cx.now());
        let first = if count > 1 { cx.draw(CHOICE, count as u64) as usize } else { 0 };
        let in_turn = || nodes.iter().cycle().skip(first).take(count).copied();
        let link = |node: NodeId| self.links.get(&(node, lane)).copied().unwrap_or_default();
        let in_state = |state| in_turn().filter(move |node| link(*node).state == state);
        let up = in_state(State::Up).filter(|node| load(*node) < most).min_by_key(|node| load(*node));
        let node = up.or_else(|| in_state(State::Connecting).last()).or_else(|| {
            in_state(State::Idle)
                .filter(|node| self.until(now, *node, lane).is_none())
                .min_by_key(|node| link(*node).last)
        });
        LeastLoaded { node, reachable: node.is_some() || in_state(State::Up).next().is_some() }
    }
}

impl Wait {
    /// How long a client waits after so many failures before this one: Java 20 % more or less, librdkafka 25 % less to 50 % more.
    fn after(self, cx: &mut Cx<'_>, failures: u32) -> Micros {
        let (least, spread) = match self.family {
            Family::Java => (80_000, 40_001),
            Family::Librdkafka => (75_000, 75_001),
        };
        let doubled = Micros(self.first.0.saturating_mul(1 << failures.min(20))).min(self.most);
        Micros(doubled.0.saturating_mul(least + cx.draw(RECONNECT, spread)) / 100_000).min(self.most)
    }
}
