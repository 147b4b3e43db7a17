//! Laws of what must come about: once the faults are over, everybody runs and time enough has passed.
//!
//! Not modelled: how soon. Whoever asks has waited for longer than any timeout of the cluster.

use std::collections::BTreeMap;

use super::look::{broker, brokers, committed, consumers, controllers, decides, is_all_served, zookeeper};
use super::witness::Witness;
use crate::engine::{Micros, NodeId, Process as Life};
use crate::kafka::broker::Broker;
use crate::kafka::client::refresh_interval;
use crate::kafka::consumer::Consumer;
use crate::kafka::log::Log;
use crate::kafka::share::ShareKey;
use crate::kafka::zookeeper::{Path, ZooKeeper};
use crate::kafka::{
    GroupId, GroupState, Isolation, OFFSETS_TOPIC, Offset, Partition, Role, SHARE_STATE_TOPIC, World,
};

/// After its last record a consumer that has more to read gets so much time.
const PAUSE: Micros = Micros::secs(30);
/// From the moment that the members of a group know of a partition until one of them has it.
const REBALANCE: Micros = Micros::secs(60);
/// From the moment that a static leader takes its place again until it is told so.
const RETURN: Micros = Micros::secs(10);
/// A transaction that is open for too long is looked for every ten seconds; ending it takes some more.
const LATE: Micros = Micros::secs(30);

/// What was seen that may have to be waited for.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// When each partition was first seen.
    born: BTreeMap<Partition, Micros>,
    /// When each consumer was last given a record.
    given: BTreeMap<NodeId, Micros>,
    /// When the static leader of a group came back to it since its last rebalance.
    returned: BTreeMap<GroupId, Micros>,
}

impl Progress {
    pub(super) fn see_partition(&mut self, p: Partition, now: Micros) {
        self.born.entry(p).or_insert(now);
    }

    pub(super) fn see_delivery(&mut self, consumer: NodeId, now: Micros) {
        self.given.insert(consumer, now);
    }

    pub(super) fn see_return(&mut self, group: GroupId, now: Micros) {
        self.returned.insert(group, now);
    }

    pub(super) fn see_rebalance(&mut self, group: GroupId) {
        self.returned.remove(&group);
    }
}

fn runs(world: &World, id: NodeId) -> bool {
    world.process(id) == Life::Running
}

/// Whether every server runs.
fn all_servers_run(world: &World) -> bool {
    let servers = [Role::Broker, Role::Controller, Role::ZooKeeper];
    servers.iter().all(|role| world.shared().of_role(*role).into_iter().all(|id| runs(world, id)))
}

/// A consumer that works by itself, has no reason to stop, insists on no commit, and is done with what a poll may bring before it must poll again and before
/// anybody is blamed: a rebalance waits for the next poll of each member.
fn is_well(consumer: &Consumer) -> bool {
    let configs = consumer.configs();
    let most = u64::try_from(configs.int("max.poll.records")).unwrap_or(u64::MAX);
    let longest = Micros(consumer.spec().work.0.saturating_mul(most));
    !consumer.spec().manual
        && consumer.error().is_none()
        && !consumer.commits_before_joining()
        && longest < configs.ms("max.poll.interval.ms").min(REBALANCE)
}

/// The consumers of each group that run and take part in it by one of the two protocols of consumer groups.
fn members(world: &World) -> BTreeMap<GroupId, Vec<(NodeId, &Consumer)>> {
    let mut groups: BTreeMap<GroupId, Vec<(NodeId, &Consumer)>> = BTreeMap::new();
    let takes_part = |c: &Consumer| c.spec().partitions.is_empty() && !c.spec().share;
    for (id, consumer) in consumers(world).filter(|(id, c)| runs(world, *id) && takes_part(c)) {
        groups.entry(consumer.group()).or_default().push((id, consumer));
    }
    groups
}

impl Witness {
    /// One controller, known to every broker, which knows every broker.
    pub(super) fn demand_controller(&mut self, world: &World) {
        if !all_servers_run(world) {
            return;
        }
        let wrong = match zookeeper(world) {
            Some(ensemble) => controller_of_ensemble(world, ensemble),
            None => controller_of_quorum(world),
        };
        for (subject, seen) in wrong {
            self.broken(world, "liveness.1", subject, seen);
        }
    }

    /// Who may lead a partition and runs, leads it or lets another lead.
    pub(super) fn demand_leaders(&mut self, world: &World) {
        let mut wrong = Vec::new();
        let Some(image) = committed(world).filter(|_| decides(world)) else { return };
        for (p, state) in image.partitions().filter(|(p, _)| !self.is_recent(world, *p)) {
            let able = |id: &&NodeId| runs(world, **id) && image.active(**id);
            // Nobody is in sync or eligible: then who led last may lead again, if that is known (another minimum makes Kafka forget it).
            let last = state.last_leader.iter().filter(|_| state.isr.is_empty() && state.elr.is_empty());
            // With ZooKeeper a reassignment may be cancelled while only a replica that it adds is in sync: the in-sync set names who holds none.
            let holds = |id: &&NodeId| state.replicas.contains(id);
            let able: Vec<&NodeId> =
                state.isr.iter().chain(&state.elr).chain(last).filter(holds).filter(able).collect();
            let led = state
                .leader
                .is_some_and(|id| runs(world, id) && broker(world, id).is_some_and(|b| b.leads(p).is_some()));
            if let (false, Some(able)) = (led, able.first()) {
                let seen = format!("nobody leads, and {} could", world.shared().node(**able));
                wrong.push((world.shared().partition(p), seen));
            }
        }
        for (subject, seen) in wrong {
            self.broken(world, "liveness.2", subject, seen);
        }
    }

