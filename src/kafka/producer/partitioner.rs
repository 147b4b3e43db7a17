//! Which partition a record goes to, as each client family decides it.
//!
//! ```text
//!  Java        partition given ▸ partitioner.class ▸ murmur2(key) mod N ▸ sticky by bytes (KIP-794)
//!  librdkafka  partition given ▸ partitioner: crc32 / murmur2 / fnv1a of the key mod N, or random ▸ no key: sticky by time
//! ```
//!
//! Simplified: the queues that weigh Java's draw are those at the moment of the draw; Java uses those of the sender's last look.

use std::collections::{BTreeMap, VecDeque};

use super::Producer;
use super::hash::{crc32, fnv1a, java_hash, java_partition, murmur2};
use crate::engine::Micros;
use crate::kafka::config::{Configs, Family};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Chosen, Cx, Partition, Send, TopicId};

/// Draws of a client that have to do with partitions.
const STICKY: u64 = 1;

/// How keys become partitions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Strategy {
    /// Java's default: murmur2, without a key sticky by bytes.
    Java,
    /// Java's RoundRobinPartitioner: a counter a topic, keys do not matter.
    RoundRobin,
    /// librdkafka: this hash; `empty`: an empty key counts as a key; `random`: no key means any partition, not the hash of nothing.
    Hash { hash: fn(&[u8]) -> u32, empty: bool, random: bool },
    /// librdkafka: any partition, whatever the key.
    Random,
}

impl Strategy {
    pub(super) fn of(configs: &Configs) -> Self {
        if configs.family() == Family::Java {
            let class = configs.get("partitioner.class");
            return if class.ends_with("RoundRobinPartitioner") { Self::RoundRobin } else { Self::Java };
        }
        let hashing = |hash, empty, random| Self::Hash { hash, empty, random };
        match configs.get("partitioner") {
            "consistent" => hashing(crc32, true, false),
            "murmur2" => hashing(java_hash, true, false),
            "murmur2_random" => hashing(java_hash, true, true),
            "fnv1a" => hashing(fnv1a_positive, true, false),
            "fnv1a_random" => hashing(fnv1a_positive, true, true),
            "random" => Self::Random,
            _ => hashing(crc32, false, true),
        }
    }
}

fn fnv1a_positive(key: &[u8]) -> u32 {
    fnv1a(key).unsigned_abs()
}

/// What the partitioner remembers, by topic.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    sticky: BTreeMap<TopicId, Stuck>,
    turns: BTreeMap<TopicId, u32>,
}

/// Where records without a key go for now.
#[derive(Clone, Copy, Debug)]
struct Stuck {
    partition: u32,
    /// Bytes that went there since.
    bytes: u64,
    since: Micros,
}

impl Producer {
    /// The number that is divided by the partition count for this key; none if this producer does not hash it.
    #[must_use]
    pub fn key_hash(&self, key: &[u8]) -> Option<u32> {
        match self.settings.strategy {
            Strategy::Java if !self.settings.ignore_keys => Some(java_hash(key)),
            Strategy::Hash { hash, empty, .. } if empty || !key.is_empty() => Some(hash(key)),
            _ => None,
        }
    }

    /// Chooses a partition among `count` for a record that names none.
    pub(super) fn choose(&mut self, cx: &mut Cx<'_>, send: &Send, count: u32) -> (u32, Chosen) {
        let key = send.key.as_deref();
        match (self.settings.strategy, key) {
            (Strategy::RoundRobin, _) => (self.next_turn(send.topic, count), Chosen::RoundRobin),
            (Strategy::Java, Some(key)) if !self.settings.ignore_keys => {
                (drifting(cx, java_partition(key, count), count), Chosen::Key)
            }
            (Strategy::Java, _) => (self.stick_by_bytes(cx, send.topic, count), Chosen::Sticky),
            (Strategy::Hash { hash, empty, .. }, Some(key)) if empty || !key.is_empty() => {
                (drifting(cx, hash(key) % count.max(1), count), Chosen::Key)
            }
            (Strategy::Hash { hash, random: false, .. }, _) => (hash(&[]) % count.max(1), Chosen::Key),
            (Strategy::Random, Some(_)) => (self.any(cx, send.topic, count), Chosen::Random),
            (Strategy::Hash { .. } | Strategy::Random, _) if self.settings.sticky.0 > 0 => {
                (self.stick_by_time(cx, send.topic, count), Chosen::Sticky)
            }
            (Strategy::Hash { .. } | Strategy::Random, _) => {
                (self.any(cx, send.topic, count), Chosen::Random)
            }
        }
    }

    /// RoundRobinPartitioner: one further with every record, among partitions that have a leader.
    fn next_turn(&mut self, topic: TopicId, count: u32) -> u32 {
        let turn = self.vol.partitioner.turns.entry(topic).or_default();
        let now = *turn;
        *turn = turn.wrapping_add(1) & 0x7fff_ffff;
        let open = self.with_leader(topic, count);
        let among = if open.is_empty() { (0..count).collect() } else { open };
        among.get(now as usize % among.len().max(1)).copied().unwrap_or(0)
    }

