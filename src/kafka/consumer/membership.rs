//! Being a member by the classic protocol: joining, sharing out, heartbeats, giving up, leaving (`ConsumerCoordinator`,
//! `AbstractCoordinator`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Ask, Consumer, Purpose};
use crate::engine::{Micros, MsgId};
use crate::kafka::client::COORDINATOR;
use crate::kafka::group::assign::{self, Candidate, TopicSize};
use crate::kafka::{
    Body, CONSUMER, Cx, ErrorCode, Generation, JOIN_GROUP_VERSION, LeaveWhy, Leaving, MemberId, Partition,
    Subscription, Timer, TopicId, Why,
};

/// The members as the coordinator shows them to the leader.
type Members = Vec<(MemberId, Option<Arc<str>>, Subscription)>;

/// Where a member stands.
#[derive(Clone, Debug, Default)]
pub(super) enum Phase {
    /// Not in the group.
    #[default]
    Out,
    /// Waits for the commit that comes before giving up its partitions.
    Revoking,
    /// Waits for the others.
    Joining(MsgId),
    /// Leads, and waits for metadata of the group's topics.
    Assigning(Members),
    /// Waits for its assignment.
    Syncing(MsgId),
    /// Has its assignment.
    Stable,
}

/// What a consumer knows of its membership.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    pub member: Option<MemberId>,
    pub generation: Generation,
    pub leads: bool,
    pub phase: Phase,
    /// Topics of the whole group, if it leads.
    pub group_topics: BTreeSet<TopicId>,
    /// Partition counts that the leader shared out.
    shared_out: BTreeMap<TopicId, u32>,
    pub assignor: &'static str,
    /// The group forms anew: join again at the next poll().
    pub rejoin: bool,
    /// Until when it tries to commit before it gives up its partitions.
    commits_until: Option<Micros>,
    /// The group counts it out: what it has is lost at the next poll().
    pub lost: bool,
    /// What the `sticky` assignor remembers: the last assignment it made for this member, and its generation.
    pub remembered: Option<(Vec<Partition>, Generation)>,
}

impl Default for Membership {
    fn default() -> Self {
        Self {
            member: None,
            generation: Generation(-1),
            leads: false,
            phase: Phase::Out,
            group_topics: BTreeSet::new(),
            shared_out: BTreeMap::new(),
            assignor: "",
            rejoin: false,
            commits_until: None,
            lost: false,
            remembered: None,
        }
    }
}

impl Membership {
    /// Whether it has an assignment that counts.
    pub const fn stable(&self) -> bool {
        matches!(self.phase, Phase::Stable) && !self.lost
    }

    /// Whether the coordinator would take a commit; else the error that commitSync() throws without asking.
    pub const fn may_commit(&self) -> Result<(), ErrorCode> {
        match self.phase {
            Phase::Stable | Phase::Revoking if !self.lost => Ok(()),
            Phase::Joining(_) | Phase::Assigning(_) | Phase::Syncing(_) => {
                Err(ErrorCode::RebalanceInProgress)
            }
            _ => Err(ErrorCode::UnknownMemberId),
        }
    }
}

impl Consumer {
    /// Whether a rebalance waits until it has committed what it gives up (for max.poll.interval.ms at most).
    #[must_use]
    pub const fn commits_before_joining(&self) -> bool {
        self.client.membership.commits_until.is_some()
    }

    /// Whether it waits for the answer to a JoinGroup: as long as a rebalance may take, and five seconds more.
    #[must_use]
    pub const fn awaits_join(&self) -> bool {
        matches!(self.client.membership.phase, Phase::Joining(_))
    }

    /// A consumer without an assignor that it could run does not start.
    pub(super) fn check_assignors(&mut self, cx: &mut Cx<'_>) {
        if !self.assignors_fit() {
            self.fail_for_good(cx, ErrorCode::InvalidConfig);
        }
    }

