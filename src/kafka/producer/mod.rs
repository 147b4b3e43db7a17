//! A producer: the application's calls, batches by partition, the sender, retries, idempotence.
//!
//! ```text
//!  application          client
//!  send() ─▶ partitioner ─▶ open batch of its partition ─▶ (full · linger · flush …) ─▶ one request a leader ─▶ answer
//!  callback ◀─ at once (Java), or in poll() and flush() (librdkafka)  ▲                                          │
//!                                                                     └────── retry after a back-off ◀───────────┘
//! ```
//!
//! With a `transactional.id` the application calls initTransactions() at the start; `transaction` has the rules for its calls and errors,
//! `coordination` what it asks the coordinators.
//!
//! One file a mechanism: `application` (calls that may block, callbacks), `settings`, `partitioner`, `accumulate` (batches, memory), `sender`
//! (what leaves when), `answers` (outcomes, retries, splitting), `idempotence` (sequences, epoch bumps), `cluster` (metadata, identity).
//!
//! Nothing survives a crash: buffered records are gone, and a restarted idempotent producer gets a new producer id.
//!
//! Simplified: librdkafka groups messages anew for every attempt and times each message; here a batch keeps its records and is timed as a
//! whole, and an idempotent librdkafka client repairs a gap as Java does.

mod accumulate;
mod answers;
mod application;
mod cluster;
mod coordination;
mod hash;
mod idempotence;
mod partitioner;
mod sender;
mod settings;
#[cfg(test)]
mod tests;
mod transaction;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::client::{Metadata, Requests};
use super::config::{ConfigError, Configs};
use super::{
    Body, Bytes, Chosen, Command, Cx, ErrorCode, LeaderEpoch, Note, Partition, ProducerEpoch, ProducerId,
    Record, RecordId, Send, Sequence, Stamp, Timer, TopicId, Why,
};
use crate::engine::{CloseWhy, Conn, Envelope, Loss, Micros, MsgId};
use application::Call;
pub use hash::{crc32, fnv1a, java_partition, librdkafka_partition, murmur2};
pub use partitioner::java_steps;
use settings::Settings;
pub use settings::{Conflict, conflict};
pub use transaction::{Phase, SentOffsets};

/// A stream of records that the application sends by itself. After each it calls poll(0), where there is such a call.
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
#[derive(Clone, Debug)]
pub struct Producer {
    configs: Configs,
    settings: Settings,
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
    /// No more records go into it.
    closed: bool,
    retry_at: Micros,
    retry_why: Option<Why>,
    /// Leader epoch that the client knew when it sent it last: a newer one ends the back-off.
    sent_epoch: LeaderEpoch,
    /// It is a part of a batch that was too large.
    split: bool,
    /// It got another number while it was on its way.
    renumbered: bool,
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

    fn count(&self) -> i32 {
        i32::try_from(self.records.len()).unwrap_or(i32::MAX)
    }

    fn ids(&self) -> Vec<RecordId> {
        self.records.iter().map(|record| record.id).collect()
    }
}

/// What the producer waits for.
#[derive(Clone, Debug)]
enum Pending {
    Metadata,
    ProducerId,
    Produce(Vec<(Partition, Draft)>),
    Transaction(coordination::Asked),
}

#[derive(Clone, Debug, Default)]
struct Volatile {
    // ---- the application ----
    /// Calls in the order of the program; the first is the one that it stands in.
    calls: VecDeque<Call>,
    /// Since when it stands in the first call.
    blocked: Option<Micros>,
    /// The partition of a record whose send() waits for memory.
    chosen: Option<(u32, Chosen)>,
    closing: bool,
    /// librdkafka: outcomes whose callback waits for poll() or flush().
    reports: VecDeque<RecordId>,
    // ---- the accumulator ----
    /// librdkafka: messages whose topic's partitions are not known yet.
    unassigned: VecDeque<(Send, RecordId, Micros)>,
    queues: BTreeMap<Partition, VecDeque<Draft>>,
    partitioner: partitioner::Memory,
    // ---- the sender ----
    metadata: Metadata,
    topics: BTreeSet<TopicId>,
    requests: Requests<Pending>,
    metadata_wanted: Option<Why>,
    metadata_at: Option<Micros>,
    metadata_asked: Option<Micros>,
    /// Metadata answers in a row that brought nothing new.
    metadata_tries: u32,
    /// Where the last request to each broker ended: the next begins after it.
    drained: BTreeMap<crate::engine::NodeId, Partition>,
    // ---- idempotence ----
    identity: Option<(ProducerId, ProducerEpoch)>,
    numbering: BTreeMap<Partition, idempotence::Numbering>,
    /// Partitions with a batch that was sent and given up: whether the broker has it is unknown. With the sequence after it.
    unresolved: BTreeMap<Partition, Sequence>,
    /// Partitions with a real gap: the epoch must be bumped and they begin again at 0.
    gaps: BTreeSet<Partition>,
    // ---- transactions ----
    transacting: transaction::Transacting,
    // ---- counts ----
    acked: u64,
    failed: u64,
    error: Option<ErrorCode>,
}

impl Producer {
    /// A producer that has never run.
    #[must_use]
    pub fn new(spec: ProducerSpec) -> Self {
        let ProducerSpec { configs, topics, workload } = spec;
        let settings = Settings::of(&configs);
        let vol = Volatile::default();
        Self { configs, settings, topics, workload, workload_sent: 0, workload_on: false, vol }
    }

