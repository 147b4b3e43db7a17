//! The share coordinator of a broker: the share-partitions whose partition of `__share_group_state` it leads (`ShareCoordinatorShard`).

use std::collections::BTreeMap;

use super::super::internal::{CoordinatorHost, InternalTopic, LOADING, Parked, as_coordinator_error};
use super::super::{Body, ErrorCode, Internal, Record, RecordId};
use super::{ShareKey, ShareRecord, ShareState};
use crate::engine::{Conn, Envelope, Micros};

/// What a share coordinator may ask of the broker it lives in.
pub trait ShareHost: CoordinatorHost {
    /// All records of `__share_group_state`-`partition` as this broker has them, oldest first.
    fn read(&self, partition: u32) -> Vec<Record>;
    /// Appends to `__share_group_state`-`partition` as its leader. When the high watermark has passed it (or it failed, or timed out),
    /// the broker calls [`ShareCoordinator::on_written`] with this token.
    ///
    /// # Errors
    /// Nothing was appended: `NOT_LEADER_OR_FOLLOWER`, `NOT_ENOUGH_REPLICAS`.
    fn append(&mut self, partition: u32, record: Record, token: u64) -> Result<(), ErrorCode>;
    /// Asks for [`ShareCoordinator::on_timer`] at this time (replaces an earlier wish).
    fn wake_at(&mut self, at: Option<Micros>);
}

/// A share-partition's state, and how many updates came since it was written as a whole.
#[derive(Clone, Debug, Default)]
struct Known {
    state: ShareState,
    updates: i64,
    written: bool,
}

/// An append that is not replicated yet.
#[derive(Clone, Debug)]
struct Write {
    partition: u32,
    key: ShareKey,
    parked: Parked,
    /// Reads that came since: their answers may speak of it.
    reads: Vec<(Parked, ShareState)>,
}

/// The share coordinator inside a broker. All of it is in memory: a restarted broker begins with an empty one and loads.
#[derive(Clone, Debug, Default)]
pub struct ShareCoordinator {
    /// Partitions of `__share_group_state` that this broker leads; with a time: until then their log is being read.
    shelves: BTreeMap<u32, Option<Micros>>,
    known: BTreeMap<ShareKey, Known>,
    writes: BTreeMap<u64, Write>,
    next: u64,
}

impl ShareCoordinator {
    /// This broker leads `__share_group_state`-`partition` now and begins to read it.
    pub fn load(&mut self, host: &mut dyn ShareHost, partition: u32) {
        let until = Some(host.now() + LOADING);
        self.shelves.entry(partition).or_insert(until);
        self.wake(host);
    }

