//! Being a member by the consumer protocol (`group.protocol=consumer`, KIP-848): heartbeats that say what is new, partitions given up
//! and taken one assignment at a time (`ConsumerMembershipManager`, `ConsumerHeartbeatRequestManager`).
//!
//! Heartbeats go on in the background. Partitions change hands inside poll(), where the application's rebalance listener runs: first
//! what is done is committed (`enable.auto.commit`), then partitions are given up, then new ones are taken, and the next heartbeat
//! says so at once. Whoever the group counts out (FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID), or who did not poll in time, has lost its
//! partitions: it notices at its next poll(), and joins again.
//!
//! A member of a share group (KIP-932) does the same with ShareGroupHeartbeat; its partitions are where it may acquire records.
//!
//! Not modelled: the limit on the commit before giving up; consumers without a rebalance listener, which give up partitions in the
//! background.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ask, Consumer, Purpose};
use crate::engine::Micros;
use crate::kafka::client::COORDINATOR;
use crate::kafka::group::{LEAVES, LEAVES_FOR_NOW};
use crate::kafka::{Body, ConsumerHeartbeat, Cx, ErrorCode, Generation, MemberId, Partition, Timer};

/// What a consumer knows of its membership.
#[derive(Clone, Debug, Default)]
pub(super) struct ConsumerMembership {
    /// Chosen when the process starts.
    id: Option<MemberId>,
    /// Member epoch; 0 = it has not joined.
    epoch: i32,
    /// Counts memberships, so that answers about an earlier one are recognised.
    life: u64,
    /// What it has according to the coordinator; none = it has not been told.
    target: Option<BTreeSet<Partition>>,
    /// Partitions to be given up once what is done with them is committed.
    leaving: BTreeSet<Partition>,
    /// What the coordinator knows that it has; none = the next heartbeat says everything.
    told: Option<BTreeSet<Partition>>,
    /// It has come where the coordinator wants it, and has not said so.
    news: bool,
    /// The target is new: when it is reached, the coordinator hears of it.
    unheard: bool,
    /// The next heartbeat is due, and the last one is not answered yet.
    overdue: bool,
    /// The group counts it out: what it has is lost at the next poll().
    lost: bool,
    /// `group.consumer.heartbeat.interval.ms`, as the coordinator says.
    pub(super) interval: Micros,
}

impl ConsumerMembership {
    /// Its member id, once the process has chosen it.
    pub const fn id(&self) -> Option<MemberId> {
        self.id
    }

    /// Whether it is a member whose partitions count.
    pub const fn stands(&self) -> bool {
        self.epoch > 0 && !self.lost
    }

    /// Whether the coordinator would take a commit.
    pub const fn may_commit(&self) -> Result<(), ErrorCode> {
        if self.stands() { Ok(()) } else { Err(ErrorCode::UnknownMemberId) }
    }

    /// Who it is: member id and member epoch.
    pub const fn credentials(&self) -> (Option<MemberId>, Generation) {
        match self.id {
            Some(id) if self.epoch > 0 => (Some(id), Generation(self.epoch)),
            _ => (None, Generation(-1)),
        }
    }

    /// Whether a partition is about to be given up: nothing more of it is read.
    pub fn gives_up(&self, partition: Partition) -> bool {
        self.leaving.contains(&partition)
    }

    /// Out: the next membership is another one.
    fn end(&mut self) {
        self.epoch = 0;
        self.life += 1;
        self.target = None;
        self.leaving.clear();
        self.told = None;
        (self.news, self.unheard, self.overdue) = (false, false, false);
        self.lost = true;
    }
}

impl Consumer {
    /// The process starts: it chooses its member id.
    pub(super) fn choose_member_id(&mut self, cx: &Cx<'_>) {
        self.client.modern.id = Some(MemberId { client: cx.me(), serial: cx.event().0 });
    }

    fn held(&self) -> BTreeSet<Partition> {
        self.client.slots.keys().copied().collect()
    }

