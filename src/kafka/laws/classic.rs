//! Laws of classic consumer groups: who owns what, who is a member, what is stored before it is told.

use std::collections::{BTreeMap, BTreeSet};

use super::look::{broker, brokers, leads_by_all_accounts, topic_now};
use super::witness::Witness;
use crate::engine::{Micros, MsgId, NodeId};
use crate::kafka::consumer::Consumer;
use crate::kafka::group::{Group, Member, partition_for};
use crate::kafka::{
    Body, Generation, GroupId, GroupState, Internal, LeaveWhy, MemberId, OFFSETS_TOPIC, Offset, Partition,
    Process, TopicId, World,
};

/// A member of a group.
type Whose = (GroupId, MemberId);

/// A request of a member, as long as its answer may come.
#[derive(Clone, Copy, Debug)]
struct Asked {
    whom: NodeId,
    whose: Whose,
    generation: Generation,
    kind: Kind,
    at: Micros,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It may be parked.
    Join,
    /// It may be parked, and tells an assignment.
    Sync,
    /// It keeps the session.
    Heartbeat,
    Commit,
}

/// What the laws of groups remember.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    asked: BTreeMap<MsgId, Asked>,
    /// Requests that have arrived and are not answered, and where.
    parked: BTreeMap<MsgId, (NodeId, Whose, Kind)>,
    /// When a heartbeat of the right generation was last taken, and by which broker.
    seen: BTreeMap<Whose, (NodeId, Micros)>,
    /// Members that have not been part of a generation.
    fresh: BTreeSet<Whose>,
    /// Ids whose place another process took, at which coordinator; none once the group was read from a log again.
    replaced: BTreeMap<Whose, Option<NodeId>>,
    committed: BTreeMap<(GroupId, Partition), Offset>,
    /// Groups that something happened to in this event, at their coordinators.
    touched: BTreeSet<(NodeId, GroupId)>,
    /// A commit that has arrived in this event, with its generation.
    arrived: Option<(Whose, Generation)>,
}

impl Groups {
    /// The topic is gone, and what was committed of it.
    pub(super) fn forget_topic(&mut self, topic: TopicId) {
        self.committed.retain(|(_, p), _| p.topic != topic);
    }
}

/// Requests kept; those of broken connections are never answered.
const MANY: usize = 2048;

impl Witness {
    /// A request of a member leaves.
    pub(super) fn see_member_request(&mut self, world: &World, msg: MsgId) {
        let Some(flight) = world.flight(msg) else { return };
        let none = Generation(-1);
        let (group, member, generation, kind) = match &flight.envelope.body {
            Body::JoinGroup { group, member: Some(member), .. } => (group, member, &none, Kind::Join),
            Body::SyncGroup { group, member, generation, .. } => (group, member, generation, Kind::Sync),
            Body::Heartbeat { group, member, generation, .. } => (group, member, generation, Kind::Heartbeat),
            Body::OffsetCommit { group, member: Some(member), generation, .. } => {
                (group, member, generation, Kind::Commit)
            }
            _ => return,
        };
        let whom = flight.envelope.to;
        let asked = Asked { whom, whose: (*group, *member), generation: *generation, kind, at: world.now() };
        let asks = &mut self.groups.asked;
        asks.insert(msg, asked);
        if asks.len() > MANY {
            asks.retain(|_, asked| world.now().since(asked.at) < Micros::secs(600));
            self.groups.parked.retain(|msg, _| self.groups.asked.contains_key(msg));
        }
    }

    /// A message arrives: perhaps a request of a member.
    pub(super) fn see_member_arrival(&mut self, world: &World, msg: MsgId) {
        let Some(&asked) = self.groups.asked.get(&msg) else { return };
        match asked.kind {
            Kind::Join | Kind::Sync => {
                self.groups.parked.insert(msg, (asked.whom, asked.whose, asked.kind));
                if let Some((node, _)) = coordinated(world, asked.whose.0) {
                    self.groups.touched.insert((node, asked.whose.0));
                }
            }
            Kind::Heartbeat => {} // taken when it is answered
            Kind::Commit => self.groups.arrived = Some(asked.whose).zip(Some(asked.generation)),
        }
    }

