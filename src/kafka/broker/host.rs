//! The broker as the house of its group coordinator.

use std::sync::Arc;

use super::Broker;
use crate::engine::{Conn, Micros, MsgId, NodeId};
use crate::kafka::group::{Coordinator, GroupHost};
use crate::kafka::{
    Body, Cx, ErrorCode, GroupId, Image, Names, Note, OFFSETS_TOPIC, Partition, Record, SeekTo, Timer,
    TopicId,
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

impl GroupHost for Host<'_, '_, '_> {
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

    fn next_serial(&mut self) -> u64 {
        self.cx.event().0
    }

    fn answer(&mut self, conn: Conn, request: MsgId, quiet: bool, body: Body) {
        self.broker.answer(self.cx, conn, request, quiet, body);
    }

    fn append(&mut self, partition: u32, records: Vec<Record>, token: u64) -> Result<(), ErrorCode> {
        let topic = self.cx.shared().find_topic(OFFSETS_TOPIC).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        self.broker.append_internal(self.cx, Partition { topic, index: partition }, records, token)
    }

    fn wake_at(&mut self, at: Option<Micros>) {
        match at {
            Some(at) => self.cx.set_timer(Timer::Coordinator, at.since(self.cx.now())),
            None => self.cx.cancel_timer(Timer::Coordinator),
        }
    }

    fn note(&mut self, note: Note) {
        self.cx.note(note);
    }
}
