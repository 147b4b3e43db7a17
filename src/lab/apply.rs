//! From an action to what the world is asked. What depends on the moment (whose controller, which leader) is looked up here, so a
//! replay finds the same.

use std::sync::Arc;

use super::action::{Action, Produce, Setting, Upto};
use super::error::ActError;
use super::ledger::RecordNames;
use super::spec::{MOST_BROKERS, conflict_text, refused_config_text};
use super::state::State;
use crate::engine::{Fault, Loss, NodeId, Note as EngineNote, Process as Life, RuleAction, Tier};
use crate::kafka::broker::Broker;
use crate::kafka::config::{Configs, Family, Scope};
use crate::kafka::consumer::{Consumer, ConsumerSpec};
use crate::kafka::producer::{SentOffsets, conflict};
use crate::kafka::share::AckType;
use crate::kafka::{
    Command, ErrorCode, Note, Outcome, Partition, Process, RecordId, Role, SeekTo, Send, TopicId,
};
use crate::text::with_particle;

/// What an input asks of the world, found out before anything changes.
enum Deed {
    Start(NodeId),
    NewConsumer(String, ConsumerSpec),
    NewBroker(String, Box<Broker>),
    Crash(NodeId, Loss),
    Pause(NodeId),
    Resume(NodeId),
    Command(NodeId, Command),
    Produce(NodeId, Vec<Send>, Produce, Option<String>),
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
    pub(super) fn apply(&mut self, action: &Action, ix: u32) -> Result<Option<ErrorCode>, ActError> {
        let deed = self.plan(action)?;
        self.world.begin_input(ix);
        self.ledger.counted(action.verb());
        let mut refused = None;
        match deed {
            Deed::Start(node) => {
                for node in self.roles_of(node) {
                    self.world.start(node);
                }
                if self.world.shared().role(node) == Some(Role::Producer) {
                    self.world.command(node, Command::BeginWorkload);
                }
            }
            Deed::NewConsumer(name, spec) => {
                self.world.shared_mut().add_node(&name, Role::Consumer);
                let node = self.world.add(Process::Consumer(Box::new(Consumer::new(spec))), Tier::Client);
                self.world.start(node);
            }
            Deed::NewBroker(name, broker) => {
                self.world.shared_mut().add_node(&name, Role::Broker);
                let node = self.world.add(Process::Broker(broker), Tier::Server);
                self.world.start(node);
            }
            Deed::Crash(node, loss) => {
                for node in self.roles_of(node) {
                    self.world.crash(node, loss);
                }
            }
            Deed::Pause(node) => {
                for node in self.roles_of(node) {
                    self.world.pause(node);
                }
            }
            Deed::Resume(node) => {
                for node in self.roles_of(node) {
                    self.world.resume(node);
                }
            }
            Deed::Command(node, command) => {
                self.world.command(node, command);
            }
            Deed::Commands(node, commands) => {
                for command in commands {
                    self.world.command(node, command);
                }
            }
            Deed::Produce(node, mut sends, produce, unknown) => {
                if let Some(name) = unknown {
                    let topic = self.world.shared_mut().intern_topic(&name);
                    sends.iter_mut().for_each(|send| send.topic = topic);
                }
                self.produce(node, sends, &produce);
            }
            Deed::Alter(node, settings) => self.world.alter(node, |process| set_all(process, &settings)),
            Deed::CreateTopic(controller, name, action) => {
                let topic = self.world.shared_mut().intern_topic(&name);
                let command = create_topic(&self.world, controller, topic, &action);
                self.world.command(controller, command);
            }
            Deed::Fault(fault) => {
                for fault in self.spread(fault) {
                    self.world.fault(fault);
                }
            }
            Deed::Refused(error) => {
                self.ledger.refuse_admin(error);
                refused = Some(error);
            }
        }
        let answer = self.world.notes().iter().find_map(|rec| match rec.note {
            EngineNote::Domain(Note::AdminRefused { error }) => Some(error),
            _ => None,
        });
        self.look();
        Ok(refused.or(answer))
    }

