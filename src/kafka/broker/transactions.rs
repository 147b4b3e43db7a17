//! A partition leader's part in transactions: it asks the coordinator before it takes a transaction's first batch, writes markers, and
//! keeps the last stable offset (`AddPartitionsToTxnManager`, `ReplicaManager`, KIP-890).

use crate::kafka::mutant::{self, Mutant};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::purgatory::{Finished, Parked, PartitionResult, Waiter, Write};
use super::{Broker, Pending};
use crate::engine::{Envelope, Micros, MsgId, NodeId};
use crate::kafka::client::VERIFICATION;
use crate::kafka::internal::InternalTopic;
use crate::kafka::log::{Guard, Origin, Verdict};
use crate::kafka::txn::Version;
use crate::kafka::{
    Acks, Batch, Body, Cx, ErrorCode, InTransaction, Marker, Note, Offset, Outcome, Partition, Sequence,
    Stamp, Timer, TransactionMarker,
};

/// How long brokers wait for each other's answers (`request.timeout.ms` of a broker).
pub(super) const PATIENCE: Micros = Micros::secs(30);
/// Version 2: how long, and how often, a leader asks again while the transaction before is being finished
/// (`add.partitions.to.txn.retry.backoff.ms` and `.max.ms`).
const ASK_AGAIN: [Micros; 2] = [Micros::ms(20), Micros::ms(100)];

/// What verification said of each partition that needed it.
pub(super) type Verified = BTreeMap<Partition, Result<Guard, ErrorCode>>;

/// A request that waits for the coordinator's word.
#[derive(Clone, Debug)]
pub(super) struct Verification {
    message: Arc<Envelope<Body>>,
    transaction: InTransaction,
    stamp: Stamp,
    guards: BTreeMap<Partition, Guard>,
    /// The coordinator is not asked again after this.
    until: Micros,
    /// When to ask again.
    again_at: Option<Micros>,
}

impl Broker {
    // ---- verification ----

    /// Serves a request that may be part of a transaction: at once, or after the coordinator has been asked.
    pub(super) fn serve_in_transaction(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let Some((transaction, touched)) = self.transaction_of(cx, message) else {
            return self.serve_verified(cx, message, &Verified::new());
        };
        let asks = transaction.version == Version::Two
            || self.configs.on("transaction.partition.verification.enable");
        let mut guards = BTreeMap::new();
        for (p, stamp) in touched.iter().filter(|_| asks) {
            if let Some(guard) = self.guard(*p, *stamp, transaction.version == Version::Two) {
                guards.insert(*p, guard);
            }
        }
        let Some((_, stamp)) = touched.first().filter(|_| !guards.is_empty()) else {
            return self.serve_verified(cx, message, &Verified::new());
        };
        let until = cx.now() + ASK_AGAIN[1];
        let (message, stamp) = (Arc::new(message.clone()), *stamp);
        let id = message.id;
        let waiting = Verification { message, transaction, stamp, guards, until, again_at: None };
        self.vol.verifying.insert(id, waiting);
        self.ask_coordinator(cx, id);
    }

    /// The transaction of a request, and what it writes where.
    fn transaction_of(
        &self,
        cx: &Cx<'_>,
        message: &Envelope<Body>,
    ) -> Option<(InTransaction, Vec<(Partition, Stamp)>)> {
        match &message.body {
            Body::Produce { transaction: Some(transaction), batches, .. } => {
                let stamps = batches.iter().filter(|(_, batch)| batch.transactional);
                let touched = stamps.filter_map(|(p, batch)| {
                    let known = self.disk.log(*p).and_then(|log| log.producers().duplicate_of(batch));
                    batch.stamp.filter(|_| known.is_none()).map(|stamp| (*p, stamp))
                });
                Some((transaction.clone(), touched.collect()))
            }
            Body::TxnOffsetCommit(asked) => {
                let names = cx.shared();
                let home = InternalTopic::Offsets.home(&names, &self.vol.image, names.group(asked.group));
                let stamp = Stamp { id: asked.pid, epoch: asked.epoch, first: Sequence::NONE };
                let touched = home.map(|(topic, index)| (Partition { topic, index }, stamp));
                Some((asked.transaction.clone(), touched.into_iter().collect()))
            }
            _ => None,
        }
    }

    /// A guard, if this producer's transaction is not open yet in a partition that this broker leads.
    fn guard(&mut self, p: Partition, stamp: Stamp, strict: bool) -> Option<Guard> {
        self.leads(p)?;
        let log = self.disk.log(p)?;
        let same_epoch = log.producers().get(stamp.id).is_some_and(|entry| entry.epoch == stamp.epoch);
        let needed = log.producers().needs_verification(stamp.id) || !same_epoch;
        if !needed || mutant::on(Mutant::SkipsVerification) {
            return None;
        }
        self.disk.log_mut(p).map(|log| log.begin_verification(stamp, strict))
    }

