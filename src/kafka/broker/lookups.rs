//! Questions that a broker answers from what it knows: metadata, offsets, coordinators, producer ids.

use super::apply::leader_in;
use super::isr::controller;
use super::{Broker, Pending};
use crate::engine::{Conn, Micros, MsgId};
use crate::kafka::client::CONTROLLER;
use crate::kafka::group::partition_for;
use crate::kafka::{
    Body, Cx, ErrorCode, GroupId, LeaderEpoch, OFFSETS_TOPIC, Offset, OffsetSpec, Partition, ProducerEpoch,
    ProducerId, TopicId, TopicMetadata,
};

impl Broker {
    pub(super) fn metadata(
        &mut self,
        cx: &mut Cx<'_>,
        conn: Conn,
        request: MsgId,
        quiet: bool,
        topics: &[TopicId],
    ) {
        let image = &self.vol.image;
        let brokers = image.brokers.iter().filter(|(_, b)| !b.fenced).map(|(id, _)| *id).collect();
        let topics = topics
            .iter()
            .map(|&topic| match image.topics.get(&topic) {
                None => {
                    TopicMetadata { topic, error: ErrorCode::UnknownTopicOrPartition, partitions: Vec::new() }
                }
                Some(state) => {
                    let partitions: Vec<_> =
                        state.partitions.iter().map(|p| (p.leader, p.leader_epoch)).collect();
                    let offline = partitions.iter().any(|(leader, _)| leader.is_none());
                    let error = if offline { ErrorCode::LeaderNotAvailable } else { ErrorCode::None };
                    TopicMetadata { topic, error, partitions }
                }
            })
            .collect();
        self.answer(cx, conn, request, quiet, Body::MetadataGiven { brokers, topics });
    }

    pub(super) fn list_offsets(
        &mut self,
        cx: &mut Cx<'_>,
        conn: Conn,
        request: MsgId,
        asked: &[(Partition, LeaderEpoch, OffsetSpec)],
    ) {
        let results = asked
            .iter()
            .map(|(p, epoch, spec)| match self.check_epoch(*p, *epoch) {
                ErrorCode::None => match self.find_offset(*p, *spec) {
                    Ok(offset) => (*p, ErrorCode::None, offset),
                    Err(error) => (*p, error, Offset::NONE),
                },
                error => (*p, error, Offset::NONE),
            })
            .collect();
        self.answer(cx, conn, request, false, Body::OffsetsListed { results });
    }

    /// An offset as a client may see it. A new leader whose high watermark is still below its epoch's start cannot say what is last.
    fn find_offset(&self, p: Partition, spec: OffsetSpec) -> Result<Offset, ErrorCode> {
        let (Some(log), Some(leading)) = (self.disk.logs.get(&p), self.leads(p)) else {
            return Err(ErrorCode::NotLeaderOrFollower);
        };
        let high_watermark = self.high_watermark(p).unwrap_or(log.start());
        let knows_the_end = high_watermark >= leading.epoch_start;
        match spec {
            OffsetSpec::Earliest => Ok(log.start()),
            OffsetSpec::Latest if knows_the_end => Ok(high_watermark),
            OffsetSpec::Latest => Err(ErrorCode::OffsetNotAvailable),
            OffsetSpec::Timestamp(at) => match log.find_time(at) {
                Some(offset) if offset < high_watermark => Ok(offset),
                Some(_) if !knows_the_end => Err(ErrorCode::OffsetNotAvailable),
                _ => Ok(Offset::NONE),
            },
        }
    }

    /// Resolves where an admin wants a group to stand, from the leader's log if this broker holds a copy.
    pub(super) fn resolve(&self, p: Partition, to: crate::kafka::SeekTo) -> Option<Offset> {
        use crate::kafka::SeekTo;
        let log = self.disk.logs.get(&p)?;
        let high_watermark = self.high_watermark(p)?;
        Some(match to {
            SeekTo::Offset(offset) => offset.clamp(log.start(), high_watermark),
            SeekTo::Earliest => log.start(),
            SeekTo::Latest => high_watermark,
            SeekTo::Timestamp(at) => log.find_time(at).unwrap_or(high_watermark).min(high_watermark),
        })
    }

