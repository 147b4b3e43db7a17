//! Laws of producers' identities: who may still do something with a transactional id, and which transaction a record is part of.

use std::sync::Arc;

use super::look::{broker, producer, replica_name};
use super::witness::Witness;
use crate::engine::{MsgId, NodeId};
use crate::kafka::log::Log;
use crate::kafka::txn::Version;
use crate::kafka::{Batch, Body, ErrorCode, Partition, ProducerEpoch, ProducerId, TRANSACTIONS_TOPIC, World};

/// Answers of a coordinator that say who may do something, or that it was done.
pub(super) const IDENTIFIED: [&str; 4] =
    ["InitProducerId", "AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn"];

/// Remembered batches of one producer in a log.
const REMEMBERED: usize = 5;

impl Witness {
    /// A coordinator answers: only the newest identity of an id is served.
    pub(super) fn see_identity(&mut self, world: &World, answer: MsgId, request: MsgId) {
        let (Some(flight), Some(asked)) = (world.flight(answer), self.asked.get(&request)) else { return };
        let asked = Arc::clone(asked);
        match (&asked.body, &flight.envelope.body) {
            (
                Body::InitProducerId { transaction: Some(init) },
                Body::ProducerIdGiven { error: ErrorCode::None, pid, epoch, .. },
            ) => {
                self.identities.insert(Arc::clone(&init.id), (*pid, *epoch));
            }
            (
                Body::EndTxn { id, pid, .. },
                Body::TxnEnded { error: ErrorCode::None, pid: next, epoch, .. },
            ) if pid != next => {
                self.identities.insert(Arc::clone(id), (*next, *epoch)); // its epochs were used up
            }
            // One epoch behind looks like the same request sent again, whoever sends it (`TransactionCoordinator.endTransaction`).
            (
                Body::EndTxn { id, pid, epoch, version: Version::Two, .. },
                Body::TxnEnded { error: ErrorCode::None, .. },
            ) if self.identities.get(id) == Some(&(*pid, ProducerEpoch(epoch.0.saturating_add(1)))) => {}
            (Body::EndTxn { id, pid, epoch, .. }, Body::TxnEnded { error: ErrorCode::None, .. })
            | (
                Body::AddOffsetsToTxn { id, pid, epoch, .. },
                Body::OffsetsAddedToTxn { error: ErrorCode::None },
            ) => self.check_identity(world, asked.to, id, (*pid, *epoch)),
            (Body::AddPartitionsToTxn { id, pid, epoch, .. }, Body::PartitionsAddedToTxn { results })
                if results.iter().any(|(_, error)| *error == ErrorCode::None) =>
            {
                self.check_identity(world, asked.to, id, (*pid, *epoch));
            }
            _ => {}
        }
    }

    fn check_identity(
        &mut self,
        world: &World,
        coordinator: NodeId,
        id: &Arc<str>,
        (pid, epoch): (ProducerId, ProducerEpoch),
    ) {
        let Some((newest, since)) = self.identities.get(id).copied() else { return };
        let lost = self.machine_lost
            || self.unclean.iter().any(|p| world.shared().topic(p.topic) == TRANSACTIONS_TOPIC);
        if !lost && (pid != newest || epoch < since) {
            let seen = format!(
                "{id}: producer id {} epoch {} is served, {} epoch {} is the newest",
                pid.0, epoch.0, newest.0, since.0
            );
            self.broken(world, "data.44", world.shared().node(coordinator).to_owned(), seen);
        }
    }

    /// A batch of a transaction lies in its leader's log: above the marker of the transaction before, below that of its own.
    pub(super) fn see_membership(
        &mut self,
        world: &World,
        (node, p): (NodeId, Partition),
        log: &Log,
        batch: &Batch,
    ) {
        let leads = broker(world, node).is_some_and(|b| b.leads(p).is_some());
        let Some(stamp) = batch.stamp.filter(|_| leads && batch.transactional && self.is_clean(p)) else {
            return;
        };
        let Some(own) = self.transaction_of(batch) else { return };
        if producer(world, own.0).is_none_or(|client| client.transaction_version() == Version::One) {
            return;
        }
        let mine = |earlier: &&Batch| earlier.stamp.is_some_and(|theirs| theirs.id == stamp.id);
        let mut ended = false;
        for earlier in log.batches().rev().skip_while(|other| other.base >= batch.base).filter(mine) {
            if earlier.control.is_some() {
                ended = true;
                continue;
            }
            let Some(theirs) = self.transaction_of(earlier) else { continue };
            let late = ended && theirs.0 == own.0 && theirs.1 >= own.1;
            if late || (!ended && theirs != own) {
                let where_ = if late { "after its end" } else { "before the end of the one before" };
                let seen = format!("a batch of transaction {} at {}, {where_}", own.1, batch.base);
                self.broken(world, "data.43", replica_name(world, node, p), seen);
            }
            return;
        }
    }

    /// Whose transaction a batch was sent in, and which of that client's.
    fn transaction_of(&self, batch: &Batch) -> Option<(NodeId, u64)> {
        let record = batch.records.iter().find(|record| record.id.0 != 0)?;
        let fate = self.fates.get(record.id.0)?;
        Some((fate.client, fate.transaction))
    }

    /// A replica has read its log again. Its snapshot had only the newest batch of each producer: what was sent before and comes again, it does
    /// not know.
    pub(super) fn see_memory(&mut self, log: &Log, p: Partition) {
        for (id, entry) in log.producers().iter() {
            let of_epoch = |batch: &&Batch| {
                batch.control.is_none() && batch.stamp.is_some_and(|s| (s.id, s.epoch) == (id, entry.epoch))
            };
            let wanted = log.batches().rev().filter(of_epoch).take(REMEMBERED).count();
            if entry.batches.len() < wanted {
                self.half_known.insert((p, id));
            }
        }
    }
}
