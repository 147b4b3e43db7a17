//! Markers on their way: one job for each transaction whose outcome is decided (`TransactionMarkerChannelManager`).

use crate::kafka::mutant::{self, Mutant};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::coordinator::home;
use super::writes::Then;
use super::{Addressed, Coordinator, TransactionHost};
use crate::engine::{Micros, NodeId};
use crate::kafka::{
    ErrorCode, Marker, Outcome, Partition, ProducerEpoch, ProducerId, TransactionMarker, TransactionState,
};

/// After how long a marker that could not be written is tried again.
const RETRY: Micros = Micros::ms(100);

/// The markers of one transaction.
#[derive(Clone, Debug)]
struct Job {
    pid: ProducerId,
    epoch: ProducerEpoch,
    marker: Marker,
    /// Partitions whose leader is to be told.
    waiting: BTreeSet<Partition>,
    /// Partitions whose leader was told and has not answered.
    told: BTreeSet<Partition>,
}

/// All jobs, by transactional id.
#[derive(Clone, Debug, Default)]
pub(super) struct Markers {
    jobs: BTreeMap<Arc<str>, Job>,
    retry_at: Option<Micros>,
}

impl Markers {
    pub fn forget(&mut self, id: &str) {
        self.jobs.remove(id);
    }

    pub const fn retry_at(&self) -> Option<Micros> {
        self.retry_at
    }

    fn later(&mut self, now: Micros) {
        self.retry_at.get_or_insert(now + RETRY);
    }

    /// All markers of this one are written, but that could not be logged.
    pub fn complete_later(&mut self, id: &Arc<str>, now: Micros) {
        if self.jobs.contains_key(id) {
            self.later(now);
        }
    }
}

impl Coordinator {
    /// The outcome of a transaction is decided: tells the leaders of its partitions.
    pub(super) fn finish(&mut self, host: &mut dyn TransactionHost, id: &Arc<str>) {
        let shelf = home(host, id).and_then(|partition| self.shelves.get(&partition));
        let (Some(known), Some(shelf)) = (self.known.get_mut(id), shelf) else { return };
        let Some(outcome) = known.stored.outcome() else { return };
        known.pending = Some(match outcome {
            Outcome::Commit => TransactionState::CompleteCommit,
            Outcome::Abort => TransactionState::CompleteAbort,
        });
        let job = Job {
            pid: known.stored.pid,
            epoch: known.stored.epoch,
            marker: Marker { outcome, coordinator_epoch: shelf.epoch.0 },
            waiting: known.stored.partitions.clone(),
            told: BTreeSet::new(),
        };
        self.markers.jobs.insert(Arc::clone(id), job);
        self.send_markers(host);
    }

    /// Sends every marker that waits, one request a broker; a partition that is gone needs none. Transactions that have nothing left are
    /// complete.
    pub(super) fn send_markers(&mut self, host: &mut dyn TransactionHost) {
        self.markers.retry_at = None;
        let (image, now) = (host.image(), host.now());
        let mut letters: BTreeMap<NodeId, Vec<Addressed>> = BTreeMap::new();
        let mut leaderless = false;
        for (id, job) in &mut self.markers.jobs {
            let mut by_leader: BTreeMap<NodeId, Vec<Partition>> = BTreeMap::new();
            for p in std::mem::take(&mut job.waiting) {
                match image.partition(p).map(|state| state.leader) {
                    Some(Some(leader)) => {
                        job.told.insert(p);
                        by_leader.entry(leader).or_default().push(p);
                    }
                    Some(None) => {
                        job.waiting.insert(p);
                    }
                    None => {}
                }
            }
            leaderless |= !job.waiting.is_empty();
            for (leader, partitions) in by_leader {
                let marker = job.marker;
                let outcome = match marker.outcome {
                    Outcome::Commit if mutant::on(Mutant::MarksTheOpposite) => Outcome::Abort,
                    decided => decided,
                };
                let marker = Marker { outcome, ..marker };
                let marker = TransactionMarker { pid: job.pid, epoch: job.epoch, marker, partitions };
                letters.entry(leader).or_default().push((Arc::clone(id), marker));
            }
        }
        if leaderless {
            self.markers.later(now);
        }
        for (leader, markers) in letters {
            host.send_markers(leader, markers);
        }
        self.complete(host);
    }

    /// Logs the completion of every transaction without markers left.
    fn complete(&mut self, host: &mut dyn TransactionHost) {
        let done =
            |job: &Job| job.waiting.is_empty() && (job.told.is_empty() || mutant::on(Mutant::CompletesEarly));
        let finished: Vec<Arc<str>> =
            self.markers.jobs.iter().filter(|(_, job)| done(job)).map(|(id, _)| Arc::clone(id)).collect();
        for id in finished {
            let Some(known) = self.known.get(&id).filter(|known| known.stored.state.is_prepared()) else {
                self.markers.forget(&id);
                continue;
            };
            if self.writes.is_completing(&id) {
                continue;
            }
            let next = known.stored.completed(host.now());
            self.log(host, next, Then::Complete);
        }
    }

    /// What became of a WriteTxnMarkers: the answer, or none if it was lost.
    pub fn on_markers(
        &mut self,
        host: &mut dyn TransactionHost,
        sent: &[Addressed],
        results: Option<&[(ProducerId, Partition, ErrorCode)]>,
    ) {
        for (id, told) in sent {
            let same =
                |job: &&mut Job| (job.pid, job.epoch, job.marker) == (told.pid, told.epoch, told.marker);
            let Some(job) = self.markers.jobs.get_mut(id).filter(same) else { continue };
            for p in &told.partitions {
                let found = results.map(|all| {
                    all.iter().find(|(pid, at, _)| (*pid, at) == (told.pid, p)).map(|(_, _, e)| *e)
                });
                match found.flatten() {
                    Some(ErrorCode::None) => {
                        job.told.remove(p);
                    }
                    Some(ErrorCode::InvalidProducerEpoch | ErrorCode::TransactionCoordinatorFenced) => {
                        // somebody newer looks after this transaction
                        self.markers.forget(id);
                        break;
                    }
                    _ => {
                        job.told.remove(p);
                        job.waiting.insert(*p);
                        self.markers.retry_at.get_or_insert(host.now() + RETRY);
                    }
                }
            }
        }
        self.complete(host);
        self.wake(host);
    }
}
