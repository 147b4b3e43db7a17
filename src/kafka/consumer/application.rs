//! The application around the client: the loop of `drive = "auto"`, and commands.
//!
//! ```text
//!   auto:    poll() ──records──▶ work on each ──▶ (enable.auto.commit=false: commitSync()) ──▶ poll() …
//!   manual:  one command at a time; a command that comes while another one runs waits for it
//! ```
//!
//! | command | what the application does | when it is over |
//! |---|---|---|
//! | `poll` | one `poll()`: waits for positions, then one second for records | with what it got |
//! | `work` | works on everything polled | after `work` µs a record |
//! | `commit` | `commitSync()` of its positions | with the answer, retries included |
//! | `cycle` | `poll`, `work`, `commit` | |
//! | `hang` | nothing, not even polling in time; forgets work and commands that wait | with the next command |
//! | `acknowledge` | (share consumers) says how it is done with records that it has | at once |
//! | `seek` | moves a position at once; before an assignment it waits for it | at once |
//! | `stop` | `close()`, after what is under way (a batch is worked to its end) | the process ends |
//!
//! A command that makes no sense (a `poll` to an automatic consumer, a `seek` in somebody else's partition)
//! is `INVALID_REQUEST`.

use std::collections::VecDeque;

use super::{Consumer, Place, Purpose};
use crate::engine::Micros;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Command, Cx, ErrorCode, MoveWhy, Note, Offset, Partition, RecordId, Timer};

/// How long a `poll` command waits for records.
const POLL_TIMEOUT: Micros = Micros::secs(1);

/// Commands that may wait; more are refused.
const MOST_COMMANDS: usize = 64;

/// What the application is in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Doing {
    /// Between calls (manual).
    #[default]
    Idle,
    /// In poll(). Manual: until then, once the clock of that poll runs.
    Polling { until: Option<Micros> },
    /// On the first of the polled records.
    Working,
    /// In commitSync(), until then at most.
    Committing { until: Micros },
    /// Stuck.
    Hung,
    /// A call threw an error that ended the loop (automatic).
    Failed,
    /// In close().
    Closing,
}

/// A record in the application's hands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Polled {
    pub partition: Partition,
    pub offset: Offset,
    /// The number of the poll() that returned it.
    pub poll: u64,
    pub record: RecordId,
}

/// What the application holds in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Application {
    doing: Doing,
    /// Commands that wait for their turn.
    queue: VecDeque<Command>,
    /// Polled and not worked.
    pub polled: VecDeque<Polled>,
    pub polls: u64,
    pub error: Option<ErrorCode>,
    stopping: bool,
}

impl Application {
    pub const fn in_poll(&self) -> bool {
        matches!(self.doing, Doing::Polling { .. })
    }

    pub const fn polls_in_time(&self) -> bool {
        !matches!(self.doing, Doing::Hung | Doing::Failed | Doing::Closing)
    }

    pub const fn closing(&self) -> bool {
        matches!(self.doing, Doing::Closing)
    }

    pub fn commit_too_late(&self, now: Micros) -> bool {
        matches!(self.doing, Doing::Committing { until } if until <= now)
    }

    pub fn working(&self) -> Option<RecordId> {
        let front = self.polled.front().map(|polled| polled.record);
        front.filter(|_| self.doing == Doing::Working)
    }
}

