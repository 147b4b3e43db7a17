//! The controller that lives in a broker (`KafkaController` of the ZooKeeper days): one event after the other, each a row of tasks; a task
//! reads or writes ZooKeeper and then tells brokers.
//!
//! ```text
//!  events ─▶ tasks ─▶ reads ─▶ decision ─▶ writes, each with a check of /controller_epoch ─▶ context ─▶ requests ─▶ brokers
//! ```
//!
//! What it knows is a copy of the znodes, read once when it took over and changed by its own writes. A write that finds another version
//! of `/controller_epoch` tells it that it has been replaced.

mod admin;
mod brokers;
mod channels;
mod deletion;
mod failover;
mod isr;
mod partitions;
mod reassign;
mod topics;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::Then;
use crate::engine::{Blocks, Conn, Envelope, Micros, MsgId, NodeId};
use crate::kafka::broker::Pending;
use crate::kafka::client::Requests;
use crate::kafka::config::Configs;
use crate::kafka::zookeeper::{Assigned, Client, Op, Reply, State, TopicConfigs};
use crate::kafka::{
    Body, BrokerState, Cx, Image, IsrChange, LeaderEpoch, MetadataRecord, Offset, Partition, PartitionState,
    Timer, TopicId,
};
use channels::{Channel, Outbox};
pub(super) use deletion::is_deleted;
pub(super) use partitions::Why;

/// What a controller acts with.
pub(in crate::kafka::broker) struct Hands<'a, 'w> {
    pub cx: &'a mut Cx<'w>,
    pub client: &'a mut Client<Then>,
    pub requests: &'a mut Requests<Pending>,
    /// Answers to requests of brokers.
    pub answers: Vec<(Conn, MsgId, Body)>,
    pub configs: &'a Configs,
    /// This broker's own picture of the cluster.
    pub cache: Arc<Image>,
}

/// What a controller reacts to.
#[derive(Clone, Debug)]
pub(in crate::kafka::broker) enum Event {
    /// Brokers came or went.
    BrokersChanged,
    /// Topics came or went.
    TopicsChanged,
    /// A topic has another assignment.
    TopicChanged(TopicId),
    /// A broker asks for something.
    Request(Arc<Envelope<Body>>),
    /// Time to look for leaders that are not the preferred ones.
    Rebalance,
    /// An admin asks for an election.
    Elect(Partition, Why),
    /// An admin moves a partition.
    Reassign(Partition, Vec<NodeId>),
    /// An admin takes a reassignment back.
    CancelReassign(Partition),
    /// Somebody wants topics gone.
    DeletionsChanged,
    /// A topic is to go.
    Delete(TopicId),
}

/// A piece of work: what ZooKeeper is asked, and what follows from its answers.
#[derive(Clone, Debug)]
pub(in crate::kafka::broker) enum Task {
    /// Which brokers are there.
    ListBrokers,
    /// Their registrations.
    ReadBrokers(Vec<NodeId>),
    /// Which topics are there.
    ListTopics,
    /// Their assignments.
    ReadTopics(Vec<TopicId>),
    /// Leaders and in-sync sets (only a new controller reads them all).
    ReadStates(Vec<Partition>),
    /// A new controller's first words to brokers.
    Announce,
    /// Brokers are there: tell them what they lead and follow.
    BrokersUp(Vec<NodeId>),
    /// Brokers that went and came back count as gone first; now they are back.
    BrokersBack(Vec<(NodeId, BrokerState)>),
    /// Brokers are gone: first others lead what they led.
    BrokersDown(Vec<NodeId>),
    /// Then they leave the in-sync sets.
    ReplicasDown(Vec<NodeId>),
    /// Looks for partitions without a live leader.
    ElectOffline,
    /// Looks for leaders: reads the states.
    Elect(Vec<Partition>, Why),
    /// Takes replicas out of their partitions: reads the states.
    Leave(Vec<(Partition, NodeId)>),
    /// Writes states.
    Write(Vec<(Partition, State, i32)>, Writing),
    /// Makes the znodes of new partitions.
    Create(Vec<Partition>, Vec<State>),
    /// A leader's proposals that were found good.
    AlterIsr(isr::Proposal),
    /// The block of producer ids that was handed out last, and who asks for the next.
    ReadProducerIds(Asker, NodeId),
    /// The next block.
    WriteProducerIds { asker: Asker, broker: NodeId, first: i64, version: Option<i32> },
    /// A topic that somebody wants: its settings and its assignment.
    CreateTopic(topics::Wanted),
    /// More partitions.
    GrowTopic(TopicId, Vec<Assigned>),
    /// Settings of a topic.
    ReadSettings(TopicId, &'static str, Arc<str>),
    /// The new ones, and the word that they are new.
    WriteSettings(TopicId, Arc<TopicConfigs>),
    /// Settings of topics whose partitions nobody in sync can lead: whether anybody may.
    ReadRules(Vec<TopicId>, Vec<Partition>),
    /// A broker wants to leave: what it led is elsewhere now, if it can be.
    LetGo(Asker, NodeId),
    /// A reassignment begins, or another takes its place: the assignment with those who come and those who go.
    BeginReassign(Partition, Vec<Assigned>),
    /// A partition that moves: reads whether everybody who comes is in sync. `raise`: if not, a new epoch tells everybody.
    MoveOn { p: Partition, raise: bool },
    /// A higher leader epoch makes everybody look again: reads the state.
    Raise(Partition),
    /// Brokers that are replicas no longer forget what they have.
    Forget(Partition, Vec<NodeId>),
    /// A reassignment ends: the assignment without those who go.
    EndReassign(Partition, Vec<Assigned>),
    /// Which topics are to go.
    ListDeletions,
    /// An admin's wish that a topic goes.
    WishDeleted(TopicId),
    /// Every copy of it is gone: its znodes go.
    EraseTopic(TopicId),
    /// Everything that a new controller does first is done.
    Ready,
}

/// Why states are written.
#[derive(Clone, Debug)]
pub(in crate::kafka::broker) enum Writing {
    /// An election; on a conflict it is held again.
    Election(Why),
    /// Replicas that left, by partition.
    Departure(BTreeMap<Partition, NodeId>),
    /// A higher leader epoch makes everybody look again.
    NewEpoch,
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug)]
pub(in crate::kafka::broker) struct Asker {
    pub conn: Conn,
    pub request: MsgId,
}

