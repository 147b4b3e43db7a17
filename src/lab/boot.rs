//! From a spec to t = 0: every process starts for real, topics are created through the controller, `[start]` actions happen, groups
//! join. None of it is shown or counted.

use std::sync::Arc;

use toml::Spanned;

use super::action::Action;
use super::error::LabError;
use super::spec::{ConfigTable, ConsumerKind, Drive, Spec, State as Life, family};
use super::state::State;
use crate::engine::{Micros, NodeId, Tier};
use crate::kafka::broker::{Broker, MetadataMode};
use crate::kafka::config::{Configs, Family, Scope};
use crate::kafka::consumer::{Consumer, ConsumerSpec};
use crate::kafka::controller::Controller;
use crate::kafka::producer::{Producer, ProducerSpec, Workload};
use crate::kafka::zookeeper::ZooKeeper;
use crate::kafka::{
    Command, Names, OFFSETS_TOPIC, Process, Role, SHARE_STATE_TOPIC, TRANSACTIONS_TOPIC, TopicId, World,
};

/// Virtual time that the hidden prologue may take.
const PROLOGUE: Micros = Micros::secs(120);

fn configs(scope: Scope, family: Family, table: &ConfigTable) -> Configs {
    let mut configs = Configs::new(scope, family);
    for (name, value) in table.iter() {
        // The spec was validated; what does not fit the scope is a topic's default on a broker.
        let _ = configs.set(name, value);
    }
    configs
}

/// Settings of brokers and controllers. Kafka's default of three copies of a group's offsets needs three brokers.
fn server_configs(spec: &Spec) -> Configs {
    let mut all = configs(Scope::Broker, Family::Java, &spec.cluster.config);
    for name in [
        "offsets.topic.replication.factor",
        "transaction.state.log.replication.factor",
        "share.coordinator.state.topic.replication.factor",
    ] {
        if !all.differs(name) && all.int(name) > i64::from(spec.brokers()) {
            let _ = all.set(name, &spec.brokers().to_string());
        }
    }
    if spec.in_zookeeper_mode() {
        // Features of KRaft clusters.
        for (name, off) in [("eligible.leader.replicas.version", "0"), ("transaction.version", "1")] {
            if !all.differs(name) {
                let _ = all.set(name, off);
            }
        }
    }
    all
}

/// All processes of a spec, none of them started.
fn build(spec: &Spec, seed: u64) -> World {
    let mut names = Names::default();
    let mut processes: Vec<(Process, Tier)> = Vec::new();
    let servers = server_configs(spec);
    names.intern_topic(OFFSETS_TOPIC);
    for topic in &spec.cluster.topic {
        names.intern_topic(topic.name.get_ref());
    }
    names.intern_topic(TRANSACTIONS_TOPIC);
    names.intern_topic(SHARE_STATE_TOPIC);
    if spec.cluster.combined.as_ref().is_some_and(|combined| *combined.get_ref()) {
        names.combine();
    }
    let zookeeper = spec.in_zookeeper_mode();
    if zookeeper {
        names.add_node("z1", Role::ZooKeeper);
        processes.push((Process::ZooKeeper(Box::new(ZooKeeper::new(servers.clone()))), Tier::Server));
    }
    for n in 1..=spec.controllers() {
        names.add_node(&format!("k{n}"), Role::Controller);
        let controller = Controller::new(servers.clone());
        let controller = match &spec.cluster.voters {
            Some(voters) => controller.with_first_voters(*voters.get_ref() as usize),
            None => controller,
        };
        processes.push((Process::Controller(Box::new(controller)), Tier::Server));
    }
    for n in 1..=spec.brokers() {
        names.add_node(&format!("b{n}"), Role::Broker);
        let mode = if zookeeper { MetadataMode::ZooKeeper } else { MetadataMode::KRaft };
        let broker = Broker::in_mode(servers.clone(), mode);
        processes.push((Process::Broker(Box::new(broker)), Tier::Server));
    }
    for producer in &spec.cluster.producer {
        names.add_node(producer.id.get_ref(), Role::Producer);
        let made = Producer::new(ProducerSpec {
            configs: configs(Scope::Producer, family(producer.client.get_ref()), &producer.config),
            topics: topic_ids(&mut names, &producer.topics),
            workload: producer.workload.as_ref().map(|w| Workload {
                every: w.every.get_ref().0,
                keys: w.keys.iter().map(|key| Arc::from(key.as_bytes())).collect(),
                count: w.count,
            }),
        });
        processes.push((Process::Producer(Box::new(made)), Tier::Client));
    }
    for consumer in &spec.cluster.consumer {
        names.add_node(consumer.id.get_ref(), Role::Consumer);
        let group = consumer.group.as_ref().map_or("", |group| group.get_ref());
        let made = Consumer::new(ConsumerSpec {
            configs: configs(Scope::Consumer, family(consumer.client.get_ref()), &consumer.config),
            group: names.intern_group(group),
            topics: subscribed(&mut names, consumer),
            partitions: consumer
                .partitions
                .iter()
                .filter_map(|p| names.find_partition(p.get_ref()))
                .collect(),
            share: consumer.kind == ConsumerKind::Share,
            manual: consumer.drive == Drive::Manual,
            work: consumer.work.0,
        });
        processes.push((Process::Consumer(Box::new(made)), Tier::Client));
    }
    let mut world = World::new(seed, names);
    for (process, tier) in processes {
        world.add(process, tier);
    }
    let brokers: Vec<NodeId> = world.shared().of_role(Role::Broker).collect();
    for broker in brokers {
        if let Some(controller) = world.shared().other_role(broker) {
            world.join(broker, controller);
        }
    }
    for link in &spec.cluster.link {
        let [a, b] = link.between.get_ref();
        if let (Some(a), Some(b)) = (world.shared().find_node(a), world.shared().find_node(b)) {
            world.set_link(a, b, link.delay.0, link.jitter.0);
        }
    }
    world
}

