//! A broker: its replicas, the requests it serves, and its life with the controller.
//!
//! ```text
//!  clients ──▶ inbox (one request at a time a connection) ──▶ produce · fetch · lookups · groups
//!                                                              │        │
//!                                                           purgatory: waits for copies or data
//!  controller ◀── heartbeat, AlterPartition ── lifecycle, isr
//!  controller ──▶ metadata log ──▶ apply: lead, follow
//!  leaders ◀── Fetch ── follow
//! ```
//!
//! Disk: the logs, high watermarks as of the last checkpoint (5 s), log starts as of theirs (60 s). Everything else is lost in a crash.
//! The page cache is taken to be written back at the same 5 s tick, which is what a power loss costs at most. A clean stop writes
//! everything down, with a snapshot of producers at each log's end.
//!
//! Not modelled: request queues and threads (a request takes no time), quotas, auto-creation of people's topics, preferred read replicas,
//! the answer of `DeleteRecords` (it waits for every replica's log start; here an operator asks and nobody waits).

mod apply;
mod disk;
mod errands;
mod fetch;
mod follow;
mod host;
mod inbox;
mod isr;
mod lifecycle;
mod lookups;
mod produce;
mod purgatory;
mod quorum;
mod replica;
mod replicas;
mod session;
mod settings;
mod shares;
mod transactions;
mod upkeep;
mod zookeeper;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::client::Requests;
use super::config::{Configs, Family, Scope};
use super::group::Coordinator;
use super::internal::InternalTopic;
use super::log::Log;
use super::mutant::{self, Mutant};
use super::raft::{Observer, Place};
use super::share::{ShareCoordinator, ShareKey, SharePartition, ShareState};
use super::txn::{Addressed, Coordinator as TransactionCoordinator};
use super::{Body, BrokerEpoch, Command, Cx, ErrorCode, Image, LeaderEpoch, Offset, Partition, Timer};
use crate::engine::{CloseWhy, Conn, Envelope, Loss, Micros, MsgId, NodeId};
pub use replica::{Follower, Followers, Leading, Replica, ReplicaRole, Standing};

use disk::Disk;
use follow::{Fetcher, Look};
use isr::Asked;
use purgatory::{Finished, Parked, Write};
use replicas::Replicas;
use session::Session;
use shares::Shares;
use transactions::Verification;
use zookeeper::Member;

/// Where the cluster keeps its metadata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataMode {
    /// In the log of a quorum of controllers.
    #[default]
    KRaft,
    /// In ZooKeeper; the controller is a broker (Kafka up to 3.9).
    ZooKeeper,
}

/// A broker process.
#[derive(Clone, Debug)]
pub struct Broker {
    configs: Configs,
    mode: MetadataMode,
    disk: Disk,
    vol: Volatile,
}

#[derive(Clone, Debug, Default)]
struct Volatile {
    image: Arc<Image>,
    /// Epoch of the last record in it.
    metadata_epoch: LeaderEpoch,
    /// Where it reads on in the metadata log, if it has read more than it may act upon.
    metadata_read: Option<Place>,
    /// Metadata that is being applied: it counts once that has taken its time.
    taking_in: Option<(Arc<Image>, LeaderEpoch)>,
    /// It has looked for copies that are nobody's any more.
    knows_strays: bool,
    epoch: Option<BrokerEpoch>,
    fenced: bool,
    shutting_down: bool,
    /// Heartbeats that asked to be let go.
    goodbyes: u32,
    replicas: Replicas,
    /// High watermarks that moved since they were last written down.
    watermarks: BTreeSet<Partition>,
    /// Partitions that it leads and in which a member of the in-sync set may be behind.
    behind: BTreeSet<Partition>,
    fetchers: BTreeMap<NodeId, Fetcher>,
    sessions: BTreeMap<Conn, Session>,
    /// The newest fetch of each follower: an older one comes from a session that is over.
    last_fetches: BTreeMap<NodeId, MsgId>,
    inbox: BTreeMap<Conn, VecDeque<Arc<Envelope<Body>>>>,
    freed: Vec<Conn>,
    parked: BTreeMap<MsgId, Parked>,
    requests: Requests<Pending>,
    coordinator: Coordinator,
    transactions: TransactionCoordinator,
    share_coordinator: ShareCoordinator,
    shares: Shares,
    verifying: BTreeMap<MsgId, Verification>,
    written: VecDeque<(Finished, Partition, Result<(), ErrorCode>)>,
    purgatory_at: Option<Micros>,
    writes: Vec<Write>,
    to_propose: BTreeSet<Partition>,
    refuse_next: Vec<(Option<Partition>, ErrorCode)>,
    producer_ids: std::ops::Range<i64>,
    init_waiting: Vec<Arc<Envelope<Body>>>,
    zookeeper: Member,
    /// What admins ask while no controller is active.
    errands: VecDeque<errands::Errand>,
}

