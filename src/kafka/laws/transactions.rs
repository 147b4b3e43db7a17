//! Laws of transactions.

use super::look::{Held, Places, broker, brokers, leader, replica_name, topic_now};
use super::witness::Witness;
use crate::engine::{MsgId, NodeId};
use crate::kafka::log::Log;
use crate::kafka::txn::TransactionRecord;
use crate::kafka::{
    Batch, Body, Internal, Isolation, Offset, Outcome, Partition, Process, RecordId, TransactionState, World,
};

impl Witness {
    /// A coordinator's memory says something new about an id: along the allowed paths, and not ahead of its replicated log.
    pub(super) fn see_transaction(
        &mut self,
        world: &World,
        coordinator: NodeId,
        client: NodeId,
        (from, to): (TransactionState, TransactionState),
    ) {
        let Some(broker) = broker(world, coordinator) else { return };
        let subject = || world.shared().node(client).to_owned();
        if !follows(from, to) {
            self.broken(world, "data.39", subject(), format!("{} to {}", from.name(), to.name()));
        }
        if matches!(to, TransactionState::CompleteCommit | TransactionState::CompleteAbort) {
            self.check_marked(world, coordinator, client);
        }
        let mine = |t: &&crate::kafka::txn::Transaction| t.stored.client == client && t.stored.state == to;
        let Some(known) = broker.transactions().transactions().find(mine) else { return };
        let logs = broker.partitions().filter_map(|p| Some((broker.log(p)?, broker.high_watermark(p)?)));
        let newest =
            logs.filter_map(|(log, hw)| newest_record(log, hw, &known.stored.id)).max_by_key(|r| r.updated);
        if newest.is_none_or(|record| record.updated < known.stored.updated) {
            let seen = format!("{} in memory, not in the replicated log", to.name());
            self.broken(world, "data.39", subject(), seen);
        }
    }

    /// A transaction is complete: every partition that its decision names has a marker of that epoch.
    fn check_marked(&mut self, world: &World, coordinator: NodeId, client: NodeId) {
        let Some(broker) = broker(world, coordinator) else { return };
        let records = broker.partitions().filter_map(|p| broker.log(p)).flat_map(decisions);
        let Some(decided) = records.filter(|record| record.client == client).max_by_key(|r| r.updated) else {
            return;
        };
        let marked = |log: &Log| {
            let mut batches = log.batches().rev().filter(|batch| batch.control.is_some());
            batches.any(|b| b.stamp.is_some_and(|s| s.id == decided.pid && s.epoch >= decided.epoch))
        };
        // While the coordinator waits to log the completion, retention may delete a marker that was written.
        let shortened = |p: &Partition| self.shortened.get(p).is_some_and(|at| *at >= decided.updated);
        let there = |p: &&Partition| !shortened(p) && topic_now(world, p.topic).is_some();
        let missing = decided.partitions.iter().filter(there).find(|p| {
            let log = leader(world, **p).and_then(|b| b.log(**p));
            self.is_clean(**p) && log.is_some_and(|log| !marked(log))
        });
        if let Some(p) = missing {
            let seen = format!("{} has no marker", world.shared().partition(*p));
            self.broken(world, "data.41", world.shared().node(client).to_owned(), seen);
        }
    }

    /// A coordinator sends markers: only what it has decided.
    pub(super) fn see_markers(&mut self, world: &World, msg: MsgId) {
        let Some(flight) = world.flight(msg) else { return };
        let Body::WriteTxnMarkers { markers, .. } = &flight.envelope.body else { return };
        let from = flight.envelope.from;
        let Some(broker) = broker(world, from) else { return };
        let wrong = markers.iter().find(|marker| {
            let decided = broker.transactions().transactions().find(|t| t.stored.pid == marker.pid);
            decided.and_then(|t| t.stored.outcome()) != Some(marker.marker.outcome)
        });
        if let Some(marker) = wrong {
            let seen = format!("a {} marker for producer id {}", marker.marker.outcome.name(), marker.pid.0);
            self.broken(world, "data.40", world.shared().node(from).to_owned(), seen);
        }
    }

    /// The boundary of read_committed on a leader: it does not go back, and stays below what is not decided.
    pub(super) fn check_stable(&mut self, world: &World, node: NodeId, p: Partition) {
        let Some(broker) = broker(world, node) else { return };
        let (Some(log), Some(known)) = (broker.log(p), broker.replica(p)) else { return };
        let (hw, stable) = (known.high_watermark, log.last_stable(known.high_watermark));
        let open = log.producers().open().map(|(first, _)| first);
        let undecided = open.chain(log.producers().ended(hw).map(|ended| ended.first)).min();
        if let Some(first) = undecided.map(|first| first.max(log.start())).filter(|first| stable > *first) {
            let seen = format!("{stable}, a transaction from {first} on is not decided");
            self.broken(world, "data.46", replica_name(world, node, p), seen);
        }
        if broker.leads(p).is_none() {
            self.stable.remove(&(node, p));
        } else if let Some(before) = self.stable.insert((node, p), stable)
            && before > stable
        {
            self.broken(world, "data.45", replica_name(world, node, p), format!("from {before} to {stable}"));
        }
    }