    /// The roles of the process that a node is one of, the controller first.
    fn roles_of(&self, node: NodeId) -> Vec<NodeId> {
        let names = self.world.shared();
        let mut roles: Vec<NodeId> = [Some(node), names.other_role(node)].into_iter().flatten().collect();
        roles.sort_by_key(|id| names.role(*id) != Some(Role::Controller));
        roles
    }

    /// A cut parts processes, with all roles that they have.
    fn spread(&self, fault: Fault) -> Vec<Fault> {
        let pairs = |a: NodeId, b: Option<NodeId>| {
            let other = b.map_or_else(|| vec![None], |b| self.roles_of(b).into_iter().map(Some).collect());
            let each = self.roles_of(a).into_iter();
            each.flat_map(move |a| other.clone().into_iter().map(move |b| (a, b))).collect::<Vec<_>>()
        };
        match fault {
            Fault::Cut { a, b } => pairs(a, b).into_iter().map(|(a, b)| Fault::Cut { a, b }).collect(),
            Fault::Heal { a: Some(a), b } => {
                pairs(a, b).into_iter().map(|(a, b)| Fault::Heal { a: Some(a), b }).collect()
            }
            other => vec![other],
        }
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

    // ---- what an action means now ----

    fn plan(&self, action: &Action) -> Result<Deed, ActError> {
        if !action.available() {
            let verb = action.verb();
            return Err(ActError::new(
                format!("{} 이 판에서 아직 할 수 없습니다.", named(verb, "은")),
                format!("{verb} is not yet in this version."),
            ));
        }
        match action {
            Action::Produce(produce) => self.plan_produce(produce),
            Action::Flush { client } => self.tell(client, Command::Flush),
            Action::Poll { consumer } => self.plan_poll(consumer),
            Action::Work { consumer } => self.tell_manual(consumer, Command::Work),
            Action::Commit { consumer } => self.tell_manual(consumer, Command::Commit),
            Action::Cycle { consumer } => self.tell_manual(consumer, Command::Cycle),
            Action::Hang { consumer } => self.tell_manual(consumer, Command::Hang),
            Action::Acknowledge { consumer, how, record } => {
                self.plan_acknowledge(consumer, *how, record.as_deref())
            }
            Action::Seek { consumer, partition, to } => {
                self.tell(consumer, Command::Seek(self.partition(partition)?, self.seek_to(*to)))
            }
            Action::ResetOffsets { group, topic, to } => self.plan_reset(group, topic, *to),
            Action::Start { process, group, share } => self.plan_start(process, group.as_deref(), *share),
            Action::AddBroker { broker } => self.plan_broker(broker),
            Action::Stop { process } => self.tell(process, Command::Stop),
            Action::Shutdown { broker } => self.tell(broker, Command::Shutdown),
            Action::Crash { process, power } => {
                let node = self.up(process)?;
                Ok(Deed::Crash(node, EngineNote::<Note>::loss(*power)))
            }
            Action::Pause { process } => self.running(process).map(Deed::Pause),
            Action::Resume { process } => self.plan_resume(process),
            Action::Set { subject, settings } => self.plan_set(subject, settings),
            Action::CreateTopic { topic, config, .. } => {
                checked(&Configs::new(Scope::Topic, Family::Java), config)?;
                self.decide(|node| Deed::CreateTopic(node, topic.clone(), Box::new(action.clone())))
            }
            Action::AddPartitions { topic, count } => {
                let command = Command::AddPartitions(self.topic(topic)?, *count);
                self.decide(|node| Deed::Command(node, command))
            }
            Action::DeleteTopic { topic } => {
                let command = Command::DeleteTopic(self.topic(topic)?);
                self.decide(|node| Deed::Command(node, command))
            }
            Action::CancelReassign { partition } => {
                let command = Command::CancelReassign(self.partition(partition)?);
                self.decide(|node| Deed::Command(node, command))
            }
            Action::AddVoter { controller } => self.plan_voter(controller, Command::AddVoter),
            Action::RemoveVoter { controller } => self.plan_voter(controller, Command::RemoveVoter),
            Action::ElectPreferred { partition } => {
                let command = Command::ElectPreferred(self.partition(partition)?);
                self.decide(|node| Deed::Command(node, command))
            }
            Action::ElectUnclean { partition } => {
                let command = Command::ElectUnclean(self.partition(partition)?);
                self.decide(|node| Deed::Command(node, command))
            }
            Action::DeleteRecords { partition, upto } => {
                let p = self.partition(partition)?;
                let upto = match upto {
                    Upto::Offset(offset) => Some(*offset),
                    Upto::End => None,
                };
                let running = self.running_leader(p);
                Ok(running.map_or(Deed::Refused(ErrorCode::LeaderNotAvailable), |node| {
                    Deed::Command(node, Command::DeleteRecords(p, upto))
                }))
            }
            Action::AbortHanging { partition } => {
                let p = self.partition(partition)?;
                let running = self.running_leader(p);
                Ok(running.map_or(Deed::Refused(ErrorCode::LeaderNotAvailable), |node| {
                    Deed::Command(node, Command::AbortHanging(p))
                }))
            }
            Action::Reassign { partition, brokers } => self.plan_reassign(partition, brokers),
            Action::FailNextAppend { partition, error } => self.plan_fail(partition.as_deref(), *error),
            Action::Begin { producer } => self.tell_producer(producer, Command::BeginTransaction),
            Action::CommitTxn { producer } => {
                self.tell_producer(producer, Command::EndTransaction(Outcome::Commit))
            }
            Action::Abort { producer } => {
                self.tell_producer(producer, Command::EndTransaction(Outcome::Abort))
            }
            Action::SendOffsets { producer, consumer } => self.plan_offsets(producer, consumer),
            Action::Wait { .. } | Action::WaitUntil { .. } => Err(ActError::new(
                "기다리기는 기록하는 동작이 아닙니다.",
                "Waiting is no action that is recorded.",
            )),
            fault => self.plan_fault(fault).map(Deed::Fault),
        }
    }

    fn plan_produce(&self, produce: &Produce) -> Result<Deed, ActError> {
        let node = self.running(&produce.client)?;
        let Process::Producer(producer) = self.world.node(node) else { return Err(unknown(&produce.client)) };
        let unknown = produce.to.clone().filter(|name| self.world.shared().find_topic(name).is_none());
        let topic = match &produce.to {
            // A name for Kafka to refuse, or to make a topic of; it gets its number when the action is done.
            Some(_) if unknown.is_some() => TopicId(u32::MAX),
            Some(name) => self.world.shared().find_topic(name).ok_or_else(|| self::unknown(name))?,
            None => *producer.topics().first().ok_or_else(|| {
                let id = &produce.client;
                ActError::new(
                    format!("{id}에 정해진 토픽이 없습니다. --to TOPIC을 쓰세요."),
                    format!("{id} has no topic of its own: add --to TOPIC."),
                )
            })?,
        };
        if produce.id.as_deref().is_some_and(|id| self.ledger.find(id).is_some()) {
            let id = produce.id.clone().unwrap_or_default();
            return Err(ActError::new(
                format!("레코드 {} 이미 있습니다. 다른 이름을 쓰세요.", named(&id, "은")),
                format!("There is a record {id} already; choose another name."),
            ));
        }
        let bytes = |text: &str| Arc::from(text.as_bytes());
        let sends = (0..produce.count).map(|n| {
            let own =
                || produce.id.clone().unwrap_or_else(|| format!("r{}", self.ledger.len() + 1 + n as usize));
            let value = match (&produce.value, produce.null) {
                (_, true) => None,
                (Some(value), _) => Some(bytes(value)),
                (None, _) => Some(bytes(&own())),
            };
            Send { topic, key: produce.key.as_deref().map(bytes), value, partition: produce.partition }
        });
        Ok(Deed::Produce(node, sends.collect(), produce.clone(), unknown))
    }

    /// poll() of a manual consumer, or of a librdkafka producer, whose callbacks run there.
    fn plan_poll(&self, id: &str) -> Result<Deed, ActError> {
        let node = self.running(id)?;
        match self.world.node(node) {
            Process::Producer(producer) if producer.configs().family() == Family::Librdkafka => {
                Ok(Deed::Command(node, Command::Poll))
            }
            Process::Producer(_) => Err(ActError::new(
                format!(
                    "{} Java 프로듀서라 poll이 없습니다. 콜백은 응답이 오면 바로 불립니다.",
                    named(id, "은")
                ),
                format!(
                    "{id} is a Java producer, which has no poll: its callbacks run as soon as an answer comes."
                ),
            )),
            _ => self.tell_manual(id, Command::Poll),
        }
    }

    fn plan_acknowledge(&self, id: &str, how: AckType, record: Option<&str>) -> Result<Deed, ActError> {
        if let Process::Consumer(consumer) = self.world.node(self.running(id)?)
            && !consumer.shares()
        {
            return Err(ActError::new(
                format!(
                    "{} 셰어 컨슈머가 아닙니다. kind = \"share\"인 컨슈머에만 쓸 수 있습니다.",
                    named(id, "은")
                ),
                format!("{id} is no share consumer; this is for consumers with kind = \"share\"."),
            ));
        }
        let only = match record {
            Some(name) => Some(self.ledger.find(name).ok_or_else(|| unknown(name))?.id),
            None => None,
        };
        self.tell_manual(id, Command::Acknowledge(how, only))
    }

    fn plan_start(&self, process: &str, group: Option<&str>, share: bool) -> Result<Deed, ActError> {
        if let Some(node) = self.world.shared().find_node(process) {
            if let (Some(group), Process::Consumer(consumer)) = (group, self.world.node(node))
                && self.world.shared().group(consumer.group()) != group
            {
                let own = self.world.shared().group(consumer.group()).to_owned();
                return Err(ActError::new(
                    format!("{} 그룹 {own}의 컨슈머입니다.", named(process, "은")),
                    format!("{process} belongs to the group {own}."),
                ));
            }
            return match self.world.process(node) {
                Life::Down { .. } => Ok(Deed::Start(node)),
                Life::Running | Life::Paused { .. } => Err(ActError::new(
                    format!("{} 이미 켜져 있습니다.", named(process, "은")),
                    format!("{process} is running already."),
                )),
            };
        }
        let Some(group) = group else { return Err(unknown(process)) };
        Ok(Deed::NewConsumer(process.to_owned(), self.like_others(group, share)))
    }

    /// A new consumer is like another of its group, else like any, else automatic with defaults.
    fn like_others(&self, group: &str, share: bool) -> ConsumerSpec {
        let names = self.world.shared();
        let specs = || {
            names.of_role(Role::Consumer).filter_map(|node| match self.world.node(node) {
                Process::Consumer(consumer) => Some(consumer.spec().clone()),
                _ => None,
            })
        };
        let known = names.find_group(group);
        let like = specs()
            .find(|spec| Some(spec.group) == known && spec.share >= share)
            .or_else(|| specs().find(|spec| spec.share == share));
        let mut names_after = names.clone();
        let id = names_after.intern_group(group);
        let topics = || super::cel::committed_image(&self.world).topics.keys().copied();
        like.map_or_else(
            || ConsumerSpec {
                configs: Configs::new(Scope::Consumer, Family::Java),
                group: id,
                topics: topics().filter(|topic| !names.is_internal(*topic)).collect(),
                partitions: Vec::new(),
                share,
                manual: false,
                work: crate::engine::Micros::ms(20),
            },
            |spec| ConsumerSpec { group: id, ..spec },
        )
    }

    /// A broker more, set up as the first one is. It is alone in its process.
    fn plan_broker(&self, id: &str) -> Result<Deed, ActError> {
        let names = self.world.shared();
        if names.find_node(id).is_some() {
            return Err(ActError::new(
                format!("{} 이미 있습니다.", named(id, "은")),
                format!("{id} is there already."),
            ));
        }
        let count = names.of_role(Role::Broker).count();
        let next = format!("b{}", count + 1);
        if id != next {
            return Err(ActError::new(
                format!("다음 브로커의 이름은 {}입니다.", next),
                format!("The next broker is called {next}."),
            ));
        }
        if count >= MOST_BROKERS as usize
            || names.find_node(&format!("k{}", count + 1)).is_some_and(|_| names.is_combined())
        {
            return Err(ActError::new(
                "이 클러스터에는 브로커를 더할 수 없습니다.".to_owned(),
                "No broker can be added to this cluster.".to_owned(),
            ));
        }
        let like = names.of_role(Role::Broker).find_map(|node| match self.world.node(node) {
            Process::Broker(broker) => Some(Broker::in_mode(broker.configs().clone(), broker.mode())),
            _ => None,
        });
        like.map(|broker| Deed::NewBroker(next, Box::new(broker))).ok_or_else(|| unknown(id))
    }

    fn plan_resume(&self, process: &str) -> Result<Deed, ActError> {
        let node = self.node(process)?;
        if matches!(self.world.process(node), Life::Paused { .. }) {
            return Ok(Deed::Resume(node));
        }
        Err(ActError::new(
            format!("{} 멈춰 있지 않습니다.", named(process, "은")),
            format!("{process} is not paused."),
        ))
    }

    /// The application hands the producer what its consumer has read so far, and who read it.
    fn plan_offsets(&self, producer: &str, consumer: &str) -> Result<Deed, ActError> {
        let Process::Consumer(reader) = self.world.node(self.running(consumer)?) else {
            return Err(unknown(consumer));
        };
        let sent = SentOffsets {
            group: reader.group(),
            member: reader.member(),
            instance: reader.instance(),
            generation: reader.generation(),
            offsets: reader.consumed(),
        };
        self.tell_producer(producer, Command::SendOffsets(sent))
    }

    fn tell_producer(&self, id: &str, command: Command) -> Result<Deed, ActError> {
        let node = self.running(id)?;
        match self.world.node(node) {
            Process::Producer(_) => Ok(Deed::Command(node, command)),
            _ => Err(unknown(id)),
        }
    }

    fn plan_reset(&self, group: &str, topic: &str, to: SeekTo) -> Result<Deed, ActError> {
        let topic = self.topic(topic)?;
        let id = self.world.shared().find_group(group).ok_or_else(|| unknown(group))?;
        let coordinator = super::cel::coordinator(&self.world, id);
        let running = coordinator.filter(|node| self.world.process(*node) == Life::Running);
        Ok(running.map_or(Deed::Refused(ErrorCode::CoordinatorNotAvailable), |node| {
            Deed::Command(node, Command::ResetOffsets(id, topic, self.seek_to(to)))
        }))
    }

    fn plan_set(&self, subject: &str, settings: &[Setting]) -> Result<Deed, ActError> {
        let Some(node) = self.world.shared().find_node(subject) else {
            let topic = self.topic(subject)?;
            let set = checked(&Configs::new(Scope::Topic, Family::Java), settings)?;
            let commands = set.into_iter().map(|(name, value)| Command::SetTopicConfig(topic, name, value));
            let commands = commands.collect();
            return self.decide(|node| Deed::Commands(node, commands));
        };
        let configs = configs_of(self.world.node(node));
        let set = checked(configs, settings)?;
        if self.world.shared().role(node) == Some(Role::Producer) {
            let mut after = configs.clone();
            set.iter().for_each(|(name, value)| drop(after.set(name, value)));
            if let Some(conflict) = conflict(&after) {
                let message = conflict_text(conflict, after.family());
                return Err(ActError { message });
            }
        }
        let unused = self.world.shared().role(node) == Some(Role::Producer)
            && !self.ledger.records().any(|record| record.producer == node);
        if unused || matches!(self.world.process(node), Life::Down { .. }) {
            return Ok(Deed::Alter(node, set));
        }
        Err(ActError::new(
            format!("{} 켜져 있습니다. 먼저 stop이나 crash로 끄세요.", named(subject, "이")),
            format!("{subject} is running: stop or crash it first."),
        ))
    }

    /// A change of the set of voters. Who is no controller is no voter; with ZooKeeper there are none.
    fn plan_voter(&self, id: &str, command: impl FnOnce(NodeId) -> Command) -> Result<Deed, ActError> {
        let names = self.world.shared();
        if names.of_role(Role::ZooKeeper).next().is_some() {
            return Ok(Deed::Refused(ErrorCode::UnsupportedVersion));
        }
        let controls = |node: &NodeId| names.role(*node) == Some(Role::Controller);
        match names.find_node(id).filter(controls) {
            Some(controller) => self.decide(|node| Deed::Command(node, command(controller))),
            None => self.decide(|_| Deed::Refused(ErrorCode::VoterNotFound)),
        }
    }

    /// Names that are no brokers are Kafka's to refuse.
    fn plan_reassign(&self, partition: &str, brokers: &[String]) -> Result<Deed, ActError> {
        let p = self.partition(partition)?;
        let names = self.world.shared();
        let broker = |id: &String| names.find_node(id).filter(|node| names.role(*node) == Some(Role::Broker));
        let target: Option<Vec<NodeId>> = brokers.iter().map(broker).collect();
        let Some(target) = target else { return Ok(Deed::Refused(ErrorCode::InvalidReplicaAssignment)) };
        self.decide(|node| Deed::Command(node, Command::Reassign(p, target)))
    }

    fn plan_fail(&self, partition: Option<&str>, error: Option<ErrorCode>) -> Result<Deed, ActError> {
        let error = error.unwrap_or(ErrorCode::NotEnoughReplicas);
        let image = super::cel::committed_image(&self.world);
        let p = match partition {
            Some(name) => self.partition(name)?,
            None => {
                let people = |p: &Partition| !self.world.shared().is_internal(p.topic);
                image.partitions().map(|(p, _)| p).find(people).ok_or_else(|| unknown("orders-0"))?
            }
        };
        Ok(self.running_leader(p).map_or(Deed::Refused(ErrorCode::LeaderNotAvailable), |node| {
            Deed::Command(node, Command::FailNextAppend(Some(p), error))
        }))
    }

    /// The leader of a partition, as the controller committed it, if it runs.
    fn running_leader(&self, p: Partition) -> Option<NodeId> {
        let leader = super::cel::committed_image(&self.world).partition(p).and_then(|state| state.leader);
        leader.filter(|node| self.world.process(*node) == Life::Running)
    }

    fn plan_fault(&self, action: &Action) -> Result<Fault, ActError> {
        let rule = |from: &str, to: &str, api, action| -> Result<Fault, ActError> {
            let (from, to) = (Some(self.node(from)?), Some(self.node(to)?));
            Ok(Fault::Rule { from, to, api, answer: None, action })
        };
        Ok(match action {
            Action::DropNext { from, to, api } => rule(from, to, *api, RuleAction::Drop)?,
            Action::DuplicateNext { from, to } => rule(from, to, None, RuleAction::Duplicate)?,
            Action::Hold { from, to } => rule(from, to, None, RuleAction::Hold)?,
            Action::HoldNext { from, to, api } => rule(from, to, *api, RuleAction::HoldOne)?,
            Action::DropNextAck { client } => {
                let to = client.as_deref().map(|id| self.node(id)).transpose()?;
                let (api, answer) = (Some("Produce"), Some(true));
                Fault::Rule { from: None, to, api, answer, action: RuleAction::Drop }
            }
            Action::Release { from, to } => Fault::Release { from: self.node(from)?, to: self.node(to)? },
            Action::Delay { from, to, delay } => {
                Fault::Delay { from: self.node(from)?, to: self.node(to)?, delay: delay.0 }
            }
            Action::Reset { from, to } => Fault::Reset { a: self.node(from)?, b: self.node(to)? },
            Action::Cut { a, b } => {
                Fault::Cut { a: self.node(a)?, b: b.as_deref().map(|id| self.node(id)).transpose()? }
            }
            Action::Heal { a, b } => {
                let id = |x: &Option<String>| x.as_deref().map(|id| self.node(id)).transpose();
                Fault::Heal { a: id(a)?, b: id(b)? }
            }
            _ => Fault::Clear,
        })
    }

    // ---- who is meant ----

    fn node(&self, id: &str) -> Result<NodeId, ActError> {
        self.world.shared().find_node(id).ok_or_else(|| unknown(id))
    }

    fn topic(&self, name: &str) -> Result<TopicId, ActError> {
        let id = self.world.shared().find_topic(name).filter(|id| !self.world.shared().is_internal(*id));
        id.ok_or_else(|| unknown(name))
    }

    fn partition(&self, name: &str) -> Result<Partition, ActError> {
        self.world.shared().find_partition(name).ok_or_else(|| unknown(name))
    }

    /// A process that is not down.
    fn up(&self, id: &str) -> Result<NodeId, ActError> {
        let node = self.node(id)?;
        if !matches!(self.world.process(node), Life::Down { .. }) {
            return Ok(node);
        }
        Err(ActError::new(
            format!("{} 꺼져 있습니다. start {id}로 켭니다.", named(id, "은")),
            format!("{id} is down; start {id} brings it back."),
        ))
    }

    /// A process that handles what comes.
    fn running(&self, id: &str) -> Result<NodeId, ActError> {
        let node = self.up(id)?;
        if self.world.process(node) == Life::Running {
            return Ok(node);
        }
        Err(ActError::new(
            format!("{} 멈춰 있습니다. resume {id}로 움직입니다.", named(id, "은")),
            format!("{id} is paused; resume {id} lets it go on."),
        ))
    }

    /// What the active controller is to do. If none is active, a broker keeps asking for one until the admin client's time is over
    /// (`default.api.timeout.ms`).
    fn decide(&self, deed: impl FnOnce(NodeId) -> Deed) -> Result<Deed, ActError> {
        let acts = |node: &NodeId| match self.world.node(*node) {
            Process::Broker(broker) => broker.acts_as_controller(),
            _ => true,
        };
        let runs = |node: &NodeId| self.world.process(*node) == Life::Running;
        let active = super::cel::controller_node(&self.world).filter(acts);
        if let Some(node) = active.filter(runs) {
            return Ok(deed(node));
        }
        if let Some(broker) = self.world.shared().of_role(Role::Broker).find(runs) {
            return Ok(deed(broker));
        }
        Err(ActError::new(
            "지금 움직이는 컨트롤러도 브로커도 없습니다. 먼저 켜세요.",
            "Neither a controller nor a broker runs now; start one first.",
        ))
    }

    fn tell(&self, id: &str, command: Command) -> Result<Deed, ActError> {
        self.running(id).map(|node| Deed::Command(node, command))
    }

    fn tell_manual(&self, id: &str, command: Command) -> Result<Deed, ActError> {
        let node = self.running(id)?;
        match self.world.node(node) {
            Process::Consumer(consumer) if consumer.spec().manual => Ok(Deed::Command(node, command)),
            _ => Err(ActError::new(
                format!(
                    "{} 스스로 움직입니다. drive = \"manual\"인 컨슈머에만 쓸 수 있습니다.",
                    named(id, "은")
                ),
                format!("{id} works by itself; this is for consumers with drive = \"manual\"."),
            )),
        }
    }
}

fn unknown(id: &str) -> ActError {
    ActError::new(format!("{} 없습니다.", named(id, "은")), format!("There is no {id}."))
}

const fn configs_of(process: &Process) -> &Configs {
    match process {
        Process::Broker(broker) => broker.configs(),
        Process::Controller(controller) => controller.configs(),
        Process::ZooKeeper(ensemble) => ensemble.configs(),
        Process::Producer(producer) => producer.configs(),
        Process::Consumer(consumer) => consumer.configs(),
    }
}

fn set_all(process: &mut Process, settings: &[(&'static str, Arc<str>)]) {
    for (name, value) in settings {
        // Checked before the input began.
        let _ = match process {
            Process::Broker(broker) => broker.configs_mut().set(name, value),
            Process::Controller(controller) => controller.configs_mut().set(name, value),
            Process::ZooKeeper(ensemble) => ensemble.configs_mut().set(name, value),
            Process::Producer(producer) => producer.configure(name, value),
            Process::Consumer(consumer) => consumer.configs_mut().set(name, value),
        };
    }
}

fn checked(configs: &Configs, settings: &[Setting]) -> Result<Vec<(&'static str, Arc<str>)>, ActError> {
    let refused = |e| ActError { message: refused_config_text(&e, configs) };
    let check = |s: &Setting| configs.check(&s.name, &s.value).map_err(refused);
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