/// What the broker waits for from others.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pending {
    Registration,
    Heartbeat,
    /// A stretch of the metadata log, from this controller.
    MetadataLog(NodeId),
    AlterPartition(Vec<Asked>),
    ProducerIds,
    CreateTopic(InternalTopic),
    /// A topic that a client asked for.
    CreateWanted(crate::kafka::TopicId),
    Fetch(NodeId),
    Markers(Vec<Addressed>),
    Verification(MsgId),
    /// What is stored of a share-partition.
    ShareState(ShareKey),
    /// That the state of a share-partition is stored; by the number of the write.
    ShareWrite(u64),
    /// Where a leader's log ends, or begins.
    LeaderLog(Look),
    /// What this broker, as the controller, told another.
    Control(NodeId),
    /// To be let go by a controller that is a broker.
    Farewell,
    /// What an admin asks, handed on to the controller.
    Errand,
}

impl Broker {
    /// A broker that has never run.
    #[must_use]
    pub fn new(configs: Configs) -> Self {
        Self::in_mode(configs, MetadataMode::KRaft)
    }

    /// A broker that has never run, of a cluster that keeps its metadata there.
    #[must_use]
    pub fn in_mode(configs: Configs, mode: MetadataMode) -> Self {
        Self { configs, mode, disk: Disk::default(), vol: Volatile::default() }
    }

    /// Whether its machine lost power since it last registered: what was not flushed is gone.
    #[must_use]
    pub const fn lost_power(&self) -> bool {
        self.disk.tail_lost
    }

    /// Where its metadata comes from.
    #[must_use]
    pub const fn mode(&self) -> MetadataMode {
        self.mode
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

    /// Its copy of a partition.
    #[must_use]
    pub fn log(&self, p: Partition) -> Option<&Log> {
        self.disk.log(p).map(|log| &**log)
    }

    /// Of which topic its log of a partition is (as [`crate::kafka::Image::topic_id`]); -1 = it was not told, as with ZooKeeper.
    #[must_use]
    pub fn log_topic_id(&self, p: Partition) -> Offset {
        self.disk.topic_id(p)
    }

    /// Partitions it has a copy of.
    pub fn partitions(&self) -> impl Iterator<Item = Partition> + '_ {
        self.disk.partitions()
    }

    /// What it knows of a replica while it runs.
    #[must_use]
    pub fn replica(&self, p: Partition) -> Option<&Replica> {
        self.vol.replicas.get(p)
    }

    /// Committed boundary of its copy: as known while it runs, else as check-pointed.
    #[must_use]
    pub fn high_watermark(&self, p: Partition) -> Option<Offset> {
        let log = self.disk.log(p)?;
        let known = self.vol.replicas.get(p).map(|r| r.high_watermark);
        let stored = self.disk.high_watermarks.get(&p).copied();
        Some(known.or(stored).unwrap_or(log.start()).clamp(log.start(), log.end()))
    }

    /// The leader's books, if this broker believes that it leads.
    #[must_use]
    pub fn leads(&self, p: Partition) -> Option<&Leading> {
        match &self.vol.replicas.get(p)?.role {
            ReplicaRole::Leading(leading) => Some(leading),
            ReplicaRole::Following(_) => None,
        }
    }

    /// Leader epoch that it knows; -1 if none.
    #[must_use]
    pub fn leader_epoch(&self, p: Partition) -> LeaderEpoch {
        self.vol.replicas.get(p).map_or(LeaderEpoch(-1), |r| r.epoch)
    }

    /// Number of partitions that it believes to lead.
    #[must_use]
    pub const fn led(&self) -> usize {
        self.vol.replicas.led()
    }

