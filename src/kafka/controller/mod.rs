//! The controller: the metadata log, broker sessions, elections.
//!
//! ```text
//!  BrokerHeartbeat ─▶ sessions ─┐
//!  AlterPartition ─▶ partitions ─┼─▶ records ─▶ metadata log ─▶ image ─▶ every broker, by fetch
//!  CreateTopics ───▶ topics ────┘
//! ```
//!
//! One controller is a quorum of one: what it appends is committed at once. The seam for a real quorum and for ZooKeeper is
//! [`Controller::commit`]: everything that decides produces records and hands them there; everything that reads uses the committed image.
//!
//! Not modelled yet: the quorum (votes, replication of the metadata log, snapshots), ZooKeeper.

mod change;
mod partitions;
mod sessions;
mod topics;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use change::{Change, Rules, Search};

use super::config::Configs;
use super::{Body, Command, Cx, ErrorCode, Image, MetadataRecord, MetadataSnapshot, Note, Offset, Timer};
use crate::engine::{CloseWhy, Conn, Envelope, Loss, Micros, MsgId, NodeId};

/// Records that are kept for brokers that lag; one that is further behind gets the image alone.
const KEPT_RECORDS: usize = 4096;
/// How long a metadata fetch waits for news.
const MAX_WAIT: Micros = Micros::ms(500);

/// A controller process.
#[derive(Clone)]
pub struct Controller {
    configs: Configs,
    disk: Disk,
    vol: Volatile,
}

#[derive(Clone)]
struct Disk {
    image: Arc<Image>,
    records: Vec<(Offset, MetadataRecord)>,
    epoch: i32,
}

#[derive(Clone, Default)]
struct Volatile {
    active: bool,
    /// When each broker's last heartbeat came.
    sessions: BTreeMap<NodeId, Micros>,
    /// How far each broker said it has applied the metadata log.
    applied: BTreeMap<NodeId, Offset>,
    /// Brokers that are shutting down: everybody must have applied this before they may stop.
    leaving: BTreeMap<NodeId, Offset>,
    waiting: BTreeMap<MsgId, (Conn, Offset, Micros)>,
}

impl Controller {
    /// A controller that has never run.
    #[must_use]
    pub fn new(configs: Configs) -> Self {
        let disk = Disk { image: Arc::new(Image::empty()), records: Vec::new(), epoch: 0 };
        Self { configs, disk, vol: Volatile::default() }
    }

    /// Its settings.
    #[must_use]
    pub const fn configs(&self) -> &Configs {
        &self.configs
    }

    /// Its settings, to be changed while it is down.
    pub const fn configs_mut(&mut self) -> &mut Configs {
        &mut self.configs
    }

    /// What is committed.
    #[must_use]
    pub const fn image(&self) -> &Arc<Image> {
        &self.disk.image
    }

