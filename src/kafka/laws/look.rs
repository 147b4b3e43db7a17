//! What the laws look at: processes by role, and places in logs without a walk through all of it.

use std::sync::Arc;

use crate::engine::{NodeId, Process as Life};
use crate::kafka::broker::{Broker, Leading, Replica, ReplicaRole};
use crate::kafka::consumer::Consumer;
use crate::kafka::controller::Controller;
use crate::kafka::log::Log;
use crate::kafka::producer::Producer;
use crate::kafka::zookeeper::{Path, ZooKeeper};
use crate::kafka::{Batch, Image, LeaderEpoch, Offset, Partition, Process, Role, TopicId, World};

/// `b1/orders-0`.
pub(super) fn replica_name(world: &World, node: NodeId, p: Partition) -> String {
    format!("{}/{}", world.shared().node(node), world.shared().partition(p))
}

/// The broker of that id.
pub(super) fn broker(world: &World, id: NodeId) -> Option<&Broker> {
    if let Process::Broker(broker) = world.node(id) { Some(broker) } else { None }
}

/// The producer of that id.
pub(super) fn producer(world: &World, id: NodeId) -> Option<&Producer> {
    if let Process::Producer(producer) = world.node(id) { Some(producer) } else { None }
}

/// All consumers.
pub(super) fn consumers(world: &World) -> impl Iterator<Item = (NodeId, &Consumer)> {
    let all = world.shared().of_role(Role::Consumer).map(|id| (id, world.node(id)));
    all.filter_map(|(id, node)| if let Process::Consumer(c) = node { Some((id, &**c)) } else { None })
}

/// A broker's copy of a partition. A survey asks for the same things over and over: they are looked up once.
pub(super) struct Held<'a> {
    pub node: NodeId,
    pub broker: &'a Broker,
    pub log: &'a Log,
    /// While the broker runs.
    pub replica: Option<&'a Replica>,
}

impl<'a> Held<'a> {
    /// A broker's copy, if it has one and the topic is not gone.
    pub fn by(world: &'a World, node: NodeId, p: Partition) -> Option<Self> {
        let broker = broker(world, node).filter(|_| !is_bygone(world, node, p))?;
        Some(Self { node, broker, log: broker.log(p)?, replica: broker.replica(p) })
    }

    /// The leader's books, if it believes that it leads.
    pub fn leading(&self) -> Option<&'a Leading> {
        match &self.replica?.role {
            ReplicaRole::Leading(leading) => Some(leading),
            ReplicaRole::Following(_) => None,
        }
    }

    /// [`Broker::leader_epoch`].
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.replica.map_or(LeaderEpoch(-1), |replica| replica.epoch)
    }

    /// [`Broker::high_watermark`].
    pub fn high_watermark(&self, p: Partition) -> Option<Offset> {
        let known = self.replica.map(|replica| replica.high_watermark);
        known.map_or_else(
            || self.broker.high_watermark(p),
            |hw| Some(hw.clamp(self.log.start(), self.log.end())),
        )
    }
}

/// Partitions in order, with who has a copy of each, in order.
pub(super) type Places<'a> = Vec<(Partition, Vec<Held<'a>>)>;

/// All brokers.
pub(super) fn brokers(world: &World) -> impl Iterator<Item = (NodeId, &Broker)> {
    world.nodes().filter_map(|(id, node)| if let Process::Broker(b) = node { Some((id, &**b)) } else { None })
}

/// Who leads a partition, in the newest epoch that anybody leads in: an older leader may not know yet that it is none any more.
pub(super) fn leader(world: &World, p: Partition) -> Option<&Broker> {
    let leads = |b: &&Broker| b.leads(p).is_some();
    let assigned =
        committed(world).and_then(|image| image.partition(p)).map(|state| state.replicas.as_slice());
    let known = assigned.unwrap_or_default().iter().filter_map(|id| broker(world, *id));
    let found = known.filter(leads).max_by_key(|b| b.leader_epoch(p));
    found.or_else(|| brokers(world).map(|(_, b)| b).filter(leads).max_by_key(|b| b.leader_epoch(p)))
}

/// All controllers.
pub(super) fn controllers(world: &World) -> impl Iterator<Item = (NodeId, &Controller)> {
    let all = world.shared().of_role(Role::Controller).map(|id| (id, world.node(id)));
    all.filter_map(|(id, node)| if let Process::Controller(c) = node { Some((id, &**c)) } else { None })
}

/// The controller that knows most of what is committed.
pub(super) fn controller(world: &World) -> Option<&Controller> {
    controllers(world).map(|(_, controller)| controller).max_by_key(|controller| controller.image().offset)
}

