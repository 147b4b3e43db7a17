//! Consumers: the client library (classic and consumer group protocol, share groups) and the application that uses it.
//!
//! ```text
//!  Metadata ▶ FindCoordinator ▶ JoinGroup ×2 ▶ SyncGroup ▶ OffsetFetch ▶ (ListOffsets) ▶ Fetch, Fetch, …
//!                  ▲                ▲                                                      │
//!   NOT_COORDINATOR┘                └REBALANCE_IN_PROGRESS                        buffer ◀─┘
//!                                                           poll() ◀── max.poll.records
//!                                                             └─▶ work ─▶ commit ─▶ poll()
//! ```
//!
//! The client is driven by level, not by edge: after every event [`Consumer::drive`] does whatever has
//! become possible, in a fixed order. What Java does inside `poll()` (joining, revoking, looking up
//! positions, fetching, automatic commits) happens only while the application polls: all the time while it
//! waits for records, not while it works, and never while it hangs. A manual member counts as polling in
//! time unless it was told to hang, but records go to its application only by a `poll` command.
//!
//! Automatic commits cover what the application is done with: Java's positions after the records of
//! *earlier* polls; librdkafka's stored offsets, which count a record the moment it is handed over, or with
//! `enable.auto.offset.store=false` when the application's work on it is done.
//! `commit` and an orderly close commit the whole position, as
//! `commitSync()` and `close()` do.
//!
//! A consumer that assigns partitions to itself (`assign()`) is no member of its group: no heartbeat, no rebalance, and its commits carry
//! generation -1, which a coordinator takes only while the group has no members. Without a `group.id` it commits nothing at all.
//!
//! Simplified: a partition that could not be fetched rests for `retry.backoff.ms` (Java asks again at once until it has better metadata).
//!
//! Not modelled: jitter of back-offs other than for connections, automatic commits that repeat an unchanged position,
//! fetch sessions, librdkafka's deeper fetch queue, fetching from a follower (KIP-392), another assign() later.

mod application;
mod backoff;
mod cluster;
mod commit;
mod consumer_protocol;
mod fetcher;
mod isolation;
mod membership;
mod positions;
mod protocol;
mod rebalance;
mod share;
mod validation;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::client::{self, Metadata, Requests};
use super::config::{Configs, Family};
use super::{
    Body, Cx, ErrorCode, Generation, GroupId, Isolation, LeaderEpoch, MemberId, Offset, OffsetSpec,
    Partition, RecordId, SeekTo, Timer, TopicId, Why,
};
use crate::engine::{CloseWhy, Conn, Envelope, Lane, Loss, Micros, MsgId, NodeId};
use application::Application;
use backoff::Backoffs;
use consumer_protocol::ConsumerMembership;
use fetcher::Completed;
use membership::Membership;
use positions::{Place, Slot};
use protocol::Protocol;
use share::{Acks, ShareClient};

/// What a consumer is, apart from its state.
#[derive(Clone, Debug)]
pub struct ConsumerSpec {
    /// Its settings.
    pub configs: Configs,
    /// Its group.
    pub group: GroupId,
    /// Topics it subscribes to, or those of the partitions that it assigns to itself.
    pub topics: Vec<TopicId>,
    /// Partitions that it assigns to itself, instead of being a member of the group (`assign()` instead of `subscribe()`).
    pub partitions: Vec<Partition>,
    /// It is a member of a share group.
    pub share: bool,
    /// It waits for commands; otherwise its application polls, works and commits by itself.
    pub manual: bool,
    /// How long its application works on a record.
    pub work: Micros,
}

/// A consumer.
#[derive(Clone, Debug)]
pub struct Consumer {
    spec: ConsumerSpec,
    protocol: Protocol,
    client: Client,
    app: Application,
}

/// What the client library holds in memory.
#[derive(Clone, Debug, Default)]
struct Client {
    metadata: Metadata,
    requests: Requests<Ask>,
    backoffs: Backoffs,
    /// Metadata is wanted, and why.
    refresh: Option<Why>,
    /// A metadata answer has come.
    bootstrapped: bool,
    /// The last metadata answer said something new.
    learned: bool,
    coordinator: Option<NodeId>,
    membership: Membership,
    modern: ConsumerMembership,
    /// It has no `group.id`.
    groupless: bool,
    share: ShareClient,
    /// Assigned partitions.
    slots: BTreeMap<Partition, Slot>,
    /// Counts assignments, so that answers to questions about an earlier one are recognised.
    round: u64,
    /// Seeks that wait for an assignment.
    seeks: Vec<(Partition, SeekTo)>,
    /// Fetched and not yet polled, in order of arrival.
    completed: VecDeque<Completed>,
    /// The last fetch to each broker: partition and offset.
    fetched: BTreeMap<NodeId, Vec<(Partition, Offset, LeaderEpoch)>>,
    /// When the next automatic commit is due.
    auto_due: Micros,
    /// poll() throws this from now on.
    fatal: Option<ErrorCode>,
}

