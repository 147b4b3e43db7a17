//! The life of a consumer: what its application does, the messages of the moment, what it has in memory, and the clocks that run.

use super::lanes::{Work, worked};
use super::log::row;
use super::packet::{Packet, packets};
use super::tile::{Tile, TileKind};
use super::{Moment, Params};
use crate::lab::view::{ConsumerView, GroupMemberView, GroupView, ProcessView};

/// A part of a consumer's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It has said what it wants to read, and is no member yet.
    Subscribe,
    /// It waits for an assignment.
    Join,
    /// It waits for records, as a member with an assignment.
    Poll,
    /// It works on records.
    Process,
    /// It waits until its offsets are stored.
    Commit,
    /// It leaves.
    Close,
}

/// The steps in their order.
pub const STEPS: [Step; 6] =
    [Step::Subscribe, Step::Join, Step::Poll, Step::Process, Step::Commit, Step::Close];

impl Step {
    /// `subscribe()`: what the application calls, or the request that its client sends.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe()",
            Self::Join => "JoinGroup",
            Self::Poll => "poll()",
            Self::Process => "process",
            Self::Commit => "commit()",
            Self::Close => "close()",
        }
    }
}

/// A partition that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `orders-0`.
    pub partition: String,
    /// Next offset that poll() returns; -1 = not known yet.
    pub position: i64,
    /// Committed offset; -1 = none.
    pub committed: i64,
    /// Labels of records polled and not worked.
    pub in_hand: Vec<String>,
    /// Labels of records fetched and not polled.
    pub prefetched: Vec<String>,
}

/// What the group has done with the records of a partition: its leader's log once more, each tile as far as its work has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Works {
    /// `orders-0`.
    pub partition: String,
    /// Committed: worked once. Duplicate: worked again. Aborted: passed by a commit, and never worked. Uncommitted: not worked yet.
    pub tiles: Vec<Tile>,
    /// First readable offset, committed offset (the start, if there is none), log end.
    pub log: (i64, i64, i64),
    /// Labels of records worked more than once.
    pub twice: Vec<String>,
    /// Labels of records that nobody will work any more.
    pub skipped: Vec<String>,
}

/// A clock that runs down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The setting that winds it.
    pub name: &'static str,
    /// Where it runs: the consumer, or its coordinator.
    pub holder: String,
    /// What is left, µs.
    pub left: u64,
    /// How long it runs from the beginning, µs.
    pub whole: u64,
}

/// The picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// `c1`.
    pub id: String,
    /// `pay`.
    pub group: String,
    /// Generation, or member epoch; -1 outside.
    pub generation: i32,
    /// The broker that coordinates the group.
    pub coordinator: Option<String>,
    /// Whether it runs.
    pub process: ProcessView,
    /// What it does; none between calls, or if it does not run.
    pub step: Option<Step>,
    /// Between calls: the step that would come next.
    pub next: Option<Step>,
    /// Its application is stuck and does not call poll().
    pub hung: bool,
    /// The coordinator counts it as a member.
    pub counted: bool,
    /// The last error that its application got.
    pub error: Option<String>,
    /// Its messages of this moment, those of polling only if they are shown.
    pub messages: Vec<Packet>,
    /// Its partitions.
    pub places: Vec<Place>,
    /// What became of the records of the partitions that its group has had.
    pub works: Vec<Works>,
    /// Clocks.
    pub clocks: Vec<Clock>,
    /// It belongs to a share group: what it has are locks on records, and there is nothing to commit.
    pub shares: bool,
    /// Its group is one whose coordinator assigns: a heartbeat makes it a member, and it has an epoch of its own.
    pub modern: bool,
    /// The lesson points at it.
    pub focused: bool,
}

impl Lifecycle {
    /// Builds the picture of a moment.
    #[must_use]
    pub fn build(params: &Params, moment: &Moment<'_>) -> Self {
        let Some(consumer) = chosen(params, moment) else { return Self::default() };
        let group = moment.view.groups.iter().find(|g| g.id == consumer.group);
        let member = group.and_then(|g| g.members.iter().find(|m| m.client == consumer.id));
        let ours = |packet: &Packet| packet.from == consumer.id || packet.to == consumer.id;
        let (step, places) = (step(consumer, member), places(consumer, group));
        let idle = step.is_none() && consumer.process == ProcessView::Running;
        Self {
            next: idle.then(|| next(&places)),
            id: consumer.id.clone(),
            group: consumer.group.clone(),
            generation: consumer.generation,
            coordinator: group.and_then(|g| g.coordinator.clone()),
            process: consumer.process,
            step,
            hung: matches!(consumer.doing, "hung" | "failed"),
            counted: member.is_some(),
            error: consumer.error.clone(),
            messages: packets(moment).into_iter().filter(ours).collect(),
            places,
            works: group.map_or_else(Vec::new, |group| works(moment, group)),
            clocks: clocks(moment, consumer, group, member),
            shares: group.is_some_and(|g| g.protocol == "share"),
            modern: group.is_some_and(|g| matches!(g.protocol, "share" | "consumer")),
            focused: moment.focus.iter().any(|f| f.split('.').next() == Some(consumer.id.as_str())),
        }
    }
}

/// The consumer of the picture: the lesson's, else the selected or the one pointed at, else the first.
fn chosen<'a>(params: &Params, moment: &Moment<'a>) -> Option<&'a ConsumerView> {
    let all = &moment.view.consumers;
    let of = |id: &str| all.iter().find(|c| Some(c.id.as_str()) == id.split('.').next());
    let asked = params.consumer.as_deref().and_then(of);
    asked
        .or_else(|| moment.selected.and_then(of))
        .or_else(|| moment.focus.iter().find_map(|id| of(id)))
        .or_else(|| all.first())
}