    /// One step towards what the coordinator says, inside poll().
    pub(super) fn advance_modern(&mut self, cx: &mut Cx<'_>) {
        if self.client.modern.lost {
            self.lose_all(cx);
            self.client.modern.lost = false;
        }
        if self.client.modern.epoch == 0 {
            if !self.beating() && self.client.backoffs.join.ready(cx) {
                self.send_heartbeat(cx);
            }
            return;
        }
        self.reconcile(cx);
        if self.client.modern.news {
            self.say_news(cx);
        }
    }

    /// Gives up what it should not have any more, then takes what it should have.
    fn reconcile(&mut self, cx: &mut Cx<'_>) {
        let Some(target) = self.client.modern.target.clone() else { return };
        if self.asking(|ask| matches!(ask, Ask::Commit(Purpose::Revoke, _))) {
            return;
        }
        let held = self.held();
        let revoked: Vec<Partition> = held.difference(&target).copied().collect();
        if !revoked.is_empty() {
            if self.spec.configs.on("enable.auto.commit") && !self.client.backoffs.commit.ready(cx) {
                return;
            }
            self.client.modern.leaving = revoked.iter().copied().collect();
            self.client.completed.retain(|fetched| !revoked.contains(&fetched.partition));
            if self.send_auto_commit(cx, Purpose::Revoke) {
                return;
            }
            self.give_up_leaving(cx);
        }
        let added: Vec<Partition> = target.difference(&held).copied().collect();
        if !added.is_empty() {
            self.take(cx, &added);
        }
        self.client.modern.news |= std::mem::take(&mut self.client.modern.unheard);
    }

    fn give_up_leaving(&mut self, cx: &mut Cx<'_>) {
        let leaving: Vec<Partition> = std::mem::take(&mut self.client.modern.leaving).into_iter().collect();
        self.let_go(cx, &leaving);
    }

    /// The commit before giving up was answered: on it goes, or once more (with another coordinator, or another epoch).
    pub(super) fn modern_revocation_committed(&mut self, cx: &mut Cx<'_>, again: bool) {
        if !again && !self.client.modern.leaving.is_empty() {
            self.give_up_leaving(cx);
        }
    }

    // ---- heartbeats ----

    fn beating(&self) -> bool {
        self.asking(|ask| matches!(ask, Ask::ConsumerHeartbeat { .. }))
    }

    /// A heartbeat at once; or, if one is on its way, after its answer.
    fn say_news(&mut self, cx: &mut Cx<'_>) {
        if !self.beating() && self.client.coordinator.is_some() {
            self.send_heartbeat(cx);
        }
    }

    /// The interval between heartbeats passed.
    pub(super) fn modern_heartbeat_due(&mut self, cx: &mut Cx<'_>) {
        if self.client.modern.epoch == 0 || self.client.fatal.is_some() {
            return;
        }
        if self.client.coordinator.is_none() {
            return cx.set_clock(Timer::Heartbeat, self.spec.configs.ms("retry.backoff.ms"));
        }
        self.client.modern.overdue = self.beating();
        self.say_news(cx);
    }

    fn send_heartbeat(&mut self, cx: &mut Cx<'_>) {
        let (Some(to), Some(member)) = (self.client.coordinator, self.client.modern.id) else { return };
        let (epoch, life) = (self.client.modern.epoch, self.client.modern.life);
        let held = self.held();
        let full = epoch == 0 || self.client.modern.told.is_none();
        let news = full || self.client.modern.news || self.client.modern.told.as_ref() != Some(&held);
        let (configs, share) = (&self.spec.configs, self.spec.share);
        let asked = ConsumerHeartbeat {
            group: self.spec.group,
            member,
            epoch,
            instance: self.instance(),
            rebalance: (full && !share).then(|| configs.ms("max.poll.interval.ms")),
            topics: full.then(|| self.spec.topics.clone()),
            assignor: Some(configs.get("group.remote.assignor"))
                .filter(|a| full && !share && !a.is_empty())
                .map(Arc::from),
            owned: (news && !share).then(|| held.iter().copied().collect()),
            share,
        };
        self.client.modern.told = Some(held);
        (self.client.modern.news, self.client.modern.overdue) = (false, false);
        if epoch > 0 {
            cx.set_clock(Timer::Heartbeat, self.client.modern.interval);
        }
        let body = Body::ConsumerGroupHeartbeat(asked);
        self.ask(cx, to, COORDINATOR, !news, body, Ask::ConsumerHeartbeat { life });
    }

