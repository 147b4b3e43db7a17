//! Producers, consumers, groups.

use super::Looking;
use super::servers::overrides;
use crate::engine::{Micros, NodeId};
use crate::kafka::config::{Configs, Family};
use crate::kafka::consumer::Consumer;
use crate::kafka::group::{Group, Member, partition_for};
use crate::kafka::producer::{Draft, Producer};
use crate::kafka::share::{InFlight, ShareKey};
use crate::kafka::{GroupId, GroupState, MemberId, OFFSETS_TOPIC, Offset, Partition, Process, Timer};
use crate::lab::view::{
    BatchView, ClockView, ClosedBatch, ConsumerView, GroupMemberView, GroupView, HandedView, PositionView,
    ProducerView, QueuedBatch, SendView,
};

/// Settings that differ, and those that matter anyway.
fn telling(configs: &Configs, always: &[&'static str]) -> Vec<(String, String)> {
    let mut all = overrides(configs);
    for name in always {
        if !configs.differs(name) {
            all.push(((*name).to_owned(), configs.get(name).to_owned()));
        }
    }
    all
}

/// A producer's settings as they act: one may fix another.
fn in_force(producer: &Producer) -> Vec<(String, String)> {
    const MATTER: [&str; 5] =
        ["acks", "enable.idempotence", "linger.ms", "batch.size", "max.in.flight.requests.per.connection"];
    let all = telling(producer.configs(), &MATTER).into_iter();
    all.map(|(name, _)| (name.clone(), producer.in_force(&name))).collect()
}

fn family(configs: &Configs) -> String {
    match configs.family() {
        Family::Java => "java".to_owned(),
        Family::Librdkafka => "librdkafka".to_owned(),
    }
}

/// Application sends that a picture knows of.
const SENDS: usize = 64;

impl Looking<'_> {
    pub(super) fn sends(&self) -> Vec<SendView> {
        let text = |bytes: &crate::kafka::Bytes| String::from_utf8_lossy(bytes).into_owned();
        let counts = |map: &std::collections::BTreeMap<NodeId, u32>| {
            map.iter().map(|(node, n)| (self.node(*node), *n)).collect()
        };
        let view = |facts: &crate::lab::ledger::RecordFacts| SendView {
            record: self.facts.record_name(facts.id),
            label: self.facts.record_label(facts.id),
            tag: facts.tag.as_ref().map(ToString::to_string),
            producer: self.node(facts.producer),
            key: facts.key.as_ref().map(text),
            partition: facts.partition.map(|p| self.partition(p)),
            how: facts.how.map(crate::kafka::Chosen::name),
            sent_at: self.time(facts.sent_at),
            acked: facts.acked_at.is_some(),
            error: facts.error.map(|error| error.name().to_owned()),
            dropped: facts.dropped,
            unanswered: facts
                .replies
                .iter()
                .map(|reply| u32::from(*reply == crate::lab::ledger::Reply::Lost))
                .sum(),
            delivered: counts(&facts.delivered),
            worked: counts(&facts.worked),
        };
        self.facts.sends(SENDS).into_iter().map(view).collect()
    }

    pub(super) fn producer(&self, id: NodeId, producer: &Producer) -> ProducerView {
        let label = |draft: &Draft| -> Vec<String> {
            draft.records.iter().map(|r| self.facts.record_label(r.id)).collect()
        };
        let waiting = producer.buffered().filter(|(_, draft)| draft.attempts == 0);
        let buffered = waiting
            .flat_map(|(p, draft)| label(draft).into_iter().map(move |l| (l, p)))
            .map(|(l, p)| (l, self.partition(p)))
            .collect();
        let out = producer.in_flight().map(|(msg, p, draft)| (Some(msg.0), p, draft));
        let retries = producer.buffered().filter(|(_, d)| d.attempts > 0).map(|(p, draft)| (None, p, draft));
        let limit = producer.configs().ms("request.timeout.ms");
        let in_flight = out
            .chain(retries)
            .map(|(msg, p, draft)| BatchView {
                msg,
                partition: self.partition(p),
                records: label(draft),
                sequence: draft.stamp.map(|stamp| stamp.first.0),
                attempt: draft.attempts,
                deadline: self.deadline(msg, limit),
            })
            .collect();
        let (now, linger) = (self.world.now(), producer.configs().ms("linger.ms"));
        let queue = producer.buffered().map(|(p, draft)| QueuedBatch {
            partition: self.partition(p),
            labels: label(draft),
            bytes: draft.bytes(),
            waiting_us: now.since(draft.created()).0,
            linger_us: linger.0,
            in_retry: draft.attempts > 0,
        });
        ProducerView {
            id: self.node(id),
            process: self.process(id),
            client: family(producer.configs()),
            topics: producer.topics().iter().map(|t| self.names.topic(*t).to_owned()).collect(),
            buffered,
            queue: queue.collect(),
            in_flight,
            blocked_in: producer.blocked_in().map(str::to_owned),
            closed: self
                .facts
                .closed(id)
                .into_iter()
                .map(|(p, count, why)| ClosedBatch { partition: self.partition(p), count, why: why.name() })
                .collect(),
            requests: self.facts.requests(id),
            callbacks_pending: u32::try_from(producer.callbacks_pending()).unwrap_or(u32::MAX),
            sequences: producer.sequences().map(|(p, next)| (self.partition(p), next.0)).collect(),
            acked: producer.acked(),
            failed: producer.failed(),
            producer_id: producer.producer_id().map(|(pid, epoch)| (pid.0, epoch.0)),
            error: producer.error().map(|error| error.name().to_owned()),
            configs: in_force(producer),
        }
    }

    fn deadline(&self, msg: Option<u64>, limit: crate::engine::Micros) -> u64 {
        let sent = msg.and_then(|msg| self.world.flights().find(|f| f.envelope.id.0 == msg));
        sent.map_or(0, |flight| self.time(flight.envelope.sent_at + limit))
    }

    pub(super) fn consumer(&self, id: NodeId, consumer: &Consumer) -> ConsumerView {
        ConsumerView {
            id: self.node(id),
            process: self.process(id),
            client: family(consumer.configs()),
            group: self.names.group(consumer.group()).to_owned(),
            topics: consumer.spec().topics.iter().map(|t| self.names.topic(*t).to_owned()).collect(),
            member: consumer.member().map(|m| self.member_id(m)),
            generation: consumer.generation().0,
            is_leader: consumer.is_leader(),
            assigned: consumer
                .assigned()
                .map(|(p, position)| PositionView { partition: self.partition(p), position: position.0 })
                .collect(),
            buffered: u32::try_from(consumer.buffered()).unwrap_or(u32::MAX),
            working: consumer.working().map(|record| self.facts.record_label(record)),
            doing: consumer.doing(),
            in_hand: self.listed(consumer.in_hand()),
            prefetched: self.listed(consumer.prefetched()),
            session: consumer.configs().ms("session.timeout.ms").0,
            clocks: self.clocks(id, consumer),
            polls: consumer.polls(),
            error: consumer.error().map(|error| error.name().to_owned()),
            configs: telling(consumer.configs(), &["auto.offset.reset", "enable.auto.commit"]),
            isolation: match consumer.configs().get("isolation.level") {
                "read_committed" => "read_committed",
                _ => "read_uncommitted",
            },
            received: self
                .facts
                .received(id)
                .into_iter()
                .map(|(p, offset, record)| (self.partition(p), offset.0, self.facts.record_label(record)))
                .collect(),
        }
    }

    fn listed(
        &self,
        records: impl Iterator<Item = (Partition, Offset, crate::kafka::RecordId)>,
    ) -> Vec<(String, i64, String)> {
        let told = |(p, offset, record): (_, Offset, _)| {
            (self.partition(p), offset.0, self.facts.record_label(record))
        };
        records.map(told).collect()
    }

    /// Clocks that run in a consumer's client: the next heartbeat, the time left until the next poll(), the next automatic commit.
    fn clocks(&self, id: NodeId, consumer: &Consumer) -> Vec<ClockView> {
        let due = |key| self.world.timer_due(id, key);
        let own = |name| (name, consumer.configs().ms(name));
        let heartbeat = match consumer.told_interval() {
            Some(told) if consumer.shares() => ("group.share.heartbeat.interval.ms", told),
            Some(told) => ("group.consumer.heartbeat.interval.ms", told),
            None => own("heartbeat.interval.ms"),
        };
        let commits = consumer.auto_commit_due().filter(|_| !consumer.shares()); // a share group commits nothing
        let found = [
            (own("max.poll.interval.ms"), due(Timer::PollInterval)),
            (heartbeat, due(Timer::Heartbeat)),
            (own("auto.commit.interval.ms"), commits),
        ];
        let clock = |((name, whole), until): ((&'static str, Micros), Option<Micros>)| {
            Some(ClockView { name, until: self.time(until?), whole: whole.0 })
        };
        found.into_iter().filter_map(clock).collect()
    }

    /// Every group that a consumer of the tank belongs to, whether its coordinator knows it or not.
    pub(super) fn groups(&self) -> Vec<GroupView> {
        let mut ids: Vec<_> = self
            .world
            .nodes()
            .filter_map(|(_, node)| if let Process::Consumer(c) = node { Some(c.group()) } else { None })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| !self.names.group(*id).is_empty());
        ids.into_iter().map(|id| self.group(id)).collect()
    }

    fn group(&self, id: crate::kafka::GroupId) -> GroupView {
        let name = self.names.group(id).to_owned();
        let Some((coordinator, group)) = self.find_group(id) else {
            let coordinator = self.coordinator_of(&name).map(|c| self.node(c));
            let (protocol, state, history) = ("classic", "Empty".to_owned(), self.history(id));
            return GroupView { id: name, protocol, coordinator, state, ..history };
        };
        GroupView {
            id: name,
            protocol: match group.consumer.as_deref() {
                Some(modern) if modern.share => "share",
                Some(_) => "consumer",
                None => "classic",
            },
            coordinator: Some(self.node(coordinator)),
            state: group.state.name().to_owned(),
            generation: group.generation.0,
            target_epoch: group.consumer.as_ref().map_or(group.generation.0, |g| g.target_epoch),
            leader: group.leader.map(|id| self.member_id(id)),
            assignor: group.assignor.map(str::to_owned),
            members: match &group.consumer {
                None => group.members.iter().map(|m| self.group_member(group, m)).collect(),
                Some(consumer) => {
                    consumer.members.iter().map(|m| self.consumer_member(consumer, m)).collect()
                }
            },
            pending: group.pending().map(|id| self.member_id(id)).collect(),
            waits_until: group.waits_until().map(|at| self.time(at)),
            committed: group.offsets.iter().map(|(p, c)| self.committed(*p, c.offset)).collect(),
            windows: self.windows(id),
            handed: self.handed(id),
            lock: match group.consumer.as_deref() {
                Some(modern) if modern.share => {
                    self.of_broker(coordinator, "group.share.record.lock.duration.ms")
                }
                _ => 0,
            },
            session: match group.consumer.as_deref() {
                Some(modern) if modern.share => self.of_broker(coordinator, "group.share.session.timeout.ms"),
                Some(_) => self.of_broker(coordinator, "group.consumer.session.timeout.ms"),
                None => 0,
            },
            owners: group.owners().map(|(p, m)| (self.partition(p), self.node(m.client))).collect(),
            ..self.history(id)
        }
    }

    pub(super) fn member_id(&self, id: MemberId) -> String {
        format!("{}-{}", self.names.node(id.client), id.serial)
    }

    fn group_member(&self, group: &Group, member: &Member) -> GroupMemberView {
        let owned: Vec<String> = member.assigned.iter().map(|p| self.partition(*p)).collect();
        let state = match group.state {
            _ if member.awaits_join() => "awaiting-join",
            _ if member.awaits_sync() => "awaiting-sync",
            GroupState::PreparingRebalance => "not-joined",
            _ => "stable",
        };
        GroupMemberView {
            id: self.member_id(member.id),
            client: self.node(member.client()),
            instance: member.instance.as_deref().map(str::to_owned),
            epoch: group.generation.0,
            state: state.to_owned(),
            target: owned.clone(),
            owned,
            pending_revocation: Vec::new(),
            session_until: member.session_until().map(|at| self.time(at)),
        }
    }

    /// Where a share group stands, as the leaders of its partitions have it.
    fn windows(&self, group: GroupId) -> Vec<(String, i64, i64, i64)> {
        let of = |(partition, _)| {
            let shares = crate::lab::cel::share_window(self.world, ShareKey { group, partition })?;
            let lag = crate::lab::cel::share_lag(self.world, ShareKey { group, partition });
            Some((self.partition(partition), shares.start().0, shares.end().0, lag))
        };
        let image = self.image();
        image.into_iter().flat_map(|image| image.partitions()).filter_map(of).collect()
    }

    /// The records of a share group's windows.
    fn handed(&self, group: GroupId) -> Vec<HandedView> {
        let image = self.image();
        let partitions =
            image.into_iter().flat_map(|image| image.partitions()).map(|(partition, _)| partition);
        let windows = partitions.filter_map(|partition| {
            let shares = crate::lab::cel::share_window(self.world, ShareKey { group, partition })?;
            Some((self.partition(partition), shares))
        });
        let record = |partition: &String, (offset, record): (Offset, &InFlight)| HandedView {
            partition: partition.clone(),
            offset: offset.0,
            state: record.state.name(),
            deliveries: record.deliveries,
            holder: record.lock.map(|(member, until)| (self.node(member.client), self.time(until))),
        };
        windows.flat_map(|(p, shares)| shares.records().map(|r| record(&p, r)).collect::<Vec<_>>()).collect()
    }

    /// A setting of a broker, µs.
    fn of_broker(&self, broker: NodeId, name: &str) -> u64 {
        match self.world.node(broker) {
            Process::Broker(broker) => broker.configs().ms(name).0,
            _ => 0,
        }
    }

    fn committed(&self, p: Partition, offset: Offset) -> (String, i64, i64) {
        let leader = self.image().and_then(|image| image.partition(p)).and_then(|state| state.leader);
        let high_watermark = leader.and_then(|leader| match self.world.node(leader) {
            Process::Broker(broker) => broker.high_watermark(p),
            _ => None,
        });
        let lag = high_watermark.map_or(-1, |hw| (hw.0 - offset.0).max(0));
        (self.partition(p), offset.0, lag)
    }

    fn coordinator_of(&self, group: &str) -> Option<NodeId> {
        let topic = self.names.find_topic(OFFSETS_TOPIC)?;
        let image = self.image()?;
        let index = partition_for(group, image.partition_count(topic));
        image.partition(Partition { topic, index })?.leader
    }

    /// The coordinator and what it knows of a group.
    fn find_group(&self, id: crate::kafka::GroupId) -> Option<(NodeId, &Group)> {
        let coordinator = self.coordinator_of(self.names.group(id))?;
        match self.world.node(coordinator) {
            Process::Broker(broker) => broker.coordinator().group(id).map(|group| (coordinator, group)),
            _ => None,
        }
    }
}