fn topic_ids(names: &mut Names, topics: &[Spanned<String>]) -> Vec<TopicId> {
    topics.iter().map(|topic| names.intern_topic(topic.get_ref())).collect()
}

/// The topics that a consumer must know: those it subscribes to, or those of its own partitions.
fn subscribed(names: &mut Names, consumer: &super::spec::ConsumerSpec) -> Vec<TopicId> {
    let own = consumer.partitions.iter().filter_map(|p| names.find_partition(p.get_ref())).map(|p| p.topic);
    let mut topics: Vec<TopicId> = own.collect();
    topics.extend(topic_ids(names, &consumer.topics));
    topics.dedup();
    topics
}

struct Boot<'a> {
    spec: &'a Spec,
    state: State,
    deadline: Micros,
}

/// The state at t = 0.
pub(super) fn boot(spec: &Spec, seed: u64) -> Result<State, LabError> {
    let errors = spec.validate();
    if !errors.is_empty() {
        return Err(LabError::Spec(errors));
    }
    let mut boot = Boot { spec, state: State::new(build(spec, seed)), deadline: PROLOGUE };
    boot.start_all(Role::ZooKeeper);
    boot.start_controllers();
    boot.start_all(Role::Broker);
    boot.until("the brokers to register", |state| {
        let image = super::cel::committed_image(&state.world);
        let mut brokers = state.world.shared().of_role(Role::Broker);
        let all = brokers.all(|broker| image.active(broker));
        all && super::cel::controller_node(&state.world).is_some()
            && state.metadata_is_quiet()
            && observers_follow(&state.world)
    })?;
    boot.create_topics()?;
    boot.start_clients();
    boot.settle()?;
    boot.deadline = boot.state.world.now() + PROLOGUE;
    for line in &spec.start.actions {
        boot.perform(line.get_ref())?;
    }
    boot.settle()?;
    boot.begin_workloads();
    boot.state.survey();
    boot.state.begin();
    Ok(boot.state)
}

/// Controllers that are no voters have found the leader and have all that is committed.
fn observers_follow(world: &World) -> bool {
    let mut controllers = world.shared().of_role(Role::Controller);
    let committed = super::cel::committed_image(world).offset;
    controllers.all(|id| match world.node(id) {
        Process::Controller(k) => k.raft().voters().contains(&id) || k.image().offset >= committed,
        _ => true,
    })
}