    pub(super) fn on_consumer_heartbeat(
        &mut self,
        cx: &mut Cx<'_>,
        life: u64,
        answer: (ErrorCode, i32, Micros),
        assigned: Option<&[Partition]>,
    ) {
        if life != self.client.modern.life {
            return; // about a membership that is over
        }
        let (error, epoch, interval) = answer;
        self.coordinator_gone(cx, error);
        match error {
            ErrorCode::None => {
                self.client.backoffs.join.reset();
                let modern = &mut self.client.modern;
                modern.interval = interval;
                if modern.epoch == 0 {
                    cx.set_clock(Timer::Heartbeat, interval);
                }
                modern.epoch = epoch;
                if let Some(assigned) = assigned {
                    let target: BTreeSet<Partition> = assigned.iter().copied().collect();
                    modern.unheard |= modern.target.as_ref() != Some(&target);
                    modern.target = Some(target);
                }
                if std::mem::take(&mut modern.overdue) {
                    self.modern_heartbeat_due(cx); // or soon, if the coordinator is to be found anew
                }
            }
            ErrorCode::FencedMemberEpoch | ErrorCode::UnknownMemberId => {
                if self.client.modern.epoch == 0 {
                    self.client.backoffs.join.fail(cx, &self.spec.configs);
                }
                self.client.modern.end();
            }
            error if error.retriable() => self.heartbeat_failed(cx),
            error => {
                self.lose_all(cx);
                self.client.modern.end();
                self.fail_for_good(cx, error);
            }
        }
    }

    /// A heartbeat was not answered, or not in earnest: the next one says everything, soon.
    pub(super) fn heartbeat_failed(&mut self, cx: &mut Cx<'_>) {
        self.client.modern.told = None;
        if self.client.modern.epoch == 0 {
            self.client.backoffs.join.fail(cx, &self.spec.configs);
        } else {
            cx.set_clock(Timer::Heartbeat, self.spec.configs.ms("retry.backoff.ms"));
        }
    }

    // ---- leaving ----

    /// Says goodbye: for good, or as a static member for now. False: there is nobody to say it to.
    fn say_goodbye(&mut self, cx: &mut Cx<'_>) -> bool {
        let (Some(to), (Some(member), _)) = (self.client.coordinator, self.client.modern.credentials())
        else {
            return false;
        };
        let instance = self.instance();
        let epoch = if instance.is_some() { LEAVES_FOR_NOW } else { LEAVES };
        let (rebalance, topics, assignor, owned) = (None, None, None, None);
        let group = self.spec.group;
        let share = self.spec.share;
        let asked =
            ConsumerHeartbeat { group, member, epoch, instance, rebalance, topics, assignor, owned, share };
        self.ask(cx, to, COORDINATOR, false, Body::ConsumerGroupHeartbeat(asked), Ask::Leave);
        true
    }

    /// max.poll.interval.ms passed: the client's background thread leaves the group.
    pub(super) fn modern_leave_unpolled(&mut self, cx: &mut Cx<'_>) {
        self.say_goodbye(cx);
        self.client.modern.end();
    }

    /// close(): gives everything up and leaves; says whether an answer is to be waited for.
    pub(super) fn leave_modern(&mut self, cx: &mut Cx<'_>) -> bool {
        let all: Vec<Partition> = self.client.slots.keys().copied().collect();
        self.let_go(cx, &all);
        let waits = self.say_goodbye(cx);
        self.client.modern.end();
        self.client.modern.lost = false;
        waits
    }
}
