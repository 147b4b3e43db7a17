//! Records as tiles: what every strip of every scene is made of.

use crate::lab::view::{Fate, RecordKind, RecordView, ReplicaView};

/// How a record of a strip stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileKind {
    /// Below the replica's high watermark.
    Committed,
    /// At or above it, or of a transaction that is open.
    Uncommitted,
    /// Of an aborted transaction: it stays in the log, and readers of committed records skip it.
    Aborted,
    /// The same send once more.
    Duplicate,
    /// The end of a transaction: committed or aborted. It takes an offset.
    Marker,
    /// On the disk of a process that is down.
    Dead,
}

/// A record in a strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Its offset.
    pub offset: i64,
    /// Its label; `C` or `A` on a marker.
    pub label: String,
    /// What it means.
    pub kind: TileKind,
    /// It came in the step that led here.
    pub fresh: bool,
}

/// The records of a replica; `before`: the same replica a step ago, if it was there.
pub(super) fn tiles(replica: &ReplicaView, before: Option<&ReplicaView>, dead: bool) -> Vec<Tile> {
    let tile = |record: &RecordView| Tile {
        offset: record.offset,
        label: label(record),
        kind: if dead { TileKind::Dead } else { kind(record, replica.high_watermark) },
        fresh: before.is_some_and(|before| record.offset >= before.log_end),
    };
    replica.records.iter().map(tile).collect()
}

/// What stands on a record's tile.
pub(super) fn label(record: &RecordView) -> String {
    match record.kind {
        RecordKind::Data => record.label.clone(),
        RecordKind::Commit => "C".to_owned(),
        RecordKind::Abort => "A".to_owned(),
    }
}

/// How a record stands in a replica with this high watermark.
pub(super) const fn kind(record: &RecordView, high_watermark: i64) -> TileKind {
    match (record.kind, record.fate) {
        (RecordKind::Commit | RecordKind::Abort, _) => TileKind::Marker,
        _ if record.duplicate => TileKind::Duplicate,
        (_, Fate::Aborted) => TileKind::Aborted,
        (_, Fate::Open) => TileKind::Uncommitted,
        _ if record.offset < high_watermark => TileKind::Committed,
        _ => TileKind::Uncommitted,
    }
}