    /// A group has settled: it is Stable or has nobody, and each partition has one owner.
    pub(super) fn demand_groups(&mut self, world: &World) {
        use GroupState::{Assigning, CompletingRebalance, PreparingRebalance, Reconciling};
        let members = members(world);
        // Who hangs may take its time (max.poll.interval.ms); who has left without giving up its place has it until its session ends.
        let hangs = |id: &GroupId| members.get(id).is_some_and(|all| !all.iter().all(|(_, c)| is_well(c)));
        let between = brokers(world).filter(|(id, _)| runs(world, *id));
        let between = between.flat_map(|(_, broker)| broker.coordinator().groups()).filter(|group| {
            matches!(group.state, PreparingRebalance | CompletingRebalance | Assigning | Reconciling)
                && !hangs(&group.id)
                && !group.sessions().any(|(member, until)| !runs(world, member) && world.now() < until)
        });
        let mut wrong: Vec<(String, String)> = between
            .map(|group| (world.shared().group(group.id).to_owned(), format!("still {}", group.state.name())))
            .collect();
        if wrong.is_empty() && all_servers_run(world) && offsets_are_served(world) {
            // Whose JoinGroup was answered into the void waits for that answer, and the group has counted it out meanwhile.
            let empty = |id: &GroupId| {
                let mut known = brokers(world).filter_map(|(_, broker)| broker.coordinator().group(*id));
                known.all(|group| group.state == GroupState::Empty)
            };
            let waits = |(id, all): &(&GroupId, &Vec<(NodeId, &Consumer)>)| {
                empty(id) && all.iter().any(|(_, consumer)| consumer.awaits_join())
            };
            let settled = members.iter().filter(|(id, _)| !hangs(id)).filter(|group| !waits(group));
            wrong.extend(settled.flat_map(|(id, all)| self.unfair(world, *id, all)));
        }
        for (subject, seen) in wrong {
            self.broken(world, "liveness.3", subject, seen);
        }
    }

    /// Partitions that nobody has, or more than one.
    fn unfair(&self, world: &World, group: GroupId, all: &[(NodeId, &Consumer)]) -> Vec<(String, String)> {
        let Some(image) = committed(world) else { return Vec::new() };
        let age = all.iter().map(|(_, c)| refresh_interval(c.configs())).max().unwrap_or_default();
        let wanted = |p: &Partition| all.iter().any(|(_, c)| c.spec().topics.contains(&p.topic));
        // A static leader that came back takes what there is for what it shared out before: of a partition made while it was away the
        // group learns in the next rebalance (KIP-814, `ConsumerCoordinator.onLeaderElected`).
        let returned = self.progress.returned.get(&group).map(|at| *at + RETURN);
        let known = |p: &Partition| {
            let late = |at: &Micros| world.now().since(*at) > age + REBALANCE;
            self.progress.born.get(p).is_some_and(|at| late(at) && returned.is_none_or(|until| *at > until))
        };
        let mut wrong = Vec::new();
        for (p, _) in image.partitions().filter(|(p, _)| wanted(p) && known(p)) {
            let owners = all.iter().filter(|(_, c)| c.assigned().any(|(own, _)| own == p));
            let owners: Vec<&str> = owners.map(|(id, _)| world.shared().node(*id)).collect();
            if owners.len() != 1 {
                let partition = world.shared().partition(p);
                let seen = match owners.as_slice() {
                    [] => format!("{partition} has no owner"),
                    several => format!("{partition} has {several:?}"),
                };
                wrong.push((world.shared().group(group).to_owned(), seen));
            }
        }
        wrong
    }

    /// No transaction is open for much longer than its timeout.
    pub(super) fn demand_ends(&mut self, world: &World) {
        if !all_servers_run(world) {
            return;
        }
        let all = brokers(world).flat_map(|(_, broker)| broker.transactions().transactions());
        let late = |deadline: Micros| deadline + LATE < world.now();
        let open: Vec<String> =
            all.filter(|t| t.deadline().is_some_and(late)).map(|t| t.stored.id.to_string()).collect();
        for id in open {
            self.broken(world, "liveness.4", id, "open for longer than its timeout".to_owned());
        }
    }

