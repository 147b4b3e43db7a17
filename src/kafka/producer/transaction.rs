//! Transactions as a client makes them: which call is allowed when, what it asks the coordinators, and which errors end what
//! (`TransactionManager`, `rdkafka_txnmgr.c`).
//!
//! ```text
//!  Uninitialized ─init─▶ Initializing ─▶ Ready ─begin─▶ Open ─commit─▶ Committing ─▶ Ready
//!                                                        │  └──abort──▶ Aborting ───▶ Ready
//!                                              an error ─┴─▶ Abortable ──abort──▲
//!                                     fenced, and the like ─▶ Fatal: close and begin anew
//! ```
//!
//! One request about the transaction is out at a time. With version 1 the client registers partitions before it sends to them; with
//! version 2 the partitions' leaders do, and the answer to EndTxn brings the epoch of the next transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Producer;
use crate::engine::{Micros, NodeId};
use crate::kafka::txn::Version;
use crate::kafka::{
    Cx, ErrorCode, Generation, GroupId, InTransaction, LeaderEpoch, MemberId, Note, Offset, Outcome,
    Partition, ProducerEpoch, ProducerId, RecordId,
};

/// Where a transactional client stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// initTransactions() was not called.
    #[default]
    Uninitialized,
    /// It asks for an identity.
    Initializing,
    /// No transaction is open.
    Ready,
    /// A transaction is open.
    Open,
    /// commitTransaction() is under way.
    Committing,
    /// abortTransaction() is under way.
    Aborting,
    /// Something failed: the transaction can only be aborted.
    Abortable(ErrorCode),
    /// Nothing more can be done with this client.
    Fatal(ErrorCode),
}

/// Offsets of a group that are to be part of the transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SentOffsets {
    /// Whose.
    pub group: GroupId,
    /// The member that read them.
    pub member: Option<MemberId>,
    /// Its `group.instance.id`, if it is static.
    pub instance: Option<Arc<str>>,
    /// Its generation.
    pub generation: Generation,
    /// Next offset to read of each partition.
    pub offsets: Vec<(Partition, Offset, LeaderEpoch)>,
}

/// What the client knows of its transactions.
#[derive(Clone, Debug, Default)]
pub(super) struct Transacting {
    pub phase: Phase,
    pub version: Version,
    pub coordinator: Option<NodeId>,
    pub group_coordinator: Option<NodeId>,
    /// Nothing about the transaction is asked before this.
    pub not_before: Micros,
    /// Partitions that batches may go to.
    pub registered: BTreeSet<Partition>,
    /// Version 1: partitions that the coordinator has to be told of first.
    pub unregistered: BTreeSet<Partition>,
    /// The coordinator may know of this transaction.
    pub started: bool,
    /// Offsets under way; true once the coordinator knows their partition.
    pub offsets: Option<(SentOffsets, bool)>,
    /// A sequence number is missing: a new epoch is needed before the next transaction.
    pub needs_bump: bool,
}

impl Producer {
    /// `transactional.id`, if it has one.
    #[must_use]
    pub fn transactional_id(&self) -> Option<&Arc<str>> {
        self.settings.transactional.as_ref()
    }