/// The controller.
#[derive(Clone, Debug)]
pub(in crate::kafka::broker) struct Acting {
    epoch: i32,
    /// Version of `/controller_epoch`: what its writes are checked against.
    version: i32,
    /// Brokers that live, and every partition, as it knows them.
    image: Arc<Image>,
    /// What every broker has been told, or is about to be.
    announced: Arc<Image>,
    shutting_down: BTreeSet<NodeId>,
    channels: BTreeMap<NodeId, Channel>,
    outbox: Outbox,
    events: VecDeque<Event>,
    tasks: VecDeque<Task>,
    /// A task waits for ZooKeeper.
    waiting: bool,
    ready: bool,
    deposed: bool,
    creators: Vec<topics::Creator>,
    /// Topics on their way out.
    deleting: BTreeMap<TopicId, deletion::Deletion>,
}

impl Acting {
    pub fn new(epoch: i32, version: i32) -> Self {
        Self {
            epoch,
            version,
            image: Arc::new(Image::empty()),
            announced: Arc::new(Image::empty()),
            shutting_down: BTreeSet::new(),
            channels: BTreeMap::new(),
            outbox: Outbox::default(),
            events: VecDeque::new(),
            tasks: VecDeque::new(),
            waiting: false,
            ready: false,
            deposed: false,
            creators: Vec::new(),
            deleting: BTreeMap::new(),
        }
    }

    pub const fn epoch(&self) -> i32 {
        self.epoch
    }

    /// It has been replaced, and knows it.
    pub const fn depose(&mut self) {
        self.deposed = true;
    }

    pub const fn is_deposed(&self) -> bool {
        self.deposed
    }

    pub const fn is_ready(&self) -> bool {
        self.ready
    }

    pub fn is_busy(&self) -> bool {
        let talks = |id: &NodeId, channel: &Channel| self.is_live(*id) && channel.is_busy();
        !self.ready
            || self.waiting
            || !self.tasks.is_empty()
            || !self.events.is_empty()
            || !self.creators.is_empty()
            || self.channels.iter().any(|(id, channel)| talks(id, channel))
    }

    /// Alive, perhaps on its way out.
    fn is_live(&self, broker: NodeId) -> bool {
        self.image.brokers.contains_key(&broker)
    }

    /// Alive and staying: may lead, may join.
    fn may_lead(&self, broker: NodeId) -> bool {
        self.is_live(broker) && !self.shutting_down.contains(&broker)
    }

    fn live(&self) -> Vec<NodeId> {
        self.image.brokers.keys().copied().collect()
    }

    // ---- events and tasks ----

    pub fn happen(&mut self, hands: &mut Hands<'_, '_>, event: Event) {
        self.events.push_back(event);
        self.go_on(hands);
    }

