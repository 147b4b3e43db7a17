//! The cluster: producers left, brokers with their replicas in the middle, consumers right.

use super::packet::{Packet, packets};
use super::tile::{Tile, tiles};
use super::{Moment, Params};
use crate::lab::view::{
    BrokerView, ConsumerView, HandedView, ProcessView, ProducerView, ReplicaView, TankView,
};

/// A replica's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip {
    /// `b1/orders-0`.
    pub id: String,
    /// `orders-0`.
    pub partition: String,
    /// `p0`, or the whole name where there are several topics.
    pub label: String,
    /// This broker leads.
    pub leads: bool,
    /// In the in-sync set.
    pub in_sync: bool,
    /// The broker is down.
    pub dead: bool,
    /// Records of neighbouring partitions differ a little in colour.
    pub odd: bool,
    /// First readable offset.
    pub start: i64,
    /// High watermark.
    pub high_watermark: i64,
    /// Log end.
    pub end: i64,
    /// The high watermark moved in the step that led here.
    pub hw_moved: bool,
    /// Records, oldest first.
    pub tiles: Vec<Tile>,
}

/// How a server stands, in its upper edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badge {
    /// In sync everywhere.
    InSync,
    /// Out of an in-sync set.
    OutOfSync,
    /// Down since, µs.
    Dead(u64),
    /// Frozen since, µs.
    Frozen(u64),
    /// Running, but the controller counts it as gone.
    Fenced,
    /// It holds nothing that is shown.
    None,
}

/// A line about what a server does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What is on its disk is still there.
    DiskKeeps,
    /// The machine lost power: what was not flushed is gone.
    TailLost,
    /// Leader epoch, and how many produces wait for copies.
    Leads {
        /// Newest leader epoch among what it leads.
        epoch: i32,
        /// Produces that wait.
        waiting: u32,
    },
    /// Last fetch, µs ago.
    Follows(u64),
    /// It coordinates these groups.
    Coordinates(String),
    /// Nothing passes to or from it.
    Isolated,
    /// It has no replica of any topic.
    Empty,
    /// Nothing to say.
    Quiet,
}

/// A broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// `b1`.
    pub id: String,
    /// `b1`, or `b1+k1` where a broker and a controller are one process.
    pub name: String,
    /// How it stands.
    pub badge: Badge,
    /// How many of the shown partitions it leads.
    pub leads: usize,
    /// How many it follows.
    pub follows: usize,
    /// The lesson points at it.
    pub focused: bool,
    /// Its replicas.
    pub strips: Vec<Strip>,
    /// What it does.
    pub note: Note,
    /// Nothing passes to or from it.
    pub isolated: bool,
}

/// A producer or a consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// `app-1`.
    pub id: String,
    /// Its group, for a consumer.
    pub group: Option<String>,
    /// Which position colour, for a consumer.
    pub lane: usize,
    /// Down since, µs.
    pub down: Option<u64>,
    /// Frozen since, µs.
    pub frozen: Option<u64>,
    /// The lesson points at it.
    pub focused: bool,
    /// Label and value of each line.
    pub lines: Vec<(ClientLine, String)>,
}

/// What a line of a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientLine {
    /// Records that wait to be sent.
    Waiting,
    /// A batch on its way or waiting for its retry.
    Batch,
    /// acks.
    Acks,
    /// Producer id.
    Pid,
    /// Last error.
    Error,
    /// A position: partition and offset.
    Position,
    /// Of a member of a share group: a partition, and how many of its records it has a lock on.
    Locks {
        /// `p0`.
        partition: String,
        /// Number of locks.
        locked: usize,
    },
    /// Lag of the group over what it owns.
    Lag,
    /// Record being worked on.
    Working,
    /// Nothing is assigned.
    Idle,
}

