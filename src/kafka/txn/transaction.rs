//! One transactional id as its coordinator has it, and what each request makes of it: pure decisions, nothing is written here
//! (`TransactionMetadata`, `TransactionCoordinator`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Version;
use crate::engine::{Micros, NodeId};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{ErrorCode, Outcome, Partition, ProducerEpoch, ProducerId, TransactionState};

/// Everything that is stored of a transactional id: the value of its record in `__transaction_state`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TransactionRecord {
    /// `transactional.id`.
    pub id: Arc<str>,
    /// The process that initialised last: whom captions name. Kafka does not store it.
    pub client: NodeId,
    /// Its producer id.
    pub pid: ProducerId,
    /// The producer id before the epochs of it were used up.
    pub previous_pid: Option<ProducerId>,
    /// The producer id that takes over when this transaction is complete.
    pub next_pid: Option<ProducerId>,
    /// Its producer epoch; -1 = it has never been initialised.
    pub epoch: ProducerEpoch,
    /// The epoch before the last bump that a client asked for; -1 = none, so nobody can repeat such a request.
    pub last_epoch: ProducerEpoch,
    /// How long a transaction may stay open (`transaction.timeout.ms`).
    pub timeout: Micros,
    /// Its state.
    pub state: TransactionState,
    /// Partitions of the present transaction, `__consumer_offsets` included.
    pub partitions: BTreeSet<Partition>,
    /// When the present transaction began.
    pub started: Option<Micros>,
    /// When it last changed.
    pub updated: Micros,
    /// What its client speaks.
    pub version: Version,
}

/// A transactional id in its coordinator's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// What is stored and replicated of it.
    pub stored: TransactionRecord,
    /// The state that a record on its way leads to. Others are told CONCURRENT_TRANSACTIONS meanwhile.
    pub pending: Option<TransactionState>,
    /// The epoch was raised to fence somebody, but the record could not be written: it is not raised again.
    pub fence_failed: bool,
}

/// One EndTxn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Producer id of the request.
    pub pid: ProducerId,
    /// Producer epoch of the request.
    pub epoch: ProducerEpoch,
    /// How it is to end.
    pub outcome: Outcome,
    /// What the client speaks.
    pub version: Version,
}

/// What an InitProducerId leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Init {
    /// This is logged, then the client is given its identity.
    Ready(TransactionRecord),
    /// A transaction is open: it is aborted with a raised epoch, and the client has to ask again.
    Fence(TransactionRecord),
}

/// The largest epoch a client is given; the one above is for fencing.
const LAST_EPOCH: i16 = i16::MAX - 1;

const fn is_exhausted(epoch: ProducerEpoch) -> bool {
    epoch.0 >= LAST_EPOCH
}

const fn after(epoch: ProducerEpoch) -> ProducerEpoch {
    ProducerEpoch(epoch.0.saturating_add(1))
}

const fn prepared(outcome: Outcome) -> TransactionState {
    match outcome {
        Outcome::Commit => TransactionState::PrepareCommit,
        Outcome::Abort => TransactionState::PrepareAbort,
    }
}

impl TransactionRecord {
    /// A transactional id that nobody has initialised yet.
    #[must_use]
    pub const fn new(id: Arc<str>, client: NodeId, pid: ProducerId, timeout: Micros, now: Micros) -> Self {
        Self {
            id,
            client,
            pid,
            previous_pid: None,
            next_pid: None,
            epoch: ProducerEpoch::NONE,
            last_epoch: ProducerEpoch::NONE,
            timeout,
            state: TransactionState::Empty,
            partitions: BTreeSet::new(),
            started: None,
            updated: now,
            version: Version::Two,
        }
    }

    /// How the transaction that is being finished ends.
    #[must_use]
    pub const fn outcome(&self) -> Option<Outcome> {
        match self.state {
            TransactionState::PrepareCommit => Some(Outcome::Commit),
            TransactionState::PrepareAbort => Some(Outcome::Abort),
            _ => None,
        }
    }

    /// The identity that the client goes on with once this transaction is complete.
    #[must_use]
    pub fn next_identity(&self) -> (ProducerId, ProducerEpoch) {
        self.next_pid.map_or((self.pid, self.epoch), |pid| (pid, ProducerEpoch(0)))
    }

    /// All markers are written.
    #[must_use]
    pub fn completed(&self, now: Micros) -> Self {
        let (pid, epoch) = self.next_identity();
        let state = match self.state {
            TransactionState::PrepareCommit => TransactionState::CompleteCommit,
            _ => TransactionState::CompleteAbort,
        };
        let previous_pid = if self.next_pid.is_some() { Some(self.pid) } else { self.previous_pid };
        let partitions = BTreeSet::new();
        Self { pid, epoch, previous_pid, next_pid: None, state, partitions, updated: now, ..self.clone() }
    }

