//! Consumer groups on a real cluster, without a lab: three brokers, one controller, a producer and four
//! consumers.

#![allow(clippy::unwrap_used, clippy::panic)] // in tests they say what went wrong

use kafkarium::engine::{Fault, Loss, Micros, NodeId, Note as Engine, Process as Running, RuleAction, Tier};
use kafkarium::kafka::broker::Broker;
use kafkarium::kafka::config::{Configs, Family, Scope};
use kafkarium::kafka::consumer::{Consumer, ConsumerSpec};
use kafkarium::kafka::controller::Controller;
use kafkarium::kafka::group::{Group, partition_for};
use kafkarium::kafka::laws::Witness;
use kafkarium::kafka::producer::{Producer, ProducerSpec};
use kafkarium::kafka::{
    Command, ErrorCode, GroupId, GroupState, LeaveWhy, Names, Note, Offset, Partition, Process, RecordId,
    Role, SeekTo, Send, TopicId, World,
};

const CONSUMERS: usize = 4;

struct Tank {
    world: World,
    controller: NodeId,
    brokers: Vec<NodeId>,
    producer: NodeId,
    consumers: Vec<NodeId>,
    orders: TopicId,
    group: GroupId,
    inputs: u32,
    notes: Vec<Note>,
    loud: usize,
    witness: Witness,
}

/// A cluster with the topic `orders` (three partitions); its consumers are not started.
fn tank(consumer: &[(&str, &str)], manual: bool) -> Tank {
    let mut names = Names::default();
    let controller = names.add_node("k1", Role::Controller);
    let brokers: Vec<NodeId> = (1..=3).map(|n| names.add_node(&format!("b{n}"), Role::Broker)).collect();
    let producer = names.add_node("p", Role::Producer);
    let consumers: Vec<NodeId> =
        (1..=CONSUMERS).map(|n| names.add_node(&format!("c{n}"), Role::Consumer)).collect();
    let orders = names.intern_topic("orders");
    names.intern_topic("__consumer_offsets");
    let group = names.intern_group("pay");
    let server = Configs::new(Scope::Broker, Family::Java);
    let mut configs = Configs::new(Scope::Consumer, Family::Java);
    for (name, value) in [("auto.offset.reset", "earliest")].iter().chain(consumer) {
        configs.set(name, value).unwrap();
    }
    let mut world = World::new(1, names);
    world.add(Process::Controller(Box::new(Controller::new(server.clone()))), Tier::Server);
    for _ in &brokers {
        world.add(Process::Broker(Box::new(Broker::new(server.clone()))), Tier::Server);
    }
    let mut client = Configs::new(Scope::Producer, Family::Java);
    client.set("enable.idempotence", "false").unwrap(); // sequences are another test's matter
    let spec = ProducerSpec { configs: client, topics: vec![orders], workload: None };
    world.add(Process::Producer(Box::new(Producer::new(spec))), Tier::Client);
    for _ in &consumers {
        let (configs, topics, work) = (configs.clone(), vec![orders], Micros::ms(20));
        let spec =
            ConsumerSpec { configs, group, topics, partitions: Vec::new(), share: false, manual, work };
        world.add(Process::Consumer(Box::new(Consumer::new(spec))), Tier::Client);
    }
    let (inputs, notes) = (0, Vec::new());
    let mut tank = Tank {
        world,
        controller,
        brokers,
        producer,
        consumers,
        orders,
        group,
        inputs,
        notes,
        loud: 0,
        witness: Witness::default(),
    };
    tank.input(|t| {
        for id in std::iter::once(t.controller).chain(t.brokers.clone()) {
            t.world.start(id);
        }
    });
    tank.run(Micros::secs(1));
    let create = Command::CreateTopic {
        topic: orders,
        replicas: None,
        partitions: 3,
        replication: 3,
        configs: Vec::new(),
    };
    tank.input(|t| {
        t.world.command(t.controller, create);
        t.world.start(t.producer);
    });
    tank.run(Micros::secs(1));
    tank
}

