//! A producer of each family on a real cluster: where does a key go?

use kafkarium::engine::{Micros, NodeId, Note as Engine, Tier};
use kafkarium::kafka::broker::Broker;
use kafkarium::kafka::config::{Configs, Family, Scope};
use kafkarium::kafka::controller::Controller;
use kafkarium::kafka::producer::{Producer, ProducerSpec};
use kafkarium::kafka::{Chosen, Command, Names, Note, Process, Role, Send, TopicId, World};

/// Numbers of partitions that vectors speak of; a topic each.
const SIZES: [u32; 9] = [1, 2, 3, 4, 6, 7, 10, 12, 50];

/// One broker, a topic of every size, a producer of each family.
pub struct Tank {
    world: World,
    topics: Vec<TopicId>,
    java: NodeId,
    librdkafka: NodeId,
    inputs: u32,
}

impl Tank {
    /// Boots it.
    pub fn new() -> Self {
        let mut names = Names::default();
        let controller = names.add_node("k1", Role::Controller);
        let broker = names.add_node("b1", Role::Broker);
        let java = names.add_node("java", Role::Producer);
        let librdkafka = names.add_node("python", Role::Producer);
        let topics: Vec<TopicId> = SIZES.iter().map(|n| names.intern_topic(&format!("t{n}"))).collect();
        names.intern_topic("__consumer_offsets");
        let server = Configs::new(Scope::Broker, Family::Java);
        let mut world = World::new(1, names);
        world.add(Process::Controller(Box::new(Controller::new(server.clone()))), Tier::Server);
        world.add(Process::Broker(Box::new(Broker::new(server))), Tier::Server);
        for family in [Family::Java, Family::Librdkafka] {
            let configs = Configs::new(Scope::Producer, family);
            let spec = ProducerSpec { configs, topics: topics.clone(), workload: None };
            world.add(Process::Producer(Box::new(Producer::new(spec))), Tier::Client);
        }
        let mut tank = Self { world, topics, java, librdkafka, inputs: 0 };
        tank.input(|world| {
            world.start(controller);
            world.start(broker);
        });
        tank.run(Micros::secs(1));
        for (topic, partitions) in tank.topics.clone().into_iter().zip(SIZES) {
            let configs = Vec::new();
            let create = Command::CreateTopic { topic, replicas: None, partitions, replication: 1, configs };
            tank.input(|world| {
                world.command(controller, create);
            });
        }
        tank.run(Micros::secs(1));
        tank.input(|world| {
            world.start(java);
            world.start(librdkafka);
        });
        tank.run(Micros::secs(1));
        tank
    }

    /// Sends a record with this key to the topic with so many partitions, and says where its producer put it.
    pub fn partition(&mut self, family: Family, key: &[u8], partitions: u32) -> u32 {
        let client = if family == Family::Java { self.java } else { self.librdkafka };
        let topic = self.topics[SIZES.iter().position(|n| *n == partitions).unwrap()];
        let send = Send { topic, key: Some(key.into()), value: None, partition: None };
        self.input(|world| {
            world.command(client, Command::Produce(vec![send]));
        });
        let chosen = self.world.notes().iter().find_map(|rec| match rec.note {
            Engine::Domain(Note::PartitionChosen { partition, how, .. }) => Some((partition, how)),
            _ => None,
        });
        self.run(Micros::ms(50));
        let (partition, how) = chosen.expect("the topic is known");
        assert_eq!((partition.topic, how), (topic, Chosen::Key));
        partition.index
    }

    fn input(&mut self, act: impl FnOnce(&mut World)) {
        self.inputs += 1;
        self.world.begin_input(self.inputs);
        act(&mut self.world);
    }

    fn run(&mut self, span: Micros) {
        let end = self.world.now() + span;
        while self.world.step_until(end).is_some() {}
        self.world.pass_to(end);
    }
}