    /// Its id has been idle too long.
    #[must_use]
    pub fn dead(&self, now: Micros) -> Self {
        Self { state: TransactionState::Dead, updated: now, ..self.clone() }
    }
}

impl Transaction {
    /// Nothing is on its way.
    #[must_use]
    pub const fn new(stored: TransactionRecord) -> Self {
        Self { stored, pending: None, fence_failed: false }
    }

    fn concurrent(&self) -> Result<(), ErrorCode> {
        let free = self.pending.is_none() && !self.stored.state.is_prepared();
        if free { Ok(()) } else { Err(ErrorCode::ConcurrentTransactions) }
    }

    fn identify(&self, pid: ProducerId, epoch: ProducerEpoch) -> Result<(), ErrorCode> {
        if self.stored.pid != pid {
            Err(ErrorCode::InvalidProducerIdMapping)
        } else if self.stored.epoch != epoch && !mutant::on(Mutant::ServesZombies) {
            Err(ErrorCode::ProducerFenced)
        } else {
            Ok(())
        }
    }

    /// AddPartitionsToTxn and AddOffsetsToTxn. `None`: all of them are known, nothing is logged.
    ///
    /// # Errors
    /// `INVALID_PRODUCER_ID_MAPPING`, `PRODUCER_FENCED`, `CONCURRENT_TRANSACTIONS`.
    pub fn add_partitions(
        &self,
        pid: ProducerId,
        epoch: ProducerEpoch,
        partitions: &[Partition],
        version: Version,
        now: Micros,
    ) -> Result<Option<TransactionRecord>, ErrorCode> {
        self.identify(pid, epoch)?;
        self.concurrent()?;
        let stored = &self.stored;
        let ongoing = stored.state == TransactionState::Ongoing;
        if ongoing && partitions.iter().all(|p| stored.partitions.contains(p)) {
            return Ok(None);
        }
        let mut next = stored.clone();
        next.partitions.extend(partitions);
        next.state = TransactionState::Ongoing;
        next.started = if ongoing { stored.started } else { Some(now) };
        (next.updated, next.version) = (now, version);
        Ok(Some(next))
    }

    /// Whether a partition belongs to the open transaction: what a partition's leader asks before it takes the first batch.
    #[must_use]
    pub fn verify(&self, pid: ProducerId, epoch: ProducerEpoch, partition: Partition) -> ErrorCode {
        match self.identify(pid, epoch) {
            Err(error) => error,
            Ok(()) if self.stored.state.is_prepared() => ErrorCode::ConcurrentTransactions,
            Ok(()) if self.stored.partitions.contains(&partition) => ErrorCode::None,
            Ok(()) => ErrorCode::TransactionAbortable,
        }
    }

    /// InitProducerId. `current` is the identity that the client says it has (KIP-360), `fresh` gives unused producer ids.
    ///
    /// # Errors
    /// `CONCURRENT_TRANSACTIONS`, `PRODUCER_FENCED`, or what `fresh` says.
    pub fn init(
        &self,
        client: NodeId,
        current: Option<(ProducerId, ProducerEpoch)>,
        timeout: Micros,
        now: Micros,
        fresh: impl FnOnce() -> Result<ProducerId, ErrorCode>,
    ) -> Result<Init, ErrorCode> {
        let stored = &self.stored;
        self.concurrent()?;
        if let Some((pid, epoch)) = current
            && stored.epoch != ProducerEpoch::NONE
            && pid != stored.pid
            && !(Some(pid) == stored.previous_pid && is_exhausted(epoch))
        {
            return Err(ErrorCode::ProducerFenced);
        }
        if stored.state == TransactionState::Ongoing {
            return Ok(Init::Fence(self.fenced(now)));
        }
        let mut next = TransactionRecord { client, timeout, updated: now, started: None, ..stored.clone() };
        next.state = TransactionState::Empty;
        let claims_newest = current.is_none_or(|(_, epoch)| epoch == stored.epoch);
        if is_exhausted(stored.epoch) && claims_newest {
            next.previous_pid = Some(stored.pid);
            (next.pid, next.epoch) = (fresh()?, ProducerEpoch(0));
            next.last_epoch = if current.is_some() { stored.epoch } else { ProducerEpoch::NONE };
            return Ok(Init::Ready(next));
        }
        (next.epoch, next.last_epoch) = match current {
            None => (after(stored.epoch), ProducerEpoch::NONE),
            Some((_, epoch)) if stored.epoch == ProducerEpoch::NONE || epoch == stored.epoch => {
                (after(stored.epoch), stored.epoch)
            }
            Some((_, epoch)) if epoch == stored.last_epoch => (stored.epoch, stored.last_epoch),
            Some(_) => return Err(ErrorCode::ProducerFenced),
        };
        Ok(Init::Ready(next))
    }

