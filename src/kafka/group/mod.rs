//! Consumer groups: the coordinator's side. The classic protocol is here, the consumer protocol (KIP-848) in `consumer/`,
//! and with it the membership of share groups (KIP-932).
//!
//! A group's coordinator is the leader of one partition of `__consumer_offsets`. Everything a group must
//! not forget is a record in that partition, written with acks=all; what is in memory is rebuilt by reading
//! it (`GroupMetadataManager`).
//!
//! ```text
//!            join of a new member                       everybody has joined,
//!          ┌───────────────────────┐                    or the phase is over
//!   Empty ─┴▶ PreparingRebalance ──┴──────────────────▶ CompletingRebalance
//!     ▲        │  ▲         ▲    (nobody left: Empty)            │  leader's SyncGroup
//!     └────────┘  │         └──── join, leave, expiry ────────────┤  is stored
//!                 └───────────── join, leave, expiry ── Stable ◀──┘
//! ```
//!
//! Offsets that are part of a transaction (TxnOffsetCommit) are records of that transaction: they wait beside the
//! committed ones until its marker is in the partition (KIP-98, KIP-447).
//!
//! A static member (`group.instance.id`, KIP-345) keeps its place while its process restarts: the new process takes it over,
//! and the old id is fenced. Offsets and groups end by `offsets.retention.minutes`, with their topic, or by an admin's hand.
//!
//! Not modelled: the metadata string of a commit, other kinds of groups than `consumer` (they are refused), and that a commit
//! whose write timed out may count later.

pub mod assign;
mod consumer;
mod coordinator;
mod expiry;
#[allow(clippy::module_inception)] // the group is what this folder is about
mod group;
mod join;
mod loading;
mod offsets;
mod requests;
mod state;
#[cfg(test)]
mod tests;
mod transactions;

use super::internal::CoordinatorHost;
use super::{Batch, ErrorCode, Record, Stamp};
use crate::engine::Micros;

pub use super::internal::partition_for;
pub use consumer::{ConsumerGroup, ConsumerMember, ConsumerRecord, Current, MemberMetadata, MemberState};
pub(super) use consumer::{LEAVES, LEAVES_FOR_NOW, refuse_heartbeat};
pub use coordinator::Coordinator;
pub use group::{Committed, Group, Member};
pub(super) use transactions::refused as refuse_transaction;

/// What a group coordinator may ask of the broker it lives in.
pub trait GroupHost: CoordinatorHost {
    /// All batches of `__consumer_offsets`-`partition` as this broker has them, oldest first.
    fn read(&self, partition: u32) -> Vec<Batch>;
    /// A number nobody else gets, for member ids.
    fn next_serial(&mut self) -> u64;
    /// Appends to `__consumer_offsets`-`partition` as its leader, as one batch; with a stamp it is part of that producer's transaction.
    /// When the high watermark has passed it (or it failed, or timed out after offsets.commit.timeout.ms), the broker calls
    /// [`Coordinator::on_written`] with this token.
    ///
    /// # Errors
    /// Nothing was appended: `NOT_LEADER_OR_FOLLOWER`, `NOT_ENOUGH_REPLICAS`, or what is wrong with the producer.
    fn append(
        &mut self,
        partition: u32,
        records: Vec<Record>,
        stamp: Option<Stamp>,
        token: u64,
    ) -> Result<(), ErrorCode>;
    /// Asks for [`Coordinator::on_timer`] at this time (replaces an earlier wish).
    fn wake_at(&mut self, at: Option<Micros>);
}
