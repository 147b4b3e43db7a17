//! Transactions: the coordinator's side (KIP-98, KIP-447, KIP-890).
//!
//! The coordinator of a `transactional.id` is the leader of one partition of `__transaction_state`. The whole state of an id is one
//! record there, written with acks=all; memory follows once that record is replicated, and until then everybody else is told
//! CONCURRENT_TRANSACTIONS.
//!
//! ```text
//!                    partitions added           EndTxn(commit)          every marker written
//!   Empty ─────────────▶ Ongoing ──────────────▶ PrepareCommit ────────▶ CompleteCommit ─┐
//!     ▲                  │  ▲  │ EndTxn(abort), timeout, a newer producer                │
//!     │                  └──┘  └───────────────▶ PrepareAbort ─────────▶ CompleteAbort ──┤
//!     └── InitProducerId ◀───────────────────────────────────────────────────────────────┘
//! ```
//!
//! Prepare… is the point of no return: once it is replicated the client hears "done", and only then are markers written into the
//! partitions. A new coordinator that finds Prepare… in its log writes the markers again.
//!
//! A coordinator of another partition of the topic reads its log for 10 ms before it answers; Kafka's takes as long as the disk does.
//! Markers that could not be written are tried again after 100 ms; Kafka's tries at once.
//!
//! Not modelled: transactional ids that belong to a principal, DescribeTransactions and the other tools that only read.

mod coordinator;
mod markers;
mod state;
#[cfg(test)]
mod tests;
mod transaction;
mod upkeep;
mod writes;

pub use coordinator::Coordinator;
pub use state::Version;
pub use transaction::{End, Init, Transaction, TransactionRecord};

use std::sync::Arc;

use super::internal::CoordinatorHost;
use super::{Body, ErrorCode, ProducerId, Record, TransactionMarker};
use crate::engine::{Micros, NodeId};

/// A marker on its way, and the transactional id whose transaction it ends.
pub type Addressed = (Arc<str>, TransactionMarker);

/// What a transaction coordinator may ask of the broker it lives in.
pub trait TransactionHost: CoordinatorHost {
    /// All records of `__transaction_state`-`partition`, oldest first.
    fn read(&self, partition: u32) -> Vec<Record>;
    /// Appends to `__transaction_state`-`partition` as its leader. When the high watermark has passed it (or it failed, or timed out),
    /// the broker calls [`Coordinator::on_written`] with this token.
    ///
    /// # Errors
    /// Nothing was appended: `NOT_LEADER_OR_FOLLOWER`, `NOT_ENOUGH_REPLICAS`.
    fn append(
        &mut self,
        partition: u32,
        record: Record,
        timeout: Micros,
        token: u64,
    ) -> Result<(), ErrorCode>;
    /// A producer id that nobody has.
    ///
    /// # Errors
    /// `COORDINATOR_LOAD_IN_PROGRESS`: the broker has to ask the controller first.
    fn new_producer_id(&mut self) -> Result<ProducerId, ErrorCode>;
    /// Sends WriteTxnMarkers to a broker; [`Coordinator::on_markers`] hears what became of it.
    fn send_markers(&mut self, to: NodeId, markers: Vec<Addressed>);
    /// Asks for [`Coordinator::on_timer`] at this time (replaces an earlier wish).
    fn wake_at(&mut self, at: Option<Micros>);
}

/// The answer that says only what is wrong.
fn refusal(body: &Body, error: ErrorCode) -> Body {
    use super::ProducerEpoch;
    let (pid, epoch) = (ProducerId(-1), ProducerEpoch::NONE);
    match body {
        Body::InitProducerId { .. } => Body::ProducerIdGiven { error, pid, epoch, version: Version::One },
        Body::AddPartitionsToTxn { partitions, .. } => {
            Body::PartitionsAddedToTxn { results: partitions.iter().map(|p| (*p, error)).collect() }
        }
        Body::AddOffsetsToTxn { .. } => Body::OffsetsAddedToTxn { error },
        _ => Body::TxnEnded { error, pid, epoch },
    }
}