    /// Begins a task again that got no answer.
    pub fn again(&mut self, hands: &mut Hands<'_, '_>, task: Task) {
        self.waiting = false;
        self.next([task]);
        self.go_on(hands);
    }

    /// Works until it has to wait for ZooKeeper or has nothing to do.
    fn go_on(&mut self, hands: &mut Hands<'_, '_>) {
        while !self.waiting && !self.deposed {
            if let Some(task) = self.tasks.pop_front() {
                let ops = self.questions(&task);
                if ops.is_empty() {
                    self.finish(hands, task, &[]);
                } else {
                    self.waiting = true;
                    hands.client.ask(hands.cx, ops, Then::Task(Box::new(task)));
                }
            } else if let Some(event) = self.events.pop_front() {
                self.begin(hands, event);
            } else {
                return;
            }
        }
    }

    pub fn on_replies(&mut self, hands: &mut Hands<'_, '_>, task: Task, replies: &[Reply]) {
        self.waiting = false;
        self.finish(hands, task, replies);
        self.go_on(hands);
    }

    /// Puts tasks before all others, in this order.
    fn next(&mut self, tasks: impl IntoIterator<Item = Task, IntoIter: DoubleEndedIterator>) {
        for task in tasks.into_iter().rev() {
            self.tasks.push_front(task);
        }
    }

    fn begin(&mut self, hands: &mut Hands<'_, '_>, event: Event) {
        match event {
            Event::BrokersChanged => self.next([Task::ListBrokers]),
            Event::TopicsChanged => self.next([Task::ListTopics]),
            Event::TopicChanged(topic) => self.next([Task::ReadTopics(vec![topic])]),
            Event::Request(message) => self.on_request(hands, &message),
            Event::Rebalance => self.rebalance(hands),
            Event::Elect(p, why) => self.next([Task::Elect(vec![p], why)]),
            Event::Reassign(p, target) => self.reassign(p, &target),
            Event::CancelReassign(p) => self.take_reassignment_back(p),
            Event::DeletionsChanged => self.next([Task::ListDeletions]),
            Event::Delete(topic) => self.begin_deletion(hands, topic),
        }
    }

    /// What a task asks ZooKeeper.
    fn questions(&self, task: &Task) -> Vec<Op> {
        match task {
            Task::ListBrokers | Task::ReadBrokers(_) => brokers::questions(task),
            Task::ListTopics | Task::ReadTopics(_) | Task::Create(..) => self.topic_questions(task),
            Task::CreateTopic(_) | Task::GrowTopic(..) | Task::ReadSettings(..) | Task::WriteSettings(..) => {
                self.admin_questions(task)
            }
            Task::BeginReassign(p, rows) | Task::EndReassign(p, rows) => reassign::questions(p.topic, rows),
            Task::ListDeletions | Task::WishDeleted(_) | Task::EraseTopic(_) => self.deletion_questions(task),
            Task::ReadProducerIds(..) | Task::WriteProducerIds { .. } => isr::id_questions(task),
            Task::ReadRules(topics, _) => partitions::rules(topics),
            Task::AlterIsr(proposal) => self.isr_questions(proposal),
            Task::ReadStates(all) | Task::Elect(all, _) => partitions::reads(all.iter().copied()),
            Task::Leave(all) => partitions::reads(all.iter().map(|(p, _)| *p)),
            Task::MoveOn { p, .. } | Task::Raise(p) => partitions::reads(std::iter::once(*p)),
            Task::Write(writes, _) => self.writes(writes),
            _ => Vec::new(),
        }
    }

