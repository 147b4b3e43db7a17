//! The partitioner: how the last key became a partition in each producer, and where each producer's records went in how many requests.

use super::{Moment, Params};
use crate::lab::view::{
    PartitionView, ProducerView, SendView, TankView, crc32, java_steps, librdkafka_partition,
};

/// From a key to a partition, as one producer calculates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The producer.
    pub producer: String,
    /// Which position colour.
    pub lane: usize,
    /// The key.
    pub key: String,
    /// `murmur2` or `CRC32`.
    pub hash: &'static str,
    /// The hash of the key.
    pub value: u32,
    /// The hash without its sign bit; none where the client needs no such step.
    pub unsigned: Option<u32>,
    /// Number of partitions.
    pub count: u32,
    /// What is left: the number of the partition.
    pub partition: u32,
    /// This producer sent the record; otherwise it is what it would do.
    pub sent: bool,
}

/// What became of records that travel together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parcel {
    /// In the producer's memory.
    Waits,
    /// On its way, or its answer is.
    Travels,
    /// In the log.
    Stored,
    /// Given up by the client.
    Failed,
}

/// Records of one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Their labels.
    pub labels: Vec<String>,
    /// What became of them.
    pub state: Parcel,
}

/// What one producer put where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// `java-app`.
    pub id: String,
    /// `java` or `librdkafka`.
    pub client: String,
    /// Hash for keys.
    pub hash: &'static str,
    /// Which position colour.
    pub lane: usize,
    /// The lesson points at it.
    pub focused: bool,
    /// How the last record without a key was placed, if there was one: `sticky`, `random`.
    pub keyless: Option<&'static str>,
    /// Batches by partition, in the order of the rows.
    pub rows: Vec<Vec<Group>>,
    /// Records sent so far.
    pub records: usize,
    /// Produce requests sent so far.
    pub requests: u64,
    /// Why its batches were closed, with how many.
    pub closed: Vec<(&'static str, usize)>,
    /// `linger.ms`, `batch.size`.
    pub settings: Vec<(String, String)>,
}

/// A partition with the labels of its leader's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `orders-0`.
    pub id: String,
    /// Records, oldest first.
    pub labels: Vec<String>,
    /// Lanes of the producers that send the last key here.
    pub aimed: Vec<usize>,
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitioner {
    /// `orders`.
    pub topic: String,
    /// Its partitions.
    pub targets: Vec<Target>,
    /// The last keyed record, in each producer; empty before there is one.
    pub sums: Vec<Sum>,
    /// Label, producer and way of the last record, if it had no key.
    pub keyless: Option<(String, String, &'static str)>,
    /// Producers side by side.
    pub lanes: Vec<Lane>,
}

impl Partitioner {
    /// Builds the picture of a moment.
    #[must_use]
    pub fn build(params: &Params, moment: &Moment<'_>) -> Self {
        let view = moment.view;
        let producers = producers(params, view);
        let topic = topic(params, view, &producers);
        let partitions: Vec<&PartitionView> =
            view.topics.iter().filter(|t| t.id == topic).flat_map(|t| &t.partitions).collect();
        let ours: Vec<&SendView> = view
            .sends
            .iter()
            .filter(|s| producers.iter().any(|p| p.id == s.producer))
            .filter(|s| s.partition.as_ref().is_none_or(|p| topic_of(p) == topic))
            .collect();
        let count = u32::try_from(partitions.len()).unwrap_or(u32::MAX);
        let keyed = ours.iter().rev().find(|s| s.key.is_some() && s.how != Some("explicit"));
        let sums: Vec<Sum> = keyed.map_or_else(Vec::new, |send| {
            let each = producers.iter().enumerate().filter(|_| count > 0);
            each.map(|(lane, producer)| sum(lane, producer, send, count)).collect()
        });
        let keyless = ours
            .last()
            .filter(|s| s.key.is_none())
            .and_then(|send| Some((send.label.clone(), send.producer.clone(), send.how?)));
        let targets = partitions.iter().map(|p| target(view, p, &sums)).collect();
        let lanes = (0..)
            .zip(&producers)
            .map(|(ix, producer)| lane(moment, ix, producer, &partitions, &ours))
            .collect();
        Self { topic, targets, sums, keyless, lanes }
    }
}

/// The producers of the picture: those that the lesson names, else all.
fn producers<'a>(params: &Params, view: &'a TankView) -> Vec<&'a ProducerView> {
    if params.producers.is_empty() {
        return view.producers.iter().collect();
    }
    params.producers.iter().filter_map(|id| view.producers.iter().find(|p| p.id == *id)).collect()
}

fn topic(params: &Params, view: &TankView, producers: &[&ProducerView]) -> String {
    let theirs = producers.iter().find_map(|p| p.topics.first()).cloned();
    params.topic.clone().or(theirs).or_else(|| view.topics.first().map(|t| t.id.clone())).unwrap_or_default()
}

fn topic_of(partition: &str) -> &str {
    partition.rsplit_once('-').map_or(partition, |(topic, _)| topic)
}

