//! Questions that a broker answers from what it knows: metadata, offsets, coordinators, producer ids.

use super::apply::leader_in;
use super::{Broker, Pending};
use std::sync::Arc;

use crate::engine::{Conn, Envelope, Micros, MsgId};
use crate::kafka::client::CONTROLLER;
use crate::kafka::internal::InternalTopic;
use crate::kafka::txn::Version;
use crate::kafka::{
    Body, Coordinated, Cx, ErrorCode, Fetcher, LeaderEpoch, LeaderHint, Offset, OffsetSpec, Partition,
    ProducerEpoch, ProducerId, TopicId, TopicMetadata,
};

impl Broker {
    /// Who leads the partitions with these errors, as far as this broker's metadata says (`KafkaApis.getCurrentLeader`).
    pub(super) fn leader_hints(
        &self,
        errors: impl Iterator<Item = (Partition, ErrorCode)>,
    ) -> Vec<LeaderHint> {
        let moved = |error| matches!(error, ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch);
        errors
            .filter(|(_, error)| moved(*error))
            .filter_map(|(p, _)| {
                let state = self.vol.image.partition(p)?;
                Some((p, state.leader?, state.leader_epoch))
            })
            .collect()
    }

    pub(super) fn metadata(
        &mut self,
        cx: &mut Cx<'_>,
        conn: Conn,
        request: MsgId,
        quiet: bool,
        (topics, create): (&[TopicId], bool),
    ) {
        let image = &self.vol.image;
        let brokers = image.brokers.iter().filter(|(_, b)| !b.fenced).map(|(id, _)| *id).collect();
        let topics = topics
            .iter()
            .map(|&topic| match image.topics.get(&topic) {
                None => {
                    let (id, error) = (Offset::NONE, ErrorCode::UnknownTopicOrPartition);
                    TopicMetadata { topic, id, error, partitions: Vec::new() }
                }
                Some(state) => {
                    let partitions: Vec<_> =
                        state.partitions.iter().map(|p| (p.leader, p.leader_epoch)).collect();
                    let offline = partitions.iter().any(|(leader, _)| leader.is_none());
                    let error = if offline { ErrorCode::LeaderNotAvailable } else { ErrorCode::None };
                    TopicMetadata { topic, id: state.id, error, partitions }
                }
            })
            .collect();
        let unknown: Vec<TopicId> = ((create && self.configs.on("auto.create.topics.enable"))
            .then_some(&topics))
        .into_iter()
        .flatten()
        .filter(|t: &&TopicMetadata| t.error == ErrorCode::UnknownTopicOrPartition)
        .map(|t| t.topic)
        .collect();
        self.answer(cx, conn, request, quiet, Body::MetadataGiven { brokers, topics });
        for topic in unknown {
            self.create_wanted_topic(cx, topic);
        }
    }

    /// `auto.create.topics.enable`: a topic that a client asks for comes into being, with the defaults of this broker. The client was told
    /// that there is none, and asks again.
    fn create_wanted_topic(&mut self, cx: &mut Cx<'_>, topic: TopicId) {
        if !cx.shared().is_internal(topic) {
            let positive = |name: &str| u32::try_from(self.configs.int(name)).unwrap_or(1);
            let (partitions, replication) =
                (positive("num.partitions"), positive("default.replication.factor"));
            self.create_topic(cx, topic, partitions, replication);
        }
    }

    fn create_topic(&mut self, cx: &mut Cx<'_>, topic: TopicId, partitions: u32, replication: u32) {
        let Some(controller) = self.controller(cx) else { return };
        let wanted = Pending::CreateWanted(topic);
        if self.vol.requests.iter().any(|(_, _, pending)| *pending == wanted) {
            return;
        }
        let body = Body::CreateTopics { topic, partitions, replication, configs: Vec::new() };
        self.vol.requests.send(cx, controller, CONTROLLER, false, body, Micros::secs(30), wanted);
    }

    pub(super) fn list_offsets(
        &mut self,
        cx: &mut Cx<'_>,
        conn: Conn,
        request: MsgId,
        who: Fetcher,
        asked: &[(Partition, LeaderEpoch, OffsetSpec)],
    ) {
        let results = asked
            .iter()
            .map(|(p, epoch, spec)| match self.check_epoch(*p, *epoch) {
                ErrorCode::None => match self.find_offset(*p, who, *spec) {
                    Ok(offset) => (*p, ErrorCode::None, offset),
                    Err(error) => (*p, error, Offset::NONE),
                },
                error => (*p, error, Offset::NONE),
            })
            .collect();
        self.answer(cx, conn, request, false, Body::OffsetsListed { results });
    }

    /// Where epochs end in this leader's log: whoever read further read what is no longer there.
    pub(super) fn end_of_epochs(
        &mut self,
        cx: &mut Cx<'_>,
        conn: Conn,
        request: MsgId,
        asked: &[(Partition, LeaderEpoch, LeaderEpoch)],
    ) {
        let unknown = (LeaderEpoch(-1), Offset::NONE);
        let one = |&(p, current, epoch): &(Partition, LeaderEpoch, LeaderEpoch)| {
            let error = self.check_epoch(p, current);
            let log = self.disk.log(p).filter(|_| error == ErrorCode::None);
            let (epoch, end) = log.and_then(|log| log.end_of_epoch(epoch)).unwrap_or(unknown);
            (p, error, epoch, end)
        };
        let results = asked.iter().map(one).collect();
        self.answer(cx, conn, request, false, Body::LeaderEpochsEnded { results });
    }