    /// One step towards an assignment.
    pub(super) fn advance_classic(&mut self, cx: &mut Cx<'_>) {
        let membership = &self.client.membership;
        if matches!(membership.phase, Phase::Stable) && (membership.lost || membership.rejoin) {
            self.give_up(cx);
        }
        if matches!(self.client.membership.phase, Phase::Out) && self.client.backoffs.join.ready(cx) {
            self.send_join(cx);
        }
    }

    /// Commits what it is done with, as long as a rebalance may take, and gives up its partitions (`ConsumerCoordinator.onJoinPrepare`).
    fn give_up(&mut self, cx: &mut Cx<'_>) {
        let longest = self.spec.configs.ms("max.poll.interval.ms");
        let until = *self.client.membership.commits_until.get_or_insert(cx.now() + longest);
        if !self.client.membership.lost && cx.now() < until && self.spec.configs.on("enable.auto.commit") {
            if !self.client.backoffs.commit.ready(cx) {
                return;
            }
            if self.send_auto_commit(cx, Purpose::Revoke) {
                self.client.membership.phase = Phase::Revoking;
                return;
            }
        }
        self.client.membership.commits_until = None;
        self.prepare_join(cx);
    }

    fn send_join(&mut self, cx: &mut Cx<'_>) {
        let Some(to) = self.client.coordinator else { return };
        let configs = &self.spec.configs;
        let rebalance = configs.ms("max.poll.interval.ms");
        let body = Body::JoinGroup {
            group: self.spec.group,
            member: self.client.membership.member,
            instance: self.instance(),
            version: JOIN_GROUP_VERSION,
            protocol_type: CONSUMER,
            session: configs.ms("session.timeout.ms"),
            rebalance,
            assignors: self.assignors(),
            subscription: self.subscription(),
        };
        let limit = self.patience().max(rebalance + Micros::secs(5));
        let msg = self.client.requests.send(cx, to, COORDINATOR, false, body, limit, Ask::Join);
        let membership = &mut self.client.membership;
        membership.rejoin = false;
        membership.phase = Phase::Joining(msg);
    }

    pub(super) fn on_joined(&mut self, cx: &mut Cx<'_>, request: Option<MsgId>, body: &Body) {
        let Body::GroupJoined { error, member, generation, assignor, leader, skip_assignment, members } =
            body
        else {
            return;
        };
        if !matches!(self.client.membership.phase, Phase::Joining(msg) if Some(msg) == request) {
            return; // given up meanwhile
        }
        self.coordinator_gone(cx, *error);
        match error {
            ErrorCode::None => {}
            ErrorCode::MemberIdRequired => {
                self.client.membership.member = *member;
                self.client.membership.phase = Phase::Out;
                return;
            }
            error => return self.on_group_error(cx, *error),
        }
        self.client.backoffs.join.reset();
        let membership = &mut self.client.membership;
        membership.member = *member;
        membership.generation = *generation;
        membership.assignor = assignor;
        membership.leads = leader == member;
        membership.group_topics.clear();
        cx.set_clock(Timer::Heartbeat, self.spec.configs.ms("heartbeat.interval.ms"));
        if membership.leads && !members.is_empty() {
            membership.group_topics = members.iter().flat_map(|(_, _, s)| s.topics.clone()).collect();
            membership.phase = Phase::Assigning(members.clone());
            if *skip_assignment {
                self.keep_sharing(cx);
            } else {
                self.share_out(cx, false);
            }
        } else {
            self.send_sync(cx, Vec::new());
        }
    }

    /// New metadata: a leader that waited for it shares out; one that has shared out looks whether its work
    /// still fits.
    pub(super) fn leader_sees_metadata(&mut self, cx: &mut Cx<'_>) {
        self.share_out(cx, true);
        let Self { client, .. } = self;
        let count = |topic: &TopicId| client.metadata.partition_count(*topic);
        let outdated = client.membership.shared_out.iter().any(|(topic, shared)| *shared != count(topic));
        if outdated && client.membership.leads && client.membership.stable() {
            client.membership.rejoin = true;
        }
    }

