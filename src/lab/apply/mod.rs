//! From an action to what the world is asked. What depends on the moment (whose controller, which leader) is looked up here, so a
//! replay finds the same.

mod plan;
mod who;

use std::sync::Arc;

use crate::engine::{Fault, Loss, NodeId, Note as EngineNote, Tier};
use crate::kafka::config::{Configs, Family, Scope};
use crate::kafka::consumer::{Consumer, ConsumerSpec};
use crate::kafka::{Command, ErrorCode, Note, Process, RecordId, Role, Send, TopicId};
use crate::lab::action::{Action, Produce, Setting};
use crate::lab::error::ActError;
use crate::lab::ledger::RecordNames;
use crate::lab::spec::config_text;
use crate::lab::state::State;
use crate::text::with_particle;

/// What an input asks of the world, found out before anything changes.
enum Deed {
    Start(NodeId),
    NewConsumer(String, ConsumerSpec),
    Crash(NodeId, Loss),
    Pause(NodeId),
    Resume(NodeId),
    Command(NodeId, Command),
    Produce(NodeId, Vec<Send>, Produce),
    Alter(NodeId, Vec<(&'static str, Arc<str>)>),
    Commands(NodeId, Vec<Command>),
    CreateTopic(NodeId, String, Box<Action>),
    Fault(Fault),
    Refused(ErrorCode),
}

fn named(id: &str, particle: &str) -> String {
    with_particle(id, particle).unwrap_or_else(|| id.to_owned())
}

impl State {
    /// Does an action, as one input. Gives the error that Kafka answered with, if it refused.
    ///
    /// # Errors
    /// It cannot be done here: nothing has changed then.
    pub(in crate::lab) fn apply(&mut self, action: &Action, ix: u32) -> Result<Option<ErrorCode>, ActError> {
        let deed = self.plan(action)?;
        self.world.begin_input(ix);
        self.ledger.counted(action.verb());
        let mut refused = None;
        match deed {
            Deed::Start(node) => {
                self.world.start(node);
                if self.world.shared().role(node) == Some(Role::Producer) {
                    self.world.command(node, Command::BeginWorkload);
                }
            }
            Deed::NewConsumer(name, spec) => {
                self.world.shared_mut().add_node(&name, Role::Consumer);
                let node = self.world.add(Process::Consumer(Box::new(Consumer::new(spec))), Tier::Client);
                self.world.start(node);
            }
            Deed::Crash(node, loss) => {
                self.world.crash(node, loss);
            }
            Deed::Pause(node) => {
                self.world.pause(node);
            }
            Deed::Resume(node) => {
                self.world.resume(node);
            }
            Deed::Command(node, command) => {
                self.world.command(node, command);
            }
            Deed::Commands(node, commands) => {
                for command in commands {
                    self.world.command(node, command);
                }
            }
            Deed::Produce(node, sends, produce) => self.produce(node, sends, &produce),
            Deed::Alter(node, settings) => self.world.alter(node, |process| set_all(process, &settings)),
            Deed::CreateTopic(controller, name, action) => {
                let topic = self.world.shared_mut().intern_topic(&name);
                let command = create_topic(&self.world, controller, topic, &action);
                self.world.command(controller, command);
            }
            Deed::Fault(fault) => self.world.fault(fault),
            Deed::Refused(error) => refused = Some(error),
        }
        let answer = self.world.notes().iter().find_map(|rec| match rec.note {
            EngineNote::Domain(Note::AdminRefused { error }) => Some(error),
            _ => None,
        });
        self.look();
        Ok(refused.or(answer))
    }

    fn produce(&mut self, node: NodeId, sends: Vec<Send>, produce: &Produce) {
        let at = self.world.now();
        let first = self.world.next_serial();
        for (ix, send) in (0..).zip(&sends) {
            let names = RecordNames { id: produce.id.as_deref(), tag: produce.tag.as_deref(), count: 1 };
            self.ledger.sending(RecordId(first + ix), node, send, names, at);
        }
        self.world.command(node, Command::Produce(sends));
    }
}

const fn configs_of(process: &Process) -> &Configs {
    match process {
        Process::Broker(broker) => broker.configs(),
        Process::Controller(controller) => controller.configs(),
        Process::Producer(producer) => producer.configs(),
        Process::Consumer(consumer) => consumer.configs(),
    }
}

fn set_all(process: &mut Process, settings: &[(&'static str, Arc<str>)]) {
    let configs = match process {
        Process::Broker(broker) => broker.configs_mut(),
        Process::Controller(controller) => controller.configs_mut(),
        Process::Producer(producer) => producer.configs_mut(),
        Process::Consumer(consumer) => consumer.configs_mut(),
    };
    for (name, value) in settings {
        // Checked before the input began.
        let _ = configs.set(name, value);
    }
}

fn checked(configs: &Configs, settings: &[Setting]) -> Result<Vec<(&'static str, Arc<str>)>, ActError> {
    let check =
        |s: &Setting| configs.check(&s.name, &s.value).map_err(|e| ActError { message: config_text(&e) });
    settings.iter().map(check).collect()
}

fn create_topic(world: &crate::kafka::World, controller: NodeId, topic: TopicId, action: &Action) -> Command {
    let default = |name: &str| u32::try_from(configs_of(world.node(controller)).int(name)).unwrap_or(1);
    let (partitions, replication, config) = match action {
        Action::CreateTopic { partitions, replication, config, .. } => {
            (*partitions, *replication, config.as_slice())
        }
        _ => (None, None, &[][..]),
    };
    Command::CreateTopic {
        topic,
        replicas: None,
        partitions: partitions.unwrap_or_else(|| default("num.partitions")),
        replication: replication.unwrap_or_else(|| default("default.replication.factor")),
        configs: checked(&Configs::new(Scope::Topic, Family::Java), config).unwrap_or_default(),
    }
}
