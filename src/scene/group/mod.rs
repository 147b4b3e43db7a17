//! A consumer group: its partitions with those who process them, the coordinator's state machine, and the timeline of its rebalances.
//!
//! Who processes a partition *now* and who did is told by the consumers (the ledger's spans); who *should* by the coordinator.

mod timeline;

use super::log::copy;
use super::packet::{Packet, packets};
use super::tile::{Tile, tiles};
use super::{Moment, Params};
use crate::lab::view::{ConsumerView, GroupView, PartitionView, ProcessView, TankView};

pub use timeline::{Run, Stretch, Timeline, TimelineMark, Track, TrackRow};
pub(super) use timeline::{groups, length};

/// States of a group of the classic protocol, in Kafka's names and in the order of a rebalance.
const CLASSIC: &[&str] = &["Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"];
/// States of a group of the consumer protocol (KIP-848).
const CONSUMER: &[&str] = &["Empty", "Assigning", "Reconciling", "Stable", "Dead"];
/// States of a share group (KIP-932).
const SHARE: &[&str] = &["Empty", "Stable", "Dead"];

/// What a lesson may ask to see of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    #[default]
    All,
    /// The timeline alone.
    Timeline,
    /// Partitions, members and the coordinator alone.
    Members,
}

/// A consumer of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// `c1`.
    pub id: String,
    /// Which colour: its place among the group's consumers.
    pub lane: usize,
    /// Whether it runs.
    pub process: ProcessView,
    /// The coordinator counts it as a member.
    pub counted: bool,
    /// What the coordinator waits for in its case, or Kafka's name of its state; none while it is stable.
    pub waits: Option<String>,
    /// It leads the group.
    pub leads: bool,
    /// Generation, or member epoch, as the consumer knows it; -1 outside.
    pub generation: i32,
    /// Records behind the high watermark in the partitions that it processes; none if it processes nothing.
    pub lag: Option<i64>,
    /// Partitions that it may read, by its own knowledge.
    pub owns: usize,
    /// The last error that its application got.
    pub error: Option<String>,
    /// The lesson points at it.
    pub focused: bool,
}

/// A partition that the group reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// `orders-0`.
    pub id: String,
    /// Records of its leader's log.
    pub tiles: Vec<Tile>,
    /// Log start, high watermark and log end of the leader.
    pub log: (i64, i64, i64),
    /// Committed offset; -1 = none.
    pub committed: i64,
    /// Those who process it now, as places in `members`: one, or nobody, or too many.
    pub owners: Vec<usize>,
    /// Who the coordinator says should, if that is somebody else, as a place in `members`.
    pub promised: Option<usize>,
    /// Messages of its owner that are about it.
    pub packets: Vec<Packet>,
    /// Colours alternate.
    pub odd: bool,
    /// The lesson points at it.
    pub focused: bool,
}

/// The picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// What is shown of it.
    pub part: Part,
    /// `pay`.
    pub id: String,
    /// `classic`, `consumer` or `share`.
    pub protocol: &'static str,
    /// The broker that coordinates it.
    pub coordinator: Option<String>,
    /// That broker runs.
    pub coordinator_up: bool,
    /// Kafka's name of its state.
    pub state: String,
    /// Generation, or group epoch.
    pub generation: i32,
    /// Group epoch for which the assignment was computed.
    pub target_epoch: i32,
    /// The chosen assignor.
    pub assignor: Option<String>,
    /// Several consumers process one partition on purpose (share groups).
    pub shares: bool,
    /// The states it can have.
    pub machine: &'static [&'static str],
    /// Its consumers.
    pub members: Vec<Member>,
    /// Its partitions.
    pub rows: Vec<Share>,
    /// Who processed what when: this group's, or those that the lesson asks for.
    pub timeline: Timeline,
    /// The lesson points at it.
    pub focused: bool,
}

impl Group {
    /// Builds the picture of a moment.
    #[must_use]
    pub fn build(params: &Params, moment: &Moment<'_>) -> Self {
        let view = moment.view;
        let timeline = Timeline::build(params, moment);
        let Some(group) = chosen(params, moment) else {
            return Self { timeline, part: params.part, ..Self::default() };
        };
        let consumers = consumers(view, &group.id);
        let protocol = protocol(group, &consumers);
        let members = consumers.iter().enumerate().map(|(lane, c)| member(moment, group, c, lane)).collect();
        let read = partitions(params, view, group);
        let rows = read.iter().enumerate().map(|(ix, p)| share(moment, group, &consumers, p, ix)).collect();
        let up = |id: &str| view.brokers.iter().any(|b| b.id == *id && b.process == ProcessView::Running);
        Self {
            part: params.part,
            id: group.id.clone(),
            protocol,
            coordinator_up: group.coordinator.as_deref().is_some_and(up),
            coordinator: group.coordinator.clone(),
            state: group.state.clone(),
            generation: group.generation,
            target_epoch: group.target_epoch,
            assignor: group.assignor.clone(),
            shares: protocol == "share",
            machine: match protocol {
                "consumer" => CONSUMER,
                "share" => SHARE,
                _ => CLASSIC,
            },
            members,
            rows,
            timeline,
            focused: moment.focus.iter().any(|f| f.split('.').next() == Some(group.id.as_str())),
        }
    }
}

