//! Which brokers are alive: registration, heartbeats, fencing, controlled shutdown (`BrokerHeartbeatManager`).

use super::Controller;
use crate::engine::{Micros, NodeId};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Body, BrokerEpoch, Cx, ErrorCode, Image, MetadataRecord, Offset, Timer};

impl Controller {
    fn session_timeout(&self) -> Micros {
        self.configs.ms("broker.session.timeout.ms")
    }

    /// A broker process says that it exists. It starts fenced; its epoch is the offset of the record.
    /// `whole`: its disk holds all that it had written when it stopped.
    pub(super) fn register(
        &mut self,
        cx: &mut Cx<'_>,
        broker: NodeId,
        incarnation: u32,
        whole: bool,
    ) -> Body {
        let known = self.latest.brokers.get(&broker).copied();
        let alive = self.vol.sessions.contains_key(&broker) && known.is_some_and(|b| !b.fenced);
        if alive && known.is_some_and(|b| b.incarnation == incarnation) {
            let epoch = known.map(|b| b.epoch).unwrap_or_default();
            return Body::BrokerRegistered { error: ErrorCode::None, epoch };
        }
        if alive {
            // The same broker id came back before its old session ended. Kafka refuses it until then; the broker tries again.
            let error = ErrorCode::DuplicateBrokerRegistration;
            return Body::BrokerRegistered { error, epoch: BrokerEpoch(-1) };
        }
        if let Some(known) = known.filter(|_| mutant::on(Mutant::RegistersInName)) {
            return Body::BrokerRegistered { error: ErrorCode::None, epoch: known.epoch };
        }
        let mut records = if whole { self.leave_records(broker) } else { self.lost_log_records(broker) };
        records.push(MetadataRecord::RegisterBroker { broker, incarnation });
        self.commit(cx, records);
        let epoch = BrokerEpoch(self.latest.offset.0);
        self.vol.sessions.remove(&broker);
        self.vol.leaving.remove(&broker);
        Body::BrokerRegistered { error: ErrorCode::None, epoch }
    }

    pub(super) fn heartbeat(
        &mut self,
        cx: &mut Cx<'_>,
        broker: NodeId,
        epoch: BrokerEpoch,
        metadata_offset: Offset,
        want_fence: bool,
        want_shutdown: bool,
    ) -> Body {
        let stale = |error| Body::BrokerHeartbeatAnswered { error, fenced: true, should_shutdown: false };
        let Some(state) = self.latest.brokers.get(&broker).copied() else {
            return stale(ErrorCode::StaleBrokerEpoch);
        };
        if state.epoch != epoch {
            return stale(ErrorCode::StaleBrokerEpoch);
        }
        self.vol.sessions.insert(broker, cx.now());
        self.vol.applied.insert(broker, metadata_offset);
        self.arm_sessions(cx);
        if want_shutdown {
            return self.shut_down(cx, broker);
        }
        let caught_up = metadata_offset >= Offset(epoch.0) || mutant::on(Mutant::UnfencesEarly);
        if state.fenced && !want_fence && caught_up {
            let unfence = MetadataRecord::BrokerChange { broker, fenced: false, shutting_down: false };
            let mut records = vec![unfence];
            records.extend(self.offline_elections(broker));
            self.commit(cx, records);
        }
        let fenced = self.latest.brokers.get(&broker).is_none_or(|b| b.fenced);
        Body::BrokerHeartbeatAnswered { error: ErrorCode::None, fenced, should_shutdown: false }
    }

    /// Controlled shutdown. A broker that leads nothing may stop at once. Else it first gives everything away and stops when every live
    /// broker has applied that. Whoever may stop counts as gone.
    fn shut_down(&mut self, cx: &mut Cx<'_>, broker: NodeId) -> Body {
        let leads = |image: &Image| image.leaders_on(broker) > 0;
        let known = self.vol.leaving.get(&broker).copied();
        if known.is_none() && leads(&self.latest) {
            let mut records = self.leave_records(broker);
            records.push(MetadataRecord::BrokerChange { broker, fenced: false, shutting_down: true });
            self.commit(cx, records);
            self.vol.leaving.insert(broker, self.latest.offset);
        }
        let may = !leads(&self.latest) && known.is_none_or(|given| given <= self.lowest_applied());
        let should_shutdown = may && (known.is_some() || !self.vol.leaving.contains_key(&broker));
        if should_shutdown {
            self.fence(cx, broker);
        }
        Body::BrokerHeartbeatAnswered { error: ErrorCode::None, fenced: should_shutdown, should_shutdown }
    }

    /// How far every live broker has applied the metadata log.
    fn lowest_applied(&self) -> Offset {
        let live = self.latest.brokers.iter().filter(|(_, state)| state.active());
        let applied = live.map(|(id, _)| self.vol.applied.get(id).copied().unwrap_or(Offset::NONE));
        applied.min().unwrap_or(Offset(i64::MAX))
    }

    /// Counts a broker as gone: its partitions get other leaders first.
    fn fence(&mut self, cx: &mut Cx<'_>, broker: NodeId) {
        self.vol.sessions.remove(&broker);
        self.vol.leaving.remove(&broker);
        if self.latest.brokers.get(&broker).is_none_or(|b| b.fenced) {
            return;
        }
        let mut records = self.leave_records(broker);
        if mutant::on(Mutant::FencesInName) {
            records.clear();
        }
        records.push(MetadataRecord::BrokerChange { broker, fenced: true, shutting_down: false });
        self.commit(cx, records);
    }

    /// Fences every broker whose session is over: its partitions get other leaders first.
    pub(super) fn expire_sessions(&mut self, cx: &mut Cx<'_>) {
        let (now, limit) = (cx.now(), self.session_timeout());
        let stale: Vec<NodeId> = self
            .vol
            .sessions
            .iter()
            .filter(|(_, last)| now.since(**last) >= limit)
            .map(|(broker, _)| *broker)
            .collect();
        for broker in stale {
            self.fence(cx, broker);
        }
        self.arm_sessions(cx);
    }

    pub(super) fn arm_sessions(&self, cx: &mut Cx<'_>) {
        match self.vol.sessions.values().min() {
            Some(oldest) => {
                let at = *oldest + self.session_timeout();
                cx.set_clock(Timer::BrokerSessions, at.since(cx.now()));
            }
            None => cx.cancel_timer(Timer::BrokerSessions),
        }
    }

    pub(super) fn allocate_producer_ids(
        &mut self,
        cx: &mut Cx<'_>,
        broker: NodeId,
        epoch: BrokerEpoch,
    ) -> Body {
        const BLOCK: i64 = 1000;
        if self.latest.brokers.get(&broker).is_none_or(|b| b.epoch != epoch) {
            let error = ErrorCode::StaleBrokerEpoch;
            return Body::ProducerIdsAllocated { error, first: -1, count: 0 };
        }
        let first = self.latest.next_producer_id;
        self.commit(cx, vec![MetadataRecord::ProducerIds { next: first + BLOCK }]);
        Body::ProducerIdsAllocated { error: ErrorCode::None, first, count: BLOCK }
    }
}
