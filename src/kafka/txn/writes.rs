//! What is being written to `__transaction_state`, and what happens once it is replicated, or is not.

use crate::kafka::mutant::{self, Mutant};
use std::collections::BTreeMap;

use super::coordinator::home;
use super::{Coordinator, TransactionHost, TransactionRecord};
use crate::engine::Conn;
use crate::kafka::internal::{Parked, as_coordinator_error};
use crate::kafka::{
    Body, ErrorCode, Internal, Note, Partition, ProducerEpoch, ProducerId, Record, RecordId, TransactionState,
};

/// Why a record is written: what follows once it is replicated.
#[derive(Clone, Debug)]
pub(super) enum Then {
    /// The identity is given to its client.
    Init(Parked),
    /// The client, or a leader on its behalf, hears that these partitions are registered.
    Partitions(Parked, Vec<Partition>),
    /// The client hears that the offsets' partition is registered.
    Offsets(Parked),
    /// The client hears that its transaction has ended; markers are written.
    End(Parked),
    /// A transaction is aborted from here; who asked for the identity has to ask again.
    Fence(Option<Parked>),
    /// All markers are written.
    Complete,
    /// The id is forgotten.
    Expire,
}

/// A record that is not replicated yet.
#[derive(Clone, Debug)]
struct Write {
    partition: u32,
    next: TransactionRecord,
    then: Then,
}

/// Records under way, by token.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes {
    next: u64,
    open: BTreeMap<u64, Write>,
}

impl Writes {
    /// Forgets the writes to a partition; gives who waited for them.
    pub fn forget(&mut self, partition: u32) -> Vec<Waiting> {
        let to = |(_, write): &(&u64, &Write)| write.partition == partition;
        let tokens: Vec<u64> = self.open.iter().filter(to).map(|(token, _)| *token).collect();
        let gone = tokens.into_iter().filter_map(|token| self.open.remove(&token));
        gone.filter_map(|write| Some(Waiting { parked: write.then.parked()?, then: write.then })).collect()
    }

    /// Whether the completion of a transaction is being written.
    pub fn is_completing(&self, id: &str) -> bool {
        self.open.values().any(|write| &*write.next.id == id && matches!(write.then, Then::Complete))
    }

    /// Answers to this connection are not sent any more.
    pub fn hung_up(&mut self, conn: Conn) {
        for write in self.open.values_mut() {
            if let Some(parked) = write.then.parked_mut().filter(|parked| parked.conn == Some(conn)) {
                parked.conn = None;
            }
        }
    }
}

/// Somebody who waits for a write that will not be.
pub(super) struct Waiting {
    parked: Parked,
    then: Then,
}

impl Waiting {
    pub fn refuse(self, host: &mut dyn TransactionHost, error: ErrorCode) {
        let body = self.then.body(None, error);
        self.parked.answer(host, body);
    }
}

impl Then {
    fn parked_mut(&mut self) -> Option<&mut Parked> {
        match self {
            Self::Init(parked) | Self::Partitions(parked, _) | Self::Offsets(parked) | Self::End(parked) => {
                Some(parked)
            }
            Self::Fence(parked) => parked.as_mut(),
            Self::Complete | Self::Expire => None,
        }
    }

    fn parked(&self) -> Option<Parked> {
        self.clone().parked_mut().copied()
    }

    fn body(&self, stored: Option<&TransactionRecord>, error: ErrorCode) -> Body {
        let nobody = (ProducerId(-1), ProducerEpoch::NONE);
        let known = stored.filter(|_| error == ErrorCode::None);
        match self {
            Self::Partitions(_, partitions) => {
                Body::PartitionsAddedToTxn { results: partitions.iter().map(|p| (*p, error)).collect() }
            }
            Self::Offsets(_) => Body::OffsetsAddedToTxn { error },
            Self::End(_) => {
                let (pid, epoch) = known.map_or(nobody, TransactionRecord::next_identity);
                Body::TxnEnded { error, pid, epoch }
            }
            _ => {
                let (pid, epoch) = known.map_or(nobody, |stored| (stored.pid, stored.epoch));
                let version = stored.map_or(super::Version::One, |stored| stored.version);
                Body::ProducerIdGiven { error, pid, epoch, version }
            }
        }
    }