impl Tank {
    fn input(&mut self, act: impl FnOnce(&mut Self)) {
        self.inputs += 1;
        self.world.begin_input(self.inputs);
        act(self);
        self.keep_notes();
    }

    fn keep_notes(&mut self) {
        let broken = self.witness.observe(&self.world);
        assert!(broken.is_empty(), "{broken:?}");
        for rec in self.world.notes() {
            if let Engine::MessageSent { from, to, quiet: false, .. } = rec.note {
                self.loud += usize::from(self.consumers.contains(&from) || self.consumers.contains(&to));
            }
            if let Engine::Domain(note) = &rec.note {
                self.notes.push(note.clone());
            }
        }
    }

    fn run(&mut self, span: Micros) {
        let end = self.world.now() + span;
        while self.world.next_at().is_some_and(|at| at <= end) {
            self.world.step();
            self.keep_notes();
        }
    }

    /// Runs until it holds, at most this many seconds.
    fn until(&mut self, secs: u64, holds: impl Fn(&Self) -> bool) {
        let end = self.world.now() + Micros::secs(secs);
        while !holds(self) {
            assert!(
                self.world.next_at().is_some_and(|at| at <= end),
                "not within {secs} s: {:?}",
                self.group()
            );
            self.world.step();
            self.keep_notes();
        }
    }

    fn start(&mut self, consumers: std::ops::RangeInclusive<usize>) {
        self.input(|t| {
            for n in consumers {
                t.world.start(t.consumers[n - 1]);
            }
        });
    }

    fn command(&mut self, n: usize, command: Command) {
        self.input(|t| {
            t.world.command(t.consumers[n - 1], command);
        });
    }

    fn produce(&mut self, partition: u32, count: usize) {
        let send =
            Send { topic: self.orders, key: None, value: None, partition: Some(partition.cast_signed()) };
        let sends = vec![send; count];
        self.input(|t| {
            t.world.command(t.producer, Command::Produce(sends));
        });
    }

    fn consumer(&self, n: usize) -> &Consumer {
        let Process::Consumer(consumer) = self.world.node(self.consumers[n - 1]) else { panic!("consumer") };
        consumer
    }

    fn controller(&self) -> &Controller {
        let Process::Controller(controller) = self.world.node(self.controller) else { panic!("controller") };
        controller
    }

    fn coordinator(&self) -> Option<NodeId> {
        let topic = self.world.shared().find_topic("__consumer_offsets")?;
        let count = self.controller().image().partition_count(topic);
        let index = partition_for("pay", count);
        self.controller().image().partition(Partition { topic, index })?.leader
    }

    fn group(&self) -> Option<&Group> {
        let id = self.coordinator()?;
        let Process::Broker(broker) = self.world.node(id) else { panic!("broker") };
        broker.coordinator().group(self.group)
    }

    fn stable(&self, members: usize) -> bool {
        let in_time = |n: &usize| self.world.process(self.consumers[n - 1]) == Running::Running;
        self.group().is_some_and(|g| g.state == GroupState::Stable && g.members.len() == members)
            && (1..=CONSUMERS)
                .filter(in_time)
                .all(|n| self.consumer(n).generation() == self.group().unwrap().generation)
            && self.owned().len() == 3
    }

    /// (partition, consumer) as the consumers see it.
    fn owned(&self) -> Vec<(u32, usize)> {
        let of = |n: usize| self.consumer(n).assigned().map(move |(p, _)| (p.index, n)).collect::<Vec<_>>();
        let mut owned: Vec<(u32, usize)> = (1..=CONSUMERS).flat_map(of).collect();
        owned.sort_unstable();
        owned
    }

    fn delivered(&self, n: usize) -> Vec<(u32, i64)> {
        let id = self.consumers[n - 1];
        let of = |note: &Note| match note {
            Note::Delivered { consumer, partition, offset, .. } if *consumer == id => {
                Some((partition.index, offset.0))
            }
            _ => None,
        };
        self.notes.iter().filter_map(of).collect()
    }

