//! The seam between a consumer and the protocol by which it is a member of its group (`group.protocol`).
//!
//! Whatever the protocol: it says whether the partitions in hand may be read and committed, takes one step at a time while
//! the application polls, and lays hands on partitions only through [`Consumer::take`] and [`Consumer::let_go`].

use std::collections::BTreeSet;

use super::{Consumer, ConsumerSpec, Slot};
use crate::kafka::{Cx, ErrorCode, Generation, MemberId, Note, Partition, TopicId};

/// How a consumer is a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// JoinGroup, SyncGroup, Heartbeat ([`super::membership`]).
    Classic,
    /// ConsumerGroupHeartbeat ([`super::consumer_protocol`]).
    Modern,
    /// Not at all: it assigns partitions to itself.
    Alone,
    /// ShareGroupHeartbeat: the same, in a share group ([`super::share`]).
    Share,
}

/// Whether a commit that failed like this may go well another time: with another coordinator, or with the present member epoch.
pub(super) fn worth_another(error: ErrorCode) -> bool {
    error.retriable() || error == ErrorCode::StaleMemberEpoch
}

impl Protocol {
    /// What kind of consumer it is and what `group.protocol` says, unless partitions are assigned by hand.
    pub(super) fn of(spec: &ConsumerSpec) -> Self {
        match spec.configs.get("group.protocol") {
            _ if spec.share => Self::Share,
            _ if !spec.partitions.is_empty() => Self::Alone,
            "consumer" => Self::Modern,
            _ => Self::Classic,
        }
    }
}

impl Consumer {
    /// Its protocol, as configured.
    pub(super) const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Whether what it has may be read: positions looked up, records fetched and handed over.
    pub(super) fn may_read(&self) -> bool {
        match self.protocol() {
            Protocol::Classic => self.may_read_classic(),
            Protocol::Modern | Protocol::Share => self.client.modern.stands(),
            Protocol::Alone => true,
        }
    }

    /// Whether the coordinator would take a commit; else the error that commitSync() throws without asking.
    pub(super) fn may_commit(&self) -> Result<(), ErrorCode> {
        match self.protocol() {
            _ if self.client.groupless => Err(self.no_group()),
            Protocol::Alone => Ok(()),
            Protocol::Classic => self.client.membership.may_commit(),
            Protocol::Modern | Protocol::Share => self.client.modern.may_commit(),
        }
    }

    /// Who it is to the coordinator: member id, and generation or member epoch (-1 outside the group).
    pub(super) const fn credentials(&self) -> (Option<MemberId>, Generation) {
        match self.protocol() {
            Protocol::Classic => (self.client.membership.member, self.client.membership.generation),
            Protocol::Modern | Protocol::Share => self.client.modern.credentials(),
            Protocol::Alone => (None, Generation(-1)),
        }
    }

    /// What a call throws that needs a `group.id`.
    fn no_group(&self) -> ErrorCode {
        if self.librdkafka() { ErrorCode::LocalUnknownGroup } else { ErrorCode::NoGroup }
    }

    /// Topics beyond its own that it must know about: the whole group's, if it leads.
    pub(super) const fn watched_topics(&self) -> &BTreeSet<TopicId> {
        &self.client.membership.group_topics
    }

    /// What of the settings makes it impossible to start.
    pub(super) fn check_protocol(&mut self, cx: &mut Cx<'_>) {
        match self.protocol() {
            Protocol::Alone => {
                let partitions = self.spec.partitions.clone();
                self.take(cx, &partitions);
            }
            _ if self.client.groupless => self.fail_for_good(cx, self.no_group()),
            Protocol::Classic => self.check_assignors(cx),
            Protocol::Modern | Protocol::Share => self.choose_member_id(cx),
        }
    }

    /// One step towards an assignment, if the application polls.
    pub(super) fn advance_membership(&mut self, cx: &mut Cx<'_>) {
        if !self.polling() || self.client.coordinator.is_none() || self.client.fatal.is_some() {
            return;
        }
        match self.protocol() {
            Protocol::Classic => self.advance_classic(cx),
            Protocol::Modern | Protocol::Share => self.advance_modern(cx),
            Protocol::Alone => {}
        }
    }