    /// An answer leaves.
    pub(super) fn see_member_answer(&mut self, world: &World, msg: MsgId, request: MsgId) {
        self.groups.parked.remove(&request);
        let Some(asked) = self.groups.asked.remove(&request) else { return };
        let Some(flight) = world.flight(msg) else { return };
        let node = flight.envelope.from;
        match (asked.kind, &flight.envelope.body) {
            // It counts from here, not from its arrival: it may have waited behind another request of its connection.
            (Kind::Heartbeat, Body::HeartbeatAnswered { .. }) => {
                let group = broker(world, node).and_then(|b| b.coordinator().group(asked.whose.0));
                if group.is_some_and(|g| g.generation == asked.generation) {
                    self.groups.seen.insert(asked.whose, (node, world.now()));
                }
            }
            (Kind::Sync, Body::GroupSynced { error: crate::kafka::ErrorCode::None, .. }) => {
                self.see_told(world, node, asked);
            }
            _ => {}
        }
    }

    /// A member is told its assignment.
    fn see_told(&mut self, world: &World, node: NodeId, asked: Asked) {
        let (id, generation) = (asked.whose.0, asked.generation);
        if !is_stored(world, node, id, generation) {
            let seen = format!("generation {} is told and not stored", generation.0);
            self.broken(world, "control.7", world.shared().group(id).to_owned(), seen);
        }
    }

    pub(super) fn forget_member_request(&mut self, msg: MsgId) {
        self.groups.asked.remove(&msg);
    }

    /// A broker wrote to its log: if a commit of a member has just arrived there, it is taken.
    pub(super) fn see_commit_taken(&mut self, world: &World, node: NodeId, p: Partition) {
        let Some(((id, member), generation)) = self.groups.arrived.take() else { return };
        if world.shared().topic(p.topic) != OFFSETS_TOPIC {
            return;
        }
        let Some(group) = broker(world, node).and_then(|b| b.coordinator().group(id)) else { return };
        if group.consumer.is_some() {
            return;
        }
        let completing = group.state == GroupState::CompletingRebalance;
        if group.generation != generation || group.member(member).is_none() || completing {
            let seen = format!("a commit of generation {} in {}", generation.0, group.generation.0);
            self.broken(world, "control.12", world.shared().group(id).to_owned(), seen);
        }
    }

    /// The notes of an event are over: what happened to groups is looked at.
    pub(super) fn check_groups(&mut self, world: &World) {
        self.groups.arrived = None;
        for (node, id) in std::mem::take(&mut self.groups.touched) {
            self.check_group(world, node, id);
        }
    }

    pub(super) fn see_member_joined(&mut self, world: &World, by: NodeId, id: GroupId, member: MemberId) {
        let group = classic(world, by, id);
        if group.is_some_and(|g| g.state == GroupState::Stable && g.leader == Some(member)) {
            self.progress.see_return(id, world.now()); // whoever else joins begins a rebalance
        }
        self.groups.touched.insert((by, id));
        self.groups.fresh.insert((id, member));
        self.groups.replaced.remove(&(id, member));
    }

    pub(super) fn see_member_left(&mut self, by: NodeId, id: GroupId, member: MemberId, why: LeaveWhy) {
        self.groups.touched.insert((by, id));
        self.groups.fresh.remove(&(id, member));
        self.groups.seen.remove(&(id, member));
        if why == LeaveWhy::Replaced {
            self.groups.replaced.insert((id, member), Some(by));
        }
    }

