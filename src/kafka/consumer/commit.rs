//! Commits: automatic ones, commitSync(), and those before giving up or closing.

use super::application::Polled;
use super::protocol::worth_another;
use super::{Ask, Consumer, Purpose};
use crate::engine::Micros;
use crate::kafka::client::COORDINATOR;
use crate::kafka::{Body, Cx, ErrorCode, LeaderEpoch, Note, OFFSET_COMMIT_VERSION, Offset, Partition, Timer};

type Offsets = Vec<(Partition, Offset, LeaderEpoch)>;

impl Consumer {
    /// Next offset to read of each partition, as an application reads them from position() to make them part of a transaction.
    #[must_use]
    pub fn consumed(&self) -> Vec<(Partition, Offset, LeaderEpoch)> {
        self.positions()
    }

    /// Positions as commitSync() sends them.
    fn positions(&self) -> Offsets {
        let slots = self.client.slots.iter();
        slots.filter_map(|(p, slot)| Some((*p, slot.position()?, slot.epoch))).collect()
    }

    /// Whether librdkafka counts a record as done when it hands it over (`enable.auto.offset.store`).
    fn stores_at_once(&self) -> bool {
        self.spec.configs.on("enable.auto.offset.store")
    }

    /// The first record of a partition that the application has and is not done with. With librdkafka it says itself when it is
    /// (`store_offsets()`, after its work); to Java everything that an earlier poll() returned is done.
    fn open_at(&self, p: Partition) -> Option<Offset> {
        let open = |polled: &&Polled| self.librdkafka() || polled.poll == self.app.polls;
        self.app
            .polled
            .iter()
            .find(|polled| polled.partition == p && open(polled))
            .map(|polled| polled.offset)
    }

    /// What commitSync() without arguments sends: all positions; with librdkafka what is stored.
    fn for_commit(&self) -> Offsets {
        let mut offsets = self.positions();
        if self.librdkafka() && !self.stores_at_once() {
            for (partition, offset, _) in &mut offsets {
                *offset = self.open_at(*partition).unwrap_or(*offset);
            }
        }
        offsets
    }

    /// What the application sees of a commit that failed: Java's exceptions.
    fn thrown(&self, error: ErrorCode) -> ErrorCode {
        match error {
            _ if self.librdkafka() => error,
            ErrorCode::IllegalGeneration | ErrorCode::UnknownMemberId => ErrorCode::CommitFailed,
            ErrorCode::RebalanceInProgress => ErrorCode::RebalanceUnderWay,
            error => error,
        }
    }

    /// Positions that the application is done with and that are not committed yet.
    fn done(&self, purpose: Purpose) -> Offsets {
        let whole = if self.librdkafka() { self.stores_at_once() } else { purpose == Purpose::Close };
        let mut offsets = self.positions();
        for (partition, offset, _) in &mut offsets {
            *offset = self.open_at(*partition).filter(|_| !whole).unwrap_or(*offset);
        }
        offsets
            .retain(|(p, offset, _)| self.client.slots.get(p).is_some_and(|slot| slot.committed != *offset));
        offsets
    }

    /// Sends what enable.auto.commit is to commit now. False: there is nothing to send, or nobody to send
    /// it to.
    pub(super) fn send_auto_commit(&mut self, cx: &mut Cx<'_>, purpose: Purpose) -> bool {
        if !self.spec.configs.on("enable.auto.commit") {
            return false;
        }
        let offsets = self.done(purpose);
        !offsets.is_empty() && self.send_commit(cx, purpose, offsets)
    }

    fn send_commit(&mut self, cx: &mut Cx<'_>, purpose: Purpose, offsets: Offsets) -> bool {
        let (Some(to), Ok(())) = (self.client.coordinator, self.may_commit()) else { return false };
        let (member, generation) = self.credentials();
        let body = Body::OffsetCommit {
            group: self.spec.group,
            version: OFFSET_COMMIT_VERSION,
            member,
            instance: self.instance(),
            generation,
            offsets: offsets.clone(),
        };
        self.ask(cx, to, COORDINATOR, false, body, Ask::Commit(purpose, offsets));
        true
    }