/// Why a commit was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// The interval of automatic commits passed.
    Auto,
    /// The application called commitSync().
    Sync,
    /// Partitions are about to be given up.
    Revoke,
    /// The application called close().
    Close,
}

/// What a request was about.
#[derive(Clone, Debug)]
enum Ask {
    Metadata,
    Coordinator,
    Join,
    Sync,
    Heartbeat(Generation),
    ConsumerHeartbeat {
        life: u64,
    },
    Leave,
    Commit(Purpose, Vec<(Partition, Offset, LeaderEpoch)>),
    Committed {
        round: u64,
    },
    Lookup {
        round: u64,
        asked: Vec<(Partition, OffsetSpec)>,
    },
    Prove {
        round: u64,
        asked: Vec<(Partition, Offset, LeaderEpoch)>,
    },
    Fetch {
        round: u64,
        asked: Vec<(Partition, Offset)>,
    },
    /// ShareFetch or ShareAcknowledge.
    Share {
        fetches: bool,
        acks: Acks,
    },
}

impl Consumer {
    /// A consumer that has not started.
    #[must_use]
    pub fn new(spec: ConsumerSpec) -> Self {
        Self { protocol: Protocol::of(&spec), spec, client: Client::default(), app: Application::default() }
    }

    /// Its settings.
    #[must_use]
    pub const fn configs(&self) -> &Configs {
        &self.spec.configs
    }

    /// Its settings, to change while it is down.
    pub const fn configs_mut(&mut self) -> &mut Configs {
        &mut self.spec.configs
    }

    /// Which records it wants to see.
    #[must_use]
    pub fn isolation(&self) -> Isolation {
        match self.spec.configs.get("isolation.level") {
            "read_committed" => Isolation::ReadCommitted,
            _ => Isolation::ReadUncommitted,
        }
    }

    /// Whether it waits for offsets that a transaction may still change: Java's always does, librdkafka's if it reads committed records.
    fn requires_stable(&self) -> bool {
        !self.librdkafka() || self.isolation() == Isolation::ReadCommitted
    }

    /// Its group.
    #[must_use]
    pub const fn group(&self) -> GroupId {
        self.spec.group
    }

    /// Whether it is a member of its group or is to become one; not if it assigns partitions to itself, or has failed for good.
    #[must_use]
    pub fn joins(&self) -> bool {
        self.spec.partitions.is_empty() && self.client.fatal.is_none()
    }

    /// What it is, apart from its state.
    #[must_use]
    pub const fn spec(&self) -> &ConsumerSpec {
        &self.spec
    }

    /// Its member id, while it has one.
    #[must_use]
    pub const fn member(&self) -> Option<MemberId> {
        self.credentials().0
    }

    /// Its `group.instance.id`, if it is a static member.
    #[must_use]
    pub fn instance(&self) -> Option<Arc<str>> {
        let id = self.spec.configs.get("group.instance.id");
        (!id.is_empty()).then(|| id.into())
    }