    fn worked(&self) -> Vec<RecordId> {
        let of = |note: &Note| if let Note::Worked { record, .. } = note { Some(*record) } else { None };
        self.notes.iter().filter_map(of).collect()
    }

    fn committed(&self, index: u32) -> Option<i64> {
        let p = Partition { topic: self.orders, index };
        self.group()?.offsets.get(&p).map(|c| c.offset.0)
    }

    fn position(&self, n: usize, index: u32) -> i64 {
        self.consumer(n).assigned().find(|(p, _)| p.index == index).map_or(-2, |(_, at)| at.0)
    }

    fn left(&self) -> Vec<LeaveWhy> {
        let of = |note: &Note| if let Note::MemberLeft { why, .. } = note { Some(*why) } else { None };
        self.notes.iter().filter_map(of).collect()
    }

    fn leader_of(&self, index: u32) -> NodeId {
        let p = Partition { topic: self.orders, index };
        self.controller().image().partition(p).unwrap().leader.unwrap()
    }
}

#[test]
fn consumers_join_share_the_partitions_and_read() {
    let mut tank = tank(&[], false);
    tank.start(1..=2);
    tank.until(30, |t| t.stable(2));
    assert_eq!(tank.owned(), [(0, 1), (1, 1), (2, 2)]);
    assert_eq!(tank.group().unwrap().generation.0, 1, "both joined within the initial delay");
    tank.produce(0, 2);
    tank.produce(2, 1);
    tank.until(5, |t| t.worked().len() == 3);
    assert_eq!(tank.delivered(1), [(0, 0), (0, 1)]);
    assert_eq!(tank.delivered(2), [(2, 0)]);
    assert_eq!(tank.committed(0), None);
    tank.until(6, |t| t.committed(0) == Some(2) && t.committed(2) == Some(1));
}

#[test]
fn an_idle_group_is_quiet() {
    let mut tank = tank(&[], false);
    tank.start(1..=2);
    tank.until(30, |t| t.stable(2));
    tank.run(Micros::secs(10));
    let (loud, turn) = (tank.loud, tank.world.turn().0);
    tank.run(Micros::secs(60));
    assert_eq!(tank.loud, loud, "only quiet polling");
    assert!(tank.world.turn().0 - turn < 60 * 120, "no storm: {} events", tank.world.turn().0 - turn);
}

#[test]
fn a_third_member_and_then_a_fourth_share_again() {
    let mut tank = tank(&[], false);
    tank.start(1..=2);
    tank.until(30, |t| t.stable(2));
    tank.start(3..=3);
    tank.until(30, |t| t.stable(3));
    assert_eq!(tank.owned(), [(0, 1), (1, 2), (2, 3)]);
    tank.start(4..=4);
    tank.until(30, |t| t.stable(4));
    assert_eq!(tank.owned().len(), 3, "one is idle");
    tank.command(1, Command::Stop);
    tank.until(30, |t| t.stable(3));
    assert_eq!(tank.left(), [LeaveWhy::Left]);
    assert!(matches!(tank.world.process(tank.consumers[0]), Running::Down { .. }));
}

#[test]
fn a_crashed_member_is_missed_after_its_session_and_its_records_come_again() {
    let mut tank = tank(&[("enable.auto.commit", "false")], false);
    tank.start(1..=2);
    tank.until(30, |t| t.stable(2));
    tank.produce(2, 3);
    tank.until(5, |t| t.committed(2) == Some(3));
    tank.produce(2, 2);
    tank.until(5, |t| t.delivered(2).len() == 5);
    tank.input(|t| {
        t.world.crash(t.consumers[1], Loss::Process);
    });
    let crashed = tank.world.now();
    tank.until(60, |t| t.stable(1));
    let waited = tank.world.now().since(crashed);
    assert!(waited > Micros::secs(40) && waited < Micros::secs(52), "{waited}");
    assert_eq!(tank.left(), [LeaveWhy::Expired]);
    tank.until(5, |t| t.delivered(1).len() == 2);
    assert_eq!(tank.delivered(1), [(2, 3), (2, 4)], "from the last commit on");
    tank.start(2..=2);
    tank.until(30, |t| t.stable(2));
    assert_eq!(tank.group().unwrap().generation.0, 3);
}

