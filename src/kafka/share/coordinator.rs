//! The share coordinator of a broker: the share-partitions whose partition of `__share_group_state` it leads (`ShareCoordinatorShard`).

use std::collections::BTreeMap;

use super::super::internal::{CoordinatorHost, InternalTopic, LOADING, Parked, as_coordinator_error};
use super::super::{Body, ErrorCode, Internal, LeaderEpoch, Record, RecordId};
use super::{ShareRecord, ShareState, StateKey};
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
    /// Whether all that `__share_group_state`-`partition` has here is replicated. If not, the broker calls
    /// [`ShareCoordinator::on_written`] with this token once it is (or failed, or timed out).
    fn is_replicated(&mut self, partition: u32, token: u64) -> bool;
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

/// A request whose answer waits until what it speaks of is replicated.
#[derive(Clone, Debug)]
struct Waiting {
    partition: u32,
    parked: Parked,
    asked: Asked,
}

/// What is answered.
#[derive(Clone, Debug)]
enum Asked {
    Read(ShareState),
    Write,
}

/// The share coordinator inside a broker. All of it is in memory: a restarted broker begins with an empty one and loads.
#[derive(Clone, Debug, Default)]
pub struct ShareCoordinator {
    /// Partitions of `__share_group_state` that this broker leads; with a time: until then their log is being read.
    shelves: BTreeMap<u32, Option<Micros>>,
    known: BTreeMap<StateKey, Known>,
    waiting: BTreeMap<u64, Waiting>,
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
            std::mem::take(&mut self.waiting).into_iter().partition(|(_, one)| one.partition == partition);
        self.waiting = kept;
        for one in over.into_values() {
            one.parked.answer(host, one.asked.body(ErrorCode::NotCoordinator));
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
        let (answer, asked) = match &envelope.body {
            Body::ReadShareGroupState { key, leader_epoch } => {
                let state = self.state(*key).cloned().unwrap_or_default();
                (self.read(host, *key, *leader_epoch), Asked::Read(state))
            }
            Body::WriteShareGroupState { key, update } => {
                (self.write(host, *key, update).map(Some), Asked::Write)
            }
            _ => return,
        };
        match answer {
            Ok(Some((partition, token))) => {
                drop(self.waiting.insert(token, Waiting { partition, parked, asked }))
            }
            Ok(None) => parked.answer(host, asked.body(ErrorCode::None)),
            Err(error) => parked.answer(host, asked.body(error)),
        }
    }

    /// Where a share-partition lives, if this broker coordinates it and has read its log.
    fn check(&self, host: &dyn ShareHost, key: StateKey) -> Result<u32, ErrorCode> {
        let partition = home(host, key).ok_or(ErrorCode::CoordinatorNotAvailable)?;
        match self.shelves.get(&partition) {
            None => Err(ErrorCode::NotCoordinator),
            Some(Some(_)) => Err(ErrorCode::CoordinatorLoadInProgress),
            Some(None) => Ok(partition),
        }
    }

    /// A new leader of a share-partition reads what is stored. That it leads is written first: from then on an older one may not write
    /// (`ShareCoordinatorShard.readStateAndMaybeUpdateLeaderEpoch`). Says what the answer waits for.
    fn read(
        &mut self,
        host: &mut dyn ShareHost,
        key: StateKey,
        leader_epoch: LeaderEpoch,
    ) -> Result<Option<(u32, u64)>, ErrorCode> {
        let partition = self.check(host, key)?;
        let state = self.state(key).cloned().unwrap_or_default();
        if state.leader_epoch != leader_epoch {
            let update = ShareState { leader_epoch, start: state.start, batches: Vec::new() };
            return self.write(host, key, &update).map(Some);
        }
        let token = self.token();
        Ok((!host.is_replicated(partition, token)).then_some((partition, token)))
    }

    fn write(
        &mut self,
        host: &mut dyn ShareHost,
        key: StateKey,
        update: &ShareState,
    ) -> Result<(u32, u64), ErrorCode> {
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
        let token = self.token();
        host.append(partition, stored, token).map_err(as_coordinator_error)?;
        // memory follows the log at once, as in Kafka's coordinators
        self.take_in(&record);
        Ok((partition, token))
    }

    fn token(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// What an answer waits for is replicated, or failed.
    pub fn on_written(&mut self, host: &mut dyn ShareHost, token: u64, written: Result<(), ErrorCode>) {
        let Some(one) = self.waiting.remove(&token) else { return };
        let error = written.map_or_else(as_coordinator_error, |()| ErrorCode::None);
        one.parked.answer(host, one.asked.body(error));
    }

    /// A client hung up: answers that waited for it are not sent.
    pub fn on_disconnect(&mut self, conn: Conn) {
        let parked = self.waiting.values_mut().map(|one| &mut one.parked);
        parked.filter(|parked| parked.conn == Some(conn)).for_each(|parked| parked.conn = None);
    }

    /// Whether this broker coordinates what lives in that partition of `__share_group_state`, and has read it.
    #[must_use]
    pub fn has_loaded(&self, partition: u32) -> bool {
        self.shelves.get(&partition) == Some(&None)
    }

    /// Whether an answer waits for copies.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What is stored of a share-partition.
    #[must_use]
    pub fn state(&self, key: StateKey) -> Option<&ShareState> {
        self.known.get(&key).filter(|known| known.written).map(|known| &known.state)
    }
}

impl Asked {
    fn body(self, error: ErrorCode) -> Body {
        match self {
            Self::Read(_) if error != ErrorCode::None => {
                Body::ShareGroupStateRead { error, state: ShareState::default() }
            }
            Self::Read(state) => Body::ShareGroupStateRead { error, state },
            Self::Write => Body::ShareGroupStateWritten { error },
        }
    }
}

/// The partition of `__share_group_state` that a share-partition lives in, as this broker sees the cluster.
fn home(host: &dyn ShareHost, key: StateKey) -> Option<u32> {
    let names = host.names();
    InternalTopic::ShareState
        .home(&names, &host.image(), &key.of.text(&names))
        .map(|(_, partition)| partition)
}
