//! Consumer groups: the coordinator's side (classic protocol).
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
//! Not modelled yet: static membership (`group.instance.id` is ignored), expiry of committed offsets,
//! transactional commits, deletion of groups, cooperative assignors, the metadata string of a commit.

pub mod assign;
mod coordinator;
#[allow(clippy::module_inception)] // the group is what this folder is about
mod group;
mod offsets;
mod requests;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Body, ErrorCode, Image, Names, Note, Record};
use crate::engine::{Conn, Micros, MsgId, NodeId};

pub use coordinator::Coordinator;
pub use group::{Committed, Group, Member};

/// What a coordinator may ask of the broker it lives in.
pub trait GroupHost {
    /// Virtual time.
    fn now(&self) -> Micros;
    /// This broker.
    fn me(&self) -> NodeId;
    /// Names.
    fn names(&self) -> Arc<Names>;
    /// The broker's picture of the cluster.
    fn image(&self) -> Arc<Image>;
    /// A broker setting.
    fn setting(&self, name: &str) -> i64;
    /// A number nobody else gets, for member ids.
    fn next_serial(&mut self) -> u64;
    /// Answers a request.
    fn answer(&mut self, conn: Conn, request: MsgId, quiet: bool, body: Body);
    /// Appends to `__consumer_offsets`-`partition` as its leader, as one batch. When the high watermark has
    /// passed it (or it failed, or timed out after offsets.commit.timeout.ms), the broker calls
    /// [`Coordinator::on_written`] with this token.
    ///
    /// # Errors
    /// Nothing was appended: `NOT_LEADER_OR_FOLLOWER`, `NOT_ENOUGH_REPLICAS`.
    fn append(&mut self, partition: u32, records: Vec<Record>, token: u64) -> Result<(), ErrorCode>;
    /// Asks for [`Coordinator::on_timer`] at this time (replaces an earlier wish).
    fn wake_at(&mut self, at: Option<Micros>);
    /// States something.
    fn note(&mut self, note: Note);
}

/// The partition of `__consumer_offsets` (it has `partitions`) whose leader coordinates a group of this
/// name: Java's `String.hashCode` over UTF-16 units, made positive, modulo.
#[must_use]
pub fn partition_for(group_name: &str, partitions: u32) -> u32 {
    let hash = group_name.encode_utf16().fold(0_i32, |h, unit| h.wrapping_mul(31).wrapping_add(unit.into()));
    let positive = if hash == i32::MIN { 0 } else { hash.unsigned_abs() };
    positive.checked_rem(partitions).unwrap_or(0)
}