#[test]
fn a_group_survives_its_coordinator() {
    let mut tank = tank(&[], false);
    tank.start(1..=2);
    tank.until(30, |t| t.stable(2));
    tank.produce(0, 2);
    tank.until(10, |t| t.committed(0) == Some(2));
    let (old, generation) = (tank.coordinator().unwrap(), tank.group().unwrap().generation);
    tank.input(|t| {
        t.world.crash(old, Loss::Process);
    });
    tank.until(30, |t| t.coordinator().is_some_and(|c| c != old) && t.group().is_some());
    assert_eq!(tank.committed(0), Some(2), "read from the replica's log");
    tank.run(Micros::secs(60));
    assert!(tank.stable(2), "{:?}", tank.group());
    assert_eq!(tank.group().unwrap().generation, generation, "nobody had to join again");
    for partition in 0..3 {
        tank.produce(partition, 1);
    }
    tank.until(20, |t| t.worked().len() == 5);
    tank.until(20, |t| t.committed(0) == Some(3));
}

#[test]
fn a_consumer_follows_the_leader_of_its_partition() {
    let mut tank = tank(&[], false);
    tank.start(1..=1);
    tank.until(30, |t| t.stable(1));
    tank.produce(0, 1);
    tank.until(5, |t| t.worked().len() == 1);
    let old = tank.leader_of(0);
    tank.input(|t| {
        t.world.crash(old, Loss::Process);
    });
    tank.until(30, |t| t.leader_of(0) != old);
    tank.run(Micros::secs(5));
    tank.produce(0, 1);
    tank.until(10, |t| t.delivered(1) == [(0, 0), (0, 1)]);
}

#[test]
fn by_command_one_polls_works_commits_and_seeks() {
    let mut tank = tank(&[("enable.auto.commit", "false"), ("max.poll.records", "2")], true);
    tank.start(1..=1);
    tank.command(1, Command::Poll); // waits for the assignment
    tank.until(30, |t| t.consumer(1).polls() == 1);
    assert_eq!(tank.consumer(1).buffered(), 0);
    tank.produce(0, 3);
    tank.run(Micros::secs(1));
    assert!(tank.delivered(1).is_empty(), "fetched, but nobody polled");
    tank.command(1, Command::Poll);
    assert_eq!(tank.delivered(1), [(0, 0), (0, 1)]);
    assert_eq!((tank.consumer(1).buffered(), tank.position(1, 0)), (2, 2));
    tank.command(1, Command::Work);
    tank.until(1, |t| t.consumer(1).buffered() == 0);
    assert_eq!(tank.committed(0), None);
    tank.command(1, Command::Commit);
    tank.until(1, |t| t.committed(0) == Some(2));
    tank.command(1, Command::Cycle);
    tank.until(5, |t| t.committed(0) == Some(3));
    assert_eq!(tank.worked().len(), 3);

    let p0 = Partition { topic: tank.orders, index: 0 };
    tank.command(1, Command::Seek(p0, SeekTo::Offset(Offset(1))));
    assert_eq!(tank.position(1, 0), 1);
    tank.command(1, Command::Poll);
    tank.until(2, |t| t.delivered(1).len() == 5);
    assert_eq!(tank.delivered(1)[3..], [(0, 1), (0, 2)]);
    for (to, position) in [(SeekTo::Earliest, 0), (SeekTo::Latest, 3), (SeekTo::Timestamp(Micros::ZERO), 0)] {
        tank.command(1, Command::Seek(p0, to));
        tank.until(2, |t| t.position(1, 0) == position);
    }
    assert_eq!(tank.committed(0), Some(3), "seeking commits nothing");
    let elsewhere = Partition { topic: tank.orders, index: 9 };
    tank.command(1, Command::Seek(elsewhere, SeekTo::Earliest));
    assert_eq!(tank.consumer(1).error(), Some(ErrorCode::InvalidRequest));
}

