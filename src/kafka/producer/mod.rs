//! A producer: the application's send(), batches by partition, the sender, retries, idempotence.
//!
//! ```text
//!  send() ─▶ partitioner ─▶ open batch of its partition ─▶ (full · linger · flush) ─▶ one request a leader ─▶ answer
//!                                   ▲                                                       │
//!                                   └──────────── retry after a back-off ◀──────────────────┘
//! ```
//!
//! Nothing survives a crash: buffered records are gone, and a restarted idempotent producer gets a new producer id.
//!
//! Not modelled: the memory limit and max.block.ms (a record that waits for metadata waits in a queue of its own), splitting of batches
//! that are too large, load-aware choice of the sticky partition, transactions (later).

mod accumulate;
mod answers;
mod hash;
mod partitioner;
mod sender;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::client::{DATA, Metadata, Requests, metadata_request};
use super::config::Configs;
use super::{
    Acks, Body, Bytes, Command, Cx, ErrorCode, Note, Partition, ProducerEpoch, ProducerId, Record, RecordId,
    Send, Sequence, Stamp, Timer, TopicId, Why,
};
use crate::engine::{CloseWhy, Conn, Envelope, Loss, Micros, MsgId, NodeId};
pub use hash::{crc32, java_partition, librdkafka_partition, murmur2};
pub use partitioner::java_steps;

/// A stream of records that the application sends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Time between two sends.
    pub every: Micros,
    /// Keys, used in turn; empty = null keys.
    pub keys: Vec<Bytes>,
    /// How many records in all; none = without end.
    pub count: Option<u64>,
}

/// What a producer is made from.
#[derive(Clone, Debug)]
pub struct ProducerSpec {
    /// Its settings; the family decides defaults and the partitioner.
    pub configs: Configs,
    /// Topics it knows from the start; the first is the default.
    pub topics: Vec<TopicId>,
    /// What it sends by itself.
    pub workload: Option<Workload>,
}

/// A producer process.
#[derive(Clone)]
pub struct Producer {
    configs: Configs,
    topics: Vec<TopicId>,
    workload: Option<Workload>,
    /// The application's own count of its workload; it survives a crash, as an outbox would.
    workload_sent: u64,
    workload_on: bool,
    vol: Volatile,
}

/// A batch on the producer's side.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its records.
    pub records: Vec<Record>,
    /// Producer id, epoch and sequence, given when it is first sent.
    pub stamp: Option<Stamp>,
    /// How often it was sent.
    pub attempts: u32,
    created: Micros,
    bytes: u64,
    closed: bool,
    retry_at: Micros,
    retry_why: Option<Why>,
}

impl Draft {
    /// When its first record was put into it.
    #[must_use]
    pub const fn created(&self) -> Micros {
        self.created
    }

    /// Its size so far in bytes, with its header.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// What the producer waits for.
#[derive(Clone, Debug)]
enum Pending {
    Metadata,
    ProducerId,
    Produce(Vec<(Partition, Draft)>),
}

#[derive(Clone, Debug, Default)]
struct Volatile {
    metadata: Metadata,
    topics: BTreeSet<TopicId>,
    /// Records whose topic's partitions are not known yet.
    homeless: VecDeque<(Send, RecordId, Micros)>,
    queues: BTreeMap<Partition, VecDeque<Draft>>,
    requests: Requests<Pending>,
    sticky: partitioner::Sticky,
    identity: Option<(ProducerId, ProducerEpoch)>,
    /// Epoch and next sequence number of each partition; a partition goes over to a new epoch once nothing of it is out.
    sequences: BTreeMap<Partition, (ProducerEpoch, Sequence)>,
    /// Partitions with a batch that was sent and given up: whether the broker has it is unknown.
    unresolved: BTreeSet<Partition>,
    /// Last sequence that was acknowledged.
    settled: BTreeMap<Partition, Sequence>,
    flushing: bool,
    stopping: bool,
    metadata_wanted: Option<Why>,
    metadata_at: Option<Micros>,
    acked: u64,
    failed: u64,
    error: Option<ErrorCode>,
}

impl Producer {
    /// A producer that has never run.
    #[must_use]
    pub fn new(spec: ProducerSpec) -> Self {
        let ProducerSpec { configs, topics, workload } = spec;
        Self { configs, topics, workload, workload_sent: 0, workload_on: false, vol: Volatile::default() }
    }

    /// Its settings.
    #[must_use]
    pub const fn configs(&self) -> &Configs {
        &self.configs
    }