    /// A coordinator found the session of a member over.
    pub(super) fn see_expiry(&mut self, world: &World, by: NodeId, id: GroupId, member: MemberId) {
        let whose = (id, member);
        let subject = || world.shared().group(id).to_owned();
        if self.groups.fresh.contains(&whose) {
            return; // a new member waits five minutes at most, parked or not
        }
        // What waits at a former coordinator, which does not know that it is none any more, does not keep the session.
        if self.groups.parked.values().any(|(at, parked, _)| (*at, *parked) == (by, whose)) {
            let seen = format!("{} expired while its request waits", world.shared().node(member.client));
            return self.broken(world, "control.15", subject(), seen);
        }
        let session = consumer(world, member.client).map(|c| c.configs().ms("session.timeout.ms"));
        // A broker that does not know yet that it coordinates no more takes heartbeats, and they keep no session elsewhere.
        let seen = self.groups.seen.get(&whose).filter(|(at, _)| *at == by).map(|(_, seen)| *seen);
        if let (Some(session), Some(seen)) = (session, seen)
            && world.now() < seen + session
        {
            let late = world.now().since(seen).as_ms();
            let seen = format!("{} expired {late} ms after a heartbeat", world.shared().node(member.client));
            self.broken(world, "control.14", subject(), seen);
        }
    }

    /// A consumer is given a partition: nobody else in the group may still have it.
    pub(super) fn see_given(&mut self, world: &World, to: NodeId, p: Partition) {
        let member = consumer(world, to).filter(|consumer| consumer.joins());
        let Some(id) = member.map(Consumer::group) else { return };
        let Some((_, group)) = coordinated(world, id) else { return };
        if group.members.iter().any(is_eager) {
            return; // everybody has given up everything: control.2
        }
        let listed = |id| group.members.iter().any(|m| m.id == id);
        if !member.and_then(Consumer::member).is_some_and(listed) {
            return; // it slept on this answer, and is no member any more: a heartbeat will tell it
        }
        let has = |other: &Consumer| other.assigned().any(|(owned, _)| owned == p);
        let also = group.members.iter().map(|m| (m.id, m.client())).filter(|(_, node)| *node != to).find(
            |(member, node)| consumer(world, *node).is_some_and(|c| c.member() == Some(*member) && has(c)),
        );
        if let Some((_, node)) = also {
            let seen = format!(
                "{} is given to {} while {} has it",
                world.shared().partition(p),
                name(world, to),
                name(world, node)
            );
            self.broken(world, "control.3", world.shared().group(id).to_owned(), seen);
        }
    }

    pub(super) fn see_acknowledged(
        &mut self,
        world: &World,
        by: NodeId,
        (id, p): (GroupId, Partition),
        offset: Option<Offset>,
    ) {
        // A coordinator that has not heard of a deletion takes what the next one forgets.
        let known = broker(world, by).map(|b| b.image().topic_id(p.topic)).filter(|id| *id != Offset::NONE);
        let there = known.is_none() || known == topic_now(world, p.topic);
        match offset.filter(|_| there) {
            Some(offset) => drop(self.groups.committed.insert((id, p), offset)),
            None => drop(self.groups.committed.remove(&(id, p))),
        }
    }

    /// A group is at another coordinator: what was acknowledged is there.
    pub(super) fn see_moved(&mut self, world: &World, id: GroupId, to: NodeId) {
        self.groups.parked.retain(|_, (_, (of, _), _)| *of != id);
        let here = |((of, _), by): &(&Whose, &mut Option<NodeId>)| *of == id && **by == Some(to);
        self.groups.replaced.iter_mut().filter(here).for_each(|(_, by)| *by = None);
        let Some(home) = home(world, id).filter(|home| self.is_clean(*home)) else { return };
        let Some(group) = broker(world, to).and_then(|b| b.coordinator().group(id)) else { return };
        if !leads_by_all_accounts(world, to, home) {
            return; // it has slept, and reads of a leadership that is over
        }
        let image = broker(world, to).map(|b| b.image());
        let exists = |p: Partition| image.is_some_and(|image| image.partition(p).is_some());
        let acknowledged = self.groups.committed.range((id, LEAST)..).take_while(|((of, _), _)| *of == id);
        let missing = acknowledged
            .map(|((_, p), offset)| (*p, *offset))
            .find(|(p, _)| exists(*p) && !group.offsets.contains_key(p));
        if let Some((p, offset)) = missing {
            let seen = format!("offset {offset} of {} is forgotten", world.shared().partition(p));
            self.broken(world, "control.13", world.shared().group(id).to_owned(), seen);
        }
    }