#[test]
fn an_offset_out_of_range_is_reset_by_policy() {
    for (policy, position) in [("earliest", 0), ("latest", 2), ("none", -1)] {
        let mut tank = tank(&[("auto.offset.reset", policy)], false);
        tank.produce(0, 2);
        tank.run(Micros::secs(1));
        tank.start(1..=1);
        if policy == "none" {
            tank.until(30, |t| t.consumer(1).error() == Some(ErrorCode::NoOffset));
            assert_eq!(tank.position(1, 0), -1);
            continue;
        }
        tank.until(30, |t| t.stable(1) && t.position(1, 0) >= position);
        let p0 = Partition { topic: tank.orders, index: 0 };
        tank.command(1, Command::Seek(p0, SeekTo::Offset(Offset(77))));
        assert_eq!(tank.position(1, 0), 77);
        let resets = |t: &Tank| {
            t.notes
                .iter()
                .filter(|n| matches!(n, Note::OffsetReset { partition, .. } if *partition == p0))
                .count()
        };
        tank.until(5, |t| resets(t) == 2);
        assert_eq!(tank.position(1, 0), position);
    }
}

#[test]
fn who_does_not_poll_is_out_and_its_commit_is_refused() {
    let mut tank = tank(&[("enable.auto.commit", "false")], true);
    tank.start(1..=2);
    tank.until(30, |t| t.stable(2));
    tank.command(2, Command::Hang);
    tank.until(310, |t| t.left() == [LeaveWhy::PollInterval]);
    tank.until(20, |t| t.group().is_some_and(|g| g.state == GroupState::Stable && g.members.len() == 1));
    tank.until(1, |t| t.owned().len() == 4); // the hanging one does not know yet
    tank.command(2, Command::Commit);
    assert!(
        tank.notes.iter().any(|n| matches!(n, Note::CommitRefused { .. }))
            || tank.consumer(2).generation().0 == -1
    );
    tank.until(30, |t| t.stable(2));
    assert_eq!(tank.owned().len(), 3);
}

#[test]
fn a_frozen_member_comes_back_as_a_stranger() {
    let mut tank = tank(&[], false);
    tank.start(1..=2);
    tank.until(30, |t| t.stable(2));
    tank.input(|t| {
        t.world.pause(t.consumers[1]);
    });
    tank.until(60, |t| t.left() == [LeaveWhy::Expired]);
    tank.run(Micros::secs(10));
    tank.input(|t| {
        t.world.resume(t.consumers[1]);
    });
    tank.until(30, |t| t.stable(2));
}

#[test]
fn offsets_are_reset_only_while_nobody_reads() {
    let mut tank = tank(&[], false);
    tank.produce(0, 3);
    tank.start(1..=1);
    tank.until(40, |t| t.committed(0) == Some(3));
    let reset = Command::ResetOffsets(tank.group, tank.orders, SeekTo::Earliest);
    let coordinator = tank.coordinator().unwrap();
    tank.input(|t| {
        t.world.command(coordinator, reset.clone());
    });
    assert!(tank.notes.contains(&Note::AdminRefused { error: ErrorCode::UnknownMemberId }));
    tank.command(1, Command::Stop);
    tank.until(5, |t| t.group().is_some_and(|g| g.state == GroupState::Empty));
    assert_eq!(tank.committed(0), Some(3), "offsets outlive the members");
    tank.input(|t| {
        t.world.command(coordinator, reset.clone());
    });
    tank.until(5, |t| t.committed(0) == Some(0));
    tank.start(1..=1);
    tank.until(30, |t| t.delivered(1).len() == 6);
}

#[test]
fn more_partitions_bring_a_rebalance_when_the_leader_sees_them() {
    let mut tank = tank(&[("metadata.max.age.ms", "10000")], false);
    tank.start(1..=2);
    tank.until(30, |t| t.stable(2));
    let orders = tank.orders;
    tank.input(|t| {
        t.world.command(t.controller, Command::AddPartitions(orders, 4));
    });
    tank.until(30, |t| t.owned() == [(0, 1), (1, 1), (2, 2), (3, 2)]);
}