/// A controller, or ZooKeeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// `k1`.
    pub id: String,
    /// It is the active one.
    pub active: bool,
    /// Its epoch; ZooKeeper: that of the controller.
    pub epoch: i32,
    /// It is down or frozen.
    pub down: bool,
    /// It is ZooKeeper, which is no controller.
    pub ensemble: bool,
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// `orders · acks=all · min.insync=2`.
    pub title: String,
    /// A strip for each broker, where the cluster is too large for boxes; then everything below but controllers is empty.
    pub heat: Option<super::Heat>,
    /// Brokers, top to bottom.
    pub brokers: Vec<Card>,
    /// Producers.
    pub producers: Vec<Client>,
    /// Consumers.
    pub consumers: Vec<Client>,
    /// Controllers.
    pub controllers: Vec<Chip>,
    /// Packets and crosses.
    pub packets: Vec<Packet>,
    /// Pairs between which nothing passes.
    pub cuts: Vec<(String, Option<String>)>,
    /// The partition whose fetches the bus shows: the selected or focused one, else the first.
    pub bus: Option<String>,
}

impl Cluster {
    /// Builds the picture of a moment.
    #[must_use]
    pub fn build(params: &Params, moment: &Moment<'_>) -> Self {
        let view = moment.view;
        if let Some(summary) = &view.summary {
            return Self {
                title: title(params, view),
                heat: Some(super::Heat::build(summary, moment)),
                brokers: Vec::new(),
                producers: Vec::new(),
                consumers: Vec::new(),
                controllers: chips(view),
                packets: Vec::new(),
                cuts: view.cuts.clone(),
                bus: bus(params, moment),
            };
        }
        let topics = view.topics.iter().filter(|t| t.partitions.iter().any(|p| params.shows(&p.id))).count();
        let group = |id: &str| view.groups.iter().position(|g| g.id == id).unwrap_or(0);
        let mut brokers: Vec<Card> =
            view.brokers.iter().map(|broker| card(params, moment, broker, topics > 1)).collect();
        // One straight wall has to divide the stack: who is cut off between others moves to its end.
        if !brokers.first().is_some_and(|card| card.isolated) {
            brokers.sort_by_key(|card| card.isolated);
        }
        Self {
            title: title(params, view),
            heat: None,
            brokers,
            producers: view
                .producers
                .iter()
                .map(|producer| producer_client(moment, producer, topics > 1))
                .collect(),
            consumers: view
                .consumers
                .iter()
                .map(|consumer| consumer_client(moment, consumer, group(&consumer.group), topics > 1))
                .collect(),
            controllers: chips(view),
            packets: packets(moment),
            cuts: view.cuts.clone(),
            bus: bus(params, moment),
        }
    }
}

fn chips(view: &TankView) -> Vec<Chip> {
    let chip = |c: &crate::lab::view::ControllerView| Chip {
        id: c.id.clone(),
        active: c.active,
        epoch: c.epoch,
        down: c.process != ProcessView::Running,
        ensemble: false,
    };
    let ensemble = view.zookeeper.iter().map(|z| Chip {
        id: z.id.clone(),
        active: false,
        epoch: z.controller_epoch,
        down: z.process != ProcessView::Running,
        ensemble: true,
    });
    view.controllers.iter().map(chip).chain(ensemble).collect()
}

fn bus(params: &Params, moment: &Moment<'_>) -> Option<String> {
    let all = || moment.view.topics.iter().flat_map(|t| &t.partitions).filter(|p| params.shows(&p.id));
    let looked_at = || moment.selected.into_iter().chain(moment.focus.iter().copied());
    let pointed = looked_at().find_map(|id| all().find(|p| names(id, &p.id)));
    let led = || looked_at().find_map(|id| all().find(|p| p.leader.as_deref() == Some(id)));
    pointed.or_else(led).or_else(|| all().next()).map(|p| p.id.clone())
}

/// Whether an element is a partition or a part of it: `orders-0`, `b2/orders-0@4`, `orders-0.hw`.
fn names(id: &str, partition: &str) -> bool {
    let id = id.rsplit_once('/').map_or(id, |(_, rest)| rest);
    id.split(['@', '.']).next() == Some(partition)
}

