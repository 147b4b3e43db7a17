//! What only shows at the end of a counter.

use super::{Producer, ProducerSpec};
use crate::engine::{Micros, NodeId, Tier};
use crate::kafka::broker::Broker;
use crate::kafka::config::{Configs, Family, Scope};
use crate::kafka::controller::Controller;
use crate::kafka::{
    Command, ErrorCode, Names, Partition, Process, ProducerEpoch, Role, Send, Sequence, Stamp, World,
};

fn run(world: &mut World, input: impl FnOnce(&mut World)) {
    world.begin_input(1);
    input(world);
    let end = world.now() + Micros::secs(2);
    while world.step_until(end).is_some() {}
    world.pass_to(end);
}

fn producer(world: &World, id: NodeId) -> &Producer {
    let Process::Producer(producer) = world.node(id) else { panic!("no producer") };
    producer
}

#[test]
fn after_the_last_epoch_comes_a_new_producer_id() {
    let mut names = Names::default();
    let k1 = names.add_node("k1", Role::Controller);
    let b1 = names.add_node("b1", Role::Broker);
    let p = names.add_node("p", Role::Producer);
    let topic = names.intern_topic("orders");
    let mut world = World::new(1, names);
    let server = Configs::new(Scope::Broker, Family::Java);
    world.add(Process::Controller(Box::new(Controller::new(server.clone()))), Tier::Server);
    world.add(Process::Broker(Box::new(Broker::new(server))), Tier::Server);
    let configs = Configs::new(Scope::Producer, Family::Java);
    let spec = ProducerSpec { configs, topics: vec![topic], workload: None };
    world.add(Process::Producer(Box::new(Producer::new(spec))), Tier::Client);
    run(&mut world, |world| {
        world.start(k1);
        world.start(b1);
    });
    let create =
        Command::CreateTopic { topic, replicas: None, partitions: 1, replication: 1, configs: Vec::new() };
    run(&mut world, |world| {
        world.command(k1, create);
    });
    run(&mut world, |world| {
        world.start(p);
    });
    let (old, _) = producer(&world, p).producer_id().unwrap();
    world.alter(p, |process| {
        if let Process::Producer(producer) = process {
            producer.vol.identity = Some((old, ProducerEpoch(i16::MAX)));
        }
    });
    let send = || Command::Produce(vec![Send { topic, key: None, value: None, partition: None }]);
    run(&mut world, |world| {
        world.command(p, send());
    });
    run(&mut world, |world| {
        world.command(b1, Command::FailNextAppend(None, ErrorCode::InvalidRecord));
        world.command(p, send());
    });
    run(&mut world, |world| {
        world.command(p, send());
    });
    let (new, epoch) = producer(&world, p).producer_id().unwrap();
    assert!(new != old && epoch == ProducerEpoch(0));
    assert_eq!((producer(&world, p).acked(), producer(&world, p).failed()), (2, 1));
    let Process::Broker(broker) = world.node(b1) else { panic!("no broker") };
    let log = broker.log(Partition { topic, index: 0 }).unwrap();
    let stamps: Vec<Option<Stamp>> = log.batches().map(|batch| batch.stamp).collect();
    let stamp = |id, epoch| Some(Stamp { id, epoch: ProducerEpoch(epoch), first: Sequence(0) });
    assert_eq!(stamps, [stamp(old, i16::MAX), stamp(new, 0)]);
}