    /// What a consumer is given: no markers, and with read_committed nothing of an aborted transaction.
    pub(super) fn check_isolation_of(
        &mut self,
        world: &World,
        consumer: NodeId,
        record: RecordId,
        (p, offset): (Partition, Offset),
    ) {
        let subject = || world.shared().node(consumer).to_owned();
        if record.0 == 0 && !world.shared().is_internal(p.topic) {
            self.broken(world, "data.48", subject(), format!("a marker at offset {offset}"));
        }
        let committed_only = matches!(world.node(consumer),
            Process::Consumer(c) if c.isolation() == Isolation::ReadCommitted);
        let Some(log) = leader(world, p).and_then(|b| b.log(p)) else { return };
        let found =
            log.batches_from(offset).next().filter(|batch| batch.base <= offset && batch.transactional);
        if let Some(batch) = found.filter(|_| committed_only && self.is_clean(p))
            && outcome_of(log, batch) == Some(Outcome::Abort)
        {
            self.broken(
                world,
                "data.49",
                subject(),
                format!("offset {offset} belongs to an aborted transaction"),
            );
        }
    }

    /// An open transaction in a log is one that its coordinator knows as open.
    pub(super) fn survey_transactions(&mut self, world: &World, places: &Places<'_>) {
        let mut wrong = Vec::new();
        let verifies =
            |b: &crate::kafka::broker::Broker| b.configs().on("transaction.partition.verification.enable");
        for (p, here) in places.iter().filter(|(p, _)| self.is_clean(*p)) {
            let (p, any) = (*p, |held: &&Held<'_>| held.log.producers().open().next().is_some());
            let leads =
                |held: &Held<'_>| held.leading().is_some() && !self.is_superseded(p, held.leader_epoch());
            for held in here.iter().filter(any).filter(|held| leads(held) && verifies(held.broker)) {
                let node = held.node;
                for (first, pid) in held.log.producers().open() {
                    let all = || brokers(world).flat_map(|(_, b)| b.transactions().transactions());
                    let known = all().any(|t| t.stored.pid == pid);
                    let busy = |t: &&crate::kafka::txn::Transaction| {
                        t.pending.is_some() || !t.stored.state.is_idle()
                    };
                    let open = all().filter(busy).any(|t| {
                        t.stored.pid == pid && (t.pending.is_some() || t.stored.partitions.contains(&p))
                    });
                    if known && !open {
                        let seen = format!(
                            "open since {first} for producer id {}, which its coordinator does not know",
                            pid.0
                        );
                        wrong.push((replica_name(world, node, p), seen));
                    }
                }
            }
        }
        for (subject, seen) in wrong {
            self.broken(world, "data.42", subject, seen);
        }
    }
}

/// What a log of the coordinator says was decided.
fn decisions(log: &Log) -> impl Iterator<Item = &TransactionRecord> {
    log.batches().flat_map(|batch| batch.records.iter()).filter_map(|record| match &record.internal {
        Some(Internal::Transaction(said)) if said.state.is_prepared() => Some(&**said),
        _ => None,
    })
}

/// The last that a log says about an id, below the high watermark.
fn newest_record<'a>(log: &'a Log, hw: Offset, id: &str) -> Option<&'a TransactionRecord> {
    let batches = log.batches().rev().filter(|batch| batch.end() <= hw);
    batches.flat_map(|batch| batch.records.iter().rev()).find_map(|record| match &record.internal {
        Some(Internal::Transaction(said)) if &*said.id == id => Some(&**said),
        _ => None,
    })
}

/// How the transaction that a batch belongs to ended.
fn outcome_of(log: &Log, batch: &Batch) -> Option<Outcome> {
    let pid = batch.stamp?.id;
    let later = log.batches_from(batch.end()).filter(|b| b.stamp.is_some_and(|stamp| stamp.id == pid));
    later.filter_map(Batch::outcome).next()
}

/// The table of `TransactionState`, with what version 2 adds.
const fn follows(from: TransactionState, to: TransactionState) -> bool {
    use TransactionState::{
        CompleteAbort, CompleteCommit, Dead, Empty, Ongoing, PrepareAbort, PrepareCommit, PrepareEpochFence,
    };
    matches!(
        (from, to),
        (Empty | CompleteCommit | CompleteAbort, Empty | Ongoing | PrepareAbort | Dead)
            | (Ongoing, Ongoing | PrepareCommit | PrepareAbort | PrepareEpochFence)
            | (PrepareEpochFence, PrepareAbort)
            | (PrepareCommit, CompleteCommit)
            | (PrepareAbort, CompleteAbort)
    )
}