    /// Commits by itself when auto.commit.interval.ms has passed: Java only inside poll(), librdkafka at
    /// any time.
    pub(super) fn auto_commit(&mut self, cx: &mut Cx<'_>) {
        let may = self.librdkafka() || self.polling();
        let on = self.spec.configs.on("enable.auto.commit") && !self.client.groupless;
        if !may || !on || !self.may_read() {
            return;
        }
        let (now, interval) = (cx.now(), self.spec.configs.ms("auto.commit.interval.ms"));
        if self.done(Purpose::Auto).is_empty() {
            // ticks without anything to do
            let late = now.since(self.client.auto_due).0;
            if self.client.auto_due <= now
                && let Some(ticks) = late.checked_div(interval.0)
            {
                self.client.auto_due += Micros(interval.0 * (ticks + 1));
            }
        } else if now < self.client.auto_due {
            if !cx.timer_armed(Timer::AutoCommit) {
                cx.set_timer(Timer::AutoCommit, self.client.auto_due.since(now));
            }
        } else if !self.asking(|ask| matches!(ask, Ask::Commit(..)))
            && self.send_auto_commit(cx, Purpose::Auto)
        {
            self.client.auto_due = now + interval;
        }
    }

    /// commitSync(): sent once it can be; refused without asking while the member has no generation to
    /// speak for.
    pub(super) fn commit_sync(&mut self, cx: &mut Cx<'_>) {
        if self.asking(|ask| matches!(ask, Ask::Commit(Purpose::Sync, _))) {
            return;
        }
        if let Err(error) = self.may_commit() {
            // Nothing is sent: the client knows that it is no member in good standing.
            let error = self.thrown(error);
            cx.note(Note::CommitRefused { consumer: cx.me(), error });
            return self.commit_returned(cx, Some(error));
        }
        let offsets = self.for_commit();
        if offsets.is_empty() {
            return self.commit_returned(cx, None);
        }
        if self.app.commit_too_late(cx.now()) {
            let error = ErrorCode::RequestTimedOut;
            cx.note(Note::CommitRefused { consumer: cx.me(), error });
            return self.commit_returned(cx, Some(error));
        }
        if self.client.coordinator.is_some() && self.client.backoffs.commit.ready(cx) {
            self.send_commit(cx, Purpose::Sync, offsets);
        }
    }

    pub(super) fn on_committed(
        &mut self,
        cx: &mut Cx<'_>,
        purpose: Purpose,
        offsets: &[(Partition, Offset, LeaderEpoch)],
        error: Option<ErrorCode>,
    ) {
        self.coordinator_gone(cx, error.unwrap_or_default());
        match error {
            None => {
                for (partition, offset, _) in offsets {
                    if let Some(slot) = self.client.slots.get_mut(partition) {
                        slot.committed = *offset;
                    }
                }
            }
            Some(error) => self.hear_commit(cx, error),
        }
        let again = error.is_some_and(worth_another);
        if again && purpose == Purpose::Revoke {
            self.client.backoffs.commit.rest(cx, &self.spec.configs);
        } else if again {
            self.client.backoffs.commit.fail(cx, &self.spec.configs);
        } else {
            self.client.backoffs.commit.reset();
        }
        match purpose {
            Purpose::Sync if again => {} // tried again as long as default.api.timeout.ms allows
            Purpose::Sync => {
                if let Some(error) = error {
                    cx.note(Note::CommitRefused { consumer: cx.me(), error });
                }
                self.commit_returned(cx, error.map(|error| self.thrown(error)));
            }
            Purpose::Close => self.leave_and_exit(cx),
            Purpose::Auto | Purpose::Revoke => {
                if let Some(error) = error {
                    cx.note(Note::CommitRefused { consumer: cx.me(), error });
                }
                if again && purpose == Purpose::Auto {
                    self.client.auto_due = cx.now() + self.spec.configs.ms("retry.backoff.ms");
                }
                if purpose == Purpose::Revoke {
                    self.revocation_committed(cx, error);
                }
            }
        }
    }
}
