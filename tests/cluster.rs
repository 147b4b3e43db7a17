//! The data plane and the controller together, without a lab: three brokers, one controller, one producer.

#![allow(clippy::unwrap_used, clippy::panic)] // in tests they say what went wrong

use kafkarium::engine::{Fault, Loss, Micros, NodeId, Note as Engine, RuleAction, Tier};
use kafkarium::kafka::broker::Broker;
use kafkarium::kafka::config::{Configs, Family, Scope};
use kafkarium::kafka::controller::Controller;
use kafkarium::kafka::laws::Witness;
use kafkarium::kafka::producer::{Producer, ProducerSpec};
use kafkarium::kafka::{
    Command, LeaderEpoch, Names, Note, Offset, Partition, Process, Role, Send, TopicId, World,
};

struct Tank {
    world: World,
    controller: NodeId,
    brokers: Vec<NodeId>,
    producer: NodeId,
    topic: TopicId,
    inputs: u32,
    notes: Vec<Note>,
    witness: Witness,
}

impl Tank {
    fn new(producer: &[(&str, &str)], topic: &[(&'static str, &str)]) -> Self {
        let mut names = Names::default();
        let controller = names.add_node("k1", Role::Controller);
        let brokers: Vec<NodeId> = (1..=3).map(|n| names.add_node(&format!("b{n}"), Role::Broker)).collect();
        let client = names.add_node("p", Role::Producer);
        let orders = names.intern_topic("orders");
        names.intern_topic("__consumer_offsets");
        let server = Configs::new(Scope::Broker, Family::Java);
        let mut configs = Configs::new(Scope::Producer, Family::Java);
        for (name, value) in producer {
            configs.set(name, value).unwrap();
        }
        let mut world = World::new(1, names);
        world.add(Process::Controller(Box::new(Controller::new(server.clone()))), Tier::Server);
        for _ in &brokers {
            world.add(Process::Broker(Box::new(Broker::new(server.clone()))), Tier::Server);
        }
        let spec = ProducerSpec { configs, topics: vec![orders], workload: None };
        world.add(Process::Producer(Box::new(Producer::new(spec))), Tier::Client);
        let mut tank = Self {
            world,
            controller,
            brokers,
            producer: client,
            topic: orders,
            inputs: 0,
            notes: vec![],
            witness: Witness::default(),
        };
        tank.input(|t| {
            for id in std::iter::once(t.controller).chain(t.brokers.clone()) {
                t.world.start(id);
            }
        });
        tank.run(Micros::secs(1));
        let configs = topic.iter().map(|(k, v)| (*k, (*v).into())).collect();
        let replicas = Some(vec![tank.brokers.clone()]);
        let create = Command::CreateTopic { topic: orders, replicas, partitions: 1, replication: 3, configs };
        tank.input(|t| {
            t.world.command(t.controller, create);
            t.world.start(t.producer);
        });
        tank.run(Micros::secs(1));
        tank
    }

    fn input(&mut self, act: impl FnOnce(&mut Self)) {
        self.inputs += 1;
        self.world.begin_input(self.inputs);
        act(self);
        self.keep_notes();
    }

    fn keep_notes(&mut self) {
        let broken = [self.witness.observe(&self.world), self.witness.survey(&self.world)].concat();
        assert!(
            broken.is_empty(),
            "{}",
            broken.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        );
        for rec in self.world.notes() {
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

    fn p0(&self) -> Partition {
        Partition { topic: self.topic, index: 0 }
    }

    fn broker(&self, n: usize) -> &Broker {
        let Process::Broker(broker) = self.world.node(self.brokers[n - 1]) else { panic!("no broker") };
        broker
    }

    fn controller(&self) -> &Controller {
        let Process::Controller(controller) = self.world.node(self.controller) else {
            panic!("no controller")
        };
        controller
    }

    fn ends(&self) -> Vec<i64> {
        (1..=3).map(|n| self.broker(n).log(self.p0()).map_or(-1, |log| log.end().0)).collect()
    }

    fn high_watermarks(&self) -> Vec<i64> {
        (1..=3).map(|n| self.broker(n).high_watermark(self.p0()).unwrap().0).collect()
    }

    fn leader(&self) -> Option<NodeId> {
        self.controller().image().partition(self.p0()).unwrap().leader
    }

    fn isr(&self) -> Vec<NodeId> {
        self.controller().image().partition(self.p0()).unwrap().isr.clone()
    }

    fn produce(&mut self, key: &str) {
        let bytes = |text: &str| Some(text.as_bytes().into());
        let send = Send { topic: self.topic, key: bytes(key), value: bytes("v"), partition: None };
        self.input(|t| {
            t.world.command(t.producer, Command::Produce(vec![send]));
        });
    }

    fn acked(&self) -> Vec<i64> {
        let offset =
            |note: &Note| if let Note::RecordAcked { offset, .. } = note { Some(offset.0) } else { None };
        self.notes.iter().filter_map(offset).collect()
    }

    fn crash(&mut self, n: usize) {
        let id = self.brokers[n - 1];
        self.input(|t| {
            t.world.crash(id, Loss::Process);
        });
    }

    fn start(&mut self, n: usize) {
        let id = self.brokers[n - 1];
        self.input(|t| {
            t.world.start(id);
        });
    }
}

#[test]
fn a_record_is_copied_by_fetches_and_followers_learn_the_high_watermark_last() {
    let mut tank = Tank::new(&[], &[]);
    assert_eq!(tank.isr(), tank.brokers);
    tank.produce("user_1");
    tank.run(Micros::ms(40));
    assert_eq!(tank.ends(), [1, 1, 1]);
    assert_eq!(tank.acked(), [0], "acknowledged once both followers have fetched past it");
    assert_eq!(tank.high_watermarks(), [1, 0, 0], "followers learn it one exchange later");
    tank.run(Micros::secs(1));
    assert_eq!(tank.high_watermarks(), [1, 1, 1]);
}

#[test]
fn a_dead_leader_is_replaced_after_its_session_and_comes_back_as_a_follower() {
    let mut tank = Tank::new(&[], &[]);
    tank.produce("a");
    tank.run(Micros::secs(1));
    tank.crash(1);
    tank.run(Micros::secs(6));
    assert_eq!(tank.leader(), Some(tank.brokers[0]), "nothing happens before the session is over");
    tank.run(Micros::secs(4));
    assert_eq!(tank.leader(), Some(tank.brokers[1]));
    assert_eq!(tank.isr(), tank.brokers[1..]);
    assert_eq!(tank.broker(2).leader_epoch(tank.p0()), LeaderEpoch(1));
    tank.produce("b");
    tank.run(Micros::secs(2));
    assert_eq!(tank.acked(), [0, 1]);
    tank.start(1);
    tank.run(Micros::secs(5));
    assert_eq!(tank.isr(), tank.brokers, "back in sync");
    assert_eq!(tank.leader(), Some(tank.brokers[1]), "but not the leader");
    assert_eq!(tank.ends(), [2, 2, 2]);
}

#[test]
fn an_unreplicated_tail_is_cut_when_the_old_leader_returns() {
    let mut tank = Tank::new(&[("acks", "1")], &[]);
    tank.produce("a");
    tank.run(Micros::secs(1));
    let others = [tank.brokers[1], tank.brokers[2]];
    tank.input(|t| {
        for id in others {
            t.world.fault(Fault::Cut { a: t.brokers[0], b: Some(id) });
        }
    });
    tank.produce("lost");
    tank.run(Micros::ms(100));
    assert_eq!(tank.acked(), [0, 1], "acks=1 asks nobody else");
    tank.crash(1);
    tank.input(|t| t.world.fault(Fault::Heal { a: None, b: None }));
    tank.run(Micros::secs(12));
    tank.produce("b");
    tank.run(Micros::secs(1));
    tank.start(1);
    tank.run(Micros::secs(5));
    assert_eq!(tank.ends(), [2, 2, 2]);
    assert!(tank.notes.iter().any(|n| matches!(n, Note::Truncated { to: Offset(1), .. })));
    let log = tank.broker(1).log(tank.p0()).unwrap();
    let keys: Vec<_> = log.records().map(|(_, r, _)| r.key.clone().unwrap()).collect();
    assert_eq!(keys, [b"a".as_slice().into(), b"b".as_slice().into()]);
}

#[test]
fn a_lost_answer_is_no_duplicate_with_idempotence_and_one_without() {
    for (idempotent, ends) in [("true", [1, 1, 1]), ("false", [2, 2, 2])] {
        let mut tank = Tank::new(&[("enable.idempotence", idempotent)], &[]);
        tank.input(|t| {
            let (api, answer, action) = (Some("Produce"), Some(true), RuleAction::Drop);
            t.world.fault(Fault::Rule { from: None, to: Some(t.producer), api, answer, action });
        });
        tank.produce("a");
        tank.run(Micros::secs(40));
        assert_eq!(tank.ends(), ends);
        assert_eq!(tank.acked().len(), 1);
    }
}

#[test]
fn a_frozen_follower_leaves_and_returns_and_the_same_inputs_give_the_same_trace() {
    let run = || {
        let mut tank = Tank::new(&[], &[]);
        tank.input(|t| {
            t.world.pause(t.brokers[2]);
        });
        tank.produce("a");
        tank.run(Micros::secs(3));
        assert_eq!(tank.acked(), [] as [i64; 0], "acks=all waits for every member of the in-sync set");
        tank.run(Micros::secs(12));
        assert_eq!(tank.acked(), [0], "fenced after 9 s, so it no longer counts");
        assert_eq!(tank.isr(), tank.brokers[..2]);
        tank.input(|t| {
            t.world.resume(t.brokers[2]);
        });
        tank.run(Micros::secs(10));
        assert_eq!(tank.isr(), tank.brokers);
        assert_eq!(tank.ends(), [1, 1, 1]);
        tank.world.digest()
    };
    assert_eq!(run(), run());
}

#[test]
fn too_few_in_sync_replicas_refuse_acks_all() {
    let settings = [("retries", "0"), ("enable.idempotence", "false")];
    let mut tank = Tank::new(&settings, &[("min.insync.replicas", "2")]);
    tank.crash(2);
    tank.crash(3);
    tank.run(Micros::secs(12));
    tank.produce("a");
    tank.run(Micros::secs(1));
    let refused =
        |n: &Note| matches!(n, Note::RecordFailed { error, .. } if error.name() == "NOT_ENOUGH_REPLICAS");
    assert!(tank.notes.iter().any(refused));
    assert_eq!(tank.ends()[0], 0);
}

#[test]
fn a_batch_given_up_leaves_a_hole_and_the_next_ones_go_on_in_a_new_epoch() {
    let mut tank = Tank::new(&[("delivery.timeout.ms", "40000"), ("linger.ms", "0")], &[]);
    tank.produce("a");
    tank.run(Micros::secs(1));
    tank.input(|t| t.world.fault(Fault::Cut { a: t.producer, b: None }));
    tank.produce("lost");
    tank.run(Micros::secs(50));
    assert!(
        tank.notes.iter().any(|n| matches!(n, Note::RecordFailed { .. })),
        "given up after delivery.timeout.ms"
    );
    tank.input(|t| t.world.fault(Fault::Heal { a: None, b: None }));
    tank.run(Micros::secs(1));
    tank.produce("b");
    tank.produce("c");
    tank.run(Micros::secs(20));
    assert_eq!(tank.acked().len(), 3, "a, b and c");
}
