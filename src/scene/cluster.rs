//! The cluster: producers left, brokers in the middle, consumers right, and everything on its way between them.

use super::strip::Strip;
use super::{Look, Moment, main_partition};
use crate::lab::view::{
    BrokerView, ConsumerView, ControllerView, MessageView, PartitionView, ProcessView, ProducerView, TankView,
};

/// What the cluster is about, for the line above it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title<'a> {
    /// Topics.
    pub topics: Vec<&'a str>,
    /// `acks` of the first producer.
    pub acks: Option<&'a str>,
    /// `min.insync.replicas` of the main partition.
    pub min_isr: Option<u32>,
}

/// A broker with its replicas.
#[derive(Clone, Debug)]
pub struct Server<'a> {
    /// The broker.
    pub broker: &'a BrokerView,
    /// Its replicas.
    pub strips: Vec<Strip<'a>>,
    /// What it is for the main partition: leader, follower, or neither.
    pub leads: Option<bool>,
    /// It leads now and did not a step ago.
    pub newly: bool,
    /// All its replicas are in sync.
    pub in_sync: bool,
    /// This step is about it: one broker at most.
    pub heavy: bool,
    /// Leader epoch of the main partition as it knows it.
    pub epoch: Option<i32>,
    /// When its last fetch for the main partition was answered.
    pub last_fetch: Option<u64>,
}

/// A consumer with its group's colour.
#[derive(Clone, Debug)]
pub struct Consumer<'a> {
    /// The consumer.
    pub view: &'a ConsumerView,
    /// Position of its group in the list of groups.
    pub group: usize,
    /// Lag of what it owns, by committed offsets, as far as they are known.
    pub lag: Option<i64>,
}

/// A way between two things that talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// The client.
    pub from: &'a str,
    /// The broker.
    pub to: &'a str,
    /// Nothing gets through.
    pub cut: bool,
}

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// A question.
    Request,
    /// An answer.
    Response,
    /// An answer that carries records to a consumer of this group.
    Records(usize),
    /// An answer that carries records to a follower.
    Copies,
}

/// A message under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The message.
    pub message: &'a MessageView,
    /// What it is.
    pub kind: PacketKind,
    /// The part of its way that lies behind it, as a fraction.
    pub done: (u64, u64),
}

/// The place where a message was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cross<'a> {
    /// The message as it was.
    pub message: &'a MessageView,
    /// It was an answer.
    pub answer: bool,
}

/// A message dies after this part of its way, in hundredths.
pub const DIES_AT: u64 = 55;

/// A cut between some brokers and everybody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wall<'a> {
    /// Brokers behind it; they stand last in the list.
    pub isolated: Vec<&'a str>,
}

/// How followers fetch from the leader of the main partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bus<'a> {
    /// The partition.
    pub partition: &'a str,
    /// Its leader.
    pub leader: &'a str,
    /// Its followers, and whether the way to them is cut.
    pub followers: Vec<(&'a str, bool)>,
}

/// The picture.
#[derive(Clone, Debug)]
pub struct Cluster<'a> {
    /// The moment it shows.
    pub moment: Moment<'a>,
    /// The line above it.
    pub title: Title<'a>,
    /// Producers.
    pub producers: Vec<&'a ProducerView>,
    /// Brokers, top to bottom.
    pub brokers: Vec<Server<'a>>,
    /// Controllers.
    pub controllers: Vec<&'a ControllerView>,
    /// Consumers.
    pub consumers: Vec<Consumer<'a>>,
    /// Ways between clients and brokers.
    pub links: Vec<Link<'a>>,
    /// Messages under way.
    pub packets: Vec<Packet<'a>>,
    /// Messages just lost.
    pub crosses: Vec<Cross<'a>>,
    /// A wall, if brokers are isolated.
    pub wall: Option<Wall<'a>>,
    /// The fetch bus, if the main partition has followers.
    pub bus: Option<Bus<'a>>,
}