    /// Where its transactions stand.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.vol.transacting.phase
    }

    /// What it speaks with its cluster.
    #[must_use]
    pub const fn transaction_version(&self) -> Version {
        self.vol.transacting.version
    }

    /// What a produce request says of its transaction.
    pub(super) fn in_transaction(&self) -> Option<InTransaction> {
        let version = self.vol.transacting.version;
        self.transactional_id().map(|id| InTransaction { id: Arc::clone(id), version })
    }

    // ---- calls ----

    fn wrong_order(&self) -> ErrorCode {
        if self.settings.java { ErrorCode::IllegalState } else { ErrorCode::LocalState }
    }

    /// The error of a call that is not possible now.
    fn refusal(&self) -> ErrorCode {
        match self.vol.transacting.phase {
            Phase::Abortable(error) | Phase::Fatal(error) => error,
            _ => self.wrong_order(),
        }
    }

    /// A call throws; nothing else changes.
    pub(super) fn refuse_call(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        self.vol.error = Some(error);
        cx.note(Note::ClientError { client: cx.me(), error });
    }

    /// Why a record may not be sent now.
    pub(super) fn refuses_records(&self) -> Option<ErrorCode> {
        let may = self.transactional_id().is_none() || self.vol.transacting.phase == Phase::Open;
        (!may).then(|| self.refusal())
    }

    /// initTransactions(). True: it has returned.
    pub(super) fn call_init(&mut self, cx: &mut Cx<'_>, fresh: bool) -> bool {
        match self.vol.transacting.phase {
            Phase::Uninitialized => {
                self.vol.transacting.phase = Phase::Initializing;
                false
            }
            Phase::Initializing => false,
            Phase::Ready | Phase::Fatal(_) if !fresh => true,
            _ => {
                let error = self.refusal();
                self.refuse_call(cx, error);
                true
            }
        }
    }

    /// beginTransaction(). Nobody but the client knows.
    pub(super) fn call_begin(&mut self, cx: &mut Cx<'_>) {
        if self.vol.transacting.phase != Phase::Ready {
            let error = self.refusal();
            return self.refuse_call(cx, error);
        }
        let transacting = &mut self.vol.transacting;
        transacting.phase = Phase::Open;
        transacting.registered.clear();
        transacting.unregistered.clear();
        (transacting.started, transacting.offsets) = (false, None);
        cx.note(Note::TransactionBegun { client: cx.me() });
    }

    /// sendOffsetsToTransaction(). True: it has returned.
    pub(super) fn call_send_offsets(&mut self, cx: &mut Cx<'_>, sent: &SentOffsets, fresh: bool) -> bool {
        if self.vol.transacting.phase != Phase::Open {
            if fresh {
                let error = self.refusal();
                self.refuse_call(cx, error);
            }
            return true;
        }
        if fresh && !sent.offsets.is_empty() {
            let known = self.vol.transacting.version == Version::Two;
            self.vol.transacting.offsets = Some((sent.clone(), known));
        }
        self.vol.transacting.offsets.is_none()
    }

    /// commitTransaction() and abortTransaction(). True: it has returned.
    pub(super) fn call_end(&mut self, cx: &mut Cx<'_>, outcome: Outcome, fresh: bool) -> bool {
        let (phase, going) = (self.vol.transacting.phase, ending(outcome));
        if !fresh {
            return phase != going && phase != Phase::Initializing;
        }
        if phase == going {
            return false; // the call before gave up waiting
        }
        let may = match outcome {
            Outcome::Commit => phase == Phase::Open,
            Outcome::Abort => matches!(phase, Phase::Open | Phase::Abortable(_)),
        };
        if !may {
            let error = self.refusal();
            self.refuse_call(cx, error);
            return true;
        }
        self.vol.transacting.phase = going;
        if outcome == Outcome::Abort {
            self.vol.transacting.unregistered.clear();
            let error =
                if self.settings.java { ErrorCode::TransactionAborted } else { ErrorCode::LocalPurgeQueue };
            self.drop_unsent(cx, error);
        }
        false
    }

    /// close() aborts what is open. True: nothing is.
    pub(super) fn close_transaction(&mut self, cx: &mut Cx<'_>) -> bool {
        match self.vol.transacting.phase {
            Phase::Open | Phase::Abortable(_) => {
                self.call_end(cx, Outcome::Abort, true);
                false
            }
            Phase::Committing | Phase::Aborting => false,
            _ => true,
        }
    }

    // ---- partitions and batches ----

    /// A record goes to this partition: it becomes part of the transaction.
    pub(super) fn touches(&mut self, p: Partition) {
        let transacting = &mut self.vol.transacting;
        if self.settings.transactional.is_none() || transacting.registered.contains(&p) {
            return;
        }
        match transacting.version {
            Version::One => {
                transacting.unregistered.insert(p);
            }
            Version::Two => {
                transacting.registered.insert(p);
                transacting.started = true;
            }
        }
    }

    /// Whether batches may leave for this partition.
    pub(super) fn may_send_to(&self, p: Partition) -> bool {
        let fatal = matches!(self.vol.transacting.phase, Phase::Fatal(_));
        self.transactional_id().is_none() || !fatal && self.vol.transacting.registered.contains(&p)
    }

    /// A transaction that ends sends everything first.
    pub(super) const fn is_completing(&self) -> bool {
        matches!(self.vol.transacting.phase, Phase::Committing | Phase::Aborting)
    }

    /// Batches that were never sent fail.
    fn drop_unsent(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        let mut dropped: Vec<RecordId> = Vec::new();
        for queue in self.vol.queues.values_mut() {
            let sent = |draft: &super::Draft| draft.attempts > 0;
            dropped.extend(queue.iter().filter(|draft| !sent(draft)).flat_map(super::Draft::ids));
            queue.retain(sent);
        }
        dropped.extend(self.vol.unassigned.drain(..).map(|(_, record, _)| record));
        self.fail(cx, &dropped, error);
    }

    /// A record of the transaction could not be stored: the transaction can only be aborted, or not even that.
    pub(super) fn record_failed(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        if self.transactional_id().is_none() {
            return;
        }
        let one = self.vol.transacting.version == Version::One;
        self.vol.transacting.needs_bump |= one && !self.is_completing();
        match error {
            ErrorCode::ProducerFenced | ErrorCode::InvalidProducerIdMapping => self.fatal(cx, error),
            _ => self.abortable(cx, error),
        }
    }

    /// A sequence number is missing in a transaction: no going on with this epoch.
    pub(super) fn gap_in_transaction(&mut self, cx: &mut Cx<'_>) {
        self.vol.gaps.clear();
        self.vol.transacting.needs_bump = true;
        self.abortable(cx, ErrorCode::OutOfOrderSequenceNumber);
    }

    // ---- errors ----

    /// The transaction has to be aborted.
    pub(super) fn abortable(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        if !matches!(self.vol.transacting.phase, Phase::Open | Phase::Committing) {
            return;
        }
        self.vol.transacting.phase = Phase::Abortable(error);
        self.vol.transacting.offsets = None;
        self.tell(cx, error);
        self.drop_unsent(cx, error);
    }

    /// This client is of no use any more.
    pub(super) fn fatal(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        // what old coordinators call an invalid epoch is a fence
        let error = if error == ErrorCode::InvalidProducerEpoch { ErrorCode::ProducerFenced } else { error };
        if matches!(self.vol.transacting.phase, Phase::Fatal(_)) {
            return;
        }
        self.vol.transacting.phase = Phase::Fatal(error);
        self.vol.transacting.offsets = None;
        self.tell(cx, error);
        let mut dropped: Vec<RecordId> =
            self.vol.queues.values_mut().flat_map(std::mem::take).flat_map(|draft| draft.ids()).collect();
        for pending in self.vol.requests.iter_mut() {
            if let super::Pending::Produce(drafts) = pending {
                dropped.extend(drafts.drain(..).flat_map(|(_, draft)| draft.ids()));
            }
        }
        self.fail(cx, &dropped, error);
    }

    fn tell(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        self.vol.error = Some(error);
        let client = cx.me();
        if matches!(error, ErrorCode::ProducerFenced | ErrorCode::InvalidProducerEpoch) {
            cx.note(Note::ProducerFenced { client, error });
        } else {
            cx.note(Note::ClientError { client, error });
        }
    }

    // ---- ends ----

    /// The transaction is over. `identity` is what version 2 goes on with.
    pub(super) fn transaction_over(
        &mut self,
        cx: &mut Cx<'_>,
        identity: Option<(ProducerId, ProducerEpoch)>,
    ) {
        if let Some((pid, epoch)) = identity.filter(|identity| Some(*identity) != self.vol.identity) {
            cx.note(Note::ProducerIdAssigned { client: cx.me(), pid, epoch });
            self.vol.identity = Some((pid, epoch));
            self.begin_numbering();
        }
        let bump = self.vol.transacting.needs_bump && self.vol.transacting.version == Version::One;
        self.vol.transacting.phase = if bump { Phase::Initializing } else { Phase::Ready };
        self.vol.transacting.needs_bump &= bump;
        self.vol.transacting.registered.clear();
        self.vol.transacting.started = false;
    }

    /// initTransactions(), or the bump after an abort, has got its identity.
    pub(super) fn initialized(
        &mut self,
        cx: &mut Cx<'_>,
        (pid, epoch): (ProducerId, ProducerEpoch),
        version: Version,
    ) {
        self.vol.identity = Some((pid, epoch));
        self.begin_numbering();
        self.vol.transacting.version = if self.settings.java { version } else { Version::One };
        self.vol.transacting.needs_bump = false;
        self.vol.transacting.phase = Phase::Ready;
        cx.note(Note::ProducerIdAssigned { client: cx.me(), pid, epoch });
    }

    fn begin_numbering(&mut self) {
        self.vol.numbering.clear();
        self.vol.unresolved.clear();
        self.vol.gaps.clear();
    }
}

/// The phase in which a transaction comes to this end.
const fn ending(outcome: Outcome) -> Phase {
    match outcome {
        Outcome::Commit => Phase::Committing,
        Outcome::Abort => Phase::Aborting,
    }
}
