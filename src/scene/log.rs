//! The log: one partition, or all of a topic, with offsets, segments, high watermark and where the groups stand.

use super::tile::{Tile, tiles};
use super::{Moment, Params};
use crate::lab::view::{GroupView, HandedView, ReplicaView, SegmentView, TankView};

/// A group's place under a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// `pay.committed` or `c1.position`.
    pub id: String,
    /// The group.
    pub group: String,
    /// Its letter on the flag.
    pub letter: char,
    /// Which position colour.
    pub lane: usize,
    /// Where it stands.
    pub offset: i64,
    /// Where it stood a step ago, if elsewhere: a ring stays there.
    pub from: Option<i64>,
    /// A position in memory rather than a committed offset.
    pub position: bool,
}

/// What a share group did with the records of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// The group.
    pub group: String,
    /// Its colour.
    pub lane: usize,
    /// Each record of its window: offset, and how it stands.
    pub records: Vec<(i64, HandedState)>,
}

/// How a record stands in a share group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandedState {
    /// A member has it, for the nth time that anybody does.
    Held(String, u16),
    /// It came back, and waits for somebody; it was delivered so often.
    Free(u16),
    /// Done.
    Done,
    /// Given up.
    Archived,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `orders-0`.
    pub id: String,
    /// The leader whose log this is; none: offline, the copy shown is the longest.
    pub leader: Option<String>,
    /// First readable offset.
    pub start: i64,
    /// High watermark.
    pub high_watermark: i64,
    /// Log end.
    pub end: i64,
    /// Records, oldest first.
    pub tiles: Vec<Tile>,
    /// Key and value of each record, in the order of the tiles.
    pub contents: Vec<(Option<String>, Option<String>)>,
    /// Segments, oldest first.
    pub segments: Vec<SegmentView>,
    /// Bytes in all.
    pub bytes: u64,
    /// Flags below.
    pub flags: Vec<Flag>,
    /// Share groups that were given records of it.
    pub handed: Vec<Handed>,
    /// Colours alternate.
    pub odd: bool,
}

/// A group in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCard {
    /// `pay`.
    pub id: String,
    /// Its letter.
    pub letter: char,
    /// Its colour.
    pub lane: usize,
    /// Kafka's name of its state.
    pub state: String,
    /// Its members that run.
    pub members: Vec<String>,
    /// It is a share group: instead of position and committed offset its window is shown, SPSO and SPEO.
    pub share: bool,
    /// Position, committed offset and lag in each shown partition; -1 = none.
    pub places: Vec<(String, i64, i64, i64)>,
    /// The last error of a member.
    pub error: Option<String>,
    /// The lesson points at it.
    pub focused: bool,
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Partitions, top to bottom.
    pub rows: Vec<Row>,
    /// Groups that read any of them.
    pub groups: Vec<GroupCard>,
    /// Settings of the topic worth a line: retention, segments.
    pub settings: Vec<(String, String)>,
}

/// Letters of groups: A, B, C in order of declaration.
fn letter(lane: usize) -> char {
    char::from(b'A' + u8::try_from(lane % 26).unwrap_or(0))
}

impl Log {
    /// Builds the picture of a moment.
    #[must_use]
    pub fn build(params: &Params, moment: &Moment<'_>) -> Self {
        let view = moment.view;
        let shown: Vec<_> = view
            .topics
            .iter()
            .flat_map(|topic| topic.partitions.iter())
            .filter(|p| params.shows(&p.id))
            .collect();
        let rows = shown
            .iter()
            .enumerate()
            .filter_map(|(ix, p)| row(moment, &p.id, p.leader.as_deref(), ix))
            .collect();
        let groups = view
            .groups
            .iter()
            .enumerate()
            .map(|(lane, group)| GroupCard {
                id: group.id.clone(),
                letter: letter(lane),
                lane,
                share: group.protocol == "share",
                state: group.state.clone(),
                members: group.members.iter().map(|m| m.client.clone()).collect(),
                places: shown
                    .iter()
                    .filter_map(|p| {
                        if let Some((id, start, end, lag)) = window(group, &p.id) {
                            return Some((id.clone(), *start, *end, *lag));
                        }
                        let committed = group.committed.iter().find(|(id, ..)| *id == p.id);
                        let position = position(view, &group.id, &p.id);
                        if committed.is_none() && position.is_none() {
                            return None;
                        }
                        let (at, lag) = committed.map_or((-1, -1), |(_, at, lag)| (*at, *lag));
                        Some((p.id.clone(), position.map_or(-1, |(_, at)| at), at, lag))
                    })
                    .collect(),
                error: view.consumers.iter().filter(|c| c.group == group.id).find_map(|c| c.error.clone()),
                focused: moment.focus.iter().any(|f| f.split('.').next() == Some(group.id.as_str())),
            })
            .collect();
        let interesting =
            ["retention.ms", "retention.bytes", "segment.ms", "segment.bytes", "cleanup.policy"];
        let settings = view
            .topics
            .iter()
            .filter(|topic| topic.partitions.iter().any(|p| params.shows(&p.id)))
            .flat_map(|topic| topic.configs.iter())
            .filter(|(name, _)| interesting.contains(&name.as_str()))
            .cloned()
            .collect();
        Self { rows, groups, settings }
    }
}

