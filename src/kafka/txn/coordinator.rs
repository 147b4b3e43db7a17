//! The transaction coordinator of a broker: the transactional ids whose partition of `__transaction_state` it leads, and their requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::markers::Markers;
use super::writes::{Then, Writes};
use super::{End, Init, Transaction, TransactionHost, TransactionRecord, Version, refusal};
use crate::engine::{Conn, Envelope, Micros, NodeId};
use crate::kafka::internal::{CoordinatorHost, InternalTopic, LOADING, Parked};
use crate::kafka::{
    Body, ErrorCode, InitTransaction, LeaderEpoch, Partition, ProducerEpoch, ProducerId, TransactionState,
};

/// A partition of `__transaction_state` that this broker leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shelf {
    /// Its leader epoch: the coordinator epoch of everything in it.
    pub epoch: LeaderEpoch,
    /// When its log has been read; none = it has.
    pub ready_at: Option<Micros>,
}

/// The transaction coordinator inside a broker. All of it is in memory: a restarted broker begins with an empty one and loads.
#[derive(Clone, Debug, Default)]
pub struct Coordinator {
    pub(super) shelves: BTreeMap<u32, Shelf>,
    pub(super) known: BTreeMap<Arc<str>, Transaction>,
    pub(super) writes: Writes,
    pub(super) markers: Markers,
    /// When the broker started: its periodic checks count from there.
    pub(super) since: Micros,
}

impl Coordinator {
    /// A coordinator of a broker that starts now.
    #[must_use]
    pub fn starting(now: Micros) -> Self {
        Self { since: now, ..Self::default() }
    }

    /// This broker leads `__transaction_state`-`partition` now, in this epoch: reads its log.
    pub fn load(&mut self, host: &mut dyn TransactionHost, partition: u32, epoch: LeaderEpoch) {
        self.unload(host, partition);
        let ready_at = Some(host.now() + LOADING);
        self.shelves.insert(partition, Shelf { epoch, ready_at });
        self.wake(host);
    }

    /// This broker does not lead `__transaction_state`-`partition` any more: forgets its ids, and sends away who waits.
    pub fn unload(&mut self, host: &mut dyn TransactionHost, partition: u32) {
        if self.shelves.remove(&partition).is_none() {
            return;
        }
        let moved: Vec<Arc<str>> =
            self.known.keys().filter(|id| home(host, id) == Some(partition)).cloned().collect();
        for id in moved {
            self.known.remove(&id);
            self.markers.forget(&id);
        }
        for parked in self.writes.forget(partition) {
            parked.refuse(host, ErrorCode::NotCoordinator);
        }
        self.wake(host);
    }

    /// An InitProducerId with a transactional id, AddPartitionsToTxn, AddOffsetsToTxn or EndTxn arrived; other bodies are ignored.
    pub fn on_request(&mut self, host: &mut dyn TransactionHost, envelope: &Envelope<Body>) {
        let parked = Parked { conn: Some(envelope.conn), request: envelope.id };
        if let Err(error) = self.handle(host, parked, envelope) {
            host.answer(envelope.conn, envelope.id, false, refusal(&envelope.body, error));
        }
        self.wake(host);
    }

    fn handle(
        &mut self,
        host: &mut dyn TransactionHost,
        parked: Parked,
        envelope: &Envelope<Body>,
    ) -> Result<(), ErrorCode> {
        match &envelope.body {
            Body::InitProducerId { transaction: Some(asked) } => {
                self.init(host, parked, envelope.from, asked)
            }
            Body::AddPartitionsToTxn { id, pid, epoch, partitions, verify_only: true, .. } => {
                self.verify(host, parked, id, (*pid, *epoch), partitions)
            }
            Body::AddPartitionsToTxn { id, pid, epoch, partitions, version, .. } => {
                let then = Then::Partitions(parked, partitions.clone());
                self.add(host, id, (*pid, *epoch), partitions, *version, then)
            }
            Body::AddOffsetsToTxn { id, pid, epoch, group } => {
                let names = host.names();
                let (topic, index) = InternalTopic::Offsets
                    .home(&names, &host.image(), names.group(*group))
                    .ok_or(ErrorCode::CoordinatorNotAvailable)?;
                let offsets = [Partition { topic, index }];
                self.add(host, id, (*pid, *epoch), &offsets, Version::One, Then::Offsets(parked))
            }
            Body::EndTxn { id, pid, epoch, outcome, version } => {
                let end = End { pid: *pid, epoch: *epoch, outcome: *outcome, version: *version };
                self.end(host, parked, id, end)
            }
            _ => Ok(()),
        }
    }

    /// Whether this broker coordinates the id and has read its partition.
    fn ready(&self, host: &dyn TransactionHost, id: &str) -> Result<(), ErrorCode> {
        let shelf = home(host, id).and_then(|partition| self.shelves.get(&partition));
        match shelf {
            None => Err(ErrorCode::NotCoordinator),
            Some(Shelf { ready_at: Some(_), .. }) => Err(ErrorCode::CoordinatorLoadInProgress),
            Some(_) => Ok(()),
        }
    }

    fn find(&self, host: &dyn TransactionHost, id: &str) -> Result<&Transaction, ErrorCode> {
        self.ready(host, id)?;
        self.known.get(id).ok_or(ErrorCode::InvalidProducerIdMapping)
    }