    /// The leader's work. Without metadata of every topic it asks first; what is unknown even then does not
    /// exist.
    fn share_out(&mut self, cx: &mut Cx<'_>, fresh: bool) {
        let Phase::Assigning(members) = &self.client.membership.phase else { return };
        let topics = &self.client.membership.group_topics;
        let count = |topic: TopicId| self.client.metadata.partition_count(topic);
        if !fresh && topics.iter().any(|topic| count(*topic) == 0) {
            return self.want_metadata(Why::Unknown);
        }
        let names = cx.shared();
        let sizes: BTreeMap<TopicId, TopicSize> = topics
            .iter()
            .map(|&id| (id, TopicSize { name: names.topic(id).to_owned(), partitions: count(id) }))
            .collect();
        let candidates = members.iter().map(|(member, instance, subscription)| Candidate {
            member: *member,
            name: assign::member_name(&names, *member),
            instance: instance.clone(),
            subscription: subscription.clone(),
        });
        let assignment = assign::assign(self.client.membership.assignor, candidates.collect(), &sizes);
        self.client.membership.shared_out =
            sizes.into_iter().map(|(id, size)| (id, size.partitions)).collect();
        match assignment {
            Some(assignment) => self.send_sync(cx, assignment.into_iter().collect()),
            None => self.fail_for_good(cx, ErrorCode::InconsistentGroupProtocol),
        }
    }

    /// A static leader came back: what it shared out before stands, and from now on it watches the topics again.
    fn keep_sharing(&mut self, cx: &mut Cx<'_>) {
        let Self { client, .. } = self;
        let count = |topic: &TopicId| client.metadata.partition_count(*topic);
        let shared_out = client.membership.group_topics.iter().map(|topic| (*topic, count(topic))).collect();
        client.membership.shared_out = shared_out;
        self.send_sync(cx, Vec::new());
    }

    fn send_sync(&mut self, cx: &mut Cx<'_>, assignments: Vec<(MemberId, Vec<Partition>)>) {
        let membership = &self.client.membership;
        let (Some(to), Some(member)) = (self.client.coordinator, membership.member) else {
            return self.join_failed(cx);
        };
        let (generation, assignor) = (membership.generation, membership.assignor);
        let (group, instance) = (self.spec.group, self.instance());
        let body = Body::SyncGroup { group, member, instance, generation, assignor, assignments };
        let msg = self.ask(cx, to, COORDINATOR, false, body, Ask::Sync);
        self.client.membership.phase = Phase::Syncing(msg);
    }

    pub(super) fn on_synced(
        &mut self,
        cx: &mut Cx<'_>,
        request: Option<MsgId>,
        error: ErrorCode,
        assigned: &[Partition],
    ) {
        if !matches!(self.client.membership.phase, Phase::Syncing(msg) if Some(msg) == request) {
            return; // given up meanwhile
        }
        self.coordinator_gone(cx, error);
        if error != ErrorCode::None {
            return self.on_group_error(cx, error);
        }
        self.client.membership.phase = Phase::Stable;
        self.complete_join(cx, assigned);
        self.leader_sees_metadata(cx); // a leader whose topics grew meanwhile
    }

    /// What a failed JoinGroup or SyncGroup means.
    fn on_group_error(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        let member = self.client.membership.member;
        match error {
            ErrorCode::UnknownMemberId => self.lose(None),
            ErrorCode::IllegalGeneration => self.lose(member),
            ErrorCode::RebalanceInProgress => self.client.membership.phase = Phase::Out,
            error if error.retriable() => self.join_failed(cx),
            ErrorCode::FencedInstanceId => self.fenced(cx),
            error => self.fail_for_good(cx, error),
        }
    }

    /// Another process has this group.instance.id: nothing goes on.
    fn fenced(&mut self, cx: &mut Cx<'_>) {
        self.lose(None);
        self.prepare_leave(cx);
        self.fail_for_good(cx, ErrorCode::FencedInstanceId);
    }

    /// Joining did not work: out, and again after a while.
    pub(super) fn join_failed(&mut self, cx: &Cx<'_>) {
        let membership = &mut self.client.membership;
        if matches!(membership.phase, Phase::Joining(_) | Phase::Assigning(_) | Phase::Syncing(_)) {
            membership.phase = Phase::Out;
            membership.leads = false;
            self.client.backoffs.join.fail(cx, &self.spec.configs);
        }
    }