impl Boot<'_> {
    fn input(&mut self, act: impl FnOnce(&mut World)) {
        self.state.world.begin_input(0);
        act(&mut self.state.world);
        self.state.look();
    }

    fn nodes(&self, role: Role) -> Vec<NodeId> {
        self.state.world.shared().of_role(role).collect()
    }

    fn start_all(&mut self, role: Role) {
        let nodes = self.nodes(role);
        self.input(|world| {
            for node in nodes {
                world.start(node);
            }
        });
    }

    /// Controllers start from the first on, and the others a second later: so it is the first that calls the first election, and k1 is
    /// the active one at t = 0 whatever is drawn.
    fn start_controllers(&mut self) {
        let nodes = self.nodes(Role::Controller);
        for (ix, node) in nodes.into_iter().enumerate() {
            if ix == 1 {
                let until = self.state.world.now() + Micros::secs(1);
                while self.state.step_until(until).is_some() {}
                self.state.world.pass_to(until);
            }
            self.input(|world| {
                world.start(node);
            });
        }
    }

    /// Runs until something is so.
    fn until(&mut self, what: &'static str, done: impl Fn(&State) -> bool) -> Result<(), LabError> {
        while !done(&self.state) {
            if self.state.step_until(self.deadline).is_none() {
                return Err(LabError::Boot(what));
            }
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), LabError> {
        self.until("everything to settle", |state| state.is_settled() && state.groups_are_stable())
    }

    fn create_topics(&mut self) -> Result<(), LabError> {
        let Some(controller) = super::cel::controller_node(&self.state.world) else { return Ok(()) };
        let brokers = self.nodes(Role::Broker);
        let spec = self.spec;
        self.input(|world| {
            for topic in &spec.cluster.topic {
                let Some(id) = world.shared().find_topic(topic.name.get_ref()) else { continue };
                let number = |n: &u32| usize::try_from(*n - 1).ok().and_then(|ix| brokers.get(ix)).copied();
                let rows = topic.replicas.as_ref().map(|rows| {
                    rows.get_ref().iter().map(|row| row.iter().filter_map(number).collect()).collect()
                });
                let own = configs(Scope::Topic, Family::Java, &topic.config);
                let command = Command::CreateTopic {
                    topic: id,
                    replicas: rows,
                    partitions: topic.partition_count(),
                    replication: topic.replication_factor(spec.brokers()),
                    configs: own.overrides().map(|(name, value)| (name, Arc::from(value))).collect(),
                };
                world.command(controller, command);
            }
        });
        let first = std::cell::Cell::new(0);
        self.until("the brokers to learn of the topics", |state| {
            let committed = super::cel::committed_image(&state.world);
            let heard = |id| match state.world.node(id) {
                // Nobody rests after a fetch that came before its leader knew that it leads.
                Process::Broker(broker) => broker.led() == committed.leaders_on(id) && broker.has_heard_all(),
                _ => false,
            };
            let exists = |topic: &super::spec::TopicSpec| {
                let id = state.world.shared().find_topic(topic.name.get_ref());
                id.is_some_and(|id| committed.partition_count(id) == topic.partition_count())
            };
            let whole = committed.leaderless().is_empty() && committed.under_replicated().is_empty();
            let ready = whole && state.is_settled() && spec.cluster.topic.iter().all(exists);
            // Who was found ready is looked at again only once everybody is.
            while ready && brokers.get(first.get()).is_some_and(|id| heard(*id)) {
                first.set(first.get() + 1);
            }
            let all = ready && first.get() == brokers.len() && brokers.iter().all(|id| heard(*id));
            if !all && first.get() == brokers.len() {
                first.set(0);
            }
            all
        })
    }

    fn start_clients(&mut self) {
        let cluster = &self.spec.cluster;
        let producers = cluster.producer.iter().map(|p| (&p.id, p.state));
        let consumers = cluster.consumer.iter().map(|c| (&c.id, c.state));
        let running: Vec<NodeId> = producers
            .chain(consumers)
            .filter(|(_, state)| *state == Life::Running)
            .filter_map(|(id, _)| self.state.world.shared().find_node(id.get_ref()))
            .collect();
        self.input(|world| {
            for node in running {
                world.start(node);
            }
        });
    }

    /// One line of `[start]`. Each waits until the one before has had its effect.
    fn perform(&mut self, line: &str) -> Result<(), LabError> {
        let refused = |message| LabError::Start { line: line.to_owned(), message };
        let action: Action = line.parse().map_err(|e: super::ActionError| refused(e.message))?;
        match &action {
            Action::Wait { length } => {
                let until = self.state.world.now() + length.0;
                self.deadline += length.0;
                while self.state.step_until(until).is_some() {}
                self.state.world.pass_to(until);
                Ok(())
            }
            Action::WaitUntil { expression } => {
                let names = super::Vocabulary::of(self.spec);
                let expr = super::Expr::compile(expression, &names).map_err(|e| refused(e.message))?;
                self.until("a `wait-until` of [start]", |state| {
                    expr.eval(&state.facts(Micros::ZERO)).is_ok_and(|value| value.is_true())
                })
            }
            action => {
                self.state.apply(action, 0).map_err(|e| refused(e.message))?;
                self.until("a [start] action to settle", State::is_settled)
            }
        }
    }

    fn begin_workloads(&mut self) {
        let producers = self.nodes(Role::Producer);
        self.input(|world| {
            for node in producers {
                world.command(node, Command::BeginWorkload);
            }
        });
    }
}
