//! What became of the transactions in a log: for each batch the marker of its producer that follows.

use std::collections::BTreeMap;

use super::view::{Fate, RecordKind};
use crate::kafka::log::Log;
use crate::kafka::{Batch, Offset, Outcome};

/// The fates of a log's batches, by base offset. Batches outside transactions are not listed.
#[derive(Clone, Debug, Default)]
pub(super) struct Fates(BTreeMap<Offset, Fate>);

impl Fates {
    /// Reads a log from its end: the next marker of a producer decides about its records before it.
    pub fn of(log: &Log) -> Self {
        let mut markers = BTreeMap::new();
        let mut fates = BTreeMap::new();
        for batch in log.batches().rev().filter(|batch| batch.transactional) {
            let Some(stamp) = batch.stamp else { continue };
            if let Some(outcome) = batch.outcome() {
                markers.insert(stamp.id, outcome);
            }
            let fate = match markers.get(&stamp.id) {
                None => Fate::Open,
                Some(Outcome::Commit) => Fate::Committed,
                Some(Outcome::Abort) => Fate::Aborted,
            };
            fates.insert(batch.base, fate);
        }
        Self(fates)
    }

    /// The fate of a batch of this log.
    pub fn get(&self, batch: &Batch) -> Fate {
        self.0.get(&batch.base).copied().unwrap_or_default()
    }
}

/// What a batch is.
pub(super) fn kind(batch: &Batch) -> RecordKind {
    match batch.outcome() {
        None => RecordKind::Data,
        Some(Outcome::Commit) => RecordKind::Commit,
        Some(Outcome::Abort) => RecordKind::Abort,
    }
}

impl Fate {
    /// `none`, `open`, `committed` or `aborted`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "none",
            Self::Open => "open",
            Self::Committed => "committed",
            Self::Aborted => "aborted",
        }
    }

    /// Whether read_committed shows records of this fate, once they are below the last stable offset.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Plain | Self::Committed)
    }
}