    /// Whether it is the active one.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.vol.active
    }

    /// Its epoch: one more with every activation.
    #[must_use]
    pub const fn epoch(&self) -> i32 {
        self.disk.epoch
    }

    /// The last records of the metadata log, oldest first.
    #[must_use]
    pub fn records(&self) -> &[(Offset, MetadataRecord)] {
        &self.disk.records
    }

    // ---- engine ----

    /// Process start: become active, give every registered broker a new session.
    pub fn start(&mut self, cx: &mut Cx<'_>) {
        self.vol = Volatile { active: true, ..Volatile::default() };
        self.disk.epoch += 1;
        cx.note(Note::ControllerElected { node: cx.me(), epoch: self.disk.epoch });
        for (broker, state) in &self.disk.image.brokers {
            if !state.fenced {
                self.vol.sessions.insert(*broker, cx.now());
            }
        }
        self.arm_sessions(cx);
        let idle = self.configs.ms("metadata.max.idle.interval.ms");
        if idle > Micros::ZERO {
            cx.set_clock(Timer::NoOp, idle);
        }
        if self.configs.on("auto.leader.rebalance.enable") {
            cx.set_clock(Timer::PreferredLeaders, self.rebalance_interval());
        }
        cx.set_clock(Timer::UncleanElections, self.configs.ms("unclean.leader.election.interval.ms"));
    }

    fn rebalance_interval(&self) -> Micros {
        Micros::secs(
            u64::try_from(self.configs.int("leader.imbalance.check.interval.seconds")).unwrap_or(300),
        )
    }

    /// Everything but the metadata log is gone.
    pub fn crash(&mut self, _loss: Loss) {
        self.vol = Volatile::default();
    }

    /// A request from a broker.
    pub fn on_message(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let (conn, id, from) = (message.conn, message.id, message.from);
        match &message.body {
            Body::MetadataFetch { from: offset } => {
                self.vol.waiting.insert(id, (conn, *offset, cx.now() + MAX_WAIT));
                self.serve_waiting(cx);
            }
            Body::BrokerRegistration { incarnation, whole } => {
                let body = self.register(cx, from, *incarnation, *whole);
                cx.answer(conn, id, false, body);
            }
            Body::BrokerHeartbeat { epoch, metadata_offset, want_fence, want_shutdown } => {
                let body = self.heartbeat(cx, from, *epoch, *metadata_offset, *want_fence, *want_shutdown);
                let plain = matches!(
                    body,
                    Body::BrokerHeartbeatAnswered { error: ErrorCode::None, should_shutdown: false, .. }
                );
                cx.answer(conn, id, plain && message.quiet, body);
            }
            Body::AlterPartition { epoch, changes } => {
                let body = self.alter_partitions(cx, from, *epoch, changes);
                cx.answer(conn, id, false, body);
            }
            Body::AllocateProducerIds { epoch } => {
                let body = self.allocate_producer_ids(cx, from, *epoch);
                cx.answer(conn, id, false, body);
            }
            Body::CreateTopics { topic, partitions, replication, configs } => {
                let error = self.create_topic(cx, *topic, None, *partitions, *replication, configs.clone());
                cx.answer(conn, id, false, Body::TopicsCreated { error });
            }
            _ => {}
        }
    }

    /// A timer fired.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>, key: Timer) {
        match key {
            Timer::BrokerSessions => self.expire_sessions(cx),
            Timer::NoOp => {
                cx.set_clock(Timer::NoOp, self.configs.ms("metadata.max.idle.interval.ms"));
                self.append_quietly(MetadataRecord::NoOp);
                self.serve_waiting(cx);
            }
            Timer::MetadataWait => self.serve_waiting(cx),
            Timer::PreferredLeaders => {
                cx.set_clock(Timer::PreferredLeaders, self.rebalance_interval());
                self.rebalance_leaders(cx);
            }
            Timer::UncleanElections => {
                cx.set_clock(Timer::UncleanElections, self.configs.ms("unclean.leader.election.interval.ms"));
                self.elect_where_allowed(cx);
            }
            _ => {}
        }
    }

    /// A broker's connection is gone. That alone does not end its session.
    pub fn on_closed(&mut self, cx: &mut Cx<'_>, conn: Conn, _why: CloseWhy) {
        self.vol.waiting.retain(|_, (waiting, ..)| *waiting != conn);
        self.arm_waiting(cx);
    }

    /// An admin's request, as if it came from Kafka's own tools.
    pub fn on_command(&mut self, cx: &mut Cx<'_>, command: Command) {
        let error = match command {
            Command::CreateTopic { topic, replicas, partitions, replication, configs } => {
                self.create_topic(cx, topic, replicas, partitions, replication, configs)
            }
            Command::AddPartitions(topic, count) => self.add_partitions(cx, topic, count),
            Command::SetTopicConfig(topic, key, value) => self.set_topic_config(cx, topic, key, value),
            Command::ElectPreferred(p) => self.elect(cx, p, Search::Preferred),
            Command::ElectUnclean(p) => self.elect(cx, p, Search::Unclean),
            Command::Reassign(p, brokers) => self.reassign(cx, p, &brokers),
            _ => ErrorCode::None,
        };
        if error != ErrorCode::None {
            cx.note(Note::AdminRefused { error });
        }
    }

    // ---- the metadata log ----

    /// Appends records as one batch. They are committed at once: this controller is the whole quorum.
    fn commit(&mut self, cx: &mut Cx<'_>, records: Vec<MetadataRecord>) {
        for record in records {
            let kind = record.kind();
            let offset = self.append_quietly(record);
            cx.note(Note::MetadataAppended { offset, kind });
        }
        self.serve_waiting(cx);
    }

    fn append_quietly(&mut self, record: MetadataRecord) -> Offset {
        let offset = self.disk.image.offset.plus(1);
        Arc::make_mut(&mut self.disk.image).apply(offset, &record);
        self.disk.records.push((offset, record));
        if self.disk.records.len() > 2 * KEPT_RECORDS {
            self.disk.records.drain(..KEPT_RECORDS);
        }
        offset
    }

    fn serve_waiting(&mut self, cx: &mut Cx<'_>) {
        let (end, now) = (self.disk.image.offset, cx.now());
        let due: Vec<(MsgId, Conn, Offset)> = self
            .vol
            .waiting
            .iter()
            .filter(|(_, (_, from, deadline))| *from <= end || *deadline <= now)
            .map(|(msg, (conn, from, _))| (*msg, *conn, *from))
            .collect();
        for (msg, conn, from) in due {
            self.vol.waiting.remove(&msg);
            let first = self.disk.records.partition_point(|(offset, _)| *offset < from);
            let records: Arc<[_]> = self.disk.records[first..].into();
            let quiet = records.iter().all(|(_, record)| *record == MetadataRecord::NoOp);
            let image = MetadataSnapshot(Arc::clone(&self.disk.image));
            cx.answer(conn, msg, quiet, Body::MetadataFetched { error: ErrorCode::None, records, image });
        }
        self.arm_waiting(cx);
    }

    fn arm_waiting(&self, cx: &mut Cx<'_>) {
        match self.vol.waiting.values().map(|(.., deadline)| *deadline).min() {
            Some(deadline) => cx.set_clock(Timer::MetadataWait, deadline.since(cx.now())),
            None => cx.cancel_timer(Timer::MetadataWait),
        }
    }
}
