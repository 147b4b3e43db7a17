//! Random tanks and random deeds from a seed: what tests throw at the model to see whether the laws hold.

use toml::Spanned;

use super::action::Action;
use super::length::Length;
use super::play::Lab;
use super::spec::{
    Cluster, ConfigTable, ConsumerSpec, Drive, NOWHERE, ProducerSpec, Spec, Start, State, TopicSpec,
    WorkloadSpec, word,
};
use super::vocabulary::Vocabulary;
use crate::engine::Micros;
use crate::kafka::Role;

/// A pinned source of chance (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Chance from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`; 0 if `n` is 0.
    pub const fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        if n == 0 { 0 } else { z % n }
    }

    /// True once in `n`.
    pub const fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let n = u64::try_from(from.len()).unwrap_or(0);
        from.get(usize::try_from(self.below(n)).unwrap_or(0))
    }

    fn small(&mut self, low: u32, high: u32) -> u32 {
        low + u32::try_from(self.below(u64::from(high - low + 1))).unwrap_or(0)
    }
}

/// A small random tank.
#[must_use]
pub fn spec(dice: &mut Dice) -> Spec {
    let brokers = dice.small(1, 4);
    let mut cluster = Cluster { brokers: Spanned::new(NOWHERE, brokers), ..Cluster::default() };
    // Few partitions of __consumer_offsets: each is work for every event.
    cluster.config.push("offsets.topic.num.partitions", dice.small(1, 5));
    if dice.once_in(3) {
        cluster.config.push("replica.lag.time.max.ms", 3000);
    }
    for ix in 0..dice.small(1, 2) {
        cluster.topic.push(topic(dice, ix, brokers));
    }
    for ix in 0..dice.small(1, 2) {
        cluster.producer.push(producer(dice, ix, &cluster.topic));
    }
    for ix in 0..dice.small(0, 3) {
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

fn consumer(dice: &mut Dice, ix: u32, topics: &[TopicSpec]) -> ConsumerSpec {
    let mut config = ConfigTable::default();
    config.push("session.timeout.ms", 6000);
    config.push("heartbeat.interval.ms", 1000);
    config.push("auto.offset.reset", if dice.once_in(2) { "earliest" } else { "latest" });
    config.push("enable.auto.commit", dice.once_in(2));
    ConsumerSpec {
        id: word(format!("c{ix}")),
        client: word("java"),
        group: Some(word(format!("g{}", dice.small(0, 1)))),
        topics: topics.iter().map(|t| t.name.clone()).collect(),
        drive: if dice.once_in(3) { Drive::Manual } else { Drive::Auto },
        work: Length(Micros::ms(u64::from(dice.small(0, 200)))),
        state: if dice.once_in(5) { State::Stopped } else { State::Running },
        config,
    }
}

/// Kinds of deeds, with how often each comes.
const DEEDS: &[(&str, u64)] = &[
    ("produce", 12),
    ("crash", 3),
    ("start", 6),
    ("pause", 1),
    ("resume", 3),
    ("stop", 1),
    ("shutdown", 1),
    ("cut", 2),
    ("heal", 4),
    ("drop-next", 2),
    ("drop-next-ack", 2),
    ("duplicate-next", 1),
    ("hold", 1),
    ("release", 2),
    ("delay", 1),
    ("reset", 1),
    ("clear-faults", 2),
    ("fail-next-append", 1),
    ("add-partitions", 1),
    ("create-topic", 1),
    ("elect-preferred", 1),
    ("elect-unclean", 1),
    ("seek", 1),
    ("reset-offsets", 1),
    ("cycle", 4),
    ("poll", 1),
    ("commit", 1),
    ("hang", 1),
    ("set", 1),
];

/// A random deed. It may be one that cannot be done just now: then the lab says so and nothing happens.
#[must_use]
pub fn action(dice: &mut Dice, lab: &Lab) -> Option<Action> {
    let names = lab.vocabulary();
    let total = DEEDS.iter().map(|(_, weight)| weight).sum();
    let mut roll = dice.below(total);
    let (verb, _) = DEEDS.iter().find(|(_, weight)| {
        let here = roll < *weight;
        roll = roll.saturating_sub(*weight);
        here
    })?;
    line(dice, verb, &names).and_then(|line| line.parse().ok())
}

fn line(dice: &mut Dice, verb: &str, names: &Vocabulary) -> Option<String> {
    let processes: Vec<&str> = names.processes().collect();
    let clients: Vec<&String> = names.producers.iter().chain(&names.consumers).collect();
    let partitions: Vec<String> = names.partitions().collect();
    let topics: Vec<&String> = names.topics.iter().map(|(name, _)| name).collect();
    let to = dice.pick(&["earliest", "latest", "1", "@2s"]).copied()?;
    Some(match verb {
        "produce" => {
            let key = dice.pick(&["", " --key a", " --key user_1", " --null --key b", " --count 5"])?;
            format!("produce {} --to {}{key}", dice.pick(&names.producers)?, dice.pick(&topics)?)
        }
        "crash" => {
            let power = if dice.once_in(6) { " --power" } else { "" };
            format!("crash {}{power}", dice.pick(&processes)?)
        }
        "start" | "pause" | "resume" => format!("{verb} {}", dice.pick(&processes)?),
        "stop" => format!("stop {}", dice.pick(&clients)?),
        "shutdown" => format!("shutdown {}", dice.pick(&names.brokers)?),
        "cut" if dice.once_in(2) => format!("cut {}", dice.pick(&processes)?),
        "heal" | "clear-faults" if dice.once_in(2) => "clear-faults".into(),
        "heal" | "clear-faults" => "heal".into(),
        "cut" | "duplicate-next" | "hold" | "release" | "reset" | "drop-next" => {
            format!("{verb} {} {}", dice.pick(&processes)?, dice.pick(&processes)?)
        }
        "delay" => {
            let delay = dice.pick(&["0ms", "2ms", "300ms", "3s"])?;
            format!("delay {} {} {delay}", dice.pick(&processes)?, dice.pick(&processes)?)
        }
        "drop-next-ack" => format!("drop-next-ack {}", dice.pick(&names.producers)?),
        "fail-next-append" | "elect-preferred" | "elect-unclean" => {
            format!("{verb} {}", dice.pick(&partitions)?)
        }
        "add-partitions" => format!("add-partitions {} {}", dice.pick(&topics)?, dice.small(1, 5)),
        "create-topic" => {
            format!("create-topic x{} --partitions 2 --replication {}", dice.small(0, 9), dice.small(1, 3))
        }
        "seek" => format!("seek {} {} {to}", dice.pick(&names.consumers)?, dice.pick(&partitions)?),
        "reset-offsets" => {
            format!("reset-offsets {} {} {to}", dice.pick(&names.groups)?, dice.pick(&topics)?)
        }
        "set" => {
            let role = Role::Producer;
            let producer = dice.pick(&names.producers).filter(|p| names.role(p) == Some(role))?;
            format!("set {producer} acks={}", dice.pick(&["0", "1", "all"])?)
        }
        verb => format!("{verb} {}", dice.pick(&names.consumers)?),
    })
}
