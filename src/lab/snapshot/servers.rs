//! Brokers, their replicas, and topics.

use std::collections::BTreeSet;

use super::Looking;
use crate::engine::NodeId;
use crate::kafka::broker::Broker;
use crate::kafka::log::Log;
use crate::kafka::{Batch, Bytes, Offset, Partition, Record};
use crate::lab::fate::{Fates, kind};
use crate::lab::view::{
    BrokerView, FollowerView, PartitionView, ProducerStateView, RecordView, ReplicaView, SegmentView,
    TopicView,
};

/// Bytes as a person reads them.
pub(super) fn text(bytes: &Option<Bytes>) -> Option<String> {
    bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Settings that are not the default.
pub(super) fn overrides(configs: &crate::kafka::config::Configs) -> Vec<(String, String)> {
    configs.overrides().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Looking<'_> {
    pub(super) fn broker(&self, id: NodeId, broker: &Broker) -> BrokerView {
        let (produces, fetches) = broker.waiting();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let image = self.image();
        BrokerView {
            id: self.node(id),
            controller: self.names.other_role(id).map(|controller| self.node(controller)),
            process: self.process(id),
            fenced: image.and_then(|i| i.brokers.get(&id)).is_none_or(|b| b.fenced),
            lost_power: broker.lost_power(),
            broker_epoch: broker.broker_epoch().map_or(-1, |epoch| epoch.0),
            metadata_offset: broker.image().offset.0,
            replicas: match &self.shown {
                Some(shown) => shown.on(id).iter().filter_map(|p| self.replica(id, broker, *p)).collect(),
                None => broker
                    .partitions()
                    .filter(|p| !self.names.is_internal(p.topic))
                    .filter_map(|p| self.replica(id, broker, p))
                    .collect(),
            },
            configs: overrides(broker.configs()),
            waiting_produces: count(produces),
            waiting_fetches: count(fetches),
            coordinates: broker.coordinator().groups().map(|g| self.names.group(g.id).to_owned()).collect(),
        }
    }

    fn replica(&self, id: NodeId, broker: &Broker, p: Partition) -> Option<ReplicaView> {
        let log = broker.log(p)?;
        let leading = broker.leads(p);
        let committed = self.image().and_then(|image| image.partition(p));
        let followers = leading.map(|l| l.followers.keys()).into_iter().flatten();
        let followers = followers.filter_map(|id| Some((id, broker.follower(p, *id)?)));
        Some(ReplicaView {
            partition: self.partition(p),
            is_leader: leading.is_some(),
            in_sync: committed.is_some_and(|state| state.isr.contains(&id)),
            leader_epoch: broker.leader_epoch(p).0,
            log_start: log.start().0,
            high_watermark: broker.high_watermark(p).unwrap_or(Offset::NONE).0,
            last_stable: broker.last_stable(p).unwrap_or(Offset::NONE).0,
            log_end: log.end().0,
            records: self.records(log),
            segments: segments(self, log),
            bytes: log.size(),
            followers: followers
                .map(|(follower, known)| FollowerView {
                    broker: self.node(*follower),
                    log_end: known.log_end.unwrap_or(Offset::NONE).0,
                    caught_up: self.time(known.caught_up.unwrap_or_default()),
                })
                .collect(),
            last_fetch: broker.last_fetch(p).map(|at| self.time(at)),
            producers: producers(log),
        })
    }

    fn records(&self, log: &Log) -> Vec<RecordView> {
        let (mut seen, fates) = (BTreeSet::new(), Fates::of(log));
        log.records()
            .map(|(offset, record, batch)| {
                let duplicate = batch.control.is_none() && !seen.insert(record.id);
                let fate = fates.get(batch);
                RecordView { duplicate, fate, ..self.record(offset, record, batch) }
            })
            .collect()
    }

    fn record(&self, offset: Offset, record: &Record, batch: &Batch) -> RecordView {
        RecordView {
            offset: offset.0,
            record: self.facts.record_name(record.id),
            key: text(&record.key),
            value: text(&record.value),
            label: self.facts.record_label(record.id),
            leader_epoch: batch.leader_epoch.0,
            batch: batch.base.0,
            timestamp: self.time(record.timestamp),
            stamp: batch
                .stamp
                .zip(batch.sequence_at(offset))
                .map(|(stamp, sequence)| (stamp.id.0, sequence.0)),
            kind: kind(batch),
            ..RecordView::default()
        }
    }

    pub(super) fn topics(&self) -> Vec<TopicView> {
        let Some(image) = self.image() else { return Vec::new() };
        image
            .topics
            .iter()
            .filter(|(topic, _)| !self.names.is_internal(**topic))
            .map(|(&topic, state)| {
                let min = state.configs.get("min.insync.replicas").and_then(|v| v.parse().ok());
                let all = || state.partitions.numbered().map(|(index, _)| Partition { topic, index });
                let shown: Vec<Partition> = match &self.shown {
                    Some(shown) => shown.partitions.iter().copied().filter(|p| p.topic == topic).collect(),
                    None => all().collect(),
                };
                let partitions = shown.into_iter().filter_map(|partition| {
                    let p = image.partition(partition)?;
                    Some(PartitionView {
                        id: self.partition(partition),
                        leader: p.leader.map(|id| self.node(id)),
                        leader_epoch: p.leader_epoch.0,
                        replicas: p.replicas.iter().map(|id| self.node(*id)).collect(),
                        isr: p.isr.iter().map(|id| self.node(*id)).collect(),
                        elr: p.elr.iter().map(|id| self.node(*id)).collect(),
                        min_isr: min.unwrap_or_else(|| self.default_min_isr()),
                        elected: self.facts.elected(partition),
                        moving: !(p.adding.is_empty() && p.removing.is_empty()),
                    })
                });
                TopicView {
                    id: self.names.topic(topic).to_owned(),
                    partitions: partitions.collect(),
                    configs: state.configs.iter().map(|(k, v)| ((*k).to_owned(), v.to_string())).collect(),
                }
            })
            .collect()
    }

    fn default_min_isr(&self) -> u32 {
        let brokers = self.world.nodes().find_map(|(_, node)| match node {
            crate::kafka::Process::Broker(broker) => Some(broker.configs().int("min.insync.replicas")),
            _ => None,
        });
        brokers.and_then(|n| u32::try_from(n).ok()).unwrap_or(1)
    }
}

fn segments(looking: &Looking<'_>, log: &Log) -> Vec<SegmentView> {
    let last = log.segments().count().saturating_sub(1);
    (0..)
        .zip(log.segments())
        .map(|(ix, segment)| SegmentView {
            base: segment.base().0,
            end: segment.end().0,
            bytes: segment.size(),
            active: ix == last,
            newest: segment.max_timestamp().map(|at| looking.time(at)),
        })
        .collect()
}

fn producers(log: &Log) -> Vec<ProducerStateView> {
    log.producers()
        .iter()
        .map(|(id, entry)| ProducerStateView {
            pid: id.0,
            epoch: entry.epoch.0,
            batches: entry.batches.iter().map(|k| (k.first.0, k.last.0, k.base.0)).collect(),
        })
        .collect()
}
