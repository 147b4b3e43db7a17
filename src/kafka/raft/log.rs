//! A voter's copy of the metadata log: batches with the epoch of the leader that wrote them, and a snapshot of what came before
//! (`KafkaMetadataLog`).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::NodeId;
use crate::kafka::{Image, LeaderEpoch, MetadataRecord, Offset};

/// Controllers that vote.
pub type VoterSet = Arc<BTreeSet<NodeId>>;

/// What one offset of the metadata log holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// The first record of a leader (`LeaderChangeMessage`).
    LeaderChange(NodeId),
    /// From here on these are the voters (`VotersRecord`, KIP-853).
    Voters(VoterSet),
    /// A record of the cluster's metadata.
    Record(MetadataRecord),
}

impl Entry {
    /// Kafka's name of the record.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::LeaderChange(_) => "LeaderChange",
            Self::Voters(_) => "Voters",
            Self::Record(record) => record.kind(),
        }
    }

    /// About as many bytes as Kafka writes for it. Only snapshots depend on it.
    #[must_use]
    pub fn size(&self) -> u64 {
        let replicas = match self {
            Self::Record(MetadataRecord::Partition(_, state)) => state.replicas.len() + state.isr.len(),
            _ => 0,
        };
        40 + 4 * u64::try_from(replicas).unwrap_or(0)
    }

    /// Whether it says nothing.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        matches!(self, Self::Record(MetadataRecord::NoOp))
    }
}

/// Records that were appended together: they are all committed, or none is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QuorumBatch {
    /// Offset of the first.
    pub base: Offset,
    /// Of which leader.
    pub epoch: LeaderEpoch,
    /// What it holds.
    pub entries: Vec<Entry>,
}

impl QuorumBatch {
    /// The offset after its last record.
    #[must_use]
    pub fn end(&self) -> Offset {
        self.base.plus(i64::try_from(self.entries.len()).unwrap_or(i64::MAX))
    }

    /// Its records with their offsets.
    pub fn iter(&self) -> impl Iterator<Item = (Offset, &Entry)> + Clone {
        (0..).zip(&self.entries).map(|(n, entry)| (self.base.plus(n), entry))
    }

    /// How many of its records are about a partition.
    #[must_use]
    pub fn partitions(&self) -> usize {
        let about = |entry: &&Entry| matches!(entry, Entry::Record(MetadataRecord::Partition(..)));
        self.entries.iter().filter(about).count()
    }

    /// Whether none of its records says anything.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.entries.iter().all(Entry::is_quiet)
    }
}

/// A place in the log: the offset after a record, and that record's epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Epoch of the last record before it. Compared first.
    pub epoch: LeaderEpoch,
    /// The offset.
    pub offset: Offset,
}

/// The committed state at one place, instead of all records before it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Up to where.
    pub at: Place,
    /// What had been committed by then.
    pub image: Arc<Image>,
    /// The voters by then, and where that is said; none = as when the cluster was formatted.
    pub voters: Option<(Offset, VoterSet)>,
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Snapshot {}

impl std::hash::Hash for Snapshot {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.at.hash(state);
    }
}

/// How the place that a follower names fits a leader's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is in this log.
    Valid,
    /// The logs part here: the follower must cut its log to it at most.
    Diverging(Place),
    /// What comes next is only in this snapshot.
    Snapshot(Place),
}

/// The metadata log of one voter.
#[derive(Clone, Debug, Default)]
pub struct QuorumLog {
    snapshot: Option<Snapshot>,
    batches: Vec<Arc<QuorumBatch>>,
    /// Sets of voters that it names, the newest last.
    voters: Vec<(Offset, VoterSet)>,
}

impl QuorumLog {
    /// First offset that it has.
    #[must_use]
    pub fn start(&self) -> Offset {
        self.snapshot.as_ref().map_or(Offset(0), |snapshot| snapshot.at.offset)
    }

    /// Its end and the epoch of its last record; (0, 0) if it is empty.
    #[must_use]
    pub fn end(&self) -> Place {
        let last = self.batches.last().map(|batch| Place { epoch: batch.epoch, offset: batch.end() });
        last.or(self.snapshot.as_ref().map(|snapshot| snapshot.at)).unwrap_or_default()
    }

