//! The broker as the house of its coordinators: of groups, of transactions, and of what was delivered to share groups.

use std::sync::Arc;

use super::Broker;
use super::purgatory::Finished;
use crate::engine::{Conn, Micros, MsgId, NodeId};
use crate::kafka::group::{Coordinator, GroupHost};
use crate::kafka::internal::{CoordinatorHost, InternalTopic};
use crate::kafka::share::{ShareCoordinator, ShareHost};
use crate::kafka::txn::{Addressed, Coordinator as Transactions, TransactionHost};
use crate::kafka::{
    Batch, Body, Cx, ErrorCode, GroupId, Image, Names, Note, Partition, ProducerId, Record, SeekTo, Stamp,
    Timer, TopicId,
};

/// A broker in the hands of its coordinator.
pub(super) struct Host<'b, 'a, 'w> {
    broker: &'b mut Broker,
    cx: &'a mut Cx<'w>,
}

impl Broker {
    /// Lets the coordinator act. It is taken out of the broker meanwhile; what it writes is reported after (see `settle`).
    pub(super) fn with_coordinator(
        &mut self,
        cx: &mut Cx<'_>,
        act: impl FnOnce(&mut Coordinator, &mut Host<'_, '_, '_>),
    ) {
        let mut coordinator = std::mem::take(&mut self.vol.coordinator);
        act(&mut coordinator, &mut Host { broker: self, cx });
        self.vol.coordinator = coordinator;
    }

    /// As [`Broker::with_coordinator`], for the coordinator of transactions.
    pub(super) fn with_transactions(
        &mut self,
        cx: &mut Cx<'_>,
        act: impl FnOnce(&mut Transactions, &mut Host<'_, '_, '_>),
    ) {
        let mut transactions = std::mem::take(&mut self.vol.transactions);
        act(&mut transactions, &mut Host { broker: self, cx });
        self.vol.transactions = transactions;
    }

    /// As [`Broker::with_coordinator`], for the share coordinator.
    pub(super) fn with_share_coordinator(
        &mut self,
        cx: &mut Cx<'_>,
        act: impl FnOnce(&mut ShareCoordinator, &mut Host<'_, '_, '_>),
    ) {
        let mut states = std::mem::take(&mut self.vol.share_coordinator);
        act(&mut states, &mut Host { broker: self, cx });
        self.vol.share_coordinator = states;
    }

    /// A write of a coordinator is replicated, or failed.
    pub(super) fn tell_coordinator(
        &mut self,
        cx: &mut Cx<'_>,
        then: Finished,
        p: Partition,
        result: Result<(), ErrorCode>,
    ) {
        match then {
            Finished::Group(token) => {
                self.with_coordinator(cx, |groups, host| groups.on_written(host, token, result));
            }
            Finished::Transaction(token) => {
                self.with_transactions(cx, |transactions, host| transactions.on_written(host, token, result));
            }
            Finished::Share(token) => {
                self.with_share_coordinator(cx, |states, host| states.on_written(host, token, result));
            }
            Finished::Ended(pid, outcome) if result.is_ok() => {
                self.with_coordinator(cx, |groups, host| {
                    groups.on_transaction_ended(host, p.index, pid, outcome);
                });
            }
            Finished::Ended(..) => {}
        }
    }

    /// An admin sets a group's committed offsets (`kafka-consumer-groups --reset-offsets`).
    pub(super) fn reset_offsets(&mut self, cx: &mut Cx<'_>, group: GroupId, topic: TopicId, to: SeekTo) {
        let count = self.vol.image.partition_count(topic);
        let offsets: Vec<_> = (0..count)
            .map(|index| Partition { topic, index })
            .filter_map(|p| Some((p, self.resolve(p, to)?)))
            .collect();
        self.with_coordinator(cx, |coordinator, host| {
            if let Err(error) = coordinator.reset_offsets(host, group, &offsets) {
                host.note(Note::AdminRefused { error });
            }
        });
    }
}

impl CoordinatorHost for Host<'_, '_, '_> {
    fn now(&self) -> Micros {
        self.cx.now()
    }

    fn me(&self) -> NodeId {
        self.cx.me()
    }

    fn names(&self) -> Arc<Names> {
        self.cx.shared()
    }

    fn image(&self) -> Arc<Image> {
        Arc::clone(&self.broker.vol.image)
    }

    fn setting(&self, name: &str) -> i64 {
        self.broker.configs.int(name)
    }

    fn answer(&mut self, conn: Conn, request: MsgId, quiet: bool, body: Body) {
        let quiet = quiet || conn.client == self.cx.me();
        self.broker.answer(self.cx, conn, request, quiet, body);
    }

    fn note(&mut self, note: Note) {
        self.cx.note(note);
    }
}

impl Host<'_, '_, '_> {
    fn partition(&self, of: InternalTopic, index: u32) -> Result<Partition, ErrorCode> {
        let topic = self.cx.shared().find_topic(of.name()).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        Ok(Partition { topic, index })
    }

    fn wake(&mut self, timer: Timer, at: Option<Micros>) {
        match at {
            Some(at) => self.cx.set_timer(timer, at.since(self.cx.now())),
            None => self.cx.cancel_timer(timer),
        }
    }
}

impl GroupHost for Host<'_, '_, '_> {
    fn read(&self, partition: u32) -> Vec<Batch> {
        let p = self.partition(InternalTopic::Offsets, partition).ok();
        let log = p.and_then(|p| self.broker.disk.log(p));
        log.map(|log| log.batches().cloned().collect()).unwrap_or_default()
    }