impl<'a> Cluster<'a> {
    /// The picture of a moment.
    #[must_use]
    pub fn new(moment: &Moment<'a>, look: &Look<'_>) -> Self {
        let view = moment.view;
        let main = main_partition(view, look);
        let partition = view.topics.iter().flat_map(|t| &t.partitions).find(|p| Some(p.id.as_str()) == main);
        let heavy = look.focus.iter().find_map(|id| broker_of(view, id));
        let mut brokers: Vec<Server<'a>> =
            view.brokers.iter().map(|b| server(moment, b, partition, heavy)).collect();
        let isolated: Vec<&str> =
            view.brokers.iter().map(|b| b.id.as_str()).filter(|id| is_alone(view, id)).collect();
        let wall = (!isolated.is_empty() && isolated.len() < brokers.len()).then_some(Wall { isolated });
        if let Some(wall) = &wall {
            brokers.sort_by_key(|s| wall.isolated.contains(&s.broker.id.as_str()));
        }
        Self {
            moment: *moment,
            title: title(view, partition),
            producers: view.producers.iter().collect(),
            brokers,
            controllers: view.controllers.iter().collect(),
            consumers: view.consumers.iter().map(|c| consumer(view, c)).collect(),
            links: links(view),
            packets: packets(moment),
            crosses: moment.lost.iter().filter(|l| !l.message.quiet || moment.quiet_too).map(cross).collect(),
            wall,
            bus: partition.and_then(|p| bus(view, p)),
        }
    }
}

fn title<'a>(view: &'a TankView, main: Option<&'a PartitionView>) -> Title<'a> {
    let setting = |p: &'a ProducerView| p.configs.iter().find(|(k, _)| k == "acks").map(|(_, v)| v.as_str());
    Title {
        topics: view.topics.iter().map(|t| t.id.as_str()).collect(),
        acks: view.producers.first().and_then(setting),
        min_isr: main.map(|p| p.min_isr),
    }
}

fn server<'a>(
    moment: &Moment<'a>,
    broker: &'a BrokerView,
    main: Option<&'a PartitionView>,
    heavy: Option<&str>,
) -> Server<'a> {
    let alive = !matches!(broker.process, ProcessView::Down(_));
    let replica = main.and_then(|p| broker.replicas.iter().find(|r| r.partition == p.id));
    let leads_now = |id: &str| main.is_some_and(|p| p.leader.as_deref() == Some(id));
    let leads = match replica {
        Some(_) => Some(leads_now(&broker.id)),
        None => broker.replicas.iter().any(|r| r.is_leader).then_some(true),
    };
    let led_before = || {
        let before = moment.before?;
        let id = &main?.id;
        before.topics.iter().flat_map(|t| &t.partitions).find(|p| p.id == *id)?.leader.as_deref()
    };
    Server {
        broker,
        strips: broker.replicas.iter().map(|r| Strip::new(moment, &broker.id, r, alive)).collect(),
        leads,
        newly: moment.before.is_some() && leads_now(&broker.id) && led_before() != Some(broker.id.as_str()),
        in_sync: broker.replicas.iter().all(|r| r.in_sync),
        heavy: heavy == Some(broker.id.as_str()),
        epoch: replica.map(|r| r.leader_epoch),
        last_fetch: replica.and_then(|r| r.last_fetch),
    }
}

/// The broker an element belongs to.
fn broker_of<'v>(view: &'v TankView, id: &str) -> Option<&'v str> {
    let own = id.split_once('/').map_or(id, |(broker, _)| broker);
    view.brokers.iter().find(|b| b.id == own).map(|b| b.id.as_str())
}

fn consumer<'a>(view: &'a TankView, consumer: &'a ConsumerView) -> Consumer<'a> {
    let at = view.groups.iter().position(|g| g.id == consumer.group);
    let lag = at.and_then(|at| view.groups.get(at)).and_then(|group| {
        let owned = |p: &str| consumer.assigned.iter().any(|a| a.partition == p);
        let lags: Vec<i64> =
            group.committed.iter().filter(|(p, ..)| owned(p)).map(|(_, _, lag)| *lag).collect();
        (!lags.is_empty()).then(|| lags.iter().sum())
    });
    let group = at.unwrap_or_else(|| group_order(view, &consumer.group));
    Consumer { view: consumer, group, lag }
}

