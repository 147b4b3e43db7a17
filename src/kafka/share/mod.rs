//! Share groups (KIP-932): many consumers read the same partition, and its leader hands out records one by one, under locks.
//!
//! ```text
//!              acquired by a member (ShareFetch): deliveries + 1, lock
//!   Available ─────────────────────────────────────────────────────────▶ Acquired ──accept──▶ Acknowledged
//!       ▲                                                                  │  │
//!       └── release, lock over, session over (deliveries < limit) ─────────┘  └──reject, deliveries = limit──▶ Archived
//! ```
//!
//! The leader of a partition keeps, for each group, the window from the start offset (SPSO) to the end offset (SPEO) with one state a
//! record ([`SharePartition`]); it does so for the group's members, who hold sessions with it. What must survive a change of leader it
//! sends to the share coordinator ([`ShareCoordinator`]), the leader of one partition of `__share_group_state`. That is every record
//! that leaves Acquired; that records were acquired is not stored, and so a new leader finds them Available, with one delivery less.
//! Who is a member of the group is the group coordinator's business (`group/consumer`).
//!
//! Defaults are those of Kafka 4.2. The start that `share.auto.offset.reset` finds is stored with the first record that leaves
//! Acquired, not before.
//!
//! Not modelled: InitializeShareGroupState (a state begins when a leader reads it), DeleteShareGroupState (that of a deleted topic is
//! kept), state epochs above 0 (they belong to resets and deletes
//! of groups by an admin), `share.isolation.level=read_committed`, `share.acquire.mode=record_limit`, smaller batches for records that
//! failed often, pruning of `__share_group_state`, dead letter queues, brokers that look for the share coordinator with
//! FindCoordinator (they look into their own picture of the cluster), topic ids as UUIDs (the partition of `__share_group_state`
//! that a share-partition lives in follows from its topic's name here).

mod coordinator;
mod partition;
mod state;
#[cfg(test)]
mod tests;
mod wire;

pub use coordinator::{ShareCoordinator, ShareHost};
pub use partition::{InFlight, SharePartition, Terms};
pub use state::{DeliveryState, ShareKey, ShareRecord, ShareState, StateBatch, StateKey};
pub use wire::{AckRange, AckType, Acquired, ShareRequest, Shared, SharedPartition};

/// Session epoch of a request that opens a share session.
pub const FIRST_EPOCH: i32 = 0;
/// Session epoch of a request that closes it.
pub const LAST_EPOCH: i32 = -1;