    fn ask_coordinator(&mut self, cx: &mut Cx<'_>, id: MsgId) {
        let Some(waiting) = self.vol.verifying.get_mut(&id) else { return };
        waiting.again_at = None;
        let names = cx.shared();
        let home = InternalTopic::Transactions.home(&names, &self.vol.image, &waiting.transaction.id);
        let leader = home
            .and_then(|(topic, index)| super::apply::leader_in(&self.vol.image, Partition { topic, index }));
        let Some(to) = leader else {
            return self.verified(cx, id, |_| ErrorCode::CoordinatorNotAvailable);
        };
        let body = Body::AddPartitionsToTxn {
            id: Arc::clone(&waiting.transaction.id),
            pid: waiting.stamp.id,
            epoch: waiting.stamp.epoch,
            partitions: waiting.guards.keys().copied().collect(),
            verify_only: waiting.transaction.version == Version::One,
            version: waiting.transaction.version,
        };
        let quiet = to == cx.me();
        self.vol.requests.send(cx, to, VERIFICATION, quiet, body, PATIENCE, Pending::Verification(id));
    }

    /// The coordinator has answered, or will not: what it says of each partition.
    pub(super) fn verified(&mut self, cx: &mut Cx<'_>, id: MsgId, says: impl Fn(Partition) -> ErrorCode) {
        let Some(mut waiting) = self.vol.verifying.remove(&id) else { return };
        let two = waiting.transaction.version == Version::Two;
        let busy = waiting.guards.keys().any(|p| says(*p) == ErrorCode::ConcurrentTransactions);
        if two && busy && cx.now() < waiting.until {
            let at = cx.now() + ASK_AGAIN[0];
            waiting.again_at = Some(at);
            self.vol.verifying.insert(id, waiting);
            return self.arm_verification(cx);
        }
        let word = |p: Partition, guard: Guard| match says(p) {
            ErrorCode::None => Ok(guard),
            error => Err(as_seen_by_client(error, two)),
        };
        let verified = waiting.guards.iter().map(|(p, guard)| (*p, word(*p, *guard))).collect();
        self.serve_verified(cx, &waiting.message, &verified);
    }

    fn arm_verification(&self, cx: &mut Cx<'_>) {
        if let Some(at) = self.vol.verifying.values().filter_map(|waiting| waiting.again_at).min() {
            cx.set_timer(Timer::VerifyAgain, at.since(cx.now()));
        }
    }

    /// Time to ask the coordinators that were busy.
    pub(super) fn verify_again(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        let due = |waiting: &Verification| waiting.again_at.is_some_and(|at| at <= now);
        let again: Vec<MsgId> =
            self.vol.verifying.iter().filter(|(_, waiting)| due(waiting)).map(|(id, _)| *id).collect();
        for id in again {
            self.ask_coordinator(cx, id);
        }
        self.arm_verification(cx);
    }

    fn serve_verified(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>, verified: &Verified) {
        match &message.body {
            Body::Produce { acks, timeout, batches, .. } => {
                let timeout = if *acks == Acks::All { *timeout } else { Micros::ZERO };
                self.produce(cx, message.conn, message.id, *acks, timeout, batches, verified);
            }
            Body::TxnOffsetCommit(asked) => {
                let failed = verified.iter().find_map(|(p, word)| match word {
                    Err(error) => Some(*error),
                    Ok(guard) => {
                        let log = self.disk.log(*p)?;
                        let valid = log.producers().is_verified(asked.pid, Some(*guard));
                        (!valid).then_some(ErrorCode::InvalidTxnState)
                    }
                });
                match failed {
                    Some(error) => {
                        let body = crate::kafka::group::refuse_transaction(asked, error);
                        self.answer(cx, message.conn, message.id, false, body);
                    }
                    None => self.with_coordinator(cx, |groups, host| groups.on_request(host, message)),
                }
            }
            _ => {}
        }
    }

    // ---- markers ----

    /// WriteTxnMarkers: one control batch in each partition, answered when all of them are replicated.
    pub(super) fn write_markers(
        &mut self,
        cx: &mut Cx<'_>,
        message: &Envelope<Body>,
        markers: &[TransactionMarker],
    ) {
        let (mut results, mut whose) = (Vec::new(), Vec::new());
        for marker in markers {
            for p in &marker.partitions {
                let written = self.append_marker(cx, *p, marker);
                let error = written.err().unwrap_or_default();
                let (base, required) =
                    (written.unwrap_or(Offset::NONE), written.ok().map(|base| base.plus(1)));
                results.push(PartitionResult { partition: *p, error, base, required });
                whose.push(marker.pid);
            }
        }
        let (conn, deadline) = (message.conn, cx.now() + PATIENCE);
        let parked = Parked::Produce { conn, results, deadline, waiter: Waiter::Markers(whose) };
        self.vol.parked.insert(message.id, parked);
        self.try_produce(cx, message.id);
        for p in markers.iter().flat_map(|marker| &marker.partitions) {
            self.after_append(cx, *p);
        }
    }