    /// Its settings, to be changed while it is down or unused.
    pub const fn configs_mut(&mut self) -> &mut Configs {
        &mut self.configs
    }

    /// Topics of its spec; the first is the default.
    #[must_use]
    pub fn topics(&self) -> &[TopicId] {
        &self.topics
    }

    /// Batches that wait to be sent or sent again.
    pub fn buffered(&self) -> impl Iterator<Item = (Partition, &Draft)> {
        self.vol.queues.iter().flat_map(|(p, queue)| queue.iter().map(move |draft| (*p, draft)))
    }

    /// Batches on their way, with the request that carries them.
    pub fn in_flight(&self) -> impl Iterator<Item = (MsgId, Partition, &Draft)> {
        self.vol.requests.iter().flat_map(|(msg, _, pending)| {
            let drafts: &[(Partition, Draft)] =
                if let Pending::Produce(drafts) = pending { drafts } else { &[] };
            drafts.iter().map(move |(p, draft)| (msg, *p, draft))
        })
    }

    /// Records acknowledged in this life of the process.
    #[must_use]
    pub const fn acked(&self) -> u64 {
        self.vol.acked
    }

    /// Records given up in this life of the process.
    #[must_use]
    pub const fn failed(&self) -> u64 {
        self.vol.failed
    }

    /// Its producer id and epoch, if it is idempotent and has one.
    #[must_use]
    pub const fn producer_id(&self) -> Option<(ProducerId, ProducerEpoch)> {
        self.vol.identity
    }

    /// Outcomes whose callback has not run yet.
    #[must_use]
    pub const fn callbacks_pending(&self) -> usize {
        0
    }

    /// The sequence number that the next new record of each partition gets.
    pub fn sequences(&self) -> impl Iterator<Item = (Partition, Sequence)> + '_ {
        self.vol.sequences.iter().map(|(p, (_, next))| (*p, *next))
    }

    /// The last error that reached the application.
    #[must_use]
    pub const fn error(&self) -> Option<ErrorCode> {
        self.vol.error
    }

    /// Whether batches carry producer id and sequence. Conflicting acks or retries switch it off silently unless it was set explicitly.
    #[must_use]
    pub fn idempotent(&self) -> bool {
        let allowed = self.configs.get("acks") == "all"
            && self.configs.int("retries") > 0
            && (self.configs.int("max.in.flight.requests.per.connection") <= 5
                || self.configs.family() == super::config::Family::Librdkafka);
        self.configs.on("enable.idempotence") && (allowed || self.configs.differs("enable.idempotence"))
    }

    fn acks(&self) -> Acks {
        match self.configs.get("acks") {
            "0" => Acks::Zero,
            "1" => Acks::One,
            _ => Acks::All,
        }
    }

    fn max_in_flight(&self) -> usize {
        let wanted =
            usize::try_from(self.configs.int("max.in.flight.requests.per.connection")).unwrap_or(usize::MAX);
        if self.idempotent() { wanted.min(5) } else { wanted }
    }

    // ---- engine ----

    /// Process start: learn where the topics are, get an identity.
    pub fn start(&mut self, cx: &mut Cx<'_>) {
        self.vol = Volatile { topics: self.topics.iter().copied().collect(), ..Volatile::default() };
        if !self.vol.topics.is_empty() {
            self.vol.metadata_wanted = Some(Why::Age);
        }
        if self.workload_on {
            self.arm_workload(cx);
        }
        self.pump(cx);
    }

    /// Everything in memory is gone, buffered records too.
    pub fn crash(&mut self, _loss: Loss) {
        self.vol = Volatile::default();
    }

    /// An answer arrived.
    pub fn on_message(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let Some(pending) = self.vol.requests.answered(cx, message) else { return };
        match (pending, &message.body) {
            (Pending::Metadata, Body::MetadataGiven { brokers, topics }) => {
                self.vol.metadata.update(brokers, topics);
                if topics.iter().any(|t| t.error != ErrorCode::None) {
                    self.want_metadata(cx, Why::Unknown);
                }
                self.house_the_homeless(cx);
            }
            (Pending::ProducerId, Body::ProducerIdGiven { error: ErrorCode::None, pid, epoch, .. }) => {
                self.vol.identity = Some((*pid, *epoch));
                cx.note(Note::ProducerIdAssigned { client: cx.me(), pid: *pid, epoch: *epoch });
            }
            (Pending::ProducerId, _) => cx.set_timer(Timer::Backoff(1), self.configs.ms("retry.backoff.ms")),
            (Pending::Produce(drafts), Body::Produced { results }) => self.on_produced(cx, drafts, results),
            _ => {}
        }
        self.pump(cx);
    }