    /// A consumer that nothing hinders reads to the end of what it may see.
    pub(super) fn demand_reading(&mut self, world: &World) {
        if !all_servers_run(world) || !offsets_are_served(world) {
            return;
        }
        let mut wrong = Vec::new();
        for (id, consumer) in consumers(world).filter(|(id, c)| runs(world, *id) && is_well(c)) {
            let lately = self.progress.given.get(&id).is_some_and(|at| world.now().since(*at) < PAUSE);
            if lately || consumer.working().is_some() || consumer.buffered() > 0 {
                continue; // it has not done with what it has
            }
            if consumer.doing() == "commit" {
                continue; // it insists, perhaps on a partition that is gone (default.api.timeout.ms)
            }
            for (p, position) in consumer.assigned().filter(|(p, _)| !self.is_recent(world, *p)) {
                let unread = if consumer.shares() {
                    unshared(world, ShareKey { group: consumer.group(), partition: p })
                } else {
                    unread(world, p, position, consumer.isolation())
                };
                if let Some(seen) = unread {
                    let subject = format!("{}/{}", world.shared().node(id), world.shared().partition(p));
                    wrong.push((subject, seen));
                }
            }
        }
        for (subject, seen) in wrong {
            self.broken(world, "liveness.5", subject, seen);
        }
    }
}

/// The leader of a partition by what is committed, its log and its high watermark.
fn led(world: &World, p: Partition) -> Option<(&Broker, &Log, Offset)> {
    let state = committed(world).and_then(|image| image.partition(p))?;
    let leader = broker(world, state.leader?)?;
    Some((leader, leader.log(p)?, leader.high_watermark(p)?))
}

/// What is left for a reader that stands at a position.
fn unread(world: &World, p: Partition, position: Offset, isolation: Isolation) -> Option<String> {
    let (_, log, hw) = led(world, p)?;
    let end = match isolation {
        Isolation::ReadCommitted => log.last_stable(hw),
        Isolation::ReadUncommitted => hw,
    };
    (position < end).then(|| format!("stays at {position}, could read to {end}"))
}

/// What is left for the members of a share group: something that nobody has and everybody could get.
fn unshared(world: &World, key: ShareKey) -> Option<String> {
    if !is_all_served(world, SHARE_STATE_TOPIC) {
        return None;
    }
    let (leader, log, hw) = led(world, key.partition)?;
    match leader.shares(key) {
        Some(shares) => {
            let (next, length) = (shares.next_fetch(), shares.end().0 - shares.start().0);
            // Nothing new comes into a window that is as long as it may be.
            let may_grow = length < leader.configs().int("group.share.partition.max.record.locks");
            let free = next.max(log.start()) < hw && (next != shares.end() || may_grow);
            free.then(|| format!("{next} is available, could read to {hw}"))
        }
        None => Some("no leader knows what was done".to_owned()),
    }
}

/// Whether every partition of `__consumer_offsets` has a leader and replicas enough.
fn offsets_are_served(world: &World) -> bool {
    is_all_served(world, OFFSETS_TOPIC)
}

fn controller_of_quorum(world: &World) -> Vec<(String, String)> {
    let name = |id: NodeId| world.shared().node(id).to_owned();
    let active: Vec<NodeId> = controllers(world).filter(|(_, c)| c.is_active()).map(|(id, _)| id).collect();
    let &[active] = active.as_slice() else {
        let all: Vec<String> = active.into_iter().map(name).collect();
        return vec![("quorum".to_owned(), format!("active controllers: {all:?}"))];
    };
    let Some(image) = committed(world) else { return Vec::new() };
    let mut wrong = Vec::new();
    for (id, broker) in brokers(world) {
        let known = broker.observer().leader();
        if known != Some(active) {
            let known = known.map(name);
            wrong.push((name(id), format!("takes {known:?} for the controller, it is {}", name(active))));
        } else if !image.active(id) {
            wrong.push((name(id), "runs and is fenced".to_owned()));
        }
    }
    wrong
}

fn controller_of_ensemble(world: &World, ensemble: &ZooKeeper) -> Vec<(String, String)> {
    let name = |id: NodeId| world.shared().node(id).to_owned();
    let acting = brokers(world).filter(|(_, b)| b.acts_as_controller()).map(|(id, _)| id);
    let acting: Vec<NodeId> = acting.collect();
    let ready = |id: NodeId| broker(world, id).is_some_and(|b| b.is_ready_controller());
    let one = matches!(acting.as_slice(), [id] if ensemble.controller() == Some(*id) && ready(*id));
    if !one {
        let acting: Vec<String> = acting.into_iter().map(name).collect();
        return vec![("zookeeper".to_owned(), format!("brokers that act as the controller: {acting:?}"))];
    }
    let present = ensemble.controller_epoch();
    let mut wrong = Vec::new();
    for (id, broker) in brokers(world) {
        let heard = broker.seen_controller_epoch();
        if ensemble.tree().get(Path::BrokerId(id)).is_none() {
            wrong.push((name(id), "runs and is not registered".to_owned()));
        } else if heard != present {
            wrong.push((name(id), format!("has heard of controller {heard}, it is {present}")));
        }
    }
    wrong
}
