//! One partition, or all partitions of a topic: the log, where groups stand in it, and what they have committed.

use super::strip::{Strip, topic_of};
use super::{Look, Moment, Params, main_partition};
use crate::lab::view::{
    ConsumerView, GroupView, PartitionView, ProcessView, ReplicaView, SegmentView, TankView,
};

/// Where a group stands in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag<'a> {
    /// Its name.
    pub group: &'a str,
    /// Position of the group in the list of groups.
    pub index: usize,
    /// The consumer that owns the partition, if one does.
    pub consumer: Option<&'a str>,
    /// Next offset it reads.
    pub position: Option<i64>,
    /// Where it stood a step ago, if that was further on: it was rewound.
    pub rewound_from: Option<i64>,
    /// Next offset to read by what it has committed.
    pub committed: Option<i64>,
    /// Records below the high watermark that are not committed.
    pub lag: Option<i64>,
}

/// A partition.
#[derive(Clone, Debug)]
pub struct LogPart<'a> {
    /// As the controller has it.
    pub partition: &'a PartitionView,
    /// The leader's log, or, without a leader, the longest one.
    pub strip: Option<Strip<'a>>,
    /// Its segments.
    pub segments: &'a [SegmentView],
    /// Bytes in it.
    pub bytes: u64,
    /// Groups that read it.
    pub flags: Vec<Flag<'a>>,
}

/// A group, for its card.
#[derive(Clone, Debug)]
pub struct Card<'a> {
    /// Its name.
    pub id: &'a str,
    /// Position in the list of groups.
    pub index: usize,
    /// As its coordinator has it; none = nobody has joined yet.
    pub group: Option<&'a GroupView>,
    /// Consumers that name it.
    pub consumers: Vec<&'a ConsumerView>,
}

/// The picture.
#[derive(Clone, Debug)]
pub struct Log<'a> {
    /// The moment it shows.
    pub moment: Moment<'a>,
    /// Partitions, top to bottom.
    pub parts: Vec<LogPart<'a>>,
    /// Groups.
    pub cards: Vec<Card<'a>>,
    /// The topic's settings that are not the default.
    pub configs: &'a [(String, String)],
    /// The partition this step is about.
    pub main: Option<&'a str>,
}

impl<'a> Log<'a> {
    /// The picture of a moment: `partition`, else `topic`, else the partition in question.
    #[must_use]
    pub fn new(params: &Params, moment: &Moment<'a>, look: &Look<'_>) -> Self {
        let view = moment.view;
        let main = main_partition(view, look);
        let wanted = chosen(view, params, main);
        let groups = group_names(view);
        let parts: Vec<LogPart<'a>> = wanted.iter().map(|p| part(moment, p, &groups)).collect();
        let reads = |card: &Card<'_>| {
            card.consumers.iter().any(|c| wanted.iter().any(|p| reads_topic(c, card.group, topic_of(&p.id))))
        };
        let cards =
            groups.iter().enumerate().map(|(index, id)| card(view, index, id)).filter(reads).collect();
        let topic = wanted.first().map(|p| topic_of(&p.id));
        let configs =
            view.topics.iter().find(|t| Some(t.id.as_str()) == topic).map_or(&[][..], |t| &t.configs);
        Self { moment: *moment, parts, cards, configs, main }
    }
}

/// The partitions a lesson asks for.
fn chosen<'a>(view: &'a TankView, params: &Params, main: Option<&str>) -> Vec<&'a PartitionView> {
    let text = |name: &str| params.get(name).and_then(toml::Value::as_str);
    let all = || view.topics.iter().flat_map(|t| &t.partitions);
    match (text("partition"), text("topic")) {
        (Some(partition), _) => all().filter(|p| p.id == partition).collect(),
        (None, Some(topic)) => all().filter(|p| topic_of(&p.id) == topic).collect(),
        (None, None) => all().filter(|p| Some(p.id.as_str()) == main).collect(),
    }
}

