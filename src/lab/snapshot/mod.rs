//! A moment of the world as plain values with names: [`TankView`].

mod clients;
mod failover;
mod groups;
mod many;
mod messages;
mod quorum;
mod servers;
mod transactions;
mod zookeeper;

pub(in crate::lab) use transactions::coordinator;

use super::failover::Failovers;
use super::ledger::RecordFacts;
use super::ownership::GroupHistory;
use super::race::Race;
use super::trace::Origin;
use super::view::{ControllerView, Listing, LostView, MessageView, ProcessView, TankView};
use crate::engine::{Flight, LossWhy, Micros, NodeId, Process as State};
use crate::kafka::{BatchWhy, Body, Election, GroupId, Names, Offset, Partition, Process, RecordId, World};

/// What the snapshot needs to know beside the world.
pub trait Facts {
    /// A record's name: given, or `r7`.
    fn record_name(&self, record: RecordId) -> String;
    /// A record's label on a tile.
    fn record_label(&self, record: RecordId) -> String;
    /// When a process went down, in world time.
    fn down_since(&self, node: NodeId) -> Option<Micros>;
    /// How the present leader was chosen.
    fn elected(&self, p: Partition) -> Option<Election>;
    /// What poll() has returned to a consumer's application: the latest, oldest first.
    fn received(&self, consumer: NodeId) -> Vec<(Partition, Offset, RecordId)>;
    /// What applications sent: at most so many, the latest, in order.
    fn sends(&self, latest: usize) -> Vec<&RecordFacts>;
    /// Batches that a producer closed: the latest, oldest first.
    fn closed(&self, producer: NodeId) -> Vec<(Partition, u32, BatchWhy)>;
    /// Produce requests that a client has sent.
    fn requests(&self, client: NodeId) -> u64;
    /// Who processed which partition of a group when.
    fn ownership(&self, group: GroupId) -> Option<&GroupHistory>;
    /// How a new controller came to be, and what that has cost.
    fn failovers(&self) -> (&Failovers, &Race);
    /// Where t = 0 lies.
    fn origin(&self) -> Origin;
}

/// The world and what is known about it, on the way to a view.
pub(super) struct Looking<'a> {
    pub world: &'a World,
    pub names: &'a Names,
    pub facts: &'a dyn Facts,
    /// What is shown one by one; none = everything.
    pub shown: Option<many::Shown>,
}

impl<'a> Looking<'a> {
    fn at(world: &'a World, facts: &'a dyn Facts) -> Self {
        Self { world, names: world.shared(), facts, shown: None }
    }
}

impl Looking<'_> {
    /// µs since t = 0; the prologue counts as 0.
    pub fn time(&self, at: Micros) -> u64 {
        u64::try_from(self.facts.origin().time(at)).unwrap_or(0)
    }

    pub fn node(&self, id: NodeId) -> String {
        self.names.node(id).to_owned()
    }

    pub fn partition(&self, p: Partition) -> String {
        self.names.partition(p)
    }

    pub fn process(&self, id: NodeId) -> ProcessView {
        match self.world.process(id) {
            State::Running => ProcessView::Running,
            State::Paused { since } => ProcessView::Paused(self.time(since)),
            State::Down { .. } => {
                ProcessView::Down(self.facts.down_since(id).map_or(0, |since| self.time(since)))
            }
        }
    }

    /// What is committed.
    pub fn image(&self) -> Option<&std::sync::Arc<crate::kafka::Image>> {
        Some(super::cel::committed_image(self.world))
    }
}

/// Everything that a picture of this moment may show.
#[must_use]
pub fn snapshot(world: &World, facts: &dyn Facts) -> TankView {
    snapshot_about(world, facts, "")
}

/// The same, and of a large cluster this partition's details too.
#[must_use]
pub fn snapshot_about(world: &World, facts: &dyn Facts, partition: &str) -> TankView {
    let mut looking = Looking::at(world, facts);
    looking.shown = looking.choose(looking.names.find_partition(partition));
    let large = looking.shown.is_some();
    let mut view = TankView {
        summary: looking.summary().filter(|_| large),
        now: looking.time(world.now()),
        event: u64::try_from(facts.origin().turn(world.turn())).unwrap_or(0),
        topics: looking.topics(),
        zookeeper: looking.zookeeper(),
        transactions: looking.transactions(),
        groups: looking.groups(),
        quorum: looking.quorum(),
        failover: looking.failover(),
        sends: looking.sends(),
        // Of a large cluster only what somebody waits for is drawn.
        messages: world
            .flights()
            .filter(|flight| !large || !flight.envelope.quiet)
            .map(|flight| looking.message(flight))
            .collect(),
        cuts: world.cuts().map(|(a, b)| (looking.node(a), b.map(|b| looking.node(b)))).collect(),
        rules: world.rules().iter().map(|rule| looking.rule(rule)).collect(),
        ..TankView::default()
    };
    for (id, node) in world.nodes() {
        match node {
            Process::Broker(broker) => view.brokers.push(looking.broker(id, broker)),
            Process::Controller(controller) => view.controllers.push(looking.controller(id, controller)),
            Process::ZooKeeper(_) => {}
            Process::Producer(producer) => view.producers.push(looking.producer(id, producer)),
            Process::Consumer(consumer) => view.consumers.push(looking.consumer(id, consumer)),
        }
    }
    view
}

/// A lost message for the picture of its cross; `flight` is the message as it was before.
#[must_use]
pub fn lost(world: &World, facts: &dyn Facts, flight: &Flight<Body>, why: LossWhy) -> LostView {
    let looking = Looking::at(world, facts);
    LostView { message: looking.message(flight), why }
}

/// A message for the picture.
#[must_use]
pub fn message(world: &World, facts: &dyn Facts, flight: &Flight<Body>) -> MessageView {
    Looking::at(world, facts).message(flight)
}

/// A page of the partitions of a broker or a topic, the worst first; none if there is nothing of that name.
#[must_use]
pub fn listing(world: &World, facts: &dyn Facts, id: &str, skip: usize, most: usize) -> Option<Listing> {
    Looking::at(world, facts).listing(id, skip, most)
}

impl Looking<'_> {
    fn controller(&self, id: NodeId, controller: &crate::kafka::controller::Controller) -> ControllerView {
        const TAIL: usize = 8;
        let log = controller.raft().log();
        let telling = log.newest().filter(|(_, _, entry)| !entry.is_quiet());
        let mut tail: Vec<(i64, String)> =
            telling.take(TAIL).map(|(offset, _, entry)| (offset.0, entry.kind().to_owned())).collect();
        tail.reverse();
        ControllerView {
            id: self.node(id),
            process: self.process(id),
            active: controller.is_active(),
            epoch: controller.epoch(),
            log_end: log.end().offset.0,
            tail,
        }
    }
}