    /// What stands for everything before [`Self::start`].
    #[must_use]
    pub const fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// Its batches, oldest first.
    #[must_use]
    pub fn batches(&self) -> &[Arc<QuorumBatch>] {
        &self.batches
    }

    /// Its records with offset and epoch, newest first.
    pub fn newest(&self) -> impl Iterator<Item = (Offset, LeaderEpoch, &Entry)> {
        self.batches.iter().rev().flat_map(|batch| {
            let first = batch.end().0 - 1;
            let back = batch.entries.iter().rev();
            (0..).zip(back).map(move |(n, entry)| (Offset(first - n), batch.epoch, entry))
        })
    }

    /// Puts a batch at the end. Its base is where the log ends.
    pub fn append(&mut self, batch: Arc<QuorumBatch>) {
        debug_assert_eq!(batch.base, self.end().offset);
        self.voters.extend(batch.iter().filter_map(|(offset, entry)| match entry {
            Entry::Voters(set) => Some((offset, Arc::clone(set))),
            _ => None,
        }));
        self.batches.push(batch);
    }

    /// Batches from an offset on.
    #[must_use]
    pub fn from(&self, offset: Offset) -> &[Arc<QuorumBatch>] {
        let first = self.batches.partition_point(|batch| batch.end() <= offset);
        &self.batches[first..]
    }

    /// Batches from one offset to another.
    #[must_use]
    pub fn between(&self, from: Offset, to: Offset) -> &[Arc<QuorumBatch>] {
        let rest = self.from(from);
        &rest[..rest.partition_point(|batch| batch.end() <= to)]
    }

    /// The last place with this epoch or, if there is none, with the next lower one.
    #[must_use]
    pub fn end_of_epoch(&self, epoch: LeaderEpoch) -> Place {
        let upto = self.batches.partition_point(|batch| batch.epoch <= epoch);
        match upto.checked_sub(1).and_then(|last| self.batches.get(last)) {
            Some(batch) => Place { epoch: batch.epoch, offset: batch.end() },
            None => self.snapshot.as_ref().map(|snapshot| snapshot.at).unwrap_or_default(),
        }
    }

    /// How a follower's place fits (`ReplicatedLog.validateOffsetAndEpoch`).
    #[must_use]
    pub fn fit(&self, place: Place) -> Fit {
        if let Some(snapshot) = &self.snapshot
            && (place.offset < snapshot.at.offset
                || (place.offset == snapshot.at.offset && place.epoch != snapshot.at.epoch)
                || place.epoch < snapshot.at.epoch)
        {
            return Fit::Snapshot(snapshot.at);
        }
        let known = self.end_of_epoch(place.epoch);
        let same = known.epoch == place.epoch && known.offset >= place.offset;
        if same { Fit::Valid } else { Fit::Diverging(known) }
    }

    /// Cuts everything from an offset on. Whole batches go.
    pub fn truncate(&mut self, to: Offset) {
        self.batches.retain(|batch| batch.end() <= to);
        self.voters.retain(|(offset, _)| *offset < to);
    }

    /// The newest set of voters that is named before an offset, committed or not, and where; none = as when the cluster was formatted.
    #[must_use]
    pub fn voters_before(&self, offset: Offset) -> Option<&(Offset, VoterSet)> {
        self.voters.iter().rfind(|(at, _)| *at < offset)
    }

    /// Keeps a snapshot instead of what it covers.
    pub fn keep(&mut self, snapshot: Snapshot) {
        self.batches.retain(|batch| batch.base >= snapshot.at.offset);
        self.snapshot = Some(snapshot);
    }

    /// Nothing but a snapshot that came from the leader.
    pub fn replace(&mut self, snapshot: Snapshot) {
        self.batches.clear();
        self.voters = snapshot.voters.iter().cloned().collect();
        self.snapshot = Some(snapshot);
    }

    /// Epoch of the last record before an offset.
    #[must_use]
    pub fn epoch_before(&self, offset: Offset) -> LeaderEpoch {
        let upto = self.batches.partition_point(|batch| batch.base < offset);
        let batch = upto.checked_sub(1).and_then(|last| self.batches.get(last));
        batch.map(|batch| batch.epoch).or(self.snapshot.as_ref().map(|s| s.at.epoch)).unwrap_or_default()
    }
}