fn title(params: &Params, view: &TankView) -> String {
    let mut words: Vec<String> = view
        .topics
        .iter()
        .filter(|t| t.partitions.iter().any(|p| params.shows(&p.id)))
        .map(|t| t.id.clone())
        .collect();
    let acks = view.producers.first().and_then(|p| p.configs.iter().find(|(name, _)| name == "acks"));
    if let Some((_, acks)) = acks {
        words.push(format!("acks={acks}"));
    }
    if let Some(min) = view.topics.iter().flat_map(|t| &t.partitions).map(|p| p.min_isr).find(|min| *min > 1)
    {
        words.push(format!("min.insync={min}"));
    }
    words.join(" · ")
}

/// `p0`, or `orders-0` where there are several topics.
fn short(partition: &str, several: bool) -> String {
    match partition.rsplit_once('-') {
        Some((_, index)) if !several => format!("p{index}"),
        _ => partition.to_owned(),
    }
}

fn is_isolated(view: &TankView, id: &str) -> bool {
    view.cuts.iter().any(|(a, b)| a == id && b.is_none())
}

fn card(params: &Params, moment: &Moment<'_>, broker: &BrokerView, several: bool) -> Card {
    let view = moment.view;
    let dead = matches!(broker.process, ProcessView::Down(_));
    let strips: Vec<Strip> = (0..)
        .zip(broker.replicas.iter().filter(|r| params.shows(&r.partition)))
        .map(|(ix, replica)| strip(moment, broker, replica, ix, dead, several))
        .collect();
    let isolated = is_isolated(view, &broker.id);
    let leads = strips.iter().filter(|s| s.leads).count();
    let badge = match broker.process {
        ProcessView::Down(since) => Badge::Dead(since),
        ProcessView::Paused(since) => Badge::Frozen(since),
        ProcessView::Running if broker.fenced => Badge::Fenced,
        ProcessView::Running if strips.is_empty() => Badge::None,
        ProcessView::Running if strips.iter().all(|s| s.in_sync) => Badge::InSync,
        ProcessView::Running => Badge::OutOfSync,
    };
    let last_fetch = broker.replicas.iter().filter_map(|r| r.last_fetch).max();
    let epoch = broker.replicas.iter().filter(|r| r.is_leader).map(|r| r.leader_epoch).max().unwrap_or(0);
    let note = if dead && broker.lost_power {
        Note::TailLost
    } else if dead {
        Note::DiskKeeps
    } else if isolated {
        Note::Isolated
    } else if leads > 0 && (broker.waiting_produces > 0 || epoch > 0) {
        Note::Leads { epoch, waiting: broker.waiting_produces }
    } else if !broker.coordinates.is_empty() {
        Note::Coordinates(broker.coordinates.join(" "))
    } else if let Some(at) = last_fetch {
        Note::Follows(view.now.saturating_sub(at))
    } else if strips.is_empty() && broker.replicas.is_empty() && !view.topics.is_empty() {
        Note::Empty
    } else {
        Note::Quiet
    };
    Card {
        id: broker.id.clone(),
        name: match &broker.controller {
            Some(controller) => format!("{}+{controller}", broker.id),
            None => broker.id.clone(),
        },
        badge,
        leads,
        follows: strips.len() - leads,
        focused: moment.focus.contains(&broker.id.as_str()),
        strips,
        note,
        isolated,
    }
}

fn strip(
    moment: &Moment<'_>,
    broker: &BrokerView,
    replica: &ReplicaView,
    ix: usize,
    dead: bool,
    several: bool,
) -> Strip {
    let before = moment.before.and_then(|before| {
        let broker = before.brokers.iter().find(|b| b.id == broker.id)?;
        broker.replicas.iter().find(|r| r.partition == replica.partition)
    });
    let committed = moment.view.topics.iter().flat_map(|t| &t.partitions).find(|p| p.id == replica.partition);
    Strip {
        id: format!("{}/{}", broker.id, replica.partition),
        partition: replica.partition.clone(),
        label: short(&replica.partition, several),
        leads: committed.is_some_and(|p| p.leader.as_deref() == Some(broker.id.as_str())),
        in_sync: replica.in_sync,
        dead,
        odd: ix % 2 == 1,
        start: replica.log_start,
        high_watermark: replica.high_watermark,
        end: replica.log_end,
        hw_moved: before.is_some_and(|before| before.high_watermark != replica.high_watermark),
        tiles: tiles(replica, before, dead),
    }
}