    /// Whether every follower of what it leads has fetched from it.
    #[must_use]
    pub fn has_heard_all(&self) -> bool {
        let heard = |leading: &Leading| leading.followers.values().all(|f| f.log_end.is_some());
        self.vol.behind.iter().filter_map(|p| self.leads(*p)).all(heard)
    }

    /// When a fetch for this follower was last answered.
    #[must_use]
    pub fn last_fetch(&self, p: Partition) -> Option<Micros> {
        let replica = self.vol.replicas.get(p)?;
        let ReplicaRole::Following(Some(leader)) = replica.role else { return replica.last_fetch };
        let now = self.vol.fetchers.get(&leader).and_then(|fetcher| fetcher.answered(p));
        now.or(replica.last_fetch)
    }

    /// What it knows of a follower of a partition that it leads, up to the follower's last fetch.
    #[must_use]
    pub fn follower(&self, p: Partition, id: NodeId) -> Option<Follower> {
        let mut follower = *self.leads(p)?.followers.get(&id)?;
        let of_follower = |(conn, _): &(&Conn, &Session)| conn.client == id;
        let sessions = self.vol.sessions.iter().filter(of_follower);
        for rested in sessions.filter_map(|(_, session)| session.rested(p)) {
            follower.fetched(rested.at, rested.offset, rested.offset, rested.epoch);
        }
        Some(follower)
    }

    /// Its picture of the cluster.
    #[must_use]
    pub const fn image(&self) -> &Arc<Image> {
        &self.vol.image
    }

    /// What it knows of the quorum.
    #[must_use]
    pub const fn observer(&self) -> &Observer {
        &self.disk.observer
    }

    /// Its registration; none before it is registered.
    #[must_use]
    pub const fn broker_epoch(&self) -> Option<BrokerEpoch> {
        self.vol.epoch
    }

    /// The groups it coordinates.
    #[must_use]
    pub const fn coordinator(&self) -> &Coordinator {
        &self.vol.coordinator
    }

    /// The transactional ids it coordinates.
    #[must_use]
    pub const fn transactions(&self) -> &TransactionCoordinator {
        &self.vol.transactions
    }

    /// What it coordinates of share groups.
    #[must_use]
    pub const fn share_coordinator(&self) -> &ShareCoordinator {
        &self.vol.share_coordinator
    }

    /// The window of a share group in a partition that it leads, once it was set up.
    #[must_use]
    pub fn shares(&self, key: ShareKey) -> Option<&SharePartition> {
        self.vol.shares.window(key)
    }