    fn next_serial(&mut self) -> u64 {
        self.cx.event().0
    }

    fn append(
        &mut self,
        partition: u32,
        records: Vec<Record>,
        stamp: Option<Stamp>,
        token: u64,
    ) -> Result<(), ErrorCode> {
        let p = self.partition(InternalTopic::Offsets, partition)?;
        let batch = Batch { transactional: stamp.is_some(), ..Batch::unplaced(stamp, records) };
        let timeout = self.broker.configs.ms("offsets.commit.timeout.ms");
        self.broker.append_internal(self.cx, p, batch, timeout, Finished::Group(token))
    }

    fn wake_at(&mut self, at: Option<Micros>) {
        self.wake(Timer::Coordinator, at);
    }
}

impl TransactionHost for Host<'_, '_, '_> {
    fn read(&self, partition: u32) -> Vec<Record> {
        let p = self.partition(InternalTopic::Transactions, partition).ok();
        let log = p.and_then(|p| self.broker.disk.log(p));
        log.map(|log| log.records().map(|(_, record, _)| record.clone()).collect()).unwrap_or_default()
    }

    fn append(
        &mut self,
        partition: u32,
        record: Record,
        timeout: Micros,
        token: u64,
    ) -> Result<(), ErrorCode> {
        let p = self.partition(InternalTopic::Transactions, partition)?;
        let batch = Batch::unplaced(None, vec![record]);
        self.broker.append_internal(self.cx, p, batch, timeout, Finished::Transaction(token))
    }

    fn new_producer_id(&mut self) -> Result<ProducerId, ErrorCode> {
        let next = self.broker.vol.producer_ids.next();
        if next.is_none() {
            self.broker.ask_for_producer_ids(self.cx);
        }
        next.map(ProducerId).ok_or(ErrorCode::CoordinatorLoadInProgress)
    }

    fn send_markers(&mut self, to: NodeId, markers: Vec<Addressed>) {
        self.broker.send_markers(self.cx, to, markers);
    }

    fn wake_at(&mut self, at: Option<Micros>) {
        self.wake(Timer::Transactions, at);
    }
}

impl ShareHost for Host<'_, '_, '_> {
    fn read(&self, partition: u32) -> Vec<Record> {
        let p = self.partition(InternalTopic::ShareState, partition).ok();
        let log = p.and_then(|p| self.broker.disk.log(p));
        log.map(|log| log.records().map(|(_, record, _)| record.clone()).collect()).unwrap_or_default()
    }

    fn append(&mut self, partition: u32, record: Record, token: u64) -> Result<(), ErrorCode> {
        let p = self.partition(InternalTopic::ShareState, partition)?;
        let timeout = self.broker.configs.ms("share.coordinator.write.timeout.ms");
        let batch = Batch::unplaced(None, vec![record]);
        self.broker.append_internal(self.cx, p, batch, timeout, Finished::Share(token))
    }

    fn is_replicated(&mut self, partition: u32, token: u64) -> bool {
        let p = self.partition(InternalTopic::ShareState, partition).ok();
        let timeout = self.broker.configs.ms("share.coordinator.write.timeout.ms");
        p.is_none_or(|p| !self.broker.await_copies(self.cx.now() + timeout, p, Finished::Share(token)))
    }

    fn wake_at(&mut self, at: Option<Micros>) {
        self.wake(Timer::ShareCoordinator, at);
    }
}