    /// Something happened to a group: what must be true of it whenever an event is over.
    fn check_group(&mut self, world: &World, node: NodeId, id: GroupId) {
        let Some(group) = classic(world, node, id) else { return };
        let subject = || world.shared().group(id).to_owned();
        let led = group.leader.is_some_and(|leader| group.member(leader).is_some());
        if !group.members.is_empty() && !led {
            self.broken(world, "control.5", subject(), "members without a leader".to_owned());
        }
        if let Some(both) = group.pending().find(|id| group.member(*id).is_some()) {
            let seen = format!("{} is pending and a member", name(world, both.client));
            self.broken(world, "control.11", subject(), seen);
        }
        if let Some(node) = owns_while_joining(world, group) {
            let seen = format!("{} waits to join and owns partitions", name(world, node));
            self.broken(world, "control.2", subject(), seen);
        }
        let before =
            |n: usize, m: &Member| group.members[..n].iter().any(|other| other.instance == m.instance);
        let twice = group.members.iter().enumerate().find(|(n, m)| m.instance.is_some() && before(*n, m));
        if let Some((_, second)) = twice {
            let instance = second.instance.as_deref().unwrap_or_default();
            self.broken(world, "control.10", subject(), format!("two members are {instance}"));
        }
        // Elsewhere, or after reading the log again, only a replacement counts that was stored: one that came while the group rebalanced is
        // stored with the next assignment (`GroupCoordinator.updateStaticMemberAndRebalance`).
        let lost = |m: &&Member| match self.groups.replaced.get(&(id, m.id)) {
            Some(by) if *by == Some(node) => true,
            Some(_) => stored_members(world, node, id).is_some_and(|stored| !stored.contains(&m.id)),
            None => false,
        };
        if let Some(back) = group.members.iter().find(lost) {
            let seen = format!("the replaced id of {} is a member again", name(world, back.client()));
            self.broken(world, "control.10", subject(), seen);
        }
    }

    /// A group begins to wait for an assignment, or has one.
    pub(super) fn see_phase(
        &mut self,
        world: &World,
        (node, id): (NodeId, GroupId),
        to: GroupState,
        generation: Generation,
    ) {
        // Who hung up is not answered, and waits no longer all the same.
        let over = if to == GroupState::CompletingRebalance { Kind::Join } else { Kind::Sync };
        self.groups.parked.retain(|_, (_, (of, _), kind)| *of != id || *kind != over);
        let Some(group) = classic(world, node, id) else { return };
        let subject = || world.shared().group(id).to_owned();
        if to == GroupState::CompletingRebalance {
            self.progress.see_rebalance(id);
            self.groups.fresh.retain(|(of, _)| *of != id);
            if group.state == to && group.members.iter().any(Member::awaits_join) {
                let seen = format!("not everybody was told of generation {}", group.generation.0);
                self.broken(world, "control.9", subject(), seen);
            }
        }
        // The generation it was stable in: in the same instant the next one may have begun.
        if to == GroupState::Stable && !is_stored(world, node, id, generation) {
            let seen = format!("Stable in generation {}, which is not stored", generation.0);
            self.broken(world, "control.6", subject(), seen);
        }
    }