#[test]
fn the_same_inputs_give_the_same_trace() {
    let run = || {
        let mut tank = tank(&[], false);
        tank.start(1..=3);
        tank.produce(1, 2);
        tank.run(Micros::secs(20));
        tank.world.digest()
    };
    assert_eq!(run(), run());
}

/// Small random numbers, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

impl Tank {
    /// Something happens.
    fn mischief(&mut self, dice: &mut Dice) {
        let pick = usize::try_from(dice.roll(u64::try_from(CONSUMERS).unwrap())).unwrap();
        let (consumer, broker) = (self.consumers[pick], self.brokers[pick % 3]);
        let partition = Partition { topic: self.orders, index: u32::try_from(pick % 3).unwrap() };
        let command = [
            Command::Poll,
            Command::Work,
            Command::Commit,
            Command::Cycle,
            Command::Hang,
            Command::Stop,
            Command::Seek(partition, SeekTo::Earliest),
            Command::Seek(partition, SeekTo::Offset(Offset(i64::try_from(pick).unwrap() * 5))),
        ][usize::try_from(dice.roll(8)).unwrap()]
        .clone();
        let (action, power) = (dice.roll(14), dice.roll(4) == 0);
        let loss = if power { Loss::Power } else { Loss::Process };
        self.input(|t| {
            match action {
                0 | 1 => drop(t.world.start(consumer)),
                2 => drop(t.world.crash(consumer, loss)),
                3 => drop(t.world.pause(consumer)),
                4 => drop(t.world.resume(consumer)),
                5 => drop(t.world.crash(broker, loss)),
                6 | 7 => drop(t.world.start(broker)),
                8 => t.world.fault(Fault::Cut { a: consumer, b: Some(broker) }),
                9 => t.world.fault(Fault::Heal { a: None, b: None }),
                10 => t.world.fault(Fault::Reset { a: consumer, b: broker }),
                11 => t.world.fault(Fault::Rule {
                    from: power.then_some(consumer),
                    to: (!power).then_some(consumer),
                    api: None,
                    answer: None,
                    action: RuleAction::Drop,
                }),
                _ => drop(t.world.command(consumer, command)),
            };
        });
        if dice.roll(3) == 0 {
            self.produce(partition.index, 1);
        }
    }

    /// Everything is mended; whoever hangs or is down comes back.
    fn mend(&mut self) {
        self.input(|t| {
            t.world.fault(Fault::Clear);
            for id in t.brokers.clone().into_iter().chain(t.consumers.clone()) {
                t.world.resume(id);
                t.world.start(id);
            }
        });
        for n in 1..=CONSUMERS {
            self.command(n, Command::Poll);
        }
    }
}

#[test]
fn whatever_happened_the_group_settles_once_everything_is_mended() {
    let runs = std::env::var("KAFKARIUM_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    for seed in 0..runs {
        let commit = if seed % 2 == 0 { "true" } else { "false" };
        let mut tank = tank(&[("enable.auto.commit", commit)], seed % 4 >= 2);
        let mut dice = Dice(seed);
        tank.start(1..=CONSUMERS);
        for _ in 0..60 {
            tank.mischief(&mut dice);
            let pause = [1, 7, 40, 900, 4_000, 20_000][usize::try_from(dice.roll(6)).unwrap()];
            tank.run(Micros::ms(pause));
        }
        tank.mend();
        println!("seed {seed}");
        tank.run(Micros::secs(40)); // who was closing is gone by now
        tank.mend();
        tank.until(400, |t| t.stable(CONSUMERS));
        let turn = tank.world.turn().0;
        tank.run(Micros::secs(30));
        assert!(tank.stable(CONSUMERS), "seed {seed}: {:?}", tank.group());
        assert!(tank.world.turn().0 - turn < 30 * 300, "a storm: {}", tank.world.turn().0 - turn);
        if !tank.consumer(1).spec().manual {
            let worked = tank.worked().len();
            (0..3).for_each(|partition| tank.produce(partition, 1));
            tank.until(30, |t| t.worked().len() >= worked + 3);
        }
    }
}
