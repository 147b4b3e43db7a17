//! A small random tank.

use toml::Spanned;

use super::{Dice, Profile};
use crate::engine::Micros;
use crate::lab::length::Length;
use crate::lab::spec::{
    Cluster, ConfigTable, ConsumerKind, ConsumerSpec, Drive, NOWHERE, ProducerSpec, Spec, Start, State,
    TopicSpec, WorkloadSpec, word,
};

/// A small random tank.
#[must_use]
pub fn spec(dice: &mut Dice) -> Spec {
    spec_for(dice, Profile::Swarm)
}

/// A small random tank for a profile.
#[must_use]
pub fn spec_for(dice: &mut Dice, profile: Profile) -> Spec {
    let brokers = match profile {
        Profile::Isr => dice.small(3, 5),
        Profile::Zookeeper => dice.small(2, 4),
        _ => dice.small(1, 4),
    };
    let mut cluster = Cluster { brokers: Spanned::new(NOWHERE, brokers), ..Cluster::default() };
    metadata(dice, profile, &mut cluster);
    settings(dice, &mut cluster);
    if profile == Profile::Share {
        share_settings(dice, &mut cluster);
    }
    for ix in 0..dice.small(1, 2) {
        cluster.topic.push(topic(dice, ix, brokers));
    }
    for ix in 0..dice.small(1, if profile == Profile::Clients { 3 } else { 2 }) {
        cluster.producer.push(producer(dice, ix, &cluster.topic));
    }
    let transactional = match profile {
        Profile::Txn => dice.small(1, 3),
        Profile::Swarm => dice.small(0, 2),
        _ => 0,
    };
    for ix in 0..transactional {
        let transactional = transactional_producer(dice, ix, &cluster.topic);
        cluster.producer.push(transactional);
    }
    let groups = [habit(dice, profile, &cluster), habit(dice, profile, &cluster)];
    let (few, many) = match profile {
        Profile::Groups | Profile::Consumer | Profile::Share => (2, 5),
        Profile::Kraft | Profile::Zookeeper => (0, 2),
        _ => (0, 3),
    };
    for ix in 0..dice.small(few, many) {
        cluster.consumer.push(consumer(dice, ix, &groups, &cluster.topic));
    }
    Spec::new(cluster, Start::default())
}

/// Where metadata lives, and who decides.
fn metadata(dice: &mut Dice, profile: Profile, cluster: &mut Cluster) {
    let controllers = match profile {
        Profile::Kraft => dice.pick(&[1, 2, 3, 3, 3, 4, 5]),
        Profile::Swarm => dice.pick(&[1, 1, 1, 3, 3]),
        _ => None,
    };
    if profile == Profile::Zookeeper || (profile == Profile::Swarm && dice.once_in(4)) {
        cluster.metadata = word("zookeeper");
        if dice.once_in(2) {
            cluster.config.push("zookeeper.session.timeout.ms", 6000);
        }
        return;
    }
    if let Some(n) = controllers.copied().filter(|n| *n > 1) {
        cluster.controllers = Spanned::new(NOWHERE, n);
    }
    if dice.once_in(if profile == Profile::Kraft { 3 } else { 8 }) {
        cluster.config.push("metadata.version", "3.9");
    }
    if profile == Profile::Kraft && dice.once_in(3) {
        cluster.config.push("metadata.log.max.record.bytes.between.snapshots", 2000);
    }
    if profile == Profile::Kraft && dice.once_in(3) {
        cluster.voters = Some(Spanned::new(NOWHERE, dice.small(1, *cluster.controllers.get_ref())));
    }
    if matches!(profile, Profile::Kraft | Profile::Swarm) && dice.once_in(4) {
        cluster.combined = Some(Spanned::new(NOWHERE, true));
    }
}

fn settings(dice: &mut Dice, cluster: &mut Cluster) {
    // Few partitions of __consumer_offsets: each is work for every event.
    cluster.config.push("offsets.topic.num.partitions", dice.small(1, 5));
    cluster.config.push("transaction.state.log.num.partitions", dice.small(1, 3));
    if dice.once_in(3) {
        cluster.config.push("log.retention.check.interval.ms", 10_000);
    }
    if dice.once_in(3) {
        cluster.config.push("replica.lag.time.max.ms", 3000);
    }
    if dice.once_in(2) {
        cluster.config.push("group.consumer.session.timeout.ms", 6000);
        cluster.config.push("group.consumer.heartbeat.interval.ms", 1000);
    }
}

