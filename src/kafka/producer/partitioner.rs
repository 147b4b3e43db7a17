//! Which partition a record goes to.

use std::collections::BTreeMap;

use super::Producer;
use super::hash::{java_partition, librdkafka_partition, murmur2};
use crate::engine::Micros;
use crate::kafka::config::Family;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Chosen, Cx, Send, TopicId};

/// Draws of a client that have to do with partitions.
const STICKY: u64 = 1;

/// Where records without a key go for now.
#[derive(Clone, Debug, Default)]
pub(super) struct Sticky(BTreeMap<TopicId, Stuck>);

#[derive(Clone, Copy, Debug)]
struct Stuck {
    partition: u32,
    bytes: u64,
    since: Micros,
}

impl Producer {
    /// Chooses a partition among `count`.
    pub(super) fn choose(&mut self, cx: &mut Cx<'_>, send: &Send, count: u32) -> (u32, Chosen) {
        if let Some(partition) = send.partition {
            return (partition, Chosen::Explicit);
        }
        let java = self.configs.family() == Family::Java;
        let ignores_keys = java && self.configs.on("partitioner.ignore.keys");
        // librdkafka's default takes an empty key for no key; Java hashes it.
        let key = send.key.as_deref().filter(|key| !ignores_keys && (java || !key.is_empty()));
        let hash: fn(&[u8], u32) -> u32 = match self.configs.get("partitioner") {
            "murmur2_random" | "murmur2" | "default" => java_partition,
            _ => librdkafka_partition,
        };
        match (key, self.configs.get("partitioner")) {
            (_, "random") => (random(cx, count), Chosen::Random),
            (Some(key), _) => {
                let drift = if mutant::on(Mutant::MovesKeys) { cx.now().as_ms() } else { 0 };
                let drift = u32::try_from(drift % u64::from(count.max(1))).unwrap_or(0);
                ((hash(key, count) + drift) % count.max(1), Chosen::Key)
            }
            (None, "consistent" | "murmur2") => (hash(&[], count), Chosen::Key),
            (None, _) => (self.stick(cx, send, count), Chosen::Sticky),
        }
    }

    /// Java (KIP-794): stays until `batch.size` bytes went there. librdkafka: stays for `sticky.partitioning.linger.ms`.
    fn stick(&mut self, cx: &mut Cx<'_>, send: &Send, count: u32) -> u32 {
        let bytes = size_of_send(send);
        let limit = u64::try_from(self.configs.int("batch.size")).unwrap_or(0);
        let window = self.configs.ms("sticky.partitioning.linger.ms");
        let java = self.configs.family() == Family::Java;
        let now = cx.now();
        let stays = |stuck: &Stuck| {
            stuck.partition < count
                && if java { stuck.bytes < limit } else { now.since(stuck.since) < window }
        };
        if let Some(stuck) = self.vol.sticky.0.get_mut(&send.topic)
            && stays(stuck)
        {
            stuck.bytes += bytes;
            return stuck.partition;
        }
        let partition = random(cx, count);
        self.vol.sticky.0.insert(send.topic, Stuck { partition, bytes, since: now });
        partition
    }
}

fn random(cx: &mut Cx<'_>, count: u32) -> u32 {
    u32::try_from(cx.draw(STICKY, u64::from(count.max(1)))).unwrap_or(0)
}

fn size_of_send(send: &Send) -> u64 {
    let len = |part: &Option<crate::kafka::Bytes>| part.as_ref().map_or(0, |b| b.len() as u64);
    7 + len(&send.key) + len(&send.value)
}

/// The steps of Java's calculation, for pictures: hash, hash without its sign, partition.
#[must_use]
pub fn java_steps(key: &[u8], partitions: u32) -> (i32, u32, u32) {
    let hash = murmur2(key);
    (hash, hash.cast_unsigned() & 0x7fff_ffff, java_partition(key, partitions))
}
