//! A log as a strip of tiles.

use super::Moment;
use crate::lab::view::{ReplicaView, TankView};

/// What a tile means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileKind {
    /// Below the high watermark: consumers may see it.
    Committed,
    /// At or above the high watermark.
    Open,
    /// The same send once more.
    Duplicate,
    /// On the disk of a broker that is not there.
    Asleep,
}

/// A record on a strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile<'a> {
    /// Offset.
    pub offset: i64,
    /// Short label.
    pub label: &'a str,
    /// Key as text.
    pub key: Option<&'a str>,
    /// What it means.
    pub kind: TileKind,
    /// It was not there a step ago.
    pub fresh: bool,
}

/// A replica as a strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip<'a> {
    /// The broker that holds it.
    pub broker: &'a str,
    /// `orders-0`.
    pub partition: &'a str,
    /// The replica leads.
    pub leads: bool,
    /// The controller counts it in.
    pub in_sync: bool,
    /// Its broker runs.
    pub alive: bool,
    /// First offset that is kept.
    pub start: i64,
    /// High watermark as this replica knows it.
    pub hw: i64,
    /// Log end offset.
    pub leo: i64,
    /// High watermark and log end a step ago.
    pub was: Option<(i64, i64)>,
    /// Records in order.
    pub tiles: Vec<Tile<'a>>,
}

impl<'a> Strip<'a> {
    /// The strip of a replica.
    #[must_use]
    pub fn new(moment: &Moment<'a>, broker: &'a str, replica: &'a ReplicaView, alive: bool) -> Self {
        let was = moment.before.and_then(|before| find(before, broker, &replica.partition));
        let tiles = replica.records.iter().map(|record| Tile {
            offset: record.offset,
            label: &record.label,
            key: record.key.as_deref(),
            kind: match () {
                () if !alive => TileKind::Asleep,
                () if record.duplicate => TileKind::Duplicate,
                () if record.offset < replica.high_watermark => TileKind::Committed,
                () => TileKind::Open,
            },
            fresh: was.is_some_and(|was| record.offset >= was.log_end),
        });
        Self {
            broker,
            partition: &replica.partition,
            leads: replica.is_leader,
            in_sync: replica.in_sync,
            alive,
            start: replica.log_start,
            hw: replica.high_watermark,
            leo: replica.log_end,
            was: was.map(|was| (was.high_watermark, was.log_end)),
            tiles: tiles.collect(),
        }
    }

    /// Its element id, `b2/orders-0`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.broker, self.partition)
    }
}

/// A replica in a view.
fn find<'v>(view: &'v TankView, broker: &str, partition: &str) -> Option<&'v ReplicaView> {
    view.brokers.iter().find(|b| b.id == broker)?.replicas.iter().find(|r| r.partition == partition)
}

/// The number of a partition: 3 of `orders-3`.
#[must_use]
pub fn number(partition: &str) -> u32 {
    partition.rsplit_once('-').and_then(|(_, n)| n.parse().ok()).unwrap_or(0)
}

/// The topic of a partition: `orders` of `orders-3`.
#[must_use]
pub fn topic_of(partition: &str) -> &str {
    partition.rsplit_once('-').map_or(partition, |(topic, _)| topic)
}