    fn append_marker(
        &mut self,
        cx: &mut Cx<'_>,
        p: Partition,
        told: &TransactionMarker,
    ) -> Result<Offset, ErrorCode> {
        let min_isr = self.min_insync_replicas(p);
        if !self.vol.replicas.contains(p) {
            return Err(ErrorCode::UnknownTopicOrPartition);
        }
        self.leads(p).ok_or(ErrorCode::NotLeaderOrFollower)?.admit(Acks::All, min_isr)?;
        let batch = Batch::marker(told.pid, told.epoch, told.marker, cx.now());
        let log = self.disk.log(p).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        if let Verdict::Refused(error) = log.producers().judge(&batch, Origin::Coordinator) {
            cx.note(Note::AppendRefused { node: cx.me(), partition: p, error });
            return Err(error);
        }
        let outcome = told.marker.outcome;
        let offset = self.append_leading(cx, p, batch);
        cx.note(Note::MarkerWritten { node: cx.me(), partition: p, offset, outcome });
        if InternalTopic::named(cx.shared().topic(p.topic)) == Some(InternalTopic::Offsets) {
            let then = Finished::Ended(told.pid, outcome);
            let (required, deadline) = (offset.plus(1), Micros::NEVER);
            self.vol.writes.push(Write { partition: p, required, deadline, then });
        }
        Ok(offset)
    }

    /// An operator ends the oldest open transaction of a partition with an abort marker, whatever its coordinator knows of it. It carries
    /// the epoch that the partition knows.
    pub(super) fn abort_hanging(&mut self, cx: &mut Cx<'_>, p: Partition) {
        let written = self.oldest_open(p).ok_or(ErrorCode::InvalidTxnState).and_then(|told| {
            let offset = self.append_marker(cx, p, &told)?;
            self.after_append(cx, p);
            Ok(offset)
        });
        if let Err(error) = written {
            cx.note(Note::AdminRefused { error });
        }
    }

    fn oldest_open(&self, p: Partition) -> Option<TransactionMarker> {
        let producers = self.disk.log(p)?.producers();
        let (_, pid) = producers.open().next()?;
        let known = producers.get(pid)?;
        let marker = Marker { outcome: Outcome::Abort, coordinator_epoch: known.coordinator_epoch.max(0) };
        Some(TransactionMarker { pid, epoch: known.epoch, marker, partitions: vec![p] })
    }

    // ---- last stable offset ----

    /// Last stable offset of its copy: what read_committed sees lies below it.
    #[must_use]
    pub fn last_stable(&self, p: Partition) -> Option<Offset> {
        let high_watermark = self.high_watermark(p)?;
        Some(self.disk.log(p)?.last_stable(high_watermark))
    }

    /// States where the last stable offset stands, if a transaction holds it back or did so before.
    pub(super) fn watch_last_stable(&mut self, cx: &mut Cx<'_>, p: Partition) {
        let Some(to) = self.last_stable(p) else { return };
        let Some(replica) = self.vol.replicas.get(p) else { return };
        let (from, held) = (replica.last_stable, replica.held_back);
        if from == to && held == (to < replica.high_watermark) {
            return;
        }
        let Some(replica) = self.vol.replicas.get_mut(p) else { return };
        replica.last_stable = to;
        replica.held_back = to < replica.high_watermark;
        if from != to && (held || replica.held_back) {
            cx.note(Note::LastStableOffsetMoved { node: cx.me(), partition: p, from, to });
        }
    }

    /// Sends a broker what its partitions' transactions came to.
    pub(super) fn send_markers(
        &mut self,
        cx: &mut Cx<'_>,
        to: NodeId,
        markers: Vec<crate::kafka::txn::Addressed>,
    ) {
        let body =
            Body::WriteTxnMarkers { markers: markers.iter().map(|(_, marker)| marker.clone()).collect() };
        let quiet = to == cx.me();
        let lane = crate::kafka::client::MARKERS;
        self.vol.requests.send(cx, to, lane, quiet, body, PATIENCE, Pending::Markers(markers));
    }
}

/// What a client is told when verification failed. A busy or absent coordinator is something to try again; with version 1 in words that
/// old clients know.
const fn as_seen_by_client(error: ErrorCode, two: bool) -> ErrorCode {
    match error {
        ErrorCode::ProducerFenced => ErrorCode::InvalidProducerEpoch,
        ErrorCode::ConcurrentTransactions if two => error,
        ErrorCode::ConcurrentTransactions
        | ErrorCode::CoordinatorLoadInProgress
        | ErrorCode::CoordinatorNotAvailable
        | ErrorCode::NotCoordinator
        | ErrorCode::NetworkException => ErrorCode::NotEnoughReplicas,
        other => other,
    }
}