    /// Requests that wait: produces for copies, fetches for data.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let produces = self.vol.parked.values().filter(|p| p.is_produce()).count();
        (produces, self.vol.parked.len() - produces)
    }

    // ---- engine ----

    /// Process start: read the disk, register.
    pub fn start(&mut self, cx: &mut Cx<'_>) {
        let transactions = TransactionCoordinator::starting(cx.now());
        let image = Arc::new(Image::empty());
        self.vol = Volatile { image, fenced: true, transactions, ..Volatile::default() };
        self.disk.observer.restart();
        self.reload_logs(cx);
        match self.mode {
            MetadataMode::KRaft => {
                self.register(cx);
                self.poll_metadata(cx);
            }
            MetadataMode::ZooKeeper => self.start_zookeeper(cx),
        }
        self.start_upkeep(cx);
    }

    /// Everything but the disk is gone; with the power also what was not written back.
    pub fn crash(&mut self, loss: Loss) {
        self.vol = Volatile::default();
        if loss == Loss::Power || mutant::on(Mutant::ForgetsTail) {
            self.disk.tail_lost = loss == Loss::Power;
            self.disk.lose_unflushed();
        }
    }

    /// A message arrived: an answer to this broker, or a request that takes its place in the queue of its connection.
    pub fn on_message(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        if let Body::ZooKeeper(body) = &message.body {
            self.on_zookeeper(cx, message, body);
        } else if message.answers.is_some() {
            if let Some(pending) = self.vol.requests.answered(cx, message) {
                self.on_answer(cx, pending, message);
            }
        } else {
            self.receive(cx, message);
        }
        self.settle(cx);
    }

    fn on_answer(&mut self, cx: &mut Cx<'_>, pending: Pending, message: &Envelope<Body>) {
        match (pending, &message.body) {
            (Pending::Fetch(leader), Body::Fetched { partitions, .. }) => {
                self.on_fetched(cx, leader, partitions)
            }
            (Pending::LeaderLog(look), Body::OffsetsListed { results }) => {
                self.on_leader_log(cx, look, results);
            }
            (Pending::MetadataLog(from), Body::QuorumAnswered { response, image }) => {
                self.on_quorum_answer(cx, from, response, image.as_ref());
            }
            (Pending::Registration, Body::BrokerRegistered { error, epoch }) => {
                self.on_registered(cx, *error, *epoch);
            }
            (Pending::Heartbeat, Body::BrokerHeartbeatAnswered { error, fenced, should_shutdown }) => {
                self.on_heartbeat(cx, *error, *fenced, *should_shutdown);
            }
            (Pending::AlterPartition(asked), Body::PartitionAltered { error, results }) => {
                self.on_altered(cx, &asked, *error, results);
            }
            (Pending::Control(broker), Body::Controlled { error, .. }) => {
                self.on_controlled(cx, broker, *error);
            }
            (Pending::Farewell, Body::ShutdownControlled { error, remaining }) => {
                self.on_farewell(cx, *error, remaining);
            }
            (Pending::Errand, Body::Forwarded { error }) => self.on_errand(cx, Some(*error)),
            (Pending::ProducerIds, Body::ProducerIdsAllocated { error, first, count }) => {
                self.on_producer_ids(cx, *error, *first, *count);
            }
            (Pending::Markers(sent), Body::TxnMarkersWritten { results }) => {
                self.with_transactions(cx, |transactions, host| {
                    transactions.on_markers(host, &sent, Some(results));
                });
            }
            (Pending::ShareState(key), Body::ShareGroupStateRead { error, state }) => {
                self.on_share_state(cx, key, *error, state);
            }
            (Pending::ShareWrite(token), Body::ShareGroupStateWritten { error }) => {
                self.on_share_stored(cx, token, *error);
            }
            (Pending::Verification(request), Body::PartitionsAddedToTxn { results }) => {
                let says = |p| results.iter().find(|(at, _)| *at == p).map(|(_, error)| *error);
                self.verified(cx, request, |p| says(p).unwrap_or(ErrorCode::CoordinatorNotAvailable));
            }
            _ => {}
        }
    }

    /// A timer fired.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>, key: Timer) {
        match key {
            Timer::RequestTimeout => {
                for lost in self.vol.requests.expired(cx) {
                    self.on_lost(cx, lost.what);
                }
            }
            Timer::BrokerHeartbeat => self.beat(cx),
            Timer::FetchFrom(leader) => self.fetch_from(cx, leader),
            Timer::Purgatory => self.expire_parked(cx),
            Timer::IsrCheck => self.check_isr(cx),
            Timer::AlterPartition => {} // proposals go out at the end of every turn
            Timer::HighWatermarkCheckpoint => self.checkpoint(cx),
            Timer::RetentionCheck => self.check_retention(cx),
            Timer::LogStartCheckpoint => self.checkpoint_starts(cx),
            Timer::FileDelete => self.remove_files(cx),
            Timer::Cleaner => self.run_cleaner(cx),
            Timer::ProducerExpiry => self.expire_producers(cx),
            Timer::Coordinator => self.with_coordinator(cx, |coordinator, host| coordinator.on_timer(host)),
            Timer::Transactions => {
                self.with_transactions(cx, |transactions, host| transactions.on_timer(host))
            }
            Timer::ShareCoordinator => {
                self.with_share_coordinator(cx, |states, host| states.on_timer(host));
            }
            Timer::Shares => self.tend_shares(cx),
            Timer::VerifyAgain => self.verify_again(cx),
            Timer::Errands => self.run_errands(cx),
            Timer::ApplyMetadata => self.taken_in(cx),
            Timer::MetadataWait => self.poll_metadata(cx),
            _ => self.on_zookeeper_timer(cx, key),
        }
        self.settle(cx);
    }

    /// A connection is gone: its queue, what waits for it, and what it was to bring.
    pub fn on_closed(&mut self, cx: &mut Cx<'_>, conn: Conn, _why: CloseWhy) {
        let lost = self.vol.requests.closed(cx, conn);
        if lost.is_empty() && conn.client == cx.me() && conn.lane == super::client::REPLICATION {
            self.forget_session(conn.server); // else who hears of a loss does, and may have asked again
        }
        for lost in lost {
            self.on_lost(cx, lost.what);
        }
        self.on_zookeeper_closed(cx, conn);
        if conn.server == cx.me() {
            self.vol.inbox.remove(&conn);
            self.end_session(conn);
            self.vol.parked.retain(|_, parked| parked.conn() != conn);
            self.with_coordinator(cx, |coordinator, host| coordinator.on_disconnect(host, conn));
            self.vol.transactions.on_disconnect(conn);
            self.vol.share_coordinator.on_disconnect(conn);
            self.end_share_sessions(cx, conn);
        }
        self.settle(cx);
    }

    /// Somebody outside asks for something.
    pub fn on_command(&mut self, cx: &mut Cx<'_>, command: Command) {
        match command {
            Command::Shutdown => {
                self.vol.shutting_down = true;
                match (self.mode, self.configs.on("controlled.shutdown.enable")) {
                    (MetadataMode::KRaft, true) => self.beat(cx),
                    (MetadataMode::KRaft, false) => self.stop(cx),
                    (MetadataMode::ZooKeeper, true) => self.say_farewell(cx),
                    (MetadataMode::ZooKeeper, false) => self.leave(cx),
                }
            }
            Command::ResetOffsets(group, topic, to) => self.reset_offsets(cx, group, topic, to),
            Command::AbortHanging(p) => self.abort_hanging(cx, p),
            Command::DeleteRecords(p, upto) => self.delete_records(cx, p, upto),
            Command::FailNextAppend(p, error) => self.vol.refuse_next.push((p, error)),
            admin if self.acts_as_controller() => self.on_admin(cx, admin),
            admin => self.keep_errand(cx, admin),
        }
        self.settle(cx);
    }

    fn on_lost(&mut self, cx: &mut Cx<'_>, pending: Pending) {
        match pending {
            Pending::Registration => cx.set_timer(Timer::BrokerHeartbeat, Micros::ms(100)),
            Pending::Heartbeat | Pending::CreateTopic(_) | Pending::CreateWanted(_) => {}
            Pending::MetadataLog(node) => self.metadata_lost(cx, node),
            Pending::Control(broker) => self.on_control_lost(cx, broker),
            Pending::Farewell => self.wait_to_leave(cx),
            Pending::Errand => self.on_errand(cx, None),
            Pending::AlterPartition(asked) => self.propose_again(cx, &asked),
            Pending::ProducerIds => {
                self.on_producer_ids(cx, ErrorCode::CoordinatorLoadInProgress, 0, 0);
            }
            Pending::Markers(sent) => {
                self.with_transactions(cx, |transactions, host| transactions.on_markers(host, &sent, None));
            }
            Pending::Verification(request) => {
                self.verified(cx, request, |_| ErrorCode::NetworkException);
            }
            Pending::ShareState(key) => {
                self.on_share_state(cx, key, ErrorCode::NetworkException, &ShareState::default());
            }
            Pending::ShareWrite(token) => self.on_share_stored(cx, token, ErrorCode::NetworkException),
            Pending::Fetch(leader) => self.on_fetch_lost(cx, leader),
            Pending::LeaderLog(look) => self.on_look_lost(cx, look),
        }
    }

    /// After every handler: hand committed writes to the coordinator, serve the connections that became free, keep its timer.
    fn settle(&mut self, cx: &mut Cx<'_>) {
        loop {
            if let Some((then, p, result)) = self.vol.written.pop_front() {
                self.tell_coordinator(cx, then, p, result);
            } else if let Some(conn) = self.vol.freed.pop() {
                self.serve_next(cx, conn);
            } else {
                break;
            }
        }
        self.send_proposals(cx);
        self.arm_purgatory(cx);
    }
}

/// The settings a topic starts from when nothing is known of brokers; for tests and tools.
#[must_use]
pub const fn broker_defaults() -> Configs {
    Configs::new(Scope::Broker, Family::Java)
}