impl Consumer {
    /// The call that its application stands in: `poll`, `commit`, `close`; `work` on a record; `hung`, `failed`; none between calls.
    #[must_use]
    pub const fn doing(&self) -> &'static str {
        match self.app.doing {
            Doing::Idle => "",
            Doing::Polling { .. } => "poll",
            Doing::Working => "work",
            Doing::Committing { .. } => "commit",
            Doing::Hung => "hung",
            Doing::Failed => "failed",
            Doing::Closing => "close",
        }
    }

    /// Records polled and not worked, the one it works on first.
    pub fn in_hand(&self) -> impl Iterator<Item = (Partition, Offset, RecordId)> + '_ {
        self.app.polled.iter().map(|polled| (polled.partition, polled.offset, polled.record))
    }

    /// A command arrived.
    pub fn on_command(&mut self, cx: &mut Cx<'_>, command: Command) {
        if self.app.closing() {
            return;
        }
        let hung = self.app.doing == Doing::Hung;
        if hung {
            cx.cancel_timer(Timer::PollInterval);
            self.app.doing = Doing::Idle;
        }
        let manual = self.spec.manual;
        match command {
            Command::Stop => self.app.stopping = true,
            Command::Acknowledge(how, record) if manual && self.spec.share => {
                self.acknowledge(cx, how, record)
            }
            Command::Seek(..) if self.spec.share => self.refuse_call(cx, ErrorCode::InvalidRequest),
            Command::Seek(partition, to) => self.seek(cx, partition, to),
            Command::Hang if manual => {
                self.app.doing = Doing::Hung;
                self.app.queue.clear();
                cx.cancel_timer(Timer::Application);
                cx.set_timer(Timer::PollInterval, self.spec.configs.ms("max.poll.interval.ms"));
            }
            Command::Poll | Command::Work | Command::Commit | Command::Cycle
                if manual && self.app.queue.len() < MOST_COMMANDS =>
            {
                self.app.queue.push_back(command);
            }
            _ => self.refuse_call(cx, ErrorCode::InvalidRequest),
        }
        if hung {
            // What it calls first comes before the poll() in which it would join again.
            self.run_application(cx);
        }
        self.drive(cx);
    }

    /// A call of the application did not make sense, or failed.
    pub(super) fn refuse_call(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        self.app.error = Some(error);
        cx.note(Note::ClientError { client: cx.me(), error });
    }

    /// Lets the application go on as far as it can without time passing.
    pub(super) fn run_application(&mut self, cx: &mut Cx<'_>) {
        loop {
            let idle = !matches!(self.app.doing, Doing::Working | Doing::Committing { .. } | Doing::Closing);
            if self.app.stopping && idle {
                return self.close(cx);
            }
            let before = self.app.doing;
            match before {
                Doing::Polling { until } => self.poll(cx, until),
                Doing::Committing { .. } if self.spec.share => self.commit_shares(cx),
                Doing::Committing { .. } => self.commit_sync(cx),
                Doing::Idle => self.next_command(cx),
                Doing::Working | Doing::Hung | Doing::Failed | Doing::Closing => {}
            }
            let more = before == Doing::Idle && !self.app.queue.is_empty();
            if self.app.doing == before && !more {
                return;
            }
        }
    }

    fn next_command(&mut self, cx: &mut Cx<'_>) {
        match self.app.queue.pop_front() {
            Some(Command::Poll) => self.enter_poll(cx),
            Some(Command::Work) => self.work(cx),
            Some(Command::Commit) => self.begin_commit(cx),
            Some(Command::Cycle) => {
                self.app.queue.push_front(Command::Commit);
                self.app.queue.push_front(Command::Work);
                self.enter_poll(cx);
            }
            _ => {}
        }
    }

    /// The application calls poll().
    pub(super) fn enter_poll(&mut self, cx: &mut Cx<'_>) {
        cx.cancel_timer(Timer::PollInterval);
        self.app.doing = Doing::Polling { until: None };
        if self.spec.share {
            self.settle_shares();
        }
    }

    /// In poll(): returns with records if there are any.
    fn poll(&mut self, cx: &mut Cx<'_>, until: Option<Micros>) {
        let error = self.client.fatal.or_else(|| self.misplaced()).or_else(|| self.unacknowledged());
        if let Some(error) = error {
            self.app.polls += 1;
            self.app.doing = if self.spec.manual { Doing::Idle } else { Doing::Failed };
            if !self.spec.manual {
                cx.set_timer(Timer::PollInterval, self.spec.configs.ms("max.poll.interval.ms"));
            }
            return self.refuse_call(cx, error);
        }
        self.advance_membership(cx); // a poll() begins with the group (`ConsumerCoordinator.poll`)
        if self.spec.share && self.has_shares() {
            let polled = self.deliver_shares(cx);
            self.app.polled.extend(polled);
            return self.poll_returned(cx);
        }
        if self.may_read() && self.has_completed() {
            return self.deliver(cx);
        }
        if !self.spec.manual {
            return;
        }
        let placed = || self.client.slots.values().all(|slot| slot.position().is_some());
        let settled = self.may_read() && (self.spec.share || placed());
        match until {
            None if settled => {
                cx.set_timer(Timer::Application, POLL_TIMEOUT);
                self.app.doing = Doing::Polling { until: Some(cx.now() + POLL_TIMEOUT) };
            }
            Some(until) if until <= cx.now() => {
                self.app.polls += 1;
                self.app.doing = Doing::Idle;
            }
            _ => {}
        }
    }

    /// Hands over at most max.poll.records, first what was fetched first. The positions move, and the next
    /// fetches leave before poll() returns.
    fn deliver(&mut self, cx: &mut Cx<'_>) {
        let (consumer, poll) = (cx.me(), self.app.polls + 1);
        let mut room = usize::try_from(self.spec.configs.int("max.poll.records")).unwrap_or(usize::MAX);
        while room > 0 {
            if !self.has_completed() {
                break;
            }
            let Some(fetched) = self.client.completed.front_mut() else { break };
            let partition = fetched.partition;
            let mut last = None;
            while let Some((offset, epoch, record)) = fetched.records.pop_front() {
                cx.note(Note::Delivered { consumer, record, partition, offset });
                self.app.polled.push_back(Polled { partition, offset, poll, record });
                last = Some((offset.plus(1), epoch));
                room -= 1;
                if room == 0 {
                    break;
                }
            }
            if fetched.records.is_empty() {
                // markers and aborted records behind the last one are passed, too
                last = last.map(|(_, epoch)| (fetched.end, epoch));
                self.client.completed.pop_front();
            }
            if let (Some((to, epoch)), Some(slot)) = (last, self.client.slots.get_mut(&partition)) {
                if !mutant::on(Mutant::ForgetsPosition) {
                    slot.place = Place::At(to);
                }
                slot.epoch = epoch;
                cx.note(Note::PositionMoved { consumer, partition, to, why: MoveWhy::Delivered });
            }
        }
        self.send_fetches(cx);
        self.poll_returned(cx);
    }

    /// poll() returned records.
    fn poll_returned(&mut self, cx: &mut Cx<'_>) {
        self.app.polls += 1;
        self.app.error = None;
        cx.cancel_timer(Timer::Application);
        if self.spec.manual {
            self.app.doing = Doing::Idle;
        } else {
            cx.set_timer(Timer::PollInterval, self.spec.configs.ms("max.poll.interval.ms"));
            self.work(cx);
        }
    }

    /// Works on what was polled, one record after the other.
    fn work(&mut self, cx: &mut Cx<'_>) {
        if self.app.polled.is_empty() {
            self.app.doing = Doing::Idle;
        } else {
            self.app.doing = Doing::Working;
            cx.set_timer(Timer::Application, self.spec.work);
        }
    }

    /// The application's timer: a record is worked, or a poll has waited long enough.
    pub(super) fn application_goes_on(&mut self, cx: &mut Cx<'_>) {
        if self.app.doing != Doing::Working {
            return;
        }
        if let Some(polled) = self.app.polled.pop_front() {
            cx.note(Note::Worked { consumer: cx.me(), record: polled.record });
            self.accept_worked(&polled);
        }
        if !self.app.polled.is_empty() {
            cx.set_timer(Timer::Application, self.spec.work);
        } else if self.spec.manual {
            self.app.doing = Doing::Idle;
        } else if self.commits_by_itself() {
            self.enter_poll(cx);
        } else {
            self.begin_commit(cx);
        }
    }

    /// Whether the application leaves it to its client to say what it is done with.
    fn commits_by_itself(&self) -> bool {
        let name = if self.spec.share { "share.acknowledgement.mode" } else { "enable.auto.commit" };
        matches!(self.spec.configs.get(name), "true" | "implicit")
    }

    fn begin_commit(&mut self, cx: &Cx<'_>) {
        if self.spec.share {
            self.settle_shares();
        }
        let until = cx.now() + self.spec.configs.ms("default.api.timeout.ms");
        self.app.doing = Doing::Committing { until };
    }

    /// commitSync() returns, or throws.
    pub(super) fn commit_returned(&mut self, cx: &mut Cx<'_>, error: Option<ErrorCode>) {
        if !matches!(self.app.doing, Doing::Committing { .. }) {
            return; // it was told to hang meanwhile
        }
        self.app.error = error;
        if self.spec.manual {
            self.app.doing = Doing::Idle;
        } else {
            self.enter_poll(cx);
        }
    }

    /// A seek() gave a position to a loop that had ended without one.
    pub(super) fn resume_after_seek(&mut self, cx: &mut Cx<'_>) {
        if self.app.doing == Doing::Failed && self.misplaced().is_none() && self.client.fatal.is_none() {
            self.app.error = None;
            self.enter_poll(cx);
        }
    }

    /// close(): commits if that is automatic, leaves the group, ends.
    fn close(&mut self, cx: &mut Cx<'_>) {
        self.app.doing = Doing::Closing;
        if !self.close_shares(cx) && !self.send_auto_commit(cx, Purpose::Close) {
            self.leave_and_exit(cx);
        }
    }

    pub(super) fn leave_and_exit(&mut self, cx: &mut Cx<'_>) {
        if !self.leave(cx) {
            cx.exit();
        }
    }
}