    /// What follows from the answers.
    fn finish(&mut self, hands: &mut Hands<'_, '_>, task: Task, replies: &[Reply]) {
        match task {
            Task::ListBrokers => self.on_brokers(replies),
            Task::ReadBrokers(ids) => self.on_registrations(hands, &ids, replies),
            Task::ListTopics => self.on_topics(replies),
            Task::ReadTopics(topics) => self.on_assignments(&topics, replies),
            Task::ReadStates(all) => self.on_states(&all, replies),
            Task::Announce => self.announce(hands),
            Task::BrokersUp(ids) => self.brokers_up(hands, &ids),
            Task::BrokersBack(back) => self.brokers_back(back),
            Task::BrokersDown(ids) => self.brokers_down(hands, &ids),
            Task::ReplicasDown(ids) => self.replicas_down(&ids),
            Task::ElectOffline => self.elect_offline(),
            Task::Elect(all, why) => self.on_election_states(hands, &all, why, replies),
            Task::Leave(all) => self.on_departure_states(hands, &all, replies),
            Task::Write(writes, writing) => self.on_written(hands, writes, writing, replies),
            Task::Create(all, states) => self.on_created(hands, &all, &states, replies),
            Task::AlterIsr(proposal) => self.on_isr_written(hands, proposal, replies),
            Task::ReadProducerIds(asker, broker) => self.on_producer_ids_read(asker, broker, replies),
            Task::WriteProducerIds { asker, broker, first, .. } => {
                self.on_producer_ids_written(hands, asker, broker, first, replies);
            }
            Task::ReadRules(topics, all) => self.on_rules(&topics, all, replies),
            Task::WriteSettings(topic, configs) => {
                self.learn_rules(topic, &configs);
                self.next([Task::ElectOffline]);
            }
            Task::CreateTopic(wanted) => self.on_topic_written(hands, wanted, replies),
            Task::ReadSettings(topic, key, value) => self.on_settings_read(topic, key, value, replies),
            Task::LetGo(asker, broker) => self.let_go(hands, asker, broker),
            Task::BeginReassign(p, rows) => self.on_reassign_begun(p, &rows),
            Task::MoveOn { p, raise } => self.move_on(p, raise, replies),
            Task::Raise(p) => self.raise(p, replies),
            Task::Forget(p, gone) => self.have_forgotten(hands, p, &gone),
            Task::EndReassign(p, _) => {
                self.tell_all(p);
                self.flush(hands);
            }
            Task::Ready => self.ready(hands),
            Task::ListDeletions => self.on_wishes(replies),
            Task::EraseTopic(topic) => self.on_erased(topic, replies),
            Task::GrowTopic(..) | Task::WishDeleted(_) => {}
        }
    }

    fn on_request(&mut self, hands: &mut Hands<'_, '_>, message: &Envelope<Body>) {
        let asker = Asker { conn: message.conn, request: message.id };
        match &message.body {
            Body::AlterPartition { epoch, changes } => {
                self.alter_partitions(hands, asker, message.from, *epoch, changes);
            }
            Body::AllocateProducerIds { epoch } => self.allocate_ids(hands, asker, message.from, *epoch),
            Body::CreateTopics { topic, partitions, replication, configs } => {
                let sizes = (*partitions, *replication);
                self.create_topic(hands, *topic, None, sizes, configs.clone(), Some(asker));
            }
            Body::ControlledShutdown { epoch } => self.shut_down(hands, asker, message.from, *epoch),
            _ => {}
        }
    }

    // ---- what it knows ----

    fn know(&mut self, p: Partition, state: PartitionState) {
        put(&mut self.image, p, Arc::new(state));
    }

    fn know_brokers(&mut self, change: impl FnOnce(&mut Blocks<NodeId, BrokerState>)) {
        change(&mut Arc::make_mut(&mut self.image).brokers);
    }

    /// A state as the znode will have it.
    fn state_of(&self, known: &PartitionState) -> State {
        State {
            leader: known.leader,
            leader_epoch: known.leader_epoch,
            isr: known.isr.clone(),
            controller_epoch: self.epoch,
        }
    }
}

/// The next look for leaders that are not the preferred ones; none = after the usual interval.
fn arm_rebalance(hands: &mut Hands<'_, '_>, after: Option<Micros>) {
    let seconds = u64::try_from(hands.configs.int("leader.imbalance.check.interval.seconds")).unwrap_or(300);
    if hands.configs.on("auto.leader.rebalance.enable") {
        hands.cx.set_clock(Timer::PreferredLeaders, after.unwrap_or(Micros::secs(seconds)));
    }
}

/// Says which topic of that name it is.
pub(in crate::kafka::broker) fn name(image: &mut Arc<Image>, topic: TopicId, id: Offset) {
    if image.topic_id(topic) != id {
        Arc::make_mut(image).name_topic(topic, id);
    }
}

/// Puts a partition into a picture, whatever that knows of its topic.
pub(in crate::kafka::broker) fn put(image: &mut Arc<Image>, p: Partition, state: Arc<PartitionState>) {
    let image = Arc::make_mut(image);
    let offset = image.offset;
    if !image.topics.contains_key(&p.topic) {
        image.apply(offset, &MetadataRecord::Topic { topic: p.topic, configs: Vec::new() });
    }
    while image.partition_count(p.topic) < p.index {
        let gap = Partition { topic: p.topic, index: image.partition_count(p.topic) };
        let nobody = PartitionState { leader_epoch: LeaderEpoch(-1), ..PartitionState::default() };
        image.apply(offset, &MetadataRecord::Partition(gap, nobody));
    }
    image.put(p, state);
}
