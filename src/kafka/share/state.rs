//! What is stored of a share-partition: the contents of `__share_group_state`.

use std::collections::BTreeMap;

use super::super::{GroupId, LeaderEpoch, Names, Offset, Partition};

/// A group in a partition: what its leader keeps a window for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareKey {
    /// The group.
    pub group: GroupId,
    /// The partition.
    pub partition: Partition,
}

impl ShareKey {
    /// `group:topic:partition`: its hash says where in `__share_group_state` it lives.
    #[must_use]
    pub fn text(self, names: &Names) -> String {
        let (group, topic) = (names.group(self.group), names.topic(self.partition.topic));
        format!("{group}:{topic}:{}", self.partition.index)
    }
}

/// What the state of a share-partition is stored under (`SharePartitionKey`): a later topic of that name has nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateKey {
    /// The group and the partition.
    pub of: ShareKey,
    /// Which topic of that name it is (as [`crate::kafka::Image::topic_id`]).
    pub topic: Offset,
}

/// State of a record of a share-partition (`RecordState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// Anybody may have it.
    Available,
    /// A member has it, and a lock on it.
    Acquired,
    /// Done.
    Acknowledged,
    /// Given up: rejected, or delivered too often.
    Archived,
}

impl DeliveryState {
    /// Kafka's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::Acquired => "Acquired",
            Self::Acknowledged => "Acknowledged",
            Self::Archived => "Archived",
        }
    }

    /// Whether nobody will ever get it again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Archived)
    }
}

/// Records in a row with the same state and the same number of deliveries (`PersisterStateBatch`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StateBatch {
    /// The first.
    pub first: Offset,
    /// The last; it belongs to the range.
    pub last: Offset,
    /// Their state.
    pub state: DeliveryState,
    /// How often they were delivered.
    pub deliveries: u16,
}

impl StateBatch {
    /// Number of records.
    #[must_use]
    pub const fn count(&self) -> i64 {
        self.last.0 - self.first.0 + 1
    }

    /// Puts single records together; they come in order of offsets.
    pub(super) fn join(each: impl Iterator<Item = (Offset, DeliveryState, u16)>) -> Vec<Self> {
        let mut joined: Vec<Self> = Vec::new();
        for (offset, state, deliveries) in each {
            match joined.last_mut() {
                Some(last)
                    if last.last.plus(1) == offset
                        && last.state == state
                        && last.deliveries == deliveries =>
                {
                    last.last = offset;
                }
                _ => joined.push(Self { first: offset, last: offset, state, deliveries }),
            }
        }
        joined
    }

    fn offsets(&self) -> impl Iterator<Item = Offset> + use<> {
        (self.first.0..=self.last.0).map(Offset)
    }
}

/// What is stored of a share-partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShareState {
    /// Leadership of the partition that wrote it last.
    pub leader_epoch: LeaderEpoch,
    /// Start offset (SPSO); -1 = it was never written.
    pub start: Offset,
    /// Records behind the start that were delivered and are not Acquired.
    pub batches: Vec<StateBatch>,
}

impl Default for ShareState {
    fn default() -> Self {
        Self { leader_epoch: LeaderEpoch(-1), start: Offset::NONE, batches: Vec::new() }
    }
}

impl ShareState {
    /// What is stored once this has been written on top of it (`PersisterStateBatchCombiner`): newer statements replace older ones, and
    /// what lies below the start is forgotten.
    #[must_use]
    pub fn with(&self, update: &Self) -> Self {
        let start = self.start.max(update.start);
        let mut records: BTreeMap<Offset, (DeliveryState, u16)> = BTreeMap::new();
        for batch in self.batches.iter().chain(&update.batches) {
            records.extend(batch.offsets().map(|offset| (offset, (batch.state, batch.deliveries))));
        }
        let kept = records.range(start..).map(|(offset, (state, deliveries))| (*offset, *state, *deliveries));
        let leader_epoch = self.leader_epoch.max(update.leader_epoch);
        Self { leader_epoch, start, batches: StateBatch::join(kept) }
    }
}

/// A record of `__share_group_state`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShareRecord {
    /// What it is about.
    pub key: StateKey,
    /// It says all (ShareSnapshot); else only what is new (ShareUpdate).
    pub snapshot: bool,
    /// What it says.
    pub state: ShareState,
}