/// The hash that a producer takes for keys, or the partitioner that does without.
fn hash_of(producer: &ProducerView) -> &'static str {
    let setting = |name: &str| producer.configs.iter().find(|(known, _)| known == name);
    if setting("partitioner.class").is_some_and(|(_, class)| class.ends_with("RoundRobinPartitioner")) {
        return "RoundRobinPartitioner";
    }
    let set = setting("partitioner");
    match set.map(|(_, value)| value.as_str()) {
        Some(name) if name.starts_with("murmur2") => "murmur2",
        Some(name) if name.starts_with("consistent") => "CRC32",
        _ if producer.client == "java" => "murmur2",
        _ => "CRC32",
    }
}

fn sum(lane: usize, producer: &ProducerView, send: &SendView, count: u32) -> Sum {
    let key = send.key.clone().unwrap_or_default();
    let hash = hash_of(producer);
    let (value, unsigned, partition) = if hash == "murmur2" {
        let (value, unsigned, partition) = java_steps(key.as_bytes(), count);
        (value.cast_unsigned(), Some(unsigned), partition)
    } else {
        (crc32(key.as_bytes()), None, librdkafka_partition(key.as_bytes(), count))
    };
    let sent = send.producer == producer.id;
    Sum { producer: producer.id.clone(), lane, key, hash, value, unsigned, count, partition, sent }
}

fn target(view: &TankView, partition: &PartitionView, sums: &[Sum]) -> Target {
    let records = view
        .brokers
        .iter()
        .filter(|b| Some(&b.id) == partition.leader.as_ref())
        .flat_map(|b| b.replicas.iter().filter(|r| r.partition == partition.id))
        .flat_map(|r| &r.records);
    let index = partition.id.rsplit_once('-').and_then(|(_, ix)| ix.parse::<u32>().ok());
    Target {
        id: partition.id.clone(),
        labels: records.map(|r| r.label.clone()).collect(),
        aimed: sums.iter().filter(|s| Some(s.partition) == index).map(|s| s.lane).collect(),
    }
}

fn lane(
    moment: &Moment<'_>,
    lane: usize,
    producer: &ProducerView,
    partitions: &[&PartitionView],
    sends: &[&SendView],
) -> Lane {
    let ours: Vec<&SendView> = sends.iter().filter(|s| s.producer == producer.id).copied().collect();
    let mut closed: Vec<(&'static str, usize)> = Vec::new();
    let here = |batch: &&crate::lab::view::ClosedBatch| partitions.iter().any(|p| p.id == batch.partition);
    for batch in producer.closed.iter().filter(here) {
        match closed.iter_mut().find(|(why, _)| *why == batch.why) {
            Some((_, n)) => *n += 1,
            None => closed.push((batch.why, 1)),
        }
    }
    let setting = |name: &str| producer.configs.iter().find(|(known, _)| known == name).cloned();
    Lane {
        id: producer.id.clone(),
        client: producer.client.clone(),
        hash: hash_of(producer),
        lane,
        focused: moment.focus.contains(&producer.id.as_str()),
        keyless: ours.iter().rev().find(|s| s.key.is_none()).and_then(|s| s.how),
        rows: partitions.iter().map(|p| groups(moment.view, producer, p, &ours)).collect(),
        records: ours.len(),
        requests: producer.requests,
        closed,
        settings: ["linger.ms", "batch.size"].into_iter().filter_map(setting).collect(),
    }
}

/// A producer's records in a partition, batch by batch.
fn groups(
    view: &TankView,
    producer: &ProducerView,
    partition: &PartitionView,
    sends: &[&SendView],
) -> Vec<Group> {
    let leader = view.brokers.iter().find(|b| Some(&b.id) == partition.leader.as_ref());
    let replica = leader.and_then(|b| b.replicas.iter().find(|r| r.partition == partition.id));
    let queued = |label: &String| {
        producer.queue.iter().position(|b| b.partition == partition.id && b.labels.contains(label))
    };
    let flying = |label: &String| {
        producer.in_flight.iter().position(|b| b.partition == partition.id && b.records.contains(label))
    };
    let mut groups: Vec<((Parcel, i64), Group)> = Vec::new();
    for send in sends.iter().filter(|s| s.partition.as_deref() == Some(partition.id.as_str())) {
        let stored = replica.and_then(|r| r.records.iter().find(|record| record.record == send.record));
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let place = match (stored, flying(&send.label), queued(&send.label)) {
            (Some(record), ..) => (Parcel::Stored, record.batch),
            (None, Some(batch), _) => (Parcel::Travels, number(batch)),
            (None, None, Some(batch)) => (Parcel::Waits, number(batch)),
            _ if send.error.is_some() => (Parcel::Failed, 0),
            _ => (Parcel::Stored, -1),
        };
        match groups.last_mut().filter(|(last, _)| *last == place) {
            Some((_, group)) => group.labels.push(send.label.clone()),
            None => groups.push((place, Group { labels: vec![send.label.clone()], state: place.0 })),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
