//! Laws of producers: outcomes, order, numbers, and what brokers remember of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::look::{broker, holds, producer, replica_name, topic_of_log};
use super::replicas::number;
use super::witness::{Fate, Witness};
use crate::engine::{Envelope, Micros, MsgId, NodeId, Note as Engine};
use crate::kafka::log::{Log, ProducerEntry};
use crate::kafka::{
    Acks, Batch, Body, Chosen, ErrorCode, LeaderEpoch, Note, Offset, Partition, ProducerEpoch, ProducerId,
    RecordId, Sequence, World,
};

/// Produce requests without an answer that are looked through for those that will never get one, and how old such a one is.
const MANY: usize = 256;
const LONG: Micros = Micros::secs(600);

impl Witness {
    // ---- client side ----

    pub(super) fn see_sent(&mut self, client: NodeId, record: RecordId, p: Partition) {
        let transaction = self.begun.get(&client).copied().unwrap_or(0);
        let places = Vec::new();
        let topic = None;
        let fate = Fate { client, partition: p, acks: None, transaction, places, topic, told: false };
        self.fates.slot(record.0).get_or_insert(fate);
    }

    /// A produce request leaves: what it asks for, and how many of its kind are out.
    pub(super) fn see_request(&mut self, world: &World, msg: MsgId) {
        let Some(flight) = world.flight(msg) else { return };
        let Body::Produce { acks, batches, .. } = &flight.envelope.body else { return };
        for record in batches.iter().flat_map(|(_, batch)| batch.records.iter()) {
            if let Some(fate) = self.fates.get_mut(record.id.0) {
                fate.acks = Some(weaker(fate.acks.unwrap_or(*acks), *acks));
            }
        }
        let (from, to) = (flight.envelope.from, flight.envelope.to);
        self.asked.insert(msg, Arc::clone(&flight.envelope));
        if self.asked.len() > MANY {
            // Some are never answered: their connection broke.
            self.asked.retain(|_, request| world.now().since(request.sent_at) < LONG);
        }
        let Some(producer) = producer(world, from) else { return };
        let here = producer.outstanding(to);
        if here > producer.max_in_flight() {
            let seen = format!("{here} requests to {} wait for their answers", world.shared().node(to));
            self.broken(world, "data.30", world.shared().node(from).to_owned(), seen);
        }
    }

    pub(super) fn see_choice(
        &mut self,
        world: &World,
        client: NodeId,
        record: RecordId,
        p: Partition,
        how: Chosen,
    ) {
        let Some(producer) = producer(world, client).filter(|_| how == Chosen::Key) else { return };
        let drafts = producer.buffered().map(|(_, draft)| draft);
        let found = drafts.chain(producer.in_flight().map(|(_, _, draft)| draft));
        let Some(key) =
            found.flat_map(|draft| draft.records.iter()).find(|r| r.id == record).and_then(|r| r.key.clone())
        else {
            return;
        };
        let count = producer.partition_count(p.topic);
        let kind = (producer.configs().family(), Arc::from(producer.configs().get("partitioner")));
        let before = *Arc::make_mut(&mut self.keys).entry((p.topic, count, kind, key)).or_insert(p.index);
        if before != p.index {
            let seen =
                format!("r{}: its key went to partition {before} before, now to {}", record.0, p.index);
            self.broken(world, "data.29", world.shared().node(client).to_owned(), seen);
        }
    }

    pub(super) fn see_outcome(&mut self, world: &World, record: RecordId, told: Result<Offset, ErrorCode>) {
        let Some(fate) = self.fates.get_mut(record.0) else { return };
        let twice = std::mem::replace(&mut fate.told, true);
        let (places, acks, client, p) = (fate.places.clone(), fate.acks, fate.client, fate.partition);
        let name = || format!("r{}", record.0);
        if twice {
            let seen = format!("a second outcome ({})", told.err().unwrap_or_default());
            self.broken(world, "data.28", name(), seen);
        }
        let Ok(offset) = told else { return };
        if offset < Offset(0) {
            return;
        }
        if !places.contains(&offset) {
            self.broken(world, "data.28", name(), format!("was never at offset {offset}"));
        }
        if !self.is_clean(p) || self.lay_in_bygone(world, record) {
            return;
        }
        let committed = self.committed.get(&p).and_then(|truth| truth.get(number(offset)));
        if acks == Some(Acks::All) && committed.is_none_or(|c| c.record != record) {
            let seen = format!("acknowledged at offset {offset}, which is not committed");
            self.broken(world, "data.18", name(), seen);
        }
        self.see_order(world, (client, p), record, offset);
    }

    /// What is acknowledged to an idempotent producer lies in the order of sending.
    fn see_order(
        &mut self,
        world: &World,
        (client, p): (NodeId, Partition),
        record: RecordId,
        offset: Offset,
    ) {
        let Some(producer) = producer(world, client).filter(|producer| producer.idempotent()) else { return };
        if producer.producer_id().is_none_or(|(id, _)| self.half_known.contains(&(p, id))) {
            return;
        }
        let last = self.acked.entry((client, p)).or_insert((record, offset));
        let (before, at) = *last;
        if record > before {
            *last = (record, offset);
        }
        if (record > before) != (offset > at) && record != before {
            let seen = format!("r{} is at {at}, r{} at {offset}", before.0, record.0);
            self.broken(world, "data.38", world.shared().node(client).to_owned(), seen);
        }
    }