    /// A timer fired.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>, key: Timer) {
        match key {
            Timer::RequestTimeout => {
                for lost in self.vol.requests.expired(cx) {
                    self.on_lost(cx, lost.what, Why::Timeout);
                }
            }
            Timer::Workload => self.work(cx),
            Timer::MetadataAge => self.vol.metadata_wanted = Some(Why::Age),
            _ => {}
        }
        self.pump(cx);
    }

    /// A connection broke: what was on it has an unknown fate and is sent again.
    pub fn on_closed(&mut self, cx: &mut Cx<'_>, conn: Conn, _why: CloseWhy) {
        for lost in self.vol.requests.closed(cx, conn) {
            self.on_lost(cx, lost.what, Why::Disconnect);
        }
        self.pump(cx);
    }

    /// The application calls.
    pub fn on_command(&mut self, cx: &mut Cx<'_>, command: Command) {
        match command {
            Command::Produce(sends) => {
                for send in sends {
                    self.send(cx, send);
                }
            }
            Command::Flush => self.flush(),
            Command::Stop => {
                self.vol.stopping = true;
                self.flush();
            }
            Command::BeginWorkload => {
                self.workload_on = self.workload.is_some();
                if self.workload_on {
                    self.arm_workload(cx);
                }
            }
            _ => {}
        }
        self.pump(cx);
    }

    fn on_lost(&mut self, cx: &mut Cx<'_>, pending: Pending, why: Why) {
        match pending {
            Pending::Metadata => self.want_metadata(cx, why),
            Pending::ProducerId => cx.set_timer(Timer::Backoff(1), self.configs.ms("retry.backoff.ms")),
            Pending::Produce(drafts) => {
                let error = if why == Why::Timeout {
                    ErrorCode::RequestTimedOut
                } else {
                    ErrorCode::NetworkException
                };
                for (p, draft) in drafts {
                    self.again(cx, p, draft, why, error);
                }
                self.want_metadata(cx, why);
            }
        }
    }

    // ---- metadata and identity ----

    /// Asks for metadata soon: at most every 100 ms.
    fn want_metadata(&mut self, cx: &mut Cx<'_>, why: Why) {
        if self.vol.metadata_wanted.is_none() {
            self.vol.metadata_wanted = Some(why);
            let back_off = self.configs.ms("retry.backoff.ms");
            self.vol.metadata_at = Some(cx.now() + back_off);
            cx.set_timer(Timer::Backoff(0), back_off);
        }
    }

    fn ask_metadata(&mut self, cx: &mut Cx<'_>) {
        let due = self.vol.metadata_at.is_none_or(|at| at <= cx.now());
        let asked = self.vol.requests.iter().any(|(_, _, pending)| matches!(pending, Pending::Metadata));
        if !due || asked {
            return;
        }
        let Some(why) = self.vol.metadata_wanted.take() else { return };
        self.vol.metadata_at = None;
        let Some(broker) = self.vol.metadata.next_broker(cx) else { return };
        cx.note(Note::MetadataRefreshed { client: cx.me(), why });
        let body = metadata_request(self.vol.topics.iter().copied());
        let quiet = why == Why::Age && self.vol.identity.is_some();
        let limit = self.request_limit();
        self.vol.requests.send(cx, broker, DATA, quiet, body, limit, Pending::Metadata);
        cx.set_clock(Timer::MetadataAge, self.configs.ms("metadata.max.age.ms"));
    }

    fn ask_identity(&mut self, cx: &mut Cx<'_>) {
        let asked = self.vol.requests.iter().any(|(_, _, pending)| matches!(pending, Pending::ProducerId));
        if !self.idempotent() || self.vol.identity.is_some() || asked || cx.timer_armed(Timer::Backoff(1)) {
            return;
        }
        let Some(broker) = self.vol.metadata.next_broker(cx) else { return };
        let limit = self.request_limit();
        self.vol.requests.send(
            cx,
            broker,
            DATA,
            false,
            Body::InitProducerId { transaction: None },
            limit,
            Pending::ProducerId,
        );
    }

    fn request_limit(&self) -> Micros {
        match self.configs.family() {
            super::config::Family::Java => self.configs.ms("request.timeout.ms"),
            super::config::Family::Librdkafka => self.configs.ms("socket.timeout.ms"),
        }
    }

    fn leader(&self, p: Partition) -> Option<NodeId> {
        self.vol.metadata.leader(p)
    }
}