/// Where a share group stands in a partition.
fn window<'a>(group: &'a GroupView, partition: &str) -> Option<&'a (String, i64, i64, i64)> {
    group.windows.iter().find(|(p, ..)| p == partition)
}

/// The windows of the share groups that read a partition.
fn handed(view: &TankView, partition: &str) -> Vec<Handed> {
    let state = |record: &HandedView| match (record.state, &record.holder) {
        ("Acknowledged", _) => HandedState::Done,
        ("Archived", _) => HandedState::Archived,
        (_, Some((holder, _))) => HandedState::Held(holder.clone(), record.deliveries),
        (_, None) => HandedState::Free(record.deliveries),
    };
    let sharing = view.groups.iter().enumerate().filter(|(_, group)| window(group, partition).is_some());
    let row = |(lane, group): (usize, &GroupView)| {
        let ours = group.handed.iter().filter(|record| record.partition == partition);
        let records = ours.map(|record| (record.offset, state(record))).collect();
        Handed { group: group.id.clone(), lane, records }
    };
    sharing.map(row).collect()
}

/// A member's position in a partition.
fn position(view: &TankView, group: &str, partition: &str) -> Option<(String, i64)> {
    view.consumers.iter().filter(|c| c.group == group).find_map(|consumer| {
        let at = consumer.assigned.iter().find(|at| at.partition == partition && at.position >= 0)?;
        Some((consumer.id.clone(), at.position))
    })
}

/// The copy to show: the leader's, else the longest.
pub(super) fn copy<'a>(view: &'a TankView, partition: &str, leader: Option<&str>) -> Option<&'a ReplicaView> {
    let copies = || {
        view.brokers.iter().filter_map(|b| Some((b, b.replicas.iter().find(|r| r.partition == partition)?)))
    };
    let leading = copies().find(|(broker, _)| Some(broker.id.as_str()) == leader);
    leading.or_else(|| copies().max_by_key(|(_, replica)| replica.log_end)).map(|(_, replica)| replica)
}

pub(super) fn row(moment: &Moment<'_>, partition: &str, leader: Option<&str>, ix: usize) -> Option<Row> {
    let replica = copy(moment.view, partition, leader)?;
    let before = moment.before.and_then(|view| copy(view, partition, leader));
    Some(Row {
        id: partition.to_owned(),
        leader: leader.map(str::to_owned),
        start: replica.log_start,
        high_watermark: replica.high_watermark,
        end: replica.log_end,
        tiles: tiles(replica, before, false),
        contents: replica.records.iter().map(|r| (r.key.clone(), r.value.clone())).collect(),
        segments: replica.segments.clone(),
        bytes: replica.bytes,
        flags: flags(moment, partition),
        handed: handed(moment.view, partition),
        odd: ix % 2 == 1,
    })
}

/// One flag a group: at its position if a member has one, else at its committed offset; where both differ, both. A share group has its
/// window: SPSO, and SPEO where that is elsewhere.
fn flags(moment: &Moment<'_>, partition: &str) -> Vec<Flag> {
    let mut flags = Vec::new();
    for (lane, group) in moment.view.groups.iter().enumerate() {
        let committed = group.committed.iter().find(|(p, ..)| p == partition).map(|(_, at, _)| *at);
        let position = position(moment.view, &group.id, partition);
        let flag = |id: String, offset: i64, from: Option<i64>, position: bool| Flag {
            id,
            group: group.id.clone(),
            letter: letter(lane),
            lane,
            offset,
            from: from.filter(|from| *from != offset),
            position,
        };
        if let Some((_, start, end, _)) = window(group, partition) {
            let known = moment.before.and_then(|view| view.groups.iter().find(|g| g.id == group.id));
            let from = known.and_then(|group| window(group, partition)).map(|(_, start, ..)| *start);
            flags.push(flag(format!("{}.spso", group.id), *start, from, false));
            if start != end {
                flags.push(flag(format!("{}.speo", group.id), *end, None, true));
            }
        }
        if let Some((consumer, at)) = &position {
            let from =
                moment.before.and_then(|view| self::position(view, &group.id, partition)).map(|(_, at)| at);
            flags.push(flag(format!("{consumer}.position"), *at, from, true));
        }
        if let Some(at) = committed.filter(|at| position.as_ref().is_none_or(|(_, position)| position != at))
        {
            flags.push(flag(format!("{}.committed", group.id), at, None, false));
        }
    }
    flags
}
