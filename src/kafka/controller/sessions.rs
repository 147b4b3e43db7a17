//! Which brokers are alive: registration, heartbeats, fencing, controlled shutdown (`BrokerHeartbeatManager`).

use super::Controller;
use crate::engine::{Micros, NodeId};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Body, BrokerEpoch, Cx, ErrorCode, MetadataRecord, Note, Offset, Timer};

impl Controller {
    fn session_timeout(&self) -> Micros {
        self.configs.ms("broker.session.timeout.ms")
    }

    /// A broker process says that it exists. It starts fenced; its epoch is the offset of the record.
    pub(super) fn register(&mut self, cx: &mut Cx<'_>, broker: NodeId, incarnation: u32) -> Body {
        let known = self.disk.image.brokers.get(&broker).copied();
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
        let mut records = self.leave_records(broker);
        records.push(MetadataRecord::RegisterBroker { broker, incarnation });
        self.state_changes(cx, &records);
        self.commit(cx, records);
        let epoch = BrokerEpoch(self.disk.image.offset.0);
        cx.note(Note::BrokerRegistered { broker, epoch });
        self.vol.sessions.remove(&broker);
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
        let Some(state) = self.disk.image.brokers.get(&broker).copied() else {
            return stale(ErrorCode::StaleBrokerEpoch);
        };
        if state.epoch != epoch {
            return stale(ErrorCode::StaleBrokerEpoch);
        }
        self.vol.sessions.insert(broker, cx.now());
        self.arm_sessions(cx);
        if want_shutdown {
            return self.shut_down(cx, broker, metadata_offset);
        }
        let caught_up = metadata_offset >= Offset(epoch.0);
        if state.fenced && !want_fence && caught_up {
            let unfence = MetadataRecord::BrokerChange { broker, fenced: false, shutting_down: false };
            let mut records = vec![unfence];
            records.extend(self.offline_elections(broker));
            cx.note(Note::BrokerUnfenced { broker });
            self.state_changes(cx, &records);
            self.commit(cx, records);
        }
        let fenced = self.disk.image.brokers.get(&broker).is_none_or(|b| b.fenced);
        Body::BrokerHeartbeatAnswered { error: ErrorCode::None, fenced, should_shutdown: false }
    }

    /// Controlled shutdown: first give everything away, then, when every live broker knows, let the broker stop.
    fn shut_down(&mut self, cx: &mut Cx<'_>, broker: NodeId, metadata_offset: Offset) -> Body {
        let state = self.disk.image.brokers.get(&broker).copied();
        if state.is_some_and(|b| !b.shutting_down) {
            let mut records =
                vec![MetadataRecord::BrokerChange { broker, fenced: false, shutting_down: true }];
            records.extend(self.leave_records(broker));
            self.state_changes(cx, &records);
            self.commit(cx, records);
        }
        let leads = self.disk.image.partitions().any(|(_, p)| p.leader == Some(broker));
        let should_shutdown = !leads && metadata_offset >= self.shutdown_offset();
        Body::BrokerHeartbeatAnswered { error: ErrorCode::None, fenced: false, should_shutdown }
    }

    /// The last record that was not idle chatter.
    fn shutdown_offset(&self) -> Offset {
        let last = self.disk.records.iter().rev().find(|(_, record)| *record != MetadataRecord::NoOp);
        last.map_or(Offset(0), |(offset, _)| *offset)
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
            self.vol.sessions.remove(&broker);
            if self.disk.image.brokers.get(&broker).is_some_and(|b| !b.fenced) {
                cx.note(Note::BrokerFenced { broker });
                let mut records = self.leave_records(broker);
                if mutant::on(Mutant::FencesInName) {
                    records.clear();
                }
                records.push(MetadataRecord::BrokerChange { broker, fenced: true, shutting_down: false });
                self.state_changes(cx, &records);
                self.commit(cx, records);
            }
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
        if self.disk.image.brokers.get(&broker).is_none_or(|b| b.epoch != epoch) {
            let error = ErrorCode::StaleBrokerEpoch;
            return Body::ProducerIdsAllocated { error, first: -1, count: 0 };
        }
        let first = self.disk.image.next_producer_id;
        self.commit(cx, vec![MetadataRecord::ProducerIds { next: first + BLOCK }]);
        Body::ProducerIdsAllocated { error: ErrorCode::None, first, count: BLOCK }
    }
}
