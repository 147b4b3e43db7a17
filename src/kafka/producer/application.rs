//! The application's side: one thread that makes one call after the other, and gets its callbacks.
//!
//! Java: send() waits up to `max.block.ms` for metadata and memory, and callbacks run as soon as the answer is handled. librdkafka:
//! produce() never waits, it fails at once if the local queue is full; delivery reports queue up and their callbacks run inside poll() and
//! flush(), or never, if the process ends first.

use super::accumulate::Placed;
use super::{Draft, Producer, SentOffsets};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Acks, Cx, ErrorCode, Note, Offset, Outcome, RecordId, Send, Timer};

/// A call of the application.
#[derive(Clone, Debug)]
pub(super) enum Call {
    /// send(), produce().
    Send(Send, RecordId),
    /// flush().
    Flush,
    /// poll(0).
    Poll,
    /// initTransactions().
    Init,
    /// beginTransaction().
    Begin,
    /// sendOffsetsToTransaction().
    SendOffsets(SentOffsets),
    /// commitTransaction(), abortTransaction().
    End(Outcome),
    /// close(): flush, then the end.
    Close,
}

impl Call {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Send(..) => "send",
            Self::Flush => "flush",
            Self::Poll => "poll",
            Self::Init => "initTransactions",
            Self::Begin => "beginTransaction",
            Self::SendOffsets(_) => "sendOffsetsToTransaction",
            Self::End(Outcome::Commit) => "commitTransaction",
            Self::End(Outcome::Abort) => "abortTransaction",
            Self::Close => "close",
        }
    }
}

impl Call {
    /// Whether it is a call of the transactional interface that may wait.
    pub(super) const fn is_transactional(&self) -> bool {
        matches!(self, Self::Init | Self::SendOffsets(_) | Self::End(_))
    }
}

impl Producer {
    /// The application stands in a call of the transactional interface.
    #[must_use]
    pub fn is_transacting(&self) -> bool {
        self.vol.calls.front().is_some_and(Call::is_transactional) || self.is_completing()
    }

    /// The application wants to send. The record gets its number now; its turn comes when the calls before it have returned.
    pub(super) fn call_send(&mut self, cx: &mut Cx<'_>, send: Send) {
        let record = RecordId(cx.next_serial());
        if self.vol.closing {
            let error = if self.settings.java { ErrorCode::IllegalState } else { ErrorCode::LocalState };
            self.throw(cx, record, error);
        } else {
            self.vol.calls.push_back(Call::Send(send, record));
        }
    }

    /// Makes calls until one has to wait.
    pub(super) fn run_calls(&mut self, cx: &mut Cx<'_>) {
        while let Some(call) = self.vol.calls.front().cloned() {
            let fresh = self.vol.blocked.is_none();
            let since = *self.vol.blocked.get_or_insert(cx.now());
            let late = since + self.settings.max_block <= cx.now();
            let returned = match call {
                Call::Send(_, record) if self.refuses_records().is_some() => {
                    let error = self.refuses_records().unwrap_or_default();
                    self.throw(cx, record, error);
                    true
                }
                Call::Send(send, record) => match self.place(cx, &send, record) {
                    Placed::Done => true,
                    Placed::Wait(error) => {
                        if late {
                            self.fail(cx, &[record], error);
                        }
                        late
                    }
                },
                Call::Poll => {
                    self.serve_reports(cx);
                    true
                }
                Call::Init => self.call_init(cx, fresh),
                Call::Begin => {
                    self.call_begin(cx);
                    true
                }
                Call::SendOffsets(sent) => self.call_send_offsets(cx, &sent, fresh),
                Call::End(outcome) => self.call_end(cx, outcome, fresh),
                Call::Flush => {
                    self.serve_reports(cx);
                    self.is_idle()
                }
                Call::Close => {
                    let over = self.close_transaction(cx);
                    self.serve_reports(cx);
                    over && self.is_idle()
                }
            };
            let gives_up = late && matches!(self.vol.calls.front(), Some(call) if call.is_transactional());
            if !returned && gives_up {
                // what it began goes on; the application may call again
                let error = if self.settings.java { ErrorCode::Timeout } else { ErrorCode::LocalTimedOut };
                self.refuse_call(cx, error);
            } else if !returned {
                return;
            }
            (self.vol.blocked, self.vol.chosen) = (None, None);
            if matches!(self.vol.calls.pop_front(), Some(Call::Close)) {
                cx.exit();
                return;
            }
        }
    }