    /// An offset as a client may see it: for read_committed the end is the last stable offset, for a follower the log end. A new leader
    /// whose high watermark is still below its epoch's start cannot tell clients what is last.
    pub(super) fn find_offset(
        &self,
        p: Partition,
        who: Fetcher,
        spec: OffsetSpec,
    ) -> Result<Offset, ErrorCode> {
        let (Some(log), Some(leading)) = (self.disk.log(p), self.leads(p)) else {
            return Err(ErrorCode::NotLeaderOrFollower);
        };
        let high_watermark = self.high_watermark(p).unwrap_or(log.start());
        let follower = matches!(who, Fetcher::Replica(_));
        let knows_the_end = follower || high_watermark >= leading.epoch_start;
        let bound = self.bound(who, p);
        let found = match spec {
            OffsetSpec::Earliest => return Ok(log.start()),
            OffsetSpec::Latest => knows_the_end.then_some(bound),
            OffsetSpec::Timestamp(at) => log.find_time(at).filter(|offset| *offset < bound),
        };
        match found {
            Some(offset) => Ok(offset),
            None if !knows_the_end => Err(ErrorCode::OffsetNotAvailable),
            None => Ok(Offset::NONE),
        }
    }

    /// Resolves where an admin wants a group to stand, from the leader's log if this broker holds a copy.
    pub(super) fn resolve(&self, p: Partition, to: crate::kafka::SeekTo) -> Option<Offset> {
        use crate::kafka::SeekTo;
        let log = self.disk.log(p)?;
        let high_watermark = self.high_watermark(p)?;
        Some(match to {
            SeekTo::Offset(offset) => offset.clamp(log.start(), high_watermark),
            SeekTo::Earliest => log.start(),
            SeekTo::Latest => high_watermark,
            SeekTo::Timestamp(at) => log.find_time(at).unwrap_or(high_watermark).min(high_watermark),
        })
    }

    pub(super) fn find_coordinator(&mut self, cx: &mut Cx<'_>, conn: Conn, request: MsgId, of: &Coordinated) {
        let names = cx.shared();
        let (internal, name) = match of {
            Coordinated::Group(group) => (InternalTopic::Offsets, names.group(*group)),
            Coordinated::Transaction(id) => (InternalTopic::Transactions, &**id),
        };
        let home = internal.home(&names, &self.vol.image, name);
        let node = home.and_then(|(topic, index)| leader_in(&self.vol.image, Partition { topic, index }));
        if home.is_none() {
            self.create_internal_topic(cx, internal);
        }
        let error = if node.is_some() { ErrorCode::None } else { ErrorCode::CoordinatorNotAvailable };
        self.answer(cx, conn, request, false, Body::CoordinatorFound { error, node });
    }

    /// The first one whose coordinator is looked for brings the internal topic into being.
    pub(super) fn create_internal_topic(&mut self, cx: &mut Cx<'_>, internal: InternalTopic) {
        let names = cx.shared();
        let (Some(controller), Some(topic)) = (self.controller(cx), names.find_topic(internal.name())) else {
            return;
        };
        let wanted = Pending::CreateTopic(internal);
        if self.vol.requests.iter().any(|(_, _, pending)| *pending == wanted) {
            return;
        }
        let [partitions, replication] =
            internal.sizes().map(|name| u32::try_from(self.configs.int(name)).unwrap_or(1));
        let mut configs: Vec<(&'static str, Arc<str>)> =
            vec![("cleanup.policy", "compact".into()), ("segment.bytes", "104857600".into())];
        match internal {
            InternalTopic::Offsets => {}
            InternalTopic::Transactions => {
                configs
                    .push(("min.insync.replicas", self.configs.get("transaction.state.log.min.isr").into()));
            }
            InternalTopic::ShareState => {
                let least = self.configs.get("share.coordinator.state.topic.min.isr").into();
                configs[0] = ("cleanup.policy", "delete".into()); // its coordinators delete what is out of date
                configs.extend([("retention.ms", "-1".into()), ("min.insync.replicas", least)]);
            }
        }
        let body = Body::CreateTopics { topic, partitions, replication, configs };
        self.vol.requests.send(cx, controller, CONTROLLER, false, body, Micros::secs(30), wanted);
    }

    pub(super) fn init_producer_id(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        if self.vol.producer_ids.is_empty() {
            self.vol.init_waiting.push(Arc::new(message.clone()));
            self.ask_for_producer_ids(cx);
        } else if matches!(message.body, Body::InitProducerId { transaction: Some(_) }) {
            self.with_transactions(cx, |transactions, host| transactions.on_request(host, message));
        } else {
            self.answer_init(cx, message.conn, message.id, ErrorCode::None);
        }
    }

    pub(super) fn ask_for_producer_ids(&mut self, cx: &mut Cx<'_>) {
        let (Some(epoch), Some(controller)) = (self.vol.epoch, self.controller(cx)) else { return };
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
        for message in std::mem::take(&mut self.vol.init_waiting) {
            if error == ErrorCode::None {
                self.init_producer_id(cx, &message);
            } else {
                self.answer_init(cx, message.conn, message.id, ErrorCode::CoordinatorLoadInProgress);
            }
        }
    }

    fn answer_init(&mut self, cx: &mut Cx<'_>, conn: Conn, request: MsgId, error: ErrorCode) {
        let pid = if error == ErrorCode::None { self.vol.producer_ids.next().unwrap_or(-1) } else { -1 };
        let (pid, epoch) = (ProducerId(pid), ProducerEpoch(0));
        let version = Version::of_level(self.configs.int("transaction.version"));
        let body = Body::ProducerIdGiven { error, pid, epoch, version };
        self.answer(cx, conn, request, false, body);
    }
}
