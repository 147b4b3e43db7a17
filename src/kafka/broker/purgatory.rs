//! Requests that wait: a produce for copies, a fetch for data (Kafka's purgatories).

use super::{Broker, ReplicaRole, Standing};
use crate::engine::{Conn, Envelope, Micros, MsgId};
use crate::kafka::{Acks, Body, Cx, ErrorCode, Offset, Outcome, Partition, ProducerId, Timer};
use std::sync::Arc;

/// A request that waits.
#[derive(Clone, Debug)]
pub(super) enum Parked {
    /// A produce: answered as a whole when its slowest partition is settled.
    Produce { conn: Conn, results: Vec<PartitionResult>, deadline: Micros, waiter: Waiter },
    /// A fetch: answered when there is something to say.
    Fetch { message: Arc<Envelope<Body>>, deadline: Micros },
}

/// Who waits for copies.
#[derive(Clone, Debug)]
pub(super) enum Waiter {
    /// A producer.
    Producer,
    /// A coordinator, for its markers; whose transaction each of them ends.
    Markers(Vec<ProducerId>),
}

/// A write of a coordinator that waits for copies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write {
    pub partition: Partition,
    /// The high watermark must reach this.
    pub required: Offset,
    pub deadline: Micros,
    pub then: Finished,
}

/// What a coordinator is told when a write of its partition is replicated.
#[derive(Clone, Copy, Debug)]
pub(super) enum Finished {
    /// The group coordinator wrote it, under this token.
    Group(u64),
    /// The transaction coordinator wrote it, under this token.
    Transaction(u64),
    /// The share coordinator wrote it, under this token.
    Share(u64),
    /// It is a marker in `__consumer_offsets`: this producer's offsets count now, or are dropped.
    Ended(ProducerId, Outcome),
}

/// One partition of a produce.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartitionResult {
    pub partition: Partition,
    pub error: ErrorCode,
    pub base: Offset,
    /// The high watermark must reach this; none = settled.
    pub required: Option<Offset>,
}

impl Parked {
    pub const fn is_produce(&self) -> bool {
        matches!(self, Self::Produce { .. })
    }

    pub fn conn(&self) -> Conn {
        match self {
            Self::Produce { conn, .. } => *conn,
            Self::Fetch { message, .. } => message.conn,
        }
    }

    const fn deadline(&self) -> Micros {
        match self {
            Self::Produce { deadline, .. } | Self::Fetch { deadline, .. } => *deadline,
        }
    }
}

impl Broker {
    /// Settles what can be settled of a waiting produce and answers it once nothing is left to wait for.
    pub(super) fn try_produce(&mut self, cx: &mut Cx<'_>, request: MsgId) {
        let Some(Parked::Produce { conn, mut results, deadline, waiter }) = self.vol.parked.remove(&request)
        else {
            return;
        };
        for result in &mut results {
            let Some(required) = result.required else { continue };
            let min_isr = self.min_insync_replicas(result.partition);
            let replica = self.vol.replicas.get(result.partition);
            let late = deadline <= cx.now();
            let settled = match replica.map(|r| (&r.role, r.high_watermark)) {
                Some((ReplicaRole::Leading(leading), hw)) => {
                    match leading.standing(Acks::All, required, hw, min_isr, late) {
                        Standing::Settled(error) => Some(error),
                        Standing::Untold | Standing::Waiting => None,
                    }
                }
                _ if self.vol.image.partition(result.partition).is_none() => {
                    Some(ErrorCode::UnknownTopicOrPartition)
                }
                _ => Some(ErrorCode::NotLeaderOrFollower),
            };
            if let Some(error) = settled {
                result.error = error;
                result.required = None;
            }
        }
        if results.iter().any(|r| r.required.is_some()) {
            self.vol.parked.insert(request, Parked::Produce { conn, results, deadline, waiter });
            return;
        }
        let body = match waiter {
            Waiter::Producer => {
                let base =
                    |r: &PartitionResult| if r.error == ErrorCode::None { r.base } else { Offset::NONE };
                let leaders = self.leader_hints(results.iter().map(|r| (r.partition, r.error)));
                let results = results.iter().map(|r| (r.partition, r.error, base(r))).collect();
                Body::Produced { results, leaders }
            }
            Waiter::Markers(whose) => {
                let results =
                    whose.iter().zip(&results).map(|(pid, r)| (*pid, r.partition, r.error)).collect();
                Body::TxnMarkersWritten { results }
            }
        };
        let quiet = conn.client == cx.me();
        self.answer(cx, conn, request, quiet, body);
    }

    /// Looks again at every produce that waits for this partition.
    pub(super) fn wake_produces(&mut self, cx: &mut Cx<'_>, p: Partition) {
        let waiting = |parked: &Parked| match parked {
            Parked::Produce { results, .. } => {
                results.iter().any(|r| r.partition == p && r.required.is_some())
            }
            Parked::Fetch { .. } => false,
        };
        let due: Vec<MsgId> = self.vol.parked.iter().filter(|(_, w)| waiting(w)).map(|(id, _)| *id).collect();
        for request in due {
            self.try_produce(cx, request);
        }
    }

    /// Looks again at every fetch that asks for this partition.
    pub(super) fn wake_fetches(&mut self, cx: &mut Cx<'_>, p: Partition) {
        let due: Vec<MsgId> = self
            .vol
            .parked
            .iter()
            .filter(
                |(_, parked)| matches!(parked, Parked::Fetch { message, .. } if self.asks_for(message, p)),
            )
            .map(|(id, _)| *id)
            .collect();
        for request in due {
            self.retry_fetch(cx, request, false);
        }
    }

    pub(super) fn expire_parked(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        self.vol.purgatory_at = None;
        let due: Vec<(MsgId, bool)> = self
            .vol
            .parked
            .iter()
            .filter(|(_, parked)| parked.deadline() <= now)
            .map(|(id, parked)| (*id, parked.is_produce()))
            .collect();
        for (request, produce) in due {
            if produce {
                self.try_produce(cx, request);
            } else {
                self.retry_fetch(cx, request, true);
            }
        }
        self.expire_writes(cx);
    }

    fn expire_writes(&mut self, cx: &Cx<'_>) {
        let late = |write: &Write| write.deadline <= cx.now();
        for write in self.vol.writes.extract_if(.., |write| late(write)) {
            self.vol.written.push_back((write.then, write.partition, Err(ErrorCode::RequestTimedOut)));
        }
    }

    /// Tells the coordinator about its writes to this partition that the high watermark has passed, or all of them with an error.
    pub(super) fn finish_writes(&mut self, p: Partition, passed: Result<Offset, ErrorCode>) {
        let done = |write: &Write| write.partition == p && passed.is_ok_and(|hw| write.required <= hw);
        let failed = |write: &Write| write.partition == p && passed.is_err();
        for write in self.vol.writes.extract_if(.., |write| done(write) || failed(write)) {
            self.vol.written.push_back((write.then, p, passed.map(|_| ())));
        }
    }

    /// Keeps one timer for the earliest time limit.
    pub(super) fn arm_purgatory(&mut self, cx: &mut Cx<'_>) {
        let parked = self.vol.parked.values().map(Parked::deadline);
        let writes = self.vol.writes.iter().map(|write| write.deadline);
        let next = parked.chain(writes).min();
        if next == self.vol.purgatory_at {
            return;
        }
        self.vol.purgatory_at = next;
        match next {
            Some(at) => cx.set_timer(Timer::Purgatory, at.since(cx.now())),
            None => cx.cancel_timer(Timer::Purgatory),
        }
    }
}