    // ---- broker side ----

    /// A produce is answered: what is refused there lies in no log because of this request.
    pub(super) fn see_refusals(&mut self, world: &World, answer: MsgId, request: MsgId) {
        let (Some(flight), Some(asked)) = (world.flight(answer), self.asked.get(&request)) else { return };
        let (Body::Produced { results, .. }, Body::Produce { batches, .. }) =
            (&flight.envelope.body, &asked.body)
        else {
            return;
        };
        let node = asked.to;
        let mut wrong = Vec::new();
        for (p, error, _) in results.iter().filter(|(_, error, _)| refused_before_append(*error)) {
            let refused = batches.iter().find(|(q, _)| q == p).and_then(|(_, batch)| batch.records.first());
            let (Some(record), Some(log)) = (refused, broker(world, node).and_then(|b| b.log(*p))) else {
                continue;
            };
            let appended = world.notes().iter().filter_map(|rec| match &rec.note {
                Engine::Domain(Note::Appended { node: n, partition, base, .. })
                    if (*n, partition) == (node, p) =>
                {
                    Some(*base)
                }
                _ => None,
            });
            wrong.extend(appended.filter(|base| holds(log, *base, record.id)).map(|base| (*p, *error, base)));
        }
        for (p, error, base) in wrong {
            let seen = format!("refused with {error}, it lies at offset {base}");
            self.broken(world, "data.26", replica_name(world, node, p), seen);
        }
    }

    /// A batch lies in a log.
    pub(super) fn see_records(
        &mut self,
        world: &World,
        (node, p): (NodeId, Partition),
        log: &Log,
        batch: &Batch,
    ) {
        if log.batches().next().is_some_and(|first| first.base == batch.base) {
            // A new log: this replica was somewhere else in between.
            self.producer_epochs.retain(|(n, q, _), _| (*n, *q) != (node, p));
        }
        let topic = topic_of_log(world, node, p);
        self.see_numbers(world, (node, p), log, batch);
        self.see_membership(world, (node, p), log, batch);
        for (offset, record) in batch.entries().filter(|(_, record)| record.id.0 != 0) {
            let Some(fate) = self.fates.get_mut(record.id.0) else { continue };
            fate.topic = fate.topic.or(topic);
            if !fate.places.contains(&offset) {
                fate.places.push(offset);
            }
            let others = fate.places.iter().copied().filter(|other| *other != offset).collect::<Vec<_>>();
            let twice = others.into_iter().find(|other| holds(log, *other, record.id));
            // What is forgotten may be written again.
            let counted = batch.stamp.is_some_and(|stamp| !self.half_known.contains(&(p, stamp.id)));
            let known = counted && world.now().since(record.timestamp) < expiry(world, node);
            if let Some(other) = twice.filter(|_| known && self.is_clean(p)) {
                let seen = format!("r{} is at {other} and at {offset}", record.id.0);
                self.broken(world, "data.31", replica_name(world, node, p), seen);
            }
        }
    }

    /// A batch with a producer id: its epoch, its sequence, and what is remembered of the id.
    fn see_numbers(&mut self, world: &World, (node, p): (NodeId, Partition), log: &Log, batch: &Batch) {
        let Some(stamp) = batch.stamp else { return };
        let name = || replica_name(world, node, p);
        let expiry = expiry(world, node);
        let seen_before = self.producer_epochs.insert((node, p, stamp.id), (stamp.epoch, world.now()));
        if let Some((before, at)) = seen_before
            && stamp.epoch < before
            && world.now().since(at) < expiry
        {
            let seen = format!("producer id {}: epoch {} follows {}", stamp.id.0, stamp.epoch.0, before.0);
            self.broken(world, "data.34", name(), seen);
        }
        let Some(entry) = log.producers().get(stamp.id) else { return };
        if entry.batches.len() == 1 && stamp.first > Sequence(0) {
            // A leader that knows nothing of a producer takes any number, and a replica of a log whose start was deleted begins in the middle:
            // what was sent before is not recognised if it comes again (KAFKA-14359).
            self.half_known.insert((p, stamp.id));
        }
        if let Some((law, seen)) = misnumbered(stamp.id, entry, batch, log) {
            self.broken(world, law, name(), seen);
        }
        if entry.batches.len() > 5 {
            let seen = format!("{} batches of producer id {}", entry.batches.len(), stamp.id.0);
            self.broken(world, "data.35", name(), seen);
        }
    }