    pub(super) fn find_coordinator(&mut self, cx: &mut Cx<'_>, conn: Conn, request: MsgId, group: GroupId) {
        let names = cx.shared();
        let topic = names.find_topic(OFFSETS_TOPIC);
        let count = topic.map_or(0, |topic| self.vol.image.partition_count(topic));
        let node = topic.filter(|_| count > 0).and_then(|topic| {
            let index = partition_for(names.group(group), count);
            leader_in(&self.vol.image, Partition { topic, index })
        });
        if count == 0 {
            self.create_offsets_topic(cx);
        }
        let error = if node.is_some() { ErrorCode::None } else { ErrorCode::CoordinatorNotAvailable };
        self.answer(cx, conn, request, false, Body::CoordinatorFound { error, node });
    }

    /// The first group that is looked for brings `__consumer_offsets` into being.
    fn create_offsets_topic(&mut self, cx: &mut Cx<'_>) {
        let names = cx.shared();
        let (Some(controller), Some(topic)) = (controller(cx), names.find_topic(OFFSETS_TOPIC)) else {
            return;
        };
        if self.vol.requests.iter().any(|(_, _, pending)| *pending == Pending::CreateTopic) {
            return;
        }
        let positive = |name: &str| u32::try_from(self.configs.int(name)).unwrap_or(1);
        let body = Body::CreateTopics {
            topic,
            partitions: positive("offsets.topic.num.partitions"),
            replication: positive("offsets.topic.replication.factor"),
            configs: vec![("cleanup.policy", "compact".into()), ("segment.bytes", "104857600".into())],
        };
        self.vol.requests.send(
            cx,
            controller,
            CONTROLLER,
            false,
            body,
            Micros::secs(30),
            Pending::CreateTopic,
        );
    }

    pub(super) fn init_producer_id(&mut self, cx: &mut Cx<'_>, conn: Conn, request: MsgId) {
        if self.vol.producer_ids.is_empty() {
            self.vol.init_waiting.push((conn, request));
            self.ask_for_producer_ids(cx);
        } else {
            self.answer_init(cx, conn, request, ErrorCode::None);
        }
    }

    fn ask_for_producer_ids(&mut self, cx: &mut Cx<'_>) {
        let (Some(epoch), Some(controller)) = (self.vol.epoch, controller(cx)) else { return };
        if self.vol.requests.iter().any(|(_, _, pending)| *pending == Pending::ProducerIds) {
            return;
        }
        let body = Body::AllocateProducerIds { epoch };
        self.vol.requests.send(
            cx,
            controller,
            CONTROLLER,
            false,
            body,
            Micros::secs(30),
            Pending::ProducerIds,
        );
    }

    pub(super) fn on_producer_ids(&mut self, cx: &mut Cx<'_>, error: ErrorCode, first: i64, count: i64) {
        if error == ErrorCode::None {
            self.vol.producer_ids = first..first + count;
        }
        for (conn, request) in std::mem::take(&mut self.vol.init_waiting) {
            let error = if error == ErrorCode::None { error } else { ErrorCode::CoordinatorLoadInProgress };
            self.answer_init(cx, conn, request, error);
        }
    }

    pub(super) fn answer_init(&mut self, cx: &mut Cx<'_>, conn: Conn, request: MsgId, error: ErrorCode) {
        let pid = if error == ErrorCode::None { self.vol.producer_ids.next().unwrap_or(-1) } else { -1 };
        let (pid, epoch) = (ProducerId(pid), ProducerEpoch(0));
        self.answer(cx, conn, request, false, Body::ProducerIdGiven { error, pid, epoch });
    }
}
