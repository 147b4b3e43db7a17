//! What a picture shows, in logical units: things, strips of records, links, packets. No cells and no colours.
//!
//! ```text
//!  TankView (one moment) + Moment (time, what was lost) + Look (focus, selection)  ──▶  Scene  ──▶  cells (ui::view)
//!                                                                                  └──▶  elements, caption
//! ```
//!
//! A scene invents no names: elements have the ids of `b1`, `b2/orders-0`, `b2/orders-0@4`, `orders-0.hw`, `pay.lag`, `c1.position`,
//! `#17`. What a small screen leaves out falls back to its parent ([`resolve`]).

mod caption;
mod cluster;
mod elements;
mod log;
mod strip;
#[cfg(test)]
pub(crate) mod tests;

pub use caption::caption;
pub use cluster::{Bus, Cluster, Consumer, Cross, Link, Packet, PacketKind, Server, Title, Wall};
pub use elements::{elements, resolve};
pub use log::{Card, Flag, Log, LogPart};
pub use strip::{Strip, Tile, TileKind, number, topic_of};

use crate::lab::view::{LostView, TankView};

/// A moment to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The state.
    pub view: &'a TankView,
    /// Virtual time of packets and clocks, µs since t = 0; not before `view.now`.
    pub now: u64,
    /// The moment before: what differs from it is marked.
    pub before: Option<&'a TankView>,
    /// Messages lost in the last step.
    pub lost: &'a [LostView],
    /// Draw polling traffic too.
    pub quiet_too: bool,
}

impl<'a> Moment<'a> {
    /// A moment at rest.
    #[must_use]
    pub const fn still(view: &'a TankView) -> Self {
        Self { view, now: view.now, before: None, lost: &[], quiet_too: false }
    }
}

/// What the picture is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look<'a> {
    /// Elements the lesson speaks of.
    pub focus: &'a [String],
    /// The element the person has selected.
    pub selected: Option<&'a str>,
}

impl Look<'_> {
    /// Selected and focused ids, the most pressing first.
    fn ids(&self) -> impl Iterator<Item = &str> {
        self.selected.into_iter().chain(self.focus.iter().map(String::as_str))
    }
}

/// Parameters of a scene, as a lesson gives them: `partition`, `topic`.
pub type Params = toml::Table;

/// A picture.
#[derive(Clone, Debug)]
pub enum Scene<'a> {
    /// Producers, brokers with their replicas, consumers.
    Cluster(Cluster<'a>),
    /// One partition, or all of a topic.
    Log(Log<'a>),
}

/// Names of the scenes there are.
pub const SCENES: [&str; 2] = ["cluster", "log"];

/// The scene `name` at a moment. An unknown name shows the cluster, which shows everything.
#[must_use]
pub fn scene<'a>(name: &str, params: &Params, moment: &Moment<'a>, look: &Look<'_>) -> Scene<'a> {
    match name {
        "log" => Scene::Log(Log::new(params, moment, look)),
        _ => Scene::Cluster(Cluster::new(moment, look)),
    }
}

/// The partition that a picture is about: that of the selection, else of the focus, else one that a focused broker leads, else the
/// first.
#[must_use]
pub fn main_partition<'a>(view: &'a TankView, look: &Look<'_>) -> Option<&'a str> {
    let partitions = || view.topics.iter().flat_map(|t| &t.partitions);
    let named = look.ids().find_map(|id| {
        let id = id.rsplit_once('/').map_or(id, |(_, partition)| partition);
        let id = id.split(['@', '.']).next().unwrap_or(id);
        partitions().find(|p| p.id == id)
    });
    let led = || look.ids().find_map(|id| partitions().find(|p| p.leader.as_deref() == Some(id)));
    named.or_else(led).or_else(|| partitions().next()).map(|p| p.id.as_str())
}
