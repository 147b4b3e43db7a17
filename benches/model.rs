//! Events a second of the real model against the bare queue, both at the same queue length: `cargo bench --bench model`.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Hold, duel, timed};
use kafkarium::engine::{Micros, NodeId, Tier};
use kafkarium::kafka::broker::Broker;
use kafkarium::kafka::config::{Configs, Family, Scope};
use kafkarium::kafka::consumer::{Consumer, ConsumerSpec};
use kafkarium::kafka::controller::Controller;
use kafkarium::kafka::producer::{Producer, ProducerSpec, Workload};
use kafkarium::kafka::{Bytes, Command, Names, Process, Role, World};

/// Events a round.
const EVENTS: u64 = 200_000;

/// Three brokers, a controller, a topic of six partitions with three replicas, and `pairs` producers and consumers at work.
fn cluster(pairs: usize) -> World {
    let mut names = Names::default();
    let controller = names.add_node("k1", Role::Controller);
    let brokers: Vec<NodeId> = (1..=3).map(|n| names.add_node(&format!("b{n}"), Role::Broker)).collect();
    let producers: Vec<NodeId> =
        (1..=pairs).map(|n| names.add_node(&format!("p{n}"), Role::Producer)).collect();
    let consumers: Vec<NodeId> =
        (1..=pairs).map(|n| names.add_node(&format!("c{n}"), Role::Consumer)).collect();
    let orders = names.intern_topic("orders");
    names.intern_topic("__consumer_offsets");
    let group = names.intern_group("pay");
    let server = Configs::new(Scope::Broker, Family::Java);
    let mut world = World::new(1, names);
    world.add(Process::Controller(Box::new(Controller::new(server.clone()))), Tier::Server);
    for _ in &brokers {
        world.add(Process::Broker(Box::new(Broker::new(server.clone()))), Tier::Server);
    }
    let keys: Vec<Bytes> = ["a", "b", "c", "d"].iter().map(|key| Bytes::from(key.as_bytes())).collect();
    for _ in &producers {
        let workload = Workload { every: Micros::ms(10), keys: keys.clone(), count: None };
        let configs = Configs::new(Scope::Producer, Family::Java);
        let spec = ProducerSpec { configs, topics: vec![orders], workload: Some(workload) };
        world.add(Process::Producer(Box::new(Producer::new(spec))), Tier::Client);
    }
    for _ in &consumers {
        let configs = Configs::new(Scope::Consumer, Family::Java);
        let (topics, partitions) = (vec![orders], Vec::new());
        let (share, manual, work) = (false, false, Micros::ms(1));
        let spec = ConsumerSpec { configs, group, topics, partitions, share, manual, work };
        world.add(Process::Consumer(Box::new(Consumer::new(spec))), Tier::Client);
    }
    world.begin_input(1);
    for id in brokers.iter().chain([&controller]) {
        world.start(*id);
    }
    run_for(&mut world, Micros::secs(1));
    world.begin_input(2);
    let create = Command::CreateTopic {
        topic: orders,
        replicas: None,
        partitions: 6,
        replication: 3,
        configs: Vec::new(),
    };
    world.command(controller, create);
    for id in producers.iter().chain(&consumers) {
        world.start(*id);
    }
    run_for(&mut world, Micros::secs(10));
    world
}

fn run_for(world: &mut World, span: Micros) {
    let end = world.now() + span;
    while world.next_at().is_some_and(|at| at <= end) {
        world.step();
    }
}

fn main() {
    for pairs in [1, 4, 16] {
        let mut world = cluster(pairs);
        let queued = world.queued();
        let mut hold = Hold::new(queued);
        let mut notes = 0u64;
        let mut steps = || {
            let run = || {
                for _ in 0..EVENTS {
                    world.step();
                    notes += world.notes().len() as u64;
                }
                EVENTS
            };
            timed(run)
        };
        let result = duel(|| timed(|| hold.run(EVENTS)), &mut steps);
        let what = format!("model: {pairs} producers and consumers on 3 brokers, {queued} events queued");
        result.print(&what, "take and put on a bare heap of the same length");
        println!("  notes  {:>12.2} an event", notes as f64 / (10 * EVENTS) as f64);
    }
}