    /// The value of a setting that is in force, where another setting changes it: `enable.idempotence` limits the requests in flight.
    #[must_use]
    pub fn in_force(&self, setting: &str) -> String {
        match setting {
            "max.in.flight.requests.per.connection" => self.settings.max_in_flight.to_string(),
            "enable.idempotence" => self.settings.idempotent.to_string(),
            _ => self.configs.get(setting).to_owned(),
        }
    }

    /// Its settings.
    #[must_use]
    pub const fn configs(&self) -> &Configs {
        &self.configs
    }

    /// Changes a setting while it is down or unused.
    ///
    /// # Errors
    /// As [`Configs::check`].
    pub fn configure(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        self.configs.set(name, value)?;
        self.settings = Settings::of(&self.configs);
        Ok(())
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
    pub fn callbacks_pending(&self) -> usize {
        self.vol.reports.len()
    }

    /// The call that the application stands in (`send`, `flush`, `close`) because it cannot return yet.
    #[must_use]
    pub fn blocked_in(&self) -> Option<&'static str> {
        self.vol.blocked.and(self.vol.calls.front()).map(Call::name)
    }

    /// The sequence number that the next new record of each partition gets.
    pub fn sequences(&self) -> impl Iterator<Item = (Partition, Sequence)> + '_ {
        self.vol.numbering.iter().map(|(p, numbering)| (*p, numbering.next))
    }

    /// The last error that reached the application.
    #[must_use]
    pub const fn error(&self) -> Option<ErrorCode> {
        self.vol.error
    }

    /// Whether batches carry producer id and sequence.
    #[must_use]
    pub const fn idempotent(&self) -> bool {
        self.settings.idempotent
    }

    /// Number of partitions of a topic as it knows them; 0 = not yet.
    #[must_use]
    pub fn partition_count(&self, topic: TopicId) -> u32 {
        self.vol.metadata.partition_count(topic)
    }

    /// Produce requests that may wait for an answer of one broker at a time.
    #[must_use]
    pub const fn max_in_flight(&self) -> usize {
        self.settings.max_in_flight
    }

    // ---- engine ----

    /// Process start: learn where the topics are, get an identity.
    pub fn start(&mut self, cx: &mut Cx<'_>) {
        self.vol = Volatile { topics: self.topics.iter().copied().collect(), ..Volatile::default() };
        self.vol.requests.keep_links(&self.configs);
        self.vol.metadata.recover_as(&self.configs);
        if !self.vol.topics.is_empty() {
            self.vol.metadata_wanted = Some(Why::Age);
        }
        if self.workload_on {
            self.arm_workload(cx);
        }
        if self.transactional_id().is_some() {
            self.vol.calls.push_back(Call::Init);
        }
        self.pump(cx);
    }

    /// Everything in memory is gone: buffered records, and callbacks that have not run.
    pub fn crash(&mut self, _loss: Loss) {
        self.vol = Volatile::default();
    }

    /// An answer arrived.
    pub fn on_message(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let Some(pending) = self.vol.requests.answered(cx, message) else { return };
        match (pending, &message.body) {
            (Pending::Metadata, Body::MetadataGiven { brokers, topics }) => {
                self.on_metadata(cx, brokers, topics);
            }
            (Pending::ProducerId, Body::ProducerIdGiven { error: ErrorCode::None, pid, epoch, .. }) => {
                self.vol.identity = Some((*pid, *epoch));
                cx.note(Note::ProducerIdAssigned { client: cx.me(), pid: *pid, epoch: *epoch });
            }
            (Pending::ProducerId, _) => self.identity_later(cx),
            (Pending::Transaction(asked), body) => self.on_transaction_answer(cx, asked, body),
            (Pending::Produce(drafts), Body::Produced { results, leaders }) => {
                self.on_produced(cx, drafts, results);
                self.vol.metadata.learn_leaders(cx, leaders);
            }
            _ => {}
        }
        self.pump(cx);
    }

    /// A timer fired.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>, key: Timer) {
        self.expire(cx);
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

    /// A connection broke: what was on it has an unknown fate and is sent again. What found nobody at the other end was never sent.
    pub fn on_closed(&mut self, cx: &mut Cx<'_>, conn: Conn, why: CloseWhy) {
        for lost in self.vol.requests.closed(cx, conn) {
            match lost.what {
                Pending::Produce(drafts) if why == CloseWhy::Refused => self.not_sent(drafts),
                what => self.on_lost(cx, what, Why::Disconnect),
            }
        }
        if conn.client == cx.me() {
            // The only way in which acks=0 learns of trouble.
            self.want_metadata(cx, Why::Disconnect);
        }
        self.pump(cx);
    }

    /// The application calls.
    pub fn on_command(&mut self, cx: &mut Cx<'_>, command: Command) {
        match command {
            Command::Produce(sends) => {
                for send in sends {
                    self.call_send(cx, send);
                }
            }
            Command::BeginTransaction => self.vol.calls.push_back(Call::Begin),
            Command::SendOffsets(sent) => self.vol.calls.push_back(Call::SendOffsets(sent)),
            Command::EndTransaction(outcome) => self.vol.calls.push_back(Call::End(outcome)),
            Command::Flush => self.vol.calls.push_back(Call::Flush),
            Command::Poll => self.vol.calls.push_back(Call::Poll),
            Command::Stop => {
                self.vol.closing = true;
                self.vol.calls.push_back(Call::Close);
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
            Pending::ProducerId => self.identity_later(cx),
            Pending::Transaction(asked) => self.on_transaction_lost(cx, &asked),
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
}