    // ---- staying in ----

    /// heartbeat.interval.ms passed.
    pub(super) fn beat(&mut self, cx: &mut Cx<'_>) {
        let membership = &self.client.membership;
        let inside = !matches!(membership.phase, Phase::Out | Phase::Joining(_)) && !membership.lost;
        let (Some(member), true) = (membership.member, inside && self.client.fatal.is_none()) else { return };
        let generation = membership.generation;
        cx.set_clock(Timer::Heartbeat, self.spec.configs.ms("heartbeat.interval.ms"));
        if self.asking(|ask| matches!(ask, Ask::Heartbeat(_))) {
            return;
        }
        if let Some(to) = self.client.coordinator {
            let (group, instance) = (self.spec.group, self.instance());
            let body = Body::Heartbeat { group, member, instance, generation };
            self.ask(cx, to, COORDINATOR, true, body, Ask::Heartbeat(generation));
        }
    }

    pub(super) fn on_heartbeat(&mut self, cx: &mut Cx<'_>, error: ErrorCode, generation: Generation) {
        if generation != self.client.membership.generation {
            return; // about a time that is over
        }
        self.coordinator_gone(cx, error);
        self.hear(cx, error);
    }

    /// What an error of a heartbeat or a commit says about the membership.
    pub(super) fn hear(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        match error {
            ErrorCode::RebalanceInProgress => self.client.membership.rejoin = true,
            ErrorCode::IllegalGeneration => self.lose(self.client.membership.member),
            ErrorCode::UnknownMemberId => self.lose(None),
            ErrorCode::FencedInstanceId => self.fenced(cx),
            _ => {}
        }
    }

    /// The group counts this member out; `keep` is the id it may come back with.
    fn lose(&mut self, keep: Option<MemberId>) {
        let membership = &mut self.client.membership;
        membership.member = keep;
        membership.generation = Generation(-1);
        membership.leads = false;
        match membership.phase {
            Phase::Stable | Phase::Revoking => {
                membership.lost = true;
                membership.phase = Phase::Stable;
            }
            _ => self.lost_while_joining(),
        }
    }

    /// The commit before giving up was answered: on it goes, or once more. librdkafka does not insist on a partition that is gone.
    pub(super) fn on_revocation_committed(&mut self, cx: &mut Cx<'_>, error: Option<ErrorCode>) {
        if !matches!(self.client.membership.phase, Phase::Revoking) {
            return;
        }
        let gone = self.librdkafka() && error == Some(ErrorCode::UnknownTopicOrPartition);
        if !gone && error.is_some_and(ErrorCode::retriable) {
            self.client.membership.phase = Phase::Stable;
        } else {
            self.client.membership.commits_until = None;
            self.prepare_join(cx);
        }
    }

    /// max.poll.interval.ms passed: the client's background thread leaves the group. A static member only falls silent.
    pub(super) fn leave_unpolled(&mut self, cx: &mut Cx<'_>) {
        self.send_leave(cx, LeaveWhy::PollInterval);
        self.lose(None);
    }

    /// Static members never say that they leave: their sessions end, or a process with the same id takes over.
    fn send_leave(&mut self, cx: &mut Cx<'_>, why: LeaveWhy) -> bool {
        let member = self.client.membership.member;
        let (Some(to), Some(_), None) = (self.client.coordinator, member, self.instance()) else {
            return false;
        };
        let members = vec![Leaving { member, instance: None }];
        let body = Body::LeaveGroup { group: self.spec.group, members, why };
        self.ask(cx, to, COORDINATOR, false, body, Ask::Leave);
        true
    }

    /// close(): leaves the group if it can, and says whether an answer is to be waited for.
    pub(super) fn leave_classic(&mut self, cx: &mut Cx<'_>) -> bool {
        self.prepare_leave(cx);
        self.send_leave(cx, LeaveWhy::Left)
    }
}