    /// A call waits until everything has been sent and answered.
    pub(super) fn is_flushing(&self) -> bool {
        matches!(self.vol.calls.front(), Some(Call::Flush | Call::Close)) || self.is_completing()
    }

    /// A send() waits for memory.
    pub(super) fn is_exhausted(&self) -> bool {
        self.vol.chosen.is_some()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.vol.unassigned.is_empty()
            && self.buffered().next().is_none()
            && self.in_flight().next().is_none()
    }

    // ---- outcomes ----

    /// The call itself fails: no callback.
    pub(super) fn throw(&mut self, cx: &mut Cx<'_>, record: RecordId, error: ErrorCode) {
        cx.note(Note::RecordFailed { record, error });
        self.vol.failed += 1;
        self.vol.error = Some(error);
    }

    /// These records will not be stored by this client, as far as it knows; their callbacks get the error.
    pub(super) fn fail(&mut self, cx: &mut Cx<'_>, records: &[RecordId], error: ErrorCode) {
        if records.is_empty() {
            return;
        }
        for record in records {
            cx.note(Note::RecordFailed { record: *record, error });
            self.report(cx, *record);
        }
        self.vol.failed += records.len() as u64;
        if !records.is_empty() {
            self.vol.error = Some(error);
            self.record_failed(cx, error);
        }
    }

    /// A batch is stored from this offset on (none with acks=0).
    pub(super) fn succeed(&mut self, cx: &mut Cx<'_>, draft: &Draft, base: Offset) {
        for (ix, record) in (0..).zip(&draft.records) {
            let offset = if base == Offset::NONE { base } else { base.plus(ix) };
            cx.note(Note::RecordAcked { record: record.id, offset });
            if mutant::on(Mutant::TellsTwice) {
                cx.note(Note::RecordAcked { record: record.id, offset });
            }
            self.report(cx, record.id);
        }
        self.vol.acked += draft.records.len() as u64;
    }

    fn report(&mut self, cx: &mut Cx<'_>, record: RecordId) {
        if self.settings.java {
            cx.note(Note::CallbackRun { record, client: cx.me(), waited: false });
        } else {
            self.vol.reports.push_back(record);
        }
    }

    fn serve_reports(&mut self, cx: &mut Cx<'_>) {
        for record in std::mem::take(&mut self.vol.reports) {
            cx.note(Note::CallbackRun { record, client: cx.me(), waited: true });
        }
    }

    // ---- the workload ----

    pub(super) fn arm_workload(&self, cx: &mut Cx<'_>) {
        if let Some(workload) = &self.workload
            && workload.count.is_none_or(|count| self.workload_sent < count)
        {
            cx.set_clock(Timer::Workload, workload.every);
        }
    }

    /// The application's next record, unless it still stands in a call.
    pub(super) fn work(&mut self, cx: &mut Cx<'_>) {
        let (Some(workload), Some(&topic)) = (&self.workload, self.topics.first()) else { return };
        if self.vol.calls.is_empty() && !self.vol.closing {
            let turn = usize::try_from(self.workload_sent).unwrap_or(0);
            let key = (!workload.keys.is_empty()).then(|| workload.keys[turn % workload.keys.len()].clone());
            let value = Some(format!("v{}", self.workload_sent + 1).into_bytes().into());
            self.workload_sent += 1;
            self.call_send(cx, Send { topic, key, value, partition: None });
            self.vol.calls.push_back(Call::Poll);
        }
        self.arm_workload(cx);
    }

    /// acks=0: written to the connection is all that counts.
    pub(super) fn needs_no_answer(&self) -> bool {
        self.settings.acks == Acks::Zero
    }
}