    /// The timer of the next heartbeat fired.
    pub(super) fn heartbeat_due(&mut self, cx: &mut Cx<'_>) {
        match self.protocol() {
            Protocol::Classic => self.beat(cx),
            Protocol::Modern | Protocol::Share => self.modern_heartbeat_due(cx),
            Protocol::Alone => {}
        }
    }

    /// New metadata came.
    pub(super) fn on_group_metadata(&mut self, cx: &mut Cx<'_>) {
        match self.protocol() {
            Protocol::Classic => self.leader_sees_metadata(cx),
            Protocol::Modern | Protocol::Share => {} // the coordinator watches the topics
            Protocol::Alone => {}
        }
    }

    /// What an error of a commit says about the membership.
    pub(super) fn hear_commit(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        match self.protocol() {
            Protocol::Classic => self.hear(cx, error),
            Protocol::Modern | Protocol::Share => {} // the next heartbeat tells
            Protocol::Alone => {}
        }
    }

    /// The commit before giving up partitions was answered.
    pub(super) fn revocation_committed(&mut self, cx: &mut Cx<'_>, error: Option<ErrorCode>) {
        match self.protocol() {
            Protocol::Classic => self.on_revocation_committed(cx, error),
            Protocol::Modern | Protocol::Share => {
                // it does not insist on a partition that is gone (`CommitRequestManager`)
                let gone = error == Some(ErrorCode::UnknownTopicOrPartition);
                self.modern_revocation_committed(cx, !gone && error.is_some_and(worth_another))
            }
            Protocol::Alone => {}
        }
    }

    /// max.poll.interval.ms passed without a poll().
    pub(super) fn poll_interval_passed(&mut self, cx: &mut Cx<'_>) {
        match self.protocol() {
            Protocol::Classic => self.leave_unpolled(cx),
            Protocol::Modern | Protocol::Share => self.modern_leave_unpolled(cx),
            Protocol::Alone => {}
        }
    }

    /// close(): leaves the group if it can, and says whether an answer is to be waited for.
    pub(super) fn leave(&mut self, cx: &mut Cx<'_>) -> bool {
        match self.protocol() {
            Protocol::Classic => self.leave_classic(cx),
            Protocol::Modern | Protocol::Share => self.leave_modern(cx),
            Protocol::Alone => false,
        }
    }

    /// Who asks for committed offsets, if the protocol wants to know.
    pub(super) fn fetches_as(&self) -> Option<(MemberId, Generation)> {
        let (member, generation) = self.credentials();
        member.filter(|_| self.protocol() == Protocol::Modern).map(|member| (member, generation))
    }

    /// Whether a partition in hand is about to be given up: nothing more of it is read.
    pub(super) fn gives_up(&self, partition: Partition) -> bool {
        match self.protocol() {
            Protocol::Classic | Protocol::Alone => false,
            Protocol::Modern | Protocol::Share => self.client.modern.gives_up(partition),
        }
    }

    // ---- partitions in hand ----

    /// onPartitionsAssigned: from now on it has these, too.
    pub(super) fn take(&mut self, cx: &mut Cx<'_>, partitions: &[Partition]) {
        self.client.round += 1;
        let since = self.client.round;
        for &partition in partitions {
            self.client.slots.insert(partition, Slot { since, ..Slot::default() });
            cx.note(Note::PartitionAssigned { consumer: cx.me(), partition });
        }
        self.client.auto_due = cx.now() + self.spec.configs.ms("auto.commit.interval.ms");
        self.apply_seeks(cx);
    }

    /// onPartitionsRevoked: these are no longer its own. What was fetched of them is dropped.
    pub(super) fn let_go(&mut self, cx: &mut Cx<'_>, partitions: &[Partition]) {
        for &partition in partitions {
            if self.client.slots.remove(&partition).is_some() {
                cx.note(Note::PartitionRevoked { consumer: cx.me(), partition });
            }
        }
        self.client.completed.retain(|fetched| !partitions.contains(&fetched.partition));
    }

    /// Whether an answer to what was asked in `round` is about the present hold on that partition.
    pub(super) fn still_held(&self, partition: Partition, round: u64) -> bool {
        self.client.slots.get(&partition).is_some_and(|slot| slot.since <= round)
    }
}