    /// This broker does not lead it any more: forgets what lives there, and sends away who waits.
    pub fn unload(&mut self, host: &mut dyn ShareHost, partition: u32) {
        if self.shelves.remove(&partition).is_none() {
            return;
        }
        self.known.retain(|key, _| home(host, *key) != Some(partition));
        let (over, kept): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.writes).into_iter().partition(|(_, write)| write.partition == partition);
        self.writes = kept;
        for write in over.into_values() {
            write.answer(host, ErrorCode::NotCoordinator);
        }
        self.wake(host);
    }

    /// A time asked for with [`ShareHost::wake_at`] has come: logs have been read.
    pub fn on_timer(&mut self, host: &mut dyn ShareHost) {
        let now = host.now();
        let due = |until: &Option<Micros>| until.is_some_and(|at| at <= now);
        let read: Vec<u32> = self.shelves.iter().filter(|(_, u)| due(u)).map(|(p, _)| *p).collect();
        for partition in read {
            self.shelves.insert(partition, None);
            for record in host.read(partition) {
                if let Some(Internal::Share(record)) = record.internal {
                    self.take_in(&record);
                }
            }
        }
        self.wake(host);
    }

    fn wake(&self, host: &mut dyn ShareHost) {
        host.wake_at(self.shelves.values().copied().flatten().min());
    }

    fn take_in(&mut self, record: &ShareRecord) {
        let known = self.known.entry(record.key).or_default();
        known.written = true;
        if record.snapshot {
            (known.state, known.updates) = (record.state.clone(), 0);
        } else {
            known.state = known.state.with(&record.state);
            known.updates += 1;
        }
    }

    /// A ReadShareGroupState or WriteShareGroupState arrived; other bodies are ignored.
    pub fn on_request(&mut self, host: &mut dyn ShareHost, envelope: &Envelope<Body>) {
        let parked = Parked { conn: Some(envelope.conn), request: envelope.id };
        match &envelope.body {
            Body::ReadShareGroupState { key, leader_epoch } => {
                let found = self.check(host, *key).map(|_| {
                    let known = self.known.entry(*key).or_default();
                    // from now on an older leader may not write
                    known.state.leader_epoch = known.state.leader_epoch.max(*leader_epoch);
                    known.state.clone()
                });
                let newest = self.writes.values_mut().rev().find(|write| write.key == *key);
                match (found, newest) {
                    (Ok(state), Some(write)) => write.reads.push((parked, state)),
                    (Ok(state), None) => parked.answer(host, read(ErrorCode::None, state)),
                    (Err(error), _) => parked.answer(host, read(error, ShareState::default())),
                }
            }
            Body::WriteShareGroupState { key, update } => {
                if let Err(error) = self.write(host, *key, update, parked) {
                    parked.answer(host, Body::ShareGroupStateWritten { error });
                }
            }
            _ => {}
        }
    }

    /// Where a share-partition lives, if this broker coordinates it and has read its log.
    fn check(&self, host: &dyn ShareHost, key: ShareKey) -> Result<u32, ErrorCode> {
        let partition = home(host, key).ok_or(ErrorCode::CoordinatorNotAvailable)?;
        match self.shelves.get(&partition) {
            None => Err(ErrorCode::NotCoordinator),
            Some(Some(_)) => Err(ErrorCode::CoordinatorLoadInProgress),
            Some(None) => Ok(partition),
        }
    }

    fn write(
        &mut self,
        host: &mut dyn ShareHost,
        key: ShareKey,
        update: &ShareState,
        parked: Parked,
    ) -> Result<(), ErrorCode> {
        let partition = self.check(host, key)?;
        let known = self.known.entry(key).or_default();
        if update.leader_epoch < known.state.leader_epoch {
            return Err(ErrorCode::FencedLeaderEpoch);
        }
        let most = host.setting("share.coordinator.snapshot.update.records.per.snapshot");
        let snapshot = !known.written || known.updates >= most;
        let state = if snapshot { known.state.with(update) } else { update.clone() };
        let record = ShareRecord { key, snapshot, state };
        let stored = Record {
            id: RecordId(0),
            key: None,
            value: None,
            timestamp: host.now(),
            internal: Some(Internal::Share(record.clone().into())),
        };
        let token = self.next;
        host.append(partition, stored, token).map_err(as_coordinator_error)?;
        self.next += 1;
        // memory follows the log at once, as in Kafka's coordinators
        self.take_in(&record);
        self.writes.insert(token, Write { partition, key, parked, reads: Vec::new() });
        Ok(())
    }

    /// An append is replicated, or failed.
    pub fn on_written(&mut self, host: &mut dyn ShareHost, token: u64, written: Result<(), ErrorCode>) {
        let Some(write) = self.writes.remove(&token) else { return };
        let error = written.map_or_else(as_coordinator_error, |()| ErrorCode::None);
        write.answer(host, error);
    }

    /// A client hung up: answers that waited for it are not sent.
    pub fn on_disconnect(&mut self, conn: Conn) {
        for write in self.writes.values_mut() {
            let reads = write.reads.iter_mut().map(|(parked, _)| parked);
            for parked in reads.chain([&mut write.parked]).filter(|parked| parked.conn == Some(conn)) {
                parked.conn = None;
            }
        }
    }

    /// Whether this broker coordinates what lives in that partition of `__share_group_state`, and has read it.
    #[must_use]
    pub fn has_loaded(&self, partition: u32) -> bool {
        self.shelves.get(&partition) == Some(&None)
    }

    /// Whether a write waits for copies.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !self.writes.is_empty()
    }

    /// What is stored of a share-partition.
    #[must_use]
    pub fn state(&self, key: ShareKey) -> Option<&ShareState> {
        self.known.get(&key).filter(|known| known.written).map(|known| &known.state)
    }
}

impl Write {
    fn answer(self, host: &mut dyn ShareHost, error: ErrorCode) {
        self.parked.answer(host, Body::ShareGroupStateWritten { error });
        for (parked, state) in self.reads {
            parked.answer(host, read(error, state));
        }
    }
}

const fn read(error: ErrorCode, state: ShareState) -> Body {
    Body::ShareGroupStateRead { error, state }
}

/// The partition of `__share_group_state` that a share-partition lives in, as this broker sees the cluster.
fn home(host: &dyn ShareHost, key: ShareKey) -> Option<u32> {
    let names = host.names();
    InternalTopic::ShareState.home(&names, &host.image(), &key.text(&names)).map(|(_, partition)| partition)
}