/// The ZooKeeper ensemble.
pub(super) fn zookeeper(world: &World) -> Option<&ZooKeeper> {
    let all = world.shared().of_role(Role::ZooKeeper).map(|id| world.node(id));
    all.into_iter().find_map(|node| if let Process::ZooKeeper(z) = node { Some(&**z) } else { None })
}

/// Whether anything can be committed: an active controller, or ZooKeeper, runs.
pub(super) fn decides(world: &World) -> bool {
    let runs = |id: NodeId| world.process(id) == Life::Running;
    let ensemble = world.shared().of_role(Role::ZooKeeper).into_iter().any(runs);
    ensemble || controllers(world).any(|(id, controller)| runs(id) && controller.is_active())
}

/// What is committed: in the metadata log, or in the znodes.
pub(super) fn committed(world: &World) -> Option<&Arc<Image>> {
    zookeeper(world).map(ZooKeeper::image).or_else(|| controller(world).map(Controller::image))
}

/// Which topic has this name; none = none has, or (with ZooKeeper) it is on its way out.
pub(super) fn topic_now(world: &World, topic: TopicId) -> Option<Offset> {
    let goes = zookeeper(world).is_some_and(|z| z.tree().get(Path::DeleteTopic(topic)).is_some());
    committed(world).map(|image| image.topic_id(topic)).filter(|id| !goes && *id != Offset::NONE)
}

/// Of which topic a broker's log is (as far as it was told), or the topic there is now.
pub(super) fn topic_of_log(world: &World, node: NodeId, p: Partition) -> Option<Offset> {
    let told = broker(world, node).map(|b| b.log_topic_id(p)).filter(|id| *id != Offset::NONE);
    told.or_else(|| topic_now(world, p.topic))
}

/// Whether a broker's log is of a topic that is deleted. There may be another topic of that name.
pub(super) fn is_bygone(world: &World, node: NodeId, p: Partition) -> bool {
    let now = topic_now(world, p.topic);
    now.is_none() || topic_of_log(world, node, p) != now
}

/// Whether the controller, too, thinks that this broker leads, in the epoch that the broker knows.
pub(super) fn leads_by_all_accounts(world: &World, leader: NodeId, p: Partition) -> bool {
    let epoch = broker(world, leader).map(|b| b.leader_epoch(p));
    committed(world)
        .and_then(|image| image.partition(p))
        .is_some_and(|state| state.leader == Some(leader) && Some(state.leader_epoch) == epoch)
}

/// Whether a partition has a leader, and replicas enough in sync for `acks=all`.
pub(super) fn is_served(world: &World, p: Partition) -> bool {
    let state = committed(world).and_then(|image| image.partition(p));
    let leader = state.and_then(|state| broker(world, state.leader?));
    let leading = leader.and_then(|b| Some((b, b.leads(p)?)));
    leading.is_some_and(|(b, l)| l.isr.len() >= l.effective_min(b.min_insync_replicas(p)))
}

/// Whether every partition of a topic is served.
pub(super) fn is_all_served(world: &World, topic: &str) -> bool {
    let Some(image) = committed(world) else { return false };
    let of_topic = |p: &Partition| world.shared().topic(p.topic) == topic;
    image.partitions().map(|(p, _)| p).filter(of_topic).all(|p| is_served(world, p))
}

/// The newest batch that begins at an offset, and the one before it.
pub(super) fn batch_at(log: &Log, base: Offset) -> (Option<&Batch>, Option<&Batch>) {
    let (mut found, mut before, mut last) = (None, None, None);
    for batch in log.batches_from(base.plus(-1)).take_while(|batch| batch.base <= base) {
        if batch.base == base {
            (found, before) = (Some(batch), last);
        }
        last = Some(batch);
    }
    (found, before)
}

/// Whether a log holds this record at this offset.
pub(super) fn holds(log: &Log, offset: Offset, record: crate::kafka::RecordId) -> bool {
    let batch = log.batches_from(offset).next().filter(|batch| batch.base <= offset);
    batch.is_some_and(|batch| batch.entries().any(|(at, r)| at == offset && r.id == record))
}

/// What two logs are compared by: offset, epoch and record.
pub(super) fn facts(log: &Log, from: Offset) -> impl Iterator<Item = (Offset, LeaderEpoch, u64)> {
    let entries = log
        .batches_from(from)
        .flat_map(|batch| batch.entries().map(|(o, r)| (o, batch.leader_epoch, r.id.0)));
    entries.filter(move |(offset, ..)| *offset >= from)
}
