//! What the coordinator does by the clock: it finishes reading its log, aborts transactions that are open for too long, forgets ids that
//! nobody uses, and tries markers again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::writes::Then;
use super::{Coordinator, Transaction, TransactionHost, TransactionRecord};
use crate::engine::Micros;
use crate::kafka::{Internal, Note, TransactionState};

/// How often ids that nobody uses are looked for.
const EXPIRY_CHECK: Micros = Micros::secs(3600);

impl Coordinator {
    /// The time asked for with [`TransactionHost::wake_at`] has come.
    pub fn on_timer(&mut self, host: &mut dyn TransactionHost) {
        let now = host.now();
        let read: Vec<u32> = self
            .shelves
            .iter()
            .filter(|(_, shelf)| shelf.ready_at.is_some_and(|at| at <= now))
            .map(|(partition, _)| *partition)
            .collect();
        for partition in read {
            self.take_in(host, partition);
        }
        self.abort_late(host);
        self.expire(host);
        if self.markers.retry_at().is_some_and(|at| at <= now) {
            self.send_markers(host);
        }
        self.wake(host);
    }

    /// The log of a partition has been read: its ids are known, and transactions that were being finished are finished from here.
    fn take_in(&mut self, host: &mut dyn TransactionHost, partition: u32) {
        if let Some(shelf) = self.shelves.get_mut(&partition) {
            shelf.ready_at = None;
        }
        let mut found: BTreeMap<Arc<str>, Arc<TransactionRecord>> = BTreeMap::new();
        for record in host.read(partition) {
            let Some(Internal::Transaction(stored)) = record.internal else { continue };
            if stored.state == TransactionState::Dead {
                found.remove(&stored.id);
            } else {
                found.insert(Arc::clone(&stored.id), stored);
            }
        }
        for (id, stored) in found {
            self.known.insert(Arc::clone(&id), Transaction::new((*stored).clone()));
            self.finish(host, &id);
        }
    }

    fn abort_late(&mut self, host: &mut dyn TransactionHost) {
        let now = host.now();
        if !self.on_grid(now, timeout_check(host)) {
            return;
        }
        let late: Vec<TransactionRecord> =
            self.known.values().filter(|known| known.is_late(now)).map(|known| known.fenced(now)).collect();
        for next in late {
            host.note(Note::TransactionTimedOut { client: next.client });
            self.fence(host, next, None);
        }
    }

    fn expire(&mut self, host: &mut dyn TransactionHost) {
        let (now, after) = (host.now(), expiration(host));
        if !self.on_grid(now, EXPIRY_CHECK) {
            return;
        }
        let idle = |known: &&Transaction| idle_until(known, after).is_some_and(|at| at <= now);
        let gone: Vec<TransactionRecord> =
            self.known.values().filter(idle).map(|known| known.stored.dead(now)).collect();
        for next in gone {
            self.log(host, next, Then::Expire);
        }
    }

    /// Whether a check that runs every `period` since the broker's start runs now.
    fn on_grid(&self, now: Micros, period: Micros) -> bool {
        now.since(self.since).0.is_multiple_of(period.0.max(1))
    }

    /// The first run after `at` of a check that runs every `period`.
    fn next_on_grid(&self, at: Micros, period: Micros) -> Micros {
        let runs = at.since(self.since).0 / period.0.max(1) + 1;
        self.since + Micros(runs.saturating_mul(period.0.max(1)))
    }

    /// Asks to be woken when there is something to do.
    pub(super) fn wake(&self, host: &mut dyn TransactionHost) {
        let loads = self.shelves.values().filter_map(|shelf| shelf.ready_at);
        let (period, after) = (timeout_check(host), expiration(host));
        let open = self.known.values().filter(|known| known.pending.is_none());
        // a check that finds something whose record cannot be written finds it again the next time
        let now = host.now();
        let late = open
            .clone()
            .filter_map(Transaction::deadline)
            .map(|deadline| self.next_on_grid(deadline.max(now), period));
        let idle = open
            .filter_map(|known| idle_until(known, after))
            .map(|at| self.next_on_grid(Micros(at.0.saturating_sub(1)).max(now), EXPIRY_CHECK));
        let next = loads.chain(late).chain(idle).chain(self.markers.retry_at()).min();
        host.wake_at(next);
    }
}

fn timeout_check(host: &dyn TransactionHost) -> Micros {
    setting(host, "transaction.abort.timed.out.transaction.cleanup.interval.ms")
}

fn expiration(host: &dyn TransactionHost) -> Micros {
    setting(host, "transactional.id.expiration.ms")
}

fn setting(host: &dyn TransactionHost, name: &str) -> Micros {
    Micros::ms(u64::try_from(host.setting(name)).unwrap_or(u64::MAX / 1000))
}

/// When an id that nothing happens to may be forgotten.
fn idle_until(known: &Transaction, after: Micros) -> Option<Micros> {
    let idle = known.pending.is_none() && known.stored.state.is_idle();
    idle.then(|| Micros(known.stored.updated.0.saturating_add(after.0)))
}