fn step(consumer: &ConsumerView, member: Option<&GroupMemberView>) -> Option<Step> {
    if matches!(consumer.process, ProcessView::Down(_)) {
        return None;
    }
    let joined = member.is_some_and(|m| m.state.eq_ignore_ascii_case("stable")) && consumer.generation >= 0;
    match consumer.doing {
        "close" => Some(Step::Close),
        "commit" => Some(Step::Commit),
        "work" | "hung" => Some(Step::Process),
        "poll" if joined => Some(Step::Poll),
        "poll" | "" if consumer.member.is_none() && member.is_none() => Some(Step::Subscribe),
        "poll" | "" if !joined => Some(Step::Join),
        _ => None,
    }
}

/// What comes next between two calls: work on what is in hand, commit what is worked, else poll.
fn next(places: &[Place]) -> Step {
    if places.iter().any(|at| !at.in_hand.is_empty()) {
        Step::Process
    } else if places.iter().any(|at| at.position > at.committed.max(0)) {
        Step::Commit
    } else {
        Step::Poll
    }
}

fn places(consumer: &ConsumerView, group: Option<&GroupView>) -> Vec<Place> {
    let labels = |records: &[(String, i64, String)], partition: &str| {
        let there = records.iter().filter(|(p, ..)| p == partition);
        there.map(|(_, _, label)| label.clone()).collect::<Vec<_>>()
    };
    let place = |at: &crate::lab::view::PositionView| Place {
        partition: at.partition.clone(),
        position: at.position,
        committed: group
            .and_then(|g| g.committed.iter().find(|(p, ..)| *p == at.partition))
            .map_or(-1, |(_, offset, _)| *offset),
        in_hand: labels(&consumer.in_hand, &at.partition),
        prefetched: labels(&consumer.prefetched, &at.partition),
    };
    consumer.assigned.iter().map(place).collect()
}

fn works(moment: &Moment<'_>, group: &GroupView) -> Vec<Works> {
    let known = moment.view.topics.iter().flat_map(|t| &t.partitions);
    let ours = known.filter(|p| group.ownership.iter().any(|had| had.partition == p.id));
    ours.filter_map(|p| {
        let log = row(moment, &p.id, p.leader.as_deref(), 0)?;
        let committed =
            group.committed.iter().find(|(id, ..)| *id == p.id).map_or(log.start, |(_, at, _)| *at);
        let committed =
            group.windows.iter().find(|(id, ..)| *id == p.id).map_or(committed, |(_, at, ..)| *at);
        let (mut twice, mut skipped) = (Vec::new(), Vec::new());
        let mut tiles = log.tiles;
        for tile in tiles.iter_mut().filter(|tile| tile.kind != TileKind::Marker) {
            let sent = |send: &&crate::lab::view::SendView| {
                send.partition.as_deref() == Some(p.id.as_str()) && send.label == tile.label
            };
            let work = moment.view.sends.iter().find(sent);
            let work = work.map(|send| worked(moment.view, &group.id, send, &p.id, tile.offset));
            tile.fresh = false;
            tile.kind = match work {
                Some(Work::Done(2..)) => TileKind::Duplicate,
                Some(Work::Done(_)) => TileKind::Committed,
                Some(Work::Skipped) => TileKind::Aborted,
                None if tile.offset < committed => TileKind::Committed,
                Some(Work::Begun | Work::Waits | Work::Nobody) | None => TileKind::Uncommitted,
            };
            match tile.kind {
                TileKind::Duplicate => twice.push(tile.label.clone()),
                TileKind::Aborted => skipped.push(tile.label.clone()),
                _ => {}
            }
        }
        Some(Works { partition: p.id.clone(), tiles, log: (log.start, committed, log.end), twice, skipped })
    })
    .collect()
}

/// The session at the coordinator first, then what runs in the client.
fn clocks(
    moment: &Moment<'_>,
    consumer: &ConsumerView,
    group: Option<&GroupView>,
    member: Option<&GroupMemberView>,
) -> Vec<Clock> {
    let left = |until: u64| until.saturating_sub(moment.now);
    let session = member.zip(group.and_then(|g| g.coordinator.clone())).and_then(|(member, holder)| {
        let protocol = group.map_or("classic", |g| g.protocol);
        let (name, whole) = match protocol {
            "share" => ("group.share.session.timeout.ms", group?.session),
            "consumer" => ("group.consumer.session.timeout.ms", group?.session),
            _ => ("session.timeout.ms", consumer.session),
        };
        Some(Clock { name, holder, left: left(member.session_until?), whole })
    });
    // A lock on a record runs at the leader of its partition; the first to end is the one that matters.
    let held = group.into_iter().flat_map(|group| &group.handed);
    let locks = held.filter_map(|handed| {
        let (_, until) = handed.holder.as_ref().filter(|(holder, _)| *holder == consumer.id)?;
        Some((*until, &handed.partition))
    });
    let lock = locks.min().map(|(until, partition)| {
        let leader = moment.view.topics.iter().flat_map(|t| &t.partitions).find(|p| p.id == *partition);
        Clock {
            name: "group.share.record.lock.duration.ms",
            holder: leader.and_then(|p| p.leader.clone()).unwrap_or_default(),
            left: left(until),
            whole: group.map_or(0, |group| group.lock),
        }
    });
    let own = consumer.clocks.iter().map(|clock| Clock {
        name: clock.name,
        holder: consumer.id.clone(),
        left: left(clock.until),
        whole: clock.whole,
    });
    session.into_iter().chain(lock).chain(own).collect()
}