/// Groups that are known, then those that consumers only name.
fn group_names(view: &TankView) -> Vec<&str> {
    let mut names: Vec<&str> = view.groups.iter().map(|g| g.id.as_str()).collect();
    for consumer in &view.consumers {
        if !consumer.group.is_empty() && !names.contains(&consumer.group.as_str()) {
            names.push(&consumer.group);
        }
    }
    names
}

fn card<'a>(view: &'a TankView, index: usize, id: &'a str) -> Card<'a> {
    Card {
        id,
        index,
        group: view.groups.iter().find(|g| g.id == id),
        consumers: view.consumers.iter().filter(|c| c.group == id).collect(),
    }
}

/// Whether a consumer has to do with a topic, as far as can be told: it owns a partition of it, its group has committed in it, or
/// nothing is known yet.
fn reads_topic(consumer: &ConsumerView, group: Option<&GroupView>, topic: &str) -> bool {
    let owns = consumer.assigned.iter().any(|a| topic_of(&a.partition) == topic);
    let known = group.is_some_and(|g| !g.committed.is_empty());
    let committed = group.is_some_and(|g| g.committed.iter().any(|(p, ..)| topic_of(p) == topic));
    owns || committed || (consumer.assigned.is_empty() && !known)
}

fn part<'a>(moment: &Moment<'a>, partition: &'a PartitionView, groups: &[&'a str]) -> LogPart<'a> {
    let view = moment.view;
    let replica = best_replica(view, partition);
    let strip = replica.map(|(broker, replica, alive)| Strip::new(moment, broker, replica, alive));
    let flags = groups.iter().enumerate().filter_map(|(index, id)| flag(moment, &partition.id, index, id));
    LogPart {
        partition,
        segments: replica.map_or(&[][..], |(_, replica, _)| &replica.segments),
        bytes: replica.map_or(0, |(_, replica, _)| replica.bytes),
        strip,
        flags: flags.collect(),
    }
}

/// The leader's replica, else the longest of a running broker, else the longest.
fn best_replica<'a>(
    view: &'a TankView,
    partition: &PartitionView,
) -> Option<(&'a str, &'a ReplicaView, bool)> {
    let mine = view.brokers.iter().filter_map(|broker| {
        let replica = broker.replicas.iter().find(|r| r.partition == partition.id)?;
        Some((broker.id.as_str(), replica, !matches!(broker.process, ProcessView::Down(_))))
    });
    mine.max_by_key(|(id, replica, alive)| {
        (partition.leader.as_deref() == Some(id), *alive, replica.log_end, std::cmp::Reverse(*id))
    })
}

fn position(view: &TankView, group: &str, partition: &str) -> Option<(usize, i64)> {
    view.consumers.iter().enumerate().filter(|(_, c)| c.group == group).find_map(|(at, consumer)| {
        let owned = consumer.assigned.iter().find(|a| a.partition == partition)?;
        Some((at, owned.position))
    })
}

fn flag<'a>(moment: &Moment<'a>, partition: &str, index: usize, group: &'a str) -> Option<Flag<'a>> {
    let view = moment.view;
    let owner = position(view, group, partition);
    let known = view.groups.iter().find(|g| g.id == group);
    let committed = known.and_then(|g| g.committed.iter().find(|(p, ..)| p == partition));
    if owner.is_none() && committed.is_none() {
        return None;
    }
    let now = owner.map(|(_, at)| at).filter(|at| *at >= 0);
    let before = moment.before.and_then(|before| position(before, group, partition)).map(|(_, at)| at);
    Some(Flag {
        group,
        index,
        consumer: owner.and_then(|(at, _)| view.consumers.get(at)).map(|c| c.id.as_str()),
        position: now,
        rewound_from: before.filter(|before| now.is_some_and(|now| *before > now)),
        committed: committed.map(|(_, at, _)| *at).filter(|at| *at >= 0),
        lag: committed.map(|(_, _, lag)| *lag),
    })
}