    pub(super) fn survey_groups(&mut self, world: &World) {
        let mut wrong = Vec::new();
        for (_, group) in brokers(world).flat_map(|(id, b)| b.coordinator().groups().map(move |g| (id, g))) {
            let subject = || world.shared().group(group.id).to_owned();
            let mut seen = BTreeSet::new();
            if group.consumer.as_ref().is_some_and(|modern| modern.share) {
                continue; // its members read from the same partitions
            }
            if let Some(twice) = group.owners().map(|(p, _)| p).find(|p| !seen.insert(*p)) {
                let seen = format!("{} has two owners", world.shared().partition(twice));
                wrong.push(("control.1", subject(), seen));
            }
        }
        for (law, subject, seen) in wrong {
            self.broken(world, law, subject, seen);
        }
    }
}

/// Whether a member gives up everything before it joins: all its assignors must be cooperative for the other way.
fn is_eager(member: &Member) -> bool {
    member.assignors.iter().any(|name| *name != "cooperative-sticky")
}

/// An eager member that has not given up everything before it joined again.
fn owns_while_joining(world: &World, group: &Group) -> Option<NodeId> {
    let waiting = group.members.iter().filter(|m| m.awaits_join() && is_eager(m));
    let owns = |m: &&Member| {
        consumer(world, m.client()).is_some_and(|c| c.member() == Some(m.id) && c.assigned().count() > 0)
    };
    waiting.into_iter().find(owns).map(Member::client)
}

/// Before every partition.
const LEAST: Partition = Partition { topic: crate::kafka::TopicId(0), index: 0 };

fn name(world: &World, node: NodeId) -> String {
    world.shared().node(node).to_owned()
}

fn consumer(world: &World, node: NodeId) -> Option<&Consumer> {
    if let Process::Consumer(consumer) = world.node(node) { Some(consumer) } else { None }
}

/// A group of the classic protocol at its coordinator.
fn classic(world: &World, node: NodeId, id: GroupId) -> Option<&Group> {
    let group = broker(world, node)?.coordinator().group(id)?;
    group.consumer.is_none().then_some(group)
}

/// The partition that a group lives in, as any broker sees it.
fn home(world: &World, id: GroupId) -> Option<Partition> {
    let names = world.shared();
    let topic = names.find_topic(OFFSETS_TOPIC)?;
    let count = brokers(world).map(|(_, b)| b.image().partition_count(topic)).max()?;
    Some(Partition { topic, index: partition_for(names.group(id), count) })
}

/// A group at the broker that coordinates it; of two that both think so, the one in the later epoch.
fn coordinated(world: &World, id: GroupId) -> Option<(NodeId, &Group)> {
    let home = home(world, id)?;
    let known = brokers(world).filter_map(|(node, b)| Some((node, b, b.coordinator().group(id)?)));
    known.max_by_key(|(_, b, _)| b.leader_epoch(home)).map(|(node, _, group)| (node, group))
}

/// Whether the committed part of a coordinator's log has this generation of a group.
fn is_stored(world: &World, node: NodeId, id: GroupId, generation: Generation) -> bool {
    let Some((home, broker)) = home(world, id).zip(broker(world, node)) else { return false };
    let Some((log, hw)) = broker.log(home).zip(broker.high_watermark(home)) else { return false };
    let says = |record: &crate::kafka::Record| match &record.internal {
        Some(Internal::Group(of, Some(said))) => *of == id && said.generation == generation.0,
        _ => false,
    };
    log.records().take_while(|(offset, ..)| *offset < hw).any(|(_, record, _)| says(record))
}

/// The members of a group in the newest record of it in the committed part of a broker's log.
fn stored_members(world: &World, node: NodeId, id: GroupId) -> Option<BTreeSet<MemberId>> {
    let (home, broker) = home(world, id).zip(broker(world, node))?;
    let (log, hw) = broker.log(home).zip(broker.high_watermark(home))?;
    let says = |record: &crate::kafka::Record| match &record.internal {
        Some(Internal::Group(of, said)) if *of == id => Some(said.clone()),
        _ => None,
    };
    let newest =
        log.records().take_while(|(offset, ..)| *offset < hw).filter_map(|(_, record, _)| says(record));
    Some(newest.last()??.members.iter().map(|m| m.member).collect())
}