    /// KIP-794: the same partition until `batch.size` bytes went there and its batch is full, at most twice that.
    fn stick_by_bytes(&mut self, cx: &mut Cx<'_>, topic: TopicId, count: u32) -> u32 {
        let size = self.settings.batch_size;
        let full = |index| {
            let open = self.vol.queues.get(&Partition { topic, index }).and_then(VecDeque::back);
            open.is_none_or(|draft| draft.closed)
        };
        let stays = |stuck: &&Stuck| {
            let enough =
                stuck.bytes >= size && full(stuck.partition) || stuck.bytes >= size.saturating_mul(2);
            stuck.partition < count && !enough
        };
        if let Some(stuck) = self.vol.partitioner.sticky.get(&topic).filter(stays) {
            return stuck.partition;
        }
        let partition = self.by_load(cx, topic, count);
        self.stick(cx, topic, partition);
        partition
    }

    /// Bytes without a key were put into a partition: with KIP-794 they count towards leaving it.
    pub(super) fn stuck_to(&mut self, p: Partition, bytes: u64) {
        if let Some(stuck) = self.vol.partitioner.sticky.get_mut(&p.topic).filter(|s| s.partition == p.index)
        {
            stuck.bytes += bytes;
        }
    }

    /// librdkafka: the same partition for `sticky.partitioning.linger.ms`, as long as it has a leader.
    fn stick_by_time(&mut self, cx: &mut Cx<'_>, topic: TopicId, count: u32) -> u32 {
        let (now, window) = (cx.now(), self.settings.sticky);
        let known = self.vol.partitioner.sticky.get(&topic).copied();
        let stays = |stuck: &Stuck| {
            let index = stuck.partition;
            index < count
                && now.since(stuck.since) <= window
                && self.leader(Partition { topic, index }).is_some()
        };
        if let Some(stuck) = known.filter(stays) {
            return stuck.partition;
        }
        let partition = self.any(cx, topic, count);
        self.stick(cx, topic, partition);
        partition
    }

    fn stick(&mut self, cx: &Cx<'_>, topic: TopicId, partition: u32) {
        let stuck = Stuck { partition, bytes: 0, since: cx.now() };
        self.vol.partitioner.sticky.insert(topic, stuck);
    }

    /// At random; once more if the first has no leader.
    fn any(&self, cx: &mut Cx<'_>, topic: TopicId, count: u32) -> u32 {
        let index = draw(cx, count);
        if self.leader(Partition { topic, index }).is_some() { index } else { draw(cx, count) }
    }

    /// A partition with a leader, at random; with adaptive partitioning the shorter its queue the likelier.
    fn by_load(&self, cx: &mut Cx<'_>, topic: TopicId, count: u32) -> u32 {
        let open = self.with_leader(topic, count);
        if open.is_empty() {
            return draw(cx, count);
        }
        let queue = |index: &u32| {
            let queue = self.vol.queues.get(&Partition { topic, index: *index });
            u32::try_from(queue.map_or(0, VecDeque::len)).unwrap_or(u32::MAX)
        };
        let most = if self.settings.adaptive { open.iter().map(queue).max().unwrap_or(0) } else { 0 };
        let weights: Vec<u32> = open.iter().map(|index| most.saturating_sub(queue(index)) + 1).collect();
        let mut ticket = draw(cx, weights.iter().sum());
        for (index, weight) in open.iter().zip(weights) {
            if ticket < weight {
                return *index;
            }
            ticket -= weight;
        }
        0
    }

    fn with_leader(&self, topic: TopicId, count: u32) -> Vec<u32> {
        (0..count).filter(|index| self.leader(Partition { topic, index: *index }).is_some()).collect()
    }
}

/// The partition itself, but for the defect that lets keys move.
fn drifting(cx: &Cx<'_>, partition: u32, count: u32) -> u32 {
    let drift = if mutant::on(Mutant::MovesKeys) { cx.now().as_ms() } else { 0 };
    let drift = u32::try_from(drift % u64::from(count.max(1))).unwrap_or(0);
    (partition + drift) % count.max(1)
}

fn draw(cx: &mut Cx<'_>, count: u32) -> u32 {
    u32::try_from(cx.draw(STICKY, u64::from(count.max(1)))).unwrap_or(0)
}

/// The steps of Java's calculation, for pictures: hash, hash without its sign, partition.
#[must_use]
pub fn java_steps(key: &[u8], partitions: u32) -> (i32, u32, u32) {
    let hash = murmur2(key);
    (hash, hash.cast_unsigned() & 0x7fff_ffff, java_partition(key, partitions))
}