    /// The open transaction aborted by the coordinator: the epoch is one more, so that whoever had it is fenced.
    #[must_use]
    pub fn fenced(&self, now: Micros) -> TransactionRecord {
        let stored = &self.stored;
        let epoch = if self.fence_failed { stored.epoch } else { after(stored.epoch) };
        TransactionRecord {
            epoch,
            last_epoch: ProducerEpoch::NONE,
            state: TransactionState::PrepareAbort,
            updated: now,
            ..stored.clone()
        }
    }

    /// EndTxn. `None`: it has happened already, the same answer again.
    ///
    /// # Errors
    /// `INVALID_PRODUCER_ID_MAPPING`, `PRODUCER_FENCED`, `CONCURRENT_TRANSACTIONS`, `INVALID_TXN_STATE`, or what `fresh` says.
    pub fn end(
        &self,
        end: End,
        now: Micros,
        fresh: impl FnOnce() -> Result<ProducerId, ErrorCode>,
    ) -> Result<Option<TransactionRecord>, ErrorCode> {
        use TransactionState::{CompleteAbort, CompleteCommit, Ongoing, PrepareAbort, PrepareCommit};
        let repeats = self.is_identified(end)?;
        if self.pending.is_some() {
            return Err(ErrorCode::ConcurrentTransactions);
        }
        let two = end.version == Version::Two;
        match (self.stored.state, end.outcome) {
            (Ongoing, _) => {}
            (PrepareCommit, Outcome::Commit) | (PrepareAbort, Outcome::Abort) => {
                return Err(ErrorCode::ConcurrentTransactions);
            }
            (CompleteCommit, Outcome::Commit) | (CompleteAbort, Outcome::Abort) if repeats || !two => {
                return Ok(None);
            }
            // with version 2 a client cannot know whether anything was registered
            (state, Outcome::Abort) if two && !repeats && state.is_idle() => {}
            _ => return Err(ErrorCode::InvalidTxnState),
        }
        let stored = &self.stored;
        let mut next = TransactionRecord { state: prepared(end.outcome), updated: now, ..stored.clone() };
        next.version = end.version;
        if stored.state != Ongoing {
            (next.started, next.partitions) = (Some(now), BTreeSet::new());
        }
        if two {
            next.next_pid = if is_exhausted(stored.epoch) { Some(fresh()?) } else { None };
            if !mutant::on(Mutant::KeepsProducerEpoch) {
                (next.epoch, next.last_epoch) = (after(stored.epoch), stored.epoch);
            }
        }
        Ok(Some(next))
    }

    /// Whether an EndTxn comes from the present producer; true if it repeats one that has been done (version 2 only: its epoch is one
    /// lower, or its producer id the one before).
    fn is_identified(&self, end: End) -> Result<bool, ErrorCode> {
        let stored = &self.stored;
        if end.version == Version::One {
            return self.identify(end.pid, end.epoch).map(|()| false);
        }
        let complete =
            matches!(stored.state, TransactionState::CompleteCommit | TransactionState::CompleteAbort);
        let rotated = complete
            && stored.previous_pid == Some(end.pid)
            && end.epoch.0 == LAST_EPOCH
            && stored.epoch == ProducerEpoch(0);
        if rotated {
            return Ok(true);
        }
        if stored.pid != end.pid {
            return Err(ErrorCode::InvalidProducerIdMapping);
        }
        let repeats = (complete || stored.state.is_prepared()) && stored.epoch == after(end.epoch);
        let same = stored.epoch == end.epoch || mutant::on(Mutant::ServesZombies);
        let present = !stored.state.is_prepared() && same;
        if repeats || present { Ok(repeats) } else { Err(ErrorCode::ProducerFenced) }
    }

    /// Whether the open transaction has been open for too long.
    #[must_use]
    pub fn is_late(&self, now: Micros) -> bool {
        !mutant::on(Mutant::NeverTimesOut)
            && self.pending.is_none()
            && self.deadline().is_some_and(|deadline| deadline < now)
    }

    /// When the open transaction will have been open for too long.
    #[must_use]
    pub fn deadline(&self) -> Option<Micros> {
        let ongoing = self.stored.state == TransactionState::Ongoing;
        self.stored.started.filter(|_| ongoing).map(|started| started + self.stored.timeout)
    }
}