/// What share groups need or show more of.
fn share_settings(dice: &mut Dice, cluster: &mut Cluster) {
    cluster.config.push("share.coordinator.state.topic.num.partitions", dice.small(1, 3));
    cluster.config.push("share.auto.offset.reset", if dice.once_in(3) { "latest" } else { "earliest" });
    if dice.once_in(2) {
        cluster.config.push("group.share.session.timeout.ms", 6000);
        cluster.config.push("group.share.heartbeat.interval.ms", 1000);
    }
    if dice.once_in(2) {
        cluster
            .config
            .push("group.share.record.lock.duration.ms", dice.pick(&[1000, 5000]).copied().unwrap_or(5000));
        cluster.config.push("group.share.delivery.count.limit", dice.small(2, 5));
    }
    if dice.once_in(4) {
        cluster.config.push("group.share.partition.max.record.locks", 100);
        cluster.config.push("share.coordinator.snapshot.update.records.per.snapshot", 3);
    }
}

fn topic(dice: &mut Dice, ix: u32, brokers: u32) -> TopicSpec {
    let mut config = ConfigTable::default();
    if dice.once_in(2) {
        config.push("min.insync.replicas", dice.small(1, brokers.min(3)));
    }
    if dice.once_in(4) {
        config.push("segment.bytes", 200);
        config.push("retention.bytes", 600);
    } else if dice.once_in(6) {
        config.push("segment.bytes", 300);
        config.push("cleanup.policy", "compact");
        config.push("min.cleanable.dirty.ratio", "0.1");
    }
    if dice.once_in(6) {
        config.push("unclean.leader.election.enable", true);
    }
    TopicSpec {
        name: word(format!("t{ix}")),
        partitions: Some(Spanned::new(NOWHERE, dice.small(1, 3))),
        replicas: None,
        replication: Some(Spanned::new(NOWHERE, dice.small(1, brokers))),
        config,
    }
}

fn producer(dice: &mut Dice, ix: u32, topics: &[TopicSpec]) -> ProducerSpec {
    let mut config = ConfigTable::default();
    if dice.once_in(4) {
        config.push("enable.idempotence", false);
    }
    let acks = dice.pick(&["all", "all", "1", "0"]).copied().unwrap_or("all");
    config.push("acks", acks);
    config.push("linger.ms", dice.small(0, 20));
    config.push("request.timeout.ms", 2000);
    config.push("delivery.timeout.ms", dice.pick(&[4000, 30_000]).copied().unwrap_or(30_000));
    let auto = dice.once_in(2);
    let every = Length(Micros::ms(u64::from(dice.small(20, 900))));
    let keys = if dice.once_in(2) { vec!["a".into(), "b".into(), "user_1".into()] } else { Vec::new() };
    ProducerSpec {
        id: word(format!("p{ix}")),
        client: word(if dice.once_in(3) { "librdkafka" } else { "java" }),
        topics: topics.iter().map(|t| t.name.clone()).collect(),
        drive: if auto { Drive::Auto } else { Drive::Manual },
        workload: auto.then(|| WorkloadSpec { every: Spanned::new(NOWHERE, every), keys, count: None }),
        config,
        state: State::Running,
    }
}

/// Two of them may share an identity: the older is a zombie then.
fn transactional_producer(dice: &mut Dice, ix: u32, topics: &[TopicSpec]) -> ProducerSpec {
    let mut made = producer(dice, ix, topics);
    made.id = word(format!("w{ix}"));
    made.config = ConfigTable::default();
    made.config.push("transactional.id", format!("pay{}", dice.below(2)));
    made.config.push("transaction.timeout.ms", dice.pick(&[4000, 12_000]).copied().unwrap_or(12_000));
    made.config.push("linger.ms", dice.small(0, 20));
    (made.drive, made.workload) = (Drive::Manual, None);
    made.state = if ix > 0 && dice.once_in(2) { State::Stopped } else { State::Running };
    made
}

