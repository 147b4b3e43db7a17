//! Laws: what must be true after every event, as code.
//!
//! A [`Witness`] looks on from outside. It keeps what no process knows (the true committed prefix of each partition, every leadership
//! ever held, every outcome ever told) and is part of each checkpoint, so that checks go on rightly after a step back or on a branch.
//!
//! Laws marked *clean* hold only while no unclean election happened and no machine lost its log; the witness notices both and stops
//! asking from then on for the partitions concerned.
//!
//! Numbers are those of the project's reference: `data.13`, `control.4`.

mod control;
mod data;
mod witness;

pub use witness::Witness;

use crate::engine::EventId;

/// One law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Law {
    /// `data.13`.
    pub id: &'static str,
    /// What must be so, in one clause.
    pub name: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
    /// Holds only in a clean world.
    pub clean: bool,
}

const fn law(id: &'static str, name: &'static str, source: &'static str) -> Law {
    Law { id, name, source, clean: false }
}

const fn clean(id: &'static str, name: &'static str, source: &'static str) -> Law {
    Law { id, name, source, clean: true }
}

/// Every law that is checked, in order.
pub static LAWS: &[Law] = &[
    law("data.1", "log start <= high watermark <= log end on every replica", "UnifiedLog"),
    law("data.2", "offsets in a log are contiguous and never change", "UnifiedLog"),
    law("data.3", "leader epochs never decrease along a log", "LeaderEpochFileCache, KIP-101"),
    law("data.4", "same offset and epoch on two replicas means the same batch", "KIP-101"),
    law("data.5", "segments cover the log without gap or overlap", "LogSegments"),
    law("data.6", "the log start never decreases except by truncation", "UnifiedLog"),
    law("data.8", "retention removes nothing above the high watermark", "UnifiedLog.deleteOldSegments"),
    law("data.11", "at most one leader for each leader epoch", "ReplicationControlManager"),
    law(
        "data.12",
        "the leader is in sync; the in-sync set is part of the assignment and not empty",
        "ReplicationControlManager",
    ),
    law("data.13", "a leader's high watermark never decreases", "Partition"),
    law("data.14", "below min.insync.replicas the high watermark stands still", "KIP-966"),
    law("data.15", "the high watermark moves no further than every in-sync member has fetched", "Partition"),
    clean("data.16", "every in-sync replica has everything below the high watermark", "Partition"),
    clean("data.17", "every later leader has every committed record", "leader completeness"),
    clean("data.19", "no follower cuts below its own high watermark", "KIP-101"),
    law(
        "data.25",
        "a clean election takes the first live in-sync replica, or keeps the leader",
        "PartitionChangeBuilder",
    ),
    law("data.28", "every record has exactly one outcome", "Sender"),
    law(
        "data.33",
        "no two batches of a partition have the same producer id, epoch and sequence",
        "ProducerStateManager",
    ),
    law("data.35", "at most five batches of a producer id are remembered", "ProducerStateEntry"),
    law("data.47", "a consumer gets nothing at or above the high watermark", "ReplicaManager.readFromLog"),
    law("data.50", "delivered offsets of one position increase between seeks", "SubscriptionState"),
    law("control.1", "within a generation a partition has at most one owner", "ConsumerPartitionAssignor"),
    law("control.4", "a generation never decreases under one coordinator", "GroupMetadata"),
    law("control.8", "group states change only along the allowed paths", "GroupMetadata"),
    law("control.28", "brokers apply metadata in order", "MetadataLoader"),
    law("control.32", "leader and partition epochs rise with every change", "PartitionRegistration"),
    law("control.34", "no fenced broker leads", "ReplicationControlManager"),
];

/// A law that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub law: &'static Law,
    /// About what: `b1/orders-0`, `pay`.
    pub subject: String,
    /// What was seen.
    pub seen: String,
    /// In which turn of the world.
    pub event: EventId,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "law {} ({}) broken by {}: {}", self.law.id, self.law.name, self.subject, self.seen)
    }
}

/// The law of that number.
#[must_use]
pub fn find(id: &str) -> Option<&'static Law> {
    LAWS.iter().find(|law| law.id == id)
}
