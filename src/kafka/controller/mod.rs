//! The controller: a voter of the quorum, and while it leads the one that decides about metadata.
//!
//! ```text
//!  BrokerHeartbeat ─▶ sessions ─┐                     ┌─▶ voters, by Fetch ─▶ high watermark
//!  AlterPartition ─▶ partitions ┼─▶ records ─▶ quorum ┤                            │
//!  CreateTopics ───▶ topics ────┘      │              └─▶ every broker, by Fetch ◀─┤
//!                             latest image            answers, committed image ◀───┘
//! ```
//!
//! The active controller reads its latest state, with records that are not committed yet, and answers each request when the high
//! watermark has passed all that the answer rests on. When it leads no longer that state is dropped and what waited ends with
//! NOT_CONTROLLER. Every controller applies what is committed, so the next one needs no reading. A single controller is a quorum of one:
//! what it appends is committed at once.

mod change;
mod commit;
mod partitions;
mod quorum;
mod sessions;
mod topics;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use change::{Change, Rules, Search};

use super::client::Requests;
use super::config::Configs;
use super::raft::{Election, Place, QuorumFetch, Raft, Request, Timing};
use super::{Body, Command, Cx, ErrorCode, Image, MetadataRecord, Note, Offset, Role, Timer};
use crate::engine::{CloseWhy, Conn, Envelope, Loss, Micros, MsgId, NodeId};
use commit::Reply;

/// A controller process.
#[derive(Clone, Debug)]
pub struct Controller {
    configs: Configs,
    /// So many of the controllers, from the first on, vote when the cluster is formatted; none = all.
    first_voters: Option<usize>,
    raft: Raft,
    /// What this process knows to be committed. (Kafka's has only its snapshot after a restart, until a leader tells the high watermark;
    /// nobody can ask it for anything before that.)
    committed: Arc<Image>,
    /// The same, and while it is active its own records that are not committed yet.
    latest: Arc<Image>,
    vol: Volatile,
}

#[derive(Clone, Debug, Default)]
struct Volatile {
    active: bool,
    /// In which epoch it became active.
    epoch: i32,
    /// When each broker's last heartbeat came.
    sessions: BTreeMap<NodeId, Micros>,
    /// How far each broker said it has applied the metadata log.
    applied: BTreeMap<NodeId, Offset>,
    /// Brokers that are shutting down: everybody must have applied this before they may stop.
    leaving: BTreeMap<NodeId, Offset>,
    /// Fetches of voters and brokers that wait for news.
    fetches: BTreeMap<MsgId, Parked>,
    /// Those that came since they were last looked at.
    fresh: Vec<MsgId>,
    /// Until when each of them waits, oldest first.
    by_age: VecDeque<(Micros, MsgId)>,
    /// What was the case when all of them were last looked at.
    served: Option<(Place, Option<Offset>, Election, bool)>,
    /// For when the clocks of the quorum and of the oldest fetch are set.
    armed: (Micros, Micros),
    requests: Requests<(NodeId, Request)>,
    /// States after batches that are not committed yet, by the offset after them.
    ahead: VecDeque<(Offset, Arc<Image>)>,
    /// Answers that wait for the high watermark.
    replies: VecDeque<(Offset, Reply)>,
    /// The last answer of the leader brought something: the next fetch says that it is here.
    has_news: bool,
    /// Bytes that were committed since the last snapshot, and when the first of them was.
    since_snapshot: (u64, Option<Micros>),
}

/// A fetch of the metadata log that waits.
#[derive(Clone, Copy, Debug)]
struct Parked {
    conn: Conn,
    from: NodeId,
    fetch: QuorumFetch,
    until: Micros,
}

impl Controller {
    /// A controller that has never run. Who the voters are it learns when it starts.
    #[must_use]
    pub fn new(configs: Configs) -> Self {
        let raft = Raft::new(NodeId(0), BTreeSet::new(), Timing::of(&configs));
        let empty = Arc::new(Image::empty());
        let (committed, latest, vol) = (Arc::clone(&empty), empty, Volatile::default());
        Self { configs, first_voters: None, raft, committed, latest, vol }
    }

    /// The same in a cluster that was formatted with this many voters (`--initial-controllers`).
    #[must_use]
    pub fn with_first_voters(self, count: usize) -> Self {
        Self { first_voters: Some(count), ..self }
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

    /// What it knows to be committed.
    #[must_use]
    pub const fn image(&self) -> &Arc<Image> {
        &self.committed
    }

    /// Whether it is the active one, or believes so.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.vol.active
    }

    /// Highest epoch of the quorum that it knows.
    #[must_use]
    pub const fn epoch(&self) -> i32 {
        self.raft.election().epoch.0
    }

    /// Its part in the quorum.
    #[must_use]
    pub const fn raft(&self) -> &Raft {
        &self.raft
    }