/// How the members of a group are members: all alike, as their operators meant it, or each as it likes.
enum Habit {
    /// The classic protocol; the assignors of `partition.assignment.strategy`, the client's own if none.
    Classic(Option<&'static str>),
    /// The consumer protocol (KIP-848) with this assignor; the coordinator's own choice if none.
    Consumer(Option<&'static str>),
    /// A share group.
    Share,
}

/// Lists of assignors; neighbours have one in common, so that a group of both can live.
const STRATEGIES: &[&str] =
    &["range", "range,roundrobin", "roundrobin", "sticky", "cooperative-sticky,range", "cooperative-sticky"];

fn habit(dice: &mut Dice, profile: Profile, cluster: &Cluster) -> Habit {
    let zookeeper = cluster.metadata.get_ref() == "zookeeper"; // KIP-848 needs KRaft
    let modern = match profile {
        Profile::Share => return Habit::Share,
        Profile::Swarm if !zookeeper && dice.once_in(8) => return Habit::Share,
        Profile::Consumer => true,
        Profile::Groups => false,
        _ => dice.once_in(3),
    };
    if modern && !zookeeper {
        return Habit::Consumer(dice.pick(&[None, Some("uniform"), Some("range")]).copied().flatten());
    }
    Habit::Classic(if dice.once_in(3) { None } else { dice.pick(STRATEGIES).copied() })
}

fn consumer(dice: &mut Dice, ix: u32, groups: &[Habit; 2], topics: &[TopicSpec]) -> ConsumerSpec {
    let mut config = ConfigTable::default();
    // An operator changes assignors, or gives two of them one instance id by mistake: not before t = 0, for such a group may not settle.
    let odd = dice.once_in(6);
    let (group, habit) = if dice.once_in(3) { (0, &groups[0]) } else { (1, &groups[1]) };
    match habit {
        Habit::Classic(strategy) => {
            config.push("session.timeout.ms", 6000);
            config.push("heartbeat.interval.ms", 1000);
            let other = odd.then(|| dice.pick(STRATEGIES).copied()).flatten();
            if let Some(strategy) = other.or(*strategy) {
                config.push("partition.assignment.strategy", strategy);
            }
        }
        Habit::Share => {}
        Habit::Consumer(assignor) => {
            config.push("group.protocol", "consumer");
            let other = odd.then(|| dice.pick(&["uniform", "range"]).copied()).flatten();
            if let Some(assignor) = other.or(*assignor) {
                config.push("group.remote.assignor", assignor);
            }
        }
    }
    let shares = matches!(habit, Habit::Share);
    if !shares && dice.once_in(4) {
        config.push("group.instance.id", format!("i{}", if odd { 0 } else { ix }));
    }
    if dice.once_in(3) {
        config.push("max.poll.interval.ms", 10_000);
        config.push("max.poll.records", dice.pick(&[1, 10, 500]).copied().unwrap_or(10));
    }
    let client = if !shares && dice.once_in(4) { "librdkafka" } else { "java" };
    let refresh = if client == "java" { "metadata.max.age.ms" } else { "topic.metadata.refresh.interval.ms" };
    config.push(refresh, 30_000);
    if shares {
        let mode = if dice.once_in(2) { "explicit" } else { "implicit" };
        config.push("share.acknowledgement.mode", mode);
    } else {
        config.push("auto.offset.reset", if dice.once_in(2) { "earliest" } else { "latest" });
        config.push("enable.auto.commit", dice.once_in(2));
        if dice.once_in(2) {
            config.push("isolation.level", "read_committed");
        }
    }
    // Not every member wants every topic.
    let few = if dice.once_in(4) { 1 } else { topics.len() };
    let subscribed = topics.iter().take(few).map(|t| t.name.clone()).collect();
    ConsumerSpec {
        id: word(format!("c{ix}")),
        client: word(client),
        kind: if shares { ConsumerKind::Share } else { ConsumerKind::Group },
        group: Some(word(format!("g{group}"))),
        topics: subscribed,
        partitions: Vec::new(),
        drive: if dice.once_in(3) { Drive::Manual } else { Drive::Auto },
        work: Length(Micros::ms(u64::from(dice.small(0, 200)))),
        state: if odd || dice.once_in(5) { State::Stopped } else { State::Running },
        config,
    }
}