    /// Its generation; -1 outside a group.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.credentials().1
    }

    /// Whether it leads the group.
    #[must_use]
    pub const fn is_leader(&self) -> bool {
        self.client.membership.leads
    }

    /// The broker that it takes for its coordinator.
    #[must_use]
    pub const fn coordinator(&self) -> Option<NodeId> {
        self.client.coordinator
    }

    /// Partitions it may read, with the next offset to deliver (-1 = not known yet).
    pub fn assigned(&self) -> impl Iterator<Item = (Partition, Offset)> + '_ {
        self.client.slots.iter().map(|(p, slot)| (*p, slot.position().unwrap_or(Offset::NONE)))
    }

    /// Records polled and not worked, the one it works on included.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.app.polled.len()
    }

    /// When the next automatic commit is due; none without automatic commits or an assignment.
    #[must_use]
    pub fn auto_commit_due(&self) -> Option<Micros> {
        let on = self.spec.configs.on("enable.auto.commit") && !self.client.slots.is_empty();
        on.then_some(self.client.auto_due)
    }

    /// The heartbeat interval that the coordinator gave it; none in a classic group, or before the first answer.
    #[must_use]
    pub fn told_interval(&self) -> Option<Micros> {
        Some(self.client.modern.interval).filter(|told| *told > Micros::ZERO)
    }

    /// Records fetched and not polled, in order of arrival.
    pub fn prefetched(&self) -> impl Iterator<Item = (Partition, Offset, RecordId)> + '_ {
        let each = |fetched: &'_ Completed| {
            let partition = fetched.partition;
            fetched
                .records
                .iter()
                .map(move |(offset, _, record)| (partition, *offset, *record))
                .collect::<Vec<_>>()
        };
        self.client.completed.iter().flat_map(each)
    }

    /// Records fetched and not polled.
    #[must_use]
    pub fn fetched(&self) -> usize {
        self.client.completed.iter().map(Completed::len).sum()
    }

    /// The record its application works on.
    #[must_use]
    pub fn working(&self) -> Option<RecordId> {
        self.app.working()
    }

    /// Number of polls that returned.
    #[must_use]
    pub const fn polls(&self) -> u64 {
        self.app.polls
    }

    /// The last error that a call of the application got; none after a call that went well.
    #[must_use]
    pub const fn error(&self) -> Option<ErrorCode> {
        self.app.error
    }

    /// Whether every poll() from now on throws: nothing more comes of this process.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.client.fatal.is_some()
    }

    // ---- what the world does to it ----

    /// Process start.
    pub fn start(&mut self, cx: &mut Cx<'_>) {
        self.client.refresh = Some(Why::Age);
        self.client.requests.keep_links(&self.spec.configs);
        self.client.metadata.recover_as(&self.spec.configs);
        self.protocol = Protocol::of(&self.spec);
        self.client.groupless = cx.shared().group(self.spec.group).is_empty();
        self.check_protocol(cx);
        if !self.spec.manual {
            self.enter_poll(cx);
        }
        self.drive(cx);
    }

    /// Loss of everything volatile, and a consumer has nothing else.
    pub fn crash(&mut self, _loss: Loss) {
        self.client = Client::default();
        self.app = Application::default();
    }

    /// A message arrived.
    pub fn on_message(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let Some(ask) = self.client.requests.answered(cx, message) else { return };
        match (&message.body, ask) {
            (Body::MetadataGiven { brokers, topics }, Ask::Metadata) => self.on_metadata(cx, brokers, topics),
            (Body::CoordinatorFound { error, node }, Ask::Coordinator) => {
                self.on_coordinator(cx, *error, *node)
            }
            (Body::GroupJoined { .. }, Ask::Join) => self.on_joined(cx, message.answers, &message.body),
            (Body::GroupSynced { error, assigned }, Ask::Sync) => {
                self.on_synced(cx, message.answers, *error, assigned);
            }
            (Body::HeartbeatAnswered { error }, Ask::Heartbeat(generation)) => {
                self.on_heartbeat(cx, *error, generation);
            }
            (
                Body::ConsumerGroupHeartbeatAnswered { error, epoch, interval, assigned, .. },
                Ask::ConsumerHeartbeat { life },
            ) => {
                let answer = (*error, *epoch, *interval);
                self.on_consumer_heartbeat(cx, life, answer, assigned.as_deref());
            }
            (Body::OffsetsCommitted { results }, Ask::Commit(purpose, offsets)) => {
                let error = results.iter().map(|(_, e)| *e).find(|e| *e != ErrorCode::None);
                self.on_committed(cx, purpose, &offsets, error);
            }
            (Body::OffsetsFetched { error, offsets }, Ask::Committed { round }) => {
                self.on_offsets(cx, round, *error, offsets);
            }
            (Body::LeaderEpochsEnded { results }, Ask::Prove { round, asked }) => {
                self.on_proven(cx, round, &asked, results);
            }
            (Body::OffsetsListed { results }, Ask::Lookup { round, asked }) => {
                self.on_listed(cx, round, &asked, results);
            }
            (Body::Fetched { error, partitions, leaders }, Ask::Fetch { round, asked }) => {
                self.on_fetched(cx, round, &asked, (*error, partitions, leaders));
            }
            (Body::ShareFetched { error, partitions }, Ask::Share { acks, .. }) => {
                self.on_share_fetched(cx, message.from, &acks, *error, partitions);
            }
            (Body::ShareAcknowledged { error, results }, Ask::Share { acks, .. }) => {
                self.on_share_acknowledged(cx, message.from, &acks, *error, results);
                if self.app.closing() {
                    return self.share_session_closed(cx);
                }
            }
            (_, Ask::Leave) if self.app.closing() => return cx.exit(),
            _ => {}
        }
        self.drive(cx);
    }

    /// A timer fired.
    pub fn on_timer(&mut self, cx: &mut Cx<'_>, key: Timer) {
        match key {
            Timer::RequestTimeout => {
                for lost in self.client.requests.expired(cx) {
                    self.on_lost(cx, lost.to, lost.what, Why::Timeout);
                }
            }
            Timer::Heartbeat => self.heartbeat_due(cx),
            Timer::PollInterval => self.poll_interval_passed(cx),
            Timer::MetadataAge => {
                self.client.refresh.get_or_insert(Why::Age);
            }
            Timer::Application => self.application_goes_on(cx),
            _ => {} // back-offs: something may be tried again
        }
        self.drive(cx);
    }

    /// A connection is gone.
    pub fn on_closed(&mut self, cx: &mut Cx<'_>, conn: Conn, _why: CloseWhy) {
        for lost in self.client.requests.closed(cx, conn) {
            self.on_lost(cx, lost.to, lost.what, Why::Disconnect);
        }
        if conn.lane == client::COORDINATOR && self.client.coordinator == Some(conn.server) {
            self.coordinator_unknown(cx);
        }
        if conn.client == cx.me() {
            self.want_metadata(Why::Disconnect);
        }
        self.drive(cx);
    }

    /// A request will not be answered.
    fn on_lost(&mut self, cx: &mut Cx<'_>, to: NodeId, ask: Ask, why: Why) {
        match ask {
            Ask::Metadata => self.metadata_failed(cx, why),
            Ask::Coordinator => self.client.backoffs.coordinator.fail(cx, &self.spec.configs),
            Ask::Fetch { .. } => self.want_metadata(why),
            Ask::Lookup { .. } | Ask::Prove { .. } => {
                self.client.backoffs.lookup.fail(cx, &self.spec.configs);
                self.want_metadata(why);
            }
            Ask::Share { acks, fetches } => {
                self.share_session_lost(cx, to, &acks, ErrorCode::NetworkException);
                if self.app.closing() && !fetches {
                    self.share_session_closed(cx);
                }
            }
            Ask::Leave if self.app.closing() => cx.exit(),
            Ask::Leave | Ask::Heartbeat(_) | Ask::Committed { .. } => self.coordinator_lost(cx, to),
            Ask::ConsumerHeartbeat { .. } => {
                self.coordinator_lost(cx, to);
                self.heartbeat_failed(cx);
            }
            Ask::Join | Ask::Sync => {
                self.coordinator_lost(cx, to);
                self.join_failed(cx);
            }
            Ask::Commit(purpose, offsets) => {
                self.coordinator_lost(cx, to);
                self.on_committed(cx, purpose, &offsets, Some(ErrorCode::NetworkException));
            }
        }
    }

    /// Does everything that has become possible.
    fn drive(&mut self, cx: &mut Cx<'_>) {
        if self.app.closing() {
            return;
        }
        self.advance_membership(cx);
        if !self.spec.share {
            self.look_up_positions(cx);
            self.auto_commit(cx);
        }
        self.run_application(cx);
        if self.app.closing() {
            return;
        }
        self.advance_membership(cx); // a call that failed without a request may have led to poll()
        if self.spec.share {
            self.send_share_fetches(cx);
        } else if self.polling() {
            self.send_fetches(cx);
        }
        self.find_coordinator(cx);
        self.refresh_metadata(cx);
    }

    /// How long it waits for an answer.
    fn patience(&self) -> Micros {
        self.spec.configs.ms(if self.librdkafka() { "socket.timeout.ms" } else { "request.timeout.ms" })
    }

    /// Sends a request and waits so long for its answer.
    fn ask(&mut self, cx: &mut Cx<'_>, to: NodeId, lane: Lane, quiet: bool, body: Body, ask: Ask) -> MsgId {
        let limit = self.patience();
        self.client.requests.send(cx, to, lane, quiet, body, limit, ask)
    }

    /// Whether a request of some kind waits for its answer.
    fn asking(&self, kind: impl Fn(&Ask) -> bool) -> bool {
        self.client.requests.iter().any(|(_, _, ask)| kind(ask))
    }

    fn librdkafka(&self) -> bool {
        self.spec.configs.family() == Family::Librdkafka
    }

    /// Whether the client may do now what it does inside poll().
    const fn polling(&self) -> bool {
        if self.spec.manual { self.app.polls_in_time() } else { self.app.in_poll() }
    }
}