    fn init(
        &mut self,
        host: &mut dyn TransactionHost,
        parked: Parked,
        client: NodeId,
        asked: &InitTransaction,
    ) -> Result<(), ErrorCode> {
        if asked.id.is_empty() {
            return Err(ErrorCode::InvalidRequest);
        }
        let longest = u64::try_from(host.setting("transaction.max.timeout.ms")).unwrap_or(0);
        if asked.timeout == Micros::ZERO || asked.timeout.as_ms() > longest {
            return Err(ErrorCode::InvalidTransactionTimeout);
        }
        self.ready(host, &asked.id)?;
        let now = host.now();
        if !self.known.contains_key(&asked.id) {
            let pid = host.new_producer_id()?;
            let version = Version::of_level(host.setting("transaction.version"));
            let fresh = TransactionRecord::new(Arc::clone(&asked.id), client, pid, asked.timeout, now);
            let fresh = Transaction::new(TransactionRecord { version, ..fresh });
            self.known.insert(Arc::clone(&asked.id), fresh);
        }
        let known = self.known.get_mut(&asked.id).ok_or(ErrorCode::NotCoordinator)?;
        match known.init(client, asked.current, asked.timeout, now, || host.new_producer_id())? {
            Init::Ready(next) => self.log(host, next, Then::Init(parked)),
            Init::Fence(next) => self.fence(host, next, Some(parked)),
        }
        Ok(())
    }

    /// Aborts an open transaction from here: the epoch is raised in memory first, so its producer is fenced whatever comes.
    pub(super) fn fence(
        &mut self,
        host: &mut dyn TransactionHost,
        next: TransactionRecord,
        parked: Option<Parked>,
    ) {
        if let Some(known) = self.known.get_mut(&next.id) {
            (known.stored.epoch, known.stored.last_epoch) = (next.epoch, next.last_epoch);
        }
        self.log(host, next, Then::Fence(parked));
    }

    fn verify(
        &self,
        host: &mut dyn TransactionHost,
        parked: Parked,
        id: &str,
        (pid, epoch): (ProducerId, ProducerEpoch),
        partitions: &[Partition],
    ) -> Result<(), ErrorCode> {
        let known = self.find(host, id)?;
        let results = partitions.iter().map(|p| (*p, known.verify(pid, epoch, *p))).collect();
        parked.answer(host, Body::PartitionsAddedToTxn { results });
        Ok(())
    }

    fn add(
        &mut self,
        host: &mut dyn TransactionHost,
        id: &str,
        (pid, epoch): (ProducerId, ProducerEpoch),
        partitions: &[Partition],
        version: Version,
        then: Then,
    ) -> Result<(), ErrorCode> {
        let known = self.find(host, id)?;
        match known.add_partitions(pid, epoch, partitions, version, host.now())? {
            Some(next) => self.log(host, next, then),
            None => then.answer(host, &known.stored, ErrorCode::None),
        }
        Ok(())
    }

    fn end(
        &mut self,
        host: &mut dyn TransactionHost,
        parked: Parked,
        id: &str,
        end: End,
    ) -> Result<(), ErrorCode> {
        let now = host.now();
        let next = self.find(host, id)?.end(end, now, || host.new_producer_id())?;
        match next {
            Some(next) => self.log(host, next, Then::End(parked)),
            None => {
                let stored = self.find(host, id)?.stored.clone();
                Then::End(parked).answer(host, &stored, ErrorCode::None);
            }
        }
        Ok(())
    }

    /// A client hung up: answers that waited for it are not sent.
    pub fn on_disconnect(&mut self, conn: Conn) {
        self.writes.hung_up(conn);
    }

    // ---- reading ----

    /// Transactional ids of this coordinator, in order.
    pub fn transactions(&self) -> impl Iterator<Item = &Transaction> {
        self.known.values()
    }

    /// One transactional id.
    #[must_use]
    pub fn transaction(&self, id: &str) -> Option<&Transaction> {
        self.known.get(id)
    }

    /// Whether this broker coordinates the ids of that partition of `__transaction_state` and has read it.
    #[must_use]
    pub fn has_loaded(&self, partition: u32) -> bool {
        self.shelves.get(&partition).is_some_and(|shelf| shelf.ready_at.is_none())
    }

    /// Whether something is being written: a record of a state, or a marker.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.known.values().any(|known| known.pending.is_some() || known.stored.state.is_prepared())
    }

    /// Whether a producer id's transaction is open or being finished here.
    #[must_use]
    pub fn has_open(&self, pid: ProducerId) -> bool {
        let open = |known: &Transaction| {
            known.stored.state == TransactionState::Ongoing || known.stored.state.is_prepared()
        };
        self.known.values().any(|known| known.stored.pid == pid && open(known))
    }
}

/// The partition of `__transaction_state` that a transactional id lives in, as this broker sees the cluster.
pub(super) fn home(host: &dyn TransactionHost, id: &str) -> Option<u32> {
    InternalTopic::Transactions.home(&host.names(), &host.image(), id).map(|(_, partition)| partition)
}

impl Parked {
    /// Answers unless the connection is gone.
    pub fn answer(self, host: &mut (impl CoordinatorHost + ?Sized), body: Body) {
        if let Some(conn) = self.conn {
            host.answer(conn, self.request, false, body);
        }
    }
}