    /// Tells whoever waits.
    pub fn answer(&self, host: &mut dyn TransactionHost, stored: &TransactionRecord, error: ErrorCode) {
        if let Some(parked) = self.parked() {
            parked.answer(host, self.body(Some(stored), error));
        }
    }
}

impl Coordinator {
    /// Writes what an id becomes; in memory it becomes that once the record is replicated.
    pub(super) fn log(&mut self, host: &mut dyn TransactionHost, next: TransactionRecord, then: Then) {
        let Some(partition) = home(host, &next.id) else { return };
        if let Some(known) = self.known.get_mut(&next.id) {
            known.pending = Some(next.state);
        }
        let token = self.writes.next;
        match host.append(partition, record(&next), next.timeout, token) {
            Ok(()) => {
                self.writes.next += 1;
                self.writes.open.insert(token, Write { partition, next, then });
                if mutant::on(Mutant::DecidesEarly) {
                    self.on_written(host, token, Ok(()));
                }
            }
            Err(error) => self.failed(host, &next, &then, error),
        }
    }

    /// A record is replicated, or failed.
    pub fn on_written(&mut self, host: &mut dyn TransactionHost, token: u64, written: Result<(), ErrorCode>) {
        let Some(Write { next, then, .. }) = self.writes.open.remove(&token) else { return };
        match written {
            Ok(()) => self.succeeded(host, next, &then),
            Err(error) => self.failed(host, &next, &then, error),
        }
        self.wake(host);
    }

    fn succeeded(&mut self, host: &mut dyn TransactionHost, next: TransactionRecord, then: &Then) {
        let Some(known) = self.known.get_mut(&next.id) else { return };
        let before = std::mem::replace(&mut known.stored, next);
        (known.pending, known.fence_failed) = (None, false);
        let stored = known.stored.clone();
        let client = stored.client;
        for p in stored.partitions.difference(&before.partitions) {
            host.note(Note::PartitionAddedToTransaction { client, partition: *p });
        }
        if before.state != stored.state {
            let (from, to) = (before.state, stored.state);
            host.note(Note::TransactionStateChanged { client, from, to });
        }
        match then {
            Then::Fence(_) => {
                then.answer(host, &stored, ErrorCode::ConcurrentTransactions);
                self.finish(host, &stored.id);
            }
            Then::End(_) => {
                then.answer(host, &stored, ErrorCode::None);
                self.finish(host, &stored.id);
            }
            Then::Expire => {
                self.known.remove(&stored.id);
            }
            _ => then.answer(host, &stored, ErrorCode::None),
        }
    }

    fn failed(
        &mut self,
        host: &mut dyn TransactionHost,
        next: &TransactionRecord,
        then: &Then,
        error: ErrorCode,
    ) {
        let error = as_coordinator_error(error);
        let Some(known) = self.known.get_mut(&next.id) else { return };
        if matches!(then, Then::Complete) {
            // the outcome is decided: it is written again until that succeeds or another broker coordinates
            return self.markers.complete_later(&next.id, host.now());
        }
        known.pending = None;
        known.fence_failed |= matches!(then, Then::Fence(_));
        let stored = known.stored.clone();
        then.answer(host, &stored, error);
    }
}

fn record(next: &TransactionRecord) -> Record {
    let dead = next.state == TransactionState::Dead;
    let value = (!dead).then(|| next.state.name().as_bytes().into());
    Record {
        id: RecordId(0),
        key: Some(next.id.as_bytes().into()),
        value,
        timestamp: next.updated,
        internal: Some(Internal::Transaction(next.clone().into())),
    }
}
