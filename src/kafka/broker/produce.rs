//! Produce: checks, append, and the answer when enough copies exist (`ReplicaManager.appendRecords`).

use super::purgatory::{Finished, Parked, PartitionResult, Waiter, Write};
use super::transactions::Verified;
use super::{Broker, ReplicaRole};
use crate::engine::{Conn, Micros, MsgId};
use crate::kafka::log::{Guard, Origin, Verdict};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Acks, Batch, Cx, ErrorCode, Note, Offset, Partition};

impl Broker {
    /// Serves a produce; `verified` is the coordinator's word about the partitions whose transactions had to be verified.
    #[expect(clippy::too_many_arguments, reason = "a request's parts, and what was found out about it")]
    pub(super) fn produce(
        &mut self,
        cx: &mut Cx<'_>,
        conn: Conn,
        request: MsgId,
        acks: Acks,
        timeout: Micros,
        batches: &[(Partition, Batch)],
        verified: &Verified,
    ) {
        let mut results = Vec::new();
        for (p, batch) in batches {
            let (error, base, required) = match self.append_from_client(cx, *p, acks, batch, verified.get(p))
            {
                Ok((base, required)) => (ErrorCode::None, base, required),
                Err(error) => {
                    if error == ErrorCode::NotEnoughReplicas && mutant::on(Mutant::WritesWhatItRefuses) {
                        self.append_leading(cx, *p, batch.clone());
                    }
                    cx.note(Note::AppendRefused { node: cx.me(), partition: *p, error });
                    (error, Offset::NONE, Offset::NONE)
                }
            };
            let waits = acks == Acks::All && error == ErrorCode::None && !mutant::on(Mutant::AnswersEarly);
            results.push(PartitionResult { partition: *p, error, base, required: waits.then_some(required) });
        }
        match acks {
            Acks::Zero if results.iter().any(|r| r.error != ErrorCode::None) => {
                self.no_answer(conn, request);
                cx.drop_conn(conn);
            }
            Acks::Zero => self.no_answer(conn, request),
            Acks::One | Acks::All | Acks::Other(_) => {
                let deadline = cx.now() + timeout;
                self.vol
                    .parked
                    .insert(request, Parked::Produce { conn, results, deadline, waiter: Waiter::Producer });
                self.try_produce(cx, request);
            }
        }
        for (p, _) in batches {
            self.after_append(cx, *p);
        }
    }

    /// Appends a client's batch. Gives its first offset, and the offset that the high watermark must reach for acks=all.
    fn append_from_client(
        &mut self,
        cx: &mut Cx<'_>,
        p: Partition,
        acks: Acks,
        batch: &Batch,
        verified: Option<&Result<Guard, ErrorCode>>,
    ) -> Result<(Offset, Offset), ErrorCode> {
        if matches!(acks, Acks::Other(_)) {
            return Err(ErrorCode::InvalidRequiredAcks);
        }
        if cx.shared().is_internal(p.topic) {
            return Err(ErrorCode::InvalidTopic);
        }
        let guard = verified.copied().transpose()?;
        let min_isr = self.min_insync_replicas(p);
        let replica = self.vol.replicas.get(p).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let ReplicaRole::Leading(leading) = &replica.role else { return Err(ErrorCode::NotLeaderOrFollower) };
        leading.admit(acks, min_isr)?;
        if let Some(at) = self.vol.refuse_next.iter().position(|(only, _)| only.is_none_or(|only| only == p))
        {
            return Err(self.vol.refuse_next.remove(at).1);
        }
        let batch = &self.rules(p).admit(batch, cx.now())?;
        let log = self.disk.log(p).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        if guard.is_some()
            && batch.stamp.is_some_and(|stamp| !log.producers().is_verified(stamp.id, guard))
            && log.producers().duplicate_of(batch).is_none()
        {
            return Err(ErrorCode::InvalidTxnState);
        }
        match log.producers().judge(batch, Origin::Client) {
            Verdict::Refused(error) => Err(error),
            Verdict::Duplicate(base) => {
                cx.note(Note::DuplicateAnswered { node: cx.me(), partition: p, base });
                Ok((base, base.plus(batch.count())))
            }
            Verdict::New => {
                let base = self.append_leading(cx, p, batch.clone());
                Ok((base, base.plus(batch.count())))
            }
        }
    }

    /// Appends a batch to a partition that this broker leads.
    pub(super) fn append_leading(&mut self, cx: &mut Cx<'_>, p: Partition, batch: Batch) -> Offset {
        let rolling = self.rolling(p);
        let epoch = self.leader_epoch(p);
        let (count, control) = (u32::try_from(batch.count()).unwrap_or(u32::MAX), batch.outcome());
        self.wake_sessions(p);
        self.vol.behind.insert(p);
        let log = self.disk.open(p, Micros::ZERO);
        let (base, rolled) = log.append(batch, epoch, cx.now(), rolling);
        if let Some(base) = rolled {
            cx.note(Note::SegmentRolled { node: cx.me(), partition: p, base });
        }
        cx.note(Note::Appended { node: cx.me(), partition: p, base, count, control });
        base
    }

    /// Appends what a coordinator writes; it is told once the high watermark has passed it.
    pub(super) fn append_internal(
        &mut self,
        cx: &mut Cx<'_>,
        p: Partition,
        batch: Batch,
        timeout: Micros,
        then: Finished,
    ) -> Result<(), ErrorCode> {
        let min_isr = self.min_insync_replicas(p);
        self.leads(p).ok_or(ErrorCode::NotLeaderOrFollower)?.admit(Acks::All, min_isr)?;
        let log = self.disk.log(p).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        if let Verdict::Refused(error) = log.producers().judge(&batch, Origin::Coordinator) {
            return Err(error);
        }
        let count = batch.count();
        let base = self.append_leading(cx, p, batch);
        let deadline = cx.now() + timeout;
        self.vol.writes.push(Write { partition: p, required: base.plus(count), deadline, then });
        self.after_append(cx, p);
        Ok(())
    }

    /// Tells a coordinator once the high watermark has passed all that a partition has here. False = it has already.
    pub(super) fn await_copies(&mut self, deadline: Micros, p: Partition, then: Finished) -> bool {
        let mark = self.vol.replicas.get(p).map(|replica| replica.high_watermark);
        let Some(required) = self.disk.log(p).map(|log| log.end()).filter(|end| mark < Some(*end)) else {
            return false;
        };
        self.vol.writes.push(Write { partition: p, required, deadline, then });
        true
    }

    /// New records in a partition: the high watermark may move, and followers that wait for data get it.
    pub(super) fn after_append(&mut self, cx: &mut Cx<'_>, p: Partition) {
        self.advance_high_watermark(cx, p);
        self.watch_last_stable(cx, p);
        self.wake_fetches(cx, p);
    }
}