fn times(process: ProcessView) -> (Option<u64>, Option<u64>) {
    match process {
        ProcessView::Running => (None, None),
        ProcessView::Paused(since) => (None, Some(since)),
        ProcessView::Down(since) => (Some(since), None),
    }
}

fn producer_client(moment: &Moment<'_>, producer: &ProducerView, several: bool) -> Client {
    let (down, frozen) = times(producer.process);
    let mut lines = vec![(ClientLine::Waiting, producer.buffered.len().to_string())];
    for batch in producer.in_flight.iter().take(2) {
        let head = batch.msg.map_or_else(|| "↻".to_owned(), |msg| format!("#{msg}"));
        let again = if batch.attempt > 1 { format!(" ×{}", batch.attempt) } else { String::new() };
        let text = format!("{head} {}→{}{again}", batch.records.join(""), short(&batch.partition, several));
        lines.push((ClientLine::Batch, text));
    }
    if let Some(error) = &producer.error {
        lines.push((ClientLine::Error, error.clone()));
    }
    // The title names acks too: where rows are few they are the first to go.
    if let Some((pid, epoch)) = producer.producer_id {
        lines.push((ClientLine::Pid, format!("{pid} e{epoch}")));
    }
    if let Some((_, acks)) = producer.configs.iter().find(|(name, _)| name == "acks") {
        lines.push((ClientLine::Acks, acks.clone()));
    }
    let focused = moment.focus.contains(&producer.id.as_str());
    Client { id: producer.id.clone(), group: None, lane: 0, down, frozen, focused, lines }
}

fn consumer_client(moment: &Moment<'_>, consumer: &ConsumerView, lane: usize, several: bool) -> Client {
    let (down, frozen) = times(consumer.process);
    let group = moment.view.groups.iter().find(|g| g.id == consumer.group);
    let mut lines: Vec<(ClientLine, String)> = consumer
        .assigned
        .iter()
        .map(|at| {
            // a share group has no positions: how many records the member has a lock on
            if let Some(group) = group.filter(|g| g.protocol == "share") {
                let mine = |h: &&HandedView| h.holder.as_ref().is_some_and(|(who, _)| *who == consumer.id);
                let locked = group.handed.iter().filter(|h| h.partition == at.partition).filter(mine).count();
                let partition = short(&at.partition, several);
                return (ClientLine::Locks { partition, locked }, String::new());
            }
            let position = if at.position < 0 { "·".to_owned() } else { at.position.to_string() };
            (ClientLine::Position, format!("{} ▸{position}", short(&at.partition, several)))
        })
        .collect();
    if lines.is_empty() && down.is_none() {
        lines.push((ClientLine::Idle, String::new()));
    }
    if let Some(record) = &consumer.working {
        lines.push((ClientLine::Working, record.clone()));
    }
    let owned = |p: &str| consumer.assigned.iter().any(|at| at.partition == p);
    let committed = group.into_iter().flat_map(|g| &g.committed).map(|(p, _, lag)| (p, *lag));
    let windows = group.into_iter().flat_map(|g| &g.windows).map(|(p, .., lag)| (p, *lag));
    let lag: i64 = committed.chain(windows).filter(|(p, _)| owned(p)).map(|(_, lag)| lag.max(0)).sum();
    if !consumer.assigned.is_empty() {
        lines.push((ClientLine::Lag, lag.to_string()));
    }
    if let Some(error) = &consumer.error {
        lines.push((ClientLine::Error, error.clone()));
    }
    let focused =
        moment.focus.contains(&consumer.id.as_str()) || moment.focus.contains(&consumer.group.as_str());
    Client {
        id: consumer.id.clone(),
        group: Some(consumer.group.clone()).filter(|group| !group.is_empty()),
        lane,
        down,
        frozen,
        focused,
        lines,
    }
}