/// Groups that no coordinator knows yet come after those it knows.
fn group_order(view: &TankView, group: &str) -> usize {
    let mut names: Vec<&str> = view.groups.iter().map(|g| g.id.as_str()).collect();
    for consumer in &view.consumers {
        if !names.contains(&consumer.group.as_str()) {
            names.push(&consumer.group);
        }
    }
    names.iter().position(|name| *name == group).unwrap_or(0)
}

/// Somebody is cut from everybody.
fn is_alone(view: &TankView, id: &str) -> bool {
    view.cuts.iter().any(|(a, b)| a == id && b.is_none())
}

/// Nothing gets from `a` to `b`.
pub(super) fn is_cut(view: &TankView, a: &str, b: &str) -> bool {
    is_alone(view, a)
        || is_alone(view, b)
        || view.cuts.iter().any(|(x, y)| {
            let y = y.as_deref();
            (x == a && y == Some(b)) || (x == b && y == Some(a))
        })
}

fn links(view: &TankView) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    let mut add = |from, to| {
        let link = Link { from, to, cut: is_cut(view, from, to) };
        if !links.contains(&link) {
            links.push(link);
        }
    };
    for producer in &view.producers {
        for topic in view.topics.iter().filter(|t| producer.topics.contains(&t.id)) {
            for leader in topic.partitions.iter().filter_map(|p| p.leader.as_deref()) {
                add(&producer.id, leader);
            }
        }
    }
    let partitions = || view.topics.iter().flat_map(|t| &t.partitions);
    for consumer in &view.consumers {
        for owned in &consumer.assigned {
            let leader = partitions().find(|p| p.id == owned.partition).and_then(|p| p.leader.as_deref());
            if let Some(leader) = leader {
                add(&consumer.id, leader);
            }
        }
    }
    links
}

fn packets<'a>(moment: &Moment<'a>) -> Vec<Packet<'a>> {
    let view = moment.view;
    let drawn = view.messages.iter().filter(|m| !m.quiet || moment.quiet_too);
    drawn
        .map(|message| Packet { message, kind: kind(view, message), done: done(message, moment.now) })
        .collect()
}

fn kind(view: &TankView, message: &MessageView) -> PacketKind {
    if message.answers.is_none() {
        return PacketKind::Request;
    }
    let fetched = message.api.starts_with("Fetch") && !message.quiet;
    let reader = view.consumers.iter().find(|c| c.id == message.to);
    match reader {
        Some(reader) if fetched => PacketKind::Records(group_order(view, &reader.group)),
        None if fetched && broker_of(view, &message.to).is_some() => PacketKind::Copies,
        _ => PacketKind::Response,
    }
}

/// How far a message has come at `now`.
fn done(message: &MessageView, now: u64) -> (u64, u64) {
    let spent = |end: u64| (now.clamp(message.sent_at, end.max(message.sent_at)) - message.sent_at, end);
    match message.dies_at {
        _ if message.held => (1, 2),
        Some(end) => {
            let (spent, end) = spent(end);
            (spent * DIES_AT, (end.saturating_sub(message.sent_at)).max(1) * 100)
        }
        None => {
            let (spent, end) = spent(message.due);
            (spent, (end.saturating_sub(message.sent_at)).max(1))
        }
    }
}

fn cross(lost: &crate::lab::view::LostView) -> Cross<'_> {
    Cross { message: &lost.message, answer: lost.message.answers.is_some() }
}

fn bus<'a>(view: &'a TankView, partition: &'a PartitionView) -> Option<Bus<'a>> {
    let leader = partition.leader.as_deref()?;
    let followers: Vec<(&str, bool)> = partition
        .replicas
        .iter()
        .filter(|id| *id != leader && view.brokers.iter().any(|b| b.id == **id))
        .map(|id| (id.as_str(), is_cut(view, leader, id)))
        .collect();
    (!followers.is_empty()).then_some(Bus { partition: &partition.id, leader, followers })
}