/// The group of the picture: what the lesson asks for, else what is selected or pointed at, else the first.
fn chosen<'a>(params: &Params, moment: &Moment<'a>) -> Option<&'a GroupView> {
    let view = moment.view;
    let named = |id: &str| view.groups.iter().find(|g| g.id == id);
    let of = |id: &str| {
        let id = id.split('.').next().unwrap_or(id);
        let consumer = view.consumers.iter().find(|c| c.id == id);
        named(consumer.map_or(id, |c| c.group.as_str()))
    };
    let asked = params.groups.first().and_then(|(id, _)| named(id));
    asked
        .or_else(|| moment.selected.and_then(of))
        .or_else(|| moment.focus.iter().find_map(|id| of(id)))
        .or_else(|| view.groups.first())
}

/// The consumers of a group in the order of the tank.
fn consumers<'a>(view: &'a TankView, group: &str) -> Vec<&'a ConsumerView> {
    view.consumers.iter().filter(|c| c.group == group).collect()
}

/// How the group is coordinated: before its coordinator knows, its consumers say so.
fn protocol(group: &GroupView, consumers: &[&ConsumerView]) -> &'static str {
    if !group.members.is_empty() {
        return group.protocol;
    }
    let set =
        |c: &&&ConsumerView| c.configs.iter().any(|(name, v)| name == "group.protocol" && v == "consumer");
    if consumers.iter().any(|c| set(&c)) { "consumer" } else { "classic" }
}

fn member(moment: &Moment<'_>, group: &GroupView, consumer: &ConsumerView, lane: usize) -> Member {
    let behind = |partition: &str| {
        if let Some((.., lag)) = group.windows.iter().find(|(id, ..)| id == partition) {
            return (*lag).max(0);
        }
        let known = group.committed.iter().find(|(id, ..)| id == partition);
        known.map_or_else(|| uncommitted(moment.view, partition), |(_, _, lag)| (*lag).max(0))
    };
    let known = group.members.iter().find(|m| m.client == consumer.id);
    let lag = consumer.assigned.iter().map(|at| behind(&at.partition)).sum();
    Member {
        id: consumer.id.clone(),
        lane,
        process: consumer.process,
        counted: known.is_some(),
        waits: known.map(|m| m.state.clone()).filter(|state| !state.eq_ignore_ascii_case("stable")),
        leads: consumer.is_leader,
        generation: consumer.generation,
        lag: (!consumer.assigned.is_empty()).then_some(lag),
        owns: consumer.assigned.len(),
        error: consumer.error.clone(),
        focused: moment.focus.iter().any(|f| f.split('.').next() == Some(consumer.id.as_str())),
    }
}

/// What lies before a group that has not committed: the whole log.
fn uncommitted(view: &TankView, partition: &str) -> i64 {
    copy(view, partition, leader(view, partition)).map_or(0, |r| (r.high_watermark - r.log_start).max(0))
}

fn leader<'a>(view: &'a TankView, partition: &str) -> Option<&'a str> {
    view.topics.iter().flat_map(|t| &t.partitions).find(|p| p.id == partition)?.leader.as_deref()
}

/// Partitions of the topics that the group has to do with: assigned now or ever, committed, or asked for by the lesson.
fn partitions<'a>(params: &Params, view: &'a TankView, group: &GroupView) -> Vec<&'a PartitionView> {
    let asked = params.topic.is_some() || params.partition.is_some();
    let ours = |topic: &str| {
        let of = |id: &str| id.rsplit_once('-').is_some_and(|(name, _)| name == topic);
        let subscribed =
            view.consumers.iter().any(|c| c.group == group.id && c.topics.iter().any(|t| t == topic));
        subscribed
            || group.ownership.iter().any(|row| of(&row.partition))
            || group.committed.iter().any(|(id, ..)| of(id))
    };
    let topics = view.topics.iter().filter(|t| asked || ours(&t.id));
    topics.flat_map(|t| &t.partitions).filter(|p| params.shows(&p.id)).collect()
}

fn share(
    moment: &Moment<'_>,
    group: &GroupView,
    consumers: &[&ConsumerView],
    partition: &PartitionView,
    ix: usize,
) -> Share {
    let view = moment.view;
    let replica = copy(view, &partition.id, partition.leader.as_deref());
    let before = moment.before.and_then(|view| copy(view, &partition.id, leader(view, &partition.id)));
    let place = |id: &str| consumers.iter().position(|c| c.id == id);
    let row = group.ownership.iter().find(|row| row.partition == partition.id);
    let now = row.into_iter().flat_map(|row| &row.spans).filter(|span| span.to.is_none());
    let mut owners: Vec<usize> = now.filter_map(|span| place(&span.consumer)).collect();
    owners.sort_unstable();
    owners.dedup();
    let promised = group.owners.iter().find(|(id, _)| *id == partition.id).and_then(|(_, c)| place(c));
    let about = |packet: &Packet| {
        let ours = owners.iter().any(|n| consumers[*n].id == packet.from || consumers[*n].id == packet.to);
        let message = view.messages.iter().find(|m| format!("#{}", m.id) == packet.id);
        ours && packet.api == "Fetch"
            && message.is_some_and(|m| m.fields.iter().any(|(name, _)| *name == partition.id))
    };
    let committed = group.committed.iter().find(|(id, ..)| *id == partition.id);
    Share {
        id: partition.id.clone(),
        tiles: replica.map_or_else(Vec::new, |r| tiles(r, before, partition.leader.is_none())),
        log: replica.map_or((0, 0, 0), |r| (r.log_start, r.high_watermark, r.log_end)),
        committed: committed.map_or(-1, |(_, offset, _)| *offset),
        packets: packets(moment).into_iter().filter(about).collect(),
        promised: promised.filter(|n| !owners.contains(n)),
        owners,
        odd: ix % 2 == 1,
        focused: moment.focus.iter().any(|f| f.split('.').next() == Some(partition.id.as_str())),
    }
}