    /// How far a broker said that it has applied the metadata log; the active controller knows.
    pub fn applied(&self) -> impl Iterator<Item = (NodeId, Offset)> + '_ {
        self.vol.applied.iter().map(|(broker, offset)| (*broker, *offset))
    }

    // ---- engine ----

    /// Process start: back into the quorum with what is on disk.
    pub fn start(&mut self, cx: &mut Cx<'_>) {
        self.vol = Volatile::default();
        self.latest = Arc::clone(&self.committed);
        let timing = Timing::of(&self.configs);
        if self.raft.voters().is_empty() {
            let count = self.first_voters.unwrap_or(usize::MAX);
            let voters = cx.shared().of_role(Role::Controller).take(count).collect();
            self.raft = Raft::new(cx.me(), voters, timing);
        }
        self.with_raft(cx, |raft, clock| raft.start(timing, clock));
        self.drive(cx);
    }

    /// Everything but the metadata log and what was promised in elections is gone.
    pub fn crash(&mut self, _loss: Loss) {
        self.vol = Volatile::default();
        self.latest = Arc::clone(&self.committed);
        self.raft.stop();
    }

    /// A message of another voter, or a request of a broker.
    pub fn on_message(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        match &message.body {
            Body::Quorum(request) => self.on_quorum(cx, message, request),
            Body::QuorumAnswered { response, .. } => self.on_quorum_answer(cx, message, response),
            request => self.on_request(cx, message, request),
        }
        self.drive(cx);
    }

    fn on_request(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>, request: &Body) {
        let from = message.from;
        if !self.vol.active {
            if let Some(body) = commit::not_controller(request) {
                cx.answer(message.conn, message.id, message.quiet, body);
            }
            return;
        }
        let body = match request {
            Body::BrokerRegistration { incarnation, whole } => self.register(cx, from, *incarnation, *whole),
            Body::BrokerHeartbeat { epoch, metadata_offset, want_fence, want_shutdown } => {
                self.heartbeat(cx, from, *epoch, *metadata_offset, *want_fence, *want_shutdown)
            }
            Body::AlterPartition { epoch, changes } => self.alter_partitions(cx, from, *epoch, changes),
            Body::AllocateProducerIds { epoch } => self.allocate_producer_ids(cx, from, *epoch),
            Body::CreateTopics { topic, partitions, replication, configs } => {
                let error = self.create_topic(cx, *topic, None, *partitions, *replication, configs.clone());
                Body::TopicsCreated { error }
            }
            Body::Forward { command } => Body::Forwarded { error: self.decide(cx, command.clone()) },
            _ => return,
        };
        let plain = matches!(
            body,
            Body::BrokerHeartbeatAnswered { error: ErrorCode::None, should_shutdown: false, .. }
        );
        let quiet = plain && message.quiet;
        self.reply(Reply::Answer { conn: message.conn, request: message.id, quiet, body: Box::new(body) });
    }

    /// A timer fired.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>, key: Timer) {
        match key {
            Timer::RequestTimeout => {
                for lost in self.vol.requests.expired(cx) {
                    self.raft.on_unreached(lost.what.0, &lost.what.1, cx.now());
                }
            }
            Timer::Quorum | Timer::MetadataWait => {}
            _ if !self.vol.active => {}
            Timer::BrokerSessions => self.expire_sessions(cx),
            Timer::NoOp => {
                cx.set_clock(Timer::NoOp, self.configs.ms("metadata.max.idle.interval.ms"));
                self.append(vec![MetadataRecord::NoOp]);
            }
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
        self.drive(cx);
    }

    fn rebalance_interval(&self) -> Micros {
        Micros::secs(
            u64::try_from(self.configs.int("leader.imbalance.check.interval.seconds")).unwrap_or(300),
        )
    }

    /// A connection is gone. A broker's session does not end with it.
    pub fn on_closed(&mut self, cx: &mut Cx<'_>, conn: Conn, _why: CloseWhy) {
        self.vol.fetches.retain(|_, parked| parked.conn != conn);
        for lost in self.vol.requests.closed(cx, conn) {
            self.raft.on_unreached(lost.what.0, &lost.what.1, cx.now());
        }
        self.drive(cx);
    }

    /// An admin's request, as if it came from Kafka's own tools.
    pub fn on_command(&mut self, cx: &mut Cx<'_>, command: Command) {
        // How a change of the voters ends is told when it does.
        let waits = !matches!(command, Command::AddVoter(_) | Command::RemoveVoter(_));
        let error = match command {
            Command::Shutdown | Command::Stop => return self.leave(cx),
            _ if !self.vol.active => ErrorCode::NotController,
            admin => self.decide(cx, admin),
        };
        if error == ErrorCode::None && waits {
            self.reply(Reply::Admin);
        } else if error != ErrorCode::None {
            cx.note(Note::AdminRefused { error });
        }
        self.drive(cx);
    }

    /// Does what an admin asks. An error: nothing was done.
    fn decide(&mut self, cx: &mut Cx<'_>, command: Command) -> ErrorCode {
        match command {
            Command::CreateTopic { topic, replicas, partitions, replication, configs } => {
                self.create_topic(cx, topic, replicas, partitions, replication, configs)
            }
            Command::AddPartitions(topic, count) => self.add_partitions(cx, topic, count),
            Command::SetTopicConfig(topic, key, value) => self.set_topic_config(cx, topic, key, value),
            Command::ElectPreferred(p) => self.elect(cx, p, Search::Preferred),
            Command::ElectUnclean(p) => self.elect(cx, p, Search::Unclean),
            Command::Reassign(p, brokers) => self.reassign(cx, p, &brokers),
            Command::CancelReassign(p) => self.cancel_reassignment(cx, p),
            Command::DeleteTopic(topic) => self.delete_topic(cx, topic),
            Command::AddVoter(voter) => self.add_voter(cx, voter),
            Command::RemoveVoter(voter) => self.remove_voter(cx, voter),
            _ => ErrorCode::None,
        }
    }
}
