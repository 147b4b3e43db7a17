//! What a diagram shows: things, links, packets on their way, marks, a caption. In logical units: no cells, no colours.
//!
//! A scene is built from one moment of the tank and the display time; the same scene is drawn in cells, said in words (the caption) and
//! listed as elements that a lesson may point at. Names of elements are those of the lab: `b1`, `b2/orders-0`, `orders-0.hw`, `c1.position`, `#17`.

mod caption;
mod cluster;
mod code;
mod elements;
mod failover;
mod group;
mod heat;
mod ladder;
mod lanes;
mod lifecycle;
mod log;
mod metadata;
mod packet;
mod partitioner;
mod tile;
mod txn;

pub use caption::{caption, reason, say};
pub use cluster::{Badge, Card, Chip, Client, ClientLine, Cluster, Note as CardNote, Strip};
pub use code::{Code, Job, Polled, Queued, Telling};
pub use elements::{elements, resolve};
pub use failover::{Failover, Lap, Progress};
pub use group::{
    Group as GroupScene, Member, Part, Run, Share, Stretch, Timeline, TimelineMark, Track, TrackRow,
};
pub use heat::{Heat, HeatStrip, worst_first};
pub use ladder::{Ladder, LadderRow, LaneKind, Lifeline, Rung, Tone, Way, rungs};
pub use lanes::{Cell, Head, Held, Lane as DeliveryLane, Lanes, Pipe, Reason, Work};
pub use lifecycle::{Clock, Lifecycle, Place, STEPS, Step, Works};
pub use log::{Flag, GroupCard, Handed, HandedState, Log, Row as LogRow};
pub use metadata::{Follower, Life, Metadata, MetadataTile, Quorum, Store, Tree, Voter, Znode};
pub use packet::{Fate, Packet, packets};
pub use partitioner::{Group, Lane, Parcel, Partitioner, Sum, Target};
pub use tile::{Tile, TileKind};
pub use txn::{ABORT, COMMIT, Machine, Phase, Reader, Row as TxnRow, Txn};

use crate::lab::Told;
use crate::lab::view::{LostView, TankView};
use crate::text::Text;

/// Names of scenes that a lesson may show.
pub const NAMES: &[&str] =
    &["cluster", "log", "ladder", "partitioner", "code", "txn", "lanes", "group", "lifecycle", "zk-kraft"];

/// Names of scenes that show something of this tank (and of its program, if there is one), in the order in which a person leafs through them.
#[must_use]
pub fn fitting(view: &TankView, program: bool) -> Vec<&'static str> {
    let fits = |name: &&&str| match **name {
        "txn" => !view.transactions.is_empty(),
        "group" => !view.groups.is_empty(),
        "zk-kraft" => view.quorum.is_some() || view.zookeeper.is_some(),
        "lifecycle" => !view.consumers.is_empty(),
        "partitioner" | "lanes" => !view.producers.is_empty(),
        "code" => program,
        _ => true,
    };
    NAMES.iter().filter(fits).copied().collect()
}

/// Everything a scene is made from.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The moment that is shown.
    pub view: &'a TankView,
    /// The moment before it.
    pub before: Option<&'a TankView>,
    /// Messages lost in the step that led here.
    pub lost: &'a [LostView],
    /// Display time as virtual µs since t = 0: how far packets are.
    pub now: u64,
    /// Elements to look at.
    pub focus: &'a [&'a str],
    /// The element the person has selected.
    pub selected: Option<&'a str>,
    /// Polling traffic is shown too.
    pub quiet_too: bool,
    /// The lesson's program, if it shows one.
    pub program: Option<Program<'a>>,
    /// What happened in the span that a ladder shows; empty for other scenes.
    pub story: &'a [Told],
    /// Virtual time at which the beat that `from` names did its first action, or the time that it says, µs since t = 0.
    pub since: Option<u64>,
    /// Lifelines that a ladder has room for.
    pub lanes: usize,
}

/// A program and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program<'a> {
    /// `producer.py`.
    pub file: &'a str,
    /// The client that runs it.
    pub client: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The statement it has come to: first and last line from 1.
    pub at: Option<(u32, u32)>,
    /// What runs inside that statement just now.
    pub inside: Option<(u32, u32)>,
}

