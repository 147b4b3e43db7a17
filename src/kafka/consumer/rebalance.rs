//! Taking part in a rebalance, eagerly or cooperatively (KIP-429, `ConsumerCoordinator`).
//!
//! | | eager | cooperative |
//! |---|---|---|
//! | before JoinGroup | gives up everything | gives up what it no longer subscribes to |
//! | JoinGroup carries | no partitions | its partitions and their generation |
//! | between the two | reads nothing | reads on, commits nothing |
//! | after SyncGroup | takes everything | gives up what it did not get again, takes what is new; joins again at once if it gave up anything |
//!
//! Both: who was counted out has lost what it had, and is told so (onPartitionsLost).

use std::collections::BTreeSet;

use super::Consumer;
use super::membership::Phase;
use crate::kafka::config::Family;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Cx, Generation, Note, Partition, Subscription};

/// Names that partition.assignment.strategy may hold.
const ASSIGNORS: &[&str] = &["range", "roundrobin", "sticky", "cooperative-sticky"];

/// How a member takes part in rebalances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Everybody stops.
    Eager,
    /// Only what changes hands stops.
    Cooperative,
}

impl Consumer {
    /// Its assignors, the preferred one first.
    pub(super) fn assignors(&self) -> Vec<&'static str> {
        let listed = self.spec.configs.get("partition.assignment.strategy").split(',');
        listed.filter_map(|name| ASSIGNORS.iter().find(|known| **known == name.trim()).copied()).collect()
    }

    /// Whether a client of its family starts with these assignors. librdkafka has no `sticky`, and refuses to mix eager and
    /// cooperative ones.
    pub(super) fn assignors_fit(&self) -> bool {
        let listed = self.assignors();
        let cooperative = listed.iter().filter(|name| **name == "cooperative-sticky").count();
        match self.spec.configs.family() {
            Family::Java => !listed.is_empty(),
            Family::Librdkafka => {
                !listed.is_empty()
                    && !listed.contains(&"sticky")
                    && (cooperative == 0 || cooperative == listed.len())
            }
        }
    }

    /// The strongest mode that all its assignors support: only `cooperative-sticky` supports the cooperative one.
    pub(super) fn mode(&self) -> Mode {
        let mut listed = self.spec.configs.get("partition.assignment.strategy").split(',');
        match listed.all(|name| name.trim() == "cooperative-sticky") {
            true => Mode::Cooperative,
            false => Mode::Eager,
        }
    }

    /// What it brings when it joins.
    pub(super) fn subscription(&self) -> Subscription {
        let owned = match self.mode() {
            Mode::Eager => Vec::new(),
            Mode::Cooperative => self.client.slots.keys().copied().collect(),
        };
        let remembered = self.client.membership.remembered.clone();
        Subscription {
            topics: self.spec.topics.clone(),
            owned,
            generation: self.client.membership.generation,
            user_data: remembered.filter(|_| self.assignors().contains(&"sticky")),
        }
    }

    /// Whether what it has may be read.
    pub(super) fn may_read_classic(&self) -> bool {
        let membership = &self.client.membership;
        membership.stable()
            || self.mode() == Mode::Cooperative && !membership.lost && !self.client.slots.is_empty()
    }

    /// onJoinPrepare: gives up what it may not have while it joins.
    pub(super) fn prepare_join(&mut self, cx: &mut Cx<'_>) {
        let keeps = self.mode() == Mode::Cooperative || mutant::on(Mutant::KeepsWhileJoining);
        let stays = |p: &Partition| keeps && self.spec.topics.contains(&p.topic);
        let given_up: Vec<Partition> = self.client.slots.keys().filter(|p| !stays(p)).copied().collect();
        if self.client.membership.lost {
            self.lose_all(cx);
        } else {
            self.let_go(cx, &given_up);
        }
        self.step_out();
    }

    /// onLeavePrepare: closing or fenced, it gives up everything; what it has is lost if the group has moved on without it.
    pub(super) fn prepare_leave(&mut self, cx: &mut Cx<'_>) {
        let membership = &self.client.membership;
        if membership.lost || !matches!(membership.phase, Phase::Stable | Phase::Revoking) {
            self.lose_all(cx);
        } else {
            let all: Vec<Partition> = self.client.slots.keys().copied().collect();
            self.let_go(cx, &all);
        }
        self.step_out();
    }

    fn step_out(&mut self) {
        let membership = &mut self.client.membership;
        membership.phase = Phase::Out;
        membership.leads = false;
        membership.lost = false;
        membership.rejoin = false;
    }

    /// onJoinComplete: the assignment is here.
    pub(super) fn complete_join(&mut self, cx: &mut Cx<'_>, assigned: &[Partition]) {
        let owned: BTreeSet<Partition> = self.client.slots.keys().copied().collect();
        let assigned: BTreeSet<Partition> = assigned.iter().copied().collect();
        let revoked: Vec<Partition> = owned.difference(&assigned).copied().collect();
        let added: Vec<Partition> = assigned.difference(&owned).copied().collect();
        if !revoked.is_empty() {
            self.let_go(cx, &revoked);
            self.client.membership.rejoin = true;
        }
        let membership = &mut self.client.membership;
        if membership.assignor == "sticky" {
            membership.remembered = Some((assigned.into_iter().collect(), membership.generation));
        }
        self.take(cx, &added);
    }

    /// onPartitionsLost: what it has may be somebody else's already.
    pub(super) fn lose_all(&mut self, cx: &mut Cx<'_>) {
        for partition in std::mem::take(&mut self.client.slots).into_keys() {
            cx.note(Note::PartitionLost { consumer: cx.me(), partition });
        }
        self.client.completed.clear();
        self.client.round += 1;
    }

    /// Counted out while it joined: who still has partitions gives them up as lost first.
    pub(super) fn lost_while_joining(&mut self) {
        let has_some = !self.client.slots.is_empty();
        let membership = &mut self.client.membership;
        membership.generation = Generation(-1);
        membership.lost = has_some;
        membership.phase = if has_some { Phase::Stable } else { Phase::Out };
    }
}