    /// A batch was called a duplicate: one with the same producer id, epoch and sequence is there.
    pub(super) fn see_duplicate(&mut self, world: &World, node: NodeId, p: Partition, base: Offset) {
        let Some(log) = broker(world, node).and_then(|b| b.log(p)) else { return };
        let asked: Vec<&Batch> = self
            .asked
            .values()
            .filter(|request| request.to == node)
            .filter_map(|request| match &request.body {
                Body::Produce { batches, .. } => {
                    batches.iter().find(|(q, _)| *q == p).map(|(_, batch)| batch)
                }
                _ => None,
            })
            .collect();
        let known = asked.iter().any(|batch| {
            let entry = batch.stamp.and_then(|stamp| log.producers().get(stamp.id));
            let first = batch.stamp.map(|stamp| stamp.first);
            entry.is_some_and(|e| e.batches.iter().any(|k| Some(k.first) == first && k.base == base))
        });
        let there = log.batches_from(base).next().filter(|found| found.base == base);
        // What is remembered may have changed since, within this turn; the log has not, unless it was compacted or cut off.
        let same = there.map_or(known, |found| asked.iter().any(|batch| batch.stamp == found.stamp));
        if !same {
            let seen = format!("answered with offset {base}, where another batch is");
            self.broken(world, "data.37", replica_name(world, node, p), seen);
        }
    }

    /// What a replica remembers of producers is what its log says.
    pub(super) fn survey_producers(&mut self, world: &World, (node, p): (NodeId, Partition), log: &Log) {
        let mut newest: BTreeMap<ProducerId, &Batch> = BTreeMap::new();
        for batch in log.batches().filter(|batch| batch.end() > log.start()) {
            if let Some(stamp) = batch.stamp {
                newest.insert(stamp.id, batch);
            }
        }
        if newest.is_empty() {
            return;
        }
        let expiry = expiry(world, node);
        for (id, batch) in newest {
            let Some(stamp) = batch.stamp else { continue };
            let expired = world.now().since(batch.max_timestamp()) >= expiry;
            let agrees = match log.producers().get(id) {
                None => expired,
                Some(entry) if batch.control.is_some() => entry.epoch == stamp.epoch,
                Some(entry) => {
                    entry.epoch == stamp.epoch
                        && entry
                            .batches
                            .back()
                            .is_some_and(|k| k.base == batch.base && k.first == stamp.first)
                }
            };
            if !agrees {
                let seen = format!("producer id {}: the batch at {} is not remembered", id.0, batch.base);
                self.broken(world, "data.36", replica_name(world, node, p), seen);
            }
        }
    }
}

/// After this long without a batch a broker forgets a producer id.
fn expiry(world: &World, node: NodeId) -> Micros {
    broker(world, node).map_or(Micros::NEVER, |b| b.configs().ms("producer.id.expiration.ms"))
}

const fn weaker(a: Acks, b: Acks) -> Acks {
    if matches!(a, Acks::All) { b } else { a }
}

/// The batch that was just remembered must go on where the one before it ended.
fn misnumbered(
    id: ProducerId,
    entry: &ProducerEntry,
    batch: &Batch,
    log: &Log,
) -> Option<(&'static str, String)> {
    // Markers, and what coordinators write, have no numbers.
    let stamp = batch.stamp.filter(|stamp| stamp.first != Sequence::NONE)?;
    let at = entry.batches.iter().position(|known| known.base == batch.base)?;
    let before = entry.batches.get(at.checked_sub(1)?)?;
    let twice = entry.batches.iter().take(at).any(|known| known.first == stamp.first);
    if twice {
        return Some(("data.33", format!("producer id {} wrote sequence {} twice", id.0, stamp.first.0)));
    }
    // What a follower copies from a compacted log has holes, in offsets and in sequences.
    (before.last.plus(1) != stamp.first && is_whole(log, before.last_offset, batch.base)).then(|| {
        let seen = format!("producer id {}: sequence {} follows {}", id.0, stamp.first.0, before.last.0);
        ("data.32", seen)
    })
}

/// Whether no offset is missing in a log between two.
fn is_whole(log: &Log, after: Offset, before: Offset) -> bool {
    let mut between = log.batches_from(after.plus(1)).take_while(|batch| batch.base < before);
    let end = between.try_fold(after.plus(1), |end, batch| (end == batch.base).then(|| batch.end()));
    end == Some(before)
}

/// Errors that say: nothing was written.
const fn refused_before_append(error: ErrorCode) -> bool {
    matches!(
        error,
        ErrorCode::NotEnoughReplicas
            | ErrorCode::OutOfOrderSequenceNumber
            | ErrorCode::InvalidProducerEpoch
            | ErrorCode::InvalidTxnState
            | ErrorCode::InvalidRecord
    )
}

/// What is remembered of requests on their way.
pub(super) type Asked = BTreeMap<MsgId, Arc<Envelope<Body>>>;
/// The newest epoch of each producer id in each log, and when it was seen.
pub(super) type ProducerEpochs = BTreeMap<(NodeId, Partition, ProducerId), (ProducerEpoch, Micros)>;
/// Newest leader epoch in each log, and where the log ended then.
pub(super) type Tails = crate::engine::Blocks<(NodeId, Partition), (LeaderEpoch, Offset)>;
