//! One request at a time a connection: Kafka's network layer reads no further from a connection until the answer has left (`SocketServer`).

use std::sync::Arc;

use super::{Broker, MetadataMode};
use crate::engine::{Conn, Envelope, MsgId};
use crate::kafka::{Body, Cx, ErrorCode};

impl Broker {
    /// A request arrived. It waits if an earlier one of its connection has no answer yet.
    pub(super) fn receive(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let queue = self.vol.inbox.entry(message.conn).or_default();
        queue.push_back(Arc::new(message.clone()));
        if queue.len() == 1 {
            self.serve(cx, message);
        }
    }

    /// The connection's oldest request was answered: serve the next.
    pub(super) fn serve_next(&mut self, cx: &mut Cx<'_>, conn: Conn) {
        let next = self.vol.inbox.get(&conn).and_then(|queue| queue.front().cloned());
        if let Some(message) = next {
            self.serve(cx, &message);
        } else {
            self.vol.inbox.remove(&conn);
        }
    }

    fn free(&mut self, conn: Conn, request: MsgId) {
        if let Some(queue) = self.vol.inbox.get_mut(&conn)
            && queue.front().is_some_and(|m| m.id == request)
        {
            queue.pop_front();
            self.vol.freed.push(conn);
        }
    }

    /// Answers a request and frees its connection for the next one.
    pub(super) fn answer(&mut self, cx: &mut Cx<'_>, conn: Conn, request: MsgId, quiet: bool, body: Body) {
        cx.answer(conn, request, quiet, body);
        self.free(conn, request);
    }

    /// A request that gets no answer (acks=0).
    pub(super) fn no_answer(&mut self, conn: Conn, request: MsgId) {
        self.free(conn, request);
    }

    fn serve(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let (conn, id) = (message.conn, message.id);
        match &message.body {
            Body::Produce { .. } | Body::TxnOffsetCommit(_) => self.serve_in_transaction(cx, message),
            Body::Fetch { .. } => self.fetch(cx, message),
            Body::OffsetForLeaderEpoch { partitions } => self.end_of_epochs(cx, conn, id, partitions),
            Body::ListOffsets { who, partitions } => self.list_offsets(cx, conn, id, *who, partitions),
            Body::Metadata { topics, create } => {
                self.metadata(cx, conn, id, message.quiet, (topics, *create));
            }
            Body::InitProducerId { .. } => self.init_producer_id(cx, message),
            Body::ShareFetch(asked) => self.share_fetch(cx, message, asked),
            Body::ShareAcknowledge(asked) => self.share_acknowledge(cx, message, asked),
            Body::ReadShareGroupState { .. } | Body::WriteShareGroupState { .. } => {
                self.with_share_coordinator(cx, |states, host| states.on_request(host, message));
            }
            // ZooKeeper mode ends with Kafka 3.9, which has neither (KIP-848 for consumers and KIP-932 came with KRaft).
            Body::ConsumerGroupHeartbeat(asked) if self.mode == MetadataMode::ZooKeeper => {
                let body = crate::kafka::group::refuse_heartbeat(asked, ErrorCode::UnsupportedVersion);
                self.answer(cx, conn, id, false, body);
            }
            Body::ConsumerGroupHeartbeat(asked) => {
                if asked.share {
                    self.prepare_share_state(cx);
                }
                self.with_coordinator(cx, |coordinator, host| coordinator.on_request(host, message));
            }
            Body::FindCoordinator { of } => self.find_coordinator(cx, conn, id, of),
            Body::WriteTxnMarkers { markers } => self.write_markers(cx, message, markers),
            Body::AddPartitionsToTxn { .. } | Body::AddOffsetsToTxn { .. } | Body::EndTxn { .. } => {
                self.with_transactions(cx, |transactions, host| transactions.on_request(host, message));
            }
            Body::LeaderAndIsr { .. } | Body::UpdateMetadata { .. } | Body::StopReplica { .. } => {
                self.on_control(cx, message);
            }
            Body::Forward { command } => self.take_errand(cx, conn, id, command),
            Body::AlterPartition { .. }
            | Body::AllocateProducerIds { .. }
            | Body::CreateTopics { .. }
            | Body::ControlledShutdown { .. } => self.serve_as_controller(cx, message),
            Body::JoinGroup { .. }
            | Body::SyncGroup { .. }
            | Body::Heartbeat { .. }
            | Body::LeaveGroup { .. }
            | Body::OffsetCommit { .. }
            | Body::OffsetFetch { .. } => {
                self.with_coordinator(cx, |coordinator, host| coordinator.on_request(host, message));
            }
            _ => self.no_answer(conn, id),
        }
    }
}