/// Settings of a scene, from the lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// Show only this partition.
    pub partition: Option<String>,
    /// Show only this topic.
    pub topic: Option<String>,
    /// Pipelines of the lanes, top to bottom; empty = one a producer.
    pub pipes: Vec<Pipe>,
    /// What the script does to a record of the lanes: its column from 1, and the words over it.
    pub faults: Vec<(u32, Text)>,
    /// Lines of a program whose effect is seen, from 1.
    pub light: Vec<u32>,
    /// Show these producers, in this order; empty = all.
    pub producers: Vec<String>,
    /// Where a ladder or a timeline begins: a beat, or a time such as `12s`.
    pub from: Option<String>,
    /// Lifelines of a ladder, in this order; empty = those that took part.
    pub who: Vec<String>,
    /// Groups of the timeline, the first of them the one that is drawn large, each with what the lesson calls it.
    pub groups: Vec<(String, Option<Text>)>,
    /// Length of the timeline, µs.
    pub window: Option<u64>,
    /// What is shown of a group.
    pub part: Part,
    /// The consumer whose life is shown.
    pub consumer: Option<String>,
}

impl Params {
    /// Reads them from a lesson's table; other keys are for other scenes.
    #[must_use]
    pub fn read(table: &toml::Table) -> Self {
        let text = |key: &str| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let list = |key: &str| -> Vec<String> {
            let words = table.get(key).and_then(toml::Value::as_array).into_iter().flatten();
            words.filter_map(toml::Value::as_str).map(str::to_owned).collect()
        };
        let numbers = table.get("light").and_then(toml::Value::as_array).into_iter().flatten();
        let light = numbers.filter_map(toml::Value::as_integer).filter_map(|n| u32::try_from(n).ok());
        Self {
            partition: text("partition"),
            topic: text("topic"),
            pipes: lanes::pipes(table),
            faults: lanes::faults(table),
            light: light.collect(),
            producers: list("producers"),
            who: list("who"),
            from: text("from"),
            groups: group::groups(table),
            window: group::length(table, "window"),
            consumer: text("consumer"),
            part: match text("show").as_deref() {
                Some("timeline") => Part::Timeline,
                Some("members") => Part::Members,
                _ => Part::All,
            },
        }
    }

    /// Whether a producer is part of the picture.
    #[must_use]
    pub fn has(&self, producer: &str) -> bool {
        self.producers.is_empty() || self.producers.iter().any(|id| id == producer)
    }

    /// Whether a partition is part of the picture.
    #[must_use]
    pub fn shows(&self, partition: &str) -> bool {
        let topic = partition.rsplit_once('-').map_or(partition, |(topic, _)| topic);
        self.partition.as_deref().is_none_or(|wanted| wanted == partition)
            && self.topic.as_deref().is_none_or(|wanted| wanted == topic)
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Producers, brokers with their logs, consumers.
    Cluster(Cluster),
    /// One partition's log, or those of a topic, with the groups' positions.
    Log(Log),
    /// Messages between processes in a span of time.
    Ladder(Ladder),
    /// From a key to a partition, and the strategies of producers side by side.
    Partitioner(Partitioner),
    /// A transaction: coordinator, logs, readers.
    Txn(Txn),
    /// A program line by line, and what it sets off.
    Code(Code),
    /// Delivery guarantees: a lane a pipeline, a column a record.
    Lanes(Lanes),
    /// Where metadata lives, and how far everybody has it.
    Metadata(Metadata),
    /// A consumer group: partitions, members, coordinator, and the timeline of its rebalances.
    Group(GroupScene),
    /// The life of one consumer.
    Lifecycle(Lifecycle),
}

/// Builds the scene of that name; an unknown one is the cluster.
#[must_use]
pub fn build(name: &str, params: &Params, moment: &Moment<'_>) -> Scene {
    match name {
        "log" => Scene::Log(Log::build(params, moment)),
        "zk-kraft" => Scene::Metadata(Metadata::build(moment)),
        "group" => Scene::Group(GroupScene::build(params, moment)),
        "lifecycle" => Scene::Lifecycle(Lifecycle::build(params, moment)),
        "lanes" => Scene::Lanes(Lanes::build(params, moment)),
        "code" => Scene::Code(Code::build(params, moment)),
        "ladder" => Scene::Ladder(Ladder::build(params, moment, moment.lanes)),
        "partitioner" => Scene::Partitioner(Partitioner::build(params, moment)),
        "txn" => Scene::Txn(Txn::build(params, moment)),
        _ => Scene::Cluster(Cluster::build(params, moment)),
    }
}
