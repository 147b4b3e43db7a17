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
    let brokers = if profile == Profile::Isr { dice.small(3, 5) } else { dice.small(1, 4) };
    let mut cluster = Cluster { brokers: Spanned::new(NOWHERE, brokers), ..Cluster::default() };
    // Few partitions of __consumer_offsets: each is work for every event.
    cluster.config.push("offsets.topic.num.partitions", dice.small(1, 5));
    cluster.config.push("transaction.state.log.num.partitions", dice.small(1, 3));
    if dice.once_in(3) {
        cluster.config.push("log.retention.check.interval.ms", 10_000);
    }
    if dice.once_in(3) {
        cluster.config.push("replica.lag.time.max.ms", 3000);
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
    let (few, many) = if profile == Profile::Groups { (2, 4) } else { (0, 3) };
    for ix in 0..dice.small(few, many) {
        cluster.consumer.push(consumer(dice, ix, &cluster.topic));
    }
    Spec::new(cluster, Start::default())
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

fn consumer(dice: &mut Dice, ix: u32, topics: &[TopicSpec]) -> ConsumerSpec {
    let mut config = ConfigTable::default();
    config.push("session.timeout.ms", 6000);
    config.push("heartbeat.interval.ms", 1000);
    config.push("auto.offset.reset", if dice.once_in(2) { "earliest" } else { "latest" });
    config.push("enable.auto.commit", dice.once_in(2));
    if dice.once_in(2) {
        config.push("isolation.level", "read_committed");
    }
    ConsumerSpec {
        id: word(format!("c{ix}")),
        client: word(if dice.once_in(4) { "librdkafka" } else { "java" }),
        kind: ConsumerKind::Group,
        group: Some(word(format!("g{}", dice.small(0, 1)))),
        topics: topics.iter().map(|t| t.name.clone()).collect(),
        partitions: Vec::new(),
        drive: if dice.once_in(3) { Drive::Manual } else { Drive::Auto },
        work: Length(Micros::ms(u64::from(dice.small(0, 200)))),
        state: if dice.once_in(5) { State::Stopped } else { State::Running },
        config,
    }
}
