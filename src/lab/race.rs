//! What a failover costs, counted since the last server went down: messages, partitions told to brokers, znodes read, metadata records
//! written, and when the last partition had a leader again. The same counts for ZooKeeper and for KRaft.
//!
//! Not modelled: bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lab;
use crate::engine::{Micros, NodeId, Note as EngineNote, Process as Life};
use crate::kafka::zookeeper::ZkMessage;
use crate::kafka::{Body, Note, Role, World};

/// Counts since the last server went down (since t = 0 if none did).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Race {
    /// When that was, in world time.
    since: Micros,
    /// Requests sent by kind, quiet ones too, answers left out.
    messages: BTreeMap<&'static str, u64>,
    /// Partitions or records that brokers took in, each time.
    entries: u64,
    /// Reads of znodes: contents, existence, children.
    znodes_read: u64,
    /// Records of the metadata log, no-ops left out.
    records: u64,
    /// Partitions that nobody alive leads, as far as what is committed says.
    unled: usize,
    /// When there were none any more.
    led_at: Option<Micros>,
    /// Offsets of those records, for what brokers apply.
    offsets: Arc<Vec<i64>>,
    /// Something happened to leaders, or to who is up, since they were counted.
    stale: bool,
    applied: BTreeMap<NodeId, i64>,
}

impl Race {
    /// Requests sent by kind, quiet ones too.
    pub fn messages(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.messages.iter().map(|(api, n)| (*api, *n))
    }

    /// When the last server went down, in world time.
    #[must_use]
    pub const fn since(&self) -> Micros {
        self.since
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.messages.values().sum()
    }

    /// Partitions (ZooKeeper) or records (KRaft) that brokers took in, each time one did.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Reads of znodes.
    #[must_use]
    pub const fn znodes_read(&self) -> u64 {
        self.znodes_read
    }

    /// Records written to the metadata log, no-ops left out.
    #[must_use]
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Partitions that nobody alive leads now.
    #[must_use]
    pub const fn unled(&self) -> usize {
        self.unled
    }

    /// How long it took until every partition had a leader that lives, µs; none while one has not, or if none ever lost its leader.
    #[must_use]
    pub fn led_after(&self) -> Option<u64> {
        self.led_at.filter(|_| self.unled == 0).map(|at| at.since(self.since).0)
    }

    /// Begins anew.
    pub(super) fn begin(&mut self, now: Micros) {
        let (offsets, applied) = (Arc::clone(&self.offsets), std::mem::take(&mut self.applied));
        *self = Self { since: now, offsets, applied, ..Self::default() };
    }

    /// Takes in one note.
    pub(super) fn take_in(&mut self, world: &World, at: Micros, note: &EngineNote<Note>) {
        match note {
            EngineNote::MessageSent { msg, api, answer: None, .. } => {
                let carried = world.flight(*msg).map_or(1, |flight| requests(&flight.envelope.body));
                *self.messages.entry(api).or_default() += carried;
                if matches!(*api, "ZkGet" | "ZkExists" | "ZkChildren") {
                    self.znodes_read += carried;
                }
            }
            EngineNote::NodeCrashed { node, .. } | EngineNote::NodeStopped { node }
                if matches!(world.shared().role(*node), Some(Role::Broker | Role::Controller)) =>
            {
                self.begin(at);
                self.stale = true;
            }
            EngineNote::NodeStarted { .. } => self.stale = true,
            EngineNote::Domain(note) => self.domain(note),
            _ => {}
        }
    }

    fn domain(&mut self, note: &Note) {
        match note {
            Note::ControlApplied { entries, .. } => self.entries += u64::from(*entries),
            Note::MetadataAppended { offset, .. } => {
                self.records += 1;
                Arc::make_mut(&mut self.offsets).push(offset.0);
            }
            Note::MetadataApplied { node, offset } => {
                let before = self.applied.insert(*node, offset.0).unwrap_or(-1);
                let upto = |offset: i64| self.offsets.partition_point(|known| *known <= offset);
                self.entries += u64::try_from(upto(offset.0).saturating_sub(upto(before))).unwrap_or(0);
            }
            Note::LeaderElected { .. } | Note::LeaderLost { .. } => self.stale = true,
            _ => {}
        }
    }

    /// Counts partitions that nobody leads, or whose leader is down, once a turn; what each broker leads is counted already.
    pub(super) fn look(&mut self, world: &World, at: Micros) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let image = super::cel::committed_image(world);
        let down = |node: &NodeId| matches!(world.process(*node), Life::Down { .. });
        let dead: usize =
            world.shared().of_role(Role::Broker).filter(down).map(|node| image.leaders_on(node)).sum();
        let unled = image.leaderless().len() + dead;
        if unled == 0 && self.unled > 0 {
            self.led_at = Some(at);
        }
        self.unled = unled;
    }
}

/// Requests that a message stands for: a run of them to ZooKeeper is one message.
fn requests(body: &Body) -> u64 {
    match body {
        Body::ZooKeeper(ZkMessage::Request { ops, .. }) => u64::try_from(ops.len()).unwrap_or(u64::MAX),
        _ => 1,
    }
}

impl Lab {
    /// Partitions that there are, those of internal topics left out.
    #[must_use]
    pub fn partition_total(&self) -> u32 {
        let (world, image) = (&self.state.world, super::cel::committed_image(&self.state.world));
        let own = image.topics.keys().filter(|topic| !world.shared().topic(**topic).starts_with("__"));
        own.map(|topic| image.partition_count(*topic)).sum()
    }

    /// What the failover since the last server went down has cost so far.
    #[must_use]
    pub const fn race(&self) -> &Race {
        self.state.ledger.race()
    }
}
